"""What the parts of a chapter show of each other: found by words, and what waits on its page."""
import datetime
import html
import os
import re

import pytest

from lib.browser import words
from lib.calendars import event, todo
from lib.contacts import vcard

OVER = (datetime.date.today() - datetime.timedelta(2)).strftime('%Y%m%d')


def word():
    return f'wort{os.urandom(5).hex()}'


@pytest.fixture
def put(login):
    made = []

    def make(body, place='calendars/{}/weimar.termine', who='weimar-board', kind='text/calendar'):
        href = f'/dav/{place.format(who)}/door-{os.urandom(4).hex()}'
        answer = login(who).put(href, body, Content_Type=kind)
        assert answer.status == 201, answer.body
        made.append((who, href))
        return href

    yield make
    for who, href in made:
        assert login(who).delete(href).status in (204, 404)


def found(browser, said, **more):
    """Titles and addresses of what is no document."""
    answer = browser.session.get(f'{browser.url}/c/weimar/search', params={'q': said, **more})
    assert answer.status_code == 200, answer.text[:300]
    part = re.search(r'<section aria-labelledby="others">(.*?)</section>', answer.text, re.S)
    return dict((html.unescape(t), h) for h, t in re.findall(r'<a href="([^"]*)">([^<]*)</a>', part[1])) if part else {}


def test_events_and_tasks_are_found_by_those_who_may_see_them(browser, put):
    w = word()
    open_one = put(event(w + '1', summary=f'Fest {w}'))
    closed = put(todo(w + '2', f'DESCRIPTION:Bitte {w.upper()} \\, kaufen', summary='Einkauf'), 'calendars/{}/weimar.vorstand')
    put(event(w + '3', 'CLASS:PRIVATE', summary=f'Geheim {w}'))
    put(event(w + '4', f'ATTENDEE:mailto:{w}@example.org', summary='Anderes'))  # no text of the event
    put(event(w + '5', summary=f'Jena {w}'), 'calendars/{}/jena.termine', 'jena-board')
    for who in (None, 'guest', 'weimar-member', 'jena-board'):
        assert set(found(browser(who), w)) == {f'Fest {w}'}, who
    all_of_it = found(browser('weimar-board'), w)
    assert set(all_of_it) == {f'Fest {w}', 'Einkauf', f'Geheim {w}'} and list(all_of_it)[-1] == 'Einkauf'  # titles first
    assert all_of_it[f'Fest {w}'] == f'/c/weimar/calendar/termine/{open_one.rpartition("/")[2]}'
    assert all_of_it['Einkauf'] == f'/c/weimar/tasks/vorstand/{closed.rpartition("/")[2]}'
    assert browser('weimar-board').get(all_of_it['Einkauf']).status_code == 200
    assert set(found(browser(None), f'fest {w[:9]}')) == {f'Fest {w}'} and not found(browser(None), f'{w} nirgends')
    assert not found(browser(None), w, type='text') and not found(browser(None), w, since='2020-01-01')


def test_a_word_over_the_fold_of_a_line(browser, put):
    w = word()
    put(event(w, summary=f'{"x" * 50} {w[:9]}\r\n {w[9:]} ende'))
    assert len(found(browser(None), w)) == 1


def test_contacts_are_found_by_the_board_alone(browser, put):
    w = word()
    put(vcard(w, name=f'Paula {w}'), 'contacts/{}/weimar.kontakte', kind='text/vcard')
    title = [t for t in found(browser('weimar-board'), w)]
    assert len(title) == 1, title
    assert browser('weimar-board').get(html.unescape(found(browser('weimar-board'), w)[title[0]])).status_code == 200
    for who in (None, 'guest', 'weimar-member', 'jena-board'):
        assert not found(browser(who), w), who


def test_D22_what_is_found_is_text(browser, put):
    w = word()
    put(event(w, summary=f'<script>alert(1)</script> {w}'))
    answer = browser(None).get(f'/c/weimar/search?q={w}')
    assert '&lt;script&gt;' in answer.text and '<script>alert' not in answer.text


def test_late_tasks_wait_for_those_who_may_do_something(browser, put):
    """Each by itself is counted: others are tasks of this test alone, since nobody else uses weimar's board."""
    def late(who):
        found_it = re.search(r'(\d+) tasks? (?:is|are) late\.', browser(who).text('/c/weimar/'))
        return int(found_it[1]) if found_it else 0

    before = late('weimar-board')
    put(todo('late1' + word(), f'DUE;VALUE=DATE:{OVER}'))
    put(todo('late2' + word(), f'DUE:{OVER}T100000Z', 'STATUS:IN-PROCESS'), 'calendars/{}/weimar.vorstand')
    put(todo('done' + word(), f'DUE;VALUE=DATE:{OVER}', 'STATUS:COMPLETED'))
    put(todo('gone' + word(), f'DUE;VALUE=DATE:{OVER}', 'STATUS:CANCELLED'))
    put(todo('soon' + word(), 'DUE;VALUE=DATE:20991231'))
    put(todo('some' + word()))
    put(event('past' + word(), start=f'DTSTART:{OVER}T100000Z', end=None))
    assert late('weimar-board') == before + 2
    assert 'href="/c/weimar/tasks?show=late"' in browser('weimar-board').get('/c/weimar/').text
    for who in (None, 'guest', 'weimar-member', 'jena-board'):
        assert late(who) == 0, who
    assert 'Late' in words(browser('weimar-board').get('/c/weimar/tasks?show=late'))

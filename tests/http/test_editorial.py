"""The editorial calendar of a chapter: made by one button, a board by weeks and states, tasks for every program."""
import html
import os
import re

import pytest

from lib.browser import words
from lib.calendars import event, todo

STATES = ['Idea', 'Draft', 'Approved', 'Published']


@pytest.fixture
def plan(browser, login):
    """The address of a new editorial calendar of weimar, which is gone in the end; and its home in WebDAV."""
    me = browser('weimar-board')
    assert 'Make an editorial calendar' in me.get('/c/weimar/tasks').text
    answer = me.post('/c/weimar/tasks', act='editorial')
    assert answer.status_code == 303, answer.text
    name = re.fullmatch(r'/c/weimar/tasks\?calendar=([a-z0-9-]+)&done=editorial-made', answer.headers['Location'])[1]
    yield f'/c/weimar/tasks?calendar={name}', f'/dav/calendars/weimar-board/weimar.{name}/'
    assert login('weimar-board').delete(f'/dav/calendars/weimar-board/weimar.{name}/').status == 204


def board(answer):
    """{(row, state): what stands in the cell}."""
    assert answer.status_code == 200, answer.text[:500]
    rows = {}
    for title, cells in re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)</tr>', answer.text, re.S):
        for state, cell in zip(STATES, re.findall(r'<td[^>]*>(.*?)</td>', cells, re.S)):
            rows[html.unescape(title), state] = ' '.join(html.unescape(re.sub(r'<[^>]*>', ' ', cell)).split())
    return rows


def where(answer, title):
    return [key for key, text in board(answer).items() if title in text]


def test_who_may_make_one_and_see_it(browser, plan):
    page, home = plan
    assert 'Make an editorial calendar' not in browser('weimar-board').get('/c/weimar/tasks').text  # there is one
    for who in (None, 'guest', 'weimar-member', 'erfurt-board'):
        assert 'Make an editorial' not in browser(who).get('/c/weimar/tasks').text, who
        assert page.rpartition('=')[2] not in browser(who).get('/c/weimar/tasks').text, who
        if who:
            assert browser(who).post('/c/weimar/tasks', act='editorial').status_code == 403, who
    text = browser('weimar-board').text(page)
    assert 'No posts are planned for these weeks.' in text and all(s in text for s in STATES)
    assert home.rstrip('/').rpartition('.')[2] in browser('weimar-chair').get('/c/weimar/tasks').text


def test_it_takes_tasks_alone_and_says_what_it_is(login, plan):
    _, home = plan
    me = login('weimar-board')
    assert me.put(home + 'e.ics', event('e1'), Content_Type='text/calendar').status == 403
    found = me('PROPFIND', home, b'<propfind xmlns="DAV:" xmlns:c="urn:chapterd"><prop><displayname/><c:calendar-template/></prop></propfind>',
               Depth='0', Content_Type='application/xml')
    assert found.status == 207 and b'editorial</' in found.body and b'Editorial calendar' in found.body


@pytest.mark.parametrize('lines, state', [
    (['STATUS:NEEDS-ACTION'], 'Idea'), ([], 'Idea'), (['STATUS:IN-PROCESS'], 'Draft'), (['PERCENT-COMPLETE:30'], 'Draft'),
    (['STATUS:IN-PROCESS', 'PERCENT-COMPLETE:75'], 'Approved'), (['STATUS:COMPLETED', 'PERCENT-COMPLETE:100'], 'Published'),
    (['STATUS:CANCELLED'], None)])
def test_what_programs_write_is_on_the_board(browser, login, plan, lines, state):
    page, home = plan
    title = f'Post {os.urandom(4).hex()}'
    assert login('weimar-board').put(home + 'p.ics', todo('p1', 'DUE;VALUE=DATE:20310604', 'CATEGORIES:Instagram,Website', 'CONTACT:Pressestelle',
                                                         *lines, summary=title), Content_Type='text/calendar').status == 201
    answer = browser('weimar-board').get(f'{page}&date=2031-06-02')
    assert where(answer, title) == ([('Week 23, 2 June to 8 June', state)] if state else [])
    if state:
        text = board(answer)['Week 23, 2 June to 8 June', state]
        assert 'Instagram' in text and 'Website' in text and 'Pressestelle' in text and '4 June 2031' in text


def test_from_idea_to_published(browser, login, plan):
    page, home = plan
    me, dav, title = browser('weimar-board'), login('weimar-board'), f'Post {os.urandom(4).hex()}'
    name = page.rpartition('=')[2]
    form = me.get(f'/c/weimar/tasks?new&calendar={name}')
    assert 'New post' in form.text and 'Channel' in form.text
    assert me.post('/c/weimar/tasks', calendar=name, title=title, day='2031-06-11', time='', categories='Newsletter', contact='Redaktion',
                   state='open', repeat='no', priority='none').status_code == 303
    weeks, row = f'{page}&date=2031-06-04', 'Week 24, 9 June to 15 June'
    answer = me.get(weeks)
    assert where(answer, title) == [(row, 'Idea')]
    [path] = re.findall(r'<a href="([^"]*)">' + title, answer.text)
    for word, state, lines in (('begun', 'Draft', ['STATUS:IN-PROCESS', 'PERCENT-COMPLETE:50']),
                               ('approved', 'Approved', ['STATUS:IN-PROCESS', 'PERCENT-COMPLETE:90']),
                               ('done', 'Published', ['STATUS:COMPLETED', 'PERCENT-COMPLETE:100'])):
        answer = me.get(weeks)
        cell = re.search(r'<form method="post" action="' + re.escape(path) + r'">.*?</form>', answer.text, re.S)[0]
        assert f'name="state" value="{word}"' in cell
        sent = dict(re.findall(r'name="(act|etag|back)" value="([^"]*)"', cell))
        moved = me.post(path, state=word, **{k: html.unescape(v) for k, v in sent.items()})
        assert moved.headers['Location'].startswith(f'{page}&date=2031-06-02&done='), moved.headers
        assert where(me.get(weeks), title) == [(row, state)]
        stored = dav.get(home + path.rpartition('/')[2]).body.decode().split('\r\n')
        assert set(lines) <= set(stored) and 'CATEGORIES:Newsletter' in stored and 'CONTACT:Redaktion' in stored
    assert 'Published' in me.text(path) and title in me.text(f'{page}&view=list&show=done')


def test_late_and_undated_posts_are_not_lost(browser, login, plan):
    page, home = plan
    for name, line in (('late', 'DUE;VALUE=DATE:20310101'), ('some', 'PRIORITY:0'), ('old', 'DUE;VALUE=DATE:20310102\r\nSTATUS:COMPLETED')):
        assert login('weimar-board').put(f'{home}{name}.ics', todo(name, line, summary=f'the {name} one'), Content_Type='text/calendar').status == 201
    answer = browser('weimar-board').get(f'{page}&date=2031-06-02')
    assert where(answer, 'the late one') == [('Earlier, and not published', 'Idea')]
    assert where(answer, 'the some one') == [('Without a day', 'Idea')] and not where(answer, 'the old one')
    assert where(browser('weimar-board').get(f'{page}&date=2031-01-02'), 'the old one') == [('Week 1, 30 December to 5 January', 'Published')]


def test_channels_and_offices_are_offered(browser, login, plan):
    page, home = plan
    evil = '"><script>alert(1)</script>'
    assert login('weimar-board').put(home + 'a.ics', todo('a', f'CATEGORIES:{evil}', f'CONTACT:{evil}', summary=evil), Content_Type='text/calendar').status == 201
    answer = browser('weimar-board').get(f'/c/weimar/tasks?new&calendar={page.rpartition("=")[2]}')
    offered = [html.unescape(value) for value in re.findall(r'<option value="([^"]*)"></option>', answer.text)]
    assert offered.count(evil) == 2 and '<script>alert' not in answer.text, offered
    answer = browser('weimar-board').get(page)
    assert '&lt;script&gt;' in answer.text and '<script>alert' not in answer.text
    assert 'alert(1)' in words(answer)

"""The tasks of a chapter in the browser: who sees what, how far it is, and what a change leaves as it was."""
import datetime
import html
import os
import re

import pytest

from lib.browser import words

TODAY = datetime.date.today()


def day(n):
    return (TODAY + datetime.timedelta(n)).strftime('%Y%m%d')


def uid():
    return f'task-{os.urandom(6).hex()}'


def vtodo(who, *lines, summary='Aufgabe', more=()):
    body = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', 'BEGIN:VTODO', f'UID:{who}', 'DTSTAMP:20260101T000000Z',
            f'SUMMARY:{summary}', *lines, 'X-KEPT;X-P="a;b":as it was,\\;', 'END:VTODO', *more, 'END:VCALENDAR', '']
    return '\r\n'.join(body).encode()


@pytest.fixture
def board(login):
    return login('jena-board')


@pytest.fixture
def put(board):
    """put(body, calendar='termine'): the address of its page, and that of the object; all that is in the end is removed."""
    made = []

    def make(body, calendar='termine'):
        name = f'task-{os.urandom(4).hex()}.ics'
        href = f'/dav/calendars/jena-board/jena.{calendar}/{name}'
        answer = board.put(href, body, Content_Type='text/calendar')
        assert answer.status == 201, answer.body
        made.append(href)
        return f'/c/jena/tasks/{calendar}/{name}', href

    yield make
    for href in made:
        assert board.delete(href).status in (204, 404)


@pytest.fixture
def swept(board, browser):
    """swept(title): what a page has made is removed."""
    titles = []
    yield titles.append
    for title in titles:
        for show in ('open', 'done'):
            for path in hrefs(browser('jena-board').get(f'/c/jena/tasks?show={show}'), title):
                calendar, name = path.split('/')[-2:]
                board.delete(f'/dav/calendars/jena-board/jena.{calendar}/{name}')


def items(answer):
    """What stands there of each task."""
    assert answer.status_code == 200, answer.text[:500]
    lists = re.findall(r'<ul class="tasks">(.*?)</ul>', answer.text, re.S)
    return [' '.join(html.unescape(re.sub(r'<[^>]*>', ' ', item)).split())
            for part in lists for item in re.findall(r'<li class="k\d">(.*?)</li>', part, re.S)]


def hrefs(answer, title):
    found = re.findall(r'<a href="(/c/[^"]*/tasks/[^"]*)">([^<]*)</a>', answer.text)
    return [href for href, text in found if title in html.unescape(text)]


def on(answer, title):
    return [item for item in items(answer) if title in item]


def etag_of(browser, page):
    return html.unescape(re.search(r'name="etag" value="([^"]*)"', browser.get(page).text)[1])


def act(browser, page, **fields):
    return browser.post(page, etag=etag_of(browser, page), **fields)


def lines_of(client, href):
    return client.get(href, CalDAV_Timezones='F').body.decode().split('\r\n')  # no zones beside what is stored


# ---------------------------------------------------------------- lists

def test_each_sees_the_tasks_of_calendars_she_may_read(browser, put):
    seen, closed, private = (f'T {uid()}' for _ in range(3))
    put(vtodo(uid(), summary=seen))
    page, _ = put(vtodo(uid(), summary=closed), 'vorstand')
    hidden, _ = put(vtodo(uid(), 'CLASS:PRIVATE', summary=private))
    for who in (None, 'guest', 'erfurt-member', 'jena-member'):
        answer = browser(who).get('/c/jena/tasks')
        assert on(answer, seen) and not on(answer, closed) and not on(answer, private), who
        assert browser(who).get(page).status_code == 404 and browser(who).get(hidden).status_code == 404, who
        assert 'Done: ' not in answer.text and 'tasks?new' not in answer.text, who
    answer = browser('jena-board').get('/c/jena/tasks')
    assert on(answer, seen) and on(answer, closed) and on(answer, private)
    one = browser('jena-board').get('/c/jena/tasks?calendar=vorstand')
    assert on(one, closed) and not on(one, seen)


def test_late_soon_later_and_done(browser, put):
    mark = uid()
    for name, lines in {'late': [f'DUE;VALUE=DATE:{day(-1)}'], 'today': [f'DUE;VALUE=DATE:{day(0)}'], 'soon': [f'DUE:{day(3)}T100000Z'],
                        'later': [f'DUE;VALUE=DATE:{day(30)}'], 'some day': [], 'done': ['STATUS:COMPLETED', 'COMPLETED:20260102T100000Z'],
                        'dropped': ['STATUS:CANCELLED'], 'all done': ['PERCENT-COMPLETE:100'],
                        'over': [f'DUE;VALUE=DATE:{day(-3)}', 'STATUS:COMPLETED']}.items():
        put(vtodo(uid(), *lines, summary=f'{name} {mark}'))
    answer = browser(None).get('/c/jena/tasks')
    parts = re.split(r'<h2>([^<]*)</h2>', answer.text)
    sections = {title: text for title, text in zip(parts[1::2], parts[2::2])}
    for name, title in {'late': 'Late', 'today': 'In the next 7 days', 'soon': 'In the next 7 days', 'later': 'Later',
                        'some day': 'Without a day'}.items():
        assert [t for t, text in sections.items() if f'>{name} {mark}<' in text] == [title], name
    assert [item.split(mark)[0].strip() for item in on(answer, mark)] == ['late', 'today', 'soon', 'later', 'some day']
    assert len(on(browser(None).get('/c/jena/tasks?show=late'), mark)) == 1
    done = on(browser(None).get('/c/jena/tasks?show=done'), mark)
    assert {item.split(mark)[0].strip() for item in done} == {'done', 'dropped', 'all done', 'over'}
    assert done[0].startswith('done'), done  # the last done first: the others do not say when
    for query in ('?show=x', '?calendar=vorstand', '?category=', '?show=%00', '?category=' + 'x' * 3000):
        assert browser(None).get('/c/jena/tasks' + query).status_code in (200, 400), query


def test_by_category(browser, put):
    mark, word = uid(), f'A, b; {uid()}'
    put(vtodo(uid(), 'CATEGORIES:' + word.replace(',', '\\,').replace(';', '\\;') + ',second', 'CATEGORIES:third', summary=f'one {mark}'))
    put(vtodo(uid(), 'CATEGORIES:second', summary=f'two {mark}'))
    page = browser(None).get('/c/jena/tasks')
    links = {html.unescape(t): html.unescape(h) for h, t in re.findall(r'<a href="([^"]*category=[^"]*)"[^>]*>([^<]*)</a>', page.text)}
    assert {word, 'second', 'third'} <= set(links)
    assert len(on(browser(None).get(links[word]), mark)) == 1 and len(on(browser(None).get(links['second']), mark)) == 2
    assert not on(browser(None).get('/c/jena/tasks?category=nothing'), mark)


def test_D22_free_text_of_a_task_is_text(browser, put):
    evil = '<script>alert(1)</script><img src=//example.org/x onerror=alert(1)>'
    page, _ = put(vtodo(uid(), f'DESCRIPTION:{evil}', f'LOCATION:{evil}', f'CATEGORIES:{evil}', f'CONTACT:{evil}', 'URL:javascript:alert(3)',
                        f'DUE;VALUE=DATE:{day(1)}', summary=evil))
    for who, path in ((None, page), ('jena-board', page), ('jena-board', page + '?edit'), (None, '/c/jena/tasks'),
                      ('jena-board', '/c/jena/tasks'), (None, '/c/jena/tasks?category=%3Cscript%3E%22')):
        answer = browser(who).get(path)
        assert answer.status_code == 200 and '<script>alert' not in answer.text and '<img' not in answer.text, path
        assert '&lt;script&gt;' in answer.text and not re.search(r'(href|src)="(javascript:|//example)', answer.text), path


# ---------------------------------------------------------------- new, changed, ticked off, deleted

def test_a_new_task_reaches_clients_and_comes_back(browser, board, swept):
    me, title = browser('jena-board'), f'Plakate, drucken; {uid()}'
    swept(title)
    me.get('/c/jena/tasks?new')
    sent = dict(calendar='vorstand', title=title, day='2031-05-04', time='18:30', categories=' Wahl , Druck,, ', contact='Pressestelle',
                text='Zeile 1\r\nZeile 2', priority='high', repeat='no', state='begun')
    assert me.post('/c/jena/tasks', **sent).headers['Location'] == '/c/jena/tasks?done=event-saved'
    [path] = hrefs(me.get('/c/jena/tasks'), title)
    name = path.rpartition('/')[2]
    lines = lines_of(board, f'/dav/calendars/jena-board/jena.vorstand/{name}')
    for line in ('DUE;TZID=Europe/Berlin:20310504T183000', 'CATEGORIES:Wahl,Druck', 'CONTACT:Pressestelle', 'PRIORITY:1',
                 'STATUS:IN-PROCESS', 'PERCENT-COMPLETE:50', 'DESCRIPTION:Zeile 1\\nZeile 2'):
        assert line in lines, (line, lines)
    assert not any(line.startswith(('DTSTART', 'RRULE')) for line in lines[lines.index('BEGIN:VTODO'):])
    said = me.text(path)
    for text in (title, 'Sunday, 4 May 2031, 18:30', 'Wahl', 'Druck', 'Pressestelle', 'high', 'begun', 'Zeile 1 Zeile 2'):
        assert text in said, text


@pytest.mark.parametrize('fields, said', [
    ({'title': ' '}, 'Please give the task a title.'), ({'day': '2031-02-30'}, 'Please give a day'),
    ({'day': '2031-02-03', 'time': '25:00'}, 'Please give a time'), ({'time': '10:00'}, 'Please give the day, too.'),
    ({'repeat': 'week'}, 'What repeats needs a day')])
def test_what_is_wrong_is_said_and_what_was_typed_is_there(browser, fields, said):
    me, mark = browser('jena-board'), uid()
    me.get('/c/jena/tasks?new')
    answer = me.post('/c/jena/tasks', **{'calendar': 'termine', 'title': mark, 'day': '', 'time': '', 'repeat': 'no', 'text': f'x{mark}', **fields})
    assert answer.status_code == 422 and said in words(answer) and f'x{mark}' in answer.text
    assert not on(me.get('/c/jena/tasks'), mark)


def test_ticking_off_changes_three_lines(browser, board, put):
    who = uid()
    page, href = put(vtodo(who, 'STATUS:IN-PROCESS', 'PERCENT-COMPLETE:20', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M',
                           'DESCRIPTION:x', 'END:VALARM'))
    before = lines_of(board, href)
    me = browser('jena-board')
    answer = act(me, page, act='state', state='done', back='/c/jena/tasks?show=open&calendar=termine')
    assert answer.headers['Location'] == '/c/jena/tasks?show=open&calendar=termine&done=task-done'
    after = lines_of(board, href)
    ours = ('STATUS', 'PERCENT-COMPLETE', 'COMPLETED', 'DTSTAMP', 'LAST-MODIFIED', 'SEQUENCE')
    assert [x for x in after if not x.startswith(ours)] == [x for x in before if not x.startswith(ours)]
    assert 'STATUS:COMPLETED' in after and 'PERCENT-COMPLETE:100' in after
    assert re.fullmatch(r'COMPLETED:\d{8}T\d{6}Z', next(x for x in after if x.startswith('COMPLETED')))
    assert act(me, page, act='state', state='open').status_code == 303  # and open again
    again = lines_of(board, href)
    assert 'STATUS:NEEDS-ACTION' in again and not any(x.startswith(('COMPLETED', 'PERCENT')) for x in again)
    for back in ('https://example.org/', '//example.org', '/c/erfurt/tasks?x', '/c/jena/tasks?x\r\nX: y', '/c/jena/tasks?ä'):
        answer = act(me, page, act='state', state='begun', back=back)
        assert answer.headers['Location'] == '/c/jena/tasks?done=event-saved', back


def test_a_change_leaves_what_it_does_not_concern(browser, board, put):
    page, href = put(vtodo(uid(), 'DUE;TZID=America/New_York:20310301T120000', 'DTSTART;TZID=America/New_York:20310228T120000', 'PRIORITY:3',
                           'CATEGORIES:a,b', 'ATTENDEE:mailto:x@example.org', 'DESCRIPTION;ALTREP="cid:x":alt'))
    me, before = browser('jena-board'), lines_of(board, href)
    me.get(page + '?edit')
    same = dict(title='Aufgabe', day='2031-03-01', time='18:00', categories='a, b', priority='high', repeat='no', state='open', text='alt', contact='')
    assert act(me, page + '?edit', **same).status_code == 303
    stamps = ('DTSTAMP', 'LAST-MODIFIED', 'SEQUENCE')
    assert [x for x in lines_of(board, href) if not x.startswith(stamps)] == [x for x in before if not x.startswith(stamps)]
    assert act(me, page + '?edit', **{**same, 'day': '2031-03-02', 'title': 'Neu'}).status_code == 303
    after = lines_of(board, href)
    assert 'DUE;TZID=America/New_York:20310302T120000' in after and 'SUMMARY:Neu' in after
    assert 'DTSTART;TZID=America/New_York:20310228T120000' in after and 'BEGIN:VTIMEZONE' not in after
    assert act(me, page + '?edit', **{**same, 'day': '2031-03-02', 'time': '', 'priority': 'low', 'categories': ''}).status_code == 303
    after = lines_of(board, href)
    assert 'DUE;VALUE=DATE:20310302' in after and 'PRIORITY:9' in after and not any(x.startswith(('DTSTART', 'CATEGORIES')) for x in after)
    assert act(me, page + '?edit', **{**same, 'day': '', 'time': ''}).status_code == 303
    assert not any(x.startswith('DUE') for x in lines_of(board, href))


def test_somebody_was_faster(browser, board, put):
    page, href = put(vtodo(uid(), summary='alt'))
    me, old = browser('jena-board'), etag_of(browser('jena-board'), page)
    assert board.put(href, vtodo(lines_of(board, href)[4][4:], summary='ihres'), Content_Type='text/calendar').status == 204
    for fields in ({'act': 'state', 'state': 'done'}, {'act': 'delete'}, {'title': 'meines', 'day': '', 'time': ''}):
        answer = me.post(page, etag=old, **fields)
        assert answer.status_code == 409 and 'Somebody else has changed this task' in words(answer), fields
    assert 'meines' in answer.text and 'SUMMARY:ihres' in lines_of(board, href)


def test_deleted(browser, board, put):
    page, href = put(vtodo(uid()))
    assert act(browser('jena-board'), page, act='delete').headers['Location'] == '/c/jena/tasks?done=deleted'
    assert board.get(href).status == 404 and browser('jena-board').get(page).status_code == 404


def test_who_may_not_write_changes_nothing(browser, board, put):
    page, href = put(vtodo(uid()))
    before, member = lines_of(board, href), browser('jena-member')
    member.get('/')
    for fields in ({'act': 'state', 'state': 'done'}, {'act': 'delete'}, {'act': 'skip'}, {'title': 'x'}):
        assert member.post(page, etag='"x"', **fields).status_code == 403, fields
    assert member.post('/c/jena/tasks', calendar='termine', title='x').status_code == 403
    assert member.get(page + '?edit').status_code == 403 and member.get('/c/jena/tasks?new').status_code == 403
    assert lines_of(board, href) == before


# ---------------------------------------------------------------- tasks that recur

def test_a_series_goes_on_and_what_was_done_is_kept(browser, board, put, swept):
    """As Evolution, Apple's programs and Tasks.org do."""
    title = f'Gießen {uid()}'
    swept(title)
    page, href = put(vtodo(uid(), 'DTSTART;TZID=Europe/Berlin:20310310T080000', 'DUE;TZID=Europe/Berlin:20310310T100000',
                           'RRULE:FREQ=WEEKLY;COUNT=4', 'EXDATE;TZID=Europe/Berlin:20310317T080000', 'STATUS:IN-PROCESS',
                           'PERCENT-COMPLETE:50', summary=title))
    me = browser('jena-board')
    assert 'Monday, 10 March 2031, 10:00' in me.text(page)
    assert act(me, page, act='state', state='done').status_code == 303
    after = lines_of(board, href)
    assert 'DTSTART;TZID=Europe/Berlin:20310324T080000' in after and 'DUE;TZID=Europe/Berlin:20310324T100000' in after
    assert 'RRULE:FREQ=WEEKLY;COUNT=2' in after and 'STATUS:NEEDS-ACTION' in after and 'X-KEPT;X-P="a;b":as it was,\\;' in after
    assert not any(x.startswith(('EXDATE', 'PERCENT', 'COMPLETED')) for x in after)
    [kept] = hrefs(me.get('/c/jena/tasks?show=done'), title)
    copy = lines_of(board, f'/dav/calendars/jena-board/jena.termine/{kept.rpartition("/")[2]}')
    assert 'DUE;TZID=Europe/Berlin:20310310T100000' in copy and 'STATUS:COMPLETED' in copy and 'PERCENT-COMPLETE:100' in copy
    assert not any(x.startswith(('RRULE', 'EXDATE')) for x in copy) and copy[4] != after[4]
    assert act(me, page, act='skip').status_code == 303
    assert 'DUE;TZID=Europe/Berlin:20310331T100000' in lines_of(board, href)
    refused = act(me, page, act='skip')
    assert refused.status_code == 409 and 'There is no later one' in words(refused)
    assert act(me, page, act='state', state='done').status_code == 303  # the last of them
    last = lines_of(board, href)
    assert 'STATUS:COMPLETED' in last and 'DUE;TZID=Europe/Berlin:20310331T100000' in last
    assert len(hrefs(me.get('/c/jena/tasks?show=done'), title)) == 2 and not hrefs(me.get('/c/jena/tasks'), title)


def test_a_series_without_a_start(browser, board, put, swept):
    """As Tasks.org writes it."""
    title = f'Due {uid()}'
    swept(title)
    page, href = put(vtodo(uid(), 'DUE;VALUE=DATE:20310131', 'RRULE:FREQ=MONTHLY', summary=title))
    assert act(browser('jena-board'), page, act='state', state='done').status_code == 303
    assert 'DUE;VALUE=DATE:20310331' in lines_of(board, href)


def test_a_series_with_instances_of_its_own_gets_one_more(browser, board, put):
    """As Thunderbird does."""
    who = uid()
    page, href = put(vtodo(who, 'DTSTART;VALUE=DATE:20310301', 'DUE;VALUE=DATE:20310302', 'RRULE:FREQ=DAILY', more=[
        'BEGIN:VTODO', f'UID:{who}', 'DTSTAMP:20260101T000000Z', 'RECURRENCE-ID;VALUE=DATE:20310301', 'DTSTART;VALUE=DATE:20310301',
        'DUE;VALUE=DATE:20310302', 'SUMMARY:erste', 'STATUS:COMPLETED', 'COMPLETED:20310301T100000Z', 'END:VTODO']))
    me, before = browser('jena-board'), lines_of(board, href)
    assert 'Monday, 3 March 2031' in me.text(page)
    assert act(me, page, act='state', state='done').status_code == 303
    after = lines_of(board, href)
    assert [x for x in before if x not in after] == []
    added = [x for x in after if x not in before]
    assert 'RECURRENCE-ID;VALUE=DATE:20310302' in added and 'DUE;VALUE=DATE:20310303' in added and 'DTSTART;VALUE=DATE:20310302' in added
    assert after.count('STATUS:COMPLETED') == 2 and after.count('X-KEPT;X-P="a;b":as it was,\\;') == 2
    assert 'Tuesday, 4 March 2031' in me.text(page)
    me.get(page + '?edit')
    assert act(me, page + '?edit', title='Aufgabe', day='2031-03-06', time='', repeat='own', priority='none').status_code == 303
    moved = lines_of(board, href)
    assert 'DUE;VALUE=DATE:20310304' in moved and 'DTSTART;VALUE=DATE:20310303' in moved, moved  # two days on, and the first, too


def test_a_task_that_repeats_from_the_form(browser, board, swept):
    me, title = browser('jena-board'), f'Serie {uid()}'
    swept(title)
    me.get('/c/jena/tasks?new')
    assert me.post('/c/jena/tasks', calendar='termine', title=title, day='2031-06-02', time='', repeat='two-weeks', priority='none').status_code == 303
    [path] = hrefs(me.get('/c/jena/tasks'), title)
    href = f'/dav/calendars/jena-board/jena.termine/{path.rpartition("/")[2]}'
    lines = lines_of(board, href)
    assert {'DTSTART;VALUE=DATE:20310602', 'DUE;VALUE=DATE:20310602', 'RRULE:FREQ=WEEKLY;INTERVAL=2'} <= set(lines)
    assert 'Every 2 weeks' in me.text(path)
    assert act(me, path + '?edit', title=title, day='2031-06-04', time='', repeat='week', priority='none').status_code == 303
    assert {'DTSTART;VALUE=DATE:20310604', 'DUE;VALUE=DATE:20310604', 'RRULE:FREQ=WEEKLY'} <= set(lines_of(board, href))
    assert act(me, path + '?edit', title=title, day='2031-06-04', time='', repeat='no', priority='none').status_code == 303
    assert not any(x.startswith('RRULE') for x in lines_of(board, href))


def test_only_calendars_that_take_tasks(browser, board):
    """A calendar for events alone is not offered."""
    href = f'/dav/calendars/jena-board/jena.only-{os.urandom(3).hex()}/'
    body = ('<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
            '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>')
    assert board('MKCALENDAR', href, body.encode(), Content_Type='application/xml').status == 201
    try:
        name = href.strip('/').rpartition('.')[2]
        assert name not in browser('jena-board').get('/c/jena/tasks?new').text
        assert name not in browser('jena-board').get('/c/jena/tasks').text
        assert name in browser('jena-board').get('/c/jena/calendar?new').text
    finally:
        assert board.delete(href).status == 204

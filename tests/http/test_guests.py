"""Who is invited to an event: the form writes ORGANIZER and ATTENDEE, the page says who comes, and somebody invited answers."""
import datetime
import html
import os
import re

import pytest

from lib.browser import words
from lib.calendars import event
from lib.stack import wait_for


def uid():
    return f'guests-{os.urandom(6).hex()}'


@pytest.fixture
def board(login):
    return login('jena-board')


@pytest.fixture
def put(login):
    """put(body, who, calendar): the address of the object, removed in the end."""
    made = []

    def make(body, who='jena-board', calendar='jena.termine'):
        href = f'/dav/calendars/{who}/{calendar}/g-{os.urandom(4).hex()}.ics'
        answer = login(who).put(href, body, Content_Type='text/calendar')
        assert answer.status == 201, answer.body
        made.append((who, href))
        return href

    yield make
    for who, href in made:
        assert login(who).delete(href, Schedule_Reply='F').status in (204, 404)


def page_of(href):
    calendar, name = href.split('/')[-2:]
    return f'/c/jena/calendar/{calendar.partition(".")[2]}/{name}'


def lines_of(client, href):
    text = client.get(href, CalDAV_Timezones='F').body.decode()
    return text.replace('\r\n ', '').split('\r\n')


def form_of(browser, page, **changes):
    """The fields of its form as they are, and some others."""
    text = browser.get(page + '?edit').text
    fields = {name: html.unescape(value) for name, value in re.findall(r'<input type="(?:text|date|time|number|hidden)"[^>]* ?name="([^"]*)" value="([^"]*)"', text)
              if name not in ('token', 'act')}
    fields['etag'] = html.unescape(re.search(r'name="etag" value="([^"]*)"', text)[1])
    for name in ('text', 'guests'):
        found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', text, re.S)
        if found:
            fields[name] = html.unescape(found[1])
    fields.update(repeat='no', end='never')
    return {**fields, **changes}


def send(browser, page, **fields):
    return browser.session.post(browser.url + page, data={'token': browser.token, **fields}, allow_redirects=False)


# ---------------------------------------------------------------- the form

def test_a_new_event_invites(browser, board):
    me, title = browser('jena-board'), f'Treffen {uid()}'
    me.get('/c/jena/calendar?new')
    answer = send(me, '/c/jena/calendar', calendar='termine', title=title, **{'from-day': '2037-05-04', 'from-time': '19:00', 'to-day': '2037-05-04', 'to-time': '21:00'},
                  repeat='no', guests='Anna Außen <anna@example.org>\r\n\r\n  bo@example.org \r\n')
    assert answer.status_code == 303, answer.text
    [path] = re.findall(r'href="(/c/jena/calendar/termine/[^"]*)"[^>]*><span class="when">[^<]*</span> <span class="title">' + title,
                        me.get('/c/jena/calendar?view=list&date=2037-05-04').text)
    href = f'/dav/calendars/jena-board/jena.termine/{path.rpartition("/")[2]}'
    try:
        lines = lines_of(board, href)
        assert 'ATTENDEE;CN=Anna Außen;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:anna@example.org' in [re.sub(r';SCHEDULE-STATUS="?[\d.]+"?', '', x) for x in lines]
        assert 'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bo@example.org' in [re.sub(r';SCHEDULE-STATUS="?[\d.]+"?', '', x) for x in lines]
        assert any(re.fullmatch(r'ORGANIZER;CN=[^:]*:mailto:jena-board@.*', x) for x in lines), lines
        said = me.text(path)
        assert 'Anna Außen anna@example.org has not answered' in said and '2 have not answered' in said
    finally:
        assert board.delete(href).status == 204


def test_somebody_of_the_chapter_by_name(browser, login, board, put):
    href = put(event(uid()))
    browser('jena-member')  # has signed in: is known
    me, page = browser('jena-board'), page_of(href)
    name = re.search(r'class="me" href="/account">([^<]*)<', browser('jena-member').get('/account').text)[1]
    assert send(me, page, **form_of(me, page, guests=name.upper())).status_code == 303
    assert any(re.match(rf'ATTENDEE;CN={re.escape(name)};.*:mailto:jena-member@', x) for x in lines_of(board, href)), lines_of(board, href)
    assert name in form_of(me, page)['guests']
    for typed, said in ((f'Niemand {uid()}', 'Nobody here is called'), ('a@b', 'is no mail address'), ('x <y@example.org', 'is no mail address'),
                        ('anna@example.org>\nX: y@z', 'is no mail address'), ('\n'.join(f'a{i}@example.org' for i in range(301)), 'more people than one event')):
        answer = send(me, page, **form_of(me, page, guests=typed))
        assert answer.status_code == 422 and said in words(answer) and html.escape(typed.split('\n')[0], quote=False) in answer.text, typed
    browser('erfurt-member')
    outsider = re.search(r'class="me" href="/account">([^<]*)<', browser('erfurt-member').get('/account').text)[1]
    answer = send(me, page, **form_of(me, page, guests=outsider))
    assert answer.status_code == 422 and 'Nobody here is called' in words(answer)  # who is nobody of this chapter is not told


def test_lines_of_others_stay_as_they_are(browser, board, put):
    """Bytes of those who stay, the organizer among them; who is taken out goes."""
    kept = ['ATTENDEE;CN="Ada; of it";X-NUM-GUESTS=0;PARTSTAT=ACCEPTED:mailto:Ada@Example.org', 'ATTENDEE;CUTYPE=ROOM:urn:uuid:saal',
            'ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:jena-board@verband.test']
    href = put(event(uid(), 'ORGANIZER;CN=Wir:mailto:jena-board@verband.test', *kept, 'ATTENDEE;CN=Bo:mailto:bo@example.org',
                     'ATTENDEE;MEMBER="mailto:bo@example.org":mailto:one@example.org'))
    me, page = browser('jena-board'), page_of(href)
    before = lines_of(board, href)
    fields = form_of(me, page)
    assert fields['guests'] == 'Ada; of it <Ada@Example.org>\nurn:uuid:saal\nBo <bo@example.org>\n'
    plain = [re.sub(r';SCHEDULE-STATUS="?[\d.]+"?', '', x) for x in before]
    assert set(kept) <= set(plain), before
    assert send(me, page, **{**fields, 'guests': 'ada@example.org\nurn:uuid:saal\nnew@example.org'}).status_code == 303
    after = [re.sub(r';SCHEDULE-STATUS="?[\d.]+"?', '', x) for x in lines_of(board, href)]
    assert set(kept) <= set(after) and 'ORGANIZER;CN=Wir:mailto:jena-board@verband.test' in after
    assert not any('bo@example.org' in x for x in after)
    assert [x for x in after if x.startswith('ATTENDEE') and x not in kept] == ['ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:new@example.org']
    assert sum(x.startswith('ATTENDEE') for x in after) == 4


def test_only_one_of_a_series_and_all(browser, board, put):
    who = uid()
    href = put(event(who, 'RRULE:FREQ=WEEKLY;COUNT=3', start='DTSTART:20380104T180000Z', end='DTEND:20380104T190000Z'))
    me, page = browser('jena-board'), page_of(href)
    text = me.get(page + '?at=20380111T180000Z&edit').text
    fields = {**form_of(me, page), 'from-day': '2038-01-11', 'to-day': '2038-01-11', 'from-time': '19:00', 'to-time': '20:00', 'repeat': 'week', 'end': 'count', 'count': '3'}
    fields['etag'] = html.unescape(re.search(r'name="etag" value="([^"]*)"', text)[1])
    assert send(me, page + '?at=20380111T180000Z', **{**fields, 'scope': 'one', 'guests': 'one@example.org'}).status_code == 303
    lines = lines_of(board, href)
    series, own = '\n'.join(lines).split('BEGIN:VEVENT')[1:]
    if 'RECURRENCE-ID' in series:
        series, own = own, series
    assert 'one@example.org' in own and 'RECURRENCE-ID' in own and 'ATTENDEE' not in series
    fields['etag'] = html.unescape(re.search(r'name="etag" value="([^"]*)"', me.get(page + '?at=20380104T180000Z&edit').text)[1])
    fields.update({'from-day': '2038-01-04', 'to-day': '2038-01-04'})
    assert send(me, page + '?at=20380104T180000Z', **{**fields, 'scope': 'all', 'guests': 'all@example.org'}).status_code == 303
    parts = '\n'.join(lines_of(board, href)).split('BEGIN:VEVENT')[1:]
    assert len(parts) == 2 and all('all@example.org' in part for part in parts)
    assert sum('one@example.org' in part for part in parts) == 1


def test_what_somebody_else_organizes_is_not_invited_to(browser, board, put):
    href = put(event(uid(), 'ORGANIZER:mailto:other@example.org', 'ATTENDEE:mailto:x@example.org'))
    me, page = browser('jena-board'), page_of(href)
    fields = form_of(me, page)
    assert 'guests' not in fields
    before = [x for x in lines_of(board, href) if x.startswith(('ATTENDEE', 'ORGANIZER'))]
    assert send(me, page, **{**fields, 'guests': 'evil@example.org', 'title': 'neu'}).status_code == 303
    lines = lines_of(board, href)
    assert [x for x in lines if x.startswith(('ATTENDEE', 'ORGANIZER'))] == before and 'SUMMARY:neu' in lines


def test_D22_names_of_guests_are_text(browser, put):
    evil = '<script>alert(1)</script>'
    page = page_of(put(event(uid(), 'ORGANIZER:mailto:jena-board@verband.test', f'ATTENDEE;CN={evil}:mailto:x@example.org')))
    for path in (page, page + '?edit'):
        answer = browser('jena-board').get(path)
        assert 'x@example.org' in answer.text and '<script>alert' not in answer.text, path
    assert '&lt;script&gt;alert(1)' in browser('jena-board').get(page).text


# ---------------------------------------------------------------- one's own calendar

def mail_of(browser):
    return re.search(r'E-mail: (\S+@\S+)', browser.text('/account'))[1]


def own(href):
    return '/account/calendar/' + '/'.join(href.split('/')[-2:])


@pytest.fixture
def invited(browser, put):
    """invited(*lines, who=...): an event somebody else invites jena-member to, in her own calendar."""
    def make(*lines, title='Einladung', **more):
        mine = f'ATTENDEE;CN=Ich;X-P=q;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{mail_of(browser("jena-member"))}'
        return put(event(uid(), 'ORGANIZER;CN=Olga:mailto:olga@example.org', mine, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:other@example.org', *lines,
                         summary=title, **more), 'jena-member', 'calendar')
    return make


def answer(browser, page, word, **fields):
    etag = html.unescape(re.search(r'name="etag" value="([^"]*)"', browser.get(page).text)[1])
    return send(browser, page, act='answer', answer=word, etag=etag, **fields)


@pytest.mark.parametrize('word, partstat, said', [('yes', 'ACCEPTED', 'You come.'), ('perhaps', 'TENTATIVE', 'Perhaps you come.'),
                                                  ('no', 'DECLINED', 'You do not come.')])
def test_an_invitation_is_answered(browser, login, invited, word, partstat, said):
    title = f'Einladung {uid()}'
    href = invited(title=title, start='DTSTART:20270601T180000Z', end='DTEND:20270601T190000Z')
    me, page = browser('jena-member'), own(href)
    text = me.text('/account/calendar')
    assert 'You are invited, and have not answered' in text and title in text
    said_before = me.text(page)
    assert 'You have not answered yet.' in said_before and 'Olga olga@example.org invites' in said_before
    assert 'Change or delete' not in said_before
    assert answer(me, page, word).headers['Location'] == f'{page}?done=answered'
    lines = lines_of(login('jena-member'), href)
    [mine] = [x for x in lines if 'CN=Ich' in x]
    assert f'PARTSTAT={partstat}' in mine and 'X-P=q' in mine and 'ROLE=OPT-PARTICIPANT' in mine and 'RSVP' not in mine
    assert 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:other@example.org' in lines and f'SUMMARY:{title}' in lines
    assert said in me.text(page) and title not in me.text('/account/calendar?date=2020-01-01')
    assert title in me.text('/account/calendar?view=list&date=2027-06-01')


def test_only_one_day_of_a_series_is_answered(browser, login, invited):
    href = invited('RRULE:FREQ=WEEKLY;COUNT=4', start='DTSTART:20270601T180000Z', end='DTEND:20270601T190000Z')
    me, page = browser('jena-member'), own(href) + '?at=20270608T180000Z'
    assert answer(me, page, 'no', scope='one').status_code == 303
    parts = '\n'.join(lines_of(login('jena-member'), href)).split('BEGIN:VEVENT')[1:]
    said = {('RECURRENCE-ID' in part): re.search(r'CN=Ich.*?PARTSTAT=([A-Z-]+)', part)[1] for part in parts}
    assert said == {True: 'DECLINED', False: 'NEEDS-ACTION'}
    assert 'You do not come.' in me.text(page) and 'You have not answered yet.' in me.text(own(href) + '?at=20270615T180000Z')
    assert answer(me, own(href) + '?at=20270615T180000Z', 'yes', scope='all').status_code == 303
    assert 'You come.' in me.text(page)


def test_what_cannot_be_answered(browser, login, put, invited):
    me, href = browser('jena-member'), put(event(uid()), 'jena-member', 'calendar')
    assert 'Do you come?' not in me.text(own(href))
    etag = html.unescape(re.search(r'name="etag" value="([^"]*)"', me.get(own(href) + '?edit').text)[1])
    assert send(me, own(href), act='answer', answer='yes', etag=etag).status_code == 400
    href = invited()
    assert answer(me, own(href), 'maybe').status_code == 400
    refused = send(me, own(href), act='answer', answer='yes', etag='"old"')
    assert refused.status_code == 409 and 'The event has changed meanwhile.' in words(refused)
    assert not any('PARTSTAT=ACCEPTED' in x and 'CN=Ich' in x for x in lines_of(login('jena-member'), href))
    for who in ('jena-board', 'guest'):  # of others' calendars nobody learns
        assert browser(who).get(own(href)).status_code == 404
        browser(who).get('/account/calendar')
        assert send(browser(who), own(href), act='answer', answer='yes', etag='"x"').status_code == 404
    assert browser(None).get('/account/calendar').status_code in (303, 401)
    # who invites does not answer, even where she stands among the others
    me_too = f'mailto:{mail_of(me)}'
    href = put(event(uid(), f'ORGANIZER:{me_too}', f'ATTENDEE;PARTSTAT=NEEDS-ACTION:{me_too}', 'ATTENDEE:mailto:x@example.org'), 'jena-member', 'calendar')
    said = me.text(own(href))
    assert 'Do you come?' not in said and 'Change or delete' in said
    # on the page of a chapter nobody answers for herself: what stands there is the chapter's
    mine = f'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{mail_of(browser("jena-board"))}'
    page = page_of(put(event(uid(), 'ORGANIZER:mailto:olga@example.org', mine)))
    assert 'Do you come?' not in browser('jena-board').text(page)
    etag = form_of(browser('jena-board'), page)['etag']
    assert send(browser('jena-board'), page, act='answer', answer='yes', etag=etag).status_code == 400


def test_her_own_events_are_made_and_changed_there(browser, login):
    me, title = browser('jena-member'), f'Zahnarzt {uid()}'
    me.get('/account/calendar?new')
    made = send(me, '/account/calendar', calendar='calendar', title=title, **{'from-day': '2037-05-04', 'from-time': '19:00', 'to-day': '2037-05-04', 'to-time': '21:00'},
                repeat='no', guests='')
    assert made.headers['Location'] == '/account/calendar?date=2037-05-04&done=event-saved'
    [page] = re.findall(r'href="(/account/calendar/calendar/[^"]*)"[^>]*><span class="when">[^<]*</span> <span class="title">' + title,
                        me.get('/account/calendar?view=week&date=2037-05-04').text)
    assert send(me, page, **form_of(me, page, title='Neu')).status_code == 303
    href = f'/dav/calendars/jena-member/calendar/{page.rpartition("/")[2]}'
    assert 'SUMMARY:Neu' in lines_of(login('jena-member'), href)
    assert send(me, page, act='delete', etag=form_of(me, page)['etag']).status_code == 303
    assert login('jena-member').get(href).status == 404


# ---------------------------------------------------------------- the chapter's groups

def test_a_tick_invites_all_members_by_one_line(browser, login, board, put):
    href = put(event(uid(), start='DTSTART:20370301T180000Z', end='DTEND:20370301T190000Z'))
    me, page = browser('jena-board'), page_of(href)
    text = me.get(page + '?edit').text
    assert 'name="all-members"' in text and 'name="all-board"' in text
    assert send(me, page, **form_of(me, page), **{'all-members': '1'}).status_code == 303
    [line] = [x for x in lines_of(board, href) if x.startswith('ATTENDEE')]
    assert re.match(r'ATTENDEE;CN=Members of [^;:]*;CUTYPE=GROUP;.*:mailto:jena@', line), line
    said = me.text(page)
    assert 'is invited as a group' in said and 'jena-member' not in said
    text = me.get(page + '?edit').text
    assert 'name="all-members"' not in text and 'name="all-board"' in text  # it stands in the field now
    assert send(me, page, **form_of(me, page, guests='')).status_code == 303
    assert not any(x.startswith('ATTENDEE') for x in lines_of(board, href))


def test_from_the_page_of_the_chapter_to_her_own_and_back(browser, login):
    """The board invites a member, who finds it in her calendar and answers; the board sees it."""
    board, member, title = browser('jena-board'), browser('jena-member'), f'Sitzung {uid()}'
    day = (datetime.date.today() + datetime.timedelta(30)).isoformat()
    board.get('/c/jena/calendar?new')
    assert send(board, '/c/jena/calendar', calendar='vorstand', title=title, **{'from-day': day, 'from-time': '19:00', 'to-day': day, 'to-time': '20:00'},
                repeat='no', guests=mail_of(member)).status_code == 303
    [page] = re.findall(r'href="(/c/jena/calendar/vorstand/[^"]*)"[^>]*><span class="when">[^<]*</span> <span class="title">' + title,
                        board.get(f'/c/jena/calendar?view=week&date={day}').text)
    href = f'/dav/calendars/jena-board/jena.vorstand/{page.rpartition("/")[2]}'
    try:
        wait_for(lambda: title in member.text(f'/account/calendar?view=week&date={day}'), 30, 'the invitation')
        hers = re.findall(r'href="(/account/calendar/[^"]*)"[^>]*><span class="when">[^<]*</span> <span class="title">' + title,
                          member.get(f'/account/calendar?view=week&date={day}').text)[0]
        assert 'You have not answered yet.' in member.text(hers) and '1 has not answered' in board.text(page)
        assert answer(member, hers, 'perhaps').status_code == 303
        wait_for(lambda: '1 perhaps' in board.text(page), 30, 'the answer')
    finally:
        assert login('jena-board').delete(href).status == 204
    wait_for(lambda: 'Cancelled' in member.text(hers), 30, 'the cancellation')

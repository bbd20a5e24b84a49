"""The audit log: each audited act leaves exactly one entry, one that failed none; its page; the state admin's look."""
import csv
import io
import json
import re
import time

import pytest

from lib.client import quote
from test_app_passwords import form, make, remove, signed_in
from test_login import field

LOG = '/c/jena/audit'


@pytest.fixture
def told(stack):
    """What has been added to the log since the test began, or was last asked: [(what, ...)]."""
    last = [stack.sql('SELECT coalesce(max(id), 0) FROM audit')[0][0]]

    def new(*columns):
        rows = stack.sql(f"SELECT id, {', '.join(('what',) + columns)} FROM audit WHERE id > %s"
                         " AND what <> 'person-left' ORDER BY id", last[0])
        last[0] = max([last[0], *(r[0] for r in rows)])
        return [r[1:] for r in rows]

    return new


@pytest.fixture
def chapter(stack):
    """A chapter that only this test knows; closed afterwards."""
    slug = f'audit-{time.monotonic_ns() % 10**9}'
    stack.ctl('chapter', 'add', slug, '--name', 'Audit <b>', '--kind', 'local', '--parent', 'jena')
    yield slug
    stack.ctl('chapter', 'archive', slug, check=False)


# ---------------------------------------------------------------- one entry each

def test_folders_deleted(anna, box, told):
    anna.mkcol(box + 'Protokolle/')
    anna.put(box + 'Protokolle/a.txt')
    assert told() == []
    assert anna.delete(box + 'Protokolle/a.txt').status == 204
    assert told() == [], 'of a document nothing is noted'
    assert anna.delete(box + 'Protokolle/').status == 204
    [(what, title, hand, kind)] = told('title', 'hand', 'kind')
    assert (what, title, hand, kind) == ('folder-deleted', 'Protokolle', 'person', 'folder')
    anna.mkcol(box + 'alt/')
    anna.mkcol(box + 'neu/')
    assert anna.move(box + 'neu/', box + 'alt/').status == 204
    assert told('title') == [('folder-deleted', 'alt')]


def test_what_failed_is_not_noted(anna, bob, box, told):
    anna.mkcol(box + 'fest/')
    anna.put(box + 'fest/a.txt')
    lock = anna.locked(box + 'fest/a.txt')
    assert anna.delete(box + 'fest/').status in (207, 423)
    assert bob.delete(box + 'fest/').status == 403
    assert anna.delete(box + 'fest/', If='(["other"])').status in (400, 412)
    assert told() == []
    anna.unlock(box + 'fest/a.txt', lock)
    assert anna.delete(box + 'fest/').status == 204
    assert [what for what, in told()] == ['folder-deleted']


def test_app_passwords_are_her_own_business(server, stack, told):
    browser = signed_in(server, 'erfurt-board')
    assert browser('POST', '/account/devices', form(token=field(browser('GET', '/account/devices'), 'token'), once='x',
                                                    name='', days='0', documents='1')).status == 422
    assert told() == []
    password = make(browser, name='Telefon <i>')
    assert told('title', 'chapter_id', 'person_id = actor_id') == [('app-password-made', 'Telefon <i>', None, True)]
    assert remove(browser, password).status == 303
    assert remove(browser, password).status == 404
    assert told('title', 'chapter_id') == [('app-password-removed', 'Telefon <i>', None)]
    secret = password.split('_')[2]
    for name in ('eins', 'zwei', 'drei'):
        last = make(browser, name=name)
    told()
    stack.ctl('app-password', 'revoke', '--person', 'erfurt-board', last.split('_')[1])
    assert stack.ctl('app-password', 'revoke', '--person', 'erfurt-board', last.split('_')[1], check=False).returncode == 1
    assert told('title', 'hand', 'actor_id') == [('app-password-removed', 'drei', 'operator', None)]
    stack.ctl('app-password', 'revoke', '--person', 'erfurt-board', '--all')
    assert sorted(told('title', 'hand')) == [('app-password-removed', n, 'operator') for n in ('eins', 'zwei')]
    assert 'removed by the operator' in browser('GET', '/account').text
    assert stack.sql('SELECT count(*) FROM audit a WHERE a::text LIKE %s', f'%{secret}%') == [(0,)]
    page = browser('GET', '/account').text
    assert 'Telefon &lt;i&gt;' in page
    assert 'Telefon &lt;i&gt;' not in signed_in(server, 'erfurt-chair')('GET', '/c/erfurt/audit').text


def test_roles(stack, login, chapter, told):
    login('guest').propfind('/dav/', 'resourcetype')
    stack.ctl('role', 'grant', chapter, 'guest', 'member', '--until', '2099-12-31', '--reason', 'leads the group')
    assert told('role', 'until::text', 'reason', 'hand', 'actor_id') == [
        ('role-given', 2, '2099-12-31', 'leads the group', 'operator', None)]
    assert stack.ctl('role', 'grant', chapter, 'guest', 'board', '--until', '2001-01-01', check=False).returncode != 0
    stack.ctl('role', 'revoke', chapter, 'guest', 'chair')
    assert told() == []
    stack.ctl('role', 'revoke', chapter, 'guest', 'member')
    assert told('role') == [('role-taken', 2)]


def test_chapters(stack, told, chapter):
    assert told('title') == [('chapter-made', 'Audit <b>')]
    stack.ctl('chapter', 'set', chapter, 'name=Audit <b>', 'members_go_up=yes')
    assert told() == [], 'nothing was changed'
    stack.ctl('chapter', 'set', chapter, 'name=Neu', 'contact=x@example.org', 'number=7')
    assert told('other', 'title') == [('chapter-changed', 'name, number, contact', 'Neu')]
    before = stack.sql('SELECT max FROM quota q JOIN chapter c ON c.id = q.chapter_id WHERE slug = %s', chapter)[0][0]
    stack.ctl('chapter', 'set', chapter, 'quota=3 GiB')
    assert told('was_amount', 'amount') == [('quota-set', before, 3 << 30)]
    stack.ctl('chapter', 'set', chapter, 'quota=3 GiB')
    assert told() == []
    stack.ctl('chapter', 'set', chapter, 'board_group=cn=a,dc=x', 'board_group=cn=b,dc=x')
    assert told('role', 'amount') == [('directory-groups-set', 3, 2)]
    assert stack.ctl('chapter', 'set', chapter, 'name=', check=False).returncode != 0
    assert told() == []
    stack.ctl('chapter', 'archive', chapter)
    stack.ctl('chapter', 'archive', chapter)
    stack.ctl('chapter', 'archive', chapter, '--undo')
    assert told() == [('chapter-closed',), ('chapter-opened',)]
    shown = stack.ctl('audit', 'list', '--chapter', chapter, '--kind', 'chapter').stdout.splitlines()
    assert 'opened the chapter “Neu” again' in shown[0] and 'made the chapter “Audit <b>”' in shown[-1] and len(shown) == 6
    answer = json.loads(stack.ctl('audit', 'list', '--chapter', chapter, '--most', '2', '--json').stdout)
    assert answer['more'] is True and [e['what'] for e in answer['entries']] == ['chapter-opened', 'chapter-closed']
    for wrong in (['--kind', 'x'], ['--since', '2026-02-30'], ['--most', '0'], ['--most', '10001']):
        assert stack.ctl('audit', 'list', '--chapter', chapter, *wrong, check=False).returncode == 2
    assert stack.ctl('audit', 'list', '--chapter', 'nowhere', check=False).returncode == 1


def test_debug_log(stack, told):
    d = stack.daemon({'debug_access_log': 'yes'}, name='debug-log')
    try:
        assert told('chapter_id', 'hand', 'amount') == [('debug-log-on', None, 'operator', 24)]
        assert 'genaue Zugriffsprotokoll' in signed_in(d, 'weimar-board')('GET', '/c/weimar/audit', Accept_Language='de').text
    finally:
        d.stop()


# ---------------------------------------------------------------- the page

@pytest.fixture
def entries(stack):
    """A hundred and twenty entries in weimar, as if long ago, and one by somebody erased."""
    stack.sql("INSERT INTO audit (at, chapter_id, hand, actor_id, what, kind, title, reason)"
              " SELECT timestamptz '2020-02-01 23:30Z' + i * interval '1 hour', c.id, 'person', 999999999, 'folder-deleted', 'folder',"
              " 'Ordner <' || i || '>', CASE WHEN i = 7 THEN '=1+1 \"q\"' END FROM chapter c, generate_series(1, 120) i WHERE slug = 'weimar'")
    yield
    stack.sql("DELETE FROM audit WHERE actor_id = 999999999")


def test_page(server, entries):
    board = signed_in(server, 'weimar-board')
    address, seen, pages = '/c/weimar/audit?since=2020-02-01&till=2020-02-29', [], 0
    while address:
        page = board('GET', address, Accept_Language='de')
        assert page.status == 200 and len(page.body) < 100_000
        seen += re.findall(r'Ordner „Ordner &lt;(\d+)&gt;“', page.text)
        older = re.search(r'href="([^"]+)" rel="next"', page.text)
        address, pages = older and older[1].replace('&amp;', '&'), pages + 1
    assert seen == [str(i) for i in range(120, 0, -1)] and pages == 3
    assert 'ein ehemaliges Mitglied (Nr. 999999999) hat den Ordner' in page.text
    assert 'Grund: <q>=1+1 &quot;q&quot;</q>' in page.text
    # Days are the installation's, not UTC: 23:30Z of the 1st plus one hour is 1:30 on the 2nd in Berlin.
    assert '2. Februar 2020' in page.text and '1. Februar 2020<' not in page.text.replace('11. Februar', '')
    assert len(re.findall('Ordner &lt;', board('GET', '/c/weimar/audit?since=2020-02-02&till=2020-02-02').text)) == 23
    assert 'Ordner &lt;' not in board('GET', '/c/weimar/audit?kind=rights&since=2020-02-01&till=2020-02-29').text
    empty = board('GET', '/c/weimar/audit?since=2019-01-01&till=2019-01-02', Accept_Language='de')
    assert 'In dieser Zeit ist nichts dieser Art geschehen.' in empty.text


@pytest.mark.parametrize('query', ['since=2020-02-30', 'till=x', 'kind=nothing', 'before=-1', 'before=99999999999999999999',
                                   "since=2020-01-01'%20OR%201=1", 'kind=person'])
def test_choices_that_are_none(server, query):
    board = signed_in(server, 'weimar-board')
    page = board('GET', '/c/weimar/audit?' + query, Accept_Language='de')
    assert page.status == 422 and 'Diese Auswahl geht nicht' in page.text
    assert board('GET', '/c/weimar/audit.csv?' + query).status == 400


def test_files(server, entries):
    board = signed_in(server, 'weimar-board')
    answer = board('GET', '/c/weimar/audit.csv?since=2020-02-01&till=2020-02-29')
    assert answer.get('Content-Type').startswith('text/csv') and 'weimar-log.csv' in answer.get('Content-Disposition')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 120 and rows[0]['object'] == 'Ordner <120>' and rows[0]['time'] == '2020-02-06T23:30:00Z'
    assert [r['reason'] for r in rows if r['reason']] == ['\'=1+1 "q"'], 'no formula for a spreadsheet'
    found = json.loads(board('GET', '/c/weimar/audit.json?since=2020-02-01&till=2020-02-29').text)
    assert len(found) == 120 and found[-7]['reason'] == '=1+1 "q"' and found[0]['actor'] == 999999999
    assert found[0]['role'] is None and found[0]['sentence'].startswith('a former member (no. 999999999) deleted')


def test_other_chapters_are_not_in_it(server, entries):
    assert 'Ordner &lt;' not in signed_in(server, 'erfurt-board')('GET', '/c/erfurt/audit?since=2020-02-01').text


# ---------------------------------------------------------------- the look of a state admin

REASON = 'Der Vorstand ist zurückgetreten, und die Kasse wird gesucht.'


def begin(browser, reason=REASON, chapter='jena'):
    token = field(browser('GET', f'/c/{chapter}/override'), 'token')
    return browser('POST', f'/c/{chapter}/override', form(token=token, reason=reason))


def end(browser, chapter='jena'):
    token = field(browser('GET', f'/c/{chapter}/'), 'token')
    return browser('POST', f'/c/{chapter}/override/end', form(token=token))


@pytest.fixture
def admin(server, stack):
    browser = signed_in(server, 'land-admin')
    yield browser
    stack.sql('UPDATE override SET ended = now() WHERE ended IS NULL')


FOLDERS = ['/c/jena/files/Mitglieder/', '/c/jena/files/Vorstand/']


def statuses(browser):
    return [browser('GET', quote(f)).status for f in FOLDERS]


def test_look(server, login, anna, admin, told):
    anna.put('/dav/files/jena/Vorstand/geheim.txt', b'the secret')
    assert statuses(admin) == [404, 404]
    assert begin(admin).status == 303
    [(what, amount, reason, mine)] = told('amount', 'reason', 'actor_id IS NOT NULL')
    assert (what, amount, reason, mine) == ('override-begun', 60, REASON, True)
    assert statuses(admin) == [200, 200]
    assert admin('GET', '/c/jena/files/Vorstand/geheim.txt').text == 'the secret'
    page = admin('GET', '/c/jena/files/Vorstand/', Accept_Language='de').text
    assert 'als Landesadministration bis' in page and 'type="file"' not in page
    # Of this chapter alone, to read alone, in this browser alone, and not its log.
    assert admin('GET', '/c/erfurt/files/Vorstand/').status == 404
    token = field(admin('GET', '/'), 'token')
    assert admin('PUT', '/c/jena/files/Vorstand/new.txt', 'x', X_Form_Token=token).status == 403
    assert admin('POST', '/c/jena/files/Vorstand/', form(token=token, folder='x')).status == 403
    device = login('land-admin')
    assert device.get('/dav/files/jena/Vorstand/geheim.txt').status == 404
    assert admin('GET', LOG).status == 403
    assert statuses(signed_in(server, 'guest')) == [404, 404]
    # The board reads who, when and why.
    log = signed_in(server, 'jena-board')('GET', LOG, Accept_Language='de').text
    assert REASON in log and 'darf als Landesadministration 60 Minuten lang' in log
    assert end(admin).status == 303
    assert statuses(admin) == [404, 404]
    assert told() == [('override-ended',)]
    assert end(admin).status == 303 and told() == []


def test_look_ends_by_itself(stack, admin, told):
    begin(admin)
    assert statuses(admin) == [200, 200]
    stack.sql("UPDATE override SET began = began - interval '2 hours', until = now() WHERE ended IS NULL")
    assert statuses(admin) == [404, 404]
    assert 'als Landesadministration bis' not in admin('GET', '/c/jena/', Accept_Language='de').text


def test_look_ends_with_the_office(server, stack, admin):
    begin(admin)
    assert statuses(admin) == [200, 200]
    stack.sql("UPDATE person SET state_admin = false WHERE uid = 'land-admin'")
    try:
        assert statuses(admin) == [404, 404]
    finally:
        stack.sql("UPDATE person SET state_admin = true WHERE uid = 'land-admin'")


@pytest.mark.parametrize('reason', ['', 'x' * 19, ' ' * 100, 'x' * 501, 'ä' * 19])
def test_look_needs_a_reason(admin, told, reason):
    answer = begin(admin, reason)
    assert answer.status == 422 and 'role="alert"' in answer.text
    assert statuses(admin) == [404, 404] and told() == []


def test_look_needs_the_form(admin, told):
    assert admin('POST', '/c/jena/override', form(token='x', reason=REASON)).status == 403
    assert admin('GET', '/c/jena/override?reason=' + 'x' * 30).status == 200
    assert statuses(admin) == [404, 404] and told() == []

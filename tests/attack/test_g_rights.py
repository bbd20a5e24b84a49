"""G: rights, chapters and the walls between them (security.md 2.9). G03 stands in tests/sql/test_scope.py, G05 of the
directory in tests/http/test_people.py, G11 of new chapters in tests/ctl/test_chapters.py, the matrix of G01 in tests/authz."""
import re
import threading
import time
import uuid

import psycopg2
import pytest

from lib.browser import Browser, words
from lib.client import LOCKINFO, propfind_body, set_body, sync_body
from lib.stack import wait_for

METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'PROPFIND', 'PROPPATCH', 'REPORT', 'COPY', 'MOVE', 'MKCOL', 'LOCK']
BODIES = {'PROPFIND': propfind_body('resourcetype'), 'PROPPATCH': set_body('a', 'b'), 'REPORT': sync_body(), 'PUT': 'x',
          'LOCK': LOCKINFO.format(scope='exclusive', owner='x')}


@pytest.fixture(scope='module')
def secret(server):
    """A document that the board of weimar alone knows of."""
    keeper = server.client('weimar-board')
    href = f'/dav/files/weimar/Vorstand/g-{uuid.uuid4().hex[:8]}.txt'
    assert keeper.put(href, b'secret of weimar').status == 201
    return href


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('user', ['guest', 'weimar-member', 'jena-chair', 'land-chair', 'land-admin'])
def test_G01_what_one_may_not_see_is_not_there(server, secret, user, method):
    """What exists and what does not get one answer: status, headers that tell, body."""
    client = server.client(user)
    answers = []
    for href in (secret, secret.replace('.txt', '-none.txt')):
        headers = {'Destination': server.url + '/dav/files/jena/Mitglieder/g-copy'} if method in ('COPY', 'MOVE') else {}
        answer = client(method, href, BODIES.get(method), {**headers, 'Depth': '0'})
        body = answer.body.replace(href.encode(), b'HREF')
        telling = {n: answer.get(n) for n in ('ETag', 'Last-Modified', 'Allow', 'Content-Type', 'DAV')}
        answers.append((answer.status, telling, re.sub(rb'[0-9a-f]{8,}', b'#', body)))
    assert answers[0] == answers[1]
    assert answers[0][0] in (403, 404), answers[0]
    assert b'secret' not in answers[0][2]


def test_G01_former_members_are_strangers(server, secret):
    """Her session of before is one of somebody who is signed in and nothing more."""
    chair = Browser(server, 'weimar-chair')
    assert chair.get('/c/weimar/members').status_code == 200
    server.stack.sql("DELETE FROM person_group WHERE person_id = (SELECT id FROM person WHERE uid = 'weimar-chair')")
    try:
        assert chair.get('/c/weimar/members').status_code == 403
        assert chair.post('/c/weimar/members', do='group-add', group='mine').status_code == 403
        assert chair.get('/c/weimar/files/Vorstand/').status_code == 404
    finally:
        server.stack.ctl('sync')
    assert chair.get('/c/weimar/members').status_code == 200


def test_G02_ids_of_others_are_nothing(server):
    """Numbers of devices, sessions and groups that belong to somebody else."""
    anna, mallory = Browser(server, 'jena-chair'), Browser(server, 'weimar-chair')
    ids = [row[0] for row in server.stack.sql("SELECT s.id FROM session s JOIN person p ON p.id = s.person_id WHERE p.uid = 'jena-chair'")]
    assert ids
    for i in ids:
        assert mallory.post(f'/account/sessions/{i}/end').status_code == 404
    once = anna.get('/account/devices').text.split('name="once" value="')[1].split('"')[0]
    assert anna.post('/account/devices', name='G02', once=once, days='0', documents='1').status_code == 200
    device = server.stack.sql('SELECT max(id) FROM app_password')[0][0]
    assert mallory.post(f'/account/devices/{device}/remove').status_code == 404
    assert anna.get('/account/devices').text.count('G02') >= 1
    name = f'G02 {uuid.uuid4().hex[:6]}'
    assert anna.post('/c/jena/members', do='group-add', group=name).status_code == 303
    for what in ('group-remove', 'join', 'leave'):
        assert mallory.post('/c/weimar/members', do=what, group=name, who='weimar-member').status_code == 422
    assert name in anna.text('/c/jena/members')
    guest = Browser(server, 'jena-chair').post('/c/jena/members', do='invite', name='G', mail=f'{uuid.uuid4().hex}@example.org',
                                               until=time.strftime('%Y-%m-%d', time.gmtime(time.time() + 86400)), role='none')
    uid = server.stack.sql('SELECT uid FROM person WHERE guest_of IS NOT NULL ORDER BY id DESC LIMIT 1')[0][0]
    assert guest.status_code == 200
    assert mallory.post('/c/weimar/members', do='guest-end', who=uid).status_code == 422
    assert mallory.post('/c/jena/members', do='guest-end', who=uid).status_code == 403


def test_G03_the_runtime_role_is_behind_the_wall(server):
    with psycopg2.connect(server.stack.settings()['database']) as db, db.cursor() as cursor:
        cursor.execute('SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user')
        assert cursor.fetchall() == [(False, False, False, False)]
        cursor.execute('SELECT count(*) FROM chapterd.dav_node')
        assert cursor.fetchall() == [(0,)]


@pytest.mark.parametrize('host', ['ovb.example', 'weimar.localhost.example', '127.0.0.1.example', 'jena'])
def test_G04_another_host_gets_nothing(server, host):
    """A cookie or a password that is right for us is worth nothing under a name that is not ours."""
    browser = Browser(server, 'jena-board')
    assert browser.session.get(server.url + '/c/jena/files/Vorstand/', headers={'Host': host}).status_code in (400, 421)
    assert server.client('jena-board').get('/dav/files/jena/Vorstand/', Host=host).status in (400, 421)


def test_G05_a_guest_whose_access_ends_is_out_at_once(server):
    chair = Browser(server, 'jena-chair')
    answer = chair.post('/c/jena/members', do='invite', name='Kurz', mail=f'{uuid.uuid4().hex}@example.org', role='member',
                        until=time.strftime('%Y-%m-%d', time.gmtime(time.time() + 86400)))
    page = chair.session.post(server.url + re.search(r'/invite/[\w-]+', answer.text)[0]).text
    uid, password = re.search(r'guest-[a-z0-9]{8}', page)[0], re.search(r'cd_\d+_[0-9a-z]+', page)[0]
    guest = server.client(uid, password)
    assert guest.put('/dav/files/jena/Mitglieder/g05-guest').status in (201, 204)
    assert chair.post('/c/jena/members', do='guest-end', who=uid).status_code == 303
    seconds = wait_for(lambda: guest.get('/dav/files/jena/Mitglieder/').status == 401, 60, 'the end of her access')
    print(f'G05: a guest was out after {seconds:.2f} s')


def test_G08_no_probe_finds_a_foreign_title(server, secret):
    """Listings, reports, quota and entity tags of places around it."""
    name = secret.rpartition('/')[2].encode()
    for user in ('weimar-member', 'jena-chair', 'land-admin', 'guest'):
        client = server.client(user)
        for place in ('/dav/', '/dav/files/', '/dav/files/weimar/', '/dav/principals/'):
            for depth in ('0', '1'):
                body = client.propfind(place, depth=depth).body
                assert name not in body and b'/Vorstand/' not in body, (user, place)
        assert name not in client.sync('/dav/files/weimar/').body
        answer = client.get(secret, If_Match='"x"', If_None_Match='*', Range='bytes=0-1')
        assert answer.status == 404 and answer.get('ETag') is None


def test_G08_a_member_learns_nothing_by_tokens(server, secret):
    """A change in what she may not read neither shows nor names it."""
    member, keeper = server.client('weimar-member'), server.client('weimar-board')
    token = member.sync('/dav/files/weimar/').multistatus().token
    assert keeper.put(secret, b'changed').status == 204
    assert keeper.mkcol(secret + '-dir/').status == 201
    report = member.sync('/dav/files/weimar/', token).multistatus()
    assert not [href for href in report.entry if 'Vorstand' in href]


def test_G09_space_of_another_chapter(server):
    """Who may not read a chapter's documents does not learn how full it is."""
    guest = server.client('guest')
    answer = guest.propfind('/dav/files/weimar/Vorstand/', 'quota-used-bytes', 'quota-available-bytes')
    assert answer.status == 404
    for user in ('guest', 'jena-chair', 'land-chair', 'land-admin'):
        assert Browser(server, user).get('/c/weimar/members').status_code == 403
        assert Browser(server, user).get('/c/weimar/audit').status_code in (403, 404)


def test_G10_a_closed_chapter_opens_nothing_and_its_name_stays_taken(server):
    """No new chapter can come under an old one's slug: nothing of the old one could revive in it."""
    slug = f'g10-{uuid.uuid4().hex[:8]}'
    ctl = server.stack.ctl
    ctl('chapter', 'add', slug, '--name', 'G10', '--kind', 'district', '--parent', 'land')
    ctl('role', 'grant', slug, 'jena-member', 'chair')
    client, browser = server.client('jena-member'), Browser(server, 'jena-member')
    wait_for(lambda: client.put(f'/dav/files/{slug}/Vorstand/doc').status in (201, 204), 10, 'the role')
    token = client.locked(f'/dav/files/{slug}/Vorstand/doc')
    ctl('chapter', 'archive', slug)
    wait_for(lambda: client.get(f'/dav/files/{slug}/Vorstand/doc').status == 404, 10, 'the end')
    assert client.put(f'/dav/files/{slug}/Vorstand/doc', If=f'({token})').status == 404
    assert browser.get(f'/c/{slug}/members').status_code == 404
    assert ctl('chapter', 'add', slug, '--name', 'Again', '--kind', 'district', '--parent', 'land', check=False).returncode != 0


@pytest.mark.parametrize('slug', ['..', '.', 'admin', 'static', 'dav', 'x', 'JENA', 'j%D0%B5na', 'jena%00', 'jena,weimar', '*',
                                  'jena%2Cweimar', 'jena%2F..%2Fweimar', 'jena ', "jena'--"])
def test_G11_slugs_in_addresses(server, slug):
    """What is no slug is no chapter, and never more than one."""
    import http.client
    for path in (f'/c/{slug}/files/Vorstand/', f'/c/{slug}/members'):
        conn = http.client.HTTPConnection('127.0.0.1', server.port, timeout=30)
        browser = Browser(server, 'jena-board')
        conn.putrequest('GET', path.replace(' ', '%20'))
        conn.putheader('Cookie', '; '.join(f'{c.name}={c.value}' for c in browser.session.cookies))
        conn.endheaders()
        assert conn.getresponse().status in (400, 404), path
        conn.close()
    assert server.client('weimar-member').get(f'/dav/files/{slug.replace(" ", "%20")}/Vorstand/').status in (400, 404)


def test_G12_G13_one_connection_for_everybody(stack):
    """A single worker and connection serves both chapters in turn; broken requests in between leave nothing behind."""
    daemon = stack.daemon({'workers': '1'}, name='pooled')
    try:
        clients = {slug: daemon.client(f'{slug}-member') for slug in ('jena', 'weimar')}
        for slug, client in clients.items():
            assert client.put(f'/dav/files/{slug}/Mitglieder/g12', slug.encode()).status in (201, 204)
        wrong = []

        def breaker():
            for i in range(60):
                slug = ('jena', 'weimar')[i % 2]
                conn = daemon.connect()
                body = b'x' * 100
                conn.send(clients[slug].bytes('PUT', f'/dav/files/{slug}/Mitglieder/g12-broken', body)[:-50 if i % 3 else None])
                conn.close()
                daemon.client(f'{slug}-member').move(f'/dav/files/{slug}/Mitglieder/none', f'/dav/files/{slug}/Mitglieder/x')

        def reader(slug, other):
            client = daemon.client(f'{slug}-member')
            for _ in range(100):
                if client.get(f'/dav/files/{slug}/Mitglieder/g12').body != slug.encode():
                    wrong.append(slug)
                if client.get(f'/dav/files/{other}/Mitglieder/g12').status != 404:
                    wrong.append(f'{slug} read {other}')

        threads = [threading.Thread(target=breaker), threading.Thread(target=reader, args=('jena', 'weimar')),
                   threading.Thread(target=reader, args=('weimar', 'jena'))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not wrong, wrong[:5]
    finally:
        daemon.stop()

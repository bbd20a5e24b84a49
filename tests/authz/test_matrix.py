"""Every route, every role: the program against expect.tsv, which is written by hand."""
import itertools
import pathlib
import re
import subprocess

import pytest
import requests

from lib.calendars import event, todo
from lib.client import LOCKINFO, propfind_body, quote, set_body, sync_body
from lib.contacts import vcard
from lib.pieces import PIECE, TUS, Pieces

EXPECT = pathlib.Path(__file__).with_name('expect.tsv')
ROLES = ['nobody', 'guest', 'erfurt-member', 'jena-nord-member', 'jena-member', 'jena-board', 'jena-chair',
         'land-chair', 'land-admin']
PLACES = {'M': '/dav/files/jena/Mitglieder/', 'E': '/dav/files/erfurt/Mitglieder/', 'V': '/dav/files/jena/Vorstand/',
          'K': '/dav/calendars/{me}/jena.vorstand/', 'P': '/dav/calendars/{me}/calendar/',
          'B': '/dav/contacts/{me}/jena.kontakte/', 'O': '/dav/contacts/{me}/contacts/'}
BODIES = {
    'PROPFIND': propfind_body('resourcetype'),
    'PROPPATCH': set_body('note', 'x'),
    'REPORT': sync_body(),
    'LOCK': LOCKINFO.format(scope='exclusive', owner='test'),
    'PUT': 'new content',
    'PATCH': 'hello',
}
FORMS = {  # what a word behind a folder's address sends
    'rule': {'rule': 'own', 'see': 'board', 'change': 'board'},
    'delete': {'act': 'delete', 'item': 'inside', 'sure': '1'},
    'copy': {'act': 'copy', 'item': 'inside'},
    'event': {'calendar': 'termine', 'title': 'authz', 'from-day': '2031-01-01', 'whole': '1', 'repeat': 'no', 'etag': 'old'},
    'closed-event': {'calendar': 'vorstand', 'title': 'authz', 'from-day': '2031-01-01', 'whole': '1', 'repeat': 'no'},
    'own-event': {'calendar': 'calendar', 'title': 'authz', 'from-day': '2031-01-01', 'whole': '1', 'repeat': 'no'},
    'answer': {'act': 'answer', 'answer': 'yes', 'etag': 'old'},
    'task': {'calendar': 'termine', 'title': 'authz', 'etag': 'old'},
    'closed-task': {'calendar': 'vorstand', 'title': 'authz'},
    'editorial': {'act': 'editorial'},
    'tick': {'act': 'state', 'state': 'done', 'etag': 'old'},
    'attach': {'act': 'attach', 'etag': 'old', 'document': 'nothing'},
    'unplan': {'act': 'delete', 'etag': 'old'},
    'feed': {'feed': 'make', 'calendar': 'termine', 'view': 'busy', 'label': 'authz'},
    'closed-feed': {'feed': 'make', 'calendar': 'vorstand', 'view': 'busy', 'label': 'authz'},
    'file': {'do': 'look', 'calendar': 'termine'},
    'closed-file': {'do': 'look', 'calendar': 'vorstand'},
    'undo-file': {'do': 'undo', 'id': '1'},
    'share': {'share': 'make', 'kind': 'read', 'purpose': 'authz'},
}
OWNER = 'jena-chair'
fresh = itertools.count()


def lines():
    for number, line in enumerate(EXPECT.read_text().splitlines(), 1):
        if line and not line.startswith('#'):
            method, route, target, *wanted = line.split('\t')
            assert len(wanted) == len(ROLES), f'expect.tsv:{number}: {len(wanted)} columns'
            yield number, method, route, target, dict(zip(ROLES, map(int, wanted)))


def cells():
    for number, method, route, target, wanted in lines():
        for role in ROLES:
            yield pytest.param(method, target, role, wanted[role], id=f'{number}-{method}-{target}-{role}')


@pytest.fixture(scope='session')
def owner(login):
    """Makes what the lines ask for; may write everywhere in jena."""
    return login(OWNER)


@pytest.fixture(scope='session')
def browsers(server):
    """A signed-in browser for each role, and the form token of its pages."""
    made = {}

    def browser(role):
        if role in made:
            return made[role]
        session = requests.Session()
        session.headers['Accept'] = 'text/html'
        page = session.get(server.url + '/login')
        token = re.search(r'name="token" value="([^"]*)"', page.text).group(1)
        if role != 'nobody':
            answer = session.post(server.url + '/login', allow_redirects=False,
                                  data={'user': role, 'password': 'demo', 'token': token})
            assert answer.status_code == 303, answer.text
            page = session.get(server.url + '/')
            token = re.search(r'name="token" value="([^"]*)"', page.text).group(1)
        made[role] = (session, token)
        return made[role]

    browser.forget = made.pop
    return browser


def body_of(method, path):
    if method == 'PUT' and '/dav/calendars/' in path:
        return event(path.rpartition('/')[2])
    if method == 'PUT' and '/dav/contacts/' in path:
        return vcard(path.rpartition('/')[2])
    return BODIES.get(method)


def prepare(owner, target, role=OWNER):
    """The target of a line with its names put in; what it needs is made by the owner."""
    target = re.sub(f' ({"|".join(FORMS)})$', '', target)
    path, arrow, place = target.partition(' => ')
    name = f'authz-{next(fresh)}'
    tree = re.sub(r'^/c/([^/]+)/(?:uploads/)?files/', r'/dav/files/\1/', path.partition('?')[0]).replace('{me}', OWNER)
    tree = re.sub(r'^/c/([^/]+)/(?:calendar|tasks)/', rf'/dav/calendars/{OWNER}/\1.', tree)
    tree = re.sub(r'^/c/([^/]+)/contacts/', rf'/dav/contacts/{OWNER}/\1.kontakte/', tree)
    path = path.replace('{me}', 'jena-member' if role == 'nobody' else role)
    if '{doc}' in path:
        body = todo(name) if '/tasks/' in path else body_of('PUT', tree.replace('{doc}', name)) or b'secret'
        assert owner.put(quote(tree.replace('{doc}', name)), body).status == 201
    if '{dir}' in path:
        folder = quote(tree.replace('{dir}', name))
        assert owner.mkcol(folder).status == 201
        assert owner.put(folder + 'inside', b'secret').status == 201
    if '{upload}' in path:
        path = path.replace('{upload}', begun(owner, PLACES['M'] + name))
    for word in re.findall(r'\{deleted-\w+\}', path):
        path = path.replace(word, str(deleted(owner, name, word.strip('{}').partition('-')[2])))
    if '{own}' in path:
        path = path.replace('{own}', name)
        assert owner.put(f'/dav/calendars/{OWNER}/calendar/{name}', event(name)).status == 201
    for word in ('{old}', '{closed}'):
        if word in path:
            path = path.replace(word, str(version(owner, quote(tree.replace('{doc}', name)), word == '{closed}')))
    for word in re.findall(r'\{link-\w+\}', path):
        path = path.replace(word, link(owner, name, word.strip('{}').partition('-')[2]))
    for word in re.findall(r'\{unplanned-\w+\}', path):
        path = path.replace(word, str(unplanned(owner, name, word.strip('{}').partition('-')[2])))
    for word in re.findall(r'\{feed-\w+\}', path):
        path = path.replace(word, feed(owner, name, word.strip('{}').partition('-')[2]))
    if '{setup}' in path:
        path = path.replace('{setup}', phone_link(owner, name))
    for word in ('{doc}', '{dir}', '{new}'):
        path = path.replace(word, name)
    path, question, query = path.partition('?')
    there = PLACES.get(place, '').replace('{me}', 'jena-member' if role == 'nobody' else role)
    return quote(path) + question + query, (there + name + '-to') if arrow else None


def begun(owner, target, last=[]):  # noqa: B006 the one before goes, so that they do not become too many
    """Begins an upload in pieces; the last part of its address."""
    while last:
        last.pop().end()
    last.append(Pieces(owner, target, 5))
    assert last[0].answer.status == 201, last[0].answer
    return last[0].href.rpartition('/')[2]


def version(owner, doc, closed):
    """Overwrites a document, where the board alone could see it or where it is; the number of what it held before."""
    place = doc
    if closed:
        place = PLACES['V'] + doc.rpartition('/')[2]
        assert owner.move(doc, place).status == 201
    assert owner.put(doc + '-twin', b'new').status == 201
    assert owner.copy(doc + '-twin', place).status == 204
    if closed:
        assert owner.move(place, doc).status == 201
    found = owner.server.stack.sql('SELECT max(v.id) FROM dav_version v JOIN dav_node n ON n.id = v.node_id WHERE n.name = %s',
                                   doc.rpartition('/')[2])
    return found[0][0]


def link(owner, token, what):
    """A link to the members' folder: its token, or (number) the number of one. When a sleeping one was made more could read the folder,
    and write in it when one that is shut was made."""
    [[number]] = owner.server.stack.sql(
        "INSERT INTO share_link (chapter_id, node_id, hash, drop_box, read_level, write_level, purpose, until, ended, password)"
        " SELECT n.chapter_id, n.id, sha256(%s), %s, p.read_level - %s, p.write_level - %s, 'authz', current_date, CASE WHEN %s THEN now() END,"
        " CASE WHEN %s THEN 'no hash' END FROM dav_node n JOIN dav_policy p ON p.id = n.policy_id JOIN chapter c ON c.id = n.chapter_id"
        " WHERE c.slug = 'jena' AND n.name = 'Mitglieder' RETURNING id",
        token.encode(), what in ('box', 'shut'), int(what == 'sleeping'), int(what == 'shut'), what == 'ended', what == 'locked')
    return str(number) if what == 'number' else token


def unplanned(owner, name, calendar):
    """An event that is deleted: its number in the trash."""
    href = f'/dav/calendars/{OWNER}/jena.{calendar}/{name}'
    assert owner.put(href, event(name)).status == 201 and owner.delete(href).status == 204
    return owner.server.stack.sql('SELECT max(id) FROM dav_trash WHERE name = %s', name)[0][0]


def feed(owner, token, what):
    """A feed of the board's calendar (open: of the one for all): its token, or (number) its number. When a sleeping one was made more
    could read the calendar."""
    [[number]] = owner.server.stack.sql(
        "INSERT INTO calendar_feed (chapter_id, node_id, hash, view, read_level, label, ended)"
        " SELECT n.chapter_id, n.id, sha256(%s), 'details', p.read_level - %s, 'authz', CASE WHEN %s THEN now() END"
        " FROM dav_node n JOIN dav_policy p ON p.id = n.policy_id JOIN chapter c ON c.id = n.chapter_id"
        " WHERE c.slug = 'jena' AND n.kind = 'calendar' AND NOT n.gone AND n.name = %s RETURNING id",
        token.encode(), int(what == 'sleeping'), what == 'ended', 'termine' if what == 'open' else 'vorstand')
    return str(number) if what == 'number' else token


def phone_link(owner, token):
    """A link by which a phone of somebody's is set up; she keeps no password of the one before."""
    owner.server.stack.sql("DELETE FROM app_password WHERE name = 'authz'")
    owner.server.stack.sql(
        "INSERT INTO device_setup (hash, person_id, name, areas, apple) SELECT sha256(%s), id, 'authz', 1, false FROM person"
        " WHERE uid = 'jena-chair' ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash", token.encode())
    return token


def deleted(owner, name, where):
    """Deletes a document; its number in the trash. "then" and "now" were or are folders for the board alone, among the members'."""
    sql = owner.server.stack.sql
    folder = {'public': '/dav/files/jena/%C3%96ffentlich/', 'board': PLACES['V']}.get(where, PLACES['M'])
    levels = "SELECT levels_set(id, %s::int2, %s::int2, '{}', '{}') FROM dav_node WHERE name = %s AND collection AND NOT gone"
    if where in ('then', 'now'):
        folder += name + '-room/'
        assert owner.mkcol(folder).status == 201
        sql(levels, 3 if where == 'then' else 2, 3 if where == 'then' else 2, name + '-room')
    assert owner.put(folder + name, b'secret').status == 201 and owner.delete(folder + name).status == 204
    if where in ('then', 'now'):
        sql(levels, 3 if where == 'now' else 2, 3 if where == 'now' else 2, name + '-room')
    return sql('SELECT max(id) FROM dav_trash WHERE name = %s', name)[0][0]


def in_pieces(method, path):
    """The headers of uploads in pieces: an empty document, or the only piece of one."""
    if method == 'POST' and ('/uploads/' in path or path.startswith('/dav/')):
        return {**TUS, 'Upload-Length': '0'}
    if '/uploads/' in path:
        return {**PIECE, 'Upload-Offset': '0'} if method == 'PATCH' else TUS
    return {}


def ask(server, login, browsers, method, role, path, destination, form=None):
    if path.startswith(('/dav/', '/principals/')) or (path == '/' and method in ('PROPFIND', 'REPORT')):
        headers = {'Destination': server.url + destination} if destination else {}
        if method == 'UNLOCK':
            headers['Lock-Token'] = '<opaquelocktoken:00000000-0000-4000-8000-000000000000>'
        if method in ('PROPFIND', 'REPORT'):
            headers['Depth'] = '0'
        headers.update(in_pieces(method, path))
        client = login(None if role == 'nobody' else role)
        return client(method, path, body_of(method, path), headers).status
    session, token = browsers(role)
    if path in ('/login', '/logout') and method == 'POST':
        session = requests.Session()  # leaves the role's own session alone
        if role != 'nobody' and path == '/logout':
            session.cookies.update(browsers(role)[0].cookies)
            return logout_elsewhere(server, role)
    data = None
    headers = {'X-Form-Token': token, **in_pieces(method, path)}
    if method == 'POST' and '/calendar/trash?' in path:
        path, _, number = path.partition('?back=')
        data = {'id': number, 'token': token}
    elif method == 'POST' and '/trash?' in path:
        path, _, query = path.partition('?')
        data = {'do': query.partition('=')[0], 'id': query.partition('=')[2], 'token': token}
    elif method == 'POST' and '?version=' in path:
        path, _, number = path.partition('?version=')
        data = {'restore': number, 'token': token}
    elif form:
        data = {**FORMS[form], 'token': token, 'once': f'authz-{next(fresh)}'}
    elif method == 'POST' and '/shares' in path:
        path, _, number = path.partition('?end=')
        data = {'share': 'end', 'link': number} if number else {'share': 'set', 'who': 'board'}
        data['token'] = token
    elif method == 'POST' and path.partition('?')[0].endswith('/feeds'):
        path, _, number = path.partition('?end=')
        data = {'feed': 'end', 'id': number, 'token': token}
    elif method == 'POST' and path.endswith('/members'):
        data = {'do': 'group-add', 'group': f'authz {next(fresh)}', 'token': token}
    elif method == 'POST' and '/contacts' in path:
        data = {'token': token, 'book': 'kontakte', 'f1': f'authz {next(fresh)}'}
    elif method == 'POST' and path.startswith(('/invite/', '/s/', '/setup/', '/mail/')):
        data, headers = {}, {}
    elif '/uploads/' in path:
        data = BODIES.get(method)
    elif method == 'POST' and '/files/' in path:
        data = {'folder': f'authz-folder-{next(fresh)}', 'token': token}
    elif method == 'POST' and path == '/language':
        data = {'language': 'de', 'next': '/'}
    elif path == '/account/sign-out-everywhere' and role != 'nobody':
        return signed_out_everywhere(server, browsers, role)
    elif path.startswith('/account'):
        data = {'token': token, 'name': '', 'once': 'authz', 'days': '0', 'system': 'android'} if method == 'POST' else None
    elif '/override' in path or path.startswith(('/tour', '/patterns')):
        data = {'token': token, 'reason': '', 'sample': ''} if method == 'POST' else None
    elif method == 'POST':
        data, headers = {'user': 'jena-member', 'password': 'demo', 'next': '/'}, {}
    elif method == 'PUT':
        data = 'new content'
    return session.request(method, server.url + path, data=data, headers=headers, allow_redirects=False).status_code


def signed_out_everywhere(server, browsers, role):
    """Ends the session that the other lines use too: they get a new one."""
    session, token = browsers(role)
    status = session.post(server.url + '/account/sign-out-everywhere', data={'token': token},
                          allow_redirects=False).status_code
    browsers.forget(role)
    return status


def logout_elsewhere(server, role):
    """Signing out ends a session: one of its own."""
    session = requests.Session()
    page = session.get(server.url + '/login')
    token = re.search(r'name="token" value="([^"]*)"', page.text).group(1)
    session.post(server.url + '/login', data={'user': role, 'password': 'demo', 'token': token})
    page = session.get(server.url + '/')
    token = re.search(r'name="token" value="([^"]*)"', page.text).group(1)
    return session.post(server.url + '/logout', data={'token': token}, allow_redirects=False).status_code


@pytest.mark.parametrize('method,target,role,wanted', cells())
def test_cell(server, login, owner, browsers, method, target, role, wanted):
    path, destination = prepare(owner, target, role)
    form = target.rpartition(' ')[2]
    assert ask(server, login, browsers, method, role, path, destination, form if form in FORMS else None) == wanted


def test_every_route_has_a_line(stack):
    """A new route without a decision about who may use it fails here."""
    program = subprocess.run([stack.program('chapterd'), '--routes'], capture_output=True, text=True, check=True)
    routes = {tuple(line.split()[:2]) for line in program.stdout.splitlines()}
    decided = {(method, route) for _, method, route, _, _ in lines()}
    assert routes - decided == set()
    assert decided - routes == set()
    print(f'{sum(1 for _ in cells())} cells, {len(routes)} routes')

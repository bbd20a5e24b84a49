"""Attacks through a browser: cases H01, H02, H05 and H07 to H13 of security.md. H03, H04, H06 are the wiki's."""
import html
import re
import urllib.parse

import pytest

from lib.browser import Browser
from lib.client import quote, set_body

ACTIVE = '<script>alert(1)</script><svg/onload=alert(2)>'
KINDS = [('x.html', 'text/html'), ('x.svg', 'image/svg+xml'), ('x.xml', 'text/xml'), ('x.pdf', 'application/pdf'),
         ('x.xhtml', 'application/xhtml+xml'), ('x.js', 'text/javascript'), ('x.mht', 'multipart/related'),
         ('x', None), ('a.txt', 'text/html')]
HOSTILE = '"><svg/onload=alert(1)>\'`{{7*7}}'


@pytest.fixture
def chair(server):
    return Browser(server, 'jena-chair')


@pytest.fixture
def board(server):
    return Browser(server, 'jena-board')


def page_of(dav):
    """The address of a folder's page."""
    return dav.replace('/dav/files/jena/', '/c/jena/files/')


@pytest.mark.parametrize('name, kind', KINDS)
def test_H01_H02_uploads_are_never_pages(server, anna, board, box, name, kind):
    """Wherever one opens it, by whatever type it came: saved, and if shown, a page without rights."""
    assert anna.put(box + name, ACTIVE.encode(), Content_Type=kind).status == 201
    for answer in (board.get(page_of(box) + name), board.get(box + name)):
        if answer.status_code == 401:  # of the DAV address: cookies open no door there
            continue
        assert answer.status_code == 200, answer
        assert answer.headers['Content-Disposition'].startswith('attachment;')
        assert answer.headers['X-Content-Type-Options'] == 'nosniff'
        assert answer.headers['Content-Security-Policy'] == "sandbox; default-src 'none'"
    answer = anna.get(box + name)
    assert answer.get('Content-Disposition').startswith('attachment;')
    assert answer.get('Content-Security-Policy') == "sandbox; default-src 'none'"


def test_H05_hostile_names_are_text(server, anna, board, box):
    """As a name, a displayname, a query, a wrong address: each context escapes it."""
    name = HOSTILE.replace('/', ' ')
    assert anna.put(box + quote(name), b'x').status == 201
    assert anna.mkcol(box + quote(name + '2') + '/').status == 201
    assert anna('PROPPATCH', box + quote(name + '2') + '/',
                set_body('displayname', html.escape(HOSTILE), ns='DAV:')).status == 207
    pages = [page_of(box), page_of(box) + quote(name + '2') + '/', '/c/jena/files/' + quote(name),
             '/login?next=' + urllib.parse.quote(HOSTILE), '/c/' + quote(name), '/' + quote(name),
             '/account?q=' + urllib.parse.quote(HOSTILE)]
    for path in pages:
        answer = board.get(path)
        assert '<svg' not in answer.text and 'onload' not in tags(answer.text), path
    assert html.unescape(board.get(page_of(box)).text).count(name) >= 2, 'shown, and shown as it is'


def tags(text):
    """What stands in the tags of a page, attributes' values left out."""
    return ' '.join(re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r'<[^>]*>', text))


def foreign(server, **headers):
    return {'Origin': 'https://evil.example', 'Referer': 'https://evil.example/', **headers}


@pytest.mark.parametrize('kind', ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=b',
                                  'text/plain'])
def test_H07_forms_of_other_sites(server, board, kind):
    """With the cookie, and even with the token: another origin changes nothing."""
    fields = {'token': board.token, 'name': 'evil', 'action': 'mkdir', 'days': '0', 'documents': '1'}
    body = urllib.parse.urlencode(fields)
    if kind.startswith('multipart'):
        body = ''.join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
                       for k, v in fields.items()) + '--b--\r\n'
    for path in ('/c/jena/files/', '/account/devices', '/account/sign-out-everywhere', '/logout', '/c/jena/members'):
        for headers in (foreign(server), {'Sec-Fetch-Site': 'cross-site'},
                        {'Origin': 'null', 'Sec-Fetch-Site': 'cross-site'}):
            answer = board.session.post(server.url + path, data=body, allow_redirects=False,
                                        headers={'Content-Type': kind, **headers})
            odd = kind == 'text/plain' and path.startswith('/c/')  # these look at the type first
            assert answer.status_code == (415 if odd else 403), (path, headers, answer.status_code)
    assert 'Vorstand Jena' in board.get('/').text, 'still signed in'


@pytest.mark.parametrize('path', ['/c/jena/files/', '/account/devices', '/logout', '/c/jena/members'])
def test_H07_basic_is_no_login_for_forms(server, anna, path):
    answer = anna('POST', path, b'token=x', Content_Type='application/x-www-form-urlencoded', Origin=server.url)
    assert answer.status == 403, answer


@pytest.mark.parametrize('method, path', [
    ('GET', '/'), ('GET', '/dav/files/jena/'), ('OPTIONS', '/dav/files/jena/'), ('PROPFIND', '/dav/files/jena/'),
    ('GET', '/static/none.css'), ('GET', '/healthz'), ('OPTIONS', '*'), ('PUT', '/dav/files/jena/x'),
    ('GET', '/.well-known/caldav')])
def test_H08_no_cors(server, method, path):
    """Scripts of other sites read nothing: no header opens a door, asked for or not."""
    for user in (None, 'jena-board'):
        more = {'Content_Length': '0'} if method in ('PUT', 'PROPFIND') else {}
        answer = server.client(user)(method, path, None, Origin='https://evil.example', If_Match='"never"',
                                     Access_Control_Request_Method='PUT',
                                     Access_Control_Request_Headers='authorization', **more)
        assert not [n for n, _ in answer.headers if n.lower().startswith('access-control-')], answer
        assert 'evil.example' not in str(answer.headers)


PAGES = ['/', '/login', '/account', '/account/devices', '/c/jena', '/c/jena/members', '/c/jena/files/',
         '/c/jena/files/Mitglieder/', '/no/such/page', '/c/none/files/']


def subscribes(server, link):
    """Is it one of the buttons that hand the address of a feed for everybody, and nothing else, to another calendar?"""
    feed = f'{server.url.partition("://")[2]}/c/jena/calendar.ics'
    quoted = [urllib.parse.quote(f'{scheme}://{feed}', safe='') for scheme in ('webcal', 'http')]
    return link == f'webcal://{feed}' or link == f'https://calendar.google.com/calendar/render?cid={quoted[0]}' or \
        re.fullmatch(rf'https://outlook\.live\.com/calendar/0/addfromweb\?url={re.escape(quoted[1])}&name=[\w%]+', link) is not None


@pytest.mark.parametrize('path', PAGES)
def test_H09_H11_H12_H13_headers_of_pages(server, path):
    """Not in a frame, not in a cache, nothing from elsewhere, no address of ours to others."""
    for browser in (Browser(server), Browser(server, 'jena-chair')):
        answer = browser.get(path)
        if answer.status_code == 303:
            answer = browser.get(answer.headers['Location'].replace(server.url, ''))
        headers = answer.headers
        policy = dict((part.strip().partition(' ')[::2]) for part in headers['Content-Security-Policy'].split(';'))
        assert headers['X-Frame-Options'] == 'DENY' and policy['frame-ancestors'] == "'none'"
        assert headers['Cache-Control'] == 'no-store'
        assert headers['Referrer-Policy'] == 'no-referrer'
        assert headers['X-Content-Type-Options'] == 'nosniff'
        assert policy['default-src'] in ("'none'", "'self'") and policy['base-uri'] == "'none'"
        assert policy['form-action'] == "'self'"
        assert 'unsafe' not in headers['Content-Security-Policy'] and '*' not in headers['Content-Security-Policy']
        foreign = [(tag, name, html.unescape(a)) for tag, inside in re.findall(r'<(\w+)([^>]*)', answer.text)
                   for name, a in re.findall(r'\s(src|href|action|formaction)="([^"]*)"', inside)
                   if re.match(r'(?:[a-z]+:)?//', a) and not a.startswith(server.url)]
        assert not [(tag, a) for tag, name, a in foreign if not (tag == 'a' and name == 'href' and subscribes(server, a))]
        assert not re.search(r'<script(?![^>]*\bsrc=)|\son[a-z]+="|\sstyle="|javascript:', answer.text)


@pytest.mark.parametrize('to', ['https://evil.example/', '//evil.example/', '/\\evil.example', '\\\\evil.example',
                                'javascript:alert(1)', '/%0d%0aSet-Cookie: x=y', '/\t/evil.example',
                                ' https://evil.example', 'http:evil.example', '/..//evil.example', ''])
def test_H10_the_way_back_is_ours(server, to):
    """Whatever `next` says, signing in leads to a page of ours, and into no second header."""
    browser = Browser(server)
    page = browser.get('/login?next=' + urllib.parse.quote(to, safe='%'))
    found = re.search(r'name="next" value="([^"]*)"', page.text)
    fields = {'next': html.unescape(found[1])} if found else {}
    for chosen in (fields, {'next': to}):
        answer = Browser(server).post('/login', user='jena-member', password='demo', **chosen)
        assert answer.status_code in (303, 400)
        where = answer.headers.get('Location', '/')
        assert not re.search(r'[\\\t]|^//', where), where
        assert urllib.parse.urlsplit(urllib.parse.urljoin(server.url + '/login', where)).netloc == server.host
        assert 'x=y' not in str(answer.headers.get('Set-Cookie'))


def test_H11_nothing_is_kept_by_caches(server, anna, box):
    """A shared cache keeps no answer of a person, nor a 401, nor a part; what one sends is not reflected."""
    anna.put(box + 'f', bytes(1000))
    strange = {'X_Forwarded_Host': 'evil.example', 'X_Original_URL': '/evil', 'X_Forwarded_Prefix': '/evil'}
    answers = [anna.get(box + 'f'), anna.get(box + 'f', Range='bytes=0-9'), server.client().get(box + 'f'),
               anna.get(box + 'none'), anna.propfind(box, 'getetag'), server.client().get('/'),
               server.client().get('/login', **strange), server.client().get('/dav/files/', **strange)]
    assert [a.status for a in answers] == [200, 206, 401, 404, 207, 200, 200, 401]
    for answer in answers:
        assert re.search('no-store|private', answer.get('Cache-Control')), answer
        assert 'evil' not in str(answer.headers) + answer.text
    asset = re.search(r'href="(/static/[^"]+\.css[^"]*)"', server.client().get('/login').text)[1]
    assert 'public' in server.client().get(asset).get('Cache-Control'), 'what is everybody\'s may be kept'


def test_H12_assets_load_nothing_from_elsewhere(server):
    page = server.client().get('/login').text
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert assets
    for asset in assets:
        answer = server.client().get(asset)
        assert answer.status == 200
        assert not re.search(r'url\(\s*["\']?(?:[a-z]+:)?//|@import|https?://(?!www\.w3\.org)', answer.text), asset

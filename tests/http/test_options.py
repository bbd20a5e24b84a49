"""OPTIONS, discovery and the 401: clients.md cl-A1 to cl-B6."""
import pytest

EVERYWHERE = ['/', '/dav', '/dav/', '/dav/files', '/dav/files/', '/dav/files/jena', '/dav/files/jena/',
              '/dav/files/jena/none.odt', '/dav/files/jena/none/none.odt', '/dav/principals/',
              '/dav/principals/users/jena-member/', '/principals/', '/dav/none/']


@pytest.mark.parametrize('target', EVERYWHERE)
def test_cl_B4_options_everywhere(alice, target):
    """Never 3xx, 403, 404, 405: Windows, LibreOffice and Thunderbird ask odd places."""
    answer = alice('OPTIONS', target)
    assert answer.status == 200, answer


@pytest.mark.parametrize('target', EVERYWHERE)
def test_cl_B5_options_headers(alice, target):
    answer = alice('OPTIONS', target)
    assert answer.get('Content-Length') == '0' and answer.body == b''
    allow = {m.strip() for m in answer.get('Allow').split(',')}
    assert {'OPTIONS', 'GET', 'HEAD', 'PROPFIND'} <= allow
    if target == '/dav/files/jena/':
        assert {'COPY', 'LOCK', 'UNLOCK', 'PROPPATCH', 'REPORT'} <= allow
    elif target.startswith('/dav/files/jena/'):
        assert {'PUT', 'DELETE', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'PROPPATCH', 'REPORT'} <= allow
    assert answer.get('MS-Author-Via') == 'DAV'
    assert answer.get('Accept-Ranges') == 'bytes'


@pytest.mark.parametrize('target', EVERYWHERE)
def test_cl_B1_dav_header(alice, target):
    answer = alice('OPTIONS', target)
    tokens = [t.strip() for t in ','.join(answer.all('DAV')).split(',')]
    assert tokens[0] == '1', tokens
    assert {'2', '3', 'extended-mkcol'} <= set(tokens)
    # Announced only when the ACL method and DAV:acl are there (RFC 3744, 7.2).
    assert ('access-control' in tokens) == ('ACL' in answer.get('Allow'))
    assert 'calendar-auto-schedule' in tokens and 'calendar-schedule' not in tokens  # cl-B3: RFC 6638, not its drafts


@pytest.mark.parametrize('target', ['/dav/', '/dav/files/jena/', '/dav/principals/users/jena-member/'])
def test_cl_B2_dav_header_on_other_methods(alice, target):
    assert alice.propfind(target, 'resourcetype').get('DAV', '').startswith('1')
    assert alice('REPORT', target, '<D:none xmlns:D="DAV:"/>', Depth='0').status == 403


def test_cl_B4_in_anothers_home(alice):
    assert alice('OPTIONS', '/dav/principals/users/erfurt-member/').status == 200


def test_cl_B6_options_without_login(server):
    nobody = server.client()
    assert nobody('OPTIONS', '/').status == 200
    for target in ('/dav/', '/dav/files/', '/dav/files/jena/', '/dav/files/jena/none'):
        assert nobody('OPTIONS', target).status == 401, target


def test_cl_B6_options_asterisk(server):
    assert server.client()('OPTIONS', '*').status == 200


@pytest.mark.parametrize('service', ['caldav', 'carddav'])
@pytest.mark.parametrize('slash', ['', '/'])
@pytest.mark.parametrize('method', ['PROPFIND', 'GET', 'HEAD', 'OPTIONS', 'REPORT', 'POST', 'PUT', 'DELETE', 'PROPPATCH',
                                    'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'PATCH'])
def test_cl_A1_well_known(server, service, slash, method):
    answer = server.client()(method, f'/.well-known/{service}{slash}', b'' if method == 'PROPFIND' else
                             None, Depth='0')
    assert answer.status == (200 if method == 'OPTIONS' and answer.status == 200 else 301), answer
    if answer.status == 301:
        assert answer.get('Location') in ('/dav/', server.url + '/dav/')  # cl-A2


def test_cl_A1_well_known_with_login(alice):
    answer = alice.propfind('/.well-known/caldav', 'current-user-principal')
    assert answer.status == 301


@pytest.mark.parametrize('target', ['/', '/principals/', '/dav/', '/dav/principals/', '/dav/files/',
                                    '/dav/files/jena/', '/dav/principals/users/jena-member/'])
def test_cl_A3_current_user_principal(alice, target):
    entry = alice.props(target, 'current-user-principal')
    [href] = entry.value('current-user-principal')
    assert href.tag == '{DAV:}href' and href.text == '/dav/principals/users/jena-member/'


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'PUT', 'DELETE', 'PROPFIND', 'PROPPATCH', 'MKCOL',
                                    'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'OPTIONS'])
@pytest.mark.parametrize('target', ['/dav/', '/dav/files/jena/', '/dav/files/jena/Mitglieder/x',
                                    '/dav/none', '/dav/principals/users/nobody/', '/principals/'])
def test_cl_A4_without_login(server, method, target):
    """401 whatever there is, with the one realm; never 403, 404 or a page."""
    answer = server.client()(method, target)
    if target == '/principals/' and answer.status == 405:
        return  # that address has no such method, whoever asks
    assert answer.status == 401, answer
    assert answer.get('WWW-Authenticate') == 'Basic realm="chapterd", charset="UTF-8"'
    assert not answer.all('Set-Cookie') and not answer.all('Location')


def test_cl_A5_a_401_is_cheap(server):
    """It asks neither LDAP nor the database: it comes while both are gone (tests/fault); here, that
    the connection stays for the second try even when a body came along."""
    client = server.client()
    body = b'x' * 100_000
    with client.connect() as conn:
        for _ in range(3):
            conn.send(client.bytes('PUT', '/dav/files/jena/x', body))
            assert conn.answer().status == 401
        member = server.client('jena-member')
        conn.send(member.bytes('PROPFIND', '/dav/files/jena/', None, Depth='0'))
        assert conn.answer().status == 207


def test_cl_A7_only_basic_is_offered(server):
    values = server.client().get('/dav/').all('WWW-Authenticate')
    assert len(values) == 1 and values[0].startswith('Basic ')


def test_cl_A7_windows_user_names(server):
    """HOST\\user means user when there is no such login."""
    for name in ('PC\\jena-member', 'WORKGROUP\\jena-member'):
        assert server.client(name, source='127.30.1.1').propfind('/dav/', 'resourcetype').status == 207

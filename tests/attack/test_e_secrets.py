"""E12, E15, E18: what is left of a password, what a broken header gets, who can be found out."""
import base64
import os
import pathlib
import re
import secrets
import subprocess
from urllib.parse import quote

import pytest

from lib.stack import wait_for

HOME = '/dav/files/'


def memory(pid):
    """All that the process could write into a core file."""
    parts = []
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as mem:
        for line in pathlib.Path(f'/proc/{pid}/maps').read_text().splitlines():
            span, rights = line.split()[:2]
            if not rights.startswith('rw'):
                continue
            first, last = (int(x, 16) for x in span.split('-'))
            if last - first > 1 << 30:
                continue
            try:
                mem.seek(first)
                parts.append(mem.read(last - first))
            except OSError:
                continue
    return parts


def ldap_password(stack, uid, password):
    change = (f'dn: uid={uid},ou=people,dc=verband,dc=test\nchangetype: modify\nreplace: userPassword\n'
              f'userPassword:: {base64.b64encode(password.encode()).decode()}\n')
    subprocess.run(['ldapmodify', '-x', '-H', stack.env['LDAPI_URL'], '-D', stack.env['LDAP_ADMIN_DN'], '-w',
                    stack.env['LDAP_ADMIN_PASSWORD']], input=change, text=True, check=True,
                   stdout=subprocess.DEVNULL)


def by_form(d, user, password, source):
    browser = d.client(source=source)
    page = browser.get('/login')
    cookie = page.get('Set-Cookie').partition(';')[0]
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    answer = browser('POST', '/login', f'user={quote(user)}&password={quote(password)}&token={token}&next=%2F',
                     Content_Type='application/x-www-form-urlencoded', Cookie=cookie)
    browser.conn.close()
    return answer


def by_header(d, user, password, source):
    client = d.client(user, password, source=source)
    answer = client.propfind(HOME, 'resourcetype')
    client.conn.close()
    return answer


def test_E12_no_password_stays_in_memory(stack):
    """Once the connections have ended. libldap does not wipe what it has sent: what is left there, in
    the message that it sent, goes when its memory is used again; no core file is written (below)."""
    uid, right = 'erfurt-chair', secrets.token_hex(20)
    ldap_password(stack, uid, right)
    d = stack.daemon({'demo': 'yes'}, name='memory')
    try:
        wrong, device = secrets.token_hex(20), f'cd_999_{secrets.token_hex(20)[:25]}'
        assert by_header(d, uid, right, '127.50.20.1').status == 207
        assert by_header(d, uid, wrong, '127.50.20.1').status == 401
        assert by_header(d, uid, device, '127.50.20.1').status == 401
        assert by_form(d, uid, right, '127.50.21.1').status == 303
        assert by_form(d, uid, device, '127.50.21.1').status == 403
        wait_for(lambda: 'connections 1\n' in d.client().get('/healthz').text, what='their end')
        parts = memory(d.pid)
        assert sum(map(len, parts)) > 1 << 20
        for password in (right, wrong, device):
            word = password.encode()
            for written in (word, base64.b64encode(f'{uid}:{password}'.encode())[8:-8]):
                left = [part[at - 2:at] for part in parts for at in (m.start() for m in re.finditer(written, part))]
                assert all(before == bytes([0x80, len(word)]) for before in left), left
                assert len(left) <= 1 and (password != device or not left), left
    finally:
        d.stop()
        ldap_password(stack, uid, 'demo')


def test_E12_no_core_file(stack):
    d = stack.daemon({'demo': 'no'}, name='no-core')
    try:
        limits = pathlib.Path(f'/proc/{d.pid}/limits').read_text()
        assert re.search(r'Max core file size +0 +0 ', limits), limits
        owner = os.stat(f'/proc/{d.pid}/environ').st_uid
        assert owner == 0, 'not dumpable: even its own user may not look'
    finally:
        d.stop()


BROKEN = {
    'no colon': b'Basic ' + base64.b64encode(b'jena-member'),
    'not base64': b'Basic !!!!',
    'base64 with blanks': b'Basic amVu YS1t',
    'a NUL': b'Basic ' + base64.b64encode(b'jena-member:de\0mo'),
    'a NUL in the name': b'Basic ' + base64.b64encode(b'jena-member\0:demo'),
    'line end': b'Basic ' + base64.b64encode(b'jena-member:demo\r\n'),
    'empty': b'Basic ' + base64.b64encode(b':'),
    '48 KiB': b'Basic ' + base64.b64encode(b'jena-member:' + b'x' * 36000),
    'bearer': b'Bearer amVuYS1tZW1iZXI6ZGVtbw==',
    'negotiate': b'Negotiate YII',
    'digest': b'Digest username="jena-member", response="x"',
    'two logins': b'Basic amVuYS1tZW1iZXI6ZGVtbw==, Basic amVuYS1tZW1iZXI6ZGVtbw==',
    'nothing': b'',
}


@pytest.mark.parametrize('kind', BROKEN)
def test_E15_broken_headers(server, kind):
    """401, or 400 and 431 for what cannot be read; never an error of ours, never let in."""
    answer = server.client(source='127.50.22.1').propfind(HOME, 'resourcetype',
                                                          Authorization=BROKEN[kind].decode('latin-1'))
    assert answer.status in (400, 401, 431), answer
    if answer.status == 401:
        assert answer.get('WWW-Authenticate') == 'Basic realm="chapterd", charset="UTF-8"'


def test_E15_umlauts_in_either_encoding(server, stack):
    """UTF-8 as the challenge asks for, and ISO 8859-1 as older programs send it."""
    uid, password = 'land-board', 'Grüße & Maß:1'
    ldap_password(stack, uid, password)
    try:
        for charset in ('utf-8', 'latin-1'):
            value = 'Basic ' + base64.b64encode(f'{uid}:{password}'.encode(charset)).decode()
            answer = server.client(source='127.50.23.1').propfind(HOME, 'resourcetype', Authorization=value)
            assert answer.status == 207, (charset, answer)
    finally:
        ldap_password(stack, uid, 'demo')


def told(client, target, method='PROPFIND'):
    """What an answer says, without what differs from one request to the next."""
    answer = client(method, target, Depth='0') if method == 'PROPFIND' else client(method, target)
    headers = sorted((n, v) for n, v in answer.headers if n not in ('Date', 'Content-Length', 'Set-Cookie'))
    text = re.sub(r'[0-9A-Za-z_-]{6,10}-[0-9a-f]+', 'ID', answer.text)
    return answer.status, headers, re.sub(r'value="[0-9a-f]{64}"', '', text).replace(target, 'TARGET')


@pytest.mark.parametrize('known, unknown', [
    ('/dav/principals/erfurt-chair/', '/dav/principals/nobody-here/'),
    ('/principals/erfurt-chair/', '/principals/nobody-here/'),
    ('/dav/files/erfurt/Vorstand/', '/dav/files/erfurt/Nothing/'),
])
@pytest.mark.parametrize('method', ['PROPFIND', 'GET'])
def test_E18_unknown_and_invisible_look_the_same(server, known, unknown, method):
    client = server.client('jena-member')
    assert told(client, known, method)[0] in (403, 404, 405)
    a, b = told(client, known, method), told(client, unknown, method)
    for name in ('erfurt-chair', 'nobody-here', 'Vorstand', 'Nothing'):
        a, b = (eval(repr(x).replace(name, 'NAME')) for x in (a, b))
    assert a == b


def test_E18_the_sign_in_page_tells_nobody(server):
    """Unknown, known, gone: one sentence."""
    seen = set()
    for i, user in enumerate(('jena-chair', 'nobody-here', 'jena-chair@land', '*')):
        answer = by_form(server, user, 'wrong', f'127.50.{30 + i}.1')
        text = re.sub(r'value="[^"]*"|[0-9A-Za-z_-]{6,10}-[0-9a-f]+', '', answer.text)
        seen.add((answer.status, text.replace(user, '')))
    assert len(seen) == 1, seen


@pytest.mark.parametrize('report', ['principal-property-search', 'principal-match', 'acl-principal-prop-set'])
def test_E18_no_report_lists_people(server, report):
    body = (f'<D:{report} xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop><D:match>e</D:match>'
            f'</D:property-search><D:prop><D:displayname/></D:prop></D:{report}>')
    for target in ('/dav/principals/', '/dav/', '/dav/files/'):
        answer = server.client('jena-member')('REPORT', target, body, Depth='0')
        assert answer.status in (200, 207, 403, 404, 405, 501), answer
        for name in ('erfurt', 'Vorsitz', 'weimar-member'):
            assert name not in answer.text

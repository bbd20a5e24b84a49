"""TLS by the daemon itself: what it speaks, clients over it, handshakes that do not end."""
import contextlib
import hashlib
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest
import requests

from lib.stack import LONG, SANITIZED, free_port
from lib.tls import s_client
from lib.wire import NoAnswer, basic

MITGLIEDER = '/dav/files/jena/Mitglieder/'


# ---------------------------------------------------------------- what it speaks

@pytest.mark.parametrize('version, works', [('tls1', False), ('tls1_1', False), ('tls1_2', True), ('tls1_3', True)])
def test_E17_versions(tls, version, works):
    worked, said = s_client(tls.daemon, f'-{version}', '-cipher', 'ALL:@SECLEVEL=0', '-CAfile',
                            str(tls.authority.pem), '-verify_return_error')
    assert worked is works, said


@pytest.mark.parametrize('cipher', ['RC4', '3DES', 'AES128-SHA', 'AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA',
                                    'ECDHE-ECDSA-AES128-SHA256', 'DHE-RSA-AES128-GCM-SHA256', 'aNULL', 'eNULL',
                                    'PSK-AES128-GCM-SHA256'])
def test_E17_weak_ciphers(tls, cipher):
    """RC4, CBC, no forward secrecy, no certificate: none of it is spoken."""
    worked, said = s_client(tls.daemon, '-tls1_2', '-cipher', f'{cipher}:@SECLEVEL=0')
    assert not worked, said


@pytest.mark.parametrize('kind, cipher', [('EC', 'ECDHE-ECDSA-AES128-GCM-SHA256'), ('RSA', 'ECDHE-RSA-AES256-GCM-SHA384'),
                                          ('RSA', 'ECDHE-RSA-CHACHA20-POLY1305')])
def test_ciphers_of_windows_10_and_of_telephones(own, authority, kind, cipher):
    d = own(pair=authority.pair(kind=kind))
    worked, said = s_client(d.daemon, '-tls1_2', '-cipher', cipher, '-CAfile', str(authority.pem))
    assert worked and 'Verify return code: 0 (ok)' in said, said


def test_E17_renegotiation(tls):
    """Asked to begin a handshake anew in the middle of TLS 1.2, it ends the connection."""
    process = subprocess.Popen(['openssl', 's_client', '-connect', tls.daemon.host, '-tls1_2', '-legacy_renegotiation'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in process.stdout:  # it is at work from here on
        if b'Extended master secret' in line:
            break
    process.stdin.write(b'R\n')
    process.stdin.flush()
    guard = threading.Timer(20, process.kill)
    guard.start()
    said = process.stdout.read().decode('utf-8', 'replace')  # its input stays open: the server has to end it
    guard.cancel()
    process.stdin.close()
    process.wait(20)
    assert said.rstrip().endswith('RENEGOTIATING\nclosed'), said
    assert tls.daemon.client().get('/healthz').status == 200


@pytest.mark.parametrize('offered, chosen', [(['http/1.1'], 'http/1.1'), (['h2', 'http/1.1'], 'http/1.1'), (None, None),
                                             (['h2'], False), (['http/1.0'], False)])
def test_protocols_offered_and_chosen(tls, offered, chosen):
    context = tls.context()
    if offered:
        context.set_alpn_protocols(offered)
    if chosen is False:
        with pytest.raises(ssl.SSLError):
            tls.connect(context=context)
        return
    with tls.connect(context=context) as conn:
        assert conn.sock.selected_alpn_protocol() == chosen


def test_clear_http_on_the_tls_port(tls):
    """No answer, no error page: the connection ends."""
    with socket.create_connection(('127.0.0.1', tls.daemon.port), 20) as s:
        s.sendall(f'GET / HTTP/1.1\r\nHost: {tls.daemon.host}\r\n\r\n'.encode())
        got = b''
        with contextlib.suppress(ConnectionResetError):
            while more := s.recv(4096):
                got += more
    assert b'HTTP' not in got


def test_tls_beside_clear(own):
    d = own(start=False)
    port = free_port()
    d.daemon.write({**d.daemon.settings, 'listen': f'127.0.0.1:{port} tls:{d.daemon.host}'})
    d.daemon.start()
    assert requests.get(f'http://127.0.0.1:{port}/healthz').text.startswith('ok')
    assert requests.get(f'https://localhost:{d.daemon.port}/healthz', verify=d.authority.pem).text.startswith('ok')


# ---------------------------------------------------------------- pages over it

def sign_in(tls, user, host):
    browser = requests.Session()
    url = f'https://localhost:{tls.daemon.port}'
    page = browser.get(f'{url}/login', headers={'Host': host}, verify=tls.authority.pem)
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    cookie = page.headers['Set-Cookie'].partition(';')[0]
    answer = browser.post(f'{url}/login', headers={'Host': host, 'Cookie': cookie}, verify=tls.authority.pem,
                          data={'user': user, 'password': 'demo', 'token': token, 'next': '/'}, allow_redirects=False)
    return answer


def test_E14_the_cookie_belongs_to_https(tls):
    answer = sign_in(tls, 'jena-member', f'localhost:{tls.daemon.port}')
    assert answer.status_code == 303
    cookie = answer.headers['Set-Cookie']
    assert cookie.startswith('__Host-chapterd=') and '; Secure' in cookie and '; Path=/' in cookie
    assert 'HttpOnly' in cookie and 'SameSite=Lax' in cookie and 'Domain' not in cookie
    page = requests.get(f'{tls.daemon.url}/', headers={'Cookie': cookie.partition(';')[0]}, verify=tls.authority.pem)
    assert 'Mitglied Jena' in page.text
    # The cookie of a clear listener is none here.
    other = cookie.partition(';')[0].replace('__Host-chapterd', 'chapterd-dev')
    assert 'Mitglied Jena' not in requests.get(f'{tls.daemon.url}/', headers={'Cookie': other},
                                               verify=tls.authority.pem).text


@pytest.mark.parametrize('host, kept', [('chapters.test', True), ('localhost', False), ('127.0.0.1', False)])
def test_E17_browsers_are_told_to_come_back_over_https(tls, host, kept):
    """Not for an address or a name that each machine has: other programs answer there too."""
    client = tls.daemon.client()
    for target in ('/', '/login', '/dav/files/', '/nothing'):
        header = client.get(target, Host=host).get('Strict-Transport-Security')
        assert header == ('max-age=31536000' if kept else None), target


# ---------------------------------------------------------------- clients

def test_curl(tls, tmp_path):
    body = os.urandom(3_000_000)
    (tmp_path / 'up').write_bytes(body)
    url = f'https://localhost:{tls.daemon.port}{MITGLIEDER}curl-tls.bin'
    curl = ['curl', '-sS', '--fail', '--cacert', tls.authority.pem, '-u', 'jena-member:demo']
    subprocess.run([*curl, '-T', tmp_path / 'up', url], check=True)
    subprocess.run([*curl, '-T', tmp_path / 'up', '-H', 'Transfer-Encoding: chunked', url], check=True)
    subprocess.run([*curl, '-o', tmp_path / 'down', url], check=True)
    assert (tmp_path / 'down').read_bytes() == body
    subprocess.run([*curl, '-r', '1000000-1000099', '-o', tmp_path / 'part', url], check=True)
    assert (tmp_path / 'part').read_bytes() == body[1000000:1000100]
    # An authority that nobody trusts is no authority.
    assert subprocess.run(['curl', '-sS', url], stderr=subprocess.DEVNULL).returncode == 60


def test_requests(tls):
    with requests.Session() as s:
        s.auth, s.verify = ('jena-member', 'demo'), str(tls.authority.pem)
        s.trust_env = False  # a bundle named there would win
        url = f'https://localhost:{tls.daemon.port}{MITGLIEDER}requests.txt'
        for n in (0, 1, 16383, 16384, 16385, 65536, 70000, 300000):
            body = os.urandom(n)
            assert s.put(url, data=body).status_code in (201, 204)
            assert s.get(url).content == body
        assert s.delete(url).status_code == 204
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(tls.daemon.url)


def test_rclone(tls, tmp_path):
    source, back = tmp_path / 'source', tmp_path / 'back'
    source.mkdir()
    for i in range(12):
        (source / f'{i}.bin').write_bytes(os.urandom(i * 40_000))
    secret = subprocess.run(['rclone', 'obscure', 'demo'], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    remote = f":webdav,url='https://localhost:{tls.daemon.port}{MITGLIEDER}',vendor=other,user=jena-member,pass='{secret}':"
    rclone = ['rclone', '--config', '/dev/null', '--ca-cert', tls.authority.pem]
    subprocess.run([*rclone, 'copy', source, remote + 'rclone-tls'], check=True)
    subprocess.run([*rclone, 'copy', remote + 'rclone-tls', back], check=True)
    assert {p.name: p.read_bytes() for p in back.iterdir()} == {p.name: p.read_bytes() for p in source.iterdir()}


def test_litmus(tls, tmp_path):
    """It verifies no certificate, but speaks as its HTTP library, neon, does."""
    url = f'https://localhost:{tls.daemon.port}/dav/files/jena/'
    done = subprocess.run(['litmus', '-k', url, 'jena-board', 'demo'], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, 'TESTS': 'basic copymove props locks http'})
    suites = re.findall(r'summary for `(\w+)\': of (\d+) tests run: (\d+) passed, (\d+) failed', done.stdout)
    assert [(s[0], s[3]) for s in suites] == [(n, '0') for n in ('basic', 'copymove', 'props', 'locks', 'http')]
    assert all(s[1] == s[2] for s in suites), done.stdout


def test_many_requests_on_one_connection(tls):
    """Records and requests do not begin in the same places: pieces of every length, several in one."""
    client = tls.daemon.client('jena-member')
    target = MITGLIEDER + 'pieces.txt'
    head = (f'PUT {target} HTTP/1.1\r\nHost: {tls.daemon.host}\r\nAuthorization: {basic("jena-member")}\r\n'
            'Content-Length: 3\r\n\r\n')
    with client.connect() as conn:
        for i in range(60):
            data = (head + f'{i:03}').encode()
            for at in range(0, len(data), i + 1):
                conn.send(data[at:at + i + 1])
            assert conn.answer('PUT').status in (201, 204)
        conn.send(((head + 'abc') * 5).encode())
        assert [conn.answer('PUT').status for _ in range(5)] == [204] * 5
    assert client.get(target).body == b'abc'


def test_large_and_slow_readers(tls):
    client = tls.daemon.client('jena-member')
    body = os.urandom(1 << 20) * 24
    assert client.put(MITGLIEDER + 'large.bin', body).status in (201, 204)
    with client.connect() as conn:
        conn.send(client.bytes('GET', MITGLIEDER + 'large.bin'))
        time.sleep(1)
        answer = conn.answer()
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(body).digest()
    client.delete(MITGLIEDER + 'large.bin')


# ---------------------------------------------------------------- handshakes that do not end

def test_a_handshake_has_a_deadline(tls):
    """Byte by byte, or begun and left: the head's time is all there is for both."""
    hello = client_hello()
    with socket.create_connection(('127.0.0.1', tls.daemon.port), 60) as slow, \
            socket.create_connection(('127.0.0.1', tls.daemon.port), 60) as half:
        half.sendall(hello[:50])
        start = time.monotonic()
        with pytest.raises(OSError):
            for byte in hello[:200]:
                slow.sendall(bytes([byte]))
                time.sleep(0.3)
        took = time.monotonic() - start
        assert half.recv(1) == b''
    print(f'cut after {took:.1f} s; header_timeout is 3 s')
    assert 2 < took < 30


def client_hello():
    out = ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname='localhost')
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()
    return out.read()


def test_a_finished_handshake_without_a_request_has_one_too(tls):
    with tls.connect() as conn:
        assert conn.closed(30)


def test_half_handshakes_hold_nobody_up(tls):
    """Thousands that have sent half of their greeting, and thousands nothing: others are served."""
    n = 10_000 if LONG else 1_000
    hello = client_hello()
    before = tls.daemon.rss()
    sockets = []
    try:
        for i in range(n):
            s = socket.socket()
            sockets.append(s)
            s.connect(('127.0.0.1', tls.daemon.port))
            if i % 2:
                s.sendall(hello[:len(hello) // 2])
            if i % 10 == 1:
                s.sendall(hello[len(hello) // 2:])  # the server's answer is never read
        times = []
        for _ in range(20):
            start = time.monotonic()
            with tls.daemon.client('jena-member').connect() as conn:
                conn.send(tls.daemon.client('jena-member').bytes('GET', '/healthz'))
                assert conn.answer().status == 200
            times.append(time.monotonic() - start)
        grown = tls.daemon.rss() - before
        print(f'{n} half handshakes: new connection and answer in {sorted(times)[10] * 1000:.1f} ms, worst '
              f'{max(times) * 1000:.1f} ms; memory grew {grown / n / 1024:.1f} KiB each')
        assert max(times) < (10 if SANITIZED else 1)
        assert SANITIZED or grown < n * 64 * 1024
    finally:
        for s in sockets:
            s.close()
    assert tls.daemon.client().get('/healthz').status == 200


def test_a_connection_that_vanishes_in_its_handshake(tls):
    for n in range(1, 200, 7):
        with socket.create_connection(('127.0.0.1', tls.daemon.port), 20) as s:
            s.sendall(client_hello()[:n])
    with contextlib.suppress(NoAnswer, OSError):
        with tls.connect() as conn:
            conn.send(b'GET / HT')
            conn.reset()
    assert tls.daemon.client().get('/healthz').status == 200

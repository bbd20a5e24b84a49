"""E17: who speaks to it in clear over a net is sent to https, and his password is not looked at."""
import contextlib
import os
import pathlib
import subprocess

import pytest

from lib.stack import wait_for
from lib.wire import basic

CLEAR = '203.0.113.7'
IN_NETWORK = '''
import socket, sys
for request in sys.stdin.buffer.read().decode().split("\\x1e"):
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
    s.sendall(request.encode())
    got = b""
    while more := s.recv(65536):
        got += more
    sys.stdout.buffer.write(got + b"\\x1e")
'''


class Network:
    """A daemon in a network namespace of its own, where an address that is not loopback is free."""

    def __init__(self, d):
        self.d, self.host = d, f'{CLEAR}:{d.port}'
        d.write({**d.settings, 'listen': f'{CLEAR}:{d.port}', 'base_url': 'https://chapters.test', 'demo': 'no'})
        with open(d.log, 'ab') as log:
            d.process = subprocess.Popen(
                ['unshare', *([] if os.getuid() == 0 else ['-Ur']), '-n', 'sh', '-c',
                 f'ip link set lo up && ip addr add {CLEAR}/32 dev lo && exec "$@"', 'sh', *map(str, d.command())],
                stdout=log, stderr=log, cwd='/')
        d.pid = d.process.pid
        wait_for(lambda: self.listens() or not d.alive(), 30, 'start')
        assert d.alive(), d.tail()

    def listens(self):
        with contextlib.suppress(OSError):
            return f'{d_hex(CLEAR)}:{self.d.port:04X}' in pathlib.Path(f'/proc/{self.d.pid}/net/tcp').read_text()

    def __call__(self, *requests):
        enter = ['nsenter', '-t', str(self.d.pid), '-n', *([] if os.getuid() == 0 else ['-U', '--preserve-credentials'])]
        done = subprocess.run([*enter, '/usr/bin/python3', '-c', IN_NETWORK, CLEAR, str(self.d.port)],
                              input='\x1e'.join(requests).encode(), check=True, stdout=subprocess.PIPE, timeout=60)
        return done.stdout.decode('latin-1').split('\x1e')[:-1]


def d_hex(address):
    return ''.join(f'{int(part):02X}' for part in reversed(address.split('.')))


@pytest.fixture(scope='module')
def network(stack):
    d = stack.daemon({'trusted_proxies': '127.0.0.1', 'hosts': 'chapters.test'}, name='clear', start=False)
    yield Network(d)
    d.stop()


def request(method, target, *lines, body=''):
    lines = [f'{method} {target} HTTP/1.1', 'Host: chapters.test', 'Connection: close', *lines]
    if body or method in ('PUT', 'POST', 'PROPFIND', 'REPORT', 'LOCK'):
        lines.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(lines) + '\r\n\r\n' + body


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT'])
@pytest.mark.parametrize('target', ['/', '/login?next=/a%20b', '/dav/files/jena/', '/.well-known/nothing'])
def test_E17_readers_are_sent_to_https(network, method, target):
    """308 keeps the method; the password that came along is not looked at."""
    if method == 'OPTIONS' and not target.startswith('/dav/'):
        answer, = network(request(method, target))
        assert answer.startswith('HTTP/1.1 200 ') and 'Set-Cookie' not in answer, 'what needs no login has none'
        return
    plain, known = network(request(method, target), request(method, target, f'Authorization: {basic("jena-chair", "x")}'))
    for answer in (plain, known):
        assert answer.startswith('HTTP/1.1 308 '), answer
        assert f'\r\nLocation: https://chapters.test{target}\r\n' in answer, answer
        assert 'Set-Cookie' not in answer and 'WWW-Authenticate' not in answer


@pytest.mark.parametrize('method, target', [('PUT', '/dav/files/jena/a.txt'), ('POST', '/login'), ('LOCK', '/dav/files/jena/'),
                                            ('DELETE', '/dav/files/jena/'), ('MKCOL', '/dav/files/jena/x/')])
def test_E17_writers_are_told(network, stack, method, target):
    right = basic('jena-board')
    answer, = network(request(method, target, f'Authorization: {right}', 'Content-Type: application/x-www-form-urlencoded',
                              body='user=jena-board&password=demo' if method in ('POST', 'PUT') else ''))
    assert answer.startswith('HTTP/1.1 426 '), answer
    assert '\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n' in answer
    assert 'Set-Cookie' not in answer and 'WWW-Authenticate' not in answer


def test_E17_guessing_in_clear_counts_for_nothing(network, stack):
    """The password is not tried, so that no answer tells a right one from a wrong one."""
    before = stack.sql('SELECT coalesce(sum(count), 0) FROM login_failure')
    answers = network(*(request('PROPFIND', '/dav/', f'Authorization: {basic("jena-chair", p)}') for p in ('demo', 'x', 'y')))
    assert {a.splitlines()[0] for a in answers} == {answers[0].splitlines()[0]}
    assert stack.sql('SELECT coalesce(sum(count), 0) FROM login_failure') == before


def test_monitors_may_ask_in_clear(network):
    answer, = network(request('GET', '/healthz'))
    assert answer.startswith('HTTP/1.1 200 ') and answer.endswith('ok\n')

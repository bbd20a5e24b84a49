"""L: logs, metrics, errors, configuration, signals: what an installation tells, and what it stands (security.md 2.12)."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from lib.client import quote
from lib.stack import as_owner, wait_for
from lib.wire import basic

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'http'))
from test_app_passwords import make, signed_in  # noqa: E402
from test_login import field, form  # noqa: E402

# A time, then key=value: a value is quoted when it has anything but plain visible characters.
VALUE = r'(?:"(?:[^"\\\x00-\x1f\x7f]|\\.)*"|[^\s"=\\\x00-\x1f\x7f]*)'
LINE = re.compile(rf'\d+\.\d{{3}} \S+ \S+(?: [a-z_]+={VALUE})*')
NASTY = ['a\nlevel=error event=forged', 'a\r\nx', '\x1b[2J\x1b]0;title\x07', '"quoted" \\', 'a\x00b', '\x9b31m', 'x' * 8000,
         'level=error', '%0alevel=error%20event=forged', '\u202eevil', '\ud83d\ude00'.encode('utf-16', 'surrogatepass').decode('utf-16')]


@pytest.fixture
def daemon(stack):
    made = []

    def start(**settings):
        made.append(stack.daemon(settings, name='operation'))
        return made[-1]

    yield start
    for d in made:
        d.stop()


def send(d, text):
    """Bytes of a request as they are; whatever answer comes."""
    with d.connect(timeout=10) as conn:
        try:
            conn.send(text)
            return conn.answer()
        except Exception:
            return None


# ---------------------------------------------------------------- L01, L02

def test_L01_log_injection(daemon):
    """Nothing that a client sends begins a line, hides in one or is longer than 512 bytes."""
    d = daemon(debug_access_log='yes', log_level='debug')
    for nasty in NASTY:
        raw = nasty.encode('utf-8', 'replace')
        for place in (b'GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n', b'GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n\r\n'):
            words = (raw, d.host.encode()) if place.startswith(b'GET /%') else (d.host.encode(), raw)
            send(d, place % words)
        d.client()('GET', '/' + quote(nasty))
        d.client(nasty.replace(':', '') + '\n', 'wrong', source=f'127.77.{len(nasty) % 250}.1').propfind('/dav/', 'resourcetype')
        d.client()('GET', '/c/' + quote(nasty) + '/')
    d.client()('GET', '/the-last')
    d.logged('path=/the-last')
    lines = d.log.read_bytes().split(b'\n')[:-1]
    assert len(lines) > len(NASTY)
    for line in lines:
        text = line.decode('utf-8')
        assert LINE.fullmatch(text), text[:300]
        assert not re.search('[\x00-\x1f\x7f-\x9f]', text) and len(line) < 4096
        assert all(len(v) < 4 * 512 + 20 for v in text.split('='))
    forged = [line for line in lines if line.split()[2:3] == [b'forged'] or b' event=forged' in line.split(b'"')[0]]
    assert not forged


def test_L02_secrets_are_nowhere(stack, daemon):
    d = daemon(log_level='debug')
    browser = signed_in(d, 'weimar-member')
    password = make(browser, name='L02')
    token = field(browser('GET', '/account'), 'token')
    wrong = 'geheim-7f3a9-tippfehler'
    d.client('weimar-member', wrong, source='127.78.1.1').propfind('/dav/', 'resourcetype')
    d.client('weimar-member', password, source='127.78.2.1').propfind('/dav/', 'resourcetype')
    service = pathlib.Path(stack.settings()['ldap_bind_password_file'])
    bind = service.read_text().strip() if service.exists() else 'no-such'
    secrets = [password, password.split('_')[2], *browser.cookies.values(), token, wrong, basic('weimar-member').split()[1]]
    pages = [browser('GET', '/nothing').text, d.client()('GET', '/c/nowhere/').text, d.client()('GET', '/metrics').text,
             d.client()('GET', '/healthz').text, browser('POST', '/account/devices', 'token=x').text]
    told = {'log': d.logged('method=POST route=/account/devices', 2), **{f'page {i}': p for i, p in enumerate(pages)}}
    for pid in d.family():
        told[f'command line {pid}'] = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().decode('utf-8', 'replace')
        told[f'environment {pid}'] = pathlib.Path(f'/proc/{pid}/environ').read_bytes().decode('utf-8', 'replace')
        assert re.search(r'Max core file size +0 +', pathlib.Path(f'/proc/{pid}/limits').read_text()), 'no core file'
    for where, text in told.items():
        found = [s for s in secrets if s in text and not (where == 'page 0' and s == token)]
        assert not found, f'{where}: {found}'
        assert len(bind) < 12 or bind not in text, where
        assert 'dbname=' not in text and 'user=chapterd' not in text, where
    stack.sql("DELETE FROM app_password WHERE name = 'L02'")


# ---------------------------------------------------------------- L03, L04

def test_L03_metrics_tell_no_names_and_not_everybody(daemon):
    d = daemon(metrics_networks='127.0.0.5/32')
    for slug in ('jena', 'erfurt'):
        signed_in(d, f'{slug}-board')('GET', f'/c/{slug}/files/Vorstand/')
    near, far = d.client(source='127.0.0.5')('GET', '/metrics'), d.client(source='127.0.0.6')('GET', '/metrics')
    assert near.status == 200 and 'chapterd_' in near.text
    assert far.status in (403, 404) and 'chapterd_' not in far.text
    for word in ('jena', 'erfurt', 'board', 'Vorstand', '127.0.0.', '/c/'):
        assert word not in near.text, word
    health = d.client(source='127.0.0.6')('GET', '/healthz')
    assert health.status == 200 and len(health.text) < 40, health.text


LEAKS = re.compile(r'SELECT|INSERT|relation|pg_|PostgreSQL|libpq|/usr/|/var/|/tmp/|/home/|\.c:\d|0x[0-9a-f]{6}|SQLSTATE|42P01|'
                   r'libmicrohttpd|gnutls|OpenLDAP|slapd|dbname', re.I)


def test_L04_errors_tell_nothing_of_the_inside(server, stack, login, daemon):
    browser, member = signed_in(server, 'jena-member'), login('jena-member')
    answers = [browser('GET', '/c/jena/files/' + quote('nichts\x7f')), browser('GET', '/tour?step=x'), browser('PUT', '/'),
               browser('GET', '/c/jena/audit'), browser('POST', '/account/devices', 'a=b'), browser('GET', '/account/devices/x/remove'),
               member('GET', '/dav/files/jena/none'), member('PROPFIND', '/dav/files/jena/', '<a', {'Depth': '1'}),
               member('PUT', '/dav/files/jena/none/x/y', 'x'), member('LOCK', '/dav/files/jena/', '<a/>'), member('MKCOL', '/dav/files/'),
               member('REPORT', '/dav/files/jena/', '<unknown xmlns="x"/>'), server.client()('GET', '/dav/'),
               member('COPY', '/dav/files/jena/', None, {'Destination': 'http://elsewhere/'}), member('BREW', '/')]
    # A fault in the database itself, while the tables are there again at once.
    hurt = signed_in(daemon(), 'jena-member')
    stack.sql('ALTER TABLE form_once RENAME TO form_once_gone')
    try:
        page = hurt('GET', '/account/devices')
        fields = {'token': field(page, 'token'), 'once': 'x', 'name': 'L04', 'days': '0', 'documents': '1'}
        for accept in ('text/html', 'application/json'):
            broken = requests.post(hurt.client.server.url + '/account/devices', fields, cookies=hurt.cookies,
                                   headers={'Accept': accept}, timeout=20)
            assert broken.status_code == 500 and not LEAKS.search(re.sub(r'="/static/[^"]*"', '', broken.text)), broken.text
            assert re.search(r'500-\w+' if 'html' in accept else '"request":', broken.text), 'a number to ask for help with'
    finally:
        stack.sql('ALTER TABLE form_once_gone RENAME TO form_once')
    for answer in answers:
        assert answer.status >= 400, answer
        text = re.sub(r'href="/static/[^"]*"|src="/static/[^"]*"', '', answer.text)
        assert not LEAKS.search(text), (answer.status, LEAKS.search(text))
        assert '1.' not in (answer.get('Server') or '') and not answer.get('X-Powered-By')


# ---------------------------------------------------------------- L09, L10

def took(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


@pytest.mark.parametrize('place', ['form', 'query', 'cookies', 'properties'])
def test_L09_many_keys_cost_linear_time(server, login, place):
    """As many chosen keys as fit: twice as many take no more than about twice as long."""
    browser, member = signed_in(server, 'jena-member'), login('jena-member')
    token = field(browser('GET', '/account'), 'token')
    most = {'form': 3000, 'query': 600, 'cookies': 600, 'properties': 4000}[place]

    def ask(n):
        keys = [f'k{i}' for i in range(n)]
        if place == 'form':
            return browser('POST', '/account/devices', f'token={token}&' + '&'.join(f'{k}=' for k in keys)[:15000]).status
        if place == 'query':
            return browser('GET', '/account?' + '&'.join(f'{k}=' for k in keys)).status
        if place == 'cookies':
            return server.client()('GET', '/', None, {'Cookie': '; '.join(f'{k}=1' for k in keys)}).status
        body = f'<propfind xmlns="DAV:" xmlns:x="u"><prop>{"".join(f"<x:{k}/>" for k in keys)}</prop></propfind>'
        return member('PROPFIND', '/dav/files/jena/', body, {'Depth': '0'}).status

    assert ask(most) < 500
    few, many = (min(took(lambda: ask(n)) for _ in range(5)) for n in (most // 4, most))
    print(f'{place}: {few * 1e3:.1f} ms, {many * 1e3:.1f} ms for four times as many')
    assert many < 40 * few + 0.1 and many < 2.0


def test_L10_a_hundred_exports_at_once(server):
    """Each is answered or told to wait; the others (the good client) do not notice."""
    browser = signed_in(server, 'jena-board')
    cookie = '; '.join(f'{k}={v}' for k, v in browser.cookies.items())
    statuses = []

    def export(i):
        answer = server.client(source=f'127.79.{i % 200}.1')('GET', f'/c/jena/audit.{"csv" if i % 2 else "json"}', None, {'Cookie': cookie})
        statuses.append(answer.status)

    threads = [threading.Thread(target=export, args=(i,)) for i in range(100)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert len(statuses) == 100 and set(statuses) <= {200, 429, 503} and statuses.count(200) > 0


# ---------------------------------------------------------------- L11, L12

def end_of(d):
    """What a daemon that should refuse says and ends with."""
    done = subprocess.run(d.command(), env=d.environment(), cwd='/', stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=30)
    return done.returncode, done.stdout


@pytest.mark.parametrize('ahead,starts', [(1, True), (2, False)])
def test_L11_a_schema_of_a_later_version(stack, ahead, starts):
    """Version n runs on schema n and n + 1, for an upgrade one daemon at a time; on no later one."""
    now = stack.sql('SELECT max(version) FROM migration')[0][0]
    d = stack.daemon(name='schema', start=False)
    stack.sql("INSERT INTO migration (version, name) SELECT v, 'later' FROM generate_series(%s + 1, %s) v", now, now + ahead)
    try:
        if starts:
            d.start()
            assert d.client('jena-member').propfind('/dav/', 'resourcetype').status == 207
        else:
            code, said = end_of(d)
            assert code != 0 and said.count('\n') <= 3 and 'version' in said.lower(), said
    finally:
        d.stop(check=False)
        stack.sql('DELETE FROM migration WHERE version > %s', now)


@pytest.mark.parametrize('what', ['password for all to read', 'password file empty', 'LDAP in clear', 'demo for everybody',
                                  'configuration with a password for all to read'])
def test_L12_unsafe_settings(stack, what):
    d = stack.daemon(name='unsafe', start=False)
    secret = d.dir / 'secret'
    secret.write_text('' if 'empty' in what else 'hush\n')
    secret.chmod(0o644 if what == 'password for all to read' else 0o600)
    if os.getuid() == 0:
        owner = os.stat(stack.blob_dir())
        os.chown(secret, owner.st_uid, owner.st_gid)
    settings = dict(d.settings)
    if what in ('password for all to read', 'password file empty'):
        settings['ldap_bind_password_file'] = str(secret)
    elif what == 'LDAP in clear':
        settings['ldap_uri'] = 'ldap://192.0.2.1'
    elif what == 'demo for everybody':
        settings.update(demo='yes', listen=f'0.0.0.0:{d.port}')
    else:
        settings['database'] += ' password=hush'
        d.conf.chmod(0o644)
    d.write(settings)
    if what.startswith('configuration'):
        d.conf.chmod(0o644)
    code, said = end_of(d)
    assert code != 0, said
    assert 'hush' not in said and len(said.splitlines()) <= 4 and ':' in said, said


# ---------------------------------------------------------------- L13, L14

def test_L13_storm_of_signals(daemon):
    d = daemon()
    client = d.client('jena-member')
    assert client.propfind('/dav/files/jena/', 'resourcetype').status == 207
    before = d.fds()
    for _ in range(1000):
        for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1):
            d.process.send_signal(number)
    assert client.propfind('/dav/files/jena/', 'resourcetype').status == 207
    assert d.alive() and d.fds() <= before + 8


def test_L14_what_a_worker_calls(stack, daemon, tmp_path):
    """No program is started, no file opened outside the store, no socket but to PostgreSQL, the directory and clients."""
    d = daemon()
    client = d.client('jena-member')
    assert client.propfind('/dav/files/jena/', 'resourcetype').status == 207
    out = tmp_path / 'calls'
    calls = 'execve,execveat,open,openat,openat2,creat,socket,fork,vfork,ptrace,mount,unshare'
    tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', out, '-e', f'trace={calls}', '-p', str(d.pid)], stderr=subprocess.PIPE)
    try:
        wait_for(lambda: out.exists() and int(re.search(r'TracerPid:\s+(\d+)', pathlib.Path(f'/proc/{d.pid}/status').read_text())[1]) > 0,
                 20, 'strace')
        browser = signed_in(d, 'jena-board')
        for address in ('/', '/c/jena/', '/c/jena/files/Mitglieder/', '/c/jena/audit', '/account', '/nothing'):
            browser('GET', address)
        assert client.put('/dav/files/jena/Mitglieder/l14.bin', b'x' * 300_000).status in (201, 204)
        assert len(client.get('/dav/files/jena/Mitglieder/l14.bin').body) == 300_000
        client.copy('/dav/files/jena/Mitglieder/l14.bin', '/dav/files/jena/Mitglieder/l14b.bin')
        client.sync('/dav/files/jena/Mitglieder/')
        for name in ('l14.bin', 'l14b.bin'):
            client.delete('/dav/files/jena/Mitglieder/' + name)
        d.client('jena-chair', source='127.80.1.1').propfind('/dav/', 'resourcetype')
    finally:
        tracer.terminate()
        tracer.wait(20)
    text = out.read_text()
    assert not re.search(r'\b(execve|execveat|fork|vfork|ptrace|mount|unshare)\(', text), text[-2000:]
    opened = set(re.findall(r'\bopen(?:at2?)?\((?:AT_FDCWD|\d+)?,? ?"([^"]*)"', text))
    store = str(stack.blob_dir())
    system = ('/proc/', '/sys/', '/etc/', '/dev/urandom', '/dev/null', '/usr/share/zoneinfo', '/usr/lib/ssl', '/usr/share/locale')
    strange = {p for p in opened if p.startswith('/') and not p.startswith((store, *system))}
    assert not strange, strange
    assert any(store in p for p in opened) or 'O_TMPFILE' in text, 'it saw the upload'
    families = set(re.findall(r'\bsocket\((AF_\w+)', text))
    assert families <= {'AF_UNIX', 'AF_INET', 'AF_INET6', 'AF_NETLINK'}, families

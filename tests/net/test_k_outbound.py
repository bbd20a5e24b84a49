"""What somebody typed is asked for: cases K01 to K07 and K13 of the security page, F39, and what must still work."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB, SIX, OWN = '93.184.216.34', '2606:2800:220:1::34', '93.184.216.99'


def hop(url):
    return 'https://web.test/to/' + url.encode('latin-1').hex()


# ---------------------------------------------------------------- what works

@pytest.mark.parametrize('url, where', [
    ('http://web.test/ok', WEB), ('https://web.test/ok', WEB), ('https://WEB.test:443/ok', WEB), (f'http://{WEB}', WEB),
    ('http://six.test/ok', SIX), (f'http://[{SIX}]/', SIX), ('https://web.test/hops/3', WEB)])
def test_public_addresses_are_reached(net, url, where):
    got = net.fetch(url)
    assert got.what == '200' and got.text.endswith(f'hello from {where}'), got
    assert {s[0] for s in got.seen} == {'internet'}
    assert all(s[3]['User-Agent'].startswith('chapterd/') for s in got.seen)


# ---------------------------------------------------------------- K01: other protocols

@pytest.mark.parametrize('url', [
    'file:///etc/passwd', 'gopher://web.test/', 'dict://web.test/', 'ldap://web.test/', 'ftp://web.test/x',
    'smb://web.test/x', 'scp://web.test/x', 'unix:/run/x', 'data:text/plain,x', 'javascript:1', 'HTTPS//web.test/',
    'http+unix://x/', '//web.test/', '/etc/passwd', 'telnet://web.test', 'ws://web.test/', ''])
def test_k01_only_http_and_https(net, url):
    got = net.fetch(url or ' ')
    assert got.what == 'bad_address' and not got.seen and not got.asked, got


@pytest.mark.parametrize('to', ['file:///etc/passwd', 'gopher://web.test/', 'ftp://web.test/', 'ldap://web.test/'])
def test_k01_not_by_a_redirect_either(net, to):
    got = net.fetch(hop(to))
    assert got.what == 'moved' and len(got.seen) == 1, got


def test_k01_http_only_where_the_settings_allow_it(net):
    assert net.fetch('http://web.test/ok', probe='tls').what == 'bad_address'
    assert net.fetch('https://web.test/ok', probe='tls').what == '200'


# ---------------------------------------------------------------- K02: private addresses, whatever they look like

PRIVATE = [
    '127.0.0.1', '127.1', '2130706433', '0x7f.1', '0x7f000001', '017700000001', '0', '0.0.0.0', '127.255.255.254',
    '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', 'localhost', 'localhost.', 'LOCALHOST',
    '169.254.169.254', '10.1.2.3', '172.16.0.1', '172.31.255.254', '192.168.1.1', '100.64.0.1', '192.0.2.1',
    '198.18.0.1', '192.88.99.1', '224.0.0.1', '255.255.255.255', '240.0.0.1',
    '[fe80::1]', '[fc00::1]', '[fd12::1]', '[64:ff9b::5db8:d822]', '[2002:5db8:d822::1]', '[2001:db8::1]',
    '[2001:0:5db8:d822::1]', '[ff02::1]', OWN, '203.0.113.2', '[fd99::2]',
    'inner.test', 'loop.test', 'mapped.test', 'zero.test']


@pytest.mark.parametrize('host', PRIVATE)
@pytest.mark.parametrize('scheme', ['http', 'https'])
def test_k02_private_addresses(net, host, scheme):
    got = net.fetch(f'{scheme}://{host}/ok')
    assert got.what in ('private', 'bad_address', 'unreachable'), got
    assert not got.seen, got
    if host.endswith('.test') or host[0].isdigit() and host.count('.') == 3:
        assert got.what == 'private', got


def test_k02_every_trap_could_be_reached(net):
    """The control: without the rule the probe's network gets there (curl is what it would be without it)."""
    import ctypes  # noqa: F401 (as in world.py)
    world = net.process.pid
    client = next(p for p in child_pids(world) if 'sleep' in command_of(p))
    inside = ['nsenter', f'--net=/proc/{client}/ns/net']
    if pathlib.Path(f'/proc/{world}/ns/user').stat().st_ino != pathlib.Path('/proc/self/ns/user').stat().st_ino:
        inside = ['nsenter', f'--user=/proc/{world}/ns/user', '--preserve-credentials', f'--net=/proc/{client}/ns/net']
    for host in ('10.1.2.3', '169.254.169.254', '127.0.0.1', '[fc00::1]', '[64:ff9b::5db8:d822]', OWN):
        done = subprocess.run([*inside, 'curl', '-s', '--noproxy', '*', '-m', '10', f'http://{host}/ok'],
                              capture_output=True, text=True)
        assert done.stdout.startswith('hello from'), (host, done)


def child_pids(pid):
    found = []
    for children in pathlib.Path(f'/proc/{pid}/task').glob('*/children'):
        for child in children.read_text().split():
            found += [int(child), *child_pids(int(child))]
    return found


def command_of(pid):
    return pathlib.Path(f'/proc/{pid}/cmdline').read_text()


@pytest.mark.parametrize('port', ['5432', '25', '22', '8080', '80', '0', '65536', '443x'])
def test_k02_k06_other_ports(net, port):
    got = net.fetch(f'https://web.test:{port}/')
    assert got.what == 'bad_address' and not got.seen and not got.asked, got


def test_k02_of_several_addresses_no_private_one_is_tried(net):
    for _ in range(5):
        got = net.fetch('http://mixed.test/ok')
        assert got.what in ('200', 'private'), got
        assert set(got.reached) <= {WEB}, got


# ---------------------------------------------------------------- K03: a name server that changes its mind

def test_k03_rebinding(net):
    outcomes = [net.fetch('http://rebind.test/ok') for _ in range(12)]
    outcomes += [net.fetch('http://rebind.test/hops/2') for _ in range(6)]
    assert {o.what for o in outcomes} == {'200', 'private'}, 'the name server did not change its mind'
    assert all(set(o.reached) <= {WEB} for o in outcomes)
    print(f'{len(outcomes)} fetches, {sum(o.what == "private" for o in outcomes)} refused, 0 reached loopback')


# ---------------------------------------------------------------- K04: redirects

@pytest.mark.parametrize('to', [
    'http://127.0.0.1/', 'https://10.1.2.3/ok', 'https://inner.test/ok', 'https://other.test/ok', '//loop.test/ok',
    'http://web.test/ok', 'https://web.test:8443/', 'https://web.test@10.1.2.3/', 'https://user:pw@web.test/',
    'https://web.test\\@10.1.2.3/', 'https://web.test%2f@10.1.2.3/', 'https://[::1]/'])
def test_k04_redirects_stay_on_the_host(net, to):
    got = net.fetch(hop(to))
    assert got.what in ('moved', 'bad_answer'), got
    assert len(got.seen) == 1 and got.asked.count('web.test') <= 2, got


def test_k04_three_hops_and_no_more(net):
    assert net.fetch('https://web.test/hops/3').what == '200'
    got = net.fetch('https://web.test/hops/4')
    assert got.what == 'moved' and len(got.seen) == 4, got
    assert net.fetch('https://web.test/hops/50').what == 'moved'


def test_k04_a_login_goes_to_its_host_over_https_alone(net):
    assert 'anna:secret' in net.fetch('https://web.test/auth', 'anna', 'secret').text
    got = net.fetch('http://web.test/auth', 'anna', 'secret')
    assert 'Authorization' not in got.seen[0][3]
    got = net.fetch(hop('https://other.test/auth'), 'anna', 'secret')
    assert got.what == 'moved' and len(got.seen) == 1


# ---------------------------------------------------------------- K05: answers that are too much

@pytest.mark.parametrize('path, most_ms', [('big', 10_000), ('chunks', 20_000), ('bomb', 10_000), ('head', 20_000),
                                           ('lines/101', 10_000), ('exactly/2097153', 10_000)])
def test_k05_too_much(net, path, most_ms):
    got = net.fetch(f'http://web.test/{path}')
    assert got.what == 'bad_answer' and got.ms < most_ms, got
    print(f'{path}: {got.text} after {got.ms} ms')


def test_k05_up_to_the_limit(net):
    assert net.fetch('http://web.test/exactly/2097152').text.startswith('2097152 ')
    assert net.fetch('http://web.test/lines/90').what == '200'


def test_k05_a_byte_a_second(net):
    got = net.fetch('http://web.test/drip')
    assert got.what == 'unreachable' and 15_000 < got.ms < 60_000, got
    print(f'a byte a second: given up after {got.ms} ms')


def test_k05_no_cookies(net):
    assert net.fetch('https://web.test/cookie').text.endswith('cookie None')
    assert net.fetch('https://web.test/shown').text.endswith('cookie None')


# ---------------------------------------------------------------- K06: strange addresses

@pytest.mark.parametrize('url', [
    'https://web.test/\r\nX-Injected: 1', 'https://web.test/ok\n', 'https://web.test/a b', 'https://anna@web.test/',
    'https://anna:pw@web.test/', 'https://web.test/#part', 'https://wеb.test/', 'https://web。test/',
    'https://web.test/' + 'a' * 65536, 'https://web.test/' + 'a' * 2040, 'https://web.test\\@10.1.2.3/', 'https://',
    'https:///ok', 'https://:443/', 'https://[::1', 'https://web.test:25/', 'https://[fe80::1%25lo]/', 'https://%31/',
    'https://web.test\x7f/', 'https://-web.test/\x00'])
def test_k06_strange_addresses(net, url):
    url = re.sub('[\t\n]', '\r', url).replace('\x00', '')
    got = net.fetch(url) if url.isascii() and '\r' not in url else None
    said = net.check(url)
    assert said.startswith('bad_address') or (got and got.what in ('unreachable', 'private')), said
    assert got is None or not got.seen


# ---------------------------------------------------------------- K07: nothing is shared

def test_k07_two_chapters_with_their_own_logins(net):
    for _ in range(5):
        got = net.ask('both', 'https://web.test/auth')
        assert got['answer'] == '8', got
        assert len(got['seen']) == 8
        assert all(s[3].get('Connection', '').lower() != 'keep-alive' for s in got['seen'])


def test_k07_no_netrc_and_no_proxy_of_the_environment(net):
    got = net.fetch('https://web.test/auth')
    assert got.what == '200' and 'Authorization' not in got.seen[0][3] and 'netrc' not in got.text
    got = net.fetch('http://web.test/ok')
    assert got.reached == [WEB] and got.seen[0][2].startswith('GET /ok ')


def test_k07_certificates_are_checked(net):
    """other.test is the same server, whose certificate does not name it."""
    got = net.fetch('https://other.test/ok')
    assert got.what == 'unreachable' and not got.seen and 'certificate' in got.text.lower(), got
    assert net.fetch(f'https://{WEB}/ok').what == 'unreachable'


# ---------------------------------------------------------------- K13: nothing is run, nothing is a format

def test_k13_no_shell_and_no_program_is_run():
    """The rule of tests/lint that forbids them is on, and finds nothing."""
    done = subprocess.run(['tests/lint/lint.sh', 'words'], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    planted = subprocess.run(['tests/lint/selftest.sh'], cwd=ROOT, capture_output=True, text=True)
    assert re.search(r'[1-9]\d* passed, 0 failed', planted.stdout), planted.stdout


def test_k13_a_format_that_is_data_does_not_compile(tmp_path):
    flags = re.search(r'^WARN\s*:=(.*?[^\\])$', (ROOT / 'Makefile').read_text(), re.M | re.S)[1].replace('\\\n', ' ')
    for call, good in (('error_cause(e, a, "%s", s)', True), ('error_cause(e, a, s)', False),
                       ('arena_printf(a, s)', False), ('log_event(3, s, (char *)0)', True)):
        source = tmp_path / 'x.c'
        source.write_text('#include "base/arena.h"\n#include "base/error.h"\n#include "base/log.h"\n'
                          'void f(struct arena *a, struct error *e, const char *s);\n'
                          f'void f(struct arena *a, struct error *e, const char *s) {{ (void)a; (void)e; {call}; }}\n')
        done = subprocess.run(['gcc', '-std=gnu17', *flags.split(), '-I', ROOT / 'daemon', '-D_GNU_SOURCE', '-c', '-o',
                               '/dev/null', source], capture_output=True, text=True)
        assert (done.returncode == 0) is good, (call, done.stderr)


# ---------------------------------------------------------------- F39: the name server is silent

def test_f39_a_silent_name_server_costs_seconds(net):
    got = net.fetch('https://silent.test/')
    assert got.what == 'unreachable' and got.asked, got
    assert got.ms < 50_000, got
    print(f'name server silent: given up after {got.ms} ms')
    assert net.fetch('https://web.test/ok').what == '200'

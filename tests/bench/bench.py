#!/usr/bin/python3
"""bench.py [REPEATS]: chapterd beside Apache mod_dav, nginx and rclone, scenarios perf-W1 to perf-W3; logins
beside Apache mod_authnz_ldap and beside what slapd alone can check, perf-A1.

All servers run at the same time on loopback; every scenario is measured on each in turn, again and
again, and the medians are compared: read the ratios, not the rates. The peers acknowledge before
anything is durable and check no rights; chapterd flushes first. Every answer is checked.
The table goes to standard output in Markdown and to build/bench.md. BENCH_GIB=0.25 makes the large
file smaller, BENCH_ONLY="A1 W3" leaves out the rest.
"""
import html
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]

from lib.browser import Browser  # noqa: E402
from lib.directory import BASE, Directory  # noqa: E402
from peers import REPO_BUILD, Slapd, all_peers  # noqa: E402

LIST = ('<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/>'
        '<D:getcontentlength/><D:getlastmodified/><D:getetag/></D:prop></D:propfind>')
BIG = int(float(os.environ.get('BENCH_GIB', '1')) * (1 << 30)) >> 20 << 20
SECONDS = os.environ.get('BENCH_SECONDS', '4')
ONLY = os.environ.get('BENCH_ONLY', 'A1 W1 W2 W3').split()
ACCOUNTS = 200
PASSWORD = 'geheim-bench'
SMALL = b'x' * 4096


class Failed(Exception):
    """A server gave wrong answers: its figure does not count."""


class Bench:
    """Holds the load generator and what has been measured: result[scenario][peer] = [figures]."""

    def __init__(self, repeats):
        self.repeats = repeats
        self.result = {}
        self.wrong = []
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='chapterd-bench-'))
        self.lg = self.compile('lg', '-lpthread')
        self.binds = self.compile('binds', '-lldap', '-llber', '-lpthread')
        self.list = self.dir / 'list.xml'
        self.list.write_text(LIST)
        self.small = self.dir / 'small'
        self.small.write_text('file {n}\n' + 'x' * (4096 - len('file 000000\n')))

    def compile(self, name, *libraries):
        program = self.dir / name
        subprocess.run(['cc', '-std=gnu17', '-O2', '-D_GNU_SOURCE', '-o', program,
                        pathlib.Path(__file__).with_name(f'{name}.c'), *libraries], check=True)
        return program

    def figures(self, what, *command):
        """What a load generator prints."""
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=900)
        if done.returncode != 0:
            raise Failed(f'{what}: {done.stderr.strip() or done.returncode}')
        return json.loads(done.stdout)

    def run(self, peer, method, target, *options):
        """One run of the load generator, as the peer's user unless it says who (-u); its figures."""
        login = () if '-u' in options else ('-H', f'Authorization: {peer.client().auth}')
        return self.figures(f'{peer.name} {method} {target}', self.lg, *login, *options, peer.host, method,
                            peer.base + target)

    def record(self, scenario, peer, run, size=0):
        before = peer.cpu()
        figures = run()
        figures['cpu'] = (peer.cpu() - before) * 1e3 / max(1, figures['requests'])
        figures['pss'] = peer.pss()
        figures['rate'] = figures['requests'] / figures['seconds']
        if size:
            figures['rate'] *= size / 1e6
        self.result.setdefault(scenario, {}).setdefault(peer.name, []).append(figures)
        print(f'{scenario:44} {peer.name:9} {figures["rate"]:10.1f}', file=sys.stderr)

    def measure(self, scenario, peer, method, target, *options, size=0):
        self.record(scenario, peer, lambda: self.run(peer, method, target, *options), size)


def prepare(b, peer):
    client = peer.client()
    for n in (1000, 10000):
        assert client.mkcol(f'{peer.base}d{n}/').status == 201
        b.run(peer, 'PUT', f'd{n}/f{{n}}.txt', '-c', 16, '-n', n, '-b', b.small, '-e', '201,204',
              '-H', 'Content-Type: text/plain')
    b.run(peer, 'PUT', 'big.bin', '-n', 1, '-g', BIG, '-e', '201,204')


def w1(b, peer, rep):
    """Many small files."""
    folder = f'put{rep}/'
    client = peer.client()
    assert client.mkcol(peer.base + folder).status == 201
    b.measure('W1 PUT of 10,000 files of 4 KiB, 16 conn.', peer, 'PUT', folder + 'f{n}.txt', '-c', 16, '-n',
              10000, '-b', b.small, '-e', '201,204', '-H', 'Content-Type: text/plain')
    assert client.delete(peer.base + folder, Depth='infinity').status in (200, 204)
    for n in (1000, 10000):
        b.measure(f'W1 PROPFIND depth 1, {n:,} entries, 1 conn.', peer, 'PROPFIND', f'd{n}/', '-d', SECONDS,
                  '-H', 'Depth: 1', '-H', 'Content-Type: application/xml', '-b', b.list, '-e', '207', '-k',
                  f'href>/={n + 1}')
    for c in (1, 16):
        b.measure(f'W1 GET of 4 KiB, {c} conn.', peer, 'GET', 'd10000/f{n}.txt', '-c', c, '-d', SECONDS, '-m',
                  10000, '-e', '200', '-z', 4096)


def w2(b, peer, rep):
    """One large file."""
    gib = f'{BIG / (1 << 30):g} GiB'
    b.measure(f'W2 PUT of {gib}, MB/s', peer, 'PUT', f'up{rep}.bin', '-n', 1, '-g', BIG, '-e', '201,204',
              size=BIG)
    b.measure(f'W2 GET of {gib}, MB/s', peer, 'GET', 'big.bin', '-n', 3, '-z', BIG, '-e', '200', size=BIG)
    for chunk, name in ((1 << 20, '1 MiB'), (1 << 16, '64 KiB')):
        b.measure(f'W2 GET of {name} ranges, 4 conn.', peer, 'GET', 'big.bin', '-c', 4, '-d', SECONDS, '-r',
                  f'{chunk},{BIG}')
    assert peer.client().delete(f'{peer.base}up{rep}.bin').status == 204


def w3(b, peer, rep):
    """Folders of 1,000 files."""
    to = f'Destination: {peer.url}{peer.base}'
    n = 10
    client = peer.client()
    b.measure('W3 COPY of a folder of 1,000 files', peer, 'COPY', 'd1000/', '-n', n, '-H', f'{to}cp{rep}-{{n}}/',
              '-H', 'Depth: infinity', '-H', 'Overwrite: F', '-e', '201,204')
    if len(client.listing(f'{peer.base}cp{rep}-000000/')) != 1000:
        raise Failed(f'{peer.name}: the copy is not whole')
    b.measure('W3 MOVE of it', peer, 'MOVE', f'cp{rep}-{{n}}/', '-n', n, '-H', f'{to}mv{rep}-{{n}}/', '-H',
              'Overwrite: F', '-e', '201,204')
    if len(client.listing(f'{peer.base}mv{rep}-000000/')) != 1000:
        raise Failed(f'{peer.name}: the moved folder is not whole')
    b.measure('W3 DELETE of it', peer, 'DELETE', f'mv{rep}-{{n}}/', '-n', n, '-e', '200,204')


def hashed(scheme):
    """The bench's password as a directory keeps it: "ssha" is cheap to check, "crypt" (5,000 rounds of SHA-512) is not."""
    if scheme == 'ssha':
        return subprocess.check_output(['/usr/sbin/slappasswd', '-s', PASSWORD], text=True).strip()
    return '{CRYPT}' + subprocess.check_output(['openssl', 'passwd', '-6', PASSWORD], text=True).strip()


def prepare_logins(b, ours, apache):
    """People who have never signed in: so many for each repeat and each way of keeping a password."""
    people = Directory(ours.stack)
    for scheme in ('ssha', 'crypt'):
        secret = hashed(scheme)
        names = [f'{scheme}-{n:06}' for n in range(b.repeats * ACCOUNTS)]
        people.run('ldapadd', '\n'.join(f'dn: {people.dn(n)}\nobjectClass: inetOrgPerson\nuid: {n}\nsn: {n}\n'
                                        f'cn: {n}\nuserPassword: {secret}\n' for n in names))
        people.run('ldapmodify', f'dn: cn=members,ou=jena,ou=chapters,{BASE}\nchangetype: modify\nadd: member\n'
                   + ''.join(f'member: {people.dn(n)}\n' for n in names))
    (apache.dir / 'files/ldap').mkdir()
    (apache.dir / 'files/ldap/small').write_bytes(SMALL)
    client = ours.client()
    assert client.mkcol(ours.base + 'ldap/').status == 201
    assert client.put(ours.base + 'ldap/small', SMALL).status == 201


def app_password(ours):
    """One of jena-board's, made as people make it."""
    browser = Browser(ours, ours.user)
    once = re.search(r'name="once" value="([^"]*)"', browser.get('/account/devices').text)[1]
    page = browser.post('/account/devices', once=html.unescape(once), name='bench', days='0', documents='1')
    return re.search(r'cd_[1-9][0-9]*_[0-9a-z]{25}', page.text)[0]


def a1(b, ours, apache, rep):
    """Logins: people whom nobody has seen before, checked by slapd alone and then by servers; and one of them again."""
    slapd = Slapd(ours.stack)
    get = ('GET', 'ldap/small', '-e', '200', '-z', len(SMALL))
    first = rep * ACCOUNTS
    for scheme, text in (('ssha', 'salted SHA-1'), ('crypt', 'SHA-512 crypt')):
        scenario = f'A1 first login, {ACCOUNTS} accounts, 4 conn., {text}'
        b.record(scenario, slapd, lambda s=scheme: b.figures('slapd', b.binds, slapd.uri, f'uid={s}-{{n}},ou=people,{BASE}',
                                                             PASSWORD, 4, first, ACCOUNTS))
        for peer in (ours, apache):
            b.measure(scenario, peer, *get, '-u', f'{scheme}-{{n}}:{PASSWORD}', '-c', 4, '-n', ACCOUNTS, '-s', first)
    for peer in (ours, apache):
        b.measure('A1 repeated login, one account, 8 conn.', peer, *get, '-u', f'ssha-000000:{PASSWORD}', '-c', 8, '-d',
                  SECONDS)
    b.measure('A1 repeated login, app password, 8 conn.', ours, *get, '-u', f'{ours.user}:{ours.app_password}', '-c', 8,
              '-d', SECONDS)


def table(b, names, scenarios):
    """Medians, and the ratio of the first server to each of the others."""
    yield '| scenario | ' + ' | '.join(names) + ' | ' + ' | '.join(
        f'{names[0]} / {n}' for n in names[1:]) + f' | p50 / p99, ms ({names[0]}) | CPU, ms a request |'
    yield '|---|' + '---:|' * (2 * len(names) - 1) + '---:|---|'
    for scenario, by_peer in b.result.items():
        if not scenario.startswith(scenarios):
            continue

        def median(name, figure, rows=by_peer):
            return statistics.median(f[figure] for f in rows[name]) if name in rows else None

        def text(value, digits=4):
            return 'n/a' if value is None else f'{value:,.{digits}g}' if value < 1000 else f'{value:,.0f}'
        rates = [median(n, 'rate') for n in names]
        ratios = [rates[0] / r if rates[0] and r else None for r in rates[1:]]
        cpu = ' / '.join(text(median(n, 'cpu'), 3) for n in names)
        yield (f'| {scenario} | ' + ' | '.join(text(r) for r in rates) + ' | '
               + ' | '.join('n/a' if r is None else f'{r:.2f}' for r in ratios)
               + f" | {text(median(names[0], 'p50'), 3)} / {text(median(names[0], 'p99'), 3)} | {cpu} |")


def remarks(b, names):
    yield ''
    yield 'Memory at most, MB (PSS, PostgreSQL included): ' + ', '.join(
        f"{n} {max((f['pss'] for p in b.result.values() for f in p.get(n, [])), default=0) / 1e6:.0f}" for n in names)
    yield ('chapterd is durable when it answers and checks rights; the others answer before a flush and '
           'check a password only.')


def attempt(b, name, scenario, *args):
    try:
        scenario(*args)
    except (Failed, AssertionError) as wrong:
        b.wrong.append(f'{name}: {wrong}')
        print(b.wrong[-1], file=sys.stderr)


def main():
    b = Bench(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    peers = []
    try:
        for peer in all_peers():
            peers.append(peer)
            if ONLY != ['A1']:
                prepare(b, peer)
        ours, apache = peers[:2]
        prepare_logins(b, ours, apache)
        ours.app_password = app_password(ours)
        for rep in range(b.repeats):
            if 'A1' in ONLY:
                attempt(b, 'logins', a1, b, ours, apache, rep)
            for name, scenario in (('W1', w1), ('W2', w2), ('W3', w3)):
                for peer in peers[rep % len(peers):] + peers[:rep % len(peers)] if name in ONLY else []:
                    attempt(b, f'{peer.name}: {name}', scenario, b, peer, rep)
    finally:
        for peer in peers:
            peer.stop()
    lines = [f'Medians of {b.repeats} interleaved runs, requests per second unless said otherwise.', '',
             *table(b, [p.name for p in peers], 'W'), '', *table(b, ['chapterd', 'apache', 'slapd'], 'A1'),
             *remarks(b, [p.name for p in peers])]
    lines += ['', 'Wrong answers:', *(f'- {w}' for w in b.wrong)] if b.wrong else []
    text = '\n'.join(lines) + '\n'
    print(text)
    REPO_BUILD.mkdir(exist_ok=True)
    (REPO_BUILD / 'bench.md').write_text(text)
    sys.exit(bool(b.wrong))


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""bench.py [REPEATS]: chapterd beside Apache mod_dav, nginx and rclone, scenarios perf-W1 to perf-W3; logins
beside Apache mod_authnz_ldap and beside what slapd alone can check, perf-A1; calendars beside Radicale, DAViCal,
Cyrus and SOGo, perf-C1 to perf-C5.

All servers run at the same time on loopback; every scenario is measured on each in turn, again and
again, and the medians are compared: read the ratios, not the rates. The peers of files acknowledge before
anything is durable and check no rights; chapterd flushes first. Every answer is checked.
The table goes to standard output in Markdown and to build/bench.md. BENCH_GIB=0.25 makes the large
file smaller, BENCH_EVENTS=500 the calendar, BENCH_ONLY="A1 W3" leaves out the rest.
"""
import html
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]

import calendars  # noqa: E402
from calendar_peers import calendar_peers  # noqa: E402
from corpus import COUNT, Corpus  # noqa: E402
from lib.browser import Browser  # noqa: E402
from lib.directory import BASE, Directory  # noqa: E402
from lib.stack import scratch  # noqa: E402
from peers import REPO_BUILD, Chapterd, Failed, Slapd, file_peers  # noqa: E402

LIST = ('<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/>'
        '<D:getcontentlength/><D:getlastmodified/><D:getetag/></D:prop></D:propfind>')
BIG = int(float(os.environ.get('BENCH_GIB', '1')) * (1 << 30)) >> 20 << 20
SECONDS = os.environ.get('BENCH_SECONDS', '4')
ONLY = os.environ.get('BENCH_ONLY', '').split() or 'A1 W1 W2 W3 C1 C2 C3 C4 C5'.split()
ACCOUNTS = 200
PASSWORD = 'geheim-bench'
SMALL = b'x' * 4096


class Bench:
    """Holds the load generator and what has been measured: result[scenario][peer] = [figures]."""

    def __init__(self, repeats):
        self.repeats = repeats
        self.result = {}
        self.wrong = []
        self.differs = {}  # (scenario, peer): how its answers differ from the truth
        self.seconds = SECONDS
        self.dir = scratch('bench')
        self.lg = self.compile('lg', 'lg_options', libraries=['-lpthread'])
        self.binds = self.compile('binds', libraries=['-lldap', '-llber', '-lpthread'])
        self.list = self.dir / 'list.xml'
        self.list.write_text(LIST)
        self.small = self.dir / 'small'
        self.small.write_text('file {n}\n' + 'x' * (4096 - len('file 000000\n')))

    def compile(self, *names, libraries):
        program = self.dir / names[0]
        sources = [pathlib.Path(__file__).with_name(f'{name}.c') for name in names]
        subprocess.run(['cc', '-std=gnu17', '-O2', '-D_GNU_SOURCE', '-o', program, *sources, *libraries], check=True)
        return program

    def figures(self, what, *command):
        """What a load generator prints."""
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=900)
        if done.returncode != 0:
            raise Failed(f'{what}: {done.stderr.strip() or done.returncode}')
        return json.loads(done.stdout)

    def file(self, name):
        return self.dir / name

    def run(self, peer, method, target, *options, then=()):
        """One run of the load generator, as the peer's user unless it says who (-u); its figures. A target that does
        not begin with "/" is below the peer's base. `then`: a request to be made in turn with this one."""
        login = () if '-u' in options else ('-H', f'Authorization: {peer.client().auth}')
        path = target if target.startswith('/') else peer.base + target
        return self.figures(f'{peer.name} {method} {target}', self.lg, *login, *options, peer.host, method, path, *then)

    def compare(self, scenario, peer, wrong):
        """Takes down what differs from the truth; ours may not."""
        if not wrong:
            return
        what = f'{len(wrong)} differences, among them {sorted(wrong)[0]}'
        if peer.name == 'chapterd':
            raise Failed(f'{scenario}: {what}')
        self.differs[scenario, peer.name] = what

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

    def measure(self, scenario, peer, method, target, *options, size=0, then=()):
        self.record(scenario, peer, lambda: self.run(peer, method, target, *options, then=then), size)


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
        differs = ['!' if (scenario, n) in b.differs else '' for n in names]
        yield (f'| {scenario} | ' + ' | '.join(text(r) + d for r, d in zip(rates, differs)) + ' | '
               + ' | '.join('n/a' if r is None else f'{r:.2f}' for r in ratios)
               + f" | {text(median(names[0], 'p50'), 3)} / {text(median(names[0], 'p99'), 3)} | {cpu} |")


def remarks(b, names):
    yield ''
    yield 'Memory at most, MB (PSS, databases included): ' + ', '.join(
        f"{n} {max((f['pss'] for p in b.result.values() for f in p.get(n, [])), default=0) / 1e6:.0f}" for n in names)
    yield ('chapterd is durable when it answers and checks rights; the servers of files answer before a flush and '
           'check a password only.')
    for (scenario, name), what in b.differs.items():
        yield f'! {name} in {scenario}: {what}'


def attempt(b, name, scenario, *args):
    try:
        scenario(*args)
    except (Failed, AssertionError) as wrong:
        b.wrong.append(f'{name}: {wrong}')
        print(b.wrong[-1], file=sys.stderr)


def wanted(*kinds):
    """(name, scenario) of those that were asked for."""
    every = {'W1': w1, 'W2': w2, 'W3': w3, 'C1': calendars.c1, 'C2': calendars.c2, 'C3': calendars.c3, 'C4': calendars.c4,
             'C5': calendars.c5}
    return [(name, scenario) for name, scenario in every.items() if name[0] in kinds and name in ONLY]


def in_turns(b, peers, scenarios, rep):
    for name, scenario in scenarios:
        for peer in peers[rep % len(peers):] + peers[:rep % len(peers)]:
            attempt(b, f'{peer.name}: {name}', scenario, b, peer, rep)


def files_and_logins(b, peers):
    """A and W; `peers`: ours, the others come to it."""
    peers.extend(file_peers(peers[0]))
    ours, apache = peers[:2]
    scenarios = wanted('W')
    for peer in peers if scenarios else []:
        prepare(b, peer)
    if 'A1' in ONLY:
        prepare_logins(b, ours, apache)
        ours.app_password = app_password(ours)
    for rep in range(b.repeats):
        if 'A1' in ONLY:
            attempt(b, 'logins', a1, b, ours, apache, rep)
        in_turns(b, peers, scenarios, rep)
    names = [p.name for p in peers]
    return [*table(b, names, 'W'), '', *table(b, ['chapterd', 'apache', 'slapd'], 'A1'), *remarks(b, names)]


def all_calendars(b, peers):
    """C."""
    b.corpus = Corpus(b.dir, int(os.environ.get('BENCH_EVENTS', COUNT)))
    peers.extend(calendar_peers())
    for peer in peers:
        calendars.prepare(b, peer)
    for rep in range(b.repeats):
        in_turns(b, peers, wanted('C'), rep)
    names = [p.name for p in peers]
    return [*table(b, names, 'C'), *remarks(b, names)]


def part(b, run):
    """The lines of a part; its servers run as long as it lasts."""
    peers = [Chapterd()]
    try:
        return run(b, peers)
    finally:
        for peer in peers:
            peer.stop()


def main():
    b = Bench(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    lines = [f'Medians of {b.repeats} interleaved runs, requests per second unless said otherwise.', '']
    if 'A1' in ONLY or wanted('W'):
        lines += part(b, files_and_logins)
    if wanted('C'):
        lines += ['', *part(b, all_calendars)]
    lines += ['', 'Wrong answers:', *(f'- {w}' for w in b.wrong)] if b.wrong else []
    text = '\n'.join(lines) + '\n'
    print(text)
    REPO_BUILD.mkdir(exist_ok=True)
    (REPO_BUILD / 'bench.md').write_text(text)
    sys.exit(bool(b.wrong))


if __name__ == '__main__':
    main()

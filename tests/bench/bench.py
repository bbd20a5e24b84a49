#!/usr/bin/python3
"""bench.py [REPEATS]: chapterd beside Apache mod_dav, nginx and rclone, scenarios perf-W1 to perf-W3.

All servers run at the same time on loopback; every scenario is measured on each in turn, again and
again, and the medians are compared: read the ratios, not the rates. The peers acknowledge before
anything is durable and check no rights; chapterd flushes first. Every answer is checked.
The table goes to standard output in Markdown and to build/bench.md. BENCH_GIB=0.25 makes the large
file smaller.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from peers import REPO_BUILD, all_peers  # noqa: E402

LIST = ('<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/>'
        '<D:getcontentlength/><D:getlastmodified/><D:getetag/></D:prop></D:propfind>')
BIG = int(float(os.environ.get('BENCH_GIB', '1')) * (1 << 30)) >> 20 << 20
SECONDS = os.environ.get('BENCH_SECONDS', '4')


class Failed(Exception):
    """A server gave wrong answers: its figure does not count."""


class Bench:
    """Holds the load generator and what has been measured: result[scenario][peer] = [figures]."""

    def __init__(self, repeats):
        self.repeats = repeats
        self.result = {}
        self.wrong = []
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='chapterd-bench-'))
        self.lg = self.dir / 'lg'
        subprocess.run(['cc', '-std=gnu17', '-O2', '-D_GNU_SOURCE', '-o', self.lg,
                        pathlib.Path(__file__).with_name('lg.c'), '-lpthread'], check=True)
        self.list = self.dir / 'list.xml'
        self.list.write_text(LIST)
        self.small = self.dir / 'small'
        self.small.write_text('file {n}\n' + 'x' * (4096 - len('file 000000\n')))

    def run(self, peer, method, target, *options):
        """One run of the load generator; its figures."""
        client = peer.client()
        command = [self.lg, '-H', f'Authorization: {client.auth}', *options, peer.host, method,
                   peer.base + target]
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=900)
        if done.returncode != 0:
            raise Failed(f'{peer.name} {method} {target}: {done.stderr.strip() or done.returncode}')
        return json.loads(done.stdout)

    def measure(self, scenario, peer, method, target, *options, size=0):
        before = peer.cpu()
        figures = self.run(peer, method, target, *options)
        figures['cpu'] = (peer.cpu() - before) * 1e3 / max(1, figures['requests'])
        figures['pss'] = peer.pss()
        figures['rate'] = figures['requests'] / figures['seconds']
        if size:
            figures['rate'] *= size / 1e6
        self.result.setdefault(scenario, {}).setdefault(peer.name, []).append(figures)
        print(f'{scenario:44} {peer.name:9} {figures["rate"]:10.1f}', file=sys.stderr)


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


def table(b, names):
    """Medians, and the ratio of the first server to each of the others."""
    yield '| scenario | ' + ' | '.join(names) + ' | ' + ' | '.join(
        f'{names[0]} / {n}' for n in names[1:]) + f' | p50 / p99, ms ({names[0]}) | CPU, ms a request |'
    yield '|---|' + '---:|' * (2 * len(names) - 1) + '---:|---|'
    for scenario, by_peer in b.result.items():
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
    yield ''
    yield 'Memory at most, MB (PSS, PostgreSQL included): ' + ', '.join(
        f"{n} {max(f['pss'] for p in b.result.values() for f in p.get(n, [])) / 1e6:.0f}" for n in names)
    yield ('chapterd is durable when it answers and checks rights; the others answer before a flush and '
           'check a password only.')


def main():
    b = Bench(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    peers = []
    try:
        for peer in all_peers():
            peers.append(peer)
            prepare(b, peer)
        for rep in range(b.repeats):
            for scenario in (w1, w2, w3):
                for peer in peers[rep % len(peers):] + peers[:rep % len(peers)]:
                    try:
                        scenario(b, peer, rep)
                    except (Failed, AssertionError) as wrong:
                        b.wrong.append(f'{peer.name}: {scenario.__name__}: {wrong}')
                        print(b.wrong[-1], file=sys.stderr)
    finally:
        for peer in peers:
            peer.stop()
    lines = [f'Medians of {b.repeats} interleaved runs, requests per second unless said otherwise.', '',
             *table(b, [p.name for p in peers])]
    lines += ['', 'Wrong answers:', *(f'- {w}' for w in b.wrong)] if b.wrong else []
    text = '\n'.join(lines) + '\n'
    print(text)
    REPO_BUILD.mkdir(exist_ok=True)
    (REPO_BUILD / 'bench.md').write_text(text)
    sys.exit(bool(b.wrong))


if __name__ == '__main__':
    main()

"""PostgreSQL, the directory and the disk fail (F05, F08, F11, F12, F15, F16, F20)."""
import contextlib
import hashlib
import os
import pathlib
import re
import subprocess
import threading
import time

import psycopg2
import pytest

from lib.figures import tell
from lib.load import Load
from lib.relay import Relay
from lib.stack import LONG, scratch, wait_for


@pytest.mark.parametrize('mode', ['fast', 'immediate'])
def test_F11_F12_database_restarted_under_load(stack, server, place, mode):
    """Nothing acknowledged is lost; what cannot be done is a 503 or is done a little later."""
    d = stack.daemon(name=f'pg-{mode}')
    try:
        with Load(d, place) as load:
            for _ in range(10 if LONG else 3):
                before = load.writes
                wait_for(lambda: load.writes > before + 20, 60, 'progress of the writers')
                stack.pg('restart', '-m', mode)
            before = load.writes
            took = wait_for(lambda: load.writes > before + 20, 60, 'recovery')
        lost = load.lost(d.client('jena-board'))
        tell(f'F11, F12: PostgreSQL restarted ({mode}): {load.figures()}; back after {took:.2f} s;'
             f' {len(lost)} lost')
        assert not lost, lost
        statuses = {s for w in load.writers for s in w.statuses}
        assert statuses <= {201, 204, 503}, statuses
    finally:
        d.stop()
    stack.verify()


def test_F12_one_backend_killed(stack, server, place):
    d = stack.daemon(name='backend')
    try:
        with Load(d, place, writers=4) as load:
            for _ in range(20):
                time.sleep(0.1)
                stack.sql('SELECT count(*) FROM pg_stat_activity')
                subprocess.run(['psql', '-X', '-q', '-h', stack.env['PGHOST'], '-U', 'postgres', '-c',
                                'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ='
                                " 'chapterd' ORDER BY random() LIMIT 3", 'chapterd'], check=True,
                               stdout=subprocess.DEVNULL)
        print(load.figures())
        load.compare(d.client('jena-board'))
        assert {s for w in load.writers for s in w.statuses} <= {201, 204, 503}
    finally:
        d.stop()
    stack.verify()


CUTS = int(os.environ.get('F13_CUTS', '1000' if LONG else '40'))


class Makers:
    """Make folders, each name once: done twice, the second is 405."""

    def __init__(self, d, base, threads=6):
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.statuses, self.made = {}, []
        self.threads = [threading.Thread(target=self.run, args=(d.client('jena-board'), f'{base}m{i}-'))
                        for i in range(threads)]
        for t in self.threads:
            t.start()

    def run(self, client, base):
        number = 0
        while not self.stop.is_set():
            number += 1
            status = client.mkcol(f'{base}{number}/').status
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 201:
                    self.made.append(f'{base}{number}/')

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join(60)


@pytest.mark.parametrize('moment', ['before', 'after'])
def test_F13_connection_cut_during_commit(stack, server, place, moment):
    """The line is cut when a COMMIT passes: before it gets to the server, or before its answer comes
    back. The client learns the truth, and nothing is done twice."""
    home = scratch('pgproxy')
    cuts, lock = [0], threading.Lock()
    relay = Relay(f"{stack.env['PGHOST']}/.s.PGSQL.5432", str(home / '.s.PGSQL.5432'))

    def watch(data, up):
        if not up or b'COMMIT' not in data:
            return False
        with lock:
            seen[0] += 1
            if seen[0] % 4 or cuts[0] >= CUTS:
                return False
            cuts[0] += 1
            return moment

    seen = [0]
    dsn = re.sub(r'host=\S+', f'host={home}', stack.settings()['database'])
    # peer authentication sees this process behind the relay: the role's name is all that counts
    d = stack.daemon({'database': dsn}, name='cut')
    try:
        relay.watch = watch
        makers = Makers(d, place)
        with Load(d, place, writers=6) as load:
            wait_for(lambda: cuts[0] >= CUTS, 60 + CUTS, 'the cuts')
        makers.end()
        relay.watch = None
        lost = load.lost(server.client('jena-board'))
        there = {h for h in server.client('jena-board').listing(place) if h.startswith(place + 'm')}
        tell(f'F13: {cuts[0]} of {seen[0]} COMMITs cut ({moment} they arrive): {load.figures()}; '
             f'{len(makers.made)} folders {makers.statuses}; {len(lost)} lost')
        assert not lost and set(makers.made) <= there
        assert set(makers.statuses) <= {201, 503}, 'a 405 is one that was made twice'
        assert {s for w in load.writers for s in w.statuses} <= {201, 204, 503}
    finally:
        d.stop(check=False)
        relay.end()
    stack.verify()


def test_F11_database_down(stack, server):
    """503 with Retry-After while it is away, whoever asks; back by itself."""
    d = stack.daemon(name='pg-down')
    try:
        member = d.client('jena-member')
        assert member.propfind('/dav/files/jena/', 'resourcetype').status == 207
        stack.pg('stop', '-m', 'fast')
        try:
            start = time.monotonic()
            answer = member.propfind('/dav/files/jena/', 'resourcetype')
            print(f'{answer.status} after {time.monotonic() - start:.2f} s')
            assert answer.status == 503 and int(answer.get('Retry-After')) > 0
            assert member.put('/dav/files/jena/Mitglieder/x', b'x' * 200_000).status == 503
            assert d.client().get('/').status in (200, 503)
            assert d.client().get('/dav/files/').status == 401, 'costs no database'
            health = d.client().get('/healthz')
            assert health.status == 503, health
        finally:
            stack.pg('start', '-l', str(stack.env['CHAPTERD_STATE']) + '/postgres/log')
        took = wait_for(lambda: member.propfind('/dav/files/jena/', 'resourcetype').status == 207, 20,
                        'recovery')
        print(f'normal {took:.2f} s after it is up')
    finally:
        d.stop()


def test_F11_database_down_at_the_start(stack):
    """Says what is wrong and how to mend it; starts when the database is there."""
    stack.pg('stop', '-m', 'fast')
    d = stack.daemon(name='no-pg', start=False)
    try:
        d.spawn()
        with contextlib.suppress(subprocess.TimeoutExpired):
            d.process.wait(20)
        if not d.alive():
            assert d.process.returncode not in (0, -6, -11), d.tail()
            assert 'database' in d.tail().lower(), d.tail()
        else:
            assert d.client().get('/healthz').status == 503
    finally:
        stack.pg('start', '-l', str(stack.env['CHAPTERD_STATE']) + '/postgres/log')
    try:
        if d.alive():
            wait_for(d.answers, 30, 'its start')
        else:
            d.start()
        assert d.client('jena-member').propfind('/dav/files/', 'resourcetype').status == 207
    finally:
        d.stop()


def test_F15_locked_table(stack, server, den):
    """What waits for a lock gives up; others go on."""
    db = psycopg2.connect(stack.settings()['admin_database'])
    d = stack.daemon(name='locked')
    try:
        board = d.client('jena-board')
        assert board.put(den + 'f', b'x').status == 201
        with contextlib.closing(db), db.cursor() as cursor:
            cursor.execute('SET ROLE chapterd_owner')
            cursor.execute('LOCK TABLE chapterd.dav_property IN ACCESS EXCLUSIVE MODE')
            start = time.monotonic()
            answer = board.proppatch(den + 'f', 'x', 'v')
            print(f'{answer.status} after {time.monotonic() - start:.2f} s')
            assert answer.status == 503 and answer.get('Retry-After')
            assert d.client('erfurt-board').get('/dav/files/erfurt/').status == 200
            assert d.client().get('/login').status == 200
        assert board.proppatch(den + 'f', 'x', 'v').status == 207
    finally:
        d.stop()


def test_F16_more_requests_than_workers(stack, server):
    """They queue and are answered, or told to come again; static answers go on."""
    d = stack.daemon({'workers': '2'}, name='pool')
    try:
        conns = []
        for i in range(200):
            client = d.client('jena-member')
            conn = d.connect()
            conn.send(client.bytes('PROPFIND', '/dav/files/jena/', None, Depth='1'))
            conns.append(conn)
        start = time.monotonic()
        health = d.client().get('/healthz').status
        print(f'/healthz among 200: {health} after {(time.monotonic() - start) * 1e3:.1f} ms')
        assert health in (200, 503)  # too busy for more is an answer too
        statuses = [c.answer().status for c in conns]
        assert set(statuses) <= {207, 503} and statuses.count(207) >= 100, statuses
    finally:
        d.stop()


def ldap_target(stack):
    host, port = stack.env['LDAP_URL'].rpartition('//')[2].strip('/').split(':')
    return host, int(port)


@pytest.mark.parametrize('fault', ['reset', 'silence', 'delay'])
def test_F20_directory(stack, fault):
    """Stopped, silent or slow: cold logins get 503 within the timeouts, warm ones go on, and those
    who are not signing in do not wait."""
    relay = Relay(ldap_target(stack))
    d = stack.daemon({'ldap_uri': f'ldap://127.0.0.1:{relay.port}', 'ldap_timeout': '2',
                      'ldap_connect_timeout': '2'}, name=f'ldap-{fault}')
    try:
        warm = d.client('jena-member')
        assert warm.propfind('/dav/files/', 'resourcetype').status == 207
        if fault == 'delay':
            relay.delay = 10.0
        elif fault == 'silence':
            relay.open.clear()
        else:
            relay.refuse()
        results, before = [], relay.connections

        def cold(i):
            start = time.monotonic()
            answer = d.client('erfurt-member', f'wrong-{i}', source=f'127.50.{i}.1').propfind(
                '/dav/files/', 'resourcetype')
            results.append((answer.status, answer.get('Retry-After'), time.monotonic() - start))

        threads = [threading.Thread(target=cold, args=(i,)) for i in range(20)]
        for t in threads:
            t.start()
        wait_for(lambda: relay.connections > before, 30, 'a question to the directory')
        start = time.monotonic()
        answer = warm.propfind('/dav/files/', 'resourcetype')
        took = time.monotonic() - start
        assert answer.status == 207, (answer, d.tail())
        for t in threads:
            t.join(120)
        tell(f'F20: {fault}: a warm login {took * 1e3:.1f} ms, 503 for cold ones after at most '
             f'{max(r[2] for r in results):.2f} s')
        assert took < 20
        assert len(results) == 20 and all(s == 503 and after for s, after, _ in results), (results, d.tail())
        relay.pass_on()
        wait_for(lambda: d.client('erfurt-member', source='127.51.1.1').propfind(
            '/dav/files/', 'resourcetype').status == 207, 30, 'recovery')
    finally:
        relay.end()
        d.stop()


def test_F20_directory_down_at_the_start(stack):
    """It starts all the same: only signing in waits for the directory."""
    relay = Relay(ldap_target(stack))
    relay.refuse()
    d = stack.daemon({'ldap_uri': f'ldap://127.0.0.1:{relay.port}'}, name='no-ldap')
    try:
        assert d.client('jena-member').propfind('/dav/files/', 'resourcetype').status == 503
        relay.pass_on()
        wait_for(lambda: d.client('jena-member').propfind('/dav/files/', 'resourcetype').status == 207,
                 30, 'the first login')
    finally:
        relay.end()
        d.stop()


# ---------------------------------------------------------------- the disk


@pytest.fixture
def full_disk(stack, request):
    """A daemon in a mount namespace of its own whose blob directory is a tmpfs of 20 MB."""
    if os.getuid() != 0:
        yield from limited(stack)
        return
    first = next_content(stack)
    store = scratch('small-store')
    owner = os.stat(stack.blob_dir())
    d = stack.daemon({'blob_dir': str(store)}, name='full', start=False)
    normal = d.command

    def command(*args):
        mount = (f'mount -t tmpfs -o size=20m,uid={owner.st_uid},gid={owner.st_gid},mode=0700'
                 f' store {store} && exec "$@"')
        return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', mount, 'sh', *normal(*args)]

    d.command = command
    d.start()
    yield d, f'/proc/{d.pid}/root{store}'
    d.stop()
    forget_lost_contents(stack, first)


def next_content(stack):
    return stack.sql('SELECT coalesce(max(id), 0) + 1 FROM blob')[0][0]


def forget_lost_contents(stack, first):
    """What came into a store that is gone now, and is in no document any more: nobody's damage."""
    stack.empty_trash()
    stack.sql('DELETE FROM blob WHERE id >= %s AND bytes IS NULL AND id NOT IN'
              ' (SELECT blob_id FROM dav_node WHERE blob_id IS NOT NULL UNION ALL SELECT blob_id FROM dav_version)', first)


def limited(stack):
    """Without root: a limit on the size of files stands in for the full disk."""
    first = next_content(stack)
    d = stack.daemon({'blob_dir': str(scratch('small-store'))}, name='full', start=False)
    normal = d.command
    d.command = lambda *args: ['prlimit', f'--fsize={12 << 20}', *normal(*args)]
    d.start()
    yield d, None
    d.stop()
    forget_lost_contents(stack, first)


def test_F05_blob_disk_full(full_disk, den):
    """507; the file and the quota stay as they were; what needs no disk goes on; no restart."""
    d, store = full_disk
    board = d.client('jena-board')
    twelve = os.urandom(12_000_000)
    assert board.put(den + 'f', twelve[:5_000_000]).status == 201
    etag = board.head(den + 'f').etag
    used = board.props(den, 'quota-used-bytes').text('quota-used-bytes')
    if store:
        filler = os.path.join(store, 'filler')
        with open(filler, 'wb') as f:
            with contextlib.suppress(OSError):
                f.write(bytes(30_000_000))
    for size in (5_000_000, 12_000_000) if store else (12_000_001 + (1 << 20),):
        body = (twelve * 2)[:size]
        assert board.put(den + 'f', body).status == 507, size
        assert board.put(den + 'new', body).status == 507, size
        assert board('PUT', den + 'f', b'%x\r\n' % len(body) + body + b'\r\n0\r\n\r\n',
                     Transfer_Encoding='chunked').status == 507
    assert board.head(den + 'f').etag == etag
    assert board.get(den + 'f').body == twelve[:5_000_000]
    assert list(board.listing(den)) == [den + 'f']
    assert board.props(den, 'quota-used-bytes').text('quota-used-bytes') == used
    assert board.put(den + 'small', b'in the database').status == 201
    assert board.mkcol(den + 'd/').status == 201
    assert board.delete(den + 'small').status == 204
    assert not d.temp_blobs()
    if store:
        os.unlink(filler)
        assert board.put(den + 'f', twelve[:6_000_000]).status == 204, 'recovers without a restart'
        assert board.get(den + 'f').body == twelve[:6_000_000]
    board.delete(den + 'f')


SYSCALLS = ['fsync:error=EIO', 'linkat:error=ENOSPC', 'pwrite64:error=ENOSPC', 'write:error=EIO',
            'openat:error=EMFILE', 'linkat:error=EIO']


def traced(pid):
    """Whether strace has all of its threads."""
    with contextlib.suppress(OSError):  # one has just ended
        return all('TracerPid:\t0\n' not in (task / 'status').read_text()
                   for task in pathlib.Path(f'/proc/{pid}/task').iterdir())


@pytest.mark.parametrize('inject', SYSCALLS)
def test_F08_system_calls_fail(stack, den, inject):
    """Wherever the disk refuses: no 2xx for that write, no damage, no temporary file."""
    d = stack.daemon(name='inject')
    board = d.client('jena-board')
    assert board.put(den + 'f', b'old').status == 201
    body = os.urandom(500_000)
    assert board.put(den + 'warm', body).status == 201
    call, _, error = inject.partition(':')
    trace = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}']
    if call in ('fsync', 'linkat', 'openat'):
        # only what concerns the store: fsync of its files, names below it
        trace += ['-P', str(stack.blob_dir())] if call == 'openat' else []
    trace += ['-e', f'inject={call}:{error}' + (':when=3+5' if call in ('write', 'openat') else ''), '-p',
              str(d.pid)]
    tracer = subprocess.Popen(trace, stderr=subprocess.PIPE, start_new_session=True)
    try:
        wait_for(lambda: traced(d.pid), 60, 'strace')
        board.conn = d.connect(timeout=5)  # it may be the answer that fails
        acknowledged = {}
        for i in range(6):
            name = f'{den}f{i}'
            try:
                answer = board.put(name, body + b'%d' % i)
            except (OSError, AssertionError):
                board.conn = d.connect(timeout=5)
                continue
            assert answer.status in (201, 204, 503, 507), answer
            if answer.status == 201:
                acknowledged[name] = body + b'%d' % i
        print(f'{inject}: {len(acknowledged)} of 6 acknowledged')
        if call in ('fsync', 'linkat'):
            assert not acknowledged, inject
    finally:
        tracer.terminate()
        tracer.wait(30)
    assert d.alive(), d.tail()
    board.conn = None
    for name, content in acknowledged.items():
        assert board.get(name).body == content
    assert board.get(den + 'f').body == b'old'
    wait_for(lambda: not d.temp_blobs(), 10, 'the end of temporary files')
    d.stop()
    stack.verify()


def test_F10_missing_and_damaged_blobs_are_reported(stack, server, den):
    """verify names them; a GET of one is a 503 for this file alone, never an empty 200."""
    board = server.client('jena-board')
    content = os.urandom(300_000)
    assert board.put(den + 'f', content).status == 201
    assert board.put(den + 'other', os.urandom(300_000)).status == 201
    digest = hashlib.sha256(content).hexdigest()
    [blob] = [p for p in server.blob_dir().rglob('*') if p.is_file()
              and digest in ''.join(p.relative_to(server.blob_dir()).parts)]
    kept = blob.rename(blob.with_name('kept-aside'))
    try:
        answer = board.get(den + 'f')
        assert answer.status == 503, answer
        assert board.get(den + 'other').status == 200
        assert stack.ctl('verify', check=False).returncode != 0
    finally:
        kept.rename(blob)
    stack.verify()
    blob.chmod(0o640)
    with open(blob, 'r+b') as f:
        f.seek(1000)
        byte = f.read(1)
        f.seek(1000)
        f.write(bytes([byte[0] ^ 1]))
    try:
        assert stack.ctl('verify', check=False).returncode != 0
    finally:
        with open(blob, 'r+b') as f:
            f.seek(1000)
            f.write(byte)
    stack.verify()
    os.truncate(blob, 1000)
    try:
        assert stack.ctl('verify', check=False).returncode != 0
    finally:
        blob.write_bytes(content)
        blob.chmod(0o440)
    stack.verify()

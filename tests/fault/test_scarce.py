"""What a machine may lack: descriptors, memory, a steady clock; and one chapter that wants it all
(F17, F23, F24, F25, F28, F36, F40)."""
import email.utils
import os
import random
import socket
import subprocess
import threading
import time

import pytest

from lib.figures import tell
from lib.stack import LONG, REPO, SANITIZED, scratch, wait_for

CLOCK = '''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

/* Seconds by which the clock on the wall is wrong, read anew each time. */
static long offset(void)
{
    static char path[256];
    long seconds = 0;
    if (path[0] == 0) snprintf(path, sizeof path, "%s", getenv("CLOCK_FILE"));
    FILE *f = fopen(path, "re");
    if (f != NULL) { if (fscanf(f, "%ld", &seconds) != 1) seconds = 0; fclose(f); }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int r = real(clock, t);
    if (clock == CLOCK_REALTIME) t->tv_sec += offset();
    return r;
}
time_t time(time_t *p)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (p != NULL) *p = t.tv_sec;
    return t.tv_sec;
}
int gettimeofday(struct timeval *restrict v, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    v->tv_sec = t.tv_sec;
    v->tv_usec = t.tv_nsec / 1000;
    return 0;
}
'''


def shim(source):
    home = scratch('shim')
    (home / 'shim.c').write_text(source)
    done = subprocess.run(['cc', '-shared', '-fPIC', '-o', home / 'shim.so', home / 'shim.c', '-ldl'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return home / 'shim.so'


def test_F28_the_clock_jumps(stack, server, den):
    """An hour, a year, back and forth: locks hold, nobody is signed out or cut off, jobs go on."""
    file = scratch('clock') / 'offset'
    file.write_text('0')
    d = stack.daemon(env={'LD_PRELOAD': str(shim(CLOCK)), 'CLOCK_FILE': str(file),
                          'ASAN_OPTIONS': 'verify_asan_link_order=0:detect_leaks=0'}, name='clock')
    try:
        board, chair = d.client('jena-board'), d.client('jena-chair')
        assert board.put(den + 'f', b'0').status == 201
        key = board.locked(den + 'f')
        etag = board.head(den + 'f').etag
        idle = d.connect()
        for seconds in (3600, -3600, 31_536_000, -31_536_000, 7200, 0):
            file.write_text(str(seconds))
            assert abs(seconds_ahead(board.head(den + 'f')) - seconds) < 30, 'the daemon does not see this clock'
            assert chair.put(den + 'f', b'x').status == 423, seconds
            assert board.head(den + 'f').etag == etag
            assert board.put(f'{den}n{seconds}', os.urandom(100_000)).status == 201
            assert board.put(den + 'f', b'0', If=f'({key})').status == 204
            etag = board.head(den + 'f').etag
            stack.sql("DELETE FROM job_run WHERE name = 'quota_fold'")
            wait_for(lambda: stack.sql("SELECT 1 FROM job_run WHERE name = 'quota_fold' AND finished IS NOT NULL"),
                     20, f'a job with the clock {seconds} s ahead')
        idle.send(f'GET /healthz HTTP/1.1\r\nHost: {d.host}\r\n\r\n'.encode())
        assert idle.answer().status == 200, 'a connection that waited all the while'
        assert board.unlock(den + 'f', key).status == 204
    finally:
        d.stop()


def seconds_ahead(answer):
    return email.utils.parsedate_to_datetime(answer.get('Date')).timestamp() - time.time()


@pytest.mark.parametrize('call', ['accept4', 'openat', 'socket'])
def test_F24_no_descriptor_is_to_be_had(stack, den, call):
    """EMFILE three times of four: what needs a descriptor waits or is 503, nothing breaks, all is well after."""
    d = stack.daemon(name=f'emfile-{call}')
    board = d.client('jena-board')
    assert board.put(den + 'f', b'old').status == 201
    tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}', '-e',
                               f'inject={call}:error=EMFILE:when=1..3', '-p', str(d.pid)], start_new_session=True)
    statuses = []
    try:
        time.sleep(1)
        for i in range(8):
            client = d.client('jena-board')
            try:
                statuses.append(client.put(f'{den}n{i}', os.urandom(100_000)).status)
            except (OSError, AssertionError):
                statuses.append(None)
    finally:
        tracer.terminate()
        tracer.wait(30)
    tell(f'F24: {call} fails three times: {statuses}')
    assert set(statuses) <= {201, 503, 507, None} and d.alive(), d.tail()
    wait_for(d.answers, 30, 'recovery')
    assert d.client('jena-board').get(den + 'f').body == b'old'
    for i, status in enumerate(statuses):
        if status == 201:
            assert len(d.client('jena-board').get(f'{den}n{i}').body) == 100_000
    assert not d.temp_blobs()
    d.stop()


def test_F25_little_memory(stack, den):
    """300 MiB of data in all for a daemon that sixty clients ask for much at once: it serves, or says 503."""
    build = REPO / 'build' if SANITIZED else None  # a sanitizer wants terabytes of addresses
    d = stack.daemon({'workers': '8'}, name='little', build=build, start=False)
    normal = d.command
    d.command = lambda *args: ['prlimit', f'--data={300 << 20}', *normal(*args)]
    d.start()
    try:
        board = d.client('jena-board')
        for i in range(300):
            assert board.put(f'{den}n{i}', b'x').status == 201
        statuses, lock = {}, threading.Lock()

        def ask(i):
            client = d.client('jena-board', source=f'127.61.{i}.1')
            for n in range(4):
                if (i + n) % 2:
                    status = client.propfind(den, 'getetag', 'displayname', depth='1').status
                else:
                    status = client.put(f'{den}big{i}', os.urandom(2_000_000)).status
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(60)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(200)
        tell(f'F25: 300 MiB of memory, 60 clients: {statuses}, resident {d.rss() >> 20} MiB')
        assert set(statuses) <= {207, 201, 204, 503} and sum(statuses.values()) == 240
        assert d.alive(), d.tail()
    finally:
        d.stop()


def test_F17_deadlocks(stack, server, place):
    """Folders moved into each other by many at once: each is done once or refused, nobody gets a 500."""
    board = server.client('jena-board')
    for name in 'abcd':
        assert board.mkcol(f'{place}{name}/').status == 201
    statuses, lock = {}, threading.Lock()

    def move(seed):
        dice, client = random.Random(seed), server.client('jena-board')
        for _ in range(40):
            a, b = dice.sample('abcd', 2)
            for source, target in ((f'{place}{a}/', f'{place}{b}/{a}/'), (f'{place}{b}/{a}/', f'{place}{a}/')):
                status = client.move(source, target, Overwrite='F').status
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=move, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(200)
    tell(f'F17: 8 clients move folders into each other: {statuses}')
    assert set(statuses) <= {201, 403, 404, 409, 412, 503}, statuses
    names = set()

    def walk(href):
        for child, entry in board.listing(href).items():
            names.add(child.rstrip('/').rpartition('/')[2])
            walk(child)

    walk(place)
    assert names == set('abcd'), 'none is lost, none is doubled'
    stack.verify()


def test_F23_handed_over_without_a_refusal(stack):
    """systemd keeps the socket: three restarts, and every connection of the while is answered."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(512)
        port = listener.getsockname()[1]
        d = stack.daemon(name='handed', start=False)
        d.port, d.host = port, f'127.0.0.1:{port}'
        d.write({**d.settings, 'listen': d.host, 'base_url': f'http://{d.host}'})

        def spawn():
            command = ['bash', '-c', f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"',
                       'bash', *normal()]
            with open(d.log, 'ab') as log:
                d.process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=[listener.fileno()],
                                             env=d.environment(), cwd='/')
            d.pid = d.process.pid

        normal, d.spawn = d.command, spawn
        d.start()
        stop, answered, refused = threading.Event(), [], []

        def ask():
            while not stop.is_set():
                try:
                    with d.connect(timeout=60) as conn:
                        conn.send(f'GET /healthz HTTP/1.1\r\nHost: {d.host}\r\n\r\n'.encode())
                        answered.append(conn.answer().status)
                except (OSError, AssertionError) as trouble:
                    refused.append(repr(trouble))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for t in threads:
            t.start()
        for _ in range(3):
            before = len(answered)
            wait_for(lambda: len(answered) > before + 20, 60, 'answers')
            d.stop()
            d.start()
        stop.set()
        for t in threads:
            t.join(60)
        tell(f'F23: restarted three times with the socket kept: {len(answered)} answered, {len(refused)} refused')
        assert not refused, refused[:3]
        d.stop()


def test_F36_killed_while_it_migrates(stack):
    """A new database, and the migration killed at any moment: nothing of it is there, or all of it."""
    conf = scratch('migrate') / 'chapterd.conf'
    text = stack.conf.read_text()
    outcomes, whole = {'nothing': 0, 'all': 0}, set()
    run = ['-h', stack.env['PGHOST'], '-U', 'postgres']
    conf.write_text(text.replace('dbname=chapterd', 'dbname=half'))
    conf.parent.chmod(0o755)
    env = {**os.environ, 'CHAPTERD_CONF': str(conf)}
    for round in range(30 if LONG else 8):
        subprocess.run(['createdb', *run, '-O', 'chapterd_owner', 'half'], check=True)
        try:
            process = subprocess.Popen([stack.program('chapterctl'), 'migrate'], env=env, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(0.02 * round if not LONG else random.uniform(0, 0.6))
            process.kill()
            process.wait()
            wait_for(lambda: not stack.sql("SELECT 1 FROM pg_stat_activity WHERE datname = 'half'"), 30,
                     'the end of its session')
            tables = subprocess.run(['psql', '-X', '-At', *run, 'half', '-c', 'SELECT count(*) FROM pg_class c WHERE'
                                     " relnamespace = to_regnamespace('chapterd') AND relkind = 'r'"], check=True,
                                    stdout=subprocess.PIPE, text=True).stdout.strip()
            outcomes['nothing' if tables == '0' else 'all'] += 1
            if tables != '0':
                whole.add(tables)
            done = subprocess.run([stack.program('chapterctl'), 'migrate'], env=env, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            assert done.returncode == 0, done.stdout
        finally:
            subprocess.run(['dropdb', *run, '--force', 'half'], check=True)
    tell(f"F36: the migration killed {sum(outcomes.values())} times: {outcomes['nothing']} times nothing of it was"
         f" there, {outcomes['all']} times all of it; done anew each time")
    assert len(whole) <= 1, 'all is always the same'


SMALL = [('jena-member', 'jena'), ('erfurt-member', 'erfurt'), ('jena-board', 'jena'), ('erfurt-board', 'erfurt')]


class Window:
    """A while in which members of small chapters ask, alone or beside those who list the huge folder again and again;
    how often each was answered."""

    def __init__(self, server, huge, seconds):
        self.server, self.small, self.lists, self.slowest = server, 0, 0, 0.0
        self.lock, self.stop = threading.Lock(), threading.Event()
        threads = [threading.Thread(target=self.ask, args=(user, f'/dav/files/{slug}/')) for user, slug in SMALL]
        threads += [threading.Thread(target=self.list, args=(huge,)) for _ in range(4 if huge else 0)]
        for t in threads:
            t.start()
        time.sleep(seconds)
        self.stop.set()
        for t in threads:
            t.join(120)

    def ask(self, user, home):
        client = self.server.client(user)
        while not self.stop.is_set():
            start = time.monotonic()
            assert client.propfind(home, 'getetag', depth='1').status == 207
            with self.lock:
                self.small += 1
                self.slowest = max(self.slowest, time.monotonic() - start)
            time.sleep(0.05)

    def list(self, huge):
        client = self.server.client('weimar-chair')
        while not self.stop.is_set():
            answer = client.propfind(huge, 'getetag', 'displayname', 'getcontentlength', depth='1')
            assert answer.status == 207
            with self.lock:
                self.lists += 1


def test_F40_one_huge_chapter_and_small_ones(stack, server):
    """One chapter lists thousands of members without pause; clients of others get their share all the same: not much
    less than what they get alone, in the same minute on the same machine."""
    n = 5000 if LONG else 1500
    board = server.client('weimar-chair')
    base = '/dav/files/weimar/t-huge/'
    assert board.mkcol(base).status == 201

    def fill(part):
        client = server.client('weimar-chair')
        for i in range(part, n, 8):
            assert client.put(f'{base}n{i}', b'x').status == 201

    try:
        run_all([threading.Thread(target=fill, args=(i,)) for i in range(8)])
        Window(server, base, 0.5)  # logins, plans and caches
        alone, beside, lists, slowest = 0, 0, 0, 0.0
        for _ in range(5):
            alone += Window(server, None, 3 if LONG else 0.8).small
            window = Window(server, base, 3 if LONG else 0.8)
            beside, lists, slowest = beside + window.small, lists + window.lists, max(slowest, window.slowest)
        tell(f'F40: a folder of {n} listed {lists} times: {beside} requests of other chapters beside it, {alone} in the '
             f'same time alone: {beside / alone:.0%}; the slowest {slowest * 1e3:.0f} ms')
        assert lists >= 5 and beside * 8 >= alone, (alone, beside, lists)
    finally:
        board.delete(base)


def run_all(threads):
    for t in threads:
        t.start()
    for t in threads:
        t.join(300)

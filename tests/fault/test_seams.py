"""What the C library may refuse: memory and threads, one after the other (F25, F26). A small library that is loaded
before it counts the requests and refuses the one that a test asks for."""
import contextlib
import mmap
import os
import re
import struct
import subprocess

import pytest

from lib.figures import tell
from lib.stack import BUILD, LONG, REPO, SANITIZED, scratch, wait_for
from lib.wire import NoAnswer

RELEASE = REPO / 'build' if SANITIZED else BUILD  # a sanitizer has an allocator and threads of its own
HOME = '/dav/files/jena/Mitglieder/'

SEAM = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Shared with the test: how many there have been, and which is to fail, 0 for none. */
struct seam { atomic_long allocations, fail_allocation, threads, fail_thread; };
static struct seam none;
static struct seam *seam = &none;
static pid_t owner;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SEAM_FILE");
    int fd = path == NULL ? -1 : open(path, O_RDWR);
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    owner = getpid();
    if (p != MAP_FAILED) seam = p;
}

/* The helpers are processes of their own, and none of this business. */
static int fails(atomic_long *count, atomic_long *wanted)
{
    if (atomic_load_explicit(wanted, memory_order_relaxed) == 0 || getpid() != owner) return 0;
    return atomic_fetch_add(count, 1) + 1 == atomic_load(wanted);
}
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *malloc(size_t n)
{
    if (fails(&seam->allocations, &seam->fail_allocation)) { errno = ENOMEM; return NULL; }
    return __libc_malloc(n);
}
void *calloc(size_t n, size_t m)
{
    if (fails(&seam->allocations, &seam->fail_allocation)) { errno = ENOMEM; return NULL; }
    return __libc_calloc(n, m);
}
void *realloc(void *p, size_t n)
{
    if (fails(&seam->allocations, &seam->fail_allocation)) { errno = ENOMEM; return NULL; }
    return __libc_realloc(p, n);
}
int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *own)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (fails(&seam->threads, &seam->fail_thread)) return EAGAIN;
    return real(t, a, run, own);
}
'''


class Seam:
    """The four numbers of the library; NEVER counts without failing."""
    NEVER = 1 << 40

    def __init__(self):
        home = scratch('seam')
        (home / 'seam.c').write_text(SEAM)
        done = subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-o', home / 'seam.so', home / 'seam.c', '-ldl'],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        self.path = home / 'numbers'
        self.path.write_bytes(bytes(4096))
        self.path.chmod(0o666)
        with open(self.path, 'r+b') as f:
            self.numbers = mmap.mmap(f.fileno(), 4096)
        self.env = {'LD_PRELOAD': str(home / 'seam.so'), 'SEAM_FILE': str(self.path)}

    def set(self, allocation=0, thread=0):
        self.numbers[:32] = struct.pack('4q', 0, allocation, 0, thread)

    def counted(self):
        """(allocations, threads) since set()."""
        numbers = struct.unpack('4q', self.numbers[:32])
        return numbers[0], numbers[2]


@pytest.fixture
def seam():
    return Seam()


def test_F26_no_thread_is_to_be_had(stack, seam):
    """Whichever of its threads cannot be made at the start: it says so and ends, with no process left over."""
    d = stack.daemon({'workers': '4'}, env=seam.env, build=RELEASE, name='no-thread', start=False)
    seam.set(thread=Seam.NEVER)
    d.start()
    threads = seam.counted()[1]
    d.stop()
    assert threads > 8, threads
    numbers = range(1, threads + 1) if LONG else sorted({*range(1, threads + 1, 4), threads})
    for n in numbers:
        seam.set(thread=n)
        before = d.log.stat().st_size
        d.spawn()
        wait_for(lambda: not d.alive() or d.answers(), 60, f'the end without thread {n}')
        if d.alive():  # a thread of a library, which did without it
            d.stop()
            continue
        said = d.log.read_bytes()[before:].decode()
        assert d.process.returncode == 1 and re.search('thread|ulimit', said), (n, d.process.returncode, said)
    tell(f'F26: {len(numbers)} of {threads} threads refused at the start, one at a time')
    seam.set()
    d.start()
    assert d.client('jena-member').propfind(HOME, 'resourcetype').status == 207
    d.stop()


DEEP = [('nested', lambda n: '<a>' * n + '</a>' * n),
        ('prop', lambda n: '<D:propfind xmlns:D="DAV:"><D:prop>' + '<a>' * n + '</a>' * n
                 + '</D:prop></D:propfind>'),
        ('sync', lambda n: '<D:sync-collection xmlns:D="DAV:">' + '<D:prop>' * n)]


@pytest.mark.parametrize('what, make', DEEP, ids=[d[0] for d in DEEP])
def test_F26_deep_input_and_a_small_stack(stack, what, make):
    """256 KiB of stack for each thread, and elements in elements as deep as bodies can be: refused, and nobody falls."""
    d = stack.daemon(build=RELEASE, name='shallow', start=False)
    normal = d.command
    d.command = lambda *args: ['prlimit', f'--stack={256 << 10}', *normal(*args)]
    d.start()
    try:
        client = d.client('jena-member')
        for depth in (10, 1000, 10_000, 30_000):
            for method in ('PROPFIND', 'PROPPATCH', 'REPORT', 'LOCK', 'MKCOL'):
                target = HOME + ('none' if method in ('LOCK', 'MKCOL') else '')
                answer = client(method, target, make(depth), Depth='0')
                assert 400 <= answer.status < 500 or (depth == 10 and answer.status == 207), (method, depth, answer)
        assert client.propfind(HOME, 'resourcetype').status == 207 and d.alive()
    finally:
        d.stop()


class Ask:
    """One kind of request: how it is made, what it may answer, and what there must be afterwards."""

    def __init__(self, name, ask, good, after=None):
        self.name, self.ask, self.good, self.after = name, ask, good, after


OLD, NEW = b'old' * 1000, b'new' * 30_000

ASKS = [
    Ask('list', lambda c, p: c.propfind(p, 'getetag', 'displayname', depth='1'), {207}),
    Ask('read', lambda c, p: c.get(p + 'f'), {200}),
    Ask('write', lambda c, p: c.put(p + 'f', NEW), {204}, lambda c, p: c.get(p + 'f').body in (OLD, NEW)),
    Ask('small', lambda c, p: c.put(p + 'g', b'y'), {201, 204}, lambda c, p: c.get(p + 'g').body == b'y'),
    Ask('properties', lambda c, p: c.proppatch(p + 'f', 'x', 'v'), {207}),
    Ask('page', lambda c, p: c.get('/login'), {200}),
]


@pytest.mark.parametrize('asked', ASKS, ids=[a.name for a in ASKS])
def test_F25_no_memory_is_to_be_had(stack, den, seam, asked):
    """The n-th request for memory of one request is refused, for each n. It is answered as ever, or with 503, or the
    process ends as arena.h says (systemd starts it again); it says nothing wrong, hangs or falls nowhere else, and
    leaves nothing half done."""
    d = stack.daemon({'workers': '2'}, env=seam.env, build=RELEASE, name=f'oom-{asked.name}')
    outcomes = {}
    try:
        board = d.client('jena-board')
        assert board.put(den + 'f', OLD).status in (201, 204)
        for _ in range(3):
            assert asked.ask(board, den).status in asked.good
        seam.set(allocation=Seam.NEVER)
        assert asked.ask(board, den).status in asked.good
        total = seam.counted()[0]
        assert total > 0
        numbers = range(1, total + 1) if LONG else sorted({*range(1, total + 1, max(1, total // 12)), total})
        for n in numbers:
            if not d.alive():
                seam.set()
                d.start()
                board = d.client('jena-board')
                assert asked.ask(board, den).status in asked.good
            seam.set(allocation=n)
            outcome = outcome_of(d, lambda: asked.ask(board, den).status)
            seam.set()
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            assert outcome in ({*asked.good, 503, 'closed', 'aborted'}), (n, outcome, d.tail())
            if asked.after and d.alive():
                assert after(asked, d, den), n
        if not d.alive():
            d.start()
        assert asked.after is None or after(asked, d, den)
        wait_for(lambda: d.client('jena-board').propfind(den, 'resourcetype').status == 207, 30, 'all well')
        tell(f'F25: {asked.name}: {len(numbers)} of {total} requests for memory refused: {outcomes}')
    finally:
        seam.set()
        d.stop(check=False)


def after(asked, d, place):
    """Is what there must be there, once a connection to the database that was lost is made anew?"""
    wait_for(lambda: d.client('jena-board').head(place).status == 200, 30, 'an answer')
    return asked.after(d.client('jena-board'), place)


def outcome_of(d, ask):
    """A status, or what came instead of one."""
    try:
        return ask()
    except (NoAnswer, OSError):
        # abort() in a process is seen by its parent a moment later than by its clients.
        with contextlib.suppress(subprocess.TimeoutExpired):
            d.process.wait(2)
        if d.alive():
            return 'closed'
        return 'aborted' if d.process.returncode in (-6, 134, 1) else f'died of {d.process.returncode}'
    except AssertionError as trouble:
        return str(trouble)[:300]

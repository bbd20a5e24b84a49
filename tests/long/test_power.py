"""Power fails under load: what had not been flushed to the disk is gone, of the store and of PostgreSQL (F09).

Both lie in a file system of their own. EXT4_IOC_SHUTDOWN without a flush, as in xfstests: what is not on the
device by then, data or journal, is thrown away, and everything that runs on it is killed. A disk that
loses what it has said to have flushed is not simulated."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import random
import signal
import struct
import subprocess
import time

import pytest

from lib.figures import tell
from lib.load import Load
from lib.stack import Stack, scratch, wait_for

SHUTDOWN, NO_FLUSH = 0x8004587d, 2
CUTS = int(os.environ.get('POWER_CUTS', '20'))
NO_FSYNC = '''
int fsync(int fd) { (void)fd; return 0; }
int fdatasync(int fd) { (void)fd; return 0; }
int syncfs(int fd) { (void)fd; return 0; }
int sync_file_range(int fd, long long from, long long n, unsigned flags)
{ (void)fd; (void)from; (void)n; (void)flags; return 0; }
'''


def run(*command):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, (command, done.stdout)


class Disk:
    """An ext4 in a file, seen by this process and its children alone: it goes with them."""

    def __init__(self):
        assert os.getuid() == 0, 'mounting a disk of its own needs root: sudo make check-long ONLY=power'
        if ctypes.CDLL(None, use_errno=True).unshare(0x20000) != 0:  # CLONE_NEWNS
            raise OSError(ctypes.get_errno(), 'unshare')
        run('mount', '--make-rprivate', '/')
        self.image = scratch('disk') / 'image'
        self.place = scratch('power')
        with open(self.image, 'wb') as f:
            f.truncate(3 << 30)
        run('mkfs.ext4', '-q', '-F', self.image)
        self.mount()
        self.place.chmod(0o755)

    def mount(self):
        run('mount', '-o', 'loop,commit=300', self.image, self.place)  # no flush that nobody asked for

    def users(self):
        """Whoever has something open on it or works in it."""
        found = set()
        for process in pathlib.Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError):
                for link in (process / 'cwd', *(process / 'fd').iterdir()):
                    with contextlib.suppress(OSError):
                        if os.readlink(link).startswith(f'{self.place}/'):
                            found.add(int(process.name))
        return found - {os.getpid()}

    def power_off(self):
        fd = os.open(self.place, os.O_RDONLY)
        fcntl.ioctl(fd, SHUTDOWN, struct.pack('I', NO_FLUSH))
        os.close(fd)

    def power_on(self):
        while users := self.users():
            for pid in users:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        run('umount', self.place)
        self.mount()


@pytest.fixture
def disk():
    d = Disk()
    yield d
    with contextlib.suppress(AssertionError):
        d.power_off()
        d.power_on()
        run('umount', d.place)


@pytest.fixture
def home(disk):
    """A stack on that disk, whose present state is safe."""
    stack = Stack(disk.place / 'stack')
    stack.only_servers()
    d = stack.daemon(name='powered')
    board = d.client('jena-board')
    assert board.mkcol('/dav/files/jena/power/').status == 201
    run('sync', '-f', disk.place)
    yield stack, d
    for pid in disk.users():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def cut_power(disk, stack, d, load, canary):
    """Off at any moment, and on again, with everything on it."""
    before = load.writes
    wait_for(lambda: load.writes > before + 40, 300, 'progress of the writers')
    time.sleep(random.uniform(0.0, 0.5))
    canary.write_bytes(b'x' * 1_000_000)  # nobody has flushed this
    disk.power_off()
    d.kill()
    disk.power_on()
    assert not canary.exists() or canary.read_bytes() != b'x' * 1_000_000, 'the disk has lost nothing'
    stack.part('up', 'postgres')
    stack.part('up', 'directory')


def test_F09_power_fails_under_load(disk, home):
    stack, d = home
    slowest = 0.0
    with Load(d, '/dav/files/jena/power/') as load:
        for number in range(CUTS):
            cut_power(disk, stack, d, load, disk.place / f'canary{number}')
            start = time.monotonic()
            d.start(60)
            slowest = max(slowest, time.monotonic() - start)
    lost = load.lost(d.client('jena-board'))
    tell(f'F09: power failed {CUTS} times: {load.figures()}; slowest start {slowest:.2f} s; {len(lost)} lost')
    assert not lost, lost
    assert "'500'" not in load.figures(), 'a disk that fails is no fault of the daemon: 503'
    assert not d.temp_blobs()
    d.stop()
    stack.verify()


def test_F09_would_notice(disk, home):
    """The same with a daemon whose fsync does nothing: it must lose something, or the test above says nothing."""
    stack, d = home
    source = scratch('shim') / 'shim.c'
    source.write_text(NO_FSYNC)
    run('cc', '-shared', '-fPIC', '-o', source.with_suffix('.so'), source)
    d.stop()
    d.env = {'LD_PRELOAD': str(source.with_suffix('.so')), 'ASAN_OPTIONS': 'verify_asan_link_order=0'}
    d.start()
    with Load(d, '/dav/files/jena/power/') as load:
        cut_power(disk, stack, d, load, disk.place / 'canary')
        d.env = {}
        d.start(60)
    lost = load.lost(d.client('jena-board'))
    tell(f'F09: power failed once without fsync: {load.writes} acknowledged, {len(lost)} lost, as it must be')
    assert lost
    d.kill()

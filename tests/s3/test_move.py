"""chapterctl blobs move: from the disk to the bucket and back while people read and write."""
import hashlib
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

from lib.stack import LONG, as_owner, wait_for
from lib.wire import NoAnswer

HOME = '/dav/files/jena/'


def stores(stack):
    """How many parts are where: {0: on the disk, 1: in the bucket}."""
    return dict(stack.sql('SELECT store, count(*)::int FROM blob_part GROUP BY store'))


def move_command(stack, conf, to):
    return as_owner(stack.blob_dir(), [stack.program('chapterctl'), '-c', conf, 'blobs', 'move', '--to', to])


def move(stack, conf, to, **more):
    return subprocess.run(move_command(stack, conf, to), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd='/', timeout=600, **more)


@pytest.fixture
def folder(server, request):
    anna = server.client('jena-board')
    href = f'{HOME}m-{os.urandom(4).hex()}/'
    assert anna.mkcol(href).status == 201
    yield href
    server.client('jena-board').delete(href)


class People:
    """Readers and writers who compare every byte they get with what they know was written."""

    def __init__(self, server, folder, names, data):
        self.server, self.folder, self.names = server, folder, names
        self.data = data                     # name -> all contents it has had or may have by now
        self.sure = {n: 0 for n in names}    # name -> which of them it had at least
        self.reads = self.writes = self.wrong = self.refused = 0
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.read) for _ in range(3)]
        self.threads.append(threading.Thread(target=self.write))
        [t.start() for t in self.threads]

    def read(self):
        client, dice = self.server.client('jena-member'), random.Random(1)
        while not self.stop.is_set():
            name = dice.choice(self.names)
            with self.lock:
                sure = self.sure[name]
            answer = client.get(self.folder + name)
            with self.lock:
                if answer.status == 200 and answer.body in self.data[name][sure:]:
                    self.reads += 1
                elif answer.status == 503:
                    self.refused += 1
                else:
                    self.wrong += 1
            time.sleep(0.05)  # Swift is in Python: three who never pause are all it can serve

    def write(self):
        client, dice = self.server.client('jena-board'), random.Random(2)
        while not self.stop.is_set():
            name, new = dice.choice(self.names), os.urandom(dice.randrange(70_000, 300_000))
            with self.lock:
                self.data[name].append(new)   # known before it is there: readers may see it first
            answer = client.put(self.folder + name, new)
            with self.lock:
                if answer.status == 204:
                    self.writes += 1
                    self.sure[name] = len(self.data[name]) - 1
                else:
                    self.refused += 1
                    self.data[name].remove(new)
            time.sleep(0.2)

    def end(self):
        self.stop.set()
        [t.join(60) for t in self.threads]
        print(f'meanwhile: {self.reads} reads, {self.writes} writes, {self.refused} refused, {self.wrong} wrong')


def fill(server, folder, n=40):
    anna = server.client('jena-board')
    data = {f'{i}.bin': [os.urandom(random.randrange(70_000, 400_000))] for i in range(n)}
    for name, (content,) in data.items():
        wait_for(lambda: anna.put(folder + name, content).status == 201, 60, f'the upload of {name}')
    return data


def check_all(server, folder, data):
    client = server.client('jena-board')
    for name, contents in data.items():
        answer = client.get(folder + name)
        assert answer.status == 200 and answer.body == contents[-1], (name, answer)


def test_there_and_back_while_people_work(stack, settings, server, swift, folder):
    data = fill(server, folder)
    people = People(server, folder, list(data), data)
    files = {}
    try:
        for to in ('disk', 's3', 'disk', 's3'):
            done = move(stack, server.conf, to)
            assert done.returncode == 0, done.stdout
            files[to] = int(re.search(r'(\d+) files', done.stdout)[1])
            print(f'to {to}: {done.stdout.splitlines()[0]}')
    finally:
        people.end()
    assert people.wrong == 0 and people.reads > 20 and people.writes > 5
    assert files['s3'] >= 40 and files['disk'] >= 20
    check_all(server, folder, data)
    assert move(stack, server.conf, 's3').returncode == 0
    assert set(stores(stack)) == {1}
    assert move(stack, server.conf, 's3').stdout.startswith('0 files')
    stack.verify(conf=server.conf)


def test_the_old_copy_stays_for_a_week(stack, server, swift, folder):
    data = fill(server, folder, 1)['0.bin'][0]
    name = hashlib.sha256(data).hexdigest()
    assert move(stack, server.conf, 'disk').returncode == 0
    copy, = server.blob_dir().glob(f'objects/*/*/{name}')
    assert [k for k in swift.keys() if k.endswith(name)], 'the bucket lost it at once'
    os.utime(copy, (1_000_000_000, 1_000_000_000))
    assert move(stack, server.conf, 's3').returncode == 0
    assert copy.exists() and time.time() - copy.stat().st_mtime < 3600, 'the sweep would take it at once'
    os.utime(copy, (time.time() - 8 * 86400,) * 2)
    stack.sql("UPDATE job_run SET started = now() - interval '2 days' WHERE name = 'blob_sweep'")
    wait_for(lambda: not copy.exists(), 90, 'the sweep of the old copy')
    assert server.client('jena-board').get(folder + '0.bin').body == data


def test_it_goes_on_after_being_killed_at_any_moment(stack, server, swift, folder):
    """Killed again and again at random, from either side; afterwards one run does the rest."""
    data = fill(server, folder)
    people = People(server, folder, list(data), data)
    kills, ended, dice = 0, 0, random.Random(3)
    try:
        for to in ('disk', 's3') * (10 if LONG else 2):
            for _ in range(4):
                child = subprocess.Popen(move_command(stack, server.conf, to), stdout=subprocess.DEVNULL, cwd='/',
                                         stderr=subprocess.DEVNULL)
                try:
                    child.wait(dice.uniform(0.05, 2.5))
                    ended += 1
                except subprocess.TimeoutExpired:
                    child.send_signal(signal.SIGKILL)
                    child.wait()
                    kills += 1
            assert move(stack, server.conf, to).returncode == 0
    finally:
        people.end()
    print(f'{kills} kills, {ended} runs that ended before')
    assert kills >= 5 and people.wrong == 0
    check_all(server, folder, data)
    stack.verify(conf=server.conf)


@pytest.mark.parametrize('point', [60, 61, 62, 63, 64])
def test_it_goes_on_after_each_crash_point(stack, settings, server, swift, folder, point):
    """60 to 62: within, before and after an upload; 63: copied, not used yet; 64: used from there."""
    anna = server.client('jena-board')
    data = os.urandom(1 << 20) * 66 if point == 60 else os.urandom(100_000)
    wait_for(lambda: anna.put(folder + 'x.bin', data).status == 201, 60, 'the upload')
    assert move(stack, server.conf, 'disk').returncode == 0
    swift.remove(next(k for k in swift.keys() if k.endswith(hashlib.sha256(data).hexdigest())))
    died = move(stack, server.conf, 's3', env={**os.environ, 'CHAPTERD_CRASH': str(point)})
    assert died.returncode not in (0, 1), f'it did not die at {point}: {died.stdout}'
    assert anna.get(folder + 'x.bin').body == data
    done = move(stack, server.conf, 's3')
    assert done.returncode == 0, done.stdout
    assert anna.get(folder + 'x.bin').body == data and set(stores(stack)) == {1}
    stack.verify(conf=server.conf)
    for upload in range(swift.uploads()):
        swift.end_upload()


@pytest.mark.parametrize('point', [60, 61, 62])
def test_a_daemon_that_dies_in_an_upload_shows_nothing_half(stack, settings, server, swift, folder, point):
    d = stack.daemon(settings, env={'CHAPTERD_CRASH': str(point)}, name=f'dies-{point}')
    data = os.urandom(1 << 20) * 66 if point == 60 else os.urandom(100_000)
    with pytest.raises((NoAnswer, OSError)):
        d.client('jena-board').put(folder + 'half.bin', data)
    wait_for(lambda: not d.alive(), 30, 'its end')
    anna = server.client('jena-board')
    assert anna.get(folder + 'half.bin').status == 404
    assert anna.put(folder + 'half.bin', data).status == 201
    assert anna.get(folder + 'half.bin').body == data
    for upload in range(swift.uploads()):
        swift.end_upload()


def test_damage_is_left_where_it_is(stack, server, swift, folder):
    data = fill(server, folder, 2)
    assert move(stack, server.conf, 'disk').returncode == 0
    good, bad = (hashlib.sha256(data[n][0]).hexdigest() for n in ('0.bin', '1.bin'))
    path, = server.blob_dir().glob(f'objects/*/*/{bad}')
    for key in [k for k in swift.keys() if k.endswith((good, bad))]:
        swift.remove(key)
    whole = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = move(stack, server.conf, 's3')
    assert done.returncode == 1 and bad in done.stdout and 'verify' in done.stdout, done.stdout
    assert not [k for k in swift.keys() if k.endswith(bad)], 'damage was copied'
    assert [k for k in swift.keys() if k.endswith(good)]
    path.write_bytes(whole)
    assert move(stack, server.conf, 's3').returncode == 0
    check_all(server, folder, data)


def test_it_waits_for_a_store_that_is_away(stack, server, swift, folder):
    data = fill(server, folder, 3)
    assert move(stack, server.conf, 'disk').returncode == 0
    for key in swift.keys():
        swift.remove(key)
    swift.down()
    child = subprocess.Popen(move_command(stack, server.conf, 's3'), cwd='/', stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    time.sleep(3)
    swift.up()
    out, _ = child.communicate(timeout=300)
    assert child.returncode == 0, out
    wait_for(lambda: server.client('jena-board').get(folder + '0.bin').status == 200, 60, 'a download')
    check_all(server, folder, data)


def test_usage(stack, server):
    conf = stack.dir / 'disk-only.conf'
    conf.write_text(stack.conf.read_text())
    assert move(stack, server.conf, 'tape').returncode == 2
    done = move(stack, conf, 's3')
    assert done.returncode == 1 and 's3_endpoint' in done.stdout

"""The daemon dies: at every numbered point of the write path, and at random under load (F01, F02)."""
import contextlib
import os
import re
import random
import subprocess
import time

import pytest

from lib.figures import tell
from lib.load import Load
from lib.stack import BUILD, LONG, REPO, wait_for
from lib.wire import NoAnswer

FAULTS = BUILD if os.environ.get('CHAPTERD_FAULTS') is None else REPO / os.environ['CHAPTERD_FAULTS']
if FAULTS.name not in ('faults', 'asan'):
    FAULTS = REPO / ('build/faults' if (REPO / 'build/faults').exists() else 'build/asan')


def crash_points():
    """number -> file, from the source. 60 and above are about the S3 store: tests/s3."""
    found = {}
    listed = subprocess.run(['git', 'ls-files', 'daemon', 'webdav', 'modules'], cwd=REPO, check=True,
                            stdout=subprocess.PIPE, text=True).stdout.split()
    for name in listed:
        if name.endswith('.c'):
            for number in re.findall(r'\bCRASH_POINT\((\d+)\)', (REPO / name).read_text()):
                assert int(number) not in found, f'CRASH_POINT({number}) twice'
                found[int(number)] = name
    return {number: name for number, name in found.items() if number < 60}


POINTS = crash_points()
OLD = b'old' * 10
SMALL = b'small and new'


def test_F02_there_are_crash_points():
    assert len(POINTS) >= 5, POINTS


def provoke(client, base, large):
    """One of each kind of write, until the daemon dies: what was going on, or None."""
    steps = [
        ('small', lambda: client.put(base + 'small', SMALL)),
        ('large', lambda: client.put(base + 'large', large)),
        ('chunked', lambda: client('PUT', base + 'chunked', b'%x\r\n' % len(large) + large
                                   + b'\r\n0\r\n\r\n', Transfer_Encoding='chunked')),
        ('new', lambda: client.put(base + 'new', large + b'2')),
        ('mkcol', lambda: client.mkcol(base + 'sub2/')),
        ('proppatch', lambda: client.proppatch(base + 'small', 'x', 'v')),
        ('lock', lambda: client.lock(base + 'locked')),
        ('copy', lambda: client.copy(base + 'sub/', base + 'copied/')),
        ('move', lambda: client.move(base + 'sub/', base + 'moved/')),
        ('delete', lambda: client.delete(base + 'keep')),
        ('unlock', lambda: client.unlock(base + 'locked', client.locked(base + 'other'))),
        ('unlock', lambda: client.unlock(base + 'third', client.locked(base + 'third'))),
    ] + [('folders', lambda: client.put(base + 'many', os.urandom(70_000)))] * 30
    for name, step in steps:
        try:
            answer = step()
            assert answer.status in (200, 201, 204, 207, 409), (name, answer)
        except (NoAnswer, OSError):
            return name
    return None


@pytest.mark.parametrize('number', sorted(POINTS))
def test_F02_crash_point(stack, server, place, number):
    anna = server.client('jena-board')
    large = os.urandom(400_000)
    for name in ('small', 'large', 'chunked', 'keep'):
        assert anna.put(place + name, OLD + name.encode()).status == 201
    anna.mkcol(place + 'sub/')
    anna.put(place + 'sub/a', SMALL)
    anna.put(place + 'sub/b', large)

    d = stack.daemon(env={'CHAPTERD_CRASH': str(number)}, build=FAULTS, name=f'crash{number}',
                     start=False)
    d.spawn()
    try:
        wait_for(lambda: d.listens() or not d.alive(), 60, 'start')
        during = provoke(d.client('jena-board'), place, large) if d.alive() else 'start'
        if during is None:  # points of jobs and of the end of the process
            stack.ctl('sync', conf=d.conf, check=False)
            with contextlib.suppress(AssertionError):
                wait_for(lambda: not d.alive(), 3)
            if d.alive():
                d.stop(check=False)
                during = 'stop'
        wait_for(lambda: not d.alive(), 30, f'the death at point {number} ({POINTS[number]})')
    finally:
        d.stop(check=False)
    assert d.process.returncode == 137, (d.process.returncode, during, d.tail())
    print(f'point {number} of {POINTS[number]}: died during {during}')

    start = time.monotonic()
    d.env = {}
    d.start(60)
    print(f'started again in {time.monotonic() - start:.2f} s')
    try:
        client = d.client('jena-board')
        assert not d.temp_blobs(), d.temp_blobs()
        # Whole or not at all: each name has its old or its new content, nothing else.
        for name, new in (('small', SMALL), ('large', large), ('chunked', large)):
            assert client.get(place + name).body in (OLD + name.encode(), new), name
        answer = client.get(place + 'new')
        assert answer.status == 404 or answer.body == large + b'2'
        for folder in ('copied', 'moved', 'sub'):
            if client.head(f'{place}{folder}/').status == 200:
                assert client.get(f'{place}{folder}/a').body == SMALL
                assert client.get(f'{place}{folder}/b').body == large
        assert {client.head(f'{place}{f}/').status for f in ('sub', 'moved')} == {200, 404}
        # ... and every one of them can be done again.
        client.delete(place + 'copied/')
        client.delete(place + 'moved/')
        assert client.put(place + 'small', SMALL).status == 204
        assert client.put(place + 'large', large).status == 204
        assert client.get(place + 'large').body == large
    finally:
        d.stop()
    if LONG or number % 8 == 0 or number == max(POINTS):  # it reads all that earlier points have left, too
        stack.verify()


def test_F01_kill_at_random_under_load(stack, server, place):
    rounds = int(os.environ.get('KILLS', '200' if LONG else '20'))
    d = stack.daemon(name='killed')
    dice = random.Random(int(os.environ.get('SEED', time.time())))
    slowest = 0.0
    with Load(d, place) as load:
        for _ in range(rounds):
            before = load.writes
            wait_for(lambda: load.writes > before + 8, 300, 'progress of the writers')
            time.sleep(dice.uniform(0.0, 0.4))
            d.kill()
            start = time.monotonic()
            d.start(60)
            slowest = max(slowest, time.monotonic() - start)
    try:
        lost = load.lost(d.client('jena-board'))
        tell(f'F01: {rounds} times kill -9: {load.figures()}; slowest start {slowest:.2f} s; {len(lost)} lost')
        assert not lost, lost
        assert load.writes > rounds * 8
        assert not any('500' in map(str, w.statuses) for w in load.writers), [w.statuses for w in load.writers]
        assert not d.temp_blobs()
    finally:
        d.stop()
    stack.verify()


def test_F36_kill_during_migrate(stack):
    """The schema is the old or the new one, never between: migrate again says so."""
    for pause in (0.01, 0.05, 0.1):
        process = subprocess.Popen([stack.program('chapterctl'), 'migrate'],
                                   env={**os.environ, 'CHAPTERD_CONF': str(stack.conf)},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        process.kill()
        process.wait()
    stack.ctl('migrate')
    stack.verify()

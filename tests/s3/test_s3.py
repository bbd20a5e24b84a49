"""Large documents in an S3 store: uploads, downloads, refusals, and the store gone."""
import hashlib
import os
import threading
import time

import pytest

from conftest import key_file
from lib.stack import SANITIZED, wait_for
from lib.swift import KEY

HREF = '/dav/files/jena/Mitglieder/'
MIB = 1 << 20


@pytest.fixture
def anna(server):
    return server.client('jena-board')


def put(client, href, data):
    """Also right after a test that had the store away: it is left alone for some seconds."""
    wait_for(lambda: client.put(href, data).status in (201, 204), 60, f'the upload of {href}')


def objects_of(swift, data):
    key = hashlib.sha256(data).hexdigest()
    return [k for k in swift.keys() if k.endswith(key)]


def test_a_document_goes_to_the_bucket_and_comes_back(server, swift, anna):
    data = os.urandom(300_000)
    assert anna.put(HREF + 'one.bin', data).status == 201
    key, = objects_of(swift, data)
    assert key.startswith('objects/c') and swift.get(key) == data
    assert not list(server.blob_dir().glob(f'objects/*/*/{key[-64:]}')), 'it is on the disk, too'
    answer = anna.get(HREF + 'one.bin')
    assert answer.status == 200 and answer.body == data
    assert anna.head(HREF + 'one.bin').get('Content-Length') == '300000'
    small = os.urandom(1000)
    assert anna.put(HREF + 'small.bin', small).status == 201
    assert anna.get(HREF + 'small.bin').body == small and not objects_of(swift, small)


@pytest.mark.parametrize('wanted, first, last', [
    ('bytes=0-0', 0, 0), ('bytes=299999-', 299999, 299999), ('bytes=-5', 299995, 299999),
    ('bytes=100000-200000', 100000, 200000)])
def test_ranges(anna, wanted, first, last):
    data = bytes(i * i % 251 for i in range(300_000))
    if anna.head(HREF + 'ranges.bin').status == 404:
        assert anna.put(HREF + 'ranges.bin', data).status == 201
    answer = anna.get(HREF + 'ranges.bin', Range=wanted)
    assert answer.status == 206 and answer.body == data[first:last + 1]
    assert answer.get('Content-Range') == f'bytes {first}-{last}/300000'


def test_what_is_larger_than_64_mib_goes_in_pieces(swift, anna):
    data = os.urandom(MIB) * 70 + b'the end'
    assert anna.put(HREF + 'large.bin', data).status == 201
    assert len(objects_of(swift, data)) == 1 and swift.uploads() == 0
    answer = anna.get(HREF + 'large.bin')
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data).digest()
    seam = 64 * MIB
    answer = anna.get(HREF + 'large.bin', Range=f'bytes={seam - 10}-{seam + 9}')
    assert answer.status == 206 and answer.body == data[seam - 10:seam + 10]


def test_the_same_content_is_sent_once_and_copied_for_another_chapter(server, swift, anna):
    data = os.urandom(200_000)
    assert anna.put(HREF + 'twice.bin', data).status == 201
    assert anna.put(HREF + 'again.bin', data).status == 201
    assert len(objects_of(swift, data)) == 1
    both = server.client('land-board')
    other = '/dav/files/land/Mitglieder/from-jena.bin'
    answer = server.client('jena-member')('COPY', HREF + 'twice.bin', Destination=server.url + other)
    assert answer.status == 201, answer
    assert len(objects_of(swift, data)) == 2
    assert both.get(other).body == data


def test_a_wrong_secret_is_refused(stack, settings, swift):
    wrong = key_file(stack, 'wrong.key', KEY, 'not-the-secret')
    d = stack.daemon({**settings, 's3_key_file': wrong}, name='wrong')
    anna = d.client('jena-board')
    data = os.urandom(100_000)
    answer = anna.put(HREF + 'refused.bin', data)
    assert answer.status == 503 and answer.get('Retry-After')
    assert anna.get(HREF + 'refused.bin').status == 404 and not objects_of(swift, data)
    checked = stack.ctl('check', conf=d.conf, check=False)
    assert checked.returncode == 1 and 'SignatureDoesNotMatch' in checked.stdout, checked.stdout
    assert 'not-the-secret' not in checked.stdout + d.tail(100_000)
    assert 'S3 store: status 403' in d.tail()
    d.stop()


def test_check_says_that_the_store_answers(stack, server):
    done = stack.ctl('check', conf=server.conf, check=False)
    assert 'the S3 store' in done.stdout and 'WRONG  s3' not in done.stdout, done.stdout


def test_while_the_store_is_down(server, swift, anna):
    kept, data = os.urandom(150_000), os.urandom(150_000)
    assert anna.put(HREF + 'kept.bin', kept).status == 201
    assert anna.put(HREF + 'inline.txt', b'small').status == 201
    swift.down()
    try:
        for _ in range(3):
            answer = anna.put(HREF + 'lost.bin', data)
            assert answer.status == 503 and answer.get('Retry-After'), answer
        assert anna.get(HREF + 'lost.bin').status == 404
        answer = anna.get(HREF + 'kept.bin')
        assert answer.status == 503 and answer.get('Retry-After')
        assert anna.get(HREF + 'inline.txt').body == b'small'
        assert anna.put(HREF + 'inline.txt', b'still').status == 204
    finally:
        swift.up()
    wait_for(lambda: anna.put(HREF + 'lost.bin', data).status == 201, 60, 'an upload after that')
    assert anna.get(HREF + 'kept.bin').body == kept


def test_f39_a_silent_store_holds_up_nobody_else(server, swift, anna):
    """More uploads than workers wait for a store that takes connections and says nothing."""
    assert anna.put(HREF + 'inline.txt', b'small').status in (201, 204)
    answers, slowest = [], 0.0
    swift.pause()
    try:
        def upload(i):
            client = server.client('jena-board')
            answers.append(client.put(f'{HREF}silent-{i}.bin', os.urandom(100_000)).status)

        threads = [threading.Thread(target=upload, args=(i,)) for i in range(40)]
        [t.start() for t in threads]
        end = time.monotonic() + 8
        while time.monotonic() < end:
            start = time.monotonic()
            assert anna.get(HREF + 'inline.txt').body == b'small'
            slowest = max(slowest, time.monotonic() - start)
        [t.join(180) for t in threads]
    finally:
        swift.go_on()
    print(f'slowest small request while 40 uploads wait: {slowest * 1000:.0f} ms')
    assert answers == [503] * 40
    assert slowest < 10
    wait_for(lambda: anna.put(HREF + 'silent-0.bin', os.urandom(100_000)).status == 201, 60, 'an upload')


def test_f39_a_name_server_that_is_silent_holds_up_nobody_else(stack, settings):
    """A name that cannot be looked up: refused or timed out, but only for who needs the store."""
    d = stack.daemon({**settings, 's3_endpoint': 'https://store.invalid'}, name='noname')
    anna = d.client('jena-board')
    start = time.monotonic()
    assert anna.put(HREF + 'noname.bin', os.urandom(100_000)).status == 503
    assert time.monotonic() - start < 60
    assert anna.put(HREF + 'noname.txt', b'small').status in (201, 204)
    d.stop()


def test_slow_readers_hold_no_thread(server, anna):
    data = os.urandom(MIB) * 8
    put(anna, HREF + 'slow.bin', data)
    slow = []
    for _ in range(8):
        client = server.client('jena-board')
        conn = client.connect()
        conn.send(client.bytes('GET', HREF + 'slow.bin'))
        slow.append(conn)
    time.sleep(2)
    start = time.monotonic()
    assert anna.get(HREF + 'slow.bin').body == data
    print(f'8 MiB beside 8 readers that stand still: {time.monotonic() - start:.2f} s')
    for conn in slow[:4]:
        assert conn.answer('GET').body == data
    [conn.close() for conn in slow]


def test_it_stops_in_the_middle_of_downloads(stack, settings, server):
    anna = server.client('jena-board')
    put(anna, HREF + 'stop.bin', os.urandom(MIB) * 20)
    d = stack.daemon({**settings, 'stop_timeout': '1'}, name='stops')
    conns = []
    for _ in range(4):
        client = d.client('jena-board')
        conns.append(client.connect())
        conns[-1].send(client.bytes('GET', HREF + 'stop.bin'))
    time.sleep(1)
    assert d.stop() == 0
    [c.close() for c in conns]


def test_memory_stays_flat_during_a_download(server, anna):
    data = os.urandom(MIB) * 200
    assert anna.put(HREF + 'flat.bin', data).status == 201
    before, most = server.rss(), 0
    client = server.client('jena-board')
    done = threading.Event()

    def watch():
        nonlocal most
        while not done.is_set():
            most = max(most, server.rss())
            time.sleep(0.05)

    thread = threading.Thread(target=watch)
    thread.start()
    start = time.monotonic()
    answer = client.get(HREF + 'flat.bin')
    seconds = time.monotonic() - start
    done.set()
    thread.join()
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data).digest()
    print(f'200 MiB in {seconds:.1f} s, {(most - before) / MIB:.1f} MiB more memory')
    if not SANITIZED:
        assert most - before < 16 * MIB
    anna.delete(HREF + 'flat.bin')


def test_verify_reads_the_store(stack, server, swift, anna):
    data = os.urandom(120_000)
    assert anna.put(HREF + 'verified.bin', data).status == 201
    assert 'Nothing is damaged' in stack.ctl('verify', conf=server.conf).stdout
    key, = objects_of(swift, data)
    swift.put(key, data[:-1] + b'!')
    done = stack.ctl('verify', conf=server.conf, check=False)
    assert done.returncode == 1 and 'is not what was stored' in done.stdout, done.stdout
    swift.remove(key)
    done = stack.ctl('verify', conf=server.conf, check=False)
    assert done.returncode == 1 and 'is missing in the store' in done.stdout, done.stdout
    assert anna.get(HREF + 'verified.bin').status == 503
    swift.put(key, data)
    assert anna.get(HREF + 'verified.bin').body == data
    stack.verify(conf=server.conf)

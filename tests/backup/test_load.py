"""Show 3: a backup at full load, restored elsewhere; late, since it leaves much in the store. (F29, F30, F32)"""
import os
import subprocess
import time

from conftest import Chronicles
from lib.client import sync_body
from lib.stack import LONG, wait_for


def walk(client, href, limit=None):
    """All members by reports of sync-collection, page by page: {href: etag} and the last token."""
    found, token = {}, ''
    while True:
        status = client('REPORT', href, sync_body(token, limit=limit), Depth='0').multistatus()
        more = False
        for name, entry in status.entry.items():
            if entry.status == 507:
                more = True
            elif entry.status is None:
                found[name] = entry.prop['{DAV:}getetag'][1].text
        token = status.token
        if not more:
            return found, token


def rclone_check(folder, server, href, tree):
    """A real client compares every byte with what is on a disk."""
    password = subprocess.run(['rclone', 'obscure', 'demo'], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    empty = folder.top / 'rclone.conf'
    empty.touch()
    remote = f":webdav,url='{server.url}{href}',vendor=other,user='jena-board',pass='{password}':"
    done = subprocess.run(['rclone', 'check', tree, remote, '--download', '--retries', '1'],
                          env={**os.environ, 'RCLONE_CONFIG': str(empty)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_F30_under_load_and_F29_elsewhere(stack, server, folder, elsewhere, place):
    """Show 3: a backup at full load, restored elsewhere; nothing acknowledged before it is lost,
    nothing is half there, tokens of before are refused, and the old house goes on."""
    anna = server.client('jena-board')
    tree = folder.top / 'tree'
    (tree / 'sub').mkdir(parents=True)
    anna.mkcol(place + 'steady/')
    anna.mkcol(place + 'steady/sub/')
    for i, size in enumerate((0, 1, 5_000, 65_536, 65_537, 900_000, 3_000_000)):
        for name in (f'f{i}', f'sub/g{i}'):
            (tree / name).write_bytes(os.urandom(size))
            assert anna.put(place + 'steady/' + name, (tree / name).read_bytes()).status == 201
    anna.mkcol(place + 'load/')
    token = anna.props(place + 'steady/', 'sync-token').text('sync-token')
    lock = anna.locked(place + 'steady/f1')

    seconds = 20 if LONG else 1
    with Chronicles(server, place + 'load/', writers=6 if LONG else 3) as load:
        wait_for(lambda: load.writes > (200 if LONG else 40), 120, 'writers at full speed')
        load.slowest()
        time.sleep(seconds)
        before = load.slowest()
        then, rounds, took = load.now(), 5 if LONG else 2, 0.0
        start = time.monotonic()
        folder.create()
        took = time.monotonic() - start
        for _ in range(rounds - 1):
            folder.create()
        during = load.slowest()
        written = load.writes
    assert then and written > len(then)
    print(f'{written} writes acknowledged; a backup took {took:.2f} s; slowest answer without a backup '
          f'{before * 1000:.0f} ms, during {rounds} backups {during * 1000:.0f} ms')
    assert during < 10, 'F30: no pause over 1 s; a hang guard of ten times that'

    first = folder.names()[0]
    there = elsewhere()
    start = time.monotonic()
    answer = folder.run('restore', folder.path, '--at', first, conf=there.conf)
    print(f'restored and verified in {time.monotonic() - start:.2f} s')
    assert 'Nothing is damaged' in answer.out
    stack.verify()
    stack.verify(conf=there.conf)

    other = there.daemon()
    board = other.client('jena-board')
    assert load.compare(board, then) >= (40 if LONG else 20)
    rclone_check(folder, other, place + 'steady/', tree)
    rclone_check(folder, server, place + 'steady/', tree)

    refused = board('REPORT', place + 'steady/', sync_body(token), Depth='0')
    assert refused.status == 403 and 'valid-sync-token' in refused.text
    for limit in (None, 3):
        found, new = walk(board, place + 'steady/', limit)
        assert {h.rpartition('/')[2] for h in found} >= {f'f{i}' for i in range(7)}
        again = board('REPORT', place + 'steady/', sync_body(new), Depth='0').multistatus()
        assert again.token == new
    assert walk(anna, place + 'steady/')[0] == found, 'etags are what they were'
    board.put(place + 'steady/late', b'x')
    later = board('REPORT', place + 'steady/', sync_body(new), Depth='0').multistatus()
    assert place + 'steady/late' in later.entry
    assert anna('REPORT', place + 'steady/', sync_body(token), Depth='0').status == 207, 'the old house'

    # The lock is gone, as RFC 4918 (6.6) lets it be: who still believes in it is told.
    assert board.put(place + 'steady/f1', b'y', If=f'({lock})').status == 412
    assert board.put(place + 'steady/f1', b'y').status == 204
    assert anna.put(place + 'steady/f1', b'y').status == 423
    anna.unlock(place + 'steady/f1', lock)

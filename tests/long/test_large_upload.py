"""Five GiB, broken off ten times at random points, become the identical document (step 3, show 3)."""
import hashlib
import os
import random
import shutil
import time

from lib.figures import tell
from lib.pieces import Contents, break_off

GIB = 1 << 30
SIZE = int(os.environ.get('UPLOAD_BYTES', 5 * GIB))
PIECE = 64 << 20


def test_five_gib_broken_off_ten_times(stack, den):
    free = shutil.disk_usage(stack.blob_dir()).free
    assert free > 2 * SIZE, f'{free >> 30} GiB are free: too little for {SIZE >> 30} GiB'
    both = [stack.daemon(name='one'), stack.daemon(name='two')]
    seed = int.from_bytes(os.urandom(4), 'big')
    contents = Contents(SIZE, seed)
    clients = [d.client('jena-board') for d in both]

    def between(n):
        if n == 5:
            both[0].kill()
            both[0].start()

    try:
        rss = max(d.rss() for d in both)
        start = time.monotonic()
        _, lost = break_off(clients, den + 'film', contents, PIECE, 10, random.Random(seed), between)
        took = time.monotonic() - start
        grown = max(d.rss() for d in both) - rss
        h = hashlib.sha256()
        with clients[1].connect() as conn:
            conn.send(clients[1].bytes('GET', den + 'film'))
            assert b' 200 ' in conn.until(b'\r\n\r\n').split(b'\r\n')[0]
            left = SIZE
            while left:
                piece = conn.take(min(left, 16 << 20))
                h.update(piece)
                left -= len(piece)
        tell(f'an upload of {SIZE / GIB:.2f} GiB in pieces of 64 MiB, broken off ten times and the daemon killed once: '
             f'{took:.0f} s ({SIZE / took / 2**20:.0f} MiB/s), {lost / SIZE:.1%} sent in vain, '
             f'{grown >> 20} MiB more memory; read back the hash is the same')
        assert h.digest() == contents.digest(), f'seed {seed}'
    finally:
        clients[1].delete(den + 'film')
        for d in both:
            d.stop()
        stack.empty_trash()
        stack.sql('UPDATE blob SET unused = now() - interval \'30 days\' WHERE size = %s', SIZE)

"""Memory of the daemon (decisions on speed and memory): alone, and while a large content goes in and out."""
import http.client
import threading
import time

from lib.stack import LONG, SANITIZED

SIZE = (4 << 30) if LONG and not SANITIZED else 256 << 20
PIECE = bytes(1 << 20)
GROWTH = 16 << 20
ALONE = 48 << 20
if SANITIZED:  # keeps freed memory for a while, and shadows of all
    GROWTH, ALONE = 64 << 20, 1 << 30


class Watch(threading.Thread):
    """The most memory that a daemon has meanwhile."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_, self.before, self.most, self.looks = daemon, daemon.pss(), 0, 0
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            self.most = max(self.most, self.daemon_.pss())
            self.looks += 1
            time.sleep(0.02)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def growth(self):
        return self.most - self.before


def test_memory_while_a_large_content_goes_in_and_out(stack, place):
    d = stack.daemon(name='memory')
    try:
        anna = d.client('jena-board')
        assert anna.get(place).status == 200
        print(f'alone: {d.pss() / 1e6:.1f} MB')
        assert d.pss() < ALONE
        conn = http.client.HTTPConnection(d.host, timeout=300)
        with Watch(d) as up:
            conn.request('PUT', place + 'big', (PIECE for _ in range(SIZE >> 20)),
                         {'Authorization': anna.auth, 'Content-Length': str(SIZE)})
            assert conn.getresponse().read() == b''
        with Watch(d) as down:
            conn.request('GET', place + 'big', headers={'Authorization': anna.auth})
            answer, got = conn.getresponse(), 0
            assert answer.status == 200
            while piece := answer.read(1 << 20):
                got += len(piece)
        assert got == SIZE
        for name, watch in (('up', up), ('down', down)):
            print(f'{SIZE >> 20} MiB {name}: grew {watch.growth() / 1e6:.1f} MB, {watch.looks} looks')
            assert watch.looks > 3 and watch.growth() < GROWTH
    finally:
        d.stop()

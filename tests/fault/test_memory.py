"""Memory of the daemon (decisions on speed and memory): alone, and while a large content goes in and out."""
import http.client

from lib.stack import LONG, SANITIZED

SIZE = (4 << 30) if LONG and not SANITIZED else 256 << 20
PIECE = bytes(1 << 20)
GROWTH = 16 << 20
ALONE = 48 << 20
if SANITIZED:  # keeps freed memory for a while, and shadows of all
    GROWTH, ALONE = 64 << 20, 1 << 30


class Watch:
    """The most memory that a daemon has while pieces go by: it is looked at after every sixteenth."""

    def __init__(self, daemon):
        self.daemon, self.before, self.most, self.looks = daemon, daemon.pss(), 0, 0

    def pieces(self, pieces):
        for n, piece in enumerate(pieces):
            yield piece
            if n % 16 == 15:
                self.most = max(self.most, self.daemon.pss())
                self.looks += 1

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
        up = Watch(d)
        conn.request('PUT', place + 'big', up.pieces(PIECE for _ in range(SIZE >> 20)),
                     {'Authorization': anna.auth, 'Content-Length': str(SIZE)})
        assert conn.getresponse().read() == b''
        down = Watch(d)
        conn.request('GET', place + 'big', headers={'Authorization': anna.auth})
        answer = conn.getresponse()
        assert answer.status == 200
        assert sum(len(piece) for piece in down.pieces(iter(lambda: answer.read(1 << 20), b''))) == SIZE
        for name, watch in (('up', up), ('down', down)):
            print(f'{SIZE >> 20} MiB {name}: grew {watch.growth() / 1e6:.1f} MB, {watch.looks} looks')
            assert watch.looks >= SIZE >> 24 and watch.growth() < GROWTH
    finally:
        d.stop()

"""Uploads in pieces (chapterd-upload(7)), and a client whose connection breaks."""
import base64
import hashlib
import random

from lib.wire import NoAnswer

TUS = {'Tus-Resumable': '1.0.0'}
PIECE = {**TUS, 'Content-Type': 'application/offset+octet-stream'}


def sha256_field(digest):
    return f'sha-256=:{base64.b64encode(digest).decode()}:'


def metadata(**values):
    return ','.join(f'{k} {base64.b64encode(v.encode()).decode()}' for k, v in values.items())


class Pieces:
    """One upload. What a request is answered is returned; `href` is its address."""

    def __init__(self, client, target, length, **headers):
        self.client = client
        self.answer = client('POST', target, headers={**TUS, 'Upload-Length': str(length), **named(headers)})
        self.href = self.answer.get('Location')

    def at(self, client=None):
        """Where to go on; None when there is no such upload."""
        answer = (client or self.client)('HEAD', self.href, headers=TUS)
        return int(answer.get('Upload-Offset')) if answer.status == 200 else None

    def add(self, offset, body, client=None, **headers):
        return (client or self.client)('PATCH', self.href, body,
                                       {**PIECE, 'Upload-Offset': str(offset), **named(headers)})

    def end(self, client=None):
        return (client or self.client)('DELETE', self.href, headers=TUS)

    def broken(self, offset, body, sent, client=None):
        """A piece of which so many bytes come before the connection breaks."""
        client = client or self.client
        data = client.bytes('PATCH', self.href, body, {**PIECE, 'Upload-Offset': str(offset)})
        conn = client.connect()
        conn.send(data[:len(data) - len(body) + sent])
        conn.reset()


def named(headers):
    return {name.replace('_', '-'): value for name, value in headers.items()}


class Contents:
    """Many bytes that nobody keeps: any piece of them can be made again."""

    BLOCK = 1 << 20

    def __init__(self, size, seed):
        self.size = size
        self.base = random.Random(seed).randbytes(self.BLOCK)

    def block(self, n):
        mark = n.to_bytes(8, 'big')
        return mark + self.base[8:]

    def piece(self, offset, n):
        n = min(n, self.size - offset)
        first, last = offset // self.BLOCK, (offset + n - 1) // self.BLOCK
        joined = b''.join(self.block(i) for i in range(first, last + 1))
        return joined[offset - first * self.BLOCK:][:n]

    def digest(self):
        h = hashlib.sha256()
        for offset in range(0, self.size, self.BLOCK):
            h.update(self.piece(offset, self.BLOCK))
        return h.digest()


def break_off(clients, target, contents, piece, breaks, dice, between=lambda n: None):
    """
    Uploads with `breaks` connections broken at random points of the whole; after each it goes on at another one of the
    clients. between(n) is called after break n, before it is asked how much is there. Returns the last answer, and how
    many bytes were sent in vain.
    """
    points = sorted(dice.sample(range(contents.size), breaks))
    upload = Pieces(clients[0], target, contents.size, If_None_Match='*', Repr_Digest=sha256_field(contents.digest()))
    assert upload.answer.status == 201, upload.answer
    turn, at, lost, answer = 0, 0, 0, None
    while at < contents.size:
        body = contents.piece(at, piece)
        if points and points[0] < at + len(body):
            sent = max(points.pop(0) - at, 0)
            upload.broken(at, body, sent, clients[turn])
            lost += sent
            between(breaks - len(points))
            turn = (turn + 1) % len(clients)
            there = upload.at(clients[turn])
            assert there is not None and there >= at, 'what was acknowledged is gone'
            at = there
            continue
        try:
            answer = upload.add(at, body, clients[turn])
        except (NoAnswer, ConnectionError):
            at = upload.at(clients[turn])
            continue
        assert answer.status == 204, answer
        at = int(answer.get('Upload-Offset'))
    return answer, lost

"""Folders of backups, other databases to restore into, and writers that keep a chronicle."""
import hashlib
import os
import random
import threading
import time

import pytest

from lib.backups import Elsewhere, Folder
from lib.load import SIZES, Writers
from lib.wire import NoAnswer


@pytest.fixture
def folder(stack):
    return Folder(stack)


@pytest.fixture
def elsewhere(stack):
    made = []

    def make():
        made.append(Elsewhere(stack))
        return made[-1]

    yield make
    for e in made:
        e.close()


@pytest.fixture
def place(server):
    """A folder of this test's own that the board writes."""
    anna = server.client('jena-board')
    href = f'/dav/files/jena/b-{os.urandom(4).hex()}/'
    assert anna.mkcol(href).status == 201
    yield href
    server.client('jena-board').delete(href)


class Chronicle(threading.Thread):
    """Writes and deletes without pause, and remembers for each name all it has tried in order."""

    def __init__(self, daemon, base, number, names=10):
        super().__init__(daemon=True)
        self.client = daemon.client('jena-board')
        self.base, self.number, self.names = base, number, names
        self.random = random.Random(number)
        self.stop = threading.Event()
        self.tried = {}         # name -> digests, None for a DELETE
        self.acknowledged = {}  # name -> index of the last that was
        self.slowest = 0.0
        self.writes = 0

    def run(self):
        while not self.stop.is_set():
            name = f'{self.base}w{self.number}-{self.random.randrange(self.names)}'
            tried = self.tried.setdefault(name, [])
            body = os.urandom(self.random.choice(SIZES))
            delete = bool(tried) and tried[-1] is not None and self.random.random() < 0.1
            tried.append(None if delete else hashlib.sha256(body).hexdigest())
            start = time.monotonic()
            try:
                answer = self.client.delete(name) if delete else self.client.put(name, body)
            except (OSError, NoAnswer):
                self.client.conn = None
                continue
            self.slowest = max(self.slowest, time.monotonic() - start)
            if answer.status in (201, 204):
                self.acknowledged[name] = len(tried) - 1
                self.writes += 1


class Chronicles(Writers):
    def __init__(self, daemon, base, writers=6):
        super().__init__([Chronicle(daemon, base, n) for n in range(writers)])

    def slowest(self):
        """Of the answers since it was last asked, in seconds."""
        found = max(w.slowest for w in self.writers)
        for w in self.writers:
            w.slowest = 0.0
        return found

    def now(self):
        """What had been acknowledged: name -> index."""
        return {name: index for w in self.writers for name, index in list(w.acknowledged.items())}

    def compare(self, client, then):
        """At the client's server everything is as it was acknowledged `then`, or as some later attempt left it."""
        wrong = []
        for w in self.writers:
            for name, tried in w.tried.items():
                answer = client.get(name)
                got = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None
                allowed = tried[then[name]:] if name in then else [None, *tried]
                if got not in allowed:
                    wrong.append((name, answer.status, len(answer.body), len(allowed)))
        assert not wrong, wrong
        return sum(len(w.tried) for w in self.writers)

"""Writers that remember what the server has acknowledged, and the comparison afterwards."""
import hashlib
import os
import random
import threading
import time

from lib.wire import NoAnswer

SIZES = [0, 10, 1000, 60_000, 70_000, 300_000]


class Writer(threading.Thread):
    """PUTs without pause, each name again and again. After a 2xx the name must hold these bytes
    until its next attempt; while an attempt is open it may hold the old or the new ones."""

    def __init__(self, daemon, base, number, names=12, user='jena-board'):
        super().__init__(daemon=True)
        self.client = daemon.client(user)
        self.base = base
        self.number = number
        self.names = names
        self.random = random.Random(number)
        self.stop = threading.Event()
        self.acknowledged = {}  # name -> digest
        self.open = {}          # name -> digest of an attempt without an answer
        self.writes = self.refused = self.broken = 0
        self.statuses = {}
        self.slowest = 0.0

    def run(self):
        while not self.stop.is_set():
            name = f'{self.base}w{self.number}-{self.random.randrange(self.names)}'
            body = os.urandom(self.random.choice(SIZES))
            digest = hashlib.sha256(body).hexdigest()
            earlier = self.open.get(name, ())
            self.open[name] = (*earlier, digest)
            start = time.monotonic()
            try:
                answer = self.client.put(name, body)
            except (OSError, NoAnswer, ValueError, AssertionError) as trouble:
                if isinstance(trouble, AssertionError) and not isinstance(trouble, NoAnswer):
                    self.statuses['500'] = self.statuses.get('500', 0) + 1
                self.broken += 1
                self.client.conn = None
                self.stop.wait(0.02)
                continue
            finally:
                self.slowest = max(self.slowest, time.monotonic() - start)
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if answer.status in (201, 204):
                self.acknowledged[name] = digest
                self.writes += 1
                del self.open[name]
            elif b'not known whether' in answer.body:
                self.broken += 1
            else:
                self.refused += 1
                if earlier:
                    self.open[name] = earlier
                else:
                    del self.open[name]
                self.stop.wait(0.05)


class Writers:
    """Several threads with `stop` and `writes`; context manager."""

    def __init__(self, writers):
        self.writers = writers

    def __enter__(self):
        for w in self.writers:
            w.start()
        return self

    def __exit__(self, *_):
        for w in self.writers:
            w.stop.set()
        for w in self.writers:
            w.join(60)

    @property
    def writes(self):
        return sum(w.writes for w in self.writers)


class Load(Writers):
    def __init__(self, daemon, base, writers=8, **more):
        super().__init__([Writer(daemon, base, n, **more) for n in range(writers)])
        self.base = base

    def figures(self):
        statuses = {}
        for w in self.writers:
            for status, n in w.statuses.items():
                statuses[status] = statuses.get(status, 0) + n
        return (f'{self.writes} acknowledged, {sum(w.refused for w in self.writers)} refused,'
                f' {sum(w.broken for w in self.writers)} without an answer,'
                f' slowest {max(w.slowest for w in self.writers):.2f} s, statuses {statuses}')

    def lost(self, client):
        """What was acknowledged and is not there with the right bytes, or is there and nobody's."""
        lost = []
        known = set()
        for w in self.writers:
            for name in set(w.acknowledged) | set(w.open):
                known.add(name)
                answer = client.get(name)
                allowed = set(w.open.get(name, ()))
                if name in w.acknowledged:
                    allowed.add(w.acknowledged[name])
                if answer.status == 404 and name not in w.acknowledged:
                    continue
                got = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None
                if got not in allowed:
                    lost.append((name, answer.status, len(answer.body)))
        there = {h for h in client.listing(self.base) if h.rpartition('/')[2].startswith('w')}
        return lost + [(name, 'nobody wrote it') for name in there - known]

    def compare(self, client):
        """Nothing is lost; the number of names compared."""
        lost = self.lost(client)
        assert not lost, lost
        return len({name for w in self.writers for name in w.acknowledged})

"""What must hold around every attack: security.md 2.1."""
import re
import statistics
import threading
import time

from lib.stack import SANITIZED, patience
from lib.wire import NoAnswer, basic

GUARD = 1.0  # seconds: ten times the 100 ms of the rule; the figure itself is printed
GROWTH = (256 if SANITIZED else 64) << 20
BAD_WORDS = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error:|ThreadSanitizer|'
                       r'Assertion .* failed|stack smashing|double free|corrupted')
SECRETS = [basic(u).split()[1] for u in ('jena-member', 'jena-board', 'erfurt-member')] + [
    'Authorization', 'authorization=']


class GoodClient(threading.Thread):
    """A member reading a small document all the time; notes how long each answer took."""

    def __init__(self, server, target, user='jena-member'):
        super().__init__(daemon=True)
        self.client = server.client(user, source='127.0.0.77')
        self.target = target
        self.done = threading.Event()
        self.samples = []
        self.failures = []

    def run(self):
        while not self.done.is_set():
            begin = time.monotonic()
            try:
                answer = self.client.get(self.target)
                if answer.status != 200:
                    self.failures.append(repr(answer)[:300])
            except (OSError, NoAnswer, AssertionError) as trouble:
                self.failures.append(repr(trouble)[:300])
                self.client.conn = None
            self.samples.append((begin, time.monotonic() - begin))
            self.done.wait(0.02)

    def finish(self):
        self.done.set()
        self.join(60)

    def worst(self, since):
        return max((took for begin, took in self.samples if begin + took >= since), default=0.0)

    def report(self):
        took = sorted(t for _, t in self.samples) or [0.0]
        return (f'good client: {len(took)} answers, median {statistics.median(took) * 1e3:.1f} ms,'
                f' p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms, worst {took[-1] * 1e3:.1f} ms')

    def p99(self):
        took = sorted(t for _, t in self.samples) or [0.0]
        return took[len(took) * 99 // 100]


class Oracle:
    """Compares before and after a case."""

    def __init__(self, server, good, canaries):
        self.server = server
        self.good = good
        self.canaries = canaries
        self.keeper = server.client('erfurt-board', source='127.0.0.78')
        self.figures = []
        self.truth = self.state_of_canaries()

    def state_of_canaries(self):
        state = {}
        for href in self.canaries:
            for name, entry in self.keeper.listing(href).items():
                state[name] = entry.prop['{DAV:}getetag'][1].text
                if name.endswith('.txt'):
                    state[name + ' bytes'] = self.keeper.get(name).body
        return state

    def before(self):
        self.pid = self.server.pid
        self.memory = self.server.rss()
        self.offset = self.server.log.stat().st_size
        self.since = time.monotonic()
        self.good.failures.clear()

    def after(self, name):
        assert self.server.alive() and self.server.pid == self.pid, self.server.tail()
        worst = self.good.worst(self.since)
        growth = self.server.rss() - self.memory
        self.figures.append((name, worst, growth))
        assert not self.good.failures, self.good.failures[:3]
        assert worst < GUARD * patience(), f'the good client waited {worst * 1e3:.0f} ms'
        assert growth < GROWTH, f'grew by {growth >> 20} MiB'
        assert self.state_of_canaries() == self.truth, "erfurt's files changed"
        self.check_log()

    def check_log(self):
        with open(self.server.log, 'rb') as log:
            log.seek(self.offset)
            fresh = log.read()
        text = fresh.decode('utf-8', 'replace')
        assert not BAD_WORDS.search(text), text[-4000:]
        for line in fresh.split(b'\n'):
            assert not re.search(rb'[\x00-\x08\x0b-\x1f\x7f]', line), line
            assert b'status=500' not in line, line
        for secret in SECRETS:
            assert secret not in text, 'a secret in the log'

    def report(self):
        by_wait = sorted(self.figures, key=lambda f: -f[1])[:3]
        by_growth = sorted(self.figures, key=lambda f: -f[2])[:3]
        yield self.good.report()
        yield 'longest waits: ' + ', '.join(f'{n} {w * 1e3:.0f} ms' for n, w, _ in by_wait)
        yield 'largest growth: ' + ', '.join(f'{n} {g / 2**20:.1f} MiB' for n, _, g in by_growth)

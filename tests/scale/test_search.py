"""Searching among 10,000 and among 100,000 documents: the same 200 questions, of 1 to 1,000 hits each."""
import random
import re
import statistics
import time

import psycopg2
import psycopg2.extras

from lib.browser import Browser
from lib.figures import tell
from lib.relay import Relay
from lib.stack import scratch

FEW, MANY, QUESTIONS, MOST = 10_000, 100_000, 200, 1000
BATCH = 5000
FOLDERS, WORDS, VOCABULARY = 100, 80, 20_000
SYLLABLES = [a + b for a in 'bdfghklmnprstw' for b in ('a', 'e', 'i', 'o', 'u', 'ei')]


def word(chance):
    return ''.join(chance.choices(SYLLABLES, k=chance.choice([2, 2, 3, 4])))


class Shelf:
    """Documents of words as frequent as in a language: the n-th is n times rarer than the first. Whoever plants a word
    says in how many documents it stands."""

    def __init__(self, stack, box):
        self.stack, self.chance, self.n = stack, random.Random(7), 0
        self.folder = box.rstrip('/').rpartition('/')[2]
        self.words = [word(self.chance) + '0' for _ in range(VOCABULARY)]
        self.weights = [1 / n for n in range(1, VOCABULARY + 1)]
        stack.sql('''INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key)
                     SELECT root_id, id, chapter_id, policy_id, 'folder', true, 'f' || n, 'f' || n
                       FROM dav_node, generate_series(0, %s) AS n WHERE name = %s AND collection''', FOLDERS - 1, self.folder)

    def fill_to(self, count, planted):
        """`planted`: words by the number of the document. The index of the words is made anew, which takes a tenth of the time."""
        [[index]] = self.stack.sql("SELECT pg_get_indexdef('document_index_words'::regclass)")
        self.stack.sql('DROP INDEX document_index_words')
        while self.n < count:
            self.fill(min(count - self.n, BATCH), planted)
        self.stack.sql(index)
        self.stack.sql('ANALYZE')

    def fill(self, count, planted):
        numbers = range(self.n, self.n + count)
        rows = [(n, ' '.join(self.chance.choices(self.words, self.weights, k=WORDS) + planted.get(n, []))) for n in numbers]
        with psycopg2.connect(self.stack.settings()['admin_database']) as db, db.cursor() as cursor:
            cursor.execute('''SET search_path = chapterd; SET ROLE chapterd_owner; SET jit = off; -- as the daemon has it
                              CREATE TEMP TABLE paper (n int4, body text, hash bytea, name text, blob_id int8, node_id int8)''')
            psycopg2.extras.execute_values(cursor, 'INSERT INTO paper VALUES %s', rows, page_size=BATCH)
            cursor.execute("UPDATE paper SET hash = sha256(convert_to(n || body, 'UTF8')), name = 'Blatt ' || n || '.txt'")
            for statement in PAPER_BECOMES_DOCUMENTS:
                cursor.execute(f'ANALYZE paper; {statement}', {'folder': self.folder, 'folders': FOLDERS})
        self.n += count


# Each looks up what the one before has made, by an index.
PAPER_BECOMES_DOCUMENTS = [
    '''INSERT INTO blob (chapter_id, sha256, size, bytes)
       SELECT t.chapter_id, p.hash, length(p.body), convert_to(p.body, 'UTF8')
         FROM paper p, dav_node t WHERE t.name = %(folder)s AND t.collection''',
    'UPDATE paper p SET blob_id = b.id FROM blob b WHERE b.sha256 = p.hash',
    '''INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key, type, etag, blob_id, size)
       SELECT f.root_id, f.id, f.chapter_id, f.policy_id, 'file', false, p.name, p.name, 'text/plain', left(encode(p.hash, 'hex'), 32),
              p.blob_id, length(p.body)
         FROM dav_node t JOIN dav_node f ON f.parent_id = t.id AND f.collection JOIN paper p ON f.name = 'f' || p.n %% %(folders)s
        WHERE t.name = %(folder)s AND t.collection''',
    'UPDATE paper p SET node_id = d.id FROM dav_node d WHERE d.blob_id = p.blob_id',
    'INSERT INTO quota_delta (chapter_id, bytes) SELECT chapter_id, sum(size) FROM dav_node JOIN paper ON node_id = id GROUP BY 1',
    '''INSERT INTO document_text (blob_id, chapter_id, version, body)
       SELECT p.blob_id, d.chapter_id, 1000, german_join(p.body) FROM paper p JOIN dav_node d ON d.id = p.node_id''',
    '''INSERT INTO document_index (node_id, chapter_id, blob_id, version, name, words)
       SELECT d.id, d.chapter_id, d.blob_id, german_version(), d.name, document_words(d.chapter_id, d.name, t.body)
         FROM paper p JOIN dav_node d ON d.id = p.node_id JOIN document_text t ON t.blob_id = p.blob_id''',
]


class Trips:
    """Counts how often somebody waits for the database: something goes down after something went up."""

    def __init__(self, stack):
        home = scratch('trips')
        self.relay = Relay(f"{stack.env['PGHOST']}/.s.PGSQL.5432", str(home / '.s.PGSQL.5432'), watch=self.watch)
        self.settings = {'database': re.sub(r'host=\S+', f'host={home}', stack.settings()['database']), 'workers': '1'}
        self.n, self.up = 0, False

    def watch(self, data, up):
        self.n += up and not self.up
        self.up = up

    def of(self, ask):
        """The least of some tries: jobs ask, too."""
        counts = []
        for _ in range(5):
            before = self.n
            ask()
            counts.append(self.n - before)
        return min(counts)


def ask(browser, said):
    start = time.monotonic()
    answer = browser.session.get(f'{browser.url}/c/jena/search', params={'q': said}, allow_redirects=False)
    took = time.monotonic() - start
    assert answer.status_code == 200
    return took, len(re.findall(r'<h3><a href', answer.text))


def measured(browser, questions):
    """Seconds of each question, the better of two."""
    took = []
    for said, hits in questions:
        (one, shown), (two, _) = ask(browser, said), ask(browser, said)
        assert shown == min(hits, 20), (said, hits, shown)
        took.append(min(one, two))
    return took


def figures(took, questions):
    def ms(seconds):
        return f'{statistics.median(seconds) * 1e3:.1f}'

    ranges = [(1, 10), (11, 100), (101, MOST)]
    parts = [f'{a} to {b} hits {ms([t for t, (_, n) in zip(took, questions) if a <= n <= b])}' for a, b in ranges]
    return f'median {ms(took)} ms ({", ".join(parts)}), p95 {sorted(took)[len(took) * 95 // 100] * 1e3:.1f} ms'


def test_search(stack, box):
    shelf, chance = Shelf(stack, box), random.Random(11)
    planted, questions = {}, []
    for i in range(QUESTIONS):
        said, hits = f'q{word(chance)}{i}', round(MOST ** (i / (QUESTIONS - 1)))
        for n in chance.sample(range(FEW), hits):
            planted.setdefault(n, []).append(said)
        questions.append((said, hits))
    start = time.monotonic()
    shelf.fill_to(FEW, planted)
    tell(f'{FEW} documents of {WORDS} words indexed in {time.monotonic() - start:.0f} s')
    trips = Trips(stack)
    daemon = stack.daemon(trips.settings, name='search')
    try:
        browser = Browser(daemon, 'jena-member')
        bare = trips.of(lambda: ask(browser, ''))
        asked = trips.of(lambda: ask(browser, questions[-1][0]))
        tell(f'{asked} round trips to the database for a search, {bare} for the page without a question')
        assert asked - bare <= 1
        before = measured(browser, questions)
        tell(f'among {FEW}: {figures(before, questions)}')
        shelf.fill_to(MANY, planted)
        assert trips.of(lambda: ask(browser, questions[-1][0])) == asked
        after = measured(browser, questions)
        growth = statistics.median(b / a for a, b in zip(before, after))
        tell(f'among {MANY}: {figures(after, questions)}; {growth:.2f} times as long, the median of {QUESTIONS}')
        assert growth < 3
    finally:
        daemon.stop()
        trips.relay.end()

import hashlib
import itertools
import unicodedata

import pytest

from database import Server, Session


@pytest.fixture(scope='session')
def server():
    s = Server()
    try:
        s.make_database()
        yield s
    finally:
        s.delete()


NUMBERS = itertools.count(1)


class Chapter:
    """A chapter with a root, and short ways to do what the daemon does."""

    def __init__(self, server, quota=10**9, levels=(1, 3)):
        self.slug = f'chapter-{next(NUMBERS)}'
        admin = Session(server, 'postgres')
        self.id = admin.one("INSERT INTO chapter (slug, name, kind) VALUES (%s, %s, 'local') RETURNING id",
                            (self.slug, self.slug))
        admin.sql('INSERT INTO quota (chapter_id, max) VALUES (%s, %s)', (self.id, quota))
        admin.pg.commit()
        admin.close()
        self.db = Session(server)
        self.server = server
        with self.tx() as s:
            self.root = s.q('root_make', self.id, 'folder', *levels)[0].id

    def tx(self, lock=1, db=None, **more):
        return (db or self.db).tx(self.slug, lock, **more)

    def lease(self, need=10**6, wish=10**6, seconds=600, dead=(), back=(0, 0), db=None):
        """id and size, or None when there is too little."""
        with self.tx(0, db) as s:
            got = s.q('quota_take', self.id, need, wish, seconds, list(dead), *back)
        return got[0] if got else None

    def put(self, s, parent, name, content=b'text', node=0, seen=None, lease=None, inline=True, who=0, sitting=None):
        digest = hashlib.sha256(content).digest()
        return s.q('file_write', node, seen, parent, name, unicodedata.normalize('NFC', name), 'file', 'text/plain',
                   digest.hex()[:32], None, digest, len(content), content if inline else None,
                   [] if inline else [digest.hex()], [] if inline else [len(content)], [] if inline else [0], lease or self.standing(),
                   who, sitting)[0]

    def standing(self):
        if not hasattr(self, '_lease'):
            other = Session(self.server)
            self._lease = self.lease(10**8, 10**8, 3600, db=other).lease
            other.close()
        return self._lease

    def make(self, s, parent, name, levels=(None, None)):
        return s.q('collection_make', parent, name, unicodedata.normalize('NFC', name), 'folder', None, *levels)[0].id

    def path(self, s, *names):
        keys = [unicodedata.normalize('NFC', n) for n in names]
        return sorted(s.q('node_path', self.slug, 'folder', keys, True), key=lambda n: n.depth)

    def names(self, s, parent):
        return [r.name for r in s.q('node_children', parent, 0, '', '', 10000)]

    def space(self):
        with self.tx(0) as s:
            return s.q('quota_state', self.id)[0]

    def recount(self):
        with self.tx(0) as s:
            return next(r for r in s.q('verify_quota') if r.chapter == self.slug)


@pytest.fixture
def chapter(server):
    made = []

    def make(**more):
        made.append(Chapter(server, **more))
        return made[-1]

    yield make
    for c in made:
        c.db.close()

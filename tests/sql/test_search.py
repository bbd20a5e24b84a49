"""The index of documents and its question, as the run-time role: what it may not read it does not find (G08)."""
import pytest

from database import Session


def found(c, said, level=1, grants=(), db=None, chapter=None, most=2000, skip=0, shown=20, folder=()):
    with (db or c.db).tx(c.slug) as s:
        return [r.name for r in s.q('documents_found', chapter or c.id, level, list(grants), said, list(folder), [], None, None,
                                    'Europe/Berlin', '', most, skip, shown)]


def index(c):
    with c.tx(0) as s:
        while s.q('document_index_step', 3)[0].n == 3:
            pass
        for row in s.q('document_text_waiting', 1000):
            s.q('document_text_tried', [row.blob], 1)
            s.q('document_text_keep', [row.blob], 1, [''], [bytes(row.bytes).decode()])
        while s.q('document_index_renew')[0].n:
            pass


@pytest.fixture
def library(chapter):
    c = chapter()
    with c.tx() as s:
        board = c.make(s, c.root, 'Vorstand', (3, 3))
        for i in range(5):
            c.put(s, c.root, f'offen {i}.txt', f'Mitgliederbefragung {i}'.encode())
        c.put(s, board, 'geheim.txt', b'Befragung, geheim')
    index(c)
    return c


def test_a_level_or_a_grant_and_nothing_else(library):
    c = library
    assert len(found(c, 'Befragung')) == 5 and found(c, 'geheim') == []
    assert found(c, 'Befragung', level=0) == []
    assert found(c, 'geheim', level=3) == ['geheim.txt']
    with c.tx(0) as s:
        policy = s.one("SELECT policy_id FROM dav_node WHERE name = 'Vorstand' AND chapter_id = %s", (c.id,))
    assert found(c, 'geheim', grants=[policy]) == ['geheim.txt'] and found(c, 'geheim', grants=[policy + 1000]) == []


def test_only_the_chapter_of_the_scope(library, chapter):
    other = chapter()
    assert found(other, 'Befragung', level=9, chapter=library.id) == []
    with library.db.tx('') as s:
        assert s.q('documents_found', library.id, 9, [], 'Befragung', [], [], None, None, 'UTC', '', 9, 0, 9) == []


def test_a_chapter_cannot_be_named_in_a_question(library, chapter):
    other = chapter()
    for said in (f'#{library.id}', f'"#{library.id}"', f"'#{library.id}'", f'Befragung or #{library.id}', '+befragung'):
        assert found(other, said, level=9) == []


def test_more_than_a_page_is_told_and_gone_on_with(library):
    first = found(library, 'Befragung', shown=2)
    assert len(first) == 3
    rest = found(library, 'Befragung', shown=2, skip=2) + found(library, 'Befragung', shown=2, skip=4)
    assert sorted(first[:2] + rest[:2] + rest[-1:]) == [f'offen {i}.txt' for i in range(5)]


def test_nothing_is_missed_that_is_committed_late(server, chapter):
    c = chapter()
    late, other = Session(server), Session(server)
    late.begin(c.slug, 1)
    c.put(late, c.root, 'spaet.txt', b'Nachzuegler')
    with c.tx(db=other) as s:
        c.put(s, c.root, 'frueh.txt', b'Vorhut')
    index(c)
    assert found(c, 'Vorhut') == ['frueh.txt'] and found(c, 'Nachzuegler') == []
    late.pg.commit()
    index(c)
    assert found(c, 'Nachzuegler') == ['spaet.txt']
    late.close()
    other.close()


def test_the_index_goes_on_where_it_was(library):
    with library.tx(0) as s:
        assert s.q('document_index_step', 10)[0].n == 0
        assert s.one('SELECT seen > \'3\' FROM document_horizon')


def test_words_of_an_older_version_are_made_anew(library, server):
    admin = Session(server, 'postgres')
    admin.sql("UPDATE document_index SET version = 0, words = '' WHERE chapter_id = %s", (library.id,))
    admin.pg.commit()
    admin.close()
    assert found(library, 'Befragung') == []
    index(library)
    assert len(found(library, 'Befragung')) == 5


def test_what_was_begun_comes_last_and_without_a_text_has_a_reason(chapter):
    c = chapter()
    with c.tx() as s:
        for name in ('eins', 'zwei', 'drei'):
            c.put(s, c.root, name + '.txt', f'{name} von {c.slug}'.encode())
    with c.tx(0) as s:
        s.q('document_index_step', 1000)
        first, second, third = [r.blob for r in s.q('document_text_waiting', 10)]
        s.q('document_text_tried', [first, second], 1)
        s.q('document_text_tried', [second], -1)
        assert [(r.blob, r.tries) for r in s.q('document_text_waiting', 10)] == [(second, 0), (third, 0), (first, 1)]
        s.q('document_text_keep', [first, second, third], 7, ['killed', '', ''], ['', 'zwei Satzungen', ''])
        assert s.q('document_text_waiting', 10) == []
        assert s.sql('SELECT problem, body, version FROM document_text WHERE blob_id = ANY (%s) ORDER BY blob_id', ([first, second, third],)) == \
            [('killed', None, 7), (None, 'zwei Satzungen', 7), (None, '', 7)]
    assert found(c, 'Satzung') == ['zwei.txt'] and found(c, 'eins') == ['eins.txt']
    with c.tx(0) as s:
        s.q('document_text_again', 7)
        assert s.q('document_text_waiting', 10) == []
        s.q('document_text_again', 8)
        assert [(r.blob, r.tries) for r in s.q('document_text_waiting', 10)] == [(first, 0)]

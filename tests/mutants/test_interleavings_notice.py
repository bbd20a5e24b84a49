"""Each of these mistakes, made in a function of the database, turns the property test of the documents red."""
import time

import pytest

from lib.interleave import Crew, Day

STEPS, MOST = 30, 500
ROOT_S = '(SELECT r.policy_id FROM dav_node r WHERE r.id = {}.root_id)'

# What it does, the function, the text that is there (once), and the text that comes in its place.
MISTAKES = [
    ('a new name is lost', 'node_move', 'name = called, name_key = key', 'name = n.name, name_key = n.name_key'),
    ('what is moved keeps the levels of where it was', 'node_move', 'CASE WHEN inherits THEN p.policy_id ELSE n.policy_id END',
     'n.policy_id'),
    ('what is in a moved folder keeps its levels', 'heirs_follow', 'SET policy_id = becomes', 'SET policy_id = was'),
    ('a copy opens what was closed', 'node_copy', 'l.read_level > p.read_level', 'l.read_level > 9'),
    ('what is restored lies in the trash as well', 'trash_restore', 'DELETE FROM dav_trash WHERE node_id = node',
     'PERFORM FROM dav_trash WHERE node_id = node'),
    ('what is restored keeps the levels of then', 'trash_restore', 'CASE WHEN own THEN n.policy_id ELSE p.policy_id END',
     'n.policy_id'),
    ('the trash forgets the levels of then', 'policy_keep', 'UPDATE dav_trash SET policy_id = kept WHERE policy_id = policy',
     'NULL'),
    ('a version is read by all who read anything', 'file_write', 'VALUES (node, chapter, person, old.policy_id',
     f'VALUES (node, chapter, person, {ROOT_S.format("old")}'),
    ('versions are left behind', 'node_succeed', 'UPDATE dav_version SET node_id = heir WHERE node_id = old', 'NULL'),
    ('a restored version ends what was there', 'version_restore', 'IF old.size > 0 THEN', 'IF false THEN'),
    ('purging gives back too little', 'trash_purge', '+ versions_below(node)', ''),
    ('overwriting by a move gives nothing back', 'node_succeed', 'PERFORM quota_note(o.chapter_id, NULL, -o.size)', 'NULL'),
    ('who saves at the same time ends what the other saved', 'file_write', 'AND NOT n.gone FOR NO KEY UPDATE', 'AND NOT n.gone'),
    ('who comes too late goes on', 'node_hold', 'IF NOT FOUND THEN', 'IF false THEN'),
]
found = {}


@pytest.fixture(scope='module')
def crew(stack):
    d = stack.daemon({'version_sitting': '0'}, name='mistakes')
    yield Crew(d)
    d.stop()


@pytest.fixture
def function(stack):
    """function('node_move', old, new): until the test has ended."""
    kept = []

    def replace(name, old, new):
        [[text]] = stack.sql("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = %s AND pronamespace = 'chapterd'::regnamespace",
                             name)
        kept.append(text)
        assert text.count(old) == 1, f'{name} has no such text (once) any more: {old}'
        stack.sql(text.replace(old, new))

    yield replace
    for text in kept:
        stack.sql(text)


def days_until_noticed(stack, crew):
    for seed in range(MOST):
        try:
            Day(stack, crew, seed).run(STEPS)
        except AssertionError as e:
            return seed + 1, str(e).splitlines()[0]
    return None, ''


def test_without_a_mistake_nothing_is_noticed(stack, crew):
    for seed in range(20):
        Day(stack, crew, seed).run(STEPS)


@pytest.mark.parametrize('what,name,old,new', MISTAKES, ids=[m[0].replace(' ', '-') for m in MISTAKES])
def test_mistake_is_noticed(stack, crew, function, what, name, old, new):
    function(name, old, new)
    start = time.monotonic()
    days, said = days_until_noticed(stack, crew)
    print(f'{what}: {days} interleavings, {time.monotonic() - start:.0f} s: {said}')
    assert days, f'{what}: not noticed in {MOST}'
    found[what] = days


def test_all_of_them():
    """The line that the show quotes."""
    print(f'\n{len(MISTAKES)} mistakes, {len(found)} noticed, after {sorted(found.values())} interleavings')
    assert len(found) == len(MISTAKES)

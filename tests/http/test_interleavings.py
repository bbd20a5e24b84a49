"""Show 1 of step 3: random interleavings of put, move, copy, rename, delete, restore, purge and changed levels by people of several
roles, through WebDAV and pages, up to three at once, against a model that shares nothing with the daemon. Nothing is lost that was
not purged by somebody who may, nobody sees what she may not, and the space is exact.

SEED=n begins with another one; LONG=1 does a thousand longer ones. What happens at once depends on the machine, too.
"""
import os
import random

import pytest

from lib.interleave import Crew, Day

LONG = os.environ.get('LONG') == '1'
COUNT = 1000 if LONG else 40
FIRST = int(os.environ.get('SEED') or (random.SystemRandom().randrange(10**6) if LONG else 4711))
STEPS = 30 if LONG else 16


@pytest.fixture(scope='module')
def crew(stack):
    """At a daemon for which every save is a version."""
    d = stack.daemon({'version_sitting': '0'}, name='interleavings')
    print(f'SEED={FIRST}')
    yield Crew(d)
    d.stop()


@pytest.mark.parametrize('seed', range(FIRST, FIRST + COUNT))
def test_nothing_is_lost_or_seen_by_others(stack, crew, seed):
    try:
        Day(stack, crew, seed).run(STEPS)
    except AssertionError as e:
        raise AssertionError(f'SEED={seed}: {e}') from e

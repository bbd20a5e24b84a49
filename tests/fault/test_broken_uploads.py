"""An upload broken off again and again, by the line and by kill -9, goes on at the other daemon (step 3, show 3)."""
import hashlib
import os
import random

import pytest

from lib.figures import tell
from lib.pieces import Contents, Pieces, break_off
from lib.space import Space
from lib.stack import LONG

MIB = 1 << 20
SIZE = (200 if LONG else 40) * MIB


@pytest.fixture
def two(stack):
    both = [stack.daemon(name='one'), stack.daemon(name='two')]
    yield both
    for d in both:
        d.stop()


def test_ten_breaks_a_kill_and_the_other_daemon(stack, two, place):
    """Ten connections broken at random points; after the fourth and the eighth the daemon is killed that had taken it."""
    space = Space(stack)
    before = space()
    seed = int.from_bytes(os.urandom(4), 'big')
    dice = random.Random(seed)
    contents = Contents(SIZE, seed)
    clients = [d.client('jena-board') for d in two]

    def between(n):
        if n in (4, 8):
            two[(n + 1) % 2].kill()
            two[(n + 1) % 2].start()

    answer, lost = break_off(clients, place + 'film', contents, 2 * MIB, 10, dice, between)
    tell(f'an upload of {SIZE >> 20} MiB, ten breaks, two kills: {lost >> 10} KiB came in vain')
    got = two[0].client('jena-board').get(place + 'film')
    assert hashlib.sha256(got.body).digest() == contents.digest(), f'seed {seed}'
    assert answer.etag == got.etag
    assert space() - before == SIZE


def test_what_was_acknowledged_survives_a_kill(stack, two, place):
    """Killed right after the 204: the other daemon knows the piece, and the whole is what was sent."""
    contents = Contents(3 * MIB, 1)
    one, other = (d.client('jena-board') for d in two)
    upload = Pieces(one, place + 'doc', contents.size)
    assert upload.add(0, contents.piece(0, MIB)).status == 204
    two[0].kill()
    assert upload.at(other) == MIB
    assert upload.add(MIB, contents.piece(MIB, 2 * MIB), other).status == 204
    assert other.get(place + 'doc').body == contents.piece(0, contents.size)

"""Space: never more than the limit, whoever writes at the same time, and exact at the end (A13)."""
import threading

import psycopg2
import pytest

from database import Session


def test_lease_takes_what_is_left(chapter):
    c = chapter(quota=1000)
    first = c.lease(600, 600)
    assert first.granted == 600
    assert c.lease(600, 600) is None
    assert c.lease(400, 400).granted == 400
    assert c.lease(1, 1) is None
    assert c.lease(600, 600, dead=[first.lease]).granted == 600


def test_small_writes_get_a_sixteenth(chapter):
    c = chapter(quota=1600)
    assert c.lease(1, 10**6).granted == 100
    assert c.lease(1, 50).granted == 50
    assert c.lease(500, 10**6).granted == 500


def test_rest_is_given_back(chapter):
    c = chapter(quota=1000)
    pool = c.lease(900, 900)
    assert c.lease(500, 500) is None
    assert c.lease(500, 500, back=(pool.lease, 400)).granted == 500
    assert c.space().held == 1000


def test_delta_and_lease_change_sides_together(chapter):
    c = chapter(quota=1000)
    lease = c.lease(600, 600).lease
    assert (c.space().used, c.space().held) == (0, 600)
    with c.tx() as s:
        c.put(s, c.root, 'f', b'x' * 600, lease=lease)
    assert (c.space().used, c.space().held) == (600, 0)
    with c.tx() as s:
        s.q('quota_fold')
    assert (c.space().used, c.space().held) == (600, 0)
    assert c.recount().counted == c.recount().stored == 600


def test_write_without_a_lease_is_not_covered(chapter):
    c, other = chapter(quota=1000), chapter(quota=1000)
    foreign = other.lease(500, 500).lease
    past = c.lease(100, 100, seconds=-1).lease
    for lease in (foreign, past, 12345):
        with pytest.raises(psycopg2.Error) as lost, c.tx() as s:
            c.put(s, c.root, f'f{lease}', b'abc', lease=lease)
        assert lost.value.pgcode == 'CD001'
        with pytest.raises(psycopg2.Error) as lost, c.tx() as s:
            s.q('quota_note', c.id, lease, 3)
        assert lost.value.pgcode == 'CD001'
    with c.tx() as s:
        f = c.put(s, c.root, 'f', b'abc', lease=c.lease(3, 3, db=other.db).lease)
        # What becomes smaller needs none.
        c.put(s, c.root, 'f', b'a', f.id, c.path(s, 'f')[-1].etag, lease=1)
    assert c.space().used == 1


def test_leases_past_their_time_are_folded_away(chapter):
    c = chapter(quota=1000)
    c.lease(900, 900, seconds=-60)   # just past: somebody may still be committing under it
    assert c.lease(500, 500) is None
    c2 = chapter(quota=1000)
    c2.lease(900, 900, seconds=-200)
    assert c2.lease(500, 500).granted == 500
    with c2.tx() as s:
        s.q('quota_fold')
        assert s.one('SELECT count(*) FROM quota_lease') == 1


def test_a13_parallel_uploads_never_pass_the_limit(server, chapter):
    """20 of 6 MB into 10 MB, while the job folds: one may."""
    c = chapter(quota=10_000_000)
    size, done, refused = 6_000_000, [], []
    stop = threading.Event()

    def fold():
        own = Session(server)
        while not stop.is_set():
            with c.tx(0, own):
                own.q('quota_fold')
        own.close()

    def upload(i):
        own = Session(server)
        lease = c.lease(size, size, db=own)
        if lease is None:
            refused.append(i)
        else:
            with c.tx(db=own):
                digest = bytes([i]) * 32
                own.q('file_write', 0, None, c.root, f'f{i}', f'f{i}', 'file', None, 'e%d' % i, None, digest, size,
                      None, [digest.hex()], [size], [0], lease.lease, 0, None)
            done.append(i)
        own.close()

    folder = threading.Thread(target=fold)
    folder.start()
    threads = [threading.Thread(target=upload, args=(i,)) for i in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    stop.set()
    folder.join()
    assert len(done) == 1 and len(refused) == 19
    assert c.space().used == size and c.recount().counted == c.recount().stored == size


def test_many_small_writers_end_exact(server, chapter):
    """Writers that fill, overwrite and delete with leases of their own, until nothing is left."""
    c = chapter(quota=200_000)
    over = []

    def work(i):
        own = Session(server)
        watch = Session(server)
        for k in range(25):
            lease = c.lease(2000, 4000, db=own)
            if lease is None:
                continue
            try:
                with c.tx(db=own):
                    f = c.put(own, c.root, f'{i}-{k}', bytes([i, k]) * 1000, lease=lease.lease)
                    if k % 5 == 4:
                        own.q('node_remove', f.id, c.path(own, f'{i}-{k}')[-1].etag)
                    if k % 7 == 6:
                        raise KeyError  # rolled back: the lease stays for somebody else
            except KeyError:
                pass
            with c.tx(0, watch):
                s = watch.q('quota_state', c.id)[0]
            if s.used + s.held > s.most:
                over.append(s)
        own.close()
        watch.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not over
    with c.tx() as s:
        s.q('quota_fold')
    assert c.recount().counted == c.recount().stored <= 200_000


def test_writers_do_not_wait_for_each_other(server, chapter):
    """A transaction that has written and not ended holds up neither a writer, a lease nor the fold."""
    c = chapter()
    c.standing()
    slow, quick = Session(server), Session(server)
    slow.begin(c.slug, 1)
    c.put(slow, c.root, 'slow', b'same')
    quick.sql("SET lock_timeout = '1s'")
    quick.pg.commit()
    with c.tx(db=quick):
        c.put(quick, c.root, 'quick', b'other')
    assert c.lease(10, 10, db=quick) is not None
    with c.tx(0, quick):
        quick.q('quota_fold')
    slow.pg.commit()
    slow.close()
    quick.close()
    assert c.recount().counted == c.recount().stored == 9


def test_space_of_a_person_is_that_of_her_contents(server):
    """person_space goes with what is written and swept, and her limit holds with what the transaction itself has added."""
    s = Session(server, 'postgres')
    who = s.one("INSERT INTO person (directory_id, uid, name) VALUES ('space', 'space', 'x') RETURNING id")
    used = 'SELECT coalesce((SELECT used FROM person_space WHERE person_id = %s), 0)'
    for letter, size in (('a', 600), ('b', 300)):
        s.sql('INSERT INTO blob (person_id, sha256, size) VALUES (%s, sha256(%s), %s)', (who, letter.encode(), size))
    assert s.one(used, (who,)) == 900
    s.sql('SELECT person_space_check(%s, 900)', (who,))
    s.sql("DELETE FROM blob WHERE person_id = %s AND sha256 = sha256('a')", (who,))
    assert s.one(used, (who,)) == 300
    with pytest.raises(psycopg2.Error) as refused:
        s.sql('SELECT person_space_check(%s, 299)', (who,))
    assert refused.value.pgcode == 'CD507'
    s.close()

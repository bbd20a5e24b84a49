"""A backup and the sweep of contents that nobody has any more; last, since it leaves eighty megabytes. (F30)"""
import hashlib
import json
import os
import time

from lib.stack import wait_for


def sweep_due(stack):
    stack.sql("UPDATE job_run SET started = now() - interval '3 days' WHERE name = 'blob_sweep'")


def test_F30_nothing_is_swept_during_a_backup(stack, server, folder, place):
    """What was due to go when the backup began is still in it."""
    anna = server.client('jena-board')
    body = os.urandom(100_000)
    digest = hashlib.sha256(body).hexdigest()
    assert anna.put(place + 'due', body).status == 201
    for i in range(4):
        anna.put(place + f'large{i}', os.urandom(20_000_000))
    anna.delete(place + 'due')
    stack.empty_trash()
    running = folder.start('backup', 'create', folder.path, '--json')
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 2 AND pid IN" \
           " (SELECT pid FROM pg_stat_activity WHERE application_name = 'chapterctl backup')"
    try:
        wait_for(lambda: stack.sql(held) == [(1,)], 20, 'the sweep being held')
        wait_for(lambda: list(folder.path.glob('*.partial/parts')), 20, 'the list')
        os.kill(running.pid, 19)
        stack.sql("UPDATE blob SET unused = now() - interval '8 days' WHERE sha256 = decode(%s, 'hex')", digest)
        sweep_due(stack)
        time.sleep(4)  # the jobs look once a second
        assert stack.sql("SELECT count(*) FROM blob WHERE sha256 = decode(%s, 'hex')", digest) == [(1,)]
    finally:
        os.kill(running.pid, 18)
        out, err = running.communicate(timeout=120)
    assert running.returncode == 0 and not json.loads(out)['missing'], (out, err)
    assert folder.blobs()[digest].read_bytes() == body
    sweep_due(stack)
    wait_for(lambda: stack.sql("SELECT count(*) FROM blob WHERE sha256 = decode(%s, 'hex')", digest) == [(0,)],
             60, 'the sweep afterwards')

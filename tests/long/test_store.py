"""A store that takes no files (F07)."""
import contextlib
import os
import pathlib
import subprocess

from lib.stack import scratch


def test_F07_read_only_and_out_of_inodes(stack, den):
    """A store that takes no file: 507 or 503 for what needs one, everything else goes on; no restart."""
    assert os.getuid() == 0, 'mounting a disk of its own needs root'
    first = stack.sql('SELECT coalesce(max(id), 0) + 1 FROM blob')[0][0]
    home, store = scratch('inodes'), scratch('few-inodes')
    owner = os.stat(stack.blob_dir())
    with open(home / 'image', 'wb') as f:
        f.truncate(64 << 20)
    subprocess.run(['mkfs.ext4', '-q', '-F', '-N', '64', home / 'image'], check=True)
    d = stack.daemon({'blob_dir': f'{store}/b'}, name='inodes', start=False)
    normal = d.command
    mount = (f'mount -o loop {home}/image {store} && mkdir -p {store}/b && chmod 0750 {store}/b && chown {owner.st_uid}:{owner.st_gid}'
             f' {store}/b && exec "$@"')
    d.command = lambda *args: ['unshare', '-m', '--propagation', 'private', 'sh', '-c', mount, 'sh', *normal(*args)]
    d.start()
    try:
        board = d.client('jena-board')
        body = os.urandom(100_000)
        assert board.put(den + 'f', body).status == 201
        fillers = pathlib.Path(f'/proc/{d.pid}/root{store}')
        with contextlib.suppress(OSError):
            for i in range(200):
                (fillers / f'filler{i}').touch()
        assert board.put(den + 'g', os.urandom(100_000)).status == 507
        assert board.put(den + 'small', b'in the database').status == 201
        assert board.get(den + 'f').body == body
        for file in fillers.glob('filler*'):
            file.unlink()
        assert board.put(den + 'g', os.urandom(100_000)).status == 201
        remount(d, store, 'ro')
        assert board.put(den + 'h', os.urandom(100_000)).status == 503
        health = d.client().get('/healthz')
        assert health.status == 503 and 'documents' in health.text, health
        assert board.get(den + 'f').body == body and board.put(den + 'small', b'again').status == 204
        remount(d, store, 'rw')
        assert board.put(den + 'h', os.urandom(100_000)).status == 201
        assert d.client().get('/healthz').status == 200
        for name in ('f', 'g', 'h'):
            board.delete(den + name)
    finally:
        d.stop()
        stack.sql('DELETE FROM blob WHERE id >= %s AND bytes IS NULL AND id NOT IN'
                  ' (SELECT blob_id FROM dav_node WHERE blob_id IS NOT NULL)', first)


def remount(d, store, how):
    subprocess.run(['nsenter', '-t', str(d.pid), '-m', 'mount', '-o', f'remount,{how}', str(store)], check=True)

"""A backup of documents that are in a bucket, restored onto a disk and into another bucket (F29)."""
import os
import subprocess

import pytest

from lib.stack import scratch

HOME = '/dav/files/jena/'


def owned(stack, path):
    """Given to the user who runs the daemon."""
    owner = os.stat(stack.blob_dir())
    if os.getuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
    return path


@pytest.fixture
def empty(stack):
    """The settings of an empty database and an empty store."""
    run = ['-h', stack.env['PGHOST'], '-U', 'postgres']
    subprocess.run(['createdb', *run, '-O', 'chapterd_owner', 'elsewhere'], check=True)
    databases = {key: stack.settings()[key].replace('dbname=chapterd', 'dbname=elsewhere')
                 for key in ('database', 'admin_database')}
    store = owned(stack, scratch('elsewhere'))
    store.chmod(0o700)
    yield {**databases, 'blob_dir': str(store)}
    subprocess.run(['dropdb', *run, '--force', 'elsewhere'], check=True)


@pytest.mark.parametrize('to', ['disk', 's3'])
def test_F29_a_backup_of_a_bucket(stack, settings, server, swift, empty, to):
    """All of it is in the folder of the backup and comes back byte for byte, although the bucket is gone."""
    anna, name = server.client('jena-board'), os.urandom(4).hex()
    place = f'{HOME}b-{name}/'
    assert anna.mkcol(place).status == 201
    contents = {f'{size}.bin': os.urandom(size) for size in (10, 70_000, 900_000, 3_000_000)}
    for file, content in contents.items():
        assert anna.put(place + file, content).status == 201
    there = {k.rpartition('/')[2] for k in swift.keys()}
    folder = owned(stack, scratch('backups')) / 'backups'
    stack.ctl('backup', 'create', folder, conf=server.conf)
    copied = {f.name for f in (folder / 'blobs').glob('??/*')}
    assert len(copied) >= 3 and there <= copied, 'what is in the bucket is in the folder'

    bucket = swift.bucket
    swift.bucket = f'other-{name}'
    swift.make_bucket()
    try:
        other = {**empty, **(settings if to == 's3' else {}), 's3_bucket': swift.bucket if to == 's3' else None}
        d = stack.daemon(other, name=f'restored-{to}', start=False)
        said = stack.ctl('restore', folder, conf=d.conf).stdout
        assert 'Nothing is damaged' in said, said
        d.start()
        board = d.client('jena-board')
        for file, content in contents.items():
            assert board.get(place + file).body == content, file
        assert board.put(place + 'new', os.urandom(100_000)).status == 201
        assert bool(swift.keys()) == (to == 's3'), 'where new ones go'
        stack.verify(conf=d.conf)
        d.stop()
    finally:
        swift.bucket = bucket
        anna.delete(place)

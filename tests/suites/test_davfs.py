"""davfs2: a mounted folder in which a document is edited."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

from lib.past import Past

pytestmark = pytest.mark.skipif(not os.path.exists('/dev/fuse'), reason='/dev/fuse is missing')


@pytest.fixture
def mount(server, run, den):
    """The folder `den`, mounted with locks; (mount point, unmount)."""
    root = () if os.getuid() == 0 else ('sudo', '-n')  # mounting is root's
    work = pathlib.Path(tempfile.mkdtemp(prefix='chapterd-davfs-', dir='/var/tmp'))
    work.chmod(0o755)
    (work / 'mnt').mkdir()
    (work / 'cache').mkdir()
    (work / 'cache').chmod(0o777)
    run(*root, 'chown', 'davfs2:davfs2', work / 'cache')
    url = f'{server.url}{den}'
    (work / 'secrets').write_text(f'{url} jena-member demo\n')
    (work / 'secrets').chmod(0o600)
    # buf_size: kernels from 6.16 on refuse smaller directory reads.
    (work / 'conf').write_text(
        f'secrets {work}/secrets\ncache_dir {work}/cache\nuse_locks 1\ndelay_upload 0\nask_auth 0\n'
        'buf_size 512\nif_match_bug 0\n')
    run(*root, 'chown', 'root:', work / 'secrets', work / 'conf')
    run(*root, 'mount', '-t', 'davfs', '-o', f'conf={work}/conf,uid={os.getuid()},gid={os.getgid()}',
        url, work / 'mnt', timeout=60)
    mounted = True

    def unmount():
        nonlocal mounted
        if mounted:
            mounted = False
            run(*root, 'umount', work / 'mnt', timeout=120)

    yield work / 'mnt', unmount
    with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
        unmount()
    run(*root, 'rm', '-rf', '--one-file-system', work)


def test_edit(mount, alice, den):
    folder, unmount = mount
    data = os.urandom(3_000_000)
    (folder / 'Sitzung').mkdir()
    (folder / 'Sitzung/a.bin').write_bytes(data)
    text = folder / 'Sitzung/b ü#%.txt'
    text.write_text('hallo\n')
    with open(text, 'a') as f:  # within the second: lost with weak etags
        f.write('mehr\n')
    os.rename(folder / 'Sitzung/a.bin', folder / 'Sitzung/c.bin')
    shutil.copy(folder / 'Sitzung/c.bin', folder / 'Sitzung/d.bin')
    os.unlink(folder / 'Sitzung/d.bin')
    assert sorted(p.name for p in (folder / 'Sitzung').iterdir()) == ['b ü#%.txt', 'c.bin']
    stat = os.statvfs(folder)
    assert stat.f_bavail > 0
    os.sync()
    time.sleep(1)
    unmount()
    assert alice.get(den + 'Sitzung/c.bin').body == data
    assert alice.get(den + 'Sitzung/b%20%C3%BC%23%25.txt').body == b'hallo\nmehr\n'


def test_an_edited_document_has_a_version(server, mount, alice, mallory, den):
    """Once for all that is saved in one sitting; renaming adds none; what is deleted lies in the trash, and nothing else."""
    folder, unmount = mount
    mallory.put(den + 'Plan.txt', b'eins\n')
    mallory.put(den + 'weg.txt', b'weg')
    for _ in range(100):
        if (folder / 'Plan.txt').exists() and (folder / 'weg.txt').exists():
            break
        time.sleep(0.1)
    for said in ('zwei\n', 'drei\n'):
        (folder / 'Plan.txt').write_text(said)
        os.sync()
    os.rename(folder / 'Plan.txt', folder / 'Fertig.txt')
    os.unlink(folder / 'weg.txt')
    unmount()
    past = Past(server, den)
    assert alice.get(den + 'Fertig.txt').body == b'drei\n' and past.versions('Fertig.txt') == [b'eins\n']
    assert past.listed() == {'Fertig.txt'} and past.deleted() == ['weg.txt']


def test_saved_under_another_name_and_renamed(server, mount, alice, den):
    """As editors save: within the seconds that davfs2 keeps a new file to itself."""
    folder, unmount = mount
    (folder / 'TO.txt').write_text('Tagesordnung 1\n')
    (folder / 'TO.new').write_text('Tagesordnung 2\n')
    os.rename(folder / 'TO.new', folder / 'TO.txt')
    unmount()
    assert alice.get(den + 'TO.txt').body == b'Tagesordnung 2\n'
    assert list(alice.listing(den)) == [den + 'TO.txt'] and Past(server, den).deleted() == []
    assert alice.put(den + 'TO.txt', b'3').status == 204


def test_lock_while_a_file_is_open(mount, alice, mallory, den):
    folder, unmount = mount
    with open(folder / 'offen.txt', 'w') as f:
        f.write('erste Zeile\n')
        f.flush()
        for _ in range(50):
            answer = mallory.put(den + 'offen.txt', b'second writer')
            if answer.status == 423:
                break
            mallory.delete(den + 'offen.txt')
            time.sleep(0.1)
        assert answer.status == 423, answer
    unmount()
    assert alice.get(den + 'offen.txt').body == b'erste Zeile\n'
    assert mallory.put(den + 'offen.txt', b'after').status == 204


def test_a_foreign_change_is_seen(mount, mallory, den):
    folder, _ = mount
    mallory.put(den + 'f.txt', b'eins')
    for _ in range(100):
        if (folder / 'f.txt').exists():
            break
        time.sleep(0.1)
    assert (folder / 'f.txt').read_bytes() == b'eins'

"""rclone: a real tree up, compared, moved, synchronised, removed."""
import html
import os
import re

import pytest

from lib.past import Past
from lib.stack import wait_for


@pytest.fixture
def remote(server, run, den, tmp_path):
    password = run('rclone', 'obscure', 'demo').text.strip()
    (tmp_path / 'empty.conf').touch()
    env = {**os.environ, 'RCLONE_CONFIG': str(tmp_path / 'empty.conf')}
    base = (f":webdav,url='{server.url}{den}',vendor=other,user='jena-member',pass='{password}':")

    def rclone(*args, **more):
        return run('rclone', *args, '--retries', '1', '--low-level-retries', '1', env=env, **more)

    rclone.at = lambda path='': base + path
    return rclone


def test_copy_and_check(remote, tree):
    remote('copy', tree, remote.at('up'), '--create-empty-src-dirs')
    remote('check', tree, remote.at('up'), '--download')
    remote('check', tree, remote.at('up'))
    listed = remote('lsf', '-R', remote.at('up')).text.splitlines()
    ours = [str(p.relative_to(tree)) + ('/' if p.is_dir() else '') for p in tree.rglob('*')]
    assert sorted(listed) == sorted(ours)


def test_second_copy_sends_nothing(remote, tree):
    """Sizes are seen, so that nothing is sent again."""
    remote('copy', tree, remote.at('up'))
    again = remote('copy', tree, remote.at('up'), '--size-only', '-v').text
    assert 'Copied' not in again, again


def test_move_copy_and_sync(remote, tree, tmp_path):
    remote('copy', tree, remote.at('up'))
    remote('moveto', remote.at('up/groß.bin'), remote.at('up/größer.bin'))
    remote('copyto', remote.at('up/größer.bin'), remote.at('up/noch einmal.bin'))
    (tree / 'groß.bin').rename(tree / 'größer.bin')
    (tree / 'Plan.txt').write_text('neuer Stand, länger als vorher')
    (tree / '#1.txt').unlink()
    remote('sync', tree, remote.at('up'))
    remote('check', tree, remote.at('up'), '--download')
    remote('copy', remote.at('up'), tmp_path / 'down')
    for path in tree.rglob('*'):
        if path.is_file():
            assert (tmp_path / 'down' / path.relative_to(tree)).read_bytes() == path.read_bytes(), path


def test_move_a_folder_and_purge(remote, tree):
    remote('copy', tree, remote.at('up'))
    remote('move', remote.at('up/Sitzungen'), remote.at('up/Archiv'))
    assert 'Archiv/' in remote('lsf', remote.at('up')).text
    remote('purge', remote.at('up'))
    assert remote('lsf', remote.at('')).text.strip() == ''


def test_about(remote):
    assert 'Free:' in remote('about', remote.at()).text


def test_times_by_x_oc_mtime(server, run, den, tree, tmp_path):
    """With a vendor that knows it, the time of a file comes along."""
    password = run('rclone', 'obscure', 'demo').text.strip()
    at = f":webdav,url='{server.url}{den}',vendor=owncloud,user='jena-member',pass='{password}':"
    (tmp_path / 'empty.conf').touch()
    os.utime(tree / 'Plan.txt', (1_600_000_000, 1_600_000_000))
    env = {**os.environ, 'RCLONE_CONFIG': str(tmp_path / 'empty.conf'), 'TZ': 'UTC'}
    run('rclone', 'copy', tree / 'Plan.txt', at + 'up', env=env)
    assert '2020-09-13 12:26:40' in run('rclone', 'lsl', at + 'up', env=env).text


@pytest.mark.skipif(not os.path.exists('/dev/fuse'), reason='/dev/fuse is missing')
def test_mount(server, remote, run, tree, mallory, den, tmp_path):
    """rclone's own mount: writes, reads in the middle, renames; what it overwrites is a version, what it deletes lies in the trash."""
    mount = tmp_path / 'mnt'
    mallory.put(den + 'Plan.txt', b'eins')
    mallory.put(den + 'weg.txt', b'weg')
    mount.mkdir()
    remote('mount', remote.at(), mount, '--vfs-cache-mode', 'writes', '--vfs-write-back', '0s',
           '--daemon', '--daemon-timeout', '20s')

    def arrives(name):  # the cache is written back a little later
        wait_for(lambda: name in remote('lsf', remote.at('neu'), code=None).text, 30, name)

    try:
        (mount / 'neu').mkdir()
        (mount / 'neu/a.txt').write_text('hallo')
        arrives('a.txt')
        os.rename(mount / 'neu/a.txt', mount / 'neu/b.txt')
        arrives('b.txt')
        data = (tree / 'groß.bin').read_bytes()
        (mount / 'neu/groß.bin').write_bytes(data)
        with open(mount / 'neu/groß.bin', 'rb') as f:
            f.seek(10_000_000)
            assert f.read(100) == data[10_000_000:10_000_100]
        arrives('groß.bin')
        for said in ('zwei', 'drei und vier'):
            (mount / 'Plan.txt').write_text(said)
            wait_for(lambda: remote('cat', remote.at('Plan.txt'), code=None).text == said, 30, said)
        os.rename(mount / 'Plan.txt', mount / 'Fertig.txt')
        os.unlink(mount / 'weg.txt')
    finally:
        run('fusermount3', '-u', mount)
    assert remote('cat', remote.at('neu/b.txt')).text == 'hallo'
    assert set(remote('lsf', remote.at('neu')).text.split()) == {'b.txt', 'groß.bin'}
    past = Past(server, den)
    assert remote('cat', remote.at('Fertig.txt')).text == 'drei und vier' and past.versions('Fertig.txt') == [b'eins']
    assert past.listed() == {'neu', 'Fertig.txt'} and past.deleted() == ['weg.txt']


def test_the_steps_on_the_page(app_password, run, tmp_path):
    """What the page Devices says, typed as it stands there."""
    password, page = app_password('jena-member')
    create, look = (html.unescape(c) for c in re.findall(r'<code>(rclone [^<]*)</code>', page))
    env = {**os.environ, 'RCLONE_CONFIG': str(tmp_path / 'rclone.conf')}
    run('sh', '-c', create, input=f'{password}\n'.encode(), env=env)
    assert 'jena' in run('sh', '-c', look, env=env).text.split()
    assert password not in (tmp_path / 'rclone.conf').read_text()

"""Backups and restores that are broken off, damaged, or have no room. (F05, F29)"""
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import time

import pytest

from lib.stack import LONG, wait_for

LARGE = os.urandom(2_000_000)


@pytest.fixture(scope='module')
def filled(stack, server):
    """A folder of documents, some of them in the store; the same for all tests here."""
    anna = server.client('jena-board')
    href = f'/dav/files/jena/faults-{os.urandom(4).hex()}/'
    assert anna.mkcol(href).status == 201
    anna.put(href + 'large', LARGE)
    for i in range(12):
        anna.put(f'{href}many{i}', os.urandom(400_000))
        anna.put(f'{href}small{i}', os.urandom(30_000))
    yield href
    anna.delete(href)


def dump_is_over(stack):
    return stack.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump'") == [(0,)]


def test_F29_killed_backups(stack, folder, elsewhere, filled):
    """kill -9 at random moments: never listed, nothing left behind but what the next can use."""
    folder.create()
    start = time.monotonic()
    folder.create()
    whole = time.monotonic() - start
    seed = int(os.environ.get('SEED', time.time()))
    dice = random.Random(seed)
    killed = 0
    for _ in range(40 if LONG else 8):
        running = folder.start('backup', 'create', folder.path)
        time.sleep(dice.uniform(0, whole * 1.1))
        running.kill()
        killed += running.wait(30) != 0
        running.communicate()
        listed = json.loads(folder.run('backup', 'list', folder.path, '--json').out)['backups']
        assert all(b['good'] for b in listed) and [b['name'] for b in listed] == folder.names()
        if dice.random() < 0.3:  # as if they had never been copied
            for path in list(folder.blobs().values())[:3]:
                path.unlink()
            folder.run('backup', 'verify', folder.path, code=1)
            folder.create()
    wait_for(lambda: dump_is_over(stack), 20, 'the end of pg_dump')
    print(f'seed {seed}: {killed} killed, {len(folder.names())} complete backups')
    assert killed
    folder.create()
    assert not list(folder.path.glob('*.partial')) and not (folder.path / 'blobs/new.partial').exists()
    folder.run('backup', 'verify', folder.path)
    folder.run('restore', folder.path, conf=elsewhere().conf)


def refuses_to_start(daemon):
    daemon.spawn()
    wait_for(lambda: not daemon.alive(), 60, 'its refusal')
    assert daemon.process.returncode == 1
    return daemon.tail()


def test_F29_killed_restores(stack, folder, elsewhere, filled):
    """kill -9 at random moments: nothing starts on what is left, and it can be begun again."""
    folder.create()
    start = time.monotonic()
    folder.run('restore', folder.path, conf=elsewhere().conf)
    whole = time.monotonic() - start
    seed = int(os.environ.get('SEED', time.time()))
    dice = random.Random(seed)
    half = untouched = done = 0
    there = elsewhere()
    for _ in range(30 if LONG else 6):
        running = folder.start('restore', folder.path, conf=there.conf)
        time.sleep(dice.uniform(0.1, whole * 0.8))
        running.kill()
        running.communicate(timeout=30)
        wait_for(lambda: there.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND usename = 'chapterd_admin'") == [(1,)], 30, 'the end of psql')
        marked = there.sql("SELECT to_regnamespace('chapterd_restore') IS NOT NULL,"
                           " to_regclass('chapterd.dav_node') IS NOT NULL")[0]
        if marked == (True, False):
            half += 1
            assert 'chapterctl restore' in refuses_to_start(there.daemon(start=False))
            assert 'chapterctl restore' in folder.run('migrate', conf=there.conf, code=1).err
            assert 'chapterctl restore' in folder.run('chapter', 'list', conf=there.conf, code=1).err
            assert 'chapterctl restore' in folder.run('verify', conf=there.conf, code=1).err
        elif marked == (False, False):
            untouched += 1
            assert 'chapterctl migrate' in refuses_to_start(there.daemon(start=False))
        else:
            assert marked == (False, True)
            done += 1
            there.daemon().stop()
            there = elsewhere()
    print(f'seed {seed}: broken off {half} times in between, {untouched} before, {done} after')
    if not folder.run('verify', conf=there.conf, code=None).code == 0:
        folder.run('restore', folder.path, conf=there.conf)
    board = there.daemon().client('jena-board')
    assert board.get(filled + 'large').body == LARGE


def test_F29_a_restore_stopped_in_the_middle(stack, folder, elsewhere, filled):
    """Surely in between: psql is held where the last statement comes, then chapterctl dies."""
    folder.create()
    there = elsewhere()
    bin = folder.top / 'bin'
    bin.mkdir()
    folder.own(bin)
    real = shutil.which('psql')
    (bin / 'psql').write_text(f'#!/bin/sh\n{{ head -c 4000; sleep 600 & echo $! >{bin}/pid; wait; }} | exec {real} "$@"\n')
    (bin / 'psql').chmod(0o755)
    running = folder.start('restore', folder.path, conf=there.conf,
                           env={'PATH': f'{bin}:{os.environ["PATH"]}'})
    wait_for(lambda: there.sql("SELECT to_regnamespace('chapterd_restore') IS NOT NULL") == [(True,)], 60, 'the mark')
    wait_for(lambda: 'transaction' in str(there.sql(
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'psql'")),
        60, 'psql in its transaction')
    second = folder.run('restore', folder.path, conf=there.conf, code=1)
    assert 'Run this again when that has ended' in ' '.join(second.err.split())
    running.kill()
    running.communicate()
    os.kill(int((bin / 'pid').read_text()), 15)
    wait_for(lambda: there.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                               " AND application_name = 'psql'") == [(0,)], 60, 'the end of psql')
    assert there.sql("SELECT to_regnamespace('chapterd_restore') IS NOT NULL, to_regnamespace('chapterd') IS NULL"
                     ) == [(True, True)]
    assert 'chapterctl restore' in refuses_to_start(there.daemon(start=False))
    folder.run('restore', folder.path, conf=there.conf)
    assert there.daemon().client('jena-board').get(filled + 'large').body == LARGE


# ---------------------------------------------------------------- damage

@pytest.fixture(scope='module')
def sound(stack, filled, tmp_path_factory):
    from lib.backups import Folder
    f = Folder(stack)
    f.create()
    return f


@pytest.fixture
def copy(sound, stack):
    """A copy of a good folder of backups that may be damaged; verify needs neither settings nor database."""
    from lib.backups import Folder
    f = Folder(stack)
    subprocess.run(['cp', '-a', sound.path, f.path], check=True)
    f.conf = '/nonexistent'
    f.name = f.names()[0]
    f.run('backup', 'verify', f.path)
    return f


def flip(path, at=None):
    body = bytearray(path.read_bytes())
    at = len(body) // 2 if at is None else at
    body[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(body)


@pytest.mark.parametrize('file', ['dump', 'parts', 'manifest.json', 'SHA256SUMS'])
@pytest.mark.parametrize('harm', ['bit', 'short', 'gone', 'empty'])
def test_damage_is_named(copy, elsewhere, file, harm):
    path = copy.path / copy.name / file
    if harm == 'bit':
        flip(path, at=200 if file == 'SHA256SUMS' else None)
    elif harm == 'short':
        os.truncate(path, path.stat().st_size - 10)
    elif harm == 'empty':
        os.truncate(path, 0)
    else:
        path.unlink()
    named = 'manifest.json' if file == 'SHA256SUMS' else file
    for args in ((), ('--at', copy.name)):
        done = copy.run('backup', 'verify', copy.path, *args, code=1)
        if file in ('dump', 'parts'):
            assert f'DAMAGE {copy.name}/{named}: ' in done.err, done
        else:
            assert f'DAMAGE {copy.name}/manifest.json: ' in done.err, done
            assert file in done.err
    answer = json.loads(copy.run('backup', 'verify', copy.path, '--json', code=1).out)
    assert not answer['ok'] and answer['damage'][0]['file'] == f'{copy.name}/{named}'
    if file in ('manifest.json', 'SHA256SUMS'):
        listed = copy.run('backup', 'list', copy.path, code=1)
        assert 'DAMAGED' in listed.out and 'complete' not in listed.out
    there = elsewhere()
    for more in ((), ('--despite-damage',)):
        done = copy.run('restore', copy.path, *more, conf=there.conf, code=1)
        assert 'damaged' in done.err or 'no good backup' in done.err
    assert there.sql("SELECT to_regnamespace('chapterd') IS NULL, to_regnamespace('chapterd_restore') IS NULL"
                     ) == [(True, True)]
    assert not list(there.store.iterdir())


@pytest.mark.parametrize('harm', ['bit', 'short', 'gone'])
def test_a_damaged_large_file_is_named(copy, elsewhere, filled, harm):
    digest = hashlib.sha256(LARGE).hexdigest()
    path = copy.blobs()[digest]
    if harm == 'bit':
        flip(path)
    elif harm == 'short':
        path.chmod(0o600)
        os.truncate(path, 1_999_999)
    else:
        path.unlink()
    for args in ((), ('--at', copy.name)):
        done = copy.run('backup', 'verify', copy.path, *args, code=1)
        assert f'DAMAGE blobs/{digest[:2]}/{digest}: ' in done.err
    # Refused at first; all but this document on request, and that one is named.
    there = elsewhere()
    refused = copy.run('restore', copy.path, conf=there.conf, code=1)
    assert '--despite-damage' in refused.err
    done = copy.run('restore', copy.path, '--despite-damage', conf=there.conf, code=1)
    assert digest in done.out + done.err
    node = there.sql("SELECT id FROM dav_node WHERE name = 'large' AND NOT gone ORDER BY id DESC")[0][0]
    assert str(node) in done.out
    board = there.daemon().client('jena-board')
    assert board.get(filled + 'small3').status == 200 and board.get(filled + 'many3').status == 200
    # The next backup into that folder heals a file that is missing or short.
    if harm != 'bit':
        copy.create(conf=copy.stack.conf)
        assert hashlib.sha256(copy.blobs()[digest].read_bytes()).hexdigest() == digest


def test_prune_keeps_files_while_a_backup_cannot_be_read(copy):
    copy.conf = copy.stack.conf
    time.sleep(1)
    copy.create()
    flip(copy.path / copy.names()[1] / 'parts')
    before = set(copy.blobs())
    done = copy.run('backup', 'prune', copy.path, '--keep', '1', code=1)
    assert 'No large files were removed' in done.err and f'rm -r {copy.path}/' in done.err
    assert set(copy.blobs()) == before


def test_the_store_lacks_a_document(stack, server, folder, elsewhere, filled):
    """The backup is made all the same, says what it lacks, and ends with 1."""
    digest = hashlib.sha256(LARGE).hexdigest()
    [path] = [p for p in (stack.blob_dir() / 'objects').rglob(digest)]
    for harm in ('missing', 'bit'):
        if harm == 'missing':
            path.rename(path.with_name('kept-by-the-test'))
        else:
            shutil.copy2(path, path.with_name('kept-by-the-test'))
            flip(path)
        try:
            done = folder.create(code=1)
            assert digest in done.err and 'lacks 1 files' in done.err
        finally:
            path.with_name('kept-by-the-test').rename(path)
            folder.own(path)
            path.chmod(0o440)
        assert 'lacks 1 large files' in folder.run('backup', 'list', folder.path).out
        found = folder.run('backup', 'verify', folder.path, code=1)
        assert f'blobs/{digest[:2]}/{digest}' in found.err
        folder.run('restore', folder.path, conf=elsewhere().conf, code=1)
        there = elsewhere()
        folder.run('restore', folder.path, '--despite-damage', conf=there.conf, code=1)
        shutil.rmtree(folder.path)
    folder.create()


# ---------------------------------------------------------------- no room

def test_F05_the_disk_of_the_backups_is_full(stack, folder, filled):
    """Says so, leaves the earlier backup as it was, and works again when there is room."""
    folder.create()
    size = sum(p.stat().st_size for p in folder.path.rglob('*') if p.is_file())
    line, env = folder.command('backup', 'create', '/mnt/backups')
    disk = folder.top / 'disk'
    disk.mkdir()
    owner = os.stat(stack.blob_dir())
    ctl = ' '.join(f"'{word}'" for word in line).replace('/mnt/backups', str(disk / 'backups'))
    dump = max(p.stat().st_size for p in folder.path.glob('*/dump'))
    script = f'''
        set -e
        mount -t tmpfs -o size={size + dump // 2 + 300_000},uid={owner.st_uid},gid={owner.st_gid},mode=0700 disk {disk}
        {ctl} --quiet
        sleep 1
        if {ctl} --quiet; then echo "not full?"; exit 1; fi
        {ctl.replace("'create'", "'list'")}
        {ctl.replace("'create'", "'verify'")}
        mount -o remount,size={4 * size} {disk}
        sleep 1
        {ctl} --quiet
        {ctl.replace("'create'", "'list'")}
        {ctl.replace("'create'", "'verify'")}
    '''
    wrap = ['unshare', '-m', '--propagation', 'private'] if os.getuid() == 0 else ['unshare', '-rm']
    done = subprocess.run([*wrap, 'sh', '-c', script], env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'The disk of the backups is full' in done.stderr and 'earlier' not in done.stderr
    assert len(re.findall('complete', done.stdout)) == 3 and done.stdout.count('Nothing is damaged') == 2


def test_F05_the_disk_of_the_store_is_full(stack, folder, elsewhere, filled):
    """A restore without room begins again when there is some."""
    folder.create()
    there = elsewhere()
    line, env = folder.command('restore', folder.path, conf=there.conf)
    limited = ['prlimit', '--fsize=1000000', 'sh', '-c', "trap '' XFSZ; exec \"$@\"", 'sh', *line]
    done = subprocess.run(limited, env=env, cwd='/', text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == 1 and done.stderr, done
    assert 'chapterctl restore' in refuses_to_start(there.daemon(start=False))
    folder.run('restore', folder.path, conf=there.conf)


# ---------------------------------------------------------------- refusals

def test_what_a_restore_refuses(stack, server, folder, elsewhere, filled):
    folder.create()
    name = folder.names()[0]
    # Where there is something, or somebody.
    assert 'connections of chapterd' in folder.run('restore', folder.path, code=1).err
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    again = folder.run('restore', folder.path, conf=there.conf, code=1)
    assert 'There is an installation in this database already' in again.err
    # Migrated, with nothing in it: that is empty enough.
    fresh = elsewhere()
    folder.run('migrate', conf=fresh.conf)
    folder.run('restore', folder.path, conf=fresh.conf)
    # A chapter without anything is something.
    small = elsewhere()
    folder.run('migrate', conf=small.conf)
    folder.run('chapter', 'add', 'land', '--name', 'Land', '--kind', 'state', conf=small.conf)
    assert 'There is an installation' in folder.run('restore', folder.path, conf=small.conf, code=1).err
    # A store with files in it, unless they are those of the same installation.
    kept = elsewhere()
    subprocess.run(['cp', '-a', f'{there.store}/.', kept.store], check=True)
    files = {p: p.stat().st_ino for p in kept.store.rglob('*') if p.is_file()}
    assert '--keep-files' in folder.run('restore', folder.path, conf=kept.conf, code=1).err
    folder.run('restore', folder.path, '--keep-files', conf=kept.conf)
    assert {p: p.stat().st_ino for p in kept.store.rglob('*') if p.is_file()} == files
    # A backup that is not there, or is no backup.
    empty = elsewhere()
    for at, code in (('2020-01-01T000000Z', 1), ('../..', 2), ('x', 2)):
        assert folder.run('restore', folder.path, '--at', at, conf=empty.conf, code=code).err
    assert 'chapterd-backup is missing' in folder.run('restore', folder.top, conf=empty.conf, code=1).err
    assert folder.run('restore', '/nonexistent', conf=empty.conf, code=1).err
    # One of a newer version.
    manifest = folder.path / name / 'manifest.json'
    before = hashlib.sha256(manifest.read_bytes()).hexdigest()
    text = re.sub(r'"schema": \d+', '"schema": 9999', manifest.read_text())
    for path, body in ((manifest, text), (folder.path / name / 'SHA256SUMS', (
            folder.path / name / 'SHA256SUMS').read_text().replace(
                before, hashlib.sha256(text.encode()).hexdigest()))):
        path.chmod(0o600)
        path.write_text(body)
    assert 'Install the newer program' in folder.run(
        'restore', folder.path, conf=empty.conf, code=1).err
    assert empty.sql("SELECT to_regnamespace('chapterd_restore') IS NULL") == [(True,)]


def test_what_create_refuses(stack, folder, elsewhere):
    folder.path.mkdir()
    folder.own(folder.path)
    (folder.path / 'letter.txt').write_text('not a backup')
    assert 'no folder of backups' in folder.create(code=1).err
    assert [p.name for p in folder.path.iterdir()] == ['letter.txt']
    (folder.path / 'letter.txt').unlink()
    folder.create()
    (folder.path / 'chapterd-backup').chmod(0o600)
    (folder.path / 'chapterd-backup').write_text('chapterd backup, format 2\n')
    assert 'newer chapterctl' in folder.create(code=1).err
    shutil.rmtree(folder.path)
    assert 'nothing to back up' in folder.create(conf=elsewhere().conf, code=1).err
    # Two at once.
    first = folder.start('backup', 'create', folder.path)
    wait_for(lambda: list(folder.path.glob('*.partial')), 30, 'the first')
    os.kill(first.pid, 19)
    try:
        for args in (('create',), ('prune', '--keep', '1'), ('verify',)):
            assert 'Another chapterctl works' in folder.run('backup', *args, folder.path, code=1).err
        assert folder.run('backup', 'list', folder.path).code == 0
    finally:
        os.kill(first.pid, 18)
        first.communicate(timeout=120)
    assert first.returncode == 0


@pytest.mark.parametrize('args', [
    ('backup', 'create'), ('backup', 'verify'), ('backup', 'prune', 'DIR'), ('backup', 'prune', 'DIR', '--keep', '0'),
    ('backup', 'prune', 'DIR', '--keep', 'many'), ('backup', 'prune', 'DIR', '--days', '-1'), ('restore',),
    ('backup', 'verify', 'DIR', '--at', 'x'), ('backup', 'destroy', 'DIR'), ('restore', 'DIR', 'DIR')])
def test_called_wrongly(sound, args):
    words = [str(sound.path) if a == 'DIR' else a for a in args]
    assert sound.run(*words, code=2).err
    assert sound.names()


def test_bytes_of_strangers(copy):
    """Names and lists that nobody of us wrote do no harm."""
    (copy.path / '2026-99-99T999999Z').mkdir()
    (copy.path / 'blobs/00').mkdir(exist_ok=True)
    (copy.path / 'blobs/00/strange').write_text('x')
    os.symlink('/etc/passwd', copy.path / 'blobs/00' / ('0' * 64))
    found = copy.run('backup', 'verify', copy.path, code=1).err
    assert 'blobs/00/strange' in found and '0' * 64 in found and '2026-99-99T999999Z' in found
    copy.conf = copy.stack.conf
    copy.run('backup', 'prune', copy.path, '--keep', '1', code=1)
    assert (copy.path / 'blobs/00/strange').exists()

"""chapterctl backup and restore: under load, elsewhere, and what must not come back. (F29, F30, F32)"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from lib.browser import Browser as Pages
from lib.stack import REPO

sys.path.insert(0, str(REPO / 'tests/http'))
from test_app_passwords import make as make_app_password  # noqa: E402
from test_login import Browser  # noqa: E402

LARGE = os.urandom(3_000_000)


def test_F29_who_may_sign_in_with_what(stack, server, folder, elsewhere):
    """App passwords go on, sessions do not; counts of failures begin anew."""
    browser = Browser(server, source='127.60.1.1')
    assert browser.sign_in('weimar-member').status == 303
    assert browser('GET', '/account/devices').status == 200
    password = make_app_password(browser, name='Telefon')
    server.client('weimar-member', 'wrong', source='127.60.2.1').get('/dav/files/')
    folder.create()
    [dump] = folder.path.glob('*/dump')
    contents = subprocess.run(['pg_restore', '--list', dump], check=True, text=True, stdout=subprocess.PIPE).stdout
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    assert 'TABLE DATA chapterd app_password ' in contents
    for table in ('session', 'form_once', 'device_setup', 'dav_lock', 'quota_lease', 'commit_mark', 'job_run', 'invitation', 'login_failure'):
        assert f'TABLE DATA chapterd {table} ' not in contents, 'it is not even written down'
        assert there.sql(f'SELECT count(*) FROM {table}') == [(0,)], table
    other = there.daemon()
    phone = other.client('weimar-member', password, source='127.60.3.1')
    assert phone.propfind('/dav/files/weimar/', 'displayname').status == 207
    browser.client = other.client(source='127.60.1.1')
    assert browser('GET', '/account/devices').status != 200
    assert browser.sign_in('weimar-member').status == 303
    assert browser('GET', '/account/devices').status == 200
    stack.sql('DELETE FROM app_password WHERE name = %s', 'Telefon')


def test_mails_that_wait_do_not_come_back(stack, folder, elsewhere):
    """Some of them have been sent by now. Who wants no more stays known, by the same key."""
    stack.sql("SELECT mail_add((SELECT id FROM chapter WHERE slug = 'jena'), NULL, 'scheduling', false, 'Jena', NULL, 'x', 'x', NULL, NULL, 'de',"
              " 'infinity', 1, 1, 9, 9, ARRAY['backup@example.org'], ARRAY['x'], ARRAY[0]::int8[], ARRAY[repeat('0', 32)], ARRAY[repeat('0', 64)])")
    stack.sql("INSERT INTO mail_optout (hash, chapter_id, purpose) VALUES (decode(repeat('1', 32), 'hex'), 1, 'scheduling') ON CONFLICT DO NOTHING")
    folder.create()
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    assert there.sql('SELECT (SELECT count(*) FROM mail), (SELECT count(*) FROM mail_queue)') == [(0, 0)]
    [dump] = folder.path.glob('*/dump')
    contents = subprocess.run(['pg_restore', '--list', dump], check=True, text=True, stdout=subprocess.PIPE).stdout
    assert 'TABLE DATA chapterd mail_optout ' in contents and 'TABLE DATA chapterd mail_queue ' not in contents
    for what in ('SELECT mail_key FROM installation', 'SELECT count(*) FROM mail_optout', 'SELECT count(*) FROM mail_once'):
        assert there.sql(what) == stack.sql(what)
    stack.sql('DELETE FROM mail')


def test_F29_links_wait_until_somebody_confirms_them(stack, server, folder, elsewhere, place):
    """One may have been ended since the backup: none works again by itself."""
    anna = server.client('jena-board')
    assert anna.put(place + 'a').status in (201, 204)
    stack.sql("INSERT INTO share_link (chapter_id, node_id, hash, drop_box, read_level, write_level, purpose, until)"
              " SELECT chapter_id, id, sha256('restored'), false, 9, 9, 'restored', current_date FROM dav_node WHERE name = 'a' AND NOT gone LIMIT 1")
    assert server.client().get('/s/restored').status == 200
    folder.create()
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    other = there.daemon()
    assert other.client().get('/s/restored').status == 404
    assert there.sql("SELECT paused FROM share_link WHERE purpose = 'restored'") == [(True,)]
    board = Pages(other, 'jena-board')
    assert 'restored from a backup' in board.text('/c/jena/shares')
    number = re.search(r'name="share" value="confirm">\s*<input type="hidden" name="link" value="(\d+)"', board.get('/c/jena/shares').text)[1]
    assert board.post('/c/jena/shares', share='confirm', link=number).status_code == 303
    assert other.client().get('/s/restored').status == 200
    stack.sql("DELETE FROM share_link WHERE purpose = 'restored'")


def test_F29_feeds_wait_until_somebody_confirms_them(stack, server, folder, elsewhere):
    """As links do."""
    stack.sql("INSERT INTO calendar_feed (chapter_id, node_id, hash, view, read_level, label)"
              " SELECT n.chapter_id, n.id, sha256('restored-feed'), 'busy', 9, 'restored feed' FROM dav_node n JOIN chapter c ON c.id = n.chapter_id"
              " WHERE c.slug = 'jena' AND n.kind = 'calendar' AND n.name = 'termine' AND NOT n.gone")
    assert server.client().get('/feed/restored-feed.ics').status == 200
    # a calendar that is deleted, and no folder of a tombstone any more, as retention leaves it: what hangs on it must not hold up the restore
    chair = server.client('jena-chair')
    assert chair('MKCALENDAR', '/dav/calendars/jena-chair/jena.restored/').status == 201
    for table, rest in (('calendar_feed (chapter_id, node_id, hash, view, read_level, label)', "chapter_id, id, sha256('gone'), 'busy', 9, 'gone'"),
                        ('collection_choice (person_id, node_id)', "(SELECT min(id) FROM person), id"),
                        ('dav_property (node_id, ns, name, chapter_id, value)', "id, 'n', 'p', chapter_id, 'v'")):
        stack.sql(f"INSERT INTO {table} SELECT {rest} FROM dav_node WHERE kind = 'calendar' AND name = 'restored' AND NOT gone")
    assert chair.delete('/dav/calendars/jena-chair/jena.restored/').status == 204
    stack.sql("UPDATE dav_node SET collection = false WHERE kind = 'calendar' AND name = 'restored' AND gone")
    folder.create()
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    other = there.daemon()
    assert other.client().get('/feed/restored-feed.ics').status == 404
    board = Pages(other, 'jena-board')
    assert 'restored from a backup' in board.text('/c/jena/feeds')
    number = re.search(r'name="feed" value="confirm">\s*<input type="hidden" name="id" value="(\d+)"', board.get('/c/jena/feeds').text)[1]
    assert board.post('/c/jena/feeds', feed='confirm', id=number).status_code == 303
    assert other.client().get('/feed/restored-feed.ics').status == 200
    stack.sql("DELETE FROM calendar_feed WHERE label = 'restored feed'")


def test_F32_marks_and_epoch_are_new(stack, server, folder, elsewhere, place):
    anna = server.client('jena-board')
    anna.put(place + 'a')
    anna.delete(place + 'a')
    stack.sql("UPDATE dav_node SET sync_floor = '9223372036854775807' WHERE id = "
              '(SELECT parent_id FROM dav_node WHERE gone AND name = %s LIMIT 1)', 'a')
    folder.create()
    stack.sql('UPDATE dav_node SET sync_floor = NULL')
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    here = stack.sql('SELECT epoch, login_key FROM installation')[0]
    new = there.sql('SELECT epoch, login_key FROM installation')[0]
    assert here[0] != new[0] and bytes(here[1]) != bytes(new[1])
    assert there.sql('SELECT count(DISTINCT changed), count(*) FILTER (WHERE gone AND NOT collection),'
                     " count(sync_floor), max(changed) <= pg_current_xact_id() FROM dav_node") == [(1, 0, 0, True)]
    assert there.sql("SELECT count(*) FROM audit WHERE what = 'restored' AND other LIKE '20%'") == [(1,)]
    assert there.sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'chapterd'::regnamespace"
                     " AND relpersistence = 'u'")[0][0] >= 1


def schema_of(stack, name):
    """Without what differs between two dumps of one schema: brackets that say nothing, a word of each dump."""
    done = subprocess.run(['pg_dump', '-h', stack.env['PGHOST'], '-U', 'postgres', '--schema-only', name],
                          check=True, text=True, stdout=subprocess.PIPE)
    return [re.sub('[()]', '', line) for line in done.stdout.splitlines() if 'restrict ' not in line]


def test_the_schema_is_what_migrate_makes(stack, folder, elsewhere):
    folder.create()
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)
    assert schema_of(stack, there.name) == schema_of(stack, 'chapterd')
    assert folder.run('migrate', '--status', '--json', conf=there.conf).code == 0


def test_backups_share_what_they_have(stack, server, folder, elsewhere, place):
    """Copied once; two chapters with the same bytes need one file; prune removes what nobody names."""
    anna = server.client('jena-board')
    two = os.urandom(200_000)
    digest = {n: hashlib.sha256(b).hexdigest() for n, b in (('one', LARGE), ('two', two))}
    anna.put(place + 'one', LARGE)
    erfurt = server.client('erfurt-board')
    erfurt.put('/dav/files/erfurt/twin', LARGE)
    first = json.loads(folder.create('--json').out)
    assert first['new_files'] == first['files'] >= 1 and not first['missing']
    inode = folder.blobs()[digest['one']].stat().st_ino
    again = json.loads(folder.create('--json').out)
    assert again['new_files'] == 0 and again['copied'] == 0 and again['files'] == first['files']
    anna.put(place + 'two', two)
    anna.delete(place + 'one')
    erfurt.delete('/dav/files/erfurt/twin')
    stack.empty_trash()
    stack.sql('DELETE FROM blob WHERE NOT EXISTS (SELECT FROM dav_node WHERE blob_id = blob.id)'
              ' AND NOT EXISTS (SELECT FROM dav_version WHERE blob_id = blob.id)')
    third = json.loads(folder.create('--json').out)
    assert third['new_files'] == 1 and third['copied'] == len(two)
    assert folder.blobs()[digest['one']].stat().st_ino == inode
    names = folder.names()
    assert len(names) == 3

    # The list and what it says; times are those of the names.
    listed = json.loads(folder.run('backup', 'list', folder.path, '--json').out)['backups']
    assert [b['name'] for b in listed] == names and all(b['good'] for b in listed)
    table = folder.run('backup', 'list', folder.path).out
    assert table.count('complete') == 3 and names[0] in table

    there = elsewhere()
    folder.run('restore', folder.path, '--at', names[0], conf=there.conf)
    other = there.daemon()
    assert other.client('jena-board').get(place + 'one').body == LARGE
    assert other.client('erfurt-board').get('/dav/files/erfurt/twin').body == LARGE

    kept = json.loads(folder.run('backup', 'prune', folder.path, '--keep', '1', '--json').out)
    assert (kept['removed'], kept['kept']) == (2, 1) and kept['files'] >= 1
    assert folder.names() == names[2:]
    assert digest['one'] not in folder.blobs() and digest['two'] in folder.blobs()
    folder.run('backup', 'verify', folder.path)
    kept = json.loads(folder.run('backup', 'prune', folder.path, '--days', '1', '--json').out)
    assert (kept['removed'], kept['kept'], kept['files']) == (0, 1, 0)
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf)


def test_prune_by_days(stack, folder):
    folder.create()
    recent = folder.names()[0]
    old = folder.path / '2020-01-01T000000Z'
    (folder.path / recent).rename(old)
    for name in ('manifest.json', 'SHA256SUMS'):
        (old / name).chmod(0o600)
    manifest = (old / 'manifest.json').read_text().replace(recent, old.name)
    before = hashlib.sha256((old / 'manifest.json').read_bytes()).hexdigest()
    (old / 'manifest.json').write_text(manifest)
    sums = (old / 'SHA256SUMS').read_text().replace(before, hashlib.sha256(manifest.encode()).hexdigest())
    (old / 'SHA256SUMS').write_text(sums)
    assert folder.run('backup', 'prune', folder.path, '--days', '35', '--json').code == 0
    assert folder.names() == [old.name], 'the newest stays, however old'
    folder.create()
    new = folder.names()[-1]
    folder.run('backup', 'prune', folder.path, '--days', '35', '--keep', '2')
    assert folder.names() == [old.name, new]
    folder.run('backup', 'prune', folder.path, '--days', '35')
    assert folder.names() == [new]
    folder.run('backup', 'verify', folder.path)


def test_secrets_stay_off_the_command_line(stack, folder):
    """pg_dump gets the connection by its environment; it is the real one, behind a script that looks."""
    real = shutil.which('pg_dump')
    bin = folder.top / 'bin'
    bin.mkdir()
    for program in {'setpriv', 'sh'}:
        (bin / program).symlink_to(shutil.which(program))
    (bin / 'pg_dump').write_text(f'#!/bin/sh\necho "$@" >{folder.top}/args\nenv >{folder.top}/env\n'
                                 f'exec {real} "$@"\n')
    (bin / 'pg_dump').chmod(0o755)
    settings = stack.settings()
    settings['admin_database'] += ' password=very-secret'
    conf = bin / 'chapterd.conf'
    conf.write_text(''.join(f'{k} = {v}\n' for k, v in settings.items()))
    path = f'{bin}:{os.environ["PATH"]}'
    folder.create(conf=conf, env={'PATH': path})
    assert 'very-secret' not in (folder.top / 'args').read_text()
    assert 'PGPASSWORD=very-secret' in (folder.top / 'env').read_text()
    assert not any(b'very-secret' in p.read_bytes() for p in folder.path.rglob('*') if p.is_file())
    (bin / 'pg_dump').write_text('#!/bin/sh\necho "pg_dump: something is wrong" >&2\nexit 1\n')
    failed = folder.create(conf=conf, env={'PATH': path}, code=1)
    assert 'something is wrong' in failed.err and 'very-secret' not in failed.err + failed.out
    (bin / 'pg_dump').write_text('#!/bin/sh\nkill -9 $$\n')
    assert 'signal 9' in folder.create(conf=conf, env={'PATH': path}, code=1).err
    (bin / 'pg_dump').unlink()
    failed = folder.create(conf=conf, env={'PATH': str(bin)}, code=1)
    assert 'postgresql-client' in failed.err
    assert len(folder.names()) == 1


def test_quiet_as_cron_likes_it(folder, elsewhere):
    for args in (('backup', 'create'), ('backup', 'verify'), ('backup', 'prune', '--keep', '3')):
        done = folder.run(*args, folder.path, '--quiet')
        assert (done.out, done.err) == ('', ''), args
    done = folder.run('restore', folder.path, '--quiet', conf=elsewhere().conf)
    assert (done.out, done.err) == ('', '')
    (folder.path / 'chapterd-backup').rename(folder.path / 'x')
    assert folder.create('--quiet', code=1).err


def test_nobody_else_can_read_it(stack, folder):
    folder.create()
    for path in (folder.path, *folder.path.rglob('*')):
        assert path.stat().st_mode & 0o077 == 0, path


def root_leaves_files_that_the_daemon_can_read(stack, server, folder, elsewhere, place):
    """Backups are root's alone, the restored store is the daemon's."""
    server.client('jena-board').put(place + 'f', LARGE)
    folder.create(root=True)
    assert folder.path.stat().st_uid == 0
    there = elsewhere()
    folder.run('restore', folder.path, conf=there.conf, root=True)
    owner = os.stat(stack.blob_dir()).st_uid
    assert {p.stat().st_uid for p in there.store.rglob('*')} == {owner}
    assert there.daemon().client('jena-board').get(place + 'f').body == LARGE


if os.getuid() == 0:
    test_root_leaves_files_that_the_daemon_can_read = root_leaves_files_that_the_daemon_can_read


def test_the_units_are_sound(stack, folder):
    """The examples of packaging: systemd reads them, and they call what there is."""
    for name in ('chapterd-backup.service', 'chapterd-backup.timer'):
        text = (REPO / 'packaging/examples' / name).read_text()
        text = text.replace('/usr/bin/chapterctl', str(stack.program('chapterctl')))
        (folder.top / name).write_text(text)
    done = subprocess.run(['systemd-analyze', 'verify', '--man=no', folder.top / 'chapterd-backup.timer',
                           folder.top / 'chapterd-backup.service'], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, 'SYSTEMD_UNIT_PATH': f'{folder.top}:'})
    said = [line for line in done.stdout.splitlines() if 'chapterd-backup' in line]
    assert not said, done.stdout
    for line in (REPO / 'packaging/examples/chapterd-backup.service').read_text().splitlines():
        if line.startswith('ExecStart='):
            words = line.partition('=')[2].split()
            words = [str(folder.path) if w.startswith('/var') else w for w in words]
            folder.run(*words[1:])
    assert len(folder.names()) == 1 and pathlib.Path(folder.path / 'blobs').is_dir()

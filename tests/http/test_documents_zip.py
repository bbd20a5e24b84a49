"""A folder, or some of it, as a zip that is made while it is sent."""
import hashlib
import io
import os
import subprocess
import tempfile
import zipfile

import pytest

from lib.browser import Browser
from lib.client import quote
from lib.figures import tell

LONG = bool(os.environ.get('LONG'))
MANY = 10_000 if LONG else 600


@pytest.fixture
def board(server):
    return Browser(server, 'jena-board')


def page_of(folder):
    return folder.replace('/dav/files/jena/', '/c/jena/files/')


def name_of(folder):
    return folder.rstrip('/').rpartition('/')[2]


def load(browser, folder):
    """Not browser.get(), which reads everything as text."""
    return browser.session.get(browser.url + page_of(folder) + '?zip')


def opened(answer):
    assert answer.status_code == 200
    assert answer.headers['Content-Type'] == 'application/zip'
    assert answer.headers['Content-Disposition'].startswith('attachment;')
    z = zipfile.ZipFile(io.BytesIO(answer.content))
    assert z.testzip() is None
    return z


def put(client, folder, **files):
    for name, content in files.items():
        assert client.put(folder + quote(name), content).status == 201


def test_folder_with_everything_in_it(anna, board, box):
    text, picture, large = 'Grüße\n'.encode() * 1000, os.urandom(90_000), bytes(range(256)) * 6000
    anna.mkcol(box + quote('Über uns/'))
    anna.mkcol(box + quote('Über uns/leer/'))
    put(anna, box, **{'a.txt': text, 'leer': b'', 'groß.bin': large})
    put(anna, box, **{'Über uns/日本 𝄞.jpg': picture, 'Über uns/same.txt': text})
    top = name_of(box)
    z = opened(load(board, box))
    want = {'a.txt': text, 'leer': b'', 'groß.bin': large, 'Über uns/': b'', 'Über uns/leer/': b'',
            'Über uns/日本 𝄞.jpg': picture, 'Über uns/same.txt': text, '': b''}
    assert {i.filename: z.read(i) for i in z.infolist()} == {f'{top}/{n}': c for n, c in want.items()}
    kinds = {i.filename.rpartition('/')[2]: i.compress_type for i in z.infolist() if not i.is_dir()}
    assert kinds['a.txt'] == zipfile.ZIP_DEFLATED and kinds['日本 𝄞.jpg'] == kinds['leer'] == zipfile.ZIP_STORED
    assert all(i.flag_bits & 0x800 for i in z.infolist() if not i.filename.isascii()), 'names are marked as UTF-8'


def test_unzip_reads_it(anna, board, box, tmp_path):
    put(anna, box, **{'a.txt': b'hello', 'Öl.csv': b'1;2\n' * 50_000})
    file = tmp_path / 'it.zip'
    file.write_bytes(load(board, box).content)
    done = subprocess.run(['unzip', '-q', file, '-d', tmp_path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'}, text=True)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / name_of(box) / 'Öl.csv').read_bytes() == b'1;2\n' * 50_000


def test_what_is_ticked(anna, board, box):
    put(anna, box, a=b'1', b=b'2', c=b'3')
    anna.mkcol(box + 'd/')
    put(anna, box + 'd/', x=b'4')
    board.get(page_of(box))
    answer = board.post(page_of(box), act='zip', item=['b', 'd'])
    z = opened(answer)
    assert {n: z.read(n) for n in z.namelist()} == {'b': b'2', 'd/': b'', 'd/x': b'4'}
    assert name_of(box) + '.zip' in answer.headers['Content-Disposition']


def test_what_one_may_not_read_is_left_out(anna, board, server, box):
    for folder in ('open/', 'closed/', 'closed/inside/', 'open/closed too/'):
        assert anna.mkcol(box + quote(folder)).status == 201
        put(anna, box + quote(folder), f=folder.encode())
    board.get(page_of(box))
    for folder, see in (('closed/', 'board'), ('closed/inside/', 'federation'), ('open/closed too/', 'chair')):
        chair = Browser(server, 'jena-chair')
        chair.get(page_of(box))
        assert chair.post(page_of(box) + quote(folder), rule='own', see=see,
                          change='chair' if see == 'chair' else 'board').status_code == 303
    guest = Browser(server, 'guest')
    assert sorted(opened(load(guest, box)).namelist()) == sorted(
        f'{name_of(box)}/{n}' for n in ('', 'open/', 'open/f'))
    assert f'{name_of(box)}/closed/inside/f' in opened(load(board, box)).namelist()
    assert load(guest, box + 'closed/').status_code == 404
    assert load(Browser(server), box).status_code == 404


def test_empty_folder_and_head(board, box):
    assert opened(load(board, box)).namelist() == [name_of(box) + '/']
    head = board.session.head(board.url + page_of(box) + '?zip')
    assert head.status_code == 200 and head.headers['Content-Type'] == 'application/zip' and not head.content


def test_limits(stack, anna, box):
    """As many, and as large, as the settings say; not one more. The refusal says so in plain words."""
    small = stack.daemon({'zip_members_max': '100', 'zip_max': '1 MiB'}, name='zip')
    try:
        for i in range(99):
            anna.put(box + f'f{i}', b'x' * 10_000)
        board = Browser(small, 'jena-board')
        assert len(opened(load(board, box)).namelist()) == 100
        anna.put(box + 'more', b'')
        answer = load(board, box)
        assert answer.status_code == 413 and 'A zip may have 100 documents' in answer.text
        anna.delete(box + 'more')
        anna.put(box + 'f0', bytes((1 << 20) - 98 * 10_000))
        opened(load(board, box))
        anna.put(box + 'f0', bytes((1 << 20) - 98 * 10_000 + 1))
        assert load(board, box).status_code == 413
    finally:
        small.stop()


def test_many_documents_and_flat_memory(stack, anna, box):
    """Each has contents of its own, half of them in the database; a copy is taken while others go on being served."""
    daemon = stack.daemon(name='zip-many')
    try:
        own = daemon.client('jena-board')
        for i in range(MANY):
            if i % 500 == 0:
                assert own.mkcol(box + f'd{i}/').status == 201
            size = 30_000 if i % 2 else 70_000
            assert own.put(box + f'd{i - i % 500}/f{i}.bin', hashlib.sha256(b'%d' % i).digest() * (size // 32)).status == 201
        board = Browser(daemon, 'jena-board')
        load(board, box)  # everything has been loaded once
        before = most = daemon.rss()
        with tempfile.TemporaryFile() as file:
            answer = board.session.get(board.url + page_of(box) + '?zip', stream=True)
            for n, piece in enumerate(answer.iter_content(1 << 20)):
                file.write(piece)
                if n % 8 == 0:
                    most = max(most, daemon.rss())
            z = zipfile.ZipFile(file)
            assert z.testzip() is None
            files = [i for i in z.infolist() if not i.is_dir()]
            total = sum(i.file_size for i in files)
        assert len(files) == MANY
        tell(f'zip of {MANY} documents, {total >> 20} MiB: memory grew by {(most - before) / (1 << 20):.1f} MiB')
        assert most - before < 64 << 20 and not daemon.temp_blobs()
    finally:
        daemon.stop()


def test_who_goes_away_is_forgotten(stack, anna, box):
    """A client that closes in the middle: its zip ends, and many of them leave room for the next."""
    daemon = stack.daemon(name='zip-gone')
    try:
        anna.put(box + 'large.mp4', os.urandom(1 << 20) * 40)
        board = Browser(daemon, 'jena-board')
        for i in range(150 if LONG else 60):
            answer = board.session.get(board.url + page_of(box) + '?zip', stream=True)
            assert answer.status_code == 200, i
            next(answer.iter_content(1000))
            answer.close()
        z = opened(load(board, box))
        assert z.getinfo(name_of(box) + '/large.mp4').file_size == 40 << 20
        assert daemon.alive()
    finally:
        daemon.stop()


def test_zip64(anna, board, box, tmp_path):
    """With LONG=1 offsets past 4 GiB, else a few MiB. Contents are shared, so the store holds them once."""
    block = os.urandom(1 << 20)
    assert anna.put(box + 'a.mp4', block * (1100 if LONG else 3)).status == 201
    for name in 'bcd':
        assert anna.copy(box + 'a.mp4', box + name + '.mp4').status == 201
    file = tmp_path / 'large.zip'
    with file.open('wb') as out:
        answer = board.session.get(board.url + page_of(box) + '?zip', stream=True)
        for piece in answer.iter_content(1 << 20):
            out.write(piece)
    assert not LONG or file.stat().st_size > 4 << 30
    z = zipfile.ZipFile(file)
    assert len(z.namelist()) == 5 and (not LONG or max(i.header_offset for i in z.infolist()) > 3 << 30)
    assert z.read(f'{name_of(box)}/d.mp4')[-100:] == block[-100:]
    assert subprocess.run(['unzip', '-tqq', file]).returncode == 0

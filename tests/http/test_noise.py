"""What programs leave for themselves: it works through WebDAV, nobody else meets it, and it goes (step 3.8)."""
import io
import zipfile

import pytest

from lib.browser import Browser
from lib.space import Space
from lib.stack import wait_for

NOISE = ['._Haushalt.ods', '.DS_Store', 'Thumbs.db', 'desktop.ini', '~$Antrag.docx', '.~lock.Haushalt.ods#',
         '~WRD0001.tmp', '~DF2A.tmp', 'ppt5F.tmp', '5C3F1A00.tmp', 'lu12345abcd.tmp', '.goutputstream-A1B2C3',
         '.fuse_hidden0000002a00000001', '.nfs000000000a', '.Protokoll.md.swp', '..swo']
OTHERS = ['a.tmp', '.hidden', 'desktop.ini.txt', '~WRD001.tmp', 'pptx.tmp', 'lu1.tmp', '5C3F1A00', '.nfs-list', 'Liste.swp']


def quoted(name):
    return name.replace('#', '%23').replace('$', '%24')


def page_of(path):
    return path.replace('/dav/files/jena/', '/c/jena/files/')


@pytest.fixture(scope='module')
def board(server):
    return Browser(server, 'jena-board')


def test_both_know_the_same_names(stack):
    for name in NOISE + OTHERS:
        for case in (name, name.upper(), name.lower()):
            assert stack.sql('SELECT noise_name(%s)', case) == [(name in NOISE,)], case


@pytest.mark.parametrize('name', NOISE)
def test_it_works_and_nobody_else_meets_it(stack, anna, board, box, name):
    href, space = box + quoted(name), Space(stack)
    before = space()
    word = 'Rauschwort' + name.encode().hex()
    anna.put(box + 'document.txt', b'a document')
    assert anna.put(href, word.encode()).status == 201
    assert anna.put(href, word.encode() * 2).status == 204
    assert anna.get(href).body == word.encode() * 2
    assert anna.copy(href, box + 'copied').status == 201  # by a plain name it is a document
    assert 'copied' in board.get(page_of(box)).text
    assert anna.delete(box + 'copied').status == 204
    assert href in anna.propfind(box, 'getetag', depth='1').multistatus().entry
    assert href in anna.sync(box).multistatus().entry
    # not for people
    page = board.get(page_of(box)).text
    assert 'document.txt' in page and '?versions' in page and name not in page
    assert board.get(page_of(box) + '?q=' + quoted(name)).text.count('class="name"><a') == 0
    assert '?version=' not in board.get(page_of(href) + '?versions').text
    with zipfile.ZipFile(io.BytesIO(board.get(page_of(box) + '?zip').content)) as z:
        assert [n.rpartition('/')[2] for n in z.namelist() if not n.endswith('/')] == ['document.txt']
    # programs delete it: for good
    assert anna.delete(href).status == 204
    assert anna.propfind(href, 'getetag').status == 404
    assert f'class="name">{name}' not in board.get('/c/jena/trash').text
    assert space() == before + len(b'a document') + 2 * len(word)  # the document, and the copy in the trash


def test_it_is_not_searched(stack, anna, board, box):
    for i, name in enumerate(NOISE):
        anna.put(box + quoted(name), b'Stoergeraeusch')
    anna.put(box + 'found.txt', b'Stoergeraeusch')
    stack.sql("UPDATE job_run SET started = now() - interval '1 hour' WHERE name = 'document_index'")  # its turn is now
    wait_for(lambda: 'found.txt' in board.get('/c/jena/search?q=Stoergeraeusch').text, 90, 'the document is found')
    page = board.get('/c/jena/search?q=Stoergeraeusch').text
    assert page.count('found.txt') >= 1 and not any(f'>{name}<' in page for name in NOISE)


def test_a_document_that_is_called_so_for_a_while_remains_one(stack, anna, board, box):
    """As Word saves: the document steps aside, the new one takes its name, the old one is deleted."""
    anna.put(box + 'Antrag.docx', b'old text')
    anna.put(box + '~WRD0001.tmp', b'new text')
    assert anna.move(box + 'Antrag.docx', box + '~WRL0002.tmp').status == 201
    assert '~WRL0002.tmp' in board.get(page_of(box)).text  # it may be the only one there is
    assert anna.move(box + '~WRD0001.tmp', box + 'Antrag.docx').status == 201
    assert anna.delete(box + '~WRL0002.tmp').status == 204
    assert '~WRL0002.tmp' in board.get('/c/jena/trash').text
    page = board.get(page_of(box)).text
    assert 'Antrag.docx' in page and '~WRD0001.tmp' not in page
    stack.sql("UPDATE dav_node SET saved = now() - interval '100 days' WHERE name = 'Antrag.docx' AND NOT gone")
    assert stack.sql("SELECT count(*) FROM dav_node WHERE noise AND name = 'Antrag.docx' AND NOT gone") == [(0,)]


def test_it_goes_after_its_days(stack, anna, box):
    space = Space(stack)
    for name in NOISE:
        anna.put(box + quoted(name), b'left behind')
    anna.put(box + 'document.txt', b'a document')
    anna.put(box + '.DS_Store2', b'a document')
    anna.mkcol(box + 'desktop.ini.d/')
    anna.put(box + 'desktop.ini.d/desktop.ini', b'young')
    lock = anna.locked(box + quoted(NOISE[5]))
    token = anna.sync(box).multistatus().token
    names = NOISE + ['document.txt', '.DS_Store2']
    parent = box.rstrip('/').rpartition('/')[2]
    stack.sql("UPDATE dav_node n SET saved = now() - interval '8 days' FROM dav_node p WHERE p.id = n.parent_id AND p.name = %s AND n.name = ANY (%s)",
              parent, names)
    stack.sql("DELETE FROM job_run WHERE name = 'noise_expire'")

    def left():
        return {h[len(box):] for h in anna.propfind(box, 'getetag', depth='1').multistatus().entry} - {''}

    wait_for(lambda: left() == {'document.txt', '.DS_Store2', 'desktop.ini.d/', quoted(NOISE[5])}, 60, 'they are gone')
    assert anna.get(box + 'desktop.ini.d/desktop.ini').body == b'young'
    changed = anna.sync(box, token).multistatus().entry
    assert changed[box + '.DS_Store'].status == 404  # clients learn of it
    assert lock
    space()

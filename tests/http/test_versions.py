"""Versions of documents: what was overwritten, by whatever way, and who sees and restores it (step 3.1)."""
import os
import re

import pytest

from lib.browser import Browser, browsers, words
from lib.space import Space

LARGE = os.urandom(200_000)


@pytest.fixture(scope='module')
def each(stack):
    """A daemon for which every save is a version."""
    d = stack.daemon({'version_sitting': '0', 'versions_each': '40'}, name='versions')
    yield d
    d.stop()


@pytest.fixture(scope='module')
def writer(each):
    return each.client('jena-board')


@pytest.fixture(scope='module')
def space(stack):
    return Space(stack)


@pytest.fixture(scope='module')
def browser(each):
    return browsers(each)


def page_of(path):
    return path.replace('/dav/files/jena/', '/c/jena/files/')


def ids(browser, path):
    """The versions that somebody sees, the newest first."""
    answer = browser.get(page_of(path) + '?versions')
    assert answer.status_code == 200, answer.text
    return re.findall(r'\?version=(\d+)"', answer.text)


def contents(browser, path):
    return [browser.get(f'{page_of(path)}?version={i}').content for i in ids(browser, path)]


def test_what_put_copy_move_and_the_page_overwrite_is_kept(writer, browser, box, space):
    board = browser('jena-board')
    doc = box + 'doc.txt'
    writer.put(doc, b'one')
    assert ids(board, doc) == []
    assert writer.put(doc, LARGE).status == 204
    writer.put(box + 'other', b'three')
    assert writer.copy(box + 'other', doc).status == 204
    assert contents(board, doc) == [LARGE, b'one']
    writer.put(box + 'fourth', b'four')
    assert writer.move(box + 'fourth', doc).status == 204
    assert contents(board, doc) == [b'three', LARGE, b'one']
    answer = board.session.post(board.url + page_of(box), data={'token': board.token, 'replace': '1'},
                                files={'file': ('doc.txt', b'five')}, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert contents(board, doc) == [b'four', b'three', LARGE, b'one']
    assert writer.get(doc).body == b'five' and writer.get(box + 'other').body == b'three'
    text = board.text(page_of(doc) + '?versions')
    assert text.count('Bernd Vorstand') == 4
    space()


def test_equal_and_empty_contents_make_no_version(writer, browser, box):
    board = browser('jena-board')
    doc = box + 'doc'
    writer.put(doc, b'')
    writer.put(doc, b'text')
    writer.put(doc, b'text')
    assert ids(board, doc) == []
    writer.put(box + 'twin', b'text')
    assert writer.copy(box + 'twin', doc).status == 204
    assert ids(board, doc) == []


@pytest.mark.parametrize('name', ['._doc', '.DS_Store', 'thumbs.db', 'desktop.ini', '~$doc.docx', '.~lock.doc.odt#'])
def test_what_programs_leave_has_no_versions(writer, browser, box, name, space):
    before = space()
    for content in (b'one', b'two', b'three'):
        assert writer.put(box + name.replace('#', '%23'), content).status in (201, 204)
    assert ids(browser('jena-board'), box + name.replace('#', '%23')) == []
    assert space() == before + len(b'three')


def test_one_sitting_counts_once(stack, server, anna, login, den, space):
    """The standard ten minutes: what one person saves again and again; somebody else's save is another version."""
    board, doc = Browser(server, 'jena-board'), den + 'doc'
    anna.put(doc, b'first')
    anna.put(doc, b'second')
    anna.put(doc, b'third')
    assert ids(board, doc) == []
    login('jena-member').put(doc, b'hers')
    login('jena-member').put(doc, b'hers again')
    assert contents(board, doc) == [b'third']
    stack.sql("UPDATE dav_node SET saved = now() - interval '11 minutes' WHERE etag IS NOT NULL AND name = 'doc' AND NOT gone")
    login('jena-member').put(doc, b'later')
    assert contents(board, doc) == [b'hers again', b'third']
    space()


def test_programs_that_save_by_moving_sit_once(stack, server, anna, den, space):
    """A new file is written and moved over the document, each time: one sitting all the same."""
    board, doc = Browser(server, 'jena-board'), den + 'doc'
    anna.put(doc, b'before')
    stack.sql("UPDATE dav_node SET saved = now() - interval '1 hour' WHERE name = 'doc' AND NOT gone")
    for i in range(4):
        anna.put(den + 'doc.tmp', f'save {i}'.encode())
        assert anna.move(den + 'doc.tmp', doc).status == 204
    assert contents(board, doc) == [b'before']
    assert anna.get(doc).body == b'save 3'
    space()


def test_a_document_of_its_own_is_no_save(stack, server, anna, den, space):
    """Both are hers and young: what she moves onto the other is not that one saved anew."""
    board = Browser(server, 'jena-board')
    anna.put(den + 'minutes', b'of Monday')
    anna.put(den + 'draft', b'of Friday')
    assert anna.move(den + 'draft', den + 'minutes').status == 204
    assert contents(board, den + 'minutes') == [b'of Monday'] and anna.get(den + 'minutes').body == b'of Friday'
    anna.put(den + '.minutes.AbCdEf', b'of Friday, saved')  # but this is
    assert anna.move(den + '.minutes.AbCdEf', den + 'minutes').status == 204
    anna.put(den + '5C3F1A00.tmp', b'of Friday, saved again')
    assert anna.move(den + '5C3F1A00.tmp', den + 'minutes').status == 204
    assert contents(board, den + 'minutes') == [b'of Monday']
    space()


@pytest.mark.parametrize('size', [1000, 400_000])
def test_a_sitting_goes_on_in_a_full_chapter(stack, server, size):
    """A save that frees what it takes is not refused; one that would leave a version is."""
    erfurt, box = server.client('erfurt-board'), f'/dav/files/erfurt/t-full-{size}/'
    space = Space(stack, 'erfurt')
    assert erfurt.mkcol(box).status == 201
    assert erfurt.put(box + 'doc', b'1' * size).status == 201
    most = stack.sql("SELECT q.max FROM quota q JOIN chapter c ON c.id = q.chapter_id WHERE c.slug = 'erfurt'")[0][0]

    def room(bytes_left):
        """Only so much is left, whatever has been set aside."""
        stack.sql("DELETE FROM quota_lease l USING chapter c WHERE c.id = l.chapter_id AND c.slug = 'erfurt'")
        stack.sql("UPDATE quota q SET max = %s FROM chapter c WHERE c.id = q.chapter_id AND c.slug = 'erfurt'", space() + bytes_left)

    try:
        room(10)
        for i in b'2345':
            assert erfurt.put(box + 'doc', bytes([i]) * size).status == 204
        assert erfurt.put(box + 'doc', b'6' * (size + 10)).status == 204
        room(10)
        assert erfurt.put(box + 'doc', b'7' * (size + 30)).status == 507
        assert erfurt.put(box + 'new', b'8' * size).status == 507
        assert server.client('erfurt-chair').put(box + 'doc', b'9' * size).status == 507  # hers would be a version
        stack.sql("UPDATE dav_node SET saved = now() - interval '1 hour' WHERE name = 'doc' AND size = %s", size + 10)
        assert erfurt.put(box + 'doc', b'9' * size).status == 507
        assert erfurt.get(box + 'doc').body == b'6' * (size + 10)
    finally:
        stack.sql("UPDATE quota q SET max = %s FROM chapter c WHERE c.id = q.chapter_id AND c.slug = 'erfurt'", most)
    space()
    assert erfurt.delete(box).status == 204


def test_restoring_keeps_what_is_there(writer, browser, box, space):
    board, doc = browser('jena-board'), box + 'doc'
    for content in (b'one', LARGE, b'three'):
        writer.put(doc, content)
    tag = writer.head(doc).get('ETag')
    token = writer.sync(box).multistatus().token
    newest, oldest = ids(board, doc)
    answer = board.post(page_of(doc), restore=newest)
    assert answer.status_code == 303 and answer.headers['Location'].endswith('?versions&done=restored')
    assert writer.get(doc).body == LARGE and writer.head(doc).get('ETag') != tag
    assert contents(board, doc) == [b'three', LARGE, b'one']
    assert list(writer.sync(box, token).multistatus().entry) == [doc]
    assert board.post(page_of(doc), restore=oldest).status_code == 303
    assert writer.get(doc).body == b'one'
    space()


def test_restoring_respects_locks_and_numbers(writer, each, browser, den):
    board, doc = browser('jena-board'), den + 'doc'
    writer.put(doc, b'one')
    writer.put(doc, b'two')
    writer.put(den + 'other', b'x')
    one = ids(board, doc)[0]
    token = each.client('jena-member').locked(doc)
    assert board.post(page_of(doc), restore=one).status_code == 423
    each.client('jena-member').unlock(doc, token)
    for wrong in ('0', '99999999', '-1', 'x', '99999999999999999999'):
        assert board.post(page_of(doc), restore=wrong).status_code in (404, 422), wrong
        assert board.get(f'{page_of(doc)}?version={wrong}').status_code == 404, wrong
    assert board.get(f'{page_of(den)}other?version={one}').status_code == 404  # another document's
    assert board.post(page_of(den) + 'other', restore=one).status_code == 404
    assert writer.get(doc).body == b'two'


def test_readers_read_and_do_not_restore(writer, browser, box):
    doc = box + 'doc'
    writer.put(doc, b'one')
    writer.put(doc, b'two')
    member = browser('jena-member')
    assert contents(member, doc) == [b'one']
    assert 'name="restore"' not in member.get(page_of(doc) + '?versions').text
    assert member.post(page_of(doc), restore=ids(member, doc)[0]).status_code == 403
    assert writer.get(doc).body == b'two'


def test_what_was_closed_stays_closed(writer, browser, box, space):
    """A folder is opened, or a document moved to where more may read: not what it held before."""
    chair, member = browser('jena-chair'), browser('jena-member')
    writer.mkcol(box + 'inner/')
    assert chair.post(page_of(box) + 'inner/', rule='own', see='board', change='board').status_code == 303
    writer.put(box + 'inner/doc', b'secret')
    writer.put(box + 'inner/doc', b'public')
    writer.put(box + 'inner/moved', b'secret')
    writer.put(box + 'inner/moved', b'public')
    assert writer.move(box + 'inner/moved', box + 'moved').status == 201
    secret = ids(browser('jena-board'), box + 'moved')[0]
    assert ids(member, box + 'moved') == []
    assert member.get(f'{page_of(box)}moved?version={secret}').status_code == 404
    assert chair.post(page_of(box) + 'inner/', rule='own', see='member', change='member').status_code == 303
    doc = box + 'inner/doc'
    assert writer.get(doc).body == b'public' and ids(member, doc) == []
    secret = ids(chair, doc)[0]
    assert member.get(f'{page_of(doc)}?version={secret}').status_code == 404
    assert member.post(page_of(doc), restore=secret).status_code == 404
    writer.put(doc, b'newer')
    assert contents(member, doc) == [b'public']
    assert chair.post(page_of(box) + 'inner/', rule='own', see='chair', change='chair').status_code == 303
    assert member.get(page_of(doc) + '?versions').status_code == 404
    assert chair.post(page_of(box) + 'inner/', rule='above').status_code == 303
    assert contents(member, doc) == [b'public']
    assert contents(chair, doc) == [b'public', b'secret']
    assert contents(browser('jena-board'), doc) == [b'public', b'secret']
    space()


def test_space_counts_versions_and_old_ones_go(stack, each, writer, browser, box, space):
    doc, before = box + 'doc', space()
    sizes = [1000 + i for i in range(45)]
    for i, size in enumerate(sizes):
        assert writer.put(doc, os.urandom(size)).status in (201, 204)
    assert space() == before + sum(sizes)
    stack.sql("UPDATE dav_version SET replaced = replaced - interval '366 days' WHERE id IN"
              ' (SELECT v.id FROM dav_version v JOIN dav_node n ON n.id = v.node_id WHERE n.parent_id ='
              ' (SELECT id FROM dav_node WHERE name = %s AND collection AND NOT gone) ORDER BY v.id LIMIT 2)',
              box.rstrip('/').rpartition('/')[2])
    # one of both, as long as another test's folder has a rule
    assert stack.sql('SELECT versions_forget(365, 40, 1000)')[0][0] + stack.sql(
        "SELECT versions_forget_by_rule(id, 365, 40, 1000) FROM chapter WHERE slug = 'jena'")[0][0] >= 4
    assert len(ids(browser('jena-board'), doc)) == 40
    assert space() == before + sum(sizes[-41:])
    assert writer.delete(box).status == 204
    space()


def test_pages_of_many_versions(stack, each, writer, browser, box, space):
    board, doc = browser('jena-board'), box + 'doc'
    for i in range(3):
        writer.put(doc, f'{i}'.encode())
    made = stack.sql('INSERT INTO dav_version (node_id, chapter_id, policy_id, blob_id, size, modified)'
              ' SELECT v.node_id, v.chapter_id, v.policy_id, v.blob_id, v.size, v.modified FROM dav_version v, generate_series(1, 120)'
              ' WHERE v.id = %s RETURNING id', ids(board, doc)[0])
    first = board.get(page_of(doc) + '?versions')
    link = re.search(r'href="([^"]*\?versions&amp;from=\d+)"', first.text)[1].replace('&amp;', '&')
    second = board.get(link)
    found = re.findall(r'\?version=(\d+)"', first.text) + re.findall(r'\?version=(\d+)"', second.text)
    assert len(found) == len(set(found)) == 122 and 'from=' not in words(second)
    stack.sql('DELETE FROM dav_version WHERE id = ANY (%s)', [row[0] for row in made])  # their space was not counted
    space()

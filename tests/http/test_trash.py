"""The trash: what was deleted, by whatever way, who sees it, who has it back and who ends it (step 3.2)."""
import html
import json
import os
import re

import pytest

from lib.browser import Browser, words
from lib.space import Space
from lib.stack import wait_for

TRASH = '/c/jena/trash'


@pytest.fixture(scope='module')
def space(stack):
    return Space(stack)


def page_of(path):
    return path.replace('/dav/files/jena/', '/c/jena/files/')


def things(browser):
    """What somebody sees: [(name, number or None when she can do nothing with it)], the latest first."""
    found, page = [], TRASH
    while page:
        answer = browser.get(page)
        assert answer.status_code == 200, answer.text
        for name, rest in re.findall(r'<tr><td class="name">(.*?)\n(.*?)</tr>', answer.text, re.S):
            number = re.search(r'name="id" value="(\d+)"', rest)
            found.append((html.unescape(re.sub(r'<.*', '', name)), number and number[1]))
        more = re.search(r'href="(/c/jena/trash\?from=\d+)"', answer.text)
        page = more and more[1]
    return found


def number(browser, name):
    """Of the latest thing of that name."""
    return next(i for n, i in things(browser) if n == name)


def names(browser, *among):
    return [n for n, _ in things(browser) if n in among]


def act(browser, what, thing, **more):
    return browser.post(TRASH, do=what, id=thing, **more)


def last(path):
    return path.rstrip('/').rpartition('/')[2]


def fresh(name):
    return f'{name}-{os.urandom(3).hex()}'


def test_a_document_comes_back_as_it_was(server, browser, anna, box, space):
    name = fresh('Größe')
    doc = box + name.replace('ö', '%C3%B6').replace('ß', '%C3%9F')
    before = space()
    anna.put(doc, b'content', Content_Type='text/x-test')
    anna.proppatch(doc, 'note', 'kept')
    token = anna.sync(box).multistatus().token
    tag = anna.head(doc).get('ETag')
    assert anna.delete(doc).status == 204
    assert anna.get(doc).status == 404
    assert anna.sync(box, token).multistatus().entry[doc].status == 404
    assert space() == before + 7  # it is still there
    assert act(browser('jena-board'), 'restore', number(browser('jena-board'), name)).status_code == 303
    answer = anna.get(doc)
    assert answer.body == b'content' and answer.get('ETag') == tag and answer.get('Content-Type') == 'text/x-test'
    assert 'kept' in anna.propfind(doc, ('urn:test', 'note')).body.decode()
    assert anna.sync(box, token).multistatus().entry[doc].status != 404
    assert names(browser('jena-board'), name) == []
    assert space() == before + 7


def test_a_folder_goes_and_comes_whole(stack, browser, anna, box, space):
    name, board = fresh('folder'), browser('jena-board')
    folder = box + name + '/'
    for path in ('', 'sub/', 'sub/deep/'):
        anna.mkcol(folder + path)
    anna.put(folder + 'sub/deep/doc', b'deep')
    anna.put(folder + 'sub/deep/doc2', b'deeper')
    anna.locked(folder + 'sub/deep/doc2')
    used = space()
    token = anna.sync(box).multistatus().token
    assert anna.delete(folder).status == 423
    lock = re.search(r'opaquelocktoken:[^<]+', anna.propfind(folder + 'sub/deep/doc2', 'lockdiscovery').body.decode())[0]
    assert anna.delete(folder, If=f'</{folder[1:]}sub/deep/doc2> (<{lock}>)').status == 204
    assert [e.status for e in anna.sync(box, token).multistatus().entry.values()] == [404]
    assert anna.propfind(folder + 'sub/deep/doc', 'resourcetype').status == 404
    assert anna.mkcol(folder).status == 201  # the name is free
    assert anna.put(folder + 'new', b'new').status == 201
    answer = act(board, 'restore', number(board, name))
    assert answer.status_code == 409 and 'There is something of this name by now' in words(answer)
    assert f'value="{name}"' in answer.text
    place = last(box) + '/'
    assert act(board, 'restore', number(board, name), place=place, name='old one').status_code == 303
    assert anna.get(box + 'old%20one/sub/deep/doc').body == b'deep'
    assert anna.put(box + 'old%20one/sub/deep/doc2', b'deeper').status == 204  # its lock has ended
    assert anna.get(folder + 'new').body == b'new'
    assert space() == used + 3
    told = stack.sql("SELECT what, title FROM audit WHERE title = %s ORDER BY id", name)
    assert told == [('folder-deleted', name), ('trash-restored', name)]


@pytest.mark.parametrize('way', ['move', 'copy'])
def test_a_folder_that_is_in_the_way_goes_to_the_trash(browser, anna, box, way, space):
    name, board = fresh('target'), browser('jena-board')
    anna.mkcol(box + name + '/')
    anna.put(box + name + '/old', b'old')
    anna.mkcol(box + 'source/')
    anna.put(box + 'source/new', b'new')
    assert getattr(anna, way)(box + 'source/', box + name + '/').status == 204
    assert anna.get(box + name + '/new').body == b'new' and anna.get(box + name + '/old').status == 404
    assert act(board, 'restore', number(board, name), place=last(box) + '/', name='back').status_code == 303
    assert anna.get(box + 'back/old').body == b'old'
    space()


def test_what_moves_to_another_chapter_is_kept_in_its_own(stack, login, browser, box, space):
    """It arrives without its history, which the chapter it comes from keeps for a while."""
    land, name, there = login('land-chair'), fresh('doc'), Space(stack, 'land')
    anna = login('jena-board')
    anna.put(box + name, b'one')
    stack.sql("UPDATE dav_node SET saved = now() - interval '1 hour' WHERE name = %s", name)
    anna.put(box + name, b'two')
    stack.sql("UPDATE person SET name = name")
    stack.sql("INSERT INTO role_grant (chapter_id, person_id, role) SELECT c.id, p.id, 3 FROM chapter c, person p"
              " WHERE c.slug = 'land' AND p.uid = 'jena-board'")
    try:
        wait_for(lambda: anna.move(box + name, f'/dav/files/land/{name}').status == 201, 90)
        assert land.get(f'/dav/files/land/{name}').body == b'two'
        assert act(browser('jena-board'), 'restore', number(browser('jena-board'), name)).status_code == 303
        text = browser('jena-board').get(page_of(box + name) + '?versions').text
        assert len(re.findall(r'\?version=\d+"', text)) == 1
        space(), there()
    finally:
        stack.sql("DELETE FROM role_grant WHERE person_id = (SELECT id FROM person WHERE uid = 'jena-board')"
                  " AND chapter_id = (SELECT id FROM chapter WHERE slug = 'land')")
        land.delete(f'/dav/files/land/{name}')


def test_whose_folder_is_gone_goes_elsewhere(browser, anna, box, space):
    name, board = fresh('orphan'), browser('jena-board')
    folder = fresh('folder')
    anna.mkcol(box + folder + '/')
    anna.put(box + f'{folder}/{name}', b'orphan')
    anna.delete(box + f'{folder}/{name}')
    anna.delete(box + folder + '/')
    answer = act(board, 'restore', number(board, name))
    assert answer.status_code == 409 and 'The folder it was in is deleted' in words(answer)
    assert f'<option value="{last(box)}/"' in answer.text
    assert act(board, 'restore', number(board, folder)).status_code == 303  # with its folder its place is back
    assert act(board, 'restore', number(board, name)).status_code == 303
    assert anna.get(box + f'{folder}/{name}').body == b'orphan'
    # and when the folder is gone for good, the document is not
    anna.delete(box + f'{folder}/{name}')
    anna.delete(box + folder + '/')
    assert act(board, 'purge', number(board, folder)).status_code == 303
    assert act(board, 'restore', number(board, name), place=last(box) + '/', name=name).status_code == 303
    assert anna.get(box + name).body == b'orphan'
    space()


def test_purging_gives_the_space_back_and_is_told(stack, server, browser, anna, alice, den, space):
    name, member = fresh('folder'), browser('jena-member')
    before = space()
    alice.mkcol(den + name + '/')
    alice.put(den + name + '/doc', b'1234567890')
    anna.put(den + name + '/doc', b'12345')  # a version of ten bytes
    assert space() == before + 15
    alice.delete(den + name + '/')
    assert space() == before + 15
    thing = number(member, name)
    assert act(member, 'purge', thing).status_code == 303
    assert space() == before
    assert act(member, 'purge', thing).status_code == 404 and act(member, 'restore', thing).status_code == 404
    assert stack.sql("SELECT what, amount FROM audit WHERE title = %s ORDER BY id", name) == [
        ('folder-deleted', None), ('trash-purged', 15)]
    wait_for(lambda: not stack.sql("SELECT FROM dav_node g JOIN dav_node b ON b.id = g.parent_id AND b.kind = 'trash'"
                                   ' WHERE g.gone'), 60, 'the burial of the folder')


def test_what_uses_the_space_is_told(stack, server, login):
    """Documents, versions and trash of a chapter of its own; a warning when nine tenths are used."""
    client, browser = login('erfurt-member'), Browser(server, 'erfurt-member')
    slug = f't-{os.urandom(4).hex()}'
    stack.ctl('chapter', 'add', slug, '--name', 'Space', '--kind', 'local', '--parent', 'land', '--quota', '1 MiB')
    stack.sql("INSERT INTO role_grant (chapter_id, person_id, role) SELECT c.id, p.id, 3 FROM chapter c, person p"
              " WHERE c.slug = %s AND p.uid = 'erfurt-member'", slug)
    try:
        files = f'/dav/files/{slug}/Vorstand/'
        wait_for(lambda: client.put(files + 'a', b'x' * 50_000).status in (201, 204), 90)
        stack.sql("UPDATE dav_node SET saved = now() - interval '1 hour' WHERE name = 'a'")
        assert client.put(files + 'a', b'y' * 40_000).status == 204
        client.mkcol(files + 'f/')
        client.put(files + 'f/b', b'z' * 30_000)
        assert client.delete(files + 'f/').status == 204
        shown = json.loads(stack.ctl('chapter', 'show', slug, '--json').stdout)['chapter']
        assert shown['quota']['used'] == 120_000
        assert shown['space'] == {'documents': 40_000, 'versions': 50_000, 'trash': 30_000}
        text = browser.text(f'/c/{slug}/trash')
        assert 'documents 40 kB, earlier versions 50 kB, trash 30 kB' in text, text
        assert 'nearly used up' not in browser.text(f'/c/{slug}/files/Vorstand/')
        stack.ctl('chapter', 'set', slug, 'quota=130 KiB')
        assert 'nearly used up' in browser.text(f'/c/{slug}/files/Vorstand/')
        assert 'class="message problem"' in browser.get(f'/c/{slug}/trash').text
    finally:
        stack.sql('DELETE FROM role_grant WHERE chapter_id = (SELECT id FROM chapter WHERE slug = %s)', slug)
        stack.ctl('chapter', 'archive', slug)


def test_readers_see_and_do_nothing(browser, anna, box):
    name, member = fresh('doc'), browser('jena-member')
    anna.put(box + name)
    anna.delete(box + name)
    assert (name, None) in things(member)
    thing = number(browser('jena-board'), name)
    for what in ('restore', 'purge'):
        assert act(member, what, thing).status_code == 403
    assert act(member, 'restore', thing, place='Mitglieder/', name=name).status_code == 403
    assert names(browser('jena-board'), name) == [name]


def test_nobody_sees_what_she_could_not_see_there(server, browser, anna, box):
    """By the levels of then and of now, those of the thing and those of its place."""
    chair, member, board = browser('jena-chair'), browser('jena-member'), browser('jena-board')
    closed, opened, own = fresh('closed'), fresh('opened'), fresh('own')
    anna.mkcol(box + 'room/')
    assert chair.post(page_of(box) + 'room/', rule='own', see='board', change='board').status_code == 303
    anna.put(box + 'room/' + opened)
    anna.mkcol(box + f'room/{own}/')
    assert chair.post(page_of(box) + f'room/{own}/', rule='own', see='chair', change='chair').status_code == 303
    anna.delete(box + 'room/' + opened)
    server.client('jena-chair').delete(box + f'room/{own}/')
    assert names(member, opened, own) == [] and names(board, opened, own) == [opened]
    assert names(chair, opened, own) == [own, opened]
    assert chair.post(page_of(box) + 'room/', rule='own', see='member', change='member').status_code == 303
    assert names(member, opened, own) == [], 'the room was closed when it was deleted'
    thing = number(board, opened)
    assert act(member, 'restore', thing).status_code == 404 and act(member, 'purge', thing).status_code == 404
    anna.put(box + 'room/' + closed)
    anna.delete(box + 'room/' + closed)
    assert names(member, closed) == [closed]
    assert chair.post(page_of(box) + 'room/', rule='own', see='chair', change='chair').status_code == 303
    assert names(member, closed, opened) == [] and names(board, closed, opened) == [], 'the room is closed now'
    assert names(chair, closed, opened, own) == [closed, own, opened]
    for thing in (number(chair, closed), number(chair, own)):
        assert act(board, 'restore', thing, place=last(box) + '/', name='x').status_code == 404
        assert act(board, 'purge', thing).status_code == 404
    assert names(browser('guest'), closed, opened, own) == [] and names(browser('erfurt-member'), closed, opened, own) == []
    assert Browser(server).get(TRASH).status_code == 303


def test_a_closed_folder_inside_keeps_its_parent_from_others(browser, anna, server, den):
    """Who could not have deleted it, because of what is in it, neither restores nor purges it."""
    name, chair, member = fresh('folder'), browser('jena-chair'), browser('jena-member')
    anna.mkcol(den + name + '/')
    anna.mkcol(den + name + '/inner/')
    assert chair.post(page_of(den) + f'{name}/inner/', rule='own', see='board', change='board').status_code == 303
    anna.delete(den + name + '/')
    thing = number(member, name)
    assert act(member, 'purge', thing).status_code == 403 and act(member, 'restore', thing).status_code == 403
    assert act(browser('jena-board'), 'restore', thing).status_code == 303
    assert server.client('jena-member').propfind(den + name + '/inner/', 'resourcetype').status == 404


def test_targets_that_cannot_be(browser, anna, alice, den, box):
    name, member = fresh('doc'), browser('jena-member')
    alice.put(den + name)
    alice.delete(den + name)
    thing = number(member, name)
    place = 'Mitglieder/' + last(den) + '/'
    for where, status in ((last(box) + '/', 403), ('Vorstand/', 404), ('no such/', 404), ('../', 404), ('//', 404)):
        assert act(member, 'restore', thing, place=where, name=name).status_code == status, where
    for called in ('', '.', '..', 'a/b', 'a\\b', 'x' * 300):
        assert act(member, 'restore', thing, place=place, name=called).status_code in (400, 413, 422), called
    for wrong in ('0', '-1', 'x', '99999999', '99999999999999999999'):
        assert act(member, 'restore', wrong).status_code in (404, 422), wrong
    assert act(member, 'burn', thing).status_code == 400
    token = anna.locked(den)
    assert act(member, 'restore', thing).status_code == 423
    anna.unlock(den, token)
    assert act(member, 'restore', thing).status_code == 303
    assert alice.get(den + name).status == 200


def test_the_same_name_again_and_again(stack, browser, anna, box):
    name, board = fresh('doc'), browser('jena-board')
    token = anna.sync(box).multistatus().token
    for i in range(3):
        anna.put(box + name, f'number {i}'.encode())
        anna.delete(box + name)
    assert names(board, name) == [name] * 3
    assert [(h, e.status) for h, e in anna.sync(box, token).multistatus().entry.items()] == [(box + name, 404)]
    for i, thing in enumerate([t for n, t in things(board) if n == name]):
        assert act(board, 'restore', thing, place=last(box) + '/', name=f'{name}-{i}').status_code == 303
    assert [anna.get(box + f'{name}-{i}').body for i in range(3)] == [b'number 2', b'number 1', b'number 0']


def test_noise_is_not_kept(browser, anna, box, space):
    before = space()
    for name in ('.DS_Store', '._x', '~$x', '.~lock.x%23'):
        anna.put(box + name, b'noise')
        anna.delete(box + name)
    assert names(browser('jena-board'), '.DS_Store', '._x', '~$x', '.~lock.x#') == []
    assert space() == before


def test_it_empties_itself_in_time(stack, browser, anna, box, space):
    before, base = space(), fresh('old')
    for i in range(25):
        anna.put(box + f'{base}-{i}', b'12345')
        anna.delete(box + f'{base}-{i}')
    anna.put(box + base, b'12345')
    anna.delete(box + base)
    stack.sql("UPDATE dav_trash SET removed = removed - interval '31 days' WHERE name LIKE %s", base + '-%')
    stack.sql("DELETE FROM job_run WHERE name = 'trash_empty'")
    wait_for(lambda: names(browser('jena-board'), base, *(f'{base}-{i}' for i in range(25))) == [base], 90,
             'the end of what is old')
    assert space() == before + 5, stack.sql('SELECT * FROM dav_trash')


def test_pages_of_much(browser, anna, box):
    base = fresh('many')
    for i in range(105):
        anna.put(box + f'{base}-{i}', b'')
        anna.delete(box + f'{base}-{i}')
    assert names(browser('jena-board'), *(f'{base}-{i}' for i in range(105))) == [f'{base}-{i}' for i in range(104, -1, -1)]

"""Earlier versions for programs: /dav/versions/, to be read by who may read them, and by nothing to be changed (step 3.1)."""
import os
import re

import pytest

from lib.browser import Browser

ROOT = '/dav/versions/jena/'
LARGE = os.urandom(200_000)


@pytest.fixture(scope='module')
def each(stack):
    """A daemon for which every save is a version."""
    d = stack.daemon({'version_sitting': '0'}, name='versions-dav')
    yield d
    d.stop()


@pytest.fixture(scope='module')
def writer(each):
    return each.client('jena-board')


def past_of(path):
    return path.replace('/dav/files/', '/dav/versions/')


def listed(client, path):
    answer = client.propfind(path, 'getcontentlength', 'resourcetype', 'getetag', 'getlastmodified', depth='1')
    assert answer.status == 207, answer
    return {h for h in answer.multistatus().entry} - {path}


def test_versions_are_files_in_a_folder(writer, box):
    doc, past = box + 'Größe.odt'.replace('ö', '%C3%B6').replace('ß', '%C3%9F'), past_of(box)
    writer.mkcol(box + 'sub/')
    writer.put(box + 'single.txt', b'no version')
    for content in (b'one', LARGE, b'three'):
        writer.put(doc, content)
    here = past + 'Gr%C3%B6%C3%9Fe.odt/'
    assert listed(writer, past) == {past + 'sub/', here}  # nothing that is not there
    members = sorted(listed(writer, here))
    assert len(members) == 2
    for href in members:
        assert re.fullmatch(re.escape(here) + r'\d{4}-\d\d-\d\d%20\d\d\.\d\d\.\d\d%20(\(|%28)\d+(\)|%29)\.odt', href), href
    got = {writer.get(href).body for href in members}
    assert got == {b'one', LARGE}
    for href in members:
        answer = writer.get(href)
        assert answer.get('ETag') == writer.head(href).get('ETag') and 'attachment' in answer.get('Content-Disposition')
        assert writer.get(href, If_None_Match=answer.get('ETag')).status == 304
        entry = writer.propfind(href, 'getcontentlength').body.decode()
        assert f'>{len(answer.body)}<' in entry
    large = next(h for h in members if writer.get(h).body == LARGE)
    assert writer.get(large, Range='bytes=10-19').body == LARGE[10:20]
    # the tree that people mount is as it was
    assert listed(writer, box) == {box + 'sub/', box + 'single.txt', doc}
    assert '/dav/versions/' in listed(writer, '/dav/') and ROOT in listed(writer, '/dav/versions/')


def test_nothing_can_be_changed(writer, box):
    doc = box + 'doc.txt'
    for content in (b'one', b'two'):
        writer.put(doc, content)
    here = past_of(doc) + '/'
    [version] = listed(writer, here)
    for href in (version, here, here + 'new', past_of(box) + 'new.txt', '/dav/versions/new', '/dav/versions/jena/'):
        assert writer.put(href.rstrip('/'), b'x').status in (403, 405, 409), href
        assert writer.delete(href).status in (403, 404, 405), href
        assert writer.mkcol(href.rstrip('/') + '/').status in (403, 404, 405, 409), href
        assert writer.move(href, box + 'taken').status in (403, 404, 405), href
        assert writer.copy(href, box + 'taken').status in (403, 404, 405), href
        assert writer.copy(doc, href).status in (403, 405, 409, 412), href
        assert writer.lock(href).status in (403, 405), href
        answer = writer.proppatch(href, 'note', 'x')
        assert answer.status in (403, 404, 405) or b'403 Forbidden' in answer.body, href
    assert writer.get(version).body == b'one' and writer.get(doc).body == b'two'
    assert writer.get(box + 'taken').status == 404
    allow = writer.delete(version).get('Allow') or writer.lock(version).get('Allow') or ''
    assert 'PUT' not in allow and 'DELETE' not in allow and 'LOCK' not in allow


def test_names_that_are_none(writer, box):
    doc = box + 'doc.txt'
    for content in (b'one', b'two'):
        writer.put(doc, content)
    writer.put(box + 'other.txt', b'x')
    writer.put(box + 'other.txt', b'y')
    here = past_of(doc) + '/'
    [version], [foreign] = listed(writer, here), listed(writer, past_of(box) + 'other.txt/')
    for wrong in (version[:-4], version + '/', version.replace('20', '19', 1).replace('.txt', '.odt'), version + '.txt',
                  here + '(1)', here + '()', here + '(99999999999999999999)', here + foreign.rpartition('/')[2], here + 'a/b',
                  past_of(box) + 'nothing.txt/', past_of(box) + 'nothing.txt/x', '/dav/versions/nowhere/', '/dav/versions/jena/a/b/c'):
        assert writer.get(wrong).status == 404, wrong
        assert writer.propfind(wrong, 'getetag').status == 404, wrong
    writer.put(box + 'young.txt', b'no version yet')
    assert writer.propfind(past_of(box) + 'young.txt/', 'getetag').status == 404


def test_who_may_see_what(stack, each, writer, den):
    """As on the page: the levels of now and those that held when it was replaced."""
    chair = Browser(each, 'jena-chair')
    page = den.replace('/dav/files/jena/', '/c/jena/files/')
    doc, here = den + 'inner/doc.txt', past_of(den) + 'inner/doc.txt/'
    member, stranger, nobody = each.client('jena-member'), each.client('erfurt-member'), each.client()
    writer.mkcol(den + 'inner/')
    assert chair.post(page + 'inner/', rule='own', see='board', change='board').status_code == 303
    writer.put(doc, b'secret')
    writer.put(doc, b'public')
    [secret] = listed(writer, here)
    assert member.propfind(past_of(den) + 'inner/', 'getetag', depth='1').status == 404
    assert listed(member, past_of(den)) == set()
    assert chair.post(page + 'inner/', rule='own', see='member', change='member').status_code == 303
    assert listed(member, past_of(den) + 'inner/') == set()
    assert member.get(secret).status == 404 and member.propfind(here, 'getetag').status == 404
    assert writer.get(secret).body == b'secret'
    writer.put(doc, b'newer')
    [public] = listed(member, here)
    assert member.get(public).body == b'public' and len(listed(writer, here)) == 2
    for client in (stranger, nobody):
        assert client.get(public).status in (401, 404) and client.propfind(past_of(den), 'getetag', depth='1').status in (401, 404)
    assert listed(stranger, '/dav/versions/').isdisjoint({'/dav/versions/jena/Vorstand/'})

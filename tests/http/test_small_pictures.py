"""Small pictures in lists: who sees them, what is left of the file in them, and what hostile ones cost."""
import base64
import os
import re
import struct
import zlib

import pytest

from lib import papers
from lib.browser import Browser
from lib.client import quote
from lib.stack import wait_for

GIF = base64.b64decode('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==')
WEBP = base64.b64decode('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA')
PLACE = b'50.9271,11.5892 GPS-SECRET'


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(width, height, claimed=None, *more):
    """Black, and its first dot is random, so that no other test has it."""
    rows = bytearray((b'\0' + bytes(3 * width)) * height)
    rows[1:4] = os.urandom(3)
    size = struct.pack('>IIBBBBB', *(claimed or (width, height)), 8, 2, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', size) + b''.join(more) + chunk(b'IDAT', zlib.compress(bytes(rows))) +
            chunk(b'IEND', b''))


def plain(colour, kind):
    """All of one colour, of three bands (kind 2) or with a fourth that says how opaque it is (6)."""
    rows = (b'\0' + bytes(colour) * 40) * 40
    size = struct.pack('>IIBBBBB', 40, 40, 8, kind, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', size) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def exif(orientation):
    """Of a camera that was held upright, with a place in it."""
    return (b'II*\0\x08\0\0\0\x02\0' + struct.pack('<HHIHH', 0x0112, 3, 1, orientation, 0) +
            struct.pack('<HHII', 0x010e, 2, len(PLACE), 38) + bytes(4) + PLACE)


def with_exif(jpeg, orientation):
    data = b'Exif\0\0' + exif(orientation)
    return jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(data) + 2) + data + jpeg[2:]


def size_of(jpeg):
    """Width and height, from the start of the frame."""
    found = re.search(rb'\xff[\xc0\xc2]..\x08(..)(..)', jpeg, re.S)
    height, width = (struct.unpack('>H', n)[0] for n in found.groups())
    return width, height


def page_of(path):
    return path.replace('/dav/files/jena/', '/c/jena/files/')


def settled(stack):
    """Every content that has been written until now has been looked at."""
    [[mark]] = stack.sql('SELECT pg_current_xact_id()::text')
    stack.sql("UPDATE job_run SET started = now() - interval '1 hour' WHERE name = 'document_index'")
    wait_for(lambda: stack.sql('SELECT count(*) FROM document_horizon WHERE seen > %s::xid8', mark)[0][0] == 1 and stack.sql(
        'SELECT count(*) FROM document_text WHERE body IS NULL AND problem IS NULL')[0][0] == 0, 60, 'the job')


def small(browser, path):
    return browser.session.get(browser.url + page_of(path) + '?small', allow_redirects=False)


@pytest.fixture(scope='module')
def album(stack, server):
    """A folder for members with a picture of each kind; (folder, the small picture of the PNG)."""
    anna = server.client('jena-board')
    folder = f'/dav/files/jena/Mitglieder/Album-{os.urandom(3).hex()}/'
    assert anna.mkcol(folder).status == 201
    for name, content in (('breit.png', png(600, 200, None, chunk(b'tEXt', b'Comment\0' + PLACE))), ('x.gif', GIF), ('x.webp', WEBP)):
        assert anna.put(folder + name, content).status == 201
    settled(stack)
    yield folder, small(Browser(server, 'jena-board'), folder + 'breit.png').content
    anna.delete(folder)


def test_each_kind_is_small_and_only_for_who_may_read(album, browser):
    folder, jpeg = album
    assert size_of(jpeg) == (192, 64) and jpeg.startswith(b'\xff\xd8\xff') and len(jpeg) < 5000
    for name in ('breit.png', 'x.gif', 'x.webp'):
        answer = small(browser('jena-member'), folder + name)
        assert answer.status_code == 200 and answer.headers['Content-Type'] == 'image/jpeg', name
        assert answer.headers['Cache-Control'] == 'private, max-age=31536000, immutable'
        assert answer.headers['X-Content-Type-Options'] == 'nosniff' and 'sandbox' in answer.headers['Content-Security-Policy']
        for who in ('erfurt-member', 'land-admin', None):
            assert small(browser(who), folder + name).status_code == 404, who


def test_what_else_was_in_the_file_is_gone_and_it_stands_upright(album, stack, anna, browser):
    folder, jpeg = album
    assert PLACE not in jpeg
    assert anna.put(folder + 'handy.jpg', with_exif(jpeg, 6)).status == 201
    settled(stack)
    answer = small(browser('jena-member'), folder + 'handy.jpg')
    assert size_of(answer.content) == (64, 192)
    assert PLACE not in answer.content and b'Exif' not in answer.content


def test_colours_stay_and_what_is_transparent_is_white(stack, anna, box, browser):
    colours = {'schwarz': (0, 0, 0), 'weiss': (255, 255, 255), 'rot': (255, 0, 0), 'blau': (0, 0, 255)}
    for name, colour in colours.items():
        assert anna.put(f'{box}{name}.png', plain(colour, 2)).status == 201
        assert anna.put(f'{box}deckend-{name}.png', plain((*colour, 255), 6)).status == 201
        assert anna.put(f'{box}klar-{name}.png', plain((*colour, 0), 6)).status == 201
    settled(stack)
    seen = {name: small(browser('jena-board'), f'{box}{name}.png').content for name in colours}
    assert len(set(seen.values())) == len(colours)
    for name in colours:
        assert small(browser('jena-board'), f'{box}deckend-{name}.png').content == seen[name], name
        assert small(browser('jena-board'), f'{box}klar-{name}.png').content == seen['weiss'], name


def test_the_list_shows_it_at_an_address_of_its_content(album, stack, anna, browser):
    folder, _ = album
    name = folder + 'wechselt.png'
    member = browser('jena-member')
    seen = set()
    for _ in range(2):
        content = png(300, 300)
        assert anna.put(name, content).status in (201, 204)
        settled(stack)
        found = re.search(r'<img class="small" src="([^"]*wechselt[.]png[?]small=[0-9a-f]{32})" alt="" width="48" height="48" '
                          'loading="lazy"', member.get(page_of(folder)).text)
        assert found, 'it is in the list'
        assert member.session.get(member.url + found[1]).status_code == 200
        seen.add(found[1])
    assert len(seen) == 2


def test_it_goes_with_the_content(stack, anna, box, browser):
    assert anna.put(box + 'weg.png', png(20, 20)).status == 201
    settled(stack)
    ids = stack.sql("SELECT blob_id FROM document_picture WHERE blob_id = (SELECT blob_id FROM dav_node WHERE name = 'weg.png' AND NOT gone)")
    assert len(ids) == 1
    anna.delete(box + 'weg.png')
    stack.empty_trash()
    stack.sql('DELETE FROM blob WHERE id = %s', ids[0][0])
    assert not stack.sql('SELECT 1 FROM document_picture WHERE blob_id = %s', ids[0][0])


HOSTILE = {
    'riesig.png': png(2, 2, (60000, 60000)),                        # says that it is ten gigabytes
    'hoch.png': png(2, 2, (1, 40000)),
    'halb.gif': GIF[:20],
    'leer.jpg': b'\xff\xd8\xff\xe0' + bytes(200),
    'kaputt.webp': WEBP[:24] + b'\xff' * 100,
    'zwei.gif': b'GIF89a/*' + b'<script>alert(1)</script>' * 20,     # a picture and a script
    'seite.png': b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    'magick.png': b'push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 "https://example.org/x"\npop graphic-context\n',
    'blatt.png': papers.pdf('text'),
    'paket.jpg': papers.bomb(2),
    'tiff.png': b'II*\0\x08\0\0\0' + bytes(300),
    'exif.jpg': b'\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\xff\xff\xff\xff' + b'\xff' * 300,
}


def test_H16_wrong_huge_and_hostile_ones_have_none_and_are_looked_at_once(stack, server, anna, box, browser):
    """Whatever they do to their helper, the next picture is made small."""
    for name, content in HOSTILE.items():
        assert anna.put(box + quote(name), content).status == 201
    assert anna.put(box + 'danach.png', png(50, 50)).status == 201
    settled(stack)
    board = browser('jena-board')
    assert small(board, box + 'danach.png').status_code == 200
    for name in HOSTILE:
        answer = small(board, box + name)
        assert answer.status_code in (404, 200), name
        assert answer.status_code == 404 or answer.content.startswith(b'\xff\xd8\xff'), name
    for name in ('riesig.png', 'hoch.png', 'seite.png', 'magick.png', 'blatt.png', 'paket.jpg', 'tiff.png', 'zwei.gif'):
        assert small(board, box + name).status_code == 404, name
    tries = stack.sql("SELECT n.name, t.tries FROM dav_node n JOIN document_text t USING (blob_id) JOIN dav_node p ON p.id = n.parent_id"
                      ' WHERE p.name = %s', box.rstrip('/').rpartition('/')[2])
    assert len(tries) == len(HOSTILE) + 1 and all(n == 1 for _, n in tries), tries
    stack.sql("UPDATE job_run SET started = now() - interval '1 hour' WHERE name = 'document_index'")
    settled(stack)
    assert all(n == 1 for _, n in stack.sql('SELECT n.name, t.tries FROM dav_node n JOIN document_text t USING (blob_id)'
               ' JOIN dav_node p ON p.id = n.parent_id WHERE p.name = %s', box.rstrip('/').rpartition('/')[2])), 'never again'

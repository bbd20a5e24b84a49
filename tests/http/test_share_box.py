"""Drop boxes: files come in, nothing goes out (G07); how much, and who is told."""
import html
import re
import socket
from urllib.parse import unquote

import pytest

from lib.browser import words
from lib.links import Stranger, end, link, page_of
from lib.stack import wait_for
from test_share import GONE, refused, shown


@pytest.fixture
def board(browser):
    return browser('jena-board')


@pytest.fixture(scope='module')
def small(stack):
    """A daemon whose drop boxes are soon full."""
    d = stack.daemon({'drop_box_files': '5', 'drop_box_max': '400 KiB', 'drop_box_form_max': '300 KiB'}, name='small')
    yield d
    d.stop()


def box_for(board, den, purpose='Pictures of the party', **fields):
    return link(board, den, purpose, kind='box', **fields)


def arrived(answer):
    assert answer.status_code == 200, (answer.status_code, words(answer))
    names = re.search(r'<ul class="names">(.*?)</ul>', answer.text, re.S)
    return [html.unescape(n) for n in re.findall(r'<li class="words">([^<]*)</li>', names[1])]


def listed(client, folder):
    return sorted(unquote(h).rstrip('/').rpartition('/')[2] for h in client.listing(folder))


# ---------------------------------------------------------------- in, and not out

def test_files_come_in_and_are_named(anna, board, den):
    box = box_for(board, den)
    page = box.get()
    assert 'Pictures of the party' in words(page) and 'enctype="multipart/form-data"' in page.text and 'multiple' in page.text
    big = bytes(range(256)) * 2000
    answer = box.post(('Foto Ä.jpg', b'one', 'image/jpeg'), ('C:\\Users\\me\\zwei.jpg', b'two', 'image/jpeg'), ('film.mp4', big, 'video/mp4'))
    assert arrived(answer) == ['Foto Ä.jpg', 'zwei.jpg', 'film.mp4'] and 'Thank you.' in words(answer)
    assert anna.get(den + 'Foto%20%C3%84.jpg').body == b'one' and anna.get(den + 'film.mp4').body == big


def test_G07_nothing_is_listed_read_or_overwritten(anna, board, den):
    assert anna.put(den + 'secret.txt', b'not for you').status == 201 and anna.mkcol(den + 'Inside/').status == 201
    box = box_for(board, den)
    for below in ('', '?sort=size', '?frame', '?q=secret'):
        answer = box.get(below)
        assert answer.status_code == 200 and 'secret' not in words(answer) and 'Inside' not in answer.text, below
    for below in ('/secret.txt', '/secret.txt?view', '/secret.txt?frame', '/Inside/', '?zip', '?view', '/..', '/%2e%2e/', '/Inside/../secret.txt'):
        assert box.get(below).status_code in (400, 404), below
    assert arrived(box.post(('secret.txt', b'mine'), ('secret.txt', b'again'), ('Inside', b'a name of a folder'))) == \
        ['secret (2).txt', 'secret (3).txt', 'Inside (2)']
    assert anna.get(den + 'secret.txt').body == b'not for you'
    assert box.post(('x', b'x'), below='/Inside/').status_code == 404
    assert box.post(('x', b'x'), below='/secret.txt').status_code == 404


@pytest.mark.parametrize('name', ['..', '.', '', '../out.txt', 'a/b.txt', '\\\\host\\share\\c.txt', 'nul\x07bell', 'right\u202eto-left.txt', 'n' * 300])
def test_G07_names_lead_nowhere(anna, board, den, name):
    box = box_for(board, den)
    body = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\nbytes\r\n--b--\r\n')
    answer = box.stranger().session.post(f'{board.url}{box.path}', data=body, headers={'Content-Type': 'multipart/form-data; boundary=b'})
    last = re.split(r'[/\\]', name)[-1]
    if answer.status_code == 200:
        assert arrived(answer) == [last] and listed(anna, den) == [last]
    else:
        assert answer.status_code in (400, 422) and listed(anna, den) == []


def test_a_thousand_pictures_of_one_name(anna, stack, board, den):
    box = box_for(board, den)
    for i in range(3):
        box.post(*[('image.jpg', f'{i}-{k}'.encode()) for k in range(60)])
    names = listed(anna, den)
    assert len(names) == 180 and {'image.jpg', 'image (2).jpg', 'image (180).jpg'} <= set(names)


def test_long_names_are_cut_not_refused(anna, board, den):
    name = 'ä' * 120 + '.jpeg'  # 245 bytes
    box = box_for(board, den)
    assert arrived(box.post((name, b'1'))) == [name]
    second = arrived(box.post((name, b'2')))[0]
    assert second == 'ä' * 120 + ' (2).jpeg'
    longer = 'ä' * 125 + '.jpeg'  # 255 bytes: as long as a name can be
    assert arrived(box.post((longer, b'1'))) == [longer]
    assert arrived(box.post((longer, b'2'))) == ['ä' * 123 + ' (2).jpeg']


def test_no_file_chosen(board, den):
    box = box_for(board, den)
    for answer in (box.post(), box.post(('', b''))):
        assert answer.status_code == 422 and 'No file was chosen.' in words(answer)


def test_a_locked_folder_takes_nothing(anna, board, den):
    box = box_for(board, den)
    lock = anna.locked(den)
    answer = box.post(('a.txt', b'a'))
    assert answer.status_code == 423, words(answer)
    anna.unlock(den, lock)
    assert arrived(box.post(('a.txt', b'a'))) == ['a.txt']


def test_a_password_guards_it_too(board, den):
    box = box_for(board, den, password='correct horse')
    s = box.stranger()
    assert 'has a password' in words(s.post(('a.txt', b'a')))
    assert s.post(('a.bin', b'a' * 200_000)).status_code == 403  # refused before it is taken
    assert s.post(password='correct horse').status_code == 303
    assert arrived(s.post(('a.txt', b'a'))) == ['a.txt']
    assert arrived(s.post(('a.bin', b'a' * 200_000))) == ['a.bin']


def test_two_at_once_lose_nothing(anna, board, den):
    import concurrent.futures
    box = box_for(board, den)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda i: box.post(('same.txt', f'{i}'.encode())), range(12)))
    got = [arrived(a)[0] for a in answers]
    assert len(set(got)) == 12 and sorted(got) == listed(anna, den)
    assert {anna.get(den + n.replace(' ', '%20')).body for n in got} == {f'{i}'.encode() for i in range(12)}


# ---------------------------------------------------------------- how much

def test_full_by_number_and_by_bytes(anna, board, small, den):
    box = box_for(board, den)
    s = Stranger(small, box.path)
    assert len(arrived(s.post(*[(f'{i}.txt', b'x') for i in range(4)]))) == 4
    over = s.post(('5.txt', b'x'), ('6.txt', b'x'))
    assert over.status_code == 413 and 'takes 5 files' in words(over) and 'Nothing was stored' in words(over)
    assert arrived(s.post(('5.txt', b'x'))) == ['5.txt']
    full = s.post(('7.bin', b'x' * 100_000))
    assert full.status_code == 413 and 'This drop box is full.' in words(full)
    assert len(listed(anna, den)) == 5
    other = Stranger(small, box_for(board, den, 'bytes').path)
    assert arrived(other.post(('a.bin', b'x' * 250_000)))
    assert other.post(('b.bin', b'x' * 250_000)).status_code == 413 and other.post(('c.txt', b'x')).status_code == 200


def test_too_large_is_refused_before_it_is_taken(anna, board, small, den):
    box = box_for(board, den)
    answer = Stranger(small, box.path).post(('big.bin', b'x' * 400_000))
    assert answer.status_code == 413 and 'can be sent at once' in words(answer)
    with socket.create_connection(('127.0.0.1', small.port)) as c:  # who asks first sends nothing
        c.sendall(f'POST {box.path} HTTP/1.1\r\nHost: {small.host}\r\nContent-Type: multipart/form-data; boundary=b\r\n'
                  'Content-Length: 900000\r\nExpect: 100-continue\r\n\r\n'.encode())
        head = c.recv(4096)
    assert head.startswith(b'HTTP/1.1 413'), head
    assert listed(anna, den) == []


def test_B17_strangers_with_no_link_send_little(server):
    """A refused upload is drained to the limit of strangers (decisions 1.22), as nobody has been recognised."""
    with socket.create_connection(('127.0.0.1', server.port)) as c:
        c.sendall(f'POST /s/AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: {server.host}\r\nAccept: text/html\r\n'
                  'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 600000000\r\n\r\n'.encode())
        head = c.recv(4096)
    assert head.startswith(b'HTTP/1.1 404') and b'onnection: close' in head, head


def test_it_counts_in_the_space_of_the_chapter(stack, anna, board, den):
    box = box_for(board, den)
    [[used, most]] = stack.sql("SELECT s.used, s.most FROM chapter c, quota_state(c.id) s WHERE c.slug = 'jena'")
    assert arrived(box.post(('a.bin', b'x' * 100_000)))
    assert stack.sql("SELECT s.used FROM chapter c, quota_state(c.id) s WHERE c.slug = 'jena'")[0][0] >= used + 100_000
    stack.sql("UPDATE quota SET max = 1000 FROM chapter c WHERE c.id = chapter_id AND c.slug = 'jena'")
    try:
        answer = box.post(('b.bin', b'x' * 100_000))
        assert answer.status_code == 507, words(answer)
        assert 'Delete something' not in words(answer)  # she can do nothing about it
    finally:
        stack.sql("UPDATE quota SET max = %s FROM chapter c WHERE c.id = chapter_id AND c.slug = 'jena'", most)
    assert listed(anna, den) == ['a.bin']


def test_it_ends_while_a_form_is_being_filled_in(anna, board, den):
    box = box_for(board, den)
    s = box.stranger()
    assert s.get().status_code == 200
    assert end(board, den, 'Pictures of the party').status_code == 303
    for size in (10, 200_000):
        answer = s.post(('late.bin', b'x' * size))
        assert answer.status_code == 404 and GONE in words(answer)
    assert listed(anna, den) == []


# ---------------------------------------------------------------- who is told

def test_those_who_may_write_are_told_until_somebody_has_seen_it(browser, board, den):
    member, guest, outside = browser('jena-member'), browser('guest'), browser('erfurt-board')
    box = box_for(board, den)
    said = 'by the drop box “Pictures of the party”'
    assert said not in member.text('/c/jena/')
    box.post(('1.jpg', b'1'))
    box.post(('2.jpg', b'2'), ('3.jpg', b'3'))
    for b in (board, member):
        assert f'3 files have arrived {said}' in b.text('/c/jena/') and f'3 files have arrived {said}' in b.text(page_of(den))
    for b in (guest, outside, browser(None)):
        assert said not in words(b.get('/c/jena/'))
    assert member.post(page_of(den), share='seen').status_code == 303
    assert said not in board.text('/c/jena/') and said not in board.text(page_of(den))
    box.post(('4.jpg', b'4'))
    assert f'1 file has arrived {said}' in board.text('/c/jena/')
    assert outside.post(page_of(den), share='seen').status_code == 404
    assert board.post(page_of(den), share='seen').status_code == 303


def test_by_which_box_something_came_is_shown(stack, anna, board, den):
    box = box_for(board, den, 'Minutes of the groups')
    assert arrived(box.post(('protokoll.txt', b'Wir haben uebergangsweise beschlossen\n')))
    assert anna.put(den + 'protokoll.txt', b'second').status == 204
    assert 'by the drop box “Minutes of the groups”' in board.text(page_of(den) + 'protokoll.txt?versions')
    assert arrived(box.post(('zweites.txt', b'Fahrradkorso\n')))
    found = wait_for_hit(board, 'Fahrradkorso')
    assert 'by the drop box “Minutes of the groups”' in found
    stack.sql("DELETE FROM share_link WHERE purpose = 'Minutes of the groups'")
    assert 'drop box' not in board.text(page_of(den) + 'protokoll.txt?versions')


def wait_for_hit(board, word):
    found = []

    def look():
        found[:] = [board.text(f'/c/jena/search?q={word}')]
        return 'zweites.txt' in found[0]

    wait_for(look, 60, 'the index')
    return found[0]


def test_the_list_says_how_much_arrived(stack, board, den):
    box = box_for(board, den)
    box.post(('1.jpg', b'1' * 1500), ('2.jpg', b'2' * 500))
    today = stack.sql('SELECT current_date::text')[0][0]
    assert re.search(rf'2 files arrived \(2[.0]* kB\), the last on {today}', board.text(page_of(den) + "?share"))
    log = board.text('/c/jena/audit')
    assert 'made the drop box “Pictures of the party” by which files can be put into' in log

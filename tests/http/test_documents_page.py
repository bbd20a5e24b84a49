"""The page of a folder: its list, what is done with what was ticked, and the warning before more people can read."""
import html
import re
import time

import pytest

from lib.browser import words
from lib.client import quote
from lib.figures import LINES as FIGURES


@pytest.fixture
def board(browser):
    return browser('jena-board')


def page_of(folder):
    return folder.replace('/dav/files/jena/', '/c/jena/files/')


def names(answer):
    assert answer.status_code == 200, answer.text[:500]
    return [html.unescape(n) for n in re.findall(r'<a id="r\d+" href="[^"]*">([^<]*)</a>', answer.text)]


def fill(client, folder, files=(), folders=()):
    for name in folders:
        assert client.mkcol(folder + quote(name) + '/').status == 201
    for name, size in files:
        assert client.put(folder + quote(name), b'x' * size).status == 201


def act(browser, folder, what, *items, **more):
    """Posts as the list does."""
    return browser.post(page_of(folder), act=what, item=list(items), **more)


def seen_of(answer):
    return re.search(r'name="seen" value="([^"]*)"', answer.text)[1]


# ---------------------------------------------------------------- the list

def test_sorted_as_people_expect(anna, board, box):
    fill(anna, box, [('b.txt', 30), ('Äpfel.txt', 10), ('Zebra', 20), ('a.txt', 5)], ['Box 10', 'Box 9', 'anna'])
    folders, files = ['anna', 'Box 9', 'Box 10'], ['a.txt', 'Äpfel.txt', 'b.txt', 'Zebra']
    page = page_of(box)
    assert names(board.get(page)) == folders + files
    assert names(board.get(page + '?sort=name&down=1')) == folders[::-1] + files[::-1]
    assert names(board.get(page + '?sort=size')) == folders + ['a.txt', 'Äpfel.txt', 'Zebra', 'b.txt']
    assert names(board.get(page + '?sort=size&down=1')) == folders + ['b.txt', 'Zebra', 'Äpfel.txt', 'a.txt']
    anna.put(box + 'a.txt', b'later')
    assert names(board.get(page + '?sort=date&down=1'))[3] == 'a.txt'
    assert names(board.get(page + '?sort=date'))[-1] == 'a.txt'
    assert names(board.get(page + '?sort=colour&page=x&q=')) == folders + files  # what nobody understands


def test_the_headings_lead_on_and_say_how_it_is_sorted(anna, board, box):
    fill(anna, box, [('a', 1), ('b', 2)])
    page = board.get(page_of(box) + '?sort=size&down=1').text
    assert re.findall(r'<th scope="col" class="(\w+)" aria-sort="(\w+)"', page) == [('number', 'descending')]
    hrefs = [html.unescape(h) for h in re.findall(r'<th [^>]*><a href="([^"]*)"', page)]
    assert [h.partition('?')[2] for h in hrefs] == ['', 'sort=size', 'sort=date&down=1']


def test_filter_by_name_in_any_case(anna, board, box):
    fill(anna, box, [('Haushalt 2026.ods', 1), ('haushalt alt', 1), ('100% Öl_&?.txt', 1), ('x', 1)], ['HAUSHALTE'])
    page = page_of(box)
    assert names(board.get(page + '?q=haushalt')) == ['HAUSHALTE', 'Haushalt 2026.ods', 'haushalt alt']
    assert names(board.get(page + '?q=%25%20%C3%B6l_%26')) == ['100% Öl_&?.txt']  # nothing in it means anything
    assert names(board.get(page + '?q=_')) == ['100% Öl_&?.txt']
    none = board.get(page + '?q=%3Cb%3E')
    assert names(none) == [] and 'Nothing here has “<b>” in its name.' in words(none) and 'Show all' in words(none)


def test_pages_of_a_hundred(anna, board, box):
    fill(anna, box, [(f'file {i}', i % 7) for i in range(1, 231)])
    page, got = page_of(box), []
    for n, (first, last) in enumerate([(1, 100), (101, 200), (201, 230)], 1):
        answer = board.get(page + f'?page={n}')
        got += names(answer)
        assert f'{first} to {last} of 230' in words(answer)
        assert len(answer.content) < 60_000
    assert got == [f'file {i}' for i in range(1, 231)]
    assert names(board.get(page + '?page=77')) == got[200:]  # what was there has been deleted meanwhile
    found = board.get(page + '?sort=size&down=1&q=file&page=2').text
    links = [html.unescape(h) for h in re.findall(r'class="button quiet" href="([^"]*)"', found)]
    assert [h.partition('?')[2] for h in links] == ['sort=size&down=1&q=file', 'sort=size&down=1&q=file&page=3']


def test_ten_thousand_stay_small(stack, anna, board, box):
    """A page of them weighs what any page does; the time is printed, its bound is a guard against hanging."""
    fill(anna, box, [('seed', 3)])
    stack.sql("""INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, blob_id, size, collection, kind, name, name_key,
                                       type, etag, modified)
                 SELECT root_id, parent_id, chapter_id, policy_id, blob_id, i * 7919 %% 100003, false, kind, 'Document ' || i,
                        'Document ' || i, type, etag, now() - make_interval(mins => i * 31 %% 9973)
                   FROM dav_node, generate_series(1, 10000) i
                  WHERE name = 'seed' AND parent_id = (SELECT id FROM dav_node WHERE name = %s)""",
              box.rstrip('/').rpartition('/')[2])
    for query, first in (('', 'Document 1'), ('?sort=name&down=1', 'seed'), ('?page=100', 'Document 9901'),
                         ('?q=9999', 'Document 9999'), ('?sort=size&down=1', None), ('?sort=date', None)):
        begun = time.monotonic()
        answer = board.get(page_of(box) + query)
        took = time.monotonic() - begun
        got = names(answer)
        assert first in (None, got[0]) and len(got) == (1 if '9999' in query else 100), query
        assert len(answer.content) < 60_000 and took < 10
        FIGURES.append(f'folder of 10,000{query}: {took * 1000:.0f} ms, {len(answer.content) / 1000:.0f} kB')


def test_only_what_one_may_read_is_listed_and_counted(anna, browser, box):
    fill(anna, box, folders=['open', 'closed'])
    fill(anna, box, [(f'f{i}', 1) for i in range(12)])
    board = browser('jena-board')
    board.get(page_of(box))
    done = board.post(page_of(box) + 'closed/', rule='own', see='board', change='board')
    assert done.status_code == 303
    assert 'closed' in names(board.get(page_of(box)))
    seen = browser('guest').get(page_of(box))
    assert 'closed' not in seen.text and names(seen)[0] == 'open' and len(names(seen)) == 13


def test_what_is_public_says_so(anna, board, browser, box):
    fill(anna, box, [('f', 1)], ['shown', 'hidden'])
    board.get(page_of(box))
    assert board.post(page_of(box) + 'shown/', rule='own', see='public', change='board', public='1').status_code == 303
    rows = re.findall(r'<tr>.*?</tr>', board.get(page_of(box)).text, re.S)
    public = [re.search(r'id="r\d+"[^>]*>([^<]*)', row)[1] for row in rows if 'badge public' in row]
    assert public == ['shown']
    page = browser().get(page_of(box) + 'shown/')
    assert 'Everybody on the internet can read this' in words(page)
    assert 'name="item"' not in page.text and 'name="token"' not in page.text.partition('<footer')[0]


def test_empty_folders_say_what_to_do(board, browser, box):
    assert 'This folder is empty. Upload files' in board.text(page_of(box))
    reader = browser('guest').text(page_of(box))
    assert 'This folder is empty.' in reader and 'Upload' not in reader


# ---------------------------------------------------------------- what was ticked

def test_deleting_asks_first(anna, board, box):
    fill(anna, box, [('a', 1), ('b', 1), ('keep', 1)], ['d'])
    fill(anna, box + 'd/', [('inside', 1)])
    board.get(page_of(box))
    asked = act(board, box, 'delete', 'a', 'd')
    assert asked.status_code == 200 and 'Delete these 2?' in words(asked) and anna.get(box + 'a').status == 200
    done = act(board, box, 'delete', 'a', 'd', sure='1')
    assert done.status_code == 303 and done.headers['Location'].endswith('?done=deleted')
    assert [anna.get(box + n).status for n in ('a', 'd/', 'd/inside', 'b', 'keep')] == [404, 404, 404, 200, 200]


def test_all_or_nothing(anna, board, box):
    """One of three is gone meanwhile, one is locked: nothing happens to the others."""
    fill(anna, box, [('a', 1), ('b', 1), ('c', 1)])
    board.get(page_of(box))
    assert act(board, box, 'delete', 'a', 'gone', sure='1').status_code == 404
    assert anna.lock(box + 'b').status == 200
    locked = act(board, box, 'delete', 'a', 'b', 'c', sure='1')
    assert locked.status_code == 423 and 'It is about “b”. Everything was left as it is.' in words(locked)
    assert [anna.get(box + n).status for n in 'abc'] == [200] * 3


def test_renaming(anna, board, box):
    fill(anna, box, [('a.txt', 3), ('there', 1)], ['d'])
    fill(anna, box + 'd/', [('x', 1)])
    board.get(page_of(box))
    form = act(board, box, 'rename', 'a.txt')
    assert 'name="to" value="a.txt"' in form.text
    assert act(board, box, 'rename', 'a.txt', to=' Grüße & <b>.txt ').status_code == 303
    assert anna.get(box + quote('Grüße & <b>.txt')).body == b'xxx' and anna.get(box + 'a.txt').status == 404
    assert act(board, box, 'rename', 'd', to='e').status_code == 303
    assert anna.get(box + 'e/x').status == 200
    assert act(board, box, 'rename', 'e', to='e').status_code == 303  # nothing to do
    taken = act(board, box, 'rename', 'e', to='there')
    assert taken.status_code == 409 and 'There is already a file named there.' in words(taken)
    for wrong in ('', '  ', '..', 'a/b', 'a\\b', 'x' * 300, 'a\u202eb'):
        assert act(board, box, 'rename', 'e', to=wrong).status_code == 400, wrong
    assert act(board, box, 'rename', 'e', 'there', to='z').status_code == 400
    assert act(board, box, 'rename').status_code == 400


def test_moving_and_copying(anna, board, box):
    fill(anna, box, [('a', 1), ('b', 2)], ['d', 'target'])
    fill(anna, box + 'd/', [('x', 5)])
    board.get(page_of(box))
    chooser = act(board, box, 'move', 'a', 'd')
    at = re.findall(r'name="at" value="([^"]*)"', chooser.text)
    assert at == ['/c/jena/files/', page_of(box) + 'target/']  # d cannot go into itself; nor do they stay here
    assert 'name="go"' not in chooser.text
    there = act(board, box, 'move', 'a', 'd', at=page_of(box) + 'target/')
    assert seen_of(there) == 'same' and 'changes who can read' not in words(there)
    done = act(board, box, 'move', 'a', 'd', at=page_of(box) + 'target/', go='1', seen='same')
    assert done.status_code == 303 and done.headers['Location'] == page_of(box) + 'target/?done=moved'
    assert [anna.get(box + n).status for n in ('a', 'd/', 'target/a', 'target/d/x')] == [404, 404, 200, 200]
    done = act(board, box, 'copy', 'b', 'target', at=page_of(box), go='1', seen='same')
    assert done.status_code == 403  # where it lies already
    assert act(board, box, 'copy', 'b', at=page_of(box) + 'target/', go='1', seen='same').status_code == 303
    assert anna.get(box + 'b').body == anna.get(box + 'target/b').body
    again = act(board, box, 'copy', 'b', at=page_of(box) + 'target/', go='1', seen='same')
    assert again.status_code == 409 and 'already a file named b' in words(again)
    into = act(board, box, 'move', 'target', at=page_of(box) + 'target/d/', go='1', seen='same')
    assert into.status_code == 403 and anna.get(box + 'target/d/x').status == 200


def test_many_at_once(anna, board, box):
    """Each document that is written draws on the space of the chapter: a form of nine ended the daemon once."""
    many = [f'{i}.txt' for i in range(40)]
    sent = board.session.post(board.url + page_of(box), data={'token': board.token}, files=[('file', (n, b'x')) for n in many])
    assert sent.status_code == 200 and sorted(names(sent)) == sorted(many)
    fill(anna, box, folders=['Copies'])
    at = page_of(box) + 'Copies/'
    asked = act(board, box, 'copy', *many, at=at)
    assert act(board, box, 'copy', *many, at=at, go='1', seen=seen_of(asked)).status_code == 303
    assert sorted(names(board.get(at))) == sorted(many)


def test_a_move_that_changes_readers_warns(anna, board, browser, box):
    fill(anna, box, [('minutes', 4)], ['shown', 'own'])
    board.get(page_of(box))
    assert board.post(page_of(box) + 'shown/', rule='own', see='public', change='board', public='1').status_code == 303
    assert board.post(page_of(box) + 'own/', rule='own', see='board', change='board').status_code == 303
    target = page_of(box) + 'shown/'
    for what in ('move', 'copy'):
        asked = act(board, box, what, 'minutes', at=target)
        assert 'This changes who can read it.' in words(asked) and 'let everybody read' in words(asked)
        blind = act(board, box, what, 'minutes', at=target, go='1', seen='same')
        assert blind.status_code == 200 and 'This changes who can read it.' in words(blind)
    assert browser().get(target + 'minutes').status_code == 404 and anna.get(box + 'shown/minutes').status == 404
    # What has its own rule keeps it.
    assert 'changes who can read' not in words(act(board, box, 'move', 'own', at=target))
    # The rule of the target is another one by the time of the answer: asked again.
    seen = seen_of(act(board, box, 'move', 'minutes', at=target))
    assert board.post(target, rule='own', see='member', change='board').status_code == 303
    late = act(board, box, 'move', 'minutes', at=target, go='1', seen=seen)
    assert late.status_code == 200 and 'The members of the chapter can read this' in words(late)
    assert act(board, box, 'move', 'minutes', at=target, go='1', seen=seen_of(late)).status_code == 303
    assert anna.get(box + 'shown/minutes').status == 200


def test_nothing_is_done_where_one_may_not(anna, browser, box):
    """Readers of a folder, other chapters, places outside of the documents."""
    fill(anna, box, [('a', 1)])
    guest = browser('guest')
    guest.get('/account')
    for what, more in (('delete', {'sure': '1'}), ('rename', {'to': 'z'}),
                       ('move', {'at': '/c/jena/files/', 'go': '1', 'seen': 'same'})):
        assert act(guest, box, what, 'a', **more).status_code == 403, what
    assert act(guest, '/dav/files/jena/Vorstand/', 'delete', 'a', sure='1').status_code == 404
    board = browser('jena-board')
    board.get(page_of(box))
    for at in ('/c/erfurt/files/', '/account', '/c/jena/', '/c/jena/files/../../erfurt/files/', 'x', ''):
        answer = act(board, box, 'move', 'a', at=at, go='1', seen='same')
        assert answer.status_code in (400, 404), (at, answer.status_code)
    assert act(board, box, 'explode', 'a').status_code == 400
    assert anna.get(box + 'a').status == 200


def test_without_the_form_token_nothing_happens(anna, board, box):
    fill(anna, box, [('a', 1)])
    answer = board.session.post(board.url + page_of(box), data={'act': 'delete', 'item': 'a', 'sure': '1'})
    assert answer.status_code == 403 and anna.get(box + 'a').status == 200

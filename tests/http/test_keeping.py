"""How long folders keep versions and documents: who says so, what is shown before, what the jobs do (step 3.1, 3.9)."""
import os
import re

import pytest

from lib.browser import words
from lib.space import Space
from lib.stack import wait_for


def page_of(path):
    return path.replace('/dav/files/jena/', '/c/jena/files/')


def last(path):
    return path.rstrip('/').rpartition('/')[2]


def keep(browser, path, what, **more):
    """Sets a rule and returns the answer."""
    return browser.post(page_of(path), keep=what, **more)


def rule(browser, path, months, since='change'):
    answer = keep(browser, path, 'months', months=str(months), since=since)
    assert answer.status_code == 303 and answer.headers['Location'].endswith('?keep&done=keeping-set'), words(answer)


def due(browser, path, months, since='change'):
    """What the page says a rule would delete: how many, and the names it shows."""
    answer = browser.get(f'{page_of(path)}?keep&months={months}&since={since}')
    assert answer.status_code == 200, answer.text
    found = re.search(r'At this moment that would be: (\d+)\.', words(answer))
    names = re.findall(r'<td class="name"><a [^>]*>([^<]*)</a>', answer.text)
    return (int(found[1]) if found else 0), names


def age(stack, path, **columns):
    """What lies directly in a folder of these names has been saved or made so many days ago."""
    for name, (column, days) in columns.items():
        stack.sql(f"UPDATE dav_node n SET {column} = now() - make_interval(days => %s) FROM dav_node p WHERE p.id = n.parent_id"
                  ' AND p.name = %s AND NOT p.gone AND n.name = %s AND NOT n.gone', days, last(path), name)


def begun(stack, path):
    stack.sql("UPDATE retention_rule r SET starts = now() - interval '1 minute' FROM dav_node n WHERE n.id = r.node_id AND n.name = %s", last(path))


def run(stack, job):
    """Has the job run from now on to its end."""
    [[now]] = stack.sql('SELECT now()')
    stack.sql('DELETE FROM job_run WHERE name = %s', job)
    wait_for(lambda: stack.sql('SELECT count(*) FROM job_run WHERE name = %s AND started >= %s AND finished >= started', job, now)
             == [(1,)], 120, f'the job {job}')


def carry_out(stack, path):
    """What the job does for the rule of one folder, without waiting for its turn."""
    [[n]] = stack.sql('SELECT coalesce(sum(retention_step(r.node_id, 200)), 0) FROM retention_rule r JOIN dav_node n ON n.id = r.node_id'
                      ' WHERE n.name = %s', last(path))
    return n


def forget(stack):
    """The same for versions in jena."""
    return stack.sql("SELECT versions_forget_by_rule(id, 365, 100, 1000) FROM chapter WHERE slug = 'jena'")[0][0]


def listed(client, path):
    return {h[len(path):] for h in client.propfind(path, 'getetag', depth='1').multistatus().entry} - {''}


# ---------------------------------------------------------------- documents

def test_a_rule_deletes_after_its_grace(stack, browser, anna, box):
    board, space = browser('jena-board'), Space(stack)
    anna.mkcol(box + 'Listen/')
    for name in ('old', 'young', 'uploaded', 'locked'):
        anna.put(box + name, b'12345')
        anna.put(box + 'Listen/' + name, b'12345')
    for folder in (box, box + 'Listen/'):
        age(stack, folder, old=('saved', 400), uploaded=('created', 400), locked=('saved', 400))
    anna.locked(box + 'locked')
    assert due(board, box, 12) == (3, ['old', 'old', 'locked']) or due(board, box, 12)[0] == 3
    assert due(board, box, 12, 'upload') == (2, ['uploaded', 'uploaded'])
    assert due(board, box, 14) == (0, [])
    used = space()
    rule(board, box, 12)
    text = board.text(page_of(box) + '?keep')
    assert 'Documents go to the trash 12 months after they were last changed.' in text and 'The rule begins on' in text
    assert 'At this moment that would be: 3.' in text
    assert 'The same as for the folder' in board.text(page_of(box) + 'Listen/?keep')
    assert carry_out(stack, box) == 0  # it has not begun
    assert listed(anna, box) == {'Listen/', 'old', 'young', 'uploaded', 'locked'}
    token = anna.sync(box).multistatus().token
    begun(stack, box)
    deleted = f'deleted-{os.urandom(3).hex()}'
    anna.mkcol(f'{box}{deleted}/')
    anna.put(f'{box}{deleted}/doc', b'text')
    age(stack, f'{box}{deleted}/', doc=('saved', 400))
    rule(board, f'{box}{deleted}/', 1)
    begun(stack, f'{box}{deleted}/')
    assert anna.delete(f'{box}{deleted}/').status == 204  # in the trash no rule looks for anything
    used += len(b'text')
    run(stack, 'retention')
    assert stack.sql('SELECT n.name FROM dav_node n JOIN dav_node p ON p.id = n.parent_id JOIN dav_trash t ON t.node_id = p.id'
                     ' WHERE t.name = %s', deleted) == [('doc',)]
    assert listed(anna, box) == {'Listen/', 'young', 'uploaded', 'locked'}
    assert listed(anna, box + 'Listen/') == {'young', 'uploaded'}
    assert anna.sync(box, token).multistatus().entry[box + 'old'].status == 404
    assert space() == used  # they are in the trash
    trash = board.text('/c/jena/trash')
    assert 'by the rule of its folder' in trash
    told = stack.sql("SELECT hand, what, other, amount, was_amount, actor_id, about_id FROM audit WHERE title = %s ORDER BY id", last(box))
    assert [row[1] for row in told] == ['retention-set', 'retention-deleted']
    assert told[1] == ('service', 'retention-deleted', 'change', 3, 12, None, None)
    assert 'moved 3 documents' in browser('jena-chair').text('/c/jena/audit')
    assert carry_out(stack, box) == 0


def test_versions_go_with_the_document_when_the_trash_is_emptied(stack, browser, anna, box):
    board, space = browser('jena-board'), Space(stack)
    name = f'list-{os.urandom(3).hex()}'
    before = space()
    anna.put(box + name, b'12345')
    stack.sql("UPDATE dav_node SET saved = now() - interval '1 hour' WHERE name = %s", name)
    anna.put(box + name, b'1234567')
    age(stack, box, **{name: ('saved', 100)})
    assert space() == before + 12
    rule(board, box, 2)
    begun(stack, box)
    assert carry_out(stack, box) == 1
    assert space() == before + 12
    stack.sql("UPDATE dav_trash SET removed = now() - interval '31 days' WHERE name = %s AND by_rule", name)
    assert stack.sql('SELECT trash_empty(30, 1000)')[0][0] >= 1
    assert stack.sql('SELECT count(*) FROM dav_trash WHERE name = %s', name) == [(0,)]
    assert space() == before


def test_the_nearest_rule_counts_and_the_mark_wins(stack, browser, anna, box):
    board = browser('jena-board')
    for folder in ('inner/', 'inner/deep/', 'receipts/', 'receipts/inside/'):
        anna.mkcol(box + folder)
    for folder in ('', 'inner/', 'inner/deep/', 'receipts/', 'receipts/inside/'):
        anna.put(box + folder + 'doc', b'text')
        age(stack, box + folder, doc=('saved', 100))
    rule(board, box, 1)
    rule(board, box + 'inner/', 12)
    assert keep(board, box + 'receipts/', 'never').status_code == 303
    rule(board, box + 'receipts/inside/', 1)
    text = board.text(page_of(box) + 'receipts/inside/?keep')
    assert 'is marked so that no rule deletes anything in it' in text and 'At this moment that would be nothing' in text
    assert 'Documents are never deleted by a rule.' in board.text(page_of(box) + 'receipts/?keep')
    for folder in ('', 'inner/', 'receipts/inside/'):
        begun(stack, box + folder)
        carry_out(stack, box + folder)
    assert listed(anna, box) == {'inner/', 'receipts/'}
    assert listed(anna, box + 'inner/') == {'deep/', 'doc'} and listed(anna, box + 'inner/deep/') == {'doc'}
    assert listed(anna, box + 'receipts/') == {'inside/', 'doc'} and listed(anna, box + 'receipts/inside/') == {'doc'}
    assert keep(board, box, 'never').status_code == 303  # above, too
    assert keep(board, box + 'inner/', 'above').status_code == 303
    assert due(board, box + 'inner/', 1) == (0, [])
    assert keep(board, box, 'above').status_code == 303
    assert due(board, box + 'inner/', 1)[0] == 2
    told = stack.sql("SELECT what FROM audit WHERE title = %s ORDER BY id", last(box))
    assert [w for [w] in told if w != 'retention-deleted'] == ['retention-set', 'retention-never', 'retention-ended']


def test_who_may_say_so(stack, browser, anna, box):
    chair, board, member = (browser(f'jena-{who}') for who in ('chair', 'board', 'member'))
    anna.put(box + 'doc', b'text')
    assert member.get(page_of(box) + '?keep').status_code == 403
    assert browser('erfurt-chair').get(page_of(box) + '?keep').status_code == 403
    assert browser('guest').get('/c/jena/files/Vorstand/?keep').status_code == 404
    for what in ('never', 'above', 'versions-above'):
        assert keep(member, box, what).status_code == 403
    assert keep(member, box, 'months', months='1', since='change').status_code == 403
    assert keep(member, box, 'versions', days='1', each='1').status_code == 403
    assert stack.sql('SELECT count(*) FROM retention_rule r JOIN dav_node n ON n.id = r.node_id WHERE n.name = %s', last(box)) == [(0,)]
    assert board.get(page_of(box) + 'doc?keep').status_code == 404
    # What she may not delete by hand she may not have deleted.
    anna.mkcol(box + 'chair/')
    anna.put(box + 'chair/secret', b'text')
    age(stack, box + 'chair/', secret=('saved', 100))
    assert chair.post(page_of(box) + 'chair/', rule='own', see='chair', change='chair').status_code == 303
    answer = keep(board, box, 'months', months='1', since='change')
    assert answer.status_code == 409 and 'Ask the chair to do it.' in words(answer), words(answer)
    assert due(board, box, 1) == (0, []) and due(chair, box, 1) == (1, ['secret'])
    rule(chair, box, 1)


@pytest.mark.parametrize('number', ['0', '-1', '40000', 'x', '', '99999999999999999999', '1.5'])
def test_numbers_that_are_none(browser, anna, box, number):
    board = browser('jena-board')
    for what, fields in (('months', {'months': number, 'since': 'change'}), ('versions', {'days': number, 'each': '5'}),
                         ('versions', {'days': '5', 'each': number})):
        answer = keep(board, box, what, **fields)
        assert answer.status_code == 409 and 'Please enter a number' in words(answer), (what, words(answer))
    assert board.get(f'{page_of(box)}?keep&months={number}').status_code == 409
    assert keep(board, box, 'anything').status_code == 400
    assert 'Documents stay until' in board.text(page_of(box) + '?keep')


def test_a_folder_takes_its_rule_along(stack, browser, anna, box):
    board = browser('jena-board')
    anna.mkcol(box + 'a/')
    rule(board, box + 'a/', 6, 'upload')
    assert anna.move(box + 'a/', box + 'b/').status == 201
    assert '6 months after they were uploaded' in board.text(page_of(box) + 'b/?keep')
    assert anna.copy(box + 'b/', box + 'c/').status == 201
    assert 'Documents stay until somebody deletes them.' in board.text(page_of(box) + 'c/?keep')


# ---------------------------------------------------------------- versions

def put_versions(stack, client, href, n):
    """n versions and what is there now."""
    name = last(href)
    for i in range(n + 1):
        assert client.put(href, b'%d' % i).status in (201, 204)
        stack.sql("UPDATE dav_node SET saved = now() - interval '1 hour' WHERE name = %s AND NOT gone", name)


def versions(browser, path):
    return re.findall(r'\?version=(\d+)"', browser.get(page_of(path) + '?versions').text)


def test_versions_by_folder(stack, browser, anna, box):
    board, space = browser('jena-board'), Space(stack)
    anna.mkcol(box + 'few/')
    anna.mkcol(box + 'few/long/')
    here = {folder: box + folder + f'doc{os.urandom(3).hex()}' for folder in ('', 'few/', 'few/long/')}
    for href in here.values():
        put_versions(stack, anna, href, 6)
    assert 'Earlier versions are kept for 365 days, at most 100 of a document.' in board.text(page_of(here['']) + '?versions')
    assert keep(board, box + 'few/', 'versions', days='10', each='3').status_code == 303
    assert keep(board, box + 'few/long/', 'versions', days='1000', each='5').status_code == 303
    assert 'for 10 days, at most 3 of' in board.text(page_of(here['few/']) + '?versions')
    assert 'for 1000 days, at most 5 of' in board.text(page_of(here['few/long/']) + '?versions')
    assert 'This folder has a rule of its own.' in board.text(page_of(box) + 'few/?keep')
    run(stack, 'versions_forget')
    assert [len(versions(board, href)) for href in here.values()] == [6, 3, 5]
    for href in here.values():
        stack.sql("UPDATE dav_version v SET replaced = now() - interval '20 days' FROM dav_node n WHERE n.id = v.node_id AND n.name = %s", last(href))
    forget(stack)
    assert [len(versions(board, href)) for href in here.values()] == [6, 0, 5]
    for href in here.values():
        stack.sql("UPDATE dav_version v SET replaced = now() - interval '400 days' FROM dav_node n WHERE n.id = v.node_id AND n.name = %s", last(href))
    forget(stack)
    assert [len(versions(board, href)) for href in here.values()] == [0, 0, 5]
    assert keep(board, box + 'few/long/', 'versions-above').status_code == 303
    forget(stack)
    assert versions(board, here['few/long/']) == []
    assert [w for [w] in stack.sql("SELECT what FROM audit WHERE title = 'long' AND what LIKE 'versions-%%' ORDER BY id")][-2:] == [
        'versions-set', 'versions-inherited']
    space()

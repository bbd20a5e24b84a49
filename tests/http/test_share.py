"""Links for reading: who makes them, what they open, and nothing besides (G05, G06)."""
import html
import io
import re
import subprocess
import zipfile

import pytest

from lib.browser import words
from lib.client import quote
from lib.links import Link, Stranger, end, link, make, number_of, page_of
from lib.qr import scanned

GONE = 'This link does not work, or no longer.'


@pytest.fixture
def board(browser):
    return browser('jena-board')


@pytest.fixture
def anon(login):
    return login(None)


@pytest.fixture(scope='module')
def proxied(stack):
    """A daemon that takes from its clients what network they come from."""
    d = stack.daemon({'trusted_proxies': '127.0.0.1'}, name='proxied')
    yield d
    d.stop()


@pytest.fixture
def tree(anna, den):
    """den/Fest with documents, a folder, and a folder for the board alone; beside it something else."""
    assert anna.mkcol(den + 'Fest/').status == 201
    assert anna.mkcol(den + 'Fest/Reden/').status == 201
    assert anna.mkcol(den + 'Fest/Kasse/').status == 201
    for name in ('Fest/plan.txt', 'Fest/Reden/rede.txt', 'Fest/Kasse/geld.txt', 'beside.txt'):
        assert anna.put(den + name, name.encode()).status == 201
    anna.server.stack.sql("SELECT levels_set(id, 3::int2, 3::int2, '{}', '{}') FROM dav_node"
                          " WHERE name = 'Kasse' AND collection AND NOT gone")
    return den + 'Fest/'


def refused(answer):
    """The one answer for all that is not there."""
    assert answer.status_code == 404 and GONE in words(answer), (answer.status_code, words(answer))


def shown(answer):
    assert answer.status_code == 200, answer.text[:500]
    return [html.unescape(n) for n in re.findall(r'<a id="r\d+" href="[^"]*">([^<]*)</a>', answer.text)]


# ---------------------------------------------------------------- what it opens

def test_a_folder_with_all_below_it(board, tree):
    l = link(board, tree, 'The party')
    page = l.get()
    assert shown(page) == ['Reden', 'plan.txt'] and 'The party' in words(page)  # Kasse is the board's
    assert shown(l.get('/Reden/')) == ['rede.txt']
    assert l.get('/Reden/rede.txt').content == b'Fest/Reden/rede.txt'
    frame = l.get('/plan.txt?frame')
    assert frame.content == b'Fest/plan.txt' and frame.headers['Content-Security-Policy'].startswith('sandbox')
    assert 'plan.txt' in words(l.get('/plan.txt?view'))
    packed = zipfile.ZipFile(io.BytesIO(l.get('/?zip').content))
    assert sorted(packed.namelist()) == ['Fest/', 'Fest/Reden/', 'Fest/Reden/rede.txt', 'Fest/plan.txt']
    assert sorted(zipfile.ZipFile(io.BytesIO(l.get('/Reden/?zip').content)).namelist()) == ['Reden/', 'Reden/rede.txt']
    assert shown(l.get('?sort=size&down=1&q=PLAN')) == ['plan.txt']


def test_a_document_alone(board, tree):
    l = link(board, tree + 'plan.txt', 'The plan')
    assert l.get().content == b'Fest/plan.txt'
    assert l.get().headers['Content-Disposition'].startswith('attachment')
    for below in ('/rede.txt', '/%2e%2e/plan.txt', '/Reden/rede.txt'):
        assert l.get(below).status_code in (400, 404), below


def test_pages_say_nothing_of_what_is_around(board, tree):
    l = link(board, tree)
    for below in ('', '/Reden/', '/plan.txt?view'):
        answer = l.get(below)
        text = answer.text
        for word in ('/c/jena', '/dav/', 'Mitglieder', 'beside', 'Kasse', '?versions', '?why', '?share', '/trash', '/search',
                     tree.split('/')[-3]):
            assert word not in text, (below, word)
        assert answer.headers['Referrer-Policy'] == 'no-referrer'
        assert answer.headers['Cache-Control'] == 'no-store'
        assert answer.headers['X-Robots-Tag'] == 'noindex, nofollow'
    for query in ('?versions', '?version=1', '?why', '?share', '?why=jena-board'):
        assert l.get('/plan.txt' + query).content == b'Fest/plan.txt', query  # means nothing here


@pytest.mark.parametrize('below', [
    '/..', '/../', '/../beside.txt', '/%2e%2e/beside.txt', '/%2e%2e%2fbeside.txt', '/..%2fbeside.txt', '/Reden/../../beside.txt',
    '/Reden/%2e%2e/%2e%2e/beside.txt', '/..%5cbeside.txt', '/%252e%252e/beside.txt', '/.%00./beside.txt', '//beside.txt', '/./beside.txt',
    '/Fest/plan.txt', '/beside.txt', '/Kasse/', '/Kasse/geld.txt', '/Kasse', '/dav/files/jena/', '/c/jena/files/', '/nothing', '/plan.txt/',
    '/plan.txt/x', '/Reden/?zip&zip=../..',
])
def test_G06_nothing_above_or_beside_is_reached(board, tree, below):
    l = link(board, tree)
    sent = subprocess.run(['curl', '-s', '--path-as-is', '-o', '-', '-w', '\n%{http_code}', f'{l.stranger().url}{below}'],
                          capture_output=True, check=True).stdout
    body, _, status = sent.rpartition(b'\n')
    assert b'beside.txt' not in body and b'geld' not in body
    assert status in (b'400', b'404') or 'Reden/?zip' in below, (below, status)


def test_G06_other_methods_are_refused_alike(board, tree, anon):
    good, wrong = link(board, tree).path, '/s/AAAAAAAAAAAAAAAAAAAAAA'
    for method in ('PUT', 'DELETE', 'MKCOL', 'PROPFIND', 'COPY', 'MOVE', 'LOCK', 'PROPPATCH', 'REPORT'):
        answers = [anon(method, path + '/plan.txt', b'x' if method == 'PUT' else None, {'Destination': '/s/x'}).status for path in (good, wrong)]
        assert answers == [405, 405], method
    answer = Link.post(link(board, tree, 'again'), ('new.txt', b'new'))
    assert answer.status_code == 403 and 'By this link one can only read' in words(answer)


# ---------------------------------------------------------------- which work

def test_G06_wrong_ended_and_expired_are_one_answer(stack, board, tree, server):
    never = Stranger(server, '/s/AAAAAAAAAAAAAAAAAAAAAA')
    ended, expired, trashed = (link(board, tree, p) for p in ('ended', 'expired', 'trashed'))
    assert end(board, tree, 'ended').status_code == 303
    stack.sql("UPDATE share_link SET until = current_date - 1 WHERE purpose = 'expired'")
    stack.sql("UPDATE share_link SET paused = true WHERE purpose = 'trashed'")
    answers = [never.get(), ended.get(), ended.get('/plan.txt'), expired.get(), trashed.get(), Stranger(server, '/s/x.y').get()]
    for answer in answers:
        refused(answer)
    same = {re.sub('<code>404-[^<]*</code>', '', re.search('<main.*</main>', a.text, re.S)[0]) for a in answers}
    assert len(same) == 1
    assert 'It was ended.' in board.text(page_of(tree) + '?share') and 'Its time is over.' in board.text(page_of(tree) + '?share')


def test_what_is_deleted_is_gone_from_it_and_comes_back(anna, board, tree):
    l, doc = link(board, tree), link(board, tree + 'plan.txt')
    assert anna.delete(tree + 'plan.txt').status == 204
    assert shown(l.get()) == ['Reden'] and l.get('/plan.txt').status_code == 404
    refused(doc.get())
    assert anna.delete(tree).status == 204
    refused(l.get())
    refused(l.get('/Reden/rede.txt'))
    trash = board.get('/c/jena/trash').text
    for name in ('Fest', 'plan.txt'):
        item = next(i for i in re.findall(r'<li.*?</li>|<tr.*?</tr>', trash, re.S) if name in i and 'name="id"' in i)
        board.post('/c/jena/trash', do='restore', id=re.search(r'name="id" value="(\d+)"', item)[1])
    assert shown(l.get())[0] == 'Reden'


def test_a_moved_folder_takes_its_link_along_and_no_more(anna, board, tree):
    l = link(board, tree)
    parent = tree[:-len('Fest/')]
    assert anna.mkcol(parent + 'Tief/').status == 201
    assert anna.move(tree, parent + 'Tief/Anders/').status == 201
    assert shown(l.get()) == ['Reden', 'plan.txt'] and l.get('/../../beside.txt').status_code in (400, 404)
    assert anna.put(tree[:-1] + '.txt', b'x').status == 201
    assert anna.mkcol(tree).status == 201 and anna.put(tree + 'other.txt', b'x').status == 201
    assert shown(l.get()) == ['Reden', 'plan.txt']  # what has its old name is something else


def test_a_document_that_is_replaced_keeps_its_link(anna, board, tree):
    l = link(board, tree + 'plan.txt')
    assert anna.put(tree + 'plan.txt', b'second').status == 204
    assert l.get().content == b'second'
    assert anna.put(tree + 'new.tmp', b'third').status == 201  # as programs save: a new file takes the name
    assert anna.move(tree + 'new.tmp', tree + 'plan.txt').status == 204
    assert l.get().content == b'third'


def test_it_sleeps_while_fewer_may_read(stack, anna, board, tree):
    l, box = link(board, tree), link(board, tree, 'box', kind='box')
    levels = "SELECT levels_set(id, %s::int2, %s::int2, '{}', '{}') FROM dav_node WHERE name = 'Fest' AND NOT gone AND id IN" \
             " (SELECT node_id FROM share_link WHERE hash = sha256(%s))"
    stack.sql(levels, 3, 3, l.token.encode())
    refused(l.get())
    refused(l.get('/plan.txt'))
    refused(box.post(('a.txt', b'a')))
    assert 'fewer people may read this now' in board.text(page_of(tree) + '?share')
    stack.sql(levels, 2, 3, l.token.encode())  # read as before, but the board alone writes
    assert shown(l.get()) == ['Reden', 'plan.txt']
    refused(box.get())
    assert 'fewer people may change this folder now' in board.text(page_of(tree) + '?share')
    stack.sql(levels, 2, 2, l.token.encode())
    assert box.post(('a.txt', b'a')).status_code == 200
    assert anna.mkcol(tree[:-1] + '-board/').status == 201
    place = tree[:-1] + '-board/'
    board.post(page_of(place), rule='own', see='board', change='board')
    assert anna.move(tree + 'plan.txt', place + 'plan.txt').status == 201
    doc = link(board, tree + 'Reden/rede.txt', 'one')
    assert anna.move(tree + 'Reden/rede.txt', place + 'rede.txt').status == 201
    refused(doc.get())


def test_a_new_address_ends_the_old_one(board, tree):
    old = link(board, tree, 'renewed')
    new = Link(board, board.post(page_of(tree), share='renew', link=number_of(board, tree, 'renewed')))
    assert new.token != old.token
    refused(old.get())
    assert shown(new.get()) == ['Reden', 'plan.txt']


# ---------------------------------------------------------------- making them

def test_the_address_and_its_code_are_shown_once(stack, board, tree):
    l = link(board, tree, 'Poster <b>')
    assert re.fullmatch(r'[A-Za-z0-9_-]{22}', l.token) and l.address == f'{board.url}/s/{l.token}'
    assert 'Poster &lt;b&gt;' in l.page
    assert scanned(l.page) == l.address
    assert l.token not in board.get(page_of(tree) + '?share').text
    kept = stack.sql("SELECT row_to_json(s)::text FROM share_link s WHERE hash = sha256(%s)", l.token.encode())
    assert len(kept) == 1 and l.token not in kept[0][0]


def test_what_the_form_refuses(board, tree):
    for fields, said in [({'purpose': '  '}, 'what the link is for'), ({'purpose': 'x' * 101}, 'what the link is for'),
                         ({'password': 'short'}, 'too short'), ({'until': '2027-02-30'}, 'year-month-day'),
                         ({'until': '2020-01-01'}, 'lies between today and'), ({'until': '2099-01-01'}, 'lies between today and')]:
        answer = make(board, tree, **{'purpose': 'x', **fields})
        assert answer.status_code == 422 and said in words(answer), (fields, words(answer))
    answer = make(board, tree + 'plan.txt', kind='box')
    assert answer.status_code == 422 and 'to a folder only' in words(answer)
    assert 'There is no link yet.' in board.text(page_of(tree) + '?share')


def test_a_form_that_is_sent_twice_makes_one(board, tree):
    shown_page = board.get(page_of(tree) + '?share').text
    once = re.search(r'name="once" value="([^"]*)"', shown_page)[1]
    answers = [board.post(page_of(tree), share='make', kind='read', purpose='twice', once=once) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 422] and 'sent before' in words(answers[1])
    assert board.get(page_of(tree) + '?share').text.count('>twice</h3>') == 1


def test_it_lasts_thirty_days_unless_said_otherwise(stack, board, tree):
    link(board, tree, 'usual')
    link(board, tree, 'today', until=stack.sql('SELECT current_date::text')[0][0])
    days = dict(stack.sql("SELECT purpose, until - current_date FROM share_link WHERE purpose IN ('usual', 'today')"
                          " AND ended IS NULL ORDER BY id"))
    assert days == {'usual': 30, 'today': 0}


def test_who_makes_them_is_the_chapters_decision(stack, browser, board, tree):
    member, chair = browser('jena-member'), browser('jena-chair')

    def decide(who, by=chair):
        return by.post('/c/jena/shares', share='set', who=who).status_code

    try:
        assert member.get(page_of(tree) + '?share').status_code == 403
        assert 'Share by link' not in member.text(page_of(tree))
        assert decide('member', by=board) == 403 and decide('member', by=member) == 403
        assert decide('member') == 303
        l = link(member, tree, 'a member made it')
        assert member.get(page_of('/dav/files/jena/%C3%96ffentlich/') + '?share').status_code == 403  # may not write there
        assert browser('erfurt-member').get(page_of(tree) + '?share').status_code == 404
        assert decide('board') == 303
        assert shown(l.get()) == ['Reden', 'plan.txt']  # it is the chapter's; the board sees it, and whose it was
        text = board.text('/c/jena/shares')
        assert 'a member made it' in text and 'Whoever made it may not make links any more' in text
        assert member.post(page_of(tree), share='end', link=number_of(board, tree, 'a member made it')).status_code == 403
        assert decide('nobody') == 303
        refused(l.get())
        assert make_refused(board, tree) and 'switched links off' in board.text(page_of(tree) + '?share')
        assert decide('board') == 303
        assert shown(l.get()) == ['Reden', 'plan.txt']
        assert board.post('/c/jena/shares', share='end', link=number_of(board, tree, 'a member made it')).status_code == 303
        refused(l.get())
        log = board.text('/c/jena/audit')
        assert 'made the link “a member made it”' in log and 'ended the link “a member made it” to “Fest”' in log
        assert 'links: member' in log
    finally:
        stack.sql("UPDATE chapter SET settings = settings - 'share' WHERE slug = 'jena'")


def make_refused(board, tree):
    return board.post(page_of(tree), share='make', kind='read', purpose='x', once='made-up').status_code == 403


def test_G02_a_number_of_another_place_or_chapter(browser, board, tree):
    l = link(board, tree, 'ours')
    number = number_of(board, tree, 'ours')
    chair = browser('erfurt-chair')
    assert chair.post('/c/erfurt/shares', share='end', link=number).status_code == 404
    assert chair.post('/c/jena/shares', share='end', link=number).status_code == 403
    for what in ('end', 'renew', 'confirm'):
        assert board.post(page_of(tree + 'Reden/'), share=what, link=number).status_code == 404
    assert shown(l.get()) == ['Reden', 'plan.txt']
    assert chair.get('/c/jena/shares').status_code == 403 and 'ours' not in chair.text('/c/erfurt/shares')


def test_G05_a_link_outlives_its_maker_and_the_board_sees_it(stack, board, tree):
    l = link(board, tree, 'left behind')
    stack.sql("UPDATE share_link SET maker_id = NULL WHERE purpose = 'left behind'")
    assert shown(l.get()) == ['Reden', 'plan.txt']
    assert 'left behind' in board.text('/c/jena/shares')
    assert board.post('/c/jena/shares', share='end', link=number_of(board, tree, 'left behind')).status_code == 303
    refused(l.get())


# ---------------------------------------------------------------- password, counting

def test_a_password_is_asked_for_and_kept_for_this_link_alone(board, tree):
    l, other = (link(board, tree, p, password='correct horse') for p in ('with a password', 'another'))
    s = l.stranger()
    for below in ('', '/plan.txt', '/Reden/rede.txt', '?zip', '/nothing'):
        answer = s.get(below)
        assert answer.status_code == 200 and 'This link has a password' in words(answer), below
        assert below in ('/plan.txt', '/Reden/rede.txt') or 'plan.txt' not in answer.text
        assert '>with a password<' not in answer.text
    wrong = s.post(password='wrong horse')
    assert wrong.status_code == 403 and 'This is not the password' in words(wrong) and 'Set-Cookie' not in wrong.headers
    right = s.post(password='correct horse')
    assert right.status_code == 303 and right.headers['Location'] == l.path
    cookie = right.headers['Set-Cookie']
    assert f'Path={l.path};' in cookie and 'HttpOnly' in cookie and 'SameSite=Lax' in cookie and 'Max-Age=14400' in cookie
    assert shown(s.get()) == ['Reden', 'plan.txt'] and s.get('/plan.txt').content == b'Fest/plan.txt'
    value = re.match(r'([^=]*)=([^;]*)', cookie)
    for path in (other, l):  # given to the other link by hand it opens nothing there
        answer = path.stranger().get(headers={'Cookie': f'{value[1]}={value[2]}'})
        assert ('This link has a password' in words(answer)) == (path is other)
    end_of_time = f'{value[1]}=9{value[2]}'
    assert 'has a password' in words(l.get(headers={'Cookie': end_of_time}))
    assert 'has a password' in words(l.get(headers={'Cookie': f'{value[1]}=x'}))


def test_E08_guessing_the_password_is_held_back(proxied, board, tree):
    l = link(board, tree, password='correct horse')
    s = Stranger(proxied, l.path)
    s.session.headers['X-Forwarded-For'] = '198.51.100.77'
    got = [s.post(password=f'wrong {i}').status_code for i in range(7)]
    assert got[:5] == [403] * 5 and 429 in got[5:]
    held = s.post(password='correct horse')
    assert held.status_code == 429 and 'Too many wrong passwords' in words(held)
    elsewhere = Stranger(proxied, l.path)
    elsewhere.session.headers['X-Forwarded-For'] = '203.0.113.9'
    assert elsewhere.post(password='correct horse').status_code == 303  # another network


def test_G06_guessing_addresses_is_held_back(proxied, board, tree):
    l = link(board, tree)
    s = Stranger(proxied, '/s/')
    s.session.headers['X-Forwarded-For'] = '198.51.100.78'
    got = [s.get(f'guess{i:017}').status_code for i in range(105)]
    assert got[:100] == [404] * 100 and got[100:] == [429] * 5
    good = Stranger(proxied, l.path)
    good.session.headers['X-Forwarded-For'] = '198.51.100.78'
    assert shown(good.get()) == ['Reden', 'plan.txt']  # whoever shares the network has a right one


def test_uses_are_counted_and_nobody_is_kept(stack, board, tree):
    l = link(board, tree, 'counted')
    assert 'Not opened yet' in board.text(page_of(tree) + '?share')
    s = l.stranger()
    for below in ('', '/plan.txt', '/plan.txt?view', '/plan.txt?frame', '?sort=size', '?zip', '/nothing'):
        s.get(below)
    s.get('/plan.txt', headers={'Range': 'bytes=2-3'})
    s.session.head(s.url)
    today = stack.sql('SELECT current_date::text')[0][0]
    assert f'Used 4 times, last on {today}' in board.text(page_of(tree) + '?share')


def test_H07_another_site_opens_nothing(board, tree):
    l = link(board, tree, password='correct horse')
    for headers in ({'Sec-Fetch-Site': 'cross-site'}, {'Origin': 'https://evil.example'}):
        answer = l.stranger().post(password='correct horse', headers=headers)
        assert answer.status_code == 403 and 'sent by another site' in words(answer)


def test_the_token_is_in_no_log(server, board, tree, anon):
    l = link(board, tree, password='correct horse')
    before = server.log.read_text()
    l.get('/plan.txt')
    l.post(password='wrong horse')
    anon('PROPFIND', l.path)
    Stranger(server, '/s/nobody-has-this-token').get()
    for words, times in (('route=/s/{token}/**', 3), ('method=PROPFIND route=""', 1)):
        log = server.logged(words, before.count(words) + times)
    for secret in (l.token, 'correct horse', 'wrong horse', 'nobody-has-this-token'):
        assert secret not in log


# ---------------------------------------------------------------- on other pages

def test_what_has_a_link_says_so(browser, board, tree):
    parent = tree[:-len('Fest/')]
    assert 'Shared by link' not in re.sub('>Share by link<', '', board.get(page_of(parent)).text)
    link(board, tree)
    link(board, tree + 'plan.txt', 'one document')
    assert re.search(r'>Fest</a>.{0,80}Folder.{0,80}Shared by link', board.get(page_of(parent)).text, re.S)
    inside = board.get(page_of(tree)).text
    assert inside.count('Shared by link') == 2  # the folder itself, and the document
    assert 'Shared by link' in board.get(page_of(tree + 'Reden/')).text
    assert 'plan.txt?share' in board.get(page_of(tree + 'plan.txt') + '?view').text
    end(board, tree)
    end(board, tree + 'plan.txt', 'one document')
    assert 'Shared by link' not in board.get(page_of(tree)).text


def test_putting_something_where_a_link_leads_warns(anna, board, tree):
    said = 'That folder is shared by a link'
    at = page_of(tree)

    def asked(what):
        return words(board.post(page_of(tree[:-len('Fest/')]), act=what, item='beside.txt', at=at))

    assert said not in asked('move') and 'Whoever has a link' not in board.text(at + '?why')
    link(board, tree, 'a box', kind='box')
    assert said not in asked('move') and 'Whoever has a link' not in board.text(at + '?why')
    link(board, tree)
    at = page_of(tree + 'Reden/')
    assert said in asked('move') and said in asked('copy') and 'Whoever has a link' in board.text(at + '?why')


def test_not_even_the_debug_log_has_an_address_that_is_a_secret(stack, board, tree):
    d = stack.daemon({'debug_access_log': 'yes'}, name='debug')
    try:
        s = Stranger(d, link(board, tree).path)
        assert shown(s.get()) == ['Reden', 'plan.txt'] and s.get('/Reden/rede.txt').status_code == 200
        s.session.request('PROPFIND', s.url)
        s.session.options(s.url)
        Stranger(d, '/invite/somebodys-code').get()
        Stranger(d, '/c/jena/').get()
        for words in ('method=PROPFIND', 'method=OPTIONS', 'route=/invite/{code}', 'path=/c/jena/'):
            d.logged(words)
        log = d.logged('route=/s/{token}/**', 2)
        assert s.url.rpartition('/')[2] not in log and 'somebodys-code' not in log and 'rede.txt' not in log
    finally:
        d.stop()


def test_the_board_sees_all_of_the_chapter(browser, board, tree):
    link(board, tree + 'Reden/', 'listed here')
    text = board.get('/c/jena/shares').text
    item = next(i for i in re.findall(r'<li>.*?</li>', text, re.S) if 'listed here' in i)
    assert html.escape(page_of(tree + 'Reden/') + '?share') in item or quote(page_of(tree)) in item
    assert '/c/jena/shares' in board.get('/c/jena/').text
    member = browser('jena-member')
    assert member.get('/c/jena/shares').status_code == 403 and '/c/jena/shares' not in member.get('/c/jena/').text

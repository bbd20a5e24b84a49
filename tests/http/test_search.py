"""Searching in documents (step 3.5): what is found, by whom, and what hostile files cost."""
import html
import itertools
import re

import pytest

from lib import papers
from lib.browser import words
from lib.client import quote
from lib.stack import wait_for

numbers = itertools.count(1)
MEMBERS = '/dav/files/jena/Mitglieder/'
BOARD = '/dav/files/jena/Vorstand/'


def rare():
    """A word that no other test has written: letters only."""
    return 'zq' + ''.join('bdfgklmnpr'[int(d)] + 'a' for d in f'{next(numbers):05}')


def ask(browser, said, chapter='jena', **more):
    answer = browser.session.get(f'{browser.url}/c/{chapter}/search', params={'q': said, **more}, allow_redirects=False)
    assert answer.status_code == 200, answer.text[:300]
    return answer


def names(browser, said, **more):
    """The names that were found, best first."""
    return [html.unescape(n) for n in re.findall(r'<h3><a href="[^"]*">([^<]*)</a></h3>', ask(browser, said, **more).text)]


def settled(stack):
    """Everything that has been written until now can be found, or has been given up."""
    [[mark]] = stack.sql('SELECT pg_current_xact_id()::text')
    stack.sql("UPDATE job_run SET started = now() - interval '1 hour' WHERE name = 'document_index'")  # its turn is now
    wait_for(lambda: stack.sql('SELECT count(*) FROM document_horizon WHERE seen > %s::xid8', mark)[0][0] == 1 and stack.sql(
        'SELECT count(*) FROM document_text WHERE body IS NULL AND problem IS NULL')[0][0] == 0 and stack.sql(
        'SELECT count(*) FROM document_index WHERE version < german_version()')[0][0] == 0, 60, 'the index')


# ---------------------------------------------------------------- what is found

@pytest.fixture(scope='module')
def shelf(stack, server):
    """Documents of all kinds in one folder."""
    anna = server.client('jena-board')
    folder = f'/dav/files/jena/Regal-{next(numbers)}/'
    word = rare()
    assert anna.mkcol(folder).status == 201
    for name, content in {
        'text.md': f'# {word} Überschrift\nDie Schüler*innen der Stadt, eine Mitglieder-\nbefragung.'.encode(),
        'alt.txt': f'{word} Straße und Größe'.encode('cp1252'),
        'breit.txt': ('\ufeff' + word + ' Weite').encode('utf-16'),
        'text.odt': papers.odt('Protokoll', f'{word} Ofenrohr'),
        'text.docx': papers.docx('Protokoll', f'{word} Dachrinne'),
        'tabelle.xlsx': papers.xlsx(word, 'Kassenbericht'),
        'blatt.pdf': papers.pdf(f'{word} Gartenzaun', 'Jugend-', 'verband'),
        'lang.txt': f'{word} Anfang {"lang " * 200}Fundstelle {"weiter " * 200}'.encode(),
        f'{word}-bild.png': b'\x89PNG\r\n\x1a\n' + bytes(100),
        f'._{word}.txt': word.encode(),
        f'.~lock.{word}.odt#': word.encode(),
        'leer.txt': b'',
    }.items():
        assert anna.put(folder + quote(name), content).status == 201
    settled(stack)
    yield folder, word
    anna.delete(folder)


@pytest.mark.parametrize('said, found', [
    ('Überschrift', 'text.md'), ('ueberschrift', 'text.md'), ('Schülerinnen', 'text.md'), ('Befragung', 'text.md'),
    ('Straße', 'alt.txt'), ('Groesse', 'alt.txt'), ('Weite', 'breit.txt'),
    ('Ofenrohr', 'text.odt'), ('Rohr', 'text.odt'), ('Ende', 'text.odt'), ('Dachrinne', 'text.docx'),
    ('Kassenbericht', 'tabelle.xlsx'), ('Gartenzaun', 'blatt.pdf'), ('Jugendverband', 'blatt.pdf'),
    ('Fundstelle', 'lang.txt'), ('bild', '{}-bild.png'), ('"Anfang lang"', 'lang.txt'),
])
def test_every_kind_is_found_by_its_words(shelf, browser, said, found):
    folder, word = shelf
    assert names(browser('jena-member'), f'{word} {said}') == [found.format(word)]


def test_what_is_not_to_be_found(shelf, browser):
    _, word = shelf
    member = browser('jena-member')
    everything = names(member, word)
    assert len(everything) == 9 and not [n for n in everything if n.startswith('.')]
    assert names(member, f'{word} verworfen') == []
    assert names(member, f'{word} nie') == []
    assert names(member, f'{word} -Protokoll') and 'text.odt' not in names(member, f'{word} -Protokoll')
    assert names(member, '') == names(member, 'und') == names(member, '"') == []


def test_narrowed_down(shelf, browser):
    folder, word = shelf
    member, place = browser('jena-member'), folder.split('/')[-2]
    assert len(names(member, word, **{'in': place})) == 9
    assert names(member, word, **{'in': 'Mitglieder'}) == names(member, word, **{'in': place + '/x'}) == []
    assert names(member, word, type='pdf') == ['blatt.pdf']
    assert names(member, word, type='table') == ['tabelle.xlsx']
    assert names(member, word, type='picture') == [f'{word}-bild.png']
    assert set(names(member, word, type='text')) == {'text.md', 'alt.txt', 'breit.txt', 'text.odt', 'text.docx', 'lang.txt'}
    assert len(names(member, word, since='2020-01-01')) == 9 and names(member, word, till='2020-01-01') == []
    assert len(names(member, word, by='jena')) == 9 and names(member, word, by='nobody at all') == []
    public = browser(None)
    assert names(public, word, by='jena') == []  # the root is not for everybody, whatever is asked


def test_a_choice_that_makes_no_sense_is_refused(browser):
    member = browser('jena-member')
    for more in ({'type': 'x'}, {'since': '2026-02-30'}, {'till': 'x'}, {'from': '-1'}, {'from': '99999999'}, {'q': 'x' * 401}):
        answer = member.session.get(member.url + '/c/jena/search', params={'q': 'a', **more})
        assert answer.status_code == 422 and 'cannot be used' in answer.text, more


def test_snippet_shows_and_marks_the_place(shelf, browser):
    folder, word = shelf
    shown = ask(browser('jena-member'), 'Fundstelle', **{'in': folder.split('/')[-2]}).text
    assert '<mark>Fundstelle</mark>' in shown and '… ' in shown
    shown = words(ask(browser('jena-member'), f'{word} Schüler'))
    assert 'Die Schüler *innen der Stadt, eine Mitgliederbefragung.' in shown
    assert 'jena' in shown.lower()  # who saved it
    assert 'Saved by' not in ask(browser(None), word).text


def test_H05_a_hit_is_text(stack, anna, box, browser):
    word, nasty = rare(), '"><svg onload=alert(1)>.txt'
    anna.put(box + quote(nasty), f'{word} <script>alert(1)</script> \ue000<b>{word}</b>\ue001'.encode())
    settled(stack)
    shown = ask(browser('jena-member'), word).text
    assert '<script>alert' not in shown and '<svg' not in shown and '<b>' not in shown
    assert '&lt;script&gt;alert(1)&lt;/script&gt;' in shown and f'<mark>{word}</mark>' in shown
    answer = ask(browser('jena-member'), '"><svg onload=alert(1)>')
    assert '<svg' not in answer.text


def test_pages_of_hits(stack, anna, box, browser):
    word = rare()
    for i in range(45):
        anna.put(f'{box}{i:02}.txt', word.encode())
    settled(stack)
    member, seen, more = browser('jena-member'), [], f'/c/jena/search?q={word}'
    while more:
        answer = member.get(more)
        seen += re.findall(r'<h3><a href="[^"]*">([^<]*)</a></h3>', answer.text)
        link = re.search(r'href="([^"]*)" rel="next"', answer.text)
        more = link and html.unescape(link[1])
    assert sorted(seen) == [f'{i:02}.txt' for i in range(45)] and len(seen) == 45


def test_one_chapter_does_not_find_what_another_has(shelf, browser):
    _, word = shelf
    assert names(browser('erfurt-member'), word, chapter='erfurt') == []
    assert len(names(browser('erfurt-member'), word)) == 9  # the root of jena is for the federation
    assert names(browser(None), word) == []


# ---------------------------------------------------------------- it changes with the documents

def test_follows_what_happens_to_a_document(stack, anna, box, browser):
    first, second, third = rare(), rare(), rare()
    member = browser('jena-member')
    anna.put(box + 'doc.txt', first.encode())
    settled(stack)
    assert names(member, first) == ['doc.txt']
    anna.put(box + 'doc.txt', second.encode())
    anna.copy(box + 'doc.txt', box + 'copy.txt')
    settled(stack)
    assert names(member, first) == [] and sorted(names(member, second)) == ['copy.txt', 'doc.txt']
    anna.move(box + 'doc.txt', box + third + '.txt')
    settled(stack)
    assert names(member, third) == [third + '.txt']
    assert sorted(names(member, second)) == sorted(['copy.txt', third + '.txt'])
    anna.delete(box + 'copy.txt')
    assert names(member, second) == [third + '.txt'], 'gone at once'


def test_a_deleted_folder_takes_its_documents_along_at_once(stack, anna, box, browser):
    word = rare()
    anna.mkcol(box + 'a/')
    anna.mkcol(box + 'a/b/')
    anna.put(box + 'a/b/doc.txt', word.encode())
    settled(stack)
    assert names(browser('jena-member'), word) == ['doc.txt']
    anna.delete(box + 'a/')
    assert names(browser('jena-member'), word) == [] == names(browser('jena-chair'), word)
    settled(stack)
    assert names(browser('jena-chair'), word) == [], 'what is in the trash is not found'


def test_a_content_is_read_once_however_many_documents_have_it(stack, anna, box):
    word = rare()
    for i in range(5):
        anna.put(f'{box}{i}.txt', word.encode())
    settled(stack)
    assert stack.sql('SELECT count(*), max(tries) FROM document_text WHERE body = %s', word) == [(1, 1)]
    assert stack.sql('SELECT count(*) FROM document_index i JOIN document_text t USING (blob_id) WHERE t.body = %s',
                     word) == [(5,)]


def test_a_text_goes_with_its_content(stack, anna, box):
    word = rare()
    anna.put(box + 'doc.txt', word.encode())
    settled(stack)
    [[blob]] = stack.sql('SELECT blob_id FROM document_text WHERE body = %s', word)
    stack.sql('DELETE FROM dav_node WHERE blob_id = %s', blob)
    stack.sql('DELETE FROM blob WHERE id = %s', blob)
    assert stack.sql('SELECT count(*) FROM document_text WHERE blob_id = %s', blob) == [(0,)]
    assert stack.sql('SELECT count(*) FROM document_index WHERE blob_id = %s', blob) == [(0,)]


# ---------------------------------------------------------------- G08: nobody finds what she may not read

ROLES = [None, 'guest', 'erfurt-member', 'jena-nord-member', 'jena-member', 'jena-board', 'jena-chair', 'land-chair',
         'land-admin']


def finders(browser, word):
    return {role for role in ROLES if names(browser(role), word)}


def test_G08_found_by_those_who_may_read(stack, anna, browser):
    word = rare()
    places = {'/dav/files/jena/': set(ROLES) - {None}, '/dav/files/jena/Öffentlich/': set(ROLES),
              MEMBERS: {'jena-nord-member', 'jena-member', 'jena-board', 'jena-chair'}, BOARD: {'jena-board', 'jena-chair'}}
    for place in places:
        anna.put(quote(place) + word + '.txt', (word + ' ' + place.split('/')[-2]).encode())
    settled(stack)
    for place, roles in places.items():
        found = {role for role in ROLES if names(browser(role), word, **{'in': place[len('/dav/files/jena/'):-1]})}
        assert found == (set(ROLES) if place == '/dav/files/jena/' else roles), place
    shown = {role: len(names(browser(role), word)) for role in ROLES}
    assert shown == {None: 1, 'guest': 2, 'erfurt-member': 2, 'jena-nord-member': 3, 'jena-member': 3, 'jena-board': 4,
                     'jena-chair': 4, 'land-chair': 2, 'land-admin': 2}
    for place in places:
        anna.delete(quote(place) + word + '.txt')


def test_G08_follows_levels_and_moves_at_once(stack, anna, login, browser):
    word = rare()
    folder = MEMBERS + word + '/'
    chair = browser('jena-chair')
    anna.mkcol(folder)
    anna.put(folder + 'doc.txt', word.encode())
    settled(stack)
    members = {'jena-nord-member', 'jena-member', 'jena-board', 'jena-chair'}
    assert finders(browser, word) == members
    chair.get(f'/c/jena/files/Mitglieder/{word}/?why')
    answer = chair.post(f'/c/jena/files/Mitglieder/{word}/', rule='own', see='chair', change='chair')
    assert answer.status_code == 303, answer.text
    assert finders(browser, word) == {'jena-chair'}
    owner = login('jena-chair')
    assert owner.move(folder, BOARD + word + '/').status == 201
    assert finders(browser, word) == {'jena-chair'}
    assert owner.move(BOARD + word + '/doc.txt', BOARD + word + '.txt').status == 201
    assert finders(browser, word) == {'jena-board', 'jena-chair'}
    owner.delete(BOARD + word + '/')
    owner.delete(BOARD + word + '.txt')


# ---------------------------------------------------------------- hostile files

def kills(server):
    return len(re.findall(r' helper_replaced task=extract ', server.tail(10**7)))


def problem(stack, name):
    rows = stack.sql('SELECT t.problem, t.tries, t.body FROM document_index i JOIN document_text t USING (blob_id)'
                     ' WHERE i.name = %s', name)
    return rows[0] if rows else None


@pytest.mark.parametrize('name, content, why', [
    ('bomb.odt', papers.bomb(), 'bomb'),
    ('many.odt', papers.package(*((str(i), '') for i in range(4001))), 'bomb'),
    ('entities.odt', papers.package(('content.xml', '<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>')), 'damaged'),
    ('file.odt', papers.package(('content.xml', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>')), 'damaged'),
    ('deep.docx', papers.package(('word/document.xml', '<a>' * 100000)), 'damaged'),
    ('half.odt', papers.odt('a', 'b')[:300], 'damaged'),
    ('locked.odt', papers.locked(), 'encrypted'),
    ('archive.zip', papers.package(('a.txt', 'text')), 'kind'),
    ('empty.pdf', b'%PDF-1.4\n', 'damaged'),
    ('half.pdf', papers.pdf('text')[:200], 'damaged'),
    ('program.txt', b'\x7fELF\x00\x00\x01\x02' * 50, 'kind'),
    ('old.doc', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(500), 'kind'),
    ('rich.rtf', b'{\\rtf1 text}', 'kind'),
    ('wide.txt', b'\xff\xfe\x00\x00' * 50, 'kind'),
], ids=lambda v: v if isinstance(v, str) else '')
def test_A35_what_cannot_be_read_is_found_by_its_name(hostile, stack, browser, name, content, why):
    assert problem(stack, hostile + name)[0] == why
    assert hostile + name in names(browser('jena-member'), hostile + name)


@pytest.fixture(scope='module')
def hostile(stack, server):
    anna = server.client('jena-board')
    word = rare() + '-'
    folder = '/dav/files/jena/' + word + '/'
    anna.mkcol(folder)
    for name, content, _ in test_A35_what_cannot_be_read_is_found_by_its_name.pytestmark[0].args[1]:
        assert anna.put(folder + word + name, content).status == 201
    settled(stack)
    yield word
    anna.delete(folder)


def test_A35_a_document_that_never_ends_costs_one_helper_and_one_mark(stack, server, anna, box, browser):
    word = rare()
    anna.put(box + 'before.txt', (word + ' davor').encode())
    anna.put(box + 'endless.pdf', papers.endless_pdf() + b'%' + word.encode())  # nobody has had these bytes before
    anna.put(box + 'after.txt', (word + ' danach').encode())
    killed = kills(server)
    settled(stack)
    assert problem(stack, 'endless.pdf') == ('killed', 1, None)
    assert sorted(names(browser('jena-member'), word)) == ['after.txt', 'before.txt']
    assert 'took too long' in words(ask(browser('jena-member'), 'endless'))
    anna.put(box + 'later.txt', rare().encode())
    settled(stack)
    assert problem(stack, 'endless.pdf') == ('killed', 1, None), 'never again by the same extractor'
    assert kills(server) == killed + 1


def test_a_newer_extractor_tries_again(stack, anna, box):
    name = rare() + '.odt'
    anna.put(box + name, papers.odt('a', 'b'))
    settled(stack)
    stack.sql("UPDATE document_text t SET problem = 'damaged', body = NULL, version = 0 FROM document_index i"
              ' WHERE i.blob_id = t.blob_id AND i.name = %s', name)
    settled(stack)  # the horizon is ahead of what is marked to be read again
    wait_for(lambda: problem(stack, name)[2] is not None, 60, 'the second try')
    assert problem(stack, name)[0] is None


def test_what_takes_the_daemon_with_it_is_given_up(stack, anna, box):
    name = rare() + '.txt'
    stack.sql("UPDATE job_run SET started = now() + interval '1 hour' WHERE name = 'document_index'")
    anna.put(box + name, name.encode())
    stack.sql('INSERT INTO document_text (blob_id, chapter_id, tries) SELECT blob_id, chapter_id, 3 FROM dav_node'
              ' WHERE name = %s', name)
    stack.sql("UPDATE job_run SET started = now() - interval '1 hour' WHERE name = 'document_index'")
    settled(stack)
    assert problem(stack, name) == ('killed', 3, None)

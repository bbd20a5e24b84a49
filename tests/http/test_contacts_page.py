"""Contacts of a chapter in the browser: list, one, form, import and export."""
import html
import os
import re

import pytest

from lib.contacts import vcard

PAGE = '/c/jena/contacts'
BOOK = '/dav/contacts/jena-board/jena.kontakte/'


@pytest.fixture(scope='module')
def anna(browser):
    return browser('jena-board')


@pytest.fixture
def word():
    """A word that no other test's contacts have."""
    return f'w{os.urandom(5).hex()}'


def upload(browser, content, name='a.vcf'):
    browser.get(PAGE)
    browser.get(f'{PAGE}?import')
    return browser.session.post(f'{browser.url}{PAGE}?import', data={'token': browser.token},
                                files={'file': (name, content, 'application/octet-stream')}, allow_redirects=False)


def add(browser, looked, **more):
    """The second step, as a browser sends what the first one showed."""
    cards = re.search(r'<textarea name="cards"[^>]*>\n(.*?)</textarea>', looked.text, re.S)[1]
    cards = html.unescape(cards).replace('\r\n', '\n').replace('\n', '\r\n')
    return browser.session.post(f'{browser.url}{PAGE}?import', allow_redirects=False,
                                files={n: (None, v) for n, v in {'token': browser.token, 'do': 'add', 'cards': cards, **more}.items()})


def links(browser, word):
    page = browser.get(f'{PAGE}?q={word}').text
    return [html.unescape(h) for h in re.findall(r'<td class="name"><a href="([^"]*)"', page)]


def fields(page):
    """What the form holds: its fields by their names."""
    found = dict(re.findall(r'<input type="[a-z]+" id="[^"]*" name="(f\d+)" value="([^"]*)"', page))
    found['etag'] = re.search(r'name="etag" value="([^"]*)"', page)[1]
    return found


def test_a_contact_is_made_changed_and_removed(anna, login, word):
    assert anna.post(f'{PAGE}?new', f1='Berta', f3=word, f10='b@example.org', f31='eins\r\nzwei').status_code == 303
    [href] = links(anna, word)
    text = anna.text(href)
    assert f'Berta {word}' in text and 'b@example.org' in text and 'eins\nzwei' in anna.get(href).text.replace('\r', '')
    assert 'href="mailto:b@example.org"' in anna.get(href).text
    form = fields(anna.get(f'{href}&edit').text)
    assert form['f1'] == 'Berta'
    assert anna.post(f'{href}&edit', **{**form, 'f1': 'Beate', 'f10': '', 'f7': '<b>Verein</b>'}).status_code == 303
    page = anna.get(href)
    assert f'Beate {word}' in page.text and 'b@example.org' not in page.text and '&lt;b&gt;Verein' in page.text
    assert anna.post(f'{href}&edit', **form).status_code == 422, 'somebody has changed it in the meantime'
    assert anna.post(f'{href}&do=delete').status_code == 303
    assert links(anna, word) == [] and anna.get(href).status_code == 404


def test_what_a_program_wrote_stays(anna, login, word):
    """The form changes its fields alone."""
    dav = login('jena-board')
    sent = vcard(word, 'item1.TEL;type=CELL;type=pref:+49 170 1', 'item1.X-ABLabel:Diensthandy', 'X-OWN:x',
                 'PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ', version='3.0', name=f'Anna {word}')
    assert dav.put(f'{BOOK}{word}.vcf', sent, Content_Type='text/vcard').status == 201
    href = f'{PAGE}/{word}.vcf?book=kontakte'
    assert 'has 2 more lines' in anna.text(href)
    form = fields(anna.get(f'{href}&edit').text)
    assert form['f13'] == '+49 170 1'
    assert anna.post(f'{href}&edit', **{**form, 'f9': 'Redakteurin'}).status_code == 303
    kept = dav.get(f'{BOOK}{word}.vcf').body
    assert kept.replace(b'TITLE:Redakteurin\r\n', b'').startswith(sent.replace(b'END:VCARD\r\n', b'')), kept
    assert dav.delete(f'{BOOK}{word}.vcf').status == 204


def test_a_form_that_will_not_do(anna, word):
    answer = anna.post(f'{PAGE}?new', f31=word)
    assert answer.status_code == 422 and 'needs a name' in answer.text and word in answer.text
    answer = anna.post(f'{PAGE}?new', f1='a\x01')
    assert answer.status_code in (400, 422)


def test_a_file_is_looked_into_before_it_is_taken(anna, word):
    """vCards with and without a UID, one twice, one that is none; then the same file again."""
    cards = [vcard(f'{word}-{i}', name=f'{word} {i}') for i in range(3)]
    cards.append(vcard('x', name=f'{word} ohne').replace(b'UID:x\r\n', b''))
    cards += [cards[0], vcard(f'{word}-old', version='2.1', name='alt')]
    looked = upload(anna, b''.join(cards))
    assert looked.status_code == 200 and 'New: 4. Here already: 0. Cannot be taken: 2.' in looked.text, looked.text
    assert 'It stands in the file twice.' in looked.text and 'another version of vCard' in looked.text
    assert links(anna, word) == []
    assert add(anna, looked).status_code == 303 and len(links(anna, word)) == 4
    again = upload(anna, b''.join(cards).replace(b'N:M', b'NOTE:neu\r\nN:M'))
    assert 'New: 1. Here already: 3.' in again.text, 'the one without a UID has another one now'
    assert add(anna, again).status_code == 303
    exported = anna.get(f'{PAGE}?export=vcf').text
    assert exported.count(f'FN:{word}') == 5 and exported.count('NOTE:neu') == 1
    assert add(anna, again, replace='yes').status_code == 303
    assert anna.get(f'{PAGE}?export=vcf').text.count('NOTE:neu') == 4
    for href in links(anna, word):
        assert anna.post(f'{href}&do=delete').status_code == 303


def test_cards_with_pictures(anna, word):
    """More than a form usually takes comes back with the second step."""
    cards = [vcard(f'{word}-{i}', 'PHOTO;ENCODING=b;TYPE=JPEG:/9j/' + 'A' * 900000, name=f'{word} {i}') for i in range(4)]
    looked = upload(anna, b''.join(cards))
    assert 'New: 4.' in looked.text and add(anna, looked).status_code == 303
    assert anna.get(f'{PAGE}?export=vcf').content.count(b'A' * 900000) == 4
    for href in links(anna, word):
        assert anna.post(f'{href}&do=delete').status_code == 303


def test_a_table_comes_in_and_goes_out(anna, word):
    """Excel in German; a formula is harmless in what goes out, and what it was when it comes back."""
    table = f'Vorname;Nachname;E-Mail-Adresse;Firma;Partei\r\nJürgen;{word};j@example.org;=HYPERLINK("x");x\r\n'.encode('cp1252')
    looked = upload(anna, table, 'kontakte.csv')
    assert 'New: 1.' in looked.text and 'left out: Partei' in looked.text, looked.text
    assert add(anna, looked).status_code == 303
    answer = anna.get(f'{PAGE}?export=csv')
    assert 'attachment; filename="jena-kontakte.csv"' == answer.headers['Content-Disposition']
    [line] = [x for x in answer.content.decode('utf-8-sig').split('\r\n') if word in x]
    assert '"\'=HYPERLINK(""x"")"' in line
    looked = upload(anna, answer.content, 'wieder.csv')
    assert '=HYPERLINK(' in looked.text and "'=HYPERLINK" not in html.unescape(looked.text)
    for href in links(anna, word):
        assert anna.post(f'{href}&do=delete').status_code == 303


@pytest.mark.parametrize('content', [b'', b'a,b\r\n1,2\r\n', b'\xff\xfea\0b\0', b'BEGIN:VCARD\r\n\xff', b'x' * (5 << 20) + b'x'])
def test_files_that_are_not_taken(anna, content):
    answer = upload(anna, content)
    assert answer.status_code == 422 and 'role="alert"' in answer.text


def test_pages_are_for_who_may_read_the_book(browser, login, word):
    dav = login('jena-board')
    assert dav.put(f'{BOOK}{word}.vcf', vcard(word, name=word), Content_Type='text/vcard').status == 201
    alice = browser('jena-member')
    assert 'no address book that you may read' in alice.text(PAGE)
    for path in (f'{PAGE}/{word}.vcf', f'{PAGE}/{word}.vcf?book=kontakte', f'{PAGE}?book=kontakte', f'{PAGE}?export=vcf', f'{PAGE}?new'):
        assert alice.get(path).status_code == 404, path
    assert alice.post(f'{PAGE}?new&book=kontakte', f1='x').status_code == 404
    assert alice.post(f'{PAGE}/{word}.vcf?book=kontakte&do=delete').status_code == 404
    assert dav.delete(f'{BOOK}{word}.vcf').status == 204


def test_a_group_names_its_members(anna, login, word):
    dav = login('jena-board')
    assert dav.put(f'{BOOK}{word}.vcf', vcard(word, name=f'{word} Mitglied'), Content_Type='text/vcard').status == 201
    group = vcard(f'{word}-g', 'X-ADDRESSBOOKSERVER-KIND:group', f'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{word}', name=f'{word} Presse')
    assert dav.put(f'{BOOK}{word}-g.vcf', group, Content_Type='text/vcard').status == 201
    text = anna.text(f'{PAGE}/{word}-g.vcf')
    assert 'Group' in text and f'{word} Mitglied' in text
    for name in (word, f'{word}-g'):
        assert dav.delete(f'{BOOK}{name}.vcf').status == 204

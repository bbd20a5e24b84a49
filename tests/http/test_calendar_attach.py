"""Documents of the chapter at an event: who may read them sees them, nobody else anything of them."""
import re
import uuid

import pytest

from lib.browser import words
from lib.calendars import event


@pytest.fixture
def board(browser):
    return browser('jena-board')


@pytest.fixture
def made(server):
    """made(calendar, folder): an event's page and a document's name; both are removed in the end."""
    client, done = server.client('jena-board'), []

    def make(calendar, folder, *lines):
        name = uuid.uuid4().hex
        href, document = f'/dav/calendars/jena-board/jena.{calendar}/{name}.ics', f'/dav/files/jena/{folder}/{name} Ä&.txt'
        assert client.put(href, event(name, *lines), Content_Type='text/calendar').status == 201
        assert client.put(document.replace(' ', '%20').replace('Ä', '%C3%84').replace('Ö', '%C3%96'), b'x').status == 201
        done.extend((href, document))
        return f'/c/jena/calendar/{calendar}/{name}.ics', href, f'{folder}/{name} Ä&.txt'
    yield make
    for href in done:
        client.delete(href.replace(' ', '%20').replace('Ä', '%C3%84').replace('Ö', '%C3%96'))


def act(browser, page, what, **fields):
    etag = re.search(r'name="etag" value="([^"]*)"', browser.get(page).text)
    return browser.post(page, act=what, etag=etag[1] if etag else 'none', **fields)


def test_a_document_is_shown_to_those_who_may_read_it(server, browser, board, made):
    page, href, place = made('termine', 'Mitglieder', 'RRULE:FREQ=WEEKLY')
    name = place.rpartition('/')[2]
    assert act(board, page, 'attach', document=place).status_code == 303
    body = server.client('jena-board').get(href).body.decode().replace('\r\n ', '')
    [uri] = re.findall(r'ATTACH:(\S+)', body)
    assert uri == f'{server.url}/c/jena/files/Mitglieder/{name.replace(" ", "%20").replace("Ä", "%C3%84").replace("&", "%26")}'
    assert name in words(board.get(page)) and 'Not all who see the event may read it' in words(board.get(page))
    assert name in words(browser('jena-member').get(page)) and 'Not all who' not in words(browser('jena-member').get(page))
    for who in (None, 'erfurt-member'):
        answer = browser(who).get(page)
        assert answer.status_code == 200 and name.split()[0] not in re.sub(r'(href|action)="[^"]*calendar[^"]*"', '', answer.text).replace(page, '')
    assert board.get(uri.removeprefix(server.url)).status_code == 200
    assert act(board, page, 'attach', document=uri).status_code == 303  # once is enough
    assert server.client('jena-board').get(href).body.decode().count('ATTACH:') == 1
    assert act(board, page, 'detach', uri=uri).status_code == 303
    assert 'ATTACH' not in server.client('jena-board').get(href).body.decode()


def test_one_that_all_readers_may_read_brings_no_warning(board, made):
    page, _, place = made('vorstand', 'Mitglieder')
    assert act(board, page, 'attach', document=place).status_code == 303
    assert place.rpartition('/')[2] in words(board.get(page)) and 'Not all who' not in words(board.get(page))


@pytest.mark.parametrize('typed', ['nothing.txt', '../../etc/passwd', 'https://example.org/x', '/c/erfurt/files/Vorstand/', '%2e%2e/x', '', '/',
                                   'x\r\nX-EVIL:1', '/c/jena/files/Mitglieder%2f..%2fx'])
def test_what_is_no_document_of_the_chapter(server, board, made, typed):
    page, href, _ = made('termine', 'Mitglieder')
    assert act(board, page, 'attach', document=typed).status_code in (400, 409), typed
    body = server.client('jena-board').get(href).body.decode()
    assert 'ATTACH' not in body and 'X-EVIL' not in body


def test_who_may_not_write_attaches_nothing(browser, board, made):
    page, _, place = made('termine', 'Mitglieder')
    for who in ('jena-member', 'erfurt-board'):
        assert act(browser(who), page, 'attach', document=place).status_code == 403, who
    assert board.post(page, act='attach', etag='old', document=place).status_code == 409


def test_foreign_addresses_are_no_links(board, made):
    page, _, _ = made('termine', 'Mitglieder', 'ATTACH:https://evil.example/x', 'ATTACH:javascript:alert(1)')
    text = board.get(page).text
    assert 'evil.example' not in text and 'javascript:' not in text

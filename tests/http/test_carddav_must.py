"""What RFC 6352 asks of address books besides what programs usually do."""
import os
import xml.etree.ElementTree as ET

import pytest

from lib.contacts import vcard

D, C = '{DAV:}', '{urn:ietf:params:xml:ns:carddav}'
CARDDAV = 'urn:ietf:params:xml:ns:carddav'
HOME = '/dav/contacts/jena-board/'
OWN = ['supported-address-data', 'max-resource-size', 'supported-collation-set']
BOOK = (f'<mkcol xmlns="DAV:" xmlns:C="{CARDDAV}"><set><prop><resourcetype><collection/><C:addressbook/></resourcetype>'
        '<C:addressbook-description xml:lang="de">Für die Presse</C:addressbook-description></prop></set></mkcol>')


def make(client, href):
    return client('MKCOL', href, BOOK, Content_Type='application/xml')


@pytest.fixture
def book(anna):
    href = f'{HOME}m{os.urandom(5).hex()}/'
    assert make(anna, href).status == 201
    yield href
    anna.delete(href)


def put(client, href, *lines):
    answer = client.put(href, vcard(href.rpartition('/')[2][:-4], *lines), Content_Type='text/vcard')
    assert answer.status == 201, (answer, answer.body)
    return answer


def found(client, book, filters, **more):
    body = f'<C:addressbook-query xmlns:D="DAV:" xmlns:C="{CARDDAV}"><D:prop><D:getetag/></D:prop><C:filter>{filters}</C:filter></C:addressbook-query>'
    answer = client('REPORT', book, body, Content_Type='application/xml', **more)
    assert answer.status == 207, (answer, answer.body)
    return sorted(r.findtext(f'{D}href').rpartition('/')[2] for r in ET.fromstring(answer.body).findall(f'{D}response'))


def description(client, book):
    got = ET.fromstring(client.propfind(book, (CARDDAV, 'addressbook-description')).body).find(f'.//{C}addressbook-description')
    return got.text, got.get('{http://www.w3.org/XML/1998/namespace}lang')


@pytest.mark.parametrize('name', OWN)
def test_what_the_server_says_cannot_be_set(anna, book, name):
    body = f'<propertyupdate xmlns="DAV:" xmlns:C="{CARDDAV}"><set><prop><C:{name}>x</C:{name}></prop></set></propertyupdate>'
    answer = anna('PROPPATCH', book, body, Content_Type='application/xml')
    assert answer.status == 207 and b'cannot-modify-protected-property' in answer.body, answer.body


def test_allprop_has_nothing_of_carddav(anna, book):
    every = [*OWN, 'addressbook-description', 'addressbook-home-set']

    def told(included):
        answer = anna('PROPFIND', book, f'<propfind xmlns="DAV:" xmlns:C="{CARDDAV}"><allprop/>{included}</propfind>', Depth='0',
                      Content_Type='application/xml')
        return {e.tag for e in ET.fromstring(answer.body).iter()}

    assert f'{D}displayname' in told('') and not told('') & {C + name for name in every}
    assert told('<include><C:addressbook-description/><C:max-resource-size/></include>') >= {C + every[1], C + every[3]}


def test_a_description_has_its_language_and_moves_along(anna, book):
    assert description(anna, book) == ('Für die Presse', 'de')
    there = f'{HOME}n{os.urandom(5).hex()}/'
    assert anna.move(book, there).status == 201
    try:
        assert description(anna, there) == ('Für die Presse', 'de')
    finally:
        assert anna.move(there, book).status == 201


def test_no_address_book_in_an_address_book(anna, book):
    """Neither made nor moved there; no other collection, too."""
    assert make(anna, book + 'inner/').status == anna('MKCOL', book + 'inner/').status == 405
    other = f'{HOME}o{os.urandom(5).hex()}/'
    assert make(anna, other).status == 201
    try:
        for there in (book + 'inner/', '/dav/files/jena/Mitglieder/book/', HOME + 'jena.own/', HOME + 'inbox/'):
            answer = anna.move(other, there)
            assert answer.status == 403 and b'addressbook-collection-location-ok' in answer.body, (there, answer, answer.body)
        assert anna.copy(other, HOME + 'another/').status == 405
    finally:
        assert anna.delete(other).status == 204


def test_reports_are_announced_on_cards_too(anna, book):
    put(anna, book + 'a.vcf')
    for href in (book, book + 'a.vcf'):
        tree = ET.fromstring(anna.propfind(href, 'supported-report-set', (CARDDAV, 'supported-collation-set')).body)
        assert {f'{C}addressbook-query', f'{C}addressbook-multiget'} <= {r[0].tag for r in tree.iter(f'{D}report')}, href
        assert 'addressbook' in anna('OPTIONS', href).get('DAV')


def test_entity_tags_are_strong_and_told(anna, book):
    """Those of a PUT are of what is stored, which is what was sent."""
    tag = put(anna, book + 'a.vcf').get('ETag')
    assert tag.startswith('"') and anna.get(book + 'a.vcf').get('ETag') == tag
    assert anna.get(book + 'a.vcf').body == vcard('a')
    assert tag in ET.fromstring(anna.propfind(book + 'a.vcf', 'getetag').body).findtext(f'.//{D}getetag')


def test_lines_that_nobody_knows_are_searched_for(anna, book):
    put(anna, book + 'a.vcf', 'X-OFFICE;X-FLOOR=three:Erfurt')
    put(anna, book + 'b.vcf', 'X-OFFICE:Jena')
    assert found(anna, book, '<C:prop-filter name="X-OFFICE"><C:text-match>jena</C:text-match></C:prop-filter>', Depth='1') == ['b.vcf']
    assert found(anna, book, '<C:prop-filter name="X-OFFICE"><C:param-filter name="X-FLOOR"><C:text-match>THREE</C:text-match>'
                 '</C:param-filter></C:prop-filter>', Depth='1') == ['a.vcf']


def test_without_a_depth_a_query_is_of_the_book_itself(anna, book):
    put(anna, book + 'a.vcf')
    every = '<C:prop-filter name="FN"/>'
    assert found(anna, book, every) == [] and found(anna, book, every, Depth='1') == found(anna, book, every, Depth='infinity') == ['a.vcf']

"""Address books and contacts (RFC 6352), as programs use them."""
import concurrent.futures
import os
import xml.etree.ElementTree as ET

import pytest

from lib.contacts import vcard

D, C, S = '{DAV:}', '{urn:ietf:params:xml:ns:carddav}', '{http://calendarserver.org/ns/}'
CARDDAV = 'urn:ietf:params:xml:ns:carddav'
HOME = '/dav/contacts/jena-board/'
BOARD = HOME + 'jena.kontakte/'


def put(client, href, body, status=201, **more):
    answer = client.put(href, body, **{'Content_Type': 'text/vcard; charset=utf-8', **more})
    assert answer.status == status, (href, answer, answer.body)
    return answer


def refusal(answer, status=None):
    """The name of the precondition that an answer names, and the address in it."""
    assert status is None or answer.status == status, (answer, answer.body)
    [why] = [e for e in ET.fromstring(answer.body) if e.tag != '{urn:chapterd}detail']
    return why.tag.replace(C, 'C:').replace(D, 'D:'), why.findtext(f'{D}href')


def report(client, target, body, status=207, depth='1', **more):
    answer = client('REPORT', target, body, Depth=depth, Content_Type='application/xml', **more)
    assert answer.status == status, (answer, answer.body)
    return ET.fromstring(answer.body)


def query(filters, test='anyof', props='<D:getetag/>', limit='', wrap=True):
    inner = f'<C:filter test="{test}">{filters}</C:filter>' if wrap else filters
    return (f'<C:addressbook-query xmlns:D="DAV:" xmlns:C="{CARDDAV}"><D:prop>{props}</D:prop>{inner}{limit}'
            '</C:addressbook-query>')


def names(tree):
    """Last parts of the addresses of what was found."""
    return sorted(r.findtext(f'{D}href').rpartition('/')[2] for r in tree.findall(f'{D}response')
                  if r.find(f'{D}propstat') is not None)


def data(tree):
    return {r.findtext(f'{D}href').rpartition('/')[2]: r.findtext(f'{D}propstat/{D}prop/{C}address-data')
            for r in tree.findall(f'{D}response')}


def new_book(client):
    href = f'{HOME}t{os.urandom(5).hex()}/'
    answer = client('MKCOL', href, f'<mkcol xmlns="DAV:" xmlns:C="{CARDDAV}"><set><prop><resourcetype><collection/>'
                    '<C:addressbook/></resourcetype><displayname>Presse</displayname><C:addressbook-description>'
                    'Journalisten</C:addressbook-description></prop></set></mkcol>', Content_Type='application/xml')
    assert answer.status == 201, (answer, answer.body)
    return href


@pytest.fixture
def book(anna):
    """An address book of the test's own."""
    href = new_book(anna)
    yield href
    anna.delete(href)


# ---- finding them ----

def test_the_way_from_the_host_to_the_books(anna):
    """RFC 6764, RFC 5397: one home each, with books of the chapters and her own."""
    answer = anna('PROPFIND', '/.well-known/carddav', Depth='0')
    assert answer.status == 301 and answer.get('Location') == '/dav/'
    me = anna.propfind('/dav/', 'current-user-principal').body
    me = ET.fromstring(me).findtext(f'.//{D}current-user-principal/{D}href')
    homes = ET.fromstring(anna.propfind(me, (CARDDAV, 'addressbook-home-set')).body)
    assert [h.text for h in homes.iter(f'{D}href')] == [me, HOME]
    tree = ET.fromstring(anna.propfind(HOME, 'resourcetype', 'displayname', depth='1').body)
    books = {r.findtext(f'{D}href'): r.findtext(f'.//{D}displayname') for r in tree if r.find(f'.//{C}addressbook') is not None}
    assert books[HOME + 'contacts/'] == 'Persönlich' and books[BOARD].endswith(': Kontakte'), books
    options = anna('OPTIONS', BOARD).get('DAV').replace(' ', '').split(',')
    assert options[0] == '1' and {'3', 'addressbook', 'extended-mkcol'} <= set(options)


def test_a_home_is_hers_alone(anna, alice, bob):
    assert alice.propfind(HOME, 'displayname').status == 404
    principal = ET.fromstring(alice.propfind('/dav/principals/users/jena-member/', (CARDDAV, 'addressbook-home-set')).body)
    assert principal.findtext(f'.//{C}addressbook-home-set/{D}href') == '/dav/contacts/jena-member/'
    for client, uid in ((alice, 'jena-member'), (bob, 'erfurt-member')):
        assert client.propfind(f'/dav/contacts/{uid}/jena.kontakte/', 'displayname').status == 404, 'for the board'
        assert f'/dav/contacts/{uid}/contacts/' in client.propfind(f'/dav/contacts/{uid}/', 'displayname', depth='1').body.decode()


def test_what_a_book_says_of_itself(anna, book):
    tree = ET.fromstring(anna.propfind(book, 'resourcetype', 'displayname', (CARDDAV, 'addressbook-description'),
                                       (CARDDAV, 'supported-address-data'), (CARDDAV, 'max-resource-size'),
                                       (CARDDAV, 'supported-collation-set'), 'supported-report-set', 'sync-token',
                                       ('http://calendarserver.org/ns/', 'getctag')).body)
    [ok] = tree.findall(f'.//{D}propstat')
    assert ok.findtext(f'{D}status') == 'HTTP/1.1 200 OK'
    assert ok.findtext(f'.//{D}displayname') == 'Presse' and ok.findtext(f'.//{C}addressbook-description') == 'Journalisten'
    assert [(t.get('content-type'), t.get('version')) for t in ok.iter(f'{C}address-data-type')] == [
        ('text/vcard', '3.0'), ('text/vcard', '4.0')]
    assert ok.findtext(f'.//{C}max-resource-size') == '1048576'
    assert [c.text for c in ok.iter(f'{C}supported-collation')] == ['i;ascii-casemap', 'i;octet', 'i;unicode-casemap']
    reports = {r[0].tag for r in ok.iter(f'{D}report')}
    assert {f'{C}addressbook-query', f'{C}addressbook-multiget', f'{D}sync-collection'} <= reports


def test_books_that_cannot_be_made(anna):
    """A name with a dot is a chapter's; what is not an address book has no place in the home."""
    assert anna('MKCOL', f'{HOME}plain/').status == 403, 'a home holds address books'
    assert anna('MKCOL', f'{HOME}a/b/').status in (404, 409)
    answer = anna('MKCOL', f'{HOME}kalender/', '<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>'
                  '<resourcetype><collection/><C:calendar/></resourcetype></prop></set></mkcol>', Content_Type='application/xml')
    assert answer.status == 403 and b'valid-resourcetype' in answer.body, answer.body
    assert anna.put(f'{HOME}a.vcf', vcard('x')).status in (403, 404, 405, 409)


# ---- writing ----

BAD = {
    'two cards': (vcard('a') + vcard('b'), 'C:valid-address-data'),
    'no UID': (vcard('a').replace(b'UID:a\r\n', b''), 'C:valid-address-data'),
    'no FN': ('BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nN:a;;;;\r\nEND:VCARD\r\n'.encode(), 'C:valid-address-data'),
    'no card': (b'hello', 'C:valid-address-data'),
    'cut off': (vcard('a')[:-13], 'C:valid-address-data'),
    'latin-1': (vcard('a', 'NOTE:x').replace(b'x', b'\xe4'), 'C:valid-address-data'),
    'NUL': (vcard('a', 'NOTE:x\0'), 'C:valid-address-data'),
    'a calendar': (b'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n', 'C:valid-address-data'),
    'vCard 2.1': (vcard('a', version='2.1'), 'C:supported-address-data'),
    'an agent in it': (vcard('a', 'AGENT:', 'BEGIN:VCARD', 'END:VCARD'), 'C:supported-address-data'),
    '10,000 addresses': (vcard('a', *['EMAIL:a@example.org'] * 10000), 'C:supported-address-data'),
}


@pytest.mark.parametrize('why', BAD)
def test_D23_cards_that_are_refused(anna, book, why):
    body, name = BAD[why]
    answer = anna.put(book + 'a.vcf', body, Content_Type='text/vcard')
    assert refusal(answer, 403)[0] == name
    assert anna.get(book + 'a.vcf').status == 404


def test_D23_a_card_that_is_too_large(anna, book):
    photo = vcard('a', 'PHOTO;ENCODING=b;TYPE=JPEG:' + '/9j/' + 'A' * (1 << 20))
    assert refusal(anna.put(book + 'a.vcf', photo, Content_Type='text/vcard'))[0] == 'C:max-resource-size'
    fits = vcard('a', 'PHOTO;ENCODING=b;TYPE=JPEG:' + '/9j/' + 'A' * 900000)
    put(anna, book + 'a.vcf', fits)
    assert anna.get(book + 'a.vcf').body == fits
    other = report(anna, book, query('<C:prop-filter name="PHOTO"/>',
                                     props='<C:address-data version="4.0"><C:prop name="PHOTO"/></C:address-data>'))
    assert data(other)['a.vcf'].replace('\n ', '').count('data:image/jpeg;base64,/9j/AAAA') == 1


def test_other_media_types_are_not_cards(anna, book):
    for kind in ('text/calendar', 'application/json', 'text/html'):
        assert refusal(anna.put(book + 'a.vcf', vcard('a'), Content_Type=kind), 403)[0] == 'C:supported-address-data'
    put(anna, book + 'a.vcf', vcard('a'), Content_Type='text/x-vcard')


def test_cards_are_kept_as_they_were_sent(anna, book):
    """Bytes, entity tag and type; what is unknown in them, too."""
    body = vcard('a', 'item1.X-OWN;foo="b^nr":x', 'NOTE: zwei\r\n  Zeilen') + b'\r\n'
    tag = put(anna, book + 'ü a.vcf'.replace('ü ', '%C3%BC%20'), body).get('ETag')
    answer = anna.get(book + '%C3%BC%20a.vcf')
    assert answer.body == body and answer.get('ETag') == tag
    assert answer.get('Content-Type') == 'text/vcard; charset=utf-8'
    assert 'sandbox' in answer.get('Content-Security-Policy') and answer.get('X-Content-Type-Options') == 'nosniff'
    assert anna.put(book + '%C3%BC%20a.vcf', vcard('a'), If_Match='"no"').status == 412
    assert anna.put(book + 'b.vcf', vcard('b'), If_None_Match='*').status == 201
    assert anna.put(book + 'b.vcf', vcard('b'), If_None_Match='*').status == 412


def test_a_uid_is_in_a_book_once(anna, book):
    put(anna, book + 'a.vcf', vcard('same'))
    name, href = refusal(anna.put(book + 'b.vcf', vcard('same'), Content_Type='text/vcard'), 409)
    assert name == 'C:no-uid-conflict' and href == book + 'a.vcf'
    assert refusal(anna.put(book + 'a.vcf', vcard('other'), Content_Type='text/vcard'), 409) == ('C:no-uid-conflict', book + 'a.vcf')
    put(anna, book + 'a.vcf', vcard('same', 'NOTE:neu'), 204)
    put(anna, HOME + 'contacts/same.vcf', vcard('same'))
    assert anna.delete(HOME + 'contacts/same.vcf').status == 204
    assert anna.delete(book + 'a.vcf').status == 204
    put(anna, book + 'b.vcf', vcard('same'))


def test_a_uid_is_in_a_book_once_whoever_comes_first(server, anna, book):
    """Ten at a time: one is taken."""
    def one(i):
        return server.client('jena-board').put(f'{book}{i}.vcf', vcard('one'), Content_Type='text/vcard').status
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        got = sorted(pool.map(one, range(10)))
    assert got == [201] + [409] * 9, got


def test_cards_are_copied_and_moved(anna, book):
    put(anna, book + 'a.vcf', vcard('m'))
    assert anna.copy(book + 'a.vcf', book + 'b.vcf').status == 409
    assert anna.move(book + 'a.vcf', book + 'b.vcf').status == 201
    assert anna.copy(book + 'b.vcf', HOME + 'contacts/m.vcf').status == 201
    name, href = refusal(anna.copy(book + 'b.vcf', HOME + 'contacts/n.vcf'), 409)
    assert (name, href) == ('C:no-uid-conflict', HOME + 'contacts/m.vcf')
    assert anna.copy(book + 'b.vcf', HOME + 'contacts/m.vcf').status == 204
    assert anna.delete(HOME + 'contacts/m.vcf').status == 204
    assert anna.move(book + 'b.vcf', BOARD + 'm.vcf').status == 201
    uid = '<C:prop-filter name="UID"><C:text-match collation="i;octet" match-type="equals">m</C:text-match></C:prop-filter>'
    assert names(report(anna, BOARD, query(uid))) == ['m.vcf']
    assert names(report(anna, book, query(uid))) == []
    assert anna.delete(BOARD + 'm.vcf').status == 204
    assert names(report(anna, BOARD, query(uid))) == []


# ---- versions of vCard ----

def test_a_card_in_the_version_that_is_asked_for(anna, book):
    sent = vcard('a', 'TEL;TYPE=home,pref:1', 'BDAY:1990-04-15', 'X-ADDRESSBOOKSERVER-KIND:group')
    put(anna, book + 'a.vcf', sent)
    assert anna.get(book + 'a.vcf', Accept='text/vcard').body == sent
    four = anna.get(book + 'a.vcf', Accept='text/vcard; version=4.0').body.decode()
    for line in ('VERSION:4.0', 'TEL;TYPE=home;PREF=1:1', 'BDAY:19900415', 'KIND:group'):
        assert f'{line}\r\n' in four, four
    assert refusal(anna.get(book + 'a.vcf', Accept='text/vcard;version=2.1'), 406)[0] == 'C:supported-address-data-conversion'
    assert anna.get(book + 'a.vcf', Accept='text/vcard;version=2.1, */*;q=0.1').body == sent
    put(anna, book + 'b.vcf', four.replace('UID:a', 'UID:b').encode())
    ask = '<C:prop-filter name="UID"/>'
    for asked, version in (('', '3.0'), ('version="3.0"', '3.0'), ('content-type="text/vcard" version="4.0"', '4.0')):
        got = data(report(anna, book, query(ask, props=f'<C:address-data {asked}/>')))
        assert len(got) == 2 and all(f'\nVERSION:{version}\n' in t.replace('\r', '') for t in got.values()), got
    for asked in ('version="2.1"', 'content-type="text/calendar"'):
        answer = anna('REPORT', book, query(ask, props=f'<C:address-data {asked}/>'), Depth='1')
        assert refusal(answer, 415)[0] == 'C:supported-address-data-conversion'


def test_properties_that_are_asked_for(anna, book):
    """RFC 6352, 8.6.3"""
    put(anna, book + 'a.vcf', vcard('a', 'EMAIL:a@example.org', 'item1.TEL:1', 'NOTE:x'))
    ask = '<C:address-data><C:prop name="VERSION"/><C:prop name="email"/><C:prop name="TEL" novalue="yes"/></C:address-data>'
    [got] = data(report(anna, book, query('<C:prop-filter name="FN"/>', props=ask))).values()
    assert got.split() == ['BEGIN:VCARD', 'VERSION:3.0', 'EMAIL:a@example.org', 'item1.TEL:', 'END:VCARD']
    [got] = data(report(anna, book, query('<C:prop-filter name="FN"/>', props='<C:address-data><C:allprop/></C:address-data>'))).values()
    assert 'NOTE:x' in got


# ---- looking for them ----

PEOPLE = {
    'anna.vcf': ['EMAIL;TYPE=work:Anna@Zeitung.example', 'item1.TEL;TYPE=home:+49 361 1', 'NICKNAME:Änne'],
    'bernd.vcf': ['EMAIL;TYPE=home:bernd@example.org', 'CATEGORIES:Presse,Funk'],
    'carla.vcf': ['TEL;TYPE=work:+49 3641 2', 'CATEGORIES:Partner'],
}


def is_like(text, how='contains', more=''):
    return f'<C:text-match match-type="{how}" {more}>{text}</C:text-match>'


def prop(name, inner='', more=''):
    return f'<C:prop-filter name="{name}" {more}>{inner}</C:prop-filter>'


NOT_THERE = '<C:is-not-defined/>'
QUESTIONS = [
    (prop('EMAIL'), 'ab'), (prop('email'), 'ab'), (prop('EMAIL', NOT_THERE), 'c'),
    (prop('EMAIL', is_like('zeitung')), 'a'), (prop('EMAIL', is_like('anna', 'starts-with')), 'a'),
    (prop('EMAIL', is_like('example.org', 'ends-with')), 'b'), (prop('EMAIL', is_like('ANNA@zeitung.EXAMPLE', 'equals')), 'a'),
    (prop('EMAIL', is_like('anna', more='collation="i;octet"')), ''), (prop('NICKNAME', is_like('äNNE', 'equals')), 'a'),
    (prop('NICKNAME', is_like('äNNE', more='collation="i;ascii-casemap"')), ''),
    (prop('EMAIL', is_like('example', more='negate-condition="yes"')), ''),
    (prop('EMAIL', is_like('zeitung', more='negate-condition="yes"')), 'b'),
    (prop('EMAIL', '<C:param-filter name="TYPE">' + is_like('WORK') + '</C:param-filter>'), 'a'),
    (prop('EMAIL', f'<C:param-filter name="X">{NOT_THERE}</C:param-filter>'), 'ab'),
    (prop('EMAIL', is_like('anna') + is_like('bernd')), 'ab'),
    (prop('EMAIL', is_like('bernd') + is_like('example'), 'test="allof"'), 'b'),
    (prop('ITEM1.TEL'), 'a'), (prop('ITEM2.TEL'), ''), (prop('CATEGORIES', is_like('funk')), 'b'),
    (prop('EMAIL') + prop('TEL'), 'abc'), (prop('UID', is_like('bernd', 'equals', 'collation="i;octet"')), 'b'),
]


@pytest.fixture(scope='module')
def people(login):
    anna = login('jena-board')
    href = new_book(anna)
    for name, lines in PEOPLE.items():
        put(anna, href + name, vcard(name[:-4], *lines, name=name[:-4]))
    yield href
    anna.delete(href)


@pytest.mark.parametrize('n', range(len(QUESTIONS)))
def test_queries(anna, people, n):
    filters, want = QUESTIONS[n]
    assert ''.join(name[0] for name in names(report(anna, people, query(filters)))) == want, filters


def test_queries_of_all_and_of_nothing(anna, people):
    both = prop('EMAIL') + prop('TEL')
    assert names(report(anna, people, query(both, test='allof'))) == ['anna.vcf']
    assert names(report(anna, people, query(both), depth='0')) == []
    assert names(report(anna, people + 'anna.vcf', query(both), depth='0')) == ['anna.vcf']
    for body, why in ((query('', wrap=False), 'C:valid-filter'),
                      (query(prop('FN', is_like('a', more='collation="i;none"'))), 'C:supported-collation')):
        answer = anna('REPORT', people, body, Depth='1')
        assert refusal(answer)[0] == why and answer.status in (400, 403)


def test_queries_that_are_cut(anna, people):
    tree = report(anna, people, query(prop('FN'), limit='<C:limit><C:nresults>2</C:nresults></C:limit>'))
    assert len(names(tree)) == 2
    cut = tree.findall(f'{D}response')[-1]
    assert cut.findtext(f'{D}href') == people and cut.findtext(f'{D}status') == 'HTTP/1.1 507 Insufficient Storage'
    assert cut.find(f'{D}error/{D}number-of-matches-within-limits') is not None
    whole = report(anna, people, query(prop('FN'), limit='<C:limit><C:nresults>3</C:nresults></C:limit>'))
    assert len(names(whole)) == 3 and len(whole.findall(f'{D}response')) == 3


def test_A40_a_filter_that_is_no_filter(anna, people):
    """Deep, long, or with the signs of regular expressions: literal, bounded."""
    deep = '<C:prop-filter name="FN">' * 500 + '</C:prop-filter>' * 500
    assert anna('REPORT', people, query(deep), Depth='1').status in (400, 403)
    assert names(report(anna, people, query(prop('FN', is_like('a' * 102400))))) == []
    assert names(report(anna, people, query(prop('FN', is_like('.*'))))) == []
    assert refusal(anna('REPORT', people, query(prop('FN') * 5000), Depth='1'))[0] == 'C:valid-filter'


def test_multiget(anna, people):
    hrefs = [people + 'anna.vcf', people + 'none.vcf', people + 'bernd.vcf', BOARD + 'x.vcf']
    body = (f'<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="{CARDDAV}"><D:prop><D:getetag/><C:address-data/></D:prop>'
            + ''.join(f'<D:href>{h}</D:href>' for h in hrefs) + '</C:addressbook-multiget>')
    for depth in ('0', '1', None):
        tree = report(anna, people, body, depth=depth)
        assert names(tree) == ['anna.vcf', 'bernd.vcf'] and 'UID:bernd' in data(tree)['bernd.vcf']
        lost = {r.findtext(f'{D}href') for r in tree.findall(f'{D}response') if r.findtext(f'{D}status') == 'HTTP/1.1 404 Not Found'}
        assert lost == {hrefs[1], hrefs[3]}


# ---- following them ----

def sync(client, href, token='', **more):
    body = (f'<D:sync-collection xmlns:D="DAV:" xmlns:C="{CARDDAV}"><D:sync-token>{token}</D:sync-token>'
            '<D:sync-level>1</D:sync-level><D:prop><D:getetag/><C:address-data/></D:prop></D:sync-collection>')
    tree = report(client, href, body, **more)
    return tree, tree.findtext(f'{D}sync-token')


def test_sync_brings_the_cards_along(anna, book):
    """As Thunderbird asks (cl-D6); what is deleted is told as long as the book lives."""
    for i in range(3):
        put(anna, f'{book}{i}.vcf', vcard(str(i), version='4.0'))
    tree, token = sync(anna, book)
    assert names(tree) == ['0.vcf', '1.vcf', '2.vcf'] and all('VERSION:3.0' in t for t in data(tree).values())
    ctag = anna.propfind(book, ('http://calendarserver.org/ns/', 'getctag')).body
    anna.delete(book + '1.vcf')
    put(anna, book + '2.vcf', vcard('2', 'NOTE:neu', version='4.0'), 204)
    assert anna.propfind(book, ('http://calendarserver.org/ns/', 'getctag')).body != ctag
    tree, again = sync(anna, book, token)
    assert names(tree) == ['2.vcf'] and 'NOTE:neu' in data(tree)['2.vcf']
    assert [r.findtext(f'{D}href') for r in tree.findall(f'{D}response') if r.findtext(f'{D}status')] == [book + '1.vcf']
    assert names(sync(anna, book, again)[0]) == []
    bad = anna('REPORT', book, '<D:sync-collection xmlns:D="DAV:"><D:sync-token>urn:x</D:sync-token><D:sync-level>1'
               '</D:sync-level><D:prop/></D:sync-collection>', Depth='0', Content_Type='application/xml')
    assert refusal(bad, 403)[0] == 'D:valid-sync-token'


def test_the_book_of_the_board_is_the_boards(anna, alice):
    mine = '/dav/contacts/jena-member/jena.kontakte/'
    put(anna, BOARD + 'level.vcf', vcard('level'))
    try:
        assert alice.get(mine + 'level.vcf').status == 404
        assert alice.put(mine + 'x.vcf', vcard('x'), Content_Type='text/vcard').status in (403, 404)
        assert alice.delete(mine).status in (403, 404)
    finally:
        anna.delete(BOARD + 'level.vcf')

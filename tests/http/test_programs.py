"""How programs keep a calendar or an address book up to date and write into it: the requests of clients.md 1.5 in their
order. What they ask before that is in test_discovery.py."""
import os
import xml.etree.ElementTree as ET

import pytest

from lib.calendars import event
from lib.contacts import vcard
from lib.programs import A, C, CR, CS, Program, names

USER = 'jena-board'
APPLE = {'Brief': 't', 'Prefer': 'return=minimal', 'Accept': '*/*', 'Content-Type': 'text/xml',
         'User-Agent': 'iOS/17.5 (21F79) dataaccessd/1.0'}
DAVX5 = {'User-Agent': 'DAVx5/4.5-ose (dav4jvm; okhttp/5.0.0) Android/14', 'Accept-Encoding': 'br,gzip',
         'Push-Dont-Notify': '"me"'}
BIRD = {'Accept': 'text/xml', 'Accept-Encoding': 'gzip, deflate, br, zstd', 'Content-Type': 'text/xml; charset=utf-8',
        'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0'}


class Kind:
    """Calendars, or address books."""

    def __init__(self, ns, home, of, data, suffix, media, make):
        self.ns, self.home, self.of, self.data, self.suffix, self.media, self.make = ns, home, of, data, suffix, media, make

    def body(self, uid, title='Sitzung'):
        return self.make(uid, title)


CALENDARS = Kind(C, f'/dav/calendars/{USER}/', 'calendar', 'calendar-data', '.ics', 'text/calendar; charset=utf-8',
                 lambda uid, title: event(uid, summary=title))
BOOKS = Kind(CR, f'/dav/contacts/{USER}/', 'addressbook', 'address-data', '.vcf', 'text/vcard; charset=utf-8',
             lambda uid, title: vcard(uid, name=title))


class Device(Program):
    """A program that has found its way, with a copy of one collection: {address: (etag, bytes)}."""

    def __init__(self, server, kind, **habits):
        super().__init__(server, USER, first_without_login=False, **habits)
        self.kind, self.copy, self.token = kind, {}, ''

    def write(self, method, href, body=None, **more):
        headers = {**self.headers, **{n.replace('_', '-'): v for n, v in more.items()}}
        return self.person(method, href, body, {**headers, 'Content-Type': self.kind.media} if body else headers)

    def changes(self, collection, wanted, depth):
        """({address: propstats}, addresses of what is gone) since it last asked."""
        props = ''.join(f'<x:{name} xmlns:x="{ns}"/>' for ns, name in wanted)
        answer = self.send('REPORT', collection, f'<D:sync-collection xmlns:D="DAV:"><D:sync-token>{self.token}</D:sync-token>'
                           f'<D:sync-level>1</D:sync-level><D:prop>{props}</D:prop></D:sync-collection>', depth)
        if answer.status != 207:
            return answer, None
        status = answer.multistatus()
        self.token = status.token
        gone = [href for href, entry in status.entry.items() if entry.status == 404]
        for response in status.root.findall('{DAV:}response'):
            if response.findtext('{DAV:}href') in gone:
                assert response.find('{DAV:}propstat') is None, 'of what is gone a status alone (cl-C10)'
        return {href: entry for href, entry in status.entry.items() if entry.status is None}, gone

    def fetch(self, collection, hrefs, wanted, depth=None, ask=''):
        """Multiget, by as many as it pleases; what comes is kept."""
        props = ''.join(f'<x:{name} xmlns:x="{ns}"/>' for ns, name in wanted)
        ns, of, data = self.kind.ns, self.kind.of, self.kind.data
        answer = self.send('REPORT', collection, f'<X:{of}-multiget xmlns:X="{ns}" xmlns:D="DAV:"><D:prop>{props}<X:{data}{ask}/>'
                           f'</D:prop>{"".join(f"<D:href>{h}</D:href>" for h in hrefs)}</X:{of}-multiget>', depth)
        status = answer.multistatus()
        assert set(status.entry) == set(hrefs), 'the addresses as they were asked for (cl-C3)'
        for href, entry in status.entry.items():
            if entry.status == 404:
                self.copy.pop(href, None)
                continue
            assert entry.order[0] == 200, 'cl-C2'
            element = entry.value(data, ns)
            assert len(element) == 0, 'one text node (cl-C8)'
            self.copy[href] = entry.text('getetag'), element.text
        return status


@pytest.fixture(params=[CALENDARS, BOOKS], ids=['calendar', 'contacts'])
def kind(request):
    return request.param


@pytest.fixture
def place(server, kind):
    """A collection of one's own, and another program's access to it."""
    href = f'{kind.home}p{os.urandom(5).hex()}/'
    other = server.client(USER)
    answer = other('MKCOL', href, f'<mkcol xmlns="DAV:" xmlns:X="{kind.ns}"><set><prop><resourcetype><collection/><X:{kind.of}/>'
                   '</resourcetype></prop></set></mkcol>')
    assert answer.status == 201, answer
    yield href, other
    other.delete(href)


def test_apple_polls_and_writes(server, kind, place):
    """The home again and again, and where its marks have changed a report; no conditions but those it knows of."""
    here, other = place
    phone = Device(server, kind, **APPLE)
    marks = names(CS='getctag', D='displayname resourcetype sync-token current-user-privilege-set owner supported-report-set')

    def poll():
        return phone.propfind(kind.home, marks, '1').entry[here]

    first = poll()
    assert not [code for code, _ in first.prop.values() if code != 200], 'minimal (cl-C18)'
    assert '{DAV:}sync-collection' in {e.tag for e in first.value('supported-report-set').iter()}, 'cl-C15'
    href = f'{here}{os.urandom(8).hex().upper()}-AB{kind.suffix}'
    made = phone.write('PUT', href, kind.body('apple-1'))
    assert made.status == 201 and made.etag.startswith('"'), 'strong, and it does not fetch it again (cl-E1)'
    then = poll()
    assert {then.text('getctag', CS), then.text('sync-token')}.isdisjoint({first.text('getctag', CS), first.text('sync-token')})

    told, gone = phone.changes(here, names(D='getcontenttype getetag'), '1')
    assert set(told) == {href} and gone == [] and told[href].text('getetag') == made.etag
    assert told[href].text('getcontenttype').startswith(kind.media.partition(';')[0]), 'cl-C11'
    phone.fetch(here, [href], names(D='getetag'))
    assert phone.copy[href] == (made.etag, kind.body('apple-1').decode())

    changed = phone.write('PUT', href, kind.body('apple-1', 'Verschoben'), If_Match=made.etag)
    assert changed.status == 204 and changed.etag not in (None, made.etag)
    assert phone.write('PUT', href, kind.body('apple-1', 'zu spät'), If_Match=made.etag).status == 412
    other.put(f'{here}b{kind.suffix}', kind.body('apple-2'), Content_Type=kind.media)
    other.delete(href)
    told, gone = phone.changes(here, names(D='getcontenttype getetag'), '1')
    assert set(told) == {f'{here}b{kind.suffix}'} and gone == [href]
    assert phone.write('DELETE', f'{here}b{kind.suffix}').status == 204, 'without a condition (cl-E3)'
    assert phone.changes(here, names(D='getetag'), '1')[1] == [f'{here}b{kind.suffix}']
    quiet = poll()
    assert quiet.text('sync-token') == poll().text('sync-token'), 'or each poll would bring a report'

    phone.token = 'F0E1D2C3-0000-4000-8000-000000000000'  # macOS sends such (cl-D3)
    refused, _ = phone.changes(here, names(D='getetag'), '1')
    assert refused.status == 403 and refused.error() == ['valid-sync-token']
    phone.token = ''
    assert phone.changes(here, names(D='getetag'), '1')[0] == {}


def test_apple_makes_a_calendar(server):
    """MKCALENDAR with all that it says of one; the colour as it wrote it, with the name it gave to it (cl-C17, cl-E7)."""
    phone = Device(server, CALENDARS, **APPLE)
    href = f'{CALENDARS.home}{os.urandom(8).hex().upper()}/'
    zone = 'BEGIN:VCALENDAR&#13;\nVERSION:2.0&#13;\nPRODID:-//Apple Inc.//iOS 17.5//EN&#13;\nBEGIN:VTIMEZONE&#13;\n' \
           'TZID:Europe/Berlin&#13;\nBEGIN:STANDARD&#13;\nDTSTART:19961027T030000&#13;\nTZOFFSETFROM:+0200&#13;\n' \
           'TZOFFSETTO:+0100&#13;\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10&#13;\nEND:STANDARD&#13;\nBEGIN:DAYLIGHT&#13;\n' \
           'DTSTART:19810329T020000&#13;\nTZOFFSETFROM:+0100&#13;\nTZOFFSETTO:+0200&#13;\n' \
           'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3&#13;\nEND:DAYLIGHT&#13;\nEND:VTIMEZONE&#13;\nEND:VCALENDAR&#13;\n'
    made = phone.send('MKCALENDAR', href.rstrip('/'), f'''<?xml version="1.0" encoding="UTF-8"?>
<B:mkcalendar xmlns:B="{C}"><A:set xmlns:A="DAV:"><A:prop><D:calendar-order xmlns:D="{A}">7</D:calendar-order>
<D:calendar-color xmlns:D="{A}" symbolic-color="orange">#FF9500FF</D:calendar-color><A:displayname>Plakate &amp; Flyer</A:displayname>
<B:calendar-free-busy-set><YES/></B:calendar-free-busy-set><B:schedule-calendar-transp><B:opaque/></B:schedule-calendar-transp>
<B:supported-calendar-component-set><B:comp name="VEVENT"/></B:supported-calendar-component-set>
<B:calendar-timezone>{zone}</B:calendar-timezone></A:prop></A:set></B:mkcalendar>''')
    try:
        assert made.status == 201, (made, made.body)
        entry = phone.one(href, names(A='calendar-color calendar-order', D='displayname', C='supported-calendar-component-set '
                                      'calendar-timezone schedule-calendar-transp'))
        assert entry.text('calendar-color', A) == '#FF9500FF' and entry.text('calendar-order', A) == '7'
        assert entry.text('displayname') == 'Plakate & Flyer' and 'TZID:Europe/Berlin' in entry.text('calendar-timezone', C)
        assert [c.get('name') for c in entry.value('supported-calendar-component-set', C)] == ['VEVENT']
        assert entry.value('schedule-calendar-transp', C).find(f'{{{C}}}opaque') is not None
        patched = phone.send('PROPPATCH', href, f'<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><D:calendar-color xmlns:D="{A}" '
                             f'symbolic-color="custom">#12AB34</D:calendar-color><D:calendar-order xmlns:D="{A}">2'
                             '</D:calendar-order></A:prop></A:set></A:propertyupdate>')
        assert patched.status in (200, 204, 207), patched
        entry = phone.one(href, names(A='calendar-color calendar-order'))
        assert entry.text('calendar-color', A) == '#12AB34' and entry.text('calendar-order', A) == '2'
        for component, span in (('VEVENT', '<B:time-range start="20250101T000000Z"/>'), ('VTODO', '')):  # old iOS: without an end
            found = phone.send('REPORT', href, f'<B:calendar-query xmlns:B="{C}"><A:prop xmlns:A="DAV:"><A:getetag/></A:prop><B:filter>'
                               f'<B:comp-filter name="VCALENDAR"><B:comp-filter name="{component}">{span}</B:comp-filter>'
                               '</B:comp-filter></B:filter></B:calendar-query>', '1')
            assert found.status == 207 and not len(found.multistatus()), 'of what it cannot hold there is nothing (cl-D7)'
    finally:
        phone.person.delete(href)


def test_apple_keeps_groups_of_contacts(server):
    """Old ones give up when the card of oneself is refused; groups are cards with lines of their own."""
    phone = Device(server, BOOKS, **APPLE)
    href = f'{BOOKS.home}g{os.urandom(5).hex()}/'
    assert phone.person('MKCOL', href, '<mkcol xmlns="DAV:" xmlns:X="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype>'
                        '<collection/><X:addressbook/></resourcetype></prop></set></mkcol>').status == 201
    try:
        group = vcard('group-1', 'X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:apple-1', name='Presse')
        assert phone.write('PUT', href + 'g.vcf', group).status == 201
        assert phone.person.get(href + 'g.vcf').body == group
        entry = phone.one(href, names(CS='getctag', D='sync-token'))
        assert entry.text('getctag', CS) and entry.text('sync-token')
        me = phone.send('PROPPATCH', href, f'<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><S:me-card xmlns:S="{CS}"><A:href>'
                        f'{href}g.vcf</A:href></S:me-card></A:prop></A:set></A:propertyupdate>')
        assert me.status in (200, 204, 207) and b' 403 ' not in me.body, me
    finally:
        phone.person.delete(href)


def test_davx5_sends_first_and_then_looks(server, kind, place):
    """Its own changes under their entity tags, then a report of depth 0 and tens of addresses."""
    here, other = place
    app = Device(server, kind, **DAVX5)
    entry = app.one(here, names(D='supported-report-set sync-token', CS='getctag', CR='max-resource-size supported-address-data',
                                C='max-resource-size'))
    assert '{DAV:}sync-collection' in {e.tag for e in entry.value('supported-report-set').iter()}
    version = ''
    if kind is BOOKS:
        versions = {t.get('version') for t in entry.value('supported-address-data', CR)}
        version = ' content-type="text/vcard" version="4.0"' if '4.0' in versions else ''
    mine = f'{here}mine{kind.suffix}'
    made = app.write('PUT', mine, kind.body('mine'), If_None_Match='*')
    assert made.status == 201 and made.etag
    assert app.write('PUT', mine, kind.body('mine'), If_None_Match='*').status == 412

    for i in range(23):
        assert other.put(f'{here}o{i}{kind.suffix}', kind.body(f'o{i}'), Content_Type=kind.media).status == 201
    told, gone = app.changes(here, names(D='getetag resourcetype'), '0')
    assert len(told) == 24 and gone == [] and all(e.text('getetag') for e in told.values()), 'each with its tag'
    hrefs = sorted(set(told) - {mine})
    for start in range(0, len(hrefs), 10):
        app.fetch(here, hrefs[start:start + 10], names(D='getcontenttype getetag', C='schedule-tag'),
                  '0' if kind is BOOKS else None, version)
    assert all(app.copy[href][0] == told[href].text('getetag') for href in hrefs) and len(app.copy) == 23

    changed = app.write('PUT', mine, kind.body('mine', 'anders'), If_Match=made.etag)
    assert changed.status == 204 and changed.etag != made.etag
    other.put(mine, kind.body('mine', 'vom anderen'), Content_Type=kind.media)
    assert app.write('PUT', mine, kind.body('mine', 'zu spät'), If_Match=changed.etag).status == 412, 'the server wins'
    assert app.write('DELETE', mine, If_Match=changed.etag).status == 412
    other.delete(f'{here}o0{kind.suffix}')
    told, gone = app.changes(here, names(D='getetag resourcetype'), '0')
    assert set(told) == {mine} and gone == [f'{here}o0{kind.suffix}']
    status = app.fetch(here, [mine, *gone], names(D='getcontenttype getetag'), '0' if kind is BOOKS else None, version)
    assert status.entry[gone[0]].status == 404 and 'vom anderen' in app.copy[mine][1]
    assert app.write('DELETE', mine, If_Match=app.copy[mine][0]).status == 204
    assert app.write('DELETE', mine, If_Match=app.copy[mine][0]).status in (404, 412), 'gone already'


def test_thunderbirds_calendar(server):
    """A report of depth 1, a fetch after each write, and a HEAD when it may not delete."""
    other, bird = server.client(USER), Device(server, CALENDARS, **BIRD)
    here = f'{CALENDARS.home}t{os.urandom(5).hex()}/'
    assert other('MKCALENDAR', here).status == 201
    try:
        entry = bird.one(here, names(D='resourcetype owner current-user-principal current-user-privilege-set supported-report-set',
                                     C='supported-calendar-component-set', CS='getctag'))
        assert {e.tag for e in entry.value('current-user-privilege-set').iter()} >= {'{DAV:}write', '{DAV:}bind'}
        assert bird.send('OPTIONS', CALENDARS.home).get('DAV').startswith('1,'), 'it throws the first one away (cl-B1)'
        assert bird.changes(here, names(D='getcontenttype getetag'), '1') == ({}, [])
        href = f'{here}uid_1.ics'
        assert bird.write('PUT', href, event('uid-1'), If_None_Match='*').status == 201
        bird.fetch(here, [href], names(D='getetag'), '1')
        told, _ = bird.changes(here, names(D='getcontenttype getetag'), '1')
        assert told[href].text('getetag') == bird.copy[href][0] and 'text/calendar' in told[href].text('getcontenttype')
        assert other.put(href, event('uid-1', summary='anders'), Content_Type=CALENDARS.media).status == 204
        assert bird.write('PUT', href, event('uid-1'), If_Match=bird.copy[href][0]).status == 412, 'it asks the person'
        assert bird.write('DELETE', href, If_Match=bird.copy[href][0]).status == 412
        assert bird.write('HEAD', href).status == 200
        assert other.delete(href).status == 204
        assert bird.write('DELETE', href, If_Match=bird.copy[href][0]).status in (404, 412)
        assert bird.write('HEAD', href).status == 404
        assert bird.changes(here, names(D='getcontenttype getetag'), '1') == ({}, [href])
    finally:
        other.delete(here)


def test_thunderbirds_address_book(server):
    """Cards come with the report; it writes without conditions, and does not get over a 403 (cl-D2, cl-D3, cl-D6)."""
    other, bird = server.client(USER), Device(server, BOOKS, **BIRD)
    here = f'{BOOKS.home}t{os.urandom(5).hex()}/'
    assert other('MKCOL', here, '<mkcol xmlns="DAV:" xmlns:X="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype>'
                 '<collection/><X:addressbook/></resourcetype></prop></set></mkcol>').status == 201
    try:
        href = f'{here}uid-1.vcf'
        other.put(href, vcard('uid-1'), Content_Type=BOOKS.media)
        listed = bird.propfind(here, names(D='resourcetype getetag', CS='getctag'), '1')
        assert set(listed.entry) == {here, href}
        bird.fetch(here, [href], names(D='getetag'), '1')
        assert bird.copy[href][1] == vcard('uid-1').decode()
        bird.token = bird.one(here, names(D='displayname sync-token', CS='getctag')).text('sync-token')
        assert bird.write('PUT', href, vcard('uid-1', name='Anders')).status == 204
        told, _ = bird.changes(here, [*names(D='getetag'), (CR, 'address-data')], '1')
        assert told[href].text('address-data', CR) == vcard('uid-1', name='Anders').decode(), 'the card itself'
        assert bird.write('DELETE', href).status == 204
        assert bird.changes(here, [*names(D='getetag'), (CR, 'address-data')], '1') == ({}, [href])
        bird.token = 'http://example.org/ns/sync/unknown'
        refused, _ = bird.changes(here, names(D='getetag'), '1')
        assert refused.status == 400 and ET.fromstring(refused.body).find('{DAV:}valid-sync-token') is not None
    finally:
        other.delete(here)

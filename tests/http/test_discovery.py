"""From the bare host name to the calendars (RFC 6764, 5397, 3744): the requests that clients send, as they send them
(clients.md 1.5, captured), from the first one without a login on."""
import re
import xml.etree.ElementTree as ET

import pytest

from lib.programs import C, CR, CS, D, Program, names
from lib.stack import REPO

USER = 'jena-member'
SELF = f'/dav/principals/users/{USER}/'
CHAPTER = '/dav/principals/chapters/jena/'

# well-known name, namespace, home set, resourcetype of what is in it, the home
SERVICES = [('caldav', C, 'calendar-home-set', f'{{{C}}}calendar', f'/dav/calendars/{USER}/'),
            ('carddav', CR, 'addressbook-home-set', f'{{{CR}}}addressbook', f'/dav/contacts/{USER}/')]
ALL = pytest.mark.parametrize('service, ns, home_set, kind, home', SERVICES, ids=[s[0] for s in SERVICES])


def the_href(entry, name, ns=D):
    """Exactly one address, which ends in a slash (cl-C5, cl-C14)."""
    [href] = entry.value(name, ns)
    assert href.tag == '{DAV:}href' and href.text.startswith('/') and href.text.endswith('/')
    return href.text


def collections(found, home, kind):
    assert home in found.entry
    inside = [href for href, entry in found.entry.items() if href != home and entry.value('resourcetype').find(kind) is not None]
    assert inside and all(href.startswith(home) and href.endswith('/') for href in inside)
    return inside


# ---------------------------------------------------------------- programs

@ALL
def test_apple(server, service, ns, home_set, kind, home):
    mac = Program(server, USER, **{'Brief': 't', 'Prefer': 'return=minimal', 'Accept': '*/*', 'Content-Type': 'text/xml',
                             'User-Agent': 'macOS/14.5 (23F79) dataaccessd/1.0'})
    start = names(D='current-user-principal principal-URL resourcetype')
    for target in (f'/.well-known/{service}', '/', '/principals/'):
        assert the_href(mac.one(target, start), 'current-user-principal') == SELF
    options = mac.send('OPTIONS', SELF)
    assert options.status == 200 and options.get('DAV').startswith('1')
    assert {'calendar-access', 'addressbook'} <= {t.strip() for t in options.get('DAV').split(',')}
    own = mac.one(SELF, names(
        C='calendar-home-set calendar-user-address-set schedule-inbox-URL schedule-outbox-URL', CR='addressbook-home-set',
        CS='dropbox-home-URL email-address-set notification-URL',
        D='current-user-principal displayname principal-collection-set principal-URL resource-id supported-report-set'))
    assert the_href(own, home_set, ns) == home and the_href(own, 'principal-URL') == SELF
    for box in ('inbox', 'outbox'):  # cl-B3: a program that is told of one uses it
        assert the_href(own, f'schedule-{box}-URL', 'urn:ietf:params:xml:ns:caldav') == f'/dav/calendars/jena-member/{box}/'
    reports = {e.tag for e in own.value('supported-report-set').iter()}
    assert {f'{{{D}}}expand-property', f'{{{D}}}principal-property-search', f'{{{D}}}principal-search-property-set'} <= reports
    assert mac.send('REPORT', SELF, '<principal-search-property-set xmlns="DAV:"/>', '0').status == 200
    found = mac.propfind(home, names(
        A='calendar-color calendar-order', C='calendar-description calendar-free-busy-set calendar-timezone '
        'default-alarm-vevent-date default-alarm-vevent-datetime schedule-calendar-transp schedule-default-calendar-URL '
        'supported-calendar-component-set supported-calendar-component-sets max-resource-size',
        CS='allowed-sharing-modes getctag invite me-card push-transports pushkey source subscribed-strip-alarms xmpp-server',
        D='add-member current-user-privilege-set displayname owner quota-available-bytes quota-used-bytes resource-id '
        'resourcetype supported-report-set sync-token'), depth='1')
    for href in collections(found, home, kind):
        entry = found.entry[href]
        assert not [code for code, _ in entry.prop.values() if code == 404], 'minimal: nothing of what is not there (cl-C18)'
        assert entry.text('displayname') and len(entry.value('current-user-privilege-set'))
    proxies = mac.send('REPORT', SELF, '<A:expand-property xmlns:A="DAV:"><A:property name="calendar-proxy-read-for" '
                       'namespace="http://calendarserver.org/ns/"><A:property name="displayname"/></A:property></A:expand-property>',
                       '0')
    assert proxies.status == 207, 'a bare 403 pops up an error (cl-C21)'


@ALL
def test_thunderbird(server, service, ns, home_set, kind, home):
    bird = Program(server, USER, **{'Accept': 'text/xml', 'Accept-Encoding': 'gzip, deflate, br, zstd', 'Content-Type': 'text/xml'})
    first = bird.one(f'/.well-known/{service}', names(
        D='resourcetype owner displayname current-user-principal current-user-privilege-set', A='calendar-color',
        C='calendar-home-set'))
    principal = the_href(first, 'current-user-principal')
    found = bird.propfind(the_href(bird.one(principal, [(ns, home_set)]), home_set, ns), names(
        D='resourcetype displayname current-user-privilege-set', A='calendar-color'), depth='1')
    for href in collections(found, home, kind):
        assert found.entry[href].order[0] == 200, 'cl-C2'
        assert bird.send('OPTIONS', href.rstrip('/').rpartition('/')[0] + '/').status == 200, 'of the parent (cl-B4)'


@ALL
def test_davx5(server, service, ns, home_set, kind, home):
    app = Program(server, USER, first_without_login=False, **{'Prefer': None, 'Accept-Encoding': 'br,gzip'})
    for base in ('/', '/dav/', f'/.well-known/{service}'):
        entry = app.one(base, names(D='resourcetype displayname current-user-principal', C='calendar-home-set',
                                    CR='addressbook-home-set'))
        assert the_href(entry, 'current-user-principal') == SELF
    own = app.one(SELF, names(D='displayname group-membership resourcetype', C='calendar-home-set calendar-user-address-set',
                              CS='calendar-proxy-read-for calendar-proxy-write-for'))
    assert own.value('resourcetype').find('{DAV:}principal') is not None
    for group in own.value('group-membership'):
        assert app.one(group.text, [(ns, home_set), (D, 'displayname')]).prop[f'{{{ns}}}{home_set}'][0] == 404, \
            'followed, and no second home (cl-C14)'
    found = app.propfind(home, names(
        D='current-user-privilege-set displayname owner resourcetype', CR='addressbook-description', CS='source',
        C='calendar-description calendar-timezone calendar-timezone-id supported-calendar-component-set', A='calendar-color'), '1')
    collections(found, home, kind)


@ALL
def test_evolution(server, service, ns, home_set, kind, home):
    wizard = Program(server, USER, **{'User-Agent': 'Evolution/3.46.4'})
    for target in ('/', f'/.well-known/{service}', SELF):
        entry = wizard.one(target, names(
            D='resourcetype current-user-principal principal-URL', CR='addressbook-home-set',
            C='calendar-home-set calendar-user-address-set'))
        assert the_href(entry, 'current-user-principal') == SELF
    assert the_href(entry, home_set, ns) == home
    collections(wizard.propfind(home, names(
        D='resourcetype displayname getetag getcontenttype getcontentlength creationdate getlastmodified',
        C='supported-calendar-component-set calendar-description', CR='addressbook-description', CS='getctag source',
        A='calendar-color calendar-order'), '1'), home, kind)
    notes = wizard.person('PROPFIND', '/.well-known/webdav/Notes/', None, Depth='0')
    assert notes.status in (404, 405)


@ALL
def test_kde(server, service, ns, home_set, kind, home):
    """Every request first without a login, then again."""
    for start in ('/', '/dav/', SELF):
        kde = Program(server, USER)
        entry = kde.one(start, [(ns, home_set), *names(D='current-user-principal principal-URL')])
        kde.asked.clear()
        assert the_href(kde.one(the_href(entry, 'current-user-principal'), [
            (ns, home_set), *names(D='current-user-principal principal-URL')]), home_set, ns) == home
    kde.asked.clear()
    collections(kde.propfind(home, names(D='displayname resourcetype current-user-privilege-set', A='calendar-color',
                                         C='supported-calendar-component-set', CS='getctag'), '1'), home, kind)


@ALL
def test_vdirsyncer(server, service, ns, home_set, kind, home):
    sync = Program(server, USER, first_without_login=False, **{'Content-Type': 'application/xml; charset=UTF-8'})
    for start in ('/', '/dav/'):
        assert sync.propfind(start, names(D='resourcetype'), '1').entry
        principal = the_href(sync.one(start, names(D='current-user-principal')), 'current-user-principal')
        found = sync.propfind(the_href(sync.one(principal, [(ns, home_set)]), home_set, ns), names(D='resourcetype'), '1')
        collections(found, home, kind)


# ---------------------------------------------------------------- before there is a login

def test_the_records_for_the_name_server(server):
    """packaging/examples/discovery.zone says of each service what its well-known address says (RFC 6764, 3 and 4)."""
    zone = (REPO / 'packaging' / 'examples' / 'discovery.zone').read_text()
    for service in ('caldav', 'carddav'):
        path = server.client().get(f'/.well-known/{service}').get('Location')
        assert re.search(rf'^_{service}s\._tcp +IN SRV 0 1 443 \S+\.$', zone, re.M)
        assert re.search(rf'^_{service}s\._tcp +IN TXT "path={path}"$', zone, re.M)
        assert re.search(rf'^_{service}\._tcp +IN SRV 0 0 0 \.$', zone, re.M), 'nothing in clear'


def test_well_known_may_be_cached(server):
    for service in ('caldav', 'carddav'):
        assert server.client()('PROPFIND', f'/.well-known/{service}', None, Depth='0').get('Cache-Control') == 'max-age=3600'


# ---------------------------------------------------------------- what principals say

EVERYWHERE = ['/', '/dav/', '/principals/', '/dav/principals/users/', SELF, CHAPTER, '/dav/files/jena/', f'/dav/calendars/{USER}/',
              f'/dav/calendars/{USER}/calendar/']


def test_who_one_is_is_one_address(server, alice):
    """RFC 5397, 3; however the login is written."""
    shouting = server.client(USER.upper(), source='127.95.2.1')
    for client in (alice, shouting):
        for target in EVERYWHERE:
            entry = client.props(target, 'current-user-principal', 'principal-collection-set')
            assert the_href(entry, 'current-user-principal') == SELF, target
            assert the_href(entry, 'principal-collection-set') == '/dav/principals/', target
    assert the_href(alice.props(SELF, 'principal-URL'), 'principal-URL') == SELF


def test_what_one_is_cannot_be_set(alice, anna, box):
    assert len(alice.props(SELF, 'alternate-URI-set').value('alternate-URI-set')) == 0
    for target, client in ((SELF, alice), (box, anna)):
        for name in ('current-user-principal', 'principal-URL', 'group-membership', 'alternate-URI-set', 'owner'):
            if target == box and name not in ('current-user-principal', 'owner'):
                continue
            answer = client('PROPPATCH', target, f'<propertyupdate xmlns="DAV:"><set><prop><{name}><href>/x</href></{name}></prop>'
                            '</set></propertyupdate>')
            assert answer.multistatus().only().prop[f'{{DAV:}}{name}'][0] == 403, (target, name)
    assert anna.copy(box, box.rstrip('/') + '-copy/').status == 201
    try:
        href = the_href(alice.props(box.rstrip('/') + '-copy/', 'current-user-principal'), 'current-user-principal')
        assert href == SELF, 'hers, not that of whoever copied it'
    finally:
        anna.delete(box.rstrip('/') + '-copy/')


def test_allprop_has_nothing_about_principals(alice):
    for target in EVERYWHERE:
        there = {name.rpartition('}')[2] for name in alice.propfind(target).multistatus().entry[
            '/dav/principals/' if target == '/principals/' else target].prop}
        assert 'resourcetype' in there and not there & {
            'current-user-principal', 'principal-URL', 'alternate-URI-set', 'group-membership', 'group-member-set', 'owner',
            'principal-collection-set', 'current-user-privilege-set', 'supported-privilege-set', 'calendar-home-set',
            'addressbook-home-set'}, target

def test_addresses_of_a_person(alice):
    """RFC 6638, 2.4.1: her mail address and her principal; the first is the one to use."""
    entry = alice.props(SELF, (C, 'calendar-user-address-set'), (C, 'calendar-user-type'), (CS, 'email-address-set'))
    mail, own = entry.value('calendar-user-address-set', C)
    assert mail.text.startswith('mailto:') and mail.get('preferred') == '1' and own.text == SELF
    assert mail.text == 'mailto:' + entry.value('email-address-set', CS)[0].text
    assert entry.text('calendar-user-type', C) == 'INDIVIDUAL'


def test_a_chapter_is_a_group(alice):
    entry = alice.props(CHAPTER, (C, 'calendar-user-address-set'), (C, 'calendar-user-type'), (C, 'calendar-home-set'),
                        'displayname', 'group-member-set', 'resourcetype')
    assert entry.text('calendar-user-type', C) == 'GROUP'
    assert [h.text for h in entry.value('calendar-user-address-set', C)] == ['mailto:jena@127.0.0.1', CHAPTER]
    assert entry.text('displayname') and entry.value('resourcetype').find('{DAV:}principal') is not None
    assert entry.prop['{DAV:}group-member-set'][0] == 403, 'who is a member is not said here'
    assert entry.prop[f'{{{C}}}calendar-home-set'][0] == 404


def test_found_by_what_calendars_add(alice):
    """principal-property-search knows what modules say of principals, and says that it does."""
    def found(*criteria):
        inner = ''.join(f'<D:property-search><D:prop><{name}/></D:prop><D:match>{text}</D:match></D:property-search>'
                        for name, text in criteria)
        body = (f'<D:principal-property-search xmlns:D="DAV:" xmlns:C="{C}">{inner}<D:prop><D:displayname/></D:prop>'
                '<D:apply-to-principal-collection-set/></D:principal-property-search>')
        tree = ET.fromstring(alice('REPORT', '/', body, Depth='0').body)
        return [r.findtext('{DAV:}href') for r in tree.findall('{DAV:}response')]

    assert found(('C:calendar-user-address-set', 'mailto:jena-member')) == [SELF]
    assert CHAPTER in found(('C:calendar-user-address-set', CHAPTER))
    assert SELF not in found(('C:calendar-user-type', 'group'), ('D:displayname', 'jena'))
    assert CHAPTER in found(('C:calendar-user-type', 'group'), ('D:displayname', 'jena'))
    assert found(('C:calendar-user-type', 'individual')) == [SELF]
    tree = ET.fromstring(alice('REPORT', '/', '<principal-search-property-set xmlns="DAV:"/>', Depth='0').body)
    assert {f'{{{C}}}calendar-user-address-set', f'{{{C}}}calendar-user-type'} <= {p[0].tag for p in tree.iter('{DAV:}prop')}


def test_expand_property_goes_into_the_home(alice):
    """What a report leads to is not only what its own address could see."""
    body = (f'<expand-property xmlns="DAV:"><property name="calendar-home-set" namespace="{C}"><property name="resourcetype"/>'
            '</property></expand-property>')
    tree = ET.fromstring(alice('REPORT', SELF, body, Depth='0').body)
    [home] = tree.findall(f'{{DAV:}}response/{{DAV:}}propstat/{{DAV:}}prop/{{{C}}}calendar-home-set/{{DAV:}}response')
    assert home.findtext('{DAV:}href') == f'/dav/calendars/{USER}/'
    assert home.find('{DAV:}propstat/{DAV:}prop/{DAV:}resourcetype/{DAV:}collection') is not None


def test_principal_match_finds_her_own_calendars(alice):
    """RFC 3744, 9.3: by the property owner, whichever way it leads to her."""
    body = '<principal-match xmlns="DAV:"><principal-property><owner/></principal-property></principal-match>'
    tree = ET.fromstring(alice('REPORT', f'/dav/calendars/{USER}/', body, Depth='0').body)
    found = [r.findtext('{DAV:}href') for r in tree.findall('{DAV:}response')]
    assert f'/dav/calendars/{USER}/calendar/' in found and any('/jena.' in href for href in found)


def test_a_home_only_for_who_may_enter_it(server, stack):
    """An app password for documents leads to no calendars, and says nothing of them."""
    [[number]] = stack.sql("INSERT INTO app_password (person_id, name, hash, areas) SELECT id, 'x', sha256(%s), 1 FROM person"
                           ' WHERE uid = %s RETURNING id', b'0' * 25, USER)
    try:
        device = server.client(USER, f'cd_{number}_{"0" * 25}', source='127.95.1.1')
        for _, ns, home_set, _, home in SERVICES:
            assert device.props(SELF, (ns, home_set)).prop[f'{{{ns}}}{home_set}'][0] == 404
            assert device.propfind(home, 'resourcetype').status == 403
    finally:
        stack.sql('DELETE FROM app_password WHERE id = %s', number)

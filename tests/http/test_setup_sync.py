"""What a phone is set up with for calendars and contacts: profiles for Apple, a link for DAVx5."""
import html
import plistlib
import re
import subprocess
import urllib.parse

from lib.qr import scanned
from test_app_passwords import SHAPE, password_in
from test_setup import USER, ask, link, made, member, phone, words, works  # noqa: F401 a fixture


def profile_of(answer):
    """A profile as the device reads it."""
    assert answer.status == 200, answer
    assert answer.get('Content-Type') == 'application/x-apple-aspen-config'
    assert answer.get('Content-Disposition') == 'attachment; filename="setup.mobileconfig"'
    assert answer.get('Cache-Control') == 'no-store'
    subprocess.run(['xmllint', '--noout', '--nonet', '-'], input=answer.body, check=True)
    return plistlib.loads(answer.body, fmt=plistlib.FMT_XML)


def test_android(server, member):  # noqa: F811
    """DAVx5 opens with address, name and password; what is to be typed otherwise stands there too."""
    target = link(member, areas=('documents', 'calendars'))
    assert 'Documents, Calendars' in words(phone(server).get(target))
    answer = phone(server)('POST', target)
    password = password_in(answer)
    assert made(server) == [('Telefon', 3, None)]
    for said in (f'{server.url}/dav/files/', f'{server.url}/dav/', USER):
        assert f'>{said}<' in answer.text, said
    host = server.url.partition('://')[2]
    assert f'href="caldav://{USER}:{password}@{host}/dav/"' in answer.text


def test_apple(server, member):  # noqa: F811
    target = link(member, 'apple', ('calendars', 'contacts'), name='Te<l>efon & "x"')
    assert not SHAPE.search(phone(server).get(target, headers={'User-Agent': 'iPhone'}).text)
    profile = profile_of(phone(server)('POST', target))
    assert profile['PayloadType'] == 'Configuration' and profile['PayloadVersion'] == 1
    assert profile['PayloadRemovalDisallowed'] is False and profile['ConsentText']['default']
    calendars, contacts = profile['PayloadContent']
    [host, port] = server.url.partition('://')[2].rsplit(':', 1)
    for payload, kind, name in ((calendars, 'CalDAV', 'caldav'), (contacts, 'CardDAV', 'carddav')):
        assert payload['PayloadType'] == f'com.apple.{name}.account' and payload['PayloadVersion'] == 1
        assert payload[f'{kind}HostName'] == host and payload[f'{kind}Port'] == int(port)
        assert payload[f'{kind}UseSSL'] is False  # as this daemon is reached
        assert payload[f'{kind}Username'] == USER
        assert payload[f'{kind}PrincipalURL'] == f'/dav/principals/users/{USER}/'
        assert payload[f'{kind}AccountDescription'] == profile['PayloadDisplayName']
        assert SHAPE.fullmatch(payload[f'{kind}Password'])
        for target in (payload[f'{kind}PrincipalURL'], f'/dav/calendars/{USER}/', f'/dav/contacts/{USER}/'):
            assert works(server, payload[f'{kind}Password'], target=target) == 207
    all_of_it = [profile, *profile['PayloadContent']]
    uuid = r'[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
    assert all(re.fullmatch(uuid, p['PayloadUUID']) for p in all_of_it)
    for name in ('PayloadUUID', 'PayloadIdentifier'):
        assert len({p[name] for p in all_of_it}) == len(all_of_it)
    assert made(server) == [('Te<l>efon & "x"', 6, None)]


def test_apple_gets_what_was_asked_for_alone(server, member):  # noqa: F811
    """The profile and the password are for calendars; documents cannot be set up like this."""
    answer = ask(member, 'apple', ('calendars', 'documents'))
    assert 'Documents are not part of it' in words(answer)
    profile = profile_of(phone(server)('POST', urllib.parse.urlsplit(scanned(answer.text)).path))
    [payload] = profile['PayloadContent']
    assert payload['PayloadType'] == 'com.apple.caldav.account'
    assert made(server) == [('Telefon', 2, None)]
    assert works(server, payload['CalDAVPassword']) == 403


def test_a_name_of_all_characters(server, member):  # noqa: F811
    """What stands in a link or a profile is what the account is called, whatever that is."""
    [(person, uid)] = server.stack.sql('SELECT id, uid FROM person WHERE uid = %s', USER)
    server.stack.sql('UPDATE person SET uid = %s WHERE id = %s', 'a b@x:<&ü', person)
    try:
        password = re.escape('cd_') + r'[0-9]+_[0-9a-z]{25}'
        answer = phone(server)('POST', link(member, areas=('calendars',)))
        href = html.unescape(re.search(r'href="(caldav:[^"]*)"', answer.text)[1])
        assert re.fullmatch(rf'caldav://a%20b%40x%3A%3C%26%C3%BC:{password}@127\.0\.0\.1:\d+/dav/', href), href
        profile = profile_of(phone(server)('POST', link(member, 'apple', ('calendars',))))
        assert profile['PayloadContent'][0]['CalDAVUsername'] == 'a b@x:<&ü'
    finally:
        server.stack.sql('UPDATE person SET uid = %s WHERE id = %s', uid, person)

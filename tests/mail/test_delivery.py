"""From a page to a mailbox, by exim as it is in Debian."""
import email.utils
import os
import re
import urllib.parse

import pytest
import requests

from lib.browser import Browser, words
from lib.post import Exim, day


@pytest.fixture(scope='module')
def wanting(authority):
    """Lets nobody send who has not signed in."""
    e = Exim(authority.pair(), login=True)
    yield e
    e.close()


def text_of(mail):
    return mail.get_body(('plain',)).get_content()


def link(mail, word):
    return re.search(rf'http://\S*/{word}/\S+', text_of(mail))[0]


def test_an_invitation_reaches_the_guest(sender, exim, to):
    s, address = sender(exim), to()
    page = s.invite(address.upper().replace('@EXAMPLE.ORG', '@Example.ORG'), name='Änne "die Gästin" Müller')
    shown = re.search(r'http://[^<\s]*/invite/[\w-]+', page.text)[0]
    assert 'A mail with this link is on its way' in words(page)
    [mail] = exim.wait(address.upper().replace('@EXAMPLE.ORG', '@example.org'))
    assert link(mail, 'invite') == shown
    assert mail['To'].addresses[0].display_name == 'Änne "die Gästin" Müller'
    assert mail['From'].addresses[0].addr_spec == 'chapters@verband.test' == mail['Return-path'].strip('<>')
    assert mail['Subject'].endswith('lädt dich ein'), mail['Subject']  # the language of the chapter
    assert mail['Auto-Submitted'] == 'auto-generated' and mail['MIME-Version'] == '1.0'
    assert mail['List-Unsubscribe-Post'] == 'List-Unsubscribe=One-Click'
    assert mail['Message-ID'].endswith('@verband.test>')
    assert abs(email.utils.parsedate_to_datetime(mail['Date']).timestamp() - email.utils.parsedate_to_datetime(
        mail['Received'].rpartition(';')[2]).timestamp()) < 120
    assert all(len(line) <= 78 for line in mail.raw.split(b'\n\n', 1)[1].splitlines())
    assert all(b < 128 for b in mail.raw)
    assert requests.get(shown).status_code == 200
    s.wait_state(mail['Envelope-To'], None)  # a row goes when the relay has the mail
    assert s.stack.sql('SELECT count(*) FROM mail')[0][0] == 0
    assert s.stack.sql("SELECT n > 0 FROM mail_count WHERE purpose = 'invitation' AND outcome = 'sent' AND day = current_date")[0][0]


def test_unsubscribing_takes_one_post(sender, exim, to):
    s, address = sender(exim), to()
    s.invite(address)
    [mail] = exim.wait(address)
    stop = mail['List-Unsubscribe'].strip('<>')
    assert link(mail, 'mail/stop') == stop
    for _ in range(2):  # looking changes nothing
        page = requests.get(stop)
        assert page.status_code == 200 and 'none of these mails' in page.text and page.headers['Cache-Control'] == 'no-store'
    assert 'on its way' in words(s.invite(address))
    exim.wait(address, 2)

    answer = requests.post(stop, data={'List-Unsubscribe': 'One-Click'}, allow_redirects=False)  # as mail programs do (RFC 8058)
    assert answer.status_code == 200 and 'Set-Cookie' not in answer.headers
    for spelling in (address, address.title()):
        page = words(s.invite(spelling))
        assert 'has asked for no more invitations' in page and '/invite/' in page  # the link is still shown
    assert 'on its way' in words(s.invite(address, chapter='erfurt'))  # another chapter may
    exim.wait(address, 3)
    assert 'again' in words(requests.post(stop, data={'do': 'allow'}))
    assert 'on its way' in words(s.invite(address))
    exim.wait(address, 4)


def test_a_link_to_unsubscribe_is_signed(sender, exim, to):
    s, address = sender(exim), to()
    s.invite(address)
    [mail] = exim.wait(address)
    stop = mail['List-Unsubscribe'].strip('<>')
    head, code = stop.rsplit('/', 1)
    owner, purpose, mark, signature = code.split('.')
    other = 'c1' if owner != 'c1' else 'c2'
    for bad in (f'{other}.{purpose}.{mark}.{signature}', f'{owner}.scheduling.{mark}.{signature}', code[:-1], code + '0',
                f'{owner}.{purpose}.{mark[::-1]}.{signature}', f'{owner}.{purpose}.{mark}', f'{owner}.{purpose}.{mark}.{"0" * 32}',
                f'.{code}', f'{code}.', 'x' * 200, '....', urllib.parse.quote('ü')):
        assert requests.get(f'{head}/{bad}').status_code == 404, bad
        assert requests.post(f'{head}/{bad}').status_code == 404, bad
    assert 'on its way' in words(s.invite(address))
    exim.wait(address, 2)
    assert code not in s.daemon.tail(100000) and mark not in s.daemon.tail(100000)  # such addresses are not logged


def test_each_gets_one_of_her_own(sender, exim, to):
    s, addresses = sender(exim), [to('many') for _ in range(12)]
    assert s.add(*addresses, key='meeting-1', text='.\r\n..\nFrom hier\r\n' + 'ü' * 900 + ' \n' + 'x' * 3000 + '\rende=') == (12, 0, 0, 0)
    assert s.add(*addresses, addresses[0], key='meeting-1') == (0, 0, 12, 0)  # told before
    for address in addresses:
        [mail] = exim.wait(address)
        assert [a.addr_spec for a in mail['To'].addresses] == [address]
        assert not any(a.encode() in mail.raw for a in addresses if a != address)
        body = text_of(mail)
        assert body.startswith('.\n..\nFrom hier\n' + 'ü' * 900 + ' \n' + 'x' * 3000 + '\nende=\n'), body[:100]
    assert len({m['Message-ID'] for a in addresses for m in exim.mails(a)}) == 12


@pytest.mark.parametrize('size', [0, 1, 56, 57, 58, 20000])
def test_a_calendar_object_arrives_byte_for_byte(sender, exim, to, size):
    """RFC 6047: as an alternative to the text, with the method in its type."""
    s, address = sender(exim), to()
    lines = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Frühjahr\r\n \tx\r\n'.encode() + b'X' * size + b'\r\nEND:VCALENDAR\r\n'
    s.add(address, method='REQUEST', calendar=lines)
    [mail] = exim.wait(address)
    assert mail.get_content_type() == 'multipart/alternative'
    text, part = mail.iter_parts()
    assert text.get_content_type() == 'text/plain' and part.get_content_type() == 'text/calendar'
    assert part.get_param('method') == 'REQUEST' and part.get_param('charset') == 'utf-8'
    assert part.get_payload(decode=True) == lines


def test_with_tls_and_a_login(sender, stack, wanting, authority, to):
    secret = stack.dir / 'smtp.password'
    secret.write_text('se"cret\n')
    secret.chmod(0o600)
    owner = os.stat(stack.blob_dir())
    if os.getuid() == 0:
        os.chown(secret, owner.st_uid, owner.st_gid)
    s, address = sender(wanting, smtp_starttls='always', outbound_ca_file=authority.pem, smtp_user='chapterd',
                        smtp_password_file=secret), to()
    s.invite(address)
    [mail] = wanting.wait(address)
    assert re.search(r'with esmtpsa', mail['Received'], re.I), mail['Received']  # both: TLS and a login
    assert 'se"cret' not in s.daemon.tail(100000)


def test_K10_nothing_that_is_typed_makes_a_header(sender, exim, to):
    s, address = sender(exim), to()
    evil = 'Neu\r\nBcc: all@example.org\nX-Evil: 1\r\r\n\r\nBody'
    s.add(address, subject=evil, text='Text')
    [mail] = exim.wait(address)
    assert mail['Bcc'] is None and mail['X-Evil'] is None
    assert 'Bcc: all@example.org' in mail['Subject'] and '\n' not in mail['Subject']
    for bad in ('a@b.de\r\nRCPT TO:<x@y.de>', 'a@b.de,c@d.de', 'a b@c.de', '<a@b.de>', '"a b"@c.de', 'a@[127.0.0.1]', 'a@b', 'a@-b.de', 'ä@b.de',
                '.a@b.de', 'a..b@c.de', 'a' * 65 + '@b.de', 'a@' + 'b' * 64 + '.de', 'a@b.1', 'a@@b.de'):
        answer = s.chair().post('/c/jena/members', do='invite', name='Gast', mail=bad, until='2099-01-01', role='')
        assert answer.status_code in (400, 422), (bad, answer.status_code)
        assert s.stack.sql('SELECT count(*) FROM mail_queue')[0][0] == 0
    answer = s.chair().post('/c/jena/members', do='invite', name='Gast\r\nBcc: x@y.de', mail=to(), until='2099-01-01', role='')
    assert answer.status_code in (400, 422)


def test_K11_outsiders_have_a_limit_a_day(sender, exim, to):
    s = sender(exim, mail_outside_per_day='2')
    s.stack.sql("DELETE FROM mail_once")
    assert s.add(to(), to(), to(), to(), outside_most=2) == (2, 0, 0, 2)
    page = words(s.invite(to()))
    assert 'as many mails to people outside today as it may' in page and '/invite/' in page
    assert s.add(to(), outside_most=3) == (1, 0, 0, 0)
    assert s.add(to(), to(), day_most=4) == (1, 0, 0, 1)
    s.stack.sql("DELETE FROM mail_once")


def test_no_relay_no_promise(sender, stack, exim, to):
    d = stack.daemon(name='silent')
    try:
        chair = Browser(d, 'jena-chair')
        answer = chair.post('/c/jena/members', do='invite', name='Gast', mail=to(), until=day(3), role='')
        assert 'Send this link to the guest yourself' in words(answer)
        assert stack.sql('SELECT count(*) FROM mail_queue')[0][0] == 0
    finally:
        d.stop()


def test_a_guest_who_goes_takes_her_mail_along(sender, relay, to):
    s, address = sender(relay), to()
    relay.stop()
    s.invite(address)
    assert s.state(address)
    s.stack.sql('DELETE FROM person WHERE mail = %s', address)
    assert s.state(address) is None

"""Invitations to people who are nobody here: what leaves, and what an answer by mail or by the link does."""
import email.message
import os
import re
import secrets
import smtplib
import subprocess

import pytest
import requests

from lib.browser import Browser, words
from lib.calendars import event
from lib.post import Exim
from lib.stack import as_owner, wait_for

ADDRESS = 'kalender@verband.test'
CHAIR = '/dav/principals/users/jena-chair/'
ENGLISH = {'Accept-Language': 'en'}  # the installation is German
FAR = dict(start='DTSTART:20290301T180000Z', end='DTEND:20290301T200000Z')


@pytest.fixture(scope='module')
def box(authority, stack):
    """An exim whose pipe transport hands answers to chapterctl."""
    owner = os.stat(stack.blob_dir())
    e = Exim(authority.pair(), answers=ADDRESS, user=(owner.st_uid, owner.st_gid))
    yield e
    e.close()


@pytest.fixture
def desk(sender, box, stack):
    s = sender(box, mail_receive=ADDRESS, language='de')
    box.script.write_text(f'#!/bin/sh\nCHAPTERD_CONF={s.daemon.conf} exec {stack.program("chapterctl")} mail receive\n')
    box.script.chmod(0o755)
    return Desk(s, box)


class Desk:
    """A daemon whose answers come back by exim's pipe."""

    def __init__(self, s, box):
        self.daemon, self.stack, self.box = s.daemon, s.stack, box
        self.chair = s.daemon.client('jena-chair')

    def put(self, uid, guest, *lines, partstat='NEEDS-ACTION', **more):
        """Writes an event of jena with a guest; the mail that she gets."""
        before = len(self.box.mails(guest))
        body = event(uid, f'ORGANIZER;CN=Kreis:{CHAIR}', f'ATTENDEE;CN=Gast;RSVP=TRUE;PARTSTAT={partstat}:mailto:{guest}', *lines,
                     **{**FAR, **more})
        sent = self.chair.put(self.href(uid), body, Content_Type='text/calendar')
        assert sent.status in (201, 204), sent.body
        return Invitation(self, uid, guest, self.box.wait(guest, before + 1))

    def href(self, uid):
        return f'/dav/calendars/jena-chair/jena.termine/{uid}.ics'

    def invite(self, guest, *lines, **more):
        return self.put(secrets.token_hex(8), guest, *lines, **more)

    def lines(self, uid):
        got = self.chair.get(self.href(uid))
        assert got.status == 200
        return unfold(got.body.decode())

    def partstat(self, uid, guest):
        [line] = [li for li in self.lines(uid) if li.startswith('ATTENDEE') and guest in li]
        found = re.search('PARTSTAT=([A-Z-]+)', line)
        return found[1] if found else 'NEEDS-ACTION'

    def wait(self, invitation, partstat):
        wait_for(lambda: self.partstat(invitation.uid, invitation.guest) == partstat, 60, f'the answer {partstat}')

    def receive(self, mail, conf=None):
        """chapterctl by itself: what it ends with, what it says."""
        text = mail if isinstance(mail, str) else mail.as_string()
        done = self.stack.ctl('mail', 'receive', conf=conf or self.daemon.conf, check=False, feed=text)
        return done.returncode, done.stdout


def unfold(text):
    return text.replace('\r\n', '\n').replace('\n ', '').split('\n')


class Invitation:
    """The last mail to a guest."""

    def __init__(self, desk, uid, guest, mails):
        self.desk, self.uid, self.guest = desk, uid, guest
        found = [(m, unfold(part.get_content())) for m in mails for part in m.walk() if part.get_content_type() == 'text/calendar']
        of_uid = [(m, lines) for m, lines in found if f'UID:{uid}' in lines]
        self.mail, self.lines = max(of_uid, key=lambda pair: ''.join(li for li in pair[1] if li.startswith('SEQUENCE')))
        self.text = self.mail.get_body(('plain',)).get_content()
        link = re.search(r'http://\S+/r/\w+', self.text)
        self.link = link and link[0]

    def line(self, name):
        [found] = [li for li in self.lines if re.match(f'{name}[;:]', li)]
        return found

    @property
    def organizer(self):
        return self.line('ORGANIZER').partition(':')[2]

    def answer(self, partstat, attendee=None, method='REPLY', uid=None, to=None, charset='utf-8', parts=1):
        """A mail as a mail program makes it of the invitation."""
        body = '\r\n'.join(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//mail program//EN', f'METHOD:{method}', 'BEGIN:VEVENT',
                            f'UID:{uid or self.uid}', 'DTSTAMP:20280102T000000Z', self.line('DTSTART'), 'SEQUENCE:0',
                            f'ORGANIZER:{self.organizer}', f'ATTENDEE;CN=Gästin;PARTSTAT={partstat}:mailto:{attendee or self.guest}',
                            'END:VEVENT', 'END:VCALENDAR', ''])
        mail = email.message.EmailMessage()
        mail['From'] = self.guest
        mail['To'] = to or self.organizer.removeprefix('mailto:')
        mail['Subject'] = 'Antwort'
        mail.set_content('ja')
        if parts:
            mail.add_alternative(body.encode(charset), maintype='text', subtype='calendar', params={'method': method, 'charset': charset})
        return mail

    def send(self, mail):
        with smtplib.SMTP('127.0.0.1', self.desk.box.port) as smtp:
            smtp.send_message(mail, from_addr=self.guest)


def test_what_leaves(desk, to):
    """The bytes of an invitation: one attendee, no address of anybody here, one token for the address and the link."""
    guest, other = to('gast'), to('andere')
    i = desk.invite(guest, f'ATTENDEE;CN=Andere:mailto:{other}', 'ATTENDEE;CN=Vorstand:/dav/principals/users/jena-board/',
                    'LOCATION:Kulturhaus', 'DESCRIPTION:Bringt Ideen mit.\\nUnd Kuchen.', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT15M',
                    'DESCRIPTION:x', 'END:VALARM', summary='Frühlingsfest')
    [part] = [p for p in i.mail.walk() if p.get_content_type() == 'text/calendar']
    assert part.get_param('method') == 'REQUEST' and 'METHOD:REQUEST' in i.lines
    token = i.link.rpartition('/')[2]
    assert re.fullmatch('[0-9a-f]{32}', token)
    assert i.line('ORGANIZER') == f'ORGANIZER;CN=Kreis:mailto:kalender+{token}@verband.test'
    assert i.line('ATTENDEE').endswith(f':mailto:{guest}') and 'CN=Gast' in i.line('ATTENDEE')
    assert i.mail['Reply-To'].addresses[0].addr_spec == f'kalender+{token}@verband.test'
    assert i.mail['From'].addresses[0].addr_spec == 'chapters@verband.test'
    assert i.mail['From'].addresses[0].display_name == 'Kreisverband Jena'
    raw = i.mail.raw.decode() + i.text + '\n'.join(i.lines)
    for hidden in (other, 'jena-chair', 'jena-board', 'VALARM', 'SCHEDULE-'):
        assert hidden not in raw, hidden
    assert i.mail['Subject'] == 'Einladung: Frühlingsfest'
    for said in ('Kreisverband Jena lädt dich ein', 'Wann: Donnerstag, 1. März 2029, 19:00 bis 21:00', 'Wo: Kulturhaus', '  Und Kuchen.'):
        assert said in i.text, i.text
    assert any('SCHEDULE-STATUS="1.1"' in li or 'SCHEDULE-STATUS=1.1' in li for li in desk.lines(i.uid) if guest in li)
    [theirs] = desk.box.wait(other)
    assert guest not in theirs.raw.decode() and token not in theirs.raw.decode()


def test_an_answer_comes_by_mail(desk, to):
    """The buttons of a mail program: exim's pipe, chapterctl, the object, the page of the event."""
    i = desk.invite(to('gast'))
    before = desk.chair.get(desk.href(i.uid)).get('ETag')
    i.send(i.answer('ACCEPTED'))
    desk.wait(i, 'ACCEPTED')
    assert desk.chair.get(desk.href(i.uid)).get('ETag') != before
    assert 'comes' in Browser(desk.daemon, 'jena-chair').text(f'/c/jena/calendar/termine/{i.uid}.ics')
    assert 'Ich komme' in requests.get(i.link).text
    for charset, partstat in (('iso-8859-1', 'TENTATIVE'), ('utf-16', 'DECLINED')):
        assert desk.receive(i.answer(partstat, charset=charset)) == (0, '')
        desk.wait(i, partstat)


def test_an_answer_comes_by_the_link(desk, to):
    i = desk.invite(to('gast'))
    page = requests.get(i.link, headers=ENGLISH)
    assert page.status_code == 200 and page.headers['Cache-Control'] == 'no-store' and 'Set-Cookie' not in page.headers
    assert 'none yet' in words(page) and desk.partstat(i.uid, i.guest) == 'NEEDS-ACTION'  # looking changes nothing
    for word, partstat, said in (('yes', 'ACCEPTED', 'I come'), ('no', 'DECLINED', 'I do not come')):
        done = requests.post(i.link, data={'answer': word}, headers=ENGLISH)
        assert done.status_code == 200 and 'on its way' in words(done) and said in words(done)
        desk.wait(i, partstat)
    assert requests.post(i.link, data={'answer': 'often'}).status_code == 400


def test_changes_and_the_end_are_told(desk, to):
    guest = to('gast')
    i = desk.invite(guest)
    changed = desk.put(i.uid, guest, 'SEQUENCE:1', start='DTSTART:20290302T180000Z', end='DTEND:20290302T200000Z')
    assert changed.mail['Subject'] == 'Geändert: Treffen' and changed.line('DTSTART') == 'DTSTART:20290302T180000Z'
    assert changed.organizer == i.organizer and changed.link == i.link  # programs know the event by both
    assert desk.chair.delete(desk.href(i.uid)).status == 204
    [_, _, last] = sorted(desk.box.wait(guest, 3), key=lambda m: m['Subject'].startswith('Abgesagt'))
    assert last['Subject'] == 'Abgesagt: Treffen'
    [part] = [p for p in last.walk() if p.get_content_type() == 'text/calendar']
    lines = unfold(part.get_content())
    assert part.get_param('method') == 'CANCEL' and 'STATUS:CANCELLED' in lines and f'UID:{i.uid}' in lines
    assert [li for li in lines if li.startswith('ORGANIZER')] == [i.line('ORGANIZER')]
    assert requests.get(i.link).status_code == 404
    assert desk.receive(i.answer('ACCEPTED'))[0] == 67


def test_an_answer_to_somebody_outside_goes_by_mail(desk, to):
    """jena-chair is invited by a stranger and accepts: the stranger gets a REPLY, with nobody else in it."""
    host, uid = to('gastgeber'), secrets.token_hex(8)
    [own] = re.findall(rb'mailto:([^<]*)', desk.chair.propfind(CHAIR, ('urn:ietf:params:xml:ns:caldav', 'calendar-user-address-set')).body)
    href = f'/dav/calendars/jena-chair/calendar/{uid}.ics'
    for partstat in ('NEEDS-ACTION', 'ACCEPTED'):
        [calendar] = [h for h in desk.chair.listing('/dav/calendars/jena-chair/') if '.' not in h and 'box' not in h][:1]
        href = f'{calendar}{uid}.ics'
        body = event(uid, f'ORGANIZER;CN=Gastgeber:mailto:{host}', f'ATTENDEE;PARTSTAT={partstat}:mailto:{own.decode()}',
                     'ATTENDEE:mailto:dritte@example.org', **FAR)
        assert desk.chair.put(href, body, Content_Type='text/calendar').status in (201, 204)
    [mail] = desk.box.wait(host)
    [part] = [p for p in mail.walk() if p.get_content_type() == 'text/calendar']
    lines = unfold(part.get_content())
    assert part.get_param('method') == 'REPLY' and f'UID:{uid}' in lines and f'ORGANIZER;CN=Gastgeber:mailto:{host}' in lines
    assert [li for li in lines if li.startswith('ATTENDEE')] == [f'ATTENDEE;PARTSTAT=ACCEPTED:mailto:{own.decode()}']
    assert mail['Subject'].startswith('Antwort: Treffen (kommt') and '/r/' not in mail.raw.decode() and mail['Reply-To'] is None
    assert desk.chair.delete(href).status == 204


def test_without_an_address_for_answers(sender, box, to):
    """The organizer is the one who can be written to: her own address, or that of the installation."""
    d = Desk(sender(box, language='de'), box)
    i = d.invite(to('gast'))
    assert i.line('ORGANIZER') == 'ORGANIZER;CN=Kreis:mailto:chapters@verband.test' and i.mail['Reply-To'] is None
    assert requests.post(i.link, data={'answer': 'yes'}).status_code == 200
    d.wait(i, 'ACCEPTED')


def test_only_what_answers_a_token_is_taken(desk, to):
    i, other = desk.invite(to('gast')), desk.invite(to('gast'))
    cases = [
        (i.answer('ACCEPTED', to=ADDRESS), 67, 'nur Antworten auf Einladungen'),
        (i.answer('ACCEPTED', to=ADDRESS.replace('@', f'+{"0" * 32}@')), 67, 'nicht oder nicht mehr bekannt'),
        (i.answer('ACCEPTED', to=ADDRESS.replace('@', '+kurz@')), 67, 'nur Antworten'),
        (i.answer('ACCEPTED', parts=0), 65, 'liest niemand'),
        (i.answer('ACCEPTED', uid=other.uid), 65, 'andere Einladung'),
        (i.answer('ACCEPTED', attendee='fremd@example.org'), 65, 'jemand anderem'),
        (i.answer('ACCEPTED', method='REQUEST'), 65, 'keine Antwort'),
        (i.answer('ACCEPTED', method='COUNTER'), 65, 'Ein anderer Zeitpunkt'),
        ('', 67, 'nur Antworten'),
        ('To: ' + 'x@example.org, ' * 60000 + '\n\n', 67, 'nur Antworten'),
        ('X: ' + 'a' * (2 << 20) + '\n\n', 65, 'zu groß'),
        (''.join(f'Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n' for n in range(20000)), 67, 'nur Antworten'),
    ]
    for mail, code, said in cases:
        ended, told = desk.receive(mail)
        assert ended == code and said in told, (ended, told, str(mail)[:300])
    assert desk.partstat(i.uid, i.guest) == 'NEEDS-ACTION'


def test_machines_get_no_answer(desk, to):
    """Out of office: nothing is told, or both would write to each other for ever."""
    i = desk.invite(to('gast'))
    away = i.answer('ACCEPTED', parts=0)
    away['Auto-Submitted'] = 'auto-replied'
    assert desk.receive(away)[0] == 0
    accepts = i.answer('ACCEPTED')
    accepts['Auto-Submitted'] = 'auto-generated'  # a mail program that accepts for its owner
    assert desk.receive(accepts) == (0, '')
    desk.wait(i, 'ACCEPTED')


def test_what_is_wrong_goes_back_with_a_sentence(desk, to):
    i = desk.invite(to('gast'))
    before = len(desk.box.mails(i.guest))
    i.send(i.answer('ACCEPTED', attendee='fremd@example.org'))
    found = desk.box.wait(i.guest, before + 1)
    [bounce] = [m for m in found if m['Auto-Submitted'] == 'auto-replied']
    assert 'jemand anderem, als eingeladen' in bounce.raw.decode('utf-8', 'replace') or 'jemand anderem' in str(bounce)


def test_an_event_that_is_over_is_not_answered(desk, to):
    i = desk.invite(to('gast'))
    desk.stack.sql('UPDATE occurrence SET starts = 1, ends = 2 WHERE node_id = (SELECT node_id FROM calendar_object WHERE uid = %s)', i.uid)
    page = requests.get(i.link, headers=ENGLISH)
    assert page.status_code == 200 and 'is over' in words(page) and '<button name="answer"' not in page.text
    assert 'is over' in words(requests.post(i.link, data={'answer': 'yes'}, headers=ENGLISH))
    ended, told = desk.receive(i.answer('ACCEPTED'))
    assert ended == 65 and 'ist vorbei' in told
    assert desk.partstat(i.uid, i.guest) == 'NEEDS-ACTION'


def test_what_is_no_fault_of_the_mail_is_tried_again(desk, to):
    """75 (EX_TEMPFAIL): the database is away, the settings are broken, the address is not set."""
    i = desk.invite(to('gast'))
    conf = desk.daemon.conf.read_text()
    for name, was, now in (('away', r'(?m)^database = .*$', 'database = host=/nonexistent dbname=x'), ('broken', r'\A', 'nonsense = 1\n'),
                           ('unset', '(?m)^mail_receive = .*$', '')):
        other = desk.daemon.conf.with_name(f'{name}.conf')
        other.write_text(re.sub(was, now, conf))
        assert desk.receive(i.answer('ACCEPTED'), conf=other)[0] == 75, name
    for address in ('kalender', 'kalender+x@verband.test', 'Kalender@verband.test', f'{"k" * 32}@verband.test', 'k@ver band.test'):
        other.write_text(re.sub('(?m)^mail_receive = .*$', f'mail_receive = {address}', conf))
        command = as_owner(desk.stack.blob_dir(), [desk.stack.program('chapterd'), '--check', '-c', other])
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd='/')
        assert done.returncode != 0 and f'mail_receive: "{address}" is no such address' in done.stdout, (address, done.stdout)
    other.write_text(re.sub('(?m)^mail_receive = .*$', 'mail_receive = kalender', conf))
    assert desk.receive(i.answer('ACCEPTED'), conf=other)[0] == 75
    assert desk.partstat(i.uid, i.guest) == 'NEEDS-ACTION'


def test_there_is_a_limit_a_day(desk, to):
    i = desk.invite(to('gast'))
    desk.stack.sql('UPDATE reply_link SET answers = 50, day = current_date WHERE address = %s', f'mailto:{i.guest}')
    assert requests.post(i.link, data={'answer': 'yes'}).status_code == 429
    assert desk.receive(i.answer('ACCEPTED'))[0] == 75
    desk.stack.sql('UPDATE reply_link SET day = current_date - 1 WHERE address = %s', f'mailto:{i.guest}')
    assert requests.post(i.link, data={'answer': 'yes'}).status_code == 200
    desk.wait(i, 'ACCEPTED')


def test_guesses_are_counted(desk):
    for n in range(101):
        page = requests.get(f'{desk.daemon.url}/r/{n:032x}')
        if page.status_code == 429:
            break
        assert page.status_code == 404
    assert page.status_code == 429
    desk.stack.sql('DELETE FROM login_failure')

"""Invitations to people who are nobody here: what leaves, and what an answer by mail or by the link does."""
import base64
import email.message
import hashlib
import os
import re
import secrets
import smtplib

import pytest
import requests

from lib.browser import words
from lib.calendars import event
from lib.post import Exim
from lib.stack import wait_for

ADDRESS = 'kalender@verband.test'


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

    def invite(self, guest, *lines, uid=None, **more):
        """An event of jena with a guest; what exim has delivered to her of it."""
        uid = uid or secrets.token_hex(8)
        href = f'/dav/calendars/jena-chair/jena.termine/{uid}.ics'
        before = len(self.box.mails(guest))
        body = event(uid, 'ORGANIZER;CN=Kreis:/dav/principals/users/jena-chair/',
                     f'ATTENDEE;CN="Gästin, Änne";RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:{guest}', *lines, **more)
        sent = self.chair.put(href, body, Content_Type='text/calendar')
        assert sent.status in (201, 204), sent.body
        return Invited(self, guest, uid, href, self.box.wait(guest, before + 1))

    def receive(self, mail, conf=None):
        """chapterctl by itself: what it ends with, what it says."""
        done = self.stack.run_as_owner(['chapterctl', 'mail', 'receive'], conf or self.daemon.conf, mail)
        return done.returncode, done.stdout


class Invited:
    def __init__(self, desk, guest, uid, href, mails):
        self.desk, self.guest, self.uid, self.href = desk, guest, uid, href
        [self.mail] = [m for m in mails if uid in m.calendar] if len(mails) > 1 else mails
        self.text = self.mail.get_body(('plain',)).get_content()
        self.link = re.search(r'http://\S+/r/\w+', self.text)[0]
        self.token = self.link.rpartition('/')[2]

    def answer(self, partstat, attendee=None, method='REPLY', uid=None, more=(), to=None, token=None, charset='utf-8', lines=None):
        """A mail as a mail program makes it of the invitation."""
        organizer = re.search(r'ORGANIZER[^:]*:(\S+)', self.mail.unfolded)[1]
        text = '\r\n'.join(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//mail program//EN', f'METHOD:{method}', 'BEGIN:VEVENT',
                            f'UID:{uid or self.uid}', 'DTSTAMP:20260102T000000Z', 'DTSTART:20270301T180000Z', 'SEQUENCE:0',
                            f'ORGANIZER:{organizer}', f'ATTENDEE;PARTSTAT={partstat}:mailto:{attendee or self.guest}', *more,
                            'END:VEVENT', 'END:VCALENDAR', ''])
        mail = email.message.EmailMessage()
        mail['From'] = self.guest
        mail['To'] = to or ADDRESS.replace('@', f'+{token or self.token}@')
        mail['Subject'] = 'Antwort'
        mail.set_content('ja')
        mail.add_alternative(text.encode(charset), maintype='text', subtype='calendar', params={'method': method, 'charset': charset})
        return mail

"""Invitations to people who are nobody here: what leaves, and what an answer by mail or by the link does."""
import email.message
import hashlib
import os
import secrets
import smtplib

import pytest
import requests

from lib.browser import words
from lib.calendars import event
from lib.post import Exim
from lib.stack import wait_for

ADDRESS = 'kalender@verband.test'
GUEST = 'gast@example.org'


class Desk:
    """A daemon whose answers come back by exim's pipe, and an invitation that was given out."""

    def __init__(self, s, exim):
        self.s, self.stack, self.exim = s, s.stack, exim
        self.chair = s.daemon.client('jena-chair')

    def invited(self, uid=None, lines=(), **more):
        """An event of jena to which GUEST is invited; its token, its address."""
        uid, token = uid or secrets.token_hex(8), secrets.token_hex(16)
        href = f'/dav/calendars/jena-chair/jena.termine/{uid}.ics'
        sent = self.chair.put(href, event(uid, 'ORGANIZER;CN=Jena:mailto:jena@example.org', f'ATTENDEE;CN=Gast;RSVP=TRUE:mailto:{GUEST}',
                                          *lines, **more), Content_Type='text/calendar')
        assert sent.status == 201, sent.body
        return Invited(self, uid, href, token)


class Invited:
    def __init__(self, desk, uid, href, token):
        self.desk, self.uid, self.href, self.token = desk, uid, href, token
        self.link = f'{desk.s.daemon.url}/r/{token}'
        self.address = ADDRESS.replace('@', f'+{token}@')
        desk.stack.sql("UPDATE calendar_object SET role = 1 WHERE uid = %s", uid)
        desk.stack.sql('INSERT INTO reply_link (hash, chapter_id, uid, address) VALUES (%s, (SELECT id FROM chapter WHERE slug = %s), %s, %s)',
                       hashlib.sha256(token.encode()).digest(), 'jena', uid, f'mailto:{GUEST}')

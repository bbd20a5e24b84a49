"""People who invite each other, and what becomes of it in their calendars."""
import re
import xml.etree.ElementTree as ET

from lib.caldav import C, D, prop, query, component, text
from lib.calendars import event
from lib.stack import wait_for

NAMES = iter(range(1, 10**9))


def unfold(body):
    return re.sub(r'\r?\n[ \t]', '', body.decode() if isinstance(body, bytes) else body)


def lines(body, name):
    """The lines of that name, unfolded."""
    return [line for line in unfold(body).splitlines() if re.match(name + '[;:]', line)]


def answer_of(body, mail, nth=0):
    """PARTSTAT of somebody."""
    line = [line for line in lines(body, 'ATTENDEE') if line.endswith(f'mailto:{mail}')][nth]
    found = re.search('PARTSTAT=([A-Z-]+)', line)
    return found.group(1) if found else None


def status_of(body, mail, who='ATTENDEE'):
    found = re.search(r'SCHEDULE-STATUS="?([0-9.]+)', [line for line in lines(body, who) if line.endswith(f'mailto:{mail}')][0])
    return found and found.group(1)


def accepting(body, mail, answer='ACCEPTED', nth=0):
    """The object with another answer of hers, in its nth line of her."""
    seen = iter(range(1000))

    def put(match):
        return re.sub(';PARTSTAT=[A-Z-]+', '', match.group(0)).replace('ATTENDEE', f'ATTENDEE;PARTSTAT={answer}', 1) \
            if next(seen) == nth else match.group(0)
    return re.sub(rf'ATTENDEE[^\r\n]*:mailto:{re.escape(mail)}', put, unfold(body)).encode()


class Box:
    """Somebody with her calendars and her inbox."""

    def __init__(self, server, uid):
        self.client, self.uid = server.client(uid), uid
        self.mail = f'{uid}@verband.test'
        self.home = f'/dav/calendars/{uid}/'
        self.inbox = self.home + 'inbox/'
        assert self.client('PROPFIND', self.home, Depth='0').status == 207

    def put(self, name, body, calendar='calendar', **more):
        return self.client('PUT', f'{self.home}{calendar}/{name}', body, **{'Content_Type': 'text/calendar', **more})

    def get(self, name, calendar='calendar'):
        return self.client('GET', f'{self.home}{calendar}/{name}')

    def find(self, uid, calendar='calendar'):
        """Address and content of what has that UID; None: nothing."""
        body = query(component('VEVENT', prop('UID', text(uid, collation='i;octet'))), '<D:getetag/><C:calendar-data/>')
        answer = self.client('REPORT', f'{self.home}{calendar}/', body, Depth='1', Content_Type='text/xml')
        assert answer.status == 207, answer
        for r in ET.fromstring(answer.body).findall(f'{D}response'):
            return r.findtext(f'{D}href'), r.findtext(f'.//{C}calendar-data')
        return None

    def copy(self, uid, holds=lambda body: True):
        """What she has of it, as soon as it is so."""
        def look():
            self.found = self.find(uid)
            return self.found is not None and holds(self.found[1])
        wait_for(look, 60, f'the copy of {uid} in the calendar of {self.uid}')
        return self.found

    def messages(self, uid=''):
        """What is in her inbox about an object: [(address, content)]."""
        body = f'<C:calendar-query xmlns:D="DAV:" xmlns:C="{C[1:-1]}"><D:prop><C:calendar-data/></D:prop>' \
               '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
        answer = self.client('REPORT', self.inbox, body, Depth='1', Content_Type='text/xml')
        assert answer.status == 207, answer
        found = [(r.findtext(f'{D}href'), r.findtext(f'.//{C}calendar-data')) for r in ET.fromstring(answer.body).findall(f'{D}response')]
        return [f for f in found if f'UID:{uid}' in f[1]]

    def methods(self, uid):
        return sorted(lines(body, 'METHOD')[0].split(':')[1] for _, body in self.messages(uid))

    def told(self, uid, *methods):
        """As soon as her inbox has exactly these."""
        wait_for(lambda: self.methods(uid) == sorted(methods), 60, f'{methods} in the inbox of {self.uid}')

    def edit(self, uid, change, holds=lambda body: True, **more):
        """Changes what she has of it."""
        href, body = self.copy(uid, holds)
        return self.client('PUT', href, change(body), Content_Type='text/calendar', **more)

    def answer(self, uid, partstat='ACCEPTED', **more):
        reply = self.edit(uid, lambda body: accepting(body, self.mail, partstat), **more)
        assert reply.status == 204, reply
        return reply


def meeting(organizer, *people, uid=None, more=(), **event_of):
    """An event and its UID."""
    uid = uid or f'meeting-{next(NAMES)}-{organizer.uid}'
    return uid, event(uid, f'ORGANIZER:mailto:{organizer.mail}', f'ATTENDEE;PARTSTAT=ACCEPTED:mailto:{organizer.mail}',
                      *[f'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{p if isinstance(p, str) else p.mail}' for p in people],
                      *more, **event_of)


def invite(organizer, *people, **more):
    """An invitation that has been sent; its UID and the answer to the PUT."""
    uid, body = meeting(organizer, *people, **more)
    answer = organizer.put(f'{uid}.ics', body)
    assert answer.status == 201, answer
    return uid, answer

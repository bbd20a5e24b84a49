"""5,000 events as a busy German office has them, and what is true of each month of 2025.

A fifth recur (some with exceptions and moved instances), a tenth last whole days, one in twelve has an organizer
and twenty attendees; umlauts, folded lines, alarms, and the rules of Europe/Berlin in each that has a time. The truth
comes from lists of instances that are made together with the rules: no calendar library is asked. Whole days keep
away from the ends of months, since a server may read their borders in any zone, and no time lies in the hour that
is skipped or repeated.
"""
import datetime as dt
import random
import uuid
import zoneinfo

COUNT = 5000
YEAR = 2025
BERLIN = zoneinfo.ZoneInfo('Europe/Berlin')
DAY = dt.timedelta(days=1)
END = dt.datetime(YEAR + 1, 6, 30)  # nobody asks for instances after it
WEEKDAYS = 'MO TU WE TH FR SA SU'.split()

ZONE = '''BEGIN:VTIMEZONE
TZID:Europe/Berlin
X-LIC-LOCATION:Europe/Berlin
BEGIN:DAYLIGHT
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE'''.split('\n')
HEAD = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chapterd//bench//DE', 'CALSCALE:GREGORIAN']
ALARM = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Erinnerung', 'TRIGGER:-PT15M', 'END:VALARM']

WHAT = ('Vorstandssitzung', 'Mitgliederversammlung', 'Öffentliche Sprechstunde', 'Schulung Kassenprüfung', 'Plenum',
        'Bündnistreffen', 'Infostand am Markt', 'Haushaltsberatung', 'Redaktionsschluss', 'Klausur der Fraktion',
        'Lesekreis', 'Übergabe der Schlüssel', 'Telefonkonferenz', 'Filmabend', 'Chorprobe', 'Begehung der Räume')
WHO = ('Jürgen Müller', 'Käthe Großmann', 'Özlem Öztürk', 'Łukasz Nowak', 'Änne Weiß', 'Sören Krüger', 'Björn Jäger',
       'Zoë Böhm', 'Günther Köhler', 'Mareike Hübner')
WHERE = ('Großer Saal', 'Büro 2.14', 'Bürgerhaus Würzburg', 'Rathaus, Zimmer 107', 'Straße des Friedens 12, Leipzig',
         'Online')
NOTES = ('Bitte die Unterlagen vorab durchsehen und Änderungswünsche bis Freitag melden.',
         'Die Einwahldaten folgen am Vortag per E-Mail; Rückfragen an das Büro.',
         'Tagesordnung: 1. Begrüßung, 2. Protokoll, 3. Bericht, 4. Verschiedenes.',
         'Für die Anfahrt empfehlen wir öffentliche Verkehrsmittel, Parkplätze sind knapp.',
         'Getränke stehen bereit; für Verpflegung ist gesorgt.')


def folded(lines):
    """Lines as they are sent: at most 75 bytes, no character cut in two."""
    out = []
    for line in lines:
        piece = line.encode()
        if len(piece) <= 75:
            out.append(piece)
            continue
        piece = b''
        for character in line:
            if len(piece) + len(character.encode()) > 75:
                out.append(piece)
                piece = b' '
            piece += character.encode()
        out.append(piece)
    return b'\r\n'.join(out) + b'\r\n'


def escaped(text):
    return text.replace('\\', '\\\\').replace(';', '\\;').replace(',', '\\,').replace('\n', '\\n')


def local(moment):
    return f'{moment:%Y%m%dT%H%M%S}'


def zulu(moment):
    return f'{moment.astimezone(dt.timezone.utc):%Y%m%dT%H%M%SZ}'


class Event:
    """One object: `uid`, `start`, `length`, its rule, and all its `starts` in Berlin's clock."""

    def __init__(self, rng, number):
        self.rng, self.number = rng, number
        self.uid = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        self.whole_days, self.rule, self.without, self.moved = False, None, [], {}
        self.free = rng.random() < 0.15
        self.status = rng.choices(('CONFIRMED', 'TENTATIVE', 'CANCELLED', None), (60, 8, 3, 29))[0]
        day = dt.datetime(YEAR - 1, 7, 1) + DAY * rng.randrange(730)
        if rng.random() < 0.2:
            rng.choices((self.weekly, self.open, self.yearly, self.monthly, self.daily), (45, 15, 15, 10, 15))[0](day)
            self.except_some()
        elif rng.random() < 0.1:
            self.days(day, rng.choices((1, 2, 5, 10), (70, 10, 15, 5))[0])
        else:
            self.timed(day)

    def timed(self, day):
        while day.weekday() > 4 and self.rng.random() < 0.9:
            day += DAY
        hour = self.rng.choices(range(6, 22), [1, 2] + 10 * [8] + 4 * [2])[0]
        self.start = day.replace(hour=hour, minute=self.rng.choice((0, 0, 0, 15, 30, 30, 45)))
        self.length = dt.timedelta(minutes=self.rng.choice((15, 30, 30, 45, 60, 60, 60, 90, 120, 180, 240)))
        self.starts = [self.start]

    def days(self, day, count):
        """Neither its first nor its last day is near the end of a month."""
        while not (3 <= day.day <= 26 and 3 <= (day + DAY * count).day <= 26):
            day += DAY
        self.whole_days, self.free = True, True
        self.start, self.length, self.starts = day, DAY * count, [day]

    def weekly(self, day, count=None):
        self.timed(day)
        count = count or self.rng.randrange(8, 60)
        every = self.rng.choice((1, 1, 1, 2))
        on = sorted({self.start.weekday()} | ({self.rng.randrange(5)} if self.rng.random() < 0.3 else set()))
        self.rule = 'FREQ=WEEKLY' + (f';INTERVAL={every}' if every > 1 else '') + ';BYDAY=' + ','.join(
            WEEKDAYS[d] for d in on)
        monday, self.starts = self.start - DAY * self.start.weekday(), []
        while len(self.starts) < count and monday < END:
            self.starts += [t for t in (monday + DAY * d for d in on) if t >= self.start]
            monday += DAY * 7 * every
        if len(self.starts) >= count:
            self.starts = self.starts[:count]
            last = zulu(self.starts[-1].replace(tzinfo=BERLIN))
            self.rule += self.rng.choice((f';COUNT={count}', f';UNTIL={last}'))
        else:
            self.rule += '' if count >= 1000 else f';COUNT={count}'

    def open(self, day):
        self.weekly(day, 1000)

    def yearly(self, _day):
        first = dt.datetime(self.rng.randrange(1950, YEAR - 5), self.rng.randrange(1, 13), self.rng.randrange(3, 26))
        self.whole_days, self.free, self.rule = True, True, 'FREQ=YEARLY'
        self.start, self.length = first, DAY
        self.starts = [first.replace(year=y) for y in range(first.year, END.year + 1)]

    def monthly(self, day):
        """On the first, second, third or fourth such day of a month."""
        self.timed(day)
        nth = min((self.start.day - 1) // 7, 3)
        self.start = self.start.replace(day=(self.start.day - 1) % 7 + 1 + 7 * nth)
        count = self.rng.randrange(6, 24)
        self.rule = f'FREQ=MONTHLY;BYDAY={nth + 1}{WEEKDAYS[self.start.weekday()]};COUNT={count}'
        self.starts = []
        for month in range(self.start.month - 1, self.start.month - 1 + count):
            first = self.start.replace(year=self.start.year + month // 12, month=month % 12 + 1, day=1)
            self.starts.append(first + DAY * ((self.start.weekday() - first.weekday()) % 7 + 7 * nth))

    def daily(self, day):
        self.timed(day)
        count = self.rng.randrange(3, 11)
        self.rule = f'FREQ=DAILY;COUNT={count}'
        self.starts = [self.start + DAY * n for n in range(count)]

    def except_some(self):
        """Some do without instances, some have moved ones."""
        inner = self.starts[1:40]
        if self.whole_days or len(inner) < 5:
            return
        if self.rng.random() < 0.2:
            self.without = sorted(self.rng.sample(inner, self.rng.randrange(1, 4)))
        rest = [t for t in inner if t not in self.without]
        if self.rng.random() < 0.15:
            self.moved = {t: t + dt.timedelta(hours=self.rng.choice((1, 2, 24, 25, -1)))
                          for t in sorted(self.rng.sample(rest, 2))}

    def instances(self):
        """(start, end) of each."""
        zone = dt.timezone.utc if self.whole_days else BERLIN
        for start in self.starts:
            if start not in self.without:
                start = self.moved.get(start, start)
                yield start.replace(tzinfo=zone), (start + self.length).replace(tzinfo=zone)

    def times(self, start):
        if self.whole_days:
            return [f'DTSTART;VALUE=DATE:{start:%Y%m%d}', f'DTEND;VALUE=DATE:{start + self.length:%Y%m%d}']
        return [f'DTSTART;TZID=Europe/Berlin:{local(start)}', f'DTEND;TZID=Europe/Berlin:{local(start + self.length)}']

    def about(self):
        """What the object and its moved instances have in common."""
        rng, lines = self.rng, []
        if rng.random() < 0.6:
            lines.append('LOCATION:' + escaped(rng.choice(WHERE)))
        if rng.random() < 0.5:
            lines.append('DESCRIPTION:' + escaped('\n'.join(rng.sample(NOTES, rng.randrange(1, 5)))))
        if self.status:
            lines.append(f'STATUS:{self.status}')
        lines += ['TRANSP:' + ('TRANSPARENT' if self.free else 'OPAQUE'), f'SEQUENCE:{rng.randrange(4)}']
        if not self.whole_days and rng.random() < 0.1:
            lines.append('ORGANIZER;CN="Büro Süd":mailto:buero@extern.example')
            lines += [f'ATTENDEE;CN="{rng.choice(WHO)}";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT='
                      f'{rng.choice(("NEEDS-ACTION", "ACCEPTED", "DECLINED"))};RSVP=TRUE:'
                      f'mailto:gast{n:02}.{self.number}@extern.example' for n in range(20)]
        return lines + (ALARM if rng.random() < 0.4 else [])

    def bytes(self):
        made = zulu(dt.datetime(YEAR - 1, 5, 1, tzinfo=dt.timezone.utc) + dt.timedelta(minutes=self.number))
        same = [f'UID:{self.uid}', f'DTSTAMP:{made}', f'CREATED:{made}', f'LAST-MODIFIED:{made}',
                'SUMMARY:' + escaped(f'{self.rng.choice(WHAT)} – {self.rng.choice(WHO)}'), *self.about()]
        lines = HEAD + ([] if self.whole_days else ZONE) + ['BEGIN:VEVENT', *self.times(self.start)]
        lines += [f'RRULE:{self.rule}'] if self.rule else []
        lines += [f'EXDATE;TZID=Europe/Berlin:{local(t)}' for t in self.without] + [*same, 'END:VEVENT']
        for start, moved in self.moved.items():
            lines += ['BEGIN:VEVENT', f'RECURRENCE-ID;TZID=Europe/Berlin:{local(start)}', *self.times(moved), *same,
                      'END:VEVENT']
        return folded([*lines, 'END:VCALENDAR'])


def merged(spans):
    out = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return out


def truth(events, month):
    """What a month has: UIDs, the number of instances, merged times that are busy, within it."""
    first = dt.datetime(YEAR, month, 1, tzinfo=dt.timezone.utc)
    last = dt.datetime(YEAR + month // 12, month % 12 + 1, 1, tzinfo=dt.timezone.utc)
    uids, busy, count = set(), [], 0
    for event in events:
        there = [(s, e) for s, e in event.instances() if s < last and e > first]
        count += len(there)
        if there:
            uids.add(event.uid)
        if not event.free and event.status != 'CANCELLED':
            busy += [(max(s, first), min(e, last)) for s, e in there]
    return {'start': zulu(first), 'end': zulu(last), 'uids': uids, 'instances': count,
            'busy': [(zulu(s), zulu(e)) for s, e in merged(busy)]}


# What the scenarios of PUT store, {n} in it.
NEW = folded([*HEAD, *ZONE, 'BEGIN:VEVENT', 'UID:new-{n}@bench.example', 'DTSTAMP:20250101T080000Z',
              'DTSTART;TZID=Europe/Berlin:20250512T100000', 'DTEND;TZID=Europe/Berlin:20250512T110000',
              'SUMMARY:Übergabe {n} – Käthe Großmann', 'LOCATION:Großer Saal', 'DESCRIPTION:' + escaped(NOTES[0]),
              'TRANSP:OPAQUE', 'SEQUENCE:0', *ALARM, 'END:VEVENT', 'END:VCALENDAR'])


class Corpus:
    """The objects as files 000000.ics..., their names (uid.ics) in the same order, the truth of the twelve months."""

    def __init__(self, folder, count):
        rng = random.Random(1)
        events = [Event(rng, n) for n in range(count)]
        self.files, self.list, self.new = folder / '{n}.ics', folder / 'names', folder / 'new.ics'
        for number, event in enumerate(events):
            (folder / f'{number:06}.ics').write_bytes(event.bytes())
        self.names = [f'{event.uid}.ics' for event in events]
        self.list.write_text('\n'.join(self.names) + '\n')
        self.new.write_bytes(NEW)
        self.months = [truth(events, month) for month in range(1, 13)]

    def object(self, number):
        return self.files.with_name(f'{number:06}.ics').read_bytes()

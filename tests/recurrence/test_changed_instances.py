"""Series with moved, longer and removed instances, against python3-recurring-ical-events (RFC 5545, 3.8.4.4)."""
import datetime as dt
import os
import random

import cases
import expanders
import icalendar
import recurring_ical_events

LONG = bool(os.environ.get('LONG'))
SERIES = 5000 if LONG else 700
RULES = ['DAILY', 'DAILY;INTERVAL=3', 'WEEKLY', 'WEEKLY;INTERVAL=2;BYDAY=MO,TH', 'WEEKLY;BYDAY=SA,SU', 'MONTHLY', 'MONTHLY;BYDAY=2TU',
         'MONTHLY;BYDAY=-1FR', 'MONTHLY;BYMONTHDAY=-1', 'YEARLY', 'YEARLY;BYMONTH=3,10;BYDAY=-1SU']


class Series:
    """Drawn at random; by day, since the other library takes the second of two equal times on the wall (3.3.5 the first)."""

    def __init__(self, source):
        self.whole = source.random() < .3
        self.zone = None if self.whole else source.choice([*cases.ZONES, None])
        self.start = dt.datetime(2024, 1, 1, source.randrange(6, 21), source.choice([0, 15, 30])) + dt.timedelta(source.randrange(900))
        if self.whole:
            self.start = self.start.replace(hour=0, minute=0)
        self.length = dt.timedelta(days=source.randint(1, 3)) if self.whole else dt.timedelta(minutes=15 * source.randint(1, 12))
        self.rule = source.choice(RULES) + (f';COUNT={source.randint(3, 40)}' if source.random() < .5 else '')
        case = cases.Case(f'FREQ={self.rule}', self.start, None, None, [], [], 0, 0)
        last = self.start + dt.timedelta(days=700)
        walls = [wall for wall in (self.start, *expanders.walls(case, last)) if wall <= last]
        picked = source.sample(sorted(set(walls)), min(len(set(walls)), 5))
        self.less, self.changed = picked[:2], [(wall, self.moved(source, wall), source.choice([1, 2])) for wall in picked[2:]]
        self.ask = self.start + dt.timedelta(days=source.randrange(-10, 500))

    def moved(self, source, wall):
        by = dt.timedelta(days=source.randrange(-20, 20))
        return wall + by if self.whole else (wall + by).replace(hour=source.randrange(6, 21))

    def line(self, name, *walls):
        if self.whole:
            return f'{name};VALUE=DATE:' + ','.join(f'{wall:%Y%m%d}' for wall in walls)
        return f'{name}{f";TZID={self.zone}" if self.zone else ""}:' + ','.join(f'{wall:%Y%m%dT%H%M%S}' for wall in walls)

    def event(self, start, length, *more):
        return ['BEGIN:VEVENT', 'UID:series', 'DTSTAMP:20240101T000000Z', self.line('DTSTART', start), self.line('DTEND', start + length),
                *more, 'END:VEVENT']

    def ics(self):
        lines = self.event(self.start, self.length, f'RRULE:FREQ={self.rule}', *([self.line('EXDATE', *self.less)] if self.less else []))
        for wall, to, times in self.changed:
            lines += self.event(to, times * self.length, self.line('RECURRENCE-ID', wall))
        return '\r\n'.join(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chapterd//tests//EN', *lines, 'END:VCALENDAR', '']).encode()

    def expected(self, start, end):
        """Of UTC where it floats or is a whole day: so the probe counts."""
        found = recurring_ical_events.of(icalendar.Calendar.from_ical(self.ics())).between(start, end)
        return sorted((self.seconds(one['DTSTART'].dt), self.seconds(one['DTEND'].dt)) for one in found)

    def seconds(self, when):
        if not isinstance(when, dt.datetime):
            when = dt.datetime(when.year, when.month, when.day)
        return expanders.when(when.replace(tzinfo=None), self.zone)


def test_changed_instances(ask):
    seed = int(os.environ.get('SEED', random.randrange(10**9) if LONG else 2026))
    print(f'SEED={seed}')
    source, some = random.Random(seed), 0
    for number in range(SERIES):
        series = Series(source)
        start, end = (when.replace(tzinfo=dt.timezone.utc) for when in (series.ask, series.ask + dt.timedelta(days=120)))
        expected = [one for one in series.expected(start - dt.timedelta(days=40), end + dt.timedelta(days=40))
                    if one[0] < end.timestamp() and one[1] > start.timestamp()]
        found = sorted((int(row[0]), int(row[1])) for row in ask(series.ics(), int(start.timestamp()), int(end.timestamp())))
        assert [one for one in found if one[0] < end.timestamp() and one[1] > start.timestamp()] == expected, \
            f'series {number} of SEED={seed}:\n{series.ics().decode()}'
        some += len(found)
    assert some > SERIES
    print(f'{SERIES} series, {some} instances')

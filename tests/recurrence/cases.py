"""Recurrences drawn at random over every FREQ, twenty zones, both sides of each change of the clocks."""
import dataclasses
import datetime as dt

import expanders

ZONES = ['Europe/Berlin', 'Europe/London', 'Europe/Lisbon', 'Europe/Moscow', 'America/New_York', 'America/Sao_Paulo',
         'America/Los_Angeles', 'America/St_Johns', 'America/Havana', 'Africa/Casablanca', 'Africa/Cairo',
         'Asia/Kolkata', 'Asia/Tehran', 'Asia/Tokyo', 'Asia/Kathmandu', 'Australia/Sydney', 'Australia/Lord_Howe',
         'Pacific/Auckland', 'Pacific/Apia', 'Antarctica/Troll']
DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
# Where clocks change, or a month or year is odd.
EDGES = [dt.datetime(2026, 3, 29, 2, 30), dt.datetime(2026, 10, 25, 2, 30), dt.datetime(2026, 3, 8, 2, 30),
         dt.datetime(2026, 11, 1, 1, 30), dt.datetime(2026, 4, 5, 2, 45), dt.datetime(2026, 10, 4, 2, 15),
         dt.datetime(2024, 2, 29, 23, 30), dt.datetime(2025, 12, 31, 0, 0), dt.datetime(2026, 1, 31, 12, 0),
         dt.datetime(2020, 12, 28, 18, 0), dt.datetime(2026, 3, 22, 0, 30)]


@dataclasses.dataclass
class Case:
    rule: str
    start: dt.datetime
    zone: str  # None: it floats
    until: int  # seconds since 1970; None: the rule has none, or dateutil knows it
    more: list
    less: list
    ask_from: int
    ask_to: int

    def ics(self):
        form = '%Y%m%dT%H%M%S'
        zone = f';TZID={self.zone}' if self.zone else ''
        until = dt.datetime.fromtimestamp(self.until, expanders.UTC) if self.until is not None else None
        rule = self.rule + (f';UNTIL={until:{form}}Z' if until else '')
        lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chapterd//tests//', 'BEGIN:VEVENT', 'UID:case',
                 f'DTSTART{zone}:{self.start:{form}}', 'DURATION:PT1H', f'RRULE:{rule}']
        for name, walls in (('RDATE', self.more), ('EXDATE', self.less)):
            if walls:
                lines.append(f'{name}{zone}:' + ','.join(f'{wall:{form}}' for wall in walls))
        return ('\r\n'.join([*lines, 'END:VEVENT', 'END:VCALENDAR']) + '\r\n').encode()


def numbers(random, low, high, most):
    values = sorted(random.sample([n for n in range(low, high + 1) if n != 0], random.randint(1, most)))
    return ','.join(map(str, values))


def draw_parts(random, freq):
    """The parts of a rule that RFC 5545 (3.3.10) allows beside each other and chapterd takes."""
    parts = {'INTERVAL': str(random.choice([1, 1, 1, 2, 3, 5]))}
    maybe = lambda chance: random.random() < chance
    if maybe(.2):
        parts['WKST'] = random.choice(DAYS)
    if freq in ('HOURLY', 'MINUTELY'):
        if maybe(.4):
            parts['BYDAY'] = ','.join(random.sample(DAYS, random.randint(1, 4)))
        if maybe(.4):
            parts['BYHOUR'] = numbers(random, 1, 23, 4)
        return parts
    if maybe(.25):
        parts['BYMONTH'] = numbers(random, 1, 12, 4)
    if freq in ('MONTHLY', 'YEARLY', 'DAILY') and maybe(.3):
        parts['BYMONTHDAY'] = numbers(random, -28, 31, 4)
    elif freq == 'YEARLY' and maybe(.2):
        parts['BYYEARDAY'] = numbers(random, -366, 366, 4)
    elif freq == 'YEARLY' and 'BYMONTH' not in parts and maybe(.2):
        parts['BYWEEKNO'] = numbers(random, -51, 53, 4)  # further back may be the first: see the unit tests
    if 'BYWEEKNO' in parts or maybe(.5):
        ordinal = freq in ('MONTHLY', 'YEARLY') and 'BYWEEKNO' not in parts and maybe(.6)
        span = 4 if freq == 'MONTHLY' or 'BYMONTH' in parts else 20
        parts['BYDAY'] = ','.join(
            (str(random.choice([n for n in range(-span, span + 1) if n != 0])) if ordinal else '') + day
            for day in random.sample(DAYS, random.randint(1, 3)))
    if maybe(.1):
        parts['BYHOUR'] = numbers(random, 0, 23, 2)
    if maybe(.1) and len(parts) > 1 and any(name.startswith('BY') for name in parts):
        parts['BYSETPOS'] = numbers(random, -3, 3, 2)
    return parts


def draw(random):
    freq = random.choice(['DAILY', 'WEEKLY', 'WEEKLY', 'MONTHLY', 'MONTHLY', 'YEARLY', 'YEARLY', 'HOURLY', 'MINUTELY'])
    zone = random.choice([*ZONES, None])
    start = random.choice(EDGES) if random.random() < .5 else \
        dt.datetime(2015, 1, 1) + dt.timedelta(minutes=15 * random.randrange(10 * 365 * 96))
    parts, until = draw_parts(random, freq), None
    if freq == 'WEEKLY' and 'BYSETPOS' in parts:  # dateutil counts from the start, not from the beginning of its week
        parts['WKST'] = DAYS[start.weekday()]
    ends = random.random()
    if ends < .25:
        parts['COUNT'] = str(random.randint(1, 60))
    elif ends < .45:
        until = expanders.when(start, zone) + random.randrange(86400 * 900) // 900 * 900
    rule = ';'.join([f'FREQ={freq}', *(f'{name}={value}' for name, value in parts.items())])
    ask = expanders.when(start, zone) + random.randrange(-5, 900) * 86400
    span = random.choice([40, 400])
    if freq in ('HOURLY', 'MINUTELY'):  # dateutil counts them one by one
        ask, span = expanders.when(start, zone) + random.randrange(-1, 20 if freq == 'HOURLY' else 3) * 86400, 3
    case = Case(rule, start, zone, until, [], [], ask, ask + span * 86400)
    if random.random() < .3:
        case.more = [start + dt.timedelta(hours=random.randrange(24 * 300)) for _ in range(random.randint(1, 4))]
    if random.random() < .3:  # some that are there, and one that is not, are taken away
        case.less = [start, *case.more[:1], *expanders.first(case, 3), start + dt.timedelta(hours=5000)]
    return case

"""What python3-dateutil and zoneinfo say of a recurrence; nothing here knows how chapterd does it."""
import datetime as dt
import itertools
import warnings
import zoneinfo

from dateutil import rrule

UTC = dt.timezone.utc
dt.MAXYEAR = 2040  # to where dateutil looks for what never comes


def when(wall, zone):
    """Seconds since 1970 of a time on the wall: the first of two, and as if before a gap (RFC 5545, 3.3.5)."""
    if zone is None:
        return int(wall.replace(tzinfo=UTC).timestamp())
    return int(wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).timestamp())


def walls(case, last):
    """What the rule gives up to a time on the wall."""
    try:
        with warnings.catch_warnings():  # of COUNT beside UNTIL, which is allowed to nobody but us
            warnings.simplefilter('ignore')
            return rrule.rrulestr(f'{case.rule};UNTIL={last:%Y%m%dT%H%M%S}', dtstart=case.start)
    except ValueError as error:  # so it says that no time of a day ever fits
        assert 'empty set' in str(error), case.rule
        return []


def first(case, n):
    """The first few that the rule gives before the year is over."""
    return list(itertools.islice(walls(case, case.start + dt.timedelta(days=300)), n))


def instances(case, start, end):
    """All starts of a case in [start, end): its DTSTART, rule and dates, without the excluded ones."""
    last = dt.datetime.fromtimestamp(end, UTC).replace(tzinfo=None) + dt.timedelta(days=2)
    found = {when(case.start, case.zone)} | {when(wall, case.zone) for wall in case.more}
    for wall in walls(case, last):
        at = when(wall, case.zone)
        if wall > last or case.until is not None and at > case.until:
            break
        found.add(at)
    return sorted(at for at in found - {when(wall, case.zone) for wall in case.less} if start <= at < end)

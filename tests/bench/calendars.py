"""Scenarios perf-C1 to perf-C5: what clients do with calendars, of 5,000 events and of new ones.

Every answer is compared with what corpus.py knows; a peer whose answers differ is measured all the same, since most
differ, and named. Ours may not differ.
"""
import calendar
import re
import time
import urllib.parse

from lib.caldav import C, D, answers, component, free_busy, multiget, query, span
from lib.client import sync_body
from peers import Failed

XML = ('-H', 'Content-Type: application/xml; charset=utf-8')
ICS = ('-H', 'Content-Type: text/calendar; charset=utf-8')
POLL = ('<D:propfind xmlns:D="DAV:" xmlns:S="http://calendarserver.org/ns/"><D:prop><S:getctag/><D:sync-token/></D:prop>'
        '</D:propfind>')
BATCH = 50
CHANGED = 5


def big(peer):
    return peer.calendars + 'big/'


def work(peer):
    return peer.calendars + 'work/'


def report(peer, body, depth='1'):
    answer = peer.client()('REPORT', big(peer), body, Depth=depth, Content_Type='application/xml; charset=utf-8')
    if answer.status not in (200, 207):
        raise Failed(f'{peer.name}: {answer}')
    return answer


def names(found):
    """The objects of a multistatus that have an ETag, by name."""
    return {urllib.parse.unquote(n) for n, p in found.items() if n and isinstance(p, dict) and p.get(f'{D}getetag')}


def prepare(b, peer):
    client = peer.client()
    for target in (big(peer), work(peer)):
        answer = client('MKCALENDAR', target)
        if answer.status != 201:
            raise Failed(f'{peer.name}: MKCALENDAR {answer}')
    peer.fill(b, big(peer))


def reports(b, scenario, peer, name, body, *options, depth='1'):
    """Reports with the same body, or with those of the files {n}."""
    if isinstance(body, list):
        for number, one in enumerate(body):
            b.file(f'{name}-{number:06}.xml').write_text(one)
        path = b.file(f'{name}-{{n}}.xml')
        options = ('-m', len(body), *options)
    else:
        path = b.file(f'{name}.xml')
        path.write_text(body)
    b.measure(scenario, peer, 'REPORT', big(peer), *peer.close, '-H', f'Depth: {depth}', *XML, '-b', path, *options)


def c1(b, peer, _rep):
    """All of a calendar, as a client gets it that comes for the first time."""
    everything = sync_body()
    answer = report(peer, everything, '0')
    found = names(answers(answer))
    scenario = f'C1 sync-collection, empty token, {len(b.corpus.names):,} events, 1 conn.'
    b.compare(scenario, peer, found ^ set(b.corpus.names))
    reports(b, scenario, peer, 'sync', everything, '-d', b.seconds, '-e', '207', '-k',
            f'href>/={answer.body.count(b"href>/")}', depth='0')
    all_names = b.corpus.names
    batches = [all_names[n:n + BATCH] for n in range(0, len(all_names), BATCH)]
    bodies = [multiget([big(peer) + name for name in batch]) for batch in batches]
    found = answers(report(peer, bodies[0]))
    wrong = [n for n in batches[0] if f'UID:{n[:-4]}' not in ((found.get(n) or {}).get(f'{C}calendar-data') or '')]
    for c in (1, 8):
        scenario = f'C1 multiget of {BATCH}, {c} conn.'
        b.compare(scenario, peer, wrong)
        reports(b, scenario, peer, 'multiget', bodies, '-c', c, '-d', b.seconds, '-e', '207', '-k', f'BEGIN:VCALENDAR={BATCH}')


def c2(b, peer, _rep):
    """Fifty clients ask whether there is something new; every tenth time they fetch what it is."""
    client = peer.client()
    token = client('PROPFIND', big(peer), POLL, Depth='0', Content_Type='application/xml').multistatus().only().text('sync-token')
    time.sleep(2.1)  # some have tokens with a resolution of seconds
    for n in range(CHANGED):
        data = re.sub(rb'\nSEQUENCE:\d+', b'\nSEQUENCE:%d' % (time.time() // 10), b.corpus.object(n))
        answer = client.put(big(peer) + b.corpus.names[n], data, Content_Type='text/calendar; charset=utf-8')
        if answer.status not in (200, 201, 204):
            raise Failed(f'{peer.name}: {answer}')
    time.sleep(1.1)
    since = b.file('since.xml')
    since.write_text(sync_body(token))
    answer = report(peer, sync_body(token), '0')
    scenario = 'C2 poll storm, 50 conn.'
    b.compare(scenario, peer, names(answers(answer)) ^ set(b.corpus.names[:CHANGED]))
    b.file('poll.xml').write_text(POLL)
    b.measure(scenario, peer, 'PROPFIND', big(peer), '-c', 50, '-d', b.seconds, *peer.close, *XML, '-H', 'Depth: 0', '-e', '207',
              '-b', b.file('poll.xml'), '-k', 'getctag>=2', '-t', 9, then=(
                  '-b', since, '-k', f'href>/={answer.body.count(b"href>/")}', '-t', 1,
                  'REPORT', big(peer)))


def monthly(b, peer, scenarios, name, make, needle, judge):
    """A report for each month. `scenarios`: {name: connections}. What is counted while it is measured is what the
    server said when it was compared with the truth."""
    bodies = [make(m['start'], m['end']) for m in b.corpus.months]
    counts, wrong = [], []
    for month, body in zip(b.corpus.months, bodies):
        answer = report(peer, body)
        counts.append(str(answer.body.count(needle.encode())))
        wrong += judge(month, answer)
    b.file(f'{name}-counts').write_text('\n'.join(counts) + '\n')
    for scenario, c in scenarios.items():
        b.compare(scenario, peer, wrong)
        reports(b, scenario, peer, name, bodies, '-c', c, '-d', b.seconds, '-e', '200,207', '-k',
                f'{needle}=@{b.file(f"{name}-counts")}')


def month_query(start, end, data='<C:calendar-data/>'):
    return query(component('VEVENT', span(start, end)), f'<D:getetag/>{data}')


def c3(b, peer, _rep):
    """The month that somebody looks at: its objects; its instances."""
    def objects(month, answer):
        found = {n[:-4] for n in names(answers(answer))}
        return [f'{month["start"][:6]} {uid}' for uid in found ^ month['uids']]

    monthly(b, peer, {'C3 time-range query, one month, 1 conn.': 1, 'C3 the same, 4 conn.': 4}, 'query', month_query,
            'BEGIN:VCALENDAR', objects)

    def instances(month, answer):
        count = answer.body.count(b'BEGIN:VEVENT')
        return [] if count == month['instances'] else [f'{month["start"][:6]} {count} instances, not {month["instances"]}']

    if 'expand' in peer.reports:
        monthly(b, peer, {'C3 time-range query with expand, 1 conn.': 1}, 'expand',
                lambda s, e: month_query(s, e, f'<C:calendar-data>{span(s, e, "expand")}</C:calendar-data>'), 'BEGIN:VEVENT',
                instances)


def c4(b, peer, rep):
    """One event: new, read, deleted."""
    new = {}
    for c, first, count in ((1, 0, 300), (16, 1000, 2000)):
        def put(c=c, first=first, count=count):
            new[c] = b.run(peer, 'PUT', f'{work(peer)}new-{rep}{{n}}.ics', *peer.close, *ICS, '-H', 'If-None-Match: *', '-b',
                           b.corpus.new, '-c', c, '-s', first, '-n', count, '-d', b.seconds, '-e', '201')
            return new[c]
        b.record(f'C4 PUT of a new event, {c} conn.', peer, put)
    text = peer.client().get(f'{work(peer)}new-{rep}001000.ics').text
    if 'Übergabe 001000' not in re.sub(r'\r?\n[ \t]', '', text):
        raise Failed(f'{peer.name}: a new event reads {text}')
    for c in (1, 16):
        b.measure(f'C4 GET of an event, {c} conn.', peer, 'GET', big(peer) + '{l}', *peer.close, '-c', c, '-d', b.seconds, '-m',
                  len(b.corpus.names), '-l', b.corpus.list, '-e', '200', '-k', 'BEGIN:VCALENDAR=1')
    for c, first in ((1, 0), (16, 1000)):
        b.measure(f'C4 DELETE, {c} conn.', peer, 'DELETE', f'{work(peer)}new-{rep}{{n}}.ics', *peer.close, '-c', c, '-s', first,
                  '-n', new[c]['requests'], '-e', '200,204')


def busy(text):
    """The times that a VFREEBUSY says are taken, merged, as (start, end)."""
    spans = []
    for line in re.sub(r'\r?\n[ \t]', '', text).splitlines():
        if line.startswith('FREEBUSY') and 'FBTYPE=FREE' not in line:
            spans += [(start, end_of(start, end)) for start, end in
                      (period.split('/') for period in line.partition(':')[2].split(','))]
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def end_of(start, end):
    """A period ends at a moment or lasts so long."""
    if not end.startswith('P'):
        return end
    days, hours, minutes, seconds = (int(n or 0) for n in re.fullmatch(
        r'P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?', end).groups())
    begun = calendar.timegm(time.strptime(start, '%Y%m%dT%H%M%SZ'))
    return time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(begun + 86400 * days + 3600 * hours + 60 * minutes + seconds))


def c5(b, peer, _rep):
    """When somebody has time in a month."""
    if 'freebusy' in peer.reports:
        monthly(b, peer, {'C5 free-busy-query, one month, 1 conn.': 1}, 'busy', free_busy, 'BEGIN:VFREEBUSY',
                lambda month, answer: [f'{month["start"][:6]} {p}' for p in set(busy(answer.text)) ^ set(month['busy'])])

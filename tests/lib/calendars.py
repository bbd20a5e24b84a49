"""Calendar objects for tests."""


def event(uid, *lines, start='DTSTART:20270301T180000Z', end='DTEND:20270301T200000Z', summary='Treffen'):
    """One event; more lines go into it."""
    body = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chapterd//tests//EN', 'BEGIN:VEVENT', f'UID:{uid}',
            'DTSTAMP:20260101T000000Z', start, *([end] if end else []), f'SUMMARY:{summary}', *lines, 'END:VEVENT', 'END:VCALENDAR', '']
    return '\r\n'.join(body).encode()


def todo(uid, *lines, summary='Aufgabe'):
    """One task; more lines go into it."""
    body = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chapterd//tests//EN', 'BEGIN:VTODO', f'UID:{uid}',
            'DTSTAMP:20260101T000000Z', f'SUMMARY:{summary}', *lines, 'END:VTODO', 'END:VCALENDAR', '']
    return '\r\n'.join(body).encode()

"""The pages in a real browser: with and without JavaScript, phone and desktop, light and dark, two languages."""
import datetime
import hashlib
import os
import pathlib
import subprocess
import tempfile

import pytest

from lib.calendars import event
from lib.post import Relay
from lib.stack import LONG

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PICTURES = str(ROOT / 'build' / 'screenshots')  # LONG=1 makes them all

# Each with each: with and without a script on both sizes, both sizes in both schemes; how deep is in browser.mjs.
EACH = ['script-phone-light-de', 'script-desktop-dark-en', 'plain-phone-dark-en', 'plain-desktop-light-de']
PAGES = [(s, PICTURES) for s in EACH] if LONG else [('script-phone-light-de', 'judge'), ('plain-desktop-dark-en', 'walk')]
UPLOADS = [(s, PICTURES) for s in EACH[:2]] if LONG else [('script-phone-light-de', 'judge')]


@pytest.fixture(scope='session', autouse=True)
def packages():
    if not (HERE / 'node_modules' / 'playwright-core').is_dir():
        subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts'], cwd=HERE, check=True, timeout=300)


def walk(program, server, scenario, depth, own, *more):
    """The number of its lines, which are all good."""
    run = subprocess.run(['node', program, server.url, scenario, depth, *more], cwd=HERE, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=900, env={**os.environ, 'TMPDIR': own})
    print(run.stdout)
    lines = [line for line in run.stdout.splitlines() if line.startswith(('ok ', 'not ok '))]
    wrong = [line for line in lines if line.startswith('not ok')]
    assert not wrong and run.returncode == 0, run.stdout[-3000:]
    left = list(pathlib.Path(own).glob(f'chapterd-browser-*/*{scenario}*'))
    assert not left
    return len(lines)


@pytest.mark.parametrize('scenario, depth', PAGES, ids=[s for s, _ in PAGES])
def test_pages(server, scenario, depth):
    with tempfile.TemporaryDirectory(prefix='walk-') as own:
        assert walk('pages.mjs', server, scenario, depth, own) >= (110 if depth == 'walk' else 600), 'not to the end'


@pytest.mark.parametrize('scenario, depth', UPLOADS, ids=[s for s, _ in UPLOADS])
def test_uploads(server, scenario, depth):
    """Files and folders through a line that breaks, and a page that is loaded anew meanwhile."""
    with tempfile.TemporaryDirectory(prefix='walk-') as own:
        assert walk('uploads.mjs', server, scenario, depth, own) >= 45, 'not to the end'


@pytest.mark.parametrize('scenario, depth', PAGES, ids=[s for s, _ in PAGES])
def test_feeds(server, scenario, depth):
    """Addresses to subscribe to, and what comes into a calendar from a file and goes out of it."""
    with tempfile.TemporaryDirectory(prefix='walk-') as own:
        assert walk('feeds.mjs', server, scenario, depth, own) >= (20 if depth == 'walk' else 60), 'not to the end'


@pytest.mark.parametrize('scenario, depth', PAGES, ids=[s for s, _ in PAGES])
def test_mail(stack, scenario, depth):
    """What is said when an invitation goes by mail, and the page where one asks for no more."""
    relay = Relay()
    server = stack.daemon({'smtp_url': relay.url, 'mail_from': 'chapters@verband.test'}, name='mail')
    try:
        address = f'stop-{os.urandom(4).hex()}@example.org'
        stack.ctl('guest', 'invite', 'jena', address, '--name', 'Paula', '--until', str(datetime.date.today() + datetime.timedelta(9)),
                  conf=server.conf)
        [mail] = relay.wait(address)
        with tempfile.TemporaryDirectory(prefix='walk-') as own:
            code = mail['List-Unsubscribe'].strip('<>').rpartition('/')[2]
            assert walk('mail.mjs', server, scenario, depth, own, code) >= (6 if depth == 'walk' else 8), 'not to the end'
    finally:
        server.stop()
        relay.close()


def invited(stack, server, **when):
    """The token of an outsider for an event of jena."""
    uid, token = os.urandom(8).hex(), os.urandom(16).hex()
    body = event(uid, 'ORGANIZER;CN=Kreis:/dav/principals/users/jena-chair/', 'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:gast@example.org',
                 'LOCATION:Kulturhaus\\, Saal 2', 'DESCRIPTION:Bringt eure Ideen mit.\\n\\nEs gibt Kaffee\\, Tee und Kuchen.',
                 summary='Vorstandssitzung mit Gästen', **when)
    chair = server.client('jena-chair')
    assert chair.put(f'/dav/calendars/jena-chair/jena.termine/{uid}.ics', body, Content_Type='text/calendar').status == 201
    stack.sql('UPDATE calendar_object SET role = 1 WHERE uid = %s', uid)
    stack.sql('INSERT INTO reply_link (hash, chapter_id, uid, address) VALUES (%s, (SELECT id FROM chapter WHERE slug = %s), %s, %s)',
              hashlib.sha256(token.encode()).digest(), 'jena', uid, 'mailto:gast@example.org')
    return token


@pytest.mark.parametrize('scenario, depth', PAGES, ids=[s for s, _ in PAGES])
def test_reply(stack, server, scenario, depth):
    """An invitation that came by mail is answered without an account; somebody chooses who sees when she is busy."""
    coming = invited(stack, server, start='DTSTART;TZID=Europe/Berlin:20290301T180000', end='DTEND;TZID=Europe/Berlin:20290301T200000')
    past = invited(stack, server, start='DTSTART:20200301T180000Z', end='DTEND:20200301T200000Z')
    with tempfile.TemporaryDirectory(prefix='walk-') as own:
        assert walk('reply.mjs', server, scenario, depth, own, coming, past) >= (14 if depth == 'walk' else 60), 'not to the end'

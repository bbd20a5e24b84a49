"""vdirsyncer and khal: two machines of one person, from the bare host name on."""
import re
import subprocess
import uuid

import pytest

from lib.browser import Browser, form_of

CONFIG = """[general]
status_path = "{home}/status/"

[pair all]
a = "here"
b = "there"
collections = ["from a", "from b"]
conflict_resolution = null
metadata = ["displayname", "color"]

[storage here]
type = "filesystem"
path = "{home}/all/"
fileext = "{extension}"

[storage there]
type = "{kind}"
url = "{url}"
username = "jena-member"
password.fetch = ["command", "cat", "{home}/password"]
"""
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//chapterd//tests//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:20261201T100000Z
DTEND:20261201T110000Z
SUMMARY:{title}
END:VEVENT
END:VCALENDAR
"""


CARD = 'BEGIN:VCARD\nVERSION:3.0\nUID:{uid}\nFN:{title}\nN:{title};;;;\nEND:VCARD\n'
# kind: extension, what an object is, the line with its title
KINDS = {'caldav': ('.ics', EVENT, 'SUMMARY'), 'carddav': ('.vcf', CARD, 'FN')}


class Machine:
    """A home directory with vdirsyncer in it."""

    def __init__(self, home, server, password, kind='caldav'):
        self.home = home
        self.extension, self.object, self.line = KINDS[kind]
        home.mkdir()
        (home / 'password').write_text(password)
        (home / 'config').write_text(CONFIG.format(home=home, url=server.url, kind=kind, extension=self.extension))
        self.env = {'HOME': str(home), 'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'}

    def __call__(self, *command, code=0, answer='y\n' * 50, program='vdirsyncer'):
        command = [program, *(['-c', self.home / 'config'] if program == 'vdirsyncer' else []), *command]
        done = subprocess.run([str(c) for c in command], env=self.env, input=answer, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, cwd=self.home)
        assert done.returncode == code, f'{command}: {done.returncode}\n{done.stdout}'
        return done.stdout

    def sync(self, *more, **how):
        return self('sync', *more, **how)

    def prefer(self, what):
        """Of two that were changed: 'a wins' is what is here."""
        config = self.home / 'config'
        config.write_text(config.read_text().replace('conflict_resolution = null', f'conflict_resolution = "{what}"'))

    def folder(self, name):
        return self.home / 'all' / name

    def file(self, name, title):
        [file] = [f for f in self.folder(name).glob('*' + self.extension) if f'{self.line}:{title}' in f.read_text()]
        return file

    def titles(self, name):
        text = ''.join(f.read_text() for f in self.folder(name).glob('*' + self.extension))
        return sorted(re.findall(rf'^{self.line}:(.*?)\r?$', text, re.M))

    def write(self, name, uid, title):
        self.folder(name).mkdir(parents=True, exist_ok=True)
        (self.folder(name) / f'{uid}{self.extension}').write_text(self.object.format(uid=uid, title=title))

    def change(self, name, was, becomes):
        file = self.file(name, was)
        file.write_text(file.read_text().replace(f'{self.line}:{was}', f'{self.line}:{becomes}'))

    def remove(self, name, title):
        self.file(name, title).unlink()


@pytest.fixture
def machines(server, app_password, login, tmp_path):
    """Two machines, and calendars of this test's own: a name, and another."""
    password, _ = app_password('jena-member', 'calendars')
    names = [f'vds-{uuid.uuid4().hex[:8]}' for _ in range(2)]
    one, two = (Machine(tmp_path / name, server, password) for name in ('one', 'two'))
    yield one, two, *names
    for name in names:
        login('jena-member').delete(f'/dav/calendars/jena-member/{name}/')


def test_two_machines(machines):
    """Discover, create, change, move to another calendar, delete: the other one has it after a sync."""
    one, two, calendar, other = machines
    one.write(calendar, 'e1', 'Sitzung ü')
    one.folder(other).mkdir(parents=True)
    found = one('discover')
    assert 'jena.termine' in found and 'land.termine' in found and 'erfurt' not in found
    assert 'Jena' in found, 'the names of chapters are shown'
    one.sync()
    two('discover')
    two.sync()
    assert two.titles(calendar) == ['Sitzung ü']

    two.change(calendar, 'Sitzung ü', 'Verschoben')
    two.write(calendar, 'e2', 'Neu')
    two.sync()
    one.sync()
    assert one.titles(calendar) == ['Neu', 'Verschoben']

    file = one.file(calendar, 'Neu')
    file.rename(one.folder(other) / file.name)
    one.sync()
    two.sync()
    assert two.titles(calendar) == ['Verschoben'] and two.titles(other) == ['Neu']

    one.remove(other, 'Neu')
    one.sync('--force-delete')
    two.sync('--force-delete')
    assert two.titles(other) == [] and two.titles(calendar) == ['Verschoben']
    assert 'Copying' not in one.sync() + two.sync(), 'and then there is nothing to do'


def test_a_conflict_is_found_and_loses_nothing(machines):
    one, two, calendar, _ = machines
    one.write(calendar, 'e1', 'alt')
    one('discover')
    one.sync()
    two('discover')
    two.sync()
    one.change(calendar, 'alt', 'von eins')
    two.change(calendar, 'alt', 'von zwei')
    one.sync()
    assert 'conflict' in two.sync(code=1).lower()
    assert one.titles(calendar) == ['von eins'] and two.titles(calendar) == ['von zwei']
    two.prefer('a wins')
    two.sync()
    one.sync()
    assert one.titles(calendar) == two.titles(calendar) == ['von zwei']


def test_names_and_colours(machines):
    one, two, calendar, _ = machines
    one.write(calendar, 'e1', 'x')
    one('discover')
    one('metasync')  # now it knows what the server calls them
    (one.folder(calendar) / 'displayname').write_text('Plakatieren ü')
    (one.folder(calendar) / 'color').write_text('#ff0000')
    one('metasync')
    two('discover')
    two('metasync')
    assert (two.folder(calendar) / 'displayname').read_text() == 'Plakatieren ü'
    assert (two.folder(calendar) / 'color').read_text() == '#ff0000'


def test_this_and_all_later_from_the_browser(machines, server, login):
    """A series that is split on a page (RFC 5545 has nothing for it but two objects) is one on a machine again, twice."""
    one = machines[0]
    title, board = f'Serie-{uuid.uuid4().hex[:8]}', login('jena-board')
    weekly = EVENT.format(uid=title, title=title).replace('SUMMARY', 'RRULE:FREQ=WEEKLY;COUNT=6\nSUMMARY').replace('\n', '\r\n')
    href = f'/dav/calendars/jena-board/jena.termine/{title}.ics'
    assert board.put(href, weekly.encode(), Content_Type='text/calendar').status == 201
    hrefs = [href]
    try:
        one('discover')
        one.sync()
        assert one.titles('jena.termine').count(title) == 1

        browser = Browser(server, 'jena-board')
        page = f'/c/jena/calendar/termine/{title}.ics?at=20261215T100000Z'
        form = form_of(browser.get(page + '&edit'))
        answer = browser.session.post(server.url + page, allow_redirects=False,
                                      data={**form, 'scope': 'later', 'title': title + '-neu', 'from-time': '18:00', 'to-time': '19:00'})
        assert answer.status_code == 303, answer.text
        one.sync()
        new = one.file('jena.termine', title + '-neu').read_text()
        hrefs.append('/dav/calendars/jena-board/jena.termine/' + re.search(r'^UID:(.*?)\r?$', new, re.M)[1] + '.ics')
        assert one.titles('jena.termine').count(title) == one.titles('jena.termine').count(title + '-neu') == 1
        shown = khal(one, one.folder('jena.termine'), 'list', '-f', '{start-date} {start-time} {title}', '2026-12-01', '2027-02-01')
        assert [line for line in shown.splitlines() if title in line] == [
            *[f'2026-12-{day:02} 11:00 {title}' for day in (1, 8)],
            *[f'{day} 18:00 {title}-neu' for day in ('2026-12-15', '2026-12-22', '2026-12-29', '2027-01-05')]]
    finally:
        for href in hrefs:
            assert board.delete(href).status == 204


def khal(machine, folder, *command):
    """khal, with one calendar: a folder of vdirsyncer's."""
    config = machine.home / '.config' / 'khal' / 'config'
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f'[calendars]\n[[mine]]\npath = {folder}\n[locale]\ntimeformat = %H:%M\n'
                      'dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n'
                      'longdatetimeformat = %Y-%m-%d %H:%M\nlocal_timezone = Europe/Berlin\ndefault_timezone = Europe/Berlin\n')
    return machine(*command, program='khal')


def test_khal(machines):
    """It shows what came; what it makes, changes and deletes goes to the other machine, and conflicts are found."""
    one, two, calendar, _ = machines
    one.write(calendar, 'e1', 'Sitzung')
    one('discover')
    one.sync()
    listed = khal(one, one.folder(calendar), 'list', '2026-12-01', '2026-12-02')
    assert 'Sitzung' in listed and '11:00-12:00' in listed
    khal(one, one.folder(calendar), 'new', '-a', 'mine', '2026-12-02', '09:00', '10:00', 'von khal')
    one.sync()
    two('discover')
    two.sync()
    assert two.titles(calendar) == ['Sitzung', 'von khal']
    two.change(calendar, 'von khal', 'später')
    two.sync()
    one.sync()
    assert 'später' in khal(one, one.folder(calendar), 'list', '2026-12-02', '2026-12-03')


def test_contacts(server, app_password, login, tmp_path):
    """The same with address books: discover, create, change, move to another book, conflict, delete."""
    password, _ = app_password('jena-member', 'contacts')
    one, two = (Machine(tmp_path / name, server, password, 'carddav') for name in ('one', 'two'))
    book, other = (f'vds-{uuid.uuid4().hex[:8]}' for _ in range(2))
    one.write(book, 'c1', 'Zeitung ü')
    one.folder(other).mkdir(parents=True)
    one('discover')
    try:
        one.sync()
        two('discover')
        two.sync()
        assert two.titles(book) == ['Zeitung ü']
        two.change(book, 'Zeitung ü', 'Radio')
        two.write(book, 'c2', 'Neu')
        two.sync()
        one.sync()
        assert one.titles(book) == ['Neu', 'Radio']

        file = one.file(book, 'Neu')
        file.rename(one.folder(other) / file.name)
        one.sync()
        two.sync()
        assert two.titles(book) == ['Radio'] and two.titles(other) == ['Neu']

        one.change(book, 'Radio', 'von eins')
        two.change(book, 'Radio', 'von zwei')
        one.sync()
        assert 'conflict' in two.sync(code=1).lower()
        assert one.titles(book) == ['von eins'] and two.titles(book) == ['von zwei']
        two.prefer('a wins')
        two.sync()
        one.sync()
        assert one.titles(book) == two.titles(book) == ['von zwei']

        one.remove(book, 'von zwei')
        one.sync('--force-delete')
        two.sync('--force-delete')
        assert two.titles(book) == [] and two.titles(other) == ['Neu']
    finally:
        for name in (book, other):
            login('jena-member').delete(f'/dav/contacts/jena-member/{name}/')

"""Each mistake of mutants.py, built into a daemon, turns a cell of the authorization matrix red."""
import os
import pathlib
import shlex
import subprocess
import sys
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/authz'))

import people  # noqa: E402
import test_matrix as matrix  # noqa: E402
from lib.browser import Browser  # noqa: E402
from lib.client import quote  # noqa: E402
from lib.stack import BUILD, scratch  # noqa: E402
from mutants import MUTANTS  # noqa: E402
from test_matrix_people import ask_dav  # noqa: E402

SOURCE = 'daemon/auth/access.c'
killed = []


@pytest.fixture(scope='session')
def commands():
    """How make compiles access.c and links the daemon."""
    done = subprocess.run(['make', '--no-print-directory', '-n', 'V=1', '-W', SOURCE, 'build/chapterd'], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, check=True, env={k: v for k, v in os.environ.items() if 'MAKE' not in k})
    lines = [shlex.split(line.strip()) for line in done.stdout.splitlines() if ' -o ' in line]
    compile_ = next(words for words in lines if words[-1] == SOURCE)
    link = next(words for words in lines if 'build/chapterd' in words)
    return compile_, link


def build(commands, folder, text):
    compile_, link = commands
    (folder / 'access.c').write_text(text)
    object_ = str(folder / 'access.o')
    words = [*compile_[:-1], '-Wno-error', str(folder / 'access.c')]
    words[words.index('-o') + 1] = object_
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    words = list(link)
    words[words.index('-o') + 1] = str(folder / 'chapterd')
    words.insert(words.index('build/libchapterd.a'), object_)
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope='session')
def cast(server):
    return people.Cast(server)


@pytest.fixture(scope='session')
def devices(server):
    """App passwords of a member of jena: for documents, and for calendars alone."""
    chair = Browser(server, 'jena-member')
    page = chair.get('/account/devices').text
    once = page.split('name="once" value="')[1].split('"')[0]
    answer = chair.post('/account/devices', name='mutants', once=once, days='0', documents='1').text
    password = answer.split('class="secret">')[1].split('<')[0]
    other = chair.get('/account/devices').text.split('name="once" value="')[1].split('"')[0]
    answer = chair.post('/account/devices', name='mutants too', once=other, days='0', documents='1').text
    calendars = answer.split('class="secret">')[1].split('<')[0]
    server.stack.sql('UPDATE app_password SET areas = 2 WHERE id = %s', int(calendars.split('_')[1]))
    return {'document-device': (password, 200), 'calendar-device': (calendars, 403)}


def expected(method, target, role):
    for _, m, _, t, wanted in matrix.lines():
        if (m, t) == (method, target) and role in wanted:
            return wanted[role]
    for _, m, t, wanted in people.lines():
        if (m, t) == (method, target) and role in wanted:
            return wanted[role]
    raise AssertionError(f'no line of the matrix has {method} {target} for {role}')


class Sync:
    """Reports of a member: a folder that she never could see, and one that is closed before her eyes."""

    def __init__(self, cast):
        self.cast = cast

    def levels(self, folder, see):
        page = folder.replace('/dav/files/jena/', '/c/jena/files/')
        assert self.cast.chair.post(page, rule='own', see=see, change='board').status_code == 303

    def __call__(self, server, what):
        hall = f'/dav/files/jena/mutant-{uuid.uuid4().hex[:8]}/'
        owner, alice = self.cast.owner, server.client('jena-member')
        owner.mkcol(hall)
        owner.mkcol(hall + 'room/')
        if what == 'never-known':
            self.levels(hall + 'room/', 'board')
        token = alice.sync(hall).multistatus().token
        if what == 'never-known':
            owner.proppatch(hall + 'room/', 'a', 'b')
            owner.move(hall + 'room/', hall + 'other/')
        else:
            self.levels(hall + 'room/', 'board')
        found = {href: entry.status for href, entry in alice.sync(hall, token).multistatus().entry.items()}
        owner.delete(hall)
        return found == ({} if what == 'never-known' else {hall + 'room/': 404})


def is_as_expected(server, cast, devices, cell):
    method, target, role = cell
    if method == 'SYNC':
        return Sync(cast)(server, target)
    if role in devices:
        password, wanted = devices[role]
        return server.client('jena-member', password).get(target).status == wanted
    if role == 'guest@directory':  # "guest" of expect.tsv; in expect-people.tsv a guest came by e-mail
        role, client = 'guest', server.client('guest')
        wanted = next(w['guest'] for _, m, _, t, w in matrix.lines() if (m, t) == (method, target))
    elif role in people.ROLES:
        client, wanted = cast.client(server, role), expected(method, target, role)
    else:
        client, wanted = server.client(None if role == 'nobody' else role), expected(method, target, role)
    path, destination = matrix.prepare(cast.owner, target.replace('{room}', cast.room))
    if path.startswith('/c/'):
        browser = Browser(server, None if role == 'nobody' else role)
        return matrix.ask(server, None, lambda _: (browser.session, browser.token), method, role, path, None) == wanted
    return ask_dav(client, method, path, destination) == wanted


def run_cells(stack, cast, devices, build_, cells):
    daemon = stack.daemon(build=build_, name='mutant', start=False)
    try:
        daemon.start()
        return [is_as_expected(daemon, cast, devices, cell) for cell in cells]
    finally:
        daemon.stop(check=False)


def test_without_a_mistake_all_cells_are_green(stack, cast, devices):
    cells = [cell for _, _, _, cells in MUTANTS for cell in cells]
    assert run_cells(stack, cast, devices, BUILD, cells) == [True] * len(cells)


@pytest.mark.parametrize('what,old,new,cells', MUTANTS, ids=[m[0].replace(' ', '-') for m in MUTANTS])
def test_mutant(stack, cast, devices, commands, what, old, new, cells):
    source = (ROOT / SOURCE).read_text()
    assert source.count(old) == 1, f'{SOURCE} has no such text (once) any more: {old}'
    folder = scratch('mutant')
    build(commands, folder, source.replace(old, new))
    assert False in run_cells(stack, cast, devices, folder, cells), f'{what}: no cell notices'
    killed.append(what)


def test_enough_of_them():
    """The line that the show quotes."""
    print(f'\n{len(MUTANTS)} mutants, {len(killed)} killed')
    assert len(MUTANTS) >= 20 and len(killed) == len(MUTANTS)

"""One stack and one daemon for a test run; see tests/lib."""
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pytest  # noqa: E402

from lib.figures import LINES as FIGURES  # noqa: E402
from lib.stack import Stack  # noqa: E402


@pytest.fixture(scope='session')
def stack():
    kept = os.environ.get('CHAPTERD_STACK_DIR')  # somebody else's: used, not ended
    s = Stack(kept)
    s.only_servers()
    yield s
    if kept:
        for d in s.daemons:
            d.stop(check=False)
    else:
        s.down()


@pytest.fixture(scope='session')
def server(stack):
    """The daemon that most tests share."""
    d = stack.daemon({'trusted_proxies': '192.0.2.1'}, name='main')  # so that no test is one
    yield d
    d.stop()


@pytest.fixture(scope='session')
def login(server):
    """login('jena-board'): the client of that login, one a session."""
    clients = {}

    def make(user=None):
        if user not in clients:
            clients[user] = server.client(user)
        return clients[user]

    return make


@pytest.fixture
def anna(login):
    """May write in all of jena's folders."""
    return login('jena-board')


@pytest.fixture
def alice(login):
    """A member of jena: writes in Mitglieder, reads the root and Öffentlich."""
    return login('jena-member')


@pytest.fixture
def mallory(login):
    """A second member of jena, through jena-nord."""
    return login('jena-nord-member')


@pytest.fixture
def bob(login):
    """A member of erfurt."""
    return login('erfurt-member')


def folder(client, request, base):
    name = ''.join(c if c.isalnum() else '-' for c in request.node.name)[:80]
    href = f'{base}t-{name}-{os.urandom(3).hex()}/'
    answer = client.mkcol(href)
    assert answer.status == 201, answer
    return href


@pytest.fixture
def box(anna, request):
    """A folder of this test's own: the board writes, the federation reads."""
    href = folder(anna, request, '/dav/files/jena/')
    yield href
    anna.delete(href)


@pytest.fixture
def den(anna, request):
    """A folder of this test's own that members of jena read and write."""
    href = folder(anna, request, '/dav/files/jena/Mitglieder/')
    yield href
    anna.delete(href)


def pytest_terminal_summary(terminalreporter):
    """The cases of the security table that ran, by letter, faults one by one; and what was measured."""
    counts = {}
    for report in terminalreporter.stats.get('passed', []):
        for case in set(re.findall(r'(?<![A-Za-z])([A-L]\d\d)(?!\d)', report.nodeid.partition('[')[0])):
            kind = case if case[0] == 'F' else case[0]
            counts.setdefault(kind, {}).setdefault(case, 0)
            counts[kind][case] += 1
    letters = [f'{k}: {sum(n.values())} passed ({len(n)} cases)' for k, n in sorted(counts.items()) if len(k) == 1]
    faults = [f'{k} {sum(n.values())}' for k, n in sorted(counts.items()) if len(k) > 1]
    for line in (*FIGURES, ', '.join(letters), ', '.join(faults)):
        if line:
            terminalreporter.write_line(f'= {line}')

"""Groups, guests, grants that end, former members, membership up the tree: the program against expect-people.tsv."""
import pytest

from people import ROLES, Cast, lines
from test_matrix import BODIES, prepare


def cells():
    for number, method, target, wanted in lines():
        for role in ROLES:
            yield pytest.param(method, target, role, wanted[role], id=f'{number}-{method}-{target}-{role}')


@pytest.fixture(scope='session')
def cast(server):
    return Cast(server)


@pytest.fixture(scope='session')
def clients(server, cast):
    return {role: cast.client(server, role) for role in ROLES}


def ask_dav(client, method, path, destination):
    headers = {'Destination': client.server.url + destination} if destination else {}
    if method in ('PROPFIND', 'REPORT'):
        headers['Depth'] = '0'
    return client(method, path, BODIES.get(method), headers).status


@pytest.mark.parametrize('method,target,role,wanted', cells())
def test_cell(cast, clients, method, target, role, wanted):
    path, destination = prepare(cast.owner, target.replace('{room}', cast.room))
    assert ask_dav(clients[role], method, path, destination) == wanted


def test_count():
    print(f'{sum(1 for _ in cells())} cells, {len(ROLES)} roles')

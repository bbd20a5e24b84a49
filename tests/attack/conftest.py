"""Runs every attack under the oracle of lib/oracle.py."""
import pytest

from lib.figures import tell
from lib.oracle import GUARD, GoodClient, Oracle, patience

GOOD = '/dav/files/jena/Mitglieder/good-client.txt'
CANARIES = ['/dav/files/erfurt/Mitglieder/', '/dav/files/erfurt/Vorstand/']


@pytest.fixture(scope='session')
def good(server):
    writer = server.client('jena-board')
    assert writer.put(GOOD, b'g' * 1024).status in (201, 204)
    client = GoodClient(server, GOOD)
    client.start()
    yield client
    client.finish()


@pytest.fixture(scope='session')
def oracle(server, good):
    keeper = server.client('erfurt-board')
    for href in CANARIES:
        assert keeper.put(href + 'canary.txt', b'canary of erfurt').status in (201, 204)
        assert keeper.mkcol(href + 'coop/').status in (201, 405)
    watch = Oracle(server, good, CANARIES)
    yield watch
    for line in watch.report():
        tell(line)
    assert good.p99() < GUARD * patience()


@pytest.fixture(autouse=True)
def watched(oracle, request):
    oracle.before()
    yield
    oracle.after(request.node.name)


@pytest.fixture(scope='module', autouse=True)
def verified(server):
    """Blobs, quota sums and rows still agree when a module of attacks is through."""
    yield
    server.stack.verify(server.conf)

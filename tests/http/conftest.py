"""Browsers of people, and daemons that speak TLS."""
import pytest

from lib.browser import browsers
from lib.tls import Authority, TlsDaemon


@pytest.fixture(scope='module')
def browser(server):
    """The one browser of somebody: browser('jena-board')."""
    return browsers(server)


@pytest.fixture(scope='module')
def authority():
    return Authority()


@pytest.fixture(scope='module')
def tls(stack, authority):
    d = TlsDaemon(stack, authority, {'hosts': 'chapters.test', 'header_timeout': '3'})
    yield d
    d.daemon.stop()


@pytest.fixture
def own(stack, authority):
    """A daemon of the test's own: own(pair=..., setting=...)."""
    made = []

    def make(pair=None, start=True, **settings):
        made.append(TlsDaemon(stack, authority, settings, pair, name='own-tls', start=start))
        return made[-1]

    yield make
    for d in made:
        d.daemon.stop()

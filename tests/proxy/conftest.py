"""A daemon behind each proxy; see lib/behind.py."""
import os

import pytest

from lib.behind import KINDS, Proxy, make_certificates, start_daemon
from lib.stack import LONG, scratch


@pytest.fixture(scope='session')
def certificates():
    folder = scratch('certificates')
    make_certificates(folder)
    return folder


@pytest.fixture(scope='session')
def daemon(stack):
    """With networks that no test is in by itself: what it shows there tells whom it believes to see."""
    d = start_daemon(stack, 'behind', metrics_networks='127.0.0.5', debug_access_log='no')
    yield d
    d.stop()


@pytest.fixture(scope='session', params=KINDS)
def proxy(request, daemon, certificates):
    p = Proxy(request.param, daemon, certificates)
    yield p
    p.stop()


@pytest.fixture
def anna(proxy):
    return proxy.client('jena-board')


@pytest.fixture
def box(anna):
    """A folder of this test's own, made through the proxy."""
    href = f'/dav/files/jena/t-{os.urandom(4).hex()}/'
    assert anna.mkcol(href).status == 201
    yield href
    anna.delete(href)


@pytest.fixture(scope='session')
def large():
    """300 MB that no compression makes smaller (120 without LONG=1)."""
    path = scratch('large') / 'large'
    block = os.urandom(1_000_000)
    with open(path, 'wb') as f:
        for i in range(300 if LONG else 120):
            f.write(i.to_bytes(4, 'big') + block[4:])
    return path

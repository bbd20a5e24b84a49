"""Faults are done to daemons of their own; the shared one is only for folders and comparison."""
import pytest


@pytest.fixture
def place(server, request):
    """A folder for writers, gone afterwards."""
    anna = server.client('jena-board')
    href = f'/dav/files/jena/t-{request.node.name.replace("[", "-").replace("]", "")}/'
    anna.delete(href)
    assert anna.mkcol(href).status == 201
    yield href
    server.client('jena-board').delete(href)

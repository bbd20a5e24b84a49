"""Large clients with package lists of their own (packaging/deps/clients.list): make check-clients."""
import pytest

from desktop import Session


@pytest.fixture
def session():
    """session(script): its output inside a desktop's session."""
    started = Session()
    yield started
    started.close()

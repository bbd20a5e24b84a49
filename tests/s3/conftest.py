"""Daemons whose large documents are in OpenStack Swift."""
import os

import pytest

from lib.stack import Stack
from lib.swift import KEY, SECRET, Swift


@pytest.fixture(scope='session')
def swift():
    s = Swift()
    yield s
    s.close()


@pytest.fixture(scope='session')
def stack():
    s = Stack()
    s.only_servers()
    yield s
    s.down()


def key_file(stack, name, *lines):
    path = stack.dir / name
    path.write_text('\n'.join(lines) + '\n')
    path.chmod(0o600)
    owner = os.stat(stack.blob_dir())
    if os.getuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
    return path


@pytest.fixture(scope='session')
def settings(stack, swift):
    return {'blob_store': 's3', 's3_endpoint': swift.url, 's3_bucket': swift.bucket,
            's3_key_file': key_file(stack, 's3.key', KEY, SECRET)}


@pytest.fixture(scope='session')
def server(stack, settings):
    d = stack.daemon(settings, name='s3')
    yield d
    d.stop()

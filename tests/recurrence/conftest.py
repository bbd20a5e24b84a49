"""The program that answers with the instances of objects."""
import os
import pathlib
import subprocess

import pytest

PROBE = pathlib.Path(__file__).parents[2] / os.environ.get('RECURRENCE_PROBE', 'build/recurrence_probe')


@pytest.fixture(scope='module')
def ask():
    with subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as probe:
        def question(ics, start, end, most=100000):
            probe.stdin.write(f'{start} {end} {most} {len(ics)}\n'.encode() + ics)
            probe.stdin.flush()
            found = []
            while not (line := probe.stdout.readline()).startswith((b'.', b'!')):
                assert line, 'the probe has ended'
                found.append(line.decode().split())
            assert line.startswith(b'.'), f'{line.decode()}\n{ics.decode()}'
            return found
        yield question
        probe.stdin.close()

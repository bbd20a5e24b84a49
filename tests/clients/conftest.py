"""Large clients with package lists of their own (packaging/deps/clients.list): make check-clients."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest


@pytest.fixture
def session():
    """A home and a D-Bus session of a test's own; all that it started ends with it."""
    work = pathlib.Path(tempfile.mkdtemp(prefix='chapterd-client-', dir='/var/tmp'))
    for name in ('run', '.config'):
        (work / name).mkdir(mode=0o700)
    env = {'HOME': str(work), 'XDG_RUNTIME_DIR': str(work / 'run'), 'XDG_CONFIG_HOME': str(work / '.config'),
           'XDG_DATA_HOME': str(work / 'data'), 'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8',
           'QT_QPA_PLATFORM': 'offscreen', 'QT_LOGGING_RULES': '*=false', 'TMPDIR': str(work)}

    def run(script, timeout=180):
        """The output of a shell script inside `dbus-run-session`."""
        for program in ('dbus-run-session', 'bash'):
            assert shutil.which(program), f'{program} is not installed; run: make check-clients'
        (work / 'script').write_text('set -eu\n' + script)
        # Into a file: daemons of the desktop outlive the session and would keep a pipe open.
        with open(work / 'said', 'wb') as said:
            done = subprocess.run(['dbus-run-session', '--', 'bash', work / 'script'], env=env, cwd=work,
                                  stdout=said, stderr=subprocess.STDOUT, timeout=timeout)
        text = (work / 'said').read_text('utf-8', 'replace')
        assert done.returncode == 0, text
        return text

    run.dir, run.env = work, env
    yield run
    mark = f'XDG_RUNTIME_DIR={work}/run'.encode()
    for proc in pathlib.Path('/proc').glob('[0-9]*'):  # daemons of that session, by its own mark
        with contextlib.suppress(OSError):
            if mark in (proc / 'environ').read_bytes().split(b'\0'):
                os.kill(int(proc.name), signal.SIGTERM)
    shutil.rmtree(work, ignore_errors=True)


def need(program):
    assert shutil.which(program), f'{program} is not installed; run: make check-clients'

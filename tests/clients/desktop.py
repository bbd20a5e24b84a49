"""A desktop's session of a test's own: a home, a D-Bus, and programs in it that a test talks with."""
import contextlib
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import threading

from lib.stack import scratch


def need(program):
    assert shutil.which(program), f'{program} is not installed; run: make check-clients'


class Session:
    """All that it started ends with it."""

    def __init__(self, **env):
        need('dbus-run-session')
        self.dir = scratch('client')
        for name in ('run', '.config'):
            (self.dir / name).mkdir(mode=0o700)
        self.env = {'HOME': str(self.dir), 'XDG_RUNTIME_DIR': str(self.dir / 'run'),
                    'XDG_CONFIG_HOME': str(self.dir / '.config'), 'XDG_DATA_HOME': str(self.dir / 'data'),
                    'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'QT_QPA_PLATFORM': 'offscreen',
                    'QT_LOGGING_RULES': '*=false', 'TMPDIR': str(self.dir), **env}
        (self.dir / '.config/kwalletrc').write_text('[Wallet]\nEnabled=false\nFirst Use=false\n')

    def command(self, script):
        (self.dir / 'script').write_text('set -eu\n' + script)
        return ['dbus-run-session', '--', 'bash', self.dir / 'script']

    def __call__(self, script, timeout=180):
        """The output of a shell script."""
        # Into a file: daemons of the desktop outlive the session and would keep a pipe open.
        with open(self.dir / 'said', 'wb') as said:
            done = subprocess.run(self.command(script), env=self.env, cwd=self.dir, stdout=said,
                                  stderr=subprocess.STDOUT, timeout=timeout)
        text = (self.dir / 'said').read_text('utf-8', 'replace')
        assert done.returncode == 0, text
        return text

    def close(self):
        mark = f'XDG_RUNTIME_DIR={self.dir}/run'.encode()
        for proc in pathlib.Path('/proc').glob('[0-9]*'):  # daemons of that session, by its own mark
            with contextlib.suppress(OSError):
                if mark in (proc / 'environ').read_bytes().split(b'\0'):
                    os.kill(int(proc.name), signal.SIGTERM)
        shutil.rmtree(self.dir, ignore_errors=True)


class Talk:
    """A program in a session that takes calls as lines of JSON, [part, name, ...], and answers each with one:
    {"value": ...} or {"error": "..."}. What the others of the session print is the log."""

    def __init__(self, session, command, before=''):
        self.log = session.dir / 'log'
        answers, out = os.pipe()
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(session.command(f'{before}\nexec {command} >&{out}\n'), env=session.env,
                                            cwd=session.dir, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                            pass_fds=[out], start_new_session=True)
        os.close(out)
        self.answers = queue.Queue()
        threading.Thread(target=self.read, args=(answers,), daemon=True).start()

    def read(self, answers):
        with open(answers, 'rb') as lines:
            for line in lines:
                self.answers.put(line)
        self.answers.put(b'{"error": "it has ended"}')

    def call(self, part, name, *args, timeout=180):
        self.process.stdin.write(json.dumps([part, name, *args]).encode() + b'\n')
        self.process.stdin.flush()
        answer = json.loads(self.answers.get(timeout=timeout))
        assert 'error' not in answer, (f'{part} {name} {args}: {answer["error"]}\n'
                                       + self.log.read_text('utf-8', 'replace')[-3000:])
        return answer['value']

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)

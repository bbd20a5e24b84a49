"""Puts away what a killed test run leaves behind: stacks, servers, folders. A process of its own that reads a pipe:
when the test process is gone, however it went, the pipe ends, and what it was told of goes."""
import atexit
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys

STACK = pathlib.Path(__file__).resolve().parents[2] / 'packaging/stack'


class Keeper:
    """The end of it in the test process."""

    def __init__(self):
        self.process, self.pid = None, os.getpid()

    def keep(self, kind, what):
        """A 'folder', with whatever servers name it on their command lines, or a 'stack' in one; or a 'process'."""
        if os.getpid() != self.pid:
            return
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, cwd='/',
                                            start_new_session=True)
            atexit.register(self.end)
        os.write(self.process.stdin.fileno(), f'{kind}\t{what}\n'.encode())

    def end(self):
        """After all others that end things: nothing is left then, or it is put away now."""
        if os.getpid() == self.pid:
            self.process.stdin.close()
            self.process.wait(300)


def servers_in(folders):
    """Processes that have one of these folders, or something in it, on their command lines; and the daemons of a
    desktop's session there."""
    marks = [f'{folder}/'.encode() for folder in folders]
    sessions = {b'XDG_RUNTIME_DIR=' + mark + b'run' for mark in marks}
    for entry in pathlib.Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            line = (entry / 'cmdline').read_bytes().replace(b'\0', b'/\0')
            if int(entry.name) != os.getpid() and (
                    any(mark in line for mark in marks)
                    or sessions.intersection((entry / 'environ').read_bytes().split(b'\0'))):
                yield int(entry.name)


def end_all(pids):
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kept = {'folder': [], 'stack': [], 'process': []}
    for line in sys.stdin:
        kind, what = line.rstrip('\n').split('\t')
        kept[kind].append(what)
    stacks = [s for s in kept['stack'] if os.path.isdir(s)]
    end_all(servers_in(set(kept['folder']) - set(stacks)))
    for stack in stacks:  # it has things elsewhere, too
        subprocess.run([STACK, 'down', '--delete', '--dir', stack], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=200)
    end_all(servers_in(kept['folder']))
    for process in kept['process']:
        pid, when = process.split()
        if started(pid) == when:
            end_all([int(pid)])
    for folder in kept['folder']:
        shutil.rmtree(folder, ignore_errors=True)


def started(pid):
    """When a process was started: with its number the one thing that no other process has."""
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]
    except OSError:
        return None


KEEPER = Keeper()

if __name__ == '__main__':
    main()

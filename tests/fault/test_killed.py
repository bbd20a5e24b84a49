"""A test run that is killed leaves nothing behind (tests/lib/keeper.py)."""
import os
import pathlib
import signal
import subprocess
import sys

from lib.stack import BUILD, REPO, wait_for

RUN = '''
import sys, time
sys.path.insert(0, 'tests')
from lib.stack import Stack
stack = Stack()
d = stack.daemon(name='left')
print(stack.dir, d.dir, stack.env['PGHOST'], d.pid, stack.env['POSTGRES_PID'], stack.env['LDAP_PID'],
      stack.env['CHAPTERD_PID'], flush=True)
time.sleep(600)
'''


def test_a_killed_run_leaves_no_server_behind():
    run = subprocess.Popen([sys.executable, '-c', RUN], cwd=REPO, stdout=subprocess.PIPE, text=True,
                           env={**os.environ, 'CHAPTERD_BUILD': str(BUILD)}, start_new_session=True)
    *folders, a, b, c, d = run.stdout.readline().split()
    assert len(folders) == 3 and all(map(os.path.isdir, folders))
    servers = [pathlib.Path(f'/proc/{pid}') for pid in (a, b, c, d)]
    assert all(s.exists() for s in servers)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not any(s.exists() for s in servers), 60, 'the end of the servers')
    wait_for(lambda: not any(map(os.path.isdir, folders)), 60, 'the end of the folders')

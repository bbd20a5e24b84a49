#!/usr/bin/python3
"""check.py SET [STEP...]: runs the tests of a set (check, clients, long, mutants, scale) or some of its steps.

Prints a line "name: N passed, N failed, N skipped, N s" for each step, what took how long, and "N passed, N failed" last.
What a step said is in build/check/SET/STEP.log; its figures are shown, and of a step that failed, its end.
A step without tests has failed, and so has a skip: a missing program is no reason (only /dev/fuse is,
which a container may lack).
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[1]
ALLOWED_SKIP = '/dev/fuse'
MAKES_OWN = {'MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'ONLY', 'BUILD'}  # not the steps'
ASAN, RELEASE, TSAN = 'build/asan', 'build', 'build/tsan'
FRONT_TEST = 'tests/http/front_test'

# Steps that are long by themselves are made of two: what is aside mostly waits.
FAULTS_ASIDE = [f'tests/fault/test_{name}.py' for name in ('missed', 'scarce', 'seams', 'silence', 'two')]
HTTP_ASIDE = [f'tests/http/test_{name}.py' for name in (
    'documents_zip', 'front', 'front_slow', 'growth', 'interleavings', 'login_silent', 'search', 'search_hostile',
    'tls', 'tls_renewal')]


class Step:
    """One line of the table: a command, the build its tests run against, and its environment."""

    def __init__(self, name, command, build=RELEASE, limit=1800, alone=False, **env):
        self.name, self.command, self.build, self.limit, self.env = name, command, build, limit, env
        self.alone = alone  # what later steps need: nothing runs beside it


def make(name, *words, **more):
    return Step(name, ['make', '--no-print-directory', f'-j{os.cpu_count()}', *words], **more)


def build(name, word):
    return make(name, word, alone=True)


def pytest(name, *folders, **more):
    return Step(name, ['pytest', *(folders or (f'tests/{name}',))], **more)


SETS = {
    # After the builds the longest first: steps run side by side, and most of them mostly wait.
    'check': [
        build('release', 'all'),
        build('asan', 'asan-tests'),
        make('lint', 'lint'),
        make('unit', 'unit'),
        pytest('http', 'tests/http', *(f'--ignore={file}' for file in HTTP_ASIDE), build=ASAN),
        pytest('fault', 'tests/fault', *(f'--ignore={file}' for file in FAULTS_ASIDE), build=ASAN),
        pytest('http-parts', *HTTP_ASIDE, build=ASAN, CHAPTERD_FRONT_TEST=str(ROOT / ASAN / FRONT_TEST)),
        pytest('backup', build=ASAN),
        pytest('browser'),
        pytest('fault-parts', *FAULTS_ASIDE, build=ASAN),
        pytest('attack', build=ASAN),
        make('fuzz', 'fuzz', 'SECONDS=1', 'SEED=1'),
        pytest('ctl', build=ASAN),
        Step('package', ['packaging/check-package.sh']),
        pytest('sql', build=ASAN),
        pytest('proxy'),
        pytest('suites'),
        pytest('mail', build=ASAN),
        pytest('auth', build=ASAN, PROBE='build/asan/directory_probe'),
        pytest('net', build=ASAN, NET_PROBE='build/asan/net_probe'),
        pytest('recurrence', build=ASAN, RECURRENCE_PROBE='build/asan/recurrence_probe'),
        pytest('authz', build=ASAN),
        Step('database', ['packaging/check-sql.sh'], build=ASAN),
    ],
    'clients': [
        build('release', 'all'),
        pytest('clients'),
    ],
    'long': [
        build('release', 'all'),
        build('asan', 'asan-tests'),
        build('tsan', 'tsan'),
        make('fuzz', 'fuzz', 'SECONDS=60'),
        pytest('kill', 'tests/fault/test_crash.py', '-k', 'F01', limit=7200, LONG='1'),
        pytest('stop', 'tests/fault/test_process.py', '-k', 'F22', limit=7200, LONG='1'),
        pytest('power', 'tests/long', limit=7200, LONG='1'),
        pytest('commit', 'tests/fault/test_world.py', '-k', 'F13', limit=7200, LONG='1'),
        pytest('daemons', 'tests/fault/test_two.py', limit=7200, LONG='1'),
        pytest('missed', 'tests/fault/test_missed.py', limit=7200, LONG='1'),
        pytest('fault', '--deselect', 'tests/fault/test_crash.py::test_F01_kill_at_random_under_load',
               '--ignore=tests/fault/test_missed.py', 'tests/fault', build=ASAN, limit=7200, LONG='1'),
        pytest('attack', limit=7200, LONG='1'),
        pytest('attack-asan', 'tests/attack', build=ASAN, limit=7200, LONG='1'),
        pytest('proxy', limit=7200, LONG='1'),
        pytest('backup', limit=7200, LONG='1'),
        pytest('browser', limit=3600, LONG='1'),
        pytest('zip', 'tests/http/test_documents_zip.py', limit=3600, LONG='1'),
        pytest('interleavings', 'tests/http/test_interleavings.py', build=ASAN, limit=7200, LONG='1'),
        pytest('recurrence', limit=3600, LONG='1'),
        pytest('mutants'),
        pytest('http-tsan', 'tests/http', build=TSAN, limit=7200,
               CHAPTERD_FRONT_TEST=str(ROOT / TSAN / FRONT_TEST)),
        pytest('s3', build=ASAN, limit=3600),
    ],
    'mutants': [
        build('release', 'all'),
        pytest('mutants'),
    ],
    'scale': [
        build('release', 'all'),
        pytest('scale', limit=7200, LONG='1'),
    ],
}


# ---------------------------------------------------------------- running

def reachable_builds():
    """As root the servers drop to a user who may not reach the checkout: then copies are tested."""
    if os.getuid() != 0:
        return {}
    probe = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
                            'test', '-x', ROOT / 'packaging/stack'], cwd='/')
    if probe.returncode == 0:
        return {}
    place = pathlib.Path(tempfile.mkdtemp(prefix='chapterd-check-', dir='/var/tmp'))
    place.chmod(0o755)
    return {build: place / pathlib.Path(build).name for build in (RELEASE, ASAN, TSAN)}


def copy_programs(build, copy):
    copy.mkdir(exist_ok=True)
    for program in ('chapterd', 'chapterctl', 'chapterd-extract', 'chapterd-mime'):
        made, there = ROOT / build / program, copy / program
        if made.exists() and not (there.exists() and there.stat().st_mtime == made.stat().st_mtime):
            shutil.copy2(made, there)


def command_of(step, results):
    if step.command[0] != 'pytest':
        return step.command
    return ['/usr/bin/python3', '-m', 'pytest', '-q', '--durations=5', f'--junitxml={results}',
            *step.command[1:]]


def run(step, folder, copies, running):
    """Returns (passed, failed, skipped, what is wrong). `running` holds the children of all steps."""
    log, results = folder / f'{step.name}.log', folder / f'{step.name}.xml'
    results.unlink(missing_ok=True)
    build = copies.get(step.build, ROOT / step.build)
    if copies:
        copy_programs(step.build, build)
    env = {k: v for k, v in os.environ.items() if k not in MAKES_OWN}
    env.update(step.env, CHAPTERD_BUILD=str(build), PYTHONDONTWRITEBYTECODE='1')

    missing = [f for f in step.command[1:]
               if f.startswith('tests/') and not (ROOT / f.partition('::')[0]).exists()]
    if missing:
        return 0, 1, 0, f'there are no tests: {missing[0]} is missing'
    with open(log, 'wb') as out:
        child = subprocess.Popen(command_of(step, results), cwd=ROOT, env=env, stdout=out,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
        running.add(child)
        try:
            code = child.wait(step.limit)
        except subprocess.TimeoutExpired:
            end(child)
            return 0, 1, 0, f'took more than {step.limit} s and was ended; see {log}'
        finally:
            running.discard(child)
    if step.command[0] == 'pytest':
        return count_results(results, code, log)
    return count_output(log, code)


def end(child):
    """The step and what it started: its session, which is nobody else's."""
    os.killpg(child.pid, signal.SIGINT)
    try:
        child.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


# ---------------------------------------------------------------- counting

def count_results(results, code, log):
    if not results.exists():
        return 0, 1, 0, tail(log)
    passed = failed = skipped = 0
    wrong = []
    for case in xml.parse(results).getroot().iter('testcase'):
        skip = case.find('skipped')
        if case.find('failure') is not None or case.find('error') is not None:
            failed += 1
        elif skip is None:
            passed += 1
        elif ALLOWED_SKIP in skip.get('message', ''):
            skipped += 1
        else:
            failed += 1
            wrong.append(f"skipped: {case.get('classname')}.{case.get('name')}: {skip.get('message')}")
    if passed + failed + skipped == 0:
        return 0, 1, 0, 'there are no tests'
    if code != 0 and failed == 0:
        failed = 1
    return passed, failed, skipped, '\n'.join(wrong + ([tail(log)] if code != 0 else []))


def count_output(log, code):
    """Our C tests end with "N tests, N failures", other steps may say "N passed, N failed"."""
    text = log.read_text(errors='replace')
    passed = failed = 0
    for tests, failures in re.findall(r'^(\d+) tests?, (\d+) failures?$', text, re.M):
        passed += int(tests) - int(failures)
        failed += int(failures)
    for good, bad in re.findall(r'^(?:.*: )?(\d+) passed, (\d+) failed(?:, \d+ seconds)?$', text, re.M):
        passed += int(good)
        failed += int(bad)
    if passed + failed == 0:
        passed, failed = (1, 0) if code == 0 else (0, 1)
    if code != 0 and failed == 0:
        failed = 1
    return passed, failed, 0, tail(log) if code != 0 else ''


def figures(log):
    """What a step has measured and counted: lines that begin with "= "."""
    if not log.exists():
        return []
    return [line[2:] for line in log.read_text(errors='replace').splitlines()
            if re.match(r'= [A-Za-z]', line)]


def tail(log, lines=60):
    return '\n'.join(log.read_text(errors='replace').splitlines()[-lines:]) + f'\n(all of it: {log})'


# ---------------------------------------------------------------- main

class Run:
    """The steps of a set: builds one by one, then two side by side for each processor, since most mostly wait."""

    def __init__(self, name):
        self.folder = ROOT / 'build/check' / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.copies = reachable_builds()
        self.running = set()
        self.passed = self.failed = 0
        self.lock = threading.Lock()
        self.began, self.times = time.monotonic(), []

    def step(self, step):
        start = time.monotonic()
        passed, failed, skipped, wrong = run(step, self.folder, self.copies, self.running)
        with self.lock:
            if wrong:
                print(wrong)
            took = time.monotonic() - start
            self.times.append((took, start - self.began, step.name))
            print(f'{step.name}: {passed} passed, {failed} failed, {skipped} skipped, {took:.0f} s', flush=True)
            for line in figures(self.folder / f'{step.name}.log'):
                print(f'  {line}', flush=True)
            self.passed += passed
            self.failed += failed

    def all(self, steps):
        for step in steps:
            if step.alone:
                self.step(step)
        with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
            try:
                waiting = [pool.submit(self.step, s) for s in steps if not s.alone]
                for step in waiting:
                    step.result()
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                for child in list(self.running):
                    end(child)
                raise

    def spent(self):
        """The longest first, and when each began: what to shorten, and what to begin earlier."""
        print(f'{time.monotonic() - self.began:.0f} s in all:')
        for took, began, name in sorted(self.times, reverse=True):
            print(f'  {name:14} {took:5.0f} s from {began:4.0f} s on')

    def close(self):
        for copy in {c.parent for c in self.copies.values()}:
            shutil.rmtree(copy, ignore_errors=True)


def main():
    name, only = sys.argv[1], sys.argv[2:]
    steps = [s for s in SETS[name] if not only or s.name in only]
    unknown = set(only) - {s.name for s in steps}
    if unknown:
        sys.exit(f"check.py: no step {', '.join(sorted(unknown))} in {name}")
    this = Run(name)
    try:
        this.all(steps)
    except KeyboardInterrupt:
        print('interrupted')
        this.failed += 1
    finally:
        this.close()
    this.spent()
    print(f'{this.passed} passed, {this.failed} failed')
    sys.exit(this.failed != 0)


if __name__ == '__main__':
    main()

"""The pages in a real browser: with and without JavaScript, phone and desktop, light and dark, two languages."""
import os
import pathlib
import subprocess
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PICTURES = ROOT / 'build' / 'screenshots'

# Each with each: with and without a script on both sizes, both sizes in both schemes.
SCENARIOS = ['script-phone-light-de', 'script-desktop-dark-en', 'plain-phone-dark-en', 'plain-desktop-light-de']


@pytest.fixture(scope='session', autouse=True)
def packages():
    if not (HERE / 'node_modules' / 'playwright-core').is_dir():
        subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts'], cwd=HERE, check=True, timeout=300)


@pytest.mark.parametrize('scenario', SCENARIOS)
def test_pages(server, scenario):
    with tempfile.TemporaryDirectory(prefix='walk-') as own:
        run = subprocess.run(['node', 'pages.mjs', server.url, scenario, str(PICTURES)], cwd=HERE, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400,
                             env={**os.environ, 'TMPDIR': own})
        left = list(pathlib.Path(own).glob(f'chapterd-browser-*/*{scenario}*'))
    print(run.stdout)
    lines = [line for line in run.stdout.splitlines() if line.startswith(('ok ', 'not ok '))]
    wrong = [line for line in lines if line.startswith('not ok')]
    assert not wrong and run.returncode == 0, run.stdout[-3000:]
    assert len(lines) >= 200, 'it has walked to the end'
    assert not left


@pytest.mark.parametrize('scenario', ['script-phone-light-de', 'script-desktop-dark-en'])
def test_uploads(server, scenario):
    """Files and folders through a line that breaks, and a page that is loaded anew meanwhile."""
    run = subprocess.run(['node', 'uploads.mjs', server.url, scenario, str(PICTURES)], cwd=HERE, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400, env=dict(os.environ))
    print(run.stdout)
    lines = [line for line in run.stdout.splitlines() if line.startswith(('ok ', 'not ok '))]
    wrong = [line for line in lines if line.startswith('not ok')]
    assert not wrong and run.returncode == 0, run.stdout[-3000:]
    assert len(lines) >= 45, 'it has walked to the end'

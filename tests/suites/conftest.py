"""Programs of others against our daemon. A missing one is a failure: make deps installs them."""
import re
import shutil
import subprocess

import pytest
import requests


@pytest.fixture
def run(tmp_path):
    """run('litmus', ...): its output; the test fails with it when the exit status is not 0."""
    def make(*command, code=0, timeout=180, **more):
        assert shutil.which(command[0]), f'{command[0]} is not installed; run: make check'
        more.setdefault('cwd', tmp_path)
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, **more)
        done.text = done.stdout.decode('utf-8', 'replace')
        assert code is None or done.returncode == code, f'{command}: {done.returncode}\n{done.text}'
        return done
    return make


@pytest.fixture
def home(tmp_path, server):
    """A home directory with the password of jena-board in .netrc."""
    (tmp_path / '.netrc').write_text('machine 127.0.0.1\nlogin jena-board\npassword demo\n')
    (tmp_path / '.netrc').chmod(0o600)
    return tmp_path


@pytest.fixture
def app_password(server):
    """app_password('jena-member', 'calendars'): one made on the page as a person would, and that page."""
    def hidden(page, name):
        return re.search(rf'name="{name}" value="([^"]*)"', page.text).group(1)

    def make(user, *areas):
        browser = requests.Session()
        page = browser.get(server.url + '/login')
        browser.post(server.url + '/login',
                     data={'user': user, 'password': 'demo', 'token': hidden(page, 'token')})
        page = browser.get(server.url + '/account/devices')
        page = browser.post(server.url + '/account/devices', data={
            'name': 'test', **{area: '1' for area in areas or ('documents',)}, 'days': '30',
            'once': hidden(page, 'once'), 'token': hidden(page, 'token')})
        return re.search(r'cd_\d+_\w{25}', page.text).group(), page.text

    return make


def make_tree(root):
    """A folder as people have it: odd names, empty files, one large one, folders in folders."""
    import os
    names = ['Plan.txt', 'Satzung & Ordnung.odt', 'Protokoll 2026-11-07.pdf', 'ü ä ö ß.txt', "it's.txt",
             '50%.txt', 'a+b.txt', '#1.txt', 'q?r.txt', 'leer', '日本語.txt', '(1).txt', '[x].txt',
             'a,b;c=d.txt', '~tilde', 'a:b.txt', 'x' * 200 + '.txt']
    for folder in ('', 'Sitzungen/2026', 'Bilder ü', 'leer-ordner'):
        (root / folder).mkdir(parents=True, exist_ok=True)
        if folder != 'leer-ordner':
            for i, name in enumerate(names):
                (root / folder / name).write_bytes(os.urandom(0 if name == 'leer' else 37 * i + 5))
    (root / 'groß.bin').write_bytes(os.urandom(20_000_000))
    return root


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / 'tree')

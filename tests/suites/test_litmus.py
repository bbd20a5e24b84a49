"""litmus, Debian's: basic, copymove, props, locks, http."""
import re

import pytest

# Tests of litmus 0.13 that run: init/begin/finish of each suite included, 104 in all.
TOTAL = 104
SUITES = ['basic', 'copymove', 'props', 'locks', 'http']


def test_litmus(server, run, anna, box):
    """Every test passes. Warnings are printed; none may concern us."""
    done = run('litmus', '-k', f'{server.url}{box}', 'jena-board', 'demo', code=None,
               timeout=300, env={'PATH': '/usr/bin:/bin', 'HTDOCS': '/usr/share/litmus/htdocs',
                                 'TESTROOT': '/usr/libexec/litmus'})
    print(done.text)
    results = re.findall(r"<- summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed",
                         done.text)
    assert [r[0] for r in results] == SUITES, done.text
    ran, passed, failed = (sum(int(r[i]) for r in results) for i in (1, 2, 3))
    warnings = re.findall(r'^.*WARNING.*$', done.text, re.M)
    skipped = re.findall(r'^.*SKIPPED.*$', done.text, re.M)
    print(f'litmus: {passed} of {ran} passed, {failed} failed, {len(skipped)} skipped,'
          f' {len(warnings)} warnings')
    assert (failed, skipped) == (0, []), done.text
    assert passed == ran == TOTAL, (passed, ran)
    assert warnings == [], warnings
    assert done.returncode == 0


@pytest.mark.parametrize('password', ['demo', 'an app password'])
def test_litmus_as_a_member(server, run, den, app_password, password):
    """The same where a member may write; with her own password, and with one for the device."""
    if password != 'demo':
        password, _ = app_password('jena-member')
    done = run('litmus', '-k', f'{server.url}{den}', 'jena-member', password, code=None, timeout=300,
               env={'PATH': '/usr/bin:/bin', 'HTDOCS': '/usr/share/litmus/htdocs',
                    'TESTROOT': '/usr/libexec/litmus'})
    assert ' 0 failed' in done.text and not re.search(r'[1-9]\d* failed', done.text), done.text

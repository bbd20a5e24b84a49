"""The tables of README.md: what they name is there, and no MUST is without a test."""
import pathlib
import re

TESTS = pathlib.Path(__file__).resolve().parents[1]
LEVELS = {'MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY'}
SHOULDS_MAX = 10  # that we do not do


def rows():
    """(RFC's heading, section, level, what, tests or reason)"""
    heading = None
    for line in (TESTS / 'suites' / 'README.md').read_text().splitlines():
        if line.startswith('## '):
            heading = line[3:]
        cells = [c.strip() for c in line.strip('|').split('|')] if line.startswith('|') else []
        if heading and len(cells) == 4 and cells[1] in LEVELS:
            yield heading, *cells


def test_the_tables_are_read():
    assert len(list(rows())) >= 35
    for line in (TESTS / 'suites' / 'README.md').read_text().splitlines():
        if re.match(r'\| [^|]* \| (MUST|SHOULD|MAY)', line):
            assert line.count('|') == 5, f'five bars to a row: {line}'


def test_every_test_is_there():
    for heading, section, _, what, shown in rows():
        for file, name in re.findall(r'`([\w/]+\.py)::(\w+)`', shown):
            text = (TESTS / file).read_text()
            assert re.search(rf'^def {name}\(', text, re.M), f'{heading} {section}, {what}: no {name} in {file}'


def test_what_must_be_is_shown(capsys):
    left = []
    for heading, section, level, what, shown in rows():
        if re.search(r'`[\w/]+\.py::\w+`', shown):
            continue
        assert level.startswith(('SHOULD', 'MAY')), f'{heading} {section}: a MUST without a test: {what}'
        assert shown.startswith('not done: '), f'{heading} {section}: neither a test nor a reason: {what}'
        left.append(f'{heading} {section}: {what}')
    counts = {level: sum(row[2].startswith(level) for row in rows()) for level in ('MUST', 'SHOULD', 'MAY')}
    with capsys.disabled():
        print(f'\n= conformance: {counts["MUST"]} MUST, {counts["SHOULD"]} SHOULD, {counts["MAY"]} MAY; not done: {len(left)}')
    assert len(left) <= SHOULDS_MAX, left

"""bash completion offers what the program itself has: every command, every option."""
import pathlib
import subprocess

import pytest

from test_usage import COMMANDS

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = '/usr/share/bash-completion/bash_completion'


@pytest.fixture
def complete(empty_house):
    """complete('role gr'): what Tab offers at the end of the line."""
    assert pathlib.Path(LIBRARY).exists(), 'bash-completion is not installed: make deps'
    program = empty_house.program('chapterctl')

    def ask(line):
        words = ['chapterctl', *line.split(' ')]
        quoted = ' '.join(f"'{w}'" for w in words)
        script = f"""
            source {LIBRARY}; source {ROOT}/packaging/chapterctl.bash
            chapterctl() {{ {program} "$@"; }}
            COMP_LINE='chapterctl {line}'; COMP_POINT=${{#COMP_LINE}}
            COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}
            _chapterctl; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(['bash', '-c', script], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return {word for word in done.stdout.split('\n') if word}

    return ask


def test_first_words(complete):
    offered = complete('')
    assert {c.split()[0] for c in COMMANDS} == {w for w in offered if not w.startswith('-')}
    assert complete('gro') == {'group'} and complete('appl') == {'apply'}


def test_second_words(complete):
    for first in {c.split()[0] for c in COMMANDS if ' ' in c}:
        assert complete(f'{first} ') == {c.split()[1] for c in COMMANDS if c.startswith(first + ' ')}, first


def test_options_of_every_command(complete, empty_house):
    for command in COMMANDS:
        text = empty_house(*command.split(), '--help').out
        options = {line.split()[0] for line in text.splitlines() if line.startswith('  --')}
        assert complete(f'{command} -') >= options >= {'--json', '--config'}, command
    assert complete('chapter add x --kind d') == {'district'}

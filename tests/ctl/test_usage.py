"""How chapterctl is called: help, mistakes, settings. None of it reaches a database."""
import pytest

COMMANDS = ['migrate', 'check', 'chapter add', 'chapter list', 'chapter show', 'chapter set',
            'chapter archive', 'role grant', 'role revoke', 'role list',
            'group add', 'group remove', 'group join', 'group leave', 'group list', 'guest invite',
            'guest end', 'guest list', 'apply', 'app-password list', 'app-password revoke', 'session list',
            'session end', 'sync', 'verify', 'blobs move', 'backup create', 'backup list',
            'backup verify', 'backup prune', 'restore',
            'cache flush', 'audit list', 'mail status', 'mail test', 'mail retry', 'mail receive']


def test_help_lists_every_command(empty_house):
    answer = empty_house('--help')
    assert answer.code == 0 and answer.err == ''
    for command in COMMANDS:
        assert f'\n  {command}' in answer.out
    assert all(len(line) <= 100 for line in answer.out.splitlines())


@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_explains_itself(empty_house, command):
    answer = empty_house(*command.split(), '--help')
    assert answer.code == 0 and answer.err == ''
    assert answer.out.startswith(f'Usage: chapterctl {command}')
    assert '--json' in answer.out


def test_help_of_a_group(empty_house):
    answer = empty_house('role', '--help')
    assert answer.code == 0
    assert 'role grant' in answer.out and 'chapter add' not in answer.out


def test_version(empty_house):
    answer = empty_house('--version')
    assert answer.code == 0
    assert answer.out.startswith('chapterctl ')


@pytest.mark.parametrize('args, says', [
    ([], 'Usage:'),
    (['chapter'], 'chapter add'),
    (['chaptr', 'list'], 'Did you mean "chapter list"?'),
    (['chapter', 'lst'], 'Did you mean "chapter list"?'),
    (['migrat'], 'Did you mean "migrate"?'),
    (['something-else'], 'See: chapterctl --help'),
    (['chapter', 'show'], 'chapterctl chapter show SLUG'),
    (['chapter', 'show', 'a', 'b'], 'one word too many'),
    (['chapter', 'list', '--jsno'], 'Did you mean --json?'),
    (['chapter', 'list', '--undo'], 'there is no option --undo'),
    (['chapter', 'list', '-x'], 'there is no option'),
    (['chapter', 'list', '--json=yes'], '--json takes no value'),
    (['chapter', 'list', '--config'], '--config needs a value'),
    (['chapter', 'add', 'jena', '--kind', 'state'], '--name NAME is missing'),
    (['chapter', 'add', 'jena', '--name', 'Jena'], '--kind KIND is missing'),
    (['chapter', 'set', 'jena'], 'something is missing'),
    (['role', 'grant', 'jena', 'x'], 'SLUG UID ROLE'),
])
def test_wrong_usage(empty_house, args, says):
    answer = empty_house(*args)
    assert answer.code == 2, answer
    assert answer.out == ''
    assert says in answer.err


def test_settings_that_cannot_be_read(empty_house):
    answer = empty_house('chapter', 'list', '--config', '/nonexistent/chapterd.conf')
    assert answer.code == 1
    assert '/nonexistent/chapterd.conf' in answer.err and '--config' in answer.err


def test_bad_settings_name_file_line_setting_and_remedy(empty_house):
    conf = empty_house.file('bad.conf', 'listen = 127.0.0.1:8080\nwrokers = 3\nworkers = many\n')
    answer = empty_house('chapter', 'list', '--json', conf=conf)
    assert answer.code == 1
    assert f'{conf}:2: wrokers: ' in answer.err and 'workers?' in answer.err
    assert f'{conf}:3: workers: ' in answer.err
    assert answer.json()['ok'] is False and answer.json()['error']


def test_config_option_wins_over_the_environment(empty_house):
    other = empty_house.file('wrong.conf', 'nonsense\n')
    assert empty_house('--config', empty_house.conf, 'migrate', '--status', conf=other).code in (0, 1)
    answer = empty_house('migrate', '--status', conf=other)
    assert answer.code == 1 and str(other) in answer.err

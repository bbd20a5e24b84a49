"""chapterctl chapter: adding, listing, changing and closing chapters."""
import datetime

import pytest

KEYS = ['id', 'slug', 'name', 'kind', 'number', 'parent', 'contact', 'language', 'members_go_up',
        'created', 'archived', 'quota']
RESERVED = ['admin', 'static', 'dav', 'login', 'logout', 'account', 'api', 'www', 'healthz',
            'metrics', 'principals', 'calendar', 'calendars', 'resolutions', 'public', 'inbox']


def show(house, slug):
    return house.json('chapter', 'show', slug)['chapter']


@pytest.fixture
def chapter(house, request):
    """A local chapter of this test's own. Its slug."""
    slug = request.node.name.split('[')[0].removeprefix('test_').replace('_', '-')[:35] + '-x'
    assert house('chapter', 'add', slug, '--name', 'Ort', '--kind', 'local', '--parent', 'jena',
                 '--if-missing').code == 0
    yield slug


def test_a_chapter_comes_complete(house):
    answer = house.json('chapter', 'add', 'weimar', '--name', ' Kreisverband Weimar ', '--kind', 'district',
                        '--parent', 'land', '--number', '059', '--quota', '3 GiB', '--language', 'en')
    assert list(answer) == ['ok', 'made', 'chapter'] and answer['made'] is True
    c = answer['chapter']
    assert list(c) == KEYS
    assert (c['slug'], c['name'], c['kind'], c['number'], c['parent']) == (
        'weimar', 'Kreisverband Weimar', 'district', '059', 'land')
    assert c['language'] == 'en' and c['members_go_up'] is True
    assert c['contact'] is None and c['archived'] is None
    assert c['quota'] == {'used': 0, 'max': 3 * 2**30}
    datetime.datetime.strptime(c['created'], '%Y-%m-%dT%H:%M:%SZ')

    groups = show(house, 'weimar')['groups']
    assert groups == [{'role': role, 'group': f'cn={cn},ou=weimar,ou=chapters,dc=verband,dc=test'}
                      for role, cn in (('member', 'members'), ('board', 'board'), ('chair', 'chair'))]
    folders = house.sql('SELECT n.name, p.read_level, p.write_level FROM dav_node n'
                        ' JOIN dav_policy p ON p.id = n.policy_id'
                        ' WHERE n.chapter_id = %s AND n.kind = %s ORDER BY n.parent_id IS NOT NULL, p.read_level',
                        c['id'], 'folder')
    assert folders == [('weimar', 1, 3), ('Öffentlich', 0, 3), ('Mitglieder', 2, 2), ('Vorstand', 3, 3)]


@pytest.mark.parametrize('slug', ['', '.', '..', 'x', '-ab', 'ab-', 'Jena', 'jena_x', 'jena.x', 'a b', 'a/b',
                                  'jéna', 'јena', 'xn--jna-pla', 'a' * 41, *RESERVED])
def test_G11_slugs_that_cannot_be(house, slug):
    answer = house('chapter', 'add', '--name', 'X', '--kind', 'state', '--', slug)
    assert answer.code == 2, answer
    assert house.sql('SELECT count(*) FROM chapter WHERE slug = %s', slug) == [(0,)]


@pytest.mark.parametrize('slug', ['a1', '07', 'b' * 40])
def test_slugs_that_can_be(house, slug):
    assert house('chapter', 'add', slug, '--name', 'X', '--kind', 'state').code == 0


@pytest.mark.parametrize('args, code, says', [
    (['--name', 'X', '--kind', 'federal'], 2, 'state, district, local, network'),
    (['--name', 'X', '--kind', 'state', '--parent', 'land'], 2, 'at the top'),
    (['--name', 'X', '--kind', 'district'], 2, 'needs a state'),
    (['--name', 'X', '--kind', 'district', '--parent', 'jena'], 2, 'needs a state'),
    (['--name', 'X', '--kind', 'local'], 2, 'district or state'),
    (['--name', 'X', '--kind', 'local', '--parent', 'jena-nord'], 2, 'district or state'),
    (['--name', 'X', '--kind', 'network', '--parent', 'jena'], 2, 'needs a state'),
    (['--name', 'X', '--kind', 'district', '--parent', 'nowhere'], 1, 'no chapter “nowhere”'),
    (['--name', '', '--kind', 'state'], 2, 'needs a name'),
    (['--name', 'X' * 201, '--kind', 'state'], 2, '200'),
    (['--name', 'a\nb', '--kind', 'state'], 2, 'name'),
    (['--name', 'X', '--kind', 'state', '--quota', 'much'], 2, '10 GiB'),
    (['--name', 'X', '--kind', 'state', '--quota', '-1'], 2, '10 GiB'),
    (['--name', 'X', '--kind', 'state', '--language', 'tlh'], 2, 'tlh'),
    (['--name', 'X', '--kind', 'state', '--number', '9' * 41], 2, 'number'),
])
def test_chapters_that_cannot_be(house, args, code, says):
    answer = house('chapter', 'add', 'cannot-be', *args)
    assert answer.code == code, answer
    assert says in answer.err
    assert house.json('chapter', 'show', 'cannot-be', code=1)['error']


def test_all_or_nothing(house):
    conf = house.conf_with(ldap_board_group='not a name')
    answer = house('chapter', 'add', 'half', '--name', 'X', '--kind', 'state', conf=conf)
    assert answer.code == 1 and 'ldap_board_group' in answer.err
    assert house.sql("SELECT count(*) FROM chapter WHERE slug = 'half'") == [(0,)]


def test_the_same_twice(house):
    before = show(house, 'jena')
    answer = house('chapter', 'add', 'jena', '--name', 'Other', '--kind', 'state')
    assert answer.code == 1 and 'already' in answer.err
    answer = house.json('chapter', 'add', 'jena', '--name', 'Other', '--kind', 'state', '--if-missing')
    assert answer['made'] is False
    assert show(house, 'jena') == before


@pytest.mark.parametrize('more, codes', [([], [0, 1, 1, 1, 1, 1]), (['--if-missing'], [0] * 6)])
def test_race_of_adds(house, more, codes):
    slug = 'race' + str(len(more))
    running = [house.start('chapter', 'add', slug, '--name', f'No. {i}', '--kind', 'state', '--json', *more)
               for i in range(6)]
    ends = [(p.communicate(timeout=120), p.returncode) for p in running]
    assert sorted(code for _, code in ends) == codes, ends
    assert sum('"made": true' in out for (out, _), _ in ends) == 1
    assert house.sql('SELECT count(*) FROM chapter c JOIN quota q ON q.chapter_id = c.id WHERE slug = %s',
                     slug) == [(1,)]
    assert house.sql('SELECT count(*) FROM dav_node n JOIN chapter c ON c.id = n.chapter_id'
                     " WHERE slug = %s AND n.parent_id IS NULL AND n.kind = 'folder'", slug) == [(1,)]


def test_list_is_a_tree(house):
    answer = house.json('chapter', 'list')
    assert list(answer) == ['ok', 'chapters']
    chapters = answer['chapters']
    assert all(list(c) == KEYS for c in chapters)
    seen = set()
    for c in chapters:
        assert c['parent'] is None or c['parent'] in seen
        seen.add(c['slug'])
    assert {'land', 'jena', 'jena-nord', 'erfurt', 'bildung'} <= seen
    lines = house('chapter', 'list').out.splitlines()
    assert lines[0].split() == ['SLUG', 'NAME', 'KIND', 'NUMBER', 'SPACE']
    indent = {line.split()[0]: len(line) - len(line.lstrip()) for line in lines[1:]}
    assert (indent['land'], indent['jena'], indent['jena-nord']) == (0, 2, 4)


def test_show(house):
    c = show(house, 'jena')
    assert list(c) == [*KEYS, 'space', 'children', 'groups'] and c['space'] == {'documents': 0, 'versions': 0, 'trash': 0}
    assert 'jena-nord' in c['children']
    text = house('chapter', 'show', 'jena').out
    assert 'cn=board,ou=jena' in text and 'jena-nord' in text
    answer = house('chapter', 'show', 'nowhere')
    assert answer.code == 1 and 'nowhere' in answer.err


@pytest.mark.parametrize('change, key, value', [
    ('name=Ort & Umland', 'name', 'Ort & Umland'),
    ('number=17', 'number', '17'),
    ('number=', 'number', None),
    ('contact=Vorstand, Markt 1', 'contact', 'Vorstand, Markt 1'),
    ('contact=', 'contact', None),
    ('language=en', 'language', 'en'),
    ('members_go_up=no', 'members_go_up', False),
    ('members_go_up=yes', 'members_go_up', True),
    ('parent=erfurt', 'parent', 'erfurt'),
    ('parent=land', 'parent', 'land'),
    ('quota=7 MiB', 'quota', {'used': 0, 'max': 7 * 2**20}),
    ('quota=0', 'quota', {'used': 0, 'max': 0}),
])
def test_set(house, chapter, change, key, value):
    before = show(house, chapter)
    after = house.json('chapter', 'set', chapter, change)['chapter']
    assert after[key] == value
    assert after == show(house, chapter)
    assert {**after, key: None} == {**before, key: None}


@pytest.mark.parametrize('change', ['name=', 'name=' + 'x' * 201, 'colour=red', 'name', '=x', 'language=tlh', 'quota=x',
                                    'members_go_up=maybe', 'parent=', 'parent=jena-nord', 'parent=nowhere',
                                    'member_group=nonsense', 'Name=X'])
def test_what_cannot_be_set_changes_nothing(house, chapter, change):
    before = show(house, chapter)
    answer = house('chapter', 'set', chapter, 'number=99', change)
    assert answer.code == (1 if change == 'parent=nowhere' else 2), answer
    assert show(house, chapter) == before


def test_groups(house, chapter):
    def groups(*changes):
        answer = house('chapter', 'set', chapter, *changes, '--json')
        assert answer.code == 0, answer
        return [(g['role'], g['group']) for g in answer.json()['chapter']['groups']]

    own = [('member', f'cn=members,ou={chapter},ou=chapters,dc=verband,dc=test'),
           ('board', f'cn=board,ou={chapter},ou=chapters,dc=verband,dc=test'),
           ('chair', f'cn=chair,ou={chapter},ou=chapters,dc=verband,dc=test')]
    assert groups('number=1') == own
    assert groups('board_group=CN=Vorstand, DC=verband,DC=test', 'board_group=cn=a,dc=test') == [
        own[0], ('board', 'cn=a,dc=test'), ('board', 'cn=vorstand,dc=verband,dc=test'), own[2]]
    assert groups('board_group=', 'member_group=') == [own[2]]
    assert groups(*[f'member_group=cn={i},dc=test' for i in range(16)])[15] == ('member', 'cn=9,dc=test')
    assert house('chapter', 'set', chapter, *[f'member_group=cn={i},dc=test' for i in range(17)]).code == 2


def test_archive_and_undo(house):
    for slug, kind, parent in (('alt', 'district', 'land'), ('alt-ort', 'local', 'alt')):
        house('chapter', 'add', slug, '--name', slug, '--kind', kind, '--parent', parent)
    answer = house('chapter', 'archive', 'alt')
    assert answer.code == 1 and 'alt-ort' in answer.err

    assert house.json('chapter', 'archive', 'alt-ort') == {
        'ok': True, 'slug': 'alt-ort', 'archived': True, 'changed': True}
    assert house.json('chapter', 'archive', 'alt-ort')['changed'] is False
    assert house.json('chapter', 'archive', 'alt')['changed'] is True

    listed = {c['slug'] for c in house.json('chapter', 'list')['chapters']}
    assert not {'alt', 'alt-ort'} & listed
    every = {c['slug']: c for c in house.json('chapter', 'list', '--archived')['chapters']}
    assert every['alt']['archived'] and every['alt-ort']['archived']
    assert show(house, 'alt')['archived'] and 'alt' not in show(house, 'land')['children']

    answer = house('chapter', 'archive', 'alt-ort', '--undo')
    assert answer.code == 1 and '“alt”' in answer.err
    assert house('chapter', 'add', 'alt-neu', '--name', 'x', '--kind', 'local', '--parent', 'alt').code == 1
    assert house.json('chapter', 'archive', 'alt', '--undo') == {
        'ok': True, 'slug': 'alt', 'archived': False, 'changed': True}
    assert house.json('chapter', 'archive', 'alt-ort', '--undo')['changed'] is True
    assert house.json('chapter', 'archive', 'alt-ort', '--undo')['changed'] is False
    assert house('chapter', 'archive', 'nowhere').code == 1


def test_the_daemons_hear_of_it(house, heard, chapter):
    heard(1)  # that it was made
    house('chapter', 'set', chapter, 'members_go_up=no')
    assert heard() == ['']
    house('cache', 'flush')
    assert heard() == ['']
    assert house.json('cache', 'flush') == {'ok': True}

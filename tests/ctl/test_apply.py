"""chapterctl apply: the chapters as a file says; twice changes nothing, and one mistake nothing at all."""
import pytest

BASE = 'ou=chapters,dc=verband,dc=test'
PLAN = """# made for a test
[plan-ov]
kind = local
parent = plan-kv
name = Ortsverband

[plan-kv]
kind = district
parent = land
name = Kreisverband Plan
number = 99
contact = vorstand@example.org
quota = 3 GiB
members_go_up = no
language = en
board_group = cn=board,ou=jena,{base}
board_group = cn=board,ou=erfurt,{base}
""".format(base=BASE)


@pytest.fixture(autouse=True)
def clean(house):
    yield
    for slug in ('plan-ov', 'plan-kv'):
        house.sql("UPDATE chapter SET slug = slug || '-' || id, parent_id = NULL, archived = now() WHERE slug = %s", slug)


def apply(house, text, *words, code=0):
    return house.json('apply', house.file('plan.conf', text), *words, code=code)


def chapters(house):
    return house.sql('SELECT slug, name, number, contact, language, members_go_up, parent_id FROM chapter ORDER BY id')


def test_once_and_twice(house):
    before = chapters(house)
    tried = apply(house, PLAN, '--dry-run')
    assert chapters(house) == before and tried['written'] is False and tried['added'] == 2
    done = apply(house, PLAN)
    assert done['added'] == 2 and done['written'] is True and done['changes'] == tried['changes']
    shown = house.json('chapter', 'show', 'plan-kv')['chapter']
    assert (shown['name'], shown['number'], shown['parent'], shown['contact'], shown['language'], shown['members_go_up'],
            shown['quota']['max']) == ('Kreisverband Plan', '99', 'land', 'vorstand@example.org', 'en', False, 3 << 30)
    assert {g['group'] for g in shown['groups'] if g['role'] == 'board'} == {
        f'cn=board,ou={s},{BASE}' for s in ('jena', 'erfurt')}
    assert house.json('chapter', 'show', 'plan-ov')['chapter']['parent'] == 'plan-kv'
    written = house.sql('SELECT count(*), max(id) FROM audit')
    again = apply(house, PLAN)
    assert again == {'ok': True, 'written': False, 'added': 0, 'changed': 0, 'changes': []}
    assert house.sql('SELECT count(*), max(id) FROM audit') == written
    assert 'Everything is as' in house('apply', house.file('plan.conf', PLAN)).out


def test_differences_are_shown_and_made(house):
    apply(house, PLAN)
    text = PLAN.replace('Kreisverband Plan', 'KV Plan').replace('number = 99', 'number =').replace(
        f'board_group = cn=board,ou=erfurt,{BASE}\n', '').replace('quota = 3 GiB', 'quota = 3072 MiB')
    changes = apply(house, text, '--dry-run')['changes']
    assert changes == [
        {'slug': 'plan-kv', 'key': 'name', 'was': 'Kreisverband Plan', 'now': 'KV Plan'},
        {'slug': 'plan-kv', 'key': 'number', 'was': '99', 'now': None},
        {'slug': 'plan-kv', 'key': 'board_group',
         'was': f'cn=board,ou=erfurt,{BASE}; cn=board,ou=jena,{BASE}', 'now': f'cn=board,ou=jena,{BASE}'}]
    out = house('apply', house.file('plan.conf', text), '--dry-run').out
    assert '~ plan-kv: name: Kreisverband Plan -> KV Plan' in out and 'Nothing was written' in out
    assert apply(house, text)['changed'] == 1
    assert apply(house, text)['changes'] == []
    # What a file does not name stays.
    assert apply(house, '[plan-kv]\nname = KV Plan\n')['changes'] == []


@pytest.mark.parametrize('text, says', [
    ('name = x\n', ':1: a setting of which chapter?'),
    ('[jena\n', ':1: this is no section'),
    ('[Jena]\n', ':1: “Jena” cannot be'),
    ('[jena]\n\nnmae = x\n', ':3: “nmae” is no setting'),
    ('[jena]\nname\n', ':2: neither a [section] nor a setting'),
    ('[jena]\nname = a\nname = b\n', ':3: name stands in line 2 already'),
    ('[jena]\n[erfurt]\n[jena]\n', ':3: [jena] stands in line 1 already'),
    ('[plan-kv]\nkind = district\n', ':1: [plan-kv] is a new chapter and needs a name'),
    ('[plan-kv]\nname = x\n', 'needs a kind'),
    ('[plan-kv]\nname = x\nkind = district\n', ':1: '),
    ('[plan-kv]\nname = x\nkind = district\nparent = nowhere\n', ':4: There is no chapter'),
    ('[jena]\nkind = local\n', ':2: [jena] is a district'),
    ('[jena]\nquota = much\n', ':2: quota: “much” is not a size'),
    ('[jena]\nmembers_go_up = perhaps\n', ':2: members_go_up: yes or no'),
    ('[jena]\nmember_group = no dn\n', ':2: “no dn” is not the name (DN)'),
    ('[jena]\nlanguage = xx\n', ':2: The language'),
    ('[jena]\nname =\n', ':2: A chapter needs a name'),
    ('[jena]\nparent = jena-nord\n', ':2: '),
    ('[plan-kv]\nname = x\nkind = local\nparent = plan-ov\n[plan-ov]\nname = y\nkind = local\nparent = plan-kv\n',
     ':1: [plan-kv] stands below itself'),
    ('[jena]\nname = \udcff\n', ':2: this is not UTF-8'),
    (f'[jena]\nname = {"x" * 5000}\n', ':2: a line has at most'),
])
def test_a_mistake_changes_nothing(house, text, says):
    """The good part before it is not kept either; file, line and remedy are named."""
    before = chapters(house)
    path = house.dir / 'plan.conf'
    path.write_bytes(text.encode(errors='surrogateescape'))
    path.chmod(0o644)
    answer = house('apply', path)
    assert answer.code != 0 and (f'plan.conf{says}' if says[0] == ':' else says) in answer.err, answer
    assert chapters(house) == before


def test_nothing_is_half_applied(house):
    before = chapters(house)
    answer = house('apply', house.file('plan.conf', '[erfurt]\nnumber = 4711\n' + PLAN + '\n[weit]\nname = x\n'))
    assert answer.code == 2 and 'plan.conf:21: [weit] is a new chapter' in answer.err, answer
    assert chapters(house) == before


def test_an_archived_chapter_is_left_alone(house):
    apply(house, PLAN)
    house.json('chapter', 'archive', 'plan-ov')
    answer = house('apply', house.file('plan.conf', PLAN))
    assert answer.code == 1 and '--undo' in answer.err, answer


def test_files_that_cannot_be_read(house):
    assert house('apply', '/nowhere/plan.conf').code == 1
    assert house('apply', house.dir).code == 1
    big = house.file('plan.conf', '#' + 'x' * (9 << 20))
    assert house('apply', big).code == 2


def test_the_example_is_a_plan(house):
    """packaging/examples/chapters.conf, as it is, in an installation of its own names."""
    from lib.stack import REPO
    text = (REPO / 'packaging/examples/chapters.conf').read_text()
    assert house.json('apply', house.file('plan.conf', text), '--dry-run')['ok'] is True

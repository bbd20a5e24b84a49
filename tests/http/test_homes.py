"""What somebody's devices show: chosen on a page, for her alone, and never a right (decisions 2.5)."""
import html
import re

import pytest

PAGE = '/account/calendars'


@pytest.fixture
def member(browser):
    who = browser('jena-member')
    before = offers(who)
    yield who
    choose(who, {id for id, (_, shown) in before.items() if shown}, before)


def offers(who):
    """{number: (name, is it ticked?)} of the page, in its order."""
    page = who.get(PAGE).text
    found = re.findall(r'<input type="hidden" name="listed" value="(\d+)">\s*<label class="check"><input type="checkbox" name="show"'
                       r' value="(\d+)"( checked)?> ([^<]*)', page)
    assert all(listed == box for listed, box, _, _ in found)
    return {id: (html.unescape(name).strip(), bool(ticked)) for id, _, ticked, name in found}


def groups(who):
    """The names under each heading."""
    page = who.get(PAGE).text
    return {html.unescape(title): [html.unescape(n).strip() for n in re.findall(r'name="show"[^>]*> ([^<]*)', body)]
            for title, body in re.findall(r'<legend>(.*?)</legend>(.*?)</fieldset>', page, re.S)}


def choose(who, show, listed):
    answer = who.post(PAGE, listed=list(listed), show=sorted(show))
    assert answer.status_code == 303, answer.text


def home(login, kind='calendars', user='jena-member'):
    return {href.rstrip('/').rpartition('/')[2] for href in login(user).listing(f'/dav/{kind}/{user}/')}


def number(stack, collection, chapter='jena'):
    return str(stack.sql("SELECT n.id FROM dav_node n JOIN chapter c ON c.id = n.chapter_id JOIN dav_node r ON r.id = n.parent_id"
                         " WHERE c.slug = %s AND n.name = %s AND r.kind = 'calendars' AND NOT n.gone", chapter, collection)[0][0])


def test_what_is_offered(member, login):
    """Her own and what her chapters let her read, ticked; behind them what others let everybody read; of what she may not read nothing."""
    of = groups(member)
    assert list(of)[0] == 'Your own' and of['Your own'][0] == 'Persönlich'
    [jena] = [names for title, names in of.items() if title.endswith('Jena')]
    assert 'Termine' in jena and 'Vorstand' not in jena
    ticked = [name for name, shown in offers(member).values() if shown]
    assert len(ticked) == len(home(login)) + len(home(login, 'contacts'))
    assert any('Erfurt' in title for title in of)


def test_hiding_changes_what_devices_find_and_no_right(member, login, stack):
    listed, termine = offers(member), number(stack, 'termine')
    assert listed[termine][1] and 'jena.termine' in home(login)
    choose(member, {id for id, (_, shown) in listed.items() if shown and id != termine}, listed)
    assert 'jena.termine' not in home(login) and not offers(member)[termine][1]
    assert login('jena-member').propfind('/dav/calendars/jena-member/jena.termine/').status == 207, 'it is hidden, not forbidden'
    assert 'jena.termine' in home(login, user='jena-board'), 'from her alone'
    choose(member, {id for id, (_, shown) in listed.items() if shown}, listed)
    assert 'jena.termine' in home(login)
    assert stack.sql("SELECT count(*) FROM collection_choice h JOIN person p ON p.id = h.person_id"
                     " WHERE p.uid = 'jena-member' AND h.node_id = %s AND h.shown IS NOT NULL", termine) == [(0,)]


def test_what_others_let_everybody_read_can_be_added(member, login, stack):
    listed, termine = offers(member), number(stack, 'termine', 'erfurt')
    assert not listed[termine][1] and 'erfurt.termine' not in home(login)
    choose(member, {id for id, (_, shown) in listed.items() if shown} | {termine}, listed)
    assert 'erfurt.termine' in home(login) and offers(member)[termine][1]


def test_only_what_she_may_read_and_what_was_listed_is_set(member, login, stack):
    """A number that somebody typed opens nothing; what came after the form was shown stays as usual."""
    listed, secret = offers(member), number(stack, 'vorstand')
    termine = number(stack, 'termine')
    shown = {id for id, (_, ticked) in listed.items() if ticked}
    choose(member, shown | {secret, '999999999'}, [*listed, secret, '999999999'])
    assert 'jena.vorstand' not in home(login)
    assert stack.sql('SELECT count(*) FROM collection_choice h JOIN person p ON p.id = h.person_id'
                     " WHERE p.uid = 'jena-member' AND h.node_id = %s", secret) == [(0,)]
    choose(member, shown - {termine}, [id for id in listed if id != termine])
    assert 'jena.termine' in home(login)
    assert member.post(PAGE, listed=['1x']).status_code == 400

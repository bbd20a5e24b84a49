"""Show 1 of step 3: random interleavings of put, move, copy, delete, restore and purge by people of several roles, through
WebDAV and pages, against a model that shares nothing with the daemon. Nothing is lost that was not purged by somebody who may,
nobody sees what she may not, and the space is exact. SEED=n begins with another one; LONG=1 does a thousand."""
import html
import itertools
import os
import random
import re

import pytest

from lib.browser import Browser
from lib.client import quote
from lib.space import Space

LONG = os.environ.get('LONG') == '1'
COUNT = 1000 if LONG else 30
FIRST = int(os.environ.get('SEED') or (random.SystemRandom().randrange(10**6) if LONG else 4711))
STEPS = 30
TRASH = '/c/jena/trash'

BOARD, MEMBER, STRANGER = 'jena-board', 'jena-member', 'erfurt-member'
READ = {'open': {BOARD, MEMBER, STRANGER}, 'den': {BOARD, MEMBER}, 'room': {BOARD}}
WRITE = {'open': {BOARD}, 'den': {BOARD, MEMBER}, 'room': {BOARD}}


class Node:
    """A document (content, and what it held before, the latest first, with the area of then and a running number) or a folder."""

    overwritten = itertools.count()

    def __init__(self, area, content=None):
        self.area, self.content, self.before, self.members = area, content, [], {}
        self.folder = content is None

    def all(self):
        return [self, *(n for m in self.members.values() for n in m.all())]

    def enter(self, area):
        for node in self.all():
            node.area = area

    def bytes(self):
        return sum(len(n.content or b'') + sum(len(c) for c, *_ in n.before) for n in self.all())

    def overwrite(self, content, area):
        if content != self.content:
            self.before.insert(0, (self.content, area, next(self.overwritten)))
        self.content = content

    def copy(self, area):
        new = Node(area, self.content)
        new.members = {name: m.copy(area) for name, m in self.members.items()}
        return new


class Thing:
    """Something in the trash."""

    def __init__(self, number, name, node, place):
        self.number, self.name, self.node, self.place, self.then = number, name, node, place, node.area


class Model:
    def __init__(self, areas):
        self.areas = {area: Node(area) for area in areas}
        self.trash, self.purged = [], set()

    def look(self, path):
        """(parent, node) of a path of names behind the area; None for what is not there."""
        parent, node = None, self.areas[path[0]]
        for name in path[1:]:
            parent, node = node, node.members.get(name) if node and node.folder else None
        return (parent if parent and parent.folder else None), node

    def folders(self, top, path=None):
        path = path or [top.area]
        yield path, top
        for name, m in top.members.items():
            if m.folder:
                yield from self.folders(m, path + [name])

    def path_of(self, folder):
        return next((p for top in self.areas.values() for p, f in self.folders(top) if f is folder), None)

    def levels(self, thing):
        """Areas whose levels count: of the thing, of then, of its place now (unless that was purged)."""
        return {thing.node.area, thing.then} | (set() if id(thing.place) in self.purged else {thing.place.area})

    def may(self, who, thing, table):
        return all(who in table[area] for area in self.levels(thing))


class World:
    """The daemon and the model side by side."""

    def __init__(self, server, stack, browsers, seed):
        self.server, self.stack, self.browsers = server, stack, browsers
        self.random, self.trace, self.serial = random.Random(seed), [], 0
        own = os.urandom(3).hex()
        self.names = [f'{name}-{own}' for name in ('a', 'ü')]
        self.root = f'/dav/files/jena/i{seed}-{own}/'
        self.clients = {who: server.client(who) for who in (BOARD, MEMBER, STRANGER)}
        chair = browsers('jena-chair')
        assert self.clients[BOARD].mkcol(self.root).status == 201
        for area, see, change in (('open', 'federation', 'board'), ('den', 'member', 'member'), ('room', 'board', 'board')):
            assert self.clients[BOARD].mkcol(self.root + area + '/').status == 201
            assert chair.post(self.page([area]) + '/', rule='own', see=see, change=change).status_code == 303
        self.space = Space(stack)
        self.used = self.space()
        self.model = Model(READ)

    def href(self, path):
        return self.root + quote('/'.join(path))

    def page(self, path):
        return self.href(path).replace('/dav/files/jena/', '/c/jena/files/')

    def place(self, path):
        return self.root.removeprefix('/dav/files/jena/') + '/'.join(path) + '/'

    # ---- one step of somebody's

    def step(self):
        who = self.random.choice([BOARD] * 4 + [MEMBER] * 3 + [STRANGER])
        what = self.random.choice(['put', 'put', 'put', 'upload', 'mkcol', 'move', 'move', 'copy', 'delete', 'delete_page',
                                   'restore', 'restore', 'purge', 'revert'])
        path = self.path()
        self.trace.append((who, what, path))
        getattr(self, what)(who, path)

    def path(self):
        """Mostly of something that is there."""
        there = [path + [name] for area in self.model.areas.values() for path, folder in self.model.folders(area)
                 for name in folder.members]
        if there and self.random.random() < 0.7:
            return self.random.choice(there)
        area = self.random.choice(['open', 'den', 'den', 'room'])
        return [area, *self.random.choices(self.names, k=self.random.choice([1, 1, 2]))]

    def is_done(self, answer, allowed, done=(200, 201, 204, 303)):
        status = getattr(answer, 'status', None) or answer.status_code
        self.trace[-1] += (status,)
        assert (status in done) == bool(allowed), f'allowed: {allowed}'
        return status in done

    def content(self):
        self.serial += 1
        return f'{self.root}{self.serial}'.encode() * self.random.choice([1, 1, 50])

    def put(self, who, path, by_page=False):
        parent, node = self.model.look(path)
        content = self.content()
        allowed = who in WRITE[path[0]] and parent and not (node and node.folder)
        if by_page:
            browser = self.browsers(who)
            answer = browser.session.post(browser.url + self.page(path[:-1]) + '/', data={'token': browser.token, 'replace': '1'},
                                          files={'file': (path[-1], content)}, allow_redirects=False)
        else:
            answer = self.clients[who].put(self.href(path), content)
        if self.is_done(answer, allowed):
            if node:
                node.overwrite(content, node.area)
            else:
                parent.members[path[-1]] = Node(parent.area, content)

    def upload(self, who, path):
        self.put(who, path, True)

    def mkcol(self, who, path):
        parent, node = self.model.look(path)
        if self.is_done(self.clients[who].mkcol(self.href(path) + '/'), who in WRITE[path[0]] and parent and not node):
            parent.members[path[-1]] = Node(parent.area)

    def away(self, parent, name):
        """What is there goes to the trash."""
        node = parent.members.pop(name)
        number = self.stack.sql('SELECT max(t.id) FROM dav_trash t WHERE t.name = %s', name)[0][0]
        self.model.trash.append(Thing(number, name, node, parent))

    def delete(self, who, path):
        parent, node = self.model.look(path)
        answer = self.clients[who].delete(self.href(path) + ('/' if node and node.folder else ''))
        if self.is_done(answer, who in WRITE[path[0]] and node):
            self.away(parent, path[-1])

    def delete_page(self, who, path):
        parent, node = self.model.look(path)
        answer = self.browsers(who).post(self.page(path[:-1]) + '/', act='delete', item=path[-1], sure='1')
        if self.is_done(answer, who in WRITE[path[0]] and node, (303,)):
            self.away(parent, path[-1])

    def move(self, who, path, copies=False):
        to = self.path()
        self.trace[-1] += (to,)
        parent, node = self.model.look(path)
        up, there = self.model.look(to)
        clear = node and up and node is not there and not any(n is up for n in node.all()) and not (
            there and any(n is node for n in there.all()))
        allowed = clear and who in READ[path[0]] and who in WRITE[to[0]] and (copies or who in WRITE[path[0]])
        act = self.clients[who].copy if copies else self.clients[who].move
        if not self.is_done(act(self.href(path) + ('/' if node and node.folder else ''), self.href(to)), allowed):
            return
        if there and (there.folder or node.folder):
            self.away(up, to[-1])
            there = None
        new = node.copy(up.area) if copies else node
        if not copies:
            del parent.members[path[-1]]
            new.enter(up.area)
        if there:
            there.overwrite(new.content, there.area)
            new.before = sorted(new.before + there.before, key=lambda version: -version[2])
        up.members[to[-1]] = new

    def copy(self, who, path):
        self.move(who, path, True)

    def restore(self, who, path):
        if not self.model.trash:
            return
        thing = self.random.choice(self.model.trash)
        elsewhere = self.random.random() < 0.3
        where = self.model.path_of(thing.place)
        more = {}
        if elsewhere:
            where, name = path[:-1], path[-1]
            more = {'place': self.place(where), 'name': name}
        else:
            name = thing.name
        self.trace[-1] += (thing.number, where, name)
        folder = self.model.look(where)[1] if where else None
        allowed = (self.model.may(who, thing, WRITE) and folder and folder.folder and who in WRITE[folder.area]
                   and name not in folder.members)
        if self.is_done(self.browsers(who).post(TRASH, do='restore', id=thing.number, **more), allowed, (303,)):
            self.model.trash.remove(thing)
            thing.node.enter(folder.area)
            folder.members[name] = thing.node

    def purge(self, who, path):
        if not self.model.trash or self.random.random() < 0.5:
            return
        thing = self.random.choice(self.model.trash)
        self.trace[-1] += (thing.number,)
        answer = self.browsers(who).post(TRASH, do='purge', id=thing.number)
        if self.is_done(answer, self.model.may(who, thing, WRITE), (303,)):
            self.model.trash.remove(thing)
            self.keep = getattr(self, 'keep', []) + thing.node.all()  # so that no other gets their id()
            self.model.purged |= {id(n) for n in thing.node.all()}

    def revert(self, who, path):
        """An earlier version is restored."""
        node = self.model.look(path)[1]
        if not node or node.folder or not node.before:
            return
        numbers = self.versions(BOARD, path)
        assert len(numbers) == len(node.before)
        i = self.random.randrange(len(numbers))
        content, then, _ = node.before[i]
        answer = self.browsers(who).post(self.page(path), restore=numbers[i])
        if self.is_done(answer, who in WRITE[node.area] and who in WRITE[then], (303,)):
            node.overwrite(content, node.area)

    # ---- looking at all of it

    def versions(self, who, path):
        return re.findall(r'\?version=(\d+)"', self.browsers(who).get(self.page(path) + '?versions').text)

    def listed(self, who):
        """What of this test's is on the first page of the trash: it is the latest."""
        text = self.browsers(who).get(TRASH).text
        names = [html.unescape(n) for n in re.findall(r'<tr><td class="name">([^<\n]*)', text)]
        return [n for n in names if n in self.names]

    def check_folder(self, who, path, folder):
        seen = self.clients[who].listing(self.href(path) + '/')
        members = {self.href(path + [n]) + ('/' if m.folder else '') for n, m in folder.members.items()}
        assert set(seen) == members, (who, path)
        for name, m in folder.members.items():
            if m.folder:
                self.check_folder(who, path + [name], m)
                continue
            assert self.clients[who].get(self.href(path + [name])).body == m.content, (who, path, name)
            numbers = self.versions(who, path + [name])
            wanted = [c for c, then, _ in m.before if who in READ[then]]
            page = self.page(path + [name])
            assert [self.browsers(who).get(f'{page}?version={n}').content for n in numbers] == wanted, (who, path, name)

    def check(self):
        model = self.model
        there = [*model.areas.values(), *(t.node for t in model.trash)]
        assert self.space() - self.used == sum(n.bytes() for n in there)
        for who in (BOARD, MEMBER, STRANGER):
            for area, top in model.areas.items():
                if who in READ[area]:
                    self.check_folder(who, [area], top)
                else:
                    assert self.clients[who].propfind(self.href([area]) + '/', 'resourcetype').status == 404
            wanted = [t.name for t in sorted(model.trash, key=lambda t: -t.number) if model.may(who, t, READ)]
            assert self.listed(who) == wanted, who

    def have_all_back(self):
        """What is in the trash is what was deleted: the board restores all of it, and looks."""
        where = ['room', 'all']
        assert self.clients[BOARD].mkcol(self.href(where) + '/').status == 201
        room = Node('room')
        self.model.areas['room'].members['all'] = room
        for thing in self.model.trash:
            answer = self.browsers(BOARD).post(TRASH, do='restore', id=thing.number, place=self.place(where), name=f'n{thing.number}')
            assert answer.status_code == 303, (thing.number, answer.status_code)
            thing.node.enter('room')
            room.members[f'n{thing.number}'] = thing.node
        self.model.trash = []
        self.check()


@pytest.fixture(scope='module')
def each(stack):
    """A daemon for which every save is a version; nobody's trash but the test's."""
    d = stack.daemon({'version_sitting': '0'}, name='interleavings')
    print(f'SEED={FIRST}')
    yield d
    d.stop()


@pytest.fixture(scope='module')
def browsers(each):
    made = {}

    def browser(who):
        if who not in made:
            made[who] = Browser(each, who)
        return made[who]

    return browser


@pytest.mark.parametrize('seed', range(FIRST, FIRST + COUNT))
def test_nothing_is_lost_or_seen_by_others(stack, each, browsers, seed):
    world = World(each, stack, browsers, seed)
    try:
        for _ in range(STEPS):
            world.step()
        world.check()
        world.have_all_back()
    except AssertionError as e:
        raise AssertionError(f'SEED={seed}: {e}\n' + '\n'.join(map(str, world.trace))) from e
    finally:
        world.clients[BOARD].delete(world.root)

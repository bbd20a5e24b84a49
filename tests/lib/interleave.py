"""Several people work on the documents of one chapter at the same time, and a model (drawer.py) of what must come of it.

What happens at once may have happened in any order: of the model there are as many copies as there are orders in which everybody
would have got the answers that they got, and what is there at last is what one of them says.
"""
import concurrent.futures
import html
import itertools
import os
import random
import re
import threading

from lib.browser import Browser
from lib.client import quote
from lib.drawer import DEN, OPEN, RANKS, ROOM, Drawer, reads
from lib.space import Space

CHAIR, BOARD, MEMBER, STRANGER = PEOPLE = 'jena-chair', 'jena-board', 'jena-member', 'erfurt-member'
RANK = {CHAIR: RANKS['chair'], BOARD: RANKS['board'], MEMBER: RANKS['member'], STRANGER: RANKS['federation']}
AREAS = {'open': OPEN, 'den': DEN, 'room': ROOM}
WORDS = {rank: word for word, rank in RANKS.items()}
TRASH = '/c/jena/trash'
AT_ONCE = 3
DONE, REFUSED, AGAIN = (200, 201, 204, 303), False, None


class Crew:
    """Everybody's clients and browsers, as many of each as work at once."""

    def __init__(self, server):
        self.clients = {(who, i): server.client(who) for who in PEOPLE for i in range(AT_ONCE)}
        self.browsers = {(who, i): Browser(server, who) for who in PEOPLE for i in range(AT_ONCE)}
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)


class Day:
    """One interleaving: a folder of its own, the daemon and the models side by side."""

    def __init__(self, stack, crew, seed):
        self.stack, self.crew, self.random = stack, crew, random.Random(seed)
        self.own = 'q' + os.urandom(4).hex()
        self.names = [f'{name}-{self.own}' for name in ('a', 'ü')]
        self.root = f'/dav/files/jena/i{seed}-{self.own}/'
        self.trace, self.serial, self.most = [], 0, 1
        self.space = Space(stack)
        self.used = self.space()
        owner, chair = crew.clients[BOARD, 0], crew.browsers[CHAIR, 0]
        assert owner.mkcol(self.root).status == 201
        for area, levels in AREAS.items():
            assert owner.mkcol(self.root + area + '/').status == 201
            assert chair.post(self.page([area]) + '/', **self.fields(levels)).status_code == 303
        self.models = [Drawer(AREAS)]

    @staticmethod
    def fields(levels):
        return {'rule': 'own', 'see': WORDS[levels[0]], 'change': WORDS[levels[1]]} if levels else {'rule': 'above'}

    def href(self, path):
        return self.root + quote('/'.join(path))

    def page(self, path):
        return self.href(path).replace('/dav/files/jena/', '/c/jena/files/')

    def way(self, path):
        return self.root.removeprefix('/dav/files/jena/') + '/'.join(path) + '/'

    # ---- what somebody could do

    def path(self):
        """Mostly of something that is there; what is done at once is often done to the same."""
        if self.same and self.random.random() < 0.5:
            return self.same
        there = [path for path, _ in self.models[0].walk() if len(path) > 1]
        if there and self.random.random() < 0.7:
            return self.random.choice(there)
        area = self.random.choice(['open', 'den', 'den', 'room'])
        return [area, *self.random.choices(self.names, k=self.random.choice([1, 1, 2]))]

    def folder(self):
        return self.random.choice([path for path, node in self.models[0].walk() if node.folder])

    def content(self):
        self.serial += 1
        return f'{self.own} {self.serial} '.encode() * self.random.choice([1, 1, 50])

    def choose(self):
        """(what, who, the rest): the name and the arguments of a method of Drawer, and of one below."""
        pick, path = self.random.choice, self.path()
        who = pick([CHAIR] + [BOARD] * 4 + [MEMBER] * 4 + [STRANGER])
        what = pick(['put'] * 5 + ['mkcol'] * 3 + ['move'] * 4 + ['copy'] * 2 + ['delete'] * 3 + ['restore'] * 4 + ['place'] * 2
                    + ['rename', 'purge', 'revert'] + ['level'] * 3)
        if what == 'put':
            return 'put', who, path, self.content(), pick([False, True])
        if what in ('move', 'copy'):
            return 'move', who, path, self.path(), what == 'copy', pick([True, True, False])
        if what == 'delete':
            return 'delete', who, path, pick([False, True])
        if what == 'place':
            return 'place', who, path, self.folder(), pick([False, True])
        if what == 'rename':
            return 'rename', who, path, pick(self.names)
        if what == 'level':
            return 'level', pick([CHAIR, BOARD, BOARD, MEMBER]), pick([self.folder(), path]), pick([OPEN, DEN, ROOM, None])
        if what == 'revert':
            return self.choose_version(who)
        if what in ('restore', 'purge') and self.models[0].trash:
            number = pick(self.models[0].trash).number
            if what == 'purge':
                return 'purge', who, number
            return 'restore', who, number, *pick([(), (), (path[:-1], path[-1])])
        return 'mkcol', who, path

    def choose_version(self, who):
        old = [path for path, node in self.models[0].walk() if node.before]
        if not old:
            return 'put', who, self.path(), self.content()
        path = self.random.choice(old)
        numbers = self.versions(CHAIR, path)
        for model in self.models[:]:
            before = model.look(path)[1].before
            if len(before) != len(numbers):
                self.models.remove(model)
            for version, number in zip(before, numbers):
                version.number = number
        assert self.models, f'{path} has {len(numbers)} versions'
        return 'revert', who, path, self.random.choice(numbers)

    # ---- the same, done

    def put(self, client, browser, path, content, by_page=False):
        if not by_page:
            return client.put(self.href(path), content)
        return browser.session.post(browser.url + self.page(path[:-1]) + '/', data={'token': browser.token, 'replace': '1'},
                                    files={'file': (path[-1], content)}, allow_redirects=False)

    def mkcol(self, client, browser, path):
        return client.mkcol(self.href(path) + '/')

    def delete(self, client, browser, path, by_page=False):
        if by_page:
            return browser.post(self.page(path[:-1]) + '/', act='delete', item=path[-1], sure='1')
        return client.delete(self.href(path))

    def move(self, client, browser, path, to, copies=False, overwrite=True):
        return (client.copy if copies else client.move)(self.href(path), self.href(to), Overwrite='T' if overwrite else 'F')

    def place(self, client, browser, path, folder, copies):
        """The page names who will be able to read it; the button says that this was seen."""
        fields = {'act': 'copy' if copies else 'move', 'item': path[-1], 'at': self.page(folder) + '/'}
        page = browser.post(self.page(path[:-1]) + '/', **fields)
        if page.status_code != 200:
            return page
        seen = re.search(r'name="seen" value="([^"]*)"', page.text)
        if not seen:
            return REFUSED  # there is no button
        answer = browser.post(self.page(path[:-1]) + '/', go='1', seen=seen[1], **fields)
        return AGAIN if answer.status_code == 200 else answer

    def rename(self, client, browser, path, name):
        return browser.post(self.page(path[:-1]) + '/', act='rename', item=path[-1], to=name)

    def level(self, client, browser, path, levels):
        return browser.post(self.page(path) + '/', **self.fields(levels))

    def restore(self, client, browser, number, folder=None, name=None):
        more = {'place': self.way(folder), 'name': name} if folder else {}
        return browser.post(TRASH, do='restore', id=number, **more)

    def purge(self, client, browser, number):
        return browser.post(TRASH, do='purge', id=number)

    def revert(self, client, browser, path, number):
        return browser.post(self.page(path), restore=number)

    # ---- some of it at once

    def act(self, i, gate, what, who, *rest):
        gate.wait(60)
        answer = getattr(self, what)(self.crew.clients[who, i], self.crew.browsers[who, i], *rest)
        if answer in (AGAIN, REFUSED):
            return answer
        status = getattr(answer, 'status', None) or answer.status_code
        assert status < 500, (what, who, rest, status)
        return status in DONE

    def step(self):
        self.same = None
        self.same = self.path()
        steps = [self.choose() for _ in range(self.random.choice([1, 2, 3]))]
        gate = threading.Barrier(len(steps))
        answers = [a.result() for a in [self.crew.pool.submit(self.act, i, gate, *step) for i, step in enumerate(steps)]]
        self.trace.append([(*step, answer) for step, answer in zip(steps, answers)])
        assert AGAIN not in answers or len(steps) > 1, 'asked again, although nothing had changed'
        happened = [((step[0], RANK[step[1]], *step[2:]), a) for step, a in zip(steps, answers) if a is not AGAIN]
        if 'purge' in [step[0] for step in steps]:
            self.stack.sql('SELECT node_bury(id, 1000) FROM dav_node WHERE gone AND collection')  # not when a job gets to it
            happened.append((('bury', 0), True))
        self.models = self.possible(happened)
        assert self.models, 'in no order would everybody have got these answers'
        self.number_trash()
        if len(self.models) > 1:
            self.tell_apart()
        self.most = max(self.most, len(self.models))

    def possible(self, happened):
        """The models after it, for all orders that agree with the answers."""
        found = {}
        for model in self.models:
            for order in itertools.permutations(happened):
                new = model.copy()
                if all(bool(getattr(new, step[0])(*step[1:])) == answer for step, answer in order):
                    found.setdefault(new.state(), new)
        return list(found.values())

    def number_trash(self):
        rows = self.stack.sql('SELECT id, name FROM dav_trash WHERE name = ANY (%s) ORDER BY id', self.names)
        names = [[t.name for t in model.trash] for model in self.models]
        self.models = [model for model in self.models if [t.name for t in model.trash] == [name for _, name in rows]]
        assert self.models, f'in the trash are {rows}, but should be {names}'
        for model in self.models:
            for thing, (number, _) in zip(model.trash, rows):
                thing.number = number

    def tell_apart(self):
        wrong = []
        for model in self.models[:]:
            try:
                self.check_tree(model, CHAIR)
            except AssertionError as e:
                self.models.remove(model)
                wrong.append(e)
        if not self.models:
            raise wrong[0]

    # ---- looking at all of it

    def versions(self, who, path):
        return re.findall(r'\?version=(\d+)"', self.crew.browsers[who, 0].get(self.page(path) + '?versions').text)

    def check_tree(self, model, who):
        client, browser, rank = self.crew.clients[who, 0], self.crew.browsers[who, 0], RANK[who]
        made = []
        for path, node in model.walk():
            href, page = self.href(path), self.page(path)
            if not reads(rank, node.levels.now):
                answer = client.propfind(href + '/', 'resourcetype') if node.folder else client.get(href)
                assert answer.status == 404 and browser.get(page).status_code == 404, (who, path)
            elif node.folder:
                seen = {self.href([*path, n]) + ('/' if m.folder else '') for n, m in node.members.items()
                        if reads(rank, m.levels.now)}
                assert set(client.listing(href + '/')) == seen, (who, path)
            else:
                assert client.get(href).body == node.content, (who, path)
                numbers, before = self.versions(who, path), [v for v in node.before if reads(rank, v.then)]
                held = [browser.get(f'{page}?version={n}').content for n in numbers]
                assert held == [v.content for v in before], (who, path, 'versions')
                made += [(v.order, int(n)) for v, n in zip(before, numbers)]
        assert sorted(made) == sorted(made, key=lambda pair: pair[1]), (who, 'the order in which versions were made')

    def check_rest(self, model, who):
        """Trash and search. What is found depends on the index; what must not be found does not."""
        text = self.crew.browsers[who, 0].get(TRASH).text
        names = [html.unescape(n) for n in re.findall(r'<tr><td class="name">([^<\n]*)', text)]
        assert [n for n in names if n in self.names] == [t.name for t in reversed(model.trash) if t.may(reads, RANK[who])], who
        text = self.crew.browsers[who, 0].get(f'/c/jena/search?q={self.own}').text
        hits = {html.unescape(h) for h in re.findall(r'<h3><a href="([^"?]*)', text)}
        may = {self.page(path) + slash for path, node in model.walk() if reads(RANK[who], node.levels.now) for slash in ('', '/')}
        assert hits <= may | {self.page([])}, (who, hits - may)

    def check_model(self, model):
        there = [model.top, *(t.node for t in model.trash)]
        taken = self.space() - self.used
        assert taken == sum(n.bytes() for n in there), f'{taken} bytes are taken'
        for who in PEOPLE:
            self.check_tree(model, who)
            self.check_rest(model, who)

    def check(self):
        """One of the models is true."""
        wrong = []
        for model in self.models[:]:
            try:
                self.check_model(model)
            except AssertionError as e:
                wrong.append(e)
                self.models.remove(model)
        if not self.models:
            raise wrong[0]

    def have_all_back(self):
        """What is in the trash is what was deleted: the board restores all of it, and looks."""
        all_, browser = ['room', 'all'], self.crew.browsers[BOARD, 0]
        assert self.crew.clients[BOARD, 0].mkcol(self.href(all_) + '/').status == 201
        for model in self.models:
            assert model.mkcol(RANK[BOARD], all_)
        for i, number in enumerate([t.number for t in self.models[0].trash]):
            assert browser.post(TRASH, do='restore', id=number, place=self.way(all_), name=f'n{i}').status_code == 303, number
            for model in self.models:
                assert model.restore(RANK[BOARD], number, all_, f'n{i}')
        self.check()

    def end(self):
        """All of it is purged: then it takes no space."""
        client, browser = self.crew.clients[BOARD, 0], self.crew.browsers[BOARD, 0]
        client.delete(self.root)
        for number, in self.stack.sql('SELECT id FROM dav_trash WHERE name = ANY (%s)', [*self.names, self.root.split('/')[-2]]):
            assert browser.post(TRASH, do='purge', id=number).status_code == 303, number
        assert self.space() == self.used, f'{self.space() - self.used} bytes are left'

    def run(self, steps):
        try:
            for _ in range(steps):
                self.step()
            self.check()
            self.have_all_back()
        except AssertionError as e:
            raise AssertionError(f'{e}\n' + '\n'.join(map(str, self.trace))) from e
        self.end()

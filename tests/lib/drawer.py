"""A model of a chapter's documents: folders, contents, versions, levels, trash. It shares nothing with the daemon.

Every step is a method that takes who does it (a rank, see RANKS) and says whether she may; if so it is done. Paths are lists of
names, the first one of an area.
"""
import copy
import itertools

RANKS = {'federation': 1, 'member': 2, 'board': 3, 'chair': 4}
OPEN, DEN, ROOM = (1, 3), (2, 2), (3, 3)  # the rank that reads, and the rank that writes


def reads(rank, levels):
    return rank >= levels[0]


def writes(rank, levels):
    return rank >= max(levels)


class Levels:
    """Those of a folder that has its own, and of all in it that has none."""

    def __init__(self, levels, owner=None):
        self.now, self.owner = levels, owner


class Version:
    made = itertools.count()

    def __init__(self, content, then):
        self.content, self.then, self.order, self.number = content, then, next(self.made), None


class Node:
    """A document, or (content None) a folder. `before`: its versions, the latest first."""

    def __init__(self, levels, content=None):
        self.levels, self.content, self.before, self.members, self.purged = levels, content, [], {}, False
        self.folder = content is None

    def all(self):
        return [self, *(n for m in self.members.values() for n in m.all())]

    def owns(self):
        return self.levels.owner is self

    def follow(self, levels):
        """It and what inherits from where it does get other levels."""
        was, self.levels = self.levels, levels
        for m in self.members.values():
            if m.levels is was:
                m.follow(levels)

    def overwrite(self, content):
        if content != self.content:
            self.before.insert(0, Version(self.content, self.levels.now))
        self.content = content

    def copy(self, place, came_from, becomes=None):
        """With the levels of its place; a folder with its own keeps them when fewer may read it."""
        becomes = {} if becomes is None else becomes
        if self.folder and self.levels is not came_from and self.levels.now[0] > place.now[0] and self.levels not in becomes:
            becomes[self.levels] = Levels((self.levels.now[0], max(self.levels.now)))
        new = Node(becomes.get(self.levels, place), self.content)
        if self.owns() and self.levels in becomes:
            new.levels.owner = new
        new.members = {name: m.copy(place, came_from, becomes) for name, m in self.members.items()}
        return new

    def bytes(self):
        return sum(len(n.content or b'') + sum(len(v.content) for v in n.before) for n in self.all())


class Thing:
    """Something in the trash. `number`: how the trash calls it, once that is known."""

    def __init__(self, name, node, place):
        self.name, self.node, self.place, self.then, self.number = name, node, place, node.levels.now, None

    def may(self, right, rank):
        """By the levels of itself, of then, and of its place, unless that is gone for good."""
        place = [] if self.place.purged else [self.place.levels.now]
        return all(right(rank, levels) for levels in [self.node.levels.now, self.then, *place])


class Drawer:
    def __init__(self, areas):
        self.top, self.trash, self.graves = Node(Levels(OPEN)), [], []
        for name, levels in areas.items():
            self.top.members[name] = Node(self.top.levels)
            self.level(RANKS['chair'], [name], levels)

    def copy(self):
        return copy.deepcopy(self)

    def look(self, path):
        """(the folder it is or would be in, what is there)"""
        parent, node = None, self.top
        for name in path:
            parent, node = node, node.members.get(name) if node and node.folder else None
        return (parent if parent and parent.folder else None), node

    def walk(self, path=(), node=None):
        for name, m in (node or self.top).members.items():
            yield [*path, name], m
            yield from self.walk([*path, name], m)

    def may_remove(self, who, parent, node):
        return node and writes(who, node.levels.now) and (not node.folder or (
            writes(who, parent.levels.now) and all(writes(who, n.levels.now) for n in node.all())))

    def state(self):
        """Equal for two models that nobody can tell apart."""
        numbers, versions = {}, []

        def of(node):
            versions.extend(v.order for v in node.before)
            return (node.content, numbers.setdefault(id(node.levels), len(numbers)), node.levels.now, node.owns(),
                    tuple((v.content, v.then) for v in node.before), tuple((n, of(m)) for n, m in sorted(node.members.items())))

        tree = of(self.top), tuple(of(t.node) for t in self.trash)
        paths = {id(node): tuple(path) for path, node in self.walk()}
        trash = tuple((t.name, t.then, paths.get(id(t.place), t.place.purged)) for t in self.trash)
        return tree, trash, tuple(sorted(range(len(versions)), key=versions.__getitem__))

    # ---- steps

    def put(self, who, path, content, by_page=False):
        parent, node = self.look(path)
        if not parent or not writes(who, parent.levels.now) or (node and node.folder):
            return False
        if node:
            node.overwrite(content)
        else:
            parent.members[path[-1]] = Node(parent.levels, content)
        return True

    def mkcol(self, who, path):
        parent, node = self.look(path)
        if node or not parent or not writes(who, parent.levels.now):
            return False
        parent.members[path[-1]] = Node(parent.levels)
        return True

    def away(self, parent, name):
        self.trash.append(Thing(name, parent.members.pop(name), parent))

    def delete(self, who, path, by_page=False):
        parent, node = self.look(path)
        if not self.may_remove(who, parent, node) or (by_page and not reads(who, parent.levels.now)):
            return False
        self.away(parent, path[-1])
        return True

    def move(self, who, path, to, copies=False, overwrite=True):
        parent, node = self.look(path)
        up, there = self.look(to)
        if not node or not up or not writes(who, (there or up).levels.now) or any(n is up for n in node.all()):
            return False
        if there and (not overwrite or any(n is node for n in there.all()) or not self.may_remove(who, up, there)):
            return False
        if not (all(reads(who, n.levels.now) for n in node.all()) if copies else self.may_remove(who, parent, node)):
            return False
        if there and (there.folder or node.folder):
            self.away(up, to[-1])
            there = None
        new = node.copy(up.levels, parent.levels) if copies else node
        if not copies:
            del parent.members[path[-1]]
            if node.levels is parent.levels:
                node.follow(up.levels)
        if there:
            there.overwrite(new.content)
            new.before = sorted(new.before + there.before, key=lambda version: -version.order)
        up.members[to[-1]] = new
        return True

    def place(self, who, path, folder, copies):
        """By the page, which overwrites nothing."""
        parent, there = self.look(path)[0], self.look(folder)[1]
        return bool(parent and there and reads(who, parent.levels.now) and reads(who, there.levels.now)
                    and self.move(who, path, [*folder, path[-1]], copies, False))

    def rename(self, who, path, name):
        parent, node = self.look(path)
        if not node or not reads(who, parent.levels.now) or not reads(who, node.levels.now):
            return False
        return name == path[-1] or self.move(who, path, [*path[:-1], name], False, False)

    def level(self, who, path, levels):
        """A folder gets levels of its own, or (None) those of the one above."""
        parent, node = self.look(path)
        if not node or not node.folder or not (who == 4 or who == 3 and writes(who, node.levels.now)):
            return False
        if levels and node.owns():
            node.levels.now = levels
        elif levels:
            node.follow(Levels(levels, node))
        else:
            node.follow(parent.levels)
        return True

    def thing(self, number):
        return next((t for t in self.trash if t.number == number), None)

    def may_end(self, who, thing):
        return thing and thing.may(writes, who) and all(writes(who, n.levels.now) for n in thing.node.all())

    def restore(self, who, number, folder=None, name=None):
        thing = self.thing(number)
        if not self.may_end(who, thing):
            return False
        name = name or thing.name
        folder = self.look(folder)[1] if folder else next((n for _, n in self.walk() if n is thing.place), None)
        if not folder or not folder.folder or not writes(who, folder.levels.now) or name in folder.members:
            return False
        self.trash.remove(thing)
        if not thing.node.owns():
            thing.node.follow(folder.levels)
        folder.members[name] = thing.node
        return True

    def purge(self, who, number):
        thing = self.thing(number)
        if not self.may_end(who, thing):
            return False
        self.trash.remove(thing)
        thing.node.purged = True
        self.graves.append(thing.node)
        return True

    def bury(self, who):
        """What lay in folders that were purged is gone a little later."""
        for node in self.graves:
            for n in node.all():
                n.purged = True
        self.graves = []
        return True

    def revert(self, who, path, number):
        node = self.look(path)[1]
        version = next((v for v in node.before if v.number == number), None) if node else None
        if not version or not writes(who, node.levels.now) or not writes(who, version.then):
            return False
        node.overwrite(version.content)
        return True

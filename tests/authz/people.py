"""The people of expect-people.tsv, and the room that groups open."""
import datetime
import itertools
import pathlib
import re
import uuid

from lib.browser import Browser
from lib.directory import Directory
from lib.stack import wait_for

EXPECT = pathlib.Path(__file__).with_name('expect-people.tsv')
ROLES = ['local', 'network', 'reader', 'writer', 'granted', 'past', 'former', 'guest', 'past-guest']
MEMBERS = '/c/jena/members'
fresh = itertools.count()


def lines():
    for number, line in enumerate(EXPECT.read_text().splitlines(), 1):
        if line and not line.startswith('#'):
            method, target, *wanted = line.split('\t')
            assert len(wanted) == len(ROLES), f'{EXPECT.name}:{number}: {len(wanted)} columns'
            yield number, method, target, dict(zip(ROLES, map(int, wanted)))


class Cast:
    """Makes them all on one daemon; their logins are good on every daemon of the stack."""

    def __init__(self, server):
        self.server = server
        self.chair = Browser(server, 'jena-chair')
        self.owner = server.client('jena-chair')
        self.login = {'local': ('jena-nord-member', 'demo'), 'network': ('bildung-member', 'demo'),
                      'reader': ('weimar-member', 'demo'), 'writer': ('weimar-board', 'demo'),
                      'granted': ('erfurt-board', 'demo'), 'past': ('erfurt-chair', 'demo')}
        self.make_room()
        self.make_grants()
        self.make_former()
        self.login['guest'] = self.make_guest()
        self.login['past-guest'] = self.make_guest()
        server.stack.sql('UPDATE person SET until = current_date - 1 WHERE uid = %s', self.login['past-guest'][0])

    def do(self, **fields):
        answer = self.chair.post(MEMBERS, **fields)
        assert answer.status_code in (200, 303), answer.text
        return answer

    def make_room(self):
        name = uuid.uuid4().hex[:8]
        self.room = f'/dav/files/jena/authz-{name}/'
        assert self.owner.mkcol(self.room).status == 201
        fields = {}
        for what, who in (('read', 'weimar-member'), ('write', 'weimar-board')):
            self.do(do='group-add', group=f'{what} {name}')
            self.do(do='join', group=f'{what} {name}', who=who, until=day(30))
            page = self.chair.get(self.page() + '?why').text
            fields[re.search(rf'<label for="(group-\d+)">[^<]*{what} {name}', page)[1].replace('-', '_')] = what
        answer = self.chair.post(self.page(), rule='own', see='board', change='board', **fields)
        assert answer.status_code == 303, answer.text

    def page(self):
        return self.room.replace('/dav/files/jena/', '/c/jena/files/')

    def make_grants(self):
        for who in ('granted', 'past'):
            self.do(do='grant', who=self.login[who][0], role='member', until=day(0))
        self.server.stack.sql('UPDATE role_grant SET until = current_date - 1 WHERE person_id ='
                              ' (SELECT id FROM person WHERE uid = %s)', self.login['past'][0])

    def make_former(self):
        directory = Directory(self.server.stack)
        uid = f'former-{uuid.uuid4().hex[:8]}'
        directory.add(uid)
        directory.group('add', 'members', 'jena', uid)
        client = self.server.client(uid)
        assert client.get('/dav/files/jena/Mitglieder/').status == 200
        directory.group('delete', 'members', 'jena', uid)
        self.server.stack.ctl('sync')
        wait_for(lambda: client.get('/dav/files/jena/Mitglieder/').status == 404, 10, 'the end of her membership')
        self.login['former'] = (uid, 'demo')

    def make_guest(self):
        answer = self.do(do='invite', name='Gast', mail=f'{uuid.uuid4().hex}@example.org', until=day(9), role='member')
        page = self.chair.session.post(self.server.url + re.search(r'/invite/[\w-]+', answer.text)[0]).text
        return re.search(r'guest-[a-z0-9]{8}', page)[0], re.search(r'cd_\d+_[0-9a-z]+', page)[0]

    def client(self, server, role):
        return server.client(*self.login[role])


def day(offset):
    return (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset)).isoformat()

"""Evolution and the calendar of GNOME: a real evolution-data-server, driven by its own library."""
import pathlib

from desktop import Session, Talk, need

TALK = pathlib.Path(__file__).with_name('evolution_talk.py')


class Evolution:
    """A session with a keyring for the password. It says whether it wants to write over others' changes."""

    conflicts = {'events': ('refused', 'written'), 'contacts': ('refused', 'written')}

    def __init__(self, server, tls, user, password='demo'):
        need('gnome-keyring-daemon')
        self.session = Session(GIO_USE_VFS='local', GSETTINGS_BACKEND='memory')
        self.account = {'host': 'localhost', 'port': tls.daemon.port, 'user': user, 'password': password,
                        'certificate': str(tls.certificate)}
        self.talk = Talk(self.session, f'/usr/bin/python3 {TALK}',
                         "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1")

    def discover(self, kind, path='/'):
        return dict(self.talk.call(kind, 'discover', path, self.account))

    def call(self, kind, name, *args):
        return self.talk.call(kind, name, *args, *([self.account] if name == 'open' else []))

    def items(self, kind, href):
        return dict(self.call(kind, 'items', href))

    def change_in_conflict(self, kind, href, uid, changes, overwrite):
        return self.call(kind, 'conflict', href, uid, changes, overwrite)

    def close(self):
        self.talk.close()
        self.session.close()

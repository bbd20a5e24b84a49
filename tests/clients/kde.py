"""KOrganizer and KAddressBook: KDE's own DAV library, KDAV, in a program that does what they do with it."""
import pathlib
import subprocess

from desktop import Session, Talk, need

SOURCE = pathlib.Path(__file__).with_name('kdav_talk.cpp')
HEADERS = '/usr/include/KF5'


class Kde:
    """It tells of a conflict and what is there now; who wants to write over it does so with that."""

    conflicts = {kind: ('refused', 'refused, then written') for kind in ('events', 'contacts')}

    def __init__(self, server, _, user, password='demo'):
        need('g++')
        self.url, self.account = server.url, (user, password)
        self.session = Session()
        program = self.session.dir / 'kdav_talk'
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'Qt5Gui'], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split()
        subprocess.run(['g++', '-std=c++17', '-fPIC', '-Wall', '-Werror', SOURCE, '-o', program, f'-I{HEADERS}/KDAV',
                        f'-I{HEADERS}/KDAV/kdav', f'-I{HEADERS}/KCoreAddons', *flags, '-lKF5DAV', '-lKF5CoreAddons'],
                       check=True)
        self.talk = Talk(self.session, program)

    def call(self, kind, name, *args):
        return self.talk.call(kind, name, *args)

    def discover(self, kind, path='/'):
        return dict(self.call(kind, 'discover', self.url + path, *self.account))

    def items(self, kind, href):
        return dict(self.call(kind, 'items', href))

    def change_in_conflict(self, kind, href, uid, changes, overwrite):
        return self.call(kind, 'conflict', href, uid, changes, overwrite)

    def close(self):
        self.talk.close()
        self.session.close()

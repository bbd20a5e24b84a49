"""What a person does in Evolution, or in the calendar and contacts of GNOME: by evolution-data-server, which is what
these programs show. Runs inside a session (desktop.py), takes calls as lines and answers them."""
import json
import os
import sys

import gi

for library, number in (('EDataServer', '1.2'), ('ECal', '2.0'), ('EBook', '1.2'), ('EBookContacts', '1.2'),
                        ('ICalGLib', '3.0')):
    gi.require_version(library, number)
from gi.repository import EBook, EBookContacts, ECal, EDataServer, Gio, GLib, ICalGLib  # noqa: E402

WAIT = 60  # seconds
AT_ONCE = 2**32 - 1  # instead of waiting: who waits in there hears nothing of what it waits for


class Part:
    """Events or contacts. `supports`, `extension` and `backend`: what they are called here."""

    def __init__(self):
        self.open_ones = {}

    def source(self, uid, path, account):
        """Where something is, and who asks for it. A certificate of nobody known was shown to the person, who took it."""
        made = EDataServer.Source.new_with_uid(uid, None)
        made.set_display_name(uid)
        who = made.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        who.set_host(account['host'])
        who.set_port(account['port'])
        who.set_user(account['user'])
        who.set_method('plain/password')
        where = made.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND)
        where.set_property('resource-path', path)
        where.update_ssl_trust(account['host'], Gio.TlsCertificate.new_from_file(account['certificate']),
                               EDataServer.TrustPromptResponse.ACCEPT)
        made.get_extension(EDataServer.SOURCE_EXTENSION_SECURITY).set_method('tls')
        return made

    def discover(self, path, account):
        credentials = EDataServer.NamedParameters.new()
        credentials.set('username', account['user'])
        credentials.set('password', account['password'])
        url = f'https://{account["host"]}:{account["port"]}{path}'
        answer = EDataServer.webdav_discover_sources_sync(self.source('search', path, account), url, self.supports,
                                                          credentials, None)
        return [[self.path(found.href), {'name': found.display_name, 'writable': None}] for found in answer[3]]

    @staticmethod
    def path(href):
        return GLib.Uri.parse(href, GLib.UriFlags.ENCODED).get_path()

    def open(self, href, account):
        registry = EDataServer.SourceRegistry.new_sync(None)
        uid = href.strip('/').replace('/', '-')
        made = self.source(uid, href, account)
        made.get_extension(self.extension).set_backend_name(self.backend)
        made.set_parent(f'{self.backend}-stub')
        made.get_extension(EDataServer.SOURCE_EXTENSION_OFFLINE).set_stay_synchronized(True)
        registry.commit_source_sync(made, None)
        known = wait_for(lambda: registry.ref_source(uid), 'a new source')
        known.store_password_sync(account['password'], True, None)
        self.open_ones[href] = self.connect(known)
        wait_for(lambda: not self.open_ones[href].is_readonly(), 'a place that can be written')

    def sync(self, href):
        self.open_ones[href].refresh_sync(None)


class Events(Part):
    supports = EDataServer.WebDAVDiscoverSupports.EVENTS
    extension, backend = EDataServer.SOURCE_EXTENSION_CALENDAR, 'caldav'
    mine, theirs = ECal.OperationFlags.CONFLICT_KEEP_LOCAL, ECal.OperationFlags.CONFLICT_FAIL

    def connect(self, source):
        return ECal.Client.connect_sync(source, ECal.ClientSourceType.EVENTS, AT_ONCE, None)

    def items(self, href):
        _, found = self.open_ones[href].get_object_list_as_comps_sync('#t', None)
        return [[c.get_uid(), {'title': c.get_summary().get_value(),
                               'start': c.get_icalcomponent().get_dtstart().as_ical_string()}] for c in found]

    def create(self, href, text):
        event = ICalGLib.Component.new_from_string(text).get_first_component(ICalGLib.ComponentKind.VEVENT_COMPONENT)
        self.open_ones[href].create_object_sync(event, ECal.OperationFlags.NONE, None)

    def change(self, href, uid, changes, flags=ECal.OperationFlags.NONE):
        _, event = self.open_ones[href].get_object_sync(uid, None, None)
        if 'title' in changes:
            event.set_summary(changes['title'])
        if 'start' in changes:
            start = ICalGLib.Time.new_from_string(changes['start'])
            end = start.clone()
            end.adjust(0, 0, 0, event.get_duration().as_int())
            event.set_dtstart(start)
            event.set_dtend(end)
        self.open_ones[href].modify_object_sync(event, ECal.ObjModType.ALL, flags, None)

    def delete(self, href, uid):
        self.open_ones[href].remove_object_sync(uid, None, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None)

    def move(self, href, uid, to):
        """As when an event is put into another calendar there: it is made here and removed there."""
        _, event = self.open_ones[href].get_object_sync(uid, None, None)
        self.open_ones[to].create_object_sync(event, ECal.OperationFlags.NONE, None)
        self.delete(href, uid)


class Contacts(Part):
    supports = EDataServer.WebDAVDiscoverSupports.CONTACTS
    extension, backend = EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK, 'carddav'
    mine = EBookContacts.BookOperationFlags.CONFLICT_KEEP_LOCAL
    theirs = EBookContacts.BookOperationFlags.CONFLICT_FAIL

    def connect(self, source):
        return EBook.BookClient.connect_sync(source, AT_ONCE, None)

    def items(self, href):
        _, found = self.open_ones[href].get_contacts_sync('(exists "full_name")', None)
        return [[c.get_property('id'), {'title': c.get_property('full-name')}] for c in found]

    def create(self, href, text):
        self.open_ones[href].add_contact_sync(EBookContacts.Contact.new_from_vcard(text),
                                              EBookContacts.BookOperationFlags.NONE, None)

    def change(self, href, uid, changes, flags=EBookContacts.BookOperationFlags.NONE):
        _, contact = self.open_ones[href].get_contact_sync(uid, None)
        contact.set_property('full-name', changes['title'])
        self.open_ones[href].modify_contact_sync(contact, flags, None)

    def delete(self, href, uid):
        self.open_ones[href].remove_contact_by_uid_sync(uid, EBookContacts.BookOperationFlags.NONE, None)

    def move(self, href, uid, to):
        _, contact = self.open_ones[href].get_contact_sync(uid, None)
        self.create(to, contact.to_string(EBookContacts.VCardFormat(1)))
        self.delete(href, uid)


def wait_for(condition, what):
    """Meanwhile what evolution-data-server tells us is listened to."""
    end = GLib.get_monotonic_time() + WAIT * 1_000_000
    while not (found := condition()):
        if GLib.get_monotonic_time() > end:
            raise TimeoutError(what)
        GLib.timeout_add(100, lambda: False)
        GLib.MainContext.default().iteration(True)
    return found


def conflict(part, href, uid, changes, overwrite):
    """Changes what the server has changed since; 'refused' when we are told that."""
    try:
        part.change(href, uid, changes, part.mine if overwrite else part.theirs)
        return 'written'
    except GLib.Error as refused:
        print(refused.message, file=sys.stderr)
        return 'refused'


def main():
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)  # what the library prints is no answer
    parts = {'events': Events(), 'contacts': Contacts()}
    for line in sys.stdin:
        part, name, *args = json.loads(line)
        try:
            if name == 'conflict':
                answer = {'value': conflict(parts[part], *args)}
            else:
                answer = {'value': getattr(parts[part], name)(*args)}
        except Exception as trouble:  # noqa: BLE001 whatever it is, the test is told
            answer = {'error': f'{type(trouble).__name__}: {trouble}'}
        print(json.dumps(answer), file=answers, flush=True)


main()

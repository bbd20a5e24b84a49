"""Programs with calendars and contacts, as they are seen on the wire (clients.md 1.5)."""

D, C, CR = 'DAV:', 'urn:ietf:params:xml:ns:caldav', 'urn:ietf:params:xml:ns:carddav'
CS, A = 'http://calendarserver.org/ns/', 'http://apple.com/ns/ical/'


def names(**by_ns):
    """A PROPFIND's properties: names(D='displayname owner', C='calendar-home-set')."""
    return [(globals()[ns], name) for ns, of in by_ns.items() for name in of.split()]


class Program:
    """A client with its habits: what it sends along, and how it signs in."""

    def __init__(self, server, user, first_without_login=True, **headers):
        self.nobody, self.person = server.client(), server.client(user)
        self.headers = {'Content-Type': 'application/xml; charset=utf-8', **headers}
        self.first_without_login = first_without_login
        self.asked = set()

    def send(self, method, target, body=None, depth=None):
        """Follows redirects as it is told, without changing the method; signs in when it is asked to."""
        headers = {**self.headers, **({} if depth is None else {'Depth': depth})}
        client = self.nobody if self.first_without_login and target not in self.asked else self.person
        self.asked.add(target)
        answer = client(method, target, body, headers)
        if answer.status == 401:
            assert answer.get('WWW-Authenticate').startswith('Basic realm="chapterd"')
            answer = self.person(method, target, body, headers)
        if answer.status in (301, 302, 307, 308):
            assert answer.get('Location').startswith('/'), 'the same scheme and host (cl-A2)'
            return self.send(method, answer.get('Location'), body, depth)
        return answer

    def propfind(self, target, wanted, depth='0'):
        body = ''.join(f'<x:{name} xmlns:x="{ns}"/>' for ns, name in wanted)
        answer = self.send('PROPFIND', target, f'<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop>'
                           f'{body}</D:prop></D:propfind>', depth)
        assert answer.get('Content-Type', '').startswith(('application/xml', 'text/xml'))
        return answer.multistatus()

    def one(self, target, wanted):
        return self.propfind(target, wanted).only()

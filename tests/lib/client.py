"""A DAV client that sends what a test says and reads what came."""
import urllib.parse

from lib.wire import NoAnswer, basic, message, octets

ALLPROP = ('<?xml version="1.0" encoding="utf-8"?>'
           '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>')
LOCKINFO = ('<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:">'
            '<D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype>'
            '<D:owner>{owner}</D:owner></D:lockinfo>')
WITH_BODY = {'PUT', 'POST', 'PATCH', 'PROPFIND', 'PROPPATCH', 'REPORT', 'LOCK', 'MKCOL', 'MKCALENDAR'}


def propfind_body(*names, ns='DAV:'):
    props = ''.join(f'<x:{n} xmlns:x="{ns}"/>' if isinstance(n, str)
                    else f'<x:{n[1]} xmlns:x="{n[0]}"/>' for n in names)
    return f'<D:propfind xmlns:D="DAV:"><D:prop>{props}</D:prop></D:propfind>'


def set_body(name, value, ns='urn:test'):
    return (f'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:{name} xmlns:x="{ns}">{value}'
            f'</x:{name}></D:prop></D:set></D:propertyupdate>')


def sync_body(token='', props=('getetag',), level='1', limit=None):
    inner = ''.join(f'<D:{p}/>' for p in props)
    more = '' if limit is None else f'<D:limit><D:nresults>{limit}</D:nresults></D:limit>'
    return (f'<D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token>'
            f'<D:sync-level>{level}</D:sync-level>{more}<D:prop>{inner}</D:prop>'
            '</D:sync-collection>')


def quote(path):
    """The canonical form of clients.md cl-C3."""
    return urllib.parse.quote(path, safe='/-._~@')


class Client:
    """One login at one server; one kept connection, renewed when the server closed it."""

    def __init__(self, server, user=None, password='demo', source=None):
        self.server = server
        self.user = user
        self.auth = basic(user, password) if user else None
        self.source = source
        self.conn = None

    def headers(self, extra=(), body=None, method='GET'):
        pairs = [(n.replace('_', '-'), v) for n, v in dict(extra).items() if v is not None]
        given = {n.lower() for n, _ in pairs}
        head = []
        if 'host' not in given:
            head.append(('Host', self.server.host))
        if self.auth and 'authorization' not in given:
            head.append(('Authorization', self.auth))
        if (body is not None or method in WITH_BODY) and not given & {
                'content-length', 'transfer-encoding'}:
            head.append(('Content-Length', str(len(body or b''))))
        return head + pairs

    def bytes(self, method, target, body=None, headers=(), **more):
        """The request as it would be sent."""
        body = None if body is None else (body.encode() if isinstance(body, str) else body)
        return message(method, target, self.headers({**dict(headers), **more}, body, method),
                       body or b'')

    def connect(self):
        return self.server.connect(self.source)

    def __call__(self, method, target, body=None, headers=(), **more):
        """Sends one request, returns its answer. Header names by keyword: If_Match='"x"'."""
        data = self.bytes(method, target, body, headers, **more)
        if self.conn is not None:
            try:
                return self.exchange(method, data)
            except (NoAnswer, ConnectionError, BrokenPipeError):
                if self.conn.buffer:
                    raise
        self.conn = self.connect()
        return self.exchange(method, data)

    def exchange(self, method, data):
        self.conn.send(data)
        reply = self.conn.answer(method)
        assert reply.status != 500, f'500 to {data[:300]!r}: {reply!r}'
        if (reply.get('Connection') or '').lower() == 'close' or self.conn.eof:
            self.conn.close()
            self.conn = None
        return reply

    # Shorter names for what most tests do.

    def get(self, target, **more):
        return self('GET', target, **more)

    def head(self, target, **more):
        return self('HEAD', target, **more)

    def put(self, target, body=b'x', **more):
        return self('PUT', target, body, **more)

    def delete(self, target, **more):
        return self('DELETE', target, **more)

    def mkcol(self, target, **more):
        return self('MKCOL', target, **more)

    def propfind(self, target, *names, depth='0', **more):
        body = propfind_body(*names) if names else ALLPROP
        return self('PROPFIND', target, body, Depth=depth, **more)

    def props(self, target, *names):
        return self.propfind(target, *names).multistatus().only()

    def listing(self, target):
        """The members of a collection: href -> Entry (resourcetype, getetag, length)."""
        answer = self.propfind(target, 'resourcetype', 'getetag', 'getcontentlength', depth='1')
        found = answer.multistatus().entry
        found.pop(target)
        return found

    def proppatch(self, target, name, value, ns='urn:test', **more):
        return self('PROPPATCH', target, set_body(name, value, ns), **more)

    def copy(self, target, to, **more):
        return self('COPY', target, Destination=self.server.url + to, **more)

    def move(self, target, to, **more):
        return self('MOVE', target, Destination=self.server.url + to, **more)

    def lock(self, target, scope='exclusive', owner='test', **more):
        return self('LOCK', target, LOCKINFO.format(scope=scope, owner=owner), **more)

    def locked(self, target, **more):
        """Locks, returns the token with its angle brackets."""
        answer = self.lock(target, **more)
        assert answer.status in (200, 201), answer
        return answer.get('Lock-Token')

    def unlock(self, target, token):
        return self('UNLOCK', target, Lock_Token=token)

    def sync(self, target, token='', **more):
        return self('REPORT', target, sync_body(token, **more), Depth='0')

    def raw(self, data, answers=1, method='GET'):
        """Sends these bytes over a connection of their own: (answers, connection)."""
        conn = self.connect()
        conn.send(octets(data))
        return [conn.answer(method) for _ in range(answers)], conn

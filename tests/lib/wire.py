"""HTTP over a bare socket. No HTTP library stands between a test and its bytes: libraries
normalise exactly the inputs that matter here."""
import base64
import socket
import ssl
import time
import xml.etree.ElementTree as ET

TIMEOUT = 30.0  # a hang guard, not a measurement


class NoAnswer(AssertionError):
    """The server closed the connection, or fell silent, before a whole answer had come."""


class Answer:
    """One answer as it came over the wire."""

    def __init__(self, status, reason, headers, body, interim, head):
        self.status = status
        self.reason = reason
        self.headers = headers  # [(name, value)] in order, names as sent
        self.body = body
        self.interim = interim  # statuses of 1xx answers before this one
        self.head = head        # the raw bytes of status line and headers

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    @property
    def text(self):
        return self.body.decode('utf-8')

    @property
    def etag(self):
        return self.get('ETag')

    def multistatus(self):
        assert self.status == 207, f'{self!r}'
        kind = self.get('Content-Type', '')
        assert kind.startswith(('application/xml', 'text/xml')), kind
        return Multistatus(self.body)

    def error(self):
        """Local names of the children of DAV:error that RFCs know."""
        root = ET.fromstring(self.body)
        assert root.tag == '{DAV:}error', root.tag
        return [child.tag.rpartition('}')[2] for child in root if child.tag != '{urn:chapterd}detail']

    def __repr__(self):
        return f'<{self.status} {self.reason} {self.headers} {self.body[:600]!r}>'


class Multistatus:
    """A 207 body: entry[href] = Entry, in the order of the answer."""

    def __init__(self, body):
        self.root = ET.fromstring(body)
        assert self.root.tag == '{DAV:}multistatus', self.root.tag
        self.entry = {}
        for response in self.root.findall('{DAV:}response'):
            entry = Entry(response)
            for href in response.findall('{DAV:}href'):
                assert href.text not in self.entry, f'{href.text} twice'
                self.entry[href.text] = entry
        token = self.root.find('{DAV:}sync-token')
        self.token = None if token is None else token.text

    def __getitem__(self, href):
        return self.entry[href]

    def __iter__(self):
        return iter(self.entry)

    def __len__(self):
        return len(self.entry)

    def only(self):
        assert len(self.entry) == 1, list(self.entry)
        return next(iter(self.entry.values()))


class Entry:
    """One DAV:response: status (of the response itself, or None) and its properties."""

    def __init__(self, response):
        line = response.find('{DAV:}status')
        self.status = None if line is None else status_of(line.text)
        self.order = []  # statuses of the propstats, in order
        self.prop = {}   # clark name -> (status, element)
        self.lines = [e.text for e in response.iter('{DAV:}status')]
        for stat in response.findall('{DAV:}propstat'):
            code = status_of(stat.find('{DAV:}status').text)
            self.order.append(code)
            for element in stat.find('{DAV:}prop'):
                self.prop[element.tag] = (code, element)

    def code(self, name, ns='DAV:'):
        return self.prop[f'{{{ns}}}{name}'][0]

    def value(self, name, ns='DAV:'):
        code, element = self.prop[f'{{{ns}}}{name}']
        assert code == 200, f'{name}: {code}'
        return element

    def text(self, name, ns='DAV:'):
        return self.value(name, ns).text


def status_of(line):
    version, code, _ = line.split(' ', 2)
    assert version == 'HTTP/1.1', line
    return int(code)


class Conn:
    """One connection. Sends what it is told, byte for byte."""

    def __init__(self, address, source=None, timeout=TIMEOUT, rcvbuf=None):
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
        else:
            self.sock = socket.socket(socket.AF_INET)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if source:
            self.sock.bind((source, 0))
        self.sock.settimeout(timeout)
        self.sock.connect(address)
        self.buffer = b''
        self.eof = False

    def tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)

    def send(self, data):
        """Sends all of it, unless the server has closed: what it answered can still be read."""
        try:
            self.sock.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def fill(self):
        try:
            more = self.sock.recv(262144)
        except ConnectionResetError:
            more = b''
        if not more:
            self.eof = True
        self.buffer += more
        return bool(more)

    def take(self, n):
        parts = [self.buffer[:n]]
        got = len(parts[0])
        self.buffer = self.buffer[n:]
        while got < n:
            self.buffer = b''
            if not self.fill():
                raise NoAnswer(f'closed {n - got} bytes before the end of a body')
            parts.append(self.buffer[:n - got])
            self.buffer = self.buffer[n - got:]
            got += len(parts[-1])
        return b''.join(parts)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise NoAnswer(f'closed; so far {self.buffer[:200]!r}')
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def answer(self, method='GET'):
        """Reads one final answer."""
        interim = []
        while True:
            head = self.until(b'\r\n\r\n')
            lines = head.split(b'\r\n')
            version, code, *reason = lines[0].split(b' ', 2)
            assert version in (b'HTTP/1.1', b'HTTP/1.0'), head
            status = int(code)
            if status < 200:
                interim.append(status)
                continue
            break
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(b':')
            assert colon and name == name.strip(), line
            headers.append((name.decode('latin-1'), value.strip().decode('latin-1')))
        reply = Answer(status, b' '.join(reason).decode(), headers, b'', interim, head)
        if method != 'HEAD' and status not in (204, 304):
            reply.body = self.body(reply)
        return reply

    def body(self, reply):
        if (reply.get('Transfer-Encoding') or '').lower() == 'chunked':
            parts = []
            while True:
                size = int(self.until(b'\r\n').split(b';')[0], 16)
                if size == 0:
                    while self.until(b'\r\n'):
                        pass
                    return b''.join(parts)
                parts.append(self.take(size))
                assert self.take(2) == b'\r\n'
        length = reply.get('Content-Length')
        if length is not None:
            return self.take(int(length))
        while self.fill():
            pass
        rest, self.buffer = self.buffer, b''
        return rest

    def closed(self, within=10.0):
        """Has the server closed (or reset), with nothing more to say, within that time?"""
        self.sock.settimeout(within)
        try:
            while not self.eof:
                self.fill()
        except (TimeoutError, socket.timeout):
            return False
        return self.buffer == b''

    def quiet(self, seconds):
        """Does the server say nothing for so long?"""
        self.sock.settimeout(seconds)
        try:
            return self.buffer == b'' and not self.fill()
        except (TimeoutError, socket.timeout):
            return True
        finally:
            self.sock.settimeout(TIMEOUT)

    def reset(self):
        """Ends the connection with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self.sock.close()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def basic(user, password='demo'):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


def octets(text):
    return text if isinstance(text, bytes) else text.encode('latin-1')


def message(method, target, headers=(), body=b'', version='HTTP/1.1'):
    """The bytes of a request: exactly these headers, nothing added."""
    lines = [octets(method) + b' ' + octets(target) + b' ' + octets(version)]
    lines += [octets(n) + b': ' + octets(v) for n, v in headers]
    return b'\r\n'.join(lines) + b'\r\n\r\n' + body


def race(conns_and_bytes):
    """Lets several prepared requests complete within a millisecond: all bytes but the last of
    each first, then the last bytes in one loop."""
    for conn, data in conns_and_bytes:
        conn.send(data[:-1])
    time.sleep(0.1)
    for conn, data in conns_and_bytes:
        conn.send(data[-1:])

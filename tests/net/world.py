#!/usr/bin/python3
"""An internet of its own, in network namespaces: name servers, web servers, and traps where nobody may get.

Run by conftest.py under unshare. Two namespaces: this one has all addresses but the client's; the client's has
the probe, and a web server on its loopback. One JSON object a line comes in and one goes out.
"""
import ctypes
import gzip
import http.server
import json
import os
import pathlib
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

WEB, SIX, NAMES = '93.184.216.34', '2606:2800:220:1::34', '93.184.216.53'
OWN = '93.184.216.99'  # the client's
TRAPS4 = ('10.1.2.3', '172.16.0.1', '172.31.255.254', '192.168.1.1', '100.64.0.1', '169.254.169.254', '192.0.2.1',
          '198.18.0.1', '192.88.99.1')
TRAPS6 = ('fc00::1', 'fd12::1', '64:ff9b::5db8:d822', '2002:5db8:d822::1', '2001:db8::1', '2001:0:5db8:d822::1')
CLONE_NEWNET = 0x40000000

seen, asked = [], []  # connections: [who answered, the request]; names that were looked up


def run(*command):
    subprocess.run(command, check=True)


# ---------------------------------------------------------------- names

RECORDS = {
    'web.test': [WEB], 'other.test': [WEB], 'six.test': [SIX], 'inner.test': ['10.1.2.3'], 'loop.test': ['127.0.0.1'],
    'mapped.test': ['::ffff:127.0.0.1'], 'mixed.test': ['10.1.2.3', WEB, 'fc00::1'], 'zero.test': ['0.0.0.0'],
}


def addresses(name):
    """rebind.test is public the first time and loopback from then on; silent.test gets no answer."""
    asked.append(name)
    if name == 'silent.test':
        return None
    if name == 'rebind.test':
        return [WEB] if asked.count(name) % 4 in (1, 2) else ['127.0.0.1']
    return RECORDS.get(name, [])


def answer_name(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, = struct.unpack('>H', query[at + 1:at + 3])
    found = addresses('.'.join(labels).lower())
    if found is None:
        return None
    family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
    data = [socket.inet_pton(family, a) for a in found if family and (':' in a) == (kind == 28)]
    answers = b''.join(b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 0, len(d)) + d for d in data)
    return query[:2] + struct.pack('>HHHHH', 0x8580, 1, len(data), 0, 0) + query[12:at + 5] + answers


def serve_names():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((NAMES, 53))
    while True:
        query, peer = s.recvfrom(512)
        answer = answer_name(query)
        if answer:
            s.sendto(answer, peer)


# ---------------------------------------------------------------- web

class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    where = 'internet'

    def log_message(self, *_):
        pass

    def do_GET(self):
        host = self.connection.getsockname()[0]
        seen.append([self.where, host, self.requestline, dict(self.headers)])
        name, _, rest = self.path[1:].partition('/')
        getattr(self, 'get_' + name, self.get_ok)(rest)

    def reply(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        if 'Content_Length' not in headers:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def get_ok(self, rest):
        self.reply(200, f'hello from {self.connection.getsockname()[0]}'.encode())

    def get_to(self, rest):
        self.reply(302, Location=bytes.fromhex(rest).decode('latin-1'))

    def get_hops(self, rest):
        n = int(rest)
        self.reply(302, Location=f'/hops/{n - 1}' if n > 1 else '/ok')

    def get_auth(self, rest):
        import base64
        self.reply(200, base64.b64decode(self.headers.get('Authorization', 'Basic ').split(' ')[1] + '=='))

    def get_cookie(self, rest):
        self.reply(302, Location='/shown', Set_Cookie='sweet=1; Path=/')

    def get_shown(self, rest):
        self.reply(200, f'cookie {self.headers.get("Cookie")}'.encode())

    def pour(self, piece, times, pause=0.0):
        try:
            for _ in range(times):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass
        self.close_connection = True

    def get_big(self, rest):
        self.reply(200, Content_Length=str(10 << 30))
        self.pour(b'x' * 65536, 200)

    def get_endless(self, rest):
        self.reply(200, Content_Length=str(10 << 30) if rest else '', Transfer_Encoding='chunked')

    def get_chunks(self, rest):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        self.pour(b'10000\r\n' + b'x' * 65536 + b'\r\n', 100_000)

    def get_drip(self, rest):
        self.send_response(200)
        self.send_header('Content-Length', '1000')
        self.end_headers()
        self.pour(b'x', 60, 1.0)

    def get_exactly(self, rest):
        self.reply(200, b'x' * int(rest))

    def get_bomb(self, rest):
        self.reply(200, gzip.compress(b'\0' * (20 << 20)), Content_Encoding='gzip')

    def get_lines(self, rest):
        self.send_response(200)
        for i in range(int(rest)):
            self.send_header(f'X-Line-{i}', 'x')
        self.send_header('Content-Length', '0')
        self.end_headers()

    def get_head(self, rest):
        self.wfile.write(b'HTTP/1.1 200 OK\r\n')
        self.pour(b'X-More: ' + b'x' * 4000 + b'\r\n', 300_000)


class Loopback(Web):
    where = 'loopback'


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, family, host, port, handler=Web, tls=None):
        self.address_family = family
        super().__init__((host, port), handler, bind_and_activate=False)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.server_bind()
        self.server_activate()
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)

    def handle_error(self, *_):
        pass


def in_client(pid, work):
    """Runs work() in a thread of the client's namespace; sockets it makes stay there."""
    def enter():
        with open(f'/proc/{pid}/ns/net') as ns:
            if ctypes.CDLL(None, use_errno=True).setns(ns.fileno(), CLONE_NEWNET) != 0:
                os._exit(3)
        work()

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()


def certificate(folder):
    names = ','.join(f'DNS:{n}' for n in RECORDS if n != 'other.test')
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
        '-subj', '/CN=web.test', '-addext', f'subjectAltName={names}', '-keyout', f'{folder}/tls.key', '-out',
        f'{folder}/tls.pem')
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(f'{folder}/tls.pem', f'{folder}/tls.key')
    return tls


# ---------------------------------------------------------------- all

def build(folder):
    client = subprocess.Popen(['unshare', '--net', 'sleep', 'infinity'])
    me = os.stat('/proc/self/ns/net').st_ino
    while os.stat(f'/proc/{client.pid}/ns/net').st_ino == me:
        time.sleep(0.01)
    inside = ['nsenter', f'--net=/proc/{client.pid}/ns/net']
    run('ip', 'link', 'set', 'lo', 'up')
    run('ip', 'link', 'add', 'world', 'type', 'veth', 'peer', 'name', 'client', 'netns', str(client.pid))
    run('ip', 'addr', 'add', '203.0.113.1/24', 'dev', 'world')
    run('ip', 'addr', 'add', 'fd99::1/64', 'dev', 'world', 'nodad')
    run('ip', 'link', 'set', 'world', 'up')
    for a in (WEB, NAMES, *TRAPS4):
        run('ip', 'addr', 'add', f'{a}/32', 'dev', 'lo')
    for a in (SIX, *TRAPS6):
        run('ip', 'addr', 'add', f'{a}/128', 'dev', 'lo', 'nodad')
    run(*inside, 'ip', 'link', 'set', 'lo', 'up')
    run(*inside, 'ip', 'link', 'set', 'client', 'up')
    run(*inside, 'ip', 'addr', 'add', '203.0.113.2/24', 'dev', 'client')
    run(*inside, 'ip', 'addr', 'add', f'{OWN}/32', 'dev', 'client')
    run(*inside, 'ip', 'addr', 'add', 'fd99::2/64', 'dev', 'client', 'nodad')
    run(*inside, 'ip', 'route', 'add', 'default', 'via', '203.0.113.1')
    run(*inside, 'ip', '-6', 'route', 'add', 'default', 'via', 'fd99::1')
    run('ip', 'route', 'add', OWN, 'dev', 'world')
    (folder / 'resolv.conf').write_text(f'nameserver {NAMES}\n')
    run('mount', '--bind', str(folder / 'resolv.conf'), '/etc/resolv.conf')

    threading.Thread(target=serve_names, daemon=True).start()
    tls = certificate(folder)
    for family, host in ((socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::')):
        Server(family, host, 80)
        Server(family, host, 443, tls=tls)
        in_client(client.pid, lambda: [Server(family, host, 80, Loopback), Server(family, host, 443, Loopback, tls)])
    return client, inside


def main():
    folder, probe, plain_conf, tls_conf = (pathlib.Path(p) for p in sys.argv[1:])
    client, inside = build(folder)
    (folder / '.netrc').write_text('machine web.test login netrc password leaked\n')
    (folder / '.netrc').chmod(0o600)
    trap = 'http://10.1.2.3:80'
    env = {**os.environ, 'HOME': str(folder), 'http_proxy': trap, 'https_proxy': trap, 'ALL_PROXY': trap,
           'HTTPS_PROXY': trap, 'ASAN_OPTIONS': 'detect_leaks=1:exitcode=99'}
    probes = {name: subprocess.Popen([*inside, str(probe), str(conf)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True, env=env) for name, conf in (('plain', plain_conf), ('tls', tls_conf))}
    print(json.dumps({'ready': True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        del seen[:], asked[:]
        p = probes[order['probe']]
        p.stdin.write('\t'.join(order['words']) + '\n')
        p.stdin.flush()
        answer = p.stdout.readline().rstrip('\n')
        print(json.dumps({'answer': answer, 'seen': list(seen), 'asked': list(asked)}), flush=True)
    codes = []
    for p in probes.values():
        p.stdin.close()
        codes.append(p.wait(30))
    client.kill()
    client.wait()
    print(json.dumps({'codes': codes}), flush=True)


main()

"""OpenStack Swift with its S3 API, one copy of everything, on loopback (Debian: swift-proxy and others).

It checks signatures and the hashes of what is sent, unlike the small stand-ins for S3.
"""
import atexit
import hashlib
import hmac
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from lib.keeper import KEEPER, started
from lib.stack import scratch

KEY, SECRET = 'test:chapterd', 'se/cr+et='
BACKENDS = ('account', 'container', 'object')

COMMON = '''[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {dir}
workers = 0
log_address = /dev/null
'''
BACKEND = COMMON + '''devices = {dir}/node
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
'''
PROXY = COMMON + '''[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 5
node_timeout = 60
recoverable_node_timeout = 60
error_suppression_limit = 1000000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_chapterd = {secret} .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
'''
SWIFT = '''[swift-hash]
swift_hash_path_suffix = test
swift_hash_path_prefix = test
[storage-policy:0]
name = one
default = yes
'''


def five_ports():
    """Free ports, held together until they are all known."""
    held = [socket.socket() for _ in range(5)]
    for s in held:
        s.bind(('127.0.0.1', 0))
    ports = [s.getsockname()[1] for s in held]
    [s.close() for s in held]
    return ports


class Swift:
    """A running one. `down()` takes only its front away: connections are refused; `up()` brings it back."""

    def __init__(self, bucket='chapterd'):
        self.dir = scratch('swift')
        self.bucket = bucket
        (self.dir / 'node/d1').mkdir(parents=True)
        if os.getuid() == 0:
            self.user = 'swift'
            subprocess.run(['chown', '-R', 'swift:swift', self.dir], check=True)
        else:
            self.user = subprocess.run(['id', '-un'], capture_output=True, text=True).stdout.strip()
        self.port, self.cache, *ports = five_ports()
        self.ports = dict(zip(BACKENDS, ports))
        self.url = f'http://127.0.0.1:{self.port}'
        self.processes = {}
        atexit.register(self.close)  # also when it does not get up
        self.configure()
        self.spawn('memcached', ['memcached', '-l', '127.0.0.1', '-p', str(self.cache), '-m', '16',
                                 *(['-u', self.user] if os.getuid() == 0 else [])])
        for name in BACKENDS:
            self.spawn(name, self.server(name))
        self.up()
        self.make_bucket()

    def configure(self):
        def write(file, text, **more):
            (self.dir / file).write_text(text.format(dir=self.dir, user=self.user, secret=SECRET,
                                                     cache=self.cache, **more))
        write('swift.conf', SWIFT)
        write('proxy.conf', PROXY, port=self.port)
        for name, port in self.ports.items():
            write(f'{name}.conf', BACKEND, port=port, name=name)
            for step in (['create', '4', '1', '1'], ['add', f'r1z1-127.0.0.1:{port}/d1', '1'], ['rebalance']):
                subprocess.run(['swift-ring-builder', f'{name}.builder', *step], cwd=self.dir, check=True,
                               stdout=subprocess.DEVNULL)

    def server(self, name):
        return ['/usr/bin/python3', '-W', 'ignore', f'/usr/bin/swift-{name}-server', str(self.dir / f'{name}.conf')]

    def spawn(self, name, command):
        with open(self.dir / f'{name}.log', 'ab') as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd='/',
                                                    stdin=subprocess.DEVNULL, start_new_session=True)
        pid = self.processes[name].pid
        KEEPER.keep('process', f'{pid} {started(pid)}')  # memcached names no folder

    def up(self):
        self.spawn('proxy', self.server('proxy'))
        start = time.monotonic()
        while True:
            try:
                urllib.request.urlopen(self.url, timeout=5)
            except urllib.error.HTTPError:
                return
            except OSError:
                assert time.monotonic() - start < 60, (self.dir / 'proxy.log').read_text()[-2000:]
                time.sleep(0.1)

    def down(self):
        self.end('proxy')

    def pause(self):
        """It takes connections and answers nothing."""
        self.processes['proxy'].send_signal(signal.SIGSTOP)

    def go_on(self):
        self.processes['proxy'].send_signal(signal.SIGCONT)

    def end(self, name):
        process = self.processes.pop(name)
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)

    def close(self):
        for name in list(self.processes):
            self.end(name)
        shutil.rmtree(self.dir, ignore_errors=True)

    def make_bucket(self):
        """The servers behind the front take a while to start."""
        start = time.monotonic()
        while (answer := self.ask('PUT'))[0] != 200:
            assert time.monotonic() - start < 120, answer
            time.sleep(0.5)

    # ---- a client that has nothing to do with ours

    def ask(self, method, key='', query=None, data=b'', **headers):
        """(status, body) of a signed request (AWS Signature Version 4)."""
        path = urllib.parse.quote(f'/{self.bucket}/{key}' if key else f'/{self.bucket}')
        query = '&'.join(f'{k}={urllib.parse.quote(v, safe="")}' for k, v in sorted((query or {}).items()))
        now = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
        signed = {'host': f'127.0.0.1:{self.port}', 'x-amz-date': now,
                  'x-amz-content-sha256': hashlib.sha256(data).hexdigest()}
        names = ';'.join(sorted(signed))
        canonical = '\n'.join([method, path, query, *(f'{k}:{v}' for k, v in sorted(signed.items())), '', names,
                               signed['x-amz-content-sha256']])
        scope = f'{now[:8]}/us-east-1/s3/aws4_request'
        text = '\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key_ = ('AWS4' + SECRET).encode()
        for word in [*scope.split('/'), text]:
            key_ = hmac.new(key_, word.encode(), 'sha256').digest()
        signed['authorization'] = (f'AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, '
                                   f'Signature={key_.hex()}')
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        connection.request(method, path + ('?' + query if query else ''), data or None, {**headers, **signed})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def good(self, *args, **more):
        status, body = self.ask(*args, **more)
        assert status in (200, 204), (status, body)
        return body

    def keys(self):
        body = self.good('GET', query={'list-type': '2', 'max-keys': '1000'})
        return [k.split(b'</Key>')[0].decode() for k in body.split(b'<Key>')[1:]]

    def uploads(self):
        """How many uploads in pieces nobody has ended."""
        return self.good('GET', query={'uploads': ''}).count(b'<UploadId>')

    def end_upload(self):
        """One of them."""
        body = self.good('GET', query={'uploads': ''}).decode()
        key, upload = (body.split(f'<{n}>')[1].split('<')[0] for n in ('Key', 'UploadId'))
        self.good('DELETE', key, query={'uploadId': upload})

    def remove(self, key):
        self.good('DELETE', key)

    def get(self, key):
        return self.good('GET', key)

    def put(self, key, data):
        self.good('PUT', key, data=data)

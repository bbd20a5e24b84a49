"""Authorities and certificates for tests, made by openssl; daemons that speak TLS."""
import datetime
import os
import shutil
import ssl
import subprocess

from lib.stack import scratch
from lib.wire import Conn

CA_CONFIG = '''
[ca]
default_ca = this
[this]
dir = {dir}
database = {dir}/index
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = {names}
'''


def openssl(*args, **more):
    subprocess.run(['openssl', *(str(a) for a in args)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, **more)


class Authority:
    """Makes certificates for localhost, 127.0.0.1 and chapters.test."""

    names = 'DNS:localhost, DNS:chapters.test, IP:127.0.0.1'

    def __init__(self):
        self.dir = scratch('authority')
        self.config = self.dir / 'config'
        self.config.write_text(CA_CONFIG.format(dir=self.dir, names=self.names))
        (self.dir / 'index').touch()
        self.key, self.pem, self.n = self.dir / 'ca-key.pem', self.dir / 'ca.pem', 0
        self.new_key(self.key)
        openssl('req', '-x509', '-new', '-key', self.key, '-days', '1000', '-subj', '/CN=Test authority',
                '-config', self.config, '-extensions', 'authority', '-out', self.pem)

    @staticmethod
    def new_key(path, kind='EC'):
        option = 'ec_paramgen_curve:P-256' if kind == 'EC' else 'rsa_keygen_bits:2048'
        openssl('genpkey', '-algorithm', kind, '-pkeyopt', option, '-out', path)

    def pair(self, days=90.0, kind='EC'):
        """(certificate, key) as bytes; it ends in so many days."""
        self.n += 1
        key, request, out = (self.dir / f'{self.n}.{e}' for e in ('key', 'csr', 'pem'))
        self.new_key(key, kind)
        openssl('req', '-new', '-key', key, '-subj', f'/CN=server {self.n}', '-config', self.config,
                '-out', request)
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = (f'{t:%Y%m%d%H%M%SZ}' for t in (now - datetime.timedelta(days=400),
                                                      now + datetime.timedelta(days=days)))
        openssl('ca', '-batch', '-notext', '-config', self.config, '-cert', self.pem, '-keyfile', self.key,
                '-startdate', start, '-enddate', end, '-extensions', 'server', '-in', request, '-out', out)
        return out.read_bytes(), key.read_bytes()


def replace(path, content, mode=0o640):
    """Puts a file into the place of another at once, as renewing programs do."""
    new = path.with_name(path.name + '.new')
    new.write_bytes(content)
    new.chmod(mode)
    shutil.chown(new, path.parent.stat().st_uid, path.parent.stat().st_gid)
    os.rename(new, path)


class TlsDaemon:
    """A daemon of the stack with a TLS listener, its files and what clients verify it with."""

    def __init__(self, stack, authority, settings=None, pair=None, name='tls', start=True):
        self.authority = authority
        self.daemon = d = stack.daemon(name=name, start=False)
        self.dir = scratch('certificate')
        owner = os.stat(stack.blob_dir())
        shutil.chown(self.dir, owner.st_uid, owner.st_gid)
        self.certificate, self.key = self.dir / 'server.pem', self.dir / 'key.pem'
        self.put(*(pair or authority.pair()))
        d.url = f'https://{d.host}'
        d.connect = self.connect
        d.write({**d.settings, 'listen': f'tls:{d.host}', 'base_url': d.url, 'tls_certificate': self.certificate,
                 'tls_key': self.key, **(settings or {})})
        if start:
            d.start()

    def put(self, certificate=None, key=None):
        if key is not None:
            replace(self.key, key)
        if certificate is not None:
            replace(self.certificate, certificate)

    def context(self):
        context = ssl.create_default_context(cafile=self.authority.pem)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def connect(self, source=None, host='localhost', context=None, **more):
        conn = Conn(('127.0.0.1', self.daemon.port), source, **more)
        conn.sock = (context or self.context()).wrap_socket(conn.sock, server_hostname=host)
        return conn

    def shown(self):
        """The certificate that a new connection gets, in DER."""
        with self.connect() as conn:
            return conn.sock.getpeercert(binary_form=True)

    def shows(self, pem):
        return self.shown() == ssl.PEM_cert_to_DER_cert(pem.decode())


def s_client(daemon, *args, stdin=b'', seconds=10):
    """What openssl's client says of a handshake: (worked, text)."""
    done = subprocess.run(['openssl', 's_client', '-connect', daemon.host, *args], input=stdin, timeout=seconds,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout.decode('utf-8', 'replace')

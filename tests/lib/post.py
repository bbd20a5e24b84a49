"""Mail servers on loopback: exim as it is in Debian, which delivers into a Maildir, and one that does what a test says."""
import datetime
import email
import email.policy
import os
import pathlib
import pwd
import subprocess
import threading

from aiosmtpd.controller import Controller

from lib.keeper import KEEPER, started
from lib.stack import REPO, free_port, scratch, wait_for


def day(ahead):
    return (datetime.date.today() + datetime.timedelta(days=ahead)).isoformat()


EXIM = '''
exim_user = {user}
exim_group = {group}
primary_hostname = relay.test
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
disable_ipv6 = true
keep_environment =
never_users =
host_lookup =
rfc1413_query_timeout = 0s
check_spool_space = 0
smtp_accept_queue_per_connection = 0
trusted_users = {user}
tls_advertise_hosts = *
tls_certificate = {pair}.pem
tls_privatekey = {pair}-key.pem
auth_advertise_hosts = *
acl_smtp_mail = mail
acl_smtp_rcpt = receiver
acl_smtp_data = accept
begin acl
mail:
  deny condition = {login}
       !authenticated = *
       message = sign in first
  accept
receiver:
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{chapterd}}}}{{eq{{$auth3}}{{se"cret}}}}}}}}
  server_set_id = $auth2
begin routers
{router}
all:
  driver = accept
  transport = box
begin transports
{transport}
box:
  driver = appendfile
  directory = {dir}/box
  create_directory = true
  maildir_format = true
  envelope_to_add = true
  return_path_add = true
  user = {user}
  group = {group}
'''


def example():
    """The router and the transport of packaging/examples/exim.conf."""
    text = (REPO / 'packaging/examples/exim.conf').read_text()
    return text.partition('begin routers')[2].partition('begin transports')[::2]


class Exim:
    """Takes all mails; with login it wants one first. pair: certificate and key for STARTTLS.

    answers: an address whose mails go to self.script, which is yet to be written, as the user of that number (of its
    group), by what packaging/examples say.
    """

    def __init__(self, pair, login=False, answers=None, user=None):
        self.dir, self.port = scratch('exim'), free_port()
        self.script, router, transport = self.dir / 'receive', '', ''
        if answers:
            local, _, domain = answers.partition('@')
            router, transport = example()
            router = router.replace('domains = example.org', f'domains = {domain}').replace('= calendar', f'= {local}')
            transport = transport.replace('/usr/bin/chapterctl mail receive', str(self.script)).replace(
                'user = _chapterd', f'user = {user[0]}\n  group = {user[1]}')
            assert str(self.script) in transport and f'= {local}\n' in router and f'user = {user[0]}' in transport
        for name, content in zip(('relay.pem', 'relay-key.pem'), pair):
            (self.dir / name).write_bytes(content)
        pair = self.dir / 'relay'
        owner = pwd.getpwnam('nobody') if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        uid, gid = user or (owner.pw_uid, owner.pw_gid)  # it runs as that one, and cannot become another with such a file
        conf = self.dir / 'conf'
        conf.write_text(EXIM.format(dir=self.dir, port=self.port, user=uid, group=gid, pair=pair,
                                    login='yes' if login else 'no', router=router, transport=transport))
        if os.getuid() == 0:
            os.chown(self.dir, uid, gid)
        self.log = open(self.dir / 'err', 'wb')
        self.process = subprocess.Popen(['/usr/sbin/exim4', '-bdf', '-C', conf, '-oP', self.dir / 'pid'], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, cwd='/', start_new_session=True)
        KEEPER.keep('process', f'{self.process.pid} {started(self.process.pid)}')
        wait_for(self.listens, 20, f'exim: {(self.dir / "err").read_text()}')

    def listens(self):
        import socket
        assert self.process.poll() is None, (self.dir / 'err').read_text()
        try:
            with socket.create_connection(('127.0.0.1', self.port), 2) as s:
                return s.recv(3) == b'220'
        except OSError:
            return False

    @property
    def url(self):
        return f'smtp://127.0.0.1:{self.port}'

    def mails(self, to=None):
        """What has been delivered: (envelope receiver, message), in any order."""
        found = []
        for path in pathlib.Path(self.dir / 'box/new').glob('*'):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            mail.raw = path.read_bytes()
            if to is None or mail['Envelope-To'] == to:
                found.append(mail)
        return found

    def wait(self, to, n=1, seconds=30):
        wait_for(lambda: len(self.mails(to)) >= n, seconds, f'{n} mails to {to}')
        return self.mails(to)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Relay:
    """A real SMTP server whose answers a test chooses: answers[local part of a receiver] = (stage, answer)."""

    def __init__(self, **more):
        self.port, self.more = free_port(), more
        self.taken, self.lock, self.answers, self.greeting = [], threading.Lock(), {}, None
        self.tries, self.peers = {}, set()
        self.controller = None
        self.start()

    @property
    def url(self):
        return f'smtp://127.0.0.1:{self.port}'

    def start(self):
        self.controller = Controller(self, hostname='127.0.0.1', port=self.port, **self.more)
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    close = stop

    def reset(self):
        with self.lock:
            self.taken, self.answers, self.greeting, self.tries, self.peers = [], {}, None, {}, set()
        if self.controller is None:
            self.start()

    def plan(self, address, stage):
        with self.lock:
            kind, answer = self.answers.get(address.partition('@')[0].partition('-')[0], (None, None))
        return answer if kind == stage else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.greeting:
            return self.greeting
        envelope.mail_from = address
        with self.lock:
            self.peers.add(session.peer)
        return '250 OK'

    async def handle_RCPT(self, server, session, envelope, address, options):
        with self.lock:
            self.tries[address] = self.tries.get(address, 0) + 1
        answer = self.plan(address, 'rcpt')
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        answer = self.plan(address, 'data')
        if answer in ('cut', 'keep and cut'):
            if answer == 'keep and cut':
                self.keep(envelope)
            server.transport.abort()
            return '250 nobody hears this'
        if answer == 'sleep':
            import asyncio
            self.keep(envelope)
            await asyncio.sleep(3600)
        if answer:
            return answer
        self.keep(envelope)
        return '250 2.0.0 taken'

    def keep(self, envelope):
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        mail.raw, mail.receivers, mail.sender = envelope.original_content, list(envelope.rcpt_tos), envelope.mail_from
        with self.lock:
            self.taken.append(mail)

    def mails(self, to=None):
        with self.lock:
            return [m for m in self.taken if to is None or m.receivers == [to]]

    def wait(self, to, n=1, seconds=30):
        wait_for(lambda: len(self.mails(to)) >= n, seconds, f'{n} mails to {to}')
        return self.mails(to)

    def tried(self, address):
        with self.lock:
            return self.tries.get(address, 0)



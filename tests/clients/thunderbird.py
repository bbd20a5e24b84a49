"""A real Thunderbird without a screen, driven through Marionette, the protocol of Mozilla's own tests."""
import base64
import json
import pathlib
import shutil
import signal
import socket
import subprocess

from lib.stack import free_port, scratch, wait_for

SCRIPT = pathlib.Path(__file__).with_name('thunderbird.js')
CALL = '''const done = arguments[arguments.length - 1];
(async (part, name, given) => (part ? person[part] : person)[name](...given))(...arguments).then(
    value => done({ value: value ?? null }), error => done({ error: `${error}\\n${error?.stack}` }));'''
NOWHERE = 'http://127.0.0.1:9/'
PREFERENCES = {
    'app.update.enabled': False,
    'browser.dom.window.dump.enabled': True,
    'calendar.alarms.show': False,
    'calendar.timezone.local': 'UTC',
    'calendar.timezone.useSystemTimezone': False,
    'datareporting.policy.dataSubmissionEnabled': False,
    'extensions.update.enabled': False,
    'mail.provider.suppress_dialog_on_startup': True,
    'mail.rights.version': 1,
    'mail.shell.checkDefaultClient': False,
    'mail.spam.version': 1,
    'mail.winsearch.firstRunDone': True,
    'mailnews.start_page.enabled': False,
    'mailnews.start_page_override.mstone': 'ignore',
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'network.manage-offline-status': False,
    'services.settings.server': NOWHERE,
    'signon.rememberSignons': True,
    'toolkit.telemetry.server': NOWHERE,
}


class Marionette:
    """Its protocol: length, colon, JSON."""

    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), 180)
        self.file = self.sock.makefile('rb')
        self.number = 0
        self.read()

    def read(self):
        length = b''
        while (byte := self.file.read(1)) != b':':
            assert byte, 'Thunderbird has gone'
            length += byte
        return json.loads(self.file.read(int(length)))

    def __call__(self, command, **parameters):
        self.number += 1
        data = json.dumps([0, self.number, command, parameters]).encode()
        self.sock.sendall(b'%d:%s' % (len(data), data))
        _, _, error, result = self.read()
        assert error is None, f'{command}: {error}'
        return result


class Thunderbird:
    """A profile of its own, which goes with it. Discovers over TLS, since a bare host name means that."""

    # What comes of a conflict when theirs, and when mine is to stay: of a contact it never says which it has changed.
    conflicts = {'events': ('asked', 'asked'), 'contacts': ('written', 'written')}

    def __init__(self, _, tls, user, password='demo'):
        assert shutil.which('thunderbird'), 'thunderbird is not installed; run: make check-clients'
        self.user, self.password, self.host = user, password, f'localhost:{tls.daemon.port}'
        self.dir = scratch('thunderbird')
        port = free_port()
        (self.dir / 'user.js').write_text(''.join(
            f'user_pref({json.dumps(name)}, {json.dumps(value)});\n'
            for name, value in {**PREFERENCES, 'marionette.port': port}.items()))
        with open(self.dir / 'log', 'wb') as log:
            self.process = subprocess.Popen(
                ['thunderbird', '--no-remote', '--marionette', '--remote-allow-system-access', '--profile', self.dir],
                env={'HOME': str(self.dir), 'PATH': '/usr/bin:/bin', 'LANG': 'C.UTF-8', 'MOZ_HEADLESS': '1',
                     'MOZ_CRASHREPORTER_DISABLE': '1'}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        try:
            wait_for(lambda: self.connects(port), 120, 'the start of Thunderbird')
            self.command('WebDriver:NewSession', capabilities={})
            self.command('Marionette:SetContext', value='chrome')
            self.command('WebDriver:SetTimeouts', script=150_000)
            self.script(SCRIPT.read_text() + 'arguments[arguments.length - 1](null);')
            self.call(None, 'trust', base64.b64encode(self.der(tls.authority.pem)).decode())
        except BaseException:
            self.close()
            raise

    def connects(self, port):
        assert self.process.poll() is None, self.log()
        try:
            self.command = Marionette(port)
            return True
        except OSError:
            return False

    @staticmethod
    def der(pem):
        return base64.b64decode(''.join(line for line in pem.read_text().splitlines() if '-----' not in line))

    def script(self, text, *args):
        return self.command('WebDriver:ExecuteAsyncScript', script=text, args=args, newSandbox=False,
                            sandbox='system')['value']

    def call(self, part, name, *args):
        answer = self.script(CALL, part, name, args)
        assert 'error' not in answer, f'{part} {name} {args}: {answer["error"]}\n{self.log()}'
        return answer['value']

    def log(self):
        lines = (self.dir / 'log').read_text('utf-8', 'replace').splitlines()
        return '\n'.join([line for line in lines if line and 'gtk_icon' not in line][-40:])

    def discover(self, kind, path=''):
        return dict(self.call(kind, 'discover', self.user, self.password, self.host + path))

    def items(self, kind, href):
        return dict(self.call(kind, 'items', href))

    def change_in_conflict(self, kind, href, uid, changes, overwrite):
        """Changes what the server has changed since; 'asked' when it asked the person what to do."""
        self.call(None, 'answer', overwrite)
        self.call(kind, 'change', href, uid, changes)
        return 'asked' if self.call(None, 'asked') else 'written'

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)

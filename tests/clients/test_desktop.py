"""gvfs (GNOME), KIO (KDE) and LibreOffice against our folders."""
import base64
import http.client
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from desktop import need
from lib.past import Past
from lib.stack import free_port


def test_gvfs(server, session, alice, mallory, den):
    """Mount, list, copy, move, rename, overwrite, delete by gio."""
    need('gio')
    mallory.put(den + 'plan.txt', b'eins')
    data = os.urandom(2_000_000)
    (session.dir / 'a.bin').write_bytes(data)
    (session.dir / 'b ü#.txt').write_text('hi')
    out = session(f'''
U=dav://jena-member@{server.host}{den.rstrip("/")}
printf 'demo\\n' | timeout 60 gio mount "$U"
gio list -l "$U/"
gio mkdir "$U/giot"
gio copy a.bin "$U/giot/a.bin"
gio copy "b ü#.txt" "$U/giot/"
gio copy "$U/giot/a.bin" a2.bin
cmp a.bin a2.bin
gio move "$U/giot/a.bin" "$U/giot/m.bin"
gio copy "$U/giot/m.bin" "$U/giot/c.bin"
gio rename "$U/giot/c.bin" r.bin
echo over | gio save "$U/giot/r.bin"
test "$(gio cat "$U/giot/r.bin")" = over
gio list "$U/giot"
gio remove "$U/giot/r.bin"
echo zwei | gio save "$U/plan.txt"
echo drei | gio save "$U/plan.txt"
gio rename "$U/plan.txt" fertig.txt
gio mount -u "$U"
echo GIO-DONE
''')
    assert 'GIO-DONE' in out
    assert alice.get(den + 'giot/m.bin').body == data
    assert set(alice.listing(den + 'giot/')) == {den + 'giot/m.bin', den + 'giot/b%20%C3%BC%23.txt'}
    past = Past(server, den)
    assert alice.get(den + 'fertig.txt').body == b'drei\n' and past.versions('fertig.txt') == [b'eins']
    assert past.listed() == {'giot', 'fertig.txt'} and past.deleted() == ['r.bin']


def test_kio(server, session, alice, mallory, den):
    """kioclient: list, stat, put, get, move, copy, delete. It sends userinfo in Destination."""
    need('kioclient5')
    data = os.urandom(500_000)
    (session.dir / 'a.bin').write_bytes(data)
    (session.dir / 'b ü.txt').write_text('hi')
    alice.mkcol(den + 'kiot/')
    mallory.put(den + 'plan.txt', b'eins')
    for said in ('zwei', 'drei'):
        (session.dir / said).write_text(said)
    out = session(f'''
K="timeout 30 kioclient5 --noninteractive --overwrite"
U=webdav://jena-member:demo@{server.host}{den}
$K ls "$U"
$K copy file://$PWD/a.bin "${{U}}kiot/a.bin"
$K copy "file://$PWD/b ü.txt" "${{U}}kiot/b ü.txt"
$K ls "${{U}}kiot/"
$K copy "${{U}}kiot/a.bin" file://$PWD/a2.bin
cmp a.bin a2.bin
$K move "${{U}}kiot/a.bin" "${{U}}kiot/m.bin"
$K copy "${{U}}kiot/m.bin" "${{U}}kiot/c.bin"
$K stat "${{U}}kiot/c.bin"
$K remove "${{U}}kiot/c.bin"
$K copy file://$PWD/zwei "${{U}}plan.txt"
$K copy file://$PWD/drei "${{U}}plan.txt"
$K move "${{U}}plan.txt" "${{U}}fertig.txt"
echo KIO-DONE
''')
    assert 'KIO-DONE' in out
    assert alice.get(den + 'kiot/m.bin').body == data
    assert set(alice.listing(den + 'kiot/')) == {den + 'kiot/m.bin', den + 'kiot/b%20%C3%BC.txt'}
    past = Past(server, den)
    assert alice.get(den + 'fertig.txt').body == b'drei' and past.versions('fertig.txt') == [b'eins']
    assert past.listed() == {'kiot', 'fertig.txt'} and past.deleted() == ['c.bin']


class AddLogin(BaseHTTPRequestHandler):
    """Relays to the daemon and adds Basic: LibreOffice cannot be given a password over UNO."""
    protocol_version = 'HTTP/1.1'
    target = None
    seen = None

    def log_message(self, *_):
        pass

    def relay(self):
        if 'chunked' in (self.headers.get('Transfer-Encoding') or ''):
            body = b''
            while size := int(self.rfile.readline().split(b';')[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        back = http.client.HTTPConnection('127.0.0.1', self.target)
        back.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        own = f'127.0.0.1:{self.server.server_port}'
        for name, value in self.headers.items():
            if name.lower() not in ('transfer-encoding', 'content-length', 'connection', 'expect'):
                back.putheader(name, value.replace(own, f'127.0.0.1:{self.target}'))
        back.putheader('Authorization', 'Basic ' + base64.b64encode(b'jena-member:demo').decode())
        back.putheader('Content-Length', str(len(body)))
        back.endheaders(body)
        answer = back.getresponse()
        data = answer.read()
        self.seen.append((self.command, self.path, answer.status))
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ('transfer-encoding', 'content-length', 'connection'):
                self.send_header(name, value)
        length = answer.getheader('Content-Length') if self.command == 'HEAD' else str(len(data))
        if length and answer.status not in (204, 304):
            self.send_header('Content-Length', length)
        self.end_headers()
        self.wfile.write(data)

    def __getattr__(self, name):
        if name.startswith('do_'):
            return self.relay
        raise AttributeError(name)


@pytest.fixture
def tap(server):
    """A port that adds the login; .seen lists what went through."""
    handler = type('Handler', (AddLogin,), {'target': server.port, 'seen': []})
    relay = ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    relay.seen = handler.seen
    yield relay
    relay.shutdown()


@pytest.mark.parametrize('save_as', [False, True], ids=['open-edit-save', 'save-as'])
def test_libreoffice(server, session, tap, alice, mallory, den, save_as):
    """Writer opens, edits and saves; while the document is open nobody else can write it."""
    need('soffice')
    import uno
    from com.sun.star.beans import PropertyValue

    def option(name, value):
        p = PropertyValue()
        p.Name, p.Value = name, value
        return p

    port = free_port()
    url = f'http://127.0.0.1:{tap.server_port}{den}lo%20t.odt'
    office = subprocess.Popen(
        ['soffice', '--headless', '--norestore', '--nologo', f'-env:UserInstallation=file://{session.dir}/p',
         f'--accept=socket,host=127.0.0.1,port={port};urp;'], env=session.env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        resolver = uno.getComponentContext().ServiceManager.createInstanceWithContext(
            'com.sun.star.bridge.UnoUrlResolver', uno.getComponentContext())
        for _ in range(240):
            try:
                context = resolver.resolve(
                    f'uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext')
                break
            except Exception:  # not there yet: UNO's own class of exception
                time.sleep(0.25)
        desktop = context.ServiceManager.createInstanceWithContext('com.sun.star.frame.Desktop', context)
        document = desktop.loadComponentFromURL('private:factory/swriter', '_blank', 0,
                                                (option('Hidden', True),))
        document.Text.setString('hello webdav')
        if save_as:
            document.storeAsURL(url, (option('FilterName', 'writer8'),))
        else:
            document.storeAsURL(f'file://{session.dir}/l.odt', (option('FilterName', 'writer8'),))
            first = (session.dir / 'l.odt').read_bytes()
            assert mallory.put(den + 'lo%20t.odt', first).status == 201
        document.close(True)
        document = desktop.loadComponentFromURL(url, '_blank', 0, (option('Hidden', True),))
        assert document.Text.getString() == 'hello webdav' and not document.isReadonly()
        assert mallory.put(den + 'lo%20t.odt', b'second writer').status == 423
        for said in ('half', 'edited'):
            document.Text.setString(said)
            document.store()
        past = Past(server, den)
        assert past.listed() == {'lo t.odt'}, 'no lock file, while it is open'
        document.close(True)
        document = desktop.loadComponentFromURL(url, '_blank', 0, (option('Hidden', True),))
        assert document.Text.getString() == 'edited'
        document.close(True)
    finally:
        office.terminate()
        office.wait(30)
    print(tap.seen)
    assert ('LOCK' in [m for m, _, _ in tap.seen])
    assert not [s for s in tap.seen if s[2] >= 500]
    assert past.versions('lo%20t.odt') == ([] if save_as else [first]), 'one sitting'
    assert set(alice.listing(den)) == {den + 'lo%20t.odt'} and past.listed() == {'lo t.odt'} and past.deleted() == []
    assert alice.put(den + 'lo%20t.odt', b'after').status == 204, 'no lock was left'
    assert alice.move(den + 'lo%20t.odt', den + 'fertig.odt').status == 201
    assert past.versions('fertig.odt') == ([] if save_as else [first]) and past.deleted() == []

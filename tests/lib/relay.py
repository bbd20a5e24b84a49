"""Servers between a program and its directory or database: they pass bytes on, hold them back, end or refuse
connections, or say nothing."""
import contextlib
import os
import socket
import threading
import time


def end(*sockets):
    for s in sockets:
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_RDWR)


class Relay:
    """Passes on what comes to a port (or path) of its own; `target` is a port, an address or a path.

    spy gets a copy of what goes up; mangle(data) changes it. watch(data, up) is asked about each piece:
    when it says 'before' or 'after', both ends are closed then, of its being passed on."""

    def __init__(self, target, path=None, host='127.0.0.1', spy=None, mangle=None, watch=None):
        self.target = ('127.0.0.1', target) if isinstance(target, int) else target
        self.spy, self.mangle, self.watch = spy, mangle, watch
        self.connections, self.pairs = 0, []
        self.open = threading.Event()  # clear: nothing is passed on, and nothing ended
        self.open.set()
        self.refusing, self.delay = False, 0.0
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            os.chmod(path, 0o777)
            self.listener.listen(256)
        else:
            self.listener = socket.create_server((host, 0), backlog=256)
            self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refusing:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            self.pairs.append((client, server))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, a, b, up):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                moment = self.watch(data, up) if self.watch else None
                self.open.wait()
                if moment == 'before':
                    break
                if up and self.spy is not None:
                    self.spy.append(data)
                if moment == 'after':
                    end(a)  # no answer finds its way back
                b.sendall(self.mangle(data) if up and self.mangle else data)
                if moment == 'after':
                    break
        end(a, b)

    def cut(self):
        """Ends all connections that stand."""
        for pair in self.pairs:
            end(*pair)
        self.pairs.clear()

    def refuse(self):
        self.refusing = True
        self.cut()

    def pass_on(self):
        """As at the beginning, with new connections."""
        self.refusing, self.delay = False, 0.0
        self.cut()
        self.open.set()

    def end(self):
        self.listener.close()
        self.pass_on()


class Silent:
    """Accepts and never says a word."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.held = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.held.append(self.listener.accept()[0])
            except OSError:
                return

    def end(self):
        self.listener.close()
        for s in self.held:
            s.close()

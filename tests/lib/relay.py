"""Servers between a program and its directory or database: they pass bytes on, hold them back, or say nothing."""
import socket
import threading


class Relay:
    """Passes bytes on; can be made to hold them back."""

    def __init__(self, port, host='127.0.0.1', spy=None, mangle=None):
        self.to, self.spy, self.mangle = port, spy, mangle
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        self.open, self.connections = threading.Event(), 0
        self.open.set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(('127.0.0.1', self.to))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, a, b, up):
        try:
            while data := a.recv(65536):
                self.open.wait()
                if up and self.spy is not None:
                    self.spy.append(data)
                b.sendall(self.mangle(data) if up and self.mangle else data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def end(self):
        self.open.set()
        self.listener.close()


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

"""A TCP relay whose line can be cut, silenced or slowed: for the directory and the database."""
import contextlib
import os
import socket
import threading
import time


class Proxy:
    """Relays from a port (or path) of its own to `target`. mode: pass, reset, blackhole, delay."""

    def __init__(self, target, path=None):
        self.target = target
        self.mode = 'pass'
        self.delay = 0.0
        self.pairs = []
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            os.chmod(path, 0o777)
        else:
            self.listener = socket.socket()
            self.listener.bind(('127.0.0.1', 0))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(256)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == 'reset':
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
                client.close()
                continue
            unix = isinstance(self.target, str)
            server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            self.pairs.append((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.relay, args=(a, b), daemon=True).start()

    def relay(self, source, sink):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if self.delay:
                    time.sleep(self.delay)
                while self.mode == 'blackhole':
                    time.sleep(0.05)
                if self.mode == 'reset':
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        """Ends all connections that stand."""
        for pair in self.pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()

    def close(self):
        self.mode = 'pass'
        self.listener.close()
        self.cut()

"""A wire to a server that can be cut, silenced or stalled, and a server that lets nobody in: for tests of bad days."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from contextlib import suppress
from typing import Any

import bson

CHUNK = 65_536


class FaultyWire:
    """Forwards a port of this machine to an address (``(host, port)``, or the path of a Unix socket).

    ``mode``: through, silent (takes connections and says nothing), cut or stall (when a client sends the bytes ``at``),
    lost (what is sent on open connections goes nowhere).
    """

    def __init__(self, target: tuple[str, int] | str) -> None:
        self._target = target
        self.mode, self.at = "through", b""
        self._listener = self._listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections, and end those that are open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_all()

    def vanish(self) -> None:
        """Refuse connections, and lose what is sent on those that are open, of which neither end is told."""
        self.mode = "lost"
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def heal(self) -> None:
        """Forward again."""
        self.mode = "through"
        self._end_all()
        if self._listener.fileno() < 0:
            self._listener = self._listening(self.port)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def ail(self, mode: str, *, at: bytes = b"") -> None:
        """Treat connections so from now on; those that are open end."""
        self.mode, self.at = mode, at
        self._end_all()

    @staticmethod
    def _listening(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=64)

    def _end_all(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._open.append(client)
            if self.mode != "silent":
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET)
        server.connect(self._target)
        self._open.append(server)
        at = self.at if self.mode in ("cut", "stall") else None
        threading.Thread(target=self._pump, args=(client, server, at), daemon=True).start()
        self._pump(server, client)

    def spoken(self, data: bytes) -> bytes:
        """Return what is forwarded of what was received."""
        return data

    def _pump(self, source: socket.socket, sink: socket.socket, at: bytes | None = None) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if self.mode == "lost":
                    continue
                if at is not None and at in data:
                    if self.mode == "stall":
                        return
                    break
                sink.sendall(self.spoken(data))
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class LockedMongo(socketserver.StreamRequestHandler):
    """Speaks enough of MongoDB's protocol to greet a client and to refuse its password."""

    def handle(self) -> None:
        while head := self.rfile.read(16):
            length, number, _, code = struct.unpack("<iiii", head)
            body = self.rfile.read(length - 16)
            asked: dict[str, Any] = bson.decode(body[5:] if code == 2013 else body[body.index(0, 4) + 9 :])
            greeting = {"ismaster", "isMaster", "hello"} & set(asked)
            answer = {"ok": 1, "ismaster": True, "helloOk": True, "minWireVersion": 0, "maxWireVersion": 21}
            if not greeting:
                answer = {"ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed."}
            content = bson.encode(answer)
            before = struct.pack("<iB", 0, 0) if code == 2013 else struct.pack("<iqii", 8, 0, 0, 1)
            kind = 2013 if code == 2013 else 1
            self.wfile.write(struct.pack("<iiii", 16 + len(before) + len(content), 0, number, kind) + before + content)


class LockedMongoServer(socketserver.ThreadingTCPServer):
    """Runs on a free port until it is left."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), LockedMongo)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

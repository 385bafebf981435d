"""A TCP line between real nodes that a test can cut and heal: what is under way is lost, nobody gets through."""
import socket
import threading


class Line:
    """Listens on a port of loopback and hands on to `target`, as long as it is whole."""

    def __init__(self, target):
        self.target = target
        self.whole = True
        self.sockets = set()
        self.lock = threading.Lock()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                there.settimeout(None)
            except OSError:
                here.close()
                continue
            with self.lock:
                if self.whole:
                    self.sockets.update((here, there))
                    for a, b in ((here, there), (there, here)):
                        threading.Thread(target=self._pump, args=(a, b), daemon=True).start()
                    continue
            here.close()
            there.close()

    def _pump(self, a, b):
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        self._end(a, b)

    def _end(self, *sockets):
        for s in sockets:
            with self.lock:
                self.sockets.discard(s)
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def cut(self):
        with self.lock:
            self.whole = False
            under_way = list(self.sockets)
        self._end(*under_way)

    def heal(self):
        with self.lock:
            self.whole = True

    def close(self):
        self.cut()
        self.listener.close()

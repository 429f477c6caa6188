"""A private stock daemon on 127.0.0.1 with a configuration of its own, and a relay that limits the digests it lists."""
import os
import signal
import socket
import subprocess
import threading
import time

from sshd import free_port

GENERAL = """address = 127.0.0.1
use chroot = no
munge symlinks = no
numeric ids = no
uid = root
gid = root
reverse lookup = no
max verbosity = 9
"""


class Daemon:
    """modules: {name: {parameter: value}}; `general` is added to what holds for all of them."""

    def __init__(self, program, directory, modules, general=""):
        self.program, self.directory, self.port, self.process = program, directory, free_port(), None
        os.makedirs(directory, exist_ok=True)
        text = GENERAL + general + f"log file = {self.path('log')}\nlock file = {self.path('lock')}\n"
        for name, parameters in modules.items():
            text += f"[{name}]\n" + "".join(f"  {key} = {value}\n" for key, value in parameters.items())
        with open(self.path("rsyncd.conf"), "w", encoding="utf-8") as f:
            f.write(text)

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self):
        self.process = subprocess.Popen([self.program, "--daemon", "--no-detach", f"--port={self.port}",
                                         f"--config={self.path('rsyncd.conf')}"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("the daemon did not start")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Relay:
    """Between a client and a daemon: both greetings list `digests` only. What passes is kept in `heard`."""

    def __init__(self, port, digests):
        self.to, self.digests, self.heard = port, digests.encode(), {"c2s": b"", "s2c": b""}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            daemon = socket.create_connection(("127.0.0.1", self.to))
            for name, source, target in (("c2s", client, daemon), ("s2c", daemon, client)):
                threading.Thread(target=self.copy, args=(name, source, target), daemon=True).start()

    def copy(self, name, source, target):
        greeting = b""
        while b"\n" not in greeting:
            data = source.recv(4096)
            if not data:
                break
            greeting += data
        line, _, rest = greeting.partition(b"\n")
        data = b" ".join(line.split(b" ")[:2] + [self.digests]) + b"\n" + rest
        while data:
            self.heard[name] += data
            try:
                target.sendall(data)
                data = source.recv(65536)
            except OSError:
                break
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.close()

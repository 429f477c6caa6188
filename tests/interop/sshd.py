"""A private sshd on 127.0.0.1 with keys, known_hosts and a client configuration of its own, all in one directory.

Nothing of the user's ~/.ssh is read or written. The host alias in the configuration is `target`.
"""
import os
import shutil
import signal
import socket
import subprocess
import time

SSHD = "/usr/sbin/sshd"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sshd:
    def __init__(self, directory):
        self.directory = directory
        self.config = os.path.join(directory, "ssh_config")
        self.port = free_port()
        self.process = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self):
        if not os.path.exists(SSHD):
            raise RuntimeError(f"{SSHD} is not installed")
        os.makedirs("/run/sshd", exist_ok=True)
        os.chmod(self.directory, 0o755)
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(key)], check=True)
        shutil.copy(self.path("user_key.pub"), self.path("authorized_keys"))
        with open(self.path("host_key.pub")) as f:
            kind, key = f.read().split()[:2]
        with open(self.path("known_hosts"), "w") as f:
            f.write(f"[127.0.0.1]:{self.port} {kind} {key}\n")
        with open(self.path("sshd_config"), "w") as f:
            f.write(f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.path('host_key')}\n"
                    f"PidFile {self.path('sshd.pid')}\nAuthorizedKeysFile {self.path('authorized_keys')}\n"
                    "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
                    "KbdInteractiveAuthentication no\nMaxStartups 100\nMaxSessions 100\nLogLevel VERBOSE\n")
        with open(self.config, "w") as f:
            f.write(f"Host target\n  HostName 127.0.0.1\n  Port {self.port}\n  User root\n"
                    f"  IdentityFile {self.path('user_key')}\n  IdentityAgent none\n"
                    f"  UserKnownHostsFile {self.path('known_hosts')}\n  GlobalKnownHostsFile /dev/null\n"
                    "  StrictHostKeyChecking yes\n  BatchMode yes\n")
        with open(self.path("sshd.log"), "wb") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", self.path("sshd_config")],
                                            stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        with open(self.path("sshd.log"), errors="replace") as f:
            text = f.read()
        self.stop()
        raise RuntimeError(f"sshd did not start:\n{text}")

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

#!/usr/bin/env python3
"""Daemons: each way in and each way to be sent away, beside what stock rsync does with the same daemon.

Random pushes into a module are those of push_cases.py over its transport `daemon`.
"""
import os
import pty
import re
import select
import shutil
import socket
import sys
import threading
import time

import output
import support
import tree
from daemon import Daemon, Relay
from sshd import free_port

DIGESTS = {"sha512": 86, "sha256": 43, "sha1": 27, "md5": 22, "md4": 22}      # and how long a response is
SECRET = "geheim wort"
SHELL = """#!/bin/sh
# A remote shell whose program is always the same daemon; what it was asked for is written down.
printf '%s\\n' "$@" > '{words}'
exec '{rsync}' --server --daemon --config='{config}' .
"""


class Site:
    """A daemon with all kinds of modules, a source, and two destinations for each case."""

    def __init__(self, programs, tally):
        self.programs, self.tally = programs, tally
        self.home = os.path.join(programs.work, "daemon-cases")
        os.mkdir(self.home)
        for name in ("from", "one", "two", "closed"):
            os.mkdir(self.path(name))
        self.fill()
        self.write("secrets", f"joe:{SECRET}\n", 0o600)
        self.write("password", f"{SECRET}\n", 0o600)
        self.write("wrong", "falsch\n", 0o600)
        self.write("motd", "Welcome\n\x1b[1m\u00e4\n")
        both = {"read only": "no", "comment": "what \u00e4 person writes"}
        auth = {"read only": "no", "auth users": "joe", "secrets file": self.path("secrets")}
        self.daemon = Daemon(programs.rsync, self.path("daemon"), {
            "one": {"path": self.path("one"), **both}, "two": {"path": self.path("two"), **both},
            "locked-one": {"path": self.path("one"), **auth}, "locked-two": {"path": self.path("two"), **auth},
            "closed": {"path": self.path("closed"), "comment": "read only"},
            "a-module-with-a-long-name": {"path": self.path("closed")},
            "hidden": {"path": self.path("closed"), "list": "no"},
            "elsewhere": {"path": self.path("closed"), "hosts allow": "192.0.2.1"},
            "hasty": {"path": self.path("two"), "read only": "no", "timeout": "2"},
        }, f"motd file = {self.path('motd')}\n").start()
        self.write("shell", SHELL.format(words=self.path("words"), rsync=programs.rsync,
                                         config=self.daemon.path("rsyncd.conf")), 0o755)

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def fill(self):
        top = self.path("from")
        os.makedirs(top + "/sub dir/deep")
        for number in range(40):
            name = f"{top}/{'sub dir/' if number % 3 else ''}file {number}"
            with open(name, "wb") as f:
                f.write(os.urandom(number * 997))
            os.chown(name, 1000 + number, 2000)
        os.symlink("file 0", top + "/link")
        os.link(top + "/file 0", top + "/again")
        os.mkfifo(top + "/fifo")
        for directory, names, files in os.walk(top, topdown=False):
            for name in names + files + ["."]:
                os.utime(os.path.join(directory, name), ns=(10**18, 10**18 + 7), follow_symlinks=False)

    def url(self, module, port=None, user=""):
        return f"rsync://{user}127.0.0.1:{port or self.daemon.port}/{module}"

    def clear(self):
        for side in ("one", "two"):
            for entry in os.scandir(self.path(side)):
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
            os.utime(self.path(side), ns=(10**18, 10**18))

    def run(self, is_volsync, args, **more):
        program = self.programs.volsync if is_volsync else self.programs.rsync
        return support.run([program, *args], timeout=60, cwd=self.path("from"), **more)

    def both(self, make_args, **more):
        """make_args(side) for each program; the stock one writes to `one`, ours to `two`."""
        return self.run(False, make_args("one"), **more), self.run(True, make_args("two"), **more)

    def compare(self, name, make_args, code, trees=False, errors=True, **more):
        """Both runs end with `code`, print the same, and leave the same."""
        begun = time.time_ns()
        stock, ours = self.both(make_args, **more)
        problems = [] if (stock.code, ours.code) == (code, code) else [f"exit codes {stock.code} / {ours.code}"]
        problems += output.compare(sides_hidden(stock.out), sides_hidden(ours.out), exact_progress=False)
        if errors and error_lines(stock) != error_lines(ours):
            problems.append(f"standard error: {error_lines(stock)} / {error_lines(ours)}")
        if trees:
            problems += tree.compare(*(tree.snapshot(os.fsencode(self.path(s))) for s in ("one", "two")), since_ns=begun)
        self.tally.result(name, problems, [stock.command(), ours.command()])
        return stock, ours


def sides_hidden(text):
    return re.sub(r"\b(locked-)?(one|two)\b", "SIDE", text)


def error_lines(outcome):
    """Without the last line's place in a source file, version and role."""
    return sorted(re.sub(r" at \S+ .*", "", sides_hidden(line)) for line in outcome.err.split("\n") if line)


def pushes(site):
    """-aH into a module: new, unchanged and changed, for each protocol."""
    for protocol in (32, 31, 30):
        for extra in ([], ["-s", "--no-inc-recursive"]):
            site.clear()
            options = ["-aHi", "--stats", "--delete", f"--protocol={protocol}", *extra]
            where = f"protocol {protocol} {' '.join(extra)}"
            for state in ("new", "unchanged", "changed"):
                if state == "changed":
                    for side in ("one", "two"):
                        with open(site.path(f"{side}/file 39"), "r+b") as f:
                            f.write(b"other bytes")
                        os.mkdir(site.path(f"{side}/extra"))
                        os.utime(site.path(f"{side}"), ns=(10**18, 10**18))
                site.compare(f"push, {state}, {where}", lambda side: [*options, "./", site.url(side + "/")], 0,
                             trees=True)
    site.clear()
    site.compare("push into a new directory by host::module", lambda side: [
        "-ai", "--mkpath", f"--port={site.daemon.port}", "./", f"127.0.0.1::{side}/x y/z[1]*"], 0, trees=True)


def passwords(site):
    for digest, length in DIGESTS.items():
        site.clear()
        relay = Relay(site.daemon.port, digest)
        _, ours = site.compare(f"password by {digest}", lambda side: [
            "-a", "--password-file=" + site.path("password"), "./", site.url("locked-" + side, relay.port, "joe@")], 0,
            trees=True)
        relay.stop()
        answers = re.findall(rb"^joe (\S+)$", relay.heard["c2s"], re.M)
        good = [len(a) for a in answers] == [length, length] and SECRET.encode() not in relay.heard["c2s"]
        site.tally.result(f"answers by {digest} have its length", [] if good else [repr(answers)])
    site.clear()
    site.compare("password from the environment",
                 lambda side: ["-a", "./", site.url("locked-" + side, user="joe@")], 0, trees=True,
                 env={"RSYNC_PASSWORD": SECRET})
    site.compare("password from standard input",
                 lambda side: ["-a", "--password-file=-", "./", site.url("locked-" + side, user="joe@")], 0,
                 input=SECRET.encode() + b"\n")
    site.compare("user from the environment", lambda side: ["-a", "./", site.url("locked-" + side)], 0,
                 env={"RSYNC_PASSWORD": SECRET, "USER": "joe"})
    site.compare("wrong password", lambda side: [
        "-a", "--password-file=" + site.path("wrong"), "./", site.url("locked-" + side, user="joe@")], 5)
    site.compare("wrong user", lambda side: [
        "-a", "--password-file=" + site.path("password"), "./", site.url("locked-" + side, user="jim@")], 5)
    for name, mode, owner, content in (("open", 0o604, 0, "x\n"), ("foreign", 0o600, 7, "x\n"), ("empty", 0o600, 0, "")):
        site.write(name, content, mode)
        os.chown(site.path(name), owner, 0)
        site.compare(f"password file, {name}", lambda side, file=name: [
            "-a", "--password-file=" + site.path(file), "./", site.url("locked-" + side, user="joe@")], 1)
    site.compare("password file that is not there", lambda side: [
        "-a", "--password-file=" + site.path("nothing"), "./", site.url("locked-" + side, user="joe@")], 1)
    for is_volsync in (False, True):
        asked(site, is_volsync)


def asked(site, is_volsync):
    """On a terminal the password is asked for and not shown."""
    program = site.programs.volsync if is_volsync else site.programs.rsync
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(site.path("from"))
        os.execve(program, [program, "-a", "--no-motd", "./", site.url("locked-two", user="joe@")],
                  {"PATH": os.environ["PATH"]})
    seen, answered, deadline = b"", False, time.monotonic() + 20
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            seen += os.read(terminal, 1000)
        except OSError:
            break
        if b"Password: " in seen and not answered:
            answered = True
            time.sleep(0.2)
            os.write(terminal, SECRET.encode() + b"\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    problems = [] if answered and os.waitstatus_to_exitcode(status) == 0 else [f"status {status}, {seen!r}"]
    problems += ["the password was shown"] if SECRET.encode() in seen else []
    site.tally.result(f"a password typed, {'volsync' if is_volsync else 'rsync'}", problems)


def refusals(site):
    site.compare("unknown module", lambda side: ["-a", "./", site.url("nope/" + side)], 5)
    site.compare("module for other hosts", lambda side: ["-a", "./", site.url("elsewhere/")], 5)
    begun = time.monotonic()
    site.compare("read-only module", lambda side: ["-a", "fifo", site.url("closed/")], 1, errors=False)
    site.tally.result("a refusal ends at once", [] if time.monotonic() - begun < 10 else ["it took long"])
    site.compare("no module", lambda side: ["-a", "./", f"--port={site.daemon.port}", "127.0.0.1::/" + side], 5)
    site.compare("nobody listens", lambda side: ["-a", "./", site.url(side, free_port())], 10, errors=False)
    site.compare("no such host", lambda side: ["-a", "./", "rsync://no.such.host.invalid/" + side], 10)
    site.compare("an address that is not ours", lambda side: ["-a", "--address=192.0.2.1", "./", site.url(side)], 10,
                 errors=False)
    _, ours = site.both(lambda side: ["-a", "./", site.url(side, free_port())])
    sentence = "rsync: [sender] failed to connect to 127.0.0.1 (127.0.0.1): Connection refused (111)\n"
    site.tally.result("the sentence about it", [] if ours.err.startswith(sentence) else [ours.err])


def lists(site):
    for name, args in (("rsync://host/", [site.url("")]), ("host::", [f"--port={site.daemon.port}", "127.0.0.1::"]),
                       ("-v", ["-v", "--stats", "-P", site.url("")]), ("--no-motd", ["--no-motd", site.url("")]),
                       ("-q", ["-q", site.url("")]), ("as a destination", ["-a", "./", site.url("")]),
                       ("-8", ["-8", site.url("")])):
        for locale in ("C.UTF-8", "C"):
            stock, ours = site.both(lambda side: args, env={"LC_ALL": locale})
            shown = re.sub(r"^transport: .*\n", "", ours.out)      # -v says so
            problems = [] if (stock.code, stock.out) == (ours.code, shown) else [f"{stock.out!r}", f"{shown!r}"]
            problems += [] if stock.code == 0 and (stock.out != "" or name in ("--no-motd", "-q")) else ["no list"]
            problems += [ours.err] if ours.err else []
            site.tally.result(f"list of modules, {name}, {locale}", problems, [ours.command()])


def says(text, hold=0.0):
    """A port that says `text` to whoever comes, waits, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(client):
        with client:
            client.sendall(text)
            time.sleep(hold)
            client.settimeout(0.3)
            try:
                while client.recv(4096):
                    pass
            except OSError:
                pass

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener


def strangers(site):
    greeting = b"@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n"
    for name, text, code in (("another protocol", b"SSH-2.0-x\r\n", 5), ("nothing at all", b"", 5),
                             ("no digests", b"@RSYNCD: 32.0\n", 5), ("no sub-version", b"@RSYNCD: 32 md5\n", 5),
                             ("unknown digests", b"@RSYNCD: 32.0 foo bar\n@RSYNCD: AUTHREQD abc\n", 4),
                             ("a greeting only", greeting, 5), ("half a line", greeting + b"@RSYNCD: O", 5),
                             ("a NUL", greeting + b"a\0b\n@RSYNCD: EXIT\n", 5),
                             ("strange lines", greeting + b"\x1b[2J\r\n@RSYNCD: FOO\n@RSYNCD: EXIT\n", 0),
                             ("an error in two lines", greeting + b"@ERROR: one\n@ERROR: two\n", 5)):
        listener = says(text)
        port = listener.getsockname()[1]
        site.compare(f"a stranger: {name}", lambda side, p=port: ["-a", "./", site.url(side, p)], code)
        listener.close()
    listener = says(b"@RSYNCD: 29.0\n", 0.2)
    ours = site.run(True, ["-a", "./", site.url("two", listener.getsockname()[1])])
    wanted = 5 if site.programs.self_comparison else 2
    site.tally.result("a daemon of protocol 29 is refused", [] if ours.code == wanted else [f"{ours.code} {ours.err}"])
    listener.close()


def silence(site):
    listener = says(b"", 8)
    port = listener.getsockname()[1]
    site.compare("a silent daemon with --timeout", lambda side: ["-a", "--timeout=1", "./", site.url(side, port)], 30)
    begun = time.monotonic()
    ours = site.run(True, ["-a", "--contimeout=2", "./", site.url("two", port)])
    took = time.monotonic() - begun
    code, least, most = (5, 8, 20) if site.programs.self_comparison else (35, 1.9, 5)
    good = ours.code == code and least < took < most
    site.tally.result("a silent daemon with --contimeout", [] if good else [f"{ours.code} after {took:.1f} s"])
    listener.close()
    with socket.socket() as full:      # its queue holds one connection that nobody accepts
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(3):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        time.sleep(0.2)
        site.compare("a silent host with --contimeout",
                     lambda side: ["-a", "--contimeout=1", "./", site.url(side, full.getsockname()[1])], 35)
        for each in waiting:
            each.close()


def hasty_module(site):
    """A module that hangs up after 2 s of silence says so at the start: a sender that is busy for longer keeps it awake.

    Digesting 4 GiB of nothing for -c is such work; the file itself is then too large to be sent.
    """
    site.clear()
    with open(site.path("from/large"), "wb") as f:
        f.truncate(4 << 30)
    begun = time.monotonic()
    ours = site.run(True, ["-a", "-c", "--checksum-choice=md5", "--max-size=1M", "large", "file 39", site.url("hasty/")])
    took = time.monotonic() - begun
    os.unlink(site.path("from/large"))
    os.utime(site.path("from"), ns=(10**18, 10**18 + 7))
    if site.programs.self_comparison:      # rsync does not look at the clock while it digests
        site.tally.result("a module with a short time-out", [] if ours.code == 12 else [f"{ours.code} {ours.err}"])
        return
    problems = [] if ours.code == 0 else [f"{ours.code} {ours.err}"]
    problems += [] if took > 3 else [f"the work took {took:.1f} s: too fast to show anything"]
    problems += [] if os.path.exists(site.path("two/file 39")) else ["nothing arrived"]
    site.tally.result("a module with a short time-out", problems, [ours.command()])


def over_a_shell(site):
    for name, reach, words in (
            ("user", lambda side: ["-e", site.path("shell"), f"u@far::{side}/"],
             ["-l", "u", "far", "rsync", "--server", "--daemon", "."]),
            ("user in the shell", lambda side: ["-e", site.path("shell") + " -l v", f"u@far::{side}/"],
             ["-l", "v", "far", "rsync", "--server", "--daemon", "."]),
            ("url and program", lambda side: ["-e", site.path("shell"), "--rsync-path=my rsync",
                                              f"rsync://far:99/{side}/"],
             ["far", "my rsync", "--server", "--daemon", "."])):
        site.clear()
        site.compare(f":: over -e, {name}", lambda side: ["-ai", "./", *reach(side)], 0, trees=True)
        with open(site.path("words"), encoding="utf-8") as f:
            seen = f.read().rstrip("\n").split("\n")
        site.tally.result(f"words for the shell, {name}", [] if seen == words else [repr(seen)])
    site.compare(":: over -e, list", lambda side: ["-e", site.path("shell"), "far::"], 0)
    site.compare(":: over -e, unknown module", lambda side: ["-e", site.path("shell"), "./", "far::nope"], 5,
                 errors=False)
    fails = os.path.join(site.programs.work, "fails")        # not before it heard us: rsync ends with 5 or 12 else
    with open(fails, "w") as f:
        f.write("#!/bin/sh\nread line\nexit 1\n")
    os.chmod(fails, 0o755)
    site.compare(":: over a shell that fails", lambda side: ["-e", fails, "./", "far::" + side], 5)
    ours = site.run(True, ["-e", "/no/such/shell", "./", "far::two"])      # rsync ends with 5 or 12, as it comes
    site.tally.result(":: over a shell that is not there", [] if ours.code in (5, 12) else [f"{ours.code} {ours.err}"])
    site.clear()
    site.compare("RSYNC_RSH is not for daemons", lambda side: ["-a", "./", site.url(side + "/")], 0, trees=True,
                 env={"RSYNC_RSH": "false"})
    site.clear()
    connect = f"exec {sys.executable} -c 'import socket,sys,threading,os\n" + \
        f"s=socket.create_connection((\"%H\",{site.daemon.port}))\n" + \
        "def up():\n while True:\n  d=os.read(0,65536)\n  if not d: s.shutdown(1); return\n  s.sendall(d)\n" + \
        "threading.Thread(target=up,daemon=True).start()\n" + \
        "while True:\n d=s.recv(65536)\n if not d: break\n os.write(1,d)\n'"
    site.compare("RSYNC_CONNECT_PROG", lambda side: ["-a", "./", f"rsync://127.0.0.1:1/{side}/"], 0, trees=True,
                 env={"RSYNC_CONNECT_PROG": connect})


def main():
    args = support.parser(__doc__.split("\n")[0]).parse_args()

    def body(programs, tally):
        site = Site(programs, tally)
        try:
            for part in (pushes, passwords, refusals, lists, strangers, silence, hasty_module, over_a_shell):
                part(site)
        finally:
            site.daemon.stop()

    return support.main(args, body)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What goes wrong on a push: bad arguments, unreadable and vanishing files, full disks, broken peers, signals, cut
lines.

Where stock rsync does the same thing sensibly, the two are compared; the rest is asserted of volsync (and shown for
stock when it is the program under test).
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import support
import tree

RELAY = os.path.join(support.HERE, "relay.py")
# What stock rsync ends with depends on whether it notices the end while reading or while writing.
DEAD_SHELL = (10, 12, 14)
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


class Scene:
    """A source, two destinations and the two programs; laid out anew for each case."""

    def __init__(self, programs, tally, name):
        self.programs, self.tally, self.name = programs, tally, name
        self.home = os.path.join(programs.work, "bad")
        shutil.rmtree(self.home, ignore_errors=True)
        os.mkdir(self.home)
        os.chmod(self.home, 0o777)
        self.source = self.path("from")
        os.mkdir(self.source)
        self.problems, self.details = [], []

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, data=b"content", base=None):
        path = os.path.join(base or self.source, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        return path

    def fill(self, files=20):
        for i in range(files):
            self.write(f"d{i % 4}/f{i}", b"%d " % i * (i * 50))

    def older(self, names=("old/kept", "stale")):
        """Both destinations hold something that only --delete would remove."""
        for side in ("one", "two"):
            for name in names:
                self.write(os.path.join(side, "to", name), b"older", base=self.home)
            for path, _, _ in os.walk(self.path(side)):
                os.utime(path, (1_100_000_000, 1_100_000_000))

    def push(self, is_volsync, options, sources=None, **more):
        for side in ("one", "two"):
            os.makedirs(self.path(side), exist_ok=True)
        side = "two" if is_volsync else "one"
        r = self.programs.push(is_volsync, "pipe", options, sources or [self.source + "/"], self.path(side) + "/to",
                               **more)
        self.details += [r.command()] + [f"stderr: {line}" for line in r.err.strip().split("\n")[:5] if line]
        return r

    def relayed(self, is_volsync, relay, options=("-aH",), timeout=60):
        env = {"VOLSYNC_RELAY": json.dumps(relay)}
        return self.push(is_volsync, ["-e", RELAY, *options], timeout=timeout, env=env)

    def start(self, options, relay):
        """The program under test in the background; (process, start time)."""
        os.makedirs(self.path("two"), exist_ok=True)
        argv = [self.programs.volsync, "-e", RELAY, *options, self.source + "/", "host:" + self.path("two") + "/to"]
        self.details.append(" ".join(argv))
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=dict(os.environ, VOLSYNC_RELAY=json.dumps(relay), LC_ALL="C.UTF-8"))

    def trees(self):
        return [tree.snapshot(os.path.join(self.path(side), "to")) for side in ("one", "two")]

    def both(self, options, sources=None, code=None, said=None, **more):
        """Runs both; codes (and trees) must be equal, `code` what both end with, `said` on both standard errors."""
        since = time.time_ns() - 2 * 10**9
        stock, ours = self.push(False, options, sources, **more), self.push(True, options, sources, **more)
        self.problems += support.compare_codes(self.name, stock.code, ours.code)
        self.problems += ["tree: " + p for p in tree.compare(*self.trees(), since_ns=since)]
        self.expect(code is None or ours.code == code, f"exit code {ours.code}, not {code}")
        if said is not None:
            self.expect(said in ours.err, f"standard error does not say {said!r}")
        return stock, ours

    def expect(self, true, problem):
        if not true:
            self.problems.append(problem)

    def done(self):
        self.tally.result(self.name, self.problems, self.details)


def operands(programs, tally):
    s = Scene(programs, tally, "missing source deletes nothing")
    s.fill()
    s.older()
    sources = [s.path("nonexistent"), s.source + "/"]
    stock, ours = (s.push(v, ["-aH", "--delete"], sources) for v in (False, True))
    s.problems += support.compare_codes(s.name, stock.code, ours.code)
    s.expect(ours.code == 23 and "nonexistent" in ours.err, "the missing source is not told")
    found = s.trees()[1]
    s.expect(b"d1/f1" in found, "the other source was not sent")
    if not programs.self_comparison:      # rsync 3.5.0 deletes here, see stricter.md
        s.expect(b"stale" in found and b"old/kept" in found, "something was deleted")
    s.done()

    s = Scene(programs, tally, "only a missing source")
    s.older()
    s.both(["-aH", "--delete"], [s.path("nonexistent/")], code=23, said="nonexistent")
    s.expect(b"stale" in s.trees()[1], "something was deleted")
    s.done()

    s = Scene(programs, tally, "an empty source deletes as rsync does")
    s.older()
    s.both(["-aH", "--delete"], code=0)
    s.expect(b"stale" not in s.trees()[1], "nothing was deleted")
    s.done()

    s = Scene(programs, tally, "unknown option")
    s.both(["-aH", "--no-such-option"], code=1, said="--no-such-option")
    s.done()

    s = Scene(programs, tally, "unknown short option")
    s.both(["-aHj"], code=1)
    s.done()

    s = Scene(programs, tally, "delete without recursion")
    s.both(["-t", "--delete"], code=1)
    s.done()

    s = Scene(programs, tally, "destination below a file")
    s.fill()
    for side in ("one", "two"):
        s.write(os.path.join(side, "to"), b"a file", base=s.home)
    s.both(["-aH"])
    s.done()

    s = Scene(programs, tally, "parent of the destination is missing")
    s.fill()
    r = [programs.push(v, "pipe", ["-aH"], [s.source + "/"], s.path("missing/deep/to")) for v in (False, True)]
    s.problems += support.compare_codes(s.name, r[0].code, r[1].code)
    s.expect(r[1].code == 11, f"exit code {r[1].code}, not 11")
    s.done()


def accessible(programs, scene):
    """A copy of the program under test that another user can execute."""
    copy = scene.path("program")
    shutil.copy(programs.volsync, copy)
    os.chmod(copy, 0o755)
    return copy


def unreadable(programs, tally):
    real = programs.volsync
    for what in ("directory", "file"):
        s = Scene(programs, tally, f"unreadable {what} deletes nothing")
        s.fill()
        s.older()
        os.chmod(os.path.join(s.source, "d1" if what == "directory" else "d1/f1"), 0)
        for path, dirs, names in os.walk(s.path("")):
            for name in dirs + names:
                os.lchown(os.path.join(path, name), 65534, 65534)
        os.chown(os.path.join(s.source, "d1" if what == "directory" else "d1/f1"), 0, 0)
        try:
            programs.volsync = accessible(programs, s)
            s.both(["-rlt", "--delete-after"], code=23, said="d1", prefix=NOBODY)
        finally:
            programs.volsync = real
        s.expect(b"stale" in s.trees()[1], "something was deleted")
        s.done()


def vanished(programs, tally):
    """A file that is gone when its turn comes: the server's requests are held until it was removed."""
    s = Scene(programs, tally, "vanished file")
    for i in range(200):
        s.write(f"d/a-rather-long-name-so-that-the-list-is-long-{i * 7919 % 1000:03}", os.urandom(50))
    gone = s.write("d/vanishing")
    for is_volsync in (False, True):
        s.write("d/vanishing")
        release = s.path(f"release{is_volsync}")
        relay = {"hold_after": 700, "release": release}
        side = "two" if is_volsync else "one"
        os.makedirs(s.path(side), exist_ok=True)
        argv = [programs.volsync if is_volsync else programs.rsync, "-e", RELAY, "-aH", s.source + "/",
                "host:" + s.path(side) + "/to"]
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=dict(os.environ, VOLSYNC_RELAY=json.dumps(relay)))
        time.sleep(1.0)
        os.unlink(gone)
        os.utime(os.path.dirname(gone), (1_000_000_000, 1_000_000_000))
        with open(release, "w"):
            pass
        code, err = end(p, 20)
        s.details += [" ".join(argv), "stderr: " + err[:300]]
        s.expect(code == 24, f"exit code {code}, not 24")
        s.expect("vanished" in err and "vanishing" in err, "the vanished file is not named")
    s.problems += tree.compare(*s.trees(), since_ns=time.time_ns() - 60 * 10**9)
    s.done()


def end(process, timeout):
    """(exit code or None, standard error) of a process that should end in time."""
    try:
        _, err = process.communicate(timeout=timeout)
        return process.returncode, err.decode(errors="replace")
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
        return None, err.decode(errors="replace")


def full_disk(programs, tally):
    for size in ("256k", "2m"):
        s = Scene(programs, tally, f"full remote disk of {size}")
        for i in range(12):
            s.write(f"f{i:02}", os.urandom(400_000))
        mounts = [s.path(side) for side in ("one", "two")]
        for mount in mounts:
            os.makedirs(mount, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount], check=True)
        try:
            s.write("one/to/f11", b"older", base=s.home)
            s.write("two/to/f11", b"older", base=s.home)
            stock, ours = s.push(False, ["-aH"]), s.push(True, ["-aH"])
            s.problems += support.compare_codes(s.name, stock.code, ours.code)
            s.expect(ours.code == 11, f"exit code {ours.code}, not 11")
            s.expect("No space left" in ours.err, "the reason is not told")
            found = s.trees()[1]
            s.expect(found[b"f11"]["size"] in (5, 400_000), "an old file is neither old nor new")
            s.expect(not [n for n in found if n.startswith(b".f")], "a temporary file is left")
        finally:
            for mount in mounts:
                subprocess.run(["umount", "-l", mount], check=False)
        s.done()


def broken_peers(programs, tally):
    s = Scene(programs, tally, "remote without rsync")
    s.fill()
    # Stock ends with 12 where it sees the closed pipe before it sees the dead shell; volsync waits for the shell's word.
    stock, ours = (s.push(v, ["-aH", "--rsync-path=/nonexistent/rsync"]) for v in (False, True))
    s.expect(stock.code in (12, 127), f"stock rsync ended with {stock.code}")
    s.expect(ours.code == 127, f"exit code {ours.code}, not 127")
    s.done()

    s = Scene(programs, tally, "remote shell that does not exist")
    s.fill()
    ours = s.push(True, ["-aH", "-e", "/nonexistent/shell"])
    s.expect(ours.code in DEAD_SHELL, f"exit code {ours.code}")
    s.expect("/nonexistent/shell" in ours.err, "the shell is not named")
    s.done()

    s = Scene(programs, tally, "remote shell that prints text first")
    s.fill()
    relay = {"greeting": "Welcome to this machine!\n"}
    stock, ours = s.relayed(False, relay), s.relayed(True, relay)
    s.problems += support.compare_codes(s.name, stock.code, ours.code)
    s.expect(ours.code == 2, f"exit code {ours.code}, not 2")
    s.expect("is your shell clean" in ours.err, "the likely reason is not told")
    s.done()

    for shell in ("true", "false"):
        s = Scene(programs, tally, f"remote shell that says nothing and ends: {shell}")
        s.fill()
        ours = s.push(True, ["-aH", "-e", shell], timeout=20)
        s.expect(ours.code in DEAD_SHELL, f"exit code {ours.code}")
        s.expect(ours.err.strip(), "nothing was said")
        s.expect(ours.seconds < 5, f"took {ours.seconds:.1f} s")
        s.done()

    for version in (27, 28, 29):
        name = f"peer speaks protocol {version}"
        s = Scene(programs, tally, name)
        s.fill()
        # A real server that is held to the old version; rsync itself can still speak it.
        options = ["-aH", f"--rsync-path=rsync --protocol={version}"]
        stock, ours = (s.push(v, options, timeout=20) for v in (False, True))
        if not programs.self_comparison:
            s.problems += support.compare_codes(name, stock.code, ours.code)
            s.expect("protocol" in ours.err, "the reason is not told")
            s.expect(b"d0/f0" not in s.trees()[1], "something was sent")
            s.expect(ours.seconds < 5, f"took {ours.seconds:.1f} s")
        s.done()

    for version in (0, 19, -1, 1 << 30, 0x20646461):
        s = Scene(programs, tally, f"peer claims protocol {version}")
        s.fill()
        ours = s.relayed(True, {"version": version}, timeout=20)
        s.expect(ours.code == 2, f"exit code {ours.code}, not 2")
        s.expect(ours.seconds < 5, f"took {ours.seconds:.1f} s")
        s.done()


def cuts(programs, tally, count, seed="1"):
    """A connection that is cut after N bytes, in either direction, at random places."""
    rng = random.Random(f"cut {seed}")
    base = Scene(programs, tally, "cut")
    base.fill(40)
    base.write("d1/large", random.Random(5).randbytes(1_500_000))
    status = base.path("status")
    whole = base.relayed(True, {"status": status})
    if whole.code != 0:
        tally.result("an uncut run over the relay", [f"exit code {whole.code}", whole.err[:500]], [whole.command()])
        return
    with open(status) as f:
        totals = json.load(f)
    for number in range(count):
        direction = ("up", "down")[number % 2]
        # Half of the cuts early, where every byte has another meaning.
        most = totals[direction] if number % 4 < 2 else min(totals[direction], 1500)
        at = rng.randrange(most)
        base.name = f"cut after {at} bytes {direction} (seed {seed}, number {number})"
        base.problems, base.details = [], []
        shutil.rmtree(base.path("two"), ignore_errors=True)
        r = base.relayed(True, {direction + "_cut": at}, timeout=30)
        if r.code == 0:
            equal = not tree.compare(tree.snapshot(base.source), base.trees()[1])
            base.expect(equal, "exit code 0, but the trees differ")
        base.expect(r.code in (0, 10, 11, 12, 20, 23, 30, 255), f"exit code {r.code}")
        base.expect(r.code == 0 or r.err.strip(), "nothing was said")
        base.expect(r.seconds < 5, f"took {r.seconds:.1f} s")
        for path, entry in base.trees()[1].items():
            if "content" in entry and not os.path.basename(path).startswith(b"."):
                same = tree.file_digest(os.path.join(os.fsencode(base.source), path)) == entry["content"]
                base.expect(same, f"{path!r} is neither absent nor complete")
        base.done()


def silence(programs, tally):
    """A peer that stops answering: in the handshake, in the file list, while data goes out."""
    for where, after in (("handshake", 0), ("file list", 600), ("data", 200_000)):
        if programs.self_comparison and after > 0:
            continue      # rsync 3.5.0 waits for ever: its own keep-alives count as life, see stricter.md
        s = Scene(programs, tally, f"silent peer in the {where}")
        s.fill()
        s.write("large", random.Random(1).randbytes(1_000_000))
        relay = {"hold_after": after, "release": s.path("never")}
        r = s.relayed(True, relay, ["-aH", "--timeout=2"], timeout=20)
        s.expect(r.code == 30, f"exit code {r.code}, not 30")
        s.expect("timeout" in r.err, "the reason is not told")
        s.expect(1.5 < r.seconds < 4.5, f"took {r.seconds:.1f} s")
        s.done()


def gone(pid, within):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def signals(programs, tally, count=1):
    for number in range(count):
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            s = Scene(programs, tally, f"{which.name} during a transfer ({number})")
            s.write("large", random.Random(1).randbytes(8_000_000))
            s.write("two/to/large", b"older", base=s.home)
            status = s.path("status")
            p = s.start(["-aH"], {"up_rate": 2_000_000, "status": status})
            time.sleep(0.8 + 0.2 * number)
            s.expect(p.poll() is None, "it had ended before the signal")
            start = time.monotonic()
            p.send_signal(which)
            code, err = end(p, 10)
            seconds = time.monotonic() - start
            s.details.append("stderr: " + err[:300])
            s.expect(code == 20, f"exit code {code}, not 20")
            s.expect(seconds < 2, f"took {seconds:.1f} s")
            with open(status) as f:
                s.expect(gone(json.load(f)["server"], 5), "the remote program is still there")
            found = tree.snapshot(s.path("two/to"))
            s.expect(found[b"large"]["size"] == 5, "the old file was harmed")
            s.expect(not [n for n in found if n.startswith(b".large")], "a temporary file is left")
            s.done()


def run(programs, tally, cut_count=30, signal_count=1):
    operands(programs, tally)
    unreadable(programs, tally)
    vanished(programs, tally)
    full_disk(programs, tally)
    broken_peers(programs, tally)
    silence(programs, tally)
    signals(programs, tally, signal_count)
    cuts(programs, tally, cut_count)


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--cuts", type=int, default=30)
    p.add_argument("--signals", type=int, default=1, help="rounds of the three signals")
    args = p.parse_args()
    return support.main(args, lambda programs, tally: run(programs, tally, args.cuts, args.signals))


if __name__ == "__main__":
    sys.exit(main())

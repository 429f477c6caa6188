#!/usr/bin/env python3
"""What a receiving volsync leaves behind when it is killed or the disk is full.

Every file must be the old version or the new one, whole; the next run completes and leaves no temporary.
"""
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import support
import tree

SMALL, LARGE = 400, 6
LARGE_SIZE = 4 << 20


def make(root, rng, version):
    """A tree of small files and a few large ones; the same names in each version, other content."""
    for d in range(8):
        os.makedirs(os.path.join(root, b"d%d" % d))
    for i in range(SMALL):
        with open(os.path.join(root, b"d%d" % (i % 8), b"f%d" % i), "wb") as f:
            f.write(b"%d %d " % (version, i) + rng.randbytes(rng.randrange(1, 9000)))
    for i in range(LARGE):
        with open(os.path.join(root, b"large%d" % i), "wb") as f:
            f.write(b"%d %d " % (version, i) + rng.randbytes(LARGE_SIZE))
    for where, _, names in os.walk(root):
        for name in names:
            os.utime(os.path.join(where, name), (version * 10**8, version * 10**8))


def digests(root):
    found = {}
    for where, _, names in os.walk(root):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, root)] = hashlib.sha1(f.read()).hexdigest()
    return found


def harmed(root, old, new):
    """Names that hold neither version; temporaries are another matter."""
    now = digests(root)
    bad = [name for name in old if name not in now]
    return bad + [n for n, d in now.items() if n in old and d not in (old[n], new[n])]


def command(programs, mode, source, destination, *more):
    """In each of these modes it is volsync that writes."""
    shell = ["-e", programs.pipe, "-aH", "--delete", *more]
    if mode == "local":
        return [programs.volsync, *shell, source + b"/", destination]
    if mode == "pull":
        return [programs.volsync, *shell, b"host:" + source + b"/", destination]
    client = programs.volsync if mode == "both-push" else programs.rsync
    return [client, *shell, f"--rsync-path={programs.volsync}", source + b"/", b"host:" + destination]


def server_of(client):
    """The process at the other end; the shell between them has become it. None: it is not there yet."""
    try:
        with open(f"/proc/{client}/task/{client}/children") as f:
            children = f.read().split()
        return int(children[0]) if children else None
    except (FileNotFoundError, ProcessLookupError):
        return None


def kill(process, victim):
    """SIGKILL to the client, the server, or both at once. True: somebody is left who can clean up."""
    server = server_of(process.pid)
    if victim == "both" or server is None:
        kill_all(process.pid)
        return False
    try:
        os.kill(server if victim == "server" else process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return True


def all_ended(process, seconds=20):
    """Whether the other end, too, ends by itself."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            process.poll()
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    kill_all(process.pid)
    return False


MODES = ("pull", "serve-push", "both-push", "local")
VICTIMS = ("both", "client", "server")


def kill_all(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def killed(programs, tally, count, seed):
    rng = random.Random(seed)
    home = os.fsencode(os.path.join(programs.work, "kill"))
    source, old_tree, destination = home + b"/from", home + b"/old", home + b"/to"
    make(source, rng, 2)
    make(old_tree, rng, 1)
    old, new = digests(old_tree), digests(source)
    whole = {}                                               # how long a run takes
    for mode in MODES:
        shutil.rmtree(destination, ignore_errors=True)
        shutil.copytree(old_tree, destination)
        whole[mode] = support.run(command(programs, mode, source, destination)).seconds
    for number in range(count):
        mode = MODES[number % len(MODES)]
        victim = "both" if mode == "local" else VICTIMS[number // len(MODES) % len(VICTIMS)]
        shutil.rmtree(destination, ignore_errors=True)
        shutil.copytree(old_tree, destination)
        p = subprocess.Popen(command(programs, mode, source, destination), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0.05, 1.0) * whole[mode])
        survivor = kill(p, victim)
        problems = [] if all_ended(p) else ["the other end did not end"]
        p.wait()
        problems += [f"harmed: {n!r}" for n in harmed(destination, old, new)]
        receiver = "client" if mode == "pull" else "server"
        if survivor and victim != receiver:            # who writes was left alive, and cleans up
            problems += [f"left: {n!r}" for n in digests(destination) if n not in old]
        again = support.run(command(programs, mode, source, destination))
        problems += [] if again.code == 0 else [f"the next run ended with {again.code}: {again.err[-300:]}"]
        problems += ["tree: " + line for line in tree.compare(tree.snapshot(source), tree.snapshot(destination))]
        tally.result(f"{mode}, {victim} killed ({seed}/{number})", problems)


def full_disk(programs, tally, count, seed):
    rng = random.Random(seed)
    home = os.fsencode(os.path.join(programs.work, "full"))
    source, old_tree, disk = home + b"/from", home + b"/old", home + b"/disk"
    make(source, rng, 2)
    make(old_tree, rng, 1)
    os.mkdir(disk)
    old, new = digests(old_tree), digests(source)
    used = sum(-(-os.path.getsize(os.path.join(w, n)) // 4096) * 4096 for w, _, ns in os.walk(old_tree) for n in ns)
    for number in range(count):
        mode = MODES[number % len(MODES)]
        room = int(LARGE_SIZE * (0.05 + 0.9 * number / max(1, count)))      # less than the largest file needs
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + (64 << 10) + room}", "tmpfs", disk], check=True)
        try:
            destination = disk + b"/to"
            shutil.copytree(old_tree, destination)
            first = support.run(command(programs, mode, source, destination))
            problems = [] if first.code in (11, 23) else [f"exit code {first.code}"]
            problems += [] if "No space left" in first.err else [f"no word of it: {first.err[-300:]}"]
            problems += [f"harmed: {n!r}" for n in harmed(destination, old, new)]
            problems += [f"left: {n!r}" for n in digests(destination) if n not in old]
            subprocess.run(["mount", "-o", f"remount,size={2 * used + (64 << 20)}", disk], check=True)
            second = support.run(command(programs, mode, source, destination))
            problems += [] if second.code == 0 else [f"the next run ended with {second.code}: {second.err[-300:]}"]
            problems += ["tree: " + line for line in tree.compare(tree.snapshot(source), tree.snapshot(destination))]
            tally.result(f"{mode} onto a full disk ({seed}/{number})", problems, [first.command()])
        finally:
            subprocess.run(["umount", "-l", disk], check=False)


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--kills", type=int, default=10)
    p.add_argument("--fills", type=int, default=4)
    p.add_argument("--seed", default="1")
    args = p.parse_args()

    def body(programs, tally):
        killed(programs, tally, args.kills, args.seed)
        full_disk(programs, tally, args.fills, args.seed)

    return support.main(args, body)


if __name__ == "__main__":
    sys.exit(main())

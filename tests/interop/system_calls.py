#!/usr/bin/env python3
"""What new small files cost in system calls, both ends together, and that each name of a list is one component.

Counted is every call that names the file or has its descriptor: of files of mode 0600 in mail directories that need a
chown. Sockets, waits and directories are not counted; the totals of everything are shown besides. Then trees of every
kind of entry are transferred in each direction, and each call that names anything of them must do it by one component
below a held directory.
"""
import collections
import os
import re
import shutil
import subprocess
import sys

import support
import tree

BOUND = 10                     # calls a file, both ends: status, open, read, close; open, write, owner, time, close, rename
IN_PIECES = 0.02               # of some files the content arrives in two pieces, and is written in two
DIRECTORIES = 20
FILE = re.compile(r"m\d{6}")
CALL = re.compile(r"^\d+\s+(?:<\.\.\. )?(\w+)(?:\(| resumed>)")
PEER = "peer"                  # begins each name of the trees whose names are followed
WHOLE_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$", re.S)
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.S)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
DATA = {"read", "write", "pread64", "pwrite64", "readv", "writev", "sendto", "recvfrom", "sendmsg", "recvmsg", "getdents64",
        "execve"}              # their strings are no names
NAMING = (("push", []), ("pull", ["--no-inc-recursive"]), ("push", ["--partial-dir=.part", "-c"]), ("pull", ["--inplace"]),
          ("local", []))


def make(root, count):
    for d in range(DIRECTORIES):
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(root, "box%02d" % d, part))
    for i in range(count):
        path = os.path.join(root, "box%02d" % (i % DIRECTORIES), "cur", "m%06d" % i)
        with open(path, "wb") as f:
            f.write(b"Subject: %d\n\n" % i + b"x" * (500 + i * 37 % 3000))
        os.chmod(path, 0o600)
        os.chown(path, 5000, 5000)
        os.utime(path, ns=(10**18 + i, 10**18 + i))


def command(programs, program, source, destination):
    return [program, "-e", programs.pipe, f"--rsync-path={program}", "-a", "--numeric-ids", source + "/",
            "host:" + destination]


def traced(programs, program, source, destination, *options):
    """The lines of strace about both ends."""
    log = os.path.join(programs.work, "strace.log")
    subprocess.run(["strace", "-f", "-o", log, *options, *command(programs, program, source, destination)], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=600)
    with open(log, errors="backslashreplace") as f:
        return f.read().split("\n")


def calls_of_files(lines):
    """Calls that name a file of the tree, or have its descriptor (strace -y shows the path); by name of the call."""
    found = collections.Counter()
    for line in lines:
        m = CALL.match(line)
        if m and FILE.search(line) and " resumed>" not in line:
            found[m.group(1)] += 1
    return found


def calls(log):
    """(name, arguments and result) of each call, in the order in which they ended."""
    begun = {}
    with open(log, encoding="utf-8", errors="backslashreplace") as f:
        for line in f:
            line = line.rstrip("\n")
            if resumed := RESUMED.match(line):
                thread, name, rest = resumed.groups()
                yield name, begun.pop((thread, name), "") + rest
            elif call := WHOLE_CALL.match(line):
                thread, name, rest = call.groups()
                if rest.endswith("<unfinished ...>"):
                    begun[(thread, name)] = rest[:-len("<unfinished ...>")].rstrip()
                else:
                    yield name, rest


def misnamed(log):
    """Calls that name what the list names otherwise than by one component below a held directory; how many names there were."""
    found, checked = [], 0
    for name, rest in calls(log):
        texts = [] if name in DATA else list(STRING.finditer(rest))
        if name == "symlinkat":
            texts = texts[1:]                          # the first is what the link says
        for text in texts:
            if PEER not in text.group(1):
                continue
            checked += 1
            if "/" in text.group(1) or not re.search(r"\b\d+<[^>]*>, $", rest[:text.start()]):
                found.append(f"{name}({rest}")
    return found, checked


def run_traced(programs, mode, options, source, destination, log):
    """A run between two volsyncs, all of its processes under strace."""
    ours, reach = programs.volsync, ["-e", programs.pipe, f"--rsync-path={programs.volsync}"]
    operands = {"local": [source + b"/", destination], "push": [source + b"/", b"host:" + destination],
                "pull": [b"host:" + source + b"/", destination]}[mode]
    return support.run(["strace", "-f", "-qq", "-y", "-s", "0", "-o", log, ours, *reach, *options, *operands], timeout=300)


def every_kind(root, version):
    """Each type of entry, groups of hard links, and from one version to the next each kind of change."""
    def path(*parts):
        return os.path.join(root, *(PEER.encode() + b"-" + p for p in parts))

    for where in ((b"a",), (b"a", b"b"), (b"a", b"b", b"c"), (b"z",), (b"only%d" % version, b"below")):
        os.makedirs(path(*where), exist_ok=True)
    for i in range(60):
        for where in ((b"a",), (b"a", b"b", b"c"), (b"z",)):
            with open(path(*where, b"file%d" % (i + version * 10)), "wb") as f:
                f.write(b"%d %d " % (i, version * (i % 3)) * (1 + i * 100))
            os.chmod(f.name, (0o600, 0o644, 0o4755)[i % 3])
    for i in range(10):
        os.link(path(b"a", b"file%d" % (20 + i)), path(b"z", b"linked%d" % i))
        os.link(path(b"a", b"file%d" % (20 + i)), path(b"a", b"b", b"linked%d" % (i + version)))
        os.symlink(path(b"a", b"target%d" % version), path(b"a", b"b", b"symlink%d" % i))
    os.mknod(path(b"a", b"device"), 0o020600, os.makedev(1, 3 + version))
    os.mkfifo(path(b"a", b"fifo%d" % version))
    if version:                                        # what was a directory is a file, and the other way round
        os.mkdir(path(b"z", b"changes"))
        with open(path(b"z", b"turns"), "wb") as f:
            f.write(b"a file now")
    else:
        os.makedirs(path(b"z", b"turns", b"with", b"content"))
        with open(path(b"z", b"changes"), "wb") as f:
            f.write(b"a directory soon")


def naming(programs, tally, mode, options):
    """A first run and one after changes: no call on a path of a peer's names."""
    home = os.fsencode(os.path.join(programs.work, "naming"))
    log = os.path.join(programs.work, "naming.log")
    problems, checked = [], 0
    for version in (0, 1):
        shutil.rmtree(home + b"/from", ignore_errors=True)
        every_kind(home + b"/from", version)
        run = run_traced(programs, mode, ["-aHD", "--numeric-ids", "--delete", "--force", *options], home + b"/from", home + b"/to", log)
        problems += [] if run.code == 0 else [f"exit code {run.code}: {run.err[-300:]}"]
        problems += ["tree: " + line for line in
                     tree.compare(tree.snapshot(home + b"/from"), tree.snapshot(home + b"/to"))]
        found, names = misnamed(log)
        problems += ["not one component below a held directory: " + call for call in found]
        checked += names
    problems += [] if checked > 2000 else [f"only {checked} names in the trace: it was not understood"]
    tally.result(f"{mode} {' '.join(options)}: {checked} names of the list, each one component below a held directory",
                 problems)
    shutil.rmtree(home)
    os.unlink(log)


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--files", type=int, default=1000)
    args = p.parse_args()

    def body(programs, tally):
        source = os.path.join(programs.work, "source")
        make(source, args.files)
        target = os.path.join(programs.work, "target")
        for name, program in (("volsync", programs.volsync), ("rsync", programs.rsync)):
            lines = traced(programs, program, source, f"{target}-{name}", "-y", "-s", "0")
            calls = calls_of_files(lines)
            each = sum(calls.values()) / args.files
            print(f"{name} to {name}, {args.files} new files: {each:.2f} calls a file: " +
                  ", ".join(f"{n} {c / args.files:.2f}" for n, c in calls.most_common()))
            table = traced(programs, program, source, f"{target}-{name}-c", "-c")
            print("\n".join(line for line in table if line.strip()))
            if name == "volsync":
                tally.result("calls a file", [] if each <= BOUND + IN_PIECES else [f"{each:.2f}, the bound is {BOUND}"])
                differ = subprocess.run(["diff", "-r", source, f"{target}-{name}"], capture_output=True)
                tally.result("what was copied", [] if differ.returncode == 0 else ["the trees differ"])
            else:
                tally.result("the counter counts rsync's calls, too", [] if each > BOUND else [f"only {each:.2f}"])
        for mode, options in NAMING:
            naming(programs, tally, mode, options)

    return support.main(args, body)


if __name__ == "__main__":
    sys.exit(main())

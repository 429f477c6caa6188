#!/usr/bin/env python3
"""What new small files cost in system calls, both ends together, and that no peer path is walked by the system.

Counted is every call that names the file or has its descriptor: of files of mode 0600 in mail directories that need a
chown. Sockets, waits and directories are not counted; the totals of everything are shown besides.
"""
import collections
import os
import re
import subprocess
import sys

import support

BOUND = 10                     # calls a file, both ends
DIRECTORIES = 20
FILE = re.compile(r"m\d{6}")
CALL = re.compile(r"^\d+\s+(?:<\.\.\. )?(\w+)(?:\(| resumed>)")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


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


def walked_paths(lines):
    """Path arguments of more than one component that lead into the tree."""
    bad = []
    for line in lines:
        for text in QUOTED.findall(line):
            if "/" in text.strip("/") and re.search(r"box\d\d|m\d{6}", text):
                bad.append(line[:200])
    return bad


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
                tally.result("calls a file", [] if each <= BOUND else [f"{each:.2f}, the bound is {BOUND}"])
                walked = walked_paths(lines)
                tally.result("no path of the list is walked by the system", walked)
                differ = subprocess.run(["diff", "-r", source, f"{target}-{name}"], capture_output=True)
                tally.result("what was copied", [] if differ.returncode == 0 else ["the trees differ"])
            else:
                tally.result("the counter counts rsync's calls, too", [] if each > BOUND else [f"only {each:.2f}"])

    return support.main(args, body)


if __name__ == "__main__":
    sys.exit(main())

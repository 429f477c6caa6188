#!/usr/bin/env python3
"""One big file with scattered and with shifted changes: volsync must find as much of it in the old file as rsync
does.

Each kind of change starts from the same old file at the destination. Besides equal trees, the literal bytes in
--stats may be at most 1 % + 300 above rsync's. A run with damaged search would be seen here as literal data, not as
a failure.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import time

import support
import tree

OPTIONS = ["-aH", "-i", "--stats", "--no-h", "--no-inc-recursive"]


def make(path, mib, rng):
    """A quarter holes, a quarter text-like repetition, the rest random; different every 64 KiB."""
    with open(path, "wb") as f:
        for i in range(mib * 16):
            if i % 4 == 0:
                f.seek(65536, os.SEEK_CUR)
            elif i % 4 == 1:
                f.write((b"row %08d of a table, padded with the same words;" % i * 1300)[:65536])
            else:
                f.write(rng.randbytes(65536))
        f.truncate(mib << 20)


def scattered(path, rng):
    """Pages rewritten in place, as a database does."""
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        for _ in range(size >> 20):
            f.seek(rng.randrange(size >> 14) << 14)
            f.write(rng.randbytes(rng.choice([100, 4096, 16384])))


def shifted(path, rng):
    """Bytes inserted and removed: everything after them moves by an odd distance."""
    size = os.path.getsize(path)
    places = sorted(rng.randrange(size) for _ in range(12))
    new = path + b".new"
    with open(path, "rb") as old, open(new, "wb") as f:
        at = 0
        for n, place in enumerate(places):
            copy(old, f, place - at)
            at = place
            if n % 2:
                f.write(rng.randbytes(rng.randrange(1, 50_000)))
            else:
                removed = min(rng.randrange(1, 50_000), max(0, (places[n + 1] if n + 1 < 12 else size) - at))
                old.seek(removed, os.SEEK_CUR)
                at += removed
        copy(old, f, size - at)
    os.rename(new, path)


def copy(source, target, count):
    while count > 0:
        data = source.read(min(count, 1 << 20))
        if not data:
            return
        target.write(data)
        count -= len(data)


def appended(path, rng):
    with open(path, "ab") as f:
        f.write(rng.randbytes(3_000_000))


def number(text, key):
    m = re.search(rf"^{key}: ([\d,]+)", text, re.M)
    return int(m.group(1).replace(",", "")) if m else None


def one(programs, tally, home, name, transport):
    runs, trees = [], []
    for is_volsync, side in ((False, b"one"), (True, b"two")):
        destination = os.path.join(home, side, b"to")
        shutil.rmtree(os.path.dirname(destination), ignore_errors=True)
        os.mkdir(os.path.dirname(destination))
        subprocess.run(["cp", "-a", "--sparse=always", os.path.join(home, b"old"), destination], check=True)
        runs.append(programs.push(is_volsync, transport, OPTIONS, [os.path.join(home, b"from/")], destination,
                                  timeout=300))
        trees.append(tree.snapshot(destination))
        shutil.rmtree(os.path.dirname(destination))
    stock, ours = runs
    problems = support.compare_codes("big delta", stock.code, ours.code)
    problems += tree.compare(*trees, since_ns=time.time_ns() - 600 * 10**9)
    figures = []
    for key in ("Literal data", "Matched data", "Total bytes sent", "Total bytes received"):
        a, b = number(stock.out, key), number(ours.out, key)
        figures.append(f"{key.lower()} {a} / {b}")
        if a is None or b is None:
            problems.append(f"{key} is missing: {a} / {b}")
        elif key != "Matched data" and b > a * 1.01 + 300:
            problems.append(f"{key}: {a} / {b}")
        elif key == "Matched data" and b < a * 0.99 - 300:
            problems.append(f"{key}: {a} / {b}")
    name = f"big delta, {name}, over {transport}"
    print(f"{name}: {', '.join(figures)}; {stock.seconds:.1f} s / {ours.seconds:.1f} s")
    tally.result(name, problems, [r.command() for r in runs] + [r.err.strip()[:300] for r in runs if r.err.strip()])


def run(programs, tally, mib=300, transport="pipe", seed="1"):
    rng = random.Random(f"big {seed}")
    home = os.fsencode(os.path.join(programs.work, "big"))
    for name in (b"", b"/old", b"/from"):
        os.mkdir(home + name)
    path = home + b"/from/big file"
    make(path, mib, rng)
    for directory in (b"/from", b"/old"):
        os.utime(home + directory, (1_000_000_000, 1_000_000_000))
    for kind in (scattered, shifted, appended):
        subprocess.run(["cp", "-a", "--sparse=always", path, home + b"/old/big file"], check=True)
        os.utime(home + b"/old/big file", (1_000_000_000, 1_000_000_000))
        kind(path, rng)
        os.utime(path, (1_200_000_000, 1_200_000_000))
        one(programs, tally, home, kind.__name__, transport)
    shutil.rmtree(home)


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--mib", type=int, default=300)
    p.add_argument("--transport", choices=("pipe", "ssh", "libssh"), default="pipe")
    args = p.parse_args()
    return support.main(args, lambda programs, tally: run(programs, tally, args.mib, args.transport))


if __name__ == "__main__":
    sys.exit(main())

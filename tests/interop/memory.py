#!/usr/bin/env python3
"""Peak memory of the sending process over a tree of N files in N / 1000 (at least 1000) directories.

The destination holds the same files already, so that the figure is about lists and not about data, and a million
entries take a minute. Two runs, over N / 10 and N files, also give the growth for each entry.
"""
import os
import shutil
import subprocess
import sys
import time

import support


def make(root, files, directories):
    """Plain small files; every directory gets its share."""
    os.makedirs(root)
    for d in range(directories):
        path = os.path.join(root, f"directory{d % 40:02}", f"with-a-name-of-usual-length-{d:06}")
        os.makedirs(path, exist_ok=True)
        fd = os.open(path, os.O_RDONLY)
        for f in range(files * d // directories, files * (d + 1) // directories):
            os.close(os.open(f"1600000000.M{f}P{f % 60000}.mail01,S={f % 9999},W=1:2,S", os.O_WRONLY | os.O_CREAT,
                             0o600,
                             dir_fd=fd))
        os.close(fd)


def peak_kib(argv, timeout):
    """(exit code, VmHWM in KiB of the process itself, standard error). VmHWM only grows, so the last look counts."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        highest, deadline = 0, time.monotonic() + timeout
        while p.poll() is None:
            if time.monotonic() > deadline:
                p.kill()
                return None, highest, "did not end in time"
            try:
                with open(f"/proc/{p.pid}/status") as f:
                    for line in f:
                        if line.startswith("VmHWM:"):
                            highest = max(highest, int(line.split()[1]))
            except (FileNotFoundError, ProcessLookupError):
                pass
            time.sleep(0.02)
        return p.returncode, highest, p.stderr.read().decode(errors="replace")


def measure(programs, files, is_volsync):
    home = os.path.join(programs.work, "memory")
    source, there = os.path.join(home, "from"), os.path.join(home, "to")
    make(source, files, max(1000, files // 1000))
    subprocess.run(["cp", "-a", source, there], check=True)
    reach, host = programs.reach(is_volsync, "pipe")
    program = programs.volsync if is_volsync else programs.rsync
    argv = [program, *reach, *programs.remote_program(), "-aH", "--delete", source + "/", f"{host}{there}"]
    start = time.monotonic()
    code, kib, err = peak_kib(argv, timeout=1200)
    seconds = time.monotonic() - start
    shutil.rmtree(home)
    return code, kib, err, seconds, argv


def run(programs, tally, files=1_000_000, limit_mib=100, slope=300):
    figures = []
    for count in (files // 10, files):
        code, kib, err, seconds, argv = measure(programs, count, True)
        problems = [] if code == 0 else [f"exit code {code}: {err[:300]}"]
        if kib == 0:
            problems.append("ended before it could be looked at")
        if kib > limit_mib * 1024:
            problems.append(f"peak {kib / 1024:.1f} MiB, above {limit_mib} MiB")
        print(f"memory, {count} files: {kib / 1024:.1f} MiB, {seconds:.1f} s")
        tally.result(f"memory of {count} files", problems, [" ".join(argv)])
        figures.append(kib)
    growth = (figures[1] - figures[0]) * 1024 / (files - files // 10)
    print(f"memory: {growth:.0f} bytes for each further entry")
    # Lists are released as directories are finished; this bound is what keeping every entry would exceed.
    tally.result("memory does not follow the tree", [] if growth < slope else [f"{growth:.0f} bytes for each entry"])


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--files", type=int, default=1_000_000)
    p.add_argument("--limit-mib", type=int, default=100)
    p.add_argument("--slope", type=int, default=300, help="bytes for each further entry, at most (default: 300)")
    args = p.parse_args()
    return support.main(args, lambda programs, tally: run(programs, tally, args.files, args.limit_mib, args.slope))


if __name__ == "__main__":
    sys.exit(main())

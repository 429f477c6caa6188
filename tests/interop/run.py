#!/usr/bin/env python3
"""Everything in this folder against one build: the one entry point for the gate and, with --soak, for a long night.

Each driver is a process of its own; its output is shown when it failed or with --verbose. Ends with 1 when any
failed.
"""
import argparse
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Everything but a push to a stock rsync.
OTHER_MODES = ("local", "pull", "serve-push", "serve-pull", "both-push", "both-pull")
GATE = [
    ["push_cases.py", "--self-test"],
    ["push_cases.py", "--cases", "40", "--transport", "mixed", "--big", "0"],
    ["push_cases.py", "--cases", "8", "--transport", "daemon", "--big", "0"],
    *[["push_cases.py", "--cases", "8", "--mode", mode, "--transport", "pipe", "--big", "0"] for mode in OTHER_MODES],
    ["daemon_cases.py"],
    ["filters.py", "--quick"],
    ["bad_input.py", "--cuts", "30", "--signals", "1"],
    ["receive_faults.py", "--kills", "10", "--fills", "4"],
    ["hard_links.py", "--quick"],
    ["system_calls.py"],
    ["more_than_asked.py"],
    ["big_delta.py", "--mib", "300"],
    ["memory.py", "--files", "40000"],
]
SOAK = [
    ["push_cases.py", "--self-test"],
    ["push_cases.py", "--cases", "500", "--transport", "mixed", "--big", "300"],
    ["push_cases.py", "--cases", "200", "--transport", "daemon", "--big", "0"],
    *[["push_cases.py", "--cases", "200", "--mode", mode, "--transport", "pipe", "--big", "0"] for mode in OTHER_MODES],
    ["daemon_cases.py"],
    ["filters.py"],
    ["bad_input.py", "--cuts", "500", "--signals", "100"],
    ["receive_faults.py", "--kills", "200", "--fills", "20"],
    ["hard_links.py"],
    ["system_calls.py", "--files", "10000"],
    ["more_than_asked.py"],
    ["big_delta.py", "--mib", "300", "--transport", "libssh"],
    ["memory.py", "--files", "1000000"],
]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--volsync", required=True)
    p.add_argument("--rsync", default="/usr/bin/rsync")
    p.add_argument("--soak", action="store_true", help="500 cases, all cuts and signals, a million files")
    p.add_argument("--seed", help="of the random cases (default: 1 in the gate, the time with --soak)")
    p.add_argument("--verbose", action="store_true")
    args = p.parse_args()
    if os.geteuid() != 0:
        sys.exit("these tests set owners and make device nodes: run them as root")
    seed = args.seed or (str(int(time.time())) if args.soak else "1")
    failed, passed_cases, failed_cases = [], 0, 0
    for driver in SOAK if args.soak else GATE:
        start = time.monotonic()
        command = [sys.executable, os.path.join(HERE, driver[0]), *driver[1:], "--volsync", args.volsync,
                   "--rsync", args.rsync] + (["--seed", seed] if driver[0] == "push_cases.py" else [])
        r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = r.stdout.decode(errors="replace")
        counts = re.search(r"^(\d+) passed, (\d+) failed$", text, re.M)
        if counts:
            passed_cases += int(counts.group(1))
            failed_cases += int(counts.group(2))
        if r.returncode or args.verbose:
            print(text, end="")
        if r.returncode:
            failed.append(" ".join(driver))
        print(f"[{time.monotonic() - start:6.1f} s] {' '.join(driver)}: "
              f"{counts.group(0) if counts else 'did not end properly'}", flush=True)
    for name in failed:
        print(f"failed: {name}")
    print(f"{passed_cases} passed, {failed_cases} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

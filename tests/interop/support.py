"""What every driver here shares: where it works, how the two programs are started, how results are counted."""
import argparse
import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PIPE_HOST = "host"

PIPE = """#!/bin/sh
# A remote shell without a remote: drops the host and runs the rest as a login shell would.
shift
exec sh -c "$*"
"""


def require_root():
    if os.geteuid() != 0:
        sys.exit("these tests set owners and make device nodes: run them as root")


def private_mounts():
    """Mounts made from here on are seen by this process and its children only, and end with them."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x00020000) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNS)")
    # In a changed root "/" may be no mount point; what is mounted later is unmounted by whoever mounted it.
    if subprocess.run(["mountpoint", "-q", "/"]).returncode == 0:
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def work_directory():
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.mkdtemp(prefix="volsync-interop-", dir=base)


class Outcome:
    def __init__(self, argv, code, out, err, seconds):
        self.argv, self.code, self.out, self.err, self.seconds = argv, code, out, err, seconds

    def command(self):
        return " ".join(shlex.quote(os.fsdecode(a)) for a in self.argv)


def run(argv, timeout=120, cwd=None, env=None, stdin=subprocess.DEVNULL, input=None):
    """Runs to the end; a run that does not end has code -1 and says so."""
    start = time.monotonic()
    kwargs = {"input": input} if input is not None else {"stdin": stdin}
    process_env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})}
    try:
        p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, cwd=cwd,
                           env=process_env,
                           **kwargs)
        code, out, err = p.returncode, p.stdout, p.stderr
    except subprocess.TimeoutExpired as e:
        code, out, err = -1, e.stdout or b"", (e.stderr or b"") + b"\n(did not end in %d s)" % timeout
    return Outcome(argv, code, out.decode("utf-8", "backslashreplace"), err.decode("utf-8", "backslashreplace"),
                   time.monotonic() - start)


class Programs:
    """The two programs under comparison and the ways they reach a remote host.

    `volsync` may itself be a stock rsync: then the drivers compare rsync with itself, and must find nothing.
    """

    def __init__(self, args, work):
        self.volsync, self.rsync = os.path.abspath(args.volsync), os.path.abspath(args.rsync)
        self.work = work
        for program in (self.volsync, self.rsync):
            if not os.access(program, os.X_OK):
                sys.exit(f"{program}: not a program")
        self.self_comparison = run([self.volsync, "--version"]).out.startswith("rsync ")
        self.pipe = os.path.join(work, "pipe-shell")
        with open(self.pipe, "w") as f:
            f.write(PIPE)
        os.chmod(self.pipe, 0o755)
        self.sshd = None
        self.daemon = None

    def use_daemon(self):
        """A stock daemon whose module `all` is the whole file system."""
        from daemon import Daemon
        if self.daemon is None:
            self.daemon = Daemon(self.rsync, os.path.join(self.work, "daemon"),
                                 {"all": {"path": "/", "read only": "no"}}).start()

    def use_sshd(self):
        from sshd import Sshd
        if self.sshd is None:
            directory = os.path.join(self.work, "sshd")
            os.mkdir(directory)
            self.sshd = Sshd(directory).start()

    def close(self):
        if self.sshd is not None:
            self.sshd.stop()
        if self.daemon is not None:
            self.daemon.stop()

    def reach(self, is_volsync, transport):
        """(options, host) for one side; the host with what stands between it and an absolute path."""
        if transport == "daemon":
            self.use_daemon()
            return [], f"rsync://127.0.0.1:{self.daemon.port}/all"
        if transport == "pipe":
            return ["-e", self.pipe], PIPE_HOST + ":"
        self.use_sshd()
        if transport == "libssh" and is_volsync and not self.self_comparison:
            return [f"--ssh-config={self.sshd.config}", "--transport=libssh"], "target:"
        return ["-e", f"ssh -F {self.sshd.config}"], "target:"

    def remote_program(self):
        return [] if self.rsync == shutil.which("rsync") else [f"--rsync-path={self.rsync}"]

    def push(self, is_volsync, transport, options, sources, destination, timeout=120, cwd=None, env=None, prefix=(),
             input=None):
        reach, host = self.reach(is_volsync, transport)
        program = self.volsync if is_volsync else self.rsync
        argv = [*prefix, program, *reach, *self.remote_program(), *options, *sources,
                os.fsencode(host) + os.fsencode(destination)]
        return run(argv, timeout=timeout, cwd=cwd, env=env, input=input)

    def transfer(self, is_volsync, mode, transport, options, sources, destination, timeout=120, cwd=None):
        """A run in one of the MODES; `is_volsync` False: the same by stock rsync at both ends."""
        client_is_ours, server_is_ours = MODES[mode][1:]
        if MODES[mode][0] == "local":
            argv = [self.volsync if is_volsync else self.rsync, *options, *sources, destination]
            return run(argv, timeout=timeout, cwd=cwd)
        reach, host = self.reach(is_volsync and client_is_ours, transport)
        server = self.volsync if is_volsync and server_is_ours else self.rsync
        program = self.volsync if is_volsync and client_is_ours else self.rsync
        host = os.fsencode(host)
        if MODES[mode][0] == "pull":
            operands = [host + os.fsencode(s) for s in sources] + [os.fsencode(destination)]
        else:
            operands = [*sources, host + os.fsencode(destination)]
        return run([program, *reach, f"--rsync-path={server}", *options, *operands], timeout=timeout, cwd=cwd)


# mode: (what it is, is the client volsync, is the server volsync)
MODES = {"local": ("local", True, True), "push": ("push", True, False), "pull": ("pull", True, False),
         "serve-push": ("push", False, True), "serve-pull": ("pull", False, True),
         "both-push": ("push", True, True), "both-pull": ("pull", True, True)}


class Tally:
    """Counts results and prints each failure with all that is needed to repeat it."""

    def __init__(self, verbose=False):
        self.passed, self.failed, self.verbose, self.failures = 0, 0, verbose, []

    def result(self, name, problems, details=()):
        if problems:
            self.failed += 1
            self.failures.append(name)
            print(f"FAILED {name}")
            for line in details:
                print(f"    {line}")
            for line in list(problems)[:25]:
                print(f"  - {line}")
            if len(problems) > 25:
                print(f"  - and {len(problems) - 25} more")
        else:
            self.passed += 1
            if self.verbose:
                print(f"ok {name}")
        sys.stdout.flush()
        return not problems

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def stricter():
    """{case name: (rsync's code, volsync's code)} of stricter.md: differences that are meant."""
    table = {}
    with open(os.path.join(HERE, "stricter.md"), encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if len(cells) >= 4 and cells[1].isdigit() and cells[2].isdigit():
                table[cells[0].strip("`")] = (int(cells[1]), int(cells[2]))
    return table


def compare_codes(name, stock, volsync):
    """Problems of two exit codes, the table of meant differences taken into account."""
    meant = stricter().get(name)
    if meant is not None and volsync is not None:
        return [] if (stock, volsync) == meant else [f"exit codes {stock} / {volsync}, the table says {meant}"]
    return [] if stock == volsync else [f"exit codes {stock} / {volsync}"]


def parser(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--volsync", required=True, help="the program under test (a stock rsync: compared with itself)")
    p.add_argument("--rsync", default="/usr/bin/rsync", help="the stock rsync (default: /usr/bin/rsync)")
    p.add_argument("--keep", action="store_true", help="keep the work directory and say where it is")
    p.add_argument("--verbose", action="store_true", help="print passed cases too")
    return p


def main(args, body):
    """Runs body(programs, tally) in a work directory with private mounts and always cleans up."""
    require_root()
    sys.stdout.reconfigure(errors="backslashreplace")      # names are bytes
    signal.signal(signal.SIGINT, signal.default_int_handler)   # a job in the background is started without it
    for number in (signal.SIGTERM, signal.SIGHUP):         # so that what was started and made is cleaned up
        signal.signal(number, lambda *_: sys.exit("interrupted"))
    private_mounts()
    os.umask(0o022)
    work = work_directory()
    os.chmod(work, 0o755)
    programs = Programs(args, work)
    tally = Tally(args.verbose)
    try:
        body(programs, tally)
    finally:
        programs.close()
        if args.keep:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    return tally.finish()

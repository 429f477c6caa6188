#!/usr/bin/env python3
"""Random pushes: the same source, options and rounds through stock rsync and volsync must give the same result.

Each case has a source tree, options and two destinations, and three rounds: a first run, an unchanged one, and one
after random changes to the source. After each round the trees, exit codes, itemized lines, progress and statistics
are compared. Everything of a case follows from "SEED/NUMBER", which a failure prints.
"""
import os
import random
import shutil
import subprocess
import sys
import time

import output
import support
import tree

TRANSPORTS = ("pipe", "ssh", "libssh", "daemon")


class Case:
    """The options, the source arguments and what they mean for the comparison."""

    def __init__(self, seed, directory, transport, mode="push"):
        self.mode = mode
        self.seed, self.directory = seed, os.fsencode(directory)
        self.since = time.time_ns() - 2 * 10**9
        self.rng = random.Random(seed)
        self.transport = transport
        self.options, self.files_from, self.mount = [], None, None
        self.choose_options()
        self.make_source()
        self.choose_sources()
        self.choose_filters()

    def maybe(self, share):
        return self.rng.random() < share

    def add(self, share, *options):
        if self.maybe(share):
            self.options += options
            return True
        return False

    def choose_options(self):
        rng = self.rng
        self.shape = rng.choices(["usual", "plain", "parts"], [80, 10, 10])[0]
        self.options += {"usual": ["-aH"], "plain": ["-a"],
                         "parts": [rng.choice(["-rlpt", "-rltgoD", "-rlptgo", "-rlpgoD", "-rHltE", "-rptD",
                                               "-rlpt"])]}[self.shape]
        self.options += ["-i", "--stats"]
        if not self.add(0.75, "--numeric-ids") and self.maybe(0.2):
            self.options += [rng.choice(["-O", "-J", "-S", "--no-g", "--no-D", "--no-l", "--no-o"])]
        self.protocol = rng.choice([32, 32, 31, 30])
        if self.protocol != 32 or self.maybe(0.2):
            self.options += [f"--protocol={self.protocol}"]
        self.progress = self.add(0.3, "-P")
        self.incremental = not self.add(0.3, "--no-inc-recursive")
        self.add(0.25, "-h")
        self.recursive = True
        self.delete()
        if self.maybe(0.6):
            self.what_is_transferred()
        self.links_are_followed = False
        if self.maybe(0.12):
            option = rng.choice(["-L", "-k", "--copy-unsafe-links", "--safe-links", "-K"])
            self.options += [option]
            self.links_are_followed = option in ("-L", "-k", "--copy-unsafe-links")
        self.add(0.05, "-n")
        if self.add(0.04, "-vv"):          # with --stats, -vv prints the state of malloc
            self.options.remove("--stats")
        else:
            self.add(0.06, "-v")
        self.add(0.05, "-ii")
        self.add(0.05, "--out-format=%o %i %B %l %U:%G %M %n%L")
        self.add(0.05, rng.choice(["--info=name2", "--info=del,name", "--info=stats2", "--info=skip2,nonreg0",
                                   "--info=all0"]))
        self.add(0.03, "-8")
        self.add(0.03, "-q")
        self.add(0.03, "--old-args")
        self.add(0.03, "-M--fsync")
        self.add(0.05, "-s")
        self.add(0.05, "--inplace")
        self.cross = self.add(0.06, "-x")
        if self.maybe(0.08):
            self.options.remove("-i")      # names, and what is unchanged with -vv
        self.fixed_up()

    def delete(self):
        if self.maybe(0.65):
            self.options += [self.rng.choice(["--delete"] * 5 + ["--delete-before", "--delete-during",
                                                                 "--delete-delay",
                                                                  "--delete-after", "--delete-excluded"])]
            self.add(0.06, f"--max-delete={self.rng.randrange(6)}")
            self.add(0.05, "--force")
            self.add(0.03, "--ignore-errors")

    def what_is_transferred(self):
        rng = self.rng
        pick = [["-c"], ["-I"], ["-u"], ["--size-only"], ["-W"], ["--existing"], ["--ignore-existing"],
                [f"--max-size={rng.choice(['0', '700', '2K', '100k', '1M'])}"],
                [f"--min-size={rng.choice(['1', '500', '3K'])}"],
                [f"--checksum-choice={rng.choice(['md5', 'md4', 'xxh64', 'xxh3', 'xxh128', 'sha1', 'xxh64,md5'])}"],
                ["--modify-window=2"], ["--modify-window=-1"],
                [f"--block-size={rng.choice([700, 1024, 5000, 65536])}"],
                [f"--checksum-seed={rng.randrange(1, 2**31)}"], ["--no-implied-dirs"], ["--partial-dir=.part"],
                ["--timeout=60"],
                ["--delay-updates"], ["--no-W"], ["-E"], ["--fsync"], ["--temp-dir=/dev/shm"], ["--preallocate"],
                ["--bwlimit=20M"]]
        for chosen in rng.sample(pick, rng.choice([1, 1, 2])):
            self.options += chosen

    def fixed_up(self):
        """Options that rsync refuses together."""
        if "--inplace" in self.options:
            self.options = [o for o in self.options if o not in ("--delay-updates", "--partial-dir=.part")]
        if "--delete-excluded" in self.options and "-n" in self.options:
            self.options.remove("-n")
        if self.mode != "push":        # what the receiving half does not have yet
            later = ("--delay-updates", "--preallocate", "-S")
            # Where rsync harms what another name has, or gives a directory's times to something else: see stricter.md.
            links = any("H" in o for o in self.options if isinstance(o, str) and not o.startswith("--"))
            differs = ("--ignore-existing", "--inplace") if links else ("--ignore-existing",)
            # A dry run of rsync looks for other names of a file beside the source, or in what would not be there any more.
            differs = (*differs, "-n") if links else differs
            self.options = [o for o in self.options if o not in (*later, *differs)]
        deletes = any(isinstance(o, str) and o.startswith("--delete") for o in self.options)
        if self.mode != "push" and deletes and self.links_are_followed and self.incremental:
            # A link without an end stops deletions, from whenever it becomes known on: see stricter.md.
            self.options.append("--no-inc-recursive")
            self.incremental = False
        if self.mode == "local":       # without a wire no protocol takes the nanoseconds away: see stricter.md
            self.options = [o for o in self.options if o not in ("--protocol=30", "--protocol=31")]
        self.all_options = list(self.options)

    def make_source(self):
        rng = self.rng
        self.parent = os.path.join(self.directory, rng.choice([b"from", b"from here", b"f[1]*"]))
        os.mkdir(self.parent)
        self.top = rng.choice([b"src", b"a b", b"-src", b"s\xe9"])
        self.source = os.path.join(self.parent, self.top)
        os.mkdir(self.source)
        self.maker = tree.Maker(rng, self.source, loops=not self.links_are_followed)
        self.maker.fill(entries=rng.choice([3, 30, 60, 60, 120]))
        if self.cross:
            self.mount = os.path.join(self.source, b"mounted")
            os.mkdir(self.mount)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.mount], check=True)
            with open(os.path.join(self.mount, b"inside"), "wb") as f:
                f.write(b"another file system")
        self.maker.restamp([self.source])

    def choose_sources(self):
        """What stands on the command line, seen from the parent directory of the source."""
        rng = self.rng
        below = sorted(os.listdir(self.source))
        if support.MODES[self.mode][0] == "pull":         # a remote shell takes a line's end out of an operand
            below = [n for n in below if b"\n" not in n]
        directories = [n for n in below if os.path.isdir(os.path.join(self.source, n)) and
                       not os.path.islink(os.path.join(self.source, n))]
        top = b"./" + self.top if self.top.startswith(b"-") else self.top
        how = rng.random()
        if how < 0.5:
            self.sources = [top + b"/"]
        elif how < 0.65:
            self.sources = [self.source if self.maybe(0.5) else top]
        elif how < 0.75 and len(below) >= 2:
            self.sources = [top + b"/" + n for n in rng.sample(below, min(len(below), rng.randrange(2, 5)))]
        elif how < 0.87:
            self.options.append("-R")
            self.sources = [top + b"/./" + n for n in rng.sample(below, min(len(below), 3))] if self.maybe(0.5) else \
                [top + rng.choice([b"", b"/"])]
            if directories and self.maybe(0.5):
                self.sources.append(top + b"/" + rng.choice(directories))
        elif how < 0.91:
            self.dirs_only(top)
        elif how < 0.96:
            self.merged(top)
        elif self.mode == "push":
            self.from_file(top)
        else:
            self.sources = [top]
        self.apart()

    def apart(self):
        """With --old-args a remote shell takes an operand apart, and what is missing then stops deletions: stricter.md."""
        remote = support.MODES[self.mode][0] == "pull"
        if remote and any(c in s for s in self.sources for c in b" *[];|&$'\"\\{}()~#!<>?`\t\x01"):
            self.options = [o for o in self.options if o != "--old-args"]

    def dirs_only(self, top):
        """-d: one level. Recursion is part of -a and is taken back."""
        self.options += ["--no-r", "-d"]
        self.sources = [top + b"/"]

    def merged(self, top):
        """Two trees with some equal names into one destination, or one tree twice."""
        if self.maybe(0.3):
            self.sources = [top + b"/", top + b"/"]
            return
        second = os.path.join(self.parent, b"second")
        os.mkdir(second)
        tree.Maker(self.rng, second, loops=not self.links_are_followed).fill(entries=20, depth=2)
        self.sources = [top + b"/", b"second/"] if self.maybe(0.7) else [b"second", top]

    def from_file(self, top):
        rng = self.rng
        files, directories = self.maker.listing()
        names = [p[len(self.source) + 1:] for p in files + directories[1:]]
        names = [n for n in names if b"\n" not in n] if not self.maybe(0.5) else names
        chosen = rng.sample(names, min(len(names), rng.randrange(1, 15)))
        if self.incremental and "--stats" in self.options:   # which directories count twice: see stricter.md
            self.options.remove("--stats")
        zero = any(b"\n" in n for n in chosen)
        self.files_from = os.path.join(self.directory, b"list")
        end = b"\0" if zero else b"\n"
        if zero:                       # what rsync takes for comments: see stricter.md
            chosen = [n for n in chosen if n[:1] not in (b"#", b";")]
        with open(self.files_from, "wb") as f:
            f.write(b"".join(n + end for n in chosen))
        self.options += [b"--files-from=" + self.files_from] + (["-0"] if zero else [])
        if self.maybe(0.4):
            self.options.append("-r")
        else:
            self.options = [o for o in self.options if not isinstance(o, str) or
                            not o.startswith(("--delete", "--max-delete", "--force", "--ignore-errors"))]
        self.sources = [top + b"/"]

    def choose_filters(self):
        rng = self.rng
        if not self.maybe(0.45):
            return
        files, directories = self.maker.listing()
        names = [os.path.basename(p) for p in files + directories[1:] if b"\n" not in p] or [b"none"]
        for _ in range(rng.randrange(1, 5)):
            name = rng.choice(names)
            literal = b"".join(b"\\" + bytes([c]) if c in b"*?[\\" else bytes([c]) for c in name)
            pattern = rng.choice([literal, literal + b"/", b"/" + literal, b"*" + literal[-3:], literal[:2] + b"*",
                                  b"**/" + literal,
                                  b"*.o", b"*[0-9]", b".*", b"?????", b"*/" + literal, b"[a-m]*", b"/*/*"])
            kind = rng.random()
            if kind < 0.55:
                self.options.append(b"--exclude=" + pattern)
            elif kind < 0.75:
                self.options.append(b"--include=" + pattern)
            else:
                self.options.append(b"--filter=" + rng.choice([b"- ", b"+ ", b"H ", b"S ", b"P ", b"R ", b"-! ",
                                                               b"-/ ", b"-p "]) +
                                    pattern)
        if self.maybe(0.25):
            for path in rng.sample(directories, min(3, len(directories))):
                with open(os.path.join(path, b".rules"), "wb") as f:
                    f.write(b"# rules\n- " + rng.choice(names) + b"\n+ *.jpg\n- *~\nP /kept\n")
            merges = rng.choice(["--filter=: .rules", "--filter=:n .rules", "--filter=:e .rules"])
            if not any(source.startswith(b"second") for source in self.sources):
                self.options.append(merges)        # rsync forgets nothing between its arguments: see stricter.md
            self.maker.restamp(directories)
        self.add(0.1, "-C")

    def close(self):
        if self.mount is not None:
            subprocess.run(["umount", "-l", self.mount], check=False)

    def drop_missing(self):
        """After the changes: no operand that is gone, where that would stop the deletions of one program only."""
        if not any(isinstance(o, str) and o.startswith("--delete") for o in self.options):
            return
        here = [s for s in self.sources if os.path.lexists(os.path.join(self.parent, s))]
        self.sources = here or self.sources
        if self.files_from is not None:
            with open(self.files_from, "rb") as f:
                text = f.read()
            end = b"\0" if b"\0" in text else b"\n"
            kept = [n for n in text.split(end) if n and os.path.lexists(os.path.join(self.source, n))]
            with open(self.files_from, "wb") as f:
                f.write(b"".join(n + end for n in kept))

    @property
    def counted(self):
        """How far byte counters may differ: a list without incremental recursion has its names in another order."""
        if self.mode == "local" or "-vv" in self.options:
            return None
        return 300 if self.mode == "push" or self.incremental else 600

    @property
    def exact_progress(self):
        return not self.incremental


def told(errors):
    """Standard error without a warning that rsync 3.5.0 gives about links it then does not need."""
    return [line for line in errors.split("\n") if line.strip() and not line.startswith("refusing to follow a symlink")]


class Round:
    """One run of each program, and what differs."""

    def __init__(self, programs, case, name):
        self.problems, self.details = [], []
        runs = []
        for is_volsync, side in ((False, b"one"), (True, b"two")):
            home = os.path.join(case.directory, side)
            runs.append(programs.transfer(is_volsync, case.mode, case.transport, case.options_for(is_volsync),
                                          case.sources, os.path.join(home, case.destination), cwd=case.parent,
                                          timeout=60))
            self.details.append(f"round {name}: " + runs[-1].command())
        stock, ours = runs
        self.details[:0] = [f"in {case.parent!r}"]
        self.problems += support.compare_codes("push", stock.code, ours.code)
        last = [run.err.count("rsync error: ") for run in (stock, ours)]
        if last[0] <= 1 < last[1]:
            self.problems += [f"standard error: {last[0]} / {last[1]} last lines"]
        trees = [tree.snapshot(os.path.join(case.directory, side, case.destination)) for side in (b"one", b"two")]
        self.entries = len(trees[0])
        self.code = stock.code
        if stock.code not in (0, 23, 24, 25):      # how far a dying program came is a matter of timing
            self.problems += [] if ours.err.strip() else ["standard error: nothing"]
            return
        self.problems += ["tree: " + line for line in tree.compare(*trees, since_ns=case.since)]
        self.problems += output.compare(stock.out, ours.out, exact_progress=case.exact_progress,
                                        wire=case.counted)
        if bool(told(stock.err)) != bool(told(ours.err)):
            self.problems.append("standard error: only one has any")
        if self.problems:
            for r, who in ((stock, "first"), (ours, "second")):
                self.details += [f"{who} stderr: {line}" for line in r.err.strip().split("\n")[:6] if line]


def prepare_destination(case):
    """Both sides start equal: nothing, or something older with entries that the source does not have."""
    rng = case.rng
    case.destination = rng.choice([b"to", b"to there", b"to*[x]", b"t'o\"$HOME"])
    for side in (b"one", b"two"):
        os.mkdir(os.path.join(case.directory, side))
    if case.maybe(0.6):
        return
    first = os.path.join(case.directory, b"one", case.destination)
    os.mkdir(first)
    tree.Maker(rng, first).fill(entries=12, depth=2)
    subprocess.run(["cp", "-a", first, os.path.join(case.directory, b"two", case.destination)], check=True)


def run_case(programs, tally, seed, transport, keep, different=None, mode="push"):
    directory = os.path.join(programs.work, "case-" + seed.replace("/", "-"))
    os.mkdir(directory)
    case = Case(seed, directory, transport, mode)
    try:
        prepare_destination(case)
        case.options_for = lambda is_volsync: case.options + (different if different and is_volsync else [])
        problems, details = [], []
        for name in ("first", "unchanged", "changed"):
            if name == "changed":
                case.maker.change()
                case.drop_missing()
            done = Round(programs, case, name)
            if done.problems:
                problems, details = [f"round {name}: {p}" for p in done.problems], done.details
                break
        return tally.result(f"{mode} {seed} over {transport}", problems, details)
    finally:
        case.close()
        if not keep or not problems_kept(tally, seed):
            shutil.rmtree(directory, ignore_errors=True)


def problems_kept(tally, seed):
    return any(seed in name for name in tally.failures)


def comparison_test(programs, tally):
    """Each kind of difference between two trees, and between two outputs, is seen."""
    home = os.fsencode(os.path.join(programs.work, "comparison"))
    os.mkdir(home)
    one, two = home + b"/one", home + b"/two"
    os.mkdir(one)
    for name in (b"/file", b"/linked"):
        with open(one + name, "wb") as f:
            f.write(b"content")
    os.link(one + b"/linked", one + b"/partner")
    os.symlink(b"target", one + b"/link")
    os.mknod(one + b"/device", 0o020600, os.makedev(1, 3))
    stamp = (10**18 + 7, 10**18 + 7)

    def rewrite(path, data, mode="wb"):
        with open(path, mode) as f:
            f.write(data)

    def again(path, make):
        os.unlink(path)
        make(path)

    changes = {
        "only in": lambda: os.unlink(two + b"/file"), "mode": lambda: os.chmod(two + b"/file", 0o640),
        "owner": lambda: os.lchown(two + b"/link", 7, 0), "content": lambda: rewrite(two + b"/file", b"contenT"),
        "size": lambda: rewrite(two + b"/file", b"+", "ab"), "type": lambda: again(two + b"/file", os.mkfifo),
        "target": lambda: again(two + b"/link", lambda p: os.symlink(b"other", p)),
        "rdev": lambda: again(two + b"/device", lambda p: os.mknod(p, 0o020600, os.makedev(1, 5))),
        "links": lambda: again(two + b"/partner", lambda p: rewrite(p, b"content")), "mtime": lambda: None,
    }
    for kind, change in changes.items():
        shutil.rmtree(two, ignore_errors=True)
        subprocess.run(["cp", "-a", one, two], check=True)
        equal = tree.compare(tree.snapshot(one), tree.snapshot(two))
        change()
        for root in (one, two):
            for name in os.listdir(root) + [b"."]:
                os.utime(os.path.join(root, name), ns=stamp, follow_symlinks=False)
        if kind == "mtime":
            os.utime(two + b"/link", ns=(stamp[0], stamp[1] + 1), follow_symlinks=False)
        found = tree.compare(tree.snapshot(one), tree.snapshot(two))
        wrong = equal + ([] if any(kind in line for line in found) else [repr(found)])
        tally.result(f"another {kind} is seen", wrong)
    shutil.rmtree(home)

    text = ">f+++++++++ a\n\r  5 100%  0.00kB/s    0:00:00 (xfr#1, to-chk=0/2)\n"
    text += "Number of files: 2\nTotal bytes sent: 9,000\n"
    for old, new in ((">f", "cf"), ("  5 100%", "  6 100%"), ("to-chk=0/2", "to-chk=1/2"), ("files: 2", "files: 3"),
                     ("9,000", "9,999"), ("Number of files: 2\n", "")):
        tally.result(f"{old!r} as {new!r} is seen",
                     [] if output.compare(text, text.replace(old, new), True) else ["not seen"])
    tally.result("equal output is equal", output.compare(text, text.replace("9,000", "9,100"), True))


def self_test(programs, tally, seed):
    """The driver itself: stock against stock finds nothing, and one other option on one side is found."""
    comparison_test(programs, tally)
    programs.volsync, programs.self_comparison = programs.rsync, True
    for i in range(6):
        run_case(programs, tally, f"{seed}/{i}", "pipe", False)
    quiet = support.Tally()
    for option in (["--exclude=*"], ["--chmod=u+s,o+t"], ["--no-t"], ["--max-size=1"], ["-vv"], ["--bogus-option"]):
        before = quiet.failed
        for i in range(6):
            with open(os.devnull, "w", errors="replace") as nothing:
                shown, sys.stdout = sys.stdout, nothing
                try:
                    run_case(programs, quiet, f"{seed}/{i}", "pipe", False, option)
                finally:
                    sys.stdout = shown
        tally.result(f"a run with {option[0]} on one side is found", [] if quiet.failed > before else ["not found"])


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--cases", type=int, default=40)
    p.add_argument("--seed", default="1")
    p.add_argument("--only", type=int, help="the one case of this number")
    p.add_argument("--transport", choices=TRANSPORTS + ("mixed",), default="mixed")
    p.add_argument("--mode", choices=tuple(support.MODES), default="push")
    p.add_argument("--self-test", action="store_true", help="test the driver with stock rsync on both sides")
    p.add_argument("--big", type=int, default=300, metavar="MIB",
                   help="size of the one fixed case with a big file, 0 for none (default: 300)")
    args = p.parse_args()

    def body(programs, tally):
        if args.self_test:
            self_test(programs, tally, args.seed)
            return
        numbers = range(args.cases) if args.only is None else [args.only]
        for number in numbers:
            # Mostly the in-process transport, since that one has no other test as broad as this.
            mixed = ("libssh", "pipe", "libssh", "ssh")[number % 4]
            transport = mixed if args.transport == "mixed" else args.transport
            run_case(programs, tally, f"{args.seed}/{number}", transport, args.keep, mode=args.mode)
        if args.big and args.only is None:
            import big_delta
            big_delta.run(programs, tally, args.big, "pipe" if args.transport == "mixed" else args.transport)

    return support.main(args, body)


if __name__ == "__main__":
    sys.exit(main())

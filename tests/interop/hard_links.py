#!/usr/bin/env python3
"""Hard links as rsync makes them: the same groups through stock rsync and volsync, in each mode and protocol.

Trees, exit codes and itemized lines must be equal, so the same member of a group is transferred and the others are
linked to it. Some cases remove members between the list and the request, by a remote shell that holds the requests.
"""
import os
import random
import select
import shutil
import stat
import subprocess
import sys
import time

import output
import support
import tree

STAMP = 1_500_000_000 * 10**9 + 123_456_789
MODES = ("pull", "serve-push", "serve-pull", "push", "both-push", "both-pull")
WAYS = ([], ["--no-inc-recursive"], ["--protocol=31"], ["--protocol=30"], ["--protocol=30", "--no-inc-recursive"])
NOT_INCREMENTAL = "--no-inc-recursive"
ALWAYS, AT_ONCE = "always", "with all lists at once"
HOLD_FROM = 300            # bytes of the list's direction: more than a handshake has


# --- trees ---------------------------------------------------------------------------------------------------------

def write(path, data, mode=0o644, stamp=STAMP):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    os.utime(path, ns=(stamp, stamp))


def group(root, names, data, **attributes):
    """Names for one file; the first is written, the others are linked to it."""
    first = os.path.join(root, names[0])
    write(first, data, **attributes)
    for name in names[1:]:
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(first, path)


def stamp_directories(root):
    for where, _, _ in os.walk(root, topdown=False):
        os.utime(where, ns=(STAMP, STAMP))


def copy(source, to):
    subprocess.run(["cp", "-a", source, to], check=True)


def spread(root, rng, directories, entries, share, width):
    """Files in many directories; `share` of the names belong to groups of 2 to `width` members anywhere."""
    for d in range(directories):
        os.makedirs(os.path.join(root, b"d%02d" % d))
    where = [d for d in range(directories) for _ in range(entries)]
    rng.shuffle(where)
    serial = 0
    while where:
        linked = rng.random() < share
        names = [b"d%02d/n%06d" % (where.pop(), rng.randrange(10**5) * 10**1) for _ in range(
            min(len(where), rng.randrange(2, width + 1) if linked else 1))]
        names = [n + b"-%d" % (serial + i) for i, n in enumerate(names)]
        serial += len(names)
        group(root, names, b"group %d" % serial)


class Tree:
    """A case: fills `source` and, where it starts with something, `old`.

    remove: names that vanish between the list and the requests.
    beyond_stock: a receiving rsync does not manage it, ALWAYS, or with all lists at once (AT_ONCE).
    free: which member of a group is transferred is a matter of time.
    """

    def __init__(self, name, make, options=(), remove=(), beyond_stock=None, heavy=False, free=False):
        self.name, self.make, self.options, self.remove = name, make, list(options), remove
        self.beyond_stock, self.heavy, self.free = beyond_stock, heavy, free

    def beyond(self, way):
        return self.beyond_stock == ALWAYS or (self.beyond_stock == AT_ONCE and NOT_INCREMENTAL in way)


def many_names(rng, source, old):
    group(source, [b"names/%05d" % i for i in range(10_000)], b"one file, many names")


def many_names_copied(rng, source, old):
    many_names(rng, source, old)
    for i in range(0, 10_000, 7):
        write(old + b"/names/%05d" % i, b"one file, many names" if i % 2 else b"something older", stamp=STAMP - i % 3)


def segments(rng, source, old):
    spread(source, rng, 6, 1300, 0.5, 6)


def small_segments(rng, source, old):
    spread(source, rng, 40, 60, 0.6, 9)


def in_order(root):
    """Groups whose members lie in neighbouring and in far directories, none of it left to chance."""
    for i in range(30):
        group(root, [b"a/%02d" % i, b"a/b/%02d" % i, b"c/d/e/%02d" % i, b"z/%02d" % i], b"four places %d" % i)
        group(root, [b"top%02d" % i, b"z/z/%02d" % i], b"two places %d" % i)
    os.symlink(b"nowhere", root + b"/a/link")
    os.link(root + b"/a/link", root + b"/z/link", follow_symlinks=False)
    os.mknod(root + b"/a/device", 0o020600, os.makedev(1, 3))
    os.link(root + b"/a/device", root + b"/c/device")
    os.mkfifo(root + b"/a/fifo")
    os.link(root + b"/a/fifo", root + b"/top-fifo")
    for path in (b"/a/link", b"/a/device", b"/a/fifo"):
        os.utime(root + path, ns=(STAMP, STAMP), follow_symlinks=False)


def across(rng, source, old):
    in_order(source)


def half_linked(rng, source, old):
    """At the destination some members are linked rightly, some are copies, some belong to another group."""
    in_order(source)
    copy(source + b"/.", old)
    names = sorted(os.path.join(w, n) for w, _, ns in os.walk(old) for n in ns)
    files = [n for n in names if os.path.isfile(n) and not os.path.islink(n)]
    for path in files:
        what = rng.random()
        if what < 0.3:
            continue
        os.unlink(path)
        if what < 0.5:
            write(path, b"four places %d" % rng.randrange(30), stamp=STAMP if what < 0.4 else STAMP - 10**9)
        elif what < 0.7:
            others = [f for f in files if os.path.isfile(f) and not os.path.islink(f)]
            os.link(rng.choice(others), path)
        elif what < 0.78:
            os.symlink(b"elsewhere", path)
        elif what < 0.82:
            os.mkdir(path)


def one_is_right(rng, source, old):
    """One member is up to date; the others are missing, or differ, or come before it."""
    for i in range(24):
        names = [b"%c/%02d" % (c, i) for c in b"abcdef"]
        group(source, names, b"right %d" % i)
        write(os.path.join(old, names[i % 6]), b"right %d" % i)
        if i % 2:
            write(os.path.join(old, names[(i + 3) % 6]), b"wrong, and longer %d" % i)


def modes_differ(rng, source, old):
    """The content is right, owner, mode or time are not."""
    for i in range(24):
        names = [b"m%02d-%d" % (i, k) for k in range(3)]
        group(source, names, b"same", mode=0o640)
        group(old, names[i % 2:], b"same", mode=(0o640, 0o600)[i % 3 == 0], stamp=STAMP - (i % 4 == 0) * 10**9)
        if i % 5 == 0:
            os.chown(os.path.join(old, names[2]), 1000, 1000)


def top_groups(rng, source, old):
    for i in range(20):
        group(source, [b"group%02d-member%d" % (i, k) for k in range(6)], b"content %d" % i)


def top_groups_older(rng, source, old):
    top_groups(rng, source, old)
    for i in range(20):
        write(old + b"/group%02d-member%d" % (i, i % 6), b"older content %d" % i, stamp=STAMP - 10**9)


def nested_groups(rng, source, old):
    for i in range(20):
        group(source, [b"group%02d-member%d" % (i, k) for k in range(3)] +
              [b"below%d/group%02d-member%d" % (k, i, k) for k in range(3, 6)], b"content %d" % i)


def vanishing(members):
    """Patterns of what is removed between the list and the requests."""
    return tuple(b"group%02d-member%d" % (i, k) for i in range(0, 20, 2) for k in members)


def nested(members):
    return tuple(b"below%d/group%02d-member%d" % (k, i, k) for i in range(0, 20, 2) for k in members)


CASES = [
    Tree("10,000 names in one group", many_names, heavy=True),
    Tree("10,000 names, some of them files", many_names_copied, heavy=True),
    Tree("groups across segments", segments, heavy=True),
    Tree("groups across small directories", small_segments, free=True),
    Tree("groups across directories", across),
    Tree("half-linked destination", half_linked, ["--delete", "--force"]),
    Tree("half-linked destination, every item said", half_linked, ["-i"]),
    Tree("half-linked destination, a dry run", half_linked, ["-n", "--delete"]),
    Tree("one member is up to date", one_is_right),
    Tree("one member is up to date, --size-only", one_is_right, ["--size-only"]),
    Tree("one member is up to date, -c", one_is_right, ["-c"]),
    Tree("one member is up to date, --ignore-existing", one_is_right, ["--ignore-existing"]),
    Tree("one member is up to date, --existing", one_is_right, ["--existing"]),
    Tree("one member is up to date, -u", one_is_right, ["-u"]),
    Tree("attributes differ", modes_differ),
    Tree("excluded members", top_groups, ["--exclude=*member[035]"]),
    Tree("all but one excluded", top_groups_older, ["--exclude=*member[01345]", "--delete"]),
    Tree("excluded members, deleted there", top_groups_older, ["--exclude=*member[25]", "--delete-excluded"]),
    Tree("the last member vanishes", top_groups, remove=vanishing([5]), beyond_stock=ALWAYS),
    Tree("the last two vanish", top_groups, remove=vanishing([5, 4]), beyond_stock=ALWAYS),
    Tree("the first vanishes", top_groups, remove=vanishing([0])),
    Tree("all but the middle vanish", top_groups, remove=vanishing([0, 1, 2, 4, 5]), beyond_stock=ALWAYS),
    Tree("all members vanish", top_groups, remove=vanishing(range(6)), beyond_stock=AT_ONCE),
    Tree("the member that is there in an older version vanishes", top_groups_older, remove=vanishing(range(0, 6, 2)),
         beyond_stock=ALWAYS),
    Tree("vanishing members of lower directories", nested_groups, remove=nested([5]), beyond_stock=ALWAYS),
    Tree("all members of lower directories vanish", nested_groups, remove=nested([3, 4, 5]), beyond_stock=AT_ONCE),
]


# --- the shell that holds requests ---------------------------------------------------------------------------------

def hold(list_goes_up, names, command):
    """Runs `command`; when the list has come to rest, unlinks `names` and only then lets requests through."""
    server = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    pipes = {0: server.stdin.fileno(), server.stdout.fileno(): 1}
    carries_list = 0 if list_goes_up else server.stdout.fileno()
    seen, last, held = 0, time.monotonic(), True
    while pipes:
        holding = held and seen >= HOLD_FROM
        if holding and time.monotonic() - last > 0.3:
            for name in names:
                os.unlink(name)
            held = holding = False
        watched = [fd for fd in pipes if not holding or fd == carries_list]
        for fd in select.select(watched, [], [], 0.05 if holding else 1)[0]:
            data = os.read(fd, 65536)
            if fd == carries_list and data:
                seen, last = seen + len(data), time.monotonic()
            try:
                while data:
                    data = data[os.write(pipes[fd], data):]
                    if not data:
                        break
                else:
                    os.close(pipes.pop(fd))
            except BrokenPipeError:
                pipes.pop(fd)
        if server.poll() is not None and server.stdout.fileno() not in pipes:
            break
    return server.wait()


class Held:
    """Programs whose pipe shell removes `names` in the middle of the run."""

    def __init__(self, programs, list_goes_up, names, path):
        self.programs, self.kept = programs, programs.pipe
        with open(path + ".names", "wb") as f:
            f.write(b"\0".join(names))
        with open(path, "w") as f:
            f.write(f"#!/bin/sh\nshift\nexec {sys.executable} {os.path.abspath(__file__)} --hold-requests "
                    f"{int(list_goes_up)} {path}.names \"$*\"\n")
        os.chmod(path, 0o755)
        programs.pipe = path

    def close(self):
        self.programs.pipe = self.kept


# --- runs ----------------------------------------------------------------------------------------------------------

def one_run(programs, case, mode, is_volsync, home, source, options):
    held = None
    if case.remove:
        names = [os.path.join(source, n) for n in case.remove]
        shell = os.path.join(programs.work, "holding-shell")
        held = Held(programs, support.MODES[mode][0] == "push", names, shell)
    try:
        return programs.transfer(is_volsync, mode, "pipe", options, [source + b"/"], home, timeout=60)
    finally:
        if held:
            held.close()


def remaining(case, source, destination):
    """Differences from what is left of the source; names that vanished and directories' times aside."""
    found = []
    for root in (source, destination):
        entries = {n: e for n, e in tree.snapshot(root).items() if n not in case.remove}
        for entry in entries.values():
            # Protocol 30 knows whole seconds only.
            entry["mtime"] = 0 if stat.S_ISDIR(entry["type"]) else entry["mtime"] // 10**9
            others = tuple(n for n in entry.pop("links", ()) if n not in case.remove)
            if len(others) > 1:
                entry["links"] = others
        found.append(entries)
    return ["not what is left of the source: " + line for line in tree.compare(*found)]


def without_choice(text, source):
    """Itemized lines with the group in the place of its member, so that it does not matter which one was chosen."""
    groups = {n: e["links"][0] for n, e in tree.snapshot(source).items() if "links" in e}
    lines = []
    for line in text.split("\n"):
        flags, _, names = line.partition(" ")
        shown = [os.fsdecode(groups.get(os.fsencode(n), os.fsencode(n))) for n in names.split(" => ")]
        lines.append(" ".join([flags, " => ".join(shown)]))
    return "\n".join(lines)


def compare_runs(home, stock, ours, since):
    found = support.compare_codes("hard links", stock.code, ours.code)
    found += ["tree: " + line for line in tree.compare(tree.snapshot(home + b"/one"), tree.snapshot(home + b"/two"),
                                                       since_ns=since)]
    found += output.compare(stock.out, ours.out, True)
    found += [] if bool(stock.err.strip()) == bool(ours.err.strip()) else ["standard error: only one has any"]
    if stock.code not in (0, 23, 24):
        found.append(f"rsync itself ended with {stock.code}: {stock.err[-300:]}")
    return found


class Case:
    """The trees of a case in the directory `home`, and its rounds."""

    def __init__(self, programs, case, mode, way, seed):
        self.programs, self.case, self.mode = programs, case, mode
        self.home = os.fsencode(os.path.join(programs.work, "case"))
        self.rng = random.Random(f"{seed}/{case.name}")
        self.pristine, self.source = self.home + b"/from", self.home + b"/source"
        self.options = ["-aHi", "--numeric-ids", *way, *case.options]
        self.details, self.seconds = [], ""
        self.beyond_stock = case.beyond(way)
        old = self.home + b"/old"
        for path in (self.pristine, old):
            os.makedirs(path)
        case.make(self.rng, self.pristine, old)
        for path in (self.pristine, old):
            stamp_directories(path)
        for side in (b"/one", b"/two"):
            copy(old, self.home + side)

    def one_side(self, is_volsync, more):
        """The run, and what is wrong with it whatever the other program does."""
        destination = self.home + (b"/two" if is_volsync else b"/one")
        copy(self.pristine, self.source)
        done = one_run(self.programs, self.case, self.mode, is_volsync, destination, self.source, self.options + more)
        self.details += [done.command()] + ["    " + line for line in done.err.strip().split("\n")[:6] if line]
        wrong = [f"still in the source: {n!r}" for n in self.case.remove if
                 os.path.lexists(os.path.join(self.source, n))]
        if is_volsync and self.beyond_stock:
            wrong += [] if done.code == 24 else [f"exit code {done.code}"]
            wrong += remaining(self.case, self.source, destination)
        shutil.rmtree(self.source)
        return done, wrong

    def round(self, more):
        since = time.time_ns() - 60 * 10**9
        if self.beyond_stock:        # rsync never ends, or breaks off, or leaves a group out, as time will have it
            return self.one_side(True, more)[1]
        stock, wrong = self.one_side(False, more)
        ours, also = self.one_side(True, more)
        self.seconds = self.seconds or f" {stock.seconds:.2f} s / {ours.seconds:.2f} s"
        if self.case.free:
            stock.out, ours.out = (without_choice(r.out, self.pristine) for r in (stock, ours))
        return wrong + also + compare_runs(self.home, stock, ours, since)

    def rounds(self):
        """The first run, an unchanged one with every item said, and one after links were moved."""
        for name in ("first", "unchanged", "changed"):
            if name == "changed":
                move_links(self.rng, self.pristine)
            self.details = []
            if wrong := self.round(["-i"] if name == "unchanged" else []):
                return [f"round {name}: {line}" for line in wrong]
            if self.case.remove:
                break
        return []


def run_case(programs, tally, case, mode, way, seed):
    one = Case(programs, case, mode, way, seed)
    problems = one.rounds()
    tally.result(f"{mode} {' '.join(way) or 'usual'}: {case.name}{one.seconds if case.heavy else ''}", problems,
                 one.details)
    shutil.rmtree(one.home)


def move_links(rng, root):
    """Between two runs: members leave their group, join another one, or change for all."""
    names = sorted(os.path.join(w, n) for w, _, ns in os.walk(root) for n in ns)
    files = [n for n in names if os.path.isfile(n) and not os.path.islink(n)]
    for path in rng.sample(files, min(len(files), 1 + len(files) // 10)):
        what = rng.random()
        if what < 0.4:
            other = rng.choice(files)
            if other != path:
                os.unlink(path)
                os.link(other, path)
        elif what < 0.7:
            os.unlink(path)
            write(path, b"alone %d" % rng.randrange(1000), stamp=STAMP + 10**9)
        else:
            write(path, b"all of them %d" % rng.randrange(1000), stamp=STAMP + 2 * 10**9)
    stamp_directories(root)


def receives(mode):
    """Whether the half that writes is volsync."""
    what, client, server = support.MODES[mode]
    return server if what == "push" else client


def chosen(args):
    """(case, mode, way) to be run. Where no shell is between the two halves, nothing can vanish by it."""
    modes = args.modes.split(",")
    picked = [c for c in CASES if args.only is None or args.only in c.name]
    for index, case in enumerate(picked):
        ways = [list(w) for w in WAYS]
        # No protocol is spoken in a local copy; what --protocol=30 does to its times is in stricter.md.
        pairs = [(m, w) for m in modes for w in ways if m != "local" or not any("--protocol" in o for o in w)]
        if args.quick:            # each case once, modes and protocols in turn
            way = ways[index % len(ways)]
            fitting = [m for m in modes if receives(m)] if case.beyond(way) else modes
            pairs = [(fitting[index % len(fitting)], way)]
        for mode, way in pairs:
            if case.remove and support.MODES[mode][0] == "local":
                print(f"not possible without a shell between the halves: {case.name}")
                continue
            if case.beyond(way) and not receives(mode):
                continue                       # rsync's own fault, whoever sends
            yield case, mode, way


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--modes", default=",".join(MODES), help="which of " + ", ".join(support.MODES) + "; with commas")
    p.add_argument("--only", help="cases with this in their name")
    p.add_argument("--quick", action="store_true", help="each case in one mode only")
    p.add_argument("--seed", default="1")
    args = p.parse_args()

    def body(programs, tally):
        for case, mode, way in chosen(args):
            run_case(programs, tally, case, mode, way, args.seed)

    return support.main(args, body)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--hold-requests"]:
        with open(sys.argv[3], "rb") as listed:
            sys.exit(hold(sys.argv[2] == "1", listed.read().split(b"\0"), sys.argv[4]))
    sys.exit(main())

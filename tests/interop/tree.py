"""Random trees with everything a file system can hold, changes to them, and the complete comparison of two trees.

Everything is drawn from the given random.Random, names are bytes, and every time that this module sets lies far from
now: a modification time close to now in a destination was set by the clock there, which compare() relies on.
"""
import hashlib
import os
import random
import shutil
import stat

NAMES = [b"plain", b"with space", b" leading", b"trailing ", b"new\nline", b"star*", b"question?", b"[bracket]",
         b"-dash",
         b"--delete", b"\xff\xfe\xfd", b"caf\xc3\xa9", b".hidden", b'quote"s', b"apos'trophe", b"back\\slash",
         b"tab\there",
         b"a:b", b"%i%n", b"$HOME", b"\x01control", b"#hash", b"~tilde", b"core", b"prog.o", b"old~", b"{a,b}",
         b"a;b|c&d",
         b"x.jpg", b"y.tmp", b"Makefile", b"!bang", b"\\#012", b"..dots", b"-", b"long" + b"n" * 251, b"z" * 200]
IDS = [0, 0, 0, 1, 33, 82, 999, 1000, 5000, 65534, 65535, 100000, 2**31 - 1, 2**31, 2**32 - 2]
MODES = [0o644, 0o644, 0o600, 0o755, 0o400, 0o777, 0o000, 0o4755, 0o2755, 0o1644, 0o6711]
DIR_MODES = [0o755, 0o755, 0o700, 0o777, 0o1777, 0o2775, 0o555, 0o711]
TIMES = [0, -1, -2**31, 2**31, 2**32 + 5, 1_000_000_000, 1_234_567_890, 1_600_000_000, 4_000_000_000]
DEVICES = [(stat.S_IFCHR, 1, 3), (stat.S_IFBLK, 7, 0), (stat.S_IFCHR, 240, 70000), (stat.S_IFBLK, 259, 1048575),
           (stat.S_IFCHR, 4095, 255)]


def mtime(rng):
    seconds = rng.choice(TIMES) if rng.random() < 0.3 else rng.randrange(900_000_000, 1_600_000_000)
    return seconds * 1_000_000_000 + rng.choice([0, 1, 999_999_999, rng.randrange(1_000_000_000)])


def content(rng, most=4 << 20):
    kind = rng.random()
    if kind < 0.12:
        return b""
    size = rng.randrange(1, 3000) if kind < 0.75 else rng.randrange(3000, 200_000) if kind < 0.95 else \
        rng.randrange(200_000, most)
    if rng.random() < 0.15:
        return b"\0" * size
    return rng.randbytes(size)


class Maker:
    """Fills the directory `root` (bytes path) and changes it later."""

    def __init__(self, rng, root, loops=True, owners=True):
        self.rng, self.root, self.loops, self.owners = rng, root, loops, owners
        self.serial = 0

    def new_name(self, directory):
        rng = self.rng
        name = rng.choice(NAMES)
        if rng.random() < 0.5:
            self.serial += 1
            name = name[:200] + b"%d" % self.serial
        while os.path.lexists(os.path.join(directory, name)):
            self.serial += 1
            name = name[:200] + b"-%d" % self.serial
        return os.path.join(directory, name)

    def set_attributes(self, path, mode=None):
        rng = self.rng
        st = os.lstat(path)
        if self.owners:
            os.lchown(path, rng.choice(IDS), rng.choice(IDS))
        if not stat.S_ISLNK(st.st_mode):
            os.chmod(path, mode if mode is not None else rng.choice(MODES))
        t = mtime(rng)
        os.utime(path, ns=(t, t), follow_symlinks=False)

    def entry(self, path, linkable):
        """One new entry that is not a directory."""
        rng = self.rng
        kind = rng.random()
        if linkable and kind < 0.12:
            os.link(rng.choice(linkable), path, follow_symlinks=False)
            return
        if kind < 0.72:
            with open(path, "wb") as f:
                f.write(content(rng))
        elif kind < 0.86:
            targets = [b"plain", b"../x", b"/nonexistent/there", b"a b\n", b".", os.path.basename(path), b"x" * 900,
                       b"../../../../etc/hostname"]
            if self.loops:
                targets.append(b"..")
            target = rng.choice(targets)
            if not self.loops and target in (b".", b".."):
                target = b"nowhere"
            os.symlink(target, path)
        elif kind < 0.90:
            os.mkfifo(path)
        elif kind < 0.94:
            os.mknod(path, stat.S_IFSOCK | 0o600)
        else:
            form, major, minor = rng.choice(DEVICES)
            os.mknod(path, form | 0o600, os.makedev(major, minor))
        self.set_attributes(path)
        linkable.append(path)

    def fill(self, entries=60, depth=4):
        rng, linkable = self.rng, []
        directories = [self.root]
        for _ in range(max(1, entries // 8)):
            parent = rng.choice(directories)
            if parent.count(b"/") - self.root.count(b"/") < depth and len(parent) < 3000:
                path = self.new_name(parent)
                os.mkdir(path)
                directories.append(path)
        for _ in range(entries):
            self.entry(self.new_name(rng.choice(directories)), linkable)
        self.directory_attributes(directories)

    def directory_attributes(self, directories):
        for path in sorted(set(directories), key=len, reverse=True):
            if os.path.isdir(path) and not os.path.islink(path):
                self.set_attributes(path, self.rng.choice(DIR_MODES))

    def restamp(self, paths):
        """Times of directories whose content changed: not the clock's."""
        for path in sorted(set(paths), key=len, reverse=True):
            if os.path.isdir(path) and not os.path.islink(path):
                t = mtime(self.rng)
                os.utime(path, ns=(t, t))

    def listing(self):
        files, directories = [], [self.root]
        for path, dirs, names in os.walk(self.root):
            dirs[:] = sorted(d for d in dirs if not os.path.ismount(os.path.join(path, d)))
            for name in dirs:
                full = os.path.join(path, name)
                (files if os.path.islink(full) else directories).append(full)
            files += [os.path.join(path, name) for name in names]
        return sorted(files), sorted(directories)

    def change(self):
        """What happened between two runs: contents, types, deletions, links, modes, owners, new entries."""
        rng = self.rng
        files, directories = self.listing()
        touched = []
        for path in files:
            if rng.random() < 0.35 and os.path.lexists(path):
                self.change_one(path, files)
                touched.append(os.path.dirname(path))
        for path in directories[1:]:
            what = rng.random()
            if not os.path.isdir(path):
                continue
            if what < 0.06:
                shutil.rmtree(path, ignore_errors=True)
                touched.append(os.path.dirname(path))
                if rng.random() < 0.5 and not os.path.lexists(path):
                    self.entry(path, [])
            elif what < 0.2:
                self.set_attributes(path, rng.choice(DIR_MODES))
        alive = [d for d in directories if os.path.isdir(d) and not os.path.islink(d)]
        linkable = [f for f in files if os.path.lexists(f) and not os.path.isdir(f)]
        for _ in range(rng.randrange(6)):
            parent = rng.choice(alive)
            path = self.new_name(parent)
            if rng.random() < 0.25:
                os.mkdir(path)
                self.entry(self.new_name(path), linkable)
                self.set_attributes(path, rng.choice(DIR_MODES))
            else:
                self.entry(path, linkable)
            touched.append(parent)
        self.restamp(touched)

    def change_one(self, path, files):
        rng = self.rng
        st = os.lstat(path)
        what = rng.random()
        if what < 0.35 and stat.S_ISREG(st.st_mode):
            self.change_content(path, st)
        elif what < 0.45 and not stat.S_ISLNK(st.st_mode):
            os.chmod(path, rng.choice(MODES))
            os.utime(path, ns=(st.st_mtime_ns, st.st_mtime_ns))
        elif what < 0.55 and self.owners:
            os.lchown(path, rng.choice(IDS), rng.choice(IDS))
        elif what < 0.62:
            t = mtime(rng)
            os.utime(path, ns=(t, t), follow_symlinks=False)
        elif what < 0.75:
            os.unlink(path)
        elif what < 0.82:
            os.unlink(path)
            os.mkdir(path)
            if rng.random() < 0.6:
                self.entry(self.new_name(path), [])
            self.set_attributes(path, rng.choice(DIR_MODES))
        elif what < 0.9:
            os.unlink(path)
            others = [f for f in files if f != path and os.path.lexists(f) and not os.path.isdir(f)]
            self.entry(path, others)
        else:
            os.rename(path, self.new_name(os.path.dirname(path)))

    def change_content(self, path, st):
        rng = self.rng
        with open(path, "rb") as f:
            data = f.read()
        at = rng.randrange(len(data) + 1)
        how = rng.random()
        if how < 0.35:
            data = data[:at] + rng.randbytes(rng.randrange(1, 3000)) + data[at:]          # shifted
        elif how < 0.6:
            data = data[:at] + rng.randbytes(min(100, len(data) - at)) + data[at + 100:]  # same size
        elif how < 0.8:
            data += rng.randbytes(rng.randrange(1, 5000))
        else:
            data = data[:at]
        if rng.random() < 0.3:                                     # another inode, so that links part
            os.unlink(path)
        with open(path, "wb") as f:
            f.write(data)
        if self.owners:
            os.chown(path, st.st_uid, st.st_gid)
        os.chmod(path, stat.S_IMODE(st.st_mode))
        t = st.st_mtime_ns if rng.random() < 0.15 else mtime(rng)
        os.utime(path, ns=(t, t))


def file_digest(path):
    h = hashlib.sha1()
    with open(path, "rb", buffering=0) as f:
        while data := f.read(1 << 20):
            h.update(data)
    return h.hexdigest()


def snapshot(root):
    """{relative path: fields} of everything below and including `root`; empty when it does not exist."""
    root = os.fsencode(root)
    found, inodes = {}, {}
    if not os.path.lexists(root):
        return found
    stack = [b""]
    while stack:
        rel = stack.pop()
        full = os.path.join(root, rel) if rel else root
        st = os.lstat(full)
        entry = {"type": stat.S_IFMT(st.st_mode), "mode": stat.S_IMODE(st.st_mode), "owner": (st.st_uid, st.st_gid),
                 "mtime": st.st_mtime_ns}
        found[rel] = entry
        if stat.S_ISREG(st.st_mode):
            entry["size"] = st.st_size
            entry["content"] = file_digest(full)
        elif stat.S_ISLNK(st.st_mode):
            entry["target"] = os.readlink(full)
        elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
            entry["rdev"] = st.st_rdev
        elif stat.S_ISDIR(st.st_mode):
            stack += [rel + b"/" + name if rel else name for name in os.listdir(full)]
        if not stat.S_ISDIR(st.st_mode) and st.st_nlink > 1:
            inodes.setdefault((st.st_dev, st.st_ino), []).append(rel)
    for group in inodes.values():
        for rel in group:
            found[rel]["links"] = tuple(sorted(group))
    return found


def compare(left, right, since_ns=None):
    """Differences of two snapshots as text lines.

    Where both modification times are later than `since_ns`, the two runs let the clock set them: no difference.
    """
    out = []
    for rel in sorted(set(left) | set(right)):
        name = repr(rel)[1:]
        if rel not in left or rel not in right:
            out.append(f"{name}: only in {'the first' if rel in left else 'the second'}")
            continue
        a, b = left[rel], right[rel]
        for field in sorted(set(a) | set(b)):
            x, y = a.get(field), b.get(field)
            if x == y:
                continue
            if field == "mtime" and since_ns is not None and min(x, y) >= since_ns and max(x, y) < since_ns + 10**12:
                continue
            if field in ("type", "mode"):
                x, y = oct(x), oct(y)
            out.append(f"{name}: {field} {x} / {y}")
    return out

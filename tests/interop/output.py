"""What two runs printed, compared: itemized lines, progress and statistics, without what time and scheduling decide."""
import re
from collections import Counter

# Text must be equal, or the first number within 1 % + 300 (bytes), or the line is not compared.
EXACT = ("Number of files", "Number of created files", "Number of deleted files",
         "Number of regular files transferred",
         "Total file size", "Total transferred file size", "total size is")
CLOSE = ("Literal data", "Matched data", "Total bytes sent", "Total bytes received")
# rsync 3.5.0 counts the file list when its output buffer is written: 0, or a multiple of the buffer.
SKIPPED = ("File list generation time", "File list transfer time", "File list size")
# What -vv says about a program's own working is its own business.
DEBUG = re.compile(r"opening connection using: |removing duplicate name |deleting in |\[sender\] (hiding|showing) |\[generator\] (risking|protecting) |remote shell '|client_run|total: matches=|"
                   r"transport: |protected args: |opening tcp connection |sending daemon args: ")
LIST = re.compile(r"(building|receiving) file list \.\.\. ")
# A meter in whose line something else is told.
UNFINISHED = re.compile(r"^\s*[\d.,KMG]+\s+\d+%\s+\S+\s+\d+:\d\d:\d\d\s+(?=[^\s(])")
STAYS = "cannot delete non-empty directory: "
UNITS = {"K": 10**3, "M": 10**6, "G": 10**9}


def number(text):
    """The value of "1,234", "1.23K"."""
    m = re.match(r"([\d.,]+)([KMG]?)", text)
    return float(m.group(1).replace(",", "")) * UNITS.get(m.group(2), 1)


def close(a, b, extra=300, share=0.01):
    return abs(a - b) <= share * max(abs(a), abs(b)) + extra


def split(text):
    """Standard output as (other lines, progress lines, statistics); of a progress line, what follows its last CR."""
    lines, progress, stats = [], [], {}
    text = text.replace("/one/", "/<side>/").replace("/two/", "/<side>/")      # the two destinations
    for line in text.split("\n"):
        if announced := LIST.match(line):                 # its end may stand on a line of its own
            lines.append(announced.group(0))
            line = line[announced.end():]
        if "\r" in line:
            line = UNFINISHED.sub("", line.rsplit("\r", 1)[1])
            m = re.match(r"\s*([\d.,KMG]+)\s+(\d+)%\s+\S+\s+\S+(?: \((xfr#\d+), ((?:ir|to)-chk=\d+/\d+)\))?\s*$",
                         line)
            if m:
                if m.group(3):                    # finished; how often an unfinished file is shown is a matter of time
                    progress.append(m.groups())
                continue                          # else: a line that follows a meter without an end of line
            line = line if line.strip() else ""
        name = re.match(r"(total size is)|([A-Z][A-Za-z ]+):|(sent) ", line)
        key = next((g for g in name.groups() if g), None) if name else None
        if key in EXACT or key in CLOSE or key in SKIPPED or key == "sent":
            stats[key] = line
        elif line and not DEBUG.match(line):
            lines.append(line)
    return lines, progress, stats


def compare_stats(a, b, wire=300):
    """wire: so many bytes the counters may differ beyond 1 %; None: they are not compared (a local copy sends none and
    says what was copied instead; with -vv lines travel)."""
    out = []
    for key in sorted(set(a) | set(b)):
        if key in SKIPPED:
            continue
        x, y = a.get(key), b.get(key)
        if x is None or y is None:
            out.append(f"statistics: {x!r} / {y!r}")
        elif key in EXACT:
            if x.split("speedup")[0] != y.split("speedup")[0]:
                out.append(f"statistics: {x!r} / {y!r}")
        elif key == "sent":
            p = [re.match(r"sent (\S+) bytes  received (\S+) bytes  \S+ bytes/sec$", t) for t in (x, y)]
            if not all(p):
                out.append(f"statistics, form: {x!r} / {y!r}")
            elif wire is not None and not all(close(number(p[0].group(i)), number(p[1].group(i)), wire) for i in (1, 2)):
                out.append(f"statistics: {x!r} / {y!r}")
        elif wire is not None or not key.startswith("Total bytes"):
            values = [re.search(r": ([\d.,]+[KMG]?)", t) for t in (x, y)]
            if not all(values) or not close(number(values[0].group(1)), number(values[1].group(1)), wire or 300):
                out.append(f"statistics: {x!r} / {y!r}")
    return out


def compare_multisets(what, a, b):
    left, right = Counter(a), Counter(b)
    out = [f"{what}: only the first printed {k!r}" for k in (left - right)]
    return out + [f"{what}: only the second printed {k!r}" for k in (right - left)]


def once(parts):
    """Where hard links meet a directory that stays, rsync says so for each of its attempts."""
    lines = [line for line in parts[0] if not line.startswith(STAYS)]
    return (lines + sorted({line for line in parts[0] if line.startswith(STAYS)}), *parts[1:])


def compare(first, second, exact_progress, wire=300):
    """Differences of two standard outputs as text lines.

    With incremental recursion the numbers in a progress line depend on how far the scan is, so only sizes are
    compared.
    """
    a, b = (once(split(text)) for text in (first, second))
    out = compare_multisets("output", a[0], b[0])
    progress = [[p if exact_progress or isinstance(p, str) else p[:2] for p in side[1]] for side in (a, b)]
    return out + compare_multisets("progress", *progress) + compare_stats(a[2], b[2], wire)

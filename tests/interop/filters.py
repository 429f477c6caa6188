#!/usr/bin/env python3
"""Filter rules: which entries are sent, which are protected from deletion, by stock rsync and by volsync alike.

A table of rules over one tree that has the names they speak of. Every row runs without deletion, with --delete and
with --delete-excluded, into a destination that holds the same names and stale ones. The rows about `*rspamd-vol-1`
also state what must be there afterwards, whatever either program says.
"""
import os
import shutil
import subprocess
import sys
import time

import output
import support
import tree

FILES = """foo foo.o bar.c a/foo a/bar a/b/bar a/b/foo foo_d/bar foo_d/a/bar foo_d/a/b/bar x/foo_d/b/bar x/y/z
t/t/foo t/foo dir/one dir/sub/two dir/sub/deep/three other/dir/four .hidden .rules.d/x core tags prog.o lib.a y~
#auto# cvs/.cvsignore cvs/ignored.log cvs/kept cvs/ign/x cvs/ign/y RCS/r .git/config .svn/e sub/core sub/keep.txt
sub/n.old merge/.rules merge/no merge/yes merge/in/no merge/in/yes merge/in/deeper/.rules merge/in/deeper/only
merge/in/deeper/no merge2/.rules merge2/p.tmp merge2/in/p.tmp merge2/in/q merge3/.wordrules merge3/w1 merge3/w2
merge3/w3 .rsync-filter ff/.rsync-filter ff/secret ff/public ff/in/secret ff/in/public
case/File case/file case/FILE white/trailing_ white/_lead back/sl\\ash back/star* back/br[a] back/bra back/a-b back/]x
num/1 num/22 num/333 num/a1 num/z9 long/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab""".split()
VOLUMES = """mailcowdockerized_rspamd-vol-1/_data/x mailcowdockerized_vmail-vol-1/_data/mail rspamd-vol-1/f
other/_data/zrspamd-vol-1 other/_data/my-rspamd-vol-1/inner keep_rspamd-vol-10/f plain/_data/f Xrspamd-vol-1
rspamd-vol-1x/f""".split()
CONTENTS = {
    "cvs/.cvsignore": "*.log ign\n",
    "merge/.rules": "# comment\n\n- no\n+ yes\n; other comment\n",
    "merge/in/deeper/.rules": "!\n+ only\n- *\n",
    "merge2/.rules": "- /p.tmp\n-p /in/q\n",
    "merge3/.wordrules": "w1 w2\n",
    ".rsync-filter": "- /a/foo\n- secret-top\n",
    "ff/.rsync-filter": "- secret\n",
}
STALE = """stale_top stale_dir/f stale_dir/core a/stale dir/sub/stale foo_d/stale/x merge/no merge/stale x/stale.o
stale_v/mailcowdockerized_rspamd-vol-1/old stale_v/f old~ .hidden_stale ff/secret ff/stale num/55""".split()

# Options of one row each; "@NAME" is replaced by the path of a rule file from FILES_OF_RULES.
FILES_OF_RULES = {
    "plain": "# comment\nfoo\n\n; other\n+ bar\n- *.o\n", "crlf": "foo\r\n*.o\rbar\r\n", "clear": "foo\n!\nbar\n",
    "merge": "- foo\n+ /a/\n. @plain\n- x/\n", "words": "foo bar *.o", "nul": "foo\0new*\0*.o\0",
    "sides": "H foo\nP stale*\nR x\n",
}
ROWS = [
    ["--exclude=foo"], ["--exclude=foo/"], ["--exclude=/foo"], ["--exclude=/t/foo"], ["--exclude=a/foo"],
    ["--exclude=a/b"],
    ["--exclude=foo_d/*/bar"], ["--exclude=/foo_d/**/bar"], ["--exclude=foo_d/***"], ["--exclude=/foo_d/***"],
    ["--exclude=foo_d/**"],
    ["--exclude=**/bar"], ["--exclude=**bar"], ["--exclude=f**r"], ["--exclude=*foo/a"], ["--exclude=x/**"],
    ["--exclude=/x/*"],
    ["--exclude=*"], ["--exclude=**"], ["--exclude=/*"], ["--exclude=*/"], ["--exclude=/*/"], ["--exclude=?"],
    ["--exclude=???"],
    ["--exclude=*.o"], ["--exclude=[a-c]*"], ["--exclude=[!a-m]*"], ["--exclude=[^a-m]*"], ["--exclude=back/br[a]"],
    ["--exclude=back/br\\[a\\]"], ["--exclude=back/sl\\ash"], ["--exclude=sl\\\\ash*"], ["--exclude=star\\*"],
    ["--exclude=[]]x"],
    ["--exclude=a[-]b"], ["--exclude=[[:digit:]]*"], ["--exclude=[[:alpha:]][[:digit:]]"], ["--exclude=[[:upper:]]*"],
    ["--exclude=[[:nonsense:]]*"], ["--exclude=[a-"], ["--exclude=num/[0-9]"], ["--exclude=*a*a*a*a*b"],
    ["--exclude=.*"],
    ["--exclude=file"], ["--exclude=trailing_ "], ["--exclude=./foo"], ["--exclude=foo//"], ["--exclude=//foo"],
    ["--include=*/", "--include=*.o", "--exclude=*"], ["--include=/dir/", "--include=/dir/sub/***", "--exclude=*"],
    ["--include=foo", "--exclude=foo"], ["--exclude=foo", "--include=foo"],
    ["--include=/a/b/bar", "--exclude=/a/b/*"],
    ["--exclude=+ foo", "--exclude=f*"], ["--include=- foo"], ["--exclude=foo", "--exclude=!", "--exclude=bar"],
    ["--filter=- foo"], ["--filter=exclude foo"], ["--filter=exclude,! */"],
    ["--filter=include foo", "--filter=-_f*"],
    ["--filter=-! *.o"], ["--filter=-! */"], ["--filter=-/ /foo"], ["--filter=-p core"],
    ["--filter=-p *.o", "--filter=- core"],
    ["--filter=-s foo"], ["--filter=-r stale*"], ["--filter=H foo"], ["--filter=hide foo"], ["--filter=P stale*"],
    ["--filter=protect stale_dir/"], ["--filter=P core"], ["--filter=R stale*", "--filter=P *"],
    ["--filter=S foo", "--filter=H *o*"],
    ["--filter=show foo", "--filter=hide f*", "--filter=risk stale_top", "--filter=protect stale*"],
    ["--filter=clear"], ["--filter=- foo", "--filter=!", "--filter=- bar"],
    ["--exclude-from=@plain"], ["--exclude-from=@crlf"], ["--exclude-from=@clear"],
    ["--include-from=@plain", "--exclude=*"],
    ["-0", "--exclude-from=@nul"], ["--filter=. @merge"], ["--filter=merge @merge"], ["--filter=.- @plain"],
    ["--filter=.-w @words"],
    ["--filter=.+ @plain", "--filter=- f*"], ["--filter=. @sides"], ["--filter=.s @plain"], ["--filter=.r @plain"],
    ["--filter=: .rules"], ["--filter=:n .rules"], ["--filter=:e .rules"], ["--filter=dir-merge .rules"],
    ["--filter=: /.rules"],
    ["--filter=:- .rules"], ["--filter=:w- .wordrules"], ["--filter=:-w .wordrules"],
    ["--filter=:+ .rules", "--filter=- *"],
    ["--filter=:s .rules"], ["--filter=:r .rules"], ["--filter=:p .rules"], ["--filter=- no", "--filter=: .rules"],
    ["--filter=: .rules", "--filter=- yes"], ["--filter=:C"], ["--filter=:C", "--filter=-C"], ["--filter=-C"], ["-C"],
    ["-C", "--include=*.o"], ["--filter=+ *.o", "-C"], ["-F"], ["-FF"], ["-F", "-F"], ["-F", "--exclude=foo"],
    ["-FF", "-C"],
    ["--filter=: nothing"], ["--filter=:  .rules"], ["--filter=- foo", "--filter=P bar", "--filter=+s x"],
    ["--exclude=mailcowdockerized*", "--exclude=/stale_v/"], ["--exclude=" + "?" * 40], ["--exclude="],
]
BAD_ROWS = [
    ["--filter=c foo"], ["--filter=-c foo"], ["--filter=foo"], ["--filter=-"], ["--filter=- "], ["--filter=!x"],
    ["--filter=:s/r"],
    ["--filter=. /nonexistent/rules"], ["--exclude-from=/nonexistent/rules"], ["--filter=-sr"], ["--filter=exclude"],
    ["--filter=exclude,c foo"], ["--include-from=/nonexistent/rules"], ["--filter=: a/b"], ["--filter=.s @sides"],
]
DELETIONS = [[], ["--delete"], ["--delete-excluded"]]


def make_tree(root, names, scale=1):
    for number, name in enumerate(names):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(CONTENTS.get(name, f"content of {name}\n" * scale))
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
    for path, _, _ in os.walk(root):
        os.utime(path, (1_100_000_000, 1_100_000_000))


class Bench:
    """The source tree, the rule files and two destinations that are laid out anew for each run."""

    def __init__(self, programs, source_names, stale_names):
        self.programs = programs
        self.home = os.path.join(programs.work, "filters")
        shutil.rmtree(self.home, ignore_errors=True)
        self.source = os.path.join(self.home, "from/t")
        make_tree(self.source, source_names)
        make_tree(os.path.join(self.home, "older"), [n for n in source_names + stale_names], scale=2)
        for name, text in FILES_OF_RULES.items():
            with open(os.path.join(self.home, name), "w", newline="") as f:
                f.write(text.replace("@plain", os.path.join(self.home, "plain")))

    def rules(self, row):
        return [w if "@" not in w else w.split("@")[0] + os.path.join(self.home, w.split("@")[1]) for w in row]

    def run(self, options, sources, filled):
        outcomes, trees, details = [], [], []
        for is_volsync, side in ((False, "one"), (True, "two")):
            destination = os.path.join(self.home, side, "to")
            shutil.rmtree(os.path.join(self.home, side), ignore_errors=True)
            os.mkdir(os.path.join(self.home, side))
            if filled:
                subprocess.run(["cp", "-a", os.path.join(self.home, "older"), destination], check=True)
            r = self.programs.push(is_volsync, "pipe", options, sources, destination, cwd=self.home + "/from",
                                   env={"HOME": self.home})
            outcomes.append(r)
            details.append(r.command())
            trees.append(tree.snapshot(destination))
        return outcomes, trees, details


def check(bench, tally, name, options, sources, filled):
    since = time.time_ns() - 2 * 10**9
    (stock, ours), trees, details = bench.run(options, sources, filled)
    problems = support.compare_codes(name, stock.code, ours.code)
    problems += tree.compare(*trees, since_ns=since)
    if stock.code in (0, 23, 24, 25):       # what a program still says while it dies is a matter of timing
        problems += output.compare(stock.out, ours.out, exact_progress=True)
    if bool(stock.err.strip()) != bool(ours.err.strip()):
        problems.append("standard error: only one has any")
    tally.result(name, problems, details + [f"stderr: {r.err.strip()[:300]}" for r in (stock, ours) if r.err.strip()])
    return trees, stock


def rule_rows(programs, tally, deletions):
    bench = Bench(programs, FILES, STALE)
    for row in ROWS:
        for deletion in deletions:
            name = "filter " + " ".join(row + deletion)
            check(bench, tally, name, ["-aHi", *deletion, *bench.rules(row)], ["t/"], True)
    for row in ROWS[::4]:       # the same names below an argument, and with whole paths
        for options, sources in ((["--delete"], ["t"]), (["-R"], ["t"]), (["-R", "--delete"], ["./t/a", "t/./dir"])):
            name = "filter " + " ".join(row + options + sources)
            check(bench, tally, name, ["-aHi", *options, *bench.rules(row)], sources, False)
    for row in BAD_ROWS:
        name = "bad rule " + " ".join(row)
        _, stock = check(bench, tally, name, ["-aHi", *bench.rules(row)], ["t/"], False)


def volume_rows(programs, tally):
    """What an administrator relies on when one volume is left out."""
    bench = Bench(programs, VOLUMES, ["stale/mailcowdockerized_rspamd-vol-1/old", "stale/f", "gone/f",
                                      "mailcowdockerized_rspamd-vol-1/only_there"])
    top = "mailcowdockerized_rspamd-vol-1"
    everywhere = [top, "rspamd-vol-1", "other/_data/zrspamd-vol-1", "other/_data/my-rspamd-vol-1", "Xrspamd-vol-1"]
    sent = ["keep_rspamd-vol-10/f", "rspamd-vol-1x/f", "plain/_data/f", "mailcowdockerized_vmail-vol-1/_data/mail"]
    rows = [  # (options, destination filled before, must be there, must not be there)
        (["--exclude=*rspamd-vol-1"], False, sent, everywhere),
        (["--exclude=*rspamd-vol-1", "--delete"], True,
         sent + everywhere + [top + "/only_there", "stale/mailcowdockerized_rspamd-vol-1/old"], ["gone", "stale/f"]),
        (["--exclude=*rspamd-vol-1", "--delete-excluded"], True, sent, everywhere + ["stale", "gone"]),
        (["--exclude=*rspamd-vol-1/"], False, sent + ["other/_data/zrspamd-vol-1", "Xrspamd-vol-1"],
         [top, "rspamd-vol-1", "other/_data/my-rspamd-vol-1"]),
        (["--exclude=/*rspamd-vol-1"], False, sent + ["other/_data/zrspamd-vol-1",
                                                      "other/_data/my-rspamd-vol-1/inner"],
         [top, "rspamd-vol-1", "Xrspamd-vol-1"]),
        (["--exclude=rspamd-vol-1"], False, sent + [top + "/_data/x"], ["rspamd-vol-1"]),
        (["--exclude=*rspamd-vol-1", "--delete", "--force"], True, [top + "/only_there"], ["gone"]),
        (["--exclude=*rspamd-vol-1*"], False, ["plain/_data/f"], everywhere + ["keep_rspamd-vol-10",
                                                                               "rspamd-vol-1x"]),
    ]
    for options, filled, there, absent in rows:
        name = "volumes " + " ".join(options)
        trees, _ = check(bench, tally, name, ["-aHi", *options], ["t/"], filled)
        for who, found in zip(("stock", "volsync"), trees):
            problems = [f"{who}: {n} is missing" for n in there if os.fsencode(n) not in found]
            problems += [f"{who}: {n} is there" for n in absent if os.fsencode(n) in found]
            tally.result(f"{name}: what {who} leaves", problems)


def run(programs, tally, all_deletions=True):
    rule_rows(programs, tally, DELETIONS if all_deletions else DELETIONS[1:2])
    volume_rows(programs, tally)


def main():
    p = support.parser(__doc__.split("\n")[0])
    p.add_argument("--quick", action="store_true", help="rules with --delete only")
    args = p.parse_args()
    return support.main(args, lambda programs, tally: run(programs, tally, not args.quick))


if __name__ == "__main__":
    sys.exit(main())

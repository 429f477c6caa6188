#!/usr/bin/env python3
"""Pulls from a sender that lists what was not asked for, or what the client's rules hide.

The sender is a stock rsync that a remote shell gives other paths than the client's, or whose rules it garbles. What
a stock client refuses is refused, with the same code and sentence, before anything is written; honest runs go through.
"""
import os
import sys

import support
import tree

# Runs the client's command below SOURCE: with the paths in LIE in place of the client's, if set; with "hidden" garbled in
# all that the client says, if GARBLE is set.
SHELL = """#!{python}
import os, subprocess, sys, threading
command = " ".join(sys.argv[2:])
if os.environ.get("LIE"):
    command = command.rsplit(" . ", 1)[0] + " . " + os.environ["LIE"]
command = ["/bin/sh", "-c", "cd {source} && " + command]
if not os.environ.get("GARBLE"):
    os.execv(command[0], command)
server = subprocess.Popen(command, stdin=subprocess.PIPE)

def garble():
    while said := os.read(0, 65536):
        try:
            server.stdin.write(said.replace(b"hidden", b"HIDDEN"))
            server.stdin.flush()
        except BrokenPipeError:
            break
    server.stdin.close()

threading.Thread(target=garble, daemon=True).start()
os._exit(server.wait())
"""

UNREQUESTED, EXCLUDED = "rejecting unrequested file-list name: ", "rejecting excluded file-list name: "
# options, what is asked for, what the sender is told ("": the same), the refused name (None: all is taken)
LIES = [
    ("-a", ["a"], "a top", "top"), ("-a", ["a", "c"], "top", "top"), ("-a", ["a/f"], "a/f top", "top"),
    ("-a", ["x.o"], "sub.o", "sub.o"), ("-d", ["a"], "c", "c"), ("-an", ["a"], "top", "top"),
    ("-a", ["*.o"], "top x.o", "top"), ("-a", ["?*.o"], "sub.o x.o top", "top"), ("-a", ["[t]op"], "c", "c"),
    ("-a", ["[t]op"], "top", None), ("-a", ["a/*"], "a/b c/h", None), ("-a", ["a b"], "a b", "a"),
    ("-a", ["a b"], "", None), ("-a", ["\\top"], "top", "top"), ("-a", ["{a,c}"], "a", "a"),
    ("-a", ["$(echo top)"], "top", "top"), ("-a", ["lite[r]al*"], "", None), ("-a", ["[x]"], "", None),
    ("-a", ["a/"], "a top", None), ("-a", [""], "top", None), ("-a", ["a", "./c"], "a c", None),
    ("-a", ["SOURCE/a"], "a", None), ("-a", ["SOURCE/a"], "c", "c"),
    ("-a --no-inc-recursive", ["a"], "a top", "top"), ("-a --protocol=30", ["a"], "a top", "top"),
    ("-aR", ["a/b"], "a/b/g", None), ("-aR", ["a/b"], "a", "a/f"), ("-aR", ["a/b"], "a/f", "a/f"),
    ("-aR", ["a/b"], "c", "c"), ("-aR", ["a/b/"], "a/", "a/f"),
    ("-aR", ["./a/b"], "", None), ("-aR", ["a/./b"], "", None), ("-aR", ["a/./b"], "a/b", "a"),
    ("-aR", ["*/b"], "", None), ("-aR", ["*/b"], "c", "c/h"), ("-aR", ["a*g"], "a/b/g", "a"),
    ("-aR", ["SOURCE/a/b"], "", None), ("-aR --no-implied-dirs", ["a/b"], "", None),
    ("-aR --no-implied-dirs", ["a/b"], "a", "a/f"), ("-aR", ["a/b", "c"], "", None),
    ("-a --trust-sender", ["a/f"], "a/f top", None),
    ("-a --old-args", ["a/f"], "a/f top", None), ("-a -s", ["a/*", "x.o"], "", None),
]
# options, what is asked for, whether rules are garbled on their way, the refused name
RULES = [
    ("-a --exclude=hidden", ["./"], True, "hidden"), ("-a --exclude=hidden/", ["d"], True, "d/hidden"),
    ("-a --no-inc-recursive --exclude=hidden", ["./"], True, "hidden"),
    ("-a --exclude=hidden-file", ["hidden-file"], True, "hidden-file"), ("-a -f H_hidden", ["./"], True, "hidden"),
    ("-a -f -s_hidden", ["./"], True, "hidden"), ("-a -f P_hidden", ["./"], True, None),
    ("-a -f -r_hidden", ["./"], True, None), ("-a --delete-excluded --exclude=hidden", ["./"], True, "hidden"),
    ("-aR --exclude=/d/hidden", ["d/hidden"], True, "d/hidden"), ("-a -s --exclude=hidden", ["./"], True, "hidden"),
    ("-a --old-args --exclude=hidden", ["./"], True, "hidden"), ("-a --exclude=/e/hidden", ["e", "d"], True, None),
    ("-a --trust-sender --exclude=hidden", ["./"], True, None), ("-an --exclude=hidden-file", ["./"], True, "hidden-file"),
    ("-a --exclude=hidden", ["./"], False, None), ("-a --exclude=*", ["top"], False, None),
    ("-aF --exclude=i --exclude=f", ["./"], False, None), ("-a -f -/_SOURCE/a", ["./"], False, None),
    ("-a -f +_*/ -f -!_*.o", ["./"], False, None), ("-aR --exclude=b", ["a/b/g"], False, "a/b"),
    ("-aC --exclude=f", ["./"], False, None), ("-a --exclude=.", ["a/"], False, None),
]


def make(source):
    for path in ("a/f", "a/b/g", "c/h", "top", "x.o", "sub.o/i", "a b/f", "literal\\x", "[x]", "d/hidden/f", "d/plain",
                 "hidden/g", "hidden-file", "e/plain"):
        os.makedirs(os.path.join(source, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(source, path), "w", encoding="utf-8") as file:
            file.write(path)
    with open(os.path.join(source, "sub.o/.rsync-filter"), "w", encoding="utf-8") as file:
        file.write("+ i\n")


def check(programs, tally, shell, source, case, env):
    options, asked, refused, word = case
    words = [each.replace("_", " ").replace("SOURCE", source) for each in options.split()]
    operands = ["host:" + each.replace("SOURCE", source) for each in asked]
    ends = []
    for name, program in (("rsync", programs.rsync), ("volsync", programs.volsync)):
        to = os.path.join(programs.work, name)
        support.run(["rm", "-rf", to])
        os.mkdir(to)
        argv = [program, "-e", shell, f"--rsync-path={programs.rsync}", *words, *operands, to + "/"]
        ends.append((support.run(argv, timeout=30, env=env), tree.snapshot(os.fsencode(to))))
    (stock, stock_tree), (ours, our_tree) = ends
    # If rsync itself disagrees with the table, the table is wrong.
    problems = [f"{who} ended with {end.code}: {end.err[-300:]}"
                for who, end in (("rsync", stock), ("volsync", ours)) if end.code != (0 if refused is None else 4)]
    if refused is not None:
        problems += [f"{who} does not say {word + refused!r}: {end.err[-300:]}" for who, end in (("rsync", stock), ("volsync", ours))
                     if word + refused + "\n" not in end.err]
        problems += [f"written: {name!r}" for name in our_tree if name not in (b"", b".")]
    else:
        problems += [f"only rsync has {name!r}" for name in stock_tree if name not in our_tree]
        problems += [f"only volsync has {name!r}" for name in our_tree if name not in stock_tree]
    tally.result(f"{options} {' '.join(asked)} {env}", problems, [stock.command(), ours.command()])


def main():
    args = support.parser(__doc__.split("\n")[0]).parse_args()

    def body(programs, tally):
        source, shell = os.path.join(programs.work, "source"), os.path.join(programs.work, "shell")
        make(source)
        with open(shell, "w", encoding="utf-8") as file:
            file.write(SHELL.format(python=sys.executable, source=source))
        os.chmod(shell, 0o755)
        for options, asked, lie, refused in LIES:
            check(programs, tally, shell, source, (options, asked, refused, UNREQUESTED), {"LIE": lie})
        for options, asked, garble, refused in RULES:
            check(programs, tally, shell, source, (options, asked, refused, EXCLUDED), {"GARBLE": "1" if garble else ""})

    return support.main(args, body)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""A remote shell that runs the command locally and does something to the bytes on the way; used with -e.

Controlled by VOLSYNC_RELAY, a JSON object:
  up_cut, down_cut      bytes after which the direction to the server (up) or from it (down) is cut: everything is
                        closed
  up_rate               bytes per second towards the server
  greeting              text that the "login shell" prints first
  hold_after            once this many bytes went up, nothing comes down until the file `release` exists
  release, status       file names; status receives the counters at the end and the server's process id at the start
  version               no server: answers with this protocol version and waits for the end
"""
import json
import os
import select
import struct
import subprocess
import sys
import time

PIECE = 65536


class Relay:
    def __init__(self, options, command):
        self.o = options
        self.count = {"up": 0, "down": 0}
        self.server = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       bufsize=0)
        self.note({"server": self.server.pid})
        self.up_to, self.down_from = self.server.stdin.fileno(), self.server.stdout.fileno()
        self.up_open = self.down_open = True
        self.next_write = 0.0

    def note(self, value):
        if "status" in self.o:
            with open(self.o["status"] + ".new", "w") as f:
                json.dump(value, f)
            os.rename(self.o["status"] + ".new", self.o["status"])

    def held(self):
        return self.count["up"] >= self.o.get("hold_after", 1 << 62) and not os.path.exists(self.o["release"])

    def write(self, fd, data, direction):
        """False when the cut is reached or the other end is gone."""
        limit = self.o.get(direction + "_cut")
        whole = limit is None or self.count[direction] + len(data) <= limit
        if not whole:
            data = data[:limit - self.count[direction]]
        try:
            while data:
                done = os.write(fd, data)
                self.count[direction] += done
                data = data[done:]
        except BrokenPipeError:
            return False
        return whole

    def up(self):
        rate = self.o.get("up_rate")
        wait = self.next_write - time.monotonic()
        if rate and wait > 0:
            time.sleep(min(wait, 0.05))
            return True
        data = os.read(0, PIECE if not rate else max(1, rate // 20))
        if rate:
            self.next_write = time.monotonic() + len(data) / rate
        if not data or not self.write(self.up_to, data, "up"):
            self.up_open = False
            self.server.stdin.close()
            return not data
        return True

    def down(self):
        data = os.read(self.down_from, PIECE)
        if not data:
            self.down_open = False
            return True
        return self.write(1, data, "down")

    def run(self):
        cut = False
        while self.down_open and not cut:
            if self.held() and not self.up_open:      # nobody is left to release it
                cut = True
                break
            sources = ([0] if self.up_open else []) + ([] if self.held() else [self.down_from])
            ready, _, _ = select.select(sources, [], [], 0.02 if self.held() else 1)
            if 0 in ready:
                cut = not self.up()
            if self.down_from in ready and not cut:
                cut = not self.down()
        if cut:                            # as a lost connection: both directions end, the server sees its input end
            os.close(1)
            if self.up_open:
                self.server.stdin.close()
            self.server.stdout.close()
        try:
            code = self.server.wait(10)
        except subprocess.TimeoutExpired:
            self.server.kill()
            code = self.server.wait()
        self.note({"server": self.server.pid, **self.count})
        return 255 if cut else code if code >= 0 else 128 - code


def main():
    options = json.loads(os.environ.get("VOLSYNC_RELAY", "{}"))
    if "greeting" in options:
        os.write(1, options["greeting"].encode())
    if "version" in options:
        os.write(1, struct.pack("<i", options["version"]))
        while os.read(0, PIECE):
            pass
        return 1
    return Relay(options, " ".join(sys.argv[2:])).run()


if __name__ == "__main__":
    sys.exit(main())

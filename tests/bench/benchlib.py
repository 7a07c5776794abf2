# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks have in common."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "interop"))
import dvrtest   # noqa: E402

TOOLS = os.environ.get("DVR_BENCH_TOOLS", ".")
ROUNDS = int(os.environ.get("DVR_BENCH_ROUNDS", 5))
SECONDS = float(os.environ.get("DVR_BENCH_SECONDS", 3))
SERVER_CORE = ["taskset", "-c", "0"]
LOAD_CORE = ["taskset", "-c", "1"]
TICKS = os.sysconf("SC_CLK_TCK")


class Bench(dvrtest.ChainTest):
    """The harness of the tests, with servers on a core of their own."""

    def runTest(self):
        pass

    def start(self, argv, name, core=SERVER_CORE, **kwargs):
        return super().start([*core, *argv], name, **kwargs)

    def live(self, streams, part_bytes, seconds):
        """A recorder of made-up streams, each part stamped."""
        return self.start([os.path.join(TOOLS, "livesource"), self.recordings,
                           str(streams), str(part_bytes), str(seconds)],
                          "livesource")

    def load(self, *argv, stdin=None):
        out = subprocess.run([*LOAD_CORE, os.path.join(TOOLS, "dvrload"),
                              *map(str, argv)], input=stdin, text=True,
                             stdout=subprocess.PIPE, check=True)
        return [line.split() for line in out.stdout.splitlines()]


@contextlib.contextmanager
def running():
    """A Bench; what was started with it ends with it."""
    bench = Bench()
    bench.setUp()
    try:
        yield bench
    finally:
        bench.doCleanups()


class Server:
    """A server on loopback in a thread of its own: serve(reader, writer)."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=[ready],
                                       daemon=True)
        self.thread.start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.base = "http://127.0.0.1:%d" % self.port
        ready.set()
        self.loop.run_forever()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) * 1024


def children(pid):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)],
                         stdout=subprocess.PIPE, text=True)
    return [int(p) for p in out.stdout.split()]


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def row(what, figure, goal):
    print("| %s | %s | %s |" % (what, figure, goal), flush=True)


def playlist(base, stream, name="dvr.m3u8"):
    url = "%s/%s/%s" % (base, stream, name)
    return dvrtest.wait_for(url, lambda: dvrtest.segments_of(
        dvrtest.get_text(url)))


def split(uri):
    """(recording, number) of a segment's URI."""
    recording, name = uri.split("/")
    return recording, int(name.split(".")[0])

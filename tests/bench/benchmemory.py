# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory: the cache's budget under viewers of all kinds."""

import os
import re
import subprocess
import time

from benchlib import LOAD_CORE, TOOLS, row, running
import dvrtest

__all__ = ["bench_budget"]

HERE = os.path.dirname(os.path.abspath(__file__))
STREAMS = 100
BUDGET = 32 << 20


def copy_streams(bench, flv):
    """A recording under many names: its files are there once."""
    bench.record(flv, "live/s0")
    first = os.path.join(bench.recordings, "live", "s0")
    for n in range(1, STREAMS):
        subprocess.run(["cp", "-rl", first, os.path.join(
            bench.recordings, "live", "s%d" % n)], check=True)


def parse(line):
    return {k: int(v) for k, v in re.findall(r"(\S+)=(\d+)", line)}


def anonymous(pid):
    """What the process has allocated: files that are mapped not counted."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1)) * 1024


def bench_budget():
    """max-memory=32 MiB: 100 streams, 100 viewers over HTTP and 100 over RTMP
    who seek"""
    seconds = int(os.environ.get("DVR_BENCH_SECONDS", 60))
    with running() as bench:
        copy_streams(bench, bench.make_flv(seconds=60))
        _, origin = bench.origin()
        http, rtmp = dvrtest.free_port(), dvrtest.free_port()
        edge = bench.start(
            [os.path.join(TOOLS, "watched"), "cache", "100"] + (
                "proxystreamsrc location=%s ! segmentcache name=cache "
                "max-memory=%d ! dvrserversink host=127.0.0.1 http-port=%d "
                "rtmp-port=%d" % (origin, BUDGET, http, rtmp)).split(), "edge")
        bench.wait_ready(edge, "http://127.0.0.1:%d" % http)
        idle = anonymous(edge.pid)
        load = subprocess.Popen(
            [*LOAD_CORE, "python3", os.path.join(HERE, "mixload.py"),
             str(http), str(rtmp), str(STREAMS), "100", "100", str(seconds)],
            stdout=subprocess.PIPE, text=True)
        sizes = []
        while load.poll() is None:
            sizes.append(anonymous(edge.pid))
            time.sleep(0.5)
        done = parse(load.communicate()[0])
        lines = [parse(line) for line in edge.output().splitlines()
                 if "max-bytes" in line]
        over = max(s["bytes"] + s["derived-bytes"] - s["max-bytes"] -
                   s["pinned-bytes"] for s in lines)
        held = max(s["bytes"] + s["derived-bytes"] for s in lines)
        pinned = max(s["pinned-bytes"] for s in lines)
        derived = max(s["derived-bytes"] for s in lines)
        row("max-memory=32 MiB, %d streams, 200 viewers who seek" % STREAMS,
            "%.1f MiB held at most, %.1f of it in use, %.1f derived; over it "
            "and what was in use: %.2f MiB; process %.1f MiB, %.1f before, "
            "%.1f at the end; %d answers, %.0f MB over HTTP, %.0f over RTMP, "
            "%d connections broken, %d refused" % (
                held / 2**20, pinned / 2**20, derived / 2**20,
                max(over, 0) / 2**20, max(sizes) / 2**20, idle / 2**20,
                sizes[-1] / 2**20, done["answers"], done["http"] / 1e6,
                done["rtmp"] / 1e6, done["broken"], done["refused"]),
            "never more than is in use")

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeking: a paused player, against other ways to seek within what is here.

All players run on the same core, decode the same pictures with libavcodec in
one thread, and are asked for the same kind of frames: any of the six seconds
they have.
"""

import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import time

from benchlib import LOAD_CORE, ROUNDS, TOOLS, row, running
from benchrtmp import make_media
import dvrpeers
import dvrtest

__all__ = ["bench_seek", "bench_seekmemory"]

COUNT = 100
RANGE = (0, 6)


def requests(base):
    """How many for media the server has had. The list is looked at in the
    course of time, and what a player tells of itself nobody waits for."""
    text = dvrtest.get_text(base + "/metrics")
    return int(re.search(r"^dvrserversink_media_requests_total (\d+)", text,
                         re.M).group(1))


def settled_requests(base):
    """The same, once what is read ahead has been asked for."""
    before = requests(base)
    while True:
        # a paused player looks every second
        time.sleep(1.2)
        after = requests(base)
        if after == before:
            return after
        before = after


def seekload(uri, mode, kind="", base=None):
    """{what: [median, 99th percentile]} in ms; and "requests" of @base."""
    command = [*LOAD_CORE, os.path.join(TOOLS, "seekload"), uri, mode,
               str(COUNT), *map(str, RANGE)]
    with subprocess.Popen(command + ([kind] if kind else []), text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          bufsize=1) as tool:
        counts = []
        for word in ("ready", "done"):
            line = tool.stdout.readline().strip()
            assert line == word, (uri, kind, line)
            counts.append(settled_requests(base) if base else 0)
            tool.stdin.write("\n")
        out = {line.split()[0]: [float(x) for x in line.split()[1:]]
               for line in tool.stdout}
    out["requests"] = counts[1] - counts[0]
    return out


class Mpv:
    """mpv with all of a file in its cache, paused, by its JSON IPC."""

    def __init__(self, bench, url):
        path = bench.path("mpv.sock")
        if os.path.exists(path):
            os.unlink(path)
        self.number = 0
        self.process = bench.start(
            ["mpv", "--no-config", "--no-terminal", "--vo=null", "--ao=null",
             "--pause", "--keep-open=yes", "--hr-seek=yes", "--cache=yes",
             "--cache-secs=600", "--demuxer-max-bytes=256MiB",
             "--demuxer-max-back-bytes=256MiB", "--vd-lavc-threads=1",
             "--input-ipc-server=" + path, url], "mpv", core=LOAD_CORE)
        self.socket = socket.socket(socket.AF_UNIX)
        dvrtest.wait_for("mpv", lambda: self.connect(path))
        self.file = self.socket.makefile("rwb", buffering=0)
        dvrtest.wait_for("mpv's cache", self.is_filled)
        # what a question takes is not mpv's time to seek
        self.idle = statistics.median(
            self.timed(lambda: self.ask("get_property", "pause"))
            for _ in range(50))

    def connect(self, path):
        try:
            self.socket.connect(path)
        except OSError:
            return False
        return True

    def is_filled(self):
        state = self.ask("get_property", "demuxer-cache-state").get("data")
        return state and state.get("eof")

    def message(self):
        return json.loads(self.file.readline())

    def ask(self, *command):
        """The answer; what happens meanwhile is in self.events."""
        self.number += 1
        self.events = []
        self.file.write(json.dumps({"command": command, "request_id":
                                    self.number}).encode() + b"\n")
        while True:
            message = self.message()
            if message.get("request_id") == self.number and \
                    "event" not in message:
                return message
            self.events.append(message.get("event"))

    @staticmethod
    def timed(work):
        began = time.monotonic()
        work()
        return (time.monotonic() - began) * 1e3

    def go(self, *command):
        """Milliseconds until another frame is on show."""
        def work():
            answer = self.ask(*command)
            assert answer["error"] == "success", answer
            while "playback-restart" not in self.events:
                self.events.append(self.message().get("event"))
        return self.timed(work) - self.idle

    def seek(self):
        self.go("seek", RANGE[1], "absolute+exact")
        return statistics.median(
            self.go("seek", random.uniform(*RANGE), "absolute+exact")
            for _ in range(COUNT))

    def step(self):
        self.go("seek", RANGE[1], "absolute+exact")
        began = self.ask("get_property", "time-pos")["data"]
        took = [self.go("frame-back-step") for _ in range(COUNT)]
        # each was one frame of 25 a second
        went = began - self.ask("get_property", "time-pos")["data"]
        assert abs(went - COUNT / 25) < 0.02, went
        return statistics.median(took)

    def stop(self):
        self.socket.close()
        self.process.stop()


def measure(bench, media, figures):
    """One round: everybody in turn, ours with a server of its own each."""
    n = len(figures["bare"])

    def ours(name, mode, start, kind=""):
        process, base = bench.origin("%s%d" % (name, n))
        uri = base.replace("http://", "dvr://") + "/live/cam1?start=%d" % start
        figures[name].append(seekload(uri, mode, kind, base))
        process.stop()

    ours("bare", "seek", RANGE[0], "bare")
    ours("seek", "seek", RANGE[0])
    ours("step", "step", RANGE[1])
    process, base = bench.origin("hls%d" % n)
    hls = base + "/live/cam1/index.m3u8"
    figures["hlsdemux"].append(seekload(hls, "seek")["frame"][0])
    figures["queue2"].append(seekload(media, "seek", "ring")["frame"][0])
    figures["downloadbuffer"].append(
        seekload(media, "seek", "download")["frame"][0])
    if shutil.which("mpv"):
        for name, url in (("mpv, HLS", hls), ("mpv, MP4", media)):
            mpv = Mpv(bench, url)
            figures[name].append(mpv.seek())
            figures[name + ", step"].append(mpv.step())
            mpv.stop()
    process.stop()


def against(figures, ours, names):
    """Our median over the rounds, and ratios to the others'."""
    mine = [r["frame"][0] for r in figures[ours]]
    peers = [(name, figures[name + (", step" if ours == "step" else "")])
             for name in names]
    return "%.1f ms" % statistics.median(mine) + "".join(
        ", %.2fx %s (%.1f ms)" % (
            statistics.median(a / b for a, b in zip(mine, theirs)), name,
            statistics.median(theirs)) for name, theirs in peers if theirs)


def first_byte(rounds):
    # all were in the buffer
    assert all(r["inside"] == [COUNT] for r in rounds), rounds
    return "p50 %.2f ms, p99 %.2f ms, %d requests for media in %d seeks" % (
        statistics.median(r["byte"][0] for r in rounds),
        statistics.median(r["byte"][1] for r in rounds),
        sum(r["requests"] for r in rounds), COUNT * len(rounds))


def bench_seek():
    """a paused player: in-buffer seeks and steps, against five others"""
    random.seed(1)
    with running() as bench:
        flv = bench.make_flv(seconds=30)
        bench.record(flv)
        root = bench.path("root")
        os.makedirs(root)
        dvrtest.run(["ffmpeg", "-v", "error", "-i", flv, "-c", "copy",
                     "-movflags", "+faststart", os.path.join(root, "a.mp4")])
        media = dvrpeers.static_nginx(bench, root) + "/a.mp4"
        mpvs = ["mpv, HLS", "mpv, MP4"]
        others = ["hlsdemux", "queue2", "downloadbuffer", *mpvs]
        figures = {name: [] for name in ["bare", "seek", "step", *others,
                                         *(m + ", step" for m in mpvs)]}
        for _ in range(ROUNDS):
            measure(bench, media, figures)
        row("in-buffer seek, event to first byte of media, no decoders",
            first_byte(figures["bare"]), "<= 1 ms, none")
        row("the same in playbin, where decoders flush",
            first_byte(figures["seek"]), "<= 1 ms, none")
        row("to the decoded frame, p50", against(figures, "seek", others),
            "<= 1.0x")
        row("step back by one frame, p50", against(figures, "step", mpvs),
            "<= 1.0x")


BACK = 1800


def media_bytes(directory):
    return sum(os.path.getsize(os.path.join(path, name))
               for path, _, names in os.walk(directory) for name in names
               if name.endswith((".m4s", ".mp4")))


def bench_seekmemory():
    """what half an hour at 4 Mbit/s in the back buffer takes, and a seek in it

    Twenty seconds are encoded and repeated; they are recorded, fetched and
    played as fast as it goes, without decoders.
    """
    filled, sought, times = [], [], []
    with running() as bench:
        flv = bench.path("long.flv")
        dvrtest.run(["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i",
                     make_media(bench), "-c", "copy", "-t", str(BACK), flv])
        bench.record(flv, properties="fsync=none")
        os.unlink(flv)
        media = media_bytes(bench.recordings)
        for n in range(min(ROUNDS, 3)):
            process, base = bench.origin("origin%d" % n)
            uri = base.replace("http://", "dvr://") + "/live/cam1?start=0"
            out = {line.split()[0]: [float(x) for x in line.split()[1:]]
                   for line in dvrtest.run(
                       [*LOAD_CORE, os.path.join(TOOLS, "backbuffer"), uri,
                        str(BACK)]).decode().splitlines()}
            process.stop()
            filled.append((out["filled"][0] - out["begun"][0]) * 1024 / media)
            sought.append((out["sought"][0] - out["begun"][0]) * 1024 / media)
            times.append(out["byte"])
            assert out["inside"][0] == out["inside"][1], out
        row("memory of a back buffer of %d minutes at %.1f Mbit/s" % (
                BACK // 60, media * 8 / BACK / 1e6),
            "%.3fx the media (%.0f MB), %.3fx once all of it was sought" % (
                statistics.median(filled), media / 1e6,
                statistics.median(sought)), "<= 1.05x")
        row("in-buffer seek in it, event to first byte",
            "p50 %.2f ms, p99 %.2f ms" % tuple(
                statistics.median(t[i] for t in times) for i in range(2)),
            "<= 1 ms")

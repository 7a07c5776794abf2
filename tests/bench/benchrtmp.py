# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""RTMP: viewers from one stream, against nginx-rtmp in the same run."""

import os
import selectors
import socket
import statistics
import struct
import subprocess
import time

from benchlib import (LOAD_CORE, ROUNDS, SECONDS, TOOLS, children, cpu_seconds,
                      memory, percentile, row, running)
import dvrpeers
import dvrtest

__all__ = ["bench_rtmp", "bench_rtmpstart", "bench_rtmpdelay", "bench_rtmpmemory"]

VIEWERS = int(os.environ.get("DVR_BENCH_VIEWERS", 500))
LOAD = os.path.join(TOOLS, "rtmpload")
# nginx-rtmp: frame by frame, and no viewer begins without a keyframe
NGINX = """
rtmp {
  server {
    listen 127.0.0.1:%d;
    chunk_size 4096;
    application live { live on; wait_key on; wait_video on; }
  }
}
"""


def make_media(bench):
    """Twenty seconds of H.264 and AAC, 4 Mbit/s."""
    path = bench.path("4m.flv")
    dvrtest.run([
        "ffmpeg", "-v", "error", "-f", "lavfi", "-i",
        "testsrc2=s=1280x720:r=25,noise=alls=20:allf=t", "-f", "lavfi",
        "-i", "sine=f=440", "-t", "20", "-c:v", "libx264", "-preset",
        "ultrafast", "-g", "50", "-b:v", "4M", "-maxrate", "4M", "-minrate",
        "4M", "-bufsize", "4M", "-x264-params", "nal-hrd=cbr", "-c:a", "aac",
        "-b:a", "128k", path], timeout=120)
    return path


def ours(bench, batch, name):
    """An origin that takes, records and serves; (process, port)."""
    port = dvrtest.free_port()
    recordings = bench.path("dvr-" + name)
    os.makedirs(recordings)
    process = bench.launch(
        "rtmpingestsrc location=rtmp://127.0.0.1:%d/live/cam1 ! "
        "rtmpdvrsink location=%s stream=live/cam1 "
        "proxystreamsrc location=%s ! segmentcache ! "
        "dvrserversink host=127.0.0.1 http-port=-1 rtmp-port=%d "
        "rtmp-batch=%d" % (port, recordings, recordings, port, batch), name)
    return process, port


def nginx(bench, name):
    port = dvrtest.free_port()
    server = dvrpeers.Nginx(bench, name, rtmp=NGINX % port)
    return server.process, port


def pids_of(process):
    return [process.pid, *children(process.pid)]


def publish(bench, port, media, seconds):
    dvrtest.wait_for("the server", lambda: dvrpeers.listening(port))
    publisher = bench.start([LOAD, "publish", str(port), "live", "cam1", media,
                             str(seconds)], "publisher", core=LOAD_CORE)
    dvrtest.wait_for("the publisher",
                     lambda: "publishing" in publisher.output())
    time.sleep(3)  # until there is something to join, at each of them
    return publisher


def fan_out(process, port, viewers, seconds):
    """(CPU s per Gbit, start times in ms, viewers that were closed)"""
    pids = pids_of(process)
    load = subprocess.Popen(
        [*LOAD_CORE, LOAD, "play", str(port), "live", "cam1", str(viewers),
         str(seconds)], stdout=subprocess.PIPE, text=True)
    with load:
        assert load.stdout.readline().strip() == "begin"
        before = cpu_seconds(pids)
        assert load.stdout.readline().strip() == "end"
        used = cpu_seconds(pids) - before
        lines = [line.split() for line in load.stdout]
    gbit = sum(int(line[1]) for line in lines) * 8 / 1e9
    return (used / gbit, [float(line[0]) * 1000 for line in lines],
            sum(int(line[2]) for line in lines))


def bench_rtmp():
    """RTMP fan-out and start, against nginx-rtmp"""
    costs, starts, closed = {}, {}, 0
    with running() as bench:
        media = make_media(bench)
        seconds = max(SECONDS, 5)
        for turn in range(ROUNDS):
            for name, batch in (("0", 0), ("100", 100000000),
                                ("350", 350000000), ("nginx", None)):
                label = "%s-%d" % (name, turn)
                process, port = (nginx(bench, label) if batch is None
                                 else ours(bench, batch, label))
                publisher = publish(bench, port, media, seconds + 60)
                cost, start, dropped = fan_out(process, port, VIEWERS, seconds)
                costs.setdefault(name, []).append(cost)
                starts.setdefault(name, []).append(percentile(start, 99))
                closed += dropped if batch is not None else 0
                publisher.stop()
                process.stop()
        # SRS with batches of 350 ms took 0.54x of nginx-rtmp; 0.6x of that
        for name, goal in (("0", "<= 0.65x"), ("100", "<= 0.4x"),
                           ("350", "<= 0.32x")):
            row("RTMP, %d viewers, rtmp-batch %s ms: CPU per Gbit"
                % (VIEWERS, name),
                "%.2fx nginx-rtmp (%.3f against %.3f s), %d closed" % (
                    statistics.median(a / b for a, b in zip(
                        costs[name], costs["nginx"])),
                    statistics.median(costs[name]),
                    statistics.median(costs["nginx"]), closed), goal)
        row("RTMP, %d at once: connect to the first keyframe, p99" % VIEWERS,
            "%.0f ms, nginx-rtmp %.0f ms" % (
                statistics.median(starts["100"]),
                statistics.median(starts["nginx"])), "<= nginx-rtmp")


def hear_replies(port):
    """What a server says to a viewer, from turn to turn, up to the first
    keyframe."""
    pieces, begun = [b""], False
    listener = socket.create_server(("127.0.0.1", 0))
    load = subprocess.Popen(
        [LOAD, "play", str(listener.getsockname()[1]), "live", "cam1", "1",
         "1"], stdout=subprocess.PIPE)
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", port))
    with load, listener, client, server, \
            selectors.DefaultSelector() as selector:
        for source in client, server, load.stdout:
            selector.register(source, selectors.EVENT_READ)
        while not begun:
            for key, _ in selector.select():
                if key.fileobj is load.stdout:
                    begun = True
                    continue
                data = key.fileobj.recv(65536)
                if key.fileobj is server:
                    pieces[-1] += data
                    client.sendall(data)
                else:
                    if pieces[-1]:
                        pieces.append(b"")
                    server.sendall(data)
        load.kill()
    return pieces


def start_times(port):
    """p99 from connecting to the first keyframe, ms, of all at once."""
    out = subprocess.run(
        [*LOAD_CORE, LOAD, "play", str(port), "live", "cam1", str(VIEWERS),
         "0"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return percentile([float(line.split()[0]) * 1000
                       for line in out.splitlines()[2:]], 99)


def bench_rtmpstart():
    """RTMP start, against a server that only says what it was given"""
    with running() as bench:
        process, port = ours(bench, 100000000, "start")
        publish(bench, port, make_media(bench), ROUNDS * 10 + 60)
        replies, bare = bench.path("replies"), dvrtest.free_port()
        with open(replies, "wb") as f:
            for piece in hear_replies(port):
                f.write(struct.pack("=I", len(piece)) + piece)
        bench.start([os.path.join(TOOLS, "rtmpbare"), str(bare), replies],
                    "bare")
        dvrtest.wait_for("the bare server", lambda: dvrpeers.listening(bare))
        pairs = [(start_times(port), start_times(bare))
                 for _ in range(ROUNDS)]
        row("RTMP, %d at once: connect to the first keyframe, p99" % VIEWERS,
            "%.2fx a bare epoll loop (%.0f against %.0f ms)" % (
                statistics.median(a / b for a, b in pairs),
                statistics.median(a for a, _ in pairs),
                statistics.median(b for _, b in pairs)), "<= 2x")


def viewer_memory(turn):
    """What a viewer costs, in bytes, between 100 of them and 1100."""
    with running() as bench:
        process, port = ours(bench, 100000000, "memory-%d" % turn)
        publish(bench, port, make_media(bench), 60)
        fan_out(process, port, 100, 3)
        fan_out(process, port, 100, 3)
        sizes = []
        for viewers in (100, 1100):
            load = subprocess.Popen(
                [*LOAD_CORE, LOAD, "play", str(port), "live", "cam1",
                 str(viewers), "3"], stdout=subprocess.PIPE, text=True)
            with load:
                load.stdout.readline()
                load.stdout.readline()
                sizes.append(memory(process.pid))
        return (sizes[1] - sizes[0]) / 1000


def bench_rtmpmemory():
    """what an RTMP viewer costs"""
    row("memory per RTMP viewer", "%.1f KiB" % (
        statistics.median(viewer_memory(turn) for turn in range(ROUNDS)) /
        1024), "<= 8 KiB")


def delay(port, seconds):
    out = subprocess.run([*LOAD_CORE, LOAD, "latency", str(port), "live",
                          "cam1", str(seconds)], stdout=subprocess.PIPE,
                         text=True, check=True).stdout.split()
    # what was there before is older
    return [float(value) * 1000 for value in out[len(out) // 2:]]


def bench_rtmpdelay():
    """publisher to viewer, frame by frame, against nginx-rtmp"""
    with running() as bench:
        media = make_media(bench)
        medians = []
        for turn in range(ROUNDS):
            pair = []
            for process, port in (ours(bench, 0, "ours-%d" % turn),
                                  nginx(bench, "nginx-%d" % turn)):
                publisher = publish(bench, port, media, 30)
                pair.append(statistics.median(delay(port, 6)))
                publisher.stop()
                process.stop()
            medians.append(pair)
        row("RTMP in to RTMP out, rtmp-batch 0, median",
            "%.1f ms, nginx-rtmp %.1f ms" % tuple(
                statistics.median(column) for column in zip(*medians)),
            "<= nginx-rtmp + 20 ms")

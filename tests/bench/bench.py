# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmarks: us and the peer in the same run, and the ratio.

Servers and load run on a core each. Every figure is the median of ROUNDS
rounds, in which the candidates take turns.
"""

import asyncio
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing

from benchlib import (LOAD_CORE, ROUNDS, SECONDS, SERVER_CORE, TOOLS, Server,
                      children, cpu_seconds, memory, percentile, playlist, row,
                      running, split)
from benchrtmp import *  # noqa: F401, F403
from benchmemory import *  # noqa: F401, F403
from benchseek import *  # noqa: F401, F403
import dvrpeers
import dvrtest


# HTTP from cache -----------------------------------------------------------

def wrk(url, connections=64, seconds=SECONDS):
    out = dvrtest.run([*LOAD_CORE, "wrk", "-t1", "-c%d" % connections,
                       "-d%ds" % seconds, url]).decode()
    if "Non-2xx" in out:
        raise AssertionError(url + "\n" + out)
    requests = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    size = re.search(r"(\d+) requests in ([\d.]+)s", out)
    return requests, int(size.group(1))


def bench_http():
    """requests/s and CPU per Gbit from cache, against three nginx set-ups"""
    with running() as bench:
        for label, part in (("1 KiB", 992), ("64 KiB", 65504),
                            ("1 MiB", 1048544)):
            http_size(bench, label, part)


CACHED = """
  proxy_cache_path %(dir)s/cache keys_zone=dvr:10m max_size=1g;
  server {
    listen 127.0.0.1:%(port)d;
    %(extra)s
    location / {
      proxy_pass %(upstream)s;
      proxy_cache dvr;
      proxy_cache_valid 200 1h;
    }
  }
"""


def http_size(bench, label, part):
    bench.recordings = bench.path("dvr-%d" % part)
    bench.live(1, part, 4).wait()
    process, base = bench.serve(
        "proxystreamsrc location=%s ! segmentcache" % bench.recordings,
        "ours-%d" % part)
    uri = playlist(base, "bench/0")[0]
    part_uri = "/bench/0/" + uri.replace(".m4s", ".1.m4s")
    body = dvrtest.get(base + part_uri)[2]

    root = bench.path("root-%d" % part)
    os.makedirs(root)
    with open(os.path.join(root, "part.m4s"), "wb") as f:
        f.write(body)
    common = "access_log off; sendfile on; tcp_nopush on; " \
        "keepalive_requests 100000000;"
    candidates = {"ours": (base + part_uri, lambda: [process.pid])}

    def nginx(name, http, **values):
        port = dvrtest.free_port()
        server = dvrpeers.Nginx(bench, "%s-%d" % (name, part), http=http,
                                port=port, **values)
        url = "http://127.0.0.1:%d/part.m4s" % port
        dvrpeers.wait_http("http://127.0.0.1:%d" % port)
        assert dvrtest.get(url)[2] == body
        candidates[name] = (url, lambda: children(server.process.pid))
        return "http://127.0.0.1:%d" % port

    static = nginx("static", common +
                   "server { listen 127.0.0.1:%(port)d; root %(root)s; }",
                   root=root)
    nginx("cache", common + CACHED, extra="", upstream=static)
    nginx("buffers", common.replace("sendfile on", "sendfile off") + CACHED,
          extra="output_buffers 2 512k;", upstream=static)

    rates, costs = {}, {}
    for name, (url, _) in candidates.items():
        wrk(url, seconds=1)
    for _ in range(ROUNDS):
        for name, (url, pids) in candidates.items():
            before = cpu_seconds(pids())
            rate, count = wrk(url)
            used = cpu_seconds(pids()) - before
            rates.setdefault(name, []).append(rate)
            costs.setdefault(name, []).append(
                used / (count * len(body) * 8 / 1e9))
    rate = {n: statistics.median(v) for n, v in rates.items()}
    cost = {n: statistics.median(v) for n, v in costs.items()}
    best = max((n for n in rate if n != "ours"), key=rate.get)
    row("HTTP from cache, %s, requests/s" % label,
        "%.2fx nginx %s (%.0f against %s)" % (
            statistics.median(a / b for a, b in zip(rates["ours"],
                                                    rates[best])),
            best, rate["ours"], ", ".join(
                "%s %.0f" % (n, r) for n, r in rate.items() if n != "ours")),
        ">= 1.2x" if part > 1000000 else ">= 1.0x")
    row("CPU s per Gbit, %s" % label, "%.3f against %s" % (
        cost["ours"], ", ".join("%s %.3f" % (n, c) for n, c in cost.items()
                                if n != "ours")), "")
    process.stop()


# Three tiers ---------------------------------------------------------------

def follow(bench, edge, streams, viewers):
    """(ms from written to read of each part, how many parts failed) where
    viewers follow the live edges of streams."""
    lines = []
    for i in range(streams):
        stream = "bench/%d" % i
        recording, number = split(playlist(edge, stream)[-1])
        lines.append("/%s/%s %d" % (stream, recording, number + 1))
    out = bench.load("follow", edge.rsplit(":", 1)[1], viewers, 20, 8,
                     stdin="\n".join(lines))
    late = [float(o[0]) * 1e3 for o in out if o[0] != "failed"]
    # of the first segment some parts were there already
    return late[viewers * 8:], len(out) - len(late)


def bench_tiers():
    """part written at the origin to readable at the edge, 100 streams"""
    streams, viewers = 100, 1000
    with running() as bench:
        bench.live(streams, 20000, 60)
        _, origin = bench.origin()
        _, middle = bench.tier(origin, "intermediate")
        _, edge = bench.tier(middle, "edge")
        late, failed = follow(bench, edge, streams, viewers)
        row("live edge through three tiers, %d streams, %d viewers" %
            (streams, viewers), "p50 %.1f ms, p99 %.1f ms (%d parts, %d "
            "failed)" % (percentile(late, 50), percentile(late, 99),
                         len(late), failed), "p99 <= 20 ms")


class DelayProxy(Server):
    """Passes bytes on, each way so many seconds later than they came."""

    def __init__(self, upstream, delay):
        self.upstream = int(upstream.rsplit(":", 1)[1])
        self.delay = delay
        super().__init__()

    async def serve(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection(
            "127.0.0.1", self.upstream)
        await asyncio.gather(self.copy(reader, up_writer),
                             self.copy(up_reader, writer))

    async def copy(self, reader, writer):
        try:
            while True:
                data = await reader.read(65536)
                if not data:
                    break
                self.loop.call_later(self.delay, writer.write, data)
        except ConnectionError:
            pass
        self.loop.call_later(self.delay, writer.close)


def bench_distance():
    """the same with round trips of 20 ms between the tiers, 10 streams"""
    streams, viewers = 10, 100
    with ExitStack() as proxies, running() as bench:
        bench.live(streams, 20000, 60)
        _, origin = bench.origin()
        near = proxies.enter_context(closing(DelayProxy(origin, 0.01)))
        _, middle = bench.tier(near.base, "intermediate")
        far = proxies.enter_context(closing(DelayProxy(middle, 0.01)))
        _, edge = bench.tier(far.base, "edge")
        late, _ = follow(bench, edge, streams, viewers)
        row("the same, round trips of 20 ms, %d streams, %d viewers" %
            (streams, viewers), "p50 %.1f ms, p99 %.1f ms (%d parts)" % (
                percentile(late, 50), percentile(late, 99), len(late)),
            "p99 <= 40 ms: half a trip per hop + 20 ms")


# One cold segment ----------------------------------------------------------

class SlowOrigin(Server):
    """An HLS origin of one finished stream that sends a segment over a
    second, and notes when each byte run went out."""

    SIZE = 1000000
    RECORDING = "20261120T000000Z-abcd"

    def __init__(self):
        self.body = (16).to_bytes(4, "big") + b"styp" + bytes(8) + \
            (self.SIZE - 16).to_bytes(4, "big") + b"mdat" + \
            bytes(self.SIZE - 24)
        self.requests = []
        self.first = None
        super().__init__()

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path = head.split()[1]
                self.requests.append(path)
                await self.answer(path, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, path, writer):
        if path.endswith("m3u8") or ".m3u8?" in path:
            body = ("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n"
                    "#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DVR-VERSION:1\n"
                    '#EXT-X-MAP:URI="%s/init-0.mp4"\n'
                    "#EXTINF:2.000,\n%s/1.m4s\n#EXT-X-ENDLIST\n"
                    % (self.RECORDING, self.RECORDING)).encode()
        elif path.endswith("1.m4s"):
            await self.slowly(writer)
            return
        else:
            body = (16).to_bytes(4, "big") + b"ftyp" + bytes(8)
        self.head(writer, len(body))
        writer.write(body)
        await writer.drain()

    def head(self, writer, length):
        writer.write(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
                      'ETag: "%s/1"\r\n\r\n' % (length, self.RECORDING))
                     .encode())

    async def slowly(self, writer):
        self.head(writer, len(self.body))
        await asyncio.sleep(0.5)
        step = len(self.body) // 100
        for i in range(0, len(self.body), step):
            if self.first is None:
                self.first = time.monotonic()
            writer.write(self.body[i:i + step])
            await writer.drain()
            await asyncio.sleep(0.01)


def bench_cold():
    """1,000 viewers of a segment that upstream sends over a second"""
    viewers = 1000
    figures = {"ours": [], "bare": []}
    counts = []
    for _ in range(ROUNDS):
        for who, values in figures.items():
            values.append(cold_once(who, viewers, counts))
    p50, p99 = (statistics.median(v) for v in zip(*figures["ours"]))
    bare50, bare99 = (statistics.median(v) for v in zip(*figures["bare"]))
    row("one cold segment, %d viewers" % viewers,
        "%d upstream request; first byte p50 %.1f ms, p99 %.1f ms after it "
        "came: %.1fx and %.1fx a bare epoll loop (%.1f ms, %.1f ms)" % (
            max(counts), p50, p99, p50 / bare50, p99 / bare99, bare50,
            bare99),
        "1; p50 <= 10 ms, p99 <= 20 ms")


def cold_once(who, viewers, counts):
    """(p50, p99) of the first bytes, in ms after upstream sent its first."""
    path = "/live/cam1/%s/1.m4s" % SlowOrigin.RECORDING
    listing = "/live/cam1/dvr.m3u8"
    with closing(SlowOrigin()) as origin, running() as bench:
        if who == "ours":
            _, edge = bench.tier(origin.base, "edge")
            playlist(edge, "live/cam1")
        else:
            port = dvrtest.free_port()
            edge = "http://127.0.0.1:%d" % port
            bench.start([os.path.join(TOOLS, "coldbare"), str(port),
                         str(origin.port), path], "coldbare")
            dvrpeers.wait_http(edge)
        out = bench.load("once", edge.rsplit(":", 1)[1], path, viewers,
                         listing)
        ok = [o for o in out if o[2] == "200" and
              int(o[3]) == len(origin.body)]
        assert len(ok) == viewers, "%d of %d" % (len(ok), viewers)
        counts.append(len([r for r in origin.requests
                           if r.endswith("1.m4s")]))
        after = [(float(o[0]) - origin.first) * 1e3 for o in ok]
        return percentile(after, 50), percentile(after, 99)


# Blocked playlists ---------------------------------------------------------

def bench_blocked():
    """1,000 blocked reloads woken by one part"""
    viewers = 1000
    p50, p99 = [], []
    with running() as bench:
        bench.live(1, 20000, 200)
        _, edge = bench.serve("proxystreamsrc location=%s ! segmentcache"
                              % bench.recordings, "edge")
        for _ in range(ROUNDS):
            playlist(edge, "bench/0")
            text = dvrtest.get_text(edge + "/bench/0/index.m3u8")
            number = split(dvrtest.segments_of(text)[-1])[1] + 2
            out = bench.load("once", edge.rsplit(":", 1)[1],
                             "/bench/0/index.m3u8?_HLS_msn=%d&_HLS_part=3"
                             % number, viewers)
            assert all(o[2] == "200" for o in out)
            ends = [float(o[1]) for o in out]
            after = [(e - min(ends)) * 1e3 for e in ends]
            p50.append(percentile(after, 50))
            p99.append(percentile(after, 99))
    row("blocked playlist, %d woken on one core" % viewers,
        "p50 %.1f ms, p99 %.1f ms after the first"
        % (statistics.median(p50), statistics.median(p99)),
        "p50 <= 10 ms, p99 <= 20 ms")


# Upstream load -------------------------------------------------------------

def bench_upstream():
    """what an edge with 100 viewers of one live stream asks of upstream"""
    with running() as bench:
        part_bytes = 125000
        bench.live(1, part_bytes, 40)
        _, origin = bench.origin()
        counted, nginx = dvrpeers.proxy_nginx(bench, origin, dvrpeers.PASS,
                                              "counter")
        _, edge = bench.tier(counted, "edge")
        recording, number = split(playlist(edge, "bench/0")[-1])
        log = os.path.join(nginx.directory, "access.log")
        before = len(nginx.requests())
        bench.load("follow", edge.rsplit(":", 1)[1], 100, 16, 8,
                   stdin="/bench/0/%s %d" % (recording, number + 1))
        with open(log) as f:
            lines = [line.split('"') for line in f][before:]
        # those that viewers have had, and one that may be on its way to them
        parts = len({line[1] for line in lines if ".m4s" in line[1]})
        total = sum(int(line[2].split()[1]) for line in lines)
        row("upstream load per edge, 100 viewers",
            "%.3fx media bytes, %.2f requests per part" % (
                total / (parts * (part_bytes + 32)), len(lines) / parts),
            "<= 1.02x, <= 2")


# Memory --------------------------------------------------------------------

def bench_memory():
    """what an idle HTTP connection costs"""
    count = 2000
    with running() as bench:
        process, edge = bench.serve(
            "proxystreamsrc location=%s ! segmentcache" % bench.recordings,
            "edge")
        port = int(edge.rsplit(":", 1)[1])
        sockets = []

        def connect(n):
            for _ in range(n):
                s = socket.create_connection(("127.0.0.1", port))
                s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                s.recv(4096)
                sockets.append(s)
        connect(200)
        before = memory(process.pid)
        connect(count)
        each = (memory(process.pid) - before) / count
        s = sockets[-1]
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: " +
                  b"x" * 8000 + b"\r\n\r\n")
        status = s.recv(4096).split()[1].decode()
        row("memory per HTTP connection", "%.1f KiB, 8 KB of headers "
            "answered %s" % (each / 1024, status), "<= 20 KiB, 200")
        for s in sockets:
            s.close()


# A day ---------------------------------------------------------------------

def write_day(bench):
    """A finished recording of a day in which all segments are one file."""
    recording = "20261120T000000Z-abcd"
    stream = os.path.join(bench.recordings, "live", "cam1")
    os.makedirs(os.path.join(stream, recording))
    with open(os.path.join(stream, "index.m3u8"), "w") as f:
        f.write("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n"
                "#EXT-X-DVR-VERSION:1\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                "#EXT-X-MEDIA-SEQUENCE:1\n"
                '#EXT-X-MAP:URI="%s/init-0.mp4"\n' % recording)
        for n in range(1, 43201):
            f.write("#EXTINF:2.000,\n%s/%d.m4s\n" % (recording, n))
    return recording


def bench_day():
    """a recording of 43,200 segments: to open it, and to list it"""
    opened, first, delta_size, growth = [], [], [], []
    for _ in range(ROUNDS):
        with running() as bench:
            write_day(bench)
            process, base = bench.origin()
            subprocess.run(["sync"])
            try:
                with open("/proc/sys/vm/drop_caches", "w") as f:
                    f.write("1")
            except OSError:
                pass
            url = base + "/live/cam1/dvr.m3u8"
            began = time.monotonic()
            status, _, body = dvrtest.get(url)
            opened.append((time.monotonic() - began) * 1e3)
            assert status == 200 and len(dvrtest.segments_of(
                body.decode())) == 43200
            _, _, packed = dvrtest.get(url + "?_HLS_skip=YES",
                                       headers={"Accept-Encoding": "gzip"})
            delta_size.append(len(packed))
            before = memory(process.pid)
            out = bench.load("once", base.rsplit(":", 1)[1],
                             "/live/cam1/dvr.m3u8", 20)
            began = min(float(o[0]) for o in out)
            assert all(o[2] == "200" for o in out)
            growth.append((memory(process.pid) - before) / 20 / 2**20)
            t = time.monotonic()
            out = bench.load("once", base.rsplit(":", 1)[1],
                             "/live/cam1/dvr.m3u8", 1)
            first.append((float(out[0][0]) - t) * 1e3)
    row("a day (43,200 segments)", "opened and listed in %.0f ms; delta "
        "gzipped %d bytes; full list's first byte %.1f ms (with the tool's "
        "start); %.2f MiB more per reader" % (
            statistics.median(opened), statistics.median(delta_size),
            statistics.median(first), statistics.median(growth)),
        "<= 100 ms, <= 1 KiB, <= 20 ms, <= 1 MiB")


# Recording -----------------------------------------------------------------

def child_cpu(argv):
    before = os.times()
    subprocess.run([*SERVER_CORE, *argv], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user + after.children_system -
            before.children_user - before.children_system)


def bench_record():
    """CPU to record a ten-minute file, against ffmpeg -c copy"""
    ours, theirs = [], []
    with running() as bench:
        flv = bench.make_flv(seconds=600, extra=["-b:v", "2000k"])
        for i in range(ROUNDS):
            ours.append(child_cpu(
                ["gst-launch-1.0", "-q", "filesrc", "location=" + flv,
                 "blocksize=65536", "!", "rtmpdvrsink",
                 "location=" + bench.path("ours%d" % i), "stream=a",
                 "fsync=none"]))
            out = bench.path("theirs%d" % i)
            os.makedirs(out)
            theirs.append(child_cpu(
                ["ffmpeg", "-v", "error", "-i", flv, "-c", "copy", "-f",
                 "hls", "-hls_segment_type", "fmp4", "-hls_time", "2",
                 "-hls_list_size", "0", os.path.join(out, "index.m3u8")]))
            shutil.rmtree(out)
            shutil.rmtree(bench.path("ours%d" % i))
        row("recording ten minutes, CPU", "%.2fx ffmpeg -c copy (%.2f s "
            "against %.2f s)" % (
                statistics.median(a / b for a, b in zip(ours, theirs)),
                statistics.median(ours), statistics.median(theirs)),
            "<= 0.5x")


ROWS = {name[6:]: f for name, f in sorted(globals().items())
        if name.startswith("bench_")}


def versions():
    def first_line(*argv):
        out = subprocess.run(argv, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        return out.stdout.strip().splitlines()[0]
    print("%s; %s; %s; %s; %d cores, %d rounds of %g s" % (
        first_line("uname", "-sr"),
        first_line("gst-launch-1.0", "--version"),
        first_line("nginx", "-v"), first_line("ffmpeg", "-version")[:22],
        os.cpu_count(), ROUNDS, SECONDS))


def main():
    wanted = sys.argv[1:]
    if wanted == ["--list"]:
        for name, f in ROWS.items():
            print("%-10s %s" % (name, " ".join(
                f.__doc__.partition("\n\n")[0].split())))
        return
    versions()
    print("\n| what | figure | goal |\n|---|---|---|", flush=True)
    for name in wanted or ROWS:
        ROWS[name]()


if __name__ == "__main__":
    tempfile.tempdir = os.environ.get("TMPDIR")
    main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the whole-chain tests are made of: pipelines, peers, media, checks.

A test starts real programs on free loopback ports, waits for what it needs
by asking (never by sleeping a fixed time), and stops by pid what it started.
How long it waits at most says nothing of how long things may take: a machine
that is slow, or busy with other tests, is no defect.
"""

import faulthandler
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

DEADLINE = float(os.environ.get("DVR_TEST_DEADLINE", 120))

# what programs say is looked for in English, and nobody is asked by a proxy
os.environ["LC_ALL"] = "C.UTF-8"
for _name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)

_ports = []


def port_range():
    """Ports that nobody gets who does not ask for one by its number."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        low, high = map(int, f.read().split())
    if low > 12000:
        return 10000, low
    return (high + 1, 65536) if high < 64000 else (10000, 65536)


def free_port():
    """A TCP port nobody listens on. It stays this test's: who runs at the
    same time finds the UDP port of that number taken."""
    low, high = port_range()
    for _ in range(1000):
        port = random.randrange(low, high)
        kept = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            kept.bind(("127.0.0.1", port))
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            kept.close()
            continue
        _ports.append(kept)
        return port
    raise AssertionError("there is no free port")


def wait_for(what, condition, seconds=None):
    """Asks until condition() is true; its value, or an error naming what."""
    end = time.monotonic() + (seconds or DEADLINE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.02)


# how often a server was asked for pages, which stand in no log
_pages = {}


def get(url, headers=None, timeout=DEADLINE, method="GET"):
    """(status, headers, body) of a request, whatever the status."""
    request = urllib.request.Request(url, headers=headers or {},
                                     method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as r:
            answer = r.status, r.headers, r.read()
    except urllib.error.HTTPError as e:
        answer = e.code, e.headers, e.read()
    base, page = url.rsplit("/", 1)
    if page in ("readyz", "healthz", "metrics"):
        _pages[base] = _pages.get(base, 0) + 1
    return answer


def get_text(url, **kwargs):
    try:
        status, _, body = get(url, **kwargs)
    except OSError:
        return ""
    return body.decode() if status == 200 else ""


def segments_of(playlist):
    """The URIs of a playlist, in order."""
    return [line for line in playlist.splitlines()
            if line and not line.startswith("#")]


def read_lines(path):
    """The lines of a text file that are there as a whole."""
    with open(path, errors="replace") as f:
        return f.read().split("\n")[:-1]


def read_access_log(path):
    """{event: [{field: value}]} of an access log, as far as it is written."""
    result, names = {}, []
    if os.path.exists(path):
        for line in read_lines(path):
            fields = line.split("\t")
            if line.startswith("#Fields: "):
                names = line.split()[1:]
            elif not line.startswith("#"):
                result.setdefault(fields[0], []).append(
                    dict(zip(names, fields)))
    return result


def read_whole_log(base, path):
    """The access log of a server, once all that it was asked before this is
    in it: rows are written after the answers."""
    asked = metric(base, "dvrserversink_requests_total") - _pages[base]

    def written():
        rows = read_access_log(path)
        return sum(row["c-proto"] == "http" for event in rows.values()
                   for row in event) >= asked and rows
    return wait_for("all of " + path, written)


class Process:
    """A program that runs beside the test; its output goes to a file."""

    started = []

    def __init__(self, argv, directory, name, env=None, stdin=None,
                 pass_fds=()):
        self.name = name
        self.log = os.path.join(directory, name + ".log")
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                argv, stdin=stdin or subprocess.DEVNULL, stdout=log,
                stderr=log, env=env, start_new_session=True,
                pass_fds=pass_fds)
        self.pid = self.popen.pid
        Process.started.append(self)

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def running(self):
        return self.popen.poll() is None

    def wait(self, seconds=None):
        return self.popen.wait(seconds or DEADLINE)

    def stop(self, sig=signal.SIGTERM):
        if self.running():
            self.popen.send_signal(sig)
            try:
                self.popen.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                raise AssertionError("%s did not stop:\n%s"
                                     % (self.name, self.output()[-2000:]))


class ChainTest(unittest.TestCase):
    """A test with a directory of its own and processes that end with it."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="dvr-test-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.recordings = os.path.join(self.directory, "dvr")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def start(self, argv, name, **kwargs):
        process = Process(argv, self.directory, name, **kwargs)
        self.addCleanup(process.stop)
        return process

    def launch(self, description, name, options=(), **kwargs):
        """gst-launch-1.0 with a pipeline description."""
        return self.start(["gst-launch-1.0", *options,
                           *description.split()], name, **kwargs)

    def serve(self, chain, name, server="", **kwargs):
        """A pipeline that ends in dvrserversink; (process, base URL)."""
        port = free_port()
        process = self.launch(
            "%s ! dvrserversink host=127.0.0.1 http-port=%d %s"
            % (chain, port, server), name, **kwargs)
        base = "http://127.0.0.1:%d" % port
        self.wait_ready(process, base)
        return process, base

    def keep_door(self, chain, name, server="", rules=()):
        """serve() with an application that refuses what the rules fit."""
        port = free_port()
        keeper = os.path.join(os.environ["DVR_BUILD_DIR"], "tests", "interop",
                              "dvr_doorkeeper")
        process = self.start(
            [keeper, "%s ! dvrserversink host=127.0.0.1 http-port=%d %s"
             % (chain, port, server), *rules], name)
        base = "http://127.0.0.1:%d" % port
        self.wait_ready(process, base)
        return process, base

    def wait_ready(self, process, base):
        def ready():
            self.assertTrue(process.running(), process.output()[-3000:])
            return get_text(base + "/readyz")
        wait_for("%s to answer" % process.name, ready)

    def origin(self, name="origin"):
        return self.serve("proxystreamsrc location=file://%s ! segmentcache"
                          % self.recordings, name)

    def tier(self, upstream, name):
        return self.serve("proxystreamsrc location=%s ! segmentcache"
                          % upstream, name)

    def record(self, flv, stream="live/cam1", properties=""):
        """Records an FLV file as fast as it can be read."""
        done = subprocess.run(
            ["gst-launch-1.0", "-q", "filesrc", "location=" + flv, "!",
             "rtmpdvrsink", "location=" + self.recordings,
             "stream=" + stream, *properties.split()],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=2 * DEADLINE)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def make_flv(self, name="source.flv", seconds=20, rate="25", gop=50,
                 video=True, audio=True, extra=()):
        """An FLV made by ffmpeg: picture with B-frames and a tone."""
        path = self.path(name)
        inputs, codecs = [], []
        if video:
            inputs += ["-f", "lavfi", "-i",
                       "testsrc2=size=320x180:rate=" + str(rate)]
            codecs += ["-c:v", "libx264", "-preset", "veryfast", "-bf", "3",
                       "-g", str(gop), "-keyint_min", str(gop),
                       "-sc_threshold", "0", "-b:v", "400k"]
        if audio:
            inputs += ["-f", "lavfi", "-i",
                       "sine=frequency=440:sample_rate=44100"]
            codecs += ["-c:a", "aac", "-b:a", "96k"]
        run(["ffmpeg", "-v", "error", "-y", *inputs, "-t", str(seconds),
             *codecs, *extra, "-f", "flv", path])
        return path


def run(argv, timeout=2 * DEADLINE, **kwargs):
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, **kwargs)
    if done.returncode:
        raise AssertionError("%s: %s" % (" ".join(argv),
                                         done.stderr.decode()[-3000:]))
    return done.stdout


def packets(source, timeout=2 * DEADLINE, options=()):
    """{codec type: [(pts, dts, payload hash)]} as ffprobe reads a source."""
    out = run(["ffprobe", "-v", "error", *options, "-show_packets",
               "-show_data_hash", "md5", "-of", "json", source],
              timeout=timeout)
    result = {}
    for p in json.loads(out)["packets"]:
        result.setdefault(p["codec_type"], []).append(
            (float(p.get("pts_time", "nan")), float(p.get("dts_time", "nan")),
             p["data_hash"]))
    return result


def compare_packets(test, source, copy, tolerance=0.0011):
    """Every payload the same, every timestamp equal within a millisecond."""
    test.assertEqual(sorted(source), sorted(copy))
    first = "video" if "video" in source else "audio"
    offset = copy[first][0][0] - source[first][0][0]
    for kind in source:
        test.assertEqual([p[2] for p in source[kind]],
                         [p[2] for p in copy[kind]],
                         "%s payloads differ" % kind)
        for a, b in zip(source[kind], copy[kind]):
            test.assertAlmostEqual(a[0] + offset, b[0], delta=tolerance)
            test.assertAlmostEqual(a[1] + offset, b[1], delta=tolerance)


def metric(base, name):
    """A figure of /metrics; 0 if it is not there (yet)."""
    total = 0.0
    status, _, body = get(base + "/metrics")
    if status != 200:
        raise AssertionError("no figures: %d %s" % (status, body))
    for line in body.decode().splitlines():
        if re.match(re.escape(name) + r"(\{.*\})? ", line):
            total += float(line.rsplit(" ", 1)[1])
    return total


def give_up(*_):
    """The test took too long: leave nothing behind, say where it was."""
    faulthandler.dump_traceback()
    for process in Process.started:
        if process.running():
            process.popen.kill()
        shutil.rmtree(os.path.dirname(process.log), True)
    os._exit(1)


def main():
    signal.signal(signal.SIGTERM, give_up)
    unittest.main(verbosity=2)

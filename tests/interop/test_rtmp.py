# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The RTMP library talks to other people's RTMP: nothing lost on the way."""

import os
import re
import sys
import shutil
import unittest
import dvrpeers
import dvrtest

PEER = os.environ["RTMP_PEER"]
PULLER = os.environ["RTMP_PULLER"]

PUSHING = """
rtmp { server { listen 127.0.0.1:%d; application live { live on; push %s; } } }
"""
HAVE_NGINX_RTMP = os.path.exists(dvrpeers.RTMP_MODULE)


def tags(path):
    """[(type, timestamp, body)] of an FLV file, without its script tags."""
    with open(path, "rb") as f:
        data = f.read()
    result, pos = [], 13
    while pos + 11 <= len(data):
        size = int.from_bytes(data[pos + 1:pos + 4], "big")
        time = int.from_bytes(
            data[pos + 7:pos + 8] + data[pos + 4:pos + 7], "big")
        if data[pos] in (8, 9):
            result.append((data[pos], time, data[pos + 11:pos + 11 + size]))
        pos += 11 + size + 4
    return result


def frames(path):
    """The tags without the end of sequence, which players do not pass on."""
    return [t for t in tags(path) if len(t[2]) > 5]


def rtmpdump(url, path, *options):
    # 2 is "may be incomplete": the last frame ends short of the duration
    dvrtest.run(["sh", "-c", '"$@" || [ $? = 2 ]', "sh", "rtmpdump", "-q",
                 "-r", url, "-o", path, *options])


class Rtmp(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        self.flv = self.make_flv(seconds=8)

    def peer(self, mode, path):
        process = self.start([PEER, mode, path], "peer-" + mode)
        port = dvrtest.wait_for(
            "the peer to listen",
            lambda: re.search(r"port (\d+)", process.output()))
        return process, "rtmp://127.0.0.1:%s/live/cam1" % port.group(1)

    def test_ffmpeg_publishes(self):
        peer, url = self.peer("publish", self.path("copy.flv"))
        dvrtest.run(["ffmpeg", "-v", "error", "-i", self.flv, "-c", "copy",
                     "-f", "flv", url])
        self.assertEqual(peer.wait(), 0, peer.output())
        # ffmpeg writes its headers anew: compared with what it writes to disk
        dvrtest.run(["ffmpeg", "-v", "error", "-i", self.flv, "-c", "copy",
                     "-f", "flv", self.path("disk.flv")])
        self.assertEqual(tags(self.path("disk.flv")),
                         tags(self.path("copy.flv")))

    def test_rtmp2sink_publishes(self):
        peer, url = self.peer("publish", self.path("copy.flv"))
        self.start(["gst-launch-1.0", "-q", "filesrc",
                    "location=" + self.flv, "!", "flvdemux", "name=d",
                    "d.video", "!", "h264parse", "!", "queue", "!",
                    "flvmux", "name=m", "streamable=true", "!",
                    "rtmp2sink", "location=" + url,
                    "d.audio", "!", "aacparse", "!", "queue", "!", "m."],
                   "rtmp2sink")
        self.assertEqual(peer.wait(), 0, peer.output())
        source = dvrtest.packets(self.flv)
        copy = dvrtest.packets(self.path("copy.flv"))
        for kind in source:
            self.assertEqual([p[2] for p in source[kind]],
                             [p[2] for p in copy[kind]])

    def test_ffmpeg_plays(self):
        _, url = self.peer("play", self.flv)
        copy = dvrtest.packets(url)
        # statuses that come as data are a stream of their own to ffmpeg
        del copy["data"]
        dvrtest.compare_packets(self, dvrtest.packets(self.flv), copy)

    @unittest.skipUnless(shutil.which("rtmpdump"), "needs rtmpdump")
    def test_rtmpdump_plays_and_starts_inside(self):
        _, url = self.peer("play", self.flv)
        copy = self.path("dump.flv")
        rtmpdump(url, copy)
        self.assertEqual(frames(self.flv), frames(copy))
        # from 5 s on: the keyframe before that is at 4 s
        rtmpdump(url, copy, "-A", "5")
        media = [t for t in frames(copy) if t[2][1] != 0]
        self.assertEqual(media[0][0], 9)
        self.assertEqual(media[0][2][:2], b"\x17\x01")
        # librtmp adds the start to the time stamps, which are absolute here
        video = [(t[1] - 5000, t[2]) for t in media if t[0] == 9]
        self.assertEqual(video[0][0], 4000)
        self.assertEqual(
            [t[1:] for t in frames(self.flv)
             if t[0] == 9 and t[1] >= 4000], video)

    def test_rtmp2src_plays(self):
        _, url = self.peer("play", self.flv)
        copy = self.path("copy.flv")
        dvrtest.run(["gst-launch-1.0", "-q", "rtmp2src", "location=" + url,
                     "!", "filesink", "location=" + copy])
        self.assertEqual(frames(self.flv), frames(copy))

    def pull(self, url, *options, **kwargs):
        """The client session playing a URL; (process, its file)."""
        host, port, app, stream = re.fullmatch(
            r"rtmp://([^:/]*):(\d+)/([^/]*)/(.*)", url).groups()
        path = self.path("pulled.flv")
        return self.start(["sh", "-c", 'exec "$@" > ' + path, "sh", PULLER,
                           host, port, app, stream, *options],
                          "puller", **kwargs), path

    def feed(self, url, *options):
        dvrtest.run(["ffmpeg", "-v", "error", *options, "-i", self.flv,
                     "-c", "copy", "-f", "flv", url])

    def test_client_session_plays_from_the_server_session(self):
        _, url = self.peer("play", self.flv)
        puller, copy = self.pull(url)
        self.assertEqual(puller.wait(), 0, puller.output())
        self.assertEqual(tags(self.flv), tags(copy))
        self.assertEqual(puller.output().split(), [
            "NetConnection.Connect.Success", "NetStream.Play.Reset",
            "NetStream.Play.Start", "NetStream.Data.Start",
            "NetStream.Play.Complete", "NetStream.Play.Stop"])

    @unittest.skipUnless(HAVE_NGINX_RTMP, "needs nginx-rtmp")
    def test_client_session_plays_from_nginx_rtmp(self):
        url = dvrpeers.rtmp_nginx(self) + "/cam1"
        puller, copy = self.pull(url)
        dvrtest.wait_for("the puller to play",
                         lambda: "Play.Start" in puller.output())
        self.feed(url, "-re")
        self.assertEqual(puller.wait(), 0, puller.output())
        disk = self.path("disk.flv")
        self.feed(disk)
        # nginx-rtmp may leave out the frames around the first keyframe
        source, pulled = frames(disk), frames(copy)
        bodies = [t[2] for t in source]
        self.assertGreater(len(pulled), len(source) * 0.9)
        self.assertEqual([t[2] for t in pulled if t[2] not in bodies], [])
        video = [t[2] for t in source if t[0] == 9][-100:]
        self.assertEqual([t[2] for t in pulled if t[0] == 9][-100:], video)

    @unittest.skipUnless(HAVE_NGINX_RTMP, "needs nginx-rtmp")
    def test_nginx_rtmp_publishes(self):
        peer, ours = self.peer("publish", self.path("copy.flv"))
        port = dvrtest.free_port()
        dvrpeers.Nginx(self, "push", rtmp=PUSHING % (
            port, ours.rsplit("/", 1)[0]))
        dvrtest.wait_for("nginx-rtmp", lambda: dvrpeers.listening(port))
        self.feed("rtmp://127.0.0.1:%d/live/cam1" % port, "-re")
        self.assertEqual(peer.wait(), 0, peer.output())
        self.feed(self.path("disk.flv"))
        video = [t[2] for t in frames(self.path("disk.flv")) if t[0] == 9]
        copy = [t[2] for t in frames(self.path("copy.flv")) if t[0] == 9]
        self.assertEqual(video[-100:], copy[-100:])

    def test_missing_stream_is_told(self):
        _, url = self.peer("play", self.flv)
        with self.assertRaisesRegex(AssertionError, "StreamNotFound|No such"):
            dvrtest.packets(url.replace("cam1", "nothing"))


if __name__ == "__main__":
    sys.exit(dvrtest.main())

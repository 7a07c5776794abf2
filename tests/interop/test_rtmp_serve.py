# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""RTMP in and out, with real publishers and real players."""

import os
import struct
import subprocess
import dvrpeers
import dvrpublisher
import dvrtest


class Serve(dvrtest.ChainTest):

    def rtmp_origin(self, properties="", options=()):
        """Takes live/cam1 in, records and serves it; its rtmp:// URL."""
        self.port = dvrtest.free_port()
        http = dvrtest.free_port()
        os.makedirs(self.recordings, exist_ok=True)
        process = self.launch(
            "rtmpingestsrc location=rtmp://127.0.0.1:%d/live/cam1 %s ! "
            "rtmpdvrsink location=%s stream=live/cam1 "
            "proxystreamsrc location=file://%s ! segmentcache ! "
            "dvrserversink host=127.0.0.1 http-port=%d rtmp-port=%d"
            % (self.port, properties, self.recordings, self.recordings, http,
               self.port), "origin", options=options)
        self.base = "http://127.0.0.1:%d" % http
        self.wait_ready(process, self.base)
        self.url = "rtmp://127.0.0.1:%d/live/cam1" % self.port
        return process

    def publish(self, flv, url=None, realtime=False):
        """A whole file, with ffmpeg."""
        dvrtest.run(["ffmpeg", "-v", "error", *(["-re"] if realtime else []),
                     "-i", flv, "-c", "copy", "-f", "flv", url or self.url])

    def wait_whole(self, seconds):
        """Until that much is listed."""
        def length():
            text = dvrtest.get_text(self.base + "/live/cam1/dvr.m3u8")
            return sum(float(line.split(":")[1].split(",")[0])
                       for line in text.splitlines()
                       if line.startswith("#EXTINF"))
        dvrtest.wait_for("the recording", lambda: length() >= seconds - 0.5)

    def play(self, url, seconds, *options):
        """What ffmpeg takes of it, as FLV."""
        copy = self.path("copy%d.flv" % len(os.listdir(self.directory)))
        dvrtest.run(["ffmpeg", "-v", "error", *options, "-i", url,
                     "-t", str(seconds), "-c", "copy", copy])
        return copy

    def assert_begins_like(self, source, copy, at_least):
        """The copy's packets are those of the source from its begin on."""
        short = {}
        for kind, packets in source.items():
            got = copy[kind]
            self.assertGreaterEqual(got[-1][1] - got[0][1], at_least, kind)
            short[kind] = packets[:len(got)]
        dvrtest.compare_packets(self, short, copy)

    def check_recorded(self, **media):
        flv = self.make_flv(seconds=8, **media)
        self.rtmp_origin()
        self.publish(flv)
        self.wait_whole(8)
        copy = self.play(self.url, 7.5, "-rtmp_live", "recorded",
                         "-rtmp_buffer", "20000")
        self.assert_begins_like(dvrtest.packets(flv), dvrtest.packets(copy), 7)

    def test_a_recording_with_b_frames_comes_packet_by_packet(self):
        self.check_recorded()

    def test_sound_that_begins_before_the_picture_comes_whole(self):
        self.check_recorded(extra=("-bf", "0"))

    def test_sound_before_a_late_first_picture_comes_whole(self):
        flv, late = self.make_flv(seconds=8), self.path("late.flv")
        dvrtest.run(["ffmpeg", "-v", "error", "-i", flv, "-itsoffset", "3",
                     "-i", flv, "-map", "0:a", "-map", "1:v", "-c", "copy",
                     late])
        self.rtmp_origin()
        self.publish(late)
        self.wait_whole(11)
        copy = self.play(self.url, 7.5, "-rtmp_live", "recorded",
                         "-rtmp_buffer", "20000")
        self.assert_begins_like(dvrtest.packets(late), dvrtest.packets(copy),
                                4)

    def test_a_recording_of_sound_alone(self):
        self.check_recorded(video=False)

    def test_a_recording_of_pictures_alone(self):
        self.check_recorded(audio=False)

    def test_a_recording_with_one_keyframe_in_ten_seconds(self):
        self.check_recorded(gop=250)

    def test_another_tier_plays_the_same(self):
        flv = self.make_flv(seconds=8)
        self.rtmp_origin()
        self.publish(flv)
        self.wait_whole(8)
        port = dvrtest.free_port()
        self.serve("proxystreamsrc location=%s ! segmentcache" % self.base,
                   "edge", "rtmp-port=%d" % port)
        copy = self.play("rtmp://127.0.0.1:%d/live/cam1" % port, 7.5,
                         "-rtmp_live", "recorded", "-rtmp_buffer", "20000")
        self.assert_begins_like(dvrtest.packets(flv), dvrtest.packets(copy), 7)

    def test_live_comes_without_a_missing_frame(self):
        self.rtmp_origin()
        publisher = dvrpeers.publisher(self, self.url)
        self.wait_whole(2)
        copy = dvrtest.packets(self.play(self.url, 6))
        self.assertTrue(publisher.running())
        video = copy["video"]
        self.assertGreater(len(video), 140)
        self.assertLess(video[0][1], 0.2, "time does not begin near 0")
        steps = [b[1] - a[1] for a, b in zip(video, video[1:])]
        self.assertLess(max(steps), 0.05, "a frame is missing")
        self.assertGreater(min(steps), 0.03, "a frame came twice")

    def test_a_viewer_of_the_recording_goes_on_into_live(self):
        flv = self.make_flv(seconds=12)
        self.rtmp_origin()
        publisher = self.start(
            ["ffmpeg", "-v", "error", "-re", "-i", flv, "-c", "copy", "-f",
             "flv", self.url], "publisher")
        self.wait_whole(4)
        copy = self.play(self.url, 11, "-rtmp_live", "recorded")
        self.assertTrue(publisher.popen.poll() in (None, 0))
        self.assert_begins_like(dvrtest.packets(flv), dvrtest.packets(copy),
                                10.5)

    def test_rtmpdump_plays_from_a_start_for_a_length(self):
        flv = self.make_flv(seconds=12, gop=25)
        self.rtmp_origin()
        self.publish(flv)
        self.wait_whole(12)
        out = self.path("part.flv")
        done = subprocess.run(
            ["rtmpdump", "-q", "-r", self.url, "-A", "4", "-B", "9", "-o",
             out],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=dvrtest.DEADLINE)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        source = dvrtest.packets(flv)["video"]
        part = dvrtest.packets(out)["video"]
        hashes = [p[2] for p in source]
        at = hashes.index(part[0][2])
        # the keyframe at four seconds, or the one before
        self.assertIn(at, (75, 100))
        self.assertEqual(hashes[at:at + len(part)], [p[2] for p in part])
        self.assertAlmostEqual((at + len(part)) / 25, 9, delta=0.2)

    def test_rtmp2sink_publishes_and_rtmp2src_plays(self):
        flv = self.make_flv(seconds=8)
        self.rtmp_origin()
        dvrtest.run(["gst-launch-1.0", "-q", "filesrc", "location=" + flv,
                     "!", "flvdemux", "name=d", "flvmux", "name=m",
                     "streamable=true", "!", "rtmp2sink",
                     "location=" + self.url, "d.video", "!", "queue", "!",
                     "h264parse", "!", "m.video", "d.audio", "!", "queue",
                     "!", "aacparse", "!", "m.audio"])
        self.wait_whole(8)
        out = self.path("out.flv")
        # it does not end by itself: nobody says so
        player = self.start(
            ["gst-launch-1.0", "-q", "rtmp2src", "location=" + self.url, "!",
             "filesink", "location=" + out], "player")
        dvrtest.wait_for("it to play", lambda: dvrtest.metric(
            self.base, "dvrserversink_rtmp_clients") == 1)
        self.publish(flv, realtime=True)
        dvrtest.wait_for("media", lambda: os.path.getsize(out) > 300000)
        player.stop()
        sent = {p[2] for p in dvrtest.packets(flv)["video"]}
        got = dvrtest.packets(out)["video"]
        self.assertGreater(len(got), 100)
        self.assertLessEqual({p[2] for p in got}, sent)

    def test_nginx_rtmp_pushes_to_us_and_pulls_from_us(self):
        flv = self.make_flv(seconds=30)
        self.rtmp_origin()
        port = dvrtest.free_port()
        dvrpeers.Nginx(self, "relay", rtmp="""
rtmp { server { listen 127.0.0.1:%d; chunk_size 4096;
  application push { live on; push rtmp://127.0.0.1:%d/live/cam1; }
  application pull { live on; pull rtmp://127.0.0.1:%d/live; }
} }""" % (port, self.port, self.port))
        dvrtest.wait_for("nginx-rtmp", lambda: dvrpeers.listening(port))
        self.start(["ffmpeg", "-v", "error", "-re", "-i", flv, "-c", "copy",
                    "-f", "flv", "rtmp://127.0.0.1:%d/push/cam1" % port],
                   "publisher")
        self.wait_whole(3)
        copy = self.play("rtmp://127.0.0.1:%d/pull/cam1" % port, 3,
                         "-rtmp_live", "live")
        sent = {p[2] for p in dvrtest.packets(flv)["video"]}
        got = {p[2] for p in dvrtest.packets(copy)["video"]}
        self.assertGreater(len(got), 50)
        self.assertLessEqual(got, sent)

    def check_old(self, age):
        """A stream whose time stamps pass age, in ms, after four seconds."""
        flv, old = self.make_flv(seconds=8), self.path("old.flv")
        with open(flv, "rb") as f, open(old, "wb") as out:
            out.write(f.read(13))
            for stamp, tag in dvrpublisher.tags(flv):
                stamp = (stamp + age - 4000) % (1 << 32)
                out.write(tag[:4] + struct.pack(">I", stamp)[1:] +
                          struct.pack(">I", stamp)[:1] + tag[8:])
        self.record(old)
        self.url = "rtmp://127.0.0.1:%d/live/cam1" % dvrtest.free_port()
        self.serve("proxystreamsrc location=file://%s ! segmentcache"
                   % self.recordings, "server",
                   "rtmp-port=" + self.url.split(":")[2].split("/")[0])
        copy = self.play(self.url, 8)
        dump, src = self.path("dump.flv"), self.path("src.flv")
        dvrtest.run(["rtmpdump", "-q", "-r", self.url, "-o", dump])
        source = dvrtest.packets(flv)
        for other in (copy, dump):
            got = dvrtest.packets(other)
            self.assertEqual([p[2] for p in got["video"]],
                             [p[2] for p in source["video"]])
            steps = [b[1] - a[1] for a, b in
                     zip(got["video"], got["video"][1:])]
            self.assertLess(got["video"][0][1], 0.1)
            self.assertTrue(0.03 < min(steps) and max(steps) < 0.05, other)
        player = self.launch("rtmp2src location=%s ! filesink location=%s"
                             % (self.url, src), "player")
        dvrtest.wait_for("rtmp2src", lambda: os.path.exists(src)
                         and os.path.getsize(src) > 0.9 * os.path.getsize(
                             dump) or not player.running())
        player.stop()
        got = dvrtest.packets(src)["video"]
        self.assertGreater(len(got), 150)
        self.assertEqual([p[2] for p in got],
                         [p[2] for p in source["video"]][:len(got)])

    def test_a_stream_older_than_the_24_bits_of_a_time_stamp(self):
        self.check_old(1 << 24)

    def test_a_stream_older_than_31_bits(self):
        self.check_old(1 << 31)

    def test_a_stream_older_than_32_bits(self):
        self.check_old(1 << 32)

    def test_a_publisher_needs_the_key_and_its_name(self):
        flv = self.make_flv(seconds=2)
        self.rtmp_origin("publish-key=secret")
        for url in (self.url, self.url + "?key=wrong",
                    self.url.replace("cam1", "cam2") + "?key=secret"):
            with self.assertRaises(AssertionError):
                self.publish(flv, url)
        self.publish(flv, self.url + "?key=secret")
        self.wait_whole(2)

    def test_a_missing_stream_is_said_to_be_missing(self):
        self.rtmp_origin()
        done = subprocess.run(
            ["rtmpdump", "-r", self.url.replace("cam1", "none"), "-o",
             self.path("none.flv")], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=dvrtest.DEADLINE)
        self.assertIn(b"NetStream.Play.StreamNotFound", done.stdout)

    def test_a_publisher_that_returns_goes_on_in_the_same_timeline(self):
        flv = self.make_flv(seconds=4)
        self.rtmp_origin()
        self.publish(flv, realtime=True)
        self.publish(flv, realtime=True)
        self.wait_whole(8)
        text = dvrtest.get_text(self.base + "/live/cam1/dvr.m3u8")
        self.assertIn("#EXT-X-DISCONTINUITY\n", text)
        copy = dvrtest.packets(self.play(
            self.url, 7.5, "-rtmp_live", "recorded", "-rtmp_buffer", "20000"))
        once = [p[2] for p in dvrtest.packets(flv)["video"]]
        self.assertEqual([p[2] for p in copy["video"]],
                         (once + once)[:len(copy["video"])])
        steps = [b[1] - a[1] for a, b in
                 zip(copy["video"], copy["video"][1:])]
        self.assertLess(max(steps), 1, "a hole takes time")


if __name__ == "__main__":
    dvrtest.main()

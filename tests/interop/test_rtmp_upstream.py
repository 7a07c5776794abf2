# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An RTMP server as upstream: nginx-rtmp's, and our own."""

import os
import signal
import dvrpeers
import dvrtest

VOD = """
rtmp {
  server {
    listen 127.0.0.1:%d;
    application vod { play %s; }
  }
}
"""


class Upstream(dvrtest.ChainTest):

    def edge(self, location, properties="", name="edge", server=""):
        """What is pulled over RTMP, served over HTTP; its base URL."""
        self.temp = self.path("temp-" + name)
        os.makedirs(self.temp, exist_ok=True)
        self.edge_process, base = self.serve(
            "proxystreamsrc location=%s temp-dir=%s %s ! segmentcache"
            % (location, self.temp, properties), name, server, options=["-m"])
        return base

    def ask_until(self, url, condition):
        """Asks for a playlist until it is as wanted."""
        text = ""

        def ask():
            nonlocal text
            text = dvrtest.get_text(url)
            return condition(text) and text
        try:
            return dvrtest.wait_for(url, ask)
        except AssertionError as e:
            raise AssertionError("%s\n%s\n%s" % (
                e, text, self.edge_process.output()[-4000:]))

    def publish(self, flv, url):
        return self.start(["ffmpeg", "-v", "error", "-re", "-i", flv, "-c",
                           "copy", "-f", "flv", url], "publisher")

    def check_live(self, **media):
        """Watched from before it begins, a live stream comes whole."""
        flv = self.make_flv(seconds=8, **media)
        app = dvrpeers.rtmp_nginx(self)
        base = self.edge(app)
        dvrtest.get(base + "/cam1/index.m3u8")
        dvrtest.wait_for("it to play", lambda: "NetStream.Play.Start" in
                         self.edge_process.output())
        self.publish(flv, app + "/cam1").wait()
        self.ask_until(base + "/cam1/index.m3u8",
                       lambda text: text.count("EXTINF") >= 3)
        source = dvrtest.packets(flv)
        copy = dvrtest.packets(base + "/cam1/dvr.m3u8",
                               options=["-live_start_index", "0",
                                        "-read_intervals", "%+5"])
        for kind, packets in copy.items():
            self.assertGreater(packets[-1][1] - packets[0][1], 4, kind)
            source[kind] = source[kind][:len(packets)]
        dvrtest.compare_packets(self, source, copy)

    def test_nginx_rtmp_live_with_b_frames(self):
        self.check_live()

    def test_nginx_rtmp_live_sound_alone(self):
        self.check_live(video=False)

    def test_nginx_rtmp_live_pictures_alone(self):
        self.check_live(audio=False)

    def test_nginx_rtmp_recording_is_played_to_its_end(self):
        flv = self.make_flv(seconds=6)
        port = dvrtest.free_port()
        dvrpeers.Nginx(self, "vod", rtmp=VOD % (port, self.directory))
        dvrtest.wait_for("nginx", lambda: dvrpeers.listening(port))
        base = self.edge("rtmp://127.0.0.1:%d/vod/source.flv" % port,
                         "local-name=film")
        url = base + "/film/index.m3u8"
        self.ask_until(url, lambda text: "EXT-X-ENDLIST" in text)
        dvrtest.compare_packets(self, dvrtest.packets(flv),
                                dvrtest.packets(url))

    def vod(self, seconds):
        """A recording that nginx-rtmp plays; (the FLV, its URL)."""
        flv = self.make_flv(seconds=seconds, extra=["-flvflags",
                                                    "add_keyframe_index"])
        port = dvrtest.free_port()
        dvrpeers.Nginx(self, "vod", rtmp=VOD % (port, self.directory))
        dvrtest.wait_for("nginx", lambda: dvrpeers.listening(port))
        return flv, "rtmp://127.0.0.1:%d/vod/source.flv" % port

    def check_seek(self, url):
        seeker = os.path.join(os.environ["DVR_BUILD_DIR"], "tests", "interop",
                              "dvr_seeker")
        shown, took = map(int, dvrtest.run(
            [seeker, url, "40"]).split())
        # a keyframe near it, and without playing all that is between
        self.assertGreater(shown, 37900)
        self.assertLess(shown, 42500)
        self.assertLess(took, 20000)

    def test_nginx_rtmp_is_asked_to_seek_beyond_what_came(self):
        self.check_seek(self.vod(60)[1])

    def test_what_nginx_rtmp_plays_comes_whole_over_our_rtmp(self):
        flv, url = self.vod(8)
        port = dvrtest.free_port()
        base = self.edge(url, "local-name=live/film",
                         server="rtmp-port=%d" % port)
        self.ask_until(base + "/live/film/index.m3u8",
                       lambda text: "EXT-X-ENDLIST" in text)
        copy = self.path("copy.flv")
        dvrtest.run(["ffmpeg", "-v", "error", "-rtmp_live", "recorded",
                     "-rtmp_buffer", "20000", "-i",
                     "rtmp://127.0.0.1:%d/live/film" % port, "-t", "7.5",
                     "-c", "copy", copy])
        source, got = dvrtest.packets(flv), dvrtest.packets(copy)
        for kind in source:
            self.assertGreater(got[kind][-1][1] - got[kind][0][1], 7, kind)
            source[kind] = source[kind][:len(got[kind])]
        dvrtest.compare_packets(self, source, got)

    def test_our_own_server_plays_to_a_second_tier(self):
        flv = self.make_flv(seconds=6)
        self.record(flv)
        port = dvrtest.free_port()
        self.serve("proxystreamsrc location=file://%s ! segmentcache"
                   % self.recordings, "origin", "rtmp-port=%d" % port)
        base = self.edge("rtmp://127.0.0.1:%d" % port)
        url = base + "/live/cam1/index.m3u8"
        self.ask_until(url, lambda text: "EXT-X-ENDLIST" in text)
        dvrtest.compare_packets(self, dvrtest.packets(flv),
                                dvrtest.packets(url))

    def test_a_server_that_returns_is_gone_on_with(self):
        port = dvrtest.free_port()
        server = dvrpeers.Nginx(self, "one", rtmp=dvrpeers.RTMP % port)
        dvrtest.wait_for("nginx", lambda: dvrpeers.listening(port))
        app = "rtmp://127.0.0.1:%d/live" % port
        dvrpeers.publisher(self, app + "/cam1", name="first")
        base = self.edge(app, "max-retry-delay=1000000000")
        url = base + "/cam1/index.m3u8"
        before = self.ask_until(url, lambda text: "EXTINF" in text)
        server.process.stop()
        self.ask_until(url, lambda text: "EXT-X-GAP" in text)
        dvrpeers.Nginx(self, "two", rtmp=dvrpeers.RTMP % port)
        dvrtest.wait_for("nginx", lambda: dvrpeers.listening(port))
        dvrpeers.publisher(self, app + "/cam1", name="second")
        after = self.ask_until(
            url, lambda text: "EXT-X-DISCONTINUITY\n" in text
            and "EXTINF" in text.split("EXT-X-DISCONTINUITY\n")[-1])
        self.assertEqual(dvrtest.segments_of(after)[0],
                         dvrtest.segments_of(before)[0])
        self.assertIn("NetConnection.Connect.Closed",
                      self.edge_process.output())

    def test_a_backup_takes_over(self):
        port = dvrtest.free_port()
        server = dvrpeers.Nginx(self, "one", rtmp=dvrpeers.RTMP % port)
        dvrtest.wait_for("nginx", lambda: dvrpeers.listening(port))
        app = "rtmp://127.0.0.1:%d/live" % port
        backup = dvrpeers.rtmp_nginx(self, "two")
        for i, to in enumerate((app, backup)):
            dvrpeers.publisher(self, to + "/cam1", name="publisher%d" % i)
        base = self.edge(app, "backup-locations=<%s>" % backup)
        url = base + "/cam1/index.m3u8"
        self.ask_until(url, lambda text: "EXTINF" in text)
        server.process.stop()
        self.ask_until(
            url, lambda text: "EXT-X-DISCONTINUITY\n" in text
            and "EXTINF" in text.split("EXT-X-DISCONTINUITY\n")[-1])

    def test_nothing_is_left_behind(self):
        app = dvrpeers.rtmp_nginx(self)
        dvrpeers.publisher(self, app + "/cam1")
        base = self.edge(app)
        self.ask_until(base + "/cam1/index.m3u8",
                       lambda text: "EXTINF" in text)
        self.assertTrue(os.listdir(self.temp))
        self.edge_process.stop(signal.SIGINT)
        self.assertEqual(os.listdir(self.temp), [])

    def test_a_stream_that_is_not_there(self):
        self.record(self.make_flv(seconds=2))
        port = dvrtest.free_port()
        self.serve("proxystreamsrc location=file://%s ! segmentcache"
                   % self.recordings, "origin", "rtmp-port=%d" % port)
        base = self.edge("rtmp://127.0.0.1:%d/live" % port)
        status, headers, _ = dvrtest.get(base + "/nobody/index.m3u8")
        self.assertEqual(status, 404)
        self.assertEqual(headers["Cache-Control"], "max-age=1")

    def test_a_server_that_is_not_there(self):
        base = self.edge("rtmp://127.0.0.1:%d/live" % dvrtest.free_port())
        status, _, _ = dvrtest.get(base + "/cam1/index.m3u8")
        self.assertEqual(status, 502)
        dvrtest.wait_for("the status", lambda: "NetConnection.Connect.Failed"
                         in self.edge_process.output())


if __name__ == "__main__":
    dvrtest.main()

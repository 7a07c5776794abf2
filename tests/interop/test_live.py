# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A live stream is watched at the edge while it grows."""

import signal
import dvrpeers
import dvrtest

STREAM = "/live/cam1/"


class Live(dvrtest.ChainTest):

    def live_origin(self, source):
        """The origin line of the README, with a source of FLV."""
        port = dvrtest.free_port()
        process = self.launch(
            "%s ! rtmpdvrsink location=%s stream=live/cam1 "
            "proxystreamsrc location=file://%s ! segmentcache ! "
            "dvrserversink host=127.0.0.1 http-port=%d"
            % (source, self.recordings, self.recordings, port),
            "origin", options=["-e"])
        base = "http://127.0.0.1:%d" % port
        self.wait_ready(process, base)
        return process, base

    def test_an_rtmp_publisher_reaches_the_edge_while_it_publishes(self):
        app = dvrpeers.rtmp_nginx(self)
        publisher = dvrpeers.publisher(self, app + "/cam1")
        _, origin = self.live_origin("rtmp2src location=%s/cam1" % app)
        _, middle = self.tier(origin, "intermediate")
        _, edge = self.tier(middle, "edge")

        url = edge + STREAM + "index.m3u8"
        dvrtest.wait_for("three segments at the edge", lambda: len(
            dvrtest.segments_of(dvrtest.get_text(url))) >= 3)
        copy = self.path("copy.mp4")
        listed = len(dvrtest.segments_of(dvrtest.get_text(url)))
        dvrtest.run(["ffmpeg", "-v", "error", "-live_start_index", "-1",
                     "-i", url, "-t", "6", "-c", "copy", copy])
        self.assertTrue(publisher.running())
        video = dvrtest.packets(copy)["video"]
        self.assertGreater(len(video), 140)
        steps = [b[1] - a[1] for a, b in zip(video, video[1:])]
        self.assertLess(max(steps), 0.05, "a frame is missing")
        # it takes three, of which one was there
        self.assertGreaterEqual(len(dvrtest.segments_of(
            dvrtest.get_text(url))), listed + 2, "that was not live")

    def test_low_latency_parts_are_announced_and_held(self):
        self.launch(dvrpeers.live_chain(recordings=self.recordings),
                    "recorder")
        _, origin = self.origin()
        _, edge = self.tier(origin, "edge")
        url = edge + STREAM + "index.m3u8"

        def hint():
            for line in dvrtest.get_text(url).splitlines():
                if line.startswith("#EXT-X-PRELOAD-HINT:TYPE=PART"):
                    return line.split('URI="')[1].split('"')[0]
        uri = dvrtest.wait_for("a preload hint", hint)
        status, headers, body = dvrtest.get(edge + STREAM + uri)
        self.assertEqual(status, 200)
        self.assertEqual(int(headers["Content-Length"]), len(body))
        self.assertIn(b"moof", body)
        self.assertIn("immutable", headers["Cache-Control"])

    def test_blocking_reload_waits_for_its_part(self):
        self.launch(dvrpeers.live_chain(recordings=self.recordings),
                    "recorder")
        _, edge = self.origin("edge")
        url = edge + STREAM + "index.m3u8"
        text = dvrtest.wait_for("a segment", lambda: (
            lambda t: t if dvrtest.segments_of(t) else None)(
                dvrtest.get_text(url)))
        number = int([line for line in text.splitlines() if
                      line.startswith("#EXT-X-MEDIA-SEQUENCE")][0]
                     .split(":")[1]) + len(dvrtest.segments_of(text))
        status, _, body = dvrtest.get(
            "%s?_HLS_msn=%d" % (url, number))
        self.assertEqual(status, 200)
        self.assertTrue([s for s in dvrtest.segments_of(body.decode())
                         if "/%d.m4s" % number in s or
                         int(s.rsplit("/", 1)[1].split(".")[0]) == number])

    def test_ctrl_c_with_e_finishes_the_list(self):
        process, origin = self.live_origin(
            dvrpeers.live_chain(recordings=self.recordings)
            .split(" ! rtmpdvrsink")[0])
        url = origin + STREAM + "index.m3u8"
        dvrtest.wait_for("a segment", lambda: dvrtest.segments_of(
            dvrtest.get_text(url)))
        process.stop(signal.SIGINT)
        self.assertEqual(process.popen.returncode, 0, process.output()[-2000:])
        with open(self.path("dvr", "live", "cam1", "index.m3u8")) as f:
            self.assertIn("#EXT-X-ENDLIST", f.read())


if __name__ == "__main__":
    dvrtest.main()

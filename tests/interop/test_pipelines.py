# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pipelines as users write them."""

import os
import signal
import subprocess
import dvrpeers
import dvrtest

STREAM = "/live/cam1/"


class Pipelines(dvrtest.ChainTest):

    def test_an_origin_without_a_publisher_reaches_playing_and_serves(self):
        port = dvrtest.free_port()
        process = self.launch(
            "fdsrc ! rtmpdvrsink location=%s stream=live/cam1 "
            "proxystreamsrc location=file://%s ! segmentcache ! "
            "dvrserversink host=127.0.0.1 http-port=%d"
            % (self.recordings, self.recordings, port), "origin",
            stdin=self.silent_pipe())
        self.wait_ready(process, "http://127.0.0.1:%d" % port)
        dvrtest.wait_for("PLAYING", lambda: "PLAYING" in process.output())
        status, headers, _ = dvrtest.get(
            "http://127.0.0.1:%d%sindex.m3u8" % (port, STREAM))
        self.assertEqual(status, 404)
        self.assertIn("max-age=1", headers["Cache-Control"])

    def silent_pipe(self):
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        stdin = os.fdopen(read, "rb")
        self.addCleanup(stdin.close)
        return stdin

    def test_one_chain_ends_while_the_other_serves(self):
        flv = self.make_flv(seconds=6)
        port = dvrtest.free_port()
        process = self.launch(
            "filesrc location=%s ! rtmpdvrsink location=%s stream=live/cam1 "
            "proxystreamsrc location=%s ! segmentcache ! "
            "dvrserversink host=127.0.0.1 http-port=%d"
            % (flv, self.recordings, self.recordings, port), "origin")
        base = "http://127.0.0.1:%d" % port
        self.wait_ready(process, base)
        text = dvrtest.wait_for("the finished list", lambda: (
            lambda t: t if "ENDLIST" in t else None)(
                dvrtest.get_text(base + STREAM + "index.m3u8")))
        self.assertEqual(len(dvrtest.segments_of(text)), 3)
        self.assertTrue(process.running())

    def test_one_name_is_offered_under_another(self):
        self.record(self.make_flv(seconds=4))
        _, base = self.serve(
            "proxystreamsrc location=file://%s remote-name=live/cam1 "
            "local-name=show/today ! segmentcache" % self.recordings, "edge")
        self.assertEqual(len(dvrtest.segments_of(dvrtest.wait_for(
            "the list", lambda: dvrtest.get_text(
                base + "/show/today/index.m3u8")))), 2)
        self.assertEqual(dvrtest.get(base + STREAM + "index.m3u8")[0], 404)

    def test_an_interrupted_server_with_e_ends_well(self):
        self.record(self.make_flv(seconds=4))
        process, base = self.serve(
            "proxystreamsrc location=file://%s ! segmentcache"
            % self.recordings, "origin", options=["-e"])
        dvrtest.wait_for("the list", lambda: dvrtest.get_text(
            base + STREAM + "index.m3u8"))
        process.stop(signal.SIGINT)
        self.assertEqual(process.popen.returncode, 0, process.output()[-2000:])

    def test_a_second_recorder_of_a_stream_is_refused(self):
        self.launch(dvrpeers.live_chain(recordings=self.recordings), "first")
        dvrtest.wait_for("the first", lambda: self.recorded())
        flv = self.make_flv(seconds=2)
        second = subprocess.run(
            ["gst-launch-1.0", "filesrc", "location=" + flv, "!",
             "rtmpdvrsink", "location=" + self.recordings,
             "stream=live/cam1"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=dvrtest.DEADLINE)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(self.path("dvr", "live", "cam1"), second.stdout)

    def recorded(self):
        return os.path.exists(self.path("dvr", "live", "cam1", "index.m3u8"))

    def test_a_stream_is_transcoded_from_the_chain(self):
        self.record(self.make_flv(seconds=8))
        low = self.path("low")
        _, origin = self.origin()
        done = self.launch(
            "proxystreamsrc location=%s remote-name=live/cam1 ! segmentcache "
            "start=0 ! qtdemux name=d d.video_0 ! queue ! h264parse ! "
            "avdec_h264 ! x264enc key-int-max=50 ! h264parse ! mux. "
            "d.audio_0 ! queue max-size-time=4000000000 ! aacparse ! mux. "
            "flvmux name=mux streamable=true ! rtmpdvrsink location=%s "
            "stream=live/cam1-low" % (origin, low), "transcoder")
        self.assertEqual(done.wait(), 0, done.output()[-2000:])
        copy = dvrtest.packets(low + "/live/cam1-low/index.m3u8")
        self.assertEqual(len(copy["video"]), 200)


if __name__ == "__main__":
    dvrtest.main()

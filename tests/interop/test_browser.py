# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hls.js in Chromium watches, rewinds and catches up."""

import time
import unittest
import dvrbrowser
import dvrpeers
import dvrtest

STREAM = "/live/cam1/"


@unittest.skipUnless(dvrbrowser.available(), "hls.js is not installed")
class BrowserTest(dvrtest.ChainTest):

    def live_edge(self, **kwargs):
        recorder = self.launch(
            dvrpeers.live_chain(recordings=self.recordings, **kwargs),
            "recorder")
        _, origin = self.origin()
        _, edge = self.tier(origin, "edge")
        url = edge + STREAM + "index.m3u8"
        dvrtest.wait_for("a few segments", lambda: len(
            dvrtest.segments_of(dvrtest.get_text(url))) >= 3)
        return recorder, url

    def test_a_live_stream_is_watched_rewound_and_caught_up(self):
        _, url = self.live_edge()
        dvrtest.wait_for("twelve seconds", lambda: len(
            dvrtest.segments_of(dvrtest.get_text(url))) >= 7)
        browser = dvrbrowser.Browser(self)
        browser.load(url)
        live, began = browser.plays(2), time.monotonic()

        browser.run("video.currentTime -= 10")
        back = browser.plays(2)
        # no more has gone by since than time
        self.assertLess(back["time"], live["time"] - 10 + 1
                        + time.monotonic() - began)

        began = time.monotonic()
        edge = browser.run("video.currentTime = hls.liveSyncPosition")
        again = browser.plays(2)
        self.assertGreater(again["time"], live["time"])
        # it falls behind by what it could not play in that time
        behind = time.monotonic() - began - (again["time"] - edge)
        self.assertLess(abs(again["live"] - again["time"]),
                        4 + max(0, behind))
        self.assertEqual(again["fatal"], [])

    def test_seeks_are_exact_with_an_encoders_default_gop(self):
        flv = self.make_flv(seconds=40, gop=250)
        self.record(flv)
        _, origin = self.origin()
        browser = dvrbrowser.Browser(self)
        browser.load(origin + STREAM + "index.m3u8")
        browser.plays(0.5)
        for target in (21, 3, 13, 37, 9.9):
            began = time.monotonic()
            browser.run("video.currentTime = %f" % target)
            now = browser.plays(0.5)
            self.assertGreater(now["time"], target - 0.1)
            self.assertLess(now["time"], target + 0.5
                            + time.monotonic() - began)
            self.assertEqual(now["fatal"], [])


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A microphone, or a camera, is switched off: players play on."""

import dvrbrowser
import dvrpublisher
import dvrtest

STREAM = "/live/cam1/"
# when it is switched off, and when on again, in milliseconds
OFF, ON = 3000, 12000
PROPERTIES = "target-duration=1000000000 max-segment-duration=2000000000"


class Stopped(dvrtest.ChainTest):

    def record_without(self, off, on=ON, seconds=16, properties=PROPERTIES):
        """Records it; in some of it nothing of that kind comes."""
        whole = self.make_flv(seconds=seconds, gop=25)
        lacking = self.path("lacking.flv")
        with open(lacking, "wb") as f:
            f.write(dvrpublisher.Publisher.HEADER)
            for stamp, tag in dvrpublisher.tags(whole):
                if tag[0] != off or not OFF <= stamp < on:
                    f.write(tag)
        self.record(lacking, properties=properties)
        _, origin = self.origin()
        _, edge = self.tier(origin, "edge")
        url = edge + STREAM + "index.m3u8"
        dvrtest.wait_for("the list", lambda: dvrtest.get_text(url))
        return url

    def read_as_one_run(self, url):
        """The list has one init section, and goes on without a break."""
        text = dvrtest.get_text(url)
        self.assertEqual(text.count("#EXT-X-MAP"), 1)
        self.assertNotIn("#EXT-X-DISCONTINUITY\n", text)
        return dvrtest.packets(url)

    def test_a_microphone_that_is_switched_off_is_silence(self):
        url = self.record_without(dvrpublisher.AUDIO)
        audio = self.read_as_one_run(url)["audio"]
        steps = [b[0] - a[0] for a, b in zip(audio, audio[1:])]
        self.assertLess(max(steps), 0.05)
        # what was sent is all there: 7 s of 43 frames a second, each its own
        self.assertGreater(len({p[2] for p in audio}), 270)
        errors = dvrtest.run(["ffmpeg", "-v", "error", "-i", url, "-f",
                              "null", "-", "-map", "0:a"])
        self.assertEqual(errors, b"")

    def test_browsers_play_through_silence(self):
        if not dvrbrowser.available():
            self.skipTest("hls.js is not installed")
        browser = dvrbrowser.Browser(self)
        browser.load(self.record_without(dvrpublisher.AUDIO))
        browser.plays(0.5)
        browser.run("video.currentTime = %f" % (OFF / 1000 - 1))
        browser.plays(5)

    def test_a_camera_that_is_switched_off_leaves_its_picture(self):
        url = self.record_without(dvrpublisher.VIDEO)
        media = self.read_as_one_run(url)
        self.assertGreaterEqual(len(media["audio"]), 680)
        times = sorted(p[0] for p in media["video"])
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), 5)

    def test_browsers_play_through_a_picture_that_stands(self):
        if not dvrbrowser.available():
            self.skipTest("hls.js is not installed")
        browser = dvrbrowser.Browser(self)
        # the segment that it is switched off in lasts until then
        longest = 10
        browser.load(self.record_without(
            dvrpublisher.VIDEO, on=26000, seconds=30, properties=""))
        browser.plays(0.5)
        browser.run("video.currentTime = %f" % (longest - 2))
        browser.plays(7)


if __name__ == "__main__":
    dvrtest.main()

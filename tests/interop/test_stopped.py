# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A microphone, or a camera, is switched off: players play on."""

import threading
import dvrbrowser
import dvrpublisher
import dvrtest

STREAM = "/live/cam1/"
# when it is switched off, and when on again, in milliseconds
OFF, ON = 3000, 12000
PROPERTIES = "target-duration=1000000000 max-segment-duration=2000000000"


class Stopped(dvrtest.ChainTest):

    def publish_without(self, off):
        """Publishes with a time in which none of that kind is sent."""
        flv = self.make_flv(seconds=16, gop=25)
        publisher = dvrpublisher.Publisher(self)
        self.launch("fdsrc ! rtmpdvrsink location=%s stream=live/cam1 %s"
                    % (self.recordings, PROPERTIES), "recorder",
                    stdin=publisher.end)
        _, origin = self.origin()
        _, edge = self.tier(origin, "edge")

        def run():
            publisher.publish(flv, lambda kind, stamp:
                              kind == off and OFF <= stamp < ON)
            publisher.close()
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        return edge + STREAM + "index.m3u8"

    def watch(self, url):
        """A browser that is there before, and plays through to the end."""
        if not dvrbrowser.available():
            return
        browser = dvrbrowser.Browser(self)
        dvrtest.wait_for("a segment", lambda: dvrtest.segments_of(
            dvrtest.get_text(url)))
        browser.load(url)
        last = browser.look()

        def is_through():
            now = browser.look()
            self.assertEqual(now["fatal"], [])
            return now["time"] > ON / 1000 + 1
        dvrtest.wait_for("the player to come through: %s" % last, is_through)

    def is_one_run(self, url):
        """The list ends, and has one init section for all of it."""
        text = dvrtest.wait_for("the end of the list", lambda: (
            lambda t: t if "#EXT-X-ENDLIST" in t else None)(
                dvrtest.get_text(url)))
        self.assertEqual(text.count("#EXT-X-MAP"), 1)
        self.assertNotIn("#EXT-X-DISCONTINUITY\n", text)
        return dvrtest.packets(url)

    def test_a_microphone_that_is_switched_off_is_silence(self):
        url = self.publish_without(dvrpublisher.AUDIO)
        self.watch(url)
        audio = self.is_one_run(url)["audio"]
        steps = [b[0] - a[0] for a, b in zip(audio, audio[1:])]
        self.assertLess(max(steps), 0.05)
        # what was sent is all there: 7 s of 43 frames a second, each its own
        self.assertGreater(len({p[2] for p in audio}), 290)
        errors = dvrtest.run(["ffmpeg", "-v", "error", "-i", url, "-f",
                              "null", "-", "-map", "0:a"])
        self.assertEqual(errors, b"")

    def test_a_camera_that_is_switched_off_leaves_its_picture(self):
        url = self.publish_without(dvrpublisher.VIDEO)
        self.watch(url)
        media = self.is_one_run(url)
        self.assertGreaterEqual(len(media["audio"]), 680)
        times = [p[0] for p in media["video"]]
        steps = [b - a for a, b in zip(sorted(times), sorted(times)[1:])]
        self.assertLess(max(steps), 5)


if __name__ == "__main__":
    dvrtest.main()

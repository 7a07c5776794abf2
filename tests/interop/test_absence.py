# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A publisher leaves and returns, changes, and is recorded by another run."""

import os
import re
import signal
import threading
import time
import dvrbrowser
import dvrpeers
import dvrpublisher
import dvrtest

STREAM = "/live/cam1/"
# how long it may be away, in seconds
WINDOW = float(os.environ.get("DVR_ABSENCE_WINDOW", 7))
# how long it says nothing before it counts as away
SILENCE = 2
TARGET = 1


class Absence(dvrtest.ChainTest):

    def start_publisher(self, window=60, silence=8):
        self.publisher = dvrpublisher.Publisher(self)
        self.recorder = self.launch(
            "fdsrc ! rtmpdvrsink location=%s stream=live/cam1 "
            "max-segment-duration=%d target-duration=%d reconnect-window=%d"
            % (self.recordings, silence * 1e9, TARGET * 1e9, window * 1e9),
            "recorder", stdin=self.publisher.end)
        _, origin = self.origin()
        _, self.edge = self.tier(origin, "edge")

    def text(self):
        return dvrtest.get_text(self.edge + STREAM + "dvr.m3u8")

    def wait_end(self):
        """The whole list."""
        return dvrtest.wait_for("the end of the list", lambda: (
            lambda t: "#EXT-X-ENDLIST" in t and t)(self.text()))

    def listed_absence(self):
        """Seconds of gaps."""
        return sum(map(float, re.findall(
            r"#EXT-X-GAP\n(?:#EXT-X-PROGRAM.*\n)?#EXTINF:([0-9.]+)",
            self.text())))

    def session(self, flv):
        thread = threading.Thread(target=self.publisher.publish, args=(flv,))
        thread.start()
        return thread

    def test_a_short_absence_is_listed_as_gaps(self):
        flv = self.make_flv(seconds=5, gop=25)
        self.start_publisher(silence=SILENCE)
        self.session(flv).join()
        left = time.monotonic()

        def listed():
            # it goes on as time does, and is not ahead of it
            away = time.monotonic() - left
            seconds = self.listed_absence()
            self.assertLess(seconds, time.monotonic() - left + TARGET)
            return seconds >= max(3 * TARGET, away - SILENCE - 3 * TARGET)
        dvrtest.wait_for("the absence", listed)
        text = self.text()
        self.assertNotIn("#EXT-X-ENDLIST", text)
        before = len(dvrtest.segments_of(text))
        self.session(flv).join()
        text = dvrtest.wait_for("the return", lambda: (
            lambda t: "#EXT-X-DISCONTINUITY\n" in t and len(
                dvrtest.segments_of(t)) > before + 2 and t)(self.text()))
        self.assertNotIn("#EXT-X-ENDLIST", text)
        # a viewer that reads it all skips the hole
        self.publisher.close()
        self.wait_end()
        video = dvrtest.packets(self.edge + STREAM + "dvr.m3u8")["video"]
        self.assertEqual(len(video), 250)

    def test_a_long_absence_ends_the_list_until_the_return(self):
        flv = self.make_flv(seconds=4, gop=25)
        self.start_publisher(window=WINDOW, silence=SILENCE)
        self.session(flv).join()
        before = dvrtest.segments_of(self.wait_end())
        self.session(flv).join()
        text = dvrtest.wait_for("a list that goes on", lambda: (
            lambda t: t if len(dvrtest.segments_of(t)) > len(before) and
            "#EXT-X-ENDLIST" not in t else None)(self.text()))
        self.assertEqual(dvrtest.segments_of(text)[:len(before)], before)

    def test_a_change_of_size_in_mid_stream_is_a_new_init_section(self):
        small = self.make_flv("small.flv", seconds=4, gop=25)
        large = self.make_flv("large.flv", seconds=4, gop=25,
                              extra=["-s", "640x360"])
        self.start_publisher()
        self.session(small).join()
        self.session(large).join()
        self.publisher.close()
        text = self.wait_end()
        self.assertEqual(text.count("#EXT-X-MAP"), 2)
        self.assertEqual(text.count("#EXT-X-DISCONTINUITY\n"), 1)
        self.assertEqual(
            len(dvrtest.packets(self.edge + STREAM + "dvr.m3u8")["video"]),
            200)

    def test_a_repeated_parameter_set_changes_nothing(self):
        flv = self.make_flv(seconds=4, gop=25)
        self.start_publisher()
        self.session(flv).join()
        self.session(flv).join()
        self.publisher.close()
        self.assertEqual(self.wait_end().count("#EXT-X-MAP"), 1)


class Restart(dvrtest.ChainTest):

    def bodies(self, edge, known):
        """Fetches what is listed; no name may ever have another body."""
        gap = False
        for line in dvrtest.get_text(edge + STREAM + "dvr.m3u8").splitlines():
            if line == "#EXT-X-GAP":
                gap = True
            elif line and not line.startswith("#"):
                if not gap:
                    status, _, body = dvrtest.get(edge + STREAM + line)
                    self.assertEqual(status, 200, line)
                    self.assertEqual(known.setdefault(line, body), body, line)
                gap = False
        return known

    def restarted(self, sig):
        description = dvrpeers.live_chain(
            recordings=self.recordings, gop=25,
            properties="max-segment-duration=2000000000 "
            "target-duration=1000000000")
        first = self.launch(description, "first", options=["-e"])
        _, origin = self.origin()
        _, edge = self.tier(origin, "edge")
        url = edge + STREAM + "index.m3u8"
        dvrtest.wait_for("four segments", lambda: len(dvrtest.segments_of(
            dvrtest.get_text(url))) >= 4)
        browser = None
        if dvrbrowser.available():
            browser = dvrbrowser.Browser(self)
            browser.load(url)
            browser.plays(1)
        known = self.bodies(edge, {})
        first.stop(sig)
        self.launch(description, "second", options=["-e"])
        before = set(known)
        dvrtest.wait_for("new segments", lambda: len(
            set(self.bodies(edge, known)) - before) >= 4)
        numbers = sorted(int(n.rsplit("/", 1)[1].split(".")[0])
                         for n in known)
        self.assertEqual(len(set(numbers)), len(numbers))
        if browser and sig == signal.SIGKILL:
            browser.plays(2)

    def test_killed_and_started_again_under_viewers(self):
        self.restarted(signal.SIGKILL)

    def test_ended_and_started_again(self):
        self.restarted(signal.SIGINT)


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fast forward and rewind by keyframes: how little of the media that takes."""

import json
import math
import os
import re
import subprocess
import urllib.request
import dvrtest
from test_player import RIGHT, Terminal

SECONDS = 240


class Asking(dvrtest.ChainTest):

    def tier_with_log(self, upstream, name):
        log = self.path(name + ".access")
        _, base = self.serve("proxystreamsrc location=%s ! segmentcache"
                             % upstream, name, server="access-log=" + log)
        return base, log

    def media_requests(self, base, log):
        """[(status, bytes)] of what was asked of segments until now."""
        return [(r["x-status"], int(r["sc-bytes"]))
                for rows in dvrtest.read_whole_log(base, log).values()
                for r in rows if r["cs-uri-stem"].endswith(".m4s")
                and r["sc-bytes"] != "-"]

    def sizes(self):
        """Bytes of all segments."""
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, names in os.walk(self.recordings)
                   for name in names if name.endswith(".m4s"))


class KeyUnits(Asking):

    def requests_of(self, tiers):
        """Of each tier; one that has asked is told to, before it is asked."""
        return [self.media_requests(*tier) for tier in tiers[::-1]][::-1]

    def check(self, tiers, from_rows):
        """What keyframes took of each tier."""
        taken = []
        for rows, old in zip(self.requests_of(tiers), from_rows):
            new = rows[len(old):]
            heads = [size for status, size in new if status == "206"]
            # those before it went fast
            self.assertLess(len(new) - len(heads), 8)
            # one in four seconds
            self.assertLess(len(heads), SECONDS / 4 + 10)
            self.assertLess(sum(heads), self.sizes() / 20)
            taken.append((len(heads), sum(heads)))
        return taken

    def test_32_times_the_speed_through_three_tiers(self):
        self.record(self.make_flv(seconds=SECONDS, gop=50))
        tiers, base = [], "file://" + self.recordings
        for name in ("origin", "middle", "edge"):
            tiers.append(self.tier_with_log(base, name))
            base = tiers[-1][0]
        player = Terminal(self, base.replace("http://", "dvr://") +
                          "/live/cam1?start=0")
        dvrtest.wait_for("pictures", lambda: (
            player.position() or (0,))[0] > 0.5)
        player.press(b"+++++")
        dvrtest.wait_for("the speed", lambda: " 32x" in
                         player.process.output())
        # that is half the time it takes at the normal speed, or less
        dvrtest.wait_for("the end", lambda: "the end" in
                         player.position()[2], SECONDS / 2)
        taken = self.check(tiers, [[]] * 3)
        self.assertGreater(taken[0][0], SECONDS / 4 * 0.8)
        # and back: some are in caches, some are others
        rows = self.requests_of(tiers)
        player.press(b"r ")
        dvrtest.wait_for("the begin", lambda: "the begin" in
                         player.position()[2], SECONDS / 2)
        self.check(tiers, rows)
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)


class ManyKeyframes(Asking):
    """Two a second, four in a segment."""
    GOP = 0.5
    START, STOP = 10, 38

    def setUp(self):
        super().setUp()
        self.record(self.make_flv(seconds=40, rate="50", gop=25))
        self.start_tier("origin")

    def start_tier(self, name):
        self.base, self.log = self.tier_with_log(
            "file://" + self.recordings, name)

    def keyframes(self):
        """[(start, seconds, URI, offset, size)] of the I-frame playlist."""
        _, _, body = dvrtest.get(self.base + "/live/cam1/iframes.m3u8")
        time, found = 0, []
        for seconds, size, offset, uri in re.findall(
                r"#EXTINF:([0-9.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)",
                body.decode()):
            found.append((time, float(seconds), uri, int(offset), int(size)))
            time += float(seconds)
        return found

    def play(self, *args):
        """Milliseconds of the pictures."""
        done = subprocess.run(
            [os.path.join(os.environ["DVR_BUILD_DIR"], "tests", "interop",
                          "dvr_keyplay"), self.base, *map(str, args)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=2 * dvrtest.DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return [int(line) for line in done.stdout.split()]

    def check_rate(self, rate):
        """Plays at that speed; what it fetched, and what it showed."""
        self.start_tier("at%d" % rate)
        pictures = self.play(rate, self.START, self.STOP)
        # pictures are at least 80 ms apart
        step = math.ceil(0.08 * abs(rate) / self.GOP) * self.GOP
        wanted = (self.STOP - self.START) / step
        self.assertLess(abs(len(pictures) - wanted), 3, (rate, pictures))
        for a, b in zip(pictures, pictures[1:]):
            self.assertEqual(abs(b - a), step * 1000)
            self.assertEqual(b > a, rate > 0)
        # four are asked for ahead
        new = self.media_requests(self.base, self.log)
        ranges = [size for status, size in new if status == "206"]
        largest = max(size for *_, size in self.keyframes())
        self.assertLessEqual(len(ranges), len(pictures) + 5)
        self.assertLess(sum(ranges), len(ranges) * (largest + 1024))
        # where it stood before
        self.assertLessEqual(len(new) - len(ranges), 2)
        return sum(ranges), len(pictures)

    def test_no_more_is_fetched_than_is_shown(self):
        self.assertEqual(len(self.keyframes()), 80)
        media = self.sizes() * (self.STOP - self.START) / 40
        for rate in (2, 4, 8, 32, -4):
            size, pictures = self.check_rate(rate)
            self.assertLess(size, media * pictures * 0.005)

    def test_a_slider_in_pause(self):
        times = [13, 21, 37, 33, 9]
        pictures = self.play(0, *times)
        # the keyframe at or before it, as exact as the stream's first picture
        for time, picture in zip(times, pictures, strict=True):
            self.assertLess(abs(time * 1000 - picture), 510)
        new = self.media_requests(self.base, self.log)
        ranges = [size for status, size in new if status == "206"]
        self.assertLessEqual(len(new) - len(ranges), 2)
        self.assertLessEqual(len(ranges), len(times) + 3)

    def test_each_i_frame_entry_is_one_picture(self):
        keyframes = self.keyframes()
        _, _, body = dvrtest.get(self.base + "/live/cam1/iframes.m3u8")
        uri = re.search(r'#EXT-X-MAP:URI="(.+?)"', body.decode()).group(1)
        _, _, init = dvrtest.get(self.base + "/live/cam1/" + uri)
        first = None
        for time, _, uri, offset, size in keyframes[:9]:
            with urllib.request.urlopen(urllib.request.Request(
                    self.base + "/live/cam1/" + uri, headers={
                        "Range": "bytes=%d-%d" % (offset, offset + size - 1)
                    })) as answer:
                self.assertEqual(answer.status, 206)
                data = answer.read()
            self.assertEqual(len(data), size)
            path = self.path("picture.mp4")
            with open(path, "wb") as f:
                f.write(init + data)
            frames = json.loads(dvrtest.run(
                ["ffprobe", "-v", "error", "-select_streams", "v",
                 "-show_frames", "-show_entries", "frame=pts_time,pict_type",
                 "-of", "json", path]))["frames"]
            self.assertEqual([f["pict_type"] for f in frames], ["I"])
            shown = float(frames[0]["pts_time"])
            first = shown if first is None else first
            self.assertAlmostEqual(shown - first, time, delta=0.003)


class EveryKind(dvrtest.ChainTest):
    """Every key of the player, three tiers below what was recorded."""

    def play(self, seconds, video=True):
        base = "file://" + self.recordings
        for name in ("origin", "middle", "edge"):
            _, base = self.tier(base, name)
        player = Terminal(self, base.replace("http://", "dvr://") +
                          "/live/cam1?start=0")

        def wait(what, word):
            dvrtest.wait_for(what, lambda: word in player.position()[2])

        def wait_at(time):
            dvrtest.wait_for("%g s" % time, lambda: abs(
                player.position()[0] - time) < 1.2)

        def wait_beyond(time, direction=1):
            dvrtest.wait_for("%g s" % time, lambda: direction * (
                player.position()[0] - time) > 0)
        dvrtest.wait_for("pictures", lambda: (
            player.position() or (0,))[0] > 0.5)
        for speed in (b"+++++", b"+++", b"+"):
            player.press(speed)
            if speed == b"+":
                wait_beyond(9)
                break
            wait("the end", "the end")
            player.press(b"r ")
            wait("the begin", "the begin")
            player.press(b" ")
        player.pause()
        player.press(b"b" + RIGHT + RIGHT)
        wait_at(20)
        if video:
            there = player.step(b".", lambda now: "Step.Notify" in now[2])
            player.step(b",", lambda now: now[0] < there)
            wait_at(20)
        player.press(b" ")
        wait_beyond(21)
        player.press(b"-")
        wait_beyond(22)
        player.press(b"r")
        wait_beyond(21, -1)
        player.press(b"l")
        wait("the end", "the end")
        self.assertGreater(player.position()[0], seconds - 3)
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)
        for code in ("Play.Failed", "InsufficientBW", "Step.Failed"):
            self.assertNotIn(code, player.process.output())

    def test_over_a_join_and_another_format(self):
        # made before, since the time between two recordings is kept
        for flv in [self.make_flv(name, seconds=20, gop=25, extra=extra)
                    for name, extra in (("one", []), ("two", [
                        "-vf", "scale=480:270", "-ar", "48000"]))]:
            self.record(flv, properties="reconnect-window=1000000000")
        self.play(40)

    def test_sound_alone(self):
        self.record(self.make_flv(seconds=40, video=False))
        self.play(40, video=False)

    def test_pictures_alone(self):
        self.record(self.make_flv(seconds=40, audio=False))
        self.play(40)


if __name__ == "__main__":
    dvrtest.main()

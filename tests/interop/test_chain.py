# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A recording goes through three tiers and comes out the same."""

import dvrtest


class Chain(dvrtest.ChainTest):

    def through_three_tiers(self, says=(), **kwargs):
        flv = self.make_flv(**kwargs)
        self.record(flv)
        _, origin = self.origin()
        _, middle = self.tier(origin, "intermediate")
        _, edge = self.tier(middle, "edge")
        source = dvrtest.packets(flv)
        copy = dvrtest.packets(edge + "/live/cam1/index.m3u8")
        dvrtest.compare_packets(self, source, copy)
        lists = [dvrtest.get_text(tier + "/live/cam1/main.m3u8")
                 for tier in (origin, middle, edge)]
        self.assertEqual(lists[1:], lists[:-1])
        for words in ("BANDWIDTH=", "AVERAGE-BANDWIDTH=", *says):
            self.assertIn(words, lists[0])

    def test_two_second_gops_with_b_frames(self):
        self.through_three_tiers(
            says=["avc1.", "mp4a.40.2", "RESOLUTION=320x180",
                  "FRAME-RATE=25.000", "EXT-X-I-FRAME-STREAM-INF"])

    def test_seven_second_gops(self):
        self.through_three_tiers(seconds=24, gop=175)

    def test_odd_frame_rate(self):
        self.through_three_tiers(rate="24000/1001", gop=48,
                                 says=["FRAME-RATE=23.976"])

    def test_audio_only(self):
        self.through_three_tiers(video=False, says=['CODECS="mp4a.40.2"'])

    def test_video_only(self):
        self.through_three_tiers(audio=False)


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A recording goes through three tiers and comes out the same."""

import unittest
import dvrtest


class Chain(dvrtest.ChainTest):

    def through_three_tiers(self, **kwargs):
        flv = self.make_flv(**kwargs)
        self.record(flv)
        _, origin = self.origin()
        _, middle = self.tier(origin, "intermediate")
        _, edge = self.tier(middle, "edge")
        source = dvrtest.packets(flv)
        copy = dvrtest.packets(edge + "/live/cam1/index.m3u8")
        dvrtest.compare_packets(self, source, copy)

    def test_two_second_gops_with_b_frames(self):
        self.through_three_tiers()

    def test_seven_second_gops(self):
        self.through_three_tiers(seconds=24, gop=175)

    def test_odd_frame_rate(self):
        self.through_three_tiers(rate="24000/1001", gop=48)

    def test_audio_only(self):
        self.through_three_tiers(video=False)

    def test_video_only(self):
        self.through_three_tiers(audio=False)


if __name__ == "__main__":
    dvrtest.main()

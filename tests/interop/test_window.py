# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""dvr-player in a window of a real X server, with keys pressed there."""

import os
import shutil
import unittest
import dvrtest
from test_player import Terminal

SIZE = "640x360"


@unittest.skipUnless(shutil.which("Xvfb") and shutil.which("xdotool"),
                     "Xvfb and xdotool are not installed")
class Window(dvrtest.ChainTest):

    def open_display(self):
        read, write = os.pipe()
        self.start(["Xvfb", "-displayfd", str(write), "-screen", "0",
                    SIZE + "x24", "-nolisten", "tcp"], "xvfb",
                   pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as f:
            self.env = dict(os.environ, DISPLAY=":" + f.readline().strip(),
                            GST_PLUGIN_FEATURE_RANK="ximagesink:1000")

    def key(self, name):
        dvrtest.run(["xdotool", "key", name], env=self.env)

    def picture(self):
        """What the screen shows: one byte of brightness per pixel."""
        return dvrtest.run(
            ["ffmpeg", "-v", "error", "-f", "x11grab", "-video_size", SIZE,
             "-draw_mouse", "0", "-i", self.env["DISPLAY"], "-frames:v", "1",
             "-pix_fmt", "gray", "-f", "rawvideo", "-"], env=self.env)

    def text(self, picture):
        """How much white there is where the test picture is red."""
        return sum(picture[640 * y + x] > 160 for y in range(120, 160)
                   for x in range(20, 52))

    def test_a_user_at_a_window(self):
        self.record(self.make_flv(seconds=30, gop=25))
        _, base = self.origin()
        self.open_display()
        player = Terminal(self, base.replace("http://", "dvr://") +
                          "/live/cam1?start=5", [], self.env)
        dvrtest.wait_for("pictures", lambda: (
            player.position() or (0,))[0] > 6)
        dvrtest.run(["xdotool", "mousemove", "100", "100"], env=self.env)
        # pictures, and they move
        moving = dvrtest.wait_for("a picture", lambda: (
            lambda p: len(set(p)) > 30 and p)(self.picture()))
        dvrtest.wait_for("another picture",
                         lambda: self.picture() != moving)

        self.key("space")
        at = player.stand()
        still = dvrtest.wait_for("a still picture", lambda: (
            lambda p: p == self.picture() and p)(self.picture()))
        # what is written in the window
        self.assertGreater(self.text(still), 20)
        self.key("comma")
        dvrtest.wait_for("a step", lambda: "Step.Notify" in
                         player.position()[2])
        player.wait_lines(4)
        # what was on show may have been the picture that was due next
        there = player.stand()
        self.assertLess(abs(at - there), 0.2)
        dvrtest.wait_for("its picture", lambda: self.picture() != still)
        self.key("comma")
        dvrtest.wait_for("another step", lambda:
                         player.position()[0] < there)
        player.wait_lines(4)
        self.assertAlmostEqual(there - player.stand(), 0.04, delta=0.002)
        self.key("Left")
        back = max(0, at - 10)
        dvrtest.wait_for("the past", lambda:
                         player.position()[0] < back + 1)
        self.key("Right")
        self.key("Right")
        dvrtest.wait_for("20 seconds on", lambda: abs(
            player.position()[0] - back - 20) < 1)
        self.key("space")
        for _ in range(3):
            self.key("plus")
        dvrtest.wait_for("the speed", lambda: " 8x" in
                         player.process.output())
        dvrtest.wait_for("the end", lambda: "the end" in
                         player.position()[2])
        self.key("r")
        self.key("space")
        dvrtest.wait_for("the begin", lambda: "the begin" in
                         player.position()[2])
        self.assertRegex(player.process.output(), r"of \d+ without a request")
        self.key("q")
        self.assertEqual(player.process.wait(), 0)


if __name__ == "__main__":
    dvrtest.main()

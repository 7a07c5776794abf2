# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A power cut: what is on the block device, while the recorder writes."""

import os
import shutil
import subprocess
import unittest
import dvrpeers
import dvrtest

SKIP = "a mount of a loop device is not to be had here"


def can_mount():
    return os.geteuid() == 0 and os.path.exists("/dev/loop-control")


@unittest.skipUnless(can_mount(), SKIP)
class PowerCut(dvrtest.ChainTest):

    def mount(self, image, name):
        point = self.path(name)
        os.makedirs(point)
        done = subprocess.run(["mount", "-o", "loop", image, point],
                              stderr=subprocess.PIPE)
        if done.returncode:
            self.skipTest(SKIP + ": " + done.stderr.decode())
        self.addCleanup(subprocess.run, ["umount", "-l", point])
        return point

    def stream(self, point):
        return os.path.join(point, "dvr", "live", "cam1")

    def listed(self, point):
        """{name: (bytes, gap)} of the closed segments of a list."""
        found, gap = {}, False
        try:
            with open(os.path.join(self.stream(point), "index.m3u8")) as f:
                lines = f.read().splitlines()
        except OSError:
            return found
        for line in lines:
            if line == "#EXT-X-GAP":
                gap = True
            elif line and not line.startswith("#"):
                body = b""
                if not gap:
                    with open(os.path.join(self.stream(point), line),
                              "rb") as f:
                        body = f.read()
                found[line] = (body, gap)
                gap = False
        return found

    def open_parts(self, point):
        """(name, bytes) of the growing segment, as far as announced."""
        with open(os.path.join(self.stream(point), "index.m3u8")) as f:
            lines = [x for x in f.read().splitlines()
                     if x.startswith("#EXT-X-DVR-OPEN:")]
        name = lines[-1].split(":", 1)[1]
        try:
            with open(os.path.join(self.stream(point), name), "rb") as f:
                return name, f.read()
        except OSError:
            return name, b""

    def cut(self, fsync):
        """Cuts the power of a live recorder; what was there, what is left."""
        image = self.path("disk.img")
        subprocess.run(["truncate", "-s", "64M", image], check=True)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        point = self.mount(image, "before")
        recorder = self.launch(dvrpeers.live_chain(
            recordings=os.path.join(point, "dvr"), gop=12,
            properties="target-duration=500000000 fsync=" + fsync),
            "recorder")
        dvrtest.wait_for("five segments",
                         lambda: len(self.listed(point)) >= 5)
        before = self.listed(point)
        opened = self.open_parts(point)
        shutil.copyfile(image, self.path("copy.img"))
        recorder.stop()
        final = self.listed(point)

        after = self.mount(self.path("copy.img"), "after")
        self.recordings = os.path.join(after, "dvr")
        self.record(self.make_flv(seconds=2))
        left = self.listed(after)
        # never two bodies under one name, whatever was lost
        for name, (body, gap) in left.items():
            if name in final and not gap:
                self.assertTrue(final[name][0].startswith(body) and body,
                                "%s is another body" % name)
        return before, opened, left

    def test_segment_what_is_listed_survives(self):
        before, _, left = self.cut("segment")
        for name, (body, _) in before.items():
            self.assertIn(name, left)
            self.assertEqual(left[name], (body, False), name)

    def test_part_what_is_announced_survives(self):
        before, (name, body), left = self.cut("part")
        for n, (b, _) in before.items():
            self.assertEqual(left[n], (b, False), n)
        if body:
            self.assertIn(name, left)
            self.assertTrue(left[name][0].startswith(body),
                            "%d of %d bytes" % (len(left[name][0]),
                                                len(body)))

    def test_none_nothing_torn_is_listed(self):
        _, _, left = self.cut("none")
        self.assertTrue(left)
        copy = dvrtest.packets(os.path.join(
            self.recordings, "live", "cam1", "index.m3u8"))
        self.assertTrue(copy["video"])


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A power cut: what is on the block device, while the recorder writes."""

import filecmp
import os
import shutil
import signal
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

    def index(self, point):
        path = os.path.join(self.stream(point), "index.m3u8")
        return dvrtest.read_lines(path) if os.path.exists(path) else []

    def listed(self, point):
        """{name: (bytes, gap)} of the closed segments of a list."""
        found, gap = {}, False
        for line in self.index(point):
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
        """(name, bytes) of the growing segment: the parts before the one that
        is written, if there are any. Each begins with a prft box."""
        name = [line for line in self.index(point)
                if line.startswith("#EXT-X-DVR-OPEN:")][-1].split(":", 1)[1]
        try:
            with open(os.path.join(self.stream(point), name), "rb") as f:
                body = f.read()
        except OSError:
            return None
        at, parts = 0, []
        while at + 8 <= len(body):
            if body[at + 4:at + 8] == b"prft":
                parts.append(at)
            at += max(8, int.from_bytes(body[at:at + 4], "big"))
        return (name, body[:parts[-1]]) if len(parts) > 1 else None

    def copy(self, image):
        """The image as it is at one moment, in which nothing was written."""
        first, second = self.path("copy1.img"), self.path("copy.img")

        def unchanged():
            shutil.copyfile(image, first)
            shutil.copyfile(image, second)
            return filecmp.cmp(first, second, False)
        dvrtest.wait_for("a moment of rest", unchanged)
        return second

    def cut(self, fsync):
        """Cuts the power of a live recorder; what was there, what is left."""
        image = self.path("disk.img")
        subprocess.run(["truncate", "-s", "64M", image], check=True)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        point = self.mount(image, "before")
        recorder = self.launch(dvrpeers.live_chain(
            recordings=os.path.join(point, "dvr"), gop=25,
            properties="target-duration=1000000000 "
            "part-duration=200000000 fsync=" + fsync),
            "recorder")
        dvrtest.wait_for("six segments",
                         lambda: len(self.listed(point)) >= 6)
        # the newest line may be there, but not yet written
        before = dict(list(self.listed(point).items())[:-1])
        opened = dvrtest.wait_for("a part", lambda: self.open_parts(point))
        recorder.popen.send_signal(signal.SIGSTOP)
        copy = self.copy(image)
        recorder.popen.send_signal(signal.SIGCONT)
        recorder.stop()
        final = self.listed(point)

        after = self.mount(copy, "after")
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
        self.assertIn(name, left)
        self.assertTrue(left[name][0].startswith(body),
                        "%d of %d bytes" % (len(left[name][0]), len(body)))

    def test_none_nothing_torn_is_listed(self):
        _, _, left = self.cut("none")
        self.assertTrue(left)
        copy = dvrtest.packets(os.path.join(
            self.recordings, "live", "cam1", "index.m3u8"))
        self.assertTrue(copy["video"])


if __name__ == "__main__":
    dvrtest.main()

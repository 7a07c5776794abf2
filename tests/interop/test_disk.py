# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that fills up while a stream is recorded."""

import os
import subprocess
import threading
import unittest
import dvrpublisher
import dvrtest

SKIP = "a mount of tmpfs is not to be had here"


@unittest.skipUnless(os.geteuid() == 0, SKIP)
class FullDisk(dvrtest.ChainTest):

    def mount(self, size):
        point = self.path("disk")
        os.makedirs(point)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size,
                               "tmpfs", point], stderr=subprocess.PIPE)
        if done.returncode:
            self.skipTest(SKIP + ": " + done.stderr.decode())
        self.addCleanup(subprocess.run, ["umount", "-l", point])
        self.recordings = os.path.join(point, "dvr")
        return point

    def stream(self):
        return os.path.join(self.recordings, "live", "cam1")

    def listed(self):
        """The names of listed segments; each is whole and can be read."""
        names, size, gap = [], None, False
        for line in dvrtest.read_lines(os.path.join(self.stream(),
                                                    "index.m3u8")):
            if line.startswith("#EXT-X-DVR-SEGMENT:SIZE="):
                size = int(line.split("=")[1].split(",")[0])
            elif line == "#EXT-X-GAP":
                gap = True
            elif line and not line.startswith("#"):
                if not gap:
                    self.assertEqual(os.path.getsize(
                        os.path.join(self.stream(), line)), size, line)
                    names.append(line)
                gap = False
        return names

    def flv(self, seconds):
        return self.make_flv(seconds=seconds, gop=25, extra=[
            "-b:v", "3000k", "-minrate", "3000k", "-maxrate", "3000k",
            "-bufsize", "3000k", "-x264-params", "nal-hrd=cbr"])

    def test_trim_goes_on_with_a_shorter_window(self):
        self.mount("8m")
        self.record(self.flv(40), properties="full-disk=trim "
                    "target-duration=1000000000 fsync=none")
        names = self.listed()
        self.assertGreater(len(names), 5)
        self.assertLess(len(names), 30)
        numbers = [int(n.rsplit("/", 1)[1].split(".")[0]) for n in names]
        self.assertEqual(numbers, list(range(numbers[0], numbers[-1] + 1)))
        copy = dvrtest.packets(os.path.join(self.stream(), "index.m3u8"))
        self.assertEqual(len(copy["video"]), 25 * len(names))

    def test_trim_always_finds_room(self):
        point = self.mount("8m")
        with open(os.path.join(point, "filler"), "wb") as f:
            f.write(bytes(4 << 20))
        recorder = self.launch(
            "filesrc location=%s ! rtmpdvrsink location=%s stream=live/cam1 "
            "full-disk=trim target-duration=1000000000 part-duration=200000000 "
            "fsync=part" % (self.make_flv(seconds=180, gop=25),
                            self.recordings),
            "recorder", options=["-m"])
        self.assertEqual(recorder.wait(), 0, recorder.output()[-2000:])
        self.assertNotIn("NetStream.Record.Failed", recorder.output())
        self.assertGreater(len(self.listed()), 20)

    def test_pause_says_so_serves_on_and_resumes(self):
        point = self.mount("8m")
        filler = os.path.join(point, "filler")
        with open(filler, "wb") as f:
            f.write(bytes(4 << 20))
        flv = self.flv(60)
        publisher = dvrpublisher.Publisher(self)
        recorder = self.launch(
            "fdsrc ! rtmpdvrsink location=%s stream=live/cam1 full-disk=pause "
            "target-duration=1000000000 fsync=none" % self.recordings,
            "recorder", options=["-m"], stdin=publisher.end)
        _, origin = self.origin()
        thread = threading.Thread(target=publisher.publish, args=(flv,))
        thread.start()
        self.addCleanup(publisher.stop)
        dvrtest.wait_for("the warning", lambda: "NetStream.Record.Failed" in
                         recorder.output())
        self.assertIn(self.stream(), recorder.output())
        before = self.listed()
        self.assertGreater(len(before), 1)
        dvrtest.wait_for("what is there", lambda: dvrtest.get(
            origin + "/live/cam1/" + before[-1])[0] == 200)
        os.unlink(filler)
        dvrtest.wait_for("more segments",
                         lambda: len(self.listed()) > len(before) + 1)
        publisher.stop()
        thread.join()
        publisher.close()
        self.assertEqual(recorder.wait(), 0, recorder.output()[-2000:])
        self.assertEqual(self.listed()[:len(before)], before)


if __name__ == "__main__":
    dvrtest.main()

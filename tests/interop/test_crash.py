# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A recorder that is killed loses nothing it has listed."""

import os
import random
import signal
import dvrpeers
import dvrtest

ROUNDS = int(os.environ.get("DVR_CRASH_ROUNDS", 4))


class Crash(dvrtest.ChainTest):

    def index(self):
        path = self.path("dvr", "live", "cam1", "index.m3u8")
        return dvrtest.read_lines(path) if os.path.exists(path) else []

    def bodies(self):
        """{name: bytes} of every segment listed and not a gap."""
        found, gap = {}, False
        for line in self.index():
            if line == "#EXT-X-GAP":
                gap = True
            elif line and not line.startswith("#"):
                if not gap:
                    with open(self.path("dvr", "live", "cam1", line),
                              "rb") as f:
                        found[line] = f.read()
                gap = False
        return found

    def test_killed_at_random_moments(self):
        rng = random.Random(20261120)
        before = {}
        for i in range(ROUNDS):
            process = self.launch(
                dvrpeers.live_chain(recordings=self.recordings, gop=12,
                                    properties="target-duration=500000000"),
                "recorder%d" % i)
            goal = len(before) + rng.randint(1, 3)
            dvrtest.wait_for("%d segments" % goal,
                             lambda: len(self.bodies()) >= goal)
            # somewhere inside the segment that follows
            size = rng.randint(1, 60000)

            def grown():
                listed = set(self.bodies())
                for top, _, files in os.walk(self.recordings):
                    for f in files:
                        if f.endswith(".m4s") and not any(
                                n.endswith(f) for n in listed):
                            return os.path.getsize(
                                os.path.join(top, f)) >= min(size, 4000)
            dvrtest.wait_for("an open segment", grown)
            process.stop(signal.SIGKILL)
            after = self.bodies()
            for name, body in before.items():
                self.assertEqual(after[name], body, name)
            before = after

        # one more run recovers, ends the list, and all of it is readable
        flv = self.make_flv(seconds=2)
        self.record(flv)
        after = self.bodies()
        for name, body in before.items():
            self.assertEqual(after[name], body, name)
        _, origin = self.origin()
        for name, body in after.items():
            status, _, served = dvrtest.get(origin + "/live/cam1/" + name)
            self.assertEqual(status, 200)
            self.assertEqual(served, body, name)


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each example does what it says."""

import os
import re
import signal
import dvrtest

ROOT = os.path.realpath(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("DVR_BUILD_DIR", os.path.join(ROOT, "build"))


class Examples(dvrtest.ChainTest):

    def script(self, name, *args):
        return self.start([os.path.join(ROOT, "examples", name), *args],
                          name, env=dict(os.environ, BUILD_DIR=BUILD))

    def url_of(self, process, pattern):
        return dvrtest.wait_for(
            "a URL", lambda: re.search(pattern, process.output()),
            60).group(1)

    def test_the_demo_runs_three_tiers_and_shows_frames(self):
        demo = self.script("demo.sh")
        url = self.url_of(demo, r"Watch +(http\S+)")
        self.assertIn("#EXTM3U", dvrtest.get_text(url))
        dvrtest.wait_for("decoded frames", lambda: re.search(
            r"frames decoded: [1-9]", demo.output()), 60)
        demo.stop(signal.SIGINT)
        self.assertIn("stopped.", demo.output())
        with self.assertRaises(OSError):
            dvrtest.get(url, timeout=2)

    def test_a_file_is_recorded_and_served(self):
        flv = self.make_flv(seconds=6)
        server = self.script("serve-file.sh", flv,
                             str(dvrtest.free_port()))
        url = self.url_of(server, r"watch (http\S+)")
        dvrtest.compare_packets(self, dvrtest.packets(flv),
                                dvrtest.packets(url))
        server.stop(signal.SIGINT)
        self.assertIn("stopped.", server.output())

    def test_an_application_embeds_recorder_and_server(self):
        flv = self.make_flv(seconds=6)
        done = self.start([os.path.join(BUILD, "examples", "dvr-origin"),
                           flv, self.recordings], "embedded")
        self.assertEqual(done.wait(), 0, done.output())
        self.assertIn("serving http://localhost:", done.output())
        self.assertIn("NetStream.Record.Start", done.output())
        self.assertEqual(done.output().count("recorded "), 3)


if __name__ == "__main__":
    dvrtest.main()

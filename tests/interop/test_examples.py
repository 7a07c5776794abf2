# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each example does what it says."""

import os
import re
import shutil
import signal
import unittest
import dvrrtmp
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
            2 * dvrtest.DEADLINE).group(1)

    def test_the_demo_runs_three_tiers_and_shows_frames(self):
        demo = self.script("demo.sh")
        url = self.url_of(demo, r"Watch +(http\S+)")
        self.assertIn("#EXTM3U", dvrtest.get_text(url))
        # what browsers play: not 4:4:4 (profile 0xf4)
        self.assertRegex(dvrtest.get_text(
            url.replace("index.m3u8", "main.m3u8")),
            'CODECS="avc1[.](42|4d|4D|64)')
        dvrtest.wait_for("decoded frames", lambda: re.search(
            r"frames decoded: [1-9]", demo.output()))
        demo.stop(signal.SIGINT)
        self.assertIn("stopped.", demo.output())
        with self.assertRaises(OSError):
            dvrtest.get(url)

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

    def test_an_edge_drains_before_it_ends(self):
        self.record(self.make_flv(seconds=6))
        edge = self.start([os.path.join(BUILD, "examples", "dvr-edge"),
                           self.recordings, "0", "0", "60"], "edge")
        ports = dvrtest.wait_for("its ports", lambda: re.search(
            r"http port (\d+), rtmp port (\d+)", edge.output()))
        base = "http://127.0.0.1:" + ports.group(1)
        self.assertEqual(dvrtest.get(base + "/readyz")[0], 200)
        viewer = dvrrtmp.Client(int(ports.group(2)), capsEx=1)
        self.addCleanup(viewer.close)
        viewer.play("cam1", 0)
        viewer.wait_word("NetStream.Play.Start")
        edge.popen.send_signal(signal.SIGTERM)
        viewer.wait_word("NetConnection.Connect.ReconnectRequest")
        dvrtest.wait_for("the balancer to be told", lambda: dvrtest.get(
            base + "/readyz")[0] == 503)
        # he who is there is served on, and new requests too
        viewer.wait_word("video")
        self.assertTrue(dvrtest.get_text(base + "/live/cam1/index.m3u8"))
        self.assertTrue(edge.running())
        viewer.close()
        self.assertEqual(edge.wait(), 0, edge.output())
        self.assertIn("ends, 0 viewers left", edge.output())


class Installed(dvrtest.ChainTest):

    @unittest.skipUnless(shutil.which("meson"), "meson is not in the path")
    def test_what_is_installed_elsewhere_works_from_there(self):
        root = self.path("root")
        dvrtest.run(["meson", "install", "-C", BUILD, "--no-rebuild",
                     "--destdir", root])
        plugins = [path for path, _, names in os.walk(root)
                   if "libgstdvrrecord.so" in names]
        env = {name: value for name, value in os.environ.items()
               if name not in ("GST_PLUGIN_PATH", "LD_LIBRARY_PATH")}
        env.update(GST_PLUGIN_PATH_1_0=plugins[0],
                   GST_REGISTRY_1_0=self.path("registry"))
        for name in ("rtmpdvrsink", "segmentcache", "proxystreamsrc",
                     "dvrserversink", "dvrorigin"):
            out = dvrtest.run(["gst-inspect-1.0", name], env=env).decode()
            self.assertIn(root, re.search("Filename +(.*)", out)[1])


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two thousand RTMP viewers watch a live stream for a minute."""

import os
import resource
import subprocess
import dvrpeers
import dvrtest

VIEWERS = int(os.environ.get("DVR_RTMP_VIEWERS", 2000))
VIEWING = float(os.environ.get("DVR_RTMP_VIEWING", 60))


class Crowd(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        # a socket per viewer, at both ends
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit[1] < VIEWERS + 100:
            self.skipTest("needs %d open files, see ulimit -Hn" % VIEWERS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limit)
        self.port = dvrtest.free_port()
        self.url = "rtmp://127.0.0.1:%d/live/cam1" % self.port

    def publish(self, flv):
        """As long as anybody watches."""
        dvrtest.wait_for("the server", lambda: dvrpeers.listening(self.port))
        self.start(["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1",
                    "-i", flv, "-c", "copy", "-f", "flv", self.url],
                   "publisher")

    def watch(self):
        """[(bytes, 1 if dropped)] of every viewer."""
        out = subprocess.run(
            [os.environ["DVR_RTMP_LOAD"], "play", str(self.port), "live",
             "cam1", str(VIEWERS), str(VIEWING)], stdout=subprocess.PIPE,
            text=True, check=True,
            timeout=VIEWING + 4 * dvrtest.DEADLINE).stdout
        lines = [line.split() for line in out.splitlines()]
        return [(int(line[1]), int(line[2])) for line in lines
                if len(line) == 3]

    def test_none_of_the_viewers_is_dropped(self):
        flv = self.make_flv("live.flv", seconds=20, gop=25)
        os.makedirs(self.recordings)
        self.launch(
            "rtmpingestsrc location=%s ! rtmpdvrsink location=%s "
            "stream=live/cam1 proxystreamsrc location=%s ! segmentcache ! "
            "dvrserversink http-port=-1 host=127.0.0.1 rtmp-port=%d"
            % (self.url, self.recordings, self.recordings, self.port),
            "server")
        self.publish(flv)
        dvrtest.wait_for("a recording", lambda: any(
            name.endswith(".m4s") for _, _, names in os.walk(self.recordings)
            for name in names))
        viewers = self.watch()
        self.assertEqual(len(viewers), VIEWERS)
        self.assertEqual(sum(dropped for _, dropped in viewers), 0)
        self.assertGreater(min(got for got, _ in viewers),
                           10000 + 1000 * (VIEWING - 10))


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hls.js in headless Chromium."""

import json
import os
import subprocess
import dvrtest

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser")


class Browser:
    """A player page; look() tells what it shows."""

    def __init__(self, test):
        self.log = open(test.path("browser.log"), "wb")
        self.popen = subprocess.Popen(
            ["node", os.path.join(HERE, "drive.js")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        test.addCleanup(self.close)
        if self.read() != "ready":
            raise AssertionError("Chromium did not start; see browser.log")

    def read(self):
        line = self.popen.stdout.readline()
        return json.loads(line) if line else None

    def run(self, expression):
        self.popen.stdin.write(json.dumps({"run": expression}) + "\n")
        self.popen.stdin.flush()
        return self.read()

    def load(self, url):
        self.run("load(%s)" % json.dumps(url))

    def look(self):
        return self.run("look()")

    def plays(self, seconds=1.0, within=None):
        """Waits until it has played on for that long, showing frames."""
        first = self.look()

        def played():
            now = self.look()
            if now["fatal"]:
                raise AssertionError("hls.js gave up: %s" % now)
            return now if (now["time"] >= first["time"] + seconds and
                           now["frames"] > first["frames"]) else None
        return dvrtest.wait_for("the player to play on: %s" % first, played,
                                within)

    def close(self):
        self.popen.stdin.close()
        try:
            self.popen.wait(dvrtest.DEADLINE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.popen.stdout.close()
        self.log.close()


def available():
    return os.path.isdir(os.path.join(HERE, "node_modules", "hls.js"))

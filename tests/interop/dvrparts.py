# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A low-latency player's requests: blocked reloads, and each part once."""

import re
import threading
import time
import urllib.parse

import dvrtest


class PartReader(threading.Thread):
    """Reads a stream part by part, from its live edge to its end."""

    def __init__(self, base, stream):
        super().__init__(daemon=True)
        self.list = base + stream + "dvr.m3u8"
        self.runs = []       # [(init URI, [its bytes, those of parts])]
        self.times = []      # when each part was here
        self.places = []     # (segment, part)
        self.refused = []    # (URI, status): what was listed, but not there
        self.error = None
        self.next = None
        self.held = 0        # bytes of the segment that is read
        self.ended = False
        self.stopped = False

    def run(self):
        try:
            while not (self.ended or self.stopped):
                self.read_list()
        except Exception as e:  # told by finish(), in the test's thread
            self.error = e

    def read_list(self):
        query = "" if self.next is None else "?_HLS_msn=%d&_HLS_part=%d" \
            % self.next
        status, _, body = dvrtest.get(self.list + query)
        if status != 200:
            time.sleep(0.05)
            return
        number, part, uri = 0, 0, None
        for line in body.decode().splitlines():
            if line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
                number = int(line.split(":")[1])
            elif line.startswith("#EXT-X-MAP:"):
                uri = re.search('URI="([^"]*)"', line)[1]
            elif line.startswith("#EXT-X-PART:"):
                self.take(uri, re.search('URI="([^"]*)"', line)[1], number,
                          part)
                part += 1
            elif line and not line.startswith("#"):
                if part == 0:
                    self.take_rest(uri, line, number)
                number, part = number + 1, 0
                if self.next and self.next[0] < number:
                    self.next = (number, 0)
            elif line == "#EXT-X-ENDLIST":
                self.ended = True
        if self.next is None:  # what was there before is not looked at
            self.next = (number, part)

    def take(self, init, uri, number, part, skip=0):
        if self.next is None or (number, part) < self.next:
            return
        if part == 0:
            self.held = 0
        self.next = (number, part + 1)
        status, _, body = dvrtest.get(urllib.parse.urljoin(self.list, uri))
        if status != 200:
            self.refused.append((uri, status))
            return
        if len(body) <= skip:
            return
        self.times.append(time.monotonic())
        self.places.append((number, part))
        if not self.runs or self.runs[-1][0] != init:
            _, _, head = dvrtest.get(urllib.parse.urljoin(self.list, init))
            self.runs.append((init, [head]))
        self.runs[-1][1].append(body[skip:])
        self.held += len(body) - skip

    def take_rest(self, init, uri, number):
        """Of a segment whose parts are not listed any more."""
        if self.next and self.next[0] == number and self.next[1] > 0:
            self.take(init, uri, number, self.next[1], self.held)
        else:
            self.take(init, uri, number, 0)

    def finish(self):
        self.join(2 * dvrtest.DEADLINE)
        if self.error:
            raise self.error
        if self.is_alive():
            raise AssertionError("the list does not end")

    def packets(self, test):
        """{codec type: [payload hash]} of all that came, in order."""
        result = {}
        for i, (_, pieces) in enumerate(self.runs):
            path = test.path("run%d.mp4" % i)
            with open(path, "wb") as f:
                f.write(b"".join(pieces))
            for kind, seen in dvrtest.packets(path).items():
                result.setdefault(kind, []).extend(p[2] for p in seen)
        return result

    def gaps(self):
        return [b - a for a, b in zip(self.times, self.times[1:])]

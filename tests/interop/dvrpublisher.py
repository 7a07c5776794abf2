# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A publisher that leaves and comes back: FLV tags written in real time."""

import os
import struct
import time

AUDIO, VIDEO = 8, 9


def tags(path):
    """(timestamp in ms, tag bytes with its trailer) of an FLV file."""
    with open(path, "rb") as f:
        data = f.read()
    at = 13
    while at + 15 <= len(data):
        size = struct.unpack(">I", b"\0" + data[at + 1:at + 4])[0]
        stamp = struct.unpack(">I", data[at + 7:at + 8] + data[at + 4:at + 7])
        yield stamp[0], data[at:at + 15 + size]
        at += 15 + size


class Publisher:
    """Writes FLV to one end of a pipe; the recorder has the other."""

    HEADER = b"FLV\1\5\0\0\0\x09\0\0\0\0"

    def __init__(self, test):
        read, self.fd = os.pipe()
        self.end = os.fdopen(read, "rb")
        self.stopped = False
        test.addCleanup(self.end.close)
        test.addCleanup(self.close)

    def publish(self, path):
        """A whole session in real time, with timestamps from 0."""
        os.write(self.fd, self.HEADER)
        began = time.monotonic()
        for stamp, tag in tags(path):
            ahead = began + stamp / 1000 - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            if self.stopped:
                break
            view = memoryview(tag)
            while view:
                view = view[os.write(self.fd, view):]

    def stop(self):
        """A session ends after the tag it is at."""
        self.stopped = True

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

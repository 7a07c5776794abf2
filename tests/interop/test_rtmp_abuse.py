# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""RTMP nonsense is closed or answered, leaks nothing, and harms nobody else."""

import os
import socket
import struct
import time
import dvrrtmp
import dvrtest
from dvrrtmp import Client, amf

DROPS = int(os.environ.get("DVR_RTMP_DROPS", 10000))


class Abuse(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        self.record(self.make_flv(seconds=4, gop=25))
        self.port = dvrtest.free_port()
        self.process, base = self.serve(
            "rtmpingestsrc location=rtmp://127.0.0.1:%d/live/in ! fakesink "
            "sync=false async=false "
            "proxystreamsrc location=file://%s ! segmentcache"
            % (self.port, self.recordings), "server",
            "rtmp-port=%d" % self.port)
        dvrtest.wait_for("the stream", lambda: dvrtest.segments_of(
            dvrtest.get_text(base + "/live/cam1/dvr.m3u8")))

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.settimeout(dvrtest.DEADLINE)
        self.addCleanup(s.close)
        return s

    def is_closed(self, s):
        """Reads until the other end closes."""
        try:
            while s.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def client(self, **extra):
        client = Client(self.port, **extra)
        self.addCleanup(client.close)
        return client

    def still_plays(self):
        client = self.client()
        client.play("cam1", 0)
        client.wait_word("key")
        client.close()

    def assertCloses(self, client):
        with self.assertRaises((EOFError, ConnectionError)):
            client.poll(dvrtest.DEADLINE)

    def test_garbage_instead_of_a_handshake(self):
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 100,
                     b"\0" * 4000, b"\xff" * 4000, os.urandom(1) * 5000):
            if data[0] == 3:
                continue
            s = self.connect()
            s.sendall(data)
            self.assertTrue(self.is_closed(s), data[:20])
        self.still_plays()

    def test_half_a_handshake_and_a_byte_at_a_time_end_in_time(self):
        half, slow = self.connect(), self.connect()
        half.sendall(b"\3" + b"\0" * 700)
        slow.sendall(b"\3")
        began = time.monotonic()
        closed = False
        while not closed and time.monotonic() - began < dvrtest.DEADLINE:
            try:
                slow.sendall(b"\0")
                slow.settimeout(1)
                closed = not slow.recv(10)
            except TimeoutError:
                pass
            except ConnectionError:
                closed = True
        self.assertTrue(closed)
        self.assertTrue(self.is_closed(half))
        self.still_plays()

    def test_chunk_sizes_that_make_no_sense(self):
        for size in (0, 0x80000000, 0xffffffff):
            client = self.client()
            client.message(1, struct.pack(">I", size), csid=2)
            try:
                client.command("createStream", 9, None)
                client.poll(1)
            except (EOFError, ConnectionError):
                pass
        self.still_plays()

    def test_messages_that_are_too_long(self):
        client = self.client()
        head = b"\3\0\0\0" + b"\xff\xff\xff" + b"\x14" + b"\0" * 4
        with self.assertRaises((EOFError, ConnectionError)):
            client.send(head)
            for _ in range(140000):
                client.send(b"x" * 128 + b"\xc3")
            client.poll(dvrtest.DEADLINE)
        self.still_plays()

    def test_amf_that_never_ends(self):
        deep = amf("connect") + amf(1) + b"\3\0\1a" * 30000
        wide = amf("connect") + amf(1) + b"\x0a\xff\xff\xff\xff"
        cut = amf("play") + amf(0) + b"\2\xff\xff"
        for body in (deep, wide, cut):
            client = self.client()
            try:
                client.message(dvrrtmp.COMMAND, body)
                client.poll(0.5)
            except (EOFError, ConnectionError):
                pass
        self.still_plays()

    def test_commands_that_nobody_knows(self):
        client = self.client()
        self.assertEqual(client.call("noSuchThing", None, 1, "x")[0], "_error")
        client.command("alsoUnknown", 0, None)
        client.message(99, b"what is this")
        client.message(dvrrtmp.USER, b"\0\x63" + b"\0" * 4, csid=2)
        client.play("cam1", 0)
        client.wait_word("key")

    def test_commands_in_no_order(self):
        client = self.client(connect=False)
        client.handshake()
        client.command("play", 0, None, "cam1", stream=1)
        try:
            client.poll(0.5)
        except (EOFError, ConnectionError):
            pass
        client = self.client()
        for name in ("seek", "pause", "closeStream", "receiveAudio",
                     "stopTransmit", "seekRaw", "deleteStream"):
            client.command(name, 0, None, 1, stream=7)
        for name in ("..", "a/../b", "", "/", "x" * 5000, "a\0b"):
            client.play(name)
        client.poll(0.3)
        self.still_plays()

    def test_viewers_that_leave_while_they_are_sent_to(self):
        for i in range(60):
            client = self.client()
            stream = client.create_stream()
            client.user(dvrrtmp.BUFFER, stream, 60000)
            client.play("cam1", 0, stream=stream)
            if i % 2:
                client.wait_word("key")
            client.close()
        self.assertTrue(self.process.running(), self.process.output()[-500:])
        self.still_plays()

    def test_thousands_of_connects_and_drops_leave_nothing(self):
        def resources():
            fds = len(os.listdir("/proc/%d/fd" % self.process.pid))
            with open("/proc/%d/statm" % self.process.pid) as f:
                return fds, int(f.read().split()[1]) * 4
        viewer = self.client()
        stream = viewer.create_stream()
        viewer.user(dvrrtmp.BUFFER, stream, 500)
        viewer.play("cam1", 0, stream=stream)
        viewer.wait_word("key")

        def drop(n):
            for i in range(n):
                s = socket.create_connection(("127.0.0.1", self.port))
                if i % 3:
                    s.sendall(b"\3" + b"\0" * (1536 if i % 3 == 1 else 90))
                s.close()
                if i % 100 == 99:
                    # however busy the server is, it has no more at a time
                    dvrtest.wait_for("the sockets to close",
                                     lambda: resources()[0] < 200)
        drop(DROPS // 4)
        before = dvrtest.wait_for("the sockets to close", lambda: (
            lambda r: r if r[0] < 200 else None)(resources()))
        drop(DROPS)
        after = dvrtest.wait_for("the sockets to close", lambda: (
            lambda r: r if r[0] <= before[0] + 2 else None)(resources()))
        # what the allocator keeps, not what each of them left
        self.assertLess(after[1] - before[1], 16384)
        viewer.wait_word("NetStream.Play.Complete")


if __name__ == "__main__":
    dvrtest.main()

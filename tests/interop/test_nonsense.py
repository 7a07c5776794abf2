# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP nonsense gets a 4xx or a closed connection, and harms nobody else."""

import http.client
import os
import re
import socket
import dvrtest

STREAM = "/live/cam1/"


class Nonsense(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        self.record(self.make_flv(seconds=6))
        self.start_server("server")
        self.uri = dvrtest.segments_of(dvrtest.wait_for(
            "the list", lambda: dvrtest.get_text(
                self.base + STREAM + "index.m3u8")))[0]

    def start_server(self, name, properties=""):
        self.process, self.base = self.serve(
            "proxystreamsrc location=%s ! segmentcache" % self.recordings,
            name, server=properties)
        self.port = int(self.base.rsplit(":", 1)[1])

    def send(self, data):
        """The first line of the answer to raw bytes; "" if just closed."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.settimeout(dvrtest.DEADLINE)
            try:
                s.sendall(data)
                answer = s.recv(4096)
            except ConnectionError:
                return ""
        return answer.split(b"\r\n")[0].decode("latin-1")

    def ask(self, path, method="GET", headers=""):
        return self.send(("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n"
                          % (method, path, headers)).encode("latin-1"))

    def status(self, line):
        return int(line.split()[1]) if line else 0

    def still_serves(self):
        status, _, body = dvrtest.get(self.base + STREAM + self.uri)
        self.assertEqual(status, 200)
        self.assertGreater(len(body), 1000)

    def test_paths_that_lead_elsewhere(self):
        for path in ("/../../etc/passwd", "/live/../../etc/passwd",
                     "/%2e%2e/%2e%2e/etc/passwd", "/live/%2e%2e/x/index.m3u8",
                     "/live%2fcam1%2findex.m3u8", "/live/cam1/%00index.m3u8",
                     "/live/cam1/index.m3u8%00.m4s", "//live/cam1/index.m3u8",
                     "/live/cam1//index.m3u8", "/live/cam1/.hidden",
                     "/live/cam1/x/1.m4s", "/live/cam1/%zz", "/" + "a" * 6000,
                     STREAM + self.uri + "/x", STREAM + "a/" + self.uri,
                     STREAM + self.uri.replace(".m4s", ".99999999.m4s"),
                     STREAM + self.uri.replace(".m4s", ".-1.m4s"),
                     "/live/cam1/99999999999999999999999999.m4s",
                     "index.m3u8", "*", "http://other/live/cam1/index.m3u8"):
            status = self.status(self.ask(path))
            self.assertTrue(status == 0 or 400 <= status < 500 or
                            path.startswith("http"), (path[:80], status))
        self.still_serves()

    def test_any_requests_follow_each_other_on_a_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=dvrtest.DEADLINE)
        for name in ("index.m3u8", self.uri, "index.m3u8", self.uri, self.uri,
                     "main.m3u8", self.uri, "none/1.m4s", self.uri):
            connection.request("GET", STREAM + name)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 404 if "none" in name else 200)
        connection.close()
        self.still_serves()

    def test_methods_and_ranges(self):
        path = STREAM + self.uri
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "FOO"):
            self.assertIn(self.status(self.ask(path, method)), (400, 405, 501))
        for value in ("bytes=99999999-", "bytes=99999999-999999999"):
            self.assertEqual(self.status(self.ask(
                path, headers="Range: %s\r\n" % value)), 416, value)
        for value in ("bytes=-0", "bytes=5-2", "bytes=x-", "lines=1-2",
                      "bytes=1-2,4-5", "bytes=" + "9" * 400 + "-"):
            self.assertIn(self.status(self.ask(
                path, headers="Range: %s\r\n" % value)), (200, 400, 416),
                value)
        status, headers, body = dvrtest.get(
            self.base + path, headers={"Range": "bytes=10-19"})
        whole = dvrtest.get(self.base + path)[2]
        self.assertEqual((status, body), (206, whole[10:20]))
        self.assertEqual(headers["Content-Range"],
                         "bytes 10-19/%d" % len(whole))

    def test_directives_that_make_no_sense(self):
        for query in ("_HLS_msn=99999999999999", "_HLS_msn=x", "_HLS_msn=-1",
                      "_HLS_part=1", "_HLS_msn=1&_HLS_part=x"):
            status = self.status(self.ask(STREAM + "index.m3u8?" + query))
            self.assertIn(status, (200, 400), query)

    def test_requests_that_are_none(self):
        self.start_server("impatient", "client-timeout=1000000000")
        for data in (b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00", b"\r\n" * 50,
                     b"GET / HTTP/1.1\r\nHost: x\r\nA" * 1000,
                     b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100000):
            status = self.status(self.send(data))
            self.assertTrue(status == 0 or status >= 400, (data[:40], status))
        self.still_serves()

    def test_slow_and_half_requests_are_closed(self):
        # this one's own requests are not to be the slow ones
        self.start_server("impatient", "client-timeout=3000000000")
        slow = [socket.create_connection(("127.0.0.1", self.port))
                for _ in range(50)]
        for s in slow:
            s.sendall(b"GET " + STREAM.encode())
        self.still_serves()
        for s in slow:
            s.settimeout(dvrtest.DEADLINE)
            self.assertIn(s.recv(4096)[:12], (b"", b"HTTP/1.1 408"))
            s.close()
        self.still_serves()

    def test_eight_kilobytes_of_headers_are_taken(self):
        self.assertEqual(self.status(self.ask(
            STREAM + "index.m3u8",
            headers="Cookie: %s\r\n" % ("x" * 8000))), 200)

    def test_thousands_of_connections_leave_nothing(self):
        def figures():
            with open("/proc/%d/status" % self.process.pid) as f:
                memory = int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
            return len(os.listdir("/proc/%d/fd" % self.process.pid)), memory

        def burst():
            for i in range(1000):
                with socket.create_connection(("127.0.0.1", self.port)) as s:
                    s.sendall(b"GET " + (STREAM + self.uri).encode() +
                              b" HTTP/1.1\r\nHost: x\r\n\r\n"[:10 + i % 20])
                if i % 50 == 49:
                    # however busy the server is, it has no more at a time
                    dvrtest.wait_for("the connections to go",
                                     lambda: figures()[0] < 100)
        burst()
        dvrtest.wait_for("the connections to go", lambda: figures()[0] < 100)
        files, memory = figures()
        burst()
        burst()
        dvrtest.wait_for("the connections to go",
                         lambda: figures()[0] <= files)
        self.assertLess(figures()[1], memory + 4096)
        self.still_serves()


if __name__ == "__main__":
    dvrtest.main()

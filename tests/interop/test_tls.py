# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An upstream behind TLS, with an authority of our own."""

import functools
import http.server
import os
import shutil
import ssl
import subprocess
import threading
import unittest

import dvrtest

PLAYLIST = "/live/cam1/index.m3u8"


class Quiet(http.server.SimpleHTTPRequestHandler):

    def log_message(self, *args):
        pass


@unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificates")
class Tls(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        self.record(self.make_flv(seconds=6))
        self.make_certificates()
        self.listen()

    def make_certificates(self):
        """An authority, and a certificate for 127.0.0.1 that it signed."""
        ca, key = self.path("ca.pem"), self.path("ca.key")
        request, names = self.path("server.csr"), self.path("names")
        with open(names, "w") as f:
            f.write("subjectAltName=IP:127.0.0.1\n")
        dvrtest.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                     "-nodes", "-keyout", key, "-out", ca, "-days", "2",
                     "-subj", "/CN=test authority"])
        dvrtest.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes",
                     "-keyout", self.path("server.key"), "-out", request,
                     "-subj", "/CN=test server"])
        dvrtest.run(["openssl", "x509", "-req", "-in", request, "-CA", ca,
                     "-CAkey", key, "-CAcreateserial", "-days", "2",
                     "-extfile", names, "-out", self.path("server.pem")])
        self.ca = ca

    def listen(self):
        """A web server over the recordings, behind TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("server.pem"),
                                self.path("server.key"))
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0),
            functools.partial(Quiet, directory=self.recordings))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def stop():
            server.shutdown()
            thread.join()
            server.server_close()
        self.addCleanup(stop)
        self.port = server.server_address[1]

    def edge(self, host, properties, name):
        _, base = self.serve(
            "proxystreamsrc location=https://%s:%d retry-delay=50000000 %s"
            " ! segmentcache" % (host, self.port, properties), name)
        return base

    def test_signed_by_an_authority_that_is_trusted(self):
        base = self.edge("127.0.0.1", "ssl-ca-file=" + self.ca, "trusting")
        uris = dvrtest.wait_for("segments", lambda: dvrtest.segments_of(
            dvrtest.get_text(base + PLAYLIST)))
        self.assertGreaterEqual(len(uris), 2)
        for uri in uris:
            status, _, body = dvrtest.get(base + "/live/cam1/" + uri)
            self.assertEqual(status, 200)
            with open(self.path("dvr", "live", "cam1", *uri.split("/")),
                      "rb") as f:
                self.assertEqual(body, f.read())

    def test_signed_by_nobody_who_is_trusted(self):
        base = self.edge("127.0.0.1", "", "strict")
        self.assertEqual(dvrtest.get(base + PLAYLIST)[0], 502)

    def play(self, **env):
        """What gst-play-1.0 says of the recording."""
        return subprocess.run(
            ["gst-play-1.0", "--no-interactive", "--videosink=fakevideosink",
             "--audiosink=fakeaudiosink",
             "dvrs://127.0.0.1:%d/live/cam1?start=5" % self.port],
            env={**os.environ, **env}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            timeout=2 * dvrtest.DEADLINE).stdout

    def test_a_player_is_told_whom_to_trust(self):
        self.assertIn("certificate", self.play())
        text = self.play(SSL_CERT_FILE=self.ca)
        self.assertNotIn("ERROR", text)
        self.assertIn("Reached end of play list", text)

    def test_signed_for_another_host(self):
        base = self.edge("localhost", "ssl-ca-file=" + self.ca, "other")
        self.assertEqual(dvrtest.get(base + PLAYLIST)[0], 502)

    def test_not_checked_on_purpose(self):
        base = self.edge("localhost", "ssl-strict=false", "lax")
        self.assertEqual(dvrtest.get(base + PLAYLIST)[0], 200)


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tiers whose locations lead in a circle find out, and do not go on asking."""

import threading
import time
import dvrtest

PLAYLIST = "/live/cam1/index.m3u8"


class Loop(dvrtest.ChainTest):

    def circle(self, n):
        """n tiers of which each asks the next one; their URLs."""
        ports = [dvrtest.free_port() for _ in range(n)]
        bases = ["http://127.0.0.1:%d" % port for port in ports]
        for i, port in enumerate(ports):
            process = self.launch(
                "proxystreamsrc location=%s retry-delay=200000000 ! "
                "segmentcache ! dvrserversink host=127.0.0.1 http-port=%d"
                % (bases[(i + 1) % n], port), "tier%d" % i)
            self.wait_ready(process, bases[i])
        return bases

    def ask(self, bases):
        """Asks all at once; [(status, text)]"""
        answers = [None] * len(bases)

        def ask(i):
            status, _, body = dvrtest.get(bases[i] + PLAYLIST)
            answers[i] = status, body.decode()
        threads = [threading.Thread(target=ask, args=(i,))
                   for i in range(len(bases))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def requests(self, bases):
        return sum(dvrtest.metric(base, "dvrserversink_requests_total")
                   for base in bases)

    def check_quiet(self, bases):
        """What they still ask is spaced, and no more than their retries."""
        before, began = self.requests(bases), time.monotonic()
        while time.monotonic() < began + 2:
            dvrtest.get(bases[0] + "/healthz")
            time.sleep(0.2)
        # of each tier a retry now and then, and what this test asks
        self.assertLess(self.requests(bases) - before, 15 * len(bases)
                        * (time.monotonic() - began))

    def check(self, n, asked):
        bases = self.circle(n)
        for status, text in self.ask(bases[:asked]):
            self.assertEqual(status, 508, text)
            self.assertIn("circle", text)
        self.check_quiet(bases)

    def test_two_tiers(self):
        self.check(2, 1)

    def test_three_tiers(self):
        self.check(3, 1)

    def test_all_asked_at_once(self):
        """Each waits for the other, and knows of no circle yet."""
        bases = self.circle(2)
        for status, text in self.ask(bases):
            self.assertIn(status, (504, 508), text)
        dvrtest.wait_for("the circle to be found", lambda: [
            a[0] for a in self.ask(bases)] == [508, 508])
        self.check_quiet(bases)

    def test_more_than_eight_caches(self):
        self.record(self.make_flv(seconds=4))
        _, base = self.origin()
        path = ", ".join("cdn%d.example; x=1" % i for i in range(9))
        status, _, body = dvrtest.get(base + PLAYLIST,
                                      headers={"CDN-Loop": path})
        self.assertEqual((status, b"more than 8" in body), (508, True))

    def test_who_says_eight_caches_does_not_shut_others_out(self):
        self.record(self.make_flv(seconds=4))
        _, base = self.origin()
        _, base = self.tier(base, "middle")
        _, base = self.tier(base, "edge")
        path = ", ".join("cdn%d.example" % i for i in range(8))
        status, _, body = dvrtest.get(base + PLAYLIST,
                                      headers={"CDN-Loop": path})
        self.assertEqual(status, 200, body)
        self.assertEqual(dvrtest.get(base + PLAYLIST)[0], 200)


if __name__ == "__main__":
    dvrtest.main()

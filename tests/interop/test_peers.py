# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Common servers and caches stand anywhere in the chain."""

import concurrent.futures
import dvrpeers
import dvrtest

STREAM = "/live/cam1/"


class Peers(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        self.flv = self.make_flv()
        self.record(self.flv)

    def check(self, base):
        dvrtest.compare_packets(self, dvrtest.packets(self.flv),
                                dvrtest.packets(base + STREAM + "index.m3u8"))

    def test_any_web_server_over_the_recordings_is_an_origin(self):
        origin = dvrpeers.static_nginx(self, self.recordings)
        self.check(origin)
        _, edge = self.tier(origin, "edge")
        self.check(edge)

    def test_nginx_caches_between_tiers(self):
        _, origin = self.origin()
        cache, nginx = dvrpeers.proxy_nginx(self, origin)
        _, edge = self.tier(cache, "edge")
        self.check(edge)
        _, second = self.tier(cache, "second")
        self.check(second)
        uri = dvrtest.segments_of(dvrtest.get_text(
            edge + STREAM + "index.m3u8"))[0]
        status, headers, _ = dvrtest.get(cache + STREAM + uri)
        self.assertEqual((status, headers["X-Cache"]), (200, "HIT"))

    def test_varnish_caches_between_tiers(self):
        _, origin = self.origin()
        cache = dvrpeers.varnish(self, origin)
        _, edge = self.tier(cache, "edge")
        self.check(edge)

    def test_two_hundred_at_once_are_one_request_upstream(self):
        _, origin = self.origin()
        counted, nginx = dvrpeers.proxy_nginx(self, origin, dvrpeers.PASS,
                                              "counter")
        _, edge = self.tier(counted, "edge")
        uri = dvrtest.segments_of(dvrtest.wait_for(
            "the playlist",
            lambda: dvrtest.get_text(edge + STREAM + "index.m3u8")))[3]
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(
                lambda i: dvrtest.get(edge + STREAM + uri), range(200)))
        self.assertEqual({a[0] for a in answers}, {200})
        self.assertEqual(len({a[2] for a in answers}), 1)
        self.assertEqual(
            len([r for r in nginx.all_requests(counted) if uri in r]), 1)


if __name__ == "__main__":
    dvrtest.main()

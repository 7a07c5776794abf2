# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a player does in its own buffer stands in the server's log."""

import re
import time
import dvrpeers
import dvrtest
import test_auth
import test_player

LEFT = test_player.LEFT
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Told(dvrtest.ChainTest):

    def edge(self, properties=""):
        """A server with a log; its base URL."""
        self.record(self.make_flv(seconds=40))
        self.log = self.path("access.log")
        _, self.server = self.serve(
            "proxystreamsrc location=file://%s ! segmentcache"
            % self.recordings, "edge", "access-log=%s %s"
            % (self.log, properties))
        return self.server

    def logged(self, event):
        return dvrtest.read_access_log(self.log).get(event, [])

    def wait_logged(self, event, n=1):
        return dvrtest.wait_for(event, lambda: (
            lambda lines: len(lines) >= n and lines)(self.logged(event)))

    def all_logged(self, event):
        """Those of which all was asked before this."""
        return dvrtest.read_whole_log(self.server, self.log).get(event, [])

    def media(self):
        return [line for line in self.all_logged("GET")
                if line["cs-uri-stem"].endswith(".m4s")]

    def play(self, base):
        """A player some seconds after the begin, paused, its buffer full."""
        player = test_player.Terminal(
            self, base.replace("http://", "dvr://") + "/live/cam1?start=0")
        dvrtest.wait_for("some seconds", lambda: (
            player.position() or (0,))[0] > 3)
        # where ten seconds back leads from there
        self.back = max(0, player.pause() - 10)
        return player

    def seek_back(self, player, word):
        player.press(LEFT)
        dvrtest.wait_for("the begin", lambda: (
            player.position()[0] < self.back + 1
            and player.position()[2].startswith(word)))

    def check_told(self, base):
        player = self.play(base)
        stopped = self.wait_logged("stop-transmit")[0]
        self.assertRegex(stopped["c-client-id"], UUID)
        self.assertIn("pr=0", stopped["x-cmcd"])
        self.assertRegex(stopped["x-cmcd"], r"^bl=\d+00,")
        before = self.media()
        self.seek_back(player, "sought in the buffer")
        seek = self.wait_logged("client-seek")[0]
        self.assertEqual(self.media(), before)
        self.assertEqual(seek["x-category"], "stream")
        self.assertEqual(seek["c-proto"], "http")
        self.assertEqual(seek["x-sname"], "live/cam1")
        self.assertEqual(seek["x-status"], "200")
        self.assertEqual(seek["c-client-id"], stopped["c-client-id"])
        self.assertLess(int(seek["x-spos"]), 1000 * (self.back + 1))
        self.assertGreater(int(re.search(
            r"-from=(\d+)", seek["x-cmcd"]).group(1)), 3000)
        # and how it is goes along with what it asks for
        self.assertTrue([line for line in self.media()
                         if seek["c-client-id"] == line["c-client-id"]
                         and "ot=av" in line["x-cmcd"]])
        return player

    def test_seeks_and_a_full_buffer_are_told(self):
        player = self.check_told(self.edge())
        player.press(b" ")
        self.wait_logged("start-transmit")
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)

    def test_they_are_told_through_a_cache(self):
        base, _ = dvrpeers.proxy_nginx(self, self.edge())
        self.check_told(base)

    def test_they_are_told_through_varnish(self):
        self.check_told(dvrpeers.varnish(self, self.edge()))

    def test_they_are_told_with_a_token(self):
        base = self.edge("auth-secret=" + test_auth.SECRET)
        self.check_told(base + "/~" + test_auth.token())
        for line in self.all_logged("GET") + self.logged("client-seek"):
            self.assertNotIn("~", line["cs-uri-stem"] + line["x-cmcd"])

    def test_they_are_told_by_the_tier_that_is_asked(self):
        """Each tier has the log of its own players."""
        upper, log = self.edge(), self.log
        self.log = self.path("lower.access")
        _, self.server = self.serve(
            "proxystreamsrc location=%s ! segmentcache" % upper, "lower",
            "access-log=%s" % self.log)
        self.check_told(self.server)
        self.server, self.log = upper, log
        self.assertEqual(self.all_logged("client-seek"), [])

    def test_many_seeks_are_few_requests(self):
        player = self.play(self.edge())
        self.wait_logged("stop-transmit")
        before = self.media()
        began = time.monotonic()
        for _ in range(200):
            player.press(LEFT)
        seeks = dvrtest.wait_for("the last seek", lambda: (
            lambda lines: sum(self.count(line) for line in lines) >= 50
            and lines)(self.logged("client-seek")))
        # no more than four a second
        self.assertLess(len(seeks), 4 * (time.monotonic() - began) + 3)
        self.assertLess(2 * len(seeks), sum(map(self.count, seeks)))
        self.assertEqual(self.media(), before)

    def test_live_a_player_stops_only_when_it_is_paused(self):
        self.launch(dvrpeers.live_chain(recordings=self.recordings, gop=25),
                    "recorder")
        self.log = self.path("access.log")
        _, base = self.serve("proxystreamsrc location=file://%s ! "
                             "segmentcache" % self.recordings, "edge",
                             "access-log=" + self.log)
        self.server = base
        dvrtest.wait_for("six seconds", lambda: dvrtest.get_text(
            base + "/live/cam1/index.m3u8").count("#EXTINF") >= 3)
        player = test_player.Terminal(
            self, base.replace("http://", "dvr://") + "/live/cam1")
        start = dvrtest.wait_for("a position", player.position)[0]
        dvrtest.wait_for("ten seconds", lambda: (
            player.position()[0] > start + 10))
        self.assertEqual(self.logged("stop-transmit"), [])
        self.assertEqual(self.logged("start-transmit"), [])
        parts = self.told_with_media()
        self.assertTrue([cmcd for cmcd in parts if cmcd.endswith("st=l")])

        # whatever is told of starving, it is not told all the time
        def mostly_not():
            told = ["bs" in cmcd.split(",") for cmcd in self.told_with_media()]
            return told.count(False) > max(2, told.count(True))
        dvrtest.wait_for("a player that does not starve", mostly_not)
        player.press(b" ")
        self.wait_logged("stop-transmit")
        player.press(b" ")
        self.wait_logged("start-transmit")

    def told_with_media(self):
        return [line["x-cmcd"] for line in self.logged("GET")
                if line["cs-uri-stem"].endswith(".m4s")]

    def count(self, line):
        found = re.search(r"-n=(\d+)", line["x-cmcd"])
        return int(found.group(1)) if found else 1

    def test_where_it_is_refused_seeks_are_standard(self):
        base = self.edge("allow-smart-seek=false")
        self.assertIn("#EXT-X-DVR-NO-SMART-SEEK\n", dvrtest.get_text(
            base + "/live/cam1/index.m3u8"))
        player = self.play(base)
        self.seek_back(player, "sought outside")
        player.press(b" ")
        dvrtest.wait_for("it to go on", lambda:
                         player.position()[0] > self.back + 2)
        for event in ("client-seek", "start-transmit", "stop-transmit"):
            self.assertEqual(self.all_logged(event), [])

    def check_refused_by_the_application(self, cache):
        """A player knows before its first seek, whatever stands between."""
        self.record(self.make_flv(seconds=40))
        self.log = self.path("access.log")
        keeper, base = self.keep_door(
            "proxystreamsrc location=file://%s ! segmentcache"
            % self.recordings, "edge", "access-log=" + self.log,
            ["client-seek//"])
        self.server = base
        player = self.play(cache(base))
        self.seek_back(player, "sought outside")
        asked = [line for line in keeper.output().splitlines()
                 if "client-seek" in line]
        self.assertEqual(asked, ["no client-seek http 127.0.0.1 live/cam1"])
        for event in ("client-seek", "start-transmit", "stop-transmit"):
            self.assertEqual(self.all_logged(event), [])
        # caches make a GET of it
        begun = [line["x-status"] for line in self.all_logged("GET")
                 if "-ev=begin" in line["x-cmcd"]]
        self.assertEqual(begun, ["403"])

    def test_where_the_application_refuses_seeks_are_standard(self):
        self.check_refused_by_the_application(
            lambda base: dvrpeers.proxy_nginx(self, base)[0])

    def test_it_is_asked_through_varnish(self):
        self.check_refused_by_the_application(
            lambda base: dvrpeers.varnish(self, base))

    def test_a_tier_below_hands_the_refusal_down(self):
        base = self.edge("allow-smart-seek=false")
        _, base = self.tier(base, "lower")
        dvrtest.wait_for("the list", lambda: "#EXT-X-DVR-NO-SMART-SEEK\n" in
                         dvrtest.get_text(base + "/live/cam1/index.m3u8"))


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two origins record one publisher; the edge goes on when one is killed."""

import os
import re
import shutil
import signal
import threading
import time
import unittest
import dvrbrowser
import dvrparts
import dvrtest

STREAM = "/live/cam1/"
SECOND = 1000000000


class Join(dvrtest.ChainTest):

    def origin(self, name, properties=""):
        """(process, base URL, where to publish)"""
        rtmp, http = dvrtest.free_port(), dvrtest.free_port()
        process = self.launch(
            "rtmpingestsrc location=rtmp://127.0.0.1:%d/live/cam1 ! "
            "rtmpdvrsink location=%s stream=live/cam1 reconnect-window=%d %s "
            "proxystreamsrc location=file://%s ! segmentcache ! "
            "dvrserversink host=127.0.0.1 http-port=%d"
            % (rtmp, self.path(name), SECOND, properties, self.path(name),
               http), name)
        base = "http://127.0.0.1:%d" % http
        self.wait_ready(process, base)
        return process, base, "rtmp://127.0.0.1:%d/live/cam1" % rtmp

    def publish(self, source, *urls):
        """One publisher that does not mind when one of them is gone."""
        return self.start(
            ["ffmpeg", "-v", "error", "-re", "-i", source, "-c", "copy",
             "-map", "0", "-f", "tee",
             "|".join("[f=flv:onfail=ignore]" + url for url in urls)],
            "publisher")

    def edge(self, first, second, server=""):
        return self.serve(
            "proxystreamsrc location=%s backup-locations=<%s> "
            "retry-delay=100000000 max-retry-delay=500000000 ! segmentcache"
            % (first, second), "edge", server)

    def n_segments(self, base):
        return len(dvrtest.segments_of(dvrtest.get_text(
            base + STREAM + "dvr.m3u8")))

    def watch(self, base):
        """Reads a live list from its begin to its end, in a thread; what to
        call for its packets."""
        result = {}

        def run():
            try:
                result.update(dvrtest.packets(
                    base + STREAM + "dvr.m3u8",
                    options=["-live_start_index", "0"]))
            except AssertionError as e:
                result["error"] = e
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)

        def finish():
            thread.join(2 * dvrtest.DEADLINE)
            self.assertFalse(thread.is_alive(), "the list does not end")
            if "error" in result:
                raise result["error"]
            return result
        return finish

    def check(self, source, seen, kind):
        """All from the first to the last that was seen, each once, in
        order."""
        was = [p[2] for p in dvrtest.packets(source)[kind]]
        now = [p[2] for p in seen[kind]]
        self.assertEqual(len(set(was)), len(was), "the source repeats itself")
        first = was.index(now[0])
        twice = len(now) - len(set(now))
        was = was[first:was.index(now[-1]) + 1]
        missing = [i for i, p in enumerate(was) if p not in set(now)]
        self.assertEqual((twice, missing), (0, []), kind)
        self.assertEqual(now, was)

    def join(self, gop, properties):
        # it ends when it is stopped, however long all else takes
        source = self.make_flv(seconds=90, gop=gop)
        one, first, publish_one = self.origin("one")
        two, second, publish_two = self.origin("two", properties)
        publisher = self.publish(source, publish_one, publish_two)
        _, edge = self.edge(first, second)
        dvrtest.wait_for("segments", lambda: self.n_segments(edge) >= 2)
        finish = self.watch(edge)

        def seen():
            # an init section, and all but the newest, which the edge has; what
            # nobody asked for before the loss is lost
            n = self.n_segments(edge)
            return n >= 4 and dvrtest.metric(
                edge, "dvrserversink_media_requests_total") >= n
        dvrtest.wait_for("the viewer to have seen four", seen)
        one.popen.send_signal(signal.SIGKILL)
        n = self.n_segments(edge)
        dvrtest.wait_for("the stream to go on",
                         lambda: self.n_segments(edge) >= n + 4)
        publisher.stop()
        seen = finish()
        self.check(source, seen, "video")
        self.check(source, seen, "audio")
        self.assertTrue(two.running())

        text = dvrtest.get_text(edge + STREAM + "dvr.m3u8")
        self.assertEqual(text.count("#EXT-X-DISCONTINUITY\n"), 1)
        # that is all that is listed
        listed = sum(map(float, re.findall("#EXTINF:([0-9.]+)", text)))
        self.assertAlmostEqual(len(seen["video"]) / 25, listed, delta=0.15)
        numbers = [int(re.search(r"/(\d+)\.m4s", s)[1])
                   for s in dvrtest.segments_of(text)]
        self.assertEqual(numbers, list(range(numbers[0],
                                             numbers[0] + len(numbers))))

    def test_origin_killed_equal_cuts(self):
        self.join(50, "")

    def test_origin_killed_other_cuts(self):
        self.join(25, "target-duration=%d" % (3 * SECOND))

    def lose_within_segment(self, properties="", tiers=0,
                            sig=signal.SIGKILL):
        """A viewer reads parts, below as many more tiers; the first origin is
        killed early within a segment of four seconds. (the source, the edge,
        the reader, the place where that was, how much longer it waited for a
        part then)"""
        source = self.make_flv(seconds=60, gop=100)
        long = "target-duration=%d" % (4 * SECOND)
        one, first, publish_one = self.origin("one", long)
        _, second, publish_two = self.origin("two", properties or long)
        publisher = self.publish(source, publish_one, publish_two)
        _, edge = self.edge(first, second)
        for i in range(tiers):
            _, edge = self.tier(edge, "tier%d" % i)
        dvrtest.wait_for("a segment", lambda: self.n_segments(edge) >= 1)
        reader = dvrparts.PartReader(edge, STREAM)
        reader.start()
        dvrtest.wait_for(
            "the first parts of a segment", lambda: len(reader.places) > 2
            and 2 <= reader.places[-1][1] <= 6)
        one.popen.send_signal(sig)
        at, lost = reader.places[-1], time.monotonic()
        if sig == signal.SIGSTOP:
            self.addCleanup(one.popen.send_signal, signal.SIGCONT)
        n = len(reader.places)
        dvrtest.wait_for("the stream to go on",
                         lambda: len(reader.places) > n + 24)
        publisher.stop()
        reader.finish()
        usual = max(b - a for a, b in zip(reader.times, reader.times[1:])
                    if b < lost)
        longest = max(reader.gaps())
        print("longest wait for a part: usually %.0f ms, over the loss "
              "%.0f ms" % (usual * 1000, longest * 1000))
        return source, edge, reader, at, longest - usual

    def check_loss(self, seconds, check, **kwargs):
        """Loses an origin, and checks what the viewer had. It may wait so
        long more; a machine that is busy just then gets another chance."""
        for _ in range(3):
            before = len(dvrtest.Process.started)
            source, edge, reader, at, more = self.lose_within_segment(**kwargs)
            self.check_parts(source, reader)
            check(edge, at)
            if more < seconds:
                return
            for process in dvrtest.Process.started[before:]:
                process.stop(signal.SIGKILL)
            shutil.rmtree(self.directory)
            os.mkdir(self.directory)
        self.fail("it waited for %.1f s more" % more)

    def check_parts(self, source, reader):
        was = dvrtest.packets(source)
        now = reader.packets(self)
        for kind in ("video", "audio"):
            all_of_it = [p[2] for p in was[kind]]
            places = [all_of_it.index(p) for p in now[kind]]
            missing = [i for i in range(places[0], places[-1])
                       if i not in places]
            self.assertEqual(missing, [], (kind, reader.refused))
            self.assertEqual(places, sorted(set(places)), kind)

    def test_low_latency_viewer_goes_on_within_the_segment(self):
        def check(edge, at):
            # it ends with what was seen of it, and the rest begins the next
            text = dvrtest.get_text(edge + STREAM + "dvr.m3u8")
            lengths = re.findall("#EXTINF:([0-9.]+)", text)
            first = int(re.search("MEDIA-SEQUENCE:([0-9]+)", text)[1])
            short, rest = [float(lengths[at[0] + i - first]) for i in (0, 1)]
            self.assertLess(short, 0.25 * (at[1] + 1) + 1.5)
            self.assertAlmostEqual(short + rest, 4, delta=0.05)
        # a timeout would be three seconds
        self.check_loss(2, check, tiers=1)

    def test_silent_origin_with_other_cuts_is_left_within_the_segment(self):
        """Its timeout is 3 s, from when a part was due."""
        self.check_loss(
            5, lambda edge, at: None, properties="target-duration=%d "
            "part-duration=%d" % (8 * SECOND, SECOND // 5),
            sig=signal.SIGSTOP)

    def test_rtmp_viewer_sees_nothing_twice(self):
        """What was lost inside a segment may cost the rest of that."""
        gop, port = 50, dvrtest.free_port()
        source = self.make_flv(seconds=20, gop=gop)
        one, first, publish_one = self.origin("one")
        _, second, publish_two = self.origin("two")
        self.publish(source, publish_one, publish_two)
        _, edge = self.edge(first, second, "rtmp-port=%d" % port)
        dvrtest.wait_for("a segment", lambda: self.n_segments(edge) >= 1)
        copy = self.path("copy.flv")
        viewer = self.start(
            ["ffmpeg", "-v", "error", "-i",
             "rtmp://127.0.0.1:%d/live/cam1" % port, "-c", "copy",
             "-flush_packets", "1", copy], "viewer")
        dvrtest.wait_for("the viewer", lambda: dvrtest.metric(
            edge, "dvrserversink_rtmp_clients") == 1)
        dvrtest.wait_for("more segments", lambda: self.n_segments(edge) >= 4)
        one.popen.send_signal(signal.SIGKILL)
        dvrtest.wait_for("the end", lambda: "#EXT-X-ENDLIST" in
                         dvrtest.get_text(edge + STREAM + "dvr.m3u8"))
        was = [p[2] for p in dvrtest.packets(source)["video"]]
        dvrtest.wait_for("the viewer to go on", lambda: dvrtest.packets(
            copy)["video"][-1][2] in was[401:])
        viewer.stop(signal.SIGINT)
        now = [p[2] for p in dvrtest.packets(copy)["video"]]
        self.assertEqual(len(now), len(set(now)), "frames came twice")
        places = [was.index(p) for p in now]
        self.assertEqual(places, sorted(places))
        missing = places[-1] - places[0] + 1 - len(places)
        self.assertLessEqual(missing, gop)

    @unittest.skipUnless(dvrbrowser.available(), "hls.js is not installed")
    def test_low_latency_player_plays_on(self):
        source = self.make_flv(seconds=180, rate=10, gop=20)
        one, first, publish_one = self.origin("one")
        _, second, publish_two = self.origin("two")
        self.publish(source, publish_one, publish_two)
        _, edge = self.edge(first, second)
        dvrtest.wait_for("segments", lambda: self.n_segments(edge) >= 3)
        browser = dvrbrowser.Browser(self)
        browser.load(edge + STREAM + "index.m3u8")
        browser.plays(2)
        one.popen.send_signal(signal.SIGKILL)
        browser.plays(10)
        self.assertEqual(browser.look()["fatal"], [])
        self.assertEqual(dvrtest.get_text(edge + STREAM + "dvr.m3u8")
                         .count("#EXT-X-DISCONTINUITY\n"), 1)


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""dvr:// in the programs people play with, and what servers see of it."""

import datetime
import os
import pty
import re
import signal
import subprocess
import dvrpeers
import dvrtest

BUILD = os.environ.get("DVR_BUILD_DIR", "build")
LEFT, RIGHT = b"\033[D", b"\033[C"


class Terminal:
    """dvr-player in a terminal of its own."""

    def __init__(self, test, uri, options=("-t",), env=None):
        self.master, slave = pty.openpty()
        test.addCleanup(os.close, self.master)
        self.process = test.start(
            [os.path.join(BUILD, "examples", "dvr-player"), *options, uri],
            "player", stdin=slave, env=env)
        os.close(slave)

    def press(self, key):
        os.write(self.master, key)

    def positions(self):
        """All that were told: (what is on show, seconds to the live edge, the
        last word)."""
        return [(int(h) * 3600 + int(m) * 60 + float(s), float(live), word)
                for h, m, s, live, word in re.findall(
                    r"(\d+):(\d+):(\d+\.\d+) \[.*?\] live -(\S+) s "
                    r"+\S+ \S+ \S+ s of \S+ +([^\033]*)",
                    self.process.output())]

    def position(self):
        """The last of them."""
        return (self.positions() or [None])[-1]

    def pause(self):
        """Pauses it; where it then stands still."""
        self.press(b" ")
        return self.stand()

    def stand(self):
        """Where it stands still, once it does."""
        def told():
            last = self.process.output().split("live -")[-4:-1]
            return len({p[0] for p in self.positions()[-3:]}) == 1 and all(
                "||" in line for line in last)
        dvrtest.wait_for("a standstill", told)
        return self.position()[0]

    def wait_lines(self, n):
        """Until it has told of itself so many times more."""
        told = len(self.positions())
        dvrtest.wait_for("%d lines" % n, lambda:
                         len(self.positions()) >= told + n)

    def step(self, key, done):
        """Where it stands after a step. While nothing is on show it does not
        step; a key that comes while it does would be undone."""
        self.press(key)
        told = len(self.positions())

        def stepped():
            nonlocal told
            now = self.positions()
            if len(now) > told + 30 and "cannot step" in now[-1][2]:
                told = len(now)
                self.press(key)
            return done(now[-1])
        dvrtest.wait_for("a step", stepped)
        self.wait_lines(4)
        return self.stand()


class Player(dvrtest.ChainTest):

    def uri(self, base, query=""):
        return base.replace("http://", "dvr://") + "/live/cam1" + query

    def recorded(self, seconds=20):
        flv = self.make_flv(seconds=seconds)
        self.record(flv)
        return flv

    def test_the_discoverer_knows_what_it_is(self):
        self.recorded(6)
        _, base = self.origin()
        text = dvrtest.run(["gst-discoverer-1.0", self.uri(base)]).decode()
        self.assertIn("H.264", text)
        self.assertIn("AAC", text)
        self.assertIn("Seekable: yes", text)
        self.assertIn("Live: no", text)
        self.assertRegex(text, r"Duration: 0:00:0[56]")

    def test_gst_play_plays_to_the_end(self):
        self.recorded(6)
        for option in ([], ["--use-playbin3"]):
            _, base = self.origin("origin%d" % len(option))
            done = subprocess.run(
                ["gst-play-1.0", "--no-interactive", *option,
                 "--videosink=fakevideosink", "--audiosink=fakeaudiosink",
                 self.uri(base, "?start=4")], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
                timeout=2 * dvrtest.DEADLINE)
            self.assertIn("Reached end of play list", done.stdout)
            self.assertNotIn("ERROR", done.stdout)

    def test_another_codec_in_the_midst_of_it(self):
        """Sound as AAC, then as MP3. playbin goes on; who does not says where
        to begin anew."""
        options = {"properties": "reconnect-window=1000000000"}
        self.record(self.make_flv("aac", seconds=4), **options)
        self.record(self.make_flv("mp3", seconds=4, extra=[
            "-c:a", "libmp3lame"]), **options)
        for option in ([], ["--use-playbin3"]):
            _, base = self.origin("origin%d" % len(option))
            done = subprocess.run(
                ["gst-play-1.0", "--no-interactive", *option,
                 "--videosink=fakevideosink", "--audiosink=fakeaudiosink",
                 self.uri(base, "?start=0")], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
                timeout=2 * dvrtest.DEADLINE)
            if "ERROR" in done.stdout:
                self.assertTrue(option, done.stdout)
                self.assertIn("another codec", done.stdout)
                start = re.search(r"start=(\d\.\d+)", done.stdout)
                self.assertAlmostEqual(float(start.group(1)), 4, delta=0.5)
            else:
                self.assertIn("Reached end of play list", done.stdout)

    def test_uridecodebin3_decodes_every_frame(self):
        self.recorded(4)
        _, base = self.origin()
        out = dvrtest.run(
            ["gst-launch-1.0", "-q", "uridecodebin3", "name=d",
             "uri=" + self.uri(base), "d.", "!", "video/x-raw", "!",
             "videoconvert", "!", "video/x-raw,format=I420", "!", "filesink",
             "location=" + self.path("frames"), "d.", "!", "audio/x-raw",
             "!", "fakesink"])
        self.assertEqual(out, b"")
        self.assertEqual(os.path.getsize(self.path("frames")),
                         100 * 320 * 180 * 3 // 2)

    def test_seeks_in_the_buffer_are_no_requests(self):
        self.recorded()
        port = dvrtest.free_port()
        nginx = dvrpeers.Nginx(self, "static", http=dvrpeers.STATIC.strip()
                               % (port, self.recordings))
        base = "http://127.0.0.1:%d" % port
        dvrpeers.wait_http(base)
        player = Terminal(self, self.uri(base, "?start=0"))
        dvrtest.wait_for("some seconds", lambda: (
            player.position() or (0,))[0] > 5)
        player.pause()

        def media():
            return [r for r in nginx.all_requests(base) if ".m4s" in r]

        def rested():
            # what is decoded in advance is asked for even in pause
            seen = media()
            player.wait_lines(20)
            return seen == media()
        dvrtest.wait_for("a full buffer", rested)
        before = media()
        for _ in range(5):
            player.press(LEFT)
            dvrtest.wait_for("the begin", lambda: player.position()[0] < 3
                             and "in the buffer" in player.position()[2])
            player.wait_lines(5)
        self.assertEqual(media(), before)
        player.press(RIGHT)
        dvrtest.wait_for("somewhere else",
                         lambda: player.position()[0] > 9)
        dvrtest.wait_for("requests", lambda: len(media()) > len(before))
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)

    def test_an_arrow_comes_in_pieces(self):
        """As over a slow line; also one with Ctrl held."""
        self.recorded(40)
        _, base = self.origin()
        player = Terminal(self, self.uri(base, "?start=0"))
        dvrtest.wait_for("pictures", lambda: player.position())
        still = player.pause()
        for pieces in (b"\033", b"[", b"C"), (b"\033[1;", b"5C"):
            for piece in pieces:
                player.press(piece)
                player.wait_lines(3)
            still += 10
            dvrtest.wait_for("ten seconds on", lambda: abs(
                player.position()[0] - still) < 0.1)
            still = player.stand()
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)

    def live(self):
        self.launch(dvrpeers.live_chain(recordings=self.recordings, gop=25),
                    "recorder")
        _, base = self.origin()
        dvrtest.wait_for("six seconds", lambda: dvrtest.get_text(
            base + "/live/cam1/index.m3u8").count("#EXTINF") >= 3)
        return base

    def test_live_is_paused_rewound_and_caught_up_with(self):
        player = Terminal(self, self.uri(self.live(), "?start=-5"))
        dvrtest.wait_for("pictures", lambda: player.position())
        player.press(LEFT)
        dvrtest.wait_for("the past", lambda: player.position()[1] > 5)
        player.press(b"l")
        dvrtest.wait_for("the live edge", lambda: player.position()[1] < 2.5)
        # a step is refused until something is on show
        edge = player.position()[0]
        dvrtest.wait_for("it to go on",
                         lambda: player.position()[0] > edge + 0.5)
        still = player.step(b",", lambda now: "Step.Notify" in now[2])
        dvrtest.wait_for("live to go on", lambda:
                         player.position()[1] > 4)
        self.assertAlmostEqual(player.position()[0], still, delta=0.001)
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)

    def transcode(self, base, properties, stream):
        return self.launch(
            "proxystreamsrc location=%s remote-name=live/cam1 ! segmentcache "
            "%s ! qtdemux name=d d.video_0 ! queue ! h264parse ! "
            "avdec_h264 ! x264enc tune=zerolatency key-int-max=25 ! h264parse "
            "! mux. d.audio_0 ! queue ! aacparse ! mux. flvmux name=mux "
            "streamable=true ! rtmpdvrsink location=%s stream=%s"
            % (base, properties, self.recordings, stream),
            stream.replace("/", "-"))

    def test_live_is_transcoded_from_live_and_from_its_begin(self):
        base = self.live()
        self.transcode(self.origin("one")[1], "", "live/low")
        self.transcode(self.origin("two")[1], "start=0", "live/old")
        for stream in ("live/low", "live/old"):
            dvrtest.wait_for(stream, lambda: dvrtest.get_text(
                base + "/%s/index.m3u8" % stream).count("#EXTINF") >= 2)

    def test_it_is_transcoded_from_any_time(self):
        """By stream time and by time of day, to the frame."""
        self.recorded(12)
        _, base = self.origin()
        text = dvrtest.get_text(base + "/live/cam1/index.m3u8")
        begin = datetime.datetime.fromisoformat(re.search(
            "#EXT-X-PROGRAM-DATE-TIME:(.*)Z", text).group(1))
        day = begin + datetime.timedelta(seconds=4, milliseconds=520)
        for number, properties in enumerate((
                "start=4520000000",
                "start=-7480000000",
                "start-date-time=%sZ" % day.isoformat(
                    timespec="milliseconds"))):
            stream = "live/low%d" % number
            line = self.transcode(base, properties, stream)
            self.assertEqual(line.wait(), 0, line.output()[-2000:])
            video = dvrtest.packets(os.path.join(
                self.recordings, stream, "index.m3u8"))["video"]
            # the first one is shown at 80 ms, since there are B-frames
            self.assertAlmostEqual(len(video), 300 - 111, delta=2,
                                   msg=properties)

    def test_a_day_in_the_window_of_a_live_stream_is_transcoded(self):
        """From a time of day, faster than it went by, and on into live."""
        base = self.live()
        text = dvrtest.get_text(base + "/live/cam1/index.m3u8")
        day = re.search("#EXT-X-PROGRAM-DATE-TIME:(.*)", text).group(1)
        self.transcode(base, "start-date-time=" + day, "live/day")
        dvrtest.wait_for("all of it and more", lambda: dvrtest.get_text(
            base + "/live/day/index.m3u8").count("#EXTINF") >=
            text.count("#EXTINF") + 1)

    def test_the_server_goes_and_comes_back(self):
        """Nothing is missing, nothing comes twice."""
        self.recorded()
        port = dvrtest.free_port()
        serve = ("proxystreamsrc location=file://%s ! segmentcache ! "
                 "dvrserversink host=127.0.0.1 http-port=%d"
                 % (self.recordings, port))
        first = self.launch(serve, "first")
        base = "http://127.0.0.1:%d" % port
        self.wait_ready(first, base)
        player = self.launch(
            "dvrsrc uri=%s ! queue max-size-buffers=1 ! identity "
            "sleep-time=20000 ! filesink location=%s buffer-mode=unbuffered"
            % (self.uri(base), self.path("copy.mp4")), "player")

        def size():
            try:
                return os.path.getsize(self.path("copy.mp4"))
            except OSError:
                return 0
        dvrtest.wait_for("some bytes", lambda: size() > 50000)
        first.stop(signal.SIGKILL)
        second = self.launch(serve, "second")
        self.wait_ready(second, base)
        self.assertEqual(player.wait(2 * dvrtest.DEADLINE), 0,
                         player.output()[-2000:])
        copy = dvrtest.packets(self.path("copy.mp4"))
        whole = dvrtest.packets(os.path.join(
            self.recordings, "live", "cam1", "index.m3u8"))
        for kind in whole:
            self.assertEqual([p[2] for p in copy[kind]],
                             [p[2] for p in whole[kind]])

    def test_a_tier_dies_under_a_live_player(self):
        """The buffer is played, and it goes on where it stopped."""
        base = self.live()
        port = dvrtest.free_port()
        chain = ("proxystreamsrc location=%s ! segmentcache ! dvrserversink "
                 "host=127.0.0.1 http-port=%d" % (base, port))
        edge = "http://127.0.0.1:%d" % port
        self.wait_ready(first := self.launch(chain, "first"), edge)
        player = Terminal(self, self.uri(edge, "?start=-5"))
        dvrtest.wait_for("pictures", lambda: len(player.positions()) > 5)
        killed = player.position()[0]
        first.stop(signal.SIGKILL)
        dvrtest.wait_for("an empty buffer", lambda: "NetStream.Buffer.Empty"
                         in player.position()[2])
        # and what was decoded in advance
        dvrtest.wait_for("a standstill", lambda: len(
            {p[0] for p in player.positions()[-10:]}) == 1)
        still = player.position()[0]
        self.assertGreater(still, killed + 0.5)
        # the stream goes on meanwhile

        def count():
            return dvrtest.get_text(
                base + "/live/cam1/index.m3u8").count("#EXTINF")
        dvrtest.wait_for("more segments",
                         lambda n=count(): count() >= n + 4)
        self.assertAlmostEqual(player.position()[0], still, delta=0.5)
        self.wait_ready(self.launch(chain, "second"), edge)
        dvrtest.wait_for("a full buffer", lambda: "NetStream.Buffer.Full"
                         in player.process.output())
        dvrtest.wait_for("it to go on",
                         lambda: player.position()[0] > still + 2)
        told = [p[0] for p in player.positions()]
        for a, b in zip(told, told[1:]):
            # what went by meanwhile, eight seconds, is not left out
            self.assertLess(abs(b - a), 5)
        player.press(b"q")
        self.assertEqual(player.process.wait(), 0)


if __name__ == "__main__":
    dvrtest.main()

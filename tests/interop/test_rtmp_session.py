# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the server says to a player's commands, message by message."""

import os
import socket
import time
import dvrrtmp
import dvrsession
import dvrtest
from dvrrtmp import COMMAND, VIDEO, parse_all, pictures, words
from dvrsession import PLAY


class Session(dvrsession.Session):

    def test_connecting(self):
        self.recorded()
        client = self.client()
        kinds = [m[0] for m in client.heard]
        self.assertEqual(kinds[:5], [5, 6, 4, 1, COMMAND])
        name, _, properties, info = parse_all(client.heard[4][3])
        self.assertEqual(name, "_result")
        self.assertEqual(info["code"], "NetConnection.Connect.Success")
        self.assertEqual(info["level"], "status")
        self.assertIn("fmsVer", properties)
        self.assertEqual(client.create_stream(), 1)
        self.assertEqual(client.create_stream(), 2)

    def test_playing_a_recording_to_its_end(self):
        self.recorded()
        client = self.client()
        client.take()
        stream = client.create_stream()
        client.take()
        client.user(dvrrtmp.BUFFER, stream, 60000)
        client.play("cam1", 0, -1000, True, stream=stream)
        client.wait_word("NetStream.Play.Stop")
        client.settle()
        self.assertEqual(dvrrtmp.squeeze(client.words()),
                         ["IsRecorded"] + PLAY + [
                             "NetStream.Play.Complete", "NetStream.Play.Stop",
                             "EOF"])
        video = self.times(client)
        self.assertEqual(len(video), 251)
        self.assertEqual(video[0], video[1])
        self.assertLess(video[0], 50)
        self.assertEqual(video, sorted(video))

    def test_where_play_starts(self):
        self.recorded()
        for start, first in ((0, 0), (3000, 75), (-2000, 0), (-2, 0),
                             (99000, 225)):
            client = self.client()
            client.play("cam1", start)
            client.wait_word("key")
            self.assertEqual(self.frames(client.heard)[0], first, start)
            client.close()

    def test_a_length_ends_it_and_a_frame_is_one(self):
        self.recorded()
        client = self.client()
        client.play("cam1", 2000, 3000)
        client.wait_word("NetStream.Play.Stop")
        self.assertAlmostEqual(len(pictures(client.heard)), 75, delta=2)
        client = self.client()
        client.play("cam1", 2000, 0)
        client.wait_word("NetStream.Play.Stop")
        self.assertEqual(len(pictures(client.heard)), 1)

    def test_without_reset_nothing_is_said_of_it(self):
        self.recorded()
        client = self.client()
        client.play("cam1", 0, -1000, False)
        client.wait_word("key")
        self.assertNotIn("NetStream.Play.Reset", client.words())

    def test_a_missing_stream(self):
        self.recorded()
        client = self.client()
        client.play("none")
        client.wait_word("NetStream.Play.StreamNotFound")
        # and the connection goes on
        client.play("cam1")
        client.wait_word("key")

    def test_pausing_and_going_on(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        last = max(self.times(client))
        client.command("pause", 0, None, True, 1000, stream=stream)
        client.wait_word("NetStream.Pause.Notify")
        client.settle()
        client.take()
        client.poll(2)
        self.assertNotIn("video", client.words())
        client.command("pause", 0, None, False, 1000, stream=stream)
        client.wait_word("video")
        said = client.words()
        self.assertEqual(said[:2], ["NetStream.Unpause.Notify", "Begin"])
        self.assertGreaterEqual(self.times(client)[0], last)
        self.assertNotIn("avc-config", said)

    def test_a_smart_pause_is_a_pause(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.take()
        client.command("pauseRaw", 0, None, True, 1000, stream=stream)
        client.wait_word("EOF")
        self.assertEqual(client.words(), ["NetStream.Pause.Notify", "EOF"])
        client.take()
        client.command("pauseRaw", 0, None, False, 1000, stream=stream)
        client.wait_word("video")
        self.assertEqual(client.words()[:2],
                         ["NetStream.Unpause.Notify", "Begin"])

    def test_the_clients_buffer_is_filled_and_no_more(self):
        self.recorded()
        client = self.client()
        stream = client.create_stream()
        client.user(dvrrtmp.BUFFER, stream, 6000)
        began = time.monotonic()
        client.play("cam1", 0, stream=stream)
        client.wait_word("BufferEmpty")
        filled = time.monotonic() - began
        self.assertLess(filled, 3)
        # and what would have been played meanwhile
        self.assertTrue(5900 <= max(self.times(client)) <=
                        6300 + 1000 * filled)
        client.wait_word("BufferReady")
        waited = time.monotonic() - began
        self.assertTrue(1.5 < waited < 6, waited)

    def test_seeking(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.take()
        client.command("seek", 0, None, 6000, stream=stream)
        client.wait_word("key")
        self.assertEqual(
            dvrrtmp.squeeze(client.words()),
            ["EOF", "IsRecorded", "Begin", "NetStream.Seek.Notify",
             "NetStream.Play.Start"] + PLAY[3:])
        notify = client.saying("NetStream.Seek.Notify")[0]
        self.assertEqual(notify[2], 6000)
        key = pictures(client.heard)[0]
        self.assertEqual(self.frame_of(key[3]), 150)
        self.assertTrue(5900 <= key[2] <= 6000, key[2])

    def test_pictures_begin_at_once_however_long_sound_is_missing(self):
        short = self.path("short.flv")
        dvrtest.run(["ffmpeg", "-v", "error", "-stream_loop", "3", "-i",
                     self.flv, "-t", "2", "-i", self.flv, "-map", "0:v",
                     "-map", "1:a", "-c", "copy", short])
        self.record(short)
        self.server()
        # somebody has played all of it, and others are sent the same
        first = self.client()
        stream = first.create_stream()
        first.user(dvrrtmp.BUFFER, stream, 60000)
        first.play("cam1", 0, stream=stream)
        first.wait_word("NetStream.Play.Complete")
        client = self.client()
        stream = client.create_stream()
        client.user(dvrrtmp.BUFFER, stream, 1000)
        client.play("cam1", 30000, stream=stream)
        client.wait(lambda m: len(pictures(client.heard)) >= 25, "a second")
        self.assertLess(pictures(client.heard)[0][2], 1500)

    def test_every_seek_is_done_however_many(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.take()
        for i in range(100):
            client.command("seek", 0, None, 4000 + 20 * i, stream=stream)
        client.wait(lambda m: len(client.saying("NetStream.Seek.Notify"))
                    == 100, "all of them")
        self.assertEqual([m[2] for m in client.saying(
            "NetStream.Seek.Notify")], [4000 + 20 * i for i in range(100)])

    def test_seeking_beyond_what_there_is(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.take()
        client.command("seek", 0, None, 3600000, stream=stream)
        client.wait_word("NetStream.Seek.Notify")
        notify = client.saying("NetStream.Seek.Notify")[0]
        self.assertTrue(9900 <= notify[2] <= 10200, notify[2])

    def test_seeking_in_pause_shows_one_picture(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.command("pause", 0, None, True, 0, stream=stream)
        client.wait_word("NetStream.Pause.Notify")
        client.settle()
        client.take()
        client.command("seek", 0, None, 4000, stream=stream)
        client.wait_word("key")
        client.poll(1)
        said = client.words()
        self.assertEqual(said.count("key"), 1)
        self.assertNotIn("video", said)
        client.take()
        client.command("pause", 0, None, False, 4000, stream=stream)
        client.wait_word("video")
        self.assertNotIn("key", client.words()[:4])

    def test_sound_or_pictures_alone(self):
        self.recorded()
        for kind, other in (("Video", "audio"), ("Audio", "video")):
            client = self.client()
            stream = client.play("cam1", 0)
            client.wait_word("BufferEmpty")
            client.command("receive" + kind, 0, None, False, stream=stream)
            client.settle()
            client.take()
            client.wait_word(other)
            client.poll(0.5)
            self.assertNotIn(kind.lower(), client.words())
            self.assertNotIn("NetStream.Seek.Notify", client.words())
            client.take()
            client.command("receive" + kind, 0, None, True, stream=stream)
            client.wait_word(kind.lower())
            said = client.words()
            self.assertLess(said.index("NetStream.Seek.Notify"),
                            said.index("NetStream.Play.Start"))
            client.close()

    def test_smart_seek_in_every_shape(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.command("seekRaw", 0, None, 1500, stream=stream)
        for args in ((), (True,), (True, 2000), (2000,)):
            for at in (stream, 0):
                client.command("stopTransmit", 0, None, *args, stream=at)
        client.settle()
        client.take()
        client.poll(3)
        self.assertEqual([w for w in client.words() if w in
                          ("video", "audio", "key")], [])
        client.command("startTransmit", 0, None, False, 2500, stream=stream)
        client.wait_word("video")
        self.assertNotIn("NetStream.Seek.Notify", client.words())
        client.close()
        events = dvrtest.wait_for("the log", lambda: (
            lambda e: "disconnect" in e and e)(self.logged()))
        self.assertEqual(events["client-seek"][0]["x-spos"], "1500")
        self.assertIn("start-transmit", events)
        self.assertIn("stop-transmit", events)
        self.assertNotIn("step", events)

    def test_smart_seek_can_be_refused(self):
        self.recorded("allow-smart-seek=false")
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        for name in ("seekRaw", "startTransmit", "stopTransmit"):
            client.take()
            answer, values = client.call(name, None, 1000, stream=stream)
            self.assertEqual(answer, "_error")
            self.assertEqual(values[1]["code"],
                             "NetConnection.Call.Prohibited")
            # who asks for no answer is told in a status
            client.take()
            client.command(name, 0, None, 1000, stream=stream)
            client.wait_word("NetConnection.Call.Prohibited")
            said = next(m for m in client.heard if m[0] == COMMAND)
            self.assertEqual(parse_all(said[3])[0], "onStatus")
        client.take()
        client.wait_word("video")

    def test_seeking_takes_up_what_was_stopped(self):
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.command("stopTransmit", 0, None, stream=stream)
        client.settle()
        client.take()
        client.command("seek", 0, None, 6000, stream=stream)
        client.wait_word("key")

    def test_commands_that_make_no_sense(self):
        self.recorded()
        client = self.client()
        stream = client.create_stream()
        client.command("seek", 0, None, 1000, stream=stream)
        client.wait_word("NetStream.Seek.Failed")
        for name in ("pause", "receiveAudio", "seekRaw", "stopTransmit"):
            client.command(name, 0, None, True, 0, stream=stream)
        client.take()
        client.play("cam1", 0, stream=stream)
        client.wait_word("BufferEmpty")
        client.take()
        client.command("seek", 0, None, "where", stream=stream)
        client.wait_word("NetStream.Seek.Failed")
        client.take()
        client.command("set_playlist", 0, None, ["cam1"], stream=stream)
        client.command("jump", 0, None, 1000, stream=stream)
        self.assertEqual(client.call("jump", None, 1000, stream=stream)[0],
                         "_error")
        self.assertIn("NetConnection.Call.Failed", client.words())
        client.take()
        client.wait_word("video")
        # play(false) is how ActionScript stops
        client.play(False, stream=stream)
        client.settle()
        client.take()
        client.poll(1)
        self.assertEqual(client.words(), [])

    def test_too_many_viewers(self):
        self.recorded("max-clients=1")
        client = self.client()
        client.play("cam1", 0)
        client.wait_word("key")
        second = self.client()
        stream = second.play("cam1", 0)
        second.wait_word("NetStream.Play.Failed")
        client.close()
        dvrtest.wait_for("the log", lambda: "disconnect" in self.logged())
        second.play("cam1", 0, stream=stream)
        second.wait_word("key")

    def test_codecs_are_told_again_where_they_change(self):
        other = self.make_flv("other.flv", seconds=3, gop=25,
                              extra=("-s", "160x90"))
        began = time.monotonic()
        self.record(self.flv)
        self.record(other)
        # the time between two recordings is kept, if it is more than the
        # first one lasts
        late = max(0, 1000 * (time.monotonic() - began - 10))
        self.server()
        client = self.client()
        stream = client.create_stream()
        client.user(dvrrtmp.BUFFER, stream, 60000)
        client.play("cam1", 0, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        said = dvrrtmp.squeeze(client.words())
        head = ["onMetaData", "avc-config", "aac-config", "media"]
        self.assertEqual(said.count("avc-config"), 2)
        self.assertEqual(said[said.index("media") + 1:][:4], head)
        sizes = [parse_all(m[3])[1]["width"]
                 for m in client.saying("onMetaData")]
        self.assertEqual(sizes, [320, 160])
        times = self.times(client)
        self.assertEqual(times, sorted(times))
        self.assertTrue(12800 < times[-1] < 13400 + late, times[-1])

    def test_lengths_and_dvr_cast(self):
        self.recorded()
        client = self.client()
        self.assertAlmostEqual(
            client.call("getStreamLength", None, "cam1")[1][1], 10, delta=0.2)
        self.assertEqual(client.call("getStreamLength", None, "none")[1][1], 0)
        for call, back, code in (
                ("DVRSubscribe", "onDVRSubscribe", "NetStream.Play.Start"),
                ("DVRUnsubscribe", "onDVRUnSubscribe", "NetStream.Play.Stop"),
                ("DVRUnSubscribe", "onDVRUnSubscribe", "NetStream.Play.Stop"),
                ("FCSubscribe", "onFCSubscribe", "NetStream.Play.Start")):
            client.take()
            self.assertEqual(client.call(call, None, "cam1")[0], "_result")
            client.wait_word(code)
            self.assertIn(back, [parse_all(m[3])[0] for m in client.heard])
        self.assertEqual(client.call("DVRSetStreamInfo", None, {})[0],
                         "_result")
        info = client.call("DVRGetStreamInfo", None, "cam1")[1][1]
        self.assertEqual(info["code"], "NetStream.DVRStreamInfo.Success")
        self.assertAlmostEqual(info["data"]["currLen"], 10, delta=0.2)
        self.assertFalse(info["data"]["isRec"])
        info = client.call("DVRGetStreamInfo", None, "none")[1][1]
        self.assertEqual(info["code"], "NetStream.DVRStreamInfo.Retry")

    def test_closing_a_stream_ends_it(self):
        self.recorded()
        for end in (("closeStream", None), ("deleteStream", None, 1)):
            client = self.client()
            stream = client.play("cam1", 0)
            client.wait_word("BufferEmpty")
            client.command(end[0], 0, *end[1:],
                           stream=stream if end[0] == "closeStream" else 0)
            client.settle()
            client.take()
            client.poll(2)
            self.assertEqual(client.words(), [])

    def test_going_over_to_another_stream(self):
        self.record(self.flv, "live/cam2")
        self.recorded()
        client = self.client()
        stream = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.command("play2", 0, None,
                       {"streamName": "cam2", "oldStreamName": "cam1",
                        "transition": "switch", "start": -2, "len": -1,
                        "offset": -1}, stream=stream)
        client.wait_word("NetStream.Play.TransitionComplete")
        client.wait_word("key")
        said = client.words()
        self.assertIn("NetStream.Play.Transition", said)
        self.assertLess(said.index("NetStream.Play.Transition"),
                        said.index("NetStream.Play.TransitionComplete"))
        at = said.index("NetStream.Play.TransitionComplete")
        last = max(m[2] for m in client.heard[:at] if m[0] == VIDEO)
        after = [m[2] for m in client.heard[at:] if m[0] == VIDEO]
        self.assertAlmostEqual(after[0], last, delta=200)
        # at the keyframe where the other one was, at 40 ms each
        self.assertAlmostEqual(
            40 * self.frames(client.heard[at:])[0], last, delta=1100)
        client.take()
        client.command("play2", 0, None, {"streamName": "none"},
                       stream=stream)
        client.wait_word("NetStream.Play.StreamNotFound")
        client.wait_word("video")

    def test_a_stream_that_is_about_to_begin(self):
        """Who is there before the publisher waits for him."""
        self.server(wait=False)
        client = self.client()
        client.play("cam1", -1000)
        source = self.publish()
        client.wait_word("NetStream.Play.Start")
        client.wait_word("key")
        self.assertTrue(source.running())

    def test_live_and_its_publisher_that_leaves(self):
        source = self.live()
        client = self.client()
        client.play("cam1", -1000)
        client.wait_word("key")
        self.assertEqual(dvrrtmp.squeeze(client.words())[-len(PLAY):], PLAY)
        self.assertNotIn("IsRecorded", client.words())
        self.assertLess(self.times(client)[0], 100)
        client.take()
        source.stop(2)
        client.wait_word("NetStream.Play.UnpublishNotify")
        client.wait_word("NetStream.Play.Stop")
        client.wait_word("EOF")

    def test_live_and_its_publisher_that_comes_back(self):
        port, http = dvrtest.free_port(), dvrtest.free_port()
        os.makedirs(self.recordings, exist_ok=True)
        self.wait_ready(self.launch(
            "rtmpingestsrc location=rtmp://127.0.0.1:%d/live/cam1 ! "
            "rtmpdvrsink location=%s stream=live/cam1 "
            "target-duration=1000000000 proxystreamsrc location=file://%s ! "
            "segmentcache ! dvrserversink host=127.0.0.1 http-port=%d "
            "rtmp-port=%d"
            % (port, self.recordings, self.recordings, http, port), "origin"),
            "http://127.0.0.1:%d" % http)
        self.port = port
        publish = ["ffmpeg", "-v", "error", "-re", "-i", self.flv, "-c",
                   "copy", "-f", "flv", "rtmp://127.0.0.1:%d/live/cam1" % port]
        source = self.start(publish, "publisher")
        client = self.client()
        client.play("cam1", -1000)
        client.wait_word("key")
        source.stop()
        client.wait_word("Dry")
        self.assertNotIn("NetStream.Play.UnpublishNotify", client.words())
        last = max(self.times(client))
        client.take()
        self.start(publish, "publisher2")
        client.wait_word("key")
        said = client.words()
        self.assertEqual(said[:4], ["NetStream.Play.PublishNotify",
                                    "onMetaData", "avc-config", "aac-config"])
        self.assertGreater(self.times(client)[0], last)

    def test_live_only(self):
        """It has a length, goes on at the newest picture after a pause, and
        has no positions."""
        source = self.live()
        client = self.client()
        stream = client.play("cam1", -1000)
        client.wait_word("key")
        client.command("seek", 0, None, 0, stream=stream)
        client.wait_word("NetStream.Seek.Failed")
        client.command("pause", 0, None, True, 0, stream=stream)
        client.wait_word("NetStream.Pause.Notify")
        client.settle()
        paused = max(self.times(client))
        client.take()
        client.poll(1.5)
        self.assertEqual(client.words(), [])
        client.command("pause", 0, None, False, 0, stream=stream)
        client.wait_word("key")
        self.assertEqual(client.words()[:5], [
            "NetStream.Unpause.Notify", "Begin", "onMetaData", "avc-config",
            "aac-config"])
        self.assertGreater(self.times(client)[-1], paused + 400)
        client.take()
        client.play("cam1", -1000, 1000, True, stream=stream)
        client.wait_word("EOF")
        self.assertEqual(dvrrtmp.squeeze(client.words())[-3:], [
            "NetStream.Play.Complete", "NetStream.Play.Stop", "EOF"])
        self.assertTrue(source.running())

    def test_who_cannot_follow_live_is_told(self):
        source = self.launch(
            "videotestsrc is-live=true pattern=snow ! video/x-raw,width=640,"
            "height=360,framerate=25/1 ! x264enc tune=zerolatency "
            "speed-preset=ultrafast bitrate=3000 key-int-max=25 ! h264parse "
            "! flvmux streamable=true ! rtmpdvrsink location=%s "
            "stream=live/cam1 target-duration=1000000000" % self.recordings,
            "publisher", options=["-e"])
        base = self.server()
        client = self.client()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.play("cam1", -1000)
        client.wait_word("key")
        # it does not read while five more segments come, 2 MB
        count = len(dvrtest.segments_of(dvrtest.get_text(
            base + "/live/cam1/dvr.m3u8")))
        dvrtest.wait_for("live to go on", lambda: len(dvrtest.segments_of(
            dvrtest.get_text(base + "/live/cam1/dvr.m3u8"))) > count + 4)
        client.wait_word("NetStream.Play.InsufficientBW")
        at = client.words().index("NetStream.Play.InsufficientBW")
        client.wait(lambda m: m in client.heard[at:] and words([m]) == ["key"],
                    "the newest")
        self.assertTrue(source.running())

    def test_who_joins_in_a_long_group_of_pictures_gets_all_of_it(self):
        source = self.launch(
            "videotestsrc is-live=true ! video/x-raw,width=160,height=90,"
            "framerate=25/1 ! x264enc tune=zerolatency speed-preset=ultrafast "
            "key-int-max=500 option-string=scenecut=0 ! h264parse "
            "! flvmux streamable=true ! rtmpdvrsink location=%s "
            "stream=live/cam1 target-duration=500000000 "
            "max-segment-duration=1000000000" % self.recordings,
            "publisher", options=["-e"])
        base = self.server()
        dvrtest.wait_for("seven seconds", lambda: len(dvrtest.segments_of(
            dvrtest.get_text(base + "/live/cam1/dvr.m3u8"))) > 7)
        client = self.client()
        client.play("cam1", -1000)
        client.wait(lambda m: m[0] == VIDEO and m[2] > 8000, "live")
        times = [m[2] for m in pictures(client.heard)]
        self.assertLessEqual(times[0], 40)
        self.assertLessEqual(max(b - a for a, b in zip(times, times[1:])), 80)
        self.assertNotIn("NetStream.Play.InsufficientBW", client.words())
        self.assertEqual(client.words().count("key"), 1)
        self.assertTrue(source.running())

    def test_from_the_begin_on_into_live(self):
        self.live()
        client = self.client()
        stream = client.create_stream()
        client.user(dvrrtmp.BUFFER, stream, 10000)
        client.play("cam1", 0, stream=stream)
        client.wait(lambda m: m[0] == VIDEO and m[2] > 5000, "live")
        times = self.times(client)
        steps = [b - a for a, b in zip(times[1:], times[2:])]
        self.assertLessEqual(max(steps), 45)
        client.take()
        # beyond the end is the live edge
        client.command("seek", 0, None, 3600000, stream=stream)
        client.wait_word("key")
        client.poll(1)
        self.assertNotIn("NetStream.Play.Complete", client.words())
        client.wait_word("video")
        # however often it asks
        for _ in range(20):
            client.command("seek", 0, None, 3600000, stream=stream)
        client.settle()
        client.take()
        client.wait_word("video")

    def test_the_log_tells_what_clients_did(self):
        base = self.recorded()
        client = self.client()
        stream = client.play("cam1", 1000)
        client.wait_word("BufferEmpty")
        client.command("pause", 0, None, True, 1000, stream=stream)
        client.command("pause", 0, None, False, 1000, stream=stream)
        client.command("pauseRaw", 0, None, True, 1000, stream=stream)
        client.command("seek", 0, None, 4000, stream=stream)
        client.wait_word("NetStream.Seek.Notify")
        client.close()
        dvrtest.wait_for("the log", lambda: "disconnect" in self.logged())
        events = dvrtest.read_whole_log(base, self.log)
        for name in ("connect", "play", "pause", "unpause", "client-pause",
                     "seek", "stop", "disconnect"):
            self.assertEqual(len(events[name]), 1, name)
            self.assertEqual(events[name][0]["c-ip"], "127.0.0.1")
        self.assertEqual(events["play"][0]["x-sname"], "live/cam1")
        self.assertEqual(events["play"][0]["x-spos"], "1000")
        self.assertEqual(events["seek"][0]["x-spos"], "4000")
        self.assertGreater(int(events["stop"][0]["sc-bytes"]), 10000)
        # what was on its way when the client left was not sent
        self.assertGreater(int(events["disconnect"][0]["sc-bytes"]), 10000)
        self.assertIn("/live/cam1/dvr.m3u8",
                      [line["cs-uri-stem"] for line in events["GET"]])


if __name__ == "__main__":
    dvrtest.main()

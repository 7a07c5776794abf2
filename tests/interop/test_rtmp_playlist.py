# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Streams that a player asks to be played one after the other (reset 0)."""

import time
import dvrrtmp
import dvrsession
import dvrtest
from dvrrtmp import AUDIO, VIDEO, words
from dvrsession import PLAY

NEXT = [word for word in PLAY if word != "NetStream.Play.Reset"]
END = ["NetStream.Play.Complete", "NetStream.Play.Stop", "EOF"]


class Playlist(dvrsession.Session):

    def recorded(self, properties=""):
        self.record(self.flv, "live/cam2")
        return super().recorded(properties)

    def player(self, buffer=60000):
        """A client, and its stream whose buffer holds all there is."""
        client = self.client()
        stream = client.create_stream()
        client.take()
        client.user(dvrrtmp.BUFFER, stream, buffer)
        return client, stream

    def test_one_follows_the_other(self):
        self.recorded()
        client, stream = self.player()
        client.play("cam1", 0, -1000, True, stream=stream)
        client.play("cam2", 4000, 2000, False, stream=stream)
        client.play("cam1", 8000, -1000, 0, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        client.settle()
        self.assertEqual(
            dvrrtmp.squeeze(client.words()),
            ["IsRecorded"] + PLAY
            + ["NetStream.Play.Switch", "IsRecorded"] + NEXT
            + ["NetStream.Play.Switch", "IsRecorded"] + NEXT + END)
        frames = self.frames(client.heard)
        self.assertEqual(frames[:250], list(range(250)))
        self.assertEqual(frames[250:250 + 50], list(range(100, 150)))
        self.assertEqual(frames[-50:], list(range(200, 250)))
        # time goes on over all of them, and statuses say where they stand
        for kind in (AUDIO, VIDEO):
            times = self.times(client, kind)
            steps = [b - a for a, b in zip(times, times[1:])]
            self.assertTrue(0 <= min(steps) and max(steps) <= 200, max(steps))
        self.assertTrue(13900 < max(self.times(client)) < 14400)
        switches = [m[2] for m in client.saying("NetStream.Play.Switch")]
        starts = [m[2] for m in client.saying("NetStream.Play.Start")]
        self.assertEqual(starts, [0] + switches)
        self.assertAlmostEqual(switches[0], 10000, delta=200)
        client.close()
        events = dvrtest.wait_for("the log", lambda: (
            lambda e: "disconnect" in e and e)(self.logged()))
        self.assertEqual([line["x-sname"] for line in events["play"]],
                         ["live/cam1", "live/cam2", "live/cam1"])
        self.assertEqual([line["x-sname"] for line in events["stop"]],
                         ["live/cam1", "live/cam2", "live/cam1"])
        self.assertGreater(int(events["stop"][0]["sc-bytes"]),
                           2 * int(events["stop"][1]["sc-bytes"]))

    def test_names_are_those_of_what_plays(self):
        self.recorded()
        client, stream = self.player(1000)
        client.play("cam1", 0, 3000, True, stream=stream)
        client.play("mp4:cam2?key=x", 0, -1000, False, stream=stream)
        client.wait_word("key")
        client.command("pause", 0, None, True, 0, stream=stream)
        client.command("pause", 0, None, False, 0, stream=stream)
        client.wait_word("NetStream.Play.Switch")
        client.wait(lambda m: words([m]) == ["NetStream.Play.Start"]
                    and m[2] > 0, "the second")
        named = {}
        for message in client.heard:
            if message[0] == dvrrtmp.COMMAND and message[1] == stream:
                info = dvrrtmp.parse_all(message[3])[3]
                named.setdefault(info["code"], []).append(info["details"])
        self.assertEqual(named["NetStream.Play.Start"], ["cam1", "mp4:cam2"])
        self.assertEqual(named["NetStream.Pause.Notify"], ["cam1"])

    def test_what_is_not_there_is_passed_over(self):
        self.recorded()
        client, stream = self.player()
        client.play("cam1", 8000, -1000, True, stream=stream)
        client.play("none", 0, -1000, False, stream=stream)
        client.play("cam2", 8000, -1000, False, stream=stream)
        client.play("gone", 0, -1000, False, stream=stream)
        client.wait(lambda m: words([m]) == ["NetStream.Play.StreamNotFound"]
                    and "gone" in str(dvrrtmp.parse_all(m[3])), "the last")
        said = dvrrtmp.squeeze(client.words())
        self.assertEqual(said, ["IsRecorded"] + PLAY
                         + ["NetStream.Play.Switch",
                            "NetStream.Play.StreamNotFound", "IsRecorded"]
                         + NEXT + ["NetStream.Play.Switch",
                                   "NetStream.Play.StreamNotFound"])
        # and who asks for more gets it
        client.take()
        client.command("seek", 0, None, 1000, stream=stream)
        client.wait_word("NetStream.Seek.Failed")
        client.take()
        client.play("cam1", 9000, -1000, False, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        client.settle()
        self.assertEqual(dvrrtmp.squeeze(client.words()),
                         ["IsRecorded"] + NEXT + END)

    def test_what_follows_on_what_is_not_there_is_played(self):
        self.recorded()
        client, stream = self.player()
        client.play("none", -2000, -1000, True, stream=stream)
        client.play("cam1", 8000, -1000, False, stream=stream)
        client.play("cam2", 9000, -1000, False, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        client.settle()
        self.assertEqual(dvrrtmp.squeeze(client.words()),
                         ["NetStream.Play.StreamNotFound", "IsRecorded"] + NEXT
                         + ["NetStream.Play.Switch", "IsRecorded"] + NEXT + END)
        self.assertEqual(self.frames(client.heard),
                         list(range(200, 250)) + list(range(225, 250)))

    def test_a_seek_between_two_is_done_in_the_one_that_follows(self):
        self.recorded()
        client, stream = self.player()
        client.play("cam1", 9000, -1000, True, stream=stream)
        client.play("none", -1000, 4000, False, stream=stream)
        client.play("cam2", 0, -1000, False, stream=stream)
        client.wait_word("NetStream.Play.Switch")
        client.command("seek", 0, None, 1000, stream=stream)
        client.command("seek", 0, None, 8000, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        at = client.words().index("NetStream.Seek.Notify")
        client.heard = client.heard[at:]
        self.assertEqual(self.frames(client.heard), list(range(200, 250)))
        # where nothing follows there is nothing to seek in
        client.play("none", -1000, 2000, False, stream=stream)
        client.command("seek", 0, None, 1000, stream=stream)
        client.wait_word("NetStream.Seek.Failed")

    def test_what_has_ended_is_followed_at_once(self):
        self.recorded()
        client, stream = self.player()
        client.play("cam1", 8000, -1000, True, stream=stream)
        client.wait_word("EOF")
        last = max(self.times(client) + self.times(client, AUDIO))
        client.take()
        client.play("cam2", 8000, -1000, False, stream=stream)
        client.wait_word("EOF")
        self.assertEqual(dvrrtmp.squeeze(client.words()),
                         ["IsRecorded"] + NEXT + END)
        self.assertTrue(last < self.times(client)[0] < last + 120)

    def test_reset_forgets_what_was_to_follow(self):
        self.recorded()
        client, stream = self.player()
        client.user(dvrrtmp.BUFFER, stream, 1000)
        client.play("cam1", 0, -1000, True, stream=stream)
        client.play("cam2", 0, -1000, False, stream=stream)
        client.wait_word("BufferEmpty")
        client.take()
        client.user(dvrrtmp.BUFFER, stream, 60000)
        client.play("cam1", 8000, -1000, True, stream=stream)
        client.wait_word("EOF")
        client.settle()
        said = dvrrtmp.squeeze(client.words())
        self.assertEqual(said[-len(PLAY + END):], PLAY + END)
        # closing forgets it as well
        client.play("cam1", 8000, 1000, True, stream=stream)
        client.play("cam2", 0, -1000, False, stream=stream)
        client.command("closeStream", 0, None, stream=stream)
        client.settle()
        client.take()
        client.poll(0.5)
        self.assertEqual(client.words(), [])

    def test_it_has_an_end(self):
        self.recorded()
        client, stream = self.player(1000)
        client.play("cam1", 0, -1000, True, stream=stream)
        for _ in range(65):
            client.play("cam2", 0, -1000, False, stream=stream)
        client.wait_word("NetStream.Play.Failed")
        client.play("no//name", 0, -1000, False, stream=stream)
        client.wait_word("NetStream.Play.StreamNotFound")
        self.assertEqual(client.words().count("NetStream.Play.Failed"), 1)
        client.take()
        client.wait_word("video")

    def test_all_at_once(self):
        """reset 2 and 3: no faster than the client takes it, and no slower."""
        self.recorded()
        client, stream = self.player(1000)
        began = time.monotonic()
        client.play("cam1", 0, -1000, 3, stream=stream)
        client.play("cam2", 0, -1000, 2, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        # real time would be 20 s
        self.assertLess(time.monotonic() - began, 15)
        client.settle()
        self.assertEqual(
            dvrrtmp.squeeze(client.words()), ["IsRecorded"] + PLAY
            + ["NetStream.Play.Switch", "IsRecorded"] + NEXT + END)
        self.assertEqual(self.frames(client.heard), list(range(250)) * 2)

    def test_pacing_and_what_is_left_out_go_on(self):
        self.recorded()
        client, stream = self.player(1000)
        client.play("cam1", 8500, -1000, True, stream=stream)
        client.play("cam2", 0, -1000, False, stream=stream)
        client.wait_word("key")
        client.command("receiveVideo", 0, None, False, stream=stream)
        client.wait_word("NetStream.Play.Switch")
        at = client.words().index("NetStream.Play.Switch")
        client.wait(lambda m: "BufferEmpty" in client.words()[at:], "a rest")
        self.assertNotIn("key", client.words()[at:])
        began = time.monotonic()
        client.take()
        client.command("seek", 0, None, 9000, stream=stream)
        client.wait_word("NetStream.Seek.Notify")
        notify = client.saying("NetStream.Seek.Notify")[0]
        self.assertEqual(notify[2], 9000)
        client.wait_word("audio")
        # what is left out on the way is not waited for
        self.assertLess(time.monotonic() - began, 6)

    def test_live_for_a_while_and_then_a_recording(self):
        self.record(self.flv, "live/cam2")
        source = self.live()
        client, stream = self.player()
        # nobody publishes the first: it is waited for as long as it would be
        # played
        client.play("none", -1000, 500, True, stream=stream)
        client.wait_word("NetStream.Play.StreamNotFound")
        client.take()
        client.play("cam1", -1000, 1000, True, stream=stream)
        client.play("none", -1000, 500, False, stream=stream)
        client.play("cam2", 8000, -1000, False, stream=stream)
        client.wait_word("NetStream.Play.Complete")
        client.settle()
        said = dvrrtmp.squeeze(client.words())
        self.assertEqual(said, PLAY
                         + ["NetStream.Play.Switch",
                            "NetStream.Play.StreamNotFound", "IsRecorded"]
                         + NEXT + END)
        self.assertTrue(source.running())

    def play2(self, client, stream, name, transition, start=0, old="",
              length=-1):
        client.command("play2", 0, None, {
            "streamName": name, "oldStreamName": old, "start": start,
            "len": length, "offset": -1, "transition": transition},
            stream=stream)

    def test_play2_appends_and_swaps(self):
        self.recorded()
        client, stream = self.player()
        # what nothing plays before begins at once
        self.play2(client, stream, "cam1", "append", 8000)
        self.play2(client, stream, "none", "appendAndWait")
        self.play2(client, stream, "cam2", "swap", 7000, "none")
        client.wait_word("NetStream.Play.Complete")
        client.settle()
        self.assertEqual(dvrrtmp.squeeze(client.words()),
                         ["IsRecorded"] + NEXT + ["NetStream.Play.Switch",
                                                  "IsRecorded"] + NEXT + END)
        self.assertEqual(self.frames(client.heard), list(range(200, 250))
                         + list(range(175, 250)))

    def test_play2_resets_and_stops(self):
        self.recorded()
        client, stream = self.player(1000)
        self.play2(client, stream, "cam1", "reset")
        self.play2(client, stream, "none", "append")
        client.wait_word("BufferEmpty")
        client.take()
        client.user(dvrrtmp.BUFFER, stream, 60000)
        self.play2(client, stream, "cam2", "reset", 8000)
        client.wait_word("EOF")
        said = dvrrtmp.squeeze(client.words())
        self.assertEqual(said[-len(PLAY + END) - 1:],
                         ["IsRecorded"] + PLAY + END)
        # all of it, and not the end of the one before
        client.take()
        client.play("cam1", 0, -1000, True, stream=stream)
        client.wait_word("EOF")
        self.play2(client, stream, "", "stop")
        client.settle()
        client.take()
        client.command("seek", 0, None, 1000, stream=stream)
        client.wait_word("NetStream.Seek.Failed")
        self.assertEqual(client.words(), ["NetStream.Seek.Failed"])

    def test_statuses_of_play2_name_what_they_are_about(self):
        self.recorded()
        client, stream = self.player(1000)
        client.play("cam1", 0, -1000, True, stream=stream)
        client.wait_word("BufferEmpty")
        client.take()
        self.play2(client, stream, "none", "switch", -2000, "cam1")
        self.play2(client, stream, "cam2", "switch", -2000, "cam1")
        client.wait_word("NetStream.Play.TransitionComplete")
        client.command("pause", 0, None, True, 0, stream=stream)
        client.wait_word("NetStream.Pause.Notify")
        named = {}
        for message in client.heard:
            if message[0] == dvrrtmp.COMMAND:
                info = dvrrtmp.parse_all(message[3])[3]
                named[info["code"]] = info["details"]
        self.assertEqual(named, {"NetStream.Play.StreamNotFound": "none",
                                 "NetStream.Play.Transition": "cam2",
                                 "NetStream.Pause.Notify": "cam2"})


if __name__ == "__main__":
    dvrtest.main()

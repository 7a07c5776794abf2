# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Several NetStreams of one connection play at once, each for itself."""

import time
import dvrrtmp
import dvrsession
import dvrtest
from dvrrtmp import AUDIO, VIDEO, words
from dvrsession import PLAY


class Streams(dvrsession.Session):

    def recorded(self, properties=""):
        self.record(self.flv, "live/cam2")
        return super().recorded(properties)

    def test_each_is_sent_all_that_it_plays(self):
        self.recorded()
        client = self.client()
        streams = [client.create_stream() for _ in range(3)]
        client.take()
        for stream, start in zip(streams, (0, 3000, 0)):
            client.user(dvrrtmp.BUFFER, stream, 60000)
            client.play("cam2" if start else "cam1", start, -1000, True,
                        stream=stream)
        for stream in streams:
            client.wait_word("NetStream.Play.Stop", stream=stream)
        client.settle()
        for stream, first in zip(streams, (0, 75, 0)):
            self.assertEqual(
                dvrrtmp.squeeze(client.words(stream)),
                ["IsRecorded"] + PLAY + [
                    "NetStream.Play.Complete", "NetStream.Play.Stop", "EOF"])
            self.assertEqual(self.frames(client.of(stream)),
                             list(range(first, 250)))
            times = [m[2] for m in client.of(stream) if m[0] == VIDEO]
            self.assertLess(times[0], 50)
            self.assertEqual(times, sorted(times))
        self.assertEqual(len({m[1] for m in client.heard if m[0] in
                              (AUDIO, VIDEO)}), 3)

    def test_each_is_told_what_it_does(self):
        """Pausing, seeking, doing without and deleting one leaves the other
        as it is."""
        self.recorded()
        client = self.client()
        one = client.play("cam1", 0)
        two = client.play("cam2", 0)
        for stream in (one, two):
            client.wait_word("BufferEmpty", stream=stream)
        client.command("pause", 0, None, True, 0, stream=one)
        client.wait_word("NetStream.Pause.Notify", stream=one)
        client.settle()
        client.take()
        client.wait_word("video", stream=two)
        self.assertEqual(client.of(one), [])
        client.command("seek", 0, None, 1000, stream=two)
        client.wait_word("NetStream.Seek.Notify", stream=two)
        client.wait(lambda m: words([m]) == ["key"] and m[1] == two
                    and self.frame_of(m[3]) == 25, "the seek")
        client.command("receiveVideo", 0, None, False, stream=two)
        client.settle()
        self.assertEqual(client.of(one), [])
        client.take()
        client.wait_word("audio", stream=two)
        client.command("pause", 0, None, False, 0, stream=one)
        client.wait_word("video", stream=one)
        self.assertNotIn("avc-config", client.words(one))
        self.assertNotIn("video", client.words(two))
        client.command("deleteStream", 0, None, one)
        client.settle()
        client.take()
        client.wait_word("audio", stream=two)
        self.assertEqual(client.of(one), [])

    def test_buffers_are_their_own(self):
        self.recorded()
        client = self.client()
        one, two = client.create_stream(), client.create_stream()
        client.user(dvrrtmp.BUFFER, one, 2000)
        client.user(dvrrtmp.BUFFER, two, 5000)
        for stream, buffer in ((one, 2000), (two, 5000)):
            began = time.monotonic()
            client.play("cam1", 0, stream=stream)
            client.wait_word("BufferEmpty", stream=stream)
            # what would have been played meanwhile
            played = 1000 * (time.monotonic() - began)
            heard = client.of(stream)
            heard = heard[:words(heard).index("BufferEmpty")]
            last = max(m[2] for m in heard if m[0] == VIDEO)
            self.assertTrue(buffer - 100 <= last <= buffer + 300 + played,
                            last)

    def test_one_that_is_waited_for_holds_up_no_other(self):
        self.recorded()
        client = self.client()
        one = client.play("cam1", 0)
        client.wait_word("BufferEmpty")
        client.take()
        two = client.play("none", -1000, 5000)
        three = client.play("cam2", 0)
        client.command("pause", 0, None, True, 0, stream=one)
        client.wait_word("NetStream.Pause.Notify")
        client.wait_word("key", stream=three)
        self.assertEqual(client.of(two), [])
        client.wait_word("NetStream.Play.StreamNotFound", stream=two)

    def test_who_waits_for_one_may_play_another(self):
        self.recorded()
        client = self.client()
        stream = client.play("none", -1000)
        client.play("cam1", 0, stream=stream)
        client.wait_word("key", stream=stream)
        client.play("none", -1000, stream=stream)
        client.command("deleteStream", 0, None, stream)
        other = client.play("cam1", 0)
        client.wait_word("key", stream=other)
        self.assertNotIn("NetStream.Play.StreamNotFound", client.words())

    def test_live_beside_its_own_recording(self):
        source = self.live()
        client = self.client()
        live = client.play("cam1", -1000)
        past = client.play("cam1", 0)
        for stream in (live, past):
            client.wait_word("key", stream=stream)
        self.assertNotIn("IsRecorded", client.words(live))
        self.assertIn("IsRecorded", client.words(past))
        client.take()
        client.wait(lambda m: m[1] == live and m[0] == VIDEO
                    and m[2] > 2000, "live")
        client.wait(lambda m: m[1] == past and m[0] == VIDEO
                    and m[2] > 2000, "the past")
        for stream in (live, past):
            times = [m[2] for m in client.of(stream) if m[0] == VIDEO]
            steps = [b - a for a, b in zip(times, times[1:])]
            self.assertLessEqual(max(steps), 45)
        self.assertTrue(source.running())

    def test_there_are_eight_of_them(self):
        self.recorded()
        client = self.client()
        streams = [client.play("cam1", 0) for _ in range(8)]
        for stream in streams:
            client.wait_word("key", stream=stream)
        ninth = client.play("cam1", 0)
        client.wait_word("NetStream.Play.Failed", stream=ninth)
        client.command("deleteStream", 0, None, streams[0])
        client.play("cam1", 0, stream=ninth)
        client.wait_word("key", stream=ninth)
        self.assertLess(max(client.streams), 32)


if __name__ == "__main__":
    dvrtest.main()

# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of RTMP sessions have in common."""

import struct
import dvrtest
from dvrrtmp import VIDEO, Client, pictures

PLAY = ["Begin", "NetStream.Play.Reset", "NetStream.Play.Start",
        "|RtmpSampleAccess", "NetStream.Data.Start", "onMetaData",
        "avc-config", "aac-config", "media"]


class Session(dvrtest.ChainTest):
    """A recording, or a stream that goes on, and clients of its server."""

    made = None

    def setUp(self):
        super().setUp()
        self.flv = self.path("source.flv")
        if not Session.made:
            self.make_flv(seconds=10, gop=25)
            with open(self.flv, "rb") as f:
                Session.made = f.read()
        with open(self.flv, "wb") as f:
            f.write(Session.made)

    def server(self, properties="", options=(), wait=True):
        self.port = dvrtest.free_port()
        self.log = self.path("access.log")
        process, base = self.serve(
            "proxystreamsrc location=file://%s ! segmentcache"
            % self.recordings, "server",
            "rtmp-port=%d access-log=%s %s" % (self.port, self.log,
                                               properties), options=options)
        if wait:
            dvrtest.wait_for("the stream", lambda: dvrtest.segments_of(
                dvrtest.get_text(base + "/live/cam1/dvr.m3u8")))
        return base

    def recorded(self, properties=""):
        """A finished recording of ten seconds, a keyframe each second."""
        self.record(self.flv)
        return self.server(properties)

    def client(self, **extra):
        client = Client(self.port, **extra)
        self.addCleanup(client.close)
        return client

    def publish(self):
        return self.launch(
            "videotestsrc is-live=true ! video/x-raw,width=160,height=90,"
            "framerate=25/1 ! x264enc tune=zerolatency key-int-max=25 ! "
            "h264parse ! queue ! mux. audiotestsrc is-live=true ! "
            "audio/x-raw,rate=44100 ! avenc_aac ! aacparse ! queue ! mux. "
            "flvmux name=mux streamable=true latency=10000000000 ! "
            "rtmpdvrsink location=%s "
            "stream=live/cam1 reconnect-window=4000000000 "
            "target-duration=1000000000" % self.recordings, "publisher",
            options=["-e"])

    def live(self):
        """A recording that goes on."""
        source = self.publish()
        self.server()
        return source

    def times(self, client, kind=VIDEO):
        return [m[2] for m in client.heard if m[0] == kind]

    def logged(self):
        return dvrtest.read_access_log(self.log)

    def frames(self, messages):
        """Which pictures of the source they are."""
        return [self.frame_of(m[3]) for m in pictures(messages)]

    def frame_of(self, body):
        """Which picture of the source this is."""
        if not hasattr(self, "bodies"):
            with open(self.flv, "rb") as f:
                data = f.read()
            self.bodies, at = [], 13
            while at + 11 <= len(data):
                size = struct.unpack(">I", b"\0" + data[at + 1:at + 4])[0]
                if data[at] == 9 and data[at + 12] == 1:
                    self.bodies.append(data[at + 16:at + 11 + size])
                at += 11 + size + 4
        return self.bodies.index(body[5:])

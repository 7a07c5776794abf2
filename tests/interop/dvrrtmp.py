# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A scripted RTMP client: says what it is told to, and keeps all it hears."""

import os
import socket
import struct
import time
from dvrtest import DEADLINE

CONTROL, ACK, USER, WINDOW, BANDWIDTH = 1, 3, 4, 5, 6
AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20
BEGIN, EOF, DRY, BUFFER, RECORDED, EMPTY, READY = 0, 1, 2, 3, 4, 31, 32


def amf(value):
    """AMF0 of None, bool, number, string, dict or list."""
    if value is None:
        return b"\5"
    if isinstance(value, bool):
        return b"\1" + bytes([value])
    if isinstance(value, (int, float)):
        return b"\0" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return b"\2" + struct.pack(">H", len(data)) + data
    if isinstance(value, dict):
        out = b"\3"
        for key, item in value.items():
            out += struct.pack(">H", len(key)) + key.encode() + amf(item)
        return out + b"\0\0\x09"
    return b"\x0a" + struct.pack(">I", len(value)) + b"".join(
        amf(item) for item in value)


def parse(data, at=0):
    """(value, position behind it)"""
    kind, at = data[at], at + 1
    if kind == 0:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if kind == 1:
        return bool(data[at]), at + 1
    if kind == 2:
        size = struct.unpack_from(">H", data, at)[0]
        return data[at + 2:at + 2 + size].decode(), at + 2 + size
    if kind == 11:
        return struct.unpack_from(">d", data, at)[0], at + 10
    if kind in (5, 6):
        return None, at
    if kind == 10:
        values = []
        size, at = struct.unpack_from(">I", data, at)[0], at + 4
        for _ in range(size):
            value, at = parse(data, at)
            values.append(value)
        return values, at
    if kind in (3, 8):
        at += 4 if kind == 8 else 0
        result = {}
        while data[at:at + 3] != b"\0\0\x09":
            size = struct.unpack_from(">H", data, at)[0]
            key = data[at + 2:at + 2 + size].decode()
            result[key], at = parse(data, at + 2 + size)
        return result, at + 3
    raise ValueError("AMF type %d" % kind)


def parse_all(data):
    values, at = [], 0
    while at < len(data):
        value, at = parse(data, at)
        values.append(value)
    return values


class Client:
    """One connection. Messages are (type, stream id, time, body)."""

    def __init__(self, port, app="live", connect=True, **extra):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.socket.settimeout(0.05)
        self.buffer = b""
        self.chunk_size = 128
        self.streams = {}
        self.heard = []
        self.transaction = 0
        if connect:
            self.handshake()
            self.app = app
            self.call("connect", {"app": app, "tcUrl": "rtmp://x/" + app,
                                  "flashVer": "TEST 1,0", **extra})

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.settimeout(DEADLINE)
        self.socket.sendall(data)
        self.socket.settimeout(0.05)

    def handshake(self):
        self.send(b"\3" + b"\0" * 8 + os.urandom(1528))
        end = time.monotonic() + DEADLINE
        while len(self.buffer) < 3073:
            if not self.fill() and time.monotonic() > end:
                raise AssertionError("no handshake")
        self.send(self.buffer[1:1537])
        self.buffer = self.buffer[3073:]

    def fill(self):
        """Whether anything came."""
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        if not data:
            raise EOFError("the server has closed")
        self.buffer += data
        return True

    # -- saying --

    def message(self, kind, body, stream=0, csid=3, size=128):
        out = bytes([csid]) + b"\0\0\0" + struct.pack(">I", len(body))[1:] + \
            bytes([kind]) + struct.pack("<I", stream)
        out += body[:size]
        for at in range(size, len(body), size):
            out += bytes([0xc0 | csid]) + body[at:at + size]
        self.send(out)

    def command(self, name, transaction, *args, stream=0):
        self.message(COMMAND, amf(name) + amf(transaction) + b"".join(
            amf(a) for a in args), stream)

    def call(self, name, *args, stream=0):
        """Calls, and waits for the answer: (_result or _error, values)."""
        self.transaction += 1
        number = self.transaction
        self.command(name, number, *args, stream=stream)
        found = self.wait(lambda m: is_answer(m, number), name)
        values = parse_all(found[3])
        return values[0], values[2:]

    def settle(self):
        """Hears all that the server has said until now: it answers in order,
        and says of a call that it does not know it."""
        self.call("settle", None)
        self.heard = [m for m in self.heard
                      if not is_answer(m, self.transaction)]

    def create_stream(self):
        return int(self.call("createStream", None)[1][1])

    def play(self, name, *args, stream=None):
        stream = stream or self.create_stream()
        self.command("play", 0, None, name, *args, stream=stream)
        return stream

    def user(self, event, *values):
        self.message(USER, struct.pack(">H", event) + b"".join(
            struct.pack(">I", v) for v in values), csid=2)

    # -- hearing --

    def chunk(self):
        """Takes one chunk off the buffer; whether there was one."""
        data = self.buffer
        if not data:
            return False
        kind, csid, at = data[0] >> 6, data[0] & 63, 1
        size = (11, 7, 3, 0)[kind]
        if len(data) < at + size:
            return False
        state = dict(self.streams.get(csid, {"have": b"", "time": 0}))
        head = data[at:at + size]
        at += size
        stamp = None
        if kind < 3:
            stamp = struct.unpack(">I", b"\0" + head[:3])[0]
        if kind < 2:
            state["size"] = struct.unpack(">I", b"\0" + head[3:6])[0]
            state["type"] = head[6]
        if kind == 0:
            state["stream"] = struct.unpack("<I", head[7:11])[0]
        if stamp == 0xffffff or (kind == 3 and state.get("extended")):
            if len(data) < at + 4:
                return False
            stamp = struct.unpack_from(">I", data, at)[0]
            state["extended"] = True
            at += 4
        elif kind < 3:
            state["extended"] = False
        if not state["have"] and kind < 3:
            state["delta"] = 0 if kind == 0 else stamp
            state["time"] = stamp if kind == 0 else state["time"] + stamp
        elif not state["have"]:
            state["time"] += state.get("delta", 0)
        take = min(self.chunk_size, state["size"] - len(state["have"]))
        if len(data) < at + take:
            return False
        state["have"] += data[at:at + take]
        self.buffer = data[at + take:]
        if len(state["have"]) == state["size"]:
            self.hear((state["type"], state["stream"], state["time"],
                       state["have"]))
            state["have"] = b""
        self.streams[csid] = state
        return True

    def hear(self, message):
        if message[0] == CONTROL:
            self.chunk_size = struct.unpack(">I", message[3])[0]
        self.heard.append(message)

    def poll(self, seconds=0):
        """Hears what there is, and what comes in that time."""
        end = time.monotonic() + seconds
        while True:
            came = self.fill()
            while self.chunk():
                pass
            if not came and time.monotonic() >= end:
                return

    def wait(self, condition, what, seconds=DEADLINE):
        """The first message, from now on or not yet taken, that fits."""
        end = time.monotonic() + seconds
        seen = 0
        while True:
            for message in self.heard[seen:]:
                if condition(message):
                    return message
            seen = len(self.heard)
            if time.monotonic() > end:
                raise AssertionError("no answer to %s in %s"
                                     % (what, self.words()))
            self.fill()
            while self.chunk():
                pass

    def take(self):
        """All that was heard so far, to be forgotten."""
        heard, self.heard = self.heard, []
        return heard

    def wait_word(self, word, seconds=DEADLINE, stream=None):
        self.wait(lambda m: word in words([m]) and (
            stream is None or m in self.of(stream)), word, seconds)

    def saying(self, word):
        """What was heard that says just that."""
        return [m for m in self.heard if words([m]) == [word]]

    def of(self, stream):
        """What was heard of one NetStream."""
        return [m for m in self.heard if m[1] == stream or (
            m[0] == USER and m[3][2:] == struct.pack(">I", stream))]

    def words(self, stream=None):
        return words(self.heard if stream is None else self.of(stream))


def is_answer(message, transaction):
    """Whether it is what a call came to."""
    return message[0] == COMMAND and parse_all(message[3])[:2] in (
        ["_result", transaction], ["_error", transaction])


def pictures(messages):
    """Those of them that are pictures, not how to decode them."""
    return [m for m in messages if m[0] == VIDEO and m[3][1] == 1]


def words(messages):
    """What messages say, one word each: codes, user control events, media."""
    names = {BEGIN: "Begin", EOF: "EOF", DRY: "Dry", RECORDED: "IsRecorded",
             EMPTY: "BufferEmpty", READY: "BufferReady"}
    result = []
    for kind, _, _, body in messages:
        if kind == USER:
            event = struct.unpack_from(">H", body)[0]
            result.append(names.get(event, "user%d" % event))
        elif kind in (COMMAND, DATA):
            values = parse_all(body)
            info = next((v for v in values if isinstance(v, dict)
                         and "code" in v), None)
            result.append(info["code"] if info else values[0])
        elif kind == AUDIO:
            result.append("aac-config" if body[1:2] == b"\0" else "audio")
        elif kind == VIDEO:
            result.append("avc-config" if body[1:2] == b"\0" else
                          "key" if body[:1] == b"\x17" else "video")
    return result


def squeeze(said):
    """Media in a row is one word."""
    result = []
    for word in said:
        word = "media" if word in ("audio", "video", "key") else word
        if not (word == "media" and result and result[-1] == "media"):
            result.append(word)
    return result

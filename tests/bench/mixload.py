# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Viewers of all kinds at once, who seek, pause, stall and leave.

usage: mixload.py HTTP-PORT RTMP-PORT STREAMS HTTP-VIEWERS RTMP-VIEWERS SECONDS

Prints how many requests were answered, how many bytes came over HTTP and over
RTMP, and how many connections broke.
"""

import asyncio
import os
import random
import re
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "interop"))
from dvrrtmp import amf   # noqa: E402

counts = {"answers": 0, "http": 0, "rtmp": 0, "broken": 0, "refused": 0}


def message(kind, body, stream, csid=3):
    out = bytes([csid]) + b"\0\0\0" + struct.pack(">I", len(body))[1:] + \
        bytes([kind]) + struct.pack("<I", stream) + body[:128]
    for at in range(128, len(body), 128):
        out += bytes([0xc0 | csid]) + body[at:at + 128]
    return out


def command(name, *args, stream=0):
    return message(20, b"".join(amf(a) for a in (name, *args)), stream)


async def drain(reader, end, kind, pace=None):
    """Reads for so long; slowly, if there is a pace."""
    while time.monotonic() < end:
        try:
            data = await asyncio.wait_for(reader.read(pace or 262144),
                                          end - time.monotonic())
        except asyncio.TimeoutError:
            return
        if not data:
            raise EOFError
        counts[kind] += len(data)
        if pace:
            await asyncio.sleep(0.05)


async def rtmp_viewer(port, stream, end):
    """Plays from somewhere, and does something else every now and then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\3" + b"\0" * 8 + os.urandom(1528))
    heard = await reader.readexactly(3073)
    writer.write(heard[1:1537])
    writer.write(command("connect", 1, {"app": "live", "tcUrl": "rtmp://x/live",
                                        "flashVer": "LOAD 1,0"}))
    writer.write(command("createStream", 2, None))
    writer.write(message(4, struct.pack(">HII", 3, 1,
                                        random.choice([300, 1000, 5000])), 0,
                         2))
    writer.write(command("play", 0, None, stream,
                         random.choice([-2000, 0, 10000]), stream=1))
    paused = False
    try:
        while time.monotonic() < end:
            until = min(end, time.monotonic() + random.expovariate(1))
            await drain(reader, until, "rtmp",
                        random.choice([None, None, None, 2048]))
            what = random.random()
            if what < 0.6:
                writer.write(command("seek", 0, None,
                                     random.randrange(60000), stream=1))
            elif what < 0.9 or paused:
                paused = not paused
                writer.write(command("pause", 0, None, paused, 0, stream=1))
            elif what < 0.95:
                return
    finally:
        writer.close()


async def segments_of(port, stream):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /live/%s/dvr.m3u8 HTTP/1.1\r\nHost: x\r\n"
                 b"Connection: close\r\n%s\r\n" % (
                     stream.encode(), b""))
    text = (await reader.read()).decode(errors="replace")
    writer.close()
    return re.findall(r"^(?!#)\S+\.m4s", text, re.M)


async def http_viewer(port, stream, end):
    """Gets segments from anywhere, some slowly, some not to the end."""
    uris = await segments_of(port, stream)
    if not uris:
        counts["refused"] += 1
        return
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while time.monotonic() < end:
            at = random.randrange(len(uris))
            for uri in uris[at:at + random.choice([1, 2, 5])]:
                writer.write(b"GET /live/%s/%s HTTP/1.1\r\nHost: x\r\n\r\n" % (
                    stream.encode(), uri.encode()))
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(re.search(rb"Content-Length: (\d+)", head).group(1))
                slow = random.random() < 0.2
                if b" 200 " not in head.split(b"\r\n")[0]:
                    counts["refused"] += 1
                while size > 0:
                    data = await reader.read(min(size, 8192 if slow
                                                 else 262144))
                    if not data:
                        raise EOFError
                    size -= len(data)
                    counts["http"] += len(data)
                    if slow:
                        await asyncio.sleep(0.02)
                    if random.random() < 0.002:
                        return
                counts["answers"] += 1
            await asyncio.sleep(random.expovariate(3))
    finally:
        writer.close()


async def viewers(viewer, port, n_streams, end):
    """One after another in the same place."""
    while time.monotonic() < end:
        try:
            await viewer(port, "s%d" % random.randrange(n_streams), end)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            counts["broken"] += 1
            await asyncio.sleep(0.1)


async def main():
    http_port, rtmp_port, n_streams, n_http, n_rtmp = map(int, sys.argv[1:6])
    end = time.monotonic() + float(sys.argv[6])
    await asyncio.gather(
        *(viewers(http_viewer, http_port, n_streams, end)
          for _ in range(n_http)),
        *(viewers(rtmp_viewer, rtmp_port, n_streams, end)
          for _ in range(n_rtmp)))
    print(" ".join("%s=%d" % item for item in counts.items()))


random.seed(1)
asyncio.run(main())

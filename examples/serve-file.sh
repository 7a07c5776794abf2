#!/bin/sh
# Records a media file and serves it as HLS until Ctrl-C.
# usage: examples/serve-file.sh FILE [PORT]
# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu
if [ $# -lt 1 ] || [ ! -r "$1" ]; then
  echo "usage: $0 FILE [PORT]    (a media file that ffmpeg reads)" >&2
  exit 2
fi
. "$(dirname "$0")/common.sh"
file=$(realpath "$1")
prepare
port=$(free_port "${2:-8080}")

# H.264 and AAC go through as they are, anything else is encoded.
video=libx264
audio=aac
codec () {
  ffprobe -v error -select_streams "$1" -show_entries stream=codec_name \
    -of default=nw=1:nk=1 "$file" | head -n 1
}
[ "$(codec v:0)" != h264 ] || video=copy
[ "$(codec a:0)" != aac ] || audio=copy

echo "recording $file ..."
ffmpeg -nostdin -v error -i "$file" -map 0:v:0? -map 0:a:0? \
  -c:v "$video" -c:a "$audio" -g 50 -f flv pipe:1 |
  gst-launch-1.0 -q fdsrc ! \
    rtmpdvrsink location="$work/dvr" stream=vod/file

start server gst-launch-1.0 -e \
  proxystreamsrc location="file://$work/dvr" ! segmentcache ! \
  dvrserversink http-port="$port"
wait_for "http://localhost:$port/vod/file/index.m3u8" "the server"
echo "watch http://localhost:$port/vod/file/index.m3u8 (Ctrl-C stops)"
wait

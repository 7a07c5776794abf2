#!/bin/sh
# Origin, intermediate and edge on this machine, with a live publisher.
# usage: examples/demo.sh [seconds]     (until Ctrl-C without)
# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu
. "$(dirname "$0")/common.sh"
seconds=${1:-}

echo "building (the first time takes a minute) ..."
prepare
origin=$(free_port 8080)
middle=$(free_port 8081)
edge=$(free_port 8082)
ingest=$(free_port 1935)
rtmp=$(free_port 1936)

# The origin takes publishers in, records and serves them.
start origin gst-launch-1.0 -e \
  dvrorigin location="rtmp://localhost:$ingest/live" recordings="$work/dvr" \
  proxystreamsrc location="file://$work/dvr" ! segmentcache ! \
  dvrserversink http-port="$origin"
wait_for "http://localhost:$origin/healthz" origin

# A publisher, encoded for real: 4:2:0, as browsers do not play x264enc's 4:4:4.
start publisher gst-launch-1.0 -e \
  videotestsrc is-live=true pattern=smpte ! \
  video/x-raw,format=I420,width=640,height=360,framerate=25/1 ! \
  clockoverlay time-format=%H:%M:%S font-desc="Sans 40" ! \
  timeoverlay valignment=bottom ! \
  x264enc tune=zerolatency speed-preset=veryfast bitrate=800 \
    key-int-max=50 ! h264parse ! queue ! mux. \
  audiotestsrc is-live=true volume=0.1 ! audio/x-raw,rate=44100,channels=2 ! \
  avenc_aac ! aacparse ! queue ! mux. \
  flvmux name=mux streamable=true latency=1000000000 ! \
  rtmp2sink location="rtmp://localhost:$ingest/live/cam1"

start intermediate gst-launch-1.0 -e \
  proxystreamsrc location="http://localhost:$origin" ! \
  segmentcache cache-dir="$work/cache" max-disk=1073741824 ! \
  dvrserversink http-port="$middle"
wait_for "http://localhost:$middle/healthz" intermediate

start edge gst-launch-1.0 -e \
  proxystreamsrc location="http://localhost:$middle" ! segmentcache ! \
  dvrserversink http-port="$edge" rtmp-port="$rtmp"
wait_for "http://localhost:$edge/healthz" edge

stream=live/cam1/index.m3u8
wait_for "http://localhost:$edge/$stream" "the stream at the edge"
until curl -sf "http://localhost:$edge/$stream" | grep -q EXTINF; do
  sleep 0.1 # the first segment is not whole yet
done
cat <<END

  origin        http://localhost:$origin/   records and serves
  intermediate  http://localhost:$middle/   caches in memory and on disk
  edge          http://localhost:$edge/   caches in memory

Watch   http://localhost:$edge/$stream
  or    rtmp://localhost:$rtmp/live/cam1
Try     ffplay http://localhost:$edge/$stream
        ffplay rtmp://localhost:$rtmp/live/cam1
        rtmpdump -r rtmp://localhost:$rtmp/live/cam1 -A 1 -B 5 -o /tmp/dvr.flv
          (four seconds of what was recorded)
        publish with your own encoder to rtmp://localhost:$ingest/live/NAME
        any HLS player: pause it, rewind it, catch up again
        meson devenv -C $build examples/dvr-player \\
            dvr://localhost:$edge/live/cam1
          (rewinds, steps and runs backwards in its own buffer)
        meson devenv -C $build gst-play-1.0 dvr://localhost:$edge/live/cam1
        curl -s http://localhost:$edge/$stream | tail
        curl -s http://localhost:$edge/metrics
The recording is in $work/dvr while this runs. Ctrl-C stops all.

A viewer at the edge:
END

# A real viewer: decodes what the edge serves, and tells how far it is.
start viewer ffmpeg -nostdin -v error -progress "$work/progress" \
  -live_start_index -1 -i "http://localhost:$edge/$stream" -f null -
end=${seconds:+$(($(date +%s) + seconds))}
while [ -z "$end" ] || [ "$(date +%s)" -lt "$end" ]; do
  sleep 1
  frames=$(grep '^frame=' "$work/progress" 2>/dev/null | tail -n 1)
  printf '\r  frames decoded: %s ' "${frames#frame=}"
done
echo

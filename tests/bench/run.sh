#!/bin/sh
# Runs the benchmarks and prints a table; see docs/performance.md.
# usage: tests/bench/run.sh [row...]     rows: see --list
set -eu
cd "$(dirname "$0")/../.."
# without mpv the seeks are not compared with it
scripts/install-deps.sh bench || scripts/install-deps.sh tests
build=${BUILD_DIR:-build}
[ -f "$build/build.ninja" ] || meson setup "$build"
ninja -C "$build"
ninja -C "$build" tests/bench/backbuffer tests/bench/coldbare tests/bench/seekload tests/bench/dvrload tests/bench/livesource tests/bench/rtmpbare tests/bench/rtmpload tests/bench/watched
for dir in gst/record gst/cache ext/curl ext/server; do
  GST_PLUGIN_PATH_1_0="$build/$dir${GST_PLUGIN_PATH_1_0:+:$GST_PLUGIN_PATH_1_0}"
done
export GST_PLUGIN_PATH_1_0
export DVR_BENCH_TOOLS="$build/tests/bench"
exec python3 tests/bench/bench.py "$@"

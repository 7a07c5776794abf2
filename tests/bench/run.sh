#!/bin/sh
# Runs the benchmarks and prints a table; see docs/performance.md.
# usage: tests/bench/run.sh [row...]     rows: see --list
set -eu
cd "$(dirname "$0")/../.."
[ "${1:-}" != --list ] || exec python3 tests/bench/bench.py --list
# without mpv the seeks are not compared with it
scripts/install-deps.sh bench || scripts/install-deps.sh tests
build=${BUILD_DIR:-build}
[ -f "$build/build.ninja" ] || meson setup "$build"
tools=
for name in backbuffer coldbare seekload dvrload livesource rtmpbare watched; do
  tools="$tools tests/bench/$name"
done
# shellcheck disable=SC2086 # the tools are words
ninja -C "$build" all $tools
for dir in gst/record gst/cache ext/curl ext/server; do
  GST_PLUGIN_PATH_1_0="$build/$dir${GST_PLUGIN_PATH_1_0:+:$GST_PLUGIN_PATH_1_0}"
done
export GST_PLUGIN_PATH_1_0
export DVR_BENCH_TOOLS="$build/tests/bench"
exec python3 tests/bench/bench.py "$@"

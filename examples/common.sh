# Shared by the example scripts: builds, finds ports, starts and stops.
# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later

root=$(cd "$(dirname "$0")/.." && pwd)
pids=

prepare () {
  "$root/scripts/install-deps.sh"
  build=${BUILD_DIR:-$root/build}
  [ -f "$build/build.ninja" ] || meson setup "$build" "$root" >/dev/null
  ninja -C "$build" >/dev/null
  for dir in record cache; do plugin_path "$build/gst/$dir"; done
  for dir in curl server; do plugin_path "$build/ext/$dir"; done
  export GST_PLUGIN_PATH_1_0
  work=$(mktemp -d -t dvr-XXXXXX)
  trap finish EXIT
  trap 'exit 0' INT TERM
}

plugin_path () {
  GST_PLUGIN_PATH_1_0="$1${GST_PLUGIN_PATH_1_0:+:$GST_PLUGIN_PATH_1_0}"
}

# free_port FIRST: FIRST if it is free, else another
free_port () {
  python3 - "$1" <<'END'
import socket, sys
for port in (int(sys.argv[1]), 0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", port))
    except OSError:
        continue
    print(s.getsockname()[1])
    break
END
}

# start NAME COMMAND...: in the background, its output in a file
start () {
  name=$1
  shift
  # a session of its own, so that Ctrl-C reaches only this script
  setsid "$@" >"$work/$name.log" 2>&1 </dev/null &
  pids="$! $pids"
}

# wait_for URL NAME: until the URL answers
wait_for () {
  tries=0
  until curl -sf -o /dev/null "$1"; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ]; then
      echo "$2 does not answer at $1:" >&2
      tail -n 20 "$work"/*.log >&2
      exit 1
    fi
    sleep 0.1
  done
}

finish () {
  trap - EXIT INT TERM
  for pid in $pids; do kill -INT "$pid" 2>/dev/null || true; done
  for pid in $pids; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
  echo "stopped."
}

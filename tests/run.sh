#!/bin/sh
# Installs what is missing, builds, and runs all tests.
# usage: tests/run.sh [meson test arguments]
# The build tree is BUILD_DIR, or build/ beside this one's parent.
set -eu
cd "$(dirname "$0")/.."

scripts/install-deps.sh tests
[ -d tests/interop/browser/node_modules ] ||
  npm ci --prefix tests/interop/browser --no-audit --no-fund
build=${BUILD_DIR:-build}
[ -f "$build/build.ninja" ] || meson setup "$build" -Dwerror=true
ninja -C "$build"

# most tests wait for media that comes in real time: more than one per processor
status=0
meson test -C "$build" --print-errorlogs --no-rebuild \
  --num-processes $((2 * $(nproc))) "$@" || status=$?
# the runner's own figures, in one line
python3 - "$build/meson-logs/testlog.json" <<'END'
import json, sys
results = [json.loads(line)["result"] for line in open(sys.argv[1])]
bad = sum(r not in ("OK", "SKIP", "EXPECTEDFAIL") for r in results)
skipped = results.count("SKIP")
print("%d passed, %d failed, %d skipped"
      % (len(results) - bad - skipped, bad, skipped))
END
exit $status

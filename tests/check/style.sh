#!/bin/sh
# Every C file is as scripts/gst-indent would leave it.
cd "$(dirname "$0")/../.." || exit 1
git ls-files '*.c' | xargs scripts/gst-indent --check

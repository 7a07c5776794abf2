#!/bin/sh
# Runs our tests under ThreadSanitizer, with a GLib and a GStreamer that it can
# look into: it knows nothing of futexes and of inline assembly, and a mutex has to
# be a pthread's for a lock order to be seen. For Debian 12 with deb-src in the
# sources of apt, and clang, flex and bison. The first run takes a quarter of an
# hour. Code that is not ours is named in tsan.supp.
#
# usage: scripts/tsan.sh DIRECTORY [TEST...]    (default: all of suite "check")
set -eu

ours=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1/source"
dir=$(cd "$1" && pwd)
shift
prefix=$dir/prefix
system=$(pkg-config --variable=pluginsdir gstreamer-1.0)
export CC=clang CXX=clang++ PATH="$prefix/bin:$PATH"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"
export G_SLICE=always-malloc GST_REGISTRY_FORK=no CK_TIMEOUT_MULTIPLIER=8
san="-Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false"

# SOURCE-PACKAGE FILE SED-SCRIPT MESON-OPTION...
build () {
  package=$1 file=$2 change=$3
  shift 3
  [ ! -e "$dir/$package.done" ] || return 0
  (cd "$dir/source" && apt-get -qq source "$package")
  from=$(find "$dir/source" -maxdepth 1 -type d -name "$package-*")
  sed -i "$change" "$from"/$file
  TSAN_OPTIONS=report_bugs=0 meson setup "$dir/build/$package" "$from" $san \
    --prefix="$prefix" --libdir=lib "$@"
  TSAN_OPTIONS=report_bugs=0 ninja -C "$dir/build/$package" install
  touch "$dir/$package.done"
}

build glib2.0 'glib/g[bt]*.c' 's/define USE_\(NATIVE_MUTEX\|ASM_GOTO\)/undef USE_\1/
  s/\(g_assert (\)tz->ref_count/\1g_atomic_int_get (\&tz->ref_count)/' \
  -Dtests=false -Dnls=disabled -Dlibmount=disabled -Dselinux=disabled
build gstreamer1.0 gst/gstobject.c \
  's/((GObject \*) object)->ref_count/g_atomic_int_get (\&G_OBJECT (object)->ref_count)/' \
  -Dauto_features=disabled -Dcheck=enabled -Dtools=enabled -Dcoretracers=enabled
build gst-plugins-base1.0 meson.build '' -Dauto_features=disabled \
  -Dapp=enabled -Dplayback=enabled -Dtypefind=enabled -Dvideotestsrc=enabled \
  -Daudiotestsrc=enabled -Dvideoconvertscale=enabled -Dvideorate=enabled \
  -Daudioconvert=enabled -Daudioresample=enabled -Dvolume=enabled

# Formats and codecs can do without. No others: tests fork, and what has begun a thread of its
# own when it was looked at could not begin another one after that.
for name in isomp4 flv audioparsers videoparsersbad x264 x265 libav vpx opus \
    pango rtmp2; do
  ln -sf "$system/libgst$name.so" "$prefix/lib/gstreamer-1.0"
done
[ -d "$dir/dvr" ] || TSAN_OPTIONS=report_bugs=0 meson setup $san "$dir/dvr" "$ours"
TSAN_OPTIONS=report_bugs=0 ninja -C "$dir/dvr"
[ $# -gt 0 ] || set -- --suite check
export TSAN_OPTIONS="suppressions=$ours/scripts/tsan.supp history_size=4
  ignore_noninstrumented_modules=1 second_deadlock_stack=1"
meson test -C "$dir/dvr" --no-rebuild -t 6 "$@"

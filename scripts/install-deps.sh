#!/bin/sh
# Installs what is needed to build, or with "tests" also what the tests and
# benchmarks use as clients and peers, and with "bench" a player to compare
# with. For Debian 12; sudo only where needed.
set -eu

build="gcc meson ninja-build pkg-config
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libcurl4-openssl-dev libmicrohttpd-dev libuv1-dev zlib1g-dev"
run="gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
  gstreamer1.0-x gstreamer1.0-plugins-base-apps ffmpeg curl python3"
tests="indent nginx libnginx-mod-rtmp varnish wrk valgrind rtmpdump procps
  e2fsprogs mount chromium openssl xvfb xdotool
  libgstreamer-plugins-bad1.0-dev"
bench="mpv"

wanted="$build $run"
case "${1:-}" in
  tests) wanted="$wanted $tests" ;;
  bench) wanted="$wanted $tests $bench" ;;
esac
# hls.js comes from npm; a node that is there already will do
if [ "${1:-}" = tests ] && ! command -v npm >/dev/null; then
  wanted="$wanted nodejs npm"
fi

missing=
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
    grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "installing:$missing"
# Servers that Debian would start at once are only used as test peers here.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
  $as_root chmod 755 $policy
  made_policy=yes
fi
status=0
{ $as_root apt-get update -q &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends $missing; } >/tmp/dvr-install.$$ 2>&1 || status=$?
[ -z "$made_policy" ] || $as_root rm -f $policy
[ $status = 0 ] || tail -n 20 /tmp/dvr-install.$$ >&2
rm -f /tmp/dvr-install.$$
exit $status

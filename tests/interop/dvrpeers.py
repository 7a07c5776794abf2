# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peers of whole-chain tests: nginx, nginx-rtmp, Varnish, publishers."""

import os
import dvrtest

NGINX = """
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log stderr;
%(modules)s
events { worker_connections 2048; }
%(rtmp)s
http {
  access_log %(dir)s/access.log;
  client_body_temp_path %(dir)s/t1; proxy_temp_path %(dir)s/t2;
  fastcgi_temp_path %(dir)s/t3; uwsgi_temp_path %(dir)s/t4;
  scgi_temp_path %(dir)s/t5;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }
  %(http)s
}
"""

STATIC = """
  server { listen 127.0.0.1:%d; root %s; }
"""

# What docs/caching.md recommends.
CACHE = """
  proxy_cache_path %(dir)s/cache keys_zone=dvr:10m max_size=1g;
  upstream tier { server %(upstream)s; keepalive 64; }
  server {
    listen 127.0.0.1:%(port)d;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / {
      proxy_pass http://tier;
      proxy_cache dvr;
      proxy_cache_key $uri$is_args$args;
      add_header X-Cache $upstream_cache_status;
    }
    location ~ [.]m4s$ {
      proxy_pass http://tier;
      proxy_cache dvr;
      proxy_cache_lock on;
      proxy_cache_key $uri;
      add_header X-Cache $upstream_cache_status;
    }
  }
"""

PASS = """
  upstream tier { server %(upstream)s; keepalive 64; }
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      proxy_pass http://tier;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
"""

RTMP = """
rtmp {
  server {
    listen 127.0.0.1:%d;
    application live { live on; }
  }
}
"""


class Nginx:
    """One nginx, with a directory and an access log of its own."""

    def __init__(self, test, name, http="", rtmp="", **values):
        self.directory = test.path(name)
        self.marks = 0
        os.makedirs(self.directory)
        # its workers are another user
        os.chmod(test.directory, 0o755)
        os.chmod(self.directory, 0o777)
        values["dir"] = self.directory
        conf = os.path.join(self.directory, "nginx.conf")
        modules = "load_module %s;" % RTMP_MODULE if rtmp else ""
        with open(conf, "w") as f:
            f.write(NGINX % dict(dir=self.directory, http=http % values,
                                 rtmp=rtmp, modules=modules))
        self.process = test.start(
            ["nginx", "-p", self.directory, "-c", conf, "-e", "stderr",
             "-g", "daemon off;"], name)

    def requests(self):
        """The request lines it has logged."""
        log = os.path.join(self.directory, "access.log")
        if not os.path.exists(log):
            return []
        return [line.split('"')[1] for line in dvrtest.read_lines(log)]

    def all_requests(self, base):
        """Those before this. It logs after it has answered, one after the
        other: its one worker logs this request behind them."""
        self.marks += 1
        mark = "/mark%d/ " % self.marks
        dvrtest.get(base + mark.strip())
        dvrtest.wait_for("the log of nginx", lambda: any(
            mark in r for r in self.requests()))
        return [r for r in self.requests() if "/mark" not in r]


RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"


def static_nginx(test, directory, name="static"):
    """nginx over a directory as it lies there; its base URL."""
    port = dvrtest.free_port()
    Nginx(test, name, http=STATIC.strip() % (port, directory))
    base = "http://127.0.0.1:%d" % port
    wait_http(base)
    return base


def proxy_nginx(test, upstream, kind=CACHE, name="cache"):
    """nginx before upstream; (its base URL, the Nginx)."""
    port = dvrtest.free_port()
    nginx = Nginx(test, name, http=kind, port=port,
                  upstream=upstream.split("//")[1])
    base = "http://127.0.0.1:%d" % port
    wait_http(base)
    return base, nginx


def rtmp_nginx(test, name="rtmp"):
    """nginx-rtmp; the URL of its application."""
    port = dvrtest.free_port()
    Nginx(test, name, rtmp=RTMP % port)
    dvrtest.wait_for("nginx-rtmp", lambda: listening(port))
    return "rtmp://127.0.0.1:%d/live" % port


def varnish(test, upstream, name="varnish"):
    """Varnish before upstream; its base URL."""
    port = dvrtest.free_port()
    host, backend = upstream.split("//")[1].split(":")
    work = test.path(name + "-work")
    test.start(["varnishd", "-F", "-j", "none", "-n", work,
                "-a", "127.0.0.1:%d" % port, "-b", "%s:%s" % (host, backend),
                "-s", "malloc,64m"], name)
    base = "http://127.0.0.1:%d" % port
    wait_http(base)
    return base


def listening(port):
    import socket
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def wait_http(base):
    port = int(base.rsplit(":", 1)[1])
    dvrtest.wait_for(base, lambda: listening(port))


def publisher(test, url, gop=50, seconds=None, name="publisher", rate=25):
    """ffmpeg that publishes a live picture and tone in real time."""
    return test.start(
        ["ffmpeg", "-v", "error", "-re",
         "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=%d" % rate,
         "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100",
         *(["-t", str(seconds)] if seconds else []),
         "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
         "-g", str(gop), "-c:a", "aac", "-f", "flv", url], name)


def live_chain(stream="live/cam1", gop=50, recordings=None, properties=""):
    """A gst-launch-1.0 description of a live recorder. On a busy machine
    flvmux waits for the picture: else it gives it a later time."""
    return ("videotestsrc is-live=true pattern=ball ! "
            "video/x-raw,width=320,height=180,framerate=25/1 ! timeoverlay ! "
            "x264enc tune=zerolatency speed-preset=ultrafast "
            "key-int-max=%d ! h264parse ! queue ! mux. "
            "audiotestsrc is-live=true ! audio/x-raw,rate=44100 ! "
            "avenc_aac ! aacparse ! queue ! mux. "
            "flvmux name=mux streamable=true latency=10000000000 ! "
            "rtmpdvrsink location=%s stream=%s %s"
            % (gop, recordings, stream, properties))

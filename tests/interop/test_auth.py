# Copyright (C) 2026 The gst-plugins-dvr authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tokens: for players and publishers, tier to tier, and behind nginx."""

import os
import re
import socket
import subprocess
import time
import dvrpeers
import dvrrtmp
import dvrtest

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "docs", "authorization.md")
SECRET = "s3cret"

NGINX = """
  proxy_cache_path %(dir)s/store keys_zone=dvr:1m;
  server {
    listen 127.0.0.1:%(port)d;
    proxy_http_version 1.1;
    location ~ ^/~[^/]+(?<rest>/.*)$ {
      auth_request /auth;
      proxy_pass http://%(upstream)s;
      proxy_cache dvr;
      proxy_cache_key $rest$is_args$args;
      proxy_set_header X-Forwarded-For $remote_addr;
      add_header X-Cache $upstream_cache_status;
    }
    location = /auth {
      internal;
      proxy_pass http://%(upstream)s/-/auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
"""


def token(prefix="live/cam1", use="play", seconds=3600):
    """As the documentation makes one."""
    with open(DOCS) as f:
        script = re.search(r"(    grant=.*?)\n\n", f.read(), re.S).group(1)
    script = script.replace("3600", str(seconds)) \
        .replace("play", use).replace("live/cam1", prefix)
    return subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE,
                          check=True, text=True).stdout.strip()


class Auth(dvrtest.ChainTest):

    def setUp(self):
        super().setUp()
        self.flv = self.make_flv(seconds=8)

    def guarded(self, properties=""):
        """A recording that is served to who has a token."""
        self.record(self.flv)
        self.rtmp = dvrtest.free_port()
        self.log = self.path("access.log")
        return self.serve(
            "proxystreamsrc location=file://%s ! segmentcache"
            % self.recordings, "origin",
            "auth-secret=%s rtmp-port=%d access-log=%s %s"
            % (SECRET, self.rtmp, self.log, properties),
            env=dict(os.environ, GST_DEBUG="dvr*:7,rtmp*:7,proxy*:7,"
                     "segmentcache:7"))[1]

    def status(self, url):
        return dvrtest.get(url)[0]

    def raw(self, base, target):
        """(status, answer) of a path that is sent as it stands."""
        host, port = base.split("//")[1].split(":")
        with socket.create_connection((host, int(port)),
                                      dvrtest.DEADLINE) as s:
            s.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\n"
                       "Connection: close\r\n\r\n" % (target, host)).encode())
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        return int(answer.split()[1]), answer

    def test_a_player_inherits_the_token_of_its_playlist(self):
        base = self.guarded()
        url = "%s/~%s/live/cam1/main.m3u8" % (base, token())
        dvrtest.compare_packets(self, dvrtest.packets(self.flv),
                                dvrtest.packets(url))

    def test_without_a_good_token_there_is_nothing(self):
        base = self.guarded()
        shown = token()
        good = "%s/~%s/live/cam1/index.m3u8" % (base, shown)
        dvrtest.wait_for("the playlist", lambda: self.status(good) == 200)
        path = "/live/cam1/index.m3u8"
        self.assertEqual(self.status(base + path), 401)
        for bad in (token("live/cam2"), token(use="publish"),
                    token(seconds=-10), "x.y", token()[:-2]):
            self.assertEqual(self.status("%s/~%s%s" % (base, bad, path)), 403)
        segment = dvrtest.segments_of(dvrtest.get_text(good))[0]
        self.assertEqual(self.status("%s/live/cam1/%s" % (base, segment)), 401)
        self.assertEqual(self.status(good.replace("index.m3u8", segment)), 200)
        # media opens for the window longer than playlists
        late = good.replace(shown, token(seconds=-10))
        self.assertEqual(self.status(late), 403)
        self.assertEqual(self.status(late.replace("index.m3u8", segment)), 200)

    def test_rtmp_takes_it_in_the_query(self):
        self.guarded()
        url = "rtmp://127.0.0.1:%d/live/cam1" % self.rtmp
        done = subprocess.run(
            ["rtmpdump", "-r", url, "-o", self.path("none.flv")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=dvrtest.DEADLINE)
        self.assertIn(b"NetStream.Play.Failed", done.stdout)
        out = self.path("out.flv")
        dvrtest.run(["rtmpdump", "-q", "-r", "rtmp://127.0.0.1:%d/live"
                     % self.rtmp, "-y", "cam1?token=" + token(), "-o", out])
        self.assertEqual([p[2] for p in dvrtest.packets(self.flv)["video"]],
                         [p[2] for p in dvrtest.packets(out)["video"]])

    def test_what_a_stream_is_is_told_to_who_may_play_it(self):
        self.guarded()
        client = dvrrtmp.Client(self.rtmp)
        self.addCleanup(client.close)
        for query, length in (("", 0), ("?token=" + token("live/cam2"), 0),
                              ("?token=" + token(), 8)):
            told = client.call("getStreamLength", None, "cam1" + query)
            self.assertAlmostEqual(told[1][1], length, delta=0.5)

    def test_publishers_show_one_too(self):
        port = dvrtest.free_port()
        log = self.path("access.log")
        self.launch("dvrorigin location=rtmp://127.0.0.1:%d/live "
                    "recordings=%s auth-secret=%s proxystreamsrc location=%s "
                    "! segmentcache ! dvrserversink host=127.0.0.1 http-port=0 "
                    "rtmp-port=%d access-log=%s"
                    % (port, self.recordings, SECRET, self.recordings, port,
                       log), "origin")
        dvrtest.wait_for("the origin", lambda: dvrpeers.listening(port))
        url = "rtmp://127.0.0.1:%d/live/cam1" % port
        argv = ["ffmpeg", "-v", "error", "-i", self.flv, "-c", "copy", "-f",
                "flv"]
        for bad in (url, url + "?token=" + token()):
            with self.assertRaises(AssertionError):
                dvrtest.run([*argv, bad])
        dvrtest.run([*argv, url + "?token=" + token(use="publish")])
        events = dvrtest.wait_for("the log", lambda: (
            lambda e: "unpublish" in e and e)(dvrtest.read_access_log(log)))
        self.assertEqual(
            [(line["x-sname"], line["x-status"], line["x-ctx"])
             for line in events["publish"]],
            2 * [("live/cam1", "403", "NetStream.Publish.BadName")]
            + [("live/cam1", "200", "-")])
        self.assertGreater(float(events["unpublish"][0]["x-duration"]), 0)

    def test_a_lower_tier_shows_its_own(self):
        base = self.guarded()
        _, edge = self.serve("proxystreamsrc location=%s token=%s ! "
                             "segmentcache" % (base, token("live")), "edge")
        dvrtest.compare_packets(
            self, dvrtest.packets(self.flv),
            dvrtest.packets(edge + "/live/cam1/index.m3u8"))

    def test_nginx_asks_before_it_answers_from_its_cache(self):
        base = self.guarded()
        cache, _ = dvrpeers.proxy_nginx(self, base, NGINX)
        one, two = token(), token(seconds=7200)
        self.assertNotEqual(one, two)
        path = "/live/cam1/index.m3u8"
        dvrtest.wait_for("the playlist", lambda: self.status(
            "%s/~%s%s" % (cache, one, path)) == 200)
        segment = path.replace("index.m3u8", dvrtest.segments_of(
            dvrtest.get_text("%s/~%s%s" % (cache, one, path)))[0])
        hits = []
        for shown in (one, two):
            status, headers, _ = dvrtest.get("%s/~%s%s"
                                             % (cache, shown, segment))
            self.assertEqual(status, 200)
            hits.append(headers.get("X-Cache"))
        self.assertEqual(hits, ["MISS", "HIT"])
        self.assertEqual(self.status("%s/~%s%s" % (cache, token("other"),
                                                   segment)), 403)
        # nginx looks for what a path comes to, and asks about it as it came
        plain = segment.split("/", 2)[2]
        for shown in ("x", token("other")):
            for other in ("//live/" + plain, "/live//" + plain,
                          "/live/./" + plain, "/a/../live/" + plain,
                          "/%6cive/../live/" + plain, "/live%2f" + plain,
                          "/a/%2e%2e/live/" + plain,
                          "/~y/../live/" + plain, "/healthz/../live/" + plain,
                          segment + "#", segment + "%23/..", segment + "/."):
                status, _ = self.raw(cache, "/~%s%s" % (shown, other))
                self.assertIn(status, (400, 403, 404), other)
            for start in ("/%7e", "//~", "/./~", "/a/../~"):
                status, _ = self.raw(cache, start + shown + segment)
                self.assertIn(status, (400, 403, 404), start)
            status, body = self.raw(cache, "/~%s/metrics" % shown)
            self.assertEqual((status, b"dvrserversink_clients" in body),
                             (403, False))

    def kept(self, *rules, properties=""):
        """A recording; the application refuses what the rules fit."""
        self.record(self.flv)
        self.rtmp = dvrtest.free_port()
        self.log = self.path("access.log")
        self.keeper, base = self.keep_door(
            "proxystreamsrc location=file://%s ! segmentcache"
            % self.recordings, "keeper", "rtmp-port=%d access-log=%s %s"
            % (self.rtmp, self.log, properties), rules)
        return base

    def questions(self, kind, protocol):
        """What was asked: (answer, address, stream)."""
        words = [line.split() for line in self.keeper.output().splitlines()]
        return [(w[0], w[3], w[4] if len(w) > 4 else "") for w in words
                if w[1:3] == [kind, protocol]]

    def test_the_application_decides_who_plays_over_http(self):
        base = self.kept("play/token/bad")
        dvrtest.compare_packets(
            self, dvrtest.packets(self.flv),
            dvrtest.packets(base + "/~good/live/cam1/main.m3u8"))
        self.assertEqual(self.questions("play", "http"),
                         [("yes", "127.0.0.1", "live/cam1")])
        url = base + "/~bad/live/cam1/index.m3u8"
        status, headers, body = dvrtest.get(url)
        self.assertEqual((status, headers["Cache-Control"]),
                         (403, "no-store"))
        self.assertIn(b"not allowed", body)
        # a tier below is a client like any other
        _, edge = self.serve("proxystreamsrc location=%s token=bad ! "
                             "segmentcache" % base, "edge")
        self.assertEqual(self.status(edge + "/live/cam1/index.m3u8"), 502)

    def test_the_application_decides_who_connects_and_plays_over_rtmp(self):
        self.kept("connect/query/who=mallory", "play/query/pay=0")
        url = "rtmp://127.0.0.1:%d/live" % self.rtmp
        for app, name, code in (
                ("?who=mallory", "cam1", b"NetConnection.Connect.Rejected"),
                ("?who=alice", "cam1?pay=0", b"NetStream.Play.Failed")):
            done = subprocess.run(
                ["rtmpdump", "-V", "-r", url + app, "-y", name, "-o",
                 self.path("none.flv")], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=dvrtest.DEADLINE)
            self.assertIn(code, done.stdout)
        out = self.path("out.flv")
        dvrtest.run(["rtmpdump", "-q", "-r", url + "?who=alice",
                     "-y", "cam1?pay=1", "-o", out])
        self.assertEqual([p[2] for p in dvrtest.packets(self.flv)["video"]],
                         [p[2] for p in dvrtest.packets(out)["video"]])
        self.assertEqual([q[0] for q in self.questions("connect", "rtmp")],
                         ["no", "yes", "yes"])
        lines = dvrtest.wait_for("the log", lambda: (
            lambda e: len(e.get("disconnect", ())) == 2 and e)(
                dvrtest.read_access_log(self.log)))
        self.assertEqual([(c["x-status"], c["x-ctx"])
                          for c in lines["connect"]],
                         [("403", "NetConnection.Connect.Rejected"),
                          ("200", "-"), ("200", "-")])

    def test_who_shares_a_port_shares_who_may_connect(self):
        port = dvrtest.free_port()
        self.keep_door(
            "rtmpingestsrc location=rtmp://127.0.0.1:%d/live/cam1 ! "
            "rtmpdvrsink location=%s stream=live/cam1 "
            "proxystreamsrc location=file://%s ! segmentcache"
            % (port, self.recordings, self.recordings), "keeper",
            "rtmp-port=%d" % port, ["connect/query/who=mallory"])
        argv = ["ffmpeg", "-v", "error", "-i", self.flv, "-c", "copy", "-f",
                "flv"]
        url = "rtmp://127.0.0.1:%d/live" % port
        with self.assertRaises(AssertionError):
            dvrtest.run([*argv, "-rtmp_app", "live?who=mallory",
                         "-rtmp_playpath", "cam1", url])
        dvrtest.run([*argv, url + "/cam1"])

    def test_nginx_asks_for_its_clients(self):
        base = self.kept("play/address/203.0.113.9",
                         properties='trusted-proxies="<127.0.0.1>"')
        cache, _ = dvrpeers.proxy_nginx(self, base, NGINX.replace(
            "$remote_addr", "$http_x_client"))
        url = cache + "/~x/live/cam1/index.m3u8"

        def status(address):
            return dvrtest.get(url, {"X-Client": address})[0]

        dvrtest.wait_for("the playlist", lambda: status("192.0.2.1") == 200)
        began = time.monotonic()
        for _ in range(3):
            self.assertEqual(status("203.0.113.9"), 403)
            self.assertEqual(status("192.0.2.1"), 200)
        asked = self.questions("play", "http")
        # once for each, though nginx asks and the handler does; who is refused
        # may ask again after five seconds
        times = 1 + int((time.monotonic() - began) / 5)
        self.assertEqual(asked.count(("yes", "192.0.2.1", "live/cam1")), 1)
        self.assertIn(asked.count(("no", "203.0.113.9", "live/cam1")),
                      range(1, times + 1))
        self.assertEqual(len(set(asked)), 2)

    def test_the_log_says_who_had_what_and_no_token(self):
        base = self.guarded('trusted-proxies="<127.0.0.1>"')
        good, bad = token(), token(prefix="other")
        url = "%s/~%s/live/cam1/" % (base, good)
        dvrtest.wait_for("the playlist", lambda: self.status(
            url + "index.m3u8") == 200)
        media = dvrtest.segments_of(dvrtest.get_text(url + "index.m3u8"))[0]
        told = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7, 127.0.0.1"}
        size = len(dvrtest.get(url + media, told)[2])
        dvrtest.get(url + media, dict(told, Range="bytes=10-109"))
        dvrtest.get(url + media, method="HEAD")
        dvrtest.get(url.replace(good, bad) + media, {"X-Forwarded-For": "x"})
        # connections end their requests side by side: in no order
        lines = dvrtest.read_whole_log(base, self.log)
        gets = sorted([line for line in lines["GET"]
                       if line["cs-uri-stem"] == "/live/cam1/" + media],
                      key=lambda line: line["x-status"])
        self.assertEqual([(g["c-ip"], g["x-status"]) for g in gets],
                         [("198.51.100.7", "200"), ("198.51.100.7", "206"),
                          ("127.0.0.1", "403")])
        self.assertEqual([g["sc-bytes"] for g in gets[:2]], [str(size), "100"])
        self.assertIn(gets[0]["x-ctx"], ("hit", "miss", "disk", "collapsed"))
        self.assertEqual(lines["HEAD"][0]["sc-bytes"], "0")
        for query in ("", "?token=" + good, "?token=" + bad):
            subprocess.run(
                ["rtmpdump", "-q", "-r", "rtmp://127.0.0.1:%d/live"
                 % self.rtmp, "-y", "cam1" + query, "-o",
                 self.path("out.flv")], timeout=dvrtest.DEADLINE,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, edge = self.serve("proxystreamsrc location=%s token=%s ! "
                             "segmentcache" % (base, token("live")), "edge",
                             env=dict(os.environ, GST_DEBUG="dvr*:7,proxy*:7"))
        dvrtest.packets(edge + "/live/cam1/index.m3u8")
        lines = dvrtest.wait_for("the log", lambda: (
            lambda e: len(e.get("disconnect", ())) == 3 and e)(
                dvrtest.read_access_log(self.log)))
        self.assertEqual([p["x-status"] for p in lines["play"]],
                         ["401", "200", "403"])
        self.assertEqual(lines["play"][0]["x-ctx"], "NetStream.Play.Failed")
        for name in os.listdir(self.directory):
            path = os.path.join(self.directory, name)
            if os.path.isfile(path) and not name.endswith(".flv"):
                with open(path, errors="replace") as f:
                    text = f.read()
                for secret in (good, bad, SECRET, token("live")[:30]):
                    self.assertNotIn(secret, text, name)


if __name__ == "__main__":
    dvrtest.main()

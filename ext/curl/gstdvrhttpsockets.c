/* gstdvrhttpsockets.c: the sockets that libcurl waits for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Most transfers of a tier wait for upstream, two for each stream.
 * curl_multi_poll() and curl_multi_perform() would look at all of them whenever
 * one has something; so libcurl tells which sockets it waits for, and is told
 * which of them are ready. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

#include "gstdvrhttpsockets.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

#define MAX_EVENTS 64
#define MAX_PAUSE (60 * G_TIME_SPAN_SECOND)

struct _GstDvrHttpSockets
{
  CURLM *multi;
  gint poll;
  gint wake;
  gint64 due;                   /* when libcurl wants to be called anyway */
};

static int
on_socket (CURL * easy, curl_socket_t fd, int what, void *user_data,
    void *known)
{
  GstDvrHttpSockets *self = user_data;
  struct epoll_event event = {.data.fd = fd };

  if (what == CURL_POLL_REMOVE) {
    epoll_ctl (self->poll, EPOLL_CTL_DEL, fd, NULL);
    return 0;
  }
  if (what & CURL_POLL_IN)
    event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT)
    event.events |= EPOLLOUT;
  curl_multi_assign (self->multi, fd, self);
  if (epoll_ctl (self->poll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
          &event) != 0)
    GST_WARNING ("cannot wait for socket %d, its transfer will time out: %s",
        fd, g_strerror (errno));

  return 0;
}

static int
on_timer (CURLM * multi, long pause, void *user_data)
{
  GstDvrHttpSockets *self = user_data;

  self->due = pause < 0 ? G_MAXINT64 :
      g_get_monotonic_time () + pause * G_TIME_SPAN_MILLISECOND;

  return 0;
}

/**
 * gst_dvr_http_sockets_new:
 * @multi: whose sockets
 * @error: why not
 *
 * Returns: (transfer full) (nullable): to be freed after @multi
 */
GstDvrHttpSockets *
gst_dvr_http_sockets_new (CURLM * multi, GError ** error)
{
  GstDvrHttpSockets *self = g_new0 (GstDvrHttpSockets, 1);
  struct epoll_event event = {.events = EPOLLIN };

  self->multi = multi;
  self->due = G_MAXINT64;
  self->poll = epoll_create1 (EPOLL_CLOEXEC);
  self->wake = event.data.fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (self->poll < 0 || self->wake < 0
      || epoll_ctl (self->poll, EPOLL_CTL_ADD, self->wake, &event) != 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "cannot wait for sockets: %s", g_strerror (errno));
    gst_dvr_http_sockets_free (self);
    return NULL;
  }
  curl_multi_setopt (multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt (multi, CURLMOPT_SOCKETDATA, self);
  curl_multi_setopt (multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt (multi, CURLMOPT_TIMERDATA, self);

  return self;
}

void
gst_dvr_http_sockets_free (GstDvrHttpSockets * self)
{
  if (self->poll >= 0)
    close (self->poll);
  if (self->wake >= 0)
    close (self->wake);
  g_free (self);
}

/* How long to wait, in ms. */
static gint
get_pause (GstDvrHttpSockets * self, gint64 until)
{
  gint64 pause = MIN (until, self->due) - g_get_monotonic_time ();

  return (CLAMP (pause, 0, MAX_PAUSE) + 999) / 1000;
}

/* What is wrong with a socket libcurl finds out itself. */
static gint
get_ready (guint32 events)
{
  if (events & (EPOLLERR | EPOLLHUP))
    return 0;
  return (events & EPOLLIN ? CURL_CSELECT_IN : 0)
      | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
}

/**
 * gst_dvr_http_sockets_wait:
 * @self: the sockets
 * @until: monotonic time
 *
 * Waits until a socket is ready, libcurl has something to do, somebody calls
 * gst_dvr_http_sockets_wake(), or it is @until; and has libcurl do its work.
 */
void
gst_dvr_http_sockets_wait (GstDvrHttpSockets * self, gint64 until)
{
  struct epoll_event events[MAX_EVENTS];
  gint i, running, n;
  guint64 times;

  n = epoll_wait (self->poll, events, MAX_EVENTS, get_pause (self, until));
  for (i = 0; i < n; i++) {
    if (events[i].data.fd == self->wake)
      (void) !read (self->wake, &times, sizeof (times));
    else
      curl_multi_socket_action (self->multi, events[i].data.fd,
          get_ready (events[i].events), &running);
  }
  if (self->due <= g_get_monotonic_time ()) {
    self->due = G_MAXINT64;
    curl_multi_socket_action (self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

/* May be called from any thread. */
void
gst_dvr_http_sockets_wake (GstDvrHttpSockets * self)
{
  guint64 once = 1;

  (void) !write (self->wake, &once, sizeof (once));
}

/* httpstub.h: an HTTP server that does what a test says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _HttpStub HttpStub;
typedef struct _HttpStubRequest HttpStubRequest;

/* What was asked: the target with its query, and the whole head. */
struct _HttpStubRequest
{
  HttpStub *stub;
  int fd;
  gchar *target;
  gchar *path;
  gchar *head;
  gboolean no_body;             /* it is a HEAD */
  gboolean close;               /* a handler sets it to end the connection */
};

/* Called in a thread of the connection; may block. */
typedef void (*HttpStubHandler) (HttpStubRequest * request, gpointer data);

HttpStub *http_stub_new (HttpStubHandler handler, gpointer data);
void http_stub_free (HttpStub * stub);
/* As if its process died, and was started again; to be called in turn. */
void http_stub_down (HttpStub * stub);
void http_stub_up (HttpStub * stub);
guint http_stub_get_port (HttpStub * stub);
gchar *http_stub_get_uri (HttpStub * stub, const gchar * path);
/* How often a path was asked for, the query left aside; NULL: in all. */
guint http_stub_count (HttpStub * stub, const gchar * path);

/* For handlers. */
gchar *http_stub_get_header (HttpStubRequest * request, const gchar * name);
gboolean http_stub_send (HttpStubRequest * request, gconstpointer data,
    gsize size);
void http_stub_head (HttpStubRequest * request, guint status,
    const gchar * headers, gsize length);
void http_stub_reply (HttpStubRequest * request, guint status,
    const gchar * headers, gconstpointer body, gsize size);
/* Bytes with an ETag; answers Range and If-Range. */
void http_stub_serve (HttpStubRequest * request, const gchar * etag,
    gconstpointer body, gsize size);

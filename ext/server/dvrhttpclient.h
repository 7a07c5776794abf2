/* dvrhttpclient.h: one HTTP connection and the request it is at
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrhttpheaders.h"
#include "dvrhttpserver.h"
#include "dvrmedia.h"
#include "dvrplaylistcache.h"

G_BEGIN_DECLS

/* The longest address in text, with its end. */
#define DVR_ADDRESS_SIZE 48

typedef struct _DvrClient DvrClient;

/**
 * DvrMethod:
 * @DVR_METHOD_GET: GET
 * @DVR_METHOD_HEAD: HEAD
 * @DVR_METHOD_OPTIONS: OPTIONS
 * @DVR_METHOD_OTHER: anything else
 */
typedef enum
{
  DVR_METHOD_GET,
  DVR_METHOD_HEAD,
  DVR_METHOD_OPTIONS,
  DVR_METHOD_OTHER
} DvrMethod;

/* What the application has said. */
typedef enum
{
  DVR_VERDICT_NONE,
  DVR_VERDICT_ASKED,
  DVR_VERDICT_YES,
  DVR_VERDICT_NO
} DvrVerdict;

/**
 * DvrClient:
 * @server: the server
 * @http: the listener it came to
 * @connection: libmicrohttpd's
 * @link: in the list of clients
 * @address: of the peer
 * @port: of the peer
 * @loopback: whether the peer is this machine
 * @refused: there are too many clients
 * @quiet_since: when the last answer was done, monotonic; 0 while a request is
 *   worked on; atomic
 * @fd: the socket
 * @method: what the request wants; what follows is the request's too, and all
 *   0 between two
 * @started: whether its headers have been looked at
 * @route: what it asks for
 * @uri: (nullable): what the log says was asked for
 * @cmcd: (nullable): what its query tells of the player
 * @told: whether it only tells what the player does
 * @approved: whether that may be
 * @admitted: whether it may play
 * @verdict: which of the two the application is asked for
 * @asked: when, monotonic
 * @status: of the answer
 * @context: (nullable): how the cache met it
 * @promised: bytes of the answer's body; -1 = not known
 * @token: (nullable): the token that its path began with
 * @headers: of the request
 * @media: what is served to it
 * @pinned: whether it holds a pin on the media's segment
 * @how: how its media was come by, where @has_how
 * @has_how: whether it had to be asked for
 * @deadline: when waiting is over, monotonic; 0 = not set
 * @ahead: whether it asked for what is too far ahead
 * @patience: how long to wait for more of what is being sent, nanoseconds
 * @waiter: how it waits
 * @sent: bytes of @media handed out so far, in read while filling
 * @corked: whether its socket holds back what does not fill a packet
 * @reserve: (nullable): memory for the answer it waits for
 *
 * Requests on one connection come one after the other, so that it needs no
 * object of its own.
 */
struct _DvrClient
{
  DvrServer *server;
  DvrHttp *http;
  struct MHD_Connection *connection;
  GList link;
  gchar address[DVR_ADDRESS_SIZE];
  guint16 port;
  gboolean loopback;
  gboolean refused;
  gint64 quiet_since;
  gint fd;

  DvrMethod method;
  gboolean started;
  DvrRoute route;
  gchar *uri;
  gchar *cmcd;
  gboolean told;
  DvrVerdict approved;
  DvrVerdict admitted;
  DvrVerdict *verdict;
  gint64 asked;
  guint status;
  const gchar *context;
  gint64 promised;
  gchar *token;
  DvrRequestHeaders headers;
  DvrMedia *media;
  gboolean pinned;
  GstDvrHow how;
  gboolean has_how;
  gint64 deadline;
  gboolean ahead;
  GstClockTime patience;
  DvrWaiter waiter;
  guint64 sent;
  gboolean corked;
  gpointer reserve;
};

/* dvrhttpserver.c */
gboolean        dvr_client_deadline_is_over (DvrClient * client);
enum MHD_Result dvr_client_wait    (DvrClient * client, DvrWaitList * list,
                                    guint serial, DvrWant want, guint64 a,
                                    guint64 b);
void            dvr_client_is_up   (DvrClient * client);
void            dvr_client_suspend (DvrClient * client, DvrWaitList * list,
                                    guint serial, DvrWant want, guint64 a,
                                    guint64 b);
void            dvr_client_set_deadline (DvrClient * client,
                                    GstClockTime duration);
void            dvr_client_await_verdict (DvrClient * client,
                                    DvrVerdict * verdict);
void            dvr_client_take_verdict (gboolean allowed,
                                    gpointer user_data);

/* dvrhttpaccess.c */
gboolean        dvr_client_is_local (DvrClient * client);
void            dvr_client_get_peer (DvrClient * client,
                                    gchar peer[DVR_ADDRESS_SIZE]);
GstStructure *  dvr_client_describe (DvrClient * client,
                                    const gchar * stream,
                                    const gchar * token);
gboolean        dvr_http_may_have  (DvrClient * client,
                                    enum MHD_Result * result);
enum MHD_Result dvr_http_serve_auth (DvrClient * client);

/* dvrhttpreply.c */
struct MHD_Response *
                dvr_reply_new_empty (DvrClient * client);
enum MHD_Result dvr_reply_queue    (DvrClient * client, guint status,
                                    struct MHD_Response * response);
enum MHD_Result dvr_reply_error    (DvrClient * client, guint status,
                                    const gchar * text);
enum MHD_Result dvr_reply_answer   (DvrClient * client, GstDvrAnswer answer);
enum MHD_Result dvr_reply_text     (DvrClient * client, guint status,
                                    const gchar * type, gchar * text);
enum MHD_Result dvr_reply_options  (DvrClient * client);

/* dvrhttpstream.c */
enum MHD_Result dvr_http_get_stream (DvrClient * client, DvrStream ** stream,
                                    GstDvrTimelineInfo * info, guint * serial);

/* dvrhttpfind.c */
enum MHD_Result dvr_http_find_media (DvrClient * client);
GstDvrAnswer    dvr_http_get_media (DvrClient * client, DvrStream * stream,
                                    const DvrRoute * what,
                                    const GstDvrTimelineInfo * info,
                                    const GstDvrEntry * entry);
enum MHD_Result dvr_http_reply_overdue (DvrClient * client);

/* dvrhttpmedia.c */
enum MHD_Result dvr_http_serve_media (DvrClient * client);
const gchar *   dvr_http_get_cache_status (DvrClient * client, gboolean hit);
void            dvr_http_begin_sending (DvrClient * client, guint64 bytes);
enum MHD_Result dvr_http_reply_failed (DvrClient * client);

/* dvrhttpfilling.c */
enum MHD_Result dvr_http_serve_filling (DvrClient * client, guint serial);
void            dvr_http_stop_filling (DvrClient * client);

/* dvrhttprange.c */
void            dvr_http_narrow    (DvrClient * client,
                                    const GstDvrEntry * entry,
                                    GstDvrSegmentId * id);
DvrRange        dvr_http_get_range (DvrClient * client, guint64 size,
                                    guint64 * offset, guint64 * length);
enum MHD_Result dvr_http_reply_bad_range (DvrClient * client, guint64 total);
enum MHD_Result dvr_http_reply_range (DvrClient * client, guint64 offset,
                                    guint64 length, guint64 total);
enum MHD_Result dvr_http_serve_range (DvrClient * client);
enum MHD_Result dvr_http_serve_range_filling (DvrClient * client,
                                    guint serial, guint64 size,
                                    guint64 total);

/* dvrhttpplaylist.c */
enum MHD_Result dvr_http_serve_playlist (DvrClient * client);
enum MHD_Result dvr_http_reply_rendering (DvrClient * client,
                                    DvrPlaylistRendering * rendering,
                                    const GstDvrTimelineInfo * info);

/* dvrhttpmultivariant.c */
enum MHD_Result dvr_http_serve_multivariant (DvrClient * client,
                                    DvrStream * stream,
                                    const GstDvrTimelineInfo * info);

/* dvrhttptold.c */
gboolean        dvr_http_take_event (DvrClient * client,
                                    enum MHD_Result * result);
void            dvr_http_log_request (DvrClient * client, gboolean whole);

/* dvrhttpstatus.c */
enum MHD_Result dvr_http_serve_page (DvrClient * client);

G_END_DECLS

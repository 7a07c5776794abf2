/* proxyfixture.h: an upstream and a proxystreamsrc for tests
 *
 *Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrlink.h>

#include "httpstub.h"

#define RECORDING "20261120T192200Z-3f9c"
#define NUMBER 100
#define DVR "/live/cam1/dvr.m3u8"
#define SEGMENT_PATH "/live/cam1/" RECORDING "/100.m4s"
/* Until a test gives up: longer than anything takes on a busy machine. */
#define WAIT (120 * G_TIME_SPAN_SECOND)

/* A low-latency upstream. Segments up to `open_number` are closed, each is four
 * parts; a test lets parts come one by one. */
#define N_PARTS 4
#define PART_SIZE 1000

typedef struct
{
  guint64 open_number;
  guint n_parts;
  guint n_deltas;
  guint n_blocked;
  guint n_early;                /* parts asked for before the one before */
  gint64 delay;                 /* of what is not held back, microseconds */
  gboolean stopping;
} Edge;

/* An upstream with one stream; a test sets what is special. */
typedef struct
{
  HttpStub *stub;
  GMutex lock;
  GCond changed;
  gchar *playlist;              /* of live/cam1 */
  guint8 *media;                /* every segment's bytes */
  gsize size;
  HttpStubHandler special;      /* asked first, for paths of its own */
  const gchar *special_path;
  gboolean open;                /* the gate that handlers wait at */
  guint seen;
  gchar *last_head;
  gchar *media_head;            /* of the last request that was not for a list */
  GString *heads;               /* of all requests */
  gchar *last_range;            /* of the last request that had one */
  Edge edge;
} Upstream;

typedef struct
{
  Upstream up;
  GstElement *element;
  GstHarness *harness;
} Fixture;

typedef gboolean (*InfoCheck) (const GstDvrTimelineInfo * info);

extern const gchar *const PLAYLIST;

/* styp, then mdat boxes of 1,000 bytes. */
guint8 *make_media (guint n_boxes, gsize * size);
void upstream_init (Upstream * up);
void upstream_open (Upstream * up);
void upstream_wait_open (Upstream * up);
void upstream_wait_seen (Upstream * up, guint n);
void upstream_set_playlist (Upstream * up, const gchar * text);
void upstream_clear (Upstream * up);
/* How long upstream may be silent, of an element that is started then. As long as
 * a busy machine may stand still; a test that waits for it says how long. */
extern guint64 fixture_timeout;
void fixture_start (Fixture * f, const gchar * path);
void fixture_play (Fixture * f);
void fixture_stop (Fixture * f);
GstDvrRequest *ask_segment (Fixture * f, guint64 number);
GstDvrTimeline *ask_timeline (Fixture * f, const gchar * stream,
    GstDvrAnswer * answer);
/* Waits until what is checked for is so. */
void wait_timeline (GstDvrTimeline * timeline, InfoCheck check,
    GstDvrTimelineInfo * info);
gboolean is_known (const GstDvrTimelineInfo * info);
GstDvrTimeline *follow (Fixture * f, GstDvrTimelineInfo * info);
void expect_absent (Fixture * f);
/* Until the segment has that many bytes, or has ended. A watch may be called
 * once more after it was removed, so its data are its own. */
GstDvrSegmentState wait_segment (GstDvrSegment * segment, guint64 size);
/* Returns the status with which the segment ended, 0 when whole. */
guint wait_end (GstDvrRequest * request);
void check_bytes (GstDvrRequest * request, const guint8 * media, gsize size);
void gated_segment (HttpStubRequest * request, gpointer data);
void half_then_gate (HttpStubRequest * request, gpointer data);
/* Starts, with a special handler for segment 100, and follows the stream. */
GstDvrTimeline *fixture_start_special (Fixture * f, HttpStubHandler special);
/* Likewise, asks for that segment, and waits until half of it is there. */
GstDvrRequest *fixture_ask_half (Fixture * f, HttpStubHandler special);
/* How many requests for its list were held back. */
guint upstream_count_blocked (Upstream * up);
void edge_advance (Upstream * up);
void edge_stop (Upstream * up);
void edge_handler (HttpStubRequest * request, gpointer data);
/* Every part but the first begins with a moof box of its own. */
void upstream_make_edge (Upstream * up);
void edge_start (Fixture * f);
void set_location (Fixture * f, Upstream * up);
/* Until the location in use is that of @up. */
void wait_location (Fixture * f, Upstream * up);
void fixture_set_backup (Fixture * f, Upstream * backup);
void wait_part (GstDvrTimeline * timeline, guint64 number, guint n_parts,
    GstDvrTimelineInfo * info);
/* Waits for a status and returns its description. */
gchar *wait_status (GstBus * bus, const gchar * code);
GstBus *fixture_bus (Fixture * f);
gboolean is_stale (const GstDvrTimelineInfo * info);
gboolean is_fresh (const GstDvrTimelineInfo * info);

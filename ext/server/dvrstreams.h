/* dvrstreams.h: the streams that viewers have asked for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrbranches.h"
#include "dvrformats.h"
#include "dvrwaker.h"

G_BEGIN_DECLS

typedef struct _DvrStreams DvrStreams;
typedef struct _DvrStream DvrStream;
typedef struct _DvrRtmpRenderings DvrRtmpRenderings;

/**
 * DvrStream:
 * @name: its name
 * @timeline: its timeline
 * @changes: waits for changes of @timeline
 * @playlists: its rendered playlists
 * @formats: what its media is made of
 * @renderings: its segments as RTMP
 * @last_used: monotonic time of the last request, atomic
 * @requests: how many requests named it, atomic
 *
 * A stream that is in use. Reference-counted; all of it is constant but the
 * counters.
 */
struct _DvrStream
{
  gint refs;
  gchar *name;
  GstDvrTimeline *timeline;
  DvrWaitList *changes;
  DvrPlaylists *playlists;
  DvrFormats *formats;
  DvrRtmpRenderings *renderings;
  gint64 last_used;
  guint64 requests;

  /*< private >*/
  GstPad *pad;
  guint branch;
};

typedef void (*DvrStreamFunc) (DvrStream * stream, gpointer user_data);

DvrStreams * dvr_streams_new      (DvrBranches * branches, DvrWaker * waker,
                                   DvrStreamFunc gone, gpointer user_data);
void         dvr_streams_free     (DvrStreams * self);

GstDvrAnswer dvr_streams_get      (DvrStreams * self, const gchar * name,
                                   const gchar * path,
                                   DvrStream ** stream);
GstDvrAnswer dvr_streams_ask      (DvrStreams * self, DvrStream * stream,
                                   GstDvrRequest * request);
void         dvr_streams_sweep    (DvrStreams * self, gint64 now);
void         dvr_streams_drop_pad (DvrStreams * self, GstPad * pad);
void         dvr_streams_drop_all (DvrStreams * self);
GPtrArray *  dvr_streams_list     (DvrStreams * self);

DvrStream *  dvr_stream_ref       (DvrStream * stream);
void         dvr_stream_unref     (DvrStream * stream);

/* A stream's TARGETDURATION, also before it is known. */
static inline GstClockTime
dvr_get_target_duration (const GstDvrTimelineInfo * info)
{
  return info->target_duration > 0 ? info->target_duration : 10 * GST_SECOND;
}

G_END_DECLS

/* dvrrtmpsender.c: sends a viewer shared media from its place in a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrrtmpsender.h"

/* One write. */
#define MAX_BLOCKS 16
#define MAX_WRITE (128 * 1024)
/* A frame, when holes are taken out. */
#define FRAME 40

static gint64
to_wire (DvrRtmpSender * self, gint64 time)
{
  return MAX (time - self->shift, 0);
}

/**
 * dvr_rtmp_sender_place:
 * @self: a sender
 * @shift: stream time of 0 on the wire, milliseconds; G_MAXINT64: that of the
 *   first message
 *
 * Time on the wire begins anew with the next head, unless that is to join.
 */
void
dvr_rtmp_sender_place (DvrRtmpSender * self, gint64 shift)
{
  self->shift = shift;
  if (self->wire != DVR_RTMP_WIRE_JOINS)
    self->wire = DVR_RTMP_WIRE_ANEW;
}

/* What comes next is of another stream: time on the wire goes on.
 * Returns: where, milliseconds */
gint64
dvr_rtmp_sender_join (DvrRtmpSender * self)
{
  if (!self->begun) {
    dvr_rtmp_sender_place (self, G_MAXINT64);
    return 0;
  }
  self->wire = DVR_RTMP_WIRE_JOINS;
  self->was_paced = self->paced;
  self->join_at = to_wire (self, self->sent) + FRAME;
  return self->join_at;
}

static void
pace_from (DvrRtmpSender * self, gint64 wire)
{
  self->paced_since = g_get_monotonic_time ();
  self->paced_from = wire;
}

/* From here on the client's buffer is filled anew. */
void
dvr_rtmp_sender_restart_pace (DvrRtmpSender * self)
{
  pace_from (self, to_wire (self, self->sent));
}

static gint64
ahead_of_play (DvrRtmpSender * self, gint64 time)
{
  gint64 played = (g_get_monotonic_time () - self->paced_since) / 1000;

  return to_wire (self, time) - self->paced_from - played;
}

/* Returns: how far ahead of its playing the client has been sent, in
 *   milliseconds */
gint64
dvr_rtmp_sender_get_ahead (DvrRtmpSender * self)
{
  return ahead_of_play (self, self->sent);
}

/* -- the head -- */

/* @anchor: the earliest time that the head names; @time: of what comes first */
static void
place_head (DvrRtmpSender * self, gint64 anchor, gint64 time)
{
  if (self->wire == DVR_RTMP_WIRE_JOINS) {
    self->shift = anchor - self->join_at;
    if (self->paced && !self->was_paced)
      pace_from (self, self->join_at);
  } else if (self->wire == DVR_RTMP_WIRE_ANEW) {
    self->shift = MIN (self->shift, anchor);
    pace_from (self, to_wire (self, time));
  } else if (self->hole && self->paced && anchor > self->sent + FRAME) {
    /* A hole in a recording takes no time. */
    self->shift += anchor - self->sent - FRAME;
  }
  self->wire = DVR_RTMP_WIRE_GOES_ON;
  self->hole = FALSE;
}

static void
send_codec (DvrRtmpSender * self, GstRtmpMessageType type, gint64 anchor,
    GstBuffer * config)
{
  GstBuffer *body = config ? gst_buffer_ref (config) : gst_buffer_new ();

  gst_rtmp_server_session_send_media (dvr_rtmp_connection_get_session
      (self->connection), self->stream_id, type, to_wire (self, anchor), body);
  gst_buffer_unref (body);
}

/* What goes before shared bytes: see rtmpblock.h. */
static void
send_head (DvrRtmpSender * self)
{
  GstRtmpServerSession *session =
      dvr_rtmp_connection_get_session (self->connection);
  DvrRtmpCursor *at = &self->cursor;
  const DvrRtmpHead *head = dvr_rtmp_rendering_get_head (at->rendering);
  GstRtmpBlock *block = dvr_rtmp_rendering_nth (at->rendering, at->block);
  gint64 anchor = dvr_rtmp_cursor_get_anchor (at);

  place_head (self, anchor, gst_rtmp_block_nth (block, at->message)->timestamp);
  gst_rtmp_server_session_begin_head (session, self->stream_id);
  gst_rtmp_server_session_send_media (session, self->stream_id, GST_RTMP_DATA,
      to_wire (self, anchor), head->metadata);
  if (head->has_video)
    send_codec (self, GST_RTMP_VIDEO, gst_rtmp_block_get_anchor (block,
            at->message, GST_RTMP_BLOCK_VIDEO), head->video);
  if (head->has_audio)
    send_codec (self, GST_RTMP_AUDIO, gst_rtmp_block_get_anchor (block,
            at->message, GST_RTMP_BLOCK_AUDIO), head->audio);
  if (self->one_frame)
    self->until = gst_rtmp_block_nth (block, at->message)->timestamp + 1;
  gst_rtmp_block_unref (block);
}

static guint
get_playable (DvrRtmpSender * self)
{
  return dvr_rtmp_head_get_playable (dvr_rtmp_rendering_get_head
      (self->cursor.rendering),
      dvr_rtmp_connection_get_connect (self->connection));
}

/* What the client has no codec for is left out from here on.
 * Returns: whether there is such a thing; then the cursor enters anew */
static gboolean
leave_out (DvrRtmpSender * self, guint playable)
{
  DvrRtmpCursor *at = &self->cursor;
  GstRtmpBlock *block;

  if (playable ==
      dvr_rtmp_head_get_kinds (dvr_rtmp_rendering_get_head (at->rendering)))
    return FALSE;
  block = dvr_rtmp_rendering_nth (at->rendering, at->block);
  dvr_rtmp_cursor_set_kinds (at, playable,
      MAX (gst_rtmp_block_nth (block, at->message)->timestamp, 1));
  gst_rtmp_block_unref (block);
  return TRUE;
}

/* -- blocks -- */

typedef struct
{
  GstRtmpBlock *blocks[MAX_BLOCKS];
  guint n;
  gsize size;
  guint begin;                  /* first message of the first block */
  guint end;                    /* message behind the last one sent */
  gboolean is_last;
} Batch;

/* Index of the first message at or after @time, from @from on. */
static guint
find_message (GstRtmpBlock * block, guint from, gint64 time)
{
  while (from < gst_rtmp_block_length (block)
      && gst_rtmp_block_nth (block, from)->timestamp < time)
    from++;
  return from;
}

static gsize
offset_of (GstRtmpBlock * block, guint message)
{
  gsize size;

  gst_rtmp_block_get_data (block, &size);
  return message < gst_rtmp_block_length (block) ?
      gst_rtmp_block_nth (block, message)->offset : size;
}

/* Takes the blocks that may be sent now; at least one that is there. */
static void
collect (DvrRtmpSender * self, Batch * batch)
{
  DvrRtmpCursor *at = &self->cursor;
  guint n = dvr_rtmp_rendering_length (at->rendering);
  guint from = at->message;

  memset (batch, 0, sizeof (*batch));
  batch->begin = from;
  while (batch->n < MAX_BLOCKS && batch->size < MAX_WRITE
      && at->block + batch->n < n && !batch->is_last) {
    GstRtmpBlock *block =
        dvr_rtmp_rendering_nth (at->rendering, at->block + batch->n);
    guint end = find_message (block, from, self->until);

    if (batch->n > 0 && self->paced
        && ahead_of_play (self, gst_rtmp_block_nth (block, 0)->timestamp) >=
        self->buffer) {
      gst_rtmp_block_unref (block);
      break;
    }
    batch->is_last = end < gst_rtmp_block_length (block);
    batch->blocks[batch->n++] = block;
    batch->size += offset_of (block, end) - offset_of (block, from);
    batch->end = end;
    from = 0;
  }
}

/* Moves the cursor behind what was sent. */
static void
pass (DvrRtmpSender * self, const Batch * batch)
{
  DvrRtmpCursor *at = &self->cursor;
  GstRtmpBlock *last = batch->blocks[batch->n - 1];

  self->begun = TRUE;
  if (batch->end > 0)
    self->sent = gst_rtmp_block_nth (last, batch->end - 1)->timestamp;
  if (batch->end < gst_rtmp_block_length (last)) {
    dvr_rtmp_cursor_pass (at, batch->n - 1);
    at->message = batch->end;
  } else {
    dvr_rtmp_cursor_pass (at, batch->n);
  }
}

static void
write_batch (DvrRtmpSender * self, Batch * batch)
{
  GstRtmpBlock *last = batch->blocks[batch->n - 1];
  guint i;

  self->bytes += batch->size;
  dvr_count (self->cursor.server->stats.bytes_media, batch->size);
  pass (self, batch);
  dvr_rtmp_connection_write (self->connection, batch->blocks, batch->n,
      offset_of (batch->blocks[0], batch->begin),
      offset_of (last, G_MAXUINT) - offset_of (last, batch->end));
  for (i = 0; i < batch->n; i++)
    gst_rtmp_block_unref (batch->blocks[i]);
}

/**
 * dvr_rtmp_sender_send:
 * @self: a sender whose cursor has a block to send
 *
 * Writes the client what it may have now, after a head where it needs one. The
 * connection may be gone afterwards, and the sender cleared with it.
 */
DvrRtmpSent
dvr_rtmp_sender_send (DvrRtmpSender * self)
{
  guint playable;
  Batch batch;

  if (self->cursor.needs_head) {
    playable = get_playable (self);
    if (playable == 0)
      return DVR_RTMP_SENT_NOTHING;
    if (leave_out (self, playable))
      return DVR_RTMP_SENT_SOME;
    if (!self->one_frame)
      dvr_rtmp_cursor_take_sound (&self->cursor);
    send_head (self);
  }
  collect (self, &batch);
  write_batch (self, &batch);
  if (!self->connection)
    return DVR_RTMP_SENT_FAILED;
  if (batch.is_last)
    return DVR_RTMP_SENT_LAST;
  if (self->paced && dvr_rtmp_sender_get_ahead (self) >= self->buffer)
    return DVR_RTMP_SENT_ENOUGH;
  return DVR_RTMP_SENT_SOME;
}

/* Sends the message at the cursor alone: what a client that has sought in pause
 * shows. */
void
dvr_rtmp_sender_send_keyframe (DvrRtmpSender * self)
{
  DvrRtmpCursor *at = &self->cursor;
  Batch batch = {.n = 1,.begin = at->message,.end = at->message + 1 };

  if (at->needs_head && (get_playable (self) == 0
          || leave_out (self, get_playable (self))))
    return;
  if (at->needs_head)
    send_head (self);
  batch.blocks[0] = dvr_rtmp_rendering_nth (at->rendering, at->block);
  batch.size = offset_of (batch.blocks[0], batch.end) -
      offset_of (batch.blocks[0], batch.begin);
  write_batch (self, &batch);
}

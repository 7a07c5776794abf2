/* gstdvrplayheadpush.c: what a playhead sends downstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bytes that do not follow those before carry DISCONT and a GST_BUFFER_OFFSET,
 * without which qtdemux goes on in the middle of what was cut off. A hole in
 * the recording is skipped: a new SEGMENT maps what follows to the running time
 * that was reached. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* More than a chunk holds: an offset in what was cut off would be taken as
 * that sample. */
#define FAR (G_GUINT64_CONSTANT (1) << 32)
/* How far downstream the demuxer is looked for. */
#define MAX_HOPS 32

/* Takes @event; it gets the number of the seek that it follows from. */
void
gst_dvr_playhead_push_event (GstDvrPlayhead * self, GstEvent * event)
{
  gst_event_set_seqnum (event, self->seqnum);
  gst_pad_push_event (self->srcpad, event);
}

/* STREAM_START and CAPS. @stream: what tells this stream from the one before */
void
gst_dvr_playhead_begin (GstDvrPlayhead * self, const gchar * stream)
{
  gchar *id = gst_pad_create_stream_id (self->srcpad, self->element, stream);
  GstEvent *event = gst_event_new_stream_start (id);
  GstCaps *caps = gst_caps_from_string (GST_DVR_STREAM_CAPS);

  gst_event_set_group_id (event, gst_util_group_id_next ());
  gst_dvr_playhead_push_event (self, event);
  gst_dvr_playhead_push_event (self, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  g_free (id);
  self->begun = TRUE;
}

static void
push_still (GstDvrPlayhead * self, gboolean still)
{
  gst_dvr_playhead_push_event (self,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new ("GstEventStillFrame", "still-state",
              G_TYPE_BOOLEAN, still, NULL)));
}

/* Backwards, parsers and decoders keep a group of pictures until the next one
 * begins. They would read it by the caps, and clip it to the SEGMENT, that come
 * before that. A still frame event is what makes them let go of it. */
static void
let_out_group (GstDvrPlayhead * self)
{
  if (self->segment.rate > 0 || self->fresh)
    return;
  push_still (self, TRUE);
  push_still (self, FALSE);
}

/* What is skipped takes no running time. */
static void
close_hole_locked (GstDvrPlayhead * self)
{
  guint64 reached = gst_segment_to_running_time (&self->segment,
      GST_FORMAT_TIME, self->segment.position);

  if (GST_CLOCK_TIME_IS_VALID (reached))
    self->segment.base = reached;
  self->segment.offset = 0;
  if (self->segment.rate < 0) {
    self->segment.stop = self->segment.position = self->trick.hole_end;
    return;
  }
  self->segment.start = self->segment.time = self->entry.start;
  self->segment.position = self->entry.start;
}

/* The SEGMENT that maps what is played next. */
static void
push_segment (GstDvrPlayhead * self)
{
  GstSegment segment;

  if (self->hole)
    let_out_group (self);
  g_mutex_lock (&self->lock);
  if (self->hole)
    close_hole_locked (self);
  gst_dvr_playhead_note_segment_locked (self);
  segment = self->segment;
  g_mutex_unlock (&self->lock);
  gst_dvr_playhead_push_event (self, gst_event_new_segment (&segment));
  self->need_segment = self->hole = FALSE;
}

/**
 * gst_dvr_playhead_end:
 * @self: a playhead
 *
 * Sends EOS, or SEGMENT_DONE after a seek that asked for it.
 *
 * Returns: FALSE: the task is to pause
 */
gboolean
gst_dvr_playhead_end (GstDvrPlayhead * self)
{
  GstSegment segment;
  GstClockTime reached;

  if (self->begun && self->need_segment)
    push_segment (self);
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  segment = self->segment;
  g_mutex_unlock (&self->lock);
  reached = segment.rate < 0 ? segment.start : segment.position;
  if (segment.rate > 0 && GST_CLOCK_TIME_IS_VALID (segment.stop))
    reached = segment.stop;
  if (segment.flags & GST_SEGMENT_FLAG_SEGMENT) {
    GstMessage *message =
        gst_message_new_segment_done (GST_OBJECT (self->element),
        GST_FORMAT_TIME, reached);

    gst_message_set_seqnum (message, self->seqnum);
    gst_element_post_message (self->element, message);
    gst_dvr_playhead_push_event (self,
        gst_event_new_segment_done (GST_FORMAT_TIME, reached));
  } else {
    gst_dvr_playhead_push_event (self, gst_event_new_eos ());
  }
  return FALSE;
}

/* Downstream does not go on with other codecs: playbin3 of GStreamer 1.22, and
 * whoever put in parsers and decoders by hand. */
static void
post_codecs (GstDvrPlayhead * self, GstFlowReturn flow)
{
  gdouble start = self->codecs_from / (gdouble) GST_SECOND;

  GST_ELEMENT_ERROR_WITH_DETAILS (self->element, STREAM, WRONG_TYPE,
      ("The stream goes on with another codec at %.3f s, and this player does "
          "not: open it again with start=%.3f.", start, start),
      ("streaming stopped, reason %s (%d)", gst_flow_get_name (flow), flow),
      ("flow-return", G_TYPE_INT, flow, "start", G_TYPE_UINT64,
          self->codecs_from, NULL));
}

/* A sticky event that overtakes what is queued, as one for an instant rate does,
 * is sent again with data, and a queue calls it an error that it comes upon a
 * flush (GStreamer 1.22). What is one otherwise comes up again after the seek. */
static gboolean
is_seeking (GstDvrPlayhead * self)
{
  gboolean ret;

  g_mutex_lock (&self->lock);
  ret = self->seeking || self->flushing;
  g_mutex_unlock (&self->lock);
  return ret;
}

static gboolean
check_flow (GstDvrPlayhead * self, GstFlowReturn flow)
{
  if (flow == GST_FLOW_OK)
    return TRUE;
  GST_DEBUG_OBJECT (self->element, "stopping: %s", gst_flow_get_name (flow));
  if (flow == GST_FLOW_EOS)
    return gst_dvr_playhead_end (self);
  if (flow == GST_FLOW_FLUSHING || (flow == GST_FLOW_ERROR
          && is_seeking (self)))
    return FALSE;
  if (GST_CLOCK_TIME_IS_VALID (self->codecs_from)
      && (flow == GST_FLOW_NOT_LINKED || flow == GST_FLOW_NOT_NEGOTIATED))
    post_codecs (self, flow);
  else
    GST_ELEMENT_FLOW_ERROR (self->element, flow);
  return gst_dvr_playhead_end (self);
}

/* What is pushed next does not follow what was pushed last. */
void
gst_dvr_playhead_jump (GstDvrPlayhead * self)
{
  self->discont = TRUE;
}

/**
 * gst_dvr_playhead_push_bytes:
 * @self: a playhead
 * @buffer: (transfer full): what comes next
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_push_bytes (GstDvrPlayhead * self, GstBuffer * buffer)
{
  gsize size = gst_buffer_get_size (buffer);

  if (self->need_segment || self->hole) {
    if (!gst_dvr_playhead_settle_rate (self)) {
      gst_buffer_unref (buffer);
      return FALSE;
    }
    push_segment (self);
  }
  if (self->discont) {
    self->out += FAR;
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  }
  GST_BUFFER_OFFSET (buffer) = self->out;
  self->discont = FALSE;
  self->out += size;
  return check_flow (self, gst_pad_push (self->srcpad, buffer));
}

/**
 * gst_dvr_playhead_push_all:
 * @self: a playhead
 * @buffers: (element-type GstBuffer): what comes next; empty afterwards
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_push_all (GstDvrPlayhead * self, GQueue * buffers)
{
  gboolean ret = TRUE;
  GstBuffer *buffer;

  while (ret && (buffer = g_queue_pop_head (buffers)))
    ret = gst_dvr_playhead_push_bytes (self, buffer);
  g_queue_clear_full (buffers, (GDestroyNotify) gst_buffer_unref);
  return ret;
}

/* Everything up to @position was pushed. */
void
gst_dvr_playhead_reached (GstDvrPlayhead * self, GstClockTime position)
{
  g_mutex_lock (&self->lock);
  self->segment.position = position;
  if (self->sent->len > 0)
    g_array_index (self->sent, GstDvrSent,
        self->sent->len - 1).segment.position = position;
  g_mutex_unlock (&self->lock);
}

/* The init section, and what is cut off. */

/* What is behind @peer, if there is one way only. */
static GstPad *
go_through (GstPad * peer, gboolean * demuxed)
{
  GstElementFactory *factory;
  GstElement *element;
  GstPad *pad = NULL;

  if (GST_IS_PROXY_PAD (peer))
    return GST_PAD (gst_proxy_pad_get_internal (GST_PROXY_PAD (peer)));
  element = gst_pad_get_parent_element (peer);
  if (!element)
    return NULL;
  factory = gst_element_get_factory (element);
  GST_OBJECT_LOCK (element);
  *demuxed = element->numsrcpads > 0 && factory &&
      gst_element_factory_list_is_type (factory,
      GST_ELEMENT_FACTORY_TYPE_DEMUXER);
  if (element->numsrcpads == 1)
    pad = gst_object_ref (element->srcpads->data);
  GST_OBJECT_UNLOCK (element);
  gst_object_unref (element);
  return pad;
}

/* Whether a demuxer downstream has read an init section: it has shown its
 * pads. */
static gboolean
is_demuxed (GstDvrPlayhead * self)
{
  GstPad *pad = gst_object_ref (self->srcpad), *peer;
  gboolean demuxed = FALSE;
  guint hops;

  for (hops = 0; pad && !demuxed && hops < MAX_HOPS; hops++) {
    peer = gst_pad_get_peer (pad);
    gst_object_unref (pad);
    pad = peer ? go_through (peer, &demuxed) : NULL;
    gst_clear_object (&peer);
  }
  gst_clear_object (&pad);
  return demuxed;
}

/* What was pushed last may end within a chunk, by a seek or since the rest
 * could not be had. qtdemux keeps the samples it did not get, even over a
 * flush, and looks for them in the next chunk that has none of their track. */
void
gst_dvr_playhead_cut_off (GstDvrPlayhead * self)
{
  self->cut_off = TRUE;
}

static gboolean
is_init_out (GstDvrPlayhead * self)
{
  return self->recording && self->init == self->entry.init &&
      g_str_equal (self->recording, self->entry.recording);
}

/* Makes a demuxer drop the samples it waits for. The init section would do
 * that too, but has it tell its caps anew, and decoders begin anew: that takes
 * longer than all else of a seek. It must have got it, which is known of the
 * first one only: what follows it may be in a queue. */
static gboolean
push_empty (GstDvrPlayhead * self, gboolean * pushed)
{
  GstDvrTracks *tracks = gst_dvr_playhead_get_tracks (self, &self->entry);
  GstBuffer *empty = NULL;

  if (tracks && !self->init_changed && is_demuxed (self))
    empty = gst_dvr_tracks_get_empty (tracks);
  g_clear_pointer (&tracks, gst_dvr_tracks_unref);
  *pushed = empty != NULL;
  return !empty || gst_dvr_playhead_push_bytes (self, empty);
}

/* Where a track is of another codec from here on, this is another stream for those
 * downstream: a demuxer shows other pads then, and decodebin puts other parsers
 * and decoders behind them. */
static void
follow_codecs (GstDvrPlayhead * self)
{
  GstDvrTracks *tracks = gst_dvr_playhead_get_tracks (self, &self->entry);
  gchar *name;

  if (!tracks)
    return;
  self->codecs_from = GST_CLOCK_TIME_NONE;
  if (self->tracks && !gst_dvr_tracks_follow (tracks, self->tracks)) {
    self->codecs_from = self->entry.start;
    GST_INFO_OBJECT (self->element, "other codecs");
    name = g_strdup_printf ("%s/%u", self->entry.recording, self->entry.init);
    gst_dvr_playhead_begin (self, name);
    g_free (name);
    self->need_segment = TRUE;
  }
  g_clear_pointer (&self->tracks, gst_dvr_tracks_unref);
  self->tracks = tracks;
}

/**
 * gst_dvr_playhead_push_init:
 * @self: a playhead
 * @init: the init section of what is played next
 *
 * Sends it where it is another than the one before; after what was cut off,
 * sends what makes a demuxer begin anew.
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_push_init (GstDvrPlayhead * self, GstDvrSegment * init)
{
  gboolean out = is_init_out (self), pushed = FALSE;

  if (out && !self->cut_off)
    return TRUE;
  gst_dvr_playhead_clear_pending (self);
  gst_dvr_playhead_jump (self);
  self->cut_off = FALSE;
  if (out && !push_empty (self, &pushed))
    return FALSE;
  if (pushed)
    return TRUE;
  if (!out) {
    if (!gst_dvr_playhead_settle_rate (self))
      return FALSE;
    let_out_group (self);
    follow_codecs (self);
    self->init_changed = self->recording != NULL;
    g_free (self->recording);
    self->recording = g_strdup (self->entry.recording);
    self->init = self->entry.init;
  }
  return gst_dvr_playhead_push_bytes (self, gst_dvr_segment_get_buffer (init,
          0, gst_dvr_segment_get_size (init)));
}

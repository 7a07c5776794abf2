/* dvrplayer.c: who has a stream whose frames are numbered, and who reads them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "dvrplayermedia.h"

#define TIMEOUT (120 * G_TIME_SPAN_SECOND)

/* Upstream. */

static gboolean
up_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  DvrPlayer *p = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);
  const GstDvrSegmentId *id;
  GstDvrSegment *segment;
  gboolean hold;

  if (!request)
    return gst_pad_query_default (pad, parent, query);
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    if (p->not_there > 0) {
      p->not_there--;
      gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
      return TRUE;
    }
    gst_dvr_request_answer_timeline (request, p->timeline);
    return TRUE;
  }
  id = gst_dvr_request_get_id (request);
  if (id->kind == GST_DVR_SEGMENT_MEDIA && id->number == p->missing) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
    return TRUE;
  }
  segment = gst_dvr_segment_new (id);
  g_mutex_lock (&p->lock);
  if (id->kind == GST_DVR_SEGMENT_RANGE) {
    p->ranges++;
    if (p->change_source)
      p->sources++;
  }
  if (id->kind == GST_DVR_SEGMENT_RANGE && p->refuse_ranges > 0) {
    p->refuse_ranges--;
    gst_dvr_segment_fail (segment, 502, "no ranges");
  }
  if (id->kind == GST_DVR_SEGMENT_MEDIA)
    p->questions++;
  hold = id->kind != GST_DVR_SEGMENT_INIT && id->number >= p->hold_from;
  if (hold) {
    g_ptr_array_add (p->held, gst_dvr_segment_ref (segment));
    g_ptr_array_add (p->asked, gst_dvr_request_ref (request));
    g_cond_broadcast (&p->wake);
  }
  g_mutex_unlock (&p->lock);
  if (!hold)
    dvr_player_fill (p, segment);
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  gst_dvr_segment_unref (segment);
  return TRUE;
}

/* What was asked for and kept back comes now. */
void
dvr_player_release (DvrPlayer * p)
{
  guint i;

  g_mutex_lock (&p->lock);
  p->hold_from = G_MAXUINT64;
  g_mutex_unlock (&p->lock);
  for (i = 0; i < p->held->len; i++)
    dvr_player_fill (p, g_ptr_array_index (p->held, i));
  g_ptr_array_set_size (p->held, 0);
  g_ptr_array_set_size (p->asked, 0);
}

/* Waits until it has been asked for. The last question counts. */
static GstDvrSegment *
find_held (DvrPlayer * p, guint64 number, GstDvrRequest ** request)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  GstDvrSegment *segment = NULL;
  guint i;

  g_mutex_lock (&p->lock);
  while (!segment) {
    for (i = 0; i < p->held->len; i++)
      if (gst_dvr_segment_get_id (g_ptr_array_index (p->held, i))->number ==
          number) {
        segment = g_ptr_array_index (p->held, i);
        *request = g_ptr_array_index (p->asked, i);
      }
    fail_unless (segment || g_cond_wait_until (&p->wake, &p->lock, end),
        "nobody asks for %" G_GUINT64_FORMAT, number);
  }
  g_mutex_unlock (&p->lock);
  return segment;
}

/* Some of what is asked for and kept back comes. */
void
dvr_player_feed (DvrPlayer * p, guint64 number, guint n_parts)
{
  GstDvrRequest *request;
  GstDvrSegment *segment = find_held (p, number, &request);
  GstDvrEntry entry;

  gst_dvr_timeline_find (p->timeline, number, &entry);
  if (number == p->listed_late)
    entry.start -= FRAME;
  dvr_player_append_parts (p, segment, entry.start / FRAME, n_parts);
}

/* Until nobody wants any more what is kept back. */
void
dvr_player_wait_given_up (DvrPlayer * p, guint64 number)
{
  GstDvrRequest *request;

  find_held (p, number, &request);
  fail_unless_soon (gst_dvr_request_is_cancelled (request));
}

guint
dvr_player_questions (DvrPlayer * p)
{
  guint n;

  g_mutex_lock (&p->lock);
  n = p->questions;
  g_mutex_unlock (&p->lock);
  return n;
}

/* What is fetched ahead is asked for by another thread: waits for @n questions. */
guint
dvr_player_wait_questions (DvrPlayer * p, guint n)
{
  guint asked;

  fail_unless_soon ((asked = dvr_player_questions (p)) >= n);
  return asked;
}

/* Questions for ranges, which are counted for themselves. */
guint
dvr_player_ranges (DvrPlayer * p, guint64 * bytes)
{
  guint n;

  g_mutex_lock (&p->lock);
  n = p->ranges;
  *bytes = p->range_bytes;
  g_mutex_unlock (&p->lock);
  return n;
}

/* A segment that begins at a time. */
void
dvr_player_add (DvrPlayer * p, guint64 number, guint seconds)
{
  GstDvrEntry entry =
      { number, RECORDING, number >= p->second_init, 0, seconds * GST_SECOND,
    SEGMENT_TIME, GST_DVR_WALL_TIME_NONE, 0, 0, 0, FALSE
  };
  GstDvrKeyframe frames[2];

  if (p->tell_keys)
    dvr_player_tell_key (p, &entry);
  if (p->tell_all_keys)
    dvr_player_tell_others (p, &entry, frames);
  if (number + 1 == p->listed_late)
    entry.duration += FRAME;
  if (number == p->listed_late) {
    entry.start += FRAME;
    entry.duration -= FRAME;
  }
  fail_unless (gst_dvr_timeline_close_keyed (p->timeline, &entry, frames));
}

/* Likewise, but its media is missing. */
void
dvr_player_add_gap (DvrPlayer * p, guint64 number, guint seconds)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = seconds * GST_SECOND,.duration = SEGMENT_TIME,
    .wall_time = GST_DVR_WALL_TIME_NONE,.gap = TRUE
  };

  fail_unless (gst_dvr_timeline_close_segment (p->timeline, &entry));
}

/* Downstream. */

static void
clear_items (DvrPlayer * p)
{
  GList *link = p->items.head, *next;

  for (; link; link = next) {
    next = link->next;
    if (GST_IS_EVENT (link->data) &&
        (GST_EVENT_TYPE (link->data) == GST_EVENT_FLUSH_START ||
            GST_EVENT_TYPE (link->data) == GST_EVENT_FLUSH_STOP))
      continue;
    gst_mini_object_unref (link->data);
    g_queue_delete_link (&p->items, link);
  }
  p->waiting = 0;
}

static GstFlowReturn
down_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  DvrPlayer *p = gst_pad_get_element_private (pad);
  GstFlowReturn flow;
  GstEvent *event;

  g_mutex_lock (&p->lock);
  event = g_steal_pointer (&p->from_chain);
  g_mutex_unlock (&p->lock);
  if (event)
    fail_unless (gst_pad_push_event (pad, event));
  g_mutex_lock (&p->lock);
  while (!p->flushing && p->waiting >= p->room)
    g_cond_wait (&p->wake, &p->lock);
  flow = p->flow_flushed;
  if (!p->flushing) {
    g_queue_push_tail (&p->items, gst_buffer_ref (buffer));
    p->waiting++;
    flow = p->flow;
  }
  g_cond_broadcast (&p->wake);
  g_mutex_unlock (&p->lock);
  gst_buffer_unref (buffer);
  return flow;
}

static gboolean
down_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  DvrPlayer *p = gst_pad_get_element_private (pad);

  g_mutex_lock (&p->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START) {
    p->flushing = TRUE;
    clear_items (p);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    p->flushing = FALSE;
    clear_items (p);
  }
  g_queue_push_tail (&p->items, gst_event_ref (event));
  g_cond_broadcast (&p->wake);
  g_mutex_unlock (&p->lock);
  gst_event_unref (event);
  return TRUE;
}

static GstMiniObject *
pop (DvrPlayer * p)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  GstMiniObject *item;

  g_mutex_lock (&p->lock);
  while (!(item = g_queue_pop_head (&p->items)))
    if (!g_cond_wait_until (&p->wake, &p->lock, end))
      break;
  if (item && GST_IS_BUFFER (item))
    p->waiting--;
  g_cond_broadcast (&p->wake);
  g_mutex_unlock (&p->lock);
  fail_unless (item != NULL, "nothing came");
  if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (GST_EVENT (item), &p->segment);
  return item;
}

/* Waits until downstream blocks. */
void
dvr_player_wait_full (DvrPlayer * p)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  g_mutex_lock (&p->lock);
  while (p->waiting < p->room)
    fail_unless (g_cond_wait_until (&p->wake, &p->lock, end));
  g_mutex_unlock (&p->lock);
}

/* The next event of a type. What comes before is dropped. */
GstEvent *
dvr_player_event (DvrPlayer * p, GstEventType type)
{
  GstMiniObject *item;

  g_array_set_size (p->frames, 0);
  while (TRUE) {
    item = pop (p);
    if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == type)
      return GST_EVENT (item);
    fail_if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_EOS,
        "EOS before %s", gst_event_type_get_name (type));
    gst_mini_object_unref (item);
  }
}

/* What comes after a flushing seek; its SEGMENT is in @p. */
void
dvr_player_flushed (DvrPlayer * p)
{
  gst_event_unref (dvr_player_event (p, GST_EVENT_FLUSH_STOP));
  gst_event_unref (dvr_player_event (p, GST_EVENT_SEGMENT));
}

void
dvr_player_eos (DvrPlayer * p)
{
  GstMiniObject *item;

  fail_unless_equals_int (p->frames->len, 0);
  while (TRUE) {
    item = pop (p);
    fail_if (GST_IS_BUFFER (item), "more instead of EOS");
    if (GST_EVENT_TYPE (item) == GST_EVENT_EOS)
      break;
    gst_mini_object_unref (item);
  }
  gst_mini_object_unref (item);
}

static void
see_sample (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  DvrPlayer *p = user_data;
  guint8 data[4];
  guint32 number;

  if (!gst_fmp4_track_is_video (track)) {
    gst_buffer_unref (sample);
    return;
  }
  fail_unless_equals_int (gst_buffer_extract (sample, 0, data, 4), 4);
  number = GST_READ_UINT32_BE (data);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (sample), TIME_OF (number));
  g_array_append_val (p->frames, number);
  gst_buffer_unref (sample);
}

static void
read_buffer (DvrPlayer * p)
{
  GstMiniObject *item;
  GstMapInfo map;
  GstFmp4Box box;

  while (TRUE) {
    item = pop (p);
    fail_if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_EOS);
    if (GST_IS_BUFFER (item))
      break;
    gst_mini_object_unref (item);
  }
  if (GST_BUFFER_FLAG_IS_SET (item, GST_BUFFER_FLAG_DISCONT)) {
    p->discont = TRUE;
    fail_unless (GST_BUFFER_OFFSET_IS_VALID (item));
  }
  gst_buffer_map (GST_BUFFER (item), &map, GST_MAP_READ);
  if (gst_fmp4_box_find (map.data, map.size, GST_FMP4_MOOV, &box))
    p->n_inits++;
  else
    /* of a chunk that is cut off, the first frame is there */
    gst_fmp4_read_chunk (GST_BUFFER (item), (GstFmp4Track *) p->tracks->data,
        p->tracks->len, see_sample, p, NULL);
  gst_buffer_unmap (GST_BUFFER (item), &map);
  gst_mini_object_unref (item);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return *(const guint32 *) a < *(const guint32 *) b ? -1 : 1;
}

/* Expects @n frames, which, in display order, begin with @frame. A keyframe
 * must stand first where @frame is one's.
 *
 * Returns: whether there was a DISCONT before them */
gboolean
dvr_player_frames (DvrPlayer * p, guint32 frame, guint n)
{
  gboolean discont;
  guint i;

  while (p->frames->len < n)
    read_buffer (p);
  if (frame % GROUP == 0)
    fail_unless_equals_int (g_array_index (p->frames, guint32, 0), frame);
  g_array_sort (p->frames, compare);
  for (i = 0; i < n; i++)
    fail_unless_equals_int (g_array_index (p->frames, guint32, i), frame + i);
  g_array_remove_range (p->frames, 0, n);
  discont = p->discont;
  p->discont = FALSE;
  return discont;
}

/* Reads on until a frame has come. */
void
dvr_player_skip_until (DvrPlayer * p, guint32 frame)
{
  guint i;

  while (TRUE) {
    for (i = 0; i < p->frames->len; i++)
      if (g_array_index (p->frames, guint32, i) == frame) {
        g_array_set_size (p->frames, 0);
        p->discont = FALSE;
        return;
      }
    g_array_set_size (p->frames, 0);
    read_buffer (p);
  }
}

/* All together. */

void
dvr_player_setup (DvrPlayer * p, guint n_segments, GstDvrTimelineState state,
    const gchar * first_property, ...)
{
  va_list args;
  guint i;

  memset (p, 0, sizeof (*p));
  g_mutex_init (&p->lock);
  g_cond_init (&p->wake);
  p->flow_flushed = GST_FLOW_FLUSHING;
  p->room = 4;
  p->hold_from = G_MAXUINT64;
  p->missing = p->second_init = G_MAXUINT64;
  p->held = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_segment_unref);
  p->asked = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_request_unref);
  p->frames = g_array_new (FALSE, FALSE, sizeof (guint32));
  dvr_player_setup_tracks (p);
  p->bus = gst_bus_new ();
  p->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_begin (p->timeline);
  gst_dvr_timeline_set_durations (p->timeline, SEGMENT_TIME, 0);
  gst_dvr_timeline_set_state (p->timeline, state, 0);
  for (i = 0; i < n_segments; i++)
    dvr_player_add (p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  gst_dvr_timeline_commit (p->timeline);
  p->element = gst_element_factory_make ("segmentcache", NULL);
  fail_unless (p->element != NULL);
  gst_object_ref_sink (p->element);
  va_start (args, first_property);
  g_object_set_valist (G_OBJECT (p->element), first_property, args);
  va_end (args);
  gst_element_set_bus (p->element, p->bus);
  p->up = gst_pad_new ("up", GST_PAD_SRC);
  p->down = gst_pad_new ("down", GST_PAD_SINK);
  gst_pad_set_element_private (p->up, p);
  gst_pad_set_element_private (p->down, p);
  gst_pad_set_query_function (p->up, up_query);
  gst_pad_set_chain_function (p->down, down_chain);
  gst_pad_set_event_function (p->down, down_event);
}

static void
link_pads (GstElement * element, const gchar * name, GstPad * other)
{
  GstPad *pad = gst_element_get_static_pad (element, name);

  fail_unless_equals_int (GST_PAD_IS_SRC (pad) ? gst_pad_link (pad, other) :
      gst_pad_link (other, pad), GST_PAD_LINK_OK);
  gst_object_unref (pad);
}

void
dvr_player_play (DvrPlayer * p)
{
  gchar *names[] = { (gchar *) "live/cam1", NULL };
  GstCaps *caps = gst_caps_new_empty_simple (GST_DVR_LINK_CAPS);
  GstSegment segment;

  gst_pad_set_active (p->up, TRUE);
  gst_pad_set_active (p->down, TRUE);
  link_pads (p->element, "sink", p->up);
  link_pads (p->element, "src", p->down);
  fail_unless (gst_element_set_state (p->element, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (p->up, gst_event_new_stream_start ("up"));
  gst_pad_push_event (p->up, gst_event_new_caps (caps));
  gst_pad_push_event (p->up, gst_event_new_segment (&segment));
  gst_pad_push_event (p->up, gst_dvr_event_new_names (names));
  gst_caps_unref (caps);
}

void
dvr_player_teardown (DvrPlayer * p)
{
  g_mutex_lock (&p->lock);
  p->flushing = TRUE;
  g_cond_broadcast (&p->wake);
  g_mutex_unlock (&p->lock);
  gst_element_set_state (p->element, GST_STATE_NULL);
  gst_pad_set_active (p->up, FALSE);
  gst_pad_set_active (p->down, FALSE);
  gst_object_unref (p->up);
  gst_object_unref (p->down);
  gst_element_set_bus (p->element, NULL);
  gst_object_unref (p->element);
  gst_object_unref (p->bus);
  g_queue_clear_full (&p->items, (GDestroyNotify) gst_mini_object_unref);
  g_ptr_array_unref (p->held);
  g_ptr_array_unref (p->asked);
  g_array_unref (p->frames);
  if (p->tracks)
    g_array_unref (p->tracks);
  gst_fmp4_track_clear (&p->track);
  gst_fmp4_track_clear (&p->sound);
  gst_dvr_timeline_unref (p->timeline);
  g_cond_clear (&p->wake);
  g_mutex_clear (&p->lock);
}

gboolean
dvr_player_seek (DvrPlayer * p, gdouble rate, GstSeekFlags flags,
    GstSeekType start_type, gint64 start, GstSeekType stop_type, gint64 stop)
{
  return gst_pad_push_event (p->down, gst_event_new_seek (rate,
          GST_FORMAT_TIME, flags, start_type, start, stop_type, stop));
}

/* Waits for a status; those before it are dropped. */
GstStructure *
dvr_player_status (DvrPlayer * p, const gchar * code)
{
  GstStructure *found = NULL;

  while (!found) {
    GstMessage *message = gst_bus_timed_pop_filtered (p->bus, 120 * GST_SECOND,
        GST_MESSAGE_ELEMENT);
    const GstStructure *s;

    fail_unless (message != NULL, "no %s", code);
    s = gst_message_get_structure (message);
    if (gst_structure_has_name (s, "dvr-status") &&
        g_strcmp0 (gst_structure_get_string (s, "code"), code) == 0)
      found = gst_structure_copy (s);
    gst_message_unref (message);
  }
  return found;
}

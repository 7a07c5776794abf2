/* segmentcache_lead.c: what is sent until the frame a seek asks for is on show
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define F(seconds) ((seconds) * FPS)
/* The frames of the part before the one with the target, a chunk each. */
#define BEFORE 7
/* A frame comes before one that is shown before it, so a decoder needs one chunk
 * beyond that with the target. */
#define NEEDED 2
#define SHOW_TIME (20 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  GMutex lock;
  GArray *times;                /* gint64, when a chunk was sent since the last
                                 * flush; monotonic */
} Sent;

static gboolean
is_chunk (GstBuffer * buffer)
{
  guint8 head[8];
  gsize at = 0;

  while (gst_buffer_extract (buffer, at, head, 8) == 8) {
    if (memcmp (head + 4, "mdat", 4) == 0)
      return TRUE;
    at += MAX (GST_READ_UINT32_BE (head), 8);
  }
  return FALSE;
}

static GstPadProbeReturn
see_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Sent *sent = user_data;
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&sent->lock);
  if (!GST_IS_BUFFER (info->data))
    g_array_set_size (sent->times, 0);
  else if (is_chunk (info->data))
    g_array_append_val (sent->times, now);
  g_mutex_unlock (&sent->lock);
  return GST_PAD_PROBE_OK;
}

static void
setup (DvrPlayer * p, Sent * sent)
{
  g_mutex_init (&sent->lock);
  sent->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  dvr_player_setup (p, 10, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      NULL);
  dvr_player_play (p);
  dvr_player_frames (p, F (100), 4 * GROUP);
  dvr_player_wait_full (p);
  gst_element_set_state (p->element, GST_STATE_PAUSED);
  p->room = G_MAXUINT;
  gst_pad_add_probe (p->down, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_FLUSH, see_item, sent, NULL);
}

static void
teardown (DvrPlayer * p, Sent * sent)
{
  dvr_player_teardown (p);
  g_array_unref (sent->times);
  g_mutex_clear (&sent->lock);
}

static void
seek_to (DvrPlayer * p, Sent * sent, gint64 time)
{
  fail_unless (dvr_player_seek (p, 1.0, ACCURATE, GST_SEEK_TYPE_SET, time,
          GST_SEEK_TYPE_NONE, -1));
  gst_event_unref (dvr_player_event (p, GST_EVENT_FLUSH_STOP));
}

static gint64
get_time (Sent * sent, guint i)
{
  gint64 time;

  g_mutex_lock (&sent->lock);
  fail_unless (i < sent->times->len);
  time = g_array_index (sent->times, gint64, i);
  g_mutex_unlock (&sent->lock);
  return time;
}

/* What is needed for it comes first, and all else when it had time to show. */
GST_START_TEST (test_what_is_shown_first_is_not_disturbed)
{
  DvrPlayer p;
  Sent sent;

  setup (&p, &sent);
  seek_to (&p, &sent, 101 * GST_SECOND + GST_SECOND / 2);
  fail_unless (dvr_player_frames (&p, F (101), 3 * GROUP));
  fail_unless (get_time (&sent, BEFORE + NEEDED) - get_time (&sent,
          BEFORE + NEEDED - 1) >= SHOW_TIME);
  teardown (&p, &sent);
}

GST_END_TEST;

static Suite *
segmentcache_lead_suite (void)
{
  Suite *s = suite_create ("segmentcache_lead");
  TCase *tc = tcase_create ("lead");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_what_is_shown_first_is_not_disturbed);
  return s;
}

GST_CHECK_MAIN (segmentcache_lead);

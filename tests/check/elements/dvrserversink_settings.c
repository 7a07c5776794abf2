/* dvrserversink_settings.c: what its properties change, and when
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "serverfixture.h"

/* Returns: (transfer full): a playlist of the stream */
static gchar *
get_list (Fixture * f, const gchar * name)
{
  g_autofree gchar *path = g_strconcat (STREAM, name, NULL);
  Reply *reply = get (f, path, "");
  gchar *text;

  fail_unless_equals_int (reply->status, 200);
  text = g_strdup (reply_text (reply));
  reply_free (reply);

  return text;
}

static guint
count (const gchar * text, const gchar * what)
{
  guint n = 0;

  while ((text = strstr (text, what))) {
    text += strlen (what);
    n++;
  }

  return n;
}

static void
expect_count (Fixture * f, const gchar * name, const gchar * what, guint n)
{
  g_autofree gchar *text = get_list (f, name);

  fail_unless (count (text, what) == n, "%s is there %u times in\n%s", what,
      count (text, what), text);
}

GST_START_TEST (test_the_window_changes_while_it_serves)
{
  Fixture f;

  setup (&f);
  expect_count (&f, "index.m3u8", "#EXTINF", 20);
  g_object_set (f.sink, "window", 5 * GST_SECOND, NULL);
  expect_count (&f, "index.m3u8", "#EXTINF", 5);
  expect_count (&f, "index.m3u8", "#EXT-X-MEDIA-SEQUENCE:25\n", 1);
  expect_count (&f, "iframes.m3u8", "#EXTINF", 5);
  expect_count (&f, "dvr.m3u8", "#EXTINF", 20);
  /* what is no longer in the window is still offered by the other list */
  fill (&f, 10, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/10.m4s", ""), 200);
  g_object_set (f.sink, "window", (guint64) 0, NULL);
  expect_count (&f, "index.m3u8", "#EXTINF", 20);
  g_object_set (f.sink, "window", G_MAXUINT64, NULL);
  expect_count (&f, "index.m3u8", "#EXTINF", 20);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_low_latency_changes_while_it_serves)
{
  Fixture f;

  setup (&f);
  open_segment (&f, 30);
  add_part (&f, 30, 'a');
  expect_count (&f, "index.m3u8", "#EXT-X-PART:", 1);
  expect_count (&f, "index.m3u8", "PART-HOLD-BACK=0.750", 1);
  expect_count (&f, "index.m3u8", "#EXT-X-PRELOAD-HINT", 1);
  g_object_set (f.sink, "part-hold-back", 5, NULL);
  expect_count (&f, "index.m3u8", "PART-HOLD-BACK=1.250", 1);
  g_object_set (f.sink, "low-latency", FALSE, NULL);
  expect_count (&f, "index.m3u8", "PART", 0);
  expect_count (&f, "index.m3u8", "#EXT-X-PRELOAD-HINT", 0);
  expect_count (&f, "index.m3u8", "#EXTINF", 20);
  expect_count (&f, "index.m3u8", "CAN-BLOCK-RELOAD=YES", 1);
  g_object_set (f.sink, "low-latency", TRUE, NULL);
  expect_count (&f, "index.m3u8", "#EXT-X-PART:", 1);
  teardown (&f);
}

GST_END_TEST;

/* It has probably ended, which is told when it is on disk. */
GST_START_TEST (test_no_part_is_hinted_at_behind_a_segment_as_long_as_the_last)
{
  Fixture f;
  guint i;

  setup (&f);
  open_segment (&f, 30);
  for (i = 1; i <= 6; i++) {
    add_part (&f, 30, 'a');
    expect_count (&f, "index.m3u8", "#EXT-X-PART:", i);
    expect_count (&f, "index.m3u8", "#EXT-X-PRELOAD-HINT", i == 4 ? 0 : 1);
  }
  close_segment (&f, 30, 600);
  expect_count (&f, "index.m3u8", "#EXT-X-PRELOAD-HINT", 1);
  teardown (&f);
}

GST_END_TEST;

/* Players that have seen parts look for it in each list. */
GST_START_TEST (test_a_list_that_has_ended_still_says_how_far_to_hold_back)
{
  Fixture f;

  setup (&f);
  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_ENDED, 0);
  expect_count (&f, "index.m3u8", "#EXT-X-ENDLIST", 1);
  expect_count (&f, "index.m3u8", "PART-HOLD-BACK=0.750", 1);
  expect_count (&f, "index.m3u8", "#EXT-X-PART-INF", 0);
  expect_count (&f, "iframes.m3u8", "PART", 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_more_clients_than_wanted_are_told_so)
{
  GSocketConnection *held;
  Reply *reply;
  Fixture f;

  setup (&f);
  g_object_set (f.sink, "max-clients", 1, NULL);
  held = send_request (f.port, "GET", MEDIA "/15.m4s", "");
  wait_requests (&f, 1);
  reply = get (&f, STREAM "index.m3u8", "");
  fail_unless_equals_int (reply->status, 503);
  fail_unless (strstr (reply->head, "Retry-After: ") != NULL);
  fail_unless (strstr (reply->head, "no-store") != NULL);
  reply_free (reply);
  g_object_set (f.sink, "max-clients", 0, NULL);
  fail_unless_equals_int (status_of (&f, "GET", STREAM "index.m3u8", ""), 200);
  fill (&f, 15, 1000);
  reply_free (read_reply (held));
  teardown (&f);
}

GST_END_TEST;

static gboolean
allows (Fixture * f, const gchar * path, const gchar * header)
{
  Reply *reply = get (f, path, "");
  gboolean allowed = header ? strstr (reply->head, header) != NULL :
      strstr (reply->head, "Access-Control-") == NULL;

  reply_free (reply);

  return allowed;
}

static void
serve_with_origin (Fixture * f, const gchar * origin)
{
  gst_element_set_state (f->sink, GST_STATE_READY);
  g_object_set (f->sink, "cors-origin", origin, NULL);
  gst_element_set_state (f->sink, GST_STATE_PLAYING);
  g_object_get (f->sink, "current-http-port", &f->port, NULL);
}

GST_START_TEST (test_which_pages_may_read)
{
  static const gchar *const paths[] = { STREAM "index.m3u8", MEDIA "/15.m4s",
    MEDIA "/99.m4s"
  };
  Fixture f;
  guint i;

  setup (&f);
  fill (&f, 15, 1000);
  for (i = 0; i < G_N_ELEMENTS (paths); i++)
    fail_unless (allows (&f, paths[i], "Access-Control-Allow-Origin: *\r\n"));
  serve_with_origin (&f, "https://example.com");
  for (i = 0; i < G_N_ELEMENTS (paths); i++)
    fail_unless (allows (&f, paths[i],
            "Access-Control-Allow-Origin: https://example.com\r\n"));
  serve_with_origin (&f, "");
  for (i = 0; i < G_N_ELEMENTS (paths); i++)
    fail_unless (allows (&f, paths[i], NULL));
  teardown (&f);
}

GST_END_TEST;

static Suite *
dvrserversink_settings_suite (void)
{
  Suite *s = suite_create ("dvrserversink_settings");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_the_window_changes_while_it_serves);
  tcase_add_test (tc, test_low_latency_changes_while_it_serves);
  tcase_add_test (tc,
      test_no_part_is_hinted_at_behind_a_segment_as_long_as_the_last);
  tcase_add_test (tc,
      test_a_list_that_has_ended_still_says_how_far_to_hold_back);
  tcase_add_test (tc, test_more_clients_than_wanted_are_told_so);
  tcase_add_test (tc, test_which_pages_may_read);

  return s;
}

GST_CHECK_MAIN (dvrserversink_settings);

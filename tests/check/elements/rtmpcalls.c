/* rtmpcalls.c: what clients over RTMP want to know of a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>

#include <gst/check/gstcheck.h>

#include "rtmp/rtmpdvrinfo.h"
#include "askingserver.h"
#include "rtmpfixture.h"

#define LENGTH "getStreamLength"
#define INFO "DVRGetStreamInfo"
/* What may wait for its answer at a time. */
#define MAX_CALLS 16

/* A server of a stream that upstream has not told of yet. */
static void
start_pending (AskingServer * f, RtmpClient * client)
{
  asking_server_start (f, NULL, ALLOW, "rtmp-port", 0, NULL);
  gst_dvr_timeline_unref (f->timeline);
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  rtmp_client_open (client, f->rtmp_port, 0);
}

static void
stop (AskingServer * f, RtmpClient * client)
{
  rtmp_client_close (client);
  asking_server_stop (f);
}

/* Upstream tells: six seconds. */
static void
tell_stream (AskingServer * f)
{
  GstDvrEntry entry = {.number = 10,.recording = "20261120T192200Z-3f9c",
    .duration = 6 * GST_SECOND,.wall_time = GST_DVR_WALL_TIME_NONE,.size = 9
  };

  gst_dvr_timeline_close_segment (f->timeline, &entry);
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
}

static gdouble
wait_number (RtmpClient * client)
{
  gdouble number = -1;

  fail_unless (gst_amf_get_number (rtmp_client_wait_result (client), &number));
  g_clear_pointer (&client->result, gst_amf_unref);
  return number;
}

static void
check_quiet (RtmpClient * client)
{
  struct pollfd in = { client->fd, POLLIN, 0 };

  while (poll (&in, 1, 100) > 0)
    fail_unless (rtmp_client_hear (client));
  fail_if (client->result);
}

GST_START_TEST (the_length_waits_for_who_knows_it)
{
  RtmpClient client;
  AskingServer f;

  start_pending (&f, &client);
  rtmp_client_call (&client, LENGTH, "cam1");
  check_quiet (&client);
  tell_stream (&f);
  fail_unless_equals_float (wait_number (&client), 6);
  /* and now it is known */
  rtmp_client_call (&client, LENGTH, "cam1");
  fail_unless_equals_float (wait_number (&client), 6);
  stop (&f, &client);
}

GST_END_TEST;

static const GstAmf *
wait_info (RtmpClient * client, const gchar * code)
{
  const GstAmf *result = rtmp_client_wait_result (client);

  fail_unless_equals_string (gst_amf_member_text (result, "code"), code);
  return result;
}

GST_START_TEST (what_a_recording_is_waits_likewise)
{
  const GstAmf *info;
  gboolean recording;
  gdouble length;
  RtmpClient client;
  AskingServer f;

  start_pending (&f, &client);
  rtmp_client_call (&client, INFO, "cam1");
  check_quiet (&client);
  tell_stream (&f);
  info =
      gst_amf_member (wait_info (&client, GST_RTMP_DVR_INFO_SUCCESS), "data");
  fail_unless (gst_amf_member_boolean (info, "isRec", &recording));
  fail_unless (recording);
  fail_unless (gst_amf_member_number (info, "currLen", &length));
  fail_unless_equals_float (length, 6);
  fail_unless_equals_string (gst_amf_member_text (info, "streamName"),
      "live/cam1");
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (a_stream_that_turns_out_not_to_be_has_none)
{
  RtmpClient client;
  AskingServer f;

  start_pending (&f, &client);
  rtmp_client_call (&client, LENGTH, "cam1");
  check_quiet (&client);
  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_FAILED, 404);
  fail_unless_equals_float (wait_number (&client), 0);
  rtmp_client_call (&client, INFO, "cam1");
  wait_info (&client, GST_RTMP_DVR_INFO_RETRY);
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (a_client_goes_on_meanwhile)
{
  RtmpClient client;
  AskingServer f;
  guint i;

  start_pending (&f, &client);
  for (i = 0; i < MAX_CALLS; i++)
    rtmp_client_call (&client, LENGTH, "cam1");
  rtmp_client_create_stream (&client);
  check_quiet (&client);
  /* who asks for too much is not waited for */
  rtmp_client_call (&client, LENGTH, "cam1");
  fail_unless_equals_float (wait_number (&client), 0);
  tell_stream (&f);
  while (client.n_results < 1 + MAX_CALLS)
    fail_unless_equals_float (wait_number (&client), 6);
  rtmp_client_call (&client, LENGTH, "cam1");
  fail_unless_equals_float (wait_number (&client), 6);
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (a_client_may_go_while_it_waits)
{
  RtmpClient client, other;
  AskingServer f;

  start_pending (&f, &client);
  rtmp_client_call (&client, LENGTH, "cam1");
  check_quiet (&client);
  rtmp_client_close (&client);
  rtmp_client_open (&other, f.rtmp_port, 0);
  rtmp_client_call (&other, LENGTH, "cam1");
  check_quiet (&other);
  tell_stream (&f);
  fail_unless_equals_float (wait_number (&other), 6);
  stop (&f, &other);
}

GST_END_TEST;

GST_START_TEST (the_server_may_stop_while_a_client_waits)
{
  RtmpClient client;
  AskingServer f;

  start_pending (&f, &client);
  rtmp_client_call (&client, LENGTH, "cam1");
  check_quiet (&client);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  while (rtmp_client_hear (&client));
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (who_may_not_play_may_not_know)
{
  RtmpClient client;
  AskingServer f;

  asking_server_start (&f, "play", DENY, "rtmp-port", 0, NULL);
  tell_stream (&f);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_call (&client, LENGTH, "cam1?for=me");
  fail_unless_equals_float (wait_number (&client), 0);
  asking_server_check_told (&f, "query", "for=me");
  rtmp_client_call (&client, INFO, "cam1?for=me");
  wait_info (&client, GST_RTMP_DVR_INFO_RETRY);
  fail_unless_equals_int (f.n_asked, 1);
  f.answer = ALLOW;
  g_clear_pointer (&client.result, gst_amf_unref);
  rtmp_client_call (&client, LENGTH, "cam1?for=you");
  fail_unless_equals_float (wait_number (&client), 6);
  rtmp_client_call (&client, LENGTH, "cam1?for=you");
  fail_unless_equals_float (wait_number (&client), 6);
  fail_unless_equals_int (f.n_asked, 2);
  stop (&f, &client);
}

GST_END_TEST;

static Suite *
rtmpcalls_suite (void)
{
  Suite *suite = suite_create ("rtmpcalls");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, the_length_waits_for_who_knows_it);
  tcase_add_test (tcase, what_a_recording_is_waits_likewise);
  tcase_add_test (tcase, a_stream_that_turns_out_not_to_be_has_none);
  tcase_add_test (tcase, a_client_goes_on_meanwhile);
  tcase_add_test (tcase, a_client_may_go_while_it_waits);
  tcase_add_test (tcase, the_server_may_stop_while_a_client_waits);
  tcase_add_test (tcase, who_may_not_play_may_not_know);
  return suite;
}

GST_CHECK_MAIN (rtmpcalls);

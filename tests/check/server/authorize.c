/* authorize.c: asking the application, at once or later
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstcheck.h>

#include "checkutil.h"
#include "dvrauthorize.h"

static guint n_answers;
static gboolean last_answer;
static guint64 last_id;

static void
on_answer (gboolean allowed, gpointer user_data)
{
  n_answers++;
  last_answer = allowed;
}

static DvrAuthorization
decide (const gchar * kind, const GstStructure * client, gpointer user_data)
{
  fail_unless (gst_structure_get_uint64 (client, "id", &last_id));
  fail_unless_equals_string (kind, "play");
  return *(DvrAuthorization *) user_data;
}

static void
ask (DvrAuthorizer * authorizer)
{
  n_answers = 0;
  dvr_authorizer_ask (authorizer, "play", gst_structure_new_empty ("client"),
      on_answer, NULL);
}

GST_START_TEST (without_anybody_to_ask_all_is_allowed)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();

  ask (authorizer);
  fail_unless_equals_int (n_answers, 1);
  fail_unless (last_answer);
  dvr_authorizer_free (authorizer);
}

GST_END_TEST;

GST_START_TEST (an_answer_at_once_is_the_answer)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();
  DvrAuthorization answer = DVR_AUTHORIZE_DENY;

  dvr_authorizer_set (authorizer, decide, &answer);
  ask (authorizer);
  fail_unless_equals_int (n_answers, 1);
  fail_if (last_answer);
  answer = DVR_AUTHORIZE_ALLOW;
  ask (authorizer);
  fail_unless (n_answers == 1 && last_answer);
  fail_if (dvr_authorizer_done (authorizer, last_id, FALSE));
  dvr_authorizer_free (authorizer);
}

GST_END_TEST;

GST_START_TEST (an_answer_may_come_later_and_once)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();
  DvrAuthorization answer = DVR_AUTHORIZE_LATER;

  dvr_authorizer_set (authorizer, decide, &answer);
  ask (authorizer);
  fail_unless_equals_int (n_answers, 0);
  fail_if (dvr_authorizer_done (authorizer, last_id + 1, TRUE));
  fail_unless (dvr_authorizer_done (authorizer, last_id, TRUE));
  fail_unless (n_answers == 1 && last_answer);
  fail_if (dvr_authorizer_done (authorizer, last_id, FALSE));
  fail_unless_equals_int (n_answers, 1);
  dvr_authorizer_free (authorizer);
}

GST_END_TEST;

GST_START_TEST (who_is_not_answered_may_not)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();
  DvrAuthorization answer = DVR_AUTHORIZE_LATER;

  dvr_authorizer_set (authorizer, decide, &answer);
  ask (authorizer);
  dvr_authorizer_sweep (authorizer, g_get_monotonic_time ());
  fail_unless_equals_int (n_answers, 0);
  dvr_authorizer_sweep (authorizer,
      g_get_monotonic_time () + 11 * G_USEC_PER_SEC);
  fail_unless (n_answers == 1 && !last_answer);
  ask (authorizer);
  dvr_authorizer_free (authorizer);
  fail_unless (n_answers == 1 && !last_answer);
}

GST_END_TEST;

GST_START_TEST (once_closed_it_says_no_without_asking)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();
  DvrAuthorization answer = DVR_AUTHORIZE_LATER;

  dvr_authorizer_set (authorizer, decide, &answer);
  ask (authorizer);
  dvr_authorizer_close (authorizer);
  fail_unless (n_answers == 1 && !last_answer);
  fail_if (dvr_authorizer_done (authorizer, last_id, TRUE));
  answer = DVR_AUTHORIZE_ALLOW;
  last_id = 0;
  ask (authorizer);
  fail_unless (n_answers == 1 && !last_answer && last_id == 0);
  dvr_authorizer_free (authorizer);
}

GST_END_TEST;

GST_START_TEST (questions_are_bounded)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();
  DvrAuthorization answer = DVR_AUTHORIZE_LATER;
  guint i;

  dvr_authorizer_set (authorizer, decide, &answer);
  for (i = 0; i < 65536; i++)
    ask (authorizer);
  fail_unless_equals_int (n_answers, 0);
  ask (authorizer);
  fail_unless (n_answers == 1 && !last_answer);
  /* an answer makes room */
  fail_unless (dvr_authorizer_done (authorizer, last_id, TRUE));
  ask (authorizer);
  fail_unless_equals_int (n_answers, 0);
  dvr_authorizer_free (authorizer);
}

GST_END_TEST;

static GMutex gate;
static gboolean in_answer, closed;

static void
slow_answer (gboolean allowed, gpointer user_data)
{
  __atomic_store_n (&in_answer, TRUE, __ATOMIC_RELEASE);
  g_mutex_lock (&gate);
  fail_if (__atomic_load_n (&closed, __ATOMIC_ACQUIRE));
  g_mutex_unlock (&gate);
}

static gpointer
answer_it (gpointer authorizer)
{
  fail_unless (dvr_authorizer_done (authorizer, last_id, TRUE));
  return NULL;
}

static gpointer
close_it (gpointer authorizer)
{
  dvr_authorizer_close (authorizer);
  __atomic_store_n (&closed, TRUE, __ATOMIC_RELEASE);
  return NULL;
}

static void
close_while_answering (void)
{
  DvrAuthorizer *authorizer = dvr_authorizer_new ();
  DvrAuthorization answer = DVR_AUTHORIZE_LATER;
  GThread *answering, *closing;

  in_answer = closed = FALSE;
  dvr_authorizer_set (authorizer, decide, &answer);
  dvr_authorizer_ask (authorizer, "play", gst_structure_new_empty ("client"),
      slow_answer, NULL);
  g_mutex_lock (&gate);
  answering = g_thread_new ("answering", answer_it, authorizer);
  fail_unless_soon (__atomic_load_n (&in_answer, __ATOMIC_ACQUIRE));
  closing = g_thread_new ("closing", close_it, authorizer);
  g_thread_yield ();
  g_mutex_unlock (&gate);
  g_thread_join (answering);
  g_thread_join (closing);
  fail_unless (closed);
  dvr_authorizer_free (authorizer);
}

GST_START_TEST (closing_waits_for_an_answer_on_its_way)
{
  guint i;

  for (i = 0; i < 500; i++)
    close_while_answering ();
}

GST_END_TEST;

static Suite *
authorize_suite (void)
{
  Suite *suite = suite_create ("authorize");
  TCase *questions = tcase_create ("questions");

  suite_add_tcase (suite, questions);
  tcase_add_test (questions, without_anybody_to_ask_all_is_allowed);
  tcase_add_test (questions, an_answer_at_once_is_the_answer);
  tcase_add_test (questions, an_answer_may_come_later_and_once);
  tcase_add_test (questions, who_is_not_answered_may_not);
  tcase_add_test (questions, once_closed_it_says_no_without_asking);
  tcase_add_test (questions, questions_are_bounded);
  tcase_add_test (questions, closing_waits_for_an_answer_on_its_way);
  return suite;
}

GST_CHECK_MAIN (authorize);

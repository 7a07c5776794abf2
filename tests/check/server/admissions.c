/* admissions.c: who may play over HTTP is asked once, and remembered a while
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstcheck.h>

#include "dvradmissions.h"

static DvrAuthorizer *authorizer;
static DvrAdmissions *admissions;
static DvrAuthorization answer;
static guint n_asked, n_yes, n_no;
static guint64 last_id;

static DvrAuthorization
decide (const gchar * kind, const GstStructure * client, gpointer user_data)
{
  fail_unless_equals_string (kind, "play");
  n_asked++;
  gst_structure_get_uint64 (client, "id", &last_id);
  return answer;
}

static void
setup (void)
{
  n_asked = n_yes = n_no = 0;
  authorizer = dvr_authorizer_new ();
  dvr_authorizer_set (authorizer, decide, NULL);
  admissions = dvr_admissions_new (authorizer);
}

static void
teardown (void)
{
  dvr_authorizer_free (authorizer);
  dvr_admissions_free (admissions);
}

static void
on_answer (gboolean allowed, gpointer user_data)
{
  if (allowed)
    n_yes++;
  else
    n_no++;
}

static void
ask (const gchar * key)
{
  dvr_admissions_ask (admissions, key, gst_structure_new_empty ("client"),
      on_answer, NULL);
}

/* What is known of a viewer some time from now. */
static DvrAdmission
look (const gchar * key, gint64 later)
{
  return dvr_admissions_look (admissions, key, g_get_monotonic_time () + later);
}

GST_START_TEST (an_answer_holds_for_a_while)
{
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_UNKNOWN);
  answer = DVR_AUTHORIZE_ALLOW;
  ask ("a");
  fail_unless_equals_int (n_yes, 1);
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_YES);
  fail_unless_equals_int (look ("a", DVR_ADMISSION_FRESH), DVR_ADMISSION_OLD);
  fail_unless_equals_int (look ("a", DVR_ADMISSION_HOLD),
      DVR_ADMISSION_UNKNOWN);
  fail_unless_equals_int (look ("b", 0), DVR_ADMISSION_UNKNOWN);
  answer = DVR_AUTHORIZE_DENY;
  ask ("b");
  fail_unless_equals_int (n_no, 1);
  fail_unless_equals_int (look ("b", 0), DVR_ADMISSION_NO);
  fail_unless_equals_int (look ("b", DVR_ADMISSION_REFUSAL),
      DVR_ADMISSION_UNKNOWN);
  fail_unless_equals_int (n_asked, 2);
}

GST_END_TEST;

GST_START_TEST (many_who_want_to_know_are_one_question)
{
  guint i;

  answer = DVR_AUTHORIZE_LATER;
  for (i = 0; i < 100; i++)
    ask ("a");
  fail_unless_equals_int (n_asked, 1);
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_UNKNOWN);
  fail_unless_equals_int (n_yes, 0);
  fail_unless (dvr_authorizer_done (authorizer, last_id, TRUE));
  fail_unless_equals_int (n_yes, 100);
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_YES);
}

GST_END_TEST;

GST_START_TEST (who_plays_on_does_so_while_it_is_asked_about)
{
  answer = DVR_AUTHORIZE_ALLOW;
  ask ("a");
  answer = DVR_AUTHORIZE_LATER;
  dvr_admissions_ask (admissions, "a", gst_structure_new_empty ("client"), NULL,
      NULL);
  fail_unless_equals_int (look ("a", DVR_ADMISSION_FRESH), DVR_ADMISSION_YES);
  fail_unless_equals_int (look ("a", DVR_ADMISSION_HOLD),
      DVR_ADMISSION_UNKNOWN);
  fail_unless (dvr_authorizer_done (authorizer, last_id, FALSE));
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_NO);
}

GST_END_TEST;

GST_START_TEST (what_has_ended_is_forgotten_but_not_who_waits)
{
  gint64 later = g_get_monotonic_time () + DVR_ADMISSION_HOLD;

  answer = DVR_AUTHORIZE_ALLOW;
  ask ("a");
  answer = DVR_AUTHORIZE_LATER;
  ask ("a");
  dvr_admissions_sweep (admissions, later + G_USEC_PER_SEC);
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_UNKNOWN);
  fail_unless (dvr_authorizer_done (authorizer, last_id, TRUE));
  fail_unless_equals_int (n_yes, 2);
  fail_unless_equals_int (look ("a", 0), DVR_ADMISSION_YES);
}

GST_END_TEST;

GST_START_TEST (who_is_refused_makes_no_room_of_others)
{
  gchar key[16];
  guint i;

  answer = DVR_AUTHORIZE_ALLOW;
  ask ("viewer");
  answer = DVR_AUTHORIZE_DENY;
  for (i = 0; i < DVR_ADMISSION_MAX + 10; i++) {
    g_snprintf (key, sizeof (key), "%u", i);
    ask (key);
  }
  fail_unless_equals_int (look ("viewer", 0), DVR_ADMISSION_YES);
  fail_unless_equals_int (look (key, 0), DVR_ADMISSION_NO);
  fail_unless_equals_int (look ("0", 0), DVR_ADMISSION_UNKNOWN);
}

GST_END_TEST;

GST_START_TEST (who_asks_when_it_ends_is_told_no)
{
  answer = DVR_AUTHORIZE_LATER;
  ask ("a");
  dvr_authorizer_close (authorizer);
  fail_unless_equals_int (n_no, 1);
  ask ("b");
  fail_unless_equals_int (n_no, 2);
}

GST_END_TEST;

GST_START_TEST (viewers_differ_by_address_token_and_stream)
{
  static const struct
  {
    const gchar *address, *token, *stream;
  } viewers[] = {
    {"192.0.2.1", "t", "live/cam1"}, {"192.0.2.2", "t", "live/cam1"},
    {"192.0.2.1", "u", "live/cam1"}, {"192.0.2.1", NULL, "live/cam1"},
    {"192.0.2.1", "t", "live/cam2"}, {"192.0.2.1", "1", "live/cam"},
    {"192.0.2.", "t", "1live/cam1"}
  };
  GHashTable *keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  gchar *key, *again;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (viewers); i++) {
    key = dvr_admissions_make_key (viewers[i].address, viewers[i].token,
        viewers[i].stream);
    again = dvr_admissions_make_key (viewers[i].address, viewers[i].token,
        viewers[i].stream);
    fail_unless_equals_string (key, again);
    g_free (again);
    fail_unless (g_hash_table_add (keys, key));
  }
  g_hash_table_unref (keys);
}

GST_END_TEST;

static Suite *
admissions_suite (void)
{
  Suite *suite = suite_create ("admissions");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, an_answer_holds_for_a_while);
  tcase_add_test (tcase, many_who_want_to_know_are_one_question);
  tcase_add_test (tcase, who_plays_on_does_so_while_it_is_asked_about);
  tcase_add_test (tcase, what_has_ended_is_forgotten_but_not_who_waits);
  tcase_add_test (tcase, who_is_refused_makes_no_room_of_others);
  tcase_add_test (tcase, who_asks_when_it_ends_is_told_no);
  tcase_add_test (tcase, viewers_differ_by_address_token_and_stream);

  return suite;
}

GST_CHECK_MAIN (admissions);

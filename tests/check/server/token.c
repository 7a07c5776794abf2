/* token.c: what a token opens
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/check/gstcheck.h>

#include "dvrtoken.h"

#define NOW 1800000000

static gint
verify (DvrTokenKeys * keys, const gchar * token, const gchar * stream,
    DvrTokenUse use, gint64 now, gint64 grace)
{
  GError *error = NULL;
  gint code = -1;

  if (!dvr_token_verify (keys, token, stream, use, now, grace, &error)) {
    fail_unless (error != NULL);
    fail_unless (!token || !*token || !strstr (error->message, token));
    code = error->code;
    g_clear_error (&error);
  }
  return code;
}

#define opens(keys, token, stream) \
  (verify (keys, token, stream, DVR_TOKEN_PLAY, NOW, 0) == -1)

GST_START_TEST (a_token_opens_its_stream_and_those_below)
{
  DvrTokenKeys *keys = dvr_token_keys_new ("secret", NULL);
  gchar *one = dvr_token_make (keys, DVR_TOKEN_PLAY, NOW, "live/cam1");
  gchar *app = dvr_token_make (keys, DVR_TOKEN_PLAY, NOW, "live/");
  gchar *all = dvr_token_make (keys, DVR_TOKEN_PLAY, NOW, "");

  fail_unless (opens (keys, one, "live/cam1"));
  fail_if (opens (keys, one, "live/cam10"));
  fail_if (opens (keys, one, "live/cam2"));
  fail_unless (opens (keys, app, "live/cam2"));
  fail_if (opens (keys, app, "liver/cam2"));
  fail_unless (opens (keys, all, "anything"));
  g_free (one);
  g_free (app);
  g_free (all);
  dvr_token_keys_unref (keys);
}

GST_END_TEST;

GST_START_TEST (it_ends_at_its_time_and_grace_is_given)
{
  DvrTokenKeys *keys = dvr_token_keys_new ("secret", NULL);
  gchar *token = dvr_token_make (keys, DVR_TOKEN_PLAY, NOW, "live");

  fail_unless_equals_int (verify (keys, token, "live/a", DVR_TOKEN_PLAY,
          NOW + 1, 0), DVR_TOKEN_ERROR_EXPIRED);
  fail_unless_equals_int (verify (keys, token, "live/a", DVR_TOKEN_PLAY,
          NOW + 3600, 3600), -1);
  fail_unless_equals_int (verify (keys, token, "live/a", DVR_TOKEN_PLAY,
          NOW + 3601, 3600), DVR_TOKEN_ERROR_EXPIRED);
  g_free (token);
  dvr_token_keys_unref (keys);
}

GST_END_TEST;

GST_START_TEST (leave_to_play_is_no_leave_to_publish)
{
  DvrTokenKeys *keys = dvr_token_keys_new ("secret", NULL);
  gchar *token = dvr_token_make (keys, DVR_TOKEN_PLAY, NOW, "live");

  fail_unless_equals_int (verify (keys, token, "live/a", DVR_TOKEN_PUBLISH,
          NOW, 0), DVR_TOKEN_ERROR_WRONG);
  g_free (token);
  dvr_token_keys_unref (keys);
}

GST_END_TEST;

GST_START_TEST (secrets_can_be_changed_one_by_one)
{
  DvrTokenKeys *before = dvr_token_keys_new ("a:first", NULL);
  DvrTokenKeys *both = dvr_token_keys_new ("b:second  a:first", NULL);
  DvrTokenKeys *after = dvr_token_keys_new ("b:second", NULL);
  gchar *older = dvr_token_make (before, DVR_TOKEN_PLAY, NOW, "live");
  gchar *newer = dvr_token_make (both, DVR_TOKEN_PLAY, NOW, "live");

  fail_unless (opens (both, older, "live/a"));
  fail_unless (opens (both, newer, "live/a"));
  fail_if (opens (after, older, "live/a"));
  fail_unless (opens (after, newer, "live/a"));
  g_free (older);
  g_free (newer);
  dvr_token_keys_unref (before);
  dvr_token_keys_unref (both);
  dvr_token_keys_unref (after);
}

GST_END_TEST;

GST_START_TEST (no_byte_of_it_can_be_changed)
{
  DvrTokenKeys *keys = dvr_token_keys_new ("secret", NULL);
  gchar *token = dvr_token_make (keys, DVR_TOKEN_PLAY, NOW, "live");
  gsize i, length = strlen (token);

  for (i = 0; i < length; i++) {
    gchar kept = token[i];

    token[i] = kept == 'A' ? 'w' : 'A';
    fail_if (opens (keys, token, "live/a"), "byte %d", (gint) i);
    /* the last character holds bits that mean nothing */
    token[i] = kept + 1;
    fail_if (opens (keys, token, "live/a"), "byte %d", (gint) i);
    token[i] = kept;
  }
  for (i = 0; i < length; i++) {
    gchar *cut = g_strndup (token, i);

    fail_if (opens (keys, cut, "live/a"));
    g_free (cut);
  }
  g_free (token);
  dvr_token_keys_unref (keys);
}

GST_END_TEST;

GST_START_TEST (nonsense_opens_nothing)
{
  static const gchar *const nonsense[] = { "", ".", "..", "a.b", "====.====",
    "djE6MDpwbGF5OjE4MDAwMDAwMDA6.", "djE.AAAA", "\xff\xfe.\x80", "a b.c d",
    "djE6Ojo6.djE6Ojo6", NULL
  };
  DvrTokenKeys *keys = dvr_token_keys_new ("secret", NULL);
  gchar *endless = g_strnfill (100000, 'A');
  guint i;

  for (i = 0; nonsense[i]; i++)
    fail_if (opens (keys, nonsense[i], "live/a"), "%s", nonsense[i]);
  fail_if (opens (keys, endless, "live/a"));
  fail_unless_equals_int (verify (keys, NULL, "live/a", DVR_TOKEN_PLAY, NOW,
          0), DVR_TOKEN_ERROR_MISSING);
  g_free (endless);
  dvr_token_keys_unref (keys);
  fail_unless (dvr_token_keys_new ("a:", NULL) == NULL);
}

GST_END_TEST;

GST_START_TEST (it_is_found_in_a_query)
{
  gchar *token = dvr_token_from_query ("a=1&token=x.y&b=2");

  fail_unless_equals_string (token, "x.y");
  fail_unless (dvr_token_from_query ("nottoken=x") == NULL);
  fail_unless (dvr_token_from_query ("token=") == NULL);
  fail_unless (dvr_token_from_query (NULL) == NULL);
  g_free (token);
}

GST_END_TEST;

static Suite *
token_suite (void)
{
  Suite *suite = suite_create ("token");
  TCase *tokens = tcase_create ("tokens");

  suite_add_tcase (suite, tokens);
  tcase_add_test (tokens, a_token_opens_its_stream_and_those_below);
  tcase_add_test (tokens, it_ends_at_its_time_and_grace_is_given);
  tcase_add_test (tokens, leave_to_play_is_no_leave_to_publish);
  tcase_add_test (tokens, secrets_can_be_changed_one_by_one);
  tcase_add_test (tokens, no_byte_of_it_can_be_changed);
  tcase_add_test (tokens, nonsense_opens_nothing);
  tcase_add_test (tokens, it_is_found_in_a_query);
  return suite;
}

GST_CHECK_MAIN (token);

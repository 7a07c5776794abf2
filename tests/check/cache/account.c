/* account.c: memory that is derived from cached segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "upstreamfixture.h"

/* What somebody made of a segment. */
typedef struct
{
  GMutex lock;
  GstDvrCharge *charge;
  guint64 bytes;
  gboolean in_use;              /* refuses to go */
  guint asked;
} Derived;

static void
reclaim (GstDvrCharge * charge, gpointer user_data)
{
  Derived *derived = user_data;
  guint64 bytes = 0;

  g_mutex_lock (&derived->lock);
  derived->asked++;
  if (!derived->in_use) {
    bytes = derived->bytes;
    derived->bytes = 0;
  }
  g_mutex_unlock (&derived->lock);
  if (bytes == 0)
    return;
  gst_dvr_charge_close (charge);
  gst_dvr_charge_remove (charge, bytes);
}

static void
derived_clear (gpointer data)
{
  Derived *derived = data;

  g_clear_pointer (&derived->charge, gst_dvr_charge_unref);
  g_mutex_clear (&derived->lock);
}

/* It is being reclaimed in another thread, maybe. */
static void
derived_unref (gpointer derived)
{
  g_atomic_rc_box_release_full (derived, derived_clear);
}

static Derived *
derive (GstDvrSegment * segment, guint64 bytes)
{
  GstDvrAccount *account = gst_dvr_segment_get_account (segment);
  Derived *derived = g_atomic_rc_box_new0 (Derived);

  fail_unless (account != NULL);
  g_mutex_init (&derived->lock);
  derived->bytes = bytes;
  derived->charge = gst_dvr_account_open (account, reclaim,
      g_atomic_rc_box_acquire (derived), derived_unref);
  gst_dvr_charge_add (derived->charge, bytes);
  gst_dvr_account_settle (account);
  gst_dvr_account_unref (account);
  let_time_pass ();
  return derived;
}

static guint64
bytes_of (Derived * derived)
{
  guint64 bytes;

  g_mutex_lock (&derived->lock);
  bytes = derived->bytes;
  g_mutex_unlock (&derived->lock);
  return bytes;
}

static void
let_go (Derived * derived)
{
  gst_dvr_charge_close (derived->charge);
  derived_unref (derived);
}

static guint64
total (Fixture * f)
{
  GstDvrCacheStats s = stats (f);

  return s.bytes + s.derived_bytes;
}

GST_START_TEST (test_derived_goes_before_segments)
{
  Derived *derived[3];
  Fixture f;
  guint i;

  setup (&f, NULL, 6 * (SIZE + 1000));
  for (i = 0; i < 3; i++) {
    fetch (&f, i);
    derived[i] = derive (asked (&f, i), SIZE);
  }
  fail_unless_equals_uint64 (stats (&f).derived_bytes, 3 * SIZE);
  fail_unless_equals_uint64 (stats (&f).pinned_bytes, 0);
  /* one segment more takes the place of what was derived first */
  fetch (&f, 3);
  fail_unless_equals_uint64 (bytes_of (derived[0]), 0);
  fail_unless_equals_uint64 (bytes_of (derived[1]), SIZE);
  fail_unless (total (&f) <= stats (&f).max_bytes);
  fetch (&f, 4);
  fetch (&f, 5);
  fail_unless_equals_uint64 (stats (&f).derived_bytes, 0);
  fail_unless_equals_uint64 (stats (&f).reclaims, 3);
  fail_unless_equals_uint64 (stats (&f).evictions, 0);
  for (i = 0; i < 6; i++)
    fail_unless (has (&f, i));
  /* only now it is a segment's turn */
  fetch (&f, 6);
  fail_unless_equals_uint64 (stats (&f).evictions, 1);
  for (i = 0; i < 3; i++)
    let_go (derived[i]);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_grows_makes_room)
{
  GstDvrAccount *account;
  Derived *derived;
  Fixture f;
  guint i;

  setup (&f, NULL, 4 * (SIZE + 1000));
  for (i = 0; i < 4; i++)
    fetch (&f, i);
  account = gst_dvr_segment_get_account (asked (&f, 3));
  derived = derive (asked (&f, 3), 0);
  gst_dvr_charge_pin (derived->charge);
  derived->bytes = 2 * SIZE;
  gst_dvr_charge_add (derived->charge, 2 * SIZE);
  gst_dvr_account_settle (account);
  gst_dvr_account_unref (account);
  fail_unless_equals_uint64 (stats (&f).derived_bytes, 2 * SIZE);
  fail_unless_equals_uint64 (stats (&f).pinned_bytes, 2 * SIZE);
  fail_unless (total (&f) <= stats (&f).max_bytes);
  fail_if (has (&f, 0));
  fail_unless (has (&f, 3));
  gst_dvr_charge_unpin (derived->charge);
  let_go (derived);
  fail_unless_equals_uint64 (stats (&f).derived_bytes, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pinned_is_not_asked)
{
  Derived *pinned, *used, *idle;
  Fixture f;

  setup (&f, NULL, 3 * (SIZE + 1000));
  fetch (&f, 0);
  pinned = derive (asked (&f, 0), SIZE / 2);
  gst_dvr_charge_pin (pinned->charge);
  used = derive (asked (&f, 0), SIZE / 2);
  used->in_use = TRUE;
  idle = derive (asked (&f, 0), SIZE / 2);
  fail_unless_equals_uint64 (stats (&f).pinned_bytes, SIZE / 2);
  fetch (&f, 1);
  fetch (&f, 2);
  fail_unless_equals_uint64 (bytes_of (pinned), SIZE / 2);
  fail_unless_equals_int (pinned->asked, 0);
  fail_unless_equals_uint64 (bytes_of (used), SIZE / 2);
  fail_unless (used->asked > 0);
  fail_unless_equals_uint64 (bytes_of (idle), 0);
  /* what is in use leaves less room for segments */
  fail_unless_equals_uint64 (stats (&f).evictions, 1);
  fail_unless (total (&f) <= stats (&f).max_bytes);
  gst_dvr_charge_unpin (pinned->charge);
  gst_dvr_cache_set_max_memory (f.cache, f.user, 3 * SIZE);
  fail_unless_equals_uint64 (bytes_of (pinned), 0);
  let_go (pinned);
  let_go (used);
  let_go (idle);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_used_last_goes_last)
{
  Derived *older, *newer;
  Fixture f;

  setup (&f, NULL, 4 * (SIZE + 1000));
  fetch (&f, 0);
  older = derive (asked (&f, 0), SIZE);
  newer = derive (asked (&f, 0), SIZE);
  gst_dvr_charge_pin (older->charge);
  gst_dvr_charge_unpin (older->charge);
  fetch (&f, 1);
  fetch (&f, 2);
  fail_unless_equals_uint64 (bytes_of (older), SIZE);
  fail_unless_equals_uint64 (bytes_of (newer), 0);
  let_go (older);
  let_go (newer);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_is_sent_counts_after_the_end)
{
  GstDvrCharge *sent;
  Derived *derived;
  Fixture f;

  setup (&f, NULL, 2 * SIZE);
  fetch (&f, 0);
  derived = derive (asked (&f, 0), SIZE / 2);
  sent = gst_dvr_charge_ref (derived->charge);
  gst_dvr_charge_close (derived->charge);
  fail_unless_equals_uint64 (stats (&f).derived_bytes, SIZE / 2);
  fail_unless_equals_uint64 (stats (&f).pinned_bytes, SIZE / 2);
  fetch (&f, 1);
  fail_unless_equals_int (derived->asked, 0);
  gst_dvr_charge_remove (sent, SIZE / 2);
  fail_unless_equals_uint64 (stats (&f).derived_bytes, 0);
  gst_dvr_charge_unref (sent);
  let_go (derived);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_sharers_have_one_account)
{
  Derived *derived;
  Fixture a, b;

  setup (&a, "shared", 3 * (SIZE + 1000));
  setup (&b, "shared", 1000);
  fetch (&a, 0);
  derived = derive (asked (&a, 0), SIZE);
  fail_unless_equals_uint64 (stats (&b).derived_bytes, SIZE);
  fetch (&b, 1);
  fetch (&b, 2);
  fail_unless_equals_uint64 (bytes_of (derived), 0);
  let_go (derived);
  teardown (&a);
  teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_outlives_the_cache)
{
  GstDvrAccount *account;
  GstDvrSegment *segment;
  Derived *derived, *late;
  Fixture f;

  setup (&f, NULL, SIZE);
  fetch (&f, 0);
  segment = gst_dvr_segment_ref (asked (&f, 0));
  derived = derive (segment, SIZE / 4);
  gst_dvr_charge_pin (derived->charge);
  teardown (&f);
  /* nobody keeps a budget any more */
  late = derive (segment, 10 * SIZE);
  fail_unless_equals_uint64 (bytes_of (late), 10 * SIZE);
  account = gst_dvr_segment_get_account (segment);
  fail_unless_equals_uint64 (gst_dvr_account_get_bytes (account),
      bytes_of (derived) + bytes_of (late));
  gst_dvr_segment_unref (segment);
  gst_dvr_charge_unpin (derived->charge);
  let_go (derived);
  let_go (late);
  fail_unless_equals_uint64 (gst_dvr_account_get_bytes (account), 0);
  gst_dvr_account_unref (account);
}

GST_END_TEST;

#define ROUNDS 2000

static gpointer
derive_and_let_go (gpointer data)
{
  Fixture *f = data;
  guint i;

  for (i = 0; i < ROUNDS; i++) {
    Derived *derived = derive (asked (f, i % 4), SIZE / 4);

    if (i % 3 == 0) {
      gst_dvr_charge_pin (derived->charge);
      gst_dvr_charge_unpin (derived->charge);
    }
    let_go (derived);
  }
  return NULL;
}

/* The user's lock is not held while it closes, the owner's never. */
GST_START_TEST (test_threads_come_and_go)
{
  GThread *threads[3];
  Fixture f;
  guint i;

  setup (&f, NULL, 5 * (SIZE + 1000));
  for (i = 0; i < 4; i++)
    fetch (&f, i);
  for (i = 0; i < 3; i++)
    threads[i] = g_thread_new ("deriver", derive_and_let_go, &f);
  for (i = 0; i < ROUNDS; i++) {
    gst_dvr_cache_set_max_memory (f.cache, f.user, (4 + i % 2) * (SIZE + 1000));
    fail_unless (total (&f) <= 5 * (SIZE + 1000) + 3 * SIZE);
  }
  for (i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  fail_unless_equals_uint64 (stats (&f).derived_bytes, 0);
  teardown (&f);
}

GST_END_TEST;

static Suite *
account_suite (void)
{
  Suite *s = suite_create ("account");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_derived_goes_before_segments);
  tcase_add_test (tc, test_what_grows_makes_room);
  tcase_add_test (tc, test_pinned_is_not_asked);
  tcase_add_test (tc, test_used_last_goes_last);
  tcase_add_test (tc, test_what_is_sent_counts_after_the_end);
  tcase_add_test (tc, test_sharers_have_one_account);
  tcase_add_test (tc, test_outlives_the_cache);
  tcase_add_test (tc, test_threads_come_and_go);
  return s;
}

GST_CHECK_MAIN (account);

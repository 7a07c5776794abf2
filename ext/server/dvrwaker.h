/* dvrwaker.h: waking what waits for a timeline, a segment or a deadline
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>
#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

typedef struct _DvrWaker DvrWaker;
typedef struct _DvrWaitList DvrWaitList;
typedef struct _DvrWaiter DvrWaiter;

/**
 * DvrWant:
 * @DVR_WANT_CHANGE: the timeline is newer than version `a`
 * @DVR_WANT_PART: the timeline lists part `b` of segment `a`, or all of that
 *   segment where `b` is %DVR_WHOLE_SEGMENT; or has ended
 * @DVR_WANT_BYTES: the segment has more than `a` bytes, or has ended
 * @DVR_WANT_AHEAD: there is more to see of the segment than at progress `a`
 * @DVR_WANT_PARTS: the segment has more than `a` parts, or has ended
 * @DVR_WANT_END: the segment is whole or failed
 */
typedef enum
{
  DVR_WANT_CHANGE,
  DVR_WANT_PART,
  DVR_WANT_BYTES,
  DVR_WANT_AHEAD,
  DVR_WANT_PARTS,
  DVR_WANT_END
} DvrWant;

#define DVR_WHOLE_SEGMENT G_MAXUINT64

/**
 * DvrWaiter:
 * @wake: called once when the wait is over, from the waker's thread or the
 *   one that stops it, with no lock held
 * @want: what is waited for
 * @a: see #DvrWant
 * @b: see #DvrWant
 * @in_turn: it is woken when most of those before it are up, see dvr_waiter_is_up()
 *
 * What is below is the waker's.
 */
struct _DvrWaiter
{
  void (*wake) (DvrWaiter * waiter);
  DvrWant want;
  guint64 a;
  guint64 b;
  gboolean in_turn;

  gboolean awake;
  GList link;
  DvrWaitList *list;
  gint64 deadline;
  guint heap_index;
};

typedef void (*DvrTickFunc) (gpointer user_data);

DvrWaker *    dvr_waker_new   (DvrTickFunc tick, gpointer user_data);
void          dvr_waker_start (DvrWaker * waker);
void          dvr_waker_close (DvrWaker * waker);
void          dvr_waker_free  (DvrWaker * waker);

DvrWaitList * dvr_wait_list_new_timeline (DvrWaker * waker,
                                          GstDvrTimeline * timeline);
DvrWaitList * dvr_wait_list_new_segment  (DvrWaker * waker,
                                          GstDvrSegment * segment);
void          dvr_wait_list_end          (DvrWaitList * list);
void          dvr_wait_list_close        (DvrWaitList * list);
DvrWaitList * dvr_wait_list_ref          (DvrWaitList * list);
void          dvr_wait_list_unref        (DvrWaitList * list);

guint         dvr_wait_list_get_serial   (DvrWaitList * list);
void          dvr_wait_list_wait         (DvrWaitList * list,
                                          DvrWaiter * waiter,
                                          guint serial,
                                          gint64 deadline);
void          dvr_waiter_is_up           (DvrWaiter * waiter,
                                          DvrWaker * waker);

G_END_DECLS

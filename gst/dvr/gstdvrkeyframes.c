/* gstdvrkeyframes.c: where the keyframes of a segment are
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrkeyframes.h"

/* Of too many, every second one goes, and of those to come, too, so that all of
 * the segment has some. */
static void
thin_out (GstDvrKeyframes * self)
{
  guint i;

  for (i = 0; 2 * i < self->n; i++)
    self->frames[i] = self->frames[2 * i];
  self->n = i;
  self->spacing = self->frames[i - 1].time / i;
}

/**
 * gst_dvr_keyframes_add:
 * @self: the keyframes found so far
 * @time: when the next one is shown, nanoseconds after the segment's start
 * @offset: where its chunk begins in the segment
 * @size: bytes from there to its end
 *
 * Adds a keyframe, unless it cannot be told of: beyond 4 GiB, or within the
 * millisecond of the one before.
 */
void
gst_dvr_keyframes_add (GstDvrKeyframes * self, GstClockTime time,
    guint64 offset, guint64 size)
{
  const GstDvrKeyframe *last = self->n > 0 ? &self->frames[self->n - 1] : NULL;
  guint64 ms = time / GST_MSECOND;

  if (size == 0 || size > G_MAXUINT32 || offset > G_MAXUINT32 - size
      || ms > G_MAXUINT32)
    return;
  if (last && (ms <= last->time || ms - last->time < self->spacing
          || offset < (guint64) last->offset + last->size))
    return;
  if (self->n == GST_DVR_MAX_KEYFRAMES)
    thin_out (self);
  self->frames[self->n].time = ms;
  self->frames[self->n].offset = offset;
  self->frames[self->n].size = size;
  self->n++;
}

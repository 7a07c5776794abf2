/* flvheard.h: what an FLV parser said, for tests
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "formats.h"

#include "flv/flvparser.h"

#define MS GST_MSECOND
#define AVC_CONFIG test_codecs[0]
#define AAC_CONFIG test_codecs[4]

/* What a parser said */
typedef struct
{
  GstCaps *caps[2];
  guint configs[2];
  GPtrArray *samples[2];
  GstStructure *metadata;
  guint headers, ends, unsupported, warnings, errors;
  guint64 skipped;
  guint64 last_value;
} Heard;

void heard_init (Heard * heard);
void heard_clear (Heard * heard);
/* A GstFlvEventFunc. */
void heard_event (const GstFlvEvent * event, gpointer heard);
guint8 tag_type (guint track);

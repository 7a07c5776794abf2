/* dvr-prelude.h: what every header of libgstdvr begins with
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

/* The library hides all but its API (-fvisibility=hidden). */
#define GST_DVR_API __attribute__ ((visibility ("default"))) extern

/* No time of day is known. */
#define GST_DVR_WALL_TIME_NONE G_MININT64

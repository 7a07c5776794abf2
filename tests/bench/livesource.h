/* livesource.h: what the live source and its viewers agree on
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* The last bytes of each part: a double, CLOCK_MONOTONIC in seconds at the
 * time the part was written. */
#define LIVE_STAMP_SIZE 8

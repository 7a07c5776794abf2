/* dvratomic.h: figures that many threads read and write
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * None of these orders anything else: what has to be seen in order is behind a
 * lock, or says so where it is.
 */
#pragma once

#define dvr_get(value) __atomic_load_n (&(value), __ATOMIC_RELAXED)
#define dvr_set(value, to) __atomic_store_n (&(value), (to), __ATOMIC_RELAXED)

/* Adds @n, which may be negative, and is the sum. */
#define dvr_count(counter, n) \
  __atomic_add_fetch (&(counter), (n), __ATOMIC_RELAXED)

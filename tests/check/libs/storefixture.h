/* storefixture.h: recordings on disk for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrplaylist.h>
#include <gst/dvr/gstdvrstore.h>

#define PART (250 * GST_MSECOND)

/* Of all recordings, and how the next writer is opened. */
extern gchar *store_location;
extern GstDvrStoreConfig store_config;

void store_setup (void);
void store_teardown (void);
void store_remove (void);

GstDvrStoreWriter * store_open_writer (void);
GstBuffer * store_make_chunk (guint number, guint part, gsize size);
gboolean store_write_part (GstDvrStoreWriter * writer, guint number,
    guint part, GError ** error);
void store_open_segment (GstDvrStoreWriter * writer);
/* A segment of four parts. */
GstDvrEntry store_write_segment (GstDvrStoreWriter * writer, guint number);

/* Of something in the stream's directory. */
gchar * store_path (const gchar * name);
GstDvrPlaylist * store_read_index (void);

/* recorderfixture.h: an rtmpdvrsink in a harness, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrplaylist.h>

#define STREAM "live/cam1"
#define FRAME (40 * GST_MSECOND)

/* Where it records, what it is fed by, and what it says. */
extern gchar *recorder_dir;
extern GstHarness *recorder_harness;
extern GstBus *recorder_bus;
extern GstCaps *recorder_video_caps, *recorder_audio_caps;
extern GstClockTime recorder_audio_time;

void recorder_setup (void);
void recorder_teardown (void);

/* A harness plays the element. */
GstElement * recorder_make_sink (const gchar * stream);
void recorder_start (GstElement * sink);
void recorder_stop (void);

/* Element messages, as they come. */
GstStructure * recorder_pop (const gchar * name, GstClockTime timeout);
gboolean recorder_pop_status (const gchar * code, GstClockTime timeout);
void recorder_expect_error (GQuark domain, gint code, const gchar * text);

/* Starts it, and pushes what a publisher begins with. */
void recorder_begin (GstElement * sink);
GstFlowReturn recorder_push_header (void);
GstFlowReturn recorder_push_config (GstCaps * caps, guint8 type);
void recorder_push_configs (void);
GstBuffer * recorder_make_tag (guint8 type, GstClockTime dts, gboolean key);
GstFlowReturn recorder_push_frames (guint first, guint n);

/* What is on disk. */
GstDvrPlaylist * recorder_read_list (void);
GstDvrPlaylist * recorder_wait_for_end (void);
guint recorder_count_gaps (GstDvrPlaylist * list);
void recorder_check_files (GstDvrPlaylist * list);

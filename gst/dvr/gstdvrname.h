/* gstdvrname.h: names of streams, recordings and files; safe references
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/dvr-prelude.h>

G_BEGIN_DECLS

typedef struct _GstDvrFileName GstDvrFileName;

/* The longest stream name, in bytes: it becomes a path. */
#define GST_DVR_STREAM_NAME_MAX 1024
/* The longest recording id, in bytes. */
#define GST_DVR_RECORDING_ID_MAX 64

/* How the files of a recording are named, for its id, a guint64 number, and a
 * part's index; gst_dvr_parse_file_name() reads them. */
#define GST_DVR_SEGMENT_URI "%s/%010" G_GUINT64_FORMAT ".m4s"
#define GST_DVR_PART_URI "%s/%010" G_GUINT64_FORMAT ".%u.m4s"
#define GST_DVR_INIT_URI "%s/init-%" G_GUINT64_FORMAT ".mp4"

/**
 * GstDvrFileKind:
 * @GST_DVR_FILE_SEGMENT: `<recording>/<number>.m4s`
 * @GST_DVR_FILE_PART: `<recording>/<number>.<part>.m4s`
 * @GST_DVR_FILE_INIT: `<recording>/init-<number>.mp4`
 */
typedef enum
{
  GST_DVR_FILE_SEGMENT,
  GST_DVR_FILE_PART,
  GST_DVR_FILE_INIT
} GstDvrFileKind;

/**
 * GstDvrFileName:
 * @kind: what it names
 * @number: sequence number, or the init section's index
 * @part: index of the part in its segment; 0 but for parts
 * @recording: recording id
 *
 * What the name of a media file says.
 */
struct _GstDvrFileName
{
  GstDvrFileKind kind;
  guint64 number;
  guint part;
  gchar recording[GST_DVR_RECORDING_ID_MAX + 1];
};

/**
 * GstDvrUriFlags:
 * @GST_DVR_URI_BENEATH: only what lies beneath the base's directory
 * @GST_DVR_URI_SAME_ORIGIN: anything of the same scheme, host and port
 * @GST_DVR_URI_ANY_HOST: any http or https URI too; the caller checks the host
 *
 * Where a reference may lead.
 */
typedef enum
{
  GST_DVR_URI_BENEATH = 0,
  GST_DVR_URI_SAME_ORIGIN = 1 << 0,
  GST_DVR_URI_ANY_HOST = 1 << 1
} GstDvrUriFlags;

GST_DVR_API gboolean gst_dvr_is_recording_id (const gchar * id);
GST_DVR_API gboolean gst_dvr_is_stream_name  (const gchar * name);
GST_DVR_API gboolean gst_dvr_parse_file_name (const gchar * uri,
                                              GstDvrFileName * name);
GST_DVR_API gchar *  gst_dvr_resolve_uri     (const gchar * base,
                                              const gchar * reference,
                                              GstDvrUriFlags flags,
                                              GError ** error);

G_END_DECLS

/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * amf0.h: AMF version 0 (amf0-file-format-specification) to and from bytes
 *
 *   gst_amf0_read_all()   the values of a message, in a row
 *   gst_amf0_read()       one value, when more of something else follows
 *   gst_amf0_write()      the bytes of a value
 */
#ifndef __GST_AMF0_H__
#define __GST_AMF0_H__

#include "amf.h"

G_BEGIN_DECLS

/* Where a reader stands: one per message, as back references reach across all
 * values of a message. */
typedef struct
{
  const guint8 *data;
  gsize size;
  gsize pos;
  GstAmfLimits limits;

  /*< private >*/
  guint depth;
  guint deepest;
  guint nodes;
  gsize string_bytes;
  GArray *refs;
} GstAmfReader;

void        gst_amf_reader_init   (GstAmfReader * reader, const guint8 * data,
    gsize size, const GstAmfLimits * limits);
void        gst_amf_reader_clear  (GstAmfReader * reader);

GstAmf *    gst_amf0_read         (GstAmfReader * reader, GError ** error);
GPtrArray * gst_amf0_read_all     (const guint8 * data, gsize size,
    const GstAmfLimits * limits, GError ** error);
void        gst_amf0_write        (GByteArray * out, const GstAmf * value);
void        gst_amf0_write_string (GByteArray * out, const gchar * text);

/* For amf3.c, which reads within the same limits. */
gboolean    gst_amf_reader_need   (GstAmfReader * reader, gsize bytes,
    GError ** error);
gboolean    gst_amf_reader_node   (GstAmfReader * reader, guint count,
    GError ** error);
gboolean    gst_amf_reader_enter  (GstAmfReader * reader, GError ** error);
void        gst_amf_reader_leave  (GstAmfReader * reader);
gboolean    gst_amf_reader_charge (GstAmfReader * reader, gsize string_bytes,
    GError ** error);
gboolean    gst_amf_reader_fail   (GstAmfReader * reader, GError ** error,
    const gchar * what);

/* What later values may refer back to, in the order it began. A reference to
 * something still being read would make a loop and is refused; one to what is
 * complete counts as a copy of it. */
GArray *    gst_amf_references_new     (void);
guint       gst_amf_references_open    (GArray * refs, GstAmfReader * reader,
    GstAmf * value);
void        gst_amf_references_close   (GArray * refs, GstAmfReader * reader,
    guint index);
GstAmf *    gst_amf_references_resolve (GArray * refs, GstAmfReader * reader,
    guint index, GError ** error);

G_END_DECLS

#endif /* __GST_AMF0_H__ */

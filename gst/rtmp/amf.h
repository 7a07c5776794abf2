/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * amf.h: one value of the Action Message Format, whichever the version
 *
 * A GstAmf is a reference-counted tree of values. Reference counts are atomic;
 * a value is filled by one thread and may then be read by many.
 *
 *   making       gst_amf_new_*(), gst_amf_set*(), gst_amf_append()
 *   reading      gst_amf_get_*(), gst_amf_member*()
 *   for logs     gst_amf_to_string()
 *   from bytes   amf0.h (and through it amf3.h)
 */
#ifndef __GST_AMF_H__
#define __GST_AMF_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_AMF_NUMBER,
  GST_AMF_BOOLEAN,
  GST_AMF_STRING,               /* long strings too */
  GST_AMF_OBJECT,
  GST_AMF_TYPED_OBJECT,
  GST_AMF_ECMA_ARRAY,           /* named members, written as an array */
  GST_AMF_STRICT_ARRAY,
  GST_AMF_NULL,
  GST_AMF_UNDEFINED,
  GST_AMF_DATE,
  GST_AMF_XML,
  GST_AMF_BYTE_ARRAY,           /* AMF3 only; AMF0 writes it as a string */
  GST_AMF_UNSUPPORTED
} GstAmfType;

typedef struct _GstAmf GstAmf;

/* What a peer may make us build from one message. */
typedef struct
{
  guint max_depth;              /* nested containers */
  guint max_nodes;              /* values, references counted as copies */
  gsize max_string_bytes;       /* all strings together, counted likewise */
} GstAmfLimits;

#define GST_AMF_LIMITS_DEFAULT ((GstAmfLimits) { 32, 65536, 16 << 20 })

GstAmf *      gst_amf_new_number       (gdouble value);
GstAmf *      gst_amf_new_boolean      (gboolean value);
GstAmf *      gst_amf_new_string       (const gchar * value);
GstAmf *      gst_amf_new_string_len   (const gchar * value, gsize length);
GstAmf *      gst_amf_new_null         (void);
GstAmf *      gst_amf_new_undefined    (void);
GstAmf *      gst_amf_new_unsupported  (void);
GstAmf *      gst_amf_new_object       (void);
GstAmf *      gst_amf_new_typed_object (const gchar * class_name);
GstAmf *      gst_amf_new_ecma_array   (void);
GstAmf *      gst_amf_new_strict_array (void);
GstAmf *      gst_amf_new_date         (gdouble unix_ms, gint16 timezone);
GstAmf *      gst_amf_new_xml          (const gchar * value, gsize length);

GstAmf *      gst_amf_ref              (const GstAmf * value);
void          gst_amf_unref            (GstAmf * value);

GstAmfType    gst_amf_get_type         (const GstAmf * value);
gboolean      gst_amf_is_object        (const GstAmf * value);
gboolean      gst_amf_get_number       (const GstAmf * value, gdouble * number);
gboolean      gst_amf_get_boolean      (const GstAmf * value, gboolean * truth);
gint16        gst_amf_get_timezone     (const GstAmf * value);
const gchar * gst_amf_get_bytes        (const GstAmf * value, gsize * length);
const gchar * gst_amf_get_text         (const GstAmf * value);
const gchar * gst_amf_get_class_name   (const GstAmf * value);

guint         gst_amf_length           (const GstAmf * value);
const GstAmf * gst_amf_nth             (const GstAmf * value, guint index);
const gchar * gst_amf_nth_name         (const GstAmf * value, guint index,
    gsize * length);

const GstAmf * gst_amf_member          (const GstAmf * value,
    const gchar * name);
const gchar * gst_amf_member_text      (const GstAmf * value,
    const gchar * name);
gboolean      gst_amf_member_number    (const GstAmf * value,
    const gchar * name, gdouble * number);
gboolean      gst_amf_member_boolean   (const GstAmf * value,
    const gchar * name, gboolean * truth);

void          gst_amf_set              (GstAmf * object, const gchar * name,
    GstAmf * value);
void          gst_amf_set_number       (GstAmf * object, const gchar * name,
    gdouble value);
void          gst_amf_set_boolean      (GstAmf * object, const gchar * name,
    gboolean value);
void          gst_amf_set_string       (GstAmf * object, const gchar * name,
    const gchar * value);
void          gst_amf_set_members      (GstAmf * object, const GstAmf * from);
void          gst_amf_append           (GstAmf * array, GstAmf * value);

gchar *       gst_amf_to_string        (const GstAmf * value);

/* For the readers, which share strings that a message refers back to: both
 * take ownership of the reference strings (GRefString). */
GstAmf *      gst_amf_new_take_string  (GstAmfType type, char * string);
void          gst_amf_take_member      (GstAmf * object, char * name,
    GstAmf * value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstAmf, gst_amf_unref)

G_END_DECLS

#endif /* __GST_AMF_H__ */

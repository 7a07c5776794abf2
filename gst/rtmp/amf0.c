/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * amf0.c: AMF version 0 to and from bytes
 */
#include "config.h"
#include "amf0.h"
#include "amf3.h"
#include "rtmpmessage.h"
#include "rtmp-private.h"

#include <string.h>

/* Markers, specification section 2.1 */
enum
{
  MARKER_NUMBER = 0x00,
  MARKER_BOOLEAN = 0x01,
  MARKER_STRING = 0x02,
  MARKER_OBJECT = 0x03,
  MARKER_NULL = 0x05,
  MARKER_UNDEFINED = 0x06,
  MARKER_REFERENCE = 0x07,
  MARKER_ECMA_ARRAY = 0x08,
  MARKER_OBJECT_END = 0x09,
  MARKER_STRICT_ARRAY = 0x0a,
  MARKER_DATE = 0x0b,
  MARKER_LONG_STRING = 0x0c,
  MARKER_UNSUPPORTED = 0x0d,
  MARKER_XML = 0x0f,
  MARKER_TYPED_OBJECT = 0x10,
  MARKER_AVMPLUS = 0x11
};

typedef struct
{
  GstAmf *value;
  gboolean complete;
  guint nodes;                  /* it and all in it, once complete */
  gsize string_bytes;
  guint height;                 /* levels of containers in it */
  guint outer_deepest;
} Reference;

static void
reference_clear (gpointer data)
{
  gst_amf_unref (((Reference *) data)->value);
}

GArray *
gst_amf_references_new (void)
{
  GArray *refs = g_array_new (FALSE, FALSE, sizeof (Reference));

  g_array_set_clear_func (refs, reference_clear);
  return refs;
}

/* Call inside gst_amf_reader_enter(). */
guint
gst_amf_references_open (GArray * refs, GstAmfReader * reader, GstAmf * value)
{
  Reference ref = { gst_amf_ref (value), FALSE, reader->nodes,
    reader->string_bytes, 0, reader->deepest
  };

  reader->deepest = reader->depth;
  g_array_append_val (refs, ref);
  return refs->len - 1;
}

void
gst_amf_references_close (GArray * refs, GstAmfReader * reader, guint index)
{
  Reference *ref = &g_array_index (refs, Reference, index);

  ref->complete = TRUE;
  ref->nodes = reader->nodes - ref->nodes + 1;
  ref->string_bytes = reader->string_bytes - ref->string_bytes;
  ref->height = reader->deepest - reader->depth + 1;
  reader->deepest = MAX (reader->deepest, ref->outer_deepest);
}

/* Returns: (transfer full) (nullable) */
GstAmf *
gst_amf_references_resolve (GArray * refs, GstAmfReader * reader, guint index,
    GError ** error)
{
  Reference *ref;

  if (index >= refs->len) {
    gst_amf_reader_fail (reader, error, "a reference to nothing");
    return NULL;
  }
  ref = &g_array_index (refs, Reference, index);
  if (!ref->complete) {
    gst_amf_reader_fail (reader, error, "a reference to what encloses it");
    return NULL;
  }
  if (reader->depth + ref->height > reader->limits.max_depth) {
    gst_amf_reader_fail (reader, error, "values nested too deep");
    return NULL;
  }
  if (!gst_amf_reader_node (reader, ref->nodes, error) ||
      !gst_amf_reader_charge (reader, ref->string_bytes, error))
    return NULL;
  reader->deepest = MAX (reader->deepest, reader->depth + ref->height);
  return gst_amf_ref (ref->value);
}

/* @data must live as long as the reader; @limits: (nullable): default ones */
void
gst_amf_reader_init (GstAmfReader * reader, const guint8 * data, gsize size,
    const GstAmfLimits * limits)
{
  memset (reader, 0, sizeof *reader);
  reader->data = data;
  reader->size = size;
  reader->limits = limits ? *limits : GST_AMF_LIMITS_DEFAULT;
  reader->refs = gst_amf_references_new ();
}

void
gst_amf_reader_clear (GstAmfReader * reader)
{
  g_clear_pointer (&reader->refs, g_array_unref);
}

/* Returns: %FALSE, always, so that it can end a check */
gboolean
gst_amf_reader_fail (GstAmfReader * reader, GError ** error, const gchar * what)
{
  g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_AMF,
      "AMF: %s at byte %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, what,
      reader->pos, reader->size);
  return FALSE;
}

gboolean
gst_amf_reader_need (GstAmfReader * reader, gsize bytes, GError ** error)
{
  if (reader->size - reader->pos < bytes)
    return gst_amf_reader_fail (reader, error, "data ends inside a value");
  return TRUE;
}

gboolean
gst_amf_reader_node (GstAmfReader * reader, guint count, GError ** error)
{
  if (count > reader->limits.max_nodes - reader->nodes)
    return gst_amf_reader_fail (reader, error, "too many values");
  reader->nodes += count;
  return TRUE;
}

gboolean
gst_amf_reader_charge (GstAmfReader * reader, gsize string_bytes,
    GError ** error)
{
  if (string_bytes > reader->limits.max_string_bytes - reader->string_bytes)
    return gst_amf_reader_fail (reader, error, "too much text");
  reader->string_bytes += string_bytes;
  return TRUE;
}

gboolean
gst_amf_reader_enter (GstAmfReader * reader, GError ** error)
{
  if (reader->depth >= reader->limits.max_depth)
    return gst_amf_reader_fail (reader, error, "values nested too deep");
  reader->depth++;
  reader->deepest = MAX (reader->deepest, reader->depth);
  return TRUE;
}

void
gst_amf_reader_leave (GstAmfReader * reader)
{
  reader->depth--;
}

/* A string whose length is told in @length_bytes (2 or 4) bytes.
 * Returns: (nullable): a GRefString */
static char *
read_string (GstAmfReader * reader, guint length_bytes, GError ** error)
{
  const guint8 *at = reader->data + reader->pos;
  gsize length;
  char *string;

  if (!gst_amf_reader_need (reader, length_bytes, error))
    return NULL;
  length = length_bytes == 2 ? GST_READ_UINT16_BE (at) :
      GST_READ_UINT32_BE (at);
  reader->pos += length_bytes;
  if (!gst_amf_reader_need (reader, length, error) ||
      !gst_amf_reader_charge (reader, length, error))
    return NULL;
  string = g_ref_string_new_len ((const char *) at + length_bytes, length);
  reader->pos += length;
  return string;
}

static GstAmf *
read_string_value (GstAmfReader * reader, GstAmfType type,
    guint length_bytes, GError ** error)
{
  char *string = read_string (reader, length_bytes, error);

  return string ? gst_amf_new_take_string (type, string) : NULL;
}

static gboolean
at_object_end (GstAmfReader * reader)
{
  static const guint8 end[] = { 0, 0, MARKER_OBJECT_END };

  return reader->size - reader->pos >= sizeof end &&
      memcmp (reader->data + reader->pos, end, sizeof end) == 0;
}

/* Some encoders leave the end marker of an array away when nothing follows:
 * with as many members as announced, that is taken as whole. */
static gboolean
read_members (GstAmfReader * reader, GstAmf * object, guint32 announced,
    GError ** error)
{
  while (!at_object_end (reader)) {
    char *name;
    GstAmf *value;

    if (reader->pos == reader->size && announced > 0 &&
        gst_amf_length (object) >= announced)
      return TRUE;
    name = read_string (reader, 2, error);
    if (!name)
      return FALSE;
    value = gst_amf0_read (reader, error);
    if (!value) {
      g_ref_string_release (name);
      return FALSE;
    }
    gst_amf_take_member (object, name, value);
  }
  reader->pos += 3;
  return TRUE;
}

static gboolean
read_elements (GstAmfReader * reader, GstAmf * array, guint32 count,
    GError ** error)
{
  while (count-- > 0) {
    GstAmf *value = gst_amf0_read (reader, error);

    if (!value)
      return FALSE;
    gst_amf_append (array, value);
  }
  return TRUE;
}

static GstAmf *
new_container (GstAmfReader * reader, guint8 marker, guint32 * count,
    GError ** error)
{
  *count = 0;
  if (marker == MARKER_OBJECT)
    return gst_amf_new_object ();
  if (marker == MARKER_TYPED_OBJECT)
    return read_string_value (reader, GST_AMF_TYPED_OBJECT, 2, error);
  if (!gst_amf_reader_need (reader, 4, error))
    return NULL;
  *count = GST_READ_UINT32_BE (reader->data + reader->pos);
  reader->pos += 4;
  return marker == MARKER_ECMA_ARRAY ? gst_amf_new_ecma_array () :
      gst_amf_new_strict_array ();
}

static GstAmf *
read_container (GstAmfReader * reader, guint8 marker, GError ** error)
{
  GstAmf *value;
  guint32 count;
  guint index;
  gboolean ok;

  value = new_container (reader, marker, &count, error);
  if (!value)
    return NULL;
  if (!gst_amf_reader_enter (reader, error)) {
    gst_amf_unref (value);
    return NULL;
  }
  index = gst_amf_references_open (reader->refs, reader, value);
  if (marker == MARKER_STRICT_ARRAY)
    ok = read_elements (reader, value, count, error);
  else
    ok = read_members (reader, value, count, error);
  gst_amf_references_close (reader->refs, reader, index);
  gst_amf_reader_leave (reader);
  if (!ok)
    g_clear_pointer (&value, gst_amf_unref);
  return value;
}

static GstAmf *
read_fixed (GstAmfReader * reader, guint8 marker, GError ** error)
{
  const guint8 *at = reader->data + reader->pos;
  gsize size = marker == MARKER_NUMBER ? 8 : marker == MARKER_DATE ? 10 :
      marker == MARKER_REFERENCE ? 2 : 1;

  if (!gst_amf_reader_need (reader, size, error))
    return NULL;
  reader->pos += size;
  switch (marker) {
    case MARKER_NUMBER:
      return gst_amf_new_number (GST_READ_DOUBLE_BE (at));
    case MARKER_DATE:
      return gst_amf_new_date (GST_READ_DOUBLE_BE (at),
          (gint16) GST_READ_UINT16_BE (at + 8));
    case MARKER_BOOLEAN:
      return gst_amf_new_boolean (*at != 0);
    default:
      return gst_amf_references_resolve (reader->refs, reader,
          GST_READ_UINT16_BE (at), error);
  }
}

/**
 * gst_amf0_read:
 * @reader: where to read; moves on behind the value
 * @error: %GST_RTMP_ERROR_AMF with what is wrong and where
 *
 * Reads one value. A switch to AMF3 (avmplus-object-marker) is followed.
 *
 * Returns: (transfer full) (nullable): the value, or %NULL when it is broken,
 *   cut, or beyond the limits of @reader
 */
GstAmf *
gst_amf0_read (GstAmfReader * reader, GError ** error)
{
  guint8 marker;

  if (!gst_amf_reader_need (reader, 1, error) ||
      !gst_amf_reader_node (reader, 1, error))
    return NULL;
  marker = reader->data[reader->pos++];
  switch (marker) {
    case MARKER_NUMBER:
    case MARKER_BOOLEAN:
    case MARKER_DATE:
    case MARKER_REFERENCE:
      return read_fixed (reader, marker, error);
    case MARKER_STRING:
      return read_string_value (reader, GST_AMF_STRING, 2, error);
    case MARKER_LONG_STRING:
      return read_string_value (reader, GST_AMF_STRING, 4, error);
    case MARKER_XML:
      return read_string_value (reader, GST_AMF_XML, 4, error);
    case MARKER_OBJECT:
    case MARKER_TYPED_OBJECT:
    case MARKER_ECMA_ARRAY:
    case MARKER_STRICT_ARRAY:
      return read_container (reader, marker, error);
    case MARKER_NULL:
      return gst_amf_new_null ();
    case MARKER_UNDEFINED:
      return gst_amf_new_undefined ();
    case MARKER_UNSUPPORTED:
      return gst_amf_new_unsupported ();
    case MARKER_AVMPLUS:
      return gst_amf3_read (reader, error);
    default:
      gst_amf_reader_fail (reader, error, "an unknown AMF0 marker");
      return NULL;
  }
}

/**
 * gst_amf0_read_all:
 * @data: (array length=size): the values of one message, in a row
 * @limits: (nullable): %NULL for the default ones
 * @error: %GST_RTMP_ERROR_AMF
 *
 * Returns: (transfer full) (nullable) (element-type GstAmf): the values
 */
GPtrArray *
gst_amf0_read_all (const guint8 * data, gsize size,
    const GstAmfLimits * limits, GError ** error)
{
  GPtrArray *values =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_amf_unref);
  GstAmfReader reader;

  gst_amf_reader_init (&reader, data, size, limits);
  while (reader.pos < reader.size) {
    GstAmf *value = gst_amf0_read (&reader, error);

    if (!value) {
      g_clear_pointer (&values, g_ptr_array_unref);
      break;
    }
    g_ptr_array_add (values, value);
  }
  gst_amf_reader_clear (&reader);
  return values;
}

static void
write_text (GByteArray * out, const gchar * text, gsize length)
{
  gst_rtmp_put_u16 (out, length);
  g_byte_array_append (out, (const guint8 *) text, length);
}

static void
write_long_text (GByteArray * out, guint8 marker, const gchar * text,
    gsize length)
{
  gst_rtmp_put_u8 (out, marker);
  gst_rtmp_put_u32 (out, length);
  g_byte_array_append (out, (const guint8 *) text, length);
}

static void
write_string_len (GByteArray * out, const gchar * text, gsize length)
{
  if (length > G_MAXUINT16) {
    write_long_text (out, MARKER_LONG_STRING, text, length);
    return;
  }
  gst_rtmp_put_u8 (out, MARKER_STRING);
  write_text (out, text, length);
}

void
gst_amf0_write_string (GByteArray * out, const gchar * text)
{
  write_string_len (out, text, strlen (text));
}

static void
write_members (GByteArray * out, const GstAmf * value)
{
  guint i;

  for (i = 0; i < gst_amf_length (value); i++) {
    gsize length;
    const gchar *name = gst_amf_nth_name (value, i, &length);

    /* a name of AMF3 may be longer than AMF0 can say */
    write_text (out, name, MIN (length, G_MAXUINT16));
    gst_amf0_write (out, gst_amf_nth (value, i));
  }
  write_text (out, "", 0);
  gst_rtmp_put_u8 (out, MARKER_OBJECT_END);
}

static void
write_container (GByteArray * out, const GstAmf * value)
{
  const gchar *class_name;
  guint i;

  switch (gst_amf_get_type (value)) {
    case GST_AMF_STRICT_ARRAY:
      gst_rtmp_put_u8 (out, MARKER_STRICT_ARRAY);
      gst_rtmp_put_u32 (out, gst_amf_length (value));
      for (i = 0; i < gst_amf_length (value); i++)
        gst_amf0_write (out, gst_amf_nth (value, i));
      return;
    case GST_AMF_ECMA_ARRAY:
      gst_rtmp_put_u8 (out, MARKER_ECMA_ARRAY);
      gst_rtmp_put_u32 (out, gst_amf_length (value));
      break;
    case GST_AMF_TYPED_OBJECT:
      class_name = gst_amf_get_class_name (value);
      gst_rtmp_put_u8 (out, MARKER_TYPED_OBJECT);
      write_text (out, class_name, MIN (strlen (class_name), G_MAXUINT16));
      break;
    default:
      gst_rtmp_put_u8 (out, MARKER_OBJECT);
      break;
  }
  write_members (out, value);
}

static void
write_number (GByteArray * out, guint8 marker, const GstAmf * value)
{
  gdouble number = 0;

  gst_amf_get_number (value, &number);
  gst_rtmp_put_u8 (out, marker);
  gst_rtmp_put_double (out, number);
}

/* Appends the bytes of @value. A byte array, which AMF0 lacks, becomes a
 * string. */
void
gst_amf0_write (GByteArray * out, const GstAmf * value)
{
  gboolean truth = FALSE;
  gsize length;
  const gchar *bytes;

  switch (gst_amf_get_type (value)) {
    case GST_AMF_NUMBER:
      write_number (out, MARKER_NUMBER, value);
      break;
    case GST_AMF_DATE:
      write_number (out, MARKER_DATE, value);
      gst_rtmp_put_u16 (out, gst_amf_get_timezone (value));
      break;
    case GST_AMF_BOOLEAN:
      gst_amf_get_boolean (value, &truth);
      gst_rtmp_put_u8 (out, MARKER_BOOLEAN);
      gst_rtmp_put_u8 (out, truth);
      break;
    case GST_AMF_STRING:
    case GST_AMF_BYTE_ARRAY:
      bytes = gst_amf_get_bytes (value, &length);
      write_string_len (out, bytes, length);
      break;
    case GST_AMF_XML:
      bytes = gst_amf_get_bytes (value, &length);
      write_long_text (out, MARKER_XML, bytes, length);
      break;
    case GST_AMF_NULL:
      gst_rtmp_put_u8 (out, MARKER_NULL);
      break;
    case GST_AMF_UNDEFINED:
      gst_rtmp_put_u8 (out, MARKER_UNDEFINED);
      break;
    case GST_AMF_UNSUPPORTED:
      gst_rtmp_put_u8 (out, MARKER_UNSUPPORTED);
      break;
    default:
      write_container (out, value);
      break;
  }
}

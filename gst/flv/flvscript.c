/* FLV script tags: onMetaData as a structure.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only fields known here are read: names of structure fields are never freed,
 * so a publisher must not be able to make new ones up.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvbody.h"
#include "flvwriter.h"

#include <gst/base/gstbytereader.h>
#include <string.h>

/* AMF 0 specification, section 2.1 */
#define AMF_NUMBER 0
#define AMF_BOOLEAN 1
#define AMF_STRING 2
#define AMF_OBJECT 3
#define AMF_NULL 5
#define AMF_UNDEFINED 6
#define AMF_REFERENCE 7
#define AMF_ECMA_ARRAY 8
#define AMF_OBJECT_END 9
#define AMF_STRICT_ARRAY 10
#define AMF_DATE 11
#define AMF_LONG_STRING 12
#define AMF_XML 15
#define AMF_TYPED_OBJECT 16

#define MAX_DEPTH 16
#define MAX_STRING 1024

static const gchar *const fields[] = { "duration", "filesize", "width",
  "height", "displayWidth", "displayHeight", "framerate", "fps",
  "videoframerate", "videodatarate", "videocodecid", "audiodatarate",
  "audiocodecid", "audiosamplerate", "audiosamplesize", "audiochannels",
  "stereo", "hasVideo", "hasAudio", "hasKeyframes", "hasMetadata",
  "canSeekToEnd", "encoder", "server", "title", "author", "copyright",
  "creationdate", "metadatacreator", "presetname", "major_brand",
  "minor_version", "compatible_brands", "avcprofile", "avclevel",
  "aacaot"
};

static const gchar *
known_field (const gchar * name, gsize length)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strlen (fields[i]) == length && memcmp (fields[i], name, length) == 0)
      return fields[i];
  return NULL;
}

static gboolean
read_name (GstByteReader * r, const gchar ** name, guint16 * length)
{
  return gst_byte_reader_get_uint16_be (r, length) &&
      gst_byte_reader_get_data (r, *length, (const guint8 **) name);
}

static gboolean
read_string (GstByteReader * r, gboolean is_long, GstStructure * s,
    const gchar * field)
{
  guint32 length = 0;
  guint16 short_length = 0;
  const guint8 *data;
  gchar *string;

  if (is_long ? !gst_byte_reader_get_uint32_be (r, &length) :
      !gst_byte_reader_get_uint16_be (r, &short_length))
    return FALSE;
  length += short_length;
  if (!gst_byte_reader_get_data (r, length, &data))
    return FALSE;
  if (field != NULL && length <= MAX_STRING &&
      g_utf8_validate ((const gchar *) data, length, NULL)) {
    string = g_strndup ((const gchar *) data, length);
    gst_structure_set (s, field, G_TYPE_STRING, string, NULL);
    g_free (string);
  }
  return TRUE;
}

static gboolean read_value (GstByteReader * r, GstStructure * s,
    const gchar * field, guint depth);

/* Properties up to the end marker; a missing marker at the end of the data
 * is forgiven: some encoders leave it off. */
static gboolean
read_properties (GstByteReader * r, GstStructure * s, guint depth)
{
  const gchar *name;
  guint16 length;
  guint8 type;

  while (gst_byte_reader_get_remaining (r) > 0) {
    if (!read_name (r, &name, &length))
      return FALSE;
    if (length == 0 && gst_byte_reader_peek_uint8 (r, &type) &&
        type == AMF_OBJECT_END)
      return gst_byte_reader_skip (r, 1);
    if (!read_value (r, s, depth == 0 ? known_field (name, length) : NULL,
            depth + 1))
      return FALSE;
  }
  return TRUE;
}

static gboolean
skip_strict_array (GstByteReader * r, guint depth)
{
  guint32 count;

  if (!gst_byte_reader_get_uint32_be (r, &count))
    return FALSE;
  for (; count > 0; count--)
    if (!read_value (r, NULL, NULL, depth + 1))
      return FALSE;
  return TRUE;
}

static gboolean
skip_typed_object (GstByteReader * r, guint depth)
{
  const gchar *name;
  guint16 length;

  return read_name (r, &name, &length) && read_properties (r, NULL, depth + 1);
}

/* One value; set in @s when @field is given */
static gboolean
read_value (GstByteReader * r, GstStructure * s, const gchar * field,
    guint depth)
{
  gdouble number;
  guint8 type, byte;

  if (depth > MAX_DEPTH || !gst_byte_reader_get_uint8 (r, &type))
    return FALSE;
  switch (type) {
    case AMF_NUMBER:
      if (!gst_byte_reader_get_float64_be (r, &number))
        return FALSE;
      if (field != NULL)
        gst_structure_set (s, field, G_TYPE_DOUBLE, number, NULL);
      return TRUE;
    case AMF_BOOLEAN:
      if (!gst_byte_reader_get_uint8 (r, &byte))
        return FALSE;
      if (field != NULL)
        gst_structure_set (s, field, G_TYPE_BOOLEAN, byte != 0, NULL);
      return TRUE;
    case AMF_STRING:
      return read_string (r, FALSE, s, field);
    case AMF_LONG_STRING:
    case AMF_XML:
      return read_string (r, TRUE, s, field);
    case AMF_OBJECT:
      return read_properties (r, NULL, depth + 1);
    case AMF_ECMA_ARRAY:
      return gst_byte_reader_skip (r, 4) && read_properties (r, NULL,
          depth + 1);
    case AMF_TYPED_OBJECT:
      return skip_typed_object (r, depth);
    case AMF_STRICT_ARRAY:
      return skip_strict_array (r, depth);
    case AMF_DATE:
      return gst_byte_reader_skip (r, 10);
    case AMF_REFERENCE:
      return gst_byte_reader_skip (r, 2);
    case AMF_NULL:
    case AMF_UNDEFINED:
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
read_command (GstByteReader * r, const gchar * expected)
{
  guint start = gst_byte_reader_get_pos (r);
  const gchar *name;
  guint16 length;
  guint8 type;

  if (gst_byte_reader_get_uint8 (r, &type) && type == AMF_STRING &&
      read_name (r, &name, &length) && length == strlen (expected) &&
      memcmp (name, expected, length) == 0)
    return TRUE;
  gst_byte_reader_set_pos (r, start);
  return FALSE;
}

/*
 * gst_flv_parse_metadata:
 * @data: the body of a script tag or of an RTMP data message, which may
 *   begin with "@setDataFrame"
 *
 * Damage ends the reading; fields before it count.
 *
 * Returns: (transfer full) (nullable): "onMetaData" with numbers as gdouble,
 *   booleans and strings; NULL for other scripts
 */
GstStructure *
gst_flv_parse_metadata (const guint8 * data, gsize size)
{
  GstByteReader r;
  GstStructure *s;
  guint8 type;

  gst_byte_reader_init (&r, data, size);
  read_command (&r, "@setDataFrame");
  if (!read_command (&r, "onMetaData"))
    return NULL;
  s = gst_structure_new_empty ("onMetaData");
  if (gst_byte_reader_get_uint8 (&r, &type) && (type == AMF_OBJECT ||
          (type == AMF_ECMA_ARRAY && gst_byte_reader_skip (&r, 4))))
    read_properties (&r, s, 0);
  return s;
}

static void
put_name (GByteArray * out, const gchar * name)
{
  guint length = MIN (strlen (name), G_MAXUINT16);
  guint8 bytes[2];

  GST_WRITE_UINT16_BE (bytes, length);
  g_byte_array_append (out, bytes, 2);
  g_byte_array_append (out, (const guint8 *) name, length);
}

static void
put_byte (GByteArray * out, guint8 byte)
{
  g_byte_array_append (out, &byte, 1);
}

static gboolean
put_field (GQuark id, const GValue * value, gpointer user_data)
{
  GByteArray *out = user_data;
  GValue number = G_VALUE_INIT;
  guint8 bytes[8];

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL) {
    put_name (out, g_quark_to_string (id));
    put_byte (out, AMF_STRING);
    put_name (out, g_value_get_string (value));
  } else if (G_VALUE_HOLDS_BOOLEAN (value)) {
    put_name (out, g_quark_to_string (id));
    put_byte (out, AMF_BOOLEAN);
    put_byte (out, g_value_get_boolean (value));
  } else {
    g_value_init (&number, G_TYPE_DOUBLE);
    if (g_value_transform (value, &number)) {
      put_name (out, g_quark_to_string (id));
      put_byte (out, AMF_NUMBER);
      GST_WRITE_DOUBLE_BE (bytes, g_value_get_double (&number));
      g_byte_array_append (out, bytes, 8);
    }
    g_value_unset (&number);
  }
  return TRUE;
}

/*
 * gst_flv_write_metadata_body:
 * @metadata: fields of strings, booleans and anything that becomes a number;
 *   others are left out
 *
 * Returns: (transfer full): the body of a script tag or RTMP data message:
 *   "onMetaData" and an ECMA array
 */
GstBuffer *
gst_flv_write_metadata_body (const GstStructure * metadata)
{
  GByteArray *out = g_byte_array_new ();
  guint8 count[4];
  gsize size;

  put_byte (out, AMF_STRING);
  put_name (out, "onMetaData");
  put_byte (out, AMF_ECMA_ARRAY);
  GST_WRITE_UINT32_BE (count, gst_structure_n_fields (metadata));
  g_byte_array_append (out, count, 4);
  gst_structure_foreach (metadata, put_field, out);
  put_name (out, "");
  put_byte (out, AMF_OBJECT_END);
  size = out->len;
  return gst_buffer_new_wrapped (g_byte_array_free (out, FALSE), size);
}

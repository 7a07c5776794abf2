/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * amf3.c: AMF version 3 to and from bytes
 */
#include "config.h"
#include "amf3.h"
#include "rtmp-private.h"

#include <string.h>

/* Markers, specification section 3.1 */
enum
{
  MARKER_UNDEFINED = 0x00,
  MARKER_NULL = 0x01,
  MARKER_FALSE = 0x02,
  MARKER_TRUE = 0x03,
  MARKER_INTEGER = 0x04,
  MARKER_DOUBLE = 0x05,
  MARKER_STRING = 0x06,
  MARKER_XML_DOC = 0x07,
  MARKER_DATE = 0x08,
  MARKER_ARRAY = 0x09,
  MARKER_OBJECT = 0x0a,
  MARKER_XML = 0x0b,
  MARKER_BYTE_ARRAY = 0x0c,
  MARKER_VECTOR_INT = 0x0d,
  MARKER_VECTOR_UINT = 0x0e,
  MARKER_VECTOR_DOUBLE = 0x0f,
  MARKER_VECTOR_OBJECT = 0x10
};

#define U29_MAX 0x1fffffff
#define I29_MIN (-0x10000000)
#define I29_MAX 0x0fffffff

typedef struct
{
  char *class_name;             /* GRefString */
  GPtrArray *names;             /* GRefString: the sealed members */
  gboolean dynamic;
  gboolean externalizable;
} Traits;

/* The three tables that a value may refer back to, section 2.2 */
typedef struct
{
  GstAmfReader *reader;
  GPtrArray *strings;
  GPtrArray *traits;
  GArray *objects;
} Context;

static GstAmf *read_value (Context * c, GError ** error);

static void
release_string (gpointer string)
{
  g_ref_string_release (string);
}

static void
traits_free (gpointer data)
{
  Traits *traits = data;

  g_clear_pointer (&traits->class_name, g_ref_string_release);
  g_ptr_array_unref (traits->names);
  g_free (traits);
}

/* A variable-length integer of 29 bits, section 1.3.1 */
static gboolean
read_u29 (Context * c, guint32 * value, GError ** error)
{
  GstAmfReader *reader = c->reader;
  guint i;

  *value = 0;
  for (i = 0; i < 4; i++) {
    guint8 byte;

    if (!gst_amf_reader_need (reader, 1, error))
      return FALSE;
    byte = reader->data[reader->pos++];
    if (i == 3) {
      *value = *value << 8 | byte;
      break;
    }
    *value = *value << 7 | (byte & 0x7f);
    if (!(byte & 0x80))
      break;
  }
  return TRUE;
}

/* @bytes of data as a GRefString */
static char *
read_blob (Context * c, gsize bytes, GError ** error)
{
  GstAmfReader *reader = c->reader;
  char *blob;

  if (!gst_amf_reader_need (reader, bytes, error) ||
      !gst_amf_reader_charge (reader, bytes, error))
    return NULL;
  blob = g_ref_string_new_len ((const char *) reader->data + reader->pos,
      bytes);
  reader->pos += bytes;
  return blob;
}

/* Section 1.3.2: the empty string is never put into the table. */
static char *
read_string (Context * c, GError ** error)
{
  guint32 head;
  char *string;

  if (!read_u29 (c, &head, error))
    return NULL;
  if (!(head & 1)) {
    if (head >> 1 >= c->strings->len) {
      gst_amf_reader_fail (c->reader, error, "a reference to no string");
      return NULL;
    }
    string = g_ptr_array_index (c->strings, head >> 1);
    if (!gst_amf_reader_charge (c->reader, g_ref_string_length (string), error))
      return NULL;
    return g_ref_string_acquire (string);
  }
  string = read_blob (c, head >> 1, error);
  if (string && head >> 1 > 0)
    g_ptr_array_add (c->strings, g_ref_string_acquire (string));
  return string;
}

/* For what may be a reference to an earlier object. Returns: %FALSE when it
 * was one (then @value is the object) or is broken (then it is %NULL). */
static gboolean
read_head (Context * c, guint32 * length, GstAmf ** value, GError ** error)
{
  *value = NULL;
  if (!read_u29 (c, length, error))
    return FALSE;
  if (!(*length & 1)) {
    *value = gst_amf_references_resolve (c->objects, c->reader, *length >> 1,
        error);
    return FALSE;
  }
  *length >>= 1;
  return TRUE;
}

/* Puts a value without members into the table of objects. */
static GstAmf *
remember (Context * c, GstAmf * value, GError ** error)
{
  guint index;

  if (!value)
    return NULL;
  if (!gst_amf_reader_enter (c->reader, error)) {
    gst_amf_unref (value);
    return NULL;
  }
  index = gst_amf_references_open (c->objects, c->reader, value);
  gst_amf_references_close (c->objects, c->reader, index);
  gst_amf_reader_leave (c->reader);
  return value;
}

static GstAmf *
read_blob_value (Context * c, GstAmfType type, GError ** error)
{
  guint32 length;
  GstAmf *value;
  char *blob;

  if (!read_head (c, &length, &value, error))
    return value;
  blob = read_blob (c, length, error);
  return blob ? remember (c, gst_amf_new_take_string (type, blob), error) :
      NULL;
}

static GstAmf *
read_double (Context * c, gboolean date, GError ** error)
{
  const guint8 *at = c->reader->data + c->reader->pos;
  gdouble number;

  if (!gst_amf_reader_need (c->reader, 8, error))
    return NULL;
  number = GST_READ_DOUBLE_BE (at);
  c->reader->pos += 8;
  return date ? gst_amf_new_date (number, 0) : gst_amf_new_number (number);
}

static GstAmf *
read_date (Context * c, GError ** error)
{
  guint32 length;
  GstAmf *value;

  if (!read_head (c, &length, &value, error))
    return value;
  return remember (c, read_double (c, TRUE, error), error);
}

/* Takes @name. */
static gboolean
read_member (Context * c, GstAmf * object, char *name, GError ** error)
{
  GstAmf *value = read_value (c, error);

  if (!value) {
    g_ref_string_release (name);
    return FALSE;
  }
  gst_amf_take_member (object, name, value);
  return TRUE;
}

/* Pairs of name and value up to an empty name */
static gboolean
read_dynamic_members (Context * c, GstAmf * object, char *name, GError ** error)
{
  while (name && g_ref_string_length (name) > 0) {
    if (!read_member (c, object, name, error))
      return FALSE;
    name = read_string (c, error);
  }
  if (!name)
    return FALSE;
  g_ref_string_release (name);
  return TRUE;
}

/* Elements with a name of their own make it an ECMA array, where the others
 * are members "0", "1", ... */
static gboolean
read_elements (Context * c, GstAmf * array, guint32 count, GError ** error)
{
  gboolean named = gst_amf_is_object (array);
  guint32 i;

  for (i = 0; i < count; i++) {
    GstAmf *value = read_value (c, error);
    gchar name[12];

    if (!value)
      return FALSE;
    g_snprintf (name, sizeof name, "%u", i);
    if (named)
      gst_amf_set (array, name, value);
    else
      gst_amf_append (array, value);
  }
  return TRUE;
}

static GstAmf *
close_container (Context * c, guint index, GstAmf * value, gboolean ok)
{
  gst_amf_references_close (c->objects, c->reader, index);
  gst_amf_reader_leave (c->reader);
  if (!ok)
    g_clear_pointer (&value, gst_amf_unref);
  return value;
}

static GstAmf *
read_array (Context * c, GError ** error)
{
  guint32 count;
  guint index;
  GstAmf *value;
  gboolean ok, named;
  char *name;

  if (!read_head (c, &count, &value, error))
    return value;
  /* The first name is read before the array is in the table: names refer to
   * strings only. */
  name = read_string (c, error);
  if (!name)
    return NULL;
  named = g_ref_string_length (name) > 0;
  if (!gst_amf_reader_enter (c->reader, error)) {
    g_ref_string_release (name);
    return NULL;
  }
  value = named ? gst_amf_new_ecma_array () : gst_amf_new_strict_array ();
  index = gst_amf_references_open (c->objects, c->reader, value);
  ok = read_dynamic_members (c, value, name, error) &&
      read_elements (c, value, count, error);
  return close_container (c, index, value, ok);
}

static GstAmf *
read_vector_element (Context * c, guint8 marker, GError ** error)
{
  const guint8 *at = c->reader->data + c->reader->pos;

  if (marker == MARKER_VECTOR_OBJECT)
    return read_value (c, error);
  if (!gst_amf_reader_node (c->reader, 1, error))
    return NULL;
  if (marker == MARKER_VECTOR_DOUBLE)
    return read_double (c, FALSE, error);
  if (!gst_amf_reader_need (c->reader, 4, error))
    return NULL;
  c->reader->pos += 4;
  return gst_amf_new_number (marker == MARKER_VECTOR_INT ?
      (gdouble) (gint32) GST_READ_UINT32_BE (at) :
      (gdouble) GST_READ_UINT32_BE (at));
}

/* Section 3.15; what the elements are typed as is dropped. */
static GstAmf *
read_vector (Context * c, guint8 marker, GError ** error)
{
  guint32 count;
  guint index;
  GstAmf *value;
  gboolean ok = TRUE;

  if (!read_head (c, &count, &value, error))
    return value;
  if (!gst_amf_reader_need (c->reader, 1, error))
    return NULL;
  c->reader->pos++;             /* fixed-vector */
  if (marker == MARKER_VECTOR_OBJECT) {
    char *class_name = read_string (c, error);

    if (!class_name)
      return NULL;
    g_ref_string_release (class_name);
  }
  if (!gst_amf_reader_enter (c->reader, error))
    return NULL;
  value = gst_amf_new_strict_array ();
  index = gst_amf_references_open (c->objects, c->reader, value);
  while (ok && count-- > 0) {
    GstAmf *element = read_vector_element (c, marker, error);

    ok = element != NULL;
    if (ok)
      gst_amf_append (value, element);
  }
  return close_container (c, index, value, ok);
}

/* @head: what follows the bit "no reference" of an object */
static Traits *
read_traits (Context * c, guint32 head, GError ** error)
{
  Traits *traits;
  guint32 count = head >> 3;

  if (!(head & 1)) {
    if (head >> 1 >= c->traits->len) {
      gst_amf_reader_fail (c->reader, error, "a reference to no traits");
      return NULL;
    }
    return g_ptr_array_index (c->traits, head >> 1);
  }
  traits = g_new0 (Traits, 1);
  traits->externalizable = (head & 2) != 0;
  traits->dynamic = (head & 4) != 0;
  traits->names = g_ptr_array_new_with_free_func (release_string);
  g_ptr_array_add (c->traits, traits);
  /* names take memory like values */
  if (!gst_amf_reader_node (c->reader, 1, error))
    return NULL;
  traits->class_name = read_string (c, error);
  if (!traits->class_name)
    return NULL;
  while (!traits->externalizable && count-- > 0) {
    char *name;

    if (!gst_amf_reader_node (c->reader, 1, error))
      return NULL;
    name = read_string (c, error);
    if (!name)
      return NULL;
    g_ptr_array_add (traits->names, name);
  }
  return traits;
}

/* What an externalizable class wrote only it can read, except for the two
 * wrappers of Flex, which hold one value. */
static gboolean
read_externalizable (Context * c, const Traits * traits, GstAmf * object,
    GError ** error)
{
  if (strcmp (traits->class_name, "flex.messaging.io.ArrayCollection") != 0 &&
      strcmp (traits->class_name, "flex.messaging.io.ObjectProxy") != 0)
    return gst_amf_reader_fail (c->reader, error,
        "an object of an externalizable class");
  return read_member (c, object, g_ref_string_new ("source"), error);
}

static gboolean
read_object_members (Context * c, const Traits * traits, GstAmf * object,
    GError ** error)
{
  guint i;

  if (traits->externalizable)
    return read_externalizable (c, traits, object, error);
  for (i = 0; i < traits->names->len; i++) {
    char *name = g_ptr_array_index (traits->names, i);

    if (!gst_amf_reader_charge (c->reader, g_ref_string_length (name), error))
      return FALSE;
    if (!read_member (c, object, g_ref_string_acquire (name), error))
      return FALSE;
  }
  if (!traits->dynamic)
    return TRUE;
  return read_dynamic_members (c, object, read_string (c, error), error);
}

static GstAmf *
read_object (Context * c, GError ** error)
{
  Traits *traits;
  guint32 head;
  guint index;
  GstAmf *value;
  gboolean ok;

  if (!read_head (c, &head, &value, error))
    return value;
  traits = read_traits (c, head, error);
  if (!traits || !gst_amf_reader_charge (c->reader,
          g_ref_string_length (traits->class_name), error) ||
      !gst_amf_reader_enter (c->reader, error))
    return NULL;
  value = *traits->class_name == '\0' ? gst_amf_new_object () :
      gst_amf_new_take_string (GST_AMF_TYPED_OBJECT,
      g_ref_string_acquire (traits->class_name));
  index = gst_amf_references_open (c->objects, c->reader, value);
  ok = read_object_members (c, traits, value, error);
  return close_container (c, index, value, ok);
}

static GstAmf *
read_integer (Context * c, GError ** error)
{
  guint32 value;

  if (!read_u29 (c, &value, error))
    return NULL;
  return gst_amf_new_number (value > I29_MAX ?
      (gdouble) value - (U29_MAX + 1) : (gdouble) value);
}

static GstAmf *
read_value (Context * c, GError ** error)
{
  GstAmfReader *reader = c->reader;
  guint8 marker;
  char *string;

  if (!gst_amf_reader_need (reader, 1, error) ||
      !gst_amf_reader_node (reader, 1, error))
    return NULL;
  marker = reader->data[reader->pos++];
  switch (marker) {
    case MARKER_UNDEFINED:
      return gst_amf_new_undefined ();
    case MARKER_NULL:
      return gst_amf_new_null ();
    case MARKER_FALSE:
    case MARKER_TRUE:
      return gst_amf_new_boolean (marker == MARKER_TRUE);
    case MARKER_INTEGER:
      return read_integer (c, error);
    case MARKER_DOUBLE:
      return read_double (c, FALSE, error);
    case MARKER_STRING:
      string = read_string (c, error);
      return string ? gst_amf_new_take_string (GST_AMF_STRING, string) : NULL;
    case MARKER_XML_DOC:
    case MARKER_XML:
      return read_blob_value (c, GST_AMF_XML, error);
    case MARKER_BYTE_ARRAY:
      return read_blob_value (c, GST_AMF_BYTE_ARRAY, error);
    case MARKER_DATE:
      return read_date (c, error);
    case MARKER_ARRAY:
      return read_array (c, error);
    case MARKER_OBJECT:
      return read_object (c, error);
    case MARKER_VECTOR_INT:
    case MARKER_VECTOR_UINT:
    case MARKER_VECTOR_DOUBLE:
    case MARKER_VECTOR_OBJECT:
      return read_vector (c, marker, error);
    default:
      gst_amf_reader_fail (reader, error, "an unknown AMF3 marker");
      return NULL;
  }
}

/**
 * gst_amf3_read:
 * @reader: where to read; moves on behind the value
 * @error: %GST_RTMP_ERROR_AMF with what is wrong and where
 *
 * Reads one value with fresh reference tables. Integers and doubles both become
 * numbers, vectors strict arrays; dictionaries and externalizable classes other
 * than Flex's wrappers are refused.
 *
 * Returns: (transfer full) (nullable): the value
 */
GstAmf *
gst_amf3_read (GstAmfReader * reader, GError ** error)
{
  Context c = { reader, NULL, NULL, NULL };
  GstAmf *value;

  c.strings = g_ptr_array_new_with_free_func (release_string);
  c.traits = g_ptr_array_new_with_free_func (traits_free);
  c.objects = gst_amf_references_new ();
  value = read_value (&c, error);
  g_ptr_array_unref (c.strings);
  g_ptr_array_unref (c.traits);
  g_array_unref (c.objects);
  return value;
}

static void
write_u29 (GByteArray * out, guint32 value)
{
  if (value > 0x1fffff) {
    gst_rtmp_put_u8 (out, 0x80 | value >> 22);
    gst_rtmp_put_u8 (out, 0x80 | (value >> 15 & 0x7f));
    gst_rtmp_put_u8 (out, 0x80 | (value >> 8 & 0x7f));
    gst_rtmp_put_u8 (out, value);
    return;
  }
  if (value > 0x3fff)
    gst_rtmp_put_u8 (out, 0x80 | value >> 14);
  if (value > 0x7f)
    gst_rtmp_put_u8 (out, 0x80 | (value >> 7 & 0x7f));
  gst_rtmp_put_u8 (out, value & 0x7f);
}

/* Never by reference: nobody needs us to save these bytes. */
static void
write_blob (GByteArray * out, const gchar * data, gsize length)
{
  length = MIN (length, U29_MAX >> 1);
  write_u29 (out, length << 1 | 1);
  g_byte_array_append (out, (const guint8 *) data, length);
}

static void
write_number (GByteArray * out, gdouble number)
{
  if (number >= I29_MIN && number <= I29_MAX &&
      (gdouble) (gint32) number == number) {
    gst_rtmp_put_u8 (out, MARKER_INTEGER);
    write_u29 (out, (guint32) (gint32) number & U29_MAX);
  } else {
    gst_rtmp_put_u8 (out, MARKER_DOUBLE);
    gst_rtmp_put_double (out, number);
  }
}

static void
write_members (GByteArray * out, const GstAmf * value)
{
  guint i;

  for (i = 0; i < gst_amf_length (value); i++) {
    gsize length;
    const gchar *name = gst_amf_nth_name (value, i, &length);

    /* an empty name would end the members */
    if (length == 0)
      continue;
    write_blob (out, name, length);
    gst_amf3_write (out, gst_amf_nth (value, i));
  }
  write_blob (out, "", 0);
}

static void
write_container (GByteArray * out, const GstAmf * value)
{
  const gchar *class_name = gst_amf_get_class_name (value);
  guint i;

  switch (gst_amf_get_type (value)) {
    case GST_AMF_STRICT_ARRAY:
      gst_rtmp_put_u8 (out, MARKER_ARRAY);
      write_u29 (out, gst_amf_length (value) << 1 | 1);
      write_blob (out, "", 0);
      for (i = 0; i < gst_amf_length (value); i++)
        gst_amf3_write (out, gst_amf_nth (value, i));
      break;
    case GST_AMF_ECMA_ARRAY:
      gst_rtmp_put_u8 (out, MARKER_ARRAY);
      write_u29 (out, 1);
      write_members (out, value);
      break;
    default:
      gst_rtmp_put_u8 (out, MARKER_OBJECT);
      write_u29 (out, 0x0b);    /* traits follow, dynamic, none sealed */
      write_blob (out, class_name ? class_name : "",
          class_name ? strlen (class_name) : 0);
      write_members (out, value);
      break;
  }
}

static void
write_bytes (GByteArray * out, guint8 marker, const GstAmf * value)
{
  gsize length;
  const gchar *bytes = gst_amf_get_bytes (value, &length);

  gst_rtmp_put_u8 (out, marker);
  write_blob (out, bytes, length);
}

/* Appends the bytes of @value, which its reader must expect to be AMF3: in a
 * message of AMF0, after the avmplus marker. */
void
gst_amf3_write (GByteArray * out, const GstAmf * value)
{
  gboolean truth = FALSE;
  gdouble number = 0;

  gst_amf_get_number (value, &number);
  switch (gst_amf_get_type (value)) {
    case GST_AMF_NUMBER:
      write_number (out, number);
      break;
    case GST_AMF_DATE:
      gst_rtmp_put_u8 (out, MARKER_DATE);
      write_u29 (out, 1);
      gst_rtmp_put_double (out, number);
      break;
    case GST_AMF_BOOLEAN:
      gst_amf_get_boolean (value, &truth);
      gst_rtmp_put_u8 (out, truth ? MARKER_TRUE : MARKER_FALSE);
      break;
    case GST_AMF_STRING:
      write_bytes (out, MARKER_STRING, value);
      break;
    case GST_AMF_XML:
      write_bytes (out, MARKER_XML, value);
      break;
    case GST_AMF_BYTE_ARRAY:
      write_bytes (out, MARKER_BYTE_ARRAY, value);
      break;
    case GST_AMF_NULL:
      gst_rtmp_put_u8 (out, MARKER_NULL);
      break;
    case GST_AMF_UNDEFINED:
    case GST_AMF_UNSUPPORTED:
      gst_rtmp_put_u8 (out, MARKER_UNDEFINED);
      break;
    default:
      write_container (out, value);
      break;
  }
}

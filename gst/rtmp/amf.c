/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * amf.c: one value of the Action Message Format, whichever the version
 */
#include "config.h"
#include "amf.h"

#include <string.h>

/* A log line is for people: beyond this it is cut. */
#define TO_STRING_MAX 4096
#define TO_STRING_MAX_TEXT 256
#define TO_STRING_MAX_DEPTH 16

typedef struct
{
  char *name;                   /* GRefString; NULL in a strict array */
  GstAmf *value;
} Member;

struct _GstAmf
{
  gatomicrefcount refs;
  GstAmfType type;
  gdouble number;               /* number, boolean, date */
  gint16 timezone;              /* date */
  char *string;                 /* GRefString: string, XML, bytes, class */
  GArray *members;              /* containers, made when first needed */
};

static void
member_clear (gpointer data)
{
  Member *member = data;

  g_clear_pointer (&member->name, g_ref_string_release);
  gst_amf_unref (member->value);
}

static GstAmf *
amf_new (GstAmfType type)
{
  GstAmf *value = g_new0 (GstAmf, 1);

  g_atomic_ref_count_init (&value->refs);
  value->type = type;
  return value;
}

static gboolean
is_container (const GstAmf * value)
{
  return value->type == GST_AMF_STRICT_ARRAY || gst_amf_is_object (value);
}

static char *
ref_string (const gchar * data, gsize length)
{
  return g_ref_string_new_len (length ? data : "", length);
}

GstAmf *
gst_amf_new_number (gdouble value)
{
  GstAmf *amf = amf_new (GST_AMF_NUMBER);

  amf->number = value;
  return amf;
}

GstAmf *
gst_amf_new_boolean (gboolean value)
{
  GstAmf *amf = amf_new (GST_AMF_BOOLEAN);

  amf->number = value ? 1 : 0;
  return amf;
}

/* Takes ownership of @string, a GRefString. */
GstAmf *
gst_amf_new_take_string (GstAmfType type, char *string)
{
  GstAmf *amf = amf_new (type);

  amf->string = string;
  return amf;
}

/* Bytes, not text: nothing is promised of their encoding. */
GstAmf *
gst_amf_new_string_len (const gchar * value, gsize length)
{
  return gst_amf_new_take_string (GST_AMF_STRING, ref_string (value, length));
}

/* @value may be %NULL, which gives an AMF null. */
GstAmf *
gst_amf_new_string (const gchar * value)
{
  return value ? gst_amf_new_string_len (value, strlen (value)) :
      gst_amf_new_null ();
}

GstAmf *
gst_amf_new_null (void)
{
  return amf_new (GST_AMF_NULL);
}

GstAmf *
gst_amf_new_undefined (void)
{
  return amf_new (GST_AMF_UNDEFINED);
}

GstAmf *
gst_amf_new_unsupported (void)
{
  return amf_new (GST_AMF_UNSUPPORTED);
}

GstAmf *
gst_amf_new_object (void)
{
  return amf_new (GST_AMF_OBJECT);
}

GstAmf *
gst_amf_new_typed_object (const gchar * class_name)
{
  return gst_amf_new_take_string (GST_AMF_TYPED_OBJECT,
      ref_string (class_name, strlen (class_name)));
}

GstAmf *
gst_amf_new_ecma_array (void)
{
  return amf_new (GST_AMF_ECMA_ARRAY);
}

GstAmf *
gst_amf_new_strict_array (void)
{
  return amf_new (GST_AMF_STRICT_ARRAY);
}

/* @timezone: minutes, which the specification says to ignore and write as 0. */
GstAmf *
gst_amf_new_date (gdouble unix_ms, gint16 timezone)
{
  GstAmf *amf = amf_new (GST_AMF_DATE);

  amf->number = unix_ms;
  amf->timezone = timezone;
  return amf;
}

GstAmf *
gst_amf_new_xml (const gchar * value, gsize length)
{
  return gst_amf_new_take_string (GST_AMF_XML, ref_string (value, length));
}

GstAmf *
gst_amf_ref (const GstAmf * value)
{
  GstAmf *amf = (GstAmf *) value;

  g_atomic_ref_count_inc (&amf->refs);
  return amf;
}

/* Recursion is bounded by the depth that the readers allow. */
void
gst_amf_unref (GstAmf * value)
{
  if (!g_atomic_ref_count_dec (&value->refs))
    return;
  g_clear_pointer (&value->members, g_array_unref);
  g_clear_pointer (&value->string, g_ref_string_release);
  g_free (value);
}

GstAmfType
gst_amf_get_type (const GstAmf * value)
{
  return value->type;
}

/* TRUE for everything that has named members. %NULL is no object. */
gboolean
gst_amf_is_object (const GstAmf * value)
{
  return value && (value->type == GST_AMF_OBJECT ||
      value->type == GST_AMF_TYPED_OBJECT || value->type == GST_AMF_ECMA_ARRAY);
}

/* Of a number or a date (Unix time in milliseconds). @value may be %NULL. */
gboolean
gst_amf_get_number (const GstAmf * value, gdouble * number)
{
  if (!value || (value->type != GST_AMF_NUMBER && value->type != GST_AMF_DATE))
    return FALSE;
  *number = value->number;
  return TRUE;
}

/* Of a boolean, and of a number as ActionScript would take it. */
gboolean
gst_amf_get_boolean (const GstAmf * value, gboolean * truth)
{
  if (!value || (value->type != GST_AMF_BOOLEAN
          && value->type != GST_AMF_NUMBER))
    return FALSE;
  /* not a number is false */
  *truth = value->number < 0 || value->number > 0;
  return TRUE;
}

gint16
gst_amf_get_timezone (const GstAmf * value)
{
  return value->timezone;
}

/* Returns: (nullable): the bytes of a string, XML or byte array, followed by a
 * NUL that @length does not count */
const gchar *
gst_amf_get_bytes (const GstAmf * value, gsize * length)
{
  if (!value || !value->string || value->type == GST_AMF_TYPED_OBJECT)
    return NULL;
  if (length)
    *length = g_ref_string_length (value->string);
  return value->string;
}

/* Returns: (nullable): the text of a string, only if it is valid UTF-8 and
 * holds no NUL: a name that passes here means the same to everyone after us */
const gchar *
gst_amf_get_text (const GstAmf * value)
{
  if (!value || value->type != GST_AMF_STRING)
    return NULL;
  if (!g_utf8_validate_len (value->string, g_ref_string_length (value->string),
          NULL))
    return NULL;
  return value->string;
}

const gchar *
gst_amf_get_class_name (const GstAmf * value)
{
  return value->type == GST_AMF_TYPED_OBJECT ? value->string : NULL;
}

/* Number of members or elements; 0 for what is no container. */
guint
gst_amf_length (const GstAmf * value)
{
  return value && value->members ? value->members->len : 0;
}

/* Returns: (transfer none) (nullable): a member's value, or an element; @value may
 * be %NULL */
const GstAmf *
gst_amf_nth (const GstAmf * value, guint index)
{
  if (index >= gst_amf_length (value))
    return NULL;
  return g_array_index (value->members, Member, index).value;
}

/* Returns: (transfer none) (nullable): a member's name, followed by a NUL that
 * @length (optional) does not count; %NULL for an element */
const gchar *
gst_amf_nth_name (const GstAmf * value, guint index, gsize * length)
{
  const char *name;

  if (length)
    *length = 0;
  if (index >= gst_amf_length (value))
    return NULL;
  name = g_array_index (value->members, Member, index).name;
  if (name && length)
    *length = g_ref_string_length ((char *) name);
  return name;
}

/* Returns: (nullable): the member of that name; of several the last, as in
 * Flash. @value may be %NULL or no object. */
const GstAmf *
gst_amf_member (const GstAmf * value, const gchar * name)
{
  gsize wanted = strlen (name), length;
  guint i;

  if (!gst_amf_is_object (value))
    return NULL;
  for (i = gst_amf_length (value); i > 0; i--) {
    const gchar *have = gst_amf_nth_name (value, i - 1, &length);

    if (length == wanted && memcmp (have, name, wanted) == 0)
      return gst_amf_nth (value, i - 1);
  }
  return NULL;
}

/* Of a member: as gst_amf_get_text(), gst_amf_get_number() and
 * gst_amf_get_boolean() have it. @value may be %NULL or no object. */
const gchar *
gst_amf_member_text (const GstAmf * value, const gchar * name)
{
  return gst_amf_get_text (gst_amf_member (value, name));
}

gboolean
gst_amf_member_number (const GstAmf * value, const gchar * name,
    gdouble * number)
{
  return gst_amf_get_number (gst_amf_member (value, name), number);
}

gboolean
gst_amf_member_boolean (const GstAmf * value, const gchar * name,
    gboolean * truth)
{
  return gst_amf_get_boolean (gst_amf_member (value, name), truth);
}

/* Takes ownership of @name, a GRefString, and of @value. Appends: a member of
 * that name that is there already is hidden, not replaced. */
void
gst_amf_take_member (GstAmf * object, char *name, GstAmf * value)
{
  Member member = { name, value };

  g_return_if_fail (is_container (object));

  if (!object->members) {
    object->members = g_array_new (FALSE, FALSE, sizeof (Member));
    g_array_set_clear_func (object->members, member_clear);
  }
  g_array_append_val (object->members, member);
}

/* @value: (transfer full) */
void
gst_amf_set (GstAmf * object, const gchar * name, GstAmf * value)
{
  gst_amf_take_member (object, ref_string (name, strlen (name)), value);
}

void
gst_amf_set_number (GstAmf * object, const gchar * name, gdouble value)
{
  gst_amf_set (object, name, gst_amf_new_number (value));
}

void
gst_amf_set_boolean (GstAmf * object, const gchar * name, gboolean value)
{
  gst_amf_set (object, name, gst_amf_new_boolean (value));
}

/* @value: (nullable): %NULL leaves the member out */
void
gst_amf_set_string (GstAmf * object, const gchar * name, const gchar * value)
{
  if (value)
    gst_amf_set (object, name, gst_amf_new_string (value));
}

/* Adds the members of @from, which may be %NULL. */
void
gst_amf_set_members (GstAmf * object, const GstAmf * from)
{
  guint i;

  for (i = 0; i < gst_amf_length (from); i++)
    gst_amf_set (object, gst_amf_nth_name (from, i, NULL),
        gst_amf_ref (gst_amf_nth (from, i)));
}

/* @value: (transfer full) */
void
gst_amf_append (GstAmf * array, GstAmf * value)
{
  gst_amf_take_member (array, NULL, value);
}

static void
print_text (GString * out, const gchar * data, gsize length)
{
  gsize i, shown = MIN (length, TO_STRING_MAX_TEXT);

  g_string_append_c (out, '"');
  for (i = 0; i < shown; i++) {
    guchar c = data[i];

    if (c == '"' || c == '\\')
      g_string_append_printf (out, "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
      g_string_append_printf (out, "\\x%02x", c);
    else
      g_string_append_c (out, c);
  }
  g_string_append (out, shown < length ? "...\"" : "\"");
}

static void print_value (GString * out, const GstAmf * value, guint depth);

static void
print_members (GString * out, const GstAmf * value, guint depth)
{
  gboolean named = value->type != GST_AMF_STRICT_ARRAY;
  guint i;

  g_string_append (out, named ? "{" : "[");
  for (i = 0; i < gst_amf_length (value); i++) {
    gsize length;
    const gchar *name = gst_amf_nth_name (value, i, &length);

    if (i > 0)
      g_string_append (out, ", ");
    if (out->len > TO_STRING_MAX || depth > TO_STRING_MAX_DEPTH) {
      g_string_append (out, "...");
      break;
    }
    if (name) {
      print_text (out, name, length);
      g_string_append (out, ": ");
    }
    print_value (out, gst_amf_nth (value, i), depth + 1);
  }
  g_string_append (out, named ? "}" : "]");
}

static void
print_value (GString * out, const GstAmf * value, guint depth)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  switch (value->type) {
    case GST_AMF_DATE:
      g_string_append (out, "date ");
      /* fall through */
    case GST_AMF_NUMBER:
      g_ascii_formatd (number, sizeof number, "%.12g", value->number);
      g_string_append (out, number);
      break;
    case GST_AMF_BOOLEAN:
      g_string_append (out, value->number > 0 ? "true" : "false");
      break;
    case GST_AMF_XML:
      g_string_append (out, "xml ");
      /* fall through */
    case GST_AMF_STRING:
      print_text (out, value->string, g_ref_string_length (value->string));
      break;
    case GST_AMF_TYPED_OBJECT:
      print_text (out, value->string, g_ref_string_length (value->string));
      g_string_append_c (out, ' ');
      /* fall through */
    case GST_AMF_OBJECT:
    case GST_AMF_ECMA_ARRAY:
    case GST_AMF_STRICT_ARRAY:
      print_members (out, value, depth);
      break;
    case GST_AMF_NULL:
      g_string_append (out, "null");
      break;
    case GST_AMF_UNDEFINED:
      g_string_append (out, "undefined");
      break;
    case GST_AMF_BYTE_ARRAY:
      g_string_append_printf (out, "<%" G_GSIZE_FORMAT " bytes>",
          (gsize) g_ref_string_length (value->string));
      break;
    case GST_AMF_UNSUPPORTED:
      g_string_append (out, "unsupported");
      break;
  }
}

/* Returns: (transfer full): one line for a log, control characters escaped,
 * cut at a few kilobytes; @value may be %NULL */
gchar *
gst_amf_to_string (const GstAmf * value)
{
  GString *out = g_string_new (NULL);
  gchar *text;

  if (value)
    print_value (out, value, 0);
  text = g_utf8_make_valid (out->str, out->len);
  g_string_free (out, TRUE);
  return text;
}

/* gstdvrsegmentfile.c: what a segment's file says of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/base/gstbytereader.h>
#include <gst/base/gstbytewriter.h>

#include "gstdvrsegmentfile.h"
#include "gstdvrstore.h"

/* Extended types of our boxes (ISO/IEC 14496-12 section 4.2): random UUIDs. */
static const guint8 segment_uuid[16] = {
  0x6b, 0x0e, 0x5c, 0x1d, 0x8a, 0x47, 0x4f, 0x0b,
  0x9d, 0x2e, 0x64, 0x76, 0x72, 0x73, 0x65, 0x67
};

static const guint8 part_uuid[16] = {
  0x0f, 0x3a, 0x91, 0x7e, 0x25, 0xd8, 0x4c, 0x66,
  0xb1, 0x53, 0x64, 0x76, 0x72, 0x70, 0x72, 0x74
};

#define STYP_SIZE 24
#define UUID_SIZE 24            /* size, type and extended type */
#define PRFT_SIZE 32
/* A segment file larger than this is not ours. */
#define MAX_PART_SIZE (G_GUINT64_CONSTANT (1) << 32)
#define MAX_DURATION (24 * 3600 * GST_SECOND)
/* Seconds from the epoch of NTP to that of Unix (RFC 5905 section 6). */
#define NTP_UNIX G_GUINT64_CONSTANT (2208988800)

#define PART_INDEPENDENT (1 << 0)

static void
put_box (GstByteWriter * out, guint32 size, const gchar * type)
{
  gst_byte_writer_put_uint32_be (out, size);
  gst_byte_writer_put_data (out, (const guint8 *) type, 4);
}

/**
 * gst_dvr_segment_head_write:
 * @head: what to say
 * @data: (out): room for GST_DVR_SEGMENT_HEAD_MAX bytes
 *
 * Returns: how many bytes were written
 */
gsize
gst_dvr_segment_head_write (const GstDvrSegmentHead * head, guint8 * data)
{
  gsize name = strlen (head->recording);
  gsize size = UUID_SIZE + 4 + 8 + 4 + 4 + 8 + 8 + 1 + name;
  GstByteWriter out;

  gst_byte_writer_init_with_data (&out, data, GST_DVR_SEGMENT_HEAD_MAX, FALSE);
  put_box (&out, STYP_SIZE, "styp");
  gst_byte_writer_put_data (&out, (const guint8 *) "msdh", 4);
  gst_byte_writer_put_uint32_be (&out, 0);
  gst_byte_writer_put_data (&out, (const guint8 *) "msdhiso6", 8);

  put_box (&out, size, "uuid");
  gst_byte_writer_put_data (&out, segment_uuid, 16);
  gst_byte_writer_put_uint32_be (&out, GST_DVR_FORMAT_VERSION);
  gst_byte_writer_put_uint64_be (&out, head->number);
  gst_byte_writer_put_uint32_be (&out, head->init);
  gst_byte_writer_put_uint32_be (&out, head->discontinuity);
  gst_byte_writer_put_int64_be (&out, head->wall_time);
  gst_byte_writer_put_uint64_be (&out, head->start);
  gst_byte_writer_put_uint8 (&out, name);
  gst_byte_writer_put_data (&out, (const guint8 *) head->recording, name);
  gst_byte_writer_reset (&out);

  return STYP_SIZE + size;
}

static gboolean
expect (GstByteReader * in, gconstpointer bytes, guint size)
{
  const guint8 *data;

  return gst_byte_reader_get_data (in, size, &data)
      && memcmp (data, bytes, size) == 0;
}

/**
 * gst_dvr_segment_head_read:
 * @data: a file's beginning
 * @size: how much of it
 * @head: (out): what it says
 * @head_size: (out): where the first part begins
 *
 * Returns: whether it is a segment of ours, and one that we can read
 */
GstDvrHeadResult
gst_dvr_segment_head_read (const guint8 * data, gsize size,
    GstDvrSegmentHead * head, gsize * head_size)
{
  guint32 styp_size = 0, uuid_size = 0, version = 0;
  const guint8 *name;
  guint8 name_size;
  GstByteReader in;

  gst_byte_reader_init (&in, data, MIN (size, GST_DVR_SEGMENT_HEAD_MAX));
  if (size < STYP_SIZE + UUID_SIZE + 4)
    return GST_DVR_HEAD_SHORT;
  gst_byte_reader_get_uint32_be (&in, &styp_size);
  if (styp_size != STYP_SIZE || !expect (&in, "styp", 4))
    return GST_DVR_HEAD_INVALID;
  gst_byte_reader_skip (&in, STYP_SIZE - 8);
  gst_byte_reader_get_uint32_be (&in, &uuid_size);
  if (!expect (&in, "uuid", 4) || !expect (&in, segment_uuid, 16))
    return GST_DVR_HEAD_INVALID;
  gst_byte_reader_get_uint32_be (&in, &version);
  if (version > GST_DVR_FORMAT_VERSION)
    return GST_DVR_HEAD_NEWER;
  *head_size = STYP_SIZE + uuid_size;
  if (uuid_size < UUID_SIZE || *head_size > GST_DVR_SEGMENT_HEAD_MAX)
    return GST_DVR_HEAD_INVALID;
  if (size < *head_size)
    return GST_DVR_HEAD_SHORT;

  if (!gst_byte_reader_get_uint64_be (&in, &head->number)
      || !gst_byte_reader_get_uint32_be (&in, &head->init)
      || !gst_byte_reader_get_uint32_be (&in, &head->discontinuity)
      || !gst_byte_reader_get_int64_be (&in, &head->wall_time)
      || !gst_byte_reader_get_uint64_be (&in, &head->start)
      || !gst_byte_reader_get_uint8 (&in, &name_size)
      || name_size > GST_DVR_RECORDING_ID_MAX
      || !gst_byte_reader_get_data (&in, name_size, &name)
      || gst_byte_reader_get_pos (&in) > *head_size)
    return GST_DVR_HEAD_INVALID;
  memcpy (head->recording, name, name_size);
  head->recording[name_size] = 0;

  return gst_dvr_is_recording_id (head->recording) ? GST_DVR_HEAD_OK :
      GST_DVR_HEAD_INVALID;
}

static guint64
ntp_from_unix (gint64 time)
{
  guint64 seconds = time / G_USEC_PER_SEC + NTP_UNIX;
  guint64 rest = time % G_USEC_PER_SEC;

  return seconds << 32 | (rest << 32) / G_USEC_PER_SEC;
}

static gint64
unix_from_ntp (guint64 time)
{
  return (gint64) ((time >> 32) - NTP_UNIX) * G_USEC_PER_SEC +
      (((time & G_MAXUINT32) * G_USEC_PER_SEC + (1u << 31)) >> 32);
}

/**
 * gst_dvr_part_head_write:
 * @head: what to say
 * @data: (out): room for GST_DVR_PART_HEAD_SIZE bytes, all written
 */
void
gst_dvr_part_head_write (const GstDvrPartHead * head, guint8 * data)
{
  GstByteWriter out;

  gst_byte_writer_init_with_data (&out, data, GST_DVR_PART_HEAD_SIZE, FALSE);
  put_box (&out, PRFT_SIZE, GST_DVR_PART_SEEN);
  /* version 1: media time in 64 bit; flags 0: the time of encoder input */
  gst_byte_writer_put_uint32_be (&out, 1 << 24);
  gst_byte_writer_put_uint32_be (&out, head->track);
  gst_byte_writer_put_uint64_be (&out, ntp_from_unix (head->wall_time));
  gst_byte_writer_put_uint64_be (&out, head->media_time);

  put_box (&out, GST_DVR_PART_HEAD_SIZE - PRFT_SIZE, "uuid");
  gst_byte_writer_put_data (&out, part_uuid, 16);
  gst_byte_writer_put_uint32_be (&out, GST_DVR_FORMAT_VERSION);
  gst_byte_writer_put_uint64_be (&out, head->size);
  gst_byte_writer_put_uint64_be (&out, head->duration);
  gst_byte_writer_put_uint32_be (&out,
      head->independent ? PART_INDEPENDENT : 0);
  gst_byte_writer_put_uint32_be (&out, head->key_size);
  gst_byte_writer_reset (&out);
}

/**
 * gst_dvr_part_head_read:
 * @data: a part's beginning
 * @size: how much of it
 * @head: (out): what it says
 *
 * Returns: whether it is a part of ours; what it claims is within bounds
 */
GstDvrHeadResult
gst_dvr_part_head_read (const guint8 * data, gsize size, GstDvrPartHead * head)
{
  guint32 box_size = 0, version = 0, flags = 0;
  guint64 ntp = 0;
  GstByteReader in;

  if (size < GST_DVR_PART_HEAD_SIZE)
    return GST_DVR_HEAD_SHORT;
  gst_byte_reader_init (&in, data, GST_DVR_PART_HEAD_SIZE);
  gst_byte_reader_get_uint32_be (&in, &box_size);
  if (box_size != PRFT_SIZE || !expect (&in, GST_DVR_PART_SEEN "\1\0\0\0", 8))
    return GST_DVR_HEAD_INVALID;
  gst_byte_reader_get_uint32_be (&in, &head->track);
  gst_byte_reader_get_uint64_be (&in, &ntp);
  gst_byte_reader_get_uint64_be (&in, &head->media_time);
  head->wall_time = unix_from_ntp (ntp);

  gst_byte_reader_get_uint32_be (&in, &box_size);
  if (box_size != GST_DVR_PART_HEAD_SIZE - PRFT_SIZE
      || !expect (&in, "uuid", 4) || !expect (&in, part_uuid, 16))
    return GST_DVR_HEAD_INVALID;
  gst_byte_reader_get_uint32_be (&in, &version);
  if (version > GST_DVR_FORMAT_VERSION)
    return GST_DVR_HEAD_NEWER;
  gst_byte_reader_get_uint64_be (&in, &head->size);
  gst_byte_reader_get_uint64_be (&in, &head->duration);
  gst_byte_reader_get_uint32_be (&in, &flags);
  gst_byte_reader_get_uint32_be (&in, &head->key_size);
  head->independent = flags & PART_INDEPENDENT;

  if (head->size <= GST_DVR_PART_HEAD_SIZE || head->size > MAX_PART_SIZE
      || head->duration > MAX_DURATION
      || head->key_size > head->size - GST_DVR_PART_HEAD_SIZE)
    return GST_DVR_HEAD_INVALID;

  return GST_DVR_HEAD_OK;
}

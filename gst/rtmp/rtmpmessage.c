/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpmessage.c: RTMP messages, the vocabulary between chunk stream and session
 */
#include "config.h"
#include "rtmpmessage.h"
#include "rtmp-private.h"

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

/* type, size, timestamp with its high byte, stream id: as in an FLV tag */
#define AGGREGATE_HEADER 11
#define AGGREGATE_TRAILER 4
/* ms: how far jitter may reach before zero */
#define MIN_TIME (-60000)

G_DEFINE_QUARK (gst - rtmp - error - quark, gst_rtmp_error);

GstDebugCategory *
gst_rtmp_get_debug_category (void)
{
  static gsize category = 0;

  if (g_once_init_enter (&category))
    g_once_init_leave (&category, (gsize) _gst_debug_category_new ("dvrrtmp",
            0, "RTMP protocol"));
  return (GstDebugCategory *) category;
}

void
gst_rtmp_message_clear (GstRtmpMessage * message)
{
  gst_clear_buffer (&message->payload);
}

const gchar *
gst_rtmp_message_type_name (GstRtmpMessageType type)
{
  switch (type) {
    case GST_RTMP_SET_CHUNK_SIZE:
      return "set chunk size";
    case GST_RTMP_ABORT:
      return "abort";
    case GST_RTMP_ACKNOWLEDGEMENT:
      return "acknowledgement";
    case GST_RTMP_USER_CONTROL:
      return "user control";
    case GST_RTMP_WINDOW_ACK_SIZE:
      return "window acknowledgement size";
    case GST_RTMP_SET_PEER_BANDWIDTH:
      return "set peer bandwidth";
    case GST_RTMP_AUDIO:
      return "audio";
    case GST_RTMP_VIDEO:
      return "video";
    case GST_RTMP_DATA_AMF3:
    case GST_RTMP_DATA:
      return "data";
    case GST_RTMP_SHARED_OBJECT_AMF3:
    case GST_RTMP_SHARED_OBJECT:
      return "shared object";
    case GST_RTMP_COMMAND_AMF3:
    case GST_RTMP_COMMAND:
      return "command";
    case GST_RTMP_AGGREGATE:
      return "aggregate";
  }
  return "unknown";
}

/**
 * gst_rtmp_user_control_parse:
 * @control: (out): the event
 * @data: (array length=size): the message's body
 * @error: %GST_RTMP_ERROR_PROTOCOL when it is too short for what it says it is
 *
 * An event of unknown type is no error: the specification wants it ignored.
 * Its value is 0 when it has less than four bytes of data.
 *
 * Returns: whether the body is whole
 */
gboolean
gst_rtmp_user_control_parse (GstRtmpUserControl * control,
    const guint8 * data, gsize size, GError ** error)
{
  gsize need = 2;

  control->type = size >= 2 ? GST_READ_UINT16_BE (data) : 0;
  control->value = size >= 6 ? GST_READ_UINT32_BE (data + 2) : 0;
  control->buffer_ms = size >= 10 ? GST_READ_UINT32_BE (data + 6) : 0;

  switch (control->type) {
    case GST_RTMP_SET_BUFFER_LENGTH:
      need = 10;
      break;
    case GST_RTMP_STREAM_BEGIN:
    case GST_RTMP_STREAM_EOF:
    case GST_RTMP_STREAM_DRY:
    case GST_RTMP_STREAM_IS_RECORDED:
    case GST_RTMP_PING_REQUEST:
    case GST_RTMP_PING_RESPONSE:
    case GST_RTMP_BUFFER_EMPTY:
    case GST_RTMP_BUFFER_READY:
      need = 6;
      break;
    default:
      break;
  }
  if (size < need) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_PROTOCOL,
        "user control event %u needs %" G_GSIZE_FORMAT " bytes, not %"
        G_GSIZE_FORMAT, control->type, need, size);
    return FALSE;
  }
  return TRUE;
}

/* Returns: how many bytes of @data were written */
gsize
gst_rtmp_user_control_write (const GstRtmpUserControl * control,
    guint8 data[10])
{
  GST_WRITE_UINT16_BE (data, control->type);
  GST_WRITE_UINT32_BE (data + 2, control->value);
  if (control->type != GST_RTMP_SET_BUFFER_LENGTH)
    return 6;
  GST_WRITE_UINT32_BE (data + 6, control->buffer_ms);
  return 10;
}

/* Returns: milliseconds; a little less than 0 when time stamps run back beyond
 * zero. Much less is none: headers at 0 come before media that counts from
 * something else, maybe from more than 2^31. */
gint64
gst_rtmp_clock_unwrap (GstRtmpClock * clock, guint32 timestamp)
{
  if (!clock->begun)
    clock->last = timestamp;
  else
    clock->last += (gint32) (timestamp - (guint32) clock->last);
  if (clock->last < MIN_TIME)
    clock->last += (gint64) 1 << 32;
  clock->begun = TRUE;
  return clock->last;
}

/* Returns: what gst_rtmp_clock_unwrap() would, without moving the clock: for what
 * has timestamps of its own, often 0 in the middle of a stream */
gint64
gst_rtmp_clock_peek (const GstRtmpClock * clock, guint32 timestamp)
{
  GstRtmpClock copy = *clock;

  return gst_rtmp_clock_unwrap (&copy, timestamp);
}

/* Takes over what @message holds. */
void
gst_rtmp_aggregate_init (GstRtmpAggregate * aggregate, GstRtmpMessage * message)
{
  aggregate->whole = *message;
  aggregate->pos = 0;
  aggregate->begun = FALSE;
  message->payload = NULL;
}

static gboolean
is_media (guint8 type)
{
  return type == GST_RTMP_AUDIO || type == GST_RTMP_VIDEO ||
      type == GST_RTMP_DATA || type == GST_RTMP_DATA_AMF3;
}

/* Reads the header at pos into @message; FALSE when no whole message is left.
 * Timestamps count from the first message's (section 7.1.6). */
static gboolean
aggregate_header (GstRtmpAggregate * aggregate, GstRtmpMessage * message,
    guint32 * size)
{
  guint8 header[AGGREGATE_HEADER];
  guint32 timestamp;
  gsize left = gst_buffer_get_size (aggregate->whole.payload) - aggregate->pos;

  if (left < AGGREGATE_HEADER || gst_buffer_extract (aggregate->whole.payload,
          aggregate->pos, header, sizeof header) < sizeof header)
    return FALSE;
  *size = GST_READ_UINT24_BE (header + 1);
  if (*size > left - AGGREGATE_HEADER) {
    GST_WARNING ("aggregate message is cut: %u bytes announced, %"
        G_GSIZE_FORMAT " left", *size, left - AGGREGATE_HEADER);
    return FALSE;
  }
  timestamp = GST_READ_UINT24_BE (header + 4) | (guint32) header[7] << 24;
  if (!aggregate->begun)
    aggregate->first_timestamp = timestamp;
  aggregate->begun = TRUE;

  *message = aggregate->whole;
  message->type = header[0];
  message->timestamp += timestamp - aggregate->first_timestamp;
  return TRUE;
}

/* Returns: %FALSE at the end; else @message is to be cleared. What is neither
 * audio, video nor data is skipped: it has no business in an aggregate. */
gboolean
gst_rtmp_aggregate_next (GstRtmpAggregate * aggregate, GstRtmpMessage * message)
{
  guint32 size;

  while (aggregate_header (aggregate, message, &size)) {
    gsize body = aggregate->pos + AGGREGATE_HEADER;

    /* the last back pointer may be missing */
    aggregate->pos = MIN (body + size + AGGREGATE_TRAILER,
        gst_buffer_get_size (aggregate->whole.payload));
    if (!is_media (message->type))
      continue;
    message->payload = gst_buffer_copy_region (aggregate->whole.payload,
        GST_BUFFER_COPY_MEMORY, body, size);
    return TRUE;
  }
  return FALSE;
}

void
gst_rtmp_aggregate_clear (GstRtmpAggregate * aggregate)
{
  gst_rtmp_message_clear (&aggregate->whole);
}

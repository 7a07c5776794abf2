/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpcommand.h: command messages, parsed and built
 *
 *   gst_rtmp_command_parse()   what a peer calls, with typed arguments
 *   gst_rtmp_command_build()   the body of a command message
 *   gst_rtmp_status_new()      the information object of onStatus
 *
 * Parsing is as lenient about arguments as real peers need: any transaction
 * id, numbers out of range, missing arguments. Times are milliseconds.
 */
#ifndef __GST_RTMP_COMMAND_H__
#define __GST_RTMP_COMMAND_H__

#include "amf0.h"
#include "rtmpmessage.h"

G_BEGIN_DECLS

typedef enum
{
  GST_RTMP_CALL_UNKNOWN,
  /* of a connection */
  GST_RTMP_CALL_CONNECT,
  GST_RTMP_CALL_CREATE_STREAM,
  GST_RTMP_CALL_DELETE_STREAM,
  GST_RTMP_CALL_RELEASE_STREAM,
  GST_RTMP_CALL_FC_PUBLISH,
  GST_RTMP_CALL_FC_UNPUBLISH,
  GST_RTMP_CALL_FC_SUBSCRIBE,
  GST_RTMP_CALL_FC_UNSUBSCRIBE,
  GST_RTMP_CALL_GET_STREAM_LENGTH,
  GST_RTMP_CALL_CHECK_BANDWIDTH,
  GST_RTMP_CALL_DVR_SUBSCRIBE,
  GST_RTMP_CALL_DVR_UNSUBSCRIBE,
  GST_RTMP_CALL_DVR_GET_STREAM_INFO,
  GST_RTMP_CALL_DVR_SET_STREAM_INFO,
  /* of a stream */
  GST_RTMP_CALL_PUBLISH,
  GST_RTMP_CALL_PLAY,
  GST_RTMP_CALL_PLAY2,
  GST_RTMP_CALL_PAUSE,
  GST_RTMP_CALL_PAUSE_RAW,
  GST_RTMP_CALL_SEEK,
  GST_RTMP_CALL_SEEK_RAW,
  GST_RTMP_CALL_START_TRANSMIT,
  GST_RTMP_CALL_STOP_TRANSMIT,
  GST_RTMP_CALL_RECEIVE_AUDIO,
  GST_RTMP_CALL_RECEIVE_VIDEO,
  GST_RTMP_CALL_CLOSE_STREAM,
  /* answers and notices */
  GST_RTMP_CALL_RESULT,
  GST_RTMP_CALL_ERROR,
  GST_RTMP_CALL_ON_STATUS,
  GST_RTMP_CALL_ON_BW_DONE,
  GST_RTMP_CALL_ON_FC,          /* onFCPublish, onFCUnpublish, onFCSubscribe */
  GST_RTMP_CALL_CLOSE
} GstRtmpCallType;

/* A stream's name as peers write it: [mp4:]name[?query] */
typedef struct
{
  gchar *full;                  /* as it was sent; %NULL: no name was given */
  gchar *name;                  /* without prefix and query */
  gchar *query;                 /* behind the question mark, or %NULL */
} GstRtmpStreamName;

/* Capabilities of Enhanced RTMP, bits of capsEx */
typedef enum
{
  GST_RTMP_CAPS_RECONNECT = 1,
  GST_RTMP_CAPS_MULTITRACK = 2,
  GST_RTMP_CAPS_MOD_EX = 4,
  GST_RTMP_CAPS_NANO_OFFSET = 8
} GstRtmpCapsEx;

typedef struct
{
  gchar *app;                   /* without query and outer slashes */
  gchar *app_query;             /* or %NULL */
  gchar *tc_url;                /* these: or %NULL */
  gchar *flash_ver;
  gchar *page_url;
  gchar *swf_url;
  gboolean amf3;                /* objectEncoding 3 */
  guint caps_ex;                /* GstRtmpCapsEx; 0: a legacy peer */
  GStrv fourccs;                /* fourCcList, "*" is any; or %NULL */
} GstRtmpConnect;

typedef enum
{
  GST_RTMP_PUBLISH_LIVE,
  GST_RTMP_PUBLISH_RECORD,
  GST_RTMP_PUBLISH_APPEND,
  GST_RTMP_PUBLISH_APPEND_WITH_GAP
} GstRtmpPublishType;

#define GST_RTMP_PLAY_ANY (-2)          /* live, else recorded, else wait */
#define GST_RTMP_PLAY_LIVE (-1)         /* live only */
#define GST_RTMP_PLAY_TO_END (-1)

typedef struct
{
  gint64 start;                 /* ms, or one of the above */
  gint64 length;                /* ms, or GST_RTMP_PLAY_TO_END; 0: a frame */
  guint reset;                  /* 0 append, 1 flush, 2, 3: likewise, all of it
                                 * at once */
} GstRtmpPlay;

#define gst_rtmp_play_flushes(play) (((play)->reset & 1) != 0)
#define gst_rtmp_play_is_at_once(play) ((play)->reset >= 2)

typedef struct
{
  gchar *old_name;              /* or %NULL */
  gchar *transition;            /* or %NULL */
  gint64 offset;                /* ms, or -1: as soon as possible */
} GstRtmpPlay2;

typedef struct
{
  GstRtmpCallType type;
  gchar *name;                  /* as it was sent */
  gdouble transaction;
  guint32 stream_id;
  gboolean amf3;                /* answer likewise */
  GstAmf *object;               /* command object, or %NULL */
  GPtrArray *args;              /* of GstAmf, all that follow it */

  /* typed, as far as the type has them */
  GstRtmpStreamName stream;
  GstRtmpConnect *connect;
  GstRtmpPublishType publish_type;
  GstRtmpPlay play;             /* of play2 too */
  GstRtmpPlay2 play2;
  gboolean has_flag, flag;      /* pause, receive*, start/stopTransmit */
  gint64 position;              /* pause*, seek*, *Transmit; -1: none */
  guint32 target;               /* deleteStream */

  /*< private >*/
  gint refs;
} GstRtmpCommand;

GstRtmpCommand * gst_rtmp_command_parse (const GstRtmpMessage * message,
    const GstAmfLimits * limits, GError ** error);
GstRtmpCommand * gst_rtmp_command_keep  (const GstRtmpCommand * command);
void          gst_rtmp_command_free     (GstRtmpCommand * command);
const GstAmf * gst_rtmp_command_arg     (const GstRtmpCommand * command,
    guint index);
gchar *       gst_rtmp_command_to_string (const GstRtmpCommand * command);
GstRtmpCommand gst_rtmp_command_get_numbers (const GstRtmpCommand * command);
const gchar * gst_rtmp_publish_type_get_name (GstRtmpPublishType type);

GstRtmpConnect * gst_rtmp_connect_copy  (const GstRtmpConnect * connect);
void          gst_rtmp_connect_free     (GstRtmpConnect * connect);

GByteArray *  gst_rtmp_command_build    (gboolean amf3, const gchar * name,
    gdouble transaction, GstAmf * object, ...) G_GNUC_NULL_TERMINATED;
void          gst_rtmp_stream_name_parse (GstRtmpStreamName * name,
    const gchar * full);
void          gst_rtmp_stream_name_clear (GstRtmpStreamName * name);

/* Information objects. The level follows from the code. */
GstAmf *      gst_rtmp_status_new       (const gchar * code,
    const gchar * description);
const gchar * gst_rtmp_status_level     (const gchar * code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstRtmpCommand, gst_rtmp_command_free)

G_END_DECLS

#endif /* __GST_RTMP_COMMAND_H__ */

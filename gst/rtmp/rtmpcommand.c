/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpcommand.c: command messages, parsed and built
 */
#include "config.h"
#include "rtmpcommand.h"
#include "rtmp-private.h"

#include <math.h>
#include <string.h>

/* Beyond this a double no longer counts milliseconds; it is 285,000 years. */
#define MAX_MS ((gint64) 1 << 53)
#define MAX_FOURCCS 64
/* What Adobe's servers call the instance of an application that has none. */
#define DEFAULT_INSTANCE "/_definst_"

/* Names are compared without regard to case: "pauseraw", "DVRUnSubscribe" */
static const struct
{
  const gchar *name;
  GstRtmpCallType type;
} call_types[] = {
  {"connect", GST_RTMP_CALL_CONNECT},
  {"createStream", GST_RTMP_CALL_CREATE_STREAM},
  {"deleteStream", GST_RTMP_CALL_DELETE_STREAM},
  {"releaseStream", GST_RTMP_CALL_RELEASE_STREAM},
  {"FCPublish", GST_RTMP_CALL_FC_PUBLISH},
  {"FCUnpublish", GST_RTMP_CALL_FC_UNPUBLISH},
  {"FCSubscribe", GST_RTMP_CALL_FC_SUBSCRIBE},
  {"FCUnsubscribe", GST_RTMP_CALL_FC_UNSUBSCRIBE},
  {"getStreamLength", GST_RTMP_CALL_GET_STREAM_LENGTH},
  {"_checkbw", GST_RTMP_CALL_CHECK_BANDWIDTH},
  {"checkBandwidth", GST_RTMP_CALL_CHECK_BANDWIDTH},
  {"DVRSubscribe", GST_RTMP_CALL_DVR_SUBSCRIBE},
  {"DVRUnsubscribe", GST_RTMP_CALL_DVR_UNSUBSCRIBE},
  {"DVRGetStreamInfo", GST_RTMP_CALL_DVR_GET_STREAM_INFO},
  {"DVRSetStreamInfo", GST_RTMP_CALL_DVR_SET_STREAM_INFO},
  {"publish", GST_RTMP_CALL_PUBLISH},
  {"play", GST_RTMP_CALL_PLAY},
  {"play2", GST_RTMP_CALL_PLAY2},
  {"pause", GST_RTMP_CALL_PAUSE},
  {"pauseRaw", GST_RTMP_CALL_PAUSE_RAW},
  {"seek", GST_RTMP_CALL_SEEK},
  {"seekRaw", GST_RTMP_CALL_SEEK_RAW},
  {"startTransmit", GST_RTMP_CALL_START_TRANSMIT},
  {"stopTransmit", GST_RTMP_CALL_STOP_TRANSMIT},
  {"receiveAudio", GST_RTMP_CALL_RECEIVE_AUDIO},
  {"receiveVideo", GST_RTMP_CALL_RECEIVE_VIDEO},
  {"closeStream", GST_RTMP_CALL_CLOSE_STREAM},
  {"_result", GST_RTMP_CALL_RESULT},
  {"_error", GST_RTMP_CALL_ERROR},
  {"onStatus", GST_RTMP_CALL_ON_STATUS},
  {"onBWDone", GST_RTMP_CALL_ON_BW_DONE},
  {"onFCPublish", GST_RTMP_CALL_ON_FC},
  {"onFCUnpublish", GST_RTMP_CALL_ON_FC},
  {"onFCSubscribe", GST_RTMP_CALL_ON_FC},
  {"onFCUnsubscribe", GST_RTMP_CALL_ON_FC},
  {"close", GST_RTMP_CALL_CLOSE},
};

static GstRtmpCallType
call_type (const gchar * name)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (call_types); i++) {
    if (g_ascii_strcasecmp (name, call_types[i].name) == 0)
      return call_types[i].type;
  }
  return GST_RTMP_CALL_UNKNOWN;
}

/* Milliseconds out of whatever a peer sent; -1 when it is none. */
static gint64
to_ms (const GstAmf * value)
{
  gdouble number;

  if (!gst_amf_get_number (value, &number) || isnan (number))
    return -1;
  return (gint64) CLAMP (number, 0.0, (gdouble) MAX_MS);
}

/**
 * gst_rtmp_message_read_values:
 * @message: a command or data message
 * @limits: (nullable): %NULL for the default ones
 * @skipped: (out): bytes before the first value: those of AMF3 begin with a
 *   format byte of 0
 * @error: %GST_RTMP_ERROR_AMF
 *
 * Returns: (transfer full) (nullable) (element-type GstAmf): what it says
 */
GPtrArray *
gst_rtmp_message_read_values (const GstRtmpMessage * message,
    const GstAmfLimits * limits, gsize * skipped, GError ** error)
{
  gboolean amf3 = message->type == GST_RTMP_COMMAND_AMF3 ||
      message->type == GST_RTMP_DATA_AMF3;
  GPtrArray *values;
  GstMapInfo map;

  *skipped = 0;
  if (gst_buffer_get_size (message->payload) == 0 ||
      !gst_buffer_map (message->payload, &map, GST_MAP_READ))
    return g_ptr_array_new_with_free_func ((GDestroyNotify) gst_amf_unref);
  if (amf3 && map.data[0] == 0)
    *skipped = 1;
  values = gst_amf0_read_all (map.data + *skipped, map.size - *skipped,
      limits, error);
  gst_buffer_unmap (message->payload, &map);
  return values;
}

/* Returns: (transfer full) (nullable): the leading text, out of @values, which a
 * message must begin with */
gchar *
gst_rtmp_message_steal_name (GPtrArray * values, const GstRtmpMessage * message,
    GError ** error)
{
  const gchar *name = values->len > 0 ?
      gst_amf_get_text (g_ptr_array_index (values, 0)) : NULL;
  gchar *copy;

  if (!name) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_AMF,
        "a %s message without a name",
        gst_rtmp_message_type_name (message->type));
    return NULL;
  }
  copy = g_strdup (name);
  g_ptr_array_remove_index (values, 0);
  return copy;
}

/**
 * gst_rtmp_stream_name_parse:
 * @name: (out): to be cleared
 * @full: what a peer sent, such as `mp4:cam1?key=value`
 *
 * A prefix (flv:, mp4:, mp3:, id3:, raw:) tells a container, which is ours to
 * choose. Leading slashes go too.
 */
void
gst_rtmp_stream_name_parse (GstRtmpStreamName * name, const gchar * full)
{
  static const gchar *const prefixes[] =
      { "flv:", "mp4:", "mp3:", "id3:", "raw:" };
  const gchar *start = full, *query;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    if (g_str_has_prefix (full, prefixes[i]))
      start = full + strlen (prefixes[i]);
  }
  while (*start == '/')
    start++;
  query = strchr (start, '?');
  name->full = g_strdup (full);
  name->name = query ? g_strndup (start, query - start) : g_strdup (start);
  name->query = query ? g_strdup (query + 1) : NULL;
}

void
gst_rtmp_stream_name_clear (GstRtmpStreamName * name)
{
  g_clear_pointer (&name->full, g_free);
  g_clear_pointer (&name->name, g_free);
  g_clear_pointer (&name->query, g_free);
}

/* What is no text is no name, and is refused as such: who has sent it waits for
 * an answer. */
static void
parse_stream (GstRtmpCommand * command, const GstAmf * value)
{
  const gchar *bytes;
  gsize length;
  gchar *text;

  if (!value || gst_amf_get_type (value) != GST_AMF_STRING)
    return;
  bytes = gst_amf_get_bytes (value, &length);
  text = g_utf8_make_valid (bytes, length);
  gst_rtmp_stream_name_parse (&command->stream, text);
  g_free (text);
}

static GStrv
parse_fourccs (const GstAmf * list)
{
  GPtrArray *fourccs;
  guint i;

  if (!list || gst_amf_get_type (list) != GST_AMF_STRICT_ARRAY)
    return NULL;
  fourccs = g_ptr_array_new ();
  for (i = 0; i < MIN (gst_amf_length (list), MAX_FOURCCS); i++) {
    const gchar *text = gst_amf_get_text (gst_amf_nth (list, i));

    if (text)
      g_ptr_array_add (fourccs, g_strdup (text));
  }
  g_ptr_array_add (fourccs, NULL);
  return (GStrv) g_ptr_array_free (fourccs, FALSE);
}

static void
parse_app (GstRtmpConnect * connect, const gchar * app)
{
  gsize length;

  app = app ? app + strspn (app, "/") : "";
  length = strcspn (app, "?");
  if (app[length] == '?')
    connect->app_query = g_strdup (app + length + 1);
  while (length > 0 && app[length - 1] == '/')
    length--;
  connect->app = g_strndup (app, length);
  if (g_str_has_suffix (connect->app, DEFAULT_INSTANCE))
    connect->app[length - strlen (DEFAULT_INSTANCE)] = '\0';
}

static void
parse_connect (GstRtmpCommand * command)
{
  GstRtmpConnect *connect = g_new0 (GstRtmpConnect, 1);
  const GstAmf *object = command->object;
  gdouble number;

  command->connect = connect;
  parse_app (connect, gst_amf_member_text (object, "app"));
  connect->tc_url = g_strdup (gst_amf_member_text (object, "tcUrl"));
  connect->flash_ver = g_strdup (gst_amf_member_text (object, "flashVer"));
  connect->page_url = g_strdup (gst_amf_member_text (object, "pageUrl"));
  connect->swf_url = g_strdup (gst_amf_member_text (object, "swfUrl"));
  if (gst_amf_member_number (object, "objectEncoding", &number))
    connect->amf3 = number > 2.5 && number < 3.5;
  if (gst_amf_member_number (object, "capsEx", &number))
    connect->caps_ex = number > 0 && number < 256 ? (guint) number : 0;
  connect->fourccs = parse_fourccs (gst_amf_member (object, "fourCcList"));
}

static const gchar *const publish_types[] = {
  "live", "record", "append", "appendWithGap"
};

/* Returns: what a peer calls it (section 7.2.2.6 of the specification, and
 * Adobe's own appendWithGap) */
const gchar *
gst_rtmp_publish_type_get_name (GstRtmpPublishType type)
{
  return publish_types[type];
}

static void
parse_publish (GstRtmpCommand * command)
{
  const gchar *type = gst_amf_get_text (gst_rtmp_command_arg (command, 1));
  guint i;

  parse_stream (command, gst_rtmp_command_arg (command, 0));
  for (i = 0; i < G_N_ELEMENTS (publish_types); i++) {
    if (g_strcmp0 (type, publish_types[i]) == 0)
      command->publish_type = i;
  }
}

/* ActionScript's seconds are milliseconds on the wire, so that "live only" is
 * -1000 and the default -2000; some peers send -1 and -2 all the same. Any
 * other negative number is the default. */
static gint64
play_start (const GstAmf * value)
{
  gdouble number;

  if (!gst_amf_get_number (value, &number) || isnan (number))
    return GST_RTMP_PLAY_ANY;
  if (number >= 0)
    return to_ms (value);
  return (gint64) CLAMP (number, -3000, 0) == -1 ||
      (gint64) CLAMP (number, -3000, 0) == -1000 ?
      GST_RTMP_PLAY_LIVE : GST_RTMP_PLAY_ANY;
}

static gint64
play_length (const GstAmf * value)
{
  gdouble number;

  if (!gst_amf_get_number (value, &number) || !(number >= 0))
    return GST_RTMP_PLAY_TO_END;
  return to_ms (value);
}

static guint
play_reset (const GstAmf * value)
{
  gdouble number;
  gboolean truth;

  if (gst_amf_get_number (value, &number))
    return number >= 0 && number <= 3 ? (guint) number : 1;
  return gst_amf_get_boolean (value, &truth) ? truth : 1;
}

static void
parse_play (GstRtmpCommand * command)
{
  parse_stream (command, gst_rtmp_command_arg (command, 0));
  command->play.start = play_start (gst_rtmp_command_arg (command, 1));
  command->play.length = play_length (gst_rtmp_command_arg (command, 2));
  command->play.reset = play_reset (gst_rtmp_command_arg (command, 3));
}

/* One argument: NetStreamPlayOptions */
static void
parse_play2 (GstRtmpCommand * command)
{
  const GstAmf *options = gst_rtmp_command_arg (command, 0);
  GstRtmpPlay2 *play2 = &command->play2;

  parse_stream (command, gst_amf_member (options, "streamName"));
  command->play.start = play_start (gst_amf_member (options, "start"));
  command->play.length = play_length (gst_amf_member (options, "len"));
  play2->old_name = g_strdup (gst_amf_member_text (options, "oldStreamName"));
  play2->transition = g_strdup (gst_amf_member_text (options, "transition"));
  command->play.reset = g_strcmp0 (play2->transition, "append") != 0
      && g_strcmp0 (play2->transition, "appendAndWait") != 0;
  play2->offset = play_length (gst_amf_member (options, "offset"));
}

/* A flag and a position, either of which may be missing. */
static void
parse_flag_and_position (GstRtmpCommand * command)
{
  guint i;

  for (i = 0; i < MIN (command->args->len, 2); i++) {
    const GstAmf *arg = gst_rtmp_command_arg (command, i);

    if (gst_amf_get_type (arg) == GST_AMF_BOOLEAN)
      command->has_flag = gst_amf_get_boolean (arg, &command->flag);
    else if (gst_amf_get_type (arg) == GST_AMF_NUMBER)
      command->position = to_ms (arg);
  }
}

static void
parse_receive (GstRtmpCommand * command)
{
  command->has_flag =
      gst_amf_get_boolean (gst_rtmp_command_arg (command, 0), &command->flag);
}

static void
parse_arguments (GstRtmpCommand * command)
{
  gint64 target;

  switch (command->type) {
    case GST_RTMP_CALL_CONNECT:
      parse_connect (command);
      break;
    case GST_RTMP_CALL_PUBLISH:
      parse_publish (command);
      break;
    case GST_RTMP_CALL_PLAY:
      parse_play (command);
      break;
    case GST_RTMP_CALL_PLAY2:
      parse_play2 (command);
      break;
    case GST_RTMP_CALL_PAUSE:
    case GST_RTMP_CALL_PAUSE_RAW:
    case GST_RTMP_CALL_SEEK:
    case GST_RTMP_CALL_SEEK_RAW:
    case GST_RTMP_CALL_START_TRANSMIT:
    case GST_RTMP_CALL_STOP_TRANSMIT:
      parse_flag_and_position (command);
      break;
    case GST_RTMP_CALL_RECEIVE_AUDIO:
    case GST_RTMP_CALL_RECEIVE_VIDEO:
      parse_receive (command);
      break;
    case GST_RTMP_CALL_DELETE_STREAM:
      target = to_ms (gst_rtmp_command_arg (command, 0));
      command->target = CLAMP (target, 0, G_MAXUINT32);
      break;
    case GST_RTMP_CALL_RELEASE_STREAM:
    case GST_RTMP_CALL_FC_PUBLISH:
    case GST_RTMP_CALL_FC_UNPUBLISH:
    case GST_RTMP_CALL_FC_SUBSCRIBE:
    case GST_RTMP_CALL_FC_UNSUBSCRIBE:
    case GST_RTMP_CALL_GET_STREAM_LENGTH:
    case GST_RTMP_CALL_DVR_SUBSCRIBE:
    case GST_RTMP_CALL_DVR_UNSUBSCRIBE:
    case GST_RTMP_CALL_DVR_GET_STREAM_INFO:
      parse_stream (command, gst_rtmp_command_arg (command, 0));
      break;
    default:
      break;
  }
}

/**
 * gst_rtmp_command_parse:
 * @message: of type 20 or 17
 * @limits: (nullable): %NULL for the default ones
 * @error: %GST_RTMP_ERROR_AMF when it is no command at all
 *
 * Returns: (transfer full) (nullable): the command; of one that is not known
 *   here, %GST_RTMP_CALL_UNKNOWN with name and arguments
 */
GstRtmpCommand *
gst_rtmp_command_parse (const GstRtmpMessage * message,
    const GstAmfLimits * limits, GError ** error)
{
  GstRtmpCommand *command;
  GPtrArray *values;
  gsize skipped;
  gchar *name;

  values = gst_rtmp_message_read_values (message, limits, &skipped, error);
  if (!values)
    return NULL;
  name = gst_rtmp_message_steal_name (values, message, error);
  if (!name) {
    g_ptr_array_unref (values);
    return NULL;
  }
  command = g_new0 (GstRtmpCommand, 1);
  command->type = call_type (name);
  command->name = name;
  command->stream_id = message->stream_id;
  command->amf3 = message->type == GST_RTMP_COMMAND_AMF3;
  command->args = values;
  command->position = -1;
  if (gst_amf_get_number (gst_rtmp_command_arg (command, 0),
          &command->transaction))
    g_ptr_array_remove_index (values, 0);
  if (values->len > 0)
    command->object = g_ptr_array_steal_index (values, 0);
  parse_arguments (command);
  return command;
}

/* Returns: (transfer full): what a CONNECT event said, to be kept */
GstRtmpConnect *
gst_rtmp_connect_copy (const GstRtmpConnect * connect)
{
  GstRtmpConnect *copy = g_memdup2 (connect, sizeof (GstRtmpConnect));

  copy->app = g_strdup (connect->app);
  copy->app_query = g_strdup (connect->app_query);
  copy->tc_url = g_strdup (connect->tc_url);
  copy->flash_ver = g_strdup (connect->flash_ver);
  copy->page_url = g_strdup (connect->page_url);
  copy->swf_url = g_strdup (connect->swf_url);
  copy->fourccs = g_strdupv (connect->fourccs);
  return copy;
}

void
gst_rtmp_connect_free (GstRtmpConnect * connect)
{
  g_free (connect->app);
  g_free (connect->app_query);
  g_free (connect->tc_url);
  g_free (connect->flash_ver);
  g_free (connect->page_url);
  g_free (connect->swf_url);
  g_strfreev (connect->fourccs);
  g_free (connect);
}

/* Returns: (transfer full): @command, when its receiver has done with it. What
 * is typed stays, its values do not: those may be large. Not thread-safe. */
GstRtmpCommand *
gst_rtmp_command_keep (const GstRtmpCommand * command)
{
  GstRtmpCommand *kept = (GstRtmpCommand *) command;

  g_clear_pointer (&kept->object, gst_amf_unref);
  g_ptr_array_set_size (kept->args, 0);
  kept->refs++;
  return kept;
}

/* Returns: what it takes to answer @command later: its type, its numbers, and
 * none of what it owns */
GstRtmpCommand
gst_rtmp_command_get_numbers (const GstRtmpCommand * command)
{
  return (GstRtmpCommand) {
  .type = command->type,.transaction = command->transaction,.stream_id =
        command->stream_id,.amf3 = command->amf3,.position = command->position};
}

void
gst_rtmp_command_free (GstRtmpCommand * command)
{
  if (command->refs-- > 0)
    return;
  g_free (command->name);
  g_clear_pointer (&command->object, gst_amf_unref);
  g_ptr_array_unref (command->args);
  gst_rtmp_stream_name_clear (&command->stream);
  g_clear_pointer (&command->connect, gst_rtmp_connect_free);
  g_free (command->play2.old_name);
  g_free (command->play2.transition);
  g_free (command);
}

/* Returns: (transfer none) (nullable): the argument, if there are so many */
const GstAmf *
gst_rtmp_command_arg (const GstRtmpCommand * command, guint index)
{
  return index < command->args->len ?
      g_ptr_array_index (command->args, index) : NULL;
}

/* Keys and tokens travel in the query of a name, which no log may hold, wherever
 * in a value the name is. */
static void
print_arg (GString * line, const GstAmf * arg)
{
  gchar *text = gst_amf_to_string (arg);
  gboolean inside = FALSE, hidden = FALSE;
  const gchar *p;

  g_string_append_c (line, ' ');
  for (p = text; *p != '\0'; p++) {
    if (*p == '"') {
      inside = !inside;
      hidden = FALSE;
    }
    if (!hidden)
      g_string_append_c (line, *p);
    if (*p == '?' && inside && !hidden) {
      g_string_append (line, "...");
      hidden = TRUE;
    }
    if (*p == '\\' && p[1] != '\0') {
      p++;
      if (!hidden)
        g_string_append_c (line, *p);
    }
  }
  g_free (text);
}

/* Returns: (transfer full): one line for a log: name, transaction, object and
 * arguments; without what stands in the query of a name */
gchar *
gst_rtmp_command_to_string (const GstRtmpCommand * command)
{
  GString *line = g_string_new (NULL);
  guint i;

  g_string_append_printf (line, "%s %g", command->name, command->transaction);
  if (command->type == GST_RTMP_CALL_CONNECT)
    g_string_append_printf (line, " app \"%s\"", command->connect->app);
  else if (command->object)
    print_arg (line, command->object);
  for (i = 0; i < command->args->len; i++)
    print_arg (line, gst_rtmp_command_arg (command, i));
  return g_string_free (line, FALSE);
}

/**
 * gst_rtmp_command_build:
 * @amf3: for a message of type 17
 * @object: (transfer full) (nullable): the command object, %NULL for a null
 * @...: (transfer full): arguments (GstAmf), then %NULL
 *
 * Returns: (transfer full): the body of a command message
 */
GByteArray *
gst_rtmp_command_build (gboolean amf3, const gchar * name,
    gdouble transaction, GstAmf * object, ...)
{
  GByteArray *body = g_byte_array_new ();
  GstAmf *value = gst_amf_new_number (transaction);
  va_list args;

  if (amf3)
    gst_rtmp_put_u8 (body, 0);
  gst_amf0_write_string (body, name);
  gst_amf0_write (body, value);
  gst_amf_unref (value);
  value = object ? object : gst_amf_new_null ();
  va_start (args, object);
  while (value) {
    gst_amf0_write (body, value);
    gst_amf_unref (value);
    value = va_arg (args, GstAmf *);
  }
  va_end (args);
  return body;
}

/* The level that Adobe's reference gives for a code. */
const gchar *
gst_rtmp_status_level (const gchar * code)
{
  static const gchar *const errors[] = {
    "NetConnection.Call.BadVersion", "NetConnection.Call.Failed",
    "NetConnection.Call.Prohibited", "NetConnection.Connect.AppShutdown",
    "NetConnection.Connect.Failed", "NetConnection.Connect.InvalidApp",
    "NetConnection.Connect.Rejected", "NetConnection.Proxy.NotResponding",
    "NetStream.Failed", "NetStream.Play.Failed",
    "NetStream.Play.FileStructureInvalid",
    "NetStream.Play.NoSupportedTrackFound", "NetStream.Play.StreamNotFound",
    "NetStream.Publish.BadName", "NetStream.Record.AlreadyExists",
    "NetStream.Record.Failed", "NetStream.Record.NoAccess",
    "NetStream.Seek.Failed", "NetStream.Seek.InvalidTime",
    "ProxyStream.Proxy.BadName", NULL
  };

  if (g_strv_contains (errors, code))
    return "error";
  return strcmp (code, "NetStream.Play.InsufficientBW") == 0 ? "warning" :
      "status";
}

/* Returns: (transfer full): {level, code, description} */
GstAmf *
gst_rtmp_status_new (const gchar * code, const gchar * description)
{
  GstAmf *info = gst_amf_new_object ();

  gst_amf_set_string (info, "level", gst_rtmp_status_level (code));
  gst_amf_set_string (info, "code", code);
  gst_amf_set_string (info, "description", description);
  return info;
}

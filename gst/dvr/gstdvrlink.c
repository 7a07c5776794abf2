/* gstdvrlink.c: how elements exchange segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvrlink
 * @title: GstDvrLink
 * @short_description: how elements exchange segments
 *
 * A link has the caps `application/x-dvr-segment` and is demand-driven. Who
 * wants something sends a #GstDvrRequest upstream in a custom query, from any
 * thread, in any state. Whoever answers never blocks: it looks up and
 * enqueues, and answers with a reference to the #GstDvrSegment or
 * #GstDvrTimeline, which the asker then watches.
 *
 * Downstream, from the pad task of each element, flow buffers whose
 * #GstDvrMeta says which segment has grown. To lose or repeat such a buffer
 * loses nothing.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrlink.h"

#define NAMES_EVENT "dvr-names"
#define BAD_NAME_EVENT "dvr-bad-name"

struct _GstDvrRequest
{
  GstMiniObject mini_object;

  GstDvrRequestKind kind;
  GstDvrSegmentId id;
  GstDvrPriority priority;
  gint cancelled;               /* atomic */
  gchar *path;                  /* (nullable) */

  /* Written by whoever handles the query, read when it has returned. */
  GstDvrAnswer answer;
  GstDvrHow how;
  GstDvrTimeline *timeline;
  GstDvrSegment *segment;
};

GST_DEFINE_MINI_OBJECT_TYPE (GstDvrRequest, gst_dvr_request);

static void
clear_answer (GstDvrRequest * self)
{
  g_clear_pointer (&self->timeline, gst_dvr_timeline_unref);
  g_clear_pointer (&self->segment, gst_dvr_segment_unref);
}

static void
gst_dvr_request_free (GstDvrRequest * self)
{
  clear_answer (self);
  g_ref_string_release ((char *) self->id.stream);
  if (self->id.recording)
    g_ref_string_release ((char *) self->id.recording);
  g_free (self->path);
  g_free (self);
}

static GstDvrRequest *
request_new (GstDvrRequestKind kind, const gchar * stream,
    GstDvrPriority priority)
{
  GstDvrRequest *self = g_new0 (GstDvrRequest, 1);

  gst_mini_object_init (GST_MINI_OBJECT_CAST (self), 0, GST_TYPE_DVR_REQUEST,
      NULL, NULL, (GstMiniObjectFreeFunction) gst_dvr_request_free);
  self->kind = kind;
  self->id.stream = g_ref_string_new (stream);
  self->priority = priority;

  return self;
}

/**
 * gst_dvr_request_new_timeline:
 * @stream: a stream's name
 *
 * Returns: (transfer full): a request for the stream's timeline
 */
GstDvrRequest *
gst_dvr_request_new_timeline (const gchar * stream)
{
  g_return_val_if_fail (stream != NULL, NULL);

  return request_new (GST_DVR_REQUEST_TIMELINE, stream,
      GST_DVR_PRIORITY_VIEWER);
}

/**
 * gst_dvr_request_new_segment:
 * @id: a segment, an init section, or a range of a segment; copied
 * @priority: how urgent
 *
 * Returns: (transfer full): a request for it
 */
GstDvrRequest *
gst_dvr_request_new_segment (const GstDvrSegmentId * id,
    GstDvrPriority priority)
{
  static const GstDvrRequestKind kinds[] = {
    [GST_DVR_SEGMENT_MEDIA] = GST_DVR_REQUEST_SEGMENT,
    [GST_DVR_SEGMENT_INIT] = GST_DVR_REQUEST_INIT,
    [GST_DVR_SEGMENT_RANGE] = GST_DVR_REQUEST_RANGE
  };
  GstDvrRequest *self;

  g_return_val_if_fail (id && id->stream && id->recording, NULL);

  self = request_new (kinds[id->kind], id->stream, priority);
  self->id.kind = id->kind;
  self->id.recording = g_ref_string_new (id->recording);
  self->id.number = id->number;
  self->id.offset = id->offset;
  self->id.size = id->size;

  return self;
}

/**
 * gst_dvr_request_set_path:
 * @request: a request for a timeline, not sent yet
 * @path: (nullable): see gst_dvr_timeline_note_path()
 *
 * Says on behalf of whom it is asked.
 */
void
gst_dvr_request_set_path (GstDvrRequest * request, const gchar * path)
{
  g_free (request->path);
  request->path = g_strdup (path);
}

/**
 * gst_dvr_request_get_path:
 * @request: a request
 *
 * Returns: (nullable) (transfer none): on behalf of whom it is asked
 */
const gchar *
gst_dvr_request_get_path (GstDvrRequest * request)
{
  return request->path;
}

/**
 * gst_dvr_request_get_kind:
 * @request: a request
 *
 * Returns: what is asked for
 */
GstDvrRequestKind
gst_dvr_request_get_kind (GstDvrRequest * request)
{
  return request->kind;
}

/**
 * gst_dvr_request_get_stream:
 * @request: a request
 *
 * Returns: (transfer none): the stream's name
 */
const gchar *
gst_dvr_request_get_stream (GstDvrRequest * request)
{
  return request->id.stream;
}

/**
 * gst_dvr_request_get_id:
 * @request: a request for a segment or an init section
 *
 * Returns: (transfer none): which one
 */
const GstDvrSegmentId *
gst_dvr_request_get_id (GstDvrRequest * request)
{
  return &request->id;
}

/**
 * gst_dvr_request_get_priority:
 * @request: a request
 *
 * Returns: how urgent it is
 */
GstDvrPriority
gst_dvr_request_get_priority (GstDvrRequest * request)
{
  return request->priority;
}

/**
 * gst_dvr_request_cancel:
 * @request: a request
 *
 * The asker is not interested any more. A fetch not yet begun for nobody else
 * need not begin.
 */
void
gst_dvr_request_cancel (GstDvrRequest * request)
{
  g_atomic_int_set (&request->cancelled, TRUE);
}

/**
 * gst_dvr_request_is_cancelled:
 * @request: a request
 *
 * Returns: whether the asker has lost interest
 */
gboolean
gst_dvr_request_is_cancelled (GstDvrRequest * request)
{
  return g_atomic_int_get (&request->cancelled);
}

/**
 * gst_dvr_request_refuse:
 * @request: a request
 * @answer: why there is nothing: any answer but GST_DVR_ANSWER_OK
 */
void
gst_dvr_request_refuse (GstDvrRequest * request, GstDvrAnswer answer)
{
  g_return_if_fail (answer != GST_DVR_ANSWER_OK);

  clear_answer (request);
  request->answer = answer;
}

/**
 * gst_dvr_request_answer_timeline:
 * @request: a request for a timeline
 * @timeline: the answer; a reference is taken
 */
void
gst_dvr_request_answer_timeline (GstDvrRequest * request,
    GstDvrTimeline * timeline)
{
  gst_dvr_timeline_ref (timeline);
  clear_answer (request);
  request->timeline = timeline;
  request->answer = GST_DVR_ANSWER_OK;
}

/**
 * gst_dvr_request_answer_segment:
 * @request: a request for a segment or an init section
 * @segment: the answer; a reference is taken
 * @how: where it comes from
 */
void
gst_dvr_request_answer_segment (GstDvrRequest * request,
    GstDvrSegment * segment, GstDvrHow how)
{
  gst_dvr_segment_ref (segment);
  clear_answer (request);
  request->segment = segment;
  request->how = how;
  request->answer = GST_DVR_ANSWER_OK;
}

/**
 * gst_dvr_request_get_answer:
 * @request: a request
 *
 * Returns: what was answered
 */
GstDvrAnswer
gst_dvr_request_get_answer (GstDvrRequest * request)
{
  return request->answer;
}

/**
 * gst_dvr_request_get_how:
 * @request: a request answered with a segment
 *
 * Returns: where the segment came from
 */
GstDvrHow
gst_dvr_request_get_how (GstDvrRequest * request)
{
  return request->how;
}

/**
 * gst_dvr_request_get_timeline:
 * @request: a request
 *
 * Returns: (transfer none) (nullable): the timeline answered with
 */
GstDvrTimeline *
gst_dvr_request_get_timeline (GstDvrRequest * request)
{
  return request->timeline;
}

/**
 * gst_dvr_request_get_segment:
 * @request: a request
 *
 * Returns: (transfer none) (nullable): the segment answered with
 */
GstDvrSegment *
gst_dvr_request_get_segment (GstDvrRequest * request)
{
  return request->segment;
}

/**
 * gst_dvr_request_send:
 * @request: a request
 * @sinkpad: the asker's sink pad
 *
 * Sends @request to the peer of @sinkpad. Call it with no lock held. Does not
 * block.
 *
 * Returns: the answer. Where nobody is there to answer, that is not a "not
 *   found" but "not started".
 */
GstDvrAnswer
gst_dvr_request_send (GstDvrRequest * request, GstPad * sinkpad)
{
  static gsize name, field;
  GstQuery *query;
  GstStructure *s;

  if (g_once_init_enter (&name)) {
    field = g_quark_from_static_string ("request");
    g_once_init_leave (&name, g_quark_from_static_string (GST_DVR_LINK_CAPS));
  }

  s = gst_structure_new_id (name, field, GST_TYPE_DVR_REQUEST, request, NULL);
  query = gst_query_new_custom (GST_QUERY_CUSTOM, s);
  gst_pad_peer_query (sinkpad, query);
  gst_query_unref (query);

  if (request->answer == GST_DVR_ANSWER_NONE)
    request->answer = GST_DVR_ANSWER_NOT_STARTED;

  return request->answer;
}

/**
 * gst_query_get_dvr_request:
 * @query: any query
 *
 * Returns: (transfer none) (nullable): the request @query carries, or NULL if
 *   it is another kind of query
 */
GstDvrRequest *
gst_query_get_dvr_request (GstQuery * query)
{
  const GstStructure *s;
  const GValue *value;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CUSTOM)
    return NULL;
  s = gst_query_get_structure (query);
  if (s == NULL || !gst_structure_has_name (s, GST_DVR_LINK_CAPS))
    return NULL;
  value = gst_structure_get_value (s, "request");
  if (value == NULL || !G_VALUE_HOLDS (value, GST_TYPE_DVR_REQUEST))
    return NULL;

  return g_value_get_boxed (value);
}

/**
 * gst_dvr_event_new_names:
 * @names: (array zero-terminated=1): all the stream names offered; `*` stands
 *   for any
 *
 * Returns: (transfer full): a sticky downstream event; it replaces the list
 *   sent before
 */
GstEvent *
gst_dvr_event_new_names (gchar ** names)
{
  GstStructure *s = gst_structure_new_empty (NAMES_EVENT);

  gst_structure_set (s, "names", G_TYPE_STRV, names, NULL);

  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, s);
}

/**
 * gst_dvr_event_parse_names:
 * @event: any event
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the names, or
 *   NULL if it is another kind of event
 */
gchar **
gst_dvr_event_parse_names (GstEvent * event)
{
  gchar **names = NULL;

  if (gst_event_has_name (event, NAMES_EVENT))
    gst_structure_get (gst_event_get_structure (event), "names", G_TYPE_STRV,
        &names, NULL);

  return names;
}

/**
 * gst_dvr_event_new_bad_name:
 * @name: a name that cannot be offered downstream
 *
 * Returns: (transfer full): an upstream event that refuses @name
 */
GstEvent *
gst_dvr_event_new_bad_name (const gchar * name)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new (BAD_NAME_EVENT, "name", G_TYPE_STRING, name, NULL));
}

/**
 * gst_dvr_event_parse_bad_name:
 * @event: any event
 *
 * Returns: (transfer none) (nullable): the refused name, or NULL if it is
 *   another kind of event
 */
const gchar *
gst_dvr_event_parse_bad_name (GstEvent * event)
{
  if (!gst_event_has_name (event, BAD_NAME_EVENT))
    return NULL;

  return gst_structure_get_string (gst_event_get_structure (event), "name");
}

GType
gst_dvr_meta_api_get_type (void)
{
  static GType type;
  static const gchar *tags[] = { NULL };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_meta_api_type_register ("GstDvrMetaAPI",
            tags));

  return type;
}

static gboolean
gst_dvr_meta_init (GstMeta * meta, gpointer params, GstBuffer * buffer)
{
  ((GstDvrMeta *) meta)->segment = NULL;

  return TRUE;
}

static void
gst_dvr_meta_free (GstMeta * meta, GstBuffer * buffer)
{
  g_clear_pointer (&((GstDvrMeta *) meta)->segment, gst_dvr_segment_unref);
}

static gboolean
gst_dvr_meta_transform (GstBuffer * to, GstMeta * meta, GstBuffer * from,
    GQuark type, gpointer data)
{
  GstDvrMeta *copy;

  if (!GST_META_TRANSFORM_IS_COPY (type))
    return FALSE;

  copy = (GstDvrMeta *) gst_buffer_add_meta (to, GST_DVR_META_INFO, NULL);
  copy->segment = gst_dvr_segment_ref (((GstDvrMeta *) meta)->segment);

  return TRUE;
}

const GstMetaInfo *
gst_dvr_meta_get_info (void)
{
  static const GstMetaInfo *info;

  if (g_once_init_enter (&info))
    g_once_init_leave (&info, gst_meta_register (GST_DVR_META_API_TYPE,
            "GstDvrMeta", sizeof (GstDvrMeta), gst_dvr_meta_init,
            gst_dvr_meta_free, gst_dvr_meta_transform));

  return info;
}

/**
 * gst_dvr_buffer_new_piece:
 * @segment: the segment that grew
 * @offset: where the new bytes begin
 * @size: how many; 0 to announce a change of state
 *
 * Returns: (transfer full): a buffer for the link, which shares the bytes and
 *   refers to @segment
 */
GstBuffer *
gst_dvr_buffer_new_piece (GstDvrSegment * segment, guint64 offset, guint64 size)
{
  GstBuffer *buffer = gst_dvr_segment_get_buffer (segment, offset, size);
  GstDvrMeta *meta;

  if (buffer == NULL)
    buffer = gst_buffer_new ();
  meta = (GstDvrMeta *) gst_buffer_add_meta (buffer, GST_DVR_META_INFO, NULL);
  meta->segment = gst_dvr_segment_ref (segment);

  return buffer;
}

/**
 * gst_dvr_post_status:
 * @element: who reports
 * @code: a code such as `NetConnection.Connect.Failed`
 * @level: `status`, `warning` or `error`
 * @description: for people
 * @first_field: (nullable): further fields, as gst_structure_new() takes them
 * @...: the fields, ended by NULL
 *
 * Posts the element message `dvr-status`, and emits the signal `on-status`
 * with the same structure where @element has that signal. Call it with no lock
 * held.
 */
void
gst_dvr_post_status (GstElement * element, const gchar * code,
    const gchar * level, const gchar * description,
    const gchar * first_field, ...)
{
  GstStructure *s;
  va_list args;

  s = gst_structure_new ("dvr-status", "code", G_TYPE_STRING, code,
      "level", G_TYPE_STRING, level,
      "description", G_TYPE_STRING, description, NULL);
  if (first_field) {
    va_start (args, first_field);
    gst_structure_set_valist (s, first_field, args);
    va_end (args);
  }

  if (g_signal_lookup ("on-status", G_OBJECT_TYPE (element)))
    g_signal_emit_by_name (element, "on-status", s);
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element), s));
}

/**
 * gst_dvr_peek_state:
 * @element: an element
 *
 * From any thread, also from within a change of state, where
 * gst_element_get_state() would wait. The object lock must not be held.
 *
 * Returns: the state that @element is in now
 */
GstState
gst_dvr_peek_state (GstElement * element)
{
  GstState state;

  GST_OBJECT_LOCK (element);
  state = GST_STATE (element);
  GST_OBJECT_UNLOCK (element);
  return state;
}

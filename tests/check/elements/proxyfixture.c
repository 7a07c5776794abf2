/* proxyfixture.c: an upstream and a proxystreamsrc for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "checkutil.h"
#include "proxyfixture.h"

/* styp, then mdat boxes of 1,000 bytes. */
guint8 *
make_media (guint n_boxes, gsize * size)
{
  guint8 *media = g_malloc0 (16 + n_boxes * 1000);
  guint i, j;

  *size = 16 + n_boxes * 1000;
  GST_WRITE_UINT32_BE (media, 16);
  memcpy (media + 4, "stypmsdh", 8);
  for (i = 0; i < n_boxes; i++) {
    guint8 *box = media + 16 + i * 1000;

    GST_WRITE_UINT32_BE (box, 1000);
    memcpy (box + 4, i % 2 ? "mdat" : "moof", 4);
    for (j = 8; j < 1000; j++)
      box[j] = i + j;
  }

  return media;
}

const gchar *const PLAYLIST = "#EXTM3U\n#EXT-X-VERSION:9\n"
    "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:100\n"
    "#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:10\n"
    "#EXT-X-MAP:URI=\"" RECORDING "/init-0.mp4\"\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00.000Z\n"
    "#EXTINF:2,\n" RECORDING "/100.m4s\n"
    "#EXTINF:2,\n" RECORDING "/101.m4s\n" "#EXT-X-ENDLIST\n";

static void
upstream_handler (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  g_autofree gchar *playlist = NULL;
  g_autofree gchar *range = http_stub_get_header (request, "Range");

  g_mutex_lock (&up->lock);
  playlist = g_strdup (up->playlist);
  g_free (up->last_head);
  up->last_head = g_strdup (request->head);
  g_string_append (up->heads, request->head);
  if (!g_str_has_suffix (request->path, ".m3u8")) {
    g_free (up->media_head);
    up->media_head = g_strdup (request->head);
  }
  if (range) {
    g_free (up->last_range);
    up->last_range = g_steal_pointer (&range);
  }
  g_mutex_unlock (&up->lock);

  if (up->special && g_str_has_prefix (request->path, up->special_path))
    up->special (request, up);
  else if (g_str_equal (request->path, DVR) && playlist)
    http_stub_reply (request, 200, NULL, playlist, strlen (playlist));
  else if (g_str_has_suffix (request->path, ".m4s")
      || g_str_has_suffix (request->path, ".mp4"))
    http_stub_serve (request, "\"" RECORDING "/100\"", up->media, up->size);
  else
    http_stub_reply (request, 404, NULL, "no", 2);
}

void
upstream_init (Upstream * up)
{
  memset (up, 0, sizeof (*up));
  g_mutex_init (&up->lock);
  g_cond_init (&up->changed);
  up->playlist = g_strdup (PLAYLIST);
  up->heads = g_string_new (NULL);
  up->media = make_media (200, &up->size);
  up->stub = http_stub_new (upstream_handler, up);
}

void
upstream_open (Upstream * up)
{
  g_mutex_lock (&up->lock);
  up->open = TRUE;
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
}

void
upstream_wait_open (Upstream * up)
{
  g_mutex_lock (&up->lock);
  up->seen++;
  g_cond_broadcast (&up->changed);
  while (!up->open)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
}

void
upstream_wait_seen (Upstream * up, guint n)
{
  g_mutex_lock (&up->lock);
  while (up->seen < n)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
}

void
upstream_set_playlist (Upstream * up, const gchar * text)
{
  g_mutex_lock (&up->lock);
  g_free (up->playlist);
  up->playlist = g_strdup (text);
  g_mutex_unlock (&up->lock);
}

void
upstream_clear (Upstream * up)
{
  upstream_open (up);
  http_stub_free (up->stub);
  g_free (up->playlist);
  g_free (up->media);
  g_free (up->last_head);
  g_free (up->media_head);
  g_string_free (up->heads, TRUE);
  g_free (up->last_range);
  g_mutex_clear (&up->lock);
  g_cond_clear (&up->changed);
}

#define TIMEOUT (60 * GST_SECOND)

guint64 fixture_timeout = TIMEOUT;

void
fixture_start (Fixture * f, const gchar * path)
{
  g_autofree gchar *location = NULL;

  upstream_init (&f->up);
  location = http_stub_get_uri (f->up.stub, path);
  f->element = gst_element_factory_make ("proxystreamsrc", NULL);
  fail_unless (f->element != NULL);
  g_object_set (f->element, "location", location, "retry-delay",
      50 * GST_MSECOND, "max-retry-delay", 100 * GST_MSECOND, "timeout",
      fixture_timeout, NULL);
  f->harness = gst_harness_new_with_element (f->element, NULL, "src");
  gst_harness_set_drop_buffers (f->harness, TRUE);
}

void
fixture_play (Fixture * f)
{
  gst_harness_play (f->harness);
}

void
fixture_stop (Fixture * f)
{
  gst_harness_teardown (f->harness);
  gst_object_unref (f->element);
  upstream_clear (&f->up);
  fixture_timeout = TIMEOUT;
}

GstDvrRequest *
ask_segment (Fixture * f, guint64 number)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);

  gst_dvr_request_send (request, f->harness->sinkpad);

  return request;
}

GstDvrTimeline *
ask_timeline (Fixture * f, const gchar * stream, GstDvrAnswer * answer)
{
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_timeline (stream);
  GstDvrTimeline *timeline = NULL;

  *answer = gst_dvr_request_send (request, f->harness->sinkpad);
  if (*answer == GST_DVR_ANSWER_OK)
    timeline = gst_dvr_timeline_ref (gst_dvr_request_get_timeline (request));

  return timeline;
}

/* Waits until what is checked for is so. */
void
wait_timeline (GstDvrTimeline * timeline, InfoCheck check,
    GstDvrTimelineInfo * info)
{
  gint64 until = g_get_monotonic_time () + WAIT;

  gst_dvr_timeline_get_info (timeline, info);
  while (!check (info)) {
    fail_unless (g_get_monotonic_time () < until, "the timeline does not come");
    check_wait_timeline (timeline, info->version + 1, until);
    gst_dvr_timeline_get_info (timeline, info);
  }
}

gboolean
is_known (const GstDvrTimelineInfo * info)
{
  return info->state != GST_DVR_TIMELINE_PENDING;
}

GstDvrTimeline *
follow (Fixture * f, GstDvrTimelineInfo * info)
{
  GstDvrAnswer answer;
  GstDvrTimeline *timeline = ask_timeline (f, "live/cam1", &answer);

  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  wait_timeline (timeline, is_known, info);

  return timeline;
}

/* Says no, at once or once upstream has said so. */
void
expect_absent (Fixture * f)
{
  GstDvrTimelineInfo info;
  GstDvrAnswer answer;
  GstDvrTimeline *timeline = ask_timeline (f, "live/cam1", &answer);

  if (timeline == NULL) {
    fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);
    return;
  }
  wait_timeline (timeline, is_known, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_FAILED);
  fail_unless_equals_int (info.status, 404);
  gst_dvr_timeline_unref (timeline);
}

/* Until the segment has that many bytes, or has ended. */
GstDvrSegmentState
wait_segment (GstDvrSegment * segment, guint64 size)
{
  return check_wait_segment (segment, size, G_MAXUINT);
}

/* Returns the status with which the segment ended, 0 when whole. */
guint
wait_end (GstDvrRequest * request)
{
  GstDvrSegment *segment = gst_dvr_request_get_segment (request);

  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  if (wait_segment (segment, G_MAXUINT64) == GST_DVR_SEGMENT_WHOLE)
    return 0;

  return gst_dvr_segment_get_status (segment);
}

void
check_bytes (GstDvrRequest * request, const guint8 * media, gsize size)
{
  GstDvrSegment *segment = gst_dvr_request_get_segment (request);
  g_autofree guint8 *bytes = g_malloc (size);

  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), size);
  fail_unless (gst_dvr_segment_read (segment, 0, bytes, size));
  fail_unless (memcmp (bytes, media, size) == 0);
}

void
gated_segment (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  upstream_wait_open (up);
  http_stub_serve (request, "\"e\"", up->media, up->size);
}

void
half_then_gate (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  http_stub_head (request, 200, "ETag: \"e\"\r\n", up->size);
  http_stub_send (request, up->media, up->size / 2);
  upstream_wait_open (up);
  http_stub_send (request, up->media + up->size / 2, up->size - up->size / 2);
}

GstDvrTimeline *
fixture_start_special (Fixture * f, HttpStubHandler special)
{
  GstDvrTimelineInfo info;

  fixture_start (f, "");
  f->up.special = special;
  f->up.special_path = SEGMENT_PATH;
  fixture_play (f);

  return follow (f, &info);
}

GstDvrRequest *
fixture_ask_half (Fixture * f, HttpStubHandler special)
{
  GstDvrRequest *request;

  gst_dvr_timeline_unref (fixture_start_special (f, special));
  request = ask_segment (f, NUMBER);
  fail_unless_equals_int (wait_segment (gst_dvr_request_get_segment (request),
          f->up.size / 2), GST_DVR_SEGMENT_FILLING);

  return request;
}

guint
upstream_count_blocked (Upstream * up)
{
  guint n;

  g_mutex_lock (&up->lock);
  n = up->edge.n_blocked;
  g_mutex_unlock (&up->lock);

  return n;
}

void
edge_advance (Upstream * up)
{
  g_mutex_lock (&up->lock);
  if (++up->edge.n_parts == N_PARTS) {
    up->edge.n_parts = 0;
    up->edge.open_number++;
  }
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
}

void
edge_stop (Upstream * up)
{
  g_mutex_lock (&up->lock);
  up->edge.stopping = TRUE;
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
}

/* Whether a part is there. */
static gboolean
edge_has (const Edge * edge, guint64 number, guint part)
{
  return number < edge->open_number || (number == edge->open_number
      && part < edge->n_parts);
}

static guint64
get_directive (const gchar * target, const gchar * name)
{
  const gchar *at = strstr (target, name);

  return at ? g_ascii_strtoull (at + strlen (name), NULL, 10) : G_MAXUINT64;
}

static void
write_parts (GString * out, guint64 number, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    g_string_append_printf (out, "#EXT-X-PART:DURATION=0.5,URI=\"" RECORDING
        "/%" G_GUINT64_FORMAT ".%u.m4s\"%s\n", number, i,
        i == 0 ? ",INDEPENDENT=YES" : "");
}

static gchar *
edge_write (const Edge * edge, gboolean delta)
{
  GString *out = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.5\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,"
      "PART-HOLD-BACK=1.5\n#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:0\n"
      "#EXT-X-MEDIA-SEQUENCE:80\n");
  guint64 number = 80;

  if (delta) {
    number = edge->open_number - 7;
    g_string_append_printf (out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n",
        (guint) (number - 80));
  }
  g_string_append (out, "#EXT-X-MAP:URI=\"" RECORDING "/init-0.mp4\"\n");
  for (; number < edge->open_number; number++) {
    if (number + 3 >= edge->open_number)
      write_parts (out, number, N_PARTS);
    g_string_append_printf (out, "#EXT-X-DVR-SEGMENT:SIZE=%u\n#EXTINF:2,\n"
        RECORDING "/%" G_GUINT64_FORMAT ".m4s\n", N_PARTS * PART_SIZE, number);
  }
  write_parts (out, number, edge->n_parts);
  g_string_append_printf (out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" RECORDING
      "/%" G_GUINT64_FORMAT ".%u.m4s\"\n", number, edge->n_parts);

  return g_string_free (out, FALSE);
}

/* Called with the lock. */
static void
edge_delay (Upstream * up)
{
  gint64 until = g_get_monotonic_time () + up->edge.delay;

  while (!up->edge.stopping && g_get_monotonic_time () < until)
    g_cond_wait_until (&up->changed, &up->lock, until);
}

static void
edge_list (HttpStubRequest * request, Upstream * up)
{
  guint64 msn = get_directive (request->target, "_HLS_msn=");
  guint64 part = get_directive (request->target, "_HLS_part=");
  gboolean delta = strstr (request->target, "_HLS_skip=YES") != NULL;
  g_autofree gchar *text = NULL;

  g_mutex_lock (&up->lock);
  up->edge.n_deltas += delta;
  up->edge.n_blocked += msn != G_MAXUINT64;
  if (msn == G_MAXUINT64)
    edge_delay (up);
  while (msn != G_MAXUINT64 && !edge_has (&up->edge, msn, part)
      && !up->edge.stopping)
    g_cond_wait (&up->changed, &up->lock);
  text = edge_write (&up->edge, delta);
  g_mutex_unlock (&up->lock);
  http_stub_reply (request, 200, NULL, text, strlen (text));
}

void
edge_handler (HttpStubRequest * request, gpointer data)
{
  const gchar *name = strrchr (request->path, '/') + 1;
  Upstream *up = data;
  gchar *end;
  guint64 number = g_ascii_strtoull (name, &end, 10);
  guint part;

  if (g_str_has_suffix (request->path, ".m3u8")) {
    edge_list (request, up);
    return;
  }
  if (*end != '.' || !g_ascii_isdigit (end[1])) {
    http_stub_serve (request, "\"w\"", up->media, N_PARTS * PART_SIZE);
    return;
  }
  part = g_ascii_strtoull (end + 1, NULL, 10);
  g_mutex_lock (&up->lock);
  if (edge_has (&up->edge, number, part))
    edge_delay (up);
  up->edge.n_early += part > 0 && !edge_has (&up->edge, number, part - 1);
  g_cond_broadcast (&up->changed);
  while (!edge_has (&up->edge, number, part) && !up->edge.stopping)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
  if (part < N_PARTS)
    http_stub_serve (request, "\"p\"", up->media + part * PART_SIZE, PART_SIZE);
  else
    http_stub_reply (request, 404, NULL, "no", 2);
}

void
upstream_make_edge (Upstream * up)
{
  guint i;

  up->edge.open_number = NUMBER;
  up->edge.n_parts = 1;
  for (i = 0; i < N_PARTS; i++) {
    GST_WRITE_UINT32_BE (up->media + i * PART_SIZE, PART_SIZE);
    memcpy (up->media + i * PART_SIZE + 4, i ? "moof" : "styp", 4);
  }
  up->special = edge_handler;
  up->special_path = "/live/cam1/";
}

void
edge_start (Fixture * f)
{
  fixture_start (f, "");
  upstream_make_edge (&f->up);
  fixture_play (f);
}

void
fixture_set_backup (Fixture * f, Upstream * backup)
{
  g_autofree gchar *location = http_stub_get_uri (backup->stub, "");
  GValue backups = G_VALUE_INIT, value = G_VALUE_INIT;

  g_value_init (&backups, GST_TYPE_ARRAY);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, location);
  gst_value_array_append_and_take_value (&backups, &value);
  g_object_set_property (G_OBJECT (f->element), "backup-locations", &backups);
  g_value_unset (&backups);
}

static guint64 wanted_next;
static guint wanted_parts;

static gboolean
has_come (const GstDvrTimelineInfo * info)
{
  return info->next > wanted_next || (info->next == wanted_next
      && info->n_parts >= wanted_parts);
}

void
wait_part (GstDvrTimeline * timeline, guint64 number, guint n_parts,
    GstDvrTimelineInfo * info)
{
  wanted_next = number;
  wanted_parts = n_parts;
  wait_timeline (timeline, has_come, info);
}

/* Waits for a status and returns its description. */
gchar *
wait_status (GstBus * bus, const gchar * code)
{
  gchar *description = NULL;

  while (description == NULL) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND,
        GST_MESSAGE_ELEMENT);
    const GstStructure *s;

    fail_unless (message != NULL, "no status %s", code);
    s = gst_message_get_structure (message);
    if (gst_structure_has_name (s, "dvr-status")
        && g_strcmp0 (gst_structure_get_string (s, "code"), code) == 0)
      description = g_strdup (gst_structure_get_string (s, "description"));
    gst_message_unref (message);
  }

  return description;
}

GstBus *
fixture_bus (Fixture * f)
{
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (f->element, bus);

  return bus;
}

gboolean
is_stale (const GstDvrTimelineInfo * info)
{
  return info->stale;
}

gboolean
is_fresh (const GstDvrTimelineInfo * info)
{
  return !info->stale;
}

void
set_location (Fixture * f, Upstream * up)
{
  g_autofree gchar *location = http_stub_get_uri (up->stub, "");

  g_object_set (f->element, "location", location, NULL);
}

static gboolean
is_at (Fixture * f, const gchar * location)
{
  g_autofree gchar *current = NULL;

  g_object_get (f->element, "current-location", &current, NULL);
  return g_strcmp0 (current, location) == 0;
}

void
wait_location (Fixture * f, Upstream * up)
{
  g_autofree gchar *location = http_stub_get_uri (up->stub, "");

  fail_unless_soon (is_at (f, location));
}

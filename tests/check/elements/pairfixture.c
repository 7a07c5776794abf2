/* pairfixture.c: two origins that record one publisher, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "pairfixture.h"

#define FRAME (GST_SECOND / GOP)
#define SOUND (GST_SECOND / SOUNDS)
/* With sound a part ends as much before its last frame does. */
#define EARLY 5
#define BEGAN G_GINT64_CONSTANT (1795550400000000)
#define CODEC "video/x-h264,stream-format=avc,alignment=au,width=128,"\
  "height=96,codec_data=(buffer)0164000affe100186764000aacd9420db01100000300"\
  "0100000300320f12259601000668ebe3cb22c0fdf8f800"

#define SOUND_CODEC "audio/mpeg,mpegversion=4,stream-format=raw,rate=44100,"\
  "channels=2,codec_data=(buffer)1210"

static Pair *pair;

static void
append (GByteArray * out, GstBuffer * buffer)
{
  GstMapInfo map;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_byte_array_append (out, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

static GstBuffer *
make_sample (const Origin * o, guint number, GstClockTime duration)
{
  guint32 payload[2] = { number, o->other };
  GstBuffer *sample = gst_buffer_new_memdup (payload, sizeof (payload));

  GST_BUFFER_DTS (sample) = GST_BUFFER_PTS (sample) =
      o->base + number * duration - o->began * GST_SECOND;
  GST_BUFFER_DURATION (sample) = duration;

  return sample;
}

/* A chunk of frames of a second, if of any, and of sounds. */
static void
append_chunk (const Origin * o, gint gop, guint from, guint to,
    GByteArray * out)
{
  GstBuffer *frames[GOP], *sounds[SOUNDS];
  GstFmp4Run runs[2] = { {&pair->tracks[0], frames, GOP},
  {&pair->tracks[1], sounds, to - from}
  };
  guint i;

  for (i = 0; gop >= 0 && i < GOP; i++) {
    frames[i] = make_sample (o, gop * GOP + i, FRAME);
    if (i > 0)
      GST_BUFFER_FLAG_SET (frames[i], GST_BUFFER_FLAG_DELTA_UNIT);
  }
  for (i = from; i < to; i++) {
    sounds[i - from] = make_sample (o, i, SOUND);
    GST_BUFFER_DTS (sounds[i - from]) -= o->lag;
    GST_BUFFER_PTS (sounds[i - from]) -= o->lag;
  }
  append (out, gst_fmp4_write_chunk (1, gop >= 0 ? runs : runs + 1,
          gop >= 0 && to > from ? 2 : 1, NULL, NULL));
  for (i = 0; gop >= 0 && i < GOP; i++)
    gst_buffer_unref (frames[i]);
  for (i = from; i < to; i++)
    gst_buffer_unref (sounds[i - from]);
}

/* One second of the publisher's stream, and where the part before ended early
 * what of its sound is left. */
static void
append_gop (const Origin * o, guint gop, gboolean first, GByteArray * out)
{
  guint at = gop * SOUNDS;

  if (o->sound && !first)
    append_chunk (o, -1, at - EARLY, at, out);
  append_chunk (o, gop, at, o->sound ? at + SOUNDS - EARLY : at, out);
}

/* One second is a part. */
static GByteArray *
make_parts (const Origin * o, guint index, guint from, guint to)
{
  static const guint8 styp[] = "\0\0\0\x10stypmsdh\0\0\0";
  GByteArray *out = g_byte_array_new ();
  guint i;

  if (from == 0)
    g_byte_array_append (out, styp, 16);
  for (i = from; i < to; i++)
    append_gop (o, o->began + index * GOPS + i, index + i == 0, out);

  return out;
}

static void
list_parts (GString * out, const Origin * o, guint index, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    g_string_append_printf (out, "#EXT-X-PART:DURATION=1,INDEPENDENT=YES,"
        "URI=\"%s%s%" G_GUINT64_FORMAT ".%u.m4s\"\n",
        o->recording ? o->recording : "seg", o->recording ? "/" : "",
        o->number + index, i);
}

static void
list_segment (GString * out, const Origin * o, guint i)
{
  g_autoptr (GDateTime) at = g_date_time_new_from_unix_utc ((BEGAN +
          o->clock) / G_USEC_PER_SEC + o->began + i * GOPS);
  g_autofree gchar *text = g_date_time_format (at, "%Y-%m-%dT%H:%M:%S");

  if (!o->timeless)
    g_string_append_printf (out, "#EXT-X-PROGRAM-DATE-TIME:%s.%03uZ\n", text,
        (guint) (o->clock % G_USEC_PER_SEC / 1000));
  if (o->blocking)
    list_parts (out, o, i, GOPS);
  if (o->recording)
    g_string_append_printf (out, "#EXTINF:%u,\n%s/%" G_GUINT64_FORMAT ".m4s\n",
        GOPS, o->recording, o->number + i);
  else
    g_string_append_printf (out, "#EXTINF:%u,\nseg%" G_GUINT64_FORMAT ".m4s\n",
        GOPS, o->number + i);
}

static gchar *
make_list (const Origin * o, guint n, guint growing)
{
  GString *out = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:2\n");
  guint i;

  if (o->recording)
    g_string_append (out, "#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:0\n");
  if (o->blocking)
    g_string_append (out, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n");
  if (growing || o->blocking)
    g_string_append (out, "#EXT-X-PART-INF:PART-TARGET=1\n");
  g_string_append_printf (out, "#EXT-X-MEDIA-SEQUENCE:%" G_GUINT64_FORMAT
      "\n#EXT-X-MAP:URI=\"%s%sinit-0.mp4\"\n", o->number,
      o->recording ? o->recording : "", o->recording ? "/" : "");
  for (i = 0; i < n; i++)
    list_segment (out, o, i);
  list_parts (out, o, n, growing);

  return g_string_free (out, FALSE);
}

/* Holds the answer back until there is what it asks for. */
static gchar *
wait_list (const gchar * target, Origin * o)
{
  const gchar *msn = strstr (target, "_HLS_msn="), *part;
  guint64 number = 0, index = 0;
  gchar *list;

  if (msn && o->blocking) {
    number = g_ascii_strtoull (msn + 9, NULL, 10) - o->number;
    part = strstr (target, "_HLS_part=");
    index = part ? g_ascii_strtoull (part + 10, NULL, 10) : GOPS;
  }
  g_mutex_lock (&pair->f.up.lock);
  if (o == &pair->second) {
    g_free (pair->asked);
    pair->asked = g_strdup (target);
  }
  while (msn && o->blocking && !pair->stopping && (o->n < number
          || (o->n == number && o->growing <= index)))
    g_cond_wait (&pair->f.up.changed, &pair->f.up.lock);
  list = make_list (o, o->n, o->growing);
  g_mutex_unlock (&pair->f.up.lock);

  return list;
}

/* `<number>.m4s` or `<number>.<part>.m4s`, after the recording or `seg`. */
static GByteArray *
make_segment (const Origin * o, const gchar * name)
{
  gchar *end;
  guint64 index = g_ascii_strtoull (name, &end, 10) - o->number, part;

  if (end[1] == 'm')
    return index < o->n ? make_parts (o, index, 0, GOPS) : NULL;
  part = g_ascii_strtoull (end + 1, NULL, 10);
  if (index > o->n || part >= (index < o->n ? GOPS : o->growing))
    return NULL;

  return make_parts (o, index, part, part + 1);
}

static void
origin_handler (HttpStubRequest * request, gpointer data)
{
  Origin *o = data == &pair->backup ? &pair->second : &pair->first;
  g_autofree gchar *beneath = g_strdup_printf ("/live/cam1/%s",
      o->recording ? o->recording : "");
  g_autoptr (GByteArray) out = NULL;
  g_autofree gchar *list = NULL;
  const gchar *name = request->path + strlen (beneath);

  if (g_str_has_suffix (request->path, ".m3u8")) {
    /* whether it is there is asked, too, of who is slow to answer */
    if (o == &pair->second && !request->no_body)
      g_atomic_int_inc (&pair->n_lists);
    list = wait_list (request->target, o);
    http_stub_reply (request, 200, NULL, list, strlen (list));
    return;
  }
  if (!g_str_has_prefix (request->path, beneath)) {
    http_stub_reply (request, 404, NULL, "no", 2);
    return;
  }
  name += strspn (name, "/seg");
  if (g_str_equal (name, "init-0.mp4")) {
    out = g_byte_array_new ();
    append (out, gst_fmp4_write_init (pair->tracks, o->sound ? 2 : 1, NULL));
  } else {
    out = make_segment (o, name);
  }
  if (out)
    http_stub_serve (request, "\"e\"", out->data, out->len);
  else
    http_stub_reply (request, 404, NULL, "no", 2);
}

void
pair_start (Pair * p, const Origin * first, const Origin * second)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CODEC);
  g_autoptr (GstCaps) sound_caps = gst_caps_from_string (SOUND_CODEC);
  static const Origin usual = { RECORDING, 100, 0, GST_SECOND, 0, 3, };
  GstDvrTimelineInfo info;

  memset (p, 0, sizeof (*p));
  pair = p;
  p->first = first ? *first : usual;
  p->second = *second;
  p->frames = g_array_new (FALSE, FALSE, sizeof (guint));
  p->sounds = g_array_new (FALSE, FALSE, sizeof (guint));
  fail_unless (gst_fmp4_track_init (&p->tracks[0], 1, caps, 0, NULL));
  fail_unless (gst_fmp4_track_init (&p->tracks[1], 2, sound_caps, 0, NULL));
  upstream_init (&p->backup);
  fixture_start (&p->f, "");
  fixture_set_backup (&p->f, &p->backup);
  p->f.up.special = p->backup.special = origin_handler;
  p->f.up.special_path = p->backup.special_path = "/live/cam1/";
  fixture_play (&p->f);
  p->timeline = follow (&p->f, &info);
  gst_dvr_timeline_use (p->timeline);
  p->next = info.first;
}

void
pair_stop (Pair * p)
{
  g_mutex_lock (&p->f.up.lock);
  p->stopping = TRUE;
  g_cond_broadcast (&p->f.up.changed);
  g_mutex_unlock (&p->f.up.lock);
  gst_dvr_timeline_unuse (p->timeline);
  gst_dvr_timeline_unref (p->timeline);
  fixture_stop (&p->f);
  upstream_clear (&p->backup);
  gst_fmp4_track_clear (&p->tracks[0]);
  gst_fmp4_track_clear (&p->tracks[1]);
  g_array_unref (p->frames);
  g_array_unref (p->sounds);
  g_free (p->asked);
}

void
pair_grow (Pair * p, Origin * o, guint n, guint growing)
{
  g_mutex_lock (&p->f.up.lock);
  g_atomic_int_set (&o->n, n);
  g_atomic_int_set (&o->growing, growing);
  g_cond_broadcast (&p->f.up.changed);
  g_mutex_unlock (&p->f.up.lock);
}

/* How often the second was asked for its list. */
guint
pair_count_lists (Pair * p)
{
  return g_atomic_int_get (&p->n_lists);
}

guint
pair_try (Pair * p, GstDvrSegmentKind kind, const gchar * recording,
    guint64 number, GByteArray * out)
{
  GstDvrSegmentId id = { kind, "live/cam1", recording, number, 0, 0 };
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);
  GstDvrSegment *segment;
  guint status;

  gst_dvr_request_send (request, p->f.harness->sinkpad);
  status = wait_end (request);
  segment = gst_dvr_request_get_segment (request);
  if (status == 0)
    append (out, gst_dvr_segment_get_buffer (segment, 0,
            gst_dvr_segment_get_size (segment)));

  return status;
}

static GByteArray *
fetch (Pair * p, GstDvrSegmentKind kind, const gchar * recording,
    guint64 number)
{
  GByteArray *out = g_byte_array_new ();

  fail_unless_equals_int (pair_try (p, kind, recording, number, out), 0);

  return out;
}

static void
note_frame (const GstFmp4Track * track, GstBuffer * sample, gpointer data)
{
  Pair *p = data;
  guint32 payload[2];

  fail_unless_equals_int (gst_buffer_extract (sample, 0, payload, 8), 8);
  g_array_append_val (track->id == 1 ? p->frames : p->sounds, payload[0]);
  gst_buffer_unref (sample);
}

/* Plays all that came since. */
void
pair_play (Pair * p)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (p->timeline, &info);
  for (; p->next < info.next; p->next++) {
    g_autoptr (GByteArray) init = NULL;
    g_autoptr (GByteArray) media = NULL;
    g_autoptr (GstBuffer) buffer = NULL;
    g_autoptr (GArray) tracks = NULL;
    GstDvrEntry entry;

    fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, p->next,
            &entry), GST_DVR_FOUND_CLOSED);
    init = fetch (p, GST_DVR_SEGMENT_INIT, entry.recording, entry.init);
    media = fetch (p, GST_DVR_SEGMENT_MEDIA, entry.recording, p->next);
    tracks = gst_fmp4_read_init (init->data, init->len, NULL);
    fail_unless (tracks != NULL);
    buffer = gst_buffer_new_memdup (media->data, media->len);
    fail_unless (gst_fmp4_read_chunk (buffer, (GstFmp4Track *) tracks->data,
            tracks->len, note_frame, p, NULL));
  }
}

static guint64 wanted;

static gboolean
reaches (const GstDvrTimelineInfo * info)
{
  return info->next >= wanted;
}

void
pair_wait_next (Pair * p, guint64 next)
{
  GstDvrTimelineInfo info;

  wanted = next;
  wait_timeline (p->timeline, reaches, &info);
  fail_unless_equals_uint64 (info.next, next);
}

void
pair_start_playing (Pair * p, const Origin * second)
{
  pair_start (p, NULL, second);
  pair_play (p);
}

void
pair_lose_first (Pair * p, guint64 next)
{
  http_stub_down (p->f.up.stub);
  pair_wait_next (p, next);
  pair_play (p);
}

/* Every frame of the first @seconds, once, but for those in [@from, @to). */
void
pair_check_frames (Pair * p, guint seconds, guint from, guint to)
{
  guint i, n = 0;

  for (i = 0; i < seconds * GOP; i++) {
    if (i >= from * GOP && i < to * GOP)
      continue;
    fail_unless (n < p->frames->len, "frame %u is missing", i);
    fail_unless_equals_int (g_array_index (p->frames, guint, n++), i);
  }
  fail_unless_equals_int (p->frames->len, n);
}

/* Segment @number begins another recording, right after the one before. */
void
pair_check_seam (Pair * p, guint64 number, GstClockTime gap)
{
  GstDvrEntry before, after;

  gst_dvr_timeline_find (p->timeline, number - 1, &before);
  fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, number, &after),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_int (after.discontinuity, before.discontinuity + 1);
  fail_if (g_str_equal (after.recording, before.recording));
  fail_unless_equals_uint64 (after.start, before.start + before.duration + gap);
}

const gchar *
pair_get_recording (Pair * p, guint64 number)
{
  GstDvrEntry entry;

  fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, number, &entry),
      GST_DVR_FOUND_CLOSED);

  return entry.recording;
}

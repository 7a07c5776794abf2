/* gstsegmentcache.c: element that keeps the segments that pass
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-segmentcache
 * @title: segmentcache
 * @short_description: keeps the segments that pass, in memory and on disk
 * @see_also: proxystreamsrc, dvrserversink
 *
 * Answers the requests of elements downstream from a least-recently-used cache
 * that all viewers share, and asks upstream, once, for what it does not have.
 *
 * The peer decides how it works, once, until it goes back to READY: where the
 * peer takes `application/x-dvr-segment` it exchanges segments; where it takes
 * anything else it plays one stream as fragmented MP4. A tee to both does not
 * work: use two of them with one #GstSegmentCache:cache-id.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 proxystreamsrc location=http://origin:8080 ! segmentcache max-memory=2147483648 cache-dir=/var/cache/dvr max-disk=107374182400 ! dvrserversink host=0.0.0.0 http-port=8080
 * ]| Serves what an origin has, keeping 2 GiB in memory and 100 GiB on disk.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstsegmentcache-private.h"

GST_DEBUG_CATEGORY (gst_segment_cache_debug);
#define GST_CAT_DEFAULT gst_segment_cache_debug

#define DEFAULT_MAX_MEMORY (G_GUINT64_CONSTANT (512) * 1024 * 1024)
#define DEFAULT_MAX_DISK (G_GUINT64_CONSTANT (10) * 1024 * 1024 * 1024)
#define DEFAULT_PREFETCH 0
#define MAX_PREFETCH 64
#define DEFAULT_IN_BUFFER_SEEK FALSE
#define DEFAULT_TELL_UPSTREAM TRUE
#define DEFAULT_BUFFER_TIME (100 * GST_MSECOND)
#define DEFAULT_BACK_BUFFER_TIME (30 * GST_SECOND)

#define READY_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

enum
{
  PROP_0,
  PROP_MAX_MEMORY,
  PROP_CACHE_DIR,
  PROP_MAX_DISK,
  PROP_CACHE_ID,
  PROP_PREFETCH,
  PROP_START,
  PROP_START_DATE_TIME,
  PROP_IN_BUFFER_SEEK,
  PROP_TELL_UPSTREAM,
  PROP_BUFFER_TIME,
  PROP_BACK_BUFFER_TIME,
  PROP_BUFFER_LENGTH,
  PROP_BACK_BUFFER_LENGTH,
  PROP_STATS,
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstSegmentCache, gst_segment_cache,
    GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (gst_segment_cache_debug, "segmentcache", 0,
        "cache of DVR segments"));
GST_ELEMENT_REGISTER_DEFINE (segmentcache, "segmentcache", GST_RANK_NONE,
    GST_TYPE_SEGMENT_CACHE);

/* What the cache asks of us. */

static GstDvrAnswer
ask_upstream (GObject * owner, GstDvrRequest * request)
{
  return gst_dvr_request_send (request, GST_SEGMENT_CACHE (owner)->sinkpad);
}

static void
tell_status (GObject * owner, const gchar * code, const gchar * level,
    const gchar * description)
{
  gst_dvr_post_status (GST_ELEMENT (owner), code, level, description, NULL,
      NULL);
}

/* Element. */

static void
start (GstSegmentCache * self)
{
  static const GstDvrCacheUserFuncs funcs = { ask_upstream, tell_status };
  GstDvrCache *cache;
  GstDvrCacheUser *user;
  guint64 max_memory, max_disk;
  gchar *id, *directory;

  g_mutex_lock (&self->lock);
  id = g_strdup (self->cache_id);
  directory = g_strdup (self->cache_dir);
  max_memory = self->max_memory;
  max_disk = self->max_disk;
  g_mutex_unlock (&self->lock);

  cache = gst_dvr_cache_get (id);
  user = gst_dvr_cache_join (cache, G_OBJECT (self), &funcs, max_memory);
  if (directory && max_disk > 0)
    gst_dvr_cache_set_disk (cache, directory, max_disk);
  g_free (directory);
  g_free (id);

  g_mutex_lock (&self->lock);
  self->cache = cache;
  self->user = user;
  self->mode = MODE_UNDECIDED;
  self->have_caps = FALSE;
  self->look_at_peer = TRUE;
  self->flow = GST_FLOW_OK;
  self->over = FALSE;
  memset (&self->counts, 0, sizeof (self->counts));
  self->started = TRUE;
  g_mutex_unlock (&self->lock);
}

/* From here on requests are refused; what has begun ends by itself. */
static void
refuse_requests (GstSegmentCache * self)
{
  g_mutex_lock (&self->lock);
  self->started = FALSE;
  g_mutex_unlock (&self->lock);
}

static void
stop (GstSegmentCache * self)
{
  GstDvrPlayhead *playhead;
  GstDvrCache *cache;
  GstDvrCacheUser *user;

  g_mutex_lock (&self->lock);
  self->started = FALSE;
  gst_segment_cache_clear_items_locked (self, TRUE);
  cache = g_steal_pointer (&self->cache);
  user = g_steal_pointer (&self->user);
  playhead = g_steal_pointer (&self->playhead);
  g_mutex_unlock (&self->lock);

  gst_dvr_timeline_table_clear (self->timelines);
  if (playhead) {
    gst_dvr_playhead_stop (playhead);
    gst_dvr_playhead_unref (playhead);
  }
  if (user)
    gst_dvr_cache_leave (cache, user);
  g_clear_object (&cache);
}

/* The state is only the new one once change_state() has returned: told earlier,
 * the playhead would still see the one before, and not look again. */
static void
gst_segment_cache_state_changed (GstElement * element, GstState old_state,
    GstState new_state, GstState pending)
{
  GstDvrPlayhead *playhead =
      gst_segment_cache_get_playhead (GST_SEGMENT_CACHE (element));

  if (!playhead)
    return;
  gst_dvr_playhead_state_changed (playhead);
  gst_dvr_playhead_unref (playhead);
}

static gboolean
gst_segment_cache_step (GstSegmentCache * self, gint frames)
{
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  gboolean ret = FALSE;

  if (playhead) {
    ret = gst_dvr_playhead_step (playhead, frames, gst_segment_cache_loop,
        self);
    gst_dvr_playhead_unref (playhead);
  }
  return ret;
}

static GstStateChangeReturn
gst_segment_cache_change_state (GstElement * element, GstStateChange transition)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    start (self);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    refuse_requests (self);
  ret = GST_ELEMENT_CLASS (gst_segment_cache_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return ret;
}

static gboolean
takes_smart_seek (GstSegmentCache * self)
{
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  gboolean takes = TRUE;

  if (playhead) {
    takes = gst_dvr_playhead_is_welcome (playhead);
    gst_dvr_playhead_unref (playhead);
  }
  return takes;
}

static GstStructure *
create_stats (GstSegmentCache * self)
{
  GstDvrCacheStats stats = { 0, };
  GstDvrCache *cache;
  GstDvrCacheUser *user;
  Counts counts;

  if (gst_segment_cache_use_cache (self, &cache, &user)) {
    gst_dvr_cache_get_stats (cache, &stats);
    gst_segment_cache_unuse_cache (cache, user);
  }
  g_mutex_lock (&self->lock);
  counts = self->counts;
  g_mutex_unlock (&self->lock);
  return gst_structure_new ("application/x-segmentcache-stats",
      "hits", G_TYPE_UINT64, counts.hits,
      "misses", G_TYPE_UINT64, counts.misses,
      "collapsed", G_TYPE_UINT64, counts.collapsed,
      "disk-hits", G_TYPE_UINT64, counts.disk_hits,
      "refused", G_TYPE_UINT64, counts.refused,
      "prefetches", G_TYPE_UINT64, counts.prefetches,
      "pieces-dropped", G_TYPE_UINT64, counts.pieces_dropped,
      "evictions", G_TYPE_UINT64, stats.evictions,
      "reclaims", G_TYPE_UINT64, stats.reclaims,
      "refetches", G_TYPE_UINT64, stats.refetches,
      "bytes", G_TYPE_UINT64, stats.bytes,
      "derived-bytes", G_TYPE_UINT64, stats.derived_bytes,
      "max-bytes", G_TYPE_UINT64, stats.max_bytes,
      "pinned-bytes", G_TYPE_UINT64, stats.pinned_bytes,
      "segments", G_TYPE_UINT64, stats.segments,
      "ranges", G_TYPE_UINT64, stats.ranges,
      "filling", G_TYPE_UINT64, stats.filling,
      "disk-bytes", G_TYPE_UINT64, stats.disk_bytes,
      "disk-segments", G_TYPE_UINT64, stats.disk_segments,
      "disk-evictions", G_TYPE_UINT64, stats.disk_evictions,
      "disk-broken", G_TYPE_UINT64, stats.disk_broken,
      "disk-skipped", G_TYPE_UINT64, stats.disk_skipped,
      "smart-seek", G_TYPE_BOOLEAN, takes_smart_seek (self), NULL);
}

static void
set_string (GstSegmentCache * self, gchar ** field, const GValue * value)
{
  g_mutex_lock (&self->lock);
  g_free (*field);
  *field = g_value_dup_string (value);
  g_mutex_unlock (&self->lock);
}

/* What the playhead goes by has changed. */
static void
configure_playhead (GstSegmentCache * self)
{
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  GstDvrPlayheadSettings settings;

  if (!playhead)
    return;
  g_mutex_lock (&self->lock);
  gst_segment_cache_get_settings_locked (self, &settings);
  g_mutex_unlock (&self->lock);
  gst_dvr_playhead_configure (playhead, &settings);
  gst_dvr_playhead_unref (playhead);
}

static guint64
get_length (GstSegmentCache * self, gboolean back)
{
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  guint64 ahead = 0, behind = 0;

  if (playhead) {
    gst_dvr_playhead_get_lengths (playhead, &ahead, &behind);
    gst_dvr_playhead_unref (playhead);
  }
  return back ? behind : ahead;
}

static void
set_playing (GstSegmentCache * self, guint id, const GValue * value)
{
  g_mutex_lock (&self->lock);
  if (id == PROP_IN_BUFFER_SEEK)
    self->in_buffer_seek = g_value_get_boolean (value);
  else if (id == PROP_TELL_UPSTREAM)
    self->tell_upstream = g_value_get_boolean (value);
  else if (id == PROP_BUFFER_TIME)
    self->buffer_time = g_value_get_uint64 (value);
  else
    self->back_buffer_time = g_value_get_uint64 (value);
  g_mutex_unlock (&self->lock);
  configure_playhead (self);
}

static void
set_max_memory (GstSegmentCache * self, guint64 max_memory)
{
  GstDvrCache *cache;
  GstDvrCacheUser *user;

  g_mutex_lock (&self->lock);
  self->max_memory = max_memory;
  g_mutex_unlock (&self->lock);
  if (gst_segment_cache_use_cache (self, &cache, &user)) {
    gst_dvr_cache_set_max_memory (cache, user, max_memory);
    gst_segment_cache_unuse_cache (cache, user);
  }
  configure_playhead (self);
}

static void
gst_segment_cache_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (object);

  switch (id) {
    case PROP_MAX_MEMORY:
      set_max_memory (self, g_value_get_uint64 (value));
      break;
    case PROP_CACHE_DIR:
      set_string (self, &self->cache_dir, value);
      break;
    case PROP_MAX_DISK:
      g_mutex_lock (&self->lock);
      self->max_disk = g_value_get_uint64 (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_CACHE_ID:
      set_string (self, &self->cache_id, value);
      break;
    case PROP_PREFETCH:
      g_mutex_lock (&self->lock);
      self->prefetch = g_value_get_uint (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_START:
      g_mutex_lock (&self->lock);
      self->start = g_value_get_int64 (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_START_DATE_TIME:
      g_mutex_lock (&self->lock);
      g_clear_pointer (&self->start_date_time, gst_date_time_unref);
      self->start_date_time = g_value_dup_boxed (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_IN_BUFFER_SEEK:
    case PROP_TELL_UPSTREAM:
    case PROP_BUFFER_TIME:
    case PROP_BACK_BUFFER_TIME:
      set_playing (self, id, value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_segment_cache_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, create_stats (self));
    return;
  }
  if (id == PROP_BUFFER_LENGTH || id == PROP_BACK_BUFFER_LENGTH) {
    g_value_set_uint64 (value, get_length (self,
            id == PROP_BACK_BUFFER_LENGTH));
    return;
  }
  g_mutex_lock (&self->lock);
  switch (id) {
    case PROP_MAX_MEMORY:
      g_value_set_uint64 (value, self->max_memory);
      break;
    case PROP_CACHE_DIR:
      g_value_set_string (value, self->cache_dir);
      break;
    case PROP_MAX_DISK:
      g_value_set_uint64 (value, self->max_disk);
      break;
    case PROP_CACHE_ID:
      g_value_set_string (value, self->cache_id);
      break;
    case PROP_PREFETCH:
      g_value_set_uint (value, self->prefetch);
      break;
    case PROP_START:
      g_value_set_int64 (value, self->start);
      break;
    case PROP_START_DATE_TIME:
      g_value_set_boxed (value, self->start_date_time);
      break;
    case PROP_IN_BUFFER_SEEK:
      g_value_set_boolean (value, self->in_buffer_seek);
      break;
    case PROP_TELL_UPSTREAM:
      g_value_set_boolean (value, self->tell_upstream);
      break;
    case PROP_BUFFER_TIME:
      g_value_set_uint64 (value, self->buffer_time);
      break;
    case PROP_BACK_BUFFER_TIME:
      g_value_set_uint64 (value, self->back_buffer_time);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static void
gst_segment_cache_finalize (GObject * object)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (object);

  gst_dvr_timeline_table_free (self->timelines);
  g_clear_pointer (&self->start_date_time, gst_date_time_unref);
  g_free (self->cache_dir);
  g_free (self->cache_id);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_segment_cache_parent_class)->finalize (object);
}

static void
gst_segment_cache_init (GstSegmentCache * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->timelines = gst_dvr_timeline_table_new (MAX_TIMELINES);
  self->start = GST_DVR_START_NONE;
  self->max_memory = DEFAULT_MAX_MEMORY;
  self->max_disk = DEFAULT_MAX_DISK;
  self->prefetch = DEFAULT_PREFETCH;
  self->in_buffer_seek = DEFAULT_IN_BUFFER_SEEK;
  self->tell_upstream = DEFAULT_TELL_UPSTREAM;
  self->buffer_time = DEFAULT_BUFFER_TIME;
  self->back_buffer_time = DEFAULT_BACK_BUFFER_TIME;
  gst_segment_cache_add_pads (self);
}

static void
install_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_MAX_MEMORY,
      g_param_spec_uint64 ("max-memory", "Maximum Memory",
          "Bytes of segments to keep in memory; exceeded only by what is being "
          "sent. Of those who share a cache-id the largest counts",
          0, G_MAXUINT64, DEFAULT_MAX_MEMORY, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_CACHE_DIR,
      g_param_spec_string ("cache-dir", "Cache Directory",
          "Directory to keep segments in, empty or a cache's (none = memory "
          "only)", NULL, READY_FLAGS));
  g_object_class_install_property (klass, PROP_MAX_DISK,
      g_param_spec_uint64 ("max-disk", "Maximum Disk",
          "Bytes of segments to keep in cache-dir (0 = none)",
          0, G_MAXUINT64, DEFAULT_MAX_DISK, READY_FLAGS));
  g_object_class_install_property (klass, PROP_CACHE_ID,
      g_param_spec_string ("cache-id", "Cache Id",
          "Elements of this process with the same id share one cache and one "
          "budget (none = a cache of its own)", NULL, READY_FLAGS));
  g_object_class_install_property (klass, PROP_PREFETCH,
      g_param_spec_uint ("prefetch", "Prefetch",
          "How many segments to ask for after one that a viewer asks for",
          0, MAX_PREFETCH, DEFAULT_PREFETCH, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_START,
      g_param_spec_int64 ("start", "Start",
          "Where a player starts, in nanoseconds: >= 0 stream time, < 0 back "
          "from the live edge (the smallest value = the live edge less "
          "hold-back, or the start of a finished recording)",
          GST_DVR_START_NONE, G_MAXINT64, GST_DVR_START_NONE, READY_FLAGS));
  g_object_class_install_property (klass, PROP_START_DATE_TIME,
      g_param_spec_boxed ("start-date-time", "Start Date and Time",
          "Time of day where a player starts, if start is not set",
          GST_TYPE_DATE_TIME, READY_FLAGS));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "What this element answered, and what its cache holds",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_playing_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_IN_BUFFER_SEEK,
      g_param_spec_boolean ("in-buffer-seek", "In-Buffer Seek",
          "In stream mode, seek within what is buffered without asking "
          "upstream", DEFAULT_IN_BUFFER_SEEK, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_TELL_UPSTREAM,
      g_param_spec_boolean ("tell-upstream", "Tell Upstream",
          "In stream mode, tell upstream of seeks within the buffer, when it "
          "is full, and how playback is, under a random id",
          DEFAULT_TELL_UPSTREAM, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_BUFFER_TIME,
      g_param_spec_uint64 ("buffer-time", "Buffer Time",
          "In stream mode, nanoseconds to have ahead of what is on show",
          0, G_MAXINT64, DEFAULT_BUFFER_TIME, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_BACK_BUFFER_TIME,
      g_param_spec_uint64 ("back-buffer-time", "Back Buffer Time",
          "In stream mode, nanoseconds to keep behind what is on show, within "
          "three quarters of max-memory",
          0, G_MAXINT64, DEFAULT_BACK_BUFFER_TIME, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_BUFFER_LENGTH,
      g_param_spec_uint64 ("buffer-length", "Buffer Length",
          "In stream mode, nanoseconds from what is on show to the end of what "
          "is buffered without a gap", 0, G_MAXUINT64, 0, G_PARAM_READABLE |
          G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, PROP_BACK_BUFFER_LENGTH,
      g_param_spec_uint64 ("back-buffer-length", "Back Buffer Length",
          "In stream mode, nanoseconds that are buffered behind what is on show",
          0, G_MAXUINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_segment_cache_class_init (GstSegmentCacheClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_segment_cache_set_property;
  object_class->get_property = gst_segment_cache_get_property;
  object_class->finalize = gst_segment_cache_finalize;
  install_properties (object_class);
  install_playing_properties (object_class);
  /**
   * GstSegmentCache::step:
   * @self: a segmentcache in stream mode
   * @frames: how many frames, in display order; < 0: backwards
   *
   * Shows another frame and stays paused; in PLAYING it asks the application
   * to pause first (GST_MESSAGE_REQUEST_STATE). From any thread. A dvr-status
   * NetStream.Step.Notify or NetStream.Step.Failed tells the end.
   *
   * Returns: FALSE when one is under way, or nothing is on show yet
   */
  g_signal_new_class_handler ("step", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_segment_cache_step), NULL, NULL, NULL, G_TYPE_BOOLEAN,
      1, G_TYPE_INT);
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_segment_cache_change_state);
  element_class->state_changed =
      GST_DEBUG_FUNCPTR (gst_segment_cache_state_changed);
  gst_segment_cache_install_pads (element_class);
  gst_element_class_set_static_metadata (element_class,
      "DVR segment cache", "Generic",
      "Keeps the segments that pass, in memory and on disk, for all viewers",
      "The gst-plugins-dvr authors");
}

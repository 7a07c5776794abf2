/* dvrrecorders.c: the recorders of an origin
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each stream that is published, or was just now, has a pair of elements in
 * the origin: one that takes its publisher in and one that records. Pairs are
 * made and removed by a worker, since both work on the disk.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrecorders.h"
#include "gstrtmpingestsrc.h"

GST_DEBUG_CATEGORY_EXTERN (gst_dvr_origin_debug);
#define GST_CAT_DEFAULT gst_dvr_origin_debug

/* How often streams that nobody publishes are looked at, and how much longer
 * than the reconnect window they are kept: it ends with the list's end. */
#define LOOK_TIME G_USEC_PER_SEC
#define SPARE_TIME (5 * G_USEC_PER_SEC)

/* A stream that is, or was just now, published. */
typedef struct
{
  gint refs;
  gchar *stream;
  DvrIntake *intake;

  /* with the lock */
  GstElement *src;              /* NULL: not made yet */
  GstElement *sink;
  gint64 idle_since;            /* 0: somebody publishes */
  guint n_asking;               /* who may be about to publish */
  gboolean gone;                /* not to be recorded any more */
} Pair;

struct _DvrRecorders
{
  GstElement *origin;
  DvrPublishDoor *door;

  GThread *worker;              /* of who starts and stops */

  /* with the origin's object lock */
  gchar *directory;
  guint max_streams;
  GstStructure *settings;       /* rtmpdvrsink's properties that were set */
  guint settings_serial;        /* changes with them */

  GMutex lock;
  /* with the lock */
  GCond cond;
  gboolean stopping;
  gboolean ending;
  GHashTable *pairs;            /* stream -> Pair */
  GHashTable *asked;            /* those that nobody has published yet */
  GQueue new_pairs;
};

/* -- pairs -- */

static Pair *
pair_ref (Pair * pair)
{
  g_atomic_int_inc (&pair->refs);
  return pair;
}

static void
pair_unref (Pair * pair)
{
  if (!g_atomic_int_dec_and_test (&pair->refs))
    return;
  dvr_intake_unref (pair->intake);
  g_clear_object (&pair->src);
  g_clear_object (&pair->sink);
  g_free (pair->stream);
  g_free (pair);
}

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) pair_unref);
}

static GstStructure *
copy_settings (DvrRecorders * self, guint * serial)
{
  GstStructure *copy;

  GST_OBJECT_LOCK (self->origin);
  copy = gst_structure_copy (self->settings);
  *serial = self->settings_serial;
  GST_OBJECT_UNLOCK (self->origin);
  return copy;
}

static gboolean
set_one (GQuark name, const GValue * value, gpointer sink)
{
  g_object_set_property (sink, g_quark_to_string (name), value);
  return TRUE;
}

/* With no lock: the origin hears of each change. Again where something else was
 * set meanwhile, so that the last word counts. */
static void
apply_settings (DvrRecorders * self, GstElement * sink)
{
  guint serial, newest;

  do {
    GstStructure *settings = copy_settings (self, &serial);

    gst_structure_foreach (settings, set_one, sink);
    gst_structure_free (settings);
    GST_OBJECT_LOCK (self->origin);
    newest = self->settings_serial;
    GST_OBJECT_UNLOCK (self->origin);
  } while (serial != newest);
}

/* Makes the elements, of which others know from then on. */
static gboolean
make_elements (DvrRecorders * self, Pair * pair)
{
  GstElement *sink = gst_element_factory_make ("rtmpdvrsink", NULL), *src;
  gchar *directory;

  if (!sink) {
    GST_ELEMENT_ERROR (self->origin, CORE, MISSING_PLUGIN,
        ("There is no rtmpdvrsink; install the plugin dvrrecord."), (NULL));
    return FALSE;
  }
  GST_OBJECT_LOCK (self->origin);
  directory = g_strdup (self->directory);
  GST_OBJECT_UNLOCK (self->origin);
  g_object_set (sink, "location", directory, "stream", pair->stream, NULL);
  g_free (directory);
  src = gst_rtmp_ingest_src_new_for_intake (pair->intake);
  g_mutex_lock (&self->lock);
  pair->src = gst_object_ref_sink (src);
  pair->sink = gst_object_ref_sink (sink);
  g_mutex_unlock (&self->lock);
  apply_settings (self, sink);
  return TRUE;
}

/* In the worker: starting a recorder works on the disk. */
static gboolean
build_pair (DvrRecorders * self, Pair * pair)
{
  GstBin *bin = GST_BIN (self->origin);

  if (!make_elements (self, pair) || !gst_bin_add (bin, pair->src)
      || !gst_bin_add (bin, pair->sink)
      || !gst_element_link (pair->src, pair->sink))
    return FALSE;
  GST_INFO_OBJECT (self->origin, "recording %s", pair->stream);
  return gst_element_sync_state_with_parent (pair->sink)
      && gst_element_sync_state_with_parent (pair->src);
}

static void
remove_element (DvrRecorders * self, GstElement * element)
{
  if (!element)
    return;
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  if (GST_OBJECT_PARENT (element) == GST_OBJECT (self->origin))
    gst_bin_remove (GST_BIN (self->origin), element);
}

/* Not in a loop, and without the lock: recorders finish their segments. */
static void
tear_down_pair (DvrRecorders * self, Pair * pair)
{
  dvr_intake_stop (pair->intake);
  remove_element (self, pair->src);
  remove_element (self, pair->sink);
}

/* -- the worker -- */

static gint64
get_keep_time (DvrRecorders * self)
{
  guint64 window = 60 * GST_SECOND;

  GST_OBJECT_LOCK (self->origin);
  gst_structure_get_uint64 (self->settings, "reconnect-window", &window);
  GST_OBJECT_UNLOCK (self->origin);
  return window / 1000 + SPARE_TIME;
}

/* Takes a pair out that nobody has published for long enough. */
static Pair *
steal_idle_locked (DvrRecorders * self, gint64 keep)
{
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pairs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Pair *pair = value;
    DvrIntakeStats stats;

    dvr_intake_get_stats (pair->intake, &stats);
    if (stats.publishing || stats.queued > 0 || !pair->src
        || pair->n_asking > 0)
      pair->idle_since = 0;
    else if (pair->idle_since == 0)
      pair->idle_since = now;
    else if (now - pair->idle_since > keep) {
      pair_ref (pair);
      pair->gone = TRUE;
      g_hash_table_iter_remove (&iter);
      return pair;
    }
  }
  return NULL;
}

static void
forget_pair (DvrRecorders * self, Pair * pair)
{
  g_mutex_lock (&self->lock);
  pair->gone = TRUE;
  if (g_hash_table_lookup (self->pairs, pair->stream) == pair)
    g_hash_table_remove (self->pairs, pair->stream);
  g_mutex_unlock (&self->lock);
  tear_down_pair (self, pair);
}

static gpointer
work (gpointer data)
{
  DvrRecorders *self = data;

  g_mutex_lock (&self->lock);
  while (!self->stopping) {
    Pair *begun = g_queue_pop_head (&self->new_pairs);
    Pair *idle = NULL;
    gint64 keep;

    g_mutex_unlock (&self->lock);
    if (begun && !build_pair (self, begun))
      forget_pair (self, begun);
    keep = get_keep_time (self);
    g_mutex_lock (&self->lock);
    if (!begun)
      idle = steal_idle_locked (self, keep);
    if (idle) {
      g_mutex_unlock (&self->lock);
      GST_INFO_OBJECT (self->origin, "nobody publishes %s any more",
          idle->stream);
      tear_down_pair (self, idle);
      g_mutex_lock (&self->lock);
    }
    g_clear_pointer (&begun, pair_unref);
    g_clear_pointer (&idle, pair_unref);
    if (!self->stopping && g_queue_is_empty (&self->new_pairs))
      g_cond_wait_until (&self->cond, &self->lock,
          g_get_monotonic_time () + LOOK_TIME);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* -- publishers -- */

static Pair *
pair_new (DvrRecorders * self, const gchar * stream)
{
  Pair *pair = g_new0 (Pair, 1);

  pair->refs = 1;
  pair->stream = g_strdup (stream);
  pair->intake = dvr_publish_door_new_intake (self->door, stream);
  return pair;
}

static Pair *
add_asked_locked (DvrRecorders * self, const gchar * stream)
{
  Pair *pair = pair_new (self, stream);

  g_hash_table_insert (self->asked, pair->stream, pair_ref (pair));
  return pair;
}

/* The stream's pair, or one that becomes it if the publisher is taken: the same
 * for all who ask at one time, each in a loop of its own, so that its intake
 * takes one of them. See put_pair(). */
static Pair *
get_pair (DvrRecorders * self, const gchar * stream, DvrRtmpRefusal * refusal)
{
  guint max_streams;
  Pair *pair;

  GST_OBJECT_LOCK (self->origin);
  max_streams = self->max_streams;
  GST_OBJECT_UNLOCK (self->origin);
  g_mutex_lock (&self->lock);
  pair = g_hash_table_lookup (self->pairs, stream);
  if (!pair)
    pair = g_hash_table_lookup (self->asked, stream);
  if (pair)
    pair_ref (pair);
  else if (self->stopping || self->ending)
    refusal->description = "This server goes down.";
  else if (g_hash_table_size (self->pairs) >= max_streams)
    refusal->description = "There are too many streams.";
  else
    pair = add_asked_locked (self, stream);
  if (pair) {
    pair->n_asking++;
  } else {
    refusal->code = "NetStream.Publish.BadName";
    refusal->status = 503;
  }
  g_mutex_unlock (&self->lock);
  return pair;
}

/* @taken: whether it has a publisher, and so is recorded. Returns: FALSE if it
 * cannot be any more */
static gboolean
put_pair (DvrRecorders * self, Pair * pair, gboolean taken)
{
  gboolean ok;

  g_mutex_lock (&self->lock);
  pair->n_asking--;
  ok = !taken || !pair->gone;
  if (taken && ok && !g_hash_table_contains (self->pairs, pair->stream)) {
    g_hash_table_insert (self->pairs, pair->stream, pair_ref (pair));
    g_queue_push_tail (&self->new_pairs, pair_ref (pair));
    g_cond_signal (&self->cond);
  }
  if ((taken || pair->n_asking == 0)
      && g_hash_table_lookup (self->asked, pair->stream) == pair)
    g_hash_table_remove (self->asked, pair->stream);
  g_mutex_unlock (&self->lock);
  pair_unref (pair);
  return ok;
}

/**
 * dvr_recorders_publish:
 * @self: the recorders of an origin
 * @connection: whose client wants to publish
 * @ask: what
 * @refusal: (out): why not
 *
 * Returns: (nullable): the publisher's role; what it sends is recorded
 */
DvrRtmpRole *
dvr_recorders_publish (DvrRecorders * self, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  Pair *pair = get_pair (self, ask->stream, refusal);
  DvrRtmpRole *role;

  if (!pair)
    return NULL;
  role = dvr_intake_publish (pair->intake, connection, ask, refusal);
  if (!put_pair (self, pair, role != NULL))
    dvr_rtmp_connection_close (connection);
  return role;
}

/* -- starting and stopping -- */

void
dvr_recorders_start (DvrRecorders * self)
{
  g_mutex_lock (&self->lock);
  self->stopping = self->ending = FALSE;
  g_mutex_unlock (&self->lock);
  self->worker = g_thread_new ("dvr-origin", work, self);
}

/* Nothing is made any more. What there is stays, until it is cleared. */
void
dvr_recorders_stop (DvrRecorders * self)
{
  if (!self->worker)
    return;
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->worker);
  self->worker = NULL;
}

/* No new streams are recorded. Returns: whether there are none */
gboolean
dvr_recorders_end (DvrRecorders * self)
{
  gboolean none;

  g_mutex_lock (&self->lock);
  self->ending = TRUE;
  none = g_hash_table_size (self->pairs) == 0;
  g_mutex_unlock (&self->lock);
  return none;
}

/* Removes all of them; they finish what they record. Not while it runs. */
void
dvr_recorders_clear (DvrRecorders * self)
{
  GHashTable *pairs;
  GHashTableIter iter;
  GQueue new_pairs;
  gpointer value;

  g_mutex_lock (&self->lock);
  pairs = self->pairs;
  self->pairs = new_table ();
  new_pairs = self->new_pairs;
  g_queue_init (&self->new_pairs);
  g_mutex_unlock (&self->lock);

  g_hash_table_iter_init (&iter, pairs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    tear_down_pair (self, value);
  g_hash_table_unref (pairs);
  g_queue_clear_full (&new_pairs, (GDestroyNotify) pair_unref);
}

/* -- settings -- */

/* Returns: (transfer full): counters of streams and publishers */
GstStructure *
dvr_recorders_get_stats (DvrRecorders * self)
{
  guint streams, publishing = 0;
  guint64 bytes = 0;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  streams = g_hash_table_size (self->pairs);
  g_hash_table_iter_init (&iter, self->pairs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DvrIntakeStats stats;

    dvr_intake_get_stats (((Pair *) value)->intake, &stats);
    publishing += stats.publishing;
    bytes += stats.bytes;
  }
  g_mutex_unlock (&self->lock);
  return gst_structure_new ("application/x-dvrorigin-stats",
      "streams", G_TYPE_UINT, streams, "publishing", G_TYPE_UINT, publishing,
      "bytes", G_TYPE_UINT64, bytes, NULL);
}

typedef void (*PairFunc) (DvrRecorders * self, Pair * pair);

static void
for_each_pair (DvrRecorders * self, PairFunc func)
{
  GList *pairs, *l;

  g_mutex_lock (&self->lock);
  pairs = g_hash_table_get_values (self->pairs);
  for (l = pairs; l; l = l->next)
    pair_ref (l->data);
  g_mutex_unlock (&self->lock);
  for (l = pairs; l; l = l->next)
    func (self, l->data);
  g_list_free_full (pairs, (GDestroyNotify) pair_unref);
}

static void
update_intake (DvrRecorders * self, Pair * pair)
{
  GST_OBJECT_LOCK (self->origin);
  dvr_publish_door_update (self->door, pair->intake);
  GST_OBJECT_UNLOCK (self->origin);
}

/* The door has other settings now; without the origin's object lock. */
void
dvr_recorders_update_intakes (DvrRecorders * self)
{
  for_each_pair (self, update_intake);
}

static void
update_recorder (DvrRecorders * self, Pair * pair)
{
  GstElement *sink;

  g_mutex_lock (&self->lock);
  sink = pair->sink ? gst_object_ref (pair->sink) : NULL;
  g_mutex_unlock (&self->lock);
  if (!sink)
    return;
  apply_settings (self, sink);
  gst_object_unref (sink);
}

/* One of rtmpdvrsink's, for all recorders. */
void
dvr_recorders_set_property (DvrRecorders * self, const GValue * value,
    GParamSpec * pspec)
{
  GST_OBJECT_LOCK (self->origin);
  gst_structure_set_value (self->settings, pspec->name, value);
  self->settings_serial++;
  GST_OBJECT_UNLOCK (self->origin);
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    for_each_pair (self, update_recorder);
}

void
dvr_recorders_get_property (DvrRecorders * self, GValue * value,
    GParamSpec * pspec)
{
  const GValue *set;

  GST_OBJECT_LOCK (self->origin);
  set = gst_structure_get_value (self->settings, pspec->name);
  if (set)
    g_value_copy (set, value);
  else
    g_param_value_set_default (pspec, value);
  GST_OBJECT_UNLOCK (self->origin);
}

/**
 * dvr_recorders_new:
 * @origin: the bin that they are in
 * @door: where publishers come to it
 */
DvrRecorders *
dvr_recorders_new (GstElement * origin, DvrPublishDoor * door)
{
  DvrRecorders *self = g_new0 (DvrRecorders, 1);

  self->origin = origin;
  self->door = door;
  self->max_streams = G_MAXUINT;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->new_pairs);
  self->pairs = new_table ();
  self->asked = new_table ();
  self->settings = gst_structure_new_empty ("settings");
  return self;
}

void
dvr_recorders_free (DvrRecorders * self)
{
  g_hash_table_unref (self->pairs);
  g_hash_table_unref (self->asked);
  gst_structure_free (self->settings);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->directory);
  g_free (self);
}

/* Where to record; with the origin's object lock. */
void
dvr_recorders_set_directory (DvrRecorders * self, const gchar * directory)
{
  g_free (self->directory);
  self->directory = g_strdup (directory);
}

/* Returns: (nullable): where; with the origin's object lock */
const gchar *
dvr_recorders_get_directory (DvrRecorders * self)
{
  return self->directory;
}

/* How many streams at once; with the origin's object lock. */
void
dvr_recorders_set_max_streams (DvrRecorders * self, guint max_streams)
{
  self->max_streams = max_streams;
}

guint
dvr_recorders_get_max_streams (DvrRecorders * self)
{
  return self->max_streams;
}

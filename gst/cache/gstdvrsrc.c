/* gstdvrsrc.c: source element for dvr:// and dvrs://
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-dvrsrc
 * @title: dvrsrc
 * @short_description: plays a DVR stream in playbin and its like
 * @see_also: segmentcache, proxystreamsrc
 *
 * A proxystreamsrc and a segmentcache in stream mode with seeks in the buffer,
 * for URIs dvr://host:port/stream (HTTP) and dvrs:// (HTTPS).
 *
 * ## Example launch lines
 * |[
 * gst-play-1.0 dvr://edge:8080/live/cam1
 * ]| Plays a stream near its live edge; the keys seek in the DVR window.
 * |[
 * gst-play-1.0 "dvr://edge:8080/live/cam1?start=-60"
 * ]| Begins a minute ago. `?t=2026-11-20T19:22:00Z` begins at a time of day.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead.h"
#include "gstdvrsrc.h"
#include "gstdvruri.h"
#include "gstsegmentcache.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_src_debug);
#define GST_CAT_DEFAULT gst_dvr_src_debug

#define DEFAULT_MAX_MEMORY (G_GUINT64_CONSTANT (128) * 1024 * 1024)

enum
{
  PROP_0,
  PROP_URI,
  PROP_STATS,
  PROP_FORWARDED,               /* and those after it */
};

struct _GstDvrSrc
{
  GstBin parent;

  GstElement *proxy;            /* NULL: the plugin is missing */
  GstElement *cache;
  GstDvrUri *said;              /* what the last URI said; NULL: there was none */
  gchar *uri;                   /* protected by the object lock */
};

/* Properties of segmentcache, which are this element's too. */
static const gchar *const cache_properties[] = {
  "in-buffer-seek", "tell-upstream", "buffer-time", "back-buffer-time",
  "buffer-length", "back-buffer-length", "start", "start-date-time",
  "max-memory", "cache-dir",
  "max-disk", "cache-id", "prefetch"
};

static void gst_dvr_src_uri_handler_init (gpointer iface, gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDvrSrc, gst_dvr_src, GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_dvr_src_uri_handler_init);
    GST_DEBUG_CATEGORY_INIT (gst_dvr_src_debug, "dvrsrc", 0, "DVR source"));
GST_ELEMENT_REGISTER_DEFINE (dvrsrc, "dvrsrc", GST_RANK_PRIMARY,
    GST_TYPE_DVR_SRC);

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_DVR_STREAM_CAPS));

/* URI. */

/* What a URI does not say is left as the application has set it; what the one
 * before it said goes with that one: a token is for one server's eyes. */
static void
take_uri (GstDvrSrc * self, GstDvrUri * uri)
{
  const GstDvrUri *old = self->said;

  if (self->proxy)
    g_object_set (self->proxy, "location", uri->location, "remote-name",
        uri->stream, NULL);
  if (self->proxy && (uri->token || (old && old->token)))
    g_object_set (self->proxy, "token", uri->token, NULL);
  if (uri->has_start || uri->date_time ||
      (old && (old->has_start || old->date_time)))
    g_object_set (self->cache, "start",
        uri->has_start ? uri->start : GST_DVR_START_NONE, "start-date-time",
        uri->date_time, NULL);
  g_clear_pointer (&self->said, gst_dvr_uri_free);
  self->said = uri;
}

static gboolean
set_uri (GstDvrSrc * self, const gchar * text, GError ** error)
{
  GstDvrUri *uri;

  if (gst_dvr_peek_state (GST_ELEMENT (self)) > GST_STATE_READY) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
        "The URI can be changed in NULL and READY only");
    return FALSE;
  }
  uri = gst_dvr_uri_parse (text, error);
  if (!uri)
    return FALSE;
  take_uri (self, uri);
  GST_OBJECT_LOCK (self);
  g_free (self->uri);
  self->uri = g_strdup (text);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gchar *
dup_uri (GstDvrSrc * self)
{
  gchar *uri;

  GST_OBJECT_LOCK (self);
  uri = g_strdup (self->uri);
  GST_OBJECT_UNLOCK (self);
  return uri;
}

static GstURIType
get_uri_type (GType type)
{
  return GST_URI_SRC;
}

static const gchar *const *
get_protocols (GType type)
{
  static const gchar *protocols[] = { "dvr", "dvrs", NULL };

  return protocols;
}

static gchar *
handler_get_uri (GstURIHandler * handler)
{
  return dup_uri (GST_DVR_SRC (handler));
}

static gboolean
handler_set_uri (GstURIHandler * handler, const gchar * uri, GError ** error)
{
  return set_uri (GST_DVR_SRC (handler), uri, error);
}

static void
gst_dvr_src_uri_handler_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = get_uri_type;
  handler->get_protocols = get_protocols;
  handler->get_uri = handler_get_uri;
  handler->set_uri = handler_set_uri;
}

/* What is played is named by our URI, not by those of the parts. */
static GstPadProbeReturn
answer_uri (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  gchar *uri;

  if (GST_QUERY_TYPE (query) != GST_QUERY_URI)
    return GST_PAD_PROBE_OK;
  uri = dup_uri (user_data);
  if (!uri)
    return GST_PAD_PROBE_OK;
  gst_query_set_uri (query, uri);
  g_free (uri);
  return GST_PAD_PROBE_HANDLED;
}

/* Element. */

static GstStateChangeReturn
gst_dvr_src_change_state (GstElement * element, GstStateChange transition)
{
  GstDvrSrc *self = GST_DVR_SRC (element);
  gchar *uri;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !self->proxy) {
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        ("The element proxystreamsrc is missing."),
        ("it is in the plugin dvrproxy: check that it is installed"));
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    uri = dup_uri (self);
    if (!uri) {
      GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
          ("No stream was named."), ("set uri, such as dvr://host/stream"));
      return GST_STATE_CHANGE_FAILURE;
    }
    g_free (uri);
  }
  return GST_ELEMENT_CLASS (gst_dvr_src_parent_class)->change_state (element,
      transition);
}

static gboolean
gst_dvr_src_step (GstDvrSrc * self, gint frames)
{
  gboolean ret = FALSE;

  g_signal_emit_by_name (self->cache, "step", frames, &ret);
  return ret;
}

static void
gst_dvr_src_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstDvrSrc *self = GST_DVR_SRC (object);
  GError *error = NULL;

  if (id == PROP_URI) {
    if (g_value_get_string (value) &&
        !set_uri (self, g_value_get_string (value), &error)) {
      g_warning ("%s: %s", GST_OBJECT_NAME (self), error->message);
      g_error_free (error);
    }
  } else if (id >= PROP_FORWARDED) {
    g_object_set_property (G_OBJECT (self->cache), pspec->name, value);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_dvr_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstDvrSrc *self = GST_DVR_SRC (object);

  if (id == PROP_URI)
    g_value_take_string (value, dup_uri (self));
  else if (id == PROP_STATS || id >= PROP_FORWARDED)
    g_object_get_property (G_OBJECT (self->cache), pspec->name, value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_dvr_src_finalize (GObject * object)
{
  GstDvrSrc *self = GST_DVR_SRC (object);

  g_clear_pointer (&self->said, gst_dvr_uri_free);
  g_free (self->uri);
  G_OBJECT_CLASS (gst_dvr_src_parent_class)->finalize (object);
}

static void
add_parts (GstDvrSrc * self)
{
  gst_bin_add (GST_BIN (self), self->cache);
  if (!self->proxy)
    return;
  gst_bin_add (GST_BIN (self), self->proxy);
  gst_element_link (self->proxy, self->cache);
}

static void
gst_dvr_src_init (GstDvrSrc * self)
{
  GstPad *target, *pad;

  self->proxy = gst_element_factory_make ("proxystreamsrc", "proxy");
  self->cache = g_object_new (GST_TYPE_SEGMENT_CACHE, "name", "cache",
      "in-buffer-seek", TRUE, "max-memory", DEFAULT_MAX_MEMORY, NULL);
  add_parts (self);
  target = gst_element_get_static_pad (self->cache, "src");
  pad = gst_ghost_pad_new_from_template ("src", target,
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "src"));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM |
      GST_PAD_PROBE_TYPE_PUSH, answer_uri, self, NULL);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  gst_object_unref (target);
  gst_bin_set_suppressed_flags (GST_BIN (self),
      GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

/* As segmentcache has it, but for the defaults that are ours. */
static GParamSpec *
copy_property (GParamSpec * of)
{
  const gchar *name = of->name, *nick = g_param_spec_get_nick (of);
  const gchar *blurb = g_param_spec_get_blurb (of);

  if (G_IS_PARAM_SPEC_BOOLEAN (of))
    return g_param_spec_boolean (name, nick, blurb, TRUE, of->flags);
  if (G_IS_PARAM_SPEC_UINT64 (of))
    return g_param_spec_uint64 (name, nick, blurb,
        G_PARAM_SPEC_UINT64 (of)->minimum, G_PARAM_SPEC_UINT64 (of)->maximum,
        g_str_equal (name, "max-memory") ? DEFAULT_MAX_MEMORY :
        G_PARAM_SPEC_UINT64 (of)->default_value, of->flags);
  if (G_IS_PARAM_SPEC_INT64 (of))
    return g_param_spec_int64 (name, nick, blurb,
        G_PARAM_SPEC_INT64 (of)->minimum, G_PARAM_SPEC_INT64 (of)->maximum,
        G_PARAM_SPEC_INT64 (of)->default_value, of->flags);
  if (G_IS_PARAM_SPEC_UINT (of))
    return g_param_spec_uint (name, nick, blurb,
        G_PARAM_SPEC_UINT (of)->minimum, G_PARAM_SPEC_UINT (of)->maximum,
        G_PARAM_SPEC_UINT (of)->default_value, of->flags);
  if (G_IS_PARAM_SPEC_STRING (of))
    return g_param_spec_string (name, nick, blurb, NULL, of->flags);
  return g_param_spec_boxed (name, nick, blurb, of->value_type, of->flags);
}

static void
install_properties (GObjectClass * klass)
{
  GObjectClass *cache = g_type_class_ref (GST_TYPE_SEGMENT_CACHE);
  guint i;

  g_object_class_install_property (klass, PROP_URI,
      g_param_spec_string ("uri", "URI",
          "What to play: dvr://host[:port]/stream[?start=seconds|t=date-time] "
          "over HTTP, dvrs:// over HTTPS", NULL, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "What segmentcache answered and holds", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  for (i = 0; i < G_N_ELEMENTS (cache_properties); i++)
    g_object_class_install_property (klass, PROP_FORWARDED + i,
        copy_property (g_object_class_find_property (cache,
                cache_properties[i])));
  g_type_class_unref (cache);
}

static void
gst_dvr_src_class_init (GstDvrSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_dvr_src_set_property;
  object_class->get_property = gst_dvr_src_get_property;
  object_class->finalize = gst_dvr_src_finalize;
  install_properties (object_class);
  /**
   * GstDvrSrc::step:
   * @self: a dvrsrc
   * @frames: how many frames, < 0: backwards
   *
   * Shows another frame, as #GstSegmentCache::step does.
   *
   * Returns: whether it was begun
   */
  g_signal_new_class_handler ("step", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_dvr_src_step),
      NULL, NULL, NULL, G_TYPE_BOOLEAN, 1, G_TYPE_INT);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_dvr_src_change_state);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "DVR source",
      "Source/Network", "Plays a DVR stream from a server, with its past",
      "The gst-plugins-dvr authors");
}

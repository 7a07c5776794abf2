/* dvrpublishguard.c: who may publish to an element that listens
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An element is guarded by a key, by a handler of authorize-publish, or by its
 * user's word that nobody need be kept out. One that is not takes publishers
 * of its own machine only.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>

#include "dvrpublishguard.h"
#include "dvrrtmplocation.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

static gboolean
all_allow (GSignalInvocationHint * hint, GValue * sum, const GValue * value,
    gpointer user_data)
{
  g_value_copy (value, sum);
  return g_value_get_boolean (value);
}

/* Returns: the signal `authorize-publish` of @type */
guint
dvr_publish_guard_signal_new (GType type)
{
  return g_signal_new ("authorize-publish", type, G_SIGNAL_RUN_LAST, 0,
      all_allow, NULL, NULL, G_TYPE_BOOLEAN, 2, G_TYPE_STRING,
      GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
}

gboolean
dvr_publish_guard_has_handler (GstElement * element, guint signal)
{
  return g_signal_has_handler_pending (element, signal, 0, TRUE);
}

/**
 * dvr_publish_guard_authorize:
 * @element: the element
 * @signal: its signal
 * @guarded: whether it has a key, a handler, or need not be guarded
 * @stream: what is to be published
 * @client: by whom; has shown the key, if there is one
 *
 * Returns: whether that is allowed
 */
gboolean
dvr_publish_guard_authorize (GstElement * element, guint signal,
    gboolean guarded, const gchar * stream, const GstStructure * client)
{
  const gchar *address = gst_structure_get_string (client, "address");
  gboolean allowed = TRUE;

  if (!guarded && !dvr_rtmp_is_loopback (address)) {
    GST_WARNING_OBJECT (element, "refused a publisher from %s: set "
        "publish-key, or allow-anonymous-publish=true", address);
    return FALSE;
  }
  if (dvr_publish_guard_has_handler (element, signal))
    g_signal_emit (element, signal, 0, stream, client, &allowed);
  return allowed;
}

/* Says so when an element can be reached by many and will refuse them all. */
void
dvr_publish_guard_warn (GstElement * element, const gchar * host,
    gboolean guarded)
{
  if (!guarded && !dvr_rtmp_is_loopback (host))
    GST_ELEMENT_WARNING (element, RESOURCE, SETTINGS,
        ("Publishers from other machines are refused until publish-key is "
            "set, or allow-anonymous-publish=true."), (NULL));
}

void
dvr_publish_guard_post_error (GstElement * element, const GError * error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    GST_ELEMENT_ERROR (element, RESOURCE, BUSY, ("%s.", error->message),
        ("another program listens there; choose another port, or 0"));
  else
    GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS, ("%s.", error->message),
        ("check the property location"));
}

/**
 * dvr_publish_guard_read_secret:
 * @secret: (nullable): of the property auth-secret, as dvr_token_keys_new() takes it
 *
 * Returns: (transfer full) (nullable): the keys. A secret that makes no sense
 *   gives keys that open nothing: nobody is let in, rather than everybody
 */
DvrTokenKeys *
dvr_publish_guard_read_secret (const gchar * secret)
{
  GError *error = NULL;
  DvrTokenKeys *keys;

  if (!secret || !*secret)
    return NULL;
  keys = dvr_token_keys_new (secret, &error);
  if (keys)
    return keys;
  GST_WARNING ("%s; nobody is let in", error->message);
  g_error_free (error);
  return dvr_token_keys_new (" ", NULL);
}

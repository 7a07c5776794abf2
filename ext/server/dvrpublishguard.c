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

#include "dvrlisten.h"
#include "dvrpublishguard.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

#define DEFAULT_TIMEOUT (10 * GST_SECOND)

/* -- settings -- */

/* Installs them; all can be changed at any time. */
void
dvr_publish_settings_install (GObjectClass * klass)
{
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, DVR_PUBLISH_PROP_KEY,
      g_param_spec_string ("publish-key", "Publish Key", "What publishers must "
          "show behind the stream's name, as ?key=... or ?...", NULL, playing));
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_AUTH_SECRET,
      g_param_spec_string ("auth-secret", "Auth Secret", "A token signed with "
          "it, as ?token=..., does as well as the key: SECRET, or several "
          "ID:SECRET with spaces between; cannot be read back", NULL, playing));
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_ALLOW_ANONYMOUS,
      g_param_spec_boolean ("allow-anonymous-publish",
          "Allow Anonymous Publish", "Take publishers from other machines "
          "without publish-key or authorize-publish", FALSE, playing));
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_TIMEOUT,
      g_param_spec_uint64 ("timeout", "Timeout", "After how long a publisher "
          "that sends nothing is given up, in nanoseconds (0 = never)", 0,
          G_MAXUINT64, DEFAULT_TIMEOUT, playing));
}

void
dvr_publish_settings_init (DvrPublishSettings * self)
{
  self->timeout = DEFAULT_TIMEOUT;
}

void
dvr_publish_settings_clear (DvrPublishSettings * self)
{
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->keys, dvr_token_keys_unref);
}

/* Returns: whether there is such a property */
gboolean
dvr_publish_settings_set (DvrPublishSettings * self, guint id,
    const GValue * value)
{
  switch (id) {
    case DVR_PUBLISH_PROP_KEY:
      g_free (self->key);
      self->key = g_value_dup_string (value);
      break;
    case DVR_PUBLISH_PROP_AUTH_SECRET:
      g_clear_pointer (&self->keys, dvr_token_keys_unref);
      self->keys = dvr_token_keys_from_setting (g_value_get_string (value));
      break;
    case DVR_PUBLISH_PROP_ALLOW_ANONYMOUS:
      self->allow_anonymous = g_value_get_boolean (value);
      break;
    case DVR_PUBLISH_PROP_TIMEOUT:
      self->timeout = g_value_get_uint64 (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/* Returns: whether there is such a property */
gboolean
dvr_publish_settings_get (const DvrPublishSettings * self, guint id,
    GValue * value)
{
  switch (id) {
    case DVR_PUBLISH_PROP_KEY:
      g_value_set_string (value, self->key);
      break;
    case DVR_PUBLISH_PROP_AUTH_SECRET:
      g_value_set_string (value, NULL);
      break;
    case DVR_PUBLISH_PROP_ALLOW_ANONYMOUS:
      g_value_set_boolean (value, self->allow_anonymous);
      break;
    case DVR_PUBLISH_PROP_TIMEOUT:
      g_value_set_uint64 (value, self->timeout);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/* Who comes from now on is treated so. */
void
dvr_publish_settings_apply (const DvrPublishSettings * self, DvrIntake * intake)
{
  dvr_intake_set_key (intake, self->key);
  dvr_intake_set_keys (intake, self->keys);
  dvr_intake_set_timeout (intake, self->timeout);
}

/* Returns: (transfer full): an intake for @stream */
DvrIntake *
dvr_publish_settings_new_intake (const DvrPublishSettings * self,
    const gchar * stream, DvrAuthorizePublish authorize, gpointer user_data)
{
  const DvrIntakeSettings settings = { self->key, self->keys, self->timeout,
    authorize, user_data
  };

  return dvr_intake_new (stream, &settings);
}

/* Returns: whether something keeps out who may not publish, or need not */
gboolean
dvr_publish_settings_is_guarded (const DvrPublishSettings * self)
{
  return self->allow_anonymous || self->keys || (self->key && *self->key);
}

/* -- asking -- */

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

  if (!guarded && !dvr_is_loopback (address)) {
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
  if (!guarded && !dvr_is_loopback (host))
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

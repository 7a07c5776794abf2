/* dvrpublishsettings.c: who may publish, as an element is told
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrpublishsettings.h"

#define DEFAULT_TIMEOUT (10 * GST_SECOND)

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
          "ID:SECRET with spaces between", NULL, playing & ~G_PARAM_READABLE));
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_ALLOW_ANONYMOUS,
      g_param_spec_boolean ("allow-anonymous-publish",
          "Allow Anonymous Publish", "Take publishers from other machines "
          "without publish-key, auth-secret or authorize-publish", FALSE,
          playing));
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_TIMEOUT,
      g_param_spec_uint64 ("timeout", "Timeout",
          "After how long a publisher that sends nothing is given up, in "
          "nanoseconds (0 = never)", 0, G_MAXUINT64, DEFAULT_TIMEOUT, playing));
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

/* Returns: whether something keeps out who may not publish, or the user has said
 * that nobody need be */
gboolean
dvr_publish_settings_is_guarded (const DvrPublishSettings * self)
{
  return self->allow_anonymous || self->keys || (self->key && *self->key);
}

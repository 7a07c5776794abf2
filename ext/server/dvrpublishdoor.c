/* dvrpublishdoor.c: where publishers come to an element
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A door is guarded by a key or a secret, by a handler of authorize-publish, or
 * by its user's word that nobody need be kept out. One that is not takes
 * publishers of its own machine only.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>
#include <gst/dvr/gstdvrlink.h>

#include "dvrlisten.h"
#include "dvrpublishdoor.h"
#include "dvrrtmplocation.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

#define HOW_TO_GUARD "set publish-key or auth-secret, handle authorize-publish, " \
    "or set allow-anonymous-publish=true"

#define SELF_OF_SERVICE(service) ((DvrPublishDoor *) \
    ((guint8 *) (service) - G_STRUCT_OFFSET (DvrPublishDoor, service)))

/* -- settings -- */

/* The first handler that says no has the last word. */
static gboolean
all_allow (GSignalInvocationHint * hint, GValue * sum, const GValue * value,
    gpointer user_data)
{
  g_value_copy (value, sum);
  return g_value_get_boolean (value);
}

/**
 * dvr_publish_door_install:
 * @klass: of an element
 * @location_blurb: what its location says
 * @default_location: rtmp://...
 *
 * Installs the properties and the signal.
 */
void
dvr_publish_door_install (GObjectClass * klass, const gchar * location_blurb,
    const gchar * default_location)
{
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_LOCATION,
      g_param_spec_string ("location", "Location", location_blurb,
          default_location, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
          | GST_PARAM_MUTABLE_READY));
  dvr_publish_settings_install (klass);
  g_object_class_install_property (klass, DVR_PUBLISH_PROP_CURRENT_PORT,
      g_param_spec_int ("current-port", "Current Port", "Port that it listens "
          "on (-1 = none)", -1, 65535, -1,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_signal_new ("authorize-publish", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, all_allow, NULL, NULL, G_TYPE_BOOLEAN, 2,
      G_TYPE_STRING, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
}

/* Returns: whether there is such a property. With the object lock. */
gboolean
dvr_publish_door_set (DvrPublishDoor * self, guint id, const GValue * value)
{
  if (id != DVR_PUBLISH_PROP_LOCATION)
    return dvr_publish_settings_set (&self->settings, id, value);
  g_free (self->location);
  self->location = g_value_dup_string (value);
  return TRUE;
}

/* Returns: whether there is such a property. With the object lock. */
gboolean
dvr_publish_door_get (DvrPublishDoor * self, guint id, GValue * value)
{
  switch (id) {
    case DVR_PUBLISH_PROP_LOCATION:
      g_value_set_string (value, self->location);
      return TRUE;
    case DVR_PUBLISH_PROP_CURRENT_PORT:
      g_value_set_int (value, self->port > 0 ? (gint) self->port : -1);
      return TRUE;
    default:
      return dvr_publish_settings_get (&self->settings, id, value);
  }
}

/* -- who may publish -- */

static gboolean
has_handler (DvrPublishDoor * self)
{
  return g_signal_has_handler_pending (self->element, self->signal, 0, TRUE);
}

static gboolean
is_guarded (DvrPublishDoor * self)
{
  gboolean guarded;

  GST_OBJECT_LOCK (self->element);
  guarded = dvr_publish_settings_is_guarded (&self->settings);
  GST_OBJECT_UNLOCK (self->element);
  return guarded || has_handler (self);
}

/* Whether @client, who has shown the key if there is one, may publish. */
static gboolean
authorize (const gchar * stream, const GstStructure * client,
    gpointer user_data)
{
  DvrPublishDoor *self = user_data;
  const gchar *address = gst_structure_get_string (client, "address");
  gboolean allowed = TRUE;

  if (!dvr_is_loopback (address) && !is_guarded (self)) {
    GST_WARNING_OBJECT (self->element, "refused a publisher from %s; "
        HOW_TO_GUARD, address);
    return FALSE;
  }
  if (has_handler (self))
    g_signal_emit (self->element, self->signal, 0, stream, client, &allowed);
  return allowed;
}

/**
 * dvr_publish_door_new_intake:
 * @self: a door
 * @stream: name
 *
 * Returns: (transfer full): an intake for publishers of @stream who may
 */
DvrIntake *
dvr_publish_door_new_intake (DvrPublishDoor * self, const gchar * stream)
{
  DvrIntake *intake;

  GST_OBJECT_LOCK (self->element);
  intake = dvr_publish_settings_new_intake (&self->settings, stream, authorize,
      self);
  GST_OBJECT_UNLOCK (self->element);
  return intake;
}

/* Who comes to @intake from now on is treated as set now. With the object
 * lock. */
void
dvr_publish_door_update (DvrPublishDoor * self, DvrIntake * intake)
{
  dvr_publish_settings_apply (&self->settings, intake);
}

static DvrRtmpRole *
publish (DvrRtmpService * service, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  DvrPublishDoor *self = SELF_OF_SERVICE (service);
  DvrRtmpRole *role = self->klass->publish (self->element, connection, ask,
      refusal);

  if (!role && refusal->code)
    gst_dvr_post_status (self->element, refusal->code, "error",
        refusal->description, "stream", G_TYPE_STRING, ask->stream,
        "address", G_TYPE_STRING,
        dvr_rtmp_connection_get_address (connection, NULL), NULL);
  return role;
}

/* -- opening and closing -- */

void
dvr_publish_door_init (DvrPublishDoor * self,
    const DvrPublishDoorClass * klass, GstElement * element,
    const gchar * default_location)
{
  self->klass = klass;
  self->element = element;
  self->signal = g_signal_lookup ("authorize-publish", G_OBJECT_TYPE (element));
  self->location = g_strdup (default_location);
  dvr_publish_settings_init (&self->settings);
  self->service.publish = publish;
}

void
dvr_publish_door_clear (DvrPublishDoor * self)
{
  g_clear_pointer (&self->location, g_free);
  dvr_publish_settings_clear (&self->settings);
}

static gboolean
listen_at (DvrPublishDoor * self, const DvrRtmpLocation * location,
    GError ** error)
{
  DvrRtmpListener *listener;

  if (!self->klass->prepare (self->element, location->path, error))
    return FALSE;
  listener = dvr_rtmp_listener_open (location->host, location->port, error);
  if (!listener)
    return FALSE;
  GST_OBJECT_LOCK (self->element);
  self->port = dvr_rtmp_listener_get_port (listener);
  GST_OBJECT_UNLOCK (self->element);
  self->listener = listener;
  dvr_rtmp_listener_add_service (listener, &self->service);
  return TRUE;
}

/* Where many can come and will all be refused, that is said, too. */
static void
tell_open (DvrPublishDoor * self, const DvrRtmpLocation * location)
{
  if (!dvr_is_loopback (location->host) && !is_guarded (self))
    GST_ELEMENT_WARNING (self->element, RESOURCE, SETTINGS,
        ("Publishers from other machines are refused; " HOW_TO_GUARD "."),
        (NULL));
  gst_dvr_post_status (self->element, "NetConnection.Connect.Success",
      "status", self->klass->waiting, "protocol", G_TYPE_STRING, "rtmp",
      "host", G_TYPE_STRING, location->host, "port", G_TYPE_UINT, self->port,
      self->klass->path_field, G_TYPE_STRING, location->path, NULL);
  g_object_notify (G_OBJECT (self->element), "current-port");
}

static void
post_error (DvrPublishDoor * self, const GError * error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    GST_ELEMENT_ERROR (self->element, RESOURCE, BUSY, ("%s.", error->message),
        ("another program listens there; choose another port, or 0"));
  else
    GST_ELEMENT_ERROR (self->element, RESOURCE, SETTINGS,
        ("%s.", error->message), ("check the property location"));
}

/**
 * dvr_publish_door_open:
 * @self: a door
 *
 * Listens at the location, and says so; or posts an error that says why not.
 *
 * Returns: whether publishers may come now
 */
gboolean
dvr_publish_door_open (DvrPublishDoor * self)
{
  DvrRtmpLocation location;
  GError *error = NULL;
  gboolean ok;
  gchar *uri;

  GST_OBJECT_LOCK (self->element);
  uri = g_strdup (self->location);
  GST_OBJECT_UNLOCK (self->element);
  ok = dvr_rtmp_location_parse (&location, uri, &error)
      && listen_at (self, &location, &error);
  if (ok)
    tell_open (self, &location);
  else
    post_error (self, error);
  g_clear_error (&error);
  dvr_rtmp_location_clear (&location);
  g_free (uri);
  return ok;
}

/* Nobody publishes any more. */
void
dvr_publish_door_close (DvrPublishDoor * self)
{
  if (!self->listener)
    return;
  dvr_rtmp_listener_remove_service (self->listener, &self->service);
  g_clear_pointer (&self->listener, dvr_rtmp_listener_close);
  GST_OBJECT_LOCK (self->element);
  self->port = 0;
  GST_OBJECT_UNLOCK (self->element);
}

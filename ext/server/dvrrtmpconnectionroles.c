/* dvrrtmpconnectionroles.c: what a client asks for, and who does it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client publishes or plays is a role, an object of the first service
 * of the listener that takes it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrname.h>

#include "dvrrtmpconnection-private.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

static void
tell_published (DvrRtmpConnection * self, const gchar * stream, gboolean begins)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  guint i;

  for (i = 0; i < services->len; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (service->published)
      service->published (service, self, stream, begins);
  }
  g_ptr_array_unref (services);
}

static void
end_slot (DvrRtmpConnection * self, DvrRtmpRoleKind kind)
{
  DvrRtmpSlot slot = self->slots[kind];

  memset (&self->slots[kind], 0, sizeof (DvrRtmpSlot));
  if (!slot.role)
    return;
  slot.role->gone (slot.role);
  if (kind == DVR_RTMP_PUBLISHER)
    tell_published (self, slot.stream, FALSE);
  g_free (slot.stream);
}

/* The connection is gone, and with it all that it did. */
void
dvr_rtmp_connection_end_roles (DvrRtmpConnection * self)
{
  guint i;

  for (i = 0; i < DVR_RTMP_N_ROLES; i++)
    end_slot (self, i);
  for (i = 0; self->greeted && i < self->greeted->len; i++) {
    DvrRtmpService *service = g_ptr_array_index (self->greeted, i);

    if (service->disconnected)
      service->disconnected (service, self);
  }
  g_clear_pointer (&self->greeted, g_ptr_array_unref);
  g_clear_pointer (&self->asked, g_ptr_array_unref);
}

/* What was written is on its way. */
void
dvr_rtmp_connection_tell_writable (DvrRtmpConnection * self)
{
  DvrRtmpRole *role = self->slots[DVR_RTMP_PLAYER].role;

  if (role)
    role->writable (role);
}

/**
 * dvr_rtmp_connection_end_role:
 * @self: a connection
 * @role: what it did
 *
 * The role has refused its client, or is done with it: it goes.
 */
void
dvr_rtmp_connection_end_role (DvrRtmpConnection * self, DvrRtmpRole * role)
{
  guint i;

  for (i = 0; i < DVR_RTMP_N_ROLES; i++) {
    if (self->slots[i].role == role)
      end_slot (self, i);
  }
}

/* Returns: (transfer full) (nullable): the stream that a name of its app means,
 *   if it can be one */
gchar *
dvr_rtmp_connection_make_stream_name (DvrRtmpConnection * self,
    const GstRtmpStreamName * name)
{
  const gchar *app = dvr_rtmp_connection_get_app (self);
  const gchar *rest = name->name;
  gchar *stream;

  if (!rest)
    return NULL;
  while (*rest == '/')
    rest++;
  stream = *app ? g_strconcat (app, *rest ? "/" : "", rest, NULL) :
      g_strdup (rest);
  if (gst_dvr_is_stream_name (stream))
    return stream;
  g_free (stream);
  return NULL;
}

static void
fill_ask (DvrRtmpConnection * self, const GstRtmpServerEvent * event,
    DvrRtmpAsk * ask)
{
  const GstRtmpStreamName *name = &event->command->stream;

  ask->stream = dvr_rtmp_connection_make_stream_name (self, name);
  ask->query = name->query ? name->query : self->connect->app_query;
  ask->stream_id = event->stream_id;
  ask->command = event->command;
  ask->missing = FALSE;
}

static DvrRtmpRole *
find_role (DvrRtmpConnection * self, DvrRtmpRoleKind kind,
    const DvrRtmpAsk * ask, DvrRtmpService ** taker, DvrRtmpRefusal * refusal)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  DvrRtmpRole *role = NULL;
  guint i;

  for (i = 0; i < services->len && !role && !refusal->code; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (kind == DVR_RTMP_PUBLISHER && service->publish)
      role = service->publish (service, self, ask, refusal);
    else if (kind == DVR_RTMP_PLAYER && service->play)
      role = service->play (service, self, ask, refusal);
    *taker = service;
  }
  g_ptr_array_unref (services);
  return role;
}

static void
refuse (DvrRtmpConnection * self, DvrRtmpRoleKind kind, const DvrRtmpAsk * ask,
    DvrRtmpRefusal * refusal)
{
  const gchar *code = refusal->code;
  const gchar *why = refusal->description;
  GError *error = NULL;

  if (!why)
    why = ask->stream ? "There is no such stream." :
        "This is not the name of a stream.";
  if (!code)
    code = kind == DVR_RTMP_PUBLISHER ? "NetStream.Publish.BadName" :
        "NetStream.Play.StreamNotFound";
  GST_INFO ("%s port %u: %s: %s %s", self->address, self->port,
      ask->stream ? ask->stream : "(no name)", code, why);
  if (!(kind == DVR_RTMP_PUBLISHER ?
          gst_rtmp_server_session_reject_publish (self->session,
              ask->stream_id, code, why, &error) :
          gst_rtmp_server_session_reject_play (self->session, ask->stream_id,
              code, why, &error))) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (self);
  }
}

/* publish or play: one of each on a connection */
static void
ask_for_role (DvrRtmpConnection * self, DvrRtmpRoleKind kind,
    const GstRtmpServerEvent * event)
{
  DvrRtmpRefusal refusal = { NULL, NULL, 0 };
  DvrRtmpSlot *slot = &self->slots[kind];
  DvrRtmpService *service = NULL;
  DvrRtmpRole *role = NULL;
  DvrRtmpAsk ask;

  fill_ask (self, event, &ask);
  if (slot->role && slot->stream_id != event->stream_id) {
    refusal.code = kind == DVR_RTMP_PUBLISHER ? "NetStream.Publish.BadName" :
        "NetStream.Play.Failed";
    refusal.description = "One stream at a time on a connection.";
  } else if (ask.stream) {
    end_slot (self, kind);
    role = find_role (self, kind, &ask, &service, &refusal);
    ask.missing = !role && !refusal.code;
    if (ask.missing)
      role = find_role (self, kind, &ask, &service, &refusal);
  }
  if (!role) {
    refuse (self, kind, &ask, &refusal);
  } else if (self->doomed) {
    role->gone (role);
  } else {
    slot->role = role;
    slot->service = service;
    slot->stream_id = event->stream_id;
    slot->stream = g_strdup (ask.stream);
    if (kind == DVR_RTMP_PUBLISHER)
      tell_published (self, slot->stream, TRUE);
  }
  g_free ((gchar *) ask.stream);
}

/* A call that belongs to no role: the first service that knows it answers. */
static void
ask_services (DvrRtmpConnection * self, const GstRtmpServerEvent * event)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  gboolean answered = FALSE;
  DvrRtmpAsk ask;
  guint i;

  fill_ask (self, event, &ask);
  for (i = 0; i < services->len && !answered; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    answered = service->call && service->call (service, self, &ask, event);
  }
  if (!answered && event->type == GST_RTMP_SERVER_STREAM_LENGTH)
    gst_rtmp_server_session_send_result (self->session, event->command,
        gst_amf_new_number (0));
  g_free ((gchar *) ask.stream);
  g_ptr_array_unref (services);
}

/* -- connecting -- */

/* What Enhanced RTMP has a server say of itself. */
static GstAmf *
make_capabilities (void)
{
  GstAmf *extra = gst_amf_new_object ();
  GstAmf *list = gst_amf_new_strict_array ();

  gst_amf_append (list, gst_amf_new_string ("*"));
  gst_amf_set (extra, "fourCcList", list);
  gst_amf_set_number (extra, "capsEx", GST_RTMP_CAPS_RECONNECT);
  return extra;
}

/* Answers connect. What waited behind it may be heard before this returns. */
static void
answer_connect (DvrRtmpConnection * self, const gchar * refusal)
{
  GError *error = NULL;
  gboolean ok;

  self->depth++;
  if (!refusal)
    ok = gst_rtmp_server_session_accept_connect (self->session,
        make_capabilities (), &error);
  else
    ok = gst_rtmp_server_session_reject_connect (self->session,
        "NetConnection.Connect.Rejected", refusal, NULL, &error);
  self->depth--;
  if (!ok) {
    GST_INFO ("%s port %u: %s", self->address, self->port, error->message);
    g_clear_error (&error);
    dvr_rtmp_connection_close (self);
  }
}

static void
on_connect (DvrRtmpConnection * self, const GstRtmpServerEvent * event)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  DvrRtmpGreeting greeting = DVR_RTMP_WELCOME;
  guint i;

  self->connect = gst_rtmp_connect_copy (event->command->connect);
  self->greeted = g_ptr_array_new ();
  self->asked = g_ptr_array_new ();
  for (i = 0; i < services->len && greeting != DVR_RTMP_REFUSED; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (!service->connected)
      continue;
    greeting = service->connected (service, self);
    if (greeting != DVR_RTMP_REFUSED)
      g_ptr_array_add (greeting == DVR_RTMP_WELCOME ? self->greeted :
          self->asked, service);
  }
  g_ptr_array_unref (services);
  if (greeting == DVR_RTMP_REFUSED)
    answer_connect (self, "Too many clients; try again later.");
  else if (self->asked->len == 0)
    answer_connect (self, NULL);
}

/**
 * dvr_rtmp_connection_greet:
 * @self: a connection that @service was asked about
 * @service: a service that answered %DVR_RTMP_ASKED
 * @welcome: what it answers now
 *
 * Only whom all services welcome is let in.
 */
void
dvr_rtmp_connection_greet (DvrRtmpConnection * self, gpointer service,
    gboolean welcome)
{
  if (!g_ptr_array_remove (self->asked, service))
    return;
  if (welcome) {
    g_ptr_array_add (self->greeted, service);
    if (self->asked->len == 0)
      answer_connect (self, NULL);
  } else {
    g_ptr_array_set_size (self->asked, 0);
    answer_connect (self, "This is not allowed here.");
  }
  dvr_rtmp_connection_flush (self);
}

static void
tell_role (DvrRtmpConnection * self, DvrRtmpRoleKind kind,
    const GstRtmpServerEvent * event)
{
  DvrRtmpSlot *slot = &self->slots[kind];

  if (slot->role && slot->stream_id == event->stream_id)
    slot->role->event (slot->role, event);
}

/* The session's callback. */
void
dvr_rtmp_connection_hear (GstRtmpServerSession * session,
    const GstRtmpServerEvent * event, gpointer user_data)
{
  DvrRtmpConnection *self = user_data;

  if (self->closing)
    return;
  self->depth++;
  switch (event->type) {
    case GST_RTMP_SERVER_CONNECT:
      on_connect (self, event);
      break;
    case GST_RTMP_SERVER_PUBLISH:
      ask_for_role (self, DVR_RTMP_PUBLISHER, event);
      break;
    case GST_RTMP_SERVER_PLAY:
      ask_for_role (self, DVR_RTMP_PLAYER, event);
      break;
    case GST_RTMP_SERVER_UNPUBLISH:
      tell_role (self, DVR_RTMP_PUBLISHER, event);
      if (self->slots[DVR_RTMP_PUBLISHER].stream_id == event->stream_id)
        end_slot (self, DVR_RTMP_PUBLISHER);
      break;
    case GST_RTMP_SERVER_STOP:
      tell_role (self, DVR_RTMP_PLAYER, event);
      if (self->slots[DVR_RTMP_PLAYER].stream_id == event->stream_id)
        end_slot (self, DVR_RTMP_PLAYER);
      break;
    case GST_RTMP_SERVER_MEDIA:
    case GST_RTMP_SERVER_DATA:
      tell_role (self, DVR_RTMP_PUBLISHER, event);
      break;
    case GST_RTMP_SERVER_STREAM_LENGTH:
    case GST_RTMP_SERVER_DVR_GET_INFO:
    case GST_RTMP_SERVER_DVR_SET_INFO:
      ask_services (self, event);
      break;
    case GST_RTMP_SERVER_BUFFER_LENGTH:
      self->buffer_ms = event->buffer_ms;
      tell_role (self, DVR_RTMP_PLAYER, event);
      break;
    default:
      tell_role (self, DVR_RTMP_PLAYER, event);
      break;
  }
  self->depth--;
}

/* Returns: whether a role of that service is on it */
gboolean
dvr_rtmp_connection_is_served_by (DvrRtmpConnection * self, gpointer service)
{
  guint i;

  for (i = 0; i < DVR_RTMP_N_ROLES; i++) {
    if (self->slots[i].service == service)
      return TRUE;
  }
  return FALSE;
}

/* The service goes: what it does on this connection ends. */
void
dvr_rtmp_connection_leave (DvrRtmpConnection * self, gpointer service)
{
  if (self->greeted)
    g_ptr_array_remove (self->greeted, service);
  if (dvr_rtmp_connection_is_served_by (self, service)
      || (self->asked && g_ptr_array_find (self->asked, service, NULL)))
    dvr_rtmp_connection_close (self);
}

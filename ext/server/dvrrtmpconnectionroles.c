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

#include <gst/dvr/gstdvrname.h>

#include "dvrrtmpconnection-private.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

static void
tell_published (DvrRtmpConnection * self, const gchar * event,
    const gchar * stream, gint64 duration, const DvrRtmpRefusal * refusal)
{
  const DvrRtmpPublication what = { event, stream, duration, refusal };
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  guint i;

  for (i = 0; i < services->len; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (service->published)
      service->published (service, self, &what);
  }
  g_ptr_array_unref (services);
}

/* Returns: (nullable): what the stream does of that kind */
static DvrRtmpSlot *
find_slot (DvrRtmpConnection * self, DvrRtmpRoleKind kind, guint32 stream_id)
{
  GList *l;

  for (l = self->slots.head; l; l = l->next) {
    DvrRtmpSlot *slot = l->data;

    if (slot->kind == kind && slot->stream_id == stream_id)
      return slot;
  }
  return NULL;
}

static gboolean
does (DvrRtmpConnection * self, DvrRtmpRoleKind kind)
{
  GList *l;

  for (l = self->slots.head; l; l = l->next) {
    if (((DvrRtmpSlot *) l->data)->kind == kind)
      return TRUE;
  }
  return FALSE;
}

static void
add_slot (DvrRtmpConnection * self, DvrRtmpRoleKind kind,
    const DvrRtmpAsk * ask, DvrRtmpRole * role, DvrRtmpService * service)
{
  DvrRtmpSlot *slot = g_new0 (DvrRtmpSlot, 1);

  slot->link.data = slot;
  slot->kind = kind;
  slot->role = role;
  slot->service = service;
  slot->stream_id = ask->stream_id;
  slot->stream = g_strdup (ask->stream);
  slot->round = self->round;
  g_queue_push_tail_link (&self->slots, &slot->link);
  slot->since = g_get_monotonic_time ();
  if (kind == DVR_RTMP_PUBLISHER)
    tell_published (self, "publish", slot->stream, -1, NULL);
}

static void
end_slot (DvrRtmpConnection * self, DvrRtmpSlot * slot)
{
  g_queue_unlink (&self->slots, &slot->link);
  slot->role->gone (slot->role);
  if (slot->kind == DVR_RTMP_PUBLISHER)
    tell_published (self, "unpublish", slot->stream,
        g_get_monotonic_time () - slot->since, NULL);
  g_free (slot->stream);
  g_free (slot);
}

/* The connection is gone, and with it all that it did. */
void
dvr_rtmp_connection_end_roles (DvrRtmpConnection * self)
{
  guint i;

  while (self->slots.head)
    end_slot (self, self->slots.head->data);
  for (i = 0; self->greeted && i < self->greeted->len; i++) {
    DvrRtmpService *service = g_ptr_array_index (self->greeted, i);

    if (service->disconnected)
      service->disconnected (service, self);
  }
  g_clear_pointer (&self->greeted, g_ptr_array_unref);
  g_clear_pointer (&self->asked, g_ptr_array_unref);
}

/* Returns: (nullable): the first that has not had its turn in this round */
static DvrRtmpSlot *
find_next (DvrRtmpConnection * self)
{
  GList *l;

  for (l = self->slots.head; l; l = l->next) {
    DvrRtmpSlot *slot = l->data;

    if (slot->round != self->round)
      return slot;
  }
  return NULL;
}

/* What was written is on its way. Whoever is first writes as much as may be
 * pending, so that everybody is in turn. A role may end others. */
void
dvr_rtmp_connection_tell_writable (DvrRtmpConnection * self)
{
  DvrRtmpSlot *slot;

  if (self->slots.head != self->slots.tail)
    g_queue_push_tail_link (&self->slots, g_queue_pop_head_link (&self->slots));
  self->round++;
  while (!self->closing && (slot = find_next (self))) {
    slot->round = self->round;
    if (slot->role->writable)
      slot->role->writable (slot->role);
  }
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
  GList *l = self->slots.head;

  while (l && ((DvrRtmpSlot *) l->data)->role != role)
    l = l->next;
  if (l)
    end_slot (self, l->data);
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
  const gboolean publishes = kind == DVR_RTMP_PUBLISHER;
  GError *error = NULL;

  if (!refusal->description)
    refusal->description = !ask->stream ? "This is not the name of a stream." :
        publishes ? "Nothing is taken in under this name here." :
        "There is no such stream.";
  if (!refusal->code)
    refusal->code = publishes ? "NetStream.Publish.BadName" :
        "NetStream.Play.StreamNotFound";
  GST_INFO ("%s port %u: %s: %s %s", self->address, self->port,
      ask->stream ? ask->stream : "(no name)", refusal->code,
      refusal->description);
  if (publishes)
    tell_published (self, "publish", ask->stream, -1, refusal);
  if (!(publishes ?
          gst_rtmp_server_session_reject_publish (self->session,
              ask->stream_id, refusal->code, refusal->description, &error) :
          gst_rtmp_server_session_reject_play (self->session, ask->stream_id,
              refusal->code, refusal->description, &error))) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (self);
  }
}

/* A connection publishes one stream. It plays several; how many, the session
 * knows. */
static void
ask_for_role (DvrRtmpConnection * self, DvrRtmpRoleKind kind,
    const GstRtmpServerEvent * event)
{
  DvrRtmpSlot *slot = find_slot (self, kind, event->stream_id);
  DvrRtmpRefusal refusal = { NULL, NULL, 0 };
  DvrRtmpService *service = NULL;
  DvrRtmpRole *role = NULL;
  DvrRtmpAsk ask;

  if (slot && kind == DVR_RTMP_PLAYER
      && !gst_rtmp_play_flushes (&event->command->play)) {
    slot->role->event (slot->role, event);
    return;
  }
  if (slot)
    end_slot (self, slot);
  fill_ask (self, event, &ask);
  if (kind == DVR_RTMP_PUBLISHER && does (self, kind)) {
    refusal.code = "NetStream.Publish.BadName";
    refusal.description = "One stream at a time on a connection.";
    refusal.status = 409;
  } else if (ask.stream) {
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
    add_slot (self, kind, &ask, role, service);
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
  DvrRtmpSlot *slot = find_slot (self, kind, event->stream_id);

  if (slot)
    slot->role->event (slot->role, event);
}

/* It has stopped. */
static void
tell_role_and_end (DvrRtmpConnection * self, DvrRtmpRoleKind kind,
    const GstRtmpServerEvent * event)
{
  DvrRtmpSlot *slot;

  tell_role (self, kind, event);
  slot = find_slot (self, kind, event->stream_id);
  if (slot)
    end_slot (self, slot);
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
      tell_role_and_end (self, DVR_RTMP_PUBLISHER, event);
      break;
    case GST_RTMP_SERVER_STOP:
      tell_role_and_end (self, DVR_RTMP_PLAYER, event);
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
    default:
      tell_role (self, DVR_RTMP_PLAYER, event);
      break;
  }
  self->depth--;
}

/* Returns: whether a role of that service is on it */
static gboolean
is_served_by (DvrRtmpConnection * self, gpointer service)
{
  GList *l;

  for (l = self->slots.head; l; l = l->next) {
    if (((DvrRtmpSlot *) l->data)->service == service)
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
  if (is_served_by (self, service)
      || (self->asked && g_ptr_array_find (self->asked, service, NULL)))
    dvr_rtmp_connection_close (self);
}

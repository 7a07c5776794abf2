/* dvrpublishdoor.h: where publishers come to an element
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrpublishsettings.h"
#include "dvrrtmplistener.h"

G_BEGIN_DECLS

/* Properties beside those of DvrPublishSettings; an element's own have other
 * numbers. */
enum
{
  DVR_PUBLISH_PROP_LOCATION = 192,
  DVR_PUBLISH_PROP_CURRENT_PORT
};

/**
 * DvrPublishDoorClass:
 * @waiting: what the status says when it listens
 * @path_field: what the location's path is called there
 * @prepare: checks that path, and makes ready what @publish needs
 * @publish: takes a publisher in; who leaves him to others returns %NULL and
 *   sets no code. Called in the connection's loop
 */
typedef struct
{
  const gchar *waiting;
  const gchar *path_field;
  gboolean (*prepare) (GstElement * element, const gchar * path,
      GError ** error);
  DvrRtmpRole * (*publish) (GstElement * element,
      DvrRtmpConnection * connection, const DvrRtmpAsk * ask,
      DvrRtmpRefusal * refusal);
} DvrPublishDoorClass;

/**
 * DvrPublishDoor:
 *
 * What elements have in common that publishers come to: the properties
 * location, current-port and those of #DvrPublishSettings, the signal
 * authorize-publish, and a share in the listener of the place. Settings are
 * guarded by the element's object lock.
 */
typedef struct
{
  /*< private >*/
  const DvrPublishDoorClass *klass;
  GstElement *element;
  guint signal;
  gchar *location;
  DvrPublishSettings settings;
  guint port;
  DvrRtmpListener *listener;
  DvrRtmpService service;
} DvrPublishDoor;

void     dvr_publish_door_install    (GObjectClass * klass,
                                      const gchar * location_blurb,
                                      const gchar * default_location);
void     dvr_publish_door_init       (DvrPublishDoor * self,
                                      const DvrPublishDoorClass * klass,
                                      GstElement * element,
                                      const gchar * default_location);
void     dvr_publish_door_clear      (DvrPublishDoor * self);
gboolean dvr_publish_door_set        (DvrPublishDoor * self, guint id,
                                      const GValue * value);
gboolean dvr_publish_door_get        (DvrPublishDoor * self, guint id,
                                      GValue * value);
gboolean dvr_publish_door_open       (DvrPublishDoor * self);
void     dvr_publish_door_close      (DvrPublishDoor * self);
DvrIntake * dvr_publish_door_new_intake (DvrPublishDoor * self,
                                      const gchar * stream);
void     dvr_publish_door_update     (DvrPublishDoor * self,
                                      DvrIntake * intake);

G_END_DECLS

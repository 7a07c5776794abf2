/* dvrpublishsettings.h: who may publish, as an element is told
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "dvrintake.h"

G_BEGIN_DECLS

/* Properties of an element that publishers come to; its own have other
 * numbers. */
enum
{
  DVR_PUBLISH_PROP_KEY = 128,
  DVR_PUBLISH_PROP_AUTH_SECRET,
  DVR_PUBLISH_PROP_ALLOW_ANONYMOUS,
  DVR_PUBLISH_PROP_TIMEOUT
};

/**
 * DvrPublishSettings:
 * @key: (nullable): what publishers must show
 * @keys: (nullable): who has signed the tokens that do as well
 * @allow_anonymous: nobody need be kept out
 * @timeout: nanoseconds after which a silent publisher is given up
 */
typedef struct
{
  gchar *key;
  DvrTokenKeys *keys;
  gboolean allow_anonymous;
  guint64 timeout;
} DvrPublishSettings;

void     dvr_publish_settings_install (GObjectClass * klass);
void     dvr_publish_settings_init    (DvrPublishSettings * self);
void     dvr_publish_settings_clear   (DvrPublishSettings * self);
gboolean dvr_publish_settings_set     (DvrPublishSettings * self, guint id,
                                       const GValue * value);
gboolean dvr_publish_settings_get     (const DvrPublishSettings * self,
                                       guint id, GValue * value);
void     dvr_publish_settings_apply   (const DvrPublishSettings * self,
                                       DvrIntake * intake);
DvrIntake * dvr_publish_settings_new_intake
                                      (const DvrPublishSettings * self,
                                       const gchar * stream,
                                       DvrAuthorizePublish authorize,
                                       gpointer user_data);
gboolean dvr_publish_settings_is_guarded (const DvrPublishSettings * self);

G_END_DECLS

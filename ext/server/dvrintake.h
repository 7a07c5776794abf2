/* dvrintake.h: takes a publisher in and holds what it sends
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmplistener.h"
#include "dvrtoken.h"

G_BEGIN_DECLS

typedef struct _DvrIntake DvrIntake;

/**
 * DvrIntakeItemType:
 * @DVR_INTAKE_BEGIN: a publisher begins; what follows is a stream of its own
 * @DVR_INTAKE_TAG: an FLV tag
 * @DVR_INTAKE_END: the publisher has said that it ends
 * @DVR_INTAKE_LOST: it is gone without a word
 * @DVR_INTAKE_STOPPED: nothing more is to be had
 */
typedef enum
{
  DVR_INTAKE_BEGIN,
  DVR_INTAKE_TAG,
  DVR_INTAKE_END,
  DVR_INTAKE_LOST,
  DVR_INTAKE_STOPPED
} DvrIntakeItemType;

/**
 * DvrIntakeItem:
 * @type: what it is
 * @tag: (transfer full): of a tag, with its DTS
 * @client: (transfer full): of a begin: who it is
 */
typedef struct
{
  DvrIntakeItemType type;
  GstBuffer *tag;
  GstStructure *client;
} DvrIntakeItem;

/* Whether somebody may publish; with no lock held, in a loop: must not block. */
typedef gboolean (*DvrAuthorizePublish) (const gchar * stream,
    const GstStructure * client, gpointer user_data);

/**
 * DvrIntakeSettings:
 * @key: (nullable): what a publisher must show
 * @keys: (nullable): who has signed the token that does as well
 * @timeout: nanoseconds after which a silent publisher is given up
 * @authorize: (nullable): asked before a publisher is taken; with no lock held,
 *   in a loop, so it must not block
 * @user_data: for @authorize
 */
typedef struct
{
  const gchar *key;
  DvrTokenKeys *keys;
  GstClockTime timeout;
  DvrAuthorizePublish authorize;
  gpointer user_data;
} DvrIntakeSettings;

typedef struct
{
  guint64 publishers;
  guint64 refused;
  guint64 tags;
  guint64 bytes;
  guint64 queued;
  gboolean publishing;
} DvrIntakeStats;

DvrIntake *   dvr_intake_new          (const gchar * stream,
                                       const DvrIntakeSettings * settings);
DvrIntake *   dvr_intake_ref          (DvrIntake * self);
void          dvr_intake_unref        (DvrIntake * self);
const gchar * dvr_intake_get_stream   (DvrIntake * self);
void          dvr_intake_set_key      (DvrIntake * self, const gchar * key);
void          dvr_intake_set_keys     (DvrIntake * self,
                                       DvrTokenKeys * keys);
void          dvr_intake_set_timeout  (DvrIntake * self, GstClockTime timeout);
void          dvr_intake_get_stats    (DvrIntake * self,
                                       DvrIntakeStats * stats);

DvrRtmpRole * dvr_intake_publish      (DvrIntake * self,
                                       DvrRtmpConnection * connection,
                                       const DvrRtmpAsk * ask,
                                       DvrRtmpRefusal * refusal);

void          dvr_intake_set_flushing (DvrIntake * self, gboolean flushing);
void          dvr_intake_stop         (DvrIntake * self);
void          dvr_intake_pull         (DvrIntake * self, DvrIntakeItem * item);
void          dvr_intake_item_clear   (DvrIntakeItem * item);

G_END_DECLS

/* dvrauthorize.h: asking the application whether a client may
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _DvrAuthorizer DvrAuthorizer;

/**
 * DvrAuthorization:
 * @DVR_AUTHORIZE_DENY: it may not
 * @DVR_AUTHORIZE_ALLOW: it may
 * @DVR_AUTHORIZE_LATER: dvr_authorizer_done() will tell
 */
typedef enum
{
  DVR_AUTHORIZE_DENY,
  DVR_AUTHORIZE_ALLOW,
  DVR_AUTHORIZE_LATER
} DvrAuthorization;

/* Asks the application. @client has an `id` for dvr_authorizer_done(). */
typedef DvrAuthorization (*DvrAuthorizeAsk) (const gchar * kind,
    const GstStructure * client, gpointer user_data);
/* Whether there is anybody to ask. */
typedef gboolean (*DvrAuthorizeListens) (gpointer user_data);
/* Called once, from any thread, with no lock held. */
typedef void (*DvrAuthorizeFunc) (gboolean allowed, gpointer user_data);

DvrAuthorizer * dvr_authorizer_new   (void);
void            dvr_authorizer_free  (DvrAuthorizer * self);
void            dvr_authorizer_set   (DvrAuthorizer * self,
                                      DvrAuthorizeAsk ask,
                                      gpointer user_data);
void            dvr_authorizer_set_listens (DvrAuthorizer * self,
                                      DvrAuthorizeListens listens);
gboolean        dvr_authorizer_is_needed (DvrAuthorizer * self);
void            dvr_authorizer_ask   (DvrAuthorizer * self,
                                      const gchar * kind,
                                      GstStructure * client,
                                      DvrAuthorizeFunc func,
                                      gpointer user_data);
gboolean        dvr_authorizer_done  (DvrAuthorizer * self, guint64 id,
                                      gboolean allow);
void            dvr_authorizer_sweep (DvrAuthorizer * self, gint64 now);
void            dvr_authorizer_close (DvrAuthorizer * self);

G_END_DECLS

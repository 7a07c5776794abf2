/* gstdvrproxynames.h: what streams are called here and upstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstDvrProxyNames GstDvrProxyNames;

/* Not locked: the owner's lock protects it. */
GstDvrProxyNames *gst_dvr_proxy_names_new   (void);
void              gst_dvr_proxy_names_free  (GstDvrProxyNames * self);
void              gst_dvr_proxy_names_set   (GstDvrProxyNames * self,
                                             const gchar * local,
                                             const gchar * remote);
gboolean          gst_dvr_proxy_names_add   (GstDvrProxyNames * self,
                                             const gchar * local,
                                             const gchar * remote);
gboolean          gst_dvr_proxy_names_remove (GstDvrProxyNames * self,
                                             const gchar * local);
const gchar *     gst_dvr_proxy_names_lookup (GstDvrProxyNames * self,
                                             const gchar * local);
gchar **          gst_dvr_proxy_names_list  (GstDvrProxyNames * self);

G_END_DECLS

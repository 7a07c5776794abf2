/* gstdvrproxysettings.h: the properties of proxystreamsrc
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrupstream.h"

G_BEGIN_DECLS

typedef struct _GstDvrProxySettings GstDvrProxySettings;

typedef enum
{
  GST_DVR_PROXY_PROP_0,
  GST_DVR_PROXY_PROP_LOCATION,
  GST_DVR_PROXY_PROP_BACKUP_LOCATIONS,
  GST_DVR_PROXY_PROP_CURRENT_LOCATION,
  GST_DVR_PROXY_PROP_REMOTE_NAME,
  GST_DVR_PROXY_PROP_LOCAL_NAME,
  GST_DVR_PROXY_PROP_TIMEOUT,
  GST_DVR_PROXY_PROP_IDLE_TIMEOUT,
  GST_DVR_PROXY_PROP_LINGER,
  GST_DVR_PROXY_PROP_RETRY_DELAY,
  GST_DVR_PROXY_PROP_MAX_RETRY_DELAY,
  GST_DVR_PROXY_PROP_FAILBACK,
  GST_DVR_PROXY_PROP_MAX_TRANSFERS,
  GST_DVR_PROXY_PROP_MAX_WAITS,
  GST_DVR_PROXY_PROP_ALLOWED_HOSTS,
  GST_DVR_PROXY_PROP_USER_AGENT,
  GST_DVR_PROXY_PROP_EXTRA_HEADERS,
  GST_DVR_PROXY_PROP_SSL_STRICT,
  GST_DVR_PROXY_PROP_SSL_CA_FILE,
  GST_DVR_PROXY_PROP_TOKEN,
  GST_DVR_PROXY_PROP_WINDOW,
  GST_DVR_PROXY_PROP_MAX_SIZE,
  GST_DVR_PROXY_PROP_TEMP_DIR,
  GST_DVR_PROXY_PROP_STATS
} GstDvrProxyProperty;

/* All may be called from any thread. */
GstDvrProxySettings *gst_dvr_proxy_settings_new  (void);
void     gst_dvr_proxy_settings_free       (GstDvrProxySettings * self);
void     gst_dvr_proxy_settings_install    (GObjectClass * klass);
void     gst_dvr_proxy_settings_set        (GstDvrProxySettings * self,
                                            guint id,
                                            const GValue * value);
void     gst_dvr_proxy_settings_get        (GstDvrProxySettings * self,
                                            guint id,
                                            GValue * value);
GstDvrUpstreamConfig *
         gst_dvr_proxy_settings_make_config (GstDvrProxySettings * self);
gchar *  gst_dvr_proxy_settings_dup_location (GstDvrProxySettings * self);
void     gst_dvr_proxy_settings_dup_names  (GstDvrProxySettings * self,
                                            gchar ** local,
                                            gchar ** remote);
GstClockTime
         gst_dvr_proxy_settings_get_linger (GstDvrProxySettings * self);

G_END_DECLS

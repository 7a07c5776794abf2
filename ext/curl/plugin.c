/* plugin.c: the plugin dvrproxy
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:plugin-dvrproxy
 * @title: dvrproxy
 *
 * Pulls segments of DVR streams from upstream servers.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <curl/curl.h>

#include "gstdvrproxydebug.h"
#include "gstproxystreamsrc.h"

GST_DEBUG_CATEGORY (gst_dvr_proxy_debug);

static gboolean
plugin_init (GstPlugin * plugin)
{
  GST_DEBUG_CATEGORY_INIT (gst_dvr_proxy_debug, "proxystreamsrc", 0,
      "pulls DVR segments from upstream");
  if (curl_global_init (CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return FALSE;

  return GST_ELEMENT_REGISTER (proxystreamsrc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, dvrproxy,
    "Pulls segments of DVR streams from upstream servers", plugin_init,
    VERSION, GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)

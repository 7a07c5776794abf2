/* plugin.c: the plugin dvrcache
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:plugin-dvrcache
 *
 * Keeps the segments of DVR streams in memory and on disk, and plays them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrsrc.h"
#include "gstsegmentcache.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (segmentcache, plugin) &&
      GST_ELEMENT_REGISTER (dvrsrc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, dvrcache,
    "Caches segments of DVR streams, and plays them", plugin_init, VERSION,
    GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)

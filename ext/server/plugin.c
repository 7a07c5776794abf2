/* plugin.c: the plugin dvrserver
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrorigin.h"
#include "gstdvrserversink.h"
#include "gstrtmpingestsrc.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);

static gboolean
plugin_init (GstPlugin * plugin)
{
  GST_DEBUG_CATEGORY_INIT (dvr_rtmp_debug, "dvrrtmp", 0, "DVR over RTMP");
  return GST_ELEMENT_REGISTER (dvrserversink, plugin)
      & GST_ELEMENT_REGISTER (rtmpingestsrc, plugin)
      & GST_ELEMENT_REGISTER (dvrorigin, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, dvrserver,
    "Takes publishers in, and serves streams to viewers", plugin_init, VERSION,
    GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)

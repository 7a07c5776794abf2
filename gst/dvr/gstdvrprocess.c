/* gstdvrprocess.c: what names this process to others
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrprocess.h"

/**
 * gst_dvr_get_process_id:
 *
 * What stands for this process in the CDN-Loop header (RFC 8586 section 2, a
 * pseudonym): the client adds it to what it asks upstream, and a server refuses
 * requests that carry its own. It is random, new in every process, and the same
 * for all elements of one.
 *
 * Returns: (transfer none): such as `dvr-3f9c51d2a07be864`; from any thread
 */
const gchar *
gst_dvr_get_process_id (void)
{
  static gsize once = 0;
  static gchar id[24];

  if (g_once_init_enter (&once)) {
    g_snprintf (id, sizeof (id), "dvr-%08x%08x", g_random_int (),
        g_random_int ());
    g_once_init_leave (&once, 1);
  }

  return id;
}

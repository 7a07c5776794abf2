/* fuzz_cmcd.c: what clients write in CMCD headers and arguments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/dvr/gstdvrcmcd.h>

int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

int
LLVMFuzzerTestOneInput (const guint8 * data, size_t size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_autofree gchar *value = gst_dvr_cmcd_find_query (text);
  g_autofree gchar *again = NULL;
  g_auto (GStrv) lines = NULL;
  GstDvrCmcd cmcd;

  gst_dvr_cmcd_init (&cmcd);
  gst_dvr_cmcd_parse (&cmcd, text);
  if (value)
    gst_dvr_cmcd_parse (&cmcd, value);
  g_assert (*cmcd.session == '\0' || gst_dvr_is_session_id (cmcd.session));
  g_assert (cmcd.count > 0);
  lines = gst_dvr_cmcd_to_headers (&cmcd);
  again = gst_dvr_cmcd_to_query (&cmcd);
  g_assert (lines[0] && again);

  return 0;
}

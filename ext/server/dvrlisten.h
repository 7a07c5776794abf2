/* dvrlisten.h: listening sockets, and who reaches them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint  dvr_listen          (const gchar * host, guint port, GError ** error);
guint dvr_listen_get_port (gint fd);

gboolean dvr_is_loopback  (const gchar * host);

G_END_DECLS

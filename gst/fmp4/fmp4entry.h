/* Sample entries: a track's configuration inside stsd. Internal to fmp4.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fmp4.h"

G_BEGIN_DECLS

gboolean gst_fmp4_put_sample_entry (GByteArray * out,
    const GstFmp4Track * track, GError ** error);
GstCaps *gst_fmp4_parse_sample_entry (const GstFmp4Box * entry);

G_END_DECLS

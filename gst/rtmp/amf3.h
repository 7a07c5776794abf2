/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * amf3.h: AMF version 3 (amf-file-format-spec) to and from bytes
 *
 * AMF3 arises inside AMF0, after its avmplus marker; each such value has
 * reference tables of its own.
 */
#ifndef __GST_AMF3_H__
#define __GST_AMF3_H__

#include "amf0.h"

G_BEGIN_DECLS

GstAmf * gst_amf3_read  (GstAmfReader * reader, GError ** error);
void     gst_amf3_write (GByteArray * out, const GstAmf * value);

G_END_DECLS

#endif /* __GST_AMF3_H__ */

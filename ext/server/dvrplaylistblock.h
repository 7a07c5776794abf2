/* dvrplaylistblock.h: text that many renderings share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DvrBlock DvrBlock;

/**
 * DvrDeflated:
 * @bytes: raw deflate data that ends on a byte and refers to nothing before it
 * @crc: CRC-32 of the text
 */
typedef struct
{
  GBytes *bytes;
  guint32 crc;
} DvrDeflated;

DvrBlock *          dvr_block_new          (GString * text);
DvrBlock *          dvr_block_ref          (DvrBlock * block);
void                dvr_block_unref        (DvrBlock * block);
const gchar *       dvr_block_get_text     (DvrBlock * block, gsize * size);
const DvrDeflated * dvr_block_get_deflated (DvrBlock * block);

G_END_DECLS

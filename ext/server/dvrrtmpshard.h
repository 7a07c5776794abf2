/* dvrrtmpshard.h: a listener's share in one loop
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmplistener.h"

G_BEGIN_DECLS

/**
 * DvrRtmpShard:
 * @listener: whose
 * @loop: in which all of this is touched
 * @connections: (element-type DvrRtmpConnection): those that are open
 * @timer: looks after them once a second
 */
struct _DvrRtmpShard
{
  DvrRtmpListener *listener;
  DvrRtmpLoop *loop;
  GQueue connections;
  uv_timer_t *timer;
};

G_END_DECLS

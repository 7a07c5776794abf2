/* dvrsigpipe.h: for threads that write to who may be gone
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <signal.h>

#include <glib.h>

G_BEGIN_DECLS

/* For the calling thread a reader that has gone is an error, not the end of the
 * process, whose handling of signals is not ours to change. */
static inline void
dvr_block_sigpipe (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
}

G_END_DECLS

/* dvrbranches.h: asking upstream through the pads of an element
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

G_BEGIN_DECLS

typedef struct _DvrBranches DvrBranches;

DvrBranches * dvr_branches_new       (void);
void          dvr_branches_free      (DvrBranches * self);

void          dvr_branches_add       (DvrBranches * self, GstPad * pad);
void          dvr_branches_remove    (DvrBranches * self, GstPad * pad);
void          dvr_branches_set_names (DvrBranches * self, GstPad * pad,
                                      gchar ** names);
gchar **      dvr_branches_get_names (DvrBranches * self);
gboolean      dvr_branches_has       (DvrBranches * self, GstPad * pad);
gboolean      dvr_branches_are_ready (DvrBranches * self);

GstDvrAnswer  dvr_branches_ask       (DvrBranches * self,
                                      GstDvrRequest * request,
                                      guint * skip, GstPad ** answered);
GstDvrAnswer  dvr_branches_ask_one   (DvrBranches * self,
                                      GstDvrRequest * request, GstPad * pad);

G_END_DECLS

/* dvradmissions.h: who may play over HTTP, as the application has decided
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrauthorize.h"

G_BEGIN_DECLS

/* How long leave to play holds; who plays on is asked about anew meanwhile. */
#define DVR_ADMISSION_FRESH (30 * G_USEC_PER_SEC)
/* How long it holds where the new answer is not there yet. */
#define DVR_ADMISSION_HOLD (60 * G_USEC_PER_SEC)
/* How long a refusal holds. */
#define DVR_ADMISSION_REFUSAL (5 * G_USEC_PER_SEC)
/* What is remembered, of all viewers. */
#define DVR_ADMISSION_MAX 65536

/**
 * DvrAdmission:
 * @DVR_ADMISSION_UNKNOWN: it has to be asked
 * @DVR_ADMISSION_YES: it may
 * @DVR_ADMISSION_OLD: it may, but it has to be asked anew
 * @DVR_ADMISSION_NO: it may not
 */
typedef enum
{
  DVR_ADMISSION_UNKNOWN,
  DVR_ADMISSION_YES,
  DVR_ADMISSION_OLD,
  DVR_ADMISSION_NO
} DvrAdmission;

typedef struct _DvrAdmissions DvrAdmissions;

DvrAdmissions * dvr_admissions_new   (DvrAuthorizer * authorizer);
void            dvr_admissions_free  (DvrAdmissions * self);
gchar *         dvr_admissions_make_key (const gchar * address,
                                      const gchar * token,
                                      const gchar * stream);
DvrAdmission    dvr_admissions_look  (DvrAdmissions * self,
                                      const gchar * key, gint64 now);
void            dvr_admissions_ask   (DvrAdmissions * self,
                                      const gchar * key,
                                      GstStructure * client,
                                      DvrAuthorizeFunc func,
                                      gpointer user_data);
void            dvr_admissions_sweep (DvrAdmissions * self, gint64 now);

G_END_DECLS

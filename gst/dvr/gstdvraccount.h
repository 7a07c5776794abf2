/* gstdvraccount.h: memory that is derived from cached segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/dvr-prelude.h>

G_BEGIN_DECLS

typedef struct _GstDvrAccount GstDvrAccount;
typedef struct _GstDvrCharge GstDvrCharge;

/**
 * GstDvrAccountFunc:
 * @account: an account to which bytes were charged
 * @user_data: what was given with it
 *
 * Sees to it that the budget is kept. Called with no lock held, from the thread
 * of gst_dvr_account_settle(); it must not block.
 */
typedef void (*GstDvrAccountFunc) (GstDvrAccount * account,
    gpointer user_data);

/**
 * GstDvrReclaimFunc:
 * @charge: what is to go
 * @user_data: what was given with it
 *
 * Lets go what was derived, to be made anew by whoever wants it next, and
 * closes @charge; does nothing where it has come into use just now. Called with
 * no lock held, from any thread, and maybe once more while @charge is being
 * closed; it must not block.
 */
typedef void (*GstDvrReclaimFunc) (GstDvrCharge * charge, gpointer user_data);

GST_DVR_API GstDvrAccount *
                     gst_dvr_account_new    (GstDvrAccountFunc func,
                                             gpointer user_data,
                                             GDestroyNotify notify);
GST_DVR_API GstDvrAccount *
                     gst_dvr_account_ref    (GstDvrAccount * account);
GST_DVR_API void     gst_dvr_account_unref  (GstDvrAccount * account);
GST_DVR_API guint64  gst_dvr_account_get_bytes
                                            (GstDvrAccount * account);
GST_DVR_API guint64  gst_dvr_account_get_pinned_bytes
                                            (GstDvrAccount * account);
GST_DVR_API void     gst_dvr_account_settle (GstDvrAccount * account);
GST_DVR_API guint    gst_dvr_account_reclaim
                                            (GstDvrAccount * account,
                                             guint64 bytes);

GST_DVR_API GstDvrCharge *
                     gst_dvr_account_open   (GstDvrAccount * account,
                                             GstDvrReclaimFunc reclaim,
                                             gpointer user_data,
                                             GDestroyNotify notify);
GST_DVR_API GstDvrCharge *
                     gst_dvr_charge_ref     (GstDvrCharge * charge);
GST_DVR_API void     gst_dvr_charge_unref   (GstDvrCharge * charge);
GST_DVR_API void     gst_dvr_charge_close   (GstDvrCharge * charge);
GST_DVR_API void     gst_dvr_charge_add     (GstDvrCharge * charge,
                                             guint64 bytes);
GST_DVR_API void     gst_dvr_charge_remove  (GstDvrCharge * charge,
                                             guint64 bytes);
GST_DVR_API void     gst_dvr_charge_settle  (GstDvrCharge * charge);
GST_DVR_API void     gst_dvr_charge_pin     (GstDvrCharge * charge);
GST_DVR_API void     gst_dvr_charge_unpin   (GstDvrCharge * charge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrAccount, gst_dvr_account_unref)

G_END_DECLS

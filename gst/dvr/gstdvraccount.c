/* gstdvraccount.c: memory that is derived from cached segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvraccount
 * @title: GstDvrAccount
 * @short_description: memory that is derived from cached segments
 *
 * Whoever makes something of a segment that takes as much memory as the
 * segment itself, such as its messages for another protocol, has it counted in
 * the budget of the cache that keeps the segment: it opens a #GstDvrCharge in
 * the segment's account (gst_dvr_segment_get_account()) and adds what it
 * allocates. A cache that is over its budget reclaims from its account before
 * it evicts a segment, since what is derived can be made again without asking
 * anybody.
 *
 * Bytes count until they are taken off again, which is when they are really
 * freed: a charge outlives what it was opened for as long as somebody sends
 * some of it.
 *
 * Everything here may be called from any thread. The owner's and the users'
 * functions are called with no lock held.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvraccount.h"
#include "gstdvrwatch.h"

struct _GstDvrAccount
{
  gatomicrefcount refcount;
  guint64 bytes;                /* atomic */
  guint idle;                   /* atomic: open charges that nobody has pinned */

  GMutex lock;                  /* protects all below, and in charges */
  GPtrArray *charges;           /* the open ones, without a reference */
  GstDvrWatchList owner;
};

struct _GstDvrCharge
{
  gatomicrefcount refcount;
  GstDvrAccount *account;
  guint64 bytes;                /* atomic */

  /* protected by the account's lock */
  guint pins;
  gint64 last_used;
  guint index;                  /* among the account's charges */
  gboolean is_open;
  GstDvrWatchList user;
};

#define get(value) __atomic_load_n (&(value), __ATOMIC_RELAXED)
#define add(value, n) __atomic_add_fetch (&(value), (n), __ATOMIC_RELAXED)
#define sub(value, n) __atomic_sub_fetch (&(value), (n), __ATOMIC_RELAXED)

/**
 * gst_dvr_account_new:
 * @func: keeps the budget, see gst_dvr_account_settle()
 * @user_data: for @func
 * @notify: (nullable): frees @user_data
 *
 * Returns: (transfer full): an account without charges
 */
GstDvrAccount *
gst_dvr_account_new (GstDvrAccountFunc func, gpointer user_data,
    GDestroyNotify notify)
{
  GstDvrAccount *self = g_new0 (GstDvrAccount, 1);

  g_atomic_ref_count_init (&self->refcount);
  g_mutex_init (&self->lock);
  self->charges = g_ptr_array_new ();
  gst_dvr_watch_list_init (&self->owner);
  gst_dvr_watch_list_add (&self->owner, (GstDvrWatchFunc) func, user_data,
      notify);

  return self;
}

/**
 * gst_dvr_account_ref:
 * @account: an account
 *
 * Returns: (transfer full): @account
 */
GstDvrAccount *
gst_dvr_account_ref (GstDvrAccount * account)
{
  g_atomic_ref_count_inc (&account->refcount);

  return account;
}

/**
 * gst_dvr_account_unref:
 * @account: (transfer full): an account
 */
void
gst_dvr_account_unref (GstDvrAccount * account)
{
  if (!g_atomic_ref_count_dec (&account->refcount))
    return;
  g_ptr_array_unref (account->charges);
  gst_dvr_watch_list_clear (&account->owner);
  g_mutex_clear (&account->lock);
  g_free (account);
}

/**
 * gst_dvr_account_get_bytes:
 * @account: an account
 *
 * Returns: what is charged to it, in bytes
 */
guint64
gst_dvr_account_get_bytes (GstDvrAccount * account)
{
  return get (account->bytes);
}

/**
 * gst_dvr_account_get_pinned_bytes:
 * @account: an account
 *
 * Returns: how many of its bytes are in use, and cannot be reclaimed now
 */
guint64
gst_dvr_account_get_pinned_bytes (GstDvrAccount * account)
{
  guint64 bytes, unpinned = 0;
  guint i;

  g_mutex_lock (&account->lock);
  bytes = get (account->bytes);
  for (i = 0; i < account->charges->len; i++) {
    GstDvrCharge *charge = g_ptr_array_index (account->charges, i);

    if (charge->pins == 0)
      unpinned += get (charge->bytes);
  }
  g_mutex_unlock (&account->lock);

  return bytes > unpinned ? bytes - unpinned : 0;
}

/**
 * gst_dvr_account_settle:
 * @account: an account
 *
 * To be called with no lock held after something was charged or unpinned: the
 * owner of the account sees to its budget.
 */
void
gst_dvr_account_settle (GstDvrAccount * account)
{
  GPtrArray *owner;

  g_mutex_lock (&account->lock);
  owner = gst_dvr_watch_list_copy (&account->owner);
  g_mutex_unlock (&account->lock);
  gst_dvr_watches_call (owner, account);
}

static gint
compare_used (gconstpointer a, gconstpointer b)
{
  const GstDvrCharge *x = *(GstDvrCharge **) a, *y = *(GstDvrCharge **) b;

  return (x->last_used > y->last_used) - (x->last_used < y->last_used);
}

/* Charges are used meanwhile: the order is that of the moment. */
static GPtrArray *
list_by_use (GstDvrAccount * self)
{
  GPtrArray *list =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_charge_unref);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->charges->len; i++) {
    GstDvrCharge *charge = g_ptr_array_index (self->charges, i);

    if (charge->pins == 0)
      g_ptr_array_add (list, gst_dvr_charge_ref (charge));
  }
  /* under the lock, by which last_used is written */
  g_ptr_array_sort (list, compare_used);
  g_mutex_unlock (&self->lock);

  return list;
}

/* Returns: whether it is gone */
static gboolean
reclaim_charge (GstDvrCharge * charge)
{
  gboolean was_open, is_open;
  GPtrArray *user;

  g_mutex_lock (&charge->account->lock);
  was_open = charge->is_open;
  user = gst_dvr_watch_list_copy (&charge->user);
  g_mutex_unlock (&charge->account->lock);
  gst_dvr_watches_call (user, charge);
  g_mutex_lock (&charge->account->lock);
  is_open = charge->is_open;
  g_mutex_unlock (&charge->account->lock);

  return was_open && !is_open;
}

/**
 * gst_dvr_account_reclaim:
 * @account: an account
 * @bytes: how many are too many
 *
 * Has what nobody has pinned let go, that which was not used for the longest
 * time first, until so many bytes have been taken off. To be called with no
 * lock held.
 *
 * Returns: how many charges were let go
 */
guint
gst_dvr_account_reclaim (GstDvrAccount * account, guint64 bytes)
{
  guint64 before = get (account->bytes);
  guint i, n = 0;
  GPtrArray *list;

  if (get (account->idle) == 0)
    return 0;
  list = list_by_use (account);
  for (i = 0; i < list->len && get (account->bytes) + bytes > before; i++)
    n += reclaim_charge (g_ptr_array_index (list, i));
  g_ptr_array_unref (list);

  return n;
}

/* Charges. */

/**
 * gst_dvr_account_open:
 * @account: an account
 * @reclaim: lets go what is charged
 * @user_data: for @reclaim
 * @notify: (nullable): frees @user_data, once the charge is closed and @reclaim
 *   has returned for the last time
 *
 * Returns: (transfer full): a charge of 0 bytes, used now
 */
GstDvrCharge *
gst_dvr_account_open (GstDvrAccount * account, GstDvrReclaimFunc reclaim,
    gpointer user_data, GDestroyNotify notify)
{
  GstDvrCharge *self = g_new0 (GstDvrCharge, 1);

  g_atomic_ref_count_init (&self->refcount);
  self->account = gst_dvr_account_ref (account);
  self->last_used = g_get_monotonic_time ();
  self->is_open = TRUE;
  gst_dvr_watch_list_init (&self->user);
  gst_dvr_watch_list_add (&self->user, (GstDvrWatchFunc) reclaim, user_data,
      notify);

  g_mutex_lock (&account->lock);
  self->index = account->charges->len;
  g_ptr_array_add (account->charges, self);
  add (account->idle, 1);
  g_mutex_unlock (&account->lock);

  return self;
}

/**
 * gst_dvr_charge_ref:
 * @charge: a charge
 *
 * Returns: (transfer full): @charge
 */
GstDvrCharge *
gst_dvr_charge_ref (GstDvrCharge * charge)
{
  g_atomic_ref_count_inc (&charge->refcount);

  return charge;
}

/**
 * gst_dvr_charge_unref:
 * @charge: (transfer full): a charge, closed where it is the last reference
 */
void
gst_dvr_charge_unref (GstDvrCharge * charge)
{
  if (!g_atomic_ref_count_dec (&charge->refcount))
    return;
  g_warn_if_fail (!charge->is_open);
  sub (charge->account->bytes, charge->bytes);
  gst_dvr_account_unref (charge->account);
  g_free (charge);
}

/**
 * gst_dvr_charge_close:
 * @charge: a charge
 *
 * It is not asked to go any more; its bytes count on until they are taken off.
 * Does nothing if it is closed.
 */
void
gst_dvr_charge_close (GstDvrCharge * charge)
{
  GstDvrAccount *account = charge->account;
  GPtrArray *user = NULL;

  g_mutex_lock (&account->lock);
  if (charge->is_open) {
    charge->is_open = FALSE;
    user = g_steal_pointer (&charge->user.watches);
    g_ptr_array_remove_index_fast (account->charges, charge->index);
    if (charge->index < account->charges->len)
      ((GstDvrCharge *) account->charges->pdata[charge->index])->index =
          charge->index;
    if (charge->pins == 0)
      sub (account->idle, 1);
  }
  g_mutex_unlock (&account->lock);
  g_clear_pointer (&user, g_ptr_array_unref);
}

/**
 * gst_dvr_charge_add:
 * @charge: a charge
 * @bytes: how many more were allocated
 *
 * Only counts: call gst_dvr_charge_settle() once no lock is held.
 */
void
gst_dvr_charge_add (GstDvrCharge * charge, guint64 bytes)
{
  add (charge->bytes, bytes);
  add (charge->account->bytes, bytes);
}

/**
 * gst_dvr_charge_remove:
 * @charge: a charge, closed or not
 * @bytes: how many were freed, no more than were added
 */
void
gst_dvr_charge_remove (GstDvrCharge * charge, guint64 bytes)
{
  sub (charge->bytes, bytes);
  sub (charge->account->bytes, bytes);
}

/**
 * gst_dvr_charge_settle:
 * @charge: a charge
 *
 * gst_dvr_account_settle() of its account.
 */
void
gst_dvr_charge_settle (GstDvrCharge * charge)
{
  gst_dvr_account_settle (charge->account);
}

/**
 * gst_dvr_charge_pin:
 * @charge: a charge
 *
 * While pinned, which counts, it is not asked to go: somebody plays it.
 */
void
gst_dvr_charge_pin (GstDvrCharge * charge)
{
  g_mutex_lock (&charge->account->lock);
  if (charge->pins++ == 0 && charge->is_open)
    sub (charge->account->idle, 1);
  charge->last_used = g_get_monotonic_time ();
  g_mutex_unlock (&charge->account->lock);
}

/**
 * gst_dvr_charge_unpin:
 * @charge: a charge
 *
 * Takes back one gst_dvr_charge_pin().
 */
void
gst_dvr_charge_unpin (GstDvrCharge * charge)
{
  g_mutex_lock (&charge->account->lock);
  if (--charge->pins == 0 && charge->is_open)
    add (charge->account->idle, 1);
  charge->last_used = g_get_monotonic_time ();
  g_mutex_unlock (&charge->account->lock);
}

/* dvrbranches.c: asking upstream through the pads of an element
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A branch is a sink pad and the names it offers. A request goes to the
 * branches that offer exactly the stream's name, then to those that offer
 * anything, in pad order, on to the next while the answer is "not found".
 * No lock is held while a query is out, but a pad is only taken away when no
 * query is out on it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrbranches.h"

typedef struct
{
  gint refs;
  GstPad *pad;

  /* with the lock */
  gchar **names;
  guint asking;                 /* queries that are out */
  gboolean removed;
} Branch;

struct _DvrBranches
{
  GMutex lock;
  /* with the lock */
  GCond cond;                   /* a query has come back */
  GPtrArray *branches;
};

static void
branch_unref (gpointer data)
{
  Branch *branch = data;

  if (!g_atomic_int_dec_and_test (&branch->refs))
    return;
  gst_object_unref (branch->pad);
  g_strfreev (branch->names);
  g_free (branch);
}

DvrBranches *
dvr_branches_new (void)
{
  DvrBranches *self = g_new0 (DvrBranches, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->branches = g_ptr_array_new_with_free_func (branch_unref);
  return self;
}

void
dvr_branches_free (DvrBranches * self)
{
  g_ptr_array_unref (self->branches);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Branch *
find_locked (DvrBranches * self, GstPad * pad)
{
  guint i;

  for (i = 0; i < self->branches->len; i++) {
    Branch *branch = g_ptr_array_index (self->branches, i);

    if (branch->pad == pad)
      return branch;
  }
  return NULL;
}

void
dvr_branches_add (DvrBranches * self, GstPad * pad)
{
  Branch *branch = g_new0 (Branch, 1);

  branch->refs = 1;
  branch->pad = gst_object_ref (pad);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->branches, branch);
  g_mutex_unlock (&self->lock);
}

/**
 * dvr_branches_remove:
 * @self: the branches
 * @pad: a pad that goes away
 *
 * Returns once no query is out on @pad. Queries never block.
 */
void
dvr_branches_remove (DvrBranches * self, GstPad * pad)
{
  Branch *branch;

  g_mutex_lock (&self->lock);
  branch = find_locked (self, pad);
  if (branch) {
    branch->removed = TRUE;
    g_atomic_int_inc (&branch->refs);
    g_ptr_array_remove (self->branches, branch);
    while (branch->asking > 0)
      g_cond_wait (&self->cond, &self->lock);
  }
  g_mutex_unlock (&self->lock);
  if (branch)
    branch_unref (branch);
}

/**
 * dvr_branches_set_names:
 * @self: the branches
 * @pad: one of its pads
 * @names: (transfer full): what it offers
 */
void
dvr_branches_set_names (DvrBranches * self, GstPad * pad, gchar ** names)
{
  Branch *branch;

  g_mutex_lock (&self->lock);
  branch = find_locked (self, pad);
  if (branch) {
    gchar **old = branch->names;

    branch->names = names;
    names = old;
  }
  g_mutex_unlock (&self->lock);
  g_strfreev (names);
}

/**
 * dvr_branches_get_names:
 * @self: the branches
 *
 * Returns: (transfer full): all names offered, without `*`
 */
gchar **
dvr_branches_get_names (DvrBranches * self)
{
  GPtrArray *all = g_ptr_array_new ();
  guint i, k;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->branches->len; i++) {
    Branch *branch = g_ptr_array_index (self->branches, i);

    for (k = 0; branch->names && branch->names[k]; k++) {
      if (!g_str_equal (branch->names[k], "*")
          && !g_ptr_array_find_with_equal_func (all, branch->names[k],
              g_str_equal, NULL))
        g_ptr_array_add (all, g_strdup (branch->names[k]));
    }
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_add (all, NULL);
  return (gchar **) g_ptr_array_free (all, FALSE);
}

/* Returns: whether any branch has told what it has, so that asking helps */
gboolean
dvr_branches_are_ready (DvrBranches * self)
{
  gboolean ready = FALSE;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->branches->len && !ready; i++) {
    const Branch *branch = g_ptr_array_index (self->branches, i);

    ready = branch->names != NULL;
  }
  g_mutex_unlock (&self->lock);
  return ready;
}

/**
 * dvr_branches_has:
 * @self: the branches
 * @pad: a pad that was asked
 *
 * Returns: whether dvr_branches_remove() was not called for it yet
 */
gboolean
dvr_branches_has (DvrBranches * self, GstPad * pad)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = find_locked (self, pad) != NULL;
  g_mutex_unlock (&self->lock);
  return has;
}

static void
add_asked (GPtrArray * list, Branch * branch)
{
  branch->asking++;
  g_atomic_int_inc (&branch->refs);
  g_ptr_array_add (list, branch);
}

/* Those to ask about @stream, in the order to ask them. A branch whose names
 * are not known yet may have any. */
static GPtrArray *
list_branches (DvrBranches * self, const gchar * stream)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (branch_unref);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->branches->len; i++) {
    Branch *branch = g_ptr_array_index (self->branches, i);

    if (branch->names
        && g_strv_contains ((const gchar * const *) branch->names, stream))
      add_asked (list, branch);
  }
  for (i = 0; i < self->branches->len; i++) {
    Branch *branch = g_ptr_array_index (self->branches, i);
    const gchar *const *names = (const gchar * const *) branch->names;

    if (!names || (g_strv_contains (names, "*")
            && !g_strv_contains (names, stream)))
      add_asked (list, branch);
  }
  g_mutex_unlock (&self->lock);
  return list;
}

static void
end_asking (DvrBranches * self, GPtrArray * list)
{
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < list->len; i++) {
    Branch *branch = g_ptr_array_index (list, i);

    if (--branch->asking == 0 && branch->removed)
      g_cond_broadcast (&self->cond);
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (list);
}

/**
 * dvr_branches_ask:
 * @self: the branches
 * @request: a request
 * @skip: (inout): how many branches to pass over; on return, how many there
 *     are up to and with the one that answered
 * @answered: (out) (optional) (transfer full): the pad that answered
 *
 * Returns: the answer; of several refusals the most hopeful
 */
GstDvrAnswer
dvr_branches_ask (DvrBranches * self, GstDvrRequest * request, guint * skip,
    GstPad ** answered)
{
  GPtrArray *list = list_branches (self, gst_dvr_request_get_stream (request));
  GstDvrAnswer answer = GST_DVR_ANSWER_NOT_FOUND;
  guint i;

  for (i = *skip; i < list->len; i++) {
    Branch *branch = g_ptr_array_index (list, i);
    GstDvrAnswer one = gst_dvr_request_send (request, branch->pad);

    if (one == GST_DVR_ANSWER_OK) {
      answer = one;
      if (answered)
        *answered = gst_object_ref (branch->pad);
      break;
    }
    if (answer == GST_DVR_ANSWER_NOT_FOUND || one == GST_DVR_ANSWER_NOT_STARTED)
      answer = one;
    /* the next one's answer starts afresh */
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NONE);
  }
  *skip = MIN (i + 1, list->len);
  end_asking (self, list);
  return answer;
}

/**
 * dvr_branches_ask_one:
 * @self: the branches
 * @request: a request
 * @pad: the branch to ask
 *
 * Returns: its answer; GST_DVR_ANSWER_NONE if it is gone
 */
GstDvrAnswer
dvr_branches_ask_one (DvrBranches * self, GstDvrRequest * request, GstPad * pad)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (branch_unref);
  GstDvrAnswer answer = GST_DVR_ANSWER_NONE;
  Branch *branch;

  g_mutex_lock (&self->lock);
  branch = find_locked (self, pad);
  if (branch)
    add_asked (list, branch);
  g_mutex_unlock (&self->lock);

  if (branch)
    answer = gst_dvr_request_send (request, pad);
  end_asking (self, list);
  return answer;
}

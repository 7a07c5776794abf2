/* dvrauthorize.c: asking the application whether a client may
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrauthorize.h"

/* Who has not been answered by then may not. */
#define ANSWER_TIME (10 * G_USEC_PER_SEC)

typedef struct
{
  guint64 id;
  gint64 deadline;
  DvrAuthorizeFunc func;
  gpointer user_data;
} Question;

struct _DvrAuthorizer
{
  DvrAuthorizeAsk ask;
  gpointer user_data;

  GMutex lock;
  guint64 last_id;
  GHashTable *questions;
};

DvrAuthorizer *
dvr_authorizer_new (void)
{
  DvrAuthorizer *self = g_new0 (DvrAuthorizer, 1);

  g_mutex_init (&self->lock);
  self->questions = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

/* Questions that are open are answered with no. */
void
dvr_authorizer_free (DvrAuthorizer * self)
{
  dvr_authorizer_sweep (self, G_MAXINT64);
  g_hash_table_unref (self->questions);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Before anybody asks. */
void
dvr_authorizer_set (DvrAuthorizer * self, DvrAuthorizeAsk ask,
    gpointer user_data)
{
  self->ask = ask;
  self->user_data = user_data;
}

static Question *
take (DvrAuthorizer * self, guint64 id)
{
  Question *question;

  g_mutex_lock (&self->lock);
  question = g_hash_table_lookup (self->questions, &id);
  if (question)
    g_hash_table_remove (self->questions, &id);
  g_mutex_unlock (&self->lock);
  return question;
}

/* Returns: whether that question was open */
gboolean
dvr_authorizer_done (DvrAuthorizer * self, guint64 id, gboolean allow)
{
  Question *question = take (self, id);

  if (!question)
    return FALSE;
  question->func (allow, question->user_data);
  g_free (question);
  return TRUE;
}

/**
 * dvr_authorizer_ask:
 * @self: an authorizer
 * @kind: connect, play, seek, client-seek, start-transmit, stop-transmit
 * @client: (transfer full): who, and what
 * @func: is told the answer, maybe before this returns
 * @user_data: for @func
 */
void
dvr_authorizer_ask (DvrAuthorizer * self, const gchar * kind,
    GstStructure * client, DvrAuthorizeFunc func, gpointer user_data)
{
  DvrAuthorization answer = DVR_AUTHORIZE_ALLOW;
  Question *question = g_new0 (Question, 1);
  guint64 id;

  question->func = func;
  question->user_data = user_data;
  question->deadline = g_get_monotonic_time () + ANSWER_TIME;
  g_mutex_lock (&self->lock);
  id = question->id = ++self->last_id;
  g_hash_table_insert (self->questions, &question->id, question);
  g_mutex_unlock (&self->lock);

  if (self->ask) {
    gst_structure_set (client, "id", G_TYPE_UINT64, id, NULL);
    answer = self->ask (kind, client, self->user_data);
  }
  gst_structure_free (client);
  if (answer != DVR_AUTHORIZE_LATER)
    dvr_authorizer_done (self, id, answer == DVR_AUTHORIZE_ALLOW);
}

/* Denies what was not answered in time. */
void
dvr_authorizer_sweep (DvrAuthorizer * self, gint64 now)
{
  GSList *late = NULL;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->questions);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    if (((Question *) value)->deadline > now)
      continue;
    late = g_slist_prepend (late, value);
    g_hash_table_iter_remove (&iter);
  }
  g_mutex_unlock (&self->lock);
  while (late) {
    Question *question = late->data;

    question->func (FALSE, question->user_data);
    g_free (question);
    late = g_slist_delete_link (late, late);
  }
}

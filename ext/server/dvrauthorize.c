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
/* Who asks when so many wait for an answer may not either. */
#define MAX_QUESTIONS 65536

typedef struct
{
  guint64 id;
  gint64 deadline;
  DvrAuthorizeFunc func;
  gpointer user_data;
} Question;

struct _DvrAuthorizer
{
  /* constant once anybody asks */
  DvrAuthorizeAsk ask;
  DvrAuthorizeListens listens;
  gpointer user_data;

  GMutex lock;
  /* with the lock */
  GCond cond;                   /* n_answering is 0 */
  guint64 last_id;
  GHashTable *questions;        /* id -> Question */
  guint n_answering;            /* answers that are being told */
  gboolean closed;
};

DvrAuthorizer *
dvr_authorizer_new (void)
{
  DvrAuthorizer *self = g_new0 (DvrAuthorizer, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->questions = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

/* After dvr_authorizer_close(), or when nobody has asked. */
void
dvr_authorizer_free (DvrAuthorizer * self)
{
  dvr_authorizer_close (self);
  g_hash_table_unref (self->questions);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
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

/* Before anybody asks, behind dvr_authorizer_set(). */
void
dvr_authorizer_set_listens (DvrAuthorizer * self, DvrAuthorizeListens listens)
{
  self->listens = listens;
}

/**
 * dvr_authorizer_is_needed:
 * @self: an authorizer
 *
 * Spares who has to do something before it asks the trouble.
 *
 * Returns: FALSE where nobody listens, and the answer would be yes
 */
gboolean
dvr_authorizer_is_needed (DvrAuthorizer * self)
{
  return self->ask && (!self->listens || self->listens (self->user_data));
}

/* Calls who waits for it; counted in n_answering, which ends here. */
static void
give_answer (DvrAuthorizer * self, Question * question, gboolean allow)
{
  question->func (allow, question->user_data);
  g_free (question);
  g_mutex_lock (&self->lock);
  if (--self->n_answering == 0)
    g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/**
 * dvr_authorizer_done:
 * @self: an authorizer
 * @id: of the question
 * @allow: the answer
 *
 * From any thread.
 *
 * Returns: whether that question was open
 */
gboolean
dvr_authorizer_done (DvrAuthorizer * self, guint64 id, gboolean allow)
{
  Question *question;

  g_mutex_lock (&self->lock);
  question = g_hash_table_lookup (self->questions, &id);
  if (question) {
    g_hash_table_remove (self->questions, &id);
    self->n_answering++;
  }
  g_mutex_unlock (&self->lock);
  if (question)
    give_answer (self, question, allow);
  return question != NULL;
}

/* Takes no more questions than are bounded, and none once it is closed.
 * Returns: the id, or 0 */
static guint64
add_question (DvrAuthorizer * self, Question * question)
{
  guint64 id = 0;

  g_mutex_lock (&self->lock);
  if (!self->closed && g_hash_table_size (self->questions) < MAX_QUESTIONS) {
    id = question->id = ++self->last_id;
    g_hash_table_insert (self->questions, &question->id, question);
  }
  g_mutex_unlock (&self->lock);
  return id;
}

/**
 * dvr_authorizer_ask:
 * @self: an authorizer
 * @kind: connect, play, seek, client-seek, start-transmit, stop-transmit
 * @client: (transfer full): who, and what
 * @func: is told the answer, maybe before this returns
 * @user_data: for @func
 *
 * Who asks too many at once, or when the server stops, is told no. From any
 * thread, with no lock held.
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
  id = add_question (self, question);
  if (id == 0) {
    g_free (question);
    gst_structure_free (client);
    func (FALSE, user_data);
    return;
  }

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
    self->n_answering++;
  }
  g_mutex_unlock (&self->lock);
  while (late) {
    give_answer (self, late->data, FALSE);
    late = g_slist_delete_link (late, late);
  }
}

/**
 * dvr_authorizer_close:
 * @self: an authorizer
 *
 * Answers open questions, and all that are asked from now on, with no. When
 * this returns, no answer from another thread is on its way any more: what the
 * answers go to may go.
 */
void
dvr_authorizer_close (DvrAuthorizer * self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  dvr_authorizer_sweep (self, G_MAXINT64);
  g_mutex_lock (&self->lock);
  while (self->n_answering > 0)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

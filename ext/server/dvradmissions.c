/* dvradmissions.c: who may play over HTTP, as the application has decided
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A viewer over HTTP asks for a playlist several times a second, and has no
 * connection that would tell it from others. So the application is asked once
 * for each address, token and stream, and what it says holds for a while. Who
 * plays on is asked about anew before that ends, and served meanwhile.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvradmissions.h"

typedef struct
{
  DvrAuthorizeFunc func;
  gpointer user_data;
} Waiter;

/* In a queue once it has been decided; those of a queue end one after the
 * other. With the lock. */
typedef struct
{
  gchar *key;
  GList link;
  GQueue *queue;                /* NULL: not decided yet */
  gint64 decided;
  gboolean asked;               /* the application has not answered yet */
  GSList *waiters;
} Entry;

typedef struct
{
  DvrAdmissions *admissions;
  gchar *key;
} Question;

struct _DvrAdmissions
{
  DvrAuthorizer *authorizer;

  GMutex lock;
  /* with the lock */
  GHashTable *entries;          /* key -> Entry */
  GQueue allowed;
  GQueue refused;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_slist_free_full (entry->waiters, g_free);
  g_free (entry->key);
  g_free (entry);
}

/* @authorizer is closed before this is freed. */
DvrAdmissions *
dvr_admissions_new (DvrAuthorizer * authorizer)
{
  DvrAdmissions *self = g_new0 (DvrAdmissions, 1);

  self->authorizer = authorizer;
  g_mutex_init (&self->lock);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      entry_free);
  return self;
}

void
dvr_admissions_free (DvrAdmissions * self)
{
  g_hash_table_unref (self->entries);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * dvr_admissions_make_key:
 * @address: of the viewer
 * @token: (nullable): what it shows
 * @stream: what it wants to play
 *
 * What clients send can be long; what is remembered of it is not.
 *
 * Returns: (transfer full): what the viewer is remembered by
 */
gchar *
dvr_admissions_make_key (const gchar * address, const gchar * token,
    const gchar * stream)
{
  GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);
  gchar *key;

  /* with their ends, so that none runs into the next */
  g_checksum_update (sum, (const guchar *) address, strlen (address) + 1);
  g_checksum_update (sum, (const guchar *) stream, strlen (stream) + 1);
  if (token)
    g_checksum_update (sum, (const guchar *) token, strlen (token));
  key = g_strdup (g_checksum_get_string (sum));
  g_checksum_free (sum);
  return key;
}

/* -- with the lock -- */

static void
undecide (Entry * entry)
{
  if (entry->queue)
    g_queue_unlink (entry->queue, &entry->link);
  entry->queue = NULL;
}

/* Lets a decision go; who waits for the next one does so on. */
static void
forget (DvrAdmissions * self, Entry * entry)
{
  undecide (entry);
  if (!entry->asked)
    g_hash_table_remove (self->entries, entry->key);
}

static void
forget_until (DvrAdmissions * self, GQueue * queue, gint64 time)
{
  while (queue->head && ((Entry *) queue->head->data)->decided <= time)
    forget (self, queue->head->data);
}

/* Refusals go first: whoever makes up tokens makes room only for itself. */
static void
make_room (DvrAdmissions * self)
{
  GQueue *queue = self->refused.head ? &self->refused : &self->allowed;

  if (self->allowed.length + self->refused.length >= DVR_ADMISSION_MAX)
    forget (self, queue->head->data);
}

static Entry *
find_or_add (DvrAdmissions * self, const gchar * key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (!entry) {
    entry = g_new0 (Entry, 1);
    entry->key = g_strdup (key);
    entry->link.data = entry;
    g_hash_table_insert (self->entries, entry->key, entry);
  }
  return entry;
}

/* -- without -- */

/**
 * dvr_admissions_look:
 * @self: the admissions
 * @key: of a viewer
 * @now: monotonic time
 *
 * Returns: what has been decided; %DVR_ADMISSION_OLD until somebody asks anew
 */
DvrAdmission
dvr_admissions_look (DvrAdmissions * self, const gchar * key, gint64 now)
{
  DvrAdmission admission = DVR_ADMISSION_UNKNOWN;
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->entries, key);
  if (entry && entry->queue == &self->refused) {
    if (now - entry->decided < DVR_ADMISSION_REFUSAL)
      admission = DVR_ADMISSION_NO;
  } else if (entry && entry->queue) {
    gint64 age = now - entry->decided;

    if (age < DVR_ADMISSION_FRESH || (entry->asked && age < DVR_ADMISSION_HOLD))
      admission = DVR_ADMISSION_YES;
    else if (age < DVR_ADMISSION_HOLD)
      admission = DVR_ADMISSION_OLD;
  }
  g_mutex_unlock (&self->lock);
  return admission;
}

static void
on_answer (gboolean allowed, gpointer user_data)
{
  Question *question = user_data;
  DvrAdmissions *self = question->admissions;
  GSList *waiters, *l;
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = find_or_add (self, question->key);
  waiters = g_slist_reverse (g_steal_pointer (&entry->waiters));
  undecide (entry);
  entry->asked = FALSE;
  make_room (self);
  entry->decided = g_get_monotonic_time ();
  entry->queue = allowed ? &self->allowed : &self->refused;
  g_queue_push_tail_link (entry->queue, &entry->link);
  g_mutex_unlock (&self->lock);

  for (l = waiters; l; l = l->next) {
    Waiter *waiter = l->data;

    waiter->func (allowed, waiter->user_data);
  }
  g_slist_free_full (waiters, g_free);
  g_free (question->key);
  g_free (question);
}

/**
 * dvr_admissions_ask:
 * @self: the admissions
 * @key: of a viewer that is not known, or whose admission is old
 * @client: (transfer full): who, and what
 * @func: (nullable): is told the answer, maybe before this returns
 * @user_data: for @func
 *
 * Asks whether the viewer may play, once for all who want to know just now.
 * From any thread, with no lock held.
 */
void
dvr_admissions_ask (DvrAdmissions * self, const gchar * key,
    GstStructure * client, DvrAuthorizeFunc func, gpointer user_data)
{
  Question *question = NULL;
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = find_or_add (self, key);
  if (func) {
    Waiter *waiter = g_new (Waiter, 1);

    waiter->func = func;
    waiter->user_data = user_data;
    entry->waiters = g_slist_prepend (entry->waiters, waiter);
  }
  if (!entry->asked) {
    entry->asked = TRUE;
    question = g_new (Question, 1);
    question->admissions = self;
    question->key = g_strdup (key);
  }
  g_mutex_unlock (&self->lock);
  if (question)
    dvr_authorizer_ask (self->authorizer, "play", client, on_answer, question);
  else
    gst_structure_free (client);
}

/* Forgets what has ended. */
void
dvr_admissions_sweep (DvrAdmissions * self, gint64 now)
{
  g_mutex_lock (&self->lock);
  forget_until (self, &self->allowed, now - DVR_ADMISSION_HOLD);
  forget_until (self, &self->refused, now - DVR_ADMISSION_REFUSAL);
  g_mutex_unlock (&self->lock);
}

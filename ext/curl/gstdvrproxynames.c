/* gstdvrproxynames.c: what streams are called here and upstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/dvr/gstdvrname.h>

#include "gstdvrproxynames.h"

/* Names added one by one, beside the one of the properties. */
#define MAX_NAMES 65536

struct _GstDvrProxyNames
{
  gchar *local;                 /* NULL: whatever is asked for */
  gchar *remote;
  GHashTable *added;            /* local -> remote */
};

GstDvrProxyNames *
gst_dvr_proxy_names_new (void)
{
  GstDvrProxyNames *self = g_new0 (GstDvrProxyNames, 1);

  self->added = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
gst_dvr_proxy_names_free (GstDvrProxyNames * self)
{
  g_hash_table_unref (self->added);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

/**
 * gst_dvr_proxy_names_set:
 * @self: the names
 * @local: (nullable): a name, or NULL for the same as @remote
 * @remote: (nullable): a name, or `*` or NULL for whatever is asked for
 *
 * Sets what the properties say.
 */
void
gst_dvr_proxy_names_set (GstDvrProxyNames * self, const gchar * local,
    const gchar * remote)
{
  g_clear_pointer (&self->local, g_free);
  g_clear_pointer (&self->remote, g_free);
  if (remote == NULL || g_str_equal (remote, "*"))
    return;
  self->remote = g_strdup (remote);
  self->local = g_strdup (local && !g_str_equal (local, "*") ? local : remote);
}

/**
 * gst_dvr_proxy_names_add:
 * @self: the names
 * @local: what it shall be called here
 * @remote: what it is called upstream
 *
 * Returns: FALSE if a name is invalid, or @local stands for something else
 */
gboolean
gst_dvr_proxy_names_add (GstDvrProxyNames * self, const gchar * local,
    const gchar * remote)
{
  const gchar *known;

  if (!gst_dvr_is_stream_name (local) || !gst_dvr_is_stream_name (remote)
      || g_hash_table_size (self->added) >= MAX_NAMES)
    return FALSE;
  known = g_hash_table_lookup (self->added, local);
  if (known == NULL && g_strcmp0 (self->local, local) == 0)
    known = self->remote;
  if (known)
    return g_str_equal (known, remote);
  g_hash_table_insert (self->added, g_strdup (local), g_strdup (remote));

  return TRUE;
}

/**
 * gst_dvr_proxy_names_remove:
 * @self: the names
 * @local: what was given to gst_dvr_proxy_names_add()
 *
 * Returns: whether it was there
 */
gboolean
gst_dvr_proxy_names_remove (GstDvrProxyNames * self, const gchar * local)
{
  return g_hash_table_remove (self->added, local);
}

/**
 * gst_dvr_proxy_names_lookup:
 * @self: the names
 * @local: what is asked for
 *
 * Returns: (nullable): its name upstream; NULL if it is not offered
 */
const gchar *
gst_dvr_proxy_names_lookup (GstDvrProxyNames * self, const gchar * local)
{
  const gchar *remote;

  if (!gst_dvr_is_stream_name (local))
    return NULL;
  remote = g_hash_table_lookup (self->added, local);
  if (remote)
    return remote;
  if (self->local == NULL)
    return local;

  return g_str_equal (self->local, local) ? self->remote : NULL;
}

/**
 * gst_dvr_proxy_names_list:
 * @self: the names
 *
 * Returns: (transfer full): all local names, `*` standing for any
 */
gchar **
gst_dvr_proxy_names_list (GstDvrProxyNames * self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_ptr_array_add (list, g_strdup (self->local ? self->local : "*"));
  g_hash_table_iter_init (&iter, self->added);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (list, g_strdup (name));
  g_ptr_array_add (list, NULL);

  return (gchar **) g_ptr_array_free (list, FALSE);
}

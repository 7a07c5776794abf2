/* dvr_doorkeeper.c: a server whose application decides who may do what
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   dvr_doorkeeper PIPELINE [KIND/FIELD/VALUE]...
 *
 * Runs a pipeline with a dvrserversink in it. It refuses what one of the rules
 * fits: a kind of question, and a field of the client that has that value;
 * KIND// fits every client. It writes each question on a line of its own, and
 * answers a little later, as one would who has to ask elsewhere.
 */
#include <gst/gst.h>
#include <string.h>

enum
{
  LATER = 2
};

static gchar **rules;

typedef struct
{
  GstElement *sink;
  guint64 id;
  gboolean allow;
} Answer;

static gboolean
fits (const gchar * rule, const gchar * kind, const GstStructure * client)
{
  gchar **parts = g_strsplit (rule, "/", 3);
  gboolean found = FALSE;

  if (g_strv_length (parts) == 3 && strcmp (parts[0], kind) == 0)
    found = *parts[1] == '\0' || g_strcmp0 (gst_structure_get_string (client,
            parts[1]), parts[2]) == 0;
  g_strfreev (parts);
  return found;
}

static gboolean
is_allowed (const gchar * kind, const GstStructure * client)
{
  guint i;

  for (i = 0; rules[i]; i++) {
    if (fits (rules[i], kind, client))
      return FALSE;
  }
  return TRUE;
}

static gboolean
answer_now (gpointer data)
{
  Answer *answer = data;
  gboolean done;

  g_signal_emit_by_name (answer->sink, "authorize-done", answer->id,
      answer->allow, &done);
  gst_object_unref (answer->sink);
  g_free (answer);
  return G_SOURCE_REMOVE;
}

static gint
authorize (GstElement * sink, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->sink = gst_object_ref (sink);
  gst_structure_get_uint64 (client, "id", &answer->id);
  answer->allow = is_allowed (kind, client);
  g_print ("%s %s %s %s %s\n", answer->allow ? "yes" : "no", kind,
      gst_structure_get_string (client, "protocol"),
      gst_structure_get_string (client, "address"),
      gst_structure_get_string (client, "stream"));
  g_timeout_add (20, answer_now, answer);
  return LATER;
}

static void
find_server (const GValue * item, gpointer user_data)
{
  GstElement *element = g_value_get_object (item);
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory && strcmp (GST_OBJECT_NAME (factory), "dvrserversink") == 0)
    g_signal_connect (element, "authorize", G_CALLBACK (authorize), NULL);
}

int
main (int argc, char **argv)
{
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);
  GError *error = NULL;
  GstElement *pipeline;
  GstIterator *it;

  gst_init (&argc, &argv);
  if (argc < 2) {
    g_printerr ("usage: %s PIPELINE [KIND/FIELD/VALUE]...\n", argv[0]);
    return 2;
  }
  rules = argv + 2;
  pipeline = gst_parse_launch (argv[1], &error);
  if (error) {
    g_printerr ("%s\n", error->message);
    g_clear_error (&error);
    return 1;
  }
  it = gst_bin_iterate_elements (GST_BIN (pipeline));
  gst_iterator_foreach (it, find_server, NULL);
  gst_iterator_free (it);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_main_loop_run (loop);
  return 0;
}

/* docs.c: what the documentation says of elements is so
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <string.h>

static const gchar *const elements[] = { "dvrorigin", "dvrserversink",
  "dvrsrc", "proxystreamsrc", "rtmpdvrsink", "rtmpingestsrc", "segmentcache"
};

/* Returns: (transfer full): the page with its lines put together that end in a
 * backslash */
static gchar *
read_page (const gchar * name)
{
  gchar *path = g_build_filename (g_getenv ("DVR_SOURCE_ROOT"), name, NULL);
  gchar **pieces, *text, *page;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL), "no %s", path);
  pieces = g_strsplit (text, "\\\n", -1);
  page = g_strjoinv (" ", pieces);
  g_strfreev (pieces);
  g_free (text);
  g_free (path);
  return page;
}

static GstElement *
make (const gchar * name)
{
  GstElement *element = gst_element_factory_make (name, NULL);

  fail_unless (element != NULL, "no %s", name);
  return element;
}

/* What a shell makes of the line, less the program, its options and an
 * ampersand. */
static void
check_launch_line (const gchar * page, const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline;
  gchar **argv, **first;
  gint argc;

  fail_unless (g_shell_parse_argv (line, &argc, &argv, NULL), "%s: %s", page,
      line);
  if (g_str_equal (argv[argc - 1], "&"))
    g_clear_pointer (&argv[argc - 1], g_free);
  for (first = argv + 1; *first && **first == '-'; first++);
  pipeline = gst_parse_launchv_full ((const gchar **) first, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, &error);
  fail_unless (pipeline != NULL, "%s: %s: %s", page, line,
      error ? error->message : "nothing");
  gst_object_unref (pipeline);
  g_strfreev (argv);
}

static guint
check_launch_lines (const gchar * name)
{
  gchar *page = read_page (name);
  gchar **lines = g_strsplit (page, "\n", -1);
  guint i, n = 0;

  for (i = 0; lines[i]; i++) {
    if (!g_str_has_prefix (lines[i], "    gst-launch-1.0 "))
      continue;
    check_launch_line (name, lines[i]);
    n++;
  }
  g_strfreev (lines);
  g_free (page);
  return n;
}

GST_START_TEST (test_every_launch_line_can_be_pasted)
{
  gchar *path = g_build_filename (g_getenv ("DVR_SOURCE_ROOT"), "docs", NULL);
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *entry;
  guint n = check_launch_lines ("README.md");

  fail_unless (n > 0);
  fail_unless (dir != NULL, "no %s", path);
  while ((entry = g_dir_read_name (dir))) {
    gchar *name = g_build_filename ("docs", entry, NULL);

    if (g_str_has_suffix (name, ".md"))
      n += check_launch_lines (name);
    g_free (name);
  }
  fail_unless (n > 10);
  g_dir_close (dir);
  g_free (path);
}

GST_END_TEST;

static void
check_documented (GstElement * element, const gchar * name, const gchar * page)
{
  GParamSpec **properties;
  guint i, n;

  properties =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (i = 0; i < n; i++) {
    gchar *word = g_strdup_printf ("`%s`", properties[i]->name);

    if (properties[i]->owner_type == G_OBJECT_TYPE (element))
      fail_unless (strstr (page, word), "docs/%s.md does not tell of %s", name,
          word);
    g_free (word);
  }
  g_free (properties);
}

/* dvrorigin has the properties of its recorders, which are told of there. */
GST_START_TEST (test_every_property_is_documented)
{
  gchar *recorders = read_page ("docs/rtmpdvrsink.md");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstElement *element = make (elements[i]);
    gchar *path = g_strdup_printf ("docs/%s.md", elements[i]);
    gchar *page = read_page (path);
    gchar *all = g_strconcat (page,
        g_str_equal (elements[i], "dvrorigin") ? recorders : NULL, NULL);

    check_documented (element, elements[i], all);
    gst_object_unref (element);
    g_free (path);
    g_free (page);
    g_free (all);
  }
  g_free (recorders);
}

GST_END_TEST;

/* The first cell of a row: names in backquotes. */
static void
check_row (GstElement * element, const gchar * name, const gchar * row)
{
  gchar **cells = g_strsplit (row, "|", 3);
  gchar **words = g_strsplit (cells[1], "`", -1);
  guint i;

  for (i = 1; words[i] && words[i + 1]; i += 2)
    fail_unless (g_object_class_find_property (G_OBJECT_GET_CLASS (element),
            words[i]), "docs/%s.md tells of `%s`, which is not there", name,
        words[i]);
  g_strfreev (words);
  g_strfreev (cells);
}

GST_START_TEST (test_every_documented_property_is_there)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstElement *element = make (elements[i]);
    gchar *path = g_strdup_printf ("docs/%s.md", elements[i]);
    gchar *page = read_page (path);
    gchar *begin = strstr (page, "\n## Properties\n"), *end;
    gchar **lines;
    guint n = 0;

    fail_unless (begin != NULL, "%s has no properties", path);
    end = strstr (begin + 4, "\n## ");
    if (end)
      *end = '\0';
    lines = g_strsplit (begin, "\n", -1);
    for (j = 0; lines[j]; j++) {
      if (!g_str_has_prefix (lines[j], "| `"))
        continue;
      check_row (element, elements[i], lines[j]);
      n++;
    }
    fail_unless (n > 2);
    g_strfreev (lines);
    g_free (page);
    g_free (path);
    gst_object_unref (element);
  }
}

GST_END_TEST;

static Suite *
docs_suite (void)
{
  Suite *s = suite_create ("docs");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_every_launch_line_can_be_pasted);
  tcase_add_test (tc, test_every_property_is_documented);
  tcase_add_test (tc, test_every_documented_property_is_there);

  return s;
}

GST_CHECK_MAIN (docs);

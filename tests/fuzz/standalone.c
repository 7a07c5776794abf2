/* Runs a fuzz target over a corpus and seeded mutations of it, without clang.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same files, rounds and seed give the same inputs. When a target aborts,
 * the last line of the output names file, round and seed; with --save the
 * input itself is written to a file before it is run.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FUZZ_INPUT (256 * 1024)

int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

static gint rounds = 100;
static gint seed = 1;
static gchar *save_name;

static GOptionEntry entries[] = {
  {"rounds", 'n', 0, G_OPTION_ARG_INT, &rounds,
      "Mutations of each file (default 100)", "N"},
  {"seed", 's', 0, G_OPTION_ARG_INT, &seed, "Seed (default 1)", "N"},
  {"save", 0, 0, G_OPTION_ARG_FILENAME, &save_name,
      "Write each input here before running it", "FILE"},
  {NULL}
};

/* A copy of exactly its size, so that sanitizers see a read too far */
static void
run_input (const guint8 * data, gsize size)
{
  guint8 *copy = malloc (MAX (size, 1));

  memcpy (copy, data, size);
  if (save_name != NULL)
    g_file_set_contents (save_name, (const gchar *) data, size, NULL);
  LLVMFuzzerTestOneInput (copy, size);
  free (copy);
}

/* Where lengths and counts stand, these hurt most. */
static void
put_number (GRand * rand, GByteArray * input, guint at)
{
  static const guint32 numbers[] = { 0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x7fff,
    0x8000, 0xffff, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff
  };
  guint32 number = GUINT32_TO_BE (numbers[g_rand_int_range (rand, 0,
              G_N_ELEMENTS (numbers))]);
  guint n = 1 + g_rand_int_range (rand, 0, 4);

  n = MIN (n, input->len - at);
  memcpy (input->data + at, (const guint8 *) &number + 4 - n, n);
}

static void
copy_block (GRand * rand, GByteArray * input, guint at)
{
  guint from = g_rand_int_range (rand, 0, input->len);
  guint n = 1u << g_rand_int_range (rand, 0, 10);
  guint8 *block;

  n = MIN (n, input->len - from);
  if (input->len + n > MAX_FUZZ_INPUT)
    return;
  block = g_memdup2 (input->data + from, n);
  g_byte_array_set_size (input, input->len + n);
  memmove (input->data + at + n, input->data + at, input->len - n - at);
  memcpy (input->data + at, block, n);
  g_free (block);
}

static void
mutate_once (GRand * rand, GByteArray * input)
{
  guint at, n;

  if (input->len == 0)
    return;
  at = g_rand_int_range (rand, 0, input->len);
  /* headers stand in front more often than not */
  if (g_rand_boolean (rand))
    at %= 1024;
  switch (g_rand_int_range (rand, 0, 6)) {
    case 0:
      input->data[at] ^= 1 << g_rand_int_range (rand, 0, 8);
      break;
    case 1:
      input->data[at] = g_rand_int (rand);
      break;
    case 2:
      put_number (rand, input, at);
      break;
    case 3:
      copy_block (rand, input, at);
      break;
    case 4:
      n = 1u << g_rand_int_range (rand, 0, 8);
      g_byte_array_remove_range (input, at, MIN (n, input->len - at));
      break;
    default:
      if (g_rand_int_range (rand, 0, 8) == 0)
        g_byte_array_set_size (input, at);
      break;
  }
}

static void
run_file (const gchar * name)
{
  GRand *rand = g_rand_new_with_seed (seed);
  gchar *data;
  gsize size;
  gint round, i;

  if (!g_file_get_contents (name, &data, &size, NULL))
    g_error ("cannot read %s", name);
  for (round = 0; round <= rounds; round++) {
    GByteArray *input = g_byte_array_new ();

    g_byte_array_append (input, (guint8 *) data, MIN (size, MAX_FUZZ_INPUT));
    for (i = round == 0 ? 0 : 1 + g_rand_int_range (rand, 0, 8); i > 0; i--)
      mutate_once (rand, input);
    run_input (input->data, input->len);
    g_byte_array_unref (input);
  }
  g_print ("%s: %d rounds with seed %d\n", name, rounds, seed);
  g_free (data);
  g_rand_free (rand);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

static void
run_path (const gchar * path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint i;

  if (dir == NULL)
    g_ptr_array_add (names, g_strdup (path));
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (i = 0; i < names->len; i++)
    run_file (names->pdata[i]);
  g_clear_pointer (&dir, g_dir_close);
  g_ptr_array_unref (names);
}

int
main (int argc, char **argv)
{
  GOptionContext *context = g_option_context_new ("FILE-OR-DIRECTORY...");
  GError *error = NULL;
  gint i;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  g_option_context_free (context);
  run_input ((const guint8 *) "", 0);
  for (i = 1; i < argc; i++)
    run_path (argv[i]);
  g_free (save_name);
  return 0;
}

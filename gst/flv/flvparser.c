/* FLV: a byte stream to tags, through damage.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In step, tags follow each other and are taken as they come. Out of step,
 * every position that could begin a tag is a candidate; the first one whose
 * PreviousTagSize, right behind it, repeats its size is where it goes on. A
 * candidate that says it is long does not hold up those after it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvbody.h"

#include <gst/base/gstadapter.h>
#include <string.h>

#define HEADER_SIZE 9
#define TAG_HEADER_SIZE 11
#define TRAILER_SIZE 4
/* What DataOffset may say: nobody has a header of even 10 bytes */
#define MAX_HEADER_SIZE 4096
/* Candidates waiting for their end while out of step */
#define MAX_CANDIDATES 32
#define SCAN_BLOCK 4096

typedef enum
{
  STATE_HEADER,
  STATE_TAG,
  STATE_SCAN,
  STATE_FAILED,
} State;

typedef struct
{
  gsize offset;                 /* of the tag, in the adapter */
  gsize end;                    /* of its trailer */
} Candidate;

struct _GstFlvParser
{
  GstFlvEventFunc func;
  gpointer user_data;
  GstFlvBodyParser *bodies;
  GstAdapter *adapter;
  guint max_tag_size;
  State state;
  gboolean ending;
  guint32 stream_id;            /* that tags have beside 0 */
  /* out of step */
  Candidate candidates[MAX_CANDIDATES];
  guint n_candidates;
  gsize scanned;                /* positions in the adapter looked at */
  guint64 skipped;
};

static void
emit (GstFlvParser * parser, GstFlvEventType type, guint64 value,
    const gchar * message)
{
  GstFlvEvent event = {.type = type,.value = value,.message = message };

  parser->func (&event, parser->user_data);
}

/* The size of the body, if these bytes could begin a tag but for its stream
 * id: type audio, video or script, a size within bounds */
static gboolean
is_like_tag_header (const GstFlvParser * parser, const guint8 * h, guint * size)
{
  if (h[0] != GST_FLV_TAG_AUDIO && h[0] != GST_FLV_TAG_VIDEO &&
      h[0] != GST_FLV_TAG_SCRIPT)
    return FALSE;
  *size = GST_READ_UINT24_BE (h + 1);
  return *size <= parser->max_tag_size;
}

/* Likewise, with the stream id that tags have: 0 (annex E.4.1), or what was
 * found to be theirs. */
static gboolean
is_tag_header (const GstFlvParser * parser, const guint8 * h, guint * size)
{
  guint32 id = GST_READ_UINT24_BE (h + 8);

  return is_like_tag_header (parser, h, size) &&
      (id == 0 || id == parser->stream_id);
}

static gsize
available (const GstFlvParser * parser)
{
  return gst_adapter_available (parser->adapter);
}

static void
start_scan (GstFlvParser * parser)
{
  parser->state = STATE_SCAN;
  parser->n_candidates = 0;
  parser->scanned = 0;
}

/* Everything before @offset was garbage; there it goes on. */
static void
end_scan (GstFlvParser * parser, gsize offset)
{
  guint8 h[TAG_HEADER_SIZE];

  gst_adapter_flush (parser->adapter, offset);
  gst_adapter_copy (parser->adapter, h, 0, sizeof (h));
  if (GST_READ_UINT24_BE (h + 8) != 0)
    parser->stream_id = GST_READ_UINT24_BE (h + 8);
  parser->skipped += offset;
  parser->state = STATE_TAG;
  if (parser->skipped == 0)
    return;
  emit (parser, GST_FLV_EVENT_SKIPPED, parser->skipped,
      "bytes between tags that are no tag");
  parser->skipped = 0;
}

static guint32
trailer_at (GstFlvParser * parser, gsize offset)
{
  guint8 bytes[TRAILER_SIZE];

  gst_adapter_copy (parser->adapter, bytes, offset, sizeof (bytes));
  return GST_READ_UINT32_BE (bytes);
}

/* Tries the candidates whose end is there; the first that holds wins. */
static gboolean
try_candidates (GstFlvParser * parser)
{
  gsize have = available (parser);
  guint i, n = 0;

  for (i = 0; i < parser->n_candidates; i++) {
    Candidate c = parser->candidates[i];

    if (c.end > have) {
      parser->candidates[n++] = c;
    } else if (trailer_at (parser, c.end - TRAILER_SIZE) ==
        c.end - c.offset - TRAILER_SIZE) {
      end_scan (parser, c.offset);
      return TRUE;
    }
  }
  parser->n_candidates = n;
  return FALSE;
}

/* With all places taken, the one that would hold up longest goes. */
static void
add_candidate (GstFlvParser * parser, gsize offset, guint size)
{
  Candidate c = { offset, offset + TAG_HEADER_SIZE + size + TRAILER_SIZE };
  guint i, longest = 0;

  if (parser->n_candidates == MAX_CANDIDATES) {
    for (i = 1; i < MAX_CANDIDATES; i++)
      if (parser->candidates[i].end > parser->candidates[longest].end)
        longest = i;
    if (parser->candidates[longest].end <= c.end)
      return;
    memmove (&parser->candidates[longest], &parser->candidates[longest + 1],
        (MAX_CANDIDATES - longest - 1) * sizeof (Candidate));
    parser->n_candidates--;
  }
  parser->candidates[parser->n_candidates++] = c;
}

/* What no candidate needs any more is let go of. */
static void
drop_scanned (GstFlvParser * parser)
{
  gsize keep = parser->scanned;
  guint i;

  for (i = 0; i < parser->n_candidates; i++)
    keep = MIN (keep, parser->candidates[i].offset);
  if (keep == 0)
    return;
  gst_adapter_flush (parser->adapter, keep);
  parser->skipped += keep;
  parser->scanned -= keep;
  for (i = 0; i < parser->n_candidates; i++) {
    parser->candidates[i].offset -= keep;
    parser->candidates[i].end -= keep;
  }
}

/* Looks at the next block of positions. */
static gboolean
scan_block (GstFlvParser * parser)
{
  guint8 block[SCAN_BLOCK];
  gsize n = MIN (available (parser) - parser->scanned, sizeof (block));
  gsize i;
  guint size;

  if (n < TAG_HEADER_SIZE)
    return FALSE;
  gst_adapter_copy (parser->adapter, block, parser->scanned, n);
  for (i = 0; i + TAG_HEADER_SIZE <= n; i++) {
    if (is_tag_header (parser, block + i, &size))
      add_candidate (parser, parser->scanned + i, size);
  }
  parser->scanned += i;
  return TRUE;
}

static gboolean
scan (GstFlvParser * parser)
{
  gboolean more;

  do {
    more = scan_block (parser);
    if (try_candidates (parser))
      return TRUE;
    drop_scanned (parser);
  } while (more);
  return FALSE;
}

static void
fail (GstFlvParser * parser, const gchar * message)
{
  parser->state = STATE_FAILED;
  gst_adapter_clear (parser->adapter);
  emit (parser, GST_FLV_EVENT_ERROR, 0, message);
}

/* Some writers leave out the PreviousTagSize of 0 before the first tag, which
 * is a sequence header. Returns FALSE if it cannot be told yet. */
static gboolean
find_first_tag (GstFlvParser * parser, gsize * offset)
{
  guint8 h[TAG_HEADER_SIZE];
  guint size;

  if (available (parser) < *offset + TRAILER_SIZE)
    return FALSE;
  if (trailer_at (parser, *offset) != 0) {
    if (available (parser) < *offset + TAG_HEADER_SIZE)
      return FALSE;
    gst_adapter_copy (parser->adapter, h, *offset, sizeof (h));
    if (is_tag_header (parser, h, &size))
      return TRUE;
  }
  *offset += TRAILER_SIZE;
  return TRUE;
}

/* The header and the PreviousTagSize of 0 after it (annex E.2, E.3) */
static gboolean
parse_header (GstFlvParser * parser)
{
  guint8 h[HEADER_SIZE];
  gsize offset, have = available (parser);

  gst_adapter_copy (parser->adapter, h, 0, MIN (have, sizeof (h)));
  if (memcmp (h, "FLV", MIN (have, 3)) != 0) {
    fail (parser, "the data does not begin with an FLV header");
    return FALSE;
  }
  if (have < HEADER_SIZE)
    return FALSE;
  offset = GST_READ_UINT32_BE (h + 5);
  if (offset < HEADER_SIZE || offset > MAX_HEADER_SIZE) {
    fail (parser, "the FLV header has an impossible size");
    return FALSE;
  }
  if (!find_first_tag (parser, &offset))
    return FALSE;
  gst_adapter_flush (parser->adapter, offset);
  parser->state = STATE_TAG;
  parser->stream_id = 0;
  emit (parser, GST_FLV_EVENT_HEADER, h[4] & 5, NULL);
  return TRUE;
}

/* Whether what comes after a tag can do so; -1: not enough data to say */
static gint
follows (GstFlvParser * parser, gsize offset)
{
  guint8 h[TAG_HEADER_SIZE];
  guint size;

  if (available (parser) < offset + TAG_HEADER_SIZE)
    return parser->ending ? available (parser) == offset : -1;
  gst_adapter_copy (parser->adapter, h, offset, sizeof (h));
  return is_tag_header (parser, h, &size) || memcmp (h, "FLV", 3) == 0;
}

static void
push_tag (GstFlvParser * parser, const guint8 * h, guint size, gsize trailer)
{
  GstBuffer *body;

  gst_adapter_flush (parser->adapter, TAG_HEADER_SIZE);
  body = size > 0 ? gst_adapter_take_buffer (parser->adapter, size) :
      gst_buffer_new ();
  gst_adapter_flush (parser->adapter, trailer);
  gst_flv_body_parser_push (parser->bodies, h[0],
      GST_READ_UINT24_BE (h + 4) | (guint32) h[7] << 24, body);
}

/* Some writers give tags another stream id. One that stands where a tag must
 * is a candidate as any other: if its size is repeated behind it, that is what
 * tags have from there on. */
static void
lose_step (GstFlvParser * parser, const guint8 * h)
{
  guint size;

  start_scan (parser);
  if (is_like_tag_header (parser, h, &size)) {
    add_candidate (parser, 0, size);
    parser->scanned = 1;
  }
}

/* A whole tag and its trailer; a wrong trailer is forgiven when a tag
 * follows, as some muxers write nonsense there. */
static gboolean
parse_tag (GstFlvParser * parser)
{
  guint8 h[TAG_HEADER_SIZE];
  gsize have = available (parser), trailer = TRAILER_SIZE, need;
  guint size;

  if (have < sizeof (h))
    return FALSE;
  gst_adapter_copy (parser->adapter, h, 0, sizeof (h));
  if (memcmp (h, "FLV", 3) == 0) {
    /* another file behind the first */
    parser->state = STATE_HEADER;
    return TRUE;
  }
  if (!is_tag_header (parser, h, &size)) {
    lose_step (parser, h);
    return TRUE;
  }
  need = TAG_HEADER_SIZE + size;
  if (parser->ending && have >= need && have < need + TRAILER_SIZE)
    trailer = have - need;
  if (have < need + trailer)
    return FALSE;
  if (trailer == TRAILER_SIZE && trailer_at (parser, need) != need) {
    gint ok = follows (parser, need + TRAILER_SIZE);

    if (ok < 0)
      return FALSE;
    if (!ok) {
      start_scan (parser);
      parser->scanned = 1;
      return TRUE;
    }
    emit (parser, GST_FLV_EVENT_WARNING, trailer_at (parser, need),
        "a tag's size is not repeated behind it");
  }
  push_tag (parser, h, size, trailer);
  return TRUE;
}

static void
run (GstFlvParser * parser)
{
  gboolean more = TRUE;

  while (more) {
    switch (parser->state) {
      case STATE_HEADER:
        more = available (parser) > 0 && parse_header (parser);
        break;
      case STATE_TAG:
        more = parse_tag (parser);
        break;
      case STATE_SCAN:
        more = scan (parser);
        break;
      case STATE_FAILED:
        more = FALSE;
        break;
    }
  }
}

/**
 * gst_flv_parser_new:
 * @func: called from within gst_flv_parser_push() and gst_flv_parser_end();
 *   must not call the parser
 * @user_data: for @func
 *
 * Parses FLV (Adobe's FLV 10.1, annex E, and Enhanced RTMP v2) that comes in
 * buffers of any size. Holds no more than one tag beyond the buffer given.
 * Not thread safe.
 *
 * Returns: (transfer full): a parser
 */
GstFlvParser *
gst_flv_parser_new (GstFlvEventFunc func, gpointer user_data)
{
  GstFlvParser *parser = g_new0 (GstFlvParser, 1);

  parser->func = func;
  parser->user_data = user_data;
  parser->bodies = gst_flv_body_parser_new (func, user_data);
  parser->adapter = gst_adapter_new ();
  parser->max_tag_size = GST_FLV_MAX_TAG_SIZE;
  return parser;
}

/**
 * gst_flv_parser_free:
 * @parser: (transfer full): a parser
 */
void
gst_flv_parser_free (GstFlvParser * parser)
{
  gst_flv_body_parser_free (parser->bodies);
  g_object_unref (parser->adapter);
  g_free (parser);
}

/**
 * gst_flv_parser_set_max_tag_size:
 * @parser: a parser
 * @size: bytes, up to GST_FLV_MAX_TAG_SIZE, which is the default
 *
 * A tag that says it is larger is garbage.
 */
void
gst_flv_parser_set_max_tag_size (GstFlvParser * parser, guint size)
{
  parser->max_tag_size = MIN (size, GST_FLV_MAX_TAG_SIZE);
}

/**
 * gst_flv_parser_push:
 * @parser: a parser
 * @buffer: (transfer full): the next bytes
 *
 * Returns: FALSE when this is not FLV and never will be, until reset
 */
gboolean
gst_flv_parser_push (GstFlvParser * parser, GstBuffer * buffer)
{
  if (parser->state == STATE_FAILED) {
    gst_buffer_unref (buffer);
    return FALSE;
  }
  gst_adapter_push (parser->adapter, buffer);
  run (parser);
  return parser->state != STATE_FAILED;
}

/**
 * gst_flv_parser_end:
 * @parser: a parser
 *
 * No more bytes will come: takes a last tag without its trailer, and says
 * what was left over. The parser can go on with a new header.
 */
void
gst_flv_parser_end (GstFlvParser * parser)
{
  guint64 left;

  parser->ending = TRUE;
  run (parser);
  parser->ending = FALSE;
  if (parser->state == STATE_FAILED)
    return;
  left = parser->skipped + available (parser);
  parser->skipped = 0;
  gst_adapter_clear (parser->adapter);
  if (left > 0)
    emit (parser, GST_FLV_EVENT_SKIPPED, left, "bytes at the end that are "
        "no whole tag");
  parser->state = STATE_HEADER;
}

/**
 * gst_flv_parser_reset:
 * @parser: a parser
 *
 * Forgets all: the next bytes begin with a header.
 */
void
gst_flv_parser_reset (GstFlvParser * parser)
{
  gst_flv_body_parser_reset (parser->bodies);
  gst_adapter_clear (parser->adapter);
  parser->state = STATE_HEADER;
  parser->skipped = 0;
}

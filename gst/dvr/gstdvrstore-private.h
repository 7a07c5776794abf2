/* gstdvrstore-private.h: what the files of the recording store share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/uio.h>

#include <gst/dvr/gstdvrplaylist.h>
#include <gst/dvr/gstdvrsegmentfile.h>
#include <gst/dvr/gstdvrstore.h>

G_BEGIN_DECLS

#define INDEX_NAME "index.m3u8"
#define NEW_INDEX_NAME ".index.m3u8.new"
#define LOCK_NAME ".lock"
#define LAST_NAME ".last"
#define BALLAST_NAME ".ballast"

/* A list of our own may be a year long. */
#define MAX_INDEX_BYTES (G_GUINT64_CONSTANT (1) << 32)
#define MAX_INDEX_SEGMENTS (20 * 1000 * 1000)

/* gstdvrstoreindex.c: the journal */
typedef struct
{
  gchar *directory;
  int fd;                       /* -1 until there is a file */
  guint64 size;
  gboolean ended;               /* ENDLIST is its last line */
  gboolean sync;
  gboolean dirty;               /* lines were not synced yet */
  GstClockTime target_duration;
  GstClockTime part_duration;
  GstDvrPlaylistContext context;
  GHashTable *maps;             /* URI -> GstDvrPlaylistMap */
  GString *pending;             /* lines that could not be written yet */
} GstDvrStoreIndex;

void     gst_dvr_store_index_init   (GstDvrStoreIndex * index,
                                     const gchar * directory,
                                     gboolean sync);
void     gst_dvr_store_index_clear  (GstDvrStoreIndex * index);
gboolean gst_dvr_store_index_rewrite (GstDvrStoreIndex * index,
                                     GstDvrTimeline * timeline,
                                     const GstDvrEntry * open,
                                     gboolean sync,
                                     GError ** error);
gboolean gst_dvr_store_index_open_segment (GstDvrStoreIndex * index,
                                     const GstDvrEntry * entry,
                                     GError ** error);
gboolean gst_dvr_store_index_close_segment (GstDvrStoreIndex * index,
                                     const GstDvrEntry * entry,
                                     const GstDvrKeyframe * keyframes,
                                     gboolean opened,
                                     GError ** error);
gboolean gst_dvr_store_index_end    (GstDvrStoreIndex * index,
                                     GError ** error);
gboolean gst_dvr_store_index_flush  (GstDvrStoreIndex * index,
                                     GError ** error);
void     gst_dvr_store_make_gap     (GstDvrEntry * entry);
void     gst_dvr_store_add_keyframe (GstDvrEntry * entry,
                                     GstDvrKeyframes * keyframes,
                                     gboolean independent,
                                     guint64 offset,
                                     guint32 size);
gboolean gst_dvr_store_entry_from_segment
                                    (const GstDvrPlaylistSegment * segment,
                                     GstDvrEntry * entry,
                                     GstDvrFileName * name);

/* gstdvrstorerecover.c: what an earlier run left */
typedef struct
{
  gboolean ended;               /* the list was */
  guint64 last;                 /* highest number ever used; 0 if none */
  guint discontinuity;
  GstClockTime target_duration;
  guint adopted;
  guint lost;
  gboolean unsure;              /* one number more may have been in use */
  guint dropped_bytes;
} GstDvrStoreState;

gboolean gst_dvr_store_recover      (const gchar * directory,
                                     GstDvrTimeline * timeline,
                                     gboolean sync,
                                     GstDvrStoreState * state,
                                     GError ** error);
void     gst_dvr_store_save_last    (const gchar * directory,
                                     guint64 last);

/* gstdvrstorelimits.c: what has to go */
typedef struct _GstDvrStoreTrash GstDvrStoreTrash;

GstDvrStoreTrash *
         gst_dvr_store_trash_new    (const gchar * directory);
void     gst_dvr_store_trash_free   (GstDvrStoreTrash * trash);
void     gst_dvr_store_trash_add    (GstDvrStoreTrash * trash,
                                     const GstDvrEntry * entry);
void     gst_dvr_store_trash_empty  (GstDvrStoreTrash * trash,
                                     GstDvrTimeline * timeline,
                                     gboolean now);
guint64  gst_dvr_store_find_cut     (const gchar * directory,
                                     GstDvrTimeline * timeline,
                                     const GstDvrStoreConfig * config,
                                     guint64 total);

/* gstdvrstorefile.c: files */
void     gst_dvr_store_set_error    (GError ** error,
                                     const gchar * doing,
                                     const gchar * path,
                                     int code);
gboolean gst_dvr_store_write_all    (int fd,
                                     struct iovec * iov,
                                     gint n,
                                     int *code);
gboolean gst_dvr_store_replace_file (const gchar * directory,
                                     const gchar * name,
                                     const gchar * temporary,
                                     gconstpointer data,
                                     gsize size,
                                     gboolean sync,
                                     GError ** error);
gchar *  gst_dvr_store_segment_path (const gchar * directory,
                                     const gchar * recording,
                                     guint64 number);
gssize   gst_dvr_store_read_at      (int fd,
                                     gpointer data,
                                     gsize size,
                                     guint64 offset);

/* gstdvrstoresync.c: what must be on disk */
#define GST_DVR_STORE_MAX_SYNCS 5

/**
 * GstDvrStoreSync:
 * @path: of the file or directory
 * @fd: of the file; -1: it is opened for this
 * @code: 0, or why it may not be on disk
 */
typedef struct
{
  const gchar *path;
  int fd;
  int code;
} GstDvrStoreSync;

int      gst_dvr_store_sync_path    (const gchar * path);
void     gst_dvr_store_sync_all     (GstDvrStoreSync * syncs,
                                     guint n);

/* gstdvrfollower.c: the thread that hears of changes */
typedef void (*GstDvrFollowFunc) (gpointer user_data);

/**
 * GstDvrPreview:
 * @recording: id
 * @number: of the open segment
 * @part: index of the part that has not ended
 * @chunks: (nullable): all of that part so far
 * @seen: whether the last of them holds nothing but samples shown before
 * @samples: (nullable): some that are in no chunk yet
 *
 * What a writer shows of a segment before it is written: chunks or samples.
 */
typedef struct
{
  const gchar *recording;
  guint64 number;
  guint part;
  GPtrArray *chunks;
  gboolean seen;
  GPtrArray *samples;
} GstDvrPreview;

typedef void (*GstDvrFollowShowFunc) (const GstDvrPreview * preview,
                                      gpointer user_data);
typedef struct _GstDvrFollow GstDvrFollow;

GstDvrFollow *
         gst_dvr_follow_new         (const gchar * directory,
                                     GstDvrFollowFunc func,
                                     GstDvrFollowShowFunc show_func,
                                     gpointer user_data);
void     gst_dvr_follow_start       (GstDvrFollow * follow);
void     gst_dvr_follow_free        (GstDvrFollow * follow);
void     gst_dvr_follow_watch_recording
                                    (GstDvrFollow * follow,
                                     const gchar * recording);
void     gst_dvr_follow_poke        (const gchar * directory);
void     gst_dvr_follow_show        (const gchar * directory,
                                     const GstDvrPreview * preview);

G_END_DECLS

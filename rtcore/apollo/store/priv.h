/* SPDX-License-Identifier: MIT */
/* What the files of store/ share. `lock` guards tables, counts of references, `how` and `sum` of sources; the
 * rest of a source does not change once others can find it. No file is read with the lock held. */
#ifndef STORE_PRIV_H
#define STORE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "store.h"

#define STORE_BLOCK                                                                                          \
	16384u         /* bytes of audio in a block of the cache; a whole number of frames of any sample */
#define STORE_PAD 64u  /* readable elements before and behind an extent: interpolation looks beyond ends */
#define STORE_RINGS 8u /* one part in so many of the memory is for streams */
#define STORE_BUCKETS 65536u
#define STORE_MAX_FRAMES 0x7fffffffu

struct file_id {
	uint64_t dev, ino, size;
	int64_t mtime_ns;
};

/* A file that samples are in. */
struct file {
	struct file *next; /* in its bucket */
	uint64_t uid;      /* no two have the same, ever */
	struct file_id id;
	uint32_t n_refs;
	int is_told; /* the log has a line about it */
	char path[];
};

enum pcm { PCM_U8, PCM_S8, PCM_S16, PCM_S24, PCM_S32, PCM_F32, PCM_F64 };

/* How samples lie in a file that can be read at any frame. */
struct layout {
	uint64_t at;          /* byte of frame 0 */
	uint32_t frame_bytes; /* all channels */
	uint8_t pcm;          /* enum pcm */
	uint8_t is_big;       /* most significant byte first */
};

enum source_kind { SOURCE_FILE, SOURCE_S16, SOURCE_S24, SOURCE_VORBIS };
enum source_how {
	HOW_RAW,    /* read the file where it is */
	HOW_CACHE,  /* read the decoded copy */
	HOW_DECODE, /* there is no copy yet, or there can be none */
	HOW_MEMORY, /* a damaged copy that could not be made again: decoded in memory */
};

struct source_key {
	struct file_id id;
	uint64_t offset, n_bytes, offset24;
	uint32_t kind, rate_hz; /* rate_hz 0: the file says it */
};

struct resident;

/* The audio of a sample. */
struct source {
	struct source *next; /* in its bucket */
	struct file *file;
	struct source_key key;
	struct layout layout; /* of HOW_RAW */
	uint64_t uid;         /* no two have the same, ever */
	uint32_t index, n_refs;
	uint32_t n_frames, rate_hz;
	uint8_t n_channels, format;
	uint8_t is_damaged;       /* its copy was found damaged; the next one mends it */
	_Atomic uint8_t how;      /* enum source_how */
	_Atomic uint32_t version; /* of the copy: what is open is to be opened again when it changes */
	struct store_loop loop;
	uint32_t root_key;
	uint64_t *sum;   /* of HOW_CACHE: one a block */
	uint8_t *memory; /* of HOW_MEMORY */
	struct resident *resident;
};

struct arena {
	void *base;
	size_t size;
	uint32_t n_refs;
};

/* What is in memory of a source; sets that want no more than that share it. */
struct resident {
	struct resident *next;
	struct arena *arena;
	void *data;
	size_t bytes;
	uint32_t n_refs, n_extents;
	struct sample_extent extent[SAMPLE_EXTENTS];
};

struct store {
	struct store_options o;
	char *cache_dir; /* NULL: none */
	pthread_mutex_t lock;
	pthread_cond_t wake, settled; /* of streamers */
	uint64_t next_uid;
	struct file **files;     /* STORE_BUCKETS */
	struct source **buckets; /* STORE_BUCKETS */
	struct source **source;  /* by index; NULL: free */
	uint32_t n_sources, source_room, free_hint;
	uint32_t n_streamed;     /* samples of loaded sets that are not all in memory */
	uint64_t resident_bytes; /* arenas in use and rings */
	uint64_t ring_bytes;     /* of these, rings */
	uint64_t cache_bytes;    /* what the cache holds as far as we know */
	int is_counted, is_cache_told;
	struct store_figures figures;
	struct repair *repair;
};

/* pcm.c */
uint32_t pcm_bytes(enum pcm p);
uint32_t format_bytes(uint32_t format);
/* n frames in file order to planes of `format`; r NULL: one channel. Not-finite and denormal values become 0.
 */
void pcm_planes(
	const struct layout *l, uint32_t format, const uint8_t *bytes, uint32_t n, void *to_l, void *to_r);
void pcm_clean(float *x, size_t n);

/* file.c */
/* @return a descriptor of a regular file; -ENOENT, -EACCES ..., -EINVAL. */
int file_open(const char *path, struct file_id *ret);
/* Opened without waiting, since it might have been a pipe; a disk is waited for. @return fd, or -errno and it
 * is closed */
int wait_on(int fd);
struct file *file_get(
	struct store *s, const char *path, const struct file_id *id); /* lock held; NULL: no memory */
void file_put(struct store *s, struct file *f);                       /* lock held */
/* Open what a source is read from: the file itself, which must still be the same, or its copy. */
int source_open(struct store *s, const struct source *src, int how);
int read_fully(int fd, void *to, size_t n, uint64_t at); /* 0; -EIO also at the end of the file; errno */

/* decode.c */
struct decoder;
/* `fd` is borrowed. Fills n_frames, rate_hz, n_channels, format, layout, how, loop and root_key of src. */
int decoder_open(const struct source *src, int fd, struct decoder **ret, char *error, size_t error_size);
void decoder_close(struct decoder *d);
void decoder_describe(struct decoder *d, struct source *src);
/* Interleaved frames of src->format, one or two channels. @return frames, 0: no more are there */
uint32_t decoder_read(struct decoder *d, void *to, uint32_t n_frames);

/* cache.c */
int cache_find(
	struct store *s, struct source *src); /* 0: src is described and HOW_CACHE; -ENOENT; -EBADMSG */
int cache_open(struct store *s, const struct source *src);
int cache_make(
	struct store *s, struct source *src); /* decode into the cache; 0, -errno: there can be no copy */
/* Is it what was written? */
int cache_is_good(struct store *s, const struct source *src, uint64_t block, const void *bytes);
uint64_t cache_at(const struct source *src, uint64_t block); /* byte where a block begins */
uint32_t cache_block_bytes(const struct source *src, uint64_t block);

/* cache_file.c: names, room, age of files */
struct cache_name {
	char name[40];
};
struct cache_name cache_name(const struct source_key *key);
int cache_room(struct store *s, uint64_t bytes);           /* 0; -ENOSPC: what is in use fills it */
void cache_tell(struct store *s, const char *what, int r); /* once */

uint32_t frame_bytes(const struct source *src);       /* interleaved, in the cache */
struct layout cache_layout(const struct source *src); /* of what lies interleaved: blocks, HOW_MEMORY */

/* arena.c */
void resident_put(struct store *s, struct source *src, struct resident *r); /* lock held */

/* repair.c */
void repair_ask(struct store *s, struct source *src); /* lock held: decode it again, on a thread of its own */
void repair_stop(struct store *s);

/* store.c, lock held */
struct source *source_find(
	struct store *s, const struct source_key *key); /* one reference more; NULL: none */
/* Takes file and sum of `made` over, but not when it fails. @return one reference; NULL: no memory */
struct source *source_add(struct store *s, const struct source *made);
void source_put(struct store *s, struct source *src);
/* without it */
void store_tell(struct store *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

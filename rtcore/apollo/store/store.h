/* SPDX-License-Identifier: MIT */
/**
 * The store: audio of samples. What banks need of it is in memory (attacks, short loops, short samples whole), the
 * rest is read while it sounds (stream.h). One store a process; banks share what they both use. Files that can't be
 * read at any frame (FLAC, Vorbis, 24 bit) are decoded once into a cache on disk, bounded, least recently used first
 * out, checked when read, made again when damaged (APO-19, APO-25).
 *
 * Loader thread and store's own thread; nothing here but struct sample is for the audio thread.
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>
#include <stdint.h>

#include "../sampler/bank.h"

struct store;
struct store_set; /**< the samples of one bank */

struct store_options {
	uint64_t memory_bytes;  /**< budget of what is resident; 0: 256 MiB. A bank that needs more gets shorter attacks */
	uint64_t cache_bytes;   /**< budget of the cache on disk; 0: 2 GiB */
	const char *cache_dir;  /**< NULL: no cache: what must be decoded is kept in memory */
	uint32_t head_frames;   /**< attack kept in memory; 0: chosen by the number of samples */
	int is_resident;        /**< 1: everything in memory (offline renders of what fits) */
	void (*log)(void *data, const char *line); /**< what a user should know: a copy made again ... Any thread; NULL */
	void *log_data;
};

struct store_figures {
	uint64_t hits, misses;    /**< samples that must be decoded: found decoded, or not */
	uint64_t repaired;        /**< damaged copies that were made again */
	uint64_t resident_bytes;  /**< samples and rings in memory */
	uint64_t cache_bytes;     /**< the cache on disk, as far as this process knows */
};

/** How the bytes of a part of a file are to be read. */
enum store_format { STORE_S16LE, STORE_VORBIS /**< an Ogg Vorbis stream inside the file (SF3) */ };

struct store_part {
	const char *path;
	uint64_t offset, n_bytes; /**< in the file */
	uint64_t offset24;        /**< of the low bytes of 24-bit SoundFont samples; 0: none. One byte a frame */
	enum store_format format;
	uint32_t rate_hz;
};

/** A loop of a sample that some zone plays: worth keeping in memory. */
struct store_loop {
	uint32_t start, end;
};

struct store *store_create(const struct store_options *o); /**< NULL: no memory */
void store_destroy(struct store *s); /**< all sets and pools of streams are freed before */
void store_figures(struct store *s, struct store_figures *ret);

struct store_set *store_set_create(struct store *s);
/**
 * Add a whole audio file (WAV, FLAC, Ogg Vorbis, AIFF: whatever libsndfile reads), 1 or 2 channels (of more the first
 * two are taken). Only the header is read now. The same file again gives the same number.
 * @param ret_loop  Loop in the file itself (smpl chunk); end 0: none. May be NULL.
 * @return 0; -ENOENT, -EACCES, -EINVAL (no audio file, damaged), -ENOMEM; error: one sentence that names the file.
 */
int store_set_file(struct store_set *set, const char *path, uint32_t *ret_sample, struct store_loop *ret_loop,
	uint32_t *ret_root_key /* of the smpl chunk, BANK_NONE: none; may be NULL */, char *error, size_t error_size);
/** Add a stretch of a file, mono. Errors as above. */
int store_set_part(struct store_set *set, const struct store_part *part, uint32_t *ret_sample, char *error,
	size_t error_size);
/** Frames, rate and channels of a sample that was added. NULL: there is none of that number. */
const struct sample *store_set_sample(const struct store_set *set, uint32_t sample);
/** Zones use this loop and this start of the sample. Before store_set_load(). */
int store_set_use(struct store_set *set, uint32_t sample, uint32_t start_frame, const struct store_loop *loop);
/** A zone plays all of it in an order of its own (backwards). Before store_set_load(). */
int store_set_whole(struct store_set *set, uint32_t sample);
/**
 * Read what is to be resident. `progress` with 0..100 and bytes, may be NULL.
 * @return 0; -EIO (error names the file), -ENOMEM, -ECANCELED: progress() returned non-zero.
 */
int store_set_load(struct store_set *set, int (*progress)(void *data, uint32_t percent, uint64_t bytes), void *data,
	char *error, size_t error_size);
/** The samples in order of their numbers; valid as long as the set. */
const struct sample *store_set_samples(const struct store_set *set, uint32_t *ret_n, uint64_t *ret_resident_bytes);
void store_set_free(struct store_set *set);

#endif

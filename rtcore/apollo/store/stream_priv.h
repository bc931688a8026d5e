/* SPDX-License-Identifier: MIT */
/*
 * A stream between the audio thread (stream.c) and the thread that reads for it (streamer.c). Its two halves
 * lie on cache lines of their own; each is written by one side only. `want` and `have` hand the ring over:
 * both even and equal, it is free; odd `want`, the audio thread has opened it and written what it wants
 * before; `have` equal to that, the reader fills it. Then the ring holds frames taken .. filled of the
 * voice's way (virtual frames).
 */
#ifndef STREAM_PRIV_H
#define STREAM_PRIV_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "priv.h"
#include "stream.h"

struct slot {
	/* the audio thread's */
	alignas(64) _Atomic uint32_t want;
	_Atomic uint32_t taken;
	_Atomic uint64_t inc;
	uint32_t source, from, loop_start, loop_end;
	/* the reader's */
	alignas(64) _Atomic uint32_t have;
	_Atomic uint32_t filled;
};

/* What only the audio thread knows of a stream. */
struct voice_side {
	uint8_t *ring;
	uint32_t n_frames, room; /* room: frames of the ring, a power of two */
	uint8_t format, n_channels, is_loop;
};

struct streamer;

struct stream_pool {
	struct slot *slot;
	struct voice_side *voice;
	uint8_t *rings; /* one mapping */
	uint32_t n, ring_bytes;
	/* the threads' that make voices sound, together: nobody waits for another one */
	_Atomic uint64_t free;      /* stack of those that are closed: the first one, above it how often that has changed */
	_Atomic uint32_t *next;     /* of each in the stack: what lies below it */
	_Atomic uint32_t *closing;  /* queue of those that the reader still has, plus 1; 0: none yet; a power of two */
	_Atomic uint32_t closing_tail, is_reclaiming;
	uint32_t closing_head, closing_mask; /* head: whoever reclaims */
	_Atomic uint64_t late, opened, refused;
	_Atomic uint32_t open;
	/* the reader's */
	_Atomic uint64_t bytes;
	struct store *store;
	struct streamer *streamer;
};

/* Frames that fit into a ring; of both halves. */
static inline uint32_t ring_room(uint32_t ring_bytes, uint32_t format, uint32_t n_channels) MOS_RT
{
	return ring_bytes / ((format == SAMPLE_S16 ? 2 : 4) * n_channels);
}

/* How far ahead of a voice to read, in frames: 340 ms at the speed of the sample and 48 kHz. */
static inline uint32_t ahead_of(uint64_t inc, uint32_t room) MOS_RT
{
	uint64_t f = (inc < 1ull << 52 ? inc : 1ull << 52) * 1024 >> 28;

	return f < 4096 ? (room < 4096 ? room : 4096) : f < room ? (uint32_t)f : room;
}

/* What the reader knows of a stream. */
struct way {
	struct source *source; /* with a reference; NULL: closed, or of no source */
	uint32_t room, loop_start, loop_end;
	uint32_t filled; /* virtual frame, as published */
	uint32_t pos;    /* its frame in the sample */
	uint32_t turn;   /* counts openings: reads of earlier ones are dropped */
	int is_reading;
	uint64_t retry_ns;
};

/* A read: frames first .. end of a source. */
struct request {
	uint32_t stream, turn, first, end, version, bytes;
	uint64_t block; /* of the cache */
	uint8_t how;
};

/* stream_way.c */
void way_begin(struct stream_pool *p, uint32_t i, struct way *w); /* as the slot says, from w->source */
/* Frames that may be filled; leaves out those that the voice no longer wants. */
uint32_t way_left(struct stream_pool *p, uint32_t i, struct way *w);
/* Copy frames first .. end of the sample, which lie at `bytes`, as far as the stream goes through them. */
void way_fill(struct stream_pool *p, uint32_t i, struct way *w, const struct layout *y, uint32_t first,
	uint32_t end, const uint8_t *bytes);
/* What to read next, of `left` frames, by q->how. @return byte in the file */
uint64_t way_read(const struct way *w, uint32_t left, struct request *q);

struct streamer *streamer_create(struct stream_pool *p);
void streamer_destroy(struct streamer *t);
void streamer_settle(struct streamer *t);

/* uring.c: reads at any place of files, several at once where the kernel has io_uring, else one after the
 * other. */
#define READS 16u
#define READ_BYTES 65536u

struct reads;
struct reads *reads_create(int *ret_is_uring); /* NULL: no memory */
void reads_destroy(struct reads *r);           /* waits for those under way */
uint8_t *reads_buffer(struct reads *r, uint32_t i);
/* Into buffer i, which has no read under way. `file` is below READ_FILES, see reads_file(). @return 1: it has
 * ended */
#define READ_FILES 128u
int reads_start(struct reads *r, uint32_t i, uint32_t file, uint64_t at, uint32_t n_bytes);
void reads_file(struct reads *r, uint32_t file, int fd); /* -1: none */
/* Those that have ended. @param wait_ns  0: don't wait. @return 1: *ret_i, *ret_n (bytes, -errno) */
int reads_next(struct reads *r, uint64_t wait_ns, uint32_t *ret_i, int *ret_n);

#endif

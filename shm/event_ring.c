/* SPDX-License-Identifier: MIT */
/*
 * The event ring: two writers, any number of readers.
 *
 * A writer first says from which number on it may be writing (busy_seq), then claims the next number. So
 * whoever sees a claim also sees the busy_seq that was told before it: both are one chain of
 * read-modify-writes on `claim`, each acquire and release. A writer that would come within
 * MOS_EVENT_AHEAD_SHORT of a lap over the other's number claims nothing. From this follows what a reader at a
 * slot that says MOS_SEQ_BUSY relies on:
 *
 * - the record wanted is being written for the first time: no number above wanted + n_slots - 5 is claimed;
 * - it is being overwritten, by wanted + n_slots: at most one other record is unfinished then, so write_seq
 * is wanted + n_slots - 2 at least, and who sees the BUSY sees that too.
 */
#include <mos/event_ring.h>

#include <errno.h>
#include <stdbool.h>

#include "rt_trusted.h"
#include "words.h"

#define SEQ_WORD 0
#define FIRST_BODY_WORD 1
#define N_WORDS (sizeof(struct mos_event) / sizeof(uint64_t))

/** Looks at a busy slot before asking how far the writers got: a publish takes some ten nanoseconds. */
#define BUSY_LOOKS 32

static bool valid_n_slots(uint32_t n_slots)
{
	return n_slots >= MOS_EVENT_STAMP_EVERY && (n_slots & (n_slots - 1)) == 0;
}

size_t mos_event_ring_size(uint32_t n_slots)
{
	return MOS_EVENT_RING_SLOTS_OFF + (size_t)n_slots * sizeof(struct mos_event) +
	       (size_t)n_slots / MOS_EVENT_STAMP_EVERY * sizeof(struct mos_event_stamp);
}

static struct mos_event *slots_of(const struct mos_region *region)
{
	return (struct mos_event *)((char *)region->base + MOS_EVENT_RING_SLOTS_OFF);
}

static struct mos_event_stamp *stamps_of(const struct mos_region *region, uint32_t n_slots)
{
	return (struct mos_event_stamp *)(slots_of(region) + n_slots);
}

int mos_event_log_init(struct mos_event_log *log, struct mos_region *region, uint32_t n_slots)
{
	struct mos_event_ring_hdr *hdr = region->base;

	if (!valid_n_slots(n_slots) || region->size < mos_event_ring_size(n_slots))
		return -EINVAL;
	hdr->n_slots = n_slots;
	*log = (struct mos_event_log){
		.hdr = hdr,
		.slot = slots_of(region),
		.stamp = stamps_of(region, n_slots),
		.mask = n_slots - 1,
		.stamping = 1,
	};
	return 0;
}

void mos_event_writer_init(
	struct mos_event_writer *w, struct mos_event_log *log, struct mos_event_writer *other)
{
	*w = (struct mos_event_writer){.log = log, .other = other};
}

static uint64_t now(void) MOS_RT
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/** @return the number to be written, 0: the other writer is in the way. */
static uint64_t claim(struct mos_event_writer *w) MOS_RT
{
	struct mos_event_log *log = w->log;
	/* Pairs with the other writer's fetch_add: who sees its claim sees its busy_seq. */
	uint64_t next = __atomic_load_n(&log->claim, __ATOMIC_ACQUIRE) + 1;
	uint64_t busy;

	if (!w->other)
		return __atomic_fetch_add(&log->claim, 1, __ATOMIC_ACQ_REL) + 1;
	__atomic_store_n(&w->busy_seq, next, __ATOMIC_RELAXED); /* released by the fetch_add below */
	/* Pairs with the release at the end of mos_event_publish(): a number that is gone from here is
	 * written. */
	busy = __atomic_load_n(&w->other->busy_seq, __ATOMIC_ACQUIRE);
	if (busy && next > busy && next - busy + MOS_EVENT_AHEAD_SHORT > log->mask) {
		__atomic_store_n(&w->busy_seq, 0, __ATOMIC_RELEASE);
		return 0;
	}
	return __atomic_fetch_add(&log->claim, 1, __ATOMIC_ACQ_REL) + 1;
}

/** Before the record's number is stored: who sees the record sees its stamp. */
static void write_stamp(struct mos_event_log *log, uint64_t seq, uint64_t time_ns) MOS_RT
{
	struct mos_event_stamp *stamp = &log->stamp[(seq & log->mask) / MOS_EVENT_STAMP_EVERY];

	__atomic_store_n(&stamp->seq, 0, __ATOMIC_RELAXED);
	/* Pairs with the acquire fence in mos_event_stamp_of(): who saw the time sees the 0 or a later
	 * number. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&stamp->time_ns, time_ns ? time_ns : now(), __ATOMIC_RELAXED);
	__atomic_store_n(&stamp->seq, seq, __ATOMIC_RELEASE); /* pairs with the acquire load there */
}

/** The newest number grows, whichever writer is first. */
static void tell_newest(struct mos_event_log *log, uint64_t seq) MOS_RT
{
	uint64_t before = __atomic_load_n(&log->hdr->write_seq, __ATOMIC_RELAXED);

	/* Release pairs with the acquire load in newest_seq(): who sees it sees the number in the slot. */
	while (before < seq && !__atomic_compare_exchange_n(&log->hdr->write_seq, &before, seq,
				       /* weak= */ false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		; /* only the other writer can have been quicker, and then by one record */
}

uint64_t mos_event_publish(struct mos_event_writer *w, const struct mos_event *ev, uint64_t now_ns) MOS_RT
{
	struct mos_event_log *log = w->log;
	uint64_t seq = claim(w);
	shm_word *slot;

	if (seq == 0)
		return 0;
	slot = (shm_word *)&log->slot[seq & log->mask];
	/* Release: who sees it sees how far write_seq had come (the head of this file). */
	__atomic_store_n(&slot[SEQ_WORD], MOS_SEQ_BUSY, __ATOMIC_RELEASE);
	/* Pairs with the acquire fence in copy_slot(): who saw one of our words sees BUSY or later. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	shm_words_store(
		slot + FIRST_BODY_WORD, (const shm_word *)ev + FIRST_BODY_WORD, N_WORDS - FIRST_BODY_WORD);
	if (seq % MOS_EVENT_STAMP_EVERY == 0 && log->stamping)
		write_stamp(log, seq, now_ns);
	/* Pairs with the acquire load in mos_event_next(): who sees the number sees the words. */
	__atomic_store_n(&slot[SEQ_WORD], seq, __ATOMIC_RELEASE);
	tell_newest(log, seq);
	__atomic_store_n(&w->busy_seq, 0, __ATOMIC_RELEASE); /* pairs with the acquire load in claim() */
	return seq;
}

static inline uint64_t newest_seq(const struct mos_event_reader *r)
{
	return __atomic_load_n(&r->hdr->write_seq, __ATOMIC_ACQUIRE);
}

static inline const shm_word *slot_of(const struct mos_event_reader *r, uint64_t seq)
{
	return (const shm_word *)&r->slot[seq & r->mask];
}

static inline uint64_t oldest_seq(const struct mos_event_reader *r, uint64_t newest)
{
	return newest > r->mask ? newest - r->mask : 1;
}

int mos_event_reader_init(struct mos_event_reader *r, const struct mos_region *region, int from_oldest)
{
	const struct mos_event_ring_hdr *hdr = region->base;
	uint32_t n_slots;
	uint64_t newest;

	if (region->size < MOS_EVENT_RING_SLOTS_OFF)
		return -EINVAL;
	n_slots = __atomic_load_n(&hdr->n_slots, __ATOMIC_RELAXED);
	if (!valid_n_slots(n_slots) || region->size < mos_event_ring_size(n_slots))
		return -EINVAL;
	*r = (struct mos_event_reader){
		.hdr = hdr,
		.slot = slots_of(region),
		.stamp = stamps_of(region, n_slots),
		.mask = n_slots - 1,
	};
	newest = newest_seq(r);
	r->next_seq = from_oldest ? oldest_seq(r, newest) : newest + 1;
	return 0;
}

/** Copy the slot that held `seq`; false: it was overwritten meanwhile, the copy is worthless. */
static inline bool copy_slot(const shm_word *slot, uint64_t seq, struct mos_event *ret)
{
	shm_word *copy = (shm_word *)ret;

	shm_words_load(copy + FIRST_BODY_WORD, slot + FIRST_BODY_WORD, N_WORDS - FIRST_BODY_WORD);
	copy[SEQ_WORD] = seq;
	/* Pairs with the release fence in mos_event_publish(). */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slot[SEQ_WORD], __ATOMIC_RELAXED) == seq;
}

/**
 * The wanted record is gone: go on at the oldest one still whole. `seen` is a number found in its slot, or
 * 0. A ring with nonsense in it moves the cursor forward all the same, so that nobody loops here.
 */
static int skip_lapped(struct mos_event_reader *r, uint64_t seen)
{
	uint64_t newest = newest_seq(r);
	uint64_t oldest;

	if (newest < seen)
		newest = seen;
	oldest = oldest_seq(r, newest);
	/* The writers are at these very slots, or died in them; one more may be whole, but not told yet. */
	for (int i = 0; i < 3 && __atomic_load_n(&slot_of(r, oldest)[SEQ_WORD], __ATOMIC_RELAXED) != oldest;
		i++)
		oldest++;
	if (oldest <= r->next_seq)
		oldest = r->next_seq + 1;
	r->lost += oldest - r->next_seq;
	r->next_seq = oldest;
	return -EOVERFLOW;
}

/** The slot is being written, or its writer died in it. @return its number at last, else MOS_SEQ_BUSY. */
static uint64_t look_again(const shm_word *slot)
{
	uint64_t seq = MOS_SEQ_BUSY;

	for (int i = 0; i < BUSY_LOOKS && seq == MOS_SEQ_BUSY; i++)
		seq = __atomic_load_n(&slot[SEQ_WORD], __ATOMIC_ACQUIRE);
	return seq;
}

/** write_seq came so far that `wanted` is whole or being overwritten: see the head of this file. */
static inline bool is_past(const struct mos_event_reader *r, uint64_t wanted)
{
	uint64_t newest = newest_seq(r);

	return newest > wanted && newest - wanted >= r->mask - 1;
}

int mos_event_next(struct mos_event_reader *r, struct mos_event *ret) MOS_RT
{
	const uint64_t wanted = r->next_seq;
	const shm_word *slot = slot_of(r, wanted);
	/* Pairs with the release store of the number in mos_event_publish(). */
	uint64_t seq = __atomic_load_n(&slot[SEQ_WORD], __ATOMIC_ACQUIRE);
	struct mos_event copy;

	if (seq < wanted)
		return 0;
	if (seq == MOS_SEQ_BUSY) {
		seq = look_again(slot);
		if (seq == MOS_SEQ_BUSY) {
			if (!is_past(r, wanted))
				return 0;
			/* Ours was whole before we asked: either it is there now, or it is being replaced. */
			seq = __atomic_load_n(&slot[SEQ_WORD], __ATOMIC_ACQUIRE);
		}
	}
	if (seq == wanted && copy_slot(slot, wanted, &copy)) {
		*ret = copy;
		r->next_seq = wanted + 1;
		return 1;
	}
	return skip_lapped(r, seq == MOS_SEQ_BUSY ? 0 : seq);
}

uint64_t mos_event_stamp_of(const struct mos_event_reader *r, uint64_t seq) MOS_RT
{
	const struct mos_event_stamp *stamp = &r->stamp[(seq & r->mask) / MOS_EVENT_STAMP_EVERY];
	uint64_t time_ns;

	if (seq == 0 || seq % MOS_EVENT_STAMP_EVERY != 0 ||
		__atomic_load_n(&stamp->seq, __ATOMIC_ACQUIRE) != seq) /* pairs with write_stamp() */
		return 0;
	time_ns = __atomic_load_n(&stamp->time_ns, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release fence in write_stamp() */
	return __atomic_load_n(&stamp->seq, __ATOMIC_RELAXED) == seq ? time_ns : 0;
}

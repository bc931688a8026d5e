/* SPDX-License-Identifier: MIT */
#include <mos/event_ring.h>

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

#define SEQ_WORD 0
#define FIRST_BODY_WORD 1
#define N_WORDS (sizeof(struct mos_event) / sizeof(uint64_t))

/** Looks at a busy slot before asking how far the writer got: a publish takes some ten nanoseconds. */
#define BUSY_LOOKS 32

static bool valid_n_slots(uint32_t n_slots)
{
	return n_slots >= 2 && (n_slots & (n_slots - 1)) == 0;
}

size_t mos_event_ring_size(uint32_t n_slots)
{
	return MOS_EVENT_RING_SLOTS_OFF + (size_t)n_slots * sizeof(struct mos_event);
}

int mos_event_writer_init(struct mos_event_writer *w, struct mos_region *region, uint32_t n_slots)
{
	struct mos_event_ring_hdr *hdr = region->base;

	if (!valid_n_slots(n_slots) || region->size < mos_event_ring_size(n_slots))
		return -EINVAL;
	hdr->n_slots = n_slots;
	*w = (struct mos_event_writer){
		.hdr = hdr,
		.slot = (struct mos_event *)((char *)region->base + MOS_EVENT_RING_SLOTS_OFF),
		.mask = n_slots - 1,
		.next_seq = 1,
	};
	return 0;
}

uint64_t mos_event_publish(struct mos_event_writer *w, const struct mos_event *ev) MOS_RT
{
	uint64_t seq = w->next_seq++;
	shm_word *slot = (shm_word *)&w->slot[seq & w->mask];

	__atomic_store_n(&slot[SEQ_WORD], MOS_SEQ_BUSY, __ATOMIC_RELAXED);
	/* Pairs with the acquire fence in copy_slot(): who saw one of our words sees BUSY or later. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	shm_words_store(
		slot + FIRST_BODY_WORD, (const shm_word *)ev + FIRST_BODY_WORD, N_WORDS - FIRST_BODY_WORD);
	/* Pairs with the acquire load in mos_event_next(): who sees the number sees the words. */
	__atomic_store_n(&slot[SEQ_WORD], seq, __ATOMIC_RELEASE);
	/* Pairs with the acquire load in newest_seq(): who sees it sees the number in the slot. */
	__atomic_store_n(&w->hdr->write_seq, seq, __ATOMIC_RELEASE);
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
		.slot = (const struct mos_event *)((const char *)region->base + MOS_EVENT_RING_SLOTS_OFF),
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
	/* The writer is at this very slot, or died in it. */
	if (__atomic_load_n(&slot_of(r, oldest)[SEQ_WORD], __ATOMIC_RELAXED) != oldest)
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
			if (newest_seq(r) < wanted)
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

uint32_t mos_event_bell(const struct mos_event_reader *r) MOS_RT
{
	/* Pairs with the release in mos_event_ring_bell(): who sees the ring sees what was published. */
	return __atomic_load_n(&r->hdr->bell, __ATOMIC_ACQUIRE);
}

int mos_event_wait(const struct mos_event_reader *r, uint32_t bell_seen, int64_t timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = timeout_ns / 1000000000,
		.tv_nsec = timeout_ns % 1000000000,
	};

	if (syscall(SYS_futex, &r->hdr->bell, FUTEX_WAIT, bell_seen, timeout_ns < 0 ? NULL : &timeout, NULL,
		    0) == 0)
		return 0;
	return errno == EAGAIN ? 0 : -errno; /* EAGAIN: it rang before we slept */
}

void mos_event_ring_bell(struct mos_event_writer *w)
{
	__atomic_fetch_add(&w->hdr->bell, 1, __ATOMIC_RELEASE);
	(void)syscall(SYS_futex, &w->hdr->bell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

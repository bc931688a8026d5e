/* SPDX-License-Identifier: MIT */
/* The contract's V bench: a virtual clock, a sender that keeps what it gets and fails when it is told to. */
#ifndef BAND_BENCH_H
#define BAND_BENCH_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "live.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define T0 (1000 * SECOND) /* the clock does not begin at 0 */

struct bench_message {
	int64_t due_ns, at_ns; /* at_ns: when it was handed over */
	uint32_t ump;
};

struct bench {
	struct band_sender sender; /* first */
	struct bench_message *message;
	uint32_t n, room;
	int64_t now_ns;
	uint32_t n_sends, n_closed, n_after_close;
	uint32_t fail_at; /* the n-th send from 1; 0: never */
	bool fail_for_good;
	bool fail_flush; /* instead: those since the last flush are lost */
	uint32_t n_flushed;
	struct band_decision *decision;
	uint32_t n_decisions, decision_room;
};

static inline bool bench_fails(const struct bench *b)
{
	return b->fail_at && (b->n_sends == b->fail_at || (b->fail_for_good && b->n_sends >= b->fail_at));
}

static inline int bench_send(struct band_sender *sender, int64_t due_ns, const uint32_t ump[2])
{
	struct bench *b = (struct bench *)sender;

	b->n_sends++;
	b->n_after_close += b->n_closed > 0;
	if (!b->fail_flush && bench_fails(b))
		return -EIO;
	if (b->n == b->room) {
		b->room = b->room ? 2 * b->room : 256;
		b->message = realloc(b->message, b->room * sizeof(*b->message));
	}
	b->message[b->n++] = (struct bench_message){due_ns, b->now_ns, ump[0]};
	return 0;
}

static inline int bench_flush(struct band_sender *sender)
{
	struct bench *b = (struct bench *)sender;

	if (b->fail_flush && b->fail_at && b->n_sends >= b->fail_at) {
		b->n = b->n_flushed;
		b->fail_at = b->fail_for_good ? b->fail_at : 0;
		return -EIO;
	}
	b->n_flushed = b->n;
	return 0;
}

static inline void bench_close(struct band_sender *sender)
{
	((struct bench *)sender)->n_closed++;
}

static inline void bench_init(struct bench *b)
{
	*b = (struct bench){.sender = {.send = bench_send, .flush = bench_flush, .close = bench_close}};
}

static inline void bench_finish(struct bench *b)
{
	free(b->message);
	free(b->decision);
}

static inline void bench_log(void *data, const struct band_decision *decision)
{
	struct bench *b = data;

	if (b->n_decisions == b->decision_room) {
		b->decision_room = b->decision_room ? 2 * b->decision_room : 256;
		b->decision = realloc(b->decision, b->decision_room * sizeof(*b->decision));
	}
	b->decision[b->n_decisions++] = *decision;
}

/* The loop at a time. */
static inline int64_t bench_run(struct bench *b, struct band_loop *loop, int64_t now_ns)
{
	b->now_ns = now_ns;
	return band_loop_run(loop, now_ns, bench_log, b);
}

/* From the one time to the other, woken when it wants to be. @return the last answer. */
static inline int64_t bench_play(struct bench *b, struct band_loop *loop, int64_t from_ns, int64_t to_ns)
{
	int64_t wait_ns = 0;

	for (int64_t ns = from_ns; ns < to_ns; ns += wait_ns) {
		wait_ns = bench_run(b, loop, ns);
		if (wait_ns <= 0)
			return wait_ns;
	}
	return wait_ns;
}

/*** Messages ***/

static inline uint32_t m_on(uint32_t channel, uint32_t key, uint32_t velocity)
{
	return 0x20900000u | channel << 16 | key << 8 | velocity;
}

static inline uint32_t m_off(uint32_t channel, uint32_t key)
{
	return 0x20800000u | channel << 16 | key << 8;
}

static inline uint32_t m_cc(uint32_t channel, uint32_t index, uint32_t value)
{
	return 0x20b00000u | channel << 16 | index << 8 | value;
}

static inline uint32_t m_program(uint32_t channel, uint32_t program)
{
	return 0x20c00000u | channel << 16 | program << 8;
}

static inline bool is_off(uint32_t ump)
{
	return (ump & 0x00f00000u) == 0x00800000u;
}

static inline bool is_on(uint32_t ump)
{
	return (ump & 0x00f00000u) == 0x00900000u && (ump & 127) != 0;
}

static inline struct band_due due(int64_t due_ns, uint32_t ump)
{
	const uint32_t status = ump >> 20 & 15;

	return (struct band_due){.due_ns = due_ns,
		.ump = {ump},
		.rank = (uint8_t)(status == 8     ? BAND_RANK_OFF
				  : status == 0xc ? BAND_RANK_PROGRAM
				  : status == 0xb ? BAND_RANK_CC
						  : BAND_RANK_ON)};
}

#define SCHEDULE(end, ...)                                                                                   \
	((struct band_schedule){.due = (struct band_due[]){__VA_ARGS__},                                     \
		.n_due = sizeof((struct band_due[]){__VA_ARGS__}) / sizeof(struct band_due),                 \
		.end_ns = (end)})

static inline struct mos_gate_policy policy_of_contract(void)
{
	return (struct mos_gate_policy){.late_drop_ms = MOS_LATE_DROP_MS,
		.ghost_vel_max = MOS_GHOST_VEL_MAX,
		.panic = true,
		.no_overlap = true};
}

/* When a message is heard: the sender has it, and it is due. */
static inline int64_t heard_ns(const struct bench_message *m)
{
	return m->due_ns > m->at_ns ? m->due_ns : m->at_ns;
}

/* Keys that sound when all was heard. A receiver that does not count: an end is an end. */
static inline uint32_t bench_sounding(const struct bench *b)
{
	static uint8_t down[16][128];
	uint32_t n = 0;

	memset(down, 0, sizeof(down));
	for (uint32_t i = 0; i < b->n; i++) {
		const uint32_t ump = b->message[i].ump, channel = ump >> 16 & 15, key = ump >> 8 & 127;

		if (is_on(ump))
			down[channel][key] = 1;
		else if (is_off(ump))
			down[channel][key] = 0;
	}
	for (uint32_t i = 0; i < 16 * 128; i++)
		n += down[i / 128][i % 128];
	return n;
}

/* How often a message was sent; the last one's index. */
static inline uint32_t bench_count(const struct bench *b, uint32_t ump, uint32_t *ret_index)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->message[i].ump == ump) {
			n++;
			if (ret_index)
				*ret_index = i;
		}
	}
	return n;
}

#endif

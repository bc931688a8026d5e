/* SPDX-License-Identifier: MIT */
/**
 * The way out of a loop: the gate, what it may not say at once, and the sender behind it. Whatever fails, in
 * the end nothing sounds and the sender is closed once.
 */
#ifndef BAND_OUTLET_H
#define BAND_OUTLET_H

#include "song.h"

#define OUTLET_KEYS (MOS_GATE_CHANNELS * SONG_KEYS) /* channel * SONG_KEYS + key */

/* The end of a note that was struck so late that its end was past already: heard a tick later (D-8). */
struct held {
	int64_t due_ns;
	uint32_t ump[2];
	uint32_t n;
	uint16_t key;
};

struct outlet {
	struct mos_gate gate;
	struct band_sender *sender;     /* NULL once closed */
	int64_t last_due_ns;            /* of what was handed over */
	int64_t struck_ns[OUTLET_KEYS]; /* when a late note was sent; 0: it was not late */
	struct held held[OUTLET_KEYS];
	uint32_t n_held;
	uint8_t skip[OUTLET_KEYS];         /* ends whose beginning was never sent */
	uint64_t unsure[OUTLET_KEYS / 64]; /* ends sent since the last flush: lost if that fails */
	bool is_unsure;
	void (*log)(void *data, const struct band_decision *decision);
	void *log_data;
};

void outlet_init(struct outlet *out, struct mos_gate_policy policy, struct band_sender *sender);
/** One message. @return 0, -errno of the sender. */
int outlet_pass(struct outlet *out, int64_t due_ns, const uint32_t ump[2], int64_t now_ns);
int outlet_flush(struct outlet *out);
/** The first of those held back. @return NULL: none. */
struct held *outlet_held(struct outlet *out);
int outlet_pass_held(struct outlet *out, struct held *held, int64_t now_ns);
/** Another song goes on from here: keys that it has no end for are let go, ends without a note are void. */
int outlet_settle(struct outlet *out, const struct song *song, int64_t due_ns, int64_t now_ns);
/** Let go, sweep as the policy says, close. Safe to repeat. */
void outlet_end(struct outlet *out);

#endif

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "outlet.h"

#define RELEASE_AT_ONCE 256u

static uint32_t key_of(const struct song_note *note)
{
	return note->channel * SONG_KEYS + note->key;
}

void outlet_init(struct outlet *out, struct mos_gate_policy policy, struct band_sender *sender)
{
	mos_gate_init(&out->gate, policy);
	out->sender = sender;
	out->last_due_ns = INT64_MIN;
}

static int send_one(struct outlet *out, int64_t due_ns, const uint32_t ump[2])
{
	struct song_note note;

	if (song_note(ump, &note) && !note.is_on) {
		out->unsure[key_of(&note) / 64] |= UINT64_C(1) << key_of(&note) % 64;
		out->is_unsure = true;
	}
	if (out->last_due_ns < due_ns)
		out->last_due_ns = due_ns;
	return out->sender->send(out->sender, due_ns, ump);
}

int outlet_flush(struct outlet *out)
{
	const int rc = out->sender->flush(out->sender);

	if (rc >= 0 && out->is_unsure) {
		memset(out->unsure, 0, sizeof(out->unsure));
		out->is_unsure = false;
	}
	return rc;
}

static void hold(struct outlet *out, uint32_t key, const uint32_t ump[2], int64_t due_ns)
{
	struct held *held = out->held;

	while (held < out->held + out->n_held && held->key != key)
		held++;
	if (held == out->held + out->n_held) {
		*held = (struct held){.key = (uint16_t)key};
		out->n_held++;
	}
	held->due_ns = due_ns;
	memcpy(held->ump, ump, sizeof(held->ump));
	held->n++;
}

/** Through the gate and out. */
static int pass(struct outlet *out, int64_t due_ns, const uint32_t ump[2], int64_t now_ns)
{
	const enum mos_gate_verdict verdict = mos_gate_pass(&out->gate, ump, now_ns - due_ns);
	struct song_note note;
	int rc = 0;

	if (out->log)
		out->log(out->log_data, &(struct band_decision){.due_ns = due_ns,
						.sent_ns = now_ns,
						.ump = {ump[0], ump[1]},
						.verdict = (uint8_t)verdict});
	if (verdict == MOS_GATE_DROP)
		return 0;
	if (verdict == MOS_GATE_OFF_FIRST) {
		uint32_t off[2];

		mos_gate_end_of(ump, off);
		rc = send_one(out, due_ns, off);
	}
	if (song_note(ump, &note) && note.is_on)
		out->struck_ns[key_of(&note)] = now_ns > due_ns ? now_ns : 0;
	return rc < 0 ? rc : send_one(out, due_ns, ump);
}

int outlet_pass(struct outlet *out, int64_t due_ns, const uint32_t ump[2], int64_t now_ns)
{
	struct song_note note;

	if (song_note(ump, &note) && !note.is_on) {
		const uint32_t key = key_of(&note);
		const int64_t struck_ns = out->struck_ns[key];

		if (out->skip[key]) {
			out->skip[key]--;
			return 0;
		}
		if (struck_ns && due_ns <= struck_ns && now_ns < struck_ns + BAND_TICK_NS) {
			hold(out, key, ump, struck_ns + BAND_TICK_NS);
			return 0;
		}
	}
	return pass(out, due_ns, ump, now_ns);
}

struct held *outlet_held(struct outlet *out)
{
	struct held *first = NULL;

	for (struct held *h = out->held; h < out->held + out->n_held; h++) {
		if (!first || h->due_ns < first->due_ns)
			first = h;
	}
	return first;
}

int outlet_pass_held(struct outlet *out, struct held *held, int64_t now_ns)
{
	const struct held h = *held;
	int rc = 0;

	*held = out->held[--out->n_held];
	for (uint32_t i = 0; i < h.n && rc >= 0; i++)
		rc = pass(out, h.due_ns, h.ump, now_ns);
	return rc;
}

static uint32_t held_of(const struct outlet *out, uint32_t key)
{
	for (uint32_t i = 0; i < out->n_held; i++) {
		if (out->held[i].key == key)
			return out->held[i].n;
	}
	return 0;
}

int outlet_settle(struct outlet *out, const struct song *song, int64_t due_ns, int64_t now_ns)
{
	int rc = 0;

	for (uint32_t key = 0; key < OUTLET_KEYS && rc >= 0; key++) {
		const uint32_t channel = key / SONG_KEYS, note = key % SONG_KEYS;
		uint8_t *dropped = &out->gate.dropped[channel][note];
		const uint32_t here = (uint32_t)out->gate.down[channel][note] + *dropped;
		const uint32_t carry = song->carry[channel][note];
		const uint32_t held = here ? held_of(out, key) : 0;
		const uint32_t open = here > held ? here - held : 0;
		uint32_t extra = open > carry ? open - carry : 0;

		out->skip[key] = (uint8_t)(carry > open ? carry - open : 0);
		if (extra == 0)
			continue;
		if (extra <= *dropped) {
			*dropped -= (uint8_t)extra;
			continue;
		}
		extra -= *dropped;
		*dropped = 0;
		for (; extra && rc >= 0; extra--) {
			const uint32_t off[2] = {
				0x20800040u | (channel >> 4) << 24 | (channel & 15) << 16 | note << 8};

			rc = pass(out, due_ns, off, now_ns);
		}
	}
	return rc;
}

struct batch {
	uint32_t ump[RELEASE_AT_ONCE + MOS_GATE_CHANNELS * 4][2];
	uint32_t n;
};

static void collect(void *data, const uint32_t ump[2]) MOS_RT
{
	struct batch *batch = data;

	batch->ump[batch->n][0] = ump[0];
	batch->ump[batch->n++][1] = ump[1];
}

/* Behind what was handed over ahead of its time, or a note of that would begin after its end. A message that
 * fails keeps no other from being tried. */
static void send_batch(struct outlet *out, struct batch *batch)
{
	for (uint32_t i = 0; i < batch->n; i++)
		(void)out->sender->send(
			out->sender, out->last_due_ns > 0 ? out->last_due_ns : 0, batch->ump[i]);
	(void)out->sender->flush(out->sender);
	batch->n = 0;
}

void outlet_end(struct outlet *out)
{
	struct batch batch = {.n = 0};

	if (!out->sender)
		return;
	/* what may not have got through once is sent again */
	for (uint32_t key = 0; key < OUTLET_KEYS && out->is_unsure; key++) {
		uint8_t *down = &out->gate.down[key / SONG_KEYS][key % SONG_KEYS];

		if (out->unsure[key / 64] >> key % 64 & 1 && *down == 0)
			*down = 1;
	}
	while (!mos_gate_release_some(&out->gate, RELEASE_AT_ONCE, collect, &batch))
		send_batch(out, &batch);
	mos_gate_panic(&out->gate, /* all= */ true, collect, &batch);
	send_batch(out, &batch);
	out->sender->close(out->sender);
	out->sender = NULL;
}

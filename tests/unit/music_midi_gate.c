/* SPDX-License-Identifier: MIT */
/* The last gate before a wire (Tritone contract 7): what is late, what may be dropped, what is let go. */
#include <criterion/criterion.h>
#include <stdio.h>

#include <mos/midi_gate.h>

#include "music_random.h"

#define MS INT64_C(1000000)
#define WIRE_MAX 4096

static const struct mos_gate_policy contract = {
	.late_drop_ms = MOS_LATE_DROP_MS, .ghost_vel_max = MOS_GHOST_VEL_MAX, .panic = true};

/** A wire: what was sent, what sounds behind it, and the message at which it breaks. */
struct wire {
	uint32_t word[WIRE_MAX];
	uint32_t n, fails_at, n_failed; /**< fails_at 0: never; from 1 */
	uint8_t sounds[MOS_GATE_CHANNELS][128];
};

static void hear(struct wire *wire, uint32_t word)
{
	uint32_t status = word >> 20 & 15, ch = (word >> 24 & 15) * 16 + (word >> 16 & 15),
		 key = word >> 8 & 127;

	if (status == 9 && word & 127)
		wire->sounds[ch][key]++;
	else if ((status == 8 || status == 9) && wire->sounds[ch][key])
		wire->sounds[ch][key]--;
}

static void send_wire(void *data, const uint32_t ump[2]) MOS_RT
{
	struct wire *wire = data;

	if (wire->n + 1 == wire->fails_at) {
		wire->fails_at = 0;
		wire->n_failed++;
		return;
	}
	if (wire->n < WIRE_MAX)
		wire->word[wire->n] = ump[0];
	wire->n++;
	hear(wire, ump[0]);
}

static uint32_t on(uint32_t ch, uint32_t key, uint32_t velocity)
{
	return 0x20900000u | ch << 16 | key << 8 | velocity;
}

static uint32_t off(uint32_t ch, uint32_t key)
{
	return 0x20800040u | ch << 16 | key << 8;
}

static enum mos_gate_verdict pass(struct mos_gate *gate, uint32_t word, int64_t late_ns)
{
	return mos_gate_pass(gate, (const uint32_t[]){word, 0}, late_ns);
}

/** As a sender uses the gate. */
static void play(struct mos_gate *gate, struct wire *wire, uint32_t word, int64_t late_ns)
{
	const uint32_t ump[2] = {word, 0};
	uint32_t end[2];
	enum mos_gate_verdict verdict = mos_gate_pass(gate, ump, late_ns);

	if (verdict == MOS_GATE_DROP)
		return;
	if (verdict == MOS_GATE_OFF_FIRST) {
		mos_gate_end_of(ump, end);
		send_wire(wire, end);
	}
	send_wire(wire, ump);
}

static uint32_t n_sounding(const struct wire *wire)
{
	uint32_t n = 0;

	for (uint32_t ch = 0; ch < MOS_GATE_CHANNELS; ch++)
		for (uint32_t key = 0; key < 128; key++)
			n += wire->sounds[ch][key];
	return n;
}

static struct mos_gate gate;
static struct wire wire;

static void begin(struct mos_gate_policy policy)
{
	wire = (struct wire){0};
	mos_gate_init(&gate, policy);
}

TestSuite(midi_gate, .timeout = 30);

Test(midi_gate, late,
	.description = "T-41 T-55 D-6: 35.000 ms is not late, one nanosecond more is (contract v1)")
{
	begin(contract);
	cr_expect_eq(MOS_LATE_DROP_MS, 35u, "contract v1");
	cr_expect_eq(pass(&gate, on(0, 60, 15), 35 * MS), MOS_GATE_SEND);
	cr_expect_eq(pass(&gate, on(0, 61, 15), 35 * MS + 1), MOS_GATE_DROP);
	cr_expect_eq(pass(&gate, on(0, 62, 15), 35 * MS + 1000), MOS_GATE_DROP, "T-41: 35.001 ms");
	cr_expect_eq(pass(&gate, on(0, 63, 15), -35 * MS), MOS_GATE_SEND, "early is not late");
	cr_expect_eq(gate.n_late, 2);
	cr_expect_eq(gate.n_dropped, 2);
	cr_expect_eq(gate.n_sent, 2);
}

Test(midi_gate, ornaments,
	.description =
		"T-42 T-44 T-45 T-18 T-61 D-1 D-7: by default velocity 22 is an ornament, 23 is not, 0 is an "
		"end; the threshold is the policy's")
{
	struct mos_gate_policy more = contract;

	cr_expect_eq(MOS_GHOST_VEL_MAX, 22u, "contract v1");
	begin(contract);
	cr_expect_eq(pass(&gate, on(0, 60, 15), 50 * MS), MOS_GATE_DROP);
	cr_expect_eq(pass(&gate, on(0, 61, 22), 50 * MS), MOS_GATE_DROP);
	cr_expect_eq(pass(&gate, on(0, 62, 23), 50 * MS), MOS_GATE_SEND);
	cr_expect_eq(pass(&gate, on(0, 63, 0), 50 * MS), MOS_GATE_SEND, "D-1: an end is no ornament");
	cr_expect_eq(gate.n_dropped, 2);

	more.ghost_vel_max = 30;
	begin(more);
	cr_expect_eq(pass(&gate, on(0, 60, 30), 50 * MS), MOS_GATE_DROP);
	cr_expect_eq(pass(&gate, on(0, 60, 31), 50 * MS), MOS_GATE_SEND);

	more.ghost_vel_max = 0;
	begin(more);
	cr_expect_eq(pass(&gate, on(0, 60, 1), 50 * MS), MOS_GATE_SEND, "nothing is an ornament");
}

Test(midi_gate, midi2,
	.description = "T-44: velocity of MIDI 2.0 by its upper seven bits; 0 is soft there, no end")
{
	begin(contract);
	cr_expect_eq(mos_gate_pass(&gate, (const uint32_t[]){0x40903c00, 22u << 25 | 0x1ff0000}, 50 * MS),
		MOS_GATE_DROP);
	cr_expect_eq(mos_gate_pass(&gate, (const uint32_t[]){0x40903d00, 23u << 25}, 50 * MS), MOS_GATE_SEND);
	cr_expect_eq(mos_gate_pass(&gate, (const uint32_t[]){0x40903e00, 0}, 50 * MS), MOS_GATE_DROP);
	cr_expect_eq(
		mos_gate_pass(&gate, (const uint32_t[]){0x40803e00, 0}, 50 * MS), MOS_GATE_DROP, "its end");
	cr_expect_eq(gate.down[0][61], 1);
}

Test(midi_gate, sent_late,
	.description = "T-43 T-61 T-54 D-19: late or not, notes, ends, programs, controllers, clicks and "
		       "other packets "
		       "are sent")
{
	const uint32_t words[] = {on(0, 60, 90), off(0, 60), 0x20c00500, 0x20bf1403, 0x20bf1500, 0x20e00040,
		on(9, 37, 40), 0x10f80000, 0x30160102, 0x2f900a0a};

	begin(contract);
	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		cr_expect_eq(pass(&gate, words[i], 500 * MS), MOS_GATE_SEND, "%08x", words[i]);
	cr_expect_eq(gate.n_late, sizeof(words) / sizeof(words[0]));
	cr_expect_eq(gate.n_sent, sizeof(words) / sizeof(words[0]));
	cr_expect_eq(gate.n_dropped, 0);
}

Test(midi_gate, never, .description = "T-41 D-5: with a limit of 0 nothing is late and nothing dropped")
{
	struct mos_gate_policy policy = contract;

	policy.late_drop_ms = 0;
	begin(policy);
	cr_expect_eq(pass(&gate, on(0, 60, 1), 3600000 * MS), MOS_GATE_SEND);
	cr_expect_eq(pass(&gate, on(0, 61, 1), INT64_MAX), MOS_GATE_SEND);
	cr_expect_eq(gate.n_late, 0);
}

Test(midi_gate, end_of_dropped,
	.description =
		"T-19 D-9: the end of a dropped ghost is dropped with it, and does not cut the chord that "
		"sounds on its key")
{
	begin(contract);
	play(&gate, &wire, on(0, 60, 90), 0);
	play(&gate, &wire, on(0, 60, 20), 50 * MS); /* the ghost */
	play(&gate, &wire, off(0, 60), 50 * MS);
	cr_expect_eq(wire.sounds[0][60], 1, "the chord was cut");
	play(&gate, &wire, on(0, 60, 20), 0);
	play(&gate, &wire, off(0, 60), 0);
	play(&gate, &wire, off(0, 60), 0);
	cr_expect_eq(n_sounding(&wire), 0);
	cr_expect_eq(wire.n, 4);
	cr_expect_eq(gate.down[0][60], 0);
	cr_expect_eq(gate.dropped[0][60], 0);
}

Test(midi_gate, overlap,
	.description = "T-31 T-59 D-10: a key that is down is let go before it is struck again, and its "
		       "older end is "
		       "void; without the flag it is not")
{
	struct mos_gate_policy policy = contract;

	begin(policy);
	play(&gate, &wire, on(2, 60, 90), 0);
	play(&gate, &wire, on(2, 60, 91), 0);
	play(&gate, &wire, off(2, 60), 0);
	cr_expect_eq(wire.sounds[2][60], 1);
	play(&gate, &wire, off(2, 60), 0);
	cr_expect_eq(wire.n, 4);

	policy.no_overlap = true;
	begin(policy);
	play(&gate, &wire, on(2, 60, 90), 0);
	play(&gate, &wire, on(2, 60, 91), 0);
	cr_expect_eq(wire.n, 3);
	cr_expect_eq(wire.word[1], off(2, 60));
	cr_expect_eq(wire.word[2], on(2, 60, 91));
	play(&gate, &wire, off(2, 60), 0); /* the older one's */
	cr_expect_eq(wire.sounds[2][60], 1, "the newer note was cut");
	play(&gate, &wire, off(2, 60), 0);
	cr_expect_eq(n_sounding(&wire), 0);
	cr_expect_eq(gate.dropped[2][60], 0);
}

Test(midi_gate, no_panic,
	.description =
		"T-19 T-17 D-11: without panic the keys that are down are let go, and nothing else is sent")
{
	struct mos_gate_policy policy = contract;

	policy.panic = false;
	begin(policy);
	play(&gate, &wire, on(3, 60, 90), 0);
	play(&gate, &wire, on(3, 60, 90), 0);
	play(&gate, &wire, 0x21900a64, 0);
	wire.n = 0;
	mos_gate_panic(&gate, true, send_wire, &wire);
	cr_expect_eq(wire.n, 3);
	cr_expect_eq(n_sounding(&wire), 0);
}

static uint32_t count(uint32_t word)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < wire.n; i++)
		n += wire.word[i] == word;
	return n;
}

Test(midi_gate, panic,
	.description =
		"T-46 T-62 D-12: keys first, then on each channel controllers 64, 123, 120, 121 = 0; on the "
		"channels used, or on all of the port too")
{
	begin(contract);
	play(&gate, &wire, on(3, 60, 90), 0);
	play(&gate, &wire, 0x21b50740, 0);
	wire.n = 0;
	mos_gate_panic(&gate, false, send_wire, &wire);
	cr_assert_eq(wire.n, 9);
	cr_expect_eq(wire.word[0], off(3, 60));
	cr_expect_eq(wire.word[1], 0x20b34000);
	cr_expect_eq(wire.word[2], 0x20b37b00);
	cr_expect_eq(wire.word[3], 0x20b37800);
	cr_expect_eq(wire.word[4], 0x20b37900);
	cr_expect_eq(wire.word[5], 0x21b54000);

	wire.n = 0;
	mos_gate_panic(&gate, true, send_wire, &wire);
	cr_expect_eq(wire.n, 17 * 4, "all of group 0, and channel 5 of group 1");
	for (uint32_t ch = 0; ch < 16; ch++)
		for (uint32_t i = 0; i < 4; i++)
			cr_expect_eq(
				count(0x20b00000 | ch << 16 | (const uint32_t[]){64, 123, 120, 121}[i] << 8),
				1);
}

Test(midi_gate, broken_wire,
	.description = "T-47 T-17: whichever message fails, all others go out, the gate knows no key that is "
		       "down, and "
		       "a second panic is the sweep again")
{
	uint32_t n_all;

	begin(contract);
	for (uint32_t ch = 0; ch < 16; ch++)
		play(&gate, &wire, on(ch, 40 + ch, 90), 0);
	wire.n = 0;
	mos_gate_panic(&gate, true, send_wire, &wire);
	n_all = wire.n;
	cr_assert_eq(n_all, 16 + 64);
	wire.n = 0;
	mos_gate_panic(&gate, true, send_wire, &wire);
	cr_expect_eq(wire.n, 64, "the second panic");

	for (uint32_t k = 1; k <= n_all; k++) {
		begin(contract);
		for (uint32_t ch = 0; ch < 16; ch++)
			play(&gate, &wire, on(ch, 40 + ch, 90), 0);
		wire.n = 0;
		wire.fails_at = k;
		mos_gate_panic(&gate, true, send_wire, &wire);
		cr_expect_eq(wire.n_failed, 1);
		cr_expect_eq(wire.n, n_all - 1, "message %u failed", k);
		cr_expect_leq(n_sounding(&wire), k <= 16 ? 1 : 0, "message %u failed", k);
		for (uint32_t ch = 0; ch < 16; ch++)
			cr_expect_eq(gate.down[ch][40 + ch], 0);
	}
}

Test(midi_gate, narrow_wire,
	.description = "T-19: keys are let go in portions where a wire takes no more, none twice")
{
	begin(contract);
	for (uint32_t i = 0; i < 300; i++)
		play(&gate, &wire, on(i % 7, i % 50, 90), 0);
	wire.n = 0;
	for (uint32_t i = 0; i < 3; i++)
		cr_expect_eq(mos_gate_release_some(&gate, 90, send_wire, &wire), 0);
	cr_expect(mos_gate_release_some(&gate, 90, send_wire, &wire));
	cr_expect_eq(wire.n, 300);
	cr_expect_eq(n_sounding(&wire), 0);
}

Test(midi_gate, after_release,
	.description = "T-19 D-9: after a release no end is swallowed that belongs to a new note")
{
	begin(contract);
	play(&gate, &wire, on(0, 60, 10), 50 * MS);
	mos_gate_release(&gate, send_wire, &wire); /* a jump: the ghost's end never comes */
	play(&gate, &wire, on(0, 60, 90), 0);
	play(&gate, &wire, off(0, 60), 0);
	cr_expect_eq(n_sounding(&wire), 0);
}

Test(midi_gate, many, .description = "T-19: more notes on one key than can be counted end all the same")
{
	begin(contract);
	for (int i = 0; i < 1000; i++)
		play(&gate, &wire, on(0, 60, 10), 50 * MS);
	for (int i = 0; i < 1000; i++)
		play(&gate, &wire, off(0, 60), 50 * MS);
	mos_gate_release(&gate, send_wire, &wire);
	cr_expect_eq(gate.n_dropped, UINT8_MAX);
	cr_expect_eq(gate.down[0][60], 0);
	cr_expect_eq(wire.word[wire.n - 1], off(0, 60));
}

Test(midi_gate, property,
	.description = "T-2 T-19 T-42 T-43: a thousand random pieces with random stalls: only ornaments are "
		       "missing, "
		       "nothing sounds afterwards, and the same stalls give the same decisions")
{
	uint64_t rng = 41;

	for (int piece = 0; piece < 1000; piece++) {
		struct mos_gate_policy policy = contract;
		uint32_t sent_of[2] = {0, 0};

		policy.no_overlap = piece & 1;
		for (int run = 0; run < 2; run++) {
			uint64_t r = rng;
			uint8_t written[4][8] = {0};
			uint32_t hash = 2166136261u;

			begin(policy);
			for (int i = 0; i < 60; i++) {
				uint32_t ch = (uint32_t)random_between(&r, 0, 3),
					 key = (uint32_t)random_between(&r, 0, 7);
				int64_t late = random_between(&r, 0, 3) ? 0 : random_between(&r, 0, 70) * MS;
				uint32_t velocity = (uint32_t)random_between(&r, 1, 60), before = wire.n;
				bool ends = written[ch][key] && random_between(&r, 0, 1);

				play(&gate, &wire, ends ? off(ch, key) : on(ch, key, velocity), late);
				written[ch][key] = (uint8_t)(written[ch][key] + (ends ? -1 : 1));
				if (!ends && (velocity > MOS_GHOST_VEL_MAX || late <= 35 * MS))
					cr_assert_gt(wire.n, before, "a note is missing");
			}
			for (uint32_t ch = 0; ch < 4; ch++)
				for (uint32_t key = 0; key < 8; key++)
					for (; written[ch][key]; written[ch][key]--)
						play(&gate, &wire, off(ch, key), 0);
			cr_assert_eq(n_sounding(&wire), 0, "piece %d", piece);
			for (uint32_t i = 0; i < wire.n; i++)
				hash = (hash ^ wire.word[i]) * 16777619u;
			sent_of[run] = hash;
			if (run == 1)
				rng = r;
		}
		cr_assert_eq(sent_of[0], sent_of[1]);
	}
}

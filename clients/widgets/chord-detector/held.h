/* SPDX-License-Identifier: MIT */
/* An ear for notes: which keys sound, and what chord that is once a hand has landed. Times are ns, monotonic.
 */
#ifndef CHORD_DETECTOR_HELD_H
#define CHORD_DETECTOR_HELD_H

#include <stdint.h>

#include <mos/chord_name.h>

#define HELD_SETTLE_NS 20000000  /* fingers of one chord do not land together */
#define HELD_RELEASE_NS 90000000 /* nor do they leave together */
#define HELD_N_NAMES 4

struct held_notes {
	uint64_t down[2];    /* bit k of down[k / 64] */
	uint64_t ringing[2]; /* let go, kept by the pedal */
	uint64_t struck[2];  /* since the last look */
	int pedal;
	int64_t look_ns;          /* when to look; 0: nothing new */
	struct mos_held sounding; /* at the last look */
	struct mos_chord_name name[HELD_N_NAMES];
	uint32_t n_names; /* 0: no chord */
};

/* What a look found. */
enum held_news { HELD_SAME, HELD_CHANGED, HELD_ATTACKED };

void held_note(struct held_notes *held, int on, unsigned int key, int64_t now_ns);
void held_pedal(struct held_notes *held, int is_down, int64_t now_ns);
/* Keys that are held for sure: others that were thought to be are not, their end was missed. */
void held_only(struct held_notes *held, const uint64_t keys[2], int64_t now_ns);
void held_none(struct held_notes *held, int64_t now_ns);

/*
 * Look when it is time. HELD_ATTACKED: another chord was struck. Notes added to a chord that is still held,
 * and single fingers leaving, are no attack; what is left of a chord keeps its name.
 */
enum held_news held_look(struct held_notes *held, const struct mos_tonality *tonality, int64_t now_ns);

#endif

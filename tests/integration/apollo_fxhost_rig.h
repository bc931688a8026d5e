/* SPDX-License-Identifier: MIT */
/**
 * Inserts with their real processes. The test is the audio thread, the bus and control in one: a cycle of
 * CYCLE frames, then whatever control has to do. Each helper fails the test by itself.
 */
#ifndef TESTS_APOLLO_FXHOST_RIG_H
#define TESTS_APOLLO_FXHOST_RIG_H

#include <criterion/criterion.h>

#include "apollo/insert/inserts_internal.h"

#define RATE 48000u
#define CYCLE 256u
#define LATENCY 256u
#define STRIPS 2u
#define SMOOTH 0.06f

struct fx_rig {
	struct inserts *in;
	struct insert_bell *bell;
	struct insert *slot[STRIPS]; /* slot 0 of strips 0 and 1 */
	struct {
		int is_due;
		struct insert *next;
	} swap[STRIPS];
	uint32_t n; /* frames of a cycle */
	uint64_t pos;
	float (*sent)(uint64_t pos);
	float out[STRIPS][2][CYCLE];
	float last[STRIPS], steepest[STRIPS];
	uint32_t told[STRIPS][INSERTS_GAVE_UP + 1];
	int status;
	char text[512];
	int64_t next_ns;
};

void fx_init(struct fx_rig *r);
void fx_finish(struct fx_rig *r);

/* What can be sent. */
float fx_tone(uint64_t pos);
/** Silence, then noise from fx_first_pos on: plugins that remember hear the same from the start. */
float fx_late_noise(uint64_t pos);
extern uint64_t fx_first_pos;

/** A cycle offline: nothing is late. */
void fx_exact(struct fx_rig *r);
/** A cycle as time goes by. */
void fx_paced(struct fx_rig *r);
void fx_wait_told(struct fx_rig *r, uint32_t strip, enum inserts_news news, uint32_t n);

/** In force and heard. */
void fx_place(struct fx_rig *r, uint32_t strip, uint32_t kind, const char *what);
void fx_refused(struct fx_rig *r, uint32_t kind, const char *what, int status, const char *why);
void fx_set(struct fx_rig *r, uint32_t strip, const char *symbol, float value);
/** Ask for the state (`text` NULL) or put one in force. @return as it was told: fx_state_status,
 * fx_state_text. */
int fx_state_of(struct fx_rig *r, const char *text);
extern int fx_state_status;
extern char fx_state_text[65536];

/** What is heard is what was sent, `latency` frames late, times `gain`. */
void fx_expect(const struct fx_rig *r, uint32_t strip, uint32_t latency, float gain);
/** What is heard must be the tone, changed by `gain` or not: no silence, no noise. */
void fx_still_sounds(struct fx_rig *r, uint32_t strip);
/** @return 0: none. */
pid_t fx_process_of(const struct fx_rig *r, uint32_t strip);

#endif

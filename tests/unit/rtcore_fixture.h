/* SPDX-License-Identifier: MIT */
/**
 * A score, an engine that is driven by hand, and what came out of it: for the tests of rtcore/. No thread, no
 * clock: time is the number of frames asked for.
 */
#ifndef TEST_RTCORE_FIXTURE_H
#define TEST_RTCORE_FIXTURE_H

#include <criterion/criterion.h>

#include <mos/timeline.h>

#include "bus.h"
#include "engine.h"

#define GM_BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"

/** Skip the running test, saying why, where the General MIDI sound font is not installed. */
#define NEEDS_GM_BANK()                                                                                      \
	do {                                                                                                 \
		if (access(GM_BANK, R_OK) < 0)                                                               \
			cr_skip_test("needs " GM_BANK " (package fluid-soundfont-gm)");                      \
	} while (0)

/** Seeded numbers: splitmix64, so that a failure repeats exactly. */
uint64_t rnd_u64(uint64_t *state);
/** lo..hi, both included. */
int64_t rnd(uint64_t *state, int64_t lo, int64_t hi);

/** A score to be built: events in any order, the builder sorts. Zero it, or start from score_at(). */
struct score {
	struct mos_tl_event *event;
	uint32_t n_event, cap, notes;
	struct mos_tl_tempo tempo[256];
	struct mos_tl_meter meter[64];
	struct mos_tl_key key[16];
	uint32_t n_tempo, n_meter, n_key;
	int64_t end_tick;
	struct mos_tl_policy policy;
};

/** Empty score of `end_tick` ticks at one tempo in 4/4. */
struct score score_at(uint64_t npq, int64_t end_tick);
/** Any packet; the order follows from it. */
void score_ump(struct score *s, int64_t tick, uint32_t word0, uint32_t word1, uint32_t note_id, uint32_t len);
/** Note-on and note-off, MIDI 1.0, `channel` = group * 16 + channel. */
void score_note(struct score *s, int64_t tick, int64_t len, uint32_t channel, uint8_t key, uint8_t velocity);
/** Status 0xb0, 0xc0, 0xd0, 0xe0 with its data bytes. */
void score_control(struct score *s, int64_t tick, uint8_t status, uint32_t channel, uint8_t d1, uint8_t d2);
/** A section from `tick` on, replacing the one that starts there. */
void score_tempo(struct score *s, int64_t tick, uint64_t npq_start, uint64_t npq_end);
void score_meter(struct score *s, int64_t tick, uint16_t num, uint16_t den);
/** A sealed timeline; the score is freed. The caller closes. */
int score_build(struct score *s);
/** A song; the score is freed. */
struct song *score_song(struct score *s);

/*
 * Oracles: the definitions of mos/tempo.h in 128 bits, written down a second time.
 */

/** Time of a tick in 1/960 ns. */
__int128 oracle_u(const struct score *s, int64_t tick);
/** First frame at or after a time. */
int64_t oracle_frame(__int128 u, uint32_t rate_hz);
/** ceil(a / b) and floor(a / b), b > 0. */
__int128 ceil_div(__int128 a, __int128 b);
__int128 floor_div(__int128 a, __int128 b);

/** An engine, its event reader, and all that it rendered since rig_forget(). */
struct rig {
	struct engine_regions regions;
	struct engine *e;
	struct bus *bus; /**< without a thread: rig_run() takes its turns, in the frames' time */
	struct mos_event_reader reader;
	float *l, *r, *click; /**< n_frames each */
	uint32_t n_frames, cap;
	uint32_t quantum;
	const struct driver_midi *midi_in; /**< for the next cycle only */
	struct driver_midi *midi_out;      /**< filled by each cycle; NULL: nobody listens */
	int64_t stalled_ns;                /**< time that was lost so far: cycles begin later by so much */
	uint32_t next_id;
};

/** A ready engine without a song; its driver counts as up. */
void rig_init(struct rig *r, uint32_t rate_hz, uint32_t quantum);
void rig_finish(struct rig *r);
/** Run n frames in cycles of the rig's quantum, the last one shorter. The bus has its turn before each. */
void rig_run(struct rig *r, uint32_t n_frames);
/** The bus's turns, at the time of the next frame, until nobody is left to be served. */
void rig_bus(struct rig *r);
/** Drop what was rendered so far. */
void rig_forget(struct rig *r);

/** A client of the rig's bus. */
struct rig_client {
	struct mos_region region;
	struct mos_ingress_writer w;
	uint16_t slot;
};

void rig_client_open(struct rig_client *c, struct rig *r, uint16_t slot, uint32_t may);
void rig_client_close(struct rig_client *c, struct rig *r);
/** Push and, where that is asked for, ring. @return what the push returned. */
int rig_emit(struct rig_client *c, struct rig *r, const struct mos_event *ev);

/** Queue a command; the next cycle serves it. @return its id. */
uint32_t rig_send(struct rig *r, const struct mos_rtctl_msg *msg, void *ptr, uint64_t arg);
/** Serve a command at once and return its answer in *msg. @return the answer's status. */
int rig_ask(struct rig *r, struct mos_rtctl_msg *msg);
/** Put a song in force as the loader does it: loading, then ready. The engine owns it. */
void rig_load(struct rig *r, struct song *song);
/** Put new content of the same song in force, as after an edit. The engine owns it. */
void rig_update(struct rig *r, struct song *song);
/** Build the score and put it in force. */
void rig_score(struct rig *r, struct score *s);

int rig_play(struct rig *r);
int rig_play_count_in(struct rig *r, uint32_t bars);
int rig_pause(struct rig *r);
int rig_stop(struct rig *r);
int rig_seek(struct rig *r, int64_t tick);
int rig_loop(struct rig *r, int64_t start, int64_t end);
int rig_tempo_fixed(struct rig *r, uint64_t npq);
int rig_tempo_rate(struct rig *r, uint32_t rate_ppm);

/** Next event of `type` (0: any); 0 when there is none. */
int rig_event(struct rig *r, uint32_t type, struct mos_event *ret);
/** Value of a counter or gauge. */
int64_t rig_counter(const struct rig *r, enum rtcore_counter c);
int64_t rig_tick(const struct rig *r);

/** First frame at or after `from` that is not silent on the left or right, or n_frames. */
uint32_t rig_first_sound(const struct rig *r, uint32_t from);
/** Largest sample, and largest step from one sample to the next, on either side within [from, to). */
float rig_peak(const struct rig *r, uint32_t from, uint32_t to);
float rig_max_step(const struct rig *r, uint32_t from, uint32_t to);
double rig_rms(const struct rig *r, uint32_t from, uint32_t to);
/** Power of a sine of `hz` in the left channel within [from, to), through a Hann window: 1 for full scale. */
double rig_power_at(const struct rig *r, double hz, uint32_t from, uint32_t to);

#endif

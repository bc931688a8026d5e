/* SPDX-License-Identifier: MIT */
/**
 * A song: a validated timeline with what the audio thread needs beside it, built whole by the loader
 * thread and immutable afterwards. The audio thread uses it; the loader frees it when it comes back.
 */
#ifndef KRONOS_SONG_H
#define KRONOS_SONG_H

#include <mos/meter.h>
#include <mos/tempo.h>
#include <mos/timeline.h>

#include "../apollo/channel.h"

/** Controllers of all score channels at one event: where a seek starts to catch up ("chasing"). */
#define SONG_CHANNELS 48u /**< UMP groups 0..2 */
#define SONG_CHASE_STEP 1024u

struct song_snapshot {
	struct chan_values channel[SONG_CHANNELS];
	uint32_t sysex; /**< see chan_is_system_on() */
};

/** The same, being brought forward event by event. */
struct song_chase {
	struct chan_state channel[SONG_CHANNELS];
	uint32_t sysex;
};

struct song {
	struct mos_timeline tl;
	struct mos_tempo_map tempo;
	struct mos_meter_map meter;
	int64_t *event_u;               /**< time of each event in u (mos/tempo.h), rising */
	struct song_snapshot *snapshot; /**< before event i*SONG_CHASE_STEP; n_event/STEP + 1 entries */
	int64_t end_u;
};

/**
 * Build from a sealed timeline. @return 0 and *ret (free with song_destroy()); -EINVAL with *ret_err filled;
 * other -errno. Loader thread.
 */
int song_create(int timeline_fd, struct song **ret, struct mos_timeline_error *ret_err);
void song_destroy(struct song *song);

/** What sounds just before an event: a note's beginning. */
struct song_sounding {
	uint32_t ump[2];
};

/**
 * Notes that have begun before the event and end at or after it, drums left out: they don't last.
 * Not the audio thread: it looks at all events before. @return how many, at most `max`.
 */
uint32_t song_sounding_at(const struct song *song, uint32_t event, struct song_sounding *ret, uint32_t max);

/** First event at or after `tick`. */
uint32_t song_event_at(const struct song *song, int64_t tick) MOS_RT;
/** State of all channels just before an event. Only the values are filled, not their versions. */
void song_chase_to(const struct song *song, uint32_t event, struct song_chase *ret) MOS_RT;

#endif

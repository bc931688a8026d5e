/* SPDX-License-Identifier: MIT */
/**
 * Two transports that are one: what has to be done so that JACK's and MOS' start, stop and jump together,
 * whoever asked whom. Called once a JACK cycle, in its audio thread; knows neither JACK nor sockets.
 *
 * MOS is the master: its place is JACK's. What somebody on JACK's side did is told from what we did ourselves
 * by what we expect to see next; it is asked of MOS, and until MOS has answered nothing else is done.
 *
 * JACK's frame is that of the song while nobody changes the tempo as it plays: then frames go on, one a
 * frame, and bars and beats go their new way. The next jump or stop puts frames right.
 */
#ifndef JACK_SYNC_H
#define JACK_SYNC_H

#include "place.h"

/** Something to be asked of MOS. */
enum sync_ask { SYNC_NOTHING, SYNC_PLAY, SYNC_PAUSE, SYNC_SEEK };

struct sync_in {
	int64_t time_ns; /**< of the cycle's start */
	uint32_t rate_hz, n_frames;
	uint32_t frame; /**< of JACK's transport, at the cycle's start */
	bool is_on;     /**< it rolls, or waits for those who are slow */
	bool rolls;
	struct place mos;
};

struct sync_out {
	enum sync_ask ask;
	int command; /**< to JACK's transport: 1 start, 0 stop, -1 nothing */
	bool locates;
	uint32_t to; /**< JACK's transport is to go there */
	bool ready;  /**< while it waits for those who are slow: we are */
};

/** Zeroed is begun. */
struct sync {
	bool is_begun;
	bool was_mos, was_on, was_rolling; /**< what was seen, and dealt with */
	bool is_asking;                    /**< until sync_answered() */
	enum sync_ask asked;
	bool was_located; /**< by somebody else, and MOS does not know yet */
	bool is_fresh;    /**< it was just answered: where MOS is now is what was asked for */
	bool is_apart;    /**< MOS could not go along: JACK's transport is left alone */
	int command;      /**< given, and not seen yet; -1: none */
	int64_t command_until_ns;
	uint32_t frame; /**< JACK's, in the cycle before */
	int64_t time_ns;
	bool has_target; /**< we sent it there, and did not see it yet */
	uint32_t target;
	uint32_t target_cycles;
	bool is_sent;     /**< while it rolls, or is to: how late it will roll there shows when it does */
	uint32_t n_tries; /**< and was not near enough */
	int64_t skew;     /**< JACK's frame less the song's, after changes of tempo */
	int64_t ahead;    /**< how long others take until they are ready, in frames */
	int64_t hold_until_ns, hold_ns; /**< place is not put right again before */
	int64_t starting_ns;            /**< since when JACK's transport waits; 0: it does not */
	struct place mos;
	struct place_bbt bbt; /**< that others see while nothing moves */
	int64_t refresh_ns;   /**< they are not told again before */
	uint64_t n_located, n_asked;
};

void sync_cycle(struct sync *s, const struct sync_in *in, struct sync_out *ret) MOS_RT;
/** MOS did, or did not do, what was asked, and is there. Before sync_cycle(). Who is refused a jump stands
 * still. */
void sync_answered(struct sync *s, bool is_done, const struct place *mos) MOS_RT;
/**
 * Bar and beat that go with a frame of JACK's transport. After sync_cycle().
 * @return false: MOS is not there.
 */
bool sync_bbt(const struct sync *s, const struct sync_in *in, uint32_t frame, struct place_bbt *ret) MOS_RT;
/** The frame that JACK's transport will have in the next cycle. */
uint32_t sync_next_frame(const struct sync *s, const struct sync_in *in) MOS_RT;

#endif

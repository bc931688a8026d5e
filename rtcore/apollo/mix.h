/* SPDX-License-Identifier: MIT */
/**
 * The mixer: 64 channel strips (drive, equaliser, compressor, inserts, gain, pan, mute, solo, meter), behind
 * the faders the sends to reverb and chorus, and all of it into the master: equaliser, compressor, inserts,
 * gain, limiter. What is off costs nothing. A strip that was killed does not click: its last sample fades in
 * a few milliseconds. At unity, with all effects off, everything below the limiter's ceiling passes through
 * bit by bit.
 *
 * The sound does not depend on the blocks' lengths: see fx/grid.h. Faders move in FX_RAMP frames. Audio
 * thread only, but for mix_init().
 */
#ifndef APOLLO_MIX_H
#define APOLLO_MIX_H

#include <mos/fx.h>

#include "align.h"
#include "fx/chorus.h"
#include "fx/compressor.h"
#include "fx/drive.h"
#include "fx/eq.h"
#include "fx/fx_kernel.h"
#include "fx/limiter.h"
#include "fx/reverb.h"
#include "insert/insert.h"
#include "instrument.h"

#define MIX_CEILING LIMITER_CEILING /**< at first */
#define MIX_MASTER UINT32_MAX       /**< in place of a strip's number */
#define MIX_SENDS FX_SENDS          /**< reverb, chorus */
#define MIX_ZONE_NONE UINT8_MAX
#define MIX_CC_POINTS (BLOCK_MAX / FX_GRID + 1u)

struct strip {
	float gain, pan; /**< as asked for: linear, -1..1 */
	uint8_t mute, solo;
	struct fx_ramp ramp_l, ramp_r; /**< gains in force */
	float dc_l, dc_r;               /**< what is left of a killed sound, fading */
	float last_l, last_r;           /**< last sample before the effects */
	float end_l, end_r;             /**< last sample before the gain */
	uint32_t kill_offset;           /**< UINT32_MAX: none in this block */
	uint8_t has_sounded;            /**< in the last block, or a gain was on its way */
	uint8_t zones_sounded;          /**< likewise, what its zones send */
	float peak;                     /**< meter, falling 20 dB a second */

	uint8_t cc_due;                       /**< bit per point: cc[point] is new */
	uint8_t cc[MIX_CC_POINTS][MIX_SENDS]; /**< at the grid points of this block and the first behind it */
	uint8_t cc_now[MIX_SENDS];
	float send_set[MOS_FX_SEND_N]; /**< the parameters of MOS_FX_SEND */
	float send_now[MIX_SENDS], send_next[MIX_SENDS];
	float zone_dc[MIX_SENDS][2], zone_last[MIX_SENDS][2]; /**< as above, of what its zones send */
};

/** A strip's effects; apart, since most strips have none. */
struct strip_chain {
	struct eq eq;
	struct compressor compressor;
	struct insert *slot[INSERT_SLOTS];
	uint8_t effects; /**< bit per unit that is not idle (1 << MOS_FX_..) */
	uint8_t due;     /**< likewise: has new values, from the next grid point on */
	float value[MOS_FX_N_UNITS][MOS_FX_PARAMS_MAX];
	struct drive drive;
};

struct mixer {
	const struct fx_kernel *kernel;
	struct strip strip[APOLLO_CHANNELS];
	struct strip_chain chain[APOLLO_CHANNELS];
	float master_gain;
	struct fx_ramp master_ramp;
	float meter_fall; /**< factor a frame */
	float peak_l, peak_r;
	uint64_t limited; /**< blocks in which the limiter worked */
	int any_solo;

	uint64_t frame;    /**< rendered so far */
	uint64_t in_chain; /**< bit per strip: it has effects or inserts */
	uint64_t cc_due;   /**< bit per strip: its own is not 0 */
	uint64_t sending;  /**< bit per strip: zones of it send something in this block */
	uint8_t zone_first[APOLLO_CHANNELS], zone_next[STRIP_SENDS_MAX]; /**< which they are, of strip_bufs */
	uint64_t resting; /**< bit per strip: nothing of it changes before it sounds or is told something */
	struct eq eq;
	struct compressor compressor;
	struct insert *slot[INSERT_SLOTS];
	struct align *align;     /**< control's; NULL: nothing was ever inserted */
	uint32_t latest;         /**< of this block: mix_latest() */
	struct insert_feed feed; /**< for the inserts: filled before mix_render(), which empties it */
	struct drive_tables drive_tables;
	struct limiter limiter;
	struct reverb reverb;
	struct chorus chorus;
	uint8_t effects, due;
	uint32_t loudness_resets; /**< atomic: the meter reads it */
	float value[MOS_FX_N_UNITS][MOS_FX_PARAMS_MAX];
	float send[MIX_SENDS][2][BLOCK_MAX];
	float zone[MIX_SENDS][2][BLOCK_MAX]; /**< sent by the zones of the strip at hand */
	uint8_t has_waiting;                 /**< bit per send: of this block there is something in `waiting` */
	float waiting[MIX_SENDS][2][BLOCK_MAX]; /**< sent by zones whose strips wait for later ones */
};

void mix_init(struct mixer *m, uint32_t rate_hz);
/** The strip's instruments are being cut at this frame of the block: fade what sounded before it. */
void mix_killed(struct mixer *m, uint32_t strip, uint32_t offset) MOS_RT;
/** After a strip's switches or inserts were changed. */
void mix_update(struct mixer *m) MOS_RT;
/** The channel's controllers 91 and 93 are these from this frame of the block on. Offsets must not fall. */
void mix_channel(struct mixer *m, uint32_t strip, uint32_t offset, uint8_t reverb, uint8_t chorus) MOS_RT;
/**
 * Set a parameter of mos/fx.h; it moves there without a click. A value outside the range becomes the nearest
 * inside.
 * @param strip  MIX_MASTER: the master, and units of the whole.
 * @return 0; -EINVAL no such strip, unit there or parameter, or no number.
 */
int mix_fx_set(struct mixer *m, uint32_t strip, uint32_t unit, uint32_t param, float value) MOS_RT;
/** The place of an insert, for insert_swap(); then mix_update(). @return NULL: there is none. */
struct insert **mix_slot(struct mixer *m, uint32_t strip, uint32_t slot) MOS_RT;
/** Is anything inserted in this strip? */
static inline int mix_has_insert(const struct mixer *m, uint32_t strip) MOS_RT
{
	for (uint32_t i = 0; i < INSERT_SLOTS; i++)
		if (m->chain[strip].slot[i])
			return 1;
	return 0;
}
/** Frames by which a strip, or the master, is later than without its effects and inserts. */
uint32_t mix_latency(const struct mixer *m, uint32_t strip) MOS_RT;
/** Frames by which the latest strip of the score is late, and with it all of them. */
uint32_t mix_latest(const struct mixer *m) MOS_RT;
/** Will anything of what is sent be heard? */
uint32_t mix_hears_sends(const struct mixer *m) MOS_RT;
/** Does anything go on sounding when all instruments are silent? */
int mix_rings(const struct mixer *m) MOS_RT;
/** Sum the strips into out_l, out_r (overwritten); `extra` (may be NULL) is added to both before the master.
 */
void mix_render(struct mixer *m, struct strip_bufs *bufs, const float *extra, float *out_l, float *out_r,
	uint32_t n_frames) MOS_RT;

#endif

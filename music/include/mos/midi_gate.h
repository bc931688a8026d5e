/* SPDX-License-Identifier: MIT */
/**
 * The last gate before a wire (Tritone contract 7, tritone.md D-1, D-5 to D-12): which message is late, which
 * is an ornament and dropped, which keys are down, and what must be sent on the way out so that nothing goes
 * on sounding. One state a port. No memory, no clock, no waiting: rtcore's audio thread and the band's sender
 * thread run the same code, and tests with a clock of their own.
 */
#ifndef MOS_MIDI_GATE_H
#define MOS_MIDI_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_GATE_CHANNELS 64u /**< UMP group * 16 + channel */

#define MOS_LATE_DROP_MS 35u /**< contract 7.4 */
#define MOS_GHOST_VEL_MAX 22u

struct mos_gate_policy {
	uint32_t late_drop_ms; /**< 0: nothing is ever dropped (D-5) */
	uint8_t ghost_vel_max; /**< 0: nothing is an ornament */
	bool panic;      /**< the sweep of controllers on the way out; keys are let go in any case (D-11) */
	bool no_overlap; /**< a key that is down is let go before it is struck again (D-10) */
};

struct mos_gate {
	struct mos_gate_policy policy;
	uint8_t down[MOS_GATE_CHANNELS][128]; /**< notes sounding of a key; without overlap 0 or 1 */
	uint8_t dropped[MOS_GATE_CHANNELS]
		       [128]; /**< ends to swallow: their beginning was dropped or is void (D-9) */
	uint64_t used;        /**< channels that anything was sent on */
	uint64_t n_sent;      /**< packets, those of the way out among them */
	uint64_t n_late;      /**< packets that came too late, whatever became of them */
	uint64_t n_dropped;   /**< ornaments; their ends are not counted */
};

void mos_gate_init(struct mos_gate *gate, struct mos_gate_policy policy) MOS_RT;

enum mos_gate_verdict {
	MOS_GATE_SEND = 0,
	MOS_GATE_DROP,
	MOS_GATE_OFF_FIRST, /**< send an end for the same key, then this */
};

/**
 * One MIDI 1.0 or 2.0 channel voice packet that is about to be sent. Others are sent.
 * @param late_ns  now - due, CLOCK_MONOTONIC; late is strictly more than the limit (T-41).
 */
enum mos_gate_verdict mos_gate_pass(struct mos_gate *gate, const uint32_t ump[2], int64_t late_ns) MOS_RT;

/** The end of the same key: what goes first at MOS_GATE_OFF_FIRST. A MIDI 1.0 packet. */
void mos_gate_end_of(const uint32_t ump[2], uint32_t ret[2]) MOS_RT;

/** Sends one packet; may fail, which stops nothing. */
typedef void (*mos_gate_send_fn)(void *data, const uint32_t ump[2]) MOS_RT;

/** Let go of every key that is down. Safe to repeat. */
void mos_gate_release(struct mos_gate *gate, mos_gate_send_fn send, void *data) MOS_RT;
/** The same for a wire that takes no more than `max` packets now. @return true: no key is down any more. */
bool mos_gate_release_some(struct mos_gate *gate, uint32_t max, mos_gate_send_fn send, void *data) MOS_RT;
/**
 * The way out: release; then, with policy.panic, CC 64, 123, 120, 121 = 0 on the channels used, and on all 16
 * of group 0 when `all` (D-12). Safe to repeat: the second time nothing is down and the sweep is sent again.
 */
void mos_gate_panic(struct mos_gate *gate, bool all, mos_gate_send_fn send, void *data) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif

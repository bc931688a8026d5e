/* SPDX-License-Identifier: MIT */
/**
 * The order of a timeline's events at one tick, shared by the builder, which sorts by it, and the
 * validator, which demands it: note-off before program/control before note-on (enum mos_tl_order), then
 * part, then key. Controls have no key and keep the order of their source: a bank select stays before
 * its program change.
 */
#ifndef SHM_TIMELINE_ORDER_H
#define SHM_TIMELINE_ORDER_H

#include <mos/timeline.h>

/** Message types of the Universal MIDI Packet that a timeline may hold. */
enum { TIMELINE_UMP_MIDI1 = 2, TIMELINE_UMP_SYSEX7 = 3, TIMELINE_UMP_MIDI2 = 4 };

static inline uint32_t timeline_ump_type(const struct mos_tl_event *e)
{
	return e->ump[0] >> 28;
}

static inline uint32_t timeline_ump_status(const struct mos_tl_event *e)
{
	return e->ump[0] >> 20 & 0xf;
}

/** The class that the packet itself says: a MIDI 1.0 note-on of velocity 0 is a note-off. */
static inline uint8_t timeline_ump_order(const struct mos_tl_event *e)
{
	uint32_t type = timeline_ump_type(e);
	uint32_t status = timeline_ump_status(e);

	if (type == TIMELINE_UMP_SYSEX7)
		return MOS_TL_CONTROL;
	if (status == 0x8)
		return MOS_TL_NOTE_OFF;
	if (status == 0x9)
		return type == TIMELINE_UMP_MIDI1 && (e->ump[0] & 0x7f) == 0 ? MOS_TL_NOTE_OFF
									     : MOS_TL_NOTE_ON;
	return MOS_TL_CONTROL;
}

/** Rank within one tick: order, part, key, in 25 bits. */
static inline uint32_t timeline_rank(const struct mos_tl_event *e)
{
	uint32_t key = e->order == MOS_TL_CONTROL ? 0 : e->ump[0] >> 8 & 0x7f;

	return (uint32_t)(e->order & 3) << 23 | (uint32_t)e->part << 7 | key;
}

#endif

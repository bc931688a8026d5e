/* SPDX-License-Identifier: MIT */
/**
 * Universal MIDI Packets: channel voice messages of MIDI 1.0 and MIDI 2.0 into each other, message by message
 * (M2-115-U). Pure functions. What MIDI 1.0 says in several messages, a bank or a parameter, is told one by
 * one.
 */
#ifndef MOS_UMP_H
#define MOS_UMP_H

#include <stdint.h>
#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * More bits for a value: the lowest stays the lowest, the middle the middle, the highest the highest. Back
 * again goes a right shift, exactly.
 * @param src_bits  2 to 31, and `value` has no more. @param dst_bits  src_bits to 32.
 */
uint32_t mos_ump_scale_up(uint32_t value, uint32_t src_bits, uint32_t dst_bits) MOS_RT;

/** Words of a packet, by its first. */
uint32_t mos_ump_words(uint32_t word0) MOS_RT;

/**
 * A MIDI 2.0 channel voice message in MIDI 1.0 messages, of the same group and channel.
 * @param ret  Up to four packets: a parameter takes controllers 101, 100 (or 99, 98), 6 and 38; a program
 * with its bank 0, 32 and itself.
 * @return how many; 0: MIDI 1.0 has no word for it, or it is no such message.
 */
uint32_t mos_ump_to_midi1(const uint32_t ump[2], uint32_t ret[4]) MOS_RT;

/**
 * A MIDI 1.0 channel voice message in MIDI 2.0: a note-on of velocity 0 becomes a note-off.
 * @return 1; 0: it is no such message.
 */
int mos_ump_to_midi2(uint32_t word0, uint32_t ret[2]) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif

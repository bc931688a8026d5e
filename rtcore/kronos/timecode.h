/* SPDX-License-Identifier: MIT */
/**
 * MIDI time code (MTC): hours, minutes, seconds and frames of a picture, at 24, 25, 29.97 (drop-frame) or 30
 * frames a second; eight quarter-frame messages say the time of every second frame, one full-frame message
 * says where it stands. Pure.
 */
#ifndef KRONOS_TIMECODE_H
#define KRONOS_TIMECODE_H

#include <stdint.h>

#include <mos/attr.h>
#include <mos/rtctl.h>

struct timecode {
	uint32_t rate; /**< enum mos_timecode, not MOS_TIMECODE_OFF */
	uint32_t hour, minute, second, frame;
};

#define TIMECODE_PIECES 8 /* of a time: two frames' worth */

/** Of the n-th picture since 0; goes round after a day. */
struct timecode timecode_of(uint32_t rate, int64_t picture) MOS_RT;
/** The other way. @return -1: no such time: out of range, or a number that drop-frame leaves out. */
int64_t timecode_picture(const struct timecode *t) MOS_RT;

/** Data byte of a quarter-frame message. @param piece  0..7. */
uint32_t timecode_piece(const struct timecode *t, uint32_t piece) MOS_RT;
/** The time of eight of them, of their low four bits. */
struct timecode timecode_of_pieces(const uint8_t nibble[TIMECODE_PIECES]) MOS_RT;

/** First frame of sound at or after the q-th quarter of a picture, q >= 0. */
int64_t timecode_sound_frame(uint32_t rate, int64_t quarter, uint32_t rate_hz) MOS_RT;
/** The last quarter of a picture that has begun at a frame of sound, >= 0. */
int64_t timecode_quarter(uint32_t rate, int64_t sound_frame, uint32_t rate_hz) MOS_RT;

#endif

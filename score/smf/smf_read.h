/* SPDX-License-Identifier: MIT */
/**
 * Standard MIDI File reader (SMF 1.0, RP-001; formats 0, 1, 2; RIFF-wrapped RMID). A pure function from bytes
 * to calls: it allocates nothing and keeps nothing. FMT-03, HER-11.
 *
 * Real files are often a little wrong, so it reads what can be read and reports each repair:
 *
 *     what is found                              what is done
 *     bytes before MThd (MacBinary, junk)        skipped, if MThd is within the first 64 KiB
 *     header longer than 6, or its length wrong  extra bytes skipped; the next MTrk decides
 *     unknown format                             read as format 1
 *     another number of tracks than declared     all tracks that are there are read
 *     SMPTE rate other than 24, 25, 29, 30       taken as that many frames a second
 *     unknown chunk                              skipped (legal, no warning)
 *     track length wrong                         the end-of-track event or the next MTrk decides
 *     no end of track                            the track ends with its last event
 *     running status after meta or sysex         the old status goes on
 *     data byte over 127                         read as 127
 *     system message F1..F6, F8..FE              skipped with its data
 *     event cut off, length over 4 bytes, data   the rest of that track is lost
 *       byte where there is no status yet
 *     bytes that are no chunk                    skipped, up to the next MTrk while a declared track is
 *                                                missing, else to the end
 *
 * Refused: no MThd, header cut off, division 0, no track where some were declared, and a damaged file out
 * of which no channel message at all could be read.
 *
 * Any thread, one report per caller.
 */
#ifndef SCORE_SMF_READ_H
#define SCORE_SMF_READ_H

#include <stddef.h>
#include <stdint.h>

#include <score/report.h>

#define SMF_META_TEXT 0x01
#define SMF_META_COPYRIGHT 0x02
#define SMF_META_TRACK_NAME 0x03
#define SMF_META_INSTRUMENT 0x04
#define SMF_META_LYRIC 0x05
#define SMF_META_MARKER 0x06
#define SMF_META_CUE 0x07
#define SMF_META_PORT 0x21
#define SMF_META_END_OF_TRACK 0x2f
#define SMF_META_TEMPO 0x51
#define SMF_META_METER 0x58
#define SMF_META_KEY 0x59

struct smf_header {
	uint64_t at;              /**< byte offset of MThd */
	uint16_t declared_format; /**< as written */
	uint16_t format;          /**< 0, 1, 2: how the file is read */
	uint16_t declared_tracks;
	uint16_t ticks_per_quarter; /**< 1..32767, or 0: SMPTE division, the next two */
	uint8_t frames_per_second;  /**< 24, 25, 29 (which is 30000/1001) or 30; others were warned of */
	uint8_t ticks_per_frame;    /**< 1..255 */
};

/** A channel message, sysex packet or meta event. */
struct smf_event {
	uint64_t at;     /**< byte offset of the event, after its delta time */
	uint64_t tick;   /**< file ticks since the track's start */
	uint8_t status;  /**< 0x80..0xef, 0xf0, 0xf7 or 0xff (meta) */
	uint8_t data[2]; /**< channel messages: 0..127 each, unused ones 0; meta: data[0] is the type */
	uint32_t payload_bytes; /**< sysex and meta */
	const uint8_t *payload; /**< borrowed, inside the file */
};

/** Receiver of a file. A negative return ends the reading, which then returns it. */
struct smf_sink {
	void *ctx;
	int (*header)(void *ctx, const struct smf_header *header);
	int (*track_begin)(void *ctx, uint32_t track, uint64_t at); /**< track counts from 0 */
	int (*event)(void *ctx, const struct smf_event *event);     /**< all but end of track */
	int (*track_end)(void *ctx, uint64_t at, uint64_t tick); /**< tick of end of track: silence counts */
};

/**
 * Read a whole file.
 * @param bytes   Borrowed for the call; may be NULL when size is 0.
 * @param report  Repairs are added; on -EINVAL it says where and why.
 * @return 0; -EINVAL refused; or what the sink returned.
 */
int smf_read(const uint8_t *bytes, size_t size, const struct smf_sink *sink, struct score_report *report);

#endif

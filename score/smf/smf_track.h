/* SPDX-License-Identifier: MIT */
/**
 * The events of one MTrk chunk; the half of the reader below smf_read.c.
 */
#ifndef SCORE_SMF_TRACK_H
#define SCORE_SMF_TRACK_H

#include <stddef.h>
#include <stdint.h>

#include "smf_read.h"

struct smf_track_in {
	const uint8_t *bytes; /**< the file, from its first byte */
	uint64_t begin;       /**< first byte of the track's content */
	uint64_t limit;       /**< read no byte at or after it */
	int stop_at_mtrk; /**< 1: `limit` is a guess, so the next "MTrk" between two events ends the track */
	uint32_t track;   /**< number for messages, from 1 */
};

struct smf_track_out {
	uint64_t next;      /**< byte after the last one read */
	uint64_t tick;      /**< of the end of track, or of the last event */
	uint64_t n_channel; /**< channel messages delivered */
	int has_end;        /**< an end-of-track event was read */
	const char *damage; /**< NULL: none; else why the rest could not be read (static string) */
	uint64_t damage_at; /**< where */
};

/** @return 0 (also when damaged: see *ret), or what the sink returned. */
int smf_track_read(const struct smf_track_in *in, const struct smf_sink *sink, struct score_report *report,
	struct smf_track_out *ret);

#endif

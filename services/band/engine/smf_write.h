/* SPDX-License-Identifier: MIT */
/** The pieces of a Standard MIDI File, put behind one another. */
#ifndef BAND_SMF_WRITE_H
#define BAND_SMF_WRITE_H

#include "buffer.h"

/** The lowest `bytes` bytes of a number, the highest of them first. */
void band_smf_put_be(struct band_buffer *b, uint32_t number, uint32_t bytes);
/** A variable-length quantity, up to 28 bits. */
void band_smf_put_delta(struct band_buffer *b, uint32_t delta);
void band_smf_put_meta(struct band_buffer *b, uint32_t delta, uint32_t type, const void *bytes, uint32_t n);
/** @return for band_smf_close_track(), which ends the track and says how long it is. */
size_t band_smf_open_track(struct band_buffer *b);
void band_smf_close_track(struct band_buffer *b, size_t start);

#endif

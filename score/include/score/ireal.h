/* SPDX-License-Identifier: MIT */
/**
 * iReal Pro: chord charts as links, "irealb://" (scrambled) and "irealbook://" (plain), alone in a text file
 * or within a page of HTML. A link holds one song or a playlist. What can be said of a song: title, composer,
 * style, key, tempo, bars with their chords, sections, repeats, endings and jumps; no notes.
 */
#ifndef SCORE_IREAL_H
#define SCORE_IREAL_H

#include <score/draft.h>

/** Is there a link in the bytes? */
int ireal_is(const uint8_t *bytes, size_t size);
/** Songs of all links. */
uint32_t ireal_count(const uint8_t *bytes, size_t size);
/**
 * Where the next song begins, at or after byte `from`; `size`: none does. As abc_next_tune().
 */
size_t ireal_next_song(const uint8_t *bytes, size_t size, size_t from);
/** The song that begins at byte `at`. @return 0; -EINVAL refused (report); draft->error. */
int ireal_import_at(const uint8_t *bytes, size_t size, size_t at, struct nvx_draft *draft);
/** @param index  Which song, from 0. */
int ireal_import_song(const uint8_t *bytes, size_t size, uint32_t index, struct nvx_draft *draft);
int ireal_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft); /**< the first song */

#endif

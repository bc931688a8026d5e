/* SPDX-License-Identifier: MIT */
/**
 * A deterministic source of songs that go like real ones: chord changes by the statistics of the annotated
 * collections in shared/corpora/chords, sections that repeat, keys, years and names. The same number gives
 * the same song on every machine.
 */
#ifndef BENCH_SONGS_H
#define BENCH_SONGS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct song_source;

/** @return NULL: the collections are not there. */
struct song_source *songs_new(const char *corpora);
void songs_free(struct song_source *source);
/** Songs that the statistics come from. */
unsigned songs_learned(const struct song_source *source);

extern const char songs_head[]; /**< the table's first line */
/** Write song number `i` as a line of the table. @return bytes. */
size_t songs_write(const struct song_source *source, uint64_t i, char *buf, size_t size);
/** The song's changes as words of an FTS5 document: "c0maj c7maj ..." @return bytes. */
size_t songs_words(const struct song_source *source, uint64_t i, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/**
 * What a client is told about a song (services/METHODS.md, hermes.score.load), as an answer's map and as
 * JSON. Both hold the same keys. Process: mos-hermes, main thread.
 */
#ifndef HERMES_FACTS_H
#define HERMES_FACTS_H

#include <stdio.h>

#include "song.h"
#include "wire.h"

/** Fill the open map. A frame is small: the first 256 parts are listed, `n_parts` counts all. */
void facts_put(struct wire_out *out, const struct song *song);

/** Write one JSON object and a newline, all parts listed. @return 0, -ENOMEM, -EIO. */
int facts_write_json(FILE *to, const struct song *song);

/** Write lines for people. */
void facts_write_text(FILE *to, const struct song *song);

#endif

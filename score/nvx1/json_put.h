/* SPDX-License-Identifier: MIT */
/** Writing JSON by the rules of nvx1.md 12. Pure functions; errors stay in `out`. */
#ifndef NVX1_JSON_PUT_H
#define NVX1_JSON_PUT_H

#include <score/bytes.h>

/** With quotes; valid UTF-8. */
void json_put_string(struct score_bytes *out, const char *text, size_t len);
void json_put_integer(struct score_bytes *out, int64_t value);
/** value / 10^digits without trailing zeros. */
void json_put_decimal(struct score_bytes *out, int64_t value, unsigned digits);
/** Canonical text as people read it: two spaces, one line a member, short things of scalars on one line. */
void json_put_pretty(struct score_bytes *out, const uint8_t *canonical, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/**
 * Inserts of a render: the same processes as when playing, but the render waits for them, so that it is exact
 * and the same every time. Where one fails the render fails: it would not be what was asked for.
 */
#ifndef RTCORE_OFFLINE_INSERT_H
#define RTCORE_OFFLINE_INSERT_H

#include <stddef.h>
#include <stdint.h>

#define OFFLINE_INSERTS_MAX 64u
#define OFFLINE_INSERT_CYCLE 256u /**< frames of a cycle, at most, while there are inserts */

struct engine;
struct offline_inserts;

/**
 * Start them, put them into their strips in the order of the list, and let silence run through them, until
 * they are heard. The same bits come out whatever the length of a cycle is.
 *
 * @param list  "STRIP=WHAT[;SYMBOL=VALUE...]": a strip's number or "master"; an LV2 plugin's URI or a .nam
 * file.
 * @param why   What is wrong, on failure.
 * @return 0 or -errno.
 */
int offline_inserts_create(struct engine *e, const char *const *list, uint32_t n,
	struct offline_inserts **ret, char *why, size_t size);
/** After each cycle. NULL is fine. @return 0 or -errno: one did not do its work; `why` names it. */
int offline_inserts_settle(struct offline_inserts *o, char *why, size_t size);
/** A cycle without a note has been rendered. @return 1: what is inserted may still be sounding; 0, or NULL: no more. */
int offline_inserts_ring(struct offline_inserts *o, const float *l, const float *r, uint32_t n);
/** Before the engine goes. NULL is fine. */
void offline_inserts_destroy(struct offline_inserts *o);

#endif

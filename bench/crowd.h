/* SPDX-License-Identifier: MIT */
/** Many widgets of one program: a folder for each, with an id of its own. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdint.h>

#include <mos/client.h>

#define CROWD_ID_MAX 32u

/** "PROGRAM-NUMBER". */
void crowd_id(const char *program, uint32_t number, char ret[static CROWD_ID_MAX]);
/** Make its folder below `parent` and install it. @param program  its path. @param capabilities  JSON, within
 * [].
 * @return 0; -1, and a line on stderr. */
int crowd_install(struct mos_client *c, const char *parent, const char *program, uint32_t number,
	const char *capabilities);

#endif

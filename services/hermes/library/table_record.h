/* SPDX-License-Identifier: MIT */
/** One record of a table: cells of a line (RFC 4180, or tabs), or members of a JSON object. */
#ifndef HERMES_LIBRARY_TABLE_RECORD_H
#define HERMES_LIBRARY_TABLE_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum record_kind { RECORD_COMMAS, RECORD_TABS, RECORD_JSON };
#define RECORD_MAX_CELLS 256u

struct record {
	char *text; /**< cells, NUL-terminated, one after the other */
	size_t cap;
	char *cell[RECORD_MAX_CELLS];
	uint32_t n;
	void *doc;    /**< JSON: the document that the members lie in */
	char why[96]; /**< of -EBADMSG */
};

enum record_kind record_guess(const uint8_t *bytes, size_t size);
/**
 * Read the next record from the front of `bytes`.
 * @param at_end    Nothing follows these bytes.
 * @param ret_used  Bytes that belong to it.
 * @return 1; 0 the end; -EAGAIN more bytes are needed; -EBADMSG it makes no sense; -ENOMEM.
 */
int record_read(struct record *record, enum record_kind kind, const uint8_t *bytes, size_t size, int at_end,
	size_t *ret_used);
/** Text of a member, letters' case aside; numbers as written. NULL: none. */
const char *record_member(const struct record *record, const char *name);
void record_finish(struct record *record);

#endif

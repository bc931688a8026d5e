/* SPDX-License-Identifier: MIT */
/** Runs mosctl and keeps what it said, for the tests of the command line. MOSCTL is its path. */
#ifndef MOSCTL_RUN_H
#define MOSCTL_RUN_H

#include <yyjson.h>

struct said {
	int code;        /**< exit code; 128 + signal */
	char out[65536]; /**< NUL-terminated; what is too much is cut */
	char err[8192];
};

/** Run `mosctl ARG...`; the list ends with NULL. Asserts that it could be run. */
void mosctl_run(struct said *ret, const char *const args[]);
#define MOSCTL(ret, ...) mosctl_run(ret, (const char *const[]){__VA_ARGS__, NULL})

/** The output as one JSON value, asserted. The caller frees the document. */
yyjson_doc *said_json(const struct said *said);

/**
 * Write a small format-0 file: quarter notes C4 D4 E4 F4 ... at 120 BPM, `n_notes` of them.
 * @param cut  Write only so many bytes; 0: all.
 */
void write_midi(const char *path, unsigned int n_notes, size_t cut);

#endif

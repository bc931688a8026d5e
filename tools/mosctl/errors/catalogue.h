/* SPDX-License-Identifier: MIT */
/** The catalogue of error codes (SDK-06): every code that a program of MOS answers with, what it means, what
 * helps. */
#ifndef MOSCTL_CATALOGUE_H
#define MOSCTL_CATALOGUE_H

struct catalogued {
	const char *code, *meaning, *hint;
};

extern const struct catalogued catalogue[]; /**< by code; NULL at the end */

#endif

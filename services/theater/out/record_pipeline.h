/* SPDX-License-Identifier: MIT */
/** The words of a GStreamer pipeline, made from what is installed. */
#ifndef THEATER_OUT_RECORD_PIPELINE_H
#define THEATER_OUT_RECORD_PIPELINE_H

#include "record.h"

#define RECORD_FD 3 /**< the file, in the child */

/** What is looked for, in this order; each is a bit of `have`. */
#define RECORD_N_ELEMENTS 13u
extern const struct record_element {
	const char *name, *package;
} record_elements[RECORD_N_ELEMENTS];

#define RECORD_MAX_WORDS 96u
struct record_pipeline {
	const char *words[RECORD_MAX_WORDS]; /**< ends with NULL */
	uint32_t n;
	char text[2048]; /**< that those words lie in which were made */
	size_t used;
};

/** @return 0; -EINVAL options, error says which. */
int record_check(const struct out_record_options *options, char *error, size_t error_size);

/** @param have  bit i: record_elements[i] is installed. @return 0; -ENOENT something is missing, error says
 * what. */
int record_build(const struct out_record_options *options, uint32_t have, struct record_pipeline *ret,
	char *error, size_t error_size);

#endif

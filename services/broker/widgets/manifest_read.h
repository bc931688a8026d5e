/* SPDX-License-Identifier: MIT */
/** Between manifest.c and manifest_schema.c: reading members of JSON maps by table. */
#ifndef BROKER_WIDGETS_MANIFEST_READ_H
#define BROKER_WIDGETS_MANIFEST_READ_H

#include "manifest.h"

/** A member of a map; the table ends with a NULL name. */
struct manifest_member {
	const char *name;
	int needed;
	/** @return 0; -EINVAL with *err filled; -ENOMEM. */
	int (*read)(yyjson_val *val, const char *where, void *into, struct manifest_error *err);
};

/** Each member known, given once, and those that are needed there. @return as manifest_member.read. */
int manifest_read_members(yyjson_val *map, const char *where, const struct manifest_member *members,
	void *into, struct manifest_error *err);

/** @return -EINVAL. */
int manifest_refuse(struct manifest_error *err, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

int manifest_read_text(
	yyjson_val *val, const char *where, char *buf, size_t size, struct manifest_error *err);
int manifest_read_number(
	yyjson_val *val, const char *where, double min, double max, double *ret, struct manifest_error *err);

/** The member `settings`. */
int manifest_read_schema(yyjson_val *val, const char *where, void *into, struct manifest_error *err);

#endif

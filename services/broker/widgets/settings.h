/* SPDX-License-Identifier: MIT */
/**
 * Settings of a widget: the schema of its manifest, values that fit it, and changes to several of them at
 * once, all or nothing (WID-11, WID-15). Pure.
 */
#ifndef BROKER_WIDGETS_SETTINGS_H
#define BROKER_WIDGETS_SETTINGS_H

#include <stdint.h>
#include <yyjson.h>

#include "wire.h"

#define SETTINGS_MAX 64u        /**< of one widget */
#define SETTING_NAME_MAX 32u    /**< with its NUL */
#define SETTING_CHOICES_MAX 64u /**< of one enum */
#define SETTING_LENGTH_DEFAULT 255u
#define SETTING_LENGTH_MAX 1023u /**< bytes of the longest string */
#define SETTINGS_FILE_MAX (128u << 10)

enum setting_type { SETTING_BOOLEAN, SETTING_INTEGER, SETTING_NUMBER, SETTING_STRING };

struct setting_value {
	union {
		int64_t i; /**< booleans too */
		double f;
		char *s; /**< owned */
	};
};

struct setting {
	char name[SETTING_NAME_MAX];
	char title[64]; /**< for people; empty: none */
	enum setting_type type;
	struct setting_value initial;
	double min, max; /**< numbers; +-infinity: none */
	uint32_t max_length;
	struct setting_value choice[SETTING_CHOICES_MAX];
	uint32_t n_choices; /**< 0: all that fits the rest */
};

/** A schema; owned by the manifest. */
struct schema {
	struct setting *setting;
	uint32_t n;
};

/** Values that fit a schema, complete. */
struct settings {
	uint64_t revision; /**< of changes so far */
	struct setting_value value[SETTINGS_MAX];
	uint64_t given; /**< bit i: value i was set; else it is the schema's default */
};

/** Why not. */
struct settings_error {
	char where[96]; /**< JSON pointer: "/volume" */
	char message[160];
};

const char *setting_type_name(enum setting_type type);

void schema_finish(struct schema *schema);
int schema_find(const struct schema *schema, const char *name); /**< -ENOENT */

/** All defaults. @return 0, -ENOMEM. */
int settings_init(const struct schema *schema, struct settings *ret);
void settings_finish(const struct schema *schema, struct settings *s);

/** What keeps a value of the right type from being the setting's. @return 0, -EINVAL with `message` filled.
 */
int setting_check(const struct setting *setting, const struct setting_value *value, char message[static 160]);

/**
 * Apply changes: a map, nil sets one back to its default. `old` stays as it is.
 * @return 0 *ret is complete, its revision one more; -EINVAL with *err filled; -ENOMEM.
 */
int settings_change(const struct schema *schema, const struct settings *old, const msgpack_object *changes,
	struct settings *ret, struct settings_error *err);

/** Read a file as settings_write() makes it. What no longer fits the schema is left out: an older version of
 * the widget wrote it (WID-12). @return values left out; -EINVAL no such file's bytes, *ret is all defaults;
 * -ENOMEM. */
int settings_read(const struct schema *schema, const char *bytes, size_t len, struct settings *ret);
/** What was set, as a file. @return NULL: no memory; else to be freed. */
char *settings_write(const struct schema *schema, const struct settings *s, size_t *ret_len);

void settings_put(
	struct wire_out *out, const char *key, const struct schema *schema, const struct settings *s);
void schema_put(struct wire_out *out, const char *key, const struct schema *schema);

#endif

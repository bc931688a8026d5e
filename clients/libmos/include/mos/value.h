/* SPDX-License-Identifier: MIT */
/**
 * Values of the control plane: what goes into a call and what comes back (services/METHODS.md).
 * Parameters are fields, written as constructors in place:
 *
 *     mos_call(c, "kronos.transport.seek", MOS_ARGS(mos_int("bar", 5), mos_int("beat", 3)), NULL);
 *
 * Answers are trees, read by path with a default: mos_get_real(&reply.value, "transport/bpm", 120).
 * Plain data: nothing here owns memory, blocks or has state.
 */
#ifndef MOS_VALUE_H
#define MOS_VALUE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mos_value_type {
	MOS_VALUE_NIL = 0,
	MOS_VALUE_BOOL,
	MOS_VALUE_INT,     /**< every whole number that fits int64_t */
	MOS_VALUE_NATURAL, /**< a whole number above INT64_MAX */
	MOS_VALUE_REAL,
	MOS_VALUE_STR,
	MOS_VALUE_LIST,
	MOS_VALUE_MAP,
};

struct mos_field;

/** One value. Pointers are borrowed: from the caller in parameters, from the reply in answers. */
struct mos_value {
	uint32_t type; /**< enum mos_value_type */
	uint32_t len;  /**< STR: bytes without the NUL; LIST: items; MAP: fields; else 0 */
	union {
		int boolean;
		int64_t integer;
		uint64_t natural;
		double real;
		const char *str; /**< UTF-8, NUL-terminated */
		const struct mos_value *items;
		const struct mos_field *fields;
	} u;
};

/** A named value: one parameter of a call, one entry of a map. */
struct mos_field {
	const char *key; /**< NUL-terminated */
	struct mos_value value;
};

/** A call's parameters: MOS_ARGS(mos_int(...), mos_str(...)) is the two arguments `args, n_args` (C only). */
#define MOS_ARGS(...)                                                                                        \
	(const struct mos_field[]){__VA_ARGS__},                                                             \
		sizeof((const struct mos_field[]){__VA_ARGS__}) / sizeof(struct mos_field)
#define MOS_NO_ARGS NULL, 0

static inline struct mos_value mos_value_int(int64_t integer)
{
	struct mos_value v = {MOS_VALUE_INT, 0, {0}};

	v.u.integer = integer;
	return v;
}

static inline struct mos_value mos_value_real(double real)
{
	struct mos_value v = {MOS_VALUE_REAL, 0, {0}};

	v.u.real = real;
	return v;
}

static inline struct mos_value mos_value_bool(int boolean)
{
	struct mos_value v = {MOS_VALUE_BOOL, 0, {0}};

	v.u.boolean = boolean != 0;
	return v;
}

/** `str` NULL makes a nil. Its length is taken when the call is built. */
static inline struct mos_value mos_value_str(const char *str)
{
	struct mos_value v = {MOS_VALUE_NIL, 0, {0}};

	if (str) {
		v.type = MOS_VALUE_STR;
		v.u.str = str;
	}
	return v;
}

static inline struct mos_value mos_value_list(const struct mos_value *items, uint32_t n)
{
	struct mos_value v = {MOS_VALUE_LIST, 0, {0}};

	v.len = n;
	v.u.items = items;
	return v;
}

static inline struct mos_value mos_value_map(const struct mos_field *fields, uint32_t n)
{
	struct mos_value v = {MOS_VALUE_MAP, 0, {0}};

	v.len = n;
	v.u.fields = fields;
	return v;
}

static inline struct mos_field mos_field(const char *key, struct mos_value value)
{
	struct mos_field f = {key, value};

	return f;
}

static inline struct mos_field mos_int(const char *key, int64_t integer)
{
	return mos_field(key, mos_value_int(integer));
}

static inline struct mos_field mos_real(const char *key, double real)
{
	return mos_field(key, mos_value_real(real));
}

static inline struct mos_field mos_bool(const char *key, int boolean)
{
	return mos_field(key, mos_value_bool(boolean));
}

static inline struct mos_field mos_str(const char *key, const char *str)
{
	return mos_field(key, mos_value_str(str));
}

static inline struct mos_field mos_list(const char *key, const struct mos_value *items, uint32_t n)
{
	return mos_field(key, mos_value_list(items, n));
}

/**
 * Follow a path of map keys and list indices: "transport/bpm", "services/0/name". "" is the root itself.
 * @return the value, NULL where there is none. `root` may be NULL.
 */
const struct mos_value *mos_get(const struct mos_value *root, const char *path);

/** The value at `path` as the type named, or `otherwise` where it is absent or of another type. */
int64_t mos_get_int(
	const struct mos_value *root, const char *path, int64_t otherwise); /**< whole numbers that fit */
uint64_t mos_get_natural(
	const struct mos_value *root, const char *path, uint64_t otherwise);           /**< 0 and above */
double mos_get_real(const struct mos_value *root, const char *path, double otherwise); /**< any number */
int mos_get_bool(const struct mos_value *root, const char *path, int otherwise);
const char *mos_get_str(const struct mos_value *root, const char *path, const char *otherwise);

#ifdef __cplusplus
}
#endif
#endif

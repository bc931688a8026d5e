/* SPDX-License-Identifier: MIT */
/*
 * What libmos makes of an answer: every value is in the copy's own memory, texts end with a NUL, and the copy
 * packed and read again is the same tree.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "value_wire.h"

static int same_text(const struct mos_value *a, const struct mos_value *b)
{
	FUZZ_CHECK(strlen(a->u.str) == a->len);
	return a->len == b->len && !memcmp(a->u.str, b->u.str, a->len);
}

static int same(const struct mos_value *a, const struct mos_value *b)
{
	if (a->type != b->type || a->len != b->len)
		return 0;
	switch (a->type) {
	case MOS_VALUE_NIL:
		return 1;
	case MOS_VALUE_BOOL:
		return a->u.boolean == b->u.boolean;
	case MOS_VALUE_INT:
		return a->u.integer == b->u.integer;
	case MOS_VALUE_NATURAL:
		return a->u.natural == b->u.natural && a->u.natural > INT64_MAX;
	case MOS_VALUE_REAL: /* bits: NaN is itself */
		return !memcmp(&a->u.real, &b->u.real, sizeof(a->u.real)) || a->u.real != a->u.real;
	case MOS_VALUE_STR:
		return same_text(a, b);
	case MOS_VALUE_LIST:
		for (uint32_t i = 0; i < a->len; i++) {
			if (!same(&a->u.items[i], &b->u.items[i]))
				return 0;
		}
		return 1;
	case MOS_VALUE_MAP:
		for (uint32_t i = 0; i < a->len; i++) {
			if (strcmp(a->u.fields[i].key, b->u.fields[i].key) ||
				!same(&a->u.fields[i].value, &b->u.fields[i].value))
				return 0;
		}
		return 1;
	default:
		return 0;
	}
}

/* What is looked up is found, unless an earlier entry has the same key. */
static void look_up(const struct mos_value *map)
{
	for (uint32_t i = 0; map->type == MOS_VALUE_MAP && i < map->len; i++) {
		const char *key = map->u.fields[i].key;

		if (*key && !strchr(key, '/'))
			FUZZ_CHECK(mos_get(map, key) && mos_get(map, key) <= &map->u.fields[i].value);
	}
}

static void check_again(const struct mos_value *value)
{
	struct mos_value copy;
	struct wire_in in;
	struct wire_out out;
	void *memory;

	FUZZ_CHECK(wire_in_init(&in) == 0);
	wire_out_init(&out);
	wire_begin_result(&out, 1);
	for (uint32_t i = 0; i < value->len; i++)
		value_put(&out, value->u.fields[i].key, &value->u.fields[i].value);
	if (wire_end(&out) == 0 && wire_decode(&in, out.data, out.len) == 1) {
		FUZZ_CHECK(value_copy(in.result, &copy, &memory) == 0);
		/* texts that were no UTF-8 were mended on the way out */
		FUZZ_CHECK(copy.len == value->len);
		free(memory);
	}
	wire_out_finish(&out);
	wire_in_finish(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mos_value a, b;
	void *memory_a, *memory_b;
	struct wire_in in;
	int rc;

	FUZZ_CHECK(wire_in_init(&in) == 0);
	if (wire_decode(&in, data, size) == 1 && in.kind == WIRE_RESPONSE) {
		rc = value_copy(in.result, &a, &memory_a);
		FUZZ_CHECK(rc == 0 || rc == -EPROTO);
		if (rc == 0) {
			FUZZ_CHECK(a.type == MOS_VALUE_MAP);
			FUZZ_CHECK(value_copy(in.result, &b, &memory_b) == 0 && same(&a, &b));
			look_up(&a);
			check_again(&a);
			free(memory_a);
			free(memory_b);
		}
	}
	wire_in_finish(&in);
	return 0;
}

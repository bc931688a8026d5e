/* SPDX-License-Identifier: MIT */
#include "wish_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define INVALID "rpc.params.invalid"

const char *wish_key_name(const msgpack_object *key, char *buf, size_t size)
{
	if (wire_to_str(key, buf, size) < 0)
		strcpy(buf, "?");
	return buf;
}

enum kind { COUNT, BYTE, REAL, TRUTH, NAME, PARTS };

static const struct {
	const char *key;
	enum kind kind;
	size_t at, size;
} option_table[WISH_N_OPTIONS] = {
#define FIELD(name, kind, field)                                                                             \
	[WISH_##name] = {                                                                                    \
		#name, kind, offsetof(struct band_options, field), sizeof((struct band_options){}.field)}
	FIELD(count_in, COUNT, count_in_bars),
	FIELD(choruses, COUNT, choruses),
	FIELD(section, NAME, section),
	FIELD(trade, COUNT, trade_bars),
	FIELD(trade_band_first, TRUTH, trade_band_first),
	FIELD(trainer, REAL, trainer_bpm),
	FIELD(trainer_max, REAL, trainer_max_bpm),
	FIELD(click_only_every, COUNT, click_only_every),
	FIELD(fills, TRUTH, fills),
	FIELD(ending, TRUTH, ending),
	FIELD(rise, TRUTH, rise),
	FIELD(click, TRUTH, click),
	FIELD(clave, NAME, clave),
	FIELD(click_note, BYTE, click_note),
	FIELD(click_vel, BYTE, click_vel),
	FIELD(rests, PARTS, rests),
	FIELD(groove, NAME, groove),
	FIELD(groove_profile, NAME, groove_profile),
	FIELD(bar_cc, TRUTH, bar_cc),
	FIELD(bar_cc_channel, BYTE, bar_cc_channel),
	FIELD(bar_cc_countdown, BYTE, bar_cc_countdown),
	FIELD(bar_cc_index, BYTE, bar_cc_index),
	FIELD(bar_cc_section, BYTE, bar_cc_section),
	FIELD(late_drop_ms, COUNT, gate.late_drop_ms),
	FIELD(ghost_vel_max, BYTE, gate.ghost_vel_max),
	FIELD(panic, TRUTH, gate.panic),
	FIELD(no_overlap, TRUTH, gate.no_overlap),
#undef FIELD
};

static const char *const part_names[BAND_N_PARTS] = {"comp", "bass", "drums"};

/* "comp bass": parts that rest. @return bits, -EINVAL. */
static int read_parts(const char *text)
{
	int rests = 0;

	while (*(text += strspn(text, " ,"))) {
		const size_t n = strcspn(text, " ,");
		unsigned i = 0;

		while (i < BAND_N_PARTS &&
			(strlen(part_names[i]) != n || strncmp(text, part_names[i], n) != 0))
			i++;
		if (i == BAND_N_PARTS)
			return -EINVAL;
		rests |= (int)BAND_REST(i);
		text += n;
	}
	return rests;
}

static int take_option(
	const msgpack_object *value, unsigned i, struct band_options *options, const char **why)
{
	char *field = (char *)options + option_table[i].at, text[128];
	int64_t number;
	double real;
	int parts;

	switch (option_table[i].kind) {
	case COUNT:
		*why = "a whole number from 0 on is expected";
		if (wire_to_i64(value, &number) < 0 || number < 0 || number > UINT32_MAX)
			return -EINVAL;
		*(uint32_t *)(void *)field = (uint32_t)number;
		return 0;
	case BYTE:
		*why = "a whole number from 0 to 127 is expected";
		if (wire_to_i64(value, &number) < 0 || number < 0 || number > 127)
			return -EINVAL;
		*(uint8_t *)field = (uint8_t)number;
		return 0;
	case REAL:
		*why = "a number from 0 to 1000 is expected";
		if (wire_to_f64(value, &real) < 0 || !(real >= 0 && real <= 1000))
			return -EINVAL;
		*(double *)(void *)field = real;
		return 0;
	case TRUTH:
		*why = "true or false is expected";
		if (value->type != MSGPACK_OBJECT_BOOLEAN)
			return -EINVAL;
		*(bool *)(void *)field = value->via.boolean;
		return 0;
	case NAME:
		*why = "this text is too long, or none";
		return wire_to_str(value, field, option_table[i].size) < 0 ? -EINVAL : 0;
	case PARTS:
		*why = "names out of comp, bass and drums are expected, with blanks between";
		parts = wire_to_str(value, text, sizeof(text)) < 0 ? -EINVAL : read_parts(text);
		if (parts < 0)
			return -EINVAL;
		*(uint8_t *)field = (uint8_t)parts;
		return 0;
	}
	return -EINVAL;
}

int wish_read_options(struct rpc_request *req, const msgpack_object *params, struct wish *wish)
{
	const msgpack_object *map = wire_get_map(params, "options");
	char where[64], key_name[32];
	const char *why = NULL;

	for (uint32_t i = 0; map && i < map->via.map.size; i++) {
		const msgpack_object *key = &map->via.map.ptr[i].key, *value = &map->via.map.ptr[i].val;
		unsigned o = 0;

		(void)snprintf(
			where, sizeof(where), "options.%s", wish_key_name(key, key_name, sizeof(key_name)));
		while (o < WISH_N_OPTIONS && strcmp(key_name, option_table[o].key) != 0)
			o++;
		if (o == WISH_N_OPTIONS)
			return rpc_fail_at(req, where, INVALID, "no option has this name");
		if (value->type == MSGPACK_OBJECT_NIL)
			continue;
		if (take_option(value, o, &wish->options, &why) < 0)
			return rpc_fail_at(req, where, "band.options.invalid", "%s", why);
		wish->said[o] = true;
	}
	return 0;
}

static void put_parts(struct wire_out *out, uint8_t rests)
{
	char text[32] = "";

	for (unsigned i = 0; i < BAND_N_PARTS; i++) {
		if (!(rests & BAND_REST(i)))
			continue;
		if (text[0])
			strcat(text, " ");
		strcat(text, part_names[i]);
	}
	wire_put_str(out, "value", text);
}

void wish_put_options(struct wire_out *out, const struct wish *wish)
{
	for (unsigned i = 0; i < WISH_N_OPTIONS; i++) {
		const char *field = (const char *)&wish->options + option_table[i].at;

		wire_open_map(out, option_table[i].key);
		switch (option_table[i].kind) {
		case COUNT:
			wire_put_u64(out, "value", *(const uint32_t *)(const void *)field);
			break;
		case BYTE:
			wire_put_u64(out, "value", *(const uint8_t *)field);
			break;
		case REAL:
			wire_put_f64(out, "value", *(const double *)(const void *)field);
			break;
		case TRUTH:
			wire_put_bool(out, "value", *(const bool *)(const void *)field);
			break;
		case NAME:
			wire_put_str(out, "value", field);
			break;
		case PARTS:
			put_parts(out, *(const uint8_t *)field);
			break;
		}
		wire_put_str(out, "from", band_origin_name(wish->said[i] ? BAND_BY_FLAG : BAND_BY_DEFAULT));
		wire_close(out);
	}
}

void wish_merge_options(struct wish *wish, const struct wish *change)
{
	for (unsigned i = 0; i < WISH_N_OPTIONS; i++) {
		if (!change->said[i])
			continue;
		memcpy((char *)&wish->options + option_table[i].at,
			(const char *)&change->options + option_table[i].at, option_table[i].size);
		wish->said[i] = true;
	}
}

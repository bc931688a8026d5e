/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <mos/ump.h>
#include <yyjson.h>

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** @return 0; -EINVAL no record, or one that does not check. */
static int parse_record(const char *hex, size_t len, struct mos_event *ret)
{
	uint8_t *bytes = (uint8_t *)ret;

	if (len != 2 * sizeof(*ret))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(*ret); i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return mos_event_type_index(ret->type) < 0 ? -EINVAL : 0;
}

/** A note that another program wrote. @return 0; -EINVAL */
static int parse_note(yyjson_val *event, struct mos_event *ret)
{
	yyjson_val *data = yyjson_obj_get(event, "data");
	double seconds = yyjson_get_num(yyjson_obj_get(event, "timestamp"));
	int64_t note = yyjson_get_sint(yyjson_obj_get(data, "note"));
	int64_t velocity = yyjson_get_sint(yyjson_obj_get(data, "velocity"));
	int64_t channel = yyjson_get_sint(yyjson_obj_get(data, "channel"));

	if (!yyjson_is_int(yyjson_obj_get(data, "note")) || note < 0 || note > 127 || velocity < 0 ||
		velocity > 127 || channel < 0 || channel > 15 || !(seconds >= 0 && seconds < 1e9))
		return -EINVAL;
	*ret = (struct mos_event){
		.time_ns = (uint64_t)(seconds * 1e9 + 0.5),
		.tick = INT64_MIN,
		.type = velocity ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF,
		.flags = MOS_EVENT_IMMEDIATE,
		.u.note = {.channel = (uint8_t)channel,
			.key = (uint8_t)note,
			.velocity = (uint16_t)mos_ump_scale_up((uint32_t)velocity, 7, 16),
			.part = 0xffff},
	};
	return 0;
}

struct item {
	struct mos_event ev;
	uint64_t n; /* order of publishing, as the file says; for others' notes, as the file has them */
};

static int by_number(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->n < y->n ? -1 : x->n > y->n;
}

static int64_t read_events(yyjson_val *events, struct item *ret, char where[static 96])
{
	size_t i, max, n = 0;
	yyjson_val *event;

	yyjson_arr_foreach(events, i, max, event)
	{
		yyjson_val *mos = yyjson_obj_get(event, "mos"), *record = yyjson_obj_get(mos, "record");
		const char *type = yyjson_get_str(yyjson_obj_get(event, "type"));
		int r = 0;

		if (record)
			r = parse_record(yyjson_get_str(record) ? yyjson_get_str(record) : "",
				yyjson_get_len(record), &ret[n].ev);
		else if (type && strcmp(type, "midi_event") == 0)
			r = parse_note(event, &ret[n].ev);
		else
			continue;
		if (r < 0) {
			snprintf(where, 96, "/events/%zu", i);
			return r;
		}
		ret[n].n = mos ? yyjson_get_uint(yyjson_obj_get(mos, "n")) : i;
		n++;
	}
	return (int64_t)n;
}

int64_t timeline_read(const char *json, size_t size, struct mos_event **ret, uint64_t *ret_start_ns,
	char ret_where[static 96])
{
	yyjson_read_err err;
	yyjson_doc *doc = yyjson_read_opts((char *)json, size, 0, NULL, &err);
	yyjson_val *root = yyjson_doc_get_root(doc), *events;
	struct mos_event *list = NULL;
	struct item *items = NULL;
	int64_t n = -EINVAL;

	if (!doc) {
		snprintf(ret_where, 96, "byte %zu: %.64s", err.pos, err.msg);
		return -EINVAL;
	}
	events = yyjson_obj_get(root, "events");
	if (!events)
		events = yyjson_obj_get(root, "timeline");
	snprintf(ret_where, 96, "/%s",
		yyjson_equals_str(yyjson_obj_get(root, "version"), "1.0") ? "events" : "version");
	if (strcmp(ret_where, "/events") == 0 && yyjson_is_arr(events)) {
		items = calloc(yyjson_arr_size(events) + 1, sizeof(*items));
		n = items ? read_events(events, items, ret_where) : -ENOMEM;
	}
	*ret_start_ns = yyjson_get_uint(yyjson_ptr_get(root, "/extensions/mos/startNs"));
	yyjson_doc_free(doc);
	if (n >= 0) {
		qsort(items, (size_t)n, sizeof(*items), by_number);
		list = calloc((size_t)n + 1, sizeof(*list));
		if (!list)
			n = -ENOMEM;
	}
	for (int64_t i = 0; i < n; i++)
		list[i] = items[i].ev;
	free(items);
	if (n >= 0)
		*ret = list;
	return n;
}

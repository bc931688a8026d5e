/* SPDX-License-Identifier: MIT */
/* One event as a line. */
#include <stdio.h>

#include "mosctl.h"
#include "payload.h"

static const char *source_name(uint16_t source, char buf[static 8])
{
	switch (source) {
	case MOS_SOURCE_RTCORE:
		return "rtcore";
	case MOS_SOURCE_SCORE:
		return "score";
	case MOS_SOURCE_MIDI_IN:
		return "midi-in";
	case MOS_SOURCE_BROKER:
		return "broker";
	default:
		(void)snprintf(buf, 8, "%u", source);
		return buf;
	}
}

static int print_json(const struct mos_event *ev, const char *type)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	char source[8];

	yyjson_mut_obj_add_uint(doc, root, "seq", ev->seq);
	yyjson_mut_obj_add_uint(doc, root, "time_ns", ev->time_ns);
	if (ev->tick != INT64_MIN)
		yyjson_mut_obj_add_sint(doc, root, "tick", ev->tick);
	yyjson_mut_obj_add_str(doc, root, "type", type);
	yyjson_mut_obj_add_strcpy(doc, root, "source", source_name(ev->source, source));
	yyjson_mut_obj_add_uint(doc, root, "hops", ev->hops);
	yyjson_mut_obj_add_bool(doc, root, "scheduled", ev->flags & MOS_EVENT_SCHEDULED);
	yyjson_mut_obj_add_bool(doc, root, "immediate", ev->flags & MOS_EVENT_IMMEDIATE);
	payload_json(ev, doc, yyjson_mut_obj_add_obj(doc, root, "data"));
	return json_print(doc, root);
}

static int print_text(const struct mos_event *ev, const char *type)
{
	char source[8], tick[24] = "-";

	if (ev->tick != INT64_MIN)
		(void)snprintf(tick, sizeof(tick), "%lld", (long long)ev->tick);
	printf("%12.6f %9s  %-18s %-8s", (double)ev->time_ns / 1e9, tick, type,
		source_name(ev->source, source));
	payload_print(ev);
	putchar('\n');
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

int event_print(struct ctl *ctl, const struct mos_event *ev)
{
	const char *type = mos_event_type_name(ev->type);
	char number[16];

	if (!type) {
		(void)snprintf(number, sizeof(number), "0x%04x", ev->type);
		type = number;
	}
	return ctl->json ? print_json(ev, type) : print_text(ev, type);
}

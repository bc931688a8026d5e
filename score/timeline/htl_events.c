/* SPDX-License-Identifier: MIT */
/* The events of a timeline: when, where, what; in order of time. */
#include <errno.h>

#include "htl.h"

#include "../nvx1/sort.h"

static enum htl_type type_of(struct json_text name)
{
#define X(constant, text)                                                                                    \
	if (json_text_is(name, text))                                                                        \
		return HTL_##constant;
	HTL_TYPES(X)
#undef X
	return HTL_OTHER;
}

/** A tick before the beginning, as of a count-in, is the beginning. */
static int read_tick(struct htl *h, const struct older_object *obj, int64_t *ret)
{
	int64_t tick;
	if (!older_integer(&h->o, obj, "tick", -NVX_MAX_TICK, NVX_MAX_TICK, &tick))
		return 0;
	*ret = tick < 0 ? 0 : tick;
	return 1;
}

static void read_event(struct htl *h)
{
	struct older_object obj;
	struct htl_event event = {.at = h->o.r->pull.at, .type = HTL_OTHER, .index = (uint32_t)h->n_event};
	const int64_t longest = INT64_C(1000000000) * 1000000;
	if (!older_open(&h->o, &obj))
		return;
	if (!older_peek(&h->o, &obj, "timestamp"))
		nvx_fault(h->o.r, "nvx1.member.missing", "timestamp is missing");
	(void)older_decimal(&h->o, &obj, "timestamp", 6, 0, longest, &event.us);
	event.has_tick = (uint8_t)read_tick(h, &obj, &event.tick);
	const uint8_t *type = older_take(&h->o, &obj, "type");
	if (type && *type == '"') {
		struct json_pull pull;
		json_pull_init(&pull, type);
		event.type = (uint8_t)type_of(json_string(&pull));
	} else {
		nvx_fault(
			h->o.r, type ? "nvx1.type" : "nvx1.member.missing", "type is no string, or missing");
	}
	(void)older_drop(&h->o, &obj);
	if (h->n_event >= HTL_MAX_EVENTS) {
		nvx_fault(h->o.r, "nvx1.limit.events", "more than %u", HTL_MAX_EVENTS);
		h->draft->error = -E2BIG;
	} else if (score_reserve(h->o.r->alloc, (void **)&h->event, &h->cap_event, h->n_event + 1,
			   sizeof(event)) < 0) {
		h->draft->error = -ENOMEM;
	} else {
		h->event[h->n_event++] = event;
	}
}

static int compare(const void *a, const void *b, void *)
{
	const struct htl_event *x = a, *y = b;
	if (x->us != y->us)
		return x->us < y->us ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

void htl_read_events(struct htl *h, struct older_walk *walk, const char *name)
{
	while (older_next(&h->o, walk))
		read_event(h);
	for (size_t i = 1; i < h->n_event; i++)
		h->n_unordered += h->event[i].us < h->event[i - 1].us;
	if (!h->n_unordered)
		return;
	score_warn(h->o.r->report, "nvx1.map.order", SCORE_AT("/%s", name),
		"timestamps fall %u times: put in order", h->n_unordered);
	nvx_sort(h->event, h->n_event, sizeof(*h->event), compare, NULL);
}

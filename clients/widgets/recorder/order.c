/* SPDX-License-Identifier: MIT */
#include "order.h"

static int before(const struct ordered *a, const struct ordered *b)
{
	if (a->ev.time_ns != b->ev.time_ns)
		return a->ev.time_ns < b->ev.time_ns;
	return a->age < b->age;
}

static void swap(struct ordered *a, struct ordered *b)
{
	struct ordered t = *a;

	*a = *b;
	*b = t;
}

void order_init(struct order *o, struct ordered heap[static ORDER_MAX])
{
	*o = (struct order){.heap = heap};
}

void order_put(struct order *o, const struct mos_event *ev)
{
	uint32_t i = o->n++;

	o->heap[i] = (struct ordered){.ev = *ev, .age = o->age++};
	if (ev->time_ns == 0)
		o->heap[i].ev.time_ns = o->last_ns;
	o->last_ns = o->heap[i].ev.time_ns;
	/* Only rtcore's own clock says how late it is: a client may name any time. */
	if (ev->source >= MOS_SOURCE_MIDI_IN && !(ev->flags & MOS_EVENT_SCHEDULED) &&
		o->last_ns > o->newest_ns)
		o->newest_ns = o->last_ns;
	for (; i > 0 && before(&o->heap[i], &o->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&o->heap[i], &o->heap[(i - 1) / 2]);
}

/** A jump: what was announced before it for later will not come. */
static void make_void(struct order *o, const struct ordered *jump)
{
	for (uint32_t i = 0; i < o->n; i++)
		if ((o->heap[i].ev.flags & MOS_EVENT_SCHEDULED) && o->heap[i].age < jump->age)
			o->heap[i].is_void = 1;
}

static int is_jump(uint32_t type)
{
	return type == MOS_EVENT_TRANSPORT_SEEK || type == MOS_EVENT_TRANSPORT_STOP ||
	       type == MOS_EVENT_TRANSPORT_PAUSE || type == MOS_EVENT_TEMPO_CHANGE;
}

int order_take(struct order *o, int all, struct ordered *ret)
{
	if (o->n == 0)
		return 0;
	if (!all && o->n < ORDER_MAX && o->heap[0].ev.time_ns + ORDER_NS > o->newest_ns)
		return 0;
	*ret = o->heap[0];
	o->heap[0] = o->heap[--o->n];
	for (uint32_t i = 0;;) {
		uint32_t least = i;

		for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < o->n; child++)
			if (before(&o->heap[child], &o->heap[least]))
				least = child;
		if (least == i)
			break;
		swap(&o->heap[i], &o->heap[least]);
		i = least;
	}
	if (is_jump(ret->ev.type))
		make_void(o, ret);
	return 1;
}

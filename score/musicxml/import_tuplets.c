/* SPDX-License-Identifier: MIT */
/*
 * Tuplets. What a note lasts is in its time-modification, the product of all tuplets around it; brackets say
 * which notes belong together. Where there are no brackets, or they do not explain the product, the missing
 * tuplet is made: it has neither bracket nor number.
 */
#include "import.h"

#include <string.h>

struct ratio {
	uint64_t actual, normal;
};

static struct ratio reduce(struct ratio r)
{
	uint64_t a = r.actual, b = r.normal;
	while (b) {
		const uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return (struct ratio){r.actual / a, r.normal / a};
}

static struct ratio around(const struct mx_voice *v)
{
	struct ratio r = {1, 1};
	for (unsigned i = 0; i < v->n_tuplets; i++)
		r = reduce((struct ratio){r.actual * v->tuplet[i].actual, r.normal * v->tuplet[i].normal});
	return r;
}

/** What `whole` is more than `part`. */
static struct ratio rest_of(struct ratio whole, struct ratio part)
{
	return reduce((struct ratio){whole.actual * part.normal, whole.normal * part.actual});
}

static struct mx_tuplet *push(
	struct mx_import *im, struct mx_voice *v, const struct mx_note *n, struct ratio r, unsigned number)
{
	if (v->n_tuplets == MX_MAX_NESTING || r.actual > 1000 || r.normal > 1000) {
		mx_warn(im, MX_WARN_TUPLET, "");
		return NULL;
	}
	const nvx_id parent = v->n_tuplets ? mx_notation(im, v->tuplet[v->n_tuplets - 1].index)->e.id : 0;
	struct mx_tuplet *tuplet = &v->tuplet[v->n_tuplets++];
	*tuplet = (struct mx_tuplet){
		.index = mx_add_notation(im, NVX_NOTATION_TUPLET, n->at, n->staff),
		.actual = (uint32_t)r.actual,
		.normal = (uint32_t)r.normal,
		.number = (uint8_t)number,
		.smallest = UINT32_MAX,
	};
	struct nvx_notation_element *e = mx_notation(im, tuplet->index);
	e->e.voice = n->voice;
	e->num = (uint16_t)r.actual;
	e->den = (uint16_t)r.normal;
	e->parent_id = parent;
	e->bracket = 0;
	e->style = NVX_TUPLET_SHOW_NONE;
	return tuplet;
}

static void pop(struct mx_import *im, struct mx_voice *v, int64_t end)
{
	const struct mx_tuplet *tuplet = &v->tuplet[--v->n_tuplets];
	mx_add_span(im, NVX_LIST_notation, 0, tuplet->index, end);
}

static void start_explicit(struct mx_import *im, struct mx_voice *v, const struct mx_note *n, mx_node_id node,
	struct ratio modification)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id actual = mx_child(t, node, MX_tuplet_actual),
			 normal = mx_child(t, node, MX_tuplet_normal);
	struct ratio r = rest_of(modification, around(v));
	if (actual && normal)
		r = (struct ratio){(unsigned)mx_child_int(t, actual, MX_tuplet_number, 1, 1, 1000),
			(unsigned)mx_child_int(t, normal, MX_tuplet_number, 1, 1, 1000)};
	if (r.actual == r.normal && modification.actual == modification.normal)
		return; /* a bracket over plain notes */
	struct mx_tuplet *tuplet = push(im, v, n, r, (unsigned)mx_attr_int(t, node, "number", 1, 1, 16));
	if (!tuplet)
		return;
	const char *show = mx_attr(t, node, "show-number");
	struct nvx_notation_element *e = mx_notation(im, tuplet->index);
	e->bracket = mx_attr_is(t, node, "bracket", "yes")  ? 1
		     : mx_attr_is(t, node, "bracket", "no") ? 0
							    : NVX_NO_U8;
	e->style = !show || strcmp(show, "actual") == 0 ? NVX_TUPLET_SHOW_ACTUAL
		   : strcmp(show, "both") == 0          ? NVX_TUPLET_SHOW_BOTH
							: NVX_TUPLET_SHOW_NONE;
}

void mx_read_tuplets(struct mx_import *im, struct mx_part *p, struct mx_note *n, uint32_t ticks)
{
	struct mx_tree *t = &im->tree;
	struct mx_voice *v = &p->voice[n->voice];
	const mx_node_id node = mx_child(t, n->node, MX_time_modification);
	const struct ratio modification =
		reduce((struct ratio){(unsigned)mx_child_int(t, node, MX_actual_notes, 1, 1, 1000),
			(unsigned)mx_child_int(t, node, MX_normal_notes, 1, 1, 1000)});
	int starts = 0;
	for (mx_node_id c = mx_child(t, n->node, MX_notations); c; c = mx_next(t, c, MX_notations)) {
		for (mx_node_id d = mx_child(t, c, MX_tuplet); d; d = mx_next(t, d, MX_tuplet)) {
			if (!mx_attr_is(t, d, "type", "start"))
				continue;
			while (!starts && v->n_tuplets && !v->tuplet[v->n_tuplets - 1].number)
				pop(im, v, n->at);
			starts = 1;
			start_explicit(im, v, n, d, modification);
		}
	}
	struct ratio rest = rest_of(modification, around(v));
	if (rest.actual != rest.normal && v->n_tuplets && !v->tuplet[v->n_tuplets - 1].number) {
		pop(im, v, n->at);
		rest = rest_of(modification, around(v));
	}
	if (modification.actual == modification.normal)
		return;
	if (rest.actual != rest.normal)
		(void)push(im, v, n, (struct ratio){rest.actual, rest.normal}, 0);
	if (!v->n_tuplets)
		return;
	struct mx_tuplet *top = &v->tuplet[v->n_tuplets - 1];
	struct nvx_notation_element *e = mx_notation(im, n->event);
	e->tuplet_id = mx_notation(im, top->index)->e.id;
	if (top->number)
		return;
	/* one that nothing closes: when it is full, counted in its smallest value */
	const unsigned type = mx_value(mx_child_text(t, node, MX_normal_type));
	const unsigned value = type ? type : e->value;
	const uint32_t unit = value ? (uint32_t)nvx_value_ticks((enum nvx_value)value, 0, 1, 1) : ticks;
	top->units += ticks;
	top->smallest = unit && unit < top->smallest ? unit : top->smallest;
}

void mx_end_tuplets(struct mx_import *im, struct mx_part *p, struct mx_note *n)
{
	struct mx_tree *t = &im->tree;
	struct mx_voice *v = &p->voice[n->voice];
	const int64_t end = MX_AT(im->measure, MX_OFFSET(n->at) + n->ticks);
	if (v->n_tuplets && !v->tuplet[v->n_tuplets - 1].number) {
		const struct mx_tuplet *top = &v->tuplet[v->n_tuplets - 1];
		const int64_t whole = (int64_t)top->smallest * top->normal;
		if (top->units >= whole - 2 && (top->units + 2) % whole <= 4)
			pop(im, v, end);
	}
	for (mx_node_id c = mx_child(t, n->node, MX_notations); c; c = mx_next(t, c, MX_notations)) {
		for (mx_node_id d = mx_child(t, c, MX_tuplet); d; d = mx_next(t, d, MX_tuplet)) {
			const unsigned number = (unsigned)mx_attr_int(t, d, "number", 1, 1, 16);
			unsigned at = v->n_tuplets;
			if (!mx_attr_is(t, d, "type", "stop"))
				continue;
			while (at > 0 && v->tuplet[at - 1].number != number)
				at--;
			while (at > 0 && v->n_tuplets >= at)
				pop(im, v, end);
		}
	}
}

void mx_close_tuplets(struct mx_import *im, struct mx_part *p)
{
	for (unsigned i = 1; i <= MX_MAX_VOICES; i++) {
		struct mx_voice *v = &p->voice[i];
		if (v->n_tuplets && v->tuplet[v->n_tuplets - 1].number)
			mx_warn(im, MX_WARN_TUPLET, "");
		while (v->n_tuplets)
			pop(im, v, v->event_end);
	}
}

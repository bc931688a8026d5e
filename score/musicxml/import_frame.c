/* SPDX-License-Identifier: MIT */
/* Parts, measures, and the cursor that goes through them. */
#include "import.h"

#include <errno.h>
#include <string.h>

#define MAX_PARTS 1024u

static uint32_t add_part(struct mx_import *im, nvx_str id)
{
	if (im->n_parts >= MAX_PARTS) {
		(void)score_error(im->draft->report, "nvx1.limit.parts", SCORE_AT_LINE(im->line, 0),
			"more than %u", MAX_PARTS);
		if (!im->draft->error)
			im->draft->error = -E2BIG;
		return MX_NONE;
	}
	struct mx_part *p = MX_ADD(im, parts);
	if (!p)
		return MX_NONE;
	p->id = id;
	p->part = nvx_add_part(im->draft);
	p->cursor = p->said = p->end = (struct mx_pos){0, 1};
	p->last_event = MX_NONE;
	p->instrument = MX_NONE;
	for (unsigned v = 0; v <= MX_MAX_VOICES; v++)
		p->voice[v].event = MX_NONE;
	return (uint32_t)im->n_parts - 1;
}

uint32_t mx_new_part(struct mx_import *im, nvx_str id)
{
	return add_part(im, id);
}

/** The part with this id; of those not seen yet the next one where it has none. */
static uint32_t find_part(struct mx_import *im, const char *id)
{
	const nvx_str str = *id ? nvx_clean_text(im->draft, id, strlen(id)) : 0;
	const uint32_t n = (uint32_t)im->n_parts;
	const uint32_t next = im->timewise ? 0 : im->part == MX_NONE ? 0 : im->part;
	for (uint32_t i = 0; str && i < n; i++) {
		const uint32_t at = (next + i) % n;
		if (im->parts[at].id == str)
			return at;
	}
	mx_warn(im, MX_WARN_PART, id);
	for (uint32_t i = 0; !str && i < n; i++) {
		if (im->timewise ? im->parts[i].n_measures <= im->measure : !im->parts[i].seen)
			return i;
	}
	return add_part(im, str);
}

static void begin_measure(struct mx_import *im)
{
	struct mx_part *p = &im->parts[im->part];
	if (!p->seen) /* until it says otherwise, as the part before */
		p->divisions = im->divisions ? im->divisions : 1;
	p->seen = 1;
	p->n_measures = im->measure + 1;
	p->cursor = p->said = p->end = (struct mx_pos){0, 1};
	p->has_base = 0;
	p->key_moved = 0;
	memset(p->accidental, 0, sizeof(p->accidental));
}

void mx_start_part(struct mx_import *im, const char *id)
{
	const uint32_t part = find_part(im, id);
	if (part == MX_NONE)
		return;
	if (!im->timewise && im->parts[part].seen)
		mx_warn(im, MX_WARN_PART, id); /* goes on where it stopped */
	im->part = part;
	if (im->timewise && im->measure != MX_NONE)
		begin_measure(im);
}

void mx_start_measure(struct mx_import *im, const char *number, int implicit)
{
	const uint32_t index = im->timewise ? (uint32_t)im->n_measures : im->parts[im->part].n_measures;
	if (index >= MX_MAX_MEASURES) {
		(void)score_error(im->draft->report, "nvx1.limit.measures", SCORE_AT_LINE(im->line, 0),
			"more than %u", MX_MAX_MEASURES);
		if (!im->draft->error)
			im->draft->error = -E2BIG;
		return;
	}
	if (index >= im->n_measures) {
		struct mx_measure *m = MX_ADD(im, measures);
		if (!m)
			return;
		m->number = mx_string(im, number);
	}
	im->measures[index].implicit |= (uint8_t)(implicit != 0);
	im->measure = index;
	if (!im->timewise)
		begin_measure(im);
}

/** Grace notes with no main note behind them belong to the note before. */
void mx_settle_graces(struct mx_import *im, struct mx_part *p)
{
	const struct mx_voice *v = &p->voice[p->grace_voice];
	if (!p->has_grace)
		return;
	p->has_grace = 0;
	const int after = v->event != MX_NONE && MX_MEASURE(mx_notation(im, v->event)->e.tick) == im->measure;
	for (uint32_t i = p->first_grace; i < im->n_graces; i++) {
		struct mx_grace *g = &im->graces[i];
		g->n = p->n_grace_events;
		if (!after)
			continue;
		g->at = v->event_end;
		struct nvx_notation_element *e = mx_notation(im, g->event);
		e->grace_after = 1;
		e->e.tick = mx_notation(im, v->event)->e.tick;
	}
}

void mx_end_measure(struct mx_import *im)
{
	struct mx_part *p = &im->parts[im->part];
	mx_flush_chord(im);
	mx_settle_graces(im, p);
	mx_close_tuplets(im, p);
	const uint32_t end = mx_ticks(im, p->end);
	struct mx_measure *m = mx_measure(im);
	if (end > m->end)
		m->end = end;
}

static void move(struct mx_import *im, struct mx_part *p, mx_node_id node, int sign)
{
	int64_t num, den;
	mx_settle_graces(im, p);
	p->has_base = 0;
	if (mx_decimal(mx_child_text(&im->tree, node, MX_duration), &num, &den) < 0 || num < 0) {
		mx_warn(im, MX_WARN_DURATION, sign < 0 ? "backup" : "forward");
		return;
	}
	const struct mx_pos by = {num, den * p->divisions};
	if (sign < 0 && mx_pos_compare(by, p->said) > 0) {
		mx_warn(im, MX_WARN_CUT, mx_child_text(&im->tree, node, MX_duration));
		p->cursor = p->said = (struct mx_pos){0, 1};
		return;
	}
	p->said = mx_pos_add(p->said, sign * by.num, by.den);
	if (sign < 0 || mx_pos_compare(p->cursor, p->said) < 0)
		p->cursor = p->said;
	if (mx_pos_compare(p->cursor, p->end) > 0)
		p->end = p->cursor;
}

void mx_read_print(struct mx_import *im, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const int page = mx_attr_is(t, node, "new-page", "yes");
	if ((page || mx_attr_is(t, node, "new-system", "yes")) && im->measure > 0)
		im->measures[im->measure - 1].line_break = page ? NVX_BREAK_PAGE : NVX_BREAK_LINE;
	if (t->node[node].child)
		mx_warn(im, MX_WARN_LAYOUT, "print");
}

void mx_read_music(struct mx_import *im, mx_node_id node)
{
	struct mx_part *p = &im->parts[im->part];
	switch (im->tree.node[node].name) {
	case MX_note:
		mx_read_note(im, p, node);
		break;
	case MX_backup:
		move(im, p, node, -1);
		break;
	case MX_forward:
		move(im, p, node, 1);
		break;
	case MX_attributes:
		mx_read_attributes(im, p, node);
		break;
	case MX_direction:
		mx_read_direction(im, p, node);
		break;
	case MX_sound:
		mx_read_sound(im, p, node, mx_at(im, p->cursor));
		break;
	case MX_harmony:
		mx_read_harmony(im, p, node);
		break;
	case MX_figured_bass:
		mx_read_figured_bass(im, p, node);
		break;
	case MX_barline:
		mx_read_barline(im, node);
		break;
	case MX_print:
		mx_read_print(im, node);
		break;
	default: /* grouping, link, bookmark, listening */
		mx_keep_here(im, node);
		break;
	}
}

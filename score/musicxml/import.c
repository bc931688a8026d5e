/* SPDX-License-Identifier: MIT */
/* What all pieces of the import use: places, warnings, text, what is kept for want of a place. */
#include "import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_EXTENSION (256u << 10) /* nvx1.md 13 */
#define MAX_EXTENSIONS (16u << 20)
#define MAX_DEN (INT64_C(1) << 30)

int mx_room(struct mx_import *im, void **items, size_t *cap, size_t n, size_t item_bytes)
{
	if (im->draft->error)
		return 0;
	if (n < *cap)
		return 1;
	if (score_reserve(im->alloc, items, cap, n + 1, item_bytes) < 0) {
		im->draft->error = -ENOMEM;
		return 0;
	}
	return 1;
}

/* ---- warnings ---- */

static const struct {
	const char *code, *text;
} warnings[MX_N_WARNINGS] = {
	[MX_WARN_KEPT] = {"musicxml.kept", "has no place in a score and is kept as text"},
	[MX_WARN_LAYOUT] = {"musicxml.layout", "layout and fonts are not kept"},
	[MX_WARN_EXT_FULL] = {"nvx1.limit.extensions", "more text than a score may keep is dropped"},
	[MX_WARN_TECHNIQUE] = {"IMPORT_TECHNIQUE_DROPPED_003",
		"a technique needs string and fret, kept as text"},
	[MX_WARN_PART] = {"IMPORT_PART_MISSING_002", "the part list and the parts do not match"},
	[MX_WARN_DURATION] = {"musicxml.duration", "a note without a usable duration"},
	[MX_WARN_VALUE] = {"musicxml.value", "type and duration of a note differ, the duration counts"},
	[MX_WARN_VOICE] = {"musicxml.voice", "notes of one voice overlap and are written in several"},
	[MX_WARN_TIE] = {"musicxml.tie", "a tie lacks its other end"},
	[MX_WARN_SPANNER] = {"musicxml.spanner", "a line lacks its other end"},
	[MX_WARN_TUPLET] = {"musicxml.tuplet", "a tuplet is not closed, or nested too deeply"},
	[MX_WARN_PITCH] = {"musicxml.pitch", "no pitch that can sound"},
	[MX_WARN_KEY] = {"musicxml.key", "a key signature that is no key, kept as text"},
	[MX_WARN_METER] = {"musicxml.meter", "a meter that cannot be, or not at a bar line"},
	[MX_WARN_ROUNDED] = {"nvx1.rounded", "times between two ticks are rounded"},
	[MX_WARN_HARMONY] = {"musicxml.harmony",
		"chord symbols at one place are spread, or one makes no sense"},
	[MX_WARN_TAB] = {"musicxml.tab", "string and fret do not give the pitch"},
	[MX_WARN_JUMP] = {"musicxml.jump", "a second jump in one measure is kept as text"},
	[MX_WARN_CUT] = {"musicxml.place", "a place before its measure"},
	[MX_WARN_TRANSPOSE] = {"musicxml.transpose", "a part that transposes in more than one way"},
	[MX_WARN_TEMPO] = {"musicxml.tempo", "a tempo that is no number of beats a minute, kept as text"},
	[MX_WARN_UNREAD] = {"musicxml.unread", "is not expected there, or says nothing that can be read"},
};

void mx_warn(struct mx_import *im, enum mx_warning what, const char *detail)
{
	struct mx_warn_count *w = &im->warn[what];
	if (w->n++)
		return;
	w->part = im->part;
	w->measure = im->measure;
	w->line = im->line;
	(void)snprintf(w->detail, sizeof(w->detail), "%s", detail);
}

struct score_where mx_where(const struct mx_import *im, uint32_t part, uint32_t measure, uint32_t line)
{
	if (part == MX_NONE || part >= im->n_parts)
		return score_where_fmt("line %u", line);
	const char *id = nvx_string(im->draft->pool, im->parts[part].id, NULL);
	const char *number = measure < im->n_measures
				     ? nvx_string(im->draft->pool, im->measures[measure].number, NULL)
				     : "";
	if (*number)
		return score_where_fmt("part %.40s, measure %.20s, line %u", id, number, line);
	return score_where_fmt("part %.40s, measure %u, line %u", id, measure + 1, line);
}

void mx_tell_warnings(struct mx_import *im)
{
	for (unsigned i = 0; i < MX_N_WARNINGS; i++) {
		const struct mx_warn_count *w = &im->warn[i];
		if (!w->n)
			continue;
		const struct score_where where = mx_where(im, w->part, w->measure, w->line);
		if (w->n == 1)
			score_warn(im->draft->report, warnings[i].code, where.text, "%s", warnings[i].text);
		else
			score_warn(im->draft->report, warnings[i].code, where.text,
				"%s (%u times, here first)", warnings[i].text, w->n);
		if (w->detail[0])
			score_warn_value(im->draft->report, w->detail, (uint32_t)strlen(w->detail));
	}
}

/* ---- places ---- */

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		const int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

struct mx_pos mx_pos_add(struct mx_pos a, int64_t num, int64_t den)
{
	struct mx_pos sum;
	if (a.den == den) {
		sum = (struct mx_pos){a.num + num, den};
	} else {
		const int64_t common = gcd(a.den, den);
		sum = (struct mx_pos){a.num * (den / common) + num * (a.den / common), a.den / common * den};
		const int64_t shared = gcd(sum.num, sum.den);
		sum.num /= shared;
		sum.den /= shared;
	}
	if (sum.den > MAX_DEN) { /* no clock is that fine: to the tick */
		const int64_t whole = sum.num / sum.den, rest = sum.num % sum.den;
		sum = (struct mx_pos){whole * NVX_PPQ + rest / (sum.den / NVX_PPQ), NVX_PPQ};
	}
	const int64_t most = INT64_C(1) << 20; /* quarters */
	if (sum.num / sum.den > most)
		sum = (struct mx_pos){most, 1};
	if (sum.num < 0)
		sum = (struct mx_pos){0, 1};
	return sum;
}

int mx_pos_compare(struct mx_pos a, struct mx_pos b)
{
	const int64_t whole_a = a.num / a.den, whole_b = b.num / b.den;
	if (whole_a != whole_b)
		return whole_a < whole_b ? -1 : 1;
	const int64_t left = a.num % a.den * b.den, right = b.num % b.den * a.den;
	return left < right ? -1 : left > right;
}

uint32_t mx_near_ticks(struct mx_pos pos)
{
	const int64_t ticks = pos.num / pos.den * NVX_PPQ;
	const int64_t rest = pos.num % pos.den * NVX_PPQ;
	return (uint32_t)(ticks + (2 * rest + pos.den) / (2 * pos.den));
}

uint32_t mx_ticks(struct mx_import *im, struct mx_pos pos)
{
	if (pos.num % pos.den * NVX_PPQ % pos.den)
		mx_warn(im, MX_WARN_ROUNDED, "");
	return mx_near_ticks(pos);
}

int64_t mx_at(struct mx_import *im, struct mx_pos pos)
{
	return MX_AT(im->measure, mx_ticks(im, pos));
}

struct mx_measure *mx_measure(struct mx_import *im)
{
	return &im->measures[im->measure];
}

/* ---- text ---- */

nvx_str mx_string(struct mx_import *im, const char *text)
{
	return *text ? nvx_clean_text(im->draft, text, strlen(text)) : 0;
}

void mx_json_string(struct score_bytes *out, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	score_bytes_puts(out, "\"");
	for (; *text; text++) {
		const uint8_t c = (uint8_t)*text;
		if (c == '"' || c == '\\') {
			score_bytes_puts(out, "\\");
			score_bytes_u8(out, c);
		} else if (c >= 0x20) {
			score_bytes_u8(out, c);
		} else if (c == '\n' || c == '\t' || c == '\r') {
			score_bytes_puts(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		} else {
			score_bytes_puts(out, "\\u00");
			score_bytes_u8(out, (uint8_t)hex[c >> 4]);
			score_bytes_u8(out, (uint8_t)hex[c & 15]);
		}
	}
	score_bytes_puts(out, "\"");
}

/** The piece as XML in im->text. @return its NUL-terminated text; NULL: it must be dropped. */
static const char *piece_text(struct mx_import *im, mx_node_id node)
{
	im->text.n = 0;
	mx_tree_write(&im->tree, node, &im->text);
	score_bytes_u8(&im->text, 0);
	if (im->text.error) {
		im->draft->error = im->text.error;
		return NULL;
	}
	im->extension_bytes += im->text.n;
	if (im->text.n > MAX_EXTENSION / 4 || im->extension_bytes > MAX_EXTENSIONS / 4) {
		im->extension_bytes -= im->text.n;
		mx_warn(im, MX_WARN_EXT_FULL, im->tree.bytes + im->tree.node[node].tag);
		return NULL;
	}
	return (const char *)im->text.data;
}

void mx_keep(struct mx_import *im, mx_node_id node)
{
	if (im->draft->error)
		return;
	mx_warn(im, MX_WARN_KEPT, im->tree.bytes + im->tree.node[node].tag);
	const char *text = piece_text(im, node);
	if (!text)
		return;
	if (im->extra.n + im->text.n > MAX_EXTENSION / 4) {
		mx_warn(im, MX_WARN_EXT_FULL, im->tree.bytes + im->tree.node[node].tag);
		return;
	}
	if (im->extra.n)
		score_bytes_puts(&im->extra, ",");
	mx_json_string(&im->extra, text);
}

nvx_str mx_take_extra(struct mx_import *im)
{
	if (!im->extra.n)
		return 0;
	struct score_bytes *out = &im->text;
	out->n = 0;
	score_bytes_puts(out, "\"extensions\":{\"musicxml\":{\"xml\":[");
	score_bytes_put(out, im->extra.data, im->extra.n);
	score_bytes_puts(out, "]}}");
	im->extra.n = 0;
	if (out->error || im->extra.error) {
		im->draft->error = -ENOMEM;
		return 0;
	}
	return nvx_text(im->draft, (const char *)out->data, out->n);
}

nvx_str mx_fact(struct mx_import *im, const char *key, const char *text)
{
	struct score_bytes *out = &im->text;
	out->n = 0;
	score_bytes_puts(out, "\"extensions\":{\"musicxml\":{");
	mx_json_string(out, key);
	score_bytes_puts(out, ":");
	mx_json_string(out, text);
	score_bytes_puts(out, "}}");
	if (out->error) {
		im->draft->error = -ENOMEM;
		return 0;
	}
	return nvx_text(im->draft, (const char *)out->data, out->n);
}

void mx_keep_here(struct mx_import *im, mx_node_id node)
{
	(void)mx_keep_at(im, node, im->part == MX_NONE ? 0 : mx_ticks(im, im->parts[im->part].cursor));
}

struct mx_kept *mx_keep_at(struct mx_import *im, mx_node_id node, uint32_t offset)
{
	if (im->draft->error)
		return NULL;
	mx_warn(im, MX_WARN_KEPT, im->tree.bytes + im->tree.node[node].tag);
	const char *text = piece_text(im, node);
	struct mx_kept *kept = text ? MX_ADD(im, kept) : NULL;
	if (!kept)
		return NULL;
	const nvx_str xml = nvx_text(im->draft, text, strlen(text));
	*kept = (struct mx_kept){.measure = im->measure,
		.part = im->part,
		.offset = offset,
		.xml = xml,
		.seq = (uint32_t)im->n_kept};
	return kept;
}

/* ---- elements ---- */

struct nvx_notation_element *mx_notation(struct mx_import *im, uint32_t index)
{
	return im->draft->error || index >= im->draft->n_notation ? &im->draft->nowhere.notation
								  : &im->draft->notation[index];
}

uint32_t mx_add_notation(struct mx_import *im, enum nvx_notation kind, int64_t at, unsigned staff)
{
	struct nvx_notation_element *e = nvx_add_notation(im->draft);
	if (im->draft->error)
		return MX_NONE;
	e->e.tick = at;
	e->e.kind = (uint8_t)kind;
	e->e.staff = (uint8_t)(staff > 1 ? staff : 0);
	e->e.part_id = nvx_draft_part(im->draft, im->parts[im->part].part)->id;
	return (uint32_t)im->draft->n_notation - 1;
}

void mx_add_span(struct mx_import *im, enum nvx_list_kind list, uint32_t part, uint32_t index, int64_t end)
{
	struct mx_span *span = MX_ADD(im, spans);
	if (span)
		*span = (struct mx_span){.end = end, .list = list, .part = part, .index = index};
}

/* ---- spanners ---- */

/** An open end of the same kind and number, of the same voice if there is one; never an end before its start.
 */
static struct mx_open *find_open(struct mx_part *p, const struct mx_open *other)
{
	struct mx_open *best = NULL;
	for (uint32_t i = p->n_open; i-- > 0;) {
		struct mx_open *o = &p->open[i];
		if (o->kind != other->kind || o->number != other->number || o->is_stop == other->is_stop ||
			(o->is_stop ? o->at < other->at : o->at > other->at))
			continue;
		if (o->voice == other->voice)
			return o;
		if (!best)
			best = o;
	}
	return best;
}

void mx_lose(struct mx_import *im, const struct mx_open *end)
{
	const int64_t bar_end = MX_AT(MX_MEASURE(end->at) + 1, 0);
	mx_warn(im, MX_WARN_SPANNER, "");
	if (end->kind == MX_SPAN_PEDAL)
		mx_add_switch(im, &im->parts[im->part], bar_end,
			mx_notation(im, end->index)->style == NVX_PEDAL_SOSTENUTO ? 66 : 64, 0);
	if (end->kind == MX_SPAN_SLUR || end->kind == MX_SPAN_GLISSANDO)
		mx_notation(im, end->index)->e.kind = MX_GONE;
	else if (end->kind == MX_SPAN_WEDGE || end->kind == MX_SPAN_OCTAVE || end->kind == MX_SPAN_PEDAL)
		mx_add_span(im, NVX_LIST_notation, 0, end->index, bar_end);
}

static uint32_t meet(struct mx_import *im, struct mx_part *p, const struct mx_open *end)
{
	struct mx_open *o = find_open(p, end);
	if (o) {
		const uint32_t index = o->index;
		memmove(o, o + 1, (size_t)(&p->open[--p->n_open] - o) * sizeof(*o));
		return index;
	}
	/* only what joins notes may end, in the file, before it begins */
	if (end->is_stop && end->kind != MX_SPAN_SLUR && end->kind != MX_SPAN_GLISSANDO) {
		mx_warn(im, MX_WARN_SPANNER, "");
		return MX_NONE;
	}
	if (p->n_open == MX_MAX_OPEN) {
		mx_lose(im, &p->open[0]);
		memmove(p->open, p->open + 1, --p->n_open * sizeof(*p->open));
	}
	p->open[p->n_open++] = *end;
	return MX_NONE;
}

uint32_t mx_open(struct mx_import *im, struct mx_part *p, struct mx_open start)
{
	start.is_stop = 0;
	return meet(im, p, &start);
}

uint32_t mx_close(struct mx_import *im, struct mx_part *p, struct mx_open stop)
{
	stop.is_stop = 1;
	return meet(im, p, &stop);
}

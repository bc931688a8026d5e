/* SPDX-License-Identifier: MIT */
/* MeasureInfo (nvx1.md 15): a measure and everything that starts in it. */
#include <score/nvx_json.h>

#include <errno.h>

#include "json_put.h"
#include "pieces.h"
#include "words.h"

struct span {
	uint32_t from, to;
};

/** Items that start in the measure; the last one has all that follows too. */
static struct span span_of(const struct score *score, const struct nvx_measure *m, const struct nvx_seq *seq)
{
	const int64_t end = m->tick + m->duration_ticks;
	return (struct span){
		nvx_seq_find(seq, m->tick), end >= score->end_tick ? seq->n : nvx_seq_find(seq, end)};
}

static void put_span(struct nvx_writer *w, const char *key, const struct nvx_seq *seq, struct span span,
	const struct nvx_table *table)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '[');
	struct nvx_seq_iter it = nvx_seq_from(seq, span.from);
	for (uint32_t i = span.from; i < span.to; i++) {
		nvx_put_next(w);
		nvx_put_object(w, table, nvx_seq_next(&it));
	}
	nvx_put_end(w, ']');
}

static void put_parts(struct nvx_writer *w, const struct nvx_measure *m)
{
	nvx_put_key(w, "parts");
	nvx_put_begin(w, '{');
	for (uint32_t i = 0; i < w->score->n_parts; i++) {
		const struct score_part *part = w->score->part[i];
		const struct span notes = span_of(w->score, m, &part->note);
		const struct span controls = span_of(w->score, m, &part->control);
		char id[NVX_ID_MAX + 1];
		if (notes.from == notes.to && controls.from == controls.to)
			continue;
		(void)nvx_id_format(w->pool, part->part.id, id);
		nvx_put_key(w, id);
		nvx_put_begin(w, '{');
		put_span(w, "notes", &part->note, notes, &nvx_table_note);
		put_span(w, "controllers", &part->control, controls, &nvx_table_control);
		nvx_put_end(w, '}');
	}
	nvx_put_end(w, '}');
}

static void put_lists(
	struct nvx_writer *w, const struct nvx_measure *m, const char *key, unsigned first, unsigned last)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '{');
	for (unsigned list = first; list <= last; list++) {
		const struct span span = span_of(w->score, m, &w->score->list[list]);
		if (span.from < span.to)
			put_span(w, nvx_list_name(list), &w->score->list[list], span, nvx_table_of(list));
	}
	nvx_put_end(w, '}');
}

static void put_meter(struct nvx_writer *w, const struct nvx_meter *meter)
{
	uint32_t n;
	const uint8_t *beats = nvx_items(w->pool, meter->grouping, &n);
	nvx_put_key(w, "meter");
	nvx_put_begin(w, '{');
	nvx_put_number(w, "num", meter->num);
	nvx_put_number(w, "den", meter->den);
	if (n > 0) {
		nvx_put_key(w, "grouping");
		nvx_put_begin(w, '[');
		for (uint32_t i = 0; i < n; i++) {
			nvx_put_next(w);
			json_put_integer(w->out, beats[i]);
		}
		nvx_put_end(w, ']');
	}
	nvx_put_end(w, '}');
}

/** The innermost form element over a tick; 0: none. */
static nvx_id form_at(const struct score *score, int64_t tick)
{
	nvx_id id = 0;
	int level = -1;
	for (uint32_t i = 0; i < score_n_form(score); i++) {
		const struct nvx_form_element *form = score_form(score, i);
		if (form->e.tick > tick)
			break;
		if (form->e.tick + (int64_t)form->e.duration_ticks > tick && form->level > level) {
			level = form->level;
			id = form->e.id;
		}
	}
	return id;
}

static void put_measure(struct nvx_writer *w, uint32_t index)
{
	const struct score *score = w->score;
	const struct nvx_measure *m = score_measure(score, index);
	const nvx_id form = form_at(score, m->tick);
	char text[64];

	nvx_put_begin(w, '{');
	nvx_put_number(w, "index", index);
	if (!m->number) {
		score_measure_name(score, index, text, sizeof(text));
		nvx_put_text(w, "number", text);
	}
	nvx_put_members(w, &nvx_table_measure, m);
	nvx_put_extra(w, m->extra);
	put_meter(w, score_meter_at(score, m->tick));
	nvx_put_key(w, "key");
	nvx_put_key_name(w, score_key_at(score, m->tick));
	nvx_put_number(w, "nsPerQuarter", (int64_t)score_tempo_at(score, m->tick)->ns_per_quarter);
	if (form) {
		nvx_put_key(w, "formId");
		nvx_put_id(w, form);
	}
	score_state_format(score_state(score), text);
	nvx_put_text(w, "stateId", text);
	nvx_put_key(w, "content");
	nvx_put_begin(w, '{');
	put_parts(w, m);
	put_lists(w, m, "layers", NVX_LIST_form, NVX_LIST_marker);
	put_lists(w, m, "rails", NVX_LIST_drum, NVX_LIST_melody);
	nvx_put_end(w, '}');
	nvx_put_end(w, '}');
}

int nvx_write_measure(const struct score *score, uint32_t index, struct score_bytes *out)
{
	const size_t before = out->n;
	struct nvx_writer w;

	if (index >= score_n_measure(score))
		return -ENOENT;
	nvx_writer_init(&w, score, out);
	put_measure(&w, index);
	nvx_writer_finish(&w);
	return nvx_written(out, before);
}

/* SPDX-License-Identifier: MIT */
/* The document: NVX1, UMF, and NVX1 for older readers. */
#include <score/nvx_json.h>

#include <errno.h>

#include <score/format.h>

#include "json_put.h"
#include "words.h"
#include "write.h"

/** What a version can hold. */
struct holds {
	const char *version;
	uint8_t rails, order, learning;
};

void nvx_put_seq(
	struct nvx_writer *w, const char *key, const struct nvx_seq *seq, const struct nvx_table *table)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '[');
	const void *item;
	for (struct nvx_seq_iter it = nvx_seq_from(seq, 0); (item = nvx_seq_next(&it));) {
		nvx_put_next(w);
		nvx_put_object(w, table, item);
	}
	nvx_put_end(w, ']');
}

static void put_list(struct nvx_writer *w, const char *key, unsigned list)
{
	nvx_put_seq(w, key, &w->score->list[list], nvx_table_of(list));
}

static void put_some(struct nvx_writer *w, const char *key, unsigned list)
{
	if (w->score->list[list].n > 0)
		put_list(w, key, list);
}

static void put_metadata(struct nvx_writer *w)
{
	nvx_put_key(w, "metadata");
	nvx_put_object(w, &nvx_table_metadata, &w->score->globals.metadata);
}

static void put_timeline(struct nvx_writer *w, const struct holds *holds)
{
	nvx_put_key(w, "timeline");
	nvx_put_begin(w, '{');
	put_list(w, "tempo", NVX_LIST_tempo);
	put_list(w, "meter", NVX_LIST_meter);
	put_list(w, "key", NVX_LIST_key);
	if (holds->order)
		put_some(w, "order", NVX_LIST_order);
	nvx_put_extra(w, w->score->globals.timeline_extra);
	nvx_put_end(w, '}');
}

static void put_part_lists(struct nvx_writer *w, const void *ctx)
{
	const struct score_part *part = ctx;
	if (part->note.n > 0)
		nvx_put_seq(w, "notes", &part->note, &nvx_table_note);
	if (part->control.n > 0)
		nvx_put_seq(w, "controllers", &part->control, &nvx_table_control);
}

void nvx_put_part(struct nvx_writer *w, const struct score_part *part)
{
	nvx_put_object_and(w, &nvx_table_part, &part->part, put_part_lists, part);
}

static void put_parts(struct nvx_writer *w)
{
	nvx_put_key(w, "parts");
	nvx_put_begin(w, '[');
	for (uint32_t i = 0; i < w->score->n_parts; i++) {
		nvx_put_next(w);
		nvx_put_part(w, w->score->part[i]);
	}
	nvx_put_end(w, ']');
}

/** @param poi  1: points of interest, 0: all other markers. */
static void put_markers(struct nvx_writer *w, const char *key, int poi)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '[');
	const struct nvx_marker_element *marker;
	for (struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_marker], 0);
		(marker = nvx_seq_next(&it));) {
		if ((marker->e.kind == NVX_MARKER_POI) != poi)
			continue;
		nvx_put_next(w);
		nvx_put_object(w, poi ? &nvx_table_poi : &nvx_table_marker, marker);
	}
	nvx_put_end(w, ']');
}

static int has_poi(const struct score *score)
{
	for (uint32_t i = 0; i < score_n_marker(score); i++)
		if (score_marker(score, i)->e.kind == NVX_MARKER_POI)
			return 1;
	return 0;
}

static void put_layers(struct nvx_writer *w, int umf)
{
	const struct nvx_globals *g = &w->score->globals;
	nvx_put_key(w, "layers");
	nvx_put_begin(w, '[');
	for (unsigned i = 0; i < NVX_N_LAYERS; i++) {
		nvx_put_next(w);
		nvx_put_begin(w, '{');
		nvx_put_text(w, "type", nvx_words_layer.text[i]);
		nvx_put_members(w, &nvx_table_layer, &g->layer[i]);
		if (umf && i == NVX_LAYER_MARKERS)
			put_markers(w, "elements", 0);
		else
			put_list(w, "elements", NVX_LIST_form + i);
		nvx_put_extra(w, g->layer[i].extra);
		nvx_put_end(w, '}');
	}
	nvx_put_extra(w, g->foreign_layers);
	nvx_put_end(w, ']');
}

static void put_rails(struct nvx_writer *w)
{
	const struct score *s = w->score;
	if (!score_n_drum(s) && !score_n_performance(s) && !score_n_melody(s) && !score_n_extended(s) &&
		!s->globals.rails_extra)
		return;
	nvx_put_key(w, "rails");
	nvx_put_begin(w, '{');
	put_some(w, "drums", NVX_LIST_drum);
	put_some(w, "performance", NVX_LIST_performance);
	put_some(w, "melody", NVX_LIST_melody);
	put_some(w, "extended", NVX_LIST_extended);
	nvx_put_extra(w, s->globals.rails_extra);
	nvx_put_end(w, '}');
}

static void put_audio(struct nvx_writer *w)
{
	if (w->score->globals.audio.format == NVX_AUDIO_NONE)
		return;
	nvx_put_key(w, "audio");
	nvx_put_object(w, &nvx_table_audio, &w->score->globals.audio);
}

static void put_learning(struct nvx_writer *w, int poi)
{
	const struct score *s = w->score;
	poi = poi && has_poi(s);
	if (!poi && !score_n_annotation(s) && !s->globals.learning_extra)
		return;
	nvx_put_key(w, "learning");
	nvx_put_begin(w, '{');
	if (poi)
		put_markers(w, "pointsOfInterest", 1);
	put_some(w, "annotations", NVX_LIST_annotation);
	nvx_put_extra(w, s->globals.learning_extra);
	nvx_put_end(w, '}');
}

/** What NVX1 and UMF's `score` have in common. */
static void put_score(struct nvx_writer *w, const struct holds *holds, int umf)
{
	put_timeline(w, holds);
	put_list(w, "measures", NVX_LIST_measure);
	put_parts(w);
	put_layers(w, umf);
	if (holds->rails)
		put_rails(w);
	put_some(w, "media", NVX_LIST_media);
}

static void put_nvx1(struct nvx_writer *w, const struct holds *holds)
{
	const struct nvx_globals *g = &w->score->globals;
	nvx_put_begin(w, '{');
	nvx_put_text(w, "format", "nvx1");
	nvx_put_text(w, "version", holds->version);
	nvx_put_number(w, "ppq", NVX_PPQ);
	put_metadata(w);
	put_score(w, holds, 0);
	if (holds->learning) {
		put_audio(w);
		put_learning(w, 0);
		if (g->umf_extra) {
			nvx_put_key(w, "umf");
			nvx_put_begin(w, '{');
			nvx_put_extra(w, g->umf_extra);
			nvx_put_end(w, '}');
		}
	}
	nvx_put_extra(w, g->score_extra);
	nvx_put_extra(w, g->extra);
	nvx_put_end(w, '}');
}

static void put_umf(struct nvx_writer *w, const struct holds *holds)
{
	const struct nvx_globals *g = &w->score->globals;
	nvx_put_begin(w, '{');
	nvx_put_text(w, "version", "1.0");
	put_metadata(w);
	nvx_put_key(w, "score");
	nvx_put_begin(w, '{');
	put_score(w, holds, 1);
	nvx_put_extra(w, g->score_extra);
	nvx_put_end(w, '}');
	put_audio(w);
	put_learning(w, 1);
	nvx_put_extra(w, g->umf_extra);
	nvx_put_extra(w, g->extra);
	nvx_put_end(w, '}');
}

static const struct holds holds_all = {"3.0.0", 1, 1, 1};

int nvx_written(struct score_bytes *out, size_t before)
{
	const int error = out->error;
	if (error) {
		out->n = before;
		out->error = 0;
	}
	return error;
}

static int write_one(const struct score *score, enum nvx_style style, struct score_bytes *out,
	void (*put)(struct nvx_writer *w, const struct holds *holds), const struct holds *holds)
{
	const size_t before = out->n;
	struct score_bytes canonical;
	struct nvx_writer w;

	score_bytes_init(&canonical, out->alloc);
	nvx_writer_init(&w, score, style == NVX_PRETTY ? &canonical : out);
	put(&w, holds);
	nvx_writer_finish(&w);
	if (canonical.error)
		out->error = canonical.error;
	else if (style == NVX_PRETTY)
		json_put_pretty(out, canonical.data, canonical.n);
	score_bytes_finish(&canonical);
	return nvx_written(out, before);
}

int nvx_write(const struct score *score, enum nvx_style style, struct score_bytes *out)
{
	return write_one(score, style, out, put_nvx1, &holds_all);
}

int nvx_write_umf(const struct score *score, enum nvx_style style, struct score_bytes *out)
{
	return write_one(score, style, out, put_umf, &holds_all);
}

static void left_out(struct score_report *report, const char *version, const char *what, uint32_t n)
{
	if (n > 0)
		score_warn(report, "EXPORT_PART_FLATTENED_010", what,
			"version %s cannot hold it: %u left out", version, (unsigned)n);
}

int nvx_write_version(const struct score *score, unsigned major, enum nvx_style style,
	struct score_bytes *out, struct score_report *report)
{
	static const struct holds holds[] = {{"1.0.0", 0, 0, 0}, {"2.0.0", 0, 1, 0}};
	if (major >= 3)
		return nvx_write(score, style, out);
	const struct holds *h = &holds[major == 2];
	left_out(report, h->version, "/rails",
		score_n_drum(score) + score_n_performance(score) + score_n_melody(score) +
			score_n_extended(score) + (score->globals.rails_extra != 0));
	left_out(report, h->version, "/timeline/order", h->order ? 0 : score_n_order(score));
	left_out(report, h->version, "/audio", score->globals.audio.format != NVX_AUDIO_NONE);
	left_out(report, h->version, "/learning",
		score_n_annotation(score) + (score->globals.learning_extra != 0));
	left_out(report, h->version, "/umf", score->globals.umf_extra != 0);
	return write_one(score, style, out, put_nvx1, h);
}

int nvx1_export(const struct score *score, struct score_bytes *out, struct score_report *)
{
	return nvx_write(score, NVX_PRETTY, out);
}

int umf_export(const struct score *score, struct score_bytes *out, struct score_report *)
{
	return nvx_write_umf(score, NVX_PRETTY, out);
}

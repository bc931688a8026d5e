/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <inttypes.h>

#include "json_wire.h"
#include "timeline.h"

/* A frame holds 64 KiB, and a hundred warnings are half of that. */
#define PARTS_BYTES_MAX (24u << 10)
#define PART_NAME_BYTES 80u

void facts_key(const struct nvx_key *key, char ret[static FACTS_KEY_BYTES])
{
	static const char *const modes[] = {
#define X(constant, text) text,
		NVX_MODES(X, NVX_MODE_)
#undef X
	};
	static const char *const alters[] = {"bb", "b", "", "#", "##"};

	if (key->step < 0)
		(void)snprintf(ret, FACTS_KEY_BYTES, "none");
	else
		(void)snprintf(ret, FACTS_KEY_BYTES, "%c%s %s", "CDEFGAB"[key->step], alters[key->alter + 2],
			modes[key->mode]);
}

struct store_facts facts_for_store(
	const struct score *score, const char *format, char key[static FACTS_KEY_BYTES])
{
	facts_key(score_key_at(score, 0), key);
	return (struct store_facts){
		.title = score_text(score, score->globals.metadata.title),
		.composer = score_text(score, score->globals.metadata.composer),
		.key = key,
		.format = format,
		.n_measures = score_n_measure(score),
		.n_notes = score_n_notes(score),
		.end_tick = score->end_tick,
	};
}

static void put_parts(struct score_bytes *out, const struct facts *facts)
{
	const struct score *score = facts->score;
	const size_t begin = out->n;

	json_put_number(out, "n_parts", score->n_parts);
	json_open(out, "parts", '[');
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct score_part *part = score->part[i];
		char name[PART_NAME_BYTES];

		if (!facts->all && out->n - begin > PARTS_BYTES_MAX)
			break;
		(void)snprintf(name, sizeof(name), "%s", score_text(score, part->part.name));
		json_open(out, NULL, '{');
		json_put_text(out, "name", facts->all ? score_text(score, part->part.name) : name);
		json_put_number(out, "program", part->part.midi_program);
		json_put_number(out, "notes", part->note.n);
		json_close(out, '}');
	}
	json_close(out, ']');
}

void facts_put_warnings(struct score_bytes *out, const struct score_report *report)
{
	const uint32_t n = report->n_warnings < SCORE_MAX_ISSUES ? report->n_warnings : SCORE_MAX_ISSUES;

	json_put_number(out, "n_warnings", report->n_warnings);
	json_open(out, "warnings", '[');
	for (uint32_t i = 0; i < n; i++) {
		json_open(out, NULL, '{');
		json_put_text(out, "where", report->warning[i].where);
		json_put_text(out, "text", report->warning[i].reason);
		json_put_text(out, "code", report->warning[i].code);
		json_close(out, '}');
	}
	json_close(out, ']');
}

void facts_put(struct score_bytes *out, const struct facts *facts)
{
	static const struct score_report none;
	const struct score *score = facts->score;
	char state[SCORE_STATE_TEXT], key[FACTS_KEY_BYTES];

	score_state_format(score_state(score), state);
	facts_key(score_key_at(score, 0), key);
	if (facts->score_id) {
		json_put_text(out, "score_id", facts->score_id);
		json_put_number(out, "revision", (int64_t)facts->revision);
	}
	json_put_text(out, "state_id", state);
	json_put_text(out, "title", score_text(score, score->globals.metadata.title));
	json_put_text(out, "composer", score_text(score, score->globals.metadata.composer));
	json_put_text(out, "key", key);
	json_put_text(out, "format", facts->format);
	if (facts->n_scores)
		json_put_number(out, "scores", facts->n_scores);
	json_put_number(out, "end_ticks", facts->timeline ? facts->timeline->end_tick : score->end_tick);
	if (facts->timeline) {
		json_put_seconds(out, "seconds", facts->timeline->duration_ns);
		json_put_number(out, "events", facts->timeline->n_events);
	}
	json_put_number(out, "measures", score_n_measure(score));
	json_put_number(out, "notes", (int64_t)score_n_notes(score));
	put_parts(out, facts);
	facts_put_warnings(out, facts->report ? facts->report : &none);
}

void facts_print(FILE *to, const struct facts *facts)
{
	const struct score *score = facts->score;
	const struct score_report *report = facts->report;
	char state[SCORE_STATE_TEXT];

	score_state_format(score_state(score), state);
	fprintf(to, "%s: %s, %.3f s, measures=%u parts=%u notes=%" PRIu64 " events=%u id=%s\n",
		score_text(score, score->globals.metadata.title), facts->format,
		(double)facts->timeline->duration_ns / 1e9, score_n_measure(score), score->n_parts,
		score_n_notes(score), facts->timeline->n_events, state);
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct score_part *part = score->part[i];

		fprintf(to, "  part %u: %s: program %u, %u notes\n", i + 1,
			score_text(score, part->part.name), part->part.midi_program, part->note.n);
	}
	for (uint32_t i = 0; i < report->n_warnings && i < SCORE_MAX_ISSUES; i++)
		fprintf(to, "warning: %s: %s\n", report->warning[i].where, report->warning[i].reason);
	if (report->n_warnings > SCORE_MAX_ISSUES)
		fprintf(to, "warning: %u more\n", report->n_warnings - SCORE_MAX_ISSUES);
}

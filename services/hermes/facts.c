/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#define LISTED_PARTS 256u
#define LISTED_NAME_BYTES 80u /* a frame holds 64 KiB */

static double seconds_of(const struct song *song)
{
	return (double)song->duration_ns / 1e9;
}

void facts_put(struct wire_out *out, const struct song *song)
{
	const struct score *score = &song->score;
	char format[16];

	song_format(song, format, sizeof(format));
	wire_put_str(out, "state_id", song->state_id);
	wire_put_str(out, "title", song_title(song));
	wire_put_str(out, "format", format);
	wire_put_i64(out, "end_ticks", score->end_tick);
	wire_put_f64(out, "seconds", seconds_of(song));
	wire_put_u64(out, "events", song->n_events);
	wire_put_u64(out, "n_parts", score->n_part);
	wire_open_array(out, "parts");
	for (size_t i = 0; i < score->n_part && i < LISTED_PARTS; i++) {
		const struct score_part *part = &score->part[i];
		char name[LISTED_NAME_BYTES];
		(void)snprintf(name, sizeof(name), "%s", score->strings + part->name);
		wire_open_map(out, NULL);
		wire_put_str(out, "name", name);
		wire_put_u64(out, "program", part->program);
		wire_put_u64(out, "notes", part->n_notes);
		wire_close(out);
	}
	wire_close(out);
	wire_put_u64(out, "n_warnings", song->report.n_warnings + song->report.n_omitted);
	wire_open_array(out, "warnings");
	for (uint32_t i = 0; i < song->report.n_warnings; i++) {
		char where[32];
		(void)snprintf(
			where, sizeof(where), "byte %llu", (unsigned long long)song->report.warning[i].at);
		wire_open_map(out, NULL);
		wire_put_str(out, "where", where);
		wire_put_str(out, "text", song->report.warning[i].text);
		wire_close(out);
	}
	wire_close(out);
}

int facts_write_json(FILE *to, const struct song *song)
{
	const struct score *score = &song->score;
	char format[16];
	int rc = -ENOMEM;
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (!doc)
		return -ENOMEM;
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	song_format(song, format, sizeof(format));

	bool ok = yyjson_mut_obj_add_str(doc, root, "state_id", song->state_id) &&
		  yyjson_mut_obj_add_str(doc, root, "title", song_title(song)) &&
		  yyjson_mut_obj_add_strcpy(doc, root, "format", format) &&
		  yyjson_mut_obj_add_sint(doc, root, "end_ticks", score->end_tick) &&
		  yyjson_mut_obj_add_real(doc, root, "seconds", seconds_of(song)) &&
		  yyjson_mut_obj_add_uint(doc, root, "events", song->n_events) &&
		  yyjson_mut_obj_add_uint(doc, root, "n_parts", score->n_part);
	yyjson_mut_val *parts = yyjson_mut_obj_add_arr(doc, root, "parts");
	for (size_t i = 0; i < score->n_part; i++) {
		const struct score_part *part = &score->part[i];
		yyjson_mut_val *item = yyjson_mut_arr_add_obj(doc, parts);
		ok = ok && yyjson_mut_obj_add_str(doc, item, "name", score->strings + part->name) &&
		     yyjson_mut_obj_add_uint(doc, item, "program", part->program) &&
		     yyjson_mut_obj_add_uint(doc, item, "notes", part->n_notes);
	}
	ok = ok && yyjson_mut_obj_add_uint(
			   doc, root, "n_warnings", song->report.n_warnings + song->report.n_omitted);
	yyjson_mut_val *warnings = yyjson_mut_obj_add_arr(doc, root, "warnings");
	for (uint32_t i = 0; i < song->report.n_warnings; i++) {
		char where[32];
		(void)snprintf(
			where, sizeof(where), "byte %llu", (unsigned long long)song->report.warning[i].at);
		yyjson_mut_val *item = yyjson_mut_arr_add_obj(doc, warnings);
		ok = ok && yyjson_mut_obj_add_strcpy(doc, item, "where", where) &&
		     yyjson_mut_obj_add_str(doc, item, "text", song->report.warning[i].text);
	}
	char *text = ok && warnings && parts ? yyjson_mut_write(doc, 0, NULL) : NULL;
	if (text)
		rc = fprintf(to, "%s\n", text) < 0 || fflush(to) != 0 ? -EIO : 0;
	free(text);
	yyjson_mut_doc_free(doc);
	return rc;
}

void facts_write_text(FILE *to, const struct song *song)
{
	const struct score *score = &song->score;
	char format[16];

	song_format(song, format, sizeof(format));
	fprintf(to, "%s: %s, %.3f s, parts=%zu notes=%zu events=%u id=%s\n", song_title(song), format,
		seconds_of(song), score->n_part, score->n_note, song->n_events, song->state_id);
	for (size_t i = 0; i < score->n_part; i++) {
		const struct score_part *part = &score->part[i];
		fprintf(to, "  part %zu: %s: program %u, channel %u, %u notes\n", i + 1,
			score->strings + part->name, part->program, part->channel + 1u, part->n_notes);
	}
	for (uint32_t i = 0; i < song->report.n_warnings; i++)
		fprintf(to, "warning: byte %llu: %s\n", (unsigned long long)song->report.warning[i].at,
			song->report.warning[i].text);
	if (song->report.n_omitted)
		fprintf(to, "warning: %llu more\n", (unsigned long long)song->report.n_omitted);
}

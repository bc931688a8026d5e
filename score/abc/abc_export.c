/* SPDX-License-Identifier: MIT */
/* A score as an ABC tune: the header, and what ABC cannot hold. */
#include <errno.h>
#include <string.h>

#include <score/format.h>

#include "abc_write.h"

#define LOSS "EXPORT_TECHNIQUE_LOSS_011"

static void put(struct abc_writer *w, const char *text)
{
	score_bytes_puts(w->out, text);
}

static void put_field(struct abc_writer *w, const char *name, nvx_str text)
{
	if (!text)
		return;
	put(w, name);
	abc_put_text(w->out, score_text(w->score, text), "");
	put(w, "\n");
}

/* ---- lines that an import kept beside the score ---- */

static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static const char *skip_value(const char *at)
{
	unsigned depth = 0;
	while (*at) {
		if (*at == '"') {
			at = skip_string(at);
		} else {
			depth += *at == '{' || *at == '[';
			if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
				return at;
			depth -= *at == '}' || *at == ']';
			at++;
		}
		if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
			return at;
	}
	return at;
}

/** The value of a member among `"a":1,"b":2`, canonical JSON. NULL: it is not there. */
static const char *member(const char *at, const char *name)
{
	const size_t n = strlen(name);
	while (at && *at == '"') {
		const char *end = skip_string(at);
		if (*end != ':')
			return NULL;
		if ((size_t)(end - at) == n + 2 && memcmp(at + 1, name, n) == 0)
			return end + 1;
		at = skip_value(end + 1);
		if (*at == ',')
			at++;
	}
	return NULL;
}

static const char *inside(const char *value, char bracket)
{
	return value && *value == bracket ? value + 1 : NULL;
}

/** A JSON string without its escapes; control characters become blanks. @return behind it. */
static const char *unescape(const char *at, char *to, size_t size)
{
	size_t n = 0;
	const char *end = skip_string(at);
	for (at++; at + 1 < end; at++) {
		char c = *at;
		if (c == '\\') {
			at++;
			c = *at == '"' || *at == '\\' || *at == '/' ? *at : ' ';
			if (*at == 'u')
				at += at + 4 < end ? 4 : 0;
		}
		if (n + 1 < size)
			to[n++] = (unsigned char)c < ' ' ? ' ' : c;
	}
	to[n] = 0;
	return end;
}

static void put_kept_line(struct abc_writer *w, const char *line)
{
	if (line[0] == '%' && line[1] == '%' && strncmp(line + 2, "begin", 5) != 0) {
		put(w, line);
		put(w, "\n");
	} else if (line[0] && strchr("ABDFGHNOPSW", line[0]) && line[1] == ':') {
		score_bytes_put(w->out, line, 2);
		abc_put_text(w->out, line + 2, "");
		put(w, "\n");
	} else if (strcmp(line, "M:none") == 0) {
		w->free_meter = true;
	}
}

/** @param midi  MIDI directives, which stand behind K:, or all the others. @return a playing order is among
 * them. */
static bool put_kept(struct abc_writer *w, bool midi)
{
	char line[2048];
	bool has_order = false;
	const char *at = score_text(w->score, w->score->globals.extra);
	at = inside(member(at, "extensions"), '{');
	at = inside(member(at, "mos"), '{');
	at = inside(member(at, "abc"), '[');
	while (at && *at == '"') {
		at = unescape(at, line, sizeof(line));
		if ((strncmp(line, "%%MIDI", 6) == 0) == midi)
			put_kept_line(w, line);
		has_order |= line[0] == 'P';
		if (*at == ',')
			at++;
	}
	return has_order;
}

/* ---- voices ---- */

/** A clef that stands at the start is said with the voice. */
static void put_first_clef(struct abc_writer *w, struct abc_w_voice *v)
{
	const size_t front = strlen("[K:");
	for (size_t i = 0; i < v->n_mark && v->mark[i].tick == 0; i++) {
		struct abc_w_mark *mark = &v->mark[i];
		if (mark->kind != ABC_SETS_CLEF || mark->n <= front)
			continue;
		put(w, " ");
		score_bytes_put(w->out, w->texts.data + mark->text + front, mark->n - front - 1);
		mark->n = 0;
		return;
	}
}

static uint8_t stem_of(const struct abc_w_voice *v)
{
	uint8_t stem = v->n_event && v->event[0].n ? v->event[0].n->stem : NVX_STEM_AUTO;
	for (size_t i = 0; i < v->n_event; i++)
		if (!v->event[i].n || v->event[i].n->stem != stem)
			return NVX_STEM_AUTO;
	return stem == NVX_STEM_UP || stem == NVX_STEM_DOWN ? stem : NVX_STEM_AUTO;
}

static void put_properties(struct abc_writer *w, struct abc_w_voice *v, bool is_first, const char *usual_name)
{
	const struct nvx_part *part = &w->score->part[v->part]->part;
	if (is_first && strcmp(score_text(w->score, part->name), usual_name) != 0) {
		put(w, " name=");
		abc_put_quoted(w->out, score_text(w->score, part->name));
	}
	if (is_first && part->short_name) {
		put(w, " sname=");
		abc_put_quoted(w->out, score_text(w->score, part->short_name));
	}
	put_first_clef(w, v);
	const int transpose = abc_w_transpose(part);
	if (transpose)
		score_bytes_printf(w->out, " transpose=%d", transpose);
	const uint8_t stem = stem_of(v);
	if (stem)
		put(w, stem == NVX_STEM_UP ? " stem=up" : " stem=down");
}

static void put_midi(struct abc_writer *w, const struct abc_w_voice *v)
{
	const struct nvx_part *part = &w->score->part[v->part]->part;
	if (part->midi_channel != NVX_NO_U8)
		score_bytes_printf(w->out, "%%%%MIDI channel %u\n", part->midi_channel + 1u);
	if (part->midi_program)
		score_bytes_printf(w->out, "%%%%MIDI program %u\n", part->midi_program);
}

static void put_groups(struct abc_writer *w)
{
	const uint32_t n_parts = w->score->n_parts;
	if (w->n_voice == n_parts)
		return;
	put(w, "%%score");
	for (uint32_t p = 0; p < n_parts; p++) {
		const uint32_t first = w->part_voice[p], last = w->part_voice[p + 1];
		const bool braces = w->voice[first].staff != w->voice[last - 1].staff;
		if (braces)
			put(w, " {");
		for (uint32_t i = first; i < last; i++) {
			const uint8_t staff = w->voice[i].staff;
			const bool opens = i == first || w->voice[i - 1].staff != staff;
			const bool closes = i + 1 == last || w->voice[i + 1].staff != staff;
			score_bytes_printf(w->out, opens && !closes ? " (%u" : " %u", i + 1);
			if (closes && !opens)
				put(w, ")");
		}
		if (braces)
			put(w, " }");
	}
	put(w, "\n");
}

static void put_voices(struct abc_writer *w)
{
	put_groups(w);
	for (uint32_t i = 0; w->n_voice > 1 && i < w->n_voice; i++) {
		struct abc_w_voice *v = &w->voice[i];
		char usual[32] = "Voice ";
		unsigned n = 6;
		for (uint32_t weight = 1000; weight; weight /= 10)
			if (i + 1 >= weight)
				usual[n++] = (char)('0' + (i + 1) / weight % 10);
		score_bytes_printf(w->out, "V:%u", i + 1);
		put_properties(w, v, i == w->part_voice[v->part], usual);
		put(w, "\n");
		put_midi(w, v);
	}
}

/** A single voice with nothing to say about it needs no V:. */
static void put_key_and_voice(struct abc_writer *w)
{
	if (w->n_voice > 1) {
		put(w, "K:");
		abc_put_key(w->out, score_key_at(w->score, 0));
		put(w, "\n");
		return;
	}
	struct score_bytes *out = w->out;
	struct score_bytes properties;
	score_bytes_init(&properties, w->alloc);
	w->out = &properties;
	put_properties(w, &w->voice[0], true, "Voice 1");
	w->out = out;
	if (properties.n) {
		put(w, "V:1");
		score_bytes_put(out, properties.data, properties.n);
		put(w, "\n");
	}
	if (properties.error)
		w->error = properties.error;
	score_bytes_finish(&properties);
	put_midi(w, &w->voice[0]);
	put(w, "K:");
	abc_put_key(out, score_key_at(w->score, 0));
	put(w, "\n");
}

static void put_header(struct abc_writer *w)
{
	const struct nvx_metadata *m = &w->score->globals.metadata;
	const char *id = m->id ? score_text(w->score, m->id) : "1";
	bool is_number = *id != 0;
	for (const char *c = id; *c; c++)
		is_number &= *c >= '0' && *c <= '9';
	put(w, "X:");
	put(w, is_number ? id : "1");
	put(w, "\n");
	put_field(w, "T:", m->title);
	put_field(w, "T:", m->subtitle);
	put_field(w, "C:", m->composer);
	put_field(w, "R:", m->style);
	put_field(w, "Z:", m->transcription);
	const bool has_order = put_kept(w, false);
	put(w, "M:");
	if (w->free_meter)
		put(w, "none");
	else
		abc_put_meter(w, score_meter_at(w->score, 0));
	score_bytes_printf(w->out, "\nL:1/%d\nQ:", ABC_W_UNIT);
	if (w->tempo_text) {
		abc_put_quoted(w->out, score_text(w->score, w->tempo_text));
		put(w, " ");
	}
	abc_put_tempo(w->out, score_tempo_at(w->score, 0)->ns_per_quarter);
	put(w, "\n");
	if (score_n_order(w->score) && !has_order)
		score_warn(w->report, LOSS, "score", "a stated playing order is not written");
	put_voices(w);
	put_key_and_voice(w);
	(void)put_kept(w, true);
}

/* ---- what is left out ---- */

static void lose(struct abc_writer *w, uint64_t n, const char *what)
{
	if (n)
		score_warn(
			w->report, LOSS, "score", "%llu %s cannot be written", (unsigned long long)n, what);
}

static void tell_losses(struct abc_writer *w)
{
	const struct score *s = w->score;
	const struct nvx_metadata *m = &s->globals.metadata;
	lose(w, score_n_analysis(s), "elements of the analysis layer");
	lose(w, score_n_tab(s), "places on strings");
	lose(w, score_n_diagram(s), "chord diagrams");
	lose(w, score_n_drum(s) + score_n_performance(s) + score_n_melody(s) + score_n_extended(s),
		"entries of rails");
	lose(w, score_n_media(s), "media");
	lose(w, score_n_annotation(s), "annotations");
	lose(w, w->n_velocities, "velocities that no dynamic says");
	const nvx_str rest[] = {m->artist, m->album, m->arranger, m->lyricist, m->copyright, m->language,
		m->created_at, m->modified_at, m->tags};
	unsigned n_rest = 0;
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		n_rest += rest[i] != 0;
	lose(w, n_rest, "members of metadata");
	lose(w, w->n_lost, "other elements or details of them");
}

int abc_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	struct abc_writer *w = score_zalloc(out->alloc, 1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	const struct score_alloc *alloc = out->alloc;
	*w = (struct abc_writer){.score = score, .alloc = alloc, .report = report, .out = out};
	score_bytes_init(&w->texts, alloc);
	int rc = abc_collect(w);
	if (rc == 0)
		rc = abc_write_marks(w);
	if (rc == 0) {
		for (size_t i = 0; i < w->n_voice; i++)
			abc_w_signature(&w->voice[i], abc_w_fifths(score_key_at(score, 0)));
		put_header(w);
		abc_write_body(w);
		tell_losses(w);
		rc = w->error ? w->error : out->error;
	}
	abc_collect_finish(w);
	score_free(alloc, w);
	return rc;
}

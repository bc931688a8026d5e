/* SPDX-License-Identifier: MIT */
/* Information fields: what each of them sets, in the header and in the body. */
#include <string.h>

#include "abc_impl.h"

#define MAX_UNIT 4096u

struct abc_ratio abc_default_unit(const struct abc_reader *r)
{
	const struct abc_meter *meter = &r->setup.meter;
	if (r->setup.unit.den)
		return r->setup.unit;
	/* below 3/4 of a whole note: 1/16 */
	const bool is_short = r->setup.has_meter && !meter->is_free && 4u * meter->num < 3u * meter->den;
	return (struct abc_ratio){1, is_short ? 16 : 8};
}

static void inherit(struct abc_reader *r, struct abc_voice *v)
{
	v->unit = abc_default_unit(r);
	v->meter = r->setup.has_meter ? r->setup.meter : (struct abc_meter){.num = 4, .den = 4, .is_free = 1};
	v->key = r->key;
	v->propagate = r->setup.propagate;
	if (!v->has_clef && r->defaults.has_clef) {
		v->clef = r->defaults.clef;
		v->has_clef = 1;
	}
}

static struct abc_voice *new_voice(struct abc_reader *r, struct abc_span id)
{
	if (r->n_voice == ABC_MAX_VOICES) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, id.at),
			"more than %u voices: this one goes into the last", ABC_MAX_VOICES);
		return &r->voice[r->n_voice - 1];
	}
	struct abc_voice *v = ABC_PUSH(r, r, voice);
	if (!v)
		return NULL;
	*v = r->defaults;
	v->name_id = id;
	inherit(r, v);
	v->slur = ABC_NONE;
	v->spaced = 1;
	v->lyric_event = ABC_NONE;
	for (unsigned i = 0; i < ABC_MAX_LANES; i++)
		v->lane[i] = (struct abc_lane){.event = ABC_NONE, .tuplet = ABC_NONE, .broken = {1, 1}};
	/* Of one voice most tunes have no other. */
	if (r->n_voice == 1)
		(void)abc_room(r, (void *)&v->event, &v->cap_event, r->n_expected, sizeof(v->event[0]));
	return v;
}

struct abc_voice *abc_voice(struct abc_reader *r)
{
	if (r->current == ABC_NONE) {
		if (r->n_voice == 0) {
			struct abc_voice *first = new_voice(r, (struct abc_span){"1", 1});
			if (!first)
				return NULL;
			first->is_unnamed = 1;
		}
		r->current = 0;
	}
	struct abc_voice *v = &r->voice[r->current];
	if (r->in_body)
		abc_start_voice(r, v);
	return v;
}

static void mark_key(struct abc_reader *r, struct abc_voice *v, const char *at)
{
	struct abc_key *key = ABC_PUSH(r, r, keys);
	struct abc_mark *mark = key ? abc_mark(r, v, ABC_MARK_KEY, at) : NULL;
	if (!mark)
		return;
	*key = v->key;
	mark->value = (int64_t)(r->n_keys - 1);
}

static void mark_meter(struct abc_reader *r, struct abc_voice *v, const char *at)
{
	struct abc_meter *meter = ABC_PUSH(r, r, meters);
	struct abc_mark *mark = meter ? abc_mark(r, v, ABC_MARK_METER, at) : NULL;
	if (!mark)
		return;
	*meter = v->meter;
	mark->value = (int64_t)(r->n_meters - 1);
}

static void mark_clef(struct abc_reader *r, struct abc_voice *v, const char *at)
{
	struct abc_clef *clef = v->clef.sign != NVX_CLEF_NONE ? ABC_PUSH(r, r, clefs) : NULL;
	struct abc_mark *mark = clef ? abc_mark(r, v, ABC_MARK_CLEF, at) : NULL;
	if (!mark)
		return;
	*clef = v->clef;
	mark->value = (int64_t)(r->n_clefs - 1);
}

void abc_start_voice(struct abc_reader *r, struct abc_voice *v)
{
	if (v->is_started)
		return;
	v->is_started = 1;
	const char *at = v->name_id.at;
	mark_meter(r, v, at);
	mark_key(r, v, at);
	if (v->has_clef)
		mark_clef(r, v, at);
}

static void apply(
	struct abc_reader *r, struct abc_voice *v, const struct abc_options *options, const char *at)
{
	if (options->has_octave)
		v->octave = options->octave;
	if (options->has_transpose)
		v->transpose = options->transpose;
	if (options->has_name)
		v->name = abc_string(r, options->name);
	if (options->has_short)
		v->short_name = abc_string(r, options->short_name);
	if (options->has_stem)
		v->stem = options->stem;
	if (!options->has_clef)
		return;
	const bool changes = !v->has_clef || memcmp(&v->clef, &options->clef, sizeof(v->clef)) != 0;
	v->clef = options->clef;
	v->has_clef = 1;
	if (v->is_started && changes)
		mark_clef(r, v, at);
}

/** The voice that a field of the body is for; NULL: for all, since none has begun. */
static struct abc_voice *field_voice(struct abc_reader *r)
{
	return r->in_body && r->current != ABC_NONE ? abc_voice(r) : NULL;
}

static void set_key(struct abc_reader *r, struct abc_span text)
{
	struct abc_options options = {0};
	struct abc_key key;
	const int is_key = abc_parse_key(r, text, &key, &options);
	struct abc_voice *v = field_voice(r);
	if (v) {
		apply(r, v, &options, text.at);
		if (is_key) {
			v->key = key;
			abc_reset_accidentals(v);
			mark_key(r, v, text.at);
		}
		return;
	}
	if (is_key)
		r->key = key;
	apply(r, &r->defaults, &options, text.at);
	r->has_key = r->in_body = true;
	r->current = ABC_NONE;
	for (size_t i = 0; i < r->n_voice; i++) {
		inherit(r, &r->voice[i]);
		if (options.has_octave && !r->voice[i].octave)
			r->voice[i].octave = options.octave;
		if (options.has_transpose && !r->voice[i].transpose)
			r->voice[i].transpose = options.transpose;
	}
}

static void set_meter(struct abc_reader *r, struct abc_span text)
{
	struct abc_meter meter;
	if (!abc_parse_meter(r, text, &meter))
		return;
	struct abc_voice *v = field_voice(r);
	if (v) {
		v->meter = meter;
		mark_meter(r, v, text.at);
		return;
	}
	r->setup.meter = meter;
	r->setup.has_meter = true;
	for (size_t i = 0; r->in_body && i < r->n_voice; i++)
		inherit(r, &r->voice[i]);
}

static void set_unit(struct abc_reader *r, struct abc_span text)
{
	struct abc_ratio unit = {1, 1};
	struct abc_span rest = text;
	bool ok = abc_uint(&rest, MAX_UNIT, &unit.num) && unit.num > 0;
	if (ok && rest.n && rest.at[0] == '/') {
		rest = (struct abc_span){rest.at + 1, rest.n - 1};
		ok = abc_uint(&rest, MAX_UNIT, &unit.den) && unit.den > 0;
	}
	if (!ok || unit.num > 16 * unit.den) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "no unit length that can be read");
		return;
	}
	struct abc_voice *v = field_voice(r);
	if (v) {
		v->unit = unit;
		return;
	}
	r->setup.unit = unit;
	for (size_t i = 0; r->in_body && i < r->n_voice; i++)
		inherit(r, &r->voice[i]);
}

static void set_tempo(struct abc_reader *r, struct abc_span text)
{
	if (!r->in_body) {
		r->tempo = text; /* L: may follow */
		return;
	}
	struct abc_voice *v = abc_voice(r);
	uint64_t ns;
	nvx_str words;
	if (!v || !abc_parse_tempo(r, text, v->unit, &ns, &words))
		return;
	struct abc_mark *mark = abc_mark(r, v, ABC_MARK_TEMPO, text.at);
	if (!mark)
		return;
	mark->value = (int64_t)ns;
	mark->text = words;
}

static struct abc_span id_of(struct abc_span *text)
{
	*text = abc_trim(*text);
	size_t n = 0;
	while (n < text->n && (unsigned char)text->at[n] > ' ')
		n++;
	const struct abc_span id = {text->at, n};
	*text = (struct abc_span){text->at + n, text->n - n};
	return id;
}

/** A part or a directive before the first V: of the body stands in the voice that V: names. */
static bool is_waiting(const struct abc_reader *r)
{
	const struct abc_voice *v = r->voice;
	return r->n_voice == 1 && v->is_unnamed && v->n_event == 0 &&
	       (v->n_bar == 0 ||
		       (v->n_bar == 1 && v->bar[0].len == 0 && !v->bar[0].is_rest && !v->bar[0].is_empty));
}

void abc_select_voice(struct abc_reader *r, struct abc_span text)
{
	const struct abc_span id = id_of(&text);
	if (id.n == 0) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a voice without a name");
		return;
	}
	size_t i = 0;
	while (i < r->n_voice &&
		(r->voice[i].name_id.n != id.n || memcmp(r->voice[i].name_id.at, id.at, id.n) != 0))
		i++;
	if (i == r->n_voice && is_waiting(r))
		r->voice[i = 0].name_id = id;
	else if (i == r->n_voice && !new_voice(r, id))
		return;
	r->current = (uint32_t)(i < r->n_voice ? i : r->n_voice - 1);
	struct abc_options options = {0};
	abc_parse_options(r, text, &options);
	struct abc_voice *v = &r->voice[r->current];
	v->is_unnamed = 0;
	apply(r, v, &options, id.at);
	if (r->in_body)
		abc_start_voice(r, v);
}

static void set_title(struct abc_reader *r, struct abc_span text)
{
	struct nvx_metadata *metadata = &r->draft->globals.metadata;
	if (r->in_body) {
		struct abc_voice *v = abc_voice(r);
		const nvx_str title = abc_string(r, text);
		struct abc_mark *mark = v && title ? abc_mark(r, v, ABC_MARK_TITLE, text.at) : NULL;
		if (mark)
			mark->text = title;
	} else if (!metadata->title) {
		metadata->title = abc_string(r, text);
	} else {
		metadata->subtitle = abc_join(r, metadata->subtitle, " / ", text);
	}
}

/** X: becomes the document's id: a number as such, else a string. */
static void set_number(struct abc_reader *r, struct abc_span text)
{
	char literal[32];
	size_t n = 0;
	while (text.n > 1 && text.at[0] == '0')
		text = (struct abc_span){text.at + 1, text.n - 1};
	while (n < text.n && n < 15 && text.at[n] >= '0' && text.at[n] <= '9') {
		literal[n] = text.at[n];
		n++;
	}
	if (n && n == text.n)
		r->draft->globals.metadata.id = nvx_text(r->draft, literal, n);
	else if (text.n)
		abc_keep(r, 'N', text);
}

static void set_part(struct abc_reader *r, struct abc_span text)
{
	if (!r->in_body) {
		r->order = text;
		return;
	}
	struct abc_voice *v = abc_voice(r);
	struct abc_mark *mark = v ? abc_mark(r, v, ABC_MARK_PART, text.at) : NULL;
	if (mark)
		mark->text = abc_string(r, text);
}

static void goes_on(struct abc_reader *r, struct abc_span text)
{
	struct nvx_metadata *metadata = &r->draft->globals.metadata;
	if (r->last_field == 'w')
		abc_lyrics(r, text, true);
	else if (r->last_field == 'T' && !r->in_body && !metadata->subtitle)
		metadata->title = abc_join(r, metadata->title, " ", text);
	else if (r->last_field == 'T' && !r->in_body)
		metadata->subtitle = abc_join(r, metadata->subtitle, " ", text);
	else if (r->last_field == 'C')
		metadata->composer = abc_join(r, metadata->composer, " ", text);
	else if (r->last_field && strchr("ABDFGHNOSW", r->last_field))
		abc_keep(r, r->last_field, text);
	else
		score_warn(
			r->report, ABC_BAD, ABC_AT(r, text.at), "a field that cannot go on in a second line");
}

void abc_field(struct abc_reader *r, char letter, struct abc_span text, bool is_inline)
{
	struct nvx_metadata *metadata = &r->draft->globals.metadata;
	switch (letter) {
	case 'K':
		set_key(r, text);
		break;
	case 'M':
		set_meter(r, text);
		break;
	case 'L':
		set_unit(r, text);
		break;
	case 'Q':
		set_tempo(r, text);
		break;
	case 'V':
		abc_select_voice(r, text);
		break;
	case 'P':
		set_part(r, text);
		break;
	case 'T':
		set_title(r, text);
		break;
	case 'X':
		set_number(r, text);
		break;
	case 'C':
		metadata->composer = abc_join(r, metadata->composer, "; ", text);
		break;
	case 'R':
		metadata->style = metadata->style ? metadata->style : abc_string(r, text);
		break;
	case 'Z':
		metadata->transcription = abc_join(r, metadata->transcription, "; ", text);
		break;
	case 'w':
		if (!is_inline)
			abc_lyrics(r, text, false);
		break;
	case 's':
	case 'd':
		if (!is_inline)
			abc_symbols(r, text);
		break;
	case 'm':
		abc_define_macro(r, text);
		break;
	case 'U':
		abc_define_symbol(r, text);
		break;
	case 'I':
		abc_directive(r, text);
		break;
	case '+':
		goes_on(r, text);
		break;
	case 'A':
	case 'B':
	case 'D':
	case 'F':
	case 'G':
	case 'H':
	case 'N':
	case 'O':
	case 'S':
	case 'W':
		abc_keep(r, letter, text);
		break;
	case 'r':
	case 'E':
		break; /* remarks; a printer's spacing */
	default:
		score_warn(
			r->report, ABC_DROPPED, ABC_AT(r, text.at), "a field %c: that is not known", letter);
		break;
	}
}

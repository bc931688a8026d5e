/* SPDX-License-Identifier: MIT */
/* What was read becomes a score: frame, voices, layers, and the texts that are kept beside it. */
#include <errno.h>
#include <string.h>

#include <score/bytes.h>

#include "abc_impl.h"

void abc_key_to_nvx(const struct abc_key *key, struct nvx_key *ret)
{
	ret->step = key->step;
	ret->alter = key->alter;
	ret->mode = key->mode;
	ret->fifths = (int8_t)abc_key_fifths(key);
	ret->fifths_given = key->fifths_given;
}

static size_t line_length(const struct abc_reader *r, size_t at)
{
	return (size_t)((const char *)memchr(r->kept + at, '\n', r->n_kept - at) - (r->kept + at));
}

static void put_line(struct score_bytes *out, const char *line, size_t n)
{
	score_bytes_puts(out, out->data[out->n - 1] == '[' ? "\"" : ",\"");
	for (size_t i = 0; i < n; i++) {
		if (line[i] == '"' || line[i] == '\\')
			score_bytes_u8(out, '\\');
		score_bytes_u8(out, (uint8_t)line[i]);
	}
	score_bytes_u8(out, '"');
}

/**
 * Lines that are kept, as a member of the document: "extensions":{"mos":{"abc":["O:England"]}}. MIDI
 * directives come last, as they do in a tune: other readers want them behind K:.
 */
static void keep_lines(struct abc_reader *r)
{
	if (r->n_kept == 0 || r->draft->error)
		return;
	struct score_bytes out;
	score_bytes_init(&out, r->alloc);
	score_bytes_puts(&out, "\"extensions\":{\"mos\":{\"abc\":[");
	for (int midi = 0; midi <= 1 && !out.error; midi++)
		for (size_t at = 0, n; at < r->n_kept && !out.error; at += n + 1) {
			n = line_length(r, at);
			if (abc_starts((struct abc_span){r->kept + at, n}, "%%MIDI") == midi)
				put_line(&out, r->kept + at, n);
		}
	score_bytes_puts(&out, "]}}");
	if (out.error)
		r->draft->error = out.error;
	else
		r->draft->globals.extra = nvx_text(r->draft, (const char *)out.data, out.n);
	score_bytes_finish(&out);
}

static void add_tempo(struct abc_reader *r)
{
	uint64_t ns;
	nvx_str words;
	const struct abc_ratio unit = abc_default_unit(r);
	if (r->tempo.n == 0 || !abc_parse_tempo(r, r->tempo, unit, &ns, &words))
		return;
	if (ns)
		nvx_add_tempo(r->draft)->ns_per_quarter = ns;
	if (!words || r->n_voice == 0)
		return;
	const nvx_id part = nvx_draft_part(r->draft, r->voice[0].part)->id;
	struct nvx_notation_element *text = nvx_add_notation(r->draft);
	text->e.kind = NVX_NOTATION_TEXT;
	text->e.part_id = part;
	text->text = words;
	text->style = NVX_TEXT_TEMPO;
}

static int fit_voice(const struct score_alloc *alloc, struct abc_voice *v)
{
#define X(list, type)                                                                                        \
	if (score_fit(alloc, (void **)&v->list, &v->cap_##list, v->n_##list, sizeof(type)))                  \
		return -ENOMEM;
	ABC_VOICE_LISTS(X)
#undef X
	return 0;
}

/** All is read: what is made of it needs the room that was kept for more. @return 0, draft->error. */
static int fit(struct abc_reader *r)
{
	int err = score_fit(r->alloc, (void **)&r->note, &r->cap_note, r->n_note, sizeof(*r->note));
	for (size_t i = 0; i < r->n_voice && !err; i++)
		err = fit_voice(r->alloc, &r->voice[i]);
	if (err)
		r->draft->error = err;
	return err;
}

/** Notes and events are in the draft: what is still to come looks at marks and bars. */
static void drop_events(struct abc_reader *r)
{
	score_free(r->alloc, r->note);
	r->note = NULL;
	r->n_note = r->cap_note = 0;
	for (size_t i = 0; i < r->n_voice; i++) {
		struct abc_voice *v = &r->voice[i];
		score_free(r->alloc, v->event);
		v->event = NULL;
		v->n_event = v->cap_event = 0;
	}
}

void abc_build(struct abc_reader *r)
{
	struct abc_frame frame = {0};
	if (r->n_voice == 0) {
		score_warn(r->report, ABC_BAD, "line 1", "a tune without music");
		r->in_body = true;
		(void)abc_voice(r);
	}
	if (r->n_kept_directives)
		score_warn(r->report, ABC_DROPPED, "line 1",
			"%u directives have no effect and are kept as text", r->n_kept_directives);
	for (size_t i = 0; i < r->n_voice; i++)
		abc_bar_finish(&r->voice[i]);
	if (r->n_meters && r->meters[0].is_free)
		abc_keep(r, 'M', (struct abc_span){"none", 4});
	abc_assign_parts(r);
	if (!r->draft->error && abc_make_measures(r, &frame) == 0 && fit(r) == 0) {
		add_tempo(r);
		for (size_t i = 0; i < r->n_voice && !r->draft->error; i++)
			abc_build_voice(r, &r->voice[i], &frame);
		abc_build_marks(r, &frame);
		drop_events(r);
		abc_build_chords(r, &frame);
		abc_build_order(r, &frame);
	}
	keep_lines(r);
	score_free(r->alloc, frame.tick);
}

/* SPDX-License-Identifier: MIT */
#include "shelve.h"

#include <errno.h>
#include <string.h>

#include <mos/chord.h>
#include <score/analyse.h>

static int is_minor(unsigned mode)
{
	return mode == NVX_MODE_MINOR || mode == NVX_MODE_DORIAN || mode == NVX_MODE_PHRYGIAN ||
	       mode == NVX_MODE_AEOLIAN || mode == NVX_MODE_LOCRIAN;
}

static int tonic_of(const struct nvx_key *key)
{
	if (key->step == NVX_KEY_NONE)
		return LIBRARY_NO_KEY;
	return mos_tone_class((struct mos_tone){.step = key->step, .alter = key->alter});
}

struct score *shelve_chords(const struct score *score)
{
	struct score_change change = {0};
	struct score_report *report;
	struct score *analysed = NULL;
	if (score_n_chord(score) > 0 || score_n_notes(score) == 0)
		return score_ref(score);
	if (score_analyse(score, SCORE_ANALYSE_CHORDS, &change) < 0)
		return NULL;
	report = score_zalloc(&score_heap, 1, sizeof(*report));
	/* What cannot be analysed is found by its name. */
	if (change.n_op == 0 || !report || score_apply(score, &change, report, &analysed) < 0)
		analysed = score_ref(score);
	score_free(&score_heap, report);
	score_change_finish(&change);
	return analysed;
}

/** Sections and keys that begin up to a tick. */
struct along {
	const struct score *score;
	struct nvx_seq_iter forms, keys;
	const struct nvx_form_element *form;
	const struct nvx_key *key;
};

static int tell_sections(struct library *lib, struct along *along, int64_t tick)
{
	int rc = 0;
	for (; along->form && along->form->e.tick <= tick && rc == 0;
		along->form = nvx_seq_next(&along->forms)) {
		size_t len;
		const char *label = nvx_string(along->score->pool, along->form->label, &len);
		if (along->form->level == 0)
			rc = library_harmony_section(lib, label, len);
	}
	return rc;
}

static int tell_keys(struct library *lib, struct along *along, int64_t tick)
{
	int rc = 0;
	for (; along->key && along->key->tick <= tick && rc == 0; along->key = nvx_seq_next(&along->keys))
		if (along->key->step != NVX_KEY_NONE)
			rc = library_harmony_key(lib, tonic_of(along->key), is_minor(along->key->mode));
	return rc;
}

static int tell_harmony(struct library *lib, const struct score *score)
{
	struct nvx_seq_iter chords = nvx_seq_from(&score->list[NVX_LIST_chord], 0);
	struct along along = {.score = score,
		.forms = nvx_seq_from(&score->list[NVX_LIST_form], 0),
		.keys = nvx_seq_from(&score->list[NVX_LIST_key], 0)};
	const struct nvx_chord *chord;
	int rc = 0;
	along.form = nvx_seq_next(&along.forms);
	along.key = nvx_seq_next(&along.keys);
	while (rc == 0 && (chord = nvx_seq_next(&chords))) {
		size_t len;
		const char *symbol = nvx_string(score->pool, chord->symbol, &len);
		rc = tell_sections(lib, &along, chord->e.tick);
		if (rc == 0)
			rc = tell_keys(lib, &along, chord->e.tick);
		if (rc == 0)
			rc = library_harmony_chord(lib, symbol, len);
		if (rc == -EINVAL) /* no chord to us: a break */
			rc = 0;
	}
	return rc;
}

int shelve(struct library *lib, const struct score *score, const struct score *chords, const char *origin,
	const char *score_id)
{
	const struct nvx_metadata *m = &score->globals.metadata;
	const struct nvx_key *key = score_key_at(score, 0);
	library_harmony_begin(lib);
	const int rc = tell_harmony(lib, chords);
	if (rc < 0)
		return rc;
	return library_add(lib,
		&(struct library_song){
			.title = score_text(score, m->title),
			.artist = score_text(score, m->artist ? m->artist : m->composer),
			.album = score_text(score, m->album),
			.genre = score_text(score, m->style),
			.origin = origin,
			.score_id = score_id,
			.tonic = tonic_of(key),
			.minor = is_minor(key->mode),
			.tempo_bpm =
				(int)((UINT64_C(60000000000) + score_tempo_at(score, 0)->ns_per_quarter / 2) /
					score_tempo_at(score, 0)->ns_per_quarter),
		},
		NULL);
}

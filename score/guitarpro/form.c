/* SPDX-License-Identifier: MIT */
/** Endings, directions and sections: what is known when all bars are there. */
#include "gp.h"
#include "voice.h"

#include <stdio.h>
#include <string.h>

const char *const gp_direction_name[GP_N_DIRECTIONS] = {
	[GP_CODA] = "Coda",
	[GP_DOUBLE_CODA] = "DoubleCoda",
	[GP_SEGNO] = "Segno",
	[GP_SEGNO_SEGNO] = "SegnoSegno",
	[GP_FINE] = "Fine",
	[GP_DA_CAPO] = "DaCapo",
	[GP_DA_CAPO_AL_CODA] = "DaCapoAlCoda",
	[GP_DA_CAPO_AL_DOUBLE_CODA] = "DaCapoAlDoubleCoda",
	[GP_DA_CAPO_AL_FINE] = "DaCapoAlFine",
	[GP_DA_SEGNO] = "DaSegno",
	[GP_DA_SEGNO_AL_CODA] = "DaSegnoAlCoda",
	[GP_DA_SEGNO_AL_DOUBLE_CODA] = "DaSegnoAlDoubleCoda",
	[GP_DA_SEGNO_AL_FINE] = "DaSegnoAlFine",
	[GP_DA_SEGNO_SEGNO] = "DaSegnoSegno",
	[GP_DA_SEGNO_SEGNO_AL_CODA] = "DaSegnoSegnoAlCoda",
	[GP_DA_SEGNO_SEGNO_AL_DOUBLE_CODA] = "DaSegnoSegnoAlDoubleCoda",
	[GP_DA_SEGNO_SEGNO_AL_FINE] = "DaSegnoSegnoAlFine",
	[GP_DA_CODA] = "DaCoda",
	[GP_DA_DOUBLE_CODA] = "DaDoubleCoda",
};

static const struct {
	uint8_t kind, until;
	uint8_t doubles; /**< 1: of the double coda, 2: of the double segno */
} jump[GP_N_DIRECTIONS] = {
	[GP_CODA] = {NVX_JUMP_CODA, 0, 0},
	[GP_DOUBLE_CODA] = {NVX_JUMP_CODA, 0, 1},
	[GP_SEGNO] = {NVX_JUMP_SEGNO, 0, 0},
	[GP_SEGNO_SEGNO] = {NVX_JUMP_SEGNO, 0, 2},
	[GP_FINE] = {NVX_JUMP_FINE, 0, 0},
	[GP_DA_CAPO] = {NVX_JUMP_DACAPO, 0, 0},
	[GP_DA_CAPO_AL_CODA] = {NVX_JUMP_DACAPO, NVX_JUMP_CODA, 0},
	[GP_DA_CAPO_AL_DOUBLE_CODA] = {NVX_JUMP_DACAPO, NVX_JUMP_CODA, 1},
	[GP_DA_CAPO_AL_FINE] = {NVX_JUMP_DACAPO, NVX_JUMP_FINE, 0},
	[GP_DA_SEGNO] = {NVX_JUMP_DALSEGNO, 0, 0},
	[GP_DA_SEGNO_AL_CODA] = {NVX_JUMP_DALSEGNO, NVX_JUMP_CODA, 0},
	[GP_DA_SEGNO_AL_DOUBLE_CODA] = {NVX_JUMP_DALSEGNO, NVX_JUMP_CODA, 1},
	[GP_DA_SEGNO_AL_FINE] = {NVX_JUMP_DALSEGNO, NVX_JUMP_FINE, 0},
	[GP_DA_SEGNO_SEGNO] = {NVX_JUMP_DALSEGNO, 0, 2},
	[GP_DA_SEGNO_SEGNO_AL_CODA] = {NVX_JUMP_DALSEGNO, NVX_JUMP_CODA, 2},
	[GP_DA_SEGNO_SEGNO_AL_DOUBLE_CODA] = {NVX_JUMP_DALSEGNO, NVX_JUMP_CODA, 3},
	[GP_DA_SEGNO_SEGNO_AL_FINE] = {NVX_JUMP_DALSEGNO, NVX_JUMP_FINE, 2},
	[GP_DA_CODA] = {NVX_JUMP_TO_CODA, 0, 0},
	[GP_DA_DOUBLE_CODA] = {NVX_JUMP_TO_CODA, 0, 1},
};

/** What a bar says beside its frame. @param directions  Those that are not played. */
static nvx_str bar_extra(struct nvx_draft *draft, const struct gp_bar *bar, uint32_t directions)
{
	char list[GP_N_DIRECTIONS * 32];
	size_t n = 0;
	for (unsigned d = 0; d < GP_N_DIRECTIONS; d++)
		if (directions >> d & 1)
			n += (size_t)snprintf(
				list + n, sizeof(list) - n, "%s\"%s\"", n ? "," : "[", gp_direction_name[d]);
	struct gp_ext ext = {};
	if (bar->beams)
		gp_ext_json(draft, &ext, "beams", nvx_string(draft->pool, bar->beams, NULL));
	if (n > 0) {
		(void)snprintf(list + n, sizeof(list) - n, "]");
		gp_ext_json(draft, &ext, "directions", list);
	}
	if (bar->is_free)
		gp_ext_flag(draft, &ext, "freeTime");
	if (bar->triplet_feel)
		gp_ext_json(draft, &ext, "tripletFeel", nvx_string(draft->pool, bar->triplet_feel, NULL));
	const nvx_str extra = gp_ext_take(draft, &ext);
	gp_ext_finish(&ext);
	return extra;
}

/** A measure holds one direction and no double signs: what is left over is told and kept beside. */
void gp_put_directions(struct gp_song *song)
{
	struct nvx_draft *draft = song->draft;
	uint32_t used = 0;
	for (uint32_t i = 0; i < song->n_bars; i++)
		used |= song->bar[i].directions;
	/* a double sign may stand for the single one where there is none of these */
	const int coda_is_free = !(used & 1u << GP_CODA), segno_is_free = !(used & 1u << GP_SEGNO);
	for (uint32_t i = 0; i < song->n_bars && i < draft->n_measure; i++) {
		const struct gp_bar *bar = &song->bar[i];
		uint32_t rest = bar->directions;
		uint8_t kind = 0, until = 0;
		for (unsigned d = 0; d < GP_N_DIRECTIONS; d++) {
			const int is_single = (!(jump[d].doubles & 1) || coda_is_free) &&
					      (!(jump[d].doubles & 2) || segno_is_free);
			if (!(bar->directions >> d & 1))
				continue;
			if (is_single && !kind) {
				kind = jump[d].kind;
				until = jump[d].until;
				rest &= ~(1u << d);
			} else {
				score_warn(draft->report, GP_DROPPED, SCORE_AT("bar %u", i + 1),
					"%s is kept, not played", gp_direction_name[d]);
			}
		}
		const nvx_str extra = bar_extra(draft, bar, rest);
		draft->measure[i].jump = kind;
		draft->measure[i].jump_until = until;
		draft->measure[i].extra = extra;
	}
}

/** The last bar of the ending that begins at `first`: up to its repeat sign; without one, while bars say the
 * same. */
static uint32_t ending_end(const struct gp_song *song, uint32_t first)
{
	uint32_t last = first;
	while (last + 1 < song->n_bars && song->bar[last].repeat_times == 0 &&
		song->bar[last + 1].endings == song->bar[first].endings)
		last++;
	for (uint32_t i = last; i < song->n_bars; i++) {
		if (i > last && (song->bar[i].repeat_start || song->bar[i].endings))
			break;
		if (song->bar[i].repeat_times > 0)
			return i;
	}
	return last;
}

void gp_put_endings(struct gp_song *song)
{
	struct nvx_draft *draft = song->draft;
	for (uint32_t i = 0; i < song->n_bars && !draft->error; i++) {
		uint8_t number[16];
		unsigned n = 0;
		for (uint8_t k = 0; k < 16; k++)
			if (song->bar[i].endings >> k & 1)
				number[n++] = (uint8_t)(k + 1);
		if (n == 0)
			continue;
		const uint32_t last = ending_end(song, i);
		const nvx_list numbers = nvx_make_list(draft, number, n, 1);
		draft->measure[i].ending_numbers = numbers;
		draft->measure[i].ending_type = NVX_ENDING_START;
		if (last == i) {
			draft->measure[i].ending_type = NVX_ENDING_START_STOP;
		} else {
			draft->measure[last].ending_numbers = numbers;
			draft->measure[last].ending_type = NVX_ENDING_STOP;
		}
		i = last;
	}
}

/** Sections are known by their first word: "Chorus 2", "Guitar solo". */
static enum nvx_form form_of(const char *label)
{
	static const struct {
		const char *word;
		uint8_t kind;
	} words[] = {{"prechorus", NVX_FORM_PRECHORUS}, {"pre-chorus", NVX_FORM_PRECHORUS},
		{"pre chorus", NVX_FORM_PRECHORUS}, {"intro", NVX_FORM_INTRO}, {"verse", NVX_FORM_VERSE},
		{"chorus", NVX_FORM_CHORUS}, {"refrain", NVX_FORM_REFRAIN}, {"bridge", NVX_FORM_BRIDGE},
		{"solo", NVX_FORM_SOLO}, {"interlude", NVX_FORM_INTERLUDE}, {"vamp", NVX_FORM_VAMP},
		{"outro", NVX_FORM_OUTRO}, {"coda", NVX_FORM_CODA}, {"break", NVX_FORM_BREAK}};
	char lower[128];
	size_t n = 0;
	for (; label[n] && n < sizeof(lower) - 1; n++)
		lower[n] = (char)(label[n] >= 'A' && label[n] <= 'Z' ? label[n] + 'a' - 'A' : label[n]);
	lower[n] = '\0';
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *at = strstr(lower, words[i].word);
		const size_t len = strlen(words[i].word);
		if (at && (at == lower || at[-1] == ' ') && !(at[len] >= 'a' && at[len] <= 'z'))
			return (enum nvx_form)words[i].kind;
	}
	return NVX_FORM_SECTION;
}

void gp_put_sections(struct gp_song *song)
{
	struct nvx_draft *draft = song->draft;
	size_t open = 0; /* 1 + index */
	for (uint32_t i = 0; i < song->n_bars && i < draft->n_measure && !draft->error; i++) {
		const struct gp_bar *bar = &song->bar[i];
		const int64_t tick = draft->measure[i].tick;
		if (!bar->has_section || !(bar->section || bar->letter))
			continue;
		if (open)
			draft->form[open - 1].e.duration_ticks =
				gp_length(draft->form[open - 1].e.tick, tick);
		struct gp_ext ext = {};
		size_t len;
		const char *letter = nvx_string(draft->pool, bar->letter, &len);
		if (bar->section && bar->letter)
			gp_ext_text(draft, &ext, "letter", letter, len);
		const nvx_str extra = gp_ext_take(draft, &ext);
		gp_ext_finish(&ext);
		struct nvx_form_element *form = nvx_add_form(draft);
		form->e.tick = tick;
		form->label = bar->section ? bar->section : bar->letter;
		form->e.kind = (uint8_t)form_of(nvx_string(draft->pool, form->label, NULL));
		form->e.extra = extra;
		form->color = bar->color;
		open = draft->n_form;
	}
	if (open && !draft->error)
		draft->form[open - 1].e.duration_ticks = gp_length(draft->form[open - 1].e.tick, song->tick);
}

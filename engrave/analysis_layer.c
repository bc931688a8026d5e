/* SPDX-License-Identifier: MIT */
/* The lane of harmonic analysis below a system: numerals with the key before them, function and cadence under
 * them. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 0.8f
#define SMALL 0.78f
#define WORD_MAX 160u

static const char *const function_text[] = {
#define WORD(constant, text) text,
	NVX_FUNCTIONS(WORD, )
#undef WORD
};
static const char *const cadence_text[] = {
#define WORD(constant, text) text,
	NVX_CADENCES(WORD, )
#undef WORD
};

struct lane_word {
	uint32_t system, measure, staff;
	float x, upper_width, lower_width;
	int64_t tick;
	char upper[WORD_MAX], lower[48];
};

static void key_text(const struct nvx_analysis *a, char *buf, size_t size)
{
	static const char letter[] = "CDEFGAB";
	if (!a->has_local_key || a->key_step < 0 || a->key_step > 6) {
		buf[0] = '\0';
		return;
	}
	int minor = a->key_mode == NVX_MODE_MINOR || a->key_mode == NVX_MODE_AEOLIAN ||
		    a->key_mode == NVX_MODE_DORIAN || a->key_mode == NVX_MODE_PHRYGIAN ||
		    a->key_mode == NVX_MODE_LOCRIAN;
	const char *sign = a->key_alter == 1    ? "\u266f"
			   : a->key_alter == -1 ? "\u266d"
			   : a->key_alter == 2  ? "\u266f\u266f"
			   : a->key_alter == -2 ? "\u266d\u266d"
						: "";
	char c = letter[a->key_step];
	(void)snprintf(buf, size, "%c%s: ", minor ? c + ('a' - 'A') : c, sign);
}

/* What one element says, in two rows. */
static void words_of(const struct eng *e, const struct nvx_analysis *a, struct lane_word *w)
{
	char key[16];
	key_text(a, key, sizeof(key));
	(void)snprintf(w->upper, sizeof(w->upper), "%s%.120s", key, score_text(e->score, a->roman));
	const char *function = a->function < sizeof(function_text) / sizeof(function_text[0])
				       ? function_text[a->function]
				       : "";
	const char *cadence = a->cadence != NVX_CADENCE_NONE && a->cadence < NVX_CADENCE_NONE
				      ? cadence_text[a->cadence]
				      : "";
	(void)snprintf(
		w->lower, sizeof(w->lower), "%s%s%s", function, *function && *cadence ? " " : "", cadence);
	w->upper_width = eng_text_width(e, ENG_SIZE_ANALYSIS, 0, w->upper);
	w->lower_width = eng_text_width(e, ENG_SIZE_ANALYSIS * SMALL, 0, w->lower);
}

static int lane_word(const struct eng *e, uint32_t i, struct lane_word *w)
{
	const struct nvx_analysis *a = score_analysis(e->score, i);
	*w = (struct lane_word){.tick = a->e.tick, .staff = eng_last_staff(e, a->e.part_id)};
	if (w->staff == ENG_NONE)
		w->staff = eng_last_staff(e, 0);
	words_of(e, a, w);
	return w->staff != ENG_NONE && (w->upper[0] || w->lower[0]);
}

int eng_analysis_rods(struct eng *e)
{
	/* Numerals may belong to different parts: neighbours on one staff are kept apart. */
	struct before {
		int64_t tick;
		float width;
		uint8_t is_set;
	} *before = eng_alloc(e->arena, (e->n_staves ? e->n_staves : 1) * sizeof(*before));
	if (before == NULL)
		return -ENOMEM;
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < score_n_analysis(e->score); i++) {
		struct lane_word w;
		if (!lane_word(e, i, &w))
			continue;
		struct before *b = &before[w.staff];
		if (b->is_set && b->tick < w.tick)
			r = eng_keep_apart(e, b->tick, w.tick, b->width + GAP);
		float width = fmaxf(w.upper_width, w.lower_width);
		*b = (struct before){
			w.tick, b->is_set && b->tick == w.tick ? b->width + width + GAP : width, 1};
	}
	return r;
}

static int draw(struct eng *e, const struct lane_word *w, float upper, float lower)
{
	int r = 0;
	if (w->upper[0])
		r = eng_text(e, w->system, w->staff, w->measure, w->x, upper, ENG_SIZE_ANALYSIS, 0,
			ENGRAVE_ANALYSIS, MOS_TOKEN_ANALYSIS, w->upper, 0);
	if (r == 0 && w->lower[0])
		r = eng_text(e, w->system, w->staff, w->measure, w->x, lower, ENG_SIZE_ANALYSIS * SMALL, 0,
			ENGRAVE_ANALYSIS, MOS_TOKEN_ANALYSIS, w->lower, 0);
	return r;
}

int eng_analysis(struct eng *e)
{
	if (!eng_has_layer(e, ENGRAVE_ANALYSIS) || e->n_measures == 0 || e->n_staves == 0)
		return 0;
	uint32_t n = score_n_analysis(e->score);
	size_t n_places = (size_t)e->n_systems * e->n_staves;
	float *base = eng_alloc(e->arena, n_places * 2 * sizeof(*base)), *end = base + n_places;
	if (base == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n_places; i++)
		base[i] = end[i] = -INFINITY;
	/* Twice: first the line that all of a system stand on, then the words. */
	int r = 0;
	for (unsigned pass = 0; r == 0 && pass < 2; pass++) {
		for (size_t i = 0; i < n_places; i++)
			end[i] = -INFINITY;
		for (uint32_t i = 0; r == 0 && i < n; i++) {
			struct lane_word w;
			if (!lane_word(e, i, &w))
				continue;
			w.x = eng_tick_x(e, w.tick, &w.measure);
			w.system = e->measure[w.measure].system;
			w.staff = eng_staff_in(e, w.system, w.staff);
			size_t at = (size_t)w.system * e->n_staves + w.staff;
			struct eng_skyline *sky = eng_sky_of(e, w.system, w.staff, 0);
			if (sky == NULL)
				return -ENOMEM;
			w.x = fmaxf(w.x, end[at]); /* two at one tick: side by side */
			float width = fmaxf(w.upper_width, w.lower_width);
			end[at] = w.x + width + GAP * 0.5f;
			if (pass == 0)
				base[at] = fmaxf(base[at], eng_sky_place(sky, w.x, w.x + width, 0.8f) +
								   0.78f * ENG_SIZE_ANALYSIS);
			else
				r = draw(e, &w, base[at], base[at] + 1.0f * ENG_SIZE_ANALYSIS);
		}
	}
	return r;
}

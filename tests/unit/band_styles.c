/* SPDX-License-Identifier: MIT */
/* Our own styles: whole, within what instruments can play, and idiomatic where that can be counted. */
#include "band_stage.h"

#include <math.h>
#include <mos/clave.h>
#include <mos/midi_gate.h>

#include <style_internal.h>

#define CLAVES_KEY 75
#define BEAT_SLACK 1e-9

static const char *const symbols[] = {"C", "Cm", "C7", "Cmaj7", "Cm7", "Cm7b5", "Cdim7", "Caug", "Csus4",
	"C7sus4", "C6", "Cm6", "C6/9", "C9", "C11", "C13", "Cmaj9", "Cm9", "Cm11", "C7b9", "C7#9", "C7#11",
	"C7alt", "C7b13", "Cadd9", "C/E", "C/G", "Dm7/G", "F#7", "Bbmaj7", "Ebm7", "Ab13", "Db7", "Gm",
	"E7#9", "B", "F#m7b5", "Bdim", "C5", "CmMaj7", "N.C.", "A"};
#define N_SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

static const char *const ours[] = {"afro_cuban_6_8", "ballad", "bolero", "bossa", "cha_cha",
	"country_two_beat", "disco", "funk", "gospel", "jazz_waltz", "pop_8", "reggae", "rock", "rumba_clave",
	"samba", "second_line", "shuffle", "slow_blues", "son_clave", "soul", "swing", "waltz"};
#define N_OURS (sizeof(ours) / sizeof(ours[0]))

static const struct band_style *find(const struct band_styles *styles, size_t i)
{
	const struct band_style *style = band_styles_find(styles, ours[i]);

	cr_assert_not_null(style, "%s", ours[i]);
	return style;
}

Test(band_styles, aliases,
	.description =
		"T-57: names that programs use for what is not registered; who has the name comes first")
{
	struct band_report report = {};
	struct band_styles *styles = band_styles_new(NULL, &report);
	static const char *const names[] = {"latin_basic", "jazz_blues", "jazz_minor", "gospel_ballad",
		"open_shells", "rhythm_changes", "walking_minor", "walking_bop", "descending_root",
		"root_fifth", "pedal_root", "tumbao_minor"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct band_style *style = band_styles_find(styles, names[i]);

		cr_assert_not_null(style, "%s", names[i]);
		/* The first six name a comp, the others a bass. */
		cr_expect_gt(style->pattern[BAND_MEDIUM]->line[i < 6 ? BAND_COMP : BAND_BASS].n_hits, 0u);
		cr_expect(style->meter_num == 4 && style->meter_den == 4, "%s", names[i]);
	}
	struct band_style *own = band_style_copy(band_styles_find(styles, "latin_basic"));
	cr_assert_not_null(own);
	(void)snprintf(own->name, sizeof(own->name), "latin_basic");
	cr_assert_eq(band_styles_add(styles, own), 0);
	cr_expect_eq(band_styles_find(styles, "latin_basic"), own);
	band_styles_free(styles);
}

Test(band_styles, registry,
	.description = "T-57: the reference's 48 styles come first and as they were; ours are read without a "
		       "warning")
{
	struct band_report report = {};
	struct band_styles *styles = band_styles_new(NULL, &report);

	cr_assert_eq(report.n_issues, 0, "%s: %s", report.issue[0].where, report.issue[0].message);
	cr_assert_eq(band_styles_count(styles), 48 + N_OURS);
	for (uint32_t i = 0; i < 48 + N_OURS; i++)
		cr_assert_eq(band_styles_at(styles, i)->is_reference, i < 48);
	for (size_t i = 0; i < N_OURS; i++)
		cr_assert_str_eq(band_styles_at(styles, 48 + (uint32_t)i)->name, ours[i]);
	band_styles_free(styles);
}

/** Two strokes of one instrument at one time are a mistake of who wrote them. */
static void assert_line(const struct band_line *line, enum band_part part, double beats, const char *name)
{
	for (uint32_t i = 0; i < line->n_hits; i++) {
		const struct band_hit *hit = &line->hit[i];

		cr_assert(hit->beat >= 0 && hit->beat < beats, "%s", name);
		/* what is as exact as a file's ticks can be: 32nds */
		cr_assert_eq(hit->beat * 8, floor(hit->beat * 8), "%s: %g", name, hit->beat);
		cr_assert(hit->velocity >= 16 && hit->velocity <= 122, "%s: %u", name, hit->velocity);
		if (part == BAND_DRUMS)
			cr_assert(hit->tone >= 35 && hit->tone <= 81, "%s: key %u", name, hit->tone);
		else
			cr_assert_lt(hit->tone, BAND_N_TONES);
		for (uint32_t k = i + 1; k < line->n_hits; k++)
			cr_assert(line->hit[k].beat > hit->beat + BEAT_SLACK ||
					  (part == BAND_DRUMS && line->hit[k].tone != hit->tone),
				"%s: twice at %g", name, hit->beat);
	}
}

static void assert_pattern(const struct band_pattern *pattern, const struct band_style *style)
{
	for (int part = 0; part < BAND_N_PARTS; part++)
		assert_line(&pattern->line[part], (enum band_part)part,
			pattern->bars * 4.0 * style->meter_num / style->meter_den, style->name);
}

static double loudness(const struct band_pattern *pattern)
{
	double sum = 0;

	for (int part = 0; part < BAND_N_PARTS; part++) {
		double here = 0;

		for (uint32_t i = 0; i < pattern->line[part].n_hits; i++)
			here += pattern->line[part].hit[i].velocity;
		sum += here / pattern->bars;
	}
	return sum;
}

Test(band_styles, whole,
	.description = "T-57: each of ours has every part at every intensity, a fill and an ending, and "
		       "grows louder")
{
	struct band_report report = {};
	struct band_styles *styles = band_styles_new(NULL, &report);

	for (size_t i = 0; i < N_OURS; i++) {
		const struct band_style *style = find(styles, i);

		cr_assert(style->title[0] && style->text[0]);
		cr_assert(style->tempo_min >= 40 && style->tempo_min < style->tempo_usual &&
				  style->tempo_usual < style->tempo_max && style->tempo_max <= 260,
			"%s", style->name);
		for (int level = 0; level < BAND_N_INTENSITIES; level++) {
			const struct band_pattern *pattern = style->pattern[level];

			cr_assert_not_null(pattern, "%s", style->name);
			for (int part = 0; part < BAND_N_PARTS; part++)
				cr_assert_gt(pattern->line[part].n_hits, 0, "%s", style->name);
			assert_pattern(pattern, style);
			if (level > 0)
				cr_assert_gt(loudness(pattern), 1.15 * loudness(style->pattern[level - 1]),
					"%s", style->name);
		}
		cr_assert_not_null(style->fill);
		cr_assert_gt(style->fill->line[BAND_DRUMS].n_hits, 4, "%s", style->name);
		assert_pattern(style->fill, style);
		cr_assert_not_null(style->ending);
		for (int part = 0; part < BAND_N_PARTS; part++)
			cr_assert_gt(style->ending->line[part].n_hits, 0, "%s", style->name);
		assert_pattern(style->ending, style);
		cr_assert(!style->profile && !style->contour && style->n_ghost_steps == 0,
			"their dynamics are written");
	}
	band_styles_free(styles);
}

Test(band_styles, ornaments,
	.description =
		"T-44: ghost strokes are ornaments by the default threshold, all else is well above it")
{
	struct band_report report = {};
	struct band_styles *styles = band_styles_new(NULL, &report);
	uint32_t n_ghosts = 0;

	for (size_t i = 0; i < N_OURS; i++) {
		const struct band_style *style = find(styles, i);

		for (int level = 0; level < BAND_N_INTENSITIES; level++) {
			for (int part = 0; part < BAND_N_PARTS; part++) {
				const struct band_line *line = &style->pattern[level]->line[part];

				for (uint32_t k = 0; k < line->n_hits; k++) {
					const bool ghost = line->hit[k].velocity <= MOS_GHOST_VEL_MAX;

					cr_assert(ghost || line->hit[k].velocity >= 24, "%s", style->name);
					cr_assert(!ghost || part != BAND_BASS, "%s", style->name);
					n_ghosts += ghost;
				}
			}
		}
	}
	cr_assert_gt(n_ghosts, 60);
	band_styles_free(styles);
}

Test(band_styles, claves,
	.description = "T-20 T-22: the claves of a clave style strike exactly its clave, at every intensity, "
		       "and its tag is known")
{
	struct band_report report = {};
	struct band_styles *styles = band_styles_new(NULL, &report);
	uint32_t n_styles = 0;

	for (size_t i = 0; i < N_OURS; i++) {
		const struct band_style *style = find(styles, i);
		uint8_t stroke[MOS_CLAVE_STROKES_MAX];

		if (!style->clave[0])
			continue;
		n_styles++;
		cr_assert_eq(mos_clave_steps(style->clave, 16, stroke), 5, "%s", style->clave);
		for (int level = 0; level < BAND_N_INTENSITIES; level++) {
			const struct band_line *line = &style->pattern[level]->line[BAND_DRUMS];
			uint32_t n = 0;

			cr_assert_eq(style->pattern[level]->bars, 2);
			for (uint32_t k = 0; k < line->n_hits; k++) {
				if (line->hit[k].tone == CLAVES_KEY)
					cr_assert_eq(line->hit[k].beat, stroke[n++] / 4.0, "%s", style->name);
			}
			cr_assert_eq(n, 5);
		}
	}
	cr_assert_eq(n_styles, 2);
	/* tritone.md 11, by hand */
	const double son[] = {1, 2, 4, 5.5, 7};
	const double rumba[] = {0, 1.5, 3.5, 5, 6};
	for (int k = 0; k < 5; k++) {
		const double *want[] = {son, rumba};
		const char *const names[] = {"son_2_3", "rumba_3_2"};
		for (int c = 0; c < 2; c++) {
			uint8_t stroke[MOS_CLAVE_STROKES_MAX];

			cr_assert_eq(mos_clave_steps(names[c], 16, stroke), 5);
			cr_assert_eq(stroke[k] / 4.0, want[c][k]);
		}
	}
	band_styles_free(styles);
}

static bool has(const struct band_style *style, uint8_t key, double beat)
{
	const struct band_line *line = &style->pattern[BAND_MEDIUM]->line[BAND_DRUMS];

	for (uint32_t i = 0; i < line->n_hits; i++) {
		if (line->hit[i].tone == key && fabs(line->hit[i].beat - beat) < BEAT_SLACK)
			return true;
	}
	return false;
}

Test(band_styles, idiom,
	.description = "T-57: what makes a style itself: hats on two and four, one drop, surdo, bossa clave, "
		       "the bell of "
		       "twelve")
{
	struct band_report report = {};
	struct band_styles *styles = band_styles_new(NULL, &report);
	const struct {
		const char *style;
		uint8_t key;
		double beat[10];
		bool exactly;
	} idioms[] = {
		{"swing", 44, {1, 3, 5, 7, -1}, true},
		{"swing", 51, {0, 1, 1.5, 2, 3, 3.5, -1}, false},
		{"jazz_waltz", 51, {0, 1, 1.5, 2, -1}, false},
		{"bossa", 37, {0, 1.5, 3, 5, 6.5, -1}, true},
		{"samba", 41, {2, 6, -1}, true},
		{"samba", 60, {0, 1, 2, 2.5, 3.5, 4.5, 5.5, 6.5, 7, -1}, true},
		{"son_clave", 37, {0, 1, 2, 2.5, 3.5, 4.5, 5.5, 6, 7, -1}, true},
		{"reggae", 36, {2, 6, -1}, true},
		{"reggae", 37, {2, 6, -1}, false},
		{"afro_cuban_6_8", 56, {0, 1, 2, 2.5, 3.5, 4.5, 5.5, -1}, true},
		{"funk", 36, {0, 4, -1}, false},
		{"funk", 38, {1, 3, 5, 7, -1}, false},
		{"gospel", 38, {1.5, 4.5, -1}, false},
		{"second_line", 36, {0, 1.5, 3, 7, -1}, false},
		{"disco", 36, {0, 1, 2, 3, 4, 5, 6, 7, -1}, true},
		{"disco", 46, {.5, 1.5, 2.5, 3.5, -1}, false},
		{"cha_cha", 56, {0, 1, 2, 3, 4, 5, 6, 7, -1}, true},
	};

	for (size_t i = 0; i < sizeof(idioms) / sizeof(idioms[0]); i++) {
		const struct band_style *style = band_styles_find(styles, idioms[i].style);
		const struct band_line *line = &style->pattern[BAND_MEDIUM]->line[BAND_DRUMS];
		uint32_t n = 0;
		uint32_t n_hits = 0;

		for (; idioms[i].beat[n] >= 0; n++)
			cr_assert(has(style, idioms[i].key, idioms[i].beat[n]), "%s: %u at %g", style->name,
				idioms[i].key, idioms[i].beat[n]);
		for (uint32_t k = 0; k < line->n_hits; k++)
			n_hits += line->hit[k].tone == idioms[i].key;
		cr_assert(!idioms[i].exactly || n == n_hits, "%s: %u", style->name, idioms[i].key);
	}
	/* the tumbao anticipates: the next chord on the fourth beat, nothing on the first */
	const struct band_line *bass =
		&band_styles_find(styles, "son_clave")->pattern[BAND_MEDIUM]->line[BAND_BASS];
	for (uint32_t i = 0; i < bass->n_hits; i++) {
		const double beat = fmod(bass->hit[i].beat, 4);

		cr_assert(beat == 1.5 || beat == 3);
		cr_assert_eq(bass->hit[i].tone == BAND_TONE_NEXT, beat == 3);
	}
	band_styles_free(styles);
}

static void render(struct stage *s, const char *style, const char *chords, const char *swing,
	const char *intensity, struct band_events *ret)
{
	struct band_overrides flags = {};
	struct band_plan plan;

	flags.value[BAND_KEY_CHORDS] = chords;
	flags.value[BAND_KEY_STYLE] = style;
	flags.value[BAND_KEY_SWING] = swing;
	flags.value[BAND_KEY_INTENSITY] = intensity;
	band_inputs_finish(&s->in);
	stage_read(s, &flags, &s->in);
	const struct band_ctx ctx = {.in = &s->in, .plan = &plan, .report = &s->report};
	cr_assert_eq(band_plan_program(&s->in, &s->report, &plan), 0, "%s", stage_why(s));
	cr_assert_eq(band_render(&ctx, ret), 0, "%s: %s", style, stage_why(s));
	cr_assert_eq(band_check(&ctx, ret, BAND_PRE_SCHEDULE), 0);
	band_plan_finish(&plan);
}

Test(band_styles, every_chord,
	.description = "T-57: each of ours plays 42 kinds of chords at three intensities without a fault, "
		       "within the compass of "
		       "hands and strings, and differently")
{
	char chords[512] = "";
	struct stage s;

	for (size_t i = 0; i < N_SYMBOLS; i++) {
		strcat(chords, symbols[i]);
		strcat(chords, " ");
	}
	stage_chords(&s, "C", "swing");
	for (size_t i = 0; i < N_OURS; i++) {
		char digest[BAND_N_INTENSITIES][65];

		for (int level = 0; level < BAND_N_INTENSITIES; level++) {
			static const char *const names[] = {"soft", "medium", "hard"};
			struct band_events events;

			render(&s, ours[i], chords, NULL, names[level], &events);
			cr_assert_gt(events.n_events, 300, "%s", ours[i]);
			for (uint32_t k = 0; k < events.n_events; k++) {
				const struct band_event *e = &events.event[k];
				const uint8_t lowest[] = {40, 24, 35};
				const uint8_t highest[] = {84, 60, 81};

				cr_assert(e->note >= lowest[e->part] && e->note <= highest[e->part],
					"%s: %u of part %u", ours[i], e->note, e->part);
			}
			cr_assert_eq(band_events_digest(&events, &s.in, digest[level]), 0);
			band_events_finish(&events);
		}
		cr_assert_str_neq(digest[BAND_SOFT], digest[BAND_MEDIUM]);
		cr_assert_str_neq(digest[BAND_MEDIUM], digest[BAND_HARD]);
	}
	stage_finish(&s);
}

Test(band_styles, swung,
	.description =
		"T-37: the off-beats of the swinging styles lie where the layer puts them, in every part")
{
	static const struct {
		const char *style;
		double swing;
	} swings[] = {{"swing", 1.0 / 3}, {"jazz_waltz", 1.0 / 3}, {"shuffle", 1.0 / 3},
		{"second_line", 0.18}, {"reggae", 0.16}};
	struct stage s;

	stage_chords(&s, "C", "swing");
	for (size_t i = 0; i < sizeof(swings) / sizeof(swings[0]); i++) {
		struct band_events straight, swung;
		uint32_t moved[BAND_N_PARTS] = {};

		render(&s, swings[i].style, "Dm7 G7 Cmaj7 A7", "0", NULL, &straight);
		render(&s, swings[i].style, "Dm7 G7 Cmaj7 A7", NULL, NULL, &swung);
		cr_assert_float_eq(s.in.swing, swings[i].swing, 1e-4);
		cr_assert_eq(straight.n_events, swung.n_events);
		for (uint32_t k = 0; k < swung.n_events; k++) {
			const double at = straight.event[k].at_beats;
			const bool off_beat = fabs(at - floor(at) - 0.5) < 1e-6;

			cr_assert_float_eq(swung.event[k].at_beats, off_beat ? at + 0.5 * s.in.swing : at,
				1e-9, "%s", swings[i].style);
			moved[swung.event[k].part] += off_beat;
		}
		cr_assert(moved[BAND_COMP] > 0 && moved[BAND_DRUMS] > 0, "%s", swings[i].style);
		band_events_finish(&straight);
		band_events_finish(&swung);
	}
	stage_finish(&s);
}

/* SPDX-License-Identifier: MIT */
/* From files and flags to canonical inputs: what counts, where it comes from, what is refused. */
#include "band_inputs_fixture.h"

#include <errno.h>

TestSuite(band_inputs, .init = open_styles, .fini = close_styles);

#define CHORDS "chords: Dm7 G7 Cmaj7 A7\n"

static void digest_of(const char *program, char ret[65])
{
	struct reading *r = read_program(program);

	assert_read(r, program);
	memcpy(ret, r->digest, 65);
	end_reading(r);
}

Test(band_inputs, each_counts,
	.description = "T-20: each canonical input alone, and each knob, changes the digest")
{
	static const char base[] =
		CHORDS "style: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n";
	static const char *const variant[] = {
		"chords: Dm7 G7 Cmaj7\nstyle: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, humanize_ms: "
		"4, seed: 7}\n",
		"chords: Dm7 G7 Cmaj7 A9\nstyle: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, "
		"humanize_ms: 4, seed: 7}\n",
		"chords: Dm7 | G7 | Cmaj7 | A7\nstyle: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, "
		"humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_four_feel}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, bass: samba_four_feel}\nexpressive: {swing: 0.1, "
		       "humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, pickup_beat: 3.5}\nexpressive: {swing: 0.1, "
		       "humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, ghost_vel: 14, ghost_steps: [1]}\nexpressive: {swing: "
		       "0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, ghost_vel: 15, ghost_steps: [1]}\nexpressive: {swing: "
		       "0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, ghost_vel: 14, ghost_steps: [3]}\nexpressive: {swing: "
		       "0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, ghost_vel: 14, ghost_steps: [1], ghost_len_beats: "
		       "0.1}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, vel_contour_enabled: true}\nexpressive: {swing: 0.1, "
		       "humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, vel_contour_enabled: true, vel_contour_soft: "
		       "0.7}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, vel_contour_enabled: true, vel_contour_strong: "
		       "1.1}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, vel_contour_enabled: true, vel_contour_pickup: "
		       "0.7}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, vel_contour_enabled: true, vel_contour_ghost: "
		       "0.7}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4, vel_contour: {enabled: true, preset: "
		       "brazil_samba}}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4}\nexpressive: {swing: 0.2, humanize_ms: 4, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, humanize_ms: 5, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, humanize_ms: 4, "
		       "humanize_vel: 1, seed: 7}\n",
		CHORDS "style: {comp: samba_basic_4_4}\nexpressive: {swing: 0.1, humanize_ms: 4, seed: 8}\n",
	};
	static const char *const added[] = {"tempo_bpm: 120.5\n", "time_signature: 2/4\n", "grid: 8\n",
		"quantize: down\n", "quantize: up\n", "bars_per_chord: 2\n", "tritone_mode: all_doms\n",
		"tritone_strength: 0.5\n", "tritone_seed: 0\n", "tritone_seed: -1\n", "voicing: reference\n",
		"transpose: -2\n", "intensity: hard\n", "intensity: soft\n", "sections: A:4\n",
		"sections: A:2 B:2\n"};
	char digest[1 + sizeof(variant) / sizeof(variant[0]) + sizeof(added) / sizeof(added[0])][65];
	size_t n = 0;

	digest_of(base, digest[n++]);
	for (size_t i = 0; i < sizeof(variant) / sizeof(variant[0]); i++)
		digest_of(variant[i], digest[n++]);
	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "%s%s", base, added[i]);
		digest_of(text, digest[n++]);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			cr_assert_str_neq(digest[i], digest[k], "%zu and %zu", i, k);
	}
}

Test(band_inputs, nothing_else_counts,
	.description = "T-20: names, notes, order of keys, JSON or YAML, spelling of numbers do not change "
		       "the digest")
{
	static const char *const same[] = {
		"chords: Dm7 G7\nstyle: bossa_basic\ntempo_bpm: 132.5\nexpressive:\n  swing: 0.25\n",
		"expressive: {swing: 0.250}\ntempo_bpm: 132.50\nstyle: 'bossa_basic'\nchords: [Dm7, "
		"\"G7\"]\n",
		"{\"style\":{\"comp\":\"bossa_basic\"},\"expressive\":{\"swing\":2.5e-1},\"tempo\":132.5,"
		"\"chords\":[\"Dm7\",\"G7\"]}",
		"\xef\xbb\xbf{\"chords\":\"  "
		"Dm7\\tG7\",\"style\":{\"name\":\"bossa_basic\",\"swing_ratio\":0.25},\"tempo_bpm\":132.5}",
		"name: Other\ntitle: T\nid: i\ndescription: d\nnotes: [a, b]\ntags: {k: v}\nlevels: {x: "
		"{tempo_bpm: 50}}\n"
		"tempo_range: [1, 2]\noutfile: o.mid\nchords: Dm7, G7\nstyle: {style: bossa_basic, "
		"technique_tags: {a: b}, pickup_vel: 3}\n"
		"tempo: 132.5\nexpressive: {swing: 0.25}\nbars_per_chord: 1\ntritone_seed: null\n",
		"# remark\nchords: Dm7 G7\nstyle: {comp: bossa_basic, ghost_hits: {enabled: false, steps: "
		"[1], vel: 30}}\ntempo_bpm: 132.5\n"
		"expressive: {swing: .25}\ntritone_mode: off\n",
	};
	char first[65], other[65];

	digest_of(same[0], first);
	for (size_t i = 1; i < sizeof(same) / sizeof(same[0]); i++) {
		digest_of(same[i], other);
		cr_assert_str_eq(other, first, "%zu", i);
	}
	struct reading *r = read_flags("chords=Dm7 G7\nstyle=bossa_basic\ntempo=132.5\nswing=25%");
	cr_assert_str_eq(r->digest, first, "flags say the same");
	end_reading(r);
}

/* T-21 */

static const struct {
	enum band_key key;
	const char *file;         /* the program's line */
	const char *flag, *other; /* two more values, as typed */
} keys[] = {
	{BAND_KEY_CHORDS, "chords: C F G7\n", "Am Dm E7", "Bb Eb"},
	{BAND_KEY_TEMPO, "tempo_bpm: 90\n", "200", "61.5"},
	{BAND_KEY_METER, "time_signature: 2/4\n", "3/4", "4/4"},
	{BAND_KEY_GRID, "grid: 8\n", "16", "8"},
	{BAND_KEY_QUANTIZE, "quantize: down\n", "up", "nearest"},
	{BAND_KEY_BARS, "bars_per_chord: 2\n", "3", "4"},
	{BAND_KEY_STYLE, "style: {comp: samba_brazil_full, ghost_vel: 30}\n", "bossa_basic", "ballad_basic"},
	{BAND_KEY_TRITONE, "tritone_mode: all_doms\n", "none", "none"},
	{BAND_KEY_TRITONE_STRENGTH, "tritone_strength: 0.25\n", "0.5", "1"},
	{BAND_KEY_TRITONE_SEED, "tritone_seed: 3\n", "-4", "0"},
	{BAND_KEY_SWING, "expressive: {swing: 0.1}\n", "60%", "0.3"},
	{BAND_KEY_HUMANIZE_MS, "expressive: {humanize_ms: 4, seed: 1}\n", "8ms", "2"},
	{BAND_KEY_HUMANIZE_VEL, "expressive: {humanize_vel: 4, seed: 1}\n", "8", "2"},
	{BAND_KEY_HUMANIZE_SEED, "expressive: {seed: 5}\n", "6", "7"},
	{BAND_KEY_VOICING, "voicing: reference\n", "true", "true"},
	{BAND_KEY_TRANSPOSE, "transpose: 1\n", "-24", "24"},
	{BAND_KEY_INTENSITY, "intensity: hard\n", "soft", "medium"},
	{BAND_KEY_SECTIONS, "sections: A:1 B:1\n", "C:2", "D:2"},
	{BAND_KEY_NAME, "name: File\n", "Flag", "List"},
	{BAND_KEY_OUTFILE, "outfile: file.mid\n", "flag.mid", "list.mid"},
};

/** A key in file, flag and setlist, each or not; the seeds that go with it are always there. */
static struct reading *read_key(size_t i, bool in_file, bool in_flag, bool in_setlist)
{
	const bool needs_seed = keys[i].key == BAND_KEY_HUMANIZE_MS || keys[i].key == BAND_KEY_HUMANIZE_VEL;
	char program[256], flag[96], setlist[96];

	(void)snprintf(program, sizeof(program), "%s%s",
		keys[i].key == BAND_KEY_CHORDS && in_file ? "" : "chords: G7 C\n",
		in_file ? keys[i].file : "x: 1\n");
	(void)snprintf(flag, sizeof(flag), "%s=%s%s", band_key_name(keys[i].key), keys[i].flag,
		needs_seed ? "\nhumanize_seed=1" : "");
	(void)snprintf(setlist, sizeof(setlist), "%s=%s%s", band_key_name(keys[i].key), keys[i].other,
		needs_seed ? "\nhumanize_seed=1" : "");
	return read_all(program,
		in_flag      ? flag
		: needs_seed ? "humanize_seed=1"
			     : NULL,
		in_setlist ? setlist : NULL, false);
}

Test(band_inputs, precedence,
	.description = "T-21: a typed flag beats the program, that the setlist, that the style, that the "
		       "default, key by key")
{
	cr_assert_eq(sizeof(keys) / sizeof(keys[0]), BAND_N_KEYS);
	for (size_t i = 0; i < BAND_N_KEYS; i++) {
		const enum band_key key = keys[i].key;
		const bool given = key == BAND_KEY_CHORDS; /* a program always has them */
		struct reading *r[8];

		for (uint32_t mask = 0; mask < 8; mask++) {
			r[mask] = read_key(i, mask & 1, mask & 2, mask & 4);
			assert_read(r[mask], band_key_name(key));
			const enum band_origin by = mask & 2            ? BAND_BY_FLAG
						    : mask & 1 || given ? BAND_BY_FILE
						    : mask & 4          ? BAND_BY_SETLIST
									: BAND_BY_DEFAULT;
			cr_assert_eq(r[mask]->in.by[key], by, "%s %u: %s", band_key_name(key), mask,
				band_origin_name(r[mask]->in.by[key]));
		}
		cr_assert_str_eq(
			r[3]->digest, r[2]->digest, "%s: flag and file are as the flag", band_key_name(key));
		cr_assert_str_eq(r[6]->digest, r[2]->digest, "%s: flag and setlist are as the flag",
			band_key_name(key));
		cr_assert_str_eq(r[7]->digest, r[2]->digest, "%s: all are as the flag", band_key_name(key));
		cr_assert_str_eq(r[5]->digest, r[1]->digest, "%s: file and setlist are as the file",
			band_key_name(key));
		cr_assert_str_eq(r[7]->in.name, r[2]->in.name);
		cr_assert_str_eq(r[5]->in.outfile, r[1]->in.outfile);
		for (uint32_t mask = 0; mask < 8; mask++)
			end_reading(r[mask]);
	}
}

Test(band_inputs, style_gives_defaults,
	.description = "T-21: tempo, meter and swing come from the style when nobody says them")
{
	struct reading *r = read_flags("chords=C\nstyle=jazz_waltz");

	assert_read(r, "jazz_waltz");
	cr_assert_eq(r->in.meter_num, 3);
	cr_assert_eq(r->in.by[BAND_KEY_METER], BAND_BY_STYLE);
	cr_assert_eq(r->in.tempo_bpm, r->in.style->tempo_usual);
	cr_assert_eq(r->in.by[BAND_KEY_TEMPO], BAND_BY_STYLE);
	cr_assert_eq(r->in.by[BAND_KEY_SWING], BAND_BY_STYLE);
	end_reading(r);
	r = read_all("chords: C\nstyle: jazz_waltz\n", "swing=0", "tempo=99", false);
	cr_assert_eq(r->in.swing, 0);
	cr_assert_eq(r->in.tempo_bpm, 99, "a setlist beats the style");
	cr_assert_eq(r->in.by[BAND_KEY_TEMPO], BAND_BY_SETLIST);
	end_reading(r);
}

/* T-57 and the tables of issues */

static void expect(const char *program, const char *code, const char *where, bool is_error)
{
	struct reading *r = read_program(program);
	const struct band_issue *issue = issue_of(r, code);

	cr_assert_not_null(
		issue, "%s: no %s, rc %d, first %s", program, code, r->rc, r->report.issue[0].message);
	cr_assert_eq(issue->is_error, is_error, "%s", program);
	cr_assert_str_eq(issue->where, where, "%s", program);
	cr_assert(issue->message[0]);
	cr_assert_eq(r->rc, r->report.n_errors ? -EINVAL : 0);
	end_reading(r);
}

Test(band_inputs, unknown_knobs,
	.description = "T-57: an unknown key or knob is reported with its place and not applied")
{
	char plain[65], knobbed[65];

	expect("{\"chords\":\"C\",\"style\":\"swing_basic\",\"humor\":1}", "KEY_UNKNOWN", "/humor", false);
	expect("{\"chords\":\"C\",\"style\":{\"comp\":\"swing_basic\",\"comp_hits\":[[0,1,9]]}}",
		"KEY_UNKNOWN", "/style/comp_hits", false);
	expect("chords: C\nstyle:\n  comp: swing_basic\n  ghost_hits: {enabled: true, volume: 3}\n",
		"KEY_UNKNOWN", "/style/ghost_hits/volume (line 4, column 39)", false);
	expect("{\"chords\":\"C\",\"style\":\"swing_basic\",\"swing\":0.5}", "KEY_UNKNOWN", "/swing", false);
	expect("{\"chords\":\"C\",\"style\":\"swing_basic\",\"expressive\":{\"groove\":0.5}}", "KEY_UNKNOWN",
		"/expressive/groove", false);
	digest_of("{\"chords\":\"C\",\"style\":{\"comp\":\"swing_basic\"}}", plain);
	digest_of("{\"chords\":\"C\",\"swing\":1,\"bars\":3,\"style\":{\"comp\":\"swing_basic\",\"drums\":"
		  "\"rock\",\"swing\":1}}",
		knobbed);
	cr_assert_str_eq(plain, knobbed);
}

Test(band_inputs, issues, .description = "T-57: every code of the program's validator, with its place")
{
	static const struct {
		const char *program, *code, *where;
		bool is_error;
	} cases[] = {
		{"", "LOAD_ERROR", "/", true},
		{" \n\t", "LOAD_ERROR", "/", true},
		{"[1]", "LOAD_ERROR", "/", true},
		{"just a text", "LOAD_ERROR", "/", true},
		{"{\"chords\":\"C\",}", "LOAD_ERROR", "line 1, column 14", true},
		{"chords: C\n\tx: 1\n", "LOAD_ERROR", "line 2, column 1", true},
		{"chords: \xff\n", "LOAD_ERROR", "byte 8", true},
		{"chords: C\nstyle: bossa_basic\ntime_sig: 4/4\n", "KEY_RENAME",
			"/time_sig (line 3, column 11)", false},
		{"chords: C\nstyle: bossa_basic\ntempo: 90\ntempo_bpm: 91\n", "KEY_TWICE",
			"/tempo (line 3, column 8)", false},
		{"chords: C\nstyle: bossa_basic\ntime_signature: 3/4\n", "METER_UNSUPPORTED",
			"/time_signature (line 3, column 17)", false},
		{"chords: C\nstyle: bossa_basic\ntime_signature: 3/5\n", "METER_TYPE",
			"/time_signature (line 3, column 17)", true},
		{"chords: C\n", "STYLE_MISSING", "/style", false},
		{"chords: C\nstyle: {bass: bossa_basic}\n", "STYLE_MISSING", "/style (line 2, column 8)",
			false},
		{"chords: C\nstyle: [bossa_basic]\n", "STYLE_TYPE", "/style (line 2, column 8)", true},
		{"chords: C\nstyle: bosa_basic\n", "STYLE_UNKNOWN", "/style (line 2, column 8)", true},
		{"chords: C\nstyle: {comp: bosa_basic}\n", "STYLE_UNKNOWN", "/style/comp (line 2, column 15)",
			true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"bass\":\"walking\"}}",
			"BASS_STYLE_UNKNOWN", "/style/bass", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"bass\":\"samba_basic\"}}",
			"BASS_STYLE_UNKNOWN", "/style/bass", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"meter\":\"3/4\"}}",
			"METER_MISMATCH", "/style/meter", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"bar_steps\":\"x\"}}",
			"BAR_STEPS_TYPE", "/style/bar_steps", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"bar_steps\":8}}",
			"BAR_STEPS_MISMATCH", "/style/bar_steps", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"ghost\":1}}", "GHOST_TYPE",
			"/style/ghost", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"ghost_vel\":128}}",
			"GHOST_VEL_RANGE", "/style/ghost_vel", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"ghost_steps\":[1,\"x\"]}}",
			"GHOST_STEPS_TYPE", "/style/ghost_steps/1", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"ghost_steps\":[1,16]}}",
			"GHOST_STEPS_RANGE", "/style/ghost_steps/1", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"ghost_steps\":[1]}}",
			"GHOST_DISABLED", "/style/ghost_steps", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"ghost_len_beats\":0}}",
			"GHOST_LEN_RANGE", "/style/ghost_len_beats", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"pickup_beat\":\"x\"}}",
			"PICKUP_BEAT_TYPE", "/style/pickup_beat", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"pickup_beat\":4}}",
			"PICKUP_BEAT_RANGE", "/style/pickup_beat", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"pickup_vel\":0}}",
			"PICKUP_VEL_RANGE", "/style/pickup_vel", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"vel_contour\":1}}", "VEL_TYPE",
			"/style/vel_contour", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"vel_contour\":{\"enabled\":true,"
		 "\"preset\":\"x\"}}}",
			"VEL_PRESET_UNKNOWN", "/style/vel_contour/preset", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"vel_contour\":{\"enabled\":true,"
		 "\"preset\":\"None\"}}}",
			"VEL_PRESET_UNKNOWN", "/style/vel_contour/preset", false},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"vel_contour_enabled\":true,\"vel_"
		 "contour_soft\":0}}",
			"VEL_MULT_RANGE", "/style/vel_contour_soft", true},
		{"{\"chords\":\"C\",\"style\":{\"comp\":\"bossa_basic\",\"vel_contour\":{\"soft\":0.5}}}",
			"VEL_DISABLED", "/style/vel_contour", false},
		{"{\"chords\":[\"C\",\"H7\"],\"style\":\"bossa_basic\"}", "CHORD_INVALID", "/chords/1", true},
		{"{\"chords\":\"C H7\",\"style\":\"bossa_basic\"}", "CHORD_INVALID", "/chords, chord 2",
			true},
		{"{\"chords\":[\"C\",null],\"style\":\"bossa_basic\"}", "CHORD_INVALID", "/chords/1", true},
		{"{\"chords\":[\"%\"],\"style\":\"bossa_basic\"}", "CHORD_INVALID", "/chords/0", true},
		{"{\"chords\":[],\"style\":\"bossa_basic\"}", "CHORDS_MISSING", "/chords", true},
		{"{\"chords\":\" | \",\"style\":\"bossa_basic\"}", "CHORDS_MISSING", "/chords", true},
		{"{\"instruments\":[],\"root\":\"E\",\"mode\":\"x\",\"loop_bars\":8}", "CHORDS_MISSING",
			"/chords", true},
		{"{\"chords\":\"C | D\",\"bars_per_chord\":2,\"style\":\"bossa_basic\"}", "BARS_WRITTEN",
			"/bars_per_chord", false},
		{"{\"chords\":\"C\",\"tritone_mode\":\"deterministic\"}", "TRITONE_MODE", "/tritone_mode",
			true},
		{"{\"chords\":\"C\",\"tritone_mode\":\"probabilistic\"}", "SEED_MISSING", "/tritone_mode",
			true},
		{"{\"chords\":\"C\",\"tritone_strength\":1.5}", "TRITONE_STRENGTH", "/tritone_strength",
			false},
		{"{\"chords\":\"C\",\"tritone_seed\":1.5}", "TRITONE_SEED", "/tritone_seed", true},
		{"{\"chords\":\"C\",\"tritone_seed\":92233720368547758070}", "TRITONE_SEED", "/tritone_seed",
			true},
		{"{\"chords\":\"C\",\"expressive\":{\"humanize_ms\":4}}", "EXPR_SEED_MISSING",
			"/expressive/humanize_ms", false},
		{"{\"chords\":\"C\",\"expressive\":{\"swing\":1.01}}", "EXPR_RANGE", "/expressive/swing",
			true},
		{"{\"chords\":\"C\",\"expressive\":[1]}", "EXPR_TYPE", "/expressive", true},
		{"{\"chords\":\"C\",\"tempo\":19.9}", "TEMPO_RANGE", "/tempo", true},
		{"{\"chords\":\"C\",\"tempo_bpm\":401}", "TEMPO_RANGE", "/tempo_bpm", true},
		{"{\"chords\":\"C\",\"tempo_bpm\":\"fast\"}", "TEMPO_RANGE", "/tempo_bpm", true},
		{"{\"chords\":\"C\",\"bars_per_chord\":0}", "BARS_RANGE", "/bars_per_chord", true},
		{"{\"chords\":\"C\",\"bars_per_chord\":33}", "BARS_RANGE", "/bars_per_chord", true},
		{"{\"chords\":\"C\",\"bars_per_chord\":1.5}", "BARS_RANGE", "/bars_per_chord", true},
		{"{\"chords\":\"C\",\"grid\":12}", "GRID", "/grid", true},
		{"{\"chords\":\"C\",\"grid\":8,\"time_signature\":\"3/16\"}", "GRID", "/grid", true},
		{"{\"chords\":\"C\",\"quantize\":\"round\"}", "QUANTIZE", "/quantize", true},
		{"{\"chords\":\"C\",\"transpose\":25}", "TRANSPOSE_RANGE", "/transpose", true},
		{"{\"chords\":\"C\",\"intensity\":\"loud\"}", "INTENSITY", "/intensity", true},
		{"{\"chords\":\"C\",\"voicing\":\"drop2\"}", "VOICING", "/voicing", true},
		{"{\"chords\":\"C\",\"sections\":\"A:2\"}", "SECTIONS", "/sections", true},
		{"{\"chords\":\"C\",\"sections\":\"A\"}", "SECTIONS", "/sections", true},
		{"{\"chords\":\"C\",\"sections\":[{\"name\":\"A\"}]}", "SECTIONS", "/sections/0", true},
		{"{\"chords\":\"C\",\"outfile\":\"../x.mid\"}", "OUTFILE", "/outfile", false},
		{"{\"chords\":\"C\",\"outfile\":\"x.wav\"}", "OUTFILE", "/outfile", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].program, cases[i].code, cases[i].where, cases[i].is_error);
}

Test(band_inputs, errors_are_kept,
	.description = "T-57: a thousand warnings do not hide the error behind them")
{
	char program[16384] = "{";
	size_t len = 1;

	for (uint32_t i = 0; i < 1000; i++)
		len += (size_t)sprintf(program + len, "\"k%u\":%u,", i, i);
	(void)sprintf(program + len, "\"chords\":\"C\",\"style\":\"bosa_basic\",\"tempo\":1}");
	struct reading *r = read_program(program);
	cr_assert(r->report.n_issues == 1002 && r->report.n_errors == 2);
	cr_assert_str_eq(r->report.issue[0].where, "/k0");
	cr_assert_str_eq(r->report.issue[63].code, "STYLE_UNKNOWN");
	cr_assert_str_eq(r->report.issue[63].hint, "the nearest is \"bossa_basic\"");
	cr_assert_str_eq(r->report.issue[62].code, "TEMPO_RANGE");
	end_reading(r);
}

Test(band_inputs, seeds,
	.description = "T-3 T-38: what is left to chance is refused, or not applied, without a seed")
{
	static const char jittered[] =
		"chords: C G7\nstyle: swing_basic\nexpressive: {humanize_ms: 8, humanize_vel: 4}\n";
	static const char random[] = "chords: C G7\nstyle: swing_basic\ntritone_mode: probabilistic\n";
	static const char *const refused[] = {"humanize_ms=8ms", "humanize_vel=4",
		"tritone_mode=probabilistic", "tritone_mode=probabilistic\nhumanize_seed=1"};
	char text[128];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		(void)snprintf(text, sizeof(text), "chords=C G7\n%s", refused[i]);
		struct reading *r = read_flags(text);
		cr_assert_eq(r->rc, -EINVAL, "%s", refused[i]);
		cr_assert(issue_of(r, "EXPR_SEED_MISSING") || issue_of(r, "SEED_MISSING"));
		end_reading(r);
	}
	/* D-13: a file's humanize without a seed is reported and not applied; strictly, it is an error. */
	struct reading *r = read_program(jittered);
	assert_read(r, "jittered");
	cr_assert(r->in.humanize_ms == 0 && r->in.humanize_vel == 0 && !r->in.has_humanize_seed);
	end_reading(r);
	r = read_all(jittered, NULL, NULL, /* strict= */ true);
	cr_assert_eq(r->rc, -EINVAL);
	end_reading(r);
	r = read_all(jittered, "humanize_seed=7", NULL, /* strict= */ true);
	assert_read(r, "seeded");
	cr_assert(r->in.humanize_ms == 8 && r->in.humanize_vel == 4 && r->in.humanize_seed == 7);
	end_reading(r);
	r = read_program(random);
	cr_assert_eq(r->rc, -EINVAL);
	end_reading(r);
	r = read_all(random, "tritone_seed=-42", NULL, false);
	assert_read(r, "random");
	cr_assert(r->in.has_tritone_seed && r->in.tritone_seed == -42);
	end_reading(r);
}

Test(band_inputs, typed_texts, .description = "T-21: flags as people type them, and what is refused of them")
{
	static const char *const bad[] = {"tempo=140 bpm", "tempo=1e9", "swing=101%", "swing=-1%",
		"humanize_ms=8s", "tempo=", "humanize_vel=1.5", "chords=C\x01", "name=\xc3",
		"style=", "time_signature=4", "time_signature=04/4", "time_signature=4/3", "transpose=+25",
		"sections=A:0", "sections=:1", "bars_per_chord=2 2"};
	char text[128];
	struct reading *r = read_flags(
		"chords=Dm7 G7 Cmaj7\nstyle=bossa\ntempo=140\nbars_per_chord=2\n"
		"tritone_mode=all_doms\nswing=60%\nhumanize_ms=8 ms\nhumanize_seed=7\ntranspose=+2");

	assert_read(r, "the issue's example");
	cr_assert_str_eq(r->in.style->name, "bossa");
	cr_assert(r->in.tempo_bpm == 140 && r->in.bars_per_chord == 2 && r->in.swing == 0.6 &&
		  r->in.humanize_ms == 8);
	cr_assert(r->in.transpose == 2 && band_bars(&r->in) == 6);
	end_reading(r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s",
			strncmp(bad[i], "chords", 6) ? "chords=C\nhumanize_seed=1\n" : "", bad[i]);
		r = read_flags(text);
		cr_assert_eq(r->rc, -EINVAL, "%s", bad[i]);
		cr_assert_eq(
			strncmp(r->report.issue[0].where, "flag ", 5), 0, "%s", r->report.issue[0].where);
		end_reading(r);
	}
}

/* Chords */

static void expect_chords(const char *flags, const char *want)
{
	struct reading *r = read_flags(flags);
	char text[512] = "";

	assert_read(r, flags);
	for (uint32_t i = 0; i < r->in.n_chords; i++) {
		const struct band_chord *chord = &r->in.chord[i];
		const size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%s:%d", i ? " " : "", chord->text,
			(int)(chord->beats * 4 + 0.5));
	}
	cr_assert_str_eq(text, want, "%s", flags);
	end_reading(r);
}

Test(band_inputs, chord_texts,
	.description = "T-20: chords between bar lines share their bar by beats; % repeats (16ths)")
{
	expect_chords("chords=Dm7 G7 Cmaj7", "Dm7:0 G7:0 Cmaj7:0");
	expect_chords("chords=Dm7 % G7", "Dm7:0 Dm7:0 G7:0");
	expect_chords("chords=Dm7 G7 | Cmaj7", "Dm7:8 G7:8 Cmaj7:16");
	expect_chords("chords=|Dm7 G7|%||Cmaj7|", "Dm7:8 G7:8 Dm7:8 G7:8 Cmaj7:16");
	expect_chords("chords=C F G |", "C:8 F:4 G:4");
	expect_chords("chords=C / / F |", "C:12 F:4");
	expect_chords("chords=C % F % |", "C:8 F:8");
	expect_chords("chords=C D E F G |", "C:4 D:4 E:4 F:2 G:2");
	expect_chords("chords=C F G | D\ntime_signature=3/4", "C:4 F:4 G:4 D:12");
	expect_chords("chords=C F | D\ntime_signature=3/4", "C:8 F:4 D:12");
	expect_chords("chords=C F | D\ntime_signature=6/8", "C:6 F:6 D:12");
	expect_chords("chords=C F G | D\ntime_signature=6/8", "C:4 F:4 G:4 D:12");
	expect_chords("chords=C F G | D\ntime_signature=12/8", "C:12 F:6 G:6 D:24");
	expect_chords("chords=N.C. | C6/9 Bbmaj9/D", "N.C.:16 C6/9:8 Bbmaj9/D:8");
	expect_chords("chords=C NC N * N.C.", "C:0 N.C.:0 N.C.:0 N.C.:0 N.C.:0");
	expect_chords("chords=Cxyz Gweird\nvoicing=reference", "Cxyz:0 Gweird:0");
}

Test(band_inputs, chord_lists, .description = "T-20: several chords in an item of a list are a bar")
{
	struct reading *r = read_program(
		"style: bossa_basic\nchords:\n- Dm7\n- G7 Db7\n- '%'\n- \"| C | C6 |\"\nbars_per_chord: 2\n");

	assert_read(r, "list");
	cr_assert_eq(r->in.n_chords, 7);
	cr_assert_eq(r->in.chord[0].beats, 0);
	cr_assert_str_eq(r->in.chord[3].text, "G7");
	cr_assert_eq(r->in.chord[4].beats, 2);
	cr_assert_eq(band_bars(&r->in), 2 + 1 + 1 + 2);
	end_reading(r);
	r = read_program("{\"style\":\"bossa_basic\",\"chords\":[\"c7\",\"H\",\"A7(Eb7)\",\"Cmaj7xx\"]}");
	cr_assert_eq(r->report.n_errors, 4, "all of them are told");
	cr_assert_str_eq(r->report.issue[0].hint, "roots are upper case: \"C7\"");
	cr_assert_str_eq(r->report.issue[2].hint, "choose one: \"A7\"");
	end_reading(r);
}

Test(band_inputs, too_much, .description = "T-20: as many chords as a form may have, and one more")
{
	char *program = malloc(4 * BAND_CHORDS_MAX + 64);
	size_t len = 0;

	cr_assert_not_null(program);
	len += (size_t)sprintf(program, "style: bossa_basic\nchords:");
	for (uint32_t i = 0; i < BAND_CHORDS_MAX; i++)
		len += (size_t)sprintf(program + len, " C");
	struct reading *r = read_program(program);
	assert_read(r, "4096");
	cr_assert_eq(r->in.n_chords, BAND_CHORDS_MAX);
	end_reading(r);
	(void)sprintf(program + len, " C");
	r = read_program(program);
	cr_assert_not_null(issue_of(r, "CHORDS_TOO_MANY"));
	end_reading(r);
	free(program);
	r = read_flags("chords=C D E F G A B C D E F G A B C D E |");
	cr_assert_not_null(issue_of(r, "CHORD_INVALID"), "seventeen in a bar");
	end_reading(r);
}

Test(band_inputs, reference_defects,
	.description =
		"T-20 T-21: tempo_bpm, time_signature, expressive, style.bass and swing_ratio count (R-7)")
{
	struct reading *r = read_program(
		"chords: G7\ntempo_bpm: 90\ntime_signature: 2/4\ntritone_mode: 'off'\n"
		"style: {name: samba_basic, bass: samba_two_feel, swing_ratio: 0.5, bar_steps: 8}\n");

	assert_read(r, "samba");
	cr_assert(r->in.tempo_bpm == 90 && r->in.meter_num == 2 && r->in.swing == 0.5);
	cr_assert_eq(r->in.tritone, BAND_TRITONE_NONE);
	cr_assert_str_eq(r->in.bass_style, "samba_two_feel");
	cr_assert_eq(r->in.style->pattern[BAND_MEDIUM]->line[BAND_BASS].n_hits, 2);
	cr_assert_eq(r->in.style->pattern[BAND_MEDIUM]->line[BAND_COMP].n_hits, 3);
	cr_assert_eq(r->report.n_issues, 0);
	end_reading(r);
	r = read_program(
		"chords: G7\nstyle: {comp: bossa_basic, swing_ratio: 0.5}\nexpressive: {swing: 0.1}\n");
	cr_assert_eq(r->in.swing, 0.1, "swing_ratio is the alias");
	end_reading(r);
}

Test(band_inputs, knobs,
	.description = "T-20: nested knobs, flat knobs over them; the registry's style stays as it was")
{
	struct reading *r = read_program(
		"chords: G7\nstyle:\n  comp: samba_basic\n  ghost_hits: {enabled: true, steps: [3, 7]}\n"
		"  ghost_vel: 20\n  vel_contour: {enabled: true, preset: brazil_samba, soft: 0.9}\n"
		"  vel_contour_ghost: 0.5\n  pickup_beat: 3.5\n");
	const struct band_style *registered = band_styles_find(styles, "samba_basic");

	assert_read(r, "knobs");
	const struct band_style *style = r->in.style;
	cr_assert(style->ghost_vel == 20 && style->n_ghost_steps == 2 && style->ghost_step[1] == 7);
	cr_assert(style->contour && style->contour_soft == 0.9 && style->contour_strong == 1.08);
	cr_assert(style->contour_pickup == 0.65 && style->contour_ghost == 0.5);
	cr_assert(style->has_pickup && style->pickup_beat == 3.5);
	cr_assert(registered->ghost_vel == 0 && !registered->contour && !registered->has_pickup);
	end_reading(r);
	r = read_program("chords: G7\nstyle: {comp: samba_brazil_full, pickup_beat: null, "
			 "vel_contour_enabled: false}\n");
	cr_assert(!r->in.style->has_pickup && !r->in.style->contour && r->in.style->ghost_vel == 14);
	end_reading(r);
}

Test(band_inputs, studies, .description = "T-20: Roman numerals of a study program, its mode, its bars")
{
	static const struct {
		const char *root, *mode, *numerals, *chords;
	} cases[] = {
		{"C", "major", "I, ii7, V7, I6", "C Dm7 G7 C6"},
		{"A", "minor", "i, iv, V7, bVI, bVII", "Am Dm E7 F G"},
		{"A", "natural_minor", "i, VI, VII, v", "Am F G Em"},
		{"D", "dorian", "i, IV, bIII, bVII", "Dm G F C"},
		{"F#", "blues", "I7, IV7, viio7, bII9sus4", "F#7 B7 E#dim7 G9sus4"},
		{"C", "minor", "iiø7, V+, imaj7, iv6, vi7", "Dm7b5 Gaug Cmmaj7 Fm6 Am7"},
	};
	char program[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(program, sizeof(program),
			"style: bossa_basic\nroot: '%s'\nmode: %s\nloop_bars: 40\ninstruments:\n"
			"- {type: palmas}\n- {type: shell_voicings, chords: [%s]}\n",
			cases[i].root, cases[i].mode, cases[i].numerals);
		struct reading *r = read_program(program);
		char text[256] = "";
		for (uint32_t k = 0; r->rc == 0 && k < r->in.n_chords; k++) {
			const size_t len = strlen(text);

			(void)snprintf(
				text + len, sizeof(text) - len, "%s%s", k ? " " : "", r->in.chord[k].text);
		}
		cr_assert_str_eq(
			text, cases[i].chords, "%s: %s", cases[i].numerals, r->report.issue[0].message);
		cr_assert_eq(r->in.by[BAND_KEY_CHORDS], BAND_BY_FILE);
		cr_assert_eq(band_bars(&r->in), 40 % r->in.n_chords ? r->in.n_chords : 40);
		end_reading(r);
	}
	expect("{\"root\":\"C\",\"instruments\":[{\"type\":\"shell_voicings\",\"chords\":[\"I\",\"XI\"]}]}",
		"CHORD_INVALID", "/instruments/0/chords/1", true);
	expect("{\"root\":\"H\",\"instruments\":[{\"type\":\"shell_voicings\",\"chords\":[\"I\"]}]}",
		"CHORDS_MISSING", "/chords", true);
	struct reading *r =
		read_all("root: C\nstyle: bossa_basic\ninstruments: [{type: shell_voicings, chords: [I]}]\n",
			"chords=F G", NULL, false);
	cr_assert(r->rc == 0 && r->in.n_chords == 2 && r->report.n_issues == 0, "typed chords beat them");
	end_reading(r);
}

Test(band_inputs, sections, .description = "T-20: sections as text, list and mapping")
{
	static const char *const forms[] = {"sections: 'A:8 B:8 A:4'\n", "sections: ['A:8', 'B:8 A:4']\n",
		"sections: [{name: A, bars: 8}, {name: B, bars: 8}, {name: A, bars: 4}]\n"};
	char program[256];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(program, sizeof(program),
			"style: bossa_basic\nchords: C D E F G\nbars_per_chord: 4\n%s", forms[i]);
		struct reading *r = read_program(program);
		assert_read(r, program);
		cr_assert_eq(r->in.n_sections, 3);
		cr_assert_str_eq(r->in.section[1].name, "B");
		cr_assert(r->in.section[2].from_bar == 16 && r->in.section[2].n_bars == 4);
		end_reading(r);
	}
}

Test(band_inputs, canonical_text,
	.description = "T-20 T-55 T-58: the canonical text of a small program, with the contract's version: "
		       "all that "
		       "decides what is played; nobody learns, nothing is remembered of who plays")
{
	struct reading *r = read_flags("chords=Dm7 G7 | C\nstyle=swing_basic\nvoicing=reference\nswing=1e-1");
	char *text;

	assert_read(r, "small");
	text = band_inputs_text(&r->in);
	cr_assert_str_eq(text,
		"{\"bars_per_chord\":1,\"bass_style\":\"\",\"chords\":[[\"Dm7\",2],[\"G7\",2],[\"C\",4]],"
		"\"contract\":\"v1\","
		"\"grid\":16,\"humanize_ms\":0,\"humanize_seed\":null,\"humanize_vel\":0,\"intensity\":"
		"\"medium\","
		"\"quantize\":\"nearest\",\"sections\":[],\"style\":{\"clave\":\"\",\"content\":"
		"\"6805bf6de8fddece756586abe622130a4eed9b4ecb9083ec1a8c93bf6346edf9\",\"contour\":null,"
		"\"ghost\":null,"
		"\"name\":\"swing_basic\",\"pickup\":null},\"swing\":0.1,\"tempo\":120,\"time_signature\":"
		"\"4/4\","
		"\"transpose\":0,\"tritone_mode\":\"none\",\"tritone_seed\":null,\"tritone_strength\":1,"
		"\"voicing\":\"reference\"}");
	free(text);
	end_reading(r);
}

/* SPDX-License-Identifier: MIT */
/* SoundFonts made for one question each: what the reader makes of them, and what it refuses. */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>

#include "apollo/load/load.h"
#include "sf2_make.h"

#define P MK_PRESET
#define I MK_INSTRUMENT

static struct store *store;
static struct bank *bank;
static struct load_report report;
static char error[512];

static void open_store(void)
{
	store = store_create(&(struct store_options){0});
}

static void close_store(void)
{
	if (bank)
		bank->destroy(bank);
	store_destroy(store);
}

TestSuite(apollo_sf2, .init = open_store, .fini = close_store, .timeout = 10);

static int load_bytes(const void *bytes, size_t n)
{
	const char *path = mk_write(bytes, n);
	const int r =
		load_bank(path, &(struct load_options){.store = store}, &bank, &report, error, sizeof(error));

	unlink(path);
	return r;
}

static int load(struct mk *m)
{
	struct mk_bytes *file = mk_bytes(m);
	const int r = load_bytes(file->d, file->n);

	free(file);
	return r;
}

static void one_sample(struct mk *m)
{
	mk_sample(m, "ramp", 0, 1000, 100, 900, 60, 0, 1);
}

/* Preset 0:0 with one zone; what it has besides its instrument is to be added before. */
static void close_preset(struct mk *m)
{
	mk_gen(m, P, 41, 0);
}

static struct mk *one_zone(void)
{
	struct mk *m = mk_new();

	one_sample(m);
	mk_preset(m, "one", 0, 0);
	mk_zone(m, P);
	close_preset(m);
	mk_instrument(m, "one");
	mk_zone(m, I);
	return m;
}

static const struct zone_mod *find_mod(const struct zone *z, uint32_t source, uint32_t param)
{
	for (uint32_t i = z->mod; i < z->mod + z->n_mods; i++)
		if (bank->mod[i].source == source && bank->mod[i].param == param)
			return &bank->mod[i];
	return NULL;
}

static float amount(const struct zone *z, uint32_t source, uint32_t param)
{
	const struct zone_mod *m = find_mod(z, source, param);

	return m ? m->amount : 0;
}

Test(apollo_sf2, plain,
	.description = "APO-02: one zone with nothing said: the defaults of the specification")
{
	struct mk *m = one_zone();

	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	cr_assert_eq(bank->n_zones, 1);
	cr_assert_eq(bank->n_presets, 1);
	cr_expect_eq(report.n_notes, 0);
	const struct zone *z = &bank->zone[0];
	cr_expect(z->key_lo == 0 && z->key_hi == 127 && z->vel_lo == 0 && z->vel_hi == 127);
	cr_expect(z->flavour == ZONE_SF2 && z->loop == ZONE_LOOP_NONE && z->start == 0 && z->end == 1000);
	cr_expect(z->root_key == 60 && z->fixed_key == -1 && z->fixed_velocity == -1 && z->group == 0);
	cr_expect_float_eq(z->keytrack, 100, 0);
	cr_expect_float_eq(z->param[zp_env(0, ENV_ATTACK)], -12000, 0);
	cr_expect_float_eq(z->param[zp_env(0, ENV_RELEASE)], -7200, 0, "16 ms are the shortest release");
	cr_expect(isnan(z->param[ZP_BEND_UP]) && isnan(z->param[ZP_BEND_DOWN]));
	/* An open filter is none; it leaves the 1.505 dB that a resonance of 0 has. */
	cr_expect_eq(z->filter, ZONE_FILTER_OFF);
	cr_expect_float_eq(z->param[ZP_GAIN], 1.1892f, 1e-4f);
	cr_expect(z->n_envs == 1 && z->n_lfos == 2, "the vibrato waits for CC 1");
	cr_expect_eq(z->n_mods, 9);
	cr_expect_float_eq(amount(z, SRC_VELOCITY, ZP_ATTEN), 960, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 7, ZP_ATTEN), 960, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 11, ZP_ATTEN), 960, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 1, zp_lfo(1, LFO_TO_PITCH)), 50, 0);
	cr_expect_float_eq(amount(z, SRC_PRESSURE, zp_lfo(1, LFO_TO_PITCH)), 50, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 10, ZP_PAN), 500, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 8, ZP_BALANCE), 960, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 91, ZP_REVERB), 200, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 93, ZP_CHORUS), 200, 0);
	cr_expect_eq(find_mod(z, SRC_VELOCITY, ZP_ATTEN)->curve, 0x5, "concave, downwards");
	cr_expect_eq(find_mod(z, SRC_VELOCITY, ZP_ATTEN)->is_note_on, 1);
	cr_expect_eq(find_mod(z, SRC_CC + 10, ZP_PAN)->curve, CURVE_BIPOLAR);
}

Test(apollo_sf2, levels,
	.description = "APO-02: instruments replace, presets add, global zones stand in, ranges meet")
{
	struct mk *m = mk_new();

	one_sample(m);
	mk_preset(m, "sum", 0, 5);
	mk_zone(m, P); /* global */
	mk_gen(m, P, 48, 100);
	mk_gen(m, P, 17, -250);
	mk_zone(m, P);
	mk_gen(m, P, 43, mk_range(40, 80));
	mk_gen(m, P, 44, mk_range(1, 100));
	mk_gen(m, P, 17, 100); /* instead of -250 */
	mk_gen(m, P, 54, 1);   /* not for presets */
	close_preset(m);
	mk_instrument(m, "sum");
	mk_zone(m, I); /* global */
	mk_gen(m, I, 48, 50);
	mk_gen(m, I, 8, 5000);
	mk_zone(m, I);
	mk_gen(m, I, 43, mk_range(60, 127));
	mk_gen(m, I, 44, mk_range(64, 127));
	mk_gen(m, I, 8, 6000);
	mk_gen(m, I, 51, -2);
	mk_gen(m, I, 52, 30);
	mk_gen(m, I, 53, 0);
	mk_gen(m, I, 17, 77); /* behind the sample: ignored */
	mk_zone(m, I);
	mk_gen(m, I, 43, mk_range(0, 39));
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	cr_assert_eq(bank->n_zones, 1, "keys 0..39 and 40..80 do not meet");
	const struct zone *z = &bank->zone[0];
	cr_expect(z->key_lo == 60 && z->key_hi == 80 && z->vel_lo == 64 && z->vel_hi == 100);
	cr_expect_float_eq(z->param[ZP_ATTEN], 60, 1e-4f, "0.4 x (50 + 100)");
	cr_expect_float_eq(z->param[ZP_PAN], 100, 0);
	cr_expect_float_eq(z->param[ZP_FC], 6000, 0);
	cr_expect_float_eq(z->param[ZP_Q], -30.1f, 1e-4f);
	cr_expect_float_eq(z->param[ZP_PITCH], -170, 0);
	cr_expect_eq(z->filter, ZONE_LP2_SF2);
	cr_expect_eq(z->loop, ZONE_LOOP_NONE);
	const struct preset *p = &bank->preset[0];
	cr_expect_eq(p->by_key[60] - p->by_key[59], 0);
	cr_expect_eq(p->by_key[61] - p->by_key[60], 1);
	cr_expect_eq(p->by_key[81], 21);
}

Test(apollo_sf2, modulators,
	.description = "APO-02: instruments' modulators replace equal ones, presets' are added")
{
	struct mk *m = mk_new();

	one_sample(m);
	mk_preset(m, "mods", 0, 0);
	mk_zone(m, P);                       /* global */
	mk_mod(m, P, 0x0081, 6, 10, 0, 0);   /* hidden by the zone's own */
	mk_mod(m, P, 0x0502, 48, -60, 0, 0); /* on top of the instrument's */
	mk_zone(m, P);
	mk_mod(m, P, 0x0081, 6, 25, 0, 0);
	mk_mod(m, P, 0x0015 | 0x80, 8, -1200, 0, 0); /* CC 21: new */
	close_preset(m);
	mk_instrument(m, "mods");
	mk_zone(m, I); /* global */
	mk_mod(m, I, 0x0502, 48, 400, 0, 0);
	mk_mod(m, I, 0x028a, 17, 1000, 0, 0);
	mk_zone(m, I);
	mk_mod(m, I, 0x0502, 48, 480, 0, 0);
	mk_mod(m, I, 0x000d, 6, 0, 0, 0);          /* pressure: off */
	mk_mod(m, I, 0x0102, 8, -2400, 0x0d02, 0); /* the form of 2.01: never */
	mk_mod(m, I, 0x0102, 8, -7200, 0, 0);
	mk_mod(m, I, 0x0081, 52, 30, 0x0002, 2);
	mk_mod(m, I, 0x0081, 52, 40, 0x0002, 2); /* the same again: the later one counts */
	mk_mod(m, I, 0x0000, 52, 7, 0x0000, 0);  /* a constant */
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	const struct zone *z = &bank->zone[0];
	cr_expect_float_eq(amount(z, SRC_VELOCITY, ZP_ATTEN), 420, 0, "480 - 60");
	cr_expect_float_eq(amount(z, SRC_CC + 10, ZP_PAN), 1000, 0);
	cr_expect_float_eq(amount(z, SRC_CC + 1, zp_lfo(1, LFO_TO_PITCH)), 75, 0, "50 + 25");
	cr_expect_null(find_mod(z, SRC_PRESSURE, zp_lfo(1, LFO_TO_PITCH)));
	cr_expect_float_eq(amount(z, SRC_CC + 21, ZP_FC), -1200, 0);
	cr_expect_float_eq(amount(z, SRC_VELOCITY, ZP_FC), -7200, 0);
	const struct zone_mod *both = find_mod(z, SRC_CC + 1, ZP_PITCH);
	cr_assert_not_null(both);
	cr_expect(both->amount == 40 && both->source2 == SRC_VELOCITY && both->is_absolute &&
		  !both->is_note_on);
	cr_expect_float_eq(z->param[ZP_PITCH], 7, 0);
	cr_expect_eq(z->filter, ZONE_LP2_SF2, "velocity moves it");
	cr_expect_eq(report.n_notes, 0);
}

Test(apollo_sf2, refused_modulators,
	.description = "APO-02: linked and meaningless modulators are noted, with their place")
{
	struct mk *m = one_zone();

	mk_mod(m, I, 0x0081, 0x8001, 30, 0, 0); /* to another modulator */
	mk_mod(m, I, 0x007f, 52, 30, 0, 0);     /* from another one */
	mk_mod(m, I, 0x0001, 52, 30, 0, 0);     /* no such source */
	mk_mod(m, I, 0x1081, 52, 30, 0, 0);     /* no such curve */
	mk_mod(m, I, 0x0086, 52, 30, 0, 0);     /* data entry */
	mk_mod(m, I, 0x0081, 53, 30, 0, 0);     /* to the sample's number */
	mk_mod(m, I, 0x0081, 52, 30, 0, 1);     /* no such transform */
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	cr_expect_eq(bank->zone[0].n_mods, 9);
	cr_expect_eq(report.n_notes, 7);
	cr_expect(strstr(report.note[0], "imod record 0: linked"), "%s", report.note[0]);
	cr_expect(strstr(report.note[5], "imod record 5: moves"), "%s", report.note[5]);
}

Test(apollo_sf2, pitch_wheel,
	.description = "APO-02: the pitch wheel as it is, switched off, and turned round")
{
	struct mk *m = mk_new();

	one_sample(m);
	mk_preset(m, "bend", 0, 0);
	mk_zone(m, P);
	close_preset(m);
	mk_instrument(m, "bend");
	mk_zone(m, I);
	mk_gen(m, I, 53, 0);
	mk_zone(m, I);
	mk_mod(m, I, 0x020e, 52, 0, 0x0010, 0);
	mk_gen(m, I, 53, 0);
	mk_zone(m, I);
	mk_mod(m, I, 0x020e, 52, 0, 0x0010, 0);
	mk_mod(m, I, 0x030e, 52, 12700, 0x0010, 0);
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	cr_assert_eq(bank->n_zones, 3);
	cr_expect(isnan(bank->zone[0].param[ZP_BEND_UP]));
	cr_expect(bank->zone[1].param[ZP_BEND_UP] == 0 && bank->zone[1].param[ZP_BEND_DOWN] == 0);
	cr_expect_null(find_mod(&bank->zone[1], SRC_BEND, ZP_PITCH));
	const struct zone_mod *round = find_mod(&bank->zone[2], SRC_BEND, ZP_PITCH);
	cr_assert_not_null(round);
	cr_expect(bank->zone[2].param[ZP_BEND_UP] == 0 && round->amount == 12700);
	cr_expect(round->source2 == SRC_BEND_RANGE && round->curve2 == CURVE_UNIT, "2 of 127 semitones");
	cr_expect_eq(round->curve, 0x3, "bipolar, downwards");
}

Test(apollo_sf2, envelopes,
	.description = "APO-02: key scaling of hold and decay, what moves nothing costs nothing")
{
	struct mk *m = one_zone();

	mk_mod(m, I, 0x0081, 6, 0, 0, 0); /* no vibrato */
	mk_mod(m, I, 0x000d, 6, 0, 0, 0);
	mk_gen(m, I, 39, 50);
	mk_gen(m, I, 40, -20);
	mk_gen(m, I, 11, 1200);
	mk_gen(m, I, 29, 5000); /* more than all */
	mk_gen(m, I, 57, 3);
	mk_gen(m, I, 46, 64);
	mk_gen(m, I, 47, 90);
	mk_gen(m, I, 56, 50);
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	const struct zone *z = &bank->zone[0];
	const struct zone_mod *hold = find_mod(z, SRC_ONE, zp_env(0, ENV_HOLD));
	cr_assert_not_null(hold);
	cr_expect(hold->source2 == SRC_KEY && hold->curve2 == CURVE_FROM_60 && hold->is_note_on);
	cr_expect_float_eq(hold->amount, -50, 0, "higher keys hold shorter");
	cr_expect_float_eq(amount(z, SRC_ONE, zp_env(0, ENV_DECAY)), 20, 0);
	cr_expect(z->n_envs == 2 && z->n_lfos == 0, "%u %u", z->n_envs, z->n_lfos);
	cr_expect_float_eq(z->param[zp_env(1, ENV_SUSTAIN)], 1000, 0);
	cr_expect(z->filter == ZONE_LP2_SF2, "the envelope opens it");
	cr_expect(z->group == 3 && z->off_by == 3 && z->off_mode == ZONE_OFF_FAST);
	cr_expect(z->fixed_key == 64 && z->fixed_velocity == 90 && z->keytrack == 50);
}

Test(apollo_sf2, samples, .description = "APO-02: starts, ends and loops, in order and within their sample")
{
	static const struct {
		int32_t gen[4][2];
		uint32_t loop, start, end, loop_start, loop_end;
	} cases[] = {
		{{{54, 1}}, ZONE_LOOP_ALWAYS, 0, 1000, 100, 900},
		{{{54, 3}}, ZONE_LOOP_UNTIL_RELEASE, 0, 1000, 100, 900},
		{{{54, 2}}, ZONE_LOOP_NONE, 0, 1000, 0, 0},
		{{{54, 1}, {0, 50}, {2, 20}, {3, -400}}, ZONE_LOOP_ALWAYS, 50, 1000, 120, 500},
		{{{54, 1}, {2, 850}, {3, -400}}, ZONE_LOOP_ALWAYS, 0, 1000, 500,
			950},                                                       /* the wrong way round */
		{{{54, 1}, {45, -1}, {50, 1}}, ZONE_LOOP_ALWAYS, 0, 1000, 0, 1000}, /* far outside */
		{{{54, 1}, {2, 799}}, ZONE_LOOP_NONE, 0, 1000, 0, 0},               /* one frame is no loop */
		{{{54, 1}, {0, 950}}, ZONE_LOOP_NONE, 950, 1000, 0, 0},             /* begins behind it */
		{{{0, 900}, {1, -200}}, ZONE_LOOP_NONE, 800, 900, 0, 0},
	};
	struct mk *m = one_zone();

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (i > 0)
			mk_zone(m, I);
		for (uint32_t g = 0; g < 4 && (g == 0 || cases[i].gen[g][0] || cases[i].gen[g][1]); g++)
			mk_gen(m, I, (uint32_t)cases[i].gen[g][0], cases[i].gen[g][1]);
		mk_gen(m, I, 53, 0);
	}
	mk_zone(m, I);
	mk_gen(m, I, 4, 1); /* nothing is left of it */
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	const uint32_t *by_key = bank->preset[0].by_key, n = by_key[61] - by_key[60];
	cr_assert_eq(n, sizeof(cases) / sizeof(cases[0]));
	cr_expect_eq(bank->n_zones, n - 1, "two are alike, and one zone");
	for (uint32_t i = 0; i < n; i++) {
		const struct zone *z = &bank->zone[bank->zone_list[by_key[60] + i]];

		cr_expect(z->loop == cases[i].loop && z->start == cases[i].start && z->end == cases[i].end &&
				  z->loop_start == cases[i].loop_start && z->loop_end == cases[i].loop_end,
			"%u: loop %u, %u..%u, %u..%u", i, z->loop, z->start, z->end, z->loop_start,
			z->loop_end);
	}
	cr_expect_eq(report.n_notes, 1);
	cr_expect(strstr(report.note[0], "ibag record 9"), "%s", report.note[0]);
	cr_expect_eq(bank->n_samples, 1);
}

Test(apollo_sf2, unplayable_samples,
	.description = "APO-02: samples that can't be played cost only themselves")
{
	struct mk *m = one_zone();

	mk_sample(m, "rom", 0, 1000, 0, 0, 60, 0, 0x8001);
	mk_sample(m, "outside", 1000, 5000, 0, 0, 60, 0, 1);
	mk_sample(m, "backwards", 500, 400, 0, 0, 60, 0, 1);
	mk_sample(m, "no vorbis", 0, 2000, 0, 0, 60, 0, 0x11);
	mk_sample(m, "unpitched", 10, 1000, 0, 0, 255, -20, 1);
	for (int32_t i = 0; i < 7; i++) { /* there is no number 6 */
		if (i > 0)
			mk_zone(m, I);
		mk_gen(m, I, 53, i);
	}
	cr_assert_eq(load(m), 0, "%s", error);
	cr_assert_eq(bank->n_zones, 2);
	cr_expect_eq(bank->zone[1].root_key, 60);
	cr_expect_float_eq(bank->zone[1].tune_cents, -20, 0);
	cr_expect_eq(bank->zone[1].end, 990);
	cr_expect_eq(report.n_notes, 5);
	cr_expect(strstr(report.note[0], "shdr record 1: sample rom is in the ROM"), "%s", report.note[0]);
	cr_expect(strstr(report.note[3], "shdr record 4: sample no vorbis can't be decoded"), "%s",
		report.note[3]);
	cr_expect(strstr(report.note[4], "ibag record 6: there is no sample 6"), "%s", report.note[4]);
}

Test(apollo_sf2, sound, .description = "APO-28: 16 and 24 bit sample data arrive as they are in the file")
{
	for (uint32_t is_24 = 0; is_24 < 2; is_24++) {
		struct mk *m = mk_new();

		m->n_frames24 = is_24 ? m->n_frames : 0;
		mk_sample(m, "ramp", 50, 1050, 100, 900, 60, 0, 1);
		mk_preset(m, "one", 0, 0);
		mk_zone(m, P);
		close_preset(m);
		mk_instrument(m, "one");
		mk_zone(m, I);
		mk_gen(m, I, 53, 0);
		cr_assert_eq(load(m), 0, "%s", error);
		const struct sample *s = &bank->sample[bank->zone[0].sample];
		cr_assert(
			s->n_frames == 1000 && s->n_channels == 1 && s->rate_hz == 44100 && s->n_extents > 0);
		for (uint32_t i = 0; i < 1000; i++) {
			const double exact = (50 + i) * 16 + (is_24 ? ((50 + i) & 255) / 256.0 : 0);
			const double is = s->format == SAMPLE_S16
						  ? ((const int16_t *)s->extent[0].data[0])[i]
						  : (double)((const float *)s->extent[0].data[0])[i] * 32768;

			cr_assert_float_eq(is, exact, 1e-9, "frame %u: %g, not %g", i, is, exact);
		}
		bank->destroy(bank);
		bank = NULL;
	}
}

Test(apollo_sf2, presets,
	.description = "APO-02: presets in order, names as text, empty ones listed, shared zones once")
{
	struct mk *m = mk_new();

	one_sample(m);
	mk_preset(m,
		"Gl\xf6"
		"ckchen      ",
		128, 3);
	mk_zone(m, P);
	close_preset(m);
	mk_preset(m, "first of two", 0, 7);
	mk_zone(m, P);
	close_preset(m);
	mk_preset(m, "empty", 0, 1);
	mk_preset(m, "twenty characters ab", 0, 7);
	mk_zone(m, P);
	mk_gen(m, P, 52, 5);
	close_preset(m);
	mk_preset(m, "nowhere", 0, 200);
	mk_zone(m, P);
	mk_gen(m, P, 41, 9); /* no such instrument */
	mk_instrument(m, "one");
	mk_zone(m, I);
	mk_gen(m, I, 53, 0);
	cr_assert_eq(load(m), 0, "%s", error);
	cr_assert_eq(bank->n_presets, 4);
	cr_expect_str_eq(bank->preset[0].name, "empty");
	cr_expect_str_eq(bank->preset[1].name, "first of two");
	cr_expect_str_eq(bank->preset[2].name, "twenty characters ab");
	cr_expect_str_eq(bank->preset[3].name, "Gl\u00f6ckchen");
	cr_expect(bank->preset[0].n_zones == 0 && bank->preset[3].n_zones == 1);
	cr_expect_eq(bank->n_zones, 2, "presets that add nothing share their zones");
	cr_expect_eq(
		bank->zone_list[bank->preset[1].by_key[60]], bank->zone_list[bank->preset[3].by_key[60]]);
	cr_expect_eq(bank->n_mods, 9, "and all zones their modulators");
	cr_expect_eq(report.n_notes, 1, "%u", report.n_notes);
}

/* Damage: where it is, and nothing is left behind */

static void expect_refused(const void *bytes, size_t n, const char *why)
{
	memset(error, 0, sizeof(error));
	bank = NULL;
	cr_expect_eq(load_bytes(bytes, n), -EINVAL, "%s", why);
	cr_expect(strstr(error, why), "%s: %s", why, error);
	cr_expect_null(bank);
}

static struct mk_bytes *good_file(void)
{
	struct mk *m = one_zone();

	mk_gen(m, I, 53, 0);
	return mk_bytes(m);
}

static size_t offset_of(const struct mk_bytes *f, const char *id)
{
	return (size_t)((const uint8_t *)memmem(f->d, f->n, id, 4) - f->d);
}

static void expect_patched(const char *id, size_t at, uint32_t value, const char *why)
{
	struct mk_bytes *f = good_file();
	uint8_t *p = f->d + offset_of(f, id) + at;

	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	expect_refused(f->d, f->n, why);
	free(f);
}

Test(apollo_sf2, damaged, .description = "APO-18: a damaged font is refused with the byte and the record")
{
	struct mk_bytes *f = good_file();

	expect_refused(f->d, 0, "byte 0: neither");
	expect_refused("RIFF\4\0\0\0WAVE", 12, "byte 8: a RIFF file, but no SoundFont");
	expect_refused("RIFF\4\0\0\0sfbk", 12, "ends without its table phdr");
	for (size_t n = 13; n < f->n; n++) {
		cr_assert_eq(load_bytes(f->d, n), -EINVAL, "cut at %zu", n);
		cr_assert(
			strstr(error, ": byte ") || strstr(error, "none of its"), "cut at %zu: %s", n, error);
	}
	free(f);
	expect_patched("pbag", 8, 99, "pbag record 0: generators 99 to 1, of 2");
	expect_patched("phdr", 8 + 24, 2, "phdr record 0: zones 2 to 1, of 1");
	expect_patched("phdr", 8 + 38 + 24, 9, "phdr record 0: zones 0 to 9, of 1");
	expect_patched("inst", 8 + 22 + 20, 9, "inst record 0: zones 0 to 9, of 1");
	expect_patched("igen", 8 + 2, 7, "none of its 1 presets can sound");
	expect_patched("shdr", 4, 45, "shdr has 45 bytes, which are no records of 46");
	expect_patched("igen", 0, 0x7a7a, "ends without its table igen");
	expect_patched("smpl", 4, 0xffff, "chunk smpl of 65535 bytes is longer than what it is in");
	expect_patched("smpl", 0, 1, "no chunk begins here");
}

Test(apollo_sf2, no_file, .description = "APO-18: no file, no regular file")
{
	const struct load_options o = {.store = store};

	cr_expect_eq(load_bank("/tmp/no-such.sf2", &o, &bank, NULL, error, sizeof(error)), -ENOENT);
	cr_expect(strstr(error, "/tmp/no-such.sf2"), "%s", error);
	cr_expect_eq(load_bank("/tmp", &o, &bank, NULL, error, sizeof(error)), -EINVAL);
	cr_expect(strstr(error, "not a regular file"), "%s", error);
}

Test(apollo_sf2, explosion, .description = "APO-19: a small file that would become a huge bank is refused")
{
	struct mk *m = mk_new();

	one_sample(m);
	mk_preset(m, "many", 0, 0);
	for (uint32_t i = 0; i < 2000; i++) {
		mk_zone(m, P);
		mk_gen(m, P, 41, 0);
	}
	mk_instrument(m, "many");
	for (uint32_t i = 0; i < 2000; i++) {
		mk_zone(m, I);
		mk_gen(m, I, 53, 0);
	}
	cr_expect_eq(load(m), -EFBIG, "%s", error);
	cr_expect(strstr(error, "too big"), "%s", error);
}

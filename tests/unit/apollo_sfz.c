/* SPDX-License-Identifier: MIT */
/* SFZ files written here, and the zones that come out. */
#include <criterion/criterion.h>

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apollo/load/load.h"
#include "apollo/load/sfz_value.h"

#define FRAMES 1000u
#define RATE_HZ 44100

static char dir[64];
static struct store *store;
static struct bank *bank;
static struct load_report report;
static char error[512];

/* A sample with a root key and a loop, end inclusive as files have it; loop_end 0: none. */
static void write_wav(const char *name, int channels, int root, uint32_t loop_start, uint32_t loop_end)
{
	SF_INFO info = {
		.samplerate = RATE_HZ, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	static short frames[2 * FRAMES];
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (uint32_t i = 0; i < 2 * FRAMES; i++)
		frames[i] = (short)(8000 + i);
	SNDFILE *f = sf_open(path, SFM_WRITE, &info);
	cr_assert_not_null(f, "%s: %s", path, sf_strerror(NULL));
	if (root >= 0) {
		SF_INSTRUMENT in = {.gain = 1,
			.basenote = (char)root,
			.velocity_hi = 127,
			.key_hi = 127,
			.loop_count = loop_end > 0};

		in.loops[0].mode = SF_LOOP_FORWARD;
		in.loops[0].start = loop_start;
		in.loops[0].end = loop_end; /* libsndfile's own is exclusive */
		(void)sf_command(f, SFC_SET_INSTRUMENT, &in, sizeof(in));
	}
	cr_assert_eq(sf_writef_short(f, frames, FRAMES), FRAMES);
	(void)sf_close(f);
}

static void write_text(const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	cr_assert_not_null(f, "%s: %s", path, strerror(errno));
	cr_assert_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	(void)fclose(f);
}

static void drop(void)
{
	if (bank)
		bank->destroy(bank);
	bank = NULL;
}

static int try_load(const char *text)
{
	const struct load_options o = {.store = store, .sfz_bank = 3, .sfz_program = 7};
	char path[256];

	drop();
	write_text("test.sfz", text);
	memset(&report, 0, sizeof(report));
	error[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/test.sfz", dir);
	return load_bank(path, &o, &bank, &report, error, sizeof(error));
}

static void load(const char *text)
{
	int r = try_load(text);

	cr_assert_eq(r, 0, "%d: %s", r, error);
}

static void open_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/mos-sfz-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	store = store_create(&(struct store_options){.is_resident = 1});
	cr_assert_not_null(store);
	write_wav("a.wav", 1, -1, 0, 0);
	write_wav("st.wav", 2, -1, 0, 0);
	write_wav("looped.wav", 1, 65, 100, 500);
}

static void close_dir(void)
{
	char command[128];

	drop();
	store_destroy(store);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", dir);
	cr_assert_eq(system(command), 0);
}

static const struct zone *zone(uint32_t i)
{
	cr_assert_lt(i, bank->n_zones);
	return &bank->zone[i];
}

static float param(uint32_t z, uint32_t zp)
{
	return zone(z)->param[zp];
}

static const struct zone_mod *mod(uint32_t z, uint32_t zp, uint32_t source)
{
	const struct zone *at = zone(z);

	for (uint32_t i = 0; i < at->n_mods; i++)
		if (bank->mod[at->mod + i].param == zp && bank->mod[at->mod + i].source == source)
			return &bank->mod[at->mod + i];
	return NULL;
}

static const struct zone_mod *need_mod(uint32_t z, uint32_t zp, uint32_t source)
{
	const struct zone_mod *m = mod(z, zp, source);

	cr_assert_not_null(m, "zone %u: no modulator of %u by %u", z, zp, source);
	return m;
}

static const struct zone_cond *cond(uint32_t z, enum zone_cond_kind kind)
{
	const struct zone *at = zone(z);

	for (uint32_t i = 0; i < at->n_conds; i++)
		if (bank->cond[at->cond + i].kind == kind)
			return &bank->cond[at->cond + i];
	cr_assert_fail("zone %u: no condition %d", z, kind);
	return NULL;
}

static float curve_at(uint32_t curve, uint32_t x)
{
	cr_assert_geq(curve, CURVE_OWN, "curve %u is one that every bank has", curve);
	cr_assert_lt(curve - CURVE_OWN, bank->n_curves);
	return bank->curve[curve - CURVE_OWN][x];
}

static int has_note(const char *part)
{
	for (uint32_t i = 0; i < report.n_notes && i < LOAD_NOTES; i++)
		if (strstr(report.note[i], part))
			return 1;
	return 0;
}

#define near(x, y, by)                                                                                       \
	cr_expect_float_eq((double)(x), (double)(y), (by), "%s: %g, not %g", #x, (double)(x), (double)(y))

TestSuite(apollo_sfz, .init = open_dir, .fini = close_dir, .timeout = 30);

Test(apollo_sfz, hierarchy,
	.description = "APO-02: SFZ: region inherits from group, master and global; each new "
		       "header ends what stood below it")
{
	load("<global> volume=-1 pan=10 <master> pan=20 <group> width=50 <region> sample=a.wav key=60\n"
	     "<region> sample=a.wav key=61 pan=-100\n<group> <region> sample=a.wav\n<master> <region> "
	     "sample=a.wav\n"
	     "<global> <region> sample=a.wav");
	cr_assert_eq(bank->n_zones, 5);
	near(param(0, ZP_ATTEN), 10, 1e-4);
	near(param(0, ZP_PAN), 100, 1e-4);
	near(param(0, ZP_WIDTH), 0.5, 1e-6);
	near(param(1, ZP_PAN), -500, 1e-4);
	near(param(2, ZP_PAN), 100, 1e-4);
	near(param(2, ZP_WIDTH), 1, 1e-6);
	near(param(3, ZP_PAN), 50, 1e-4);
	near(param(4, ZP_ATTEN), 0, 1e-6);
	cr_expect_eq(zone(0)->key_lo, 60);
	cr_expect_eq(zone(2)->key_hi, 127);
}

Test(apollo_sfz, preset,
	.description = "APO-02: SFZ: bank and program are the caller's, the name is the file's or its label")
{
	load("<region> sample=*sine");
	cr_assert_eq(bank->n_presets, 1);
	cr_expect_eq(bank->preset[0].bank, 3);
	cr_expect_eq(bank->preset[0].program, 7);
	cr_expect_str_eq(bank->preset[0].name, "test");
	load("<global> global_label=Grand Piano\n<region> sample=*sine");
	cr_expect_str_eq(bank->preset[0].name, "Grand Piano");
}

Test(apollo_sfz, keys,
	.description = "APO-02: SFZ: keys by number and name, key, offsets, keys that never sound")
{
	load("<region> sample=a.wav lokey=c#4 hikey=Bb4 pitch_keycenter=D4\n<region> sample=a.wav key=C-1\n"
	     "<region> sample=a.wav hikey=-1\n<region> sample=a.wav lovel=20 hivel=99\n"
	     "<control> note_offset=2 octave_offset=-1 <region> sample=a.wav key=60 sw_last=30 sw_lokey=30 "
	     "sw_hikey=31");
	cr_expect_eq(zone(0)->key_lo, 61);
	cr_expect_eq(zone(0)->key_hi, 70);
	cr_expect_eq(zone(0)->root_key, 62);
	cr_expect_eq(zone(1)->key_lo, 0);
	cr_expect_eq(zone(1)->root_key, 0);
	cr_expect_gt(zone(2)->key_lo, zone(2)->key_hi);
	cr_expect_eq(zone(3)->vel_lo, 20);
	cr_expect_eq(zone(3)->vel_hi, 99);
	cr_expect_eq(zone(4)->key_lo, 50);
	cr_expect_eq(zone(4)->root_key, 50);
	near(cond(4, COND_LAST_SWITCH)->lo, 20, 1e-6);
	cr_expect_eq(bank->preset[0].sw_lo, 20);
	cr_expect_eq(bank->preset[0].sw_hi, 21);
}

Test(apollo_sfz, numbers,
	.description = "APO-02: SFZ: numbers have a point in every locale and are never NaN")
{
	static const struct {
		const char *text;
		double value;
	} list[] = {{"1.5", 1.5}, {"-0.25x", -0.25}, {"+3", 3}, {".5", 0.5}, {"2e2", 200}, {"1e-2", 0.01},
		{"7.", 7}};
	double x;
	int note;

	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	for (uint32_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		cr_assert_eq(sfz_number(list[i].text, &x), 0, "%s", list[i].text);
		near(x, list[i].value, 1e-12);
	}
	cr_expect_lt(sfz_number("nan", &x), 0);
	cr_expect_lt(sfz_number("inf", &x), 0);
	cr_expect_lt(sfz_number("", &x), 0);
	cr_expect_lt(sfz_number("-", &x), 0);
	cr_assert_eq(sfz_number("99999999999999999999999999999999999999999999e999999999", &x), 0);
	cr_expect(isfinite(x));
	cr_expect_eq(sfz_note_number("Eb5", &note), 0);
	cr_expect_eq(note, 75);
	cr_expect_lt(sfz_note_number("H4", &note), 0);
	cr_expect_lt(sfz_note_number("c", &note), 0);
	cr_expect_lt(sfz_note_number("c99", &note), 0);
}

Test(apollo_sfz, text,
	.description = "APO-02: SFZ: comments, defines (longest name first), spaces in names, "
		       "backslashes and letter case of paths, default_path")
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/Sub Dir", dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	write_wav("Sub Dir/My Sample 1.wav", 1, -1, 0, 0);
	load("\xef\xbb\xbf// first line\r\n#define $K 60\r\n#define $KEY 61 // more\r\n#define $N _oncc1\r\n"
	     "/* <region> sample=none.wav\n */ <control> default_path=sub dir\\\n"
	     "<region>key=$KEY sample=my sample 1.WAV volume=-3 // pan=100\n"
	     "<region> key=$K sample=MY SAMPLE 1.wav volume$N=6\n<control><region> "
	     "sample=*saw<region>sample=Sub Dir/My Sample 1.wav");
	cr_assert_eq(bank->n_zones, 4);
	cr_expect_eq(zone(0)->key_lo, 61);
	cr_expect_eq(zone(1)->key_lo, 60);
	near(param(0, ZP_ATTEN), 30, 1e-4);
	near(param(0, ZP_PAN), 0, 1e-6);
	near(need_mod(1, ZP_ATTEN, SRC_CC + 1)->amount, -60, 1e-4);
	cr_expect_eq(zone(0)->sample, zone(1)->sample);
	cr_expect_eq(zone(2)->generator, ZONE_SAW);
	cr_expect_eq(report.n_notes, 0, "%s", report.note[0]);
}

Test(apollo_sfz, letters, .description = "APO-02: SFZ: letter case of folders and names, one below the other")
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/Up", dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/Up/low", dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	write_wav("Up/low/X y.wav", 1, -1, 0, 0);
	load("<region> sample=uP/x.wav <region> sample=UP\\LOW\\x Y.wav <region> sample=up/low/X y.WAV "
	     "<region> sample=up/../A.wav");
	cr_assert_eq(bank->n_zones, 3, "%s", report.note[0]);
	cr_expect_eq(zone(0)->sample, zone(1)->sample);
	cr_expect(has_note("sample uP/x.wav: not found"));
}

Test(apollo_sfz, includes,
	.description = "APO-02: SFZ: includes in folders, with defines, in loops and too deep")
{
	char path[128], text[128];

	(void)snprintf(path, sizeof(path), "%s/inc", dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	write_text("inc/one_x.sfz", "<region> sample=a.wav key=$P\n#include \"test.sfz\"\n");
	load("#define $W x\n#define $P 40\n#include \"inc\\one_$W.sfz\"\n#define $P 41\n#include "
	     "\"INC/One_x.sfz\"\n");
	cr_assert_eq(bank->n_zones, 2);
	cr_expect_eq(zone(0)->key_lo, 40);
	cr_expect_eq(zone(1)->key_lo, 41);
	cr_expect(has_note("one_x.sfz:2: a file that includes itself"), "%s", report.note[0]);
	for (int i = 0; i < 20; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "d%d.sfz", i);
		(void)snprintf(text, sizeof(text), "<region> sample=*sine\n#include \"d%d.sfz\"\n", i + 1);
		write_text(name, text);
	}
	load("#include \"d0.sfz\"\n#include \"nowhere.sfz\"\n");
	cr_expect_eq(bank->n_zones, 15);
	cr_expect(has_note("too deeply"));
	cr_expect(has_note("test.sfz:2: included file nowhere.sfz"), "%s", report.note[1]);
}

Test(apollo_sfz, conditions,
	.description = "APO-02: SFZ: controllers, bend, pressure, chance, round robin, key switches")
{
	load("<region> sample=a.wav locc20=10 hicc20=90 lobend=-100 hibend=4000 lochanaft=5 hipolyaft=100 "
	     "lorand=0.25 "
	     "hirand=0.5 seq_length=4 seq_position=2 lochan=2 hichan=3\n"
	     "<region> sample=a.wav sw_lokey=c1 sw_hikey=d1 sw_last=25 sw_default=24 sw_down=30 sw_up=31 "
	     "sw_previous=32\n"
	     "<region> sample=a.wav sw_lolast=24 sw_hilast=26\n<region> sample=a.wav lohdcc21=0.5");
	near(cond(0, COND_CC)->lo, 10, 1e-6);
	near(cond(0, COND_CC)->hi, 90, 1e-6);
	cr_expect_eq(cond(0, COND_CC)->num, 20);
	near(cond(0, COND_BEND)->lo, -100, 1e-6);
	near(cond(0, COND_PRESSURE)->lo, 5, 1e-6);
	near(cond(0, COND_KEY_PRESSURE)->hi, 100, 1e-6);
	near(cond(0, COND_RANDOM)->lo, 0.25, 1e-6);
	near(cond(0, COND_RANDOM)->hi, 0.5, 1e-6);
	near(cond(0, COND_SEQUENCE)->lo, 2, 1e-6);
	near(cond(0, COND_SEQUENCE)->hi, 4, 1e-6);
	near(cond(0, COND_CHANNEL)->lo, 2, 1e-6);
	near(cond(1, COND_LAST_SWITCH)->lo, 25, 1e-6);
	near(cond(1, COND_LAST_SWITCH)->hi, 25, 1e-6);
	cr_expect_eq(cond(1, COND_KEY_DOWN)->num, 30);
	cr_expect_eq(cond(1, COND_KEY_UP)->num, 31);
	cr_expect_eq(cond(1, COND_PREVIOUS)->num, 32);
	near(cond(2, COND_LAST_SWITCH)->hi, 26, 1e-6);
	near(cond(3, COND_CC)->lo, 63.5, 1e-4);
	cr_expect(bank->preset[0].has_switch);
	cr_expect_eq(bank->preset[0].sw_lo, 24);
	cr_expect_eq(bank->preset[0].sw_hi, 26);
	cr_expect_eq(bank->preset[0].sw_default, 24);
}

Test(apollo_sfz, triggers, .description = "APO-02: SFZ: trigger modes, and controllers that start a region")
{
	load("<region> sample=a.wav trigger=first <region> sample=a.wav trigger=legato\n"
	     "<region> sample=a.wav trigger=release rt_decay=6 <region> sample=a.wav trigger=release_key\n"
	     "<region> sample=a.wav on_locc64=100 on_hicc64=127 hikey=-1");
	cr_expect_eq(zone(0)->trigger, ZONE_ON_FIRST);
	cr_expect_eq(zone(1)->trigger, ZONE_ON_LEGATO);
	cr_expect_eq(zone(2)->trigger, ZONE_ON_RELEASE);
	near(zone(2)->rt_decay_db, 6, 1e-6);
	cr_expect_eq(zone(2)->loop, ZONE_ONE_SHOT, "a release sample plays to its end");
	cr_expect_eq(zone(3)->trigger, ZONE_ON_RELEASE_KEY);
	cr_assert_eq(bank->n_zones, 5);
	cr_expect_eq(zone(4)->trigger, ZONE_ON_CC);
	cr_expect_eq(cond(4, COND_ON_CC)->num, 64);
	near(cond(4, COND_ON_CC)->lo, 100, 1e-6);
	cr_expect(bank->preset[0].has_cc_zones);
	cr_expect_eq(bank->preset[0].by_key[129] - bank->preset[0].by_key[128], 1);
}

Test(apollo_sfz, sample,
	.description = "APO-02: SFZ: offset, end, loops of the region and of the file, one shot, direction")
{
	load("<region> sample=a.wav offset=10 end=899\n<region> sample=looped.wav pitch_keycenter=sample\n"
	     "<region> sample=looped.wav loop_mode=no_loop\n<region> sample=a.wav loopmode=loop_sustain "
	     "loopstart=20 loopend=29\n"
	     "<region> sample=a.wav loop_mode=one_shot\n<region> sample=a.wav count=3 direction=reverse\n"
	     "<region> sample=a.wav end=-1\n<region> sample=a.wav offset=5000\n"
	     "<region> sample=a.wav offset_cc5=200 offset_random=300 delay=0.5 delay_random=0.25 "
	     "delay_oncc6=1");
	cr_expect_eq(zone(0)->start, 10);
	cr_expect_eq(zone(0)->end, 900);
	cr_expect_eq(zone(0)->loop, ZONE_LOOP_NONE);
	cr_expect_eq(zone(1)->loop, ZONE_LOOP_ALWAYS);
	cr_expect_eq(zone(1)->loop_start, 100);
	cr_expect_eq(zone(1)->loop_end, 500);
	cr_expect_eq(zone(1)->root_key, 65);
	cr_expect_eq(zone(2)->loop, ZONE_LOOP_NONE);
	cr_expect_eq(zone(3)->loop, ZONE_LOOP_UNTIL_RELEASE);
	cr_expect_eq(zone(3)->loop_start, 20);
	cr_expect_eq(zone(3)->loop_end, 30);
	cr_expect_eq(zone(4)->loop, ZONE_ONE_SHOT);
	cr_expect_eq(zone(5)->loop_count, 3);
	cr_expect_eq(zone(5)->is_reverse, 1);
	cr_expect_gt(zone(6)->key_lo, zone(6)->key_hi, "end=-1 is never heard");
	cr_expect_gt(zone(7)->key_lo, zone(7)->key_hi, "nothing is left behind the offset");
	near(need_mod(8, ZP_OFFSET, SRC_CC + 5)->amount, 200, 1e-3);
	cr_expect_eq(need_mod(8, ZP_OFFSET, SRC_CC + 5)->is_note_on, 1);
	near(need_mod(8, ZP_OFFSET, SRC_RANDOM)->amount, 300, 1e-3);
	near(param(8, ZP_DELAY), 0.5, 1e-6);
	near(need_mod(8, ZP_DELAY, SRC_RANDOM)->amount, 0.25, 1e-6);
	near(need_mod(8, ZP_DELAY, SRC_CC + 6)->amount, 1, 1e-6);
}

Test(apollo_sfz, generators,
	.description = "APO-02: SFZ: sine, saw, square, triangle, noise, silence; a cycle as oscillator")
{
	static const uint8_t want[] = {
		ZONE_SINE, ZONE_SAW, ZONE_SQUARE, ZONE_TRIANGLE, ZONE_NOISE, ZONE_SILENCE};

	load("<region> sample=*sine <region> sample=*saw <region> sample=*square <region> sample=*triangle "
	     "<region> sample=*noise <region> sample=*silence <region> sample=a.wav oscillator=on "
	     "pitch_keycenter=69");
	for (uint32_t i = 0; i < sizeof(want); i++) {
		cr_expect_eq(zone(i)->generator, want[i]);
		cr_expect_eq(zone(i)->sample, BANK_NONE);
	}
	near(param(1, ZP_GAIN), sqrt(2.0 / 3.0), 1e-6);
	cr_expect_eq(zone(6)->loop, ZONE_LOOP_ALWAYS);
	cr_expect_eq(zone(6)->loop_end, FRAMES);
	near(zone(6)->tune_cents, 1200 * log2(440.0 * FRAMES / RATE_HZ), 0.01);
}

Test(apollo_sfz, life, .description = "APO-02: SFZ: groups that end each other, polyphony, pedals")
{
	load("<region> sample=a.wav group=5 off_by=6 off_mode=normal polyphony=2 note_polyphony=1\n"
	     "<region> sample=a.wav off_time=0.5 sustain_sw=off\n<group> polyphony=3 <region> sample=a.wav "
	     "sostenuto_sw=off\n"
	     "<region> sample=a.wav\n<group> polyphony=4 <region> sample=a.wav");
	cr_expect_eq(zone(0)->group, 5);
	cr_expect_eq(zone(0)->off_by, 6);
	cr_expect_eq(zone(0)->off_mode, ZONE_OFF_NORMAL);
	cr_expect_eq(zone(0)->group_polyphony, 2);
	cr_expect_eq(zone(0)->note_polyphony, 1);
	cr_expect_eq(zone(1)->off_mode, ZONE_OFF_TIME);
	near(zone(1)->off_time_s, 0.5, 1e-6);
	cr_expect_eq(zone(1)->deaf, 1);
	cr_expect_eq(zone(2)->deaf, 2);
	cr_expect_eq(zone(2)->group_polyphony, 3);
	cr_expect_eq(zone(2)->group, zone(3)->group, "one header, one limit");
	cr_expect_neq(zone(3)->group, zone(4)->group);
	cr_expect_neq(zone(3)->group, 0);
}

Test(apollo_sfz, loudness,
	.description = "APO-02: SFZ: volume, amplitude, pan, width, key tracking, chance, controllers")
{
	load("<region> sample=st.wav volume=-3 group_volume=-2 master_volume=1 global_volume=4 amplitude=50 "
	     "group_amplitude=20 "
	     "pan=-50 position=30 width=-100 amp_keytrack=-1 amp_keycenter=72 amp_random=6 gain_cc9=12 "
	     "amplitude_oncc8=80 "
	     "pan_oncc12=50 pan_curvecc12=1 effect1=30 effect2=40");
	near(param(0, ZP_ATTEN), -10 * 0 + 10 * (-12),
		1e-3); /* 0 dB in all, and 12 dB up at the centre's 60 */
	near(param(0, ZP_GAIN), 0.1, 1e-6);
	near(param(0, ZP_PAN), -250 + 150, 1e-3);
	near(param(0, ZP_WIDTH), -1, 1e-6);
	near(need_mod(0, ZP_ATTEN, SRC_KEY)->amount, 10, 1e-4);
	cr_expect_eq(need_mod(0, ZP_ATTEN, SRC_KEY)->curve, CURVE_FROM_60);
	near(need_mod(0, ZP_ATTEN, SRC_RANDOM)->amount, -60, 1e-4);
	near(need_mod(0, ZP_ATTEN, SRC_CC + 9)->amount, -120, 1e-3);
	near(need_mod(0, ZP_GAIN, SRC_CC + 8)->amount, 0.8, 1e-6);
	cr_expect_eq(need_mod(0, ZP_GAIN, SRC_CC + 8)->op, ZONE_MULTIPLY);
	near(need_mod(0, ZP_PAN, SRC_CC + 12)->amount, 250, 1e-3);
	cr_expect_eq(need_mod(0, ZP_PAN, SRC_CC + 12)->curve, CURVE_UNIT_BIPOLAR);
	near(param(0, ZP_REVERB), 300, 1e-3);
	near(param(0, ZP_CHORUS), 400, 1e-3);
}

Test(apollo_sfz, velocity,
	.description = "APO-02: SFZ: gain by velocity: square law, amp_veltrack, amp_velcurve_N, crossfades")
{
	load("<region> sample=a.wav\n<region> sample=a.wav amp_veltrack=0\n<region> sample=a.wav "
	     "amp_veltrack=50\n"
	     "<region> sample=a.wav amp_veltrack=-100\n<region> sample=a.wav amp_velcurve_1=0.2 "
	     "amp_velcurve_101=0.7\n"
	     "<region> sample=a.wav amp_veltrack=0 xfin_lovel=20 xfin_hivel=60 xfout_lovel=100 "
	     "xfout_hivel=110 xf_velcurve=gain\n"
	     "<region> sample=a.wav amp_veltrack=0 xfin_lovel=0 xfin_hivel=100");
	cr_expect_eq(need_mod(0, ZP_GAIN, SRC_VELOCITY)->curve, CURVE_SQUARE);
	cr_expect_eq(need_mod(0, ZP_GAIN, SRC_VELOCITY)->op, ZONE_MULTIPLY);
	cr_expect_null(mod(1, ZP_GAIN, SRC_VELOCITY));
	near(curve_at(need_mod(2, ZP_GAIN, SRC_VELOCITY)->curve, 64),
		1 - 0.5 * (1 - (64.0 / 127) * (64.0 / 127)), 1e-6);
	near(curve_at(need_mod(3, ZP_GAIN, SRC_VELOCITY)->curve, 127), 0, 1e-6);
	near(curve_at(need_mod(3, ZP_GAIN, SRC_VELOCITY)->curve, 0), 1, 1e-6);
	uint16_t own = need_mod(4, ZP_GAIN, SRC_VELOCITY)->curve;
	near(curve_at(own, 1), 0.2, 1e-6);
	near(curve_at(own, 51), 0.45, 1e-6);
	near(curve_at(own, 101), 0.7, 1e-6);
	near(curve_at(own, 127), 1, 1e-6);
	uint16_t fade = need_mod(5, ZP_GAIN, SRC_VELOCITY)->curve;
	near(curve_at(fade, 19), 0, 1e-6);
	near(curve_at(fade, 40), 0.5, 1e-6);
	near(curve_at(fade, 80), 1, 1e-6);
	near(curve_at(fade, 105), 0.5, 1e-6);
	near(curve_at(fade, 111), 0, 1e-6);
	near(curve_at(need_mod(6, ZP_GAIN, SRC_VELOCITY)->curve, 25), 0.5, 1e-6);
}

Test(apollo_sfz, crossfades,
	.description = "APO-02: SFZ: crossfades by key and by controller, power and gain curves")
{
	load("<region> sample=a.wav xfin_lokey=c3 xfin_hikey=c4 xfin_locc1=0 xfin_hicc1=64 xfout_locc2=64 "
	     "xfout_hicc2=127 "
	     "xf_cccurve=gain");
	uint16_t key = need_mod(0, ZP_GAIN, SRC_KEY)->curve;
	near(curve_at(key, 47), 0, 1e-6);
	near(curve_at(key, 54), sqrt(0.5), 1e-6);
	near(curve_at(key, 60), 1, 1e-6);
	near(curve_at(need_mod(0, ZP_GAIN, SRC_CC + 1)->curve, 16), 0.25, 1e-6);
	near(curve_at(need_mod(0, ZP_GAIN, SRC_CC + 2)->curve, 127), 0, 1e-6);
	near(curve_at(need_mod(0, ZP_GAIN, SRC_CC + 2)->curve, 64), 1, 1e-6);
}

Test(apollo_sfz, pitch,
	.description = "APO-02: SFZ: tune, transpose, key and velocity tracking, chance, bend, controllers")
{
	load("<region> sample=a.wav tune=-7 transpose=2 pitch_keytrack=50 pitch_veltrack=1200 "
	     "pitch_random=30 bend_up=300 "
	     "tune_oncc20=100 pitch_oncc135=10 pitch_veltrack_oncc3=600\n<region> sample=a.wav bendup=1200 "
	     "benddown=-100\n"
	     "<region> sample=a.wav");
	near(zone(0)->tune_cents, 193, 1e-4);
	near(zone(0)->keytrack, 50, 1e-6);
	near(need_mod(0, ZP_PITCH, SRC_VELOCITY)->amount, 1200, 1e-3);
	cr_expect_eq(need_mod(0, ZP_PITCH, SRC_VELOCITY)->curve, CURVE_UNIT);
	near(need_mod(0, ZP_PITCH, SRC_CC + 20)->amount, 100, 1e-4);
	near(need_mod(0, ZP_PITCH, SRC_RANDOM)->amount, 10, 1e-4); /* the first one: by controller 135 */
	near(need_mod(0, ZP_PITCH, SRC_CC + 3)->amount, 600, 1e-3);
	cr_expect_eq(need_mod(0, ZP_PITCH, SRC_CC + 3)->source2, SRC_VELOCITY);
	near(param(0, ZP_BEND_UP), 300, 1e-6);
	near(param(0, ZP_BEND_DOWN), -200, 1e-6);
	near(param(1, ZP_BEND_UP), 1200, 1e-6);
	near(param(1, ZP_BEND_DOWN), -100, 1e-6);
	cr_expect(isnan(param(2, ZP_BEND_UP)) && isnan(param(2, ZP_BEND_DOWN)), "the channel's range");
}

Test(apollo_sfz, filters, .description = "APO-02: SFZ: two filters, their types, tracking and controllers")
{
	const float a4 = 1200.0f * log2f(440.0f / 8.1757989f);

	load("<region> sample=a.wav cutoff=440 resonance=12 fil_type=hpf_4p fil_keytrack=100 "
	     "fil_keycenter=72 fil_veltrack=2400 "
	     "cutoff_cc1=1200 cutoff_chanaft=-600 cutoff2=880 fil2_type=lpf_1p resonance2=3 fil_random=100\n"
	     "<region> sample=a.wav cutoff=a4\n<region> sample=a.wav fil_type=hpf_1p cutoff_cc1=1200\n"
	     "<region> sample=a.wav cutoff=500 fil_type=comb");
	cr_expect_eq(zone(0)->filter, ZONE_HP4);
	cr_expect_eq(zone(0)->filter2, ZONE_LP1);
	near(param(0, ZP_FC), a4 - 1200, 0.01);
	near(param(0, ZP_Q), 120, 1e-4);
	near(param(0, ZP_FC2), a4 + 1200, 0.01);
	near(param(0, ZP_Q2), 30, 1e-4);
	near(need_mod(0, ZP_FC, SRC_KEY)->amount, 100, 1e-4);
	near(need_mod(0, ZP_FC, SRC_VELOCITY)->amount, 2400, 1e-3);
	near(need_mod(0, ZP_FC, SRC_CC + 1)->amount, 1200, 1e-3);
	near(need_mod(0, ZP_FC, SRC_PRESSURE)->amount, -600, 1e-3);
	near(need_mod(0, ZP_FC, SRC_RANDOM)->amount, 100, 1e-4);
	cr_expect_eq(zone(1)->filter, ZONE_LP2);
	near(param(1, ZP_FC), a4, 0.01);
	cr_expect_eq(zone(2)->filter, ZONE_FILTER_OFF, "no cutoff, no filter");
	cr_expect_null(mod(2, ZP_FC, SRC_CC + 1));
	cr_expect_eq(zone(3)->filter, ZONE_FILTER_OFF);
	cr_expect(has_note("fil_type is not played"));
}

Test(apollo_sfz, equalizer, .description = "APO-02: SFZ: three bands, in Hz by controllers and velocity")
{
	load("<region> sample=a.wav eq1_freq=400 eq1_bw=2 eq1_gain=-6 eq3_gain=3 eq1_freq_oncc5=400 "
	     "eq1_gaincc6=12 "
	     "eq1_vel2freq=800 eq1_vel2gain=4");
	cr_expect_eq(zone(0)->n_eqs, 3);
	near(param(0, ZP_EQ), 1200 * log2(400 / 8.1757989), 0.01);
	near(param(0, ZP_EQ + 1), 2, 1e-6);
	near(param(0, ZP_EQ + 2), -6, 1e-6);
	near(param(0, ZP_EQ + 6), 1200 * log2(5000 / 8.1757989), 0.01);
	near(param(0, ZP_EQ + 8), 3, 1e-6);
	near(curve_at(need_mod(0, ZP_EQ, SRC_CC + 5)->curve, 127), 1200, 0.01);
	near(curve_at(need_mod(0, ZP_EQ, SRC_VELOCITY)->curve, 127), 1200 * log2(3), 0.01);
	near(need_mod(0, ZP_EQ + 2, SRC_CC + 6)->amount, 12, 1e-4);
	near(need_mod(0, ZP_EQ + 2, SRC_VELOCITY)->amount, 4, 1e-4);
}

Test(apollo_sfz, envelopes,
	.description = "APO-02: SFZ: three envelopes, by velocity and by controllers with curves of the file")
{
	load("<region> sample=a.wav ampeg_delay=0.1 ampeg_start=20 ampeg_attack=0.2 ampeg_hold=0.3 "
	     "ampeg_decay=0.4 ampeg_sustain=50 "
	     "ampeg_release=0.6 ampeg_vel2attack=-0.1 ampeg_attack_oncc73=2 ampeg_attack_curvecc73=9 "
	     "ampeg_releasecc72=3 "
	     "pitcheg_depth=-1200 pitcheg_decay=0.5 fileg_depth=600 fileg_vel2depth=300 fileg_sustain=10 "
	     "cutoff=500\n"
	     "<curve> curve_index=9 v000=1 v064=0.25 v127=0\n<region> sample=a.wav");
	near(param(0, zp_env(0, ENV_DELAY)), 0.1, 1e-6);
	near(param(0, zp_env(0, ENV_START)), 0.2, 1e-6);
	near(param(0, zp_env(0, ENV_ATTACK)), 0.2, 1e-6);
	near(param(0, zp_env(0, ENV_HOLD)), 0.3, 1e-6);
	near(param(0, zp_env(0, ENV_DECAY)), 0.4, 1e-6);
	near(param(0, zp_env(0, ENV_SUSTAIN)), 0.5, 1e-6);
	near(param(0, zp_env(0, ENV_RELEASE)), 0.6, 1e-6);
	near(need_mod(0, zp_env(0, ENV_ATTACK), SRC_VELOCITY)->amount, -0.1, 1e-6);
	const struct zone_mod *m = need_mod(0, zp_env(0, ENV_ATTACK), SRC_CC + 73);
	near(m->amount, 2, 1e-6);
	cr_expect_eq(m->is_note_on, 1);
	near(curve_at(m->curve, 0), 1, 1e-6);
	near(curve_at(m->curve, 32), 0.625, 1e-6);
	near(curve_at(m->curve, 127), 0, 1e-6);
	near(need_mod(0, zp_env(0, ENV_RELEASE), SRC_CC + 72)->amount, 3, 1e-6);
	near(param(0, zp_env(1, ENV_TO_PITCH)), -1200, 1e-3);
	near(param(0, zp_env(2, ENV_TO_FC)), 600, 1e-3);
	near(param(0, zp_env(2, ENV_SUSTAIN)), 0.1, 1e-6);
	near(need_mod(0, zp_env(2, ENV_TO_FC), SRC_VELOCITY)->amount, 300, 1e-3);
	cr_expect_eq(zone(0)->n_envs, 3);
	cr_expect_eq(zone(1)->n_envs, 1);
	near(param(1, zp_env(0, ENV_SUSTAIN)), 1, 1e-6);
	near(param(1, zp_env(0, ENV_RELEASE)), 0.006, 1e-6); /* no click */
}

Test(apollo_sfz, lfos,
	.description =
		"APO-02: SFZ: LFOs of both versions share the zone's four; what moves nothing has none")
{
	load("<region> sample=a.wav amplfo_depth=3 amplfo_freq=5 amplfo_delay=0.5 amplfo_fade=0.25 "
	     "pitchlfo_depthcc1=100 "
	     "pitchlfo_freq=6 pitchlfo_depthchanaft=50 fillfo_freq=9\n"
	     "<region> sample=a.wav lfo01_freq=4 lfo01_pitch=20 lfo01_phase=0.25 lfo01_wave=3 lfo07_freq=1 "
	     "lfo07_width=50 "
	     "lfo07_pan_oncc4=100 cutoff=900 lfo01_cutoff=1200 lfo02_freq=3 lfo01_freq_oncc2=2\n"
	     "<region> sample=a.wav lfo1_pitch=1 lfo2_pitch=1 lfo3_pitch=1 lfo4_pitch=1 lfo5_pitch=1");
	cr_expect_eq(zone(0)->n_lfos, 2);
	cr_expect_eq(zone(0)->lfo_wave[0], WAVE_SINE);
	near(param(0, zp_lfo(0, LFO_TO_ATTEN)), 30, 1e-4);
	near(param(0, zp_lfo(0, LFO_FREQ)), 5, 1e-6);
	near(param(0, zp_lfo(0, LFO_DELAY)), 0.5, 1e-6);
	near(param(0, zp_lfo(0, LFO_FADE)), 0.25, 1e-6);
	near(param(0, zp_lfo(1, LFO_FREQ)), 6, 1e-6);
	near(need_mod(0, zp_lfo(1, LFO_TO_PITCH), SRC_CC + 1)->amount, 100, 1e-4);
	near(need_mod(0, zp_lfo(1, LFO_TO_PITCH), SRC_PRESSURE)->amount, 50, 1e-4);
	cr_expect_eq(zone(1)->n_lfos, 2);
	cr_expect_eq(zone(1)->lfo_wave[0], WAVE_SQUARE);
	near(zone(1)->lfo_phase[0], 0.25, 1e-6);
	near(param(1, zp_lfo(0, LFO_TO_PITCH)), 20, 1e-4);
	near(param(1, zp_lfo(0, LFO_TO_FC)), 1200, 1e-3);
	near(need_mod(1, zp_lfo(0, LFO_FREQ), SRC_CC + 2)->amount, 2, 1e-6);
	near(need_mod(1, ZP_WIDTH, SRC_LFO + 1)->amount, 0.5, 1e-6);
	near(need_mod(1, zp_lfo(1, LFO_TO_PAN), SRC_CC + 4)->amount, 500, 1e-3);
	cr_expect_eq(zone(2)->n_lfos, 4);
	cr_expect(has_note("more LFOs than a zone can play"));
}

Test(apollo_sfz, free_envelopes, .description = "APO-02: SFZ: egN: points, sustain, targets")
{
	load("<region> sample=a.wav eg02_sustain=1 eg02_time0=0 eg02_level0=0.5 eg02_time1=2 eg02_level1=1 "
	     "eg02_shape1=-3 "
	     "eg02_pitch=1200 eg02_volume=-6 eg05_time0=1 eg05_level0=1 eg05_ampeg=1 eg02_cutoff=300 "
	     "eg02_pan=100");
	cr_assert_eq(zone(0)->n_flex, 2);
	const struct zone_flex *f = &bank->flex[zone(0)->flex];
	cr_expect_eq(f->n_points, 2);
	cr_expect_eq(f->sustain, 1);
	near(f->level[0], 0.5, 1e-6);
	near(f->time_s[1], 2, 1e-6);
	near(f->shape[1], -3, 1e-6);
	near(f->to_pitch, 1200, 1e-3);
	near(f->to_atten, -60, 1e-4);
	near(f->to_fc, 300, 1e-4);
	near(f->to_pan, 500, 1e-3);
	cr_expect_eq(f[1].is_volume, 1);
	near(f[1].to_gain, 1, 1e-6);
}

Test(apollo_sfz, controllers,
	.description = "APO-02: SFZ: volume, pan and expression are there unless the file uses "
		       "them; first values; knobs that MIDI can't reach stand where they are")
{
	load("<control> set_cc20=64 set_hdcc21=0.5 set_hdcc300=0.5\n<region> sample=a.wav cutoff_oncc20=100\n"
	     "<region> sample=a.wav amplitude_oncc300=100 locc300=60\n<region> sample=a.wav hicc300=60");
	near(need_mod(0, ZP_GAIN, SRC_CC + 7)->amount, 1, 1e-6);
	cr_expect_eq(need_mod(0, ZP_GAIN, SRC_CC + 7)->curve, CURVE_SQUARE);
	need_mod(0, ZP_GAIN, SRC_CC + 11);
	near(curve_at(need_mod(0, ZP_PAN, SRC_CC + 10)->curve, 64), 0, 1e-6);
	near(curve_at(need_mod(0, ZP_PAN, SRC_CC + 10)->curve, 0), -1, 1e-6);
	near(curve_at(need_mod(0, ZP_PAN, SRC_CC + 10)->curve, 127), 1, 1e-6);
	cr_assert_not_null(bank->cc_init);
	cr_expect_eq(bank->cc_init[20], 64);
	cr_expect_eq(bank->cc_init[21], 64);
	cr_expect_eq(bank->cc_init[22], 255);
	near(need_mod(1, ZP_GAIN, SRC_ONE)->amount, 0.5, 1e-6);
	cr_expect_leq(zone(1)->key_lo, zone(1)->key_hi);
	cr_expect_gt(zone(2)->key_lo, zone(2)->key_hi);
	load("<region> sample=a.wav pan_oncc10=100 <region> sample=a.wav locc11=1 <region> sample=a.wav "
	     "volume_oncc74=3");
	cr_expect_null(mod(2, ZP_PAN, SRC_CC + 10));
	cr_expect_null(mod(2, ZP_GAIN, SRC_CC + 11));
	need_mod(2, ZP_GAIN, SRC_CC + 7);
	near(need_mod(0, ZP_PAN, SRC_CC + 10)->amount, 500, 1e-3);
	cr_expect_eq(bank->cc_init[74], 0, "what the file listens to begins at 0");
}

/* What orchestral, piano, drum and choir libraries are written with. */
Test(apollo_sfz, libraries,
	.description = "APO-02: SFZ: the opcodes that sample libraries are written with are known")
{
	static const char *const opcodes[] = {"amp_veltrack=73", "amp_velcurve_1=0.1", "ampeg_dynamic=1",
		"ampeg_release_oncc72=2", "ampeg_attack_curvecc73=1", "ampeg_decay_oncc75=1",
		"ampeg_sustain_oncc79=-20", "ampeg_hold=0.2", "ampeg_vel2sustain=10", "ampeg_vel2hold=1",
		"amplitude_oncc110=100", "amplitude_curvecc110=2", "amplitude_smoothcc110=50", "bend_up=1200",
		"bend_down=-1200", "cutoff=12000", "cutoff2_oncc3=100", "delay_oncc90=0.1", "eq1_freq=80",
		"eq1_gain_oncc17=-12", "eq2_bw=2", "fil2_type=hpf_2p", "fil_keytrack=50", "fil_veltrack=3600",
		"fileg_attack=0.01", "fileg_depth_oncc24=1200", "fileg_vel2attack=1", "group_label=Violins",
		"gain_cc7=6", "group_volume=-3", "hicc64=63", "hirand=0.5", "hivel=90", "lfo01_delay=0.4",
		"lfo01_fade_oncc4=1", "lfo01_freq_oncc112=3", "lfo01_pitch_oncc111=35",
		"lfo01_volume_oncc111=2", "lfo2_wave=1", "lfo2_phase=0.5", "lobend=-8192", "locc64=0",
		"loop_count=4", "loop_mode=loop_sustain", "master_label=Legato", "master_volume=1",
		"note_polyphony=1", "note_selfmask=on", "off_by=2", "off_mode=time", "off_time=0.3",
		"offset_oncc30=4000", "on_locc64=126", "on_hicc64=127", "pan_oncc40=80", "pan_curvecc40=1",
		"pitch_random=4", "pitcheg_depth_oncc50=100", "pitchlfo_depthcc1=40", "pitchlfo_freqcc2=3",
		"polyphony=8", "polyphony_group=3", "region_label=p C4", "resonance_oncc71=20",
		"rt_decay=3.5", "sample_quality=2", "seq_length=4", "seq_position=3", "sostenuto_sw=off",
		"sustain_sw=on", "sw_default=24", "sw_down=25", "sw_hikey=30", "sw_hilast=28",
		"sw_label=Arco", "sw_lokey=24", "sw_lolast=24", "sw_vel=current", "transpose=12",
		"trigger=release_key", "tune_oncc120=50", "volume_oncc33=6", "volume_curvecc33=4",
		"width_oncc41=-100", "width=80", "position=-20", "xf_cccurve=gain", "xf_keycurve=power",
		"xf_velcurve=gain", "xfin_hicc1=60", "xfin_locc1=0", "xfout_hikey=c5", "xfout_hivel=100",
		"xfout_locc1=60", "xfout_lokey=c4", "xfin_lovel=10", "eg1_amplitude=100", "eg1_time1=0.2",
		"eg1_level1=0.5", "egN=0"};

	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "<region> sample=a.wav %s\n", opcodes[i]);
		load(text);
		cr_expect_eq(report.n_notes, strcmp(opcodes[i], "egN=0") == 0, "%s: %s", opcodes[i],
			report.note[0]);
	}
}

Test(apollo_sfz, report,
	.description = "APO-18: SFZ: unknown opcodes, bad values and samples that are missing are "
		       "listed with file and line, each once; the rest plays")
{
	load("<region> sample=a.wav nonsense=1\n<region> sample=gone.wav\n<region> sample=a.wav nonsense=2 "
	     "volume=loud\n"
	     "<region> sample=a.wav seq_length=1000\nrubbish\n<wrong> x=1\n<region> sample=a.wav "
	     "noise_level=3");
	cr_expect_eq(bank->n_zones, 4);
	cr_expect_eq(report.n_unknown, 2);
	cr_expect(has_note("test.sfz:1: opcode nonsense is not known"), "%s", report.note[0]);
	cr_expect_not(has_note("test.sfz:3: opcode nonsense"));
	cr_expect(has_note("sample gone.wav: not found"));
	cr_expect(has_note("test.sfz:3: opcode volume has a value"));
	cr_expect(has_note("test.sfz:4: opcode seq_length is out of range"));
	cr_expect(has_note("test.sfz:5: neither a header nor an opcode"));
	cr_expect(has_note("test.sfz:6: a header that is not known"));
	cr_expect(has_note("test.sfz:7: opcode noise_level is not played"));
}

Test(apollo_sfz, report_text, .description = "APO-18: SFZ: notes and names are text that any display takes")
{
	load("<global> global_label=Caf\xc3\xa9 \xff\x01!\n<region> sample=*sine\n<region> "
	     "sample=\xed\xa0\x80\x1b[2J.wav");
	cr_expect_str_eq(bank->preset[0].name, "Caf\xc3\xa9 ?\?!");
	cr_expect(has_note("test.sfz:3: sample ????[2J.wav: not found"), "%s", report.note[0]);
}

Test(apollo_sfz, refused,
	.description = "APO-18: SFZ: no region, or none with a sample: refused with a sentence")
{
	cr_expect_eq(try_load("// nothing\n<control> default_path=x\n"), -EINVAL);
	cr_expect(strstr(error, "no <region>"), "%s", error);
	cr_expect_eq(try_load("<region> sample=gone.wav <region> sample=away.wav"), -EINVAL);
	cr_expect(strstr(error, "none of its 2 regions") && strstr(error, "gone.wav"), "%s", error);
	cr_expect_eq(try_load("<region> key=60"), -EINVAL);
	cr_expect_eq(try_load("<region> sample=."), -EINVAL, "a folder is no sample");
}

Test(apollo_sfz, hostile, .description = "APO-18: SFZ: too much of everything ends in a note or a refusal")
{
	size_t n = 1 << 20;
	char *text = malloc(n + 64);

	cr_assert_not_null(text);
	memset(text, 'a', n);
	memcpy(text, "<region> sample=", 16);
	text[n] = '\0';
	cr_expect_eq(try_load(text), -EINVAL);
	memset(text, '<', n);
	cr_expect_eq(try_load(text), -EINVAL);
	memset(text, '$', n);
	cr_expect_eq(try_load(text), -EINVAL);
	strcpy(text, "<region> sample=*sine ");
	for (size_t at = strlen(text), cc = 0; at + 64 < n; cc++)
		at += (size_t)sprintf(text + at,
			"pan_oncc%zu=1 locc%zu=1 lfo%zu_pitch_oncc%zu=1 eg%zu_time%zu=1 ", cc % 600, cc % 600,
			cc % 70000, cc, cc % 30, cc % 20);
	load(text);
	cr_expect_eq(bank->n_zones, 1);
	cr_expect_leq(zone(0)->n_mods, 220);
	cr_expect(has_note("one too many"));
	free(text);
}

Test(apollo_sfz, numbers_of_none,
	.description =
		"APO-18: SFZ: controllers that no file can mean, keys that are none, ranges beyond the top")
{
	load("<region> sample=a.wav amplfo_depthcc66666=3 pitch_oncc4100=1 amplfo_freq=3 pan_oncc4096=50");
	cr_expect_eq(bank->n_mods, 4, "only the usual ones: %u", bank->n_mods); /* velocity, 7, 11, 10 */
	cr_expect(has_note("amplfo_depthcc66666 has a value"));
	load("<control> note_offset=-12 <region> sample=a.wav lokey=-1 hikey=40 amp_keycenter=-1 "
	     "amp_keytrack=1");
	cr_expect(zone(0)->key_lo == 0 && zone(0)->key_hi == 28, "%u..%u", zone(0)->key_lo, zone(0)->key_hi);
	cr_expect_float_eq(param(0, ZP_ATTEN), -600, 1e-3f, "%g", (double)param(0, ZP_ATTEN));
	load("<region> sample=a.wav lohdcc131=0.5 hihdcc131=9");
	cr_expect(
		zone(0)->vel_lo == 63 && zone(0)->vel_hi == 127, "%u..%u", zone(0)->vel_lo, zone(0)->vel_hi);
}

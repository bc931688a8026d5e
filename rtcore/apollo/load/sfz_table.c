/* SPDX-License-Identifier: MIT */
/* Made by hand: a row an opcode, with its SFZ 1, SFZ 2 and ARIA names. */
#include "sfz_table.h"

/* clang-format off */

#define AT(field) offsetof(struct sfz_region, field)
#define PARAM(zp) (AT(param) + sizeof(float) * (size_t)(zp))
#define LFO(l_, f) (AT(lfo) + sizeof(struct sfz_lfo_state) * (size_t)(l_) + offsetof(struct sfz_lfo_state, field) + \
	sizeof(float) * (size_t)(f))
#define FILTER(f) (AT(filter) + offsetof(struct sfz_filter, f))
#define FLEX(f) offsetof(struct zone_flex, f)

#define ROW(n_, k_, at_, ...) {.name = (n_), .kind = (k_), .at = (uint16_t)(at_), __VA_ARGS__}
#define TO(target) .to = (uint16_t)(1 + (target))
#define RANGE(lo_, hi_) .lo = (lo_), .hi = (hi_)
#define INT(name, field, lo_, hi_) ROW(name, SFZ_INT, AT(field), RANGE(lo_, hi_))
#define NOTE(name, field) ROW(name, SFZ_NOTE, AT(field), RANGE(0, 127))
#define SWITCH(name, field) ROW(name, SFZ_NOTE_OR_NONE, AT(field), RANGE(0, 127))
#define FLOAT(name, field, s, lo_, hi_) ROW(name, SFZ_FLOAT, AT(field), .scale = (s), RANGE(lo_, hi_))
#define MOD(name, at_, to_, s, lo_, hi_) ROW(name, SFZ_FLOAT, at_, TO(to_), .scale = (s), RANGE(lo_, hi_))
#define ZP(name, zp, s, lo_, hi_) MOD(name, PARAM(zp), zp, s, lo_, hi_)
#define WORDS(name, field, list) ROW(name, SFZ_WORD, AT(field), .words = (list))
#define CC(name, k_, field, s) ROW(name, k_, AT(field), .scale = (s))
#define BY(name, source, to_, s) ROW(name, SFZ_BY, source, TO(to_), .scale = (s))
#define SPECIAL(name, what) ROW(name, SFZ_SPECIAL, what, .n = 0)
#define SILENT(name) ROW(name, SFZ_SILENT, 0, .n = 0)
#define NUMBERED(n_, sa, st) .n = (n_), .step_at = (uint16_t)(sa), .step_to = (st)

/* SFZ 1: one envelope. Times in seconds, levels in percent. */
#define ENV(p, e) \
	ZP(p "_delay", zp_env(e, ENV_DELAY), 1, 0, 100), ZP(p "_start", zp_env(e, ENV_START), 0.01f, 0, 100), \
	ZP(p "_attack", zp_env(e, ENV_ATTACK), 1, 0, 100), ZP(p "_hold", zp_env(e, ENV_HOLD), 1, 0, 100), \
	ZP(p "_decay", zp_env(e, ENV_DECAY), 1, 0, 100), ZP(p "_sustain", zp_env(e, ENV_SUSTAIN), 0.01f, 0, 100), \
	ZP(p "_release", zp_env(e, ENV_RELEASE), 1, 0, 100), \
	BY(p "_veltodelay", SFZ_BY_VELOCITY, zp_env(e, ENV_DELAY), 1), \
	BY(p "_veltoattack", SFZ_BY_VELOCITY, zp_env(e, ENV_ATTACK), 1), \
	BY(p "_veltohold", SFZ_BY_VELOCITY, zp_env(e, ENV_HOLD), 1), \
	BY(p "_veltodecay", SFZ_BY_VELOCITY, zp_env(e, ENV_DECAY), 1), \
	BY(p "_veltosustain", SFZ_BY_VELOCITY, zp_env(e, ENV_SUSTAIN), 0.01f), \
	BY(p "_veltorelease", SFZ_BY_VELOCITY, zp_env(e, ENV_RELEASE), 1), SILENT(p "_dynamic")

/* SFZ 1: one LFO. */
#define LFO1(p, l, f, s, lo_, hi_) \
	MOD(p "_delay", LFO(l, LFO_DELAY), sfz_to_lfo(l, LFO_DELAY), 1, 0, 100), \
	MOD(p "_fade", LFO(l, LFO_FADE), sfz_to_lfo(l, LFO_FADE), 1, 0, 100), \
	MOD(p "_freq", LFO(l, LFO_FREQ), sfz_to_lfo(l, LFO_FREQ), 1, 0, 100), \
	MOD(p "_depth", LFO(l, f), sfz_to_lfo(l, f), s, lo_, hi_), \
	BY(p "_depthchanaft", SFZ_BY_PRESSURE, sfz_to_lfo(l, f), s), \
	BY(p "_depthpolyaft", SFZ_BY_KEY_PRESSURE, sfz_to_lfo(l, f), s), \
	BY(p "_freqchanaft", SFZ_BY_PRESSURE, sfz_to_lfo(l, LFO_FREQ), 1), \
	BY(p "_freqpolyaft", SFZ_BY_KEY_PRESSURE, sfz_to_lfo(l, LFO_FREQ), 1)

/* Two filters. `p` is what the first one is called, `q` what either is. */
#define FILTERS(p, q, ...) ROW(p, __VA_ARGS__), ROW(q, __VA_ARGS__)
#define FILTER_STEP(st) NUMBERED(2, sizeof(struct sfz_filter), st)

#define LFO_FIELD(name, f, s) ROW(name, SFZ_LFO_FIELD, f, .scale = (s))
#define LFO_TO(name, zp, s, ...) ROW(name, SFZ_LFO_TO, 0, TO(zp), .scale = (s), __VA_ARGS__)
#define FLEX_TO(name, f, s) ROW(name, SFZ_FLEX_TO, FLEX(f), .scale = (s))

static const struct sfz_word loops[] = {{"no_loop", ZONE_LOOP_NONE}, {"one_shot", ZONE_ONE_SHOT},
	{"loop_continuous", ZONE_LOOP_ALWAYS}, {"loop_sustain", ZONE_LOOP_UNTIL_RELEASE}, {NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word triggers[] = {{"attack", ZONE_ON_ATTACK}, {"first", ZONE_ON_FIRST},
	{"legato", ZONE_ON_LEGATO}, {"release", ZONE_ON_RELEASE}, {"release_key", ZONE_ON_RELEASE_KEY},
	{NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word off_modes[] = {{"fast", ZONE_OFF_FAST}, {"normal", ZONE_OFF_NORMAL},
	{"time", ZONE_OFF_TIME}, {NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word switches[] = {{"off", 0}, {"on", 1}, {"0", 0}, {"1", 1}, {NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word autos[] = {{"off", 0}, {"on", 1}, {"0", 0}, {"1", 1}, {"auto", SFZ_UNSET},
	{NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word directions[] = {{"forward", 0}, {"reverse", 1}, {NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word xf_curves[] = {{"gain", 1}, {"power", 0}, {NULL, SFZ_NO_FALLBACK}};
static const struct sfz_word filters[] = {{"lpf_1p", ZONE_LP1}, {"hpf_1p", ZONE_HP1}, {"bpf_1p", ZONE_BP1},
	{"brf_1p", ZONE_BR2}, {"apf_1p", ZONE_AP1}, {"lpf_2p", ZONE_LP2}, {"hpf_2p", ZONE_HP2}, {"bpf_2p", ZONE_BP2},
	{"brf_2p", ZONE_BR2}, {"lpf_2p_sv", ZONE_LP2}, {"hpf_2p_sv", ZONE_HP2}, {"bpf_2p_sv", ZONE_BP2},
	{"brf_2p_sv", ZONE_BR2}, {"lpf_4p", ZONE_LP4}, {"hpf_4p", ZONE_HP4}, {"lpf_6p", ZONE_LP6},
	{"hpf_6p", ZONE_HP6}, {"lsh", ZONE_LOW_SHELF}, {"hsh", ZONE_HIGH_SHELF}, {"peq", ZONE_PEAK},
	{"pkf_2p", ZONE_PEAK}, {"bpk_2p", ZONE_PEAK}, {"none", ZONE_FILTER_OFF},
	{NULL, ZONE_FILTER_OFF}};

const struct sfz_row sfz_table[] = {
	/* which notes */
	NOTE("lokey", key_lo), SPECIAL("hikey", SFZ_HIKEY), SPECIAL("key", SFZ_KEY),
	INT("lovel", vel_lo, 0, 127), INT("hivel", vel_hi, 0, 127),
	INT("lobend", bend_lo, -8192, 8191), INT("hibend", bend_hi, -8192, 8191),
	INT("lochanaft", pressure_lo, 0, 127), INT("hichanaft", pressure_hi, 0, 127),
	INT("lopolyaft", key_pressure_lo, 0, 127), INT("hipolyaft", key_pressure_hi, 0, 127),
	INT("lochan", channel_lo, 1, 16), INT("hichan", channel_hi, 1, 16),
	FLOAT("lorand", random_lo, 1, 0, 1), FLOAT("hirand", random_hi, 1, 0, 1),
	FLOAT("lobpm", bpm_lo, 1, 0, 500), FLOAT("hibpm", bpm_hi, 1, 0, 500),
	INT("seq_length", seq_length, 1, 100), INT("seq_position", seq_position, 1, 100),
	SWITCH("sw_lokey", sw_lo), SWITCH("sw_hikey", sw_hi), SWITCH("sw_default", sw_default),
	SWITCH("sw_last", sw_last), SWITCH("sw_lolast", sw_last), SWITCH("sw_hilast", sw_last_hi),
	SWITCH("sw_down", sw_down), SWITCH("sw_up", sw_up), SWITCH("sw_previous", sw_previous),
	SPECIAL("sw_vel", SFZ_SW_VEL), WORDS("trigger", trigger, triggers),
	CC("locc&", SFZ_CC_LO, cc, 1), CC("hicc&", SFZ_CC_HI, cc, 1),
	CC("lohdcc&", SFZ_CC_LO, cc, 127), CC("hihdcc&", SFZ_CC_HI, cc, 127),
	CC("lorealcc&", SFZ_CC_LO, cc, 127), CC("hirealcc&", SFZ_CC_HI, cc, 127),
	CC("on_locc&", SFZ_CC_LO, start_cc, 1), CC("on_hicc&", SFZ_CC_HI, start_cc, 1),
	CC("start_locc&", SFZ_CC_LO, start_cc, 1), CC("start_hicc&", SFZ_CC_HI, start_cc, 1),
	CC("on_lohdcc&", SFZ_CC_LO, start_cc, 127), CC("on_hihdcc&", SFZ_CC_HI, start_cc, 127),
	CC("start_lohdcc&", SFZ_CC_LO, start_cc, 127), CC("start_hihdcc&", SFZ_CC_HI, start_cc, 127),

	/* crossfades */
	ROW("xfin_lokey", SFZ_NOTE_FLOAT, AT(xf_key[0].lo), RANGE(0, 127)),
	ROW("xfin_hikey", SFZ_NOTE_FLOAT, AT(xf_key[0].hi), RANGE(0, 127)),
	ROW("xfout_lokey", SFZ_NOTE_FLOAT, AT(xf_key[1].lo), RANGE(0, 127)),
	ROW("xfout_hikey", SFZ_NOTE_FLOAT, AT(xf_key[1].hi), RANGE(0, 127)),
	FLOAT("xfin_lovel", xf_vel[0].lo, 1, 0, 127), FLOAT("xfin_hivel", xf_vel[0].hi, 1, 0, 127),
	FLOAT("xfout_lovel", xf_vel[1].lo, 1, 0, 127), FLOAT("xfout_hivel", xf_vel[1].hi, 1, 0, 127),
	CC("xfin_locc&", SFZ_CC_LO, xf_in_cc, 1), CC("xfin_hicc&", SFZ_CC_HI, xf_in_cc, 1),
	CC("xfout_locc&", SFZ_CC_LO, xf_out_cc, 1), CC("xfout_hicc&", SFZ_CC_HI, xf_out_cc, 1),
	WORDS("xf_keycurve", xf_key_is_gain, xf_curves), WORDS("xf_velcurve", xf_vel_is_gain, xf_curves),
	WORDS("xf_cccurve", xf_cc_is_gain, xf_curves),

	/* the sample */
	WORDS("direction", is_reverse, directions), WORDS("oscillator", oscillator, autos),
	MOD("delay", PARAM(ZP_DELAY), ZP_DELAY, 1, 0, 100), FLOAT("delay_random", delay_random, 1, 0, 100),
	MOD("offset", AT(offset), ZP_OFFSET, 1, 0, 4e9f), FLOAT("offset_random", offset_random, 1, 0, 4e9f),
	FLOAT("end", end, 1, -1, 4e9f),
	WORDS("loop_mode", loop, loops), WORDS("loopmode", loop, loops),
	FLOAT("loop_start", loop_start, 1, 0, 4e9f), FLOAT("loopstart", loop_start, 1, 0, 4e9f),
	FLOAT("loop_end", loop_end, 1, 0, 4e9f), FLOAT("loopend", loop_end, 1, 0, 4e9f),
	FLOAT("loop_count", loop_count, 1, 0, 65535), SPECIAL("count", SFZ_COUNT),

	/* how it ends */
	INT("group", group, -2e9f, 4e9f), INT("polyphony_group", group, -2e9f, 4e9f),
	INT("off_by", off_by, -2e9f, 4e9f), INT("offby", off_by, -2e9f, 4e9f),
	WORDS("off_mode", off_mode, off_modes), WORDS("offmode", off_mode, off_modes),
	SPECIAL("off_time", SFZ_OFF_TIME), SPECIAL("polyphony", SFZ_POLYPHONY),
	INT("note_polyphony", note_polyphony, 1, 65535), SPECIAL("note_selfmask", SFZ_SELFMASK),
	SPECIAL("rt_dead", SFZ_ON_OFF_UNHEARD), FLOAT("rt_decay", rt_decay_db, 1, 0, 200),
	WORDS("sustain_sw", sustain_sw, switches), WORDS("sostenuto_sw", sostenuto_sw, switches),
	SPECIAL("sustain_cc", SFZ_SUSTAIN_CC), SPECIAL("sostenuto_cc", SFZ_SOSTENUTO_CC),

	/* loudness and place */
	ZP("volume", ZP_ATTEN, -10, -144, 48), ZP("gain", ZP_ATTEN, -10, -144, 48),
	ROW("amplitude", SFZ_FLOAT, AT(amplitude[0]), TO(ZP_GAIN), .scale = 0.01f, RANGE(0, 10000), .is_factor = 1),
	FLOAT("group_volume", volume_db[1], 1, -144, 48), FLOAT("master_volume", volume_db[2], 1, -144, 48),
	FLOAT("global_volume", volume_db[3], 1, -144, 48), FLOAT("group_amplitude", amplitude[1], 0.01f, 0, 10000),
	FLOAT("master_amplitude", amplitude[2], 0.01f, 0, 10000),
	FLOAT("global_amplitude", amplitude[3], 0.01f, 0, 10000),
	ZP("pan", ZP_PAN, 5, -100, 100), MOD("position", AT(position), ZP_PAN, 5, -100, 100),
	ZP("width", ZP_WIDTH, 0.01f, -100, 100),
	NOTE("amp_keycenter", amp_keycenter), FLOAT("amp_keytrack", amp_keytrack_db, 1, -96, 12),
	MOD("amp_veltrack", AT(amp_veltrack), SFZ_TO_AMP_VELTRACK, 0.01f, -100, 100),
	FLOAT("amp_random", amp_random_db, 1, -24, 24), FLOAT("gain_random", amp_random_db, 1, -24, 24),
	SPECIAL("amp_velcurve_&", SFZ_VELCURVE),
	NOTE("pan_keycenter", pan_keycenter), FLOAT("pan_keytrack", pan_keytrack, 5, -100, 100),
	FLOAT("pan_veltrack", pan_veltrack, 5, -200, 200),
	ROW("effect&", SFZ_FLOAT, PARAM(ZP_REVERB), TO(ZP_REVERB), .scale = 10, RANGE(0, 100),
		NUMBERED(2, sizeof(float), 1)),

	/* pitch */
	SPECIAL("pitch_keycenter", SFZ_KEYCENTER), FLOAT("pitch_keytrack", keytrack, 1, -1200, 1200),
	MOD("pitch_veltrack", AT(pitch_veltrack), SFZ_TO_PITCH_VELTRACK, 1, -12000, 12000),
	FLOAT("pitch_random", pitch_random, 1, -12000, 12000), FLOAT("tune_random", pitch_random, 1, -12000, 12000),
	FLOAT("transpose", transpose, 1, -127, 127), MOD("tune", AT(tune_cents), ZP_PITCH, 1, -12000, 12000),
	MOD("pitch", AT(tune_cents), ZP_PITCH, 1, -12000, 12000),
	ZP("bend_up", ZP_BEND_UP, 1, -12000, 12000), ZP("bendup", ZP_BEND_UP, 1, -12000, 12000),
	ZP("bend_down", ZP_BEND_DOWN, 1, -12000, 12000), ZP("benddown", ZP_BEND_DOWN, 1, -12000, 12000),

	/* filters */
	FILTERS("cutoff", "cutoff&", SFZ_HZ, FILTER(cutoff_hz), TO(ZP_FC), RANGE(0, 20000), FILTER_STEP(2)),
	FILTERS("resonance", "resonance&", SFZ_FLOAT, PARAM(ZP_Q), TO(ZP_Q), .scale = 10, RANGE(0, 96),
		NUMBERED(2, 2 * sizeof(float), 2)),
	FILTERS("fil_gain", "fil&_gain", SFZ_FLOAT, PARAM(ZP_FILTER_GAIN), TO(ZP_FILTER_GAIN), RANGE(-96, 96),
		NUMBERED(2, sizeof(float), 1)),
	FILTERS("fil_type", "fil&_type", SFZ_WORD, FILTER(type), .words = filters, FILTER_STEP(0)),
	FILTERS("filtype", "fil&type", SFZ_WORD, FILTER(type), .words = filters, FILTER_STEP(0)),
	FILTERS("fil_keytrack", "fil&_keytrack", SFZ_FLOAT, FILTER(keytrack), RANGE(-1200, 1200), FILTER_STEP(0)),
	FILTERS("fil_keycenter", "fil&_keycenter", SFZ_NOTE, FILTER(keycenter), RANGE(0, 127), FILTER_STEP(0)),
	FILTERS("fil_veltrack", "fil&_veltrack", SFZ_FLOAT, FILTER(veltrack), TO(SFZ_TO_CUTOFF_VELTRACK),
		RANGE(-12000, 12000), FILTER_STEP(1)),
	FILTERS("fil_random", "fil&_random", SFZ_FLOAT, FILTER(random), RANGE(-12000, 12000), FILTER_STEP(0)),
	FILTERS("cutoff_random", "cutoff&_random", SFZ_FLOAT, FILTER(random), RANGE(-12000, 12000), FILTER_STEP(0)),
	FILTERS("cutoff_chanaft", "cutoff&_chanaft", SFZ_BY, SFZ_BY_PRESSURE, TO(ZP_FC), NUMBERED(2, 0, 2)),
	FILTERS("cutoff_polyaft", "cutoff&_polyaft", SFZ_BY, SFZ_BY_KEY_PRESSURE, TO(ZP_FC), NUMBERED(2, 0, 2)),

	/* equalizer */
	ROW("eq&_freq", SFZ_FLOAT, AT(eq_hz), TO(ZP_EQ), RANGE(0, 30000), NUMBERED(ZONE_EQS, sizeof(float), 3)),
	ROW("eq&_bw", SFZ_FLOAT, PARAM(ZP_EQ + 1), TO(ZP_EQ + 1), RANGE(0.001f, 4),
		NUMBERED(ZONE_EQS, 3 * sizeof(float), 3)),
	ROW("eq&_gain", SFZ_FLOAT, PARAM(ZP_EQ + 2), TO(ZP_EQ + 2), RANGE(-96, 96),
		NUMBERED(ZONE_EQS, 3 * sizeof(float), 3)),
	ROW("eq&_veltofreq", SFZ_FLOAT, AT(eq_vel_hz), RANGE(-30000, 30000), NUMBERED(ZONE_EQS, sizeof(float), 0)),
	ROW("eq&_veltogain", SFZ_BY, SFZ_BY_VELOCITY, TO(ZP_EQ + 2), NUMBERED(ZONE_EQS, 0, 3)),
	SPECIAL("eq&_type", SFZ_EQ_TYPE),

	/* envelopes */
	ENV("ampeg", 0), ENV("pitcheg", 1), ENV("fileg", 2),
	ZP("pitcheg_depth", zp_env(1, ENV_TO_PITCH), 1, -12000, 12000),
	ZP("fileg_depth", zp_env(2, ENV_TO_FC), 1, -12000, 12000),
	BY("pitcheg_veltodepth", SFZ_BY_VELOCITY, zp_env(1, ENV_TO_PITCH), 1),
	BY("fileg_veltodepth", SFZ_BY_VELOCITY, zp_env(2, ENV_TO_FC), 1),
	SILENT("ampeg_depth"), SILENT("ampeg_veltodepth"),

	/* LFOs */
	LFO1("amplfo", SFZ_LFO_AMP, LFO_TO_ATTEN, 10, -48, 48),
	LFO1("pitchlfo", SFZ_LFO_PITCH, LFO_TO_PITCH, 1, -12000, 12000),
	LFO1("fillfo", SFZ_LFO_FILTER, LFO_TO_FC, 1, -12000, 12000),
	LFO_FIELD("lfo&_delay", LFO_DELAY, 1), LFO_FIELD("lfo&_fade", LFO_FADE, 1),
	LFO_FIELD("lfo&_freq", LFO_FREQ, 1),
	LFO_FIELD("lfo&_pitch", LFO_TO_PITCH, 1), LFO_FIELD("lfo&_cutoff", LFO_TO_FC, 1),
	LFO_FIELD("lfo&_volume", LFO_TO_ATTEN, 10), LFO_FIELD("lfo&_pan", LFO_TO_PAN, 5),
	SPECIAL("lfo&_wave", SFZ_LFO_WAVE), SPECIAL("lfo&_wave&", SFZ_LFO_WAVE), SPECIAL("lfo&_phase", SFZ_LFO_PHASE),
	LFO_TO("lfo&_amplitude", ZP_GAIN, 0.01f, .is_factor = 1), LFO_TO("lfo&_width", ZP_WIDTH, 0.01f),
	LFO_TO("lfo&_position", ZP_PAN, 5), LFO_TO("lfo&_cutoff&", ZP_FC, 1, NUMBERED(2, 0, 2)),
	LFO_TO("lfo&_resonance", ZP_Q, 10), LFO_TO("lfo&_resonance&", ZP_Q, 10, NUMBERED(2, 0, 2)),
	LFO_TO("lfo&_fil&gain", ZP_FILTER_GAIN, 1, NUMBERED(2, 0, 1)),
	LFO_TO("lfo&_eq&bw", ZP_EQ + 1, 1, NUMBERED(ZONE_EQS, 0, 3)),
	LFO_TO("lfo&_eq&gain", ZP_EQ + 2, 1, NUMBERED(ZONE_EQS, 0, 3)),
	SILENT("lfo&_freq_smoothcc&"), SILENT("lfo&_phase_smoothcc&"),

	/* free envelopes */
	SPECIAL("eg&_time&", SFZ_FLEX_TIME), SPECIAL("eg&_level&", SFZ_FLEX_LEVEL),
	SPECIAL("eg&_shape&", SFZ_FLEX_SHAPE),
	SPECIAL("eg&_sustain", SFZ_FLEX_SUSTAIN), SPECIAL("eg&_ampeg", SFZ_FLEX_VOLUME),
	FLEX_TO("eg&_pitch", to_pitch, 1), FLEX_TO("eg&_cutoff", to_fc, 1), FLEX_TO("eg&_volume", to_atten, 10),
	ROW("eg&_cutoff&", SFZ_FLEX_TO, FLEX(to_fc), NUMBERED(2, sizeof(float), 0)),
	FLEX_TO("eg&_amplitude", to_gain, 0.01f), FLEX_TO("eg&_pan", to_pan, 5), FLEX_TO("eg&_position", to_pan, 5),
	SILENT("eg&_points"), SILENT("eg&_dynamic"),

	/* nothing that is heard */
	SILENT("region_label"), SILENT("group_label"), SILENT("master_label"), SILENT("global_label"),
	SILENT("sw_label"),
	SILENT("label_cc&"), SILENT("label_key&"), SILENT("image"), SILENT("image_controls"),
	SILENT("sample_quality"),
	SILENT("oscillator_quality"), SILENT("md&"), SILENT("output"), SILENT("bend_smooth"),
	SILENT("hint_ram_based"),
	SILENT("hint_stealing"), SILENT("hint_sustain_cancels_release"), SILENT("sw_note_offset"),
	SILENT("sw_octave_offset"),
};

const uint32_t sfz_table_size = sizeof(sfz_table) / sizeof(sfz_table[0]);

const char *const sfz_table_no_place[] = {"bend_step", "bendstep", "bitred", "comp_", "decim", "delay_filter",
	"drive_", "effect", "eg&_", "end_", "fil&_", "gate_", "lfo&_", "loop_crossfade", "loop_end", "loop_length",
	"loop_start",
	"loop_tune", "loop_type", "looptype", "loprog", "hiprog", "lotimer", "hitimer", "noise_", "off_shape",
	"oscillator_", "phase", "sostenuto_lo", "sustain_lo", "sync_", "waveguide", NULL};

/* SPDX-License-Identifier: MIT */
/* One row a member, in canonical order (nvx1.md 12.2). What the columns mean: nvx_tables.h. */
#include <score/nvx_tables.h>

#include "words.h"

#define AT(m) offsetof(struct S, m)
#define SIZE(m) sizeof(((struct S *)0)->m)
#define IS_SIGNED(m) ((typeof(((struct S *)0)->m))-1 < 0)
#define MAX_US (INT64_C(1) << 52)
#define MAX_DURATION INT64_C(4294967295)

#define INT(json, m, lo, hi, dflt, ...)                                                                      \
	{.name = json,                                                                                       \
		.type = NVX_F_INT,                                                                           \
		.offset = AT(m),                                                                             \
		.bytes = SIZE(m),                                                                            \
		.is_signed = IS_SIGNED(m),                                                                   \
		.min = lo,                                                                                   \
		.max = hi,                                                                                   \
		.initial = dflt,                                                                             \
		__VA_ARGS__}
#define DECIMAL(json, m, n_digits, lo, hi, dflt, ...)                                                        \
	{.name = json,                                                                                       \
		.type = NVX_F_DECIMAL,                                                                       \
		.offset = AT(m),                                                                             \
		.bytes = 4,                                                                                  \
		.is_signed = 1,                                                                              \
		.digits = n_digits,                                                                          \
		.min = lo,                                                                                   \
		.max = hi,                                                                                   \
		.initial = dflt,                                                                             \
		__VA_ARGS__}
#define BOOL(json, m, dflt, ...)                                                                             \
	{.name = json,                                                                                       \
		.type = NVX_F_BOOL,                                                                          \
		.offset = AT(m),                                                                             \
		.bytes = 1,                                                                                  \
		.max = 1,                                                                                    \
		.initial = dflt,                                                                             \
		__VA_ARGS__}
#define ENUM(json, m, w, dflt, ...)                                                                          \
	{.name = json,                                                                                       \
		.type = NVX_F_ENUM,                                                                          \
		.offset = AT(m),                                                                             \
		.bytes = 1,                                                                                  \
		.words = &nvx_words_##w,                                                                     \
		.initial = dflt,                                                                             \
		__VA_ARGS__}
#define SET(json, m, w, ...)                                                                                 \
	{.name = json, .type = NVX_F_SET, .offset = AT(m), .bytes = 2, .words = &nvx_words_##w, __VA_ARGS__}
#define STRING(json, m, ...) {.name = json, .type = NVX_F_STRING, .offset = AT(m), .max = 65536, __VA_ARGS__}
#define LABEL(json, m, lo, ...)                                                                              \
	{.name = json, .type = NVX_F_STRING, .offset = AT(m), .min = lo, .max = 1024, __VA_ARGS__}
#define TEXT(json, m, kind_of, ...) {.name = json, .type = kind_of, .offset = AT(m), __VA_ARGS__}
#define ID(m) {.name = "id", .type = NVX_F_ID, .offset = AT(m), .ref = NVX_REF_SELF}
#define REF(json, m, what, ...)                                                                              \
	{.name = json, .type = NVX_F_ID, .offset = AT(m), .ref = NVX_REF_##what, __VA_ARGS__}
#define COLOR(json, m) {.name = json, .type = NVX_F_COLOR, .offset = AT(m), .bytes = 4}
#define INTS(json, m, width, lo, hi, ...)                                                                    \
	{.name = json, .type = NVX_F_INTS, .offset = AT(m), .bytes = width, .min = lo, .max = hi, __VA_ARGS__}
#define STRINGS(json, m) {.name = json, .type = NVX_F_STRINGS, .offset = AT(m), .max = 65536}
#define IDS(json, m, what, ...)                                                                              \
	{.name = json, .type = NVX_F_IDS, .offset = AT(m), .ref = NVX_REF_##what, __VA_ARGS__}
#define OBJECTS(json, m, t, ...)                                                                             \
	{.name = json, .type = NVX_F_OBJECTS, .offset = AT(m), .table = &table_##t, __VA_ARGS__}
#define GROUP(json, t, ...) {.name = json, .type = NVX_F_GROUP, .table = &table_##t, __VA_ARGS__}
#define REQUIRED .flags = NVX_FIELD_REQUIRED
#define WRITTEN .flags = NVX_FIELD_WRITTEN
#define FLAG(m) .flag = AT(m)
#define KINDS(mask) .kinds = (mask)
#define EXTRA(m) .extra = AT(m)
#define NO_EXTRA .extra = -1

#define FIELDS(rows) .field = rows, .n_fields = sizeof(rows) / sizeof(rows[0]), .item_bytes = sizeof(struct S)
/** An object that is made of some fields of a struct, or an item of a list that keeps nothing unknown. */
#define PLAIN_TABLE(t, ...)                                                                                  \
	static const struct nvx_field rows_##t[] = {__VA_ARGS__};                                            \
	static const struct nvx_table table_##t = {.name = #t, FIELDS(rows_##t), NO_EXTRA, .kind = -1}

/* ---- the document ---- */

#define S nvx_source
static const struct nvx_field rows_source[] = {
	STRING("format", format),
	STRING("fileName", file_name),
	STRING("sha256", sha256),
	STRING("importedBy", imported_by),
};
static const struct nvx_table table_source = {
	.name = "source", FIELDS(rows_source), EXTRA(extra), .kind = -1};
#undef S

#define S nvx_metadata
static const struct nvx_field rows_metadata[] = {
	LABEL("title", title, 1, REQUIRED),
	STRING("composer", composer),
	{.name = "key", .type = NVX_F_FIRST_KEY, REQUIRED},
	{.name = "tempo", .type = NVX_F_FIRST_TEMPO, REQUIRED},
	{.name = "timeSignature", .type = NVX_F_FIRST_METER, WRITTEN},
	TEXT("id", id, NVX_F_LITERAL),
	STRING("subtitle", subtitle),
	STRING("artist", artist),
	STRING("album", album),
	STRING("style", style),
	STRING("arranger", arranger),
	STRING("lyricist", lyricist),
	STRING("copyright", copyright),
	STRING("language", language),
	STRING("transcription", transcription),
	GROUP("source", source, .offset = AT(source)),
	TEXT("createdAt", created_at, NVX_F_TIME),
	TEXT("modifiedAt", modified_at, NVX_F_TIME),
	STRINGS("tags", tags),
};
const struct nvx_table nvx_table_metadata = {
	.name = "metadata", FIELDS(rows_metadata), EXTRA(extra), .kind = -1, .extensions = 1};
#undef S

#define S nvx_tempo
static const struct nvx_field rows_tempo[] = {
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	INT("nsPerQuarter", ns_per_quarter, 1, INT64_C(60000000000), 500000000, WRITTEN),
	{.name = "bpm", .type = NVX_F_BPM, .offset = AT(ns_per_quarter), .bytes = 8},
	ENUM("curve", curve, curve, NVX_CURVE_STEP),
};
const struct nvx_table nvx_table_tempo = {.name = "tempo", FIELDS(rows_tempo), EXTRA(extra), .kind = -1};
#undef S

#define S nvx_meter
static const struct nvx_field rows_meter[] = {
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	INT("num", num, 1, 255, 0, REQUIRED),
	INT("den", den, 1, 256, 0, REQUIRED),
	INTS("grouping", grouping, 1, 1, 255),
};
const struct nvx_table nvx_table_meter = {.name = "meter", FIELDS(rows_meter), EXTRA(extra), .kind = -1};
#undef S

#define S nvx_key
static const struct nvx_field rows_key[] = {
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	{.name = "key", .type = NVX_F_KEY, .offset = AT(step), REQUIRED},
	{.name = "fifths", .type = NVX_F_FIFTHS, .offset = AT(fifths), .min = -7, .max = 7},
};
const struct nvx_table nvx_table_key = {.name = "key", FIELDS(rows_key), EXTRA(extra), .kind = -1};
#undef S

#define S nvx_order
static const struct nvx_field rows_order[] = {
	INT("fromMeasure", from_measure, 0, 99999, 0, REQUIRED),
	INT("toMeasure", to_measure, 0, 99999, 0, REQUIRED),
};
const struct nvx_table nvx_table_order = {.name = "order", FIELDS(rows_order), NO_EXTRA, .kind = -1};
#undef S

#define S nvx_beat
PLAIN_TABLE(beat_audio, INT("startUs", audio_start_us, -MAX_US, MAX_US, 0, WRITTEN),
	INT("endUs", audio_end_us, -MAX_US, MAX_US, 0, REQUIRED));
static const struct nvx_field rows_beat[] = {
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	LABEL("label", label, 0),
	INT("strength", strength, 0, 127, NVX_NO_U8),
	GROUP("audio", beat_audio),
};
static const struct nvx_table table_beat = {.name = "beat", FIELDS(rows_beat), EXTRA(extra), .kind = -1};
#undef S

#define S nvx_measure
PLAIN_TABLE(repeat, BOOL("start", repeat_start, 0), INT("end", repeat_end, 2, 99, 0));
PLAIN_TABLE(ending, INTS("numbers", ending_numbers, 1, 1, 255, REQUIRED),
	ENUM("type", ending_type, ending, NVX_ENDING_NONE, REQUIRED));
PLAIN_TABLE(jump, ENUM("kind", jump, jump, NVX_JUMP_NONE, REQUIRED),
	ENUM("until", jump_until, jump, NVX_JUMP_NONE));
PLAIN_TABLE(audio_range, INT("startUs", audio_start_us, -MAX_US, MAX_US, 0, WRITTEN),
	INT("endUs", audio_end_us, -MAX_US, MAX_US, 0, REQUIRED));
static const struct nvx_field rows_measure[] = {
	INT("tick", tick, 0, NVX_MAX_TICK, -1, WRITTEN),
	INT("durationTicks", duration_ticks, 1, MAX_DURATION, 0, WRITTEN),
	LABEL("number", number, 0),
	ENUM("irregular", irregular, irregular, NVX_IRREGULAR_NONE),
	GROUP("repeat", repeat),
	GROUP("ending", ending),
	GROUP("jump", jump),
	ENUM("barline", barline, barline, NVX_BARLINE_LIGHT),
	ENUM("break", line_break, break, NVX_BREAK_NONE),
	GROUP("audio", audio_range),
	OBJECTS("beats", beats, beat),
	ID(id),
};
const struct nvx_table nvx_table_measure = {
	.name = "measure", FIELDS(rows_measure), EXTRA(extra), .kind = -1, .extensions = 1};
#undef S

/* ---- parts ---- */

#define S nvx_region
static const struct nvx_field rows_region[] = {
	ID(id),
	LABEL("name", name, 0),
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	INT("durationTicks", duration_ticks, 1, MAX_DURATION, 0, REQUIRED),
};
const struct nvx_table nvx_table_region = {
	.name = "region", FIELDS(rows_region), EXTRA(extra), .kind = -1, .extensions = 1, .letter = 'r'};
#undef S

#define S nvx_part
PLAIN_TABLE(patch, STRING("library", patch_library), STRING("name", patch_name));
static const struct nvx_field rows_instrument[] = {
	STRING("sound", sound),
	INT("midiProgram", midi_program, 0, 127, 0, WRITTEN),
	INT("midiBank", midi_bank, 0, 16383, 0xffff),
	INT("midiChannel", midi_channel, 0, 15, NVX_NO_U8),
	INT("midiPort", midi_port, 0, 15, 0),
	GROUP("patch", patch),
};
static const struct nvx_table table_instrument = {
	.name = "instrument", FIELDS(rows_instrument), EXTRA(instrument_extra), .kind = -1};
PLAIN_TABLE(transpose, INT("chromatic", transpose_chromatic, -127, 127, 0, REQUIRED),
	INT("diatonic", transpose_diatonic, -127, 127, 0), INT("octave", transpose_octave, -10, 10, 0));
static const struct nvx_field rows_mix[] = {
	DECIMAL("volume", volume_1e6, 6, 0, 1500000, NVX_NO_I32),
	DECIMAL("pan", pan_1e6, 6, -1000000, 1000000, 0),
	BOOL("mute", mute, 0),
	BOOL("solo", solo, 0),
};
static const struct nvx_table table_mix = {.name = "mix", FIELDS(rows_mix), EXTRA(mix_extra), .kind = -1};
static const struct nvx_field rows_part[] = {
	{.name = "id", .type = NVX_F_ID, .offset = AT(id), .ref = NVX_REF_SELF, REQUIRED},
	LABEL("name", name, 0, REQUIRED),
	LABEL("shortName", short_name, 0),
	ENUM("role", role, role, NVX_ROLE_OTHER),
	GROUP("instrument", instrument),
	INT("staves", staves, 1, 8, 1),
	GROUP("transpose", transpose, FLAG(has_transpose)),
	INTS("tuning", tuning, 1, 0, 127),
	INT("capo", capo, 0, 24, 0),
	GROUP("mix", mix),
	{.name = "regions", .type = NVX_F_OBJECTS, .offset = AT(regions), .table = &nvx_table_region},
};
const struct nvx_table nvx_table_part = {
	.name = "part", FIELDS(rows_part), EXTRA(extra), .kind = -1, .extensions = 1, .letter = 'p'};
#undef S

#define S nvx_note
static const struct nvx_field rows_note[] = {
	ID(id),
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	INT("durationTicks", duration_ticks, 1, MAX_DURATION, 0, REQUIRED),
	INT("pitch", pitch, 0, 127, 0, REQUIRED),
	INT("velocity", velocity, 1, 127, 100),
	INT("velocity16", velocity16, 1, 65535, 0),
	INT("releaseVelocity", release_velocity, 0, 127, 64),
	DECIMAL("cents", cents_1e3, 3, -100000, 100000, 0),
	INT("offsetUs", offset_us, -50000, 50000, 0),
	INT("channel", channel, 0, 15, NVX_NO_U8),
	REF("regionId", region_id, REGION),
	BOOL("muted", muted, 0),
};
const struct nvx_table nvx_table_note = {
	.name = "note", FIELDS(rows_note), EXTRA(extra), .kind = -1, .extensions = 1, .letter = 'n'};
#undef S

#define S nvx_control
#define K(kind) (1u << NVX_CONTROL_##kind)
static const struct nvx_field rows_control[] = {
	ID(id),
	INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED),
	INT("seq", seq, 0, MAX_DURATION, 0),
	ENUM("kind", kind, control, NVX_CONTROL_CC, REQUIRED),
	INT("channel", channel, 0, 15, NVX_NO_U8),
	INT("number", number, 0, 127, 0, REQUIRED, KINDS(K(CC))),
	INT("number", number, 0, 16383, 0, REQUIRED, KINDS(K(RPN) | K(NRPN))),
	INT("pitch", pitch, 0, 127, 0, REQUIRED, KINDS(K(POLY_PRESSURE))),
	INT("value", value, 0, 127, 0, REQUIRED, KINDS(K(CC) | K(PRESSURE) | K(POLY_PRESSURE) | K(PROGRAM))),
	INT("value", value, -8192, 8191, 0, REQUIRED, KINDS(K(BEND))),
	INT("value", value, 0, 16383, 0, REQUIRED, KINDS(K(RPN) | K(NRPN))),
	INT("bank", number, 0, 16383, 0xffff, KINDS(K(PROGRAM))),
	TEXT("data", data, NVX_F_BASE64, REQUIRED, KINDS(K(SYSEX))),
	INTS("words", data, 4, 0, MAX_DURATION, REQUIRED, KINDS(K(UMP))),
};
#undef K
const struct nvx_table nvx_table_control = {.name = "controller",
	FIELDS(rows_control),
	EXTRA(extra),
	.kind = AT(kind),
	.extensions = 1,
	.letter = 'c'};
#undef S

/* ---- layers ---- */

#define S nvx_origin
static const struct nvx_field rows_origin[] = {
	ENUM("by", by, origin, NVX_ORIGIN_NONE, REQUIRED),
	STRING("name", name),
	DECIMAL("confidence", confidence_1e6, 6, 0, 1000000, NVX_NO_I32),
};
static const struct nvx_table table_origin = {
	.name = "origin", FIELDS(rows_origin), EXTRA(extra), .kind = -1};
#undef S

#define HANGS .flags = NVX_FIELD_HANGS
#define PLACE_OF(tick_flags)                                                                                 \
	ID(e.id), INT("tick", e.tick, 0, NVX_MAX_TICK, 0, .flags = tick_flags),                              \
		INT("durationTicks", e.duration_ticks, 0, MAX_DURATION, 0), REF("noteId", e.note_id, NOTE)
#define PLACE PLACE_OF(NVX_FIELD_REQUIRED | NVX_FIELD_HANGS)
#define STAFF INT("staff", e.staff, 1, 8, 0)
#define COMMON PLACE, REF("partId", e.part_id, PART, HANGS), STAFF
#define ORIGIN {.name = "origin", .type = NVX_F_ONE, .offset = AT(e.origin), .table = &table_origin}
#define ELEMENT_TABLE(t, abc, ...)                                                                           \
	const struct nvx_table nvx_table_##t = {.name = #t,                                                  \
		FIELDS(rows_##t),                                                                            \
		EXTRA(e.extra),                                                                              \
		.hangs = {AT(e.note_id)},                                                                    \
		.extensions = 1,                                                                             \
		.letter = abc,                                                                               \
		__VA_ARGS__}

#define S nvx_form_element
static const struct nvx_field rows_form[] = {
	COMMON,
	ENUM("kind", e.kind, form, NVX_FORM_SECTION, REQUIRED),
	LABEL("label", label, 0, REQUIRED),
	INT("number", number, -1000000, 1000000, NVX_NO_I32),
	INT("level", level, 0, 7, 0),
	REF("parentId", parent_id, FORM),
	COLOR("color", color),
	ORIGIN,
};
ELEMENT_TABLE(form, 'f', .kind = AT(e.kind));
#undef S

#define S nvx_chord
PLAIN_TABLE(braid, ENUM("lane", braid_lane, lane, NVX_LANE_NONE, REQUIRED),
	INT("index", braid_index, -1000000, 1000000, 0, WRITTEN));
static const struct nvx_field rows_chord[] = {
	COMMON,
	LABEL("symbol", symbol, 1, REQUIRED),
	{.name = "roman",
		.type = NVX_F_STRING,
		.offset = AT(roman),
		.max = 1024,
		.flags = NVX_FIELD_NULL,
		FLAG(roman_null)},
	INT("inversion", inversion, 0, 6, NVX_NO_U8),
	INTS("voicing", voicing, 1, 0, 127),
	IDS("noteIds", note_ids, NOTE),
	TEXT("descriptor", descriptor, NVX_F_JSON, .words = &nvx_words_descriptor),
	GROUP("braid", braid),
	ENUM("function", function, function, NVX_FUNCTION_NONE),
	ORIGIN,
};
ELEMENT_TABLE(chord, 'h', .kind = -1);
#undef S

#define S nvx_voice_leading
PLAIN_TABLE(voice_leading, REF("fromNoteId", from_note_id, NOTE, REQUIRED),
	REF("toNoteId", to_note_id, NOTE, REQUIRED),
	ENUM("motion", motion, motion, NVX_MOTION_COMMON, REQUIRED), STRING("rule", rule));
#undef S
#define S nvx_non_chord_tone
PLAIN_TABLE(non_chord_tone, REF("noteId", note_id, NOTE, REQUIRED),
	ENUM("kind", kind, nct, NVX_NCT_PASSING, REQUIRED));
#undef S

#define S nvx_analysis
PLAIN_TABLE(scale, STRING("tonic", scale_tonic), STRING("family", scale_family));
static const struct nvx_field rows_analysis[] = {
	COMMON,
	LABEL("roman", roman, 1),
	{.name = "localKey", .type = NVX_F_KEY, .offset = AT(key_step), FLAG(has_local_key)},
	ENUM("harmonicFunction", function, function, NVX_FUNCTION_NONE),
	GROUP("scale", scale),
	INT("tension", tension, 0, 100, NVX_NO_U8),
	ENUM("phrase", phrase, phrase, NVX_PHRASE_UNSET),
	LABEL("motifId", motif_id, 1),
	ENUM("cadence", cadence, cadence, NVX_CADENCE_UNSET),
	OBJECTS("voiceLeading", voice_leading, voice_leading),
	OBJECTS("nonChordTones", non_chord_tones, non_chord_tone),
	STRINGS("earTraining", ear_training),
	TEXT("explanation", explanation, NVX_F_JSON, .words = &nvx_words_explanation),
	STRINGS("pedagogyTags", pedagogy_tags),
	ORIGIN,
};
ELEMENT_TABLE(analysis, 'a', .kind = -1);
#undef S

#define S nvx_point
PLAIN_TABLE(point, INT("tick", tick, 0, MAX_DURATION, 0, REQUIRED),
	INT("cents", cents, -9600, 9600, 0, REQUIRED));
#undef S

#define S nvx_technique_use
#define K(kind) (1u << NVX_TECHNIQUE_##kind)
static const struct nvx_field rows_technique[] = {
	ENUM("type", type, technique, NVX_TECHNIQUE_NONE, REQUIRED),
	ENUM("style", style, slide, NVX_SLIDE_NONE, REQUIRED, KINDS(K(SLIDE))),
	ENUM("style", style, harmonic, NVX_HARMONIC_NONE, REQUIRED, KINDS(K(HARMONIC))),
	REF("toNoteId", to_note_id, NOTE, KINDS(K(HAMMER_ON) | K(PULL_OFF) | K(SLIDE))),
	OBJECTS("points", points, point, REQUIRED, KINDS(K(BEND) | K(WHAMMY)), .max = 64),
	ENUM("width", width, vibrato, NVX_VIBRATO_NONE, KINDS(K(VIBRATO))),
	DECIMAL("speedHz", speed_1e6hz, 6, 0, 100000000, NVX_NO_I32, KINDS(K(VIBRATO))),
	INT("fret", fret, 0, 48, NVX_NO_U8, KINDS(K(HARMONIC))),
	INT("pitch", pitch, 0, 127, NVX_NO_U8, KINDS(K(HARMONIC))),
	INT("pitch", pitch, 0, 127, NVX_NO_U8, REQUIRED, KINDS(K(TRILL))),
	INT("stepTicks", step_ticks, 1, MAX_DURATION, 0, KINDS(K(TRILL))),
	INT("strokes", strokes, 1, 5, 0, REQUIRED, KINDS(K(TREMOLO_PICK))),
	ENUM("direction", direction, direction, NVX_DIRECTION_NONE, REQUIRED,
		KINDS(K(STRUM) | K(ARPEGGIO) | K(PICK))),
	INT("spreadTicks", spread_ticks, 1, MAX_DURATION, 0, KINDS(K(STRUM) | K(ARPEGGIO))),
	STRING("techniqueId", technique_id),
};
#undef K
static const struct nvx_table table_technique = {
	.name = "technique", FIELDS(rows_technique), EXTRA(extra), .kind = AT(type)};
#undef S

#define S nvx_tab
static const struct nvx_field rows_tab[] = {
	COMMON,
	INT("string", string, 1, 32, 0, REQUIRED),
	INT("fret", fret, 0, 36, 0, REQUIRED),
	OBJECTS("techniques", techniques, technique, .max = 64),
	ORIGIN,
};
ELEMENT_TABLE(tab, 't', .kind = -1);
#undef S

#define S nvx_dot
PLAIN_TABLE(dot, INT("string", string, 1, 12, 0, REQUIRED), INT("fret", fret, 0, 48, 0, REQUIRED),
	ENUM("finger", finger, finger, NVX_FINGER_NONE));
#undef S
#define S nvx_barre
PLAIN_TABLE(barre, INT("fret", fret, 0, 48, 0, REQUIRED), INT("from", from, 1, 12, 0, REQUIRED),
	INT("to", to, 1, 12, 0, REQUIRED), ENUM("finger", finger, finger, NVX_FINGER_NONE));
#undef S
#define S nvx_piano_key
PLAIN_TABLE(piano_key, INT("pitch", pitch, 0, 127, 0, REQUIRED),
	ENUM("finger", finger, finger, NVX_FINGER_NONE), ENUM("hand", hand, hand, NVX_HAND_NONE));
#undef S

#define S nvx_diagram_element
#define FRETTED KINDS(1u << NVX_DIAGRAM_FRETTED)
static const struct nvx_field rows_diagram[] = {
	COMMON,
	ENUM("kind", e.kind, diagram, NVX_DIAGRAM_FRETTED),
	LABEL("name", name, 0, REQUIRED),
	REF("chordId", chord_id, CHORD),
	INT("strings", strings, 1, 12, 6, FRETTED, WRITTEN),
	INT("frets", frets, 1, 24, 4, FRETTED, WRITTEN),
	INT("baseFret", base_fret, 1, 36, 1, FRETTED),
	OBJECTS("dots", dots, dot, FRETTED),
	INTS("muted", muted, 1, 1, 12, FRETTED),
	INTS("open", open, 1, 1, 12, FRETTED),
	OBJECTS("barres", barres, barre, FRETTED),
	ENUM("caged", caged, caged, NVX_CAGED_NONE, FRETTED),
	INT("position", position, 0, 48, NVX_NO_I32, FRETTED),
	OBJECTS("keys", keys, piano_key, KINDS(1u << NVX_DIAGRAM_KEYBOARD)),
	ORIGIN,
};
#undef FRETTED
ELEMENT_TABLE(diagram, 'd', .kind = AT(e.kind));
#undef S

#define S nvx_fingering
PLAIN_TABLE(position, INT("fret", position_fret, 0, 48, NVX_NO_U8),
	ENUM("caged", position_caged, caged, NVX_CAGED_NONE),
	INT("octave", position_octave, -10, 10, INT8_MIN));
static const struct nvx_field rows_fingering[] = {
	COMMON,
	ENUM("hand", hand, hand, NVX_HAND_NONE),
	ENUM("finger", finger, finger, NVX_FINGER_NONE),
	ENUM("substitution", substitution, finger, NVX_FINGER_NONE),
	BOOL("alternative", alternative, 0),
	GROUP("position", position, FLAG(has_position)),
	ORIGIN,
};
ELEMENT_TABLE(fingering, 'g', .kind = -1);
#undef S

#define S nvx_spelling
PLAIN_TABLE(spelling, REF("noteId", note_id, NOTE, REQUIRED), ENUM("step", step, step, 0, REQUIRED),
	INT("alter", alter, -3, 3, 0, WRITTEN),
	ENUM("accidental", accidental, accidental, NVX_ACCIDENTAL_AUTO));
#undef S
#define S nvx_head
PLAIN_TABLE(head, REF("noteId", note_id, NOTE, REQUIRED), LABEL("head", head, 0, REQUIRED));
#undef S

#define S nvx_notation_element
#define K(kind) (1u << NVX_NOTATION_##kind)
PLAIN_TABLE(grace, BOOL("slash", grace_slash, 0, WRITTEN), BOOL("after", grace_after, 0));
PLAIN_TABLE(tremolo, INT("strokes", tremolo, 1, 8, 0, REQUIRED), REF("toEventId", to_event_id, EVENT));
static const struct nvx_field rows_notation[] = {
	PLACE,
	REF("partId", e.part_id, PART, .flags = NVX_FIELD_HANGS | NVX_FIELD_REQUIRED),
	STAFF,
	INT("voice", e.voice, 1, 16, 0),
	ENUM("kind", e.kind, notation, NVX_NOTATION_EVENT, REQUIRED),

	IDS("noteIds", note_ids, NOTE, REQUIRED, KINDS(K(EVENT))),
	ENUM("value", value, value, NVX_VALUE_UNSET, KINDS(K(EVENT))),
	INT("dots", dots, 0, 4, 0, KINDS(K(EVENT))),
	REF("tupletId", tuplet_id, TUPLET, KINDS(K(EVENT))),
	ENUM("stem", stem, stem, NVX_STEM_AUTO, KINDS(K(EVENT))),
	OBJECTS("spelling", spelling, spelling, KINDS(K(EVENT))),
	OBJECTS("heads", heads, head, KINDS(K(EVENT))),
	GROUP("grace", grace, FLAG(is_grace), KINDS(K(EVENT))),
	BOOL("cue", is_cue, 0, KINDS(K(EVENT))),
	SET("articulations", articulations, articulation, KINDS(K(EVENT))),
	SET("ornaments", ornaments, ornament, KINDS(K(EVENT))),
	SET("technical", technical, technical, KINDS(K(EVENT))),
	GROUP("tremolo", tremolo, KINDS(K(EVENT))),
	ENUM("arpeggio", arpeggio, arpeggio, NVX_ARPEGGIO_UNSET, KINDS(K(EVENT))),
	BOOL("fermata", fermata, 0, KINDS(K(EVENT))),
	ENUM("breath", breath, breath, NVX_BREATH_NONE, KINDS(K(EVENT))),
	BOOL("hidden", hidden, 0, KINDS(K(EVENT))),

	INT("actual", num, 1, 255, 0, REQUIRED, KINDS(K(TUPLET))),
	INT("normal", den, 1, 255, 0, REQUIRED, KINDS(K(TUPLET))),
	REF("parentId", parent_id, TUPLET, KINDS(K(TUPLET))),
	BOOL("bracket", bracket, NVX_NO_U8, KINDS(K(TUPLET))),
	ENUM("show", style, tuplet_show, NVX_TUPLET_SHOW_ACTUAL, KINDS(K(TUPLET))),

	IDS("eventIds", event_ids, EVENT, KINDS(K(BEAM))),

	REF("fromEventId", from_event_id, EVENT, REQUIRED, KINDS(K(SLUR))),
	REF("toEventId", to_event_id, EVENT, REQUIRED, KINDS(K(SLUR))),
	ENUM("style", style, slur, NVX_SLUR_SLUR, KINDS(K(SLUR))),

	ENUM("sign", sign, clef, NVX_CLEF_NONE, REQUIRED, KINDS(K(CLEF))),
	INT("line", line, 1, 5, 0, KINDS(K(CLEF))),
	INT("octave", octave, -2, 2, 0, KINDS(K(CLEF))),

	{.name = "key", .type = NVX_F_KEY, .offset = AT(key_step), REQUIRED, KINDS(K(KEY))},
	{.name = "fifths", .type = NVX_F_FIFTHS, .offset = AT(fifths), .min = -7, .max = 7, KINDS(K(KEY))},

	INT("num", num, 1, 255, 0, REQUIRED, KINDS(K(METER))),
	INT("den", den, 1, 256, 0, REQUIRED, KINDS(K(METER))),
	INTS("grouping", grouping, 1, 1, 255, KINDS(K(METER))),

	LABEL("value", text, 0, REQUIRED, KINDS(K(DYNAMIC))),
	ENUM("style", style, hairpin, NVX_HAIRPIN_NONE, REQUIRED, KINDS(K(HAIRPIN))),
	ENUM("style", style, pedal, NVX_PEDAL_NONE, REQUIRED, KINDS(K(PEDAL))),
	INT("shift", octave, -3, 3, 0, REQUIRED, KINDS(K(OCTAVE))),
	STRING("text", text, REQUIRED, KINDS(K(TEXT))),
	ENUM("style", style, text, NVX_TEXT_NONE, KINDS(K(TEXT))),
	ENUM("placement", placement, placement, NVX_PLACEMENT_NONE, KINDS(K(TEXT))),
	INT("count", count, 0, 10000, 0, REQUIRED,
		KINDS(K(MEASURE_REPEAT) | K(SLASH) | K(MULTI_REST) | K(STAFF_LINES))),
	ORIGIN,
};
#undef K
ELEMENT_TABLE(notation, 'e', .kind = AT(e.kind));
#undef S

#define S nvx_lyric
static const struct nvx_field rows_lyric[] = {
	COMMON,
	STRING("text", text, REQUIRED),
	INT("verse", verse, 1, 99, 1),
	ENUM("syllabic", syllabic, syllabic, NVX_SYLLABIC_SINGLE),
	BOOL("extend", extend, 0),
	STRINGS("phonemes", phonemes),
	INT("stress", stress, 0, 3, NVX_NO_U8),
	BOOL("breath", breath, 0),
	STRING("language", language),
	REF("formId", form_id, FORM),
	STRINGS("pedagogyTags", pedagogy_tags),
	ORIGIN,
};
ELEMENT_TABLE(lyric, 'l', .kind = -1);
#undef S

#define S nvx_marker_element
PLAIN_TABLE(media_place, REF("mediaId", media_id, MEDIA, REQUIRED),
	INT("startUs", media_start_us, -MAX_US, MAX_US, 0, WRITTEN));
#define LEARNING TEXT(NULL, learning, NVX_F_MEMBERS, .words = &nvx_words_learning)
static const struct nvx_field rows_marker[] = {
	COMMON,
	ENUM("kind", e.kind, marker, NVX_MARKER_POI, REQUIRED),
	LABEL("label", label, 0, REQUIRED),
	STRING("description", description),
	COLOR("color", color),
	INT("difficulty", difficulty, 1, 5, 0),
	GROUP("media", media_place),
	INT("order", order, -1000000, 1000000, NVX_NO_I32),
	STRING("text", text),
	ENUM("poiKind", poi_kind, poi, NVX_POI_NONE),
	LEARNING,
	ORIGIN,
};
ELEMENT_TABLE(marker, 'k', .kind = AT(e.kind));
/* UMF's point of interest: the same marker under other names (nvx1.md 11). */
static const struct nvx_field rows_poi[] = {
	COMMON,
	LABEL("title", label, 0, REQUIRED),
	STRING("text", text),
	ENUM("kind", poi_kind, poi, NVX_POI_NONE),
	INT("difficulty", difficulty, 1, 5, 0),
	INT("order", order, -1000000, 1000000, NVX_NO_I32),
	GROUP("media", media_place),
	LEARNING,
	STRING("description", description),
	COLOR("color", color),
	ORIGIN,
};
ELEMENT_TABLE(poi, 'k', .kind = -1);
#undef S

/* ---- layers' own, rails, media, learning ---- */

#define S nvx_layer_props
static const struct nvx_field rows_layer[] = {
	{.name = "visible", .type = NVX_F_NOT, .offset = AT(hidden), .bytes = 1, .max = 1},
	DECIMAL("opacity", opacity_1e6, 6, 0, 1000000, 1000000),
};
const struct nvx_table nvx_table_layer = {
	.name = "layer", FIELDS(rows_layer), EXTRA(extra), .kind = -1, .extensions = 1};
#undef S

#define S nvx_drum_entry
PLAIN_TABLE(feel, INT("swingPercent", swing_percent, 0, 100, 0),
	INT("pushPullUs", push_pull_us, -50000, 50000, 0), INT("humanization", humanization, 0, 100, 0));
static const struct nvx_field rows_drum[] = {
	PLACE,
	ENUM("instrument", instrument, drum, NVX_DRUM_OTHER, REQUIRED),
	LABEL("subdivisionLabel", subdivision_label, 0),
	LABEL("articulation", articulation, 0),
	GROUP("feel", feel, FLAG(has_feel)),
};
ELEMENT_TABLE(drum, 'x', .kind = -1);
#undef S

#define S nvx_performance
PLAIN_TABLE(hands, LABEL("leftHand", left_hand, 0), LABEL("rightHand", right_hand, 0));
PLAIN_TABLE(vibrato_use, BOOL("enabled", vibrato_enabled, 0, WRITTEN), INT("depth", vibrato_depth, 0, 100, 0),
	DECIMAL("speedHz", vibrato_speed_1e6hz, 6, 0, 100000000, NVX_NO_I32));
PLAIN_TABLE(spatial, DECIMAL("x", x_1e6, 6, -2000000000, 2000000000, 0, WRITTEN),
	DECIMAL("y", y_1e6, 6, -2000000000, 2000000000, 0, WRITTEN),
	DECIMAL("z", z_1e6, 6, -2000000000, 2000000000, 0, WRITTEN));
static const struct nvx_field rows_performance[] = {
	PLACE,
	REF("partId", e.part_id, PART, .flags = NVX_FIELD_HANGS | NVX_FIELD_REQUIRED),
	LABEL("technique", technique, 0),
	GROUP("fingering", hands),
	LABEL("embouchure", embouchure, 0),
	INT("breath", breath, 0, 127, NVX_NO_U8),
	GROUP("vibrato", vibrato_use, FLAG(has_vibrato)),
	GROUP("spatial", spatial, FLAG(has_spatial)),
};
ELEMENT_TABLE(performance, 'x', .kind = -1);
#undef S

#define S nvx_melody
static const struct nvx_field rows_melody[] = {
	PLACE,
	TEXT("scaleDegree", scale_degree, NVX_F_LITERAL),
	ENUM("contour", contour, contour, NVX_CONTOUR_NONE),
	REF("lyricId", lyric_id, LYRIC),
	REF("chordId", chord_id, CHORD),
	STRING("dynamics", dynamics),
};
ELEMENT_TABLE(melody, 'x', .kind = -1);
#undef S

#define S nvx_extended
static const struct nvx_field rows_extended[] = {
	ID(id),
	TEXT(NULL, text, NVX_F_MEMBERS, .words = &nvx_words_extended),
};
const struct nvx_table nvx_table_extended = {
	.name = "extended", FIELDS(rows_extended), NO_EXTRA, .kind = -1, .letter = 'x'};
#undef S

#define S nvx_sync
PLAIN_TABLE(
	sync, INT("tick", tick, 0, NVX_MAX_TICK, 0, REQUIRED), INT("us", us, -MAX_US, MAX_US, 0, REQUIRED));
#undef S

#define S nvx_media_entry
static const struct nvx_field rows_media[] = {
	ID(id),
	ENUM("kind", kind, media, NVX_MEDIA_AUDIO, REQUIRED),
	STRING("url", url, REQUIRED),
	LABEL("title", title, 0),
	STRING("sha256", sha256),
	INT("offsetUs", offset_us, -MAX_US, MAX_US, 0),
	OBJECTS("sync", sync, sync),
};
const struct nvx_table nvx_table_media = {
	.name = "media", FIELDS(rows_media), EXTRA(extra), .kind = -1, .extensions = 1, .letter = 'v'};
#undef S

#define S nvx_audio
static const struct nvx_field rows_audio[] = {
	ENUM("format", format, audio, NVX_AUDIO_NONE, REQUIRED),
	STRING("url", url),
	TEXT("embedded", embedded, NVX_F_BASE64),
	STRING("sha256", sha256),
	INT("durationUs", duration_us, 1, MAX_US, 0),
	INT("sampleRate", sample_rate_hz, 1, 10000000, 0),
	INT("channels", channels, 1, 255, 0),
	INT("offsetUs", offset_us, -MAX_US, MAX_US, 0),
	OBJECTS("sync", sync, sync),
};
const struct nvx_table nvx_table_audio = {.name = "audio", FIELDS(rows_audio), EXTRA(extra), .kind = -1};
#undef S

#define S nvx_annotation_entry
static const struct nvx_field rows_target[] = {
	REF("elementId", element_id, ELEMENT),
	REF("noteId", note_id, NOTE),
	INT("tick", tick, 0, NVX_MAX_TICK, 0, .flags = NVX_FIELD_HANGS | NVX_FIELD_REQUIRED),
	INT("durationTicks", duration_ticks, 0, MAX_DURATION, 0, HANGS),
};
static const struct nvx_table table_target = {
	.name = "target", FIELDS(rows_target), NO_EXTRA, .kind = -1, .hangs = {AT(element_id), AT(note_id)}};
static const struct nvx_field rows_annotation[] = {
	ID(id),
	GROUP("target", target, REQUIRED),
	STRING("author", author, REQUIRED),
	STRING("text", text, REQUIRED),
	ENUM("kind", kind, annotation, NVX_ANNOTATION_NONE),
	TEXT("createdAt", created_at, NVX_F_TIME),
	REF("replyTo", reply_to, ANNOTATION),
};
const struct nvx_table nvx_table_annotation = {.name = "annotation",
	FIELDS(rows_annotation),
	EXTRA(extra),
	.kind = -1,
	.extensions = 1,
	.letter = 's'};
#undef S

/* For visiting; the places of the document are known to reader and writer. */
#define S nvx_globals
#define PART_OF(json, m, t) {.name = json, .type = NVX_F_GROUP, .offset = AT(m), .table = &nvx_table_##t}
#define KEPT(json, m) {.name = json, .type = NVX_F_EXTRA, .offset = AT(m)}
static const struct nvx_field rows_globals[] = {
	PART_OF("metadata", metadata, metadata),
	PART_OF("form", layer[NVX_LAYER_FORM], layer),
	PART_OF("chords", layer[NVX_LAYER_CHORDS], layer),
	PART_OF("analysis", layer[NVX_LAYER_ANALYSIS], layer),
	PART_OF("tablature", layer[NVX_LAYER_TABLATURE], layer),
	PART_OF("diagrams", layer[NVX_LAYER_DIAGRAMS], layer),
	PART_OF("fingering", layer[NVX_LAYER_FINGERING], layer),
	PART_OF("notation", layer[NVX_LAYER_NOTATION], layer),
	PART_OF("lyrics", layer[NVX_LAYER_LYRICS], layer),
	PART_OF("markers", layer[NVX_LAYER_MARKERS], layer),
	PART_OF("audio", audio, audio),
	KEPT("layers", foreign_layers),
	KEPT("timeline", timeline_extra),
	KEPT("rails", rails_extra),
	KEPT("learning", learning_extra),
	KEPT("score", score_extra),
	KEPT("umf", umf_extra),
	KEPT("extensions", extra),
};
const struct nvx_table nvx_table_globals = {.name = "globals", FIELDS(rows_globals), NO_EXTRA, .kind = -1};
#undef S

const struct nvx_table *nvx_table_of(unsigned list)
{
#define X(name, type) [NVX_LIST_##name] = &nvx_table_##name,
	static const struct nvx_table *const table[] = {NVX_LISTS(X)[NVX_LIST_note] = &nvx_table_note,
		[NVX_LIST_control] = &nvx_table_control, [NVX_LIST_part] = &nvx_table_part};
#undef X
	return table[list];
}

/* SPDX-License-Identifier: MIT */
/**
 * NVX1 3.0 in memory: one struct for each kind of object of spec/nvx1.md, sections 3 to 7 and 11, with the members'
 * names in C's spelling. Plain data: handles into the document's pool, no pointers, so items are copied, compared and
 * stored as they are. Ticks are 960 a quarter. What a member means and may be stands in nvx1.md; the tables of
 * nvx1/tables.c say which JSON member belongs to which field, its range and default, and reader, writer, schema,
 * equality, hash and deltas all follow those tables.
 *
 * A member at its default is not written. Where "missing" is not a value of the member, the field has a value for it,
 * named NVX_NO_... here. `extra` is what we do not know: the text of unknown members and of "extensions", canonical
 * (12.2), ready to be appended to the object: `"foo":1,"extensions":{...}`.
 */
#ifndef SCORE_NVX_H
#define SCORE_NVX_H

#include <stdint.h>

#include <score/nvx_enums.h>
#include <score/pool.h>

#define NVX_PPQ 960
#define NVX_MAX_TICK ((INT64_C(1) << 40) - 1)
#define NVX_NO_U8 0xffu
#define NVX_NO_I32 INT32_MIN

/* ---- the document ---- */

struct nvx_source {
	nvx_str format, file_name, sha256, imported_by;
	nvx_str extra;
};

/** `key`, `tempo`, `timeSignature` are written from the maps and not held here. */
struct nvx_metadata {
	nvx_str title; /**< required, 1..1,024 bytes */
	nvx_str subtitle, composer, artist, album, style, arranger, lyricist, copyright, language, transcription;
	nvx_str id; /**< literal: a JSON string or number as it stood */
	nvx_str created_at, modified_at;
	nvx_list tags; /**< nvx_str */
	struct nvx_source source;
	nvx_str extra;
};

struct nvx_tempo {
	int64_t tick;
	uint64_t ns_per_quarter;
	uint8_t curve; /**< enum nvx_curve */
	uint8_t reserved[3];
	nvx_str extra;
};

struct nvx_meter {
	int64_t tick;
	uint16_t num, den;
	nvx_list grouping; /**< uint8_t; 0: the meter's own */
	nvx_str extra;
	uint32_t reserved;
};

/** Also the display key of one part (notation). Mode as in enum nvx_mode; `step` and `alter`: the tonic. */
struct nvx_key {
	int64_t tick;
	int8_t step;   /**< 0..6 = C..B; NVX_KEY_NONE: "none" */
	int8_t alter;  /**< -2..2 */
	uint8_t mode;  /**< enum nvx_mode */
	int8_t fifths; /**< -7..7 of the signature; follows from the rest unless `fifths_given` */
	uint8_t fifths_given;
	uint8_t reserved[3];
	nvx_str extra;
	uint32_t reserved2;
};
#define NVX_KEY_NONE (-1)
/** timeline.order: explicit playing order, measures by index, both ends included. */
struct nvx_order {
	uint32_t from_measure, to_measure;
};

struct nvx_beat {
	int64_t tick;
	nvx_str label;
	uint8_t strength; /**< 0..127; NVX_NO_U8 */
	uint8_t reserved[3];
	int64_t audio_start_us, audio_end_us; /**< both 0: none */
	nvx_str extra;
	uint32_t reserved2;
};

struct nvx_measure {
	int64_t tick;
	uint32_t duration_ticks;
	nvx_id id;      /**< 0: none */
	nvx_str number; /**< printed; 0: derived */
	uint8_t irregular, barline, line_break; /**< enum nvx_irregular, nvx_barline, nvx_break */
	uint8_t repeat_start;                    /**< 1: yes */
	uint8_t repeat_end;                      /**< times 2..99; 0: none */
	uint8_t ending_type;                     /**< enum nvx_ending */
	uint8_t jump, jump_until; /**< enum nvx_jump; until: NVX_JUMP_FINE, NVX_JUMP_CODA or NONE */
	nvx_list ending_numbers;  /**< uint8_t */
	nvx_list beats;           /**< struct nvx_beat */
	nvx_str extra;
	int64_t audio_start_us, audio_end_us; /**< both 0: none */
};

/* ---- parts ---- */

struct nvx_region {
	nvx_id id;
	nvx_str name;
	int64_t tick;
	uint32_t duration_ticks;
	nvx_str extra;
};

struct nvx_part {
	nvx_id id;
	nvx_str name, short_name;
	uint8_t role;   /**< enum nvx_role */
	uint8_t staves; /**< 1..8 */
	uint8_t capo;
	uint8_t mute, solo;
	uint8_t midi_program;
	uint8_t midi_channel; /**< 0..15; NVX_NO_U8: any */
	uint8_t midi_port;    /**< instrument.midiPort, ours: which of several ports of 16 channels, 0..15 */
	uint16_t midi_bank;   /**< 0..16383; 0xffff: none */
	int8_t transpose_chromatic, transpose_diatonic, transpose_octave;
	uint8_t has_transpose;
	uint8_t reserved[2];
	nvx_str sound; /**< instrument.sound */
	nvx_str patch_library, patch_name;
	int32_t volume_1e6; /**< mix.volume 0..1.5 in millionths; NVX_NO_I32 */
	int32_t pan_1e6;    /**< -1..1 in millionths; 0: middle */
	nvx_list tuning;    /**< uint8_t pitches, string 1 (highest-sounding) first */
	nvx_list regions;   /**< struct nvx_region, sorted */
	nvx_str instrument_extra, mix_extra, extra;
};

struct nvx_note {
	int64_t tick;
	uint32_t duration_ticks; /**< >= 1; tied notes are one */
	nvx_id id;
	int32_t offset_us;
	int32_t cents_1e3; /**< thousandths of a cent */
	nvx_id region_id;
	nvx_str extra;
	uint16_t velocity16; /**< 0: none */
	uint8_t pitch;
	uint8_t velocity; /**< 1..127, default 100 */
	uint8_t release_velocity; /**< default 64 */
	uint8_t channel;          /**< NVX_NO_U8: the part's */
	uint8_t muted;
	uint8_t reserved;
};

struct nvx_control {
	int64_t tick;
	nvx_id id;
	uint32_t seq;
	uint8_t kind;    /**< enum nvx_control_kind */
	uint8_t channel; /**< NVX_NO_U8: the part's */
	uint8_t pitch;   /**< polyPressure */
	uint8_t reserved;
	uint16_t number; /**< cc 0..127, rpn/nrpn 0..16383; program: bank, 0xffff: none */
	int16_t value;
	nvx_list data; /**< sysex: bytes without F0, F7 (uint8_t); ump: uint32_t words */
	nvx_str extra;
};

/* ---- layers ---- */

struct nvx_origin {
	uint8_t by; /**< enum nvx_origin_by */
	uint8_t reserved[3];
	nvx_str name;
	int32_t confidence_1e6; /**< NVX_NO_I32 */
	nvx_str extra;
};

/** What every element has. An element with a note takes tick and part from it: held here too, kept in step. */
struct nvx_element {
	int64_t tick;
	uint32_t duration_ticks;
	nvx_id id;
	nvx_id note_id;
	nvx_id part_id;  /**< 0: the whole score */
	nvx_list origin; /**< one struct nvx_origin; 0: none */
	nvx_str extra;
	uint8_t kind;  /**< of the layer: enum nvx_form, nvx_notation, nvx_marker ... */
	uint8_t staff; /**< 0: not given, 1 */
	uint8_t voice; /**< notation: 1..16; 0: none */
	uint8_t reserved[5];
};

struct nvx_form_element {
	struct nvx_element e;
	nvx_str label;
	int32_t number; /**< NVX_NO_I32 */
	nvx_id parent_id;
	uint32_t color; /**< 0x01rrggbb; 0: none */
	uint8_t level;
	uint8_t reserved[7];
};

struct nvx_chord {
	struct nvx_element e;
	nvx_str symbol;
	nvx_str roman;
	nvx_list voicing;  /**< uint8_t pitches */
	nvx_list note_ids; /**< nvx_id */
	nvx_str descriptor; /**< the object's canonical text */
	int32_t braid_index;
	uint8_t braid_lane; /**< enum nvx_lane; NONE: no braid */
	uint8_t inversion;  /**< NVX_NO_U8 */
	uint8_t function;   /**< enum nvx_function */
	uint8_t roman_null; /**< roman is null */
	uint32_t reserved;
};

struct nvx_voice_leading {
	nvx_id from_note_id, to_note_id;
	nvx_str rule;
	uint8_t motion;
	uint8_t reserved[3];
};
struct nvx_non_chord_tone {
	nvx_id note_id;
	uint8_t kind; /**< enum nvx_nct */
	uint8_t reserved[3];
};

struct nvx_analysis {
	struct nvx_element e;
	nvx_str roman;
	nvx_str scale_tonic, scale_family;
	nvx_str motif_id;
	nvx_list voice_leading;   /**< struct nvx_voice_leading */
	nvx_list non_chord_tones; /**< struct nvx_non_chord_tone */
	nvx_list ear_training, pedagogy_tags; /**< nvx_str */
	nvx_str explanation; /**< the object's canonical text */
	int8_t key_step, key_alter; /**< localKey as in struct nvx_key */
	uint8_t key_mode;
	uint8_t has_local_key;
	uint8_t function, phrase, cadence; /**< enums */
	uint8_t tension; /**< 0..100; NVX_NO_U8 */
	uint32_t reserved;
};

struct nvx_point {
	uint32_t tick; /**< from the note's start */
	int32_t cents;
};

struct nvx_technique_use {
	uint8_t type;      /**< enum nvx_technique */
	uint8_t style;     /**< enum nvx_slide or nvx_harmonic */
	uint8_t direction; /**< enum nvx_direction */
	uint8_t width;     /**< enum nvx_vibrato */
	uint8_t fret;      /**< harmonic; NVX_NO_U8 */
	uint8_t pitch;     /**< harmonic, trill; NVX_NO_U8 */
	uint8_t strokes;   /**< 1..5; 0: none */
	uint8_t reserved;
	nvx_id to_note_id;
	int32_t speed_1e6hz; /**< NVX_NO_I32 */
	uint32_t step_ticks;   /**< trill; 0: none */
	uint32_t spread_ticks; /**< strum, arpeggio; 0: none */
	nvx_list points;       /**< struct nvx_point */
	nvx_str technique_id;
	nvx_str extra;
};

struct nvx_tab {
	struct nvx_element e;
	nvx_list techniques; /**< struct nvx_technique_use */
	uint8_t string, fret;
	uint8_t reserved[2];
};

struct nvx_dot {
	uint8_t string, fret, finger; /**< finger: enum nvx_finger */
	uint8_t reserved;
};
struct nvx_barre {
	uint8_t fret, from, to, finger;
};
struct nvx_piano_key {
	uint8_t pitch, finger, hand;
	uint8_t reserved;
};

struct nvx_diagram_element {
	struct nvx_element e;
	nvx_str name;
	nvx_id chord_id;
	uint8_t strings, frets, base_fret;
	uint8_t caged; /**< enum nvx_caged */
	int32_t position; /**< NVX_NO_I32 */
	nvx_list dots, barres; /**< struct nvx_dot, nvx_barre */
	nvx_list muted, open;  /**< uint8_t strings */
	nvx_list keys;         /**< struct nvx_piano_key */
	uint32_t reserved;
};

/** A finger (with a note) or a position (without). */
struct nvx_fingering {
	struct nvx_element e;
	uint8_t hand, finger, substitution; /**< enums */
	uint8_t alternative;
	uint8_t position_fret;  /**< NVX_NO_U8 */
	uint8_t position_caged; /**< enum nvx_caged */
	int8_t position_octave; /**< INT8_MIN: none */
	uint8_t has_position;
};

struct nvx_spelling {
	nvx_id note_id;
	uint8_t step; /**< 0..6 = C..B, as the letter in JSON */
	int8_t alter; /**< -3..3 */
	uint8_t accidental;
	uint8_t reserved;
};
struct nvx_head {
	nvx_id note_id;
	nvx_str head;
};

/** Members beyond `e` belong to the kinds that nvx1.md 6.7 gives them; all others are 0 (a default). */
struct nvx_notation_element {
	struct nvx_element e;
	nvx_list note_ids;  /**< event: nvx_id; 0: a rest */
	nvx_list spelling;  /**< event: struct nvx_spelling */
	nvx_list heads;     /**< event: struct nvx_head */
	nvx_list event_ids; /**< beam: nvx_id */
	nvx_id tuplet_id;   /**< event */
	nvx_id to_event_id; /**< slur; event: tremolo.toEventId */
	nvx_id from_event_id; /**< slur */
	nvx_id parent_id;     /**< tuplet */
	nvx_str text;         /**< text; dynamic: value */
	nvx_list grouping;    /**< meter: uint8_t */
	uint16_t articulations, ornaments, technical; /**< event: sets */
	uint16_t count;         /**< measureRepeat slash multiRest staffLines */
	uint16_t num, den;      /**< meter; tuplet: actual, normal */
	uint8_t value;          /**< event: enum nvx_value */
	uint8_t dots;           /**< event: 0..4 */
	uint8_t stem;           /**< event */
	uint8_t style;          /**< slur, hairpin, pedal, text: enum of the kind; tuplet: enum nvx_tuplet_show */
	uint8_t placement;      /**< text */
	uint8_t tremolo;        /**< event: strokes; 0: none */
	uint8_t arpeggio, breath; /**< event: enums */
	uint8_t is_grace, grace_slash, grace_after, is_cue, fermata, hidden; /**< event: flags */
	uint8_t bracket;    /**< tuplet: 0 no, 1 yes, NVX_NO_U8 not given */
	uint8_t sign, line; /**< clef */
	int8_t octave;      /**< clef: octave; octave: shift */
	int8_t key_step, key_alter; /**< key, as in struct nvx_key */
	uint8_t key_mode;
	int8_t fifths;
	uint8_t fifths_given;
	uint8_t reserved[5];
};

struct nvx_lyric {
	struct nvx_element e;
	nvx_str text;
	nvx_list phonemes, pedagogy_tags; /**< nvx_str */
	nvx_str language;
	nvx_id form_id;
	uint8_t verse; /**< 1..99 */
	uint8_t syllabic;
	uint8_t extend, breath;
	uint8_t stress; /**< 0..3; NVX_NO_U8 */
	uint8_t reserved[7];
};

struct nvx_marker_element {
	struct nvx_element e;
	nvx_str label, description;
	uint32_t color; /**< 0x01rrggbb; 0: none */
	nvx_id media_id;
	int64_t media_start_us;
	int32_t order; /**< NVX_NO_I32 */
	uint8_t difficulty; /**< 1..5; 0: none */
	uint8_t poi_kind;   /**< UMF's members of a point of interest: enum nvx_poi */
	uint8_t reserved[2];
	nvx_str text;       /**< UMF: text */
	nvx_str learning;   /**< UMF: `cameras`, `widgets`: canonical members, as in `extra` */
};

/* ---- rails, media, learning ---- */

struct nvx_drum_entry {
	struct nvx_element e;
	nvx_str subdivision_label, articulation;
	int32_t push_pull_us;
	uint8_t instrument; /**< enum nvx_drum */
	uint8_t swing_percent, humanization; /**< 0..100 */
	uint8_t has_feel;
};

struct nvx_performance {
	struct nvx_element e;
	nvx_str technique, embouchure;
	nvx_str left_hand, right_hand; /**< fingering */
	int32_t vibrato_speed_1e6hz;   /**< NVX_NO_I32 */
	int32_t x_1e6, y_1e6, z_1e6;
	uint8_t vibrato_enabled, vibrato_depth, has_vibrato, has_spatial;
	uint8_t breath; /**< 0..127; NVX_NO_U8 */
	uint8_t reserved[3];
};

struct nvx_melody {
	struct nvx_element e;
	nvx_str scale_degree; /**< literal */
	nvx_str dynamics;
	nvx_id lyric_id, chord_id;
	uint8_t contour;
	uint8_t reserved[7];
};

/** Kept as it is. */
struct nvx_extended {
	nvx_id id;
	nvx_str text; /**< all members but the id, as in `extra` */
};

struct nvx_sync {
	int64_t tick;
	int64_t us;
};

struct nvx_media_entry {
	nvx_id id;
	nvx_str url, title, sha256;
	int64_t offset_us;
	nvx_list sync; /**< struct nvx_sync, rising */
	uint8_t kind;
	uint8_t reserved[3];
	nvx_str extra;
	uint32_t reserved2;
};

struct nvx_audio {
	nvx_str url, sha256;
	nvx_list embedded; /**< uint8_t: the decoded bytes */
	nvx_list sync;
	int64_t duration_us, offset_us; /**< duration 0: not given */
	uint32_t sample_rate_hz;
	uint8_t channels;
	uint8_t format; /**< enum nvx_audio_format; NONE: no audio */
	uint8_t reserved[2];
	nvx_str extra;
	uint32_t reserved2;
};

struct nvx_annotation_entry {
	nvx_id id;
	nvx_id element_id, note_id; /**< target; both 0: the place */
	uint32_t duration_ticks;
	int64_t tick;
	nvx_str author, text, created_at;
	nvx_id reply_to;
	uint8_t kind;
	uint8_t reserved[3];
	nvx_str extra;
};

/** Every growing list of a document but notes and controls, which are a part's: X(name, struct). */
#define NVX_LISTS(X)                                                                                         \
	X(tempo, struct nvx_tempo)                                                                           \
	X(meter, struct nvx_meter)                                                                           \
	X(key, struct nvx_key)                                                                               \
	X(order, struct nvx_order)                                                                           \
	X(measure, struct nvx_measure)                                                                       \
	X(form, struct nvx_form_element)                                                                     \
	X(chord, struct nvx_chord)                                                                           \
	X(analysis, struct nvx_analysis)                                                                     \
	X(tab, struct nvx_tab)                                                                               \
	X(diagram, struct nvx_diagram_element)                                                               \
	X(fingering, struct nvx_fingering)                                                                   \
	X(notation, struct nvx_notation_element)                                                             \
	X(lyric, struct nvx_lyric)                                                                           \
	X(marker, struct nvx_marker_element)                                                                 \
	X(drum, struct nvx_drum_entry)                                                                       \
	X(performance, struct nvx_performance)                                                               \
	X(melody, struct nvx_melody)                                                                         \
	X(extended, struct nvx_extended)                                                                     \
	X(media, struct nvx_media_entry)                                                                     \
	X(annotation, struct nvx_annotation_entry)

/** Kinds of lists: NVX_LIST_tempo ... NVX_LIST_annotation, then the parts' own. */
#define NVX_CONSTANT_(name, type) NVX_LIST_##name,
enum nvx_list_kind { NVX_LISTS(NVX_CONSTANT_) NVX_N_LISTS,
	NVX_LIST_note = NVX_N_LISTS, NVX_LIST_control, NVX_LIST_part };
#undef NVX_CONSTANT_

/** What a layer says of itself; its elements are the list form + index. */
struct nvx_layer_props {
	int32_t opacity_1e6; /**< 0..1 in millionths; default 1 */
	uint8_t hidden;      /**< visible: false */
	uint8_t reserved[3];
	nvx_str extra;
};

/** Everything of a document that is no list. */
struct nvx_globals {
	struct nvx_metadata metadata;
	struct nvx_layer_props layer[NVX_N_LAYERS];
	nvx_str foreign_layers; /**< layers with a dot in their name: canonical text, comma separated */
	nvx_str timeline_extra, rails_extra;
	nvx_str extra;          /**< "extensions" of the document */
	struct nvx_audio audio; /**< UMF; `audio` in NVX1 */
	nvx_str score_extra;    /**< unknown members of NVX1's top level, of UMF's `score` */
	nvx_str learning_extra; /**< of UMF's `learning`, which NVX1 has too */
	nvx_str umf_extra;      /**< of UMF's top level; member `umf` in NVX1 */
	uint32_t reserved;
};

#endif

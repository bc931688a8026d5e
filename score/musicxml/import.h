/* SPDX-License-Identifier: MIT */
/**
 * What the import of one MusicXML document knows while it goes through it.
 *
 * How long a measure is, is known only when all parts were read. Until then every tick in the draft is
 * MX_AT(measure, offset in it); resolve.c turns them into ticks of the score.
 */
#ifndef MUSICXML_IMPORT_H
#define MUSICXML_IMPORT_H

#include <score/draft.h>
#include <score/format.h>

#include "dynamics.h"
#include "tree.h"

#define MX_AT(measure, offset) ((int64_t)(measure) << 32 | (uint32_t)(offset))
#define MX_MEASURE(at) ((uint32_t)((at) >> 32))
#define MX_OFFSET(at) ((uint32_t)(at))
#define MX_MAX_MEASURES 100000u
#define MX_MAX_OFFSET (1 << 30)
#define MX_NONE UINT32_MAX
#define MX_MAX_CHORD 64u

/** Quarters from the start of the measure, exact. */
struct mx_pos {
	int64_t num, den;
};

/** What happens more than once is told once, with the number of times and the first place. */
enum mx_warning {
	MX_WARN_KEPT,      /**< no place in the model: kept as text */
	MX_WARN_LAYOUT,    /**< layout and fonts */
	MX_WARN_EXT_FULL,  /**< limit of extensions */
	MX_WARN_TECHNIQUE, /**< a technique without string and fret */
	MX_WARN_PART,      /**< part that the part list lacks, or without id */
	MX_WARN_DURATION,  /**< missing or zero */
	MX_WARN_VALUE,     /**< type and duration differ */
	MX_WARN_VOICE,     /**< overlap in a voice */
	MX_WARN_TIE,       /**< tie without its other end */
	MX_WARN_SPANNER,   /**< slur, wedge ... without its other end */
	MX_WARN_TUPLET,    /**< unclosed */
	MX_WARN_PITCH,     /**< outside 0..127, or missing */
	MX_WARN_KEY,       /**< non-traditional */
	MX_WARN_METER,     /**< meter that cannot be, or in mid-measure */
	MX_WARN_ROUNDED,   /**< not whole ticks */
	MX_WARN_HARMONY,   /**< several at one place, or not to be understood */
	MX_WARN_TAB,       /**< string and fret do not give the pitch */
	MX_WARN_JUMP,      /**< second jump in a measure */
	MX_WARN_CUT,       /**< ticks before the measure */
	MX_WARN_TRANSPOSE, /**< changes in mid-part */
	MX_WARN_TEMPO,
	MX_WARN_UNREAD, /**< an element where none is expected, a number that is none */
	MX_N_WARNINGS
};

struct mx_warn_count {
	uint32_t n, line;
	uint32_t part, measure;
	char detail[84];
};

struct mx_instrument {
	nvx_str id, name;
	int16_t program, unpitched; /**< -1: not given */
	int8_t channel, port;       /**< -1 */
	uint8_t reserved[2];
};

/** A spanner whose other end was not met yet. */
struct mx_open {
	uint8_t kind; /**< enum mx_spanner */
	uint8_t number, voice, is_stop;
	uint32_t index; /**< element; of techniques: in tech[] */
	int64_t at;
};
enum mx_spanner {
	MX_SPAN_SLUR,
	MX_SPAN_GLISSANDO,
	MX_SPAN_SLIDE,
	MX_SPAN_HAMMER,
	MX_SPAN_PULL,
	MX_SPAN_TREMOLO,
	MX_SPAN_WEDGE,
	MX_SPAN_PEDAL,
	MX_SPAN_OCTAVE,
	MX_SPAN_SLASH,
};
#define MX_MAX_OPEN 128u

struct mx_tie {
	int64_t end;
	uint32_t note;
	int16_t pitch;
	uint8_t voice, staff;
};
#define MX_MAX_TIES 64u

struct mx_tuplet {
	uint32_t index; /**< of the notation element */
	uint32_t actual, normal;
	uint8_t number; /**< as in the file; 0: from time-modification alone */
	uint8_t reserved[3];
	int64_t units; /**< implied: ticks it has so far, and that of its smallest value */
	uint32_t smallest;
};
#define MX_MAX_NESTING 4u
#define MX_MAX_VOICES 16u
#define MX_MAX_STAVES 8u

struct mx_voice {
	nvx_str name;
	uint32_t event; /**< last that is no grace note; MX_NONE */
	int64_t event_end;
	uint8_t n_tuplets;
	uint8_t beam_open;
	struct mx_tuplet tuplet[MX_MAX_NESTING];
	uint32_t beam; /**< in beam[] */
};

struct mx_part {
	nvx_str id;    /**< of the file */
	uint32_t part; /**< in the draft */
	uint32_t n_measures;
	uint32_t first_instrument, n_instruments;
	uint8_t seen;       /**< has music */
	uint8_t transposed; /**< transpose was met */
	uint8_t stated_lines;
	uint8_t n_verses;
	nvx_str verse[16]; /**< names of verses that are no numbers */
	uint8_t verse_number[16];
	int chromatic, octave;        /**< sounding - written */
	int8_t fifths[MX_MAX_STAVES]; /**< written */
	uint8_t key_moved;            /**< the key changed inside this measure */
	uint32_t n_pitched, n_unpitched;
	uint32_t n_harmonies, n_lyrics;
	uint32_t instrument; /**< that sounds now */
	uint8_t string_lines;
	uint8_t tuning[12]; /**< by line from the bottom; 0: not given */
	int64_t divisions;
	/* `said`: where the cursor is by the file's durations, which only come near those of some tuplets */
	struct mx_pos cursor, said, end;
	uint32_t last_event; /**< base of a chord; MX_NONE: it is in no voice */
	uint8_t has_base;
	struct mx_pos last_start;
	uint8_t last_voice, last_staff;
	/* Grace notes that wait for their main note: from here in graces[]. */
	uint32_t first_grace;
	uint8_t grace_voice, has_grace;
	uint16_t n_grace_events;
	struct mx_tie tie[MX_MAX_TIES];
	uint32_t n_ties;
	struct mx_open open[MX_MAX_OPEN];
	uint32_t n_open;
	struct mx_voice voice[MX_MAX_VOICES + 1];
	/** What a voice fills of the measure, by staff and voice. */
	struct {
		uint32_t measure_plus_1;
		uint32_t from, to;
	} hull[MX_MAX_STAVES][MX_MAX_VOICES + 1];
	/** Accidentals in force in this measure: alter + 8, 0: as the key has it. */
	uint8_t accidental[MX_MAX_STAVES][7][12];
};

struct mx_measure {
	uint32_t end; /**< furthest that any part goes, ticks */
	nvx_str number;
	uint8_t implicit, senza_misura;
	uint8_t repeat_start, repeat_end, barline, line_break;
	uint8_t ending_start, ending_stop, ending_discontinue;
	uint8_t jump, jump_until;
	nvx_list ending_numbers;
};

struct mx_key_statement {
	int64_t at;
	uint32_t part;
	int8_t fifths;           /**< written */
	int8_t chromatic_fifths; /**< concert = written + this */
	uint8_t staff;           /**< 0: all */
	struct nvx_key key;      /**< written */
};

struct mx_meter_statement {
	int64_t at;
	uint32_t part;
	uint16_t num, den;
	nvx_list grouping;
	nvx_str extra;
	uint8_t staff;
};

/** An end that lies elsewhere: the duration follows when ticks are known. */
struct mx_span {
	int64_t end;
	uint32_t list; /**< enum nvx_list_kind */
	uint32_t part; /**< notes: of the draft */
	uint32_t index;
};

struct mx_grace {
	uint32_t part, note, event;
	uint16_t i, n; /**< place in the group, its size */
	int64_t at;    /**< sounds before this */
};

/** A note that is played beside its written time. */
struct mx_shift {
	uint32_t part, note;
	int32_t attack, release; /**< ticks later */
};

struct mx_tech {
	uint32_t tab;
	struct nvx_technique_use use;
};

/** Beside the draft's tablature, by index. */
struct mx_tab_note {
	uint32_t part, note; /**< part: of parts[] */
	uint8_t free;        /**< dead or a harmonic: the pitch is not that of the fret */
};

/** Velocity from dynamics, by part. */
struct mx_loudness {
	int64_t at;
	uint32_t part, seq;
	uint8_t here, after; /**< of notes just there; of later ones, 0: as before */
};

struct mx_kept {
	uint32_t measure, part, offset, seq;
	uint8_t staff, placement; /**< of a direction; 0: not said */
	nvx_str xml;
};

struct mx_beam {
	uint32_t event; /**< notation index */
	uint32_t beam;  /**< ordinal of the beam */
};

struct mx_group {
	nvx_str number, name, abbreviation, symbol, barline;
	uint32_t first, last;
	uint8_t open;
};

struct mx_import {
	struct nvx_draft *draft;
	const struct score_alloc *alloc;
	struct mx_tree tree;
	struct mx_names names;
	struct score_bytes text;  /**< scratch */
	struct score_bytes extra; /**< XML that is kept for the object at hand, as JSON strings */
	size_t extension_bytes;
	struct mx_warn_count warn[MX_N_WARNINGS];
	uint8_t timewise;
	uint32_t measure; /**< at hand */
	uint32_t part;    /**< at hand; MX_NONE */
	uint32_t line;    /**< of the piece at hand */
	nvx_str movement_title;
	int64_t divisions; /**< stated last, in any part */
	nvx_str mark;      /**< of the metronome mark at hand, for the tempo that sound gives */
#define MX_ARRAYS(X)                                                                                         \
	X(parts, struct mx_part)                                                                             \
	X(instruments, struct mx_instrument)                                                                 \
	X(measures, struct mx_measure)                                                                       \
	X(keys, struct mx_key_statement)                                                                     \
	X(meters, struct mx_meter_statement)                                                                 \
	X(spans, struct mx_span)                                                                             \
	X(graces, struct mx_grace)                                                                           \
	X(techs, struct mx_tech)                                                                             \
	X(loudness, struct mx_loudness)                                                                      \
	X(kept, struct mx_kept)                                                                              \
	X(beams, struct mx_beam)                                                                             \
	X(groups, struct mx_group)                                                                           \
	X(tab_notes, struct mx_tab_note)                                                                     \
	X(shifts, struct mx_shift)
#define X(name, type)                                                                                        \
	type *name;                                                                                          \
	size_t n_##name, cap_##name;
	MX_ARRAYS(X)
#undef X
	uint32_t n_beam_ordinals;
	/** Of the event at hand. */
	struct {
		uint32_t event; /**< MX_NONE */
		uint32_t n_ids, n_spellings, n_heads;
		nvx_id id[MX_MAX_CHORD];
		struct nvx_spelling spelling[MX_MAX_CHORD];
		struct nvx_head head[MX_MAX_CHORD];
	} chord;
};

/** Append a zeroed item. @return NULL: out of memory (draft->error). */
#define MX_ADD(im, name)                                                                                     \
	(mx_room((im), (void **)&(im)->name, &(im)->cap_##name, (im)->n_##name, sizeof(*(im)->name))         \
			? (memset(&(im)->name[(im)->n_##name], 0, sizeof(*(im)->name)),                      \
				  &(im)->name[(im)->n_##name++])                                             \
			: NULL)
int mx_room(struct mx_import *im, void **items, size_t *cap, size_t n, size_t item_bytes);

void mx_warn(struct mx_import *im, enum mx_warning what, const char *detail);
void mx_tell_warnings(struct mx_import *im);
/** "part 2, measure 7, line 120" */
struct score_where mx_where(const struct mx_import *im, uint32_t part, uint32_t measure, uint32_t line);

/* Places. */
/** A General MIDI program by words; -1. */
int mx_gm_program(const char *name);
uint32_t mx_new_part(struct mx_import *im, nvx_str id);
void mx_settle_graces(struct mx_import *im, struct mx_part *p);
uint32_t mx_ticks(struct mx_import *im, struct mx_pos pos);
struct mx_pos mx_pos_add(struct mx_pos a, int64_t num, int64_t den);
int mx_pos_compare(struct mx_pos a, struct mx_pos b);
int64_t mx_at(struct mx_import *im, struct mx_pos pos);
/** The next tick, without a word: of tuplets, which are seldom whole ticks. */
uint32_t mx_near_ticks(struct mx_pos pos);
struct mx_measure *mx_measure(struct mx_import *im);

/* Text and what has no place. */
nvx_str mx_string(struct mx_import *im, const char *text);
/** Remember a piece for the object at hand; mx_take_extra() gives the text of its `extra`. */
void mx_keep(struct mx_import *im, mx_node_id node);
/** A plain fact: key and text. Facts before pieces, keys in order. */
nvx_str mx_take_extra(struct mx_import *im);
/** {"musicxml":{key:text}} as `extra`. */
nvx_str mx_fact(struct mx_import *im, const char *key, const char *text);
/** A piece at the cursor that hangs on nothing but its measure. */
void mx_keep_here(struct mx_import *im, mx_node_id node);
/** @return what more may be said about it; NULL: it is dropped. */
struct mx_kept *mx_keep_at(struct mx_import *im, mx_node_id node, uint32_t offset);
void mx_json_string(struct score_bytes *out, const char *text);

/** Element by index; one that goes nowhere when the draft is in error. */
struct nvx_notation_element *mx_notation(struct mx_import *im, uint32_t index);
/** New notation element of the part at hand. @return its index. */
uint32_t mx_add_notation(struct mx_import *im, enum nvx_notation kind, int64_t at, unsigned staff);
void mx_add_span(struct mx_import *im, enum nvx_list_kind list, uint32_t part, uint32_t index, int64_t end);

/* Spanners. Opening returns the element or technique that a stop which came first left behind, or MX_NONE. */
uint32_t mx_open(struct mx_import *im, struct mx_part *p, struct mx_open open);
uint32_t mx_close(struct mx_import *im, struct mx_part *p, struct mx_open stop);
/** One end that nothing meets. */
void mx_lose(struct mx_import *im, const struct mx_open *end);

/* Pieces. */
void mx_read_head(struct mx_import *im, mx_node_id node);
void mx_read_part_list(struct mx_import *im, mx_node_id node);
void mx_start_part(struct mx_import *im, const char *id);
void mx_start_measure(struct mx_import *im, const char *number, int implicit);
void mx_end_measure(struct mx_import *im);
void mx_read_music(struct mx_import *im, mx_node_id node);
void mx_read_attributes(struct mx_import *im, struct mx_part *p, mx_node_id node);
void mx_read_note(struct mx_import *im, struct mx_part *p, mx_node_id node);
void mx_read_direction(struct mx_import *im, struct mx_part *p, mx_node_id node);
void mx_read_sound(struct mx_import *im, struct mx_part *p, mx_node_id node, int64_t at);
/** A pedal goes down or up, by its controller's number. */
void mx_add_switch(struct mx_import *im, const struct mx_part *p, int64_t at, unsigned number, int value);
void mx_read_harmony(struct mx_import *im, struct mx_part *p, mx_node_id node);
void mx_read_barline(struct mx_import *im, mx_node_id node);
void mx_read_print(struct mx_import *im, mx_node_id node);
int64_t mx_offset_place(struct mx_import *im, const struct mx_part *p, mx_node_id node);
void mx_read_figured_bass(struct mx_import *im, struct mx_part *p, mx_node_id node);
void mx_set_jump(struct mx_import *im, enum nvx_jump jump, enum nvx_jump until);
/** @return 1: the words are a jump and nothing else. */
int mx_words_jump(const char *words, enum nvx_jump *ret_jump, enum nvx_jump *ret_until);
/** What the words of a jump say that it goes until. */
enum nvx_jump mx_words_until(const char *words);

/* Pieces of a note. */
struct mx_note {
	mx_node_id node;
	uint32_t event, note, tab; /**< note, tab: MX_NONE */
	int64_t at;
	uint32_t ticks; /**< of the event */
	uint8_t voice, staff, pitch, is_chord, is_grace;
};
void mx_read_notations(struct mx_import *im, struct mx_part *p, struct mx_note *n);
void mx_read_tuplets(struct mx_import *im, struct mx_part *p, struct mx_note *n, uint32_t ticks);
void mx_end_tuplets(struct mx_import *im, struct mx_part *p, struct mx_note *n);
void mx_close_tuplets(struct mx_import *im, struct mx_part *p);
void mx_read_technical(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node);
void mx_read_tab(struct mx_import *im, struct mx_part *p, struct mx_note *n);
void mx_read_slide(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node);
void mx_read_lyric(struct mx_import *im, struct mx_part *p, const struct mx_note *n, mx_node_id node);
void mx_read_dynamics(struct mx_import *im, mx_node_id node, int64_t at, unsigned staff);
/** A pitch as it sounds and as it is written. */
struct mx_sounding {
	int pitch;
	int32_t cents_1e3;
	int step, alter, octave; /**< written; step -1: not to be spelled */
};
/** @return 0: there is none that could sound. */
int mx_read_pitch(struct mx_import *im, const struct mx_part *p, mx_node_id node, struct mx_sounding *s);
int mx_read_unpitched(
	struct mx_import *im, struct mx_part *p, mx_node_id note, mx_node_id node, struct mx_sounding *s);
/** That a note names, or the part's only one; NULL. */
const struct mx_instrument *mx_find_instrument(
	struct mx_import *im, const struct mx_part *p, mx_node_id note);
void mx_read_spelling(struct mx_import *im, struct mx_part *p, const struct mx_note *n,
	const struct mx_sounding *s, int tied);
void mx_read_notehead(struct mx_import *im, const struct mx_part *p, const struct mx_note *n);
/** What sounds: n->note. @return 1: it was tied to one before. */
int mx_add_sound(struct mx_import *im, struct mx_part *p, struct mx_note *n, const struct mx_sounding *s,
	uint32_t ticks);
/** The notes of the chord at hand go to their event. */
void mx_flush_chord(struct mx_import *im);
unsigned mx_value(const char *type);

/** After the last byte: ticks, maps, measures, all that waits for the whole. */
void mx_modal_key(struct nvx_key *key, int fifths, unsigned mode);
void mx_read_accords(struct mx_import *im, struct mx_part *p, mx_node_id node);

void mx_resolve(struct mx_import *im);
/** Lengths and meters. @param start  n_measures + 1 ticks, written. */
void mx_resolve_measures(struct mx_import *im, int64_t *start);
void mx_resolve_keys(struct mx_import *im);
void mx_resolve_chords(struct mx_import *im, int64_t end_tick);
void mx_resolve_loudness(struct mx_import *im);
void mx_resolve_tabs(struct mx_import *im);
void mx_resolve_parts(struct mx_import *im);
/** An element that is to go; compaction follows. */
#define MX_GONE 0xffu

/** One XML document. */
int mx_import_xml(const uint8_t *bytes, size_t size, struct nvx_draft *draft);

#endif

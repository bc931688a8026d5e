/* SPDX-License-Identifier: MIT */
/**
 * ABC 2.1: from text to voices of events (abc_read, abc_field, abc_music ...), and from those to a draft
 * (abc_build).
 *
 * Places are counted per voice: bar and, within the bar, units of 1/135135 tick. All usual tuplets are whole
 * numbers of units, so nothing is rounded before a place becomes a tick.
 */
#ifndef ABC_IMPL_H
#define ABC_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <score/draft.h>

#define ABC_TICK INT64_C(135135)
#define ABC_WHOLE (4 * NVX_PPQ * ABC_TICK)

#define ABC_MAX_VOICES 1024u
#define ABC_MAX_LANES 16u
#define ABC_MAX_CHORD 128u
#define ABC_MAX_MACROS 256u
#define ABC_MAX_LENGTH (1u << 20) /**< numerator and denominator of a note's length */
#define ABC_MAX_BAR (ABC_WHOLE << 16)
#define ABC_NONE UINT32_MAX

/** Bytes of the input, or of a line that was made from it. */
struct abc_span {
	const char *at;
	size_t n;
};

struct abc_ratio {
	uint32_t num, den;
};

/** As written; what of it the model holds follows in abc_build. */
struct abc_key {
	int8_t step, alter; /**< the tonic; step NVX_KEY_NONE: none */
	uint8_t mode;
	int8_t fifths;
	uint8_t fifths_given; /**< the signature is not the one of tonic and mode */
	uint8_t is_odd;       /**< no signature of the line of fifths */
	int8_t sig[7];        /**< alteration of each step, C..B */
	int8_t shown[7];      /**< the same of the key that the model holds */
};

struct abc_meter {
	uint16_t num, den;
	uint8_t is_free; /**< M:none */
	uint8_t n_groups;
	uint8_t group[16];
};

struct abc_note {
	int8_t step, octave, alter; /**< written; octave 4 begins at middle C */
	uint8_t is_explicit;        /**< an accidental stands before it */
	uint8_t accidental;         /**< enum nvx_accidental */
	uint8_t ties;               /**< to the next */
	int16_t cents;
	int16_t pitch; /**< sounding */
	uint32_t tied; /**< the note that it continues; ABC_NONE */
	uint32_t nvx;  /**< index in the part */
};

enum {
	ABC_REST = 1,
	ABC_HIDDEN = 2,
	ABC_GRACE = 4,
	ABC_SLASH = 8,
	ABC_JOINED = 16, /**< no space before it: one beam with the event before */
	ABC_FERMATA = 32,
	ABC_WHOLE_BAR = 64, /**< Z: as long as the measure */
};

/** A note, chord or rest. */
struct abc_event {
	int64_t at, len; /**< from the start of its bar */
	uint32_t bar;
	uint32_t num, den; /**< length as written, of a whole note */
	uint32_t note;     /**< first of n_notes */
	uint32_t tuplet;   /**< index; ABC_NONE */
	uint32_t src;      /**< offset in the input */
	uint16_t n_notes;
	uint16_t articulations, ornaments, technical;
	uint8_t lane, flags;
	uint8_t velocity;
	uint8_t tremolo, arpeggio, breath, stem;
	int8_t fifths;      /**< of the key in force */
	nvx_id first, last; /**< notation events that came of it */
};

enum abc_mark_kind {
	ABC_MARK_CHORD,   /**< text */
	ABC_MARK_TEXT,    /**< text, arg: placement, value: style */
	ABC_MARK_DYNAMIC, /**< text */
	ABC_MARK_HAIRPIN, /**< arg: enum nvx_hairpin, or 0 the end of `value` */
	ABC_MARK_PEDAL,   /**< arg: 1 begins, 0 ends */
	ABC_MARK_OCTAVE,  /**< arg: 1 begins, 0 ends; value: shift */
	ABC_MARK_CLEF,    /**< value: index of a clef */
	ABC_MARK_KEY,     /**< value: index of a key */
	ABC_MARK_METER,   /**< value: index of a meter */
	ABC_MARK_TEMPO,   /**< value: ns a quarter, 0: words only; text */
	ABC_MARK_PROGRAM, /**< arg: program, value: bank or -1 */
	ABC_MARK_CC,      /**< arg: number, value */
	ABC_MARK_JUMP,    /**< arg: enum nvx_jump, value: until */
	ABC_MARK_PART,    /**< text: a part of the tune begins */
	ABC_MARK_TITLE,   /**< text: a title inside the tune */
	ABC_MARK_FINGER,  /**< arg: enum nvx_finger, value: event */
};

struct abc_mark {
	int64_t at, value;
	uint32_t bar;
	uint32_t src;
	nvx_str text;
	uint8_t kind, arg, lane;
};

struct abc_clef {
	uint8_t sign, line;
	int8_t octave;
};

struct abc_bar {
	int64_t len;
	uint64_t ending; /**< an ending begins with it; bit n: number n */
	uint32_t count;  /**< measures: more than 1 after Zn */
	uint32_t measure;
	uint32_t src;
	uint8_t repeat_start, repeat_end; /**< end: times */
	uint8_t barline;                  /**< right side; enum nvx_barline */
	uint8_t ending_stop;              /**< right side: 1 */
	uint8_t line_end;
	uint8_t is_rest;  /**< Z: takes its length from the measure */
	uint8_t is_empty; /**< X: nothing in it */
};

struct abc_tuplet {
	uint16_t actual, normal;
	uint32_t left;          /**< notes that it still takes */
	uint32_t parent;        /**< ABC_NONE */
	uint32_t first, last;   /**< events; ABC_NONE: none yet */
	struct abc_ratio scale; /**< with its parents */
	nvx_id id;
};

struct abc_slur {
	uint32_t from, to; /**< events; ABC_NONE: not yet */
	uint32_t below;    /**< the slur that was open when this one began */
	uint8_t style, is_new;
};

struct abc_lyric {
	uint32_t event, last; /**< last: of a melisma */
	nvx_str text;
	uint8_t verse, syllabic, extend;
};

#define ABC_OCTAVES 12

/** What may differ between main voice and overlays. */
struct abc_lane {
	int64_t at;
	uint32_t bar;
	uint32_t event;          /**< last; ABC_NONE */
	uint32_t tuplet;         /**< open; ABC_NONE */
	struct abc_ratio broken; /**< what a > or < before leaves for the next note */
};

/** What stands before a note and waits for it. */
struct abc_pending {
	uint16_t articulations, ornaments, technical;
	uint8_t tremolo, arpeggio, breath, fermata, accidental;
	uint8_t finger; /**< enum nvx_finger */
	uint8_t jump, jump_until;
	uint32_t jump_src;
};

struct abc_voice {
	struct abc_span name_id; /**< "1", "RH" */
	nvx_str name, short_name;
	struct abc_ratio unit;
	struct abc_key key;
	struct abc_meter meter;
	struct abc_clef clef;
	int octave, transpose, midi_transpose;
	uint8_t program, has_program, channel; /**< channel: NVX_NO_U8 */
	uint16_t bank;
	uint8_t stem, velocity, has_clef, is_started;
	uint8_t is_unnamed; /**< made for what stands before all V: */
	uint8_t propagate;  /**< accidentals: 'n', 'o', 'p' */
	uint8_t spaced;     /**< a space was seen since the last note */
	uint8_t in_grace, grace_slash;
	struct abc_ratio grace_unit;
	uint32_t next_slur;               /**< slurs that wait for their first note begin here */
	uint32_t slur;                    /**< innermost open; ABC_NONE */
	uint32_t line_first, line_serial; /**< events of the line of music, for w: */
	uint32_t unsung, verse_first;     /**< behind the notes of the last w:, and where this w: begins */
	uint32_t lyric_event, verse;      /**< where the next +: goes on */
	bool word_open[100];              /**< by verse: the last syllable had a hyphen */
	uint32_t overlay_bar;
	int64_t overlay_at;
	uint8_t overlay_multi, overlay_back, lane_no, max_lane;
	struct abc_pending pending;
	struct abc_lane lane[ABC_MAX_LANES];
	/** What accidentals left in this bar, plus 4; 0: nothing. By step, and by step and octave. */
	uint8_t accidental[7], accidental_here[ABC_OCTAVES * 7];

#define ABC_VOICE_LISTS(X)                                                                                   \
	X(event, struct abc_event)                                                                           \
	X(mark, struct abc_mark)                                                                             \
	X(bar, struct abc_bar)                                                                               \
	X(tuplet, struct abc_tuplet)                                                                         \
	X(slur_list, struct abc_slur)                                                                        \
	X(lyric, struct abc_lyric)
#define X(list, type)                                                                                        \
	type *list;                                                                                          \
	size_t n_##list, cap_##list;
	ABC_VOICE_LISTS(X)
#undef X

	/* Where it goes in the score. */
	uint32_t part;
	uint8_t staff, voice_no;
};

struct abc_macro {
	struct abc_span from, to;
	uint8_t is_transposing; /**< holds `n` for any note */
};

/** A user symbol: what one of ~ H..W h..w stands for; n 0: nothing. */
struct abc_symbol {
	struct abc_span deco;
};
#define ABC_SYMBOLS 33u
/** @return its place among them; ABC_SYMBOLS: none of these. */
static inline unsigned abc_symbol_slot(char c)
{
	if (c == '~')
		return 0;
	if (c >= 'H' && c <= 'W')
		return 1u + (unsigned)(c - 'H');
	return c >= 'h' && c <= 'w' ? 17u + (unsigned)(c - 'h') : ABC_SYMBOLS;
}

/** A file header or a tune header with what it sets. */
struct abc_setup {
	struct abc_ratio unit; /**< den 0: not given */
	struct abc_meter meter;
	bool has_meter;
	uint8_t propagate;
	uint8_t plus_deco; /**< I:decoration +: + quotes decorations */
	uint8_t dollar_break;
	uint8_t macro_first[32]; /**< bitmap of the first bytes of macros */
	struct abc_symbol symbol[ABC_SYMBOLS];
};

/** A short text that is a chord symbol, as it stands; a tune repeats a few. */
struct abc_known_chord {
	uint64_t word; /**< its bytes */
	nvx_str text;
};

/** How keys are spelled in the signature that was asked for last. */
struct abc_spelled {
	int8_t fifths;
	uint8_t is_known[16]; /**< bits: keys */
	int8_t step[128], alter[128];
};

struct abc_reader {
	struct nvx_draft *draft;
	const struct score_alloc *alloc;
	struct score_report *report;
	const char *file; /**< the whole input */
	size_t file_size;
	size_t asked_at; /**< the place that was asked for last, and its line */
	uint64_t asked_line;
	uint32_t n_asked;
	size_t line_src;      /**< offset of the line being read, which may be a copy */
	const char *fragment; /**< the place of a text that is no tune; NULL: a tune */

	struct abc_setup setup;
	struct abc_key key;
	struct abc_clef clef;
	struct abc_voice defaults; /**< what K: and directives before the first voice set */
	bool has_later_key;        /**< a K: field is to come: what is no field before it is no music */
	bool in_body, has_key, has_title, has_body_music;
	uint32_t line_serial;
	bool continued;        /**< the last line of music ended in a backslash */
	char last_field;       /**< for +: */
	struct abc_span order; /**< P: of the header */
	uint32_t order_src;
	struct abc_span layout; /**< %%score or %%staves */
	uint8_t layout_is_staves;
	struct abc_span tempo;
	uint32_t n_kept_directives;
	size_t expanded;   /**< bytes that macros made */
	size_t n_expected; /**< events and notes, by the tune's length; there may be more */
	struct abc_known_chord chord[16];
	struct abc_spelled spelled;
	uint64_t macro_work;

	struct abc_macro *macro;
	size_t n_macro, cap_macro;
	struct abc_voice *voice;
	size_t n_voice, cap_voice;
	uint32_t current; /**< voice */
	struct abc_note *note;
	size_t n_note, cap_note;
	struct abc_key *keys;
	size_t n_keys, cap_keys;
	struct abc_meter *meters;
	size_t n_meters, cap_meters;
	struct abc_clef *clefs;
	size_t n_clefs, cap_clefs;
	char *kept; /**< lines that are kept as they are, each with a line feed */
	size_t n_kept, cap_kept;
	char *scratch;
	size_t n_scratch, cap_scratch;
	bool kept_full;
};

/* abc_read.c */

/** Make room for one more; false: out of memory, told in the draft. */
bool abc_room(struct abc_reader *r, void *items, size_t *cap, size_t n, size_t item_bytes);
/** Append a zeroed item: struct abc_event *e = ABC_PUSH(r, v, event). NULL: out of memory. */
#define ABC_PUSH(r, owner, list)                                                                             \
	((owner)->n_##list < (owner)->cap_##list ||                                                          \
				abc_room((r), (void *)&(owner)->list, &(owner)->cap_##list,                  \
					(owner)->n_##list + 1, sizeof((owner)->list[0]))                     \
			? (memset(&(owner)->list[(owner)->n_##list], 0, sizeof((owner)->list[0])),           \
				  &(owner)->list[(owner)->n_##list++])                                       \
			: NULL)
/** The place of a byte of the line being read. */
struct score_where abc_where(struct abc_reader *r, const char *at);
uint32_t abc_src(const struct abc_reader *r, const char *at);
struct score_where abc_where_src(struct abc_reader *r, size_t src);
#define ABC_AT(r, at) (abc_where((r), (at)).text)
#define ABC_BAD "IMPORT_PARSE_001"
#define ABC_NO_PART "IMPORT_PART_MISSING_002"
#define ABC_DROPPED "IMPORT_TECHNIQUE_DROPPED_003"
/** Keep a field that has no other home, "O:England"; letter '%': a directive. */
void abc_keep(struct abc_reader *r, char letter, struct abc_span text);
/** The current voice; made when there is none. NULL: no memory. */
struct abc_voice *abc_voice(struct abc_reader *r);
/** Key, meter and clef with which it begins become marks, once. */
void abc_start_voice(struct abc_reader *r, struct abc_voice *v);
void abc_reader_init(struct abc_reader *r, struct nvx_draft *draft, const void *bytes, size_t size);
void abc_reader_finish(struct abc_reader *r);

/* abc_text.c: text, numbers, words */

struct abc_span abc_trim(struct abc_span text);
bool abc_is(struct abc_span text, const char *word); /**< equal, case matters */
bool abc_is_nocase(struct abc_span text, const char *word);
bool abc_starts(struct abc_span text, const char *word);
bool abc_digits(struct abc_span *text, uint32_t max, uint32_t *ret);
/** Digits at the front, at most `max` (beyond it: max). @return false: no digit. */
static inline bool abc_uint(struct abc_span *text, uint32_t max, uint32_t *ret)
{
	return text->n && text->at[0] >= '0' && text->at[0] <= '9' && abc_digits(text, max, ret);
}
bool abc_int(struct abc_span *text, int *ret);
/** A word up to a blank; "" at the end. */
struct abc_span abc_word(struct abc_span *text);
/** Decode escapes (\'e, \u00e9, &eacute;) and make it presentable. 0: nothing is left. */
nvx_str abc_string(struct abc_reader *r, struct abc_span text);
/** The same, joined to what is there. */
nvx_str abc_join(struct abc_reader *r, nvx_str old, const char *glue, struct abc_span text);

/* abc_key.c */

/** What K: and V: say besides the key itself. */
struct abc_options {
	struct abc_clef clef;
	bool has_clef, has_octave, has_transpose, has_name, has_short, has_stem;
	int octave, transpose;
	struct abc_span name, short_name;
	uint8_t stem;
};
/** @return 1 a key, 0 only options. Unknown words are told and skipped. */
int abc_parse_key(
	struct abc_reader *r, struct abc_span text, struct abc_key *ret, struct abc_options *options);
void abc_parse_options(struct abc_reader *r, struct abc_span text, struct abc_options *options);
void abc_signature(struct abc_key *key, int fifths);
bool abc_parse_meter(struct abc_reader *r, struct abc_span text, struct abc_meter *ret);
/** @return false: nothing in it. `unit` is for the old form, "Q:120". */
bool abc_parse_tempo(struct abc_reader *r, struct abc_span text, struct abc_ratio unit, uint64_t *ret_ns,
	nvx_str *ret_text);

/* abc_field.c, abc_directive.c */

void abc_field(struct abc_reader *r, char letter, struct abc_span text, bool is_inline);
void abc_select_voice(struct abc_reader *r, struct abc_span text);
struct abc_ratio abc_default_unit(const struct abc_reader *r);
void abc_directive(struct abc_reader *r, struct abc_span line);
void abc_define_symbol(struct abc_reader *r, struct abc_span text);

/* abc_macro.c */

void abc_define_macro(struct abc_reader *r, struct abc_span text);
/** The line with its macros expanded: itself, or a copy in r->scratch. */
struct abc_span abc_expand(struct abc_reader *r, struct abc_span line);

/* abc_music.c, abc_bar.c, abc_note.c, abc_deco.c */

void abc_music_line(struct abc_reader *r, struct abc_span line);
/** Parse from `text`; stops at its end. */
void abc_music(struct abc_reader *r, struct abc_span text);
/** @return bytes of the bar line at the front; 0: none stands there. */
size_t abc_bar_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text);
void abc_bar_finish(struct abc_voice *v);                    /**< at the end of the tune */
void abc_bar_end(struct abc_reader *r, struct abc_voice *v); /**< as a plain bar line does */
struct abc_bar *abc_bar_make(struct abc_reader *r, struct abc_voice *v);
/** The bar that the lane is in. NULL: no memory. */
static inline struct abc_bar *abc_bar_now(struct abc_reader *r, struct abc_voice *v)
{
	const uint32_t bar = v->lane[v->lane_no].bar;
	return bar < v->n_bar ? &v->bar[bar] : abc_bar_make(r, v);
}
size_t abc_note_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text);
size_t abc_chord_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text);
size_t abc_rest_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text);
size_t abc_broken_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text);
size_t abc_tuplet_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text);
void abc_tie(struct abc_reader *r, struct abc_voice *v, const char *at);
/** An invisible rest. */
void abc_skip_time(struct abc_reader *r, struct abc_voice *v, int64_t time, const char *at);
void abc_reset_accidentals(struct abc_voice *v);
/** Grace notes before a bar line belong to the note behind it: there their accidentals are needed or not. */
void abc_lead_graces(struct abc_voice *v, struct abc_note *notes);
/** A decoration by its name, without the marks around it. `at`: for messages. */
void abc_decorate(struct abc_reader *r, struct abc_voice *v, struct abc_span name, const char *at);
bool abc_deco_known(struct abc_span name);
/** What stood between quotation marks: a chord symbol or an annotation. */
void abc_quoted(struct abc_reader *r, struct abc_voice *v, struct abc_span text, const char *at);
/** Is it a chord symbol? */
bool abc_is_chord(struct abc_span text);
struct abc_mark *abc_mark(struct abc_reader *r, struct abc_voice *v, enum abc_mark_kind kind, const char *at);
/** The decoration that stands for an articulation and so on, for the writer; NULL: none. */
const char *abc_deco_of_articulation(unsigned bit);
const char *abc_deco_of_ornament(unsigned bit);
const char *abc_deco_of_technical(unsigned bit);
const char *abc_deco_of_jump(unsigned jump, unsigned until);
/** 0: no dynamic, or one that lasts for a note only. */
unsigned abc_velocity_of_dynamic(struct abc_span name);

/* abc_lyrics.c */

void abc_lyrics(struct abc_reader *r, struct abc_span text, bool goes_on);
void abc_symbols(struct abc_reader *r, struct abc_span text);

/* abc_parts.c, abc_measures.c, abc_build.c ... */

/** Where measures begin, for placing bars. */
struct abc_frame {
	int64_t *tick; /**< n + 1: the last is the end of the score */
	uint32_t n;
};
static inline int64_t abc_place(
	const struct abc_frame *frame, const struct abc_voice *v, uint32_t bar, int64_t at);

/** Give each voice its part, staff and voice number; make the parts. */
void abc_assign_parts(struct abc_reader *r);
/** Make measures and meter map. @return 0, draft->error. `frame` is the caller's to free. */
int abc_make_measures(struct abc_reader *r, struct abc_frame *frame);
/** Parts, measures, notes and layers. */
void abc_build(struct abc_reader *r);
/** Notes and notation of one voice. */
void abc_build_voice(struct abc_reader *r, struct abc_voice *v, const struct abc_frame *frame);
/** What stands between the notes. */
void abc_build_marks(struct abc_reader *r, const struct abc_frame *frame);
void abc_build_chords(struct abc_reader *r, const struct abc_frame *frame);
void abc_build_order(struct abc_reader *r, const struct abc_frame *frame);
/** Units from the start of a bar, as ticks. */
static inline int64_t abc_ticks(int64_t units)
{
	return (2 * units + ABC_TICK) / (2 * ABC_TICK);
}
static inline int64_t abc_place(
	const struct abc_frame *frame, const struct abc_voice *v, uint32_t bar, int64_t at)
{
	return bar < v->n_bar ? frame->tick[v->bar[bar].measure] + abc_ticks(at) : frame->tick[frame->n];
}
void abc_key_to_nvx(const struct abc_key *key, struct nvx_key *ret);
int abc_key_fifths(const struct abc_key *key); /**< for spelling */

/* abc_value.c */

/** A note value with dots, and the tuplet that a length with an odd divisor needs (1:1 none). */
struct abc_value {
	uint8_t value, dots;
};
/** Cut num/den of a whole note into note values, longest first. @return how many (1..max), 0: it can't be
 * written. */
unsigned abc_values(uint32_t num, uint32_t den, struct abc_value *ret, unsigned max);
/** Length of a value, in 1/4096 of a whole note. */
uint32_t abc_value_length(struct abc_value value);
uint32_t abc_gcd(uint32_t a, uint32_t b);

#endif

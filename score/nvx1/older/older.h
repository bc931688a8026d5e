/* SPDX-License-Identifier: MIT */
/**
 * The shapes that score files had before NVX1 3.0 (nvx1.md 9): what their readers share. Objects are opened,
 * members are taken out of them by name, and what nobody took goes to an extension when the object is closed,
 * so that nothing is lost whatever else stands there. The text has passed json_check(). One thread.
 */
#ifndef NVX1_OLDER_H
#define NVX1_OLDER_H

#include "../read.h"

/** Which shape; told by its members alone. */
enum older_dialect {
	OLDER_NONE, /**< our own: a version, metadata and measures */
	OLDER_TRACKS_1,
	OLDER_CONTRACT_1,
	OLDER_CANONICAL_1,
	OLDER_NG_1,
	OLDER_SONG_2,
	OLDER_STORE_3,
};

/** Facts about all of a document that its parts are read by. */
struct older_scan {
	uint8_t unit_velocity; /**< 0..1: all are at most 1, and one is not whole */
	uint8_t from_zero;     /**< a string 0: they are counted from 0 */
	uint8_t fractions;     /**< a time is not whole */
	int64_t longest;       /**< whole time that is greatest */
};

/** A measure as it is now, its length by its meter. */
struct older_bar {
	int64_t tick;
	uint32_t ticks;
	uint16_t num, den;
};

#define OLDER_REST 1u
#define OLDER_TIED 2u
#define OLDER_CHORD 4u   /**< begins with the note before */
#define OLDER_WRITTEN 8u /**< the file says how it is written, not only how it sounds */
#define OLDER_VIBRATO 16u
#define OLDER_DEAD 32u
/** Of hammer-on, pull-off, slide. */
enum older_link { OLDER_NO_LINK, OLDER_LINK_START, OLDER_LINK_STOP };

/** A note that waits until the notes it is tied or slurred to are known. */
struct older_note {
	int64_t tick, sounding; /**< sounding: ticks, with all that are tied to it */
	uint32_t ticks;         /**< as written */
	uint32_t order;         /**< in the file */
	uint32_t head;          /**< of the chain of tied notes: index in order of time */
	nvx_id id;              /**< once it is in the draft */
	nvx_id tuplet_id;
	nvx_str extra;
	int32_t bend_cents;
	uint16_t articulations;
	uint8_t pitch, velocity, channel, voice, staff;
	uint8_t string, fret; /**< string 0: none */
	uint8_t left, right;  /**< enum nvx_finger */
	uint8_t value, dots;  /**< enum nvx_value, where the file says it */
	uint8_t harmonic;     /**< enum nvx_harmonic + 1; 0: none */
	uint8_t link[3];      /**< enum older_link of hammer-on, pull-off, slide */
	uint8_t flags;
	int8_t step, alter; /**< how its name is spelt; step -1: not said */
};

/** A tuplet that the file states. */
struct older_tuplet {
	int64_t tick, end;
	nvx_id id;
	uint8_t staff, voice, actual, normal;
};

/** A text that is sung between two ticks. */
struct older_words {
	int64_t tick, end;
	nvx_str text;
	uint32_t part;
};

struct older_member {
	struct json_text key;
	const uint8_t *value;
	uint8_t taken;
};

/** Of what is kept: in an extension it stands deeper than where it stood, and has to be read again. */
#define OLDER_MAX_DEPTH (JSON_MAX_DEPTH - 12u)

/** Members that were told as kept once. */
#define OLDER_TOLD 64u

struct older {
	struct nvx_reader *r;
	struct nvx_draft *draft;
	const char *space; /**< namespace of what has no home */
	struct older_scan scan;
	uint32_t ppq;      /**< of times that are ticks */
	uint32_t free_ppq; /**< of times that may be either; 1: quarters */
	struct older_member *member;
	size_t n_member, cap_member;
	struct older_bar *bar;
	size_t n_bar, cap_bar;
	struct older_note *note; /**< of the part that is read */
	size_t n_note, cap_note;
	struct older_tuplet *tuplet;
	size_t n_tuplet, cap_tuplet;
	struct older_words *words;
	size_t n_words, cap_words;
	size_t n_all_notes;
	uint32_t part;               /**< where notes go */
	uint16_t num, den;           /**< meter in force */
	uint16_t unit_num, unit_den; /**< of note texts; 0: by the meter */
	struct nvx_key key;          /**< in force */
	size_t first_chord;          /**< of those that are made here */
	nvx_str clef[2];             /**< of staff 1 and 2, until there is a part */
	int transpose;               /**< of the whole document */
	uint8_t has_tempo, has_key;
	uint8_t is_exponential; /**< the last tempo runs so to the next */
	uint8_t has_written;    /**< the part has notes as text, which are written */
	uint64_t rounded;
	struct score_issue rounded_at; /**< the first */
	uint32_t told[OLDER_TOLD], n_told;
};

/* Objects and their members (members.c). */

struct older_object {
	const uint8_t *at;
	size_t first, n; /**< in older.member */
};
/** The object that stands at r->pull; it stays there. @return 0: something else stands there, which is told.
 */
int older_open(struct older *o, struct older_object *obj);
/** The value of a member, which is taken with it; NULL: there is none, or it is null. */
const uint8_t *older_take(struct older *o, const struct older_object *obj, const char *name);
/** The same, and it can be taken later. */
const uint8_t *older_peek(struct older *o, const struct older_object *obj, const char *name);
/** What was taken is of no use: it is kept instead. */
void older_leave(struct older *o, const struct older_object *obj, const uint8_t *value);
/** All that was not taken, as `"extensions":{...}`; 0: nothing. What was opened later must be closed. */
nvx_str older_close(struct older *o, struct older_object *obj);
/** The same without keeping anything. @return 1: something was not taken. */
int older_drop(struct older *o, struct older_object *obj);
/** Close a small object: when something was left in it, all of it, member `value` of `outer`, is kept. */
void older_done(
	struct older *o, struct older_object *obj, const struct older_object *outer, const uint8_t *value);
/** How many objects and arrays lie in each other. */
unsigned older_depth(const uint8_t *at);
/** An extension with one member. */
nvx_str older_extension(struct older *o, const char *name, const uint8_t *value);

/** Stand at a member's value, to read on there. */
struct older_place {
	const uint8_t *at;
	unsigned depth;
};
struct older_place older_goto(struct older *o, const uint8_t *value, const char *name);
void older_back(struct older *o, struct older_place place);
[[gnu::format(printf, 5, 6)]] void older_fault(
	struct older *o, const uint8_t *value, const char *name, const char *code, const char *fmt, ...);
[[gnu::format(printf, 5, 6)]] void older_notice(
	struct older *o, const uint8_t *value, const char *name, const char *code, const char *fmt, ...);

/** Through the elements of an array: r->pull stands at each. */
struct older_walk {
	struct older_place place;
	const uint8_t *element;
	unsigned depth;
	uint32_t index;
};
/** @return 0: there is no such member, or it is no array, which is told. */
int older_into(struct older *o, const struct older_object *obj, const char *name, struct older_walk *walk);
int older_next(struct older *o, struct older_walk *walk);

/* Values. @return 1: it is there; 0: it is not, or a fault was noted. */
int older_decimal(struct older *o, const struct older_object *obj, const char *name, unsigned digits,
	int64_t min, int64_t max, int64_t *ret);
int older_integer(struct older *o, const struct older_object *obj, const char *name, int64_t min, int64_t max,
	int64_t *ret);
/** A string's bytes in r->text, with a NUL behind them. */
int older_text(struct older *o, const struct older_object *obj, const char *name);
/** Text for people: at most 1,024 bytes; 0: none. */
nvx_str older_label(struct older *o, const struct older_object *obj, const char *name);
/** true, or a text that is not "false" or "none". */
int older_flag(struct older *o, const struct older_object *obj, const char *name);
/** Ticks at 960. @param is_ticks  0: quarters or ticks, as the document has them. */
int older_time(struct older *o, const struct older_object *obj, const char *name, int is_ticks, int64_t *ret);
/** The value as text, also in r->text with a NUL behind it; 0: it is none, or empty. */
nvx_str older_string_here(struct older *o, const uint8_t *value);

/* All of a document (scan.c). */
void older_scan(const uint8_t *at, const uint8_t *end, struct older_scan *ret);
enum older_dialect older_dialect_of(const uint8_t *document);

/* Time and head (bars.c, head.c). */

/** A measure of the meter in force. @return it; good until the next. */
struct nvx_measure *older_add_bar(struct older *o);
/** Meter by its two numbers. @return 0: there is no such meter. */
int older_set_meter(struct older *o, int64_t num, int64_t den);
/** What an object says of its meter; NULL names are not looked for. */
void older_read_meter(struct older *o, const struct older_object *obj);
/** [n, d], "n/d", {numerator, denominator}. */
int older_meter_at(struct older *o, const uint8_t *value, const char *name);
const struct older_bar *older_bar_at(const struct older *o, int64_t tick);
int64_t older_end(const struct older *o);
/** The entry of a map. */
void older_add_tempo(struct older *o, int64_t tick, int64_t bpm_1e6, unsigned curve);
void older_set_key(struct older *o, int64_t tick, const struct nvx_key *key);
/** {defaultBpm, events}: after all measures. */
void older_read_tempo_map(struct older *o, const struct older_object *obj);
/** Title and so on, key, meter, tempo, media, clefs of `info`, `infos` or the document itself. */
void older_read_head(struct older *o, const struct older_object *obj);
/** Clefs that were read, into the first part. */
void older_put_clefs(struct older *o);

/* Parts and notes (part.c, note.c, put.c, put_notation.c). */

/** What an object says of an instrument, into part `o->part`. */
void older_read_part(struct older *o, const struct older_object *obj);
/** Where a note stands that does not say it. */
struct older_span {
	int64_t base;    /**< ticks of notes count from here */
	int64_t cursor;  /**< where the next one begins; moves */
	int64_t last;    /**< where the last one began */
	int64_t begin;   /**< nothing may begin before */
	int64_t end;     /**< nothing may begin here or later; 0: it may */
	uint32_t length; /**< of one that does not say it; 0: it has to */
	uint8_t voice, staff;
	uint8_t is_rest; /**< what does not say what sounds is silence */
};
/** The note, rest or chord that stands here. */
void older_read_note(struct older *o, struct older_span *span);
/** The same of an object that is open. */
void older_read_open_note(struct older *o, const struct older_object *obj, struct older_span *span);
struct older_note *older_add_note(struct older *o);
/** "C4", "F#3". @return pitch; -EINVAL. */
int older_pitch_of(const char *text, size_t len);
/** How a name that is a pitch is spelt, into the note. */
void older_spell(const char *text, size_t len, struct older_note *note);
/** "quarter", "8n", "16th". @return enum nvx_value; -EINVAL. */
int older_value_of(const char *text, size_t len);
/** `tuplets` of a measure. */
void older_read_tuplets(struct older *o, const struct older_object *obj, int64_t base);
/** All notes that wait, into the draft's part. */
void older_put_notes(struct older *o);
void older_put_notation(struct older *o);

/* Everything else that stands in measures and beats (content.c, lyrics.c). */

/**
 * Chords, notes as objects or as text, lyrics, analysis, scale of a measure or beat that begins at
 * span->cursor.
 * @param end        Where it ends.
 * @param music_end  Where the next one with music begins: how long a note may last.
 */
void older_read_content(struct older *o, const struct older_object *obj, struct older_span *span, int64_t end,
	int64_t music_end);
/** A note text, which `value` is, and r->pull stands at. */
void older_read_notes_text(struct older *o, const uint8_t *value, uint8_t staff, int64_t tick, int64_t end);
void older_add_chord(struct older *o, int64_t tick, nvx_str symbol);
/** A chord text as it stands in a measure: one or several. */
void older_add_chords(struct older *o, const char *text, size_t len, int64_t tick, int64_t end);
/** Chords last until the next one. */
void older_end_chords(struct older *o);
void older_add_words(struct older *o, int64_t tick, int64_t end, nvx_str text);
/** Syllables on their notes, after all notes are in the draft. */
void older_put_words(struct older *o);
/** An array of beats, in the bar. */
void older_read_beats(struct older *o, const struct older_object *measure, const char *name,
	const struct older_bar *bar, struct older_span *span);
/** What else a measure says: its break, its place in the recording. */
void older_read_frame(struct older *o, const struct older_object *obj, struct nvx_measure *measure);
/** What follows from the rest: looked at, and not kept. */
void older_read_derived(struct older *o, const struct older_object *obj, const char *name, int64_t is);
/** Where notes of each measure count from: of the score's beginning or of the measure's. */
struct older_origin {
	int is_absolute;
	int by_quarters; /**< measures of n/d were n quarters long, whatever d is */
};
/** @param measures  Arrays of measures, of one or several parts, whose bars are known. */
struct older_origin older_origin_of(struct older *o, const uint8_t *const *measures, size_t n);
/** Of the notes of bar `index`. @param old  Sum of lengths before it, as they were. */
struct older_span older_span_of(
	const struct older *o, size_t index, const struct older_origin *origin, int64_t old);
int64_t older_old_length(const struct older *o, size_t index, const struct older_origin *origin);
/** A section of the form. */
struct nvx_form_element *older_add_section(struct older *o, nvx_str label, int64_t tick, int64_t end);

/* The dialects (tracks.c, canonical.c, editors.c). They stand at the open document. */
void older_read_tracks(struct older *o, const struct older_object *doc);
void older_read_contract(struct older *o, const struct older_object *doc);
void older_read_canonical(struct older *o, const struct older_object *doc);
void older_read_ng(struct older *o, const struct older_object *doc);
void older_read_song(struct older *o, const struct older_object *doc);
void older_read_store(struct older *o, const struct older_object *doc);

/** @param end  Behind the document, which is looked through; NULL: it is not. */
void older_init(struct older *o, struct nvx_reader *r, const char *space, const uint8_t *end);
void older_finish(struct older *o);
/** All of a document of an older shape, which r->pull stands at. @param end  Behind it. */
void older_read(struct nvx_reader *r, enum older_dialect dialect, const uint8_t *end);
/** A member of a measure of our own shape that stood there before there were layers (nvx1.md 4.3). */
int older_is_within(struct json_text key);
/** What measures of the draft's document say by such members; after all else was read. */
void older_read_within(struct nvx_reader *r, const uint8_t *end);
const char *older_name(enum older_dialect dialect);

#endif

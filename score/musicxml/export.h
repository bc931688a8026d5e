/* SPDX-License-Identifier: MIT */
/**
 * Writing MusicXML. One part at a time is turned into pieces: chords and rests as they stand on paper, from
 * the notation layer where it has them, derived from the notes where it has not. Divisions are our ticks.
 */
#ifndef MUSICXML_EXPORT_H
#define MUSICXML_EXPORT_H

#include <score/format.h>
#include <score/groups.h>

#define MXO_NONE UINT32_MAX

enum mxo_bucket { MXO_NOTATION, MXO_CHORDS, MXO_TABS, MXO_FINGERS, MXO_LYRICS, MXO_N_BUCKETS };

enum mxo_loss {
	MXO_LOSS_CONTROL, /**< controllers that no sound element has */
	MXO_LOSS_CHANNEL, /**< notes on a channel of their own */
	MXO_LOSS_CURVE,   /**< a tempo that glides */
	MXO_LOSS_MARKER,  /**< markers that are no rehearsal marks */
	MXO_LOSS_LAYER,   /**< analysis, rails, media */
	MXO_LOSS_KEPT,    /**< text kept by an import */
	MXO_LOSS_LYRIC,   /**< a syllable where nothing is written */
	MXO_LOSS_TIME,    /**< offsets in microseconds */
	MXO_N_LOSSES
};

/** A note in a chord. */
struct mxo_head {
	uint32_t note; /**< index in the part */
	uint8_t tie_stop, tie_start;
};

/** A chord or rest. */
struct mxo_piece {
	int64_t tick;
	int64_t order;     /**< grace notes of one tick */
	uint32_t ticks;    /**< written; 0: grace */
	uint32_t event;    /**< in the notation list; MXO_NONE: derived */
	uint32_t first, n; /**< heads */
	uint32_t measure;
	uint16_t actual, normal;
	uint8_t staff, voice, value, dots;
	uint8_t is_grace, is_after;
	uint8_t is_joint; /**< of a chord over staves: it goes on the stem of the one before */
	uint8_t tuplet;   /**< derived: 1 starts, 2 stops, 3 both */
	uint8_t whole;    /**< derived: a rest for the measure */
};

/** A note of the part as it is written: from which piece to which. */
struct mxo_note {
	uint32_t first, last; /**< pieces; MXO_NONE */
};

/** An element that hangs on a piece, or on a tick. */
struct mxo_item {
	int64_t tick;
	uint32_t index;
	uint8_t kind;
	uint8_t order;
	uint8_t staff;
	uint8_t is_stop;
};

/** A direction that an import kept. */
struct mxo_kept {
	const char *xml; /**< a JSON string, behind its quote */
	uint8_t placement;
};

struct mxo_line {
	uint32_t piece, slur;
	uint8_t is_stop;
};

struct mxo_beam {
	uint32_t piece, beam, place, count;
};

/** Something that names a note: tablature, fingering, lyric. */
struct mxo_ref {
	uint32_t note, index;
	uint32_t order; /**< among those of one note: the verse */
};

/** How loud it is from a tick on. */
struct mxo_loudness {
	int64_t tick;
	uint8_t here, after;
};

/** An id and where it is. */
struct mxo_id {
	nvx_id id;
	uint32_t at;
};

struct mxo {
	const struct score *score;
	struct score_bytes *out;
	struct score_report *report;
	const struct score_alloc *alloc;
	int error;
	unsigned depth;
	uint32_t loss[MXO_N_LOSSES];

	/* whole score */
	struct mxo_id *note_id; /**< hash: id -> note of the part at hand */
	size_t n_note_slots;
	struct mxo_id *event_id; /**< hash: id -> notation index */
	size_t n_event_slots;
	struct mxo_id *part_id; /**< hash: id -> part */
	size_t n_part_slots;
	/** Elements by part: those of part p are item[start[p]] .. item[start[p + 1] - 1]. */
	struct {
		uint32_t *start, *item;
	} bucket[MXO_N_BUCKETS];
	uint8_t *slur_number;     /**< by notation index: number in use */
	uint32_t *piece_of_event; /**< by notation index: piece + 1 in its part */
	uint32_t numbers_in_use;  /**< bits of slurs */

	struct score_group group[SCORE_GROUPS_MAX];
	uint32_t n_groups;

	/* the part at hand */
	uint32_t part;
	const struct nvx_part *p;
	int is_kit;
	uint8_t fifths[8]; /**< written, + 8, by staff */
	uint8_t accidental[8][7][12];
	unsigned n_staves;
#define MXO_ARRAYS(X)                                                                                        \
	X(pieces, struct mxo_piece)                                                                          \
	X(heads, struct mxo_head)                                                                            \
	X(notes, struct mxo_note)                                                                            \
	X(directions, struct mxo_item)                                                                       \
	X(attributes, struct mxo_item)                                                                       \
	X(lines, struct mxo_line)                                                                            \
	X(beams, struct mxo_beam)                                                                            \
	X(tabs, struct mxo_ref)                                                                              \
	X(fingers, struct mxo_ref)                                                                           \
	X(free_lyrics, struct mxo_ref)                                                                       \
	X(lyrics, struct mxo_ref)                                                                            \
	X(pairs, struct mxo_ref)                                                                             \
	X(kept, struct mxo_kept)                                                                             \
	X(loudness, struct mxo_loudness)
#define X(name, type)                                                                                        \
	type *name;                                                                                          \
	size_t n_##name, cap_##name;
	MXO_ARRAYS(X)
#undef X
	size_t next_direction, next_attribute;
	int64_t cursor;
	int in_chord;          /**< the piece joins the one before */
	int has_events;        /**< the part is written by its notation layer */
	unsigned pedals_here;  /**< bits of pedal lines that begin or end at this tick */
	uint32_t spans_in_use; /**< bits */
};

#define MXO_FOR_BUCKET(x, which, i)                                                                          \
	for (uint32_t i##_at = (x)->bucket[which].start[(x)->part], i;                                       \
		i##_at < (x)->bucket[which].start[(x)->part + 1] &&                                          \
		(i = (x)->bucket[which].item[i##_at], !(x)->error);                                          \
		i##_at++)

#define MXO_ADD(x, name)                                                                                     \
	(mxo_room((x), (void **)&(x)->name, &(x)->cap_##name, (x)->n_##name, sizeof(*(x)->name))             \
			? (memset(&(x)->name[(x)->n_##name], 0, sizeof(*(x)->name)),                         \
				  &(x)->name[(x)->n_##name++])                                               \
			: NULL)
int mxo_room(struct mxo *x, void **items, size_t *cap, size_t n, size_t item_bytes);

/* Elements. `tag` may have attributes where it is opened. */
void mxo_open(struct mxo *x, const char *tag);
[[gnu::format(printf, 2, 3)]] void mxo_openf(struct mxo *x, const char *fmt, ...);
void mxo_open_measure(struct mxo *x, const char *number, int implicit);
void mxo_close(struct mxo *x, const char *tag);
void mxo_empty(struct mxo *x, const char *tag);
[[gnu::format(printf, 2, 3)]] void mxo_emptyf(struct mxo *x, const char *fmt, ...);
void mxo_text(struct mxo *x, const char *tag, const char *text);
/** One attribute whose value comes from the score. */
void mxo_text_attribute(
	struct mxo *x, const char *tag, const char *name, const char *value, const char *text);
void mxo_int(struct mxo *x, const char *tag, int64_t value);
/** An element as it is. */
void mxo_raw(struct mxo *x, const char *xml, size_t n);
void mxo_escape(struct mxo *x, const char *text);
/** Millionths as a decimal without trailing zeros. */
void mxo_decimal(char *buf, size_t size, int64_t millionths);
/** `"musicxml":{key:"text"}` of an object's extensions. @return 0: none. */
int mxo_fact(struct mxo *x, nvx_str extra, const char *key, char *buf, size_t size);

/* Ids. */
uint32_t mxo_find_note(const struct mxo *x, nvx_id id);
uint32_t mxo_find_event(const struct mxo *x, nvx_id id);
const struct nvx_note *mxo_note_at(const struct mxo *x, uint32_t note);
static inline const struct nvx_notation_element *mxo_notation(const struct mxo *x, uint32_t index)
{
	return score_notation(x->score, index);
}

/* Parts of the document. */
void mxo_write_head(struct mxo *x);
void mxo_read_groups(struct mxo *x);
void mxo_open_groups(struct mxo *x, uint32_t part);
void mxo_close_groups(struct mxo *x, uint32_t part);
void mxo_gather_part(struct mxo *x);
void mxo_gather_lines(struct mxo *x);
void mxo_gather_refs(struct mxo *x);
void mxo_gather_loudness(struct mxo *x);
/** Pieces for the notes that no event names. @param alone  There are no events: rests fill the measures. */
void mxo_derive(struct mxo *x, int alone);
void mxo_write_part(struct mxo *x);
void mxo_write_piece(struct mxo *x, uint32_t piece);
void mxo_write_notations(struct mxo *x, uint32_t piece, uint32_t head);
void mxo_write_lyrics(struct mxo *x, uint32_t piece, uint32_t head);
void mxo_write_attributes(struct mxo *x, int64_t tick);
/** Directions before a tick, and of those at it: none, the ends of lines, or all. */
enum mxo_until { MXO_BEFORE, MXO_STOPS, MXO_ALL };
void mxo_write_directions(struct mxo *x, int64_t until, enum mxo_until which);
/** The number of a wedge, pedal or octave line: that of its start at its stop. */
unsigned mxo_span_number(struct mxo *x, const struct mxo_item *item);
void mxo_write_harmony(struct mxo *x, const struct nvx_chord *chord, int64_t offset);
/** What dynamics alone make of a note there. */
uint8_t mxo_velocity_at(const struct mxo *x, int64_t tick);
const char *mxo_type(unsigned value);
/** Where a direction stands: offset and staff. */
void mxo_finish_direction(struct mxo *x, const struct mxo_item *item);
const char *mxo_placement(unsigned placement); /**< as an attribute, with a blank before it */

/* What an import kept. */
uint32_t mxo_count_kept(const struct mxo *x, nvx_str extra);
/** Pieces of the head with this tag, in an element around them all or in none (NULL). */
void mxo_write_kept(struct mxo *x, const char *tag, const char *around);
/** Names of elements. */
struct mxo_tags {
	const char *const *tag;
	unsigned n;
};
#define MXO_TAGS(names) {(names), sizeof(names) / sizeof((names)[0])}
/** Signs at a note or an event that have one of these tags. */
unsigned mxo_count_signs(const struct mxo *x, nvx_str extra, const struct mxo_tags *tags);
void mxo_write_signs(struct mxo *x, nvx_str extra, const struct mxo_tags *tags);
void mxo_gather_kept(struct mxo *x);
void mxo_write_kept_direction(struct mxo *x, const struct mxo_item *item);

/** Kinds of attributes beyond those of the notation layer. */
#define MXO_KEY_MAP 200u
#define MXO_METER_MAP 201u

enum mxo_direction {
	MXO_STOP_SPAN,
	MXO_TEMPO,
	MXO_MARKER,
	MXO_FORM,
	MXO_CHORD,
	MXO_TEXT,
	MXO_DYNAMIC,
	MXO_SPAN,
	MXO_CONTROL,
	MXO_KEPT,
};

#endif

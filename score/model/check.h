/* SPDX-License-Identifier: MIT */
/**
 * The rules of nvx1.md 14, "meaning". Each takes a sorted array of one kind of object, so the same rules look
 * at a whole draft and at the bars that an edit touched. In repair mode they mend the items instead of
 * refusing them, with a warning; otherwise they leave them alone.
 */
#ifndef SCORE_CHECK_H
#define SCORE_CHECK_H

#include <score/draft.h>

/** What an id names. `item` may be changed in repair mode only. */
struct check_found {
	void *item;    /**< NULL: nothing */
	uint32_t part; /**< its index: of parts, regions, notes, controls */
	uint8_t list;  /**< enum nvx_list_kind; PLACE_REGION of places.h */
};
struct check_bar {
	int64_t start, end;
};

struct check;
struct check_source {
	struct check_found (*find)(struct check *check, nvx_id id);
	struct check_bar (*bar_at)(struct check *check, int64_t tick);
	const struct nvx_part *(*part)(struct check *check, uint32_t part);
	/** Where an item is, as text. @param index  In the array that the rule was given. */
	void (*where)(struct check *check, unsigned list, uint32_t part, uint32_t index, const void *item,
		char *buf, size_t size);
	/** Position among the document's objects: errors are told in that order. */
	uint64_t (*rank)(struct check *check, unsigned list, uint32_t part, uint32_t index);
	void *ctx;
};

struct places;
struct check {
	struct check_source source;
	const struct places
		*places; /**< of a draft: what most ids name is seen there at once; NULL: of an edit */
	const struct score_alloc *alloc;
	struct nvx_pool *pool;
	struct score_report *report;
	uint32_t n_parts;
	int64_t end_tick;
	int repair;
	int quiet; /**< no warnings */
	int error; /**< 0, -ENOMEM */
	uint32_t n_broken;
	const char *value; /**< what stands there, told with errors; NULL: nothing */
	nvx_id known_part; /**< named a part when it was looked up last; 0: none yet */
	uint32_t known_part_index;
	int mended;                      /**< something was changed: order and places may be wrong now */
	uint64_t rank[SCORE_MAX_ISSUES]; /**< of the errors in the report */
};

/** Which object a rule is about. */
struct check_at {
	unsigned list;
	uint32_t part, index;
	const void *item;
};

/**
 * A rule is broken: an error, or in repair mode a warning. @param member  "/noteId", or "".
 * @return 1: mend it; 0: it is refused.
 */
[[gnu::format(printf, 5, 6)]] int check_broken(struct check *check, const struct check_at *at,
	const char *code, const char *member, const char *fmt, ...);
/** Beyond mending: always an error. @return -EINVAL. */
[[gnu::format(printf, 5, 6)]] int check_refuse(struct check *check, const struct check_at *at,
	const char *code, const char *member, const char *fmt, ...);
[[gnu::format(printf, 5, 6)]] void check_warn(struct check *check, const struct check_at *at,
	const char *code, const char *member, const char *fmt, ...);

/* An element that is to go in repair mode: marked, and taken out when all rules have been applied. */
#define CHECK_DROPPED 1u
static inline int check_is_dropped(const struct nvx_element *e)
{
	return e->reserved[0] == CHECK_DROPPED;
}
static inline void check_drop(struct check *check, struct nvx_element *e)
{
	e->reserved[0] = CHECK_DROPPED;
	check->mended = 1;
}
static inline void check_know_part(struct check *check, nvx_id id, uint32_t index)
{
	check->known_part = id;
	check->known_part_index = index;
}
/** 1: it is a part's, which is known from now on. */
int check_knows_part(struct check *check, nvx_id id);
/** 1: the object is of the kind that `ref` (enum nvx_ref) asks for. @param part  Whose regions are meant. */
int check_names(const struct check_found *found, unsigned ref, uint32_t part);
/** All that an item names. @return 0: in repair mode, what it is nothing without was taken out. */
int check_references(struct check *check, const struct check_at *at, void *item);
/** The same for an element. @return 0: in repair mode, it is to go. */
int check_hangs(struct check *check, const struct check_at *at, void *item);
struct shape_used;
/**
 * All that a list's items name: notes, or the elements of a layer or rail; marks what is to go.
 * @param used  What its items have something in, or more.
 */
void check_list(struct check *check, unsigned list, uint32_t part, void *items, uint32_t n,
	const struct shape_used *used);
/** 1: it has what it is nothing without: a tab its note, a slur its events. */
int check_is_complete(unsigned list, const struct nvx_element *e);
/** Index of an element's part; UINT32_MAX: the whole score. */
uint32_t check_part(struct check *check, const struct nvx_element *e);

void check_notes(struct check *check, uint32_t part, struct nvx_note *notes, uint32_t n);
void check_controls(struct check *check, uint32_t part, struct nvx_control *controls, uint32_t n);
/** A part's own members; its regions are sorted. */
void check_one_part(struct check *check, uint32_t index, struct nvx_part *part);
/** Ticks of any layer's or rail's elements. */
void check_ticks(struct check *check, unsigned list, void *items, uint32_t n, size_t item_bytes);
void check_form(struct check *check, struct nvx_form_element *forms, uint32_t n);
void check_chords(struct check *check, struct nvx_chord *chords, uint32_t n);
void check_tabs(struct check *check, struct nvx_tab *tabs, uint32_t n);
void check_fingering(struct check *check, struct nvx_fingering *fingerings, uint32_t n);
void check_lyrics(struct check *check, struct nvx_lyric *lyrics, uint32_t n);
void check_diagrams(struct check *check, struct nvx_diagram_element *diagrams, uint32_t n);
/** Voices in whole bars: overlaps, bar lines, values, tuplets. */
void check_notation(struct check *check, struct nvx_notation_element *elements, uint32_t n);
void check_media(struct check *check, struct nvx_media_entry *media, uint32_t n);
void check_order(struct check *check, const struct nvx_order *order, uint32_t n, uint32_t n_measures);

#endif

/* SPDX-License-Identifier: MIT */
/**
 * A score that is being made: what importers and the JSON reader fill, in any order, and nvx_finish() checks and
 * turns into an immutable score. One thread.
 *
 * Adding never fails visibly: when memory or a limit (nvx1.md 13) is exceeded, or the import is cancelled, the error
 * stays in draft->error and what is added goes nowhere. So an importer looks at draft->error once a bar or so and
 * returns it at the end. What is added has its defaults and, where its kind has one, an id of its own; nvx_finish()
 * renames such ids in canonical order ("n1", "n2" ...; nvx1.md 12.4) and all references with them.
 */
#ifndef SCORE_DRAFT_H
#define SCORE_DRAFT_H

#include <stdatomic.h>
#include <stddef.h>

#include <score/nvx.h>
#include <score/report.h>

struct score;

struct nvx_draft_part {
	struct nvx_part part;
	struct nvx_note *note;
	struct nvx_control *control;
	size_t n_note, cap_note, n_control, cap_control;
};

struct nvx_draft {
	struct nvx_pool *pool;
	struct score_report *report; /**< borrowed */
	const atomic_bool *cancel;   /**< borrowed; NULL: cannot be cancelled */
	struct score_lines *lines;   /**< borrowed; of the book that this is one score of; may be NULL */
	int error;                   /**< 0, -ENOMEM, -E2BIG (told in the report), -ECANCELED */
	/**
	 * Set for importers' drafts (score_import): nvx_finish() mends what breaks a rule (moves, cuts or drops it, with
	 * a warning that names the place) where a document of our own would be refused.
	 */
	uint8_t repair;
	uint32_t last_id;            /**< of the provisional ids */
	uint32_t n_notes, n_controls; /**< of all parts */
	struct nvx_globals globals;
#define X(name, type)                                                                                        \
	type *name;                                                                                          \
	size_t n_##name, cap_##name;
	NVX_LISTS(X)
#undef X
	struct nvx_draft_part *part;
	size_t n_part, cap_part;
	/** After the last thing that happens; measures that are made cover it. 0: the notes say. */
	int64_t end_tick;
	/**
	 * JSON pointers of the lists in the document that was read, in whose order they are ("/score/layers/2/elements",
	 * "/parts"); "": not read from JSON. Markers poi_first .. poi_first + n_poi - 1 stood in "/learning/pointsOfInterest".
	 */
	char place[NVX_LIST_part + 1][40];
	uint32_t poi_first, n_poi;
	/** Where additions go that are refused. */
	union {
#define X(name, type) type name;
		NVX_LISTS(X)
#undef X
		struct nvx_note note;
		struct nvx_control control;
		struct nvx_draft_part part;
	} nowhere;
};

/** Caller's memory. @param report  Zeroed by the caller. @return 0, -ENOMEM. */
int nvx_draft_init(struct nvx_draft *draft, const struct score_alloc *alloc, struct score_report *report);
/** Zeroed and half-filled ones are fine. */
void nvx_draft_finish(struct nvx_draft *draft);

/**
 * Add one. The pointer is never NULL and good until the next of the kind is added.
 * tempo, meter, key: at `tick` = 0 until it is set; order as added does not matter, of entries at one tick the last
 * counts. Elements of a layer start with no part, no note. measure: `tick` = -1 and duration 0 mean "follows from the
 * measures before and from the meter".
 */
#define X(name, type) type *nvx_add_##name(struct nvx_draft *draft);
NVX_LISTS(X)
#undef X
/** @return index of the part, for the calls below; on error that of a part that goes nowhere. */
uint32_t nvx_add_part(struct nvx_draft *draft);
struct nvx_part *nvx_draft_part(struct nvx_draft *draft, uint32_t part);
struct nvx_note *nvx_add_note(struct nvx_draft *draft, uint32_t part);
struct nvx_control *nvx_add_control(struct nvx_draft *draft, uint32_t part);
/** Room for `n` more notes of a part, or elements of staff notation, where it is known that they come. Cannot fail. */
void nvx_expect_notes(struct nvx_draft *draft, uint32_t part, size_t n);
void nvx_expect_notation(struct nvx_draft *draft, size_t n);
/** Ids for what a list holds (regions) or what was not made by nvx_add_*(). */
nvx_id nvx_new_id(struct nvx_draft *draft);

/** Valid UTF-8 into the pool. 0 for NULL or when the draft is in error; "" is a string. */
nvx_str nvx_text(struct nvx_draft *draft, const char *text, size_t len);
/**
 * Text of unknown encoding made presentable: kept when it is UTF-8, else read as Windows-1252. Control characters
 * become spaces, blanks at both ends go, beyond 1,024 bytes it is cut between two characters. 0: nothing is left.
 */
nvx_str nvx_clean_text(struct nvx_draft *draft, const void *text, size_t len);
/** nvx_pool_list() with the draft's sticky error. */
nvx_list nvx_make_list(struct nvx_draft *draft, const void *items, size_t n, size_t item_bytes);

/** The key of a signature: major or minor on the line of fifths, -7..7. */
void nvx_set_key(struct nvx_key *key, int fifths, int minor);
/** Border k of n over `span` ticks from `tick` (nvx1.md 4.1): how tuplets are cut. */
int64_t nvx_border(int64_t tick, int64_t span, uint32_t k, uint32_t n);
/** Ticks of a note value with dots (0..4), times normal/actual, rounded half up. */
int64_t nvx_value_ticks(enum nvx_value value, unsigned dots, unsigned actual, unsigned normal);

/**
 * Check everything (nvx1.md 14, "meaning"), complete, sort, give ids, freeze.
 * Missing maps become 120 BPM, 4/4 and key "none"; without measures the meter map and end_tick make them (a meter
 * change inside a bar makes that bar `short`); without parts there is one; a missing title is `name`, or "Untitled".
 * The draft is empty afterwards, whatever is returned.
 * @param name  For a document without a title; may be NULL.
 * @return 0 and a reference to the score; -EINVAL refused, the report says why; -ENOMEM, -E2BIG, -ECANCELED.
 */
int nvx_finish(struct nvx_draft *draft, const char *name, struct score **ret);

#endif

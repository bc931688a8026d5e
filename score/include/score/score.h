/* SPDX-License-Identifier: MIT */
/**
 * A score: an immutable snapshot of a whole document. Its lists are persistent: a changed score shares with the one
 * before whatever was not touched, so keeping every state of an editing session is cheap, and a reader's snapshot
 * never changes under it. Reference-counted, atomically; reading is safe from any thread that holds a reference.
 *
 * All lists are in the canonical order of nvx1.md 12.5, and complete: maps begin at tick 0, every measure has tick and
 * length, every object its id.
 */
#ifndef SCORE_SCORE_H
#define SCORE_SCORE_H

#include <stdatomic.h>

#include <score/draft.h>
#include <score/nvx.h>
#include <score/seq.h>

struct score_part {
	atomic_uint refs;
	struct nvx_part part;
	struct nvx_seq note, control;
};

/** Equal content, equal id, whatever way led to it: the sum of the objects' 128-bit hashes. */
struct score_state {
	uint64_t word[2];
};
static inline int score_state_equal(struct score_state a, struct score_state b)
{
	return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}
#define SCORE_STATE_TEXT 33u /**< 32 hexadecimal digits and NUL */
void score_state_format(struct score_state state, char buf[static SCORE_STATE_TEXT]);
/** @return 0, -EINVAL. */
int score_state_parse(const char *text, struct score_state *ret);

/** Objects by id, and who names them; the editing thread's own (score/edit.h). */
struct score_index {
	struct nvx_seq place, use;
	uint32_t last[16]; /**< by letter of NVX_ID_LETTERS: no smaller number is given to what is added */
	uint8_t is_made;
};

struct score {
	atomic_uint refs;
	struct nvx_pool *pool;
	struct nvx_globals globals;
	struct score_part **part;
	uint32_t n_parts;
	struct nvx_seq list[NVX_N_LISTS]; /**< by enum nvx_list_kind */
	int64_t end_tick;                 /**< end of the last measure */
	/** Worked out when somebody asks first: who only converts does without. */
	struct {
		_Atomic uint64_t word[2];
		atomic_bool is_known;
	} state;
	struct score_index index;
};

struct score *score_ref(const struct score *score);
/** NULL is fine. */
void score_unref(const struct score *score);

/** The first call looks at all of the score, those after it only tell. Any thread. */
struct score_state score_state(const struct score *score);
static inline int score_same_state(const struct score *a, const struct score *b)
{
	return score_state_equal(score_state(a), score_state(b));
}

/** What an item of a list says, whatever its place and its pool: equal content, equal words. @param list  enum
 * nvx_list_kind. */
struct score_state score_item_state(const struct score *score, unsigned list, const void *item);

/** const struct nvx_chord *score_chord(score, i), and so on for every list; i < score_n_chord(score). */
#define X(name, type)                                                                                        \
	static inline const type *score_##name(const struct score *score, uint32_t i)                        \
	{                                                                                                    \
		return (const type *)nvx_seq_at(&score->list[NVX_LIST_##name], i);                           \
	}                                                                                                    \
	static inline uint32_t score_n_##name(const struct score *score)                                     \
	{                                                                                                    \
		return score->list[NVX_LIST_##name].n;                                                       \
	}
NVX_LISTS(X)
#undef X
static inline const struct nvx_note *score_part_note(const struct score_part *part, uint32_t i)
{
	return (const struct nvx_note *)nvx_seq_at(&part->note, i);
}
static inline const struct nvx_control *score_part_control(const struct score_part *part, uint32_t i)
{
	return (const struct nvx_control *)nvx_seq_at(&part->control, i);
}
static inline const char *score_text(const struct score *score, nvx_str str)
{
	return nvx_string(score->pool, str, NULL);
}

/** Index of the part with this id; UINT32_MAX: none. */
uint32_t score_find_part(const struct score *score, nvx_id id);
/** Index of the measure that a tick lies in; past the end: the last. */
uint32_t score_measure_at(const struct score *score, int64_t tick);
/** In force at a tick; never NULL. */
const struct nvx_tempo *score_tempo_at(const struct score *score, int64_t tick);
const struct nvx_meter *score_meter_at(const struct score *score, int64_t tick);
const struct nvx_key *score_key_at(const struct score *score, int64_t tick);
/** The chord that is written at a tick, of the whole score or of `part_id`; NULL: none. */
const struct nvx_chord *score_chord_at(const struct score *score, int64_t tick, nvx_id part_id);
/** What a measure is called: its number, or the one that follows from its place (nvx1.md 4.3). */
void score_measure_name(const struct score *score, uint32_t measure, char *buf, size_t size);
uint64_t score_n_notes(const struct score *score);

#endif

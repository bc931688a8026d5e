/* SPDX-License-Identifier: MIT */
#include <score/draft.h>

#include <errno.h>
#include <string.h>

#include "pool_private.h"

/* nvx1.md 13 */
#define MAX_MAP 100000u
#define MAX_MEASURES 100000u
#define MAX_ELEMENTS 1000000u
#define MAX_PARTS 1024u
#define MAX_NOTES 2000000u
#define MAX_PART_NOTES 1000000u
#define MAX_CONTROLS 4000000u

/** What a list is called in the codes of limits, and how many items it may have. */
struct limit {
	const char *code;
	uint32_t max;
};

static struct limit limit_of(enum nvx_list_kind list)
{
	switch (list) {
	case NVX_LIST_tempo:
		return (struct limit){"nvx1.limit.tempo", MAX_MAP};
	case NVX_LIST_meter:
		return (struct limit){"nvx1.limit.meter", MAX_MAP};
	case NVX_LIST_key:
		return (struct limit){"nvx1.limit.key", MAX_MAP};
	case NVX_LIST_order:
		return (struct limit){"nvx1.limit.order", MAX_MAP};
	case NVX_LIST_measure:
		return (struct limit){"nvx1.limit.measures", MAX_MEASURES};
	default:
		return (struct limit){"nvx1.limit.elements", MAX_ELEMENTS};
	}
}

int nvx_draft_init(struct nvx_draft *draft, const struct score_alloc *alloc, struct score_report *report)
{
	*draft = (struct nvx_draft){.report = report};
	draft->pool = nvx_pool_new(alloc);
	if (!draft->pool)
		return -ENOMEM;
	for (unsigned i = 0; i < NVX_N_LAYERS; i++)
		draft->globals.layer[i].opacity_1e6 = 1000000;
	return 0;
}

void nvx_draft_finish(struct nvx_draft *draft)
{
	if (!draft->pool)
		return;
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
#define X(name, type) score_free(alloc, draft->name);
	NVX_LISTS(X)
#undef X
	for (size_t i = 0; i < draft->n_part; i++) {
		score_free(alloc, draft->part[i].note);
		score_free(alloc, draft->part[i].control);
	}
	score_free(alloc, draft->part);
	nvx_pool_unref(draft->pool);
	*draft = (struct nvx_draft){};
}

static void fail(struct nvx_draft *draft, int error)
{
	if (!draft->error)
		draft->error = error;
}

static void exceed(struct nvx_draft *draft, struct limit limit)
{
	if (draft->error)
		return;
	(void)score_error(draft->report, limit.code,
		SCORE_AT("%s %u", limit.code + strlen("nvx1.limit."), limit.max + 1), "more than %u",
		limit.max);
	fail(draft, -E2BIG);
}

/** @return 1: one more item may be added. */
static inline int may_add(struct nvx_draft *draft, size_t n, struct limit limit)
{
	if (draft->cancel && atomic_load_explicit(draft->cancel, memory_order_relaxed))
		fail(draft, -ECANCELED);
	if (draft->error)
		return 0;
	if (n >= limit.max) {
		exceed(draft, limit);
		return 0;
	}
	return 1;
}

/** Room in an array. @return where it lies now; NULL: in error. */
static inline void *reserve(struct nvx_draft *draft, void *items, size_t *cap, size_t n, size_t item_bytes)
{
	if (n < *cap)
		return items;
	if (score_reserve(nvx_pool_alloc(draft->pool), &items, cap, n + 1, item_bytes)) {
		fail(draft, -ENOMEM);
		return NULL;
	}
	return items;
}

static inline nvx_id new_id(struct nvx_draft *draft)
{
	if (draft->last_id >= NVX_ID_NUMBER_MAX)
		exceed(draft, (struct limit){"nvx1.limit.ids", NVX_ID_NUMBER_MAX});
	if (draft->error)
		return 0;
	return NVX_ID_IS_NUMBER | NVX_PROVISIONAL << 26 | ++draft->last_id;
}

nvx_id nvx_new_id(struct nvx_draft *draft)
{
	return new_id(draft);
}

/* What an item of each kind is when nothing is said. */

static void new_element(struct nvx_draft *draft, struct nvx_element *e)
{
	e->id = new_id(draft);
}

static void new_tempo(struct nvx_draft *, struct nvx_tempo *tempo)
{
	tempo->ns_per_quarter = 500000000;
}

static void new_meter(struct nvx_draft *, struct nvx_meter *meter)
{
	meter->num = 4;
	meter->den = 4;
}

static void new_key(struct nvx_draft *, struct nvx_key *key)
{
	key->step = NVX_KEY_NONE;
}

static void new_order(struct nvx_draft *, struct nvx_order *)
{
}

static void new_measure(struct nvx_draft *, struct nvx_measure *measure)
{
	measure->tick = -1;
}

static void new_form(struct nvx_draft *draft, struct nvx_form_element *form)
{
	new_element(draft, &form->e);
	form->number = NVX_NO_I32;
}

static void new_chord(struct nvx_draft *draft, struct nvx_chord *chord)
{
	new_element(draft, &chord->e);
	chord->inversion = NVX_NO_U8;
}

static void new_analysis(struct nvx_draft *draft, struct nvx_analysis *analysis)
{
	new_element(draft, &analysis->e);
	analysis->tension = NVX_NO_U8;
}

static void new_tab(struct nvx_draft *draft, struct nvx_tab *tab)
{
	new_element(draft, &tab->e);
}

static void new_diagram(struct nvx_draft *draft, struct nvx_diagram_element *diagram)
{
	new_element(draft, &diagram->e);
	diagram->position = NVX_NO_I32;
	diagram->strings = 6;
	diagram->frets = 4;
	diagram->base_fret = 1;
}

static void new_fingering(struct nvx_draft *draft, struct nvx_fingering *fingering)
{
	new_element(draft, &fingering->e);
	fingering->position_fret = NVX_NO_U8;
	fingering->position_octave = INT8_MIN;
}

static void new_notation(struct nvx_draft *draft, struct nvx_notation_element *notation)
{
	new_element(draft, &notation->e);
	notation->bracket = NVX_NO_U8;
}

static void new_lyric(struct nvx_draft *draft, struct nvx_lyric *lyric)
{
	new_element(draft, &lyric->e);
	lyric->verse = 1;
	lyric->stress = NVX_NO_U8;
}

static void new_marker(struct nvx_draft *draft, struct nvx_marker_element *marker)
{
	new_element(draft, &marker->e);
	marker->order = NVX_NO_I32;
}

static void new_drum(struct nvx_draft *draft, struct nvx_drum_entry *drum)
{
	new_element(draft, &drum->e);
}

static void new_performance(struct nvx_draft *draft, struct nvx_performance *performance)
{
	new_element(draft, &performance->e);
	performance->breath = NVX_NO_U8;
	performance->vibrato_speed_1e6hz = NVX_NO_I32;
}

static void new_melody(struct nvx_draft *draft, struct nvx_melody *melody)
{
	new_element(draft, &melody->e);
}

static void new_extended(struct nvx_draft *draft, struct nvx_extended *extended)
{
	extended->id = nvx_new_id(draft);
}

static void new_media(struct nvx_draft *draft, struct nvx_media_entry *media)
{
	media->id = nvx_new_id(draft);
}

static void new_annotation(struct nvx_draft *draft, struct nvx_annotation_entry *annotation)
{
	annotation->id = nvx_new_id(draft);
}

#define X(name, type)                                                                                        \
	type *nvx_add_##name(struct nvx_draft *draft)                                                        \
	{                                                                                                    \
		const size_t n = draft->n_##name;                                                            \
		type *item = &draft->nowhere.name;                                                           \
		if (may_add(draft, n, limit_of(NVX_LIST_##name))) {                                          \
			type *items = reserve(draft, draft->name, &draft->cap_##name, n, sizeof(type));      \
			if (items) {                                                                         \
				draft->name = items;                                                         \
				draft->n_##name++;                                                           \
				item = &items[n];                                                            \
			}                                                                                    \
		}                                                                                            \
		memset(item, 0, sizeof(*item));                                                              \
		new_##name(draft, item);                                                                     \
		return item;                                                                                 \
	}
NVX_LISTS(X)
#undef X

static void default_part(struct nvx_part *part, nvx_id id)
{
	*part = (struct nvx_part){
		.id = id,
		.staves = 1,
		.midi_channel = NVX_NO_U8,
		.midi_bank = 0xffff,
		.volume_1e6 = NVX_NO_I32,
	};
}

uint32_t nvx_add_part(struct nvx_draft *draft)
{
	const size_t n = draft->n_part;
	if (may_add(draft, n, (struct limit){"nvx1.limit.parts", MAX_PARTS})) {
		struct nvx_draft_part *part = reserve(draft, draft->part, &draft->cap_part, n, sizeof(*part));
		if (part) {
			draft->part = part;
			draft->n_part++;
			part[n] = (struct nvx_draft_part){};
			default_part(&part[n].part, nvx_new_id(draft));
			return (uint32_t)n;
		}
	}
	return UINT32_MAX;
}

struct nvx_part *nvx_draft_part(struct nvx_draft *draft, uint32_t part)
{
	if (part < draft->n_part)
		return &draft->part[part].part;
	default_part(&draft->nowhere.part.part, 0);
	return &draft->nowhere.part.part;
}

struct nvx_note *nvx_add_note(struct nvx_draft *draft, uint32_t part)
{
	struct nvx_note *note = &draft->nowhere.note;
	if (part < draft->n_part &&
		may_add(draft, draft->n_notes, (struct limit){"nvx1.limit.notes", MAX_NOTES})) {
		struct nvx_draft_part *to = &draft->part[part];
		if (to->n_note >= MAX_PART_NOTES) {
			exceed(draft, (struct limit){"nvx1.limit.notes", MAX_PART_NOTES});
		} else {
			struct nvx_note *notes =
				reserve(draft, to->note, &to->cap_note, to->n_note, sizeof(*note));
			if (notes) {
				to->note = notes;
				note = &notes[to->n_note++];
				draft->n_notes++;
			}
		}
	}
	*note = (struct nvx_note){
		.id = new_id(draft),
		.duration_ticks = 1,
		.velocity = 100,
		.release_velocity = 64,
		.channel = NVX_NO_U8,
	};
	return note;
}

/** Not doubled, as where more may follow. Too little memory for it is told by what is added. */
static void expect(struct nvx_draft *draft, void **items, size_t *cap, size_t n, size_t item_bytes)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	if (n <= *cap || n > SIZE_MAX / item_bytes)
		return;
	void *moved = alloc->resize(alloc->ctx, *items, n * item_bytes);
	if (!moved)
		return;
	*items = moved;
	*cap = n;
}

void nvx_expect_notes(struct nvx_draft *draft, uint32_t part, size_t n)
{
	if (part >= draft->n_part || draft->n_notes + n > MAX_NOTES)
		return;
	struct nvx_draft_part *to = &draft->part[part];
	expect(draft, (void **)&to->note, &to->cap_note, to->n_note + n, sizeof(*to->note));
}

void nvx_expect_notation(struct nvx_draft *draft, size_t n)
{
	if (draft->n_notation + n <= MAX_ELEMENTS)
		expect(draft, (void **)&draft->notation, &draft->cap_notation, draft->n_notation + n,
			sizeof(*draft->notation));
}

struct nvx_control *nvx_add_control(struct nvx_draft *draft, uint32_t part)
{
	struct nvx_control *control = &draft->nowhere.control;
	if (part < draft->n_part &&
		may_add(draft, draft->n_controls, (struct limit){"nvx1.limit.controllers", MAX_CONTROLS})) {
		struct nvx_draft_part *to = &draft->part[part];
		struct nvx_control *controls =
			reserve(draft, to->control, &to->cap_control, to->n_control, sizeof(*control));
		if (controls) {
			to->control = controls;
			control = &controls[to->n_control++];
			draft->n_controls++;
		}
	}
	*control = (struct nvx_control){.id = nvx_new_id(draft), .channel = NVX_NO_U8};
	return control;
}

nvx_list nvx_make_list(struct nvx_draft *draft, const void *items, size_t n, size_t item_bytes)
{
	if (draft->error || n == 0)
		return 0;
	nvx_list list = 0;
	if (n <= UINT32_MAX && item_bytes <= UINT32_MAX)
		list = nvx_pool_list(draft->pool, items, (uint32_t)n, (uint32_t)item_bytes);
	if (!list)
		fail(draft, -ENOMEM);
	return list;
}

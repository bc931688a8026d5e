/* SPDX-License-Identifier: MIT */
#include <score/tablature.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/nvx_tables.h>

#define OURS "mos.fretting"
#define FRETS 24u

/* A stretch of a string that somebody else's tablature has. */
struct taken {
	int64_t tick, end;
	uint32_t next; /* on the same string; n_taken: none */
	uint8_t string;
};

/* Of one part. */
struct work {
	const struct score *score;
	struct score_change *change;
	nvx_str ours;
	const struct score_part *part;
	struct mos_fret_neck neck;
	struct mos_fret_note *note; /* of those below */
	const struct nvx_note **of;
	uint8_t *has_tab, *has_finger; /* by somebody else */
	struct taken *taken;
	uint32_t n_taken;
	uint32_t to_come[UINT8_MAX + 1];    /* by string: index of the next one */
	int64_t taken_until[UINT8_MAX + 1]; /* by string, of those before that */
	struct mos_fret_place *place;
	uint32_t n;
};

static int is_ours(const struct work *w, const struct nvx_element *e)
{
	uint32_t n;
	const struct nvx_origin *origin = nvx_items(w->score->pool, e->origin, &n);

	return n == 1 && origin->by == NVX_ORIGIN_DETECTED && origin->name == w->ours;
}

static void read_neck(const struct score *score, const struct nvx_part *part, struct mos_fret_neck *ret)
{
	uint32_t n;
	const uint8_t *tuning = nvx_items(score->pool, part->tuning, &n);

	*ret = mos_fret_guitar;
	ret->capo = part->capo < FRETS ? part->capo : 0;
	if (n == 0 || n > MOS_FRET_STRINGS)
		return;
	ret->n_strings = (uint8_t)n;
	memcpy(ret->open, tuning, n);
}

/* Index of a note by its id; the part's notes are in order of time, so ids are looked up in a sorted copy. */
struct by_id {
	nvx_id id;
	uint32_t at;
};

static int compare_ids(const void *a, const void *b)
{
	const nvx_id x = ((const struct by_id *)a)->id, y = ((const struct by_id *)b)->id;

	return x < y ? -1 : x > y;
}

/* Somebody has put a note there: what is proposed goes round it. */
static void take_place(struct work *w, uint32_t at, const struct nvx_tab *tab)
{
	const struct nvx_note *note = w->of[at];

	w->note[at].string = tab->string;
	w->note[at].fret = tab->fret;
	if (w->n_taken < w->n)
		w->taken[w->n_taken++] = (struct taken){
			.tick = note->tick, .end = note->tick + note->duration_ticks, .string = tab->string};
}

/* What others wrote of our notes stays; what we wrote before goes. */
static int sort_out(struct work *w, unsigned list, const struct by_id *ids, uint8_t *has)
{
	for (uint32_t i = 0; i < w->score->list[list].n; i++) {
		const struct nvx_element *e = nvx_seq_at(&w->score->list[list], i);
		const struct by_id wanted = {.id = e->note_id};
		const struct by_id *found = bsearch(&wanted, ids, w->n, sizeof(*ids), compare_ids);

		if (!found)
			continue;
		if (!is_ours(w, e)) {
			has[found->at] = 1;
			if (list == NVX_LIST_tab)
				take_place(w, found->at, (const struct nvx_tab *)e);
		} else if (score_change_add(w->change, SCORE_OP_REMOVE, list, 0, 0, e, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int mark(const struct work *w, struct nvx_element *e, const struct nvx_note *note)
{
	const struct nvx_origin origin = {
		.by = NVX_ORIGIN_DETECTED, .name = w->ours, .confidence_1e6 = NVX_NO_I32};

	e->tick = note->tick;
	e->duration_ticks = note->duration_ticks;
	e->note_id = note->id;
	e->part_id = w->part->part.id;
	e->origin = nvx_pool_list(w->change->pool, &origin, 1, sizeof(origin));
	return e->origin ? 0 : -ENOMEM;
}

static int add_tab(struct work *w, uint32_t i)
{
	struct nvx_tab tab = {0};

	nvx_table_init(nvx_table_of(NVX_LIST_tab), &tab);
	tab.string = w->place[i].string;
	tab.fret = w->place[i].fret;
	return mark(w, &tab.e, w->of[i]) < 0
		       ? -ENOMEM
		       : score_change_add(w->change, SCORE_OP_ADD, NVX_LIST_tab, 0, 0, NULL, &tab);
}

static int add_finger(struct work *w, uint32_t i, enum nvx_hand hand, enum nvx_finger finger)
{
	struct nvx_fingering f = {0};

	nvx_table_init(nvx_table_of(NVX_LIST_fingering), &f);
	f.hand = (uint8_t)hand;
	f.finger = (uint8_t)finger;
	return mark(w, &f.e, w->of[i]) < 0
		       ? -ENOMEM
		       : score_change_add(w->change, SCORE_OP_ADD, NVX_LIST_fingering, 0, 0, NULL, &f);
}

static int compare_taken(const void *a, const void *b)
{
	const int64_t x = ((const struct taken *)a)->tick, y = ((const struct taken *)b)->tick;

	return (x > y) - (x < y);
}

/* In order of time, each with the next one on its string. */
static void chain_taken(struct work *w)
{
	if (w->n_taken)
		qsort(w->taken, w->n_taken, sizeof(*w->taken), compare_taken);
	for (unsigned s = 0; s <= UINT8_MAX; s++)
		w->to_come[s] = w->n_taken;
	for (uint32_t i = w->n_taken; i-- > 0;) {
		w->taken[i].next = w->to_come[w->taken[i].string];
		w->to_come[w->taken[i].string] = i;
	}
}

/* Asked in order of time. */
static int is_taken(struct work *w, const struct nvx_note *note, uint8_t string)
{
	uint32_t i = w->to_come[string];

	for (; i < w->n_taken && w->taken[i].tick <= note->tick; i = w->taken[i].next)
		if (w->taken[i].end > w->taken_until[string])
			w->taken_until[string] = w->taken[i].end;
	w->to_come[string] = i;
	return w->taken_until[string] > note->tick ||
	       (i < w->n_taken && w->taken[i].tick < note->tick + note->duration_ticks);
}

static int add_fingers(struct work *w, uint32_t i)
{
	static const uint8_t right[] = {
		NVX_FINGER_NONE, NVX_FINGER_PULGAR, NVX_FINGER_I, NVX_FINGER_M, NVX_FINGER_A};
	const struct mos_fret_place *p = &w->place[i];

	if (w->has_finger[i])
		return 0;
	const int rc = add_finger(w, i, NVX_HAND_LEFT, (enum nvx_finger)(NVX_FINGER_0 + p->finger));
	return rc < 0 || !p->right ? rc : add_finger(w, i, NVX_HAND_RIGHT, (enum nvx_finger)right[p->right]);
}

static int add_all(struct work *w, struct score_tablature_report *report)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < w->n; i++) {
		const struct mos_fret_place *p = &w->place[i];

		if (!w->has_tab[i]) {
			if (!p->string || is_taken(w, w->of[i], p->string)) {
				report->fret.n_left_out++;
				continue;
			}
			report->n_placed++;
			rc = add_tab(w, i);
		}
		if (rc == 0 && p->string)
			rc = add_fingers(w, i);
	}
	return rc;
}

static int take_notes(struct work *w, struct by_id *ids)
{
	for (uint32_t i = 0; i < w->n; i++) {
		const struct nvx_note *note = score_part_note(w->part, i);

		w->of[i] = note;
		w->note[i] = (struct mos_fret_note){
			.tick = note->tick, .duration_ticks = note->duration_ticks, .key = note->pitch};
		ids[i] = (struct by_id){note->id, i};
	}
	qsort(ids, w->n, sizeof(*ids), compare_ids);
	const int rc = sort_out(w, NVX_LIST_tab, ids, w->has_tab);
	chain_taken(w);
	return rc < 0 ? rc : sort_out(w, NVX_LIST_fingering, ids, w->has_finger);
}

static int do_part(struct work *w, unsigned degree, struct score_tablature_report *report)
{
	struct by_id *ids = malloc(w->n * sizeof(*ids));
	struct mos_fret_report fret = {0};
	int rc = -ENOMEM;

	w->note = malloc(w->n * sizeof(*w->note));
	w->of = malloc(w->n * sizeof(*w->of));
	w->has_tab = calloc(w->n, 2);
	w->place = malloc(w->n * sizeof(*w->place));
	w->taken = malloc(w->n * sizeof(*w->taken));
	if (ids && w->note && w->of && w->has_tab && w->place && w->taken) {
		w->has_finger = w->has_tab + w->n;
		rc = take_notes(w, ids);
		if (rc == 0)
			rc = mos_fret_propose(&w->neck, w->note, w->n, degree, w->place, &fret);
		if (rc == 0)
			rc = add_all(w, report);
	}
	report->n_parts++;
	report->fret.n_unreachable += fret.n_unreachable;
	report->fret.n_shifts += fret.n_shifts;
	if (fret.widest_mm > report->fret.widest_mm)
		report->fret.widest_mm = fret.widest_mm;
	free(ids);
	free(w->note);
	free(w->of);
	free(w->has_tab);
	free(w->place);
	free(w->taken);
	return rc;
}

static int do_parts(const struct score *score, nvx_id part_id, unsigned degree, nvx_str ours,
	struct score_change *change, struct score_tablature_report *report)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < score->n_parts; i++) {
		const struct score_part *part = score->part[i];
		struct work w = {
			.score = score, .change = change, .ours = ours, .part = part, .n = part->note.n};

		if (part_id ? part->part.id != part_id : !part->part.tuning)
			continue;
		read_neck(score, &part->part, &w.neck);
		if (w.n)
			rc = do_part(&w, degree, report);
		else
			report->n_parts++;
	}
	return rc;
}

int score_tablature(const struct score *score, nvx_id part_id, unsigned degree, struct score_change *ret,
	struct score_tablature_report *ret_report)
{
	int rc = 0;

	*ret_report = (struct score_tablature_report){0};
	*ret = (struct score_change){0};
	if (part_id && score_find_part(score, part_id) == UINT32_MAX)
		return -ENOENT;
	score_change_init(ret, score);
	const nvx_str ours = nvx_pool_string(ret->pool, OURS, strlen(OURS));
	rc = ours ? do_parts(score, part_id, degree, ours, ret, ret_report) : -ENOMEM;
	if (rc < 0) {
		score_change_finish(ret);
		*ret = (struct score_change){0};
	}
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "score.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/timeline.h>
#include <score/draft.h>
#include <score/nvx_json.h>
#include <score/score.h>

struct making {
	struct nvx_draft draft;
	const struct mos_timeline *tl;
	uint32_t *part; /* of the draft, by the timeline's; UINT32_MAX: it plays nothing */
	uint32_t n_parts;
};

static void add_maps(struct making *m)
{
	for (uint32_t i = 0; i < m->tl->n_tempo; i++) {
		struct nvx_tempo *tempo = nvx_add_tempo(&m->draft);

		tempo->tick = m->tl->tempo[i].tick;
		tempo->ns_per_quarter = m->tl->tempo[i].npq_start;
	}
	for (uint32_t i = 0; i < m->tl->n_meter; i++) {
		struct nvx_meter *meter = nvx_add_meter(&m->draft);

		meter->tick = m->tl->meter[i].tick;
		meter->num = m->tl->meter[i].num;
		meter->den = m->tl->meter[i].den;
	}
}

static uint32_t part_of(struct making *m, uint16_t index)
{
	const struct mos_tl_part *from = &m->tl->part[index];

	if (m->part[index] != UINT32_MAX)
		return m->part[index];
	const char *name = m->tl->strings + from->name_off;
	const uint32_t made = nvx_add_part(&m->draft);
	struct nvx_part *part = nvx_draft_part(&m->draft, made);
	part->name = nvx_clean_text(&m->draft, name, strlen(name));
	part->midi_program = from->program;
	part->midi_channel = from->channel;
	part->role = from->is_drums ? NVX_ROLE_DRUMS : part->role;
	m->part[index] = made;
	m->n_parts++;
	return made;
}

static void add_notes(struct making *m)
{
	for (uint32_t i = 0; i < m->tl->n_event && !m->draft.error; i++) {
		const struct mos_tl_event *e = &m->tl->event[i];
		const bool midi2 = e->ump[0] >> 28 == 4;

		if (e->order != MOS_TL_NOTE_ON || !e->len_ticks)
			continue;
		struct nvx_note *note = nvx_add_note(&m->draft, part_of(m, e->part));
		const uint32_t velocity = midi2 ? e->ump[1] >> 25 : e->ump[0] & 0x7f;
		note->tick = e->tick;
		note->duration_ticks = e->len_ticks;
		note->pitch = (uint8_t)(e->ump[0] >> 8 & 0x7f);
		note->velocity = (uint8_t)(velocity ? velocity : 1);
	}
}

static void add_form(struct making *m, const struct band_performance *p)
{
	const struct band_plan *plan = band_performance_plan(p);
	char label[32];

	for (uint32_t i = 0; i < plan->n_bars && !m->draft.error; i++) {
		const struct band_bar *bar = &plan->bar[i];
		const int64_t tick = band_performance_bar_tick(p, i);

		for (uint32_t k = 0; k < bar->n_chords; k++) {
			struct nvx_chord *chord = nvx_add_chord(&m->draft);

			chord->e.tick = tick + llrint(bar->chord[k].beat * NVX_PPQ);
			chord->symbol = nvx_text(&m->draft, bar->chord[k].text, strlen(bar->chord[k].text));
		}
		const bool begins = i == 0 || bar->is_count_in != bar[-1].is_count_in ||
				    bar->chorus != bar[-1].chorus || bar->item != bar[-1].item;
		if (!begins)
			continue;
		if (bar->is_count_in)
			strcpy(label, "Count-in");
		else
			(void)snprintf(label, sizeof(label), "Chorus %u", bar->chorus + 1);
		struct nvx_form_element *form = nvx_add_form(&m->draft);
		form->e.tick = tick;
		form->e.kind = bar->is_count_in ? NVX_FORM_INTRO : NVX_FORM_SECTION;
		form->label = nvx_text(&m->draft, label, strlen(label));
	}
}

static int refuse(struct band_report *report, int rc, const struct score_report *said)
{
	if (rc == -ENOMEM || !said->n_errors)
		return rc;
	return band_error(report, "band.contract.score", said->error[0].where, "%s", said->error[0].reason);
}

static int write_score(struct nvx_draft *draft, const char *title, struct band_bytes *ret)
{
	struct score *score = NULL;
	struct score_bytes out;
	int rc = nvx_finish(draft, title, &score);

	if (rc < 0)
		return rc;
	score_bytes_init(&out, &score_heap);
	rc = nvx_write(score, NVX_CANONICAL, &out);
	score_unref(score);
	if (rc == 0)
		rc = out.error;
	if (rc == 0) {
		ret->byte = malloc(out.n ? out.n : 1);
		rc = ret->byte ? 0 : -ENOMEM;
	}
	if (rc == 0) {
		memcpy(ret->byte, out.data, out.n);
		ret->size = out.n;
	}
	score_bytes_finish(&out);
	return rc;
}

int band_score(const struct band_performance *performance, int timeline, const char *title,
	struct band_report *report, struct band_bytes *ret, uint32_t *ret_parts)
{
	struct score_report *said = calloc(1, sizeof(*said));
	struct mos_timeline_error fault;
	struct mos_timeline tl;
	struct making m = {.tl = &tl};

	if (!said)
		return -ENOMEM;
	int rc = mos_timeline_open(timeline, &tl, &fault);
	if (rc < 0) {
		free(said);
		return rc;
	}
	m.part = malloc((tl.n_part + 1) * sizeof(*m.part));
	rc = m.part ? nvx_draft_init(&m.draft, &score_heap, said) : -ENOMEM;
	if (rc == 0) {
		memset(m.part, 0xff, (tl.n_part + 1) * sizeof(*m.part));
		m.draft.repair = 1; /* a note that is held over the end is cut there */
		m.draft.end_tick = tl.end_tick;
		add_maps(&m);
		add_notes(&m);
		add_form(&m, performance);
		rc = m.draft.error ? m.draft.error : write_score(&m.draft, title, ret);
		nvx_draft_finish(&m.draft);
	}
	if (rc < 0)
		rc = refuse(report, rc, said);
	*ret_parts = m.n_parts;
	free(m.part);
	mos_timeline_close(&tl);
	free(said);
	return rc;
}

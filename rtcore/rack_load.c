/* SPDX-License-Identifier: MIT */
#include "rack_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/load/load.h"

#define NOTES_TOLD 8u

/* --- The plan --- */

static void remove_map(struct rack_plan *plan, uint32_t i)
{
	plan->n_maps--;
	memmove(&plan->map[i], &plan->map[i + 1], (plan->n_maps - i) * sizeof(plan->map[0]));
}

int rack_plan_map(struct rack_plan *plan, const struct rack_map *m)
{
	for (uint32_t i = 0; i < plan->n_maps; i++)
		if (plan->map[i].bank == m->bank && plan->map[i].program == m->program) {
			remove_map(plan, i);
			break;
		}
	if (plan->n_maps == RACK_MAPS)
		return -E2BIG;
	plan->map[plan->n_maps++] = *m;
	return 0;
}

int rack_plan_unmap(struct rack_plan *plan, const char *path)
{
	uint32_t before = plan->n_maps;

	for (uint32_t i = plan->n_maps; i-- > 0;)
		if (!path[0] || strcmp(plan->map[i].path, path) == 0)
			remove_map(plan, i);
	return plan->n_maps < before || !path[0] ? 0 : -ENOENT;
}

/* --- One preset of a bank, somewhere else --- */

struct picked {
	struct bank bank;
	struct preset preset;
	struct bank *of;
};

static void picked_destroy(struct bank *b)
{
	struct picked *p = b->owner;

	p->of->destroy(p->of);
	free(p);
}

static const struct preset *pick(const struct bank *b, const struct rack_map *m)
{
	const struct preset *drums = NULL;

	for (uint32_t i = 0; i < b->n_presets; i++) {
		if (m->from_bank == b->preset[i].bank && m->from_program == b->preset[i].program)
			return &b->preset[i];
		if (!drums && b->preset[i].bank == BANK_DRUMS)
			drums = &b->preset[i];
	}
	if (m->from_bank != MOS_MAP_FIRST || b->n_presets == 0)
		return NULL;
	return m->bank == BANK_DRUMS && drums ? drums
					      : &b->preset[0]; /* a kit for drums, where there is one */
}

/* Takes `b` over, also on failure. */
static int put(struct bank *b, const struct rack_map *m, struct bank **ret, char *error, size_t size)
{
	const struct preset *from = pick(b, m);
	struct picked *p = from ? malloc(sizeof(*p)) : NULL;

	if (!p) {
		b->destroy(b);
		if (from)
			(void)snprintf(error, size, "no memory for %s", m->path);
		else if (m->from_bank == MOS_MAP_FIRST)
			(void)snprintf(error, size, "%s has no preset", m->path);
		else
			(void)snprintf(error, size, "%s has no preset %u:%u", m->path, m->from_bank,
				m->from_program);
		return from ? -ENOMEM : -EINVAL;
	}
	*p = (struct picked){.bank = *b, .preset = *from, .of = b};
	p->preset.bank = m->bank;
	p->preset.program = (uint8_t)m->program;
	p->bank.preset = &p->preset;
	p->bank.n_presets = 1;
	p->bank.destroy = picked_destroy;
	p->bank.owner = p;
	*ret = &p->bank;
	return 0;
}

/* --- Loading --- */

/* Several files are one load: each has its share of the hundred. */
struct share {
	int (*progress)(void *data, uint32_t percent, uint64_t bytes);
	void *data;
	uint32_t i, n;
	uint64_t before; /* bytes of the files before */
	uint32_t told;   /* nobody is told less than this, and than that: */
	uint64_t told_bytes;
};

static int on_progress(void *data, uint32_t percent, uint64_t bytes)
{
	struct share *s = data;
	uint32_t all = (s->i * 100 + (percent < 100 ? percent : 100)) / s->n;

	if (all > s->told)
		s->told = all;
	if (s->before + bytes > s->told_bytes)
		s->told_bytes = s->before + bytes;
	return s->progress ? s->progress(s->data, s->told, s->told_bytes) : 0;
}

/* The file is played, but not all of it: an unknown opcode, a sample that is missing. */
static void tell_notes(const struct rack_config *c, const char *path, const struct load_report *r)
{
	uint32_t n = r->n_notes < NOTES_TOLD ? r->n_notes : NOTES_TOLD;
	char more[48];

	for (uint32_t i = 0; i < n; i++)
		c->note(path, r->note[i]);
	(void)snprintf(more, sizeof(more), "and %u more like these", r->n_notes - n);
	if (r->n_notes > n)
		c->note(path, more);
}

static int load_file(const char *path, const struct rack_config *c, const struct load_options *o,
	struct bank **ret, char *error, size_t size)
{
	struct load_report *report = calloc(1, sizeof(*report));
	int r = load_bank(path, o, ret, report, error, size);

	if (r == 0 && report && c->note)
		tell_notes(c, path, report);
	free(report);
	return r;
}

static int load_map(const struct rack_map *m, const struct rack_config *c, const struct load_options *o,
	struct bank **ret, char *error, size_t size)
{
	struct load_options here = *o;
	struct bank *b = NULL;
	int r;

	here.sfz_bank = m->bank;
	here.sfz_program = (uint8_t)m->program;
	r = load_file(m->path, c, &here, &b, error, size);
	return r < 0 ? r : put(b, m, ret, error, size);
}

static int load_all(const struct rack_plan *plan, const struct rack_config *c, struct load_options *o,
	struct share *s, struct bank *bank[], uint32_t *ret_n, char *error, size_t size)
{
	uint32_t has_font = plan->font[0] != 0, n;
	int r = 0;

	s->n = has_font + plan->n_maps;
	if (s->n == 0) {
		(void)snprintf(error, size, "nothing to load");
		return -EINVAL;
	}
	(void)on_progress(s, 0, 0);
	for (n = 0; r == 0 && n < s->n; n += r == 0) {
		s->i = n;
		r = n < has_font ? load_file(plan->font, c, o, &bank[n], error, size)
				 : load_map(&plan->map[n - has_font], c, o, &bank[n], error, size);
		if (r == 0)
			s->before += bank[n]->file_bytes;
	}
	*ret_n = n;
	return r;
}

static struct rack_facts *make_facts(const struct rack_plan *plan, const struct rack *rack)
{
	struct rack_facts *f = calloc(1, sizeof(*f) + rack->n_slots * sizeof(f->preset[0]));
	uint32_t has_font = plan->font[0] != 0;

	if (!f)
		return NULL;
	f->resident_bytes = rack->resident_bytes;
	f->file_bytes = rack->file_bytes;
	f->n_presets = rack->n_slots;
	f->n_files = rack->n_banks;
	for (uint32_t i = 0; i < rack->n_banks; i++) {
		struct mos_rtctl_file *to = &f->file[i];
		const struct rack_map *m;

		if (i < has_font) {
			memcpy(to->path, plan->font, sizeof(to->path));
			continue;
		}
		m = &plan->map[i - has_font];
		memcpy(to->path, m->path, sizeof(to->path));
		to->is_mapped = 1;
		to->bank = m->bank;
		to->program = m->program;
	}
	for (uint32_t i = 0; i < rack->n_slots; i++) {
		const struct rack_slot *slot = &rack->slot[i];
		const struct preset *p = &rack->bank[slot->bank]->preset[slot->preset];

		f->preset[i] =
			(struct mos_rtctl_preset){.bank = p->bank, .program = p->program, .file = slot->bank};
		(void)snprintf(
			f->preset[i].name, sizeof(f->preset[i].name), "%.*s", (int)sizeof(p->name), p->name);
	}
	return f;
}

int rack_load(const struct rack_plan *plan, const struct rack_config *c,
	int (*progress)(void *data, uint32_t percent, uint64_t bytes), void *data, struct sampler **ret,
	struct rack_facts **ret_facts, char *error, size_t error_size)
{
	struct share share = {.progress = progress, .data = data};
	struct load_options o = {.store = c->store, .progress = on_progress, .data = &share};
	struct sampler_options so = {.rate_hz = c->rate_hz,
		.channel = c->channel,
		.polyphony = c->polyphony,
		.interp = c->interp,
		.store = c->store,
		.is_offline = c->is_offline,
		.workers = c->workers};
	struct bank *bank[RACK_BANKS];
	struct rack_facts *facts = NULL;
	struct rack *rack = NULL;
	uint32_t n = 0;
	int r = load_all(plan, c, &o, &share, bank, &n, error, error_size);

	if (r < 0) {
		while (n-- > 0)
			bank[n]->destroy(bank[n]);
		return r;
	}
	(void)snprintf(error, error_size, "no memory for the sampler");
	r = rack_create(bank, n, &rack);
	if (r == 0 && ret_facts) {
		facts = make_facts(plan, rack);
		r = facts ? 0 : -ENOMEM;
		if (r < 0)
			rack_destroy(rack);
	}
	if (r == 0)
		r = sampler_create(rack, &so, ret);
	if (r < 0) {
		free(facts);
		return r;
	}
	share.i = share.n;
	(void)on_progress(&share, 0, 0);
	if (ret_facts)
		*ret_facts = facts;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include <mos/counters.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define LABELS_OFF sizeof(struct mos_counters_hdr)
#define LABEL_WORDS (sizeof(struct mos_counter_label) / sizeof(uint64_t))

static uint32_t n_values_of(uint32_t kind)
{
	return kind == MOS_COUNTER_HIST ? MOS_HIST_BUCKETS : 1;
}

/** Copy a string into a fixed, zeroed field; false: it does not fit. */
static bool set_text(char *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(field, text, len);
	return true;
}

static bool valid_kind(uint32_t kind)
{
	return kind == MOS_COUNTER_COUNT || kind == MOS_COUNTER_GAUGE || kind == MOS_COUNTER_HIST;
}

int mos_counters_create(const char *name, const struct mos_counter_def *defs, uint32_t n, uint64_t generation,
	struct mos_counters *ret)
{
	struct mos_counters_hdr *hdr;
	struct mos_counter_label *label;
	struct mos_counters c = {.n = n};
	uint64_t values_off = LABELS_OFF + n * sizeof(*label);
	uint32_t n_values = 0;
	int r;

	if (n > MOS_COUNTERS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		if (!valid_kind(defs[i].kind))
			return -EINVAL;
		n_values += n_values_of(defs[i].kind);
	}
	r = mos_region_create(name, values_off + n_values * sizeof(uint64_t), MOS_COUNTERS_ABI_MAJOR,
		MOS_COUNTERS_ABI_MINOR, generation, &c.region);
	if (r < 0)
		return r;
	hdr = c.region.base;
	hdr->n_labels = n;
	hdr->n_values = n_values;
	hdr->values_off = values_off;
	label = (struct mos_counter_label *)((char *)hdr + LABELS_OFF);
	n_values = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!set_text(label[i].name, sizeof(label[i].name), defs[i].name) ||
			!set_text(label[i].unit, sizeof(label[i].unit), defs[i].unit)) {
			mos_region_finish(&c.region);
			return -ENAMETOOLONG;
		}
		label[i].kind = defs[i].kind;
		label[i].value_index = n_values;
		c.value[i] = (uint64_t *)((char *)hdr + values_off) + n_values;
		n_values += n_values_of(defs[i].kind);
	}
	mos_region_publish(&c.region, MOS_MAGIC_COUNTERS);
	*ret = c;
	return 0;
}

/* One thread writes a value, so a plain load and store will do: no locked instruction in the cycle. */

static inline void store(uint64_t *value, uint64_t to) MOS_RT
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

static inline uint64_t load(const uint64_t *value) MOS_RT
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

void mos_counter_add(struct mos_counters *c, uint32_t i, uint64_t by) MOS_RT
{
	store(c->value[i], load(c->value[i]) + by);
}

void mos_counter_set(struct mos_counters *c, uint32_t i, int64_t value) MOS_RT
{
	store(c->value[i], (uint64_t)value);
}

void mos_counter_max(struct mos_counters *c, uint32_t i, uint64_t value) MOS_RT
{
	if (value > load(c->value[i]))
		store(c->value[i], value);
}

void mos_counter_sample(struct mos_counters *c, uint32_t i, uint64_t value) MOS_RT
{
	uint32_t bucket = value == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(value);
	uint64_t *count;

	if (bucket >= MOS_HIST_BUCKETS) /* 2^63 and above */
		bucket = MOS_HIST_BUCKETS - 1;
	count = &c->value[i][bucket];
	store(count, load(count) + 1);
}

static bool valid_label(const struct mos_counter_label *label, uint32_t n_values)
{
	return label->name[0] != '\0' && memchr(label->name, '\0', sizeof(label->name)) &&
	       memchr(label->unit, '\0', sizeof(label->unit)) && valid_kind(label->kind) &&
	       label->value_index < n_values && n_values_of(label->kind) <= n_values - label->value_index;
}

/** Fill in all but the region from its bytes. The labels are copied first, then the copy is checked. */
static int read_layout(const struct mos_region *region, struct mos_counters_view *ret)
{
	const struct mos_counters_hdr *hdr = region->base;
	uint32_t n_labels = __atomic_load_n(&hdr->n_labels, __ATOMIC_RELAXED);
	uint32_t n_values = __atomic_load_n(&hdr->n_values, __ATOMIC_RELAXED);
	uint64_t values_off = __atomic_load_n(&hdr->values_off, __ATOMIC_RELAXED);
	struct mos_counter_label *label;

	if (n_labels > MOS_COUNTERS_MAX || n_values > MOS_COUNTERS_MAX * MOS_HIST_BUCKETS)
		return -EINVAL;
	if (values_off % sizeof(uint64_t) != 0 || values_off < LABELS_OFF + n_labels * sizeof(*label) ||
		values_off > region->size || n_values > (region->size - values_off) / sizeof(uint64_t))
		return -EINVAL;
	label = calloc(n_labels ? n_labels : 1, sizeof(*label));
	if (!label)
		return -ENOMEM;
	shm_words_load(label, (const char *)region->base + LABELS_OFF, n_labels * LABEL_WORDS);
	for (uint32_t i = 0; i < n_labels; i++) {
		if (!valid_label(&label[i], n_values)) {
			free(label);
			return -EINVAL;
		}
	}
	ret->label = label;
	ret->value = (const uint64_t *)((const char *)region->base + values_off);
	ret->n_labels = n_labels;
	ret->n_values = n_values;
	return 0;
}

int mos_counters_attach(int fd, struct mos_counters_view *ret, enum mos_attach_step *ret_step)
{
	struct mos_counters_view v = {0};
	int r;

	r = mos_region_attach(fd, MOS_MAGIC_COUNTERS, MOS_COUNTERS_ABI_MAJOR, sizeof(struct mos_counters_hdr),
		/* writable= */ 0, &v.region, ret_step);
	if (r < 0)
		return r;
	r = read_layout(&v.region, &v);
	if (r < 0) {
		mos_region_finish(&v.region);
		if (ret_step)
			*ret_step = MOS_ATTACH_BAD_LAYOUT;
		return r;
	}
	*ret = v;
	return 0;
}

void mos_counters_detach(struct mos_counters_view *v)
{
	free((void *)v->label);
	mos_region_finish(&v->region);
	*v = (struct mos_counters_view){.region.fd = -1};
}

int mos_counters_find(const struct mos_counters_view *v, const char *name)
{
	for (uint32_t i = 0; i < v->n_labels; i++)
		if (strcmp(v->label[i].name, name) == 0)
			return (int)i;
	return -ENOENT;
}

uint64_t mos_counters_get(const struct mos_counters_view *v, uint32_t i)
{
	uint64_t total = 0;

	if (i >= v->n_labels)
		return 0;
	for (uint32_t b = 0; b < n_values_of(v->label[i].kind); b++)
		total += load(&v->value[v->label[i].value_index + b]);
	return total;
}

uint64_t mos_counters_quantile(const struct mos_counters_view *v, uint32_t i, double q)
{
	uint64_t count[MOS_HIST_BUCKETS], total = 0, below = 0;

	if (i >= v->n_labels || v->label[i].kind != MOS_COUNTER_HIST)
		return 0;
	/* The writer goes on meanwhile: the total has to be that of this very copy. */
	for (uint32_t b = 0; b < MOS_HIST_BUCKETS; b++) {
		count[b] = load(&v->value[v->label[i].value_index + b]);
		total += count[b];
	}
	if (total == 0)
		return 0;
	for (uint32_t b = 0; b < MOS_HIST_BUCKETS; b++) {
		below += count[b];
		if ((double)below >= q * (double)total && below > 0)
			return b == MOS_HIST_BUCKETS - 1 ? UINT64_MAX : (UINT64_C(1) << b) - 1;
	}
	return UINT64_MAX;
}

/* SPDX-License-Identifier: MIT */
/**
 * The counters page: labelled figures that any tool reads without asking (style 2.11). Everything that is
 * dropped, late, lapped, refused or clamped has one. Labels are fixed before the page is published;
 * values are u64 written with relaxed stores, each by one thread only.
 */
#ifndef MOS_COUNTERS_H
#define MOS_COUNTERS_H

#include <mos/attr.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_COUNTERS_ABI_MAJOR 1
#define MOS_COUNTERS_ABI_MINOR 0
#define MOS_COUNTERS_MAX 512u
#define MOS_HIST_BUCKETS 64u

enum mos_counter_kind {
	MOS_COUNTER_COUNT = 1, /**< only grows */
	MOS_COUNTER_GAUGE = 2, /**< goes up and down; read as int64 */
	MOS_COUNTER_HIST = 3,  /**< MOS_HIST_BUCKETS values: bucket b counts samples v with bit length b
				  (2^(b-1) <= v < 2^b; 0 in bucket 0; the last takes all above) */
};

struct mos_counter_label {
	char name[48];        /**< "kronos.jitter", NUL-terminated; component.thing */
	char unit[8];         /**< "ns", "frames", "" */
	uint32_t kind;        /**< enum mos_counter_kind */
	uint32_t value_index; /**< first value of this counter in the value array */
};

struct mos_counters_hdr {
	struct mos_region_hdr region;
	uint32_t n_labels;
	uint32_t n_values;
	uint64_t values_off; /**< bytes from the region's start */
	uint8_t pad0[80];
	/* struct mos_counter_label label[n_labels] at 128, values at values_off */
};

/** Description of a counter for mos_counters_create(). */
struct mos_counter_def {
	const char *name;
	const char *unit;
	enum mos_counter_kind kind;
};

/** Writer: `value[i]` is where def i's values start. */
struct mos_counters {
	struct mos_region region;
	uint64_t *value[MOS_COUNTERS_MAX];
	uint32_t n;
};
/**
 * Make and publish the page. @return 0; -EINVAL too many or unknown kind; -ENAMETOOLONG a name or unit does
 * not fit; other -errno of mos_region_create(). End with mos_region_finish(&ret->region).
 */
int mos_counters_create(const char *name, const struct mos_counter_def *defs, uint32_t n, uint64_t generation,
	struct mos_counters *ret);
void mos_counter_add(struct mos_counters *c, uint32_t i, uint64_t by) MOS_RT;
void mos_counter_set(struct mos_counters *c, uint32_t i, int64_t value) MOS_RT;
void mos_counter_max(struct mos_counters *c, uint32_t i, uint64_t value) MOS_RT;
void mos_counter_sample(struct mos_counters *c, uint32_t i, uint64_t value) MOS_RT;

/** Reader: an attached page. */
struct mos_counters_view {
	struct mos_region region;
	const struct mos_counter_label *label; /**< a private, checked copy; owned by the view */
	const uint64_t *value;
	uint32_t n_labels;
	uint32_t n_values;
};
/** @return as mos_region_attach(); -EINVAL with MOS_ATTACH_BAD_LAYOUT when labels or values don't fit;
 * -ENOMEM. */
int mos_counters_attach(int fd, struct mos_counters_view *ret, enum mos_attach_step *ret_step);
void mos_counters_detach(struct mos_counters_view *v);
/** Index of a label, -ENOENT. */
int mos_counters_find(const struct mos_counters_view *v, const char *name);
/** Value (COUNT, GAUGE) or total number of samples (HIST). 0 for a bad index. */
uint64_t mos_counters_get(const struct mos_counters_view *v, uint32_t i);
/** Upper bound of quantile q (0..1) of a histogram, 0 when empty. */
uint64_t mos_counters_quantile(const struct mos_counters_view *v, uint32_t i, double q);

#ifdef __cplusplus
}
#endif
#endif

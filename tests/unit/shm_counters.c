/* SPDX-License-Identifier: MIT */
/* The counters page: what is written is read, by name, and a hostile page is refused. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/counters.h>

enum { DROPS, VOICES, CYCLE, N };

static const struct mos_counter_def defs[N] = {
	[DROPS] = {"seq.drops", "", MOS_COUNTER_COUNT},
	[VOICES] = {"apollo.voices", "", MOS_COUNTER_GAUGE},
	[CYCLE] = {"rt.cycle", "ns", MOS_COUNTER_HIST},
};

static struct mos_counters make(void)
{
	struct mos_counters c;

	cr_assert_eq(mos_counters_create("test-counters", defs, N, 3, &c), 0);
	return c;
}

Test(shm_counters, round_trip,
	.description = "KRO-11: each kind of counter is found by its name and read as written")
{
	struct mos_counters c = make();
	struct mos_counters_view v;

	cr_assert_eq(mos_counters_attach(c.region.fd, &v, NULL), 0);
	cr_assert_eq(v.n_labels, N);
	cr_assert_eq(mos_counters_find(&v, "seq.drops"), DROPS);
	cr_assert_eq(mos_counters_find(&v, "rt.cycle"), CYCLE);
	cr_assert_eq(mos_counters_find(&v, "rt.cycl"), -ENOENT);
	cr_assert_str_eq(v.label[CYCLE].unit, "ns");

	cr_assert_eq(mos_counters_get(&v, DROPS), 0);
	mos_counter_add(&c, DROPS, 5);
	mos_counter_add(&c, DROPS, UINT64_C(1) << 40);
	cr_assert_eq(mos_counters_get(&v, DROPS), (UINT64_C(1) << 40) + 5);
	mos_counter_set(&c, VOICES, -120000);
	cr_assert_eq((int64_t)mos_counters_get(&v, VOICES), -120000);
	mos_counter_set(&c, VOICES, 7);
	mos_counter_max(&c, VOICES, 6);
	cr_assert_eq(mos_counters_get(&v, VOICES), 7);
	mos_counter_max(&c, VOICES, 8);
	cr_assert_eq(mos_counters_get(&v, VOICES), 8);
	cr_assert_eq(mos_counters_get(&v, N), 0);
	cr_assert_eq(mos_counters_get(&v, UINT32_MAX), 0);
	mos_counters_detach(&v);
	mos_counters_detach(&v);
	mos_region_finish(&c.region);
}

Test(shm_counters, histogram,
	.description = "KRO-11: samples fall into the bucket of their bit length; quantiles are upper bounds")
{
	struct mos_counters c = make();
	struct mos_counters_view v;

	cr_assert_eq(mos_counters_attach(c.region.fd, &v, NULL), 0);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 0.5), 0);
	for (int i = 0; i < 90; i++)
		mos_counter_sample(&c, CYCLE, 1000); /* 2^9 <= 1000 < 2^10 */
	for (int i = 0; i < 9; i++)
		mos_counter_sample(&c, CYCLE, 1024);
	mos_counter_sample(&c, CYCLE, 1 << 20);
	cr_assert_eq(mos_counters_get(&v, CYCLE), 100);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 0.0), 1023);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 0.5), 1023);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 0.90), 1023);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 0.95), 2047);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 1.0), (1 << 21) - 1);
	cr_assert_eq(mos_counters_quantile(&v, DROPS, 0.5), 0, "not a histogram");
	mos_counters_detach(&v);
	mos_region_finish(&c.region);
}

Test(shm_counters, histogram_ends, .description = "0 and the largest sample have their buckets")
{
	struct mos_counters c = make();
	struct mos_counters_view v;

	cr_assert_eq(mos_counters_attach(c.region.fd, &v, NULL), 0);
	mos_counter_sample(&c, CYCLE, 0);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 1.0), 0);
	cr_assert_eq(v.value[v.label[CYCLE].value_index], 1);
	mos_counter_sample(&c, CYCLE, 1);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 1.0), 1);
	mos_counter_sample(&c, CYCLE, UINT64_MAX);
	cr_assert_eq(mos_counters_quantile(&v, CYCLE, 1.0), UINT64_MAX);
	cr_assert_eq(v.value[v.label[CYCLE].value_index + 63], 1);
	cr_assert_eq(mos_counters_get(&v, CYCLE), 3);
	mos_counters_detach(&v);
	mos_region_finish(&c.region);
}

Test(shm_counters, create_refuses,
	.description = "Names and units that don't fit, unknown kinds and too many counters are refused")
{
	static const char long_name[] = "0123456789012345678901234567890123456789012345678";
	struct mos_counter_def bad = {
		long_name + 1, "", MOS_COUNTER_COUNT}; /* 48 bytes and no room for the NUL */
	struct mos_counter_def many[MOS_COUNTERS_MAX + 1];
	struct mos_counters c;

	cr_assert_eq(mos_counters_create("x", &bad, 1, 1, &c), -ENAMETOOLONG);
	bad.name = long_name + 2;
	cr_assert_eq(mos_counters_create("x", &bad, 1, 1, &c), 0);
	mos_region_finish(&c.region);
	bad.unit = "12345678";
	cr_assert_eq(mos_counters_create("x", &bad, 1, 1, &c), -ENAMETOOLONG);
	bad = (struct mos_counter_def){"a", "", (enum mos_counter_kind)4};
	cr_assert_eq(mos_counters_create("x", &bad, 1, 1, &c), -EINVAL);
	for (uint32_t i = 0; i <= MOS_COUNTERS_MAX; i++)
		many[i] = defs[CYCLE];
	cr_assert_eq(mos_counters_create("x", many, MOS_COUNTERS_MAX + 1, 1, &c), -EINVAL);
	cr_assert_eq(mos_counters_create("x", many, MOS_COUNTERS_MAX, 1, &c), 0);
	mos_counter_sample(&c, MOS_COUNTERS_MAX - 1, UINT64_MAX);
	mos_region_finish(&c.region);
}

static void expect_refused(const struct mos_counters *c)
{
	struct mos_counters_view v;
	enum mos_attach_step step = MOS_ATTACH_OK;

	cr_assert_eq(mos_counters_attach(c->region.fd, &v, &step), -EINVAL);
	cr_assert_eq(step, MOS_ATTACH_BAD_LAYOUT);
}

/** Change one thing of a good page, see it refused, put it back. */
#define BROKEN(lvalue, to)                                                                                   \
	do {                                                                                                 \
		typeof(lvalue) kept = lvalue;                                                                \
		lvalue = to;                                                                                 \
		expect_refused(&c);                                                                          \
		lvalue = kept;                                                                               \
	} while (0)

Test(shm_counters, hostile_page, .description = "A page whose labels or offsets lead outside is refused")
{
	struct mos_counters c = make();
	struct mos_counters_hdr *hdr = c.region.base;
	struct mos_counter_label *label = (struct mos_counter_label *)(hdr + 1);
	struct mos_counters_view v;
	char name[sizeof(label->name)];

	BROKEN(hdr->n_labels, MOS_COUNTERS_MAX + 1);
	BROKEN(hdr->n_labels, N + 1); /* labels would overlap the values */
	BROKEN(hdr->n_labels, UINT32_MAX);
	BROKEN(hdr->n_values, hdr->n_values + 1);
	BROKEN(hdr->n_values, UINT32_MAX);
	BROKEN(hdr->values_off, 128);
	BROKEN(hdr->values_off, hdr->values_off + 4);
	BROKEN(hdr->values_off, hdr->values_off + 8);
	BROKEN(hdr->values_off, UINT64_MAX - 7);
	BROKEN(label[0].kind, 0u);
	BROKEN(label[0].kind, 4u);
	BROKEN(label[1].value_index, hdr->n_values);
	BROKEN(label[2].value_index, 3u); /* its 64 values would reach beyond the last */
	BROKEN(label[2].value_index, UINT32_MAX);
	BROKEN(label[0].name[0], '\0');
	memcpy(name, label[1].name, sizeof(name));
	memset(label[1].name, 'a', sizeof(name));
	expect_refused(&c);
	memcpy(label[1].name, name, sizeof(name));
	memset(label[2].unit, 'a', sizeof(label->unit));
	expect_refused(&c);
	memset(label[2].unit, 0, sizeof(label->unit));
	cr_assert_eq(mos_counters_attach(c.region.fd, &v, NULL), 0, "the page was not put back whole");
	mos_counters_detach(&v);
	mos_region_finish(&c.region);
}

Test(shm_counters, labels_are_private,
	.description = "Labels changed after attaching change nothing for the reader")
{
	struct mos_counters c = make();
	struct mos_counter_label *label =
		(struct mos_counter_label *)((struct mos_counters_hdr *)c.region.base + 1);
	struct mos_counters_view v;

	cr_assert_eq(mos_counters_attach(c.region.fd, &v, NULL), 0);
	memset(label, 0xff, N * sizeof(*label));
	cr_assert_eq(mos_counters_find(&v, "rt.cycle"), CYCLE);
	mos_counter_add(&c, DROPS, 1);
	cr_assert_eq(mos_counters_get(&v, DROPS), 1);
	mos_counters_detach(&v);
	mos_region_finish(&c.region);
}

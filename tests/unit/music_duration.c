/* SPDX-License-Identifier: MIT */
/* APO-30: durations in musical notation, against tempo-free ticks and real time. */
#include <errno.h>
#include <inttypes.h>

#include <criterion/criterion.h>

#include <mos/duration.h>

Test(duration, ticks, .description = "APO-30: 1m 2n 4n 8n. 8t, ticks")
{
	static const struct {
		const char *text;
		uint16_t num, den;
		int64_t ticks;
	} row[] = {{"1n", 4, 4, 3840}, {"2n", 4, 4, 1920}, {"4n", 4, 4, 960}, {"8n", 4, 4, 480},
		{"16n", 4, 4, 240}, {"32n", 4, 4, 120}, {"64n", 4, 4, 60}, {"128n", 4, 4, 30},
		{"4n", 7, 8, 960}, {"1n.", 4, 4, 5760}, {"4n.", 4, 4, 1440}, {"8n.", 4, 4, 720},
		{"128n.", 4, 4, 45}, {"2n..", 4, 4, 3360}, {"4n..", 4, 4, 1680}, {"128n..", 4, 4, 53},
		{"1t", 4, 4, 2560}, {"4t", 4, 4, 640}, {"8t", 4, 4, 320}, {"128t", 4, 4, 20},
		{"1m", 4, 4, 3840}, {"2m", 4, 4, 7680}, {"1m", 7, 8, 3360}, {"3m", 6, 8, 8640},
		{"1000m", 3, 4, 2880000}, {"1i", 4, 4, 1}, {"480i", 4, 4, 480}, {"0480i", 4, 4, 480},
		{"3840000i", 4, 4, 3840000}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_duration got = {.ns = 9, .is_ns = 9};

		cr_assert_eq(
			mos_duration_parse(row[i].text, row[i].num, row[i].den, &got), 0, "%s", row[i].text);
		cr_assert_eq(got.is_ns, 0);
		cr_assert_eq(got.ticks, row[i].ticks, "%s: %" PRId64, row[i].text, got.ticks);
	}
}

Test(duration, time, .description = "APO-30: seconds")
{
	static const struct {
		const char *text;
		int64_t ns;
	} row[] = {{"0.5s", 500000000}, {"0.5", 500000000}, {"1", 1000000000}, {"2s", 2000000000},
		{"250ms", 250000000}, {"0.25ms", 250000}, {"0.000001ms", 1}, {"0.000000001s", 1},
		{"0.1234567894", 123456789}, {"3600s", 3600000000000}, {"3600000ms", 3600000000000},
		{"1.000000000999", 1000000000}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_duration got = {0};

		cr_assert_eq(mos_duration_parse(row[i].text, 4, 4, &got), 0, "%s", row[i].text);
		cr_assert_eq(got.is_ns, 1);
		cr_assert_eq(got.ns, row[i].ns, "%s: %" PRId64, row[i].text, got.ns);
	}
}

Test(duration, refuses, .description = "APO-30")
{
	static const struct {
		const char *text;
		int error;
	} row[] = {{"", -EINVAL}, {"n", -EINVAL}, {"3n", -EINVAL}, {"0n", -EINVAL}, {"256n", -EINVAL},
		{"4n...", -EINVAL}, {"4.n", -EINVAL}, {"4.0n", -EINVAL}, {"1.5m", -EINVAL}, {"0.5i", -EINVAL},
		{"4nt", -EINVAL}, {"4t.", -EINVAL}, {"4N", -EINVAL}, {" 4n", -EINVAL}, {"4n ", -EINVAL},
		{"4 n", -EINVAL}, {".5", -EINVAL}, {"5.", -EINVAL}, {"5.s", -EINVAL}, {"1.2.3", -EINVAL},
		{"1e3", -EINVAL}, {"0x10", -EINVAL}, {"nan", -EINVAL}, {"inf", -EINVAL}, {"+1", -EINVAL},
		{"--1", -EINVAL}, {"-", -EINVAL}, {"-x", -EINVAL}, {"1h", -EINVAL}, {"quarter", -EINVAL},
		{"\u2669", -EINVAL}, {"0", -ERANGE}, {"0.0s", -ERANGE}, {"0m", -ERANGE}, {"0i", -ERANGE},
		{"0.0000000001", -ERANGE}, {"-1", -ERANGE}, {"-4n", -ERANGE}, {"-0.5s", -ERANGE},
		{"-0", -ERANGE}, {"3600.000000001", -ERANGE}, {"3601s", -ERANGE}, {"3600001ms", -ERANGE},
		{"1001m", -ERANGE}, {"3840001i", -ERANGE}, {"99999999999999999999s", -ERANGE},
		{"18446744073709551617i", -ERANGE}, {"18446744073709551617m", -ERANGE},
		{"18446744073709551620n", -EINVAL}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_duration got = {.ticks = 42};

		cr_assert_eq(
			mos_duration_parse(row[i].text, 4, 4, &got), row[i].error, "\"%s\"", row[i].text);
		cr_assert_eq(got.ticks, 42, "written on failure");
	}
}

Test(duration, refuses_bad_meters)
{
	struct mos_duration got;

	cr_assert_eq(mos_duration_parse("4n", 0, 4, &got), -EINVAL);
	cr_assert_eq(mos_duration_parse("4n", 4, 0, &got), -EINVAL);
	cr_assert_eq(mos_duration_parse("4n", 4, 3, &got), -EINVAL);
	cr_assert_eq(mos_duration_parse("4n", 256, 4, &got), -EINVAL);
	cr_assert_eq(mos_duration_parse("4n", 4, 256, &got), -EINVAL);
}

/* SPDX-License-Identifier: MIT */
/* MIDI 2.0 and 1.0 into each other, against vectors that others have written (shared/corpora/midi2). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/ump.h>

#define CORPUS MOS_SOURCE_ROOT "/../shared/corpora/midi2/"

static FILE *open_corpus(const char *name)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), CORPUS "%s", name);
	file = fopen(path, "r");
	if (!file)
		cr_skip_test("needs shared/corpora/midi2/%s", name);
	return file;
}

Test(midi2, scale_up, .description = "MID-07: every value of M2-115's table, and back by a shift")
{
	FILE *file = open_corpus("upscale.tsv");
	unsigned int src_bits, dst_bits, src, dst, n = 0;
	char line[256];

	cr_assert_not_null(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		cr_assert_eq(sscanf(line, "%u %u %u %u", &src_bits, &dst_bits, &src, &dst), 4, "%s", line);
		cr_assert_eq(mos_ump_scale_up(src, src_bits, dst_bits), dst,
			"%u of %u bits in %u is %u, not %u", src, src_bits, dst_bits, dst,
			mos_ump_scale_up(src, src_bits, dst_bits));
		cr_assert_eq(dst >> (dst_bits - src_bits), src);
		n++;
	}
	fclose(file);
	cr_expect_gt(n, 256, "only %u rows", n);
}

static uint32_t parse_words(const char *text, uint32_t *ret, uint32_t max)
{
	uint32_t n = 0;
	char *end;

	for (; n < max; n++) {
		ret[n] = (uint32_t)strtoul(text, &end, 16);
		if (end == text)
			break;
		text = end;
	}
	return n;
}

/* Each message of `in` in the other protocol; others are passed on. */
static uint32_t convert(const uint32_t *in, uint32_t n_in, int to_midi2, uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_in; i += mos_ump_words(in[i])) {
		uint32_t words = mos_ump_words(in[i]), made = 0;

		if (to_midi2 && mos_ump_to_midi2(in[i], &out[n]))
			made = 2;
		else if (!to_midi2)
			made = mos_ump_to_midi1(&in[i], &out[n]);
		if (made == 0) {
			memcpy(&out[n], &in[i], words * sizeof(*in));
			made = words;
		}
		n += made;
	}
	return n;
}

Test(midi2, vectors,
	.description = "MID-07: protocol vectors, message by message; those that gather several messages "
		       "into one are not "
		       "done yet")
{
	FILE *file = open_corpus("ump-vectors.tsv");
	char line[1024], *field[4];
	unsigned int n = 0;

	while (fgets(line, sizeof(line), file)) {
		uint32_t in[32], want[32], got[64], n_in, n_want, n_got;
		int to_midi2;

		for (int i = 0; i < 4; i++)
			field[i] = strtok(i ? NULL : line, "\t\n");
		to_midi2 = strcmp(field[0], "ump_to_midi2_protocol") == 0;
		if ((!to_midi2 && strcmp(field[0], "ump_to_midi1_protocol") != 0) ||
			strncmp(field[1], "Test 6", 6) == 0)
			continue;
		n_in = parse_words(field[2], in, 32);
		n_want = parse_words(field[3], want, 32);
		n_got = convert(in, n_in, to_midi2, got);
		cr_expect_eq(n_got, n_want, "%s: %u words", field[1], n_got);
		cr_expect_arr_eq(got, want, n_want * sizeof(*want), "%s", field[1]);
		n++;
	}
	fclose(file);
	cr_expect_eq(n, 5);
}

Test(midi2, there_and_back,
	.description = "MID-07: every MIDI 1.0 channel voice message is the same after a trip through MIDI "
		       "2.0; RPNs and "
		       "banks of MIDI 2.0 are told in controllers")
{
	uint32_t two[2], one[4];

	for (uint32_t status = 0x80; status < 0xf0; status += 0x10)
		for (uint32_t data = 0; data < 0x4000; data++) {
			uint32_t word =
				0x25000000u | (status | 7) << 16 | (data & 0x3f80) << 1 | (data & 0x7f);
			uint32_t want = word;

			if (status == 0xc0 || status == 0xd0)
				want = word &= ~0x7fu;
			if (status == 0x90 && (data & 0x7f) == 0)
				want = 0x25870040u | (word & 0x7f00);
			cr_assert_eq(mos_ump_to_midi2(word, two), 1);
			cr_assert_eq(mos_ump_to_midi1(two, one), 1, "%08x", word);
			cr_assert_eq(one[0], want, "%08x became %08x", word, one[0]);
		}
	cr_expect_eq(mos_ump_to_midi1((const uint32_t[]){0x40220006, 0x10080000}, one), 4);
	cr_expect_eq(one[0], 0x20b26500);
	cr_expect_eq(one[1], 0x20b26406);
	cr_expect_eq(one[2], 0x20b20608);
	cr_expect_eq(one[3], 0x20b22602);
	cr_expect_eq(mos_ump_to_midi1((const uint32_t[]){0x40c00001, 0x4000010a}, one), 3);
	cr_expect_eq(one[0], 0x20b00001);
	cr_expect_eq(one[1], 0x20b0200a);
	cr_expect_eq(one[2], 0x20c04000);
	cr_expect_eq(mos_ump_to_midi1((const uint32_t[]){0x40903c00, 0}, one), 1);
	cr_expect_eq(one[0], 0x20903c01, "soft, not its end");
	for (uint32_t type = 0; type < 16; type++) {
		cr_expect(type == 2 || mos_ump_to_midi2(type << 28 | 0x903c40, two) == 0);
		cr_expect(type == 4 ||
			  mos_ump_to_midi1((const uint32_t[]){type << 28 | 0x903c40, 0}, one) == 0);
	}
}

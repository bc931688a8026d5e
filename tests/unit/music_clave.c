/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include <mos/clave.h>

static void expect_strokes(const char *name, uint32_t grid, int n, const uint8_t *strokes)
{
	uint8_t got[MOS_CLAVE_STROKES_MAX];

	cr_expect_eq(mos_clave_steps(name, grid, got), n, "%s", name);
	cr_expect_arr_eq(got, strokes, (size_t)n, "%s", name);
}

Test(clave, strokes,
	.description = "T-22: claves as they are traditionally played, and the reference's lists")
{
	expect_strokes("son_2_3", 16, 5, (uint8_t[]){4, 8, 16, 22, 28});
	expect_strokes("son_3_2", 16, 5, (uint8_t[]){0, 6, 12, 20, 24});
	expect_strokes("rumba_3_2", 16, 5, (uint8_t[]){0, 6, 14, 20, 24});
	expect_strokes("rumba_2_3", 16, 5, (uint8_t[]){4, 8, 16, 22, 30});
	expect_strokes("ref_son_2_3", 16, 6, (uint8_t[]){0, 6, 10, 16, 22, 26});
	expect_strokes("ref_son_3_2", 16, 5, (uint8_t[]){0, 6, 10, 16, 22});
	expect_strokes("ref_son_2_3", 8, 6, (uint8_t[]){0, 3, 5, 8, 11, 13});
	expect_strokes("ref_son_3_2", 8, 5, (uint8_t[]){0, 3, 5, 8, 11});
}

Test(clave, grids,
	.description = "T-22: on the coarse grid the same strokes; 2-3 is 3-2 begun with its other bar")
{
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t fine[MOS_CLAVE_STROKES_MAX];
		uint8_t coarse[MOS_CLAVE_STROKES_MAX];
		const int n = mos_clave_steps(mos_clave_name(i), 16, fine);

		cr_expect_eq(mos_clave_steps(mos_clave_name(i), 8, coarse), n);
		for (int k = 0; k < n; k++)
			cr_expect_eq(coarse[k], fine[k] / 2);
	}
	for (uint32_t i = 0; i < 4; i += 2) {
		uint8_t a[MOS_CLAVE_STROKES_MAX];
		uint8_t b[MOS_CLAVE_STROKES_MAX];
		uint32_t bits[2] = {0};

		for (int k = 0; k < mos_clave_steps(mos_clave_name(i), 16, a); k++)
			bits[0] |= 1u << (a[k] + 16) % 32;
		for (int k = 0; k < mos_clave_steps(mos_clave_name(i + 1), 16, b); k++)
			bits[1] |= 1u << b[k];
		cr_expect_eq(bits[0], bits[1], "%s", mos_clave_name(i));
	}
}

Test(clave, unknown, .description = "T-22: no clave of that name, no such grid")
{
	uint8_t got[MOS_CLAVE_STROKES_MAX];

	cr_expect_eq(mos_clave_steps("salsa", 16, got), -EINVAL);
	cr_expect_eq(mos_clave_steps("son_2_3", 12, got), -EINVAL);
	cr_expect_eq(mos_clave_steps(NULL, 16, got), -EINVAL);
	cr_expect_null(mos_clave_name(6));
}

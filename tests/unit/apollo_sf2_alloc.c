/* SPDX-License-Identifier: MIT */
/* Loading a sound font when memory runs out at the first, the second ... the last allocation. */
#include <criterion/criterion.h>

#include <errno.h>

#include "apollo/load/load.h"
#include "sf2_make.h"

#define P MK_PRESET
#define I MK_INSTRUMENT

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static long left = -1; /* allocations that still succeed; -1: all */

static int may_not(void)
{
	if (left < 0)
		return 0;
	if (left == 0)
		return 1;
	left--;
	return 0;
}

void *__wrap_malloc(size_t n)
{
	return may_not() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return may_not() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return may_not() ? NULL : __real_realloc(p, n);
}

static struct mk_bytes *font(void)
{
	struct mk *m = mk_new();

	mk_sample(m, "one", 0, 500, 100, 400, 60, 0, 1);
	mk_sample(m, "two", 500, 1000, 600, 900, 60, 0, 1);
	for (uint32_t i = 0; i < 3; i++) {
		mk_preset(m, "preset", i, 0);
		mk_zone(m, P);
		mk_gen(m, P, 52, (int32_t)i);
		mk_gen(m, P, 41, 0);
	}
	mk_instrument(m, "instrument");
	for (uint32_t i = 0; i < 30; i++) { /* more than the tables' first room */
		mk_zone(m, I);
		mk_mod(m, I, 0x0081, 52, (int32_t)i, 0, 0);
		mk_gen(m, I, 54, 1);
		mk_gen(m, I, 53, (int32_t)(i % 2));
	}
	return mk_bytes(m);
}

Test(apollo_sf2_alloc, each_in_turn, .description = "APO-18: no memory: an error, no bank, nothing kept",
	.timeout = 20)
{
	struct mk_bytes *file = font();
	const char *path = mk_write(file->d, file->n);
	uint32_t n = 0;
	int r = -ENOMEM;

	for (; r == -ENOMEM && n < 10000; n++) {
		struct store *store = store_create(&(struct store_options){0});
		struct bank *bank = NULL;
		char error[256] = "";

		left = n;
		r = load_sf2(path, &(struct load_options){.store = store}, &bank, NULL, error, sizeof(error));
		left = -1;
		cr_assert(r == 0 ? bank != NULL : bank == NULL && error[0], "allocation %u: %d", n, r);
		if (bank)
			bank->destroy(bank);
		store_destroy(store);
	}
	cr_expect_eq(r, 0, "allocation %u: %d", n, r);
	cr_expect_gt(n, 20, "%u allocations", n);
	unlink(path);
	free(file);
}

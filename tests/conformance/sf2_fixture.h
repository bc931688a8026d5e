/* SPDX-License-Identifier: MIT */
/** Sound fonts loaded by our own reader, for tests that compare. */
#ifndef TEST_SF2_FIXTURE_H
#define TEST_SF2_FIXTURE_H

#include <criterion/criterion.h>

#include <unistd.h>

#include "apollo/load/load.h"

#define FLUID_R3 "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define TIM_GM "/usr/share/sounds/sf2/TimGM6mb.sf2"

struct font {
	struct store *store;
	struct bank *bank;
	struct load_report report;
};

static inline void open_font(struct font *f, const char *path)
{
	char error[512] = "";

	if (access(path, R_OK) != 0)
		cr_skip("no sound font %s", path);
	*f = (struct font){.store = store_create(&(struct store_options){0})};
	cr_assert_not_null(f->store);
	cr_assert_eq(load_sf2(path, &(struct load_options){.store = f->store}, &f->bank, &f->report, error,
			     sizeof(error)),
		0, "%s", error);
}

static inline void close_font(struct font *f)
{
	f->bank->destroy(f->bank);
	store_destroy(f->store);
}

static inline const struct preset *font_preset(const struct font *f, uint32_t bank, uint32_t program)
{
	for (uint32_t i = 0; i < f->bank->n_presets; i++)
		if (f->bank->preset[i].bank == bank && f->bank->preset[i].program == program)
			return &f->bank->preset[i];
	return NULL;
}

#endif

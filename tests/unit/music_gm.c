/* SPDX-License-Identifier: MIT */
/* General MIDI names: every program is found by its own name, and people's words find what they mean. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <mos/gm.h>

Test(gm, own_names, .description = "each of the 128 names is there, differs, and finds its program")
{
	for (int i = 0; i < MOS_GM_PROGRAMS; i++) {
		cr_assert_not_null(mos_gm_name((uint32_t)i));
		cr_expect_eq(mos_gm_find(mos_gm_name((uint32_t)i)), i, "%s", mos_gm_name((uint32_t)i));
	}
	cr_expect_null(mos_gm_name(128));
	cr_expect_null(mos_gm_name(UINT32_MAX));
}

/* Places in the sound set as the MIDI Association's table lists them (there from 1). */
Test(gm, fixed_points, .description = "spot checks against the General MIDI level 1 sound set")
{
	static const struct {
		int from_one;
		const char *name;
	} row[] = {
	        {1, "Acoustic Grand Piano"},
	        {9, "Celesta"},
	        {17, "Drawbar Organ"},
	        {25, "Acoustic Guitar (nylon)"},
	        {34, "Electric Bass (finger)"},
	        {41, "Violin"},
	        {49, "String Ensemble 1"},
	        {57, "Trumpet"},
	        {65, "Soprano Sax"},
	        {74, "Flute"},
	        {81, "Lead 1 (square)"},
	        {89, "Pad 1 (new age)"},
	        {97, "FX 1 (rain)"},
	        {105, "Sitar"},
	        {113, "Tinkle Bell"},
	        {121, "Guitar Fret Noise"},
	        {128, "Gunshot"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		cr_expect_str_eq(mos_gm_name((uint32_t)row[i].from_one - 1), row[i].name);
}

/* APO-02: the instruments that the specification names resolve. */
Test(gm, spoken_names, .description = "APO-02: the names that people say find an instrument of that kind")
{
	static const struct {
		const char *said;
		int program;
	} row[] = {
	        {"piano", 0},
	        {"guitar", 24},
	        {"bass", 32},
	        {"violin", 40},
	        {"cello", 42},
	        {"flute", 73},
	        {"clarinet", 71},
	        {"trumpet", 56},
	        {"trombone", 57},
	        {"viola", 41},
	        {"contrabass", 43},
	        {"harp", 46},
	        {"timpani", 47},
	        {"horn", 60},
	        {"tuba", 58},
	        {"oboe", 68},
	        {"bassoon", 70},
	        {"organ", 16},
	        {"choir", 52},
	        {"sax", 64},
	        {"HONKY TONK piano", 3},
	        {"piano grand", 0},
	        {"finger bass", 33},
	        {"harpsi", 6},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		cr_expect_eq(mos_gm_find(row[i].said), row[i].program, "%s: %d", row[i].said,
		        mos_gm_find(row[i].said));
}

Test(gm, unknown_names, .description = "what is no instrument is refused, however long or odd")
{
	char long_name[4096];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	cr_expect_eq(mos_gm_find(""), -ENOENT);
	cr_expect_eq(mos_gm_find(" -- "), -ENOENT);
	cr_expect_eq(mos_gm_find("kazoo"), -ENOENT);
	cr_expect_eq(mos_gm_find("\xf0\x9f\x8e\xb9"), -ENOENT);
	cr_expect_eq(mos_gm_find(long_name), -ENOENT);
}

/* SPDX-License-Identifier: MIT */
/* The metronome's settings: what follows from what, what is refused, what is locked. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "config.h"
#include "music_random.h"

static struct metro_fault fault;

static void expect_pattern(const struct metro_config *c, const char *text)
{
	char got[MOS_RHYTHM_STEPS_MAX + 1];

	cr_assert_gt(mos_rhythm_format(&c->now.rhythm, got, sizeof(got)), 0);
	cr_assert_str_eq(got, text);
}

Test(metronome_config, begins_with_tresillo, .description = "TOU-03: tresillo is what it begins with")
{
	struct metro_config c;

	metro_config_init(&c);
	expect_pattern(&c, "x..x..x.");
	cr_assert_eq(c.now.preset_id, MOS_PRESET_TRESILLO);
}

Test(metronome_config, what_goes_before_what,
	.description = "TOU-01 TOU-02 TOU-03: presets, own patterns, pulses and steps, rotation")
{
	struct metro_config c;

	metro_config_init(&c);
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_str("preset", "aksak")), &fault), 0);
	expect_pattern(&c, "x.x.x.x");
	cr_assert(c.now.num == 7 && c.now.den == 8, "TOU-03: a preset brings its meter");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_int("rotation", 1)), &fault), 0);
	expect_pattern(&c, ".x.x.xx");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_int("pulses", 3)), &fault), 0);
	cr_assert_str_eq(c.preset, "none");
	cr_assert(c.now.num == 7 && c.now.den == 8, "and leaves it to what comes of it");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_str("pattern", "xx.x...")), &fault), 0);
	expect_pattern(&c, "xx.x...");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_str("preset", "bossa-nova")), &fault), 0);
	expect_pattern(&c, "xx.xx.x.");
	cr_assert(c.now.preset_id == MOS_PRESET_BOSSA_NOVA && c.now.num == 4, "TOU-03");
	cr_assert_eq(
		metro_config_change(&c, MOS_ARGS(mos_int("steps", 16), mos_int("pulses", 7)), &fault), 0);
	expect_pattern(&c, "x..x.x.x..x.x.x.");
	cr_assert_eq(c.now.preset_id, MOS_PRESET_YORK_SAMAI, "TOU-27: what was made by hand is named");
}

Test(metronome_config, refused,
	.description = "TOU-20 TOU-23: out of range is refused, and nothing of it is done")
{
	struct metro_config c, before;

	metro_config_init(&c);
	before = c;
#define REFUSE(r, ...)                                                                                       \
	do {                                                                                                 \
		cr_assert_eq(                                                                                \
			metro_config_change(&c, MOS_ARGS(mos_real("master", 0.5), __VA_ARGS__), &fault), r); \
		cr_assert_arr_eq(&c, &before, sizeof(c));                                                    \
	} while (0)
	REFUSE(-ERANGE, mos_real("volume_accent", 1.51));
	REFUSE(-ERANGE, mos_real("volume_accent", -0.01));
	REFUSE(-EINVAL, mos_real("volume_accent", NAN));
	REFUSE(-EINVAL, mos_str("volume_accent", "1"));
	REFUSE(-ERANGE, mos_real("accent_ratio", 0.49));
	REFUSE(-ERANGE, mos_real("accent_ratio", 2.01));
	REFUSE(-ERANGE, mos_int("visual_lead_ms", 81));
	REFUSE(-EINVAL, mos_real("visual_lead_ms", 2.5));
	REFUSE(-ERANGE, mos_real("threshold_ms", 0.05));
	REFUSE(-EINVAL, mos_str("kit", "polka"));
	REFUSE(-EINVAL, mos_str("preset", "polka"));
	REFUSE(-EINVAL, mos_str("preset", ""));
	REFUSE(-ERANGE, mos_str("preset", "a key that is much too long for it"));
	REFUSE(-EINVAL, mos_str("pattern", "x..y"));
	REFUSE(-ERANGE, mos_int("steps", 129));
	REFUSE(-ERANGE, mos_int("pulses", 9));
	REFUSE(-EINVAL, mos_int("meter_den", 3));
	REFUSE(-EINVAL, mos_int("practice", 1));
	REFUSE(-ENOENT, mos_int("polka", 1));
	cr_assert_str_eq(fault.where, "polka");
	cr_assert_eq(metro_config_change(
			     &c, MOS_ARGS(mos_real("accent_ratio", 2), mos_int("volume_ghost", 1)), &fault),
		0);
	cr_assert(c.mixer.accent_ratio == 2 && c.mixer.volume[MOS_TIER_GHOST] == 1);
}

Test(metronome_config, tempo, .description = "TOU-05: limits by mode")
{
	struct metro_config c;

	metro_config_init(&c);
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_real("bpm", 20)), &fault), 0);
	cr_assert_eq(c.bpm, 60, "TOU-05");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_real("bpm", 1e9)), &fault), 0);
	cr_assert_eq(c.bpm, 200, "TOU-05");
	cr_assert_eq(
		metro_config_change(&c, MOS_ARGS(mos_bool("advanced", 1), mos_real("bpm", 1e9)), &fault), 0);
	cr_assert_eq(c.bpm, 300, "TOU-05");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_real("bpm", 1)), &fault), 0);
	cr_assert_eq(c.bpm, 20, "TOU-05");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_bool("advanced", 0)), &fault), 0);
	cr_assert_eq(c.bpm, 60, "TOU-05");
}

Test(metronome_config, locked, .description = "TOU-07: edit refused while linked; unlink keeps the pattern")
{
	struct metro_config c;

	metro_config_init(&c);
	cr_assert_eq(metro_config_change(
			     &c, MOS_ARGS(mos_str("pattern", "xx.x...."), mos_str("mode", "linked")), &fault),
		0);
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_str("preset", "aksak")), &fault), -EPERM, "TOU-07");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_int("pulses", 2)), &fault), -EPERM, "TOU-07");
	cr_assert_eq(metro_config_rotate(&c, 1), -EPERM, "TOU-07");
	cr_assert_eq(metro_config_pulses(&c, 1), -EPERM, "TOU-07");
	expect_pattern(&c, "xx.x....");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_real("master", 0.5)), &fault), 0,
		"the sound is not locked");
	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_str("mode", "free")), &fault), 0);
	expect_pattern(&c, "xx.x....");
	cr_assert_eq(metro_config_rotate(&c, 1), 0, "TOU-07");
	expect_pattern(&c, "x.x....x");
}

Test(metronome_config, keys, .description = "TOU-42: left and right turn, brackets change the pulses")
{
	struct metro_config c;

	metro_config_init(&c);
	cr_assert_eq(metro_config_rotate(&c, 1), 0);
	expect_pattern(&c, "..x..x.x");
	cr_assert_eq(metro_config_rotate(&c, -1), 0);
	expect_pattern(&c, "x..x..x.");
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(metro_config_rotate(&c, -1), 0);
	expect_pattern(&c, "x..x..x.");
	cr_assert_eq(metro_config_pulses(&c, 1), 0);
	expect_pattern(&c, "x.x.x.x.");
	for (int i = 0; i < 4; i++)
		cr_assert_eq(metro_config_pulses(&c, 1), 0);
	cr_assert_eq(metro_config_pulses(&c, 1), -ERANGE, "TOU-42: not more than steps");
	expect_pattern(&c, "xxxxxxxx");
	for (int i = 0; i < 8; i++)
		cr_assert_eq(metro_config_pulses(&c, -1), 0);
	cr_assert_lt(metro_config_pulses(&c, -1), 0);
	expect_pattern(&c, "........");
}

static struct mos_value map_of(struct mos_field *field, const struct metro_config *c)
{
	return mos_value_map(field, (uint32_t)metro_config_fields(c, field));
}

/* Everything, by chance, through fields and back: what is kept over a restart. */
Test(metronome_config, round_trip, .description = "TOU-26: all that is set comes back as it was")
{
	static const char *const presets[] = {"none", "teental", "three-two", "soukous"};
	uint64_t rng = 26;

	for (int i = 0; i < 300; i++) {
		struct metro_config c, back;
		struct mos_field field[METRO_CONFIG_FIELDS];

		metro_config_init(&c);
		metro_config_init(&back);
		cr_assert_eq(
			metro_config_change(&c,
				MOS_ARGS(mos_str("preset", presets[random_between(&rng, 0, 3)]),
					mos_int("rotation", random_between(&rng, -9, 9)),
					mos_str("kit", mos_kit_name((uint32_t)random_between(&rng, 0, 10))),
					mos_real("bpm", (double)random_between(&rng, 60000, 200000) / 1000),
					mos_str("mode", i % 2 ? "linked" : "free"),
					mos_bool("practice", i % 3 == 0), mos_int("loop_bars", 8)),
				&fault),
			0, "%s %s", fault.where, fault.why);
		mos_mixer_random(&c.mixer, (uint64_t)i);

		const struct mos_value map = map_of(field, &c);

		cr_assert_eq(metro_config_load(&back, &map, &fault), 0, "%s %s", fault.where, fault.why);
		cr_assert_arr_eq(&back.mixer, &c.mixer, sizeof(c.mixer), "TOU-26");
		cr_assert(mos_rhythm_equal(&back.now.rhythm, &c.now.rhythm), "TOU-26");
		cr_assert(back.bpm == c.bpm && back.linked == c.linked && back.practice == c.practice,
			"TOU-26");
		cr_assert_eq(metro_config_hash(&back), metro_config_hash(&c), "TOU-26");
		back.bpm += 1;
		cr_assert_neq(metro_config_hash(&back), metro_config_hash(&c));
	}
}

Test(metronome_config, update,
	.description = "TOU-07: only what was changed in the settings is changed; a locked pattern stays")
{
	struct metro_config c, defaults, set;
	struct mos_field old_field[METRO_CONFIG_FIELDS], new_field[METRO_CONFIG_FIELDS];

	metro_config_init(&defaults);
	metro_config_init(&c);
	metro_config_init(&set);
	cr_assert_eq(metro_config_rotate(&c, 3), 0); /* by a key, the settings don't know */
	set.mixer.master = 0.25;

	struct mos_value old = map_of(old_field, &defaults), map = map_of(new_field, &set);

	cr_assert_eq(metro_config_update(&c, &old, &map, &fault), 0);
	expect_pattern(&c, "x..x.x..");
	cr_assert_eq(c.mixer.master, 0.25);

	strcpy(set.preset, "quarter");
	map = map_of(new_field, &set);
	c.linked = 1;
	set.linked = 1;
	map = map_of(new_field, &set);
	cr_assert_eq(metro_config_update(&c, &old, &map, &fault), 0);
	expect_pattern(&c, "x..x.x..");
	set.linked = 0;
	map = map_of(new_field, &set);
	cr_assert_eq(metro_config_update(&c, &old, &map, &fault), 0);
	expect_pattern(&c, "x..x.x..");
}

/* Garbage of any type in any place is refused or taken, never a fall. */
Test(metronome_config, garbage)
{
	uint64_t rng = 3;
	struct metro_config c;
	struct mos_field names[METRO_CONFIG_FIELDS];
	size_t n;

	metro_config_init(&c);
	n = metro_config_fields(&c, names);
	for (int i = 0; i < 20000; i++) {
		const char *name = names[random_between(&rng, 0, (int64_t)n - 1)].key;
		const int64_t number = (int64_t)random_u64(&rng) >> random_between(&rng, 0, 63);
		struct mos_field f;
		double real;

		memcpy(&real, &number, sizeof(real));
		switch (random_between(&rng, 0, 4)) {
		case 0:
			f = mos_int(name, number);
			break;
		case 1:
			f = mos_real(name, real);
			break;
		case 2:
			f = mos_str(name, (const char *[]){"", "x", "..x", "none", "linked",
						  "\xff\xfe"}[(uint64_t)number % 6]);
			break;
		case 3:
			f = mos_bool(name, number & 1);
			break;
		default:
			f = mos_list(name, NULL, 0);
		}
		(void)metro_config_change(&c, &f, 1, &fault);
		cr_assert(mos_rhythm_is_valid(&c.now.rhythm), "%s", name);
		cr_assert(c.now.num >= 1 && c.now.den >= 1 && c.now.measures >= 1, "%s", name);
		cr_assert(c.bpm >= 20 && c.bpm <= 300, "%s", name);
	}
}

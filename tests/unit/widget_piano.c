/* SPDX-License-Identifier: MIT */
/* The piano's keys and their light, and what is known of the notes that sound. */
#include "widget_picture.h"

#include "piano.h"

static struct mos_event note(uint32_t type, uint8_t key, uint16_t velocity, uint64_t time_ns)
{
	struct mos_event ev = {.type = type, .time_ns = time_ns, .tick = INT64_MIN};

	ev.u.note = (struct mos_ev_note){.key = key, .velocity = velocity, .part = 0xffff};
	return ev;
}

static void play(struct played *p, uint8_t key, uint16_t velocity)
{
	const struct mos_event ev = note(MOS_EVENT_MIDI_NOTEON, key, velocity, 0);

	cr_assert_eq(played_event(p, &ev, 100), 1);
}

Test(widget_piano, keys,
	.description = "WGT-01: 88 keys, 52 white of one width side by side, 36 black between them")
{
	const struct mos_box k = piano_keyboard(1920, 216);
	uint32_t n_white = 0, n_black = 0;

	for (int key = PIANO_LOW; key <= PIANO_HIGH; key++) {
		const struct mos_box box = piano_key_box(k, key);
		/* where no black key lies on it */
		const struct mos_point low = {box.x + box.w / 2, box.y + box.h * 0.95f};

		cr_expect_eq(piano_key_at(k, low), key, "key %d", key);
		cr_expect(box.x >= k.x - 0.01f && box.x + box.w <= k.x + k.w + 0.01f, "key %d", key);
		if (!piano_is_black(key)) {
			cr_expect_float_eq(box.x, k.x + k.w / 52 * (float)n_white, 0.01f, "key %d", key);
			cr_expect_float_eq(box.w, k.w / 52, 0.001f);
			n_white++;
			continue;
		}
		n_black++;
		const struct mos_box left = piano_key_box(k, key - 1), right = piano_key_box(k, key + 1);

		cr_expect(box.x > left.x + left.w / 3 && box.x + box.w < right.x + right.w * 2 / 3, "key %d",
			key);
	}
	cr_expect_eq(n_white, 52);
	cr_expect_eq(n_black, 36);
	cr_expect_eq(piano_key_at(k, (struct mos_point){-1, 100}), -1);
	cr_expect_eq(piano_key_at(k, (struct mos_point){1000, 215.9f}), -1);
}

Test(widget_piano, click, .description = "WGT-01: the lower a key is clicked the harder it sounds")
{
	const struct mos_box k = piano_keyboard(1920, 216), c4 = piano_key_box(k, 60);
	const float soft = piano_velocity_at(k, 60, (struct mos_point){c4.x, c4.y});
	const float loud = piano_velocity_at(k, 60, (struct mos_point){c4.x, c4.y + c4.h});

	cr_expect_float_eq(soft, 0.35f, 0.001f);
	cr_expect_float_eq(loud, 1, 0.001f);
}

Test(widget_piano, light,
	.description = "WGT-01: exactly the keys that sound are lit, the harder the brighter, at every size")
{
	const struct piano_look look = {.color = PIANO_COLOR_ACCENT, .labels = PIANO_LABELS_C};
	struct played p = {0};

	piano_draw(picture_begin(1920, 216), &look, &p);
	picture_check();
	cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 0), 0);
	play(&p, 60, 65535);
	play(&p, 63, 20000);
	play(&p, 67, 40000);
	play(&p, 12, 65535); /* below the piano */
	for (float size = 0.25f; size <= 4; size *= 2) {
		piano_draw(picture_begin(1920 * size, 216 * size), &look, &p);
		picture_check();
		/* face and light of each */
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 0), 6, "%g", (double)size);
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 250), 2, "%g", (double)size);
	}
	cr_expect(picture_has_text("C4"));
	cr_expect_lt(piano_ink(&look, &p, 63).color >> 24, piano_ink(&look, &p, 67).color >> 24);
	cr_expect_lt(piano_ink(&look, &p, 67).color >> 24, piano_ink(&look, &p, 60).color >> 24);

	const struct piano_look by_pitch = {.color = PIANO_COLOR_PITCH};

	cr_expect_eq(piano_ink(&by_pitch, &p, 67).color & 0xff, mos_ink_pitch(7).color & 0xff);
}

Test(widget_piano, played,
	.description = "WGT-01: notes light when they are due, and go out by their end, a snapshot, a seek")
{
	struct played p = {0};
	struct mos_event ev = note(MOS_EVENT_MIDI_NOTEON, 60, 1000, 5000);

	cr_expect_eq(played_event(&p, &ev, 100), 1);
	ev = note(MOS_EVENT_MIDI_NOTEOFF, 60, 0, 9000);
	(void)played_event(&p, &ev, 100);
	ev = note(MOS_EVENT_MIDI_NOTEON, 62, 1000, 4000); /* told later, due earlier */
	(void)played_event(&p, &ev, 100);
	cr_expect_eq(p.n_due, 3);
	cr_expect_eq(played_pass(&p, 3999), 0);
	cr_expect_eq(played_pass(&p, 5000), 1);
	cr_expect_gt(played_level(&p, 60), 0);
	cr_expect_gt(played_level(&p, 62), 0);
	cr_expect_eq(played_pitch_classes(&p), 1u << 0 | 1u << 2);
	cr_expect_eq(played_pass(&p, 9000), 1);
	cr_expect_eq(played_level(&p, 60), 0);

	/* two hold it: it ends with the second */
	play(&p, 64, 500);
	play(&p, 64, 500);
	ev = note(MOS_EVENT_MIDI_NOTEOFF, 64, 0, 0);
	(void)played_event(&p, &ev, 200);
	cr_expect_gt(played_level(&p, 64), 0);
	(void)played_event(&p, &ev, 200);
	cr_expect_eq(played_level(&p, 64), 0);

	/* an end that was missed; what was struck after the snapshot stays */
	ev = (struct mos_event){.type = MOS_EVENT_MIDI_SNAPSHOT, .time_ns = 6000};
	p.on_ns[62] = 6001;
	play(&p, 70, 500);
	(void)played_event(&p, &ev, 10000);
	cr_expect_gt(played_level(&p, 62), 0);
	cr_expect_eq(played_level(&p, 70), 0);
	/* the pedal holds it */
	ev.u.snapshot.keys[0] = 1ull << 48;
	(void)played_event(&p, &ev, 10000);
	cr_expect(played_level(&p, 48) > 0 && played_level(&p, 48) < 0.2f);

	for (uint32_t i = 0; i < 2 * PLAYED_DUE_MAX; i++) {
		ev = note(MOS_EVENT_MIDI_NOTEON, (uint8_t)(i % 128), 1, 20000 + i * 7919 % 1000);
		ev.flags = i % 4 ? MOS_EVENT_SCHEDULED : 0;
		(void)played_event(&p, &ev, 10000);
	}
	cr_expect_eq(p.n_due, PLAYED_DUE_MAX);
	for (uint32_t i = 1; i < p.n_due; i++)
		cr_assert_leq(p.due[i - 1].time_ns, p.due[i].time_ns);
	ev = (struct mos_event){.type = MOS_EVENT_TRANSPORT_SEEK};
	(void)played_event(&p, &ev, 10000);
	cr_expect(p.n_due > 0 && p.n_due < PLAYED_DUE_MAX / 2, "those of others stay");
	for (uint32_t i = 0; i < p.n_due; i++)
		cr_expect_eq(p.due[i].is_scheduled, 0);
}

Test(widget_piano, hidden,
	.description =
		"WGT-01: of a score that played on while nobody drew, what sounds now is lit, and only that")
{
	struct played p = {0};

	for (uint32_t i = 0; i < 4 * PLAYED_DUE_MAX; i++) {
		const int64_t now = 1000 * (int64_t)i;
		struct mos_event ev = note(MOS_EVENT_MIDI_NOTEON, (uint8_t)(i % 64), 1000, now + 500);

		(void)played_event(&p, &ev, now);
		ev = note(MOS_EVENT_MIDI_NOTEOFF, (uint8_t)(i % 64), 0, now + 1400);
		(void)played_event(&p, &ev, now);
	}
	(void)played_pass(&p, 1000 * (4 * PLAYED_DUE_MAX - 1) + 600);
	for (unsigned int key = 0; key < 64; key++)
		cr_expect_eq(played_level(&p, key) > 0, key >= 63, "key %u", key);
}

Test(widget_piano, text, .description = "WGT-01: on a terminal the names of what sounds, spelled for the key")
{
	struct played p = {0};
	char text[64], cut[12];

	play(&p, 60, 100);
	play(&p, 70, 100);
	piano_text(&p, -2, text, sizeof(text));
	cr_expect_str_eq(text, "C4 Bb4\n");
	piano_text(&p, -2, cut, sizeof(cut));
	cr_expect_lt(strlen(cut), sizeof(cut));
}

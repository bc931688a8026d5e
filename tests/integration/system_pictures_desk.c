/* SPDX-License-Identifier: MIT */
/* The desk and the amplifier on the stage: what they change is measured where it sounds. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "amp.h"
#include "desk.h"
#include "pictures_rig.h"
#include "stage_rig.h"
#include "system.h"

#define CLIP_STRIP 62
#define CLIP_PEAK "apollo.strip.62.peak"
#define CLIP_DB (-6.0206) /* of a sine of 0.5 */

static void put_le(FILE *f, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		(void)fputc((int)(value >> (8 * i) & 0xff), f);
}

/* A sine of 441 Hz at half of full scale, longer than a test that looks at it. */
static void write_sine(FILE *f)
{
	const uint32_t rate = 48000, n = 120 * rate;

	(void)fputs("RIFF", f);
	put_le(f, 36 + 2 * n, 4);
	(void)fputs("WAVEfmt ", f);
	put_le(f, 16, 4);
	put_le(f, 1 | 1u << 16, 4); /* PCM, one channel */
	put_le(f, rate, 4);
	put_le(f, 2 * rate, 4);
	put_le(f, 2 | 16u << 16, 4);
	(void)fputs("data", f);
	put_le(f, 2 * n, 4);
	for (uint32_t i = 0; i < n; i++)
		put_le(f, (uint32_t)(int32_t)lround(16384 * sin(2 * M_PI * 441 * i / rate)), 2);
}

static double level(struct mos_client *c, const char *counter)
{
	return (double)(int64_t)system_counter(c, counter) / 1000;
}

static char clip[40];

/* A level that is known. */
static void play_clip(struct mos_client *c)
{
	FILE *f;
	int fd;

	strcpy(clip, "/tmp/mos-pictures-XXXXXX.wav");
	fd = mkstemps(clip, 4);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	cr_assert(f);
	write_sine(f);
	cr_assert_eq(fclose(f), 0);
	cr_assert_eq(mos_call(c, "apollo.clip.add",
			     MOS_ARGS(mos_str("path", clip), mos_int("strip", CLIP_STRIP),
				     mos_int("start_ticks", 0)),
			     NULL),
		0, "%s", mos_client_error(c)->message);
	cr_assert_eq(
		mos_call(c, "apollo.fx.set",
			MOS_ARGS(mos_str("unit", "reverb"), mos_str("param", "on"), mos_real("value", 0)),
			NULL),
		0);
	cr_assert_eq(mos_transport_play(c, 0), 0);
	/* what tests before have left sounding would be on the desk, too */
	for (unsigned strip = 48; strip < CLIP_STRIP; strip++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "apollo.strip.%u.peak", strip);
		while (level(c, name) > -90)
			pictures_turn();
	}
}

static void end_clip(struct mos_client *c)
{
	(void)mos_call(c, "apollo.clip.remove", MOS_NO_ARGS, NULL);
	(void)unlink(clip);
	(void)mos_call(c, "apollo.fx.reset", MOS_NO_ARGS, NULL);
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_int("strip", CLIP_STRIP), mos_real("gain_db", 0),
				     mos_real("pan", 0), mos_bool("mute", 0), mos_bool("solo", 0)),
			     NULL),
		0);
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_str("strip", "master"), mos_real("gain_db", 0)), NULL),
		0);
}

/* Until the meter stands there; the test's own time is the watchdog. */
static void wait_level(struct mos_client *c, const char *counter, double db)
{
	while (fabs(level(c, counter) - db) > 0.2)
		pictures_turn();
}

static void right_click(struct surface *s, struct mos_point at)
{
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_DOWN, at, 3, 4, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_UP, at, 3, 0, 0});
}

/* A strip's place on the desk, as the widget has it: the same answer, and the clip heard. */
static struct desk_place find_strip(struct mos_client *c, uint32_t strip)
{
	static struct desk desk;
	struct mos_reply reply = {0};
	struct desk_place place;

	desk_init(&desk);
	desk_level(&desk, CLIP_STRIP, (float)CLIP_DB, 1);
	cr_assert_eq(mos_call(c, "apollo.strip.list", MOS_NO_ARGS, &reply), 0);
	desk_take(&desk, mos_get(&reply.value, "strips"));
	mos_reply_finish(&reply);
	cr_assert_leq(desk.n_shown, desk_room(WIDTH), "no scrolling");
	cr_assert(desk_place(&desk, WIDTH, HEIGHT, strip, &place));
	return place;
}

static int strip_is(struct mos_client *c, uint32_t strip, const char *what)
{
	struct mos_reply reply = {0};
	const struct mos_value *strips;
	int is;

	cr_assert_eq(mos_call(c, "apollo.strip.list", MOS_NO_ARGS, &reply), 0);
	strips = mos_get(&reply.value, "strips");
	cr_assert(strips && strips->type == MOS_VALUE_LIST && strip < strips->len);
	is = mos_get_bool(&strips->u.items[strip], what, 0);
	mos_reply_finish(&reply);
	return is;
}

/* The share that a strip sends, as the mixer has it. */
static double sends(struct mos_client *c, uint32_t strip, const char *what)
{
	const struct mos_field of = mos_int("strip", strip);
	struct mos_reply reply = {0};
	const struct mos_value *list;
	double share = 0;

	cr_assert_eq(mos_call(c, "apollo.fx.list", &of, 1, &reply), 0);
	list = mos_get(&reply.value, "settings");
	for (uint32_t i = 0; list && i < list->len; i++)
		if (strcmp(mos_get_str(&list->u.items[i], "unit", ""), "send") == 0 &&
			strcmp(mos_get_str(&list->u.items[i], "param", ""), what) == 0)
			share = mos_get_real(&list->u.items[i], "value", 0);
	mos_reply_finish(&reply);
	return share;
}

static bool tells(struct mos_client *c, const char *id, const char *words)
{
	struct mos_reply reply = {0};
	bool does;

	cr_assert_eq(mos_call(c, "broker.widget.attach", MOS_ARGS(mos_str("id", id)), &reply), 0);
	does = strstr(mos_get_str(&reply.value, "text", ""), words) != NULL;
	mos_reply_finish(&reply);
	return does;
}

/* How often such a change has been told since this was asked last. */
static int told(struct mos_client *c, enum mos_mixer_what what, const char *param)
{
	struct mos_event ev;
	int n = 0;

	while (mos_events_next(c, &ev) == 1)
		n += ev.u.mixer.what == what && strcmp(ev.u.mixer.param, param) == 0 &&
		     ev.u.mixer.strip == (what == MOS_MIXER_FX ? CLIP_STRIP : MOS_MIXER_MASTER);
	return n;
}

Test(system_pictures, mixer_hears, .timeout = 180,
	.description = "WGT-31: knobs for reverb and chorus act; what others set is shown because it is "
		       "told, each thing "
		       "once, and nothing is asked for while nothing changes")
{
	static const uint32_t types[] = {MOS_EVENT_MIXER_CHANGE};
	struct mos_client *c = pictures_open();
	struct surface *s;
	struct desk_place p;
	uint64_t requests;

	play_clip(c);
	wait_level(c, CLIP_PEAK, CLIP_DB);
	s = pictures_start(c, "mixer");
	while (!pictures_has_text(s, "Clips"))
		pictures_turn();
	p = find_strip(c, CLIP_STRIP);
	cr_assert_gt(p.send[0].w, 0);
	/* half of it: a hundredth a point */
	pictures_drag(s, mos_box_center(p.send[0]),
		(struct mos_point){mos_box_center(p.send[0]).x, mos_box_center(p.send[0]).y - 50});
	while (fabs(sends(c, CLIP_STRIP, "reverb") - 0.5) > 1e-3)
		pictures_turn();
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, mos_box_center(p.send[1]), 0, 0, 2});
	while (fabs(sends(c, CLIP_STRIP, "chorus") - 0.1) > 1e-3)
		pictures_turn();
	pictures_press(c, "mixer", "}");
	while (fabs(sends(c, CLIP_STRIP, "chorus") - 0.15) > 1e-3)
		pictures_turn();
	right_click(s, mos_box_center(p.send[0]));
	while (sends(c, CLIP_STRIP, "reverb") > 0)
		pictures_turn();
	/* others */
	cr_assert_eq(mos_events_select(c, types, 1), 0);
	(void)told(c, MOS_MIXER_ALL, "");
	cr_assert_eq(mos_call(c, "apollo.fx.set",
			     MOS_ARGS(mos_int("strip", CLIP_STRIP), mos_str("unit", "send"),
				     mos_str("param", "reverb"), mos_real("value", 0.25)),
			     NULL),
		0);
	while (!tells(c, "mixer", "reverb 0.25"))
		pictures_turn();
	cr_expect_geq(told(c, MOS_MIXER_FX, "reverb"), 1, "our own hand's may have come late");
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_str("strip", "master"), mos_real("gain_db", -3.5)), NULL),
		0);
	while (!tells(c, "mixer", "-3.5 dB"))
		pictures_turn();
	cr_expect_eq(told(c, MOS_MIXER_STRIP, "gain_db"), 1);
	cr_assert_eq(mos_call(c, "apollo.fx.reset", MOS_NO_ARGS, NULL), 0);
	while (!tells(c, "mixer", "reverb 0.00  chorus 0.00"))
		pictures_turn();
	cr_expect_eq(told(c, MOS_MIXER_ALL, ""), 1);
	/* a second of the stage's frames in which nothing is set */
	for (int i = 0; i < 20; i++)
		pictures_turn();
	requests = system_counter(c, "control.requests");
	for (int i = 0; i < 250; i++)
		pictures_turn();
	cr_expect_eq(system_counter(c, "control.requests"), requests, "it asks though nothing has changed");
	cr_expect_eq(stage_number(c, "mixer", "restarts"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "mixer"), 0);
	end_clip(c);
	pictures_close(c);
}

Test(system_pictures, mixer, .timeout = 180,
	.description =
		"WGT-31: fader, pan, mute, solo and master act, by pointer and keys: the sound is as loud as "
		"computed; what others set is shown")
{
	struct mos_client *c = pictures_open();
	struct surface *s;
	struct desk_place p;
	float x;

	play_clip(c);
	wait_level(c, CLIP_PEAK, CLIP_DB);
	s = pictures_start(c, "mixer");
	while (!pictures_has_text(s, "Clips"))
		pictures_turn();
	p = find_strip(c, CLIP_STRIP);
	x = p.fader.x + p.fader.w / 2;
	pictures_drag(s, (struct mos_point){x, p.fader.y + p.fader.h * (1 - desk_up(0))},
		(struct mos_point){x, p.fader.y + p.fader.h * (1 - desk_up(-12))});
	wait_level(c, CLIP_PEAK, CLIP_DB - 12);
	while (!pictures_has_text(s, "-12.0"))
		pictures_turn();
	pictures_click(s, mos_box_center(p.solo).x, mos_box_center(p.solo).y);
	while (!strip_is(c, CLIP_STRIP, "solo"))
		pictures_turn();
	wait_level(c, "apollo.peak_l", CLIP_DB - 12); /* nothing else is heard */
	wait_level(c, "apollo.peak_r", CLIP_DB - 12);
	pictures_drag(s, mos_box_center(p.pan), (struct mos_point){p.pan.x + p.pan.w - 0.01f, p.pan.y + p.pan.h / 2});
	while (level(c, "apollo.peak_l") > -60)
		pictures_turn();
	wait_level(c, "apollo.peak_r", CLIP_DB - 12);
	right_click(s, mos_box_center(p.fader));
	wait_level(c, "apollo.peak_r", CLIP_DB);
	pictures_press(c, "mixer", "right"); /* the master */
	for (int i = 0; i < 9; i++)
		pictures_press(c, "mixer", "down");
	wait_level(c, "apollo.peak_r", CLIP_DB - 9);
	pictures_press(c, "mixer", "left");
	pictures_press(c, "mixer", "m");
	while (!strip_is(c, CLIP_STRIP, "mute") || level(c, CLIP_PEAK) > -60)
		pictures_turn();
	pictures_press(c, "mixer", "m");
	wait_level(c, CLIP_PEAK, CLIP_DB);
	/* somebody else's hand */
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_int("strip", CLIP_STRIP), mos_real("gain_db", -21.5)), NULL),
		0);
	while (!pictures_has_text(s, "-21.5"))
		pictures_turn();
	cr_expect_eq(stage_number(c, "mixer", "restarts"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "mixer"), 0);
	end_clip(c);
	pictures_close(c);
}

/* The one insert is in this state; NULL: there is none. */
static int amp_is(struct mos_client *c, const char *state)
{
	struct mos_reply reply = {0};
	const struct mos_value *list;
	int is;

	cr_assert_eq(mos_call(c, "apollo.insert.list", MOS_NO_ARGS, &reply), 0);
	list = mos_get(&reply.value, "inserts");
	is = state ? list && list->len == 1 && strcmp(mos_get_str(&list->u.items[0], "state", ""), state) == 0
		   : !list || list->len == 0;
	mos_reply_finish(&reply);
	return is;
}

Test(system_pictures, amplifier, .timeout = 240,
	.description =
		"WGT-17: models are loaded by a click, input, output and bypass act: the strip is as loud as "
		"computed")
{
	const struct amp_layout l = amp_layout(WIDTH, HEIGHT);
	const struct mos_point none = mos_box_center(amp_row(&l, 0)), crunch = mos_box_center(amp_row(&l, 1)),
			       whole = mos_box_center(amp_row(&l, 2)),
			       input = mos_box_center(l.knob[AMP_INPUT]),
			       output = mos_box_center(l.knob[AMP_OUTPUT]), bypass = mos_box_center(l.bypass);
	const double half_db = 20 * log10(0.5);
	struct mos_client *c = pictures_open();
	struct surface *s;

	play_clip(c);
	s = pictures_start(c, "nam-amp");
	stage_set(c, "nam-amp", mos_int("strip", CLIP_STRIP));
	while (!pictures_has_text(s, "crunch") || !pictures_has_text(s, "whole") || !pictures_has_text(s, "in strip 62"))
		pictures_turn();
	wait_level(c, CLIP_PEAK, CLIP_DB);
	pictures_click(s, crunch.x, crunch.y); /* a model that halves */
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db);
	while (!pictures_has_text(s, "on"))
		pictures_turn();
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, input, 0, 0, 3});
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db + 3);
	pictures_drag(s, output, (struct mos_point){output.x, output.y + 16}); /* a quarter of a dB a point */
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db + 3 - 4);
	while (!pictures_has_text(s, "+3.0") || !pictures_has_text(s, "-4.0"))
		pictures_turn();
	pictures_click(s, bypass.x, bypass.y);
	wait_level(c, CLIP_PEAK, CLIP_DB);
	while (!amp_is(c, "off") || !pictures_has_text(s, "bypassed"))
		pictures_turn();
	pictures_press(c, "nam-amp", "b");
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db + 3 - 4);
	while (!pictures_has_text(s, "on"))
		pictures_turn();
	pictures_click(s, whole.x, whole.y); /* the knobs stay */
	wait_level(c, CLIP_PEAK, CLIP_DB + 3 - 4);
	right_click(s, output);
	wait_level(c, CLIP_PEAK, CLIP_DB + 3);
	while (!pictures_has_text(s, "on"))
		pictures_turn();
	pictures_click(s, none.x, none.y);
	while (!amp_is(c, NULL))
		pictures_turn();
	wait_level(c, CLIP_PEAK, CLIP_DB);
	cr_expect_eq(stage_number(c, "nam-amp", "restarts"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "nam-amp"), 0);
	end_clip(c);
	pictures_close(c);
}

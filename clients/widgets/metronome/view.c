/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STEPS_A_LINE 32
#define RADIUS_MAX 14

struct text {
	char *buf;
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, VIEW_TEXT_SIZE - t->len, fmt, args);
	va_end(args);
	/* What does not fit is left out whole, so that no character is cut. */
	if (n > 0 && t->len + (size_t)n < VIEW_TEXT_SIZE)
		t->len += (size_t)n;
	else
		t->buf[t->len] = '\0';
}

static const char *dot(const struct metro_config *c, uint32_t step, int32_t now)
{
	const int onset = mos_rhythm_has(&c->now.rhythm, step);

	if ((int32_t)step == now)
		return onset ? "◉" : "○";
	return onset ? "●" : "·";
}

/* Steps of the pattern that one measure has, for counting; 0: it is free of the measure. */
static uint32_t steps_a_measure(const struct metro_config *c)
{
	const uint32_t n = c->now.rhythm.n_steps;

	return (c->step_ticks && !c->linked) || n % c->now.measures ? 0 : n / c->now.measures;
}

static void put_line(struct text *t, const struct metro_view_state *s)
{
	const struct metro_config *c = s->config;
	const uint32_t n = c->now.rhythm.n_steps, counted = steps_a_measure(c);
	char label[MOS_COUNT_LABEL_SIZE];

	for (uint32_t first = 0; first < n; first += STEPS_A_LINE) {
		const uint32_t last = first + STEPS_A_LINE < n ? first + STEPS_A_LINE : n;

		for (uint32_t i = first; i < last; i++)
			put(t, " %s ", dot(c, i, s->step));
		put(t, "\n");
		for (uint32_t i = first; i < last; i++) {
			const uint32_t of = counted ? counted : n;

			if (mos_count_label(
				    (enum mos_counting)c->counting, s->num, s->den, of, i % of, label) < 0)
				label[0] = '\0';
			put(t, "%2.3s ", label);
		}
		put(t, "\n");
	}
}

static void put_circle(struct text *t, const struct metro_view_state *s)
{
	const struct metro_config *c = s->config;
	const uint32_t n = c->now.rhythm.n_steps;
	const int radius = n <= 16 ? 5 : n <= 32 ? 8 : n <= 64 ? 11 : RADIUS_MAX;
	int16_t cell[2 * RADIUS_MAX + 1][4 * RADIUS_MAX + 1];

	memset(cell, 0xff, sizeof(cell));
	/* Backwards, so that where two lie on one place the earlier step is seen. Lines are twice as high as
	 * wide. */
	for (uint32_t i = n; i-- > 0;) {
		const double turn = 2 * M_PI * i / n;
		const int x = (int)lround(2 * radius * (1 + sin(turn))),
			  y = (int)lround(radius * (1 - cos(turn)));

		if (cell[y][x] < 0 || (int32_t)cell[y][x] != s->step)
			cell[y][x] = (int16_t)i;
	}
	for (int y = 0; y <= 2 * radius; y++) {
		int blank = 1;

		for (int x = 0; x <= 4 * radius; x++) {
			if (cell[y][x] >= 0) {
				put(t, "%*s%s", blank, "", dot(c, (uint32_t)cell[y][x], s->step));
				blank = 0;
			} else {
				blank++;
			}
		}
		put(t, "\n");
	}
}

static void put_head(struct text *t, const struct metro_view_state *s)
{
	const struct metro_config *c = s->config;
	const struct mos_preset *p = mos_preset(c->now.preset_id);
	const struct mos_rhythm_identity is = mos_rhythm_identify(&c->now.rhythm);
	char pattern[MOS_RHYTHM_STEPS_MAX + 1];

	(void)mos_rhythm_format(&c->now.rhythm, pattern, sizeof(pattern));
	put(t, "%s %.4g BPM  %u/%u  %s\n", s->playing ? "▶" : "■", s->bpm, s->num, s->den,
		c->linked ? "linked" : "free");
	put(t, "%s  %s%u,%u)",
		p           ? p->name
		: is.preset ? mos_preset(is.preset)->name
			    : "Own pattern",
		is.is_euclidean ? "E(" : "(", is.k, is.n);
	if (!p && is.preset)
		put(t, " turned by %u", is.rotation);
	else if (!is.preset && is.is_euclidean && is.euclid_rotation)
		put(t, " turned by %u", is.euclid_rotation);
	if (c->now.poly[0] && c->now.poly[1])
		put(t, "  %u:%u", c->now.poly[0], c->now.poly[1]);
	put(t, "  evenness %.2f\n%s\n", mos_rhythm_evenness(&c->now.rhythm), pattern);
}

static const char help[] = "space       play, pause\n"
			   "up, down    1 BPM faster, slower\n"
			   "left, right turn the pattern\n"
			   "[ ]         an onset less, more\n"
			   "t           tap the tempo\n"
			   "n           next preset\n"
			   "l           link to the score, or free\n"
			   "v           line, circle, both\n"
			   "0           reset the mixer\n"
			   "?           this\n"
			   "Esc         back, or stop\n";

size_t metro_view(const struct metro_view_state *state, char *buf)
{
	struct text t = {.buf = buf};

	buf[0] = '\0';
	put_head(&t, state);
	put(&t, "\n");
	if (state->help) {
		put(&t, "%s", help);
	} else {
		if (state->config->view != VIEW_CIRCLE)
			put_line(&t, state);
		if (state->config->view == VIEW_BOTH)
			put(&t, "\n");
		if (state->config->view != VIEW_LINE)
			put_circle(&t, state);
	}
	if (state->message && state->message[0])
		put(&t, "\n%s\n", state->message);
	return t.len;
}

/* SPDX-License-Identifier: MIT */
#include "fretboard.h"

#include <math.h>

static const char *const interval_names[12] = {
	"1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7"};

static void draw_neck(struct mos_draw *d, const struct fretboard_layout *l)
{
	static const int marked[] = {3, 5, 7, 9, 12, 15, 17, 19, 21, 24};
	const struct mos_box b = l->board;
	const float thin = fmaxf(1, b.h * 0.008f);

	mos_draw_gradient(d, b, 3, mos_ink(MOS_TOKEN_WOOD), mos_ink_faint(MOS_TOKEN_WOOD, 0.82f));
	for (size_t i = 0; i < sizeof(marked) / sizeof(marked[0]) && marked[i] <= l->frets; i++) {
		const struct mos_point at = fretboard_dot(l, 0, marked[i]);
		const float radius = b.h * 0.028f, apart = marked[i] % 12 ? 0 : b.h / FRETBOARD_STRINGS;

		mos_draw_disc(d, (struct mos_point){at.x, b.y + b.h / 2 - apart}, radius,
			mos_ink_faint(MOS_TOKEN_METAL, 0.28f));
		if (apart > 0)
			mos_draw_disc(d, (struct mos_point){at.x, b.y + b.h / 2 + apart}, radius,
				mos_ink_faint(MOS_TOKEN_METAL, 0.28f));
		mos_draw_text(d, (struct mos_point){at.x, b.y + b.h * 1.115f}, b.h * 0.085f,
			MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%d", marked[i]);
	}
	for (int fret = 1; fret <= l->frets; fret++) {
		const float x = b.x + l->scale * (float)fretboard_fret_place(fret);

		mos_draw_line(d, (struct mos_point){x, b.y}, (struct mos_point){x, b.y + b.h}, thin * 1.6f,
			mos_ink_faint(MOS_TOKEN_METAL, 0.45f));
	}
	mos_draw_box(
		d, (struct mos_box){b.x - thin * 4, b.y, thin * 5, b.h}, thin, mos_ink(MOS_TOKEN_KEY_WHITE));
	for (int string = 0; string < FRETBOARD_STRINGS; string++) {
		const float y = fretboard_dot(l, string, 1).y;

		mos_draw_line(d, (struct mos_point){b.x, y}, (struct mos_point){b.x + b.w, y},
			thin * (0.7f + 0.28f * (float)(FRETBOARD_STRINGS - 1 - string)),
			mos_ink_faint(MOS_TOKEN_METAL, 0.85f));
	}
}

static struct mos_ink ink_of(const struct fretboard_dot *dot)
{
	switch (dot->mark) {
	case FRETBOARD_SOUNDING:
		return mos_ink(MOS_TOKEN_SOUNDING);
	case FRETBOARD_MARKED:
		return mos_ink(dot->is_root ? MOS_TOKEN_ACCENT : MOS_TOKEN_ACCENT_2);
	default:
		return mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.5f);
	}
}

static struct mos_ink shape_ink(int shape)
{
	return mos_ink_pitch(shape * 5 % 12);
}

/* A dot that several shapes share has a part of each colour. */
static void draw_disc(struct mos_draw *d, struct mos_point at, float radius, const struct fretboard_dot *dot)
{
	int n = 0, i = 0;

	for (int shape = 0; shape < N_SHAPES; shape++)
		n += dot->shapes >> shape & 1;
	if (n == 0 || dot->mark != FRETBOARD_MARKED) {
		mos_draw_disc(d, at, radius, ink_of(dot));
		return;
	}
	for (int shape = 0; shape < N_SHAPES; shape++) {
		if (!(dot->shapes >> shape & 1))
			continue;
		if (n == 1)
			mos_draw_disc(d, at, radius, shape_ink(shape));
		else
			mos_draw_sector(d, at, radius, 2 * (float)M_PI * ((float)i / (float)n - 0.5f),
				2 * (float)M_PI / (float)n, shape_ink(shape));
		i++;
	}
}

static void draw_label(struct mos_draw *d, const struct fretboard_look *look, const struct harmony *h,
	const struct fretboard_dot *dot, struct mos_point at, float radius, int key)
{
	const struct mos_tonality tonality = harmony_tonality(h);
	const int from = mos_tone_class(
		h->has_chord && look->show != FRETBOARD_SCALE ? h->chord.root : tonality.tonic);
	char name[8] = "";
	const char *text = interval_names[(key - from + 120) % 12];

	if (look->labels == FRETBOARD_NO_LABEL || radius < 5)
		return;
	if (look->labels == FRETBOARD_NOTE) {
		if (mos_tone_format(mos_tone_on_fifths(key % 12, mos_tonality_fifths(tonality) - 2), name,
			    sizeof(name)) < 0)
			return;
		text = name;
	}
	mos_draw_text(d, at, radius * 1.05f, MOS_CENTER | MOS_MIDDLE | MOS_BOLD, mos_ink(MOS_TOKEN_CANVAS),
		"%s", text);
	if (dot->finger)
		mos_draw_text(d, (struct mos_point){at.x + radius * 1.1f, at.y - radius * 0.95f},
			radius * 0.85f, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT), "%d", dot->finger);
}

static void draw_dot(struct mos_draw *d, const struct fretboard_layout *l, const struct fretboard_look *look,
	const struct harmony *h, const struct played *played, int string, int fret)
{
	const struct fretboard_dot dot = fretboard_look_at(look, h, played, string, fret);
	const struct mos_point at = fretboard_dot(l, string, fret);
	float radius = fretboard_dot_radius(l, fret);

	if (dot.mark == FRETBOARD_BLANK)
		return;
	if (dot.mark == FRETBOARD_FAINT)
		radius *= 0.62f;
	if (dot.mark == FRETBOARD_SOUNDING)
		mos_draw_disc(
			d, at, radius * (1.25f + 0.35f * dot.level), mos_ink_faint(MOS_TOKEN_SOUNDING, 0.3f));
	draw_disc(d, at, radius, &dot);
	if (dot.is_root && dot.mark != FRETBOARD_FAINT)
		mos_draw_arc(
			d, at, radius * 0.93f, radius * 0.14f, 0, 2 * (float)M_PI, mos_ink(MOS_TOKEN_TEXT));
	if (dot.mark != FRETBOARD_FAINT)
		draw_label(d, look, h, &dot, at, radius, look->tuning->open[string] + fret);
}

static void draw_shape_names(struct mos_draw *d, const struct fretboard_layout *l,
	const struct fretboard_look *look, const struct harmony *h)
{
	const int root =
		h->has_chord ? mos_tone_class(h->chord.root) : mos_tone_class(harmony_tonality(h).tonic);

	for (int shape = 0; shape < N_SHAPES; shape++) {
		const struct fretboard_grip grip = fretboard_caged((enum fretboard_shape)shape, root, 0);
		int low = FRETBOARD_FRETS_MAX, high = 0;

		if (look->shape >= 0 && look->shape != shape)
			continue;
		for (int s = 0; s < FRETBOARD_STRINGS; s++) {
			if (grip.fret[s] < 0)
				continue;
			low = grip.fret[s] < low ? grip.fret[s] : low;
			high = grip.fret[s] > high ? grip.fret[s] : high;
		}
		if (high > l->frets)
			continue;
		mos_draw_text(d,
			(struct mos_point){(fretboard_dot(l, 0, low).x + fretboard_dot(l, 0, high).x) / 2,
				l->board.y * 0.5f},
			l->board.y * 0.62f, MOS_CENTER | MOS_MIDDLE | MOS_BOLD, shape_ink(shape), "%c",
			fretboard_shape_name[shape]);
	}
}

void fretboard_draw(struct mos_draw *d, const struct fretboard_look *look, const struct harmony *harmony,
	const struct played *played)
{
	const struct fretboard_layout l =
		fretboard_layout(mos_draw_width(d), mos_draw_height(d), look->frets);

	(void)mos_draw_panel(d, "");
	draw_neck(d, &l);
	if (look->show == FRETBOARD_CAGED)
		draw_shape_names(d, &l, look, harmony);
	else if (harmony->symbol[0])
		mos_draw_text(d, (struct mos_point){l.board.x, l.board.y * 0.5f}, l.board.y * 0.62f,
			MOS_MIDDLE | MOS_BOLD, mos_ink(MOS_TOKEN_TEXT), "%s", harmony->symbol);
	for (int string = 0; string < FRETBOARD_STRINGS; string++)
		for (int fret = 0; fret <= look->frets; fret++)
			draw_dot(d, &l, look, harmony, played, string, fret);
}

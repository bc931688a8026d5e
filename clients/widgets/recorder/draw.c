/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <inttypes.h>
#include <math.h>

struct mos_box recorder_button(float width, float height, enum recorder_button button)
{
	const float side = fminf(height * 0.3f, width * 0.14f), margin = fminf(12, height * 0.1f);

	return (struct mos_box){margin + (side * 1.25f) * (float)button, height - margin - side, side, side};
}

enum recorder_button recorder_button_at(float width, float height, struct mos_point at)
{
	for (int i = 0; i < RECORDER_BUTTONS; i++)
		if (mos_box_has(recorder_button(width, height, (enum recorder_button)i), at))
			return (enum recorder_button)i;
	return RECORDER_BUTTONS;
}

static void draw_buttons(struct mos_draw *d, const struct recorder_picture *p)
{
	const int on[RECORDER_BUTTONS] = {p->is_recording, p->is_replaying, 0};

	for (int i = 0; i < RECORDER_BUTTONS; i++) {
		const struct mos_box b =
			recorder_button(mos_draw_width(d), mos_draw_height(d), (enum recorder_button)i);
		const struct mos_ink ink = mos_ink(on[i]                  ? MOS_TOKEN_CANVAS
						   : i == RECORDER_RECORD ? MOS_TOKEN_BAD
									  : MOS_TOKEN_TEXT);

		mos_draw_box(d, b, b.w * 0.2f,
			on[i] ? mos_ink(i == RECORDER_RECORD ? MOS_TOKEN_BAD : MOS_TOKEN_GOOD)
			      : mos_ink_faint(MOS_TOKEN_OFF, 0.55f));
		if (i == RECORDER_RECORD)
			mos_draw_disc(d, mos_box_center(b), b.w * 0.22f, ink);
		else if (i == RECORDER_STOP)
			mos_draw_box(d, mos_box_inset(b, b.w * 0.31f), b.w * 0.04f, ink);
		else
			mos_draw_triangle(d, (struct mos_point){b.x + b.w * 0.36f, b.y + b.h * 0.28f},
				(struct mos_point){b.x + b.w * 0.74f, b.y + b.h * 0.5f},
				(struct mos_point){b.x + b.w * 0.36f, b.y + b.h * 0.72f}, ink);
	}
}

void recorder_draw(struct mos_draw *d, const struct recorder_picture *p)
{
	const float width = mos_draw_width(d), height = mos_draw_height(d);
	const struct mos_box stop = recorder_button(width, height, RECORDER_STOP);
	const float margin = fminf(12, height * 0.1f), size = fminf(height * 0.24f, width * 0.09f);
	const float small = fminf(height * 0.11f, 14), right = width - margin;
	const char *state = p->is_recording ? "recording" : p->is_replaying ? "replaying" : "ready";

	(void)mos_draw_panel(d, "");
	mos_draw_text(d, (struct mos_point){right, margin + size * 0.55f}, size,
		MOS_RIGHT | MOS_MIDDLE | MOS_MONO | MOS_BOLD,
		mos_ink(p->is_recording ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM),
		"%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, p->seconds / 3600, p->seconds / 60 % 60,
		p->seconds % 60);
	if (p->is_recording)
		mos_draw_disc(d, (struct mos_point){margin + small * 0.5f, margin + size * 0.55f},
			small * 0.45f,
			mos_ink_faint(MOS_TOKEN_BAD, 0.55f + 0.45f * (float)cos(2 * M_PI * p->phase)));
	mos_draw_text(d,
		(struct mos_point){margin + (p->is_recording ? small * 1.4f : 0), margin + size * 0.55f},
		small * 1.1f, MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", state);
	mos_draw_text_in(d, (struct mos_box){margin, margin + size * 1.2f, width - 2 * margin, small * 1.4f},
		small, MOS_MIDDLE, mos_ink(p->trouble[0] ? MOS_TOKEN_BAD : MOS_TOKEN_TEXT), "%s",
		p->trouble[0] ? p->trouble : p->name);
	draw_buttons(d, p);
	if (p->is_recording || p->n_events)
		mos_draw_text_in(d,
			(struct mos_box){
				stop.x + stop.w + margin, stop.y, right - stop.x - stop.w - margin, stop.h},
			small, MOS_RIGHT | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM),
			"%" PRIu64 " events, %" PRIu64 " KiB", p->n_events, p->bytes / 1024);
}

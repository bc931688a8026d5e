/* SPDX-License-Identifier: MIT */
/** The transport: buttons, position, tempo, the bar to seek in. Pure. */
#ifndef WIDGET_TRANSPORT_H
#define WIDGET_TRANSPORT_H

#include <mos/clock.h>
#include <mos/draw.h>

enum transport_part {
	TRANSPORT_STOP,
	TRANSPORT_PLAY, /* pause, while it plays */
	TRANSPORT_LOOP,
	TRANSPORT_CLICK,
	TRANSPORT_SLOWER,
	TRANSPORT_FASTER,
	TRANSPORT_BAR, /* to seek in */
	TRANSPORT_PARTS,
	TRANSPORT_NOWHERE = TRANSPORT_PARTS
};

struct transport_layout {
	struct mos_box part[TRANSPORT_PARTS];
	struct mos_box place, tempo; /* texts */
};
struct transport_layout transport_layout(float width, float height);
enum transport_part transport_at(const struct transport_layout *l, struct mos_point at);

/* x of a tick on the bar, and back; 0 and the bar's left end where there is no score. */
float transport_x(const struct transport_layout *l, int64_t tick, int64_t end_tick);
int64_t transport_tick(const struct transport_layout *l, float x, int64_t end_tick);

struct transport_state {
	struct mos_clock clock;
	int64_t tick; /* where it will be when the picture is seen */
	uint32_t bar, beat;
	double bpm;
	enum transport_part under;  /* the pointer */
	int64_t from_tick, to_tick; /* the loop that is being drawn; the same: none */
};
void transport_draw(struct mos_draw *d, const struct transport_state *state);

#endif

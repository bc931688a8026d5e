/* SPDX-License-Identifier: MIT */
#include "olympus.h"

#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "harmony.h"

static const char *const ears[OLYMPUS_EARS] = {"played", "heard", "written"};

int olympus_event(struct olympus *o, const struct mos_event *ev)
{
	const struct mos_ev_chord *told = &ev->u.chord;

	if (ev->type != MOS_EVENT_CHORD_DETECTED || told->source != MOS_CHORD_REALTIME ||
		(!told->fusion && told->origin >= OLYMPUS_EARS))
		return 0;
	struct olympus_chord *chord = told->fusion ? &o->fused : &o->ear[told->origin];
	harmony_print(told->symbol, chord->symbol, sizeof(chord->symbol));
	chord->confidence = told->confidence / 255.0f;
	chord->time_ns = (int64_t)ev->time_ns;
	if (told->fusion) {
		o->votes = told->fusion;
		o->version = told->version;
		/* Who votes for it hears it; what the others heard last stays, and grows old. */
		for (unsigned i = 0; i < OLYMPUS_EARS; i++)
			if (told->fusion >> i & 1)
				o->ear[i] = *chord;
	}
	return 1;
}

double olympus_age_s(const struct olympus_chord *chord, int64_t now_ns)
{
	return chord->time_ns ? (double)(now_ns - chord->time_ns) / 1e9 : -1;
}

static void draw_ear(struct mos_draw *d, struct mos_box row, const struct olympus *o, unsigned i)
{
	const struct olympus_chord *chord = &o->ear[i];
	const float size = row.h * 0.5f < row.w * 0.07f ? row.h * 0.5f : row.w * 0.07f,
		    y = row.y + row.h * 0.42f;
	const double age = olympus_age_s(chord, mos_draw_time_ns(d));
	const int agrees = o->votes >> i & 1;
	const struct mos_box bar = {row.x, row.y + row.h * 0.82f, row.w, row.h * 0.08f};

	mos_draw_disc(d, (struct mos_point){row.x + size * 0.4f, y}, size * 0.3f,
		agrees ? mos_ink(MOS_TOKEN_GOOD) : mos_ink_faint(MOS_TOKEN_OFF, 0.8f));
	mos_draw_text(d, (struct mos_point){row.x + size, y}, size, MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM),
		"%s", ears[i]);
	mos_draw_text(d, (struct mos_point){row.x + row.w * 0.42f, y}, size, MOS_MIDDLE | MOS_BOLD,
		mos_ink(agrees ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s",
		chord->symbol[0] ? chord->symbol : "–");
	if (age >= 0 && age < 1000)
		mos_draw_text(d, (struct mos_point){row.x + row.w, y}, size * 0.8f,
			MOS_RIGHT | MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT_DIM), "%.1f s", age);
	mos_draw_box(d, bar, bar.h / 2, mos_ink_faint(MOS_TOKEN_OFF, 0.5f));
	if (chord->symbol[0] && chord->confidence > 0)
		mos_draw_box(d, (struct mos_box){bar.x, bar.y, bar.w * chord->confidence, bar.h}, bar.h / 2,
			mos_ink(agrees ? MOS_TOKEN_GOOD : MOS_TOKEN_ACCENT));
}

void olympus_draw(struct mos_draw *d, const struct olympus *o)
{
	struct mos_box all = mos_draw_panel(d, "Olympus");
	struct mos_box fusion = mos_box_column(all, 0, 2, 16), figures = mos_box_column(all, 1, 2, 16);
	struct mos_box top = mos_box_cut_top(&fusion, fusion.h * 0.4f);
	const struct mos_box foot = mos_box_cut_bottom(&top, top.h * 0.24f);

	mos_draw_text_in(d, top, top.h * 0.8f, MOS_MIDDLE | MOS_BOLD,
		mos_ink(o->fused.symbol[0] ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s",
		o->fused.symbol[0] ? o->fused.symbol : "–");
	mos_draw_text_in(d, foot, foot.h * 0.7f, MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM),
		"%.0f %% sure, decision %u", (double)o->fused.confidence * 100, o->version);
	for (unsigned i = 0; i < OLYMPUS_EARS; i++)
		draw_ear(d, mos_box_row(fusion, i, OLYMPUS_EARS, 4), o, i);
	hud_draw_in(d, figures, &o->figures);
}

void olympus_text(const struct olympus *o, char *ret, size_t size)
{
	size_t len = (size_t)snprintf(ret, size, "fused    %-12s %3.0f %%\n",
		o->fused.symbol[0] ? o->fused.symbol : "-", (double)o->fused.confidence * 100);

	for (unsigned i = 0; i < OLYMPUS_EARS && len < size; i++)
		len += (size_t)snprintf(ret + len, size - len, "%-8s %-12s %3.0f %% %s\n", ears[i],
			o->ear[i].symbol[0] ? o->ear[i].symbol : "-", (double)o->ear[i].confidence * 100,
			o->votes >> i & 1 ? "agrees" : "");
	if (len < size)
		hud_text(&o->figures, ret + len, size - len);
}

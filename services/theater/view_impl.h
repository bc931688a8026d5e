/* SPDX-License-Identifier: MIT */
/** A view's inside, shared by view*.c. */
#ifndef THEATER_VIEW_IMPL_H
#define THEATER_VIEW_IMPL_H

#include <engrave/engrave.h>

#include "view.h"

#define SOUNDING_MAX 256u
#define FAULT_MAX 92u /* a text of two records */
#define FURNITURE (1u << ENGRAVE_FRAME)

/* What an engraving was made for. */
struct geometry {
	uint64_t version;
	int32_t w, h;
	uint32_t layers;
	uint8_t layout;
	float staff_space_px; /* 0: as it fits */
};

struct view {
	struct view_options o;
	struct followed *score;
	struct setting *setting;   /* under way */
	struct engrave_kept *kept; /* NULL while the setting has it */
	struct geometry made_for;
	struct engraving *e;
	float staff_space_px;
	double engrave_ms;
	char fault[FAULT_MAX + 1]; /* why the score is not shown; empty: it is */
	struct render_list *page_list, *under, *over;
	uint8_t is_fresh, under_is_old;
	int32_t under_w, under_h; /* of the place that `under` was made for */
	uint32_t page;
	float zoom, pan_x, pan_y, scroll; /* pixels */
	uint32_t sounding[SOUNDING_MAX], n_sounding;
	uint32_t chord;              /* index; UINT32_MAX none */
	struct render_rect playhead; /* w 0: not shown */
	double playhead_x, playhead_tick;
	int64_t playhead_time_ns;
	uint32_t measure;
	int32_t origin_x, origin_y;
	float scale;
};

/* view_engrave.c */
/** Whether the place, the score and its layers are those that it was engraved for; else that is asked for. */
void view_look_at_geometry(struct view *v, const struct scene_place *place);
/** What is under way finds nobody. */
void view_forget_setting(struct view *v);

/* view_marks.c: what lies over and under the page, in its units */
void view_make_under(struct view *v, const struct scene_place *place);
void view_make_over(struct view *v);

static inline int view_on_page(const struct view *v, uint32_t system)
{
	return v->e->system[system].page == v->page;
}

#endif

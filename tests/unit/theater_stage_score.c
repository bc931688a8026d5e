/* SPDX-License-Identifier: MIT */
/* A score on the stage: one that goes, changes, is too long or cannot be read, and its paper. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "theater_stage_rig.h"

TestSuite(theater_stage, .init = rig_setup, .fini = rig_teardown, .timeout = 30);

Test(theater_stage, score_goes,
	.description = "THR-15: a score that is unloaded while it is being engraved is not shown afterwards")
{
	static struct score score;
	static struct followed followed = {.refs = 2, .score = &score, .version = 1};
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	struct view *view;

	landscape->wants = 1;
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	atomic_store(&may_end, false);
	view_set_score(view, &followed, "");
	rig_frames(1);
	cr_expect_not(view_is_settled(view));
	view_set_score(view, NULL, "");
	atomic_store(&may_end, true);
	while (atomic_load(&n_engraved) == 0)
		rig_frames(1);
	rig_frames(3);
	cr_expect_eq(view_figures(view).n_pages, 0);
}

Test(theater_stage, score_not_shown_yet,
	.description = "THR-20: a page that no frame has shown yet cannot be clicked: nobody can have meant a place on it")
{
	static struct score score;
	static struct followed followed = {.refs = 2, .score = &score, .version = 1};
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	struct scene_place place = {0};
	struct view_hit hit;
	struct view *view;

	landscape->wants = 1;
	atomic_store(&has_measure, true);
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	view_set_score(view, &followed, "");
	while (view_figures(view).n_pages == 0)
		rig_event();
	cr_expect_eq(view_at(view, &place, 100, 100, &hit), -ENOENT);
	rig_frames(1);
	cr_expect_eq(view_at(view, &place, 100, 100, &hit), 0);
	cr_expect_not(hit.is_note);
	view_set_score(view, NULL, "");
	rig_frames(1);
}

Test(theater_stage, score_edited,
	.description = "THE-13: an edited score is engraved with what the one before has left")
{
	static struct score score;
	static struct followed followed[3] = {{.refs = 2, .score = &score, .version = 1},
		{.refs = 2, .score = &score, .version = 2}, {.refs = 2, .score = &score, .version = 3}};
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	struct view *view;

	landscape->wants = 1;
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	for (unsigned i = 0; i < 3; i++) {
		view_set_score(view, &followed[i], "");
		do
			rig_frames(1);
		while (!view_is_settled(view));
		cr_expect_eq(atomic_load(&most_of_one), i + 1);
	}
	cr_expect_eq(atomic_load(&n_kept), 1);
	view_set_score(view, NULL, "");
	rig_frames(1);
}

Test(theater_stage, score_too_long,
	.description =
		"THR-09: a score that cannot be engraved takes the place of the one before, and says why")
{
	static struct score score;
	static struct followed first = {.refs = 2, .score = &score, .version = 1},
			       second = {.refs = 2, .score = &score, .version = 2};
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	struct view *view;
	unsigned n;

	landscape->wants = 1;
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	view_set_score(view, &first, "");
	while (!view_is_settled(view) || view_figures(view).n_pages == 0)
		rig_frames(1);
	cr_expect_str_eq(view_figures(view).fault, "");
	atomic_store(&engrave_fails, -E2BIG);
	view_set_score(view, &second, "");
	while (!*view_figures(view).fault)
		rig_frames(1);
	cr_expect_not_null(strstr(view_figures(view).fault, "more than can be drawn"));
	cr_expect_eq(view_figures(view).n_pages, 0);
	n = atomic_load(&n_engraved);
	rig_frames(5);
	cr_expect_eq(atomic_load(&n_engraved), n, "not tried again and again");
	atomic_store(&engrave_fails, 0);
	first.version = 3;
	view_set_score(view, &first, "");
	while (view_figures(view).n_pages == 0)
		rig_frames(1);
	cr_expect_str_eq(view_figures(view).fault, "");
	view_set_score(view, NULL, "");
}

Test(theater_stage, score_not_read,
	.description = "THR-09: of a score that cannot be read the page says so, in scenes that come later, "
		       "too; the "
		       "one before is not shown as if it still played")
{
	static struct score score;
	static struct followed first = {.refs = 2, .score = &score, .version = 1};
	static const char why[] = "parts[0].notes[3]/pitch: 200 is no key";
	struct view *view;

	rig_eye_of("mos.canvas.landscape")->wants = 1;
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	stage.follow.ops->score(&first, "", &stage);
	while (view_figures(view).n_pages == 0)
		rig_frames(1);
	(void)snprintf(stage.follow.fault, sizeof(stage.follow.fault), "%s", why);
	stage.follow.ops->score(NULL, stage.follow.fault, &stage);
	rig_frames(2);
	cr_expect_eq(view_figures(view).n_pages, 0);
	cr_expect_not_null(strstr(view_figures(view).fault, why), "%s", view_figures(view).fault);
	cr_expect(view_is_settled(view));
	cr_assert_eq(stage_show(&stage, "composer", SCENE_LANDSCAPE, 0), 0);
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	cr_expect_not_null(strstr(view_figures(view).fault, why));
	stage.follow.fault[0] = '\0';
	stage.follow.ops->score(NULL, "", &stage);
	rig_frames(2);
	cr_expect_str_eq(view_figures(view).fault, "", "the score was unloaded");
}

Test(theater_stage, paper_fits,
	.description =
		"WGT-06: the paper of a score fills its place in each scene, also where none is loaded")
{
	static const char *const scenes[] = {"minimal", "analysis", "composer", "teaching"};

	rig_eye_of("mos.canvas.landscape")->wants = 1;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		cr_assert_eq(stage_show(&stage, scenes[i], SCENE_LANDSCAPE, 0), 0);
		rig_frames(3);
		scene_manager_damage_all(stage.canvas[0].manager);
		rig_frames(1);
		cr_expect_eq(stage.canvas[0].target->n_papers, 1, "%s", scenes[i]);
		cr_expect_not(stage.canvas[0].target->has_wrong_paper, "%s", scenes[i]);
	}
}

Test(theater_stage, systems_fill_pages,
	.description = "THE-13: where a page has one system, notes are as large as lets it fill the page, "
		       "and no larger")
{
	static struct score score;
	static struct followed followed = {.refs = 5, .score = &score, .version = 1};
	static const float height_sp[] = {36, 45, 60, 80}; /* between the largest notes and the least */
	struct view *view;

	rig_eye_of("mos.canvas.landscape")->wants = 1;
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	for (size_t i = 0; i < sizeof(height_sp) / sizeof(*height_sp); i++) {
		system_height_sp = height_sp[i];
		followed.version++;
		view_set_score(view, &followed, "");
		do
			rig_frames(1);
		while (!view_is_settled(view));
		cr_expect_leq(height_sp[i], page_height_sp, "%g of %g", (double)height_sp[i],
			(double)page_height_sp);
		cr_expect_geq(height_sp[i], 0.85f * page_height_sp, "%g of %g", (double)height_sp[i],
			(double)page_height_sp);
	}
	view_set_score(view, NULL, "");
	rig_frames(1);
}

Test(theater_stage, two_systems_a_page,
	.description = "THE-13: where two systems nearly have room on a page, notes are as much smaller as "
		       "lets them")
{
	static struct score score;
	static struct followed followed = {.refs = 2, .score = &score, .version = 1};
	struct view *view;

	rig_eye_of("mos.canvas.landscape")->wants = 1;
	rig_frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	system_height_sp = 30;
	view_set_score(view, &followed, "");
	do
		rig_frames(1);
	while (!view_is_settled(view));
	cr_expect_eq(view_figures(view).n_pages, 2);
	cr_expect_leq(64, page_height_sp);
	cr_expect_geq(64, 0.9f * page_height_sp, "%g", (double)page_height_sp);
	view_set_score(view, NULL, "");
	rig_frames(1);
}

/* SPDX-License-Identifier: MIT */
/** A performance of a program, and what is played of it, for tests of services/band/perform. */
#ifndef TEST_BAND_STAGE_H
#define TEST_BAND_STAGE_H

#include <criterion/criterion.h>

#include <mos/timeline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perform.h>

#define PPQ 960

struct stage {
	struct band_styles *styles;
	struct band_report report;
	struct band_inputs in;
	struct band_options options;
};

static inline void stage_read(struct stage *s, const struct band_overrides *flags, struct band_inputs *ret)
{
	const struct band_source source = {.flags = *flags};
	const int r = band_inputs_read(&source, s->styles, &s->report, ret);

	cr_assert_eq(r, 0, "%s: %s", s->report.issue[0].where, s->report.issue[0].message);
}

/** Inputs of flags; options as by default, without a count-in. */
static inline void stage_open(struct stage *s, const struct band_overrides *flags)
{
	*s = (struct stage){.styles = band_styles_new(NULL, &s->report)};
	cr_assert_not_null(s->styles);
	band_options_init(&s->options);
	s->options.count_in_bars = 0;
	stage_read(s, flags, &s->in);
}

static inline void stage_chords(struct stage *s, const char *chords, const char *style)
{
	struct band_overrides flags = {};

	flags.value[BAND_KEY_CHORDS] = chords;
	flags.value[BAND_KEY_STYLE] = style;
	stage_open(s, &flags);
}

static inline void stage_finish(struct stage *s)
{
	band_inputs_finish(&s->in);
	band_styles_free(s->styles);
}

static inline const char *stage_why(const struct stage *s)
{
	return s->report.n_issues ? s->report.issue[s->report.n_issues - 1].message : "";
}

static inline struct band_performance *stage_perform(struct stage *s)
{
	const struct band_item item = {.in = &s->in, .repeats = 1};
	struct band_performance *p = band_performance_new(&item, 1, &s->options, &s->report);

	cr_assert_not_null(p, "%s", stage_why(s));
	return p;
}

/** What is played, in order: a loop so many times round. */
struct played {
	struct mos_timeline tl;
	int fd;
	struct mos_tl_event *event;
	uint32_t n;
};

static inline struct played played_of(const struct band_performance *p, uint32_t rounds)
{
	struct band_report report = {};
	struct mos_timeline_error error;
	struct played played = {.fd = band_performance_timeline(p, &report)};

	cr_assert_geq(played.fd, 0, "%s", report.issue[0].message);
	const int r = mos_timeline_open(played.fd, &played.tl, &error);
	cr_assert_eq(r, 0, "%s %lu: %s", error.table, (unsigned long)error.index, error.reason);

	const struct mos_tl_policy *policy = &played.tl.policy;
	played.event = calloc((size_t)played.tl.n_event * (rounds + 1) + 1, sizeof(*played.event));
	for (uint32_t i = 0; i < played.tl.n_event; i++)
		played.event[played.n++] = played.tl.event[i];
	for (uint32_t k = 1; k <= rounds && policy->loop_end > 0; k++) {
		for (uint32_t i = 0; i < played.tl.n_event; i++) {
			struct mos_tl_event event = played.tl.event[i];

			if (event.tick < policy->loop_start)
				continue;
			event.tick += k * (policy->loop_end - policy->loop_start);
			played.event[played.n++] = event;
		}
	}
	return played;
}

static inline void played_finish(struct played *played)
{
	mos_timeline_close(&played->tl); /* and its descriptor */
	free(played->event);
}

static inline uint32_t status_of(const struct mos_tl_event *e)
{
	return e->ump[0] >> 20 & 0xf;
}

static inline uint32_t channel_of(const struct mos_tl_event *e)
{
	return e->ump[0] >> 16 & 0xf;
}

static inline uint32_t data1_of(const struct mos_tl_event *e)
{
	return e->ump[0] >> 8 & 0x7f;
}

static inline uint32_t data2_of(const struct mos_tl_event *e)
{
	return e->ump[0] & 0x7f;
}

static inline bool is_on(const struct mos_tl_event *e)
{
	return status_of(e) == 0x9;
}

/** Notes of a part that begin in from..to-1. */
static inline uint32_t count_ons(const struct played *played, uint16_t part, int64_t from, int64_t to)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < played->n; i++) {
		const struct mos_tl_event *e = &played->event[i];

		n += is_on(e) && e->part == part && e->tick >= from && e->tick < to;
	}
	return n;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The form, unrolled: items one behind the other, each with its choruses, again and again. What a bar is
 * follows from its place alone, so that a row may begin anywhere and loop wherever its period ends.
 */
#include "perform_private.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Without sections people hear groups of eight bars. */
#define GROUP_BARS 8
#define TRAINER_MAX_BPM 300.0
/* A loop of more bars than this may stumble at its seam: the period of patterns and trades has no end that
 * fits. */
#define CYCLE_BARS 2048
#define CLAVE_BARS 2

static const struct band_section *find_section(const struct band_inputs *in, const char *name)
{
	for (uint32_t i = 0; i < in->n_sections; i++) {
		if (strncmp(in->section[i].name, name, BAND_SECTION_NAME) == 0)
			return &in->section[i];
	}
	return NULL;
}

static int no_section(
	const struct band_performance *p, const struct perform_item *item, struct band_report *report)
{
	char names[100] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < item->in.n_sections; i++) {
		const size_t len = strnlen(item->in.section[i].name, BAND_SECTION_NAME);

		if (n + len + 2 > sizeof(names))
			break;
		names[n++] = ' ';
		memcpy(&names[n], item->in.section[i].name, len);
		n += len;
		names[n] = '\0';
	}
	(void)band_error(
		report, "band.options.section", "section", "there is no section '%s'", p->options.section);
	band_hint(report, names[0] ? "there are:%s" : "the program has no sections%s", names);
	return -EINVAL;
}

int perform_items_open(struct band_performance *p, struct band_report *report)
{
	for (uint32_t i = 0; i < p->n_items; i++) {
		struct perform_item *item = &p->item[i];
		const struct band_section *section = NULL;

		band_plan_finish(&item->form);
		const int r = band_plan_program(&item->in, report, &item->form);
		if (r < 0)
			return r;
		item->from = 0;
		item->n_bars = item->form.n_bars;
		if (p->options.section[0] == '\0')
			continue;
		section = find_section(&item->in, p->options.section);
		if (!section || section->from_bar >= item->form.n_bars)
			return no_section(p, item, report);
		item->from = section->from_bar;
		if (section->n_bars < item->n_bars - item->from)
			item->n_bars = section->n_bars;
		else
			item->n_bars -= item->from;
		if (item->n_bars == 0)
			return no_section(p, item, report);
	}
	return 0;
}

uint64_t perform_pass_bars(const struct band_performance *p)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->n_items; i++)
		n += (uint64_t)p->item[i].repeats * p->item[i].n_bars;
	return n;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		const uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static uint64_t lcm(uint64_t a, uint64_t b)
{
	return b == 0 ? a : a / gcd(a, b) * b;
}

uint32_t perform_cycle_passes(const struct band_performance *p)
{
	const struct band_style *style = p->item[0].in.style;
	const uint64_t bars = perform_pass_bars(p);
	uint64_t period = 1;

	/* A setlist's items each begin their patterns afresh. */
	if (p->n_items > 1)
		return 1;
	for (int i = 0; i < BAND_N_INTENSITIES; i++)
		period = lcm(period, style->pattern[i] ? style->pattern[i]->bars : 1);
	if (style->clave[0] || (p->options.click && p->options.clave[0]))
		period = lcm(period, CLAVE_BARS);
	period = lcm(period, 2 * (uint64_t)p->options.trade_bars);
	period = lcm(period, p->options.click_only_every);

	const uint64_t passes = period / gcd(period, bars);
	return passes * bars <= CYCLE_BARS ? (uint32_t)passes : 1;
}

static double trainer_max(const struct band_performance *p, const struct perform_item *item)
{
	const double max = p->options.trainer_max_bpm > 0 ? p->options.trainer_max_bpm : TRAINER_MAX_BPM;

	return fmax(max, item->in.tempo_bpm);
}

static double tempo_of(const struct band_performance *p, const struct perform_item *item, uint32_t chorus)
{
	const uint32_t rounds = chorus > item->round ? chorus - item->round : 0;

	if (p->options.trainer_bpm <= 0)
		return item->in.tempo_bpm;
	return fmin(item->in.tempo_bpm + rounds * p->options.trainer_bpm, trainer_max(p, item));
}

uint32_t perform_growing_passes(const struct band_performance *p)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < p->n_items; i++) {
		const struct perform_item *item = &p->item[i];
		uint32_t rounds = p->options.rise ? BAND_N_INTENSITIES - 1 : 0;

		if (p->options.trainer_bpm > 0) {
			const double steps =
				ceil((trainer_max(p, item) - item->in.tempo_bpm) / p->options.trainer_bpm);
			const double until = item->round + fmin(steps, PERFORM_BARS_MAX);

			rounds = until > rounds ? (uint32_t)until : rounds;
		}
		const uint32_t passes = (rounds + item->repeats - 1) / item->repeats;
		most = passes > most ? passes : most;
	}
	return most;
}

struct perform_place perform_place_at(const struct band_performance *p, uint64_t bar)
{
	const uint64_t pass_bars = perform_pass_bars(p);
	const uint64_t pass = bar / pass_bars;
	uint64_t left = bar % pass_bars;
	uint32_t i = 0;

	while (left >= (uint64_t)p->item[i].repeats * p->item[i].n_bars) {
		left -= (uint64_t)p->item[i].repeats * p->item[i].n_bars;
		i++;
	}
	return (struct perform_place){
		.item = i,
		.chorus = (uint32_t)(pass * p->item[i].repeats + left / p->item[i].n_bars),
		.bar = (uint32_t)(left % p->item[i].n_bars),
	};
}

uint64_t perform_bar_of(const struct band_performance *p, struct perform_place place)
{
	const struct perform_item *item = &p->item[place.item];
	uint64_t bar = place.chorus / item->repeats * perform_pass_bars(p);

	for (uint32_t i = 0; i < place.item; i++)
		bar += (uint64_t)p->item[i].repeats * p->item[i].n_bars;
	return bar + (uint64_t)(place.chorus % item->repeats) * item->n_bars + place.bar;
}

/** Soft, medium, hard: as a finite piece grows over its choruses, an endless one over its first. */
static uint8_t risen(const struct band_performance *p, const struct perform_item *item, uint32_t chorus)
{
	const uint64_t choruses = (uint64_t)p->options.choruses * item->repeats;
	const uint64_t level = choruses ? (uint64_t)chorus * BAND_N_INTENSITIES / choruses : chorus;

	return level < BAND_HARD ? (uint8_t)level : BAND_HARD;
}

/** A section ends with this bar of the form, or a group where there are no sections. */
static bool is_section_end(const struct perform_item *item, uint32_t bar)
{
	const uint32_t last = item->from + item->n_bars - 1;

	if (item->n_bars == 1)
		return false;
	for (uint32_t i = 0; i < item->in.n_sections; i++) {
		if (item->in.section[i].from_bar + item->in.section[i].n_bars == bar + 1)
			return true;
	}
	return bar == last || (item->in.n_sections == 0 && bar % GROUP_BARS == GROUP_BARS - 1);
}

static void cue_of(const struct perform_item *item, uint32_t bar, bool is_first, bool is_list, char *ret_cue)
{
	ret_cue[0] = '\0';
	for (uint32_t i = 0; i < item->in.n_sections; i++) {
		if (item->in.section[i].from_bar == bar)
			memcpy(ret_cue, item->in.section[i].name, BAND_SECTION_NAME);
	}
	if (is_list && is_first) {
		size_t n = strnlen(item->in.name, BAND_SECTION_NAME - 1);

		/* not in the middle of a character */
		while (n > 0 && ((uint8_t)item->in.name[n] & 0xc0) == 0x80)
			n--;
		memcpy(ret_cue, item->in.name, n);
		ret_cue[n] = '\0';
	}
	ret_cue[BAND_SECTION_NAME - 1] = '\0';
}

static bool has_drums(const struct band_style *style)
{
	for (int i = 0; i < BAND_N_INTENSITIES; i++) {
		if (style->pattern[i] && style->pattern[i]->line[BAND_DRUMS].n_hits > 0)
			return true;
	}
	return false;
}

/** The band, then the soloist with the drums alone; where there are none, the metronome keeps time. */
static void trade(const struct band_performance *p, const struct band_style *style, struct band_bar *bar)
{
	const bool odd = bar->pattern_bar / p->options.trade_bars % 2;

	if (odd != p->options.trade_band_first)
		return;
	bar->rests |= BAND_REST(BAND_COMP) | BAND_REST(BAND_BASS);
	if (!has_drums(style) || (bar->rests & BAND_REST(BAND_DRUMS)))
		bar->is_click = true;
}

struct band_bar perform_bar_make(const struct band_performance *p, struct perform_place place, char *ret_cue)
{
	const struct perform_item *item = &p->item[place.item];
	const struct band_style *style = item->in.style;
	struct band_bar bar = item->form.bar[item->from + place.bar];
	const uint32_t choruses = p->n_items > 1 ? place.chorus % item->repeats : place.chorus;

	bar.item = p->first_item + place.item;
	bar.chorus = place.chorus;
	bar.chorus_bar = item->from + place.bar;
	bar.pattern_bar = choruses * item->n_bars + place.bar;
	bar.tempo_bpm = tempo_of(p, item, place.chorus);
	bar.intensity = p->options.rise ? risen(p, item, place.chorus) : item->in.intensity;
	bar.rests = p->options.rests;
	bar.is_fill = p->options.fills && (!style->is_reference || style->fill) &&
		      is_section_end(item, bar.chorus_bar);
	if (p->options.trade_bars)
		trade(p, style, &bar);
	if (p->options.click_only_every &&
		bar.pattern_bar % p->options.click_only_every + 1 == p->options.click_only_every)
		bar.is_click = true;
	cue_of(item, bar.chorus_bar, place.bar == 0 && choruses == 0, p->n_items > 1, ret_cue);
	return bar;
}

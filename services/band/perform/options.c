/* SPDX-License-Identifier: MIT */
#include "perform.h"

#include <errno.h>
#include <mos/clave.h>
#include <mos/timeline.h>
#include <string.h>

#define MAX_COUNT_IN 8
#define MAX_CHORUSES 1000
#define MAX_TRADE 32
#define MAX_CLICK_ONLY 64
#define MAX_TRAINER_BPM 100
#define MIN_BPM 20
#define MAX_BPM 400
#define MAX_CC 119 /* 120 and above are channel mode messages: they end notes */

/* Channels of comp, bass and drums. */
#define USED_CHANNELS (1u << 0 | 1u << 1 | 1u << 9)

void band_options_init(struct band_options *options)
{
	*options = (struct band_options){
		.count_in_bars = 1,
		.trade_band_first = true,
		.fills = true,
		.ending = true,
		.click_note = 37,
		.click_vel = 40,
		.bar_cc_channel = 15,
		.bar_cc_countdown = 20,
		.bar_cc_index = 21,
		.bar_cc_section = 22,
		.gate = {.late_drop_ms = MOS_LATE_DROP_MS,
			.ghost_vel_max = MOS_GHOST_VEL_MAX,
			.panic = true,
			.no_overlap = true},
		.to_apollo = true,
	};
}

static void check_range(
	struct band_report *report, const char *option, uint32_t value, uint32_t min, uint32_t max)
{
	if (value < min || value > max)
		(void)band_error(
			report, "band.options.range", option, "%u is not in %u to %u", value, min, max);
}

static void check_trainer(const struct band_options *o, struct band_report *report)
{
	/* Written so that what is no number fails, too. */
	if (!(o->trainer_bpm >= 0 && o->trainer_bpm <= MAX_TRAINER_BPM))
		(void)band_error(report, "band.options.range", "trainer",
			"a trainer adds 0 to %d BPM a chorus", MAX_TRAINER_BPM);
	if (!(o->trainer_max_bpm == 0 || (o->trainer_max_bpm >= MIN_BPM && o->trainer_max_bpm <= MAX_BPM)))
		(void)band_error(report, "band.options.range", "trainer_max", "a tempo is %d to %d BPM",
			MIN_BPM, MAX_BPM);
}

static void check_clave(const struct band_options *o, struct band_report *report)
{
	uint8_t stroke[MOS_CLAVE_STROKES_MAX];

	if (!memchr(o->clave, '\0', sizeof(o->clave))) {
		(void)band_error(report, "band.options.clave", "clave", "a clave's name is shorter");
	} else if (o->clave[0] != '\0' && mos_clave_steps(o->clave, 16, stroke) < 0) {
		(void)band_error(report, "band.options.clave", "clave", "there is no clave '%s'", o->clave);
		band_hint(report, "son_2_3, son_3_2, rumba_2_3, rumba_3_2");
	}
}

static void check_groove(const struct band_options *o, struct band_report *report)
{
	struct band_groove groove;

	if (!memchr(o->groove_profile, '\0', sizeof(o->groove_profile)))
		(void)band_error(
			report, "band.options.groove", "groove_profile", "a profile's name is shorter");
	if (!memchr(o->groove, '\0', sizeof(o->groove)) ||
		(o->groove[0] != '\0' && band_groove_preset(o->groove, &groove) < 0)) {
		(void)band_error(
			report, "band.options.groove", "groove", "there is no groove '%.15s'", o->groove);
		band_hint(report, "tight, loose, challenge, recover");
	}
}

static void check_telemetry(const struct band_options *o, struct band_report *report)
{
	const uint32_t errors = report->n_errors;

	check_range(report, "bar_cc_channel", o->bar_cc_channel, 0, 15);
	check_range(report, "bar_cc_countdown", o->bar_cc_countdown, 0, MAX_CC);
	check_range(report, "bar_cc_index", o->bar_cc_index, 0, MAX_CC);
	check_range(report, "bar_cc_section", o->bar_cc_section, 0, MAX_CC);
	if (o->bar_cc_countdown == o->bar_cc_index || o->bar_cc_index == o->bar_cc_section ||
		o->bar_cc_countdown == o->bar_cc_section)
		(void)band_error(report, "band.options.telemetry", "bar_cc",
			"countdown, index and section need a controller each");
	if (report->n_errors == errors && o->bar_cc && (USED_CHANNELS & 1u << o->bar_cc_channel)) {
		band_warn(report, "band.options.telemetry", "bar_cc_channel",
			"an instrument plays on channel %u: it may hear the telemetry", o->bar_cc_channel);
		band_hint(report, "15 is the contract's");
	}
}

int band_options_check(const struct band_options *o, struct band_report *report)
{
	const uint32_t errors = report->n_errors;

	check_range(report, "count_in", o->count_in_bars, 0, MAX_COUNT_IN);
	check_range(report, "choruses", o->choruses, 0, MAX_CHORUSES);
	check_range(report, "trade", o->trade_bars, 0, MAX_TRADE);
	check_range(report, "click_only_every", o->click_only_every, 0, MAX_CLICK_ONLY);
	check_range(report, "click_note", o->click_note, 0, 127);
	check_range(report, "click_vel", o->click_vel, 1, 127);
	check_range(report, "rests", o->rests, 0, (1u << BAND_N_PARTS) - 1);
	check_range(report, "late_drop_ms", o->gate.late_drop_ms, 0, MOS_TL_MAX_LATE_DROP_MS);
	check_range(report, "ghost_vel_max", o->gate.ghost_vel_max, 0, 127);
	check_trainer(o, report);
	check_clave(o, report);
	check_groove(o, report);
	check_telemetry(o, report);
	if (!memchr(o->section, '\0', sizeof(o->section)))
		(void)band_error(report, "band.options.section", "section", "a section's name is shorter");
	if (!o->to_apollo && !o->to_midi)
		(void)band_error(report, "band.options.output", "output", "it would be heard nowhere");
	return report->n_errors == errors ? 0 : -EINVAL;
}

/* SPDX-License-Identifier: MIT */
/* Whatever is set at the mixer is told as mixer:change, so that nobody has to ask again and again. */
#include "control_internal.h"

#include <stdio.h>

static uint16_t number_of(uint32_t strip)
{
	return strip < MOS_N_STRIPS ? (uint16_t)strip : MOS_MIXER_MASTER;
}

static void tell(struct control *c, const struct mos_ev_mixer *change)
{
	struct mos_rtctl_msg msg = {.u.event = {.tick = INT64_MIN,
					    .type = MOS_EVENT_MIXER_CHANGE,
					    .flags = MOS_EVENT_IMMEDIATE,
					    .u.mixer = *change}};

	if (control_send_bus(c, &msg, ENGINE_OP_EVENT, NULL, 0) < 0)
		c->is_mixer_untold = true;
}

void control_mixer_all(struct control *c)
{
	tell(c, &(struct mos_ev_mixer){.strip = MOS_MIXER_MASTER, .what = MOS_MIXER_ALL});
}

void control_mixer_turn(struct control *c)
{
	if (!c->is_mixer_untold)
		return;
	c->is_mixer_untold = false;
	control_mixer_all(c);
}

void control_mixer_strip(struct control *c, const struct mos_rtctl_msg *msg)
{
	static const char *const name[] = {[1] = "gain_db", [2] = "pan", [4] = "mute", [8] = "solo"};
	struct mos_ev_mixer change = {.strip = number_of(msg->u.strip.strip), .what = MOS_MIXER_STRIP};
	const uint32_t mask = msg->u.strip.mask;

	if (mask < sizeof(name) / sizeof(name[0]) && name[mask])
		(void)snprintf(change.param, sizeof(change.param), "%s", name[mask]);
	tell(c, &change);
}

void control_mixer_fx(struct control *c, uint32_t strip, uint32_t unit, uint32_t param)
{
	struct mos_ev_mixer change = {.strip = number_of(strip), .what = MOS_MIXER_FX};
	const struct mos_fx_param *p;

	if (unit < MOS_FX_N_UNITS)
		(void)snprintf(change.unit, sizeof(change.unit), "%s", mos_fx_unit_name(unit));
	if (param < mos_fx_params(unit, &p))
		(void)snprintf(change.param, sizeof(change.param), "%s", p[param].name);
	tell(c, &change);
}

void control_mixer_insert(struct control *c, uint32_t strip, uint32_t slot, const char *symbol)
{
	struct mos_ev_mixer change = {
		.strip = number_of(strip), .what = MOS_MIXER_INSERT, .slot = (uint8_t)slot};

	(void)snprintf(change.param, sizeof(change.param), "%.15s", symbol);
	tell(c, &change);
}

/* SPDX-License-Identifier: MIT */
/* Effects: what is asked for is checked here, remembered here, and set in the audio thread. */
#include "control_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float *setting(struct control *c, uint32_t strip, uint32_t unit, uint32_t param)
{
	return &c->fx[strip == UINT32_MAX ? MOS_N_STRIPS : strip][unit][param];
}

static int stands_there(uint32_t strip, uint32_t unit)
{
	return strip == UINT32_MAX ? mos_fx_on_master(unit) : strip < MOS_N_STRIPS && mos_fx_on_strip(unit);
}

/* What does something and is over is no setting. */
static int is_kept(uint32_t unit)
{
	return unit != MOS_FX_LOUDNESS;
}

int control_fx_tell(struct control *c, uint32_t *at)
{
	const uint32_t per_strip = MOS_FX_N_UNITS * MOS_FX_PARAMS_MAX, n = (MOS_N_STRIPS + 1) * per_strip;

	for (; *at < n; (*at)++) {
		uint32_t s = *at / per_strip, u = *at % per_strip / MOS_FX_PARAMS_MAX, i = *at % MOS_FX_PARAMS_MAX;
		struct mos_rtctl_msg msg = {.u.fx = {.strip = s == MOS_N_STRIPS ? UINT32_MAX : s, .unit = u, .param = i}};
		const struct mos_fx_param *p;

		if (i >= mos_fx_params(u, &p) || !stands_there(msg.u.fx.strip, u) || c->fx[s][u][i] == p[i].initial)
			continue;
		msg.u.fx.value = c->fx[s][u][i];
		if (c->in_flight >= IN_FLIGHT_MAX || control_send(c, &msg, ENGINE_OP_FX, NULL, 0) < 0)
			return -EAGAIN;
	}
	return 0;
}

/* @return 0; -EAGAIN: as many commands as there may be are on their way, the rest is left. */
static int reset_unit(struct control *c, uint32_t strip, uint32_t unit)
{
	const struct mos_fx_param *p;
	uint32_t n = mos_fx_params(unit, &p);
	struct mos_rtctl_msg msg = {.u.fx = {.strip = strip, .unit = unit}};

	for (uint32_t i = 0; i < n && is_kept(unit); i++) {
		float *now = setting(c, strip, unit, i);

		if (*now == p[i].initial)
			continue;
		msg.u.fx.param = i;
		msg.u.fx.value = p[i].initial;
		if (c->in_flight >= IN_FLIGHT_MAX || control_send(c, &msg, ENGINE_OP_FX, NULL, 0) < 0)
			return -EAGAIN;
		*now = p[i].initial;
	}
	return 0;
}

/* A strip's (or with UINT32_MAX the master's) units, or one of them. */
static int reset_strip(struct control *c, uint32_t strip, uint32_t unit)
{
	int r = 0;

	for (uint32_t u = 0; r == 0 && u < MOS_FX_N_UNITS; u++)
		if ((unit == MOS_FX_ALL || unit == u) && stands_there(strip, u))
			r = reset_unit(c, strip, u);
	return r;
}

void control_fx_go_on(struct control *c)
{
	struct fx_reset *reset = &c->fx_reset;
	int r = 0;

	if (!reset->w.op)
		return;
	if (reset->strip != MOS_FX_ALL_STRIPS)
		r = reset_strip(c, reset->strip, reset->unit);
	else
		for (uint32_t s = 0; r == 0 && s <= MOS_N_STRIPS; s++)
			r = reset_strip(c, s < MOS_N_STRIPS ? s : UINT32_MAX, reset->unit);
	if (r < 0)
		return;
	if (reset->strip == MOS_FX_ALL_STRIPS)
		control_mixer_all(c);
	else
		control_mixer_fx(c, reset->strip, reset->unit, MOS_FX_ALL);
	control_reply_status(c, reset->w, 0, NULL);
	reset->w.op = 0;
}

void control_fx(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	uint32_t strip = msg->u.fx.strip, unit = msg->u.fx.unit, param = msg->u.fx.param;
	const struct mos_fx_param *p = NULL;
	float value = msg->u.fx.value;
	char text[160];

	if (param == MOS_FX_ALL &&
		(strip == MOS_FX_ALL_STRIPS || ((strip == UINT32_MAX || strip < MOS_N_STRIPS) &&
						       (unit == MOS_FX_ALL || stands_there(strip, unit))))) {
		c->fx_reset = (struct fx_reset){.w = w, .strip = strip, .unit = unit};
		control_fx_go_on(c);
		return;
	}
	if (!stands_there(strip, unit) || param >= mos_fx_params(unit, &p)) {
		control_reply_status(c, w, -EINVAL, "there is no such effect there");
		return;
	}
	p += param;
	if (!(value >= p->min && value <= p->max)) { /* NaN too */
		(void)snprintf(text, sizeof(text), "%s: %g to %g is possible", p->name, (double)p->min,
			(double)p->max);
		control_reply_status(c, w, -EINVAL, text);
		return;
	}
	if (control_send(c, msg, msg->op, NULL, 0) < 0)
		control_reply_status(c, w, -EBUSY, "too many requests at once");
	else if (is_kept(unit))
		*setting(c, strip, unit, param) = value;
}

void control_fx_list(struct control *c, struct mos_rtctl_msg *msg)
{
	struct mos_rtctl_fx *list =
		calloc((MOS_N_STRIPS + 1) * (size_t)MOS_FX_N_UNITS * MOS_FX_PARAMS_MAX, sizeof(*list));
	uint32_t n = 0;

	if (!list) {
		control_reply_status(c, (struct waiter){msg->op, msg->id, c->conn}, -ENOMEM, "no memory");
		return;
	}
	for (uint32_t s = 0; s <= MOS_N_STRIPS; s++)
		for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
			const struct mos_fx_param *p;
			uint32_t n_params = mos_fx_params(u, &p);

			for (uint32_t i = 0; i < n_params; i++)
				if (c->fx[s][u][i] != p[i].initial)
					list[n++] = (struct mos_rtctl_fx){
						.strip = s == MOS_N_STRIPS ? UINT32_MAX : s,
						.unit = u,
						.param = i,
						.value = c->fx[s][u][i]};
		}
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.fx_list.n = n;
	(void)control_reply_table(c, msg, &(struct control_table){list, n * sizeof(*list)}, 1);
	free(list);
}

/* SPDX-License-Identifier: MIT */
/* Effects of a render, as they are written on its command line. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/fx.h>

#include "engine.h"
#include "offline.h"

#define ITEM_MAX 96

struct place {
	uint32_t strip, unit, param;
	const struct mos_fx_param *of;
};

/* "9.eq.low_db" or "reverb.on"; changes the text. */
static int read_place(char *text, struct place *ret)
{
	char *dot, *end;
	uint32_t n;

	ret->strip = UINT32_MAX;
	if (*text >= '0' && *text <= '9') {
		ret->strip = (uint32_t)strtoul(text, &end, 10);
		if (*end != '.' || ret->strip >= MOS_N_STRIPS)
			return -EINVAL;
		text = end + 1;
	}
	dot = strchr(text, '.');
	if (!dot)
		return -EINVAL;
	*dot = 0;
	ret->unit = mos_fx_unit_of(text);
	if (ret->strip == UINT32_MAX ? !mos_fx_on_master(ret->unit) : !mos_fx_on_strip(ret->unit))
		return -EINVAL;
	n = mos_fx_params(ret->unit, &ret->of);
	for (ret->param = 0; ret->param < n; ret->param++, ret->of++)
		if (strcmp(ret->of->name, dot + 1) == 0)
			return 0;
	return -EINVAL;
}

static int read_value(const char *text, const struct mos_fx_param *of, float *ret)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	char *end;
	float value;

	if (!c)
		return -ENOMEM;
	value = strtof_l(text, &end, c);
	freelocale(c);
	if (end == text || *end || !(value >= of->min && value <= of->max))
		return -EINVAL;
	*ret = value;
	return 0;
}

static int set(struct engine *e, const struct place *at, float value)
{
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_FX,
		.msg.u.fx = {.strip = at->strip, .unit = at->unit, .param = at->param, .value = value}};

	if (engine_send(e, &cmd) < 0)
		return -EAGAIN;
	engine_serve(e);
	while (engine_receive(e, &cmd))
		;
	return cmd.msg.status;
}

int offline_fx(struct engine *e, const char *list, char *why, size_t size)
{
	while (*list) {
		size_t len = strcspn(list, ",");
		char item[ITEM_MAX] = "", *value;
		struct place at;
		float number;

		if (len < sizeof(item))
			memcpy(item, list, len);
		value = strchr(item, '=');
		if (value)
			*value++ = 0;
		if (!value || read_place(item, &at) < 0) {
			(void)snprintf(why, size,
				"%.*s: no such effect there. hint: UNIT.PARAM=VALUE or "
				"STRIP.UNIT.PARAM=VALUE",
				(int)(len < ITEM_MAX ? len : ITEM_MAX), list);
			return -EINVAL;
		}
		if (read_value(value, at.of, &number) < 0) {
			(void)snprintf(why, size, "%.*s: %g to %g is possible", (int)len, list,
				(double)at.of->min, (double)at.of->max);
			return -EINVAL;
		}
		if (set(e, &at, number) < 0) {
			(void)snprintf(why, size, "%.*s: refused", (int)len, list);
			return -EINVAL;
		}
		list += len;
		list += *list == ',';
	}
	return 0;
}

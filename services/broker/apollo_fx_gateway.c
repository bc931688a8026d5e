/* SPDX-License-Identifier: MIT */
/* apollo.fx.*: the built-in effects, by name. */
#include <errno.h>
#include <string.h>

#include <mos/fx.h>

#include "apollo_gateway.h"

#define SETTINGS_PAGE 500u /* what an answer holds */

static void put_units(struct wire_out *out)
{
	wire_open_array(out, "units");
	for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
		const struct mos_fx_param *p;
		uint32_t n = mos_fx_params(u, &p);

		wire_open_map(out, NULL);
		wire_put_str(out, "unit", mos_fx_unit_name(u));
		wire_put_bool(out, "strip", mos_fx_on_strip(u));
		wire_put_bool(out, "master", mos_fx_on_master(u));
		wire_open_array(out, "params");
		for (uint32_t i = 0; i < n; i++) {
			wire_open_map(out, NULL);
			wire_put_str(out, "name", p[i].name);
			wire_put_str(out, "text", p[i].help);
			wire_put_f64(out, "min", (double)p[i].min);
			wire_put_f64(out, "max", (double)p[i].max);
			wire_put_f64(out, "initial", (double)p[i].initial);
			wire_put_bool(out, "switch", p[i].is_switch);
			wire_close(out);
		}
		wire_close(out);
		wire_close(out);
	}
	wire_close(out);
}

static void put_settings(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	struct mos_rtctl_fx fx;
	uint32_t n = 0;

	wire_open_array(out, "settings");
	for (uint32_t i = 0; i < answer->u.fx_list.n; i++) {
		const struct mos_fx_param *p;

		if (!apollo_read_record(fd, 0, i, &fx, sizeof(fx)))
			break;
		if ((page->has_strip && fx.strip != page->strip) || fx.param >= mos_fx_params(fx.unit, &p))
			continue;
		if (n >= page->offset && n - page->offset < SETTINGS_PAGE) {
			wire_open_map(out, NULL);
			apollo_put_strip(out, fx.strip);
			wire_put_str(out, "unit", mos_fx_unit_name(fx.unit));
			wire_put_str(out, "param", p[fx.param].name);
			wire_put_f64(out, "value", (double)fx.value);
			wire_close(out);
		}
		n++;
	}
	wire_close(out);
	wire_put_u64(out, "n", n);
	put_units(out);
}

int fx_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FX_LIST};
	struct apollo_page page = {.has_strip = wire_get(params, "strip") != NULL};
	int64_t offset = 0;

	if (apollo_read_strip(req, params, 0, &page.strip) < 0 ||
		gateway_get_int(req, params, "offset", 0, UINT32_MAX, APOLLO_INVALID, &offset) < 0)
		return -EINVAL;
	page.offset = (uint32_t)offset;
	return apollo_forward_table(req, &msg, &page, put_settings);
}

static int read_unit(struct rpc_request *req, const msgpack_object *params, uint32_t strip, uint32_t *ret)
{
	char name[24] = "";
	int here;

	(void)wire_get_str(params, "unit", name, sizeof(name));
	*ret = mos_fx_unit_of(name);
	if (*ret == MOS_FX_N_UNITS) {
		(void)rpc_fail_at(req, "unit", APOLLO_INVALID, "there is no such effect");
		wire_error_hint(&req->error, "apollo.fx.list names them all");
		return -EINVAL;
	}
	here = strip == UINT32_MAX ? mos_fx_on_master(*ret) : mos_fx_on_strip(*ret);
	if (here || strip == MOS_FX_ALL_STRIPS)
		return 0;
	return rpc_fail_at(req, "strip", APOLLO_INVALID, "%s stands %s", name,
		mos_fx_on_strip(*ret) ? "in a strip, 0 to 63" : "in the master");
}

int fx_handle_set(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FX, .u.fx.strip = UINT32_MAX};
	const struct mos_fx_param *p;
	char name[24] = "";
	double value = 0;
	uint32_t n;

	if (apollo_read_strip(req, params, 0, &msg.u.fx.strip) < 0 ||
		read_unit(req, params, msg.u.fx.strip, &msg.u.fx.unit) < 0)
		return -EINVAL;
	(void)wire_get_str(params, "param", name, sizeof(name));
	n = mos_fx_params(msg.u.fx.unit, &p);
	while (msg.u.fx.param < n && strcmp(p[msg.u.fx.param].name, name) != 0)
		msg.u.fx.param++;
	if (msg.u.fx.param == n) {
		(void)rpc_fail_at(req, "param", APOLLO_INVALID, "%s has no such parameter",
			mos_fx_unit_name(msg.u.fx.unit));
		wire_error_hint(&req->error, "apollo.fx.list names them all");
		return -EINVAL;
	}
	p += msg.u.fx.param;
	(void)wire_get_f64(params, "value", &value);
	if (!(value >= (double)p->min && value <= (double)p->max)) /* NaN too */
		return rpc_fail_at(req, "value", APOLLO_INVALID, "%s: %g to %g is possible", p->name,
			(double)p->min, (double)p->max);
	msg.u.fx.value = (float)value;
	return gateway_forward(req, &msg, -1, NULL);
}

int fx_handle_reset(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {
		.op = MOS_RTCTL_FX, .u.fx = {.strip = UINT32_MAX, .unit = MOS_FX_ALL, .param = MOS_FX_ALL}};

	if (apollo_read_strip(req, params, 0, &msg.u.fx.strip) < 0)
		return -EINVAL;
	if (!wire_get(params, "strip"))
		msg.u.fx.strip = MOS_FX_ALL_STRIPS;
	if (wire_get(params, "unit") && read_unit(req, params, msg.u.fx.strip, &msg.u.fx.unit) < 0)
		return -EINVAL;
	return gateway_forward(req, &msg, -1, NULL);
}

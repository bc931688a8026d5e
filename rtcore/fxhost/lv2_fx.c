/* SPDX-License-Identifier: MIT */
/* An LV2 plugin as an insert. A mono one gets an instance for each side. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lv2_fx.h"

static uint32_t run(struct fx *fx, const struct insert_cue *cue, const float *in_l, const float *in_r, float *out_l,
	float *out_r)
{
	struct lv2_fx *l = (struct lv2_fx *)fx;
	const size_t bytes = sizeof(l->in[0]);

	memcpy(l->in[0], in_l, bytes);
	memcpy(l->in[1], in_r, bytes);
	if (l->n_in == 1 && l->n_instances == 1)
		for (uint32_t i = 0; i < INSERT_PERIOD; i++)
			l->in[0][i] = 0.5f * (in_l[i] + in_r[i]);
	lv2_events_take(&l->events, cue);
	lv2_ports_begin(l);
	for (uint32_t i = 0; i < l->n_instances; i++) {
		lilv_instance_run(l->instance[i], INSERT_PERIOD);
		worker_answers(l->features[i].worker);
	}
	memcpy(out_l, l->out[0], bytes);
	memcpy(out_r, l->out[l->n_out == 1 && l->n_instances == 1 ? 0 : 1], bytes);
	return lv2_ports_latency(l);
}

static void destroy(struct fx *fx)
{
	struct lv2_fx *l = (struct lv2_fx *)fx;

	for (uint32_t i = 0; i < INSTANCES_MAX; i++)
		features_finish(&l->features[i]);
	for (uint32_t i = 0; i < INSTANCES_MAX; i++) {
		if (!l->instance[i])
			continue;
		lilv_instance_deactivate(l->instance[i]);
		lilv_instance_free(l->instance[i]);
	}
	lv2_ports_finish(l);
	lilv_world_free(l->world);
	free(l);
}

static int find_plugin(struct lv2_fx *l, const char *text, char *error, size_t size)
{
	LilvNode *uri = lilv_new_uri(l->world, text), *name;
	char *missing;

	l->plugin = uri ? lilv_plugins_get_by_uri(lilv_world_get_all_plugins(l->world), uri) : NULL;
	lilv_node_free(uri);
	if (!l->plugin || !lilv_plugin_verify(l->plugin)) {
		(void)snprintf(error, size, "%s: no such plugin is installed", text);
		return -ENOENT;
	}
	name = lilv_plugin_get_name(l->plugin);
	(void)snprintf(l->fx.name, sizeof(l->fx.name), "%s", name ? lilv_node_as_string(name) : text);
	lilv_node_free(name);
	missing = features_missing(l->world, l->plugin);
	if (missing) {
		(void)snprintf(error, size, "%s needs <%s>, which is not supported", l->fx.name, missing);
		free(missing);
		return -ENOTSUP;
	}
	return 0;
}

static int make_instances(struct lv2_fx *l, uint32_t rate_hz, char *error, size_t size)
{
	static const struct insert_cue nothing;
	int r = 0;

	l->n_instances = l->n_in == 1 && l->n_out == 1 ? 2 : 1;
	for (uint32_t i = 0; i < l->n_instances && r == 0; i++) {
		r = features_init(&l->features[i], rate_hz);
		if (r < 0)
			return r;
		l->instance[i] = lilv_plugin_instantiate(l->plugin, rate_hz, l->features[i].list);
		if (!l->instance[i]) {
			(void)snprintf(error, size, "%s could not be started", l->fx.name);
			return -EIO;
		}
		lv2_ports_connect(l, i);
		r = worker_start(l->features[i].worker, lilv_instance_get_handle(l->instance[i]),
			lilv_instance_get_extension_data(l->instance[i], LV2_WORKER__interface));
	}
	if (r < 0)
		return r;
	lv2_state_load_default(l);
	lv2_events_take(&l->events, &nothing);
	lv2_ports_begin(l); /* ports have to be valid when it is activated */
	for (uint32_t i = 0; i < l->n_instances; i++)
		lilv_instance_activate(l->instance[i]);
	return 0;
}

int fx_lv2_create(const char *uri, uint32_t rate_hz, struct fx **ret, char *error, size_t error_size)
{
	struct lv2_fx *l = calloc(1, sizeof(*l));
	int r = -ENOMEM;

	if (!l)
		return -ENOMEM;
	l->fx = (struct fx){
		.run = run, .save = lv2_state_save, .restore = lv2_state_restore, .destroy = destroy};
	l->world = lilv_world_new();
	if (!l->world) {
		free(l);
		return -ENOMEM;
	}
	lilv_world_load_all(l->world);
	r = find_plugin(l, uri, error, error_size);
	if (r == 0)
		r = lv2_ports_init(l, rate_hz, error, error_size);
	if (r == 0)
		r = make_instances(l, rate_hz, error, error_size);
	if (r < 0) {
		destroy(&l->fx);
		return r;
	}
	*ret = &l->fx;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* A plugin's state as text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lv2/atom/atom.h>
#include <lv2/state/state.h>

#include "lv2_fx.h"

static LV2_URID_Map map = {.map = lv2_map};
static LV2_URID_Unmap unmap = {.unmap = lv2_unmap};

static struct fx_control *find(struct lv2_fx *l, const char *symbol)
{
	for (uint32_t i = 0; i < l->fx.n_controls; i++)
		if (strcmp(l->fx.control[i].symbol, symbol) == 0)
			return &l->fx.control[i];
	return NULL;
}

static const void *get_value(const char *symbol, void *data, uint32_t *size, uint32_t *type)
{
	struct fx_control *c = find(data, symbol);

	*size = c ? sizeof(c->value) : 0;
	*type = c ? lv2_map(NULL, LV2_ATOM__Float) : 0;
	return c ? &c->value : NULL;
}

static void set_value(const char *symbol, void *data, const void *value, uint32_t size, uint32_t type)
{
	struct fx_control *c = find(data, symbol);
	float x = 0;
	int32_t i;
	double d;

	if (c && type == lv2_map(NULL, LV2_ATOM__Float) && size == sizeof(x)) {
		memcpy(&x, value, sizeof(x));
	} else if (c && type == lv2_map(NULL, LV2_ATOM__Double) && size == sizeof(d)) {
		memcpy(&d, value, sizeof(d));
		x = (float)d;
	} else if (c && (type == lv2_map(NULL, LV2_ATOM__Int) || type == lv2_map(NULL, LV2_ATOM__Bool)) &&
		   size == sizeof(i)) {
		memcpy(&i, value, sizeof(i));
		x = (float)i;
	} else {
		return;
	}
	if (x >= c->min && x <= c->max)
		__atomic_store(&c->value, &x, __ATOMIC_RELAXED);
}

static void put(struct lv2_fx *l, const LilvState *state)
{
	for (uint32_t i = 0; i < l->n_instances; i++)
		lilv_state_restore(state, l->instance[i], set_value, l, 0, l->features[i].list);
}

int lv2_state_save(struct fx *fx, char **ret)
{
	struct lv2_fx *l = (struct lv2_fx *)fx;
	LilvState *state = lilv_state_new_from_instance(l->plugin, l->instance[0], &map, NULL, NULL, NULL,
		NULL, get_value, l, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE, l->features[0].list);

	if (!state)
		return -ENOTSUP;
	*ret = lilv_state_to_string(l->world, &map, &unmap, state, "urn:mos:state", NULL);
	lilv_state_free(state);
	return *ret ? 0 : -ENOMEM;
}

int lv2_state_restore(struct fx *fx, const char *text)
{
	struct lv2_fx *l = (struct lv2_fx *)fx;
	LilvState *state = lilv_state_new_from_string(l->world, &map, text);
	int r = -EINVAL;

	if (!state)
		return -EINVAL;
	if (lilv_state_get_plugin_uri(state) &&
		lilv_node_equals(lilv_state_get_plugin_uri(state), lilv_plugin_get_uri(l->plugin))) {
		put(l, state);
		r = 0;
	}
	lilv_state_free(state);
	return r;
}

void lv2_state_load_default(struct lv2_fx *l)
{
	LilvNode *feature = lilv_new_uri(l->world, LV2_STATE__loadDefaultState);
	LilvState *state = NULL;

	if (lilv_plugin_has_feature(l->plugin, feature))
		state = lilv_state_new_from_world(l->world, &map, lilv_plugin_get_uri(l->plugin));
	if (state)
		put(l, state);
	lilv_state_free(state);
	lilv_node_free(feature);
}

/* SPDX-License-Identifier: MIT */
/* A plugin's ports: sound, controls, events, and what is refused. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lv2/atom/atom.h>
#include <lv2/midi/midi.h>
#include <lv2/port-props/port-props.h>
#include <lv2/resize-port/resize-port.h>
#include <lv2/time/time.h>

#include "lv2_fx.h"

#define PORTS_MAX 4096u
#define EVENTS_MAX (1u << 20) /* bytes a port may ask for */

static int is_a(struct lv2_fx *l, const LilvPort *port, const char *uri)
{
	LilvNode *node = lilv_new_uri(l->world, uri);
	int r = lilv_port_is_a(l->plugin, port, node);

	lilv_node_free(node);
	return r;
}

static int has(struct lv2_fx *l, const LilvPort *port, const char *uri)
{
	LilvNode *node = lilv_new_uri(l->world, uri);
	int r = lilv_port_has_property(l->plugin, port, node);

	lilv_node_free(node);
	return r;
}

static const char *symbol_of(const struct lv2_fx *l, const LilvPort *port)
{
	const char *symbol = lilv_node_as_string(lilv_port_get_symbol(l->plugin, port));

	return symbol ? symbol : "";
}

static int refuse(char *error, size_t size, const struct lv2_fx *l, const LilvPort *port, const char *why)
{
	(void)snprintf(error, size, "%s: port '%s' %s", l->fx.name, symbol_of(l, port), why);
	return -ENOTSUP;
}

static float or_else(float x, float otherwise)
{
	return isfinite(x) ? x : otherwise;
}

static int add_control(struct lv2_fx *l, uint32_t index, const LilvPort *port, const float *min,
	const float *max, const float *initial, uint32_t rate_hz, char *error, size_t size)
{
	float scale = has(l, port, LV2_CORE__sampleRate) ? (float)rate_hz : 1.0f;
	int is_switch = has(l, port, LV2_CORE__toggled);
	struct fx_control *c = &l->fx.control[l->fx.n_controls];
	const char *symbol = symbol_of(l, port);

	if (strlen(symbol) >= sizeof(c->symbol) || l->fx.n_controls == INSERT_CONTROLS_MAX)
		return refuse(error, size, l, port, "has too long a name, or there are too many of its kind");
	(void)snprintf(c->symbol, sizeof(c->symbol), "%s", symbol);
	c->min = or_else(min[index] * scale, is_switch ? 0 : -FLT_MAX);
	c->max = or_else(max[index] * scale, is_switch ? 1 : FLT_MAX);
	if (c->max < c->min)
		c->max = c->min;
	c->initial = or_else(initial[index] * scale, c->min > 0 ? c->min : 0);
	c->initial = fminf(fmaxf(c->initial, c->min), c->max);
	c->value = c->initial;
	l->port[index].control = (int)l->fx.n_controls++;
	return 0;
}

static int hears(struct lv2_fx *l, const LilvPort *port, const char *uri)
{
	LilvNode *node = lilv_new_uri(l->world, uri);
	int r = lilv_port_supports_event(l->plugin, port, node);

	lilv_node_free(node);
	return r;
}

/* Events: MIDI and the time come in where the port says that it takes them; what goes out is dropped, but the room is
 * there. */
static int add_events(struct lv2_fx *l, uint32_t index, const LilvPort *port)
{
	LilvNode *key = lilv_new_uri(l->world, LV2_RESIZE_PORT__minimumSize);
	LilvNode *least = lilv_port_get(l->plugin, port, key);
	uint32_t bytes = ATOM_BYTES;

	if (least && lilv_node_is_int(least) && lilv_node_as_int(least) > (int)bytes)
		bytes = (uint32_t)lilv_node_as_int(least);
	lilv_node_free(least);
	lilv_node_free(key);
	if (bytes > EVENTS_MAX)
		bytes = EVENTS_MAX;
	l->port[index].bytes = bytes;
	l->port[index].hears_midi = hears(l, port, LV2_MIDI__MidiEvent);
	l->port[index].hears_time = hears(l, port, LV2_TIME__Position);
	l->hears_midi |= l->port[index].is_input && l->port[index].hears_midi;
	l->port[index].buffer = aligned_alloc(64, (bytes + 63) / 64 * 64);
	return l->port[index].buffer ? 0 : -ENOMEM;
}

static int add_port(struct lv2_fx *l, uint32_t index, const float *min, const float *max,
	const float *initial, uint32_t rate_hz, char *error, size_t size)
{
	const LilvPort *port = lilv_plugin_get_port_by_index(l->plugin, index);
	struct port *p = &l->port[index];

	*p = (struct port){
		.control = -1, .in = -1, .out = -1, .is_input = is_a(l, port, LV2_CORE__InputPort)};
	if (!p->is_input && !is_a(l, port, LV2_CORE__OutputPort))
		return refuse(error, size, l, port, "is neither input nor output");
	if (is_a(l, port, LV2_CORE__AudioPort)) {
		if (p->is_input)
			p->in = (int)l->n_in++;
		else
			p->out = (int)l->n_out++;
	} else if (is_a(l, port, LV2_CORE__ControlPort)) {
		if (p->is_input)
			return add_control(l, index, port, min, max, initial, rate_hz, error, size);
	} else if (is_a(l, port, LV2_CORE__CVPort)) {
		p->buffer = p->is_input ? l->silence : l->scratch;
	} else if (is_a(l, port, LV2_ATOM__AtomPort)) {
		return add_events(l, index, port);
	} else if (has(l, port, LV2_CORE__connectionOptional)) {
		p->bytes = UINT32_MAX; /* connected to nothing */
	} else {
		return refuse(error, size, l, port, "is of a kind that is not supported");
	}
	return 0;
}

int lv2_ports_init(struct lv2_fx *l, uint32_t rate_hz, char *error, size_t error_size)
{
	float *range;
	int r = 0;

	l->n_ports = lilv_plugin_get_num_ports(l->plugin);
	l->latency_port = lilv_plugin_has_latency(l->plugin) ? lilv_plugin_get_latency_port_index(l->plugin)
							     : UINT32_MAX;
	if (l->n_ports > PORTS_MAX) {
		(void)snprintf(error, error_size, "%s: too many ports", l->fx.name);
		return -ENOTSUP;
	}
	l->port = calloc(l->n_ports + 1, sizeof(*l->port));
	l->fx.control = calloc(INSERT_CONTROLS_MAX, sizeof(*l->fx.control));
	range = calloc(3 * (size_t)l->n_ports + 1, sizeof(*range));
	l->chunk = lv2_map(NULL, LV2_ATOM__Chunk);
	lv2_events_init(&l->events);
	if (!l->port || !l->fx.control || !range)
		r = -ENOMEM;
	if (r == 0)
		lilv_plugin_get_port_ranges_float(
			l->plugin, range, range + l->n_ports, range + 2 * (size_t)l->n_ports);
	for (uint32_t i = 0; i < l->n_ports && r == 0; i++)
		r = add_port(l, i, range, range + l->n_ports, range + 2 * (size_t)l->n_ports, rate_hz, error,
			error_size);
	free(range);
	if (r == 0 && (l->n_out == 0 || (l->n_in == 0 && !l->hears_midi))) {
		(void)snprintf(error, error_size, "%s has no audio %s: it is neither effect nor instrument",
			l->fx.name, l->n_out ? "input" : "output");
		r = -ENOTSUP;
	}
	return r;
}

void lv2_ports_connect(struct lv2_fx *l, uint32_t instance)
{
	for (uint32_t i = 0; i < l->n_ports; i++) {
		struct port *p = &l->port[i];
		void *to = p->buffer ? p->buffer : &p->value[instance];

		/* of two instances each is one side; a third input and what follows is silent */
		if (p->in >= 0)
			to = p->in >= 2 ? l->silence : l->in[l->n_instances == 2 ? (int)instance : p->in];
		else if (p->out >= 0)
			to = p->out >= 2 ? l->scratch : l->out[l->n_instances == 2 ? (int)instance : p->out];
		else if (p->bytes == UINT32_MAX)
			to = NULL;
		lilv_instance_connect_port(l->instance[instance], i, to);
	}
}

void lv2_ports_begin(struct lv2_fx *l)
{
	for (uint32_t i = 0; i < l->n_ports; i++) {
		struct port *p = &l->port[i];
		LV2_Atom *events = p->buffer;

		if (p->control >= 0) {
			__atomic_load(&l->fx.control[p->control].value, &p->value[0], __ATOMIC_RELAXED);
			p->value[1] = p->value[0];
		} else if (p->bytes && p->bytes != UINT32_MAX && p->is_input) {
			lv2_events_write(&l->events, events, p->bytes, p->hears_midi, p->hears_time);
		} else if (p->bytes && p->bytes != UINT32_MAX) {
			*events = (LV2_Atom){p->bytes - (uint32_t)sizeof(LV2_Atom), l->chunk};
		}
	}
}

uint32_t lv2_ports_latency(const struct lv2_fx *l)
{
	float frames = l->latency_port < l->n_ports ? l->port[l->latency_port].value[0] : 0;

	return frames > 0 && frames < 1e6f ? (uint32_t)frames : 0;
}

void lv2_ports_finish(struct lv2_fx *l)
{
	for (uint32_t i = 0; l->port && i < l->n_ports; i++)
		if (l->port[i].bytes && l->port[i].bytes != UINT32_MAX)
			free(l->port[i].buffer);
	free(l->port);
	free(l->fx.control);
}

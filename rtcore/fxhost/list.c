/* SPDX-License-Identifier: MIT */
/* The plugins that are installed, and whether they could be an insert. */
#include <errno.h>
#include <lv2/midi/midi.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "lv2_fx.h"

struct facts {
	const char *uri, *class;
	char *missing;
	LilvNode *name;
	uint32_t n_in, n_out;
	int hears_midi;
};

static uint32_t count(LilvWorld *world, const LilvPlugin *plugin, const char *direction)
{
	LilvNode *audio = lilv_new_uri(world, LV2_CORE__AudioPort), *way = lilv_new_uri(world, direction);
	uint32_t n = lilv_plugin_get_num_ports_of_class(plugin, audio, way, NULL);

	lilv_node_free(audio);
	lilv_node_free(way);
	return n;
}

static int hears_midi(LilvWorld *world, const LilvPlugin *plugin)
{
	LilvNode *midi = lilv_new_uri(world, LV2_MIDI__MidiEvent), *input = lilv_new_uri(world, LV2_CORE__InputPort);
	int hears = 0;

	for (uint32_t i = 0; i < lilv_plugin_get_num_ports(plugin); i++) {
		const LilvPort *port = lilv_plugin_get_port_by_index(plugin, i);

		hears |= lilv_port_is_a(plugin, port, input) && lilv_port_supports_event(plugin, port, midi);
	}
	lilv_node_free(midi);
	lilv_node_free(input);
	return hears;
}

static int is_usable(const struct facts *f)
{
	return !f->missing && (f->n_in || f->hears_midi) && f->n_out;
}

static void add_controls(LilvWorld *world, const LilvPlugin *plugin, yyjson_mut_doc *doc, yyjson_mut_val *to)
{
	LilvNode *control = lilv_new_uri(world, LV2_CORE__ControlPort),
		 *input = lilv_new_uri(world, LV2_CORE__InputPort);
	uint32_t n = lilv_plugin_get_num_ports(plugin);
	float *range = calloc(3 * (size_t)n + 1, sizeof(*range));

	if (range)
		lilv_plugin_get_port_ranges_float(plugin, range, range + n, range + 2 * (size_t)n);
	for (uint32_t i = 0; range && i < n; i++) {
		const LilvPort *port = lilv_plugin_get_port_by_index(plugin, i);
		static const char *const keys[] = {"min", "max", "initial"};
		yyjson_mut_val *object;
		LilvNode *name;

		if (!lilv_port_is_a(plugin, port, control) || !lilv_port_is_a(plugin, port, input))
			continue;
		object = yyjson_mut_arr_add_obj(doc, to);
		name = lilv_port_get_name(plugin, port);
		yyjson_mut_obj_add_strcpy(
			doc, object, "symbol", lilv_node_as_string(lilv_port_get_symbol(plugin, port)));
		if (name)
			yyjson_mut_obj_add_strcpy(doc, object, "name", lilv_node_as_string(name));
		for (uint32_t k = 0; k < 3; k++)
			if (isfinite(range[k * n + i]))
				yyjson_mut_obj_add_real(doc, object, keys[k], (double)range[k * n + i]);
		lilv_node_free(name);
	}
	free(range);
	lilv_node_free(control);
	lilv_node_free(input);
}

static void add_plugin(LilvWorld *world, const LilvPlugin *plugin, const struct facts *f, yyjson_mut_doc *doc,
	yyjson_mut_val *to)
{
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, to);

	yyjson_mut_obj_add_strcpy(doc, object, "uri", f->uri);
	yyjson_mut_obj_add_strcpy(doc, object, "name", f->name ? lilv_node_as_string(f->name) : f->uri);
	yyjson_mut_obj_add_strcpy(doc, object, "class", f->class);
	yyjson_mut_obj_add_uint(doc, object, "audio_in", f->n_in);
	yyjson_mut_obj_add_uint(doc, object, "audio_out", f->n_out);
	yyjson_mut_obj_add_bool(doc, object, "midi", f->hears_midi);
	yyjson_mut_obj_add_bool(doc, object, "usable", is_usable(f));
	if (f->missing)
		yyjson_mut_obj_add_strcpy(doc, object, "needs", f->missing);
	add_controls(world, plugin, doc, yyjson_mut_obj_add_arr(doc, object, "controls"));
}

static void print_plugin(const struct facts *f)
{
	(void)printf("%-48s %s (%s, %u in, %u out%s)%s%s\n", f->uri,
		f->name ? lilv_node_as_string(f->name) : "?", f->class, f->n_in, f->n_out,
		f->hears_midi ? ", MIDI" : "", is_usable(f) ? "" : ": no insert: ",
		is_usable(f) ? ""
		: f->missing ? f->missing
		: f->n_out   ? "no input"
			     : "no output");
}

int list_plugins(int json)
{
	LilvWorld *world = lilv_world_new();
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *array = yyjson_mut_arr(doc);
	const LilvPlugins *all;
	char *text;
	int r = EXIT_SUCCESS;

	if (!world || !doc || !array) {
		(void)fputs("mos-fxhost: no memory\n", stderr);
		return EXIT_FAILURE;
	}
	yyjson_mut_doc_set_root(doc, array);
	lilv_world_load_all(world);
	all = lilv_world_get_all_plugins(world);
	LILV_FOREACH(plugins, i, all)
	{
		const LilvPlugin *plugin = lilv_plugins_get(all, i);
		const LilvNode *class = lilv_plugin_class_get_label(lilv_plugin_get_class(plugin));
		struct facts f = {.uri = lilv_node_as_uri(lilv_plugin_get_uri(plugin)),
			.class = class ? lilv_node_as_string(class) : "Plugin",
			.missing = features_missing(world, plugin),
			.name = lilv_plugin_get_name(plugin),
			.n_in = count(world, plugin, LV2_CORE__InputPort),
			.n_out = count(world, plugin, LV2_CORE__OutputPort),
			.hears_midi = hears_midi(world, plugin)};

		if (json)
			add_plugin(world, plugin, &f, doc, array);
		else
			print_plugin(&f);
		lilv_node_free(f.name);
		free(f.missing);
	}
	text = json ? yyjson_mut_write(doc, YYJSON_WRITE_PRETTY, NULL) : NULL;
	if (json && (!text || puts(text) < 0))
		r = EXIT_FAILURE;
	free(text);
	yyjson_mut_doc_free(doc);
	lilv_world_free(world);
	return fflush(stdout) ? EXIT_FAILURE : r;
}

/* SPDX-License-Identifier: MIT */
/* mosctl report: PipeWire's graph, reduced: MOS' nodes, devices, and who is linked with whom. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doctor/box.h"
#include "report/report.h"

#define DUMP_MAX (16u << 20)

/* Words and numbers that say how something is, not whose it is. Names of nodes often hold serial numbers. */
static const char *const props[] = {"media.class", "media.type", "media.category", "media.role",
	"node.latency", "node.rate", "node.driver", "node.driver-id", "node.passive", "node.want-driver",
	"node.always-process", "priority.driver", "priority.session", "factory.name", "device.api",
	"device.bus", "device.class", "device.form-factor", "device.icon-name", "device.profile.name",
	"device.vendor.id", "device.product.id", "api.alsa.period-size", "api.alsa.period-num",
	"api.alsa.headroom", "api.alsa.use-acp", "audio.rate", "audio.channels", "audio.format",
	"clock.quantum-limit", "link.input.node", "link.output.node", "link.input.port", "link.output.port",
	"port.direction", "port.name", "format.dsp", "port.terminal", "port.physical", "node.id",
	"core.version", "default.clock.rate", "default.clock.quantum", "default.clock.min-quantum",
	"default.clock.max-quantum"};

static int is_ours(const char *name)
{
	/* Not "moses-laptop". */
	return name && !strncasecmp(name, "mos", 3) && !isalnum((unsigned char)name[3]);
}

static void copy_props(yyjson_mut_doc *doc, yyjson_mut_val *to, yyjson_val *from)
{
	const char *name = yyjson_get_str(yyjson_obj_get(from, "node.name"));

	for (size_t i = 0; i < sizeof(props) / sizeof(props[0]); i++) {
		yyjson_val *value = yyjson_obj_get(from, props[i]);

		if (value && !yyjson_is_ctn(value))
			yyjson_mut_obj_add_val(doc, to, props[i], yyjson_val_mut_copy(doc, value));
	}
	if (is_ours(name))
		yyjson_mut_obj_add_strcpy(doc, to, "node.name", name);
}

static void copy_object(yyjson_mut_doc *doc, yyjson_mut_val *list, yyjson_val *object)
{
	static const char *const kinds[] = {"PipeWire:Interface:Node", "PipeWire:Interface:Device",
		"PipeWire:Interface:Link", "PipeWire:Interface:Core"};
	static const char *const info[] = {"state", "error", "n-input-ports", "n-output-ports",
		"output-node-id", "input-node-id", "output-port-id", "input-port-id", "version"};
	const char *type = yyjson_get_str(yyjson_obj_get(object, "type"));
	yyjson_mut_val *one;

	for (size_t i = 0; type && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(type, kinds[i]) != 0)
			continue;
		one = yyjson_mut_arr_add_obj(doc, list);
		yyjson_mut_obj_add_val(
			doc, one, "id", yyjson_val_mut_copy(doc, yyjson_obj_get(object, "id")));
		yyjson_mut_obj_add_strcpy(doc, one, "type", type + strlen("PipeWire:Interface:"));
		for (size_t k = 0; k < sizeof(info) / sizeof(info[0]); k++) {
			yyjson_val *value = yyjson_obj_get(yyjson_obj_get(object, "info"), info[k]);

			if (value && !yyjson_is_ctn(value))
				yyjson_mut_obj_add_val(doc, one, info[k], yyjson_val_mut_copy(doc, value));
		}
		copy_props(doc, one, yyjson_obj_get(yyjson_obj_get(object, "info"), "props"));
	}
}

void report_pipewire(struct report *r)
{
	static const char *const argv[] = {"pw-dump", "--no-colors", NULL};
	char *text = malloc(DUMP_MAX);
	yyjson_doc *dump = NULL;
	yyjson_val *object;
	struct box box;
	size_t i, max;

	(void)box_open(&box, NULL);
	if (text && box_program(&box, "pw-dump", argv, text, DUMP_MAX) == 0)
		dump = yyjson_read(text, strlen(text), 0);
	if (dump) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *list = yyjson_mut_arr(doc);

		yyjson_arr_foreach(yyjson_doc_get_root(dump), i, max, object) copy_object(doc, list, object);
		report_add_json(r, "pipewire.json", doc, list);
	}
	yyjson_doc_free(dump);
	free(text);
}

/* SPDX-License-Identifier: MIT */
/* widget.json of whatever somebody calls a widget: refused with a place and a reason, or whole and within its
 * limits. */
#include <string.h>

#include "fuzz.h"
#include "manifest.h"

static void check_schema(const struct schema *schema)
{
	struct settings settings;

	FUZZ_CHECK(schema->n <= SETTINGS_MAX);
	for (uint32_t i = 0; i < schema->n; i++) {
		char message[160];

		FUZZ_CHECK(schema_find(schema, schema->setting[i].name) == (int)i);
		FUZZ_CHECK(setting_check(&schema->setting[i], &schema->setting[i].initial, message) == 0);
	}
	FUZZ_CHECK(settings_init(schema, &settings) == 0);
	settings_finish(schema, &settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest_error err;
	struct manifest m;

	if (manifest_parse((const char *)data, size, &m, &err) < 0) {
		FUZZ_CHECK(err.message[0] && memchr(err.where, '\0', sizeof(err.where)));
		FUZZ_CHECK(!m.doc && !m.schema.setting);
		return 0;
	}
	FUZZ_CHECK(manifest_id_valid(m.id) && m.name[0] && m.component[0] && m.component[0] != '/');
	FUZZ_CHECK(
		strcmp(m.component, "..") && strncmp(m.component, "../", 3) && !strstr(m.component, "/../"));
	FUZZ_CHECK(m.memory_mb >= 1 && m.memory_mb <= 256 && m.tasks >= 1 && m.tasks <= 64);
	FUZZ_CHECK(m.cpu_percent >= 1 && m.cpu_percent <= 100 && m.width > 0 && m.height > 0);
	check_schema(&m.schema);
	manifest_finish(&m);
	return 0;
}

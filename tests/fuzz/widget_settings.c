/* SPDX-License-Identifier: MIT */
/*
 * Settings out of a file and out of a frame. The first byte chooses: settings.json, or a frame with changes.
 * Whatever comes, values fit the schema afterwards, and what is written is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "manifest.h"

static const char json[] =
	"{\"id\":\"w\",\"name\":\"W\",\"version\":\"1.0.0\",\"api\":1,\"component\":\"w\",\"capabilities\":[]"
	","
	"\"defaultPosition\":{\"x\":0,\"y\":0},\"defaultSize\":{\"width\":1,\"height\":1},\"settings\":{"
	"\"volume\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1.5,\"default\":1},"
	"\"k\":{\"type\":\"integer\",\"minimum\":-16,\"maximum\":16,\"default\":3},"
	"\"preset\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"],\"default\":\"a\"},"
	"\"note\":{\"type\":\"string\",\"maxLength\":5,\"default\":\"x\"},"
	"\"on\":{\"type\":\"boolean\",\"default\":false}}}";

static struct manifest manifest;
static struct wire_in in;

static void check(const struct settings *s)
{
	struct settings again;
	size_t len;
	char *bytes;

	for (uint32_t i = 0; i < manifest.schema.n; i++) {
		char message[160];

		FUZZ_CHECK(setting_check(&manifest.schema.setting[i], &s->value[i], message) == 0);
	}
	bytes = settings_write(&manifest.schema, s, &len);
	if (!bytes) /* text that came in a frame need not be UTF-8; it is refused where it is written */
		return;
	FUZZ_CHECK(settings_read(&manifest.schema, bytes, len, &again) == 0);
	FUZZ_CHECK(again.given == s->given && again.revision == s->revision);
	settings_finish(&manifest.schema, &again);
	free(bytes);
}

static void change(const uint8_t *data, size_t size)
{
	struct settings old, next;
	struct settings_error err;

	if (wire_decode(&in, data, size) != 1 || in.kind == WIRE_RESPONSE)
		return;
	FUZZ_CHECK(settings_init(&manifest.schema, &old) == 0);
	if (settings_change(&manifest.schema, &old, in.params, &next, &err) == 0) {
		FUZZ_CHECK(next.revision == 1);
		check(&next);
		settings_finish(&manifest.schema, &next);
	} else {
		FUZZ_CHECK(err.where[0] == '/' && err.message[0]);
	}
	settings_finish(&manifest.schema, &old);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest_error err;
	struct settings s;

	if (!manifest.doc) {
		FUZZ_CHECK(manifest_parse(json, strlen(json), &manifest, &err) == 0);
		FUZZ_CHECK(wire_in_init(&in) == 0);
	}
	if (!size)
		return 0;
	if (data[0] == 'f') {
		(void)settings_read(&manifest.schema, (const char *)data + 1, size - 1, &s);
		check(&s);
		settings_finish(&manifest.schema, &s);
	} else {
		change(data + 1, size - 1);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* widget.json: the good one, and each member of it broken. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "manifest.h"

#define ID "\"id\":\"metronome\""
#define NAME ",\"name\":\"Metronome\""
#define VERSION ",\"version\":\"1.2.3\""
#define API ",\"api\":1"
#define COMPONENT ",\"component\":\"bin/metronome\""
#define CAPABILITIES ",\"capabilities\":[\"clock.read\",\"apollo.play\"]"
#define POSITION ",\"defaultPosition\":{\"x\":10,\"y\":-20.5}"
#define SIZE ",\"defaultSize\":{\"width\":200,\"height\":120}"
#define NEEDED ID NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE
#define SETTING(body) "{" NEEDED ",\"settings\":{\"s\":{" body "}}}"

static const char good[] =
	"{" NEEDED ",\"dependencies\":[{\"id\":\"chords\",\"version\":\">=1.0 <2\"},{\"id\":\"keys\"}]"
	",\"services\":[\"hermes\"]"
	",\"settings\":{"
	"\"preset\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"],\"default\":\"b\",\"title\":\"Rhythm\"},"
	"\"volume\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1.5,\"default\":1},"
	"\"k\":{\"type\":\"integer\",\"default\":-3},"
	"\"on\":{\"type\":\"boolean\",\"default\":true},"
	"\"note\":{\"type\":\"string\",\"default\":\"\",\"maxLength\":4}}"
	",\"limits\":{\"memory_mb\":128,\"tasks\":8,\"cpu_percent\":25}}";

Test(manifest, good,
	.description = "WID-08 WID-01: every member is read; what may be left out has its default")
{
	struct manifest_error err;
	struct manifest m;

	cr_assert_eq(manifest_parse(good, strlen(good), &m, &err), 0, "%s: %s", err.where, err.message);
	cr_expect_str_eq(m.id, "metronome");
	cr_expect_str_eq(m.name, "Metronome");
	cr_expect_str_eq(m.component, "bin/metronome");
	cr_expect(m.version.major == 1 && m.version.minor == 2 && m.version.patch == 3 && m.api == 1);
	cr_expect_eq(m.caps, CAP_CLOCK_READ | CAP_PLAY);
	cr_expect_eq(m.n_dependencies, 2);
	cr_expect_str_eq(m.dependency[0].id, "chords");
	cr_expect_eq(m.dependency[0].range.n_terms, 2);
	cr_expect_eq(m.dependency[1].range.n_terms, 0);
	cr_expect(manifest_names_service(&m, "hermes") && !manifest_names_service(&m, "theater"));
	cr_expect(m.x == 10 && m.y == -20.5 && m.width == 200 && m.height == 120);
	cr_expect(m.memory_mb == 128 && m.tasks == 8 && m.cpu_percent == 25);
	cr_assert_eq(m.schema.n, 5);
	cr_expect_str_eq(m.schema.setting[0].initial.s, "b");
	cr_expect_eq(m.schema.setting[0].n_choices, 2);
	cr_expect_eq(m.schema.setting[1].max, 1.5);
	cr_expect_eq(m.schema.setting[2].initial.i, -3);
	cr_expect(isinf(m.schema.setting[2].min));
	cr_expect_eq(m.schema.setting[3].initial.i, 1);
	cr_expect_eq(m.schema.setting[4].max_length, 4);
	manifest_finish(&m);
	cr_assert_eq(manifest_parse("{" NEEDED "}", strlen("{" NEEDED "}"), &m, &err), 0, "%s", err.message);
	cr_expect(m.memory_mb == 64 && m.tasks == 16 && m.cpu_percent == 50 && !m.schema.n &&
		  !m.n_dependencies);
	manifest_finish(&m);
}

/* WID-08: each member broken once, and where that is said to be. */
static const struct {
	const char *json, *where;
} broken[] = {
	{"", "byte 0"},
	{"[]", ""},
	{"{" NEEDED ",}", "byte"},
	{"{" NEEDED "} x", "byte"},
	/* left out */
	{"{\"name\":\"M\"" VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{" ID VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/name"},
	{"{" ID NAME API COMPONENT CAPABILITIES POSITION SIZE "}", "/version"},
	{"{" ID NAME VERSION COMPONENT CAPABILITIES POSITION SIZE "}", "/api"},
	{"{" ID NAME VERSION API CAPABILITIES POSITION SIZE "}", "/component"},
	{"{" ID NAME VERSION API COMPONENT POSITION SIZE "}", "/capabilities"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES SIZE "}", "/defaultPosition"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES POSITION "}", "/defaultSize"},
	/* unknown, twice */
	{"{" NEEDED ",\"colour\":1}", "/colour"},
	{"{" NEEDED ",\"id\":\"again\"}", "/id"},
	{"{" NEEDED NAME "}", "/name"},
	/* of another type or form */
	{"{\"id\":7" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{\"id\":\"\"" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{\"id\":\"Upper\"" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{\"id\":\"../up\"" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{\"id\":\"1st\"" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{\"id\":\"a\\u0000b\"" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/id"},
	{"{\"id\":\"abcdefghijklmnopqrstuvwxyzabcdef\"" NAME VERSION API COMPONENT CAPABILITIES POSITION SIZE
	 "}",
		"/id"},
	{"{" ID ",\"name\":\"\"" VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/name"},
	{"{" ID ",\"name\":\"a\\u001b[2J\"" VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/name"},
	{"{" ID ",\"name\":\"a\\u009b2J\"" VERSION API COMPONENT CAPABILITIES POSITION SIZE "}", "/name"},
	{"{" ID NAME ",\"version\":\"1.2\"" API COMPONENT CAPABILITIES POSITION SIZE "}", "/version"},
	{"{" ID NAME ",\"version\":\"1.2.x\"" API COMPONENT CAPABILITIES POSITION SIZE "}", "/version"},
	{"{" ID NAME ",\"version\":1" API COMPONENT CAPABILITIES POSITION SIZE "}", "/version"},
	{"{" ID NAME VERSION ",\"api\":\"1\"" COMPONENT CAPABILITIES POSITION SIZE "}", "/api"},
	{"{" ID NAME VERSION ",\"api\":-1" COMPONENT CAPABILITIES POSITION SIZE "}", "/api"},
	{"{" ID NAME VERSION API ",\"component\":\"/bin/sh\"" CAPABILITIES POSITION SIZE "}", "/component"},
	{"{" ID NAME VERSION API ",\"component\":\"../../bin/sh\"" CAPABILITIES POSITION SIZE "}",
		"/component"},
	{"{" ID NAME VERSION API ",\"component\":\"a/../../b\"" CAPABILITIES POSITION SIZE "}", "/component"},
	{"{" ID NAME VERSION API ",\"component\":\"a//b\"" CAPABILITIES POSITION SIZE "}", "/component"},
	{"{" ID NAME VERSION API ",\"component\":\"a/\"" CAPABILITIES POSITION SIZE "}", "/component"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":\"clock.read\"" POSITION SIZE "}",
		"/capabilities"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":[\"fly\"]" POSITION SIZE "}",
		"/capabilities/0"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":[\"clock.read\",\"system.admin\"]" POSITION SIZE
	 "}",
		"/capabilities/1"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":[\"widgets.control\"]" POSITION SIZE "}",
		"/capabilities/0"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":[\"service.register\"]" POSITION SIZE "}",
		"/capabilities/0"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":[\"engine.control\"]" POSITION SIZE "}",
		"/capabilities/0"},
	{"{" ID NAME VERSION API COMPONENT ",\"capabilities\":[\"clock.read\",\"clock.read\"]" POSITION SIZE
	 "}",
		"/capabilities/1"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES ",\"defaultPosition\":{\"x\":1}" SIZE "}",
		"/defaultPosition/y"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES ",\"defaultPosition\":[1,2]" SIZE "}",
		"/defaultPosition"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES ",\"defaultPosition\":{\"x\":\"1\",\"y\":2}" SIZE "}",
		"/defaultPosition/x"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES POSITION
	 ",\"defaultSize\":{\"width\":0,\"height\":1}}",
		"/defaultSize/width"},
	{"{" ID NAME VERSION API COMPONENT CAPABILITIES POSITION
	 ",\"defaultSize\":{\"width\":1,\"height\":1,\"depth\":1}}",
		"/defaultSize/depth"},
	{"{" NEEDED ",\"dependencies\":{}}", "/dependencies"},
	{"{" NEEDED ",\"dependencies\":[\"a\"]}", "/dependencies/0"},
	{"{" NEEDED ",\"dependencies\":[{\"version\":\">1\"}]}", "/dependencies/0/id"},
	{"{" NEEDED ",\"dependencies\":[{\"id\":\"A\"}]}", "/dependencies/0/id"},
	{"{" NEEDED ",\"dependencies\":[{\"id\":\"a\",\"version\":\"1.0\"}]}", "/dependencies/0/version"},
	{"{" NEEDED ",\"dependencies\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "/dependencies/1"},
	{"{" NEEDED ",\"services\":\"hermes\"}", "/services"},
	{"{" NEEDED ",\"services\":[\"hermes\",\"hermes\"]}", "/services/1"},
	{"{" NEEDED ",\"services\":[\"../x\"]}", "/services/0"},
	{"{" NEEDED ",\"limits\":{\"memory_mb\":257}}", "/limits/memory_mb"},
	{"{" NEEDED ",\"limits\":{\"tasks\":0}}", "/limits/tasks"},
	{"{" NEEDED ",\"limits\":{\"cpu_percent\":101}}", "/limits/cpu_percent"},
	{"{" NEEDED ",\"limits\":{\"disk\":1}}", "/limits/disk"},
	{"{" NEEDED ",\"settings\":[]}", "/settings"},
	{"{" NEEDED ",\"settings\":{\"a b\":{\"type\":\"boolean\",\"default\":true}}}", "/settings/a b"},
	{"{" NEEDED ",\"settings\":{\"a\":{\"type\":\"boolean\",\"default\":true},"
	 "\"a\":{\"type\":\"boolean\",\"default\":true}}}",
		"/settings/a"},
	{SETTING("\"default\":1"), "/settings/s/type"},
	{SETTING("\"type\":\"integer\""), "/settings/s/default"},
	{SETTING("\"type\":\"float\",\"default\":1"), "/settings/s/type"},
	{SETTING("\"type\":\"integer\",\"default\":1.5"), "/settings/s/default"},
	{SETTING("\"type\":\"integer\",\"default\":18446744073709551615"), "/settings/s/default"},
	{SETTING("\"type\":\"boolean\",\"default\":1"), "/settings/s/default"},
	{SETTING("\"type\":\"string\",\"default\":1"), "/settings/s/default"},
	{SETTING("\"type\":\"string\",\"default\":\"abc\",\"maxLength\":2"), "/settings/s/default"},
	{SETTING("\"type\":\"string\",\"default\":\"\",\"maxLength\":2000"), "/settings/s/maxLength"},
	{SETTING("\"type\":\"number\",\"default\":2,\"maximum\":1"), "/settings/s/default"},
	{SETTING("\"type\":\"number\",\"default\":2,\"minimum\":3,\"maximum\":1"), "/settings/s/maximum"},
	{SETTING("\"type\":\"string\",\"default\":\"\",\"minimum\":3"), "/settings/s/minimum"},
	{SETTING("\"type\":\"number\",\"default\":1,\"maxLength\":3"), "/settings/s/maxLength"},
	{SETTING("\"type\":\"string\",\"default\":\"c\",\"enum\":[\"a\",\"b\"]"), "/settings/s/default"},
	{SETTING("\"type\":\"string\",\"default\":\"a\",\"enum\":[\"a\",1]"), "/settings/s/enum/1"},
	{SETTING("\"type\":\"string\",\"default\":\"a\",\"enum\":[]"), "/settings/s/enum"},
	{SETTING("\"type\":\"boolean\",\"default\":true,\"enum\":[true]"), "/settings/s/enum"},
	{SETTING("\"type\":\"integer\",\"default\":1,\"title\":7"), "/settings/s/title"},
	{SETTING("\"type\":\"integer\",\"default\":1,\"help\":\"\""), "/settings/s/help"},
};

Test(manifest, broken, .description = "WID-08: each member broken once is refused with its JSON pointer")
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct manifest_error err;
		struct manifest m;

		cr_expect_eq(manifest_parse(broken[i].json, strlen(broken[i].json), &m, &err), -EINVAL, "%s",
			broken[i].json);
		cr_expect(!strncmp(err.where, broken[i].where, strlen(broken[i].where)) &&
				  (err.where[0] != '/' || !strcmp(err.where, broken[i].where)),
			"%s: said at %s (%s)", broken[i].json, err.where, err.message);
		cr_expect(err.message[0], "%s", broken[i].json);
		cr_expect_null(m.doc);
	}
}

Test(manifest, cut_off,
	.description = "WID-08: a manifest cut off anywhere is refused, and so is one that is too large")
{
	char *large = calloc(1, MANIFEST_BYTES_MAX + 2);
	struct manifest_error err;
	struct manifest m;

	for (size_t len = 0; len < strlen(good); len++)
		cr_expect_eq(manifest_parse(good, len, &m, &err), -EINVAL, "%zu bytes", len);
	memset(large, ' ', MANIFEST_BYTES_MAX + 1);
	memcpy(large, good, strlen(good));
	cr_expect_eq(manifest_parse(large, MANIFEST_BYTES_MAX + 1, &m, &err), -EINVAL);
	cr_assert_eq(manifest_parse(large, MANIFEST_BYTES_MAX, &m, &err), 0, "%s", err.message);
	manifest_finish(&m);
	free(large);
}

Test(manifest, api,
	.description = "WID-12 E2.6.1.6: a widget for API n-1 runs on n while that is supported; others hear "
		       "both versions")
{
	struct manifest_error err;

	cr_expect_eq(manifest_check_api(&(struct manifest){.api = 6}, 5, 7, &err), 0);
	cr_expect_eq(manifest_check_api(&(struct manifest){.api = 5}, 5, 7, &err), 0);
	cr_expect_eq(manifest_check_api(&(struct manifest){.api = 7}, 5, 7, &err), 0);
	cr_expect_eq(manifest_check_api(&(struct manifest){.api = 8}, 5, 7, &err), -ENOTSUP);
	cr_expect(strstr(err.message, "API 8") && strstr(err.message, "API 7"), "%s", err.message);
	cr_expect_str_eq(err.where, "/api");
	cr_expect_eq(manifest_check_api(&(struct manifest){.api = 4}, 5, 7, &err), -ENOTSUP);
	cr_expect(strstr(err.message, "API 4") && strstr(err.message, "API 5"), "%s", err.message);
}

/* SPDX-License-Identifier: MIT */
/* Settings: changes all or nothing, files, frames; the journal's ring. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "manifest.h"
#include "text.h"

static struct manifest manifest;
static const struct schema *schema;
static struct settings now;
static struct wire_in in;

static void parse(const char *settings)
{
	char json[2048];
	struct manifest_error err;

	(void)snprintf(json, sizeof(json),
		"{\"id\":\"w\",\"name\":\"W\",\"version\":\"1.0.0\",\"api\":1,\"component\":\"w\","
		"\"capabilities\":[],"
		"\"defaultPosition\":{\"x\":0,\"y\":0},\"defaultSize\":{\"width\":1,\"height\":1},"
		"\"settings\":%s}",
		settings);
	cr_assert_eq(manifest_parse(json, strlen(json), &manifest, &err), 0, "%s %s", err.where, err.message);
	schema = &manifest.schema;
}

static void setup(void)
{
	parse("{\"volume\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1.5,\"default\":1},"
	      "\"k\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":16,\"default\":3},"
	      "\"preset\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"],\"default\":\"a\"},"
	      "\"note\":{\"type\":\"string\",\"maxLength\":5,\"default\":\"x\"},"
	      "\"on\":{\"type\":\"boolean\",\"default\":false}}");
	cr_assert_eq(settings_init(schema, &now), 0);
	cr_assert_eq(wire_in_init(&in), 0);
}

static void teardown(void)
{
	settings_finish(schema, &now);
	manifest_finish(&manifest);
	wire_in_finish(&in);
}

TestSuite(settings, .init = setup, .fini = teardown, .timeout = 30);

/* A change, built as a frame would bring it. */
static struct wire_out out;

static void begin(void)
{
	wire_out_init(&out);
	wire_begin_notify(&out, "x.y.z");
}

static int change(struct settings *ret, struct settings_error *err)
{
	int rc;

	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_decode(&in, out.data, out.len), 1, "%s", in.bad);
	rc = settings_change(schema, &now, in.params, ret, err);
	wire_out_finish(&out);
	return rc;
}

Test(settings, change,
	.description =
		"WID-11 WID-15 E2.6.1.10: all that is given is in force, the rest stays, nil is the default")
{
	struct settings_error err;
	struct settings next, back;

	begin();
	wire_put_i64(&out, "volume", 0);
	wire_put_i64(&out, "k", 16);
	wire_put_str(&out, "preset", "b");
	wire_put_str(&out, "note", "12345");
	cr_assert_eq(change(&next, &err), 0, "%s %s", err.where, err.message);
	cr_expect_eq(next.revision, 1);
	cr_expect(next.value[0].f == 0 && next.value[1].i == 16 && next.value[4].i == 0);
	cr_expect_str_eq(next.value[2].s, "b");
	cr_expect_str_eq(now.value[2].s, "a", "the old ones stay as they are");
	settings_finish(schema, &now);
	now = next;
	begin();
	wire_put_nil(&out, "preset");
	wire_put_bool(&out, "on", 1);
	cr_assert_eq(change(&back, &err), 0);
	cr_expect_str_eq(back.value[2].s, "a");
	cr_expect_str_eq(back.value[3].s, "12345");
	cr_expect_eq(back.value[4].i, 1);
	cr_expect_eq(back.revision, 2);
	settings_finish(schema, &back);
}

Test(settings, refused,
	.description = "WID-15 E2.6.1.10: one that does not fit refuses all of them, with its place")
{
	struct settings_error err;
	struct settings next;

	for (int i = 0; i < 12; i++) {
		static const char *const where[] = {"/k", "/k", "/k", "/volume", "/volume", "/volume",
			"/preset", "/preset", "/note", "/on", "/speed", "/k"};

		begin();
		wire_put_f64(&out, "volume",
			i == 3   ? 1.51
			: i == 4 ? (double)NAN
			: i == 5 ? -(double)INFINITY
				 : 0.25);
		switch (i) {
		case 0:
			wire_put_i64(&out, "k", 0);
			break;
		case 1:
			wire_put_i64(&out, "k", 17);
			break;
		case 2:
			wire_put_f64(&out, "k", 4.5);
			break;
		case 6:
			wire_put_str(&out, "preset", "c");
			break;
		case 7:
			wire_put_i64(&out, "preset", 1);
			break;
		case 8:
			wire_put_str(&out, "note", "123456");
			break;
		case 9:
			wire_put_i64(&out, "on", 1);
			break;
		case 10:
			wire_put_i64(&out, "speed", 1);
			break;
		case 11:
			wire_put_i64(&out, "k", 2);
			wire_put_i64(&out, "k", 3);
			break;
		default:
			break;
		}
		cr_expect_eq(change(&next, &err), -EINVAL, "case %d", i);
		cr_expect_str_eq(err.where, where[i], "case %d: %s", i, err.message);
		cr_expect_neq(err.message[0], '\0');
	}
	cr_expect_eq(now.revision, 0);
	cr_expect_eq(now.value[0].f, 1);
}

Test(settings, file,
	.description = "WID-15 E2.6.1.10: what is written is read; what no longer fits a new schema falls "
		       "back alone")
{
	struct settings_error err;
	struct settings next, read;
	size_t len;
	char *bytes;

	begin();
	wire_put_f64(&out, "volume", 0.1);
	wire_put_i64(&out, "k", 9);
	wire_put_str(&out, "note", "\"\xc3\xa9\n");
	cr_assert_eq(change(&next, &err), 0);
	bytes = settings_write(schema, &next, &len);
	cr_assert_not_null(bytes);
	cr_assert_eq(settings_read(schema, bytes, len, &read), 0);
	cr_expect_eq(read.revision, 1);
	cr_expect(read.value[0].f == 0.1 && read.value[1].i == 9 && read.given == next.given);
	cr_expect_str_eq(read.value[3].s, "\"\xc3\xa9\n");
	settings_finish(schema, &read);
	settings_finish(schema, &next);
	settings_finish(schema, &now);
	manifest_finish(&manifest);
	parse("{\"k\":{\"type\":\"integer\",\"maximum\":5,\"default\":2},"
	      "\"volume\":{\"type\":\"number\",\"default\":1},\"fresh\":{\"type\":\"string\",\"default\":"
	      "\"new\"}}");
	cr_assert_eq(settings_read(schema, bytes, len, &now), 2, "k is out of range, note is not known");
	cr_expect(now.value[0].i == 2 && now.value[1].f == 0.1);
	cr_expect_str_eq(now.value[2].s, "new");
	for (size_t cut = 0; cut < len; cut++) {
		int rc = settings_read(schema, bytes, cut, &read);

		cr_expect_eq(rc, -EINVAL, "%zu bytes", cut);
		cr_expect_eq(read.value[1].f, 1, "all defaults");
		settings_finish(schema, &read);
	}
	free(bytes);
}

Test(journal, ring, .description = "SEC-09: the newest 64 KiB, whole lines, no byte that moves a cursor")
{
	static char text[JOURNAL_SIZE + 1];
	struct journal j = {0};
	char small[24];

	journal_tail(&j, 10, text, sizeof(text));
	cr_expect_str_eq(text, "");
	journal_add(&j, "one\ntw", 6);
	journal_add(&j, "o\x1b[2J\xc2", 6);
	journal_add(&j, "\x9b\n", 2);
	journal_note(&j, "ended: %d", 3);
	journal_tail(&j, 100, text, sizeof(text));
	cr_expect_str_eq(text, "one\ntwo?[2J??\n-- ended: 3\n");
	journal_tail(&j, 1, text, sizeof(text));
	cr_expect_str_eq(text, "-- ended: 3\n");
	journal_tail(&j, 2, small, 22);
	cr_expect_str_eq(small, "-- ended: 3\n", "the line before it does not fit whole");
	journal_tail(&j, 1, small, 8);
	cr_expect_str_eq(small, "ded: 3\n", "a line that is too long: its end");
	for (int i = 0; i < 20000; i++)
		journal_add(&j, "0123456789\n", 11);
	journal_tail(&j, 100000, text, sizeof(text));
	cr_expect_gt(strlen(text), JOURNAL_SIZE - 24);
	cr_expect_eq(text[0], '0');
	journal_finish(&j);
}

/* SPDX-License-Identifier: MIT */
/* The file for Perfetto: read back by a JSON reader. */
#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yyjson.h>

#include "chrome.h"

static char folder[] = "/tmp/trace-chrome-XXXXXX", path[64];
static const struct chrome_track audio = {100, 101}, client = {200, 200};

static void setup(void)
{
	cr_assert(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/trace.json", folder);
}

static void teardown(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
}

TestSuite(trace_chrome, .init = setup, .fini = teardown);

static int n_files(void)
{
	DIR *dir = opendir(folder);
	int n = -2;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static yyjson_val *event(yyjson_doc *doc, size_t i)
{
	return yyjson_arr_get(yyjson_obj_get(yyjson_doc_get_root(doc), "traceEvents"), i);
}

static const char *text(yyjson_val *of, const char *member)
{
	return yyjson_get_str(yyjson_obj_get(of, member));
}

Test(trace_chrome, events,
	.description =
		"TIM-02: names, slices, arrows, spans, counters stand in the file as the format has them")
{
	struct chrome *c;
	yyjson_doc *doc;

	cr_assert_eq(chrome_open(path, &c), 0);
	cr_assert_eq(access(path, F_OK), -1, "no name before it is whole");
	for (int i = 0; i < 2; i++) /* told once */
		chrome_name(c, audio, "mos-rtcore", NULL);
	cr_assert_not(chrome_is_named(c, audio));
	chrome_name(c, audio, NULL, "data-loop.0");
	cr_assert(chrome_is_named(c, audio));
	chrome_slice(c, audio, "rt", "cycle", UINT64_C(9007199254740993123), 1234567, "{\"n\":1}");
	chrome_flow(c, CHROME_FLOW_START, audio, "note", 0xabc, 1001);
	chrome_flow(c, CHROME_FLOW_END, client, "note", 0xabc, 2002);
	chrome_span(c, client, "io", "read", 5, 3000, 4000, NULL);
	chrome_instant(c, client, "rt", "missed", 7, NULL);
	chrome_counter(c, 100, "CPU %", 1000, 12.5);
	cr_assert_eq(chrome_close(c), 0);
	doc = yyjson_read_file(path, YYJSON_READ_NUMBER_AS_RAW, NULL, NULL);
	cr_assert(doc);
	cr_assert_str_eq(text(event(doc, 0), "name"), "process_name");
	cr_assert_str_eq(text(event(doc, 1), "name"), "thread_name");
	cr_assert_str_eq(text(yyjson_obj_get(event(doc, 1), "args"), "name"), "data-loop.0");
	cr_assert_str_eq(text(event(doc, 2), "ph"), "X");
	cr_assert_str_eq(yyjson_get_raw(yyjson_obj_get(event(doc, 2), "ts")), "9007199254740993.123",
		"no nanosecond is rounded away");
	cr_assert_str_eq(yyjson_get_raw(yyjson_obj_get(event(doc, 2), "dur")), "1234.567");
	cr_assert_str_eq(text(event(doc, 3), "ph"), "s");
	cr_assert_str_eq(text(event(doc, 4), "ph"), "f");
	cr_assert_str_eq(text(event(doc, 4), "bp"), "e");
	cr_assert_str_eq(text(event(doc, 3), "id"), text(event(doc, 4), "id"));
	cr_assert_str_eq(text(event(doc, 5), "ph"), "b");
	cr_assert_str_eq(text(event(doc, 6), "ph"), "e");
	cr_assert_str_eq(text(event(doc, 7), "s"), "t");
	cr_assert_str_eq(text(event(doc, 8), "ph"), "C");
	cr_assert_null(event(doc, 9));
	yyjson_doc_free(doc);
	cr_assert_eq(n_files(), 1);
}

Test(trace_chrome, hostile_names,
	.description = "SEC-09: whatever a thread calls itself, the file stays valid")
{
	static const char *const names[] = {"\"quoted\\", "line\nfeed\x01\x7f", "\xff\xfe", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xc0\xaf", "\xe2\x82", "a\xe2\x82\xac", "\xf0\x9f\x8e\xb5", ""};
	struct chrome *c;
	yyjson_doc *doc;

	cr_assert_eq(chrome_open(path, &c), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		chrome_instant(c, client, "x", names[i], i, NULL);
	cr_assert_eq(chrome_close(c), 0);
	doc = yyjson_read_file(path, 0, NULL, NULL);
	cr_assert(doc);
	cr_assert_str_eq(text(event(doc, 0), "name"), names[0]);
	cr_assert_str_eq(text(event(doc, 1), "name"), names[1]);
	cr_assert_str_eq(text(event(doc, 2), "name"), "\xef\xbf\xbd\xef\xbf\xbd");
	cr_assert_str_eq(text(event(doc, 7), "name"), names[7]);
	cr_assert_str_eq(text(event(doc, 8), "name"), names[8]);
	yyjson_doc_free(doc);
}

Test(trace_chrome, failures,
	.description = "SEC-09: abandoned or without room, nothing is left and what was there stays")
{
	char full[80];
	struct chrome *c;
	struct stat st;
	FILE *f = fopen(path, "w");

	cr_assert(f && fputs("before", f) >= 0 && fclose(f) == 0);
	cr_assert_eq(chrome_open(path, &c), 0);
	chrome_instant(c, client, "x", "y", 1, NULL);
	chrome_abandon(c);
	cr_assert_eq(n_files(), 1);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_size, 6);
	(void)snprintf(full, sizeof(full), "%s/none/trace.json", folder);
	cr_assert_lt(chrome_open(full, &c), 0);
}

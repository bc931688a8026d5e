/* SPDX-License-Identifier: MIT */
/* mosctl report: a bundle for whoever helps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "report/report.h"

#define TOP "mos-report"

enum { OUT, LIST, SECONDS, LOGS };

static const struct ctl_option options[] = {
	[OUT] = {"out", 'o', "FILE", "where to: .tar.gz, .tar.zst or .tar (default mos-report.tar.gz)"},
	[LIST] = {"list", 'l', NULL, "list what would be in it, write nothing"},
	[SECONDS] = {"seconds", 's', "N", "between the two readings of the figures (default 3)"},
	[LOGS] = {"logs", 0, "DIR", "a folder of mos-session --log-dir"},
	{0},
};

const struct report_part report_parts[] = {
	{"doctor.json", "what mosctl doctor finds; in machine/ the files of /proc and /sys that it read",
		report_doctor},
	{"versions.txt", "versions of MOS, PipeWire, kernel and distribution", report_versions},
	{"status.json", "what runs, timing, counters; no titles", report_status},
	{"metrics-1.txt", "all figures, twice, some seconds apart (metrics-2.txt)", report_metrics},
	{"crashes.json", "which widgets crashed, when, how; not what they had said", report_crashes},
	{"logs/", "the last lines of MOS' services; what stands in quotes is taken out", report_logs},
	{"config/", "settings of MOS (*.ini); passwords, hosts and paths are taken out", report_config},
	{"pipewire.json", "nodes, devices and links, by number and kind; names of MOS' own only",
		report_pipewire},
	{"kernel.txt", "messages of the kernel about sound, USB and timing", report_kernel},
	{"hardware.txt", "processor, memory, sound cards, PCI and USB devices; no serial numbers",
		report_hardware},
	{0},
};

static const char readme[] = "A report of MOS, made by `mosctl report`.\n"
			     "\n"
			     "Names of people, machines, scores and files, addresses, serial numbers and "
			     "passwords were taken out and replaced\n"
			     "by placeholders: <user-1>, <score-2>, <path-3> ... The same thing has the same "
			     "placeholder everywhere in it.\n"
			     "`mosctl doctor --root machine` looks at the copy of the machine in it.\n";

void report_add(struct report *r, const char *name, const char *text, unsigned int flags)
{
	char *clean = redact_text(&r->redactor, text, flags);

	if (clean)
		(void)archive_add(&r->archive, name, clean, 0);
	else
		r->archive.left_out++;
	free(clean);
}

void report_add_json(struct report *r, const char *name, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	char *text = yyjson_mut_val_write(root,
		YYJSON_WRITE_PRETTY | YYJSON_WRITE_INF_AND_NAN_AS_NULL | YYJSON_WRITE_ALLOW_INVALID_UNICODE,
		NULL);

	if (text)
		report_add(r, name, text, 0);
	else
		r->archive.left_out++;
	free(text);
	yyjson_mut_doc_free(doc);
}

static int list(struct ctl *ctl)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;

	if (!ctl->json) {
		for (const struct report_part *p = report_parts; p->name; p++)
			printf("%-14s %s\n", p->name, p->what);
		return CTL_OK;
	}
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_mut_arr(doc);
	for (const struct report_part *p = report_parts; p->name; p++) {
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, root);

		yyjson_mut_obj_add_str(doc, one, "name", p->name);
		yyjson_mut_obj_add_str(doc, one, "what", p->what);
	}
	return json_print(doc, root);
}

static int ends(const char *text, const char *end)
{
	const size_t n = strlen(text), k = strlen(end);

	return n > k && !strcmp(text + n - k, end);
}

/* MOS may be what is broken: without it there is less in the report. */
static void connect_if_there(struct ctl *ctl)
{
	struct mos_client_options client = {
		.name = "mosctl report", .runtime_dir = ctl->runtime_dir, .timeout_ms = ctl->timeout_ms};

	if (mos_client_create(&client, &ctl->client, NULL) == 0)
		return;
	client.flags = MOS_CLIENT_CONTROL_ONLY;
	if (mos_client_create(&client, &ctl->client, NULL) < 0)
		ctl->client = NULL;
}

static int print_done(const struct report *r, const char *path)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *root, *files;

	if (!r->ctl->json) {
		printf("%s: %zu files, %zu KiB before packing; look into it before you hand it out\n", path,
			r->archive.n, r->archive.bytes >> 10);
		if (r->archive.left_out)
			fprintf(stderr, "mosctl: %u files were too much for it\n", r->archive.left_out);
		return CTL_OK;
	}
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_str(doc, root, "path", path);
	yyjson_mut_obj_add_uint(doc, root, "left_out", r->archive.left_out);
	files = yyjson_mut_obj_add_arr(doc, root, "files");
	for (size_t i = 0; i < r->archive.n; i++)
		yyjson_mut_arr_add_str(doc, files, r->archive.file[i].name);
	return json_print(doc, root);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path = args->opt[OUT] ? args->opt[OUT] : TOP ".tar.gz", *compressor = NULL;
	struct report r = {.ctl = ctl, .seconds = 3, .log_dir = args->opt[LOGS]};
	int rc, code;

	if (args->opt[LIST])
		return list(ctl);
	if (args->opt[SECONDS] &&
		(parse_real(args->opt[SECONDS], &r.seconds) < 0 || r.seconds < 0 || r.seconds > 600))
		return ctl_usage(ctl, "--seconds: not a number from 0 to 600: %s", args->opt[SECONDS]);
	if (ends(path, ".tar.gz") || ends(path, ".tgz"))
		compressor = "gzip";
	else if (ends(path, ".tar.zst"))
		compressor = "zstd";
	else if (!ends(path, ".tar"))
		return ctl_usage(ctl, "--out: neither .tar.gz nor .tar.zst nor .tar: %s", path);
	connect_if_there(ctl);
	report_learn(&r);
	(void)archive_add(&r.archive, "README.txt", readme, 0);
	for (const struct report_part *p = report_parts; p->name; p++)
		p->collect(&r);
	rc = archive_write(&r.archive, TOP, path, compressor);
	if (rc == -ENOENT && compressor && !strcmp(compressor, "zstd"))
		code = ctl_fail(ctl, CTL_UNREACHABLE, "sudo apt install zstd, or --out mos-report.tar.gz",
			"there is no program zstd here");
	else if (rc < 0)
		code = ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", path, strerror(-rc));
	else
		code = print_done(&r, path);
	archive_finish(&r.archive);
	redact_finish(&r.redactor);
	return code;
}

const struct command cmd_report = {
	.name = "report",
	.words = "",
	.summary = "Pack what is needed to help you into a file, without what is private",
	.text = "Names of people, machines, scores and files, addresses, serial numbers and passwords are "
		"replaced by\n"
		"placeholders, the same thing by the same one. Only you can read the file; look into it "
		"before you hand\n"
		"it out. Needs no running MOS, but has more to say with one.",
	.example =
		"  mosctl report --list\n  mosctl report -o mos-report.tar.gz && tar -tzf mos-report.tar.gz",
	.options = options,
	.run = run,
};

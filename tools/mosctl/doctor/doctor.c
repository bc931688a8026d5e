/* SPDX-License-Identifier: MIT */
/* mosctl doctor: the topics, and what becomes of a finding. */
#include "doctor/doctor.h"

#include <stdarg.h>
#include <string.h>

const char *const verdict_name[N_VERDICTS] = {"ok", "info", "warn", "fail"};

const struct topic topics[] = {
	{"Kernel", kernel_checks},
	{"Processor", cpu_checks},
	{"Limits", limit_checks},
	{"Memory", memory_checks},
	{"Sound", sound_checks},
	{"USB", usb_checks},
	{"PipeWire", pipewire_checks},
	{"Disk", disk_checks},
	{"Sandbox of widgets", sandbox_checks},
	{"Tracing", trace_checks},
	{"Units", unit_checks},
	{"MOS", system_checks},
	{0},
};

void found(struct doctor *d, enum verdict verdict, const char *hint, const char *fmt, ...)
{
	char text[512], clean[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	d->n[verdict]++;
	if (d->doc) {
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(d->doc, d->checks);

		yyjson_mut_obj_add_str(d->doc, one, "name", d->check->name);
		yyjson_mut_obj_add_str(d->doc, one, "verdict", verdict_name[verdict]);
		yyjson_mut_obj_add_strcpy(d->doc, one, "text", text);
		if (hint)
			yyjson_mut_obj_add_strcpy(d->doc, one, "hint", hint);
		yyjson_mut_obj_add_str(d->doc, one, "why", d->check->why);
		return;
	}
	printf("  %-5s %-19s %s\n", verdict_name[verdict], d->check->name,
		printable(text, clean, sizeof(clean)));
	if (d->is_verbose)
		printf("  %-25s %s\n", "", d->check->why);
	if (hint)
		printf("  %-25s -> %s\n", "", hint);
}

/* "kernel" is all of them, "kernel.preempt" one. */
static int is_meant(const struct check *check, const char *name)
{
	const size_t len = strlen(name);

	return !strncmp(check->name, name, len) && (check->name[len] == '.' || !check->name[len]);
}

int doctor_knows(const char *name)
{
	for (const struct topic *t = topics; t->title; t++)
		for (const struct check *c = t->checks; c->name; c++)
			if (is_meant(c, name))
				return 1;
	return 0;
}

void doctor_run(struct doctor *d, char *const names[], int n)
{
	for (const struct topic *t = topics; t->title; t++) {
		int is_titled = 0;

		for (const struct check *c = t->checks; c->name; c++) {
			int meant = n == 0;

			for (int i = 0; i < n && !meant; i++)
				meant = is_meant(c, names[i]);
			if (!meant || (c->only_live && !box_is_live(&d->box)))
				continue;
			if (!is_titled && !d->doc)
				printf("%s\n", t->title);
			is_titled = 1;
			d->check = c;
			c->run(d);
		}
	}
}

void doctor_begin_json(struct doctor *d)
{
	d->doc = yyjson_mut_doc_new(NULL);
	d->checks = yyjson_mut_arr(d->doc);
}

yyjson_mut_val *doctor_json(struct doctor *d)
{
	yyjson_mut_val *root = yyjson_mut_obj(d->doc);

	yyjson_mut_obj_add_val(d->doc, root, "checks", d->checks);
	for (int v = OK; v < N_VERDICTS; v++)
		yyjson_mut_obj_add_int(d->doc, root, verdict_name[v], d->n[v]);
	return root;
}

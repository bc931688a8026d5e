/* SPDX-License-Identifier: MIT */
/* mosctl report: the machine, as mosctl doctor sees it and as the kernel tells. */
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"
#include "report/report.h"

static void on_seen(void *data, const char *path, const char *text, int is_link)
{
	struct report *r = data;
	char name[600];

	(void)snprintf(name, sizeof(name), "machine%s", path);
	if (is_link)
		(void)archive_add(&r->archive, name, text, 1);
	else
		report_add(r, name, text, 0);
}

void report_doctor(struct report *r)
{
	struct doctor d = {.ctl = r->ctl};

	(void)box_open(&d.box, NULL);
	d.box.seen = on_seen;
	d.box.data = r;
	doctor_begin_json(&d);
	doctor_run(&d, NULL, 0);
	report_add_json(r, "doctor.json", d.doc, doctor_json(&d));
}

#define LINES_MAX 400
#define TEXT_MAX (1u << 20)

/* A long text in the heap, of a program. @return NULL: it did not say anything. */
static char *ask(const char *key, const char *const argv[])
{
	char *text = malloc(TEXT_MAX);
	struct box box;

	(void)box_open(&box, NULL);
	if (text && box_program(&box, key, argv, text, TEXT_MAX) == 0 && text[0])
		return text;
	free(text);
	return NULL;
}

static int is_about_sound(const char *line, size_t len)
{
	static const char *const words[] = {"snd", "sound", "audio", "alsa", "hda", "hdmi", "xhci", "ehci",
		"usb", "throttl", "clocksource", "tsc", "hung", "soft lockup", "out of memory", "mos-",
		"pipewire", "preempt", "firewire", "thunderbolt", "midi"};
	char text[512];

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, line);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]))
			return !strcasestr(text, "command line"); /* it names disks, and more */
	return 0;
}

void report_kernel(struct report *r)
{
	static const char *const argv[] = {"dmesg", NULL};
	char *text = ask("dmesg", argv), *kept, *to;
	int n = 0;

	if (!text) {
		report_add(r, "kernel.txt",
			"the kernel's messages may not be read here (sudo mosctl report)\n", 0);
		return;
	}
	kept = to = malloc(strlen(text) + 2);
	for (const char *line = text; kept && *line && n < LINES_MAX; n++) {
		const size_t len = strcspn(line, "\n");

		if (is_about_sound(line, len)) {
			memcpy(to, line, len);
			to += len;
			*to++ = '\n';
		} else {
			n--;
		}
		line += len + (line[len] == '\n');
	}
	if (kept) {
		*to = '\0';
		report_add(r, "kernel.txt", kept, 0);
	}
	free(kept);
	free(text);
}

/* One line a device: what it is, not which one it is. */
void report_hardware(struct report *r)
{
	static struct box_names names;
	static struct card card[CARDS_MAX];
	struct box box;
	char *text = NULL, path[160], line[512];
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	unsigned int n;

	if (!to)
		return;
	(void)box_open(&box, NULL);
	if (box_text(&box, "/proc/cpuinfo", line, sizeof(line)) >= 0 && box_field(line, "model name"))
		fprintf(to, "processor: %.*s\n", (int)strcspn(box_field(line, "model name"), "\n"),
			box_field(line, "model name"));
	if (box_line(&box, "/proc/meminfo", line, sizeof(line)) == 0)
		fprintf(to, "memory: %s\n", line);
	if (box_line(&box, "/sys/class/dmi/id/product_name", line, sizeof(line)) == 0)
		fprintf(to, "machine: %s\n", line);
	n = cards_read(&box, card);
	for (unsigned int i = 0; i < n; i++)
		fprintf(to, "sound: %s %s at %s\n", card[i].name, card[i].id, card[i].device);
	(void)box_names(&box, "/sys/bus/pci/devices", "", &names);
	for (unsigned int i = 0; i < names.n; i++) {
		char class[16] = "", vendor[16] = "", device[16] = "";

		(void)box_line(&box, BOX_PATH(path, "/sys/bus/pci/devices/%s/class", names.name[i]), class,
			sizeof(class));
		(void)box_line(&box, BOX_PATH(path, "/sys/bus/pci/devices/%s/vendor", names.name[i]), vendor,
			sizeof(vendor));
		(void)box_line(&box, BOX_PATH(path, "/sys/bus/pci/devices/%s/device", names.name[i]), device,
			sizeof(device));
		fprintf(to, "pci: %s class %s, %s:%s\n", names.name[i], class, vendor, device);
	}
	(void)box_names(&box, "/sys/bus/usb/devices", "", &names);
	for (unsigned int i = 0; i < names.n; i++)
		if (!strchr(names.name[i], ':') &&
			box_line(&box, BOX_PATH(path, "/sys/bus/usb/devices/%s/product", names.name[i]), line,
				sizeof(line)) == 0)
			fprintf(to, "usb: %s %s\n", names.name[i], line);
	if (fclose(to) == 0)
		report_add(r, "hardware.txt", text, 0);
	free(text);
}

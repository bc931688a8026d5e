/* SPDX-License-Identifier: MIT */
/* mosctl widget new: a widget that builds and runs, to begin with. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "widget.h"

#define ID_MAX 31u

/* In what follows, @ID@ is the widget's id. */
struct template {
	const char *name, *text;
	mode_t mode;
};

static const char manifest_c[] =
	"{\n"
	"  \"id\": \"@ID@\", \"name\": \"@ID@\", \"version\": \"0.1.0\", \"api\": 1, \"component\": "
	"\"@ID@\",\n"
	"  \"capabilities\": [\"events.read\"],\n"
	"  \"defaultPosition\": {\"x\": 0, \"y\": 0}, \"defaultSize\": {\"width\": 200, \"height\": 80}\n"
	"}\n";

static const char manifest_python[] =
	"{\n"
	"  \"id\": \"@ID@\", \"name\": \"@ID@\", \"version\": \"0.1.0\", \"api\": 1, \"component\": "
	"\"@ID@.py\",\n"
	"  \"capabilities\": [\"events.read\"],\n"
	"  \"defaultPosition\": {\"x\": 0, \"y\": 0}, \"defaultSize\": {\"width\": 200, \"height\": 80},\n"
	"  \"limits\": {\"memory_mb\": 128}\n"
	"}\n";

static const char program_c[] = "/* @ID@: counts the beats. */\n"
				"#include <mos/widget.h>\n"
				"#include <stdio.h>\n"
				"\n"
				"static int n_beats;\n"
				"\n"
				"static void show(struct mos_widget *widget)\n"
				"{\n"
				"\tchar text[64];\n"
				"\n"
				"\tsnprintf(text, sizeof(text), \"%d beats\\n\", n_beats);\n"
				"\tmos_widget_show(widget, text, MOS_ARGS(mos_int(\"beats\", n_beats)));\n"
				"}\n"
				"\n"
				"static void on_beat(const struct mos_event *event, void *widget)\n"
				"{\n"
				"\t(void)event;\n"
				"\tn_beats++;\n"
				"\tshow(widget);\n"
				"}\n"
				"\n"
				"static int activate(struct mos_widget *widget, void *data)\n"
				"{\n"
				"\t(void)data;\n"
				"\tshow(widget);\n"
				"\treturn mos_events_on(mos_widget_client(widget), MOS_EVENT_METRONOME_BEAT, "
				"on_beat, widget, NULL);\n"
				"}\n"
				"\n"
				"int main(int argc, char **argv)\n"
				"{\n"
				"\tstatic const struct mos_widget_ops ops = {.activate = activate};\n"
				"\n"
				"\treturn mos_widget_main(&ops, NULL, argc, argv);\n"
				"}\n";

static const char makefile[] =
	"CFLAGS ?= -O2 -Wall -Wextra\n"
	"\n"
	"@ID@: @ID@.c\n"
	"\t$(CC) -std=c2x $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS) $$(pkg-config --cflags --libs mos)\n"
	"\n"
	"clean:\n"
	"\trm -f @ID@\n"
	"\n"
	".PHONY: clean\n";

static const char program_python[] = "#!/usr/bin/python3\n"
				     "\"\"\"@ID@: counts the beats.\"\"\"\n"
				     "import sys\n"
				     "\n"
				     "import mos\n"
				     "\n"
				     "\n"
				     "class Widget(mos.Widget):\n"
				     "    def activate(self):\n"
				     "        self.beats = 0\n"
				     "        self.on(\"metronome:beat\", self.on_beat)\n"
				     "        self.show(\"0 beats\\n\", beats=0)\n"
				     "\n"
				     "    def on_beat(self, event):\n"
				     "        self.beats += 1\n"
				     "        self.show(f\"{self.beats} beats\\n\", beats=self.beats)\n"
				     "\n"
				     "\n"
				     "sys.exit(Widget().run())\n";

static const char test[] = "#!/bin/sh\n"
			   "# mosctl widget test runs this where @ID@ was just started, in a MOS of its own.\n"
			   "set -e\n"
			   "mosctl widget attach --once @ID@ | grep -q '^0 beats'\n";

static const struct template in_c[] = {{"widget.json", manifest_c, 0644}, {"@ID@.c", program_c, 0644},
	{"Makefile", makefile, 0644}, {"test", test, 0755}, {0}};
static const struct template in_python[] = {
	{"widget.json", manifest_python, 0644}, {"@ID@.py", program_python, 0755}, {"test", test, 0755}, {0}};

static void fill_in(FILE *to, const char *text, const char *id)
{
	for (const char *mark; (mark = strstr(text, "@ID@")); text = mark + strlen("@ID@"))
		fprintf(to, "%.*s%s", (int)(mark - text), text, id);
	fputs(text, to);
}

static int write_file(int folder, const struct template *t, const char *id)
{
	char name[64] = "";
	FILE *to = fmemopen(name, sizeof(name), "w");
	int fd, rc;

	if (!to)
		return -errno;
	fill_in(to, t->name, id);
	(void)fclose(to);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, t->mode);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to) {
		rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	fill_in(to, t->text, id);
	rc = ferror(to) ? -EIO : 0;
	return fclose(to) < 0 ? -errno : rc;
}

static int is_id(const char *id)
{
	return id[0] >= 'a' && id[0] <= 'z' && strlen(id) <= ID_MAX &&
	       !id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

int widget_new(struct ctl *ctl, const struct ctl_args *args)
{
	const char *id = args->word[1];
	const struct template *t = args->opt[WIDGET_PYTHON] ? in_python : in_c;
	int folder, rc = 0;

	if (!is_id(id))
		return ctl_usage(
			ctl, "widget new: an id is a-z, 0-9 and -, a letter first, at most %u bytes", ID_MAX);
	if (mkdir(id, 0777) < 0)
		return ctl_fail(ctl, CTL_FAILED,
			errno == EEXIST ? "choose another id, or remove the folder" : NULL, "%s: %s", id,
			strerror(errno));
	folder = open(id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		rc = -errno;
	for (; rc == 0 && t->name; t++)
		rc = write_file(folder, t, id);
	if (folder >= 0)
		(void)close(folder);
	if (rc < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", id, strerror(-rc));
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);

		yyjson_mut_obj_add_str(doc, root, "folder", id);
		return json_print(doc, root);
	}
	printf("mosctl widget dev ./%s      # builds and starts it, again at each change\n"
	       "mosctl widget attach %s\nmosctl widget test ./%s\nmosctl widget pack ./%s\n", id, id, id, id);
	return CTL_OK;
}

/* SPDX-License-Identifier: MIT */
/* mosctl theater: what people see. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "verbs.h"

enum { CANVAS, OUT, DIVISOR, AT, ID, SECONDS };

static const struct ctl_option options[] = {
	[CANVAS] = {"canvas", 'c', "NAME", "landscape, portrait; where it makes sense both (default there)"},
	[OUT] = {"out", 'o', "FILE", "shot, record: write there (shot: landscape.png, portrait.png)"},
	[DIVISOR] = {"divisor", 'd', "N", "shot: 1/N of the canvas' size, 1 to 64"},
	[AT] = {"at", 0, "WHEN", "scene: now, beat, bar (default: as the scene says)"},
	[ID] = {"id", 'i', "NAME", "layer, zoom: of this score alone"},
	[SECONDS] = {"seconds", 's', "N", "record: so long (default: until Ctrl-C)"},
	{0},
};

#define SHOT_TIMEOUT_MS 60000

static size_t add_text(
	const struct ctl_args *args, int option, const char *key, struct mos_field *fields, size_t n)
{
	if (args->opt[option])
		fields[n++] = mos_str(key, args->opt[option]);
	return n;
}

/* --- Scenes --- */

static int list_scenes(struct ctl *ctl)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, "theater.scene.list", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	const struct mos_value *scenes = mos_get(&reply.value, "scenes");
	if (ctl->json)
		code = json_print_value(&reply.value);
	for (uint32_t i = 0; !ctl->json && i < verb_len(scenes); i++) {
		const struct mos_value *s = &scenes->u.items[i];
		char title[128];

		printf("%c %-16s %-10s %s\n", mos_get_bool(s, "shown", 0) ? '*' : ' ',
			mos_get_str(s, "name", "?"), mos_get_str(s, "canvas", "?"),
			printable(mos_get_str(s, "title", ""), title, sizeof(title)));
	}
	mos_reply_finish(&reply);
	return code;
}

static int scene(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[3];
	size_t n = 0;

	if (args->n < 2)
		return list_scenes(ctl);
	fields[n++] = mos_str("name", args->word[1]);
	n = add_text(args, CANVAS, "canvas", fields, n);
	n = add_text(args, AT, "at", fields, n);
	return verb_done(ctl, "theater.scene.show", fields, n);
}

static int theme(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2] = {mos_str("name", args->word[1])};

	return verb_done(ctl, "theater.theme.set", fields, add_text(args, CANVAS, "canvas", fields, 1));
}

static int set_item(struct ctl *ctl, const struct ctl_args *args, int visible)
{
	struct mos_field fields[3] = {mos_str("id", args->word[1]), mos_bool("visible", visible)};

	return verb_done(ctl, "theater.item.set", fields, add_text(args, CANVAS, "canvas", fields, 2));
}

static int show(struct ctl *ctl, const struct ctl_args *args)
{
	return set_item(ctl, args, 1);
}

static int hide(struct ctl *ctl, const struct ctl_args *args)
{
	return set_item(ctl, args, 0);
}

static int layer(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[4] = {mos_str("layer", args->word[1])};
	size_t n = 2;
	int on;

	if (parse_on_off(args->word[2], &on) < 0)
		return ctl_usage(ctl, "neither on nor off: %s", args->word[2]);
	fields[1] = mos_bool("visible", on);
	n = add_text(args, CANVAS, "canvas", fields, n);
	n = add_text(args, ID, "id", fields, n);
	return verb_done(ctl, "theater.layer.set", fields, n);
}

static int focus(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	size_t n = 0;

	if (args->n > 1)
		fields[n++] = mos_str("id", args->word[1]);
	return verb_done(ctl, "theater.focus.set", fields, add_text(args, CANVAS, "canvas", fields, n));
}

static int zoom(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[3];
	double factor;
	size_t n = 1;

	if (parse_real(args->word[1], &factor) < 0)
		return ctl_usage(ctl, "not a number: %s", args->word[1]);
	fields[0] = mos_real("factor", factor);
	n = add_text(args, CANVAS, "canvas", fields, n);
	n = add_text(args, ID, "id", fields, n);
	return verb_done(ctl, "theater.score.zoom", fields, n);
}

static int ndi(struct ctl *ctl, const struct ctl_args *args)
{
	int on;

	if (parse_on_off(args->word[1], &on) < 0)
		return ctl_usage(ctl, "neither on nor off: %s", args->word[1]);
	return verb_done(ctl, "theater.ndi.set", MOS_ARGS(mos_bool("on", on)));
}

/* --- Looking --- */

static void print_answers(const struct mos_value *v)
{
	printf("answers     %.2f ms from event to picture, %.2f until its frame, %.2f until it was shown; "
	       "99 %% below %.2f ms in all\n",
		mos_get_real(v, "answers/to_picture/p50_ms", 0),
		mos_get_real(v, "answers/to_frame/p50_ms", 0),
		mos_get_real(v, "answers/to_submitted/p50_ms", 0),
		mos_get_real(v, "answers/whole/p99_ms", 0));
}

static void print_status(const struct mos_value *v)
{
	const struct mos_value *canvases = mos_get(v, "canvases");

	if (mos_get_bool(v, "renderer/open", 0))
		printf("device      %s, %s\nframes      %.2f ms work, 99 %% below %.2f ms, %lld skipped\n",
			mos_get_str(v, "renderer/device", "?"), mos_get_str(v, "renderer/backend", "?"),
			mos_get_real(v, "frames/p50_ms", 0), mos_get_real(v, "frames/p99_ms", 0),
			(long long)mos_get_int(v, "frames/skipped", 0));
	else
		printf("device      not opened: nobody looks%s%s\n", mos_get(v, "renderer/fault") ? "; " : "",
			mos_get_str(v, "renderer/fault", ""));
	if (mos_get_int(v, "answers/n", 0) > 0)
		print_answers(v);
	for (uint32_t i = 0; i < verb_len(canvases); i++) {
		const struct mos_value *c = &canvases->u.items[i], *score = mos_get(c, "scores/0");

		printf("%-10s  %lld x %lld, scene %s, %lld pictures%s", mos_get_str(c, "canvas", "?"),
			(long long)mos_get_int(c, "width", 0), (long long)mos_get_int(c, "height", 0),
			mos_get_str(c, "scene", "?"), (long long)mos_get_int(c, "pictures", 0),
			mos_get_bool(c, "wanted", 0) ? ", looked at" : "");
		if (mos_get(score, "fault"))
			printf("; %s", mos_get_str(score, "fault", ""));
		else if (score)
			printf("; page %lld of %lld, %lld elements", (long long)mos_get_int(score, "page", 0),
				(long long)mos_get_int(score, "pages", 0),
				(long long)mos_get_int(score, "elements", 0));
		printf("\n");
	}
}

static int status(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, "theater.status.get", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		print_status(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static void print_stream(const struct mos_value *s)
{
	printf("%c %-32s %-9s %8lld frames %6lld dropped%s\n", mos_get_bool(s, "watched", 0) ? '*' : ' ',
		mos_get_str(s, "name", "?"), mos_get_str(s, "kind", "?"),
		(long long)mos_get_int(s, "frames", 0), (long long)mos_get_int(s, "dropped", 0),
		mos_get_bool(s, "on_air", 0) ? " on air" : "");
}

static void print_widget(const struct mos_value *w)
{
	char name[64];

	printf("%c %-20s %-8s %8lld pictures %6lld refused  %s\n", mos_get_bool(w, "shown", 0) ? '*' : ' ',
		mos_get_str(w, "id", "?"), mos_get_str(w, "surface", "?"),
		(long long)mos_get_int(w, "pictures", 0), (long long)mos_get_int(w, "refused", 0),
		printable(mos_get_str(w, "name", ""), name, sizeof(name)));
}

static int list(struct ctl *ctl, const char *method, const char *key, void (*print)(const struct mos_value *))
{
	struct mos_reply reply;
	int code = ctl_call(ctl, method, MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	const struct mos_value *rows = mos_get(&reply.value, key);
	if (ctl->json)
		code = json_print_value(&reply.value);
	for (uint32_t i = 0; !ctl->json && i < verb_len(rows); i++)
		print(&rows->u.items[i]);
	mos_reply_finish(&reply);
	return code;
}

static int streams(struct ctl *ctl, const struct ctl_args *args)
{
	return list(ctl, "theater.stream.list", "streams", print_stream);
}

static int widgets(struct ctl *ctl, const struct ctl_args *args)
{
	return list(ctl, "theater.widget.list", "widgets", print_widget);
}

static int shoot(struct ctl *ctl, const struct ctl_args *args, const char *canvas, const char *path)
{
	struct mos_field fields[2] = {mos_str("canvas", canvas)};
	struct mos_reply reply;
	size_t n = 1;
	int code = verb_uint(ctl, args, DIVISOR, 1, 64, fields, &n), rc = -EPROTO;

	ctl->timeout_ms = ctl->timeout_ms ? ctl->timeout_ms : SHOT_TIMEOUT_MS;
	if (code == CTL_OK)
		code = ctl_call(ctl, "theater.canvas.shot", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (reply.n_fds == 1)
		rc = file_replace(reply.fds[0], path);
	if (rc < 0)
		code = ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", path, strerror(-rc));
	else if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s\n", path);
	mos_reply_finish(&reply);
	return code;
}

static int shot(struct ctl *ctl, const struct ctl_args *args)
{
	const char *canvas = args->opt[CANVAS], *out = args->opt[OUT];
	int code;

	if (canvas && strcmp(canvas, "both") != 0)
		return shoot(ctl, args, canvas,
			out                               ? out
			: strcmp(canvas, "portrait") == 0 ? "portrait.png"
							  : "landscape.png");
	if (out)
		return shoot(ctl, args, "landscape", out);
	code = shoot(ctl, args, "landscape", "landscape.png");
	return code == CTL_OK ? shoot(ctl, args, "portrait", "portrait.png") : code;
}

/* A new file, beside which nothing is lost when the recording fails. */
static int start_recording(struct ctl *ctl, const struct ctl_args *args, const char *path, int fd)
{
	const char *base = strrchr(path, '/');
	struct mos_field fields[2] = {mos_str("name", base ? base + 1 : path)};
	const struct mos_request request = {.method = "theater.record.start",
		.args = fields,
		.n_args = add_text(args, CANVAS, "canvas", fields, 1),
		.fds = &fd,
		.n_fds = 1};
	int rc, code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);

	if (code != CTL_OK)
		return code;
	rc = mos_call_request(ctl->client, &request, NULL);
	return rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
}

/* It ends by itself when an encoder is missing or the disk is full; stopping then says why. */
static int is_recording(struct ctl *ctl)
{
	struct mos_reply reply;
	int is = 1;

	if (mos_call(ctl->client, "theater.status.get", MOS_NO_ARGS, &reply) == 0) {
		is = mos_get_bool(&reply.value, "recording", 1);
		mos_reply_finish(&reply);
	}
	return is;
}

static int stop_recording(struct ctl *ctl)
{
	const struct mos_request request = {.method = "theater.record.stop",
		.timeout_ms = ctl->timeout_ms ? ctl->timeout_ms : SHOT_TIMEOUT_MS};
	const int rc = mos_call_request(ctl->client, &request, NULL);

	return rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
}

static int record(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path = args->opt[OUT];
	uint32_t seconds = 0;
	int fd, code;

	if (!path)
		return ctl_usage(ctl, "record needs --out FILE.mkv or FILE.webm");
	if (args->opt[SECONDS] && (parse_uint(args->opt[SECONDS], 86400, &seconds) < 0 || seconds == 0))
		return ctl_usage(ctl, "--seconds is 1 to 86400, not %s", args->opt[SECONDS]);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return ctl_fail(ctl, CTL_BAD_FILE,
			errno == EEXIST ? "a recording goes into a new file" : NULL, "%s: %s", path,
			strerror(errno));
	code = start_recording(ctl, args, path, fd);
	(void)close(fd);
	if (code != CTL_OK) {
		(void)unlink(path);
		return code;
	}
	term_catch_interrupt();
	if (!ctl->json && !seconds)
		fprintf(stderr, "recording; Ctrl-C ends it\n");
	for (uint32_t i = 0; !term_interrupted() && (!seconds || i < seconds) && is_recording(ctl); i++)
		(void)sleep(1); /* ends early when interrupted */
	code = stop_recording(ctl);
	if (code == CTL_OK && !ctl->json)
		printf("%s\n", path);
	return code;
}

static const struct ctl_verb verbs[] = {
	{"status", "", NULL, 0, 0, 0, status},
	{"scene", "[NAME]", "canvas at", 0, 1, 0, scene},
	{"theme", "NAME", "canvas", 1, 1, 0, theme},
	{"layer", "NAME on|off", "canvas id", 2, 2, 0, layer},
	{"show", "ITEM", "canvas", 1, 1, 0, show},
	{"hide", "ITEM", "canvas", 1, 1, 0, hide},
	{"focus", "[ITEM]", "canvas", 0, 1, 0, focus},
	{"zoom", "FACTOR", "canvas id", 1, 1, 0, zoom},
	{"shot", "", "canvas out divisor", 0, 0, 1, shot},
	{"record", "", "canvas out seconds", 0, 0, 1, record},
	{"widgets", "", NULL, 0, 0, 0, widgets},
	{"streams", "", NULL, 0, 0, 0, streams},
	{"ndi", "on|off", NULL, 1, 1, 0, ndi},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	return verb_run(ctl, args, verbs);
}

const struct command cmd_theater = {
	.name = "theater",
	.words = "VERB [WORD...]",
	.summary = "What people see: scenes, layers, pictures, streams",
	.text = "  status              the device, the time a frame takes, what is on the canvases\n"
		"  scene [NAME]        go to a scene, on both canvases; without a name list them\n"
		"  theme NAME          night, paper, stage, contrast, or one of your own\n"
		"  layer NAME on|off   of scores: form chords analysis tablature diagrams fingering\n"
		"                      notation lyrics markers\n"
		"  show ITEM           of the scene: a widget's id, or score\n"
		"  hide ITEM\n"
		"  focus [ITEM]        dim everything else; without an item nothing any more\n"
		"  zoom FACTOR         of scores: 1.25 nearer, 0.8 farther\n"
		"  shot                a canvas as a PNG file, once all that is on it has been drawn\n"
		"  record              picture and sound into a new .mkv or .webm file\n"
		"  widgets             which run, and what they have drawn\n"
		"  streams             video nodes and NDI senders; * somebody watches\n"
		"  ndi on|off          NDI senders, where its runtime is installed",
	.example = "  mosctl theater scene performance --at bar\n  mosctl theater shot -c portrait -d 4 -o "
		   "now.png\n"
		   "  mosctl theater layer analysis off\n"
		   "  gst-launch-1.0 pipewiresrc target-object=mos.canvas.landscape.small ! videoconvert ! "
		   "autovideosink",
	.options = options,
	.min_words = 1,
	.max_words = 3,
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/*
 * The recorder: everything that is told on the bus, kept on disk as it happens, replayed, and written as a
 * Hermes timeline. Methods: record.start, record.stop, record.list, record.export, record.import,
 * record.remove, replay.start, replay.stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mos/widget.h>

#include "draw.h"
#include "journal.h"
#include "player.h"
#include "timeline.h"

#define LOOK_MS 200u /* what has come is on its way to the disk this soon */
#define PLAY_MS 20u
#define LIST_MAX 256u
#define SHARE_MAX (16u << 20) /* a larger timeline is a file only: sharing copies it */
#define BURST 64u             /* events replayed at once: a cycle takes no more than half of that */
#define REST_MAX 16384u       /* the ring holds no more than this */

struct recorder {
	struct mos_widget *widget;
	struct journal *journal; /* NULL: not recording */
	struct player *player;   /* NULL: not replaying */
	struct mos_timer *play_timer;
	char name[JOURNAL_NAME_MAX + 1]; /* of the newest recording */
	uint64_t start_ns, lost;
	char trouble[128];
	float width, height; /* as drawn last */
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void show(struct recorder *r)
{
	struct journal_figures f = r->journal ? journal_figures(r->journal) : (struct journal_figures){0};
	uint64_t s = r->journal ? (now_ns(CLOCK_MONOTONIC) - r->start_ns) / 1000000000 : 0;
	char text[512];

	if (r->journal)
		snprintf(text, sizeof(text),
			"* recording %s  %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "\n%" PRIu64
			" events, %" PRIu64 " KiB in %u files%s%s\n",
			r->name, s / 3600, s / 60 % 60, s % 60, f.n_events, f.bytes / 1024, f.segments,
			f.n_gaps ? ", events were missed" : "", f.uring ? "" : " (no io_uring here)");
	else if (r->player)
		snprintf(text, sizeof(text), "> replaying %s\n%" PRIu64 " events played\n", r->name,
			player_emitted(r->player));
	else
		snprintf(text, sizeof(text), "not recording%s%s\n%s\nr: record  p: replay  s: stop\n",
			r->name[0] ? "; last: " : "", r->name, r->trouble);
	(void)mos_widget_show(r->widget, text,
		MOS_ARGS(mos_bool("recording", r->journal != NULL), mos_bool("replaying", r->player != NULL),
			mos_str("name", r->name), mos_int("events", (int64_t)f.n_events),
			mos_int("bytes", (int64_t)f.bytes), mos_int("seconds", (int64_t)s),
			mos_str("trouble", r->trouble)));
	mos_widget_redraw(r->widget);
}

static void give_up(struct recorder *r, const char *what, int err)
{
	snprintf(r->trouble, sizeof(r->trouble), "%s: %s", what, strerror(-err));
	mos_widget_log(r->widget, "%s", r->trouble);
}

static int stop(struct recorder *r)
{
	int err = journal_close(r->journal);

	r->journal = NULL;
	if (err < 0)
		give_up(r, "the recording is not whole", err);
	return err;
}

static struct journal_limits limits_of(const struct recorder *r)
{
	const struct mos_value *settings = &mos_widget_context(r->widget)->settings;

	return (struct journal_limits){
		.segment_bytes = (uint64_t)mos_get_int(settings, "segment_mb", 16) << 20,
		.keep_bytes = (uint64_t)mos_get_int(settings, "keep_mb", 512) << 20,
	};
}

static int start(struct recorder *r, const char *name)
{
	const struct journal_limits limits = limits_of(r);
	uint64_t unix_ns = now_ns(CLOCK_REALTIME);
	time_t seconds = (time_t)(unix_ns / 1000000000);
	char made[JOURNAL_NAME_MAX + 1];
	struct tm tm;
	int err;

	if (!name || !name[0]) {
		(void)strftime(made, sizeof(made), "take-%Y%m%d-%H%M%S", gmtime_r(&seconds, &tm));
		name = made;
	}
	r->start_ns = now_ns(CLOCK_MONOTONIC);
	r->lost = mos_events_lost(mos_widget_client(r->widget));
	err = journal_create(mos_widget_dir(r->widget), name, &limits, r->start_ns, unix_ns, &r->journal);
	if (err < 0)
		return err;
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->trouble[0] = 0;
	return 0;
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct recorder *r = data;
	uint64_t lost = mos_events_lost(mos_widget_client(r->widget));
	int err = 0;

	if (!r->journal)
		return;
	if (lost != r->lost)
		err = journal_gap(r->journal, lost - r->lost);
	r->lost = lost;
	if (err == 0)
		err = journal_append(r->journal, ev);
	if (err < 0) {
		(void)stop(r);
		give_up(r, "recording ended", err);
	}
}

/** What was told before this moment belongs to the recording: a call may come before the last events do. */
static void take_rest(struct recorder *r)
{
	struct mos_event ev;
	int rc = 1;

	for (uint32_t i = 0; r->journal && i < REST_MAX && (rc == 1 || rc == -EOVERFLOW); i++) {
		rc = mos_events_next(mos_widget_client(r->widget), &ev);
		if (rc == 1)
			on_event(&ev, r);
	}
}

static void halt(struct recorder *r)
{
	struct mos_event ev;

	while (r->player && player_release(r->player, &ev))
		(void)mos_emit(mos_widget_client(r->widget), &ev);
	player_destroy(r->player);
	mos_timer_end(r->play_timer);
	r->player = NULL;
	r->play_timer = NULL;
}

static void on_play(struct mos_widget *w, void *data)
{
	struct recorder *r = data;
	struct mos_event ev;
	int got = 0;

	for (uint32_t i = 0; i < BURST && (got = player_next(r->player, now_ns(CLOCK_MONOTONIC), &ev)) == 1;
		i++) {
		if (mos_emit(mos_widget_client(w), &ev) == -EAGAIN)
			return; /* there is room after rtcore's next turn */
		player_done(r->player);
	}
	if (got < 0) {
		if (got != -1)
			give_up(r, "replay ended", got);
		halt(r);
		show(r);
	}
}

static int replay(struct recorder *r, const char *name, int with_score)
{
	int err;

	halt(r);
	err = player_create(mos_widget_dir(r->widget), name, with_score,
		now_ns(CLOCK_MONOTONIC) + (uint64_t)PLAYER_AHEAD_NS, &r->player);
	if (err < 0)
		return err;
	if (!r->journal)
		snprintf(r->name, sizeof(r->name), "%s", name);
	err = mos_widget_timer(r->widget, 0, PLAY_MS, on_play, r, &r->play_timer);
	if (err < 0)
		halt(r);
	return err;
}

static void on_look(struct mos_widget *w, void *data)
{
	struct recorder *r = data;
	int err = r->journal ? journal_flush(r->journal) : 0;

	if (err < 0) {
		(void)stop(r);
		give_up(r, "recording ended", err);
	}
	show(r);
}

/** To everybody by data:shared, where it is not too large. @return its number, 0: none. */
static uint64_t share(struct recorder *r, int fd, uint64_t size)
{
	uint64_t id = 0;
	void *at = size && size <= SHARE_MAX ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;

	if (at == MAP_FAILED)
		return 0;
	if (mos_data_share(mos_widget_client(r->widget), "timeline", at, size, &id) < 0)
		id = 0;
	munmap(at, size);
	return id;
}

/** Written beside, then renamed: who opens it finds a whole one. */
static int export(struct recorder *r, const char *name)
{
	char path[4200], part[4210];
	uint64_t n_events = 0, id;
	struct stat st = {0};
	FILE *out;
	int err;

	if (!journal_name_ok(name))
		return -EINVAL;
	if (r->journal && strcmp(name, r->name) == 0)
		(void)journal_flush(r->journal);
	snprintf(path, sizeof(path), "%s/%s.json", mos_widget_dir(r->widget), name);
	snprintf(part, sizeof(part), "%s.part", path);
	out = fopen(part, "w+e");
	if (!out)
		return -errno;
	err = timeline_export(mos_widget_dir(r->widget), name, out, &n_events);
	if (err == 0 && (fsync(fileno(out)) < 0 || fstat(fileno(out), &st) < 0 || rename(part, path) < 0))
		err = -errno;
	if (err < 0) {
		fclose(out);
		(void)unlink(part);
		return err;
	}
	id = share(r, fileno(out), (uint64_t)st.st_size);
	fclose(out);
	mos_widget_reply(
		r->widget, MOS_ARGS(mos_str("file", path), mos_int("events", (int64_t)n_events),
				   mos_int("bytes", (int64_t)st.st_size),
				   mos_field("id", id ? mos_value_int((int64_t)id) : (struct mos_value){0})));
	return 0;
}

static int refuse(struct recorder *r, int err, const char *name)
{
	switch (err) {
	case -EINVAL:
		return mos_widget_refuse(r->widget, "recorder.name.invalid",
			"\"%s\" is no name of a recording: a-z, 0-9 and -, at most %u bytes.", name,
			JOURNAL_NAME_MAX);
	case -ENOENT:
		return mos_widget_refuse(
			r->widget, "recorder.name.unknown", "There is no recording \"%s\".", name);
	case -EEXIST:
		return mos_widget_refuse(
			r->widget, "recorder.name.taken", "There is a recording \"%s\" already.", name);
	default:
		return mos_widget_refuse(r->widget, "recorder.file.failed", "%s: %s.", name, strerror(-err));
	}
}

/** Make a recording of a timeline that somebody shared. */
static int import(struct recorder *r, const char *name, uint64_t id)
{
	struct mos_event *ev = NULL;
	struct journal *journal = NULL;
	const struct journal_limits limits = limits_of(r);
	char where[96];
	const void *bytes;
	uint64_t start_ns;
	int64_t n;
	size_t size;
	int err = mos_data_get(mos_widget_client(r->widget), id, &bytes, &size);

	if (err < 0)
		return mos_widget_refuse(
			r->widget, "recorder.data.absent", "There is no data %" PRIu64 ".", id);
	n = timeline_read(bytes, size, &ev, &start_ns, where);
	mos_data_release(bytes, size);
	if (n == -EINVAL)
		return mos_widget_refuse(
			r->widget, "recorder.timeline.invalid", "It is no Hermes timeline: %s.", where);
	err = n < 0 ? (int)n : 0;
	if (err == 0)
		err = journal_create(
			mos_widget_dir(r->widget), name, &limits, start_ns, now_ns(CLOCK_REALTIME), &journal);
	for (int64_t i = 0; err == 0 && i < n; i++)
		err = journal_append(journal, &ev[i]);
	free(ev);
	if (journal && err == 0)
		err = journal_close(journal);
	else
		(void)journal_close(journal);
	if (err < 0)
		return refuse(r, err, name);
	mos_widget_reply(r->widget, MOS_ARGS(mos_str("name", name), mos_int("events", n)));
	return 0;
}

static int list(struct recorder *r)
{
	struct journal_info *info = calloc(LIST_MAX, sizeof(*info));
	struct mos_field(*fields)[4] = calloc(LIST_MAX, sizeof(*fields));
	struct mos_value *items = calloc(LIST_MAX, sizeof(*items));
	int n = info && fields && items ? journal_list(mos_widget_dir(r->widget), info, LIST_MAX) : -ENOMEM;

	for (int i = 0; i < n; i++) {
		fields[i][0] = mos_str("name", info[i].name);
		fields[i][1] = mos_int("events", (int64_t)info[i].n_records);
		fields[i][2] = mos_int("bytes", (int64_t)info[i].bytes);
		fields[i][3] = mos_int("started_unix_ms", (int64_t)(info[i].start_unix_ns / 1000000));
		items[i] = mos_value_map(fields[i], 4);
	}
	if (n >= 0)
		mos_widget_reply(r->widget, MOS_ARGS(mos_list("recordings", items, (uint32_t)n)));
	free(items);
	free(fields);
	free(info);
	return n < 0 ? n : 0;
}

static int on_call(struct mos_widget *w, const char *method, const struct mos_value *params, void *data)
{
	struct recorder *r = data;
	const char *name = mos_get_str(params, "name", "");
	int err;

	if (strcmp(method, "record.start") == 0) {
		if (r->journal)
			return mos_widget_refuse(w, "recorder.busy", "\"%s\" is being recorded.", r->name);
		err = start(r, name);
	} else if (strcmp(method, "record.stop") == 0) {
		struct journal_figures f = {0};

		take_rest(r);
		if (r->journal)
			f = journal_figures(r->journal);
		err = stop(r);
		mos_widget_reply(
			w, MOS_ARGS(mos_str("name", r->name), mos_int("events", (int64_t)f.n_events)));
		show(r);
		return err < 0 ? refuse(r, err, r->name) : 0;
	} else if (strcmp(method, "record.list") == 0) {
		err = list(r);
		return err < 0 ? refuse(r, err, "") : 0;
	} else if (strcmp(method, "record.export") == 0) {
		err = export(r, name);
		return err < 0 ? refuse(r, err, name) : 0;
	} else if (strcmp(method, "record.import") == 0) {
		return import(r, name, mos_get_natural(params, "data", 0));
	} else if (strcmp(method, "record.remove") == 0) {
		if (r->journal && strcmp(name, r->name) == 0)
			return mos_widget_refuse(w, "recorder.busy", "\"%s\" is being recorded.", name);
		err = journal_remove(mos_widget_dir(w), name);
	} else if (strcmp(method, "replay.start") == 0) {
		err = replay(r, name, mos_get_bool(params, "score", 0));
	} else if (strcmp(method, "replay.stop") == 0) {
		halt(r);
		err = 0;
	} else {
		return mos_widget_refuse(
			w, "recorder.method.unknown", "The recorder has no method \"%s\".", method);
	}
	if (err < 0)
		return refuse(r, err, name);
	mos_widget_reply(w, MOS_ARGS(mos_str("name", r->name)));
	show(r);
	return 0;
}

static void on_key(struct mos_widget *w, const char *key, void *data)
{
	struct recorder *r = data;
	int err = 0;

	if (strcmp(key, "r") == 0 && !r->journal)
		err = start(r, NULL);
	else if (strcmp(key, "p") == 0 && !r->journal && r->name[0])
		err = replay(r, r->name, 0);
	else if (strcmp(key, "s") == 0) {
		halt(r);
		take_rest(r);
		err = stop(r);
	}
	if (err < 0)
		give_up(r, "that did not work", err);
	show(r);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct recorder *r = data;
	const struct journal_figures f =
		r->journal ? journal_figures(r->journal) : (struct journal_figures){0};
	const uint64_t ns = r->journal ? now_ns(CLOCK_MONOTONIC) - r->start_ns : 0;

	r->width = mos_draw_width(d);
	r->height = mos_draw_height(d);
	recorder_draw(d, &(struct recorder_picture){.is_recording = r->journal != NULL,
				 .is_replaying = r->player != NULL,
				 .name = r->name,
				 .trouble = r->trouble,
				 .seconds = ns / 1000000000,
				 .n_events = f.n_events,
				 .bytes = f.bytes,
				 .phase = (double)(ns % 1000000000) / 1e9});
	if (r->journal)
		mos_draw_again(d);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	static const char *const keys[RECORDER_BUTTONS] = {"r", "p", "s"};
	struct recorder *r = data;
	const enum recorder_button button = recorder_button_at(r->width, r->height, at->at);

	if (at->kind == MOS_POINTER_DOWN && at->button == 1 && button < RECORDER_BUTTONS)
		on_key(w, keys[button], r);
}

static int activate(struct mos_widget *w, void *data)
{
	struct recorder *r = data;
	int err;

	r->widget = w;
	if (!mos_widget_dir(w)) {
		mos_widget_log(w, "no directory: the recorder needs the capability files.own");
		return -EACCES;
	}
	err = mos_events_on(mos_widget_client(w), 0, on_event, r, NULL);
	if (err == 0)
		err = mos_widget_timer(w, LOOK_MS, LOOK_MS, on_look, r, NULL);
	if (err == 0 && mos_get_bool(&mos_widget_context(w)->settings, "autostart", 0))
		err = start(r, NULL);
	show(r);
	return err;
}

static void deactivate(struct mos_widget *w, void *data)
{
	struct recorder *r = data;

	halt(r);
	take_rest(r);
	(void)stop(r);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate,
		.deactivate = deactivate,
		.key = on_key,
		.call = on_call,
		.draw = draw,
		.pointer = pointer};
	static struct recorder recorder;

	return mos_widget_main(&ops, &recorder, argc, argv);
}

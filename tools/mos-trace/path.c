/* SPDX-License-Identifier: MIT */
/* The view `path`: events on their way from MIDI input and clients through the ring to every reader. */
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include <mos/event.h>

#include "box.h"
#include "match.h"
#include "path.h"
#include "path.skel.h"
#include "path_print.h"

#define LOOK_MS 20 /* the ring of records holds a second of a flood */
#define SCAN_NS INT64_C(2000000000)
#define LIBRARIES_MAX 3u /* links: 6 of rtcore, 6 a library */
#define SLOW_MS_DEFAULT 20
#define SLOW_MS_MAX 60000

static struct {
	uint64_t slow_ms, event;
	bool is_ahead; /* so many events from now on */
	uint32_t type;
} asked = {.slow_ms = SLOW_MS_DEFAULT};

struct path_view {
	struct path_bpf *bpf;
	struct ring_buffer *ring;
	struct path_drawing drawing;
	struct match *match;
	struct box box;
	struct {
		dev_t dev;
		ino_t ino;
		bool has_probes;
	} library[LIBRARIES_MAX];
	uint32_t n_libraries;
	bool is_told_libraries;
	int64_t scanned_ns;
	struct run *run;
};

enum { OPT_SLOW = 1000, OPT_EVENT, OPT_TYPE };

static const struct option options[] = {
	{"slow-ms", required_argument, NULL, OPT_SLOW},
	{"event", required_argument, NULL, OPT_EVENT},
	{"type", required_argument, NULL, OPT_TYPE},
	{0},
};

static int path_option(int val, const char *arg)
{
	char *end;
	unsigned long long n;

	if (val == OPT_TYPE) {
		asked.type = mos_event_type_from_name(arg);
		return asked.type ? 0
				  : trace_say(TRACE_USAGE,
					    "there is no type of event \"%s\"\n"
					    "  hint: mosctl emit --fields lists them",
					    arg);
	}
	asked.is_ahead |= val == OPT_EVENT && arg[0] == '+';
	errno = 0;
	n = strtoull(arg, &end, 10);
	if (errno || end == arg || *end || arg[0] == '-' || n == 0 || (val == OPT_SLOW && n > SLOW_MS_MAX))
		return val == OPT_SLOW
			       ? trace_say(TRACE_USAGE, "--slow-ms takes 1 to %d ms, not \"%s\"", SLOW_MS_MAX,
					 arg)
			       : trace_say(TRACE_USAGE,
					 "--event takes the number of an event, or +N, not \"%s\"", arg);
	if (val == OPT_SLOW)
		asked.slow_ms = n;
	else
		asked.event = n;
	return 0;
}

static int on_record(void *data, void *record, size_t size)
{
	struct path_view *v = data;

	if (size >= sizeof(struct path_record)) {
		path_draw(&v->drawing, record);
		match_take(v->match, record);
	}
	return 0;
}

static int attach_rtcore(struct run *run, const struct path_bpf *b)
{
	const struct {
		struct bpf_program *program;
		const char *probe;
	} probes[] = {
		{b->progs.on_midi_in, "midi_in"},
		{b->progs.on_note_sounded, "note_sounded"},
		{b->progs.on_publish, "publish"},
		{b->progs.on_take, "ingress_take"},
		{b->progs.on_cycle_end, "cycle_end"},
		{b->progs.on_cycle_begin, "cycle_begin"},
	};
	/* the beginning of cycles is for pictures alone */
	size_t n = sizeof(probes) / sizeof(probes[0]) - (run->chrome ? 0 : 1);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = trace_attach_probe(
			run, probes[i].program, run->target.pid, run->target.exe, probes[i].probe);
	return r;
}

static int attach_library(struct run *run, const struct path_bpf *b, const char *path)
{
	const struct {
		struct bpf_program *program;
		const char *probe;
	} probes[] = {
		{b->progs.on_receive, "receive"},
		{b->progs.on_lost, "receive_lost"},
		{b->progs.on_listener_begin, "listener_begin"},
		{b->progs.on_listener_end, "listener_end"},
		{b->progs.on_emit, "emit"},
		{b->progs.on_doorbell, "doorbell"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(probes) / sizeof(probes[0]); i++)
		r = trace_attach_probe(run, probes[i].program, -1, path, probes[i].probe);
	return r;
}

static bool is_known(const struct path_view *v, const struct box_process *p)
{
	for (uint32_t i = 0; i < v->n_libraries; i++)
		if (v->library[i].ino == p->library_ino && v->library[i].dev == p->library_dev)
			return true;
	return false;
}

/* Who maps the same file is seen from his first step on, whenever he starts; another file is found here. */
static void find_libraries(struct run *run, struct path_view *v)
{
	v->scanned_ns = trace_now_ns();
	if (box_scan(&v->box, run->target.pid) < 0)
		return;
	for (size_t i = 0; i < v->box.n; i++) {
		const struct box_process *p = &v->box.process[i];

		if (!p->library[0] || is_known(v, p))
			continue;
		if (v->n_libraries == LIBRARIES_MAX) {
			if (!v->is_told_libraries)
				(void)trace_say(0,
					"more than %u builds of libmos are in use: %s (%d) is not seen",
					LIBRARIES_MAX, p->name, p->pid);
			v->is_told_libraries = true;
			continue;
		}
		v->library[v->n_libraries].dev = p->library_dev;
		v->library[v->n_libraries].ino = p->library_ino;
		v->library[v->n_libraries++].has_probes = attach_library(run, v->bpf, p->library) == 0;
	}
}

static void path_close(struct run *run)
{
	struct path_view *v = run->data;

	trace_detach(run);
	ring_buffer__free(v->ring);
	path_bpf__destroy(v->bpf);
	match_destroy(v->match);
	free(v);
	run->data = NULL;
}

/* Which one is told last: what is counted from now on must not pass before all looks. @return 0 or a TRACE_
 * code */
static int follow(const struct run *run, struct path_view *v)
{
	uint64_t newest = asked.is_ahead ? box_newest_event(run->target.pid) : 0;

	if (newest == UINT64_MAX)
		return trace_say(TRACE_MISSING,
			"the event ring of mos-rtcore %d cannot be read: --event +N needs it\n"
			"  hint: sudo, or the capability cap_sys_ptrace",
			run->target.pid);
	asked.event += newest;
	asked.is_ahead = false;
	v->bpf->bss->seq = asked.event;
	if (asked.event || asked.type)
		match_follow(v->match, asked.event);
	return 0;
}

static int start(struct run *run, struct path_view *v)
{
	uint64_t generation = box_generation(run->target.pid);
	int r;

	v->drawing.chrome = run->chrome;
	v->match = match_create(asked.slow_ms * 1000000, run->chrome ? path_draw_hop : NULL, &v->drawing);
	if (!v->match)
		return trace_say(TRACE_FAILED, "no memory");
	v->bpf = path_bpf__open();
	if (!v->bpf)
		return trace_say_load(run->view, -errno);
	v->bpf->rodata->rtcore = (uint32_t)run->target.pid;
	v->bpf->bss->seq = asked.event ? UINT64_MAX : 0;
	v->bpf->rodata->generation = generation;
	v->bpf->rodata->type = asked.type;
	v->bpf->rodata->cycles = run->chrome != NULL;
	r = trace_load(run, v->bpf->obj);
	if (r)
		return r;
	if (generation == 0)
		(void)trace_say(0,
			"the regions of mos-rtcore %d cannot be read: clients of other boxes are counted, "
			"too\n"
			"  hint: sudo, or the capability cap_sys_ptrace",
			run->target.pid);
	v->ring = ring_buffer__new(bpf_map__fd(v->bpf->maps.records), on_record, v, NULL);
	if (!v->ring)
		return trace_say(TRACE_FAILED, "no ring buffer: %s", strerror(errno));
	r = attach_rtcore(run, v->bpf);
	if (r == 0)
		find_libraries(run, v);
	for (uint32_t i = 0; r == 0 && i < v->n_libraries; i++)
		if (!v->library[i].has_probes)
			r = TRACE_MISSING; /* told when it was tried */
	return r ? r : follow(run, v);
}

static int path_open(struct run *run)
{
	struct path_view *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return trace_say(TRACE_FAILED, "no memory");
	run->data = v;
	r = start(run, v);
	if (r)
		path_close(run);
	return r;
}

static int path_poll(struct run *run, int timeout_ms)
{
	struct path_view *v = run->data;
	int r = trace_look(v->ring, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS);

	if (!run->is_gone && trace_now_ns() - v->scanned_ns > SCAN_NS)
		find_libraries(run, v);
	return r;
}

/* Listeners that are still out, if their threads are there. */
static void look_at_listeners(struct path_view *v)
{
	int fd = bpf_map__fd(v->bpf->maps.listeners);
	uint64_t now = (uint64_t)trace_now_ns();
	struct path_listener l;
	uint32_t key, *at = NULL;

	for (uint32_t i = 0; i < PATH_CLIENTS_MAX && bpf_map_get_next_key(fd, at, &key) == 0; i++, at = &key)
		if (bpf_map_lookup_elem(fd, &key, &l) == 0 && !box_is_gone((pid_t)l.tgid))
			match_listener(v->match, &l, now);
}

static struct path_report report_of(struct run *run)
{
	struct path_view *v = run->data;

	(void)ring_buffer__consume(v->ring);
	look_at_listeners(v);
	return (struct path_report){
		.match = v->match,
		.slow_ms = asked.slow_ms,
		.event = asked.event,
		.type = asked.type,
		.rtcore = run->target.pid,
		.dropped = v->bpf->bss->dropped,
	};
}

static void path_text(struct run *run, FILE *out)
{
	const struct path_report report = report_of(run);

	path_print(&report, out);
}

static void path_json(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	const struct path_report report = report_of(run);

	path_to_json(&report, doc, root);
}

const struct view view_path = {
	.name = "path",
	.summary = "events on their way: MIDI input, event ring, every client's receive, and clients' own "
		   "events",
	.help = "Follows events through the box and shows how long each part of their way takes, and for "
		"each client\n"
		"how late it receives and how long its listeners take. Slow clients are named.\n"
		"\n"
		"  --slow-ms N    a client is slow that receives, or listens, for so long (1..60000; 20)\n"
		"  --event SEQ    follow one event, every step with its time; +N: the Nth from now on\n"
		"  --type NAME    only events of a type, their newest steps one by one (midi:noteon ...)\n",
	.needs_rtcore = true,
	.options = options,
	.option = path_option,
	.open = path_open,
	.poll = path_poll,
	.text = path_text,
	.json = path_json,
	.close = path_close,
};

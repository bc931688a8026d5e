/* SPDX-License-Identifier: MIT */
/* The view `path` as a trace: each record a slice of its thread, each hop an arrow between two of them. */
#include "path_print.h"

#include <inttypes.h>
#include <string.h>

#include <mos/event.h>

#include "box.h"

#define MARK_NS 100u /* slices can carry arrows, instants cannot; shorter than two probes are apart */

void path_draw(struct path_drawing *d, const struct path_record *r)
{
	const struct chrome_track at = {(pid_t)r->tgid, (pid_t)r->tid};
	const char *type = r->type ? mos_event_type_name(r->type) : NULL;
	char name[BOX_NAME_LEN + 32], args[96], comm[PATH_COMM_LEN + 1] = {0};
	static const char *const what[] = {
		[PATH_MIDI_IN] = "MIDI in",
		[PATH_NOTE_SOUNDED] = "note",
		[PATH_PUBLISH] = "publish",
		[PATH_TAKE] = "take",
		[PATH_EMIT] = "emit",
		[PATH_RECEIVE] = "receive",
		[PATH_LISTENED] = "listener",
		[PATH_CYCLE] = "cycle",
	};

	if (!d->chrome || r->kind > PATH_CYCLE || !what[r->kind])
		return;
	if (!chrome_is_named(d->chrome, at)) {
		memcpy(comm, r->comm, PATH_COMM_LEN);
		box_name(at.pid, name, sizeof(name));
		chrome_name(d->chrome, at, strcmp(name, "?") != 0 ? name : comm, NULL);
		chrome_name(d->chrome, at, NULL, comm);
	}
	(void)snprintf(name, sizeof(name), "%s%s%s", what[r->kind], type ? " " : "", type ? type : "");
	if (r->kind == PATH_MIDI_IN || r->kind == PATH_NOTE_SOUNDED)
		(void)snprintf(args, sizeof(args), "{\"packet\":\"%016" PRIx64 "\",\"frame\":%" PRIu64 "}",
			(uint64_t)r->key, (uint64_t)r->number);
	else if (r->kind == PATH_TAKE || r->kind == PATH_EMIT)
		(void)snprintf(args, sizeof(args), "{\"slot\":%u,\"place\":%" PRIu64 "}", r->slot,
			(uint64_t)r->number);
	else
		(void)snprintf(args, sizeof(args), "{\"number\":%" PRIu64 "}", (uint64_t)r->number);
	if (r->begin_ns && r->begin_ns < r->time_ns)
		chrome_slice(d->chrome, at, "path", name, r->begin_ns, r->time_ns - r->begin_ns, args);
	else if (r->kind != PATH_CYCLE) /* its beginning was before ours */
		chrome_slice(d->chrome, at, "path", name, r->time_ns, MARK_NS, args);
}

void path_draw_hop(void *data, enum match_hop hop, const struct match_end *from, const struct match_end *to,
	uint32_t type, uint64_t seq)
{
	struct path_drawing *d = data;
	const char *name = type ? mos_event_type_name(type) : NULL;
	uint64_t id = ++d->n_arrows;

	/* What is a slice itself, or the sum of two arrows, needs none. Who reads the ring on another core
	   may be told before the publishing: arrows do not go back in time. */
	if (!d->chrome || to->time_ns < from->time_ns || hop == HOP_LISTENER || hop == HOP_EMIT_RECEIVE ||
		hop == HOP_MIDI_RECEIVE || hop == HOP_EMIT_BELL || hop == HOP_SOUND_OUT)
		return;
	if (!name)
		name = "note";
	chrome_flow(d->chrome, CHROME_FLOW_START, (struct chrome_track){(pid_t)from->tgid, (pid_t)from->tid},
		name, id, from->time_ns);
	chrome_flow(d->chrome, CHROME_FLOW_END, (struct chrome_track){(pid_t)to->tgid, (pid_t)to->tid}, name,
		id, to->time_ns);
}

/* SPDX-License-Identifier: MIT */
/* A client's own events on their way to rtcore. Audio threads may come here. */
#include <errno.h>

#include "client_impl.h"
#include "rt_trusted.h"
#include "../../shm/probe.h"

static int sounds(uint32_t type) MOS_RT
{
	return type == MOS_EVENT_MIDI_NOTEON || type == MOS_EVENT_MIDI_NOTEOFF || type == MOS_EVENT_MIDI_UMP;
}

static int emit(struct plane *plane, const struct mos_event *event) MOS_RT
{
	enum mos_event_fault fault = mos_event_check(event);
	int rc;

	if (!plane)
		return -ENOTCONN;
	if (!(event->flags & MOS_EVENT_TO_OUTPUT ? plane->may_send
		    : sounds(event->type)        ? plane->may_play
						 : plane->may_emit))
		return -EACCES;
	/* A circle of answers goes on to rtcore, which ends it and names both who are in it. */
	if (fault != MOS_EVENT_OK && fault != MOS_EVENT_BAD_HOPS)
		return -EINVAL;
	MOS_PROBE(emit, event->type, plane->writer.slot_id, plane->writer.write_pos, plane->generation);
	rc = mos_ingress_push(&plane->writer, event);
	if (rc == 1) {
		trusted_ring(plane->doorbell);
		MOS_PROBE(doorbell, plane->writer.slot_id, plane->writer.write_pos);
	}
	if (rc < 0)
		return rc;
	return fault == MOS_EVENT_BAD_HOPS ? -ELOOP : 0;
}

int mos_emit(struct mos_client *client, const struct mos_event *event) MOS_RT
{
	int rc;

	/* Another rtcore may come meanwhile. Pairs with switch_plane(), which lets a plane go only when
	   nobody is in here: either it sees this, or we see the plane that it has put in. */
	__atomic_fetch_add(&client->emitting, 1, __ATOMIC_SEQ_CST);
	rc = emit(__atomic_load_n(&client->plane, __ATOMIC_SEQ_CST), event);
	__atomic_fetch_sub(&client->emitting, 1, __ATOMIC_RELEASE);
	return rc;
}

int mos_emit_answer(struct mos_client *client, const struct mos_event *event, const struct mos_event *cause)
	MOS_RT
{
	struct mos_event answer = *event;

	answer.hops = cause->hops < MOS_HOPS_MAX ? cause->hops + 1 : MOS_HOPS_MAX + 1;
	return mos_emit(client, &answer);
}

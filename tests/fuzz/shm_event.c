/* SPDX-License-Identifier: MIT */
/* EVT-05: a record that passes the check can be acted on; each index in it is in range. */
#include <string.h>

#include <mos/clock.h>
#include <mos/event.h>

#include "fuzz.h"

static void check_good(const struct mos_event *ev)
{
	FUZZ_CHECK(mos_event_type_from_name(mos_event_type_name(ev->type)) == ev->type);
	FUZZ_CHECK(ev->hops <= MOS_HOPS_MAX);
	if (ev->type == MOS_EVENT_MIDI_NOTEON || ev->type == MOS_EVENT_MIDI_NOTEOFF)
		FUZZ_CHECK(ev->u.note.group * 16 + ev->u.note.channel < 256 && ev->u.note.key < 128);
	if (ev->type == MOS_EVENT_METRONOME_BEAT)
		FUZZ_CHECK(3840 % ev->u.beat.meter_den == 0 && ev->u.beat.ns_per_quarter > 0);
	if (ev->type >= MOS_EVENT_TRANSPORT_STATE && ev->type <= MOS_EVENT_TRANSPORT_SEEK)
		FUZZ_CHECK(*mos_transport_state_name(ev->u.transport.state) != '?');
	if (ev->type == MOS_EVENT_KEY_CHANGE)
		FUZZ_CHECK(ev->u.key.fifths + 7u <= 14);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (; size >= sizeof(struct mos_event);
		data += sizeof(struct mos_event), size -= sizeof(struct mos_event)) {
		struct mos_event ev;
		enum mos_event_fault fault;

		memcpy(&ev, data, sizeof(ev));
		fault = mos_event_check(&ev);
		FUZZ_CHECK(fault < MOS_EVENT_N_FAULTS);
		if (fault == MOS_EVENT_OK)
			check_good(&ev);
		else if (fault == MOS_EVENT_BAD_TYPE)
			FUZZ_CHECK(!mos_event_type_name(ev.type));
	}
	return 0;
}

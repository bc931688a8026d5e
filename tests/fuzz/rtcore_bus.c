/* SPDX-License-Identifier: MIT */
/*
 * EVT-05: whatever a client writes into its ring, and whenever it rings: each record is refused, told or
 * held, the bus's turns end, what it publishes checks, and what sounds is a packet of the live group.
 *
 * Input: a byte of rights, then the ring's region behind its common header.
 */
#include <string.h>

#include "bus.h"
#include "fuzz.h"

#define SLOT 5

static struct engine_regions regions;
static struct engine *engine;
static struct bus bus;
static struct mos_event_reader reader;

static void set_up(void)
{
	FUZZ_CHECK(engine_regions_create(&regions) == 0);
	engine = engine_create(48000, &regions, /* bell_fd= */ -1);
	FUZZ_CHECK(engine);
	bus.fd = bus.control_fd = bus.epoll_fd = bus.timer_fd = -1;
	FUZZ_CHECK(bus_init(&bus, engine) == 0);
	FUZZ_CHECK(mos_event_reader_init(&reader, &regions.events, /* from_oldest= */ 1) == 0);
}

static void take_turns(int64_t now_ns)
{
	uint32_t n = 0;

	while (bus_turn(&bus, now_ns))
		FUZZ_CHECK(++n < 100);
	FUZZ_CHECK(bus.n_records <= BUS_SHARE + MOS_INGRESS_SLOTS);
}

static void check_sounds(void)
{
	struct engine_sound s;

	while (spsc_pop(&engine->sounds, &s)) {
		FUZZ_CHECK(s.slot == SLOT);
		if (!s.leaves) {
			FUZZ_CHECK((s.ump[0] >> 24 & 15) == MOS_GROUP_LIVE);
			FUZZ_CHECK(s.ump[0] >> 28 == 2 || s.ump[0] >> 28 == 4);
		}
	}
	__atomic_store_n(&engine->serves, engine->serves + 1, __ATOMIC_RELEASE);
}

static void check_events(uint32_t may)
{
	struct mos_event ev;
	int got;

	while ((got = mos_event_next(&reader, &ev)) != 0) {
		if (got < 0)
			continue;
		FUZZ_CHECK(mos_event_check(&ev) == MOS_EVENT_OK);
		FUZZ_CHECK(ev.source == SLOT || ev.type == MOS_EVENT_BUS_NOTICE);
		FUZZ_CHECK(ev.source == MOS_SOURCE_RTCORE || may);
		FUZZ_CHECK(mos_event_group(ev.type) != MOS_EVENT_GROUP_TRANSPORT);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(64) uint8_t bytes[MOS_INGRESS_SIZE];
	static int64_t now_ns = BUS_FRAME_NS;
	struct mos_region ring = {.base = bytes, .size = sizeof(bytes), .fd = -1, .writable = 1};
	struct bus_attach attach = {.doorbell = -1, .may = size ? data[0] & 3 : 0};
	struct engine_cmd add = {.msg.op = ENGINE_OP_CLIENT_ADD, .ptr = &attach, .arg = SLOT},
			  remove = {.msg.op = ENGINE_OP_CLIENT_REMOVE, .arg = SLOT};

	if (!engine)
		set_up();
	memset(bytes, 0, sizeof(bytes));
	if (size > 1)
		memcpy(bytes + sizeof(struct mos_region_hdr), data + 1,
			size - 1 < sizeof(bytes) - sizeof(struct mos_region_hdr)
				? size - 1
				: sizeof(bytes) - sizeof(struct mos_region_hdr));
	FUZZ_CHECK(mos_ingress_reader_init(&attach.ring, &ring) == 0);
	FUZZ_CHECK(bus_send(&bus, &add) == 0);
	for (int frame = 0; frame < 3; frame++) {
		now_ns += BUS_FRAME_NS;
		bus_doorbell(&bus, SLOT, now_ns);
		take_turns(now_ns);
		check_sounds();
		check_events(attach.may);
	}
	FUZZ_CHECK(bus_send(&bus, &remove) == 0);
	take_turns(now_ns);
	check_sounds();
	check_events(attach.may);
	while (bus_receive(&bus, &add))
		;
	FUZZ_CHECK(bus_deadline_ns(&bus) == 0 || bus.lane);
	return 0;
}

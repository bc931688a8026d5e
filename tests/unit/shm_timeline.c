/* SPDX-License-Identifier: MIT */
/* The timeline: the builder's order and id, and every rule of the validator broken once. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <mos/timeline.h>

/* MIDI 1.0 channel voice packets of group 0. */
#define NOTE_ON(ch, key, vel) (0x20900000u | (ch) << 16 | (key) << 8 | (vel))
#define NOTE_OFF(ch, key) (0x20800000u | (ch) << 16 | (key) << 8 | 64)
#define CONTROL(ch, cc, value) (0x20b00000u | (ch) << 16 | (cc) << 8 | (value))
#define PROGRAM(ch, program) (0x20c00000u | (ch) << 16 | (program) << 8)

static const struct mos_tl_tempo tempos[] = {{9600, 400000000, 400000000}, {0, 500000000, 400000000}};
static const struct mos_tl_meter meters[] = {{0, 4, 4, 0}, {7680, 7, 8, 2}};
static const struct mos_tl_key keys[] = {{0, -3, 1, {0}}};
static const struct mos_tl_marker markers[] = {{960, 7, 1}, {0, 1, 0}};
static const struct mos_tl_part parts[] = {{1, 0, 0, 0, 0}, {7, 0, 9, 0, 1}};
static const char strings[] = "\0piano\0drums"; /* with its own NUL at the end */

/* Shuffled; the comment is the place after sorting. */
static const struct mos_tl_event events[] = {
	{960, {NOTE_ON(0, 64, 100)}, 0, MOS_TL_NOTE_ON, 0, 2, 480, 0},    /* 7 */
	{960, {NOTE_ON(0, 60, 100)}, 0, MOS_TL_NOTE_ON, 0, 3, 480, 0},    /* 6 */
	{960, {PROGRAM(0, 40)}, 0, MOS_TL_CONTROL, 0, 0, 0, 0},           /* 4: after its bank select */
	{0, {NOTE_ON(0, 60, 1)}, 0, MOS_TL_NOTE_ON, 0, 1, 960, 0},        /* 0 */
	{960, {NOTE_ON(9, 36, 127)}, 1, MOS_TL_NOTE_ON, 0, 4, 10, 0},     /* 8: part 1 */
	{960, {NOTE_OFF(0, 60)}, 0, MOS_TL_NOTE_OFF, 0, 1, 0, 0},         /* 1 */
	{960, {CONTROL(0, 0, 1)}, 1, MOS_TL_CONTROL, 0, 0, 0, 0},         /* 5 */
	{960, {NOTE_ON(0, 20, 0)}, 1, MOS_TL_NOTE_OFF, 0, 9, 0, 0},       /* 2: velocity 0 is a note-off */
	{1000, {0x30160102, 0x03040506}, 0, MOS_TL_CONTROL, 0, 0, 0, 0},  /* 9: system exclusive */
	{1440, {0x40803c00, 0xffff0000}, 0, MOS_TL_NOTE_OFF, 0, 3, 0, 0}, /* 10: MIDI 2.0 */
};
#define N_EVENTS (sizeof(events) / sizeof(events[0]))

static struct mos_timeline_src source(void)
{
	return (struct mos_timeline_src){
		.tempo = tempos,
		.n_tempo = 2,
		.meter = meters,
		.n_meter = 2,
		.key = keys,
		.n_key = 1,
		.event = events,
		.n_event = N_EVENTS,
		.marker = markers,
		.n_marker = 2,
		.part = parts,
		.n_part = 2,
		.strings = strings,
		.strings_len = sizeof(strings),
		.title_off = 1,
		.end_tick = 1440,
	};
}

static struct mos_timeline open_fd(int fd)
{
	struct mos_timeline_error err = {0};
	struct mos_timeline tl;

	cr_assert_geq(fd, 0, "build: %d", fd);
	cr_assert_eq(mos_timeline_open(fd, &tl, &err), 0, "%s %lu: %s", err.table, err.index, err.reason);
	close(fd);
	return tl;
}

Test(shm_timeline, round_trip, .description = "What was built is read back, tables in order of tick")
{
	struct mos_timeline_src src = source();
	struct mos_timeline tl = open_fd(mos_timeline_build(&src));

	cr_assert_eq(tl.hdr->ppq, 960, "TIM-07");
	cr_assert_eq(tl.end_tick, 1440);
	cr_assert_eq(tl.n_tempo, 2);
	cr_assert_eq(memcmp(&tl.tempo[0], &tempos[1], sizeof(tempos[0])), 0);
	cr_assert_eq(memcmp(&tl.tempo[1], &tempos[0], sizeof(tempos[0])), 0);
	cr_assert_eq(memcmp(tl.meter, meters, sizeof(meters)), 0);
	cr_assert_eq(memcmp(tl.key, keys, sizeof(keys)), 0);
	cr_assert_eq(tl.marker[0].tick, 0);
	cr_assert_str_eq(tl.strings + tl.marker[1].name_off, "drums");
	cr_assert_eq(memcmp(tl.part, parts, sizeof(parts)), 0);
	cr_assert_str_eq(tl.strings + tl.title_off, "piano");
	cr_assert_eq(tl.n_event, N_EVENTS);
	mos_timeline_close(&tl);
	mos_timeline_close(&tl);
}

Test(shm_timeline, tritone_order,
	.description = "At one tick: note-off before program/control before note-on, then part, then key; "
		       "controls keep their order")
{
	/* A second control before the program change: its order has to survive. */
	struct mos_tl_event with_bank[N_EVENTS + 1] = {
		{960, {CONTROL(0, 0, 5)}, 0, MOS_TL_CONTROL, 0, 0, 0, 0}};
	static const uint32_t want[] = {
		NOTE_ON(0, 60, 1),
		NOTE_OFF(0, 60),
		NOTE_ON(0, 20, 0),
		CONTROL(0, 0, 5),
		PROGRAM(0, 40),
		CONTROL(0, 0, 1),
		NOTE_ON(0, 60, 100),
		NOTE_ON(0, 64, 100),
		NOTE_ON(9, 36, 127),
		0x30160102,
		0x40803c00,
	};
	struct mos_timeline_src src = source();
	struct mos_timeline tl;

	memcpy(with_bank + 1, events, sizeof(events));
	src.event = with_bank;
	src.n_event = N_EVENTS + 1;
	tl = open_fd(mos_timeline_build(&src));
	for (uint32_t i = 0; i < N_EVENTS + 1; i++)
		cr_assert_eq(tl.event[i].ump[0], want[i], "place %u holds %08x", i, tl.event[i].ump[0]);
	mos_timeline_close(&tl);
}

Test(shm_timeline, stable, .description = "Equal events keep the order of their source, however many")
{
	struct mos_tl_event *many = calloc(5000, sizeof(*many));
	struct mos_timeline_src src = source();
	struct mos_timeline tl;

	for (uint32_t i = 0; i < 5000; i++)
		many[i] = (struct mos_tl_event){
			.tick = 100 - i % 3, .ump = {CONTROL(0, i & 127, i >> 7)}, .order = MOS_TL_CONTROL};
	src.event = many;
	src.n_event = 5000;
	tl = open_fd(mos_timeline_build(&src));
	for (uint32_t i = 1; i < 5000; i++) {
		const struct mos_tl_event *a = &tl.event[i - 1], *b = &tl.event[i];
		uint32_t in_a = (a->ump[0] & 127) << 7 | (a->ump[0] >> 8 & 127),
			 in_b = (b->ump[0] & 127) << 7 | (b->ump[0] >> 8 & 127);

		cr_assert(a->tick < b->tick || (a->tick == b->tick && in_a < in_b));
	}
	mos_timeline_close(&tl);
	free(many);
}

static uint64_t id_of(const struct mos_timeline_src *src)
{
	struct mos_timeline tl = open_fd(mos_timeline_build(src));
	uint64_t id = tl.id;

	mos_timeline_close(&tl);
	return id;
}

Test(shm_timeline, id,
	.description = "HER-15: equal music has an equal id, in whatever order it comes; any change another")
{
	struct mos_timeline_src src = source();
	struct mos_tl_event changed[N_EVENTS];
	struct mos_tl_tempo tempo[2];
	uint64_t id = id_of(&src);

	cr_assert_neq(id, 0);
	cr_assert_eq(id_of(&src), id);
	for (size_t i = 0; i < N_EVENTS; i++)
		changed[i] = events[N_EVENTS - 1 - i];
	src.event = changed;
	cr_assert_eq(id_of(&src), id, "these events only came in another order");
	for (size_t i = 0; i < N_EVENTS; i++) {
		if (changed[i].note_id == 0)
			continue;
		changed[i].note_id += 100;
		cr_assert_neq(id_of(&src), id);
		changed[i].note_id -= 100;
	}
	src = source();
	src.end_tick++;
	cr_assert_neq(id_of(&src), id);
	src = source();
	src.title_off = 7;
	cr_assert_neq(id_of(&src), id);
	src = source();
	memcpy(tempo, tempos, sizeof(tempos));
	tempo[1].npq_end++;
	src.tempo = tempo;
	cr_assert_neq(id_of(&src), id);
}

Test(shm_timeline, smallest, .description = "A score without a note is a timeline")
{
	static const struct mos_tl_tempo tempo = {0, 500000000, 500000000};
	struct mos_timeline_src src = {.tempo = &tempo,
		.n_tempo = 1,
		.meter = meters,
		.n_meter = 1,
		.strings = "",
		.strings_len = 1};
	struct mos_timeline tl = open_fd(mos_timeline_build(&src));

	cr_assert_eq(tl.n_event, 0);
	mos_timeline_close(&tl);
}

Test(shm_timeline, build_refuses,
	.description = "The builder makes nothing that would not validate, and leaks no descriptor")
{
	struct mos_timeline_src src = source();
	int before = dup(0), after;

	close(before);
	src.end_tick = 1439;
	cr_assert_eq(mos_timeline_build(&src), -EINVAL);
	src = source();
	src.n_tempo = 0;
	cr_assert_eq(mos_timeline_build(&src), -EINVAL);
	src = source();
	src.n_event = MOS_TL_MAX_EVENTS + 1;
	cr_assert_eq(mos_timeline_build(&src), -EINVAL);
	src = source();
	src.strings_len--;
	cr_assert_eq(mos_timeline_build(&src), -EINVAL);
	after = dup(0);
	cr_assert_eq(before, after);
	close(after);
}

/** A writable copy of a good timeline. */
struct copy {
	_Alignas(8) char bytes[4096];
	size_t size;
};

static struct mos_timeline_hdr *hdr_of(struct copy *c)
{
	return (struct mos_timeline_hdr *)c->bytes;
}

static struct copy good_copy(void)
{
	struct mos_timeline_src src = source();
	struct mos_timeline tl = open_fd(mos_timeline_build(&src));
	struct copy c = {.size = tl.region.size};

	cr_assert_leq(tl.region.size, sizeof(c.bytes));
	memcpy(c.bytes, tl.region.base, tl.region.size);
	mos_timeline_close(&tl);
	return c;
}

static void expect_fault(
	const struct copy *c, const char *table, uint64_t index, const char *reason, const char *what)
{
	struct mos_timeline_error err = {0};
	struct mos_timeline tl = {.id = 99};

	cr_assert_eq(mos_timeline_check(c->bytes, c->size, &tl, &err), -EINVAL, "%s passed", what);
	cr_assert_str_eq(err.table, table, "%s: %s", what, err.reason);
	cr_assert_str_eq(err.reason, reason, "%s", what);
	cr_assert_eq(err.index, index, "%s", what);
	cr_assert_eq(tl.id, 99, "the out-parameter was written on failure");
}

/** Change a fresh copy `c` (header: `h`) by the statements, expect the fault. */
#define BROKEN(table, index, reason, ...)                                                                    \
	do {                                                                                                 \
		struct copy c = good_copy();                                                                 \
		struct mos_timeline_hdr *h = hdr_of(&c);                                                     \
		(void)h;                                                                                     \
		__VA_ARGS__;                                                                                 \
		expect_fault(&c, table, index, reason, #__VA_ARGS__);                                        \
	} while (0)

#define TEMPO ((struct mos_tl_tempo *)(c.bytes + h->tempos.off))
#define METER ((struct mos_tl_meter *)(c.bytes + h->meters.off))
#define KEY ((struct mos_tl_key *)(c.bytes + h->keys.off))
#define EVENT ((struct mos_tl_event *)(c.bytes + h->events.off))
#define MARKER ((struct mos_tl_marker *)(c.bytes + h->markers.off))
#define PART ((struct mos_tl_part *)(c.bytes + h->parts.off))
#define STRING (c.bytes + h->strings.off)

Test(shm_timeline, header_rules,
	.description = "Each rule of the header broken once is refused with its reason")
{
	struct copy good = good_copy();
	struct mos_timeline_error err;
	struct mos_timeline tl;

	cr_assert_eq(mos_timeline_check(good.bytes, good.size, &tl, &err), 0);
	cr_assert_null(tl.region.base);
	for (size_t size = 0; size < sizeof(struct mos_timeline_hdr); size++)
		BROKEN("header", 0, "shorter than a header", c.size = size);
	memmove(good.bytes + 4, good.bytes, good.size);
	cr_assert_eq(mos_timeline_check(good.bytes + 4, good.size, &tl, &err), -EINVAL);
	cr_assert_str_eq(err.reason, "not aligned to 8 bytes");
	BROKEN("header", 0, "not a timeline", h->region.magic = MOS_MAGIC_CLOCK);
	BROKEN("header", 0, "another major version", h->region.abi_major++);
	BROKEN("header", 0, "an older minor version", h->region.abi_minor = 0);
	BROKEN("header", 0, "size is not the file's", c.size -= 8);
	BROKEN("header", 0, "generation is 0", h->region.generation = 0);
	BROKEN("header", 0, "not 960 ticks a quarter", h->ppq = 480);
	BROKEN("header", 0, "id is 0", h->id = 0);
	BROKEN("header", 0, "end tick out of range", h->end_tick = -1);
	BROKEN("header", 0, "end tick out of range", h->end_tick = MOS_TL_MAX_TICK + 1);
	BROKEN("header", 0, "reserved field is not 0", h->region.reserved = 1);
	BROKEN("header", 0, "reserved field is not 0", h->reserved0 = 1);
	BROKEN("header", 0, "reserved field is not 0", h->reserved1 = 1);
}

Test(shm_timeline, policy_rules,
	.description = "T-14 T-22: each rule of the policy broken once is refused, its limits are not; what was asked "
		       "for is there after opening, and changes the id")
{
	struct mos_timeline_src src = source();
	const struct mos_tl_policy policy = {.late_drop_ms = 500,
		.ghost_vel_max = 127,
		.flags = MOS_TL_PANIC | MOS_TL_NO_SOUND | MOS_TL_NO_MIDI | MOS_TL_NO_OVERLAP,
		.loop_start = src.end_tick - MOS_TL_MIN_LOOP,
		.loop_end = src.end_tick};
	uint64_t plain = id_of(&src);
	struct mos_timeline tl;

	BROKEN("policy", 0, "late drop is more than 500 ms", h->policy.late_drop_ms = 501);
	BROKEN("policy", 0, "no such velocity", h->policy.ghost_vel_max = 128);
	BROKEN("policy", 0, "unknown flag", h->policy.flags = 0x10);
	BROKEN("policy", 0, "reserved field is not 0", h->policy.reserved = 1);
	BROKEN("policy", 0, "loop is not within the score", h->policy.loop_start = -1);
	BROKEN("policy", 0, "loop is not within the score", h->policy.loop_end = h->end_tick + 1);
	BROKEN("policy", 0, "loop is not within the score", h->policy.loop_end = INT64_MIN);
	BROKEN("policy", 0, "loop is shorter than a 64th note", h->policy.loop_start = 1);
	BROKEN("policy", 0, "loop is shorter than a 64th note", h->policy.loop_start = h->policy.loop_end = 480);
	BROKEN("policy", 0, "loop is shorter than a 64th note", h->policy.loop_end = MOS_TL_MIN_LOOP - 1);

	src.policy = policy;
	tl = open_fd(mos_timeline_build(&src));
	cr_expect_eq(memcmp(&tl.policy, &policy, sizeof(policy)), 0);
	cr_expect_neq(tl.id, plain);
	mos_timeline_close(&tl);
}

Test(shm_timeline, table_rules, .description = "Tables that are misaligned or reach outside are refused")
{
	static const char *const names[] = {
		"tempos", "meters", "keys", "events", "markers", "parts", "strings"};

	for (size_t i = 0; i < 7; i++) {
		BROKEN(names[i], (&h->tempos)[i].count, "table is not aligned to 8 bytes",
			(&h->tempos)[i].off += 4);
		BROKEN(names[i], (&h->tempos)[i].count, "table is outside of the file",
			(&h->tempos)[i].off = 8);
		BROKEN(names[i], (&h->tempos)[i].count, "table is outside of the file",
			(&h->tempos)[i].off = c.size + 8);
		BROKEN(names[i], (&h->tempos)[i].count, "table is outside of the file",
			(&h->tempos)[i].off = UINT64_MAX - 7);
		BROKEN(names[i], c.size, "table reaches beyond the file", (&h->tempos)[i].count = c.size);
		BROKEN(names[i], 1 << 24, "table reaches beyond the file", (&h->tempos)[i].count = 1 << 24);
		BROKEN(names[i], (1 << 24) + 1, "too many entries", (&h->tempos)[i].count = (1 << 24) + 1);
		BROKEN(names[i], UINT64_MAX, "too many entries", (&h->tempos)[i].count = UINT64_MAX);
	}
	BROKEN("tempos", 0, "no tempo", h->tempos.count = 0);
	BROKEN("meters", 0, "no meter", h->meters.count = 0);
	BROKEN("strings", 0, "offset 0 is not the empty string", h->strings.count = 0);
}

Test(shm_timeline, map_rules,
	.description = "Each rule of tempo, meter and key broken once is refused with its place")
{
	BROKEN("tempos", 0, "the first is not at tick 0", TEMPO[0].tick = 1);
	BROKEN("tempos", 1, "ticks don't rise", TEMPO[1].tick = 0);
	BROKEN("tempos", 1, "tick out of range", TEMPO[1].tick = MOS_TL_MAX_TICK + 1);
	BROKEN("tempos", 0, "tempo out of range", TEMPO[0].npq_start = MOS_TL_MIN_NPQ - 1);
	BROKEN("tempos", 0, "tempo out of range", TEMPO[0].npq_end = MOS_TL_MAX_NPQ + 1);
	BROKEN("tempos", 0, "tempo out of range", TEMPO[0].npq_end = 0);
	BROKEN("tempos", 1, "the last is not constant", TEMPO[1].npq_end--);
	BROKEN("meters", 0, "the first is not measure 0 at tick 0", METER[0].tick = 1);
	BROKEN("meters", 0, "the first is not measure 0 at tick 0", METER[0].measure = 1);
	BROKEN("meters", 1, "ticks or measures don't rise", METER[1].tick = 0);
	BROKEN("meters", 1, "ticks or measures don't rise", METER[1].measure = 0);
	BROKEN("meters", 1, "tick out of range", METER[1].tick = INT64_MAX);
	BROKEN("meters", 0, "numerator out of range", METER[0].num = 0);
	BROKEN("meters", 0, "numerator out of range", METER[0].num = 256);
	BROKEN("meters", 1, "denominator is not 1, 2, 4 ... 128", METER[1].den = 0);
	BROKEN("meters", 1, "denominator is not 1, 2, 4 ... 128", METER[1].den = 12);
	BROKEN("meters", 1, "denominator is not 1, 2, 4 ... 128", METER[1].den = 256);
	BROKEN("keys", 0, "tick out of range", KEY[0].tick = -1);
	BROKEN("keys", 0, "no such key", KEY[0].fifths = 8);
	BROKEN("keys", 0, "no such key", KEY[0].fifths = -8);
	BROKEN("keys", 0, "no such key", KEY[0].minor = 2);
	BROKEN("keys", 0, "reserved field is not 0", KEY[0].reserved[5] = 1);
}

Test(shm_timeline, event_rules, .description = "Each rule of events broken once is refused with its place")
{
	BROKEN("events", 0, "tick is not within the score", EVENT[0].tick = -1);
	BROKEN("events", 9, "tick is not within the score", EVENT[9].tick = 1441);
	BROKEN("events", 4, "no such part", EVENT[4].part = 2);
	BROKEN("events", 0, "order is not that of the packet", EVENT[0].order = MOS_TL_NOTE_OFF);
	BROKEN("events", 0, "order is not that of the packet", EVENT[0].order = 255);
	BROKEN("events", 2, "order is not that of the packet", EVENT[2].order = MOS_TL_NOTE_ON);
	BROKEN("events", 3, "note id on another message", EVENT[3].note_id = 1);
	BROKEN("events", 1, "length on another message", EVENT[1].len_ticks = 1);
	BROKEN("events", 5, "reserved field is not 0", EVENT[5].reserved0 = 1);
	BROKEN("events", 5, "reserved field is not 0", EVENT[5].reserved1 = 1);
	BROKEN("events", 1, "out of order", EVENT[0].tick = 961);
	BROKEN("events", 6, "out of order", EVENT[5].ump[0] = NOTE_ON(0, 65, 1));
	BROKEN("events", 7, "out of order", EVENT[6].part = 1; EVENT[7].part = 0);
	BROKEN("events", 4, "out of order", struct mos_tl_event e = EVENT[3]; EVENT[3] = EVENT[5];
		EVENT[5] = e);
	BROKEN("events", 0, "packet type is not 2, 3 or 4", EVENT[0].ump[0] = 0x10900000);
	BROKEN("events", 0, "packet type is not 2, 3 or 4", EVENT[0].ump[0] = 0xf0900001);
	BROKEN("events", 3, "not a channel voice message", EVENT[3].ump[0] = 0x20f00000);
	BROKEN("events", 3, "not a channel voice message", EVENT[3].ump[0] = 0x20700000);
	BROKEN("events", 3, "not a channel voice message", EVENT[3].ump[0] = 0x40700000);
	BROKEN("events", 3, "data byte above 127", EVENT[3].ump[0] |= 0x80);
	BROKEN("events", 3, "data byte above 127", EVENT[3].ump[0] |= 0x8000);
	BROKEN("events", 9, "data byte above 127", EVENT[9].ump[0] |= 0x8000);
	BROKEN("events", 0, "second word of a 32-bit packet is not 0", EVENT[0].ump[1] = 1);
	BROKEN("events", 8, "bad system exclusive packet", EVENT[8].ump[0] = 0x30460000);
	BROKEN("events", 8, "bad system exclusive packet", EVENT[8].ump[0] = 0x30170000);
	BROKEN("events", 8, "data byte above 127", EVENT[8].ump[1] |= 0x80000000);
}

Test(shm_timeline, name_rules,
	.description = "Each rule of markers, parts and strings broken once is refused with its place")
{
	BROKEN("strings", 0, "offset 0 is not the empty string", STRING[0] = 'a');
	BROKEN("strings", 0, "not terminated", STRING[h->strings.count - 1] = 'a');
	BROKEN("strings", 0, "title is outside of the strings", h->title_off = (uint32_t)h->strings.count);
	BROKEN("markers", 0, "tick out of range", MARKER[0].tick = -1);
	BROKEN("markers", 1, "tick out of range", MARKER[1].tick = MOS_TL_MAX_TICK + 1);
	BROKEN("markers", 1, "out of order", MARKER[0].tick = 961);
	BROKEN("markers", 1, "name is outside of the strings", MARKER[1].name_off = UINT32_MAX);
	BROKEN("markers", 0, "no such kind", MARKER[0].kind = 2);
	BROKEN("parts", 1, "name is outside of the strings", PART[1].name_off = (uint32_t)h->strings.count);
	BROKEN("parts", 0, "no such channel", PART[0].group = 16);
	BROKEN("parts", 0, "no such channel", PART[0].channel = 16);
	BROKEN("parts", 0, "no such instrument", PART[0].program = 128);
	BROKEN("parts", 0, "no such instrument", PART[0].is_drums = 2);
}

Test(shm_timeline, open_needs_seals,
	.description = "A file that could still be written is refused, whatever is in it")
{
	struct copy c = good_copy();
	struct mos_timeline_error err;
	struct mos_timeline tl;
	int fd = memfd_create("test", MFD_ALLOW_SEALING);

	cr_assert_eq(write(fd, c.bytes, c.size), (ssize_t)c.size);
	cr_assert_eq(mos_timeline_open(fd, &tl, &err), -EINVAL);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE), 0);
	cr_assert_eq(mos_timeline_open(fd, &tl, &err), -EINVAL);
	cr_assert_str_eq(err.reason, "not a file sealed against writing");
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	cr_assert_eq(mos_timeline_open(fd, &tl, &err), 0);
	mos_timeline_close(&tl);
	cr_assert_eq(mos_timeline_open(-1, &tl, &err), -EINVAL);
	cr_assert_eq(mos_timeline_open(STDIN_FILENO, &tl, &err), -EINVAL);
	close(fd);

	fd = memfd_create("empty", MFD_ALLOW_SEALING);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
	cr_assert_eq(mos_timeline_open(fd, &tl, &err), -EINVAL);
	cr_assert_str_eq(err.table, "header");
	close(fd);
}

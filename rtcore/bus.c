/* SPDX-License-Identifier: MIT */
/* The bus: whose turn it is. Urgent clients first, then those of the frame, a few records each, round and
 * round. */
#include "bus.h"

#include <errno.h>
#include <stdlib.h>

#define COMMANDS_PER_TURN 16u /* a client that goes has its ring emptied: up to 256 records */

int bus_init(struct bus *b, struct engine *e)
{
	void *commands = calloc(BUS_COMMANDS, sizeof(struct engine_cmd));
	void *answers = calloc(BUS_ANSWERS, sizeof(struct engine_cmd));

	b->engine = e;
	if (!commands || !answers) {
		free(commands);
		free(answers);
		return -ENOMEM;
	}
	spsc_init(&b->commands, commands, sizeof(struct engine_cmd), BUS_COMMANDS);
	spsc_init(&b->answers, answers, sizeof(struct engine_cmd), BUS_ANSWERS);
	b->far[0] = b->far[1] = 0xffff;
	return 0;
}

void bus_finish(struct bus *b)
{
	free(b->commands.mem);
	free(b->answers.mem);
	b->commands.mem = b->answers.mem = NULL;
}

int bus_send(struct bus *b, const struct engine_cmd *cmd)
{
	return spsc_push(&b->commands, cmd) < 0 ? -EAGAIN : 0;
}

int bus_receive(struct bus *b, struct engine_cmd *ret)
{
	return spsc_pop(&b->answers, ret);
}

static void count(struct bus *b, enum rtcore_counter c)
{
	mos_counter_add(b->engine->counters, c, 1);
}

void bus_notice(struct bus *b, uint32_t slot, enum mos_bus_reason reason, uint32_t type, uint16_t other,
	int64_t now_ns)
{
	struct bus_client *c = &b->client[slot];
	struct mos_event ev = {.tick = INT64_MIN, .type = MOS_EVENT_BUS_NOTICE, .source = MOS_SOURCE_RTCORE};

	c->n_noticed[reason]++;
	if (c->n_noticed[reason] > 1 && now_ns - c->noticed_ns[reason] < BUS_NOTICE_NS)
		return;
	c->noticed_ns[reason] = now_ns;
	ev.u.notice = (struct mos_ev_notice){.reason = reason,
		.type = type,
		.source = (uint16_t)slot,
		.other = other,
		.count = c->n_noticed[reason]};
	bus_publish(b, &ev, now_ns);
}

static int is_empty(const struct bus_set *s)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < MOS_CLIENTS_MAX / 64; i++)
		seen |= s->word[i];
	return seen == 0;
}

/** Move all of `from` into `to`. */
static void move_all(struct bus_set *to, struct bus_set *from)
{
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX / 64; i++) {
		to->word[i] |= from->word[i];
		from->word[i] = 0;
	}
}

/** The next one of a set from slot `from` on, round and round; -1: it is empty. */
static int next_of(const struct bus_set *s, uint32_t from)
{
	for (uint32_t i = 0; i <= MOS_CLIENTS_MAX / 64; i++) {
		uint32_t at = (from / 64 + i) % (MOS_CLIENTS_MAX / 64);
		uint64_t word = s->word[at];

		if (i == 0)
			word &= UINT64_MAX << from % 64;
		if (word)
			return (int)(at * 64 + (uint32_t)__builtin_ctzll(word));
	}
	return -1;
}

/** The client with its figures of this frame. */
static struct bus_client *of_frame(struct bus *b, uint32_t slot)
{
	struct bus_client *c = &b->client[slot];

	if (c->frame != b->frame) {
		c->frame = b->frame;
		c->n_records = c->n_rings = 0;
		c->is_flooding = 0;
	}
	return c;
}

static void begin_frame(struct bus *b, int64_t now_ns)
{
	uint64_t frame = (uint64_t)now_ns / BUS_FRAME_NS;

	if (frame == b->frame)
		return;
	b->frame = frame;
	b->n_records = b->n_rings = 0;
	if (b->ring_lane) { /* whoever keeps us busy for whole frames, the others' sleepers wake */
		b->groups |= b->lane;
		b->lane = 0;
	}
	b->ring_lane = 1;
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX / 64; i++)
		b->ending.word[i] |= b->waiting.word[i];
	move_all(&b->due, &b->waiting);
	for (int slot; (slot = next_of(&b->muted, 0)) >= 0;) {
		bus_set_remove(&b->muted, (uint32_t)slot);
		bus_mute(b, (uint32_t)slot, 0);
	}
}

static void tell_flood(struct bus *b, uint32_t slot, int64_t now_ns)
{
	if (b->client[slot].is_flooding)
		return;
	b->client[slot].is_flooding = 1;
	count(b, C_BUS_FLOODS);
	bus_notice(b, slot, MOS_BUS_FLOOD, 0, 0xffff, now_ns);
}

void bus_doorbell(struct bus *b, uint32_t slot, int64_t now_ns)
{
	struct bus_client *c;

	begin_frame(b, now_ns); /* first: what comes in this frame waits for the next one */
	if (slot >= MOS_CLIENTS_MAX || !bus_set_has(&b->attached, slot))
		return; /* it went while its ring was on the way */
	c = of_frame(b, slot);
	b->n_rings++;
	c->n_rings++;
	/* or those that only ring would keep us busy */
	if (c->n_rings > BUS_SHARE || (b->n_rings > BUS_FRAME_RINGS && c->n_rings > BUS_ROUND)) {
		bus_mute(b, slot, 1);
		bus_set_add(&b->muted, slot);
		bus_set_add(&b->waiting, slot);
		tell_flood(b, slot, now_ns);
	} else if (mos_ingress_urgent(&c->in.ring)) {
		bus_set_add(c->n_records < BUS_ROUND ? &b->urgent : &b->due, slot);
	} else {
		bus_set_add(&b->waiting, slot);
	}
}

static int share_is_spent(const struct bus *b, const struct bus_client *c)
{
	return c->n_records >= BUS_SHARE || (b->n_records >= BUS_FRAME_RECORDS && c->n_records >= BUS_ROUND);
}

/** Take the next record into `held`. @return 1, 0 the ring is empty. */
static int fetch(struct bus *b, struct bus_client *c)
{
	while (!c->has_held && !share_is_spent(b, c)) {
		int r = mos_ingress_pop(&c->in.ring, &c->held);

		if (r == 0)
			return 0;
		c->n_records++;
		b->n_records++;
		if (r < 0)
			count(b, C_BUS_RESYNC);
		else
			count(b, C_BUS_RECORDS);
		c->has_held = r > 0;
	}
	return 1;
}

static int has_more(const struct bus_client *c)
{
	return __atomic_load_n(&c->in.ring.hdr->write_pos, __ATOMIC_RELAXED) != c->in.ring.read_pos;
}

/** Serve one client up to `max` records. @return 1: it has more that may be taken now. */
static int serve(struct bus *b, uint32_t slot, uint32_t max, uint32_t *ret_n, int64_t now_ns)
{
	struct bus_client *c = of_frame(b, slot);

	for (uint32_t n = 0; n < max; n++, ++*ret_n) {
		if (!fetch(b, c))
			return 0;
		if (!c->has_held) { /* what more there is stays in its ring, and slows nobody else */
			bus_set_add(&b->waiting, slot);
			if (c->n_records >= BUS_SHARE && has_more(c))
				tell_flood(b, slot, now_ns);
			return 0;
		}
		if (bus_take(b, slot, &c->held, now_ns) < 0) {
			count(b, C_BUS_HELD);
			bus_set_add(&b->blocked, slot);
			__atomic_store_n(&b->engine->bus_waits, 1, __ATOMIC_RELAXED);
			return 0;
		}
		c->has_held = 0;
	}
	return 1;
}

static void tell_snapshot(struct bus *b, struct bus_client *c, int64_t now_ns)
{
	if (c->has_snapshot)
		bus_publish(b, &c->snapshot, now_ns);
	c->has_snapshot = 0;
}

/* A client is through for now: its snapshot is told if its frame has ended, else when it does. */
static void done(struct bus *b, uint32_t slot, int64_t now_ns)
{
	struct bus_client *c = &b->client[slot];

	if (bus_set_has(&b->ending, slot))
		tell_snapshot(b, c, now_ns);
	else if (c->has_snapshot)
		bus_set_add(&b->waiting, slot);
	bus_set_remove(&b->ending, slot);
}

static void serve_some(struct bus *b, int64_t now_ns)
{
	for (uint32_t n = 0; n < BUS_TURN; n++) {
		int slot = next_of(&b->urgent, b->next);
		int is_urgent = slot >= 0;

		if (!is_urgent)
			slot = next_of(&b->due, b->next);
		if (slot < 0)
			return;
		b->next = ((uint32_t)slot + 1) % MOS_CLIENTS_MAX;
		bus_set_remove(is_urgent ? &b->urgent : &b->due, (uint32_t)slot);
		if (serve(b, (uint32_t)slot, is_urgent ? BUS_FIRST : BUS_ROUND, &n, now_ns))
			bus_set_add(&b->due, (uint32_t)slot);
		else if (!bus_set_has(&b->due, (uint32_t)slot))
			done(b, (uint32_t)slot, now_ns);
	}
}

static void attach(struct bus *b, struct engine_cmd *cmd)
{
	uint32_t slot = (uint32_t)cmd->arg;

	b->client[slot] = (struct bus_client){.in = *(const struct bus_attach *)cmd->ptr, .frame = b->frame};
	cmd->msg.status = bus_listen(b, slot);
	if (cmd->msg.status < 0)
		return;
	bus_set_add(&b->attached, slot);
	bus_set_add(&b->urgent, slot);
}

/** No event is lost by waiting for its frame: what its ring holds is told before a client goes. */
static void detach(struct bus *b, uint32_t slot, int64_t now_ns)
{
	struct bus_client *c = &b->client[slot];

	bus_set_add(&b->leaving, slot);
	if (!bus_set_has(&b->attached, slot))
		return; /* it could not be listened to */
	bus_unlisten(b, slot);
	for (uint32_t n = 0; n <= MOS_INGRESS_SLOTS; n++) {
		if (!c->has_held) {
			if (mos_ingress_pop(&c->in.ring, &c->held) != 1)
				break;
			count(b, C_BUS_RECORDS);
		}
		(void)bus_take(
			b, slot, &c->held, now_ns); /* what finds no cycle any more would end at once */
		c->has_held = 0;
	}
	tell_snapshot(b, c, now_ns);
	bus_set_remove(&b->attached, slot);
	bus_set_remove(&b->urgent, slot);
	bus_set_remove(&b->due, slot);
	bus_set_remove(&b->ending, slot);
	bus_set_remove(&b->waiting, slot);
	bus_set_remove(&b->blocked, slot);
	bus_set_remove(&b->muted, slot);
}

static void command(struct bus *b, struct engine_cmd *cmd, int64_t now_ns)
{
	struct mos_event ev = cmd->msg.u.event;

	switch (cmd->msg.op) {
	case ENGINE_OP_CLIENT_ADD:
		attach(b, cmd);
		break;
	case ENGINE_OP_CLIENT_REMOVE:
		detach(b, (uint32_t)cmd->arg, now_ns);
		return; /* the audio thread answers */
	case ENGINE_OP_EVENT:
	case MOS_RTCTL_EVENT:
		ev.source = cmd->msg.op == MOS_RTCTL_EVENT ? MOS_SOURCE_BROKER : MOS_SOURCE_RTCORE;
		bus_publish(b, &ev, now_ns);
		cmd->msg.status = 0;
		break;
	default:
		break;
	}
	(void)spsc_push(&b->answers, cmd); /* there was room when the command was taken */
}

/** The audio thread ends what they hold, after all that they sent. */
static void tell_leaving(struct bus *b)
{
	for (int slot; (slot = next_of(&b->leaving, 0)) >= 0;) {
		struct engine_sound s = {.slot = (uint16_t)slot, .leaves = 1};

		if (spsc_push(&b->engine->sounds, &s) < 0) {
			__atomic_store_n(&b->engine->bus_waits, 1, __ATOMIC_RELAXED);
			return;
		}
		bus_set_remove(&b->leaving, (uint32_t)slot);
	}
}

int bus_turn(struct bus *b, int64_t now_ns)
{
	/* acquire pairs with the release in engine_serve(): the queue has room for as much again */
	uint64_t serves = __atomic_load_n(&b->engine->serves, __ATOMIC_ACQUIRE);
	struct engine_cmd cmd;

	begin_frame(b, now_ns);
	if (serves != b->serves) {
		b->serves = serves;
		move_all(&b->urgent, &b->blocked);
	}
	for (uint32_t i = 0;
		i < COMMANDS_PER_TURN && spsc_fill(&b->answers) < BUS_ANSWERS && spsc_pop(&b->commands, &cmd);
		i++)
		command(b, &cmd, now_ns);
	tell_leaving(b);
	serve_some(b, now_ns);
	/* Sleepers that wait for no immediate event wake once a frame, when all of it is told. */
	if (b->ring_lane && is_empty(&b->due)) {
		b->groups |= b->lane;
		b->lane = 0;
		b->ring_lane = 0;
	}
	return !is_empty(&b->urgent) || !is_empty(&b->due) || spsc_fill(&b->commands) > 0;
}

int64_t bus_deadline_ns(const struct bus *b)
{
	if (b->lane == 0 && is_empty(&b->waiting) && is_empty(&b->muted))
		return 0;
	return (int64_t)((b->frame + 1) * BUS_FRAME_NS);
}

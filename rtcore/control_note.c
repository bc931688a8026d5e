/* SPDX-License-Identifier: MIT */
/* What is in force is noted in the black box, request by request. */
#include "control_internal.h"

#include <string.h>

#include "apollo/insert/insert_host.h"
#include "apollo/insert/insert_wire.h"

void control_resume_put(struct control *c, const struct mos_rtctl_msg *msg)
{
	bool was_full = c->resumption.box.is_full;

	if (resume_put(&c->resumption.box, msg) < 0 && !was_full)
		log_warning("more settings than %u: the newest would not come back after a crash",
			RESUME_ENTRIES);
}

static bool is_of_score(const struct mos_rtctl_msg *msg, const void *data)
{
	(void)data;
	return msg->u.program.group != MOS_GROUP_LIVE;
}

/* The score's controllers were chased: programs that people had set on its channels are gone. */
static void forget_programs(struct control *c)
{
	resume_drop_op(&c->resumption.box, MOS_RTCTL_PROGRAM, is_of_score, NULL);
}

static void forget_count_in(struct control *c)
{
	resume_drop_op(&c->resumption.box, MOS_RTCTL_PLAY, NULL, NULL);
}

static bool is_rate(const struct mos_rtctl_msg *msg, const void *data)
{
	(void)data;
	return msg->u.tempo.mode == MOS_TEMPO_RATE;
}

static void note_tempo(struct control *c, const struct mos_rtctl_msg *msg)
{
	if (msg->u.tempo.mode == MOS_TEMPO_SCORE) {
		resume_drop_op(&c->resumption.box, MOS_RTCTL_TEMPO, NULL, NULL);
		return;
	}
	control_resume_put(c, msg);
	if (msg->u.tempo.mode == MOS_TEMPO_FIXED) /* it is played as fast as it says */
		resume_drop_op(&c->resumption.box, MOS_RTCTL_TEMPO, is_rate, NULL);
}

void control_resume_note(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct mos_rtctl_msg put = *msg;

	if (msg->reserved0 == CONN_RESUME)
		return;
	switch (msg->op) {
	case MOS_RTCTL_STRIP:
	case MOS_RTCTL_METRONOME:
	case MOS_RTCTL_MIDI_CLOCK:
	case MOS_RTCTL_TIMECODE:
		control_resume_put(c, msg);
		break;
	case MOS_RTCTL_FOLLOW: /* of the answer what was asked */
		put = (struct mos_rtctl_msg){.op = msg->op, .u.follow = msg->u.follow};
		control_resume_put(c, &put);
		break;
	case MOS_RTCTL_PROGRAM:
		put.u.program.key = 0;
		put.u.program.velocity = 0;
		control_resume_put(c, &put);
		break;
	case MOS_RTCTL_TEMPO:
		note_tempo(c, msg);
		break;
	case MOS_RTCTL_LOOP: /* the answer says bars in ticks */
		put.u.loop.by_bar = put.u.loop.start_bar = put.u.loop.end_bar = 0;
		control_resume_put(c, &put);
		break;
	case MOS_RTCTL_METER:
		if (msg->u.meter.num)
			control_resume_put(c, msg);
		else
			resume_drop_op(&c->resumption.box, MOS_RTCTL_METER, NULL, NULL);
		break;
	case MOS_RTCTL_PLAY:
		if (msg->u.play.count_in_bars)
			control_resume_put(c, msg);
		else
			forget_count_in(c);
		forget_programs(c);
		break;
	case MOS_RTCTL_SEEK:
	case MOS_RTCTL_STOP:
		forget_programs(c);
		[[fallthrough]];
	case MOS_RTCTL_PAUSE:
		forget_count_in(c);
		break;
	default:
		break;
	}
}

static bool ends_behind(const struct mos_rtctl_msg *msg, const void *data)
{
	return msg->u.loop.end_tick > *(const int64_t *)data;
}

/* As kronos_swap() does: with a new score all begins anew, with new content of the same what people set
 * stays. */
void control_resume_song(struct control *c, int fd, const struct song_news *news)
{
	struct resume *box = &c->resumption.box;

	if (!news->is_update) {
		resume_drop_op(box, MOS_RTCTL_TEMPO, NULL, NULL);
		resume_drop_op(box, MOS_RTCTL_METER, NULL, NULL);
		forget_count_in(c);
		forget_programs(c);
	}
	if (!news->is_update || news->brings_loop)
		resume_drop_op(box, MOS_RTCTL_LOOP, NULL, NULL);
	else
		resume_drop_op(box, MOS_RTCTL_LOOP, ends_behind, &news->end_tick);
	if (fd >= 0)
		control_store_timeline(c, fd, news->id);
	else
		control_store_no_timeline(c);
}

static bool is_not_mapped(const struct mos_rtctl_msg *msg, const void *data)
{
	const struct rack_plan *plan = data;

	for (uint32_t i = 0; i < plan->n_maps; i++)
		if (plan->map[i].bank == msg->u.map.bank && plan->map[i].program == msg->u.map.program)
			return false;
	return true;
}

void control_resume_rack(struct control *c)
{
	struct resume *box = &c->resumption.box;
	struct mos_rtctl_msg bank = {.op = MOS_RTCTL_BANK};

	memcpy(bank.u.bank.path, c->plan.font, sizeof(bank.u.bank.path));
	if (c->plan.font[0])
		control_resume_put(c, &bank);
	else
		resume_drop_op(box, MOS_RTCTL_BANK, NULL, NULL);
	for (uint32_t i = 0; i < c->plan.n_maps; i++) {
		const struct rack_map *m = &c->plan.map[i];
		struct mos_rtctl_msg map = {.op = MOS_RTCTL_MAP,
			.u.map = {.bank = m->bank,
				.program = m->program,
				.from_bank = m->from_bank,
				.from_program = m->from_program}};

		memcpy(map.u.map.path, m->path, sizeof(map.u.map.path));
		control_resume_put(c, &map);
	}
	if (!c->n_maps) /* else they may be among those that are still to be loaded */
		resume_drop_op(box, MOS_RTCTL_MAP, is_not_mapped, &c->plan);
}

static bool is_at_place(const struct mos_rtctl_msg *msg, const void *data)
{
	const struct mos_rtctl_insert *i = data;

	return msg->u.insert_set.strip == i->strip && msg->u.insert_set.slot == i->slot;
}

static bool is_control_at_place(const struct mos_rtctl_msg *msg, const void *data)
{
	return is_at_place(msg, data) &&
	       strncmp(msg->u.insert_set.symbol, MOS_INSERT_BYPASS, sizeof(msg->u.insert_set.symbol)) != 0;
}

void control_resume_insert(struct control *c, const struct mos_rtctl_insert *now, uint32_t conn)
{
	struct resume *box = &c->resumption.box;
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT,
		.u.insert = {.strip = now->strip, .slot = now->slot, .kind = now->kind}};
	uint64_t order = 0;

	if (conn != CONN_RESUME || now->kind == MOS_INSERT_NONE) {
		resume_drop_op(box, MOS_RTCTL_INSERT_SET, is_at_place, now);
		control_store_insert(c, now->strip, now->slot, -1);
	}
	if (now->kind == MOS_INSERT_NONE) {
		resume_drop(box, &msg);
		return;
	}
	memcpy(msg.u.insert.what, now->what, sizeof(msg.u.insert.what));
	control_resume_put(c, &msg);
	if (conn == CONN_RESUME)
		control_insert_state_resume(c, now->strip, now->slot); /* before what was set since */
	while (conn == CONN_RESUME && resume_next(box, MOS_RTCTL_INSERT_SET, &order, &msg))
		if (is_at_place(&msg, now))
			control_resume_ask(c, &msg);
}

/* An insert, and what was set while its state was on its way. */
struct restored {
	struct mos_rtctl_insert at;
	uint32_t n_controls;
	struct insert_control control[INSERT_CONTROLS_MAX];
};

static bool is_overwritten(const struct mos_rtctl_msg *msg, const void *data)
{
	const struct restored *r = data;

	for (uint32_t i = 0; i < r->n_controls; i++)
		if (r->control[i].is_set &&
			strncmp(r->control[i].symbol, msg->u.insert_set.symbol, sizeof(msg->u.insert_set.symbol)) == 0)
			return false;
	return is_control_at_place(msg, &r->at);
}

void control_resume_insert_state(struct control *c, uint32_t strip, uint32_t slot, bool is_restored, int fd)
{
	static struct restored r;

	r.at = (struct mos_rtctl_insert){.strip = strip, .slot = slot};
	r.n_controls = inserts_controls(c->inserts, strip, slot, r.control, INSERT_CONTROLS_MAX);
	if (is_restored) /* it holds the controls; whether it is heard it does not */
		resume_drop_op(&c->resumption.box, MOS_RTCTL_INSERT_SET, is_overwritten, &r);
	control_store_insert(c, strip, slot, fd);
}

static bool is_in_name(const struct mos_rtctl_msg *msg, const void *data)
{
	char name[sizeof(msg->u.midi_link.port) + 1] = "";

	memcpy(name, msg->u.midi_link.port, sizeof(msg->u.midi_link.port));
	return strstr(name, data) != NULL;
}

void control_resume_unlinked(struct control *c, const char *name)
{
	resume_drop_op(&c->resumption.box, MOS_RTCTL_MIDI_LINK, is_in_name, name);
}

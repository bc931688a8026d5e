/* SPDX-License-Identifier: MIT */
#include "rtcore_fixture.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t rnd_u64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t rnd(uint64_t *state, int64_t lo, int64_t hi)
{
	return lo + (int64_t)(rnd_u64(state) % ((uint64_t)(hi - lo) + 1));
}

struct score score_at(uint64_t npq, int64_t end_tick)
{
	return (struct score){.tempo = {{.npq_start = npq, .npq_end = npq}},
		.n_tempo = 1,
		.meter = {{.num = 4, .den = 4}},
		.n_meter = 1,
		.end_tick = end_tick};
}

static uint8_t order_of(uint32_t word0)
{
	uint32_t status = word0 >> 20 & 15;

	if (word0 >> 28 == 3)
		return MOS_TL_CONTROL;
	if (status == 8 || (status == 9 && word0 >> 28 == 2 && (word0 & 127) == 0))
		return MOS_TL_NOTE_OFF;
	return status == 9 ? MOS_TL_NOTE_ON : MOS_TL_CONTROL;
}

void score_ump(struct score *s, int64_t tick, uint32_t word0, uint32_t word1, uint32_t note_id, uint32_t len)
{
	if (s->n_event == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->event = realloc(s->event, s->cap * sizeof(*s->event));
		cr_assert(s->event);
	}
	s->event[s->n_event++] = (struct mos_tl_event){.tick = tick,
		.ump = {word0, word1},
		.order = order_of(word0),
		.note_id = note_id,
		.len_ticks = len};
}

void score_note(struct score *s, int64_t tick, int64_t len, uint32_t channel, uint8_t key, uint8_t velocity)
{
	uint8_t g = (uint8_t)(channel / 16), ch = (uint8_t)(channel % 16);
	uint32_t id = ++s->notes;

	score_ump(s, tick, ump_cv1(g, 0x90, ch, key, velocity), 0, id, (uint32_t)len);
	score_ump(s, tick + len, ump_cv1(g, 0x80, ch, key, 64), 0, id, 0);
}

void score_control(struct score *s, int64_t tick, uint8_t status, uint32_t channel, uint8_t d1, uint8_t d2)
{
	score_ump(
		s, tick, ump_cv1((uint8_t)(channel / 16), status, (uint8_t)(channel % 16), d1, d2), 0, 0, 0);
}

void score_tempo(struct score *s, int64_t tick, uint64_t npq_start, uint64_t npq_end)
{
	if (s->tempo[s->n_tempo - 1].tick < tick)
		s->n_tempo++;
	s->tempo[s->n_tempo - 1] =
		(struct mos_tl_tempo){.tick = tick, .npq_start = npq_start, .npq_end = npq_end};
}

void score_meter(struct score *s, int64_t tick, uint16_t num, uint16_t den)
{
	struct mos_tl_meter *last = &s->meter[s->n_meter - 1];
	int64_t len = last->num * 3840 / last->den;
	uint32_t measure = last->measure + (uint32_t)((tick - last->tick + len - 1) / len);

	if (last->tick < tick)
		s->n_meter++;
	s->meter[s->n_meter - 1] =
		(struct mos_tl_meter){.tick = tick, .num = num, .den = den, .measure = measure};
}

int score_build(struct score *s)
{
	static const struct mos_tl_part part = {.name_off = 0};
	struct mos_timeline_src src = {.tempo = s->tempo,
		.n_tempo = s->n_tempo,
		.meter = s->meter,
		.n_meter = s->n_meter,
		.key = s->key,
		.n_key = s->n_key,
		.event = s->event,
		.n_event = s->n_event,
		.part = &part,
		.n_part = 1,
		.strings = "",
		.strings_len = 1,
		.end_tick = s->end_tick,
		.policy = s->policy};
	int fd = mos_timeline_build(&src);

	cr_assert_geq(fd, 0, "the score cannot be built: %s", strerror(-fd));
	free(s->event);
	s->event = NULL;
	return fd;
}

struct song *score_song(struct score *s)
{
	struct mos_timeline_error err;
	struct song *song = NULL;
	int fd = score_build(s), r = song_create(fd, &song, &err);

	close(fd);
	cr_assert_eq(r, 0, "%s[%llu]: %s", err.table, (unsigned long long)err.index, err.reason);
	return song;
}

__int128 floor_div(__int128 a, __int128 b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

__int128 ceil_div(__int128 a, __int128 b)
{
	return -floor_div(-a, b);
}

__int128 oracle_u(const struct score *s, int64_t tick)
{
	__int128 u = 0;

	for (uint32_t i = 0; i < s->n_tempo; i++) {
		const struct mos_tl_tempo *t = &s->tempo[i];
		int last = i + 1 == s->n_tempo;
		int64_t end = last || t[1].tick > tick ? tick : t[1].tick, d = end - t->tick;
		__int128 a = t->npq_start, bend = (__int128)t->npq_end - a;

		if (d <= 0)
			break;
		u += a * d;
		if (!last && bend)
			u += floor_div(bend * d * d, 2 * (__int128)(t[1].tick - t->tick));
	}
	return u;
}

int64_t oracle_frame(__int128 u, uint32_t rate_hz)
{
	return (int64_t)ceil_div(u * rate_hz, (__int128)960 * 1000000000);
}

void rig_init(struct rig *r, uint32_t rate_hz, uint32_t quantum)
{
	*r = (struct rig){.quantum = quantum};
	cr_assert_eq(engine_regions_create(&r->regions), 0);
	r->e = engine_create(rate_hz, &r->regions, /* bell_fd= */ -1);
	cr_assert(r->e);
	r->bus = calloc(1, sizeof(*r->bus));
	cr_assert(r->bus);
	r->bus->fd = r->bus->control_fd = r->bus->epoll_fd = r->bus->timer_fd = -1;
	cr_assert_eq(bus_init(r->bus, r->e), 0);
	cr_assert_eq(mos_event_reader_init(&r->reader, &r->regions.events, /* from_oldest= */ 1), 0);
	r->e->driver_up = 1;
}

void rig_finish(struct rig *r)
{
	bus_finish(r->bus);
	free(r->bus);
	engine_destroy(r->e);
	engine_regions_finish(&r->regions);
	free(r->l);
	free(r->r);
	free(r->click);
	*r = (struct rig){0};
}

static void make_room(struct rig *r, uint32_t n)
{
	if (r->n_frames + n <= r->cap)
		return;
	r->cap = 2 * (r->n_frames + n);
	r->l = realloc(r->l, r->cap * sizeof(float));
	r->r = realloc(r->r, r->cap * sizeof(float));
	r->click = realloc(r->click, r->cap * sizeof(float));
	cr_assert(r->l && r->r && r->click);
}

static int64_t frame_ns(const struct rig *r)
{
	return (int64_t)((__int128)r->e->frame * 1000000000 / r->e->rate_hz);
}

void rig_bus(struct rig *r)
{
	while (bus_turn(r->bus, frame_ns(r)))
		;
}

void rig_run(struct rig *r, uint32_t n_frames)
{
	make_room(r, n_frames);
	while (n_frames > 0) {
		uint32_t n = n_frames < r->quantum ? n_frames : r->quantum;
		struct driver_cycle c = {.n_frames = n,
			.rate_hz = r->e->rate_hz,
			.time_ns = frame_ns(r) + r->stalled_ns,
			.out = {r->l + r->n_frames, r->r + r->n_frames},
			.click = r->click + r->n_frames,
			.midi_in = r->midi_in,
			.midi_out = r->midi_out};

		rig_bus(r);
		engine_cycle(r->e, &c);
		r->midi_in = NULL;
		r->n_frames += n;
		n_frames -= n;
	}
}

void rig_forget(struct rig *r)
{
	r->n_frames = 0;
}

void rig_client_open(struct rig_client *c, struct rig *r, uint16_t slot, uint32_t may)
{
	struct bus_attach attach = {.doorbell = -1, .may = may};
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_CLIENT_ADD, .ptr = &attach, .arg = slot};

	c->slot = slot;
	cr_assert_eq(mos_region_create("test-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR,
			     MOS_INGRESS_ABI_MINOR, 1, &c->region),
		0);
	cr_assert_eq(mos_ingress_init(&c->region, slot), 0);
	cr_assert_eq(mos_ingress_reader_init(&attach.ring, &c->region), 0);
	cr_assert_eq(mos_ingress_writer_init(&c->w, &c->region), 0);
	cr_assert_eq(bus_send(r->bus, &cmd), 0);
	rig_bus(r);
	cr_assert_eq(bus_receive(r->bus, &cmd), 1);
	cr_assert_eq(cmd.msg.op, ENGINE_OP_CLIENT_ADD);
	cr_assert_eq(cmd.msg.status, 0);
}

void rig_client_close(struct rig_client *c, struct rig *r)
{
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_CLIENT_REMOVE, .arg = c->slot};

	cr_assert_eq(bus_send(r->bus, &cmd), 0);
	for (int i = 0; i < 100; i++) {
		rig_bus(r);
		engine_serve(r->e);
		while (engine_receive(r->e, &cmd))
			if (cmd.msg.op == ENGINE_OP_CLIENT_REMOVE && cmd.arg == c->slot) {
				mos_region_finish(&c->region);
				return;
			}
	}
	cr_assert_fail("client %u never left", c->slot);
}

int rig_emit(struct rig_client *c, struct rig *r, const struct mos_event *ev)
{
	int rc = mos_ingress_push(&c->w, ev);

	if (rc == 1)
		bus_doorbell(r->bus, c->slot, frame_ns(r));
	return rc;
}

uint32_t rig_send(struct rig *r, const struct mos_rtctl_msg *msg, void *ptr, uint64_t arg)
{
	struct engine_cmd cmd = {.msg = *msg, .ptr = ptr, .arg = arg};

	cmd.msg.id = ++r->next_id;
	cr_assert_eq(engine_send(r->e, &cmd), 0);
	return cmd.msg.id;
}

int rig_ask(struct rig *r, struct mos_rtctl_msg *msg)
{
	uint32_t id = rig_send(r, msg, NULL, 0);
	struct engine_cmd cmd;

	engine_serve(r->e);
	do { /* what was only sent has answers too */
		cr_assert_eq(engine_receive(r->e, &cmd), 1, "no answer to command %u", msg->op);
	} while (cmd.msg.id != id);
	*msg = cmd.msg;
	return cmd.msg.status;
}

static void put_in_force(struct rig *r, struct song *song, uint32_t flags)
{
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_SONG, .u.load.flags = flags};
	struct engine_cmd cmd;
	uint32_t id = rig_send(r, &msg, song, 0);

	engine_serve(r->e);
	do {
		cr_assert_eq(engine_receive(r->e, &cmd), 1);
	} while (cmd.msg.id != id);
	cr_assert_eq(cmd.msg.op, ENGINE_OP_SONG);
	song_destroy(cmd.ptr);
}

void rig_load(struct rig *r, struct song *song)
{
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_LOADING};

	(void)rig_ask(r, &msg);
	put_in_force(r, song, 0);
}

void rig_update(struct rig *r, struct song *song)
{
	put_in_force(r, song, MOS_LOAD_UPDATE);
}

void rig_score(struct rig *r, struct score *s)
{
	rig_load(r, score_song(s));
}

int rig_play(struct rig *r)
{
	return rig_play_count_in(r, 0);
}

int rig_play_count_in(struct rig *r, uint32_t bars)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PLAY, .u.play.count_in_bars = bars};

	return rig_ask(r, &msg);
}

int rig_pause(struct rig *r)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PAUSE};

	return rig_ask(r, &msg);
}

int rig_stop(struct rig *r)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STOP};

	return rig_ask(r, &msg);
}

int rig_seek(struct rig *r, int64_t tick)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_SEEK, .u.seek.tick = tick};

	return rig_ask(r, &msg);
}

int rig_loop(struct rig *r, int64_t start, int64_t end)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOOP};

	msg.u.loop.start_tick = start;
	msg.u.loop.end_tick = end;
	msg.u.loop.active = end > start;
	return rig_ask(r, &msg);
}

int rig_tempo_fixed(struct rig *r, uint64_t npq)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO};

	msg.u.tempo.mode = MOS_TEMPO_FIXED;
	msg.u.tempo.npq = npq;
	return rig_ask(r, &msg);
}

int rig_tempo_rate(struct rig *r, uint32_t rate_ppm)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO};

	msg.u.tempo.mode = MOS_TEMPO_RATE;
	msg.u.tempo.rate_ppm = rate_ppm;
	return rig_ask(r, &msg);
}

int rig_event(struct rig *r, uint32_t type, struct mos_event *ret)
{
	int got;

	do {
		got = mos_event_next(&r->reader, ret);
		cr_assert_geq(got, 0, "the reader was lapped");
	} while (got == 1 && type && ret->type != type);
	return got;
}

int64_t rig_counter(const struct rig *r, enum rtcore_counter c)
{
	return (int64_t)*r->regions.counters.value[c];
}

int64_t rig_tick(const struct rig *r)
{
	return kronos_tick(&r->e->kronos, NULL);
}

uint32_t rig_first_sound(const struct rig *r, uint32_t from)
{
	while (from < r->n_frames && r->l[from] == 0 && r->r[from] == 0)
		from++;
	return from;
}

float rig_peak(const struct rig *r, uint32_t from, uint32_t to)
{
	float p = 0;

	for (uint32_t i = from; i < to; i++)
		p = fmaxf(p, fmaxf(fabsf(r->l[i]), fabsf(r->r[i])));
	return p;
}

float rig_max_step(const struct rig *r, uint32_t from, uint32_t to)
{
	float p = 0;

	for (uint32_t i = from > 0 ? from : 1; i < to; i++)
		p = fmaxf(p, fmaxf(fabsf(r->l[i] - r->l[i - 1]), fabsf(r->r[i] - r->r[i - 1])));
	return p;
}

double rig_rms(const struct rig *r, uint32_t from, uint32_t to)
{
	double sum = 0;

	for (uint32_t i = from; i < to; i++)
		sum += (double)r->l[i] * r->l[i] + (double)r->r[i] * r->r[i];
	return sqrt(sum / (2.0 * (to - from)));
}

double rig_power_at(const struct rig *r, double hz, uint32_t from, uint32_t to)
{
	double w = 2 * M_PI * hz / r->e->rate_hz, n = to - from;
	double complex turn = cexp(I * w), hann = cexp(I * 2 * M_PI / n), a = 1, b = 1, sum = 0;

	for (uint32_t i = from; i < to; i++) {
		sum += (0.5 - 0.5 * creal(b)) * r->l[i] * a;
		a *= turn;
		b *= hann;
	}
	return 16 * creal(sum * conj(sum)) / (n * n);
}

/* SPDX-License-Identifier: MIT */
/*
 * Time code out: a full frame wherever we stand or jump to, then quarter frames, each in the frame of sound
 * in which its quarter of a picture begins; a time is spread over eight of them, which begin with an even
 * picture. Time code in: eight in a row say the time, each one after them where we are now.
 */
#include "engine.h"

#include <errno.h>

#define QUARTER_FRAME 0xf1u
#define GAP_NS INT64_C(150000000)
#define PERIOD_ODD 0.1 /* of the nominal one: other speeds are followed, other rates are none */

/* --- Out --- */

static int tell_full(struct engine *e, int64_t picture) MOS_RT
{
	const struct timecode t = timecode_of(e->timecode_out.rate, picture);
	const uint32_t hour = t.hour | (t.rate - 1) << 5;

	if (!e->midi_out || e->frame < e->out.held_until || e->midi_out->n + 2 > DRIVER_MIDI_MAX)
		return 0;
	/* F0 7F 7F 01 01 hh mm ss ff F7: six bytes and two, beginning and end of a message of UMP */
	engine_midi_out(e, 0, (const uint32_t[]){0x30160000u | 0x7f7f, 0x01010000u | hour << 8 | t.minute});
	engine_midi_out(e, 0, (const uint32_t[]){0x30320000u | t.second << 8 | t.frame, 0});
	return 1;
}

static void tell_piece(struct engine *e, uint32_t offset, int64_t quarter) MOS_RT
{
	const uint32_t rate = e->timecode_out.rate, piece = (uint32_t)(quarter % TIMECODE_PIECES);
	const struct timecode t = timecode_of(rate, (quarter - piece) / 4);

	engine_add(e, offset, ACTION_MIDI, 0x10000000u | QUARTER_FRAME << 16 | timecode_piece(&t, piece) << 8,
		MOS_SOURCE_RTCORE, ORIGIN_ACTION);
}

static void tell_place(struct engine *e, int64_t frame) MOS_RT
{
	struct timecode_out *o = &e->timecode_out;
	int64_t picture = timecode_quarter(o->rate, frame, e->rate_hz) / 4;

	if (!e->midi_out)
		o->told = -1; /* who comes to listen is told */
	else if (picture != o->told && tell_full(e, picture))
		o->told = picture;
}

/* Quarters begin with the next even picture. */
static void begin(struct engine *e, int64_t frame) MOS_RT
{
	struct timecode_out *o = &e->timecode_out;
	int64_t quarter = timecode_quarter(o->rate, frame, e->rate_hz);

	o->told = -1;
	tell_place(e, frame);
	if (timecode_sound_frame(o->rate, quarter, e->rate_hz) < frame)
		quarter++;
	o->next = (quarter + TIMECODE_PIECES - 1) / TIMECODE_PIECES * TIMECODE_PIECES;
	o->is_running = 1;
}

void engine_timecode_block(struct engine *e, uint32_t n_frames) MOS_RT
{
	struct timecode_out *o = &e->timecode_out;
	const struct kronos *k = &e->kronos;
	struct mos_clock_song song;
	int64_t wrap = kronos_frames_to_wrap(k), off, due, n = n_frames;

	if (o->rate == MOS_TIMECODE_OFF)
		return;
	kronos_clock_song(k, &song);
	if (!k->map.song || k->state != MOS_TRANSPORT_PLAYING || k->counting) {
		o->is_running = 0;
		tell_place(e, song.frame);
		return;
	}
	off = song.frame - o->at_frame;
	/* another clock that is followed moves us a little */
	if (!o->is_running || off > n / 8 + 2 || off < -n / 8 - 2)
		begin(e, song.frame);
	if (wrap >= 0 && wrap < n)
		n = wrap;
	while ((due = timecode_sound_frame(o->rate, o->next, e->rate_hz)) < song.frame + n) {
		tell_piece(e, due < song.frame ? 0 : (uint32_t)(due - song.frame), o->next);
		o->next++;
	}
	o->at_frame = song.frame + n_frames;
}

int engine_timecode(struct engine *e, uint32_t rate) MOS_RT
{
	if (rate >= MOS_TIMECODE_N)
		return -EINVAL;
	if (rate != e->timecode_out.rate)
		e->timecode_out = (struct timecode_out){.rate = rate, .told = -1};
	return 0;
}

/* --- In --- */

static void forget(struct timecode_in *t) MOS_RT
{
	t->n_pieces = 0;
	t->is_known = 0;
	pulse_reset(&t->pulse);
}

static double nominal_ns(uint32_t rate) MOS_RT
{
	return (double)timecode_sound_frame(rate, 1000000, 1000000) * 1e-3;
}

/* @return 0: nothing that is known. */
static int take_piece(struct timecode_in *t, uint32_t data, int32_t n_quarters) MOS_RT
{
	const uint32_t piece = data >> 4 & 7;
	struct timecode time;
	int64_t picture;

	if (piece != t->n_pieces % TIMECODE_PIECES) { /* it runs backwards, or was sent elsewhere: from the
							 first one on */
		t->n_pieces = 0;
		t->is_known = 0;
		if (piece != 0)
			return 0;
	}
	t->nibble[piece] = (uint8_t)(data & 15);
	t->n_pieces = piece + 1;
	t->quarter += n_quarters;
	if (piece + 1 < TIMECODE_PIECES)
		return t->is_known;
	t->n_pieces = 0;
	time = timecode_of_pieces(t->nibble);
	picture = timecode_picture(&time);
	t->is_known = picture >= 0;
	t->rate = time.rate;
	t->quarter = 4 * picture + TIMECODE_PIECES - 1;
	return t->is_known;
}

static void quarter_frame(struct engine *e, uint32_t data, uint32_t offset) MOS_RT
{
	struct timecode_in *t = &e->timecode_in;
	int64_t now_ns = engine_frame_ns(e, e->frame + offset);
	double nominal;
	int32_t n;

	if (now_ns - t->heard_ns > GAP_NS)
		forget(t);
	t->heard_ns = now_ns;
	kronos_time_heard(&e->kronos);
	n = pulse_take(&t->pulse, now_ns);
	if (!take_piece(t, data, n) || t->pulse.n < 2)
		return;
	nominal = nominal_ns(t->rate);
	if (t->pulse.period < nominal * (1 - PERIOD_ODD) || t->pulse.period > nominal * (1 + PERIOD_ODD))
		return;
	kronos_time_lead(&e->kronos,
		&(struct kronos_time){.frame = (double)timecode_sound_frame(t->rate, t->quarter, e->rate_hz),
			.at_ns = pulse_at_ns(&t->pulse),
			.speed = nominal / t->pulse.period},
		engine_frame_ns(e, e->frame));
}

void engine_timecode_in(struct engine *e, uint32_t word, uint32_t offset) MOS_RT
{
	if (e->kronos.chase.leader == MOS_LEADER_MTC && (word >> 16 & 0xff) == QUARTER_FRAME)
		quarter_frame(e, word >> 8 & 127, offset);
}

static void full_frame(struct engine *e) MOS_RT
{
	struct timecode_in *t = &e->timecode_in;
	const uint8_t *b = t->sysex;
	const struct timecode time = {.rate = (b[4] >> 5 & 3) + 1u,
		.hour = b[4] & 31,
		.minute = b[5],
		.second = b[6],
		.frame = b[7]};
	int64_t picture = timecode_picture(&time);

	/* of any device: 7F */
	if (t->n_sysex != TIMECODE_SYSEX_BYTES || b[0] != 0x7f || b[2] != 1 || b[3] != 1 || picture < 0)
		return;
	forget(t);
	kronos_time_place(&e->kronos, timecode_sound_frame(time.rate, 4 * picture, e->rate_hz));
}

void engine_timecode_sysex(struct engine *e, const uint32_t word[2]) MOS_RT
{
	struct timecode_in *t = &e->timecode_in;
	const uint32_t part = word[0] >> 20 & 15, n = word[0] >> 16 & 15;
	const uint8_t byte[6] = {(uint8_t)(word[0] >> 8), (uint8_t)word[0], (uint8_t)(word[1] >> 24),
		(uint8_t)(word[1] >> 16), (uint8_t)(word[1] >> 8), (uint8_t)word[1]};

	if (e->kronos.chase.leader != MOS_LEADER_MTC)
		return;
	if (part < 2) /* a whole message, or its beginning */
		t->n_sysex = 0;
	for (uint32_t i = 0; i < n && i < sizeof(byte); i++, t->n_sysex += t->n_sysex <= TIMECODE_SYSEX_BYTES)
		if (t->n_sysex < TIMECODE_SYSEX_BYTES)
			t->sysex[t->n_sysex] = byte[i] & 127;
	if (part == 0 || part == 3)
		full_frame(e);
}

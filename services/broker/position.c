/* SPDX-License-Identifier: MIT */
/* Where the transport is now, from the clock page (KRO-09). */
#include <time.h>

#include <mos/meter.h>
#include <mos/tempo.h>

#include "broker.h"

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Bar, beat and tick, from 1, 1 and 0. The page says where its measure started; now may be some beats later.
 */
static void put_place(struct wire_out *out, const struct mos_clock *clock, int64_t tick)
{
	uint16_t num = clock->meter_num, den = clock->meter_den;
	int64_t measure_ticks, beat_ticks, in_measure, bar;

	if (!num || !den || den > 128) /* nothing is loaded yet */
		num = den = 4;
	measure_ticks = mos_meter_measure_ticks(num, den);
	beat_ticks = mos_meter_beat_ticks(den);
	in_measure = tick - clock->measure_tick;
	bar = (int64_t)clock->measure + 1 + in_measure / measure_ticks;
	in_measure %= measure_ticks;
	if (in_measure < 0) { /* counting in, or looped back since */
		in_measure += measure_ticks;
		bar--;
	}
	wire_put_i64(out, "bar", bar);
	wire_put_i64(out, "beat", in_measure / beat_ticks + 1);
	wire_put_i64(out, "tick", in_measure % beat_ticks);
	wire_open_map(out, "meter");
	wire_put_u64(out, "num", num);
	wire_put_u64(out, "den", den);
	wire_close(out);
}

/* At `now`; a loop's wrap since the anchor is left to the next cycle's page. */
static int64_t song_frame(const struct mos_clock *clock, const struct mos_clock_song *song, int64_t now)
{
	const uint32_t rolls = clock->flags & (MOS_CLOCK_ROLLING | MOS_CLOCK_COUNT_IN);

	return song->frame +
	       (rolls == MOS_CLOCK_ROLLING ? (int64_t)(mos_clock_frame_at(clock, now) - clock->frame) : 0);
}

void position_put(struct wire_out *out, const struct gateway *gateway, const struct mos_clock *clock,
	const struct mos_clock_song *song)
{
	int64_t now = now_ns();
	int64_t tick = mos_clock_tick_at(clock, now, NULL);

	wire_put_str(out, "state", mos_transport_state_name(clock->state));
	wire_put_i64(out, "ticks", tick);
	wire_put_f64(out, "beats", (double)tick / MOS_PPQ);
	put_place(out, clock, tick);
	wire_put_u64(out, "frame", mos_clock_frame_at(clock, now));
	wire_put_i64(out, "song_frame", song_frame(clock, song, now));
	wire_put_i64(out, "time_ns", now);
	wire_put_f64(out, "bpm", clock->ns_per_quarter ? mos_npq_to_bpm(clock->ns_per_quarter) : 0);
	wire_put_f64(out, "rate", clock->rate_ppm / 1e6);
	if (clock->flags & MOS_CLOCK_LOOP) {
		wire_open_map(out, "loop");
		wire_put_i64(out, "start_ticks", clock->loop_start_tick);
		wire_put_i64(out, "end_ticks", clock->loop_end_tick);
		wire_close(out);
	} else {
		wire_put_nil(out, "loop");
	}
	wire_put_i64(out, "end_ticks", clock->end_tick);
	wire_put_bool(out, "rolling", !!(clock->flags & MOS_CLOCK_ROLLING));
	wire_put_bool(out, "count_in", !!(clock->flags & MOS_CLOCK_COUNT_IN));
	wire_put_bool(out, "metronome", !!(clock->flags & MOS_CLOCK_METRONOME));
	wire_put_u64(out, "timeline_id", clock->timeline_id);
	if (gateway->title[0] && gateway->title_of == clock->timeline_id)
		wire_put_str(out, "title", gateway->title);
}

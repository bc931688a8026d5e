/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <pipewire/filter.h>
#include "../rt_trusted.h"
#include "pipewire_cycle.h"
#include "pipewire_ump.h"

/** The few fields of spa_io_clock that matter, each read exactly once. */
struct graph_clock {
	uint64_t position, xrun;
	int64_t time_ns;
	uint32_t id, cycle, rate_hz, n_frames;
	bool freewheel;
};

static struct graph_clock read_clock(const struct spa_io_position *position)
{
	/* volatile: another process writes it, so what was checked must be what is used. */
	const volatile struct spa_io_clock *clock = &position->clock;
	uint64_t duration = clock->duration;

	return (struct graph_clock){
		.position = clock->position,
		.xrun = clock->xrun,
		.time_ns = (int64_t)clock->nsec,
		.id = clock->id,
		.cycle = clock->cycle,
		.rate_hz = clock->rate.denom,
		.n_frames = duration > UINT32_MAX ? UINT32_MAX : (uint32_t)duration,
		.freewheel = clock->flags & SPA_IO_CLOCK_FLAG_FREEWHEEL,
	};
}

/** How long ago this cycle began; 0 when time means nothing because the graph runs free. */
static int64_t lateness_ns(const struct pipewire_rt *rt, const struct graph_clock *clock)
{
	int64_t late_ns = (int64_t)pw_filter_get_nsec(rt->filter) - clock->time_ns;

	return clock->freewheel || late_ns < 0 ? 0 : late_ns;
}

/**
 * Cycles that the graph ran without us; else one for what the graph admits (its position jumps, its xrun
 * time grows) or for coming when the cycle is over already. A new clock, or a return after a pause, is
 * no xrun.
 */
static uint32_t count_xruns(struct pipewire_rt *rt, const struct graph_clock *clock, int64_t late_ns)
{
	uint32_t xruns = 0;
	bool fresh = atomic_exchange_explicit(&rt->resync, false, memory_order_relaxed);

	if (!fresh && clock->id == rt->clock_id) {
		uint32_t steps = clock->cycle - rt->clock_cycle;

		if (steps > 1)
			xruns = steps - 1;
		else if (clock->position != rt->next_position || clock->xrun > rt->clock_xrun ||
			 late_ns * rt->rate_hz > clock->n_frames * INT64_C(1000000000))
			xruns = 1;
	}
	rt->clock_id = clock->id;
	rt->clock_cycle = clock->cycle;
	rt->clock_xrun = clock->xrun;
	rt->next_position = clock->position + clock->n_frames;
	return xruns;
}

/** An output port's memory for `size` bytes, handed back to PipeWire already; NULL: nobody listens. */
static void *output_memory(void *port, size_t size)
{
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(port);
	struct spa_data *data;

	if (!buffer)
		return NULL;
	data = &buffer->buffer->datas[0];
	data->chunk->offset = 0;
	data->chunk->stride = sizeof(float);
	data->chunk->flags = 0;
	data->chunk->size = data->maxsize < size ? data->maxsize : (uint32_t)size;
	/* The graph takes it only after this cycle has returned: pw_filter_get_dsp_buffer() does the same. */
	pw_filter_queue_buffer(port, buffer);
	if (!data->data)
		return NULL;
	if (data->maxsize < size) {
		memset(data->data, 0, data->maxsize);
		return NULL;
	}
	return data->data;
}

/** An input port's samples, handed back to PipeWire already; NULL: nothing is linked, or it brought too few.
 */
static const float *input_memory(void *port, size_t size)
{
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(port);
	const struct spa_data *data;
	uint32_t offset, n_bytes;

	if (!buffer)
		return NULL;
	data = &buffer->buffer->datas[0];
	offset = *(const volatile uint32_t *)&data->chunk->offset;
	n_bytes = *(const volatile uint32_t *)&data->chunk->size;
	/* The graph reuses it only after this cycle has returned. */
	pw_filter_queue_buffer(port, buffer);
	if (!data->data || offset % sizeof(float) || offset > data->maxsize || n_bytes < size ||
		data->maxsize - offset < size)
		return NULL;
	return (const float *)((const uint8_t *)data->data + offset);
}

static void read_midi(struct pipewire_rt *rt, uint32_t n_frames)
{
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(rt->port[PORT_MIDI_IN]);
	struct spa_data *data;
	uint32_t offset, size;

	rt->midi_in.n = 0;
	rt->midi_in.dropped = 0;
	if (!buffer)
		return;
	data = &buffer->buffer->datas[0];
	offset = *(const volatile uint32_t *)&data->chunk->offset;
	size = *(const volatile uint32_t *)&data->chunk->size;
	if (data->data && offset <= data->maxsize && size <= data->maxsize - offset)
		pipewire_ump_read((const uint8_t *)data->data + offset, size, n_frames, &rt->midi_in);
	pw_filter_queue_buffer(rt->port[PORT_MIDI_IN], buffer);
}

static void write_midi(struct pipewire_rt *rt, struct pw_buffer *buffer)
{
	struct spa_data *data = &buffer->buffer->datas[0];
	size_t size = 0;

	rt->midi_lost = rt->midi_out.n;
	if (data->data)
		size = pipewire_ump_write(data->data, data->maxsize, &rt->midi_out, &rt->midi_lost);
	data->chunk->offset = 0;
	data->chunk->stride = 1;
	data->chunk->flags = 0;
	data->chunk->size = (uint32_t)size;
	pw_filter_queue_buffer(rt->port[PORT_MIDI_OUT], buffer);
}

/** Nothing to play: whoever listens hears silence rather than an old buffer. */
static void be_silent(struct pipewire_rt *rt, uint32_t n_frames)
{
	struct pw_buffer *midi = pw_filter_dequeue_buffer(rt->port[PORT_MIDI_OUT]);

	for (int port = PORT_FL; port <= PORT_CLICK; port++) {
		float *out = output_memory(rt->port[port], n_frames * sizeof(float));

		if (out)
			memset(out, 0, n_frames * sizeof(float));
	}
	rt->midi_out.n = 0;
	if (midi)
		write_midi(rt, midi);
	midi = pw_filter_dequeue_buffer(rt->port[PORT_MIDI_IN]);
	if (midi)
		pw_filter_queue_buffer(rt->port[PORT_MIDI_IN], midi);
	(void)input_memory(rt->port[PORT_IN_FL], 0);
	(void)input_memory(rt->port[PORT_IN_FR], 0);
}

/** What lies between the microphone and this cycle's input. */
static uint32_t in_latency_frames(struct pipewire_rt *rt, uint32_t n_frames)
{
	uint64_t milli_quanta = atomic_load_explicit(&rt->in_late_quanta, memory_order_relaxed);
	uint64_t ns = atomic_load_explicit(&rt->in_late_ns, memory_order_relaxed);

	return (uint32_t)(milli_quanta * n_frames / 1000 + ns * rt->rate_hz / 1000000000);
}

/** @return 0: of a cycle that `leaves`, nothing is left to be sent. */
static int run_engine(struct pipewire_rt *rt, const struct graph_clock *clock, int64_t late_ns, int leaves)
{
	size_t size = clock->n_frames * sizeof(float);
	struct pw_buffer *midi_out = pw_filter_dequeue_buffer(rt->port[PORT_MIDI_OUT]);
	struct driver_cycle cycle = {
		.n_frames = clock->n_frames,
		.rate_hz = clock->rate_hz,
		.time_ns = clock->time_ns,
		.late_ns = late_ns,
		.xruns = rt->xruns_pending,
		.in = {input_memory(rt->port[PORT_IN_FL], size), input_memory(rt->port[PORT_IN_FR], size)},
		.in_latency_frames = in_latency_frames(rt, clock->n_frames),
		.click = output_memory(rt->port[PORT_CLICK], size),
		.midi_in = &rt->midi_in,
		.midi_in_ended =
			leaves ? 0 : atomic_exchange_explicit(&rt->midi_ended, 0, memory_order_relaxed),
		.midi_out = midi_out ? &rt->midi_out : NULL,
		.leaves = leaves,
	};

	for (int i = 0; i < 2; i++) {
		cycle.out[i] = output_memory(rt->port[PORT_FL + i], size);
		if (!cycle.out[i])
			cycle.out[i] = rt->unheard[i];
	}
	if (cycle.click)
		memset(cycle.click, 0, size);
	read_midi(rt, clock->n_frames);
	rt->midi_out.n = 0;
	rt->midi_out.dropped = rt->midi_lost;
	if (midi_out)
		rt->midi_lost = 0;
	if (!leaves)
		rt->xruns_pending = 0;
	rt->cycle(rt->data, &cycle);
	if (midi_out)
		write_midi(rt, midi_out);
	return cycle.leaves;
}

/** Nothing is played. First the MIDI output lets go of what it holds; only then it is silent. */
static void stand_still(struct pipewire_rt *rt, const struct graph_clock *clock)
{
	if (atomic_load_explicit(&rt->may_sound, memory_order_relaxed)) {
		if (run_engine(rt, clock, 0, /* leaves= */ 1) == 0)
			atomic_store_explicit(&rt->may_sound, false, memory_order_relaxed);
		return;
	}
	be_silent(rt, clock->n_frames);
	atomic_fetch_add_explicit(&rt->silent_cycles, 1, memory_order_release);
}

void pipewire_process(void *data, struct spa_io_position *position) MOS_RT
{
	struct pipewire_rt *rt = data;
	struct graph_clock clock;
	int64_t late_ns;

	if (!position)
		return;
	clock = read_clock(position);
	late_ns = lateness_ns(rt, &clock);
	rt->xruns_pending += count_xruns(rt, &clock, late_ns);
	atomic_store_explicit(&rt->quantum_frames, clock.n_frames, memory_order_relaxed);
	atomic_store_explicit(&rt->graph_rate_hz, clock.rate_hz, memory_order_relaxed);

	if (clock.n_frames < 1 || clock.n_frames > DRIVER_MAX_FRAMES) {
		atomic_fetch_add_explicit(&rt->refused, 1, memory_order_relaxed);
		clock.n_frames = DRIVER_MAX_FRAMES;
		stand_still(rt, &clock);
	} else if (clock.rate_hz != rt->rate_hz || !atomic_load_explicit(&rt->linked, memory_order_relaxed) ||
		   atomic_load_explicit(&rt->leaves, memory_order_relaxed)) {
		stand_still(rt, &clock);
	} else {
		atomic_store_explicit(&rt->may_sound, true, memory_order_relaxed);
		atomic_store_explicit(&rt->silent_cycles, 0, memory_order_relaxed);
		(void)run_engine(rt, &clock, late_ns, /* leaves= */ 0);
		atomic_fetch_add_explicit(&rt->cycles, 1, memory_order_relaxed);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * The A bench: what an instrument hears that is connected to the ALSA sequencer. Its port has every event
 * stamped by a queue of its own, as aseqdump shows them. Where this kernel has no sequencer it says so and is
 * skipped.
 */
#include <alsa/asoundlib.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <mos/midi_gate.h>

#include "live.h"

#define MS INT64_C(1000000)
#define SKIPPED 77
#define N_NOTES 16
#define NOTE_NS (20 * MS)
#define TOLERANCE_NS                                                                                         \
	(5 * MS) /* generous: what is measured is the machine, what is tested is that it is the due time */

static void check(bool ok, const char *what, int64_t value)
{
	if (ok)
		return;
	(void)fprintf(stderr, "band_alsa: %s (%lld)\n", what, (long long)value);
	exit(1);
}

static int64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

/* The instrument. */
struct ear {
	snd_seq_t *seq;
	int port, queue;
	int64_t zero_ns; /* CLOCK_MONOTONIC of its queue's 0, to within the call that started it */
};

static void ear_open(struct ear *ear)
{
	snd_seq_port_info_t *info;

	check(snd_seq_open(&ear->seq, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK) == 0, "no sequencer",
		0);
	(void)snd_seq_set_client_name(ear->seq, "MOS band's ear");
	(void)snd_seq_set_client_pool_input(ear->seq, 2000);
	ear->queue = snd_seq_alloc_queue(ear->seq);
	snd_seq_port_info_alloca(&info);
	snd_seq_port_info_set_name(info, "in");
	snd_seq_port_info_set_capability(info, SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE);
	snd_seq_port_info_set_type(info, SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION);
	snd_seq_port_info_set_timestamping(info, 1);
	snd_seq_port_info_set_timestamp_real(info, 1);
	snd_seq_port_info_set_timestamp_queue(info, ear->queue);
	check(snd_seq_create_port(ear->seq, info) == 0, "no port", 0);
	(void)snd_seq_start_queue(ear->seq, ear->queue, NULL);
	(void)snd_seq_drain_output(ear->seq);
	ear->zero_ns = clock_ns();
}

/* The next event that is a note or a controller. @return false: none within a second. */
static bool ear_hear(struct ear *ear, snd_seq_event_t *ret, int64_t *ret_ns)
{
	const int64_t give_up_ns = clock_ns() + 1000 * MS;

	while (clock_ns() < give_up_ns) {
		snd_seq_event_t *ev;

		if (snd_seq_event_input(ear->seq, &ev) < 0) {
			(void)usleep(1000);
			continue;
		}
		if (ev->type != SND_SEQ_EVENT_NOTEON && ev->type != SND_SEQ_EVENT_NOTEOFF &&
			ev->type != SND_SEQ_EVENT_CONTROLLER)
			continue;
		*ret = *ev;
		*ret_ns = ear->zero_ns + ev->time.time.tv_sec * 1000 * MS + ev->time.time.tv_nsec;
		return true;
	}
	return false;
}

/* T-25: what was handed over is what is heard, in order, at its time. T-46 T-62: then the sweep, on all
 * channels. */
static void notes_and_sweep(struct ear *ear)
{
	const struct mos_gate_policy policy = {.late_drop_ms = MOS_LATE_DROP_MS,
		.ghost_vel_max = MOS_GHOST_VEL_MAX,
		.panic = true,
		.no_overlap = true};
	struct band_due due[2 * N_NOTES];
	const struct band_schedule schedule = {.due = due, .n_due = 2 * N_NOTES, .end_ns = 60000 * MS};
	static struct band_report report;
	const int64_t start_ns = clock_ns() + 150 * MS;
	struct band_thread *thread;
	struct band_sender *sender;
	struct band_loop *loop;
	snd_seq_event_t ev;
	int64_t ns;

	for (uint32_t i = 0; i < N_NOTES; i++) {
		due[2 * i] = (struct band_due){
			.due_ns = i * NOTE_NS, .ump = {0x20900050u | (48 + i) << 8}, .rank = BAND_RANK_ON};
		due[2 * i + 1] = (struct band_due){.due_ns = (i + 1) * NOTE_NS,
			.ump = {0x20800000u | (48 + i) << 8},
			.rank = BAND_RANK_OFF};
	}
	due[2 * N_NOTES - 1].due_ns = 50000 * MS; /* the last one sounds until it is stopped */
	check(band_backend_find("rtmidi")->open("MOS band's ear", &report, &sender) == 0,
		report.issue[0].message, 0);
	loop = band_loop_new(&schedule, &policy, sender, start_ns);
	check(loop && band_thread_start(loop, &thread) == 0, "no thread", errno);
	for (uint32_t i = 0; i < 2 * N_NOTES - 1; i++) {
		check(ear_hear(ear, &ev, &ns), "nothing is heard of message", i);
		check((ev.type == SND_SEQ_EVENT_NOTEON) == (i % 2 == 0), "T-31: order", i);
		check(ev.data.note.note == 48 + i / 2, "T-25: note", ev.data.note.note);
		ns -= start_ns + (i + 1) / 2 * NOTE_NS;
		check(ns > -TOLERANCE_NS && ns < TOLERANCE_NS, "T-25: ns beside its time", ns);
	}
	band_thread_stop(thread);
	check(ear_hear(ear, &ev, &ns) && ev.type == SND_SEQ_EVENT_NOTEOFF &&
			ev.data.note.note == 48 + N_NOTES - 1,
		"T-62: the note that sounded", ev.type);
	for (uint32_t i = 0; i < 64; i++) {
		check(ear_hear(ear, &ev, &ns) && ev.type == SND_SEQ_EVENT_CONTROLLER, "T-46: the sweep", i);
		check(ev.data.control.channel == i / 4, "T-46: channel", ev.data.control.channel);
	}
}

/* T-27: a name that no port has is refused at once. */
static void no_such_port(void)
{
	static struct band_report report;
	const int64_t begin_ns = clock_ns();
	struct band_sender *sender;

	check(band_backend_find("alsa-seq")->open("no such port", &report, &sender) == -ENOENT, "T-27", 0);
	check(clock_ns() - begin_ns < 1000 * MS, "T-27: fail fast", clock_ns() - begin_ns);
}

int main(void)
{
	struct ear ear;

	if (access("/dev/snd/seq", R_OK | W_OK) != 0) {
		(void)fprintf(stderr, "band_alsa: skipped, there is no /dev/snd/seq\n");
		return SKIPPED;
	}
	ear_open(&ear);
	notes_and_sweep(&ear);
	no_such_port();
	(void)snd_seq_close(ear.seq);
	return 0;
}

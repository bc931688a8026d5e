/* SPDX-License-Identifier: MIT */
/*
 * What the driver listens to by itself: MIDI sources and the default audio source, as they come and go; and
 * what it never listens to, because its own sound would come back.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pw_driver_rig.h"
#include "pw_source.h"

#define QUANTUM 256u

TestSuite(pw_driver_ingest, .timeout = 90);

static const struct pw_source_config keyboard = {
	.name = "keyboard", .media_class = "Midi/Source", .kind = PW_SOURCE_MIDI};

static struct rig *start(const char *input, const char *midi_in)
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver_inputs(rig, input, midi_in);
	rig_expect(rig, DRIVER_RUNNING);
	return rig;
}

/** What a link carries before both ends run is lost, so a note is sent until it arrives. */
struct playing {
	struct rig *rig;
	struct pw_source *source;
	uint32_t word, before;
	unsigned int sent_cycle;
};

static bool arrives(void *data)
{
	struct playing *p = data;
	unsigned int cycle = atomic_load_explicit(&p->rig->n_cycles, memory_order_acquire);

	for (uint32_t i = p->before; i < atomic_load_explicit(&p->rig->n_midi, memory_order_acquire); i++)
		if (p->rig->midi[i].ump.word[0] == p->word)
			return true;
	if (!p->sent_cycle || cycle > p->sent_cycle + 8) {
		pw_source_send(p->source, &p->word, 1);
		p->sent_cycle = cycle;
	}
	return false;
}

static void expect_heard(struct rig *rig, struct pw_source *source, uint32_t key)
{
	struct playing p = {rig, source, 0x20900064 | key << 8, rig->n_midi, 0};

	cr_assert(headless_pw_wait(arrives, &p), "key %u never came; the driver said:\n%s", key, rig->notes);
}

static bool has_ended(void *data)
{
	struct rig *rig = data;

	return atomic_load_explicit(&rig->n_midi_ended, memory_order_acquire) > 0;
}

Test(pw_driver_ingest, midi_hot_plug,
	.description = "MID-01: a MIDI source appears and is heard without anybody linking it; it "
		       "disappears, the engine "
		       "is told; it appears again and is heard again")
{
	struct rig *rig = start(NULL, NULL);

	for (unsigned int i = 1; i <= 2; i++) {
		struct pw_source *source = pw_source_start(&keyboard);

		rig_expect_note(rig, "MIDI input: keyboard:keys.", i);
		expect_heard(rig, source, 59 + i);
		cr_expect_eq(atomic_exchange(&rig->n_midi_ended, 0), 0, "ended while it was there");
		pw_source_stop(source);
		rig_expect_note(rig, "keyboard:keys is gone", i);
		cr_expect(headless_pw_wait(has_ended, rig), "the engine was not told");
		atomic_store(&rig->n_midi_ended, 0);
	}
	rig_stop(rig);
}

Test(pw_driver_ingest, midi_hardware,
	.description = "MID-01: a port that is a plug of the machine is heard, whatever its node")
{
	struct pw_source_config config = keyboard;
	struct rig *rig = start(NULL, NULL);
	struct pw_source *source;

	config.media_class = NULL;
	config.physical = true;
	source = pw_source_start(&config);
	rig_expect_note(rig, "MIDI input: keyboard:keys.", 1);
	expect_heard(rig, source, 60);
	pw_source_stop(source);
	rig_stop(rig);
}

Test(pw_driver_ingest, midi_programs,
	.description = "MID-01: a program's MIDI port is left alone, until somebody links it; then it is "
		       "heard and its "
		       "end noticed")
{
	struct pw_source_config config = keyboard;
	const char *const link[] = {"pw-link", "sequencer:keys", "mos:midi_in", NULL};
	struct rig *rig = start(NULL, NULL);
	struct pw_source *program, *source;

	config.name = "sequencer";
	config.media_class = NULL;
	program = pw_source_start(&config);
	cr_assert(
		headless_pw_run_until(&rig->pw, (const char *const[]){"pw-cli", "info", "sequencer", NULL}));
	source = pw_source_start(&keyboard); /* once this one is heard, the driver has seen the other */
	rig_expect_note(rig, "MIDI input: keyboard:keys.", 1);
	cr_expect_null(strstr(rig->notes, "sequencer"), "%s", rig->notes);
	cr_assert(headless_pw_run_until(&rig->pw, link));
	rig_expect_note(rig, "MIDI input: sequencer:keys.", 1);
	expect_heard(rig, program, 70);
	pw_source_stop(program);
	rig_expect_note(rig, "sequencer:keys is gone", 1);
	expect_heard(rig, source, 71);
	pw_source_stop(source);
	rig_stop(rig);
}

Test(pw_driver_ingest, midi_by_name,
	.description = "MID-01: by name only that one, and none when none is wanted")
{
	struct pw_source_config other = keyboard;
	struct pw_source *sources[2];
	struct rig *rig;

	other.name = "other-one";
	rig = start(NULL, "other");
	sources[0] = pw_source_start(&keyboard);
	cr_assert(headless_pw_run_until(
		&rig->pw, (const char *const[]){"pw-link", "-o", "keyboard:keys", NULL}));
	sources[1] = pw_source_start(&other);
	rig_expect_note(rig, "MIDI input: other-one:keys.", 1);
	expect_heard(rig, sources[1], 60);
	cr_expect_null(strstr(rig->notes, "keyboard"), "%s", rig->notes);
	pw_source_stop(sources[0]);
	pw_source_stop(sources[1]);
	rig_stop(rig);
}

struct hearing {
	struct rig *rig;
	const struct pw_source *source;
	uint32_t n_exact; /**< cycles whose every frame was the source's */
	uint32_t n_wanted;
};

/** Of the cycles that both ran, count those in which the input is, bit for bit, what the source sent for
 * them. */
static bool hears(void *data)
{
	struct hearing *h = data;
	unsigned int n = atomic_load_explicit(&h->rig->n_cycles, memory_order_acquire);

	h->n_exact = 0;
	for (unsigned int i = 0; i < n; i++) {
		const struct rig_cycle *c = &h->rig->cycle[i];
		uint64_t position;
		bool exact;

		if (c->frame + c->n_frames > RIG_HEARD_MAX ||
			!pw_source_position(h->source, c->time_ns, &position))
			continue;
		exact = true;
		for (uint32_t k = 0; exact && k < c->n_frames; k++)
			exact = h->rig->heard[0][c->frame + k] == pw_source_sample(position + k, 0) &&
				h->rig->heard[1][c->frame + k] == pw_source_sample(position + k, 1);
		h->n_exact += exact;
	}
	return h->n_exact >= h->n_wanted;
}

static void expect_hearing(struct rig *rig, const struct pw_source *source)
{
	struct hearing h = {rig, source, 0, 20};

	cr_assert(headless_pw_wait(hears, &h), "%u cycles heard it; the driver said:\n%s", h.n_exact,
		rig->notes);
}

/** Is nothing linked at this moment? */
static bool is_deaf(void *data)
{
	struct rig *rig = data;
	unsigned int n = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);

	return n && rig->cycle[n - 1].frame < RIG_HEARD_MAX &&
	       isnan(rig->heard[0][rig->cycle[n - 1].frame]) && isnan(rig->heard[1][rig->cycle[n - 1].frame]);
}

static bool is_hearing(void *data)
{
	return !is_deaf(data);
}

static const struct pw_source_config microphone = {
	.name = "microphone", .media_class = "Audio/Source", .kind = PW_SOURCE_AUDIO, .priority = 2000};

Test(pw_driver_ingest, audio_exact,
	.description = "CHD-05 WID-03: the audio source is heard at its frame, bit for bit, in the cycle in "
		       "which it "
		       "sounds; gone, nothing is linked; back, it is heard again")
{
	struct rig *rig = start(NULL, NULL);

	cr_expect(headless_pw_wait(is_deaf, rig), "something is heard before there is a source");
	for (unsigned int i = 1; i <= 2; i++) {
		struct pw_source *source = pw_source_start(&microphone);

		rig_expect_note(rig, "Audio input: microphone.", i);
		expect_hearing(rig, source);
		pw_source_stop(source);
		rig_expect_note(rig, "Audio input: no source.", i + 1);
		cr_expect(headless_pw_wait(is_deaf, rig), "still linked");
	}
	cr_expect_eq(rig_status(rig).state, DRIVER_RUNNING, "%s", rig_status(rig).text);
	rig_stop(rig);
}

/** A sink, or a source that plays what comes into it. */
static void make_null_node(struct rig *rig, const char *name, const char *media_class)
{
	char props[512];
	const char *const argv[] = {"pw-cli", "create-node", "adapter", props, NULL};

	snprintf(props, sizeof(props),
		"{ factory.name=support.null-audio-sink node.name=%s media.class=%s object.linger=true"
		" audio.position=[FL FR] monitor.passthrough=true node.pause-on-idle=false"
		" priority.session=2500 session.suspend-timeout-seconds=0 }",
		name, media_class);
	cr_assert_eq(headless_pw_run(&rig->pw, argv), 0);
	cr_assert(headless_pw_run_until(&rig->pw, (const char *const[]){"pw-cli", "info", name, NULL}));
}

/** Make it the session manager's default source. */
static void choose(struct rig *rig, const char *name)
{
	char value[64], check[128];

	snprintf(value, sizeof(value), "{\"name\":\"%s\"}", name);
	snprintf(check, sizeof(check), "pw-metadata 0 default.audio.source | grep -q '\"%s\"'", name);
	cr_assert_eq(headless_pw_run(&rig->pw,
			     (const char *const[]){"pw-metadata", "0", "default.configured.audio.source",
				     value, "Spa:String:JSON", NULL}),
		0);
	/* first the session manager has to agree: what fails after it is the driver's fault */
	cr_assert(headless_pw_run_until(&rig->pw, (const char *const[]){"sh", "-c", check, NULL}),
		"the session manager does not change the default source");
}

/**
 * What the driver said may be of a moment ago: the session manager changes its mind while nodes come up. So look at
 * the graph until nothing but `name` is linked to our input.
 */
static void expect_linked_only_to(struct rig *rig, const char *name, const char *other)
{
	char check[256];

	snprintf(check, sizeof(check),
		"links=$(pw-link -l) && echo \"$links\" | grep -q '|<- %s:capture_FL' &&"
		" ! echo \"$links\" | grep -q '%s:capture_FL'",
		name, other);
	cr_assert(headless_pw_run_until(&rig->pw, (const char *const[]){"sh", "-c", check, NULL}),
		"the input is not linked to %s alone; the driver said:\n%s", name, rig->notes);
}

Test(pw_driver_ingest, audio_follows,
	.description = "CHD-05: the default source changes, and the input follows")
{
	struct rig *rig = start(NULL, NULL);

	make_null_node(rig, "one", "Audio/Source/Virtual");
	make_null_node(rig, "two", "Audio/Source/Virtual");
	choose(rig, "one");
	expect_linked_only_to(rig, "one", "two");
	rig_expect_note(rig, "Audio input: one.", 1);
	choose(rig, "two");
	expect_linked_only_to(rig, "two", "one");
	rig_expect_note(rig, "Audio input: two.", 1);
	rig_stop(rig);
}

Test(pw_driver_ingest, no_feedback,
	.description = "MID-01 no feedback: a monitor is never the input by itself, though it be the default "
		       "source; nor a "
		       "source that our own sound is led into: it is let go at once")
{
	struct rig *rig = start(NULL, NULL);

	cr_assert_eq(headless_pw_run(
			     &rig->pw, (const char *const[]){"pw-metadata", "0", "default.audio.source",
					       "{\"name\":\"" HEADLESS_SINK "\"}", "Spa:String:JSON", NULL}),
		0);
	rig_expect_cycles(rig, rig->n_cycles + 50);
	cr_expect(is_deaf(rig), "the monitor is heard");

	make_null_node(rig, "loop", "Audio/Source/Virtual");
	rig_expect_note(rig, "Audio input: loop.", 1);
	cr_expect(headless_pw_wait(is_hearing, rig), "not linked while nothing of ours comes there");
	cr_assert(headless_pw_run_until(
		&rig->pw, (const char *const[]){"pw-link", "mos:output_FL", "loop:input_FL", NULL}));
	rig_expect_note(rig, "Audio input: not loop", 1);
	cr_expect(headless_pw_wait(is_deaf, rig), "our own sound is heard");
	rig_stop(rig);
}

static bool hears_itself(void *data)
{
	struct rig *rig = data;
	unsigned int n = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);
	uint64_t frame = n ? rig->cycle[n - 1].frame : 0;

	return n > 2 && frame < RIG_HEARD_MAX && rig->heard[0][frame] == rig_sample(frame - QUANTUM, 0) &&
	       rig->heard[1][frame] == rig_sample(frame - QUANTUM, 1);
}

Test(pw_driver_ingest, monitor_by_name,
	.description =
		"CHD-05: asked for by name, the sink's monitor is the input: what was played a cycle ago")
{
	struct rig *rig = start(HEADLESS_SINK ".monitor", NULL);

	rig_expect_note(rig, "Audio input: " HEADLESS_SINK, 1);
	cr_expect(headless_pw_wait(hears_itself, rig), "not what was played a cycle ago");
	rig_stop(rig);
}

Test(pw_driver_ingest, none, .description = "WID-03: no input when none is wanted")
{
	struct rig *rig = start("none", "none");
	struct pw_source *source = pw_source_start(&microphone), *keys = pw_source_start(&keyboard);

	cr_assert(
		headless_pw_run_until(&rig->pw, (const char *const[]){"pw-cli", "info", "microphone", NULL}));
	cr_assert(headless_pw_run_until(&rig->pw, (const char *const[]){"pw-cli", "info", "keyboard", NULL}));
	rig_expect_cycles(rig, rig->n_cycles + 50);
	cr_expect(is_deaf(rig));
	cr_expect_str_empty(rig->notes, "%s", rig->notes);
	pw_source_stop(keys);
	pw_source_stop(source);
	rig_stop(rig);
}

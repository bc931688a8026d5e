/* SPDX-License-Identifier: MIT */
/* KRO-27: the calls that most programs make, each as the method and the parameters that it becomes. */
#include <criterion/criterion.h>
#include <string.h>

#include <mos/control.h>

#include "fake_broker.h"

static struct fake fake;
static struct mos_client *client;
static char asked[512];

static void put_value(char *at, size_t size, const msgpack_object *v)
{
	switch (v->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		(void)snprintf(at, size, "%s", v->via.boolean ? "true" : "false");
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		(void)snprintf(at, size, "%g", v->via.f64);
		break;
	case MSGPACK_OBJECT_STR:
		(void)snprintf(at, size, "%.*s", (int)v->via.str.size, v->via.str.ptr);
		break;
	case MSGPACK_OBJECT_ARRAY:
		for (uint32_t i = 0; i < v->via.array.size; i++) {
			(void)snprintf(at, size, "%s", i ? "," : "[");
			put_value(at + 1, size - 1, &v->via.array.ptr[i]);
			size -= strlen(at);
			at += strlen(at);
		}
		(void)snprintf(at, size, "]");
		break;
	default:
		(void)snprintf(at, size, "%lld", (long long)v->via.i64);
	}
}

/* Write the request down as text: "kronos.tempo.set bpm=96". */
static int write_down(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	char *at = asked;

	if (!strncmp(in->method, "broker.", 7))
		return -1;
	at += snprintf(at, sizeof(asked), "%s", in->method);
	for (uint32_t i = 0; i < in->params->via.map.size; i++) {
		const msgpack_object_kv *kv = &in->params->via.map.ptr[i];

		at += snprintf(at, sizeof(asked) - (size_t)(at - asked), " %.*s=", (int)kv->key.via.str.size,
			kv->key.via.str.ptr);
		put_value(at, sizeof(asked) - (size_t)(at - asked), &kv->val);
		at += strlen(at);
	}
	wire_begin_result(out, in->id);
	wire_put_f64(out, "bpm", 300);
	return FAKE_SEND;
}

static void setup(void)
{
	fake_init(&fake);
	fake.handle = write_down;
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "test",
					       .runtime_dir = fake.dir,
					       .flags = MOS_CLIENT_CONTROL_ONLY},
			     &client, NULL),
		0);
}

static void teardown(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
}

TestSuite(libmos_control, .init = setup, .fini = teardown, .timeout = 20);

#define EXPECT(call, text)                                                                                   \
	do {                                                                                                 \
		cr_expect_eq((call), 0, "%s", mos_client_error(client)->message);                            \
		cr_expect_str_eq(asked, text);                                                               \
	} while (0)

Test(libmos_control, transport, .description = "KRO-27: play, pause, stop, seek, toggle, restart")
{
	EXPECT(mos_transport_play(client, 2), "kronos.transport.play count_in=2");
	EXPECT(mos_transport_pause(client), "kronos.transport.pause");
	EXPECT(mos_transport_stop(client), "kronos.transport.stop");
	EXPECT(mos_transport_toggle(client), "kronos.transport.toggle");
	EXPECT(mos_transport_restart(client), "kronos.transport.restart");
	EXPECT(mos_transport_seek_ticks(client, -7), "kronos.transport.seek ticks=-7");
	EXPECT(mos_transport_seek_beats(client, 2.5), "kronos.transport.seek beats=2.5");
	EXPECT(mos_transport_seek_bar(client, 3, 2, 480), "kronos.transport.seek bar=3 beat=2 tick=480");
}

Test(libmos_control, tempo_and_loop, .description = "KRO-27: set-tempo, set-loop, clear-loop, the metronome")
{
	double bpm = 0;

	EXPECT(mos_tempo_set_bpm(client, 1000, &bpm), "kronos.tempo.set bpm=1000");
	cr_expect_eq(bpm, 300, "what is in force is told");
	EXPECT(mos_tempo_set_bpm(client, 96, NULL), "kronos.tempo.set bpm=96");
	EXPECT(mos_tempo_set_percent(client, 75), "kronos.tempo.set percent=75");
	EXPECT(mos_tempo_follow_score(client), "kronos.tempo.set score=true");
	EXPECT(mos_loop_set_ticks(client, 960, 1920), "kronos.loop.set start_ticks=960 end_ticks=1920");
	EXPECT(mos_loop_set_bars(client, 9, 12), "kronos.loop.set from_bar=9 to_bar=12");
	EXPECT(mos_loop_clear(client), "kronos.loop.clear");
	EXPECT(mos_metronome_set(client, 1), "kronos.metronome.set on=true");
}

Test(libmos_control, sound, .description = "APO-09 APO-10 APO-11 APO-12 APO-13: the same five as calls")
{
	static const char *const chord[] = {"C4", "E4", "G4"};

	EXPECT(mos_note_play(client, "F#3", "8n.", 0.5),
		"apollo.note.play note=F#3 duration=8n. velocity=0.5");
	EXPECT(mos_note_play(client, "60", NULL, 1), "apollo.note.play note=60 duration=4n velocity=1");
	EXPECT(mos_chord_play(client, chord, 3, "2n", 0.25),
		"apollo.chord.play notes=[C4,E4,G4] duration=2n velocity=0.25");
	EXPECT(mos_melody_play(client, chord, 2, NULL, 1),
		"apollo.melody.play notes=[C4,E4] duration=4n velocity=1");
	EXPECT(mos_bass_play(client, chord, 1, "1m", 1),
		"apollo.bass.play notes=[C4] duration=1m velocity=1");
	EXPECT(mos_chord_cutoff(client), "apollo.chord.cutoff");
	EXPECT(mos_panic(client), "apollo.engine.panic");
}

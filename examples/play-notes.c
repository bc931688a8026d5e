/* SPDX-License-Identifier: MIT */
/* Play notes: by name through the sound engine, and as an event, exactly when you say. */
#include <err.h>
#include <mos/client.h>
#include <mos/control.h>
#include <stdio.h>
#include <time.h>

static int note(struct mos_client *client, uint32_t type, uint8_t key, uint64_t time_ns)
{
	struct mos_event event = {.type = type, .time_ns = time_ns, .tick = INT64_MIN};

	event.flags = MOS_EVENT_IMMEDIATE;
	event.u.note = (struct mos_ev_note){.key = key, .velocity = 50'000, .part = 0xffff};
	return mos_emit(client, &event);
}

int main(void)
{
	struct mos_error error;
	const char *chord[] = {"C4", "E4", "G4"};
	struct mos_client *client;
	struct timespec now;
	uint64_t at;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	/* A call: comfortable, answered when the note is on its way. Lengths are note values: 4n, 8t, 1m,
	 * 0.5s. */
	if (mos_chord_play(client, chord, 3, "8n", 0.7) < 0 || mos_note_play(client, "C5", "8n", 0.9) < 0) {
		fprintf(stderr, "%s\n", mos_client_error(client)->message);
		mos_client_destroy(client);
		return 1;
	}
	/* Events: no call, no lock, from any audio thread too; on time to the frame. Here in 50 and 300 ms.
	 */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	at = (uint64_t)now.tv_sec * 1'000'000'000u + (uint64_t)now.tv_nsec;
	if (note(client, MOS_EVENT_MIDI_NOTEON, 67, at + 50'000'000) == 0 &&
		note(client, MOS_EVENT_MIDI_NOTEOFF, 67, at + 300'000'000) == 0)
		puts("played a chord, a note, and a G");
	/* What a program holds ends with it: stay until the note is over. */
	nanosleep(&(struct timespec){.tv_nsec = 400'000'000}, NULL);
	mos_client_destroy(client);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* mosctl note, chord, melody, bass */
#include <stdlib.h>

#include "commands.h"
#include "mosctl.h"

enum { DURATION, VELOCITY, CHANNEL };

static const struct ctl_option options[] = {
	[DURATION] = {"duration", 'd', "LENGTH", "of each note: 4n, 8n., 8t, 1m, 480i, 0.5s (default: 4n)"},
	[VELOCITY] = {"velocity", 'v', "0..1", "how hard (default: 0.8)"},
	[CHANNEL] = {"channel", 'c', "0..15", "on which live channel (default: 0; drums: 9)"},
	{0},
};

/* A name goes as it is: the engine knows all of them. A MIDI key number goes as a number. */
static struct mos_value note_value(const char *word)
{
	uint32_t key;

	return parse_uint(word, 127, &key) == 0 ? mos_value_int(key) : mos_value_str(word);
}

static int send(struct ctl *ctl, const struct ctl_args *args, const char *method, struct mos_field notes,
	const char *duration)
{
	struct mos_field fields[4] = {notes, mos_str("duration", duration ? duration : "4n")};
	struct mos_reply reply;
	double velocity;
	uint32_t channel;
	size_t n = 2;
	int code;

	if (args->opt[VELOCITY]) {
		if (parse_real(args->opt[VELOCITY], &velocity) < 0)
			return ctl_usage(ctl, "--velocity: not a number: %s", args->opt[VELOCITY]);
		fields[n++] = mos_real("velocity", velocity);
	}
	if (args->opt[CHANNEL]) {
		if (parse_uint(args->opt[CHANNEL], 15, &channel) < 0)
			return ctl_usage(ctl, "--channel: not 0 to 15: %s", args->opt[CHANNEL]);
		fields[n++] = mos_int("channel", channel);
	}
	code = ctl_call(ctl, method, fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int run_note(struct ctl *ctl, const struct ctl_args *args)
{
	const char *duration = args->opt[DURATION];

	if (args->n == 2)
		duration = args->word[1];
	return send(ctl, args, "apollo.note.play", mos_field("note", note_value(args->word[0])), duration);
}

static int run_notes(struct ctl *ctl, const struct ctl_args *args, const char *method)
{
	struct mos_value *list = calloc((size_t)args->n, sizeof(*list));
	int code;

	if (!list)
		return ctl_fail(ctl, CTL_FAILED, NULL, "out of memory");
	for (int i = 0; i < args->n; i++)
		list[i] = note_value(args->word[i]);
	code = send(ctl, args, method, mos_list("notes", list, (uint32_t)args->n), args->opt[DURATION]);
	free(list);
	return code;
}

static int run_chord(struct ctl *ctl, const struct ctl_args *args)
{
	return run_notes(ctl, args, "apollo.chord.play");
}

static int run_melody(struct ctl *ctl, const struct ctl_args *args)
{
	return run_notes(ctl, args, "apollo.melody.play");
}

static int run_bass(struct ctl *ctl, const struct ctl_args *args)
{
	return run_notes(ctl, args, "apollo.bass.play");
}

const struct command cmd_note = {
	.name = "note",
	.words = "NAME [LENGTH]",
	.summary = "Play a note, at once",
	.text = "NAME is C4 (middle C), F#3, Bb-1 ... or a MIDI key number. It sounds with or without the "
		"transport.",
	.example = "  mosctl note C4\n  mosctl note Eb5 2n --velocity 0.4",
	.options = options,
	.min_words = 1,
	.max_words = 2,
	.run = run_note,
};

const struct command cmd_chord = {
	.name = "chord",
	.words = "NAME...",
	.summary = "Play notes together",
	.text = "mosctl cutoff releases the chord before its time.",
	.example = "  mosctl chord C4 E4 G4 B4 --duration 1m",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run_chord,
};

const struct command cmd_melody = {
	.name = "melody",
	.words = "NAME...",
	.summary = "Play notes one after another",
	.example = "  mosctl melody C4 D4 E4 G4 --duration 8n",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run_melody,
};

const struct command cmd_bass = {
	.name = "bass",
	.words = "NAME...",
	.summary = "Play notes one after another on the bass",
	.example = "  mosctl bass C2 G1 --duration 2n",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run_bass,
};

/* SPDX-License-Identifier: MIT */
/* mosctl clock: whose clock the transport follows. */
#include <string.h>

#include "commands.h"
#include "mosctl.h"

enum { QUANTUM, OFFSET };

static const struct ctl_option options[] = {
	[QUANTUM] = {"quantum", 'q', "BEATS", "link: what is in phase, a measure (default 4)"},
	[OFFSET] = {"offset", 'o', "MS", "play so much later than the leader says; negative: earlier"},
	{0},
};

static void print_state(const struct mos_value *v)
{
	const char *leader = mos_get_str(v, "leader", "?");

	if (!strcmp(leader, "internal")) {
		printf("own clock, %.2f BPM\n", mos_get_real(v, "bpm", 0));
		return;
	}
	printf("follows %s: ", !strcmp(leader, "midi")  ? "the MIDI clock at the MIDI input"
			       : !strcmp(leader, "mtc") ? "the MIDI time code at the MIDI input"
							: "Ableton Link");
	if (!mos_get_bool(v, "heard", 0))
		printf("nothing heard, ");
	printf("%.2f BPM", mos_get_real(v, "bpm", 0));
	if (mos_get_bool(v, "heard", 0) && !strcmp(mos_get_str(v, "state", ""), "playing"))
		printf(", %s, %+.3f ms", mos_get_bool(v, "in_time", 0) ? "in time" : "on the way",
			mos_get_real(v, "error_ms", 0));
	printf("\n");
}

static int answer(struct ctl *ctl, const char *method, const struct mos_field *field, uint32_t n)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, method, field, n, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		print_state(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int follow(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[3] = {mos_str("leader", args->word[1])};
	uint32_t n = 1;
	double value;

	for (int i = QUANTUM; i <= OFFSET; i++) {
		if (!args->opt[i])
			continue;
		if (parse_real(args->opt[i], &value) < 0)
			return ctl_usage(ctl, "--%s: not a number: %s", options[i].name, args->opt[i]);
		field[n++] = mos_real(i == QUANTUM ? "quantum" : "offset_ms", value);
	}
	return answer(ctl, "kronos.clock.follow", field, n);
}

static int is_one_of(const char *word, const char *const *list)
{
	while (*list && strcmp(word, *list) != 0)
		list++;
	return *list != NULL;
}

/* What others hear of us. */
static int timecode(struct ctl *ctl, const char *rate)
{
	static const char *const rates[] = {"off", "24", "25", "29.97", "30", NULL};
	const struct mos_field field = mos_str("rate", rate);
	struct mos_reply reply;
	int code;

	if (!is_one_of(rate, rates))
		return ctl_usage(ctl, "clock: timecode off, 24, 25, 29.97 or 30, not %s", rate);
	code = ctl_call(ctl, "kronos.clock.timecode", &field, 1, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	static const char *const leaders[] = {"internal", "midi", "link", "mtc", NULL};

	if (args->n == 0 || (args->n == 1 && !strcmp(args->word[0], "status"))) {
		if (args->opt[QUANTUM] || args->opt[OFFSET])
			return ctl_usage(ctl, "clock: --%s goes with follow",
				options[args->opt[QUANTUM] ? QUANTUM : OFFSET].name);
		return answer(ctl, "kronos.clock.status", NULL, 0);
	}
	if (args->n == 2 && !strcmp(args->word[0], "timecode")) {
		if (args->opt[QUANTUM] || args->opt[OFFSET])
			return ctl_usage(ctl, "clock: --%s goes with follow",
				options[args->opt[QUANTUM] ? QUANTUM : OFFSET].name);
		return timecode(ctl, args->word[1]);
	}
	if (args->n != 2 || strcmp(args->word[0], "follow") != 0 || !is_one_of(args->word[1], leaders))
		return ctl_usage(ctl, "clock: status, follow internal, midi, link or mtc, or timecode RATE");
	return follow(ctl, args);
}

const struct command cmd_clock = {
	.name = "clock",
	.words = "[status] | follow internal|midi|link|mtc | timecode off|24|25|29.97|30",
	.summary = "Whose clock the transport follows",
	.text = "  status            whose it is, and how near we are to it\n"
		"  follow internal   nobody's: the sound card's; the tempo stays as it was last\n"
		"  follow midi       the MIDI clock at the MIDI input: its tempo, start, stop, continue and\n"
		"                    song position\n"
		"  follow link       an Ableton Link session; \"mosctl link on\" does that, too\n"
		"  follow mtc        the MIDI time code at the MIDI input: where in the song's time we are, "
		"from\n"
		"                    00:00:00:00 on; starts and stops with it, in our own tempo\n"
		"  timecode RATE     send MIDI time code from the MIDI output, at so many frames a second; "
		"29.97 is\n"
		"                    drop-frame\n"
		"\n"
		"While another clock is heard its tempo takes the place of the score's and of mosctl tempo.",
	.example = "  mosctl clock follow midi --offset -5\n  mosctl clock\n  mosctl clock follow internal",
	.options = options,
	.max_words = 2,
	.run = run,
};

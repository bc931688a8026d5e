/* SPDX-License-Identifier: MIT */
/* mosctl clip: audio files that play along with the score. */
#include <string.h>

#include "commands.h"
#include "verbs.h"

enum { AT, TO, STRIP, BPM, GAIN, LOOP, OFFSET };

static const struct ctl_option options[] = {
	[AT] = {"at", 'a', "BAR", "where it starts (default: 1)"},
	[TO] = {"to", 't', "BAR", "the last bar that it plays in (default: to its end)"},
	[STRIP] = {"strip", 's', "N", "which strip, 0 to 63 (default: 62)"},
	[BPM] = {"bpm", 'b', "BPM", "tempo of the recording: it follows the clock (default: its own speed)"},
	[GAIN] = {"gain", 'g', "DB", "level in dB (default: 0)"},
	[LOOP] = {"loop", 'l', NULL, "again and again, up to --to"},
	[OFFSET] = {"offset", 'o', "FRAMES", "of the file, skipped (default: 0)"},
	{0},
};

static void print_clip(const struct mos_value *clip)
{
	char path[256];

	printf("%lld: strip %lld, from tick %lld", (long long)mos_get_int(clip, "id", 0),
		(long long)mos_get_int(clip, "strip", 0), (long long)mos_get_int(clip, "start_ticks", 0));
	if (mos_get(clip, "end_ticks"))
		printf(" to %lld", (long long)mos_get_int(clip, "end_ticks", 0));
	if (mos_get(clip, "bpm"))
		printf(", %g BPM", mos_get_real(clip, "bpm", 0));
	printf(", %g dB%s: %s\n", mos_get_real(clip, "gain_db", 0),
		mos_get_bool(clip, "loop", 0) ? ", loop" : "",
		printable(mos_get_str(clip, "path", "?"), path, sizeof(path)));
}

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_value *clips;
	struct mos_reply reply;
	int code = ctl_call(ctl, "apollo.clip.list", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	clips = mos_get(&reply.value, "clips");
	for (uint32_t i = 0; !ctl->json && i < verb_len(clips); i++)
		print_clip(&clips->u.items[i]);
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int add_bar(struct ctl *ctl, const struct ctl_args *args, int option, const char *key,
	struct mos_field *fields, size_t *n)
{
	uint32_t bar;

	if (!args->opt[option])
		return CTL_OK;
	if (parse_uint(args->opt[option], 1000000, &bar) < 0 || bar < 1)
		return ctl_usage(ctl, "--%s: not a bar: %s", options[option].name, args->opt[option]);
	fields[(*n)++] = mos_int(key, bar);
	return CTL_OK;
}

static int add(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[8];
	struct mos_reply reply;
	char path[256];
	uint32_t offset;
	size_t n = 0;
	int code = verb_path(ctl, args->word[1], path, sizeof(path));

	if (code != CTL_OK)
		return code;
	fields[n++] = mos_str("path", path);
	if (!args->opt[AT])
		fields[n++] = mos_int("bar", 1);
	if ((code = add_bar(ctl, args, AT, "bar", fields, &n)) != CTL_OK ||
		(code = add_bar(ctl, args, TO, "to_bar", fields, &n)) != CTL_OK ||
		(code = verb_uint(ctl, args, STRIP, 0, 63, fields, &n)) != CTL_OK ||
		(code = verb_real(ctl, args, BPM, "bpm", fields, &n)) != CTL_OK ||
		(code = verb_real(ctl, args, GAIN, "gain_db", fields, &n)) != CTL_OK)
		return code;
	if (args->opt[OFFSET]) {
		if (parse_uint(args->opt[OFFSET], UINT32_MAX, &offset) < 0)
			return ctl_usage(ctl, "--offset: not a number of frames: %s", args->opt[OFFSET]);
		fields[n++] = mos_int("offset_frames", offset);
	}
	if (args->opt[LOOP])
		fields[n++] = mos_bool("loop", 1);
	code = ctl_call(ctl, "apollo.clip.add", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		print_clip(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int remove_(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field;
	uint32_t id = 0;

	if (args->n > 1 && (parse_uint(args->word[1], UINT32_MAX, &id) < 0 || id == 0))
		return ctl_usage(ctl, "not the number of a clip: %s", args->word[1]);
	field = mos_int("id", id);
	return verb_done(ctl, "apollo.clip.remove", &field, args->n > 1);
}

static const struct ctl_verb verbs[] = {
	{"list", "", NULL, 0, 0, 0, list},
	{"add", "FILE", "at to strip bpm gain loop offset", 1, 1, 1, add},
	{"remove", "[ID]", NULL, 0, 1, 0, remove_},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	return verb_run(ctl, args, verbs);
}

const struct command cmd_clip = {
	.name = "clip",
	.words = "list | add FILE | remove [ID]",
	.summary = "Backing tracks and stems: audio files that play along with the score",
	.text = "  list          those that there are\n"
		"  add FILE      put it on the timeline, at a bar\n"
		"  remove [ID]   take it off; without ID all",
	.example = "  mosctl clip add drums.flac --at 5 --bpm 96\n  mosctl clip add vamp.wav --at 1 --to 16 "
		   "--bpm 120 --loop",
	.options = options,
	.min_words = 1,
	.max_words = 2,
	.run = run,
};

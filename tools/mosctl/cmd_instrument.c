/* SPDX-License-Identifier: MIT */
/* mosctl instrument: what sounds, on which channel, and from which files. */
#include <string.h>

#include "commands.h"
#include "verbs.h"

enum { DRUMS, BANK, PROGRAM, PRESET, FILE_, SEARCH, KEY, VELOCITY };

static const struct ctl_option options[] = {
	[DRUMS] = {"drums", 'd', NULL, "a drum kit"},
	[BANK] = {"bank", 'b', "0..127", "the bank that PROGRAM is in (default: 0)"},
	[PROGRAM] = {"program", 'p', "0..127", "map: where the sound is put (default: 0)"},
	[PRESET] = {"preset", 0, "[BANK:]PROGRAM",
		"map: which of a sound font's presets (default: its first)"},
	[FILE_] = {"file", 'f', "FILE", "list: what is of this file only"},
	[SEARCH] = {"search", 's', "TEXT", "list: names with this in them"},
	[KEY] = {"key", 'k', "NOTE", "audition: the lowest note, C4 or 60 (default: C4)"},
	[VELOCITY] = {"velocity", 'v', "0..1", "audition: how hard (default: 0.8)"},
	{0},
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void print_presets(const struct mos_value *value)
{
	const struct mos_value *presets = mos_get(value, "presets"), *files = mos_get(value, "files");
	char name[128], file[256], place[16];

	for (uint32_t i = 0; i < verb_len(presets); i++) {
		const struct mos_value *p = &presets->u.items[i];
		uint64_t f = mos_get_natural(p, "file", 0);
		int bank = (int)mos_get_int(p, "bank", 0), program = (int)mos_get_int(p, "program", 0);

		if (bank == 128)
			(void)snprintf(place, sizeof(place), "drums:%d", program);
		else
			(void)snprintf(place, sizeof(place), "%d:%d", bank, program);
		printf("%-9s %-32s %s\n", place, printable(mos_get_str(p, "name", ""), name, sizeof(name)),
			f < verb_len(files)
				? printable(base_name(mos_get_str(&files->u.items[f], "path", "")), file,
					  sizeof(file))
				: "");
	}
}

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[3];
	char path[256];
	int64_t shown = 0, n;
	size_t n_fields = 1;
	int code = CTL_OK;

	if (args->opt[FILE_]) {
		code = verb_path(ctl, args->opt[FILE_], path, sizeof(path));
		fields[n_fields++] = mos_str("file", path);
	}
	if (args->opt[SEARCH])
		fields[n_fields++] = mos_str("text", args->opt[SEARCH]);
	if (code != CTL_OK)
		return code;
	do {
		struct mos_reply reply;
		uint32_t here;

		fields[0] = mos_int("offset", shown);
		code = ctl_call(ctl, "apollo.instrument.list", fields, n_fields, &reply);
		if (code != CTL_OK)
			return code;
		n = mos_get_int(&reply.value, "n", 0);
		here = verb_len(mos_get(&reply.value, "presets"));
		if (ctl->json)
			code = json_print_value(&reply.value);
		else
			print_presets(&reply.value);
		mos_reply_finish(&reply);
		shown += here;
		if (here == 0)
			break;
	} while (code == CTL_OK && shown < n);
	return code;
}

/* PROGRAM, with --bank and --drums. */
static int add_program(
	struct ctl *ctl, const struct ctl_args *args, const char *word, struct mos_field *fields, size_t *n)
{
	uint32_t program;

	if (parse_uint(word, UINT32_MAX, &program) == 0)
		fields[(*n)++] = mos_int("program", program);
	else
		fields[(*n)++] = mos_str("program", word);
	if (args->opt[DRUMS])
		fields[(*n)++] = mos_bool("drums", 1);
	return verb_uint(ctl, args, BANK, 0, 127, fields, n);
}

static int set(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[4];
	struct mos_reply reply;
	uint32_t channel;
	size_t n = 0;
	int code;

	if (parse_uint(args->word[1], 15, &channel) < 0)
		return ctl_usage(ctl, "not a channel, 0 to 15: %s", args->word[1]);
	fields[n++] = mos_int("channel", channel);
	code = add_program(ctl, args, args->word[2], fields, &n);
	if (code == CTL_OK)
		code = ctl_call(ctl, "apollo.instrument.set", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("channel %u: %lld %s\n", channel, (long long)mos_get_int(&reply.value, "program", 0),
			mos_get_str(&reply.value, "name", ""));
	mos_reply_finish(&reply);
	return code;
}

static int load(struct ctl *ctl, const struct ctl_args *args)
{
	char path[256];
	struct mos_field field;
	int code = verb_path(ctl, args->word[1], path, sizeof(path));

	if (code != CTL_OK)
		return code;
	field = mos_str("path", path);
	return verb_done(ctl, "apollo.bank.load", &field, 1);
}

static int add_preset(struct ctl *ctl, const char *text, struct mos_field *fields, size_t *n)
{
	const char *colon = strchr(text, ':');
	char bank[16] = "0";
	uint32_t b, p;

	if (colon && (size_t)(colon - text) < sizeof(bank)) {
		memcpy(bank, text, (size_t)(colon - text));
		bank[colon - text] = '\0';
	}
	if (parse_uint(bank, 128, &b) < 0 || parse_uint(colon ? colon + 1 : text, 127, &p) < 0)
		return ctl_usage(ctl, "--preset: not a preset: %s", text);
	fields[(*n)++] = mos_int("from_bank", b);
	fields[(*n)++] = mos_int("from_program", p);
	return CTL_OK;
}

static int map(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[6];
	char path[256];
	size_t n = 0;
	int code = verb_path(ctl, args->word[1], path, sizeof(path));

	if (code != CTL_OK)
		return code;
	if (args->opt[DRUMS] && args->opt[BANK])
		return ctl_usage(ctl, "map: --drums have a bank of their own");
	fields[n++] = mos_str("path", path);
	if ((code = verb_uint(ctl, args, BANK, 0, 127, fields, &n)) != CTL_OK ||
		(code = verb_uint(ctl, args, PROGRAM, 0, 127, fields, &n)) != CTL_OK ||
		(args->opt[PRESET] && (code = add_preset(ctl, args->opt[PRESET], fields, &n)) != CTL_OK))
		return code;
	if (args->opt[DRUMS])
		fields[n++] = mos_bool("drums", 1);
	return verb_done(ctl, "apollo.instrument.map", fields, n);
}

static int unmap(struct ctl *ctl, const struct ctl_args *args)
{
	char path[256];
	struct mos_field field;
	int code = args->n > 1 ? verb_path(ctl, args->word[1], path, sizeof(path)) : CTL_OK;

	if (code != CTL_OK)
		return code;
	field = mos_str("path", path);
	return verb_done(ctl, "apollo.instrument.unmap", &field, args->n > 1);
}

static int audition(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[5];
	struct mos_reply reply;
	uint32_t key;
	size_t n = 0;
	int code = add_program(ctl, args, args->word[1], fields, &n);

	if (code == CTL_OK)
		code = verb_real(ctl, args, VELOCITY, "velocity", fields, &n);
	if (code != CTL_OK)
		return code;
	if (args->opt[KEY] && parse_uint(args->opt[KEY], 127, &key) == 0)
		fields[n++] = mos_int("key", key);
	else if (args->opt[KEY])
		fields[n++] = mos_str("key", args->opt[KEY]);
	code = ctl_call(ctl, "apollo.instrument.audition", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%lld %s\n", (long long)mos_get_int(&reply.value, "program", 0),
			mos_get_str(&reply.value, "name", ""));
	mos_reply_finish(&reply);
	return code;
}

static const struct ctl_verb verbs[] = {
	{"list", "", "file search", 0, 0, 0, list},
	{"set", "CHANNEL PROGRAM", "drums bank", 2, 2, 0, set},
	{"audition", "PROGRAM", "drums bank key velocity", 1, 1, 0, audition},
	{"load", "FILE", NULL, 1, 1, 1, load},
	{"map", "FILE", "drums bank program preset", 1, 1, 1, map},
	{"unmap", "[FILE]", NULL, 0, 1, 1, unmap},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	return verb_run(ctl, args, verbs);
}

const struct command cmd_instrument = {
	.name = "instrument",
	.words = "VERB [WORD...]",
	.summary = "Instruments: which there are, who plays which, from which files",
	.text = "  list                  what there is to choose from: BANK:PROGRAM, name, file\n"
		"  set CHANNEL PROGRAM   choose for a live channel, 0 to 15\n"
		"  audition PROGRAM      hear it: four notes\n"
		"  load FILE             another sound font (SF2, SF3) or SFZ in the place of the one that "
		"plays\n"
		"  map FILE              put a file's sound beside it, at --bank and --program or among the "
		"--drums\n"
		"  unmap [FILE]          take it out again; without FILE all that were mapped\n"
		"PROGRAM is 0 to 127 or a General MIDI name.",
	.example = "  mosctl instrument list --search piano\n  mosctl instrument set 0 \"Church Organ\"\n"
		   "  mosctl instrument map Salamander.sfz --bank 1\n  mosctl instrument set 0 0 --bank 1",
	.options = options,
	.min_words = 1,
	.max_words = 3,
	.run = run,
};

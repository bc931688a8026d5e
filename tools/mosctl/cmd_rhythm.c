/* SPDX-License-Identifier: MIT */
/* mosctl rhythm: the metronome's rhythms without a metronome, as MIDI files and as sound (TOU-29, TOU-47). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <export.h>

#include "commands.h"
#include "verbs.h"

enum { OUT, BARS, RATE, BANK, INSTRUMENT };

static const struct ctl_option options[] = {
	[OUT] = {"out", 'o', "FILE", "export, spotlight: .mid .wav .flac .ogg (Vorbis) .opus (needed)"},
	[BARS] = {"bars", 'b', "N", "export: measures, 1 to 1000 (default: 4)"},
	[RATE] = {"rate", 'r', "HZ", "frames a second (default: 48000)"},
	[BANK] = {"bank", 0, "FILE", "sound font or SFZ (default: mos-rtcore's)"},
	[INSTRUMENT] = {"instrument", 'i', "NAME", "sampler: the sound font; builtin: none needed"},
	{0},
};

static int is_midi(const char *path)
{
	const char *ending = strrchr(path, '.');

	return ending && (strcasecmp(ending, ".mid") == 0 || strcasecmp(ending, ".midi") == 0);
}

/* Words of KEY=VALUE as the metronome's settings, all or none. */
static int configure(struct ctl *ctl, const struct ctl_args *args, struct metro_config *config)
{
	struct mos_field field[METRO_CONFIG_FIELDS];
	char key[METRO_CONFIG_FIELDS][32];
	struct metro_fault fault;
	double number;
	size_t n = 0;

	for (int i = 1; i < args->n; i++, n++) {
		const char *word = args->word[i], *equals = strchr(word, '=');

		if (!equals || equals == word || (size_t)(equals - word) >= sizeof(key[0]))
			return ctl_usage(ctl, "rhythm export: not KEY=VALUE: %s", word);
		if (n == METRO_CONFIG_FIELDS)
			return ctl_usage(ctl, "rhythm export: too many settings");
		(void)snprintf(key[n], sizeof(key[n]), "%.*s", (int)(equals - word), word);
		field[n] = mos_str(key[n], equals + 1);
		if (strcmp(key[n], "mode") == 0)
			return ctl_usage(ctl, "rhythm export: a file has no score to be linked to");
		if (strcmp(key[n], "kit") != 0 && strcmp(key[n], "pattern") != 0 &&
			parse_real(equals + 1, &number) == 0)
			field[n] = fabs(number) < INT_MAX && number == floor(number)
					   ? mos_int(key[n], (int64_t)number)
					   : mos_real(key[n], number);
		else if (strcmp(equals + 1, "true") == 0 || strcmp(equals + 1, "false") == 0)
			field[n] = mos_bool(key[n], equals[1] == 't');
	}
	metro_config_init(config);
	if (metro_config_change(config, field, n, &fault) < 0)
		return ctl_usage(ctl, "rhythm export: %s: %s", fault.where, fault.why);
	return CTL_OK;
}

/* @return a descriptor of these bytes, at their start; -errno. */
static int hold(const uint8_t *bytes, size_t n)
{
	const int fd = memfd_create("rhythm", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < n;) {
		const ssize_t wrote = write(fd, bytes + at, n - at);

		if (wrote < 0 && errno != EINTR) {
			const int err = errno;

			close(fd);
			return -err;
		}
		at += wrote > 0 ? (size_t)wrote : 0;
	}
	return fd;
}

/* Compiled and rendered as a score is; no running MOS is needed. */
static int render(struct ctl *ctl, const struct ctl_args *args, int midi)
{
	static const char *const passed[] = {
		[RATE] = "--rate", [BANK] = "--bank", [INSTRUMENT] = "--instrument"};
	char hermes[PATH_MAX], rtcore[PATH_MAX], path[64], out[1024], err[1024];
	const char *argv[24];
	int n = 0, rc;

	if (program_find("mos-hermes", hermes, sizeof(hermes)) < 0 ||
		program_find("mos-rtcore", rtcore, sizeof(rtcore)) < 0)
		return ctl_fail(ctl, CTL_FAILED,
			"they are installed beside mosctl; is the installation whole?",
			"mos-hermes or mos-rtcore is missing");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), midi);
	argv[n++] = hermes;
	argv[n++] = "compile";
	argv[n++] = path;
	argv[n++] = "--";
	argv[n++] = rtcore;
	argv[n++] = "render";
	argv[n++] = "--timeline-fd";
	argv[n++] = "3";
	argv[n++] = "--json";
	argv[n++] = "--out";
	argv[n++] = args->opt[OUT];
	for (int i = RATE; i <= INSTRUMENT; i++) {
		if (!args->opt[i])
			continue;
		argv[n++] = passed[i];
		argv[n++] = args->opt[i];
	}
	argv[n] = NULL;
	rc = program_run(argv, &(struct program_says){out, sizeof(out), err, sizeof(err)});
	if (rc < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", hermes, strerror(-rc));
	if (rc > 0) {
		err[strcspn(err, "\n")] = '\0';
		return ctl_fail(ctl, rc == 2 ? CTL_USAGE : CTL_FAILED, NULL, "nothing was rendered: %s", err);
	}
	return CTL_OK;
}

static int finish(struct ctl *ctl, const char *file, double seconds)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;
	char name[256];

	if (!ctl->json) {
		printf("%s: %.2f s\n", printable(file, name, sizeof(name)), seconds);
		return CTL_OK;
	}
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_str(doc, root, "file", file);
	yyjson_mut_obj_add_real(doc, root, "seconds", seconds);
	return json_print(doc, root);
}

/* A MIDI file of `n` bytes goes where it is asked for; `n` may be an error. */
static int deliver(struct ctl *ctl, const struct ctl_args *args, const uint8_t *bytes, int n, double seconds)
{
	int fd, code;

	if (n < 0)
		return ctl_fail(ctl, CTL_FAILED, "fewer --bars", "the file would be too large");
	fd = hold(bytes, (size_t)n);
	if (fd < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s", strerror(-fd));
	if (!is_midi(args->opt[OUT])) {
		code = render(ctl, args, fd);
	} else {
		const int err = file_replace(fd, args->opt[OUT]);

		code = err < 0 ? ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", args->opt[OUT], strerror(-err))
			       : CTL_OK;
	}
	close(fd);
	return code == CTL_OK ? finish(ctl, args->opt[OUT], seconds) : code;
}

/* The ending says what is written; another one would make a WAV of another name. */
static int check_out(struct ctl *ctl, const struct ctl_args *args)
{
	static const char *const known[] = {".mid", ".midi", ".wav", ".flac", ".ogg", ".opus"};
	const char *ending = args->opt[OUT] ? strrchr(args->opt[OUT], '.') : NULL;

	if (!args->opt[OUT])
		return ctl_usage(ctl, "rhythm %s: -o FILE is missing", args->word[0]);
	for (size_t i = 0; ending && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(ending, known[i]) == 0)
			return CTL_OK;
	return ctl_usage(ctl, "rhythm %s: %s ends in none of .mid .wav .flac .ogg .opus", args->word[0],
		args->opt[OUT]);
}

static int export(struct ctl *ctl, const struct ctl_args *args)
{
	static uint8_t bytes[EXPORT_SIZE_MAX];
	struct metro_config config;
	uint32_t bars = 4;
	int code = check_out(ctl, args);

	if (code == CTL_OK && args->opt[BARS] && (parse_uint(args->opt[BARS], 1000, &bars) < 0 || !bars))
		return ctl_usage(ctl, "--bars: 1 to 1000, not %s", args->opt[BARS]);
	if (code == CTL_OK)
		code = configure(ctl, args, &config);
	if (code != CTL_OK)
		return code;
	return deliver(ctl, args, bytes, metro_export_midi(&config, bars, bytes),
		bars * 4.0 * config.now.num / config.now.den * 60 / config.bpm);
}

static int play_spotlight(struct ctl *ctl, const struct ctl_args *args)
{
	static uint8_t bytes[EXPORT_SIZE_MAX];
	const struct spotlight *spot = spotlight(mos_preset_find(args->word[1]));
	int code = check_out(ctl, args);

	if (code != CTL_OK)
		return code;
	if (!spot)
		return ctl_fail(ctl, CTL_USAGE, "mosctl rhythm list", "no rhythm \"%s\"", args->word[1]);
	return deliver(ctl, args, bytes, metro_export_spotlight(spot, bytes),
		(double)spotlight_ticks(spot) / 960 * 60 / spot->bpm);
}

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_arr(doc);

	(void)args;
	for (uint32_t id = 1; mos_preset(id); id++) {
		const struct mos_preset *p = mos_preset(id);
		const struct mos_rhythm rhythm = mos_preset_rhythm(p);
		yyjson_mut_val *item = yyjson_mut_arr_add_obj(doc, root);
		char text[MOS_RHYTHM_STEPS_MAX + 1];

		(void)mos_rhythm_format(&rhythm, text, sizeof(text));
		yyjson_mut_obj_add_str(doc, item, "preset", p->key);
		yyjson_mut_obj_add_str(doc, item, "name", p->name);
		yyjson_mut_obj_add_str(doc, item, "tier", mos_preset_tier_name(p->tier));
		yyjson_mut_obj_add_strcpy(doc, item, "pattern", text);
		yyjson_mut_obj_add_str(doc, item, "spotlight", spotlight(id)->text);
		if (!ctl->json)
			printf("%-14s %-17s %-10s %s\n", p->key, text, mos_preset_tier_name(p->tier),
				spotlight(id)->text);
	}
	if (ctl->json)
		return json_print(doc, root);
	yyjson_mut_doc_free(doc);
	return CTL_OK;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_verb verbs[] = {
		{.name = "list", .run = list},
		{.name = "export",
			.words = "KEY=VALUE",
			.options = "out bars rate bank instrument",
			.max_words = METRO_CONFIG_FIELDS,
			.run = export},
		{.name = "spotlight",
			.words = "RHYTHM",
			.options = "out rate bank instrument",
			.min_words = 1,
			.max_words = 1,
			.run = play_spotlight},
		{0},
	};

	return verb_run(ctl, args, verbs);
}

const struct command cmd_rhythm = {
	.name = "rhythm",
	.words = "VERB [WORDS]",
	.summary = "Rhythms of the metronome as MIDI files and as sound",
	.text = "  list                    the rhythms there are\n"
		"  export [KEY=VALUE...]   a file of the metronome with these settings\n"
		"  spotlight RHYTHM        a short example of the tradition, by its own drums\n"
		"\n"
		"The file's ending says what it is. Needs no running MOS. KEY is a setting of the widget\n"
		"metronome: preset, pattern, pulses, steps, rotation, bpm, kit, attack_ms, decay_ms, sustain "
		"...\n"
		"While MOS runs: mosctl widget call metronome spotlight.play preset=RHYTHM.",
	.example = "  mosctl rhythm export preset=son-clave-3-2 bpm=96 kit=afro-cuban -o clave.flac\n"
		   "  mosctl rhythm export pattern=x..x..x. decay_ms=40 sustain=0 --bars 8 -o tresillo.wav\n"
		   "  mosctl rhythm spotlight bell-12-8 -o bembe.opus",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};

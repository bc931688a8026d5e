/* SPDX-License-Identifier: MIT */
/* mosctl render: mos-hermes compiles, mos-rtcore renders offline; no daemon is needed. */
#include <limits.h>
#include <string.h>

#include "commands.h"
#include "mosctl.h"

enum { OUT, RATE, SECONDS, BANK, INSTRUMENT, FORMAT, INTERP, FX, CLIP, INSERT, WORKERS, METRONOME };

static const struct ctl_option options[] = {
	[OUT] = {"out", 'o', "WAV", "the file to write (needed); .flac .ogg .opus make these"},
	[RATE] = {"rate", 'r', "HZ", "frames a second (default: 48000)"},
	[SECONDS] = {"seconds", 's', "S", "stop after S seconds"},
	[BANK] = {"bank", 'b', "FILE", "sound font or SFZ (default: mos-rtcore's)"},
	[INSTRUMENT] = {"instrument", 'i', "NAME", "sampler: the sound font; builtin: none needed"},
	[FORMAT] = {"format", 'f', "f32|s24|s16", "samples (default: f32)"},
	[INTERP] = {"interp", 0, "linear|cubic|sinc8", "how samples are read (default: cubic)"},
	[FX] = {"fx", 0, "LIST", "effects: reverb.on=1,reverb.time_s=2,9.eq.on=1 ... (mosctl fx list)"},
	[CLIP] = {"clip", 0, "TICK=FILE[;bpm=X...]", "an audio file on the timeline (mos-rtcore(1))"},
	[INSERT] = {"insert", 0, "STRIP=WHAT[;CONTROL=X...]", "a plugin or amplifier in a strip (mos-rtcore(1))"},
	[WORKERS] = {"workers", 0, "1|2", "threads (default: 2 where there are processors); the bits are the same"},
	[METRONOME] = {"metronome", 'm', NULL, "with click"},
	{0},
};

/* Read the score by itself first: what is wrong with the file is told apart from what is wrong with
 * rendering. */
static int check(struct ctl *ctl, const char *hermes, const char *path)
{
	const char *const argv[] = {hermes, "check", "--json", "--", path, NULL};
	char out[1024], err[1024], *text = err;
	int rc = program_run(argv, &(struct program_says){out, sizeof(out), err, sizeof(err)});

	if (rc == 0)
		return CTL_OK;
	if (rc < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", hermes, strerror(-rc));
	if (!strncmp(text, "mos-hermes: ", 12))
		text += 12;
	text[strcspn(text, "\n")] = '\0';
	return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s", text[0] ? text : "the file cannot be read");
}

static int find(struct ctl *ctl, const char *name, char *buf, size_t size)
{
	if (program_find(name, buf, size) == 0)
		return CTL_OK;
	return ctl_fail(ctl, CTL_FAILED, "it is installed beside mosctl; is the installation whole?",
		"no program %s", name);
}

static void print_summary(const char *out_path, yyjson_val *summary)
{
	char name[256];

	printf("%s: %.2f s, %llu Hz, peak %.1f dBFS, %llu notes\n", printable(out_path, name, sizeof(name)),
		yyjson_get_num(yyjson_obj_get(summary, "seconds")),
		(unsigned long long)yyjson_get_uint(yyjson_obj_get(summary, "rate")),
		yyjson_get_num(yyjson_obj_get(summary, "peak_dbfs")),
		(unsigned long long)yyjson_get_uint(yyjson_obj_get(summary, "notes")));
}

static int finish(struct ctl *ctl, const char *out_path, char *text)
{
	yyjson_doc *summary = yyjson_read(text, strlen(text), 0);
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;

	if (!yyjson_is_obj(yyjson_doc_get_root(summary))) {
		yyjson_doc_free(summary);
		return ctl_fail(ctl, CTL_FAILED, NULL, "mos-rtcore said nothing sensible: %.80s", text);
	}
	if (!ctl->json) {
		print_summary(out_path, yyjson_doc_get_root(summary));
		yyjson_doc_free(summary);
		return CTL_OK;
	}
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_val_mut_copy(doc, yyjson_doc_get_root(summary));
	yyjson_doc_free(summary);
	yyjson_mut_obj_add_str(doc, root, "file", out_path);
	return json_print(doc, root);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	char hermes[PATH_MAX], rtcore[PATH_MAX], out[1024];
	const char *argv[32];
	int n = 0, code, rc;

	if (!args->opt[OUT])
		return ctl_usage(ctl, "render: -o WAV is missing");
	code = file_check(ctl, args->word[0]);
	if (code == CTL_OK && args->opt[BANK])
		code = file_check(ctl, args->opt[BANK]);
	if (code == CTL_OK)
		code = find(ctl, "mos-hermes", hermes, sizeof(hermes));
	if (code == CTL_OK)
		code = find(ctl, "mos-rtcore", rtcore, sizeof(rtcore));
	if (code == CTL_OK)
		code = check(ctl, hermes, args->word[0]);
	if (code != CTL_OK)
		return code;

	argv[n++] = hermes;
	argv[n++] = "compile";
	argv[n++] = args->word[0];
	argv[n++] = "--";
	argv[n++] = rtcore;
	argv[n++] = "render";
	argv[n++] = "--timeline-fd";
	argv[n++] = "3";
	argv[n++] = "--json";
	argv[n++] = "--out";
	argv[n++] = args->opt[OUT];
	for (int i = RATE; i <= WORKERS; i++) {
		static const char *const passed[] = {
			[RATE] = "--rate",
			[SECONDS] = "--seconds",
			[BANK] = "--bank",
			[INSTRUMENT] = "--instrument",
			[FORMAT] = "--format",
			[INTERP] = "--interp",
			[FX] = "--fx",
			[CLIP] = "--clip",
			[INSERT] = "--insert",
			[WORKERS] = "--workers",
		};

		if (!args->opt[i])
			continue;
		argv[n++] = passed[i];
		argv[n++] = args->opt[i];
	}
	if (args->opt[METRONOME])
		argv[n++] = "--metronome";
	argv[n] = NULL;
	/* Progress and complaints go straight to the terminal. */
	rc = program_run(argv, &(struct program_says){.out = out, .out_size = sizeof(out)});
	if (rc < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", hermes, strerror(-rc));
	if (rc > 0)
		return ctl_fail(ctl, rc == 2 ? CTL_USAGE : CTL_FAILED, NULL, "nothing was rendered");
	return finish(ctl, args->opt[OUT], out);
}

const struct command cmd_render = {
	.name = "render",
	.words = "FILE",
	.summary = "Render a score into a WAV file, faster than real time",
	.text = "Needs no running MOS. The same input gives the same bits every time, in WAV and FLAC.",
	.example = "  mosctl render song.mid -o song.wav\n  mosctl render song.mid -o short.wav --seconds 10 "
		   "--rate 44100",
	.options = options,
	.min_words = 1,
	.max_words = 1,
	.run = run,
};

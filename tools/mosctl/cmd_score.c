/* SPDX-License-Identifier: MIT */
/* mosctl score: the store of scores. */
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "score_verbs.h"

static const struct ctl_option options[] = {
	[SCORE_FORMAT] = {"format", 'f', "NAME",
		"export, convert: midi musicxml mxl abc nvx1 umf midi2 text"},
	[SCORE_OUT] = {"out", 'o', "FILE", "export, convert: write there (default: standard output)"},
	[SCORE_INDEX] = {"index", 'i', "N", "show, convert, validate, add: which tune of a book, from 1"},
	[SCORE_VERSION] = {"version", 0, "X.Y.Z", "export, convert to nvx1: an older version"},
	[SCORE_CANONICAL] = {"canonical", 0, NULL, "export, convert to nvx1, umf: the form that is hashed"},
	[SCORE_DEGREE] = {"degree", 'd', "N", "tab: 0 all that a hand can play ... 5 the melody alone"},
	[SCORE_PART] = {"part", 'p', "ID", "tab: this part, not all that are fretted"},
	{0},
};

#define LIST_LIMIT 1000

static void print_row(const struct mos_value *row)
{
	char title[64], composer[40];
	printf("%c %s  %-40s %-24s %4lld bars %6lld notes\n", mos_get_bool(row, "loaded", 0) ? '*' : ' ',
		mos_get_str(row, "score_id", "?"),
		printable(mos_get_str(row, "title", ""), title, sizeof(title)),
		printable(mos_get_str(row, "composer", ""), composer, sizeof(composer)),
		(long long)mos_get_int(row, "measures", 0), (long long)mos_get_int(row, "notes", 0));
}

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_field field[] = {
		mos_int("limit", LIST_LIMIT), mos_str("text", args->n > 1 ? args->word[1] : "")};
	struct mos_reply reply;
	int code = ctl_call(ctl, "hermes.score.list", field, args->n > 1 ? 2 : 1, &reply);
	if (code != CTL_OK)
		return code;
	const struct mos_value *scores = mos_get(&reply.value, "scores");
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		for (uint32_t i = 0; scores && scores->type == MOS_VALUE_LIST && i < scores->len; i++)
			print_row(&scores->u.items[i]);
		const int64_t n = mos_get_int(&reply.value, "n", 0);
		if (scores && n > scores->len)
			fprintf(stderr, "%u of %lld: mosctl score list TEXT narrows it down\n", scores->len,
				(long long)n);
	}
	mos_reply_finish(&reply);
	return code;
}

static int add_one(struct ctl *ctl, const char *path, uint32_t index)
{
	struct mos_reply reply;
	int code;
	const int fd = score_open_file(ctl, path, &code);
	if (fd < 0)
		return code;
	const char *slash = strrchr(path, '/');
	const struct mos_field field[] = {mos_str("name", slash ? slash + 1 : path), mos_int("index", index)};
	code = score_call(ctl, "hermes.score.add", field, 2, &fd, 1, &reply);
	close(fd);
	if (code != CTL_OK)
		return code;
	char title[128];
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s  %s\n", mos_get_str(&reply.value, "score_id", "?"),
			printable(mos_get_str(&reply.value, "title", ""), title, sizeof(title)));
	mos_reply_finish(&reply);
	return code;
}

static int add(struct ctl *ctl, const struct ctl_args *args)
{
	uint32_t index = 1;
	int worst = CTL_OK;
	if (args->n < 2)
		return ctl_usage(ctl, "add: which file?");
	if (args->opt[SCORE_INDEX] && (parse_uint(args->opt[SCORE_INDEX], 1000000, &index) < 0 || index == 0))
		return ctl_usage(ctl, "--index: the first tune of a book is 1");
	for (int i = 1; i < args->n; i++) {
		const int code = add_one(ctl, args->word[i], index - 1);
		if (code == CTL_UNREACHABLE)
			return code;
		if (code != CTL_OK)
			worst = code;
	}
	return worst;
}

/** A method that takes one score, or the loaded one where none is named, and tells what became of it. */
static int one(struct ctl *ctl, const struct ctl_args *args, const char *method, int must_name)
{
	struct mos_reply reply;
	if (args->n > 2 || (must_name && args->n < 2))
		return ctl_usage(ctl, "%s: which score? see mosctl score list", args->word[0]);
	if (args->n > 1 && !score_is_id(args->word[1]))
		return ctl_usage(ctl, "%s is no score's id: see mosctl score list", args->word[1]);
	const struct mos_field id[] = {mos_str("score_id", args->n > 1 ? args->word[1] : "")};
	int code = score_call(ctl, method, id, args->n > 1, NULL, 0, &reply);
	if (code != CTL_OK)
		return code;
	char title[128];
	if (ctl->json)
		code = json_print_value(&reply.value);
	else if (mos_get_str(&reply.value, "title", NULL))
		printf("%s\n", printable(mos_get_str(&reply.value, "title", ""), title, sizeof(title)));
	else if (mos_get_str(&reply.value, "state_id", NULL))
		printf("revision %lld, state %s\n", (long long)mos_get_int(&reply.value, "revision", 0),
			mos_get_str(&reply.value, "state_id", "?"));
	mos_reply_finish(&reply);
	return code;
}

static int open_score(struct ctl *ctl, const struct ctl_args *args)
{
	return one(ctl, args, "hermes.score.open", 1);
}

static int delete_score(struct ctl *ctl, const struct ctl_args *args)
{
	return one(ctl, args, "hermes.score.delete", 1);
}

static int undo(struct ctl *ctl, const struct ctl_args *args)
{
	return one(ctl, args, "hermes.score.undo", 0);
}

static int redo(struct ctl *ctl, const struct ctl_args *args)
{
	return one(ctl, args, "hermes.score.redo", 0);
}

static int analyse(struct ctl *ctl, const struct ctl_args *args)
{
	return one(ctl, args, "hermes.score.analyse", 0);
}

/* Strings, frets and fingers where there are none. */
static int tab(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[3];
	struct mos_reply reply;
	uint32_t degree = 0;
	size_t n = 0;

	if (args->n > 2)
		return ctl_usage(ctl, "tab: one score at a time");
	if (args->n > 1 && !score_is_id(args->word[1]))
		return ctl_usage(ctl, "%s is no score's id: see mosctl score list", args->word[1]);
	if (args->opt[SCORE_DEGREE] && (parse_uint(args->opt[SCORE_DEGREE], 5, &degree) < 0))
		return ctl_usage(ctl, "--degree: 0 (all that a hand can play) to 5 (the melody alone)");
	field[n++] = mos_int("degree", degree);
	if (args->opt[SCORE_PART])
		field[n++] = mos_str("part_id", args->opt[SCORE_PART]);
	if (args->n > 1)
		field[n++] = mos_str("score_id", args->word[1]);
	int code = score_call(ctl, "hermes.tablature.propose", field, n, NULL, 0, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else if (mos_get_int(&reply.value, "parts", 0) == 0) {
		printf("no part has a tuning: --part ID names one, for a guitar\n");
	} else {
		printf("%lld notes have a place now, %lld none (%lld are not on the neck); the hand moves "
		       "%lld times\n",
			(long long)mos_get_int(&reply.value, "placed", 0),
			(long long)mos_get_int(&reply.value, "left_out", 0),
			(long long)mos_get_int(&reply.value, "unreachable", 0),
			(long long)mos_get_int(&reply.value, "shifts", 0));
	}
	mos_reply_finish(&reply);
	return code;
}

static int fsck(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code = score_call(ctl, "hermes.store.check", NULL, 0, NULL, 0, &reply);
	if (code != CTL_OK)
		return code;
	const struct mos_value *errors = mos_get(&reply.value, "errors");
	const int64_t n = mos_get_int(&reply.value, "n_errors", 0);
	char text[256];
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		printf("%lld scores, %lld errors\n", (long long)mos_get_int(&reply.value, "scores", 0),
			(long long)n);
		for (uint32_t i = 0; errors && errors->type == MOS_VALUE_LIST && i < errors->len; i++)
			printf("%s %s\n", mos_get_str(&errors->u.items[i], "score_id", "store"),
				printable(mos_get_str(&errors->u.items[i], "text", "?"), text, sizeof(text)));
	}
	mos_reply_finish(&reply);
	return code == CTL_OK && n > 0 ? CTL_FAILED : code;
}

/* What a valid NVX1 file looks like, by the program that checks them; MOS need not run. */
static int schema(struct ctl *ctl, const struct ctl_args *args)
{
	char program[4096];
	if (args->n > 1)
		return ctl_usage(ctl, "schema takes no words");
	if (program_find("mos-hermes", program, sizeof(program)) < 0)
		return ctl_fail(ctl, CTL_UNREACHABLE, NULL, "mos-hermes is not installed");
	const int rc = program_run((const char *const[]){program, "schema", NULL}, &(struct program_says){0});
	return rc == 0 ? CTL_OK : ctl_fail(ctl, CTL_FAILED, NULL, "the schema cannot be written");
}

static const struct {
	const char *name;
	int (*run)(struct ctl *ctl, const struct ctl_args *args);
} verbs[] = {{"list", list}, {"show", score_show}, {"add", add}, {"open", open_score},
	{"delete", delete_score}, {"export", score_export}, {"convert", score_convert},
	{"validate", score_validate}, {"diff", score_diff}, {"undo", undo}, {"redo", redo},
	{"analyse", analyse}, {"tab", tab}, {"fsck", fsck}, {"schema", schema}, {"backup", score_backup}};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(args->word[0], verbs[i].name) == 0)
			return verbs[i].run(ctl, args);
	return ctl_usage(ctl,
		"score: \"%s\" is none of list show add open delete export convert validate diff undo "
		"redo analyse tab fsck backup schema",
		args->word[0]);
}

const struct command cmd_score = {
	.name = "score",
	.words = "VERB [WORDS]",
	.summary = "Scores: the store, all formats in and out, what is wrong with a file",
	.text = "  list [TEXT]             what is in the store; * is loaded\n"
		"  show [ID|FILE]          a lead sheet: bars, chords, notes, tablature, words\n"
		"  add FILE...             into the store\n"
		"  open ID                 from the store, to be played\n"
		"  delete ID\n"
		"  export [ID] [FILE]      in another format; FILE's ending says which\n"
		"  convert FILE [FILE]     from one format into another, the store untouched\n"
		"  validate FILE...        all that is wrong, each with its place\n"
		"  diff FILE FILE          what leads from one to the other; exit status 1: they differ\n"
		"  undo|redo [ID]          the last change\n"
		"  analyse [ID]            keys, chords, numerals, cadences into its analysis layer\n"
		"  tab [ID]                strings, frets and fingers for fretted parts that have none\n"
		"  fsck                    reads everything in the store\n"
		"  backup FILE             a copy of the store, while it is in use\n"
		"  schema                  the JSON Schema of NVX1\n"
		"\n"
		"Read are MIDI files 0, 1, 2 and MIDI 2.0 clips, MusicXML and .mxl, ABC, iReal Pro, Guitar "
		"Pro 3 to 8,\n"
		"NVX1, UMF and Hermes timelines (.hermes.json); content decides, not the name. What a "
		"format\n"
		"cannot hold is told on stderr. What needs files only works without a running MOS.",
	.example = "  mosctl score show song.gp5\n"
		   "  mosctl score convert tune.abc tune.musicxml\n"
		   "  mosctl score validate *.nvx1",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/* mosctl band create, score: what becomes a file, or a score in the store. */
#include <string.h>
#include <unistd.h>

#include "band_verbs.h"
#include "score_verbs.h"

/* The last part of a path, its ending replaced. */
static void name_after(const char *path, const char *ending, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	const int len = dot && dot != base ? (int)(dot - base) : (int)strlen(base);

	(void)snprintf(buf, size, "%.*s%s", len, base, ending);
}

/* A file may say how its music is called, not where on the disk it lies. */
static int is_plain_name(const char *name)
{
	const size_t len = strlen(name);

	return len > 4 && name[0] != '.' && !strchr(name, '/') && strcmp(name + len - 4, ".mid") == 0;
}

#define NAME_DEFAULT "backing.mid"

static void choose_name(const struct ctl_args *args, const struct mos_value *answer,
	const struct band_source *source, char *buf, size_t size)
{
	const char *outfile = mos_get_str(answer, "outfile", source->outfile);

	if (args->opt[BAND_OUT])
		(void)snprintf(buf, size, "%s", args->opt[BAND_OUT]);
	else if (is_plain_name(outfile) && strcmp(outfile, NAME_DEFAULT) != 0)
		(void)snprintf(buf, size, "%s", outfile);
	else if (args->n > 1)
		name_after(args->word[1], ".mid", buf, size);
	else
		(void)snprintf(buf, size, NAME_DEFAULT);
}

static int print_made(struct ctl *ctl, const struct mos_value *answer, const char *path)
{
	char shown[256];

	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = json_from_value(doc, answer);

		yyjson_mut_obj_add_strcpy(doc, root, "file", path);
		return json_print(doc, root);
	}
	printf("%s: %lld bars, %lld notes, %.1f s\n", printable(path, shown, sizeof(shown)),
		(long long)mos_get_int(answer, "bars", 0), (long long)mos_get_int(answer, "notes", 0),
		mos_get_real(answer, "seconds", 0));
	band_print_warnings(answer);
	return CTL_OK;
}

static int open_words(struct ctl *ctl, const struct ctl_args *args, uint32_t verb, struct band_words *words,
	struct band_source *source)
{
	int code = band_words(ctl, args, verb, words);

	*source = (struct band_source){.fd = -1};
	if (code == CTL_OK)
		code = band_source_open(ctl, args, source);
	/* A file begins with its first bar and ends. */
	band_words_default(words, mos_int("choruses", 1));
	band_words_default(words, mos_int("count_in", 0));
	return code;
}

int band_make(struct ctl *ctl, const struct ctl_args *args, uint32_t verb, const char *method,
	struct band_source *source, struct mos_reply *ret)
{
	const struct mos_field reference = mos_bool("reference", 1);
	struct band_words words;
	int code = open_words(ctl, args, verb, &words, source);

	if (code == CTL_OK)
		code = band_ask(ctl,
			&(struct band_ask){.method = method,
				.words = &words,
				.source = source,
				.more = &reference,
				.n_more = args->opt[BAND_REFERENCE] != NULL,
				.is_strict = args->opt[BAND_STRICT] != NULL,
				.fd = -1},
			ret);
	if (code != CTL_OK)
		band_source_finish(source);
	return code;
}

int band_create(struct ctl *ctl, const struct ctl_args *args)
{
	struct band_source source;
	struct mos_reply reply;
	char path[4096];
	int code = band_make(ctl, args, BAND_CREATE, "band.file.create", &source, &reply);

	if (code != CTL_OK)
		return code;
	choose_name(args, &reply.value, &source, path, sizeof(path));
	code = score_write_out(ctl, &reply, path);
	if (code == CTL_OK && strcmp(path, "-") != 0)
		code = print_made(ctl, &reply.value, path);
	else if (code == CTL_OK)
		band_print_warnings(&reply.value);
	mos_reply_finish(&reply);
	band_source_finish(&source);
	return code;
}

/* Into the store of scores, or, with --load, into it and to where it is played from. */
static int store(struct ctl *ctl, const struct ctl_args *args, const struct mos_reply *made)
{
	char name[256] = "band.nvx1", title[256];
	struct mos_reply reply;

	if (made->n_fds == 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "the answer came without a score");
	if (args->n > 1)
		name_after(args->word[1], ".nvx1", name, sizeof(name));
	const struct mos_field field[] = {mos_str("name", name)};
	int code = score_call(ctl, args->opt[BAND_LOAD] ? "hermes.score.load" : "hermes.score.add", field, 1,
		made->fds, 1, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s  %s, %lld measures, %lld notes\n", mos_get_str(&reply.value, "score_id", "?"),
			printable(mos_get_str(&reply.value, "title", ""), title, sizeof(title)),
			(long long)mos_get_int(&reply.value, "measures", 0),
			(long long)mos_get_int(&reply.value, "notes", 0));
	mos_reply_finish(&reply);
	return code;
}

int band_score(struct ctl *ctl, const struct ctl_args *args)
{
	struct band_source source;
	struct mos_reply reply;
	int code = band_make(ctl, args, BAND_SCORE, "band.score.create", &source, &reply);

	if (code != CTL_OK)
		return code;
	if (args->opt[BAND_OUT]) {
		code = score_write_out(ctl, &reply, args->opt[BAND_OUT]);
		if (code == CTL_OK && ctl->json && strcmp(args->opt[BAND_OUT], "-") != 0)
			code = json_print_value(&reply.value);
	} else {
		code = store(ctl, args, &reply);
	}
	if (!ctl->json)
		band_print_warnings(&reply.value);
	mos_reply_finish(&reply);
	band_source_finish(&source);
	return code;
}

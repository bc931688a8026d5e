/* SPDX-License-Identifier: MIT */
/* mosctl band validate: programs, setlists and exercises, one by one or by the folder. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "band_verbs.h"

/* Of the contract's own validator: 2 when something is wrong. It is mosctl's number for wrong usage, too. */
#define FOUND CTL_USAGE

struct tally {
	struct ctl *ctl;
	const struct ctl_args *args;
	int n_files, n_bad;
	int code; /* what ends it all: nobody answers */
};

/* What was found in one file: printed as it comes, or gathered for one line of JSON. */
struct found {
	struct tally *tally;
	const char *file;
	yyjson_mut_doc *doc; /* NULL: for people */
	yyjson_mut_val *issues;
	uint32_t n;
};

static void print_issue(
	struct found *f, const char *code, const char *path, const char *message, const char *hint)
{
	char text[512], where[160];

	if (f->n == 1)
		printf("%s:\n", printable(f->file, text, sizeof(text)));
	printf("%02u. [%s] %s: %s", f->n, code, printable(path, where, sizeof(where)),
		printable(message, text, sizeof(text)));
	printf("%s%s\n", *hint ? "; " : "", printable(hint, text, sizeof(text)));
}

static void note(struct found *f, const char *code, const char *path, const char *message, const char *hint)
{
	f->n++;
	if (!f->doc) {
		print_issue(f, code, path, message, hint);
		return;
	}
	yyjson_mut_val *one = yyjson_mut_arr_add_obj(f->doc, f->issues);
	yyjson_mut_obj_add_strcpy(f->doc, one, "code", code);
	yyjson_mut_obj_add_strcpy(f->doc, one, "message", message);
	yyjson_mut_obj_add_strcpy(f->doc, one, "path", path);
	if (*hint)
		yyjson_mut_obj_add_strcpy(f->doc, one, "hint", hint);
}

/* What the band said, and what only we can see: are the files there that a list names? */
static void note_answer(struct found *f, const struct mos_value *answer)
{
	const struct mos_value *issues = mos_get(answer, "issues"), *items = mos_get(answer, "items");
	char path[PATH_MAX], where[32], text[384];

	for (uint32_t i = 0; issues && issues->type == MOS_VALUE_LIST && i < issues->len; i++) {
		const struct mos_value *one = &issues->u.items[i];
		note(f, mos_get_str(one, "code", "?"), mos_get_str(one, "where", ""),
			mos_get_str(one, "message", ""), mos_get_str(one, "hint", ""));
	}
	for (uint32_t i = 0; items && items->type == MOS_VALUE_LIST && i < items->len; i++) {
		const char *name = mos_get_str(&items->u.items[i], "path", "");
		if (band_find(f->file, name, path, sizeof(path)) == 0)
			continue;
		(void)snprintf(where, sizeof(where), "item %u", i + 1);
		(void)snprintf(text, sizeof(text), "%s is not there", name);
		note(f, "FILE_MISSING", where, text,
			"its path counts from the list's folder, or from one above it");
	}
}

static void finish(struct found *f)
{
	const int is_quiet = f->n == 0 && f->tally->args->opt[BAND_QUIET];
	char name[512];

	f->tally->n_bad += f->n > 0;
	if (!f->doc) {
		if (f->n == 0 && !is_quiet)
			printf("%s: valid\n", printable(f->file, name, sizeof(name)));
		return;
	}
	yyjson_mut_val *root = yyjson_mut_obj(f->doc);
	yyjson_mut_obj_add_strcpy(f->doc, root, "file", f->file);
	yyjson_mut_obj_add_bool(f->doc, root, "ok", f->n == 0);
	yyjson_mut_obj_add_val(f->doc, root, "issues", f->issues);
	if (is_quiet)
		yyjson_mut_doc_free(f->doc);
	else if (json_print(f->doc, root) != CTL_OK)
		f->tally->code = CTL_FAILED;
}

/* One file that cannot even be opened is an issue like another. */
static int open_one(const char *file)
{
	struct stat st;
	const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	const int rc = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? fd : -EINVAL;
	if (rc < 0)
		(void)close(fd);
	return rc;
}

static int ask(struct tally *tally, const char *file, int fd, struct mos_reply *ret)
{
	const int is_program = strcmp(band_kind(file), "program") == 0;
	const struct mos_field strict = mos_bool("strict", 1);

	return mos_call_request(tally->ctl->client,
		&(struct mos_request){.method = is_program ? "band.program.check" : "band.setlist.check",
			.args = &strict,
			.n_args = is_program && tally->args->opt[BAND_STRICT],
			.fds = &fd,
			.n_fds = 1,
			.timeout_ms = tally->ctl->timeout_ms},
		ret);
}

static void validate(struct tally *tally, const char *file)
{
	struct found found = {.tally = tally, .file = file};
	struct mos_reply reply = {0};
	const int fd = open_one(file);
	const int rc = fd < 0 ? 0 : ask(tally, file, fd, &reply);

	tally->n_files++;
	if (fd >= 0)
		(void)close(fd);
	if (rc < 0 && rc != -EREMOTEIO) {
		tally->code = ctl_client_failed(tally->ctl, rc);
		return;
	}
	if (tally->ctl->json) {
		found.doc = yyjson_mut_doc_new(NULL);
		found.issues = yyjson_mut_arr(found.doc);
	}
	if (fd < 0) {
		note(&found, "LOAD_ERROR", "", fd == -EINVAL ? "is no regular file" : strerror(-fd), "");
	} else if (rc < 0) { /* refused as a whole */
		const struct mos_error *error = mos_client_error(tally->ctl->client);
		note(&found, "LOAD_ERROR", error->where, error->message, error->hint);
	} else {
		note_answer(&found, &reply.value);
	}
	finish(&found);
	mos_reply_finish(&reply);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int is_ours(const char *name)
{
	const size_t len = strlen(name);

	return (len > 7 && strcmp(name + len - 7, ".ztprog") == 0) || strcmp(band_kind(name), "program") != 0;
}

/* A folder: all that has one of our endings, in the order of names. */
static void walk(struct tally *tally, char *path)
{
	char *const paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	const FTSENT *entry;

	while (tree && tally->code == CTL_OK && (entry = fts_read(tree))) {
		const int is_folder = entry->fts_info == FTS_D || entry->fts_info == FTS_DP;
		const int is_named =
			entry->fts_level == 0; /* on the command line: looked at whatever it is called */
		const int is_unread = entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR;
		if (is_unread || (!is_folder && (is_named || is_ours(entry->fts_name))))
			validate(tally, entry->fts_path);
	}
	if (tree)
		(void)fts_close(tree);
	else
		validate(tally, path);
}

int band_validate(struct ctl *ctl, const struct ctl_args *args)
{
	struct tally tally = {.ctl = ctl, .args = args};
	struct band_words words;
	int code = band_words(ctl, args, BAND_VALIDATE, &words);

	if (code == CTL_OK && args->n < 2)
		code = ctl_usage(ctl, "validate: which file, or folder?");
	if (code == CTL_OK)
		code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	for (int i = 1; i < args->n && code == CTL_OK; i++) {
		const int n_before = tally.n_files;
		walk(&tally, args->word[i]);
		code = tally.code;
		if (code == CTL_OK && tally.n_files == n_before)
			code = ctl_fail(
				ctl, FOUND, NULL, "%s: no program, setlist or exercise in it", args->word[i]);
	}
	if (code != CTL_OK)
		return code;
	return tally.n_bad > 0 && !args->opt[BAND_WARN_ONLY] ? FOUND : CTL_OK;
}

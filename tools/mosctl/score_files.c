/* SPDX-License-Identifier: MIT */
/* mosctl score: what reads and writes files. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

#include "score_verbs.h"

#define MAX_FIELDS 6

int score_is_id(const char *text)
{
	if (strlen(text) != SCORE_ID_LEN)
		return 0;
	for (int i = 0; i < SCORE_ID_LEN; i++) {
		const int is_dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return 0;
	}
	return 1;
}

int score_open_file(struct ctl *ctl, const char *path, int *ret_code)
{
	*ret_code = file_check(ctl, path);
	if (*ret_code != CTL_OK)
		return -1;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		*ret_code = ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", path, strerror(errno));
	return fd;
}

/** @return as mos_call_request(). */
static int ask(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args, const int *fds,
	size_t n_fds, struct mos_reply *ret)
{
	const struct mos_request request = {.method = method,
		.args = args,
		.n_args = n_args,
		.fds = fds,
		.n_fds = n_fds,
		.timeout_ms = ctl->timeout_ms ? ctl->timeout_ms : 60'000};
	return mos_call_request(ctl->client, &request, ret);
}

int score_call(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args,
	const int *fds, size_t n_fds, struct mos_reply *ret)
{
	const int code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code != CTL_OK)
		return code;
	const int rc = ask(ctl, method, args, n_args, fds, n_fds, ret);
	return rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
}

int score_write_out(struct ctl *ctl, const struct mos_reply *reply, const char *path)
{
	const int to_stdout = !path || strcmp(path, "-") == 0;
	if (reply->n_fds == 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "the answer came without a file");
	(void)fflush(stdout);
	const int rc = to_stdout ? file_copy(reply->fds[0], STDOUT_FILENO) : file_replace(reply->fds[0], path);
	return rc < 0 ? ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", to_stdout ? "standard output" : path,
				strerror(-rc))
		      : CTL_OK;
}

/** On stderr: what a format could not hold, or what was mended. */
static void print_warnings(const struct mos_value *answer, const char *path)
{
	const struct mos_value *warnings = mos_get(answer, "warnings");
	const uint32_t n = warnings && warnings->type == MOS_VALUE_LIST ? warnings->len : 0;
	char file[256], where[160], text[256];
	(void)printable(path, file, sizeof(file));
	for (uint32_t i = 0; i < n; i++) {
		const struct mos_value *w = &warnings->u.items[i];
		fprintf(stderr, "%s: %s: %s\n", file, printable(mos_get_str(w, "where", "?"), where, sizeof(where)),
			printable(mos_get_str(w, "text", "?"), text, sizeof(text)));
	}
	const int64_t all = mos_get_int(answer, "n_warnings", n);
	if (all > n)
		fprintf(stderr, "%s: and %lld more\n", file, (long long)(all - n));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

struct wish {
	struct mos_field field[MAX_FIELDS];
	size_t n;
};

static void want(struct wish *wish, struct mos_field field)
{
	wish->field[wish->n++] = field;
}

/** --version, --canonical, --index. */
static int want_options(struct ctl *ctl, const struct ctl_args *args, struct wish *wish, int is_file)
{
	uint32_t index;
	if (args->opt[SCORE_VERSION])
		want(wish, mos_str("version", args->opt[SCORE_VERSION]));
	if (args->opt[SCORE_CANONICAL])
		want(wish, mos_bool("canonical", 1));
	if (args->opt[SCORE_INDEX] && is_file) {
		if (parse_uint(args->opt[SCORE_INDEX], 1000000, &index) < 0 || index == 0)
			return ctl_usage(ctl, "--index: the first tune of a book is 1");
		want(wish, mos_int("index", index - 1));
	}
	return CTL_OK;
}

/** Convert a file (`path`) or export a score (`id`, NULL: the one that is loaded). */
static int fetch(struct ctl *ctl, const struct ctl_args *args, const char *path, const char *id,
	const char *format, struct mos_reply *ret)
{
	struct wish wish = {0};
	want(&wish, mos_str("format", format));
	int code = want_options(ctl, args, &wish, path != NULL);
	if (code != CTL_OK)
		return code;
	if (!path) {
		if (id)
			want(&wish, mos_str("score_id", id));
		return score_call(ctl, "hermes.score.export", wish.field, wish.n, NULL, 0, ret);
	}
	code = ctl_connect_files(ctl, path);
	const int fd = code == CTL_OK ? score_open_file(ctl, path, &code) : -1;
	if (fd < 0)
		return code;
	want(&wish, mos_str("name", base_name(path)));
	code = score_call(ctl, "hermes.score.convert", wish.field, wish.n, &fd, 1, ret);
	close(fd);
	return code;
}

int score_show(struct ctl *ctl, const struct ctl_args *args)
{
	const char *what = args->n > 1 ? args->word[1] : NULL;
	const int is_id = what && score_is_id(what);
	struct mos_reply reply;
	/* For programs the score itself, not a picture of it. */
	int code = fetch(
		ctl, args, is_id ? NULL : what, is_id ? what : NULL, ctl->json ? "nvx1" : "text", &reply);
	if (code != CTL_OK)
		return code;
	code = score_write_out(ctl, &reply, NULL);
	mos_reply_finish(&reply);
	return code;
}

/** The format that is asked for: --format, else the ending of the file that is written. */
static const char *format_of(struct ctl *ctl, const struct ctl_args *args, const char *path)
{
	if (args->opt[SCORE_FORMAT])
		return args->opt[SCORE_FORMAT];
	const char *dot = path ? strrchr(base_name(path), '.') : NULL;
	if (!dot || !dot[1]) {
		(void)ctl_usage(
			ctl, "which format? --format midi, musicxml, mxl, abc, nvx1, umf, midi2, timeline, text");
		return NULL;
	}
	/* The one ending of two words. */
	static const char timeline[] = ".hermes.json";
	const size_t len = strlen(path), n = sizeof(timeline) - 1;
	return len > n && strcmp(path + len - n, timeline) == 0 ? "timeline" : dot + 1;
}

static int write_as(
	struct ctl *ctl, const struct ctl_args *args, const char *from, const char *id, const char *to)
{
	const char *format = format_of(ctl, args, to);
	struct mos_reply reply;
	if (!format)
		return CTL_USAGE;
	int code = fetch(ctl, args, from, id, format, &reply);
	if (code != CTL_OK)
		return code;
	code = score_write_out(ctl, &reply, to);
	print_warnings(&reply.value, from ? from : id ? id : "score");
	if (code == CTL_OK && ctl->json && to && strcmp(to, "-") != 0)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

int score_export(struct ctl *ctl, const struct ctl_args *args)
{
	const int has_id = args->n > 1 && score_is_id(args->word[1]);
	const char *to = args->opt[SCORE_OUT]   ? args->opt[SCORE_OUT]
			 : args->n > 1 + has_id ? args->word[1 + has_id]
						: "-";
	return write_as(ctl, args, NULL, has_id ? args->word[1] : NULL, to);
}

int score_convert(struct ctl *ctl, const struct ctl_args *args)
{
	const char *to = args->opt[SCORE_OUT] ? args->opt[SCORE_OUT] : args->n > 2 ? args->word[2] : "-";
	if (args->n < 2)
		return ctl_usage(ctl, "convert: which file?");
	return write_as(ctl, args, args->word[1], NULL, to);
}

/** "book.abc, tune 2 of 3, "Second"": the file is enough where it holds one. @return buf. */
static const char *tune_name(const char *path, uint32_t index, uint32_t n, const char *title, char *buf, size_t size)
{
	char file[256], words[160];
	(void)printable(path, file, sizeof(file));
	if (n <= 1)
		(void)snprintf(buf, size, "%s", file);
	else if (!*title)
		(void)snprintf(buf, size, "%s, tune %u of %u", file, index + 1, n);
	else
		(void)snprintf(buf, size, "%s, tune %u of %u, \"%s\"", file, index + 1, n,
			printable(title, words, sizeof(words)));
	return buf;
}

/** A line: place, reason, value. */
static void print_error(const char *name, const struct mos_value *e, const char *reason_key)
{
	char where[160], reason[256], value[128];
	const char *w = mos_get_str(e, "where", ""), *v = mos_get_str(e, "value", "");
	fprintf(stderr, "%s: %s%s%s%s%s%s [%s]\n", name, printable(w, where, sizeof(where)), *w ? ": " : "",
		printable(mos_get_str(e, reason_key, "?"), reason, sizeof(reason)), *v ? " (" : "",
		printable(v, value, sizeof(value)), *v ? ")" : "", mos_get_str(e, "code", "?"));
}

/** All that is wrong with a score. @return CTL_BAD_FILE. */
static int print_refusal(struct ctl *ctl, const struct mos_value *refusal, const char *path, uint32_t index)
{
	const struct mos_value *errors = mos_get(refusal, "errors");
	const uint32_t n = errors && errors->type == MOS_VALUE_LIST ? errors->len : 0;
	char name[480];
	(void)tune_name(path, index, (uint32_t)mos_get_int(refusal, "scores", 1), mos_get_str(refusal, "title", ""),
		name, sizeof(name));
	if (n == 0)
		print_error(name, refusal, "message");
	for (uint32_t i = 0; i < n; i++)
		print_error(name, &errors->u.items[i], "reason");
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);
		yyjson_mut_obj_add_str(doc, root, "file", path);
		yyjson_mut_obj_add_uint(doc, root, "index", index);
		yyjson_mut_obj_add_val(doc, root, "error", json_from_value(doc, refusal));
		(void)json_print(doc, root);
	}
	return CTL_BAD_FILE;
}

static int print_valid(struct ctl *ctl, const struct mos_value *facts, const char *path, uint32_t index, uint32_t n)
{
	char name[480];
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = json_from_value(doc, facts);
		yyjson_mut_obj_add_str(doc, root, "file", path);
		yyjson_mut_obj_add_uint(doc, root, "index", index);
		return json_print(doc, root);
	}
	printf("%s: valid, %s, %lld measures, %lld notes\n", tune_name(path, index, n, "", name, sizeof(name)),
		mos_get_str(facts, "format", "?"), (long long)mos_get_int(facts, "measures", 0),
		(long long)mos_get_int(facts, "notes", 0));
	print_warnings(facts, path);
	return CTL_OK;
}

/** @param ret_n  How many tunes the file holds; not written where nobody answered. */
static int validate_tune(struct ctl *ctl, int fd, const char *path, uint32_t index, uint32_t *ret_n)
{
	const struct mos_field field[] = {mos_str("name", base_name(path)), mos_int("index", index)};
	struct mos_reply reply;
	/* The one that read the tune before may have ended with it. */
	int code = ctl_connect_files(ctl, path);
	if (code != CTL_OK)
		return code;
	const int rc = ask(ctl, "hermes.score.check", field, 2, &fd, 1, &reply);
	if (rc == -EREMOTEIO) {
		const struct mos_value *refusal = mos_client_refusal(ctl->client);
		*ret_n = (uint32_t)mos_get_int(refusal, "scores", *ret_n);
		return print_refusal(ctl, refusal, path, index);
	}
	if (rc < 0)
		return ctl_client_failed(ctl, rc);
	*ret_n = (uint32_t)mos_get_int(&reply.value, "scores", 1);
	code = print_valid(ctl, &reply.value, path, index, *ret_n);
	mos_reply_finish(&reply);
	return code;
}

/** The tune that --index names, or all of a book. */
static int validate_file(struct ctl *ctl, const struct ctl_args *args, const char *path)
{
	uint32_t index = 1, n = 1;
	int worst;
	if (args->opt[SCORE_INDEX] && (parse_uint(args->opt[SCORE_INDEX], 1000000, &index) < 0 || index == 0))
		return ctl_usage(ctl, "--index: the first tune of a book is 1");
	const int fd = score_open_file(ctl, path, &worst);
	if (fd < 0)
		return worst;
	worst = validate_tune(ctl, fd, path, index - 1, &n);
	for (uint32_t i = 1; i < n && !args->opt[SCORE_INDEX] && worst != CTL_UNREACHABLE; i++) {
		const int code = validate_tune(ctl, fd, path, i, &n);
		worst = code != CTL_OK ? code : worst;
	}
	close(fd);
	return worst;
}

int score_validate(struct ctl *ctl, const struct ctl_args *args)
{
	int worst = CTL_OK;
	if (args->n < 2)
		return ctl_usage(ctl, "validate: which file?");
	for (int i = 1; i < args->n; i++) {
		const int code = validate_file(ctl, args, args->word[i]);
		if (code == CTL_UNREACHABLE || code == CTL_USAGE)
			return code;
		if (code != CTL_OK)
			worst = code;
	}
	return worst;
}

static void print_op(const struct mos_value *op)
{
	char path[256];
	const char *kind = mos_get_str(op, "op", "?");
	printf("%c %s\n",
		*kind == 'a'                     ? '+'
		: *kind == 'r' && kind[2] == 'm' ? '-'
						 : '~',
		printable(mos_get_str(op, "path", "?"), path, sizeof(path)));
}

int score_diff(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code, fd[2];
	if (args->n != 3)
		return ctl_usage(ctl, "diff: which two files?");
	code = ctl_connect_files(ctl, NULL);
	if (code != CTL_OK)
		return code;
	fd[0] = score_open_file(ctl, args->word[1], &code);
	if (fd[0] < 0)
		return code;
	fd[1] = score_open_file(ctl, args->word[2], &code);
	if (fd[1] >= 0) {
		const struct mos_field field[] = {mos_str("name", base_name(args->word[1])),
			mos_str("other", base_name(args->word[2]))};
		code = score_call(ctl, "hermes.score.diff", field, 2, fd, 2, &reply);
		close(fd[1]);
	}
	close(fd[0]);
	if (code != CTL_OK)
		return code;
	const struct mos_value *ops = mos_get(&reply.value, "ops");
	const int64_t n = mos_get_int(&reply.value, "n_ops", 0);
	if (reply.n_fds > 0)
		code = score_write_out(ctl, &reply, NULL);
	else if (ctl->json)
		code = json_print_value(&reply.value);
	else
		for (uint32_t i = 0; ops && ops->type == MOS_VALUE_LIST && i < ops->len; i++)
			print_op(&ops->u.items[i]);
	mos_reply_finish(&reply);
	/* As diff(1): 1 they differ. */
	return code == CTL_OK && n > 0 ? CTL_FAILED : code;
}

int score_backup(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	if (args->n != 2)
		return ctl_usage(ctl, "backup: to which file?");
	const int fd = open(args->word[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ctl_fail(ctl, CTL_BAD_FILE,
			errno == EEXIST ? "a copy overwrites nothing: take another name" : NULL, "%s: %s",
			args->word[1], strerror(errno));
	int code = score_call(ctl, "hermes.store.backup", NULL, 0, &fd, 1, &reply);
	if (close(fd) < 0 && code == CTL_OK)
		code = ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", args->word[1], strerror(errno));
	if (code != CTL_OK) {
		(void)unlink(args->word[1]);
		return code;
	}
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s: %lld bytes\n", args->word[1],
			(long long)mos_get_int(&reply.value, "size_bytes", 0));
	mos_reply_finish(&reply);
	return code;
}

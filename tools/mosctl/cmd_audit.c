/* SPDX-License-Identifier: MIT */
/* mosctl audit: who did what and when, and whether anybody changed the book (SEC-04). */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "commands.h"
#include "mosctl.h"
#include "verbs.h"

#define HASH_HEX 65u
#define LINE_MAX_BYTES 65536u
#define FILES_MAX 4096
#define SHOW_DEFAULT 20u

enum { LINES, HEAD, DIR_OPTION };

static const struct ctl_option options[] = {
	[LINES] = {"lines", 'n', "N", "show the newest N (20)"},
	[HEAD] = {"head", 0, "HASH",
		"verify: this line has to be among them, as the journal or you remember it"},
	[DIR_OPTION] = {"dir", 0, "DIR", "read the files there: no MOS need run"},
	{0},
};

/* The files, read line by line. */
struct book {
	char dir[4096 - 64];
	struct dirent **file;
	int n_files, at; /* at: the one that is open */
	FILE *in;
	char *line;
	size_t room;
	uint32_t line_no; /* in its file, from 1 */
};

static int is_ours(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	/* "audit-", twenty digits, ".log" */
	return len == 30 && !strncmp(entry->d_name, "audit-", 6) && !strcmp(entry->d_name + 26, ".log") &&
	       strspn(entry->d_name + 6, "0123456789") == 20;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int find_dir(struct ctl *ctl, const struct ctl_args *args, char *buf, size_t size)
{
	struct mos_reply reply;
	int code;

	if (args->opt[DIR_OPTION]) {
		if ((size_t)snprintf(buf, size, "%s", args->opt[DIR_OPTION]) >= size)
			return ctl_usage(ctl, "--dir: too long");
		return CTL_OK;
	}
	code = ctl_call(ctl, "broker.audit.status", MOS_NO_ARGS, &reply);
	if (code != CTL_OK)
		return code;
	if (!mos_get_bool(&reply.value, "on", 0))
		code = ctl_fail(
			ctl, CTL_FAILED, "journalctl --user -u mos-broker says why", "there is no audit log");
	else if ((size_t)snprintf(buf, size, "%s", mos_get_str(&reply.value, "dir", "")) >= size)
		code = ctl_fail(ctl, CTL_FAILED, NULL, "the path of the audit log is too long");
	mos_reply_finish(&reply);
	return code;
}

static int book_open(struct ctl *ctl, const struct ctl_args *args, struct book *book)
{
	int code;

	*book = (struct book){.at = -1};
	code = find_dir(ctl, args, book->dir, sizeof(book->dir));
	if (code != CTL_OK)
		return code;
	book->n_files = scandir(book->dir, &book->file, is_ours, by_name);
	if (book->n_files < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", book->dir, strerror(errno));
	if (!book->n_files)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: no audit log is in there", book->dir);
	if (book->n_files > FILES_MAX)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: more than %d files", book->dir, FILES_MAX);
	return CTL_OK;
}

static void book_close(struct book *book)
{
	if (book->in)
		fclose(book->in);
	for (int i = 0; i < book->n_files; i++)
		free(book->file[i]);
	free(book->file);
	free(book->line);
}

static const char *book_file(const struct book *book)
{
	return book->file[book->at]->d_name;
}

/* @return length of the next line, with its newline; 0 behind the last; -errno. */
static ssize_t book_next(struct book *book)
{
	for (;;) {
		char path[4096 + 256];
		ssize_t len = book->in ? getline(&book->line, &book->room, book->in) : -1;

		if (len > 0) {
			book->line_no++;
			return len;
		}
		if (book->in && ferror(book->in))
			return -EIO;
		if (book->at + 1 >= book->n_files)
			return 0;
		if (book->in)
			fclose(book->in);
		book->at++;
		book->line_no = 0;
		(void)snprintf(path, sizeof(path), "%s/%s", book->dir, book_file(book));
		book->in = fopen(path, "re");
		if (!book->in)
			return -errno;
	}
}

/* --- verify --- */

struct chain {
	uint64_t first, n; /* records */
	char head[HASH_HEX];
	int has_head;    /* the asked one was met */
	char fault[160]; /* "": none so far */
};

static int hash_of(const char *line, size_t len, char ret[static HASH_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!EVP_Digest(line, len, digest, &n, EVP_sha256(), NULL) || n * 2 + 1 != HASH_HEX)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		(void)snprintf(ret + (size_t)i * 2, 3, "%02x", digest[i]);
	return 1;
}

/* Where a file begins, its name says which record that is. */
static void check_name(struct chain *c, const struct book *book, uint64_t n)
{
	if (book->line_no == 1 && strtoull(book_file(book) + 6, NULL, 10) != n)
		(void)snprintf(
			c->fault, sizeof(c->fault), "the file's name says another number than %" PRIu64, n);
}

static void check_line(struct chain *c, const struct book *book, size_t len, const char *want)
{
	const size_t text = len - (book->line[len - 1] == '\n');
	yyjson_doc *doc = len <= LINE_MAX_BYTES ? yyjson_read(book->line, text, 0) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc), *number = yyjson_obj_get(root, "n");
	const char *prev = yyjson_get_str(yyjson_obj_get(root, "prev"));

	if (text == len)
		(void)snprintf(c->fault, sizeof(c->fault), "half a line");
	else if (!yyjson_is_uint(number) || !prev)
		(void)snprintf(c->fault, sizeof(c->fault), "this is no record");
	else if (c->first && yyjson_get_uint(number) != c->n + 1)
		(void)snprintf(c->fault, sizeof(c->fault), "record %" PRIu64 " follows %" PRIu64,
			yyjson_get_uint(number), c->n);
	else if (c->first && strcmp(prev, c->head) != 0)
		(void)snprintf(c->fault, sizeof(c->fault),
			"record %" PRIu64 " was made behind another record than "
			"the one that is before it now",
			yyjson_get_uint(number));
	else
		check_name(c, book, yyjson_get_uint(number));
	c->n = yyjson_is_uint(number) ? yyjson_get_uint(number) : c->n;
	if (!c->first)
		c->first = c->n;
	yyjson_doc_free(doc);
	if (!hash_of(book->line, text, c->head))
		(void)snprintf(c->fault, sizeof(c->fault), "no memory for a hash");
	c->has_head |= want && !strcmp(want, c->head);
}

static int print_verified(struct ctl *ctl, const struct book *book, const struct chain *c)
{
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);

		yyjson_mut_obj_add_bool(doc, root, "whole", true);
		yyjson_mut_obj_add_int(doc, root, "files", book->n_files);
		yyjson_mut_obj_add_uint(doc, root, "first", c->first);
		yyjson_mut_obj_add_uint(doc, root, "last", c->n);
		yyjson_mut_obj_add_str(doc, root, "head", c->head);
		return json_print(doc, root);
	}
	printf("records %" PRIu64 " to %" PRIu64 " are whole and in order\nhead %s\n", c->first, c->n,
		c->head);
	return CTL_OK;
}

static int verify(struct ctl *ctl, const struct ctl_args *args)
{
	struct chain c = {0};
	struct book book;
	ssize_t len = 0;
	int code = book_open(ctl, args, &book);

	while (code == CTL_OK && !c.fault[0] && (len = book_next(&book)) > 0)
		check_line(&c, &book, (size_t)len, args->opt[HEAD]);
	if (code != CTL_OK)
		;
	else if (len < 0)
		code = ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s/%s: %s", book.dir, book_file(&book),
			strerror((int)-len));
	else if (c.fault[0])
		code = ctl_fail(ctl, CTL_FAILED,
			"somebody changed the audit log, or a disk lost a part of it: "
			"what comes behind this line proves nothing about what was before it",
			"%s/%s:%u: %s", book.dir, book_file(&book), book.line_no, c.fault);
	else if (args->opt[HEAD] && !c.has_head)
		code = ctl_fail(ctl, CTL_FAILED,
			"the log was cut, or written anew, or its oldest files were removed "
			"because they were full",
			"no record has the hash %s", args->opt[HEAD]);
	else
		code = print_verified(ctl, &book, &c);
	book_close(&book);
	return code;
}

/* --- show --- */

static void print_record(const struct ctl *ctl, const char *line)
{
	yyjson_doc *doc = yyjson_read(line, strlen(line), 0);
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *time = yyjson_get_str(yyjson_obj_get(root, "time"));
	const char *name = yyjson_get_str(yyjson_obj_get(root, "name"));
	const char *did = yyjson_get_str(yyjson_obj_get(root, "did"));
	const char *with = yyjson_get_str(yyjson_obj_get(root, "with"));
	const char *result = yyjson_get_str(yyjson_obj_get(root, "result"));
	uint64_t times = yyjson_get_uint(yyjson_obj_get(root, "times"));
	char shown[5][256], more[32] = "";

	if (ctl->json)
		printf("%s\n", line);
	else if (!time || !name || !did || !with || !result)
		printf("?  %s\n", printable(line, shown[0], sizeof(shown[0])));
	else {
		if (times > 1)
			(void)snprintf(more, sizeof(more), "  (%" PRIu64 " times)", times);
		/* Names and codes are others' words: none of them moves the cursor. */
		printf("%.19s  %-16s %7lld  %-28s %s%s%s%s\n", printable(time, shown[3], sizeof(shown[3])),
			*name ? printable(name, shown[0], sizeof(shown[0])) : "-",
			(long long)yyjson_get_sint(yyjson_obj_get(root, "pid")),
			printable(did, shown[1], sizeof(shown[1])),
			printable(with, shown[2], sizeof(shown[2])), strcmp(result, "ok") ? "  -> " : "",
			strcmp(result, "ok") ? printable(result, shown[4], sizeof(shown[4])) : "", more);
	}
	yyjson_doc_free(doc);
}

/* The newest `want` lines, oldest first. */
static int print_newest(struct ctl *ctl, struct book *book, uint32_t want)
{
	char **ring = calloc(want, sizeof(*ring));
	uint64_t n = 0;
	ssize_t len = 0;

	if (!ring)
		return ctl_fail(ctl, CTL_FAILED, NULL, "no memory for %u lines", want);
	while ((len = book_next(book)) > 0) {
		char *copy;

		book->line[strcspn(book->line, "\n")] = '\0';
		copy = strdup(book->line);
		if (!copy)
			break;
		free(ring[n % want]);
		ring[n++ % want] = copy;
	}
	for (uint64_t i = n > want ? n - want : 0; i < n; i++)
		print_record(ctl, ring[i % want]);
	for (uint32_t i = 0; i < want; i++)
		free(ring[i]);
	free(ring);
	return len < 0 ? ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s/%s: %s", book->dir, book_file(book),
				 strerror((int)-len))
		       : CTL_OK;
}

static int show(struct ctl *ctl, const struct ctl_args *args)
{
	uint32_t want = SHOW_DEFAULT;
	struct book book;
	int code;

	if (args->opt[LINES] && (parse_uint(args->opt[LINES], 1000000, &want) < 0 || !want))
		return ctl_usage(
			ctl, "--lines is a whole number from 1 to 1000000, not \"%s\"", args->opt[LINES]);
	code = book_open(ctl, args, &book);
	if (code == CTL_OK)
		code = print_newest(ctl, &book, want);
	book_close(&book);
	return code;
}

static const struct ctl_verb verbs[] = {
	{"show", "", "lines dir", 0, 0, 0, show},
	{"verify", "", "head dir", 0, 0, 1, verify},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	static char show_word[] = "show";
	char *word[] = {show_word, NULL};
	struct ctl_args shown = *args;

	if (args->n)
		return verb_run(ctl, args, verbs);
	shown.n = 1;
	shown.word = word;
	return verb_run(ctl, &shown, verbs);
}

const struct command cmd_audit = {
	.name = "audit",
	.words = "[show | verify]",
	.summary = "Who changed what and when, and whether the record is whole",
	.text = "  show    the newest calls that changed something, or were refused (the default)\n"
		"  verify  each record carries the hash of the one before: find what was changed, taken out "
		"or\n"
		"          put in. Who owns the files can write all of them anew: compare the head with the "
		"one\n"
		"          that the journal has (journalctl --user -u mos-broker -g 'audit:').",
	.example = "  mosctl audit -n 50\n  mosctl audit verify --head 3f0c...",
	.options = options,
	.max_words = 1,
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/*
 * mosctl library import: folders and files into the library. Many files are under way at once; one that
 * cannot be read stops nothing, and what was read before is not read again, so an import that was cut off is
 * simply repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "library.h"

#define UNDER_WAY_MAX 32
#define REFUSED_SHOWN 20
#define PATIENCE_MS 3'600'000 /* a table of a million songs */

struct import {
	struct ctl *ctl;
	char **path; /* owned */
	size_t n_paths, cap_paths;
	size_t n_done, n_known, n_refused;
	int under_way, broken;
	int64_t songs, unread_chords, statistics, notes;
	char note[256]; /* the first cell that was not understood */
	int is_terminal;
	struct timespec began, shown;
	yyjson_mut_doc *doc; /* --json: the report */
	yyjson_mut_val *refused;
};

/** One file that is asked for. */
struct pending {
	struct import *import;
	const char *path;
};

static int is_wanted(const char *name)
{
	static const char *const endings[] = {".mid", ".midi", ".kar", ".smf", ".midi2", ".xml", ".musicxml",
		".mxl", ".abc", ".irealb", ".html", ".gp3", ".gp4", ".gp5", ".gpx", ".gp", ".gtp", ".nvx1",
		".umf", ".csv", ".tsv", ".jsonl"};
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcasecmp(dot, endings[i]) == 0)
			return 1;
	return 0;
}

static int add_path(struct import *import, const char *path)
{
	if (import->n_paths == import->cap_paths) {
		const size_t cap = import->cap_paths ? import->cap_paths * 2 : 256;
		char **grown = realloc(import->path, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		import->path = grown;
		import->cap_paths = cap;
	}
	char *absolute = realpath(path, NULL);
	if (!absolute)
		return -errno;
	import->path[import->n_paths++] = absolute;
	return 0;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/** Files that are named are taken whatever they are called; of folders what looks like music or a table. */
static int find_files(struct import *import, char **word)
{
	FTS *tree = fts_open(word, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_names);
	int code = CTL_OK;
	if (!tree)
		return ctl_fail(import->ctl, CTL_BAD_FILE, NULL, "%s", strerror(errno));
	for (FTSENT *entry; code == CTL_OK && (entry = fts_read(tree));) {
		const int is_named = entry->fts_level == FTS_ROOTLEVEL;
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
			(entry->fts_info == FTS_NS && is_named))
			code = ctl_fail(import->ctl, CTL_BAD_FILE, NULL, "%s: %s", entry->fts_path,
				strerror(entry->fts_errno));
		else if (entry->fts_info == FTS_F && (is_named || is_wanted(entry->fts_name)) &&
			 add_path(import, entry->fts_path) == -ENOMEM)
			code = ctl_fail(import->ctl, CTL_FAILED, NULL, "out of memory");
	}
	(void)fts_close(tree);
	if (code == CTL_OK && import->n_paths == 0)
		code = ctl_fail(import->ctl, CTL_BAD_FILE,
			"music (.mid .musicxml .abc .gp5 ...) or tables (.csv .jsonl)",
			"nothing to import there");
	return code;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) * 1e-9;
}

/** Is a table being read? Then what of it was; else nothing. */
static void show_table(struct import *import)
{
	struct mos_reply reply;
	if (mos_call(import->ctl->client, "hermes.library.progress", MOS_NO_ARGS, &reply) < 0)
		return;
	const int64_t size = mos_get_int(&reply.value, "size_bytes", 0),
		      at = mos_get_int(&reply.value, "bytes", 0);
	if (mos_get_bool(&reply.value, "active", 0))
		fprintf(stderr, "; table: %lld songs%s", (long long)mos_get_int(&reply.value, "songs", 0),
			size ? "" : "\033[K");
	if (mos_get_bool(&reply.value, "active", 0) && size > 0)
		fprintf(stderr, ", %d%%", (int)(at * 100 / size));
	mos_reply_finish(&reply);
}

static void show(struct import *import, int at_end)
{
	enum { WIDTH = 24 };
	if (!import->is_terminal || (!at_end && seconds_since(&import->shown) < 0.2))
		return;
	clock_gettime(CLOCK_MONOTONIC, &import->shown);
	const int filled = (int)(import->n_done * WIDTH / import->n_paths);
	fprintf(stderr, "\r\033[K[%.*s%.*s] %zu/%zu files, %lld songs", filled, "########################",
		WIDTH - filled, "........................", import->n_done, import->n_paths,
		(long long)import->songs);
	if (import->n_refused)
		fprintf(stderr, ", %zu refused", import->n_refused);
	if (!at_end)
		show_table(import);
	else
		fputc('\n', stderr);
}

static void refuse(struct import *import, const char *path, const char *why)
{
	char name[512], reason[256];
	if (import->n_refused++ < REFUSED_SHOWN && !import->ctl->json) {
		if (import->is_terminal)
			fputs("\r\033[K", stderr);
		fprintf(stderr, "refused: %s: %s\n", printable(path, name, sizeof(name)),
			printable(why, reason, sizeof(reason)));
	}
	if (import->ctl->json) {
		yyjson_mut_val *entry = yyjson_mut_arr_add_obj(import->doc, import->refused);
		yyjson_mut_obj_add_strcpy(import->doc, entry, "path", path);
		yyjson_mut_obj_add_strcpy(import->doc, entry, "reason", why);
	}
}

static void on_done(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct pending *p = data;
	struct import *import = p->import;
	import->under_way--;
	if (rc == -EREMOTEIO) {
		char why[512];
		(void)snprintf(
			why, sizeof(why), "%s%s%s", error->where, *error->where ? ": " : "", error->message);
		refuse(import, p->path, why);
	} else if (rc < 0) {
		import->broken = rc;
	} else {
		import->songs += mos_get_int(&reply->value, "songs", 0);
		import->unread_chords += mos_get_int(&reply->value, "unread_chords", 0);
		import->n_known += mos_get_bool(&reply->value, "known", 0);
		import->statistics += mos_get_int(&reply->value, "statistics", 0);
		if (import->notes == 0 && mos_get_int(&reply->value, "notes", 0) > 0) {
			char note[200];
			const char *slash = strrchr(p->path, '/');
			(void)snprintf(import->note, sizeof(import->note), "%.48s: %s",
				slash ? slash + 1 : p->path,
				printable(mos_get_str(&reply->value, "note", "?"), note, sizeof(note)));
		}
		import->notes += mos_get_int(&reply->value, "notes", 0);
		const int64_t records = mos_get_int(&reply->value, "refused", 0);
		if (records > 0) {
			char why[384];
			(void)snprintf(why, sizeof(why), "%lld records; the first is number %lld: %s",
				(long long)records, (long long)mos_get_int(&reply->value, "first_refused", 0),
				mos_get_str(&reply->value, "why", "?"));
			refuse(import, p->path, why);
		}
	}
	import->n_done++;
	free(p);
}

static int send_one(struct import *import, const char *path)
{
	struct pending *p = malloc(sizeof(*p));
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (!p || fd < 0) {
		free(p);
		refuse(import, path, strerror(errno));
		import->n_done++;
		return 0;
	}
	*p = (struct pending){import, path};
	const char *slash = strrchr(path, '/');
	const struct mos_field field[] = {mos_str("name", slash + 1), mos_str("path", path)};
	const int rc = mos_call_async(import->ctl->client,
		&(struct mos_request){.method = "hermes.library.import",
			.args = field,
			.n_args = 2,
			.fds = &fd,
			.n_fds = 1,
			.timeout_ms = PATIENCE_MS},
		on_done, p);
	close(fd);
	if (rc < 0) {
		free(p);
		return rc;
	}
	import->under_way++;
	return 0;
}

static int import_all(struct import *import)
{
	size_t next = 0;
	int rc = 0;
	while (rc == 0 && import->broken == 0 && (next < import->n_paths || import->under_way > 0)) {
		if (term_interrupted())
			next = import->n_paths; /* those under way are waited for */
		while (rc == 0 && next < import->n_paths && import->under_way < UNDER_WAY_MAX) {
			rc = send_one(import, import->path[next]);
			next += rc == 0;
		}
		if (import->under_way > 0 && rc == 0) {
			rc = mos_events_dispatch(import->ctl->client, 200);
			if (rc > 0 || rc == -ETIMEDOUT || rc == -EINTR)
				rc = 0;
		}
		show(import, 0);
	}
	return rc < 0 ? rc : import->broken;
}

static int report(struct import *import)
{
	const double seconds = seconds_since(&import->began);
	if (import->ctl->json) {
		yyjson_mut_val *root = yyjson_mut_obj(import->doc);
		yyjson_mut_obj_add_uint(import->doc, root, "files", import->n_done);
		yyjson_mut_obj_add_uint(import->doc, root, "known", import->n_known);
		yyjson_mut_obj_add_sint(import->doc, root, "songs", import->songs);
		yyjson_mut_obj_add_sint(import->doc, root, "unread_chords", import->unread_chords);
		yyjson_mut_obj_add_sint(import->doc, root, "statistics", import->statistics);
		yyjson_mut_obj_add_sint(import->doc, root, "notes", import->notes);
		if (import->notes)
			yyjson_mut_obj_add_strcpy(import->doc, root, "note", import->note);
		yyjson_mut_obj_add_real(import->doc, root, "seconds", seconds);
		yyjson_mut_obj_add_val(import->doc, root, "refused", import->refused);
		const int code = json_print(import->doc, root);
		import->doc = NULL;
		return code;
	}
	if (import->n_refused > REFUSED_SHOWN)
		fprintf(stderr, "refused: %zu more, see --json\n", import->n_refused - REFUSED_SHOWN);
	printf("%lld songs from %zu files in %.1f s", (long long)import->songs, import->n_done, seconds);
	if (import->n_known)
		printf("; %zu files were in the library before", import->n_known);
	if (import->n_refused)
		printf("; %zu refused", import->n_refused);
	if (import->unread_chords)
		printf("; %lld chords mean nothing to us", (long long)import->unread_chords);
	if (import->statistics)
		printf("; %lld statistics", (long long)import->statistics);
	printf("\n");
	if (import->notes)
		fprintf(stderr, "%lld cells were not understood, the first: %s\n", (long long)import->notes,
			import->note);
	return CTL_OK;
}

int library_import(struct ctl *ctl, const struct ctl_args *args)
{
	struct import import = {.ctl = ctl, .is_terminal = isatty(STDERR_FILENO) && !ctl->json};
	if (args->n < 2)
		return ctl_usage(ctl, "import: which folders or files?");
	int code = find_files(&import, args->word + 1);
	if (code == CTL_OK)
		code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code == CTL_OK) {
		import.doc = yyjson_mut_doc_new(NULL);
		import.refused = yyjson_mut_arr(import.doc);
		term_catch_interrupt();
		clock_gettime(CLOCK_MONOTONIC, &import.began);
		const int rc = import_all(&import);
		show(&import, 1);
		/* What was asked for and not answered must not be told to a frame that is gone. */
		code = rc < 0 ? ctl_client_failed(ctl, rc) : report(&import);
		mos_client_destroy(ctl->client);
		ctl->client = NULL;
		yyjson_mut_doc_free(import.doc);
	}
	for (size_t i = 0; i < import.n_paths; i++)
		free(import.path[i]);
	free(import.path);
	if (code == CTL_OK && term_interrupted())
		return ctl_fail(ctl, CTL_FAILED, "the same command goes on where it was", "interrupted");
	return code;
}

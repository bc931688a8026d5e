/* SPDX-License-Identifier: MIT */
/*
 * mosctl band: what is to be played. A program goes to the band as it lies on the disk. A setlist or an
 * exercise names programs by paths, which only we can follow: they are read here and sent along.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "band_verbs.h"
#include "score_verbs.h"

#define PROGRAM_MAX (1u << 20)

const char *band_kind(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && strcasecmp(dot, ".ztplay") == 0)
		return "setlist";
	return dot && strcasecmp(dot, ".ztex") == 0 ? "exercise" : "program";
}

static int is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int band_find(const char *list, const char *name, char *buf, size_t size)
{
	char *folder = realpath(list, NULL), *slash;
	int rc = -ENOENT;

	if (!folder)
		return -errno;
	if (name[0] == '/') {
		rc = (size_t)snprintf(buf, size, "%s", name) < size && is_file(buf) ? 0 : -ENOENT;
		free(folder);
		return rc;
	}
	/* Lists name programs from their own folder or from that of the whole collection. */
	while (rc < 0 && (slash = strrchr(folder, '/'))) {
		*slash = '\0';
		if ((size_t)snprintf(buf, size, "%s/%s", folder, name) < size && is_file(buf))
			rc = 0;
	}
	free(folder);
	return rc;
}

/* What is missing is told and skipped, as a player turns a page that is not there; strictly, it is an error.
 */
static int find_item(struct ctl *ctl, const char *list, const char *name, int is_strict, char *buf,
	size_t size, int *ret_is_there)
{
	char shown[256];

	*ret_is_there = band_find(list, name, buf, size) == 0;
	if (*ret_is_there)
		return CTL_OK;
	(void)printable(name, shown, sizeof(shown));
	if (is_strict)
		return ctl_fail(ctl, CTL_BAD_FILE,
			"its path counts from the list's folder, or from one above it",
			"%s: names %s, which is not there", list, shown);
	fprintf(stderr, "mosctl: %s: %s is not there: skipped\n", list, shown);
	return CTL_OK;
}

/* Programs lie one behind the other in a file beside the call. */
static int add_item(struct ctl *ctl, const char *list, const struct mos_value *from, int is_strict,
	struct band_source *to)
{
	struct band_item *item = &to->item[to->n_items];
	char path[PATH_MAX];
	int is_there, code;

	code = find_item(ctl, list, mos_get_str(from, "path", ""), is_strict, path, sizeof(path), &is_there);
	if (code != CTL_OK || !is_there)
		return code;
	const int fd = score_open_file(ctl, path, &code);
	if (fd < 0)
		return code;
	const off_t at = lseek(to->fd, 0, SEEK_END);
	struct stat st;
	int rc = at < 0 || fstat(fd, &st) < 0 ? -errno : st.st_size > PROGRAM_MAX ? -EFBIG : 0;
	if (rc == 0)
		rc = file_copy(fd, to->fd);
	(void)close(fd);
	if (rc < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, rc == -EFBIG ? "a program has at most 1 MiB" : NULL,
			"%s: %s", path, strerror(-rc));
	item->field[0] = mos_int("repeats", mos_get_int(from, "repeats", 1));
	item->field[1] = mos_int("at", at);
	item->field[2] = mos_int("bytes", lseek(to->fd, 0, SEEK_END) - at);
	to->list[to->n_items++] = mos_value_map(item->field, 3);
	return CTL_OK;
}

static int add_items(struct ctl *ctl, const char *list, const struct mos_value *items, int is_strict,
	struct band_source *to)
{
	int code = CTL_OK;

	to->item = calloc(items->len, sizeof(*to->item));
	to->list = calloc(items->len, sizeof(*to->list));
	if (!to->item || !to->list)
		return ctl_fail(ctl, CTL_FAILED, NULL, "out of memory");
	to->fd = memfd_create("setlist", MFD_CLOEXEC);
	if (to->fd < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "memfd_create: %s", strerror(errno));
	for (uint32_t i = 0; i < items->len && code == CTL_OK; i++)
		code = add_item(ctl, list, &items->u.items[i], is_strict, to);
	if (code == CTL_OK && to->n_items == 0)
		code = ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: nothing that it names is there", list);
	return code;
}

static int open_list(struct ctl *ctl, const char *path, int is_strict, struct band_source *to)
{
	int code;
	const int fd = score_open_file(ctl, path, &code);
	if (fd < 0)
		return code;
	code = band_ask(ctl, &(struct band_ask){.method = "band.setlist.check", .fd = fd}, &to->checked);
	(void)close(fd);
	if (code != CTL_OK)
		return code == CTL_FAILED ? CTL_BAD_FILE : code;
	const struct mos_value *answer = &to->checked.value, *items = mos_get(answer, "items");
	const uint32_t n = items && items->type == MOS_VALUE_LIST ? items->len : 0;
	if (band_print_issues(stderr, answer) > 0 && (is_strict || n == 0))
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: not valid", path);
	if (n == 0 || n > BAND_ITEMS_MAX)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: names %s", path,
			n ? "more than 512 programs" : "no program");
	to->is_exercise = strcmp(mos_get_str(answer, "kind", ""), "exercise") == 0;
	to->is_setlist = !to->is_exercise;
	(void)snprintf(to->title, sizeof(to->title), "%s", mos_get_str(answer, "title", ""));
	(void)snprintf(to->outfile, sizeof(to->outfile), "%s", mos_get_str(answer, "outfile", ""));
	code = add_items(ctl, path, items, is_strict, to);
	if (code != CTL_OK)
		return code;
	/* An exercise's backing is a program like any other. */
	if (to->is_exercise && to->n_items == 1)
		return CTL_OK;
	to->field[to->n_fields++] = mos_list("setlist", to->list, to->n_items);
	const struct mos_value *defaults = mos_get(answer, "defaults");
	if (defaults && defaults->type == MOS_VALUE_MAP && defaults->len > 0)
		to->field[to->n_fields++] = mos_field("defaults", *defaults);
	return CTL_OK;
}

/* A score of the store, as a file. */
static int open_score(struct ctl *ctl, const char *id, struct band_source *to)
{
	const struct mos_field field[] = {mos_str("format", "nvx1"), mos_str("score_id", id)};
	struct mos_reply reply;

	if (!score_is_id(id))
		return ctl_usage(ctl, "%s is no score's id: see mosctl score list", id);
	const int code = score_call(ctl, "hermes.score.export", field, 2, NULL, 0, &reply);
	if (code != CTL_OK)
		return code;
	if (reply.n_fds > 0) {
		to->fd = reply.fds[0];
		reply.fds[0] = -1;
	}
	mos_reply_finish(&reply);
	return to->fd >= 0 ? CTL_OK : ctl_fail(ctl, CTL_FAILED, NULL, "the answer came without a score");
}

int band_source_open(struct ctl *ctl, const struct ctl_args *args, struct band_source *ret)
{
	const char *path = args->n > 1 ? args->word[1] : NULL, *id = args->opt[BAND_FROM_SCORE];
	const char *tune = args->opt[BAND_TUNE];
	uint32_t index;
	int code = CTL_OK;

	*ret = (struct band_source){.fd = -1, .path = path};
	if (args->n > 2)
		return ctl_usage(ctl, "%s: one file: a setlist names more of them", args->word[0]);
	if (path && id)
		return ctl_usage(ctl, "%s: a file, or --score", args->word[0]);
	if (!path && !id && !args->opt[BAND_CHORDS])
		return ctl_usage(ctl, "%s: which file? or --chords \"Dm7 G7 Cmaj7\"", args->word[0]);
	if (tune && !path && !id)
		return ctl_usage(ctl, "--tune: of which book? a file, or --score");
	if (tune && (parse_uint(tune, 1'000'000, &index) < 0 || index == 0))
		return ctl_usage(ctl, "--tune: the first chart of a book is 1");
	if (tune)
		ret->field[ret->n_fields++] = mos_int("tune", index);
	if (id)
		code = open_score(ctl, id, ret);
	else if (path && strcmp(band_kind(path), "program") == 0)
		ret->fd = score_open_file(ctl, path, &code);
	else if (path)
		code = open_list(ctl, path, args->opt[BAND_STRICT] != NULL, ret);
	if (code != CTL_OK)
		band_source_finish(ret);
	return code;
}

void band_source_finish(struct band_source *source)
{
	free(source->item);
	free(source->list);
	if (source->fd >= 0)
		(void)close(source->fd);
	mos_reply_finish(&source->checked);
	*source = (struct band_source){.fd = -1};
}

/* SPDX-License-Identifier: MIT */
/*
 * mosctl band export: a folder for a DAW, ROOT/YYYY-MM-DD_HHMMSS with the MIDI file and how to import it. It
 * is made under another name and appears whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "band_verbs.h"
#include "score_verbs.h"

#define ROOT_DEFAULT "exports/daw"
#define GUIDE "IMPORT_DAW.md"
#define COLLISIONS_MAX 999

struct folder {
	char root[PATH_MAX / 4];
	char temporary[PATH_MAX / 2]; /* empty: there is none */
	char final[PATH_MAX / 2];
	char midi[NAME_MAX + 1]; /* the file's name in it */
};

/* A build that is to be the same every time says what time it is. */
static int now(struct ctl *ctl, struct tm *ret)
{
	const char *said = getenv("SOURCE_DATE_EPOCH");
	uint32_t seconds;

	if (!said) {
		const time_t t = time(NULL);
		return localtime_r(&t, ret) ? CTL_OK : ctl_fail(ctl, CTL_FAILED, NULL, "no local time");
	}
	if (parse_uint(said, UINT32_MAX, &seconds) < 0)
		return ctl_usage(ctl, "SOURCE_DATE_EPOCH: not a number of seconds: %s", said);
	const time_t t = seconds;
	return gmtime_r(&t, ret) ? CTL_OK : ctl_fail(ctl, CTL_FAILED, NULL, "no time");
}

/* mkdir -p */
static int make_root(const char *path)
{
	char part[PATH_MAX / 4];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(part, 0777) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(part, 0777) < 0 && errno != EEXIST ? -errno : 0;
}

static void discard(const struct folder *folder)
{
	char path[PATH_MAX];

	if (!folder->temporary[0])
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", folder->temporary, folder->midi);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/%s", folder->temporary, GUIDE);
	(void)unlink(path);
	(void)rmdir(folder->temporary);
}

static int begin(struct ctl *ctl, const char *root, struct folder *ret)
{
	*ret = (struct folder){0};
	if ((size_t)snprintf(ret->root, sizeof(ret->root), "%s", root) >= sizeof(ret->root) || !root[0])
		return ctl_usage(ctl, "--to: no name of a folder");
	int rc = make_root(root);
	(void)snprintf(ret->temporary, sizeof(ret->temporary), "%s/.band-XXXXXX", root);
	if (rc == 0 && !mkdtemp(ret->temporary))
		rc = -errno;
	if (rc < 0)
		ret->temporary[0] = '\0';
	return rc < 0 ? ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", root, strerror(-rc)) : CTL_OK;
}

static int put(const struct folder *folder, const char *name, int from)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", folder->temporary, name);
	return file_replace(from, path);
}

/* The folder gets its name; where that is taken, -2, -3 ... behind it. */
static int commit(struct ctl *ctl, struct folder *folder)
{
	const mode_t mask = umask(0);
	struct tm tm;
	char stamp[32];
	int rc = 0, code = now(ctl, &tm);

	(void)umask(mask);
	if (code != CTL_OK)
		return code;
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%d_%H%M%S", &tm);
	if (chmod(folder->temporary, 0777 & ~mask) < 0)
		rc = -errno;
	for (int n = 1; rc == 0; n++) {
		(void)snprintf(folder->final, sizeof(folder->final), "%s/%s", folder->root, stamp);
		if (n > 1)
			(void)snprintf(
				folder->final, sizeof(folder->final), "%s/%s-%d", folder->root, stamp, n);
		if (renameat2(AT_FDCWD, folder->temporary, AT_FDCWD, folder->final, RENAME_NOREPLACE) == 0)
			break;
		if (errno != EEXIST || n == COLLISIONS_MAX)
			rc = -errno;
	}
	if (rc < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", folder->final, strerror(-rc));
	folder->temporary[0] = '\0';
	return CTL_OK;
}

/* What stands in the guide, for people who have never imported a MIDI file. */
static int write_guide(FILE *to, const char *midi, const struct mos_value *answer)
{
	const struct mos_value *tracks = mos_get(answer, "tracks"), *injected = mos_get(answer, "injected");
	const uint32_t n = tracks && tracks->type == MOS_VALUE_LIST ? tracks->len : 0;
	char name[256];

	fprintf(to, "# %s in a DAW\n\n", printable(midi, name, sizeof(name)));
	fprintf(to,
		"## Import\n\n"
		"1. Start an empty session. Where the DAW asks, let it take tempo and meter from the file.\n"
		"2. Drag `%s` into it at bar 1, or use its command for importing MIDI.\n"
		"3. Give each track a General MIDI instrument; a sound font such as FluidR3 will do.\n\n",
		name);
	fprintf(to, "In Ardour: Session > Import, \"Add files as new tracks\", one track a file's track, "
		    "tempo map\n"
		    "from the file; then a synthesizer as plugin on each track.\n\n## Tracks\n\n");
	for (uint32_t i = 0; i < n; i++)
		if (tracks->u.items[i].type == MOS_VALUE_STR)
			fprintf(to, "- %s\n", printable(tracks->u.items[i].u.str, name, sizeof(name)));
	fprintf(to, "\nProgram changes were added on %u channel%s that had none.\n",
		injected && injected->type == MOS_VALUE_LIST ? injected->len : 0,
		injected && injected->type == MOS_VALUE_LIST && injected->len == 1 ? "" : "s");
	fprintf(to, "Channels count from 1 in most DAWs: the comp is on 1, the bass on 2, drums on 10.\n\n"
		    "## Is all well? One minute\n\n"
		    "- Bar 1 of the session is bar 1 of the music, and the click falls on its beats.\n"
		    "- Each track sounds, with an instrument of its own.\n"
		    "- Stop in the middle of a chord: nothing goes on sounding.\n"
		    "- Play to the end: silence follows.\n\n"
		    "midi_runtime_contract=v1\n");
	return fflush(to) == 0 && !ferror(to) ? 0 : -EIO;
}

static int put_guide(const struct folder *folder, const struct mos_value *answer)
{
	const int fd = memfd_create("guide", MFD_CLOEXEC);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	int rc;

	if (!to) {
		rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	rc = write_guide(to, folder->midi, answer);
	if (rc == 0)
		rc = put(folder, GUIDE, fileno(to));
	(void)fclose(to);
	return rc;
}

static int print_exported(struct ctl *ctl, const struct folder *folder, const struct mos_value *answer)
{
	if (!ctl->json) {
		printf("%s\n", folder->final);
		return CTL_OK;
	}
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = json_from_value(doc, answer);
	yyjson_mut_obj_add_strcpy(doc, root, "folder", folder->final);
	yyjson_mut_obj_add_strcpy(doc, root, "file", folder->midi);
	return json_print(doc, root);
}

static int fill(
	struct ctl *ctl, const struct ctl_args *args, const struct mos_reply *exported, const char *name)
{
	struct folder folder;
	int code = begin(ctl, args->opt[BAND_TO] ? args->opt[BAND_TO] : ROOT_DEFAULT, &folder);

	if (code != CTL_OK)
		return code;
	(void)snprintf(folder.midi, sizeof(folder.midi), "%s", name);
	int rc = exported->n_fds > 0 ? put(&folder, folder.midi, exported->fds[0]) : -EPROTO;
	if (rc == 0)
		rc = put_guide(&folder, &exported->value);
	code = rc < 0 ? ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", folder.root, strerror(-rc))
		      : commit(ctl, &folder);
	if (code == CTL_OK)
		code = print_exported(ctl, &folder, &exported->value);
	discard(&folder);
	return code;
}

/* A MIDI file as it is; anything else is made into one first. */
static int is_midi(const char *path)
{
	char begin[4] = {0};
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t n = fd < 0 ? -1 : read(fd, begin, sizeof(begin));

	if (fd >= 0)
		(void)close(fd);
	return n == sizeof(begin) && memcmp(begin, "MThd", 4) == 0;
}

/* "tune.ztprog" becomes "tune.mid"; a MIDI file keeps its name. */
static void name_midi(const struct ctl_args *args, int is_made, char *buf, size_t size)
{
	const char *slash = args->n > 1 ? strrchr(args->word[1], '/') : NULL;
	const char *base = slash ? slash + 1 : args->n > 1 ? args->word[1] : "backing";
	const char *dot = strrchr(base, '.');
	const int len = is_made && dot && dot != base ? (int)(dot - base) : (int)strlen(base);

	(void)snprintf(buf, size, "%.*s%s", len, base, is_made ? ".mid" : "");
}

static int open_midi(
	struct ctl *ctl, const struct ctl_args *args, int is_made, struct mos_reply *made, int *ret_fd)
{
	struct band_source source;
	struct band_words words;
	int code;

	if (is_made) {
		code = band_make(ctl, args, BAND_EXPORT, "band.file.create", &source, made);
		if (code != CTL_OK)
			return code;
		band_source_finish(&source);
		*ret_fd = made->n_fds > 0 ? made->fds[0] : -1;
		return CTL_OK;
	}
	code = band_words(ctl, args, BAND_EXPORT, &words);
	if (code == CTL_OK && words.n_flags + words.n_perform > 0)
		code = ctl_usage(
			ctl, "export: a MIDI file is taken as it is; only --to and --no-gm make sense");
	if (code == CTL_OK)
		*ret_fd = score_open_file(ctl, args->word[1], &code);
	if (code == CTL_OK) { /* closed with the answer it stands for */
		made->fds[0] = *ret_fd;
		made->n_fds = 1;
	}
	return code;
}

int band_export(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_field gm = mos_bool("gm", args->opt[BAND_NO_GM] == NULL);
	const int is_made = args->n < 2 || !is_midi(args->word[1]);
	struct mos_reply made = {0}, exported;
	char name[NAME_MAX + 1];
	int fd = -1, code = open_midi(ctl, args, is_made, &made, &fd);

	if (code != CTL_OK)
		return code;
	name_midi(args, is_made, name, sizeof(name));
	code = band_ask(ctl,
		&(struct band_ask){.method = "band.file.export", .more = &gm, .n_more = 1, .fd = fd},
		&exported);
	if (code == CTL_OK) {
		code = fill(ctl, args, &exported, name);
		mos_reply_finish(&exported);
	}
	mos_reply_finish(&made);
	return code;
}

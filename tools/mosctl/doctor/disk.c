/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic disk: where scores are kept, and how fast samples are read. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "doctor/doctor.h"

#define FREE_FAIL (100ull << 20)
#define FREE_WARN (1ull << 30)
#define SPEED_BYTES (32u << 20)
#define SPEED_WANTED 60.0 /* MB/s: some hundred streamed voices */
#define SAMPLES "/usr/share/sounds/sf2"

/* As services/base finds it. */
static int state_dir(const struct box *box, char *buf, size_t size)
{
	const char *dir = getenv("MOS_STATE_DIR"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (!box_is_live(box))
		n = snprintf(buf, size, "/var/lib/mos");
	else if (dir && *dir)
		n = snprintf(buf, size, "%s", dir);
	else if (xdg && *xdg)
		n = snprintf(buf, size, "%s/mos", xdg);
	else if (home && *home)
		n = snprintf(buf, size, "%s/.local/state/mos", home);
	else
		n = snprintf(buf, size, "/var/lib/mos");
	return n > 0 && (size_t)n < size && buf[0] == '/' ? 0 : -ENAMETOOLONG;
}

/* What is not there yet is made in the nearest folder above that is. */
static void nearest(char *path)
{
	while (access(path, F_OK) < 0) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path) {
			strcpy(path, "/");
			return;
		}
		*slash = '\0';
	}
}

static void check_free(struct doctor *d)
{
	char path[PATH_MAX];
	struct statvfs fs;
	unsigned long long bytes;

	if (state_dir(&d->box, path, sizeof(path)) < 0) {
		found(d, FAIL, "unset MOS_STATE_DIR", "the state directory is no absolute path");
		return;
	}
	nearest(path);
	if (statvfs(path, &fs) < 0) {
		found(d, WARN, NULL, "%s: %s", path, strerror(errno));
		return;
	}
	bytes = (unsigned long long)fs.f_bavail * fs.f_frsize;
	if (bytes < FREE_FAIL)
		found(d, FAIL, "du -xh --max-depth=2 ~ | sort -h | tail (who has it)",
			"%llu MiB are left for scores and recordings", bytes >> 20);
	else if (bytes < FREE_WARN)
		found(d, WARN, "du -xh --max-depth=2 ~ | sort -h | tail (who has it)",
			"%llu MiB are left for scores and recordings", bytes >> 20);
	else
		found(d, OK, NULL, "%.1f GiB are left for scores and recordings",
			(double)bytes / (double)(1u << 30));
}

static void check_state(struct doctor *d)
{
	char path[PATH_MAX], above[PATH_MAX], hint[PATH_MAX + 64];

	if (state_dir(&d->box, path, sizeof(path)) < 0)
		return; /* disk.free has said it */
	strcpy(above, path);
	nearest(above);
	if (access(above, W_OK | X_OK) == 0)
		found(d, OK, NULL, "%s%s", path, strcmp(path, above) ? " (is made when it is needed)" : "");
	else
		found(d, FAIL, BOX_PATH(hint, "sudo chown -R $USER %s; or: export MOS_STATE_DIR=...", path),
			"%s: %s: no score can be kept", above, strerror(errno));
}

struct mount {
	char point[512], type[32], options[256];
};

/* The mount that a path lies on, of /proc/self/mountinfo: "36 35 98:0 /root /point opts - type source
 * superopts". */
static int find_mount(const struct box *box, const char *path, struct mount *ret)
{
	static char text[BOX_TEXT_MAX];
	size_t best = 0;

	if (box_text_private(box, "/proc/self/mountinfo", text, sizeof(text)) < 0)
		return -ENOENT;
	for (char *rest, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct mount m = {0};
		const char *dash = strstr(line, " - ");
		size_t len;

		if (!dash || sscanf(line, "%*s %*s %*s %*s %511s %127s", m.point, m.options) != 2 ||
			sscanf(dash + 3, "%31s %*s %127s", m.type, m.options + strlen(m.options) + 1) < 1)
			continue;
		len = strlen(m.point);
		if (strcmp(m.point, "/") != 0 &&
			(strncmp(path, m.point, len) != 0 || (path[len] != '/' && path[len] != '\0')))
			continue;
		if (len < best)
			continue;
		best = len;
		m.options[strlen(m.options)] = ','; /* both lists as one */
		*ret = m;
	}
	return best ? 0 : -ENOENT;
}

static void check_filesystem(struct doctor *d)
{
	static const char *const far[] = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "ceph"};
	char path[PATH_MAX];
	struct mount m;

	if (state_dir(&d->box, path, sizeof(path)) < 0 || find_mount(&d->box, path, &m) < 0) {
		found(d, INFO, NULL, "not told here");
		return;
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		if (strcmp(m.type, far[i]) != 0)
			continue;
		found(d, WARN, "export MOS_STATE_DIR=DIR on a disk of this machine",
			"scores lie on %s: another machine is waited for at each save", m.type);
		return;
	}
	if (box_has_word(m.options, "ro"))
		found(d, FAIL, "sudo mount -o remount,rw FOLDER; dmesg | tail says why it is so",
			"scores lie on a %s that is mounted read-only", m.type);
	else if (box_has_word(m.options, "sync"))
		found(d, WARN, "take sync out of /etc/fstab",
			"%s, mounted with sync: each byte is waited for", m.type);
	else if (!strcmp(m.type, "tmpfs") || !strcmp(m.type, "overlay"))
		found(d, INFO, "export MOS_STATE_DIR=DIR on a disk", "%s: scores are gone with %s", m.type,
			!strcmp(m.type, "tmpfs") ? "the next boot" : "this container");
	else
		found(d, OK, NULL, "%s%s", m.type,
			box_has_word(m.options, "relatime") || box_has_word(m.options, "noatime")
				? ""
				: ", writing a time at each read");
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Around the page cache; at most a second, or SPEED_BYTES. @return MB/s; -errno. */
static double read_rate(const char *path)
{
	const size_t piece = 1u << 20;
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	double begin, took = 0;
	size_t done = 0;
	void *buf;

	if (fd < 0)
		return -errno;
	if (posix_memalign(&buf, 4096, piece) != 0) {
		close(fd);
		return -ENOMEM;
	}
	begin = seconds();
	while (done < SPEED_BYTES && took < 1) {
		ssize_t n = read(fd, buf, piece);

		if (n <= 0)
			break;
		done += (size_t)n;
		took = seconds() - begin;
	}
	free(buf);
	close(fd);
	return done >= piece && took > 0 ? (double)done / 1e6 / took : -ENODATA;
}

static void check_speed(struct doctor *d)
{
	static struct box_names files;
	char path[160];
	double rate = -ENOENT;

	(void)box_names(&d->box, SAMPLES, "", &files);
	for (unsigned int i = 0; i < files.n && rate < 0; i++)
		rate = read_rate(BOX_PATH(path, SAMPLES "/%s", files.name[i]));
	if (rate < 0)
		found(d, INFO, NULL, "no sample to read by itself: %s", strerror((int)-rate));
	else if (rate < SPEED_WANTED)
		found(d, WARN, "put sound fonts on a faster disk, or use some that fit into memory",
			"samples are read at %.0f MB/s, wanted %.0f: voices may fade", rate, SPEED_WANTED);
	else
		found(d, OK, NULL, "samples are read at %.0f MB/s", rate);
}

const struct check disk_checks[] = {
	{"disk.free", "On a full disk no score is saved.", check_free, 1},
	{"disk.state", "Scores, settings and what widgets keep lie in the state directory.", check_state, 1},
	{"disk.filesystem", "Each save waits for the disk.", check_filesystem, 0},
	{"disk.speed", "Long samples are read while they sound.", check_speed, 1},
	{0},
};

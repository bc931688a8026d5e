/* SPDX-License-Identifier: MIT */
/* What the widget gets to see is opened first, then root gives its rights up. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

/* Users that nobody has: those that systemd gives to services for their time of life. */
#define USER_FIRST 61184u
#define USERS 4336u
#define STAGE "/tmp" /* bubblewrap needs it too */

/** The same user for the same widget each time, so that what it wrote stays its own (FNV-1a). */
static uid_t user_of(const char *id)
{
	uint32_t hash = 2166136261u;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619u;
	return USER_FIRST + hash % USERS;
}

static int open_dir(const char *path, const char *option)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? complain("%s: cannot open %s: %s", option, path, strerror(errno)) : fd;
}

/** The component's path in the folder, links followed, so that it cannot lead out of it. */
static int find_component(struct sandbox *box)
{
	char folder[PATH_MAX], path[PATH_MAX], in_folder[2 * PATH_MAX];
	size_t len;

	if (!realpath(box->folder, folder))
		return complain("--folder: %s: %s", box->folder, strerror(errno));
	(void)snprintf(in_folder, sizeof(in_folder), "%s/%s", folder, box->component);
	if (!realpath(box->component[0] == '/' ? box->component : in_folder, path) &&
		!realpath(box->component, path))
		return complain("--component: %s: %s", box->component, strerror(errno));
	len = strlen(folder);
	if (strncmp(path, folder, len) != 0 || path[len] != '/')
		return complain("--component: %s is not in %s", box->component, box->folder);
	(void)strcpy(box->component_path, path + len + 1);
	return 0;
}

/** Seen at its own path, it may not lie over what the sandbox itself has there. */
static int find_own(struct sandbox *box)
{
	static const char *const taken[] = {"/usr", "/etc", "/proc", "/dev", "/lib", "/lib64", "/bin",
		"/sbin", INSIDE_FOLDER, INSIDE_LIBRARY, INSIDE_SELF};

	if (!realpath(box->own, box->own_path))
		return complain("--own: %s: %s", box->own, strerror(errno));
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		size_t len = strlen(taken[i]);

		if (strncmp(box->own_path, taken[i], len) == 0 &&
			(box->own_path[len] == '/' || box->own_path[len] == '\0'))
			return complain("--own: not under %s", taken[i]);
	}
	if (box->own_path[1] == '\0')
		return complain("--own: not the whole machine");
	box->own_fd = open_dir(box->own_path, "--own");
	return box->own_fd < 0 ? -1 : 0;
}

/** Show what root may reach and the user may not, because of a directory above it, at a place that he may. */
static int stage(int *fd, const char *name)
{
	char from[64], to[64];
	int made;

	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", *fd);
	(void)snprintf(to, sizeof(to), STAGE "/%s", name);
	made = name[0] == 's' ? mknod(to, S_IFREG | 0600, 0) : mkdir(to, 0700);
	if (made < 0 || mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		return complain("cannot bind %s: %s", name, strerror(errno));
	(void)close(*fd);
	*fd = open(to, O_PATH | O_CLOEXEC);
	return *fd < 0 ? complain("cannot open %s: %s", to, strerror(errno)) : 0;
}

/** In a mount namespace of our own already: nobody else sees it. */
static int stage_all(struct sandbox *box)
{
	char name[32];
	int r = 0;

	if (mount("none", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k") < 0)
		return complain("cannot mount on " STAGE ": %s", strerror(errno));
	r = stage(&box->self_fd, "self");
	if (r == 0 && box->folder)
		r = stage(&box->folder_fd, "folder");
	if (r == 0 && box->own)
		r = stage(&box->own_fd, "own");
	for (unsigned int i = 0; i < box->n_library && r == 0; i++) {
		(void)snprintf(name, sizeof(name), "library%u", i);
		r = stage(&box->library_fd[i], name);
	}
	return r;
}

static int become_nobody(const struct sandbox *box)
{
	uid_t user = user_of(box->id);
	char path[64];
	struct stat status;

	if (box->own_fd >= 0) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", box->own_fd);
		if (stat(path, &status) < 0 || (status.st_uid != user && chown(path, user, user) < 0))
			return complain(
				"--own: cannot give %s to user %u: %s", box->own, user, strerror(errno));
	}
	if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0)
		return complain("cannot become user %u: %s", user, strerror(errno));
	return 0;
}

/** What is mounted from now on is nobody else's. */
static int leave_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return complain("%s: %s",
			errno == EINVAL ? "the root is no mount point (a chroot? bind it to itself first)"
					: "root without the right to mount (a container?)",
			strerror(errno));
	return 0;
}

int sandbox_open(struct sandbox *box)
{
	const bool root = geteuid() == 0;
	char self[PATH_MAX];
	ssize_t n;

	if (root && leave_mounts() < 0)
		return -1;
	/* By its path: what the link leads to belongs to the mounts that root has left. */
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	box->self_fd = open(self, O_PATH | O_CLOEXEC);
	if (box->self_fd < 0)
		return complain("cannot open myself, %s: %s", self, strerror(errno));
	if (box->folder) {
		if (box->component && find_component(box) < 0)
			return -1;
		box->folder_fd = open_dir(box->folder, "--folder");
		if (box->folder_fd < 0)
			return -1;
	}
	if (box->own && find_own(box) < 0)
		return -1;
	for (unsigned int i = 0; i < box->n_library; i++) {
		box->library_fd[i] = open_dir(box->library[i], "--library");
		if (box->library_fd[i] < 0)
			return -1;
	}
	if (root && (stage_all(box) < 0 || become_nobody(box) < 0))
		return -1;
	if (box->component && faccessat(box->folder_fd, box->component_path, R_OK | X_OK, AT_EACCESS) < 0) {
		const int error = errno;

		(void)complain("hint: chmod -R a+rX %s, and chmod a+x the program", box->folder);
		return complain("user %u may not run %s in %s: %s", geteuid(), box->component_path,
			box->folder, strerror(error));
	}
	return 0;
}

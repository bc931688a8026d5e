/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic sandbox: what widgets are held by. Without it they are not started, but for control
 * groups. */
#include <errno.h>
#include <limits.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/doctor.h"

static void check_bubblewrap(struct doctor *d)
{
	const char *const argv[] = {"bwrap", "--version", NULL};
	char version[64];
	int major = 0, minor = 0;

	if (box_program(&d->box, "bwrap", argv, version, sizeof(version)) < 0) {
		found(d, FAIL, "sudo apt install bubblewrap", "not installed: no widget starts");
		return;
	}
	version[strcspn(version, "\n")] = '\0';
	if (sscanf(version, "bubblewrap %d.%d", &major, &minor) == 2 && (major > 0 || minor >= 4))
		found(d, OK, NULL, "%s", version);
	else
		found(d, WARN, "sudo apt install --upgrade bubblewrap", "%s: older than any that was tested",
			version);
}

/* Made and left at once, in a process of its own. @return 0, -errno. */
static int try_user_namespace(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) == 0 ? 0
											      : errno & 0x7f);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static void check_namespaces(struct doctor *d)
{
	int rc = try_user_namespace();

	if (rc == 0)
		found(d, OK, NULL, "user, mount, pid and network namespaces can be made");
	else
		found(d, FAIL,
			"sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1; "
			"with AppArmor kernel.apparmor_restrict_unprivileged_userns=0; not in a chroot",
			"cannot be made: %s: no widget starts, nor do the user units of MOS, which make "
			"some of their own (mos-session does)",
			strerror(-rc));
}

static void check_seccomp(struct doctor *d)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		found(d, OK, NULL, "system calls can be filtered");
	else
		found(d, FAIL, "boot a kernel with CONFIG_SECCOMP_FILTER",
			"system calls cannot be filtered: %s: no widget starts", strerror(errno));
}

static void check_landlock(struct doctor *d)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version > 0)
		found(d, OK, NULL, "version %ld", version);
	else
		found(d, FAIL, "boot with lsm=landlock,... (CONFIG_SECURITY_LANDLOCK)",
			"files cannot be closed off: %s: no widget starts", strerror(errno));
}

/* The line of /proc/self/cgroup that begins with "0::" is ours in version 2. @return 0, -errno. */
static int own_cgroup(const struct box *box, char *buf, size_t size)
{
	char text[4096];

	if (box_text_private(box, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return -ENOENT;
	for (char *rest, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "0::", 3) == 0)
			return (size_t)snprintf(buf, size, "/sys/fs/cgroup%s", line + 3) < size
				       ? 0
				       : -ENAMETOOLONG;
	}
	return -ENOENT;
}

static void check_cgroup(struct doctor *d)
{
	static const char hint[] = "systemctl --user enable --now mos.target (its broker has Delegate=yes)";
	char dir[512], path[560], have[256] = "";

	if (own_cgroup(&d->box, dir, sizeof(dir)) < 0) {
		found(d, WARN, "boot with systemd.unified_cgroup_hierarchy=1",
			"no version 2: widgets are limited by rlimits only");
		return;
	}
	(void)box_line(&d->box, BOX_PATH(path, "%s/cgroup.controllers", dir), have, sizeof(have));
	if (!box_has_word(have, "memory") || !box_has_word(have, "pids"))
		found(d, WARN, hint,
			"no memory and pids controllers here (%s): widgets that are started "
			"from here are limited by rlimits only",
			have[0] ? have : "none");
	else if (box_is_live(&d->box) && access(dir, W_OK) < 0)
		found(d, WARN, hint, "%s: %s: widgets that are started from here are limited by rlimits only",
			dir, strerror(errno));
	else
		found(d, OK, NULL, "%s, with %s", dir, have);
}

/* Notices come first, the reason last. */
static const char *last_line(char *text)
{
	size_t len = strlen(text);
	char *begin;

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	begin = strrchr(text, '\n');
	return begin ? begin + 1 : text;
}

/* All of it together, as the broker does it. */
static void check_trial(struct doctor *d)
{
	char path[PATH_MAX], out[1024], err[512], hint[PATH_MAX + 32];
	const char *const argv[] = {path, "--print", NULL};

	if (program_find("mos-sandbox", path, sizeof(path)) < 0) {
		found(d, FAIL, "install MOS again", "mos-sandbox is not there: no widget starts");
		return;
	}
	if (program_run(argv, &(struct program_says){out, sizeof(out), err, sizeof(err)}) == 0) {
		found(d, OK, NULL, "one was made for trial, and holds");
		return;
	}
	found(d, FAIL, BOX_PATH(hint, "%s --print", path), "no widget starts: %s", last_line(err));
}

const struct check sandbox_checks[] = {
	{"sandbox.bubblewrap", "It puts widgets into namespaces of their own.", check_bubblewrap, 0},
	{"sandbox.namespaces", "In theirs, widgets see neither files nor network.", check_namespaces, 1},
	{"sandbox.seccomp", "It limits the system calls that widgets may make.", check_seccomp, 1},
	{"sandbox.landlock", "It closes files off from inside.", check_landlock, 1},
	{"sandbox.cgroup", "Control groups bound what widgets take of memory and time.", check_cgroup, 0},
	{"sandbox.trial", "All of it together, as the broker does it.", check_trial, 1},
	{0},
};

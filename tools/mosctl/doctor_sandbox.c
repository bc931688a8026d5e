/* SPDX-License-Identifier: MIT */
/* mosctl doctor: what widgets are held by. Without these they are not started at all, but for control groups.
 */
#include <errno.h>
#include <limits.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

static void check_bubblewrap(struct report *r)
{
	const char *const argv[] = {"bwrap", "--version", NULL};
	char version[64], err[64];

	if (program_run(argv, &(struct program_says){version, sizeof(version), err, sizeof(err)}) != 0) {
		found(r, "bubblewrap", FAIL, "sudo apt install bubblewrap",
			"not installed: no widget starts");
		return;
	}
	version[strcspn(version, "\n")] = '\0';
	found(r, "bubblewrap", OK, NULL, "%s", version);
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

static void check_namespaces(struct report *r)
{
	int rc = try_user_namespace();

	if (rc == 0)
		found(r, "namespaces", OK, NULL, "user, mount, pid and network namespaces can be made");
	else
		found(r, "namespaces", FAIL,
			"sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1; "
			"with AppArmor kernel.apparmor_restrict_unprivileged_userns=0; not in a chroot",
			"cannot be made: %s: no widget starts", strerror(-rc));
}

static void check_seccomp(struct report *r)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		found(r, "seccomp", OK, NULL, "system calls can be filtered");
	else
		found(r, "seccomp", FAIL, "boot a kernel with CONFIG_SECCOMP_FILTER",
			"system calls cannot be filtered: %s: no widget starts", strerror(errno));
}

static void check_landlock(struct report *r)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version > 0)
		found(r, "landlock", OK, NULL, "version %ld", version);
	else
		found(r, "landlock", FAIL, "boot with lsm=landlock,... (CONFIG_SECURITY_LANDLOCK)",
			"files cannot be closed off: %s: no widget starts", strerror(errno));
}

/* The last line of /proc/self/cgroup that begins with "0::" is ours in version 2. @return 0, -errno. */
static int own_cgroup(char *buf, size_t size)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[512];
	int rc = -ENOENT;

	if (!f)
		return -errno;
	while (rc < 0 && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0)
			rc = (size_t)snprintf(buf, size, "/sys/fs/cgroup%s", line + 3) < size ? 0
											      : -ENAMETOOLONG;
	}
	fclose(f);
	return rc;
}

static int has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len) {
		if ((at == text || at[-1] == ' ') && (at[len] == ' ' || !at[len] || at[len] == '\n'))
			return 1;
	}
	return 0;
}

static void check_cgroup(struct report *r)
{
	static const char hint[] = "systemctl --user enable --now mos.target (its broker has Delegate=yes)";
	char dir[512], path[560], have[256] = "";
	FILE *f;

	if (own_cgroup(dir, sizeof(dir)) < 0) {
		found(r, "cgroup", WARN, "boot with systemd.unified_cgroup_hierarchy=1",
			"no version 2: widgets are limited by rlimits only");
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/cgroup.controllers", dir);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(have, sizeof(have), f))
			have[0] = '\0';
		fclose(f);
	}
	have[strcspn(have, "\n")] = '\0';
	if (!has_word(have, "memory") || !has_word(have, "pids"))
		found(r, "cgroup", WARN, hint,
			"no memory and pids controllers here (%s): widgets that are started "
			"from here are limited by rlimits only",
			have[0] ? have : "none");
	else if (access(dir, W_OK) < 0)
		found(r, "cgroup", WARN, hint,
			"%s: %s: widgets that are started from here are limited by rlimits only", dir,
			strerror(errno));
	else
		found(r, "cgroup", OK, NULL, "%s, with %s", dir, have);
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
static void check_trial(struct report *r)
{
	char path[PATH_MAX], out[1024], err[512];
	const char *const argv[] = {path, "--print", NULL};

	if (program_find("mos-sandbox", path, sizeof(path)) < 0) {
		found(r, "sandbox", FAIL, "install MOS again", "mos-sandbox is not there: no widget starts");
		return;
	}
	if (program_run(argv, &(struct program_says){out, sizeof(out), err, sizeof(err)}) == 0) {
		found(r, "sandbox", OK, NULL, "one was made for trial, and holds");
		return;
	}
	found(r, "sandbox", FAIL, "mos-sandbox --print says more", "no widget starts: %s", last_line(err));
}

void check_sandbox(struct report *r)
{
	check_bubblewrap(r);
	check_namespaces(r);
	check_seccomp(r);
	check_landlock(r);
	check_cgroup(r);
	check_trial(r);
}

/* SPDX-License-Identifier: MIT */
/*
 * Limits around foreign code. It is code that the user has installed, so this is no prison: it keeps a plugin
 * with a fault, or one that is rude, from harming what plays. Its process ends with rtcore; it starts no
 * other process, signals none, opens no socket; it cannot eat all memory, nor hold a processor with real-time
 * priority.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fxhost.h"

#define MEMORY_MAX (UINT64_C(1) << 30)
#define BUSY_US 400000u /* at real-time priority without waiting once */

/* AddressSanitizer reserves terabytes. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_WATCHED 1
#elif defined(__has_feature)
#define IS_WATCHED __has_feature(address_sanitizer)
#else
#define IS_WATCHED 0
#endif

#if IS_WATCHED
#include <sanitizer/lsan_interface.h>

static int is_guarded;

/* The leak finder starts a process. */
int __lsan_is_turned_off(void)
{
	return is_guarded;
}
#endif

static const char *const forbidden[] = {"fork", "vfork", "execve", "execveat", "socket", "connect", "bind",
	"listen", "ptrace", "process_vm_writev", "process_vm_readv", "pidfd_open", "pidfd_send_signal",
	"pidfd_getfd", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "io_uring_setup",
	"perf_event_open", "bpf", "mount", "unshare", "setns", "reboot", "setpgid", "setsid"};

static int limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit lim = {0};

	(void)getrlimit((__rlimit_resource_t)resource, &lim);
	lim.rlim_cur = soft < lim.rlim_max ? soft : lim.rlim_max;
	lim.rlim_max = hard < lim.rlim_max ? hard : lim.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &lim) < 0 ? -errno : 0;
}

static int filter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = 0;

	if (!ctx)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]) && r == 0; i++) {
		int call = seccomp_syscall_resolve_name(forbidden[i]);

		if (call != __NR_SCMP_ERROR)
			r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 0);
	}
	/* threads are fine, processes are not; clone3() hides its flags, and without it the C library uses
	 * clone() */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	if (r == 0) /* signals only to itself */
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
			SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid()));
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r;
}

int guard_enter(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	(void)limit(RLIMIT_CORE, 0, 0);
	(void)limit(RLIMIT_NOFILE, 256, 256);
	(void)limit(RLIMIT_RTTIME, BUSY_US, 2 * BUSY_US); /* at the hard limit it is killed, and nobody knows why */
#if IS_WATCHED
	is_guarded = 1;
#else
	(void)limit(RLIMIT_AS, MEMORY_MAX, MEMORY_MAX);
#endif
	return filter();
}

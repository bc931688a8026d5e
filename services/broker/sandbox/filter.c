/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a widget. What is not on the list fails with EPERM, as if it had no right; what only
 * somebody asks for who wants to get out ends the widget on the spot. Only the machine's own calling
 * convention exists.
 *
 * A widget's descriptors are all given to it: it reads and writes sockets and never makes one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox.h"

/* Files, where landlock and the mounts let it. */
static const char *const files[] = {"access", "chdir", "chmod", "close", "close_range", "copy_file_range",
	"creat", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir",
	"fchmod", "fchmodat", "fchmodat2", "fdatasync", "fgetxattr", "flistxattr", "flock", "fstat",
	"fstatfs", "fsync", "ftruncate", "futimesat", "getcwd", "getdents", "getdents64", "getxattr",
	"lgetxattr", "link", "linkat", "listxattr", "llistxattr", "lseek", "lstat", "mkdir", "mkdirat",
	"newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pread64", "preadv", "preadv2",
	"pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "rename",
	"renameat", "renameat2", "rmdir", "sendfile", "splice", "stat", "statfs", "statx", "symlink",
	"symlinkat", "sync_file_range", "truncate", "umask", "unlink", "unlinkat", "utime", "utimensat",
	"utimes", "write", "writev"};

/* What it was given. */
static const char *const given[] = {"getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg",
	"recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown"};

/* Waiting. */
static const char *const waiting[] = {"alarm", "clock_getres", "clock_gettime", "clock_nanosleep",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd",
	"eventfd2", "getitimer", "gettimeofday", "nanosleep", "pause", "poll", "ppoll", "pselect6", "select",
	"setitimer", "signalfd", "signalfd4", "time", "timer_create", "timer_delete", "timer_getoverrun",
	"timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime"};

/* Memory. */
static const char *const memory[] = {"brk", "madvise", "membarrier", "mincore", "mlock", "mlock2", "mlockall",
	"mprotect", "mremap", "msync", "munlock", "munlockall", "munmap"};

/* Processes and threads of its own. */
static const char *const processes[] = {"arch_prctl", "execve", "exit", "exit_group", "fork", "futex",
	"futex_requeue", "futex_wait", "futex_waitv", "futex_wake", "get_robust_list", "getcpu", "getegid",
	"geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getpriority",
	"getrandom", "getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "gettid", "getuid", "kill",
	"pidfd_open", "pidfd_send_signal", "prlimit64", "restart_syscall", "riscv_flush_icache",
	"riscv_hwprobe", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
	"rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sched_get_priority_max",
	"sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
	"sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity", "sched_yield", "set_robust_list",
	"set_tid_address", "setpgid", "setpriority", "setrlimit", "setsid", "sigaltstack", "sysinfo",
	"tgkill", "times", "tkill", "uname", "vfork", "wait4", "waitid"};

/* The inner stage; whoever calls it again only loses more. */
static const char *const inner[] = {"landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self"};

static const char *const deadly[] = {"acct", "add_key", "bpf", "chroot", "clock_adjtime", "clock_settime",
	"create_module", "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen",
	"fspick", "init_module", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl",
	"lookup_dcookie", "mount", "mount_setattr", "move_mount", "move_pages", "name_to_handle_at",
	"nfsservctl", "open_by_handle_at", "open_tree", "open_tree_attr", "perf_event_open", "pidfd_getfd",
	"pivot_root", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl",
	"quotactl_fd", "reboot", "request_key", "setns", "settimeofday", "swapoff", "swapon", "syslog",
	"umount", "umount2", "unshare", "uselib", "userfaultfd", "vhangup"};

static const char *const uring[] = {"io_uring_enter", "io_uring_register", "io_uring_setup"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
	const char *const *names;
	size_t n;
} allowed[] = {
	{files, COUNT(files)},
	{given, COUNT(given)},
	{waiting, COUNT(waiting)},
	{memory, COUNT(memory)},
	{processes, COUNT(processes)},
	{inner, COUNT(inner)},
};

/* Tells and settings of itself. PR_SET_DUMPABLE would hide it from the watch. */
static const int prctl_allowed[] = {PR_CAPBSET_READ, PR_GET_DUMPABLE, PR_GET_NAME, PR_GET_NO_NEW_PRIVS,
	PR_GET_PDEATHSIG, PR_GET_SECCOMP, PR_GET_TIMERSLACK, PR_SET_NAME, PR_SET_NO_NEW_PRIVS,
	PR_SET_PDEATHSIG, PR_SET_TIMERSLACK, PR_SET_VMA};

/* No leases: they make others wait who open the file. No signals about it, and pipes as large as they are. */
static const int fcntl_allowed[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK,
	F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GETOWN, F_GETPIPE_SZ, F_ADD_SEALS,
	F_GET_SEALS};

#define TCGETS2_NUMBER 0x802c542aul /* not in glibc's headers */
static const unsigned long ioctl_allowed[] = {
	FIOCLEX, FIONBIO, FIONCLEX, FIONREAD, TCGETS, TCGETS2_NUMBER, TIOCGWINSZ, TIOCGPGRP};
/* They type into a terminal, or take it. */
static const unsigned long ioctl_deadly[] = {TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS};

static const unsigned long namespaces[] = {
	CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		/* Not on this architecture, or newer than the library: the default holds. */
		if (call != __NR_SCMP_ERROR)
			r = seccomp_rule_add_array(filter, action, call, 0, NULL);
	}
	return r;
}

/** Argument `arg` has these bits, of those in the mask. The kernel looks at the lower half of an int's
 * register. */
static int add_masked(
	scmp_filter_ctx filter, uint32_t action, int call, unsigned int arg, uint64_t mask, uint64_t bits)
{
	return seccomp_rule_add(filter, action, call, 1, SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, bits));
}

static int add_clone(scmp_filter_ctx filter)
{
	uint64_t all = 0;
	int r = 0;

	for (size_t i = 0; i < COUNT(namespaces) && r == 0; i++) {
		all |= namespaces[i];
		r = add_masked(
			filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 0, namespaces[i], namespaces[i]);
	}
	if (r == 0)
		r = add_masked(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0, all, 0);
	/* Its flags lie in memory, where no filter sees them; libc takes clone() then. */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

static int add_arguments(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(prctl_allowed) && r == 0; i++)
		r = add_masked(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0, UINT32_MAX, (uint32_t)prctl_allowed[i]);
	for (size_t i = 0; i < COUNT(fcntl_allowed) && r == 0; i++)
		r = add_masked(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, UINT32_MAX, (uint32_t)fcntl_allowed[i]);
	for (size_t i = 0; i < COUNT(ioctl_allowed) && r == 0; i++)
		r = add_masked(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, UINT32_MAX, ioctl_allowed[i]);
	for (size_t i = 0; i < COUNT(ioctl_deadly) && r == 0; i++)
		r = add_masked(
			filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(ioctl), 1, UINT32_MAX, ioctl_deadly[i]);
	/* Memory that is shared and has no file can be let go of and still be there: nobody could count it.
	 * Huge pages are in no count either. */
	if (r == 0)
		r = add_masked(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3, MAP_ANONYMOUS, 0);
	if (r == 0)
		r = add_masked(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3, MAP_SHARED | MAP_HUGETLB, 0);
	return r;
}

static int fill(scmp_filter_ctx filter, bool allow_uring, bool allow_memfd)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r == 0)
		r = seccomp_attr_set(
			filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: some 8 steps instead of 300 */
	for (size_t i = 0; i < COUNT(allowed) && r == 0; i++)
		r = add_names(filter, SCMP_ACT_ALLOW, allowed[i].names, allowed[i].n);
	if (r == 0)
		r = add_names(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	if (r == 0)
		r = add_names(
			filter, allow_uring ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS, uring, COUNT(uring));
	if (r == 0 && allow_memfd)
		r = add_masked(filter, SCMP_ACT_ALLOW, SCMP_SYS(memfd_create), 1, MFD_HUGETLB, 0);
	if (r == 0)
		r = add_clone(filter);
	return r < 0 ? r : add_arguments(filter);
}

int filter_make(bool allow_uring, bool allow_memfd)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = -ENOMEM, fd = memfd_create("mos-sandbox-filter", MFD_CLOEXEC);

	if (filter && fd >= 0)
		r = fill(filter, allow_uring, allow_memfd);
	if (r == 0)
		r = seccomp_export_bpf(filter, fd);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	seccomp_release(filter);
	if (r < 0) {
		if (fd >= 0)
			(void)close(fd);
		return complain("cannot make the filter of system calls: %s", strerror(-r));
	}
	return fd;
}

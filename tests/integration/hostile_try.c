/* SPDX-License-Identifier: MIT */
/*
 * A widget that tries to get out, one way a call:
 *
 *     hostile_try ATTEMPT [ARG]
 *
 * says what came of it. Exit code 0: refused, with the error's name; 1: IT GOT THROUGH; 64: no such attempt.
 * Many attempts end the process.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT 256 /* descriptors that a widget may have */

/** Anything but -1 is a success of the attempt. */
typedef long (*attempt_fn)(const char *arg);

static long open_read(const char *arg)
{
	return open(arg, O_RDONLY | O_CLOEXEC);
}

static long open_write(const char *arg)
{
	return open(arg, O_WRONLY | O_CLOEXEC);
}

static long create(const char *arg)
{
	return open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long try_ptrace(const char *arg)
{
	return ptrace(PTRACE_ATTACH, arg ? atoi(arg) : getppid(), NULL, NULL);
}

static long vm_read(const char *arg)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)&try_ptrace, 1};

	return process_vm_readv(arg ? atoi(arg) : getppid(), &here, 1, &there, 1, 0);
}

static long vm_write(const char *arg)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return process_vm_writev(getppid(), &here, 1, &there, 1, 0);
}

static long socket_inet(const char *arg)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long socket_unix(const char *arg)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static long socket_netlink(const char *arg)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long socket_pair(const char *arg)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

/** ARG: a path, or @NAME in the abstract name space. With a socket of its own, or with the one it was born
 * with. */
static long connect_to(const char *arg)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *born = getenv("MOS_WIDGET_FD");
	int fd = born ? atoi(born) : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)strncpy(address.sun_path, arg, sizeof(address.sun_path) - 1);
	if (arg[0] == '@')
		address.sun_path[0] = '\0';
	return connect(fd, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(arg)));
}

static long try_mount(const char *arg)
{
	return mount("none", "/widget", "tmpfs", 0, NULL);
}

static long try_umount(const char *arg)
{
	return umount2("/usr", MNT_DETACH);
}

static long new_mount_api(const char *arg)
{
	return syscall(SYS_fsopen, "tmpfs", 0);
}

static long try_pivot(const char *arg)
{
	return syscall(SYS_pivot_root, ".", ".");
}

static long try_chroot(const char *arg)
{
	return chroot("/widget");
}

static long unshare_user(const char *arg)
{
	return unshare(CLONE_NEWUSER);
}

static long unshare_files(const char *arg)
{
	return unshare(CLONE_NEWNS);
}

static long clone_user(const char *arg)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long clone3_user(const char *arg)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_setns(const char *arg)
{
	return setns(open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC), CLONE_NEWNS);
}

static long uring(const char *arg)
{
	struct io_uring_params params = {0};

	return syscall(SYS_io_uring_setup, 8, &params);
}

static long bpf_map(const char *arg)
{
	struct {
		uint32_t type, key_size, value_size, max_entries, flags;
	} map = {2 /* array */, 4, 4, 1, 0};

	return syscall(SYS_bpf, 0 /* create a map */, &map, sizeof(map));
}

static long perf(const char *arg)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static long fault_fd(const char *arg)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* user mode only */);
}

static long keys(const char *arg)
{
	return syscall(SYS_keyctl, 0 /* the session's keyring */, -3, 0);
}

static long add_key(const char *arg)
{
	return syscall(SYS_add_key, "user", "mos", "x", 1, -3);
}

static long handle_of(const char *arg)
{
	struct {
		struct file_handle head;
		char bytes[128];
	} handle = {.head.handle_bytes = 128};
	int mount_id;

	return name_to_handle_at(AT_FDCWD, "/", &handle.head, &mount_id, 0);
}

static long open_handle(const char *arg)
{
	struct {
		struct file_handle head;
		char bytes[8];
	} handle = {.head.handle_bytes = 8, .head.handle_type = 1};

	return open_by_handle_at(open("/", O_PATH | O_CLOEXEC), &handle.head, O_RDONLY);
}

static long module(const char *arg)
{
	return syscall(SYS_init_module, "", 0, "");
}

static long kexec(const char *arg)
{
	return syscall(SYS_kexec_load, 0, 0, NULL, 0);
}

static long kernel_log(const char *arg)
{
	return syscall(SYS_syslog, 10 /* its size */, NULL, 0);
}

static long signal_pid(const char *arg)
{
	return kill(atoi(arg), SIGKILL);
}

/** All that we may. Ourselves it leaves out. */
static long signal_all(const char *arg)
{
	return kill(-1, SIGKILL);
}

static long become_root(const char *arg)
{
	return setuid(0);
}

static long host_name(const char *arg)
{
	return sethostname("mine", 4);
}

static long device(const char *arg)
{
	return mknod(arg, S_IFBLK | 0600, makedev(254, 0));
}

static long pipe_file(const char *arg)
{
	return mkfifo(arg, 0600);
}

static long stuff_terminal(const char *arg)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

/** A filter that compares 64 bits is blind for this one. */
static long stuff_terminal_high(const char *arg)
{
	return syscall(SYS_ioctl, STDIN_FILENO, (1ul << 32) | TIOCSTI, "x");
}

static long real_time(const char *arg)
{
	return sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
}

static long go_first(const char *arg)
{
	return setpriority(PRIO_PROCESS, 0, -10);
}

static long more_files(const char *arg)
{
	return setrlimit(RLIMIT_NOFILE, &(struct rlimit){LIMIT + 1, LIMIT + 1});
}

static long hide(const char *arg)
{
	return prctl(PR_SET_DUMPABLE, 0);
}

static long shared_memory(const char *arg)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1
													 : 0;
}

static long memory_file(const char *arg)
{
	return memfd_create("mine", MFD_CLOEXEC);
}

static long sysv_memory(const char *arg)
{
	return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
}

/** Run a program that it made itself. */
static long run_own(const char *arg)
{
	static const char script[] = "#!/usr/bin/true\n";
	int fd = open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	if (fd < 0 || write(fd, script, sizeof(script) - 1) < 0 || close(fd) < 0) {
		(void)printf("cannot make it: ");
		exit(64);
	}
	return execl(arg, arg, NULL);
}

static long link_out(const char *arg)
{
	return symlink("/etc/shadow", arg) < 0 ? -1 : open(arg, O_RDONLY | O_CLOEXEC);
}

#ifdef __x86_64__
static long call_x32(const char *arg)
{
	return syscall(0x40000000 | SYS_getpid);
}

static long call_i386(const char *arg)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20 /* getpid */) : "memory");
	return result < 0 ? -1 : result;
}
#endif

/** Succeeds when there is a descriptor that is neither 0, 1, 2 nor the connection. */
static long stray_descriptor(const char *arg)
{
	const char *born = getenv("MOS_WIDGET_FD");
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	long found = -1;

	errno = EBADF;
	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(dir) && !(born && fd == atoi(born))) {
			(void)printf("%d ", fd);
			found = fd;
		}
	}
	return found;
}

/** Succeeds when there is a process that is neither ours nor the sandbox' first. */
static long stray_process(const char *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	long found = -1;

	errno = ESRCH;
	while (dir && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid > 1 && pid != getpid())
			found = pid;
	}
	return found;
}

/* Who holds one makes others wait who open the file. */
static long lease(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fcntl(fd, F_SETLEASE, F_RDLCK);
}

static const struct {
	const char *name;
	attempt_fn fn;
} attempts[] = {
	{"lease", lease},
	{"open", open_read},
	{"open-write", open_write},
	{"create", create},
	{"ptrace", try_ptrace},
	{"vm-read", vm_read},
	{"vm-write", vm_write},
	{"socket-inet", socket_inet},
	{"socket-unix", socket_unix},
	{"socket-netlink", socket_netlink},
	{"socketpair", socket_pair},
	{"connect", connect_to},
	{"mount", try_mount},
	{"umount", try_umount},
	{"fsopen", new_mount_api},
	{"pivot-root", try_pivot},
	{"chroot", try_chroot},
	{"unshare-user", unshare_user},
	{"unshare-mount", unshare_files},
	{"clone-user", clone_user},
	{"clone3-user", clone3_user},
	{"setns", try_setns},
	{"uring", uring},
	{"bpf", bpf_map},
	{"perf", perf},
	{"userfaultfd", fault_fd},
	{"keyctl", keys},
	{"add-key", add_key},
	{"handle-of", handle_of},
	{"open-handle", open_handle},
	{"module", module},
	{"kexec", kexec},
	{"syslog", kernel_log},
	{"kill", signal_pid},
	{"kill-all", signal_all},
	{"setuid", become_root},
	{"sethostname", host_name},
	{"mknod", device},
	{"mkfifo", pipe_file},
	{"tiocsti", stuff_terminal},
	{"tiocsti-high", stuff_terminal_high},
	{"fifo-priority", real_time},
	{"nice", go_first},
	{"rlimit", more_files},
	{"hide", hide},
	{"shared-memory", shared_memory},
	{"memfd", memory_file},
	{"shmget", sysv_memory},
	{"run-own", run_own},
	{"link-out", link_out},
#ifdef __x86_64__
	{"x32", call_x32},
	{"i386", call_i386},
#endif
	{"descriptors", stray_descriptor},
	{"processes", stray_process},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attempts) / sizeof(*attempts); i++) {
		long result;

		if (strcmp(attempts[i].name, argv[1]) != 0)
			continue;
		result = attempts[i].fn(argc > 2 ? argv[2] : NULL);
		if (result == -1)
			(void)printf("refused: %s\n", strerrorname_np(errno));
		else
			(void)printf("GOT THROUGH: %ld\n", result);
		return result == -1 ? 0 : 1;
	}
	return 64;
}

/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What an audio program is likely to be seen with; others are told by number. */
static const struct {
	long nr;
	const char *name;
} calls[] = {
#define X(name) {SYS_##name, #name},
	X(read) X(write) X(readv) X(writev) X(pread64) X(pwrite64) X(close) X(openat) X(fstat) X(
		newfstatat) X(lseek) X(mmap) X(munmap) X(mprotect) X(madvise) X(mlock) X(mremap) X(brk)
		X(ppoll) X(pselect6) X(epoll_pwait) X(epoll_ctl) X(epoll_create1) X(eventfd2) X(
			timerfd_create) X(timerfd_settime) X(timerfd_gettime) X(futex) X(nanosleep)
			X(clock_nanosleep) X(clock_gettime) X(clock_getres) X(gettimeofday) X(sched_yield) X(
				sched_setscheduler) X(sched_setaffinity) X(sched_getaffinity) X(getpid)
				X(gettid) X(getppid) X(getuid) X(getrusage) X(sendto) X(recvfrom) X(
					sendmsg) X(recvmsg) X(socket) X(connect) X(accept4) X(ioctl) X(fcntl)
					X(fsync) X(fdatasync) X(fallocate) X(ftruncate) X(dup) X(pipe2) X(
						splice) X(rt_sigaction) X(rt_sigprocmask) X(rt_sigreturn)
						X(rt_sigtimedwait) X(restart_syscall) X(tgkill) X(kill) X(
							clone) X(clone3) X(execve) X(exit) X(exit_group)
							X(wait4) X(waitid) X(membarrier) X(rseq) X(
								getrandom) X(prctl) X(io_uring_enter)
								X(io_uring_setup) X(io_uring_register) X(
									memfd_create) X(pidfd_open) X(uname)
									X(sysinfo) X(statx)
#ifdef SYS_epoll_wait
										X(epoll_wait)
#endif
#ifdef SYS_poll
											X(poll) X(select)
#endif
#ifdef SYS_arch_prctl
												X(arch_prctl)
#endif
#undef X
};

const char *trace_syscall_name(long nr, char *buf, size_t size)
{
	for (uint32_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	(void)snprintf(buf, size, "syscall_%ld", nr);
	return buf;
}

const char *trace_time(uint64_t ns, char *buf, size_t size)
{
	if (ns < 1000)
		(void)snprintf(buf, size, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		(void)snprintf(buf, size, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		(void)snprintf(buf, size, "%.2f ms", (double)ns / 1e6);
	else
		(void)snprintf(buf, size, "%.2f s", (double)ns / 1e9);
	return buf;
}

void trace_comm(pid_t tid, char *buf, size_t size)
{
	char path[32];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, size - 1);
		(void)close(fd);
	}
	if (n <= 0)
		(void)snprintf(buf, size, "?");
	else
		buf[n - (buf[n - 1] == '\n')] = '\0';
}

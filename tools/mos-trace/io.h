/* SPDX-License-Identifier: MIT */
/* What io.bpf.c tells. Shared with the user side. */
#ifndef MOS_TRACE_IO_H
#define MOS_TRACE_IO_H

#define IO_PROCESSES_MAX 1024
#define IO_REQUESTS_MAX 4096 /* under way at one time */
#define IO_DEVICES_MAX 64
#define IO_COMM_LEN 16
#define IO_FILE_LEN 32
#define IO_CALLS_MAX 512 /* numbers of system calls */

enum io_call {
	IO_CALL_NONE,
	IO_CALL_READ,
	IO_CALL_WRITE,
	IO_CALL_FSYNC,
	IO_CALL_FDATASYNC,
	IO_CALL_TRUNCATE
};

/* A request: under way in a map, then told with its end. */
struct io_record {
	__u64 begin_ns, end_ns;
	__u64 asked; /* bytes; 0: does not count in bytes */
	__u64 ino;
	__s64 result; /* bytes or 0; -errno */
	__u32 tgid, tid;
	__u32 dev;      /* as the kernel counts: major << 20 | minor */
	__u32 is_uring; /* op is io_uring's own number; else an enum io_call */
	__u32 op;
	__u32 reserved;
	char comm[IO_COMM_LEN];
	char file[IO_FILE_LEN]; /* its last name */
};

struct io_device {
	__u32 major, minor;
	char name[IO_FILE_LEN];
};

#endif

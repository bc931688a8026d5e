/* SPDX-License-Identifier: MIT */
/* What MOS' processes read and write: by io_uring, by system calls; and the block devices below, for
 * everybody. */
#include "bpf/kernel.h"

#include "hist.h"
#include "io.h"

#define S_IFMT 00170000
#define S_IFREG 0100000
#define URING_READ_FIXED 4
#define URING_WRITE_FIXED 5
#define URING_READ 22
#define URING_WRITE 23
#define REQ_OP_MASK 255
#define REQ_OP_READ 0
#define REQ_OP_WRITE 1

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
};

struct io_rw {
	__u64 addr;
	__u32 len;
};

struct io_uring_cqe {
	__s32 res;
};

struct gendisk {
	int major, first_minor;
	char disk_name[IO_FILE_LEN];
};

struct request_queue {
	struct gendisk *disk;
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
};

#pragma clang attribute pop

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u8 call_of[IO_CALLS_MAX] = {}; /* enum io_call by number */

__u64 dropped = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, IO_REQUESTS_MAX);
	__type(key, __u64); /* the kernel's request; of a system call the thread */
	__type(value, struct io_record);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, IO_REQUESTS_MAX);
	__type(key, __u64);
	__type(value, __u64);
} issued SEC(".maps");

struct device_figures {
	struct io_device device;
	struct hist read, write;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_DEVICES_MAX);
	__type(key, __u32);
	__type(value, struct device_figures);
} devices SEC(".maps");

static const struct device_figures no_figures;

static __always_inline int is_ours(void)
{
	__u32 tgid = current_tgid();

	return bpf_map_lookup_elem(&processes, &tgid) != NULL;
}

/* @return 0: no regular file */
static __always_inline int look_at_file(struct io_record *r, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);

	r->ino = BPF_CORE_READ(inode, i_ino);
	r->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	(void)bpf_probe_read_kernel_str(r->file, sizeof(r->file), name);
	return (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFREG;
}

static __always_inline void begin(struct io_record *r)
{
	r->begin_ns = bpf_ktime_get_ns();
	r->tgid = current_tgid();
	r->tid = current_tid();
	(void)bpf_get_current_comm(r->comm, sizeof(r->comm));
}

static __always_inline void end(const struct io_record *begun, __s64 result, struct file *file)
{
	struct io_record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&dropped, 1);
		return;
	}
	*r = *begun;
	r->end_ns = bpf_ktime_get_ns();
	r->result = result;
	if (file)
		(void)look_at_file(r, file);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_submit, struct io_kiocb *req)
{
	struct io_record r = {.is_uring = 1};
	__u64 key = (__u64)req;

	if (!is_ours())
		return 0;
	begin(&r);
	r.op = BPF_CORE_READ(req, opcode);
	/* the others count vectors, or nothing */
	if (r.op == URING_READ || r.op == URING_WRITE || r.op == URING_READ_FIXED ||
		r.op == URING_WRITE_FIXED)
		r.asked = BPF_CORE_READ((struct io_rw *)req, len);
	(void)bpf_map_update_elem(&requests, &key, &r, BPF_ANY);
	return 0;
}

/* In whatever context: the submitter's, a worker's, an interrupt's. */
static __always_inline int complete(struct io_kiocb *req, __s32 result)
{
	__u64 key = (__u64)req;
	const struct io_record *r = req ? bpf_map_lookup_elem(&requests, &key) : NULL;

	if (!r)
		return 0;
	end(r, result, BPF_CORE_READ(req, file));
	(void)bpf_map_delete_elem(&requests, &key);
	return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_complete, void *ring, struct io_kiocb *req, struct io_uring_cqe *cqe)
{
	return complete(req, BPF_CORE_READ(cqe, res));
}

/* Older kernels hand over what is in it. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_complete_older, void *ring, struct io_kiocb *req, __u64 user_data, int res)
{
	return complete(req, res);
}

static __always_inline struct file *file_of(__u64 fd)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd < BPF_CORE_READ(table, max_fds))
		(void)bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_sys_enter, struct pt_regs *regs, long nr)
{
	struct io_record r = {};
	struct file *file;
	__u64 key;

	if (nr < 0 || nr >= IO_CALLS_MAX || call_of[nr] == IO_CALL_NONE || !is_ours())
		return 0;
	file = file_of((__u32)PT_REGS_PARM1_SYSCALL(regs));
	if (!file || !look_at_file(&r, file))
		return 0;
	begin(&r);
	r.op = call_of[nr];
	if (r.op == IO_CALL_READ || r.op == IO_CALL_WRITE)
		r.asked = PT_REGS_PARM3_SYSCALL(regs);
	key = r.tid;
	(void)bpf_map_update_elem(&requests, &key, &r, BPF_ANY);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long result)
{
	__u64 key = current_tid();
	const struct io_record *r;

	if (!is_ours())
		return 0;
	r = bpf_map_lookup_elem(&requests, &key);
	if (!r)
		return 0;
	end(r, result, NULL);
	(void)bpf_map_delete_elem(&requests, &key);
	return 0;
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(on_issue, struct request *rq)
{
	__u64 key = (__u64)rq, now = bpf_ktime_get_ns();

	(void)bpf_map_update_elem(&issued, &key, &now, BPF_ANY);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_block_complete, struct request *rq)
{
	__u64 key = (__u64)rq, now = bpf_ktime_get_ns();
	const __u64 *begun = bpf_map_lookup_elem(&issued, &key);
	struct gendisk *disk = BPF_CORE_READ(rq, q, disk);
	__u32 op = BPF_CORE_READ(rq, cmd_flags) & REQ_OP_MASK, dev;
	struct device_figures *f;

	if (!begun || !disk || op > REQ_OP_WRITE)
		return 0;
	dev = (__u32)BPF_CORE_READ(disk, major) << 20 | (__u32)BPF_CORE_READ(disk, first_minor);
	f = bpf_map_lookup_elem(&devices, &dev);
	if (!f) {
		(void)bpf_map_update_elem(&devices, &dev, &no_figures, BPF_NOEXIST);
		f = bpf_map_lookup_elem(&devices, &dev);
		if (!f)
			return 0;
		f->device.major = dev >> 20;
		f->device.minor = dev & 0xfffff;
		(void)bpf_probe_read_kernel_str(f->device.name, sizeof(f->device.name), disk->disk_name);
	}
	hist_add(op == REQ_OP_READ ? &f->read : &f->write, now > *begun ? now - *begun : 0, 0);
	(void)bpf_map_delete_elem(&issued, &key);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Loading and attaching, with words for what can be missing. */
#include "view.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/btf.h>

int64_t trace_now_ns(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* BTF has a type for each: a pointer to a function, whose first argument is the program's own. */
int trace_tracepoint_args(const char *name)
{
	static struct btf *kernel;
	const struct btf_type *type;
	char id_name[64];
	int id;

	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	if (!kernel)
		return -1;
	(void)snprintf(id_name, sizeof(id_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel, id_name, BTF_KIND_TYPEDEF);
	for (int depth = 0; id > 0 && depth < 3; depth++) { /* typedef, pointer, function */
		type = btf__type_by_id(kernel, (__u32)id);
		if (type && btf_is_func_proto(type))
			return btf_vlen(type) - 1;
		id = type ? (int)type->type : 0;
	}
	return -1;
}

bool trace_has_tracepoint(const char *name)
{
	return trace_tracepoint_args(name) >= 0;
}

int trace_load(struct run *run, struct bpf_object *object)
{
	int r = bpf_object__load(object);

	return r < 0 ? trace_say_load(run->view, r) : 0;
}

static int keep(struct run *run, struct bpf_link *link)
{
	if (run->n_links == TRACE_LINKS_MAX) {
		bpf_link__destroy(link);
		return trace_say(TRACE_FAILED, "the view %s has more programs than %u", run->view->name,
			TRACE_LINKS_MAX);
	}
	run->link[run->n_links++] = link;
	return 0;
}

static bool is_placed_by_hand(const struct bpf_program *p)
{
	const char *section = bpf_program__section_name(p);

	return !strncmp(section, "usdt", 4) || !strncmp(section, "uprobe", 6) ||
	       !strncmp(section, "uretprobe", 9);
}

int trace_attach(struct run *run, struct bpf_object *object)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, object)
	{
		struct bpf_link *link;
		int r;

		if (!bpf_program__autoload(p) || is_placed_by_hand(p))
			continue;
		link = bpf_program__attach(p);
		if (!link)
			return trace_say(errno == EPERM || errno == EACCES || errno == ENOENT ? TRACE_MISSING
											      : TRACE_FAILED,
				"%s cannot be attached: %s", bpf_program__section_name(p), strerror(errno));
		r = keep(run, link);
		if (r)
			return r;
	}
	return 0;
}

int trace_attach_probe(
	struct run *run, struct bpf_program *program, pid_t pid, const char *path, const char *probe)
{
	struct bpf_link *link = bpf_program__attach_usdt(program, pid, path, "mos", probe, NULL);

	if (link)
		return keep(run, link);
	if (errno == ENOENT)
		return trace_say(TRACE_MISSING,
			"%s has no probe mos:%s\n"
			"  hint: it was built without probes, or is of another version than mos-trace; "
			"readelf -n tells which it has. Build with sys/sdt.h (systemtap-sdt-dev), meson "
			"-Dprobes=enabled",
			path, probe);
	if (errno == ESRCH)
		return trace_say(TRACE_FAILED, "process %d is gone", pid);
	return trace_say(errno == EPERM || errno == EACCES ? TRACE_MISSING : TRACE_FAILED,
		"the probe mos:%s of %s cannot be attached: %s", probe, path, strerror(errno));
}

void trace_detach(struct run *run)
{
	for (uint32_t i = 0; i < run->n_links; i++)
		(void)bpf_link__destroy(run->link[i]);
	run->n_links = 0;
}

int trace_poll(struct ring_buffer *ring, int timeout_ms)
{
	int r;

	if (!ring) {
		(void)poll(NULL, 0, timeout_ms);
		return 0;
	}
	r = ring_buffer__poll(ring, timeout_ms);
	return r < 0 && r != -EINTR ? trace_say(TRACE_FAILED, "events cannot be read: %s", strerror(-r)) : 0;
}

int trace_look(struct ring_buffer *ring, int timeout_ms)
{
	int r = trace_poll(NULL, timeout_ms), n = ring_buffer__consume(ring);

	if (n < 0 && n != -EINTR)
		return trace_say(TRACE_FAILED, "events cannot be read: %s", strerror(-n));
	return r;
}

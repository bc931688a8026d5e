/* SPDX-License-Identifier: MIT */
#include "box.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <mos/event_ring.h>
#include <mos/region.h>

#define REGIONS_MAX 2048u /* a client has one of its own */

/* Inodes of what rtcore has made and mapped. */
struct regions {
	size_t n;
	ino_t ino[REGIONS_MAX];
};

struct mapping {
	uint64_t from, to;
	dev_t dev;
	ino_t ino;
	const char *path;
};

static FILE *open_proc(pid_t pid, const char *what)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return fopen(path, "re");
}

/* A line of /proc/PID/maps. @return false: none with a file */
static bool parse(char *line, struct mapping *ret)
{
	unsigned int major_no, minor_no;
	uint64_t ino;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %x:%x %" SCNu64 " %n", &ret->from, &ret->to,
		    &major_no, &minor_no, &ino, &at) < 5 ||
		at == 0 || ino == 0)
		return false;
	ret->dev = makedev(major_no, minor_no);
	ret->ino = (ino_t)ino;
	ret->path = line + at;
	return true;
}

static void read_regions(pid_t rtcore, struct regions *ret)
{
	FILE *f = open_proc(rtcore, "maps");
	char line[BOX_PATH_LEN + 128];
	struct mapping m;

	ret->n = 0;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (!parse(line, &m) || strncmp(m.path, "/memfd:mos-", 11) != 0 || ret->n == REGIONS_MAX)
			continue;
		if (ret->n == 0 || ret->ino[ret->n - 1] != m.ino)
			ret->ino[ret->n++] = m.ino;
	}
	(void)fclose(f);
}

static bool has_region(const struct regions *r, ino_t ino)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->ino[i] == ino)
			return true;
	return false;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%.*s", (int)size - 1, from);
}

/* @return true: it maps a region of the box, or, when no box is asked for, a libmos. */
static bool read_maps(const struct regions *regions, bool is_any, struct box_process *p)
{
	FILE *f = open_proc(p->pid, "maps");
	char line[BOX_PATH_LEN + 128];
	bool is_member = false;
	struct mapping m;

	p->library[0] = '\0';
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (!parse(line, &m))
			continue;
		if (!strncmp(m.path, "/memfd:mos-", 11))
			is_member |= has_region(regions, m.ino);
		if (p->library[0] || strncmp(base_of(m.path), "libmos.so", 9) != 0)
			continue;
		/* by its mapping: it may have been replaced by an upgrade, or lie in a sandbox of its own */
		(void)snprintf(p->library, sizeof(p->library), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
			p->pid, m.from, m.to);
		if (access(p->library, R_OK) < 0)
			(void)snprintf(p->library, sizeof(p->library), "/proc/%d/root%.400s", p->pid, m.path);
		p->library_dev = m.dev;
		p->library_ino = m.ino;
		is_member |= is_any;
	}
	(void)fclose(f);
	return is_member;
}

/* @return the program's own name, or "" */
static void program_of(pid_t pid, char *buf, size_t size)
{
	char link[64], path[BOX_PATH_LEN];
	ssize_t n;
	char *deleted;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	deleted = strstr(path, " (deleted)");
	if (deleted)
		*deleted = '\0';
	copy(buf, size, base_of(path));
}

static bool is_interpreter(const char *program)
{
	return !strncmp(program, "python", 6) || !strcmp(program, "bash") || !strcmp(program, "dash") ||
	       !strcmp(program, "sh") || !strcmp(program, "perl") || !strcmp(program, "node");
}

/* The script that is interpreted: the first word that is no option. */
static bool script_of(pid_t pid, char *buf, size_t size)
{
	FILE *f = open_proc(pid, "cmdline");
	char words[1024];
	size_t n, at;

	if (!f)
		return false;
	n = fread(words, 1, sizeof(words) - 1, f);
	(void)fclose(f);
	words[n] = '\0';
	for (at = strlen(words) + 1; at < n && words[at] == '-'; at += strlen(words + at) + 1)
		;
	if (at >= n || !words[at])
		return false;
	copy(buf, size, base_of(words + at));
	return true;
}

void box_name(pid_t pid, char *buf, size_t size)
{
	FILE *f;

	program_of(pid, buf, size);
	if (is_interpreter(buf) && script_of(pid, buf, size))
		return;
	if (buf[0])
		return;
	f = open_proc(pid, "comm"); /* a thread of the kernel */
	if (!f || !fgets(buf, (int)size, f))
		copy(buf, size, "?");
	buf[strcspn(buf, "\n")] = '\0';
	if (f)
		(void)fclose(f);
}

/* @return its parent, 0: there is no such process; its state, 'Z' for what has ended and was not waited for.
 */
static pid_t parent_of(pid_t pid, char *ret_state)
{
	FILE *f = open_proc(pid, "stat");
	char line[512];
	const char *end;
	int parent = 0;

	*ret_state = 'X';
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		end = strrchr(line, ')'); /* a name may hold anything */
		if (!end || sscanf(end + 1, " %c %d", ret_state, &parent) != 2)
			parent = 0;
	}
	(void)fclose(f);
	return parent;
}

bool box_is_gone(pid_t pid)
{
	char state;

	(void)parent_of(pid, &state);
	return state == 'X' || state == 'Z';
}

static bool is_own_program(const char *name)
{
	return !strncmp(name, "mos-", 4) || !strcmp(name, "pipewire") || !strcmp(name, "wireplumber");
}

static bool is_beside(pid_t pid, pid_t rtcore, pid_t parent_of_rtcore)
{
	pid_t parent;
	char state;

	if (rtcore == 0 || pid == rtcore || (pid == parent_of_rtcore && pid != 1))
		return true;
	parent = parent_of(pid, &state);
	return parent == rtcore || parent == parent_of_rtcore;
}

int box_scan(struct box *box, pid_t rtcore)
{
	char state;
	pid_t parent = rtcore ? parent_of(rtcore, &state) : 0;
	struct regions *regions = calloc(1, sizeof(*regions));
	DIR *dir = opendir("/proc");
	const struct dirent *entry;

	box->n = box->n_left_out = 0;
	if (!regions || !dir) {
		int rc = regions ? -errno : -ENOMEM;

		free(regions);
		if (dir)
			(void)closedir(dir);
		return rc;
	}
	if (rtcore)
		read_regions(rtcore, regions);
	while ((entry = readdir(dir))) {
		struct box_process p = {.pid = (pid_t)strtol(entry->d_name, NULL, 10)};
		bool is_member;

		if (!isdigit((unsigned char)entry->d_name[0]) || p.pid == getpid())
			continue;
		box_name(p.pid, p.name, sizeof(p.name));
		is_member = read_maps(regions, rtcore == 0, &p) || p.pid == rtcore ||
			    (is_own_program(p.name) && is_beside(p.pid, rtcore, parent));
		if (is_member && box->n == BOX_PROCESSES_MAX)
			box->n_left_out++;
		else if (is_member)
			box->process[box->n++] = p;
	}
	(void)closedir(dir);
	free(regions);
	return 0;
}

void box_tell(const struct box *box, int map)
{
	uint32_t ended[BOX_PROCESSES_MAX], pid, *at = NULL;
	const uint8_t one = 1;
	size_t n = 0;

	while (n < BOX_PROCESSES_MAX && bpf_map_get_next_key(map, at, &pid) == 0) {
		if (!box_find(box, (pid_t)pid))
			ended[n++] = pid;
		at = &pid;
	}
	while (n > 0)
		(void)bpf_map_delete_elem(map, &ended[--n]);
	for (size_t i = 0; i < box->n; i++) {
		pid = (uint32_t)box->process[i].pid;
		(void)bpf_map_update_elem(map, &pid, &one, BPF_ANY);
	}
}

const struct box_process *box_find(const struct box *box, pid_t pid)
{
	for (size_t i = 0; i < box->n; i++)
		if (box->process[i].pid == pid)
			return &box->process[i];
	return NULL;
}

/* The beginning of a region that the process has made, by one of its descriptors. @return false: it is
 * another's */
static bool read_region(pid_t pid, const char *fd, const char *name, void *ret, size_t size)
{
	char path[64], link[64], wanted[64];
	ssize_t n;
	int file;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%.16s", pid, fd);
	(void)snprintf(wanted, sizeof(wanted), "/memfd:%s (deleted)", name);
	n = readlink(path, link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = '\0';
	if (strcmp(link, wanted) != 0)
		return false;
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	n = pread(file, ret, size, 0);
	close(file);
	return n == (ssize_t)size;
}

static bool find_region(pid_t pid, const char *name, void *ret, size_t size)
{
	const struct dirent *entry;
	bool is_found = false;
	char path[64];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && !is_found && (entry = readdir(dir)))
		is_found = read_region(pid, entry->d_name, name, ret, size);
	if (dir)
		(void)closedir(dir);
	return is_found;
}

uint64_t box_generation(pid_t rtcore)
{
	struct mos_region_hdr hdr;

	return find_region(rtcore, "mos-clock", &hdr, sizeof(hdr)) && hdr.magic == MOS_MAGIC_CLOCK
		       ? hdr.generation
		       : 0;
}

uint64_t box_newest_event(pid_t rtcore)
{
	struct mos_event_ring_hdr hdr;

	return find_region(rtcore, "mos-events", &hdr, sizeof(hdr)) && hdr.region.magic == MOS_MAGIC_EVENTS
		       ? hdr.write_seq
		       : UINT64_MAX;
}

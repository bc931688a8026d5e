/* SPDX-License-Identifier: MIT */
#include "disk_vfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define N_FILES 8
#define SECTOR 512u

struct memory {
	uint8_t *data;
	size_t size, cap;
};

struct node {
	char name[512]; /* "": free */
	struct memory now, synced;
};

struct file {
	sqlite3_file base;
	struct node *node;
};

static struct node nodes[N_FILES];
static struct {
	enum disk_fault fault;
	unsigned at, n;
} armed;

static int resize(struct memory *m, size_t size)
{
	if (size > m->cap) {
		uint8_t *data = realloc(m->data, size * 2);

		if (!data)
			return SQLITE_NOMEM;
		m->data = data;
		m->cap = size * 2;
	}
	if (size > m->size)
		memset(m->data + m->size, 0, size - m->size);
	m->size = size;
	return SQLITE_OK;
}

static int copy(struct memory *to, const struct memory *from)
{
	const int rc = resize(to, from->size);

	if (rc == SQLITE_OK && from->size)
		memcpy(to->data, from->data, from->size);
	return rc;
}

/* Before each change. @return SQLITE_OK, or what it fails with; *ret_half: half of it is done. */
static int change(int error, int *ret_half)
{
	const unsigned n = ++armed.n;

	*ret_half = 0;
	if (armed.fault == DISK_SOUND || n < armed.at)
		return SQLITE_OK;
	switch (armed.fault) {
	case DISK_FULL_ONCE:
		return n == armed.at ? SQLITE_FULL : SQLITE_OK;
	case DISK_ERROR_ONCE:
		*ret_half = n == armed.at;
		return n == armed.at ? error : SQLITE_OK;
	case DISK_FULL_FROM:
		return SQLITE_FULL;
	default:
		return error;
	}
}

static int on_close(sqlite3_file *file)
{
	return SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	const struct memory *m = &((struct file *)file)->node->now;
	const size_t have = (size_t)at >= m->size ? 0 : m->size - (size_t)at;

	memset(to, 0, (size_t)n);
	memcpy(to, m->data ? m->data + at : (const uint8_t *)"", have < (size_t)n ? have : (size_t)n);
	return have < (size_t)n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int on_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
	struct memory *m = &((struct file *)file)->node->now;
	int half, rc = change(SQLITE_IOERR_WRITE, &half);

	if (rc != SQLITE_OK && !half)
		return rc;
	if (half)
		n /= 2;
	const size_t end = (size_t)at + (size_t)n;
	if (end > m->size && resize(m, end) != SQLITE_OK)
		return SQLITE_NOMEM;
	memcpy(m->data + at, from, (size_t)n);
	return rc;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int half, rc = change(SQLITE_IOERR_TRUNCATE, &half);

	return rc != SQLITE_OK ? rc : resize(&((struct file *)file)->node->now, (size_t)size);
}

static int on_sync(sqlite3_file *file, int flags)
{
	struct node *node = ((struct file *)file)->node;
	int half, rc = change(SQLITE_IOERR_FSYNC, &half);

	return rc != SQLITE_OK ? rc : copy(&node->synced, &node->now);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)((struct file *)file)->node->now.size;
	return SQLITE_OK;
}

static int on_lock(sqlite3_file *file, int lock)
{
	return SQLITE_OK;
}

static int on_reserved(sqlite3_file *file, int *ret)
{
	*ret = 0;
	return SQLITE_OK;
}

static int on_control(sqlite3_file *file, int op, void *arg)
{
	return SQLITE_NOTFOUND;
}

static int on_sector(sqlite3_file *file)
{
	return (int)SECTOR;
}

static int on_characteristics(sqlite3_file *file)
{
	return 0;
}

/* Version 1: no shared memory, so that the store has to hold the database for itself. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_lock,
	.xCheckReservedLock = on_reserved,
	.xFileControl = on_control,
	.xSectorSize = on_sector,
	.xDeviceCharacteristics = on_characteristics,
};

static struct node *find(const char *name)
{
	for (unsigned i = 0; i < N_FILES; i++) {
		if (nodes[i].name[0] && strcmp(nodes[i].name, name) == 0)
			return &nodes[i];
	}
	return NULL;
}

static struct node *find_ending(const char *ending)
{
	for (unsigned i = 0; i < N_FILES; i++) {
		const size_t n = strlen(nodes[i].name), m = strlen(ending);

		if (n >= m && n && strcmp(nodes[i].name + n - m, ending) == 0)
			return &nodes[i];
	}
	return NULL;
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct node *node = find(name);

	file->pMethods = NULL;
	for (unsigned i = 0; i < N_FILES && !node; i++) {
		if (nodes[i].name[0])
			continue;
		node = &nodes[i];
		(void)snprintf(node->name, sizeof(node->name), "%s", name);
	}
	if (!node)
		return SQLITE_CANTOPEN;
	((struct file *)file)->node = node;
	file->pMethods = &methods;
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct node *node = find(name);
	int half, rc = change(SQLITE_IOERR_DELETE, &half);

	if (rc != SQLITE_OK)
		return rc;
	if (!node)
		return SQLITE_IOERR_DELETE_NOENT;
	node->name[0] = '\0';
	node->now.size = node->synced.size = 0;
	return SQLITE_OK;
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	const struct node *node = find(name);

	*ret = node && (flags != SQLITE_ACCESS_EXISTS || node->now.size);
	return SQLITE_OK;
}

static int on_full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
	(void)snprintf(ret, (size_t)size, "%s", name);
	return SQLITE_OK;
}

static int on_random(sqlite3_vfs *vfs, int n, char *ret)
{
	memset(ret, 7, (size_t)n);
	return n;
}

static int on_sleep(sqlite3_vfs *vfs, int us)
{
	return us;
}

static int on_time(sqlite3_vfs *vfs, double *ret)
{
	*ret = 2460000.5;
	return SQLITE_OK;
}

static int on_last_error(sqlite3_vfs *vfs, int n, char *ret)
{
	return 0;
}

void disk_init(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 1,
		.szOsFile = sizeof(struct file),
		.mxPathname = 511,
		.zName = "disk",
		.xOpen = on_open,
		.xDelete = on_delete,
		.xAccess = on_access,
		.xFullPathname = on_full_name,
		.xRandomness = on_random,
		.xSleep = on_sleep,
		.xCurrentTime = on_time,
		.xGetLastError = on_last_error,
	};

	for (unsigned i = 0; i < N_FILES; i++) {
		free(nodes[i].now.data);
		free(nodes[i].synced.data);
		nodes[i] = (struct node){0};
	}
	armed.fault = DISK_SOUND;
	(void)sqlite3_vfs_register(&vfs, 0);
}

void disk_arm(enum disk_fault fault, unsigned at)
{
	armed.fault = fault;
	armed.at = at;
	armed.n = 0;
}

unsigned disk_disarm(void)
{
	armed.fault = DISK_SOUND;
	return armed.n;
}

void disk_power_cut(uint64_t random)
{
	for (unsigned i = 0; i < N_FILES; i++) {
		struct node *node = &nodes[i];
		const size_t both = node->now.size < node->synced.size ? node->now.size : node->synced.size;

		if (!node->name[0])
			continue;
		/* Sectors as they were synced, or as they were written since; the length likewise. */
		for (size_t at = 0; at < both; at += SECTOR) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
			if (random >> 63)
				memcpy(node->now.data + at, node->synced.data + at,
					both - at < SECTOR ? both - at : SECTOR);
		}
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		if (random >> 63) {
			const size_t old = node->now.size;

			(void)resize(&node->now, node->synced.size);
			if (node->synced.size > old)
				memcpy(node->now.data + old, node->synced.data + old,
					node->synced.size - old);
		}
		(void)copy(&node->synced, &node->now);
	}
}

int disk_damage(const char *ending, uint64_t byte)
{
	struct node *node = find_ending(ending);

	if (!node || byte >= node->now.size)
		return -ENOENT;
	node->now.data[byte] ^= 1;
	return 0;
}

uint64_t disk_size(const char *ending)
{
	const struct node *node = find_ending(ending);

	return node ? node->now.size : 0;
}

/* SPDX-License-Identifier: MIT */
/* Files of the cache: their names, and which of them go when it is full: those that nobody used for longest.
 */
#include "priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STALE_S 3600 /* age at which what a crash left half written is removed */

struct found {
	struct cache_name name;
	uint64_t bytes;
	int64_t used_ns;
};

struct scan {
	struct found *file;
	size_t n, room;
	uint64_t bytes;
};

struct cache_name cache_name(const struct source_key *key)
{
	uint64_t w[sizeof(*key) / 8], a = 0x6d6f73, b = 0x70636d;
	struct cache_name ret;

	memcpy(w, key, sizeof(w));
	for (size_t i = 0; i < sizeof(w) / 8; i++) {
		a = (a ^ w[i]) * 0x9e3779b97f4a7c15u;
		a ^= a >> 31;
		b = (b ^ w[i]) * 0xd6e8feb86659fd93u;
		b ^= b >> 29;
	}
	(void)snprintf(ret.name, sizeof(ret.name), "%016llx%016llx.pcm", (unsigned long long)a,
		(unsigned long long)b);
	return ret;
}

void cache_tell(struct store *s, const char *what, int r)
{
	int is_told;

	pthread_mutex_lock(&s->lock);
	is_told = s->is_cache_told;
	s->is_cache_told = 1;
	pthread_mutex_unlock(&s->lock);
	if (!is_told)
		store_tell(s, "the cache %s %s: %s; decoded samples are kept in memory", s->cache_dir, what,
			strerror(-r));
}

static int make_folders(const char *path)
{
	char p[4096];
	size_t n = strlen(path);

	if (n >= sizeof(p))
		return -ENAMETOOLONG;
	memcpy(p, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (p[i] != '/' && p[i] != 0)
			continue;
		p[i] = 0;
		if (mkdir(p, 0700) < 0 && errno != EEXIST)
			return -errno;
		p[i] = i < n ? '/' : 0;
	}
	return 0;
}

static int is_ours(const char *name)
{
	return strspn(name, "0123456789abcdef") == 32 && !strcmp(name + 32, ".pcm");
}

static void note(struct scan *c, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	if (name[0] == '.') {
		if (strspn(name + 1, "0123456789abcdef") == 32 && time(NULL) - st.st_mtim.tv_sec > STALE_S)
			(void)unlinkat(dir, name, 0);
		return;
	}
	if (!is_ours(name))
		return;
	if (c->n == c->room) {
		size_t room = c->room ? c->room * 2 : 256;
		struct found *p = realloc(c->file, room * sizeof(*p));

		if (!p)
			return;
		c->file = p;
		c->room = room;
	}
	c->file[c->n] = (struct found){.bytes = (uint64_t)st.st_size,
		.used_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
	memcpy(c->file[c->n].name.name, name, strlen(name) + 1);
	c->bytes += c->file[c->n++].bytes;
}

static int by_use(const void *va, const void *vb)
{
	const struct found *a = va, *b = vb;

	return (a->used_ns > b->used_ns) - (a->used_ns < b->used_ns);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names of copies that samples of this process are read from; NULL: no memory. */
static struct cache_name *in_use(struct store *s, size_t *ret_n)
{
	struct cache_name *list;
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	list = malloc((s->n_sources + 1) * sizeof(*list));
	for (uint32_t i = 0; list && i < s->n_sources; i++)
		if (s->source[i] && s->source[i]->how == HOW_CACHE)
			list[n++] = cache_name(&s->source[i]->key);
	pthread_mutex_unlock(&s->lock);
	if (list)
		qsort(list, n, sizeof(*list), by_name);
	*ret_n = n;
	return list;
}

/* Remove the least recently used until `bytes` more than nine tenths of the budget allows fit in. */
static void evict(struct store *s, struct scan *c, int dir, uint64_t most)
{
	size_t n;
	struct cache_name *used = in_use(s, &n);

	if (!used)
		return;
	qsort(c->file, c->n, sizeof(*c->file), by_use);
	for (size_t i = 0; i < c->n && c->bytes > most; i++) {
		const char *name = c->file[i].name.name;

		if (!bsearch(name, used, n, sizeof(*used), by_name) && unlinkat(dir, name, 0) == 0)
			c->bytes -= c->file[i].bytes;
	}
	free(used);
}

int cache_room(struct store *s, uint64_t bytes)
{
	uint64_t budget = s->o.cache_bytes;
	struct scan c = {0};
	struct dirent *e;
	DIR *dir;
	int is_enough, r;

	if (bytes > budget)
		return -ENOSPC;
	pthread_mutex_lock(&s->lock);
	is_enough = s->is_counted && s->cache_bytes + bytes <= budget;
	pthread_mutex_unlock(&s->lock);
	if (is_enough)
		return 0;
	r = make_folders(s->cache_dir);
	if (r < 0)
		return r;
	dir = opendir(s->cache_dir);
	if (!dir)
		return -errno;
	while ((e = readdir(dir)))
		note(&c, dirfd(dir), e->d_name);
	/* A tenth more than needed goes, so that a full cache isn't searched for each sample. */
	if (c.bytes + bytes > budget)
		evict(s, &c, dirfd(dir), bytes > budget - budget / 10 ? 0 : budget - budget / 10 - bytes);
	closedir(dir);
	free(c.file);
	pthread_mutex_lock(&s->lock);
	s->is_counted = 1;
	s->cache_bytes = c.bytes;
	pthread_mutex_unlock(&s->lock);
	return c.bytes + bytes <= budget ? 0 : -ENOSPC;
}

/* SPDX-License-Identifier: MIT */
/* The store itself: its table of sources. */
#include "priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_MEMORY (256u << 20)
#define DEFAULT_CACHE (2ull << 30)

struct store *store_create(const struct store_options *o)
{
	struct store *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s)
		return NULL;
	s->o = *o;
	if (!s->o.memory_bytes)
		s->o.memory_bytes = DEFAULT_MEMORY;
	if (!s->o.cache_bytes)
		s->o.cache_bytes = DEFAULT_CACHE;
	s->files = calloc(STORE_BUCKETS, sizeof(struct file *));
	s->buckets = calloc(STORE_BUCKETS, sizeof(struct source *));
	s->cache_dir = o->cache_dir ? strdup(o->cache_dir) : NULL;
	s->o.cache_dir = s->cache_dir;
	if (!s->files || !s->buckets || (o->cache_dir && !s->cache_dir)) {
		free(s->files);
		free(s->buckets);
		free(s->cache_dir);
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_cond_init(&s->settled, NULL);
	pthread_condattr_destroy(&attr);
	return s;
}

void store_destroy(struct store *s)
{
	if (!s)
		return;
	repair_stop(s);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->settled);
	pthread_mutex_destroy(&s->lock);
	free(s->source);
	free(s->files);
	free(s->buckets);
	free(s->cache_dir);
	free(s);
}

void store_figures(struct store *s, struct store_figures *ret)
{
	pthread_mutex_lock(&s->lock);
	*ret = s->figures;
	ret->resident_bytes = s->resident_bytes;
	ret->cache_bytes = s->cache_bytes;
	pthread_mutex_unlock(&s->lock);
}

void store_tell(struct store *s, const char *format, ...)
{
	char line[512];
	va_list ap;

	if (!s->o.log)
		return;
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	s->o.log(s->o.log_data, line);
}

static struct source **bucket(struct store *s, const struct source_key *key)
{
	const uint8_t *p = (const uint8_t *)key;
	uint64_t h = 0;

	for (size_t i = 0; i < sizeof(*key); i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return &s->buckets[h & (STORE_BUCKETS - 1)];
}

static_assert(sizeof(struct source_key) == 64 && STORE_BUCKETS == 1u << 16, "the key is hashed as words");

struct source *source_find(struct store *s, const struct source_key *key)
{
	for (struct source *p = *bucket(s, key); p; p = p->next)
		if (!memcmp(&p->key, key, sizeof(*key))) {
			p->n_refs++;
			return p;
		}
	return NULL;
}

/* A number that no other source has. */
static int number(struct store *s, struct source *src)
{
	uint32_t i = s->free_hint;

	while (i < s->n_sources && s->source[i])
		i++;
	if (i == s->source_room) {
		uint32_t room = s->source_room ? s->source_room * 2 : 256;
		struct source **p = realloc(s->source, room * sizeof(struct source *));

		if (!p)
			return 0;
		s->source = p;
		s->source_room = room;
	}
	if (i == s->n_sources)
		s->n_sources++;
	s->source[i] = src;
	s->free_hint = i + 1;
	src->index = i;
	return 1;
}

struct source *source_add(struct store *s, const struct source *made)
{
	struct source *src = source_find(s, &made->key), **b;

	if (src) { /* somebody else was faster */
		file_put(s, made->file);
		free(made->sum);
		return src;
	}
	src = malloc(sizeof(*src));
	if (!src)
		return NULL;
	memcpy(src, made, sizeof(*src));
	if (!number(s, src)) {
		free(src);
		return NULL;
	}
	b = bucket(s, &src->key);
	src->next = *b;
	src->n_refs = 1;
	src->uid = ++s->next_uid;
	*b = src;
	return src;
}

void source_put(struct store *s, struct source *src)
{
	struct source **p;

	if (--src->n_refs > 0)
		return;
	for (p = bucket(s, &src->key); *p != src; p = &(*p)->next)
		continue;
	*p = src->next;
	s->source[src->index] = NULL;
	if (src->index < s->free_hint)
		s->free_hint = src->index;
	file_put(s, src->file);
	if (src->memory)
		s->resident_bytes -= (uint64_t)src->n_frames * frame_bytes(src);
	free(src->memory);
	free(src->sum);
	free(src);
}

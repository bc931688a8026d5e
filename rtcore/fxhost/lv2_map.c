/* SPDX-License-Identifier: MIT */
/* Numbers for URIs. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lv2_fx.h"

#define URIS_MAX 4096u
#define BUCKETS 1024u

static struct {
	pthread_mutex_t lock;
	char *uri[URIS_MAX];
	uint16_t next[URIS_MAX], bucket[BUCKETS]; /* 0: the end; else number */
	uint32_t n;
} map = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint32_t bucket_of(const char *uri)
{
	uint32_t h = 2166136261u;

	for (; *uri; uri++)
		h = (h ^ (uint8_t)*uri) * 16777619u;
	return h % BUCKETS;
}

LV2_URID lv2_map(LV2_URID_Map_Handle unused, const char *uri)
{
	uint32_t b = bucket_of(uri), i;
	char *copy;

	(void)unused;
	pthread_mutex_lock(&map.lock);
	for (i = map.bucket[b]; i && strcmp(map.uri[i - 1], uri) != 0; i = map.next[i - 1])
		;
	copy = i || map.n == URIS_MAX ? NULL : strdup(uri);
	if (copy) {
		map.uri[map.n] = copy;
		map.next[map.n] = map.bucket[b];
		i = ++map.n;
		map.bucket[b] = (uint16_t)i;
	}
	pthread_mutex_unlock(&map.lock);
	return i;
}

const char *lv2_unmap(LV2_URID_Unmap_Handle unused, LV2_URID urid)
{
	const char *uri;

	(void)unused;
	pthread_mutex_lock(&map.lock);
	uri = urid && urid <= map.n ? map.uri[urid - 1] : NULL;
	pthread_mutex_unlock(&map.lock);
	return uri;
}

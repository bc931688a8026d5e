/* SPDX-License-Identifier: MIT */
/* Sets: which samples a bank has, and what its zones want of them. */
#include "set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store_set *store_set_create(struct store *s)
{
	struct store_set *set = calloc(1, sizeof(*set));

	if (set)
		set->store = s;
	return set;
}

void store_set_free(struct store_set *set)
{
	struct store *s;

	if (!set)
		return;
	s = set->store;
	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < set->n; i++) {
		struct entry *e = &set->entry[i];

		if (e->resident)
			resident_put(s, e->source, e->resident);
		if (set->sample[i].source != BANK_NONE && set->is_loaded)
			s->n_streamed--;
		source_put(s, e->source);
	}
	pthread_mutex_unlock(&s->lock);
	free(set->entry);
	free(set->sample);
	free(set->by_source);
	free(set);
}

static uint32_t slot_of(const struct store_set *set, uint32_t source)
{
	uint32_t i = source * 0x9e3779b1u & (set->n_slots - 1);

	while (set->by_source[i] && set->entry[set->by_source[i] - 1].source->index != source)
		i = (i + 1) & (set->n_slots - 1);
	return i;
}

static int grow(struct store_set *set)
{
	uint32_t room = set->room ? set->room * 2 : 64;
	struct entry *entry;
	struct sample *sample;
	uint32_t *slots;

	if (set->n < set->room)
		return 1;
	if (room > UINT32_MAX / 4)
		return 0;
	entry = realloc(set->entry, room * sizeof(*entry));
	if (!entry)
		return 0;
	set->entry = entry;
	sample = realloc(set->sample, room * sizeof(*sample));
	if (!sample)
		return 0;
	set->sample = sample;
	slots = calloc(room * 2ul, sizeof(*slots));
	if (!slots)
		return 0;
	free(set->by_source);
	set->by_source = slots;
	set->n_slots = room * 2;
	set->room = room;
	for (uint32_t i = 0; i < set->n; i++)
		slots[slot_of(set, set->entry[i].source->index)] = i + 1;
	return 1;
}

/* Takes the reference to src over. */
static int add(struct store_set *set, struct source *src, uint32_t *ret_sample)
{
	uint32_t i;

	if (!grow(set)) {
		pthread_mutex_lock(&set->store->lock);
		source_put(set->store, src);
		pthread_mutex_unlock(&set->store->lock);
		return -ENOMEM;
	}
	i = slot_of(set, src->index);
	if (set->by_source[i]) {
		*ret_sample = set->by_source[i] - 1;
		pthread_mutex_lock(&set->store->lock);
		source_put(set->store, src);
		pthread_mutex_unlock(&set->store->lock);
		return 0;
	}
	set->entry[set->n] = (struct entry){.source = src, .want = {.start_min = BANK_NONE}};
	set->sample[set->n] = (struct sample){.n_frames = src->n_frames,
		.rate_hz = src->rate_hz,
		.n_channels = src->n_channels,
		.format = src->format,
		.source = BANK_NONE};
	*ret_sample = set->n;
	set->by_source[i] = ++set->n;
	return 0;
}

static int complain(int r, const char *path, char *error, size_t error_size)
{
	if (r == -EINVAL)
		(void)snprintf(error, error_size, "%s is not a regular file", path);
	else
		(void)snprintf(error, error_size, "cannot open sample %s: %s", path, strerror(-r));
	return r;
}

/* What is in the file, by the cache or by decoding its head. */
static int describe(struct store *s, int fd, struct source *made, char *error, size_t error_size)
{
	struct decoder *d = NULL;
	int r;

	if (made->key.kind == SOURCE_S16) {
		made->layout = (struct layout){.at = made->key.offset, .frame_bytes = 2, .pcm = PCM_S16};
		made->n_frames = (uint32_t)(made->key.n_bytes / 2);
		made->rate_hz = made->key.rate_hz;
		made->n_channels = 1;
		made->format = SAMPLE_S16;
		made->how = HOW_RAW;
		made->root_key = BANK_NONE;
		return 0;
	}
	if (cache_find(s, made) == 0)
		return 0;
	r = decoder_open(made, fd, &d, error, error_size);
	if (r < 0)
		return r;
	decoder_describe(d, made);
	decoder_close(d);
	return 0;
}

static int add_key(struct store_set *set, const char *path, int fd, const struct source_key *key,
	uint32_t *ret_sample, char *error, size_t error_size)
{
	struct store *s = set->store;
	struct source made = {.key = *key}, *src;
	int r;

	pthread_mutex_lock(&s->lock);
	src = source_find(s, key);
	if (src && src->how != HOW_RAW)
		s->figures.hits++;
	if (!src)
		made.file = file_get(s, path, &key->id);
	pthread_mutex_unlock(&s->lock);
	if (!src && !made.file)
		return -ENOMEM;
	if (!src) {
		r = describe(s, fd, &made, error, error_size);
		pthread_mutex_lock(&s->lock);
		if (r == 0) {
			src = source_add(s, &made);
			r = src ? 0 : -ENOMEM;
		}
		if (r < 0) {
			file_put(s, made.file);
			free(made.sum);
		}
		pthread_mutex_unlock(&s->lock);
		if (r < 0)
			return r;
	}
	return add(set, src, ret_sample);
}

int store_set_file(struct store_set *set, const char *path, uint32_t *ret_sample, struct store_loop *ret_loop,
	uint32_t *ret_root_key, char *error, size_t error_size)
{
	struct source_key key = {.kind = SOURCE_FILE};
	int fd = file_open(path, &key.id), r;

	if (fd < 0)
		return complain(fd, path, error, error_size);
	(void)snprintf(error, error_size, "no memory for sample %s", path);
	r = add_key(set, path, fd, &key, ret_sample, error, error_size);
	close(fd);
	if (r < 0)
		return r;
	if (ret_loop)
		*ret_loop = set->entry[*ret_sample].source->loop;
	if (ret_root_key)
		*ret_root_key = set->entry[*ret_sample].source->root_key;
	return 0;
}

static int is_inside(uint64_t size, uint64_t offset, uint64_t n)
{
	return offset <= size && n <= size - offset;
}

int store_set_part(struct store_set *set, const struct store_part *part, uint32_t *ret_sample, char *error,
	size_t error_size)
{
	struct source_key key = {.offset = part->offset, .n_bytes = part->n_bytes, .rate_hz = part->rate_hz};
	int fd = file_open(part->path, &key.id), r;

	if (fd < 0)
		return complain(fd, part->path, error, error_size);
	key.kind = part->format == STORE_VORBIS ? SOURCE_VORBIS : part->offset24 ? SOURCE_S24 : SOURCE_S16;
	if (key.kind == SOURCE_S24)
		key.offset24 = part->offset24;
	if (part->n_bytes < 2 || !is_inside(key.id.size, part->offset, part->n_bytes) ||
		(key.offset24 && !is_inside(key.id.size, key.offset24, part->n_bytes / 2)) ||
		(key.kind != SOURCE_VORBIS && part->n_bytes / 2 > STORE_MAX_FRAMES)) {
		(void)snprintf(error, error_size, "%s: no sample can lie at byte %llu, %llu bytes long",
			part->path, (unsigned long long)part->offset, (unsigned long long)part->n_bytes);
		r = -EINVAL;
	} else {
		(void)snprintf(error, error_size, "no memory for sample at byte %llu of %s",
			(unsigned long long)part->offset, part->path);
		r = add_key(set, part->path, fd, &key, ret_sample, error, error_size);
	}
	close(fd);
	return r;
}

const struct sample *store_set_sample(const struct store_set *set, uint32_t sample)
{
	return sample < set->n ? &set->sample[sample] : NULL;
}

int store_set_use(struct store_set *set, uint32_t sample, uint32_t start_frame, const struct store_loop *loop)
{
	struct want *w;
	uint32_t n;

	if (sample >= set->n || set->is_loaded)
		return -EINVAL;
	w = &set->entry[sample].want;
	n = set->sample[sample].n_frames;
	if (start_frame >= n)
		start_frame = n - 1;
	if (w->start_min == BANK_NONE || start_frame < w->start_min)
		w->start_min = start_frame;
	if (start_frame > w->start_max)
		w->start_max = start_frame;
	if (!loop || loop->start >= loop->end || loop->end > n)
		return 0;
	for (uint32_t i = 0; i < w->n_loops; i++)
		if (w->loop[i].start == loop->start && w->loop[i].end == loop->end)
			return 0;
	if (w->n_loops < SET_LOOPS)
		w->loop[w->n_loops++] = *loop;
	return 0;
}

int store_set_whole(struct store_set *set, uint32_t sample)
{
	if (sample >= set->n || set->is_loaded)
		return -EINVAL;
	set->entry[sample].want.is_whole = 1;
	return 0;
}

const struct sample *store_set_samples(
	const struct store_set *set, uint32_t *ret_n, uint64_t *ret_resident_bytes)
{
	if (ret_n)
		*ret_n = set->n;
	if (ret_resident_bytes)
		*ret_resident_bytes = set->resident_bytes;
	return set->sample;
}

/* SPDX-License-Identifier: MIT */
/* Filling a set: what is planned is read in the order of the files into one mapping, and published for other
 * sets. */
#include "set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW (4u << 20) /* bytes that the kernel is told to read ahead of us */
#define GAP 65536u        /* between pieces that are read as one */
#define SCRATCH (128u << 10)

/* One stretch to read. */
struct piece {
	uint32_t entry, extent;
	uint64_t at; /* byte in the file */
};

struct load {
	struct store_set *set;
	struct piece *piece;
	uint32_t n_pieces;
	int (*progress)(void *data, uint32_t percent, uint64_t bytes);
	void *data;
	uint64_t done, all, told;
	uint32_t base; /* percent that decoding took */
	int again;     /* a copy was damaged and can't be made again: plan anew */
	char *error;
	size_t error_size;
	uint8_t *scratch;
	/* what is open */
	const struct source *open;
	const struct file *open_file;
	uint64_t block;
	uint32_t advised; /* pieces that the kernel has been told of */
	uint64_t pending; /* bytes of these that are not yet read */
	int fd, how;
};

static uint64_t where(const struct source *src, uint32_t frame)
{
	return src->how == HOW_RAW ? src->layout.at + (uint64_t)frame * src->layout.frame_bytes
				   : src->key.offset;
}

static int compare(const void *va, const void *vb, void *vset)
{
	const struct piece *a = va, *b = vb;
	const struct store_set *set = vset;
	const struct file *fa = set->entry[a->entry].source->file, *fb = set->entry[b->entry].source->file;

	if (fa != fb)
		return fa->id.ino != fb->id.ino ? (fa->id.ino < fb->id.ino ? -1 : 1) : (fa < fb ? -1 : 1);
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->entry > b->entry) - (a->entry < b->entry);
}

/* Choose what is read, share what others have, reserve the rest. */
static int reserve(struct load *l, uint32_t *ret_k, uint64_t *ret_bytes)
{
	struct store_set *set = l->set;
	struct store *s = set->store;
	int r;

	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < set->n; i++)
		set->entry[i].how = set->entry[i].source->how;
	r = plan_choose(set, ret_k, ret_bytes);
	if (r < 0)
		(void)snprintf(l->error, l->error_size,
			"no memory: the samples need %llu MiB; %llu of %llu MiB are in use",
			(unsigned long long)(*ret_bytes >> 20), (unsigned long long)(s->resident_bytes >> 20),
			(unsigned long long)(s->o.memory_bytes >> 20));
	else
		s->resident_bytes += *ret_bytes;
	for (uint32_t i = 0; i < set->n && r == 0; i++) {
		struct entry *e = &set->entry[i];
		struct plan p;

		plan_make(set, e, *ret_k, &p);
		e->resident = plan_covered(e->source, &p);
		if (e->resident)
			e->resident->n_refs++;
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* Without the lock: a process that locks its memory gets all pages of the arena here. */
static int prepare(struct load *l)
{
	struct store_set *set = l->set;
	uint64_t bytes, used = 0;
	struct arena *a;
	uint32_t k;
	int r = reserve(l, &k, &bytes);

	if (r < 0)
		return r;
	l->n_pieces = 0;
	l->piece = calloc(set->n * (size_t)SAMPLE_EXTENTS + 1, sizeof(*l->piece));
	a = arena_make(bytes);
	l->all = bytes;
	l->done = l->told = 0;
	l->advised = 0;
	l->pending = 0;
	r = l->piece && a ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < set->n && r == 0; i++) {
		struct entry *e = &set->entry[i];
		struct plan p;

		if (e->resident)
			continue;
		plan_make(set, e, k, &p);
		e->resident = resident_place(a, (uint8_t *)a->base + used, e->source, &p);
		if (!e->resident) {
			r = -ENOMEM;
			break;
		}
		used += e->resident->bytes;
		for (uint32_t x = 0; x < p.n_extents; x++)
			l->piece[l->n_pieces++] = (struct piece){i, x, where(e->source, p.extent[x].first)};
	}
	if (a)
		arena_drop(a);
	pthread_mutex_lock(&set->store->lock);
	set->store->resident_bytes -= bytes - used;
	pthread_mutex_unlock(&set->store->lock);
	return r;
}

static void close_it(struct load *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->open = NULL;
	l->open_file = NULL;
	l->block = UINT64_MAX;
}

static int open_it(struct load *l, const struct source *src)
{
	int is_same = src->how == HOW_RAW ? l->how == HOW_RAW && l->open_file == src->file : l->open == src;

	if (l->fd >= 0 && l->how == src->how && is_same)
		return 0;
	close_it(l);
	l->fd = source_open(l->set->store, src, src->how);
	if (l->fd < 0)
		return l->fd;
	l->open = src;
	l->open_file = src->file;
	l->how = src->how;
	return 0;
}

static int tell(struct load *l, uint64_t bytes)
{
	uint32_t percent;

	l->done += bytes;
	if (!l->progress || (l->done - l->told < 1u << 20 && l->done < l->all))
		return 0;
	l->told = l->done;
	percent = l->base +
		  (uint32_t)((l->done < l->all ? l->done : l->all) * (99 - l->base) / (l->all ? l->all : 1));
	return l->progress(l->data, percent, l->done) ? -ECANCELED : 0;
}

static void *plane_at(const struct source *src, const struct sample_extent *x, uint32_t c, uint32_t frame)
{
	return c < src->n_channels ? (uint8_t *)(uintptr_t)x->data[c] +
					     (size_t)(frame - x->first) * format_bytes(src->format)
				   : NULL;
}

static int read_raw(struct load *l, const struct source *src, const struct sample_extent *x)
{
	const struct layout *y = &src->layout;
	int is_plane = y->pcm == PCM_S16 && !y->is_big && y->frame_bytes == 2;
	uint32_t most = is_plane ? 1u << 20 : SCRATCH / y->frame_bytes, n;

	for (uint32_t f = x->first; f < x->end; f += n) {
		uint64_t at = y->at + (uint64_t)f * y->frame_bytes;
		int r;

		n = x->end - f < most ? x->end - f : most;
		r = read_fully(l->fd, is_plane ? plane_at(src, x, 0, f) : l->scratch,
			(size_t)n * y->frame_bytes, at);
		if (r < 0)
			return r;
		if (!is_plane)
			pcm_planes(y, src->format, l->scratch, n, plane_at(src, x, 0, f),
				plane_at(src, x, 1, f));
		r = tell(l, (uint64_t)n * format_bytes(src->format) * src->n_channels);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_cache(struct load *l, const struct source *src, const struct sample_extent *x)
{
	const struct layout y = cache_layout(src);
	uint32_t per = STORE_BLOCK / y.frame_bytes, n;

	for (uint32_t f = x->first; f < x->end; f += n) {
		uint64_t b = f / per;
		uint32_t bytes = cache_block_bytes(src, b), skip = f % per;
		int r;

		if (l->block != b) {
			l->block = UINT64_MAX;
			r = read_fully(l->fd, l->scratch, bytes, cache_at(src, b));
			if (r < 0)
				return r;
			if (!cache_is_good(l->set->store, src, b, l->scratch))
				return -EBADMSG;
			l->block = b;
		}
		n = x->end - f < per - skip ? x->end - f : per - skip;
		pcm_planes(&y, src->format, l->scratch + (size_t)skip * y.frame_bytes, n,
			plane_at(src, x, 0, f), plane_at(src, x, 1, f));
		r = tell(l, (uint64_t)n * y.frame_bytes);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_decoded(struct load *l, const struct source *src, const struct sample_extent *x)
{
	const struct layout y = cache_layout(src);
	struct decoder *d = NULL;
	uint32_t f = 0, n;
	int r = open_it(l, src);

	if (r < 0)
		return r;
	r = decoder_open(src, l->fd, &d, l->error, l->error_size);
	if (r < 0)
		return r;
	while (f < x->end && r == 0) {
		n = x->end - f < SCRATCH / y.frame_bytes ? x->end - f : SCRATCH / y.frame_bytes;
		n = decoder_read(d, l->scratch, n);
		if (n == 0)
			break; /* the rest is silence */
		pcm_planes(&y, src->format, l->scratch, n, plane_at(src, x, 0, f), plane_at(src, x, 1, f));
		f += n;
		r = tell(l, (uint64_t)n * y.frame_bytes);
	}
	if (r == 0 && f < x->end)
		store_tell(l->set->store, "%s ends after %u of %u frames; the rest is silence",
			src->file->path, f, x->end);
	decoder_close(d);
	return r;
}

/* The copy is not what was written: make it again, or do without. */
static int mend(struct load *l, struct source *src, const struct sample_extent *x)
{
	struct store *s = l->set->store;
	int r;

	close_it(l);
	pthread_mutex_lock(&s->lock);
	src->is_damaged = 1;
	pthread_mutex_unlock(&s->lock);
	r = cache_make(s, src);
	if (r == 0)
		r = open_it(l, src);
	if (r == 0)
		r = read_cache(l, src, x);
	if (r == 0 || r == -ECANCELED)
		return r;
	store_tell(s, "the cached copy of %s is damaged and cannot be made again; the file itself is read",
		src->file->path);
	pthread_mutex_lock(&s->lock);
	src->how = HOW_DECODE;
	pthread_mutex_unlock(&s->lock);
	l->again = 1;
	return 0;
}

static uint64_t piece_bytes(const struct load *l, const struct piece *p)
{
	const struct entry *e = &l->set->entry[p->entry];
	const struct sample_extent *x = &e->resident->extent[p->extent];

	return (uint64_t)(x->end - x->first) * e->source->layout.frame_bytes;
}

/* From piece `i` on, as far as the file goes that is open: a disk that is asked early is not waited for. */
static void advise(struct load *l, uint32_t i)
{
	const struct file *f = l->open_file;

	if (l->advised <= i) {
		l->advised = i;
		l->pending = 0;
	}
	while (l->advised < l->n_pieces && l->pending < WINDOW) {
		const struct piece *p = &l->piece[l->advised];
		const struct source *src = l->set->entry[p->entry].source;
		uint64_t from = p->at, end = from;

		if (src->file != f || src->how != HOW_RAW)
			return;
		for (; l->advised < l->n_pieces && end - from < WINDOW; l->advised++, p++) {
			src = l->set->entry[p->entry].source;
			if (src->file != f || src->how != HOW_RAW || p->at > end + GAP)
				break;
			end = p->at + piece_bytes(l, p) > end ? p->at + piece_bytes(l, p) : end;
			l->pending += piece_bytes(l, p);
		}
		(void)posix_fadvise(l->fd, (off_t)from, (off_t)(end - from), POSIX_FADV_WILLNEED);
	}
}

static int read_piece(struct load *l, uint32_t i)
{
	const struct piece *p = &l->piece[i];
	struct entry *e = &l->set->entry[p->entry];
	const struct sample_extent *x = &e->resident->extent[p->extent];
	struct source *src = e->source;
	int r;

	if (src->how != e->how) {
		l->again = 1; /* another set found its copy damaged, or made one */
		return 0;
	}
	if (e->how == HOW_DECODE)
		return l->again ? 0 : read_decoded(l, src, x);
	if (e->how == HOW_MEMORY) {
		const struct layout y = cache_layout(src);

		pcm_planes(&y, src->format, src->memory + (size_t)x->first * y.frame_bytes, x->end - x->first,
			plane_at(src, x, 0, x->first), plane_at(src, x, 1, x->first));
		return 0;
	}
	r = open_it(l, src);
	if (e->how == HOW_RAW) {
		if (r < 0)
			return r;
		if (l->pending < WINDOW / 2 || l->advised <= i)
			advise(l, i);
		l->pending -= piece_bytes(l, p) < l->pending ? piece_bytes(l, p) : l->pending;
		return read_raw(l, src, x);
	}
	if (r == 0)
		r = read_cache(l, src, x);
	return r == 0 || r == -ECANCELED ? r : mend(l, src, x);
}

static int read_all(struct load *l)
{
	struct store_set *set = l->set;

	l->error[0] = 0;
	qsort_r(l->piece, l->n_pieces, sizeof(*l->piece), compare, set);
	for (uint32_t i = 0; i < l->n_pieces; i++) {
		const struct file *f = set->entry[l->piece[i].entry].source->file;
		int r = read_piece(l, i);

		if (r == -ECANCELED) {
			(void)snprintf(l->error, l->error_size, "loading was given up");
			return r;
		}
		if (r < 0) {
			if (!l->error[0] || r != -EINVAL)
				(void)snprintf(l->error, l->error_size, "cannot read %s: %s", f->path,
					r == -ESTALE ? "it has changed meanwhile" : strerror(-r));
			return r == -ENOMEM ? r : -EIO;
		}
	}
	return 0;
}

/* What must be decoded is, once. */
static int decode_all(struct load *l)
{
	struct store_set *set = l->set;
	struct store *s = set->store;
	int is_any = 0;

	for (uint32_t i = 0; i < set->n; i++) {
		struct source *src = set->entry[i].source;

		if (src->how == HOW_DECODE) {
			is_any = 1;
			(void)cache_make(s, src);
		}
		l->base = is_any ? (uint32_t)(90ull * (i + 1) / set->n) : 0;
		if (l->progress && l->progress(l->data, l->base, 0)) {
			(void)snprintf(l->error, l->error_size, "loading was given up");
			return -ECANCELED;
		}
	}
	return 0;
}

static void forget(struct store_set *set)
{
	pthread_mutex_lock(&set->store->lock);
	for (uint32_t i = 0; i < set->n; i++) {
		if (set->entry[i].resident)
			resident_put(set->store, set->entry[i].source, set->entry[i].resident);
		set->entry[i].resident = NULL;
	}
	pthread_mutex_unlock(&set->store->lock);
}

/* Others may find it, and the samples say where it is. */
static void publish(struct load *l)
{
	struct store_set *set = l->set;
	struct store *s = set->store;

	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < l->n_pieces; i++) {
		struct entry *e = &set->entry[l->piece[i].entry];

		if (l->piece[i].extent == 0) {
			e->resident->next = e->source->resident;
			e->source->resident = e->resident;
		}
	}
	for (uint32_t i = 0; i < set->n; i++) {
		const struct resident *r = set->entry[i].resident;
		struct sample *p = &set->sample[i];

		p->n_extents = (uint8_t)r->n_extents;
		memcpy(p->extent, r->extent, sizeof(p->extent));
		p->source = r->extent[0].first == 0 && r->extent[0].end == p->n_frames
				    ? BANK_NONE
				    : set->entry[i].source->index;
		if (p->source != BANK_NONE)
			s->n_streamed++;
		set->resident_bytes += r->bytes;
	}
	set->is_loaded = 1;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

int store_set_load(struct store_set *set, int (*progress)(void *data, uint32_t percent, uint64_t bytes),
	void *data, char *error, size_t error_size)
{
	struct load l = {.set = set,
		.progress = progress,
		.data = data,
		.error = error,
		.error_size = error_size,
		.fd = -1,
		.block = UINT64_MAX};
	int r;

	if (set->is_loaded)
		return 0;
	l.scratch = malloc(SCRATCH);
	(void)snprintf(error, error_size, "no memory for samples");
	if (!l.scratch)
		return -ENOMEM;
	r = decode_all(&l);
	while (r == 0) {
		l.again = 0;
		r = prepare(&l);
		if (r == 0)
			r = read_all(&l);
		close_it(&l);
		if (r == 0 && !l.again)
			publish(&l);
		else
			forget(set);
		free(l.piece);
		l.piece = NULL;
		if (!l.again)
			break;
	}
	free(l.scratch);
	if (r == 0 && progress)
		(void)progress(data, 100, l.all);
	return r;
}

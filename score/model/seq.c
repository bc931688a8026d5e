/* SPDX-License-Identifier: MIT */
/*
 * Two or three levels: chunks of items; tables of at most 64 chunks; for long sequences a table of tables.
 * Everything is immutable once made. A splice makes anew the chunks that it touches and the tables above
 * them, and shares the rest, so it copies some KiB whatever the length.
 */
#include <score/seq.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "seq_private.h"

#define CHUNK_BYTES 4096u
#define MAX_CHILDREN 64u

struct chunk {
	atomic_uint refs;
	uint32_t n;
	const char *item;  /**< in the slab, or behind it */
	struct slab *slab; /**< that it is a part of; NULL: it stands alone, before its items */
};
static_assert(sizeof(struct chunk) % 8 == 0, "items lie behind it");

/** The items of a whole list and its chunks, which go together. */
struct slab {
	atomic_uint refs; /**< chunks that are used */
	void *items;
	struct chunk chunk[];
};

struct child {
	void *p;        /**< struct chunk, or at height 1 struct nvx_seq_table */
	uint32_t start; /**< index of its first item, in the table */
	uint32_t n;
};

struct nvx_seq_table {
	const struct score_alloc *alloc;
	atomic_uint refs;
	uint32_t height; /**< 0: children are chunks */
	uint32_t n_children;
	struct child child[];
};

static uint32_t chunk_items(uint32_t item_bytes)
{
	const uint32_t n = CHUNK_BYTES / item_bytes;
	return n < 8 ? 8 : n;
}

static void unref_chunk(const struct score_alloc *alloc, struct chunk *chunk)
{
	struct slab *slab = chunk->slab;
	if (atomic_fetch_sub_explicit(&chunk->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (!slab) {
		score_free(alloc, chunk);
	} else if (atomic_fetch_sub_explicit(&slab->refs, 1, memory_order_acq_rel) == 1) {
		score_free(alloc, slab->items);
		score_free(alloc, slab);
	}
}

static void unref_table(struct nvx_seq_table *table)
{
	if (atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) != 1)
		return;
	const struct score_alloc *alloc = table->alloc;
	for (uint32_t i = 0; i < table->n_children; i++) {
		if (!table->height) {
			unref_chunk(alloc, table->child[i].p);
			continue;
		}
		struct nvx_seq_table *leaf = table->child[i].p;
		if (atomic_fetch_sub_explicit(&leaf->refs, 1, memory_order_acq_rel) != 1)
			continue;
		for (uint32_t k = 0; k < leaf->n_children; k++)
			unref_chunk(alloc, leaf->child[k].p);
		score_free(alloc, leaf);
	}
	score_free(alloc, table);
}

static void ref_child(const struct child *child, uint32_t height)
{
	atomic_uint *refs =
		height ? &((struct nvx_seq_table *)child->p)->refs : &((struct chunk *)child->p)->refs;
	atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

static void unref_child(const struct score_alloc *alloc, const struct child *child, uint32_t height)
{
	if (height)
		unref_table(child->p);
	else
		unref_chunk(alloc, child->p);
}

struct nvx_seq nvx_seq_ref(struct nvx_seq seq)
{
	if (seq.table)
		atomic_fetch_add_explicit(&seq.table->refs, 1, memory_order_relaxed);
	return seq;
}

void nvx_seq_unref(struct nvx_seq *seq)
{
	if (seq->table)
		unref_table(seq->table);
	*seq = (struct nvx_seq){};
}

int nvx_seq_same(const struct nvx_seq *a, const struct nvx_seq *b)
{
	return a->table == b->table && a->n == b->n;
}

/** The child that item `i` lies in. */
static inline uint32_t find_child(const struct nvx_seq_table *table, uint32_t i)
{
	uint32_t low = 0, high = table->n_children;
	while (high - low > 1) {
		const uint32_t middle = low + (high - low) / 2;
		if (table->child[middle].start <= i)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/** The chunk that item `i` lies in: which table, which of its children, and the index where it starts. */
struct leaf {
	const struct nvx_seq_table *table;
	uint32_t node, at; /**< node: child of the top table; 0 where that holds the chunks itself */
	uint32_t start, n;
	const struct chunk *chunk;
};

static inline struct leaf find_leaf(const struct nvx_seq *seq, uint32_t i)
{
	struct leaf leaf = {.table = seq->table};
	uint32_t base = 0;
	if (leaf.table->height) {
		leaf.node = find_child(leaf.table, i);
		base = leaf.table->child[leaf.node].start;
		leaf.table = leaf.table->child[leaf.node].p;
	}
	leaf.at = find_child(leaf.table, i - base);
	leaf.start = base + leaf.table->child[leaf.at].start;
	leaf.n = leaf.table->child[leaf.at].n;
	leaf.chunk = leaf.table->child[leaf.at].p;
	return leaf;
}

const void *nvx_seq_at(const struct nvx_seq *seq, uint32_t i)
{
	const struct leaf leaf = find_leaf(seq, i);
	return leaf.chunk->item + (size_t)(i - leaf.start) * seq->item_bytes;
}

const void *nvx_seq_run(const struct nvx_seq *seq, uint32_t i, uint32_t *ret_n)
{
	const struct leaf leaf = find_leaf(seq, i);
	*ret_n = leaf.n - (i - leaf.start);
	return leaf.chunk->item + (size_t)(i - leaf.start) * seq->item_bytes;
}

struct nvx_seq_iter nvx_seq_from(const struct nvx_seq *seq, uint32_t at)
{
	return (struct nvx_seq_iter){.seq = seq, .index = at};
}

int nvx_seq_turn(struct nvx_seq_iter *it)
{
	if (it->index >= it->seq->n)
		return 0;
	it->item = nvx_seq_run(it->seq, it->index, &it->left);
	return 1;
}

uint32_t nvx_seq_search(
	const struct nvx_seq *seq, int (*before)(const void *item, const void *key), const void *key)
{
	uint32_t low = 0, high = seq->n;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (before(nvx_seq_at(seq, middle), key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int is_tick_before(const char *item, int64_t wanted)
{
	int64_t tick;
	memcpy(&tick, item, sizeof(tick));
	return tick < wanted;
}

static const char *first_item(const struct nvx_seq_table *table, uint32_t child)
{
	if (table->height)
		return first_item(table->child[child].p, 0);
	return ((const struct chunk *)table->child[child].p)->item;
}

/** As nvx_seq_search(), which would come down from the top for each item that it looks at. */
static uint32_t find_tick(const struct nvx_seq_table *table, uint32_t item_bytes, int64_t tick)
{
	uint32_t low = 0, high = table->n_children;
	while (high - low > 1) { /* the last child that begins before, or the first of all */
		const uint32_t middle = low + (high - low) / 2;
		if (is_tick_before(first_item(table, middle), tick))
			low = middle;
		else
			high = middle;
	}
	const struct child *child = &table->child[low];
	if (table->height)
		return child->start + find_tick(child->p, item_bytes, tick);
	const char *items = ((const struct chunk *)child->p)->item;
	low = 0;
	high = child->n;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (is_tick_before(items + (size_t)middle * item_bytes, tick))
			low = middle + 1;
		else
			high = middle;
	}
	return child->start + low;
}

uint32_t nvx_seq_find(const struct nvx_seq *seq, int64_t tick)
{
	return seq->n ? find_tick(seq->table, seq->item_bytes, tick) : 0;
}

/* ---- making ---- */

/** Where the items of new chunks come from: pieces that follow each other. */
struct piece {
	const void *items;
	uint32_t n;
};
#define MAX_PIECES 5u

/** Children that are being collected for new tables; `fresh` ones are ours alone until a table holds them. */
struct children {
	struct child *child;
	size_t n, cap;
};

static int push_child(const struct score_alloc *alloc, struct children *to, void *p, uint32_t n)
{
	void *items = to->child;
	if (score_reserve(alloc, &items, &to->cap, to->n + 1, sizeof(struct child)))
		return -ENOMEM;
	to->child = items;
	to->child[to->n++] = (struct child){.p = p, .n = n};
	return 0;
}

/** Share children `from` .. `to` - 1 of a table. */
static int push_shared(const struct score_alloc *alloc, struct children *into,
	const struct nvx_seq_table *table, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		if (push_child(alloc, into, table->child[i].p, table->child[i].n))
			return -ENOMEM;
		ref_child(&table->child[i], table->height);
	}
	return 0;
}

static void drop_children(const struct score_alloc *alloc, struct children *children, uint32_t height)
{
	for (size_t i = 0; i < children->n; i++)
		unref_child(alloc, &children->child[i], height);
	score_free(alloc, children->child);
	*children = (struct children){};
}

/** Chunks of one list are of equal size. @return index of the first item of the i-th. */
static uint32_t chunk_start(uint32_t total, uint32_t i, uint32_t n_chunks)
{
	return (uint32_t)((uint64_t)total * i / n_chunks);
}

/** Items of all pieces as chunks. */
static int make_chunks(const struct score_alloc *alloc, const struct piece *piece, uint32_t total,
	uint32_t item_bytes, struct children *into)
{
	const uint32_t max = chunk_items(item_bytes);
	const uint32_t n_chunks = total / max + (total % max != 0);
	uint32_t used = 0; /* of *piece */

	for (uint32_t i = 0; i < n_chunks; i++) {
		const uint32_t n = chunk_start(total, i + 1, n_chunks) - chunk_start(total, i, n_chunks);
		const size_t size_bytes = sizeof(struct chunk) + (size_t)n * item_bytes;
		struct chunk *chunk = alloc->resize(alloc->ctx, NULL, size_bytes);
		if (!chunk)
			return -ENOMEM;
		char *own = (char *)(chunk + 1);
		*chunk = (struct chunk){.n = n, .item = own};
		atomic_init(&chunk->refs, 1);
		for (uint32_t filled = 0; filled < n;) {
			while (used == piece->n) {
				piece++;
				used = 0;
			}
			uint32_t take = piece->n - used;
			if (take > n - filled)
				take = n - filled;
			memcpy(own + (size_t)filled * item_bytes,
				(const char *)piece->items + (size_t)used * item_bytes,
				(size_t)take * item_bytes);
			filled += take;
			used += take;
		}
		if (push_child(alloc, into, chunk, n)) {
			score_free(alloc, chunk);
			return -ENOMEM;
		}
	}
	return 0;
}

/** A table that takes over the children's references. NULL: out of memory, they are still the caller's. */
static struct nvx_seq_table *make_table(
	const struct score_alloc *alloc, const struct child *child, uint32_t n, uint32_t height)
{
	struct nvx_seq_table *table =
		alloc->resize(alloc->ctx, NULL, sizeof(*table) + (size_t)n * sizeof(struct child));
	if (!table)
		return NULL;
	*table = (struct nvx_seq_table){.alloc = alloc, .height = height, .n_children = n};
	atomic_init(&table->refs, 1);
	uint32_t start = 0;
	for (uint32_t i = 0; i < n; i++) {
		table->child[i] = (struct child){child[i].p, start, child[i].n};
		start += child[i].n;
	}
	return table;
}

/** Tables of at most MAX_CHILDREN chunks each; takes over the chunks' references, also when it fails. */
static int make_leaves(const struct score_alloc *alloc, struct children *chunks, struct children *into)
{
	const size_t n_tables = (chunks->n + MAX_CHILDREN - 1) / MAX_CHILDREN;
	size_t done = 0;
	int err = 0;
	for (size_t i = 0; i < n_tables && !err; i++) {
		const size_t end = chunks->n * (i + 1) / n_tables;
		uint32_t n = 0;
		for (size_t k = done; k < end; k++)
			n += chunks->child[k].n;
		struct nvx_seq_table *leaf =
			make_table(alloc, chunks->child + done, (uint32_t)(end - done), 0);
		if (!leaf) {
			err = -ENOMEM;
			break;
		}
		done = end;
		if (push_child(alloc, into, leaf, n)) {
			unref_table(leaf);
			err = -ENOMEM;
		}
	}
	for (size_t k = done; k < chunks->n; k++)
		unref_chunk(alloc, chunks->child[k].p);
	score_free(alloc, chunks->child);
	*chunks = (struct children){};
	return err;
}

/** The top table over children; takes over their references, also when it fails. */
static int make_top(const struct score_alloc *alloc, struct children *children, uint32_t height,
	struct nvx_seq_table **ret)
{
	*ret = make_table(alloc, children->child, (uint32_t)children->n, height);
	if (!*ret) {
		drop_children(alloc, children, height);
		return -ENOMEM;
	}
	score_free(alloc, children->child);
	*children = (struct children){};
	return 0;
}

/** A sequence of chunks; takes over their references, also when it fails. */
static int make_seq(const struct score_alloc *alloc, struct children *chunks, struct nvx_seq_table **ret)
{
	if (chunks->n <= MAX_CHILDREN)
		return make_top(alloc, chunks, 0, ret);
	struct children leaves = {};
	if (make_leaves(alloc, chunks, &leaves)) {
		drop_children(alloc, &leaves, 1);
		return -ENOMEM;
	}
	return make_top(alloc, &leaves, 1, ret);
}

int nvx_seq_make(const struct score_alloc *alloc, const void *items, uint32_t n, uint32_t item_bytes,
	struct nvx_seq *ret)
{
	*ret = (struct nvx_seq){.item_bytes = item_bytes};
	if (n == 0)
		return 0;
	struct children chunks = {};
	const struct piece piece = {items, n};
	if (make_chunks(alloc, &piece, n, item_bytes, &chunks)) {
		drop_children(alloc, &chunks, 0);
		return -ENOMEM;
	}
	const int err = make_seq(alloc, &chunks, &ret->table);
	ret->n = err ? 0 : n;
	return err;
}

/** Chunks of a list that is there already, as children. */
static void cut_slab(
	struct slab *slab, uint32_t n, uint32_t item_bytes, uint32_t n_chunks, struct child *child)
{
	for (uint32_t i = 0; i < n_chunks; i++) {
		const uint32_t start = chunk_start(n, i, n_chunks);
		struct chunk *chunk = &slab->chunk[i];
		*chunk = (struct chunk){.n = chunk_start(n, i + 1, n_chunks) - start,
			.item = (const char *)slab->items + (size_t)start * item_bytes,
			.slab = slab};
		atomic_init(&chunk->refs, 1);
		child[i] = (struct child){.p = chunk, .n = chunk->n};
	}
}

int nvx_seq_adopt(
	const struct score_alloc *alloc, void *items, uint32_t n, uint32_t item_bytes, struct nvx_seq *ret)
{
	const uint32_t max = chunk_items(item_bytes);
	const uint32_t n_chunks = n / max + (n % max != 0);
	*ret = (struct nvx_seq){.item_bytes = item_bytes};
	if (n == 0) {
		score_free(alloc, items);
		return 0;
	}
	struct child few[MAX_CHILDREN];
	struct children chunks = {.child = few, .n = n_chunks};
	struct slab *slab = alloc->resize(alloc->ctx, NULL, sizeof(*slab) + n_chunks * sizeof(*slab->chunk));
	if (!slab)
		return -ENOMEM;
	if (n_chunks > MAX_CHILDREN)
		chunks.child = alloc->resize(alloc->ctx, NULL, n_chunks * sizeof(*chunks.child));
	if (!chunks.child) {
		score_free(alloc, slab);
		return -ENOMEM;
	}
	/* One reference is ours until all is made, so that a failure leaves the items to the caller. */
	atomic_init(&slab->refs, n_chunks + 1);
	slab->items = items;
	cut_slab(slab, n, item_bytes, n_chunks, chunks.child);
	int err = 0;
	if (n_chunks > MAX_CHILDREN)
		err = make_seq(alloc, &chunks, &ret->table);
	else if (!(ret->table = make_table(alloc, few, n_chunks, 0)))
		err = -ENOMEM;
	if (err) {
		score_free(alloc, slab);
		return err;
	}
	atomic_fetch_sub_explicit(&slab->refs, 1, memory_order_relaxed);
	ret->n = n;
	return 0;
}

/** Put the tables over `fresh` chunks, which replace those from `first` to `last`. Takes over `fresh`. */
static int graft(const struct nvx_seq *seq, const struct score_alloc *alloc, const struct leaf *first,
	const struct leaf *last, struct children *fresh, struct nvx_seq_table **ret)
{
	const struct nvx_seq_table *top = seq->table;
	struct children chunks = {}, leaves = {};
	int err = push_shared(alloc, &chunks, first->table, 0, first->at);
	for (size_t i = 0; i < fresh->n && !err; i++) {
		err = push_child(alloc, &chunks, fresh->child[i].p, fresh->child[i].n);
		if (!err)
			ref_child(&fresh->child[i], 0);
	}
	if (!err)
		err = push_shared(alloc, &chunks, last->table, last->at + 1, last->table->n_children);
	uint32_t from_node = first->node, to_node = last->node + 1;
	/* Few chunks are joined with the next table's, so that tables don't dwindle. */
	if (!err && top->height && chunks.n < MAX_CHILDREN / 4 && to_node < top->n_children) {
		const struct nvx_seq_table *next = top->child[to_node++].p;
		err = push_shared(alloc, &chunks, next, 0, next->n_children);
	}
	drop_children(alloc, fresh, 0);
	if (err) {
		drop_children(alloc, &chunks, 0);
		return err;
	}
	if (!top->height)
		return make_seq(alloc, &chunks, ret);
	err = push_shared(alloc, &leaves, top, 0, from_node);
	if (err)
		drop_children(alloc, &chunks, 0);
	else
		err = make_leaves(alloc, &chunks, &leaves);
	if (!err)
		err = push_shared(alloc, &leaves, top, to_node, top->n_children);
	if (err) {
		drop_children(alloc, &leaves, 1);
		return err;
	}
	return make_top(alloc, &leaves, 1, ret);
}

int nvx_seq_splice(const struct nvx_seq *seq, const struct score_alloc *alloc, uint32_t at, uint32_t n_old,
	const void *items, uint32_t n_new, struct nvx_seq *ret)
{
	const uint32_t item_bytes = seq->item_bytes;
	*ret = (struct nvx_seq){.item_bytes = item_bytes};
	if (seq->n == n_old)
		return nvx_seq_make(alloc, items, n_new, item_bytes, ret);
	if (n_old == 0 && n_new == 0) {
		*ret = nvx_seq_ref(*seq);
		return 0;
	}
	struct leaf first = find_leaf(seq, at < seq->n ? at : seq->n - 1);
	struct leaf last = n_old ? find_leaf(seq, at + n_old - 1) : first;
	struct piece piece[MAX_PIECES];
	uint32_t n_pieces = 0;
	const uint32_t n_before = at - first.start, n_after = last.start + last.n - (at + n_old);
	uint32_t total = n_before + n_new + n_after;
	struct leaf neighbour = {};
	if (total < chunk_items(item_bytes) / 2) {
		/* Few items are joined with a neighbour's, so that chunks don't dwindle. */
		if (last.start + last.n < seq->n) {
			neighbour = last = find_leaf(seq, last.start + last.n);
			total += neighbour.n;
		} else if (first.start > 0) {
			first = find_leaf(seq, first.start - 1);
			piece[n_pieces++] = (struct piece){first.chunk->item, first.n};
			total += first.n;
		}
	}
	const struct leaf begin = find_leaf(seq, at < seq->n ? at : seq->n - 1);
	const struct leaf end = n_old ? find_leaf(seq, at + n_old - 1) : begin;
	piece[n_pieces++] = (struct piece){begin.chunk->item, n_before};
	piece[n_pieces++] = (struct piece){items, n_new};
	piece[n_pieces++] = (struct piece){end.chunk->item + (size_t)(end.n - n_after) * item_bytes, n_after};
	if (neighbour.chunk)
		piece[n_pieces++] = (struct piece){neighbour.chunk->item, neighbour.n};

	struct children fresh = {};
	if (make_chunks(alloc, piece, total, item_bytes, &fresh)) {
		drop_children(alloc, &fresh, 0);
		return -ENOMEM;
	}
	const int err = graft(seq, alloc, &first, &last, &fresh, &ret->table);
	ret->n = err ? 0 : seq->n - n_old + n_new;
	return err;
}

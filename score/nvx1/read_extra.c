/* SPDX-License-Identifier: MIT */
/* Unknown members and extensions (nvx1.md 8): kept as canonical text. */
#include <errno.h>
#include <string.h>

#include "json_put.h"
#include "read.h"
#include "sort.h"
#include "words.h"

/** "/dots/2/color": the member that stands here, as its owner calls it. */
static void put_path(struct nvx_reader *r, struct json_text key)
{
	char all[256], above[256];
	struct json_pull *p = &r->pull;
	const unsigned depth = p->depth;

	/* Known members and indices lead to it, so this is short. */
	p->depth = depth - 1;
	const size_t n = json_pointer(p, all, sizeof(all));
	p->depth = r->owner_depth - 1;
	const size_t skip = json_pointer(p, above, sizeof(above));
	p->depth = depth;
	score_bytes_put(&r->paths, all + skip, n - skip);
	score_bytes_u8(&r->paths, '/');
	r->text.n = 0;
	score_bytes_put(&r->text, key.at, key.len);
	if (r->text.error)
		return;
	const size_t len = json_decode(key, (char *)r->text.data);
	for (size_t i = 0; i < len; i++) {
		const char c = (char)r->text.data[i];
		if (c == '~' || c == '/')
			score_bytes_put(&r->paths, c == '~' ? "~0" : "~1", 2);
		else
			score_bytes_u8(&r->paths, (uint8_t)c);
	}
}

/** Blanks and escapes of what is kept may shrink, but not by more than this. */
#define MAX_RAW (8u * (size_t)NVX_MAX_EXTRA)

/** The value that stands here is kept, and skipped. */
static void push(struct nvx_reader *r, const struct nvx_kept *kept)
{
	json_skip(&r->pull);
	const size_t raw = (size_t)(r->pull.at - kept->value) + kept->key.len;
	if (r->paths.error || r->text.error) {
		r->draft->error = -ENOMEM;
		return;
	}
	if (r->owner_raw > MAX_RAW)
		return;
	r->owner_raw += raw;
	if (r->owner_raw > MAX_RAW) {
		/* Not even looked at: that would cost time. */
		const uint8_t *behind = r->pull.at;
		r->pull.at = kept->value;
		nvx_fault(r, "nvx1.limit.extensions", "about %zu bytes in one object are more than %u",
			r->owner_raw, NVX_MAX_EXTRA);
		r->pull.at = behind;
		return;
	}
	if (score_reserve(r->alloc, (void **)&r->kept, &r->cap_kept, r->n_kept + 1, sizeof(*kept)) < 0)
		r->draft->error = -ENOMEM;
	else
		r->kept[r->n_kept++] = *kept;
}

void nvx_keep(struct nvx_reader *r)
{
	struct nvx_kept kept = {.key = json_key(&r->pull), .value = r->pull.at};

	if (r->pull.depth > r->owner_depth) {
		/* A small object that keeps nothing itself: its owner does. */
		kept.path = (uint32_t)r->paths.n;
		put_path(r, kept.key);
		kept.path_len = (uint32_t)r->paths.n - kept.path;
	}
	if (!r->newer)
		nvx_notice(r, "nvx1.member.unknown", "no such member; it is kept");
	push(r, &kept);
}

struct order {
	const struct nvx_reader *r;
	const struct nvx_words *words;
};

static struct json_text name_of(const struct nvx_reader *r, const struct nvx_kept *kept)
{
	if (!kept->path_len)
		return kept->key;
	return (struct json_text){(const char *)r->paths.data + kept->path, kept->path_len, 0};
}

static unsigned place_of(const struct nvx_words *words, struct json_text name)
{
	const int known = words && !name.escaped ? nvx_word_find(words, name.at, name.len) : -1;
	if (known >= 0)
		return (unsigned)known;
	return json_text_is(name, "extensions") ? 2000 : 1000;
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct order *order = ctx;
	const struct json_text x = name_of(order->r, a), y = name_of(order->r, b);
	const unsigned place_x = place_of(order->words, x), place_y = place_of(order->words, y);
	return place_x != place_y ? (place_x < place_y ? -1 : 1) : json_text_compare(x, y);
}

/** `"key":value`, with a comma if something stands before it. */
static void put_member(struct nvx_reader *r, const struct nvx_kept *kept)
{
	const struct json_text name = name_of(r, kept);
	if (r->extra.n > 0)
		score_bytes_u8(&r->extra, ',');
	r->text.n = 0;
	score_bytes_put(&r->text, name.at, name.len);
	if (r->text.error)
		return;
	const size_t len = name.escaped ? json_decode(name, (char *)r->text.data) : name.len;
	json_put_string(&r->extra, (const char *)r->text.data, len);
	score_bytes_u8(&r->extra, ':');
	json_canonical(kept->value, NULL, &r->extra);
}

/** What stands in r->extra, within the limits. */
static nvx_str extra_text(struct nvx_reader *r)
{
	r->extra_bytes += r->extra.n;
	if (r->extra.error || r->text.error) {
		r->draft->error = -ENOMEM;
		return 0;
	}
	if (r->extra.n > NVX_MAX_EXTRA || r->extra_bytes > NVX_MAX_EXTRAS) {
		nvx_fault(r, "nvx1.limit.extensions",
			"%zu bytes in one object, %zu in the score, are more than %u, %u", r->extra.n,
			r->extra_bytes, NVX_MAX_EXTRA, NVX_MAX_EXTRAS);
		return 0;
	}
	return r->extra.n ? nvx_text(r->draft, (const char *)r->extra.data, r->extra.n) : 0;
}

size_t nvx_kept_part(struct nvx_reader *r, size_t first, const struct nvx_words *words)
{
	size_t others = first;
	for (size_t i = first; i < r->n_kept; i++) {
		const struct nvx_kept kept = r->kept[i];
		if (kept.path_len || place_of(words, kept.key) >= words->n) {
			r->kept[i] = r->kept[others];
			r->kept[others++] = kept;
		}
	}
	return others;
}

nvx_str nvx_kept_text(struct nvx_reader *r, size_t first, const struct nvx_words *words)
{
	struct nvx_kept *kept = r->kept + first;
	const size_t n = r->n_kept - first;

	if (n == 0 || r->draft->error)
		return 0;
	nvx_sort(kept, n, sizeof(*kept), compare, &(struct order){r, words});
	r->extra.n = 0;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && json_text_compare(name_of(r, &kept[i - 1]), name_of(r, &kept[i])) == 0)
			nvx_fault(
				r, "nvx1.json.duplicate", "kept twice: a member and one of a smaller object");
		put_member(r, &kept[i]);
		if (r->extra.n > NVX_MAX_EXTRA)
			break;
	}
	r->n_kept = first;
	return extra_text(r);
}

/** [a-z0-9]+([.-][a-z0-9]+)*, at most 64 bytes. */
static int is_namespace(struct json_text name)
{
	int separator = 1;
	for (uint32_t i = 0; i < name.len; i++) {
		const char c = name.at[i];
		const int letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && (separator || (c != '.' && c != '-')))
			return 0;
		separator = !letter;
	}
	return !separator && name.len <= 64 && !name.escaped;
}

void nvx_keep_extensions(struct nvx_reader *r)
{
	const uint8_t *start = r->pull.at;
	int members = 0;

	if (!nvx_expect(r, JSON_OBJECT))
		return;
	for (json_enter(&r->pull); nvx_more(r); json_skip(&r->pull)) {
		members++;
		if (!is_namespace(json_key(&r->pull)))
			nvx_fault(r, "nvx1.ext.namespace",
				"a namespace is like org.example.practice, at most 64 bytes");
	}
	if (r->draft->error || members == 0)
		return;
	r->pull.at = start;
	push(r, &(struct nvx_kept){.key = json_key(&r->pull), .value = start});
}

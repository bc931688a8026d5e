/* SPDX-License-Identifier: MIT */
/* Objects of unknown order: opened, taken from by name, and closed, when all that was not taken is kept. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../json_put.h"
#include "older.h"

int older_open(struct older *o, struct older_object *obj)
{
	struct nvx_reader *r = o->r;
	*obj = (struct older_object){.at = r->pull.at, .first = o->n_member};
	if (!nvx_expect(r, JSON_OBJECT))
		return 0;
	const unsigned depth = r->pull.depth;
	for (json_enter(&r->pull); nvx_more(r); json_skip(&r->pull)) {
		if (score_reserve(r->alloc, (void **)&o->member, &o->cap_member, o->n_member + 1,
			    sizeof(*o->member)) < 0) {
			r->draft->error = -ENOMEM;
			break;
		}
		o->member[o->n_member++] =
			(struct older_member){.key = json_key(&r->pull), .value = r->pull.at};
	}
	obj->n = o->n_member - obj->first;
	r->pull.at = obj->at;
	r->pull.depth = depth;
	return !r->draft->error;
}

const uint8_t *older_take(struct older *o, const struct older_object *obj, const char *name)
{
	struct older_member *member = o->member + obj->first;
	for (size_t i = 0; i < obj->n; i++) {
		if (!json_text_is(member[i].key, name))
			continue;
		if (member[i].taken || *member[i].value == 'n')
			return NULL;
		member[i].taken = 1;
		return member[i].value;
	}
	return NULL;
}

void older_leave(struct older *o, const struct older_object *obj, const uint8_t *value)
{
	struct older_member *member = o->member + obj->first;
	for (size_t i = 0; i < obj->n; i++)
		if (member[i].value == value)
			member[i].taken = 0;
}

const uint8_t *older_peek(struct older *o, const struct older_object *obj, const char *name)
{
	const uint8_t *value = older_take(o, obj, name);
	if (value)
		older_leave(o, obj, value);
	return value;
}

/* ---- what is kept ---- */

/** Tell of a member's name once. */
static void tell_kept(struct older *o, const struct older_member *member)
{
	const uint32_t hash = json_text_hash(member->key);
	for (uint32_t i = 0; i < o->n_told; i++)
		if (o->told[i] == hash)
			return;
	if (o->n_told < OLDER_TOLD)
		o->told[o->n_told++] = hash;
	const struct json_text key = json_cut(member->key, 60);
	char name[64];
	(void)snprintf(name, sizeof(name), "%.*s", (int)key.len, key.at);
	older_notice(o, member->value, name, "nvx1.migrated",
		"it has no other place: kept in the extension %s, here and wherever it stands", o->space);
}

unsigned older_depth(const uint8_t *at)
{
	const uint8_t *end = json_end(at);
	unsigned depth = 0, most = 0;
	while (at < end) {
		if (*at == '"') {
			struct json_pull pull;
			json_pull_init(&pull, at);
			(void)json_string(&pull);
			at = pull.at;
			continue;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		most = depth > most ? depth : most;
		at++;
	}
	return most;
}

static void put_raw(struct score_bytes *out, struct json_text key, const uint8_t *value)
{
	score_bytes_u8(out, '"');
	score_bytes_put(out, key.at, key.len);
	score_bytes_puts(out, "\":");
	score_bytes_put(out, value, (size_t)(json_end(value) - value));
}

/** `{"space":{members}}`, as it stands in `raw`, as the text of an extension, within the limits. */
static nvx_str extension_text(struct older *o, struct score_bytes *raw)
{
	struct nvx_reader *r = o->r;
	nvx_str text = 0;
	score_bytes_u8(raw, 0);
	r->extra.n = 0;
	score_bytes_puts(&r->extra, "\"extensions\":");
	if (!raw->error)
		json_canonical(raw->data, NULL, &r->extra);
	r->extra_bytes += r->extra.n;
	if (raw->error || r->extra.error)
		r->draft->error = -ENOMEM;
	else if (r->extra.n > NVX_MAX_EXTRA || r->extra_bytes > NVX_MAX_EXTRAS)
		nvx_fault(r, "nvx1.limit.extensions",
			"%zu bytes in one object, %zu in the score, are more than %u, %u", r->extra.n,
			r->extra_bytes, NVX_MAX_EXTRA, NVX_MAX_EXTRAS);
	else
		text = nvx_text(r->draft, (const char *)r->extra.data, r->extra.n);
	score_bytes_finish(raw);
	return text;
}

static void begin_extension(struct older *o, struct score_bytes *raw)
{
	score_bytes_init(raw, o->r->alloc);
	score_bytes_printf(raw, "{\"%s\":{", o->space);
}

nvx_str older_close(struct older *o, struct older_object *obj)
{
	struct score_bytes raw;
	size_t kept = 0, size = 0;
	begin_extension(o, &raw);
	for (size_t i = 0; i < obj->n && !o->draft->error; i++) {
		const struct older_member *member = &o->member[obj->first + i];
		if (member->taken)
			continue;
		size = (size_t)(json_end(member->value) - member->value) + member->key.len;
		/* Blanks and escapes may shrink, but not by more than this. */
		if (raw.n + size > 8u * (size_t)NVX_MAX_EXTRA) {
			nvx_fault(o->r, "nvx1.limit.extensions",
				"about %zu bytes in one object are more than %u", raw.n + size,
				NVX_MAX_EXTRA);
			kept = 0;
			break;
		}
		if (older_depth(member->value) > OLDER_MAX_DEPTH) {
			nvx_fault(o->r, "nvx1.json.depth",
				"a member that would have to be kept is deeper than %u", OLDER_MAX_DEPTH);
			kept = 0;
			break;
		}
		tell_kept(o, member);
		if (kept++)
			score_bytes_u8(&raw, ',');
		put_raw(&raw, member->key, member->value);
	}
	(void)older_drop(o, obj);
	score_bytes_puts(&raw, "}}");
	if (kept && !o->draft->error)
		return extension_text(o, &raw);
	score_bytes_finish(&raw);
	return 0;
}

int older_drop(struct older *o, struct older_object *obj)
{
	int left = 0;
	for (size_t i = 0; i < obj->n; i++)
		left |= !o->member[obj->first + i].taken;
	o->n_member = obj->first;
	obj->n = 0;
	return left;
}

void older_done(
	struct older *o, struct older_object *obj, const struct older_object *outer, const uint8_t *value)
{
	if (older_drop(o, obj))
		older_leave(o, outer, value);
}

nvx_str older_extension(struct older *o, const char *name, const uint8_t *value)
{
	struct score_bytes raw;
	if (older_depth(value) > OLDER_MAX_DEPTH) {
		nvx_fault(o->r, "nvx1.json.depth", "%s would have to be kept, and is deeper than %u", name,
			OLDER_MAX_DEPTH);
		return 0;
	}
	begin_extension(o, &raw);
	put_raw(&raw, (struct json_text){name, (uint32_t)strlen(name), 0}, value);
	score_bytes_puts(&raw, "}}");
	return extension_text(o, &raw);
}

/* ---- places ---- */

struct older_place older_goto(struct older *o, const uint8_t *value, const char *name)
{
	struct json_pull *pull = &o->r->pull;
	const struct older_place place = {pull->at, pull->depth};
	json_reenter(pull, value, name);
	return place;
}

void older_back(struct older *o, struct older_place place)
{
	o->r->pull.at = place.at;
	o->r->pull.depth = place.depth;
}

void older_fault(
	struct older *o, const uint8_t *value, const char *name, const char *code, const char *fmt, ...)
{
	char reason[160];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	const struct older_place place = older_goto(o, value, name);
	nvx_fault(o->r, code, "%s", reason);
	older_back(o, place);
}

void older_notice(
	struct older *o, const uint8_t *value, const char *name, const char *code, const char *fmt, ...)
{
	char reason[160];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	const struct older_place place = older_goto(o, value, name);
	nvx_notice(o->r, code, "%s", reason);
	older_back(o, place);
}

int older_into(struct older *o, const struct older_object *obj, const char *name, struct older_walk *walk)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value || o->draft->error)
		return 0;
	walk->place = older_goto(o, value, name);
	walk->element = NULL;
	if (!nvx_expect(o->r, JSON_ARRAY)) {
		older_back(o, walk->place);
		return 0;
	}
	json_enter(&o->r->pull);
	walk->depth = o->r->pull.depth;
	return 1;
}

int older_next(struct older *o, struct older_walk *walk)
{
	struct json_pull *pull = &o->r->pull;
	if (walk->element) {
		pull->at = json_end(walk->element);
		pull->depth = walk->depth;
	}
	if (!nvx_more(o->r)) {
		older_back(o, walk->place);
		return 0;
	}
	walk->element = pull->at;
	walk->index = json_index(pull);
	return 1;
}

/* ---- values ---- */

int older_decimal(struct older *o, const struct older_object *obj, const char *name, unsigned digits,
	int64_t min, int64_t max, int64_t *ret)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return 0;
	const struct nvx_field field = {.name = name, .digits = (uint8_t)digits, .min = min, .max = max};
	const struct older_place place = older_goto(o, value, name);
	const int rc = nvx_read_decimal(o->r, &field, ret);
	older_back(o, place);
	return rc == 0;
}

int older_integer(struct older *o, const struct older_object *obj, const char *name, int64_t min, int64_t max,
	int64_t *ret)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return 0;
	const struct older_place place = older_goto(o, value, name);
	const int rc = nvx_read_integer(o->r, min, max, ret);
	older_back(o, place);
	return rc == 0;
}

int older_text(struct older *o, const struct older_object *obj, const char *name)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return 0;
	const struct older_place place = older_goto(o, value, name);
	const int rc = nvx_read_text(o->r, 0, 65536);
	older_back(o, place);
	if (rc < 0)
		return 0;
	score_bytes_u8(&o->r->text, 0);
	if (o->r->text.error) {
		o->draft->error = -ENOMEM;
		return 0;
	}
	o->r->text.n--;
	return 1;
}

nvx_str older_label(struct older *o, const struct older_object *obj, const char *name)
{
	return older_text(o, obj, name) ? nvx_clean_text(o->draft, o->r->text.data, o->r->text.n) : 0;
}

nvx_str older_string_here(struct older *o, const uint8_t *value)
{
	if (*value != '"')
		return 0;
	struct json_pull pull;
	json_pull_init(&pull, value);
	const struct json_text text = json_string(&pull);
	struct score_bytes *to = &o->r->text;
	to->n = 0;
	score_bytes_put(to, text.at, text.len);
	score_bytes_u8(to, 0);
	if (to->error) {
		o->draft->error = -ENOMEM;
		return 0;
	}
	const size_t len = json_decode(text, (char *)to->data);
	to->data[to->n = len] = 0;
	return nvx_clean_text(o->draft, to->data, len);
}

int older_flag(struct older *o, const struct older_object *obj, const char *name)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return 0;
	if (*value == '"') {
		struct json_pull pull;
		json_pull_init(&pull, value);
		const struct json_text text = json_string(&pull);
		return text.len > 0 && !json_text_is(text, "false") && !json_text_is(text, "none");
	}
	return *value == 't' || *value == '{' || (*value >= '1' && *value <= '9');
}

/** Half up; the remainder is told at the end. */
static int64_t scale(struct older *o, int64_t value_1e6, uint32_t ppq)
{
	const __int128 over = (__int128)ppq * 1000000;
	const __int128 all = (__int128)value_1e6 * NVX_PPQ;
	if (all % over != 0) {
		if (o->rounded++ == 0)
			(void)json_pointer(&o->r->pull, o->rounded_at.where, sizeof(o->rounded_at.where));
	}
	return (int64_t)((2 * all + over) / (2 * over));
}

int older_time(struct older *o, const struct older_object *obj, const char *name, int is_ticks, int64_t *ret)
{
	/* What 2^40 ticks are at the coarsest; a limit for arithmetic, the score's own follows. */
	const int64_t max = INT64_C(1) << 40;
	const uint32_t ppq = is_ticks ? o->ppq : o->free_ppq;
	const uint8_t *value = older_take(o, obj, name);
	int64_t value_1e6;
	if (!value)
		return 0;
	const struct older_place place = older_goto(o, value, name);
	int ok = nvx_expect(o->r, JSON_NUMBER);
	if (ok) {
		o->r->pull.at = value;
		const struct json_text number = json_raw(&o->r->pull);
		o->r->pull.at = value;
		const int rc = json_decimal(number, 6, &value_1e6);
		const int64_t ticks =
			rc < 0 || value_1e6 < 0 || value_1e6 > max * 1000000 ? -1 : scale(o, value_1e6, ppq);
		ok = ticks >= 0 && ticks <= NVX_MAX_TICK;
		if (ok)
			*ret = ticks;
		else
			nvx_fault(o->r, "nvx1.range", "no time from 0 to 2^40 ticks");
	}
	older_back(o, place);
	return ok;
}

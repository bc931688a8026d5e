/* SPDX-License-Identifier: MIT */
/* Objects as their tables say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/score.h>

#include "bpm.h"
#include "json_put.h"
#include "read.h"
#include "words.h"
#include "write.h"

static const void *at(const void *item, uint32_t offset)
{
	return (const char *)item + offset;
}

static uint32_t handle(const void *item, uint32_t offset)
{
	uint32_t value;
	memcpy(&value, at(item, offset), sizeof(value));
	return value;
}

void nvx_writer_init(struct nvx_writer *w, const struct score *score, struct score_bytes *out)
{
	*w = (struct nvx_writer){.out = out, .pool = score->pool, .score = score};
}

void nvx_writer_finish(struct nvx_writer *w)
{
	score_free(w->out->alloc, w->lent);
}

void nvx_put_key(struct nvx_writer *w, const char *key)
{
	if (w->comma)
		score_bytes_put(w->out, ",\"", 2);
	else
		score_bytes_u8(w->out, '"');
	score_bytes_puts(w->out, key);
	score_bytes_put(w->out, "\":", 2);
	w->comma = 1;
}

void nvx_put_text(struct nvx_writer *w, const char *key, const char *text)
{
	nvx_put_key(w, key);
	json_put_string(w->out, text, strlen(text));
}

void nvx_put_number(struct nvx_writer *w, const char *key, int64_t value)
{
	nvx_put_key(w, key);
	json_put_integer(w->out, value);
}

void nvx_put_begin(struct nvx_writer *w, char bracket)
{
	score_bytes_u8(w->out, (uint8_t)bracket);
	w->comma = 0;
}

void nvx_put_end(struct nvx_writer *w, char bracket)
{
	score_bytes_u8(w->out, (uint8_t)bracket);
	w->comma = 1;
}

void nvx_put_next(struct nvx_writer *w)
{
	if (w->comma)
		score_bytes_u8(w->out, ',');
	w->comma = 1;
}

static void put_string(struct nvx_writer *w, nvx_str str)
{
	size_t len;
	const char *text = nvx_string(w->pool, str, &len);
	json_put_string(w->out, text, len);
}

static void put_raw(struct nvx_writer *w, nvx_str str)
{
	size_t len;
	const char *text = nvx_string(w->pool, str, &len);
	score_bytes_put(w->out, text, len);
}

void nvx_put_extra(struct nvx_writer *w, nvx_str extra)
{
	if (!extra)
		return;
	nvx_put_next(w);
	put_raw(w, extra);
}

void nvx_put_id(struct nvx_writer *w, nvx_id id)
{
	char text[NVX_ID_MAX + 1];
	const size_t len = nvx_id_format(w->pool, id, text);
	json_put_string(w->out, text, len);
}

static void put_tonic(struct nvx_writer *w, int step, int alter, unsigned mode)
{
	char text[24];
	const size_t len = nvx_key_format(step, alter, mode, text);
	json_put_string(w->out, text, len);
}

void nvx_put_key_name(struct nvx_writer *w, const struct nvx_key *key)
{
	put_tonic(w, key->step, key->alter, key->mode);
}

static void put_color(struct nvx_writer *w, uint32_t color)
{
	char text[] = "#000000";
	for (int i = 0; i < 6; i++)
		text[1 + i] = "0123456789abcdef"[color >> (20 - 4 * i) & 15];
	json_put_string(w->out, text, 7);
}

static void put_base64(struct nvx_writer *w, const uint8_t *bytes, uint32_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	score_bytes_u8(w->out, '"');
	for (uint32_t i = 0; i < n; i += 3) {
		const uint32_t left = n - i;
		const uint32_t group = (uint32_t)bytes[i] << 16 |
				       (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				       (left > 2 ? bytes[i + 2] : 0u);
		const char text[] = {digit[group >> 18], digit[group >> 12 & 63],
			left > 1 ? digit[group >> 6 & 63] : '=', left > 2 ? digit[group & 63] : '='};
		score_bytes_put(w->out, text, 4);
	}
	score_bytes_u8(w->out, '"');
}

/* ---- what is lent ---- */

static uint32_t string_end(const char *text, uint32_t i)
{
	for (i++; text[i] != '"'; i++)
		i += text[i] == '\\';
	return i + 1;
}

/** Behind the canonical value at `i`. */
static uint32_t value_end(const char *text, uint32_t i, uint32_t len)
{
	unsigned depth = 0;
	while (i < len) {
		const char c = text[i];
		if (c == '"') {
			i = string_end(text, i);
			continue;
		}
		if (depth == 0 && c == ',')
			break;
		depth = depth + (c == '{' || c == '[') - (c == '}' || c == ']');
		i++;
	}
	return i;
}

/** Take apart the extra of an owner that keeps members for others. */
static void find_lent(struct nvx_writer *w, nvx_str extra)
{
	size_t size;
	const char *text = nvx_string(w->pool, extra, &size);
	const uint32_t len = (uint32_t)size;

	w->n_lent = 0;
	if (!extra || !memmem(text, size, "\"/", 2))
		return;
	for (uint32_t i = 0; i < len; i++) {
		const uint32_t start = i, key = string_end(text, i);
		i = value_end(text, key + 1, len);
		if (score_reserve(w->out->alloc, (void **)&w->lent, &w->cap_lent, w->n_lent + 1,
			    sizeof(*w->lent)) < 0) {
			w->out->error = -ENOMEM;
			return;
		}
		w->lent[w->n_lent++] =
			(struct nvx_lent){text + start + 1, text + start, key - start - 2, i - start, 0};
	}
}

/** `"colour":"red"` of `"/repeat/colour":"red"`; paths are escaped as in a pointer, and as JSON. */
static void put_given_back(struct nvx_writer *w, const struct nvx_lent *l)
{
	const char *name = l->path + w->path_len + 1, *end = l->path + l->path_len;
	nvx_put_next(w);
	score_bytes_u8(w->out, '"');
	for (; name < end; name++) {
		if (*name == '~' && name + 1 < end) {
			name++;
			score_bytes_u8(w->out, *name == '1' ? '/' : '~');
		} else {
			score_bytes_u8(w->out, (uint8_t)*name);
		}
	}
	score_bytes_put(w->out, end, l->member_len - l->path_len - 1);
}

/** At the end of a small object: what its owner keeps for it. */
static void give_back(struct nvx_writer *w)
{
	for (size_t i = 0; i < w->n_lent; i++) {
		struct nvx_lent *l = &w->lent[i];
		if (l->path_len > w->path_len + 1 && memcmp(l->path, w->path, w->path_len) == 0 &&
			l->path[w->path_len] == '/' &&
			!memchr(l->path + w->path_len + 1, '/', l->path_len - w->path_len - 1)) {
			put_given_back(w, l);
			l->given_back = 1;
		}
	}
}

static void put_own_extra(struct nvx_writer *w, nvx_str extra)
{
	if (w->n_lent == 0) {
		nvx_put_extra(w, extra);
		return;
	}
	for (size_t i = 0; i < w->n_lent; i++) {
		if (w->lent[i].given_back)
			continue;
		nvx_put_next(w);
		score_bytes_put(w->out, w->lent[i].member, w->lent[i].member_len);
	}
	w->n_lent = 0;
}

/** One step further from the owner. @return the length to go back to. */
static size_t step(struct nvx_writer *w, const char *name, uint32_t index)
{
	const size_t before = w->path_len;
	if (w->n_lent == 0)
		return before;
	char text[80];
	const int n = index == UINT32_MAX ? snprintf(text, sizeof(text), "/%s", name)
					  : snprintf(text, sizeof(text), "/%s/%u", name, (unsigned)index);
	if (n > 0 && w->path_len + (size_t)n < sizeof(w->path)) {
		memcpy(w->path + w->path_len, text, (size_t)n);
		w->path_len += (size_t)n;
	}
	return before;
}

/* ---- members ---- */

static void put_small_object(
	struct nvx_writer *w, const struct nvx_field *f, uint32_t index, const void *item)
{
	if (f->table->extra >= 0) {
		nvx_put_object(w, f->table, item);
		return;
	}
	const size_t before = step(w, f->name, index);
	nvx_put_begin(w, '{');
	nvx_put_members(w, f->table, item);
	give_back(w);
	nvx_put_end(w, '}');
	w->path_len = before;
}

static void put_list(struct nvx_writer *w, const struct nvx_field *f, nvx_list list)
{
	uint32_t n;
	const void *items = nvx_items(w->pool, list, &n);
	nvx_put_begin(w, '[');
	for (uint32_t i = 0; i < n; i++) {
		nvx_put_next(w);
		if (f->type == NVX_F_INTS)
			json_put_integer(w->out,
				f->bytes == 1 ? ((const uint8_t *)items)[i] : ((const uint32_t *)items)[i]);
		else if (f->type == NVX_F_STRINGS)
			put_string(w, ((const nvx_str *)items)[i]);
		else if (f->type == NVX_F_IDS)
			nvx_put_id(w, ((const nvx_id *)items)[i]);
		else
			put_small_object(w, f, i, at(items, i * f->table->item_bytes));
	}
	nvx_put_end(w, ']');
}

static void put_set(struct nvx_writer *w, const struct nvx_field *f, uint32_t set)
{
	nvx_put_begin(w, '[');
	for (unsigned i = 0; i < f->words->n; i++) {
		if (!(set >> i & 1))
			continue;
		nvx_put_next(w);
		json_put_string(w->out, f->words->text[i], strlen(f->words->text[i]));
	}
	nvx_put_end(w, ']');
}

static void put_first_meter(struct nvx_writer *w)
{
	const struct nvx_meter *meter = score_meter(w->score, 0);
	score_bytes_u8(w->out, '[');
	json_put_integer(w->out, meter->num);
	score_bytes_u8(w->out, ',');
	json_put_integer(w->out, meter->den);
	score_bytes_u8(w->out, ']');
}

static void put_value(struct nvx_writer *w, const struct nvx_field *f, const void *item)
{
	switch (f->type) {
	case NVX_F_INT:
		json_put_integer(w->out, nvx_field_number(f, item));
		break;
	case NVX_F_DECIMAL:
		json_put_decimal(w->out, nvx_field_number(f, item), f->digits);
		break;
	case NVX_F_BOOL:
	case NVX_F_NOT:
		score_bytes_puts(w->out,
			(nvx_field_number(f, item) != 0) == (f->type == NVX_F_BOOL) ? "true" : "false");
		break;
	case NVX_F_ENUM: {
		const char *text = f->words->text[nvx_field_number(f, item)];
		json_put_string(w->out, text, strlen(text));
		break;
	}
	case NVX_F_SET:
		put_set(w, f, (uint32_t)nvx_field_number(f, item));
		break;
	case NVX_F_STRING:
		if (f->flags & NVX_FIELD_NULL && *(const uint8_t *)at(item, f->flag))
			score_bytes_puts(w->out, "null");
		else
			put_string(w, handle(item, f->offset));
		break;
	case NVX_F_TIME:
		put_string(w, handle(item, f->offset));
		break;
	case NVX_F_LITERAL:
	case NVX_F_JSON:
		put_raw(w, handle(item, f->offset));
		break;
	case NVX_F_ID:
		nvx_put_id(w, handle(item, f->offset));
		break;
	case NVX_F_COLOR:
		put_color(w, handle(item, f->offset));
		break;
	case NVX_F_BPM:
		json_put_decimal(w->out, nvx_bpm_of_ns((uint64_t)nvx_field_number(f, item)), 6);
		break;
	case NVX_F_KEY: {
		const int8_t *key = at(item, f->offset);
		put_tonic(w, key[0], key[1], (uint8_t)key[2]);
		break;
	}
	case NVX_F_FIFTHS:
		json_put_integer(w->out, *(const int8_t *)at(item, f->offset));
		break;
	case NVX_F_BASE64: {
		uint32_t n;
		const uint8_t *bytes = nvx_items(w->pool, handle(item, f->offset), &n);
		put_base64(w, bytes, n);
		break;
	}
	case NVX_F_ONE: {
		uint32_t n;
		nvx_put_object(w, f->table, nvx_items(w->pool, handle(item, f->offset), &n));
		break;
	}
	case NVX_F_GROUP:
		put_small_object(w, f, UINT32_MAX, at(item, f->offset));
		break;
	case NVX_F_FIRST_KEY:
		nvx_put_key_name(w, score_key(w->score, 0));
		break;
	case NVX_F_FIRST_TEMPO:
		json_put_decimal(w->out, nvx_bpm_of_ns(score_tempo(w->score, 0)->ns_per_quarter), 6);
		break;
	case NVX_F_FIRST_METER:
		put_first_meter(w);
		break;
	default:
		put_list(w, f, handle(item, f->offset));
	}
}

void nvx_put_members(struct nvx_writer *w, const struct nvx_table *table, const void *item)
{
	for (const struct nvx_field *f = table->field; f < table->field + table->n_fields; f++) {
		if (!nvx_field_applies(table, f, item))
			continue;
		const int set = nvx_field_is_set(f, item);
		if (f->type == NVX_F_MEMBERS) {
			nvx_put_extra(w, handle(item, f->offset));
			continue;
		}
		if (!set && !(f->flags & (NVX_FIELD_REQUIRED | NVX_FIELD_WRITTEN)))
			continue;
		/* Nothing to say, although it ought to: a text "" or an id of none would be a lie. */
		if ((f->type == NVX_F_ENUM && !f->words->text[nvx_field_number(f, item)][0]) ||
			(f->type == NVX_F_ID && !set))
			continue;
		nvx_put_key(w, f->name);
		put_value(w, f, item);
		w->comma = 1;
	}
}

void nvx_put_object_and(struct nvx_writer *w, const struct nvx_table *table, const void *item,
	nvx_more_fn *more, const void *ctx)
{
	const nvx_str extra = table->extra >= 0 ? handle(item, (uint32_t)table->extra) : 0;
	if (w->n_lent == 0) {
		w->path_len = 0;
		find_lent(w, extra);
		nvx_put_begin(w, '{');
		nvx_put_members(w, table, item);
		if (more)
			more(w, ctx);
		put_own_extra(w, extra);
		nvx_put_end(w, '}');
		return;
	}
	/* An owner inside of one that has lent members: it keeps its own. */
	struct nvx_writer inner = {.out = w->out, .pool = w->pool, .score = w->score};
	nvx_put_object_and(&inner, table, item, more, ctx);
	nvx_writer_finish(&inner);
	w->comma = 1;
}

void nvx_put_object(struct nvx_writer *w, const struct nvx_table *table, const void *item)
{
	nvx_put_object_and(w, table, item, NULL, NULL);
}

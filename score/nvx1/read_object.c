/* SPDX-License-Identifier: MIT */
/* Objects as their tables say. */
#include <errno.h>
#include <string.h>

#include "read.h"
#include "words.h"

static void store(const struct nvx_field *f, void *item, int64_t value)
{
	char *to = (char *)item + f->offset;
	switch (f->bytes) {
	case 1:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case 2:
		memcpy(to, &(uint16_t){(uint16_t)value}, 2);
		break;
	case 4:
		memcpy(to, &(uint32_t){(uint32_t)value}, 4);
		break;
	default:
		memcpy(to, &value, 8);
	}
}

static void store_handle(const struct nvx_field *f, void *item, uint32_t handle)
{
	memcpy((char *)item + f->offset, &handle, sizeof(handle));
}

/* ---- lists ---- */

/** One item more in a list that is being read. */
static void append(struct nvx_reader *r, struct score_bytes *list, const void *item, size_t size)
{
	score_bytes_put(list, item, size);
	if (list->error)
		r->draft->error = list->error;
}

static void read_item(struct nvx_reader *r, const struct nvx_field *f, struct score_bytes *list)
{
	if (f->type == NVX_F_INTS) {
		int64_t value;
		if (nvx_read_integer(r, f->min, f->max, &value) == 0)
			append(r, list,
				f->bytes == 1 ? (void *)&(uint8_t){(uint8_t)value}
					      : &(uint32_t){(uint32_t)value},
				f->bytes);
	} else if (f->type == NVX_F_STRINGS) {
		const nvx_str str = nvx_read_string(r, f);
		if (str)
			append(r, list, &str, sizeof(str));
	} else if (f->type == NVX_F_IDS) {
		const nvx_id id = nvx_read_id(r);
		if (id)
			append(r, list, &id, sizeof(id));
	} else if (nvx_expect(r, JSON_OBJECT)) {
		_Alignas(8) char item[64] = {0};
		nvx_table_init(f->table, item);
		nvx_read_object(r, f->table, item, NULL, NULL);
		append(r, list, item, f->table->item_bytes);
	}
}

static void read_list(struct nvx_reader *r, const struct nvx_field *f, void *item)
{
	const uint32_t max = f->type == NVX_F_OBJECTS && f->max ? (uint32_t)f->max : NVX_MAX_LIST;
	const size_t size = f->type == NVX_F_OBJECTS ? f->table->item_bytes
			    : f->type == NVX_F_INTS  ? f->bytes
						     : 4u;
	struct score_bytes list;

	if (!nvx_expect(r, JSON_ARRAY))
		return;
	score_bytes_init(&list, r->alloc);
	for (json_enter(&r->pull); nvx_more(r);) {
		if (json_index(&r->pull) >= max) {
			if (json_index(&r->pull) == max)
				nvx_fault(r, f->max == 64 ? "nvx1.limit.techniques" : "nvx1.limit.list",
					"more than %u", (unsigned)max);
			json_skip(&r->pull);
		} else {
			read_item(r, f, &list);
		}
	}
	if (!r->draft->error)
		store_handle(f, item, nvx_make_list(r->draft, list.data, list.n / size, size));
	score_bytes_finish(&list);
}

static void read_set(struct nvx_reader *r, const struct nvx_field *f, void *item)
{
	uint32_t set = 0;
	if (!nvx_expect(r, JSON_ARRAY))
		return;
	for (json_enter(&r->pull); nvx_more(r);) {
		const int word = nvx_read_word(r, f->words);
		if (word >= 0)
			set |= 1u << word;
	}
	store(f, item, set);
}

static void read_one(struct nvx_reader *r, const struct nvx_field *f, void *item)
{
	_Alignas(8) char one[64] = {0};
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	nvx_table_init(f->table, one);
	nvx_read_object(r, f->table, one, NULL, NULL);
	if (!r->draft->error)
		store_handle(f, item, nvx_make_list(r->draft, one, 1, f->table->item_bytes));
}

/* ---- texts ---- */

static nvx_str read_json(struct nvx_reader *r, const struct nvx_field *f)
{
	const uint8_t *start = r->pull.at;
	if (!nvx_expect(r, JSON_OBJECT))
		return 0;
	json_skip(&r->pull);
	r->extra.n = 0;
	json_canonical(start, f->words, &r->extra);
	if (r->extra.error) {
		r->draft->error = r->extra.error;
		return 0;
	}
	if (r->extra.n > NVX_MAX_EXTRA) {
		const uint8_t *behind = r->pull.at;
		r->pull.at = start;
		nvx_fault(r, "nvx1.limit.string", "%zu bytes are more than %u", r->extra.n, NVX_MAX_EXTRA);
		r->pull.at = behind;
		return 0;
	}
	return nvx_text(r->draft, (const char *)r->extra.data, r->extra.n);
}

static nvx_str read_literal(struct nvx_reader *r)
{
	const enum json_kind kind = json_kind(&r->pull);
	if (kind != JSON_STRING && kind != JSON_NUMBER) {
		(void)nvx_expect(r, JSON_STRING);
		return 0;
	}
	const uint8_t *start = r->pull.at;
	json_skip(&r->pull);
	if (r->pull.at - start > (ptrdiff_t)NVX_MAX_LIST) {
		const uint8_t *behind = r->pull.at;
		r->pull.at = start;
		nvx_fault(r, "nvx1.limit.string", "more than %u bytes", NVX_MAX_LIST);
		r->pull.at = behind;
		return 0;
	}
	r->extra.n = 0;
	json_canonical(start, NULL, &r->extra);
	if (r->extra.error) {
		r->draft->error = r->extra.error;
		return 0;
	}
	return nvx_text(r->draft, (const char *)r->extra.data, r->extra.n);
}

static int is_time(const char *at, size_t len)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	const size_t n = sizeof(form) - 1;
	if (len < n + 1 || at[len - 1] != 'Z')
		return 0;
	for (size_t i = 0; i < n; i++)
		if (form[i] == 'd' ? at[i] < '0' || at[i] > '9' : at[i] != form[i])
			return 0;
	if (len == n + 1)
		return 1;
	for (size_t i = n + 1; i < len - 1; i++)
		if (at[i] < '0' || at[i] > '9')
			return 0;
	return at[n] == '.' && len > n + 2;
}

static nvx_str read_time(struct nvx_reader *r)
{
	const uint8_t *start = r->pull.at;
	if (nvx_read_text(r, 0, 1024) < 0)
		return 0;
	if (is_time((const char *)r->text.data, r->text.n))
		return nvx_text(r->draft, (const char *)r->text.data, r->text.n);
	const uint8_t *behind = r->pull.at;
	r->pull.at = start;
	nvx_fault(r, "nvx1.type", "a time is like 2026-01-31T12:00:00Z");
	r->pull.at = behind;
	return 0;
}

static uint32_t read_color(struct nvx_reader *r)
{
	const uint8_t *start = r->pull.at;
	if (nvx_read_text(r, 0, 1024) < 0)
		return 0;
	uint32_t color = 0x01;
	int ok = r->text.n == 7 && r->text.data[0] == '#';
	for (size_t i = 1; ok && i < 7; i++) {
		const uint8_t c = r->text.data[i];
		const uint8_t lower = c | 32;
		ok = (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
		color = color << 4 | (uint32_t)(c <= '9' ? c - '0' : lower - 'a' + 10);
	}
	if (ok)
		return color;
	const uint8_t *behind = r->pull.at;
	r->pull.at = start;
	nvx_fault(r, "nvx1.type", "a colour is #rrggbb");
	r->pull.at = behind;
	return 0;
}

/* ---- metadata's first entries of the maps ---- */

static void remember(struct nvx_reader *r, struct nvx_issue_at *at)
{
	(void)json_pointer(&r->pull, at->pointer, sizeof(at->pointer));
}

static void read_first_meter(struct nvx_reader *r)
{
	struct nvx_beginning *b = &r->beginning;
	const uint8_t *start = r->pull.at;
	int64_t value[2] = {0, 0};
	uint32_t n = 0;
	int ok = 1;

	remember(r, &b->meter_at);
	if (!nvx_expect(r, JSON_ARRAY))
		return;
	for (json_enter(&r->pull); nvx_more(r); n++) {
		if (n < 2)
			ok &= nvx_read_integer(r, 1, n ? 256 : 255, &value[n]) == 0;
		else
			json_skip(&r->pull);
	}
	const uint8_t *behind = r->pull.at;
	r->pull.at = start;
	if (n != 2)
		nvx_fault(r, "nvx1.range", "a time signature has two numbers, not %u", (unsigned)n);
	else if (ok && value[1] & (value[1] - 1))
		nvx_fault(r, "nvx1.range", "%lld is no power of two", (long long)value[1]);
	else if (ok) {
		b->num = (uint16_t)value[0];
		b->den = (uint16_t)value[1];
		b->has_meter = 1;
	}
	r->pull.at = behind;
}

static void read_first_tempo(struct nvx_reader *r)
{
	static const struct nvx_field bpm = {.digits = 6, .min = 1, .max = INT64_C(60000000000000000)};
	struct nvx_beginning *b = &r->beginning;
	remember(r, &b->bpm_at);
	b->has_bpm = nvx_read_decimal(r, &bpm, &b->bpm_1e6) == 0;
}

/* ---- members ---- */

static void read_number(struct nvx_reader *r, const struct nvx_field *f, void *item)
{
	int64_t value;
	int rc;
	switch (f->type) {
	case NVX_F_INT:
		rc = nvx_read_integer(r, f->min, f->max, &value);
		break;
	case NVX_F_DECIMAL:
		rc = nvx_read_decimal(r, f, &value);
		break;
	case NVX_F_ENUM:
		rc = nvx_read_word(r, f->words);
		value = rc;
		break;
	default: /* NVX_F_BOOL, NVX_F_NOT */
		if (!nvx_expect(r, JSON_BOOL))
			return;
		value = json_true(&r->pull) == (f->type == NVX_F_BOOL);
		rc = 0;
	}
	if (rc >= 0)
		store(f, item, value);
}

static void read_key_member(struct nvx_reader *r, const struct nvx_field *f, void *item)
{
	struct nvx_key key;
	if (nvx_read_key(r, &key) < 0)
		return;
	memcpy((char *)item + f->offset, (int8_t[]){key.step, key.alter, (int8_t)key.mode}, 3);
	if (f->flag)
		*((uint8_t *)item + f->flag) = 1;
}

/** What is given replaces what was there, as a whole. */
static void clear(const struct nvx_table *t, void *item)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		if (f->type == NVX_F_GROUP)
			clear(f->table, (char *)item + f->offset);
		else if (f->type <= NVX_F_SET)
			store(f, item, f->initial);
		else
			store_handle(f, item, 0);
	}
}

static void read_member(struct nvx_reader *r, const struct nvx_field *f, void *item)
{
	int64_t value;

	if (f->flags & NVX_FIELD_NULL && json_kind(&r->pull) == JSON_NULL) {
		json_skip(&r->pull);
		*((uint8_t *)item + f->flag) = 1;
		return;
	}
	switch (f->type) {
	case NVX_F_SET:
		read_set(r, f, item);
		break;
	case NVX_F_STRING:
		store_handle(f, item, nvx_read_string(r, f));
		break;
	case NVX_F_LITERAL:
		store_handle(f, item, read_literal(r));
		break;
	case NVX_F_JSON:
		store_handle(f, item, read_json(r, f));
		break;
	case NVX_F_ID: {
		const nvx_id id = nvx_read_id(r);
		if (id)
			store_handle(f, item, id);
		break;
	}
	case NVX_F_COLOR:
		store_handle(f, item, read_color(r));
		break;
	case NVX_F_TIME:
		store_handle(f, item, read_time(r));
		break;
	case NVX_F_BPM:
		json_skip(&r->pull); /* the rules look at it when the object is read */
		break;
	case NVX_F_KEY:
		read_key_member(r, f, item);
		break;
	case NVX_F_FIFTHS:
		if (nvx_read_integer(r, f->min, f->max, &value) == 0)
			memcpy((char *)item + f->offset, (int8_t[]){(int8_t)value, 1}, 2);
		break;
	case NVX_F_BASE64:
		store_handle(f, item, nvx_read_base64(r, NVX_MAX_AUDIO));
		break;
	case NVX_F_INTS:
	case NVX_F_STRINGS:
	case NVX_F_IDS:
	case NVX_F_OBJECTS:
		read_list(r, f, item);
		break;
	case NVX_F_ONE:
		read_one(r, f, item);
		break;
	case NVX_F_GROUP:
		if (!nvx_expect(r, JSON_OBJECT))
			break;
		clear(f->table, (char *)item + f->offset);
		if (f->flag)
			*((uint8_t *)item + f->flag) = 1;
		nvx_read_object(r, f->table, (char *)item + f->offset, NULL, NULL);
		break;
	case NVX_F_FIRST_KEY:
		remember(r, &r->beginning.key_at);
		r->beginning.has_key = nvx_read_key(r, &r->beginning.key) == 0;
		break;
	case NVX_F_FIRST_TEMPO:
		read_first_tempo(r);
		break;
	case NVX_F_FIRST_METER:
		read_first_meter(r);
		break;
	default:
		read_number(r, f, item);
	}
}

/* ---- objects ---- */

/** An object while it is read. */
struct object {
	const struct nvx_table *table;
	void *item;
	const uint8_t *begin;
	uint64_t seen;  /**< bits of fields */
	unsigned next;  /**< where the search for a name begins: members mostly come in order */
	int knows_kind; /**< its kind has been read, or looked up ahead */
};

/** Members depend on the kind, which may come after them. */
static void look_ahead(struct object *o)
{
	const struct nvx_table *t = o->table;
	o->knows_kind = 1;
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		if (f->type != NVX_F_ENUM || f->offset != t->kind)
			continue;
		const uint8_t *at = json_find(o->begin, f->name);
		if (!at || *at != '"')
			return;
		struct json_pull pull;
		json_pull_init(&pull, at);
		const struct json_text text = json_string(&pull);
		const int word = text.escaped ? -1 : nvx_word_find(f->words, text.at, text.len);
		if (word >= 0)
			store(f, o->item, word);
		return;
	}
}

static int is_named(const struct nvx_field *f, struct json_text key)
{
	return f->name && f->name[0] == key.at[0] && strncmp(f->name, key.at, key.len) == 0 &&
	       f->name[key.len] == 0;
}

static const struct nvx_field *find_field(struct object *o, struct json_text key)
{
	const struct nvx_table *t = o->table;
	char plain[64];

	if (key.escaped) {
		if (key.len > sizeof(plain))
			return NULL;
		key.len = (uint32_t)json_decode(key, plain);
		key.at = plain;
	}
	if (key.len == 0)
		return NULL;
	unsigned i = o->next;
	for (unsigned n = 0; n < t->n_fields; n++, i++) {
		if (i >= t->n_fields)
			i = 0;
		const struct nvx_field *f = &t->field[i];
		if (!is_named(f, key))
			continue;
		if (f->kinds) {
			if (!o->knows_kind)
				look_ahead(o);
			if (!(f->kinds >> (*((const uint8_t *)o->item + t->kind) & 31u) & 1u))
				continue;
		}
		o->next = i + 1;
		return f;
	}
	return NULL;
}

static void check_required(struct nvx_reader *r, const struct object *o)
{
	const struct nvx_table *t = o->table;
	for (unsigned i = 0; i < t->n_fields; i++) {
		const struct nvx_field *f = &t->field[i];
		if (f->flags & NVX_FIELD_REQUIRED && !(o->seen >> i & 1) && nvx_field_applies(t, f, o->item))
			nvx_fault_in(r, "nvx1.member.missing", o->begin, "", "%s is missing", f->name);
	}
}

/** The member that belongs to the group kept as text, if the table has one. */
static const struct nvx_field *members_field(const struct nvx_table *t)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++)
		if (f->type == NVX_F_MEMBERS)
			return f;
	return NULL;
}

/** What is unknown, what belongs to the group, and extensions: all kept for the object's end. */
static void keep_member(struct nvx_reader *r, const struct nvx_field *group, struct json_text key)
{
	const uint8_t newer = r->newer;
	if (group && !key.escaped && nvx_word_find(group->words, key.at, key.len) >= 0)
		r->newer = 1; /* no surprise */
	nvx_keep(r);
	r->newer = newer;
}

/** The object's end: texts of what was kept for it. */
static void put_kept(struct nvx_reader *r, const struct nvx_table *t, const struct nvx_field *group,
	void *item, size_t first)
{
	if (group) {
		const size_t others = t->extra >= 0 ? nvx_kept_part(r, first, group->words) : first;
		store_handle(group, item, nvx_kept_text(r, others, group->words));
	}
	if (t->extra >= 0) {
		const nvx_str text = nvx_kept_text(r, first, NULL);
		memcpy((char *)item + t->extra, &text, sizeof(text));
	}
}

void nvx_read_object(
	struct nvx_reader *r, const struct nvx_table *table, void *item, nvx_member_fn *more, void *ctx)
{
	struct object o = {.table = table, .item = item, .begin = r->pull.at};
	const size_t kept = r->n_kept, paths = r->paths.n;
	const unsigned owner = r->owner_depth;
	const size_t owner_raw = r->owner_raw;
	const struct nvx_field *group = members_field(table);
	const int keeps = table->extra >= 0 || group;

	json_enter(&r->pull);
	if (keeps)
		r->owner_depth = r->pull.depth;
	r->owner_raw = keeps ? 0 : owner_raw;
	while (nvx_more(r)) {
		const struct json_text key = json_key(&r->pull);
		const struct nvx_field *f = find_field(&o, key);
		if (f) {
			o.seen |= UINT64_C(1) << (f - table->field);
			o.knows_kind |= f->offset == table->kind && f->type == NVX_F_ENUM;
			read_member(r, f, item);
		} else if (table->extensions && json_text_is(key, "extensions")) {
			nvx_keep_extensions(r);
		} else if (!more || !more(r, ctx, key)) {
			keep_member(r, group, key);
		}
	}
	r->owner_depth = owner;
	r->owner_raw = keeps ? owner_raw : r->owner_raw;
	if (r->draft->error)
		return;
	if (keeps) {
		if (r->n_kept > kept)
			put_kept(r, table, group, item, kept);
		r->paths.n = paths;
	}
	check_required(r, &o);
	nvx_check_rules(r, table, item, o.begin, o.seen);
}

void nvx_read_members(
	struct nvx_reader *r, nvx_str *extra, nvx_str *extensions, nvx_member_fn *more, void *ctx)
{
	static const char *const word[] = {"extensions"};
	static const struct nvx_words words = {"extensions", word, 1};
	const size_t kept = r->n_kept;
	const unsigned owner = r->owner_depth;
	const size_t owner_raw = r->owner_raw;

	json_enter(&r->pull);
	r->owner_depth = r->pull.depth;
	r->owner_raw = 0;
	while (nvx_more(r)) {
		const struct json_text key = json_key(&r->pull);
		if (more(r, ctx, key))
			continue;
		if (extensions && json_text_is(key, "extensions"))
			nvx_keep_extensions(r);
		else
			nvx_keep(r);
	}
	r->owner_depth = owner;
	r->owner_raw = owner_raw;
	if (r->draft->error || r->n_kept == kept)
		return;
	if (extensions)
		*extensions = nvx_kept_text(r, nvx_kept_part(r, kept, &words), NULL);
	*extra = nvx_kept_text(r, kept, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What importers made of foreign files, brought into the ranges that the tables give. */
#include <score/nvx_tables.h>

#include <string.h>

#include <score/draft.h>
#include <score/utf8.h>

#include "mend_sound.h"
#include "read.h"

/** Rows whose storage no member of a kind uses, by kind: it has to be at its default. Found when a kind is
 * met. */
struct idle {
	const struct nvx_table *table;
	uint32_t known; /**< bits: kinds whose rows were found */
	uint64_t rows[32];
};

struct mend {
	struct nvx_draft *draft;
	const struct nvx_table *table; /**< of the item, for places */
	size_t index;
};

/* Whether a member of this kind, also one within a group, is stored there. */
static int is_used(const struct nvx_table *t, size_t base, size_t offset, unsigned kind)
{
	for (unsigned i = 0; i < t->n_fields; i++) {
		const struct nvx_field *f = &t->field[i];

		if (f->kinds != 0 && !(f->kinds >> kind & 1u))
			continue;
		if (f->type == NVX_F_GROUP ? is_used(f->table, base + f->offset, offset, kind)
					   : base + f->offset == offset)
			return 1;
	}
	return 0;
}

static void find_idle(struct idle *idle, unsigned kind)
{
	const struct nvx_table *t = idle->table;
	for (unsigned i = 0; i < t->n_fields; i++) {
		const struct nvx_field *f = &t->field[i];
		if (f->kinds == 0 || f->type == NVX_F_GROUP)
			continue;
		if (!is_used(t, 0, f->offset, kind))
			idle->rows[kind] |= UINT64_C(1) << i;
	}
	idle->known |= 1u << kind;
}

static void warn(const struct mend *m, const struct nvx_field *f, const char *what)
{
	score_warn(m->draft->report, "nvx1.range", SCORE_AT("/%s/%zu/%s", m->table->name, m->index, f->name),
		"%s", what);
}

static void set_number(const struct nvx_field *f, void *item, int64_t value)
{
	char *to = (char *)item + f->offset;
	if (f->bytes == 1)
		*(uint8_t *)to = (uint8_t)value;
	else if (f->bytes == 2)
		memcpy(to, &(uint16_t){(uint16_t)value}, 2);
	else if (f->bytes == 4)
		memcpy(to, &(uint32_t){(uint32_t)value}, 4);
	else
		memcpy(to, &value, 8);
}

static uint32_t handle(const struct nvx_field *f, const void *item)
{
	uint32_t h;
	memcpy(&h, (const char *)item + f->offset, sizeof(h));
	return h;
}

static void set_handle(const struct nvx_field *f, void *item, uint32_t h)
{
	memcpy((char *)item + f->offset, &h, sizeof(h));
}

static int is_number(const struct nvx_field *f)
{
	return f->type <= NVX_F_SET || f->type == NVX_F_COLOR;
}

static void mend_number(const struct mend *m, const struct nvx_field *f, void *item)
{
	const int64_t value = nvx_field_number(f, item);
	int64_t now = value;

	if (value == f->initial && !(f->flags & NVX_FIELD_REQUIRED))
		return;
	switch (f->type) {
	case NVX_F_INT:
	case NVX_F_DECIMAL:
		now = value < f->min ? f->min : value > f->max ? f->max : value;
		break;
	case NVX_F_BOOL:
	case NVX_F_NOT:
		now = value != 0;
		break;
	case NVX_F_ENUM:
		if (value >= (int64_t)f->words->n)
			now = f->initial;
		if (f->flags & NVX_FIELD_REQUIRED && !f->words->text[now][0])
			now = 1;
		break;
	case NVX_F_SET:
		now = value & ((INT64_C(1) << f->words->n) - 1);
		break;
	default:
		now = (value & 0xffffff) | 0x1000000;
	}
	if (now == value)
		return;
	set_number(f, item, now);
	warn(m, f, "brought into its range");
}

static void mend_string(const struct mend *m, const struct nvx_field *f, void *item)
{
	size_t len;
	const nvx_str str = handle(f, item);
	const char *text = nvx_string(m->draft->pool, str, &len);

	if (len == 0) {
		/* What has to be there is "" without a handle, see nvx_read_string(). */
		if (f->flags & NVX_FIELD_REQUIRED && m->table != &nvx_table_metadata)
			set_handle(f, item, f->min > 0 ? nvx_text(m->draft, "N.C.", 4) : 0);
		else if (f->min > 0)
			set_handle(f, item, 0);
	} else if (len > (size_t)f->max) {
		const size_t cut = score_utf8_cut(text, len, (size_t)f->max);
		warn(m, f, "cut");
		set_handle(f, item, nvx_text(m->draft, text, cut));
	}
}

/** Text that is too long to be kept as it is: it cannot be cut. */
static void mend_text(const struct mend *m, const struct nvx_field *f, void *item)
{
	size_t len;
	(void)nvx_string(m->draft->pool, handle(f, item), &len);
	if (len <= NVX_MAX_EXTRA)
		return;
	warn(m, f, "dropped: more than 256 KiB");
	set_handle(f, item, 0);
}

static void mend_ints(const struct mend *m, const struct nvx_field *f, void *item)
{
	uint32_t n, kept = 0;
	const uint8_t *items = nvx_items(m->draft->pool, handle(f, item), &n);
	if (f->bytes != 1)
		return; /* 32 bits, all of them legal */
	while (kept < n && kept < NVX_MAX_LIST && items[kept] >= f->min && items[kept] <= f->max)
		kept++;
	if (kept == n)
		return;
	warn(m, f, "cut where it leaves its range");
	set_handle(f, item, nvx_make_list(m->draft, items, kept, 1));
}

static void mend_object(const struct mend *m, const struct nvx_table *t, void *item);

static void mend_objects(const struct mend *m, const struct nvx_field *f, void *item)
{
	uint32_t n;
	const char *items = nvx_items(m->draft->pool, handle(f, item), &n);
	const size_t size = f->table->item_bytes;
	const uint32_t max = f->type == NVX_F_OBJECTS && f->max ? (uint32_t)f->max : NVX_MAX_LIST;
	struct score_bytes all;
	int changed = n > max;

	if (n == 0)
		return;
	n = n > max ? max : n;
	score_bytes_init(&all, nvx_pool_alloc(m->draft->pool));
	score_bytes_put(&all, items, n * size);
	for (uint32_t i = 0; i < n && !all.error; i++) {
		mend_object(m, f->table, all.data + i * size);
		changed |= memcmp(all.data + i * size, items + i * size, size) != 0;
	}
	if (all.error)
		m->draft->error = all.error;
	else if (changed)
		set_handle(f, item, nvx_make_list(m->draft, all.data, n, size));
	score_bytes_finish(&all);
}

/** Three bytes: step, alter, mode. */
static void mend_key(const struct nvx_field *f, void *item)
{
	int8_t *key = (int8_t *)item + f->offset;
	if (key[0] < 0 || key[0] > 6) {
		key[0] = NVX_KEY_NONE;
		key[1] = key[2] = 0;
	}
	key[1] = key[1] > 2 ? 2 : key[1] < -2 ? -2 : key[1];
	if ((uint8_t)key[2] > NVX_MODE_LOCRIAN)
		key[2] = NVX_MODE_MAJOR;
}

/** The key's three bytes lie before it, wherever that is. */
static void mend_fifths(const struct nvx_field *f, void *item)
{
	int8_t *fifths = (int8_t *)item + f->offset;
	const int8_t *key = (const int8_t *)item + f[-1].offset;
	const int implied = nvx_key_fifths(key[0], key[1], (uint8_t)key[2]);
	if (fifths[1] && (fifths[0] > 7 || fifths[0] < -7 || fifths[0] == implied))
		fifths[1] = 0;
	if (!fifths[1])
		fifths[0] = (int8_t)implied;
	else
		fifths[1] = 1;
}

static void mend_field(const struct mend *m, const struct nvx_field *f, void *item)
{
	if (is_number(f)) {
		mend_number(m, f, item);
		return;
	}
	switch (f->type) {
	case NVX_F_STRING:
		mend_string(m, f, item);
		break;
	case NVX_F_LITERAL:
	case NVX_F_JSON:
	case NVX_F_MEMBERS:
		mend_text(m, f, item);
		break;
	case NVX_F_INTS:
		mend_ints(m, f, item);
		break;
	case NVX_F_OBJECTS:
	case NVX_F_ONE:
		mend_objects(m, f, item);
		break;
	case NVX_F_KEY:
		if (!f->flag || ((uint8_t *)item)[f->flag])
			mend_key(f, item);
		break;
	case NVX_F_FIFTHS:
		mend_fifths(f, item);
		break;
	case NVX_F_GROUP:
		if (f->flag)
			((uint8_t *)item)[f->flag] = ((uint8_t *)item)[f->flag] != 0;
		if (nvx_field_is_set(f, item) || f->flags & NVX_FIELD_REQUIRED)
			mend_object(m, f->table, (char *)item + f->offset);
		break;
	default:
		break;
	}
}

static void mend_object(const struct mend *m, const struct nvx_table *t, void *item)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++)
		if (nvx_field_applies(t, f, item))
			mend_field(m, f, item);
}

static void clear_idle(struct idle *idle, void *item)
{
	const struct nvx_table *t = idle->table;
	if (t->kind < 0)
		return;
	const unsigned kind = ((const uint8_t *)item)[t->kind] & 31u;
	if (!(idle->known >> kind & 1u))
		find_idle(idle, kind);
	const uint64_t rows = idle->rows[kind];
	for (unsigned i = 0; i < t->n_fields; i++) {
		const struct nvx_field *f = &t->field[i];
		if (!(rows >> i & 1))
			continue;
		if (is_number(f))
			set_number(f, item, f->initial);
		else if (f->type == NVX_F_KEY)
			memset((char *)item + f->offset, 0, 3);
		else if (f->type == NVX_F_FIFTHS)
			memset((char *)item + f->offset, 0, 2);
		else
			set_handle(f, item, 0);
	}
}

static nvx_list mend_grouping(const struct mend *m, unsigned num, nvx_list grouping)
{
	uint32_t n, sum = 0;
	const uint8_t *beats = nvx_items(m->draft->pool, grouping, &n);
	for (uint32_t i = 0; i < n; i++)
		sum += beats[i];
	return sum == num ? grouping : 0;
}

static void mend_rules(const struct mend *m, const struct nvx_table *t, void *item)
{
	if (t == &nvx_table_note) {
		struct nvx_note *note = item;
		const unsigned seven = note->velocity16 >> 9 ? note->velocity16 >> 9 : 1;
		if (note->velocity16 && seven != note->velocity)
			note->velocity16 = 0;
	} else if (t == &nvx_table_measure) {
		struct nvx_measure *measure = item;
		if (measure->jump_until != NVX_JUMP_FINE && measure->jump_until != NVX_JUMP_CODA)
			measure->jump_until = NVX_JUMP_NONE;
		if (measure->jump == NVX_JUMP_NONE)
			measure->jump_until = NVX_JUMP_NONE;
	} else if (t == &nvx_table_meter) {
		struct nvx_meter *meter = item;
		meter->grouping = mend_grouping(m, meter->num, meter->grouping);
	} else if (t == &nvx_table_notation) {
		struct nvx_notation_element *n = item;
		const int lasts = n->e.kind == NVX_NOTATION_HAIRPIN || n->e.kind == NVX_NOTATION_PEDAL ||
				  n->e.kind == NVX_NOTATION_OCTAVE;
		if (lasts && n->e.duration_ticks == 0)
			n->e.duration_ticks = 1;
		if (n->e.kind == NVX_NOTATION_METER)
			n->grouping = mend_grouping(m, n->num, n->grouping);
	}
}

/** Nearly every note: nothing to mend, which is seen without the table. */
static int is_sound(const struct nvx_note *note)
{
	return note->tick >= 0 && note->tick <= NVX_MAX_TICK && note->duration_ticks >= 1 &&
	       note->pitch <= 127 && note->velocity >= 1 && note->velocity <= 127 &&
	       note->release_velocity <= 127 && (note->channel == NVX_NO_U8 || note->channel <= 15) &&
	       note->muted <= 1 && note->velocity16 == 0 && note->offset_us == 0 && note->cents_1e3 == 0 &&
	       note->extra == 0;
}

static void mend_all(struct nvx_draft *draft, unsigned list, void *items, size_t n)
{
	if (n == 0)
		return;
	const struct nvx_table *t = nvx_table_of(list);
	struct mend m = {.draft = draft, .table = t};
	struct idle idle = {.table = t};
	struct sound sound;

	sound_init(&sound, list, draft);
	for (; m.index < n && !draft->error; m.index++) {
		const struct nvx_field *doubt[SOUND_MAX_DOUBTS];
		if (list == NVX_LIST_notation)
			m.index += sound_elements(
				&sound, (struct nvx_notation_element *)items + m.index, n - m.index);
		if (m.index == n)
			break;
		char *item = (char *)items + m.index * t->item_bytes;
		if (list == NVX_LIST_note && is_sound((const struct nvx_note *)item))
			continue;
		const int n_doubts = sound_doubts(&sound, item, doubt);
		for (int i = 0; i < n_doubts; i++)
			if (nvx_field_applies(t, doubt[i], item))
				mend_field(&m, doubt[i], item);
		if (n_doubts < 0) {
			clear_idle(&idle, item);
			mend_object(&m, t, item);
		}
		mend_rules(&m, t, item);
		if (list >= NVX_LIST_form && list <= NVX_LIST_marker) {
			struct nvx_element *e = (struct nvx_element *)item;
			e->staff = e->staff == 1 ? 0 : e->staff;
		}
	}
}

void nvx_mend_draft(struct nvx_draft *draft)
{
#define X(name, type) mend_all(draft, NVX_LIST_##name, draft->name, draft->n_##name);
	NVX_LISTS(X)
#undef X
	for (size_t i = 0; i < draft->n_part; i++) {
		struct nvx_draft_part *part = &draft->part[i];
		struct mend m = {.draft = draft, .table = &nvx_table_part, .index = i};
		mend_object(&m, &nvx_table_part, &part->part);
		mend_all(draft, NVX_LIST_note, part->note, part->n_note);
		mend_all(draft, NVX_LIST_control, part->control, part->n_control);
	}
	mend_object(&(struct mend){.draft = draft, .table = &nvx_table_metadata}, &nvx_table_globals,
		&draft->globals);
}

/* SPDX-License-Identifier: MIT */
#include <score/nvx_tables.h>

#include <string.h>

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

int64_t nvx_field_number(const struct nvx_field *field, const void *item)
{
	const void *from = at(item, field->offset);
	uint64_t value = 0;
	switch (field->bytes) {
	case 1:
		return field->is_signed ? *(const int8_t *)from : *(const uint8_t *)from;
	case 2:
		return field->is_signed ? *(const int16_t *)from : *(const uint16_t *)from;
	case 4:
		value = handle(item, field->offset);
		return field->is_signed ? (int32_t)value : (int64_t)value;
	default:
		memcpy(&value, from, sizeof(value));
		return (int64_t)value;
	}
}

static int is_number(const struct nvx_field *field)
{
	return field->type <= NVX_F_SET || field->type == NVX_F_COLOR;
}

void nvx_table_init(const struct nvx_table *table, void *item)
{
	for (const struct nvx_field *f = table->field; f < table->field + table->n_fields; f++) {
		if (f->type == NVX_F_GROUP) {
			nvx_table_init(f->table, (char *)item + f->offset);
		} else if (is_number(f) && f->initial != 0) {
			char *to = (char *)item + f->offset;
			if (f->bytes == 1)
				*(uint8_t *)to = (uint8_t)f->initial;
			else if (f->bytes == 2)
				memcpy(to, &(uint16_t){(uint16_t)f->initial}, 2);
			else if (f->bytes == 4)
				memcpy(to, &(uint32_t){(uint32_t)f->initial}, 4);
			else
				memcpy(to, &f->initial, 8);
		}
	}
}

int nvx_field_applies(const struct nvx_table *table, const struct nvx_field *field, const void *item)
{
	if (field->kinds && !(field->kinds >> (*(const uint8_t *)at(item, (uint32_t)table->kind) & 31u) & 1u))
		return 0;
	if (!(field->flags & NVX_FIELD_HANGS))
		return 1;
	for (int i = 0; i < 2; i++)
		if (table->hangs[i] && handle(item, table->hangs[i]))
			return 0;
	return 1;
}

static int any_set(const struct nvx_table *t, const void *item)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++)
		if (nvx_field_applies(t, f, item) && nvx_field_is_set(f, item))
			return 1;
	return t->extra >= 0 && handle(item, (uint32_t)t->extra);
}

int nvx_field_is_set(const struct nvx_field *f, const void *item)
{
	switch (f->type) {
	case NVX_F_INT:
	case NVX_F_DECIMAL:
	case NVX_F_BOOL:
	case NVX_F_NOT:
	case NVX_F_SET:
	case NVX_F_COLOR:
	case NVX_F_ENUM:
		return nvx_field_number(f, item) != f->initial;
	case NVX_F_STRING:
		return handle(item, f->offset) ||
		       (f->flags & NVX_FIELD_NULL && *(const uint8_t *)at(item, f->flag));
	case NVX_F_KEY:
		return !f->flag || *(const uint8_t *)at(item, f->flag);
	case NVX_F_FIFTHS:
		return ((const int8_t *)at(item, f->offset))[1];
	case NVX_F_GROUP:
		return f->flag ? *(const uint8_t *)at(item, f->flag) : any_set(f->table, at(item, f->offset));
	case NVX_F_BPM:
	case NVX_F_FIRST_KEY:
	case NVX_F_FIRST_TEMPO:
	case NVX_F_FIRST_METER:
		return 1;
	default:
		return handle(item, f->offset) != 0;
	}
}

/* SPDX-License-Identifier: MIT */
#include "mend_sound.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

#define MAX_WORDS SOUND_MAX_WORDS
#define MAX_RULES 160u

/** What the bytes of one member have to be, where they are not the default. */
enum how {
	IN_RANGE, /**< min..max */
	IS_FLAG,  /**< 0 or 1 */
	IN_SET,   /**< no bit that stands for no word */
	WORD,     /**< one of the field's words */
	TEXT,     /**< a string of at most max bytes, not empty */
	USUAL,    /**< nothing but the default is seen to be sound */
};

struct rule {
	const struct nvx_field *field; /**< that holds the number */
	const struct nvx_field
		*owner; /**< of the table itself, the group that it is in; NULL: the kind has none */
	uint64_t mask;  /**< its bytes in the word */
	uint16_t offset;
	uint8_t how;
	uint8_t bytes;
};

struct sound_kind {
	uint8_t is_known;              /**< 0: no item of it can be told this way */
	uint16_t first[MAX_WORDS + 1]; /**< rules of members in a word */
	uint64_t usual[MAX_WORDS];     /**< an item with all members at their defaults */
	uint64_t fixed[MAX_WORDS];     /**< bits that are as usual in nearly every sound word ... */
	uint64_t wanted[MAX_WORDS];    /**< ... which then needs no look at its members */
	struct rule rule[];
};

/* ---- what is sound in a kind ---- */

struct maker {
	unsigned n;
	int fits;
	uint64_t used[MAX_WORDS * 8 / 64]; /**< bits: bytes where members of the kind begin */
	struct rule rule[MAX_RULES];
};

/** How many bytes a member has; they may begin in one word and end in another, where there are several. */
static unsigned bytes_of(const struct nvx_field *f)
{
	switch (f->type) {
	case NVX_F_KEY:
		return 3;
	case NVX_F_FIFTHS:
		return 2;
	case NVX_F_BPM:
	case NVX_F_FIRST_KEY:
	case NVX_F_FIRST_TEMPO:
	case NVX_F_FIRST_METER:
		return 0; /* nothing is held */
	default:
		return f->type <= NVX_F_SET || f->type == NVX_F_COLOR ? f->bytes : 4;
	}
}

static void add(struct maker *m, const struct rule *rule)
{
	if (m->n < MAX_RULES)
		m->rule[m->n++] = *rule;
	else
		m->fits = 0;
}

static void add_usual(struct maker *m, const struct nvx_field *f, const struct nvx_field *owner,
	size_t offset, unsigned bytes)
{
	const unsigned piece = bytes == 3 || bytes == 2 ? 1 : bytes;
	for (unsigned i = 0; i < bytes; i += piece)
		add(m, &(struct rule){.field = f,
			       .owner = owner,
			       .offset = (uint16_t)(offset + i),
			       .how = USUAL,
			       .bytes = (uint8_t)piece});
}

static void add_number(struct maker *m, const struct nvx_field *f, enum how how)
{
	add(m, &(struct rule){.field = f,
		       .owner = f,
		       .offset = f->offset,
		       .how = (uint8_t)how,
		       .bytes = (uint8_t)bytes_of(f)});
}

/** The default of a required member need not be a value of it. */
static int default_is_sound(const struct nvx_field *f)
{
	if (!(f->flags & NVX_FIELD_REQUIRED))
		return 1;
	switch (f->type) {
	case NVX_F_INT:
	case NVX_F_DECIMAL:
		return f->initial >= f->min && f->initial <= f->max;
	case NVX_F_ENUM:
		return f->initial < (int64_t)f->words->n && f->words->text[f->initial][0] != 0;
	case NVX_F_GROUP:
		return 0;
	default:
		return 1;
	}
}

/** All members of a group that is not there are at their defaults. */
static void add_absent(struct maker *m, const struct nvx_field *owner, const struct nvx_table *t, size_t base)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		if (f->type == NVX_F_GROUP)
			add_absent(m, owner, f->table, base + f->offset);
		else
			add_usual(m, f, owner, base + f->offset, bytes_of(f));
	}
	if (t->extra >= 0)
		add_usual(m, NULL, owner, base + (size_t)t->extra, 4);
}

static void add_field(struct maker *m, const struct nvx_field *f)
{
	m->fits &= default_is_sound(f);
	switch (f->type) {
	case NVX_F_INT:
	case NVX_F_DECIMAL:
		add_number(m, f, IN_RANGE);
		break;
	case NVX_F_BOOL:
	case NVX_F_NOT:
		add_number(m, f, IS_FLAG);
		break;
	case NVX_F_ENUM:
		add_number(m, f, WORD);
		break;
	case NVX_F_SET:
		add_number(m, f, IN_SET);
		break;
	case NVX_F_STRING:
		add_number(m, f, TEXT);
		break;
	case NVX_F_FIFTHS:
		m->fits = 0; /* it is reckoned from the key, whatever it is */
		break;
	case NVX_F_GROUP:
		if (f->flag)
			add_usual(m, f, f, f->flag, 1);
		else
			add_absent(m, f, f->table, f->offset);
		break;
	case NVX_F_COLOR:
	case NVX_F_LITERAL:
	case NVX_F_JSON:
	case NVX_F_MEMBERS:
	case NVX_F_INTS:
	case NVX_F_OBJECTS:
	case NVX_F_ONE:
		add_usual(m, f, f, f->offset, bytes_of(f));
		break;
	case NVX_F_KEY: /* only one that has a flag may be missing */
		m->fits &= f->flag != 0;
		add_usual(m, f, f, f->flag, 1);
		break;
	default:
		break;
	}
}

/** A text that has to be there: none is no default. */
static int is_needed(const struct nvx_field *f)
{
	return f->type == NVX_F_STRING && f->flags & NVX_FIELD_REQUIRED && f->min > 0;
}

static int has(const struct nvx_field *f, unsigned kind)
{
	return f->kinds == 0 || f->kinds >> kind & 1u;
}

/** What the kind does not have stays at its default, unless a member that it has lies there. */
static void add_idle(struct maker *m, const struct nvx_field *f)
{
	if (f->type != NVX_F_GROUP && !(m->used[f->offset / 64] >> f->offset % 64 & 1u))
		add_usual(m, f, NULL, f->offset, bytes_of(f));
}

static void make_rules(struct maker *m, const struct nvx_table *t, unsigned kind)
{
	m->n = 0;
	m->fits = t->item_bytes % 8u == 0 && t->item_bytes <= MAX_WORDS * 8u;
	memset(m->used, 0, sizeof(m->used));
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields && m->fits; f++) {
		if (!has(f, kind))
			continue;
		add_field(m, f);
		if (f->type != NVX_F_GROUP)
			m->used[f->offset / 64] |= UINT64_C(1) << f->offset % 64;
	}
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields && m->fits; f++)
		if (!has(f, kind))
			add_idle(m, f);
}

/** Rules by the word that they look at. */
static void sort_rules(struct sound_kind *kind, const struct maker *m, size_t n_words)
{
	uint16_t at[MAX_WORDS + 1] = {};
	for (unsigned i = 0; i < m->n; i++)
		at[m->rule[i].offset / 8 + 1]++;
	for (size_t word = 0; word < n_words; word++)
		at[word + 1] = (uint16_t)(at[word + 1] + at[word]);
	memcpy(kind->first, at, sizeof(at));
	for (unsigned i = 0; i < m->n; i++) {
		struct rule *rule = &kind->rule[at[m->rule[i].offset / 8]++];
		*rule = m->rule[i];
		rule->mask = 0;
		memset((char *)&rule->mask + rule->offset % 8, 0xff, rule->bytes);
	}
}

/** Low bits of a member that may be anything, where its others are 0. */
static uint64_t free_bits(const struct rule *rule)
{
	const struct nvx_field *f = rule->field;
	uint64_t most = 0;
	switch (rule->how) {
	case IN_RANGE: /* 0 is in it, or is the default just below it */
		most = f->max > 0 && (f->min <= 0 || (f->min == 1 && f->initial == 0)) ? (uint64_t)f->max : 0;
		break;
	case IS_FLAG:
		most = 1;
		break;
	case IN_SET:
		most = (UINT64_C(1) << f->words->n) - 1;
		break;
	case WORD:
		most = f->flags & NVX_FIELD_REQUIRED ? 0 : f->words->n - 1;
		break;
	default:
		break;
	}
	/* all ones, at most `most`; and without the sign */
	const unsigned width = 64u - (unsigned)__builtin_clzll(most + 1 ? most + 1 : 1) - 1u;
	const unsigned room = 8u * rule->bytes - (f && f->is_signed);
	return (UINT64_C(1) << (width < room ? width : room)) - 1;
}

/** Which bits of a word have to be as usual: those of its members that no number of low bits is free in. */
static void find_fixed(struct sound_kind *kind, size_t n_words)
{
	for (size_t word = 0; word < n_words; word++) {
		uint64_t fixed = 0, usual = kind->usual[word];
		for (unsigned i = kind->first[word]; i < kind->first[word + 1]; i++) {
			const struct rule *rule = &kind->rule[i];
			const uint64_t may = free_bits(rule) << rule->offset % 8 * 8;
			if (rule->mask == UINT64_MAX && may) /* a tick that is not known at first */
				usual = 0;
			fixed |= rule->mask & (usual & rule->mask & ~may ? UINT64_MAX : ~may);
		}
		kind->fixed[word] = fixed;
		kind->wanted[word] = usual & fixed;
	}
}

static struct sound_kind *make(const struct nvx_table *t, unsigned which)
{
	struct maker m;
	make_rules(&m, t, which);
	const unsigned n = m.fits ? m.n : 0;
	struct sound_kind *kind = malloc(sizeof(*kind) + n * sizeof(kind->rule[0]));
	if (!kind)
		return NULL;
	kind->is_known = (uint8_t)m.fits;
	if (m.fits) {
		memset(kind->usual, 0, t->item_bytes);
		nvx_table_init(t, kind->usual);
		if (t->kind >= 0)
			((uint8_t *)kind->usual)[t->kind] = (uint8_t)which;
		for (unsigned i = 0; i < m.n; i++)
			if (m.rule[i].how == TEXT &&
				is_needed(m.rule[i].field)) /* no handle: always looked at */
				memset((char *)kind->usual + m.rule[i].offset, 0xff, m.rule[i].bytes);
		sort_rules(kind, &m, t->item_bytes / 8u);
		find_fixed(kind, t->item_bytes / 8u);
	}
	return kind;
}

/* ---- is it ---- */

/** Of a member that is not at its default. */
static int is_kept(const struct sound *sound, const struct rule *rule, const void *item)
{
	const struct nvx_field *f = rule->field;
	if (rule->how == USUAL)
		return 0;
	if (rule->how == TEXT) {
		uint32_t text;
		size_t len;
		memcpy(&text, (const char *)item + rule->offset, sizeof(text));
		if (!text)
			return !is_needed(f);
		(void)nvx_string(sound->draft->pool, text, &len);
		return len > 0 && len <= (size_t)f->max;
	}
	const int64_t value = nvx_field_number(f, item);
	switch (rule->how) {
	case IN_RANGE:
		return value >= f->min && value <= f->max;
	case IS_FLAG:
		return value == 0 || value == 1;
	case IN_SET:
		return value >> f->words->n == 0;
	default:
		return value >= 0 && value < (int64_t)f->words->n &&
		       (!(f->flags & NVX_FIELD_REQUIRED) || f->words->text[value][0] != 0);
	}
}

void sound_init(struct sound *sound, unsigned list, struct nvx_draft *draft)
{
	*sound = (struct sound){.table = nvx_table_of(list), .draft = draft, .list = list};
}

/** The tables are constant, so what follows from them is made once, by whoever is first. */
static const struct sound_kind *shared_kind(const struct sound *sound, unsigned which)
{
	static _Atomic(struct sound_kind *) shared[NVX_LIST_part + 1][SOUND_KINDS];
	_Atomic(struct sound_kind *) *at = &shared[sound->list][which];
	struct sound_kind *kind = atomic_load_explicit(at, memory_order_acquire);
	if (kind)
		return kind;
	struct sound_kind *made = make(sound->table, which);
	if (!made || atomic_compare_exchange_strong(at, &kind, made))
		return made;
	free(made);
	return kind;
}

static const struct sound_kind *kind_of(struct sound *sound, const void *item)
{
	const struct nvx_table *t = sound->table;
	const unsigned which = t->kind < 0 ? 0 : ((const uint8_t *)item)[t->kind] & (SOUND_KINDS - 1);
	if (sound->kind && sound->which == which)
		return sound->kind;
	sound->kind = shared_kind(sound, which);
	sound->which = which;
	if (!sound->kind)
		sound->draft->error = -ENOMEM;
	return sound->kind;
}

/** Members of one word that have to be looked at, into `ret` in the table's order. @return how many there are
 * then. */
static int word_doubts(const struct sound *sound, const struct sound_kind *kind, unsigned word, uint64_t is,
	const void *item, const struct nvx_field **ret, unsigned n)
{
	for (unsigned i = kind->first[word]; i < kind->first[word + 1]; i++) {
		const struct rule *rule = &kind->rule[i];
		if (((is ^ kind->usual[word]) & rule->mask) == 0 || is_kept(sound, rule, item))
			continue;
		if (!rule->owner || n == SOUND_MAX_DOUBTS)
			return -1;
		unsigned at = n;
		while (at > 0 && ret[at - 1] > rule->owner)
			at--;
		if (at > 0 && ret[at - 1] == rule->owner)
			continue;
		memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(ret[0]));
		ret[at] = rule->owner;
		n++;
	}
	return (int)n;
}

/** Nearly every item: no word of it needs a look. All are compared at once, without a branch for each.
 * @param n_words  A constant, so that several are at a time. */
static inline int is_plain(const struct sound_kind *kind, const uint64_t *item, unsigned n_words)
{
	uint64_t odd = 0;
	for (unsigned word = 0; word < n_words; word++)
		odd |= (item[word] & kind->fixed[word]) ^ kind->wanted[word];
	return odd == 0;
}

int sound_doubts(struct sound *sound, const void *item, const struct nvx_field *ret[static SOUND_MAX_DOUBTS])
{
	const struct sound_kind *kind = kind_of(sound, item);
	int n = 0;
	if (!kind || !kind->is_known)
		return -1;
	const unsigned n_words = sound->table->item_bytes / 8u;
	if (is_plain(kind, item, n_words))
		return 0;
	if (sound->last_of != kind) {
		memcpy(sound->last, kind->usual, sound->table->item_bytes);
		sound->last_of = kind;
	}
	for (unsigned word = 0; word < n_words && n >= 0; word++) {
		uint64_t is;
		memcpy(&is, (const char *)item + word * 8u, sizeof(is));
		if ((is & kind->fixed[word]) == kind->wanted[word] || is == sound->last[word])
			continue;
		n = word_doubts(sound, kind, word, is, item, ret, (unsigned)n);
		if (n == 0) /* members lie in one word each: it is sound wherever it stands */
			sound->last[word] = is;
	}
	return n;
}

size_t sound_elements(struct sound *sound, struct nvx_notation_element *element, size_t n)
{
	const unsigned n_words = sizeof(*element) / 8u;
	size_t i = 0;
	for (; i < n; i++) {
		const unsigned is = element[i].e.kind;
		if (is != NVX_NOTATION_EVENT && is != NVX_NOTATION_BEAM && is != NVX_NOTATION_TUPLET)
			break;
		const struct sound_kind *kind = kind_of(sound, &element[i]);
		if (!kind || !kind->is_known ||
			!is_plain(kind, (const uint64_t *)(const void *)&element[i], n_words))
			break;
		element[i].e.staff = element[i].e.staff == 1 ? 0 : element[i].e.staff;
	}
	return i;
}

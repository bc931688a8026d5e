/* SPDX-License-Identifier: MIT */
/* Headers and what they inherit; <control>, <curve>; which sample a region plays. */
#include "sfz.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sfz_control.h"
#include "sfz_opcode.h"

enum level { GLOBAL, MASTER, GROUP, REGION, N_LEVELS };
enum block { NO_BLOCK, LEVEL_BLOCK, CONTROL_BLOCK, CURVE_BLOCK, SILENT_BLOCK /* effects and the like */ };

/* What a level says beside the opcodes of the table: names. */
struct state {
	struct sfz_region region;
	char sample[SFZ_VALUE_MAX];
};

struct reading {
	const struct sfz_samples *samples;
	struct sfz_opcodes *opcodes;
	struct sfz_notes notes;
	struct sfz_maker maker;
	struct sfz_control control;
	struct state *level[N_LEVELS];
	enum block block;
	enum level at;
	uint32_t n_headers;
	uint32_t n_regions, n_kept;
	char label[64];
	int32_t sw_lo, sw_hi, sw_default;
};

static void note(void *data, const char *message)
{
	struct reading *k = data;

	sfz_note(&k->notes, message);
}

static void note_at(void *data, const struct sfz_place *place, const char *message)
{
	struct reading *k = data;

	sfz_notes_at(&k->notes, place);
	sfz_note_here(&k->notes, message);
}

static void move_if_set(const struct reading *k, int32_t *key)
{
	if (*key != SFZ_UNSET)
		*key = sfz_control_key(&k->control, *key);
}

/* note_offset and octave_offset, as they are where the region ends. */
static void move_keys(const struct reading *k, struct sfz_region *r)
{
	if (k->control.key_offset[0] == 0 && k->control.key_offset[1] == 0)
		return;
	if (r->key_lo != 0 || r->key_hi != 127) {
		r->key_lo = sfz_control_key(&k->control, r->key_lo);
		r->key_hi = sfz_control_key(&k->control, r->key_hi);
	}
	r->root = sfz_control_key(&k->control, r->root);
	move_if_set(k, &r->sw_lo);
	move_if_set(k, &r->sw_hi);
	move_if_set(k, &r->sw_default);
	move_if_set(k, &r->sw_last);
	move_if_set(k, &r->sw_last_hi);
	move_if_set(k, &r->sw_down);
	move_if_set(k, &r->sw_up);
	move_if_set(k, &r->sw_previous);
	for (uint32_t i = 0; i < 2; i++) {
		const float none = i == SFZ_XF_IN ? 0.0f : 127.0f;

		if (r->xf_key[i].lo > none || r->xf_key[i].lo < none || r->xf_key[i].hi > none ||
			r->xf_key[i].hi < none) {
			r->xf_key[i].lo = (float)sfz_control_key(&k->control, (int32_t)r->xf_key[i].lo);
			r->xf_key[i].hi = (float)sfz_control_key(&k->control, (int32_t)r->xf_key[i].hi);
		}
	}
}

/* The keys that choose: those that are said to, and those that some region waits for. */
static void add_switch(struct reading *k, int32_t lo, int32_t hi)
{
	if (lo == SFZ_UNSET && hi == SFZ_UNSET)
		return;
	lo = lo == SFZ_UNSET ? hi : lo;
	hi = hi == SFZ_UNSET ? lo : hi;
	k->sw_lo = k->sw_lo == SFZ_UNSET || lo < k->sw_lo ? lo : k->sw_lo;
	k->sw_hi = k->sw_hi == SFZ_UNSET || hi > k->sw_hi ? hi : k->sw_hi;
}

static int generator_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t generator;
	} list[] = {{"*sine", ZONE_SINE}, {"*saw", ZONE_SAW}, {"*square", ZONE_SQUARE},
		{"*triangle", ZONE_TRIANGLE}, {"*tri", ZONE_TRIANGLE}, {"*noise", ZONE_NOISE},
		{"*gnoise", ZONE_NOISE}, {"*silence", ZONE_SILENCE}};

	for (uint32_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strcmp(name, list[i].name) == 0)
			return list[i].generator;
	return -1;
}

static int find_sound(struct reading *k, const char *sample, struct sfz_sound *ret)
{
	char name[2 * SFZ_VALUE_MAX], why[160] = "", message[SFZ_VALUE_MAX];
	int generator, r;

	*ret = (struct sfz_sound){.sample = BANK_NONE, .root = BANK_NONE};
	if (sample[0] == '*') {
		generator = generator_of(sample);
		if (generator < 0)
			note(k, "a generator that is not known is silent");
		ret->generator = (uint8_t)(generator < 0 ? ZONE_SILENCE : generator);
		return 0;
	}
	if (sample[0] == '\0') {
		note(k, "a region without a sample, left out");
		return -ENOENT;
	}
	(void)snprintf(name, sizeof(name), "%s%s", k->control.default_path, sample);
	r = k->samples->open(k->samples->data, name, ret, why, sizeof(why));
	if (r < 0 && r != -ENOMEM) {
		(void)snprintf(message, sizeof(message), "sample %.100s: %s, region left out", sample,
			why[0] ? why : strerror(-r));
		note(k, message);
	}
	return r;
}

static int end_region(struct reading *k)
{
	struct state *s = k->level[REGION];
	struct sfz_sound sound;
	int ret;

	k->n_regions++;
	ret = find_sound(k, s->sample, &sound);
	if (ret < 0)
		return ret == -ENOMEM ? ret : 0;
	k->n_kept++;
	move_keys(k, &s->region);
	add_switch(k, s->region.sw_last, s->region.sw_last_hi);
	return sfz_zone_make(&k->maker, &s->region, &sound);
}

/* Key switches may stand under any header; of defaults the last one counts. */
static void end_switches(struct reading *k, const struct sfz_region *r)
{
	if (r->sw_default != SFZ_UNSET)
		k->sw_default = r->sw_default;
	if (r->sw_last != SFZ_UNSET || r->sw_last_hi != SFZ_UNSET)
		add_switch(k, r->sw_lo, r->sw_hi);
}

static int end_block(struct reading *k)
{
	enum block block = k->block;
	int ret = 0;

	k->block = NO_BLOCK;
	if (block == CURVE_BLOCK)
		return sfz_control_curve_end(&k->control);
	if (block != LEVEL_BLOCK)
		return 0;
	for (uint32_t i = k->at + 1u; i < REGION; i++) /* what stood below the last one is over */
		*k->level[i] = *k->level[k->at];
	if (k->at == REGION)
		ret = end_region(k);
	end_switches(k, &k->level[k->at]->region);
	return ret;
}

static int begin_level(struct reading *k, enum level level)
{
	k->block = LEVEL_BLOCK;
	k->at = level;
	if (level == GLOBAL) {
		sfz_region_init(&k->level[GLOBAL]->region);
		k->level[GLOBAL]->sample[0] = '\0';
	} else {
		*k->level[level] = *k->level[level - 1];
	}
	return 0;
}

static int on_header(void *data, const char *name, const struct sfz_place *place)
{
	struct reading *k = data;
	int ret = end_block(k);

	sfz_notes_at(&k->notes, place);
	k->n_headers++;
	if (ret < 0)
		return ret;
	if (strcmp(name, "region") == 0)
		return begin_level(k, REGION);
	if (strcmp(name, "group") == 0)
		return begin_level(k, GROUP);
	if (strcmp(name, "master") == 0)
		return begin_level(k, MASTER);
	if (strcmp(name, "global") == 0)
		return begin_level(k, GLOBAL);
	if (strcmp(name, "control") == 0) {
		k->block = CONTROL_BLOCK;
		sfz_control_begin(&k->control);
	} else if (strcmp(name, "curve") == 0) {
		k->block = CURVE_BLOCK;
		sfz_control_curve_begin(&k->control);
	} else {
		k->block = SILENT_BLOCK;
		if (strcmp(name, "effect") == 0 || strcmp(name, "midi") == 0 || strcmp(name, "sample") == 0) {
			char message[64];

			(void)snprintf(message, sizeof(message), "<%s> is not played", name);
			note(k, message);
		} else {
			note(k, "a header that is not known, left out");
		}
	}
	return 0;
}

static void on_level(struct reading *k, const char *name, const char *value)
{
	char message[SFZ_NAME_MAX + 64];
	struct state *s = k->level[k->at];
	const char *what;

	if (strcmp(name, "sample") == 0) {
		(void)snprintf(s->sample, sizeof(s->sample), "%s", value);
		return;
	}
	if (strcmp(name, "global_label") == 0)
		(void)snprintf(k->label, sizeof(k->label), "%.63s", value);
	switch (sfz_opcode_set(k->opcodes, &s->region, name, value, k->n_headers)) {
	case SFZ_DONE:
		return;
	case SFZ_UNKNOWN:
		sfz_note_unknown(&k->notes, name);
		return;
	case SFZ_NOT_PLAYED:
		what = "is not played";
		break;
	case SFZ_BAD_VALUE:
		what = "has a value that is not understood";
		break;
	case SFZ_CLAMPED:
		what = "is out of range, the nearest is taken";
		break;
	default:
		what = "is one too many for a region";
		break;
	}
	(void)snprintf(message, sizeof(message), "opcode %s %s", name, what);
	note(k, message);
}

static int on_opcode(void *data, const char *raw, const char *value, const struct sfz_place *place)
{
	struct reading *k = data;
	char name[SFZ_NAME_MAX];
	size_t i = 0;

	for (; raw[i] && i + 1 < sizeof(name); i++)
		name[i] = raw[i] >= 'A' && raw[i] <= 'Z' ? (char)(raw[i] | 0x20) : raw[i];
	name[i] = '\0';
	sfz_notes_at(&k->notes, place);
	if (k->block == LEVEL_BLOCK)
		on_level(k, name, value);
	else if (k->block == CONTROL_BLOCK)
		sfz_control_set(&k->control, name, value);
	else if (k->block == CURVE_BLOCK)
		sfz_control_curve_set(&k->control, name, value);
	else if (k->block == NO_BLOCK)
		note(k, "opcodes under no header, left out");
	return k->maker.b->oom ? -ENOMEM : k->maker.b->is_full ? -EFBIG : 0;
}

static int on_blob(void *data, const char *text, size_t size, const struct sfz_place *place)
{
	struct reading *k = data;

	(void)text, (void)size;
	sfz_notes_at(&k->notes, place);
	note(k, "a sample inside the file is not played");
	return 0;
}

static int begin(struct reading *k, const struct load_options *o, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
	char label[256];

	for (uint32_t i = 0; i < N_LEVELS; i++) {
		k->level[i] = malloc(sizeof(*k->level[i]));
		if (!k->level[i])
			return -ENOMEM;
		sfz_region_init(&k->level[i]->region);
		k->level[i]->sample[0] = '\0';
	}
	k->opcodes = sfz_opcodes_new();
	k->notes.seen = sfz_known_new();
	k->sw_lo = k->sw_hi = k->sw_default = SFZ_UNSET;
	sfz_control_init(&k->control, &k->notes, k->maker.cc_value);
	(void)snprintf(label, sizeof(label), "%.*s", (int)(dot && dot > name ? dot - name : 200), name);
	if (!k->opcodes || !k->notes.seen || !build_preset(k->maker.b, o->sfz_bank, o->sfz_program, label))
		return -ENOMEM;
	return 0;
}

/* What the file listens to begins at 0, not in the middle as General MIDI has some; level and place as ever.
 */
static void start_controllers(struct reading *k)
{
	for (uint32_t i = 0; i < 120; i++) {
		if (!k->maker.cc_used[i] || k->control.cc_init[i] != 255 || i == 7 || i == 10 || i == 11)
			continue;
		k->control.cc_init[i] = 0;
		k->control.has_cc_init = 1;
	}
}

static int finish(struct reading *k)
{
	struct bank_build *b = k->maker.b;
	struct preset *p = &b->preset[0];

	start_controllers(k);
	if (k->control.has_cc_init) {
		b->cc_init = malloc(sizeof(k->control.cc_init));
		if (!b->cc_init)
			return -ENOMEM;
		memcpy(b->cc_init, k->control.cc_init, sizeof(k->control.cc_init));
	}
	if (k->label[0])
		(void)snprintf(p->name, sizeof(p->name), "%.51s", k->label);
	sfz_clean_text(p->name);
	p->has_switch = k->sw_lo != SFZ_UNSET;
	p->sw_lo = (uint8_t)(p->has_switch ? k->sw_lo : 0);
	p->sw_hi = (uint8_t)(p->has_switch ? k->sw_hi : 0);
	p->sw_default = (uint8_t)(k->sw_default != SFZ_UNSET ? k->sw_default : 255);
	return sfz_zone_finish(&k->maker, &k->control.curves);
}

static void end(struct reading *k)
{
	for (uint32_t i = 0; i < N_LEVELS; i++)
		free(k->level[i]);
	free(k->maker.late);
	sfz_curves_free(&k->control.curves);
	sfz_opcodes_free(k->opcodes);
	sfz_known_free(k->notes.seen);
}

static int explain(const struct reading *k, int ret, const char *path, char *error, size_t error_size)
{
	const struct load_report *r = k->notes.report;

	if (ret < 0 && ret != -EINVAL)
		(void)snprintf(error, error_size, "%s: %s", path, strerror(-ret));
	else if (k->n_regions == 0)
		(void)snprintf(error, error_size, "%s: no <region> in it", path);
	else if (r && r->n_notes > 0)
		(void)snprintf(error, error_size, "%s: none of its %u regions can sound: %s", path,
			k->n_regions, r->note[0]);
	else
		(void)snprintf(error, error_size, "%s: none of its %u regions has a sample that can be read",
			path, k->n_regions);
	return ret < 0 ? ret : -EINVAL;
}

int sfz_read(const char *path, const struct sfz_source *source, const struct sfz_samples *samples,
	const struct load_options *o, struct bank_build *b, struct load_report *report, char *error,
	size_t error_size)
{
	struct reading k = {.samples = samples, .notes = {.report = report}, .maker = {.b = b, .note = note}};
	const struct sfz_sink sink = {
		.data = &k, .header = on_header, .opcode = on_opcode, .blob = on_blob, .note = note_at};
	int ret;

	k.maker.data = &k;
	ret = begin(&k, o, path);
	if (ret == 0)
		ret = sfz_text_read(path, source, &sink);
	if (ret == 0)
		ret = end_block(&k);
	if (ret == 0 && k.n_kept > 0)
		ret = finish(&k);
	if (ret < 0 || k.n_kept == 0)
		ret = explain(&k, ret, path, error, error_size);
	end(&k);
	return ret;
}

/* SPDX-License-Identifier: MIT */
/* A program's keys (tritone.md 4): which of them are inputs, which are for people, and which nobody knows. */
#include <string.h>

#include "field.h"
#include "inputs_internal.h"

/* What is written for teachers and listings, and what study programs have in place of chords. */
static const char *const silent[] = {"id", "title", "description", "notes", "tags", "levels", "level",
	"category", "tempo_range", "root", "mode", "loop_bars", "instruments", "expressive", NULL};

static const struct {
	const char *name;
	enum band_key key;
} keys[] = {{"chords", BAND_KEY_CHORDS}, {"tempo_bpm", BAND_KEY_TEMPO}, {"tempo", BAND_KEY_TEMPO},
	{"time_signature", BAND_KEY_METER}, {"time_sig", BAND_KEY_METER}, {"grid", BAND_KEY_GRID},
	{"quantize", BAND_KEY_QUANTIZE}, {"bars_per_chord", BAND_KEY_BARS}, {"style", BAND_KEY_STYLE},
	{"tritone_mode", BAND_KEY_TRITONE}, {"tritone_strength", BAND_KEY_TRITONE_STRENGTH},
	{"tritone_seed", BAND_KEY_TRITONE_SEED}, {"voicing", BAND_KEY_VOICING},
	{"transpose", BAND_KEY_TRANSPOSE}, {"intensity", BAND_KEY_INTENSITY}, {"sections", BAND_KEY_SECTIONS},
	{"name", BAND_KEY_NAME}, {"outfile", BAND_KEY_OUTFILE}, {NULL, 0}};

static const struct {
	const char *name;
	enum band_key key;
} expressive_keys[] = {{"swing", BAND_KEY_SWING}, {"humanize_ms", BAND_KEY_HUMANIZE_MS},
	{"humanize_vel", BAND_KEY_HUMANIZE_VEL}, {"seed", BAND_KEY_HUMANIZE_SEED}, {NULL, 0}};

static bool is_in(const char *name, const char *const *list)
{
	while (*list && strcmp(*list, name) != 0)
		list++;
	return *list;
}

/** null is as if the key were not there. */
static void give(struct reader *r, enum band_key key, const struct band_value *value)
{
	if (value && value->type != BAND_NULL)
		r->given[key] = (struct given){.by = BAND_BY_FILE, .node = value};
}

static void unknown(struct reader *r, const struct band_value *value)
{
	char where[BAND_WHERE_MAX];

	band_warn(r->report, "KEY_UNKNOWN", band_value_where(value, where),
		"\"%.40s\" is not known and has no effect", value->key);
	for (uint32_t i = 0; expressive_keys[i].name; i++) {
		if (value->parent->parent == NULL && strcmp(expressive_keys[i].name, value->key) == 0)
			band_hint(r->report, "it belongs under \"expressive\"");
	}
}

static void gather_expressive(struct reader *r, const struct band_value *expressive)
{
	const struct field f = {.report = r->report, .code = "EXPR_TYPE"};

	if (expressive->type == BAND_NULL || !field_type(&f, NULL, expressive, BAND_MAP))
		return;
	for (const struct band_value *v = expressive->first; v; v = v->next) {
		uint32_t i = 0;

		while (expressive_keys[i].name && strcmp(expressive_keys[i].name, v->key) != 0)
			i++;
		if (expressive_keys[i].name)
			give(r, expressive_keys[i].key, v);
		else
			unknown(r, v);
	}
}

/** Two names for one thing: the one that every known file uses wins. */
static void prefer(struct reader *r, const struct band_value *root, enum band_key key, const char *name,
	const char *old_name)
{
	const struct band_value *new = band_value_get(root, name), *old = band_value_get(root, old_name);
	char where[BAND_WHERE_MAX];

	if (!new || !old || new->type == BAND_NULL || old->type == BAND_NULL)
		return;
	give(r, key, new);
	if (strcmp(new->text, old->text) != 0)
		band_warn(r->report, "KEY_TWICE", band_value_where(old, where),
			"\"%s\" says otherwise and is taken", name);
}

void program_gather(struct reader *r, const struct band_value *root, bool style_is_typed)
{
	const struct band_value *expressive = band_value_get(root, "expressive");
	const struct band_value *old_meter = band_value_get(root, "time_sig");
	const struct band_value *style = band_value_get(root, "style");
	char where[BAND_WHERE_MAX];

	for (const struct band_value *v = root->first; v; v = v->next) {
		uint32_t i = 0;

		while (keys[i].name && strcmp(keys[i].name, v->key) != 0)
			i++;
		if (keys[i].name)
			give(r, keys[i].key, v);
		else if (!is_in(v->key, silent))
			unknown(r, v);
	}
	prefer(r, root, BAND_KEY_TEMPO, "tempo_bpm", "tempo");
	prefer(r, root, BAND_KEY_METER, "time_signature", "time_sig");
	if (old_meter) {
		band_warn(r->report, "KEY_RENAME", band_value_where(old_meter, where),
			"\"time_sig\" is now called time_signature");
	}
	/* Before `expressive`, which it is an alias of. */
	if (style && !style_is_typed)
		give(r, BAND_KEY_SWING, band_value_get(style, "swing_ratio"));
	if (expressive)
		gather_expressive(r, expressive);
}

/* SPDX-License-Identifier: MIT */
/* What stands before the music: titles, people, the list of parts and their instruments. */
#include "import.h"

#include <string.h>

#include <mos/gm.h>

static void set_text(nvx_str *field, nvx_str text)
{
	if (!*field)
		*field = text;
}

static void read_creator(struct mx_import *im, mx_node_id node)
{
	struct nvx_metadata *meta = &im->draft->globals.metadata;
	const char *type = mx_attr(&im->tree, node, "type");
	const nvx_str text = mx_string(im, mx_text(&im->tree, node));
	if (!type || strcmp(type, "composer") == 0)
		set_text(&meta->composer, text);
	else if (strcmp(type, "lyricist") == 0 || strcmp(type, "poet") == 0)
		set_text(&meta->lyricist, text);
	else if (strcmp(type, "arranger") == 0)
		set_text(&meta->arranger, text);
	else if (strcmp(type, "transcriber") == 0)
		set_text(&meta->transcription, text);
	else
		mx_keep(im, node);
}

/** Fields that an export of ours fills; others are kept. */
static void read_field(struct mx_import *im, mx_node_id node)
{
	struct nvx_metadata *meta = &im->draft->globals.metadata;
	const struct {
		const char *name;
		nvx_str *text;
	} fields[] = {{"artist", &meta->artist}, {"album", &meta->album}, {"style", &meta->style},
		{"language", &meta->language}};
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (mx_attr_is(&im->tree, node, "name", fields[i].name) && !*fields[i].text) {
			*fields[i].text = mx_string(im, mx_text(&im->tree, node));
			return;
		}
	}
	mx_keep(im, node);
}

static void read_identification(struct mx_import *im, mx_node_id node)
{
	struct nvx_metadata *meta = &im->draft->globals.metadata;
	struct mx_tree *t = &im->tree;
	MX_FOR_CHILDREN(t, c, node)
	{
		switch (t->node[c].name) {
		case MX_creator:
			read_creator(im, c);
			break;
		case MX_rights:
			if (meta->copyright)
				mx_keep(im, c);
			else
				meta->copyright = mx_string(im, mx_text(t, c));
			break;
		case MX_encoding:
			meta->source.imported_by = mx_string(im, mx_child_text(t, c, MX_software));
			mx_keep(im, c);
			break;
		case MX_miscellaneous:
			for (mx_node_id f = mx_child(t, c, MX_miscellaneous_field); f;
				f = mx_next(t, f, MX_miscellaneous_field))
				read_field(im, f);
			break;
		default: /* source, relation */
			mx_keep(im, c);
			break;
		}
	}
}

/** Words on a page: what they are is in credit-type, if anywhere. */
static void read_credit(struct mx_import *im, mx_node_id node)
{
	struct nvx_metadata *meta = &im->draft->globals.metadata;
	struct mx_tree *t = &im->tree;
	const char *type = mx_child_text(t, node, MX_credit_type);
	const mx_node_id words = mx_child(t, node, MX_credit_words);
	const nvx_str text = mx_string(im, mx_text(t, words));
	nvx_str *field = strcmp(type, "title") == 0      ? &meta->title
			 : strcmp(type, "subtitle") == 0 ? &meta->subtitle
			 : strcmp(type, "composer") == 0 ? &meta->composer
			 : strcmp(type, "lyricist") == 0 ? &meta->lyricist
			 : strcmp(type, "arranger") == 0 ? &meta->arranger
			 : strcmp(type, "rights") == 0   ? &meta->copyright
							 : NULL;
	if (field && text && (!*field || *field == text)) {
		*field = text;
		mx_warn(im, MX_WARN_LAYOUT, "credit");
	} else {
		mx_keep(im, node);
	}
}

void mx_read_head(struct mx_import *im, mx_node_id node)
{
	struct nvx_metadata *meta = &im->draft->globals.metadata;
	struct mx_tree *t = &im->tree;
	switch (t->node[node].name) {
	case MX_work:
		MX_FOR_CHILDREN(t, c, node)
		{
			if (t->node[c].name == MX_work_title)
				set_text(&meta->title, mx_string(im, mx_text(t, c)));
			else
				mx_keep(im, c);
		}
		break;
	case MX_movement_title:
		im->movement_title = mx_string(im, mx_text(t, node));
		break;
	case MX_identification:
		read_identification(im, node);
		break;
	case MX_credit:
		read_credit(im, node);
		break;
	default:
		mx_keep(im, node);
		break;
	}
}

/* ---- the part list ---- */

static void read_group(struct mx_import *im, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const char *number = mx_attr(t, node, "number");
	const nvx_str str = mx_string(im, number ? number : "1");
	if (mx_attr_is(t, node, "type", "stop")) {
		for (size_t i = im->n_groups; i-- > 0;) {
			struct mx_group *g = &im->groups[i];
			if (!g->open || g->number != str)
				continue;
			g->open = 0;
			g->last = (uint32_t)im->n_parts;
			return;
		}
		return;
	}
	if (im->n_groups >= 4096) {
		mx_warn(im, MX_WARN_UNREAD, "part-group");
		return;
	}
	struct mx_group *g = MX_ADD(im, groups);
	if (!g)
		return;
	*g = (struct mx_group){
		.number = str,
		.name = mx_string(im, mx_child_text(t, node, MX_group_name)),
		.abbreviation = mx_string(im, mx_child_text(t, node, MX_group_abbreviation)),
		.symbol = mx_string(im, mx_child_text(t, node, MX_group_symbol)),
		.barline = mx_string(im, mx_child_text(t, node, MX_group_barline)),
		.first = (uint32_t)im->n_parts,
		.open = 1,
	};
}

static struct mx_instrument *instrument_of(struct mx_import *im, struct mx_part *p, const char *id)
{
	const nvx_str str = mx_string(im, id ? id : "");
	for (uint32_t i = 0; i < p->n_instruments; i++) {
		struct mx_instrument *at = &im->instruments[p->first_instrument + i];
		if (at->id == str)
			return at;
	}
	if (p->n_instruments >= 256)
		return NULL;
	struct mx_instrument *at = MX_ADD(im, instruments);
	if (!at)
		return NULL;
	*at = (struct mx_instrument){.id = str, .program = -1, .unpitched = -1, .channel = -1, .port = -1};
	p->n_instruments++;
	return at;
}

/** Millionths of a decimal, `scale` being one. */
static int millionths(const char *text, int64_t scale, int min, int max, int32_t *ret)
{
	int64_t num, den;
	if (mx_decimal(text, &num, &den) < 0)
		return 0;
	const int64_t value = num * (1000000 / den) / scale;
	*ret = (int32_t)(value < min ? min : value > max ? max : value);
	return 1;
}

static void read_midi_instrument(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	struct mx_instrument *at = instrument_of(im, p, mx_attr(t, node, "id"));
	if (!at)
		return;
	struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	const int first = at == &im->instruments[p->first_instrument];
	at->program = (int16_t)(mx_child_int(t, node, MX_midi_program, 0, 0, 128) - 1);
	at->channel = (int8_t)(mx_child_int(t, node, MX_midi_channel, 0, 0, 16) - 1);
	at->unpitched = (int16_t)(mx_child_int(t, node, MX_midi_unpitched, 0, 0, 128) - 1);
	if (!first)
		return;
	if (at->program >= 0)
		part->midi_program = (uint8_t)at->program;
	if (at->channel >= 0)
		part->midi_channel = (uint8_t)at->channel;
	const int bank = mx_child_int(t, node, MX_midi_bank, 0, 0, 16384);
	if (bank > 0)
		part->midi_bank = (uint16_t)(bank - 1);
	int32_t value;
	if (millionths(mx_child_text(t, node, MX_volume), 100, 0, 1500000, &value))
		part->volume_1e6 = value;
	/* -180..180, 90 being right: what is behind is mirrored to the front */
	if (millionths(mx_child_text(t, node, MX_pan), 90, -2000000, 2000000, &value))
		part->pan_1e6 = value > 1000000    ? 2000000 - value
				: value < -1000000 ? -2000000 - value
						   : value;
}

static void read_score_instrument(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	struct mx_instrument *at = instrument_of(im, p, mx_attr(t, node, "id"));
	if (!at)
		return;
	at->name = mx_string(im, mx_child_text(t, node, MX_instrument_name));
	if (at != &im->instruments[p->first_instrument])
		return;
	struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	part->sound = mx_string(im, mx_child_text(t, node, MX_instrument_sound));
	const mx_node_id virtual = mx_child(t, node, MX_virtual_instrument);
	part->patch_library = mx_string(im, mx_child_text(t, virtual, MX_virtual_library));
	part->patch_name = mx_string(im, mx_child_text(t, virtual, MX_virtual_name));
}

/** "strings.violin", "Violin II": a program where the file gives none. */
static void guess_program(struct mx_import *im, struct mx_part *p)
{
	struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	const struct mx_instrument *first = p->n_instruments ? &im->instruments[p->first_instrument] : NULL;
	if (first && first->program >= 0)
		return;
	const nvx_str candidates[] = {part->sound, first ? first->name : 0, part->name};
	for (unsigned i = 0; i < 3; i++) {
		const char *text = nvx_string(im->draft->pool, candidates[i], NULL);
		const char *dot = i == 0 ? strrchr(text, '.') : NULL;
		const int program = strlen(text) < 4 ? -1 : mx_gm_program(dot ? dot + 1 : text);
		if (program >= 0) {
			part->midi_program = (uint8_t)program;
			return;
		}
	}
}

int mx_gm_program(const char *name)
{
	char word[64];
	int program = mos_gm_find(name);
	/* "Violin II", "1st Flute": the longest word of letters */
	for (size_t best = 3; program < 0 && *name;) {
		const size_t len = strcspn(name, " \t.,()/0123456789");
		if (len > best && len < sizeof(word)) {
			memcpy(word, name, len);
			word[len] = 0;
			best = len;
			program = mos_gm_find(word);
		}
		name += len + (name[len] != 0);
	}
	return program;
}

static void read_score_part(struct mx_import *im, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const char *id = mx_attr(t, node, "id");
	const uint32_t at = mx_new_part(im, mx_string(im, id ? id : ""));
	if (at == MX_NONE)
		return;
	struct mx_part *p = &im->parts[at];
	p->first_instrument = (uint32_t)im->n_instruments;
	MX_FOR_CHILDREN(t, c, node)
	{
		struct nvx_part *part = nvx_draft_part(im->draft, p->part);
		const nvx_str shown = mx_string(im, mx_child_text(t, c, MX_display_text));
		switch (t->node[c].name) {
		case MX_part_name:
			part->name = mx_string(im, mx_text(t, c));
			break;
		case MX_part_abbreviation:
			part->short_name = mx_string(im, mx_text(t, c));
			break;
		case MX_part_name_display:
			set_text(&part->name, shown);
			mx_keep(im, c);
			break;
		case MX_part_abbreviation_display:
			set_text(&part->short_name, shown);
			mx_keep(im, c);
			break;
		case MX_score_instrument:
			read_score_instrument(im, p, c);
			break;
		case MX_midi_instrument:
			read_midi_instrument(im, p, c);
			break;
		case MX_midi_device:
			part->midi_port = (uint8_t)(mx_attr_int(t, c, "port", 1, 1, 16) - 1);
			break;
		default: /* identification, part-link, player, group */
			mx_keep(im, c);
			break;
		}
	}
	guess_program(im, p);
	struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	if (!mx_child(t, node, MX_part_name) && !part->name && p->n_instruments)
		part->name = im->instruments[p->first_instrument].name;
	part->extra = mx_take_extra(im);
}

void mx_read_part_list(struct mx_import *im, mx_node_id node)
{
	/* what the head keeps belongs to the document, not to the first part */
	im->draft->globals.metadata.extra =
		im->draft->globals.metadata.extra ? im->draft->globals.metadata.extra : mx_take_extra(im);
	if (im->tree.node[node].name == MX_score_part)
		read_score_part(im, node);
	else if (im->tree.node[node].name == MX_part_group)
		read_group(im, node);
	else
		mx_warn(im, MX_WARN_UNREAD, im->tree.bytes + im->tree.node[node].tag);
}

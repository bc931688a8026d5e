/* SPDX-License-Identifier: MIT */
/* Titles, people, the list of parts. */
#include "export.h"

#include <stdio.h>
#include <string.h>

#include <mos/gm.h>

static void text_of(struct mxo *x, const char *tag, nvx_str str)
{
	if (str)
		mxo_text(x, tag, score_text(x->score, str));
}

static void write_identification(struct mxo *x)
{
	const struct nvx_metadata *m = &x->score->globals.metadata;
	const struct {
		const char *name;
		nvx_str text;
	} fields[] = {
		{"artist", m->artist}, {"album", m->album}, {"style", m->style}, {"language", m->language}};
	int any = 0;
	mxo_open(x, "identification");
	text_of(x, "creator type=\"composer\"", m->composer);
	text_of(x, "creator type=\"lyricist\"", m->lyricist);
	text_of(x, "creator type=\"arranger\"", m->arranger);
	text_of(x, "creator type=\"transcriber\"", m->transcription);
	mxo_write_kept(x, "creator", NULL);
	text_of(x, "rights", m->copyright);
	mxo_write_kept(x, "rights", NULL);
	mxo_open(x, "encoding");
	mxo_text(x, "software", "MOS");
	mxo_close(x, "encoding");
	mxo_write_kept(x, "source", NULL);
	mxo_write_kept(x, "relation", NULL);
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!fields[i].text)
			continue;
		char tag[64];
		if (!any++)
			mxo_open(x, "miscellaneous");
		(void)snprintf(tag, sizeof(tag), "miscellaneous-field name=\"%s\"", fields[i].name);
		mxo_text(x, tag, score_text(x->score, fields[i].text));
	}
	mxo_write_kept(x, "miscellaneous-field", any ? NULL : "miscellaneous");
	if (any)
		mxo_close(x, "miscellaneous");
	mxo_close(x, "identification");
}

/** Keys that a part plays on the drum kit. */
static void find_kit(struct mxo *x, const struct score_part *part, uint8_t kit[128])
{
	struct nvx_seq_iter it = nvx_seq_from(&part->note, 0);
	const struct nvx_note *note;
	memset(kit, 0, 128);
	while ((note = nvx_seq_next(&it))) {
		if (part->part.role == NVX_ROLE_DRUMS || note->channel == 9)
			kit[note->pitch & 127] = 1;
		else if (note->channel != NVX_NO_U8 && note->channel != part->part.midi_channel)
			x->loss[MXO_LOSS_CHANNEL]++;
		x->loss[MXO_LOSS_TIME] += note->offset_us != 0;
	}
}

static void write_instrument(struct mxo *x, uint32_t part, unsigned number, const char *name)
{
	const struct nvx_part *p = &x->score->part[part]->part;
	mxo_openf(x, "score-instrument id=\"P%u-I%u\"", part + 1, number);
	mxo_text(x, "instrument-name", name);
	if (number == 1) {
		text_of(x, "instrument-sound", p->sound);
		if (p->patch_library || p->patch_name) {
			mxo_open(x, "virtual-instrument");
			text_of(x, "virtual-library", p->patch_library);
			text_of(x, "virtual-name", p->patch_name);
			mxo_close(x, "virtual-instrument");
		}
	}
	mxo_close(x, "score-instrument");
}

static void write_midi(struct mxo *x, uint32_t part, unsigned number, int unpitched)
{
	const struct nvx_part *p = &x->score->part[part]->part;
	char buf[40];
	mxo_openf(x, "midi-instrument id=\"P%u-I%u\"", part + 1, number);
	const int channel = unpitched >= 0 && p->role != NVX_ROLE_DRUMS ? 9 : p->midi_channel;
	if (channel <= 15)
		mxo_int(x, "midi-channel", channel + 1);
	if (p->midi_bank < 16384)
		mxo_int(x, "midi-bank", p->midi_bank + 1);
	mxo_int(x, "midi-program", p->midi_program + 1);
	if (unpitched >= 0)
		mxo_int(x, "midi-unpitched", unpitched + 1);
	if (p->volume_1e6 != NVX_NO_I32) {
		const int32_t volume =
			p->volume_1e6 > 1000000 ? 1000000 : p->volume_1e6; /* 100 % is the most */
		mxo_decimal(buf, sizeof(buf), (int64_t)volume * 100);
		mxo_text(x, "volume", buf);
	}
	if (p->pan_1e6) {
		mxo_decimal(buf, sizeof(buf), (int64_t)p->pan_1e6 * 90);
		mxo_text(x, "pan", buf);
	}
	mxo_close(x, "midi-instrument");
}

static void write_score_part(struct mxo *x, uint32_t part)
{
	const struct score_part *sp = x->score->part[part];
	const char *name = score_text(x->score, sp->part.name);
	char number[16];
	uint8_t kit[128];
	find_kit(x, sp, kit);
	mxo_openf(x, "score-part id=\"P%u\"", part + 1);
	mxo_text(x, "part-name", name);
	text_of(x, "part-abbreviation", sp->part.short_name);
	const char *gm = mos_gm_name(sp->part.midi_program);
	write_instrument(x, part, 1, *name ? name : gm ? gm : "");
	for (unsigned key = 0; key < 128; key++) {
		(void)snprintf(number, sizeof(number), "Key %u", key);
		if (kit[key])
			write_instrument(x, part, key + 100, number);
	}
	if (sp->part.midi_port)
		mxo_emptyf(x, "midi-device id=\"P%u-I1\" port=\"%u\"", part + 1, sp->part.midi_port + 1u);
	write_midi(x, part, 1, -1);
	for (unsigned key = 0; key < 128; key++) {
		if (kit[key])
			write_midi(x, part, key + 100, (int)key);
	}
	mxo_close(x, "score-part");
}

void mxo_write_head(struct mxo *x)
{
	const struct nvx_metadata *m = &x->score->globals.metadata;
	if (m->title) {
		mxo_open(x, "work");
		mxo_write_kept(x, "work-number", NULL);
		text_of(x, "work-title", m->title);
		mxo_close(x, "work");
	} else {
		mxo_write_kept(x, "work-number", "work");
	}
	mxo_write_kept(x, "movement-number", NULL);
	text_of(x, "movement-title", m->subtitle);
	write_identification(x);
	mxo_write_kept(x, "credit", NULL);
	mxo_open(x, "part-list");
	mxo_read_groups(x);
	for (uint32_t part = 0; part < x->score->n_parts; part++) {
		mxo_open_groups(x, part);
		write_score_part(x, part);
		mxo_close_groups(x, part);
	}
	mxo_close(x, "part-list");
}

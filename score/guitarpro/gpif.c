/* SPDX-License-Identifier: MIT */
#include "gpif.h"

#include <errno.h>
#include <stdio.h>

#define MAX_WORK (UINT64_C(1) << 26)

int gpif_spend(struct gpif_reader *reader, gpif_el el)
{
	const struct gpif_node *node = &reader->doc.node[el];
	reader->work += 4 + (node->end - el) + (node->text_end - node->text) / 8;
	if (reader->work <= MAX_WORK + reader->doc.n_nodes)
		return 0;
	(void)score_error(reader->doc.report, "nvx1.limit.beats", SCORE_AT_LINE(node->line, 0),
		"what is repeated by number is too much");
	return reader->song.draft->error = -E2BIG;
}

static void put_text(struct gpif_reader *reader, gpif_el score, const char *name, nvx_str *at)
{
	const struct gpif_text text = gpif_child_text(&reader->doc, score, name);
	*at = nvx_clean_text(reader->song.draft, text.text, text.len);
}

static void read_titles(struct gpif_reader *reader)
{
	struct nvx_draft *draft = reader->song.draft;
	struct nvx_metadata *metadata = &draft->globals.metadata;
	const gpif_el score = gpif_child(&reader->doc, 1, "Score");
	put_text(reader, score, "Title", &metadata->title);
	put_text(reader, score, "SubTitle", &metadata->subtitle);
	put_text(reader, score, "Artist", &metadata->artist);
	put_text(reader, score, "Album", &metadata->album);
	put_text(reader, score, "Words", &metadata->lyricist);
	put_text(reader, score, "Music", &metadata->composer);
	put_text(reader, score, "Copyright", &metadata->copyright);
	put_text(reader, score, "Tabber", &metadata->transcription);
	nvx_str both;
	put_text(reader, score, "WordsAndMusic", &both);
	metadata->lyricist = metadata->lyricist ? metadata->lyricist : both;
	metadata->composer = metadata->composer ? metadata->composer : both;
	struct gp_ext ext = {};
	const struct gpif_text instructions = gpif_child_text(&reader->doc, score, "Instructions");
	const struct gpif_text notices = gpif_child_text(&reader->doc, score, "Notices");
	gp_ext_text(draft, &ext, "instructions", instructions.text, instructions.len);
	gp_ext_text(draft, &ext, "notices", notices.text, notices.len);
	metadata->extra = gp_ext_take(draft, &ext);
	gp_ext_finish(&ext);
}

/** Files of version 6 hang lyrics on tracks, later ones on beats and again on tracks: then the beats' count.
 */
static void look_for_lyrics(struct gpif_reader *reader, gpif_el beats)
{
	for (gpif_el beat = gpif_first(&reader->doc, beats); beat; beat = gpif_next(&reader->doc, beat))
		if (gpif_child(&reader->doc, beat, "Lyrics")) {
			reader->beat_lines = 1;
			return;
		}
}

static int make_indexes(struct gpif_reader *reader)
{
	const struct gpif_doc *doc = &reader->doc;
	const struct {
		const char *name;
		struct gpif_index *index;
	} list[] = {{"Bars", &reader->bar}, {"Voices", &reader->voice}, {"Beats", &reader->beats},
		{"Notes", &reader->note}, {"Rhythms", &reader->rhythm}};
	for (unsigned i = 0; i < sizeof(list) / sizeof(*list); i++) {
		const int rc = gpif_index_make(doc, gpif_child(doc, 1, list[i].name), list[i].index);
		if (rc < 0)
			return rc;
	}
	look_for_lyrics(reader, gpif_child(doc, 1, "Beats"));
	return 0;
}

/** What this reader knows to leave alone is told once, in one line. */
static void tell_left_out(struct gpif_reader *reader)
{
	const struct gpif_doc *doc = &reader->doc;
	if (gpif_child(doc, 1, "BackingTrack"))
		score_warn(doc->report, GP_DROPPED, "BackingTrack",
			"the recording beside the score is not taken over");
	if (reader->n_ignored)
		score_warn(doc->report, GP_DROPPED, "Track",
			"effects of the sound engine (%u elements) are not taken over", reader->n_ignored);
}

static int read_score(struct gpif_reader *reader)
{
	const struct gpif_doc *doc = &reader->doc;
	if (!gpif_is(doc, 1, "GPIF"))
		return score_error(doc->report, GP_PARSE, SCORE_AT_LINE(doc->node[1].line, 0),
			"the document is %s, not GPIF", doc->node[1].name);
	const struct gpif_text version = gpif_child_text(doc, 1, "GPVersion");
	if (version.len > 0 && version.len < 16)
		(void)snprintf(doc->report->dialect, sizeof(doc->report->dialect), "GP %.*s",
			(int)version.len, version.text);
	read_titles(reader);
	int rc = make_indexes(reader);
	if (rc == 0)
		rc = gpif_read_tracks(reader);
	if (rc == 0)
		rc = gpif_read_bars(reader, gpif_child(doc, 1, "MasterBars"));
	if (rc < 0)
		return rc;
	gpif_put_tempo(reader, gpif_child(doc, gpif_child(doc, 1, "MasterTrack"), "Automations"));
	gpif_put_automations(reader);
	rc = gp_song_end(&reader->song);
	tell_left_out(reader);
	return rc;
}

static void finish_reader(struct gpif_reader *reader)
{
	const struct score_alloc *alloc = reader->doc.alloc;
	struct gpif_index *const index[] = {
		&reader->bar, &reader->voice, &reader->beats, &reader->note, &reader->rhythm};
	for (unsigned i = 0; i < sizeof(index) / sizeof(*index); i++)
		score_free(alloc, index[i]->item);
	for (uint32_t i = 0; reader->track && i < reader->song.n_tracks; i++) {
		score_free(alloc, reader->track[i].chord.item);
		score_free(alloc, reader->track[i].kit);
	}
	score_free(alloc, reader->track);
	score_free(alloc, reader->staff_track);
	score_free(alloc, reader->staff_of_track);
	score_free(alloc, reader->simile);
	score_free(alloc, reader->master_bar);
	if (reader->beat)
		gp_beat_finish(reader->beat);
	score_free(alloc, reader->beat);
	gp_song_finish(&reader->song);
	gpif_finish(&reader->doc);
}

int gpif_read(const uint8_t *bytes, size_t size, uint8_t *owned, struct nvx_draft *draft)
{
	struct gpif_reader reader = {.doc = {.alloc = nvx_pool_alloc(draft->pool), .report = draft->report}};
	(void)gp_song_init(&reader.song, draft);
	reader.beat = score_zalloc(reader.doc.alloc, 1, sizeof(*reader.beat));
	int rc = reader.beat ? gpif_parse(&reader.doc, bytes, size) : -ENOMEM;
	score_free(reader.doc.alloc, owned);
	if (rc == 0)
		rc = read_score(&reader);
	if (rc == -ENOMEM && !draft->error)
		draft->error = rc;
	finish_reader(&reader);
	return rc ? rc : draft->error;
}

/* SPDX-License-Identifier: MIT */
/* Guitar Pro 6 to 8 (FMT-04): small documents in containers made here, and containers that want to be big. */
#include "score_guitarpro.h"

#include <stdio.h>

#include <zip.h>

#define SECTOR 4096u

/** What all documents here share: one track of a guitar, and the quarter as rhythm 0. */
#define HEAD                                                                                                 \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<GPIF><Score><Title><![CDATA[Tune]]></Title></Score>"   \
	"<MasterTrack><Tracks>0</Tracks><Automations><Automation><Type>Tempo</Type><Linear>false</Linear>"   \
	"<Bar>0</Bar><Position>0</Position><Value>90 3</Value></Automation></Automations></MasterTrack>"
#define GUITAR                                                                                               \
	"<Tracks><Track id=\"0\"><Name>Guitar</Name><Staves><Staff><Properties>"                             \
	"<Property name=\"Tuning\"><Pitches>40 45 50 55 59 64</Pitches></Property>"                          \
	"<Property "                                                                                         \
	"name=\"CapoFret\"><Fret>1</Fret></Property></Properties></Staff></Staves></Track></Tracks>"
#define RHYTHMS                                                                                              \
	"<Rhythms><Rhythm id=\"0\"><NoteValue>Quarter</NoteValue></Rhythm>"                                  \
	"<Rhythm id=\"1\"><NoteValue>Eighth</NoteValue><PrimaryTuplet num=\"3\" den=\"2\"/></Rhythm>"        \
	"<Rhythm id=\"2\"><NoteValue>16th</NoteValue><PrimaryTuplet num=\"3\" den=\"2\"/>"                   \
	"<SecondaryTuplet num=\"3\" den=\"2\"/></Rhythm><Rhythm "                                            \
	"id=\"3\"><NoteValue>Whole</NoteValue></Rhythm>"                                                     \
	"</Rhythms></GPIF>"
#define NOTE(id, string, fret, more)                                                                         \
	"<Note id=\"" id "\">" more "<Properties><Property name=\"String\"><String>" string                  \
	"</String></Property><Property name=\"Fret\"><Fret>" fret "</Fret></Property></Properties></Note>"
#define BEAT(id, rhythm, notes, more)                                                                        \
	"<Beat id=\"" id "\"><Dynamic>MF</Dynamic><Rhythm ref=\"" rhythm "\"/>" notes more "</Beat>"
#define MASTER_BAR(bars)                                                                                     \
	"<MasterBar><Key><AccidentalCount>0</AccidentalCount></Key><Time>4/4</Time><Bars>" bars              \
	"</Bars></MasterBar>"
#define BAR(id, voices, more) "<Bar id=\"" id "\"><Clef>G2</Clef>" more "<Voices>" voices "</Voices></Bar>"
#define VOICE(id, beats) "<Voice id=\"" id "\"><Beats>" beats "</Beats></Voice>"
#define ONE_BAR "<MasterBars>" MASTER_BAR("0") "</MasterBars><Bars>" BAR("0", "0 -1 -1 -1", "") "</Bars>"

static void le32(uint8_t *at, size_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/** BCFS: a sector for the directory entry of score.gpif, then its content. */
static uint8_t *wrap(const char *document, size_t len, size_t *ret_n)
{
	const size_t n_sectors = (len + SECTOR - 1) / SECTOR, n = 4 + (2 + n_sectors) * SECTOR;
	uint8_t *disk = calloc(1, n), *entry = disk + 4 + SECTOR;
	cr_assert_leq(n_sectors, 900);
	memcpy(disk, "BCFS", 4);
	le32(entry, 2);
	memcpy(entry + 4, "score.gpif", 11);
	le32(entry + 0x8c, len);
	for (size_t i = 0; i < n_sectors; i++)
		le32(entry + 0x94 + 4 * i, 2 + i);
	memcpy(disk + 4 + 2 * SECTOR, document, len);
	*ret_n = n;
	return disk;
}

/** BCFZ of literals only, three bytes at a time: it grows. */
static uint8_t *pack(const uint8_t *disk, size_t len, size_t *ret_n)
{
	uint8_t *packed = calloc(1, 8 + len * 2 + 16);
	size_t bit = 64;
	memcpy(packed, "BCFZ", 4);
	le32(packed + 4, len);
	for (size_t i = 0; i < len;) {
		const size_t n = len - i < 3 ? len - i : 3;
		const unsigned head[] = {0, n & 1, n >> 1 & 1};
		for (unsigned k = 0; k < 3; k++, bit++)
			packed[bit / 8] |= (uint8_t)(head[k] << (7 - bit % 8));
		for (size_t k = 0; k < n; k++, i++)
			for (unsigned b = 0; b < 8; b++, bit++)
				packed[bit / 8] |= (uint8_t)((disk[i] >> (7 - b) & 1) << (7 - bit % 8));
	}
	*ret_n = bit / 8 + 1;
	return packed;
}

static int try_document(const char *document, size_t len, struct score **ret)
{
	size_t n;
	uint8_t *disk = wrap(document, len, &n);
	const int rc = try_import(gpx_import, disk, n, ret);
	free(disk);
	return rc;
}

static struct score *import_document(const char *document)
{
	struct score *score = NULL;
	const int rc = try_document(document, strlen(document), &score);
	cr_assert_eq(rc, 0, "%d: %s: %s", rc, report.error[0].where, report.error[0].reason);
	return score;
}

/** A zip in memory with one file. */
static uint8_t *zip_of(const char *name, const void *bytes, size_t len, size_t *ret_n)
{
	zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_source_keep(target);
	zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
	zip_source_t *content = zip_source_buffer(zip, bytes, len, 0);
	cr_assert_geq(zip_file_add(zip, name, content, 0), 0);
	cr_assert_eq(zip_close(zip), 0);
	zip_source_open(target);
	zip_source_seek(target, 0, SEEK_END);
	const size_t n = (size_t)zip_source_tell(target);
	uint8_t *out = malloc(n);
	zip_source_seek(target, 0, SEEK_SET);
	cr_assert_eq(zip_source_read(target, out, n), (zip_int64_t)n);
	zip_source_close(target);
	zip_source_free(target);
	*ret_n = n;
	return out;
}

static const char plain[] = HEAD GUITAR ONE_BAR "<Voices>" VOICE("0", "0 0 1") "</Voices><Beats>" BEAT(
	"0", "0", "<Notes>0</Notes>", "") BEAT("1", "0", "<Notes>1</Notes>", "") "</Beats><Notes>" NOTE("0",
	"5", "0", "") NOTE("1", "0", "3", "<Tie origin=\"false\" destination=\"false\"/>") "</Notes>" RHYTHMS;

static void check_plain(const struct score *score)
{
	cr_expect_str_eq(score_text(score, score->globals.metadata.title), "Tune");
	cr_assert_eq(score->part[0]->note.n, 3);
	cr_expect_eq(note_of(score, 0)->pitch, 64 + 1, "NVX-13");
	cr_expect_eq(note_of(score, 2)->pitch, 40 + 1 + 3, "NVX-13");
	cr_expect_eq(note_of(score, 2)->tick, 1920);
	cr_expect_eq(note_of(score, 2)->velocity, 79);
	cr_expect_eq(score->part[0]->part.capo, 1);
	cr_expect_eq(score_tab(score, 2)->string, 6);
	cr_expect_eq(score_tempo_at(score, 0)->ns_per_quarter, 444444444, "90 dotted quarters");
}

Test(guitarpro_gpif, FMT_04_containers,
	.description = "FMT-04 NVX-13: one document in a bare disk, a packed one and a zip")
{
	size_t n_disk, n_packed, n_zip;
	uint8_t *disk = wrap(plain, strlen(plain), &n_disk);
	uint8_t *packed = pack(disk, n_disk, &n_packed);
	uint8_t *zip = zip_of("Content/score.gpif", plain, strlen(plain), &n_zip);
	struct score *a = import(gpx_import, disk, n_disk);
	struct score *b = import(gpx_import, packed, n_packed);
	struct score *c = import(gp7_import, zip, n_zip);
	check_plain(a);
	cr_expect(score_same_state(a, b), "FMT-09");
	cr_expect(score_same_state(a, c), "FMT-09");
	score_unref(a);
	score_unref(b);
	score_unref(c);
	free(disk);
	free(packed);
	free(zip);
}

Test(guitarpro_gpif, FMT_04_nested_tuplets,
	.description = "FMT-04: a triplet inside a triplet has its own bracket, and all sums up")
{
	struct score *score = import_document(HEAD GUITAR ONE_BAR
		"<Voices>" VOICE("0", "0 1 1 1 0 2") "</Voices><Beats>" BEAT("0", "1", "<Notes>0</Notes>", "")
			BEAT("1", "2", "<Notes>0</Notes>", "") BEAT("2", "0", "<Notes>0</Notes>",
				"") "</Beats><Notes>" NOTE("0", "5", "2", "") "</Notes>" RHYTHMS);
	static const int64_t tick[] = {0, 320, 427, 533, 640, 960};
	cr_assert_eq(score->part[0]->note.n, 6);
	for (uint32_t i = 0; i < 6; i++)
		cr_expect_eq(
			note_of(score, i)->tick, tick[i], "note %u at %ld", i, (long)note_of(score, i)->tick);
	cr_assert_eq(count_of(score, NVX_NOTATION_TUPLET), 2);
	const struct nvx_notation_element *outer = element_of(score, NVX_NOTATION_TUPLET, 0);
	const struct nvx_notation_element *inner = element_of(score, NVX_NOTATION_TUPLET, 1);
	cr_expect_eq(outer->e.duration_ticks, 960);
	cr_expect_eq(inner->e.duration_ticks, 320);
	cr_expect_eq(inner->parent_id, outer->e.id);
	cr_expect_eq(element_of(score, NVX_NOTATION_EVENT, 1)->tuplet_id, inner->e.id);
	cr_expect_eq(element_of(score, NVX_NOTATION_EVENT, 5)->tuplet_id, 0);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	score_unref(score);
}

Test(guitarpro_gpif, FMT_04_simile,
	.description = "FMT-04 FMT-08: a bar with a simile mark sounds as the one before")
{
	struct score *score = import_document(HEAD GUITAR "<MasterBars>" MASTER_BAR("0") MASTER_BAR(
		"1") "</MasterBars><Bars>" BAR("0", "0 -1 -1 -1", "")
			BAR("1", "-1 -1 -1 -1", "<SimileMark>Simple</SimileMark>") "</Bars><Voices>" VOICE(
				"0", "0 0 0 0") "</Voices><Beats>" BEAT("0", "0", "<Notes>0</Notes>",
				"") "</Beats><Notes>" NOTE("0", "5", "2", "") "</Notes>" RHYTHMS);
	cr_assert_eq(score->part[0]->note.n, 8);
	cr_expect_eq(note_of(score, 4)->tick, 3840);
	cr_expect_eq(count_of(score, NVX_NOTATION_EVENT), 4);
	cr_assert_eq(count_of(score, NVX_NOTATION_MEASURE_REPEAT), 1);
	cr_expect_eq(element_of(score, NVX_NOTATION_MEASURE_REPEAT, 0)->e.tick, 3840);
	score_unref(score);
}

#define HARMONIC(type, fret)                                                                                 \
	"<Properties><Property name=\"HarmonicType\"><HType>" type                                           \
	"</HType></Property><Property name=\"HarmonicFret\"><HFret>" fret                                    \
	"</HFret></Property><Property name=\"String\"><String>0</String></Property>"                         \
	"<Property name=\"Fret\"><Fret>7</Fret></Property></Properties>"

Test(guitarpro_gpif, NVX_13_harmonics, .description = "NVX-13 FMT-04: harmonics sound where their nodes lie")
{
	struct score *score = import_document(HEAD GUITAR ONE_BAR "<Voices>" VOICE(
		"0", "0 1") "</Voices><Beats>" BEAT("0", "0", "<Notes>0</Notes>", "") BEAT("1", "0",
		"<Notes>1</Notes>", "") "</Beats><Notes><Note id=\"0\">" HARMONIC("Natural",
		"7.000000") "</Note><Note id=\"1\">" HARMONIC("Artificial", "12") "</Note></Notes>" RHYTHMS);
	cr_expect_eq(note_of(score, 0)->pitch, 40 + 1 + 19, "a third of the string");
	cr_expect_eq(note_of(score, 1)->pitch, 40 + 1 + 7 + 12, "an octave above the fretted note");
	const struct nvx_technique_use *use = technique_of(score, note_of(score, 1), NVX_TECHNIQUE_HARMONIC);
	cr_assert_not_null(use);
	cr_expect_eq(use->style, NVX_HARMONIC_ARTIFICIAL);
	cr_expect_eq(use->fret, 19);
	cr_expect_eq(use->pitch, note_of(score, 1)->pitch);
	score_unref(score);
}

#define STRUCK(id, number)                                                                                   \
	"<Note id=\"" id "\"><InstrumentArticulation>" number "</InstrumentArticulation></Note>"
#define STROKE(name, in, out)                                                                                \
	"<Articulation><Name>" name "</Name><InputMidiNumbers>" in                                           \
	"</InputMidiNumbers><OutputMidiNumber>" out "</OutputMidiNumber></Articulation>"

Test(guitarpro_gpif, FMT_04_kit,
	.description = "FMT-04: a kit's articulations are keys, the way to strike is kept")
{
	struct score *score = import_document(HEAD
		"<Tracks><Track "
		"id=\"0\"><Name>Kit</Name><InstrumentSet><Type>drumKit</Type><Elements><Element>"
		"<Articulations>" STROKE("Snare (hit)", "38", "38") STROKE("Snare (rim shot)", "91",
			"38") "</Articulations></Element></Elements></InstrumentSet></Track></Tracks>" ONE_BAR
			      "<Voices>" VOICE("0", "0 1 2") "</Voices><Beats>" BEAT("0", "0",
				      "<Notes>0</Notes>", "") BEAT("1", "0", "<Notes>1</Notes>", "") BEAT("2",
				      "0", "<Notes>2</Notes>", "") "</Beats><Notes>" STRUCK("0", "0")
				      STRUCK("1", "1") "<Note id=\"2\"><Properties><Property "
						       "name=\"Element\"><Element>10</Element></Property>"
						       "<Property "
						       "name=\"Variation\"><Variation>2</Variation></"
						       "Property></Properties></Note></Notes>" RHYTHMS);
	cr_expect_eq(score->part[0]->part.role, NVX_ROLE_DRUMS);
	cr_expect_eq(note_of(score, 0)->pitch, 38);
	cr_expect_eq(note_of(score, 1)->pitch, 38);
	cr_expect_eq(note_of(score, 2)->pitch, 46, "the hat of version 6, open");
	cr_assert_eq(score_n_drum(score), 1);
	cr_expect_eq(score_drum(score, 0)->e.note_id, note_of(score, 1)->id);
	cr_expect_str_eq(score_text(score, score_drum(score, 0)->articulation), "Snare (rim shot)");
	cr_expect_eq(score_drum(score, 0)->instrument, NVX_DRUM_SNARE);
	score_unref(score);
}

Test(guitarpro_gpif, FMT_10_unknown,
	.description = "FMT-10: what is not known is told with its place, what has no place is kept")
{
	struct score *score = import_document(HEAD GUITAR ONE_BAR
		"<Voices>" VOICE("0", "0") "</Voices><Beats>" BEAT("0", "3", "<Notes>0</Notes>",
			"<Golpe>Thumb</Golpe><Timer>9</Timer>") "</Beats><Notes>" NOTE("0", "5", "2",
			"<Warble>2</Warble>") "</Notes>" RHYTHMS);
	cr_assert_eq(report.n_warnings, 1);
	cr_expect_str_eq(report.warning[0].code, "IMPORT_TECHNIQUE_DROPPED_003");
	cr_expect_str_eq(report.warning[0].where, "track 1, bar 1");
	cr_expect_str_eq(report.warning[0].reason, "Warble is not known");
	cr_expect_str_eq(score_text(score, element_of(score, NVX_NOTATION_EVENT, 0)->e.extra),
		"\"extensions\":{\"gp\":{\"golpe\":\"Thumb\",\"timerSeconds\":9}}");
	score_unref(score);
}

Test(guitarpro_gpif, HER_11_refused,
	.description = "HER-11 FMT-04: documents that are none say line and column")
{
	static const struct {
		const char *document, *where;
	} bad[] = {
		{"<GPIF>\n<Score></GPIF>", "line 2"},
		{"<!DOCTYPE a [<!ENTITY b \"bbbb\">]><GPIF>&b;</GPIF>", "line 1"},
		{"<!DOCTYPE GPIF SYSTEM \"http://localhost/x.dtd\"><GPIF/>", "line 1"},
		{"<Score/>", "line 1"},
		{"<GPIF/>", ""},
		{"", "line 1"},
		{HEAD GUITAR "<MasterBars><MasterBar>\n<Time>4/3</Time></MasterBar></MasterBars></GPIF>",
			"line 2"},
	};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct score *score = NULL;
		cr_expect_eq(try_document(bad[i].document, strlen(bad[i].document), &score), -EINVAL, "%s",
			bad[i].document);
		cr_assert_gt(report.n_errors, 0);
		cr_expect_eq(strncmp(report.error[0].where, bad[i].where, strlen(bad[i].where)), 0,
			"%s: %s: %s", bad[i].document, report.error[0].where, report.error[0].reason);
	}
}

Test(guitarpro_gpif, HER_11_deep, .description = "HER-11: elements a thousand deep end in an error")
{
	char document[16000] = "<GPIF>";
	struct score *score = NULL;
	for (unsigned i = 0; i < 1000; i++)
		strcat(document, "<a>");
	cr_expect_eq(try_document(document, strlen(document), &score), -EINVAL);
	cr_expect_str_eq(report.error[0].reason, "elements deeper than 64");
}

Test(guitarpro_gpif, HER_11_bombs,
	.description = "HER-11: containers that promise too much are refused before memory is spent",
	.timeout = 30)
{
	uint8_t promise[64] = "BCFZ";
	struct score *score = NULL;
	le32(promise + 4, 1u << 30);
	cr_expect_eq(try_import(gpx_import, promise, sizeof(promise), &score), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.limit.file");
	le32(promise + 4, 60u << 20);
	cr_expect_eq(try_import(gpx_import, promise, sizeof(promise), &score), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.limit.file");

	const size_t n = 70u << 20;
	uint8_t *zeros = calloc(1, n);
	size_t n_zip;
	uint8_t *zip = zip_of("Content/score.gpif", zeros, n, &n_zip);
	cr_expect_lt(n_zip, n / 500);
	cr_expect_eq(try_import(gp7_import, zip, n_zip, &score), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.limit.file");
	free(zip);
	free(zeros);
	zip = zip_of("other", "x", 1, &n_zip);
	cr_expect_eq(try_import(gp7_import, zip, n_zip, &score), -EINVAL);
	free(zip);
}

/** Ten thousand bars that all name one bar of ten thousand beats that all name one beat. */
Test(guitarpro_gpif, HER_11_references,
	.description = "HER-11: repetition by number is bounded in time and memory", .timeout = 60)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	score_bytes_puts(&out, HEAD GUITAR "<MasterBars>");
	for (unsigned i = 0; i < 10000; i++)
		score_bytes_puts(&out, MASTER_BAR("0"));
	score_bytes_puts(&out,
		"</MasterBars><Bars>" BAR("0", "0 -1 -1 -1", "") "</Bars><Voices><Voice id=\"0\"><Beats>");
	for (unsigned i = 0; i < 10000; i++)
		score_bytes_puts(&out, "0 ");
	score_bytes_puts(&out, "</Beats></Voice></Voices><Beats>" BEAT("0", "0", "<Notes>0</Notes>",
				       "") "</Beats><Notes>" NOTE("0", "5", "2", "") "</Notes>" RHYTHMS);
	struct nvx_draft draft;
	struct score_budget budget;
	score_budget_init(&budget, (size_t)1 << 30);
	size_t n;
	uint8_t *disk = wrap((const char *)out.data, out.n, &n);
	report = (struct score_report){};
	cr_assert_eq(nvx_draft_init(&draft, &budget.alloc, &report), 0);
	cr_expect_eq(gpx_import(disk, n, &draft), -E2BIG);
	cr_expect_gt(report.n_errors, 0);
	nvx_draft_finish(&draft);
	free(disk);
	score_bytes_finish(&out);
}

Test(guitarpro_gpif, FMT_04_written,
	.description = "FMT-04: pickup, fermata, 8va, hairpin, slur, section, pedal, linear tempo, lyrics of "
		       "the track")
{
	static const char more_bar[] = "<Section><Letter>B</Letter><Text>Guitar solo</Text></Section>"
				       "<Fermatas><Fermata><Offset>1/1</Offset></Fermata></Fermatas>";
	char document[16000];
	(void)snprintf(document, sizeof(document),
		"<GPIF><MasterTrack><Tracks>0</Tracks><Anacrusis/><Automations>"
		"<Automation><Type>Tempo</Type><Linear>true</Linear><Bar>0</Bar><Position>0</"
		"Position><Value>60 2</Value>"
		"</Automation><Automation><Type>Tempo</Type><Linear>false</Linear><Bar>1</Bar><Position>0.5</"
		"Position>"
		"<Value>120 2</Value></Automation></Automations></MasterTrack>"
		"<Tracks><Track id=\"0\"><Name>Guitar</Name><Lyrics dispatched=\"true\"><Line><Text>one "
		"two</Text>"
		"<Offset>1</Offset></Line></Lyrics><Staves><Staff><Properties><Property name=\"Tuning\">"
		"<Pitches>40 45 50 55 59 64</Pitches></Property></Properties></Staff></Staves>"
		"<Automations><Automation><Type>SustainPedal</Type><Bar>1</Bar><Position>0</"
		"Position><Value>0 1</Value>"
		"</Automation><Automation><Type>SustainPedal</Type><Bar>1</Bar><Position>0.5</"
		"Position><Value>0 3</Value>"
		"</Automation></Automations></Track></Tracks><MasterBars>" MASTER_BAR(
			"0") "<MasterBar><Time>4/4</Time>%s"
			     "<Bars>1</Bars></MasterBar></MasterBars><Bars>" BAR("0", "0 -1 -1 -1", "") BAR(
				     "1", "1 -1 -1 -1", "") "</Bars><Voices>" VOICE("0", "0") VOICE("1",
				     "1 2 0 0") "</Voices><Beats>" BEAT("0", "0", "<Notes>0</Notes>",
				     "") BEAT("1", "0", "<Notes>0</Notes>",
				     "<Ottavia>8va</Ottavia><Hairpin>Crescendo</Hairpin>"
				     "<Legato origin=\"true\" destination=\"false\"/>") BEAT("2", "0",
				     "<Notes>0</Notes>",
				     "<Ottavia>8va</Ottavia><Hairpin>Crescendo</Hairpin><Legato "
				     "origin=\"false\" destination=\"true\"/>") "</Beats><Notes>" NOTE("0",
				     "5", "2", "") "</Notes>" RHYTHMS,
		more_bar);
	struct score *score = import_document(document);
	cr_expect_eq(score_measure(score, 0)->irregular, NVX_IRREGULAR_PICKUP);
	cr_expect_eq(score_measure(score, 0)->duration_ticks, 960);
	const struct nvx_notation_element *event = element_of(score, NVX_NOTATION_EVENT, 2);
	cr_expect_eq(event->e.tick, 1920);
	cr_expect_eq(event->fermata, 1);
	cr_expect_eq(element_of(score, NVX_NOTATION_EVENT, 1)->fermata, 0);
	cr_assert_eq(count_of(score, NVX_NOTATION_OCTAVE), 1);
	cr_expect_eq(element_of(score, NVX_NOTATION_OCTAVE, 0)->octave, 1);
	cr_expect_eq(element_of(score, NVX_NOTATION_OCTAVE, 0)->e.duration_ticks, 1920);
	cr_assert_eq(count_of(score, NVX_NOTATION_HAIRPIN), 1);
	cr_expect_eq(element_of(score, NVX_NOTATION_HAIRPIN, 0)->e.duration_ticks, 1920);
	const struct nvx_notation_element *slur = element_of(score, NVX_NOTATION_SLUR, 0);
	cr_expect_eq(slur->to_event_id, event->e.id);
	cr_expect_eq(element_of(score, NVX_NOTATION_PEDAL, 0)->e.duration_ticks, 1920);
	cr_assert_eq(score->part[0]->control.n, 2);
	cr_expect_eq(score_part_control(score->part[0], 1)->value, 0);
	cr_assert_eq(score_n_form(score), 1);
	cr_expect_eq(score_form(score, 0)->e.kind, NVX_FORM_SOLO);
	cr_expect_eq(score_form(score, 0)->e.tick, 960);
	cr_expect_str_eq(score_text(score, score_form(score, 0)->e.extra),
		"\"extensions\":{\"gp\":{\"letter\":\"B\"}}");
	cr_assert_eq(score_n_tempo(score), 2);
	cr_expect_eq(score_tempo(score, 0)->curve, NVX_CURVE_LINEAR);
	cr_expect_eq(score_tempo(score, 1)->tick, 960 + 1920);
	cr_assert_eq(score_n_lyric(score), 2);
	cr_expect_eq(score_lyric(score, 0)->e.tick, 960);
	score_unref(score);
}

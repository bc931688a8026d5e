/* SPDX-License-Identifier: MIT */
/*
 * The MIDI corpus (shared/corpora/midi) against what three other readers found in it (expected.tsv, see the
 * README.md there): FMT-03 (MIDI in and out), FMT-08 (file -> score -> timeline), HER-11 (refusals name a
 * place), TIM-07; FMT-11: what is written again reads back equal, and two other readers read it. Needs
 * MOS_CORPORA, or ../shared/corpora beside the source; skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include <score/compile.h>
#include <score/format.h>

#define CORPUS "midi"
#include "corpus.h"

#include "smf_read.h"

/* expected.tsv: the first line names the columns. */

#define MAX_COLUMNS 64

struct table {
	char *column[MAX_COLUMNS];
	unsigned n_columns;
	char *next_line;
};

static unsigned split(char *line, char *cell[MAX_COLUMNS])
{
	unsigned n = 0;
	for (char *rest = line; rest && n < MAX_COLUMNS;)
		cell[n++] = strsep(&rest, "\t");
	return n;
}

static int next_row(struct table *t, char *cell[MAX_COLUMNS])
{
	char *line = strsep(&t->next_line, "\n");
	return line && *line && split(line, cell) == t->n_columns;
}

static struct table open_table(char *text)
{
	struct table t = {.next_line = text};
	t.n_columns = split(strsep(&t.next_line, "\n"), t.column);
	return t;
}

static const char *cell_of(const struct table *t, char *const cell[], const char *column)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		if (strcmp(t->column[i], column) == 0)
			return cell[i];
	cr_assert(false, "expected.tsv has no column %s", column);
	return "";
}

static long number_of(const struct table *t, char *const cell[], const char *column)
{
	return strtol(cell_of(t, cell, column), NULL, 10);
}

/** What the reader delivers, counted the way the table counts. */
struct counts {
	struct smf_header header;
	unsigned n_tracks;
	long n_notes, n_tempo;
	uint64_t last_tick;
	char timesigs[1024];
	struct tempo_at {
		uint64_t tick;
		uint32_t us;
	} tempo[4096];
};

static int count_header(void *ctx, const struct smf_header *header)
{
	((struct counts *)ctx)->header = *header;
	return 0;
}

static int count_track(void *ctx, uint32_t track, uint64_t at)
{
	((struct counts *)ctx)->n_tracks = track + 1;
	return 0;
}

static int count_event(void *ctx, const struct smf_event *ev)
{
	struct counts *c = ctx;
	if ((ev->status & 0xf0) == 0x90)
		c->n_notes += ev->data[1] > 0;
	if (ev->status != 0xff)
		return 0;
	if (ev->data[0] == SMF_META_TEMPO && c->n_tempo < 4096)
		c->tempo[c->n_tempo++] = (struct tempo_at){
			ev->tick, (uint32_t)(ev->payload[0] << 16 | ev->payload[1] << 8 | ev->payload[2])};
	if (ev->data[0] == SMF_META_METER && ev->payload_bytes >= 2) {
		char sig[32];
		(void)snprintf(sig, sizeof(sig), "%u/%u", ev->payload[0], 1u << (ev->payload[1] & 15));
		if (!strstr(c->timesigs, sig))
			(void)snprintf(c->timesigs + strlen(c->timesigs),
				sizeof(c->timesigs) - strlen(c->timesigs), "%s%s", c->timesigs[0] ? " " : "",
				sig);
	}
	return 0;
}

static int count_end(void *ctx, uint64_t at, uint64_t tick)
{
	struct counts *c = ctx;
	c->last_tick = tick > c->last_tick ? tick : c->last_tick;
	return 0;
}

static int count_file(const struct bytes *b, struct counts *c, struct score_report *report)
{
	*c = (struct counts){0};
	const struct smf_sink sink = {c, count_header, count_track, count_event, count_end};
	return smf_read(b->data, b->size, &sink, report);
}

/** Length of the file by its own ticks, with no map of ours in between. */
static double file_seconds(struct counts *c)
{
	const struct smf_header *h = &c->header;
	if (!h->ticks_per_quarter)
		return (double)c->last_tick /
		       (h->frames_per_second == 29 ? 30000.0 / 1001 : h->frames_per_second) /
		       h->ticks_per_frame;
	double seconds = 0;
	uint64_t from = 0;
	uint32_t us = 500000;
	while (from < c->last_tick) {
		/* tempo events come track by track, so look for the next in time */
		uint64_t to = c->last_tick;
		for (long i = 0; i < c->n_tempo; i++) {
			if (c->tempo[i].tick == from)
				us = c->tempo[i].us;
			else if (c->tempo[i].tick > from && c->tempo[i].tick < to)
				to = c->tempo[i].tick;
		}
		seconds += (double)(to - from) / h->ticks_per_quarter * us / 1e6;
		from = to;
	}
	return seconds;
}

static void check_agreed(const struct table *t, char *const cell[], const char *file, struct counts *c)
{
	const char *seconds = cell_of(t, cell, "seconds");
	char division[32];
	if (c->header.ticks_per_quarter)
		(void)snprintf(division, sizeof(division), "ppq:%u", c->header.ticks_per_quarter);
	else
		(void)snprintf(division, sizeof(division), "smpte:%u/%u", c->header.frames_per_second,
			c->header.ticks_per_frame);
	cr_expect_eq(c->header.declared_format, number_of(t, cell, "format"), "%s: format", file);
	cr_expect_eq(c->header.declared_tracks, number_of(t, cell, "ntrks"), "%s: declared tracks", file);
	cr_expect_eq(c->n_tracks, number_of(t, cell, "mtrk_chunks"), "%s: %u tracks", file, c->n_tracks);
	cr_expect_str_eq(division, cell_of(t, cell, "division"), "%s: division %s", file, division);
	cr_expect_eq(c->n_notes, number_of(t, cell, "n_notes"), "%s: %ld notes", file, c->n_notes);
	cr_expect_eq(
		(long)c->last_tick, number_of(t, cell, "last_tick"), "%s: last tick %lu", file, c->last_tick);
	cr_expect_eq(c->n_tempo, number_of(t, cell, "n_tempo"), "%s: %ld tempos", file, c->n_tempo);
	if (*seconds)
		cr_expect_float_eq(file_seconds(c), strtod(seconds, NULL), 1e-4, "%s: %.6f s, expected %s",
			file, file_seconds(c), seconds);
	cr_expect_str_eq(c->timesigs, cell_of(t, cell, "timesigs"), "%s: meters %s", file, c->timesigs);
}

/** A score and what the file said about its length, which a score rounds up to a bar. */
struct imported {
	struct score *score;
	int64_t end_tick;
};

static int import_bytes(const uint8_t *bytes, size_t size, struct score_report *report, struct imported *ret)
{
	struct nvx_draft draft;
	*report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, report), 0);
	draft.repair = 1;
	int rc = smf_import(bytes, size, &draft);
	ret->end_tick = draft.end_tick;
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, &ret->score);
	nvx_draft_finish(&draft);
	return rc;
}

static double seconds_at(const struct score *score, int64_t tick)
{
	const uint32_t n = score_n_tempo(score);
	struct mos_tempo_seg *seg = calloc(n, sizeof(*seg));
	struct mos_tempo_map map;
	for (uint32_t i = 0; i < n; i++) {
		const struct nvx_tempo *tempo = score_tempo(score, i);
		seg[i] = (struct mos_tempo_seg){tempo->tick, tempo->ns_per_quarter, tempo->ns_per_quarter, 0};
	}
	cr_assert_eq(mos_tempo_map_init(&map, seg, n), 0);
	const double seconds = (double)mos_tempo_tick_to_ns(&map, tick) / 1e9;
	free(seg);
	return seconds;
}

/** Notes of a part that begin with another on their key: they sound as one. */
static uint64_t count_unisons(const struct score *score)
{
	uint64_t n = 0;
	for (uint32_t p = 0; p < score->n_parts; p++)
		for (uint32_t i = 1; i < score->part[p]->note.n; i++) {
			const struct nvx_note *a = score_part_note(score->part[p], i - 1);
			const struct nvx_note *b = score_part_note(score->part[p], i);
			n += a->tick == b->tick && a->pitch == b->pitch;
		}
	return n;
}

/** Compile, build, validate; the timeline holds the notes of the score. */
static void check_timeline(const char *file, const struct imported *im, double seconds)
{
	const struct score *score = im->score;
	struct score_compiler *compiler = score_compiler_new(&score_heap);
	struct score_compiled c;
	static struct score_report report;
	report = (struct score_report){0};
	cr_assert_not_null(compiler);
	cr_assert_eq(score_compile(compiler, score, &report, &c), 0, "%s: compile: %s", file,
		report.error[0].reason);
	if (seconds >= 0) {
		/* smf_score.h: the end is rounded to a tick like everything else */
		const double half_tick =
			(double)score_tempo(score, score_n_tempo(score) - 1)->ns_per_quarter / 1e9 / 960 / 2;
		const double got = seconds_at(score, im->end_tick);
		cr_expect_float_eq(
			got, seconds, 1e-4 + half_tick, "%s: %.6f s, expected %.6f", file, got, seconds);
		cr_expect_geq((double)c.duration_ns / 1e9, seconds - 1e-4 - half_tick,
			"%s: to the end of the bar", file);
	}
	int fd = mos_timeline_build(&c.src);
	score_compiler_free(compiler);
	cr_assert_geq(fd, 0, "%s: build: %s", file, strerror(-fd));
	struct mos_timeline tl;
	struct mos_timeline_error err = {0};
	int rc = mos_timeline_open(fd, &tl, &err);
	close(fd);
	cr_assert_eq(rc, 0, "%s: %s %lu: %s", file, err.table, err.index, err.reason);
	size_t n_on = 0, n_off = 0;
	for (uint32_t i = 0; i < tl.n_event; i++) {
		n_on += tl.event[i].order == MOS_TL_NOTE_ON;
		n_off += tl.event[i].order == MOS_TL_NOTE_OFF;
	}
	cr_expect_eq(n_on, score_n_notes(score) - count_unisons(score), "%s", file);
	cr_expect_eq(n_off, n_on, "%s", file);
	cr_expect_eq(tl.hdr->ppq, 960, "%s", file);
	mos_timeline_close(&tl);
}

/** Where exported files go for other readers to read. */
static char out_dir[] = "/tmp/mos-midi-XXXXXX";

/** Written and read again it is the same score. */
static void check_round_trip(const char *file, const struct score *score, unsigned n_file)
{
	static struct score_report report;
	struct score_bytes out;
	struct imported again = {0};
	report = (struct score_report){0};
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(smf_export(score, &out, &report), 0, "%s: export: %s", file, report.error[0].reason);
	for (uint32_t i = 0; i < report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		cr_expect(strstr(report.warning[i].reason, "cross"), "%s: export: %s", file,
			report.warning[i].reason);
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/%04u.mid", out_dir, n_file);
	FILE *f = fopen(path, "wb");
	cr_assert_not_null(f);
	cr_assert_eq(fwrite(out.data, 1, out.n, f), out.n);
	fclose(f);
	const int rc = import_bytes(out.data, out.n, &report, &again);
	cr_assert_eq(rc, 0, "%s: read again: %s: %s", file, report.error[0].where, report.error[0].reason);
	cr_expect_eq(report.n_warnings, 0, "%s: read again: %s: %s", file, report.warning[0].where,
		report.warning[0].reason);
	cr_expect(score_same_state(score, again.score), "%s: another score when read again", file);
	score_unref(again.score);
	score_bytes_finish(&out);
}

static int is_bad(const char *file)
{
	if (strncmp(file, "drywetmidi-bad-", 15) == 0 || strncmp(file, "nfroidure/MIDIBad", 17) == 0)
		return 1;
	static const char *const marks[] = {"corrupt", "illegal", "not-a-midi", "empty-file"};
	for (unsigned i = 0; strncmp(file, "jazz-soft/", 10) == 0 && i < 4; i++)
		if (strstr(file, marks[i]))
			return 1;
	return 0;
}

/** The table of the corpus. */
struct tally {
	char group[64];
	unsigned passed, repaired, refused;
};
static struct tally tallies[64];
static unsigned n_tallies;

static struct tally *tally_of(const char *file)
{
	const size_t len = strcspn(file, "/");
	for (unsigned i = 0; i < n_tallies; i++)
		if (strlen(tallies[i].group) == len && strncmp(tallies[i].group, file, len) == 0)
			return &tallies[i];
	struct tally *t = &tallies[n_tallies++];
	(void)snprintf(t->group, sizeof(t->group), "%.*s", (int)len, file);
	return t;
}

/** @return the notes of the score; -1: refused. */
static long check_row(const struct table *t, char *const cell[], unsigned n_file)
{
	const char *file = cell_of(t, cell, "file");
	const char *agree = cell_of(t, cell, "agree");
	const char *seconds = cell_of(t, cell, "seconds");
	const struct bytes b = read_corpus(file);
	static struct counts counts;
	static struct score_report report, again;
	struct imported im = {0};
	struct tally *tally = tally_of(file);

	const int rc = import_bytes(b.data, b.size, &report, &im);
	again = (struct score_report){0};
	cr_expect_eq(count_file(&b, &counts, &again), rc, "%s: reader and importer differ", file);
	if (rc < 0) {
		cr_expect_eq(rc, -EINVAL, "%s", file);
		const bool may_refuse = is_bad(file) || *agree == 'n' || !*agree;
		const bool says_where = report.n_errors && strncmp(report.error[0].where, "byte ", 5) == 0 &&
					strtoull(report.error[0].where + 5, NULL, 10) <= b.size;
		cr_expect(may_refuse, "%s refused: %s: %s", file, report.error[0].where,
			report.error[0].reason);
		cr_expect(says_where, "%s: refused without a place", file);
		tally->refused++;
	} else {
		/* MIDIBadFormat1.mid is named bad and is not: all readers agree on it */
		if (is_bad(file) && strcmp(agree, "all3") != 0)
			cr_expect_gt(report.n_warnings, 0, "%s: no warning", file);
		if (strcmp(agree, "all3") == 0)
			check_agreed(t, cell, file, &counts);
		else if (*agree == '1' || *agree == '2')
			cr_expect_eq(counts.n_notes, number_of(t, cell, "n_notes"), "%s: %ld notes recovered",
				file, counts.n_notes);
		cr_expect_eq(score_n_notes(im.score), (size_t)counts.n_notes, "%s: notes of the score", file);
		const uint32_t n_warnings =
			report.n_warnings < SCORE_MAX_ISSUES ? report.n_warnings : SCORE_MAX_ISSUES;
		check_timeline(
			file, &im, strcmp(agree, "all3") == 0 && *seconds ? strtod(seconds, NULL) : -1);
		check_round_trip(file, im.score, n_file);
		int repaired = 0;
		for (uint32_t i = 0; i < n_warnings; i++)
			repaired |= strcmp(report.warning[i].code, "IMPORT_PARSE_001") == 0;
		if (repaired)
			tally->repaired++;
		else
			tally->passed++;
		score_unref(im.score);
	}
	free(b.data);
	return rc < 0 ? -1 : counts.n_notes;
}

/** Run a reader in out_dir, by the shell; each line it prints is a file's number and its notes. */
static unsigned check_reader(const char *command, const long notes[], unsigned n_files)
{
	char line[256];
	cr_assert_eq(setenv("MOS_TEST_DIR", out_dir, 1), 0);
	FILE *f = popen(command, "r");
	unsigned n = 0;
	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *end;
		const unsigned long file = strtoul(line, &end, 10);
		const long n_notes = strtol(end, NULL, 10);
		cr_assert_lt(file, n_files, "%s", line);
		cr_expect_eq(
			n_notes, notes[file], "file %lu: %ld notes, not %ld", file, n_notes, notes[file]);
		n++;
	}
	pclose(f);
	return n;
}

#define MAX_FILES 4096

Test(midi, FMT_03_corpus,
	.description =
		"FMT-03 FMT-08 FMT-11 HER-11 TIM-07: every file of the corpus reads as other readers read "
		"it, or "
		"is refused with a place; written again it is the same score, and other readers read that")
{
	static long notes[MAX_FILES];
	struct bytes text = read_corpus("expected.tsv");
	struct table t = open_table((char *)text.data);
	char *cell[MAX_COLUMNS];
	unsigned n = 0, n_written = 0;
	cr_assert_not_null(mkdtemp(out_dir));
	for (; next_row(&t, cell) && n < MAX_FILES; n++)
		notes[n] = check_row(&t, cell, n);
	cr_assert_gt(n, 0);
	printf("%-48s %7s %8s %8s\n", "midi", "passed", "repaired", "refused");
	for (unsigned i = 0; i < n_tallies; i++) {
		printf("%-48s %7u %8u %8u\n", tallies[i].group, tallies[i].passed, tallies[i].repaired,
			tallies[i].refused);
		n_written += tallies[i].passed + tallies[i].repaired;
	}
	if (system("command -v midicsv >/dev/null") == 0)
		cr_expect_eq(check_reader("cd $MOS_TEST_DIR && for f in *.mid; do printf '%s ' ${f%.mid}; "
					  "midicsv $f | grep -c ' Note_on_c, .*, [1-9][0-9]*$'; done",
				     notes, n),
			n_written, "midicsv read fewer files than were written");
	if (system("python3 -c 'import mido' 2>/dev/null") == 0)
		cr_expect_eq(check_reader("cd $MOS_TEST_DIR && python3 -c 'import mido, glob\n"
					  "for f in sorted(glob.glob(\"*.mid\")):\n"
					  " n = sum(m.type == \"note_on\" and m.velocity > 0"
					  " for t in mido.MidiFile(f).tracks for m in t)\n"
					  " print(f[:4], n)'",
				     notes, n),
			n_written, "mido read fewer files than were written");
	char remove[64];
	(void)snprintf(remove, sizeof(remove), "rm -r %s", out_dir);
	cr_expect_eq(system(remove), 0);
	free(text.data);
}

/** A note of the text beside a tonejs file, or of ours, in seconds. */
struct timed_note {
	int key;
	double start, end;
};

static int compare_timed(const void *a, const void *b)
{
	const struct timed_note *x = a, *y = b;
	if (fabs(x->start - y->start) > 2e-3)
		return x->start < y->start ? -1 : 1;
	return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->start > y->start) - (x->start < y->start);
}

static size_t read_timed(const struct bytes *b, struct timed_note **ret)
{
	struct timed_note *notes = NULL;
	size_t n = 0;
	char *text = (char *)b->data;
	for (size_t i = 0; i < b->size; i++) /* one track name holds a NUL */
		text[i] = text[i] ? text[i] : ' ';
	for (char *line; (line = strsep(&text, "\n"));) {
		struct timed_note note;
		if (sscanf(line, "%d %lf %lf", &note.key, &note.start, &note.end) != 3)
			continue;
		notes = realloc(notes, (n + 1) * sizeof(*notes));
		notes[n++] = note;
	}
	*ret = notes;
	return n;
}

static size_t time_score(const struct score *score, struct timed_note **ret)
{
	const uint32_t n_tempo = score_n_tempo(score);
	struct mos_tempo_seg *seg = calloc(n_tempo, sizeof(*seg));
	struct timed_note *notes = calloc(score_n_notes(score), sizeof(*notes));
	struct mos_tempo_map map;
	size_t n = 0;
	for (uint32_t i = 0; i < n_tempo; i++) {
		const struct nvx_tempo *tempo = score_tempo(score, i);
		seg[i] = (struct mos_tempo_seg){tempo->tick, tempo->ns_per_quarter, tempo->ns_per_quarter, 0};
	}
	cr_assert_eq(mos_tempo_map_init(&map, seg, n_tempo), 0);
	for (uint32_t p = 0; p < score->n_parts; p++)
		for (uint32_t i = 0; i < score->part[p]->note.n; i++) {
			const struct nvx_note *note = score_part_note(score->part[p], i);
			notes[n++] = (struct timed_note){
				.key = note->pitch,
				.start = (double)mos_tempo_tick_to_ns(&map, note->tick) / 1e9,
				.end = (double)mos_tempo_tick_to_ns(&map, note->tick + note->duration_ticks) /
				       1e9,
			};
		}
	free(seg);
	*ret = notes;
	return n;
}

/** Does it begin while another note of its key sounds, or with it? */
static int overlaps(const struct timed_note *notes, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (k != i && notes[k].key == notes[i].key && notes[k].start <= notes[i].start &&
			notes[k].end > notes[i].start + 1e-6)
			return 1;
	return 0;
}

static void check_listing(const char *midi, const char *listing)
{
	struct bytes b = read_corpus(midi), text = read_corpus(listing);
	static struct score_report report;
	struct imported im = {0};
	struct timed_note *want, *got;

	cr_assert_eq(import_bytes(b.data, b.size, &report, &im), 0, "%s: %s", midi, report.error[0].reason);
	const size_t n_want = read_timed(&text, &want);
	const size_t n_got = time_score(im.score, &got);
	cr_expect_eq(n_got, n_want, "%s: %zu notes, listed %zu", midi, n_got, n_want);
	qsort(want, n_want, sizeof(*want), compare_timed);
	qsort(got, n_got, sizeof(*got), compare_timed);
	size_t n_overlaps = 0;
	for (size_t i = 0; i < n_want && i < n_got; i++) {
		/*
		 * Half a tick of 960 a quarter is the rounding that smf_score.h allows. A note-off ends the
		 * oldest note of its key here and all of them in the listings: there a note that began while
		 * another sounded (one in a hundred) ends sooner.
		 */
		const int overlap = overlaps(got, n_got, i);
		const double end_error = got[i].end - want[i].end;
		const bool ok = want[i].key == got[i].key && fabs(want[i].start - got[i].start) < 1e-3 &&
				(overlap ? end_error > -1e-3 : fabs(end_error) < 1e-3);
		n_overlaps += overlap;
		cr_expect(ok, "%s: note %zu: %d %f %f, listed %d %f %f", midi, i, got[i].key, got[i].start,
			got[i].end, want[i].key, want[i].start, want[i].end);
	}
	cr_expect_leq(n_overlaps * 20, n_want, "%s: %zu overlaps", midi, n_overlaps);
	free(want);
	free(got);
	free(b.data);
	free(text.data);
	score_unref(im.score);
}

Test(midi, FMT_03_note_times,
	.description = "FMT-03 TIM-07: every note of the piano pieces has the pitch, "
		       "start and end that the listing beside it says")
{
	struct bytes text = read_corpus("expected.tsv");
	struct table t = open_table((char *)text.data);
	char *cell[MAX_COLUMNS];
	unsigned n = 0;
	while (next_row(&t, cell)) {
		const char *file = cell_of(&t, cell, "file");
		char listing[4096], path[8300];
		(void)snprintf(listing, sizeof(listing), "%s.txt", file);
		(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), listing);
		if (access(path, R_OK) != 0)
			continue;
		check_listing(file, listing);
		n++;
	}
	cr_assert_gt(n, 0);
	free(text.data);
}

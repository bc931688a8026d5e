/* SPDX-License-Identifier: MIT */
/* What a sequencer gets: programs at tick 0, names, the contract's version; twice is as once (contract 4.2).
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <score/format.h>
#include <score/score.h>

#include "export.h"
#include "smf_bytes.h"

#define CORPUS MOS_SOURCE_ROOT "/../shared/corpora/midi"
#define CHAIN 20
#define FILES_MAX 400 /* of the corpus; more tell nothing new */

static struct smf_bytes b;
static struct band_report report;

/* What stands in a file: found by reading it anew, with nothing of the exporter's. */
struct found {
	unsigned n_events, n_at_0; /* all; those at tick 0 */
	unsigned n_programs[16];   /* at tick 0 */
	unsigned n_all_programs[16];
	uint8_t program[16];   /* of the first at tick 0 */
	bool before_notes[16]; /* it stands before the channel's first note-on */
	bool has_note[16];
	unsigned n_versions, n_names;
	char name[8][32];
	unsigned n_tracks;
};

static uint32_t vlq(const uint8_t *d, size_t *at)
{
	uint32_t value = 0;

	do
		value = value << 7 | (d[*at] & 0x7f);
	while (d[(*at)++] & 0x80);
	return value;
}

static void note_event(struct found *f, uint64_t tick, uint8_t status, const uint8_t *data)
{
	const unsigned c = status & 15u;

	if ((status & 0xf0) == 0x90 && data[1])
		f->has_note[c] = true;
	if ((status & 0xf0) != 0xc0)
		return;
	f->n_all_programs[c]++;
	if (tick)
		return;
	if (!f->n_programs[c]++) {
		f->program[c] = data[0];
		f->before_notes[c] = !f->has_note[c];
	}
}

static void note_meta(struct found *f, uint8_t type, const uint8_t *data, uint32_t n)
{
	if (type == 3 && f->n_tracks <= 8 && !f->name[f->n_tracks - 1][0]) {
		f->n_names++;
		(void)snprintf(
			f->name[f->n_tracks - 1], sizeof(f->name[0]), "%.*s", (int)n, (const char *)data);
	}
	f->n_versions += type == 1 && n == strlen("midi_runtime_contract=v1") &&
			 memcmp(data, "midi_runtime_contract=v1", n) == 0;
}

static void read_track(struct found *f, const uint8_t *d, size_t at, size_t end)
{
	uint64_t tick = 0;
	uint8_t status = 0, type = 0;

	f->n_tracks++;
	while (at < end && type != 0x2f) {
		tick += vlq(d, &at);
		if (d[at] & 0x80)
			status = d[at++];
		f->n_events++;
		f->n_at_0 += tick == 0;
		if (status == 0xff || status == 0xf0 || status == 0xf7) {
			type = status == 0xff ? d[at++] : 0;
			const uint32_t n = vlq(d, &at);
			if (status == 0xff)
				note_meta(f, type, d + at, n);
			at += n;
		} else {
			note_event(f, tick, status, d + at);
			at += (status & 0xe0) == 0xc0 ? 1 : 2;
		}
	}
}

static struct found find(const uint8_t *d, size_t size)
{
	struct found f = {0};

	for (size_t at = 14; at + 8 <= size;) {
		const size_t n = (size_t)d[at + 4] << 24 | (size_t)d[at + 5] << 16 | (size_t)d[at + 6] << 8 |
				 d[at + 7];

		if (memcmp(d + at, "MTrk", 4) == 0)
			read_track(&f, d, at + 8, at + 8 + n);
		at += 8 + n;
	}
	return f;
}

static struct band_export export(const uint8_t *bytes, size_t size, bool gm)
{
	struct band_export made;

	report = (struct band_report){0};
	cr_assert_eq(band_export(bytes, size, gm, &report, &made), 0, "%s: %s", report.issue[0].where,
		report.issue[0].message);
	return made;
}

/* Twice is as once. @return the first, to be freed. */
static struct band_export export_twice(const uint8_t *bytes, size_t size)
{
	struct band_export once = export(bytes, size, true),
			   twice = export(once.file.byte, once.file.size, true);

	cr_expect_eq(twice.injected, 0);
	cr_expect_eq(once.file.size, twice.file.size);
	cr_expect(once.file.size == twice.file.size &&
			  memcmp(once.file.byte, twice.file.byte, once.file.size) == 0,
		"the second export changed something");
	free(twice.file.byte);
	return once;
}

static void begin_file(unsigned format, unsigned tracks)
{
	b = (struct smf_bytes){0};
	smf_head(&b, format, tracks, 480);
}

static void note(uint8_t channel, uint8_t key)
{
	SMF_PUT(&b, 0, (uint8_t)(0x90 | channel), key, 90, 0x83, 0x60, (uint8_t)(0x80 | channel), key, 0);
}

static void end_track(void)
{
	SMF_PUT(&b, 0, 0xff, 0x2f, 0);
	smf_end(&b);
}

Test(band_export, injects,
	.description = "T-28 T-10 T-65: one program at tick 0 for each channel that plays, all of a track's; "
		       "names; the contract's version")
{
	begin_file(1, 4);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20);
	end_track();
	for (unsigned i = 0; i < 2; i++) {
		smf_begin(&b, "MTrk");
		note((uint8_t)i, 60);
		if (i == 1)
			note(5, 72); /* a second channel in one track */
		end_track();
	}
	smf_begin(&b, "MTrk");
	note(9, 36);
	end_track();
	struct band_export made = export_twice(b.data, b.size);
	const struct found f = find(made.file.byte, made.file.size);

	cr_expect_eq(made.injected, 1u << 0 | 1u << 1 | 1u << 5 | 1u << 9);
	for (unsigned c = 0; c < 16; c++)
		cr_expect_eq(f.n_programs[c], (made.injected >> c & 1u), "channel %u", c);
	cr_expect_eq(f.program[0], 0);
	cr_expect_eq(f.program[1], 32);
	cr_expect_eq(f.program[5], 0);
	cr_expect_eq(f.program[9], 0);
	cr_expect_eq(f.n_versions, 1);
	cr_expect_eq(f.n_names, 4);
	static const char *const names[] = {"Meta", "Comp", "Bass", "Drums"};
	for (unsigned i = 0; i < 4; i++) {
		cr_expect_str_eq(f.name[i], names[i]);
		cr_expect_str_eq(made.name[i], names[i]);
	}
	cr_expect_eq(made.n_tracks, 4);
	free(made.file.byte);
}

/* A program where it is no good, or where a short look does not find it. */
static void put_case(unsigned which, unsigned metas)
{
	begin_file(0, 1);
	smf_begin(&b, "MTrk");
	if (which == 0)
		SMF_PUT(&b, 0, 0xc0, 17);
	for (unsigned i = 0; i < metas; i++)
		SMF_PUT(&b, 0, 0xff, 0x01, 1, 'x');
	if (which == 1)
		SMF_PUT(&b, 0, 0xc0, 17);
	if (which == 2)
		SMF_PUT(&b, 0, 0xc3, 17);
	if (which == 3)
		SMF_PUT(&b, 100, 0xc0, 17);
	SMF_PUT(&b, 0, 0x90, 60, 90);
	if (which == 4)
		SMF_PUT(&b, 0, 0xc0, 17, 0,
			18); /* at tick 0, behind the first note; another, in running status */
	if (which == 5)
		SMF_PUT(&b, 100, 0xc0, 17);
	SMF_PUT(&b, 0x60, 0x80, 60, 0);
	end_track();
}

Test(band_export, finds_what_is_there,
	.description = "T-30 T-60: a program first, behind 1 to 50 metas, on another channel, at tick 100, "
		       "behind the "
		       "first note: found for what it is; one at tick 0 before any note afterwards")
{
	for (unsigned which = 0; which < 6; which++) {
		for (unsigned metas = which == 1 ? 1 : 0; metas <= 50; metas += which == 1 ? 1 : 50) {
			put_case(which, metas);
			const struct found before = find(b.data, b.size);
			struct band_export made = export_twice(b.data, b.size);
			const struct found f = find(made.file.byte, made.file.size);

			const bool there = which <= 1;
			cr_expect_eq(made.injected, which <= 1 || which == 4 ? 0 : 1, "case %u, %u metas: %x",
				which, metas, made.injected);
			cr_expect_eq(
				f.n_programs[0], which == 4 ? 2 : 1, "case %u: %u", which, f.n_programs[0]);
			cr_expect(f.before_notes[0], "case %u", which);
			cr_expect_eq(f.program[0], there || which == 4 ? 17 : 0,
				"case %u: what is there wins", which);
			cr_expect_eq(f.n_all_programs[0],
				before.n_all_programs[0] + (there || which == 4 ? 0 : 1), "case %u", which);
			cr_expect_eq(f.n_all_programs[3], before.n_all_programs[3]);
			free(made.file.byte);
		}
	}
}

Test(band_export, a_chain, .description = "T-29: 20 exports, one of the other: nothing is added at tick 0")
{
	put_case(5, 3);
	struct band_export made = export(b.data, b.size, true);
	const struct found first = find(made.file.byte, made.file.size);

	for (unsigned i = 1; i < CHAIN; i++) {
		struct band_export next = export(made.file.byte, made.file.size, true);
		const struct found f = find(next.file.byte, next.file.size);

		cr_assert_eq(f.n_events, first.n_events, "export %u", i + 1);
		cr_assert_eq(f.n_at_0, first.n_at_0);
		free(made.file.byte);
		made = next;
	}
	cr_expect_eq(first.n_programs[0], 1);
	free(made.file.byte);
}

Test(band_export, without_gm, .description = "T-65: without programs the version alone is added")
{
	put_case(5, 0);
	const struct found before = find(b.data, b.size);
	struct band_export made = export(b.data, b.size, false);
	const struct found f = find(made.file.byte, made.file.size);

	cr_expect_eq(f.n_events, before.n_events + 1);
	cr_expect_eq(f.n_versions, 1);
	cr_expect_eq(made.injected, 0);
	cr_expect_eq(f.n_names, 0);
	struct band_export again = export(made.file.byte, made.file.size, false);
	cr_expect_eq(again.file.size, made.file.size);
	free(again.file.byte);
	free(made.file.byte);
}

static void expect_refused(const char *where)
{
	struct band_export made;

	report = (struct band_report){0};
	cr_assert_eq(band_export(b.data, b.size, true, &report, &made), -EINVAL);
	cr_expect_eq(report.n_errors, 1);
	cr_expect_str_eq(
		report.issue[0].where, where, "%s: %s", report.issue[0].where, report.issue[0].message);
}

Test(band_export, broken, .description = "T-16: a broken file is refused, with the byte; nothing comes out")
{
	b = (struct smf_bytes){0};
	SMF_PUT(&b, 'R', 'I', 'F', 'F');
	expect_refused("byte 0");
	put_case(0, 0);
	b.size -= 3;
	expect_refused("byte 14"); /* the track is longer than the file */
	begin_file(0, 1);
	expect_refused("byte 14"); /* no track */
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0, 60, 90);
	smf_end(&b);
	expect_refused("byte 23"); /* data without a status */
	begin_file(0, 1);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0, 0x90, 60, 0x80);
	smf_end(&b);
	expect_refused("byte 25"); /* a status byte as a velocity */
	begin_file(0, 1);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0, 0xff, 0x03, 0x7f, 'x');
	smf_end(&b);
	expect_refused("byte 26"); /* a name longer than the track */
	begin_file(3, 1);
	expect_refused("byte 8");
}

/* --- Real files --- */

static size_t read_file(const char *path, uint8_t **ret)
{
	FILE *file = fopen(path, "rb");
	size_t n = 0;

	*ret = NULL;
	if (!file)
		return 0;
	if (fseek(file, 0, SEEK_END) == 0) {
		const long size = ftell(file);

		rewind(file);
		*ret = size > 0 ? malloc((size_t)size) : NULL;
		n = *ret ? fread(*ret, 1, (size_t)size, file) : 0;
	}
	(void)fclose(file);
	return n;
}

static uint64_t notes_of(const uint8_t *bytes, size_t size, bool *ret_read)
{
	static struct score_report said;
	struct score *score = NULL;
	uint64_t sum = 0;

	said = (struct score_report){0};
	const int rc = score_import(
		bytes, size, &(struct score_import){.alloc = &score_heap, .name = "x"}, &said, &score, NULL);
	*ret_read = rc == 0;
	if (rc < 0)
		return 0;
	for (uint32_t i = 0; i < score->n_parts; i++) {
		for (uint32_t k = 0; k < score->part[i]->note.n; k++) {
			const struct nvx_note *n = score_part_note(score->part[i], k);

			/* Whatever part it came to: a sum over what it is. */
			uint64_t hash = (uint64_t)n->tick * 1000003 + n->duration_ticks;
			hash = (hash * 1000003 + n->pitch) * 1000003 + n->velocity;
			sum += hash * UINT64_C(0x9e3779b97f4a7c15);
		}
	}
	score_unref(score);
	return sum;
}

static unsigned n_seen, n_refused;

static void try_file(const char *path)
{
	struct band_export made;
	uint8_t *bytes;
	const size_t size = read_file(path, &bytes);
	bool read_before, read_after;

	report = (struct band_report){0};
	if (size && band_export(bytes, size, true, &report, &made) == 0) {
		struct band_export twice = export(made.file.byte, made.file.size, true);

		n_seen++;
		cr_expect(twice.file.size == made.file.size &&
				  memcmp(twice.file.byte, made.file.byte, made.file.size) == 0,
			"%s: twice is not as once", path);
		const uint64_t before = notes_of(bytes, size, &read_before),
			       after = notes_of(made.file.byte, made.file.size, &read_after);
		cr_expect(!read_before || read_after, "%s: it can be read no more", path);
		cr_expect_eq(before, after, "%s: other notes", path);
		free(twice.file.byte);
		free(made.file.byte);
	} else if (size) {
		n_refused++;
	}
	free(bytes);
}

static void try_folder(const char *folder, unsigned depth)
{
	char path[1024];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)) && n_seen < FILES_MAX) {
		const size_t n = strlen(entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
			continue;
		if (n > 4 && strcmp(entry->d_name + n - 4, ".mid") == 0)
			try_file(path);
		else if (depth)
			try_folder(path, depth - 1);
	}
	if (dir)
		closedir(dir);
}

Test(band_export, real_files,
	.description = "T-28 T-60: files of all sorts: twice is as once, and they are read with the notes "
		       "that they had")
{
	struct stat st;

	if (stat(CORPUS, &st) < 0)
		cr_skip_test("the corpus is not here");
	try_folder(CORPUS, 3);
	cr_expect_gt(n_seen, 20, "%u files, %u refused", n_seen, n_refused);
}

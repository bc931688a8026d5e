/* SPDX-License-Identifier: MIT */
/*
 * What our engraver makes of scores, as the tables that verovio.mjs writes: one line a note head.
 *     engraving-dump OUT-FOLDER FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>
#include <score/format.h>

#include <font.h>

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static struct score *read_score(const char *path)
{
	static struct score_report report;
	struct score *score = NULL;
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	uint8_t *bytes = NULL;
	size_t n = 0, got = 1;
	while (got > 0 && n < (64u << 20)) {
		uint8_t *more = realloc(bytes, n + 65536);
		if (!more)
			break;
		bytes = more;
		got = fread(bytes + n, 1, 65536, f);
		n += got;
	}
	fclose(f);
	struct score_import import = {.alloc = &score_heap, .name = base(path)};
	report = (struct score_report){0};
	int rc = score_import(bytes, n, &import, &report, &score, NULL);
	free(bytes);
	return rc < 0 ? NULL : score;
}

/* Staves from the top: parts in order, and the staves of each. */
static uint32_t staff_of(const struct engraving *e, const struct engrave_note *note)
{
	uint8_t staves[256] = {0};
	uint32_t before = 0;
	for (uint32_t i = 0; i < e->n_notes; i++)
		if (e->note[i].part < 256 && e->note[i].staff > staves[e->note[i].part])
			staves[e->note[i].part] = e->note[i].staff;
	for (uint32_t part = 0; part < note->part && part < 256; part++)
		before += staves[part] ? staves[part] : 1;
	return before + note->staff - 1;
}

static int dump(const char *out, const char *path, const struct engrave_metrics *metrics)
{
	char name[4096];
	struct engraving *e = NULL;
	struct score *score = read_score(path);
	struct engrave_options options = engrave_default_options();
	options.layout = ENGRAVE_CONTINUOUS;
	(void)snprintf(name, sizeof name, "%s/%s.ours.tsv", out, base(path));
	int rc = score ? engrave(score, &options, metrics, NULL, NULL, &e) : -1;
	FILE *f = rc == 0 ? fopen(name, "w") : NULL;
	for (uint32_t i = 0; f && i < e->n_notes; i++) {
		const struct engrave_note *note = &e->note[i];
		if (note->shape == UINT32_MAX)
			continue;
		fprintf(f, "%u\t%u\t%.4f\t%d\t%d\t%u\t%u\n", e->measure[note->measure].measure,
			staff_of(e, note), (double)note->rect.x, note->position, note->stem, note->accidental,
			note->beam);
	}
	if (f)
		rc = fclose(f);
	engraving_free(e);
	score_unref(score);
	return rc;
}

int main(int argc, char **argv)
{
	struct font_set *fonts;
	char error[512];
	if (argc < 3 ||
		font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof error) < 0) {
		fprintf(stderr, "engraving-dump OUT-FOLDER FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (dump(argv[1], argv[i], font_metrics(fonts)) < 0)
			fprintf(stderr, "%s: not engraved\n", argv[i]);
	font_close(fonts);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The engraver: 240 measures of piano, 32 notes each, from the score to shapes on pages, beside Verovio,
 * which reads the same score as MusicXML and draws its pages as SVG in a process of its own. Verovio is taken
 * from the folder MOS_BENCH_VEROVIO (in which `npm install verovio` was done); without it ours is measured
 * alone. Then edits of a note each, in one bar after the other: what an edit waits for, from the score to the
 * shapes (goal: below 100 ms), beside all of it engraved anew, in turns.
 */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/edit.h>
#include <score/format.h>

#include "bench.h"

#define MEASURES 240
#define A_MEASURE 16 /* notes in each hand */
#define ROUNDS 21
#define EDITS 101
#define EDIT_GOAL_MS 100

extern char **environ;

/* Prints how many ms loading took, and drawing all pages. */
static const char script[] =
	"import fs from 'fs';import make from 'verovio/wasm';import {VerovioToolkit as T} from 'verovio/esm';"
	"const t=new T(await make());t.setOptions({breaks:'auto',header:'none',footer:'none'});"
	"const x=fs.readFileSync(process.argv[1],'utf8');const a=performance.now();"
	"if(!t.loadData(x))process.exit(1);const b=performance.now();"
	"for(let i=1;i<=t.getPageCount();i++)t.renderToSVG(i);"
	"console.log(b-a,performance.now()-b);";

static struct score_report report;

static void check(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "engrave: %s: %s\n", what, strerror(-r));
	exit(EXIT_FAILURE);
}

static struct score *make_score(void)
{
	struct nvx_draft draft;
	struct score *score;
	uint32_t part;

	check(nvx_draft_init(&draft, &score_heap, &report), "score");
	part = nvx_add_part(&draft);
	nvx_draft_part(&draft, part)->name = nvx_text(&draft, "Piano", 5);
	for (int i = 0; i < MEASURES * A_MEASURE * 2; i++) {
		const int at = i / 2, m = at / A_MEASURE, k = at % A_MEASURE;
		struct nvx_note *note = nvx_add_note(&draft, part);

		if (!note)
			check(-ENOMEM, "score");
		note->tick = (int64_t)at * 3840 / A_MEASURE;
		note->duration_ticks = 3840 / A_MEASURE;
		note->pitch = (uint8_t)(i % 2 ? 67 + (k * 5 + m) % 12 : 41 + (k * 7 + m) % 12);
	}
	check(nvx_finish(&draft, "bench", &score), "score");
	return score;
}

/* Median, in ms. */
static double measure(const struct score *score, const struct engrave_metrics *metrics,
	enum engrave_layout layout, uint32_t *ret_elements)
{
	struct engrave_options options = engrave_default_options();
	double ms[ROUNDS];

	options.layout = (uint8_t)layout;
	for (int i = 0; i < ROUNDS; i++) {
		const int64_t begin = bench_now_ns();
		struct engraving *e;

		check(engrave(score, &options, metrics, NULL, NULL, &e), "engrave");
		ms[i] = (double)(bench_now_ns() - begin) / 1e6;
		*ret_elements = e->n_elements;
		engraving_free(e);
	}
	bench_sort(ms, ROUNDS);
	return bench_at(ms, ROUNDS, 0.5);
}

/* The next snapshot: a note of a bar is another one. */
static struct score *edited(const struct score *score, uint32_t bar)
{
	const struct score_part *part = score->part[0];
	const uint32_t i = nvx_seq_find(&part->note, score_measure(score, bar)->tick);
	const struct nvx_note *old = score_part_note(part, i);
	struct nvx_note note = *old;
	struct score_change change;
	struct score *next;

	note.pitch++;
	score_change_init(&change, score);
	check(score_change_add(&change, SCORE_OP_REPLACE, NVX_LIST_note, part->part.id, 0, old, &note),
		"edit");
	check(score_apply(score, &change, &report, &next), "edit");
	score_change_finish(&change);
	return next;
}

/* Medians and 99th percentiles in ms: all anew, and from what the engraving before has left. */
struct edits {
	double full, again, full_p99, again_p99;
	uint32_t set; /* systems, in the median */
};

static struct edits measure_edits(const struct score *score, const struct engrave_metrics *metrics)
{
	const struct engrave_options options = engrave_default_options();
	struct engrave_kept *kept = engrave_kept_new();
	double full[EDITS], again[EDITS], set[EDITS];
	struct score *now = score_ref(score);
	struct engraving *e;

	check(kept ? 0 : -ENOMEM, "engrave");
	check(engrave_again(kept, now, &options, metrics, NULL, NULL, &e), "engrave");
	engraving_free(e);
	for (uint32_t i = 0; i < EDITS; i++) {
		struct score *next = edited(now, i * 97 % MEASURES);
		int64_t begin = bench_now_ns();

		score_unref(now);
		now = next;
		check(engrave(now, &options, metrics, NULL, NULL, &e), "engrave");
		full[i] = (double)(bench_now_ns() - begin) / 1e6;
		engraving_free(e);
		begin = bench_now_ns();
		check(engrave_again(kept, now, &options, metrics, NULL, NULL, &e), "engrave");
		again[i] = (double)(bench_now_ns() - begin) / 1e6;
		set[i] = engrave_kept_set(kept);
		engraving_free(e);
	}
	bench_sort(full, EDITS);
	bench_sort(again, EDITS);
	bench_sort(set, EDITS);
	engrave_kept_free(kept);
	score_unref(now);
	return (struct edits){bench_at(full, EDITS, 0.5), bench_at(again, EDITS, 0.5),
		bench_at(full, EDITS, 0.99), bench_at(again, EDITS, 0.99),
		(uint32_t)bench_at(set, EDITS, 0.5)};
}

/* @return ms of loading and drawing together; 0: there is no Verovio here */
static double run_verovio(const char *folder, const char *path)
{
	const char *const argv[] = {"node", "--input-type=module", "-e", script, path, NULL};
	posix_spawn_file_actions_t actions;
	double load = 0, draw = 0;
	char text[128] = "";
	int out[2], status = -1;
	pid_t pid;

	if (!folder || pipe(out) < 0)
		return 0;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	if (posix_spawnp(&pid, "node", &actions, NULL, (char *const *)argv, environ) == 0) {
		close(out[1]);
		for (ssize_t n = 0, at = 0; (n = read(out[0], text + at, sizeof(text) - 1 - (size_t)at)) > 0;)
			at += n;
		waitpid(pid, &status, 0);
	} else {
		close(out[1]);
	}
	posix_spawn_file_actions_destroy(&actions);
	close(out[0]);
	if (status != 0 || sscanf(text, "%lf %lf", &load, &draw) != 2) {
		fprintf(stderr, "engrave: no Verovio in %s\n", folder);
		return 0;
	}
	fprintf(stderr, "engrave: Verovio: %.0f ms to load, %.0f ms to draw\n", load, draw);
	return load + draw;
}

static double peer(const struct score *score)
{
	char path[] = "/tmp/mos-bench-engrave-XXXXXX";
	struct score_bytes xml;
	const int fd = mkstemp(path);
	double ms = 0;

	if (fd < 0)
		return 0;
	score_bytes_init(&xml, &score_heap);
	if (score_export(score, SCORE_FORMAT_MUSICXML, &xml, &report) == 0 &&
		write(fd, xml.data, xml.n) == (ssize_t)xml.n)
		ms = run_verovio(getenv("MOS_BENCH_VEROVIO"), path);
	close(fd);
	unlink(path);
	score_bytes_finish(&xml);
	return ms;
}

int main(void)
{
	struct font_set *fonts;
	char error[512] = "";
	struct score *score = make_score();
	uint32_t elements;
	struct edits edits;
	double page, endless, theirs;

	check(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)), error);
	page = measure(score, font_metrics(fonts), ENGRAVE_PAGE, &elements);
	endless = measure(score, font_metrics(fonts), ENGRAVE_CONTINUOUS, &elements);
	edits = measure_edits(score, font_metrics(fonts));
	theirs = peer(score);
	fprintf(stderr, "engrave: %u elements; an edit sets %u systems\n", elements, edits.set);
	bench_print("engrave.pages", page, "ms", theirs > 0 ? "verovio" : NULL, theirs);
	bench_print("engrave.continuous", endless, "ms", NULL, 0);
	bench_print("engrave.edit", edits.again, "ms", "engrave", edits.full);
	bench_print("engrave.edit_p99", edits.again_p99, "ms", "engrave", edits.full_p99);
	bench_print("engrave.edit_goal", edits.again_p99, "ms", "goal", EDIT_GOAL_MS);
	score_unref(score);
	font_close(fonts);
}

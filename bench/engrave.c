/* SPDX-License-Identifier: MIT */
/*
 * The engraver: 240 measures of piano, 32 notes each, from the score to shapes on pages, beside Verovio,
 * which reads the same score as MusicXML and draws its pages as SVG in a process of its own. Verovio is taken
 * from the folder MOS_BENCH_VEROVIO (in which `npm install verovio` was done); without it ours is measured
 * alone. An edit sets the whole score anew, so that time is what an edit waits for: goal below 100 ms.
 */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/format.h>

#include "bench.h"

#define MEASURES 240
#define A_MEASURE 16 /* notes in each hand */
#define ROUNDS 21
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
	double page, endless, theirs;

	check(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)), error);
	page = measure(score, font_metrics(fonts), ENGRAVE_PAGE, &elements);
	endless = measure(score, font_metrics(fonts), ENGRAVE_CONTINUOUS, &elements);
	theirs = peer(score);
	fprintf(stderr, "engrave: %u elements\n", elements);
	bench_print("engrave.pages", page, "ms", theirs > 0 ? "verovio" : NULL, theirs);
	bench_print("engrave.continuous", endless, "ms", NULL, 0);
	bench_print("engrave.edit", page, "ms", "goal", EDIT_GOAL_MS);
	score_unref(score);
	font_close(fonts);
}

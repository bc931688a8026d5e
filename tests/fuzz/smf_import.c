/* SPDX-License-Identifier: MIT */
/*
 * Any bytes -> score -> timeline. Either refused with a place inside the input and a reason, or a score that
 * the timeline's own validator accepts.
 */
#include <errno.h>
#include <unistd.h>

#include "compile.h"
#include "fuzz.h"
#include "smf_score.h"

static void check_score(const struct score *score)
{
	FUZZ_CHECK(score->n_strings > 0 && score->strings[score->n_strings - 1] == '\0');
	FUZZ_CHECK(score->title < score->n_strings);
	for (size_t i = 0; i < score->n_note; i++) {
		FUZZ_CHECK(score->note[i].part < score->n_part);
		FUZZ_CHECK(score->note[i].velocity > 0);
		FUZZ_CHECK(score->note[i].end_tick > score->note[i].tick);
	}
	int open = 0;
	for (size_t i = 0; i < score->n_sysex; i++) {
		FUZZ_CHECK(score->sysex[i].starts == !open);
		open = !score->sysex[i].ends;
	}
	FUZZ_CHECK(!open);
}

static void check_compiled(const struct score *score)
{
	struct compiled compiled;
	const int rc = compile_score(score, &hermes_heap, &compiled);
	if (rc == -ERANGE)
		return; /* longer than the clock can count */
	FUZZ_CHECK(rc == 0);
	FUZZ_CHECK(compiled.src.n_event <= score->n_events);
	const int fd = mos_timeline_build(&compiled.src);
	FUZZ_CHECK(fd >= 0);
	close(fd);
	compile_finish(&compiled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hermes_report report;
	struct smf_header header;
	struct score score;

	report = (struct hermes_report){0};
	const int rc = smf_to_score(data, size, &hermes_heap, &score, &header, &report);
	for (uint32_t i = 0; i < report.n_warnings; i++)
		FUZZ_CHECK(report.warning[i].at <= size && report.warning[i].text[0]);
	if (rc < 0) {
		FUZZ_CHECK(rc == -EINVAL && report.error_text[0] && report.error_at <= size);
		return 0;
	}
	check_score(&score);
	check_compiled(&score);
	score_finish(&score);
	return 0;
}

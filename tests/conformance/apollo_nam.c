/* SPDX-License-Identifier: MIT */
/*
 * Neural amplifiers against the format's own library: every model of the corpus, three signals each, beside
 * that library's output in double precision (shared/corpora/nam). NAM-05: within 1e-5 of full scale. NAM-06:
 * the error is stated as error-to-signal ratio. Needs MOS_CORPORA, or ../shared/corpora beside the source.
 */
#define CORPUS "nam"
#include "corpus.h"

#include <math.h>

#include <nam.h>
#include <nam_kernel.h>

#define FRAMES_MAX 8192
#define TOLERANCE 1e-5

static float input[FRAMES_MAX], output[FRAMES_MAX];

static uint32_t make_signal(const char *name)
{
	memset(input, 0, sizeof(input));
	if (strcmp(name, "impulse") == 0) {
		input[0] = 0.5f;
		return 2048;
	}
	if (strcmp(name, "sine220") == 0) {
		for (int i = 0; i < 4800; i++)
			input[i] = (float)(0.3 * sin(2 * M_PI * 220 * i / 48000));
		return 4800;
	}
	cr_assert_str_eq(name, "lcg");
	uint32_t s = 1;
	for (int i = 0; i < 4096; i++) {
		s = s * 1664525u + 1013904223u;
		input[i] = (float)(((s >> 8) / 8388608.0 - 1) * 0.25);
	}
	return 4096;
}

/** The n-th column of a line of tab separated values, cut off. */
static char *column(char *line, int n)
{
	while (n-- > 0 && line)
		if ((line = strchr(line, '\t')))
			line++;
	cr_assert_not_null(line);
	return line;
}

static struct nam_model *load(const char *name)
{
	char path[8192], error[256];
	struct nam_model *m = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), name);
	cr_assert_eq(nam_load(path, NAM_SIZE_BEST, &m, error, sizeof(error)), 0, "%s", error);
	return m;
}

/** Squares of the reference and of our error, over the samples that the file states. */
struct esr {
	double signal, error, worst;
};

static void compare_list(char *list, uint32_t n, uint32_t step, struct esr *ret)
{
	for (uint32_t i = 0; i < n; i++) {
		char *end;
		const double want = strtod(list, &end), e = output[i * step] - want;

		cr_assert(end != list, "too few samples");
		list = end;
		ret->signal += want * want;
		ret->error += e * e;
		if (fabs(e) > ret->worst)
			ret->worst = fabs(e);
	}
}

static void compare(struct nam_state *s, char *line, struct esr *total)
{
	char *signal = column(line, 1), *first = column(line, 5), *every = column(line, 6), *end;
	const double rms = strtod(column(line, 3), &end), peak = strtod(column(line, 4), &end);
	double sum = 0, loudest = 0;
	struct esr e = {0};

	signal[strcspn(signal, "\t")] = 0;
	const uint32_t n = make_signal(signal);
	cr_assert_eq(atoi(column(strchr(signal, 0) + 1, 0)), (int)n);
	nam_reset(s);
	nam_process(s, input, output, n);
	compare_list(first, 32, 1, &e);
	compare_list(every, (n + 127) / 128, 128, &e);
	for (uint32_t i = 0; i < n; i++) {
		sum += (double)output[i] * output[i];
		loudest = fmax(loudest, fabs(output[i]));
	}
	cr_expect(e.worst <= TOLERANCE, "%s: off by %.3g", signal, e.worst);
	cr_expect(fabs(sqrt(sum / n) - rms) <= TOLERANCE && fabs(loudest - peak) <= TOLERANCE,
		"%s: RMS %.9g not %.9g, "
		"peak %.9g not %.9g",
		signal, sqrt(sum / n), rms, loudest, peak);
	total->signal += e.signal;
	total->error += e.error;
	total->worst = fmax(total->worst, e.worst);
}

Test(apollo_nam, output,
	.description = "NAM-05: every model's output within 1e-5; NAM-06: error-to-signal ratio")
{
	struct bytes file = read_corpus("expected-output.tsv");
	char *line = strchr((char *)file.data, '\n') + 1, now[256] = "";
	struct nam_model *m = NULL;
	struct nam_state *s = NULL;
	struct esr total = {0};
	int n = 0;

	for (char *next; *line; line = next) {
		next = strchr(line, '\n');
		cr_assert_not_null(next);
		*next++ = 0;
		char name[256];
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, "\t"), line);
		if (strcmp(name, now) != 0) {
			if (s)
				printf("%s: error to signal %.2g, at most %.2g\n", now,
					total.error / total.signal, total.worst);
			nam_state_destroy(s);
			nam_free(m);
			m = load(name);
			s = nam_state_create(m);
			total = (struct esr){0};
			strcpy(now, name);
			n++;
		}
		compare(s, line, &total);
		cr_expect(total.error / total.signal < 1e-6, "%s: error to signal %g", name,
			total.error / total.signal);
	}
	printf("%s: error to signal %.2g, at most %.2g\n", now, total.error / total.signal, total.worst);
	nam_state_destroy(s);
	nam_free(m);
	cr_assert_eq(n, 13);
	free(file.data);
}

Test(apollo_nam, facts,
	.description = "NAM-05: rate, weights, receptive field, loudness and name as in the files")
{
	struct bytes file = read_corpus("expected.tsv");
	char *line = strchr((char *)file.data, '\n') + 1;

	for (char *next; *line; line = next) {
		char *cell[20] = {0}, *at = line, name[256];

		next = strchr(line, '\n');
		*next++ = 0;
		for (int i = 0; i < 19; i++)
			cell[i] = strsep(&at, "\t");
		(void)snprintf(name, sizeof(name), "%s", cell[0]);
		struct nam_model *m = load(name);
		const struct nam_info *info = nam_info(m);

		cr_expect_str_eq(info->version, cell[4]);
		if (strcmp(cell[3], "SlimmableContainer") != 0) {
			cr_expect_str_eq(info->architecture, cell[3]);
			cr_expect_eq(info->n_weights, (uint32_t)atoi(cell[6]), "%s", name);
		} else {
			cr_expect_eq(info->n_weights, 12146);
		}
		cr_expect_eq(info->rate_hz, 48000u);
		/* The file's own field; a nested condition looks back as far once more. */
		if (*cell[13])
			cr_expect_eq(info->receptive_frames,
				strcmp(cell[14], "yes") == 0 ? 2u * (uint32_t)atoi(cell[13])
							     : (uint32_t)atoi(cell[13]),
				"%s: %u", name, info->receptive_frames);
		cr_expect_eq(info->has_loudness, *cell[15] != 0, "%s", name);
		if (*cell[15])
			cr_expect_float_eq(info->loudness_db, atof(cell[15]), 1e-4);
		cr_expect_str_eq(info->name, cell[17]);
		nam_free(m);
	}
	free(file.data);
}

static uint64_t hash(const float *x, uint32_t n)
{
	uint64_t h = 14695981039346656037u;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		h = (h ^ bits) * 1099511628211u;
	}
	return h;
}

Test(apollo_nam, same_bits,
	.description = "NAM-05: the same bits in any blocks and with every instruction set")
{
	static const char *const file[] = {"core/A2.nam", "core/lstm.nam", "core/wavenet_condition_dsp.nam",
		"core/slimmable_wavenet.nam", "captures/Peter-N-HM-2_SWEDE_Lite_ESR-0.0057.nam",
		"core/wavenet_a1_standard.nam"};
	const struct nam_kernel *all[3];
	const uint32_t n_kernels = nam_kernel_all(all), n = make_signal("lcg");

	for (size_t i = 0; i < sizeof(file) / sizeof(*file); i++) {
		struct nam_model *m = load(file[i]);
		uint64_t want = 0;

		for (uint32_t k = 0; k < n_kernels; k++) {
			setenv("MOS_KERNEL", all[k]->name, 1);
			struct nam_state *s = nam_state_create(m);
			nam_process(s, input, output, n);
			if (!want)
				want = hash(output, n);
			cr_expect_eq(hash(output, n), want, "%s, %s", file[i], all[k]->name);
			uint32_t seed = 7;
			nam_reset(s);
			for (uint32_t at = 0, len; at < n; at += len) {
				seed = seed * 1664525u + 1013904223u;
				len = seed >> 25;
				len = len < n - at ? len : n - at;
				nam_process(s, input + at, output + at, len);
			}
			cr_expect_eq(hash(output, n), want, "%s, %s, odd blocks", file[i], all[k]->name);
			nam_state_destroy(s);
		}
		unsetenv("MOS_KERNEL");
		nam_free(m);
	}
}

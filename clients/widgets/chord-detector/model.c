/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mos/chord_name.h>

#define HEADER 20u
#define WEIGHT_MAX 1000.0f
#define SURE 0.6f     /* of a kind, to be said instead of the built-in stage's */
#define HEARD 0.035f  /* share that each of a chord's tones has at least, or it is not said */

static const uint16_t kinds[MOS_EAR_N_QUALITIES] = {MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5),
	MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5), MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(B7),
	MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5) | MOS_HAS(B7), MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(7),
	MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5), MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(S5),
	MOS_HAS(1) | MOS_HAS(11) | MOS_HAS(5)};
/* Semitones above the root; 0 beyond the last. */
static const uint8_t tones[MOS_EAR_N_QUALITIES][4] = {
	{0, 4, 7}, {0, 3, 7}, {0, 4, 7, 10}, {0, 3, 7, 10}, {0, 4, 7, 11}, {0, 3, 6}, {0, 4, 8}, {0, 5, 7}};

static int refuse(struct chord_model_fault *ret, size_t at, const char *why)
{
	*ret = (struct chord_model_fault){at, why};
	return -EINVAL;
}

static uint32_t number_at(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* @return -1: no number that may be there. */
static int weight_at(const uint8_t *b, float *ret)
{
	const uint32_t bits = number_at(b);

	memcpy(ret, &bits, sizeof(*ret));
	return isfinite(*ret) && fabsf(*ret) <= WEIGHT_MAX ? 0 : -1;
}

int chord_model_read(const uint8_t *bytes, size_t n, struct chord_model *ret, struct chord_model_fault *fault)
{
	static const char magic[] = "MOSCHRD1";
	struct chord_model m = {0};
	size_t at = HEADER;

	if (n < HEADER)
		return refuse(fault, n, "the file is too short to be a model");
	if (memcmp(bytes, magic, 8) != 0)
		return refuse(fault, 0, "it does not begin with MOSCHRD1");
	if (number_at(bytes + 8) != MODEL_INPUTS)
		return refuse(fault, 8, "a model has 24 inputs");
	m.n_hidden = number_at(bytes + 12);
	if (m.n_hidden < 1 || m.n_hidden > MODEL_HIDDEN_MAX)
		return refuse(fault, 12, "a model has 1 to 64 hidden units");
	if (number_at(bytes + 16) != MOS_EAR_N_QUALITIES)
		return refuse(fault, 16, "a model knows 8 kinds of chords");
	if (n != HEADER + 4 * ((size_t)m.n_hidden * (MODEL_INPUTS + 1) + MOS_EAR_N_QUALITIES * (m.n_hidden + 1)))
		return refuse(fault, n, "the file is not as long as its header says");
	for (uint32_t h = 0; h < m.n_hidden; h++)
		for (uint32_t i = 0; i <= MODEL_INPUTS; i++, at += 4)
			if (weight_at(bytes + at, &m.hidden[h][i]) < 0)
				return refuse(fault, at, "a weight is no number from -1000 to 1000");
	for (uint32_t k = 0; k < MOS_EAR_N_QUALITIES; k++)
		for (uint32_t h = 0; h <= m.n_hidden; h++, at += 4)
			if (weight_at(bytes + at, &m.kind[k][h]) < 0)
				return refuse(fault, at, "a weight is no number from -1000 to 1000");
	*ret = m;
	return 0;
}

int chord_model_load(const char *dir, const char *name, struct chord_model *ret, struct chord_model_fault *fault)
{
	uint8_t bytes[MODEL_BYTES_MAX + 1];
	char path[4096];
	struct stat st;
	size_t n = 0;
	ssize_t got;
	int fd;

	*fault = (struct chord_model_fault){0, "it cannot be opened"};
	if (!name[0] || name[0] == '.' || strchr(name, '/') ||
		(size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return refuse(fault, 0, "the setting is the name of a file alone");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return refuse(fault, 0, "it is no file");
	}
	while (n < sizeof(bytes) && (got = read(fd, bytes + n, sizeof(bytes) - n)) > 0)
		n += (size_t)got;
	close(fd);
	return chord_model_read(bytes, n, ret, fault);
}

/* Shares of the kinds, all together 1. */
static void ask(const struct chord_model *m, const float input[MODEL_INPUTS], float share[MOS_EAR_N_QUALITIES])
{
	float hidden[MODEL_HIDDEN_MAX], top = -INFINITY, sum = 0;

	for (uint32_t h = 0; h < m->n_hidden; h++) {
		float x = m->hidden[h][MODEL_INPUTS];

		for (uint32_t i = 0; i < MODEL_INPUTS; i++)
			x += m->hidden[h][i] * input[i];
		hidden[h] = tanhf(x);
	}
	for (uint32_t k = 0; k < MOS_EAR_N_QUALITIES; k++) {
		share[k] = m->kind[k][m->n_hidden];
		for (uint32_t h = 0; h < m->n_hidden; h++)
			share[k] += m->kind[k][h] * hidden[h];
		top = fmaxf(top, share[k]);
	}
	for (uint32_t k = 0; k < MOS_EAR_N_QUALITIES; k++) {
		share[k] = expf(share[k] - top);
		sum += share[k];
	}
	for (uint32_t k = 0; k < MOS_EAR_N_QUALITIES; k++)
		share[k] /= sum;
}

static int is_heard(const float input[MODEL_INPUTS], uint32_t kind)
{
	for (uint32_t i = 0; i < 4 && (i == 0 || tones[kind][i]); i++)
		if (!(input[tones[kind][i]] >= HEARD))
			return 0;
	return 1;
}

int chord_model_refine(const struct chord_model *m, const struct mos_chroma *c, struct mos_chord_heard *heard)
{
	float input[MODEL_INPUTS], share[MOS_EAR_N_QUALITIES];
	uint32_t best = 0;
	int root, bass;

	if (!m->n_hidden || heard->chord.family == MOS_CHORD_NONE)
		return 0;
	root = mos_tone_class(heard->chord.root);
	bass = mos_tone_class(heard->chord.bass);
	for (int i = 0; i < 12; i++) {
		input[i] = c->treble[(root + i) % 12];
		input[12 + i] = c->bass[(root + i) % 12];
	}
	ask(m, input, share);
	for (uint32_t k = 1; k < MOS_EAR_N_QUALITIES; k++)
		if (share[k] > share[best])
			best = k;
	if (kinds[best] == heard->chord.degrees || !(share[best] >= SURE) || !is_heard(input, best))
		return 0;
	heard->chord.degrees = kinds[best];
	heard->chord.family = (uint8_t)mos_degrees_family(kinds[best]);
	heard->chord.root = mos_tone_on_fifths(root, 0);
	heard->chord.bass = heard->chord.root;
	for (uint32_t i = 1; i < 4 && tones[best][i]; i++)
		if ((root + tones[best][i]) % 12 == bass)
			heard->chord.bass = mos_tone_on_fifths(bass, 0);
	heard->confidence *= share[best];
	mos_chord_spell(&heard->chord, NULL);
	return 1;
}

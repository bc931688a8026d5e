/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an SFZ with its includes: files are parted by NUL bytes and called 0, 1 ... Samples are made
 * up from their names. What comes out must pass the checks of a bank, and name only frames that are there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/load/sfz.h"
#include "fuzz.h"

#define MAX_FILES 8u
#define MOST_FRAMES (1u + 96 * 96 * 96)

struct files {
	uint32_t n;
	const char *text[MAX_FILES];
	size_t size[MAX_FILES];
};

static int find(void *data, const char *name, char **ret_path)
{
	const struct files *f = data;

	if (name[0] < '0' || (uint32_t)(name[0] - '0') >= f->n || name[1])
		return -ENOENT;
	*ret_path = strdup(name);
	return *ret_path ? 0 : -ENOMEM;
}

static int read_text(void *data, const char *path, size_t max, char **ret_text, size_t *ret_size)
{
	const struct files *f = data;
	uint32_t i = (uint32_t)(path[0] - '0');

	if (f->size[i] > max)
		return -EFBIG;
	*ret_text = malloc(f->size[i] + 1);
	if (!*ret_text)
		return -ENOMEM;
	memcpy(*ret_text, f->text[i], f->size[i]);
	*ret_size = f->size[i];
	return 0;
}

/* Frames, channels and loop by the name's length and first letters. */
static int open_sample(void *data, const char *name, struct sfz_sound *ret, char *why, size_t why_size)
{
	uint32_t n = (uint32_t)strlen(name) % 97;

	(void)data;
	if (name[0] == 'x') {
		(void)snprintf(why, why_size, "not there");
		return -ENOENT;
	}
	*ret = (struct sfz_sound){.generator = ZONE_SAMPLE,
		.sample = 0,
		.n_frames = 1 + n * n * n,
		.rate_hz = 44100,
		.n_channels = 1 + n % 2,
		.root = n % 3 ? BANK_NONE : n};
	if (n > 10 && n % 5 == 0)
		ret->loop = (struct store_loop){n, 2 * n};
	return 0;
}

/* build_check() would ask the store for the samples: look here, and give it generators instead. */
static void take_samples_out(struct bank_build *b)
{
	for (uint32_t i = 0; i < b->n_zones; i++) {
		struct zone *z = &b->zone[i];

		if (z->generator != ZONE_SAMPLE)
			continue;
		FUZZ_CHECK(z->sample == 0 && z->start < z->end && z->end <= MOST_FRAMES);
		if (z->loop == ZONE_LOOP_ALWAYS || z->loop == ZONE_LOOP_UNTIL_RELEASE)
			FUZZ_CHECK(z->loop_start < z->loop_end && z->loop_end <= MOST_FRAMES &&
				   z->loop_end > z->start);
		z->generator = ZONE_SINE;
		z->sample = BANK_NONE;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct load_report report;
	struct files files = {0};
	const struct sfz_source source = {.data = &files, .find = find, .read = read_text};
	const struct sfz_samples samples = {.open = open_sample};
	const struct load_options options = {0};
	struct bank_build b = {0};
	struct bank *bank = NULL;
	char error[256] = "";

	for (size_t at = 0; at <= size && files.n < MAX_FILES;) {
		const uint8_t *end = size > at ? memchr(data + at, 0, size - at) : NULL;
		size_t n = end ? (size_t)(end - (data + at)) : size - at;

		files.text[files.n] = (const char *)data + at;
		files.size[files.n++] = n;
		at += n + 1;
	}
	report.n_notes = report.n_unknown = 0;
	if (sfz_read("0", &source, &samples, &options, &b, &report, error, sizeof(error)) < 0) {
		FUZZ_CHECK(error[0]);
		build_free(&b);
		return 0;
	}
	take_samples_out(&b);
	int r = build_finish(&b, &options, &bank, error, sizeof(error));
	FUZZ_CHECK(r == 0 || r == -EFBIG || r == -ENOMEM); /* else the reader made what is out of range */
	if (r == 0)
		bank->destroy(bank);
	return 0;
}

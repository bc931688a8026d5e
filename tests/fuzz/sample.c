/* SPDX-License-Identifier: MIT */
/* Any bytes as an audio file: refused with a sentence, or a sample whose every frame is a finite number, in
 * memory and through a stream alike. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "apollo/store/store.h"
#include "apollo/store/stream.h"
#include "fuzz.h"

#define MEMORY (16u << 20)
#define FRAMES 512u

/* libsndfile 1.2.2 forgets what it has of a Vorbis stream whose headers are damaged. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:vorbis_info_init\nleak:vorbis_synthesis_headerin\n";
}

static char path[32];
static int fd = -1;

static float at(const struct sample *s, uint32_t channel, uint32_t f)
{
	const struct sample_extent *x = &s->extent[0];

	FUZZ_CHECK(x->first == 0 && f < x->end);
	return s->format == SAMPLE_S16 ? ((const int16_t *)x->data[channel])[f] / 32768.0f
				       : ((const float *)x->data[channel])[f];
}

static void check_stream(struct store *s, const struct sample *whole, const struct sample *p)
{
	struct stream_pool *pool = stream_pool_create(s, 2);
	uint32_t from = p->extent[0].end, i = stream_open(pool, p, from, 0, 0, 1ull << 32), got;
	float l[FRAMES], r[FRAMES];

	stream_pool_settle(pool);
	got = stream_read(pool, i, from, l, r, FRAMES);
	for (uint32_t k = 0; k < got && from + k < p->n_frames; k++) {
		FUZZ_CHECK(l[k] == at(whole, 0, from + k));
		FUZZ_CHECK(r[k] == at(whole, p->n_channels - 1u, from + k));
	}
	stream_pool_destroy(pool);
}

static struct store_set *load(struct store *s, int *ret)
{
	struct store_set *set = store_set_create(s);
	struct store_loop loop;
	char error[256] = "";
	uint32_t id, root;

	*ret = store_set_file(set, path, &id, &loop, &root, error, sizeof(error));
	if (*ret == 0) {
		FUZZ_CHECK(loop.end == 0 ||
			   (loop.start < loop.end && loop.end <= store_set_sample(set, 0)->n_frames));
		*ret = store_set_load(set, NULL, NULL, error, sizeof(error));
	}
	FUZZ_CHECK(*ret == 0 || *ret == -EINVAL || *ret == -ENOMEM || *ret == -EIO);
	FUZZ_CHECK(*ret == 0 || error[0]);
	return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *s = store_create(&(struct store_options){.memory_bytes = MEMORY, .is_resident = 1}), *t;
	struct store_set *set, *part;
	const struct sample *p;
	struct store_figures f;
	int r;

	if (fd < 0) {
		fd = memfd_create("sample", MFD_CLOEXEC);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	set = load(s, &r);
	if (r == 0) {
		p = store_set_sample(set, 0);
		FUZZ_CHECK(p->n_frames > 0 && p->rate_hz > 0 && p->n_channels >= 1 && p->n_channels <= 2);
		for (uint32_t c = 0; c < p->n_channels; c++)
			for (uint32_t k = 0; k < p->n_frames; k++)
				FUZZ_CHECK(isfinite(at(p, c, k)));
		t = store_create(&(struct store_options){.memory_bytes = 2 * MEMORY, .head_frames = 256});
		part = load(t, &r);
		FUZZ_CHECK(r == 0);
		if (store_set_sample(part, 0)->source != BANK_NONE)
			check_stream(t, p, store_set_sample(part, 0));
		store_set_free(part);
		store_destroy(t);
	}
	store_figures(s, &f);
	FUZZ_CHECK(f.resident_bytes <= MEMORY);
	store_set_free(set);
	store_destroy(s);
	return 0;
}

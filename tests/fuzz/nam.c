/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a .nam file: refused with a place and a reason, or a model that makes finite sound of any
 * input, the same bits in one block and in small ones.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <nam.h>

#include "fuzz.h"

#define FRAMES 150u
#define MULTIPLIES_MAX 100000u /* a mutation takes no longer than others */

static void play(const struct nam_model *m)
{
	struct nam_state *s = nam_state_create(m);
	float in[FRAMES], whole[FRAMES], parts[FRAMES];

	if (!s)
		return;
	for (uint32_t i = 0; i < FRAMES; i++)
		in[i] = (float[]){0.5f, -1.0f, NAN, 0.001f, INFINITY, -0.25f, 1e-40f}[i % 7];
	nam_process(s, in, whole, FRAMES);
	nam_reset(s);
	for (uint32_t at = 0, n; at < FRAMES; at += n) {
		n = at / 4 + 1 < FRAMES - at ? at / 4 + 1 : FRAMES - at;
		nam_process(s, in + at, parts + at, n);
	}
	for (uint32_t i = 0; i < FRAMES; i++)
		FUZZ_CHECK(isfinite(whole[i]));
	FUZZ_CHECK(memcmp(whole, parts, sizeof(whole)) == 0);
	nam_state_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const double wanted[] = {0.0, 0.5, NAM_SIZE_BEST};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char error[256] = "";
		struct nam_model *m = NULL;
		const int rc =
			nam_parse((const char *)data, size, "fuzz", wanted[i], &m, error, sizeof(error));

		FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -EFBIG || rc == -ENOTSUP || rc == -ENOMEM);
		FUZZ_CHECK((rc == 0) == (m != NULL));
		FUZZ_CHECK(rc == 0 || strncmp(error, "fuzz: ", 6) == 0);
		if (m && nam_info(m)->n_multiplies <= MULTIPLIES_MAX)
			play(m);
		nam_free(m);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/**
 * A fuzz target: one function, driven by libFuzzer (option `fuzz`, clang) or by driver.c, which runs the
 * committed corpus and some thousand mutations of it in every `meson test`.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** Feed one input, of any size, 0 included; any finding ends in abort() or a sanitizer. @return 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What must hold whatever the input is; kept in release builds. */
#define FUZZ_CHECK(cond)                                                                                     \
	do {                                                                                                 \
		if (!(cond)) {                                                                               \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond);             \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#endif

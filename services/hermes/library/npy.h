/* SPDX-License-Identifier: MIT */
/**
 * A table of float32 in NumPy's format, versions 1 to 3 (https://numpy.org/doc/stable/reference/generated/
 * numpy.lib.format.html): rows of `dims` numbers in C order, little-endian. Pure functions.
 */
#ifndef HERMES_NPY_H
#define HERMES_NPY_H

#include <stddef.h>
#include <stdint.h>

#define NPY_HEAD_MAX 65536u
#define NPY_WHY 120u

struct npy {
	size_t data_at; /**< where the numbers begin */
	uint64_t n;
	uint32_t dims;
};

/**
 * Read the head.
 * @param bytes      The file's beginning, as much of it as there is, at least NPY_HEAD_MAX.
 * @param file_size  The file must be as long as its head says.
 * @param why        NPY_WHY bytes: what is wrong, for people.
 * @return 0, -EINVAL.
 */
int npy_read(const uint8_t *bytes, size_t size, uint64_t file_size, struct npy *ret, char *why);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BAND_SHA256_H
#define BAND_SHA256_H

#include <stddef.h>
#include <stdint.h>

/** @return 0; -ENOMEM: the library could not. */
int band_sha256(const void *bytes, size_t n, uint8_t ret[32]);
/** Lower-case hexadecimal. */
int band_sha256_hex(const void *bytes, size_t n, char ret[65]);

#endif

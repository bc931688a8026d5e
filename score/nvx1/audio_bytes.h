/* SPDX-License-Identifier: MIT */
/** Embedded audio (nvx1.md 11): is it what it says to be? */
#ifndef NVX1_AUDIO_BYTES_H
#define NVX1_AUDIO_BYTES_H

#include <stddef.h>
#include <stdint.h>

/** 1: the bytes begin as this enum nvx_audio_format does. */
int nvx_audio_is(unsigned format, const uint8_t *bytes, size_t n);
/** SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. */
void nvx_sha256_text(const uint8_t *bytes, size_t n, char ret[static 65]);

#endif

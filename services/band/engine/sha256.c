/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <errno.h>
#include <openssl/sha.h>

int band_sha256(const void *bytes, size_t n, uint8_t ret[32])
{
	return SHA256(bytes, n, ret) ? 0 : -ENOMEM;
}

int band_sha256_hex(const void *bytes, size_t n, char ret[65])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[32];

	if (band_sha256(bytes, n, sum) < 0)
		return -ENOMEM;
	for (int i = 0; i < 32; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[64] = '\0';
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include <mos/mt19937.h>

#define N MOS_MT19937_WORDS
#define M 397u

static void seed_word(struct mos_mt19937 *mt, uint32_t seed)
{
	mt->word[0] = seed;
	for (uint32_t i = 1; i < N; i++)
		mt->word[i] = 1812433253u * (mt->word[i - 1] ^ (mt->word[i - 1] >> 30)) + i;
	mt->next = N;
}

static void seed_words(struct mos_mt19937 *mt, const uint32_t *key, uint32_t n_key)
{
	uint32_t i = 1;
	uint32_t j = 0;

	seed_word(mt, 19650218u);
	for (uint32_t k = N; k; k--) {
		mt->word[i] =
			(mt->word[i] ^ ((mt->word[i - 1] ^ (mt->word[i - 1] >> 30)) * 1664525u)) + key[j] + j;
		if (++i == N) {
			mt->word[0] = mt->word[N - 1];
			i = 1;
		}
		j = (j + 1) % n_key;
	}
	for (uint32_t k = N - 1; k; k--) {
		mt->word[i] = (mt->word[i] ^ ((mt->word[i - 1] ^ (mt->word[i - 1] >> 30)) * 1566083941u)) - i;
		if (++i == N) {
			mt->word[0] = mt->word[N - 1];
			i = 1;
		}
	}
	mt->word[0] = 0x80000000u;
}

void mos_mt19937_seed_lane(struct mos_mt19937 *mt, int64_t seed, uint32_t lane)
{
	const uint64_t magnitude = seed < 0 ? -(uint64_t)seed : (uint64_t)seed;
	const uint32_t key[3] = {(uint32_t)magnitude, (uint32_t)(magnitude >> 32), lane};

	/* A lane stands behind both words of the seed, so that no other seed has its numbers. */
	seed_words(mt, key, lane ? 3 : key[1] ? 2 : 1);
}

void mos_mt19937_seed(struct mos_mt19937 *mt, int64_t seed)
{
	mos_mt19937_seed_lane(mt, seed, 0);
}

static void refill(struct mos_mt19937 *mt)
{
	for (uint32_t i = 0; i < N; i++) {
		const uint32_t y = (mt->word[i] & 0x80000000u) | (mt->word[(i + 1) % N] & 0x7fffffffu);

		mt->word[i] = mt->word[(i + M) % N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
	}
	mt->next = 0;
}

uint32_t mos_mt19937_next(struct mos_mt19937 *mt)
{
	if (mt->next >= N)
		refill(mt);

	uint32_t y = mt->word[mt->next++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	return y ^ (y >> 18);
}

double mos_mt19937_random(struct mos_mt19937 *mt)
{
	const uint32_t a = mos_mt19937_next(mt) >> 5;
	const uint32_t b = mos_mt19937_next(mt) >> 6;

	return (a * 67108864.0 + b) / 9007199254740992.0;
}

double mos_mt19937_uniform(struct mos_mt19937 *mt, double low, double high)
{
	return low + (high - low) * mos_mt19937_random(mt);
}

int32_t mos_mt19937_around(struct mos_mt19937 *mt, uint32_t n)
{
	const uint32_t width = 2 * n + 1;
	const uint32_t bits = 32 - (uint32_t)__builtin_clz(width);
	uint32_t r = mos_mt19937_next(mt) >> (32 - bits);

	while (r >= width)
		r = mos_mt19937_next(mt) >> (32 - bits);
	return (int32_t)r - (int32_t)n;
}

/* SPDX-License-Identifier: MIT */
#include "htl.h"

#include "../nvx1/sort.h"

static int compare(const void *a, const void *b, void *)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/** Thousandths of a tick a second between two events; 0: they say nothing. */
static int64_t slope(const struct htl_event *from, const struct htl_event *to)
{
	const int64_t us = to->us - from->us, ticks = to->tick - from->tick;
	if (us <= 0 || ticks <= 0)
		return 0;
	return (int64_t)((__int128)ticks * 1000000000 / us);
}

/** Of all neighbours between which the transport did not change. */
int64_t htl_median_slope(const struct htl *h)
{
	int64_t *slopes = score_zalloc(h->o.r->alloc, h->n_event + 1, sizeof(*slopes));
	size_t n = 0;
	const struct htl_event *before = NULL;
	if (!slopes)
		return 0; /* as if nothing could be said */
	for (size_t i = 0; i < h->n_event; i++) {
		const struct htl_event *e = &h->event[i];
		if (e->type == HTL_TRANSPORT)
			before = NULL;
		if (!e->has_tick)
			continue;
		slopes[n] = before ? slope(before, e) : 0;
		n += slopes[n] > 0;
		before = e;
	}
	if (n == 0 && h->n_event > 0) { /* one event: from the beginning */
		slopes[0] = slope(&(struct htl_event){}, &h->event[0]);
		n = slopes[0] > 0;
	}
	nvx_sort(slopes, n, sizeof(*slopes), compare, NULL);
	const int64_t median = n ? slopes[n / 2] : 0;
	score_free(h->o.r->alloc, slopes);
	return median;
}

uint32_t htl_guess_ppq(const struct htl *h, int64_t bpm_1e6)
{
	static const uint32_t usual[] = {480, 240, 960};
	const int64_t median = bpm_1e6 > 0 ? htl_median_slope(h) : 0;
	uint32_t best = usual[0];
	int64_t nearest = INT64_MAX;
	for (unsigned i = 0; median > 0 && i < 3; i++) {
		/* thousandths of a tick a second, as the slopes are */
		const int64_t at_tempo = (int64_t)((__int128)usual[i] * bpm_1e6 / 60000);
		const int64_t apart = at_tempo > median ? at_tempo - median : median - at_tempo;
		if (apart < nearest) {
			nearest = apart;
			best = usual[i];
		}
	}
	return best;
}

/* SPDX-License-Identifier: MIT */
/* Tap tempo. */
#include <mos/taptempo.h>

#include <string.h>

void mos_tap_reset(struct mos_tap *tap)
{
	*tap = (struct mos_tap){0};
}

static int64_t median(const struct mos_tap *tap)
{
	int64_t sorted[MOS_TAP_INTERVALS] = {0}; /* n is 1 at least, which gcc does not see */
	const uint32_t n = tap->n_intervals;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i;

		for (; at > 0 && sorted[at - 1] > tap->interval_ns[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = tap->interval_ns[i];
	}
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void push(struct mos_tap *tap, int64_t interval_ns)
{
	if (tap->n_intervals == MOS_TAP_INTERVALS) {
		memmove(tap->interval_ns, tap->interval_ns + 1,
			sizeof(tap->interval_ns) - sizeof(tap->interval_ns[0]));
		tap->n_intervals--;
	}
	tap->interval_ns[tap->n_intervals++] = interval_ns;
}

static void begin(struct mos_tap *tap, int64_t time_ns)
{
	*tap = (struct mos_tap){.last_ns = time_ns, .last_raw_ns = time_ns, .n_taps = 1};
}

uint32_t mos_tap_milli_bpm(const struct mos_tap *tap)
{
	return tap->n_intervals ? (uint32_t)((INT64_C(60000000000000) + median(tap) / 2) / median(tap)) : 0;
}

/* A third shorter or longer than usual. */
static int is_wrong(const struct mos_tap *tap, int64_t interval_ns)
{
	const int64_t usual = tap->n_intervals ? median(tap) : interval_ns;

	return 3 * (interval_ns > usual ? interval_ns - usual : usual - interval_ns) > usual;
}

uint32_t mos_tap_add(struct mos_tap *tap, int64_t time_ns)
{
	const int64_t since = time_ns - tap->last_ns, since_raw = time_ns - tap->last_raw_ns;

	if (tap->n_taps == 0 || since_raw > MOS_TAP_PAUSE_NS || since_raw < 0) {
		begin(tap, time_ns);
		return 0;
	}
	if (since_raw < MOS_TAP_MIN_NS)
		return mos_tap_milli_bpm(tap);
	tap->n_taps++;
	tap->last_raw_ns = time_ns;
	if (!is_wrong(tap, since)) {
		tap->last_ns = time_ns;
		push(tap, since);
		if (++tap->n_right == 2)
			tap->n_right = tap->n_wrong = 0;
		return mos_tap_milli_bpm(tap);
	}
	tap->n_right = 0;
	if (++tap->n_wrong == 2) {
		tap->n_intervals = tap->n_wrong = 0;
		tap->last_ns = time_ns;
		push(tap, since_raw);
	} else if (since > median(tap)) {
		/* One was left out: the count goes on from here. One too many is as if it had not been. */
		tap->last_ns = time_ns;
	}
	return mos_tap_milli_bpm(tap);
}

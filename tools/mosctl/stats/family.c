/* SPDX-License-Identifier: MIT */
#include "stats/family.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const kind_name[] = {"counter", "gauge", "histogram", "summary", "info"};

static uint64_t hash(const char *text)
{
	uint64_t h = 14695981039346656037u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h;
}

int family_begin(struct families *f, const struct family *family, enum family_kind kind, const char *help)
{
	struct family one = *family;
	size_t len;
	uint64_t h;

	if (one.unit[0]) {
		len = strlen(one.name);
		(void)snprintf(one.name + len, sizeof(one.name) - len, "_%s", one.unit);
	}
	if (f->n_known && !strcmp(one.name, f->family.name))
		return kind == f->kind;
	h = hash(one.name);
	for (uint32_t i = 0; i < f->n_known; i++)
		if (f->known[i] == h)
			return 0;
	if (f->n_known == FAMILIES_MAX)
		return 0;
	f->known[f->n_known++] = h;
	f->family = one;
	f->kind = kind;
	/* In the older format a counter's family has the name of its samples, and there are no units. */
	fprintf(f->to, "# TYPE %s%s %s\n", one.name,
		f->format == METRICS_PROMETHEUS && kind == FAMILY_COUNTER ? "_total" : "", kind_name[kind]);
	if (one.unit[0] && f->format == METRICS_OPEN)
		fprintf(f->to, "# UNIT %s %s\n", one.name, one.unit);
	if (help)
		fprintf(f->to, "# HELP %s%s %s\n", one.name,
			f->format == METRICS_PROMETHEUS && kind == FAMILY_COUNTER ? "_total" : "", help);
	return 1;
}

/* As few digits as mean the same number: 0.001 is not 0.0010000000000000000208. */
static void put_short(FILE *to, double value)
{
	char text[40];

	if (!isfinite(value)) {
		fputs(isnan(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf", to);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		double back;

		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (sscanf(text, "%lf", &back) == 1 && back == value)
			break;
	}
	fputs(text, to);
}

void family_sample(struct families *f, const char *labels, double value)
{
	fprintf(f->to, "%s%s", f->family.name,
		f->kind == FAMILY_COUNTER ? "_total"
		: f->kind == FAMILY_INFO  ? "_info"
					  : "");
	if (labels[0])
		fprintf(f->to, "{%s}", labels);
	fputc(' ', f->to);
	put_short(f->to, value);
	fputc('\n', f->to);
}

void family_bucket(struct families *f, double bound, uint64_t count)
{
	fprintf(f->to, "%s_bucket{le=\"", f->family.name);
	put_short(f->to, bound);
	fprintf(f->to, "\"} %" PRIu64 "\n", count);
	/* The page has no sums. One format allows that, the other wants a number there, or the admission. */
	if (isinf(bound) && f->format == METRICS_PROMETHEUS)
		fprintf(f->to, "%s_sum NaN\n%s_count %" PRIu64 "\n", f->family.name, f->family.name, count);
}

void families_end(struct families *f)
{
	if (f->format == METRICS_OPEN)
		fputs("# EOF\n", f->to);
}

/* Bytes of a well-formed UTF-8 character; 0: it is none. */
static size_t utf8_len(const unsigned char *at)
{
	const size_t n = at[0] < 0x80                    ? 1
			 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
			 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
			 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
							 : 0;

	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
		(at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return n;
}

const char *family_escape(const char *text, char *buf, size_t size)
{
	size_t len = 0;

	while (*text) {
		const size_t n = utf8_len((const unsigned char *)text);

		if (len + (n > 2 ? n : 2) >= size)
			break;
		if (*text == '"' || *text == '\\' || *text == '\n') {
			buf[len++] = '\\';
			buf[len++] = *text == '\n' ? 'n' : *text;
			text++;
		} else if (n == 0 || (unsigned char)*text < 0x20 || *text == 0x7f) {
			buf[len++] = '?';
			text++;
		} else {
			memcpy(buf + len, text, n);
			len += n;
			text += n;
		}
	}
	buf[len] = '\0';
	return buf;
}

/* SPDX-License-Identifier: MIT */
/* Playing order: repeats, endings, jumps as theory books teach them (NVX-19). */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include <score/order.h>

#define BAR INT64_C(3840)

/**
 * A score from a line of measures. A measure is a letter with signs behind it:
 * `|` repeat from here, `:` repeat to here (`:3` three times), `[12` ending for these passes (one digit
 * each), `]` end of an ending, `$` segno, `@` coda, `>` to coda, `!` fine, `D` da capo, `S` dal segno, then
 * `f` al fine, `c` al coda.
 */
static struct nvx_measure *measures(struct nvx_draft *d, const char *text)
{
	struct nvx_measure *m = NULL;
	int64_t tick = 0;

	for (const char *c = text; *c; c++) {
		if (*c == ' ')
			continue;
		if (*c >= 'a' && *c <= 'z') {
			m = nvx_add_measure(d);
			m->tick = tick;
			m->duration_ticks = BAR;
			tick += BAR;
			continue;
		}
		if (*c == '|') {
			m->repeat_start = 1;
		} else if (*c == ':') {
			m->repeat_end = 2;
			if (c[1] >= '2' && c[1] <= '9')
				m->repeat_end = (uint8_t)(*++c - '0');
		} else if (*c == '[') {
			uint8_t numbers[10], n = 0;
			while (c[1] >= '1' && c[1] <= '9')
				numbers[n++] = (uint8_t)(*++c - '0');
			m->ending_type = NVX_ENDING_START;
			m->ending_numbers = nvx_make_list(d, numbers, n, 1);
		} else if (*c == ']') {
			m->ending_type =
				m->ending_type == NVX_ENDING_START ? NVX_ENDING_START_STOP : NVX_ENDING_STOP;
		} else {
			m->jump = *c == '$'   ? NVX_JUMP_SEGNO
				  : *c == '@' ? NVX_JUMP_CODA
				  : *c == '>' ? NVX_JUMP_TO_CODA
				  : *c == '!' ? NVX_JUMP_FINE
				  : *c == 'D' ? NVX_JUMP_DACAPO
					      : NVX_JUMP_DALSEGNO;
			if ((*c == 'D' || *c == 'S') && c[1] == '/') {
				m->jump_until = c[2] == 'f' ? NVX_JUMP_FINE : NVX_JUMP_CODA;
				c += 2;
			}
		}
	}
	return m;
}

static struct score *score_of(const char *text)
{
	static struct score_report report;
	struct nvx_draft draft;
	struct score *score;

	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	(void)measures(&draft, text);
	cr_assert_eq(nvx_finish(&draft, "order", &score), 0, "%s: %s", report.error[0].where,
		report.error[0].reason);
	return score;
}

/** Letters of the measures as they are played. */
static void expect_played(const char *row, const char *text, const char *want)
{
	struct score *score = score_of(text);
	struct score_report report = {0};
	struct score_play_order order;
	char names[256], got[1024];
	size_t n = 0, n_names = 0;
	int64_t tick = 0;

	for (const char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z' && !(c > text && c[-1] == '/'))
			names[n_names++] = *c;
	cr_assert_eq(n_names, score_n_measure(score));
	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0, "%s: %s", text,
		report.error[0].reason);
	for (uint32_t r = 0; r < order.n; r++) {
		const struct score_run *run = &order.run[r];
		cr_expect_eq(run->played_tick, tick);
		cr_expect_eq(run->written_tick, run->first * BAR);
		cr_expect_eq(run->duration_ticks, (run->last - run->first + 1) * BAR);
		tick += run->duration_ticks;
		for (uint32_t m = run->first; m <= run->last; m++) {
			uint32_t before = 0;
			for (size_t i = 0; i < n; i++)
				before += got[i] == names[m];
			cr_expect_eq(run->pass, before, "%s: pass of %c is %u, not %u", text, names[m],
				run->pass, before);
			got[n++] = names[m];
		}
	}
	got[n] = '\0';
	cr_expect_eq(order.end_tick, tick);
	cr_expect_str_eq(got, want, "%s: %s is played as %s, not %s", row, text, got, want);
	score_play_order_finish(&order);
	score_unref(score);
}

struct order_case {
	const char *text, *want;
};

static void expect_all(const char *row, const struct order_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_played(row, c[i].text, c[i].want);
}
#define EXPECT_ALL(row, cases) expect_all(row, cases, sizeof(cases) / sizeof(*(cases)))

Test(score_order, NVX_19_repeats, .description = "NVX-19: repeats, with and without a start, several times")
{
	static const struct order_case cases[] = {
		{"a b c", "abc"},
		{"a b: c", "ababc"},
		{"a b| c: d", "abcbcd"},
		{"a|:", "aa"},
		{"a b|:4 c", "abbbbc"},
		{"a: b: c", "aabbc"}, /* without a start: from where the last repeat ended */
		{"a|: b|: c", "aabbc"},
		{"a| b| c: d", "abcbcd"}, /* the nearest start counts */
		{"a b:3 c d|:2 e", "abababcdde"},
	};
	EXPECT_ALL("NVX-19", cases);
}

Test(score_order, NVX_19_endings,
	.description = "NVX-19: first and second endings, lists of numbers, open ends")
{
	static const struct order_case cases[] = {
		{"a b[1]: c[2] d", "abacd"},
		{"a| b c[1 d]: e[2 f] g", "abcdabefg"},
		{"a| b[1: c[2 d e", "abacde"}, /* nobody says where the second ends */
		{"a b[1]: c", "abac"},         /* no bracket for the second time */
		{"a b[12]: c[3] d", "ababacd"},
		{"a b[13]: c[24]: d", "abacabacd"},
		{"a b[1]: c[2]: d[3] e", "abacade"},
		{"a b[12]: c", "ababc"},
		{"a b[1]: c[2] d e[1]: f[2] g",
			"abacdedfg"}, /* two stretches, the second begins after the first */
		{"a b[1]: c[2] d| e[1]: f[2] g", "abacdedfg"},
		{"a b[1]: c[2]: d", "abacd"}, /* a sign at the last ending sends nobody back */
		{"a b[1] c[2] d", "abacd"},   /* a first ending turns back by itself */
		{"a b: c[2] d", "ababcd"},
	};
	EXPECT_ALL("NVX-19", cases);
}

Test(score_order, NVX_19_jumps, .description = "NVX-19: da capo, dal segno, al fine, al coda")
{
	static const struct order_case cases[] = {
		{"a b! cD/f", "abcab"},
		{"a b! cD", "abcab"},
		{"a b cD", "abcabc"},
		{"a b$ c! dS/f", "abcdbc"},
		{"a b> c dD/c e@ f", "abcdabef"},
		{"a b$ c> d eS/c f@ g", "abcdebcfg"},
		{"a b$ c> d eS f@ g", "abcdebcfg"},
		{"a b! c> dD/c e@ f", "abcdabcef"}, /* al coda: not the fine before it */
		{"a b> c! dD/f e@", "abcdabc"},     /* al fine: not the coda */
		{"a b> c dD/c e@ f!", "abcdabef"},
		{"a b! cS/f", "abcab"},                               /* no segno: from the beginning */
		{"a bD/c c", "ababc"},                                /* no way to a coda: on */
		{"a$ b cS d$ e fS", "abcabcdefdef"},                  /* the nearest segno */
		{"a b> c dD/c e@ f$ g> hS/c i@ j", "abcdabefghfgij"}, /* two codas, each with its way */
		{"a!", "a"},
	};
	EXPECT_ALL("NVX-19", cases);
}

Test(score_order, NVX_19_repeats_and_jumps,
	.description = "NVX-19: repeats are not taken after a jump, but in the coda")
{
	static const struct order_case cases[] = {
		{"a|: b|: c! d|: eD/f", "aabbcddeabc"},
		{"a| b: c|! d:D/f", "ababcdcdabc"},    /* jump and repeat at one bar: the repeat first */
		{"a| b[1]: c[2]! d eD/f", "abacdeac"}, /* the last ending */
		{"a| bD: c", "abababc"},
		{"a b> c dD/c e|@: f", "abcdabeef"},
		{"a b$ c| d> e: fS/c g@", "abcdecdefbcdg"},
		{"a b[1]D c[2]! d", "abac"}, /* the first ending ends with a jump */
	};
	EXPECT_ALL("NVX-19", cases);
}

Test(score_order, NVX_19_stated_order, .description = "NVX-19: timeline.order outranks the signs")
{
	struct score_report report = {0};
	struct nvx_draft draft;
	struct score *score;
	struct score_play_order order;

	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	(void)measures(&draft, "a b: c");
	*nvx_add_order(&draft) = (struct nvx_order){1, 2};
	*nvx_add_order(&draft) = (struct nvx_order){0, 1};
	cr_assert_eq(nvx_finish(&draft, "order", &score), 0, "%s", report.error[0].reason);
	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0);
	cr_assert_eq(order.n, 3); /* 1-2, 0, and 1 once more */
	cr_expect_eq(order.end_tick, 4 * BAR);
	cr_expect_eq(score_played_tick(&order, 0), 2 * BAR);
	cr_expect_eq(score_played_tick(&order, BAR + 5), 5);
	cr_expect_eq(score_written_tick(&order, 3 * BAR + 7), BAR + 7);
	score_play_order_finish(&order);
	score_unref(score);
}

Test(score_order, NVX_19_ticks, .description = "NVX-19: from written to played ticks and back")
{
	struct score *score = score_of("a b[1]: c[2] d");
	struct score_report report = {0};
	struct score_play_order order;

	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0);
	cr_expect_eq(score_played_tick(&order, BAR), BAR);
	cr_expect_eq(score_played_tick(&order, 2 * BAR), 3 * BAR);
	cr_expect_eq(score_played_tick(&order, 4 * BAR), -1, "after the end");
	cr_expect_eq(score_played_tick(&order, -1), -1);
	cr_expect_eq(score_written_tick(&order, 2 * BAR + 1), 1);
	cr_expect_eq(score_written_tick(&order, 3 * BAR - 1), BAR - 1);
	cr_expect_eq(score_written_tick(&order, 3 * BAR), 2 * BAR);
	cr_expect_eq(score_written_tick(&order, 5 * BAR), 4 * BAR, "the end");
	cr_expect_eq(score_written_tick(&order, INT64_MAX), 4 * BAR);
	cr_expect_eq(score_written_tick(&order, -1), 0);
	score_play_order_finish(&order);
	score_unref(score);
}

Test(score_order, HER_11_endless,
	.description = "HER-11: more than 10,000 measures are refused, with the measure")
{
	struct score_report report = {0};
	struct nvx_draft draft;
	struct score *score;
	struct score_play_order order;

	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	for (unsigned i = 0; i < 102; i++) {
		struct nvx_measure *m = nvx_add_measure(&draft);
		m->tick = i * BAR;
		m->duration_ticks = BAR;
		m->repeat_end = 99;
	}
	cr_assert_eq(nvx_finish(&draft, "order", &score), 0, "%s", report.error[0].reason);
	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.order.endless");
	cr_expect_str_eq(report.error[0].where, "/measures/101");
	score_unref(score);
}

Test(score_order, HER_11_hostile, .description = "HER-11: any signs in any order end, within the limit")
{
	static const char signs[] = "|:[]$@>!DS39";
	uint64_t seed = 1;

	for (unsigned round = 0; round < 2000; round++) {
		char text[64];
		size_t n = 0;
		struct score_report report = {0};
		struct score_play_order order;

		while (n < 50) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			const unsigned r = (unsigned)(seed >> 33);
			if (r % 3 == 0 || n == 0) {
				text[n++] = 'a';
			} else {
				text[n++] = signs[r / 3 % (sizeof(signs) - 1)];
				if (text[n - 1] == '[')
					text[n++] = (char)('1' + r / 64 % 4);
				else if (text[n - 1] == '3' || text[n - 1] == '9')
					n--;
			}
		}
		text[n] = '\0';
		struct score *score = score_of(text);
		cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0, "%s", text);
		int64_t sum = 0;
		for (uint32_t i = 0; i < order.n; i++)
			sum += order.run[i].duration_ticks;
		cr_expect_eq(sum, order.end_tick, "%s", text);
		score_play_order_finish(&order);
		score_unref(score);
	}
}

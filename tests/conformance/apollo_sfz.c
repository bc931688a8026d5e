/* SPDX-License-Identifier: MIT */
/*
 * SFZ: every file of shared/corpora/sfz against what sfizz made of it (expected.tsv there): regions, opcodes
 * that are not known, and how it sounds at three keys. What differs is listed below, each with its reason.
 */
#include <math.h>

#include "apollo/load/load.h"
#include "apollo/sampler/sampler.h"

#define CORPUS "sfz"
#include "corpus.h"

#define RATE_HZ 48000
#define FRAMES (2 * RATE_HZ)
#define OFF_FRAME 47872
#define BLOCK 64
#define TOLERANCE_DB 1.5
#define SILENT 1e-5
#define PEER_DB (-7.35) /* the peer's master volume, and ours: */
#define OUR_GAIN 0.5f
#define MAX_ROWS 600
#define N_KEYS 3

static const uint8_t keys[N_KEYS] = {36, 60, 72};

struct heard {
	double left, right, peak;
	long first, last;
};

struct row {
	const char *file;
	long asserted, regions; /* -1: not given */
	const char *unknown;
	int is_random;
	struct heard key[N_KEYS];
	int has_key[N_KEYS];
};

struct known {
	const char *part; /* of the file's name */
	const char *reason;
};

static const struct known other_regions[] = {
	{"Includes/included_loop1.sfz", "the peer died; 2 regions, each file of the loop once"},
	{"Includes/included_loop2.sfz",
		"the peer died; 3 regions: the second include of loop1 is no loop and is read"},
	{"TestFiles/kick_embedded.sfz",
		"a sample inside the text (base64data) is not played, and it is the only one"},
	{NULL, NULL},
};

static const struct known other_sound[] = {
	{"filter lfo delay.sfz", "noise through a resonance of 40 dB: chance decides"},
	{"filter resonance random.sfz", "resonance by chance"},
	{"filter pink", "fil_type=pink is not played"},
	{"spl_2p", "fil_type=spl_2p is not played"},
	{"random", "chance"},
	{"sample based on bpm.sfz", "we decide tempo conditions at 120, the peer at 30"},
	{"region select on host tempo.sfz", "likewise"},
	{"Unsorted/sample end.sfz",
		"the loop of the file lies behind `end`: the peer repeats that end, we stop there"},
	{"06 - sample end.sfz", "the peer's file ends in a loop behind `end`"},
	{"pan keycenter", "the peer does not know pan_keytrack"},
	{"pan veltrack", "the peer does not know pan_veltrack"},
	{"eg01_width", "a free envelope of the width is not played"},
	{"eg01_resonance", "a free envelope of the resonance is not played"},
	{"eg01_eq", "a free envelope of the equalizer is not played"},
	{"wavetables_embedded.sfz",
		"wave tables of several cycles are played as samples, oscillator_multi as one"},
	{"TestFiles/kick_embedded.sfz", "a sample inside the text is not played"},
	{"eq three bands stereo.sfz",
		"the peer's stream ended in the middle of a sweep, so that its part is another one"},
	{"formants.sfz", "likewise, in noise that is not even"},
	{"quantize to host position", "likewise, in a drum loop"},
	{"00 - release trigger decay.sfz", "likewise; the release sample is missing there"},
	{"03 - glide for 2 points eg pitch.sfz", "likewise, before its envelope"},
	{NULL, NULL},
};

static const char *reason_of(const struct known *list, const char *file)
{
	for (; list->part; list++)
		if (strstr(file, list->part))
			return list->reason;
	return NULL;
}

static long number_or(const char *text, long none)
{
	return *text ? strtol(text, NULL, 10) : none;
}

/* The table's text is cut in place. */
static size_t read_rows(char *text, struct row rows[MAX_ROWS])
{
	size_t n = 0;
	char *line = strchr(text, '\n');

	for (line = line ? line + 1 : NULL; line && *line && n < MAX_ROWS;) {
		char *end = strchr(line, '\n'), *field[48] = {line};
		uint32_t fields = 1;

		if (end)
			*end = '\0';
		for (char *at = line; *at && fields < 48; at++) {
			if (*at == '\t') {
				*at = '\0';
				field[fields++] = at + 1;
			}
		}
		cr_assert_geq(fields, 39, "row %zu has %u columns", n + 1, fields);
		struct row *r = &rows[n++];
		*r = (struct row){.file = field[0],
			.asserted = number_or(field[15], -1),
			.regions = number_or(field[17], 0),
			.unknown = field[22],
			.is_random = *field[23] == '1'};
		for (uint32_t k = 0; k < N_KEYS; k++) {
			char **f = &field[24 + 5 * k];

			r->has_key[k] = *f[0] != '\0';
			r->key[k] = (struct heard){strtod(f[0], NULL), strtod(f[1], NULL), strtod(f[2], NULL),
				number_or(f[3], -1), number_or(f[4], -1)};
		}
		line = end ? end + 1 : NULL;
	}
	return n;
}

static struct row rows[MAX_ROWS];

static size_t expected_rows(struct bytes *ret_text)
{
	*ret_text = read_corpus("expected.tsv");
	return read_rows((char *)ret_text->data, rows);
}

static struct load_report report;

static struct bank *load(struct store *store, const char *file, char *error, size_t error_size)
{
	const struct load_options o = {.store = store};
	struct bank *bank = NULL;
	char path[8192];

	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), file);
	memset(&report, 0, sizeof(report));
	int r = load_bank(path, &o, &bank, &report, error, error_size);
	cr_assert_eq(r == 0, bank != NULL, "%s: %d, %s", file, r, error);
	cr_assert(r == 0 || *error, "%s: refused without a reason", file);
	return bank;
}

static int is_listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return 1;
	return 0;
}

/* Opcodes that the peer knows must be known here too. */
static uint32_t check_unknown(const struct row *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < report.n_notes && i < LOAD_NOTES; i++) {
		char word[128];
		const char *at = strstr(report.note[i], ": opcode ");

		if (!at || !strstr(at, "is not known"))
			continue;
		(void)snprintf(word, sizeof(word), "%s", at + 9);
		*strchr(word, ' ') = '\0';
		cr_expect(is_listed(r->unknown, word), "%s: the peer knows %s", r->file, word);
		n++;
	}
	return n;
}

Test(apollo_sfz, regions,
	.description = "APO-02: SFZ: as many regions as sfizz has in every file of the corpus, "
		       "unknown opcodes are listed and never fatal")
{
	const struct store_options options = {.is_resident = 1};
	struct store *store = store_create(&options);
	struct bytes text;
	size_t n = expected_rows(&text), n_equal = 0, n_unknown = 0;

	cr_assert_geq(n, 400);
	for (size_t i = 0; i < n; i++) {
		char error[512] = "";
		struct bank *bank = load(store, rows[i].file, error, sizeof(error));
		long want = rows[i].asserted >= 0 ? rows[i].asserted : rows[i].regions;
		long got = bank ? (long)bank->n_zones : 0;

		n_equal += got == want;
		cr_expect(got == want || reason_of(other_regions, rows[i].file),
			"%s: %ld regions, %ld expected (%s)", rows[i].file, got, want, error);
		n_unknown += check_unknown(&rows[i]);
		if (bank)
			bank->destroy(bank);
	}
	fprintf(stderr, "%zu of %zu files have the expected regions; %zu opcodes are not known\n", n_equal, n,
		n_unknown);
	cr_expect_geq(n_equal, n - 3);
	store_destroy(store);
	free(text.data);
}

Test(apollo_sfz, loops_of_includes, .description = "APO-02: SFZ: files that include each other end")
{
	struct store *store = store_create(&(struct store_options){.is_resident = 1});
	char error[512];
	struct bank *one = load(store, "sfizz/TestFiles/Includes/included_loop1.sfz", error, sizeof(error));
	struct bank *two = load(store, "sfizz/TestFiles/Includes/included_loop2.sfz", error, sizeof(error));

	cr_expect_eq(one->n_zones, 2);
	cr_expect_eq(two->n_zones, 3);
	one->destroy(one);
	two->destroy(two);
	store_destroy(store);
}

static float left[FRAMES], right[FRAMES];

static void render(struct rack *rack, struct store *store, uint8_t key, struct chan_state *channels)
{
	static struct strip_bufs bufs;
	const struct sampler_options o = {.rate_hz = RATE_HZ,
		.channel = channels,
		.interp = KERNEL_CUBIC,
		.store = store,
		.gain = OUR_GAIN};
	struct sampler *sampler;

	cr_assert_eq(sampler_create(rack, &o, &sampler), 0);
	struct instrument *i = sampler_instrument(sampler);
	for (uint32_t at = 0; at < FRAMES; at += BLOCK) {
		bufs.active = 0;
		i->begin(i, at, &bufs);
		if (at == 0)
			i->note_on(i, 0, 0, key, 100.0f);
		if (at <= OFF_FRAME && OFF_FRAME < at + BLOCK)
			i->note_off(i, OFF_FRAME - at, 0, key);
		i->render(i, &bufs, BLOCK);
		for (uint32_t k = 0; k < BLOCK; k++) {
			left[at + k] = bufs.active & 1 ? bufs.l[0][k] : 0.0f;
			right[at + k] = bufs.active & 1 ? bufs.r[0][k] : 0.0f;
		}
	}
	i->destroy(i);
}

static struct heard listen(void)
{
	struct heard h = {.first = -1, .last = -1};

	for (long n = 0; n < FRAMES; n++) {
		double l = (double)left[n], r = (double)right[n], peak = fmax(fabs(l), fabs(r));

		h.left += l * l;
		h.right += r * r;
		h.peak = fmax(h.peak, peak);
		if (peak > 1e-4) {
			h.first = h.first < 0 ? n : h.first;
			h.last = n;
		}
	}
	h.left = sqrt(h.left / FRAMES);
	h.right = sqrt(h.right / FRAMES);
	return h;
}

static double db(double ratio)
{
	return 20.0 * log10(ratio);
}

/* Louder by this many dB than the peer, both masters apart; silence on one side only counts 99. */
static double louder(double ours, double theirs, double by)
{
	if (ours <= SILENT || theirs <= SILENT)
		return ours <= SILENT && theirs <= SILENT ? 0.0 : 99.0;
	return db(ours / theirs) - db((double)OUR_GAIN) + PEER_DB + by;
}

/* The peer reads 8,192 frames ahead; where its disk was late, its notes end there. Then what did sound
 * counts. */
static double distance(const struct heard *ours, const struct heard *theirs)
{
	double d = fmax(
		fabs(louder(ours->left, theirs->left, 0.0)), fabs(louder(ours->right, theirs->right, 0.0)));
	double ours_len = (double)(ours->last - ours->first + 1),
	       theirs_len = (double)(theirs->last - theirs->first + 1);

	if (d > TOLERANCE_DB && theirs_len < 0.8 * ours_len &&
		fabs(louder(ours->peak, theirs->peak, 0.0)) < TOLERANCE_DB) {
		double by = 10.0 * log10(theirs_len / ours_len);

		return fmax(fabs(louder(ours->left, theirs->left, by)),
			fabs(louder(ours->right, theirs->right, by)));
	}
	return d;
}

Test(apollo_sfz, loudness,
	.description = "APO-02: SFZ: level within 1.5 dB of sfizz at three keys of every file, "
		       "silence where it is silent")
{
	static struct chan_state channels[APOLLO_CHANNELS];
	struct store *store = store_create(&(struct store_options){.is_resident = 1});
	struct bytes text;
	size_t n = expected_rows(&text), n_files = 0, n_agree = 0, n_listed = 0, n_notes = 0, n_first = 0;

	for (uint32_t c = 0; c < APOLLO_CHANNELS; c++)
		chan_init(&channels[c]);
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		double worst = 0.0;

		if (!r->has_key[0])
			continue;
		for (uint32_t k = 0; k < N_KEYS; k++) {
			char error[512] = "";
			struct bank *bank = load(store, r->file, error, sizeof(error));
			struct rack *rack;
			struct heard h = {.first = -1, .last = -1};

			if (bank) {
				cr_assert_eq(rack_create(&bank, 1, &rack), 0);
				render(rack, store, keys[k], channels);
				h = listen();
			}
			cr_expect(isfinite(h.left) && isfinite(h.right), "%s: not finite", r->file);
			worst = fmax(worst, distance(&h, &r->key[k]));
			if (h.first >= 0 && r->key[k].first >= 0) {
				n_notes++;
				n_first += labs(h.first - r->key[k].first) <= BLOCK;
			}
		}
		n_files++;
		if (worst <= TOLERANCE_DB) {
			n_agree++;
			continue;
		}
		n_listed++;
		cr_expect(r->is_random || reason_of(other_sound, r->file), "%s: off by %.1f dB", r->file,
			worst);
	}
	fprintf(stderr, "%zu of %zu files sound within %.1f dB at all keys, %zu differ for a stated reason\n",
		n_agree, n_files, TOLERANCE_DB, n_listed);
	cr_expect_geq(n_agree, 385);
	cr_expect_geq(
		n_first, n_notes * 98 / 100, "%zu of %zu notes begin where the peer's do", n_first, n_notes);
	store_destroy(store);
	free(text.data);
}

/* SPDX-License-Identifier: MIT */
/* K:, M:, Q: and the options that K: and V: share. */
#include <string.h>

#include "abc_impl.h"

static const char steps[] = "CDEFGAB";
static const int8_t step_fifths[7] = {0, 2, 4, -1, 1, 3, 5}; /* C D E F G A B on the line of fifths */
/** By enum nvx_mode: how far the signature lies from the major key of the same tonic. */
static const int8_t mode_fifths[] = {0, -3, 0, -2, -4, 1, -1, -3, -5};

void abc_signature(struct abc_key *key, int fifths)
{
	static const int8_t order[7] = {3, 0, 4, 1, 5, 2, 6}; /* F C G D A E B */
	memset(key->sig, 0, sizeof(key->sig));
	for (int i = 0; i < fifths; i++)
		key->sig[order[i % 7]]++;
	for (int i = 0; i < -fifths; i++)
		key->sig[order[6 - i % 7]]--;
}

/** Does the signature lie on the line of fifths? */
static bool signature_fifths(const struct abc_key *key, int *ret)
{
	struct abc_key probe;
	for (int fifths = -7; fifths <= 7; fifths++) {
		abc_signature(&probe, fifths);
		if (memcmp(probe.sig, key->sig, sizeof(probe.sig)) == 0) {
			*ret = fifths;
			return true;
		}
	}
	return false;
}

int abc_key_fifths(const struct abc_key *key)
{
	int fifths = 0;
	if (key->fifths_given || key->step == NVX_KEY_NONE)
		return key->fifths;
	fifths = step_fifths[key->step] + 7 * key->alter + mode_fifths[key->mode];
	return fifths < -7 ? -7 : fifths > 7 ? 7 : fifths;
}

static const struct {
	const char *name;
	uint8_t mode;
} modes[] = {{"maj", NVX_MODE_MAJOR}, {"min", NVX_MODE_MINOR}, {"ion", NVX_MODE_IONIAN},
	{"dor", NVX_MODE_DORIAN}, {"phr", NVX_MODE_PHRYGIAN}, {"lyd", NVX_MODE_LYDIAN},
	{"mix", NVX_MODE_MIXOLYDIAN}, {"aeo", NVX_MODE_AEOLIAN}, {"loc", NVX_MODE_LOCRIAN}};

/** The front of a word decides: "Mixolydian", "mix", "m". @return bytes of letters used, 0: no mode. */
static size_t read_mode(struct abc_span text, uint8_t *ret)
{
	size_t n = 0;
	while (n < text.n && ((text.at[n] | 32) >= 'a' && (text.at[n] | 32) <= 'z'))
		n++;
	if (n == 0)
		return 0;
	if ((n == 1 && (text.at[0] | 32) == 'm') || (n == 2 && abc_starts(text, "mi"))) {
		*ret = NVX_MODE_MINOR;
		return n;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (n >= 3 && abc_is_nocase((struct abc_span){text.at, 3}, modes[i].name)) {
			*ret = modes[i].mode;
			return n;
		}
	return 0;
}

/** "^c", "__B", "=f" at the front. @return bytes, 0: none. */
static size_t read_accidental(struct abc_span text, int8_t sig[7])
{
	size_t n = 0;
	int alter = 0;
	for (; n < text.n && strchr("^_=", text.at[n]) && text.at[n]; n++)
		alter += text.at[n] == '^' ? 1 : text.at[n] == '_' ? -1 : 0;
	const char upper = n && n < text.n ? (char)(text.at[n] & ~32) : 0;
	const char *step = upper ? strchr(steps, upper) : NULL;
	if (!step || n > 2)
		return 0;
	sig[step - steps] = (int8_t)alter;
	n++;
	while (n < text.n && (text.at[n] == ',' || text.at[n] == '\''))
		n++;
	return n;
}

static const struct {
	const char *name;
	struct abc_clef clef;
} clefs[] = {{"treble", {NVX_CLEF_G, 2, 0}}, {"bass", {NVX_CLEF_F, 4, 0}}, {"alto", {NVX_CLEF_C, 3, 0}},
	{"tenor", {NVX_CLEF_C, 4, 0}}, {"perc", {NVX_CLEF_PERCUSSION, 3, 0}},
	{"drum", {NVX_CLEF_PERCUSSION, 3, 0}}, {"none", {NVX_CLEF_NONE, 0, 0}}, {"G", {NVX_CLEF_G, 2, 0}},
	{"F", {NVX_CLEF_F, 4, 0}}, {"C", {NVX_CLEF_C, 3, 0}}, {"P", {NVX_CLEF_PERCUSSION, 3, 0}},
	{"tab", {NVX_CLEF_TAB, 0, 0}}, {"mezzosoprano", {NVX_CLEF_C, 2, 0}}, {"soprano", {NVX_CLEF_C, 1, 0}},
	{"baritone", {NVX_CLEF_F, 3, 0}}};

/** "treble", "bass3", "alto-8", "treble+8". @return 1: a clef. */
static bool read_clef(struct abc_span word, bool is_named, struct abc_clef *ret)
{
	for (size_t i = 0; i < sizeof(clefs) / sizeof(clefs[0]); i++) {
		const size_t n = strlen(clefs[i].name);
		if (!abc_starts(word, clefs[i].name) || (n == 1 && !is_named))
			continue;
		struct abc_span rest = {word.at + n, word.n - n};
		if (rest.n && (rest.at[0] | 32) >= 'a' && (rest.at[0] | 32) <= 'z' &&
			clefs[i].clef.sign != NVX_CLEF_PERCUSSION)
			continue;
		*ret = clefs[i].clef;
		if (rest.n && rest.at[0] >= '1' && rest.at[0] <= '5') {
			ret->line = (uint8_t)(rest.at[0] - '0');
			rest = (struct abc_span){rest.at + 1, rest.n - 1};
		}
		int shift;
		if (rest.n >= 2 &&
			(rest.at[0] == '+' || rest.at[0] == '-' || rest.at[0] == '^' || rest.at[0] == '_')) {
			const int sign = rest.at[0] == '+' || rest.at[0] == '^' ? 1 : -1;
			rest = (struct abc_span){rest.at + 1, rest.n - 1};
			if (abc_int(&rest, &shift) && (shift == 8 || shift == 15))
				ret->octave = (int8_t)(sign * (shift / 7));
		}
		return true;
	}
	return false;
}

static struct abc_span unquote(struct abc_span text)
{
	if (text.n >= 2 && text.at[0] == '"' && text.at[text.n - 1] == '"')
		return (struct abc_span){text.at + 1, text.n - 2};
	return text;
}

/** The octave of "middle=" by the pitch of the line: not a sound. */
static void named_option(
	struct abc_reader *r, struct abc_span name, struct abc_span value, struct abc_options *options)
{
	struct abc_span rest = value;
	if (abc_is(name, "clef")) {
		options->has_clef = read_clef(value, true, &options->clef);
		if (!options->has_clef)
			score_warn(r->report, ABC_DROPPED, ABC_AT(r, name.at), "an unknown clef");
	} else if (abc_is(name, "octave")) {
		options->has_octave =
			abc_int(&rest, &options->octave) && options->octave >= -8 && options->octave <= 8;
	} else if (abc_is(name, "transpose") || abc_is(name, "t") || abc_is(name, "shift")) {
		options->has_transpose = abc_int(&rest, &options->transpose) && options->transpose >= -60 &&
					 options->transpose <= 60;
	} else if (abc_is(name, "name") || abc_is(name, "nm")) {
		options->name = unquote(value);
		options->has_name = true;
	} else if (abc_is(name, "sname") || abc_is(name, "snm") || abc_is(name, "subname")) {
		options->short_name = unquote(value);
		options->has_short = true;
	} else if (abc_is(name, "stem") || abc_is(name, "stems")) {
		options->stem = abc_is(value, "up")     ? NVX_STEM_UP
				: abc_is(value, "down") ? NVX_STEM_DOWN
							: NVX_STEM_AUTO;
		options->has_stem = true;
	} else if (!abc_is(name, "middle") && !abc_is(name, "m") && !abc_is(name, "stafflines") &&
		   !abc_is(name, "cue") && !abc_is(name, "gstem") && !abc_is(name, "space")) {
		score_warn(r->report, ABC_DROPPED, ABC_AT(r, name.at),
			"an option that is not known is left out");
		score_warn_value(r->report, name.at, (uint32_t)(name.n < 80 ? name.n : 80));
	}
}

void abc_parse_options(struct abc_reader *r, struct abc_span text, struct abc_options *options)
{
	for (struct abc_span word; (word = abc_word(&text)).n > 0;) {
		const char *equals = memchr(word.at, '=', word.n);
		if (equals && equals > word.at) {
			const size_t n = (size_t)(equals - word.at);
			named_option(r, (struct abc_span){word.at, n},
				(struct abc_span){equals + 1, word.n - n - 1}, options);
		} else if (read_clef(word, false, &options->clef)) {
			options->has_clef = true;
		} else if (abc_is(word, "up") || abc_is(word, "down")) {
			options->stem = abc_is(word, "up") ? NVX_STEM_UP : NVX_STEM_DOWN;
			options->has_stem = true;
		} else if (!abc_is(word, "merge") && !abc_starts(word, "+") && !abc_starts(word, "-") &&
			   !abc_starts(word, "bracket") && !abc_starts(word, "brace")) {
			score_warn(r->report, ABC_DROPPED, ABC_AT(r, word.at),
				"a word that is not known is left out");
			score_warn_value(r->report, word.at, (uint32_t)(word.n < 80 ? word.n : 80));
		}
	}
}

/** Tonic, accidental and mode. @return bytes used; 0: no key at the front. */
static size_t read_tonic(struct abc_span text, struct abc_key *key)
{
	const char *step = text.n && text.at[0] ? strchr(steps, text.at[0]) : NULL;
	if (!step)
		return 0;
	size_t n = 1;
	struct abc_key found = {.step = (int8_t)(step - steps), .mode = NVX_MODE_MAJOR};
	if (n < text.n && (text.at[n] == '#' || text.at[n] == 'b'))
		found.alter = text.at[n++] == '#' ? 1 : -1;
	size_t blank = n;
	while (blank < text.n && text.at[blank] == ' ')
		blank++;
	const size_t mode = read_mode((struct abc_span){text.at + blank, text.n - blank}, &found.mode);
	if (mode)
		n = blank + mode;
	else if (blank == n && n < text.n && (text.at[n] | 32) >= 'a' && (text.at[n] | 32) <= 'z')
		return 0; /* "Clef", "Exp" */
	*key = found;
	return n;
}

/** "K:d", "K:am" are met in old files. */
static size_t read_small_tonic(struct abc_span text, struct abc_key *key)
{
	struct abc_span rest = text;
	const struct abc_span word = abc_word(&rest);
	if (word.n == 0 || word.n > 3 || word.at[0] < 'a' || word.at[0] > 'g')
		return 0;
	char upper[4] = {(char)(word.at[0] - 32)};
	memcpy(upper + 1, word.at + 1, word.n - 1);
	return read_tonic((struct abc_span){upper, word.n}, key) == word.n ? word.n : 0;
}

static bool set_fixed_key(struct abc_span *text, struct abc_key *key)
{
	struct abc_span rest = *text;
	const struct abc_span word = abc_word(&rest);
	if (abc_is(word, "HP") || abc_is(word, "Hp")) { /* the pipes: F and C are sharp */
		*key = (struct abc_key){.step = 5, .mode = NVX_MODE_MIXOLYDIAN};
		abc_signature(key, 2);
	} else if (abc_is_nocase(word, "none")) {
		*key = (struct abc_key){.step = NVX_KEY_NONE};
	} else {
		return false;
	}
	*text = rest;
	return true;
}

static void finish_key(struct abc_key *key)
{
	int fifths = 0;
	if (!signature_fifths(key, &fifths)) {
		key->is_odd = 1;
		return;
	}
	key->fifths_given = 0;
	key->fifths = (int8_t)fifths;
	key->fifths_given = key->step == NVX_KEY_NONE ? fifths != 0
						      : fifths != step_fifths[key->step] + 7 * key->alter +
									  mode_fifths[key->mode];
}

int abc_parse_key(
	struct abc_reader *r, struct abc_span text, struct abc_key *ret, struct abc_options *options)
{
	struct abc_key key = {.step = NVX_KEY_NONE};
	text = abc_trim(text);
	bool found = set_fixed_key(&text, &key);
	if (!found) {
		size_t n = read_tonic(text, &key);
		if (n == 0)
			n = read_small_tonic(text, &key);
		found = n > 0 || text.n == 0;
		if (n) {
			const int fifths = step_fifths[key.step] + 7 * key.alter + mode_fifths[key.mode];
			abc_signature(&key, fifths);
			if (fifths < -7 || fifths > 7)
				key.is_odd = 1;
			text = (struct abc_span){text.at + n, text.n - n};
		}
	}
	for (bool is_exp = false;;) {
		text = abc_trim(text);
		struct abc_span rest = text;
		if (!is_exp && abc_is_nocase(abc_word(&rest), "exp")) {
			memset(key.sig, 0, sizeof(key.sig));
			is_exp = found = true;
			text = rest;
			continue;
		}
		const size_t n = read_accidental(text, key.sig);
		if (n == 0)
			break;
		found = true;
		text = (struct abc_span){text.at + n, text.n - n};
	}
	if (found && !key.is_odd)
		finish_key(&key);
	struct abc_key shown = {0};
	abc_signature(&shown, abc_key_fifths(&key));
	memcpy(key.shown, shown.sig, sizeof(key.shown));
	abc_parse_options(r, text, options);
	if (!found)
		return 0;
	*ret = key;
	return 1;
}

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1)) && n <= 256;
}

bool abc_parse_meter(struct abc_reader *r, struct abc_span text, struct abc_meter *ret)
{
	struct abc_meter meter = {.num = 4, .den = 4};
	struct abc_span rest = abc_trim(text);
	if (rest.n == 0 || abc_is_nocase(rest, "none")) {
		meter.is_free = 1;
		*ret = meter;
		return true;
	}
	if (rest.at[0] == 'C' || rest.at[0] == 'c') {
		if (rest.n > 1 && rest.at[1] == '|')
			meter.num = meter.den = 2;
		*ret = meter;
		return true;
	}
	uint32_t sum = 0, den = 0;
	while (rest.n && rest.at[0] != '/') {
		uint32_t n;
		if (strchr("(+ )", rest.at[0]) && rest.at[0]) {
			rest = (struct abc_span){rest.at + 1, rest.n - 1};
		} else if (abc_uint(&rest, 255, &n) && n > 0) {
			sum += n;
			if (meter.n_groups < sizeof(meter.group))
				meter.group[meter.n_groups++] = (uint8_t)n;
		} else {
			break;
		}
	}
	if (rest.n && rest.at[0] == '/') {
		rest = (struct abc_span){rest.at + 1, rest.n - 1};
		if (!abc_uint(&rest, 1024, &den))
			den = 0;
	} else if (rest.n == 0) {
		den = 4; /* "M:4" */
	}
	if (sum == 0 || sum > 255 || !power_of_two(den)) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "no meter that can be read");
		score_warn_value(r->report, text.at, (uint32_t)(text.n < 80 ? text.n : 80));
		return false;
	}
	if (meter.n_groups < 2 || meter.n_groups == sizeof(meter.group))
		meter.n_groups = 0;
	meter.num = (uint16_t)sum;
	meter.den = (uint16_t)den;
	*ret = meter;
	return true;
}

/** "1/4", "3/8 1/8": beats are added. @return false: none. */
static bool read_beats(struct abc_span *text, struct abc_ratio *ret)
{
	uint64_t num = 0, den = 1;
	bool found = false;
	for (uint32_t a, b; num < 100000 && den < 65536; found = true) {
		struct abc_span rest = abc_trim(*text);
		if (!abc_uint(&rest, 1024, &a) || rest.n == 0 || rest.at[0] != '/')
			break;
		rest = (struct abc_span){rest.at + 1, rest.n - 1};
		if (!abc_uint(&rest, 1024, &b) || b == 0)
			break;
		num = num * b + a * den;
		den *= b;
		*text = rest;
	}
	if (!found || num == 0 || num > UINT32_MAX || den > UINT32_MAX)
		return false;
	const uint32_t gcd = abc_gcd((uint32_t)num, (uint32_t)den);
	if (den / gcd > 4096)
		return false;
	*ret = (struct abc_ratio){(uint32_t)num / gcd, (uint32_t)den / gcd};
	return true;
}

/** Beats a minute in thousandths. */
static bool read_rate(struct abc_span *text, uint32_t *ret)
{
	uint32_t whole, thousandth = 0;
	*text = abc_trim(*text);
	if (!abc_uint(text, 100000, &whole))
		return false;
	if (text->n > 1 && text->at[0] == '.') {
		uint32_t weight = 100;
		size_t n = 1;
		for (; n < text->n && text->at[n] >= '0' && text->at[n] <= '9'; n++, weight /= 10)
			thousandth += (uint32_t)(text->at[n] - '0') * weight;
		*text = (struct abc_span){text->at + n, text->n - n};
	}
	*ret = whole * 1000 + thousandth;
	return *ret > 0;
}

bool abc_parse_tempo(struct abc_reader *r, struct abc_span text, struct abc_ratio unit, uint64_t *ret_ns,
	nvx_str *ret_text)
{
	const char *start = text.at;
	struct abc_ratio beat = {0, 1};
	uint32_t rate = 0;
	*ret_ns = 0;
	*ret_text = 0;
	for (text = abc_trim(text); text.n; text = abc_trim(text)) {
		const char *end = text.at[0] == '"' ? memchr(text.at + 1, '"', text.n - 1) : NULL;
		if (end) {
			*ret_text = abc_join(r, *ret_text, " ",
				(struct abc_span){text.at + 1, (size_t)(end - text.at - 1)});
			text = (struct abc_span){end + 1, text.n - (size_t)(end + 1 - text.at)};
		} else if (text.at[0] == 'C' || text.at[0] == '=') { /* "C=100", "C3=40": units of L: */
			uint32_t n = 1;
			const bool is_unit = text.at[0] == 'C';
			text = (struct abc_span){text.at + 1, text.n - 1};
			if (is_unit) {
				(void)abc_uint(&text, 64, &n);
				beat = (struct abc_ratio){unit.num * n, unit.den};
			}
		} else if (!read_beats(&text, &beat) && !(rate == 0 && read_rate(&text, &rate))) {
			break;
		}
	}
	if (text.n) { /* words without quotation marks */
		*ret_text = abc_join(r, *ret_text, " ", text);
	}
	if (beat.num == 0)
		beat = unit;
	if (rate && beat.num && beat.den) {
		/* ns a quarter = 60e12 / rate * (1/4) / beat */
		const uint64_t below = (uint64_t)rate * 4 * beat.num;
		uint64_t ns = (UINT64_C(60000000000000) * beat.den + below / 2) / below;
		if (ns > UINT64_C(60000000000) || ns == 0) {
			score_warn(r->report, ABC_BAD, ABC_AT(r, start), "a tempo beyond what can be held");
			ns = ns ? UINT64_C(60000000000) : 1;
		}
		*ret_ns = ns;
	}
	return *ret_ns || *ret_text;
}

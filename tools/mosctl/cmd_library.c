/* SPDX-License-Identifier: MIT */
/* mosctl library: songs by their harmony, words, keys, years. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "library.h"

static const struct ctl_option options[] = {
	[LIBRARY_ANY_KEY] = {"any-key", 'a', NULL,
		"search: numerals count from each other, not from the key"},
	[LIBRARY_SIMILAR] = {"similar", 's', NULL,
		"search: progressions that are like it, too, nearest first"},
	[LIBRARY_KEY] = {"key", 'k', "KEY", "search: G, Am, \"Bb minor\""},
	[LIBRARY_ARTIST] = {"artist", 0, "NAME", "search: by this artist"},
	[LIBRARY_GENRE] = {"genre", 'g', "NAME", "search: of this genre"},
	[LIBRARY_YEARS] = {"years", 'y', "FROM-TO", "search: 1990-1999, 1969, -1960, 2000-"},
	[LIBRARY_TEXT] = {"text", 't', "WORDS", "search: in title, artist, album"},
	[LIBRARY_LIMIT] = {"limit", 'n', "N", "search: so many (default: 20, at most 200)"},
	[LIBRARY_LIKE] = {"like", 'l', "ID", "search: songs whose vectors are nearest to this one's"},
	[LIBRARY_VECTORS] = {"vectors", 0, "NAME", "--like: by these vectors (default: harmony)"},
	[LIBRARY_DROP] = {"drop", 0, NULL, "embed: take the vectors away"},
	{0},
};

/** "1990-1999", "1969", "-1960", "2000-". */
static int parse_years(const char *text, uint32_t *from, uint32_t *to)
{
	char buf[32];
	const char *dash = strchr(text, '-');
	*from = *to = 0;
	if (strlen(text) >= sizeof(buf))
		return -1;
	if (!dash) {
		if (parse_uint(text, 3000, from) < 0)
			return -1;
		*to = *from;
		return 0;
	}
	(void)snprintf(buf, sizeof(buf), "%.*s", (int)(dash - text), text);
	if ((*buf && parse_uint(buf, 3000, from) < 0) || (dash[1] && parse_uint(dash + 1, 3000, to) < 0))
		return -1;
	return *from || *to ? 0 : -1;
}

static void print_song(const struct mos_value *song)
{
	char title[64], artist[48], section[48], around[96];
	printf("%8lld  %-34s %-22s", (long long)mos_get_int(song, "id", 0),
		printable(mos_get_str(song, "title", ""), title, sizeof(title)),
		printable(mos_get_str(song, "artist", ""), artist, sizeof(artist)));
	if (mos_get_int(song, "year", 0))
		printf(" %4lld", (long long)mos_get_int(song, "year", 0));
	else
		printf("     ");
	printf(" %-4s", mos_get_str(song, "key", "?"));
	if (mos_get(song, "hits")) {
		printf(" %3lldx at chord %lld", (long long)mos_get_int(song, "hits", 0),
			(long long)mos_get_int(song, "place", 0) + 1);
		if (mos_get_str(song, "section", NULL))
			printf(" (%s)",
				printable(mos_get_str(song, "section", ""), section, sizeof(section)));
		printf(": %s", printable(mos_get_str(song, "around", ""), around, sizeof(around)));
	}
	if (mos_get_str(song, "phrase", NULL))
		printf("  [%s, distance %.2f]", mos_get_str(song, "phrase", ""),
			mos_get_real(song, "distance", 0));
	else if (mos_get(song, "distance"))
		printf("  distance %.4f", mos_get_real(song, "distance", 0));
	printf("\n");
}

/** The words of the command line as one phrase. */
static char *join_words(const struct ctl_args *args)
{
	size_t size = 1;
	for (int i = 1; i < args->n; i++)
		size += strlen(args->word[i]) + 1;
	char *text = calloc(1, size);
	for (int i = 1; text && i < args->n; i++) {
		if (i > 1)
			strcat(text, " ");
		strcat(text, args->word[i]);
	}
	return text;
}

static int search(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[14];
	struct mos_reply reply;
	uint32_t limit = 20, like = 0, from, to;
	size_t n = 0;
	if (args->opt[LIBRARY_LIMIT] && parse_uint(args->opt[LIBRARY_LIMIT], 200, &limit) < 0)
		return ctl_usage(ctl, "--limit: at most 200");
	if (args->opt[LIBRARY_YEARS]) {
		if (parse_years(args->opt[LIBRARY_YEARS], &from, &to) < 0)
			return ctl_usage(ctl, "--years: as 1990-1999, 1969, -1960 or 2000-");
		if (from)
			field[n++] = mos_int("year_from", from);
		if (to)
			field[n++] = mos_int("year_to", to);
	}
	if (args->opt[LIBRARY_LIKE] && (parse_uint(args->opt[LIBRARY_LIKE], UINT32_MAX, &like) < 0 || !like))
		return ctl_usage(ctl, "--like: a song's number, as search shows it");
	if (like && args->n > 1)
		return ctl_usage(ctl, "--like: instead of a phrase, not with one");
	if (args->opt[LIBRARY_VECTORS] && !like)
		return ctl_usage(ctl, "--vectors: like which song? --like ID");
	if (like)
		field[n++] = mos_int("like", like);
	char *phrase = join_words(args);
	if (!phrase)
		return ctl_fail(ctl, CTL_FAILED, NULL, "out of memory");
	field[n++] = mos_int("limit", limit);
	if (*phrase)
		field[n++] = mos_str("phrase", phrase);
	if (args->opt[LIBRARY_ANY_KEY])
		field[n++] = mos_bool("any_key", 1);
	if (args->opt[LIBRARY_SIMILAR])
		field[n++] = mos_bool("similar", 1);
	static const struct {
		int option;
		const char *key;
	} texts[] = {{LIBRARY_KEY, "key"}, {LIBRARY_ARTIST, "artist"}, {LIBRARY_GENRE, "genre"},
		{LIBRARY_TEXT, "text"}, {LIBRARY_VECTORS, "vectors"}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (args->opt[texts[i].option])
			field[n++] = mos_str(texts[i].key, args->opt[texts[i].option]);
	int code = ctl_call(ctl, "hermes.library.search", field, n, &reply);
	free(phrase);
	if (code != CTL_OK)
		return code;
	const struct mos_value *songs = mos_get(&reply.value, "songs");
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		for (uint32_t i = 0; songs && songs->type == MOS_VALUE_LIST && i < songs->len; i++)
			print_song(&songs->u.items[i]);
		fprintf(stderr, "%lld songs", (long long)mos_get_int(&reply.value, "n_songs", 0));
		if (mos_get_int(&reply.value, "n_hits", 0))
			fprintf(stderr, ", %lld times", (long long)mos_get_int(&reply.value, "n_hits", 0));
		fprintf(stderr, " (%.1f ms)\n", (double)mos_get_int(&reply.value, "us", 0) / 1000);
	}
	mos_reply_finish(&reply);
	return code;
}

static int with_id(struct ctl *ctl, const struct ctl_args *args, const char *method, struct mos_reply *ret)
{
	uint32_t id;
	if (args->n != 2 || parse_uint(args->word[1], UINT32_MAX, &id) < 0)
		return ctl_usage(ctl, "%s: which song? the number that search shows", args->word[0]);
	const struct mos_field field[] = {mos_int("id", id)};
	return ctl_call(ctl, method, field, 1, ret);
}

static int show(struct ctl *ctl, const struct ctl_args *args)
{
	static const char *const keys[] = {"title", "artist", "album", "genre", "key", "origin", "score_id"};
	struct mos_reply reply;
	char text[512];
	int code = with_id(ctl, args, "hermes.library.get", &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (mos_get_str(&reply.value, keys[i], NULL))
				printf("%-9s %s%s\n", keys[i],
					printable(mos_get_str(&reply.value, keys[i], ""), text, sizeof(text)),
					i == 4 && mos_get_bool(&reply.value, "key_inferred", 0)
						? " (by its chords)"
						: "");
		const char *chords = mos_get_str(&reply.value, "chords", "");
		printf("\n");
		for (; *chords; chords++)
			putchar((unsigned char)*chords < ' ' && *chords != '\n' ? '?' : *chords);
		printf("\n");
	}
	mos_reply_finish(&reply);
	return code;
}

static int remove_song(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code = with_id(ctl, args, "hermes.library.remove", &reply);
	if (code != CTL_OK)
		return code;
	code = ctl->json ? json_print_value(&reply.value) : CTL_OK;
	mos_reply_finish(&reply);
	return code;
}

static void print_counts(const struct mos_value *list, const char *title, const char *name, uint32_t max)
{
	const uint32_t n = list && list->type == MOS_VALUE_LIST ? list->len : 0;
	char text[64];
	if (n == 0)
		return;
	printf("%s:", title);
	for (uint32_t i = 0; i < n && i < max; i++) {
		const struct mos_value *item = &list->u.items[i];
		const char *label = mos_get_str(item, name, NULL);
		if (label)
			printf(" %s", printable(label, text, sizeof(text)));
		else
			printf(" %lld", (long long)mos_get_int(item, name, 0));
		printf(" %lld%s", (long long)mos_get_int(item, "n", 0), i + 1 < n && i + 1 < max ? "," : "");
	}
	printf("\n");
}

static void print_transitions(const struct mos_value *list)
{
	for (uint32_t i = 0; list && list->type == MOS_VALUE_LIST && i < list->len; i++)
		printf("%10lld  %s -> %s\n", (long long)mos_get_int(&list->u.items[i], "n", 0),
			mos_get_str(&list->u.items[i], "from", "?"),
			mos_get_str(&list->u.items[i], "to", "?"));
}

/** What tables said, beside what we counted. */
static void print_statistics(const struct mos_value *list)
{
	char chord[64], next[64];
	for (uint32_t i = 0; list && list->type == MOS_VALUE_LIST && i < list->len; i++) {
		const struct mos_value *row = &list->u.items[i];
		printf("%s%10.12g  %s%s%s\n", i == 0 ? "of imported tables:\n" : "",
			mos_get_real(row, "n", 0),
			printable(mos_get_str(row, "chord", "?"), chord, sizeof(chord)),
			mos_get_str(row, "next", NULL) ? " -> " : "",
			printable(mos_get_str(row, "next", ""), next, sizeof(next)));
	}
}

static int stats(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_field field[] = {mos_bool("transitions", 1)};
	const int with_transitions = args->n > 1 && strcmp(args->word[1], "transitions") == 0;
	struct mos_reply reply;
	if (args->n > 1 && !with_transitions)
		return ctl_usage(ctl, "stats: takes nothing but \"transitions\"");
	int code = ctl_call(ctl, "hermes.library.stats", field, (size_t)with_transitions, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		const int64_t n = mos_get_int(&reply.value, "songs", 0),
			      size = mos_get_int(&reply.value, "size_bytes", 0);
		printf("%lld songs, %lld artists, %lld chords, %.1f MB (%lld bytes a song)\n", (long long)n,
			(long long)mos_get_int(&reply.value, "artists", 0),
			(long long)mos_get_int(&reply.value, "chords", 0), (double)size * 1e-6,
			(long long)(n ? size / n : 0));
		print_counts(mos_get(&reply.value, "keys"), "keys", "key", 24);
		print_counts(mos_get(&reply.value, "decades"), "decades", "decade", 32);
		print_counts(mos_get(&reply.value, "genres"), "genres", "genre", 12);
		print_counts(mos_get(&reply.value, "vectors"), "vectors", "name", 32);
		if (with_transitions) {
			print_transitions(mos_get(&reply.value, "transitions"));
			print_statistics(mos_get(&reply.value, "statistics"));
		}
	}
	mos_reply_finish(&reply);
	return code;
}

static int check(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	char text[256];
	if (!ctl->timeout_ms)
		ctl->timeout_ms = 600'000;
	int code = ctl_call(ctl, "hermes.library.check", NULL, 0, &reply);
	if (code != CTL_OK)
		return code;
	const struct mos_value *errors = mos_get(&reply.value, "errors");
	const int64_t n = mos_get_int(&reply.value, "n_errors", 0);
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%lld faults\n", (long long)n);
	for (uint32_t i = 0; !ctl->json && errors && errors->type == MOS_VALUE_LIST && i < errors->len; i++)
		if (errors->u.items[i].type == MOS_VALUE_STR)
			printf("%s\n", printable(errors->u.items[i].u.str, text, sizeof(text)));
	mos_reply_finish(&reply);
	return code == CTL_OK && n > 0 ? CTL_FAILED : code;
}

static const struct {
	const char *name;
	int (*run)(struct ctl *ctl, const struct ctl_args *args);
} verbs[] = {{"import", library_import}, {"search", search}, {"show", show}, {"remove", remove_song},
	{"stats", stats}, {"embed", library_embed}, {"check", check}};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(args->word[0], verbs[i].name) == 0)
			return verbs[i].run(ctl, args);
	return ctl_usage(
		ctl, "library: \"%s\" is none of import search show remove stats embed check", args->word[0]);
}

const struct command cmd_library = {
	.name = "library",
	.words = "VERB [WORDS]",
	.summary = "The library of songs: found by harmony, words, key, year",
	.text = "  import DIR|FILE...      music in all formats, and tables of songs; again: only what is "
		"new\n"
		"  search [PHRASE]         \"ii V I\", \"vi IV I V\" in the key; Dm7 G7 C in any; ? is any "
		"one chord\n"
		"  show ID                 a song and all its chords\n"
		"  remove ID\n"
		"  stats [transitions]\n"
		"  embed                   makes vectors of songs that have none yet: search --like is on\n"
		"  embed NAME VECTORS.npy SONGS.txt\n"
		"                          takes others': float32, and a line for each row, whose it is\n"
		"  check                   reads everything\n"
		"\n"
		"Tables are comma or tab separated with a line of names, or one JSON object a line: title, "
		"artist,\n"
		"album, genre, year, key, and chords (\"<verse_1> C Am F G\") or numerals. Others: songs "
		"with "
		"the 27\n"
		"slots of the chord cubes (search --like ID --vectors slots), and statistics: chord, next, "
		"count.",
	.example = "  mosctl library import ~/Music/scores songs.csv\n"
		   "  mosctl library search ii V I --years 1950-1969\n"
		   "  mosctl library search --similar I V vi IV\n"
		   "  mosctl library embed && mosctl library search --like 17",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};

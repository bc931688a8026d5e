/* SPDX-License-Identifier: MIT */
#include "songs.h"

#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>
#include <mos/tonality.h>
#include <yyjson.h>

#include "harmony.h"

#define N HARMONY_N_TOKENS
#define MAX_SONG 400

struct song_source {
	uint32_t next[N][N]; /**< running sums: how often `to` or a smaller one follows `from` */
	uint32_t first[N];
	unsigned n_learned;
};

const char songs_head[] = "id,title,artist,genres,release_date,key,chords\n";

static void learn_song(struct song_source *source, yyjson_val *song)
{
	yyjson_val *chord, *keys = yyjson_obj_get(song, "keys");
	const char *key = yyjson_get_str(yyjson_arr_get(yyjson_arr_get_first(keys), 2));
	yyjson_arr_iter it = yyjson_arr_iter_with(yyjson_obj_get(song, "chords"));
	struct mos_tonality tonality;
	uint8_t last = HARMONY_BREAK;
	if (!key || mos_tonality_parse(key, strcspn(key, ":"), &tonality) < 0)
		return;
	source->n_learned++;
	while ((chord = yyjson_arr_iter_next(&it))) {
		struct mos_chord as_chord;
		const char *label = yyjson_get_str(yyjson_arr_get(chord, 2));
		if (mos_chord_parse(label, SIZE_MAX, &as_chord, NULL) < 0 ||
			as_chord.family == MOS_CHORD_NONE)
			continue;
		const uint8_t token =
			harmony_token(mos_tone_class(as_chord.root) - mos_tone_class(tonality.tonic),
				(enum mos_chord_family)as_chord.family);
		if (token == last)
			continue;
		if (last == HARMONY_BREAK)
			source->first[token]++;
		else
			source->next[last][token]++;
		last = token;
	}
}

static int learn(struct song_source *source, const char *corpora)
{
	char path[4096], *line = NULL;
	size_t cap = 0;
	(void)snprintf(path, sizeof(path), "%s/chords/isophonics.jsonl", corpora);
	FILE *from = fopen(path, "r");
	if (!from)
		return -1;
	while (getline(&line, &cap, from) > 0) {
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);
		learn_song(source, yyjson_doc_get_root(doc));
		yyjson_doc_free(doc);
	}
	free(line);
	(void)fclose(from);
	return source->n_learned ? 0 : -1;
}

static void sum_up(uint32_t *count)
{
	for (unsigned i = 1; i < N; i++)
		count[i] += count[i - 1];
}

struct song_source *songs_new(const char *corpora)
{
	struct song_source *source = calloc(1, sizeof(*source));
	if (!source || learn(source, corpora) < 0) {
		free(source);
		return NULL;
	}
	sum_up(source->first);
	for (unsigned i = 0; i < N; i++)
		sum_up(source->next[i]);
	return source;
}

void songs_free(struct song_source *source)
{
	free(source);
}

unsigned songs_learned(const struct song_source *source)
{
	return source->n_learned;
}

/* SplitMix64: the song's number is the seed. */
static uint32_t roll(uint64_t *state, uint32_t below)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(((z ^ z >> 31) >> 32) * below >> 32);
}

static uint8_t pick(const uint32_t *sum, uint64_t *state)
{
	if (sum[N - 1] == 0)
		return harmony_token(0, MOS_CHORD_MAJOR);
	const uint32_t at = roll(state, sum[N - 1]);
	uint8_t token = 0;
	while (sum[token] <= at)
		token++;
	return token;
}

struct song {
	int tonic;
	uint32_t artist, genre, year;
	uint8_t token[MAX_SONG];
	uint16_t section[MAX_SONG]; /**< 1 + kind where one begins */
	unsigned n;
};

static void make_song(const struct song_source *source, uint64_t number, struct song *song)
{
	static const uint8_t plan[] = {
		0, 1, 2, 1, 2, 3, 2}; /* intro verse chorus verse chorus bridge chorus */
	uint64_t state = number * UINT64_C(0xd1342543de82ef95) + 1;
	uint8_t part[4][8];
	unsigned len[4];
	song->tonic = (int)roll(&state, 12);
	song->artist = roll(&state, 60000);
	song->artist = roll(&state, song->artist + 1); /* a few have many songs */
	song->genre = roll(&state, 40);
	song->year = 1950 + roll(&state, 75);
	song->n = 0;
	uint8_t token = pick(source->first, &state);
	for (unsigned p = 0; p < 4; p++) {
		len[p] = 4 + 4 * roll(&state, 2);
		for (unsigned i = 0; i < len[p]; i++) {
			part[p][i] = token;
			token = pick(source->next[token], &state);
		}
	}
	for (unsigned s = 0; s < sizeof(plan); s++) {
		const unsigned p = plan[s], times = 1 + roll(&state, 3);
		song->section[song->n] = (uint16_t)(p + 1);
		for (unsigned t = 0; t < times; t++) {
			for (unsigned i = 0; i < len[p] && song->n + 1 < MAX_SONG; i++) {
				if (t > 0 || i > 0)
					song->section[song->n] = 0;
				song->token[song->n++] = part[p][i];
			}
		}
		song->section[song->n] = 0;
	}
}

/** Chords as a table in the wild writes them: "Fsmin". */
static size_t write_chord(uint8_t token, int tonic, char *to)
{
	static const char *const roots[] = {"C", "Cs", "D", "Eb", "E", "F", "Fs", "G", "Ab", "A", "Bb", "B"};
	static const char *const families[] = {"", "", "min", "dim", "aug", "sus4", "no3d"};
	return (size_t)sprintf(
		to, "%s%s", roots[(harmony_root(token) + tonic) % 12], families[harmony_family(token)]);
}

size_t songs_write(const struct song_source *source, uint64_t i, char *buf, size_t size)
{
	static const char *const names[] = {"intro", "verse", "chorus", "bridge"};
	struct song song;
	make_song(source, i, &song);
	/* Every other song says its key. */
	char key[8] = "";
	if (i & 1)
		(void)mos_tonality_format(mos_tonality_from_class(song.tonic, 0), key, sizeof(key));
	size_t n = (size_t)snprintf(buf, size, "%llu,Song number %llu,Artist %u,'genre %u',%u-01-01,%s,",
		(unsigned long long)i, (unsigned long long)i, song.artist, song.genre, song.year, key);
	for (unsigned c = 0; c < song.n && n + 64 < size; c++) {
		if (song.section[c])
			n += (size_t)sprintf(buf + n, "<%s_1> ", names[song.section[c] - 1]);
		n += write_chord(song.token[c], song.tonic, buf + n);
		buf[n++] = c + 1 < song.n ? ' ' : '\n';
	}
	return n;
}

size_t songs_words(const struct song_source *source, uint64_t i, char *buf, size_t size)
{
	struct song song;
	size_t n = 0;
	make_song(source, i, &song);
	for (unsigned c = 0; c < song.n && n + 16 < size; c++)
		if (c == 0 || song.token[c] != song.token[c - 1])
			n += (size_t)sprintf(buf + n, "c%uf%u ", (unsigned)harmony_root(song.token[c]),
				(unsigned)harmony_family(song.token[c]));
	return n;
}

/* SPDX-License-Identifier: MIT */
/* The library of songs: what is found in it (LIB-01..10). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mos/tonality.h>

#include "caps.h"
#include "json_wire.h"
#include "shelf_task.h"

#define LIMIT_MAX 200
#define TRANSITIONS_SHOWN 50u
#define TEXT_BYTES 256u

/** The connection of the reader that does this task. Before anything was imported there is no library to
 * read. */
static int open_reader(struct task *task, struct library **ret, struct failure *failure)
{
	struct library **lib = &task->hermes->shelf.search[task->option];
	const int rc = library_open_for(task, LIBRARY_READ, lib, failure);
	if (rc == -ENOENT)
		return failure_set(
			failure, rc, "hermes.library.absent", "the library is empty: import songs first");
	*ret = *lib;
	return rc;
}

static struct task *new_reader_task(struct rpc_request *req, int (*work)(struct task *, struct failure *))
{
	struct task *task = task_new(req, work);
	if (task) {
		struct shelf *shelf = &task->hermes->shelf;
		task->option = (int)(shelf->turn++ % SHELF_READERS);
		task->worker = &shelf->reader[task->option];
	}
	return task;
}

/* --- hermes.library.search --- */

struct search_wish {
	struct library_query query;
	char phrase[TEXT_BYTES], text[TEXT_BYTES], artist[TEXT_BYTES], genre[TEXT_BYTES], vectors[TEXT_BYTES];
};

static void put_key(struct score_bytes *out, int tonic, int minor)
{
	char text[16];
	if (tonic < 0 || mos_tonality_format(mos_tonality_from_class(tonic, minor), text, sizeof(text)) < 0)
		json_put_null(out, "key");
	else
		json_put_text(out, "key", text);
}

static void put_number_if(struct score_bytes *out, const char *key, int64_t number)
{
	if (number > 0)
		json_put_number(out, key, number);
}

static void put_text_if(struct score_bytes *out, const char *key, const char *text)
{
	if (*text)
		json_put_text(out, key, text);
}

static void put_distance(struct score_bytes *out, float distance)
{
	char text[16];
	const int units = (int)(distance * 10000 + 0.5f);
	(void)snprintf(text, sizeof(text), "%d.%04d", units / 10000, units % 10000);
	json_put_raw(out, "distance", text, strlen(text));
}

static void put_hit(struct score_bytes *out, const struct library_hit *hit, int is_phrase, int is_like)
{
	json_open(out, NULL, '{');
	json_put_number(out, "id", hit->id);
	json_put_text(out, "title", hit->title);
	put_text_if(out, "artist", hit->artist);
	put_number_if(out, "year", hit->year);
	put_key(out, hit->tonic, hit->minor);
	json_put_bool(out, "key_inferred", hit->key_inferred);
	json_put_number(out, "chords", hit->n_chords);
	if (is_phrase) {
		json_put_number(out, "hits", hit->hits);
		json_put_number(out, "place", hit->place);
		put_text_if(out, "section", hit->section);
		json_put_text(out, "around", hit->around);
	}
	if (*hit->phrase || is_like)
		put_distance(out, hit->distance < 0 ? 0 : hit->distance);
	put_text_if(out, "phrase", hit->phrase);
	json_close(out, '}');
}

static int work_search(struct task *task, struct failure *failure)
{
	const struct search_wish *wish = task->memory;
	struct library *lib = NULL;
	struct library_found found;
	const int64_t began_ns = library_now_ns();
	int rc = open_reader(task, &lib, failure);
	if (rc < 0)
		return rc;
	rc = library_search(lib, &wish->query, &found);
	if (rc < 0)
		return library_failure(failure, rc, lib);
	json_open(&task->result, "songs", '[');
	for (uint32_t i = 0; i < found.n; i++)
		put_hit(&task->result, &found.hit[i], wish->query.phrase && !wish->query.like,
			wish->query.like > 0);
	json_close(&task->result, ']');
	json_put_number(&task->result, "n_songs", (int64_t)found.n_songs);
	json_put_number(&task->result, "n_hits", (int64_t)found.n_hits);
	json_put_number(&task->result, "us", (library_now_ns() - began_ns) / 1000);
	library_found_finish(&found);
	return 0;
}

/** @return 0; -EINVAL with the request's error filled. */
static int read_text(struct rpc_request *req, const msgpack_object *params, const char *key,
	char buf[static TEXT_BYTES], const char **ret)
{
	const int rc = wire_get_str(params, key, buf, TEXT_BYTES);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rpc_fail_at(req, key, "rpc.params.invalid", "a text of at most %u bytes is expected",
			TEXT_BYTES - 1);
	*ret = buf;
	return 0;
}

static int read_key(struct rpc_request *req, const msgpack_object *params, struct library_query *query)
{
	struct mos_tonality tonality;
	char text[32];
	query->tonic = LIBRARY_NO_KEY;
	query->minor = -1;
	if (!wire_get(params, "key"))
		return 0;
	if (wire_get_str(params, "key", text, sizeof(text)) < 0 ||
		mos_tonality_parse(text, SIZE_MAX, &tonality) < 0)
		return rpc_fail_at(
			req, "key", "rpc.params.invalid", "a key is written as \"G\", \"Am\", \"Bb minor\"");
	query->tonic = mos_tone_class(tonality.tonic);
	query->minor = tonality.minor;
	return 0;
}

static int64_t number_of(
	const msgpack_object *params, const char *key, int64_t least, int64_t most, int64_t otherwise)
{
	int64_t number;
	if (wire_get_i64(params, key, &number) < 0)
		return otherwise;
	return number < least ? least : number > most ? most : number;
}

static int read_wish(struct rpc_request *req, const msgpack_object *params, struct search_wish *wish)
{
	struct library_query *query = &wish->query;
	(void)wire_get_bool(params, "minor_scale", &query->phrase_minor);
	(void)wire_get_bool(params, "any_key", &query->any_key);
	(void)wire_get_bool(params, "similar", &query->similar);
	query->year_from = (int)number_of(params, "year_from", 0, 3000, 0);
	query->year_to = (int)number_of(params, "year_to", 0, 3000, 0);
	query->offset = (uint32_t)number_of(params, "offset", 0, UINT32_MAX, 0);
	query->limit = (uint32_t)number_of(params, "limit", 1, LIMIT_MAX, 20);
	query->like = number_of(params, "like", INT64_MIN, UINT32_MAX, 0);
	int rc = read_text(req, params, "phrase", wish->phrase, &query->phrase);
	if (rc == 0)
		rc = read_text(req, params, "text", wish->text, &query->text);
	if (rc == 0)
		rc = read_text(req, params, "artist", wish->artist, &query->artist);
	if (rc == 0)
		rc = read_text(req, params, "genre", wish->genre, &query->genre);
	if (rc == 0)
		rc = read_text(req, params, "vectors", wish->vectors, &query->vectors);
	if (rc == 0 && query->like <= 0 && wire_get(params, "like"))
		rc = rpc_fail_at(req, "like", "rpc.params.invalid", "a song's number is expected");
	if (rc == 0 && query->like > 0 && query->phrase)
		rc = rpc_fail_at(req, "like", "rpc.params.invalid",
			"a search is for a phrase, or for what is like a song");
	return rc == 0 ? read_key(req, params, query) : rc;
}

static int handle_search(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = new_reader_task(req, work_search);
	struct search_wish *wish = calloc(1, sizeof(*wish));
	if (!task || !wish) {
		free(wish);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	task->memory = wish;
	const int rc = read_wish(req, params, wish);
	return rc < 0 ? task_drop(task, rc) : task_start(task);
}

/* --- hermes.library.get --- */

static int work_get(struct task *task, struct failure *failure)
{
	struct library *lib = NULL;
	struct library_detail detail;
	int rc = open_reader(task, &lib, failure);
	if (rc < 0)
		return rc;
	rc = library_get(lib, task->number, &detail);
	if (rc < 0)
		return library_failure(failure, rc, lib);
	struct score_bytes *out = &task->result;
	json_put_number(out, "id", task->number);
	json_put_text(out, "title", detail.title);
	put_text_if(out, "artist", detail.artist);
	put_text_if(out, "album", detail.album);
	put_text_if(out, "genre", detail.genre);
	put_number_if(out, "year", detail.year);
	put_key(out, detail.tonic, detail.minor);
	json_put_bool(out, "key_inferred", detail.key_inferred);
	put_number_if(out, "tempo_bpm", detail.tempo_bpm);
	put_text_if(out, "origin", detail.origin);
	put_text_if(out, "score_id", detail.score_id);
	json_put_text(out, "chords", detail.chords);
	library_detail_finish(&detail);
	return 0;
}

static int handle_get(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = new_reader_task(req, work_get);
	if (!task)
		return -ENOMEM;
	(void)wire_get_i64(params, "id", &task->number);
	return task_start(task);
}

/* --- hermes.library.stats --- */

struct transition {
	uint64_t n;
	uint8_t from, to;
};

static int compare_transitions(const void *a, const void *b)
{
	const struct transition *x = a, *y = b;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->from != y->from ? x->from - y->from : x->to - y->to;
}

static int put_transitions(struct task *task, struct library *lib)
{
	enum { N = HARMONY_N_TOKENS };
	uint64_t *sum = malloc(sizeof(*sum) * N * N);
	struct transition *all = malloc(sizeof(*all) * N * N);
	int rc = sum && all ? library_transitions(lib, sum) : -ENOMEM;
	for (unsigned i = 0; i < N * N && rc == 0; i++)
		all[i] = (struct transition){sum[i], (uint8_t)(i / N), (uint8_t)(i % N)};
	if (rc == 0)
		qsort(all, (size_t)N * N, sizeof(*all), compare_transitions);
	json_open(&task->result, "transitions", '[');
	for (unsigned i = 0; i < TRANSITIONS_SHOWN && rc == 0 && all[i].n > 0; i++) {
		char text[HARMONY_TEXT_MAX];
		json_open(&task->result, NULL, '{');
		harmony_format(all[i].from, text);
		json_put_text(&task->result, "from", text);
		harmony_format(all[i].to, text);
		json_put_text(&task->result, "to", text);
		json_put_number(&task->result, "n", (int64_t)all[i].n);
		json_close(&task->result, '}');
	}
	json_close(&task->result, ']');
	free(sum);
	free(all);
	return rc;
}

static void put_statistic(void *data, const char *chord, const char *next, double n)
{
	struct score_bytes *out = data;
	char text[32];
	if (out->n > 40000) /* an answer is one frame */
		return;
	json_open(out, NULL, '{');
	json_put_text(out, "chord", chord);
	put_text_if(out, "next", next);
	/* counts, or shares of one */
	(void)snprintf(text, sizeof(text), "%.12g", n);
	json_put_raw(out, "n", text, strlen(text));
	json_close(out, '}');
}

static int put_statistics(struct score_bytes *out, struct library *lib)
{
	json_open(out, "statistics", '[');
	const int rc = library_statistics(lib, TRANSITIONS_SHOWN, put_statistic, out);
	json_close(out, ']');
	return rc;
}

static void put_keys(struct score_bytes *out, const struct library_stats *stats)
{
	json_open(out, "keys", '[');
	for (int key = 0; key < 24; key++) {
		if (stats->by_key[key] == 0)
			continue;
		json_open(out, NULL, '{');
		put_key(out, key / 2, key & 1);
		json_put_number(out, "n", (int64_t)stats->by_key[key]);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void put_genre(void *data, const char *genre, uint64_t n)
{
	struct score_bytes *out = data;
	if (out->n > 40000) /* an answer is one frame */
		return;
	json_open(out, NULL, '{');
	json_put_text(out, "genre", genre);
	json_put_number(out, "n", (int64_t)n);
	json_close(out, '}');
}

static int work_stats(struct task *task, struct failure *failure)
{
	struct library *lib = NULL;
	struct library_stats stats;
	struct score_bytes *out = &task->result;
	int rc = open_reader(task, &lib, failure);
	if (rc == 0)
		rc = library_stats(lib, &stats);
	else
		return rc;
	if (rc < 0)
		return library_failure(failure, rc, lib);
	json_put_number(out, "songs", (int64_t)stats.n_songs);
	json_put_number(out, "artists", (int64_t)stats.n_artists);
	json_put_number(out, "chords", (int64_t)stats.n_chords);
	json_put_number(out, "changes", (int64_t)stats.n_changes);
	json_put_number(out, "symbols", (int64_t)stats.n_symbols);
	json_put_number(out, "size_bytes", (int64_t)stats.size_bytes);
	put_keys(out, &stats);
	json_open(out, "decades", '[');
	for (uint32_t i = 0; i < stats.n_decades; i++) {
		json_open(out, NULL, '{');
		json_put_number(out, "decade", stats.decade[i].decade);
		json_put_number(out, "n", (int64_t)stats.decade[i].n);
		json_close(out, '}');
	}
	json_close(out, ']');
	if (task->number)
		rc = put_transitions(task, lib);
	if (rc == 0 && task->number)
		rc = put_statistics(out, lib);
	if (rc == 0)
		rc = library_put_vectors(out, lib);
	json_open(out, "genres", '[');
	if (rc == 0)
		rc = library_genres(lib, put_genre, out);
	json_close(out, ']');
	return rc < 0 ? library_failure(failure, rc, lib) : 0;
}

static int handle_stats(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = new_reader_task(req, work_stats);
	int transitions = 0;
	if (!task)
		return -ENOMEM;
	(void)wire_get_bool(params, "transitions", &transitions);
	task->number = transitions;
	return task_start(task);
}

/* --- hermes.library.check --- */

static void put_fault(void *data, const char *fault)
{
	struct score_bytes *out = data;
	if (out->n < 40000)
		json_put_text(out, NULL, fault);
}

static int work_check(struct task *task, struct failure *failure)
{
	struct library *lib = NULL;
	int rc = open_reader(task, &lib, failure);
	if (rc < 0)
		return rc;
	json_open(&task->result, "errors", '[');
	const int64_t n = library_check(lib, put_fault, &task->result);
	json_close(&task->result, ']');
	if (n < 0)
		return library_failure(failure, (int)n, lib);
	json_put_number(&task->result, "n_errors", n);
	return 0;
}

static int handle_check(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = new_reader_task(req, work_check);
	return task ? task_start(task) : -ENOMEM;
}

static const struct rpc_param search_params[] = {{"phrase", RPC_STR}, {"minor_scale", RPC_BOOL},
	{"any_key", RPC_BOOL}, {"similar", RPC_BOOL}, {"text", RPC_STR}, {"artist", RPC_STR},
	{"genre", RPC_STR}, {"year_from", RPC_INT}, {"year_to", RPC_INT}, {"key", RPC_STR},
	{"offset", RPC_INT}, {"limit", RPC_INT}, {"like", RPC_INT}, {"vectors", RPC_STR}, {0}};
static const struct rpc_param id_params[] = {{"id", RPC_INT | RPC_REQUIRED}, {0}};
static const struct rpc_param stats_params[] = {{"transitions", RPC_BOOL}, {0}};

static const struct rpc_method methods[] = {
	{"hermes.library.search", handle_search, search_params, .caps = CAP_SCORE_READ},
	{"hermes.library.get", handle_get, id_params, .caps = CAP_SCORE_READ},
	{"hermes.library.stats", handle_stats, stats_params, .caps = CAP_SCORE_READ},
	{"hermes.library.check", handle_check, NULL, .caps = CAP_SCORE_READ},
};

const struct rpc_table library_methods = {methods, sizeof(methods) / sizeof(methods[0])};

/* SPDX-License-Identifier: MIT */
/*
 * The library (LIB-01): a million songs that go like real ones imported from a table, then asked for phrases,
 * alone and while a thousand readers ask and more songs come in; then for what is like a song. Beside it, at
 * a tenth of the size, the same songs as documents of SQLite's FTS5, asked for the same phrases. Processor
 * time is told beside time: on a machine that has other work it is the fairer figure.
 *
 *   bench-library [SONGS]
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "bench.h"
#include "songs.h"
#include "table.h"

#define N_READERS 1000
#define N_CONNECTIONS 4

static char dir[] = "/var/tmp/mos-bench-library-XXXXXX";
static char file[80], peer_file[80];

static const char *const phrases[] = {"I V vi IV", "vi IV I V", "I vi IV V", "ii V I", "I IV V I", "I V IV I",
	"I IV I V", "I bVII IV I", "i bVII bVI V", "I IV V IV", "IV I V vi", "I iii IV V", "I IV iv I",
	"V IV I", "I ii IV V", "vi ii V I", "iii vi ii V", "i iv v i", "bVI bVII I", "i bVII i",
	"I V vi iii IV I IV V", "I V ii IV", "IV V iii vi", "ii ? I", "I ? IV V", "vi IV I V vi", "ii V I vi",
	"I vi ii V I", "Dm7 G7 Cmaj7", "Am F C G"};
#define N_PHRASES (sizeof(phrases) / sizeof(phrases[0]))

static void die(const char *what)
{
	fprintf(stderr, "bench-library: %s\n", what);
	exit(1);
}

struct feed {
	const struct song_source *source;
	uint64_t first, n;
	int fd;
};

/** Writes the table into a pipe, so that it need not lie anywhere. */
static void *feed(void *data)
{
	const struct feed *feed = data;
	char *buf = malloc(1 << 20);
	size_t n = strlen(songs_head);
	memcpy(buf, songs_head, n);
	for (uint64_t i = 0; i < feed->n; i++) {
		n += songs_write(feed->source, feed->first + i, buf + n, 16384);
		if (n > (1 << 20) - 16384 || i + 1 == feed->n) {
			for (size_t at = 0; at < n;) {
				const ssize_t put = write(feed->fd, buf + at, n - at);
				if (put <= 0)
					die("the pipe broke");
				at += (size_t)put;
			}
			n = 0;
		}
	}
	free(buf);
	close(feed->fd);
	return NULL;
}

static double import(
	struct library *lib, const struct song_source *source, uint64_t first, uint64_t n, const char *name)
{
	int pipe_fd[2];
	pthread_t thread;
	struct table_import *table;
	char why[LIBRARY_WHY];
	if (pipe(pipe_fd) < 0)
		die("no pipe");
	struct feed from = {source, first, n, pipe_fd[1]};
	const int64_t begin = bench_now_ns();
	pthread_create(&thread, NULL, feed, &from);
	if (table_open(lib, pipe_fd[0], name, &table, why) < 0)
		die(why);
	int rc;
	while ((rc = table_step(table, 50000)) > 0) {
	}
	if (rc < 0)
		die(library_why(lib));
	pthread_join(thread, NULL);
	if (table_progress(table)->n_songs != n || table_progress(table)->n_unread_chords)
		die("songs or chords are missing");
	table_close(table);
	return (double)(bench_now_ns() - begin) * 1e-9;
}

static struct library *open_reader(void)
{
	struct library *lib;
	char why[LIBRARY_WHY];
	if (library_open(file, LIBRARY_READ, &lib, why) < 0)
		die(why);
	return lib;
}

/** Processor time of this thread. */
static int64_t cpu_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static double ask(struct library *lib, unsigned which, int any_key, uint64_t *songs)
{
	const struct library_query query = {.phrase = phrases[which % N_PHRASES],
		.any_key = any_key,
		.tonic = LIBRARY_NO_KEY,
		.minor = -1,
		.limit = 20};
	struct library_found found;
	const int64_t begin = bench_now_ns();
	if (library_search(lib, &query, &found) < 0)
		die(library_why(lib));
	const int64_t end = bench_now_ns();
	*songs += found.n_songs;
	library_found_finish(&found);
	return (double)(end - begin) * 1e-6;
}

/** Median and p99, beside those of a peer. */
static void report(const char *name, double *ms, size_t n, const char *peer, double *peer_ms, size_t n_peer)
{
	static const struct {
		const char *name;
		double at;
	} quantile[] = {{"p50", 0.5}, {"p99", 0.99}};
	char figure[96];
	bench_sort(ms, n);
	if (peer)
		bench_sort(peer_ms, n_peer);
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(figure, sizeof(figure), "library: %s %s", name, quantile[i].name);
		bench_print(figure, bench_at(ms, n, quantile[i].at), "ms", peer,
			peer ? bench_at(peer_ms, n_peer, quantile[i].at) : 0);
	}
}

static void ask_alone(void)
{
	enum { ROUNDS = 20 };
	static double ms[ROUNDS * N_PHRASES], cpu_ms[ROUNDS * N_PHRASES];
	struct library *lib = open_reader();
	for (int any_key = 0; any_key < 2; any_key++) {
		uint64_t songs = 0;
		for (unsigned i = 0; i < N_PHRASES; i++)
			(void)ask(lib, i, any_key, &songs);
		for (unsigned i = 0; i < ROUNDS * N_PHRASES; i++) {
			const int64_t begin = cpu_ns();
			ms[i] = ask(lib, i, any_key, &songs);
			cpu_ms[i] = (double)(cpu_ns() - begin) * 1e-6;
		}
		fprintf(stderr, "%s: %llu songs an answer on average\n", any_key ? "any key" : "in the key",
			(unsigned long long)(songs / ((ROUNDS + 1) * N_PHRASES)));
		if (getenv("BENCH_VERBOSE"))
			for (unsigned i = 0; i < N_PHRASES; i++)
				fprintf(stderr, "  %-22s %.2f ms, of the processor's %.2f ms\n", phrases[i],
					ms[i], cpu_ms[i]);
		report(any_key ? "phrase in any key" : "phrase in the key", ms, ROUNDS * N_PHRASES, NULL,
			NULL, 0);
		report(any_key ? "phrase in any key, processor time" : "phrase in the key, processor time",
			cpu_ms, ROUNDS * N_PHRASES, NULL, NULL, 0);
	}
	library_close(lib);
}

/** Vectors of all songs, and the nearest ones of some (LIB-06). */
static void ask_for_like(struct library *lib, uint64_t n_songs)
{
	enum { QUESTIONS = 40 };
	static double ms[QUESTIONS];
	int rc;
	int64_t begin = bench_now_ns();
	while ((rc = library_embed(lib, 50000)) > 0) {
	}
	if (rc < 0)
		die(library_why(lib));
	bench_print("library: vectors", (double)n_songs / ((double)(bench_now_ns() - begin) * 1e-9),
		"songs/s", NULL, 0);
	struct library *reader = open_reader();
	for (unsigned i = 0; i < QUESTIONS; i++) {
		const struct library_query query = {.like = 1 + (int64_t)(n_songs * i / QUESTIONS),
			.tonic = LIBRARY_NO_KEY,
			.minor = -1,
			.limit = 20};
		struct library_found found;
		begin = cpu_ns();
		if (library_search(reader, &query, &found) < 0)
			die(library_why(reader));
		ms[i] = (double)(cpu_ns() - begin) * 1e-6;
		library_found_finish(&found);
	}
	library_close(reader);
	report("songs like one, processor time", ms, QUESTIONS, NULL, NULL, 0);
}

/* A thousand readers with a handful of connections, as the service has them. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t free;
	struct library *lib[N_CONNECTIONS];
	int n;
	volatile int stop;
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, 0};

static struct {
	double *ms;
	size_t n, cap;
} answers;

static void *read_on(void *data)
{
	const unsigned self = (unsigned)(uintptr_t)data;
	uint64_t songs = 0;
	uint32_t state = self * 2654435761u;
	for (unsigned i = self; !pool.stop; i++) {
		/* A person looks at the answer, ten seconds on average. */
		state = state * 1664525u + 1013904223u;
		const int64_t end = bench_now_ns() + (int64_t)(state >> 12) * 19073;
		/* A thousand that look around often would be a load of their own. */
		for (int64_t left_ns; (left_ns = end - bench_now_ns()) > 0 && !pool.stop;)
			usleep(left_ns < 500'000'000 ? (useconds_t)(left_ns / 1000) : 500'000);
		if (pool.stop)
			break; /* all at once would be another question */
		const int64_t begin = bench_now_ns();
		pthread_mutex_lock(&pool.lock);
		while (pool.n == 0)
			pthread_cond_wait(&pool.free, &pool.lock);
		struct library *lib = pool.lib[--pool.n];
		pthread_mutex_unlock(&pool.lock);
		(void)ask(lib, i, 0, &songs);
		const double ms = (double)(bench_now_ns() - begin) * 1e-6;
		pthread_mutex_lock(&pool.lock);
		pool.lib[pool.n++] = lib;
		if (answers.n < answers.cap)
			answers.ms[answers.n++] = ms;
		pthread_cond_signal(&pool.free);
		pthread_mutex_unlock(&pool.lock);
	}
	return NULL;
}

static void ask_while_importing(
	struct library *lib, const struct song_source *source, uint64_t first, uint64_t n)
{
	static pthread_t thread[N_READERS];
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	answers.cap = 1 << 20;
	answers.ms = malloc(answers.cap * sizeof(double));
	for (int i = 0; i < N_CONNECTIONS; i++)
		pool.lib[pool.n++] = open_reader();
	for (uintptr_t i = 0; i < N_READERS; i++)
		if (pthread_create(&thread[i], &attr, read_on, (void *)i) != 0)
			die("too few threads");
	const double seconds = import(lib, source, first, n, "more songs");
	pool.stop = 1;
	for (int i = 0; i < N_READERS; i++)
		pthread_join(thread[i], NULL);
	bench_print("library: import beside 1,000 readers", (double)n / seconds, "songs/s", NULL, 0);
	fprintf(stderr, "%zu answers to 1,000 readers in %.1f s\n", answers.n, seconds);
	report("one of 1,000 readers while importing", answers.ms, answers.n, NULL, NULL, 0);
	while (pool.n > 0)
		library_close(pool.lib[--pool.n]);
	free(answers.ms);
}

/* ---- the peer: one document a song in FTS5 ---- */

static void exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
}

/** "ii V I" as words of a document, in one key. */
static int words_of(const char *text, char *buf, size_t size)
{
	struct harmony_phrase phrase;
	size_t where, n = 0;
	if (harmony_phrase_parse(text, 0, &phrase, &where) < 0 || phrase.any_key)
		return -1;
	buf[n++] = '"';
	for (unsigned i = 0; i < phrase.n; i++) {
		if (phrase.step[i] == HARMONY_ANY)
			return -1;
		n += (size_t)snprintf(buf + n, size - n, "%sc%uf%u", i ? " " : "",
			(unsigned)harmony_root(phrase.step[i]), (unsigned)harmony_family(phrase.step[i]));
	}
	(void)snprintf(buf + n, size - n, "\"");
	return 0;
}

static void ask_peer(const struct song_source *source, uint64_t n_songs, double rate)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	static char words[65536];
	static double ms[20 * N_PHRASES], ours[20 * N_PHRASES];
	size_t n = 0, n_ours = 0;
	if (sqlite3_open(peer_file, &db) != SQLITE_OK)
		die("no peer");
	exec(db, "PRAGMA journal_mode=WAL; PRAGMA mmap_size=8589934592;"
		 "CREATE VIRTUAL TABLE song USING fts5(changes, content='', tokenize='ascii'); BEGIN");
	int64_t begin = bench_now_ns();
	sqlite3_prepare_v2(db, "INSERT INTO song(rowid,changes) VALUES(?1,?2)", -1, &stmt, NULL);
	for (uint64_t i = 0; i < n_songs; i++) {
		const size_t len = songs_words(source, i, words, sizeof(words));
		sqlite3_bind_int64(stmt, 1, (int64_t)i + 1);
		sqlite3_bind_text(stmt, 2, words, (int)len, SQLITE_STATIC);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			die(sqlite3_errmsg(db));
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	exec(db, "COMMIT");
	bench_print("library: import at a tenth", rate, "songs/s", "FTS5",
		(double)n_songs / ((double)(bench_now_ns() - begin) * 1e-9));
	sqlite3_prepare_v2(db, "SELECT rowid FROM song WHERE song MATCH ?1", -1, &stmt, NULL);

	struct library *lib = open_reader();
	uint64_t songs = 0;
	for (unsigned i = 0; i < 20 * N_PHRASES; i++) {
		if (words_of(phrases[i % N_PHRASES], words, sizeof(words)) < 0)
			continue;
		begin = bench_now_ns();
		sqlite3_bind_text(stmt, 1, words, -1, SQLITE_STATIC);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
		}
		sqlite3_reset(stmt);
		ms[n++] = (double)(bench_now_ns() - begin) * 1e-6;
		ours[n_ours++] = ask(lib, i, 0, &songs);
	}
	library_close(lib);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	report("phrase at a tenth", ours, n_ours, "FTS5", ms, n);
}

static void remove_files(void)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char path[96];
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", file, suffix[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s%s", peer_file, suffix[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static struct library *open_writer(void)
{
	struct library *lib;
	char why[LIBRARY_WHY];
	if (library_open(file, LIBRARY_WRITE, &lib, why) < 0)
		die(why);
	return lib;
}

int main(int argc, char **argv)
{
	const uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	const char *corpora = getenv("MOS_CORPORA");
	struct song_source *source = songs_new(corpora ? corpora : MOS_CORPORA_DEFAULT);
	if (!source) {
		fprintf(stderr, "bench-library: the collections of chords are not here (set MOS_CORPORA)\n");
		return 77;
	}
	if (!mkdtemp(dir))
		die("no directory");
	(void)snprintf(file, sizeof(file), "%s/library.db", dir);
	(void)snprintf(peer_file, sizeof(peer_file), "%s/peer.db", dir);
	atexit(remove_files);

	const uint64_t tenth = n / 10;
	struct library *lib = open_writer();
	double seconds = import(lib, source, 0, tenth, "a tenth");
	ask_peer(source, tenth, (double)tenth / seconds);
	seconds = import(lib, source, tenth, n - tenth, "the rest");
	bench_print("library: import", (double)(n - tenth) / seconds, "songs/s", NULL, 0);

	struct library_stats stats;
	if (library_stats(lib, &stats) < 0)
		die(library_why(lib));
	bench_print("library: songs", (double)stats.n_songs, "", NULL, 0);
	bench_print("library: changes a song", (double)stats.n_changes / (double)stats.n_songs, "", NULL, 0);
	bench_print(
		"library: size a song", (double)stats.size_bytes / (double)stats.n_songs, "bytes", NULL, 0);
	ask_alone();
	ask_for_like(lib, n);
	ask_while_importing(lib, source, n, n / 2);
	library_close(lib);
	songs_free(source);
	return 0;
}

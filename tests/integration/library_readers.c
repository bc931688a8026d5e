/* SPDX-License-Identifier: MIT */
/*
 * Many readers of the library while songs are imported (LIB-01), each a client of its own that came through
 * the broker, PER_PROCESS of them a process: no answer fails, none is of a state that never was, and the last
 * one has all songs.
 *
 *   library-readers [READERS SONGS [SECONDS]]
 *
 * SECONDS: what a reader looks at an answer, on average; without it questions follow each other. The figures
 * are those of the machine, and are printed, not judged.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mos/client.h>

#define LEAST_ASKED 8u
#define MAX_ANSWERS (1u << 20)
#define PER_PROCESS 50u /* a service takes 64 of one process */

static char dir[] = "/tmp/mos-readers-XXXXXX", runtime[64], store[64];
static pid_t leader, broker, hermes;
static unsigned n_failed;

static void check(int good, const char *what)
{
	static unsigned n;
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++n, what);
	n_failed += !good;
	fflush(stdout);
}

static void end_process(pid_t pid)
{
	if (pid > 0 && kill(pid, SIGTERM) == 0)
		(void)waitpid(pid, NULL, 0);
}

static void clean_up(void)
{
	char command[96];
	end_process(hermes);
	end_process(broker);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	(void)!system(command);
}

static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	fflush(stdout);
	if (getpid() != leader)
		_exit(1); /* the leader cleans up */
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static pid_t start(const char *const *argv)
{
	const pid_t pid = fork();
	if (pid == 0) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static struct mos_client *connect_as(const char *name)
{
	const struct mos_client_options options = {.name = name,
		.runtime_dir = runtime,
		.timeout_ms = 120'000,
		.flags = MOS_CLIENT_CONTROL_ONLY};
	struct mos_client *client;
	struct mos_error error;
	for (int64_t end = now_ns() + INT64_C(60000000000); now_ns() < end; usleep(20000))
		if (mos_client_create(&options, &client, &error) == 0)
			return client;
	die(error.message);
	return NULL;
}

/* ---- songs: number i has these changes above a tonic that differs, so it is known what a search finds ----
 */

static const char *const roots[12] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};

#define KINDS 12u /* of songs; a question finds those of one, or none */

static void write_song(FILE *to, unsigned i)
{
	static const struct {
		int degree;
		const char *suffix;
	} changes[3][4] = {{{2, "m7"}, {7, "7"}, {0, "maj7"}, {9, "m"}}, {{0, ""}, {5, ""}, {7, ""}, {5, ""}},
		{{9, "m"}, {5, ""}, {0, ""}, {4, "m"}}};
	const int kind = (int)(i % KINDS), tonic = (int)(i / KINDS % 12);
	/* What nobody asks for has minor chords only. */
	const int minor[4] = {0, 2 + kind % 3, 5, 7 + kind % 4};
	fprintf(to, "Song %u,Artist %u,%s,", i, i % 997, roots[tonic]);
	for (unsigned k = 0; k < 24 + i % 17; k++)
		fprintf(to, "%s%s ", roots[((kind < 3 ? changes[kind][k % 4].degree : minor[k % 4]) + tonic) % 12],
			kind < 3 ? changes[kind][k % 4].suffix : "m");
	fputc('\n', to);
}

static void write_table(const char *name, unsigned first, unsigned end, char path[static 96])
{
	(void)snprintf(path, 96, "%s/%s", dir, name);
	FILE *to = fopen(path, "w");
	if (!to)
		die("no table");
	fputs("title,artist,key,chords\n", to);
	for (unsigned i = first; i < end; i++)
		write_song(to, i);
	if (fclose(to) != 0)
		die("no table");
}

static const struct question {
	const char *phrase;
	unsigned kind; /* of the songs that have it */
	int any_key;
} questions[] = {{"ii V I", 0, 0}, {"I IV V", 1, 0}, {"vi IV I iii", 2, 0}, {"Dm7 G7 C", 0, 1},
	{"I ? V", 1, 0}, {"IV I iii vi IV", 2, 1}};
#define N_QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static int64_t expected(unsigned kind, unsigned n)
{
	return (n + KINDS - 1 - kind) / KINDS;
}

/** @return songs found; -errno. */
static int64_t ask(struct mos_client *client, const struct question *q)
{
	const struct mos_field field[] = {mos_str("phrase", q->phrase), mos_bool("any_key", q->any_key)};
	struct mos_reply reply;
	const int rc = mos_call(client, "hermes.library.search", field, 2, &reply);
	if (rc < 0)
		return rc;
	const int64_t n = mos_get_int(&reply.value, "n_songs", -EBADMSG);
	mos_reply_finish(&reply);
	return n;
}

static int64_t import(struct mos_client *client, const char *path)
{
	struct mos_reply reply;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct mos_field field[] = {mos_str("name", strrchr(path, '/') + 1), mos_str("path", path)};
	const int rc = mos_call_request(client,
		&(struct mos_request){.method = "hermes.library.import",
			.args = field,
			.n_args = 2,
			.fds = &fd,
			.n_fds = 1,
			.timeout_ms = 600'000},
		&reply);
	close(fd);
	if (rc < 0)
		return rc;
	const int64_t n = mos_get_int(&reply.value, "songs", -EBADMSG);
	mos_reply_finish(&reply);
	return n;
}

/* ---- readers ---- */

static unsigned n_first, n_all;
static double think_s;
/* What all processes share. */
static struct {
	atomic_int is_begun, is_imported;
	atomic_uint n_ready, n_answers, n_wrong, n_refused, n_partial;
	float answer_ms[MAX_ANSWERS];
} *shared;

static void think(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	const int64_t end = now_ns() + (int64_t)((double)(*state >> 8) / (1 << 24) * 2 * think_s * 1e9);
	int64_t left_ns;
	/* A thousand that look around often would be a load of their own. */
	while ((left_ns = end - now_ns()) > 0 && !atomic_load(&shared->is_imported))
		usleep(left_ns < 500'000'000 ? (useconds_t)(left_ns / 1000) : 500'000);
}

static void *read_on(void *data)
{
	struct mos_client *client = data;
	int64_t last[N_QUESTIONS] = {0};
	unsigned state = (unsigned)(uintptr_t)data * 2654435761u;
	for (unsigned i = state % N_QUESTIONS, asked = 0;
		asked < LEAST_ASKED || !atomic_load(&shared->is_imported); asked++, i++) {
		const struct question *q = &questions[i % N_QUESTIONS];
		if (think_s > 0)
			think(&state);
		if (think_s > 0 && atomic_load(&shared->is_imported))
			break; /* all at once would be another question */
		const int64_t begin = now_ns(), n = ask(client, q);
		const unsigned at = atomic_fetch_add(&shared->n_answers, 1);
		if (at < MAX_ANSWERS)
			shared->answer_ms[at] = (float)((double)(now_ns() - begin) * 1e-6);
		/* All songs of the first table, some of the second, and never fewer than were seen before. */
		if (n < 0)
			atomic_fetch_add(&shared->n_refused, 1);
		else if (n < expected(q->kind, n_first) || n > expected(q->kind, n_all) ||
			 n < last[i % N_QUESTIONS])
			atomic_fetch_add(&shared->n_wrong, 1);
		last[i % N_QUESTIONS] = n;
	}
	return NULL;
}

/** One process of readers. @return its exit status. */
static int read_as_process(unsigned n)
{
	static struct mos_client *client[PER_PROCESS];
	static pthread_t thread[PER_PROCESS];
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (unsigned i = 0; i < n; i++) {
		client[i] = connect_as("reader");
		atomic_fetch_add(&shared->n_ready, 1);
	}
	while (!atomic_load(&shared->is_begun))
		usleep(2000);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&thread[i], &attr, read_on, client[i]) != 0)
			die("too few threads");
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < N_QUESTIONS; i++)
		if (ask(client[i % n], &questions[i]) != expected(questions[i].kind, n_all))
			atomic_fetch_add(&shared->n_partial, 1);
	for (unsigned i = 0; i < n; i++)
		mos_client_destroy(client[i]);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;
	return x < y ? -1 : x > y;
}

static void report(unsigned readers, double seconds)
{
	const unsigned n =
		atomic_load(&shared->n_answers) < MAX_ANSWERS ? atomic_load(&shared->n_answers) : MAX_ANSWERS;
	if (n == 0)
		return;
	qsort(shared->answer_ms, n, sizeof(float), compare);
	/* the form of bench/bench.h */
	if (think_s > 0)
		printf("{\"name\":\"library: one of %u readers through the broker while importing "
		       "p50\",\"value\":%.6g,"
		       "\"unit\":\"ms\",\"peer\":null,\"peer_value\":null,\"ratio\":null}\n"
		       "{\"name\":\"library: one of %u readers through the broker while importing "
		       "p99\",\"value\":%.6g,"
		       "\"unit\":\"ms\",\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
			readers, (double)shared->answer_ms[n / 2], readers,
			(double)shared->answer_ms[(size_t)n * 99 / 100]);
	printf("# %u answers to %u readers through the broker in %.1f s beside %.0f songs/s: p50 %.2f ms, "
	       "p99 %.2f ms, "
	       "longest %.2f ms\n",
		n, readers, seconds, (n_all - n_first) / seconds, (double)shared->answer_ms[n / 2],
		(double)shared->answer_ms[(size_t)n * 99 / 100], (double)shared->answer_ms[n - 1]);
}

static void start_services(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (!mkdtemp(dir))
		die("no directory");
	atexit(clean_up);
	(void)snprintf(runtime, sizeof(runtime), "%s/run", dir);
	(void)snprintf(store, sizeof(store), "%s/scores.db", dir);
	if (mkdir(runtime, 0700) < 0 || setenv("MOS_STATE_DIR", dir, 1) < 0 ||
		setenv("MOS_WIDGET_PATH", dir, 1) < 0)
		die("no directory");
	broker = start((const char *const[]){MOS_BROKER, "--runtime-dir", runtime, NULL});
	hermes = start((const char *const[]){MOS_HERMES, "--runtime-dir", runtime, "--store", store, NULL});
}

int main(int argc, char **argv)
{
	leader = getpid();
	const unsigned readers = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 40;
	n_all = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 12000;
	n_first = n_all / 3;
	think_s = argc > 3 ? strtod(argv[3], NULL) : 0;
	char first[96], second[96];
	pid_t *process = calloc(readers / PER_PROCESS + 1, sizeof(*process));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!process || shared == MAP_FAILED)
		die("out of memory");
	start_services();
	write_table("first.csv", 0, n_first, first);
	write_table("second.csv", n_first, n_all, second);

	struct mos_client *writer = connect_as("writer");
	int64_t n = -1;
	for (int64_t end = now_ns() + INT64_C(60000000000); n < 0 && now_ns() < end; usleep(20000))
		n = import(writer, first); /* mos-hermes may be on its way */
	check(n == n_first, "LIB-01: the first table is in");
	const int64_t connect_ns = now_ns();
	for (unsigned i = 0; i < readers; i += PER_PROCESS) {
		process[i / PER_PROCESS] = fork();
		if (process[i / PER_PROCESS] == 0)
			_exit(read_as_process(readers - i < PER_PROCESS ? readers - i : PER_PROCESS));
	}
	while (atomic_load(&shared->n_ready) < readers && now_ns() - connect_ns < INT64_C(100000000000))
		usleep(2000);
	printf("# %u readers connected in %.2f s\n", atomic_load(&shared->n_ready),
		(double)(now_ns() - connect_ns) * 1e-9);

	const int64_t begin = now_ns();
	atomic_store(&shared->is_begun, 1);
	n = import(writer, second);
	const double seconds = (double)(now_ns() - begin) * 1e-9;
	atomic_store(&shared->is_imported, 1);
	int status, is_whole = 1;
	for (unsigned i = 0; i < readers; i += PER_PROCESS)
		is_whole &= waitpid(process[i / PER_PROCESS], &status, 0) > 0 && status == 0;
	report(readers, seconds);
	check(n == n_all - n_first, "LIB-01: the second table came in beside them");
	check(atomic_load(&shared->n_refused) == 0, "LIB-01: every question of every reader was answered");
	check(atomic_load(&shared->n_wrong) == 0,
		"LIB-01: each answer is of a state that was, and later ones have no fewer songs");
	check(is_whole && atomic_load(&shared->n_partial) == 0,
		"LIB-01: at the end every process sees all songs");
	mos_client_destroy(writer);
	free(process);
	printf("1..5\n");
	return n_failed > 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * mosctl band against the real programs: from words and files to files, folders and scores; what is refused,
 * with which exit status; that what is written is whole. Runs inside mos-session.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "band_ears.h"
#include "mosctl_band_rig.h"

static const char yaml[] = "# a tune\nname: Two Five\nstyle: bossa_basic\ntempo_bpm: 132\nbars_per_chord: 2\n"
			   "chords: [Dm7, G7, Cmaj7, A7]\nnotes: [\"not heard\"]\n";
static const char json[] = "{\"chords\": \"Dm7 G7 Cmaj7 A7\", \"bars_per_chord\": 2, \"tempo_bpm\": 132,\n"
			   "\"style\": \"bossa_basic\", \"name\": \"Two Five\"}";

static void setup(void)
{
	band_rig_setup();
}

static void teardown(void)
{
	band_rig_teardown();
}

TestSuite(mosctl_band, .init = setup, .fini = teardown, .timeout = 120);

/* All of a file. The caller frees. */
static char *read_all(const char *path, size_t *ret_size)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s is not there", path);
	cr_assert_eq(fstat(fd, &st), 0);
	char *bytes = malloc((size_t)st.st_size + 1);
	cr_assert_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	bytes[st.st_size] = '\0';
	*ret_size = (size_t)st.st_size;
	close(fd);
	return bytes;
}

static int same_files(const char *a, const char *b)
{
	size_t n, m;
	char *x = read_all(a, &n), *y = read_all(b, &m);
	const int is_same = n == m && memcmp(x, y, n) == 0;
	free(x);
	free(y);
	return is_same;
}

static int has_text(const char *path, const char *text)
{
	size_t n;
	char *bytes = read_all(path, &n);
	const int has = memmem(bytes, n, text, strlen(text)) != NULL;
	free(bytes);
	return has;
}

/* Files of a folder, those of temporary names included. */
static int count_files(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;
	cr_assert_not_null(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

/* A text of the last answer, at a place; freed with the next one. */
static const char *answer(const char *pointer)
{
	static char text[512];
	yyjson_doc *doc = said_json(&band_said);
	yyjson_val *v = yyjson_ptr_get(yyjson_doc_get_root(doc), pointer);
	if (yyjson_is_str(v))
		(void)snprintf(text, sizeof(text), "%s", yyjson_get_str(v));
	else if (yyjson_is_bool(v))
		(void)snprintf(text, sizeof(text), "%s", yyjson_get_bool(v) ? "yes" : "no");
	else if (yyjson_is_int(v))
		(void)snprintf(text, sizeof(text), "%lld", (long long)yyjson_get_sint(v));
	else if (yyjson_is_real(v))
		(void)snprintf(text, sizeof(text), "%g", yyjson_get_real(v));
	else
		(void)strcpy(text, v ? "?" : "absent");
	yyjson_doc_free(doc);
	return text;
}

#define BAND_JSON(...) MOSCTL(&band_said, "--json", "band", __VA_ARGS__)

Test(mosctl_band, the_same_everywhere,
	.description = "T-1 T-20: equal inputs give equal bytes, in fresh processes, under "
		       "another locale and time zone, from JSON or YAML or flags")
{
	const char *from = band_rig_write("tune.ztprog", yaml), *other = band_rig_write("other.ztprog", json);
	const char *a = band_rig_path("a.mid"), *b = band_rig_path("b.mid");
	BAND("create", from, "-o", a);
	band_expect(0, "a.mid: 9 bars", NULL);
	cr_assert_eq(setenv("LC_ALL", "de_DE.UTF-8", 1), 0);
	cr_assert_eq(setenv("TZ", "Asia/Kathmandu", 1), 0);
	BAND("create", from, "-o", b);
	band_expect(0, NULL, NULL);
	cr_assert(same_files(a, b));
	BAND("create", other, "-o", b);
	band_expect(0, NULL, NULL);
	cr_assert(same_files(a, b), "JSON and YAML differ");
	BAND("create", "--chords", "Dm7 G7 Cmaj7 A7", "--style", "bossa_basic", "--tempo", "132", "--bars",
		"2", "--name", "Two Five", "-o", b);
	band_expect(0, NULL, NULL);
	cr_assert(same_files(a, b), "a file and flags differ");
	BAND("create", from, "--transpose", "1", "-o", b);
	band_expect(0, NULL, NULL);
	cr_assert_not(same_files(a, b));
}

Test(mosctl_band, the_issues_own_words,
	.description = "T-3 T-38: all that is typed reaches the notes; chance needs a seed, "
		       "one seed repeats, two differ")
{
	static const char *const seed[] = {"7", "7", "8"};
	for (int i = 0; i < 3; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "%d.mid", i);
		BAND("create", "--chords", "Dm7 G7 Cmaj7", "--style", "bossa", "--tempo", "140", "--bars",
			"2", "--tritone", "all_doms", "--swing", "0.6", "--humanize", "8ms", "--seed",
			seed[i], "-o", band_rig_path(name));
		band_expect(0, "6 bars", NULL);
	}
	cr_expect(same_files(band_rig_path("0.mid"), band_rig_path("1.mid")));
	cr_expect_not(same_files(band_rig_path("0.mid"), band_rig_path("2.mid")));
	BAND("create", "--chords", "Dm7 G7", "--humanize", "8ms", "-o", band_rig_path("no.mid"));
	cr_expect_neq(band_said.code, 0, "T-38: humanize without a seed");
	cr_expect_neq(access(band_rig_path("no.mid"), F_OK), 0);
	BAND("create", "--chords", "Dm7 G7", "--tritone", "probabilistic", "-o", band_rig_path("no.mid"));
	cr_expect_neq(band_said.code, 0, "T-3: chance without a seed");
}

Test(mosctl_band, precedence,
	.description = "T-21: for each input: absent, in the file, typed, both; --help names the rule")
{
	static const struct {
		const char *key, *option, *in_file, *typed, *from_file, *from_flag;
	} row[] = {
		{"tempo", "--tempo", "tempo_bpm: 150", "90", "150", "90"},
		{"style", "--style", "style: swing_basic", "bossa_basic", "swing_basic", "bossa_basic"},
		{"bars_per_chord", "--bars", "bars_per_chord: 4", "3", "4", "3"},
		{"tritone_mode", "--tritone", "tritone_mode: all_doms", "none", "all_doms", "none"},
		{"time_signature", "--time-signature", "time_signature: 3/4", "6/8", "3/4", "6/8"},
		{"transpose", "--transpose", "transpose: 2", "-3", "2", "-3"},
		{"intensity", "--intensity", "intensity: soft", "hard", "soft", "hard"},
		{"voicing", "--voicing", "voicing: reference", "true", "reference", "true"},
	};
	char text[256], value[64], from[64];
	BAND("--help");
	band_expect(0, "Precedence: what is typed beats the program's file", NULL);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		(void)snprintf(value, sizeof(value), "/inputs/%s/value", row[i].key);
		(void)snprintf(from, sizeof(from), "/inputs/%s/from", row[i].key);
		const char *plain = band_rig_write("plain.ztprog", "chords: [C7, F7]\n");
		(void)snprintf(text, sizeof(text), "chords: [C7, F7]\n%s\n", row[i].in_file);
		const char *with = band_rig_write("with.ztprog", text);
		BAND_JSON("play", plain, "--dry-run");
		band_expect(0, NULL, NULL);
		cr_expect(strcmp(answer(from), "default") == 0 || strcmp(answer(from), "style") == 0,
			"%s: %s", row[i].key, answer(from));
		BAND_JSON("play", with, "--dry-run");
		cr_expect_str_eq(answer(value), row[i].from_file, "%s", row[i].key);
		cr_expect_str_eq(answer(from), "file", "%s", row[i].key);
		BAND_JSON("play", plain, row[i].option, row[i].typed, "--dry-run");
		cr_expect_str_eq(answer(value), row[i].from_flag, "%s", row[i].key);
		cr_expect_str_eq(answer(from), "flag", "%s", row[i].key);
		BAND_JSON("play", with, row[i].option, row[i].typed, "--dry-run");
		cr_expect_str_eq(answer(value), row[i].from_flag, "%s", row[i].key);
		cr_expect_str_eq(answer(from), "flag", "%s", row[i].key);
	}
}

Test(mosctl_band, options_reach_the_player,
	.description = "T-22 T-45 T-48 T-52 T-53 T-55: defaults of contract v1 and what is typed instead, in "
		       "the dry run")
{
	static const struct {
		const char *key, *normal, *option, *typed;
	} row[] = {
		{"late_drop_ms", "35", "--late-drop-ms", "0"},
		{"ghost_vel_max", "22", "--ghost-vel-max", "30"},
		{"panic", "yes", "--no-panic", NULL},
		{"groove", "", "--groove", "loose"},
		{"bar_cc", "no", "--bar-cc", NULL},
		{"bar_cc_channel", "15", "--bar-cc-channel", "14"},
		{"bar_cc_countdown", "20", "--bar-cc-countdown", "30"},
		{"bar_cc_index", "21", "--bar-cc-index", "31"},
		{"bar_cc_section", "22", "--bar-cc-section", "32"},
	};
	char value[64];
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		(void)snprintf(value, sizeof(value), "/options/%s/value", row[i].key);
		BAND_JSON("play", "--chords", "C", "--dry-run");
		band_expect(0, NULL, NULL);
		cr_expect_str_eq(answer(value), row[i].normal, "contract v1: %s is %s by default", row[i].key,
			row[i].normal);
		BAND_JSON("play", "--chords", "C", "--dry-run", row[i].option, row[i].typed);
		band_expect(0, NULL, NULL);
		cr_expect_str_eq(answer(value),
			row[i].typed ? row[i].typed
			: i == 2     ? "no"
				     : "yes",
			"%s", row[i].key);
	}
	BAND("play", "--chords", "C", "--late-drop-ms", "501");
	band_expect(2, NULL, "0 to 500");
	BAND("play", "--chords", "C", "--ghost-vel-max", "0");
	band_expect(2, NULL, "1 to 127");
	BAND("play", "--chords", "C", "--panic", "--no-panic");
	band_expect(2, NULL, "contradict");
	BAND("create", "--chords", "H7");
	band_expect(2, NULL, "flag chords, chord 1");
	BAND("create", "--chords", "C", "--style", "bosa");
	band_expect(2, NULL, "the nearest is \"bossa\"");
	BAND("create", "--chords", "C", "--tune", "2");
	band_expect(2, NULL, "of which book?");
	const char *bad = band_rig_write("bad.ztprog", "chords: [C, G\n");
	BAND("create", bad);
	band_expect(4, NULL, "bad.ztprog tells all");
	BAND("create", "--chords", "C", "--port", "x");
	band_expect(2, NULL, "create takes no --port");
	BAND("status", "--json");
	cr_expect_str_eq(answer("/playing"), "no", "a dry run plays nothing");
}

/* mosctl with a disk that is full after `limit` bytes: the n-th write fails, or is cut. */
static int create_limited(const char *path, rlim_t limit)
{
	const pid_t pid = fork();
	int status;
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		const int nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit});
		execl(MOSCTL_PATH, "mosctl", "--json", "band", "create", "--chords", "Dm7 G7", "-o", path,
			(char *)NULL);
		_exit(127);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

Test(mosctl_band, whole_or_not_at_all,
	.description = "T-16: a write that fails, wherever, leaves the target absent or as it "
		       "was, and nothing beside it; errors are structured")
{
	const char *folder = band_rig_path("out"), *whole = band_rig_path("whole.mid");
	char path[256];
	size_t size;
	cr_assert_eq(mkdir(folder, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/tune.mid", folder);
	BAND("create", "--chords", "Dm7 G7", "-o", whole);
	band_expect(0, NULL, NULL);
	free(read_all(whole, &size));
	for (rlim_t limit = 0; limit < size; limit += size / 7 + 1) {
		cr_expect_eq(create_limited(path, limit), 1, "%lu bytes", (unsigned long)limit);
		cr_expect_eq(count_files(folder), 0, "%lu bytes: something is left", (unsigned long)limit);
	}
	cr_expect_eq(create_limited(path, size), 0);
	cr_expect(same_files(path, whole));
	(void)band_rig_write("out/tune.mid", "old");
	for (rlim_t limit = 0; limit < size; limit += size / 3 + 1) {
		cr_expect_eq(create_limited(path, limit), 1);
		cr_expect(has_text(path, "old"));
		cr_expect_eq(count_files(folder), 1);
	}
	/* A program that is refused writes nothing either. */
	BAND_JSON("create", "--chords", "Dm7 X9", "-o", path);
	cr_expect_neq(band_said.code, 0);
	cr_expect(strncmp(answer("/error/code"), "band.", 5) == 0, "%s", band_said.out);
	cr_expect_str_neq(answer("/error/message"), "absent");
	cr_expect(has_text(path, "old"));
	BAND("create", "--chords", "C", "-o", "/proc/none/tune.mid");
	cr_expect_eq(band_said.code, 1, "%s", band_said.err);
}

/* The notes of a file as python3-mido reads them, and as we do, as lines; midicsv's come from band_ears. */
static void expect_same_notes(const char *path, const struct ears_notes *notes)
{
	static const char script[] =
		"import mido, sys\n"
		"m = mido.MidiFile(sys.argv[1])\n"
		"out = []\n"
		"for t, track in enumerate(m.tracks):\n"
		"    now, down = 0, {}\n"
		"    for e in track:\n"
		"        now += e.time\n"
		"        if e.type == 'note_on' and e.velocity > 0:\n"
		"            n = [now, t + 1, e.channel, e.note, e.velocity]\n"
		"            out.append(n)\n"
		"    assert track[-1].type == 'end_of_track'\n"
		"for n in sorted(out, key=lambda n: (n[0], n[1], n[3])): print(*n[1:])\n";
	const char *program = band_rig_write("notes.py", script);
	char command[600], line[64], want[64];
	unsigned int i = 0;
	(void)snprintf(command, sizeof(command), "/usr/bin/python3 %s %s", program, path);
	FILE *from = popen(command, "r");
	cr_assert_not_null(from);
	while (fgets(line, sizeof(line), from)) {
		cr_assert_lt(i, notes->n, "python3-mido reads more notes than midicsv");
		(void)snprintf(want, sizeof(want), "%u %u %u %u\n", notes->note[i].track,
			notes->note[i].channel, notes->note[i].key, notes->note[i].velocity);
		cr_assert_str_eq(line, want, "note %u", i);
		i++;
	}
	cr_assert_eq(pclose(from), 0);
	cr_assert_eq(i, notes->n, "python3-mido reads %u notes, midicsv %u", i, notes->n);
}

Test(mosctl_band, round_trip,
	.description = "T-1 T-23: a file has comp and bass, is ended properly, and three readers, ours "
		       "among them, find the same notes in it")
{
	const char *midi = band_rig_path("tune.mid"), *again = band_rig_path("again.mid");
	BAND("create", "--chords", "Dm7 G7 | Cmaj7 A7", "--style", "bossa", "--choruses", "2", "--count-in",
		"1", "-o", midi);
	band_expect(0, NULL, NULL);
	struct ears_notes notes = ears_read_midi(midi);
	unsigned int n_channel[16] = {0};
	for (unsigned int i = 0; i < notes.n; i++) {
		n_channel[notes.note[i].channel & 15]++;
		cr_expect_gt(notes.note[i].end_s, notes.note[i].at_s, "note %u has no end", i);
	}
	cr_expect(n_channel[0] > 0 && n_channel[1] > 0 && n_channel[9] > 0, "comp, bass and drums");
	expect_same_notes(midi, &notes);
	MOSCTL(&band_said, "score", "convert", midi, again);
	band_expect(0, NULL, NULL);
	struct ears_notes ours = ears_read_midi(again);
	cr_assert_eq(ours.n, notes.n, "our importer reads %u notes of %u", ours.n, notes.n);
	for (unsigned int i = 0; i < notes.n; i++) {
		cr_expect_float_eq(ours.note[i].at_s, notes.note[i].at_s, 1e-6, "note %u", i);
		cr_expect_eq(ours.note[i].channel, notes.note[i].channel);
	}
	free(ours.note);
	free(notes.note);
}

Test(mosctl_band, export,
	.description = "T-28 T-29 T-60 T-65: a folder for a DAW, named by the time, whole; what was exported "
		       "is exported without change; the contract's version is in it")
{
	const char *midi = band_rig_path("tune.mid"), *to = band_rig_path("daw");
	char first[256], second[256];
	BAND("create", "--chords", "Dm7 G7", "-o", midi);
	band_expect(0, NULL, NULL);
	cr_assert_eq(setenv("SOURCE_DATE_EPOCH", "86400", 1), 0);
	BAND("export", midi, "--to", to);
	band_expect(0, "/1970-01-02_000000\n", NULL);
	(void)snprintf(first, sizeof(first), "%s/1970-01-02_000000/tune.mid", to);
	cr_expect(has_text(first, "midi_runtime_contract=v1"));
	BAND("export", first, "--to", to);
	band_expect(0, "/1970-01-02_000000-2\n", NULL);
	(void)snprintf(second, sizeof(second), "%s/1970-01-02_000000-2/tune.mid", to);
	cr_expect(same_files(first, second), "T-28: the second export changed it");
	cr_expect_eq(count_files(to), 2, "nothing else is left");
	(void)snprintf(second, sizeof(second), "%s/1970-01-02_000000/IMPORT_DAW.md", to);
	cr_expect(has_text(second, "tune.mid") && has_text(second, "Bass"));
	BAND("export", "--chords", "Dm7 G7", "--to", to);
	band_expect(0, "-3\n", NULL);
	BAND("export", band_rig_write("no.mid", "MThd but not for long"), "--to", to);
	cr_expect_neq(band_said.code, 0);
	cr_expect_eq(count_files(to), 3, "a refused file leaves no folder");
	BAND("export", midi, "--tempo", "90");
	band_expect(2, NULL, "taken as it is");
}

Test(mosctl_band, validate,
	.description = "T-57: what is wrong with files, each with code and place; exit status 2; "
		       "--warn-only; folders; JSON")
{
	const char *good = band_rig_write("a.ztprog", yaml), *folder = band_rig_path(".");
	(void)band_rig_write("list.ztplay", "name: x\nprograms:\n  - config: a.ztprog\n    repeat: 2\n");
	BAND("validate", good);
	band_expect(0, "a.ztprog: valid", NULL);
	BAND("validate", folder, "--quiet");
	band_expect(0, "", NULL);
	cr_expect_str_eq(band_said.out, "");
	const char *bad =
		band_rig_write("b.ztprog", "chords: [C7, H9]\nstyle: swing_basic\ntempo_bpm: 1\nknob: 3\n");
	BAND("validate", good, bad);
	band_expect(2, "[CHORD_INVALID] /chords/1", NULL);
	band_expect(2, "[TEMPO_RANGE]", NULL);
	band_expect(2, "[KEY_UNKNOWN]", NULL);
	BAND("validate", folder, "--warn-only");
	band_expect(0, "b.ztprog:\n01. [", NULL);
	BAND_JSON("validate", bad);
	band_expect(2, NULL, NULL);
	cr_expect_str_eq(answer("/ok"), "no");
	cr_expect_str_neq(answer("/issues/0/code"), "absent");
	BAND("validate", band_rig_path("nothing.ztprog"));
	band_expect(2, "LOAD_ERROR", NULL);
	(void)band_rig_write("list.ztplay", "name: x\nprograms:\n  - config: gone.ztprog\n");
	BAND("validate", band_rig_path("list.ztplay"));
	band_expect(2, "[FILE_MISSING] item 1: gone.ztprog is not there", NULL);
	cr_assert_eq(mkdir(band_rig_path("empty"), 0700), 0);
	BAND("validate", band_rig_path("empty"));
	band_expect(2, NULL, "no program");
}

Test(mosctl_band, setlists_and_exercises,
	.description = "T-23: a setlist becomes one file, item after item at bar lines, its "
		       "paths found beside it or above; an exercise has its backing")
{
	cr_assert_eq(mkdir(band_rig_path("programs"), 0700), 0);
	cr_assert_eq(mkdir(band_rig_path("lists"), 0700), 0);
	(void)band_rig_write("programs/one.ztprog", "chords: [C, F]\nstyle: swing_basic\n");
	(void)band_rig_write("lists/two.ztprog", "chords: [Am]\nstyle: bossa_basic\n");
	const char *list =
		band_rig_write("lists/gig.ztplay", "id: gig\ntitle: Gig\nitems:\n"
						   "  - {name: One, file: programs/one.ztprog, repeats: 2}\n"
						   "  - {name: Two, file: two.ztprog, repeats: 3}\n");
	BAND("create", list, "-o", band_rig_path("gig.mid"));
	band_expect(0, "7 bars", NULL);
	(void)band_rig_write("lists/gap.ztplay",
		"name: gap\nprograms:\n  - config: gone.ztprog\n  - config: two.ztprog\n");
	BAND("create", band_rig_path("lists/gap.ztplay"), "-o", band_rig_path("gap.mid"));
	band_expect(0, "1 bars", "gone.ztprog is not there: skipped");
	BAND("create", band_rig_path("lists/gap.ztplay"), "--strict", "-o", band_rig_path("gap.mid"));
	band_expect(4, NULL, "gone.ztprog");
	const char *exercise =
		band_rig_write("lists/ex.ztex", "id: ex\ntitle: Guide tones\nprogram_ref: two.ztprog\n"
						"exercise_type: melodic\ngoals:\n  - \"Hear them\"\n");
	BAND("exercise", exercise, "-o", band_rig_path("ex.mid"));
	band_expect(0, "Hear them", NULL);
	cr_expect_eq(access(band_rig_path("ex.mid"), F_OK), 0);
}

Test(mosctl_band, into_the_store,
	.description = "T-23: the band's music is a score in the store, with its chords")
{
	char id[40];
	BAND("score", "--chords", "Dm7 G7 Cmaj7", "--style", "bossa", "--name", "Stored");
	band_expect(0, "Stored", NULL);
	(void)snprintf(id, sizeof(id), "%.36s", band_said.out);
	MOSCTL(&band_said, "score", "show", id);
	band_expect(0, "Dm7", NULL);
	band_expect(0, "Cmaj7", NULL);
	BAND("create", "--score", id, "--no-ending", "-o", band_rig_path("again.mid"));
	band_expect(0, "3 bars", NULL);
	const char *book =
		band_rig_write("book.abc", "X:1\nT:One\nM:4/4\nL:1/4\nK:C\n\"C\"CCCC|\"F\"FFFF|]\n\n"
					   "X:2\nT:Two\nM:4/4\nL:1/4\nK:C\n\"Am\"A4|]\n");
	BAND("create", book, "--tune", "2", "--no-ending", "-o", band_rig_path("two.mid"));
	band_expect(0, "1 bars", NULL);
}

Test(mosctl_band, styles,
	.description = "T-57: the styles are listed, the contract's first; one of them is told about")
{
	BAND("styles");
	band_expect(0, NULL, NULL);
	cr_expect_eq(strncmp(band_said.out, "swing_basic ", 12), 0, "%s", band_said.out);
	cr_expect(strstr(band_said.out, "\nandalusian_bass ") && strstr(band_said.out, "\nbossa "));
	BAND("styles", "bossa");
	band_expect(0, "intensities  soft medium hard", NULL);
	BAND("styles", "bosssa");
	cr_expect_neq(band_said.code, 0);
	BAND("create", "--chords", "C", "--style", "bosssa", "-o", band_rig_path("no.mid"));
	cr_expect_neq(band_said.code, 0);
	cr_expect(strstr(band_said.err, "bossa"), "the nearest is named: %s", band_said.err);
}

Test(mosctl_band, no_such_way,
	.description = "T-26 T-27: a backend or port that is not there is told at once, with those that "
		       "are, and nothing plays")
{
	static const char *const row[][4] = {{"--output", "midi", "--port", "no such port"},
		{"--backend", "alsa-seq", "--port", "no such port"},
		{"--backend", "alsa-raw", "--port", "hw:99,9"}};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		BAND_JSON("play", "--chords", "C", row[i][0], row[i][1], row[i][2], row[i][3], "--timeout",
			"1");
		cr_expect_eq(band_said.code, 1, "%s: %d %s", row[i][1], band_said.code, band_said.err);
		cr_expect(strncmp(answer("/error/code"), "band.", 5) == 0, "%s", band_said.out);
		BAND_JSON("status");
		cr_expect_str_eq(answer("/playing"), "no");
	}
	BAND("play", "--chords", "C", "--backend", "accordion");
	cr_expect_neq(band_said.code, 0);
	BAND("backends");
	band_expect(0, "pipewire", NULL);
	band_expect(0, "rtmidi", NULL);
	BAND("ports");
	cr_expect_eq(band_said.code, 0);
	MOSCTL(&band_said, "midi-out", "list");
	band_expect(0, NULL, NULL);
	MOSCTL(&band_said, "midi-out", "link", "no such port");
	cr_expect_eq(band_said.code, 1);
}

static void wait_playing(const char *state)
{
	do
		BAND_JSON("status");
	while (strcmp(answer("/playing"), state) != 0);
}

static pid_t loop_and_follow(void)
{
	const pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		const int nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, STDOUT_FILENO);
		execl(MOSCTL_PATH, "mosctl", "band", "loop", "--chords", "C F", "--follow", (char *)NULL);
		_exit(127);
	}
	return pid;
}

Test(mosctl_band, live,
	.description = "T-19 T-46: play, look, change, stop; the end of one that follows, by whatever "
		       "signal, stops the band")
{
	BAND("stop");
	band_expect(1, NULL, "mosctl band play");
	BAND("loop", "--chords", "Dm7 G7 | Cmaj7", "--style", "bossa", "--tempo", "240", "--count-in", "0");
	band_expect(0, "without end", NULL);
	wait_playing("yes");
	cr_expect_str_eq(answer("/tempo"), "240");
	BAND("change", "--tempo", "200", "--intensity", "hard");
	band_expect(0, "from bar ", NULL);
	do
		BAND_JSON("status");
	while (strcmp(answer("/tempo"), "200") != 0);
	cr_expect_str_eq(answer("/intensity"), "hard");
	BAND("change");
	band_expect(2, NULL, "change what?");
	BAND("stop");
	band_expect(0, "stopped in bar ", NULL);
	wait_playing("no");
	BAND("play", "--chords", "C", "--tempo", "300", "--count-in", "0", "--wait");
	band_expect(0, "playing 1 bars", NULL);
	wait_playing("no");

	static const int way_out[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};
	for (size_t i = 0; i < sizeof(way_out) / sizeof(way_out[0]); i++) {
		const pid_t pid = loop_and_follow();
		int ended;
		wait_playing("yes");
		cr_assert_eq(kill(pid, way_out[i]), 0);
		cr_assert_eq(waitpid(pid, &ended, 0), pid);
		cr_expect(way_out[i] == SIGKILL || (WIFEXITED(ended) && WEXITSTATUS(ended) == 0),
			"%d: status %x", way_out[i], (unsigned int)ended);
		wait_playing("no");
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * Scores edited through mos-hermes' methods, by value and by memfd; rtcore gets what was edited. Rows HER-02,
 * HER-06, HER-07, HER-09, HER-10, HER-11, HER-12, HER-17, HER-18, NVX-04, FMT-01.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hermes_rig.h"

static const char piece[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
	"\"metadata\":{\"title\":\"Piece\",\"composer\":\"Anon.\",\"key\":\"C major\",\"tempo\":120},"
	"\"timeline\":{\"key\":[{\"tick\":0,\"key\":\"C major\"},{\"tick\":3840,\"key\":\"A minor\"}]},"
	"\"measures\":[{},{},{}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":1920,\"pitch\":60,\"velocity\":90},"
	"{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":1920,\"pitch\":64},"
	"{\"id\":\"n3\",\"tick\":3840,\"durationTicks\":960,\"pitch\":67}]}],"
	"\"layers\":[{\"type\":\"lyrics\",\"elements\":[{\"id\":\"l1\",\"noteId\":\"n1\",\"text\":\"Sun\"}]},"
	"{\"type\":\"chords\",\"elements\":[{\"id\":\"h1\",\"tick\":0,\"durationTicks\":1920,\"symbol\":"
	"\"G7\"},"
	"{\"id\":\"h2\",\"tick\":3840,\"durationTicks\":3840,\"symbol\":\"Dm\"}]}]}";

static int client;

static void setup(void)
{
	struct wire_out out;
	const int fd = rig_file(piece, sizeof(piece) - 1);

	rig_start();
	client = rig.client[0];
	rig_begin(&out, "hermes.score.load");
	wire_put_str(&out, "name", "piece.nvx1");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_result();
	close(fd);
}

/* The whole score, canonical; to be freed. */
static char *content(void)
{
	struct wire_out out;
	struct stat st;

	rig_begin(&out, "hermes.score.get");
	wire_put_bool(&out, "content", 1);
	rig_call_out(client, &out);
	rig_expect_result();
	const int fd = wire_take_fd(&rig.in, 0);
	cr_assert_geq(fd, 0);
	cr_expect_eq(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(rig_number("size_bytes"), st.st_size);
	char *text = calloc(1, (size_t)st.st_size + 1);
	cr_assert_eq(pread(fd, text, (size_t)st.st_size, 0), st.st_size);
	close(fd);
	return text;
}

static void put_note(struct wire_out *out, const char *id, int64_t tick, int64_t duration, int64_t pitch)
{
	wire_put_str(out, "id", id);
	wire_put_i64(out, "tick", tick);
	wire_put_i64(out, "durationTicks", duration);
	wire_put_i64(out, "pitch", pitch);
}

/* One operation on a note. @param pitch  0: it is removed. */
static void put_op(struct wire_out *out, const char *id, int64_t duration, int64_t pitch)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/parts/p1/notes/%s", id);
	wire_open_map(out, NULL);
	wire_put_str(out, "op", pitch ? "replace" : "remove");
	wire_put_str(out, "path", path);
	if (pitch) {
		wire_open_map(out, "value");
		put_note(out, id, id[1] == '1' ? 0 : 1920, duration, pitch);
		wire_close(out);
	}
	wire_close(out);
}

static void edit(int sock, const char *id, int64_t duration, int64_t pitch, const char *state_id)
{
	struct wire_out out;

	rig_begin(&out, "hermes.score.edit");
	wire_open_array(&out, "ops");
	put_op(&out, id, duration, pitch);
	wire_close(&out);
	if (state_id)
		wire_put_str(&out, "state_id", state_id);
	rig_call_out(sock, &out);
}

TestSuite(hermes_edit, .init = setup, .fini = rig_stop, .timeout = 60);

Test(hermes_edit, HER_07_edit_undo_redo,
	.description =
		"HER-07 HER-09: an edit is heard as newer content of what plays; undo gives the bytes back")
{
	char *before = content(), *edited, *after;

	cr_expect_eq(rig.n_updates, 0);
	edit(client, "n2", 960, 65, NULL);
	rig_expect_result();
	cr_expect_eq(rig_number("revision"), 2);
	cr_expect_eq(rig.n_updates, 1);
	edited = content();
	cr_expect_str_neq(before, edited);
	edit(client, "n1", 0, 0, NULL);
	rig_expect_result();
	const msgpack_object *removed = wire_get_array(rig.in.result, "removed");
	cr_assert_eq(removed->via.array.size, 2, "the note, and the lyric that hung on it");
	rig_call(client, "hermes.score.undo", -1);
	rig_expect_result();
	after = content();
	cr_expect_str_eq(after, edited);
	free(after);
	rig_call(client, "hermes.score.undo", -1);
	rig_expect_result();
	after = content();
	cr_expect_str_eq(after, before);
	free(after);
	cr_expect_eq(rig.n_updates, 4);
	rig_call(client, "hermes.score.undo", -1);
	rig_expect_error("hermes.undo.empty", NULL);
	rig_call(client, "hermes.score.redo", -1);
	rig_expect_result();
	after = content();
	cr_expect_str_eq(after, edited);
	free(after);
	free(before);
	free(edited);
}

Test(hermes_edit, compare_and_swap,
	.description = "HER-07: who was slower is told what the state is now, and changes nothing")
{
	char first[40], second[40];

	rig_call(client, "hermes.score.get", -1);
	strcpy(first, rig_text("state_id"));
	edit(client, "n2", 960, 65, first);
	rig_expect_result();
	strcpy(second, rig_text("state_id"));
	edit(rig.client[1], "n2", 960, 66, first);
	rig_expect_error("hermes.state.conflict", second);
	edit(rig.client[1], "n2", 960, 66, "nonsense");
	rig_expect_error("rpc.params.invalid", "state_id");
	rig_call(client, "hermes.score.get", -1);
	cr_expect_str_eq(rig_text("state_id"), second);
	edit(rig.client[1], "n2", 960, 66, second);
	rig_expect_result();
}

Test(hermes_edit, NVX_04_refused_edits,
	.description = "NVX-04 HER-11: what breaks a rule is refused with place and reason, all of it "
		       "listed; nothing changes")
{
	char *before = content(), *after;
	struct wire_out out;

	edit(client, "n2", 0, 65, NULL);
	rig_expect_error("hermes.score.invalid", NULL);
	const msgpack_object *errors = wire_get_array(rig.in.error, "errors");
	cr_assert_not_null(errors);
	cr_assert_geq(errors->via.array.size, 1);
	cr_expect_not_null(wire_get(&errors->via.array.ptr[0], "code"));
	cr_expect_not_null(wire_get(&errors->via.array.ptr[0], "where"));
	cr_expect_not_null(wire_get(&errors->via.array.ptr[0], "reason"));
	edit(client, "n9", 0, 0, NULL);
	rig_expect_error("hermes.score.invalid", NULL);
	/* The first of two would do: neither is done. */
	rig_begin(&out, "hermes.score.edit");
	wire_open_array(&out, "ops");
	put_op(&out, "n2", 960, 65);
	put_op(&out, "n9", 960, 65);
	wire_close(&out);
	rig_call_out(client, &out);
	rig_expect_error("hermes.score.invalid", NULL);
	rig_begin(&out, "hermes.score.edit");
	rig_call_out(client, &out);
	rig_expect_error("rpc.params.invalid", "ops");
	rig_begin(&out, "hermes.score.edit");
	wire_open_array(&out, "ops");
	wire_close(&out);
	wire_put_str(&out, "score_id", "0190c5e8-0000-7000-8000-00000000000a");
	rig_call_out(client, &out);
	rig_expect_error("hermes.score.absent", NULL);
	after = content();
	cr_expect_str_eq(after, before);
	cr_expect_eq(rig.n_updates, 0);
	free(before);
	free(after);
}

Test(hermes_edit, by_memfd,
	.description = "HER-05: what is too large for a frame comes as a sealed memfd; an unsealed one is "
		       "refused, for it could "
		       "change")
{
	static const char ops[] = "[{\"op\":\"replace\",\"path\":\"/parts/p1/notes/n2\",\"value\":"
				  "{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":960,\"pitch\":70}}]";
	int fd = rig_file(ops, sizeof(ops) - 1);
	struct wire_out out;

	rig_begin(&out, "hermes.score.edit");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_error("hermes.file.unreadable", NULL);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
	rig_begin(&out, "hermes.score.edit");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_result();
	close(fd);
	char *now = content();
	cr_expect_not_null(strstr(now, "\"pitch\":70"));
	free(now);
}

static void get_measure(int64_t index)
{
	struct wire_out out;

	rig_begin(&out, "hermes.measure.get");
	wire_put_i64(&out, "index", index);
	rig_call_out(client, &out);
	rig_expect_result();
}

Test(hermes_edit, HER_10_measures,
	.description = "HER-10 HER-07: measures by global index, and one replaced by another")
{
	struct wire_out out;

	for (int64_t i = 0; i < 3; i++) {
		get_measure(i);
		cr_expect_eq(rig_number("index"), i);
		cr_expect_eq(rig_number("tick"), 3840 * i);
	}
	const int64_t outside[] = {-1, 3, INT64_MAX};
	for (unsigned i = 0; i < 3; i++) {
		get_measure(outside[i]);
		cr_expect_eq(rig.in.result->via.map.size, 1);
		cr_expect_null(wire_get_map(rig.in.result, "measure"));
	}
	rig_begin(&out, "hermes.measure.update");
	wire_put_i64(&out, "index", 1);
	wire_open_map(&out, "measure");
	wire_open_map(&out, "content");
	wire_open_map(&out, "parts");
	wire_open_map(&out, "p1");
	wire_open_array(&out, "notes");
	wire_open_map(&out, NULL);
	put_note(&out, "n3", 3840, 480, 72);
	rig_call_out(client, &out);
	rig_expect_result();
	cr_expect_eq(rig.n_updates, 1);
	char *now = content();
	cr_expect_not_null(strstr(now, "\"pitch\":72"), "%s", now);
	cr_expect_not_null(strstr(now, "\"pitch\":60"));
	free(now);
	rig_begin(&out, "hermes.measure.update");
	wire_put_i64(&out, "index", 3);
	wire_open_map(&out, "measure");
	rig_call_out(client, &out);
	rig_expect_error("hermes.score.invalid", "index");
}

/* One of the numbers of a row of `notes`. */
static int64_t note_number(uint32_t row, uint32_t column)
{
	const msgpack_object *notes = wire_get_array(rig.in.result, "notes");
	int64_t number = -1;

	cr_assert_not_null(notes);
	cr_assert_lt(row, notes->via.array.size);
	const msgpack_object *one = &notes->via.array.ptr[row];
	cr_assert(one->type == MSGPACK_OBJECT_ARRAY && column < one->via.array.size);
	cr_assert_eq(wire_to_i64(&one->via.array.ptr[column], &number), 0);
	return number;
}

static void list_notes(int64_t index)
{
	struct wire_out out;

	rig_begin(&out, "hermes.note.list");
	wire_put_i64(&out, "index", index);
	rig_call_out(client, &out);
	rig_expect_result();
}

Test(hermes_edit, HER_10_notes,
	.description = "HER-10: the notes of a measure, each with the number of its part, whichever parts "
		       "rest there")
{
	static const char text[] =
		"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
		"\"metadata\":{\"title\":\"Two\",\"key\":\"C major\",\"tempo\":120},"
		"\"measures\":[{},{},{}],\"parts\":["
		"{\"id\":\"p1\",\"name\":\"A\",\"notes\":[{\"id\":\"n1\",\"tick\":0,\"durationTicks\":5000,"
		"\"pitch\":60}]},"
		"{\"id\":\"p2\",\"name\":\"B\",\"notes\":[{\"id\":\"n2\",\"tick\":0,\"durationTicks\":960,"
		"\"pitch\":48},"
		"{\"id\":\"n3\",\"tick\":3840,\"durationTicks\":480,\"pitch\":50,\"velocity\":33},"
		"{\"id\":\"n4\",\"tick\":4800,\"durationTicks\":480,\"pitch\":52,\"muted\":true}]}],"
		"\"layers\":[]}";
	const int64_t outside[] = {-1, 3, INT64_MAX};
	const int fd = rig_file(text, sizeof(text) - 1);
	struct wire_out out;

	rig_begin(&out, "hermes.score.load");
	wire_put_str(&out, "name", "two.nvx1");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_result();
	close(fd);
	list_notes(0);
	cr_expect_eq(wire_get_array(rig.in.result, "notes")->via.array.size, 2);
	cr_expect_eq(note_number(0, 0), 0);
	cr_expect_eq(note_number(0, 2), 5000);
	cr_expect_eq(note_number(1, 0), 1);
	list_notes(1);
	cr_expect_eq(rig_number("tick"), 3840);
	cr_expect_eq(rig_number("duration_ticks"), 3840);
	cr_assert_eq(
		wire_get_array(rig.in.result, "notes")->via.array.size, 1, "what is muted does not sound");
	cr_expect_eq(note_number(0, 0), 1, "the part that rests before it counts");
	cr_expect_eq(note_number(0, 1), 3840);
	cr_expect_eq(note_number(0, 2), 480);
	cr_expect_eq(note_number(0, 3), 50);
	cr_expect_eq(note_number(0, 4), 33);
	for (unsigned i = 0; i < 3; i++) {
		list_notes(outside[i]);
		cr_expect_eq(rig.in.result->via.map.size, 1);
		cr_expect_null(wire_get_array(rig.in.result, "notes"));
	}
}

Test(hermes_edit, NVX_19_order,
	.description = "NVX-19: in which order measures are played, and at which ticks, repeats included")
{
	static const char text[] = "{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
				   "\"metadata\":{\"title\":\"Again\",\"key\":\"C major\",\"tempo\":120},"
				   "\"measures\":[{},{\"repeat\":{\"start\":true}},{\"repeat\":{\"end\":2}},{"
				   "}],\"parts\":[],\"layers\":[]}";
	static const int64_t expected[] = {0, 1, 2, 1, 2, 3}; /* measures */
	const int fd = rig_file(text, sizeof(text) - 1);
	struct wire_out out;

	rig_begin(&out, "hermes.score.load");
	wire_put_str(&out, "name", "again.nvx1");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_result();
	close(fd);
	rig_call(client, "hermes.order.get", -1);
	rig_expect_result();
	cr_expect_eq(rig_number("end_ticks"), 6 * 3840);
	const msgpack_object *runs = wire_get_array(rig.in.result, "runs");
	size_t n = 0;

	cr_assert_not_null(runs);
	for (uint32_t i = 0; i < runs->via.array.size; i++) {
		const msgpack_object *run = &runs->via.array.ptr[i];
		int64_t first = -1, last = -1, written = -1, played = -1, duration = -1;

		cr_assert(wire_get_i64(run, "first", &first) == 0 && wire_get_i64(run, "last", &last) == 0 &&
			  wire_get_i64(run, "written_tick", &written) == 0 &&
			  wire_get_i64(run, "played_tick", &played) == 0 &&
			  wire_get_i64(run, "duration_ticks", &duration) == 0);
		cr_expect_eq(written, first * 3840);
		cr_expect_eq(played, (int64_t)n * 3840);
		cr_expect_eq(duration, (last - first + 1) * 3840);
		for (int64_t m = first; m <= last && n < 6; m++)
			cr_expect_eq(m, expected[n++]);
	}
	cr_expect_eq(n, 6);
}

Test(hermes_edit, HER_09_add_part,
	.description = "HER-09: a part comes into the score that plays; ids that are taken are told")
{
	const uint32_t n_events = rig.last_events;
	struct wire_out out;
	char taken[64] = "";

	rig_begin(&out, "hermes.part.add");
	wire_open_map(&out, "part");
	wire_put_str(&out, "id", "p1");
	wire_put_str(&out, "name", "Bass");
	wire_open_array(&out, "notes");
	wire_open_map(&out, NULL);
	put_note(&out, "b1", 0, 3840, 36);
	wire_close(&out);
	wire_close(&out);
	wire_close(&out);
	wire_put_str(&out, "after_part_id", "p1");
	rig_call_out(client, &out);
	rig_expect_result();
	cr_assert_eq(wire_get_str(wire_get_map(rig.in.result, "ids"), "p1", taken, sizeof(taken)), 0);
	cr_expect_str_neq(taken, "p1");
	cr_expect_eq(rig.n_updates, 1);
	cr_expect_eq(rig.last_events, n_events + 3, "its note and its program");
	rig_call(client, "hermes.score.get", -1);
	cr_expect_eq(wire_get_array(rig.in.result, "parts")->via.array.size, 2);
	cr_expect_eq(rig_number("notes"), 4);
}

static void at_tick(const char *method, int64_t tick)
{
	struct wire_out out;

	rig_begin(&out, method);
	wire_put_i64(&out, "tick", tick);
	rig_call_out(client, &out);
	rig_expect_result();
}

Test(hermes_edit, HER_17_key_and_chord,
	.description = "HER-17 HER-18: the key in force and the chord expected at a tick; between chords "
		       "there is none")
{
	at_tick("hermes.key.get", 3839);
	cr_expect_str_eq(rig_text("key"), "C major");
	cr_expect_eq(rig_number("tick"), 0);
	at_tick("hermes.key.get", 3840);
	cr_expect_str_eq(rig_text("key"), "A minor");
	cr_expect_eq(rig_number("tick"), 3840);
	at_tick("hermes.key.get", 1 << 30);
	cr_expect_str_eq(rig_text("key"), "A minor");
	at_tick("hermes.chord.get", 0);
	cr_expect_str_eq(rig_text("symbol"), "G7");
	cr_expect_str_eq(rig_text("roman"), "V7");
	cr_expect_eq(wire_get_array(rig.in.result, "pitch_classes")->via.array.size, 4);
	at_tick("hermes.chord.get", 1919);
	cr_expect_str_eq(rig_text("symbol"), "G7");
	at_tick("hermes.chord.get", 1920);
	cr_expect_eq(rig.in.result->via.map.size, 1);
	at_tick("hermes.chord.get", 4000);
	cr_expect_str_eq(rig_text("roman"), "iv");
	cr_expect_eq(rig_number("duration_ticks"), 3840);
}

Test(hermes_edit, lists_and_deletion, .description = "HER-02 HER-06: the store through its methods only")
{
	struct wire_out out;
	char loaded[40], other[40];
	int fd = rig_song(60);

	rig_call(client, "hermes.score.get", -1);
	strcpy(loaded, rig_text("score_id"));
	rig_begin(&out, "hermes.score.add");
	wire_put_str(&out, "name", "song.mid");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_result();
	close(fd);
	strcpy(other, rig_text("score_id"));
	cr_expect_eq(rig.n_timelines, 1, "it is added, not loaded");
	rig_call(client, "hermes.score.list", -1);
	rig_expect_result();
	cr_expect_eq(rig_number("n"), 2);
	rig_begin(&out, "hermes.score.list");
	wire_put_str(&out, "text", "Anon");
	rig_call_out(client, &out);
	const msgpack_object *scores = wire_get_array(rig.in.result, "scores");
	cr_assert_eq(scores->via.array.size, 1);
	int is_loaded = 0;
	cr_assert_eq(wire_get_bool(&scores->via.array.ptr[0], "loaded", &is_loaded), 0);
	cr_expect(is_loaded);
	rig_begin(&out, "hermes.score.delete");
	wire_put_str(&out, "score_id", loaded);
	rig_call_out(client, &out);
	rig_expect_error("hermes.score.loaded", NULL);
	rig_begin(&out, "hermes.score.open");
	wire_put_str(&out, "score_id", other);
	rig_call_out(client, &out);
	rig_expect_result();
	cr_expect_eq(rig.n_timelines, 2);
	cr_expect_str_eq(rig_text("title"), "Song");
	rig_begin(&out, "hermes.score.delete");
	wire_put_str(&out, "score_id", loaded);
	rig_call_out(client, &out);
	rig_expect_result();
	rig_call(client, "hermes.score.list", -1);
	cr_expect_eq(rig_number("n"), 1);
	rig_begin(&out, "hermes.score.open");
	wire_put_str(&out, "score_id", loaded);
	rig_call_out(client, &out);
	rig_expect_error("hermes.score.absent", NULL);
	rig_call(client, "hermes.store.check", -1);
	rig_expect_result();
	cr_expect_eq(rig_number("scores"), 1);
	cr_expect_eq(rig_number("n_errors"), 0);
}

Test(hermes_edit, exports,
	.description = "FMT-01: what is exported is read as the same score; unknown formats are refused")
{
	struct wire_out out;
	char state[40];

	rig_call(client, "hermes.score.get", -1);
	strcpy(state, rig_text("state_id"));
	rig_begin(&out, "hermes.score.export");
	wire_put_str(&out, "format", "nvx1");
	rig_call_out(client, &out);
	rig_expect_result();
	const int fd = wire_take_fd(&rig.in, 0);
	cr_assert_geq(fd, 0);
	rig_call(client, "hermes.score.check", fd);
	rig_expect_result();
	cr_expect_str_eq(rig_text("state_id"), state);
	rig_begin(&out, "hermes.score.export");
	wire_put_str(&out, "format", "paper");
	rig_call_out(client, &out);
	rig_expect_error("hermes.format.unknown", "format");
}

Test(hermes_edit, conversions,
	.description = "FMT-08 HER-03: a file in, a file out, and what leads from one to another; the store "
		       "has nothing of it")
{
	struct wire_out out;
	int fd = rig_song(60), other = rig_song(61);

	rig_begin(&out, "hermes.score.convert");
	wire_put_str(&out, "name", "song.mid");
	wire_put_str(&out, "format", "nvx1");
	wire_put_bool(&out, "canonical", 1);
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_result();
	cr_expect_str_eq(rig_text("title"), "Song");
	const int converted = wire_take_fd(&rig.in, 0);
	cr_assert_geq(converted, 0);
	for (int differs = 0; differs < 2; differs++) {
		rig_begin(&out, "hermes.score.diff");
		wire_put_str(&out, "name", "song.mid");
		wire_put_str(&out, "other", "song.nvx1");
		wire_add_fd(&out, differs ? other : fd);
		wire_add_fd(&out, converted);
		rig_call_out(client, &out);
		rig_expect_result();
		if (differs)
			cr_expect_gt(rig_number("n_ops"), 0);
		else
			cr_expect_eq(rig_number("n_ops"), 0);
		cr_expect_eq(
			wire_get_array(rig.in.result, "ops")->via.array.size, (uint32_t)rig_number("n_ops"));
	}
	close(converted);
	close(other);
	close(fd);
	rig_call(client, "hermes.score.list", -1);
	cr_expect_eq(rig_number("n"), 1);
}

Test(hermes_edit, analysis,
	.description = "HER-17 NVX-12: analysis on demand is a change like others, and is undone like others")
{
	char *before = content(), *after;

	rig_call(client, "hermes.score.analyse", -1);
	rig_expect_result();
	cr_expect_eq(rig_number("revision"), 2);
	after = content();
	cr_expect_str_neq(after, before);
	free(after);
	rig_call(client, "hermes.score.undo", -1);
	rig_expect_result();
	after = content();
	cr_expect_str_eq(after, before);
	free(after);
	free(before);
}

static unsigned occurs(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

Test(hermes_edit, tablature,
	.description = "HRM-09: a part gets strings, frets and fingers, twice is as once, undo takes them "
		       "away again; a "
		       "part that is not there and a degree that is none are refused")
{
	char *before = content(), *after, *again;
	struct wire_out out;

	rig_begin(&out, "hermes.tablature.propose");
	wire_put_str(&out, "part_id", "p1");
	rig_call_out(client, &out);
	rig_expect_result();
	cr_expect_eq(rig_number("parts"), 1);
	cr_expect_gt(rig_number("placed"), 0);
	after = content();
	cr_expect_not_null(strstr(after, "\"tablature\""));
	cr_expect_not_null(strstr(after, "mos.fretting"));
	rig_begin(&out, "hermes.tablature.propose");
	wire_put_str(&out, "part_id", "p1");
	rig_call_out(client, &out);
	rig_expect_result();
	again = content();
	cr_expect_eq(occurs(again, "mos.fretting"), occurs(after, "mos.fretting"), "nothing piles up");
	rig_begin(&out, "hermes.tablature.propose");
	wire_put_str(&out, "part_id", "nobody");
	rig_call_out(client, &out);
	rig_expect_error("hermes.part.absent", NULL);
	rig_begin(&out, "hermes.tablature.propose");
	wire_put_i64(&out, "degree", 6);
	rig_call_out(client, &out);
	rig_expect_error("rpc.params.invalid", "degree");
	for (int i = 0; i < 2; i++) {
		rig_call(client, "hermes.score.undo", -1);
		rig_expect_result();
	}
	free(again);
	again = content();
	cr_expect_str_eq(again, before);
	free(again);
	free(after);
	free(before);
}

Test(hermes_edit, online_backup,
	.description = "HER-13: a copy of the store, made while it is used, is a store")
{
	struct wire_out out;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/copy", rig.dir);
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const int admin = rig_client("system.admin");
	rig_begin(&out, "hermes.store.backup");
	wire_add_fd(&out, fd);
	rig_call_out(client, &out);
	rig_expect_error("rpc.caller.denied", NULL);
	rig_begin(&out, "hermes.store.backup");
	wire_add_fd(&out, fd);
	rig_send(admin, &out);
	edit(client, "n2", 960, 65, NULL);
	rig_expect_result();
	rig_answer(admin);
	rig_expect_result();
	struct stat st;
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(rig_number("size_bytes"), st.st_size);
	cr_expect_gt(st.st_size, 16384);
	char magic[16] = "";
	cr_assert_eq(pread(fd, magic, 15, 0), 15);
	cr_expect_str_eq(magic, "SQLite format 3");
	close(fd);
	close(admin);
}

Test(hermes_edit, HER_12_failed_loads,
	.description = "HER-12: a refused load is told to the bus by number; the words are to be had")
{
	struct wire_error err;

	rig_call(client, "hermes.score.load", rig_file("MThd\0\0\0\6\0\0\0\1\0\0", 14));
	rig_expect_error("hermes.score.invalid", "byte 12");
	cr_expect_eq(rig.n_failed, 1);
	rig_call(client, "hermes.load.list", -1);
	const msgpack_object *loads = wire_get_array(rig.in.result, "loads");
	cr_assert_eq(loads->via.array.size, 1);
	int64_t id = 0;
	cr_assert_eq(wire_get_i64(&loads->via.array.ptr[0], "load_id", &id), 0);
	cr_expect_eq(id, rig.last_failed);
	wire_error_read(wire_get_map(&loads->via.array.ptr[0], "error"), &err);
	cr_expect_str_eq(err.where, "byte 12");
}

Test(hermes_edit, cancelled_loads,
	.description = "HER-14: a waiting load is cancelled, answered so, and the score stays")
{
	struct wire_out out;
	char state[40];

	rig_call(client, "hermes.score.get", -1);
	strcpy(state, rig_text("state_id"));
	rig.kronos = KRONOS_WAITS;
	rig_request(rig.client[1], "hermes.score.load", rig_song(50));
	while (!rig.waiting_id)
		rig_serve();
	rig_request(rig.client[2], "hermes.score.load", rig_song(51));
	rig_call(client, "hermes.load.list", -1);
	const msgpack_object *loads = wire_get_array(rig.in.result, "loads");
	cr_assert_eq(loads->via.array.size, 2);
	int64_t active = 0, waiting = 0;
	cr_assert_eq(wire_get_i64(&loads->via.array.ptr[0], "load_id", &active), 0);
	cr_assert_eq(wire_get_i64(&loads->via.array.ptr[1], "load_id", &waiting), 0);
	rig_begin(&out, "hermes.load.cancel");
	wire_put_i64(&out, "load_id", waiting);
	rig_call_out(client, &out);
	rig_expect_result();
	rig_answer(rig.client[2]);
	rig_expect_error("hermes.load.cancelled", NULL);
	rig_begin(&out, "hermes.load.cancel");
	wire_put_i64(&out, "load_id", active);
	rig_call_out(client, &out);
	rig_expect_error("hermes.load.absent", NULL);
	rig_begin(&out, "hermes.load.cancel");
	wire_put_i64(&out, "load_id", 999);
	rig_call_out(client, &out);
	rig_expect_error("hermes.load.absent", NULL);
	/* Until rtcore has taken it, the old one is what is loaded. */
	rig_call(client, "hermes.score.get", -1);
	cr_expect_str_eq(rig_text("state_id"), state);
	rig.kronos = KRONOS_TAKES;
	wire_out_init(&out);
	wire_begin_result(&out, rig.waiting_id);
	rig_send(rig.broker, &out);
	rig_answer(rig.client[1]);
	rig_expect_result();
	cr_expect_str_eq(rig_text("title"), "Song");
}

Test(hermes_edit, HER_01_one_store,
	.description = "HER-01: a second process on the same store is refused, and ends with status 3")
{
	char state[96];
	int status = 0;

	(void)snprintf(state, sizeof(state), "%s/state", rig.dir);
	const pid_t pid = fork();
	if (pid == 0) {
		(void)setenv("MOS_STATE_DIR", state, 1);
		(void)execl(MOS_HERMES, "mos-hermes", "--runtime-dir", rig.dir, (char *)NULL);
		_exit(126);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(WEXITSTATUS(status), 3);
	struct stat st;
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/hermes/scores.db", state);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof(path), "%s/hermes", state);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0077, 0);
}

/* SPDX-License-Identifier: MIT */
/* Calls that most programs make. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mos/control.h>

#include "client_impl.h"

#define LOAD_TIMEOUT_MS 60000 /* a score of a million notes compiles in a few seconds */

int mos_transport_play(struct mos_client *client, unsigned int count_in_bars)
{
	return mos_call(client, "kronos.transport.play", MOS_ARGS(mos_int("count_in", count_in_bars)), NULL);
}

int mos_transport_pause(struct mos_client *client)
{
	return mos_call(client, "kronos.transport.pause", MOS_NO_ARGS, NULL);
}

int mos_transport_stop(struct mos_client *client)
{
	return mos_call(client, "kronos.transport.stop", MOS_NO_ARGS, NULL);
}

int mos_transport_toggle(struct mos_client *client)
{
	return mos_call(client, "kronos.transport.toggle", MOS_NO_ARGS, NULL);
}

int mos_transport_restart(struct mos_client *client)
{
	return mos_call(client, "kronos.transport.restart", MOS_NO_ARGS, NULL);
}

int mos_transport_seek_ticks(struct mos_client *client, int64_t tick)
{
	return mos_call(client, "kronos.transport.seek", MOS_ARGS(mos_int("ticks", tick)), NULL);
}

int mos_transport_seek_beats(struct mos_client *client, double beats)
{
	return mos_call(client, "kronos.transport.seek", MOS_ARGS(mos_real("beats", beats)), NULL);
}

int mos_transport_seek_bar(struct mos_client *client, unsigned int bar, unsigned int beat, unsigned int tick)
{
	return mos_call(client, "kronos.transport.seek",
		MOS_ARGS(mos_int("bar", bar), mos_int("beat", beat), mos_int("tick", tick)), NULL);
}

int mos_tempo_set_bpm(struct mos_client *client, double bpm, double *ret_bpm)
{
	struct mos_reply reply;
	int rc;

	rc = mos_call(client, "kronos.tempo.set", MOS_ARGS(mos_real("bpm", bpm)), &reply);
	if (rc < 0)
		return rc;
	if (ret_bpm)
		*ret_bpm = mos_get_real(&reply.value, "bpm", bpm);
	mos_reply_finish(&reply);
	return 0;
}

int mos_tempo_set_percent(struct mos_client *client, double percent)
{
	return mos_call(client, "kronos.tempo.set", MOS_ARGS(mos_real("percent", percent)), NULL);
}

int mos_tempo_follow_score(struct mos_client *client)
{
	return mos_call(client, "kronos.tempo.set", MOS_ARGS(mos_bool("score", 1)), NULL);
}

int mos_loop_set_ticks(struct mos_client *client, int64_t start_tick, int64_t end_tick)
{
	return mos_call(client, "kronos.loop.set",
		MOS_ARGS(mos_int("start_ticks", start_tick), mos_int("end_ticks", end_tick)), NULL);
}

int mos_loop_set_bars(struct mos_client *client, unsigned int from_bar, unsigned int to_bar)
{
	return mos_call(client, "kronos.loop.set",
		MOS_ARGS(mos_int("from_bar", from_bar), mos_int("to_bar", to_bar)), NULL);
}

int mos_loop_clear(struct mos_client *client)
{
	return mos_call(client, "kronos.loop.clear", MOS_NO_ARGS, NULL);
}

int mos_metronome_set(struct mos_client *client, int on)
{
	return mos_call(client, "kronos.metronome.set", MOS_ARGS(mos_bool("on", on)), NULL);
}

int mos_note_play(struct mos_client *client, const char *note, const char *duration, double velocity)
{
	return mos_call(client, "apollo.note.play",
		MOS_ARGS(mos_str("note", note), mos_str("duration", duration ? duration : "4n"),
			mos_real("velocity", velocity)),
		NULL);
}

static int play_notes(struct mos_client *client, const char *method, const char *const *notes, size_t n_notes,
	const char *duration, double velocity)
{
	struct mos_value *list;
	int rc;

	if (n_notes > WIRE_FRAME_MAX)
		return client_fail(client, -EMSGSIZE, "client.request.invalid", "%s: too many notes", method);
	list = calloc(n_notes + 1, sizeof(*list));
	if (!list)
		return client_fail(client, -ENOMEM, "client.memory", "out of memory");
	for (size_t i = 0; i < n_notes; i++)
		list[i] = mos_value_str(notes[i]);
	rc = mos_call(client, method,
		MOS_ARGS(mos_list("notes", list, (uint32_t)n_notes),
			mos_str("duration", duration ? duration : "4n"), mos_real("velocity", velocity)),
		NULL);
	free(list);
	return rc;
}

int mos_chord_play(struct mos_client *client, const char *const *notes, size_t n_notes, const char *duration,
	double velocity)
{
	return play_notes(client, "apollo.chord.play", notes, n_notes, duration, velocity);
}

int mos_melody_play(struct mos_client *client, const char *const *notes, size_t n_notes, const char *duration,
	double velocity)
{
	return play_notes(client, "apollo.melody.play", notes, n_notes, duration, velocity);
}

int mos_bass_play(struct mos_client *client, const char *const *notes, size_t n_notes, const char *duration,
	double velocity)
{
	return play_notes(client, "apollo.bass.play", notes, n_notes, duration, velocity);
}

int mos_chord_cutoff(struct mos_client *client)
{
	return mos_call(client, "apollo.chord.cutoff", MOS_NO_ARGS, NULL);
}

int mos_panic(struct mos_client *client)
{
	return mos_call(client, "apollo.engine.panic", MOS_NO_ARGS, NULL);
}

/* Opened here, with the caller's rights; the service only gets the descriptor. */
static int open_regular(struct mos_client *c, const char *path)
{
	struct stat st;
	int fd, rc = 0;

	/* Not blocking: a FIFO without a writer must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		rc = -ESPIPE;
	if (rc < 0) {
		if (fd >= 0)
			close(fd);
		return client_fail(c, rc, "client.file.unreadable", "%s: %s", path,
			rc == -ESPIPE ? "Not a regular file" : strerror(-rc));
	}
	return fd;
}

static int send_file(struct mos_client *client, const char *method, const char *path, struct mos_reply *ret)
{
	const char *slash = strrchr(path, '/');
	const struct mos_field args[] = {mos_str("name", slash ? slash + 1 : path), mos_str("path", path)};
	struct mos_request request = {
		.method = method,
		.args = args,
		.n_args = 2,
		.n_fds = 1,
		.timeout_ms = LOAD_TIMEOUT_MS,
	};
	int fd, rc;

	fd = open_regular(client, path);
	if (fd < 0)
		return fd;
	request.fds = &fd;
	rc = mos_call_request(client, &request, ret);
	close(fd);
	return rc;
}

int mos_score_load(struct mos_client *client, const char *path, struct mos_reply *ret)
{
	return send_file(client, "hermes.score.load", path, ret);
}

int mos_score_check(struct mos_client *client, const char *path, struct mos_reply *ret)
{
	return send_file(client, "hermes.score.check", path, ret);
}

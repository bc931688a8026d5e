/* SPDX-License-Identifier: MIT */
/*
 * A widget for tests, on raw frames, so that it can misbehave. What it does the file `behaviour` in its
 * folder says: normal, mute, hang-activate, hang-deactivate, refuse, crash (before it is active),
 * crash-active, garbage, flood, lazy (never reads), paint (draws all the time), paint-die (and dies of it),
 * scribble (writes anything anywhere in its surface). A normal one obeys calls; see obey().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mos/surface.h>

#include "wire.h"

static int sock = 3;
static uint32_t next_id = 1;
static char behaviour[32];
static struct wire_in in;
static struct wire_in answer;
/* What came with activate and settings, packed again. */
static msgpack_sbuffer activation, settings;
static uint32_t n_settings, n_keys;
static char last_key[32];
/* The stage. */
static struct mos_surface_writer writer;
static uint32_t n_pictures, n_surfaces, n_taken_back, n_wakes, n_pointers;
static char pointer_kind[16];
static double pointer_x;

static void send_out(struct wire_out *out)
{
	if (wire_end(out) == 0)
		(void)wire_send(sock, out, 0);
	wire_out_finish(out);
}

static void keep(msgpack_sbuffer *buf, const msgpack_object *value)
{
	msgpack_packer packer;

	msgpack_sbuffer_clear(buf);
	msgpack_packer_init(&packer, buf, msgpack_sbuffer_write);
	msgpack_pack_object(&packer, *value);
}

static void put_kept(struct wire_out *out, const char *key, const msgpack_sbuffer *buf)
{
	msgpack_unpacked unpacked;
	size_t at = 0;

	msgpack_unpacked_init(&unpacked);
	if (buf->size && msgpack_unpack_next(&unpacked, buf->data, buf->size, &at) == MSGPACK_UNPACK_SUCCESS)
		wire_put_object(out, key, &unpacked.data);
	else
		wire_put_nil(out, key);
	msgpack_unpacked_destroy(&unpacked);
}

/* One picture of n boxes, all of the colour that is its number. */
static void paint(uint32_t n)
{
	struct mos_shape *shape = writer.hdr ? mos_surface_begin(&writer) : NULL;

	if (!shape || writer.kind != MOS_SURFACE_SHAPES)
		return;
	n_pictures++;
	for (uint32_t i = 0; i < n; i++)
		shape[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = n_pictures, .w = 1, .h = 1};
	mos_surface_commit(&writer, &(struct mos_surface_slot){.n = n});
}

static void paint_pixels(uint8_t value)
{
	uint8_t *pixels = writer.hdr ? mos_surface_begin(&writer) : NULL;
	uint32_t stride = (writer.max_width * 4 + 63) / 64 * 64;

	if (!pixels || writer.kind != MOS_SURFACE_PIXELS)
		return;
	memset(pixels, value, (size_t)stride * writer.max_height);
	mos_surface_commit(
		&writer, &(struct mos_surface_slot){
				 .width = writer.max_width, .height = writer.max_height, .stride = stride});
}

static void scribble(void)
{
	uint32_t *words = (uint32_t *)writer.hdr;

	if (!writer.hdr)
		return;
	for (int i = 0; i < 3000; i++) /* all of the header but its first words, and the slots' first pages */
		words[8 + (size_t)random() % (writer.region.size / 4 - 8)] =
			random() & 1 ? (uint32_t)random() : (uint32_t)(random() % 5);
	for (size_t i = 8; i < 174; i++)
		words[i] = random() & 1 ? (uint32_t)random() : (uint32_t)(random() % 5);
}

static void take_stage(struct wire_in *frame)
{
	if (!strcmp(frame->method, "widget.surface")) {
		int fd = wire_take_fd(frame, 0);

		if (writer.hdr)
			mos_surface_close(&writer);
		if (fd < 0)
			n_taken_back++;
		else if (mos_surface_open(fd, &writer) == 0)
			n_surfaces++;
		if (fd >= 0)
			close(fd);
	}
	if (!strcmp(frame->method, "widget.stage"))
		n_wakes++;
	if (!strcmp(frame->method, "widget.pointer")) {
		n_pointers++;
		(void)wire_get_str(frame->params, "kind", pointer_kind, sizeof(pointer_kind));
		(void)wire_get_f64(frame->params, "x", &pointer_x);
	}
}

static void put_stage(struct wire_out *out)
{
	float width = 0, height = 0;
	int64_t time_ns;
	int shown = 0;

	if (writer.hdr)
		mos_surface_where(&writer, &width, &height, &shown, &time_ns);
	wire_put_u64(out, "n_surfaces", n_surfaces);
	wire_put_u64(out, "n_taken_back", n_taken_back);
	wire_put_u64(out, "n_wakes", n_wakes);
	wire_put_u64(out, "n_pointers", n_pointers);
	wire_put_str(out, "pointer", pointer_kind);
	wire_put_f64(out, "x", pointer_x);
	wire_put_bool(out, "shown", shown);
	wire_put_f64(out, "width", (double)width);
}

static void take_notice(struct wire_in *frame)
{
	take_stage(frame);
	if (!strcmp(frame->method, "widget.activate"))
		keep(&activation, frame->params);
	if (!strcmp(frame->method, "widget.settings")) {
		keep(&settings, frame->params);
		n_settings++;
	}
	if (!strcmp(frame->method, "widget.key")) {
		n_keys++;
		(void)wire_get_str(frame->params, "key", last_key, sizeof(last_key));
	}
	if (!strcmp(frame->method, "widget.deactivate") && strcmp(behaviour, "hang-deactivate")) {
		struct wire_out out;

		wire_out_init(&out);
		wire_begin_request(&out, next_id++, "broker.widget.done");
		send_out(&out);
		exit(0);
	}
}

/* Send a request and wait for its answer; what else comes meanwhile is taken. @return 0, -EREMOTEIO. */
static int call(struct wire_out *out, uint32_t id)
{
	send_out(out);
	for (;;) {
		if (wire_recv(sock, &answer, 0) != 1)
			exit(0); /* the broker has gone: so do widgets */
		if (answer.kind == WIRE_NOTIFY)
			take_notice(&answer);
		if (answer.kind == WIRE_RESPONSE && answer.id == id)
			return answer.error ? -EREMOTEIO : 0;
	}
}

static uint32_t begin(struct wire_out *out, const char *method)
{
	wire_out_init(out);
	wire_begin_request(out, next_id, method);
	return next_id++;
}

static void open_slot(void)
{
	struct wire_out out;
	uint32_t id = begin(&out, "broker.client.open");

	wire_put_str(&out, "name", "fake");
	(void)call(&out, id);
}

static void say_ready(const char *failed)
{
	struct wire_out out;
	uint32_t id;

	while (!activation.size) {
		if (wire_recv(sock, &in, 0) != 1)
			exit(0);
		if (in.kind == WIRE_NOTIFY)
			take_notice(&in);
	}
	id = begin(&out, "broker.widget.ready");
	if (failed)
		wire_put_str(&out, "failed", failed);
	(void)call(&out, id);
}

/* door {method, params?, fd?: bytes of a sealed memfd}: try a door. -> {ok, code, result} */
static void try_door(struct wire_out *out, const msgpack_object *params)
{
	const msgpack_object *map = wire_get_map(params, "params");
	struct wire_error err = {0};
	struct wire_out ask;
	int64_t bytes = 0;
	char method[96];
	uint32_t id;
	int rc;

	(void)wire_get_str(params, "method", method, sizeof(method));
	id = begin(&ask, method);
	for (uint32_t i = 0; map && i < map->via.map.size; i++) {
		char key[64];

		(void)wire_to_str(&map->via.map.ptr[i].key, key, sizeof(key));
		wire_put_object(&ask, key, &map->via.map.ptr[i].val);
	}
	if (wire_get_i64(params, "fd", &bytes) == 0) {
		int fd = memfd_create("data", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		(void)ftruncate(fd, bytes);
		(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
		wire_add_fd(&ask, fd);
		close(fd);
	}
	rc = call(&ask, id);
	if (rc < 0)
		wire_error_read(answer.error, &err);
	wire_put_bool(out, "ok", rc == 0);
	wire_put_str(out, "code", err.code);
	wire_put_str(out, "message", err.message);
	if (rc == 0)
		wire_put_object(out, "result", answer.result);
}

/* insert {kind, what}: ask for one in strip 63. -> {ok, code} */
static void try_insert(struct wire_out *out, const msgpack_object *params)
{
	struct wire_error err = {0};
	struct wire_out ask;
	uint32_t id = begin(&ask, "apollo.insert.add");
	int rc;

	wire_put_u64(&ask, "strip", 63);
	wire_put_object(&ask, "kind", wire_get(params, "kind"));
	wire_put_object(&ask, "what", wire_get(params, "what"));
	rc = call(&ask, id);
	if (rc < 0)
		wire_error_read(answer.error, &err);
	wire_put_bool(out, "ok", rc == 0);
	wire_put_str(out, "code", err.code);
}

/* Ask with one parameter and tell what came of it. */
static void ask_with(struct wire_out *out, const char *method, const char *key, const msgpack_object *value)
{
	struct wire_error err = {0};
	struct wire_out ask;
	uint32_t id = begin(&ask, method);
	int rc;

	wire_put_object(&ask, key, value);
	rc = call(&ask, id);
	if (rc < 0)
		wire_error_read(answer.error, &err);
	wire_put_str(out, "code", err.code);
	wire_put_str(out, "message", err.message);
	wire_put_u64(out, "n_fds", answer.n_fds);
	if (rc == 0)
		wire_put_object(out, "result", answer.result);
}

static void open_again(struct wire_out *out)
{
	static const msgpack_object name = {
		.type = MSGPACK_OBJECT_STR, .via.str = {.size = 4, .ptr = "fake"}};

	ask_with(out, "broker.client.open", "name", &name);
}

/* write {path}: whether a file can be made there. */
static void try_write(struct wire_out *out, const msgpack_object *params)
{
	char path[512];
	int dir;

	(void)wire_get_str(params, "path", path, sizeof(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	wire_put_bool(out, "ok", openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static void obey(const struct wire_in *request)
{
	const msgpack_object *params = wire_get_map(request->params, "params");
	struct wire_error err;
	struct wire_out out;
	char name[64] = "";

	(void)wire_get_str(request->params, "name", name, sizeof(name));
	wire_out_init(&out);
	if (!strcmp(name, "refuse")) {
		wire_error_set(&err, "fake.thing.refused", "not\x1b[2J today");
		wire_begin_error(&out, request->id, &err);
		send_out(&out);
		return;
	}
	if (!strcmp(name, "silence")) {
		wire_out_finish(&out);
		return;
	}
	wire_begin_result(&out, request->id);
	if (!strcmp(name, "door"))
		try_door(&out, params);
	else if (!strcmp(name, "insert"))
		try_insert(&out, params);
	else if (!strcmp(name, "open"))
		open_again(&out);
	else if (!strcmp(name, "service"))
		ask_with(&out, "broker.service.connect", "name", wire_get(params, "name"));
	else if (!strcmp(name, "tempo"))
		ask_with(&out, "kronos.tempo.set", "bpm", wire_get(params, "bpm"));
	else if (!strcmp(name, "show"))
		ask_with(&out, "broker.widget.show", "text", wire_get(params, "text"));
	else if (!strcmp(name, "save"))
		ask_with(&out, "broker.widget.save", "state", params);
	else if (!strcmp(name, "about")) {
		char method[96];

		(void)wire_get_str(params, "method", method, sizeof(method));
		ask_with(&out, method, "id", wire_get(params, "id"));
	} else if (!strcmp(name, "write"))
		try_write(&out, params);
	else if (!strcmp(name, "echo"))
		wire_put_object(&out, "params", params);
	else if (!strcmp(name, "paint")) {
		uint64_t n = 1;

		(void)wire_get_u64(params, "n", &n);
		paint((uint32_t)n);
	} else if (!strcmp(name, "paint-pixels"))
		paint_pixels(0x42);
	else if (!strcmp(name, "stage"))
		put_stage(&out);
	else if (!strcmp(name, "told")) {
		put_kept(&out, "activation", &activation);
		put_kept(&out, "settings", &settings);
		wire_put_u64(&out, "n_settings", n_settings);
		wire_put_u64(&out, "n_keys", n_keys);
		wire_put_str(&out, "key", last_key);
	} else if (!strcmp(name, "die")) {
		printf("last words\n");
		(void)fflush(stdout);
		(void)raise(SIGSEGV);
	} else if (!strcmp(name, "hang-up")) {
		close(sock);
		(void)pause();
	} else if (!strcmp(name, "fork")) {
		if (fork() == 0) {
			(void)setsid();
			for (;;)
				(void)pause();
		}
	} else if (!strcmp(name, "garbage")) {
		(void)send(sock, "\xc1garbage", 8, MSG_NOSIGNAL);
		(void)pause();
	}
	send_out(&out);
}

static void misbehave(void)
{
	if (!strcmp(behaviour, "mute"))
		(void)pause();
	if (!strcmp(behaviour, "crash"))
		exit(3);
	open_slot();
	if (!strcmp(behaviour, "hang-activate"))
		(void)pause();
	if (!strcmp(behaviour, "refuse")) {
		say_ready("no input is there");
		(void)pause();
	}
	say_ready(NULL);
	if (!strcmp(behaviour, "crash-active"))
		(void)raise(SIGSEGV);
	if (!strcmp(behaviour, "flood")) {
		for (;;)
			(void)!write(STDOUT_FILENO, "flooding the log with lines\n", 28);
	}
	if (!strcmp(behaviour, "lazy")) {
		struct wire_out out;

		for (;;) {
			wire_out_init(&out);
			wire_begin_request(&out, next_id++, "broker.service.ping");
			send_out(&out);
		}
	}
}

int main(void)
{
	int fd = open("behaviour", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!read(fd, behaviour, sizeof(behaviour) - 1);
	msgpack_sbuffer_init(&activation);
	msgpack_sbuffer_init(&settings);
	if (wire_in_init(&in) < 0 || wire_in_init(&answer) < 0)
		return 4;
	misbehave();
	srandom((unsigned)getpid());
	for (;;) {
		int draws = !strncmp(behaviour, "paint", 5) || !strcmp(behaviour, "scribble");

		while (draws && poll(&(struct pollfd){.fd = sock, .events = POLLIN}, 1, 10) == 0) {
			if (behaviour[0] == 's')
				scribble();
			else
				paint(8);
			if (behaviour[5] == '-' && n_pictures == 20)
				(void)raise(SIGKILL);
		}
		if (wire_recv(sock, &in, 0) != 1)
			break;
		if (in.kind == WIRE_NOTIFY)
			take_notice(&in);
		if (in.kind == WIRE_REQUEST)
			obey(&in);
	}
	return 0;
}

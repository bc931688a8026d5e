/* SPDX-License-Identifier: MIT */
/* Following OBS: the protocol by itself, and against a server of the test's own that knows its manners, dies,
 * hangs, and talks nonsense. The server is written by hand, so that it can be wrong in any way. */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "obs.h"
#include "talk.h"

/* The example that the protocol's description gives. */
#define PASSWORD "supersecretpassword"
#define HELLO                                                                                                \
	"{\"op\":0,\"d\":{\"obsWebSocketVersion\":\"5.5.2\",\"rpcVersion\":1,\"authentication\":{"           \
	"\"challenge\":\"+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY=\","                                    \
	"\"salt\":\"lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=\"}}}"
#define PROOF "1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4="
#define IDENTIFIED "{\"op\":2,\"d\":{\"negotiatedRpcVersion\":1}}"
#define ANSWER(type, data)                                                                                   \
	"{\"op\":7,\"d\":{\"requestType\":\"" type "\",\"requestId\":\"" type                                \
	"\",\"requestStatus\":{\"result\":true,\"code\":100},\"responseData\":{" data "}}}"
#define SCENE_IS(name) ANSWER("GetCurrentProgramScene", "\"currentProgramSceneName\":\"" name "\"")
#define RECORDS(is) ANSWER("GetRecordStatus", "\"outputActive\":" is)
#define EVENT(type, data)                                                                                    \
	"{\"op\":5,\"d\":{\"eventType\":\"" type "\",\"eventIntent\":4,\"eventData\":{" data "}}}"
#define NOW_SCENE(name) EVENT("CurrentProgramSceneChanged", "\"sceneName\":\"" name "\"")
#define RECORDING(is, state)                                                                                 \
	EVENT("RecordStateChanged",                                                                          \
		"\"outputActive\":" is ",\"outputState\":\"OBS_WEBSOCKET_OUTPUT_" state "\"")

/* --- The protocol --- */

static struct talk talk;
static char answer[TALK_ANSWER_MAX];

static int hear(const char *json)
{
	return talk_hear(&talk, json, strlen(json), answer);
}

static void identified(void)
{
	talk_begin(&talk, PASSWORD);
	cr_assert_eq(hear(HELLO), TALK_SEND);
	cr_assert_eq(hear(IDENTIFIED), TALK_SEND);
}

Test(theater_obs, password,
	.description = "OBS-01: the password is proved as the protocol's own example has it")
{
	talk_begin(&talk, PASSWORD);
	cr_assert_eq(hear(HELLO), TALK_SEND);
	cr_assert(strstr(answer, "\"authentication\":\"" PROOF "\""), "%s", answer);
	cr_assert(strstr(answer, "\"op\":1"));
	cr_assert(strstr(answer, "\"eventSubscriptions\":68"));
	talk_begin(&talk, NULL);
	cr_assert_eq(hear(HELLO), -EACCES);
	cr_assert_str_eq(talk.fault, "OBS wants a password");
	cr_assert_eq(
		hear("{\"op\":0,\"d\":{\"obsWebSocketVersion\":\"5.0.0\",\"rpcVersion\":1}}"), TALK_SEND);
	cr_assert_null(strstr(answer, "authentication"));
}

Test(theater_obs, scene,
	.description = "OBS-01: the scene on program is asked for, followed, and renamed with OBS")
{
	identified();
	cr_assert(strstr(answer, "\"GetCurrentProgramScene\""));
	cr_assert_not(talk.has_scene);
	cr_assert_eq(hear(SCENE_IS("Intro")), TALK_SEND);
	cr_assert(strstr(answer, "\"GetRecordStatus\""));
	cr_assert_str_eq(talk.scene, "Intro");
	cr_assert_eq(hear(NOW_SCENE("Stage \\u00e9")), TALK_NOTHING);
	cr_assert_str_eq(talk.scene, "Stage \xc3\xa9");
	cr_assert_eq(hear(EVENT("SceneNameChanged", "\"oldSceneName\":\"Intro\",\"sceneName\":\"X\"")),
		TALK_NOTHING);
	cr_assert_str_eq(talk.scene, "Stage \xc3\xa9");
	cr_assert_eq(
		hear(EVENT("SceneNameChanged", "\"oldSceneName\":\"Stage \xc3\xa9\",\"sceneName\":\"Y\"")),
		TALK_NOTHING);
	cr_assert_str_eq(talk.scene, "Y");
	cr_assert_eq(hear(EVENT("SomethingNew", "\"sceneName\":\"Z\"")), TALK_NOTHING);
	cr_assert_str_eq(talk.scene, "Y");
}

Test(theater_obs, not_ready, .description = "OBS-02: while OBS is starting it is asked again")
{
	identified();
	cr_assert_eq(hear("{\"op\":7,\"d\":{\"requestType\":\"GetCurrentProgramScene\",\"requestStatus\":{"
			  "\"result\":false,"
			  "\"code\":207}}}"),
		TALK_LATER);
	cr_assert_not(talk.has_scene);
}

Test(theater_obs, record, .description = "OBS-03: recording is what is on, not what begins or ends")
{
	identified();
	cr_assert_eq(hear(RECORDS("true")), TALK_NOTHING);
	cr_assert(talk.is_recording);
	cr_assert_eq(hear(RECORDING("false", "STOPPED")), TALK_NOTHING);
	cr_assert_not(talk.is_recording);
	cr_assert_eq(hear(RECORDING("true", "STARTING")), TALK_NOTHING);
	cr_assert_not(talk.is_recording);
	cr_assert_eq(hear(RECORDING("true", "STARTED")), TALK_NOTHING);
	cr_assert(talk.is_recording);
	cr_assert_eq(hear(RECORDING("false", "STOPPING")), TALK_NOTHING);
	cr_assert(talk.is_recording);
}

Test(theater_obs, nonsense, .description = "OBS-02: what is no OBS is refused with the reason")
{
	static const char *const bad[] = {"", "hello", "[]", "{}", "{\"op\":0}", "{\"op\":0,\"d\":[]}",
		"{\"op\":\"0\",\"d\":{}}", "{\"op\":0,\"d\":{\"obsWebSocketVersion\":\"5\"}}",
		"{\"op\":5,\"d\":{}}", NOW_SCENE("x"),
		"{\"op\":0,\"d\":{\"obsWebSocketVersion\":\"5\",\"rpcVersion\":1,\"authentication\":{}}}",
		"{\"op\":0,\"d\":{\"obsWebSocketVersion\":\"5\",\"rpcVersion\":1,\"authentication\":{"
		"\"salt\":\"a\\u0000\","
		"\"challenge\":\"b\"}}}"};
	char *large = calloc(1, TALK_MESSAGE_MAX + 2);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		talk_begin(&talk, PASSWORD);
		cr_expect_eq(hear(bad[i]), -EPROTO, "%s", bad[i]);
		cr_expect(talk.fault[0] && !talk.has_scene);
	}
	memset(large, ' ', TALK_MESSAGE_MAX + 1);
	talk_begin(&talk, NULL);
	cr_assert_eq(hear(large), -EPROTO);
	free(large);
	/* a scene name of any length */
	identified();
	for (size_t n = 240; n < 270; n++) {
		char json[700], *end;

		end = stpcpy(json, "{\"op\":5,\"d\":{\"eventType\":\"CurrentProgramSceneChanged\","
				   "\"eventData\":{\"sceneName\":\"x");
		for (size_t i = 0; i < n; i++)
			end = stpcpy(end, "\xc3\xa9");
		(void)stpcpy(end, "\"}}}");
		cr_assert_eq(hear(json), TALK_NOTHING);
		cr_assert_eq(strlen(talk.scene) % 2, 1, "whole characters");
		cr_assert_eq(strlen(talk.scene), 255);
	}
}

Test(theater_obs, url, .description = "OBS-01: an address is checked before anything is tried")
{
	static const char *const bad[] = {"", "http://x", "ws://", "ws:///x", "ws://h:0", "ws://h:65536",
		"ws://h:1x/", "ws://h:", "ws://h:+1", "ws://a b/", "ws://h\n/"};
	static const struct obs_ops ops;
	struct obs *obs;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(obs_open(bad[i], NULL, &ops, NULL, &obs), -EINVAL, "%s", bad[i]);
	obs_close(NULL);
}

/* --- A server --- */

static struct {
	int listener, fd;
	struct obs *obs;
	char told[1024];
	uint32_t n_scenes, n_records, n_there, n_away;
	int64_t record_ns;
} rig = {.listener = -1, .fd = -1};

static void on_state(int is_there, const char *text, void *data)
{
	rig.n_there += is_there != 0;
	rig.n_away += !is_there;
	(void)snprintf(rig.told, sizeof(rig.told), "%s", text);
}

static void on_scene(const char *name, void *data)
{
	rig.n_scenes++;
	(void)snprintf(rig.told, sizeof(rig.told), "%s", name);
}

static void on_record(int is_recording, int64_t time_ns, void *data)
{
	rig.n_records++;
	rig.record_ns = time_ns;
	(void)snprintf(rig.told, sizeof(rig.told), "%s", is_recording ? "records" : "does not record");
}

static void listen_at(uint16_t port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int yes = 1;

	rig.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_geq(rig.listener, 0);
	cr_assert_eq(setsockopt(rig.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	cr_assert_eq(bind(rig.listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(rig.listener, 4), 0);
}

static void setup(void)
{
	static const struct obs_ops ops = {.state = on_state, .scene = on_scene, .record = on_record};
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	char url[64];

	listen_at(0);
	cr_assert_eq(getsockname(rig.listener, (struct sockaddr *)&at, &size), 0);
	(void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u", ntohs(at.sin_port));
	cr_assert_eq(obs_open(url, PASSWORD, &ops, NULL, &rig.obs), 0);
}

static void teardown(void)
{
	obs_close(rig.obs);
	(void)close(rig.fd);
	(void)close(rig.listener);
}

static int comes(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 20000) == 1;
}

static void take(void *into, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got;

		cr_assert(comes(rig.fd));
		got = recv(rig.fd, (char *)into + at, n - at, 0);
		cr_assert_gt(got, 0);
		at += (size_t)got;
	}
}

static void give(const void *bytes, size_t n)
{
	cr_assert_eq(send(rig.fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

/** The client is there; it is answered as WebSocket wants it. */
static void welcome(void)
{
	char head[2048] = "", accept[64], reply[256], *key;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n;
	size_t len = 0;

	cr_assert(comes(rig.listener));
	rig.fd = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
	cr_assert_geq(rig.fd, 0);
	while (!strstr(head, "\r\n\r\n") && len < sizeof(head) - 1)
		take(head + len++, 1);
	key = strcasestr(head, "Sec-WebSocket-Key: ");
	cr_assert(key, "%s", head);
	key += strlen("Sec-WebSocket-Key: ");
	(void)snprintf(accept, sizeof(accept), "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	cr_assert(EVP_Digest(accept, strlen(accept), digest, &n, EVP_sha1(), NULL));
	(void)EVP_EncodeBlock((unsigned char *)accept, digest, (int)n);
	(void)snprintf(reply, sizeof(reply),
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n\r\n",
		accept);
	give(reply, strlen(reply));
}

static void say_frame(uint8_t opcode, const char *text, size_t n)
{
	const uint8_t head[4] = {0x80 | opcode, n < 126 ? (uint8_t)n : 126, (uint8_t)(n >> 8), (uint8_t)n};

	give(head, n < 126 ? 2 : 4);
	give(text, n);
}

static void say(const char *text)
{
	say_frame(1, text, strlen(text));
}

/** The client's next text; pings are passed over. */
static const char *listen_to(void)
{
	static char text[2048];
	uint8_t head[2], more[2], mask[4];
	size_t n;

	do {
		take(head, 2);
		n = head[1] & 0x7f;
		if (n == 126) {
			take(more, 2);
			n = (size_t)more[0] << 8 | more[1];
		}
		cr_assert_lt(n, sizeof(text));
		take(mask, 4);
		take(text, n);
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(text[i] ^ mask[i % 4]);
		text[n] = '\0';
	} while ((head[0] & 0xf) != 1);
	return text;
}

static void begin(const char *scene_answer, const char *record_answer)
{
	const char *text;

	welcome();
	say(HELLO);
	text = listen_to();
	cr_assert(strstr(text, PROOF), "%s", text);
	say(IDENTIFIED);
	text = listen_to();
	cr_assert(strstr(text, "GetCurrentProgramScene"), "%s", text);
	say(scene_answer);
	text = listen_to();
	cr_assert(strstr(text, "GetRecordStatus"), "%s", text);
	say(record_answer);
}

/** What the theater is told, until it is this. */
static void wait_for(const char *what)
{
	while (!strstr(rig.told, what)) {
		cr_assert(comes(obs_fd(rig.obs)), "%s and not %s", rig.told, what);
		obs_changed(rig.obs);
	}
}

static void drop(void)
{
	(void)close(rig.fd);
	rig.fd = -1;
}

TestSuite(theater_obs_link, .init = setup, .fini = teardown);

Test(theater_obs_link, follows, .description = "OBS-01 OBS-03: scene and recording follow OBS")
{
	begin(SCENE_IS("Intro"), RECORDS("false"));
	wait_for("Intro");
	cr_assert_eq(rig.n_there, 1);
	say(NOW_SCENE("Stage"));
	wait_for("Stage");
	say(RECORDING("true", "STARTED"));
	wait_for("records");
	cr_assert_gt(rig.record_ns, 0);
	say(RECORDING("false", "STOPPED"));
	wait_for("does not record");
	say(NOW_SCENE("Stage"));
	say(NOW_SCENE("End"));
	wait_for("End");
	cr_assert_eq(rig.n_scenes, 3, "the same again is no change");
	cr_assert_eq(rig.n_records, 2);
}

Test(theater_obs_link, comes_back,
	.description = "OBS-02: OBS dies and comes back: what was known stays, only changes are told")
{
	begin(SCENE_IS("Intro"), RECORDS("true"));
	wait_for("records");
	drop();
	wait_for("tried again");
	cr_assert_eq(rig.n_away, 1);
	begin(SCENE_IS("Intro"), RECORDS("true"));
	wait_for("OBS is there, obs-websocket 5.5.2");
	say(NOW_SCENE("Stage"));
	wait_for("Stage");
	cr_assert_eq(rig.n_scenes, 2);
	cr_assert_eq(rig.n_records, 1);
	drop();
	begin(SCENE_IS("Stage"), RECORDS("false"));
	wait_for("does not record");
	cr_assert_eq(rig.n_scenes, 2);
}

/** After what was wrong the next one is right. */
static void begin_anew(const char *told)
{
	wait_for(told);
	drop();
	begin(SCENE_IS("Intro"), RECORDS("false"));
	wait_for("Intro");
}

Test(theater_obs_link, no_websocket, .description = "OBS-02: a server that is none is left, and tried again")
{
	cr_assert(comes(rig.listener));
	rig.fd = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
	give("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
	begin_anew("tried again");
}

Test(theater_obs_link, no_json, .description = "OBS-02: a server that says anything is left, and tried again")
{
	welcome();
	say("<html>");
	begin_anew("a message is no JSON: byte 0");
}

Test(theater_obs_link, no_frame,
	.description = "OBS-02: a frame that the protocol has not ends the connection")
{
	welcome();
	give("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
	begin_anew("tried again");
}

Test(theater_obs_link, no_end, .description = "OBS-02: a message of fragments without end is not kept")
{
	static const char zeros[32767];

	welcome();
	for (int i = 0; i < 10; i++) {
		const uint8_t head[4] = {i == 0, 126, 0x7f, 0xff};

		if (send(rig.fd, head, 4, MSG_NOSIGNAL) < 0 ||
			send(rig.fd, zeros, sizeof(zeros), MSG_NOSIGNAL) < 0)
			break;
	}
	begin_anew("a message is too long");
}

Test(theater_obs_link, hangs,
	.description = "OBS-02: a server that accepts and says nothing is left, and blocks nobody meanwhile")
{
	welcome();
	obs_changed(rig.obs); /* nothing to tell: it returns */
	wait_for("it says nothing");
	drop();
	begin(SCENE_IS("Intro"), RECORDS("false"));
	wait_for("Intro");
}

Test(theater_obs_link, wrong_password,
	.description = "OBS-02: a wrong password is said, and not tried again at once")
{
	struct pollfd p = {.fd = rig.listener, .events = POLLIN};

	welcome();
	say(HELLO);
	(void)listen_to();
	say_frame(8,
		"\x0f\xa9"
		"Authentication failed.",
		24);
	wait_for("the password is not right");
	cr_assert_eq(poll(&p, 1, 0), 0);
}

Test(theater_obs_link, closed_at_once, .description = "OBS-02: it can be closed at any moment")
{
	static const struct obs_ops ops;
	struct obs *obs[20];

	for (int i = 0; i < 20; i++)
		cr_assert_eq(obs_open("ws://127.0.0.1:1", NULL, &ops, NULL, &obs[i]), 0);
	for (int i = 0; i < 20; i++)
		obs_close(obs[i]);
	begin(SCENE_IS("Intro"), RECORDS("false"));
	obs_close(rig.obs);
	rig.obs = NULL;
}

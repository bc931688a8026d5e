/* SPDX-License-Identifier: MIT */
/* The connection, on its thread: made, kept alive, made again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "obs_internal.h"

#define CONNECT_S 5
#define HELLO_S 2
/* Where nothing was heard for so long it is asked whether it is there; then it is taken for gone. */
#define PING_S 5
#define GONE_S 12

static const uint32_t pause_ms[] = {250, 500, 1000, 2000, 5000, 10000};
/* A wrong password is not tried all day long: OBS shows each attempt. */
#define REFUSED_MS 60000u

static const lws_retry_bo_t alive = {.secs_since_valid_ping = PING_S, .secs_since_valid_hangup = GONE_S};

static int is_ending(struct obs *obs)
{
	int ret;

	(void)pthread_mutex_lock(&obs->lock);
	ret = obs->is_ending;
	(void)pthread_mutex_unlock(&obs->lock);
	return ret;
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void state(struct obs *obs, int is_there, const char *text)
{
	obs->now.is_there = is_there != 0;
	/* Compared as bytes: no remains of a longer one. */
	memset(obs->now.text, 0, sizeof(obs->now.text));
	(void)snprintf(obs->now.text, sizeof(obs->now.text), "%s", text);
	obs_tell(obs, &obs->now);
}

/* --- Made and lost --- */

static void again(lws_sorted_usec_list_t *timer);

static void lost(struct obs *obs, const char *why)
{
	const size_t last = sizeof(pause_ms) / sizeof(pause_ms[0]) - 1;
	uint32_t ms = pause_ms[obs->n_tries < last ? obs->n_tries : last];
	char text[224];

	obs->wsi = NULL;
	if (is_ending(obs))
		return;
	if (obs->reason[0])
		why = obs->reason;
	if (strstr(why, "assword"))
		ms = REFUSED_MS;
	obs->n_tries++;
	(void)snprintf(text, sizeof(text), "OBS at %.100s:%d: %.80s; tried again", obs->host, obs->port, why);
	state(obs, 0, text);
	lws_sul_schedule(obs->context, 0, &obs->timer, again, (lws_usec_t)ms * 1000);
}

static void again(lws_sorted_usec_list_t *timer)
{
	struct obs *obs = lws_container_of(timer, struct obs, timer);
	const struct lws_client_connect_info info = {.context = obs->context,
		.address = obs->host,
		.port = obs->port,
		.path = obs->path,
		.host = obs->host,
		.origin = obs->host,
		.ssl_connection = obs->is_secure ? LCCSCF_USE_SSL : 0,
		.ietf_version_or_minus_one = -1,
		.local_protocol_name = "obs",
		.retry_and_idle_policy = &alive,
		.pwsi = &obs->wsi};

	obs->reason[0] = '\0';
	/* When it fails at once the callback has been told, unless there was no memory for that. */
	if (!lws_client_connect_via_info(&info))
		lws_sul_schedule(obs->context, 0, &obs->timer, again, LWS_USEC_PER_SEC);
}

static void welcome(struct obs *obs)
{
	obs->n_rx = obs->n_tx = 0;
	talk_begin(&obs->talk, obs->password);
	lws_set_timer_usecs(obs->wsi, HELLO_S * LWS_USEC_PER_SEC);
}

/* --- Messages --- */

/** What it said that is new. */
static void learn(struct obs *obs)
{
	const struct talk *talk = &obs->talk;

	if (talk->has_scene && strcmp(obs->now.scene, talk->scene) != 0) {
		memset(obs->now.scene, 0, sizeof(obs->now.scene));
		memcpy(obs->now.scene, talk->scene, strlen(talk->scene));
	}
	if (talk->has_recording && obs->now.is_recording != talk->is_recording) {
		obs->now.is_recording = talk->is_recording;
		obs->now.record_ns = now_ns();
	}
	obs_tell(obs, &obs->now);
}

static void send_soon(struct obs *obs, const char *answer)
{
	obs->n_tx = strlen(answer);
	memcpy(obs->tx + LWS_PRE, answer, obs->n_tx);
	(void)lws_callback_on_writable(obs->wsi);
}

static int refuse(struct obs *obs, const char *why)
{
	(void)snprintf(obs->reason, sizeof(obs->reason), "%s", why);
	return -1; /* it is closed */
}

static int hear(struct obs *obs)
{
	char answer[TALK_ANSWER_MAX], text[80];
	const int was_there = obs->talk.is_identified;
	const int rc = talk_hear(&obs->talk, obs->rx, obs->n_rx, answer);

	obs->n_rx = 0;
	if (rc < 0)
		return refuse(obs, rc == -ENOMEM ? "there is no memory" : obs->talk.fault);
	if (!was_there && obs->talk.is_identified) {
		obs->n_tries = 0;
		lws_set_timer_usecs(obs->wsi, LWS_SET_TIMER_USEC_CANCEL);
		(void)snprintf(text, sizeof(text), "OBS is there, obs-websocket %s", obs->talk.version);
		state(obs, 1, text);
	}
	learn(obs);
	if (rc == TALK_SEND)
		send_soon(obs, answer);
	else if (rc == TALK_LATER)
		lws_set_timer_usecs(obs->wsi, LWS_USEC_PER_SEC);
	return 0;
}

static int receive(struct obs *obs, const void *in, size_t len)
{
	if (len > TALK_MESSAGE_MAX - obs->n_rx)
		return refuse(obs, "a message is too long");
	memcpy(obs->rx + obs->n_rx, in, len);
	obs->n_rx += len;
	return lws_is_final_fragment(obs->wsi) && !lws_remaining_packet_payload(obs->wsi) ? hear(obs) : 0;
}

static int tick(struct obs *obs)
{
	char answer[TALK_ANSWER_MAX];

	if (!obs->talk.is_identified)
		return refuse(obs, "it says nothing");
	talk_ask(answer);
	send_soon(obs, answer);
	return 0;
}

static int send_now(struct obs *obs)
{
	const size_t n = obs->n_tx;

	obs->n_tx = 0;
	return !n || lws_write(obs->wsi, obs->tx + LWS_PRE, n, LWS_WRITE_TEXT) >= (int)n ? 0 : -1;
}

/** The reason in a closing frame, behind its code. It goes to people's terminals. */
static void farewell(struct obs *obs, const unsigned char *in, size_t len)
{
	const unsigned int code = len >= 2 ? (unsigned int)in[0] << 8 | in[1] : 0;
	size_t n = 0;

	if (code == 4009) {
		(void)snprintf(obs->reason, sizeof(obs->reason), "the password is not right");
		return;
	}
	for (size_t i = 2; i < len && n < sizeof(obs->reason) - 1; i++)
		obs->reason[n++] = in[i] >= 0x20 && in[i] < 0x7f ? (char)in[i] : '?';
	obs->reason[n] = '\0';
}

static int on_link(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct obs *obs = lws_context_user(lws_get_context(wsi));

	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		lost(obs, in ? in : "no answer");
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		lost(obs, "it has gone");
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		welcome(obs);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(obs, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return send_now(obs);
	case LWS_CALLBACK_TIMER:
		return tick(obs);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		farewell(obs, in, len);
		return 0;
	default:
		return 0;
	}
}

/** What is to be said we say. */
static void log_nothing(int level, const char *line)
{
}

void obs_link(struct obs *obs)
{
	static const struct lws_protocols protocols[] = {
		{"obs", on_link, 0, 4096, 0, NULL, 0}, LWS_PROTOCOL_LIST_TERM};
	const struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.options = obs->is_secure ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
		.user = obs,
		.fd_limit_per_thread = 8, /* else tables as large as the limit of open files */
		.log_cx = &obs->log,
		.timeout_secs = CONNECT_S,
		.connect_timeout_secs = CONNECT_S};
	struct lws_context *context = NULL;

	obs->log.u.emit = log_nothing;
	obs->rx = malloc(TALK_MESSAGE_MAX);
	if (obs->rx)
		context = lws_create_context(&info);
	(void)pthread_mutex_lock(&obs->lock);
	obs->context = context;
	(void)pthread_mutex_unlock(&obs->lock);
	if (!context) {
		state(obs, 0, "there is no memory to follow OBS");
		return;
	}
	again(&obs->timer);
	while (!is_ending(obs) && lws_service(context, 0) >= 0)
		;
	(void)pthread_mutex_lock(&obs->lock);
	obs->context = NULL;
	obs->is_ending = 1;
	(void)pthread_mutex_unlock(&obs->lock);
	lws_context_destroy(context);
}

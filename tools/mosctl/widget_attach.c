/* SPDX-License-Identifier: MIT */
/* mosctl widget attach: a widget's text on the whole screen, its keys from the keyboard. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "widget.h"

#define LEAVE 0x1d /* Ctrl-] */
#define TEXT_MAX (16u << 10)

struct view {
	struct ctl *ctl;
	const char *id;
	int screen; /* the whole terminal is ours */
	int shown;  /* something was printed */
	int once;
	int ended, lost;
	char text[TEXT_MAX];
	char state[24], note[256];
};

static void draw(struct view *v)
{
	const char *text = v->text;
	char id[40];
	int columns, rows, row = 1;

	term_size(&columns, &rows);
	fputs("\033[H", stdout);
	for (; *text && row < rows; row++) {
		text = text_line(text, columns);
		fputs("\033[K\r\n", stdout);
	}
	printf("\033[J\033[%d;1H\033[7m %s  %s%s%s  q leaves \033[m", rows, printable(v->id, id, sizeof(id)),
		v->state, v->note[0] ? "  " : "", v->note);
	fflush(stdout);
}

/* The newest picture: {text, state}, from the answer or a notice. */
static void take(struct view *v, const struct mos_value *shown)
{
	const char *text = mos_get_str(shown, "text", "");

	(void)snprintf(v->text, sizeof(v->text), "%s", text);
	if (v->once && !text[0] && !v->ctl->json)
		return; /* it has not drawn itself yet */
	v->shown = 1;
	if (v->ctl->json)
		(void)json_print_value(shown);
	else if (v->screen)
		draw(v);
	else
		text_lines(v->text);
	fflush(stdout);
}

static void on_notice(
	struct mos_client *client, const char *method, const struct mos_value *params, void *data)
{
	struct view *v = data;

	if (strcmp(mos_get_str(params, "id", ""), v->id) || (v->once && v->shown))
		return;
	if (!strcmp(method, "broker.widget.shown")) {
		take(v, params);
	} else if (!strcmp(method, "broker.widget.ended")) {
		(void)snprintf(v->state, sizeof(v->state), "%s", mos_get_str(params, "state", "ended"));
		v->ended = 1;
	}
}

static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	struct view *v = data;

	v->lost |= what == MOS_CONNECTION_LOST;
}

static void on_key_sent(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct view *v = data;

	(void)snprintf(v->note, sizeof(v->note), "%s",
		rc == 0                                      ? ""
		: !strcmp(error->code, "broker.widget.deaf") ? "takes no keys"
							     : error->message);
}

/* @return 1 the user leaves. */
static int take_keys(struct view *v)
{
	char bytes[64], key[16];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	for (ssize_t at = 0; at < n;) {
		if (bytes[at] == 'q' || bytes[at] == LEAVE)
			return 1;
		at += (ssize_t)key_decode(bytes + at, (size_t)(n - at), key);
		if (key[0]) {
			const struct mos_field args[] = {mos_str("id", v->id), mos_str("key", key)};

			(void)mos_call_async(v->ctl->client,
				&(struct mos_request){
					.method = "broker.widget.key", .args = args, .n_args = 2},
				on_key_sent, v);
		}
	}
	return n == 0;
}

/* @return 0; -errno of the connection. */
static int follow(struct view *v, int fd)
{
	struct pollfd pfd[2] = {{fd, POLLIN, 0}, {v->screen ? STDIN_FILENO : -1, POLLIN, 0}};

	while (!term_interrupted() && !v->ended && !v->lost && !(v->once && v->shown)) {
		int rc = poll(pfd, 2, v->once ? 5000 : -1);

		if (rc == 0)
			return -ETIMEDOUT;
		if (rc > 0 && pfd[1].revents && take_keys(v))
			return 0;
		rc = mos_events_dispatch(v->ctl->client, 0);
		if (rc < 0 && rc != -EINTR && rc != -ETIMEDOUT)
			return rc;
		if (v->screen)
			draw(v); /* also after a change of the window's size */
	}
	return 0;
}

static int begin(struct view *v)
{
	const struct mos_field id = mos_str("id", v->id);
	struct mos_reply reply;
	int code = ctl_connect(v->ctl, MOS_CLIENT_CONTROL_ONLY);

	if (code != CTL_OK)
		return code;
	mos_client_on_notice(v->ctl->client, on_notice, v);
	mos_client_on_connection(v->ctl->client, on_connection, v);
	code = ctl_call(v->ctl, "broker.widget.attach", &id, 1, &reply);
	if (code != CTL_OK)
		return code;
	(void)snprintf(v->state, sizeof(v->state), "attached");
	if (v->screen) {
		term_catch_interrupt();
		term_raw();
	}
	take(v, &reply.value);
	mos_reply_finish(&reply);
	return CTL_OK;
}

static int run_view(struct view *v)
{
	int code = begin(v), fd, rc;

	if (code != CTL_OK || (v->once && v->shown))
		return code;
	term_catch_interrupt();
	fd = mos_events_fd(v->ctl->client);
	rc = fd < 0 ? fd : follow(v, fd);
	term_restore();
	if (v->once && !v->shown && (rc == -ETIMEDOUT || v->ended))
		return ctl_fail(
			v->ctl, CTL_FAILED, "mosctl widget list shows its state", "%s shows nothing", v->id);
	if (v->lost)
		return ctl_fail(v->ctl, CTL_UNREACHABLE, NULL, "MOS has gone away");
	if (rc < 0)
		return ctl_client_failed(v->ctl, rc);
	if (v->ended && !strcmp(v->state, "failed"))
		return ctl_fail(v->ctl, CTL_FAILED, "mosctl widget logs ID says why", "%s has failed", v->id);
	return CTL_OK;
}

int widget_attach(struct ctl *ctl, const struct ctl_args *args)
{
	struct view *v = calloc(1, sizeof(*v));
	int code;

	if (!v)
		return ctl_fail(ctl, CTL_FAILED, NULL, "out of memory");
	v->ctl = ctl;
	v->id = args->word[1];
	v->once = args->opt[WIDGET_ONCE] != NULL;
	v->screen = !v->once && !ctl->json && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
	code = run_view(v);
	/* The client may still have an answer for us. */
	mos_client_destroy(ctl->client);
	ctl->client = NULL;
	free(v);
	return code;
}

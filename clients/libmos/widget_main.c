/* SPDX-License-Identifier: MIT */
/* A widget's main(): arguments, connection, the loop. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "widget_impl.h"

/* How long a widget waits for an rtcore that is not there yet; the broker gives it longer. */
#define WAIT_MS 12000

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
}

static int help(const char *name)
{
	(void)printf("Usage: %s [--help] [--version]\n\n"
		     "A widget of MOS. The broker starts it (mosctl widget start). Started by hand it "
		     "connects as any\n"
		     "program does, shows itself here and takes keys; its settings are the defaults, nothing "
		     "is kept.\n"
		     "^C ends it.\n\n"
		     "Environment: MOS_RUNTIME_DIR    where MOS runs\n"
		     "             MOS_WIDGET_SHAPES  started by hand: the file for what it draws, 64-byte\n"
		     "                                records of mos/shape.h, each picture in the place of\n"
		     "                                the one before\n"
		     "             MOS_WIDGET_SIZE    its size then, in points: 400x300\n",
		name);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* @return -1 go on; else what main() is to return. */
static int arguments(const char *name, int argc, char **argv)
{
	if (argc <= 1)
		return -1;
	if (!strcmp(argv[1], "--help"))
		return help(name);
	if (!strcmp(argv[1], "--version")) {
		(void)printf("%s (MOS %s, widget API %d)\n", name, MOS_VERSION, MOS_WIDGET_API_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	(void)fprintf(stderr, "%s: unknown argument \"%s\"; see --help\n", name, argv[1]);
	return 2;
}

static int connect_widget(struct mos_widget *w)
{
	struct mos_client_options options = {.name = w->id, .wait_ms = w->by_hand ? 0 : WAIT_MS};
	struct mos_error err;
	int rc;

	rc = mos_client_create(&options, &w->client, &err);
	if (rc < 0)
		(void)fprintf(stderr, "%s: %s%s%s\n", w->id, err.message, err.hint[0] ? "; " : "", err.hint);
	return rc;
}

/* ^C and the like end a widget that was started by hand as the broker would: they are let in while it sleeps.
 */
static void catch_signals(sigset_t *ret_asleep)
{
	const struct sigaction action = {.sa_handler = on_signal};
	const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t awake;

	sigemptyset(&awake);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)sigaction(signals[i], &action, NULL);
		sigaddset(&awake, signals[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &awake, ret_asleep);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(ret_asleep, signals[i]);
}

static int64_t due_ns(const struct mos_widget *w)
{
	int64_t due = widget_timers_due_ns(w), show_ns = widget_show_due_ns(w),
		draw_ns = widget_surface_due_ns(w);

	if (show_ns < due)
		due = show_ns;
	return draw_ns < due ? draw_ns : due;
}

/* Sleep until something is to be done. */
static void sleep_until_due(struct mos_widget *w, int events_fd, const sigset_t *asleep)
{
	struct pollfd pfd[] = {
		{events_fd, POLLIN, 0}, {w->by_hand && !w->keys_end ? STDIN_FILENO : -1, POLLIN, 0}};
	int64_t due = due_ns(w), left_ns = 0;
	struct timespec ts;
	int n;

	if (due != INT64_MAX)
		left_ns = due - client_now_ns();
	if (left_ns < 0)
		left_ns = 0;
	ts = (struct timespec){left_ns / SECOND_NS, left_ns % SECOND_NS};
	n = ppoll(pfd, 2, due == INT64_MAX ? NULL : &ts, w->by_hand ? asleep : NULL);
	if (n > 0 && pfd[1].revents)
		term_keys(w);
}

/* @return 0 it ended as told; negative. */
static int live(struct mos_widget *w)
{
	sigset_t asleep;
	int events_fd = mos_events_fd(w->client);

	if (events_fd < 0)
		return events_fd;
	if (w->by_hand) {
		catch_signals(&asleep);
		term_open(w);
		widget_surface_open_by_hand(w);
		widget_activate_by_hand(w);
	}
	while (!w->ending) {
		int rc;

		sleep_until_due(w, events_fd, &asleep);
		if (interrupted)
			break;
		rc = mos_events_dispatch(w->client, 0);
		if (rc < 0 && rc != -EINTR) {
			w->rc = rc; /* without its broker a widget is nothing */
			break;
		}
		if (w->ending)
			break;
		widget_timers_run(w);
		widget_surface_run(w);
		widget_show_flush(w, client_now_ns());
	}
	widget_deactivate(w);
	widget_show_flush(w, INT64_MAX);
	term_close(w);
	return w->rc;
}

int mos_widget_main(const struct mos_widget_ops *ops, void *data, int argc, char **argv)
{
	struct mos_widget w = {.ops = ops, .data = data};
	const char *id = getenv("MOS_WIDGET_ID");
	int rc;

	if (!id || !*id)
		id = program_invocation_short_name;
	rc = arguments(id, argc, argv);
	if (rc >= 0)
		return rc;
	TAILQ_INIT(&w.timers);
	(void)snprintf(w.id, sizeof(w.id), "%s", id);
	w.by_hand = !getenv(MOS_WIDGET_FD_ENV);
	if (connect_widget(&w) < 0)
		return 1;
	w.client->on_widget = widget_frame;
	w.client->on_widget_data = &w;
	rc = live(&w);
	if (rc < 0)
		(void)fprintf(stderr, "%s: %s\n", w.id, widget_reason(&w, rc));
	widget_timers_finish(&w);
	widget_show_finish(&w);
	widget_surface_finish(&w);
	mos_client_destroy(w.client);
	mos_reply_finish(&w.settings);
	mos_reply_finish(&w.activation);
	return rc < 0 ? 1 : 0;
}

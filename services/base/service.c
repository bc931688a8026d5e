/* SPDX-License-Identifier: MIT */
/* The skeleton of every service. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "log.h"
#include "service.h"

enum { OPT_VERSION = 256, OPT_RUNTIME_DIR, OPT_OWN };

struct running {
	const struct service_def *def;
	struct service *service;
	void *data;
	int ending; /* the service was asked once */
};

static void print_help(const struct service_def *def)
{
	printf("Usage: %s [OPTION...]\n"
	       "\n"
	       "%s"
	       "\n"
	       "Options:\n"
	       "  -h, --help             print this and exit\n"
	       "      --version          print the version and exit\n"
	       "  -v, --verbose          log debugging lines too\n"
	       "      --runtime-dir DIR  where the sockets are; default $MOS_RUNTIME_DIR, else\n"
	       "                         $XDG_RUNTIME_DIR/mos, else /run/mos\n"
	       "%s"
	       "\n"
	       "Exit status: 0 ended as asked, 1 failed, 2 wrong usage, 3 another %s holds the\n"
	       "runtime directory.\n",
		def->program, def->help, def->option ? def->option_help : "", def->program);
}

static int find_runtime_dir(const char *option, struct service *service)
{
	int rc = runtime_dir_find(option, service->runtime_dir, sizeof(service->runtime_dir));

	switch (rc) {
	case 0:
		break;
	case -EINVAL:
		log_error("the runtime directory has to be an absolute path");
		return rc;
	default:
		log_error(
			"the runtime directory's path is too long for a socket: max=%u", RUNTIME_DIR_MAX - 1);
		return rc;
	}
	rc = runtime_dir_make(service->runtime_dir);
	if (rc < 0)
		log_error("cannot use the runtime directory: dir=%s error=\"%s\"", service->runtime_dir,
			strerror(-rc));
	return rc;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct running *running = data;
	const struct service_def *def = running->def;

	if (running->ending || !def->ending || !def->ending(running->service, running->data))
		service_quit(running->service, 0);
	running->ending = 1;
	return 0;
}

/* sd-event gets the signals through a signalfd, so they have to be blocked before any thread exists. */
static int watch_signals(struct running *running)
{
	static const int ending[] = {SIGTERM, SIGINT};
	sigset_t set;
	int rc;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		sigaddset(&set, ending[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		rc = sd_event_add_signal(running->service->event, NULL, ending[i], on_signal, running);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* One or two descriptors a caller; the soft limit of 1024 is for select(), which nobody uses here. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warning("cannot raise the limit of open files, ignoring: error=\"%s\"", strerror(errno));
}

static int run(const struct service_def *def, struct service *service, void *data)
{
	struct running running = {.def = def, .service = service, .data = data};
	int rc;

	rc = sd_event_new(&service->event);
	if (rc < 0) {
		log_error("cannot make an event loop: error=\"%s\"", strerror(-rc));
		return rc;
	}
	rc = watch_signals(&running);
	if (rc < 0) {
		log_error("cannot watch signals: error=\"%s\"", strerror(-rc));
		goto out;
	}
	(void)sd_event_set_watchdog(service->event, 1);
	rc = fdstore_take(&service->fds);
	if (rc < 0)
		log_warning("what the service manager gave us cannot be used, ignoring: error=\"%s\"", strerror(-rc));
	rc = def->start(service, data);
	fdstore_finish(&service->fds, rc >= 0);
	if (rc >= 0) {
		(void)sd_notify(0, "READY=1");
		rc = sd_event_loop(service->event);
		(void)sd_notify(0, "STOPPING=1");
	}
	def->stop(service, data);
out:
	service->event = sd_event_unref(service->event);
	return rc;
}

int service_main(const struct service_def *def, void *data, int argc, char **argv)
{
	const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPT_VERSION},
		{"verbose", no_argument, NULL, 'v'},
		{"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},
		{def->option, required_argument, NULL, OPT_OWN},
		{0},
	};
	struct service service = {.program = def->program, .name = def->name};
	const char *dir = NULL;
	int level = LOG_INFO, opt, rc;

	while ((opt = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(def);
			return SERVICE_EXIT_OK;
		case OPT_VERSION:
			printf("%s %s\n", def->program, MOS_VERSION);
			return SERVICE_EXIT_OK;
		case 'v':
			level = LOG_DEBUG;
			break;
		case OPT_RUNTIME_DIR:
			dir = optarg;
			break;
		case OPT_OWN:
			*def->option_value = optarg;
			break;
		default:
			fprintf(stderr, "Try '%s --help'.\n", def->program);
			return SERVICE_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\nTry '%s --help'.\n", def->program,
			argv[optind], def->program);
		return SERVICE_EXIT_USAGE;
	}
	log_open(def->program, level);
	(void)clock_gettime(CLOCK_MONOTONIC, &service.started);
	if (find_runtime_dir(dir, &service) < 0)
		return SERVICE_EXIT_FAILED;
	raise_fd_limit();
	rc = run(def, &service, data);
	if (rc == -EBUSY)
		return SERVICE_EXIT_HELD;
	return rc < 0 ? SERVICE_EXIT_FAILED : SERVICE_EXIT_OK;
}

void service_quit(struct service *service, int rc)
{
	(void)sd_event_exit(service->event, rc);
}

void service_patience(unsigned seconds)
{
	uint64_t ever_us;

	if (sd_watchdog_enabled(0, &ever_us) > 0)
		(void)sd_notifyf(0, "WATCHDOG=1\nWATCHDOG_USEC=%" PRIu64, seconds ? seconds * UINT64_C(1000000) : ever_us);
}

double service_uptime_s(const struct service *service)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - service->started.tv_sec) +
	       (double)(now.tv_nsec - service->started.tv_nsec) * 1e-9;
}

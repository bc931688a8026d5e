/* SPDX-License-Identifier: MIT */
/* mos-rtcore: the process that owns the clock and the sound. Options, locks, memory; then control or render. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "offline.h"

#define BIG_BYTES (256 * 1024)
#define DEFAULT_BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"

#define THREAD_STACK_BYTES (1u << 20)

enum { EXIT_USAGE = 2, EXIT_HELD = 3 };

void log_line(const char *priority, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)fprintf(stderr, "%smos-rtcore: %s\n", getenv("JOURNAL_STREAM") ? priority : "", text);
}

static const char usage_text[] =
	"Usage: mos-rtcore [OPTIONS]\n"
	"       mos-rtcore render --timeline-fd N -o OUT.wav [OPTIONS]\n"
	"\n"
	"The real-time core of MOS: clock, transport, sound. Clients reach it through mos-broker.\n"
	"\n"
	"  --runtime-dir DIR   where rtcore.sock lives (MOS_RUNTIME_DIR, else XDG_RUNTIME_DIR/mos)\n"
	"  --driver NAME       pipewire (default) or none\n"
	"  --target NODE       PipeWire sink to play to (the default sink)\n"
	"  --input NODE        audio input: auto (default: the default source), none, a source, SINK.monitor\n"
	"  --midi-in NAME      MIDI input: auto (default: all hardware), none, part of a port's or node's name\n"
	"  --guitar-channels N first of the six MIDI channels of a guitar's strings (as mono mode says)\n"
	"  --rate HZ           frames a second (48000)\n"
	"  --quantum FRAMES    cycle length asked of PipeWire (its own)\n"
	"  --bank FILE         sound font (SF2, SF3) or SFZ (" DEFAULT_BANK ")\n"
	"  --instrument NAME   sampler (default): the bank; builtin: only the built-in synthesizer\n"
	"  --interp NAME       how samples are read between their frames: linear, cubic (default), sinc8\n"
	"  --polyphony N       voices at once, 16 to 16384 (2048)\n"
	"  --sample-memory MIB samples that are kept in memory, at most (256)\n"
	"  --sample-cache MIB  decoded samples that are kept on disk, at most (2048); 0: none\n"
	"  --cache-dir DIR     where (MOS_CACHE_DIR, else XDG_CACHE_HOME/mos, else ~/.cache/mos)\n"
	"  --workers N         threads that make voices sound, 1 or 2 (1; of a render 2 where there are processors)\n"
	"  --dma-latency on|off  hold /dev/cpu_dma_latency at 0 while playing (on)\n"
	"  -h, --help          this text\n"
	"      --version       version\n"
	"\n"
	"render: play a compiled timeline into a file, faster than real time, the same bits every time\n"
	"  --timeline-fd N     inherited descriptor of a sealed timeline (mos-hermes compile)\n"
	"  -o, --out FILE      WAV file\n"
	"  --format F          f32 (default), s24, s16\n"
	"  --seconds S         stop after S seconds; --tail S: longest ring-out (10)\n"
	"  --start TICK        begin there; --loop A:B ticks, with --seconds\n"
	"  --fx LIST           effects: reverb.on=1,reverb.time_s=2.2,0.eq.high_db=3 ... (docs/SOUND.md)\n"
	"  --clip SPEC         audio file on the timeline, TICK=FILE[;strip=N][;bpm=X][;gain=DB][;end=TICK]\n"
	"                      [;offset=FRAMES][;loop=1]; again for more\n"
	"  --insert SPEC       LV2 plugin or .nam file in a strip, STRIP=WHAT[;CONTROL=VALUE...]; again for more\n"
	"  --metronome         with click; --json: summary as JSON; -q, --quiet\n"
	"\n"
	"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another mos-rtcore holds the runtime directory.\n"
	"Example: mos-hermes compile song.mid -- mos-rtcore render --timeline-fd 3 -o song.wav\n";

struct options {
	struct control_options control;
	struct offline_options offline;
	struct rack_config rack;
	struct store_options store;
	const char *driver, *instrument, *cache_dir;
	int render, no_cache;
};

enum { OPT_RUNTIME = 256, OPT_DRIVER, OPT_TARGET, OPT_INPUT, OPT_MIDI_IN, OPT_GUITAR, OPT_RATE, OPT_QUANTUM, OPT_BANK, OPT_INSTRUMENT, OPT_DMA, OPT_WORKERS, OPT_INTERP, OPT_POLYPHONY,
       OPT_MEMORY, OPT_CACHE, OPT_CACHE_DIR, OPT_VERSION, OPT_FX, OPT_CLIP, OPT_INSERT, OPT_TIMELINE, OPT_FORMAT, OPT_SECONDS, OPT_TAIL, OPT_START, OPT_LOOP, OPT_METRONOME, OPT_JSON };

static const struct option long_options[] = {
	{ "runtime-dir", required_argument, NULL, OPT_RUNTIME }, { "driver", required_argument, NULL, OPT_DRIVER },
	{ "input", required_argument, NULL, OPT_INPUT },         { "midi-in", required_argument, NULL, OPT_MIDI_IN },
	{ "guitar-channels", required_argument, NULL, OPT_GUITAR },
	{ "target", required_argument, NULL, OPT_TARGET },       { "rate", required_argument, NULL, OPT_RATE },
	{ "quantum", required_argument, NULL, OPT_QUANTUM },     { "bank", required_argument, NULL, OPT_BANK },
	{ "instrument", required_argument, NULL, OPT_INSTRUMENT }, { "dma-latency", required_argument, NULL, OPT_DMA },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "interp", required_argument, NULL, OPT_INTERP },       { "polyphony", required_argument, NULL, OPT_POLYPHONY },
	{ "sample-memory", required_argument, NULL, OPT_MEMORY }, { "sample-cache", required_argument, NULL, OPT_CACHE },
	{ "cache-dir", required_argument, NULL, OPT_CACHE_DIR }, { "fx", required_argument, NULL, OPT_FX },
	{ "clip", required_argument, NULL, OPT_CLIP },           { "insert", required_argument, NULL, OPT_INSERT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },           { "timeline-fd", required_argument, NULL, OPT_TIMELINE },
	{ "out", required_argument, NULL, 'o' },                 { "format", required_argument, NULL, OPT_FORMAT },
	{ "seconds", required_argument, NULL, OPT_SECONDS },     { "tail", required_argument, NULL, OPT_TAIL },
	{ "start", required_argument, NULL, OPT_START },         { "loop", required_argument, NULL, OPT_LOOP },
	{ "metronome", no_argument, NULL, OPT_METRONOME },       { "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },                     { NULL, 0, NULL, 0 }
};

static int bad(const char *option, const char *value)
{
	(void)fprintf(stderr, "mos-rtcore: --%s: '%s' is not possible\nhint: mos-rtcore --help\n", option, value);
	return -1;
}

static int number(const char *option, const char *text, long long min, long long max, long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno || end == text || *end || *ret < min || *ret > max ? bad(option, text) : 0;
}

static int seconds(const char *option, const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	return end == text || *end || !(*ret >= 0 && *ret < 1e6) ? bad(option, text) : 0;
}

static int parse_format(struct options *o, const char *text)
{
	static const char *const name[] = { [OFFLINE_FLOAT] = "f32", [OFFLINE_S24] = "s24", [OFFLINE_S16] = "s16" };

	for (uint32_t i = 0; i < 3; i++)
		if (strcmp(text, name[i]) == 0) {
			o->offline.format = (enum offline_format)i;
			return 0;
		}
	return bad("format", text);
}

static int parse_interp(struct options *o, const char *text)
{
	static const char *const name[KERNEL_N_INTERP] = { [KERNEL_LINEAR] = "linear", [KERNEL_CUBIC] = "cubic", [KERNEL_SINC8] = "sinc8" };

	for (uint32_t i = 0; i < KERNEL_N_INTERP; i++)
		if (strcmp(text, name[i]) == 0) {
			o->rack.interp = (enum kernel_interp)i;
			return 0;
		}
	return bad("interp", text);
}

static int parse_loop(struct options *o, const char *text)
{
	long long a, b;
	char rest;

	if (sscanf(text, "%lld:%lld%c", &a, &b, &rest) != 2 || a < 0 || b <= a)
		return bad("loop", text);
	o->offline.loop_start = a;
	o->offline.loop_end = b;
	return 0;
}

/* @return 0 go on, 1 done (help, version), -1 wrong usage */
static int parse(int argc, char **argv, struct options *o)
{
	long long n = 0;
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "hqo:", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_RUNTIME: o->control.runtime_dir = optarg; break;
		case OPT_DRIVER: o->driver = optarg; break;
		case OPT_TARGET: o->control.driver_config.target = optarg; break;
		case OPT_INPUT: o->control.driver_config.input = optarg; break;
		case OPT_MIDI_IN: o->control.driver_config.midi_in = optarg; break;
		case OPT_GUITAR:
			r = number("guitar-channels", optarg, 1, 11, &n);
			o->control.guitar_channel = (uint32_t)n;
			break;
		case OPT_RATE:
			r = number("rate", optarg, 8000, 192000, &n);
			o->control.driver_config.rate_hz = o->offline.rate_hz = (uint32_t)n;
			break;
		case OPT_QUANTUM:
			r = number("quantum", optarg, 16, DRIVER_MAX_FRAMES, &n);
			o->control.driver_config.quantum_frames = o->offline.quantum_frames = (uint32_t)n;
			break;
		case OPT_BANK: o->control.bank_path = optarg; break;
		case OPT_INSTRUMENT: o->instrument = optarg; break;
		case OPT_INTERP: r = parse_interp(o, optarg); break;
		case OPT_POLYPHONY:
			r = number("polyphony", optarg, 16, 16384, &n);
			o->rack.polyphony = (uint32_t)n;
			break;
		case OPT_WORKERS:
			r = number("workers", optarg, 1, WORKERS_MAX, &n);
			o->control.workers = o->offline.workers = (uint32_t)n;
			break;
		case OPT_MEMORY:
			r = number("sample-memory", optarg, 16, 1 << 20, &n);
			o->store.memory_bytes = (uint64_t)n << 20;
			break;
		case OPT_CACHE:
			r = number("sample-cache", optarg, 0, 1 << 20, &n);
			o->store.cache_bytes = (uint64_t)n << 20;
			o->no_cache = n == 0;
			break;
		case OPT_CACHE_DIR: o->cache_dir = optarg; break;
		case OPT_FX: o->offline.fx = optarg; break;
		case OPT_CLIP:
			if (o->offline.n_clips < OFFLINE_CLIPS_MAX)
				o->offline.clip[o->offline.n_clips++] = optarg;
			else
				r = bad("clip", optarg);
			break;
		case OPT_INSERT:
			if (o->offline.n_inserts < OFFLINE_INSERTS_MAX)
				o->offline.insert[o->offline.n_inserts++] = optarg;
			else
				r = bad("insert", optarg);
			break;
		case OPT_DMA:
			if (strcmp(optarg, "on") && strcmp(optarg, "off"))
				r = bad("dma-latency", optarg);
			o->control.dma_latency = strcmp(optarg, "on") == 0;
			break;
		case OPT_TIMELINE:
			r = number("timeline-fd", optarg, 0, 1 << 20, &n);
			o->offline.timeline_fd = (int)n;
			break;
		case 'o': o->offline.out_path = optarg; break;
		case OPT_FORMAT: r = parse_format(o, optarg); break;
		case OPT_SECONDS: r = seconds("seconds", optarg, &o->offline.max_seconds); break;
		case OPT_TAIL: r = seconds("tail", optarg, &o->offline.tail_seconds); break;
		case OPT_START:
			r = number("start", optarg, 0, INT64_MAX, &n);
			o->offline.start_tick = n;
			break;
		case OPT_LOOP: r = parse_loop(o, optarg); break;
		case OPT_METRONOME: o->offline.metronome = 1; break;
		case OPT_JSON: o->offline.json = 1; break;
		case 'q': o->offline.quiet = 1; break;
		case 'h':
			(void)fputs(usage_text, stdout);
			return 1;
		case OPT_VERSION:
			(void)puts("mos-rtcore " MOS_VERSION);
			return 1;
		default:
			(void)fputs("hint: mos-rtcore --help\n", stderr);
			return -1;
		}
	}
	if (r == 0 && optind < argc && strcmp(argv[optind], "render") == 0) {
		o->render = 1;
		optind++;
	}
	if (r == 0 && optind < argc)
		return bad("argument", argv[optind]);
	return r;
}

/*
 * No page fault in the audio thread: all memory is locked where the limit allows it. Locked stacks are wholly
 * there from the start, so threads get less than the usual 8 MiB, which cost more time than all else in a start.
 */
static void lock_memory(void)
{
	struct rlimit lim = { 0 };
	pthread_attr_t attr;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	(void)pthread_setattr_default_np(&attr);
	(void)pthread_attr_destroy(&attr);
	/* What is big (songs, banks, meters) goes back to the system when it is freed; the C library would keep it. */
	(void)mallopt(M_MMAP_THRESHOLD, BIG_BYTES);
	(void)getrlimit(RLIMIT_MEMLOCK, &lim);
	/* with a low limit MCL_FUTURE would make later allocations fail: then nothing is locked */
	if (geteuid() != 0 && lim.rlim_cur != RLIM_INFINITY) {
		log_warning("memory is not locked: memlock is limited to %llu KiB. hint: set memlock to unlimited "
			    "(mosctl doctor says how)",
			    (unsigned long long)lim.rlim_cur / 1024);
		return;
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_warning("memory is not locked: %s", strerror(errno));
}

/* Find and make it; the options point to `buf` from here on. */
static int make_runtime_dir(struct options *o, char *buf, size_t size)
{
	const char *dir = o->control.runtime_dir ? o->control.runtime_dir : getenv("MOS_RUNTIME_DIR");
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	int n;

	if (dir)
		n = snprintf(buf, size, "%s", dir);
	else if (xdg)
		n = snprintf(buf, size, "%s/mos", xdg);
	else
		return log_error("no runtime directory. hint: set MOS_RUNTIME_DIR or XDG_RUNTIME_DIR"), -ENOENT;
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	if (mkdir(buf, 0700) < 0 && errno != EEXIST) {
		log_error("%s: %s", buf, strerror(errno));
		return -errno;
	}
	o->control.runtime_dir = buf;
	return 0;
}

/* One rtcore a runtime directory (CNF-03). @return the held fd, or -errno. */
static int take_lock(const char *dir)
{
	char path[4200], pid[24] = "";
	int fd;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/rtcore.lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_error("%s: %s", path, strerror(errno));
		return -errno;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		n = read(fd, pid, sizeof(pid) - 1);
		pid[n > 0 ? strcspn(pid, "\n") : 0] = 0;
		log_error("another mos-rtcore (pid %s) serves %s", pid[0] ? pid : "?", dir);
		close(fd);
		return -EBUSY;
	}
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	(void)!ftruncate(fd, 0);
	(void)!pwrite(fd, pid, (size_t)n, 0);
	return fd;
}

/* Find and make the directory of decoded samples. Without one they are decoded each time. */
static const char *make_cache_dir(const struct options *o, char *buf, size_t size)
{
	const char *own = o->cache_dir ? o->cache_dir : getenv("MOS_CACHE_DIR");
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (o->no_cache)
		return NULL;
	if (own && *own)
		n = snprintf(buf, size, "%s", own);
	else if (xdg && *xdg == '/')
		n = snprintf(buf, size, "%s/mos", xdg);
	else if (home && *home == '/')
		n = snprintf(buf, size, "%s/.cache/mos", home);
	if (n <= 0 || (size_t)n >= size)
		return NULL;
	for (char *slash = strchr(buf + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = 0;
		if (mkdir(buf, 0700) < 0 && errno != EEXIST && (!slash || errno != EACCES)) {
			log_warning("%s: %s; samples are decoded each time", buf, strerror(errno));
			return NULL;
		}
		if (!slash)
			return buf;
		*slash = '/';
	}
}

static void on_store(void *data, const char *line)
{
	(void)data;
	log_warning("%s", line);
}

/* Not all of a sound file is played, the rest is. */
static void on_note(const char *path, const char *text)
{
	log_info("%s: %s", path, text);
}

static char runtime_dir[4096], cache_dir[4096];

static int serve(struct options *o)
{
	struct engine_regions regions;
	int r = make_runtime_dir(o, runtime_dir, sizeof(runtime_dir)), lock;

	if (r < 0)
		return EXIT_FAILURE;
	lock = take_lock(runtime_dir);
	if (lock < 0)
		return lock == -EBUSY ? EXIT_HELD : EXIT_FAILURE;
	r = engine_regions_create(&regions);
	if (r < 0) {
		log_error("shared memory: %s", strerror(-r));
		close(lock);
		return EXIT_FAILURE;
	}
	lock_memory();
	r = control_run(&o->control, &regions);
	engine_regions_finish(&regions);
	close(lock);
	return r;
}

int main(int argc, char **argv)
{
	struct options o = {
		.control = { .driver_config = { .rate_hz = 48000, .node_name = "mos" }, .bank_path = DEFAULT_BANK,
			     .dma_latency = 1 },
		.offline = { .timeline_fd = -1, .rate_hz = 48000, .quantum_frames = 256, .tail_seconds = 10 },
		.driver = "pipewire", .instrument = "sampler", .rack = { .interp = KERNEL_CUBIC, .note = on_note },
	};
	int r = parse(argc, argv, &o);

	if (r)
		return r > 0 ? EXIT_SUCCESS : EXIT_USAGE;
	if (strcmp(o.instrument, "builtin") == 0)
		o.control.bank_path = NULL;
	else if (strcmp(o.instrument, "sampler") != 0)
		return bad("instrument", o.instrument), EXIT_USAGE;
	o.store.log = on_store;
	o.store.cache_dir = make_cache_dir(&o, cache_dir, sizeof(cache_dir));
	o.control.rack = o.offline.rack = o.rack;
	o.control.store = o.offline.store = o.store;
	if (o.render) {
		if (o.offline.timeline_fd < 0 || !o.offline.out_path) {
			(void)fputs("mos-rtcore: render needs --timeline-fd N and --out FILE\nhint: mos-rtcore --help\n", stderr);
			return EXIT_USAGE;
		}
		o.offline.bank_path = o.control.bank_path;
		return offline_render(&o.offline) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (strcmp(o.driver, "pipewire") == 0)
		o.control.driver = &driver_pipewire;
	else if (strcmp(o.driver, "none") != 0)
		return bad("driver", o.driver), EXIT_USAGE;
	return serve(&o);
}

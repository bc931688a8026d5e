/* SPDX-License-Identifier: MIT */
/* Rendering into a file, and songs from timelines that somebody tampered with. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frames.h"
#include "offline.h"
#include "rtcore_fixture.h"

#define RATE 48000

/* A directory of its own for each test, removed with all that is in it. */
static char dir[] = "/tmp/mos-offline-XXXXXX";
static char out[64];

static void make_dir(void)
{
	cr_assert(mkdtemp(dir));
	(void)snprintf(out, sizeof(out), "%s/out.wav", dir);
}

static int files_in_dir(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void remove_dir(void)
{
	(void)chmod(dir, 0700);
	(void)unlink(out);
	cr_expect_eq(rmdir(dir), 0, "something half-made was left behind");
}

TestSuite(offline, .init = make_dir, .fini = remove_dir);

/* A hi-hat at the start and every half second, for five seconds. */
static int timeline(void)
{
	struct score s = score_at(MOS_NPQ_120, 9600);

	for (int64_t t = 0; t < 9600; t += 960)
		score_note(&s, t, 100, 9, 42, 127);
	return score_build(&s);
}

static struct offline_options options(int fd)
{
	return (struct offline_options){.timeline_fd = fd,
		.out_path = out,
		.rate_hz = RATE,
		.quantum_frames = 256,
		.tail_seconds = 2,
		.quiet = 1};
}

/* The file's left channel. @return frames. */
static sf_count_t read_wav(float **ret, SF_INFO *info)
{
	SNDFILE *f;
	float *both;
	sf_count_t n;

	*info = (SF_INFO){0};
	f = sf_open(out, SFM_READ, info);
	cr_assert(f, "%s", sf_strerror(NULL));
	cr_assert_eq(info->channels, 2);
	both = malloc((size_t)info->frames * 2 * sizeof(float));
	*ret = malloc((size_t)info->frames * sizeof(float));
	n = sf_readf_float(f, both, info->frames);
	for (sf_count_t i = 0; i < n; i++)
		(*ret)[i] = both[2 * i];
	free(both);
	sf_close(f);
	return n;
}

static void expect_hats(const float *x, sf_count_t n, const uint32_t *at, int count)
{
	sf_count_t f = 0;

	for (int i = 0; i < count; i++) {
		while (f < n && x[f] == 0)
			f++;
		cr_expect_eq(f, at[i], "hit %d at %lld", i, (long long)f);
		f += 8000; /* it has ended */
	}
	while (f < n && x[f] == 0)
		f++;
	cr_expect_eq(f, n, "one hit more at %lld", (long long)f);
}

Test(offline, identical,
	.description = "TIM-06: two renders are the same to the bit, and so are renders at other quanta; "
		       "hits lie where "
		       "they are written")
{
	static const uint32_t hits[] = {
		0, 24000, 48000, 72000, 96000, 120000, 144000, 168000, 192000, 216000};
	static const uint32_t quanta[] = {256, 256, 77, 8192};
	float *first = NULL, *x;
	sf_count_t n = 0, m;
	SF_INFO info;

	for (int i = 0; i < 4; i++) {
		int fd = timeline();
		struct offline_options o = options(fd);

		o.quantum_frames = quanta[i];
		cr_assert_eq(offline_render(&o), 0);
		close(fd);
		m = read_wav(&x, &info);
		cr_expect_eq(info.samplerate, RATE);
		if (first) {
			cr_expect_arr_eq(first, x, (size_t)(m < n ? m : n) * sizeof(float));
			cr_expect(i > 1 || m == n, "another length");
			free(x);
			continue;
		}
		first = x;
		n = m;
		expect_hats(x, n, hits, 10);
		cr_expect_geq(n, 240000);
	}
	free(first);
}

Test(offline, same_file,
	.description = "TIM-06: the files of two renders are equal byte by byte, headers too")
{
	static char a[4 << 20], b[4 << 20];
	size_t n[2];

	for (int i = 0; i < 2; i++) {
		int fd = timeline();
		struct offline_options o = options(fd);
		FILE *f;

		o.format = OFFLINE_S24;
		cr_assert_eq(offline_render(&o), 0);
		close(fd);
		f = fopen(out, "rb");
		n[i] = fread(i ? b : a, 1, sizeof(a), f);
		(void)fclose(f);
	}
	cr_assert_gt(n[0], 1000000);
	cr_assert_eq(n[0], n[1]);
	cr_expect_arr_eq(a, b, n[0]);
}

/* Chords on a piano and strings over a drum kit, with pedal and bends. */
static int arrangement(void)
{
	struct score s = score_at(MOS_NPQ_120, 7680);
	uint64_t rng = 5;

	score_control(&s, 0, 0xc0, 1, 48, 0);
	score_control(&s, 0, 0xb0, 0, 91, 90);
	for (int64_t t = 0; t < 7680; t += 240) {
		const int64_t left = 7679 - t;
		const int64_t a = rnd(&rng, 60, 900), b = rnd(&rng, 400, 1900);

		score_note(&s, t, a < left ? a : left, 0, (uint8_t)rnd(&rng, 40, 84), 100);
		score_note(&s, t, b < left ? b : left, 1, (uint8_t)rnd(&rng, 48, 72), 80);
		score_note(&s, t, 100, 9, (uint8_t)rnd(&rng, 35, 57), 100);
		score_control(&s, t, 0xb0, 0, 64, t % 960 < 480 ? 127 : 0);
		score_control(&s, t, 0xe0, 1, 0, (uint8_t)rnd(&rng, 40, 90));
	}
	return score_build(&s);
}

static sf_count_t render_within(uint64_t memory_bytes, uint32_t quantum, const char *fx, float **ret)
{
	int fd = arrangement();
	struct offline_options o = options(fd);
	SF_INFO info;

	o.bank_path = GM_BANK;
	o.quantum_frames = quantum;
	o.rack.interp = KERNEL_CUBIC;
	o.store.memory_bytes = memory_bytes;
	o.fx = fx;
	cr_assert_eq(offline_render(&o), 0);
	close(fd);
	return read_wav(ret, &info);
}

static sf_count_t render_bank(uint32_t quantum, const char *fx, float **ret)
{
	return render_within(0, quantum, fx, ret);
}

Test(offline, with_bank, .timeout = 60,
	.description = "TIM-06 APO-28: with the sound font and all effects on, two renders, and renders at "
		       "64 to 1,024 "
		       "frames, are the same to the bit")
{
	static const uint32_t quanta[] = {256, 256, 64, 1024, 77};
	static const char fx[] =
		"reverb.on=1,reverb.time_s=0.8,chorus.on=1,0.send.reverb=0.4,1.send.chorus=0.5,"
		"9.eq.on=1,9.eq.low_db=4,9.compressor.on=1,limiter.look_ahead_ms=2";
	float *first = NULL, *x;
	sf_count_t n = 0, m;

	NEEDS_GM_BANK();
	for (size_t i = 0; i < sizeof(quanta) / sizeof(quanta[0]); i++) {
		m = render_bank(quanta[i], fx, &x);
		cr_assert_gt(m, 4 * RATE);
		if (first) {
			m = m < n ? m : n;
			cr_assert_eq(frames_differ(first, x, (size_t)m), (size_t)m, "quantum %u differs at frame %zu",
				quanta[i], frames_differ(first, x, (size_t)m));
			free(x);
			continue;
		}
		first = x;
		n = m;
	}
	free(first);
}

Test(offline, small_memory, .timeout = 60,
	.description =
		"TIM-06: a sound font that does not fit into the memory that may be taken is rendered all "
		"the same, to the same bits")
{
	float *whole, *streamed;
	sf_count_t n, m;

	NEEDS_GM_BANK();
	n = render_bank(256, NULL, &whole);
	m = render_within(UINT64_C(48) << 20, 256, NULL, &streamed);
	cr_assert_eq(n, m);
	cr_assert_eq(frames_differ(whole, streamed, (size_t)n), (size_t)n, "they differ at frame %zu",
		frames_differ(whole, streamed, (size_t)n));
	free(whole);
	free(streamed);
}

Test(offline, effects, .timeout = 60,
	.description = "APO-28: a reverb is heard behind the end of the score, and takes nothing "
		       "from what is dry")
{
	float *dry, *wet;
	sf_count_t n, m;
	double tail = 0;

	NEEDS_GM_BANK();
	n = render_bank(256, NULL, &dry);
	m = render_bank(256, "reverb.on=1,reverb.time_s=3,reverb.level_db=0,0.send.reverb=1", &wet);
	for (sf_count_t f = 5 * RATE; f < m; f++)
		tail += (double)wet[f] * (double)wet[f] - (f < n ? (double)dry[f] * (double)dry[f] : 0);
	cr_expect_gt(tail, 1e-4, "%g", tail);
	cr_expect_geq(m, n);
	free(dry);
	free(wet);
}

Test(offline, effects_refused,
	.description = "what is no effect, no place, no number or out of range is refused in words")
{
	static const char *const lists[] = {"reverb", "reverb.on", "reverb.on=", "reverb.on=x",
		"reverb.time=1", "reverb.time_s=1000", "reverb.time_s=nan", "64.eq.on=1", "3.reverb.on=1",
		"send.reverb=1", "=1", ".=1", "1.2.3=4", "reverb.on=1,,", "99999999999999999999.eq.on=1"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		int fd = timeline();
		struct offline_options o = options(fd);

		o.fx = lists[i];
		cr_expect_lt(offline_render(&o), 0, "%s", lists[i]);
		cr_expect_eq(files_in_dir(), 0);
		close(fd);
	}
}

Test(offline, places, .description = "KRO-07 KRO-20: start, loop and length are exact to the frame")
{
	static const uint32_t from[] = {12000, 36000},
			      looped[] = {0, 24000, 48000, 60000, 84000, 96000, 120000, 132000};
	int fd = timeline();
	struct offline_options o = options(fd);
	SF_INFO info;
	sf_count_t n;
	float *x;

	o.start_tick = 7200;
	o.max_seconds = 1;
	cr_assert_eq(offline_render(&o), 0);
	n = read_wav(&x, &info);
	cr_expect_eq(n, 48000);
	expect_hats(x, n, from, 2);
	free(x);
	o.start_tick = 0;
	o.loop_start = 960;
	o.loop_end = 2400; /* 36,000 frames */
	o.max_seconds = 150000.0 / RATE;
	cr_assert_eq(offline_render(&o), 0);
	n = read_wav(&x, &info);
	cr_expect_eq(n, 150000);
	expect_hats(x, n, looped, 8);
	free(x);
	close(fd);
}

Test(offline, endless,
	.description = "DESIGN 6: a timeline with a loop of its own is rendered as long as is said, and "
		       "refused if nothing "
		       "is said",
	.timeout = 20)
{
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct offline_options o;
	SF_INFO info;
	float *l;
	int fd;

	s.policy.loop_end = 9600;
	fd = score_build(&s);
	o = options(fd);
	cr_expect_eq(offline_render(&o), -EINVAL);
	cr_expect_eq(files_in_dir(), 0);
	o.max_seconds = 12;
	cr_assert_eq(offline_render(&o), 0);
	cr_expect_eq(read_wav(&l, &info), 12 * RATE);
	free(l);
	close(fd);
}

Test(offline, refused,
	.description = "KRO-15 DESIGN 6: what cannot be rendered is refused and leaves no file, and an old "
		       "one untouched")
{
	int fd = timeline();
	struct offline_options o = options(fd), ok = o;
	struct stat before, after;

	o.start_tick = 9601;
	cr_expect_lt(offline_render(&o), 0, "start after the end");
	o = ok;
	o.loop_start = 0;
	o.loop_end = 960;
	cr_expect_lt(offline_render(&o), 0, "a loop without an end");
	o.max_seconds = 1;
	o.loop_end = 9601;
	cr_expect_lt(offline_render(&o), 0, "a loop beyond the end");
	o = ok;
	o.quantum_frames = 0;
	cr_expect_lt(offline_render(&o), 0, "no quantum");
	o.quantum_frames = DRIVER_MAX_FRAMES + 1;
	cr_expect_lt(offline_render(&o), 0, "too long a quantum");
	o = ok;
	o.bank_path = "/does/not/exist.sf2";
	cr_expect_lt(offline_render(&o), 0, "no such sound font");
	o = ok;
	o.timeline_fd = -1;
	cr_expect_lt(offline_render(&o), 0, "no timeline");
	o = ok;
	o.out_path = "/does/not/exist/out.wav";
	cr_expect_lt(offline_render(&o), 0, "no such directory");
	o.out_path = dir;
	cr_expect_lt(offline_render(&o), 0, "a directory");
	cr_expect_eq(files_in_dir(), 0);
	cr_assert_eq(offline_render(&ok), 0);
	cr_assert_eq(stat(out, &before), 0);
	o = ok;
	o.start_tick = 9601;
	cr_expect_lt(offline_render(&o), 0);
	cr_assert_eq(stat(out, &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino);
	cr_expect_eq(before.st_size, after.st_size);
	cr_expect_eq(files_in_dir(), 1);
	close(fd);
}

/* A sealed copy of a timeline with some bytes changed. */
static int mutated(const uint8_t *bytes, size_t size, uint64_t *rng)
{
	int fd = memfd_create("mutated", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	uint8_t *copy = malloc(size);

	memcpy(copy, bytes, size);
	for (int64_t k = rnd(rng, 1, 4); k > 0; k--) {
		size_t at = (size_t)rnd(rng, 32, (int64_t)size - 9) & ~(size_t)7;

		switch (rnd(rng, 0, 3)) {
		case 0:
			copy[at + (size_t)rnd(rng, 0, 7)] ^= (uint8_t)(1 << rnd(rng, 0, 7));
			break;
		case 1:
			copy[at] = (uint8_t)rnd(rng, 0, 255);
			break;
		case 2:
			memcpy(copy + at, &(int64_t){rnd(rng, 0, INT64_C(1) << rnd(rng, 1, 42))}, 8);
			break;
		default:
			memcpy(copy + at, copy + ((size_t)rnd(rng, 32, (int64_t)size - 9) & ~(size_t)7), 8);
			break;
		}
	}
	cr_assert_eq(write(fd, copy, size), (ssize_t)size);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	free(copy);
	return fd;
}

Test(song, mutated, .timeout = 60,
	.description = "KRO-16 EVT-05: whatever of 20,000 mutated timelines is accepted plays, seeks, loops "
		       "and "
		       "changes its tempo without a crash; the rest is refused with a place and a reason")
{
	struct score s = score_at(500000000, 9600);
	uint64_t rng = 1234;
	struct mos_timeline_error err;
	struct mos_tl_key key = {.tick = 400, .fifths = 3};
	uint32_t accepted = 0, refused = 0;
	uint8_t *bytes;
	struct stat st;
	struct rig r;
	int fd;

	for (int i = 0; i < 12; i++) {
		score_note(&s, rnd(&rng, 0, 9000), 300, (uint32_t)rnd(&rng, 0, 47),
			(uint8_t)rnd(&rng, 0, 127), 90);
		score_control(&s, rnd(&rng, 0, 9000), 0xb0, (uint32_t)rnd(&rng, 0, 47), 64, 100);
	}
	score_tempo(&s, 1000, 500000000, 200000000);
	score_tempo(&s, 5000, 300000000, 300000000);
	score_meter(&s, 3840, 7, 8);
	s.key[s.n_key++] = key;
	fd = score_build(&s);
	cr_assert_eq(fstat(fd, &st), 0);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq(bytes, MAP_FAILED);
	rig_init(&r, RATE, 8192);
	for (int i = 0; i < 20000; i++) {
		struct song *song = NULL;
		int bad = mutated(bytes, (size_t)st.st_size, &rng), status;

		err = (struct mos_timeline_error){0};
		status = song_create(bad, &song, &err);
		close(bad);
		if (status < 0) {
			cr_assert_null(song);
			cr_assert(err.table && err.reason && *err.reason, "refused without a reason (%d)",
				status);
			refused++;
			continue;
		}
		accepted++;
		rig_load(&r, song);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, 3000);
		(void)rig_seek(&r, song->tl.end_tick -
					   rnd(&rng, 0, song->tl.end_tick < 3000 ? song->tl.end_tick : 3000));
		(void)rig_tempo_fixed(&r, (uint64_t)rnd(&rng, 200000000, 60000000000));
		(void)rig_loop(&r, rnd(&rng, 0, song->tl.end_tick), song->tl.end_tick);
		rig_run(&r, 3000);
		(void)rig_tempo_rate(&r, (uint32_t)rnd(&rng, 10000, 10000000));
		rig_run(&r, 3000);
		cr_assert_eq(frames_beyond(r.l, r.n_frames, MIX_CEILING * 1.000001f), r.n_frames);
		cr_assert_eq(r.e->kronos.recovered, 0);
		rig_forget(&r);
	}
	cr_expect_gt(accepted, 500);
	cr_expect_gt(refused, 500);
	rig_finish(&r);
	munmap(bytes, (size_t)st.st_size);
	close(fd);
}

Test(song, too_long,
	.description = "KRO-05: a song of more than 600 hours is refused: its places could not be "
		       "told exactly")
{
	struct score s = score_at(60000000000, INT64_C(1) << 40);
	struct mos_timeline_error err;
	struct song *song = NULL;
	int fd = score_build(&s);

	cr_expect_eq(song_create(fd, &song, &err), -EINVAL);
	cr_expect_str_eq(err.table, "header");
	close(fd);
	s = score_at(60000000000, INT64_C(34000000)); /* 590 hours */
	fd = score_build(&s);
	cr_assert_eq(song_create(fd, &song, &err), 0);
	song_destroy(song);
	close(fd);
}

Test(song, live_group,
	.description = "APO-05: a score's events on the group of live input are refused with their place")
{
	struct score s = score_at(MOS_NPQ_120, 960);
	struct mos_timeline_error err;
	struct song *song = NULL;
	int fd;

	score_note(&s, 0, 100, 0, 60, 100);
	score_note(&s, 200, 100, APOLLO_LIVE_CHANNEL, 60, 100);
	fd = score_build(&s);
	cr_expect_eq(song_create(fd, &song, &err), -EINVAL);
	cr_expect_str_eq(err.table, "events");
	cr_expect_eq(err.index, 2);
	close(fd);
}

/* SPDX-License-Identifier: MIT */
#include "record_pipeline.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	PIPEWIRESRC,
	VIDEOCONVERT,
	AUDIOCONVERT,
	AUDIORESAMPLE,
	AUDIORATE,
	MATROSKAMUX,
	WEBMMUX,
	X264ENC,
	VP8ENC,
	JPEGENC,
	OPUSENC,
	VORBISENC,
	FLACENC,
};

const struct record_element record_elements[RECORD_N_ELEMENTS] = {
	[PIPEWIRESRC] = {"pipewiresrc", "gstreamer1.0-pipewire"},
	[VIDEOCONVERT] = {"videoconvertscale", "gstreamer1.0-plugins-base"},
	[AUDIOCONVERT] = {"audioconvert", "gstreamer1.0-plugins-base"},
	[AUDIORESAMPLE] = {"audioresample", "gstreamer1.0-plugins-base"},
	[AUDIORATE] = {"audiorate", "gstreamer1.0-plugins-base"},
	[MATROSKAMUX] = {"matroskamux", "gstreamer1.0-plugins-good"},
	[WEBMMUX] = {"webmmux", "gstreamer1.0-plugins-good"},
	[X264ENC] = {"x264enc", "gstreamer1.0-plugins-ugly"},
	[VP8ENC] = {"vp8enc", "gstreamer1.0-plugins-good"},
	[JPEGENC] = {"jpegenc", "gstreamer1.0-plugins-good"},
	[OPUSENC] = {"opusenc", "gstreamer1.0-plugins-base"},
	[VORBISENC] = {"vorbisenc", "gstreamer1.0-plugins-base"},
	[FLACENC] = {"flacenc", "gstreamer1.0-plugins-good"},
};

static bool is_webm(const char *name)
{
	const size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".webm") == 0;
}

static bool is_matroska(const char *name)
{
	const size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".mkv") == 0;
}

/** Words go through GStreamer's parser: only what it takes for a plain word. */
static bool is_plain(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++) {
		if (!isascii(*name) || (!isalnum((unsigned char)*name) && !strchr("._-:", *name)))
			return false;
	}
	return true;
}

int record_check(const struct out_record_options *options, char *error, size_t error_size)
{
	const char *wrong = NULL;

	if (!is_webm(options->name) && !is_matroska(options->name))
		wrong = "the file's name must end with .mkv or .webm";
	else if (!is_plain(options->picture))
		wrong = "the video node has an unusual name";
	else if (options->has_sound && options->sound && !is_plain(options->sound))
		wrong = "the sink has an unusual name";
	else if (!options->fps || !options->node_width || !options->node_height)
		wrong = "a video node without a size or a rate";
	else if (options->width > 16384 || options->height > 16384 || !options->width != !options->height ||
		 options->width % 2 || options->height % 2)
		wrong = "width and height must be even, at most 16384, both or none";
	if (wrong)
		snprintf(error, error_size, "%s", wrong);
	return wrong ? -EINVAL : 0;
}

static void add(struct record_pipeline *p, const char *word)
{
	if (p->n < RECORD_MAX_WORDS - 1)
		p->words[p->n++] = word;
}

/** Words that stand as they are, separated by single spaces. */
static void add_all(struct record_pipeline *p, const char *words)
{
	while (*words && p->used + 1 < sizeof(p->text)) {
		const size_t n = strcspn(words, " ");
		char *word = p->text + p->used;

		if (p->used + n + 1 > sizeof(p->text))
			return;
		memcpy(word, words, n);
		word[n] = 0;
		p->used += n + 1;
		add(p, word);
		words += n + (words[n] == ' ');
	}
}

static void addf(struct record_pipeline *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void addf(struct record_pipeline *p, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_all(p, text);
}

/** The first of them that is installed; -1: none. */
static int choose(uint32_t have, const int *wishes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (have >> wishes[i] & 1)
			return wishes[i];
	}
	return -1;
}

static int missing(int element, char *error, size_t error_size)
{
	snprintf(error, error_size, "GStreamer's %s is not installed: it comes with %s",
		record_elements[element].name, record_elements[element].package);
	return -ENOENT;
}

static void add_picture(struct record_pipeline *p, const struct out_record_options *options, int encoder)
{
	const uint32_t width = options->width ? options->width : options->node_width & ~1u;
	const uint32_t height = options->height ? options->height : options->node_height & ~1u;
	const uint64_t bits = (uint64_t)width * height * options->fps / 10;

	/* Too slow an encoder loses pictures, not the sound's time. */
	addf(p, "pipewiresrc target-object=%s stream-properties=props,stream.is-live=false !",
		options->picture);
	add_all(p, "video/x-raw,format=RGBA ! videoconvertscale n-threads=2 !");
	addf(p, "video/x-raw,format=I420,width=%u,height=%u ! queue leaky=downstream max-size-buffers=120",
		width, height);
	addf(p, "max-size-bytes=0 max-size-time=0 !");
	if (encoder == X264ENC)
		addf(p, "x264enc speed-preset=veryfast key-int-max=%u bitrate=%lu !", options->fps,
			(unsigned long)(bits / 1000 + 500));
	else if (encoder == VP8ENC)
		addf(p, "vp8enc deadline=1 cpu-used=8 threads=4 keyframe-max-dist=%u target-bitrate=%lu !",
			options->fps, (unsigned long)(bits + 500'000));
	else
		addf(p, "jpegenc quality=90 !");
	add_all(p, "queue ! mux.");
}

static void add_sound(struct record_pipeline *p, const struct out_record_options *options, int encoder)
{
	add(p, "pipewiresrc");
	if (options->sound)
		addf(p, "target-object=%s", options->sound);
	add_all(p, "stream-properties=props,stream.is-live=false,stream.capture.sink=true ! "
		   "audio/x-raw,rate=48000,channels=2 !");
	add_all(p, "queue max-size-time=5000000000 max-size-bytes=0 max-size-buffers=0 ! audioconvert ! "
		   "audioresample !");
	/* A period that the recorder missed becomes silence of its length: an encoder would close the gap,
	 * and what follows would come early. */
	add_all(p, "audiorate skip-to-first=true tolerance=3000000 !");
	if (encoder == OPUSENC)
		add_all(p, "opusenc bitrate=192000");
	else
		add(p, record_elements[encoder].name);
	add_all(p, "! queue ! mux.");
}

int record_build(const struct out_record_options *options, uint32_t have, struct record_pipeline *p,
	char *error, size_t error_size)
{
	const bool webm = is_webm(options->name);
	const int mux = webm ? WEBMMUX : MATROSKAMUX;
	const int pictures[] = {webm ? VP8ENC : X264ENC, VP8ENC, webm ? VP8ENC : JPEGENC};
	const int sounds[] = {OPUSENC, VORBISENC, webm ? VORBISENC : FLACENC};
	const int needs[] = {PIPEWIRESRC, VIDEOCONVERT, mux, AUDIOCONVERT, AUDIORESAMPLE, AUDIORATE};
	const int picture = choose(have, pictures, 3), sound = choose(have, sounds, 3);

	for (size_t i = 0; i < (options->has_sound ? 6 : 3); i++) {
		if (!(have >> needs[i] & 1))
			return missing(needs[i], error, error_size);
	}
	if (picture < 0)
		return missing(VP8ENC, error, error_size);
	if (options->has_sound && sound < 0)
		return missing(OPUSENC, error, error_size);
	*p = (struct record_pipeline){0};
	/* A source that is live moves its times by how late its first buffer came. These are not: both keep
	 * CLOCK_MONOTONIC, and the muxer moves them to zero together. */
	addf(p, "gst-launch-1.0 -q -e %s name=mux offset-to-zero=true ! fdsink async=false fd=%d",
		record_elements[mux].name, RECORD_FD);
	add_picture(p, options, picture);
	if (options->has_sound)
		add_sound(p, options, sound);
	return 0;
}

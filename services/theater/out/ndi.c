/* SPDX-License-Identifier: MIT */
/*
 * NDI senders. A sender is kept as long as its sink is, whatever happens to receivers, scenes or the device:
 * receivers find it again by its name. Pixels are converted only while somebody is connected.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "damage.h"
#include "log.h"
#include "ndi_library.h"
#include "sink.h"

struct out_ndi {
	struct ndi_functions call;
	void *handle;
	struct ndi_sink *sinks;
};

/** One name in the network. The library reads one of the buffers while the other one is filled. */
struct ndi_sender {
	void *sender; /**< NULL: none */
	struct copy_fit fit;
	uint8_t *pixels[2];
	struct damage lacks[2]; /**< of the source picture */
	uint32_t turn;
	int n_connections;
	bool has_sent; /**< to those who are connected now */
};

struct ndi_sink {
	struct sink sink; /**< first: a sink is cast to it */
	struct out_ndi *out;
	struct ndi_sink *next;
	struct ndi_sender senders[2]; /**< ours, and the name that the original gave it (NDI-07) */
	uint32_t width, height, fps;
	uint64_t seen;
	bool is_hidden;
};

/* NDI-07. The original's receivers know these names and sizes. */
static const struct {
	const char *widget, *name;
	uint32_t width, height;
} aliases[] = {
	{"piano", "MINDSONG-Piano", 1920, 400},
	{"fretboard", "MINDSONG-Fretboard", 1920, 600},
	{"braid", "MINDSONG-Braid", 800, 800},
	{"circle-of-fifths", "MINDSONG-COF", 800, 800},
	{"tempo-geometry", "MINDSONG-TempoGeometry", 800, 800},
	{"harmonic-profile", "MINDSONG-HarmonicProfile", 1200, 400},
	{"score-tab", "MINDSONG-ScoreTab", 1920, 600},
	{"metronome", "MINDSONG-Metronome", 400, 400},
};

static void sender_finish(struct out_ndi *out, struct ndi_sender *sender)
{
	if (sender->sender) {
		/* Take back what it still reads. */
		out->call.send_send_video_async_v2(sender->sender, NULL);
		out->call.send_destroy(sender->sender);
	}
	free(sender->pixels[0]);
	free(sender->pixels[1]);
	*sender = (struct ndi_sender){0};
}

static int sender_init(
	struct out_ndi *out, struct ndi_sender *sender, const char *name, const struct copy_fit *fit)
{
	const struct ndi_send_create create = {.name = name};
	const size_t size = 4 * (size_t)fit->width * fit->height;

	*sender = (struct ndi_sender){.fit = *fit};
	for (int i = 0; i < 2; i++) {
		sender->pixels[i] = calloc(1, size);
		damage_all(&sender->lacks[i], fit->from_width, fit->from_height);
	}
	if (!sender->pixels[0] || !sender->pixels[1]) {
		sender_finish(out, sender);
		return -ENOMEM;
	}
	sender->sender = out->call.send_create(&create);
	if (!sender->sender) {
		sender_finish(out, sender);
		return -EIO;
	}
	return 0;
}

/** Ask the library who listens and who is on the air. */
static void look(struct ndi_sink *sink)
{
	const struct ndi_functions *call = &sink->out->call;

	sink->sink.n_consumers = 0;
	sink->sink.is_on_air = 0;
	for (int i = 0; i < 2; i++) {
		struct ndi_sender *sender = &sink->senders[i];
		struct ndi_tally tally = {0};
		int n;

		if (!sender->sender)
			continue;
		n = call->send_get_no_connections(sender->sender, 0);
		n = n > 0 ? n : 0;
		if (n > sender->n_connections)
			sender->has_sent = false;
		sender->n_connections = n;
		sink->sink.n_consumers += (uint32_t)n;
		call->send_get_tally(sender->sender, &tally, 0);
		sink->sink.is_on_air |= tally.on_program;
	}
}

static bool sender_wants(const struct ndi_sink *sink, const struct ndi_sender *sender)
{
	return sender->n_connections > 0 && (!sink->is_hidden || !sender->has_sent);
}

static int wants(struct sink *base)
{
	struct ndi_sink *sink = (struct ndi_sink *)base;

	look(sink);
	return sender_wants(sink, &sink->senders[0]) || sender_wants(sink, &sink->senders[1]);
}

static void send_picture(struct ndi_sink *sink, struct ndi_sender *sender, const struct sink_frame *frame)
{
	uint8_t *to = sender->pixels[sender->turn];
	struct damage *lacks = &sender->lacks[sender->turn];
	const uint32_t stride = 4 * sender->fit.width;
	const struct ndi_video_frame video = {
		.width = (int32_t)sender->fit.width,
		.height = (int32_t)sender->fit.height,
		.fourcc = NDI_FOURCC_RGBA,
		.rate_n = (int32_t)sink->fps,
		.rate_d = 1,
		.frame_format = NDI_PROGRESSIVE,
		.timecode = NDI_TIME_SYNTHESIZE,
		.data = to,
		.stride = (int32_t)stride,
	};

	for (uint32_t i = 0; i < lacks->n; i++) {
		const struct render_rect rect = copy_fit_rect(&sender->fit, &lacks->rects[i]);

		copy_scaled(&sender->fit, to, stride, frame->rgba, frame->stride, &rect, COPY_STRAIGHT);
		sink->sink.n_copied_bytes += 4 * (uint64_t)rect.w * (uint64_t)rect.h;
	}
	lacks->n = 0;
	sink->out->call.send_send_video_async_v2(sender->sender, &video);
	sender->turn ^= 1;
	sender->has_sent = true;
}

static int submit(struct sink *base, const struct sink_frame *frame)
{
	struct ndi_sink *sink = (struct ndi_sink *)base;

	if (frame->width != sink->width || frame->height != sink->height || frame->stride < 4 * sink->width)
		return -EINVAL;
	if (!wants(base))
		return 0;
	for (int i = 0; i < 2; i++) {
		damage_add_frame(&sink->senders[i].lacks[0], frame, sink->seen);
		damage_add_frame(&sink->senders[i].lacks[1], frame, sink->seen);
	}
	sink->seen = frame->sequence;
	for (int i = 0; i < 2; i++) {
		if (sender_wants(sink, &sink->senders[i]))
			send_picture(sink, &sink->senders[i], frame);
	}
	base->n_submitted++;
	return 0;
}

static void hide(struct sink *base, int hidden)
{
	((struct ndi_sink *)base)->is_hidden = hidden != 0;
}

static void close_sink(struct sink *base)
{
	struct ndi_sink *sink = (struct ndi_sink *)base;
	struct ndi_sink **at = &sink->out->sinks;

	while (*at != sink)
		at = &(*at)->next;
	*at = sink->next;
	sender_finish(sink->out, &sink->senders[0]);
	sender_finish(sink->out, &sink->senders[1]);
	free(sink);
}

static const struct sink_ops ops = {
	.kind = "ndi",
	.wants = wants,
	.submit = submit,
	.hide = hide,
	.close = close_sink,
};

/** The second name, for receivers of the original. That it cannot be had leaves the first. */
static void open_alias(struct ndi_sink *sink)
{
	static const char prefix[] = "MOS ";
	const char *widget = sink->sink.name;

	if (strncmp(widget, prefix, sizeof(prefix) - 1) == 0)
		widget += sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		const struct copy_fit fit =
			copy_fit(sink->width, sink->height, aliases[i].width, aliases[i].height);

		if (strcmp(aliases[i].widget, widget) == 0 &&
			sender_init(sink->out, &sink->senders[1], aliases[i].name, &fit) < 0)
			log_warning("NDI refused a sender's second name: name=%s", aliases[i].name);
	}
}

int out_ndi_open(struct out_ndi *out, const char *name, uint32_t width, uint32_t height, uint32_t fps,
	struct sink **ret)
{
	const struct copy_fit fit = copy_fit(width, height, width, height);
	struct ndi_sink *sink;
	int r;

	if (!width || !height || !fps || fps > INT_MAX || (uint64_t)width * height > INT_MAX / 4 ||
		strlen(name) >= sizeof(sink->sink.name))
		return -EINVAL;
	sink = calloc(1, sizeof(*sink));
	if (!sink)
		return -ENOMEM;
	sink->sink.ops = &ops;
	snprintf(sink->sink.name, sizeof(sink->sink.name), "%s", name);
	sink->out = out;
	sink->width = width;
	sink->height = height;
	sink->fps = fps;
	r = sender_init(out, &sink->senders[0], name, &fit);
	if (r < 0) {
		free(sink);
		return r;
	}
	open_alias(sink);
	sink->next = out->sinks;
	out->sinks = sink;
	*ret = &sink->sink;
	return 0;
}

int out_ndi_start(const char *library, struct out_ndi **ret)
{
	static bool is_said;
	struct out_ndi *out = calloc(1, sizeof(*out));
	int r;

	if (!out)
		return -ENOMEM;
	r = ndi_library_load(library, &out->call, &out->handle);
	if (r < 0) {
		if (!is_said)
			log_notice("no NDI: %s; PipeWire's video nodes are there all the same: library=%s",
				r == -ENOENT ? "its runtime is not installed"
					     : "its runtime does not run here",
				library ? library : "libndi.so.6");
		is_said = true;
		free(out);
		return r;
	}
	log_info("NDI is a registered trademark of Vizrt NDI AB; its runtime is loaded: version=%s",
		out->call.version());
	*ret = out;
	return 0;
}

void out_ndi_stop(struct out_ndi *out)
{
	if (!out)
		return;
	while (out->sinks)
		out->sinks->sink.ops->close(&out->sinks->sink);
	out->call.destroy();
	dlclose(out->handle);
	free(out);
}

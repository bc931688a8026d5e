/* SPDX-License-Identifier: MIT */
/**
 * NDI's binary interface, as far as it is used: the structures of version 4.5 to 6, x86-64 and arm64 (8-byte
 * pointers). Facts of the public headers; the library itself is found at run time. spec/theater.md 7.
 */
#ifndef THEATER_OUT_NDI_ABI_H
#define THEATER_OUT_NDI_ABI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define NDI_FOURCC_RGBA 0x41424752u
#define NDI_PROGRESSIVE 1
#define NDI_TIME_SYNTHESIZE INT64_MAX

struct ndi_send_create {
	const char *name, *groups;
	bool clock_video, clock_audio; /**< the library waits for the time of the next frame */
};

struct ndi_video_frame {
	int32_t width, height;
	uint32_t fourcc;
	int32_t rate_n, rate_d;
	float aspect; /**< 0: square pixels */
	int32_t frame_format;
	int64_t timecode; /**< 100 ns */
	uint8_t *data;
	int32_t stride;
	const char *metadata;
	int64_t timestamp;
};

struct ndi_tally {
	bool on_program, on_preview;
};

static_assert(sizeof(struct ndi_send_create) == 24);
static_assert(offsetof(struct ndi_send_create, groups) == 8);
static_assert(offsetof(struct ndi_send_create, clock_video) == 16);
static_assert(offsetof(struct ndi_send_create, clock_audio) == 17);
static_assert(sizeof(struct ndi_video_frame) == 72);
static_assert(offsetof(struct ndi_video_frame, fourcc) == 8);
static_assert(offsetof(struct ndi_video_frame, aspect) == 20);
static_assert(offsetof(struct ndi_video_frame, frame_format) == 24);
static_assert(offsetof(struct ndi_video_frame, timecode) == 32);
static_assert(offsetof(struct ndi_video_frame, data) == 40);
static_assert(offsetof(struct ndi_video_frame, stride) == 48);
static_assert(offsetof(struct ndi_video_frame, metadata) == 56);
static_assert(offsetof(struct ndi_video_frame, timestamp) == 64);
static_assert(sizeof(struct ndi_tally) == 2);

/** The functions, by name "NDIlib_" + member, or by their place in the table that NDIlib_v6_load() returns.
 */
struct ndi_functions {
	bool (*initialize)(void);
	void (*destroy)(void);
	const char *(*version)(void);
	void *(*send_create)(const struct ndi_send_create *create);
	void (*send_destroy)(void *sender);
	bool (*send_get_tally)(void *sender, struct ndi_tally *tally, uint32_t timeout_ms);
	int (*send_get_no_connections)(void *sender, uint32_t timeout_ms);
	/** The data belong to the library until the next call; NULL takes them back. */
	void (*send_send_video_async_v2)(void *sender, const struct ndi_video_frame *frame);
};

#endif

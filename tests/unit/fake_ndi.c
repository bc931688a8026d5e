/* SPDX-License-Identifier: MIT */
/* libndi.so.6 as the tests want it: counts calls, keeps the last frame of each sender, watches the buffers.
 */
#include "fake_ndi.h"

#include <stdlib.h>
#include <string.h>

#ifdef FAKE_NDI_ONLY_TABLE
#define NDI_CALL static
#else
#define NDI_CALL
bool NDIlib_initialize(void);
void NDIlib_destroy(void);
const char *NDIlib_version(void);
void *NDIlib_send_create(const struct ndi_send_create *create);
void NDIlib_send_destroy(void *sender);
bool NDIlib_send_get_tally(void *sender, struct ndi_tally *tally, uint32_t timeout_ms);
int NDIlib_send_get_no_connections(void *sender, uint32_t timeout_ms);
void NDIlib_send_send_video_async_v2(void *sender, const struct ndi_video_frame *frame);
#endif

extern struct fake_ndi fake_ndi;
struct fake_ndi fake_ndi;

NDI_CALL bool NDIlib_initialize(void)
{
	fake_ndi.n_initialize++;
	return !fake_ndi.refuses;
}

NDI_CALL void NDIlib_destroy(void)
{
	fake_ndi.n_destroy++;
}

NDI_CALL const char *NDIlib_version(void)
{
	return "a stand-in";
}

NDI_CALL void *NDIlib_send_create(const struct ndi_send_create *create)
{
	for (int i = 0; i < FAKE_NDI_SENDERS; i++) {
		struct fake_ndi_sender *sender = &fake_ndi.senders[i];

		if (sender->is_alive)
			continue;
		*sender = (struct fake_ndi_sender){.is_alive = true, .clock_video = create->clock_video};
		strncpy(sender->name, create->name, sizeof(sender->name) - 1);
		fake_ndi.n_create++;
		return sender;
	}
	return NULL;
}

NDI_CALL void NDIlib_send_destroy(void *data)
{
	struct fake_ndi_sender *sender = data;

	fake_ndi.n_send_destroy++;
	free(sender->pixels);
	sender->pixels = NULL;
	sender->is_alive = false;
}

NDI_CALL bool NDIlib_send_get_tally(void *data, struct ndi_tally *tally, uint32_t timeout_ms)
{
	*tally = ((struct fake_ndi_sender *)data)->tally;
	return true;
}

NDI_CALL int NDIlib_send_get_no_connections(void *data, uint32_t timeout_ms)
{
	return timeout_ms == 0 ? ((struct fake_ndi_sender *)data)->n_connections : -1;
}

NDI_CALL void NDIlib_send_send_video_async_v2(void *data, const struct ndi_video_frame *frame)
{
	struct fake_ndi_sender *sender = data;
	const size_t size = sender->pixels ? (size_t)sender->last.stride * (size_t)sender->last.height : 0;

	if (size && memcmp(sender->pixels, sender->last.data, size) != 0)
		sender->n_overwritten++;
	free(sender->pixels);
	sender->pixels = NULL;
	if (!frame) {
		sender->n_taken_back++;
		return;
	}
	sender->n_same_buffer += size && frame->data == sender->last.data;
	sender->n_frames++;
	sender->last = *frame;
	sender->pixels = malloc((size_t)frame->stride * (size_t)frame->height);
	if (sender->pixels)
		memcpy(sender->pixels, frame->data, (size_t)frame->stride * (size_t)frame->height);
}

#ifdef FAKE_NDI_ONLY_TABLE
typedef void (*function)(void);
const function *NDIlib_v6_load(void);

const function *NDIlib_v6_load(void)
{
	static const function table[134] = {
		[0] = (function)NDIlib_initialize,
		[1] = (function)NDIlib_destroy,
		[2] = (function)NDIlib_version,
		[8] = (function)NDIlib_send_create,
		[9] = (function)NDIlib_send_destroy,
		[16] = (function)NDIlib_send_get_tally,
		[17] = (function)NDIlib_send_get_no_connections,
		[51] = (function)NDIlib_send_send_video_async_v2,
	};

	return table;
}
#endif

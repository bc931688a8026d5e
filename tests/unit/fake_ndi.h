/* SPDX-License-Identifier: MIT */
/** What the stand-in for NDI's library has been asked, and what it shall answer. One for the process. */
#ifndef TESTS_FAKE_NDI_H
#define TESTS_FAKE_NDI_H

#include <stdint.h>

#include "ndi_abi.h"

#define FAKE_NDI_SENDERS 16

struct fake_ndi_sender {
	char name[128];
	bool is_alive, clock_video;
	int n_connections;      /**< the test's */
	struct ndi_tally tally; /**< the test's */
	uint32_t n_frames, n_taken_back;
	uint32_t n_overwritten; /**< frames that changed while the library had them */
	uint32_t n_same_buffer; /**< frames in the buffer that the library still had */
	struct ndi_video_frame last;
	uint8_t *pixels; /**< a copy of the last */
};

struct fake_ndi {
	bool refuses; /**< the test's: initialize() fails */
	uint32_t n_initialize, n_destroy, n_create, n_send_destroy;
	struct fake_ndi_sender senders[FAKE_NDI_SENDERS];
};

#endif

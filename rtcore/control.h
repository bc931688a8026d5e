/* SPDX-License-Identifier: MIT */
/**
 * Control: rtcore's main thread. Serves the broker's private socket, keeps the clients' rings, has songs and
 * banks loaded, watches the driver. Blocks only in its event loop; never touches what the audio thread
 * owns but through the engine's queues.
 */
#ifndef RTCORE_CONTROL_H
#define RTCORE_CONTROL_H

#include "apollo/store/store.h"
#include "drivers/driver.h"
#include "engine.h"
#include "rack_load.h"

struct control_options {
	const char *runtime_dir;         /**< holds rtcore.sock; exists */
	const struct driver_ops *driver; /**< NULL: none, commands are served without sound */
	struct driver_config driver_config;
	const char *bank_path; /**< NULL: the built-in synthesizer only */
	struct store_options store;
	struct rack_config rack; /**< polyphony and interpolation */
	uint32_t guitar_channel; /**< first of the six channels of a guitar's strings, from 1; 0: as mono mode says */
	uint32_t workers;      /**< threads that make voices sound: 1, WORKERS_MAX */
	int dma_latency;       /**< hold /dev/cpu_dma_latency at 0 while playing */
};

/** Runs until SIGTERM, SIGINT or a QUIT request. @return exit code. */
int control_run(const struct control_options *o, struct engine_regions *regions);

#endif

/* SPDX-License-Identifier: MIT */
/* mosctl pause, stop, toggle: one call, the position as answer. */
#include "commands.h"
#include "transport.h"

static int run_pause(struct ctl *ctl, const struct ctl_args *args)
{
	return transport_call(ctl, "kronos.transport.pause", MOS_NO_ARGS);
}

static int run_stop(struct ctl *ctl, const struct ctl_args *args)
{
	return transport_call(ctl, "kronos.transport.stop", MOS_NO_ARGS);
}

static int run_toggle(struct ctl *ctl, const struct ctl_args *args)
{
	return transport_call(ctl, "kronos.transport.toggle", MOS_NO_ARGS);
}

const struct command cmd_pause = {
	.name = "pause",
	.words = "",
	.summary = "Pause where the music is",
	.example = "  mosctl pause",
	.run = run_pause,
};

const struct command cmd_stop = {
	.name = "stop",
	.words = "",
	.summary = "Stop and go back to the start",
	.example = "  mosctl stop",
	.run = run_stop,
};

const struct command cmd_toggle = {
	.name = "toggle",
	.words = "",
	.summary = "Play if paused or stopped, else pause",
	.example = "  mosctl toggle     # good for a foot switch",
	.run = run_toggle,
};

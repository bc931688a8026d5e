/* SPDX-License-Identifier: MIT */
#include "pipewire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * priority.driver: above PipeWire's own dummy driver (200000), so that the sink's timer is the graph's
 * clock. pause-on-idle and the suspend timeout: a recording that starts late finds the clock running.
 */
static const char config[] =
	"context.properties = {\n"
	"    core.daemon = true\n"
	"    core.name = pipewire-0\n"
	"    support.dbus = false\n"
	"    link.max-buffers = 16\n"
	"    default.clock.rate = %2$u\n"
	"    default.clock.allowed-rates = [ %2$u ]\n"
	"    default.clock.quantum = %1$u\n"
	"    default.clock.min-quantum = %1$u\n"
	"    default.clock.max-quantum = %1$u\n"
	"}\n"
	"context.spa-libs = {\n"
	"    audio.convert.* = audioconvert/libspa-audioconvert\n"
	"    support.* = support/libspa-support\n"
	"}\n"
	"context.modules = [\n"
	"    { name = libpipewire-module-rt\n"
	"        args = { nice.level = -11 rt.prio = 88 rtportal.enabled = false rtkit.enabled = false }\n"
	"        flags = [ ifexists nofail ] }\n"
	"    { name = libpipewire-module-protocol-native }\n"
	"    { name = libpipewire-module-profiler }\n"
	"    { name = libpipewire-module-metadata }\n"
	"    { name = libpipewire-module-spa-node-factory }\n"
	"    { name = libpipewire-module-client-node }\n"
	"    { name = libpipewire-module-access }\n"
	"    { name = libpipewire-module-adapter }\n"
	"    { name = libpipewire-module-link-factory }\n"
	"    { name = libpipewire-module-session-manager }\n"
	"]\n"
	/* Its ports are WirePlumber's work: of a sink that has made them by itself it may read the format of one port
	 * for that of all, and the sink never starts. */
	"context.objects = [\n"
	"    { factory = adapter\n"
	"        args = {\n"
	"            factory.name = support.null-audio-sink\n"
	"            node.name = " PIPEWIRE_SINK "\n"
	"            node.description = \"MOS null sink\"\n"
	"            media.class = Audio/Sink\n"
	"            audio.rate = %2$u\n"
	"            audio.position = [ FL FR ]\n"
	"            priority.driver = 300000\n"
	"            priority.session = 3000\n"
	"            monitor.channel-volumes = false\n"
	"            monitor.passthrough = true\n"
	"            node.pause-on-idle = false\n"
	"            session.suspend-timeout-seconds = 0\n"
	"        } }\n"
	"]\n";

int pipewire_write_config(const char *path, uint32_t quantum_frames, uint32_t rate_hz)
{
	FILE *file = fopen(path, "we");
	int r = 0;

	if (!file)
		return -errno;
	if (fprintf(file, config, quantum_frames, rate_hz) < 0)
		r = -EIO;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}

bool pipewire_dump_shows(int fd, enum pipewire_stage stage)
{
	struct stat status;
	char *text;
	ssize_t n;
	bool shows;

	if (fstat(fd, &status) < 0)
		return false;
	text = malloc((size_t)status.st_size + 1);
	if (!text)
		return false;
	n = pread(fd, text, (size_t)status.st_size, 0);
	text[n > 0 ? n : 0] = '\0';
	if (stage == PIPEWIRE_UP)
		shows = strstr(text, "\"" PIPEWIRE_SINK "\"");
	else
		shows = strstr(text, "\"default.audio.sink\"") && strstr(text, "\"playback_FL\"");
	free(text);
	return shows;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "latency.h"

#define BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"

/* Two periods of a quantum are the least that it takes. Its reverb and chorus would never be silent. */
static const char *const argv[] = {"fluidsynth", "-q", "-a", "pipewire", "-r", "48000", "-R", "0", "-C", "0",
	"-g", "1", "-o", "audio.period-size=128", "-o", "audio.periods=2", "-o", "midi.autoconnect=0", "-n",
	BANK, NULL};

int fluid_start(struct fluid *fluid)
{
	int fds[2];

	*fluid = (struct fluid){.pipe = -1};
	if (access(BANK, R_OK) < 0 || system("command -v fluidsynth >/dev/null") != 0)
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fluid->pid = fork();
	if (fluid->pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[0], STDIN_FILENO);
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(fds[0]);
	fluid->pipe = fds[1];
	return fluid->pid < 0 ? -errno : 0;
}

static void tell(const struct fluid *fluid, const char *line)
{
	(void)!write(fluid->pipe, line, strlen(line));
}

void fluid_strike(const struct fluid *fluid)
{
	tell(fluid, "noteon 9 76 100\n");
}

void fluid_silence(const struct fluid *fluid)
{
	tell(fluid, "noteoff 9 76\ncc 9 120 0\n");
}

/* Killed, it would leave the graph waiting for it, and others without cycles. */
void fluid_stop(struct fluid *fluid)
{
	if (fluid->pid > 0) {
		tell(fluid, "quit\n");
		close(fluid->pipe);
		waitpid(fluid->pid, NULL, 0);
	}
	*fluid = (struct fluid){.pipe = -1};
}

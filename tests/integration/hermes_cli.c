/* SPDX-License-Identifier: MIT */
/* mos-hermes without a daemon: check and compile, and what they say about files that are none (HER-11). */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smf_bytes.h"

static char dir[] = "/tmp/hermes-cli-XXXXXX";

static void enter_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
}

static void leave_dir(void)
{
	cr_assert_eq(chdir("/"), 0);
	char command[128];
	(void)snprintf(command, sizeof(command), "rm -rf -- %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(hermes_cli, .init = enter_dir, .fini = leave_dir, .timeout = 60);

static void write_file(const char *name, const void *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

static void write_song(const char *name)
{
	struct smf_bytes b = {0};
	smf_head(&b, 0, 1, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x05, 'a', '"', '\\', 0xe9, 'b', 0x00, 0x90, 0x3c, 0xc0, 0x60, 0x80,
		0x3c, 0x40, 0x00, 0xff, 0x2f, 0x00);
	smf_end(&b);
	write_file(name, b.data, b.size);
}

static char output[8192];

/** Run "PROGRAM ARGS" by the shell; stdout and stderr land in `output`. @return exit status. */
static int run(const char *program, const char *args)
{
	char command[1024];
	(void)snprintf(command, sizeof(command), "'%s' %s 2>&1", program, args);
	FILE *pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	const size_t n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	const int status = pclose(pipe);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_program(const char *program, const char *args, int status, const char *part)
{
	const int got = run(program, args);
	cr_expect_eq(got, status, "%s: status %d: %s", args, got, output);
	cr_expect(strstr(output, part) != NULL, "%s: %s", args, output);
}

static void expect_run(const char *args, int status, const char *part)
{
	expect_program(MOS_HERMES, args, status, part);
}

Test(hermes_cli, check, .description = "FMT-03: facts and warnings, for people and as JSON")
{
	write_song("a song.mid");
	expect_run("check 'a song.mid'", 0, "a\"\\éb: SMF 0, 2.000 s, measures=1 parts=1 notes=1 events=3");
	expect_run("check 'a song.mid'", 0, "warning: byte 34: track 1: 1 data bytes over 127 read as 127");
	expect_run("check --json 'a song.mid'", 0, "\"title\":\"a\\\"\\\\éb\"");
	expect_run("check 'a song.mid' --json", 0, "\"warnings\":[{\"where\":\"byte 34\",\"text\":");
}

Test(hermes_cli, bad_files,
	.description = "HER-11: missing, directory, empty, FIFO, 4 GB, no permission, not music")
{
	write_file("empty.mid", "", 0);
	write_file("page.mid", "<html></html>", 13);
	write_file("zero.mid", "MThd\0\0\0\6\0\0\0\1\0\0", 14);
	write_file("large.mid", "", 0);
	cr_assert_eq(truncate("large.mid", (off_t)4 << 30), 0);
	cr_assert_eq(mkfifo("fifo.mid", 0600), 0);
	static const struct {
		const char *args, *part;
	} cases[] = {
		{"missing.mid", "missing.mid: No such file or directory"},
		{".", "is a directory"},
		{"empty.mid", "byte 0: "},
		{"fifo.mid", "not a regular file"},
		{"large.mid", "larger than 128 MiB"},
		{"page.mid", "byte 0: neither MIDI"},
		{"zero.mid", "byte 12: the division is 0"},
	};
	char args[128];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(args, sizeof(args), "check %s", cases[i].args);
		expect_run(args, 1, cases[i].part);
		(void)snprintf(args, sizeof(args), "compile %s -- echo ran", cases[i].args);
		expect_run(args, 1, cases[i].part);
		cr_expect(strstr(output, "ran\n") == NULL);
	}
	if (getuid() != 0) { /* root reads everything */
		write_song("secret.mid");
		cr_assert_eq(chmod("secret.mid", 0), 0);
		expect_run("check secret.mid", 1, "Permission denied");
	}
}

Test(hermes_cli, library_missing,
	.description = "FMT-02, FMT-03: without what reads XML it is refused and told why; MIDI goes on")
{
	static const char xml[] = "<?xml version='1.0'?><score-partwise/>";
	if (access(SCORE_LIBRARIES, F_OK) == 0)
		cr_skip_test("MOS is installed, so that nothing is missing");
	write_song("s.mid");
	write_file("s.musicxml", xml, sizeof(xml) - 1);
	expect_run("check s.musicxml", 0, "s: MusicXML");
	/* away from where it was built */
	(void)snprintf(output, sizeof(output), "cp '%s' alone", MOS_HERMES);
	cr_assert_eq(system(output), 0);
	expect_program("./alone", "check s.musicxml", 1, "no XML, no zip: " SCORE_LIBRARIES " is not there");
	expect_program("./alone", "check s.mid", 0, "measures=1");
}

Test(hermes_cli, compile, .description = "FMT-08: the command runs with the sealed timeline as descriptor 3")
{
	write_song("s.mid");
	/* the magic number of a timeline, and no way to write to it */
	expect_run("compile s.mid -- sh -c 'head -c 4 <&3'", 0, "TMLN");
	expect_run("compile s.mid -- sh -c 'echo x >&3 || echo sealed'", 0, "sealed");
	expect_run("compile s.mid -- sh -c 'exit 7'", 7, "");
	expect_run("compile s.mid -- /nowhere/cmd", 127, "/nowhere/cmd: No such file");
	expect_run("compile s.mid 3>/dev/null -- sh -c 'head -c 4 <&3'", 0, "TMLN");
}

Test(hermes_cli, usage, .description = "wrong usage is 2 with a hint; help and version are 0")
{
	expect_run("check", 2, "check takes one file");
	expect_run("check a b", 2, "check takes one file");
	expect_run("check --frob a", 2, "--frob");
	expect_run("compile a", 2, "compile takes");
	expect_run("compile a --", 2, "compile takes");
	expect_run("frobnicate", 2, "frobnicate");
	expect_run("--help", 0, "compile FILE -- CMD");
	expect_run("check --help", 0, "Usage");
	expect_run("compile --help", 0, "Usage");
	expect_run("--version", 0, MOS_VERSION);
}

Test(hermes_cli, schema_NVX_02)
{
	char command[1024];
	(void)snprintf(command, sizeof(command),
		"'%s' schema | /usr/bin/python3 -c 'import json, sys; s = json.load(sys.stdin); "
		"sys.exit(not (\"2020-12\" in s[\"$schema\"] and \"measures\" in s[\"required\"]))'",
		MOS_HERMES);
	cr_assert_eq(system(command), 0, "NVX-02 the schema is JSON that demands measures");
	cr_assert_eq(run(MOS_HERMES, "schema more"), 2);
	cr_assert_eq(run(MOS_HERMES, "schema >/dev/full"), 1, "a full disk is told");
}

/* SPDX-License-Identifier: MIT */
/* What mosctl report takes out of texts, and that it packs the same bytes for the same content. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/archive.h"
#include "report/redact.h"

static struct redactor redactor;

static void know(void)
{
	redact_know(&redactor, "user", "sam", 1);
	redact_know(&redactor, "host", "studio7", 1);
	redact_know(&redactor, "score", "Ode to \"Joy\"", 1);
	redact_know(&redactor, "score", "Fugue", 1);
	redact_know(&redactor, "score", "Fugue in D", 1);
}

static void finish(void)
{
	redact_finish(&redactor);
}

TestSuite(mosctl_redact, .init = know, .fini = finish);

static void expect(const char *text, unsigned int flags, const char *want)
{
	char *got = redact_text(&redactor, text, flags);

	cr_assert(got);
	cr_expect_str_eq(got, want, "\nof:   %s\ngot:  %s\nwant: %s", text, got, want);
	free(got);
}

Test(mosctl_redact, known_words,
	.description = "names are found as words, the longer title first, in JSON, too")
{
	expect("sam@console on studio7: sample, Sam, sam's", 0,
		"<user-1>@console on <host-1>: sample, <user-1>, <user-1>'s");
	expect("playing Fugue in D, then Fugue", 0, "playing <score-3>, then <score-2>");
	expect("{\"title\": \"Ode to \\\"Joy\\\"\"}", 0, "{\"title\": \"<score-1>\"}");
	expect("title Ode to \"Joy\" again", 0, "title <score-1> again");
}

Test(mosctl_redact, addresses,
	.description = "addresses of networks, people and devices; versions and times stay")
{
	expect("from 192.168.1.7 and 192.168.1.9, again 192.168.1.7", 0,
		"from <ip-1> and <ip-2>, again <ip-1>");
	expect("127.0.0.1:9464 0.0.0.0 version 1.4.2 at 12:30:45.250", 0,
		"127.0.0.1:9464 0.0.0.0 version 1.4.2 at 12:30:45.250");
	expect("999.1.2.3 1.2.3.4.5", 0, "999.1.2.3 1.2.3.4.5");
	expect("eth0 52:54:00:ab:CD:ef up", 0, "eth0 <mac-1> up");
	expect("fe80::1ff:fe23:4567:890a 2001:db8:1:2:3:4:5:6 0000:00:1f.3 ::1", 0,
		"<ip-3> <ip-4> 0000:00:1f.3 ::1");
	expect("write to sam.jones@example.org now", 0, "write to <user-1>.<mail-1> now");
	expect("id 123e4567-e89b-12d3-a456-426614174000 0123456789abcdef0123456789abcdef", 0,
		"id <id-1> <id-2>");
	expect("ws://bob:pw@stage.local:4455/x http://localhost:80/", 0,
		"ws://<address-1> http://localhost:80/");
	expect("smb://nas/our band/x ws://localhost.evil.example/ file:///usr/lib/x", 0,
		"smb://<address-2> band/x ws://<address-3> file:///usr/lib/x");
	expect("usb 2-1 wlx00e04c680001: renamed, enx00e04c68000g", 0,
		"usb 2-1 <mac-2>: renamed, enx00e04c68000g");
	expect("alsa_output.usb-Maker_Thing_Y8ABC123-00.analog", 0, "alsa_output.<device-1>");
}

Test(mosctl_redact, values, .description = "serial numbers and passwords, however they are written")
{
	expect("SerialNumber: Y8ABC123", 0, "SerialNumber: <serial-1>");
	expect("Serial Number: Y8ABC123 x", 0, "Serial Number: <serial-1> x");
	expect("\"device.serial\": \"Z-9\"", 0, "\"device.serial\": \"<serial-2>\"");
	expect("obs_password = hunter 2\nfps = 60\n", 0, "obs_password = <secret-1>\nfps = 60\n");
	expect("Token: abc", 0, "Token: <secret-2>");
	expect("wpa_psk=abcd\nssid: Our Net\nAuthorization: Bearer x.y", 0,
		"wpa_psk=<secret-3>\nssid: <network-1>\nAuthorization: <secret-4>");
	expect("serial port, tokens of colour", 0, "serial port, tokens of colour");
}

Test(mosctl_redact, paths, .description = "folders and files of people; those of every machine stay")
{
	expect("folder=/home/sam/x y=1", 0, "folder=<path-1> y=1");
	expect("load '/data/band/My Song.mid' failed", 0, "load '<path-2>' failed");
	expect("/usr/share/sounds/sf2/FluidR3_GM.sf2 is ready", 0,
		"/usr/share/sounds/sf2/FluidR3_GM.sf2 is ready");
	expect("/run/user/1000/mos/mos.sock and/or 1/2 /sys/class", 0,
		"/run/user/1000/mos/mos.sock and/or 1/2 /sys/class");
	expect("scenes = /srv/our shows/x\nfps = 3", REDACT_CONFIG, "scenes = <path-3>\nfps = 3");
	expect("file=/tmp/Our Last Waltz.mid", 0, "file=<path-4>");
	expect("mos-hermes: score loaded: My Own Blues.musicxml", 0, "mos-hermes: score loaded: <score-4>");
	expect("{\"path\":\"Lullaby.MID\"}", 0, "{\"path\":\"<score-5>\"}");
	expect("title=\"anything at all\" id=3 next=\"b\"", REDACT_LOG, "title=<text-1> id=3 next=<text-2>");
	expect("title=\"a \"new\" song\" id=3\nby=\"X \"Y\" Z\" and on", REDACT_LOG,
		"title=<text-3> id=3\nby=<text-4> and on");
	expect("/var/home/ann/x /var/lib/mos/x", 0, "<path-5> /var/lib/mos/x");
	expect("title=\"anything at all\"", 0, "title=\"anything at all\"");
}

Test(mosctl_redact, nonsense,
	.description = "SEC-09: any bytes end in a text; many secrets keep no memory for ever")
{
	char text[512];
	unsigned int state = 1;

	for (int i = 0; i < 4000; i++) {
		static const char alphabet[] = ":/.-=\"'@ \n<>abcdef019_serialtokenmidhomeusb\xc3\xff";
		char *got;

		for (size_t k = 0; k + 1 < sizeof(text) / 4; k++) {
			state = state * 1664525u + 1013904223u;
			text[k] = alphabet[(state >> 16) % (sizeof(alphabet) - 1)];
			text[k + 1] = '\0';
		}
		got = redact_text(&redactor, text, state >> 20 & 3);
		cr_assert(got);
		free(got);
	}
	cr_expect_leq(redactor.n, REDACT_MAX);
}

static char *whole(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "re");
	static char buf[2][65536];
	static int which;
	char *to = buf[which++ % 2];

	cr_assert(f, "%s", path);
	*ret_size = fread(to, 1, sizeof(buf[0]), f);
	fclose(f);
	return to;
}

static void pack(const char *path, const char *compressor, int backwards)
{
	static const char *const names[] = {"b.txt", "a/b", "a", "link"};
	struct archive b = {0};

	for (int i = 0; i < 4; i++) {
		const int k = backwards ? 3 - i : i;

		cr_assert_eq(archive_add(&b, names[k], k == 2 ? "" : k == 3 ? "../x" : "text\n", k == 3), 0);
	}
	cr_assert_eq(archive_add(&b, "b.txt", "other", 0), 0);
	cr_assert_eq(archive_write(&b, "top", path, compressor), 0);
	archive_finish(&b);
}

Test(mosctl_redact, bundles,
	.description = "the same content is the same bytes in any order, for the owner only; tar reads it")
{
	char dir[] = "/tmp/mos-bundle-XXXXXX", one[64], two[64], line[300];
	const char *first, *second;
	size_t n_one, n_two;
	struct stat st;

	cr_assert(mkdtemp(dir));
	(void)snprintf(one, sizeof(one), "%s/1.tar.gz", dir);
	(void)snprintf(two, sizeof(two), "%s/2.tar.gz", dir);
	umask(0);
	pack(one, "gzip", 0);
	pack(two, "gzip", 1);
	cr_assert_eq(stat(one, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	first = whole(one, &n_one);
	second = whole(two, &n_two);
	cr_expect(n_one == n_two && !memcmp(first, second, n_one));
	(void)snprintf(line, sizeof(line),
		"test \"$(tar -tzf %s | tr '\\n' ' ')\" = 'top/a/b top/b.txt top/link '", one);
	cr_expect_eq(system(line), 0, "%s", line);
	(void)snprintf(line, sizeof(line), "test \"$(tar -xzOf %s top/b.txt)\" = text", one);
	cr_expect_eq(system(line), 0, "the first text stays");
	(void)snprintf(line, sizeof(line), "rm -r %s", dir);
	cr_expect_eq(system(line), 0);
}

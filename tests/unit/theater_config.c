/* SPDX-License-Identifier: MIT */
/* theater.ini: each key, each way to be wrong, with its place. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "config.h"

static int parse(struct theater_config *config, const char *text, char error[static 256])
{
	theater_config_init(config);
	*error = '\0';
	return theater_config_parse(config, "t.ini", text, strlen(text), error, 256);
}

Test(theater_config, whole, .description = "THR-09: every key of theater.ini is read")
{
	static const char text[] =
		"# what a studio might say\n[theater]\n device = GeForce \nbackend=raster\r\n"
		"music_font=/f.otf\nmusic_metadata=/m.json\ntext_font=/t.ttf\nitalic_font=/i.ttf\nscene=teaching\n"
		"portrait_scene=minimal\ntheme=paper\nscenes=/s\nwindow=both\noutput=DP-1\n"
		"fullscreen=yes\ndivisor=4\nfps=30\nstreams=no\nwidget_streams=off\nndi=1\n"
		"ndi_library=/n.so\nobs_url=ws://box:4455\nobs_password=a = b\nvalidate=true\n;end";
	struct theater_config c;
	char error[256];

	cr_assert_eq(parse(&c, text, error), 0, "%s", error);
	cr_expect_str_eq(c.device, "GeForce");
	cr_expect_str_eq(c.backend, "raster");
	cr_expect_str_eq(c.music_font, "/f.otf");
	cr_expect_str_eq(c.music_metadata, "/m.json");
	cr_expect_str_eq(c.text_font, "/t.ttf");
	cr_expect_str_eq(c.italic_font, "/i.ttf");
	cr_expect_str_eq(c.scene, "teaching");
	cr_expect_str_eq(c.portrait_scene, "minimal");
	cr_expect_str_eq(c.theme, "paper");
	cr_expect_str_eq(c.scenes, "/s");
	cr_expect_str_eq(c.window, "both");
	cr_expect_str_eq(c.output, "DP-1");
	cr_expect_str_eq(c.ndi_library, "/n.so");
	cr_expect_str_eq(c.obs_url, "ws://box:4455");
	cr_expect_str_eq(c.obs_password, "a = b");
	cr_expect(c.fullscreen && c.ndi && c.validate && !c.streams && !c.widget_streams);
	cr_expect_eq(c.divisor, 4);
	cr_expect_eq(c.fps, 30);
}

Test(theater_config, wrong,
	.description = "THR-09: what is wrong is named with its line, and nothing is taken of it")
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"fps=30\n", "t.ini:1: \"fps=30\" stands before [theater]"},
		{"[theater]\nfps=0\n", "t.ini:2: \"fps\" is no number, or out of range"},
		{"[theater]\nfps=60x\n", "t.ini:2: \"fps\" is no number, or out of range"},
		{"[theater]\nfps=-1\n", "t.ini:2: \"fps\" is no number, or out of range"},
		{"[theater]\n\n\ndivisor=3\n", "t.ini:4: \"divisor\" is none of the values that it may have"},
		{"[theater]\nwindow=\n", "t.ini:2: \"window\" is none of the values that it may have"},
		{"[theater]\nwindow=o\n", "t.ini:2: \"window\" is none of the values that it may have"},
		{"[theater]\nscenes=here\n", "t.ini:2: \"scenes\" is no absolute path"},
		{"[theater]\nstreams=maybe\n", "t.ini:2: \"streams\" is neither yes nor no"},
		{"[theater]\nfsp=60\n", "t.ini:2: \"fsp\" is no key of [theater]"},
		{"[theater]\nfps\n", "t.ini:2: \"fps\" has no '='"},
		{"[stage]\n", "t.ini:1: \"[stage]\" is no section of this file: [theater] is the only one"},
	};
	struct theater_config c, fresh;
	char error[256];

	theater_config_init(&fresh);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_expect_eq(parse(&c, cases[i].text, error), -EINVAL, "%s", cases[i].text);
		cr_expect_str_eq(error, cases[i].error);
		cr_expect_arr_eq(&c, &fresh, sizeof(c));
	}
	theater_config_init(&c);
	cr_expect_eq(theater_config_parse(&c, "t.ini", "[theater]\nscene=a\0b\n", 21, error, sizeof(error)),
		-EINVAL);
	cr_expect_str_eq(error, "t.ini:2: is no line of text");
}

Test(theater_config, file, .description = "THR-09: a file that is not there, or too large, is named")
{
	struct theater_config c;
	char error[256];

	theater_config_init(&c);
	cr_expect_eq(theater_config_read(&c, "/nowhere/theater.ini", error, sizeof(error)), -ENOENT);
	cr_expect_str_eq(error, "/nowhere/theater.ini: No such file or directory");
	cr_expect_eq(theater_config_read(&c, "/dev/zero", error, sizeof(error)), -EFBIG);
}

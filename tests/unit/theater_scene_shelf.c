/* SPDX-License-Identifier: MIT */
/* Folders of scenes: hot reload, broken files, folders that come and go. inotify has told of what a call did
 * when the call returns, so nothing here waits. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

static char root[64];
static struct scene_shelf *shelf;
static size_t n_built_in;
static char told[4096]; /* "name/canvas[!fault];" */

static void setup(void)
{
	struct scene_shelf *without;

	strcpy(root, "/tmp/theater_scene_shelf.XXXXXX");
	cr_assert(mkdtemp(root));
	cr_assert_eq(scene_shelf_open(NULL, 0, &without), 0);
	n_built_in = scene_shelf_n(without);
	scene_shelf_close(without);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void teardown(void)
{
	scene_shelf_close(shelf);
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name)
{
	static char path[2][256];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", root, name);
	return path[turn];
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "we");

	cr_assert(f, "%s", name);
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
}

static const char *scene_text(const char *name, const char *title, const char *theme)
{
	static char text[512];

	(void)snprintf(text, sizeof(text),
		"{\"name\":\"%s\",\"title\":\"%s\",\"canvas\":\"landscape\",\"theme\":\"%s\",\"items\":[]}",
		name, title, theme);
	return text;
}

static void open_shelf(const char *first, const char *second)
{
	const char *dir[2] = {strdup(path_of(first)), second ? strdup(path_of(second)) : NULL};

	cr_assert_eq(scene_shelf_open(dir, second ? 2 : 1, &shelf), 0);
	free((char *)dir[0]);
	free((char *)dir[1]);
}

static void on_changed(const char *name, enum scene_canvas canvas, const char *fault, void *data)
{
	const size_t len = strlen(told);

	(void)snprintf(told + len, sizeof(told) - len, "%s/%u%s%s;", name, canvas, fault ? "!" : "",
		fault ? fault : "");
}

static const char *changes(void)
{
	told[0] = '\0';
	scene_shelf_changed(shelf, on_changed, NULL);
	return told;
}

static const char *title_of(const char *name)
{
	const struct scene *scene = scene_shelf_get(shelf, name, SCENE_LANDSCAPE);

	return scene ? scene->title : "(none)";
}

TestSuite(scene_shelf, .init = setup, .fini = teardown);

Test(scene_shelf, reload,
	.description = "THR-14: a scene file that is written, renamed over, removed is taken at once")
{
	struct pollfd readable;

	put("a.json", scene_text("mine", "1", "stage"));
	open_shelf(".", NULL);
	readable = (struct pollfd){.fd = scene_shelf_fd(shelf), .events = POLLIN};
	cr_assert_eq(poll(&readable, 1, 0), 0);
	cr_assert_str_eq(title_of("mine"), "1");
	put("a.json", scene_text("mine", "2", "stage"));
	cr_assert_eq(poll(&readable, 1, 0), 1);
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_str_eq(title_of("mine"), "2");
	/* as editors do it */
	put(".a.json.swp", "garbage");
	put("a.json~", "garbage");
	put("a.json.new", scene_text("mine", "3", "stage"));
	cr_assert_str_eq(changes(), "");
	cr_assert_eq(rename(path_of("a.json.new"), path_of("a.json")), 0);
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_str_eq(title_of("mine"), "3");
	/* the same again is no change */
	put("a.json", scene_text("mine", "3", "stage"));
	cr_assert_str_eq(changes(), "");
	/* another name: the one is gone, the other is there */
	put("a.json", scene_text("yours", "4", "stage"));
	cr_assert_str_eq(changes(), "mine/0;yours/0;");
	cr_assert_str_eq(title_of("mine"), "(none)");
	cr_assert_eq(unlink(path_of("a.json")), 0);
	cr_assert_str_eq(changes(), "yours/0;");
	cr_assert_str_eq(title_of("yours"), "(none)");
	cr_assert_eq(scene_shelf_n(shelf), n_built_in);
}

Test(scene_shelf, broken,
	.description = "THR-14: a file that does not parse is told with its place, and the scene that was "
		       "there stays")
{
	const char *text = scene_text("mine", "1", "stage");
	int fd;

	put("old.json", "{\"name\":7}");
	put("a.json", text);
	open_shelf(".", NULL);
	cr_assert_str_eq(changes(),
		"old.json/2!old.json: /name: a name is expected: a letter or digit, then letters a-z, "
		"digits, - and _, at most 63;");
	/* half of it is written */
	fd = open(path_of("a.json"), O_WRONLY | O_TRUNC | O_CLOEXEC);
	cr_assert_eq(write(fd, text, 20), 20);
	cr_assert_str_eq(changes(), "", "it is still being written");
	cr_assert_eq(close(fd), 0);
	cr_assert(strstr(changes(), "mine/0!a.json: line 1, column 21 (byte 20): "), "%s", told);
	cr_assert_str_eq(title_of("mine"), "1");
	put("a.json", "");
	cr_assert_str_eq(changes(), "mine/0!a.json: line 1, column 1 (byte 0): the file is empty;");
	put("a.json", scene_text("mine", "2", "stage"));
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_str_eq(title_of("mine"), "2");
	/* nobody is waited for */
	cr_assert_eq(mkfifo(path_of("pipe.json"), 0600), 0);
	cr_assert_eq(mkdir(path_of("folder.json"), 0700), 0);
	cr_assert_eq(symlink("/dev/zero", path_of("zero.json")), 0);
	cr_assert_eq(rename(path_of("pipe.json"), path_of("p.json")), 0);
	cr_assert_eq(rename(path_of("folder.json"), path_of("f.json")), 0);
	cr_assert_eq(rename(path_of("zero.json"), path_of("z.json")), 0);
	cr_assert_str_eq(changes(),
		"f.json/2!f.json: it is no regular file;p.json/2!p.json: it is no regular file;"
		"z.json/2!z.json: it is no regular file;");
}

Test(scene_shelf, order,
	.description =
		"THR-14 THR-17: the user's scene goes before a built-in one, which is there again after it")
{
	cr_assert_eq(mkdir(path_of("user"), 0700), 0);
	cr_assert_eq(mkdir(path_of("site"), 0700), 0);
	put("site/x.json", scene_text("minimal", "site's", "stage"));
	open_shelf("user", "site");
	cr_assert_eq(scene_shelf_n(shelf), n_built_in);
	cr_assert_str_eq(title_of("minimal"), "site's");
	put("user/y.json", scene_text("minimal", "user's", "stage"));
	cr_assert_str_eq(changes(), "minimal/0;");
	cr_assert_str_eq(title_of("minimal"), "user's");
	put("user/z.json", scene_text("minimal", "second", "stage"));
	cr_assert(strstr(changes(), "minimal/2!") || strstr(told, "z.json: /name: minimal is in y.json, too"),
		"%s", told);
	cr_assert_str_eq(title_of("minimal"), "user's");
	cr_assert_eq(unlink(path_of("user/y.json")), 0);
	(void)changes();
	cr_assert_str_eq(title_of("minimal"), "second");
	cr_assert_eq(unlink(path_of("user/z.json")), 0);
	cr_assert_eq(unlink(path_of("site/x.json")), 0);
	(void)changes();
	cr_assert_str_eq(title_of("minimal"), "Only the score");
}

Test(scene_shelf, folders, .description = "THR-14: a folder may come later, go, be moved away and come back")
{
	open_shelf("a/b/scenes", NULL);
	cr_assert_eq(mkdir(path_of("a"), 0700), 0);
	cr_assert_str_eq(changes(), "");
	cr_assert_eq(mkdir(path_of("a/b"), 0700), 0);
	cr_assert_eq(mkdir(path_of("a/b/scenes"), 0700), 0);
	put("a/b/scenes/x.json", scene_text("mine", "1", "stage"));
	cr_assert_str_eq(changes(), "mine/0;");
	put("a/b/scenes/x.json", scene_text("mine", "2", "stage"));
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_eq(rename(path_of("a/b/scenes"), path_of("a/b/away")), 0);
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_str_eq(title_of("mine"), "(none)");
	put("a/b/away/x.json", scene_text("mine", "3", "stage"));
	cr_assert_str_eq(changes(), "", "it is not watched any more");
	cr_assert_eq(rename(path_of("a/b/away"), path_of("a/b/scenes")), 0);
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_str_eq(title_of("mine"), "3");
	cr_assert_eq(unlink(path_of("a/b/scenes/x.json")), 0);
	cr_assert_eq(rmdir(path_of("a/b/scenes")), 0);
	cr_assert_eq(rmdir(path_of("a/b")), 0);
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_eq(mkdir(path_of("a/b"), 0700), 0);
	cr_assert_eq(mkdir(path_of("a/b/scenes"), 0700), 0);
	put("a/b/scenes/x.json", scene_text("mine", "4", "stage"));
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_str_eq(title_of("mine"), "4");
}

Test(scene_shelf, themes,
	.description = "THR-25: a theme file that changes gives its colours to the scenes that name it")
{
	const char *names[16];
	struct scene_theme theme;

	put("x.json", scene_text("mine", "1", "sea"));
	put("y.json", scene_text("other", "1", "stage"));
	open_shelf(".", NULL);
	cr_assert(strstr(changes(), "x.json/2!x.json: /theme: there is no theme sea;"), "%s", told);
	cr_assert_eq(mkdir(path_of("themes"), 0700), 0);
	put("themes/t.json", "{\"name\":\"sea\",\"tokens\":{\"ink\":\"#000001\"}}");
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_eq(scene_shelf_get(shelf, "mine", SCENE_LANDSCAPE)->theme.token[MOS_TOKEN_INK],
		MOS_RGBA(0, 0, 1, 255));
	put("themes/t.json", "{\"name\":\"sea\",\"tokens\":{\"ink\":\"#000002\"}}");
	cr_assert_str_eq(changes(), "mine/0;");
	cr_assert_eq(scene_shelf_get(shelf, "mine", SCENE_LANDSCAPE)->theme.token[MOS_TOKEN_INK],
		MOS_RGBA(0, 0, 2, 255));
	cr_assert_eq(scene_shelf_theme(shelf, "sea", &theme), 0);
	cr_assert_eq(theme.token[MOS_TOKEN_INK], MOS_RGBA(0, 0, 2, 255));
	cr_assert_eq(scene_shelf_theme(shelf, "night", &theme), 0);
	cr_assert_eq(scene_shelf_theme(shelf, "none", &theme), -ENOENT);
	cr_assert_eq(scene_shelf_themes(shelf, names, 16), 5);
	cr_assert_str_eq(names[4], "sea");
	put("themes/t.json", "{\"name\":\"sea\",\"tokens\":{\"ink\":0}}");
	cr_assert(strstr(changes(), "themes/t.json: /tokens/ink: a colour is expected"), "%s", told);
	cr_assert_eq(scene_shelf_theme(shelf, "sea", &theme), 0);
	cr_assert_eq(unlink(path_of("themes/t.json")), 0);
	cr_assert_str_eq(changes(), "mine/0!x.json: /theme: there is no theme sea;");
	cr_assert_str_eq(title_of("mine"), "1", "it stays");
}

Test(scene_shelf, many, .description = "THR-14: 256 files of a folder are read, the rest is told")
{
	char name[32], id[16];

	open_shelf(".", NULL);
	for (int i = 0; i < 260; i++) {
		(void)snprintf(name, sizeof(name), "f%d.json", i);
		(void)snprintf(id, sizeof(id), "s%d", i);
		put(name, scene_text(id, "x", "stage"));
	}
	cr_assert(strlen(changes()) > 0);
	cr_assert_eq(scene_shelf_n(shelf), n_built_in + 256);
	cr_assert(strstr(told, "f259.json/2!f259.json: more than 256 files are in its folder;"), "%s", told);
}

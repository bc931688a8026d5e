/* SPDX-License-Identifier: MIT */
/*
 * mosctl widget key, publish, trust (SDK-05, SEC-02). An index is a folder that many read: packed widgets,
 * each with its .sig, and `keys`, the public keys of those who may publish there, one a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sign.h"
#include "widget.h"

/* --- Our own files --- */

static int make_folder(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* $XDG_CONFIG_HOME/mos/NAME. */
static int own_file(struct ctl *ctl, const char *name, char path[static PATH_MAX])
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = config && config[0] == '/' ? snprintf(path, PATH_MAX, "%s/mos/%s", config, name)
		: home && home[0] == '/'   ? snprintf(path, PATH_MAX, "%s/.config/mos/%s", home, name)
					   : -1;

	if (n < 0 || n >= PATH_MAX)
		return ctl_fail(ctl, CTL_FAILED, "set HOME", "there is no folder for keys");
	return CTL_OK;
}

/* Is the key a line of the file? What follows it in its line says whose it is. */
static int lists_key(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int found = 0;

	while (f && !found && getline(&line, &room, f) > 0)
		found = !strncmp(line, key, strlen(key)) && strchr(" \t\n", line[strlen(key)]);
	free(line);
	if (f)
		(void)fclose(f);
	return found;
}

static int fail_key(struct ctl *ctl, const char *path, int rc)
{
	char name[256];

	printable(path, name, sizeof(name));
	if (rc == -ENOENT)
		return ctl_fail(ctl, CTL_FAILED, "mosctl widget key makes one", "there is no key: %s", name);
	return ctl_fail(
		ctl, CTL_FAILED, NULL, "%s: %s", name, rc == -EINVAL ? "no Ed25519 key" : strerror(-rc));
}

int widget_key(struct ctl *ctl, const struct ctl_args *args)
{
	char path[PATH_MAX], key[SIGN_KEY_HEX];
	int code = own_file(ctl, "widget-key.pem", path), rc;

	if (code != CTL_OK)
		return code;
	rc = make_folder(path);
	if (rc == 0)
		rc = sign_public_key(path, /* make= */ 1, key);
	if (rc < 0)
		return fail_key(ctl, path, rc);
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);

		yyjson_mut_obj_add_str(doc, root, "key", key);
		yyjson_mut_obj_add_str(doc, root, "file", path);
		return json_print(doc, root);
	}
	printf("%s\n", key);
	return CTL_OK;
}

int widget_trust(struct ctl *ctl, const struct ctl_args *args)
{
	const char *key = args->word[1];
	char path[PATH_MAX];
	int code, rc;
	FILE *f;

	if (strlen(key) != SIGN_KEY_HEX - 1 || key[strspn(key, "0123456789abcdef")])
		return ctl_usage(
			ctl, "widget trust: a key is 64 hexadecimal digits, as mosctl widget key prints it");
	code = own_file(ctl, "trusted-keys", path);
	if (code != CTL_OK || lists_key(path, key))
		return code;
	rc = make_folder(path);
	f = rc < 0 ? NULL : fopen(path, "ae");
	if (!f)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", path, strerror(rc < 0 ? -rc : errno));
	rc = fprintf(f, "%s\n", key) < 0;
	if (fclose(f) != 0 || rc)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", path, strerror(errno));
	return CTL_OK;
}

/* --- Publishing --- */

static int fail_file(struct ctl *ctl, const char *path, int rc)
{
	char name[256];

	return ctl_fail(
		ctl, CTL_BAD_FILE, NULL, "%s: %s", printable(path, name, sizeof(name)), strerror(-rc));
}

static int write_text(const char *text, const char *to)
{
	int fd = memfd_create("text", MFD_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		rc = -EIO;
	if (rc == 0)
		rc = file_replace(fd, to);
	(void)close(fd);
	return rc;
}

/* What is there under that name stays what it is. @return 1 the same; 0 nothing; -EEXIST another. */
static int is_there(int fd, const char *path)
{
	int there = open(path, O_RDONLY | O_CLOEXEC), rc = 1;
	char a[4096], b[4096];
	off_t at = 0;
	ssize_t n;

	if (there < 0)
		return errno == ENOENT ? 0 : -errno;
	do {
		n = pread(fd, a, sizeof(a), at);
		if (n < 0 || pread(there, b, sizeof(b), at) != n || memcmp(a, b, (size_t)n) != 0)
			rc = -EEXIST;
		at += n;
	} while (rc == 1 && n > 0);
	(void)close(there);
	return rc;
}

/* First the signature: who reads meanwhile finds nothing, or both. */
static int put_into_index(struct ctl *ctl, int fd, const char *signature, const char *index, const char *name)
{
	char to[PATH_MAX], sig[PATH_MAX + 8];
	int rc;

	if (snprintf(to, sizeof(to), "%s/%s", index, name) >= (int)sizeof(to))
		return fail_file(ctl, index, -ENAMETOOLONG);
	(void)snprintf(sig, sizeof(sig), "%s.sig", to);
	rc = is_there(fd, to);
	if (rc == -EEXIST)
		return ctl_fail(ctl, CTL_FAILED, "a new version has a new number in widget.json",
			"%s is published already, with another content", name);
	if (rc >= 0)
		rc = write_text(signature, sig);
	if (rc >= 0)
		rc = file_replace(fd, to);
	if (rc < 0)
		return fail_file(ctl, to, rc);
	if (!ctl->json)
		printf("%s\n", to);
	return CTL_OK;
}

int widget_publish(struct ctl *ctl, const struct ctl_args *args)
{
	const char *file = args->word[1], *index = args->opt[WIDGET_TO], *slash = strrchr(file, '/');
	char path[PATH_MAX], keys[PATH_MAX], key[SIGN_KEY_HEX], signature[SIGN_TEXT_MAX];
	int code = file_check(ctl, file), fd, rc;

	if (!index)
		return ctl_usage(ctl, "widget publish: --to says which index");
	if (code == CTL_OK)
		code = own_file(ctl, "widget-key.pem", path);
	if (code != CTL_OK)
		return code;
	rc = sign_public_key(path, /* make= */ 0, key);
	if (rc < 0)
		return fail_key(ctl, path, rc);
	(void)snprintf(keys, sizeof(keys), "%s/keys", index);
	if (access(keys, R_OK) < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, "whoever keeps the index: mosctl widget key >> keys",
			"%s is no index: %s", index, strerror(errno));
	if (!lists_key(keys, key))
		return ctl_fail(ctl, CTL_FAILED, "whoever keeps the index adds it to its file `keys`",
			"this index does not take what %s signs", key);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_file(ctl, file, -errno);
	rc = sign_file(path, fd, signature);
	code = rc < 0 ? fail_key(ctl, path, rc)
		      : put_into_index(ctl, fd, signature, index, slash ? slash + 1 : file);
	(void)close(fd);
	return code;
}

/* --- Taking --- */

int widget_check_signature(struct ctl *ctl, const char *path, int fd, int must)
{
	char sig[PATH_MAX + 8], text[SIGN_TEXT_MAX], key[SIGN_KEY_HEX], trusted[PATH_MAX];
	int from, rc, code;
	ssize_t n;

	(void)snprintf(sig, sizeof(sig), "%s.sig", path);
	from = open(sig, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* whatever lies there does not hold us up */
	if (from < 0 && errno == ENOENT)
		return must ? ctl_fail(ctl, CTL_FAILED,
				      "install it without --signed if you know where it is from",
				      "%s is not signed", path)
			    : CTL_OK;
	n = from < 0 ? -1 : read(from, text, sizeof(text));
	rc = n < 0 ? -errno : sign_verify(text, (size_t)n, fd, key);
	if (from >= 0)
		(void)close(from);
	if (rc == -EBADMSG || rc == -EINVAL)
		return ctl_fail(ctl, CTL_FAILED, "get it anew, from where it was published", "%s: %s", sig,
			rc == -EBADMSG ? "this is no signature" : "the signature is of another file");
	if (rc < 0)
		return fail_file(ctl, sig, rc);
	code = own_file(ctl, "trusted-keys", trusted);
	if (code == CTL_OK && !lists_key(trusted, key))
		return ctl_fail(ctl, CTL_FAILED, "when you know whose it is: mosctl widget trust KEY",
			"%s is signed by %s, whom you do not trust", path, key);
	return code;
}

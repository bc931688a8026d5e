/* SPDX-License-Identifier: MIT */
/* Ed25519 signatures of files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "sign.h"

#define KEY_BYTES 32u
#define SIGNATURE_BYTES 64u
#define HASH_BYTES 32u

static void put_hex(const unsigned char *bytes, size_t n, char *to)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(to + i * 2, 3, "%02x", bytes[i]);
}

/* @return 0; -EBADMSG: not exactly so many digits. */
static int get_hex(const char *text, size_t len, unsigned char *to, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (len != n * 2)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		const char *at = memchr(digits, text[i], 16);

		if (!at)
			return -EBADMSG;
		to[i / 2] = (unsigned char)(i % 2 ? to[i / 2] | (at - digits) : (at - digits) << 4);
	}
	return 0;
}

/* --- Keys --- */

static int write_key(const char *path, EVP_PKEY *key)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc = 0;
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!to) {
		rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	if (!PEM_write_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) || fflush(to) != 0 || fsync(fd) < 0)
		rc = -EIO;
	if (fclose(to) != 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		(void)unlink(path);
	return rc;
}

static int open_key(const char *path, int make, EVP_PKEY **ret)
{
	FILE *from = fopen(path, "re");
	int rc;

	if (from) {
		*ret = PEM_read_PrivateKey(from, NULL, NULL, NULL);
		(void)fclose(from);
		if (*ret && EVP_PKEY_is_a(*ret, "ED25519"))
			return 0;
		EVP_PKEY_free(*ret);
		return -EINVAL;
	}
	if (errno != ENOENT || !make)
		return -errno;
	*ret = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!*ret)
		return -ENOMEM;
	rc = write_key(path, *ret);
	if (rc < 0)
		EVP_PKEY_free(*ret);
	return rc;
}

static int public_of(EVP_PKEY *key, char ret[static SIGN_KEY_HEX])
{
	unsigned char raw[KEY_BYTES];
	size_t n = sizeof(raw);

	if (!EVP_PKEY_get_raw_public_key(key, raw, &n) || n != sizeof(raw))
		return -EINVAL;
	put_hex(raw, n, ret);
	return 0;
}

int sign_public_key(const char *key_path, int make, char ret[static SIGN_KEY_HEX])
{
	EVP_PKEY *key = NULL;
	int rc = open_key(key_path, make, &key);

	if (rc < 0)
		return rc;
	rc = public_of(key, ret);
	EVP_PKEY_free(key);
	return rc;
}

/* --- Files --- */

static int hash_file(int fd, unsigned char ret[static HASH_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	static char buf[64 << 10];
	off_t at = 0;
	ssize_t n = 0;
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

	while (ok && (n = pread(fd, buf, sizeof(buf), at)) > 0) {
		ok = EVP_DigestUpdate(ctx, buf, (size_t)n);
		at += n;
	}
	ok = ok && n == 0 && EVP_DigestFinal_ex(ctx, ret, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : n < 0 ? -errno : -ENOMEM;
}

/* What is signed. */
static int make_text(const char *key_hex, int fd, char *to, size_t size)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_BYTES * 2 + 1];
	int rc = hash_file(fd, hash);

	if (rc < 0)
		return rc;
	put_hex(hash, sizeof(hash), hex);
	(void)snprintf(to, size, "mos-signature 1\nkey %s\nsha256 %s\n", key_hex, hex);
	return 0;
}

int sign_file(const char *key_path, int fd, char ret[static SIGN_TEXT_MAX])
{
	unsigned char signature[SIGNATURE_BYTES];
	char key_hex[SIGN_KEY_HEX], hex[SIGNATURE_BYTES * 2 + 1];
	size_t n = sizeof(signature), len;
	EVP_PKEY *key = NULL;
	EVP_MD_CTX *ctx;
	int rc = open_key(key_path, /* make= */ 0, &key);

	if (rc < 0)
		return rc;
	ctx = EVP_MD_CTX_new();
	rc = public_of(key, key_hex);
	if (rc == 0)
		rc = make_text(key_hex, fd, ret, SIGN_TEXT_MAX);
	if (rc == 0 && (!ctx || !EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) ||
			       !EVP_DigestSign(ctx, signature, &n, (unsigned char *)ret, strlen(ret))))
		rc = -ENOMEM;
	if (rc == 0) {
		put_hex(signature, sizeof(signature), hex);
		len = strlen(ret);
		(void)snprintf(ret + len, SIGN_TEXT_MAX - len, "signature %s\n", hex);
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

/* A line "WORD digits". @return the next line; NULL: it is another. */
static const char *take_line(const char *at, const char *word, const char **ret, size_t *ret_len)
{
	size_t n = strlen(word);

	if (strncmp(at, word, n) != 0 || at[n] != ' ')
		return NULL;
	*ret = at + n + 1;
	*ret_len = strcspn(*ret, "\n");
	return (*ret)[*ret_len] == '\n' ? *ret + *ret_len + 1 : NULL;
}

static int check(const char *signed_text, const unsigned char key[static KEY_BYTES],
	const unsigned char signature[static SIGNATURE_BYTES])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, KEY_BYTES);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		 EVP_DigestVerify(ctx, signature, SIGNATURE_BYTES, (const unsigned char *)signed_text,
			 strlen(signed_text)) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok ? 0 : -EINVAL;
}

int sign_verify(const char *text, size_t len, int fd, char ret_key[static SIGN_KEY_HEX])
{
	unsigned char key[KEY_BYTES], signature[SIGNATURE_BYTES];
	const char *key_at, *hash_at, *signature_at, *at, *end;
	size_t key_len, hash_len, signature_len;
	char copy[SIGN_TEXT_MAX], now[SIGN_TEXT_MAX];
	int rc;

	ret_key[0] = '\0';
	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return -EBADMSG;
	memcpy(copy, text, len);
	copy[len] = '\0';
	at = strncmp(copy, "mos-signature 1\n", 16) == 0 ? copy + 16 : NULL;
	at = at ? take_line(at, "key", &key_at, &key_len) : NULL;
	at = at ? take_line(at, "sha256", &hash_at, &hash_len) : NULL;
	end = at ? take_line(at, "signature", &signature_at, &signature_len) : NULL;
	if (!end || *end || get_hex(key_at, key_len, key, sizeof(key)) < 0 || hash_len != HASH_BYTES * 2 ||
		get_hex(signature_at, signature_len, signature, sizeof(signature)) < 0)
		return -EBADMSG;
	put_hex(key, sizeof(key), ret_key);
	/* What it has to say of the file as it is. */
	rc = make_text(ret_key, fd, now, sizeof(now));
	if (rc < 0)
		return rc;
	if (strncmp(copy, now, strlen(now)) != 0)
		return -EINVAL;
	return check(now, key, signature);
}

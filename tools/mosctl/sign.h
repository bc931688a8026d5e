/* SPDX-License-Identifier: MIT */
/**
 * Signatures of files (SEC-02): Ed25519 (RFC 8032) over a short text that names the signer's key and the
 * file's SHA-256. The text and the signature are what lies in FILE.sig:
 *
 *     mos-signature 1
 *     key 64 hexadecimal digits
 *     sha256 64 hexadecimal digits
 *     signature 128 hexadecimal digits, of the three lines above with their newlines
 */
#ifndef MOSCTL_SIGN_H
#define MOSCTL_SIGN_H

#include <stddef.h>

#define SIGN_KEY_HEX 65u   /**< a public key, with its NUL */
#define SIGN_TEXT_MAX 512u /**< a whole .sig */

/** The public half of the key in a PEM file; with `make`, made there (mode 0600) when there is none.
 * @return 0; -ENOENT; -EINVAL it holds no such key; -errno. */
int sign_public_key(const char *key_path, int make, char ret[static SIGN_KEY_HEX]);

/** The text of a .sig for an open file. @return 0, as sign_public_key(). */
int sign_file(const char *key_path, int fd, char ret[static SIGN_TEXT_MAX]);

/**
 * Is it the signature of this file?
 * @param ret_key  Whose it is, also when it is wrong; "" when the text is none.
 * @return 0; -EBADMSG the text is no signature; -EINVAL it is of another file, or forged; -errno.
 */
int sign_verify(const char *text, size_t len, int fd, char ret_key[static SIGN_KEY_HEX]);

#endif

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <yyjson.h>

#include "talk.h"

enum { OP_HELLO = 0, OP_IDENTIFIED = 2, OP_EVENT = 5, OP_RESPONSE = 7 };
/* Events of scenes and of outputs. */
#define SUBSCRIPTIONS (1 << 2 | 1 << 6)
#define NOT_READY 207

void talk_begin(struct talk *talk, const char *password)
{
	*talk = (struct talk){.password = password && password[0] ? password : NULL};
}

static int fault(struct talk *talk, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fault(struct talk *talk, int rc, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(talk->fault, sizeof(talk->fault), fmt, args);
	va_end(args);
	return rc;
}

static void request(char *answer, const char *type)
{
	(void)snprintf(answer, TALK_ANSWER_MAX,
		"{\"op\":6,\"d\":{\"requestType\":\"%s\",\"requestId\":\"%s\"}}", type, type);
}

void talk_ask(char answer[static TALK_ANSWER_MAX])
{
	request(answer, "GetCurrentProgramScene");
}

/* --- Who we are --- */

/** base64 of the SHA-256 of two texts, one after the other. */
static int hash(const char *a, const char *b, char ret[static 48])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const int good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
			 EVP_DigestUpdate(md, a, strlen(a)) && EVP_DigestUpdate(md, b, strlen(b)) &&
			 EVP_DigestFinal_ex(md, digest, &n);

	EVP_MD_CTX_free(md);
	if (!good || n != 32)
		return -ENOMEM;
	(void)EVP_EncodeBlock((unsigned char *)ret, digest, (int)n);
	return 0;
}

static const char *text_of(yyjson_val *map, const char *key)
{
	yyjson_val *val = yyjson_obj_get(map, key);
	const char *text = yyjson_get_str(val);

	return text && strlen(text) == yyjson_get_len(val) ? text : NULL;
}

static int hello(struct talk *talk, yyjson_val *d, char *answer)
{
	yyjson_val *authentication = yyjson_obj_get(d, "authentication");
	const char *challenge = text_of(authentication, "challenge"), *salt = text_of(authentication, "salt");
	const char *version = text_of(d, "obsWebSocketVersion");
	char secret[48], proof[48], member[80] = "";

	if (!version || yyjson_get_uint(yyjson_obj_get(d, "rpcVersion")) < 1)
		return fault(talk, -EPROTO, "what answers is no OBS");
	/* it goes to people's terminals */
	for (size_t i = 0; i < sizeof(talk->version) - 1 && strchr("0123456789.", version[i]) && version[i];
		i++)
		talk->version[i] = version[i];
	if (authentication) {
		if (!challenge || !salt)
			return fault(talk, -EPROTO, "what answers is no OBS");
		if (!talk->password)
			return fault(talk, -EACCES, "OBS wants a password");
		if (hash(talk->password, salt, secret) < 0 || hash(secret, challenge, proof) < 0)
			return -ENOMEM;
		(void)snprintf(member, sizeof(member), ",\"authentication\":\"%s\"", proof);
	}
	(void)snprintf(answer, TALK_ANSWER_MAX,
		"{\"op\":1,\"d\":{\"rpcVersion\":1,\"eventSubscriptions\":%d%s}}", SUBSCRIPTIONS, member);
	return TALK_SEND;
}

/* --- What it says --- */

static void take_scene(struct talk *talk, const char *name)
{
	/* Longer names are cut, though not within a character. */
	size_t n = name ? strnlen(name, sizeof(talk->scene)) : 0;

	if (!n)
		return;
	if (n == sizeof(talk->scene))
		for (n--; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
			;
	memcpy(talk->scene, name, n);
	talk->scene[n] = '\0';
	talk->has_scene = 1;
}

static void take_recording(struct talk *talk, yyjson_val *data)
{
	yyjson_val *active = yyjson_obj_get(data, "outputActive");

	if (!yyjson_is_bool(active))
		return;
	talk->is_recording = yyjson_get_bool(active);
	talk->has_recording = 1;
}

static int event(struct talk *talk, yyjson_val *d)
{
	const char *type = text_of(d, "eventType"), *state;
	yyjson_val *data = yyjson_obj_get(d, "eventData");

	if (!type)
		return fault(talk, -EPROTO, "an event has no type");
	if (strcmp(type, "CurrentProgramSceneChanged") == 0) {
		take_scene(talk, text_of(data, "sceneName"));
	} else if (strcmp(type, "SceneNameChanged") == 0) {
		const char *old = text_of(data, "oldSceneName");

		if (old && talk->has_scene && strcmp(old, talk->scene) == 0)
			take_scene(talk, text_of(data, "sceneName"));
	} else if (strcmp(type, "RecordStateChanged") == 0) {
		/* While it starts it does not record yet. */
		state = text_of(data, "outputState");
		if (!state || (strcmp(state, "OBS_WEBSOCKET_OUTPUT_STARTING") != 0 &&
				      strcmp(state, "OBS_WEBSOCKET_OUTPUT_STOPPING") != 0))
			take_recording(talk, data);
	}
	return TALK_NOTHING;
}

static int response(struct talk *talk, yyjson_val *d, char *answer)
{
	const char *type = text_of(d, "requestType");
	yyjson_val *status = yyjson_obj_get(d, "requestStatus"), *data = yyjson_obj_get(d, "responseData");

	if (!type)
		return fault(talk, -EPROTO, "an answer does not say to what");
	if (!yyjson_get_bool(yyjson_obj_get(status, "result")))
		return yyjson_get_uint(yyjson_obj_get(status, "code")) == NOT_READY ? TALK_LATER
										    : TALK_NOTHING;
	if (strcmp(type, "GetCurrentProgramScene") == 0) {
		take_scene(talk, text_of(data, "currentProgramSceneName"));
		request(answer, "GetRecordStatus");
		return TALK_SEND;
	}
	if (strcmp(type, "GetRecordStatus") == 0)
		take_recording(talk, data);
	return TALK_NOTHING;
}

static int hear(struct talk *talk, yyjson_val *root, char *answer)
{
	yyjson_val *op = yyjson_obj_get(root, "op"), *d = yyjson_obj_get(root, "d");
	const uint64_t number = yyjson_get_uint(op);

	if (!yyjson_is_uint(op) || !yyjson_is_obj(d))
		return fault(talk, -EPROTO, "what answers is no OBS");
	if (number == OP_HELLO && !talk->is_identified)
		return hello(talk, d, answer);
	if (number == OP_IDENTIFIED) {
		talk->is_identified = 1;
		talk_ask(answer);
		return TALK_SEND;
	}
	if (!talk->is_identified)
		return fault(talk, -EPROTO, "OBS says something before it knows us");
	if (number == OP_EVENT)
		return event(talk, d);
	return number == OP_RESPONSE ? response(talk, d, answer) : TALK_NOTHING;
}

int talk_hear(struct talk *talk, const char *json, size_t size, char answer[static TALK_ANSWER_MAX])
{
	yyjson_read_err err;
	yyjson_doc *doc;
	int rc;

	if (size > TALK_MESSAGE_MAX)
		return fault(talk, -EPROTO, "a message is too long");
	/* Without YYJSON_READ_INSITU the text is only read. */
	doc = yyjson_read_opts((char *)(uintptr_t)json, size, YYJSON_READ_NOFLAG, NULL, &err);
	if (!doc)
		return err.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION
			       ? -ENOMEM
			       : fault(talk, -EPROTO, "a message is no JSON: byte %zu: %s", err.pos, err.msg);
	rc = hear(talk, yyjson_doc_get_root(doc), answer);
	yyjson_doc_free(doc);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/**
 * What callers changed, or tried to, for the audit log (SEC-04). The dispatcher makes a note of each request
 * whose method changes something; the process' owner of notes (struct rpc_context) gets it when the answer is
 * known. Services hand theirs to the broker, who keeps the log (broker.audit.note). Main thread.
 */
#ifndef MOS_BASE_AUDIT_NOTE_H
#define MOS_BASE_AUDIT_NOTE_H

#include "rpc.h"

struct audit_note {
	char method[64];
	char with[160]; /**< parameters: `path=/songs/a.mid at=bar`; lists and maps are not told; UTF-8 */
	char code[64];  /**< of the error; "": done */
	char name[48];  /**< as the caller calls itself; UTF-8 */
	int64_t pid;
	int64_t uid;
};

/** Whether a call of this method is worth a note: it changes what others hear, see or keep, or lets somebody
 * in. Notes, events and questions are not. */
int audit_wants(const struct rpc_method *method);

/** Begin a note; the answer's code is still missing. @return NULL: no memory. */
struct audit_note *audit_note_new(
	const struct rpc_method *method, const struct rpc_peer *peer, const msgpack_object *params);

/** Put a note into a map, and read it from one. @return 0; -EINVAL something is missing or too long. */
void audit_note_put(struct wire_out *out, const struct audit_note *note);
int audit_note_read(const msgpack_object *map, struct audit_note *ret);

#endif

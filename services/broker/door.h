/* SPDX-License-Identifier: MIT */
/**
 * The door: where callers come in. It is the service manager's where that has one for us (mos-broker.socket),
 * else one that we open and have it keep: in both cases callers wait at it while the broker is restarted.
 */
#ifndef BROKER_DOOR_H
#define BROKER_DOOR_H

struct broker;

/** Open it. While rtcore is being greeted callers wait, so that none hears that it is down. @return 0,
 * -errno. */
int door_open(struct broker *broker);

/** Let in who waits. @param data  The broker. */
void door_let_in(void *data);

/** Close what is ours for good; the manager's stays open. Never opened is fine. */
void door_close(struct broker *broker);

#endif

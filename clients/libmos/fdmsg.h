/* SPDX-License-Identifier: MIT */
/**
 * One message with file descriptors beside it over a SOCK_SEQPACKET socket (SCM_RIGHTS). The one place that
 * knows control messages; the msgpack frames (wire.h) and the records to rtcore travel through it.
 * Any thread, one at a time on a socket. Not for the audio cycle.
 */
#ifndef MOS_FDMSG_H
#define MOS_FDMSG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FDMSG_FDS_MAX 16u /**< descriptors beside one message */

/**
 * Send `len` bytes as one message, whole. Never raises SIGPIPE.
 * @param fds    Borrowed: the receiver gets duplicates. At most FDMSG_FDS_MAX.
 * @param flags  MSG_DONTWAIT or 0.
 * @return 0; -EAGAIN the socket is full; -EPIPE, -ECONNRESET the peer is gone; -E2BIG too many descriptors;
 *         other -errno of sendmsg.
 */
int fdmsg_send(int sock, const void *data, size_t len, const int *fds, uint32_t n_fds, int flags);

/**
 * Receive one message.
 * @param ret_fds    FDMSG_FDS_MAX entries; the caller owns what arrived, close-on-exec. Filled also when the
 *                   result is -EMSGSIZE or -E2BIG, so that the caller has one place to close them.
 * @param ret_n_fds  Always written.
 * @param flags      MSG_DONTWAIT or 0.
 * @return bytes received; 0 the peer hung up (an empty message reads the same); -EAGAIN nothing there;
 *         -EMSGSIZE the message was longer than `size`; -E2BIG descriptors were lost: more than
 * FDMSG_FDS_MAX, or this process may not open that many; other -errno of recvmsg.
 */
ssize_t fdmsg_recv(int sock, void *buf, size_t size, int *ret_fds, uint32_t *ret_n_fds, int flags);

#endif

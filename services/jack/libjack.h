/* SPDX-License-Identifier: MIT */
/**
 * libjack, loaded when it is needed: MOS runs without. PipeWire's is taken before any other, since MOS plays
 * there; to a program that is linked with libjack.so.0 the loader gives the JACK server's.
 */
#ifndef JACK_LIBJACK_H
#define JACK_LIBJACK_H

#include <stddef.h>

#include <jack/jack.h>
#include <jack/transport.h>

#define LIBJACK_FUNCTIONS(X)                                                                                 \
	X(jack_client_open)                                                                                  \
	X(jack_client_close)                                                                                 \
	X(jack_get_client_name)                                                                              \
	X(jack_activate)                                                                                     \
	X(jack_deactivate)                                                                                   \
	X(jack_on_shutdown)                                                                                  \
	X(jack_get_buffer_size)                                                                              \
	X(jack_get_sample_rate)                                                                              \
	X(jack_set_process_callback)                                                                         \
	X(jack_set_sync_callback)                                                                            \
	X(jack_set_timebase_callback)                                                                        \
	X(jack_release_timebase)                                                                             \
	X(jack_set_error_function)                                                                           \
	X(jack_set_info_function)                                                                            \
	X(jack_transport_query)                                                                              \
	X(jack_transport_locate)                                                                             \
	X(jack_transport_start)                                                                              \
	X(jack_transport_stop)

struct libjack {
#define X(name) typeof(&(name)) name;
	LIBJACK_FUNCTIONS(X)
#undef X
	char path[256]; /**< where it was found */
};

/**
 * Load it, once: it stays for the life of the process.
 * @param path  This one; NULL: PipeWire's, else the system's.
 * @return NULL: none; `ret_why` says so, as a sentence.
 */
const struct libjack *libjack_load(const char *path, char *ret_why, size_t size);

#endif

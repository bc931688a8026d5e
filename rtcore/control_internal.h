/* SPDX-License-Identifier: MIT */
/**
 * What the files of rtcore's control thread share. control.c dispatches; control_conn.c talks to the broker,
 * control_bank.c and control_song.c have things loaded, control_client.c keeps the clients' rings,
 * control_driver.c watches the driver and serves requests while none runs.
 */
#ifndef RTCORE_CONTROL_INTERNAL_H
#define RTCORE_CONTROL_INTERNAL_H

#include <pthread.h>
#include <systemd/sd-event.h>

#include "bus.h"
#include "control.h"
#include "loader.h"
#include "log.h"

#define WAITERS_MAX 1024u
#define OUT_MAX 2048u
#define FDS_MAX 4
#define IN_FLIGHT_MAX 900u /**< below ENGINE_COMMANDS: an answer always finds room */

struct client {
	uint32_t slot, pid;
	uint64_t cookie;
	char name[48];
	int pidfd;
	int is_gone; /**< it died, or was detached */
	int leaving; /**< its removal is on its way through bus and audio thread */
	struct mos_region ring;
	int doorbell; /**< eventfd of its own; owned */
	struct bus_attach attach;
	sd_event_source *death;
	struct control *control;
};

struct waiter {
	uint32_t op, id, conn;
};

#define LINK_WAITS_MAX 16u

/** A link of the MIDI output that was made, but brings nothing yet; or that was cut, but is still there. */
struct link_wait {
	struct waiter w;
	uint32_t looks; /**< so far */
	bool is_second; /**< others listen already */
	bool is_cut;
	char port[DRIVER_PORT_NAME_MAX]; /**< cut: or a part of its name */
};

struct out_msg {
	struct mos_rtctl_msg msg;
	int fds[FDS_MAX]; /**< owned: whose they are may go before this is sent */
	uint32_t n_fds;
};

struct control {
	const struct control_options *o;
	struct engine_regions *regions;
	struct engine *engine;
	struct bus bus;
	struct loader *songs, *banks;
	struct driver *driver;
	sd_event *event;
	int listen_fd, conn_fd;
	uint32_t conn; /**< number of the broker's connection: answers to an older one are dropped */
	sd_event_source *conn_source, *pump_source, *ready_timer, *retry_timer;
	uint32_t in_flight;
	struct out_msg *out; /**< OUT_MAX, ring */
	uint32_t out_head, out_n;
	struct client *client[MOS_CLIENTS_MAX];
	uint32_t n_clients;

	/* Apollo's bank */
	enum mos_engine_state engine_state;
	int engine_error;
	char engine_text[200];
	char bank[224];   /**< in force */
	char wanted[224]; /**< last one asked for */
	uint64_t bank_bytes;
	uint32_t percent;  /**< written by the bank loader's thread, relaxed */
	uint64_t bank_tag; /**< of the load that counts; others were overtaken */
	int bank_loading;  /**< a load is with the loader */
	uint32_t tries;
	struct waiter bank_waiter; /**< of the load that counts; op 0: none */
	struct waiter ready[WAITERS_MAX];
	uint32_t n_ready;

	/* driver status, told from its own thread */
	pthread_mutex_t status_lock;
	struct driver_status status;
	int status_fd;
	enum driver_state seen_state;

	struct link_wait link_wait[LINK_WAITS_MAX];
	uint32_t n_link_waits;
	sd_event_source *link_timer; /**< looks at them */
	bool is_unlinking;           /**< what sounds there is let go, then the link is cut */
	struct mos_rtctl_msg unlinking;

	int dma_fd; /**< -1: not held */
};

/* control.c */

/** Queue a command for the audio thread. @return 0, -EAGAIN. */
int control_send(struct control *c, const struct mos_rtctl_msg *msg, uint32_t op, void *ptr, uint64_t arg);
/** The same for the bus thread. */
int control_send_bus(struct control *c, const struct mos_rtctl_msg *msg, uint32_t op, void *ptr, uint64_t arg);
/** Handle one request of the broker; *fd is set to -1 when it was kept. */
void control_request(struct control *c, struct mos_rtctl_msg *msg, int *fd);
/** Handle what came back from the audio and the bus thread. */
void control_take_answers(struct control *c);
/** Have a loader free an object that the audio thread gave back; NULL is fine. */
void control_free_later(struct control *c, enum loader_kind kind, void *object);

/* control_conn.c */

int control_listen(const char *runtime_dir);
int control_on_listen(sd_event_source *s, int fd, uint32_t revents, void *data);
/** Wait for the broker's next request only while there is room for it. */
void control_watch(struct control *c);
void control_reply(struct control *c, const struct mos_rtctl_msg *msg, uint32_t conn);
void control_reply_fds(
	struct control *c, const struct mos_rtctl_msg *msg, uint32_t conn, const int *fds, uint32_t n_fds);
/** Answer with a status and, when it is not NULL, a sentence. */
void control_reply_status(struct control *c, struct waiter w, int status, const char *text);

/* control_bank.c */

/** Ask for a bank; `w` is answered when it is in force or failed. While one is being loaded, only the newest
 * request is remembered. */
void control_want_bank(struct control *c, const char *path, struct waiter w);
/** Answer when Apollo is ready (APO-15). */
void control_want_ready(struct control *c, const struct mos_rtctl_msg *msg);
/** The audio thread plays the bank that was loaded last. */
void control_bank_in_force(struct control *c);
/** Progress of a load; called from the bank loader's thread. */
void control_bank_progress(void *data, uint32_t percent, uint64_t bytes);
int control_on_bank_loaded(sd_event_source *s, int fd, uint32_t revents, void *data);

/* control_song.c */

void control_load_song(struct control *c, const struct mos_rtctl_msg *msg, int fd);
int control_on_song_loaded(sd_event_source *s, int fd, uint32_t revents, void *data);
void control_song_in_force(struct control *c, struct engine_cmd *cmd);

/* control_client.c */

void control_attach(struct control *c, struct mos_rtctl_msg *msg, int pidfd);
void control_resume(struct control *c, struct mos_rtctl_msg *msg);
void control_detach(struct client *cl);
/** Detach who owns the slot, if it is still the client with this cookie. */
void control_detach_slot(struct control *c, uint32_t slot, uint64_t cookie);
/** The bus has taken the ring over, or could not: answer the broker. */
void control_client_added(struct control *c, struct engine_cmd *cmd);
/** Bus and audio thread have let go of the client (or never had it). */
void control_client_gone(struct control *c, uint32_t slot);

/* control_driver.c */

/** The driver's two callbacks; data is the control. */
void control_run_cycle(void *data, struct driver_cycle *cycle) MOS_RT;
void control_driver_told(void *data, const struct driver_status *status);
void control_driver_noted(void *data, const char *text);
int control_on_driver(sd_event_source *s, int fd, uint32_t revents, void *data);
int control_on_pump(sd_event_source *s, uint64_t usec, void *data);
/** Hold /dev/cpu_dma_latency while playing, let it go otherwise. */
void control_hold_latency(struct control *c);

/* control_midi.c */

void control_midi_ports(struct control *c, struct mos_rtctl_msg *msg);
void control_midi_link(struct control *c, const struct mos_rtctl_msg *msg);
void control_midi_unlink(struct control *c, const struct mos_rtctl_msg *msg);
/** The audio thread's answer while a link is cut. */
void control_midi_held(struct control *c, const struct engine_cmd *cmd);

#endif

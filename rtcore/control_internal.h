/* SPDX-License-Identifier: MIT */
/**
 * What the files of rtcore's control thread share. control.c dispatches; control_conn.c talks to the broker,
 * control_bank.c, control_rack.c and control_song.c have things loaded, control_client.c keeps the clients' rings,
 * control_driver.c watches the driver and serves requests while none runs, control_fx.c, control_strip.c and
 * control_insert.c keep the mixer, control_mixer.c tells of it, control_clip.c keeps the clips. control_store.c keeps what outlives us, control_note.c what is set, control_resume.c
 * brings it back.
 */
#ifndef RTCORE_CONTROL_INTERNAL_H
#define RTCORE_CONTROL_INTERNAL_H

#include <mos/fx.h>
#include <pthread.h>
#include <systemd/sd-event.h>

#include "apollo/clip/clip.h"
#include "apollo/insert/insert_host.h"
#include "bus.h"
#include "control.h"
#include "loader.h"
#include "log.h"
#include "resume.h"
#include "watchdog.h"

#define WAITERS_MAX 1024u
#define OUT_MAX 2048u
#define FDS_MAX 5
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

#define MAPS_MAX 64u

/** A file to be mapped, or to be taken out. */
struct map_wish {
	struct waiter w;
	struct rack_map map;
	uint32_t flags; /**< MOS_MAP_* */
};

/** What the bank loader is at, up to when the audio thread plays it. */
struct rack_load {
	int is_on;
	int is_overtaken;     /**< a newer sound font is wanted */
	int is_map;           /**< 0: it is the sound font that is loaded */
	struct waiter mapper; /**< who asked for that; op 0: has been answered */
	struct rack_plan plan;
	struct rack_facts *facts;
	struct sampler *sampler;
};

#define INSERT_WAITS_MAX 64u

/** Somebody waits for an insert to be in force, or gone. */
struct insert_wait {
	struct waiter w;
	uint32_t strip, slot;
};

/** Effects go back to their initial values; no request is read until all have. */
struct fx_reset {
	struct waiter w; /**< op 0: none */
	uint32_t strip, unit;
};

/** What a score says of a strip. */
struct strip_part {
	uint32_t flags; /**< MOS_STRIP_PART, MOS_STRIP_DRUMS; 0: no part plays there */
	uint32_t program;
	char name[sizeof(((struct mos_rtctl_strip *)0)->name)];
};

#define CONN_RESUME UINT32_MAX /**< as a waiter's `conn`: nobody asked, it is brought back after a kill */

/** A link of the MIDI output that was there, and whose port may come yet. */
struct link_again {
	struct mos_rtctl_msg msg;
	bool is_left;
};

/** What a song that came into force changes of what people had set. */
struct song_news {
	uint64_t id;
	int64_t end_tick;
	bool is_update, brings_loop;
};

/** The state of an insert, in the service manager's store. */
struct insert_kept {
	uint32_t strip, slot;
	int fd; /**< as it was left to us; -1: it is our own */
};

/** The black box, and what of it is still to be brought back. */
struct resumption {
	struct resume box;
	struct resume_place place; /**< where the process before us was */
	int64_t place_ns;          /**< CLOCK_MONOTONIC when it was there */
	uint64_t place_npq;        /**< and its tempo; 0: not known */
	uint32_t timeline;         /**< which of the two names in the store it has */
	uint64_t timeline_id;
	int timeline_fd; /**< -1: none */
	bool is_on;      /**< it is being brought back: the broker waits */
	bool is_song_awaited;
	bool is_asking, is_asked; /**< everything was asked for; the audio thread's answer is the end */
	bool is_back;             /**< ... and our own clock page is to say where we are from the next turn on */
	int nice;                 /**< of our threads, before they had to hurry */
	uint32_t step, fx_at;     /**< so far */
	uint64_t order;
	int64_t begin_ns;
	struct engine_resume *score;
	sd_event_source *timer, *link_timer;
	struct link_again link[LINK_WAITS_MAX];
	uint32_t n_links, link_tries;
	struct insert_kept insert_kept[INSERTS_MAX];
	uint32_t n_inserts_kept;
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
	struct watchdog watchdog;
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

	/* Apollo's rack: a sound font and what is mapped */
	enum mos_engine_state engine_state;
	int engine_error;
	char engine_text[200];
	struct store *store;
	struct loudness *loudness;
	struct rack_config rack_config;
	char wanted[RACK_PATH];      /**< sound font asked for last */
	int is_font_wanted;          /**< it is to be loaded next */
	struct map_wish map[MAPS_MAX]; /**< then these, one after the other */
	uint32_t n_maps;
	struct rack_plan plan;       /**< in force */
	struct rack_facts *facts;    /**< likewise; NULL: the built-in synthesizer plays */
	struct workers *workers;     /**< NULL: the audio thread plays alone */
	struct sampler *sampler;     /**< likewise; the audio thread's, but for its streams' figures */
	struct rack_load load;
	uint32_t percent;            /**< written by the bank loader's thread, relaxed */
	uint32_t tries;
	struct waiter bank_waiter;   /**< of the sound font that is wanted or being loaded; op 0: none */
	struct waiter ready[WAITERS_MAX];
	uint32_t n_ready;

	/* effects */
	float (*fx)[MOS_FX_N_UNITS][MOS_FX_PARAMS_MAX]; /**< resume_fx, in the box: as set */
	struct fx_reset fx_reset;
	struct inserts *inserts;
	struct insert_bell *insert_bell;
	struct align *align; /**< NULL: nothing was inserted yet, or no memory: then late parts stay late */
	struct insert_wait insert_wait[INSERT_WAITS_MAX];
	uint32_t n_insert_waits;
	struct insert_wait state_wait[INSERT_WAITS_MAX]; /**< for its state */
	uint32_t n_state_waits;

	struct mos_rtctl_strip strip[MOS_N_STRIPS + 1]; /**< as set and named; the last: master */
	bool is_mixer_untold; /**< a change of the mixer found the bus' queue full */

	/* clips */
	struct clips *clips; /**< NULL: there has been none yet */
	struct mos_rtctl_clip clip[CLIPS_MAX]; /**< in force */
	uint32_t n_clips, last_clip;

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
	struct resumption resumption;
	bool is_ending; /**< asked to: the next one starts empty */
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
/** Put a file's sound somewhere, or take it out; answered when that is heard or failed. */
void control_map(struct control *c, const struct mos_rtctl_msg *msg);
/** The audio thread plays the rack that was loaded last. */
void control_bank_in_force(struct control *c);
/** Progress of a load; called from the bank loader's thread. */
void control_bank_progress(void *data, uint32_t percent, uint64_t bytes);
int control_on_bank_loaded(sd_event_source *s, int fd, uint32_t revents, void *data);

/* control_rack.c */

/** A part of an answer's memfd. */
struct control_table {
	const void *data;
	size_t size;
};

/** Answer `msg`, whose numbers are there, with a memfd of these tables. @return 0; -errno was answered. */
int control_reply_table(struct control *c, struct mos_rtctl_msg *msg, const struct control_table table[], uint32_t n);
/** Answer with all there is to choose from. */
void control_presets(struct control *c, struct mos_rtctl_msg *msg);
/** Figures of the store and of what streams, now and then. */
void control_bank_figures(struct control *c);

/* control_fx.c */

/** Send what differs from the initial values, from number *at on. @return 0; -EAGAIN: call again. */
int control_fx_tell(struct control *c, uint32_t *at);
void control_fx(struct control *c, const struct mos_rtctl_msg *msg);
void control_fx_list(struct control *c, struct mos_rtctl_msg *msg);
/** There is room for commands again. */
void control_fx_go_on(struct control *c);

/* control_strip.c */

/** What was asked for of a strip is in force. */
void control_strip_set(struct control *c, const struct mos_rtctl_msg *msg);
/** Which strips the parts of a song play on. */
void control_strip_parts(const struct song *song, struct strip_part part[MOS_N_STRIPS]);
/** These play from now on; NULL: none. */
void control_strip_song(struct control *c, const struct strip_part part[MOS_N_STRIPS]);
void control_strip_list(struct control *c, struct mos_rtctl_msg *msg);

/* control_mixer.c */

/** Tell everybody that this is in force now. */
void control_mixer_all(struct control *c);
void control_mixer_strip(struct control *c, const struct mos_rtctl_msg *msg);
/** `param` MOS_FX_ALL: all of the unit's, which may be MOS_FX_ALL itself. */
void control_mixer_fx(struct control *c, uint32_t strip, uint32_t unit, uint32_t param);
/** `symbol`: of the control that was set; "": the insert itself. */
void control_mixer_insert(struct control *c, uint32_t strip, uint32_t slot, const char *symbol);
/** Now and then: what could not be told. */
void control_mixer_turn(struct control *c);

/* control_insert.c */

/** The event loop and the engine are there; no cycle has run. @return 0, -errno. */
int control_insert_open(struct control *c);
/** No cycle runs any more; the engine is still there. */
void control_insert_close(struct control *c);
void control_insert(struct control *c, struct mos_rtctl_msg *msg);
void control_insert_set(struct control *c, struct mos_rtctl_msg *msg);
void control_insert_list(struct control *c, struct mos_rtctl_msg *msg);
void control_insert_get(struct control *c, struct mos_rtctl_msg *msg);
/** The audio thread has swapped one. */
void control_insert_given_back(struct control *c, const struct engine_cmd *cmd);
/** Cycles have this length from now on. */
void control_insert_quantum(struct control *c, uint32_t frames);

/* control_insert_state.c */

/** Save or restore; fd borrowed, -1: none came. */
void control_insert_state(struct control *c, const struct mos_rtctl_msg *msg, int fd);
/** struct inserts_config's state_told; data is the control. */
void control_insert_state_told(void *data, uint32_t strip, uint32_t slot, int status, const char *text);
/** An insert is back that was there before us: its state comes, too. */
void control_insert_state_resume(struct control *c, uint32_t strip, uint32_t slot);

/* control_clip.c */

void control_clip(struct control *c, const struct mos_rtctl_msg *msg);
void control_clip_remove(struct control *c, const struct mos_rtctl_msg *msg);
void control_clip_list(struct control *c, struct mos_rtctl_msg *msg);
/** The audio thread knows which ticks its bars are; it plays. */
void control_clip_placed(struct control *c, const struct engine_cmd *cmd);
void control_clip_in_force(struct control *c, const struct engine_cmd *cmd);
/** The loader has opened one, or could not. */
void control_clip_loaded(struct control *c, const struct loader_job *job);

/* control_song.c */

void control_load_song(struct control *c, const struct mos_rtctl_msg *msg, int fd);
int control_on_song_loaded(sd_event_source *s, int fd, uint32_t revents, void *data);
void control_song_in_force(struct control *c, struct engine_cmd *cmd);

/* control_store.c */

/** Find what the process before us left, or begin a box of our own. The regions are there. @return 0, -errno. */
int control_store_open(struct control *c);
void control_store_close(struct control *c);
/** We end because we were asked to: nothing is to come back. */
void control_store_forget(struct control *c);
/** This timeline is in force; fd borrowed. */
void control_store_timeline(struct control *c, int fd, uint64_t id);
void control_store_no_timeline(struct control *c);
/** This is an insert's state; fd borrowed, -1: it has none any more. */
void control_store_insert(struct control *c, uint32_t strip, uint32_t slot, int fd);
/** The state that the process before us left of an insert. @return the caller's; -1: none. */
int control_store_insert_fd(const struct control *c, uint32_t strip, uint32_t slot);

/* control_resume.c */

/** The music has stopped: until it goes on our threads come before others. */
void control_resume_hurry(struct control *c);
/** Everything is set up: have the bank loaded, and what the process before us left. */
void control_resume_begin(struct control *c);
void control_resume_end(struct control *c);
/** Something was answered or loaded. */
void control_resume_go_on(struct control *c);
/** An answer to what was asked on behalf of the process before us. */
void control_resume_answered(struct control *c, const struct mos_rtctl_msg *msg);
/** Ask again for what was asked before us. */
void control_resume_ask(struct control *c, const struct mos_rtctl_msg *msg);
/** The timeline of the process before us has been checked. @return 0; -ESTALE: it is another one; -ENOMEM. */
int control_resume_song_loaded(struct control *c, const struct song *song);
/** The audio thread has taken it up, or not. */
void control_resume_done(struct control *c, const struct engine_cmd *cmd);
/** Now and then. */
void control_resume_turn(struct control *c);

/* control_note.c */

/** Note what is in force: a request that was answered with success. */
void control_resume_put(struct control *c, const struct mos_rtctl_msg *msg);
/** Likewise, from the audio thread: whether and how it is noted depends on what it is. */
void control_resume_note(struct control *c, const struct mos_rtctl_msg *msg);
/** A song is in force; fd: its timeline, borrowed, -1: there is none any more. */
void control_resume_song(struct control *c, int fd, const struct song_news *news);
/** The plan that is in force is another one. */
void control_resume_rack(struct control *c);
/** What is at an insert's place now (kind NONE: nothing), as `conn` asked for it. */
void control_resume_insert(struct control *c, const struct mos_rtctl_insert *now, uint32_t conn);
/** Its state was read, or put in force: then what was set before is in it. fd borrowed. */
void control_resume_insert_state(struct control *c, uint32_t strip, uint32_t slot, bool is_restored, int fd);
/** The MIDI output is not linked to ports with that in their name any more. */
void control_resume_unlinked(struct control *c, const char *name);

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

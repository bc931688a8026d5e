/* SPDX-License-Identifier: MIT */
/** The inside of a widget's main(), shared by the widget_*.c of libmos. One thread. */
#ifndef MOS_WIDGET_IMPL_H
#define MOS_WIDGET_IMPL_H

#include <mos/surface.h>
#include <mos/widget.h>

#include <sys/queue.h>
#include <termios.h>

#include "client_impl.h"

TAILQ_HEAD(timers, mos_timer);

/** What the widget draws on, and when (widget_surface.c). */
struct widget_surface {
	struct mos_surface_writer writer; /**< hdr NULL: the theater gave none */
	int wants_pixels;                 /**< shapes are no longer taken */
	int redraw, again;                /**< asked for, in general and by the last picture */
	int64_t event_ns;                 /**< the oldest event that asked for it; 0: none did */
	int anew;                         /**< at once: it is new, shown again, or of another size */
	int shown;                        /**< as last seen, like the size in points */
	float width, height;
	int64_t look_ns;  /**< not before this */
	int64_t pause_ns; /**< until the next look, while nobody takes what was drawn */
	int said_full;
	char *file; /**< by hand: pictures go there */
	struct mos_shape *shape;
};

struct mos_widget {
	const struct mos_widget_ops *ops;
	void *data;
	struct mos_client *client;
	int by_hand; /**< no broker started it: it lives on its terminal */
	int active, ending;
	int rc; /**< why it ends, when not as told */

	struct mos_widget_context context;
	char id[CLIENT_NAME_MAX];
	const char *dir;
	struct mos_reply activation; /**< what the context points into */
	struct mos_reply settings;   /**< the same, after a change */

	struct timers timers;
	int telling_timers; /**< timers are not freed now */

	/* the call that is being answered */
	uint32_t call_id;
	int in_call;
	struct wire_out answer;
	struct wire_error refusal;

	/* the newest that was shown and not sent */
	struct wire_out shown;
	char *text; /**< by hand: instead */
	int show_waits;
	int64_t show_sent_ns;

	struct widget_surface surface;

	int tty_changed;
	struct termios tty_before;
	int keys_end; /**< standard input has no more */
};

/* widget.c: what the broker says. */
void widget_frame(struct mos_client *c, struct item *item, void *data);
/** By hand: nobody hands anything over. */
void widget_activate_by_hand(struct mos_widget *w);
void widget_key(struct mos_widget *w, const char *key);
/** Tell the widget that it ends; once. */
void widget_deactivate(struct mos_widget *w);
/** Why a function of the widget's own failed, in words. */
const char *widget_reason(const struct mos_widget *w, int rc);

/* widget_show.c */
int64_t widget_show_due_ns(const struct mos_widget *w); /**< INT64_MAX: nothing waits */
void widget_show_flush(struct mos_widget *w, int64_t now_ns);
void widget_show_finish(struct mos_widget *w);

/* widget_surface.c */
/** By hand: the file that pictures go to, if the environment names one. */
void widget_surface_open_by_hand(struct mos_widget *w);
/** The theater hands one over, or takes it back (`fd` -1). */
void widget_surface_given(struct mos_widget *w, const char *kind, int fd);
/** The theater shows it, or with another size. */
void widget_surface_look(struct mos_widget *w);
int64_t widget_surface_due_ns(const struct mos_widget *w);
/** Draw if it is time to. */
void widget_surface_run(struct mos_widget *w);
void widget_surface_finish(struct mos_widget *w);

/* widget_timer.c */
int64_t widget_timers_due_ns(const struct mos_widget *w);
void widget_timers_run(struct mos_widget *w);
void widget_timers_finish(struct mos_widget *w);

/* widget_term.c: the terminal of a widget that was started by hand. */
void term_open(struct mos_widget *w);
void term_close(struct mos_widget *w);
void term_show(const char *text);
void term_keys(struct mos_widget *w); /**< read what was typed */

#endif

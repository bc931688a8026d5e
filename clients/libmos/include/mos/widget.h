/* SPDX-License-Identifier: MIT */
/**
 * A widget: a small program in a sandbox that plays along. Its folder holds `widget.json` (docs/WIDGETS.md)
 * and the program; the broker starts it, tells it to activate, and ends it. DESIGN sections 4 and 7, rows
 * WID-05, WID-08, WID-09.
 *
 *     static int activate(struct mos_widget *w, void *data)
 *     {
 *             return mos_events_on(mos_widget_client(w), MOS_EVENT_METRONOME_BEAT, on_beat, w, NULL);
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *             static const struct mos_widget_ops ops = {.activate = activate};
 *             return mos_widget_main(&ops, NULL, argc, argv);
 *     }
 *
 * Started by hand, outside of the broker, a widget connects as any program does and shows itself on its
 * terminal: the way to try one while writing it.
 *
 * Thread: everything is called by mos_widget_main()'s thread.
 */
#ifndef MOS_WIDGET_H
#define MOS_WIDGET_H

#include <mos/client.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_WIDGET_API_VERSION                                                                               \
	1 /**< `api` of widget.json; a broker runs this one and says why not another                         \
	   */
#define MOS_WIDGET_FD_ENV                                                                                    \
	"MOS_WIDGET_FD" /**< number of the descriptor that is the connection to the broker */

struct mos_widget;
struct mos_draw;    /* mos/draw.h */
struct mos_pointer; /* mos/draw.h */

/** What the broker handed over on activation. Strings and values live as long as the widget, those of
 * `settings` until they are changed (the ones before still during ops.settings). */
struct mos_widget_context {
	const char *id;
	uint32_t api_version;       /**< of the broker */
	double x, y, width, height; /**< place on the stage, in its units of 1/1000 of the canvas */
	struct mos_value settings;  /**< a map, complete: defaults filled in, checked against the schema */
	struct mos_value state;     /**< as last saved by mos_widget_save(); nil: never */
};

/** All may be NULL. A negative return ends the widget with that reason. */
struct mos_widget_ops {
	/** Once, first. Register listeners and timers here. Has a deadline (5 s). */
	int (*activate)(struct mos_widget *widget, void *data);
	/** Once, last; then the process ends. Has a deadline (2 s). Listeners and timers end by themselves.
	 */
	void (*deactivate)(struct mos_widget *widget, void *data);
	/** Settings were changed, all of them at once: mos_widget_context() has the new ones. */
	int (*settings)(struct mos_widget *widget, void *data);
	/** A key was pressed where it is shown, with capability `input.key`: UTF-8, or "up", "down", "left",
	 * "right", "enter", "escape", "tab", "backspace". */
	void (*key)(struct mos_widget *widget, const char *key, void *data);
	/** Somebody calls a method of the widget, `name` without the id ("setPattern"). Answer by filling the
	 * reply with mos_widget_reply_*(). @return 0; -errno: refused, with mos_widget_refuse(). */
	int (*call)(struct mos_widget *widget, const char *name, const struct mos_value *params, void *data);
	/** Draw what is shown, with capability `surface.shapes` or `surface.pixels` (mos/draw.h): when the
	 * theater shows the widget and mos_widget_redraw() or mos_draw_again() asked for it, or its size
	 * changed. Not called while nobody sees it. */
	void (*draw)(struct mos_widget *widget, struct mos_draw *draw, void *data);
	/** The pointer did something on it, with capability `input.pointer`. */
	void (*pointer)(struct mos_widget *widget, const struct mos_pointer *pointer, void *data);
};

/** Run the widget until it is told to end. @return what main() is to return. */
int mos_widget_main(const struct mos_widget_ops *ops, void *data, int argc, char **argv);

struct mos_client *mos_widget_client(struct mos_widget *widget);
const struct mos_widget_context *mos_widget_context(struct mos_widget *widget);

/** Call back after a time, and again and again if `every_ms` is not 0. Ends with the widget; one that is to
 * fire once is gone when it has fired.
 * @return 0; -ENOMEM, -errno. */
struct mos_timer;
int mos_widget_timer(struct mos_widget *widget, unsigned int after_ms, unsigned int every_ms,
	void (*handler)(struct mos_widget *, void *data), void *data, struct mos_timer **ret);
void mos_timer_end(struct mos_timer *timer);

/**
 * What the widget shows: lines of text for terminals, and its state as named values for the theater, which
 * draws from them. At most 60 a second are sent on, always the newest.
 * @param text  UTF-8, lines ending in '\n', at most 8 KiB; NULL: none.
 * @return 0; -EMSGSIZE; -ENOMEM. What becomes of it nobody says.
 */
int mos_widget_show(
	struct mos_widget *widget, const char *text, const struct mos_field *state, size_t n_state);

/** Keep something over restarts: given back as `state` at the next activation. All or nothing, on disk when
 * this returns 0. At most 32 KiB. @return 0; -EMSGSIZE; -ENOTSUP started by hand: there is nowhere to keep
 * it; others as mos_call(). */
int mos_widget_save(struct mos_widget *widget, const struct mos_field *state, size_t n_state);

/** Append to the widget's log (`mosctl widget logs`). */
void mos_widget_log(struct mos_widget *widget, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** In ops.call: the answer (an empty one where nothing is said), and why there is none (@return what ops.call
 * is to return). */
void mos_widget_reply(struct mos_widget *widget, const struct mos_field *result, size_t n_result);
int mos_widget_refuse(struct mos_widget *widget, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * A directory of the widget's own that survives it, with capability `files.own`; NULL without.
 */
const char *mos_widget_dir(struct mos_widget *widget);

#ifdef __cplusplus
}
#endif
#endif

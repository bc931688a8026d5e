# SPDX-License-Identifier: MIT
"""What C calls back: by a number, so that no function of ours can be freed while it is called."""
import itertools
import logging
import threading

from . import _native
from ._records import Event
from .errors import error_from

log = logging.getLogger("mos")

#: What a callback's number means; one table for all clients.
registry = {}
_numbers = itertools.count(1)
_raised = threading.local()


def register(thing):
    number = next(_numbers)
    registry[number] = thing
    return number


def guarded(function):
    """A callback of C must not raise. What a handler raises is logged and harms nobody else; Ctrl-C is kept for
    the function that dispatches."""
    def call(*arguments):
        try:
            return function(*arguments)
        except Exception:
            log.exception("a handler failed")
        except BaseException as error:  # KeyboardInterrupt, SystemExit: not the handler's
            _raised.pending = error
        return 0
    return call


def raise_pending():
    error = getattr(_raised, "pending", None)
    if error is not None:
        _raised.pending = None
        raise error


@_native.ON_EVENT
@guarded
def on_event(event, data):
    listener = registry.get(data)
    if listener is not None:
        listener.handler(Event.from_buffer_copy(event.contents))


@_native.ON_DONE
@guarded
def on_done(_client, rc, reply, error, data):
    done = registry.pop(data)
    if rc < 0:
        done(None, error_from(rc, error.contents if error else None))
    else:
        done(_native.from_value(reply.contents.value), None)


@_native.ON_CONNECTION
@guarded
def on_connection(_client, what, data):
    registry[data]._connection(("lost", "back", "new")[what])


@_native.ON_NOTICE
@guarded
def on_notice(_client, method, params, data):
    registry[data]._notice(method.decode(), _native.from_value(params.contents) if params else {})
